"""What is MariaDB's and MySQL's own: the catalogue, the read-only transaction, the types.

A statement whose rows are being read counts as running, however slowly they are asked for: the server's time-out is that of a
whole reading, and a batch that doesn't come is ended by dropping the connection."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any

import aiomysql
from aiomysql.connection import TEXT_TYPES
from pymysql.constants import CLIENT, FIELD_TYPE
from pymysql.converters import convert_time, decoders
from sqlalchemy import URL, Connection, CursorResult, text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from connectors import sqlquery
from connectors.connector import Cell
from connectors.sqlaccess import LENIENT, Access, TlsMissing, reread
from connectors.sqlaccount import Account, of_mysql
from connectors.sqlreading import Place, ReadCell, Stamps, Within, counted, plain, select_of

_SET = 2048  # the flag of a SET, which comes as text
_BINARY = 63  # the character set of what has none
_SYSTEM = ("information_schema", "mysql", "performance_schema", "sys")
_NAMES: dict[int, str] = {
    number: name.lower()
    for name, number in vars(FIELD_TYPE).items()
    if name.isupper() and name not in ("CHAR", "INTERVAL")  # other names for two of the others
}
_PLAIN_TYPES = {
    "tiny": "tinyint",
    "short": "smallint",
    "int24": "mediumint",
    "long": "int",
    "longlong": "bigint",
    "newdecimal": "decimal",
    "var_string": "varchar",
    "string": "char",
}


class MySql:
    """MariaDB and MySQL. `encoding` is what texts were written in if the tables say latin1."""

    name = "mariadb"
    trusts_keys = True
    hidden = sqlquery.MYSQL
    drops_unread = True

    def __init__(self, encoding: str | None = None) -> None:
        self._encoding = encoding

    # -- the connection -----------------------------------------------------------------------------------------------

    def pool(self, url: URL, seconds: float, kept: int, access: Access) -> AsyncEngine:
        """A pool of connections that read; nothing is opened yet."""
        self.name = url.get_backend_name()
        return create_async_engine(
            url.set(drivername="mysql+aiomysql"),
            pool_pre_ping=True,
            pool_size=kept,
            max_overflow=access.connections - kept,
            pool_timeout=seconds,
            hide_parameters=True,
            connect_args={
                "async_creator_fn": _connect,
                "charset": "utf8mb4",
                "connect_timeout": seconds,
                "conv": _CONVERTERS,
                "program_name": "simpul",
                "ssl": access.context(str(url.host)),
            },
        )

    def begin(self, connection: Connection, seconds: float, whole_seconds: float) -> None:
        """Begins a read-only transaction; the server ends what takes longer than a whole reading."""
        version = connection.dialect.server_version_info or ()
        if getattr(connection.dialect, "is_mariadb", False):
            connection.exec_driver_sql(f"SET max_statement_time = {whole_seconds:.3f}")
        elif version >= (5, 7, 8):
            connection.exec_driver_sql(f"SET max_execution_time = {max(1, round(whole_seconds * 1000))}")
        connection.exec_driver_sql("START TRANSACTION READ ONLY")

    def ending(self, raw: Any) -> str | None:
        """What ends the statement that a dropped connection leaves running."""
        return f"KILL QUERY {int(raw.thread_id())}"

    def account(self, connection: Connection, where: str, places: Sequence[Place]) -> Account:
        """What the account may do besides reading these tables."""
        return of_mysql(connection, where, places)

    def drop(self, raw: Any) -> None:
        """Cuts the connection without a word."""
        raw.close()

    # -- tables -------------------------------------------------------------------------------------------------------

    def names(self, connection: Connection) -> Sequence[str]:
        """Tables and views of the database; those of others can be read as `database.table`."""
        found = connection.execute(
            text("SELECT table_name FROM information_schema.tables WHERE table_schema = database()")
        )
        return sorted(found.scalars())

    def place(self, connection: Connection, name: str) -> Place | None:
        """A table of that name here, else one that is called `database.table`."""
        query = text(
            "SELECT table_schema, table_name, table_schema = database() FROM information_schema.tables"
            " WHERE table_name = :name AND table_schema = database()"
            " OR concat(table_schema, '.', table_name) = :name ORDER BY 3 DESC"
        )
        rows = connection.execute(query, {"name": name}).all()
        return next((Place(schema, table) for schema, table, _ in rows if schema not in _SYSTEM), None)

    def select(self, place: Place, within: Within | None = None) -> str:
        """All of a table, or a part of it."""
        return select_of(place, within, _quoted)

    def stamps(self, connection: Connection, place: Place, parts: int | None) -> Stamps:
        """Of ordinary tables, by the values of each row, quoted: so NULL is no empty text, and no text runs into the next."""
        query = text(
            "SELECT c.column_name, c.data_type FROM information_schema.columns c JOIN information_schema.tables t"
            " USING (table_schema, table_name) WHERE t.table_type = 'BASE TABLE'"
            " AND table_schema = :schema AND table_name = :table ORDER BY c.ordinal_position"
        )
        columns = connection.execute(query, {"schema": place.schema, "table": place.table}).all()
        if not columns:
            return None
        number = "NULL"
        if parts is not None:
            whole = [(name,) for name, kind in columns if kind.endswith("int")]
            if (column := counted(self.key(connection, place), whole)) is None:
                return None
            number = f"floor({_quoted(column)} / {parts})"
        values = ", ".join(f"quote({_quoted(name)})" for name, _ in columns)
        row = f"CAST(conv(left(md5(concat_ws(',', {values})), 16), 16, 10) AS unsigned)"
        connection.exec_driver_sql("SET time_zone = '+00:00'")
        name = f"{_quoted(place.schema or '')}.{_quoted(place.table)}"
        statement = f"SELECT {number}, count(*), sum({row}) FROM {name} GROUP BY 1 ORDER BY 1"
        found = connection.exec_driver_sql(statement, execution_options={"no_parameters": True})
        return [(number, f"{count}-{total}") for number, count, total in found]

    def key(self, connection: Connection, place: Place) -> Sequence[str]:
        """The columns of its primary key, in the order of the key."""
        query = text(
            "SELECT column_name FROM information_schema.statistics WHERE table_schema = :schema AND table_name = :table"
            " AND index_name = 'PRIMARY' ORDER BY seq_in_index"
        )
        return list(connection.execute(query, {"schema": place.schema, "table": place.table}).scalars())

    def is_reading(self, statement: str) -> bool:
        """Whether it is one SELECT that writes no file and locks nothing; the transaction is read only besides."""
        return sqlquery.is_reading(statement, self.hidden)

    def execute(self, connection: Connection, statement: str, place: Place | None) -> CursorResult[Any]:
        """As it is written, its rows not all at once. A table's TIMESTAMPs are asked for in UTC; a SELECT of hub.yaml sees the
        server's own clock, as in any other program."""
        connection.exec_driver_sql("SET time_zone = " + ("DEFAULT" if place is None else "'+00:00'"))
        return connection.exec_driver_sql(statement, execution_options={"stream_results": True, "no_parameters": True})

    # -- types --------------------------------------------------------------------------------------------------------

    def cells(self, connection: Connection, result: CursorResult[Any], place: Place | None) -> Sequence[ReadCell]:
        """What each column's type makes of its values."""
        return [_reader(field, place is not None, self._encoding) for field in _fields(result)]

    def types(self, connection: Connection, result: CursorResult[Any]) -> Sequence[str]:
        """The names of the columns' types."""
        return [_type_of(field) for field in _fields(result)]


