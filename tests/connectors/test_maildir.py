"""Maildir folders: read whole while a mail program works in them; nothing in them is changed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from connectors.connector import Cell
from connectors.errors import SourceBusy, SourceUnavailable
from connectors.mailbox import NAMES, Mailbox
from connectors.maildir import read_maildir


def make(folder: Path, name: str = "Maildir", **messages: str) -> Path:
    for place in ("new", "cur", "tmp"):
        (folder / name / place).mkdir(parents=True, exist_ok=True)
    for file, headers in messages.items():
        place, _, rest = file.partition("_")
        text = f"From: a@b.example\n{headers}\n\nJalan rusak di {file}\n"
        (folder / name / place / rest.replace("_", ".")).write_text(text, encoding="utf-8")
    return folder / name


async def threads(folder: Path) -> dict[str, list[dict[str, Cell]]]:
    """Rows by the label of their part."""
    mailbox = Mailbox(folder, ["Maildir"])
    return {
        part.label: [
            dict(zip(NAMES, row.values, strict=True)) async for b in mailbox.rows("threads", part) for row in b.rows
        ]
        for part in await mailbox.parts("threads")
    }


async def test_new_and_read_messages_form_threads_and_folders_are_parts(tmp_path: Path) -> None:
    maildir = make(
        tmp_path,
        new_2_a="Subject: Re: Jalan\nMessage-ID: <2@b>\nReferences: <1@b>",
        cur_1_a="Subject: Jalan\nMessage-ID: <1@b>",
        tmp_3_a="Subject: masih ditulis\nMessage-ID: <3@b>",
    )
    (maildir / "cur" / "1.a").rename(maildir / "cur" / "1.a:2,RS")
    make(tmp_path, "Maildir/.Arsip", cur_9_a="Subject: Lama\nMessage-ID: <9@b>")

    found = await threads(tmp_path)

    assert {label: [(row["subject"], row["messages"]) for row in rows] for label, rows in found.items()} == {
        "Maildir": [("Jalan", 2)],
        ".Arsip": [("Lama", 1)],
    }
    assert (maildir / "new" / "2.a").exists()


def test_messages_that_are_moved_or_removed_while_reading(tmp_path: Path) -> None:
    maildir = make(tmp_path, new_1_a="Subject: A", new_2_a="Subject: B", new_3_a="Subject: C", cur_4_a="Subject: D")
    reading = read_maildir(maildir, "Maildir", lambda: False)

    first = next(reading)
    (maildir / "new" / "2.a").rename(maildir / "cur" / "2.a:2,S")
    (maildir / "new" / "3.a").unlink()

    assert [raw.content.split(b"\n")[1] for raw in (first, *reading)] == [b"Subject: A", b"Subject: B", b"Subject: D"]


async def test_a_message_that_may_not_be_read_is_told(tmp_path: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("platform: root may read everything; run the tests as another user to have it")
    (make(tmp_path, cur_1_a="Subject: A") / "cur" / "1.a").chmod(0)

    with pytest.raises(SourceBusy):
        await threads(tmp_path)


async def test_a_folder_that_is_gone_is_told(tmp_path: Path) -> None:
    maildir = make(tmp_path, cur_1_a="Subject: A")
    mailbox = Mailbox(tmp_path, ["Maildir"])
    (part,) = await mailbox.parts("threads")
    maildir.rename(tmp_path / "lain")

    with pytest.raises(SourceUnavailable) as caught:
        await anext(aiter(mailbox.rows("threads", part)))

    assert caught.value.code == "FILE_GONE"
