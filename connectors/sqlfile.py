"""A SQLite file, read only.

Values stay as the database has them: dates and decimals of SQLite are the text and numbers that were stored, whatever type a
column was declared with. Text that is not UTF-8 shows � where it was damaged, which the mapping reports as TEXT_DAMAGED; a blob
that is no text is an error cell.

A SQLite file of another application is opened with `mode=ro`; its own writes wait while a table is being read. If it is in WAL
mode that would still leave `-wal` and `-shm` beside it (faults.md §0.12), so it is then copied, with its `-wal`, into a
temporary folder, and the copy is read."""

from __future__ import annotations

import asyncio
import hashlib
import shutil
import sqlite3
import tempfile
import threading
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any, Generic, TypeVar

from sqlalchemy import Connection, CursorResult, create_engine, inspect
from sqlalchemy import Engine as SqlAlchemyEngine
from sqlalchemy.engine import make_url
from sqlalchemy.pool import NullPool

from connectors import sqlreading
from connectors.connector import Batch, Cell, DatasetDescription, Part
from connectors.errors import SourceBroken, SourceBusy, SourceUnavailable
from connectors.files import stamp_of
from connectors.policy import Gate, Policy
from connectors.sqlerrors import FOREIGN, translate
from connectors.sqlreading import Place, ReadCell, SqlDataset, Within
from connectors.sqlsurvey import TableSeen, survey

COPIES = 3  # attempts to copy a database while its application writes to it
WAL = b"\x02\x02"  # bytes 18 and 19 of a database in WAL mode

T = TypeVar("T")


