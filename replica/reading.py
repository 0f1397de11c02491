"""The one seam through which the replica is read: a read transaction with a deadline, a bound on rows, and a turn."""

from __future__ import annotations

import asyncio
import math
import os
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from operator import itemgetter
from queue import Empty, SimpleQueue
from threading import Lock, Semaphore
from typing import Any, NamedTuple, Protocol, TypeVar

import orjson

from replica.ask import Variables
from replica.binding import Statement
from replica.versions import REVISIONS, Versions

T = TypeVar("T")

MAX_ROWS = 250_000  # rows that one operation may read
UNSORTED = 10_000  # partners that are sorted and cut in this process
LAST = itemgetter(-1)
QUICK_SECONDS = 0.25  # an operation that has run for longer gives its place to others
SPRINT_SECONDS = 0.03  # for which an operation may hold up everything else
LOOK_SECONDS = 0.1  # between two looks of one that waits for a turn at whether anybody waits for it
SHORT_TURNS = 4  # operations that run at once, as long as they are quick
NEAR_TURNS = 2  # the same of a replica in this process: more threads would only wait for one another
LONG_TURNS = max(2, (os.cpu_count() or 1) - 1)  # and those beside them that are not
LONG_WAITING = 16  # operations that may wait for such a turn

STATE = (
    "SELECT source, dataset, entity, ever_read, read_at, problem, tried_at,"
    " (SELECT sum(number) FROM revision) AS revision FROM dataset"
)
SIZES = "SELECT name, size FROM revision WHERE size > 0"
FEW = 1_000_000


class DeadlineExceeded(Exception):
    """The operation took longer than it may, or nobody waits for it any more."""


class TooManyRows(Exception):
    """The operation read more rows than it may."""


class TooFar(Exception):
    """The replica can't be read in passing."""


class Busy(Exception):
    """So many operations run or wait that this one had no turn."""


class Deadline:
    """When an operation must have ended, on the monotonic clock. `stop` makes that now, from any thread."""

    def __init__(self, seconds: float) -> None:
        self.at = time.monotonic() + seconds
        self._stop: Callable[[], object] | None = None

    @property
    def left(self) -> float:
        """Seconds that are left; never less than 0."""
        return max(0.0, self.at - time.monotonic())

    @property
    def is_over(self) -> bool:
        return time.monotonic() > self.at

    @property
    def is_stopped(self) -> bool:
        """Whether nobody waits any more."""
        return self.at == -math.inf

    def stop(self) -> None:
        """Ends the operation: nobody waits for it any more."""
        self.at = -math.inf
        if (stop := self._stop) is not None:
            stop()

    def at_stop(self, stop: Callable[[], object] | None) -> None:
        """Calls `stop`, which must be quick, if the operation is ended before its time; takes the place of the last one."""
        self._stop = stop
        if self.is_stopped and stop is not None:
            stop()


class Turns:
    """Who may run. Every operation begins among `short`; one that turns out to be long gives that place to others and goes
    on, once there is room, among `long`: so however many long ones there are, a quick one finds its place."""

    def __init__(self, short: int = SHORT_TURNS, long: int = LONG_TURNS, waiting: int = LONG_WAITING) -> None:
        self.threads = short + long + waiting
        self._short = Semaphore(short)
        self._long = Semaphore(long)
        self._room = long + waiting
        self._lock = Lock()

    def begin(self, deadline: Deadline) -> Turn:
        """Waits for a place. Raises Busy if there is none in time, DeadlineExceeded if it is stopped meanwhile."""
        _take(self._short, deadline)
        return Turn(self, deadline)

    def lengthen(self, deadline: Deadline) -> None:
        """From a short to a long turn. Raises Busy if there is none in time or too many wait for one, DeadlineExceeded if it is
        stopped meanwhile; then it has no turn."""
        with self._lock:
            self._room -= 1
            is_busy = self._room < 0
        self._short.release()
        try:
            if is_busy:
                raise Busy
            _take(self._long, deadline)
        except BaseException:
            with self._lock:
                self._room += 1
            raise

    def end(self, *, is_long: bool) -> None:
        """Gives a turn back."""
        if not is_long:
            self._short.release()
            return
        self._long.release()
        with self._lock:
            self._room += 1


