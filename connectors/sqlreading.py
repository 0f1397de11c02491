"""What all engines share: a table, view or SELECT found, its rows read as the database yields them, each standing at its key."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Any, Protocol, cast

from sqlalchemy import Connection, CursorResult

from connectors.columns import find_column
from connectors.connector import Batch, Cell, CellError, Column, DatasetDescription, Row
from connectors.errors import DatasetMissing, SourceBroken
from connectors.values import write_cell

ROWS_PER_BATCH = 500
SAMPLES = 5

ReadCell = Callable[[Any], Cell]


@dataclass(frozen=True, slots=True)
class SqlDataset:
    """A table or view, or a single SELECT; `key` names the columns that tell its rows apart. `parts` has a table with a whole
    number as its key read in parts of so many keys each."""

    table: str | None = None
    query: str | None = None
    key: tuple[str, ...] = ()
    parts: int | None = None


@dataclass(frozen=True, slots=True)
class Within:
    """A part of a table: the rows whose `column` is from `first` to before `end`."""

    column: str
    first: int
    end: int


@dataclass(frozen=True, slots=True)
class Place:
    """Where a table or view stands, as the database writes it."""

    schema: str | None
    table: str


def select_of(place: Place, within: Within | None, quoted: Callable[[str], str]) -> str:
    """All of a table, or a part of it, with names quoted as its engine does."""
    part = ""
    if within is not None:
        column = quoted(within.column)
        part = f" WHERE {column} >= {within.first} AND {column} < {within.end}"
    return f"SELECT * FROM {quoted(place.schema or '')}.{quoted(place.table)}{part}"


Stamps = Sequence[tuple[Any, str]] | None
"""The number and the stamp of each part of a table; None if that can't be told, or the table can't be read in parts."""


class Engine(Protocol):
    """What differs from database to database. All of it runs in the connection that reads.

    `trusts_keys` says whether two rows of a table never have the same text in a primary key of one column."""

    trusts_keys: bool

    def names(self, connection: Connection) -> Sequence[str]:
        """The tables and views there are, as a dataset calls them."""
        ...

    def place(self, connection: Connection, name: str) -> Place | None:
        """Where the table or view called `name` stands, None if there is none."""
        ...

    def select(self, place: Place, within: Within | None = None) -> str:
        """The SELECT of all its columns, of one part where it is said, as the engine wants names quoted."""
        ...

    def key(self, connection: Connection, place: Place) -> Sequence[str]:
        """The columns of its primary key."""
        ...

    def is_reading(self, statement: str) -> bool:
        """Whether a SELECT of hub.yaml is one, as far as can be told before it is run."""
        ...

    def execute(self, connection: Connection, statement: str, place: Place | None) -> CursorResult[Any]:
        """Runs a SELECT as it is written, of a table where `place` says which, and doesn't read it yet."""
        ...

    def cells(self, connection: Connection, result: CursorResult[Any], place: Place | None) -> Sequence[ReadCell]:
        """How the values of each column become cells."""
        ...

    def types(self, connection: Connection, result: CursorResult[Any]) -> Sequence[str]:
        """What the database calls the type of each column, as far as it says."""
        ...


def read(
    connection: Connection,
    engine: Engine,
    name: str,
    dataset: SqlDataset,
    hold: Callable[[Any], None],
    number: int | None = None,
) -> Iterator[Batch]:
    """The rows of a dataset in batches, of the part with this number where it has some; `hold` is given what is being read.
    Raises DatasetMissing, ColumnMissing."""
    place = find_place(connection, engine, name, dataset)
    primary = [] if (dataset.key and number is None) or place is None else engine.key(connection, place)
    within = None
    if number is not None and dataset.parts is not None:
        within = Within(primary[0], number * dataset.parts, (number + 1) * dataset.parts)
    result = _executed(connection, engine, name, dataset, place, within=within)
    hold(result)
    columns = _columns(result)
    cells = engine.cells(connection, result, place)
    at = _Places(
        [find_column(columns, column, name) for column in dataset.key or primary],
        engine.trusts_keys and len(primary) == 1 and not dataset.key,
    )
    while rows := result.fetchmany(ROWS_PER_BATCH):
        found = (tuple(map(_apply, cells, row)) for row in rows)
        yield Batch(columns, tuple(Row(at.next(values), values) for values in found))


