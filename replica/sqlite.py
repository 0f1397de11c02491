"""The replica in a SQLite file, read while it is written (WAL)."""

from __future__ import annotations

import logging
import sqlite3
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from config.entities import Catalogue
from replica.binding import SUM_BASE
from replica.database import BUSY_SECONDS, Database, ReplicaLocked, ReplicaUnusable
from replica.reading import STATE, Sprint, TooManyRows, Turn
from replica.search import has_fts5
from replica.session import SQLITE, Session
from replica.wire import cell_of, wire_id

LOG = logging.getLogger("simpul.replica")

PAGE_BYTES = 8_192  # a record of a dozen fields fills a quarter of a smaller page, and a big sync is quicker by a tenth
WRITER_KB = 65_536  # of pages that one who writes keeps
READER_KB = 4_096  # and one who reads: a server has several, and what they read stands in the system's cache anyway
MAPPED_BYTES = 64 * 1024 * 1024  # of the file that a reader sees without copying; counted as memory of the process
LONGEST_TEXT = 64 * 1024 * 1024  # bytes of what one statement writes of records
STEPS_BETWEEN_CHECKS = 20_000  # SQLite's virtual machine steps between two looks at the clock

# The two empty rows at its end are left unread until the transaction is over: while a statement is unfinished, SQLite keeps
# the read transaction that it began, and so every later select of the operation sees the same state without BEGIN. The number
# grows when another connection has written.
HELD = "SELECT data_version FROM pragma_data_version" + 2 * " UNION ALL SELECT NULL"


