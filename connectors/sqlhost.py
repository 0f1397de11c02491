"""A database on a server, read only: each reading is one read-only transaction whose steps end in time.

A server that hangs keeps its connection open and says nothing, so no time-out of the server ends that: the connection is
dropped from this side. Nothing is opened before it is needed; up to two connections are kept for the next reading, and looked
at before they are used."""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any, Protocol, TypeVar

from sqlalchemy import URL, Connection, make_url
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from connectors import sqlreading, sqlsurvey
from connectors.connector import Batch, DatasetDescription, Part
from connectors.errors import SourceBroken, SourceBusy, SourceError, SourceTimeout, SourceUnavailable
from connectors.policy import Gate, Policy, Standing
from connectors.sqlaccess import USUAL, Access
from connectors.sqlaccount import Account, names_in
from connectors.sqlerrors import FOREIGN, GARBAGE, translate, translate_connecting
from connectors.sqlmysql import MySql
from connectors.sqlpostgres import Postgres
from connectors.sqlreading import Engine, Place, SqlDataset, Stamps
from connectors.sqlsurvey import TableSeen

KEPT = 2  # connections between two readings
FAREWELL = 1.0  # seconds for a server to take its leave

T = TypeVar("T")


class HostEngine(Engine, Protocol):
    """What else differs where a server is asked."""

    name: str
    hidden: re.Pattern[str]  # what of a statement is no word of SQL
    drops_unread: bool  # whether what was not read to its end would have to be read first before anything else

    def pool(self, url: URL, seconds: float, kept: int, access: Access) -> AsyncEngine:
        """A pool of connections that read, at most those of `access`; nothing is opened yet."""
        ...

    def begin(self, connection: Connection, seconds: float, whole_seconds: float) -> None:
        """Begins a read-only transaction whose statements end in time."""
        ...

    def drop(self, raw: Any) -> None:
        """Cuts the driver's connection without a word to the server."""
        ...

    def account(self, connection: Connection, where: str, places: Sequence[Place]) -> Account:
        """What the account may do besides reading these tables. Changes nothing."""
        ...

    def stamps(self, connection: Connection, place: Place, parts: int | None) -> Stamps:
        """A stamp of each part that is another if anything in it is; without `parts` of the whole, whose number is None."""
        ...

    def ending(self, raw: Any) -> str | None:
        """The statement that ends, from another connection, what this one leaves running; None if the server does it."""
        ...


