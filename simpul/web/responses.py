"""Answers that need not be made again: kept by what was asked and by whom, for as long as what they were made of is the same.

A key names the request: the configuration and the code that answer it, operation, variables, caller, language and form. With
each answer stand the names that its version depends on (`replica.versions`) and that version. The version is read anew for every
request, which costs a look at whether the replica has changed; so what a sync changes is seen by the next request, whichever
process has synced. The tag of an answer (ETag) is made of its key and version."""

from __future__ import annotations

import asyncio
import hashlib
import socket
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Generic, TypeVar, cast
from weakref import WeakValueDictionary

import orjson

import config
import replica
import resolvers
import schema
import simpul
from config.hub import HubConfig
from resolvers.engine import Engine, Stamp
from simpul.web.metrics import How
from simpul.web.stores import BoundedMemory, Kept, Shared, redis_store

MEMORY = 32 * 1024 * 1024  # bytes of answers that a process keeps
LARGEST = MEMORY // 8  # of one answer
KNOWN = 10_000  # requests of which it is known what their version depends on
KEPT_HEADERS = {"Cache-Control": "private, no-cache"}

K = TypeVar("K")
V = TypeVar("V")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Found:
    """What is known of a request: the tag of its answer, and the answer itself if it is still there."""

    tag: str
    kept: Kept | None


class Responses:
    """The answers that a hub keeps. `version` tells the version of a stamp's names now, None if it can't be had."""

    def __init__(
        self,
        version: Callable[[frozenset[str]], Awaitable[str | None]],
        identity: bytes,
        memory: BoundedMemory,
        shared: Shared | None = None,
        count: Callable[[How], None] = lambda how: None,
    ) -> None:
        self._count = count
        self._version = version
        self._identity = identity
        self._memory = memory
        self._shared = shared
        self._keys: _Recent[bytes, str] = _Recent(KNOWN)
        self._names: _Recent[str, frozenset[str]] = _Recent(KNOWN)
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    def key(self, *asked: object) -> str:
        """The key of a request of which these values, as JSON has them, say everything."""
        written = orjson.dumps(asked, option=orjson.OPT_SORT_KEYS)
        return hashlib.sha256(self._identity + written).hexdigest()[:32]

    def known(self, raw: bytes, about: str) -> tuple[bytes, str | None]:
        """For a request as it came in, byte for byte: a mark of it, and its key if it was met before. `about` is what else its
        answer depends on."""
        mark = hashlib.sha256(about.encode() + b"\0" + raw).digest()
        return mark, self._keys.get(mark)

    def learn(self, mark: bytes, key: str) -> None:
        """Notes the key of a request as it came in."""
        self._keys.put(mark, key)

    async def find(self, key: str) -> Found | None:
        """What is known of a request in the state in which the replica is now."""
        names = self._names.get(key)
        if names is None:
            return None
        version = await self._version(names)
        if version is None:
            return None
        kept = await self._memory.get(key)
        if kept is not None and kept.version == version:
            self._count("memory")
            return Found(self.tag(key, version), kept)
        return Found(self.tag(key, version), None)

    async def find_shared(self, key: str) -> Kept | None:
        """The answer that another process has kept, if it still holds."""
        kept = None if self._shared is None else await self._shared.get(key)
        if kept is None or await self._version(kept.names) != kept.version:
            return None
        self._count("shared")
        self._names.put(key, kept.names)
        await self._memory.set(key, kept)
        return kept

    async def keep(self, key: str, stamp: Stamp, headers: Mapping[str, str], body: bytes | None, *, share: bool) -> str:
        """Keeps an answer without errors, also for other processes if it is worth sharing; its tag. Of one without a body, which
        is too large, only that is kept."""
        self._count("made")
        self._names.put(key, stamp.names)
        if body is not None and len(body) <= LARGEST:
            kept = Kept(stamp.names, stamp.version, tuple(headers.items()), body)
            await self._memory.set(key, kept)
            if share and self._shared is not None:
                self._shared.put(key, kept)
        return self.tag(key, stamp.version)

    @asynccontextmanager
    async def alone(self, key: str) -> AsyncIterator[bool]:
        """One after another for each key: who comes next may find what the one before has kept. Tells whether there was one."""
        lock = self._locks.setdefault(key, asyncio.Lock())
        had_to_wait = lock.locked()
        async with lock:
            yield had_to_wait

    async def holds(self, stamp: Stamp) -> bool:
        """Whether what was made by this stamp is still what would be made now."""
        return await self._version(stamp.names) == stamp.version

    def tag(self, key: str, version: str) -> str:
        """The strong tag of an answer."""
        return f'"{key}-{version}"'

    async def close(self) -> None:
        """Gives back what is open."""
        if self._shared is not None:
            await self._shared.close()