class SqlFile:
    """Reads a SQLite database. `folder` is where the path of its URL starts; `seconds` are those of one batch."""

    def __init__(
        self,
        url: str,
        datasets: Mapping[str, SqlDataset],
        folder: Path,
        seconds: float = 30,
        whole_seconds: float = 600,
    ) -> None:
        self._url = url
        self._datasets = datasets
        self._folder = folder
        self._gate = Gate(Policy(seconds, whole_seconds, failures=None))

    async def describe(self) -> Sequence[DatasetDescription]:
        """The datasets of hub.yaml, else all tables and views."""
        reading = _Reading(self._describe)
        try:
            return await self._gate.in_thread(self.where, reading.next, reading.stop) or []
        finally:
            await asyncio.to_thread(reading.stop)

    async def survey(self) -> AsyncGenerator[TableSeen]:
        """Every table and view, with what it holds and what ties it to others."""
        reading = _Reading(self._survey)
        until = self._gate.until()
        try:
            while (table := await self._gate.in_thread(self.where, reading.next, reading.stop, until)) is not None:
                yield table
        finally:
            await asyncio.to_thread(reading.stop)

    async def parts(self, dataset: str) -> Sequence[Part]:
        """One part: the table, or what the query gives. Whether it is there is seen when it is read."""
        return [await asyncio.to_thread(self._part, dataset)]

    async def rows(self, dataset: str, part: Part) -> AsyncGenerator[Batch]:
        """The rows as the database yields them."""
        reading = _Reading(partial(self._batches, dataset))
        until = self._gate.until()
        try:
            while (batch := await self._gate.in_thread(part.label, reading.next, reading.stop, until)) is not None:
                yield batch
        finally:
            await asyncio.to_thread(reading.stop)

    async def aclose(self) -> None:
        """Connections last no longer than a reading."""

    @property
    def where(self) -> str:
        """The file, for people."""
        return Path(self._url.partition(":///")[2]).name

    def _dataset(self, name: str) -> SqlDataset:
        return sqlreading.whole(name, self._datasets.get(name))

    def _part(self, name: str) -> Part:
        dataset, path = self._dataset(name), self._path()
        salt = hashlib.sha256(repr(dataset).encode()).hexdigest()[:8]  # read otherwise, a file is not unchanged
        stamp = None if _log(path).exists() else stamp_of(path)  # with a log beside it, its own time tells nothing
        return Part(name, dataset.table or name, stamp and f"{stamp}-{salt}")

    # -- in a thread --------------------------------------------------------------------------------------------------

    def _describe(self, reading: _Reading[list[DatasetDescription]]) -> Iterator[list[DatasetDescription]]:
        with self._connected(reading, self.where) as connection:
            names = list(self._datasets) or ENGINE.names(connection)
            described = [
                next(sqlreading.describe(connection, ENGINE, name, self._dataset(name), sqlreading.nobody))
                for name in names
            ]
            yield described

    def _survey(self, reading: _Reading[TableSeen]) -> Iterator[TableSeen]:
        with self._connected(reading, self.where) as connection:
            yield from survey(connection, ENGINE, self.where, SqlDataset(), sqlreading.nobody)

    def _batches(self, name: str, reading: _Reading[Batch]) -> Iterator[Batch]:
        with self._connected(reading, name) as connection:
            yield from sqlreading.read(connection, ENGINE, name, self._dataset(name), sqlreading.nobody)

    # -- the connection -----------------------------------------------------------------------------------------------

    @contextmanager
    def _connected(self, reading: _Reading[Any], where: str) -> Iterator[Connection]:
        """A read-only connection that `reading` can interrupt."""
        try:
            with self._readable(where) as path:
                engine = _engine(path)
                with engine.connect() as connection:
                    reading.hold(connection.connection.driver_connection)
                    yield connection
        except FOREIGN as error:
            raise translate(error, where) from error

    @contextmanager
    def _readable(self, where: str) -> Iterator[Path]:
        """The file itself, or a copy of it where reading would leave traces."""
        path = self._path()
        with path.open("rb") as file:
            head = file.read(20)
        if not head:
            raise SourceBroken(path.name, "DATABASE_EMPTY")
        if head[18:20] != WAL:
            yield path
            return
        with tempfile.TemporaryDirectory(prefix="simpul-") as folder:
            yield _copy(path, Path(folder), where)

    def _path(self) -> Path:
        """Where the file is. Raises SourceUnavailable if it isn't there."""
        try:
            path = self._folder / (make_url(self._url).database or "")
            if path.is_file():
                return path
        except FOREIGN as error:
            raise translate(error, self.where) from error
        raise SourceUnavailable(path.name, "FILE_MISSING_SOURCE", file=path.name)


class Sqlite:
    """What is SQLite's own. Its types are not asked for: SQLite doesn't keep to them, and neither do legacy dates."""

    trusts_keys = False  # 1 and '1' are two keys to it

    def names(self, connection: Connection) -> Sequence[str]:
        """Its tables and views."""
        found = inspect(connection)
        return sorted([*found.get_table_names(), *found.get_view_names()])

    def place(self, connection: Connection, name: str) -> Place | None:
        """The table or view of exactly that name."""
        return Place(None, name) if name in self.names(connection) else None

    def select(self, place: Place, within: Within | None = None) -> str:
        """All of a table: a file that has not changed is not read at all, so it has one part."""
        return 'SELECT * FROM "{}"'.format(place.table.replace('"', '""'))

    def key(self, connection: Connection, place: Place) -> Sequence[str]:
        """Its declared key; a rowid is none."""
        return inspect(connection).get_pk_constraint(place.table)["constrained_columns"]

    def is_reading(self, statement: str) -> bool:
        """The connection itself refuses what is not: see `_only_reading`."""
        return True

    def execute(self, connection: Connection, statement: str, place: Place | None) -> CursorResult[Any]:
        """As it is written: a colon in it is no parameter."""
        return connection.execution_options(stream_results=True).exec_driver_sql(statement)

    def cells(self, connection: Connection, result: CursorResult[Any], place: Place | None) -> Sequence[ReadCell]:
        """What was stored, column by column."""
        return [_cell] * len(list(result.keys()))

    def types(self, connection: Connection, result: CursorResult[Any]) -> Sequence[str]:
        """None: what is declared is not what is stored."""
        return []


