"""Reads the sheets of xlsx and xls files with calamine, those of ods files without."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from io import BytesIO
from typing import NoReturn
from xml.etree import ElementTree

import python_calamine as calamine

from connectors.aside import Asides
from connectors.connector import Batch, Cell, CellError
from connectors.content import Content
from connectors.errors import DatasetMissing, SourceBroken, SourceError
from connectors.grid import Grid, Marks
from connectors.ods import list_tables, read_ods_grid, read_tables
from connectors.package import open_package
from connectors.sheetmarks import read_marks, read_styles
from connectors.sheets import Sheet
from connectors.sheetxml import check_extent, drop_strays, find_errors
from connectors.table import NumberedRow, SheetDataset, read_table
from connectors.xls import Xls
from connectors.xlsb import Xlsb

_DAY = timedelta(days=1)

Errors = dict[tuple[int, int], CellError]
"""(row, column), both from 0, of cells that show an error."""

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


class Workbook:
    """An xlsx file. Raises SourceBroken, LimitExceeded."""

    read_as: str | None = None

    def __init__(self, content: Content) -> None:
        self._raw = content.raw
        self._package = open_package(content)
        self.sheets = self._package.sheets()

    def names(self, sheet: Sheet) -> None:
        """They stand in its rows."""
        return

    def grid(self, sheet: Sheet, where: str) -> Grid:
        """A whole sheet with its marks."""
        raw, errors, strays = self._inspect(sheet, where)
        try:
            marks = read_marks(self._package.xml(sheet.member), read_styles(self._package.styles()))
        except (ValueError, ElementTree.ParseError) as error:  # a number that is none, a prefix of no name space
            raise SourceBroken(where, "FILE_DAMAGED") from error
        return _grid(raw, sheet.name, errors, replace(marks, strays=strays), where)

    def batches(self, sheet: Sheet, dataset: SheetDataset, where: str) -> Iterator[Batch]:
        """The rows where a dataset says they are; those of cells far away are set aside."""
        raw, errors, strays = self._inspect(sheet, where)
        last: Batch | None = None
        for last in _read(raw, sheet.name, errors, dataset, where):
            yield last
        if strays and last is not None:
            asides = Asides()
            for row in Marks(strays=strays).stray_rows:
                asides.add("FAR_AWAY", row)
            yield replace(last, rows=(), aside=asides.take())

    def _inspect(self, sheet: Sheet, where: str) -> tuple[bytes, Errors, tuple[str, ...]]:
        """The file for calamine, the cells in error, and the cells far away that were taken out."""
        self._package.check_rest()
        xml, strays = drop_strays(self._package.xml(sheet.member))
        check_extent(xml, where)
        return self._package.repacked(sheet.member, xml) if strays else self._raw, find_errors(xml), strays


class BinaryWorkbook:
    """An xls or xlsb file. Raises SourceBroken, LimitExceeded."""

    read_as: str | None = None

    def __init__(self, book: Xls | Xlsb) -> None:
        self._book = book
        self.sheets = book.sheets

    def names(self, sheet: Sheet) -> None:
        """They stand in its rows."""
        return

    def grid(self, sheet: Sheet, where: str) -> Grid:
        """A whole sheet with its marks."""
        book = self._book
        return _grid(book.readable(sheet), _place(sheet), book.find_errors(sheet), book.find_marks(sheet), where)

    def batches(self, sheet: Sheet, dataset: SheetDataset, where: str) -> Iterator[Batch]:
        """The rows where a dataset says they are."""
        yield from _read(self._book.readable(sheet), _place(sheet), self._book.find_errors(sheet), dataset, where)


def _place(sheet: Sheet) -> int | str:
    """An xls file's sheets go by their number: their names may be in any code page."""
    return int(sheet.member) if sheet.member.isdigit() else sheet.name


class Ods:
    """An ods file. Raises SourceBroken, LimitExceeded."""

    read_as: str | None = None

    def __init__(self, content: Content) -> None:
        self._package = open_package(content)
        self.sheets = list_tables(self._package.content(), content.where)
        if not self.sheets:  # a text or a drawing
            raise SourceBroken(content.where, "NOT_A_SPREADSHEET", found="OpenDocument")

    def names(self, sheet: Sheet) -> None:
        """They stand in its rows."""
        return

    def grid(self, sheet: Sheet, where: str) -> Grid:
        """A whole sheet with its marks."""
        return read_ods_grid(self._package.content(), sheet, where)

    def batches(self, sheet: Sheet, dataset: SheetDataset, where: str) -> Iterator[Batch]:
        """The rows where a dataset says they are."""
        width, rows = read_tables(self._package.content(), sheet, where)
        yield from read_table(rows, width, dataset, where)


def _grid(raw: bytes, sheet: str | int, errors: Errors, marks: Marks, where: str) -> Grid:
    try:
        with calamine.CalamineWorkbook.from_filelike(BytesIO(raw)) as workbook:
            rows = _all_rows(workbook, sheet, errors)[1]
            return Grid([[None if cell == "" else cell for cell in cells] for _, cells in rows], marks)
    except calamine.CalamineError as error:
        _translate(error, where)


def _read(raw: bytes, sheet: str | int, errors: Errors, dataset: SheetDataset, where: str) -> Iterator[Batch]:
    try:  # by its bytes: by its path, calamine would go by what the file is called
        with calamine.CalamineWorkbook.from_filelike(BytesIO(raw)) as workbook:
            width, rows = _all_rows(workbook, sheet, errors)
            yield from read_table(rows, width, dataset, where)
    except calamine.CalamineError as error:
        _translate(error, where)


def _all_rows(
    workbook: calamine.CalamineWorkbook, sheet: str | int, errors: Errors
) -> tuple[int, Iterator[NumberedRow]]:
    """The width of a sheet and its rows."""
    cells = workbook.get_sheet_by_name(sheet) if isinstance(sheet, str) else workbook.get_sheet_by_index(sheet)
    end = cells.end or (-1, -1)
    width = max([end[1], *(column for _, column in errors)]) + 1
    height = max([end[0], *(row for row, _ in errors)]) + 1
    return width, _rows(cells, height, width, errors)


def _rows(sheet: calamine.CalamineSheet, height: int, width: int, errors: Errors) -> Iterator[NumberedRow]:
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
