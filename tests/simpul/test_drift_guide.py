"""What "When a source changes its shape" shows is what the command writes, in both languages."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.hubs import RunSimpul
from tests.simpul.test_add import text_of, write_sheets
from tests.simpul.test_spreadsheet_guide import lra

GUIDES = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize(("language", "guide"), [("en", "drift.md"), ("id", "drift.id.md")])
def test_the_guide_shows_what_is_told(simpul: RunSimpul, tmp_path: Path, language: str, guide: str) -> None:
    text = (GUIDES / guide).read_text(encoding="utf-8")
    (output,) = re.findall(r"^    \$ simpul sync\n((?:    .*\n)*)", text, re.MULTILINE)
    (question,) = re.findall(r"^    (\{ sources .*\})$", text, re.MULTILINE)
    paid = (90, 40, 10, 30, 50, 5, 15, 30)
    for month in ("Mei", "Juni"):
        write_sheets(tmp_path / "data" / f"lra {month.lower()}.xlsx", LRA=lra(month, paid))
    said = ("--lang", language)
    assert simpul(tmp_path, "add", "data", "--yes", *said).code == 0
    assert simpul(tmp_path, "sync", *said).code == 0
    july = [tuple("Realisasi Kas" if cell == "Realisasi" else cell for cell in row) for row in lra("Juli", paid)]
    write_sheets(tmp_path / "data" / "lra juli.xlsx", LRA=july)

    ended = simpul(tmp_path, "sync", *said)

    written = [line.removeprefix("\ufeff").rstrip() for line in (ended.out + ended.err).splitlines()]
    assert [line for line in output.splitlines() if line[4:].rstrip() not in written] == []
    assert "COLUMN_RENAMED" in simpul(tmp_path, "query", "-", *said, stdin=question).out
    renamed = text_of(tmp_path).replace("header: auto", "header: auto\n        rename: {Realisasi Kas: Realisasi}")
    assert "rename: {Realisasi Kas: Realisasi}" in text
    (tmp_path / "hub.yaml").write_text(renamed, encoding="utf-8")
    ended = simpul(tmp_path, "sync", *said)
    assert ended.code == 0, ended.err
    assert " 24 " in ended.out
