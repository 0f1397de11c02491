"""The replica in a PostgreSQL database, for a hub that outgrows one machine.

Sessions block like SQLite's, so one code serves both engines; their connections live in one event loop, in a thread of its
own."""

from __future__ import annotations

import asyncio
import hashlib
import re
import sqlite3
import threading
import time
from collections.abc import Callable, Coroutine, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import CancelledError, Future, wait
from contextlib import closing, contextmanager
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, cast

import asyncpg
from sqlalchemy import Dialect as SqlDialect
from sqlalchemy.dialects.postgresql import asyncpg as asyncpg_dialect
from sqlalchemy.engine import URL, make_url

from config.entities import Catalogue
from replica.database import Database, ReplicaLocked, ReplicaUnusable
from replica.reading import FEW, STATE, Busy, DeadlineExceeded, Sprint, Turn
from replica.session import Dialect, Session

T = TypeVar("T")

POSTGRES = Dialect(
    "postgresql",
    cast(SqlDialect, asyncpg_dialect.dialect()),  # type: ignore[no-untyped-call]  # SQLAlchemy types its dialects in part
    "IS NOT DISTINCT FROM",
    "IS DISTINCT FROM",
    "BEGIN",
    "least",
    "LOCK TABLE dataset IN ACCESS EXCLUSIVE MODE",
)
SECONDS_TO_CONNECT = 10.0
SECONDS_TO_WRITE = 600.0
# The lock comes before the state that the transaction sees, so that no table is dropped between the two: a table made anew
# would look empty to it.
BEGIN = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; LOCK TABLE dataset IN ACCESS SHARE MODE"
_MARK = re.compile(r"'[^']*'|\"[^\"]*\"|\?")


