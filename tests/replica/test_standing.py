"""How a source stands is told with its record: until when it is left alone, when it should have been read again, and how long its
last sync took."""

from __future__ import annotations

import asyncio
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from config.hub import Refresh
from connectors.errors import SourceUnavailable
from connectors.memory import MemoryConnector
from connectors.policy import Standing
from replica.system import SourceState, read_sources
from tests.replica.test_sync import wish


class Watched(MemoryConnector):
    """A connector whose source stands as a test says."""

    standing = Standing()


@pytest.fixture
def world(either: Any) -> Any:
    either.data["plans"]["wishes"]["a"] = [wish("1")]
    either.connectors["plans"] = Watched(either.data["plans"])
    return either


def refreshed(world: Any, refresh: Refresh) -> None:
    sources = {name: replace(source, refresh=refresh) for name, source in world.config.sources.items()}
    world.config = replace(world.config, sources=sources)


def state(database: Any, name: str = "plans") -> SourceState:
    return next(source for source in read_sources(database) if source.name == name)


def test_a_source_that_is_left_alone_says_until_when_and_another_sync_does_not_forget_it(world: Any) -> None:
    database, syncer = world.hub()
    plans = world.connectors["plans"]
    asyncio.run(syncer.sync("plans"))
    well = state(database)
    plans.failure, plans.standing = SourceUnavailable("plans", "SOURCE_UNREACHABLE"), Standing(5, 90)
    asyncio.run(syncer.sync("plans"))
    failed = state(database)
    world.second("money", "more", "Wish")
    database, syncer = world.hub()  # another configuration has every source written down again
    later = state(database)
    plans.failure, plans.standing = None, Standing()
    asyncio.run(syncer.sync("plans"))
    again = state(database)

    assert (well.state, well.retry_at, well.problem, well.rests(world.now)) == ("FRESH", None, None, False)
    assert failed.state == "STALE"
    assert failed.problem == {"code": "SOURCE_UNREACHABLE", "where": "plans", "params": {}}
    assert failed.tried_at is not None and failed.retry_at == failed.tried_at + timedelta(seconds=90)
    assert (failed.rests(failed.tried_at), failed.rests(failed.retry_at)) == (True, False)
    assert later.retry_at == failed.retry_at
    assert (again.state, again.retry_at) == ("FRESH", None)


def test_the_clock_of_the_hub_tells_how_long_a_sync_took(world: Any) -> None:
    database, syncer = world.hub()
    asyncio.run(syncer.sync("plans"))

    assert state(database).took == timedelta(seconds=1)  # it ticks once between beginning and end
    assert state(database, "money").took is None


def test_what_is_late_is_told_by_what_was_promised(world: Any) -> None:
    refreshed(world, Refresh(timedelta(minutes=10)))
    database, syncer = world.hub()
    asyncio.run(syncer.sync("plans"))
    read = state(database)
    world.connectors["plans"].failure = SourceUnavailable("plans", "SOURCE_UNREACHABLE")
    asyncio.run(syncer.sync("plans"))
    failed = state(database)

    assert read.read_at is not None and read.due_at == read.read_at + timedelta(minutes=10)
    assert failed.due_at == read.due_at  # a try is no reading
    assert read.due_at is not None
    assert failed.lag(read.due_at + timedelta(minutes=3)) == timedelta(minutes=3)
    assert failed.lag(read.read_at) == timedelta()
    assert state(database, "money").due_at is None


@pytest.mark.parametrize("refresh", [Refresh(None), Refresh(timedelta(seconds=5), watch=True)])
def test_nothing_is_promised_of_what_is_read_by_hand_or_when_it_changes(world: Any, refresh: Refresh) -> None:
    refreshed(world, refresh)
    database, syncer = world.hub()
    asyncio.run(syncer.sync("plans"))

    assert (state(database).due_at, state(database).lag(world.now)) == (None, timedelta())


def test_times_alone_are_no_change(world: Any) -> None:
    refreshed(world, Refresh(timedelta(minutes=10)))
    database, syncer = world.hub()
    asyncio.run(syncer.sync("plans"))
    with closing(database.connect(readonly=True)) as db:
        before = db.execute("SELECT name, number FROM revision ORDER BY name").fetchall()
    asyncio.run(syncer.sync("plans"))
    with closing(database.connect(readonly=True)) as db:
        after = db.execute("SELECT name, number FROM revision ORDER BY name").fetchall()

    assert before == after
