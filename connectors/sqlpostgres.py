"""What is PostgreSQL's own: its catalogue, its read-only transaction, its types.

Dates and times come as PostgreSQL counts them and are read here: the driver would make the year 9999 of `infinity`, and it stops
at years that Python doesn't know. What is no date of ours becomes the text that PostgreSQL has for it. Money is a number of its
smallest units, written the way of the server's region: its digits are exact, how many of them are decimals is asked once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from decimal import Decimal
from typing import Any

import asyncpg
from sqlalchemy import URL, Connection, CursorResult, event, text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from connectors import sqlquery
from connectors.connector import Cell
from connectors.sqlaccess import Access, reread
from connectors.sqlaccount import Account, of_postgres
from connectors.sqlreading import Place, ReadCell, Stamps, Within, counted, plain, select_of
from connectors.values import write_cell

_DAY = 86_400_000_000  # microseconds
_CYCLE = 146_097  # days of 400 years
_FOREVER_32, _FOREVER_64 = 2**31 - 1, 2**63 - 1  # what PostgreSQL counts as infinity
_BIT, _MONEY, _TEXTS = 1560, 790, (25, 1042, 1043)  # numbers of types that never change

_TABLES = """
    SELECT n.nspname, c.relname, n.nspname = coalesce(:schema, current_schema())
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname NOT IN ('pg_catalog', 'information_schema')
    AND n.nspname !~ '^pg_(toast|temp)'
"""
_KEY = """
    SELECT a.attname FROM pg_catalog.pg_index i
    JOIN pg_catalog.pg_class c ON c.oid = i.indrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)
    WHERE i.indisprimary AND n.nspname = :schema AND c.relname = :table
    ORDER BY array_position(i.indkey::int2[], a.attnum)
"""
_INTEGERS = """
    SELECT attname FROM pg_catalog.pg_attribute
    WHERE attrelid = to_regclass(:name) AND atttypid IN ('int2'::regtype, 'int4'::regtype, 'int8'::regtype)
