"""Background sync: each source by its own refresh, from the first sync on, whatever goes wrong."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal

from config.hub import Refresh, SourceConfig
from connectors.connector import Part
from connectors.errors import SourceBusy
from connectors.memory import MemoryConnector
from connectors.policy import Standing
from simpul.background import Background, Elsewhere, Watched

SOON = timedelta(milliseconds=5)


class Stamped(MemoryConnector):
    """A connector whose only part has the stamp that a test gives it."""

    def __init__(self) -> None:
        super().__init__({"rows": {"a": []}})
        self.stamp: str | None = "1"
        self.looked = 0

    async def parts(self, dataset: str) -> list[Part]:
        self.looked += 1
        if self.failure is not None:
            raise self.failure
        return [Part("a", "a", self.stamp)]


class Syncs:
    """Counts syncs; `well` says how each ends, `fail` makes them raise."""

    def __init__(self) -> None:
        self.times: dict[str, int] = {}
        self.running: set[str] = set()
        self.well = True
        self.fail = False
        self.hold: asyncio.Event | None = None

    async def __call__(self, source: str) -> bool:
        assert source not in self.running
        self.running.add(source)
        self.times[source] = self.times.get(source, 0) + 1
        try:
            if self.hold is not None:
                await self.hold.wait()
            if self.fail:
                raise RuntimeError("boom")
            return self.well
        finally:
            self.running.discard(source)

    async def reach(self, source: str, times: int) -> None:
        async with asyncio.timeout(5):
            while self.times.get(source, 0) < times:
                await asyncio.sleep(0.001)


def watched(name: str, refresh: Refresh, connector: MemoryConnector, tried: bool = False) -> Watched:
    datasets: Mapping[str, Mapping[str, object]] = {"rows": {}}
    source = SourceConfig(name, "memory", {}, datasets, refresh, "Asia/Makassar", Decimal("0.5"), 1)
    return Watched(source, lambda: connector, tried)


def background(syncs: Syncs, *sources: Watched) -> Background:
    return Background({one.source.name: one for one in sources}, syncs)


async def test_a_source_is_synced_at_the_start_and_then_at_its_interval() -> None:
    syncs = Syncs()

    async with background(syncs, watched("a", Refresh(SOON), Stamped())).running():
        await syncs.reach("a", 4)

    assert syncs.times["a"] >= 4


async def test_a_source_by_hand_is_read_once_if_it_never_was_and_then_left_alone() -> None:
    syncs = Syncs()
    new, old = watched("new", Refresh(None), Stamped()), watched("old", Refresh(None), Stamped(), tried=True)
    busy = watched("busy", Refresh(SOON), Stamped())

    async with background(syncs, new, old, busy).running():
        await syncs.reach("busy", 5)

    assert syncs.times["new"] == 1
    assert "old" not in syncs.times


async def test_a_watched_source_is_synced_when_a_file_has_changed() -> None:
    syncs, connector = Syncs(), Stamped()

    async with background(syncs, watched("a", Refresh(SOON, watch=True), connector)).running():
        await syncs.reach("a", 1)
        while connector.looked < 5:
            await asyncio.sleep(0.001)
        unchanged = syncs.times["a"]
        connector.stamp = "2"
        await syncs.reach("a", 2)

    assert unchanged == 1


async def test_a_watched_file_that_could_not_be_read_is_tried_again_unchanged() -> None:
    syncs, connector = Syncs(), Stamped()
    syncs.well = False

    async with background(syncs, watched("a", Refresh(SOON, watch=True), connector)).running():
        await syncs.reach("a", 3)

    assert syncs.times["a"] >= 3


async def test_a_watched_folder_that_is_gone_is_synced_so_that_its_absence_shows() -> None:
    syncs, connector = Syncs(), Stamped()
    connector.failure = SourceBusy("a")

    async with background(syncs, watched("a", Refresh(SOON, watch=True), connector)).running():
        await syncs.reach("a", 2)

    assert syncs.times["a"] >= 2


class Hearing(Stamped):
    """Hears of news by itself."""

    def __init__(self) -> None:
        super().__init__()
        self.news = asyncio.Event()
        self.listened = 0

    async def changed(self) -> None:
        self.listened += 1
        await self.news.wait()
        self.news.clear()
        if self.failure is not None:
            raise self.failure


async def test_a_source_that_hears_of_news_is_synced_when_it_does() -> None:
    syncs, connector = Syncs(), Hearing()

    async with background(syncs, watched("a", Refresh(SOON, watch=True), connector)).running():
        while not connector.listened:
            await asyncio.sleep(0.001)
        before = dict(syncs.times)
        connector.news.set()
        await syncs.reach("a", 2)
        while connector.listened < 2:
            await asyncio.sleep(0.001)
        connector.failure = SourceBusy("a")  # it can't be asked any more: the sync finds out and says so
        connector.news.set()
        await syncs.reach("a", 3)

    assert before == {"a": 1} and connector.looked == 0


async def test_after_trouble_a_source_that_hears_of_news_is_tried_again() -> None:
    syncs, connector = Syncs(), Hearing()
    syncs.well = False

    async with background(syncs, watched("a", Refresh(SOON, watch=True), connector)).running():
        await syncs.reach("a", 3)

    assert connector.listened == 0


async def test_an_error_of_ours_in_a_sync_stops_nothing() -> None:
    syncs = Syncs()
    syncs.fail = True
    kept = background(syncs, watched("a", Refresh(SOON), Stamped()), watched("b", Refresh(SOON), Stamped()))

    async with kept.running():
        await syncs.reach("a", 3)
        await syncs.reach("b", 3)

    assert await kept.waiting() == ()


async def test_ready_waits_for_each_first_sync_and_no_longer() -> None:
    syncs = Syncs()
    syncs.hold = asyncio.Event()
    kept = background(
        syncs, watched("new", Refresh(SOON), Stamped()), watched("old", Refresh(SOON), Stamped(), tried=True)
    )

    async with kept.running():
        await syncs.reach("new", 1)
        before = await kept.waiting()
        syncs.hold.set()
        await syncs.reach("new", 2)

    assert before == ("new",)
    assert await kept.waiting() == ()


async def test_beside_the_process_that_syncs_the_replica_is_asked_until_nothing_is_waited_for() -> None:
    answers = [frozenset[str](), frozenset({"b"}), frozenset({"b", "a", "gone from hub.yaml"})]

    async def tried() -> frozenset[str]:
        return answers.pop(0)

    beside = Elsewhere(("a", "b"), tried)
    async with beside.running():
        told = [await beside.waiting() for _ in range(5)]

    assert told == [("a", "b"), ("a",), (), (), ()]


async def test_leaving_stops_a_sync_under_way() -> None:
    syncs = Syncs()
    syncs.hold = asyncio.Event()

    async with background(syncs, watched("a", Refresh(SOON), Stamped())).running():
        await syncs.reach("a", 1)

    assert syncs.running == set()


async def test_a_source_that_is_left_alone_is_not_tried_before_its_rest_is_over() -> None:
    class Resting(Stamped):
        standing = Standing(5, 3_600)

    syncs = Syncs()
    sources = watched("a", Refresh(SOON), Resting()), watched("b", Refresh(SOON), Stamped())

    async with background(syncs, *sources).running():
        await syncs.reach("b", 5)

    assert syncs.times["a"] == 1


async def test_files_that_are_being_written_are_left_alone_until_they_look_the_same_twice() -> None:
    syncs, connector = Syncs(), Stamped()

    async with background(syncs, watched("a", Refresh(SOON, watch=True), connector)).running():
        await syncs.reach("a", 1)
        for stamp in ("2", None, "3"):
            connector.stamp, looked = stamp, connector.looked
            while connector.looked == looked:
                await asyncio.sleep(0.0001)
        while_it_was_written = syncs.times["a"]
        await syncs.reach("a", 2)

    assert while_it_was_written == 1


async def test_files_that_never_rest_are_read_nevertheless() -> None:
    syncs, connector = Syncs(), Stamped()
    connector.stamp = None

    async with background(syncs, watched("a", Refresh(SOON, watch=True), connector)).running():
        await syncs.reach("a", 3)

    assert connector.looked > syncs.times["a"], "it was waited for"
