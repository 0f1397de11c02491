"""Binary workbooks (xlsb). `rencana.xlsb` was written by SheetJS, which leaves columns out where a cell follows another."""

from __future__ import annotations

import io
import shutil
import zipfile
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.connector import Cell, CellError
from connectors.content import Content
from connectors.errors import SourceError
from connectors.grid import Span
from connectors.spreadsheet import SheetDataset, Spreadsheet
from connectors.xlsb import Xlsb

FILE = Path(__file__).with_name("rencana.xlsb")
SHEET = "xl/worksheets/sheet1.bin"
ROWS: list[tuple[Cell, ...]] = [
    ("01.02", "Jalan é", 1250000.5, date(2026, 1, 31)),
    ("01.03", "Jembatan", CellError("#DIV/0!"), None),
    ("01.04", "Pasar", 7, None),
]


async def read(folder: Path, **options: object) -> dict[str, list[tuple[Cell, ...]]]:
    spreadsheet = Spreadsheet(folder, ["*.xlsb"], {"d": SheetDataset(**options)})  # type: ignore[arg-type]  # options of any name
    try:
        return {
            part.label: [row.values for batch in [b async for b in spreadsheet.rows("d", part)] for row in batch.rows]
            for part in await spreadsheet.parts("d")
        }
    finally:
        await spreadsheet.aclose()


def opened(raw: bytes) -> Xlsb:
    return Xlsb(Content(raw, "a.xlsb", "a.xlsb", Path("a.xlsb")))


def with_sheet(data: bytes) -> bytes:
    """The workbook with other bytes for its first sheet."""
    made = io.BytesIO()
    with zipfile.ZipFile(FILE) as there, zipfile.ZipFile(made, "w") as archive:
        for name in there.namelist():
            archive.writestr(name, data if name == SHEET else there.read(name))
    return made.getvalue()


async def test_a_binary_workbook_is_read_with_its_errors_and_dates(tmp_path: Path) -> None:
    shutil.copy(FILE, tmp_path / "a.xlsb")

    assert await read(tmp_path, header="auto") == {"a.xlsb › Rencana": ROWS}
    assert await read(tmp_path, rows=(2, 4)) == {"a.xlsb › Rencana": ROWS}
    assert list(await read(tmp_path, sheet="*")) == ["a.xlsb › Rencana"]
    assert await read(tmp_path, sheet="Lama") == {"a.xlsb › Lama": [(1, True)]}


async def test_cells_with_their_columns_are_read_alike(tmp_path: Path) -> None:
    book = opened(FILE.read_bytes())
    raw = book.readable(book.sheets[0])
    (tmp_path / "a.xlsb").write_bytes(raw)
    again = opened(raw)

    assert again.readable(again.sheets[0]) is raw
    assert await read(tmp_path, header="auto") == {"a.xlsb › Rencana": ROWS}


def test_what_is_merged_and_hidden_is_seen() -> None:
    book = opened(FILE.read_bytes())
    marks = book.find_marks(book.sheets[0])

    assert (marks.merges, marks.hidden_columns) == ((Span(5, 0, 5, 1),), frozenset({1}))
    assert [(sheet.name, sheet.visible) for sheet in book.sheets] == [("Rencana", True), ("Lama", False)]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"\0\4\xff\xff\xff\0\7\x0c\0\0\0\0" + b"\0" * 8, "CELL_TOO_FAR"),
        (b"\0\4\0\0\0\0\7\x0c\xff\xff\xff\0" + b"\0" * 8, "CELL_TOO_FAR"),
        (b"\0\4\0\0\0\0\7\x0c\0", "FILE_DAMAGED"),
        (b"\0\2\0\0", "FILE_DAMAGED"),
        (b"\x80", "FILE_DAMAGED"),
    ],
)
async def test_a_damaged_or_endless_sheet_is_told(tmp_path: Path, data: bytes, code: str) -> None:
    (tmp_path / "a.xlsb").write_bytes(with_sheet(data))

    with pytest.raises(SourceError) as caught:
        await read(tmp_path)

    assert caught.value.code == code


@given(st.binary(max_size=60), st.integers(0, 800))
def test_no_bytes_make_the_records_fall(raw: bytes, at: int) -> None:
    with zipfile.ZipFile(FILE) as archive:
        sheet = archive.read(SHEET)
    book = opened(with_sheet(sheet[:at] + raw + sheet[at + len(raw) :]))
    for look in (book.find_errors, book.find_marks, book.readable):
        try:
            look(book.sheets[0])
        except SourceError as error:
            assert error.code in ("FILE_DAMAGED", "CELL_TOO_FAR")