def _take(places: Semaphore, deadline: Deadline) -> None:
    """Waits for a place. Raises Busy if there is none in time, DeadlineExceeded if the operation is stopped meanwhile."""
    while not places.acquire(timeout=min(deadline.left, LOOK_SECONDS)):
        if deadline.is_stopped:
            raise DeadlineExceeded
        if deadline.is_over:
            raise Busy


class Sprint:
    """The turn of an operation that nobody else can run beside: it has to end before the deadline and makes no room."""

    def __init__(self, deadline: Deadline) -> None:
        self.deadline = deadline

    @property
    def left(self) -> float:
        """Seconds until it is time to look."""
        return self.deadline.left

    def restart(self) -> None:
        """It is as short as it was."""

    def look(self, *, is_long: bool = False) -> None:
        """Raises DeadlineExceeded if the operation may not go on."""
        if self.deadline.is_over:
            raise DeadlineExceeded


class Turn:
    """The turn of one operation. `look` is called now and then while it runs."""

    def __init__(self, turns: Turns, deadline: Deadline) -> None:
        self._turns = turns
        self.deadline = deadline
        self.is_long = False
        self._has_ended = False
        self.restart()

    def restart(self) -> None:
        """From now on it is looked at how long the operation takes."""
        self._quick_until = time.monotonic() + QUICK_SECONDS

    @property
    def left(self) -> float:
        """Seconds until it is time to look."""
        if self.is_long:
            return self.deadline.left
        return min(self.deadline.left, max(0.0, self._quick_until - time.monotonic()))

    def look(self, *, is_long: bool = False) -> None:
        """Raises DeadlineExceeded or Busy if the operation may not go on; waits if it has to make room, also when what comes next
        `is_long`."""
        now = time.monotonic()
        if now > self.deadline.at:
            raise DeadlineExceeded
        if not self.is_long and (is_long or now > self._quick_until):
            try:
                self._turns.lengthen(self.deadline)
            except BaseException:
                self._has_ended = True
                raise
            self.is_long = True

    def end(self) -> None:
        """Gives it back."""
        if not self._has_ended:
            self._has_ended = True
            self._turns.end(is_long=self.is_long)


@dataclass(frozen=True, slots=True)
class DatasetState:
    """What is known of one dataset for one entity. `read_at` and `tried_at` are UTC ISO text (`tried_at` empty before the first
    sync); `problem` {code, where, params} of the last sync if it failed."""

    source: str
    dataset: str
    entity: str
    ever_read: bool
    read_at: str | None
    problem: dict[str, Any] | None
    tried_at: str


class Asked(NamedTuple):
    """A statement that was run from these ids, in the form that suits them (`run`): how many rows it brought, and in how many
    seconds."""

    statement: Statement
    run: Statement
    ids: Sequence[object] | None
    rows: int
    seconds: float


@dataclass(frozen=True, slots=True)
class State:
    """What is known of the datasets, and which entities of theirs were never read. `revision` grows with every change."""

    revision: int | None
    datasets: tuple[DatasetState, ...]
    unavailable: frozenset[str]


def _state_of(rows: Sequence[Any]) -> State:
    datasets = tuple(
        DatasetState(
            source, dataset, entity, bool(ever_read), read_at, orjson.loads(problem) if problem else None, tried
        )
        for source, dataset, entity, ever_read, read_at, problem, tried, _ in rows
    )
    read = {state.entity for state in datasets if state.ever_read}
    unavailable = frozenset(state.entity for state in datasets if state.entity not in read)
    return State(rows[0][7] if rows else None, datasets, unavailable)


class Reader(Protocol):
    """One connection's way of reading the replica in a transaction in which nothing changes."""

    @property
    def errors(self) -> tuple[type[Exception], ...]:
        """What the engine raises."""

    def begin(self, turn: Turn | Sprint) -> list[Any]:
        """Begins the transaction and gives the rows of STATE; the same list as long as nothing has changed."""

    def rows(self, sql: str, parameters: Sequence[Any], most: int) -> list[Any]:
        """At most so many rows of a statement, as tuples. Raises what the turn does."""

    def explain(self, sql: str, parameters: Sequence[Any]) -> list[str]:
        """How the engine means to go about a statement, line by line."""

    def end(self) -> None:
        """Ends the transaction, also one that could not begin."""

    def close(self) -> None:
        """Closes the connection."""


