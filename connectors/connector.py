"""The Connector seam: datasets come in parts, parts in batches of rows, and every row says where it stands."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from typing import Literal, NamedTuple, Protocol

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
    `$folder`. `unlisted` marks a file whose sheets could not be listed: it stands for every part whose key begins with this key and
    `#`, and reading it raises why. `member` is the file inside of the zip that the key names first."""

    key: str
    label: str
    stamp: str | None = None
    file: str | None = None
    sheet: str | None = None
    unlisted: bool = False
    folders: tuple[str, ...] = ()
    member: str | None = None


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


Reason = Literal[
    "TITLE",  # lines above a table
    "HEADER",  # the names of its columns
    "COLUMN_NUMBERS",  # letters or numbers of columns below them
    "BLANK",
    "GROUP",  # only heads the rows below it
    "TOTAL",
    "REPEATED_HEADER",
    "UNFILLED",  # only numbered in advance
    "NOTE",  # below a table: notes and signatures
    "OTHER_TABLE",
    "DELETED",  # in a file that keeps such records
    "FAR_AWAY",  # single cells far beyond everything else
    "OUTSIDE_ROWS",  # of `rows`
    "SKIP",  # by `skip`
    "AUTOMATIC",  # a bounce or an automatic reply
    "EMPTY_MESSAGE",  # or one that is still being written
    "REPEATED_MESSAGE",
    "WITHHELD_MESSAGE",  # the mail server lists it and does not give it out
    "LATER_MESSAGE",  # of a thread that is a row
    "WHERE",  # the mapping's `where` is not met
    "DUPLICATE",  # another row answers for the same key
]
"""Why a row is neither a record nor a reject."""


class Aside(NamedTuple):
    """`rows` rows that were set aside for one reason: those from `first` to `last`, each the rest of a locator as in `Row`.
    `setting` is the option of the dataset or mapping that did it, with the column where it names one (`skip.Uraian`); None if
    it was found out. `text` is what such a row begins with, where that is a label: short, and masked."""

    reason: Reason
    first: str
    last: str
    rows: int = 1
    setting: str | None = None
    text: str | None = None


@dataclass(frozen=True, slots=True)
class Batch:
    """Some rows of one part; picklable. `values` of each row follow `columns`. In a `grid` the cell of a field is the
    column's label joined with the row's `at` (H57), else it is the column's label. `aside` are rows that are no data: with the
    batches' rows they are all that the part has. `ahead` counts what was fetched so far of things that become rows later (mails);
    a batch may have no rows and only tell this. `title` answers `$title`: the lines above a table that was found, joined by
    `; `."""

    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    grid: bool = False
    aside: tuple[Aside, ...] = ()
    title: str | None = None
    ahead: int = 0

    @property
    def seen(self) -> int:
        """How many rows it accounts for."""
        return len(self.rows) + sum(aside.rows for aside in self.aside)

    def __reduce__(self) -> tuple[object, ...]:
        """A pickle holds the rows as two plain lists, which is far quicker to write and read."""
        ats, values = zip(*self.rows, strict=True) if self.rows else ((), ())
        return _batch, (self.columns, ats, values, self.grid, self.aside, self.title, self.ahead)


def _batch(
    columns: tuple[Column, ...],
    ats: tuple[str, ...],
    values: tuple[tuple[Cell, ...], ...],
    grid: bool,
    aside: tuple[Aside, ...],
    title: str | None,
    ahead: int,
) -> Batch:
    return Batch(columns, tuple(map(Row, ats, values)), grid, aside, title, ahead)


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

    Every method raises only errors of `connectors.errors`. `rows` yields each row of the part once, as data or set aside, or
    raises; it never ends early in silence."""

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


class WatchedConnector(Connector, Protocol):
    """A connector that hears by itself of news."""

    async def changed(self) -> None:
        """Returns when the source is no longer as `parts` or `rows` saw it last; waits until then."""
        ...


class LiveConnector(Connector, Protocol):
    """A connector that can also answer a question at query time."""

    def pushdown(self, dataset: str) -> Pushdown:
        """What `select` will do itself for this dataset."""
        ...

    async def select(self, dataset: str, select: Select) -> Sequence[Row]:
        """The rows that satisfy the parts of `select` named by `pushdown`; values follow `select.columns`."""
        ...
