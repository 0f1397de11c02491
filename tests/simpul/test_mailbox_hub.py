"""A hub over a mailbox on a real server: a new mail is there by itself, and one that can't be asked leaves what was there."""

from __future__ import annotations

import asyncio
import json
import random
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from config.hub import HubConfig
from config.load import load_config
from config.mailboxes import read_url
from replica.sync import Progress
from schema.catalogue import describe
from simpul.adding.mailbox import draft
from simpul.compose import Hub, build_hub, load
from simpul.pages.figures import ask
from tests.hubs import RunSimpul
from tests.mailserver import PASSWORD, USER, Dovecot, dovecot

HUB = """\
name: Kabupaten Contoh
sources:
  pengaduan:
    kind: mailbox
    url: imaps://{user}@127.0.0.1:{port}
    ca: ca.pem
    password: ${{SURAT}}
    refresh: watch
entities:
  Complaint:
    from: pengaduan
    fields:
      trackingId: trackingId
      title: subject
      text: text
      receivedAt: receivedAt
"""


def mail(number: int) -> bytes:
    head = f"From: Siti <siti@warga.example>\r\nSubject: Jalan {number}\r\nMessage-ID: <{number}@warga.example>\r\n"
    return (head + "Date: Mon, 03 Nov 2025 08:00:00 +0800\r\n\r\nJalan rusak\r\n").encode()


@pytest.fixture
def server() -> Iterator[Dovecot]:
    with dovecot() as one:
        yield one


@pytest.fixture
def hub(server: Dovecot, tmp_path: Path) -> Hub:
    (tmp_path / "ca.pem").write_bytes(server.ca.read_bytes())
    (tmp_path / "secrets.env").write_text(f"SURAT={PASSWORD}\n", encoding="utf-8")
    (tmp_path / "hub.yaml").write_text(HUB.format(user=USER, port=server.tls_port), encoding="utf-8")
    made = build_hub(load(tmp_path / "hub.yaml"))
    made.open()
    return made


async def titles(hub: Hub) -> list[str]:
    document = "{ complaints(orderBy: [{title: ASC}]) { nodes { title provenance { locator } } } }"
    data = await ask(hub.engine, document, "en")
    return [node["title"] for node in (data["complaints"] or {"nodes": []})["nodes"]]


async def test_a_new_mail_comes_by_itself(server: Dovecot, hub: Hub) -> None:
    server.append(mail(1))
    background = await hub.background("en")

    async def reach(expected: list[str]) -> None:
        async with asyncio.timeout(60):
            while await titles(hub) != expected:
                await asyncio.sleep(0.1)

    try:
        async with background.running():
            await reach(["Jalan 1"])
            await asyncio.to_thread(server.append, mail(2))
            await reach(["Jalan 1", "Jalan 2"])
    finally:
        await hub.close()
    assert server.fetched() == 2


async def test_what_was_read_stays_while_the_server_is_away(server: Dovecot, hub: Hub) -> None:
    server.append(*(mail(number) for number in range(120)))
    told: list[Progress] = []
    try:
        report = await hub.syncer.sync("pengaduan", progress=told.append)
        assert (report.outcome, report.problems) == ("CHANGED", [])
        assert [step.ahead for step in told if step.rows == 0 and step.ahead] == [50, 100, 120]

        server.stop(9)
        away = await hub.syncer.sync("pengaduan")
        assert (away.outcome, away.problems[0].code) == ("FAILED", "SOURCE_UNREACHABLE")
        assert len(await titles(hub)) == 50 and await stale(hub)

        server.start()
        again = await hub.syncer.sync("pengaduan")
        assert (again.outcome, again.problems) == ("UNCHANGED", []) and not await stale(hub)
    finally:
        await hub.close()
    assert server.fetched() == 0  # that of the connections which were not killed


async def test_a_hub_that_is_killed_in_a_sync_goes_on_where_it_was(server: Dovecot, hub: Hub) -> None:
    server.deliver({str(number): mail(number) for number in range(1_000)})
    folder = hub.config.path.parent
    spool = folder / "var" / "replica.db-source-pengaduan.db"

    def kept() -> int:
        if not spool.exists():
            return 0
        with closing(sqlite3.connect(spool, timeout=20)) as db:
            try:
                return int(db.execute("SELECT count(*) FROM mail").fetchone()[0])
            except sqlite3.OperationalError:
                return 0  # its tables are not there yet

    command = [sys.executable, "-m", "simpul", "sync", "--config", str(folder / "hub.yaml")]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        async with asyncio.timeout(60):
            while kept() < 100 and process.poll() is None:
                await asyncio.sleep(0.005)
        process.kill()
    before = kept()
    fetched = server.fetched()

    try:
        report = await hub.syncer.sync("pengaduan")
    finally:
        await hub.close()

    assert before >= 100
    assert (report.problems, report.counts["Complaint"].records) == ([], 1_000)
    assert server.fetched() - fetched == 1_000 - before


async def test_what_was_kept_of_a_mailbox_goes_with_it(server: Dovecot, hub: Hub) -> None:
    server.append(mail(1))
    var = hub.config.path.parent / "var"
    await hub.syncer.sync("pengaduan")
    await hub.close()
    assert (var / "replica.db-source-pengaduan.db").exists()

    path = hub.config.path
    path.write_text(
        path.read_text(encoding="utf-8").replace("pengaduan:", "aduan:").replace("from: pengaduan", "from: aduan")
    )
    other = build_hub(load(path))
    other.open()
    await other.syncer.sync("aduan")
    await other.close()

    assert [one.name for one in var.glob("*-source-*")] == ["replica.db-source-aduan.db"]


