"""Reading has an end, gives way, and stops when nobody waits any more: on either engine, with statements that never end."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import pytest

from replica.binding import Statement
from replica.reading import Busy, Deadline, DeadlineExceeded, Reading, Replica, Sprint, TooFar, TooManyRows, Turns
from replica.sqlite import LONGEST_TEXT
from tests.replicas import ask

ENDLESS = Statement(
    "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000000000) SELECT count(*) FROM n",
    (),
)
QUICK = Statement("SELECT 1", ())


@pytest.fixture
async def replica(either: Any) -> AsyncIterator[Replica]:
    database, _ = either.hub()
    replica = Replica(database.reader, Turns(short=2, long=2, waiting=6), is_local=either.server is None)
    yield replica
    await asyncio.to_thread(replica.close)


def endless(reading: Reading) -> object:
    return reading.rows(ENDLESS, {})


def quick(reading: Reading) -> object:
    return reading.rows(QUICK, {})


async def test_a_statement_is_stopped_at_its_deadline_and_the_connection_serves_on(replica: Replica) -> None:
    for _ in range(3):
        with pytest.raises(DeadlineExceeded):
            await replica.read(endless, 0.4)
        assert await replica.read(quick, 5) == [(1,)]


async def test_a_statement_is_stopped_when_nobody_waits_for_it(either: Any, replica: Replica) -> None:
    begun, ended = threading.Event(), threading.Event()

    def work(reading: Reading) -> object:
        begun.set()
        try:
            return endless(reading)
        finally:
            ended.set()

    waiting = asyncio.ensure_future(replica.read(work, 600))
    assert await asyncio.to_thread(begun.wait, 10)
    waiting.cancel()
    with suppress(asyncio.CancelledError):
        await waiting
    assert await asyncio.to_thread(ended.wait, 10)
    assert await replica.read(quick, 5) == [(1,)]
    database, _ = either.hub()
    if database.dialect.name == "postgresql":
        running = "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%1000000000000%'"
        assert ask(database, f"{running} AND pid <> pg_backend_pid()") == [(0,)]


async def test_quick_operations_are_answered_however_many_long_ones_run(replica: Replica) -> None:
    long = [asyncio.ensure_future(replica.read(endless, 6)) for _ in range(8)]
    await asyncio.sleep(1)
    answers = [await replica.read(quick, 5) for _ in range(30)]
    still_running = [task for task in long if not task.done()]
    assert answers == [[(1,)]] * 30
    assert len(still_running) == 8
    for task in long:
        task.cancel()
    await asyncio.wait(long)


async def test_more_long_operations_than_may_wait_are_refused_at_once(either: Any) -> None:
    database, _ = either.hub()
    replica = Replica(database.reader, Turns(short=4, long=1, waiting=1))
    long = [asyncio.ensure_future(replica.read(endless, 30)) for _ in range(4)]
    refused, _ = await asyncio.wait(long, timeout=10, return_when=asyncio.FIRST_COMPLETED)
    while len(refused) < 2:
        more, _ = await asyncio.wait(set(long) - refused, timeout=10, return_when=asyncio.FIRST_COMPLETED)
        assert more
        refused |= more
    assert [type(task.exception()) for task in refused] == [Busy, Busy]
    assert await replica.read(quick, 5) == [(1,)]
    for task in long:
        task.cancel()
    await asyncio.wait(long)
    assert await replica.read(quick, 5) == [(1,)]
    await asyncio.to_thread(replica.close)


async def test_the_sizes_of_a_revision_are_read_once(either: Any) -> None:
    database, syncer = either.hub()
    replica = Replica(database.reader)
    before = await replica.read(lambda reading: dict(reading.sizes), 5)
    places = [{"code": code, "name": name, "parent": None} for code, name in (("1", "Lape"), ("2", "Lopok"))]
    either.data["plans"].update(places={"p": places})
    await syncer.sync("plans")
    counted = {
        f"entity:{name}": count
        for name in database.tables.entities
        if (count := ask(database, f'SELECT count(*) FROM "e_{name}"')[0][0])
    }
    found = await replica.read(lambda reading: dict(reading.sizes), 5)
    assert before != counted
    assert counted["entity:Place"] == 2
    assert {name: size for name, size in found.items() if name.startswith("entity:")} == counted
    again = await replica.read(lambda reading: reading.sizes, 5)
    assert await replica.read(lambda reading: reading.sizes, 5) is again
    await asyncio.to_thread(replica.close)


async def test_what_is_near_is_read_at_once_and_given_up_if_it_takes_long(either: Any, replica: Replica) -> None:
    for _ in range(2):
        if either.server is not None:
            with pytest.raises(TooFar):
                replica.read_at_once(quick)
            continue
        assert replica.read_at_once(quick) == [(1,)]
        with pytest.raises(DeadlineExceeded):
            replica.read_at_once(endless)
    assert await replica.read(quick, 5) == [(1,)]


async def test_what_another_process_writes_is_seen_by_connections_that_stay_open(either: Any) -> None:
    database, syncer = either.hub()
    replica = Replica(database.reader, is_local=either.server is None)

    def states(reading: Reading) -> object:
        return reading.revision, [(state.entity, state.ever_read) for state in reading.datasets]

    ways = [lambda: replica.read(states, 5)] if either.server else [lambda: replica.read(states, 5), None]
    seen: list[Any] = []
    for _ in range(2):
        for way in ways:
            seen.append(await way() if way else replica.read_at_once(states))
        either.data["plans"].update(places={"p": [{"code": "1", "name": "Lape", "parent": None}]})
        await syncer.sync("plans")
    first, last = seen[: len(ways)], seen[len(ways) :]
    assert len(set(map(repr, first))) == len(set(map(repr, last))) == 1
    assert first[0] != last[0]
    assert ("Place", True) in last[0][1]
    await asyncio.to_thread(replica.close)


@pytest.mark.parametrize("either", ["postgresql"], indirect=True)  # where a reader may have to wait for a lock
async def test_a_transaction_that_could_not_begin_in_time_is_ended_before_the_next_one(either: Any) -> None:
    database, _ = either.hub()
    replica = Replica(database.reader)
    assert await replica.read(quick, 5) == [(1,)]
    writer = database.connect()
    writer.execute("BEGIN")
    writer.execute("LOCK TABLE dataset IN ACCESS EXCLUSIVE MODE")
    with pytest.raises(DeadlineExceeded):
        await replica.read(quick, 0.5)
    writer.execute("ROLLBACK")

    assert await replica.read(quick, 5) == [(1,)]
    idle = "SELECT count(*) FROM pg_stat_activity WHERE state LIKE 'idle in transaction%' AND query LIKE '%dataset%'"
    assert ask(database, idle) == [(0,)]
    writer.close()
    await asyncio.to_thread(replica.close)


@pytest.mark.parametrize("either", ["sqlite"], indirect=True)  # whose handler counts steps over many statements
def test_a_deadline_that_is_over_stops_no_transaction_as_it_begins(either: Any) -> None:
    database, _ = either.hub()
    reader = database.reader()
    for _ in range(4_000):
        reader.begin(Sprint(Deadline(-1)))
        reader.end()
    reader.close()


@pytest.mark.parametrize("either", ["sqlite"], indirect=True)  # where the replica writes records itself
def test_what_is_written_grows_no_larger_than_it_may(either: Any) -> None:
    database, _ = either.hub()
    reader = database.reader()
    reader.begin(Sprint(Deadline(60)))

    with pytest.raises(TooManyRows):
        reader.rows("SELECT zeroblob(?)", (LONGEST_TEXT + 1,), 1)

    assert reader.rows("SELECT length(zeroblob(?))", (LONGEST_TEXT,), 1) == [(LONGEST_TEXT,)]
    reader.close()