class Reading:
    """One read transaction: every select in it sees the same state. `asked` has every statement that was run."""

    def __init__(self, reader: Reader, turn: Turn | Sprint, known: _Known) -> None:
        self._reader = reader
        self._turn = turn
        self._known = known
        self._budget = MAX_ROWS
        self.asked: list[Asked] = []
        self._forgotten = 0
        self.state = known.state(reader.begin(turn))

    @property
    def datasets(self) -> tuple[DatasetState, ...]:
        """What is known of each dataset."""
        return self.state.datasets

    @property
    def unavailable(self) -> frozenset[str]:
        """Entities that no sync has ever brought."""
        return self.state.unavailable

    @property
    def revision(self) -> int | None:
        """Grows with every change of the replica."""
        return self.state.revision

    @property
    def statements(self) -> int:
        """How many were run, the one that began the transaction among them."""
        return 1 + self._forgotten + len(self.asked)

    def make_room(self) -> None:
        """Before work that takes its time outside of the replica: others may go first. Raises DeadlineExceeded or Busy."""
        self._turn.look(is_long=True)

    @property
    def sizes(self) -> Mapping[str, int]:
        """How many rows entities and links have, as `replica.estimate` takes them."""
        return self._known.sizes(self.revision, lambda: self._reader.rows(SIZES, (), FEW))

    def version(self, names: frozenset[str]) -> str:
        """The version of what these names stand for (`replica.versions`)."""
        return self._known.versions(self.state, lambda: self._reader.rows(REVISIONS, (), FEW)).of(names)

    def rows(self, statement: Statement, variables: Variables, ids: Sequence[object] | None = None) -> list[Any]:
        """The rows of a statement, as tuples. Raises DeadlineExceeded, TooManyRows or Busy."""
        began = self._begun()
        run = statement.starting_from(ids)
        rows = self._reader.rows(run.sql, run.bind(variables, ids), self._budget + 1)
        self._spend(Asked(statement, run, ids, len(rows), time.monotonic() - began))
        return rows

    def partners(
        self, statement: Statement, variables: Variables, ids: Sequence[object], most: int
    ) -> Mapping[int, list[Any]]:
        """The rows of a statement by the parent that stands first in each, at most so many of each parent, in their order. Raises
        what `rows` does."""
        if statement.unsorted is None or len(ids) < 2:
            return _by_parent(self.rows(statement, variables, ids))
        began, run = self._begun(), statement.unsorted.get()
        rows = self._reader.rows(run.sql, run.bind(variables, ids), UNSORTED + 1)
        if len(rows) > UNSORTED:  # let the replica choose among so many
            return _by_parent(self.rows(statement, variables, ids))
        found = _by_parent(rows)
        for of_one in found.values():  # to sort and cut these few here is far quicker than a window
            if len(of_one) > 1:
                of_one.sort(key=LAST)
                del of_one[most:]
        self._spend(Asked(statement, run, ids, sum(map(len, found.values())), time.monotonic() - began))
        return found

    def _begun(self) -> float:
        now = time.monotonic()
        if now > self._turn.deadline.at:
            raise DeadlineExceeded
        return now

    def _spend(self, asked: Asked) -> None:
        self.asked.append(asked)
        self._budget -= asked.rows
        if self._budget < 0:
            raise TooManyRows

    def explain(self, asked: Asked, variables: Variables) -> list[str]:
        """How the engine went about a statement, line by line; nothing is read."""
        return self._reader.explain(asked.run.sql, asked.run.bind(variables, asked.ids))

    def forget(self) -> None:
        """What was read so far is done with: the bound on rows holds anew for what follows."""
        self._budget = MAX_ROWS
        self._forgotten += len(self.asked)
        self.asked.clear()


def _by_parent(rows: Sequence[Any]) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = {}
    for row in rows:
        of_one = found.get(row[0])
        if of_one is None:
            found[row[0]] = [row]
        else:
            of_one.append(row)
    return found


