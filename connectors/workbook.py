"""Reads one sheet of an xlsx file with calamine. Runs in a child process (see child.py): a parser may die of a hostile file."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from difflib import get_close_matches
from pathlib import Path
from typing import NoReturn

import python_calamine as calamine

from connectors.cells import tidy
from connectors.connector import Batch, Cell, CellError
from connectors.errors import DatasetMissing, SourceBroken, SourceError
from connectors.package import Package, Sheet, open_package
from connectors.sheetxml import check_extent, find_errors
from connectors.table import NumberedRow, SheetDataset, read_table

_CalamineCell = int | float | str | bool | time | date | datetime | timedelta

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


def list_sheets(path: Path, where: str) -> list[Sheet]:
    """The worksheets of a file, without reading them. Raises SourceBroken, LimitExceeded; OSError as it comes."""
    with open_package(path, where) as package:
        return package.sheets()


def choose_sheets(sheets: list[Sheet], wanted: str | None, where: str) -> list[Sheet]:
    """The sheets that a dataset's `sheet` means. Raises DatasetMissing SHEET_MISSING with the nearest name."""
    visible = [sheet for sheet in sheets if sheet.visible]
    if wanted == "*":
        return visible
    if wanted is None:
        chosen = visible[:1]
    else:
        name = tidy(wanted).casefold()
        chosen = [sheet for sheet in sheets if tidy(sheet.name).casefold() == name][:1]
        if not chosen and wanted.isascii() and wanted.isdigit() and int(wanted) > 0:
            chosen = visible[int(wanted) - 1 : int(wanted)]
    if not chosen:
        names = [sheet.name for sheet in sheets]
        folded = {tidy(name).casefold(): name for name in names}
        nearest = get_close_matches(tidy(wanted or "").casefold(), folded, 1, 0.5)
        suggestion = folded[nearest[0]] if nearest else None
        raise DatasetMissing(
            where, "SHEET_MISSING", sheet=wanted or "1", nearest=suggestion, sheets=", ".join(names[:30])
        )
    return chosen


def read_workbook(path: Path, sheet: str, dataset: SheetDataset, where: str) -> Iterator[Batch]:
    """The rows of the sheet of this name. Raises SourceBroken, DatasetMissing, LimitExceeded, ColumnMissing; OSError as it comes."""
    with open_package(path, where) as package:
        member = choose_sheets(package.sheets(), sheet, where)[0]
        errors = _inspect(package, member, where)
    try:
        with calamine.CalamineWorkbook.from_path(str(path)) as workbook:
            cells = workbook.get_sheet_by_name(member.name)
            rows = _rows(cells, errors)
            yield from read_table(rows, cells.total_width, dataset, where)
    except calamine.CalamineError as error:
        _translate(error, where)


def _inspect(package: Package, sheet: Sheet, where: str) -> dict[tuple[int, int], CellError]:
    package.check_rest()
    xml = package.xml(sheet.member)
    check_extent(xml, where)
    return find_errors(xml)


def _rows(sheet: calamine.CalamineSheet, errors: dict[tuple[int, int], CellError]) -> Iterator[NumberedRow]:
    in_row: dict[int, list[tuple[int, CellError]]] = {}
    for (row, column), error in errors.items():
        in_row.setdefault(row, []).append((column, error))
    for row, values in enumerate(sheet.iter_rows()):
        cells = [_cell(value) for value in values]
        for column, error in in_row.get(row, ()):
            cells[column] = error
        yield row + 1, cells


def _cell(value: _CalamineCell) -> Cell:
    if isinstance(value, timedelta):
        return value / timedelta(days=1)  # what the cell holds; only its format says hours
    return None if value == "" else value


def _translate(error: calamine.CalamineError, where: str) -> NoReturn:
    kind, code = TRANSLATED.get(type(error), (SourceBroken, "FILE_DAMAGED"))
    raise kind(where, code) from error