"""


class Postgres:
    """PostgreSQL. `schema` is where names without one are looked for, else what the server says of this user; `encoding` is what
    texts were written in if the database doesn't know."""

    name = "postgresql"
    trusts_keys = True
    hidden = sqlquery.POSTGRES
    drops_unread = False

    def __init__(self, schema: str | None, encoding: str | None = None) -> None:
        self._schema = schema
        self._encoding = encoding

    # -- the connection -----------------------------------------------------------------------------------------------

    def pool(self, url: URL, seconds: float, kept: int, access: Access) -> AsyncEngine:
        """A pool of connections that read; nothing is opened yet."""
        pool = create_async_engine(
            url.set(drivername="postgresql+asyncpg"),
            pool_pre_ping=True,
            pool_size=kept,
            max_overflow=access.connections - kept,
            pool_timeout=seconds,
            hide_parameters=True,
            json_deserializer=str,  # its numbers would go through floats
            connect_args={"timeout": seconds, "server_settings": {"application_name": "simpul"}, **_tls(url, access)},
            execution_options={"postgresql_readonly": True},
        )

        @event.listens_for(pool.sync_engine, "connect")
        def prepare(connection: Any, _: object) -> None:
            connection.run_async(lambda raw: _read_as_counted(raw, self._encoding))

        return pool

    def begin(self, connection: Connection, seconds: float, whole_seconds: float) -> None:
        """Begins a read-only transaction whose statements, each fetch of rows among them, the server ends a little before we
        would drop the connection."""
        settings = "SELECT set_config('statement_timeout', :limit, true)"
        connection.execute(text(settings), {"limit": str(max(1, round(seconds * 900)))})

    def ending(self, raw: Any) -> str | None:
        """Nothing: the server ends a statement itself."""
        return None

    def account(self, connection: Connection, where: str, places: Sequence[Place]) -> Account:
        """What the account may do besides reading these tables."""
        return of_postgres(connection, where, places)

    def drop(self, raw: Any) -> None:
        """Cuts the connection without a word."""
        raw.terminate()

    # -- tables -------------------------------------------------------------------------------------------------------

    def names(self, connection: Connection) -> Sequence[str]:
        """Tables and views that this user may read; of other schemas as `schema.table`."""
        readable = f"{_TABLES} AND NOT c.relispartition AND has_any_column_privilege(c.oid, 'SELECT')"
        found = connection.execute(text(readable), {"schema": self._schema})
        return sorted(table if is_here else f"{schema}.{table}" for schema, table, is_here in found)

    def place(self, connection: Connection, name: str) -> Place | None:
        """A table of that name here, else one that is called `schema.table`."""
        named = f"{_TABLES} AND (c.relname = :name OR n.nspname || '.' || c.relname = :name)"
        rows = connection.execute(text(named), {"schema": self._schema, "name": name}).all()
        found = [Place(schema, table) for schema, table, _ in rows if f"{schema}.{table}" == name]
        here = [Place(schema, table) for schema, table, is_here in rows if table == name and is_here]
        return next(iter(here + found), None)

    def select(self, place: Place, within: Within | None = None) -> str:
        """All of a table, or a part of it."""
        return select_of(place, within, _quoted)

    def stamps(self, connection: Connection, place: Place, parts: int | None) -> Stamps:
        """Of ordinary tables, by what PostgreSQL writes of each row."""
        kinds = "SELECT relkind = ANY (ARRAY['r', 'p']::\"char\"[]) FROM pg_class WHERE oid = to_regclass(:name)"
        name = f"{_quoted(place.schema or '')}.{_quoted(place.table)}"
        if not connection.execute(text(kinds), {"name": name}).scalar():
            return None
        number = "NULL"
        if parts is not None:
            if (
                column := counted(self.key(connection, place), connection.execute(text(_INTEGERS), {"name": name}))
            ) is None:
                return None
            number = f"floor({_quoted(column)}::numeric / {parts})"
        row = "('x' || left(md5(t::text), 16))::bit(64)::bigint"
        statement = f"SELECT {number}, count(*), sum({row}::numeric) FROM {name} t GROUP BY 1 ORDER BY 1"
        return [(number, f"{count}-{total}") for number, count, total in connection.exec_driver_sql(statement)]

    def key(self, connection: Connection, place: Place) -> Sequence[str]:
        """The columns of its primary key, in the order of the key."""
        found = connection.execute(text(_KEY), {"schema": place.schema, "table": place.table})
        return list(found.scalars())

    def is_reading(self, statement: str) -> bool:
        """Whether it is one SELECT that locks nothing; the transaction is read only besides."""
        return sqlquery.is_reading(statement, self.hidden)

    def execute(self, connection: Connection, statement: str, place: Place | None) -> CursorResult[Any]:
        """As it is written, with a cursor of the server."""
        return connection.exec_driver_sql(statement, execution_options={"stream_results": True})

    # -- types --------------------------------------------------------------------------------------------------------

    def cells(self, connection: Connection, result: CursorResult[Any], place: Place | None) -> Sequence[ReadCell]:
        """What each column's type makes of its values."""
        kinds = _kinds(result)
        readers: dict[int, ReadCell] = {_BIT: _bits}
        if (encoding := self._encoding) is not None:
            readers.update(dict.fromkeys(_TEXTS, lambda text: reread(text, encoding)))
        if _MONEY in kinds:
            one = str(connection.exec_driver_sql("SELECT 1::numeric::money::text").scalar())
            readers[_MONEY] = _money(sum(sign.isdigit() for sign in one) - 1)
        return [readers.get(kind, _cell) for kind in kinds]

    def types(self, connection: Connection, result: CursorResult[Any]) -> Sequence[str]:
        """The names of the columns' types."""
        kinds = _kinds(result)
        query = text("SELECT k, format_type(k, NULL) FROM unnest(CAST(:kinds AS oid[])) k")
        names: dict[int, str] = {kind: name for kind, name in connection.execute(query, {"kinds": sorted(set(kinds))})}  # noqa: C416 - a Row is no pair to mypy
        return [names.get(kind, "") for kind in kinds]


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _kinds(result: CursorResult[Any]) -> list[int]:
    """The numbers of the columns' types."""
    cursor: Any = result.cursor
    return [] if cursor is None else [column[1] for column in cursor.description]


def _cell(value: Any) -> Cell:
    if isinstance(value, list):
        return _several(value)
    if isinstance(value, asyncpg.BitString):
        return str(value.as_string()).replace(" ", "")
    if isinstance(value, asyncpg.Range):
        return _range(value)
    if isinstance(value, asyncpg.Record | tuple):  # of several columns, or a point
        return "(" + ",".join(_written(item) for item in value) + ")"
    if value is None or isinstance(value, str | bytes | bool | int | float | Decimal | datetime | date | time):
        return plain(value)
    return str(value)


def _several(items: list[Any]) -> Cell:
    """The values of an array; nested ones as PostgreSQL writes them."""
    if any(isinstance(item, list) for item in items):
        return _written(items)
    return tuple(_written(item) for item in items if item is not None) or None


