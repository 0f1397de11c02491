"""Where answers are kept: this process's memory, bounded, and a Redis that processes share, by way of aiocache.

Both are asked as aiocache's caches are. Its own memory has no bound, so this one takes its place; Redis is given a tenth of a
second, and nothing at all once that was in vain, so that no answer waits for it."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, cast

import orjson

LOG = logging.getLogger("simpul.cache")

OVERHEAD = 1_000  # bytes that an answer takes beside its body, about
BUDGET_SECONDS = 0.1  # for one command of a store that is shared
REST_SECONDS = 10.0  # for which it is left alone after one that failed
KEPT_SECONDS = 24 * 3600  # in a store that is shared


@dataclass(frozen=True, slots=True)
class Kept:
    """An answer as it was sent, and what it was made of: the names that its version depends on, and that version."""

    names: frozenset[str]
    version: str
    headers: tuple[tuple[str, str], ...]
    body: bytes

    @property
    def size(self) -> int:
        """Bytes that it takes, about."""
        return len(self.body) + OVERHEAD

    def packed(self) -> bytes:
        """As it is shared: a line of JSON, and the body."""
        return orjson.dumps([sorted(self.names), self.version, self.headers]) + b"\n" + self.body


def unpack(packed: bytes) -> Kept | None:
    """What `packed` gave; None of anything else."""
    head, _, body = packed.partition(b"\n")
    try:
        names, version, headers = orjson.loads(head)
        pairs = tuple((str(name), str(value)) for name, value in headers)
        return Kept(frozenset(map(str, names)), str(version), pairs, body)
    except (TypeError, ValueError):
        return None


class Store(Protocol):
    """What is used of aiocache's caches; it publishes no types."""

    async def get(self, key: str) -> object: ...

    async def set(self, key: str, value: object) -> object: ...

    async def close(self) -> object: ...


class BoundedMemory:
    """Answers in this process's memory, of `limit` bytes together. Those that were asked for longest ago give way."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._kept: OrderedDict[str, Kept] = OrderedDict()
        self.size = 0

    async def get(self, key: str) -> Kept | None:
        """What is kept under a key."""
        found = self._kept.get(key)
        if found is not None:
            self._kept.move_to_end(key)
        return found

    async def set(self, key: str, value: Kept) -> None:
        """Keeps an answer."""
        self._drop(key)
        self._kept[key] = value
        self.size += value.size
        while self.size > self._limit:
            self._drop(next(iter(self._kept)))

    def _drop(self, key: str) -> None:
        old = self._kept.pop(key, None)
        if old is not None:
            self.size -= old.size


class Shared:
    """A store that other processes use as well. It costs an answer at most BUDGET_SECONDS, and after that nothing: a store
    that failed is not asked any more until it has taken something, which nobody waits for. It never costs the answer itself."""

    def __init__(self, store: Store, clock: Callable[[], float] = time.monotonic) -> None:
        self._store = store
        self._clock = clock
        self._failed_at: float | None = None
        self._taking: set[asyncio.Task[None]] = set()

    async def get(self, key: str) -> Kept | None:
        """What is kept under a key, if it can be had."""
        if self._failed_at is not None:
            return None
        try:
            found = await self._store.get(key)
        except Exception as error:  # whatever goes wrong in the store, the answer can be had without it
            self._fail(error)
            return None
        return unpack(found) if isinstance(found, bytes) else None

    def put(self, key: str, kept: Kept) -> None:
        """Keeps an answer, in its own time."""
        if self._failed_at is not None:
            if self._clock() < self._failed_at + REST_SECONDS:
                return
            self._failed_at = self._clock()  # one tries, the others wait for what becomes of it
        taking = asyncio.ensure_future(self._take(key, kept))
        self._taking.add(taking)
        taking.add_done_callback(self._taking.discard)

    async def close(self) -> None:
        """Gives up what is under way, and the connections."""
        for taking in self._taking:
            taking.cancel()
        await asyncio.gather(*self._taking, return_exceptions=True)
        await self._store.close()

    async def _take(self, key: str, kept: Kept) -> None:
        try:
            await self._store.set(key, kept.packed())
        except Exception as error:  # ditto
            self._fail(error)
            return
        if self._failed_at is not None:
            LOG.info("the shared cache answers again")
        self._failed_at = None

    def _fail(self, error: Exception) -> None:
        if self._failed_at is None:
            LOG.warning("the shared cache does not answer (%s); answers are made without it", type(error).__name__)
        self._failed_at = self._clock()


def redis_store(url: str) -> Store:
    """A Redis by its URL; nothing is opened yet. Only here is aiocache loaded: it takes along all clients that it knows."""
    from aiocache import RedisCache
    from aiocache.serializers import NullSerializer
    from redis.asyncio import Redis

    class Commands(RedisCache):  # type: ignore[misc]  # aiocache publishes no types
        """aiocache's Redis by URL, without the commands that redis-py calls deprecated."""

        def __init__(self) -> None:
            serializer = NullSerializer(encoding=None)  # bytes, and never a pickle out of a store that others write to
            super().__init__(serializer=serializer, namespace="simpul", timeout=BUDGET_SECONDS)
            self.client = Redis.from_url(url)

        async def _set(
            self, key: str, value: bytes, ttl: object = None, _cas_token: object = None, _conn: object = None
        ) -> object:
            return await self.client.set(key, value, ex=KEPT_SECONDS)

        async def _close(self, *args: object, _conn: object = None, **kwargs: object) -> None:
            await self.client.aclose()

    return cast(Store, Commands())
