"""The Connector seam: datasets come in parts, parts in batches of rows, and every row says where it stands."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from typing import NamedTuple, Protocol

from connectors.select import Select


@dataclass(frozen=True, slots=True)
class CellError:
    """A cell that holds an error instead of a value, such as `#DIV/0!`."""

    text: str


Cell = None | str | int | float | bool | Decimal | date | datetime | time | CellError | tuple[str, ...]
"""What a legacy system may hold in one place. An empty cell is None, never ''."""


@dataclass(frozen=True, slots=True)
class Part:
    """The piece of a dataset that is read and replaced as a whole.

    `key` is stable for the life of the source (a path below the source's folder, a table name). `label` begins every
    locator of its rows (`Alas.xlsx › Usulan`). `stamp` is equal only if the part is surely unchanged since it was made;
    None if that can't be told without reading. `file`, `sheet` and `folders` (the nearest first) answer `$file`, `$sheet` and
    `$folder`. `unlisted` marks a file whose
    sheets could not be listed: it stands for every part whose key begins with this key and `#`, and reading it raises why."""

    key: str
    label: str
    stamp: str | None = None
    file: str | None = None
    sheet: str | None = None
    unlisted: bool = False
    folders: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a batch. `name` is as written in the source with white space joined; `label` is the letter in a
    spreadsheet, else the name again."""

    name: str
    label: str


class Row(NamedTuple):
    """`at` is the rest of the locator: the row number, the table's key, the Message-ID, the JSON pointer."""

    at: str
    values: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Batch:
    """Some rows of one part; picklable. `values` of each row follow `columns`. In a `grid` the cell of a field is the
    column's label joined with the row's `at` (H57), else it is the column's label. `skipped` counts rows that were left out
    on purpose (subtotals, bounces). `title` answers `$title`: the lines above a table that was found, joined by `; `."""

    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    grid: bool = False
    skipped: int = 0
    title: str | None = None

    def __reduce__(self) -> tuple[object, ...]:
        """A pickle holds the rows as two plain lists, which is far quicker to write and read."""
        ats, values = zip(*self.rows, strict=True) if self.rows else ((), ())
        return _batch, (self.columns, ats, values, self.grid, self.skipped, self.title)


def _batch(
    columns: tuple[Column, ...],
    ats: tuple[str, ...],
    values: tuple[tuple[Cell, ...], ...],
    grid: bool,
    skipped: int,
    title: str | None,
) -> Batch:
    return Batch(columns, tuple(map(Row, ats, values)), grid, skipped, title)


@dataclass(frozen=True, slots=True)
class DatasetDescription:
    """What `describe()` tells of one dataset: its columns with up to five sample values each, how it was read where that
    was found out rather than said (`TAB, cp1252`), and the types of columns where the source declares them."""

    name: str
    columns: tuple[Column, ...]
    samples: Mapping[str, tuple[Cell, ...]] = field(default_factory=dict)
    read_as: str | None = None
    types: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Pushdown:
    """What a live connector does itself; the hub does the rest."""

    filters: bool = False
    order: bool = False
    limit: bool = False


class Connector(Protocol):
    """Reads one legacy application. Opens nothing in its constructor and never writes.

    Every method raises only errors of `connectors.errors`. `rows` yields each row of the part once or raises; it never
    ends early in silence."""

    async def describe(self) -> Sequence[DatasetDescription]:
        """Every dataset there is, with columns and samples."""
        ...

    async def parts(self, dataset: str) -> Sequence[Part]:
        """The parts of a dataset, in a stable order."""
        ...

    def rows(self, dataset: str, part: Part) -> AsyncIterator[Batch]:
        """The rows of one part, lazily."""
        ...

    async def aclose(self) -> None:
        """Gives back what was opened."""
        ...


class LiveConnector(Connector, Protocol):
    """A connector that can also answer a question at query time."""

    def pushdown(self, dataset: str) -> Pushdown:
        """What `select` will do itself for this dataset."""
        ...

    async def select(self, dataset: str, select: Select) -> Sequence[Row]:
        """The rows that satisfy the parts of `select` named by `pushdown`; values follow `select.columns`."""
        ...
