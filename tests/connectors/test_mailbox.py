"""Mailboxes: one thread is one row, what is automatic is set aside and counted, and no message is lost whatever is in it."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.connector import Part
from connectors.errors import DatasetMissing, SourceBroken, SourceError, SourceUnavailable
from connectors.mailbox import NAMES, Mailbox

REAL = Path(__file__).parents[3] / "shared" / "realdata"
WITA = timezone(timedelta(hours=8))
FIRST = "From x Mon Nov  3 08:00:00 2025"


def mail(number: int, text: str = "Jalan rusak", **headers: str | None) -> str:
    """A message with its separator. Headers by name with _ for -; None leaves one out."""
    head: dict[str, str | None] = {
        "From": "Siti <siti@warga.example>",
        "Subject": "Jalan",
        "Date": f"Mon, 03 Nov 2025 08:{number:02d}:00 +0800",
        "Message-ID": f"<{number}@warga.example>",
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    lines = [f"{name}: {value}" for name, value in head.items() if value is not None]
    return "\n".join([FIRST, *lines, "", text, "", ""])


def write(folder: Path, *mails: str | bytes, name: str = "a.mbox") -> Path:
    raw = [m if isinstance(m, bytes) else m.encode() for m in mails]
    (folder / name).write_bytes(b"".join(raw))
    return folder / name


async def read(folder: Path, name: str = "a.mbox") -> tuple[list[dict[str, Any]], int]:
    """The rows by column, and how many messages were set aside; the later ones of a thread are told with it."""
    box = Mailbox(folder, [name])
    rows, skipped = [], 0
    for part in await box.parts("threads"):
        async for batch in box.rows("threads", part):
            assert tuple(column.name for column in batch.columns) == NAMES
            rows += [{"at": row.at, **dict(zip(NAMES, row.values, strict=True))} for row in batch.rows]
            skipped += sum(aside.rows for aside in batch.aside if aside.reason != "LATER_MESSAGE")
    return rows, skipped


async def of(folder: Path, dataset: str) -> list[dict[str, Any]]:
    """The rows of another dataset of the same file; what was set aside is told with the threads alone."""
    box, rows = Mailbox(folder, ["a.mbox"]), []
    for part in await box.parts(dataset):
        async for batch in box.rows(dataset, part):
            assert batch.aside == ()
            names = [column.name for column in batch.columns]
            rows += [{"at": row.at, **dict(zip(names, row.values, strict=True))} for row in batch.rows]
    return rows


async def only(folder: Path, *mails: str | bytes) -> Mapping[str, Any]:
    write(folder, *mails)
    ((row,), skipped) = await read(folder)
    assert skipped == 0
    return row


# -- threads ----------------------------------------------------------------------------------------------------------


async def test_a_thread_is_a_row(tmp_path: Path) -> None:
    row = await only(
        tmp_path,
        mail(1, "Jalan rusak di Alas\n-- \nDikirim dari ponsel"),
        mail(
            2, "Kami teruskan", From="Admin <admin@kab.example>", Subject="Re: Jalan", In_Reply_To="<1@warga.example>"
        ),
        mail(3, "Terima kasih", Subject="RE: Jalan", References="<1@warga.example> <2@warga.example>"),
    )

    assert row == {
        "at": "<1@warga.example>",
        "trackingId": "ADU-EEC67A7O",
        "messageId": "<1@warga.example>",
        "subject": "Jalan",
        "text": "Jalan rusak di Alas",
        "fromName": "Siti",
        "fromAddress": "siti@warga.example",
        "receivedAt": datetime(2025, 11, 3, 8, 1, tzinfo=WITA),
        "lastMessageAt": datetime(2025, 11, 3, 8, 3, tzinfo=WITA),
        "messages": 3,
        "answered": True,
        "attachments": None,
        "damaged": None,
        "guessedCategory": "infrastruktur",
        "categoryConfidence": Decimal("0.50"),
        **dict.fromkeys(["guessedVillage", "guessedDistrict", "guessedAgency"]),
        **dict.fromkeys(["villageConfidence", "districtConfidence", "agencyConfidence"]),
    }


async def test_the_order_in_the_file_does_not_matter(tmp_path: Path) -> None:
    first, reply, later = mail(1), mail(2, In_Reply_To="<1@warga.example>"), mail(3, References="<2@warga.example>")
    found = []
    for mails in ([first, reply, later], [later, reply, first], [reply, later, first]):
        row = await only(tmp_path, *mails)
        found.append((row["trackingId"], row["at"], row["messages"], row["lastMessageAt"]))

    assert len(set(found)) == 1
    assert found[0][1:3] == ("<1@warga.example>", 3)


async def test_the_number_stays_when_the_first_message_comes_late(tmp_path: Path) -> None:
    reply = mail(2, References="<1@warga.example>")

    alone = await only(tmp_path, reply)
    whole = await only(tmp_path, reply, mail(1))

    assert alone["trackingId"] == whole["trackingId"]


async def test_an_answer_is_one_from_somebody_else(tmp_path: Path) -> None:
    again = mail(2, "Kapan?", In_Reply_To="<1@warga.example>")
    nobody = mail(3, "?", In_Reply_To="<1@warga.example>", From=None)

    assert (await only(tmp_path, mail(1)))["answered"] is False
    assert (await only(tmp_path, mail(1), again, nobody))["answered"] is False


async def test_only_the_headers_tie_messages(tmp_path: Path) -> None:
    write(tmp_path, mail(1), mail(2, Subject="Re: Jalan"))

    rows, _ = await read(tmp_path)

    assert [row["messages"] for row in rows] == [1, 1]


async def test_a_message_that_stands_there_twice_counts_once(tmp_path: Path) -> None:
    write(tmp_path, mail(1), mail(2), mail(1))

    rows, skipped = await read(tmp_path)

    assert ([row["messages"] for row in rows], skipped) == ([1, 1], 1)


async def test_another_message_under_a_used_id_is_not_lost(tmp_path: Path) -> None:
    write(tmp_path, mail(1, "Jalan rusak"), mail(1, "Jembatan putus"))

    rows, skipped = await read(tmp_path)

    assert [row["text"] for row in rows] == ["Jalan rusak", "Jembatan putus"]
    assert [row["damaged"] for row in rows] == [None, ("messageId",)]
    assert rows[0]["at"] != rows[1]["at"]
    assert skipped == 0


async def test_a_message_without_an_id_gets_one_that_stays(tmp_path: Path) -> None:
    one = await only(tmp_path, mail(1, Message_ID=None))
    again = await only(tmp_path, mail(1, Message_ID=None))
    other = await only(tmp_path, mail(2, Message_ID=None))

    assert one["at"] == again["at"] != other["at"]
    assert one["at"].endswith("@tanpa-id>")


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto_Submitted": "auto-replied"},
        {"Auto_Submitted": "auto-generated (vacation)"},
        {"Precedence": "bulk"},
        {"Precedence": "Auto_Reply"},
        {"X_Autoreply": "yes"},
        {"From": "Mail Delivery <MAILER-DAEMON@kab.example>"},
        {"Return_Path": "<>"},
        {"Content_Type": 'multipart/report; report-type=delivery-status; boundary="b"'},
    ],
    ids=str,
)
async def test_what_a_machine_wrote_is_set_aside_and_counted(tmp_path: Path, headers: dict[str, str]) -> None:
    write(tmp_path, mail(1), mail(2, In_Reply_To="<1@warga.example>", **headers), mail(3, **headers))

    rows, skipped = await read(tmp_path)

    assert ([row["messages"] for row in rows], skipped) == ([1], 2)


@pytest.mark.parametrize(
    "headers", [{"Auto_Submitted": "no"}, {"Precedence": "list"}, {"X_Auto_Response_Suppress": "All"}], ids=str
)
async def test_what_came_through_a_group_or_a_form_is_kept(tmp_path: Path, headers: dict[str, str]) -> None:
    assert (await only(tmp_path, mail(1, **headers)))["messages"] == 1


# -- the file ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        "Kepada Bupati\n\nFrom here on the road is broken in 2025\nFrom inside",
        "\nFrom Russia with love\nYear: 1963",
        "satu\n>From dua",
        "satu\n\n>From x Mon Nov  3 08:00:00 2025\ndua",
    ],
)
async def test_a_line_that_begins_with_from_is_text(tmp_path: Path, body: str) -> None:
    write(tmp_path, mail(1, body), mail(2))

    rows, _ = await read(tmp_path)

    assert [row["text"] for row in rows] == [body.strip().replace(">From", "From"), "Jalan rusak"]


@pytest.mark.parametrize(
    "separator",
    [
        "From siti@warga.example Mon Nov  3 08:00:00 2025",
        "From siti@warga.example Mon Nov 03 08:00 2025",
        "From siti@warga.example Mon Nov  3 08:00:00 WITA 2025",
        "From siti@warga.example Mon Nov  3 08:00:00 2025 +0800",
        'From "Siti A" <siti@warga.example>  Mon Nov  3 08:00:00 2025',
        "From Mon Nov  3 08:00:00 2025",
        "From - Mon Nov  3 08:00:00 2025",
        "From -",
        "From - ",
    ],
)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
async def test_separators_of_all_programs_are_known(tmp_path: Path, separator: str, end: str) -> None:
    mails = "".join(mail(n).replace(FIRST, separator) for n in (1, 2, 3))
    write(tmp_path, b"\xef\xbb\xbf" + mails.replace("\n", end).encode())

    rows, _ = await read(tmp_path)

    assert [row["at"] for row in rows] == [f"<{n}@warga.example>" for n in (1, 2, 3)]
    assert {row["text"] for row in rows} == {"Jalan rusak"}


async def test_messages_without_a_blank_line_between_them_are_two(tmp_path: Path) -> None:
    write(tmp_path, mail(1).rstrip("\n") + "\n", mail(2))

    rows, _ = await read(tmp_path)

    assert [row["text"] for row in rows] == ["Jalan rusak", "Jalan rusak"]


@pytest.mark.parametrize(
    "content", [b"PK\x03\x04", b"\0\0bukan kotak surat\n" + mail(1).encode(), b"Subject: x\n\nx\n"]
)
async def test_a_file_that_is_no_mailbox_is_told(tmp_path: Path, content: bytes) -> None:
    write(tmp_path, content)

    with pytest.raises(SourceBroken) as caught:
        await read(tmp_path)

    assert (caught.value.code, caught.value.where) == ("NOT_A_MAILBOX", "a.mbox")


async def test_an_empty_mailbox_has_no_messages(tmp_path: Path) -> None:
    write(tmp_path, b"")

    assert await read(tmp_path) == ([], 0)


async def test_of_a_mailbox_that_is_being_written_the_last_message_waits(
    tmp_path: Path, settled: Callable[[Path], None]
) -> None:
    path = write(tmp_path, mail(1), mail(2)[:-5])

    growing, skipped = await read(tmp_path)
    settled(path)
    at_rest, _ = await read(tmp_path)

    assert ([row["at"] for row in growing], skipped) == (["<1@warga.example>"], 1)
    assert [row["at"] for row in at_rest] == ["<1@warga.example>", "<2@warga.example>"]


async def test_a_mailbox_that_is_tidied_up_meanwhile_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path, mail(1), mail(2))
    whole, whole_stat = path.stat(), Path.stat

    class Tidied:
        """What the file looks like once a mail program has rewritten it."""

        st_size, st_ino = whole.st_size - 10, whole.st_ino

    monkeypatch.setattr(Path, "stat", lambda self, **_: Tidied() if self == path else whole_stat(self))
    box = Mailbox(tmp_path, [])

    with pytest.raises(SourceUnavailable) as caught:
        async for _ in box.rows("threads", Part("a.mbox", "a.mbox")):
            pass

    assert caught.value.code == "FILE_CHANGED"


async def test_an_unknown_dataset_is_told(tmp_path: Path) -> None:
    with pytest.raises(DatasetMissing):
        await Mailbox(tmp_path, ["*"]).parts("inbox")


async def test_a_missing_mailbox_is_told(tmp_path: Path) -> None:
    with pytest.raises(SourceError) as caught:
        await Mailbox(tmp_path, ["tidak-ada.mbox"]).describe()

    assert caught.value.code == "NO_FILE_MATCHED"


# -- dates ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "expected", "damaged"),
    [
        ("Mon, 03 Nov 2025 08:00:00 +0800", datetime(2025, 11, 3, 8, tzinfo=WITA), None),
        ("3 Nov 2025 08:00:00 GMT", datetime(2025, 11, 3, 8, tzinfo=UTC), None),
        ("Mon, 03 Nov 2025 08:00:00 -0000", datetime(2025, 11, 3, 8, tzinfo=UTC), None),
        ("Mon, 03 Nov 2025 08:00:00", datetime(2025, 11, 3, 8), None),  # the hub's zone, which the mapping knows
        ("kemarin pagi", datetime(2025, 11, 3, 8, tzinfo=UTC), ("date",)),
        ("32 Foo 99999 99:99:99 +9999", datetime(2025, 11, 3, 8, tzinfo=UTC), ("date",)),
        ("Thu, 01 Jan 1970 00:00:00 +0000", datetime(2025, 11, 3, 8, tzinfo=UTC), ("date",)),
        (None, datetime(2025, 11, 3, 8, tzinfo=UTC), ("date",)),
    ],
)
async def test_a_date_is_read_or_taken_from_the_separator(
    tmp_path: Path, written: str | None, expected: datetime, damaged: object
) -> None:
    row = await only(tmp_path, mail(1, Date=written))

    assert (row["receivedAt"], row["damaged"]) == (expected, damaged)


async def test_no_date_is_ever_invented(tmp_path: Path) -> None:
    row = await only(tmp_path, mail(1, Date="kemarin").replace(FIRST, "From -"))

    assert (row["receivedAt"], row["lastMessageAt"], row["damaged"]) == (None, None, ("date",))


async def test_dates_with_and_without_a_zone_are_compared(tmp_path: Path) -> None:
    row = await only(
        tmp_path,
        mail(1, Date="Mon, 03 Nov 2025 08:00:00"),
        mail(2, In_Reply_To="<1@warga.example>"),
        mail(3, In_Reply_To="<1@warga.example>", Date="x"),
    )

    assert (row["messages"], row["lastMessageAt"]) == (3, datetime(2025, 11, 3, 8, 0))


# -- hostile and broken mails -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("subject", "expected"),
    [
        ("=?utf-8?B?SmFsYW4g4oCTIHJ1c2Fr?=", "Jalan – rusak"),
        ("=?iso-8859-1?Q?Caf=E9?= =?iso-8859-1?Q?_rusak?=", "Café rusak"),
        ("Fwd: RE: [2] =?utf-8?q?Jalan?=", "[2] Jalan"),
        ("Bls: Jalan", "Jalan"),
        ("Jalan – rusak", "Jalan – rusak"),  # raw UTF-8, as many web mailers write it
        ("=?utf-8?b?a?=", "=?utf-8?b?a?="),
        ("=?utf-8?q?Halo=0D=0ABcc:_korban=40a.example?=", "Halo Bcc: korban@a.example"),
        ("=?utf-8?b?4oCuZnBkLmV4ZQ==?=", "fpd.exe"),  # turns the direction of writing
        ("=?x-klingon?q?Jalan?=", "Jalan"),
        ("=?idna?q?Jalan?=", "Jalan"),
        ("campur – =?utf-8?q?Jalan?=", "campur – Jalan"),
    ],
)
async def test_subjects_are_read(tmp_path: Path, subject: str, expected: str) -> None:
    assert (await only(tmp_path, mail(1, Subject=subject)))["subject"] == expected


@pytest.mark.parametrize(
    ("sender", "name", "address"),
    [
        ("Siti <SITI@Warga.example>", "Siti", "siti@warga.example"),
        ("=?utf-8?q?Doe=2C_Siti?= <siti@warga.example>", "Doe, Siti", "siti@warga.example"),
        ("siti@warga.example (Siti)", "Siti", "siti@warga.example"),
        ("(" * 3000 + " siti@warga.example", None, "siti@warga.example"),
        ("Siti tanpa alamat", "Siti tanpa alamat", None),
    ],
    ids=["plain", "a comma in the name", "a comment", "comments without end", "no address"],
)
async def test_senders_are_read(tmp_path: Path, sender: str, name: str | None, address: str | None) -> None:
    row = await only(tmp_path, mail(1, From=sender))

    assert row["fromAddress"] == address
    assert name is None or row["fromName"] == name


def typed(kind: str, body: bytes, encoding: str = "8bit") -> bytes:
    return mail(1, "ISI", Content_Type=kind, Content_Transfer_Encoding=encoding).encode().replace(b"ISI", body)


@pytest.mark.parametrize(
    ("message", "text", "damaged"),
    [
        (typed("text/plain; charset=utf-8", "Jalan – rusak".encode()), "Jalan – rusak", None),
        (typed("text/plain; charset=x-tidak-ada", "Jalan – rusak".encode()), "Jalan – rusak", ("charset",)),
        (typed("text/plain; charset=zip", b"Jalan"), "Jalan", ("charset",)),
        (typed("text/plain; charset=idna", b"a" * 300_000), "a" * 300_000, ("charset",)),
        (typed("text/plain; charset=us-ascii", b"Caf\xe9 \x96"), "Café –", ("charset",)),
        (typed('text/plain; charset="a\0b"', b"Jalan"), "Jalan", ("charset",)),
        (typed("text/plain; charset=utf-8", b"SmFsYW4=", "base64"), "Jalan", None),
        (typed("text/plain; charset=utf-8", b"=ZZ=\n=3", "quoted-printable"), "=ZZ=3", None),
        (typed("text/plain", b"Jalan", "x-hilang"), "Jalan", None),
        (typed(';;;=;"', b"Jalan"), "Jalan", None),
        (typed("multipart/mixed", b"--x\nJalan"), "--x\nJalan", None),
        (typed("text/plain", b"J\0a\0lan\x07"), "Jalan", None),
        (
            typed("text/html; charset=utf-8", b"<p>Jalan &lt;b&gt; rusak<script>alert(1)</script>"),
            "Jalan <b> rusak",
            None,
        ),
        (typed("text/plain", b"x" * 2_000_000), "x" * 400_000, ("size",)),
    ],
    ids=lambda value: None,
)
async def test_bodies_are_read_whatever_they_say_they_are(
    tmp_path: Path, message: bytes, text: str, damaged: object
) -> None:
    row = await only(tmp_path, message)

    assert (row["text"], row["damaged"]) == (text, damaged)


def nested(depth: int) -> str:
    parts = "".join(f'Content-Type: multipart/mixed; boundary="b{n}"\n\n--b{n}\n' for n in range(depth))
    return mail(1, Content_Type=None).replace("\n\nJalan", f"\n{parts}Content-Type: text/plain\n\nJalan")


@pytest.mark.parametrize(
    ("message", "damaged"),
    [
        (nested(1000), "structure"),
        (
            mail(
                1,
                "x\n" + "--b\nContent-Type: text/plain\n\nJalan\n" * 3000,
                Content_Type='multipart/mixed; boundary="b"',
            ),
            "structure",
        ),
        (mail(1, X_Big="a" * 1_000_000), "headers"),
        (mail(1).replace("\n\nJ", "\n" + "X-H: a\n" * 3000 + "\nJ"), "headers"),
    ],
    ids=["nested", "many parts", "a long header", "many headers"],
)
async def test_a_mail_beyond_all_measure_is_kept_and_said_so(tmp_path: Path, message: str, damaged: str) -> None:
    row = await only(tmp_path, message)

    assert row["damaged"] == (damaged,)
    assert (row["subject"], row["fromAddress"]) == ("Jalan", "siti@warga.example")
    assert "Jalan" in row["text"]


async def test_attachments_are_named_and_never_opened(tmp_path: Path) -> None:
    parts = [
        ("text/plain", "", "Foto terlampir"),
        ("image/jpeg", "Content-Disposition: attachment; filename*=utf-8''foto%20jalan.jpg\n", "QUFB\n" * 500_000),
        ("text/plain", 'Content-Disposition: attachment; filename="../../tmp/slip.txt"\n', "rahasia"),
        ("image/png", "", "x"),
    ]
    body = "".join(f"--b\nContent-Type: {kind}\n{more}\n{content}\n" for kind, more, content in parts) + "--b--\n"

    row = await only(tmp_path, mail(1, body, Content_Type='multipart/mixed; boundary="b"'))

    assert row["attachments"] == ("foto jalan.jpg", "slip.txt", "lampiran")
    assert (row["text"], row["damaged"]) == ("Foto terlampir", None)
    assert [
        (r["number"], r["name"], r["mediaType"], r["size"], r["messageId"], r["trackingId"])
        for r in await of(tmp_path, "attachments")
    ] == [
        (1, "foto jalan.jpg", "image/jpeg", None, "<1@warga.example>", row["trackingId"]),
        (2, "slip.txt", "text/plain", 7, "<1@warga.example>", row["trackingId"]),
        (3, "lampiran", "image/png", 1, "<1@warga.example>", row["trackingId"]),
    ]


async def test_the_size_of_an_encoded_file_is_that_of_the_file(tmp_path: Path) -> None:
    body = (
        "--b\nContent-Type: application/pdf; name=a.pdf\nContent-Transfer-Encoding: base64\n\n"
        + base64.encodebytes(b"%PDF" * 100).decode()
        + "--b--\n"
    )
    write(tmp_path, mail(1, body, Content_Type='multipart/mixed; boundary="b"'))

    assert [(r["name"], r["size"]) for r in await of(tmp_path, "attachments")] == [("a.pdf", 400)]


async def test_later_messages_of_a_thread_are_replies(tmp_path: Path) -> None:
    office = "Admin <admin@kab.example>"
    write(
        tmp_path,
        mail(1),
        mail(2, "Kami teruskan\n\n> Jalan rusak", From=office, In_Reply_To="<1@warga.example>"),
        mail(3, "Terima kasih", References="<1@warga.example> <2@warga.example>"),
        mail(4, "Laporan lain"),
        mail(5, "Sedang cuti", From=office, In_Reply_To="<4@warga.example>", Auto_Submitted="auto-replied"),
    )
    (first, _), skipped = await read(tmp_path)
    replies = await of(tmp_path, "replies")

    assert skipped == 1
    assert [(r["at"], r["trackingId"], r["number"], r["sender"], r["fromName"], r["text"]) for r in replies] == [
        ("<2@warga.example>", first["trackingId"], 2, "OTHER", "Admin", "Kami teruskan"),
        ("<3@warga.example>", first["trackingId"], 3, "REPORTER", "Siti", "Terima kasih"),
    ]
    assert replies[0]["sentAt"] == datetime(2025, 11, 3, 8, 2, tzinfo=WITA)


SNIPPETS = st.one_of(
    st.binary(max_size=60),
    st.sampled_from(
        [
            b"\n", b"\r\n", b"\n\n", b"\r", b"From: a@b.example", b"Subject: =?utf-8?b?a?=", b"Content-Type: multipart/mixed; boundary=b",
            b"Content-Type: text/html; charset=idna", b"--b", b"--b--", b"Content-Transfer-Encoding: base64", b"Date: x", b"<![", b"<!--",
            b"References: <", b"Message-ID: <\xff\xfe>", b"Content-Disposition: attachment; filename*0*=x''%ff", b"((((", b"From ", b": ", b"begin 644 x",
        ]
    ),
)  # fmt: skip


@given(st.lists(SNIPPETS, max_size=25).map(b"".join))
@settings(max_examples=150)
async def test_no_mail_stops_the_others(tmp_path_factory: pytest.TempPathFactory, hostile: bytes) -> None:
    folder = tmp_path_factory.mktemp("box")
    middle = FIRST.encode() + b"\nX-A: b\n" + hostile.replace(b"From ", b">From ") + b"\n\n"
    write(folder, mail(1), middle, mail(3))

    rows, skipped = await read(folder)

    places = [row["at"] for row in rows]
    assert places[0] == "<1@warga.example>"
    assert places[-1] == "<3@warga.example>"
    assert len(places) + skipped == 3
    for row in rows:  # whatever was in it can be stored
        json.dumps({name: str(value) for name, value in row.items()}).encode()
        "".join(str(value) for value in row.values()).encode()


# -- real files -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "rows", "skipped"),
    [
        ("jstedfast__MimeKit/simple.mbox", 3, 0),
        ("jstedfast__MimeKit/unmunged.mbox", 2, 0),
        ("apache__james-mime4j/rlug.mbox", 0, 5),  # Precedence: bulk in all
        ("mikel__mail/encoding_madness.eml", 1, 0),
        ("mikel__mail/attachment_nonascii_filename.eml", 1, 0),
        ("mikel__mail/report_422.eml", 0, 1),
        ("mikel__mail/content_transfer_encoding_with_8bits.eml", 1, 0),
        ("mikel__mail/bad_date_header.eml", 0, 1),  # Precedence: junk
        ("mailgun__flanker/mailbox-full.eml", 0, 1),
        ("mailgun__flanker/bilingual-simple.eml", 1, 0),
        ("SpamScope__mail-parser/mail_malformed_2.eml", 0, 1),
        ("SpamScope__mail-parser/mail_test_3.eml", 1, 0),
        ("SpamScope__mail-parser/mail_test_12.eml", 1, 0),
    ],
)
async def test_real_mails_are_read(
    tmp_path: Path, settled: Callable[[Path], None], name: str, rows: int, skipped: int
) -> None:
    path = REAL / name
    if not path.is_file():
        pytest.skip("platform: the real mails are not here; put shared/ beside the project to have them")
    raw = path.read_bytes()
    message = FIRST.encode() + b"\n" + raw.replace(b"\nFrom ", b"\n>From ") + b"\n\n"
    settled(write(tmp_path, raw if name.endswith(".mbox") else message))

    found, aside = await read(tmp_path)

    assert (len(found), aside) == (rows, skipped)
    assert all(row["text"] and row["fromAddress"] for row in found)