def is_known(header: str, tag: str) -> bool:
    """Whether an If-None-Match header has a tag (RFC 9110, 13.1.2: by weak comparison)."""
    tags = [one.strip().removeprefix("W/") for one in header.split(",")]
    return tag in tags or tags == ["*"]


class Late(Exception):
    """What was waited for has not come in time."""


class Flights(Generic[T]):
    """Work that several wait for is done once. It goes on as long as anybody waits for it."""

    def __init__(self) -> None:
        self._flights: dict[str, _Flight[T]] = {}

    async def once(
        self, key: str, work: Callable[[], Awaitable[T]], holds: Callable[[T], Awaitable[bool]], seconds: float
    ) -> T:
        """What `work` gives. Work that was begun before this was called will do if it `holds`. Raises Late if it did not, and what
        was begun since has not ended within `seconds` of the call."""
        until = asyncio.get_running_loop().time() + seconds
        earlier = self._flights.get(key)
        if earlier is None:
            return await self._begin(key, work).join()
        try:
            async with asyncio.timeout_at(until) as limit:
                result = await earlier.join()
                if await holds(result):
                    return result
                return await (self._flights.get(key) or self._begin(key, work)).join()
        except TimeoutError as error:
            if limit.expired():
                raise Late from error
            raise

    def _begin(self, key: str, work: Callable[[], Awaitable[T]]) -> _Flight[T]:
        def end() -> None:
            if self._flights.get(key) is flight:
                del self._flights[key]

        flight = self._flights[key] = _Flight(work, end)
        return flight


class _Flight(Generic[T]):
    """One piece of work and how many wait for it."""

    def __init__(self, work: Callable[[], Awaitable[T]], end: Callable[[], None]) -> None:
        self._task = asyncio.ensure_future(work())
        self._task.add_done_callback(lambda _: end())
        self._end = end
        self._waiting = 0

    async def join(self) -> T:
        self._waiting += 1
        try:
            return await asyncio.shield(self._task)
        finally:
            self._waiting -= 1
            if not self._waiting and not self._task.done():
                self._end()
                self._task.cancel()


class _Recent(Generic[K, V]):
    """A dictionary of what was last asked for."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._items: OrderedDict[K, V] = OrderedDict()

    def get(self, key: K) -> V | None:
        found = self._items.get(key)
        if found is not None:
            self._items.move_to_end(key)
        return found

    def put(self, key: K, value: V) -> None:
        self._items[key] = value
        self._items.move_to_end(key)
        if len(self._items) > self._most:
            self._items.popitem(last=False)


def build_responses(hub: HubConfig, engine: Engine, count: Callable[[How], None]) -> Responses | None:
    """What a hub keeps of its answers, as `cache:` in hub.yaml says; None if nothing. Nothing is opened yet. `count` hears where
    each answer came from."""
    if hub.cache == "off":
        return None
    shared = None if hub.cache == "memory" else Shared(redis_store(hub.cache))
    return Responses(engine.version, identity_of(hub), BoundedMemory(MEMORY), shared, count)


def identity_of(hub: HubConfig) -> bytes:
    """What tells a hub from others that keep their answers in the same place: its replica, its configuration, and the code that
    answers. A replica in a file is this machine's own."""
    machine = "" if hub.replica.startswith("postgresql") else socket.gethostname()
    return _digest(machine, hub.replica, hub.digest, *map(_code_of, (config, replica, resolvers, schema, simpul)))


def _code_of(package: ModuleType) -> bytes:
    folder = Path(cast(str, package.__file__)).parent
    return _digest(*(path.read_bytes() for path in sorted(folder.rglob("*.py"))))


def _digest(*parts: str | bytes) -> bytes:
    """Of the parts, and of where one ends and the next begins."""
    raw = [part if isinstance(part, bytes) else part.encode(errors="surrogatepass") for part in parts]
    return hashlib.sha256(b",".join(b"%d" % len(part) for part in raw) + b":" + b"".join(raw)).digest()