class SqliteDatabase(Database):
    """A replica in a SQLite file."""

    dialect = SQLITE
    errors = (sqlite3.Error, OSError)

    def __init__(self, path: Path, catalogue: Catalogue, fingerprints: Mapping[str, str]) -> None:
        super().__init__(catalogue, fingerprints)
        self.path = path

    @property
    def where(self) -> str:
        """The file."""
        return str(self.path)

    @property
    def staging(self) -> Path:
        """Beside the replica: on the same disk, and no easier to look into."""
        return self.path.with_name(f"{self.path.name}-staging-")

    def open(self) -> None:
        """Makes the file, and its tables if it has none. Raises ReplicaUnusable."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            if not has_fts5():
                LOG.warning(
                    "this SQLite was built without FTS5: a search reads all words of all records instead of an index"
                )
            with closing(self._open()) as db:
                db.execute(f"PRAGMA page_size = {PAGE_BYTES}")  # heeded by a file that is still empty
                db.execute("PRAGMA journal_mode = WAL")
                if not self.marks_of(db):
                    with self.write_lock(BUSY_SECONDS):
                        self.make(db)
        except (sqlite3.Error, OSError) as error:
            raise ReplicaUnusable(self.where, str(error)) from error

    def connect(self, *, readonly: bool = False) -> sqlite3.Connection:
        """A session in autocommit mode, for use in any one thread at a time."""
        db = self._open()
        db.execute("PRAGMA synchronous = NORMAL")
        db.execute(f"PRAGMA cache_size = {-READER_KB if readonly else -WRITER_KB}")
        add_functions(db)
        if readonly:
            db.execute(f"PRAGMA mmap_size = {MAPPED_BYTES}")
            db.execute("PRAGMA temp_store = MEMORY")
            db.execute("PRAGMA query_only = ON")
            db.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LONGEST_TEXT)
        return db

    def reader(self) -> SqliteReader:
        """What reads for one operation at a time."""
        return SqliteReader(self.connect(readonly=True))

    @contextmanager
    def write_lock(self, seconds: float) -> Iterator[None]:
        """Given back by the operating system when its holder dies."""
        lock = self.path.with_name(self.path.name + "-lock")
        with closing(sqlite3.connect(lock, timeout=0, isolation_level=None)) as db:
            deadline = time.monotonic() + seconds
            while True:
                try:
                    db.execute("BEGIN EXCLUSIVE")
                    break
                except sqlite3.OperationalError as error:
                    if error.sqlite_errorcode != sqlite3.SQLITE_BUSY:
                        raise  # nobody holds it: the folder can't be written
                    if time.monotonic() >= deadline:
                        raise ReplicaLocked from error
                    time.sleep(0.05)
            try:
                yield
            finally:
                db.execute("ROLLBACK")

    def attach(self, session: Session, staging: Path) -> None:
        """The file itself."""
        session.execute("ATTACH ? AS staging", (str(staging),))

    def marks_of(self, session: Session) -> dict[str, str]:
        """The marks that the replica carries; none if it is new."""
        if not session.execute("SELECT 1 FROM sqlite_master WHERE name = 'meta'").fetchone():
            return {}
        return self._stored_marks(session)

    def _open(self) -> sqlite3.Connection:
        return sqlite3.connect(self.path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)


def add_functions(db: sqlite3.Connection) -> None:
    """What statements call by name that SQLite does not have."""
    db.create_function("simpul_day", 2, day_in_zone, deterministic=True)
    db.create_function("simpul_divide", 6, divide, deterministic=True)
    db.create_function("simpul_time", 2, time_in_zone, deterministic=True)
    db.create_function("simpul_id", 2, wire_id, deterministic=True)
    db.create_function("simpul_cell", 4, cell_of, deterministic=True)


def divide(
    high: int | None, low: int | None, right_high: int | None, right_low: int | None, places: int, part: int
) -> int | None:
    """Two sums divided and rounded half to even, see Binder.divided."""
    right = (right_high or 0) * SUM_BASE + (right_low or 0)
    if high is None or low is None or not right:
        return None
    left = high * SUM_BASE + low
    if places >= 0:
        left *= int(10**places)
    else:
        right *= int(10**-places)
    whole, rest = divmod(abs(left), abs(right))
    whole += 2 * rest > abs(right) or (2 * rest == abs(right) and whole % 2)
    return divmod(whole if (left < 0) == (right < 0) else -whole, SUM_BASE)[part]


@lru_cache(maxsize=65536)
def day_in_zone(moment: str | None, zone: str) -> str | None:
    """The day of a stored time in a zone, as ISO text."""
    if moment is None:
        return None
    return datetime.fromisoformat(moment).astimezone(ZoneInfo(zone)).date().isoformat()


@lru_cache(maxsize=65536)
def time_in_zone(moment: str | None, zone: str) -> str | None:
    """A stored time as ISO text with the offset of a zone."""
    return None if moment is None else datetime.fromisoformat(moment).astimezone(ZoneInfo(zone)).isoformat()


class SqliteReader:
    """Reads for one operation at a time, in one read transaction."""

    errors = (sqlite3.Error,)

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._turn: Turn | Sprint | None = None
        self._held: sqlite3.Cursor | None = None
        self._version: int | None = None
        self._states: list[Any] = []
        self._stopped: BaseException | None = None
        connection.set_progress_handler(self._look, STEPS_BETWEEN_CHECKS)

    def begin(self, turn: Turn | Sprint) -> list[Any]:
        """Begins the transaction and says what is known of each dataset."""
        self._stopped = None
        self._held = self._connection.execute(HELD)
        (version,) = self._held.fetchone()
        if version != self._version:
            self._states = self._connection.execute(STATE).fetchall()
            self._version = version
        self._turn = turn  # it looks from now on: what came before is short
        return self._states

    def rows(self, sql: str, parameters: Sequence[Any], most: int) -> list[Any]:
        """At most so many rows. Raises what the turn does."""
        try:
            cursor = self._connection.execute(sql, parameters)
            rows = cursor.fetchmany(most)
            cursor.close()
        except sqlite3.OperationalError as error:
            if self._stopped is not None:
                raise self._stopped from error
            raise
        except sqlite3.DataError as error:
            if error.sqlite_errorcode == sqlite3.SQLITE_TOOBIG:
                raise TooManyRows from error
            raise
        return rows

    def explain(self, sql: str, parameters: Sequence[Any]) -> list[str]:
        """The query plan, its steps indented as they hang together."""
        self._turn = None
        depths = {0: -1}
        lines = []
        for number, parent, _, step in self._connection.execute(f"EXPLAIN QUERY PLAN {sql}", parameters).fetchall():
            depths[number] = depths[parent] + 1
            lines.append(f"{'  ' * depths[number]}{step}")
        return lines

    def end(self) -> None:
        """Ends the transaction."""
        if self._held is not None:
            self._held.close()
        self._turn = None

    def close(self) -> None:
        """Closes the connection."""
        self._connection.close()

    def _look(self) -> bool:
        """Whether the statement is to stop. SQLite takes no exception from here, so it waits for the statement's end."""
        if self._turn is None:
            return False
        try:
            self._turn.look()
        except Exception as error:
            self._stopped = error
            return True
        return False