class SqlHost:
    """Reads a database of PostgreSQL, MariaDB or MySQL. `seconds` are those of one batch, `whole_seconds` those of a reading."""

    def __init__(
        self,
        url: str,
        datasets: Mapping[str, SqlDataset],
        access: Access = USUAL,
        seconds: float = 30,
        whole_seconds: float = 600,
    ) -> None:
        self._url = url
        self._datasets = datasets
        self._seconds = seconds
        self._whole_seconds = whole_seconds
        self._access = access
        self._gate = Gate(Policy(seconds, whole_seconds, at_once=access.connections))
        self._engine: HostEngine = (
            Postgres(access.schema, access.encoding) if url.lower().startswith("postgres") else MySql(access.encoding)
        )
        self._pool: AsyncEngine | None = None
        self._closing: set[asyncio.Future[None]] = set()
        self._sessions: set[_Session] = set()
        self._places = asyncio.Semaphore(
            access.connections
        )  # not the pool's: who waits there holds a place of the gate

    async def describe(self) -> Sequence[DatasetDescription]:
        """The datasets of hub.yaml, else all tables and views."""
        names: Sequence[str] = list(self._datasets)
        until = self._gate.until()
        if not names:
            async with self._session(self.where, until) as session:
                names = await session.run(self._engine.names)
        described: list[DatasetDescription] = []
        for name in names:
            async with self._session(name, until) as session:
                work = session.iterate(sqlreading.describe, self._dataset(name))
                described += [found] if (found := await work()) is not None else []
        return described

    async def survey(self) -> AsyncGenerator[TableSeen]:
        """Every table and view, with what it holds and what ties it to others."""
        async with self._session(self.where, self._gate.until()) as session:
            more = session.iterate(sqlsurvey.survey, SqlDataset())
            while (table := await more()) is not None:
                yield table

    async def account(self, datasets: Iterable[str]) -> Account:
        """What the account may do besides reading the tables of these datasets. Changes nothing."""
        wanted = [self._dataset(name) for name in datasets]

        def look(connection: Connection) -> Account:
            names = [
                name
                for dataset in wanted
                for name in ([dataset.table] if dataset.table else names_in(dataset.query or "", self._engine.hidden))
            ]
            places = [self._engine.place(connection, name) for name in names]
            found = dict.fromkeys(place for place in places if place is not None)
            return self._engine.account(connection, self.where, list(found))

        async with self._session(self.where, self._gate.until()) as session:
            return await session.run(look)

    async def parts(self, dataset: str) -> Sequence[Part]:
        """A table with a stamp, which the server makes of all its rows, in parts if they were asked for; else one part whose
        reading shows whether it has changed. Raises SourceBroken if it can't be read in parts."""
        wanted = self._dataset(dataset)
        label = wanted.table or dataset
        if wanted.query is not None:
            return [Part(dataset, label)]

        def look(connection: Connection) -> Stamps:
            place = sqlreading.find_place(connection, self._engine, dataset, wanted)
            return None if place is None else self._engine.stamps(connection, place, wanted.parts)

        try:
            async with self._session(label, self._gate.until()) as session:
                stamps = await session.run(look)
        except SourceTimeout:
            if wanted.parts is not None:
                raise
            stamps = None  # it may yet be read, batch by batch
        if stamps is None and wanted.parts is not None:
            raise SourceBroken(label, "TABLE_NOT_COUNTED")
        salt = hashlib.sha256(repr((wanted, self._access.encoding)).encode()).hexdigest()[:8]
        parts = [
            Part(dataset if number is None else f"{dataset}#{int(number)}", label, f"{stamp}-{salt}")
            for number, stamp in stamps or ()
        ]
        return parts or [Part(dataset, label)]

    async def rows(self, dataset: str, part: Part) -> AsyncGenerator[Batch]:
        """The rows as the database yields them."""
        async with self._session(part.label, self._gate.until()) as session:
            number = part.key.removeprefix(dataset).removeprefix("#")
            more = session.iterate(sqlreading.read, self._dataset(dataset), *([int(number)] if number else []))
            while (batch := await more()) is not None:
                yield batch

    async def aclose(self) -> None:
        """Gives back the connections, also those of readings that somebody began and forgot."""
        pool, self._pool = self._pool, None
        for session in list(self._sessions):
            await _hurried(session.close())
        if self._closing:
            await asyncio.wait(self._closing, timeout=FAREWELL)
        if pool is not None:
            await _hurried(pool.dispose())

    @property
    def standing(self) -> Standing:
        """How the server stands."""
        return self._gate.standing

    @property
    def where(self) -> str:
        """The server and its database, for people."""
        url = self._parsed()
        host = f"[{url.host}]" if url.host and ":" in url.host else url.host
        return f"{host}:{url.port}/{url.database}" if url.port else f"{host}/{url.database}"

    def _parsed(self) -> URL:
        try:
            return make_url(self._url)
        except (*FOREIGN, ValueError) as error:
            raise SourceBroken(self._engine.name, "DATABASE_ADDRESS") from error

    def _dataset(self, name: str) -> SqlDataset:
        return sqlreading.whole(name, self._datasets.get(name))

    @asynccontextmanager
    async def _session(self, where: str, until: float) -> AsyncIterator[_Session]:
        try:
            async with asyncio.timeout_at(until):
                await self._places.acquire()
        except TimeoutError as error:
            raise SourceBusy(where, "DATABASE_FULL") from error
        session: _Session | None = None
        try:
            session = _Session(self._opened(), self._engine, self._gate, where, until)
            self._sessions.add(session)
            await session.open(self.where, self._seconds, self._whole_seconds, self._access.tls not in (None, "off"))
            yield session
        finally:
            closing = asyncio.ensure_future(self._closed(session))
            self._closing.add(closing)
            closing.add_done_callback(self._closing.discard)
            await asyncio.wait({closing}, timeout=FAREWELL)

    async def _closed(self, session: _Session | None) -> None:
        try:
            if session is not None:
                await session.close()
        finally:
            if session is not None:
                self._sessions.discard(session)
            self._places.release()

    def _opened(self) -> AsyncEngine:
        if self._pool is None:
            try:
                self._pool = self._engine.pool(
                    self._parsed(), self._seconds, min(KEPT, self._access.connections), self._access
                )
            except SourceError:
                raise
            except (*FOREIGN, ValueError) as error:
                raise SourceBroken(self._engine.name, "DATABASE_ADDRESS") from error
        return self._pool


