"""What a database holds, before anybody has described it: tables with their rows, keys and columns, and what ties them.

Relations are those that the database declares, and those that names suggest and values bear out: a table that has all the key
columns of another, or a column called after it. Legacy databases seldom declare any."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, inspect
from sqlalchemy.exc import DBAPIError

from connectors.columntypes import find_kind
from connectors.connector import Cell
from connectors.findings import ColumnFound
from connectors.personal import mask_personal
from connectors.sqlreading import Engine, Place, SqlDataset
from connectors.values import write_cell

COUNTED = 1_000_000  # rows that are counted of a table
SAMPLED = 200
SHOWN = 3
BORNE_OUT = 0.9  # share of the values that have to be there
CANDIDATES = 400  # that are tried in a database
_WIDEST = 8  # columns of a key that others may name

_PREFIX = re.compile(r"(?i)(?:ref|ta|tb|tbl|trx|mst|m|t|r)_")
_GENERIC = ("id", "no", "nomor", "kode", "kd", "code", "tahun", "year", "urut")
SYSTEMS: Mapping[str, str] = {
    "SIMDA": r"(?i)(?:ta|ref)_(?:program|kegiatan|belanja(?:_rinc(?:_sub)?)?|rask_arsip|spm|sp2d|unit|sub_unit|urusan|bidang|rek_[1-6]"
    r"|indikator|spp|spj|kontrak|pendapatan|rek90_[1-6])",
    "SIMCAN": r"(?i)(?:90_)?(?:trx_(?:musrendes|musrencam|forum_skpd|musrenkab|rkpd|renja|renstra|rpjmd|anggaran|usulan|pokir)\w*"
    r"|ref_(?:pemda|musren\w*|log_akses))",
}
"""Table names of applications that many regencies have (domain.md)."""
_ENOUGH = 3  # tables with such a name


@dataclass(frozen=True, slots=True)
class Relation:
    """Columns of a table that name rows of another. `matched` of `tried` different values are there; both are None for what the
    database itself declares."""

    columns: tuple[str, ...]
    table: str
    to: tuple[str, ...]
    matched: int | None = None
    tried: int | None = None


@dataclass(frozen=True, slots=True)
class TableSeen:
    """A table or view. `rows` are counted up to COUNTED; `is_more` says that there are more. `declared` are the database's own words
    for the types of its columns."""

    name: str
    is_view: bool
    rows: int
    is_more: bool
    key: tuple[str, ...]
    columns: tuple[ColumnFound, ...]
    declared: Mapping[str, str]
    relations: tuple[Relation, ...] = ()


def systems_of(names: Sequence[str]) -> list[str]:
    """Which applications the tables are likely of."""
    bare = [name.rpartition(".")[2] for name in names]
    return [
        system
        for system, pattern in SYSTEMS.items()
        if sum(bool(re.fullmatch(pattern, one)) for one in bare) >= _ENOUGH
    ]


def survey(
    connection: Connection, engine: Engine, where: str, dataset: SqlDataset, hold: Callable[[Any], None]
) -> Iterator[TableSeen]:
    """Each table; `dataset` is not looked at."""
    places = {name: place for name in engine.names(connection) if (place := engine.place(connection, name)) is not None}
    seen = {name: _look(connection, engine, name, place) for name, place in places.items()}
    budget = [CANDIDATES]
    for name, table in seen.items():
        relations = _declared(connection, places, name)
        known = {relation.columns for relation in relations}
        for other, far in seen.items():
            for columns in _candidates(table, far) if other != name else ():
                if columns not in known and budget[0] > 0:
                    budget[0] -= 1
                    if (found := _tried(connection, places, name, columns, other, far.key)) is not None:
                        relations.append(found)
        yield replace(table, relations=tuple(_longest(relations)))


def _look(connection: Connection, engine: Engine, name: str, place: Place) -> TableSeen:
    every = engine.select(place)
    counted = every.replace("SELECT *", "SELECT 1", 1)
    rows = connection.exec_driver_sql(f"SELECT count(*) FROM ({counted} LIMIT {COUNTED + 1}) AS counted").scalar() or 0
    result = engine.execute(connection, f"{every} LIMIT {SAMPLED}", place)
    names = [str(one) for one in result.keys()]  # noqa: SIM118 - a result is not its keys
    cells, types = engine.cells(connection, result, place), engine.types(connection, result)
    sampled = result.fetchall()
    key = tuple(engine.key(connection, place))
    columns = []
    for number, column in enumerate(names):
        values: list[Cell] = [None if row[number] is None else cells[number](row[number]) for row in sampled]
        columns.append(_column(column, values, key == (column,)))
    views = inspect(connection).get_view_names(schema=place.schema)
    return TableSeen(
        name,
        place.table in views,
        min(rows, COUNTED),
        rows > COUNTED,
        key,
        tuple(columns),
        dict(zip(names, types, strict=False)),
    )


def _column(name: str, values: Sequence[Cell], is_key: bool) -> ColumnFound:
    # amounts that happen to be whole don't make a column of decimals one of whole numbers
    broken = [value + Decimal("0.5") if isinstance(value, Decimal) and value.is_finite() else value for value in values]
    kind = find_kind(broken, re.sub(r"[_.]+", " ", name))
    texts = dict.fromkeys(mask_personal(write_cell(value)) for value in values if value is not None and is_plain(value))
    is_key = is_key or (kind.is_unique and not kind.is_running)
    return ColumnFound("", name, kind.type, kind.readable, is_key, kind.filled, samples=tuple(texts)[:SHOWN])


def is_plain(value: Cell) -> bool:
    """Whether a cell can be shown."""
    return not hasattr(value, "text")


# -- relations --------------------------------------------------------------------------------------------------------


def _declared(connection: Connection, places: Mapping[str, Place], name: str) -> list[Relation]:
    place = places[name]
    by_place = {(other.schema, other.table): known for known, other in places.items()}
    found: list[Relation] = []
    for one in inspect(connection).get_foreign_keys(place.table, schema=place.schema):
        to = by_place.get((one["referred_schema"] or place.schema, one["referred_table"]))
        if to is not None:
            found.append(Relation(tuple(one["constrained_columns"]), to, tuple(one["referred_columns"])))
    return found


def _candidates(table: TableSeen, far: TableSeen) -> Iterator[tuple[str, ...]]:
    """The columns of a table that may name rows of another by its key."""
    if far.is_view or not far.key or len(far.key) > _WIDEST or far.rows == 0:
        return
    by_name = {column.name.casefold(): column.name for column in table.columns}
    wanted = [name.casefold() for name in far.key]
    if len(wanted) > 1 or wanted[0] not in _GENERIC:
        if all(name in by_name for name in wanted) and wanted != [name.casefold() for name in table.key]:
            yield tuple(by_name[name] for name in wanted)
    elif len(wanted) == 1:
        stem = _PREFIX.sub("", far.name.rpartition(".")[2]).casefold()
        for called in (f"{wanted[0]}_{stem}", f"{stem}_{wanted[0]}", f"{stem}{wanted[0]}"):
            if called in by_name:
                yield (by_name[called],)


def _tried(
    connection: Connection,
    places: Mapping[str, Place],
    name: str,
    columns: tuple[str, ...],
    other: str,
    key: tuple[str, ...],
) -> Relation | None:
    """The relation, if nearly all of its values are there."""
    quote = connection.dialect.identifier_preparer.quote_identifier

    def written(place: Place) -> str:
        return ".".join(quote(part) for part in (place.schema, place.table) if part)

    near = ", ".join(quote(column) for column in columns)
    filled = " AND ".join(f"{quote(column)} IS NOT NULL" for column in columns)
    equal = " AND ".join(f"f.{quote(to)} = n.{quote(column)}" for to, column in zip(key, columns, strict=True))
    statement = (
        f"SELECT count(*), sum(CASE WHEN EXISTS (SELECT 1 FROM {written(places[other])} f WHERE {equal}) THEN 1 ELSE 0 END)"
        f" FROM (SELECT DISTINCT {near} FROM {written(places[name])} WHERE {filled} LIMIT {SAMPLED}) n"
    )
    try:
        with nullcontext() if connection.dialect.name == "sqlite" else connection.begin_nested():
            tried, matched = connection.exec_driver_sql(statement).one()
    except DBAPIError as error:
        if error.connection_invalidated:
            raise
        return None  # a number is not compared with a text
    if not tried or int(matched) < BORNE_OUT * tried:
        return None
    return Relation(columns, other, key, int(matched), int(tried))


def _longest(relations: Sequence[Relation]) -> list[Relation]:
    """Without those that another says already: a unit's code names its bidang and its urusan too."""
    return [
        one
        for one in relations
        if one.tried is None or not any(set(one.columns) < set(other.columns) for other in relations)
    ]
