"""Reads the sheets of an ods file (OpenDocument 1.3, part 3): repeated rows and cells are counted before they are made.

A parser of its own, because what calamine leaves out has to be found in the same place anyway: errors, formulas without a
value, hidden sheets and how often a cell is repeated. It is also safe enough to list sheets outside of the child process."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, time
from math import isfinite
from xml.parsers import expat

from connectors.connector import Cell, CellError
from connectors.errors import LimitExceeded, SourceBroken
from connectors.grid import Grid, Marks, Span
from connectors.limits import MAX_CELL_CHARACTERS, MAX_COLUMNS, MAX_INFLATED_BYTES, MAX_REPEATED, MAX_ROWS
from connectors.sheets import Sheet
from connectors.sheetxml import NO_VALUE
from connectors.table import NumberedRow, letter

_SPACE = "urn:oasis:names:tc:opendocument:xmlns:"
_OFFICE, _TABLE, _TEXT, _STYLE = (f"{_SPACE}{name}:1.0 " for name in ("office", "table", "text", "style"))
_DRAW = f"{_SPACE}drawing:1.0 "
_ERROR_TYPE = "urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0 value-type"
_CELLS = (f"{_TABLE}table-cell", f"{_TABLE}covered-table-cell")
_IGNORED = {f"{_OFFICE}annotation", f"{_OFFICE}forms"} | {
    _TABLE + name for name in ("tracked-changes", "dde-links", "shapes")
}
_NUMBERS = ("float", "currency", "percentage")
_SHOWS_ERROR = re.compile(r"#(?:DIV/0!|N/A|NAME\?|NULL!|NUM!|REF!|VALUE!)|Err:\d+")
_DURATION = re.compile(r"(-?)P(?:(\d+)D)?T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:[.,]\d+)?)S)?")
_BLANKS = re.compile(r"[ \t\r\n]+")


def list_tables(content: Iterable[bytes], where: str) -> list[Sheet]:
    """The sheets of a content.xml in their order; their `member` is their number from 0. Raises SourceBroken."""
    return _Content(where, None).parse(content).sheets


def read_tables(content: Iterable[bytes], sheet: Sheet, where: str) -> tuple[int, Iterator[NumberedRow]]:
    """The width of a sheet and its rows. Raises SourceBroken, LimitExceeded."""
    rows = _Content(where, int(sheet.member)).parse(content).rows
    return max((len(cells) for _, _, cells in rows), default=0), _numbered(rows)


def read_ods_grid(content: Iterable[bytes], sheet: Sheet, where: str) -> Grid:
    """A whole sheet with its merged cells, hidden rows and columns. Raises SourceBroken, LimitExceeded."""
    found = _Content(where, int(sheet.member)).parse(content)
    rows: list[Sequence[Cell]] = []
    for number, cells in _numbered(found.rows):
        rows += [[] for _ in range(number - len(rows) - 1)]
        rows.append(cells)
    marks = Marks(tuple(found.merges), frozenset(found.hidden_rows), frozenset(found.hidden_columns))
    return Grid(rows, marks)


def _numbered(rows: list[tuple[int, int, list[Cell]]]) -> Iterator[NumberedRow]:
    for first, times, cells in rows:
        for number in range(first, first + times):
            yield number, cells


class _Content:
    """What a parser of content.xml has found so far."""

    def __init__(self, where: str, wanted: int | None) -> None:
        self._where, self._wanted = where, wanted
        self.sheets: list[Sheet] = []
        self.rows: list[tuple[int, int, list[Cell]]] = []  # number from 1, how often, cells
        self.merges: list[Span] = []
        self.hidden_rows: set[int] = set()
        self.hidden_columns: set[int] = set()
        self._hidden: set[str] = set()
        self._style = ""
        self._ignored = 0  # depth inside of an element that holds no cells
        self._in_sheets = self._in_table = self._in_paragraph = False
        self._number, self._times, self._column, self._repeated = 1, 1, 0, 0
        self._columns = 0  # declared so far
        self._cells: list[Cell] = []
        self._cell: dict[str, str] | None = None
        self._text: list[str] = []
        self._length = self._paragraphs = 0

    def parse(self, content: Iterable[bytes]) -> _Content:
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.buffer_text = True
        parser.StartDoctypeDeclHandler = self._refuse
        parser.StartElementHandler, parser.EndElementHandler = self._start, self._end
        parser.CharacterDataHandler = self._characters
        try:
            for chunk in content:
                parser.Parse(chunk, False)
            parser.Parse(b"", True)
        except expat.ExpatError as error:
            raise SourceBroken(self._where, "FILE_DAMAGED") from error
        return self

    def _refuse(self, *_: object) -> None:
        raise SourceBroken(self._where, "FILE_HOSTILE")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if self._ignored or name in _IGNORED or name.startswith(_DRAW):
            self._ignored += 1
        elif name in _CELLS:
            self._cell, self._text, self._length, self._paragraphs = attributes, [], 0, 0
        elif self._cell is not None:
            self._start_in_cell(name, attributes)
        elif name == f"{_TABLE}table-row" and self._in_table:
            self._times, self._column, self._cells = self._count(attributes, "number-rows-repeated"), 0, []
            self._ignored = int(self._wanted != len(self.sheets) - 1)
            if attributes.get(f"{_TABLE}visibility", "visible") != "visible" and not self._ignored:
                self.hidden_rows |= set(range(self._number - 1, min(self._number - 1 + self._times, MAX_ROWS)))
        elif name == f"{_TABLE}table-column" and self._in_table and self._wanted == len(self.sheets) - 1:
            self._take_column(attributes)
        elif name == f"{_TABLE}table" and self._in_sheets:
            visible = attributes.get(f"{_TABLE}style-name") not in self._hidden
            self.sheets.append(Sheet(attributes.get(f"{_TABLE}name", ""), visible, str(len(self.sheets))))
            self._in_table, self._number, self._columns = True, 1, 0
        elif name == f"{_OFFICE}spreadsheet":
            self._in_sheets = True
        elif name == f"{_STYLE}style":
            self._style = attributes.get(f"{_STYLE}name", "")
        elif name == f"{_STYLE}table-properties" and attributes.get(f"{_TABLE}display") == "false":
            self._hidden.add(self._style)

    def _start_in_cell(self, name: str, attributes: dict[str, str]) -> None:
        if name == f"{_TABLE}table":
            self._ignored = 1
        elif name == f"{_TEXT}p":
            self._add("\n" if self._paragraphs else "")
            self._paragraphs, self._in_paragraph = self._paragraphs + 1, True
        elif name == f"{_TEXT}s":
            self._add(" " * min(self._count(attributes, "c", _TEXT), MAX_CELL_CHARACTERS + 1))
        elif name in (f"{_TEXT}tab", f"{_TEXT}line-break"):
            self._add("\t" if name.endswith("tab") else "\n")

    def _end(self, name: str) -> None:
        if self._ignored:
            self._ignored -= 1
            if self._ignored or name != f"{_TABLE}table-row":
                return
        if name in _CELLS:
            self._end_cell()
        elif name == f"{_TEXT}p":
            self._in_paragraph = False
        elif name == f"{_TABLE}table-row" and self._in_table:
            self._end_row()
        elif name == f"{_TABLE}table":
            self._in_table = False
        elif name == f"{_OFFICE}spreadsheet":
            self._in_sheets = False

    def _characters(self, text: str) -> None:
        if self._in_paragraph and not self._ignored:
            self._add(_BLANKS.sub(" ", text))

    def _add(self, text: str) -> None:
        self._length += len(text)
        if self._length > MAX_CELL_CHARACTERS:
            cell = f"{letter(self._column)}{self._number}"
            raise LimitExceeded(self._where, "CELL_TOO_LONG", cell=cell, limit=MAX_CELL_CHARACTERS)
        self._text.append(text)

    def _end_cell(self) -> None:
        cell, self._cell = self._cell or {}, None
        times = self._count(cell, "number-columns-repeated")
        value = self._value(cell, "".join(self._text))
        if value is not None and value != "":
            if self._column + times > MAX_COLUMNS:
                self._too_far(max(self._column, MAX_COLUMNS), self._number)
            self._cells += [None] * (self._column - len(self._cells)) + [value] * times
            self._take_span(cell)
        self._column += times

    def _take_column(self, column: dict[str, str]) -> None:
        first = self._columns
        self._columns += self._count(column, "number-columns-repeated")
        if column.get(f"{_TABLE}visibility", "visible") != "visible":
            self.hidden_columns |= set(range(first, min(self._columns, MAX_COLUMNS)))

    def _take_span(self, cell: dict[str, str]) -> None:
        down, right = self._count(cell, "number-rows-spanned"), self._count(cell, "number-columns-spanned")
        if (down > 1 or right > 1) and down <= MAX_ROWS and right <= MAX_COLUMNS:
            top, left = self._number - 1, self._column
            self.merges.append(Span(top, left, top + down - 1, left + right - 1))

    def _end_row(self) -> None:
        if self._cells:
            if self._number + self._times - 1 > MAX_ROWS:
                first = next(index for index, cell in enumerate(self._cells) if cell is not None)
                self._too_far(first, max(self._number, MAX_ROWS + 1))
            self._repeated += (self._times - 1) * len(self._cells)
            if self._repeated > MAX_REPEATED:
                raise LimitExceeded(self._where, "INFLATED_TOO_LARGE", limit=MAX_INFLATED_BYTES // 1_000_000)
            self.rows.append((self._number, self._times, self._cells))
        self._cells = []
        self._number += self._times

    def _too_far(self, column: int, row: int) -> None:
        cell = f"{letter(column)}{row}"
        raise LimitExceeded(self._where, "CELL_TOO_FAR", cell=cell, rows=MAX_ROWS, columns=MAX_COLUMNS)

    def _count(self, attributes: dict[str, str], name: str, space: str = _TABLE) -> int:
        written = attributes.get(space + name, "1")
        if not (written.isascii() and written.isdigit() and len(written) < 11):
            raise SourceBroken(self._where, "FILE_DAMAGED")
        return int(written)

    def _value(self, cell: dict[str, str], shown: str) -> Cell:
        kind = cell.get(f"{_OFFICE}value-type")
        formula = f"{_TABLE}formula" in cell
        if cell.get(_ERROR_TYPE) == "error" or (formula and _SHOWS_ERROR.fullmatch(shown)):
            return CellError(shown or "#ERROR")
        if kind is None:
            return NO_VALUE if formula and not shown else shown
        try:
            return _typed(kind, cell, shown)
        except (KeyError, ValueError) as error:
            raise SourceBroken(self._where, "FILE_DAMAGED") from error


def _typed(kind: str, cell: dict[str, str], shown: str) -> Cell:
    """Raises KeyError, ValueError for what no office program writes."""
    if kind in _NUMBERS:
        number = float(cell[f"{_OFFICE}value"])
        if not isfinite(number):
            raise ValueError(number)
        return number
    if kind == "boolean":
        return cell[f"{_OFFICE}boolean-value"] == "true"
    if kind == "date":
        return _date(cell[f"{_OFFICE}date-value"])
    if kind == "time":
        return _time(cell[f"{_OFFICE}time-value"])
    return cell.get(f"{_OFFICE}string-value", shown)


def _date(written: str) -> Cell:
    try:
        return datetime.fromisoformat(written) if "T" in written else date.fromisoformat(written)
    except ValueError:  # before year 1 or after 9999: the reader of dates says so
        return written


def _time(written: str) -> Cell:
    """A time of day, or days if it is none, as of an xlsx file."""
    found = _DURATION.fullmatch(written)
    if found is None:
        return written
    sign, days, hours, minutes, seconds = found.groups()
    whole = (int(days or 0) * 24 + int(hours or 0)) * 3600 + int(minutes or 0) * 60
    exact = whole + float((seconds or "0").replace(",", "."))
    if sign or exact >= 86_400:
        return exact / 86_400 * (-1 if sign else 1)
    rest, micro = divmod(round(exact * 1_000_000), 1_000_000)
    return time(rest // 3600, rest // 60 % 60, rest % 60, micro) if rest < 86_400 else 1.0
