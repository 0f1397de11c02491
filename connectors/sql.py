"""Tables, views and SELECTs of a database, read only. SQLite so far; the engine decides everything that differs.

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
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from difflib import get_close_matches
from functools import partial
from pathlib import Path
from typing import Any, Generic, TypeVar

from sqlalchemy import Connection, CursorResult, Engine, create_engine, inspect, select, table, text
from sqlalchemy import exc as sqlalchemy_errors
from sqlalchemy.engine import make_url
from sqlalchemy.pool import NullPool

from connectors.columns import find_column
from connectors.connector import Batch, Cell, CellError, Column, DatasetDescription, Part, Row
from connectors.errors import DatasetMissing, SourceBroken, SourceBusy, SourceError, SourceTimeout, SourceUnavailable
from connectors.files import stamp_of
from connectors.policy import Gate, Policy

ROWS_PER_BATCH = 500
SAMPLES = 5
COPIES = 3  # attempts to copy a database while its application writes to it
WAL = b"\x02\x02"  # bytes 18 and 19 of a database in WAL mode

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class SqlDataset:
    """A table or view, or a single SELECT; `key` names the columns that tell its rows apart."""

    table: str | None = None
    query: str | None = None
    key: tuple[str, ...] = ()


class SqlSource:
    """Reads a database. `folder` is where the path of a SQLite URL starts; `seconds` are those of one batch."""

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
        self._gate = Gate(Policy(seconds, whole_seconds))

    async def describe(self) -> Sequence[DatasetDescription]:
        """The datasets of hub.yaml, else all tables and views."""
        reading = _Reading(self._describe)
        try:
            return await self._gate.in_thread(self._name, reading.next, reading.stop) or []
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
    def _name(self) -> str:
        return Path(self._url.partition(":///")[2]).name

    def _dataset(self, name: str) -> SqlDataset:
        dataset = self._datasets.get(name, SqlDataset())
        return dataset if dataset.table or dataset.query else SqlDataset(name, None, dataset.key)

    def _part(self, name: str) -> Part:
        dataset, path = self._dataset(name), self._path()
        salt = hashlib.sha256(repr(dataset).encode()).hexdigest()[:8]  # read otherwise, a file is not unchanged
        stamp = None if _log(path).exists() else stamp_of(path)  # with a log beside it, its own time tells nothing
        return Part(name, dataset.table or name, stamp and f"{stamp}-{salt}")

    # -- in a thread --------------------------------------------------------------------------------------------------

    def _describe(self, reading: _Reading[list[DatasetDescription]]) -> Iterator[list[DatasetDescription]]:
        with self._connected(reading, self._name) as connection:
            described = []
            for name in list(self._datasets) or _tables(connection):
                with self._executed(connection, name) as result:
                    columns = _columns(result)
                    rows = [tuple(_cell(value) for value in row) for row in result.fetchmany(SAMPLES)]
                samples = {column.name: tuple(row[place] for row in rows) for place, column in enumerate(columns)}
                described.append(DatasetDescription(name, columns, samples))
            yield described

    def _batches(self, name: str, reading: _Reading[Batch]) -> Iterator[Batch]:
        with self._connected(reading, name) as connection:
            key = self._key(connection, name)
            with self._executed(connection, name) as result:
                columns = _columns(result)
                places = [find_column(columns, column, name) for column in key]
                count, seen = 0, set[str]()
                while rows := result.fetchmany(ROWS_PER_BATCH):
                    yield Batch(columns, tuple(_row(row, places, n, seen) for n, row in enumerate(rows, count + 1)))
                    count += len(rows)

    @contextmanager
    def _executed(self, connection: Connection, name: str) -> Iterator[CursorResult[Any]]:
        dataset = self._dataset(name)
        connection = connection.execution_options(stream_results=True)
        if dataset.query is not None:
            result = connection.exec_driver_sql(dataset.query)  # as it is written: a colon in it is no parameter
        else:
            _check_table(connection, name, dataset.table or name)
            # the columns' declared types are not asked for: SQLite doesn't keep to them, and neither do legacy dates
            result = connection.execute(select(text("*")).select_from(table(dataset.table or name)))
        if not result.returns_rows:
            raise SourceBroken(name, "QUERY_NOT_READING")
        try:
            yield result
        finally:
            result.close()

    def _key(self, connection: Connection, name: str) -> Sequence[str]:
        dataset = self._dataset(name)
        if dataset.key or dataset.query is not None:
            return dataset.key
        _check_table(connection, name, dataset.table or name)
        return inspect(connection).get_pk_constraint(dataset.table or name)["constrained_columns"]

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
            raise translate(error, self._name) from error
        raise SourceUnavailable(path.name, "FILE_MISSING_SOURCE", file=path.name)


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


def _engine(path: Path) -> Engine:
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


# -- errors -----------------------------------------------------------------------------------------------------------

FOREIGN = (sqlalchemy_errors.SQLAlchemyError, sqlite3.Error, sqlite3.Warning, OSError, UnicodeError)
"""What SQLAlchemy, sqlite3 and the operating system raise."""

_REFUSED = (
    "one statement at a time",
    "not authorized",
    "prohibited",
)  # of sqlite3, which has no number of its own for these
_HALF_WRITTEN = ("SQLITE_READONLY_ROLLBACK", "SQLITE_READONLY_RECOVERY", "SQLITE_READONLY_CANTINIT")


def translate(error: BaseException, where: str) -> SourceError:
    """The error of our tree for one of `FOREIGN`."""
    original = getattr(error, "orig", None) or error
    if isinstance(original, OSError):
        kind = SourceBusy if isinstance(original, PermissionError) else SourceUnavailable
        return kind(where, "DATABASE_UNREADABLE", reason=original.strerror or type(original).__name__)
    name = getattr(original, "sqlite_errorname", None) or ""
    match name.split("_")[1] if name.startswith("SQLITE_") else "":
        case "BUSY" | "LOCKED" | "PROTOCOL":
            return SourceBusy(where)
        case "INTERRUPT":
            return SourceTimeout(where, seconds="-")
        case "NOTADB" | "FORMAT":
            return SourceBroken(where, "NOT_A_DATABASE")
        case "CORRUPT":
            return SourceBroken(where, "DATABASE_DAMAGED")
        case "CANTOPEN" | "IOERR" | "PERM" | "FULL" | "NOMEM" | "NOLFS":
            return SourceUnavailable(where, "DATABASE_UNREADABLE", reason=name)
        case "READONLY" if name in _HALF_WRITTEN:
            return SourceBusy(where, "DATABASE_HALF_WRITTEN")
        case "AUTH" | "READONLY":
            return SourceBroken(where, "QUERY_NOT_READING")
    if isinstance(original, sqlite3.Warning) or any(words in str(original) for words in _REFUSED):
        return SourceBroken(where, "QUERY_NOT_READING")
    if isinstance(original, sqlite3.Error | sqlalchemy_errors.DBAPIError):
        return SourceBroken(
            where, "QUERY_FAILED", reason=str(original).splitlines()[0][:200] if str(original) else name
        )
    return SourceBroken(where, "QUERY_FAILED", reason=type(original).__name__)


def _check_table(connection: Connection, where: str, name: str) -> None:
    names = _tables(connection)
    if name in names:
        return
    nearest = get_close_matches(name, names, 1)
    shown = ", ".join(names[:20]) or "-"
    if not nearest:
        raise DatasetMissing(where, "TABLE_UNKNOWN", table=name, tables=shown)
    raise DatasetMissing(where, "TABLE_MISSING", table=name, nearest=nearest[0], tables=shown)


def _tables(connection: Connection) -> list[str]:
    found = inspect(connection)
    return sorted([*found.get_table_names(), *found.get_view_names()])


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


# -- rows -------------------------------------------------------------------------------------------------------------


def _columns(result: CursorResult[Any]) -> tuple[Column, ...]:
    return tuple(Column(name, name) for name in map(str, result.keys()))


def _row(values: Sequence[Any], places: Sequence[int], number: int, seen: set[str]) -> Row:
    """A row that stands at its key; at its number as well if the key is not the only one."""
    cells = tuple(_cell(value) for value in values)
    key = ".".join(str(cells[place]) for place in places if cells[place] is not None)
    at = f"{key} #{number}".strip() if not key or key in seen else key
    seen.add(at)
    return Row(at, cells)


def _cell(value: Any) -> Cell:
    if isinstance(value, str):
        return value or None
    if isinstance(value, bytes):
        try:
            return value.decode() or None
        except UnicodeDecodeError:
            return CellError("BLOB")
    if value is None or isinstance(value, bool | int | float | Decimal | datetime | date | time):
        return value
    return str(value)


def _text(raw: bytes) -> str:
    return raw.decode(errors="replace")
