"""Workbooks that are protected with a password: opened with the right one, told without it or with another."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import openpyxl
import pytest
from msoffcrypto.format.ooxml import OOXMLFile

from connectors.connector import Cell
from connectors.errors import SourceError
from connectors.inspector import Inspector
from connectors.spreadsheet import SheetDataset, Spreadsheet
from tests.connectors.test_spreadsheet_real import need

PASSWORD = "Rahasia é 1"


def locked(password: str = PASSWORD) -> bytes:
    book, plain, out = openpyxl.Workbook(), io.BytesIO(), io.BytesIO()
    sheet = book.active
    assert sheet is not None
    for row in (["kode", "nama"], ["P-1", "Jalan"], ["P-2", "Jembatan"]):
        sheet.append(row)
    book.save(plain)
    OOXMLFile(plain).encrypt(password, out)
    return out.getvalue()


async def read(folder: Path, name: str, password: str | None) -> list[tuple[str, tuple[Cell, ...]]]:
    spreadsheet = Spreadsheet(folder, [name], {"d": SheetDataset(password=password)})
    try:
        return [
            (f"{part.label} › {row.at}", row.values)
            for part in await spreadsheet.parts("d")
            async for batch in spreadsheet.rows("d", part)
            for row in batch.rows
        ]
    finally:
        await spreadsheet.aclose()


async def code(folder: Path, name: str, password: str | None) -> str:
    with pytest.raises(SourceError) as caught:
        await read(folder, name, password)
    return caught.value.code


async def test_the_right_password_opens_a_workbook_also_inside_of_a_zip(tmp_path: Path) -> None:
    (tmp_path / "a.xlsx").write_bytes(locked())
    with zipfile.ZipFile(tmp_path / "b.zip", "w") as archive:
        archive.writestr("a.xlsx", locked())
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}

    assert await read(tmp_path, "a.xlsx", PASSWORD) == [
        ("a.xlsx › Sheet › 2", ("P-1", "Jalan")),
        ("a.xlsx › Sheet › 3", ("P-2", "Jembatan")),
    ]
    assert (await read(tmp_path, "b.zip", PASSWORD))[0] == ("b.zip › a.xlsx › Sheet › 2", ("P-1", "Jalan"))
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


async def test_a_workbook_that_excel_has_protected_is_opened() -> None:
    folder = need("tafia__calamine")

    assert await code(folder, "pass_protected.xlsx", "124") == "PASSWORD_WRONG"
    assert await code(folder, "pass_protected.xlsx", "123") == "HEADER_MISSING"  # its only sheet is empty


async def test_no_password_and_a_wrong_one_are_told(tmp_path: Path) -> None:
    (tmp_path / "a.xlsx").write_bytes(locked())
    with Inspector() as inspector:
        (found,) = inspector.inspect(tmp_path / "a.xlsx")

    assert [problem.code for problem in found.problems] == ["FILE_PROTECTED"]
    assert await code(tmp_path, "a.xlsx", None) == "FILE_PROTECTED"
    assert await code(tmp_path, "a.xlsx", PASSWORD.lower()) == "PASSWORD_WRONG"


async def test_a_workbook_without_a_password_needs_none(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("kode,nama\nP-1,Jalan\n")

    assert await read(tmp_path, "a.csv", PASSWORD) == [("a.csv › 2", ("P-1", "Jalan"))]


@pytest.mark.parametrize("cut", [600, 4_000, 6_000])
async def test_half_a_protected_workbook_is_told(tmp_path: Path, cut: int) -> None:
    (tmp_path / "a.xlsx").write_bytes(locked()[:cut])

    assert await code(tmp_path, "a.xlsx", PASSWORD) == "FILE_DAMAGED"


def test_a_password_is_not_shown_with_its_dataset() -> None:
    assert PASSWORD not in repr(SheetDataset(password=PASSWORD))