def _written(item: Any) -> str:
    if isinstance(item, list):
        return "{" + ",".join("NULL" if inner is None else _written(inner) for inner in item) + "}"
    return write_cell(_cell(item))


def _range(value: asyncpg.Range[Any]) -> str:
    if value.isempty:
        return "empty"
    lower, upper = _written(value.lower), _written(value.upper)
    return f"{'[' if value.lower_inc else '('}{lower},{upper}{']' if value.upper_inc else ')'}"


def _bits(value: Any) -> Cell:
    """One bit is a yes or no; several are their digits."""
    digits = str(value.as_string()).replace(" ", "")
    return digits == "1" if len(digits) == 1 else digits


def _money(decimals: int) -> ReadCell:
    def read(value: Any) -> Cell:
        digits = "".join(sign for sign in str(value) if sign in "0123456789")
        amount = Decimal(int(digits)).scaleb(-decimals)
        return -amount if "-" in value or "(" in value else amount

    return read


def _tls(url: URL, access: Access) -> dict[str, Any]:
    """What the driver is told of TLS: nothing, where it may try it and do without."""
    return {"ssl": access.context(str(url.host)) or False} if access.tls else {}


async def _read_as_counted(connection: asyncpg.Connection[Any], encoding: str | None) -> None:
    """Has the driver hand over what it would bend."""
    if connection.get_settings().server_encoding == "SQL_ASCII":  # it would refuse to send what is no UTF-8
        await connection.execute("SET client_encoding = 'LATIN1'")
        for name in ("text", "varchar", "bpchar", "name"):
            await connection.set_type_codec(
                name,
                schema="pg_catalog",
                encoder=str.encode,
                decoder=lambda raw: raw.decode(encoding or "utf-8", "replace"),
                format="binary",
            )
    readers: dict[str, Callable[[tuple[int, ...]], Any]] = {
        "date": _date,
        "timestamp": _moment,
        "timestamptz": lambda counted: _moment(counted, UTC),
        "time": _time,
        "timetz": _time,
        "interval": _interval,
    }
    for name, reader in readers.items():
        await connection.set_type_codec(name, schema="pg_catalog", encoder=tuple, decoder=reader, format="tuple")
    # counted in binary, 0.1 would come as 0.10000000149011612
    await connection.set_type_codec("float4", schema="pg_catalog", encoder=str, decoder=float, format="text")


def _date(counted: tuple[int, ...]) -> date | str:
    (days,) = counted
    if days in (_FOREVER_32, -_FOREVER_32 - 1):
        return "infinity" if days > 0 else "-infinity"
    return _day(days)


def _moment(counted: tuple[int, ...], zone: tzinfo | None = None) -> datetime | str:
    (micros,) = counted
    if micros in (_FOREVER_64, -_FOREVER_64 - 1):
        return "infinity" if micros > 0 else "-infinity"
    days, rest = divmod(micros, _DAY)
    day, clock = _day(days), _clock(rest)
    if isinstance(day, str) or isinstance(clock, str):
        return f"{day} {clock}"
    return datetime.combine(day, clock, zone)


def _time(counted: tuple[int, ...]) -> time | str:
    clock = _clock(counted[0])
    if isinstance(clock, str) or len(counted) == 1:
        return clock
    return clock.replace(tzinfo=timezone(timedelta(seconds=-counted[1])))


def _interval(counted: tuple[int, ...]) -> str:
    """As it is kept: months and days have no length."""
    months, days, micros = counted
    seconds, rest = divmod(abs(micros), 1_000_000)
    clock = f"{'-' if micros < 0 else ''}{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    clock += f".{rest:06}".rstrip("0") if rest else ""
    parts = [f"{number} {name}" for number, name in ((months, "mons"), (days, "days")) if number]
    return " ".join([*parts, clock] if micros or not parts else parts)


def _day(days: int) -> date | str:
    """The day that is so many after 2000-01-01; as text where Python's calendar ends."""
    cycles, rest = divmod(days, _CYCLE)  # the calendar repeats after 400 years
    day = date(2000, 1, 1) + timedelta(days=rest)
    year = day.year + 400 * cycles
    if 1 <= year <= 9999:
        return day.replace(year=year)
    return f"{year:04}-{day:%m-%d}" if year > 0 else f"{1 - year:04}-{day:%m-%d} BC"


def _clock(micros: int) -> time | str:
    return "24:00:00" if micros == _DAY else (datetime.min + timedelta(microseconds=micros)).time()