@pytest.mark.skipif(sys.platform == "win32", reason="platform: limits the size of files by a POSIX call")
async def test_a_full_disk_is_told_and_what_was_read_stays(server: Dovecot, hub: Hub) -> None:
    server.append(mail(1))
    folder = hub.config.path.parent
    try:
        await hub.syncer.sync("pengaduan")
        size = max(path.stat().st_size for path in (folder / "var").iterdir())
        letters = random.Random(1)
        for number in range(2, 62):
            text = "".join(letters.choice("abcdefghijklmnopqrstuvwxyz ") for _ in range(60_000))
            server.append(mail(number).replace(b"Jalan rusak", text.encode()))

        program = (
            f"import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, ({size + 300_000}, -1));"
            "from simpul.cli import main; main()"
        )
        command = [sys.executable, "-c", program, "sync", "--config", str(folder / "hub.yaml"), "--lang", "en"]
        full = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, check=False)
        assert full.returncode == 1 and "can't be kept beside the replica" in full.stderr
        assert await titles(hub) == ["Jalan 1"] and await stale(hub)

        report = await hub.syncer.sync("pengaduan")
        assert (report.problems, report.counts["Complaint"].records) == ([], 61)
    finally:
        await hub.close()


async def stale(hub: Hub) -> bool:
    data = await ask(hub.engine, "{ complaints(first: 1) { nodes { provenance { freshness } } } }", "en")
    return bool(data["complaints"]["nodes"][0]["provenance"]["freshness"] == "STALE")


# -- from the command line --------------------------------------------------------------------------------------------


def test_a_mailbox_is_looked_into(server: Dovecot, tmp_path: Path, simpul: RunSimpul) -> None:
    server.append(mail(1), mail(2))
    server.append(mail(3), folder="Terkirim")
    url, ca = f"imaps://{USER}@127.0.0.1:{server.tls_port}", str(server.ca)

    told = simpul(tmp_path, "inspect", url, "--ca", ca, "--lang", "en", env={"SIMPUL_PASSWORD": PASSWORD})
    written = simpul(tmp_path, "inspect", url, "--ca", ca, "--json", env={"SIMPUL_PASSWORD": PASSWORD})
    refused = simpul(tmp_path, "inspect", url, "--ca", ca, "--lang", "en", env={"SIMPUL_PASSWORD": "salah"})
    unasked = simpul(tmp_path, "inspect", url, "--lang", "en")
    nowhere = simpul(tmp_path, "inspect", "imaps://127.0.0.1", "--lang", "en")

    assert told.code == 0
    assert [line.split() for line in told.out.splitlines()[2:]] == [
        ["Folder", "Read", "Mails"],
        ["INBOX", "yes", "2"],
        ["Terkirim", "no", "1"],
    ]
    assert json.loads(written.out)["folders"] == [
        {"folder": "INBOX", "mails": 2, "read": True},
        {"folder": "Terkirim", "mails": 1, "read": False},
    ]
    assert refused.code == 1 and "refused our login (AUTHENTICATIONFAILED)" in refused.err
    assert unasked.code == 2 and "SIMPUL_PASSWORD" in unasked.err
    assert nowhere.code == 2 and "imaps://pengaduan@mail.kab.example" in nowhere.err


def test_a_mailbox_is_added_and_read(server: Dovecot, tmp_path: Path, simpul: RunSimpul) -> None:
    server.append(mail(1))
    (tmp_path / "ca.pem").write_bytes(server.ca.read_bytes())
    url = f"imaps://{USER}@127.0.0.1:{server.tls_port}"

    added = simpul(tmp_path, "add", url, "--ca", "ca.pem", "--yes", "--lang", "en")
    (tmp_path / "secrets.env").write_text(f"PENGADUAN_PASSWORD={PASSWORD}\n", encoding="utf-8")
    synced = simpul(tmp_path, "sync")
    again = simpul(tmp_path, "add", url, "--yes")
    question = "{ complaints(first: 3) { nodes { title channel } } }"
    answered = simpul(tmp_path, "query", "-", stdin=question)

    assert (added.code, synced.code, again.code) == (0, 0, 1)
    assert "PENGADUAN_PASSWORD" in added.out and PASSWORD not in (tmp_path / "hub.yaml").read_text()
    assert "as the source pengaduan" in again.err
    assert json.loads(answered.out)["data"] == {"complaints": {"nodes": [{"title": "Jalan 1", "channel": "EMAIL"}]}}


def test_a_second_mailbox_gives_its_entities_one_more_mapping(tmp_path: Path) -> None:
    text = "name: Kabupaten Contoh\n"
    environ = {"PENGADUAN_PASSWORD": "x", "PENGADUAN_2_PASSWORD": "x"}
    config: HubConfig | None = None
    for url in ("imaps://pengaduan@mail.kab.example", "imap://Pengaduan%40kab.example@10.1.2.3:1143"):
        written = read_url(url)
        assert written is not None
        text = draft(text, config, written, None).text
        config = load_config(tmp_path / "hub.yaml", describe(), environ, text=text)

    assert config is not None
    assert [(m.entity, m.source) for m in config.mappings if m.entity == "Complaint"] == [
        ("Complaint", "pengaduan"),
        ("Complaint", "pengaduan-2"),
    ]
    second = config.sources["pengaduan-2"].options
    assert (second["user"], second["port"], second["encryption"]) == ("Pengaduan@kab.example", 1143, "starttls")
    assert config.sources["pengaduan"].options["port"] == 993
