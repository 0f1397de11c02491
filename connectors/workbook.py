"""Reads one sheet of an xlsx or xls file with calamine, of an ods file without. Runs in a child process (see child.py): a
parser may die of a hostile file."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import NoReturn

import python_calamine as calamine

from connectors.connector import Batch, Cell, CellError
from connectors.errors import DatasetMissing, SourceBroken, SourceError
from connectors.grid import Grid, Marks
from connectors.ods import read_ods_grid, read_tables
from connectors.package import Package, Sheet, open_package
from connectors.sheetmarks import read_marks, read_styles
from connectors.sheets import choose_sheets, list_sheets, sheets_of
from connectors.sheetxml import check_extent, find_errors
from connectors.table import NumberedRow, SheetDataset, read_table
from connectors.understood import read_understood
from connectors.xls import Xls, is_ole

_DAY = timedelta(days=1)

TRANSLATED: dict[type[Exception], tuple[type[SourceError], str]] = {
    calamine.PasswordError: (SourceBroken, "FILE_PROTECTED"),
    calamine.WorksheetNotFound: (DatasetMissing, "SHEET_MISSING"),
    calamine.XmlError: (SourceBroken, "FILE_DAMAGED"),
    calamine.ZipError: (SourceBroken, "FILE_DAMAGED"),
    calamine.WorkbookClosed: (SourceBroken, "FILE_DAMAGED"),
    calamine.TablesNotLoaded: (SourceBroken, "FILE_DAMAGED"),
    calamine.TablesNotSupported: (SourceBroken, "FILE_DAMAGED"),
    calamine.TableNotFound: (SourceBroken, "FILE_DAMAGED"),
    calamine.CalamineError: (SourceBroken, "FILE_DAMAGED"),
}
"""What each exception of calamine becomes."""


def read_workbook(path: Path, sheet: str | None, dataset: SheetDataset, where: str) -> Iterator[Batch]:
    """The rows of the sheet that `sheet` means. Raises SourceBroken, DatasetMissing, LimitExceeded, ColumnMissing;
    OSError as it comes."""
    if dataset.is_understood:
        chosen = choose_sheets(list_sheets(path, where), sheet, where)[0]
        yield from read_understood(read_grid(path, chosen, where), dataset, where)
        return
    if is_ole(path):
        book = Xls(path, where)
        member = choose_sheets(book.sheets, sheet, where)[0]
        yield from _read(book.readable(), int(member.member), book.find_errors(member), dataset, where)
        return
    with open_package(path, where) as package:
        member = choose_sheets(sheets_of(package, where), sheet, where)[0]
        if package.is_ods:
            width, rows = read_tables(package.content(), member, where)
            yield from read_table(rows, width, dataset, where)
            return
        errors = _inspect(package, member, where)
    yield from _read(path.read_bytes(), member.name, errors, dataset, where)


def read_grid(path: Path, sheet: Sheet, where: str) -> Grid:
    """A whole sheet with its marks. Raises SourceBroken, LimitExceeded; OSError as it comes."""
    if is_ole(path):
        book = Xls(path, where)
        return _grid(book.readable(), int(sheet.member), book.find_errors(sheet), book.find_marks(sheet), where)
    with open_package(path, where) as package:
        if package.is_ods:
            return read_ods_grid(package.content(), sheet, where)
        errors = _inspect(package, sheet, where)
        marks = read_marks(package.xml(sheet.member), read_styles(package.styles()))
    return _grid(path.read_bytes(), sheet.name, errors, marks, where)


def _grid(raw: bytes, sheet: str | int, errors: dict[tuple[int, int], CellError], marks: Marks, where: str) -> Grid:
    try:
        with calamine.CalamineWorkbook.from_filelike(BytesIO(raw)) as workbook:
            rows = _all_rows(workbook, sheet, errors)[1]
            return Grid([[None if cell == "" else cell for cell in cells] for _, cells in rows], marks)
    except calamine.CalamineError as error:
        _translate(error, where)


def _read(
    raw: bytes, sheet: str | int, errors: dict[tuple[int, int], CellError], dataset: SheetDataset, where: str
) -> Iterator[Batch]:
    try:  # by its bytes: by its path, calamine would go by what the file is called
        with calamine.CalamineWorkbook.from_filelike(BytesIO(raw)) as workbook:
            del raw  # it has its own copy
            width, rows = _all_rows(workbook, sheet, errors)
            yield from read_table(rows, width, dataset, where)
    except calamine.CalamineError as error:
        _translate(error, where)


def _all_rows(
    workbook: calamine.CalamineWorkbook, sheet: str | int, errors: dict[tuple[int, int], CellError]
) -> tuple[int, Iterator[NumberedRow]]:
    """The width of a sheet and its rows."""
    cells = workbook.get_sheet_by_name(sheet) if isinstance(sheet, str) else workbook.get_sheet_by_index(sheet)
    end = cells.end or (-1, -1)
    width = max([end[1], *(column for _, column in errors)]) + 1
    height = max([end[0], *(row for row, _ in errors)]) + 1
    return width, _rows(cells, height, width, errors)


def _inspect(package: Package, sheet: Sheet, where: str) -> dict[tuple[int, int], CellError]:
    package.check_rest()
    xml = package.xml(sheet.member)
    check_extent(xml, where)
    return find_errors(xml)


def _rows(
    sheet: calamine.CalamineSheet, height: int, width: int, errors: dict[tuple[int, int], CellError]
) -> Iterator[NumberedRow]:
    """Every row down to `height`; a formula without a value may stand where calamine sees nothing any more."""
    in_row: dict[int, list[tuple[int, CellError]]] = {}
    for (row, column), error in errors.items():
        in_row.setdefault(row, []).append((column, error))
    found, left = sheet.iter_rows(), sheet.start[1] if sheet.start else 0  # its rows begin at the first column in use
    for row in range(height):
        cells: list[Cell] = [None] * left
        # a duration is what the cell holds, in days; only its format says hours
        cells += [value / _DAY if isinstance(value, timedelta) else value for value in next(found, ())]
        cells += [None] * (width - len(cells))
        for column, error in in_row.get(row, ()):
            cells[column] = error
        yield row + 1, cells


def _translate(error: calamine.CalamineError, where: str) -> NoReturn:
    kind, code = TRANSLATED.get(type(error), (SourceBroken, "FILE_DAMAGED"))
    raise kind(where, code) from error