class _Connection(aiomysql.Connection):  # type: ignore[misc]  # it has no types
    """A connection on which several statements in one are refused by the server, that is not made without TLS where it was asked
    for, and on which a damaged text is no end."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.client_flag &= ~CLIENT.MULTI_STATEMENTS
        self._encoding = LENIENT

    async def _request_authentication(self) -> None:
        if self._ssl_context and not self.server_capabilities & CLIENT.SSL:  # the driver would go on without
            raise TlsMissing
        await super()._request_authentication()


async def _connect(**options: Any) -> _Connection:
    connection = _Connection(**options)
    await connection._connect()
    return connection


def _quoted(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"


def _fields(result: CursorResult[Any]) -> list[Any]:
    """What the server says of the columns."""
    cursor: Any = result.cursor
    return [] if cursor is None else list(cursor._cursor._result.fields)


def _reader(field: Any, is_utc: bool, encoding: str | None) -> ReadCell:
    match field.type_code:
        case FIELD_TYPE.BIT:
            return partial(_bits, field.length == 1)
        case FIELD_TYPE.TIMESTAMP if is_utc:
            return _utc
        case FIELD_TYPE.STRING if field.flags & _SET:
            return _several
        case kind if encoding is not None and kind in TEXT_TYPES and field.charsetnr != _BINARY:
            return partial(reread, encoding=encoding)
    return plain


def _type_of(field: Any) -> str:
    if field.flags & _SET:
        return "set"
    name: str = _NAMES.get(field.type_code, "")
    if name.endswith("blob") and field.charsetnr != _BINARY:
        return name.replace("blob", "text")
    if name.endswith("string") and field.charsetnr == _BINARY:
        return _PLAIN_TYPES[name].replace("char", "binary")
    return _PLAIN_TYPES.get(name, name)


def _bits(is_one: bool, value: bytes) -> Cell:
    """One bit is a yes or no; several are a number."""
    number = int.from_bytes(value)
    return bool(number) if is_one else number


def _utc(value: Any) -> Cell:
    return value.replace(tzinfo=UTC) if isinstance(value, datetime) else plain(value)


def _several(value: str) -> Cell:
    return tuple(item for item in value.split(",") if item) or None


def _number(written: str) -> int | str:
    """A whole number; a code of a ZEROFILL column keeps the zeros it is shown with."""
    return written if re.match("-?0[0-9]", written) else int(written)


_CONVERTERS: dict[int, Callable[..., Any]] = {
    **decoders,
    **dict.fromkeys(
        (FIELD_TYPE.TINY, FIELD_TYPE.SHORT, FIELD_TYPE.INT24, FIELD_TYPE.LONG, FIELD_TYPE.LONGLONG, FIELD_TYPE.YEAR),
        _number,
    ),
    FIELD_TYPE.TIME: convert_time,
}