class _Known:
    """What was last read of the state, and the sizes of the last revision, each worked out once."""

    def __init__(self) -> None:
        self._state: tuple[list[Any] | None, State] = (None, State(None, (), frozenset()))
        self._sizes: tuple[int | None, Mapping[str, int]] = (None, {})
        self._versions: tuple[State | None, Versions] = (None, Versions((), {}))

    def state(self, rows: list[Any]) -> State:
        last, state = self._state
        if rows is not last and rows != last:
            state = _state_of(rows)
            self._state = (rows, state)
        return state

    def sizes(self, revision: int | None, read: Callable[[], list[Any]]) -> Mapping[str, int]:
        found, sizes = self._sizes
        if found != revision:
            sizes = dict(read())
            self._sizes = (revision, sizes)
        return sizes

    def versions(self, state: State, read: Callable[[], list[Any]]) -> Versions:
        found, versions = self._versions
        if found is not state:
            versions = Versions(state.datasets, dict(read()))
            self._versions = (state, versions)
        return versions

    @property
    def last(self) -> tuple[int | None, Mapping[str, int]]:
        """The last revision that was measured, and its sizes."""
        return self._sizes


class Replica:
    """Reads the replica with a few connections, each used by one operation at a time.

    `connect` makes a reader; it is called in the reading thread, first when needed. `is_local` says that a read of a few rows
    takes no longer than handing it to a thread."""

    def __init__(self, connect: Callable[[], Reader], turns: Turns | None = None, *, is_local: bool = False) -> None:
        self._connect = connect
        self._is_local = is_local
        self._turns = turns or Turns(NEAR_TURNS if is_local else SHORT_TURNS)
        self._known = _Known()
        self._near: Reader | None = None  # of the event loop's own thread
        self._idle: SimpleQueue[Reader] = SimpleQueue()
        self._threads = ThreadPoolExecutor(self._turns.threads, thread_name_prefix="simpul-read")

    @property
    def measured(self) -> tuple[int | None, Mapping[str, int]]:
        """The revision and sizes that an operation has last asked for; (None, {}) if none has."""
        return self._known.last

    def read_at_once(self, work: Callable[[Reading], T]) -> T:
        """Runs `work`, which is expected to read a few rows, in this thread, which must always be the same. Raises
        DeadlineExceeded after SPRINT_SECONDS, and TooFar if the replica is not as near as that."""
        if not self._is_local:
            raise TooFar
        if self._near is None:
            self._near = self._connect()
        try:
            return self._worked(work, self._near, Sprint(Deadline(SPRINT_SECONDS)))
        except self._near.errors:
            self._near.close()
            self._near = None
            raise

    async def read(self, work: Callable[[Reading], T], seconds: float) -> T:
        """Runs `work` in one read transaction, in a thread, for at most `seconds`. If the caller is cancelled, so is what the
        replica does for it."""
        deadline = Deadline(seconds)
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, self.read_here, work, deadline)
        except asyncio.CancelledError:
            deadline.stop()
            raise

    def read_here(self, work: Callable[[Reading], T], deadline: Deadline) -> T:
        """Runs `work` in one read transaction in this thread, until the deadline."""
        turn = self._turns.begin(deadline)
        try:
            return self._read(work, turn)
        finally:
            turn.end()

    def _read(self, work: Callable[[Reading], T], turn: Turn | Sprint) -> T:
        try:
            reader = self._idle.get_nowait()
        except Empty:
            reader = self._connect()
        try:
            result = self._worked(work, reader, turn)
        except reader.errors:
            reader.close()  # what it reads may have been replaced; the next operation opens it anew
            raise
        except BaseException:
            self._give_back(reader)
            raise
        self._give_back(reader)
        return result

    def _worked(self, work: Callable[[Reading], T], reader: Reader, turn: Turn | Sprint) -> T:
        try:
            return work(Reading(reader, turn, self._known))
        finally:
            reader.end()

    def _give_back(self, reader: Reader) -> None:
        if self._idle.qsize() < SHORT_TURNS + LONG_TURNS:
            self._idle.put(reader)
        else:
            reader.close()

    def close(self) -> None:
        """Waits for running operations and closes the connections."""
        self._threads.shutdown()
        if self._near is not None:
            self._near.close()
        while not self._idle.empty():
            self._idle.get_nowait().close()