class _Session:
    """One reading, in one connection. What is given to `run` may block; it is run beside the loop's other tasks."""

    def __init__(self, pool: AsyncEngine, engine: HostEngine, gate: Gate, where: str, until: float) -> None:
        self._pool = pool
        self._engine = engine
        self._gate = gate
        self._where = where
        self._until = until
        self._connection: AsyncConnection | None = None
        self._raw: Any = None
        self._result: Any = None
        self._running: asyncio.Future[Any] | None = None
        self._is_dropped = self._is_late = False
        self._seconds = "-"

    async def open(self, server: str, seconds: float, whole_seconds: float, asks_tls: bool) -> None:
        """Connects and begins the transaction."""
        self._seconds = f"{seconds:g}"

        async def connect() -> None:
            try:
                self._connection = await self._pool.connect()
                self._raw = (await self._connection.get_raw_connection()).driver_connection
            except SourceError:
                raise
            except GARBAGE as error:
                raise translate_connecting(error, server, self._engine.name, asks_tls) from error
            await self._translated(self._connection.run_sync(self._engine.begin, seconds, whole_seconds))

        await self._step(server, connect)

    async def run(self, work: Callable[[Connection], T]) -> T:
        """What `work` does with the connection."""
        connection = self._connection
        if connection is None:  # closed, while somebody was reading
            raise SourceUnavailable(self._where, "SOURCE_UNREACHABLE")
        return await self._step(self._where, lambda: self._translated(connection.run_sync(work)))

    def iterate(
        self, work: Callable[..., Iterator[T]], dataset: SqlDataset, *more: int
    ) -> Callable[[], Coroutine[Any, Any, T | None]]:
        """A function that gives the next of what `work` yields, None after the last."""
        results: Iterator[T] | None = None

        def following(connection: Connection) -> T | None:
            nonlocal results
            if results is None:
                results = work(connection, self._engine, self._where, dataset, self._hold, *more)
            return next(results, None)

        return lambda: self.run(following)

    async def close(self) -> None:
        """Gives the connection back, or drops it if it is of no use any more."""
        if self._running is not None and not self._running.done():
            await asyncio.wait({self._running})
        connection, self._connection = self._connection, None
        if connection is None:
            return
        if self._engine.drops_unread and self._result is not None and self._result.cursor is not None:
            self._drop()
        with suppress(*GARBAGE):
            if self._is_dropped:
                await connection.invalidate()
            await connection.close()
        if self._is_late and (statement := self._engine.ending(self._raw)) is not None:
            with suppress(*GARBAGE):
                async with asyncio.timeout(FAREWELL), self._pool.connect() as other:
                    await other.exec_driver_sql(statement)

    def _hold(self, result: Any) -> None:
        self._result = result

    def _end(self) -> None:
        self._is_late = self._raw is not None
        self._drop()

    def _drop(self) -> None:
        self._is_dropped = True
        if self._raw is not None:
            self._engine.drop(self._raw)
        elif self._running is not None:
            self._running.cancel()

    async def _step(self, where: str, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        async def remembered() -> T:
            self._running = asyncio.current_task()
            return await work()

        return await self._gate.in_task(where, remembered, self._end, self._until)

    async def _translated(self, work: Coroutine[Any, Any, T]) -> T:
        try:
            return await work
        except SourceError:
            raise
        except GARBAGE as error:  # a flipped bit makes a driver raise anything
            self._is_dropped = True
            raise translate(error, self._where, self._seconds) from error


async def _hurried(work: Coroutine[Any, Any, None]) -> None:
    """Waits a moment for a farewell, not longer."""
    running = asyncio.ensure_future(work)
    await asyncio.wait({running}, timeout=FAREWELL)
    if not running.done():
        running.cancel()
        await asyncio.wait({running}, timeout=FAREWELL)
    with suppress(asyncio.CancelledError, asyncio.InvalidStateError, *GARBAGE):
        running.result()