class PostgresDatabase(Database):
    """A replica in a schema of a PostgreSQL database: `postgresql+asyncpg://user:password@host/database?schema=simpul`."""

    dialect = POSTGRES
    errors = (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError)

    def __init__(self, url: str, folder: Path, catalogue: Catalogue, fingerprints: Mapping[str, str]) -> None:
        super().__init__(catalogue, fingerprints)
        self._url = make_url(url)
        self._schema = str(self._url.query.get("schema", "public"))
        self._folder = folder

    @property
    def where(self) -> str:
        """The address without a password."""
        return f"{URL.create('postgresql', None, None, self._url.host, self._url.port, self._url.database)}"

    @property
    def staging(self) -> Path:
        """In the hub's own folder: rows are staged where they are read."""
        return self._folder / f"{self._schema}-staging-"

    def open(self) -> None:
        """Makes the schema and its tables if there are none. Raises ReplicaUnusable."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with closing(self.connect()) as session:
                session.execute(f'CREATE SCHEMA IF NOT EXISTS "{self._schema}"')
                if not self.marks_of(session):
                    with self.write_lock(SECONDS_TO_CONNECT):
                        self.make(session)
        except self.errors as error:
            raise ReplicaUnusable(self.where, str(error) or type(error).__name__) from error

    def connect(self, *, readonly: bool = False) -> PostgresSession:
        """A session in autocommit mode, for use in any one thread at a time."""
        settings = {"search_path": f'"{self._schema}"', "application_name": "simpul", "timezone": "UTC"}
        if readonly:
            settings["default_transaction_read_only"] = "on"
        return PostgresSession(self._url, settings)

    def reader(self) -> PostgresReader:
        """What reads for one operation at a time."""
        return PostgresReader(self.connect(readonly=True))

    @contextmanager
    def write_lock(self, seconds: float) -> Iterator[None]:
        """An advisory lock, which the server gives back when the connection ends."""
        key = int.from_bytes(hashlib.sha256(f"simpul {self._schema}".encode()).digest()[:7])
        with closing(self.connect()) as session:
            deadline = time.monotonic() + seconds
            while session.execute("SELECT pg_try_advisory_lock(?)", (key,)).fetchone() != (True,):
                if time.monotonic() >= deadline:
                    raise ReplicaLocked
                time.sleep(0.05)
            yield

    def attach(self, session: Session, staging: Path) -> None:
        """Copies of the staged rows, in temporary tables of the session."""
        known = {f"s_{name}": entity.table.c for name, entity in self.tables.entities.items()}
        with closing(sqlite3.connect(staging, check_same_thread=False)) as rows:  # COPY reads it in its own thread
            for (name,) in rows.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
                columns = []
                for column, kind in rows.execute("SELECT name, type FROM pragma_table_info(?)", (name,)):
                    if name in known and column in known[name]:
                        kind = known[name][column].type.compile(dialect=POSTGRES.sql)
                    else:  # the staging's own: numbers of rows and parts, and texts
                        kind = "BIGINT" if kind else "TEXT"
                    columns.append(f'"{column}" {kind}')
                session.execute(f'CREATE TEMP TABLE "{name}" ({", ".join(columns)})')
                cast(PostgresSession, session).copy(name, rows.execute(f'SELECT * FROM "{name}"'))
                if name in known:
                    session.execute(f'CREATE INDEX ON "{name}" (node)')
                    session.execute(f'CREATE INDEX ON "{name}" (line)')

    def marks_of(self, session: Session) -> dict[str, str]:
        """The marks that the replica carries; none if it is new."""
        if session.execute("SELECT to_regclass(?)", (f'"{self._schema}".meta',)).fetchone() == (None,):
            return {}
        return self._stored_marks(session)


@cache
def _loop() -> asyncio.AbstractEventLoop:
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="simpul-postgres", daemon=True).start()
    return loop


async def _terminate(connection: asyncpg.Connection[Any]) -> None:
    connection.terminate()


class PostgresSession:
    """A connection to PostgreSQL that is used like one to SQLite."""

    def __init__(self, url: URL, settings: dict[str, str]) -> None:
        self.connection = self.run(
            asyncpg.connect(
                host=url.host,
                port=url.port,
                user=url.username,
                password=url.password,
                database=url.database,
                timeout=SECONDS_TO_CONNECT,
                command_timeout=SECONDS_TO_WRITE,
                server_settings=settings,
            )
        )

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Does work in the loop of all connections, and waits for it."""
        return self.start(work).result()

    def start(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        """Begins work in the loop of all connections."""
        return asyncio.run_coroutine_threadsafe(work, _loop())

    def execute(self, sql: str, parameters: Sequence[Any] = (), /) -> PostgresResult:
        """Runs a statement; `?` marks its parameters."""
        return self.run(self._execute(numbered(sql), parameters))

    def executemany(self, sql: str, parameters: Iterable[Sequence[Any]], /) -> PostgresResult:
        """Runs a statement for each row of parameters."""
        rows = list(parameters)
        self.run(self.connection.executemany(numbered(sql), rows))
        return PostgresResult([], len(rows))

    def copy(self, table: str, rows: Iterable[Sequence[Any]]) -> None:
        """Fills a table with rows in the order of its columns."""
        self.run(self.connection.copy_records_to_table(table, records=rows))

    def close(self) -> None:
        """Ends the connection."""
        try:
            self.run(self.connection.close(timeout=SECONDS_TO_CONNECT))
        except (asyncpg.PostgresError, OSError, TimeoutError):
            self.run(_terminate(self.connection))

    async def _execute(self, sql: str, parameters: Sequence[Any]) -> PostgresResult:
        if sql.lstrip().startswith("SELECT") or " RETURNING " in sql:
            rows = [tuple(row) for row in await self.connection.fetch(sql, *parameters)]
            return PostgresResult(rows, len(rows))
        last = (await self.connection.execute(sql, *parameters)).rpartition(" ")[2]
        return PostgresResult([], int(last) if last.isdecimal() else 0)


class PostgresResult:
    """All rows of a statement, and how many it gave or changed."""

    def __init__(self, rows: list[Any], rowcount: int) -> None:
        self._rows = rows
        self._next = 0
        self.rowcount = rowcount

    def fetchone(self) -> Any:
        """The next row, or None."""
        self._next += 1
        return self._rows[self._next - 1] if self._next <= len(self._rows) else None

    def fetchall(self) -> list[Any]:
        """All rows."""
        return self._rows

    def __iter__(self) -> Iterator[Any]:
        return iter(self._rows)


class PostgresReader:
    """Reads for one operation at a time, in one read transaction."""

    errors = PostgresDatabase.errors

    def __init__(self, session: PostgresSession) -> None:
        self._session = session
        self._turn: Turn | Sprint | None = None

    def begin(self, turn: Turn | Sprint) -> list[Any]:
        """Begins the transaction and says what is known of each dataset. Raises what the turn does."""
        self._turn = Sprint(turn.deadline)  # it is not the operation that takes long if a busy server is slow to begin
        self._watched(lambda: self._session.connection.execute(BEGIN))
        states = self.rows(STATE, (), FEW)
        self._turn = turn
        turn.restart()
        return states

    def rows(self, sql: str, parameters: Sequence[Any], most: int) -> list[Any]:
        """At most so many rows. Raises what the turn does."""
        return self._watched(lambda: self._rows(sql, parameters, most))

    def explain(self, sql: str, parameters: Sequence[Any]) -> list[str]:
        """The query plan, line by line."""
        return [line for (line,) in self._session.run(self._rows(f"EXPLAIN {sql}", parameters, FEW))]

    def _watched(self, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Runs what talks to the server, in the loop of all connections, and looks after it until it ends."""
        turn = cast(Turn | Sprint, self._turn)
        tasks: list[asyncio.Task[Any] | None] = []

        async def watched() -> T:
            if turn.deadline.is_over:
                raise DeadlineExceeded
            tasks.append(asyncio.current_task())
            return await work()

        def cancel() -> None:
            for task in tasks:
                if task is not None:
                    task.cancel()

        def stop() -> None:
            _loop().call_soon_threadsafe(cancel)

        turn.deadline.at_stop(stop)
        running = self._session.start(watched())
        try:
            while not wait([running], turn.left).done:
                turn.look()
            return running.result()
        except (CancelledError, asyncpg.QueryCanceledError) as error:
            raise DeadlineExceeded from error
        except (DeadlineExceeded, Busy):
            stop()
            wait([running])  # the server has to let go of it before the transaction can end
            raise
        finally:
            turn.deadline.at_stop(None)

    async def _rows(self, sql: str, parameters: Sequence[Any], most: int) -> list[Any]:
        cursor = await self._session.connection.cursor(sql, *map(_exact, parameters))
        return [tuple(row) for row in await cursor.fetch(most)]

    def end(self) -> None:
        """Ends the transaction."""
        if not self._session.connection.is_closed():
            self._session.run(self._session.connection.execute("ROLLBACK"))

    def close(self) -> None:
        """Closes the connection."""
        self._session.close()


def numbered(sql: str) -> str:
    """The statement with its parameters marked as PostgreSQL does."""
    count = 0

    def mark(found: re.Match[str]) -> str:
        nonlocal count
        if found[0] != "?":
            return found[0]
        count += 1
        return f"${count}"

    return _MARK.sub(mark, sql)


def _exact(value: object) -> object:
    """A parameter as asyncpg takes it for a numeric column."""
    return Decimal(repr(value)) if isinstance(value, float) else value
