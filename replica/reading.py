"""The one seam through which the replica is read: a read transaction with a deadline and a bound on rows."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Any, Protocol, TypeVar

import orjson

from replica.ask import Variables
from replica.binding import Statement

T = TypeVar("T")

MAX_ROWS = 250_000  # rows that one operation may read

STATE = "SELECT source, dataset, entity, ever_read, read_at, problem FROM dataset"


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


class Reader(Protocol):
    """One connection's way of reading the replica in a transaction in which nothing changes."""

    @property
    def errors(self) -> tuple[type[Exception], ...]:
        """What the engine raises."""

    def begin(self, deadline: float) -> list[Any]:
        """Begins the transaction and gives the rows of STATE."""

    def rows(self, sql: str, parameters: Sequence[Any], most: int) -> list[Any]:
        """At most so many rows of a statement, as tuples. Raises DeadlineExceeded."""

    def end(self) -> None:
        """Ends the transaction."""

    def close(self) -> None:
        """Closes the connection."""


class Reading:
    """One read transaction: every select in it sees the same state."""

    def __init__(self, reader: Reader, deadline: float) -> None:
        self._reader = reader
        self._deadline = deadline
        self._budget = MAX_ROWS
        self.datasets = tuple(
            DatasetState(source, dataset, entity, bool(ever_read), read_at, orjson.loads(problem) if problem else None)
            for source, dataset, entity, ever_read, read_at, problem in reader.begin(deadline)
        )
        self.statements = 1
        mapped = {state.entity for state in self.datasets}
        self.unavailable = mapped - {state.entity for state in self.datasets if state.ever_read}

    def rows(self, statement: Statement, variables: Variables, ids: Sequence[object] | None = None) -> list[Any]:
        """The rows of a statement, as tuples. Raises DeadlineExceeded or TooManyRows."""
        if time.monotonic() > self._deadline:
            raise DeadlineExceeded
        self.statements += 1
        rows = self._reader.rows(statement.sql, statement.bind(variables, ids), self._budget + 1)
        self._budget -= len(rows)
        if self._budget < 0:
            raise TooManyRows
        return rows

    def forget(self) -> None:
        """What was read so far is done with: the bound on rows holds anew for what follows."""
        self._budget = MAX_ROWS


class Replica:
    """Reads the replica with a few connections, each used by one operation at a time.

    `connect` makes a reader; it is called in the reading thread, first when needed."""

    def __init__(self, connect: Callable[[], Reader], readers: int = 4) -> None:
        self._connect = connect
        self._idle: SimpleQueue[Reader] = SimpleQueue()
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
            reader = self._connect()
        try:
            reading = Reading(reader, deadline)
            try:
                result = work(reading)
            finally:
                reader.end()
        except reader.errors:
            reader.close()  # what it reads may have been replaced; the next operation opens it anew
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
            self._idle.get_nowait().close()
