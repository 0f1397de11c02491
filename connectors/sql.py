"""Tables, views and SELECTs of a database, read only. SQLite so far; the engine decides everything that differs.

A SQLite file of another application is opened with `mode=ro`. If it is in WAL mode that would still leave `-wal` and `-shm` beside
it (faults.md §0.12), so it is then copied, with its `-wal`, into a temporary folder, and the copy is read."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
import tempfile
import threading
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, MetaData, Table, create_engine, inspect, select, text
from sqlalchemy import exc as sqlalchemy_errors
from sqlalchemy.engine import make_url
from sqlalchemy.pool import NullPool

from connectors.connector import Batch, Cell, CellError, Column, DatasetDescription, Part, Row
from connectors.errors import DatasetMissing, SourceBroken, SourceBusy, SourceError, SourceTimeout, SourceUnavailable
from connectors.files import stamp_of

ROWS_PER_BATCH = 500
WAL = b"\x02\x02"  # bytes 18 and 19 of a database in WAL mode


@dataclass(frozen=True, slots=True)
class SqlDataset:
    """A table or view, or a single SELECT; `key` names the columns that tell its rows apart."""

    table: str | None = None
    query: str | None = None
    key: tuple[str, ...] = ()


class SqlSource:
    """Reads a database. `folder` is where the path of a SQLite URL starts."""

    def __init__(self, url: str, datasets: Mapping[str, SqlDataset], folder: Path, seconds: float = 30) -> None:
        self._url = make_url(url)
        self._datasets = datasets
        self._path = folder / (self._url.database or "")
        self._log = self._path.with_name(self._path.name + "-wal")
        self._seconds = seconds

    async def describe(self) -> Sequence[DatasetDescription]:
        return await asyncio.to_thread(self._describe)

    async def parts(self, dataset: str) -> Sequence[Part]:
        wanted = self._dataset(dataset)
        await asyncio.to_thread(self._check, dataset, wanted)
        stamp = None if self._log.exists() else stamp_of(self._path)  # with a log beside it, its own time tells nothing
        return [Part(dataset, wanted.table or dataset, stamp)]

    async def rows(self, dataset: str, part: Part) -> AsyncIterator[Batch]:
        batches = await asyncio.to_thread(self._open, dataset)
        try:
            while (batch := await asyncio.to_thread(next, batches, None)) is not None:
                yield batch
        finally:
            await asyncio.to_thread(batches.close)

    async def aclose(self) -> None:
        """Connections last no longer than a reading."""

    # -- in a thread --------------------------------------------------------------------------------------------------

    def _describe(self) -> list[DatasetDescription]:
        with self._connected("describe") as connection:
            names = list(self._datasets)
            if not names:
                found = inspect(connection)
                names = sorted([*found.get_table_names(), *found.get_view_names()])
            described = []
            for name in names:
                dataset = self._dataset(name)
                result = connection.execution_options(stream_results=True).execute(
                    self._statement(connection, name, dataset)
                )
                columns = tuple(Column(str(column), str(column)) for column in result.keys())  # noqa: SIM118 - a Result is no dict
                rows = [tuple(_cell(value) for value in row) for row in result.fetchmany(5)]
                result.close()
                samples = {column.name: tuple(row[place] for row in rows) for place, column in enumerate(columns)}
                described.append(DatasetDescription(name, columns, samples))
            return described

    def _check(self, name: str, dataset: SqlDataset) -> None:
        with self._connected(name) as connection:
            self._statement(connection, name, dataset)

    def _open(self, name: str) -> _Batches:
        return _Batches(self._batches(name))

    def _batches(self, name: str) -> Iterator[Batch]:
        dataset = self._dataset(name)
        with self._connected(name) as connection:
            key = self._key(connection, name, dataset)
            statement = self._statement(connection, name, dataset)
            result = connection.execution_options(stream_results=True).execute(statement)
            columns = tuple(Column(str(column), str(column)) for column in result.keys())  # noqa: SIM118 - a Result is no dict
            places = [index for index, column in enumerate(columns) if column.name in key]
            count = 0
            while rows := result.fetchmany(ROWS_PER_BATCH):
                yield Batch(columns, tuple(_row(row, places, count + number) for number, row in enumerate(rows, 1)))
                count += len(rows)

    def _dataset(self, name: str) -> SqlDataset:
        if name in self._datasets:
            dataset = self._datasets[name]
            return dataset if dataset.table or dataset.query else SqlDataset(name, None, dataset.key)
        return SqlDataset(table=name)

    def _statement(self, connection: Connection, name: str, dataset: SqlDataset) -> Any:
        if dataset.query is not None:
            return text(dataset.query)
        table = dataset.table or name
        found = inspect(connection)
        names = [*found.get_table_names(), *found.get_view_names()]
        if table not in names:
            nearest = get_close_matches(table, names, 1)
            suggestion = nearest[0] if nearest else None
            raise DatasetMissing(name, "TABLE_MISSING", table=table, nearest=suggestion, tables=", ".join(names[:20]))
        return select(Table(table, MetaData(), autoload_with=connection))

    def _key(self, connection: Connection, name: str, dataset: SqlDataset) -> tuple[str, ...]:
        if dataset.key or dataset.query is not None:
            return dataset.key
        return tuple(inspect(connection).get_pk_constraint(dataset.table or name)["constrained_columns"])

    # -- the connection -----------------------------------------------------------------------------------------------

    @contextmanager
    def _connected(self, where: str) -> Iterator[Connection]:
        """A read-only connection that is cut off after the source's time."""
        try:
            with self._readable() as path:
                engine = self._engine(path)
                with engine.connect() as connection, self._deadline(connection):
                    yield connection
        except (sqlalchemy_errors.SQLAlchemyError, sqlite3.Error, OSError) as error:
            raise translate(error, where, self._seconds) from error

    def _engine(self, path: Path) -> Engine:
        def connect() -> sqlite3.Connection:
            uri = f"{path.resolve().as_uri()}?mode=ro"
            raw = sqlite3.connect(uri, uri=True, check_same_thread=False, timeout=2)
            raw.execute("PRAGMA query_only = ON")
            raw.set_authorizer(_only_reading)
            raw.text_factory = _text
            return raw

        return create_engine("sqlite://", creator=connect, poolclass=NullPool)

    @contextmanager
    def _readable(self) -> Iterator[Path]:
        """The file itself, or a copy of it where reading would leave traces."""
        if not self._path.is_file():
            raise SourceUnavailable(self._path.name, "FILE_MISSING_SOURCE", file=self._path.name)
        with self._path.open("rb") as file:
            is_wal = file.read(20)[18:20] == WAL
        if not is_wal:
            yield self._path
            return
        with tempfile.TemporaryDirectory(prefix="simpul-") as folder:
            copy = Path(folder) / self._path.name
            shutil.copyfile(self._path, copy)
            if self._log.exists():
                shutil.copyfile(self._log, copy.with_name(self._log.name))
            with closing(sqlite3.connect(copy)) as db:
                db.execute("PRAGMA journal_mode = DELETE")
            yield copy

    @contextmanager
    def _deadline(self, connection: Connection) -> Iterator[None]:
        raw: Any = connection.connection.driver_connection
        timer = threading.Timer(self._seconds, raw.interrupt)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()


