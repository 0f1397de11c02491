"""The one seam through which the replica is read: a read transaction with a deadline and a bound on rows."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

import orjson

from replica.ask import Variables
from replica.binding import Statement

T = TypeVar("T")

MAX_ROWS = 250_000  # rows that one operation may read
STEPS_BETWEEN_CHECKS = 20_000  # SQLite's virtual machine steps between two looks at the clock

# The two empty rows at its end are left unread until the transaction is over: while a statement is unfinished, SQLite keeps
# the read transaction that it began, and so every later select of the operation sees the same state without BEGIN.
STATE = """
    SELECT source, dataset, entity, ever_read, read_at, problem FROM dataset
    UNION ALL SELECT NULL, NULL, NULL, NULL, NULL, NULL
    UNION ALL SELECT NULL, NULL, NULL, NULL, NULL, NULL
"""


class DeadlineExceeded(Exception):
    """The operation took longer than it may."""


class TooManyRows(Exception):
    """The operation read more rows than it may."""


@dataclass(frozen=True, slots=True)
class DatasetState:
    """What is known of one dataset for one entity. `read_at` is UTC ISO text; `problem` {code, where, params} of the
    last sync if it failed."""

    source: str
    dataset: str
    entity: str
    ever_read: bool
    read_at: str | None
    problem: dict[str, Any] | None


class Reading:
    """One read transaction: every select in it sees the same state."""

    def __init__(self, connection: sqlite3.Connection, deadline: float) -> None:
        self._connection = connection
        self._deadline = deadline
        self._budget = MAX_ROWS
        self._state = connection.execute(STATE)
        self.statements = 1
        self.datasets = self._read_state()
        mapped = {state.entity for state in self.datasets}
        self.unavailable = mapped - {state.entity for state in self.datasets if state.ever_read}

    def rows(self, statement: Statement, variables: Variables, ids: Sequence[object] | None = None) -> list[Any]:
        """The rows of a statement, as tuples. Raises DeadlineExceeded or TooManyRows."""
        if time.monotonic() > self._deadline:
            raise DeadlineExceeded
        self.statements += 1
        cursor = self._connection.execute(statement.sql, statement.bind(variables, ids))
        rows = cursor.fetchmany(self._budget + 1)
        self._budget -= len(rows)
        if self._budget < 0:
            cursor.close()
            raise TooManyRows
        return rows

    def close(self) -> None:
        """Ends the transaction."""
        self._state.close()

    def _read_state(self) -> tuple[DatasetState, ...]:
        states = []
        for source, dataset, entity, ever_read, read_at, problem in self._state:
            if source is None:
                break
            loaded = orjson.loads(problem) if problem else None
            states.append(DatasetState(source, dataset, entity, bool(ever_read), read_at, loaded))
        return tuple(states)


class Replica:
    """Reads the replica with a few connections, each used by one operation at a time.

    `connect` opens a read-only connection with autocommit; it is called in the reading thread, first when needed."""

    def __init__(self, connect: Callable[[], sqlite3.Connection], readers: int = 4) -> None:
        self._connect = connect
        self._idle: SimpleQueue[_Reader] = SimpleQueue()
        self._threads = ThreadPoolExecutor(readers, thread_name_prefix="simpul-read")

    async def read(self, work: Callable[[Reading], T], seconds: float) -> T:
        """Runs `work` in one read transaction, in a thread, for at most `seconds`."""
        deadline = time.monotonic() + seconds
        return await asyncio.get_running_loop().run_in_executor(self._threads, self.read_here, work, deadline)

    def read_here(self, work: Callable[[Reading], T], deadline: float) -> T:
        """Runs `work` in one read transaction in this thread, until `deadline` of the monotonic clock."""
        try:
            reader = self._idle.get_nowait()
        except Empty:
            reader = _Reader(self._connect())
        try:
            result = reader.run(work, deadline)
        except sqlite3.Error:
            reader.connection.close()  # its file may have been replaced; the next operation opens it anew
            raise
        except BaseException:
            self._idle.put(reader)
            raise
        self._idle.put(reader)
        return result

    def close(self) -> None:
        """Waits for running operations and closes the connections."""
        self._threads.shutdown()
        while not self._idle.empty():
            self._idle.get_nowait().connection.close()


class _Reader:
    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection
        self._deadline = 0.0
        connection.set_progress_handler(self._is_late, STEPS_BETWEEN_CHECKS)

    def run(self, work: Callable[[Reading], T], deadline: float) -> T:
        self._deadline = deadline
        try:
            reading = Reading(self.connection, deadline)
            try:
                return work(reading)
            finally:
                reading.close()
        except sqlite3.OperationalError as error:
            if self._is_late():
                raise DeadlineExceeded from error
            raise

    def _is_late(self) -> bool:
        return time.monotonic() > self._deadline