ENGINE = Sqlite()


def _cell(value: Any) -> Cell:
    if not isinstance(value, bytes):
        return sqlreading.plain(value)
    try:
        return value.decode() or None
    except UnicodeDecodeError:
        return sqlreading.plain(value)


class _Reading(Generic[T]):
    """What one reading yields, in whichever thread asks for the next of it. `work` makes the iterator; nothing is opened before
    the first is asked for."""

    def __init__(self, work: Callable[[_Reading[T]], Iterator[T]]) -> None:
        self._results: Any = work(self)
        self._running = threading.Lock()
        self._raw: Any = None
        self._stopped = False

    def hold(self, raw: Any) -> None:
        """Takes the connection that `stop` shall interrupt."""
        self._raw = raw
        if self._stopped:
            raw.close()  # stopped while the file was being copied: what asks next is told by sqlite3

    def next(self) -> T | None:
        """The next result, None after the last."""
        with self._running:
            try:
                return None if self._stopped else next(self._results, None)
            finally:
                if self._stopped:
                    self._results.close()

    def stop(self) -> None:
        """Ends it and gives back what it holds; at once if it is between two results, else as soon as the database lets go."""
        self._stopped = True
        if self._running.acquire(blocking=False):
            try:
                self._results.close()
            finally:
                self._running.release()
        elif self._raw is not None:
            with suppress(sqlite3.ProgrammingError):  # closed a moment ago
                self._raw.interrupt()


def _engine(path: Path) -> SqlAlchemyEngine:
    def connect() -> sqlite3.Connection:
        raw = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, check_same_thread=False, timeout=2)
        raw.execute("PRAGMA query_only = ON")
        raw.set_authorizer(_only_reading)
        raw.text_factory = _text
        return raw

    return create_engine("sqlite://", creator=connect, poolclass=NullPool)


def _log(path: Path) -> Path:
    return path.with_name(f"{path.name}-wal")


def _copy(path: Path, folder: Path, where: str) -> Path:
    """A copy of a database and its log of one moment. Raises SourceBusy if its application never leaves one long enough."""
    copy = folder / path.name
    for _ in range(COPIES):
        before = _marks(path)
        shutil.copyfile(path, copy)
        _log(copy).unlink(missing_ok=True)
        with suppress(FileNotFoundError):  # there need not be one, and its application may just have taken it in
            shutil.copyfile(_log(path), _log(copy))
        if _marks(path) == before:
            return copy
    raise SourceBusy(where, "DATABASE_CHANGING", file=path.name)


def _marks(path: Path) -> list[tuple[int, int, int]]:
    found = [file.stat() for file in (path, _log(path)) if file.exists()]
    return [(stat.st_size, stat.st_mtime_ns, stat.st_ino) for stat in found]


# -- what is allowed --------------------------------------------------------------------------------------------------

_READING = {
    sqlite3.SQLITE_SELECT,
    sqlite3.SQLITE_READ,
    sqlite3.SQLITE_FUNCTION,
    sqlite3.SQLITE_RECURSIVE,
    sqlite3.SQLITE_PRAGMA,
}
_PRAGMAS = ("table_", "index_", "foreign_key", "read_uncommitted")  # those that SQLAlchemy looks at tables with


def _only_reading(action: int, one: str | None, two: str | None, *_: object) -> int:
    if action == sqlite3.SQLITE_PRAGMA and not str(one).startswith(_PRAGMAS):
        return sqlite3.SQLITE_DENY
    if action == sqlite3.SQLITE_FUNCTION and str(two).lower() == "load_extension":
        return sqlite3.SQLITE_DENY
    return sqlite3.SQLITE_OK if action in _READING else sqlite3.SQLITE_DENY


def _text(raw: bytes) -> str:
    return raw.decode(errors="replace")
