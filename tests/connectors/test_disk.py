"""Disks that never answer, and files that are none or change while they are read."""

from __future__ import annotations

import asyncio
import os
import threading
from pathlib import Path

import pytest

from connectors.errors import SourceBusy, SourceError, SourceTimeout
from connectors.files import Disk
from connectors.spreadsheet import Spreadsheet
from connectors.table import SheetDataset


async def test_of_a_disk_that_does_not_answer_nothing_more_is_asked_until_it_does() -> None:
    disk, answer, asked = Disk(0.02), threading.Event(), [0]

    def look() -> int:
        asked[0] += 1
        answer.wait(10)
        return asked[0]

    for _ in range(3):
        with pytest.raises(SourceTimeout, match="SHARE_SILENT"):
            await disk.ask(look, "share")
    assert asked == [1], "one thread waits, not three"
    answer.set()
    while True:
        try:
            assert await disk.ask(look, "share") == 2
            return
        except SourceTimeout:
            await asyncio.sleep(0.001)  # the first is just coming back


async def test_what_a_disk_answers_with_is_passed_on() -> None:
    def fail() -> None:
        raise PermissionError("no")

    with pytest.raises(PermissionError):
        await Disk(5).ask(fail, "share")


async def test_a_file_that_changes_while_it_is_read_is_not_taken(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("Kode;Uraian\n" + "".join(f"{row};x\n" for row in range(5_000)), encoding="utf-8")
    sheets = Spreadsheet(tmp_path, ["a.csv"], {"d": SheetDataset()})
    (part,) = await sheets.parts("d")

    with pytest.raises(SourceBusy, match="FILE_CHANGED"):
        async for _ in sheets.rows("d", part):
            path.write_text("Kode;Uraian\n1;y\n", encoding="utf-8")
    await sheets.aclose()


@pytest.mark.parametrize(
    ("kind", "code"), [("dir", "FILE_IS_FOLDER"), ("fifo", "FILE_SPECIAL"), ("loop", "DATA_FILE_UNREADABLE")]
)
async def test_what_is_called_like_a_file_and_is_none_is_a_part_that_tells_why(
    tmp_path: Path, kind: str, code: str
) -> None:
    (tmp_path / "a.csv").write_text("Kode\n1\n", encoding="utf-8")
    path = tmp_path / "b.xlsx"
    if kind == "dir":
        path.mkdir()
    elif kind == "fifo":
        os.mkfifo(path)
    else:
        path.symlink_to("b.xlsx")
    sheets = Spreadsheet(tmp_path, ["*.*"], {"d": SheetDataset()})

    parts = await sheets.parts("d")

    assert [part.file for part in parts] == ["a.csv", "b.xlsx"]
    with pytest.raises(SourceError) as caught:
        _ = [batch async for batch in sheets.rows("d", parts[1])]
    assert caught.value.code == code
    await sheets.aclose()
