"""The hostile mails of shared/suites, in an mbox file, in a Maildir folder and on a real Dovecot: each is a complaint in plain text or
said to be what it is, those around it are read, nothing is fetched, written or run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from connectors.connector import Connector
from connectors.errors import SourceBroken
from connectors.imap import ImapMailbox
from connectors.imapline import MailServer
from connectors.imapwire import Login
from connectors.mailbox import Mailbox
from tests.mailserver import PASSWORD, USER, dovecot

SUITE = Path(__file__).parents[3] / "shared" / "suites" / "hostile_mail.py"
FIRST = b"From x Mon Nov  3 08:00:00 2025\n"
BEFORE, AFTER = (
    f"From: Budi <{name}@warga.example>\nSubject: {name}\nMessage-ID: <{name}@warga.example>\n"
    f"Date: Mon, 03 Nov 2025 08:00:00 +0800\n\nLampu mati\n\n".encode()
    for name in ("sebelum", "sesudah")
)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not SUITE.is_file():
        pytest.skip("platform: shared/suites is not beside the project")
    folder = tmp_path_factory.mktemp("hostile")
    subprocess.run([sys.executable, str(SUITE), str(folder)], check=True, capture_output=True)
    return folder


def files(corpus: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((corpus / "corpus.json").read_text())["files"]
    assert len(found) == 50
    return found


async def read(box: Connector) -> tuple[list[dict[str, Any]], int]:
    """The threads by column, and how many mails are set aside; what else there is is read too."""
    rows: list[dict[str, Any]] = []
    skipped = 0
    for dataset in ("threads", "replies", "attachments"):
        for part in await box.parts(dataset):
            async for batch in box.rows(dataset, part):
                json.dumps([str(row.values) for row in batch.rows]).encode()  # it can be stored
                skipped += sum(aside.rows for aside in batch.aside if aside.reason != "LATER_MESSAGE")
                if dataset == "threads":
                    names = [column.name for column in batch.columns]
                    rows += [dict(zip(names, row.values, strict=True)) for row in batch.rows]
    await box.aclose()
    return rows, skipped


def judge(must: str, rows: Sequence[Mapping[str, Any]], skipped: int) -> list[str]:
    """What is wrong with how one mail was read; `rows` are those that it became."""
    wrong = []
    if must == "serve" and not (len(rows) == 1 and not skipped):
        wrong.append("it is lost")
    if must == "refuse" and not skipped and not all(row["damaged"] for row in rows):
        wrong.append("nothing says what it is")
    for row in rows:
        text = f"{row['subject']}{row['text']}{row['fromName']}{row['attachments']}"
        if any(sign in text for sign in ("\r", "\0", "\u202e", "<script>", "<p>", "../")):
            wrong.append("there is more in it than text")
        if len(text) > 450_000:
            wrong.append("it is too long")
    return wrong


def is_around(row: Mapping[str, Any]) -> bool:
    return row["subject"] in ("sebelum", "sesudah")


async def test_in_a_file_of_mail(corpus: Path, tmp_path: Path) -> None:
    """An .eml file stands between two others; an .mbox file as it is."""
    found: dict[str, list[str]] = {}
    for number, file in enumerate(files(corpus)):
        content = (corpus / file["file"]).read_bytes()
        if file["file"].endswith(".eml"):
            quoted = content.replace(b"\nFrom ", b"\n>From ")
            content = b"".join([FIRST, BEFORE, FIRST, quoted, b"\n\n", FIRST, AFTER])
        (tmp_path / f"{number}.mbox").write_bytes(content)
        os.utime(tmp_path / f"{number}.mbox", (1_700_000_000, 1_700_000_000))  # nobody is writing to it
        box = Mailbox(tmp_path, [f"{number}.mbox"])
        if file["file"] == "junk-start.mbox":
            with pytest.raises(SourceBroken):
                await read(box)
            found[file["file"]] = []
            continue
        rows, skipped = await read(box)
        if file["file"].endswith(".mbox"):
            found[file["file"]] = [] if [row["subject"] for row in rows] == ["no 0", "no 1", "no 2"] else ["not three"]
        else:
            found[file["file"]] = judge(file["must"], [row for row in rows if not is_around(row)], skipped)
            found[file["file"]] += [] if sum(map(is_around, rows)) == 2 else ["those around it are lost"]

    assert {name: wrong for name, wrong in found.items() if wrong} == {} and len(found) == 50
    assert not Path("/tmp/slip.txt").exists()


async def test_on_a_server_as_in_its_folder(corpus: Path, tmp_path: Path) -> None:
    """What IMAP makes of them is what the files themselves give: outlines, partial fetches and all."""
    hostile = {file["file"]: (corpus / file["file"]).read_bytes() for file in files(corpus)}
    # IMAP can't carry NUL (RFC 3501 §4.3.1): the server makes another byte of it
    letters = {name: mail.replace(b"\0", b"\x80") for name, mail in hostile.items() if name.endswith(".eml")}
    letters |= {"0.sebelum": BEFORE, "z.sesudah": AFTER}
    with dovecot() as server:
        server.deliver(letters)
        place = MailServer("127.0.0.1", server.tls_port, "tls", server.ca)
        box = ImapMailbox(place, Login(USER, PASSWORD), spool=tmp_path / "spool.db")
        by_imap, imap_skipped = await read(box)
        by_file, file_skipped = await read(Mailbox(server.mails.parent, ["Maildir"]))

    assert sum(map(is_around, by_imap)) == 2 and imap_skipped == file_skipped == 1  # the empty one
    assert len(by_imap) == len(by_file) == len(letters) - 1
    assert [wrong for row in by_imap for wrong in judge("serve", [row], 0)] == []

    def shown(row: Mapping[str, Any]) -> tuple[str, ...]:
        return tuple(str(row[name]) for name in ("subject", "text", "fromName", "fromAddress", "attachments"))

    # behind a header of 10 MB a file is not read on; a server gives the text by itself
    only = {"<header-10MB@example.org>"}
    assert [row["text"] for row in by_imap if row["messageId"] in only] == ["x"]
    assert sorted(shown(row) for row in by_imap if row["messageId"] not in only) == sorted(
        shown(row) for row in by_file if row["messageId"] not in only
    )
