"""Background sync of `serve`: each source by its `refresh`, one run at a time; errors never stop the hub."""

from __future__ import annotations

import asyncio
import ctypes
import logging
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import cast

from config.hub import SourceConfig
from connectors.connector import Connector, WatchedConnector
from connectors.errors import SourceError
from connectors.policy import standing_of

LOG = logging.getLogger("simpul.background")

AFTER_TROUBLE = 12  # times the pause between two looks

Sync = Callable[[str], Awaitable[bool]]
"""Brings one source into the replica and says whether all went well; a source's trouble is no exception."""

Stamps = tuple[tuple[str, str, str | None], ...]
"""Dataset, part and stamp; where nothing could be listed, the code of the reason."""
AGAIN_SECONDS = 30.0  # after a fault of ours
REST_SECONDS = 2.0  # between two looks at files that are being written
MOST_LOOKS = 5  # for files that never rest


@dataclass(frozen=True, slots=True)
class Watched:
    """A source, what makes the connector that reads it, and whether it was ever brought in before this process started."""

    source: SourceConfig
    connect: Callable[[], Connector]
    tried: bool


class Background:
    """Keeps the sources of a hub up to date while it serves."""

    def __init__(self, sources: Mapping[str, Watched], sync: Sync) -> None:
        self._sources = sources
        self._sync = sync
        self._ended = {name for name, watched in sources.items() if watched.tried}

    async def waiting(self) -> tuple[str, ...]:
        """The sources whose first sync has not ended yet."""
        return tuple(name for name in self._sources if name not in self._ended)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Syncs while the block runs; on leaving it, stops the runs that are under way."""
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(self._keep(watched)) for watched in self._sources.values()]
            try:
                yield
            finally:
                for task in tasks:
                    task.cancel()

    async def _keep(self, watched: Watched) -> None:
        """The life of one source, begun again a while after a fault of ours."""
        while True:
            try:
                return await self._live(watched)
            except Exception:
                LOG.exception("%s: keeping the source up to date failed; it is begun again", watched.source.name)
            await asyncio.sleep(AGAIN_SECONDS)

    async def _live(self, watched: Watched) -> None:
        """A source that is brought in by hand is read once if it never was, so that the hub can
        answer; one that is left alone after failures (`connectors.policy`) is not tried before its rest is over."""
        refresh = watched.source.refresh
        seen: Stamps | None = None
        looked: Stamps | None = None
        looks = 0
        if refresh.every is None and watched.tried:
            return
        # loads the libraries of a kind of source, while the hub answers
        connector = await asyncio.to_thread(watched.connect)
        if refresh.watch and refresh.every is not None and hasattr(connector, "changed"):
            await self._listen(watched.source.name, cast(WatchedConnector, connector), refresh.every.total_seconds())
        while True:
            now = await stamps_of(watched) if refresh.watch else None
            is_quiet = now is None or looked is None or (now == looked and is_at_rest(now))
            is_changed = now is None or now != seen or not is_at_rest(now)
            looked = now
            if is_changed and not is_quiet and looks < MOST_LOOKS and refresh.every is not None:
                # what is being written, or put in another's place, is left alone until it looks the same twice
                looks += 1
                await asyncio.sleep(min(REST_SECONDS, refresh.every.total_seconds()))
                continue
            if is_changed:
                went_well = await self._run(watched.source.name)
                is_listed = now is not None and all(part for _, part, _ in now)
                # a file that was open in Excel is tried again, changed or not
                seen = now if went_well and is_listed else None
            looks = 0
            if refresh.every is None:
                return
            rests = standing_of(await asyncio.to_thread(watched.connect)).rests or 0.0
            await asyncio.sleep(max(refresh.every.total_seconds(), rests))

    async def _listen(self, source: str, connector: WatchedConnector, pause: float) -> None:
        """The life of a source that hears of news by itself: it is synced whenever it does. News that come one after the other
        are read together, and after trouble it is left alone for a while."""
        while True:
            went_well = await self._run(source)
            rests = standing_of(connector).rests or 0.0
            await asyncio.sleep(pause if went_well else max(AFTER_TROUBLE * pause, rests))
            if went_well:
                with suppress(SourceError):  # the sync will say what it is
                    await connector.changed()

    async def _run(self, source: str) -> bool:
        try:
            return await self._sync(source)
        except Exception:
            LOG.exception("sync of %s failed", source)
            return False
        finally:
            self._ended.add(source)
            await asyncio.to_thread(give_back)


def give_back() -> None:
    """Gives memory that a sync has used back to the system; the C library of Linux keeps it otherwise."""
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # not in musl
        if trim is not None:
            trim(0)


class Elsewhere:
    """The same seen from a process beside the one that syncs: the replica tells what that has done. `tried` reads from it the
    sources that a sync was ever tried for."""

    def __init__(self, sources: Iterable[str], tried: Callable[[], Awaitable[frozenset[str]]]) -> None:
        self._waiting = tuple(sources)
        self._tried = tried

    async def waiting(self) -> tuple[str, ...]:
        """The sources whose first sync has not ended yet."""
        if self._waiting:
            tried = await self._tried()
            self._waiting = tuple(name for name in self._waiting if name not in tried)
        return self._waiting

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Nothing is to be done here."""
        yield


async def stamps_of(watched: Watched) -> Stamps:
    """What the files of a source look like from outside."""
    stamps: list[tuple[str, str, str | None]] = []
    for dataset in watched.source.datasets:
        try:
            parts = await watched.connect().parts(dataset)
        except SourceError as error:
            stamps.append((dataset, "", error.code))
        else:
            stamps += [(dataset, part.key, part.stamp) for part in parts]
    return tuple(stamps)


def is_at_rest(stamps: Stamps) -> bool:
    """Whether no file has changed a moment ago, as far as that can be told."""
    return all(stamp is not None for _, _, stamp in stamps)
