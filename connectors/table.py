"""From numbered rows of cells to batches: the head, the columns, which rows are taken, and which are left out."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from connectors.aside import Asides
from connectors.cells import tidy
from connectors.columns import find_column
from connectors.connector import Batch, Cell, Column, Reason, Row
from connectors.errors import LimitExceeded, SourceBroken
from connectors.limits import MAX_CELL_CHARACTERS, MAX_COLUMNS, MAX_ROWS
from connectors.personal import mask_personal
from connectors.values import compile_values, write_cell

BATCH_ROWS = 500
LABEL_LENGTH = 80  # characters of a row that is set aside

NumberedRow = tuple[int, Sequence[Cell]]
"""The row's number in the file, from 1, and its cells from column A."""


@dataclass(frozen=True, slots=True)
class SheetDataset:
    """Where a table stands in its files.

    `sheet`: "*" for every visible one, a name, a number from 1, None for the first visible one. `header`: the number
    of the row with the names, None if there is none and columns go by their letters, "auto" if the table is to be found (see
    understood.py), or the first and last row of names where the rest is to be found. `total`: the rows that are totals, in place
    of those that are found to be. `rows`: first and last data row, else all below the head. `skip`: column to exact values or
    /regular expressions/; rows that hold one are left out. `encoding` and `delimiter` are of csv files, found out unless given.
    `member`: which files inside of a zip, with * for any text. `table`: which of the tables that are found in a sheet, by its
    number from 1 or a text in the lines above it; None for the one with the most records. `password` opens workbooks that are
    protected with one."""

    sheet: str | None = None
    header: int | Literal["auto"] | tuple[int, int] | None = 1
    rows: tuple[int, int | None] | None = None
    skip: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    encoding: str | None = None
    delimiter: str | None = None
    total: tuple[int, ...] | None = None
    member: tuple[str, ...] | None = None
    table: int | str | None = None
    password: str | None = field(default=None, repr=False)

    @property
    def is_understood(self) -> bool:
        """Whether its table is found by what stands in the sheet."""
        return self.header == "auto" or isinstance(self.header, tuple)

    @property
    def first_row(self) -> int:
        """The number of the first data row."""
        above = self.header if isinstance(self.header, int) else 0
        return self.rows[0] if self.rows else above + 1

    @property
    def last_row(self) -> int | None:
        """The number of the last data row, None if it is the file's."""
        return self.rows[1] if self.rows else None


def read_table(
    rows: Iterable[NumberedRow],
    width: int,
    dataset: SheetDataset,
    where: str,
    names: Sequence[str] | None = None,
    deleted: Container[int] = (),
) -> Iterator[Batch]:
    """Batches of the rows that are taken; at least one, so that its columns can be looked at even if there are no
    rows.

    `width` is the number of columns of the widest row; `names` are theirs where the format has them apart from the rows: then every
    row is a record but those `deleted`, and a column goes by its name. Raises SourceBroken HEADER_MISSING, ColumnMissing for a column
    of `skip`, LimitExceeded."""
    if width > MAX_COLUMNS:
        raise LimitExceeded(where, "TOO_MANY_COLUMNS", limit=MAX_COLUMNS)
    numbered = iter(rows)
    asides = Asides()
    if names is None:
        columns = _columns(_head(numbered, dataset, where, asides), width)
    else:
        dataset = replace(dataset, header=None)
        columns = tuple(Column(column.name, column.name) for column in _columns(names, width))
    taken = Taken(columns, dataset, where, asides)
    batch = Batch(columns, (), grid=names is None)
    found: list[Row] = []
    total = 0
    for number, cells in numbered:
        if number in deleted:
            asides.add("DELETED", number)
            continue
        values = checked((*cells, *((None,) * (width - len(cells)))), number, columns, where)
        if taken(number, values):
            found.append(Row(str(number), values))
            total += 1
        if total > MAX_ROWS:
            raise LimitExceeded(where, "TOO_MANY_ROWS_IN_SHEET", limit=MAX_ROWS)
        if len(found) == BATCH_ROWS:
            yield replace(batch, rows=tuple(found), aside=asides.take())
            found = []
    aside = asides.take()
    if found or total == 0 or aside:
        yield replace(batch, rows=tuple(found), aside=aside)


def letter(index: int) -> str:
    """The letter of a column, from 0: A, Z, AA."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def label_of(cells: Iterable[Cell]) -> str | None:
    """What a row begins with, short and masked; None of a blank one."""
    text = next(filter(None, (tidy(write_cell(cell)) for cell in cells)), "")
    return mask_personal(text)[:LABEL_LENGTH] or None


class Taken:
    """Decides which rows are data; the others go to `asides`."""

    def __init__(self, columns: Sequence[Column], dataset: SheetDataset, where: str, asides: Asides) -> None:
        self._first, self._last = dataset.first_row, dataset.last_row
        self._skip: list[tuple[int, str, Callable[[str], str | None]]] = [
            (find_column(columns, name, where), f"skip.{name}", compile_values(dict.fromkeys(values, "")))
            for name, values in dataset.skip.items()
        ]
        self._asides = asides

    def __call__(self, number: int, values: Sequence[Cell]) -> bool:
        if all(value is None for value in values):
            self._asides.add("BLANK", number)
            return False
        if number < self._first or (self._last is not None and number > self._last):
            self._asides.add("OUTSIDE_ROWS", number, "rows")
            return False
        for index, setting, find in self._skip:
            if find(write_cell(values[index])) is not None:
                self._asides.add("SKIP", number, setting)
                return False
        return True


def _head(rows: Iterator[NumberedRow], dataset: SheetDataset, where: str, asides: Asides) -> Sequence[Cell]:
    """The row of names; what stands above it is set aside."""
    if not isinstance(dataset.header, int):
        return ()
    for number, cells in rows:
        label = label_of(cells)
        if number == dataset.header:
            if label:
                asides.add("HEADER", number, "header", label)
                return cells
            break
        if number > dataset.header:
            break
        reason: Reason = "TITLE" if label else "BLANK"
        asides.add(reason, number, "header" if label else None, label)
    raise SourceBroken(where, "HEADER_MISSING", header=dataset.header)


def _columns(head: Sequence[Cell], width: int) -> tuple[Column, ...]:
    """Columns with names that differ from each other also without case; a column without a name is called by its
    letter."""
    columns: list[Column] = []
    seen: set[str] = set()
    for index in range(width):
        written = tidy(write_cell(head[index])) if index < len(head) else ""
        name = base = written or letter(index)
        count = 1
        while name.casefold() in seen:
            count += 1
            name = f"{base} ({count})"
        seen.add(name.casefold())
        columns.append(Column(name, letter(index)))
    return tuple(columns)


def checked(cells: Sequence[Cell], number: int, columns: Sequence[Column], where: str) -> tuple[Cell, ...]:
    """The cells of a row; blank texts are None. Raises LimitExceeded CELL_TOO_LONG."""
    return tuple(
        [
            cell
            if type(cell) is not str or (cell and len(cell) <= MAX_CELL_CHARACTERS and not cell.isspace())
            else _text(cell, number, column, where)
            for column, cell in zip(columns, cells, strict=True)
        ]
    )


def _text(cell: str, number: int, column: Column, where: str) -> str | None:
    if len(cell) > MAX_CELL_CHARACTERS:
        cell_name = f"{column.label}{number}"
        raise LimitExceeded(where, "CELL_TOO_LONG", cell=cell_name, limit=MAX_CELL_CHARACTERS)
    return cell if cell and not cell.isspace() else None
