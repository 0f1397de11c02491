"""A mailbox on a real Dovecot: fetched once, never changed, and nothing lost or doubled whatever happens to the connection."""

from __future__ import annotations

import asyncio
import base64
import json
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import parse_qsl, urlsplit

import pytest

from connectors.errors import (
    DatasetMissing,
    SourceAuth,
    SourceBroken,
    SourceBusy,
    SourceError,
    SourceTimeout,
    SourceUnavailable,
)
from connectors.imap import ImapMailbox
from connectors.imapline import Line, MailServer
from connectors.imapwire import Answer, Login, Wire
from connectors.oauth import Client, ClientCredentials
from tests.faults import proxy
from tests.mailserver import PASSWORD, USER, Dovecot, dovecot

SUITES = Path(__file__).parents[3] / "shared" / "suites"
GOOD = Login(USER, PASSWORD)


@pytest.fixture
def server() -> Iterator[Dovecot]:
    with dovecot() as one:
        yield one


def mail(number: int, text: str = "Jalan rusak", **headers: str | None) -> bytes:
    """A message. Headers by name with _ for -; None leaves one out."""
    head: dict[str, str | None] = {
        "From": "Siti <siti@warga.example>",
        "Subject": f"Jalan {number}",
        "Date": "Mon, 03 Nov 2025 08:00:00 +0800",
        "Message-ID": f"<{number}@warga.example>",
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    lines = [f"{name}: {value}" for name, value in head.items() if value is not None]
    return "\r\n".join([*lines, "", text, ""]).encode()


def letter(size: int) -> bytes:
    """A message with a text and a file of so many bytes."""
    from email.message import EmailMessage

    made = EmailMessage()
    made["From"], made["Subject"], made["Message-ID"] = "Siti <siti@warga.example>", "Foto", "<foto@warga.example>"
    made["Date"] = "Mon, 03 Nov 2025 08:00:00 +0800"
    made.set_content("Jembatan putus, lihat foto.")
    made.add_attachment(bytes(range(256)) * (size // 256), "image", "jpeg", filename="jembatan é.jpg")
    return made.as_bytes().replace(b"\n", b"\r\n")


def place_of(server: Dovecot) -> MailServer:
    return MailServer("127.0.0.1", server.tls_port, "tls", server.ca)


@asynccontextmanager
async def mailbox(place: MailServer, login: Login = GOOD, *folders: str, **more: Any) -> AsyncIterator[ImapMailbox]:
    box = ImapMailbox(place, login, folders, **more)
    try:
        yield box
    finally:
        await box.aclose()


async def read(box: ImapMailbox, dataset: str = "threads") -> list[dict[str, Any]]:
    """The rows of a dataset, by column."""
    rows: list[dict[str, Any]] = []
    for part in await box.parts(dataset):
        async for batch in box.rows(dataset, part):
            names = [column.name for column in batch.columns]
            rows += [dict(zip(names, row.values, strict=True)) for row in batch.rows]
    return rows


async def set_aside(box: ImapMailbox) -> list[tuple[str, str]]:
    """What is no row of its own: why, and where it is."""
    (part,) = await box.parts("threads")
    return [(one.reason, one.first) async for batch in box.rows("threads", part) for one in batch.aside]


def ids(rows: Sequence[dict[str, Any]]) -> list[str]:
    return [row["messageId"].split("@")[0].strip("<") for row in rows]


# -- what is read -----------------------------------------------------------------------------------------------------


async def test_threads_run_through_folders(server: Dovecot) -> None:
    server.append(mail(1), mail(2, From="mailer-daemon@warga.example"))
    server.append(
        mail(3, "Sudah ditangani", In_Reply_To="<1@warga.example>", From="dinas@kab.example"), folder="Selesai"
    )

    async with mailbox(place_of(server)) as box:
        (thread,) = await read(box)
        (reply,) = await read(box, "replies")
        aside = await set_aside(box)

    assert aside == [("AUTOMATIC", "<2@warga.example>"), ("LATER_MESSAGE", "<3@warga.example>")]

    assert (thread["subject"], thread["text"], thread["messages"], thread["answered"]) == (
        "Jalan 1",
        "Jalan rusak",
        2,
        True,
    )
    assert (reply["trackingId"], reply["sender"], reply["text"]) == (thread["trackingId"], "OTHER", "Sudah ditangani")


async def test_what_is_rubbish_draft_or_sent_is_not_read(server: Dovecot) -> None:
    for number, folder in enumerate(["INBOX", "Trash", "Terkirim", "Arsip", "Arsip/2025"]):
        server.append(mail(number), folder=folder)

    async with mailbox(place_of(server)) as box:
        assert ids(await read(box)) == ["0", "3", "4"]
    async with mailbox(place_of(server), GOOD, "inbox", "Terkirim") as box:
        assert ids(await read(box)) == ["0", "2"]
    async with mailbox(place_of(server), GOOD, "Arsip*") as box:
        assert ids(await read(box)) == ["3", "4"]
    async with mailbox(place_of(server), GOOD, "Arsip*", "Selesai") as box:
        with pytest.raises(DatasetMissing) as told:
            await read(box)
    assert told.value.code == "FOLDER_MISSING"
    assert told.value.params == {"name": "Selesai", "names": "INBOX, Arsip, Arsip/2025, Terkirim, Trash"}


async def test_folders_may_be_called_anything() -> None:
    with dovecot(separator=".") as server:
        from connectors.imapdata import wire_name

        name = 'Aduan & "usul" Désa 水'
        server.append(mail(1), folder="INBOX")
        with server.client() as client:
            escaped = wire_name(f"Arsip.{name}").replace("\\", "\\\\").replace('"', '\\"')
            assert client.create(f'"{escaped}"')[0] == "OK"
            assert client.append(f'"{escaped}"', "", "", mail(2))[0] == "OK"
        async with mailbox(place_of(server), GOOD, f"Arsip/{name}") as box:
            assert ids(await read(box)) == ["2"]


async def test_of_a_large_mail_only_its_texts_are_fetched(server: Dovecot) -> None:
    server.append(letter(26_000_000))

    with proxy(server.port) as fault:
        async with mailbox(MailServer("127.0.0.1", fault.port, "none")) as box:
            (thread,) = await read(box)
            (file,) = await read(box, "attachments")
        carried = fault.stats()["bytes_from_target"]

    assert thread["text"] == "Jembatan putus, lihat foto." and thread["damaged"] is None
    assert (file["name"], file["mediaType"]) == ("jembatan é.jpg", "image/jpeg")
    assert 0 <= file["size"] - 26_000_000 // 256 * 256 <= 2
    assert carried < 20_000


async def test_nothing_changes_on_the_server(server: Dovecot, tmp_path: Path) -> None:
    if not SUITES.is_dir():
        pytest.skip("platform: shared/suites is not beside the project")
    server.append(*(mail(number) for number in range(5)), letter(10_000))
    with server.client() as client:
        client.select()
        client.store("2", "+FLAGS", "\\Seen")

    def suite(verb: str) -> str:
        command = [
            sys.executable,
            str(SUITES / "imap_readonly.py"),
            verb,
            "127.0.0.1",
            str(server.port),
            USER,
            PASSWORD,
        ]
        done = subprocess.run([*command, str(tmp_path / "before")], capture_output=True, text=True, check=False)
        return done.stdout.strip().splitlines()[-1]

    assert suite("snapshot").startswith("6 messages")
    async with mailbox(place_of(server)) as box:
        assert len(await read(box)) == 6 and await read(box, "replies") == []
        watching = asyncio.ensure_future(box.changed())
        await asyncio.sleep(0.2)
        watching.cancel()
        await asyncio.wait({watching})

    assert suite("compare") == "2 passed, 0 failed"


# -- what is fetched --------------------------------------------------------------------------------------------------


async def test_ten_new_mails_are_ten_that_are_fetched(server: Dovecot, tmp_path: Path) -> None:
    spool = tmp_path / "var" / "spool.db"
    server.deliver({str(number): mail(number) for number in range(300)})

    async def count() -> tuple[int, int]:
        before = server.fetched()
        async with mailbox(place_of(server), spool=spool) as box:
            rows = await read(box)
            await read(box, "replies")
            await read(box, "attachments")
        return len(rows), server.fetched() - before

    assert await count() == (300, 300)
    assert await count() == (300, 0)
    server.append(*(mail(number) for number in range(300, 310)))
    assert await count() == (310, 10)
    with server.client() as client:
        client.select()
        client.store("1:20", "+FLAGS", "\\Deleted")
        client.expunge()
    assert await count() == (290, 0)
    assert spool.stat().st_mode & 0o077 == 0


async def test_mails_of_which_a_server_says_nothing_are_not_taken_for_deleted(
    server: Dovecot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.deliver({str(number): mail(number) for number in range(3)})
    spool = tmp_path / "var" / "spool.db"
    async with mailbox(place_of(server), spool=spool) as box:
        assert len(await read(box)) == 3
    ask = Line.ask

    async def shortened(self: Line, wire: Wire, until: float, command: bytes, what: str = "") -> list[Answer]:
        answers = await ask(self, wire, until, command, what)
        return [answer for answer in answers if answer.name != "SEARCH"]

    server.append(mail(3))
    async with mailbox(place_of(server), spool=spool) as box:
        with monkeypatch.context() as patch:
            patch.setattr(Line, "ask", shortened)
            with pytest.raises(SourceBroken):
                await read(box)
    async with mailbox(place_of(server), spool=spool) as box:
        assert len(await read(box)) == 4


async def test_equal_stamps_mean_equal_mails(server: Dovecot) -> None:
    server.append(mail(1), mail(2))

    async def stamp() -> str | None:
        async with mailbox(place_of(server)) as box:
            return (await box.parts("threads"))[0].stamp

    stamps = [await stamp(), await stamp()]
    with server.client() as client:
        client.select()
        client.store("1", "+FLAGS", "\\Seen")
    stamps.append(await stamp())
    assert len(set(stamps)) == 1
    server.append(mail(1))
    stamps.append(await stamp())
    with server.client() as client:
        client.select()
        client.store("1", "+FLAGS", "\\Deleted")
        client.expunge()
    stamps.append(await stamp())
    assert len(set(stamps)) == 3


async def test_a_mailbox_that_was_made_anew_keeps_its_numbers(server: Dovecot, tmp_path: Path) -> None:
    mails = {str(number): mail(number) for number in range(20)}
    server.deliver(mails, ".Arsip")

    async def numbers() -> set[str]:
        async with mailbox(place_of(server), spool=tmp_path / "spool.db") as box:
            return {row["trackingId"] for row in await read(box)}

    before = await numbers()
    with server.client() as client:
        assert client.delete("Arsip")[0] == "OK"
    server.deliver(dict(list(mails.items())[1:]), ".Arsip")  # the same numbers stand for other mails now

    assert len(before) == 20 and await numbers() < before


async def test_a_spool_that_is_of_no_use_is_made_anew(server: Dovecot, tmp_path: Path) -> None:
    server.append(mail(1))
    spool = tmp_path / "spool.db"
    spool.write_bytes(b"SQLite format 3\0" + b"junk" * 1_000)
    async with mailbox(place_of(server), spool=spool) as box:
        assert ids(await read(box)) == ["1"]

    # the same numbers in the mailbox of somebody else
    with dovecot() as other:
        other.append(mail(7))
        async with mailbox(place_of(other), spool=spool) as box:
            assert ids(await read(box)) == ["7"]


async def test_two_readings_at_once_are_both_whole(server: Dovecot, tmp_path: Path) -> None:
    server.deliver({str(number): mail(number) for number in range(120)})
    spool = tmp_path / "spool.db"
    async with mailbox(place_of(server), spool=spool) as one, mailbox(place_of(server), spool=spool) as other:
        found = await asyncio.gather(read(one), read(one), read(other))

    assert [len(set(ids(rows))) for rows in found] == [120, 120, 120]


# -- logging in -------------------------------------------------------------------------------------------------------


async def test_a_refused_login_is_not_tried_again_for_five_minutes(server: Dovecot) -> None:
    now = 0.0
    async with mailbox(place_of(server), Login(USER, "salah"), clock=lambda: now) as box:
        for _ in range(5):
            with pytest.raises(SourceAuth) as told:
                await read(box)
        assert (told.value.code, told.value.params) == ("MAIL_LOGIN", {"reason": "AUTHENTICATIONFAILED"})
        assert server.log.count("Password mismatch") == 1
        now = 301.0
        with pytest.raises(SourceAuth):
            await read(box)
        assert server.log.count("Password mismatch") == 2


async def test_certificates_are_checked(server: Dovecot) -> None:
    for place in (
        MailServer("127.0.0.1", server.tls_port, "tls"),  # an authority that nobody knows
        MailServer("127.0.0.1", server.port, "starttls"),
    ):
        async with mailbox(place) as box:
            with pytest.raises(SourceBroken) as told:
                await read(box)
            assert told.value.code == "CERTIFICATE_REFUSED"
    async with mailbox(MailServer("ip6-localhost", server.tls_port, "tls", server.ca)) as box:
        with pytest.raises(SourceError):  # the name is not in it, or nothing listens there
            await read(box)
    assert server.logins() == 0


async def test_a_password_goes_only_where_it_is_to(server: Dovecot) -> None:
    server.append(mail(1))
    async with mailbox(MailServer("127.0.0.1", server.port, "starttls", server.ca)) as box:
        assert ids(await read(box)) == ["1"]
    async with mailbox(MailServer("127.0.0.1", server.port, "tls", server.ca)) as box:
        with pytest.raises(SourceUnavailable) as told:
            await read(box)
        assert told.value.code == "TLS_FAILED"
    with dovecot(ssl="no") as plain:
        async with mailbox(MailServer("127.0.0.1", plain.port, "starttls", server.ca)) as box:
            with pytest.raises(SourceBroken) as lacking:
                await read(box)
        assert lacking.value.code == "MAIL_NO_STARTTLS" and plain.logins() == 0


@pytest.mark.parametrize("abilities", [set(), {"AUTH=PLAIN"}, {"AUTH=PLAIN", "SASL-IR"}])
async def test_any_password_goes_over_the_line_as_it_is(server: Dovecot, abilities: set[str]) -> None:
    """Quoted, as a literal where that can't be, or encoded: as the server knows it."""
    users = server.folder / "users"
    line = users.read_text(encoding="utf-8")
    passwords = {"satu": PASSWORD, "dua": 'kata "sandi" \\ é', "tiga": "berakhir {12}"}
    lines = [line.replace(USER, user, 1).replace(PASSWORD, password) for user, password in passwords.items()]
    users.write_text("".join(lines), encoding="utf-8")
    for user, password in passwords.items():
        wire = await Wire.open("127.0.0.1", server.port, None, "x")
        wire.abilities = frozenset(abilities)
        await wire.log_in(Login(user, password))
        assert "IDLE" in wire.abilities
        wire.leave()
        await asyncio.sleep(0)


async def test_a_server_that_takes_no_more_connections_is_busy() -> None:
    with dovecot(connections="1") as server, server.client():
        async with mailbox(place_of(server)) as box:
            with pytest.raises(SourceBusy) as told:
                await read(box)
    assert told.value.code == "MAIL_BUSY"


async def test_there_are_never_more_than_two_connections() -> None:
    with dovecot(connections="2") as server:
        server.append(mail(1))
        async with mailbox(place_of(server)) as box:
            await read(box)
            watching = asyncio.ensure_future(box.changed())
            await asyncio.sleep(0.2)
            for _ in range(3):
                assert [len(rows) for rows in await asyncio.gather(read(box), read(box), read(box))] == [1, 1, 1]
            assert not watching.done()
            watching.cancel()
            await asyncio.wait({watching})
        assert "Maximum number of connections" not in server.log


# -- trouble ----------------------------------------------------------------------------------------------------------


async def test_a_reading_that_is_cut_off_goes_on_where_it_was(server: Dovecot, tmp_path: Path) -> None:
    server.deliver({str(number): mail(number, "x" * 3_000) for number in range(200)})
    with proxy(server.port) as fault:
        fault.set("cut 150000")
        async with mailbox(MailServer("127.0.0.1", fault.port, "none"), spool=tmp_path / "spool.db") as box:
            rows = await read(box)
        assert fault.stats()["connections"] > 4

    assert sorted(map(int, ids(rows))) == list(range(200))
    assert 200 <= server.fetched() <= 260


async def test_a_connection_that_brings_nothing_is_told(server: Dovecot) -> None:
    server.append(mail(1))
    with proxy(server.port) as fault:
        fault.set("cut 600")
        async with mailbox(MailServer("127.0.0.1", fault.port, "none")) as box:
            with pytest.raises(SourceUnavailable) as told:
                await read(box)
            assert told.value.code == "MAIL_CONNECTION_LOST"
            fault.set("none")
            assert ids(await read(box)) == ["1"]


@pytest.mark.parametrize("fault", ["blackhole", "rate 50"])
async def test_a_server_that_says_nothing_or_nearly_nothing_holds_nobody_up(server: Dovecot, fault: str) -> None:
    server.append(mail(1, "x" * 20_000))
    with proxy(server.port) as way:
        way.set(fault)
        async with mailbox(MailServer("127.0.0.1", way.port, "none"), seconds=1) as box:
            with pytest.raises(SourceTimeout):
                await read(box)
            way.set("none")
            assert ids(await read(box)) == ["1"]


async def test_bits_that_flip_on_the_way_are_found_out_by_tls(server: Dovecot) -> None:
    server.deliver({str(number): mail(number) for number in range(50)})
    with proxy(server.tls_port) as fault:
        fault.set("flip 3000")
        async with mailbox(MailServer("127.0.0.1", fault.port, "tls", server.ca)) as box:
            with pytest.raises(SourceError):
                await read(box)
            fault.set("none")
            assert len(await read(box)) == 50


async def test_a_mail_that_the_server_stumbles_over_keeps_nobody_from_the_others(
    server: Dovecot, tmp_path: Path
) -> None:
    server.deliver({f"{number:03d}": mail(number) for number in range(60)})
    damaged = next((server.mails / "cur").glob("007:*"))
    damaged.chmod(0)
    now = 0.0
    async with mailbox(place_of(server), spool=tmp_path / "spool.db", clock=lambda: now) as box:
        assert len(await read(box)) == 59
        assert await set_aside(box) == [("WITHHELD_MESSAGE", "INBOX UID 8")]
        assert (await box.parts("threads"))[0].stamp is None  # so that the next sync asks again
        server.append(mail(60))
        assert len(await read(box)) == 60

        damaged.chmod(0o644)
        now = 301.0
        assert len(await read(box)) == 61 and await set_aside(box) == []
        assert (await box.parts("threads"))[0].stamp is not None
        rows = await read(box)
    assert sorted(map(int, ids(rows))) == list(range(61))
    assert server.fetched() < 90


async def test_a_server_that_stumbles_over_everything_is_told(server: Dovecot) -> None:
    server.deliver({f"{number:03d}": mail(number) for number in range(40)})
    for file in (server.mails / "cur").iterdir():
        file.chmod(0)
    async with mailbox(place_of(server)) as box:
        with pytest.raises(SourceUnavailable) as told:
            await read(box)
    assert told.value.code in ("MAIL_CONNECTION_LOST", "SOURCE_RESTING")


async def test_a_server_that_was_killed_is_asked_again(server: Dovecot) -> None:
    server.append(mail(1))
    async with mailbox(place_of(server)) as box:
        assert ids(await read(box)) == ["1"]
        server.stop(9)
        with pytest.raises(SourceUnavailable) as told:
            await read(box)
        assert told.value.code in ("SOURCE_UNREACHABLE", "MAIL_CONNECTION_LOST")
        server.start()
        server.append(mail(2))
        assert ids(await read(box)) == ["1", "2"]


async def test_what_is_no_mail_server_is_told(serve: Callable[[Any], str]) -> None:
    port = int(serve(lambda path, query, headers: (200, {}, b"{}")).rpartition(":")[2])
    for encryption, code in (("tls", "TLS_FAILED"), ("none", None)):
        async with mailbox(MailServer("127.0.0.1", port, encryption), seconds=2) as box:
            with pytest.raises(SourceError) as told:
                await read(box)
        assert code is None or told.value.code == code


# -- news -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("folder", ["INBOX", "Arsip"])
async def test_news_are_heard_as_they_come(server: Dovecot, folder: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connectors.imap.FOLDERS_SECONDS", 0.5)
    server.append(mail(1))
    server.append(mail(2), folder="Arsip")
    async with mailbox(place_of(server)) as box:
        await read(box)
        news = asyncio.ensure_future(box.changed())
        await asyncio.wait({news}, timeout=0.3)
        with server.client() as client:
            client.select()
            client.store("1", "+FLAGS", "\\Seen")
        await asyncio.wait({news}, timeout=0.3)
        assert not news.done()

        await asyncio.to_thread(server.append, mail(3), folder=folder)

        await asyncio.wait_for(news, 20)
        assert sorted(ids(await read(box))) == ["1", "2", "3"]


async def test_what_came_before_one_listened_is_news(server: Dovecot) -> None:
    server.append(mail(1))
    async with mailbox(place_of(server)) as box:
        await read(box)
        server.append(mail(2))
        await asyncio.wait_for(box.changed(), 20)


async def test_without_idle_the_folders_are_looked_at(server: Dovecot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connectors.imap.POLL_SECONDS", 0.1)
    server.stop()
    conf = server.folder / "dovecot.conf"
    conf.write_text(conf.read_text() + "imap_capability = IMAP4rev1 SASL-IR\n")
    server.start()
    server.append(mail(1))
    async with mailbox(place_of(server)) as box:
        await read(box)
        news = asyncio.ensure_future(box.changed())
        await asyncio.wait({news}, timeout=0.5)
        assert not news.done()
        await asyncio.to_thread(server.append, mail(2))
        await asyncio.wait_for(news, 20)
    assert "IDLE" not in server.log


async def test_a_connection_that_ends_while_one_listens_is_told(server: Dovecot) -> None:
    async with mailbox(place_of(server)) as box:
        await read(box)
        news = asyncio.ensure_future(box.changed())
        await asyncio.wait({news}, timeout=0.3)
        server.stop(9)
        with pytest.raises(SourceUnavailable):
            await asyncio.wait_for(news, 20)


# -- tokens -----------------------------------------------------------------------------------------------------------


class Tokens(BaseHTTPRequestHandler):
    """Gives out tokens for a refresh token, and tells Dovecot which of them holds."""

    given = 0
    holding = ""
    forms: ClassVar[list[dict[str, str]]] = []

    def do_POST(self) -> None:
        form = dict(parse_qsl(self.rfile.read(int(self.headers["Content-Length"])).decode()))
        self.forms.append(form | {"login": self.headers["Authorization"]})
        Tokens.given += 1
        Tokens.holding = f"token-{self.given}"
        self._say({"access_token": self.holding, "token_type": "Bearer", "expires_in": 3600})

    def do_GET(self) -> None:
        token = dict(parse_qsl(urlsplit(self.path).query)).get("token")
        self._say({"active": token == self.holding, "email": USER})

    def _say(self, told: dict[str, Any]) -> None:
        content = json.dumps(told).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """Tests keep no log."""


@pytest.fixture
def authority() -> Iterator[str]:
    Tokens.given, Tokens.holding = 0, ""
    Tokens.forms.clear()
    with ThreadingHTTPServer(("127.0.0.1", 0), Tokens) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


async def test_one_logs_in_with_a_token(authority: str) -> None:
    with dovecot() as server:
        server.append(mail(1))
        server.stop()
        (server.folder / "oauth2.conf").write_text(
            f"introspection_url = {authority}/introspect?token=\nintrospection_mode = get\nusername_attribute = email\n"
            "active_attribute = active\nactive_value = true\n"
        )
        with (server.folder / "dovecot.conf").open("a") as conf:
            conf.write("auth_mechanisms = plain login xoauth2\n")
            conf.write(
                f"passdb {{\n  driver = oauth2\n  mechanisms = xoauth2\n  args = {server.folder}/oauth2.conf\n}}\n"
            )
        server.start()
        tokens = ClientCredentials(Client(f"{authority}/token", "hub", "kunci", "imap", "segar"))
        async with mailbox(place_of(server), Login(USER), tokens=tokens) as box:
            assert ids(await read(box)) == ["1"]
        async with mailbox(place_of(server), Login(USER), tokens=tokens) as box:
            assert ids(await read(box)) == ["1"]
            assert Tokens.given == 1  # it still held
        Tokens.holding = "another"  # it was taken back
        async with mailbox(place_of(server), Login(USER), tokens=tokens) as box:
            assert ids(await read(box)) == ["1"]
            assert Tokens.given == 2

        login = "Basic " + base64.b64encode(b"hub:kunci").decode()
        asked = {"grant_type": "refresh_token", "refresh_token": "segar", "scope": "imap", "login": login}
        assert Tokens.forms == [asked, asked]

        wrong = Login("orang-lain")  # the token is not theirs
        async with mailbox(place_of(server), wrong, tokens=tokens) as box:
            with pytest.raises(SourceAuth) as told:
                await read(box)
        assert told.value.code == "MAIL_LOGIN" and "token-" not in str(told.value)


async def test_a_server_that_takes_no_tokens_is_told(server: Dovecot, authority: str) -> None:
    tokens = ClientCredentials(Client(f"{authority}/token", "hub", "kunci"))
    async with mailbox(place_of(server), Login(USER), tokens=tokens) as box:
        with pytest.raises(SourceAuth) as told:
            await read(box)
    assert (told.value.code, told.value.params["ways"]) == ("MAIL_NO_WAY_IN", "LOGIN, PLAIN")