class _Batches:
    """An iterator of batches that runs in whichever thread asks, and can be closed from any."""

    def __init__(self, batches: Iterator[Batch]) -> None:
        self._batches = batches

    def __iter__(self) -> _Batches:
        return self

    def __next__(self) -> Batch:
        return next(self._batches)

    def close(self) -> None:
        """Gives the connection back."""
        self._batches.close()  # type: ignore[attr-defined]  # it is a generator


def translate(error: Exception, where: str, seconds: float) -> SourceError:
    """The error of our tree for one of SQLAlchemy's, sqlite3's or the operating system's."""
    original = getattr(error, "orig", None) or error
    words = str(original).lower()
    if isinstance(original, SourceError):
        return original
    if "interrupted" in words:
        return SourceTimeout(where, seconds=seconds)
    if "locked" in words or isinstance(original, PermissionError):
        return SourceBusy(where)
    if isinstance(original, OSError) or "unable to open" in words or isinstance(error, sqlalchemy_errors.TimeoutError):
        return SourceUnavailable(where, reason=type(original).__name__)
    if "no such table" in words:
        return DatasetMissing(where)
    if "prohibited" in words or "not authorized" in words or "readonly" in words:
        return SourceBroken(where, "QUERY_NOT_READING")
    return SourceBroken(where, "QUERY_FAILED", reason=str(original).splitlines()[0][:200])


_READING = {
    sqlite3.SQLITE_SELECT,
    sqlite3.SQLITE_READ,
    sqlite3.SQLITE_FUNCTION,
    sqlite3.SQLITE_RECURSIVE,
    sqlite3.SQLITE_PRAGMA,
    sqlite3.SQLITE_TRANSACTION,
}


def _only_reading(action: int, one: str | None, two: str | None, *_: object) -> int:
    if (
        action == sqlite3.SQLITE_PRAGMA
        and two is not None
        and not str(one).startswith(("table_", "index_", "foreign_key"))
    ):
        return sqlite3.SQLITE_DENY
    if action == sqlite3.SQLITE_FUNCTION and str(two).lower() == "load_extension":
        return sqlite3.SQLITE_DENY
    return sqlite3.SQLITE_OK if action in _READING else sqlite3.SQLITE_DENY


def _text(raw: bytes) -> str:
    """Text as UTF-8; what is not is told by a mark that no text holds, and becomes a cell error."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return _DAMAGED + raw.decode("latin-1")


_DAMAGED = "\udcff"


def _row(values: Sequence[Any], places: Sequence[int], number: int) -> Row:
    cells = tuple(_cell(value) for value in values)
    key = [str(cells[place]) for place in places if cells[place] is not None]
    return Row(".".join(key) if key else f"#{number}", cells)


def _cell(value: Any) -> Cell:
    if value is None or isinstance(value, bool | int | float | Decimal | datetime | date | time):
        return value
    if isinstance(value, str):
        return CellError("TEXT_DAMAGED") if value.startswith(_DAMAGED) else (value or None)
    if isinstance(value, bytes):
        try:
            return value.decode() or None
        except UnicodeDecodeError:
            return CellError("BLOB")
    return str(value)