def describe(
    connection: Connection, engine: Engine, name: str, dataset: SqlDataset, hold: Callable[[Any], None]
) -> Iterator[DatasetDescription]:
    """The columns of a dataset, their types and some samples."""
    place = find_place(connection, engine, name, dataset)
    result = _executed(connection, engine, name, dataset, place, SAMPLES)
    hold(result)
    columns = _columns(result)
    cells, types = engine.cells(connection, result, place), engine.types(connection, result)
    rows = [tuple(map(_apply, cells, row)) for row in result.fetchmany(SAMPLES)]
    if place is not None:
        result.fetchmany(1)  # nothing, and so the end is seen
    samples = {column.name: tuple(row[number] for row in rows) for number, column in enumerate(columns)}
    named = {column.name: kind for column, kind in zip(columns, types, strict=False) if kind}
    yield DatasetDescription(name, columns, samples, types=named)


def counted(key: Sequence[str], whole: Iterable[Sequence[Any]]) -> str | None:
    """The only column of a key, if it is one of those of whole numbers."""
    return key[0] if len(key) == 1 and key[0] in {name for (name,) in whole} else None


def plain(value: Any) -> Cell:
    """A value that Python and cells have the same word for."""
    if isinstance(value, str):
        return value or None
    if isinstance(value, bytes):
        return CellError("BLOB")  # which text it is, if it is one, nobody says
    return cast(Cell, value)


def whole(name: str, dataset: SqlDataset | None) -> SqlDataset:
    """The dataset called `name`: as declared, else the table of that name."""
    found = dataset or SqlDataset()
    return found if found.table or found.query else replace(found, table=name)


class _Places:
    """Where each row stands: at its key; at its number as well, if the key is not the only one. `is_unique` keys need not be
    remembered."""

    def __init__(self, places: Sequence[int], is_unique: bool) -> None:
        self._places = places
        self._is_unique = is_unique
        self._number = 0
        self._seen: set[str] = set()

    def next(self, values: Sequence[Cell]) -> str:
        self._number += 1
        parts = (values[place] for place in self._places)
        key = ".".join(write_cell(part) for part in parts if part is not None and not isinstance(part, CellError))
        if not key or key in self._seen:
            return f"{key} #{self._number}".strip()
        if not self._is_unique:
            self._seen.add(key)
        return key


def _apply(read: ReadCell, value: Any) -> Cell:
    return None if value is None else read(value)


def find_place(connection: Connection, engine: Engine, name: str, dataset: SqlDataset) -> Place | None:
    """Where the table of a dataset stands; None for a SELECT. Raises DatasetMissing."""
    if dataset.query is not None:
        return None
    table = dataset.table or name
    place = engine.place(connection, table)
    if place is not None:
        return place
    names = engine.names(connection)
    nearest = get_close_matches(table, names, 1)
    shown = ", ".join(names[:20]) or "-"
    if not nearest:
        raise DatasetMissing(name, "TABLE_UNKNOWN", table=table, tables=shown)
    raise DatasetMissing(name, "TABLE_MISSING", table=table, nearest=nearest[0], tables=shown)


def _executed(
    connection: Connection,
    engine: Engine,
    name: str,
    dataset: SqlDataset,
    place: Place | None,
    limit: int | None = None,
    within: Within | None = None,
) -> CursorResult[Any]:
    if place is not None:
        statement = engine.select(place, within) + ("" if limit is None else f" LIMIT {limit}")
    else:
        statement = dataset.query or ""
        if not engine.is_reading(statement):
            raise SourceBroken(name, "QUERY_NOT_READING")
    result = engine.execute(connection, statement, place)
    if not result.returns_rows:
        raise SourceBroken(name, "QUERY_NOT_READING")
    return result


def _columns(result: CursorResult[Any]) -> tuple[Column, ...]:
    return tuple(Column(name, name) for name in map(str, result.keys()))


def nobody(result: Any) -> None:
    """Holds nothing."""
