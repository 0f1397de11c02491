"""A list of a web API as a whole: all its pages, as they came, and whether it stood still while they were read."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx

from connectors.answers import Records, check_width, flat, read_records
from connectors.endpoint import RestDataset
from connectors.errors import LimitExceeded, SourceAuth, SourceBroken
from connectors.paging import Turned, at_path, begin, place_of, turn
from connectors.web import Answer, Mark, Web

MAX_PAGES = 10_000


@dataclass(frozen=True, slots=True)
class Page:
    """An answer as it came, and where it stands in the list: `?page=2`, or nothing if there is only one."""

    content: bytes
    at: str


@dataclass(frozen=True, slots=True)
class Listed:
    """The pages of a list, the names of their columns, and the versions of all pages by their addresses; None if the source does
    not say them all."""

    pages: tuple[Page, ...]
    names: tuple[str, ...]
    versions: Mapping[httpx.URL, Mark] | None


class _Reading:
    """What has been read so far, of one or several questions."""

    def __init__(self, budget: int) -> None:
        self.budget = budget
        self.pages: list[Page] = []
        self.names: dict[str, None] = {}
        self.versions: dict[httpx.URL, Mark] = {}

    def take(self, url: httpx.URL, answer: Answer, found: Records, at: str, where: str) -> None:
        """Adds a page. Raises LimitExceeded."""
        self.budget -= answer.size
        self.pages.append(Page(answer.content, at))
        self.names |= found.names
        if answer.mark is not None:
            self.versions[url] = answer.mark
        check_width(self.names, where)

    @property
    def listed(self) -> Listed:
        """All of it."""
        return Listed(
            tuple(self.pages), tuple(self.names), self.versions if len(self.versions) == len(self.pages) else None
        )


class PageList:
    """Reads lists from `web`, at most `max_bytes` of each."""

    def __init__(self, web: Web, max_bytes: int) -> None:
        self._web = web
        self._max_bytes = max_bytes

    async def first(self, dataset: RestDataset, where: str, address: httpx.URL) -> Listed:
        """The first page."""
        reading = _Reading(self._max_bytes)
        await self._read(dataset, where, address, 1, self._web.until(), reading, None)
        return reading.listed

    async def whole(
        self, dataset: RestDataset, where: str, addresses: Sequence[httpx.URL], begun: Answer | None = None
    ) -> Listed:
        """All pages from each address on. `begun` is the first answer if it is there already. One that changed while it was read
        is read once more. Raises SourceBroken LIST_MOVED if it changed again, so that none is doubled or left out."""
        until = self._web.until()
        for is_last in (False, True):
            reading = _Reading(self._max_bytes)
            counts = []
            for address in addresses:
                counts.append(await self._read(dataset, where, address, MAX_PAGES, until, reading, begun))
                begun = None
            if all(count.stood_still(is_last=is_last) for count in counts):
                break
            if is_last:
                moved = next(count for count in counts if not count.stood_still(is_last=True))
                raise SourceBroken(where, "LIST_MOVED", told=moved.told, read=moved.read)
        return reading.listed

    async def _read(
        self,
        dataset: RestDataset,
        where: str,
        address: httpx.URL,
        most: int,
        until: float,
        reading: _Reading,
        begun: Answer | None,
    ) -> _Count:
        url: httpx.URL | None = begin(dataset.paging, address)
        asked: set[httpx.URL] = set()
        last: list[Mapping[str, Any]] = []
        before = 0
        count = _Count(dataset, where)
        while url is not None and len(asked) < most:
            number = len(asked)
            asked.add(url)
            answer = begun if begun is not None else await self._web.get(url, where, until, reading.budget)
            begun = None
            found = await self._understood(answer, dataset, where)
            count.take(found)
            reading.take(url, answer, found, place_of(dataset.paging, number, before), where)
            turned = Turned(number, url, found.body, answer.headers.get("link", ""), len(found.items), before)
            url = turn(dataset.paging, turned, where)
            if found.items and found.items == last:
                raise SourceBroken(where, "PAGE_REPEATS", page=number)
            if url in asked:
                raise SourceBroken(where, "PAGE_REPEATS", page=number + 1)
            last, before = found.items, before + len(found.items)
        if url is not None and most == MAX_PAGES:
            raise LimitExceeded(where, "TOO_MANY_PAGES", limit=most)
        return count

    async def _understood(self, answer: Answer, dataset: RestDataset, where: str) -> Records:
        try:
            return await asyncio.to_thread(read_records, answer.content, dataset.list_at, where)
        except SourceAuth as error:
            self._web.refused(error)  # with status 200, so that nobody noticed yet
            raise


class _Count:
    """How many records a list says that it has, and how many were read."""

    def __init__(self, dataset: RestDataset, where: str) -> None:
        self._at = dataset.paging.total if dataset.paging else None
        self._key = dataset.key
        self._where = where
        self._told: set[int] = set()
        self._keys: set[object] = set()
        self.read = 0

    @property
    def told(self) -> str:
        """What was told, at the beginning and later on."""
        return ", ".join(map(str, sorted(self._told)))

    def take(self, found: Records) -> None:
        """Counts a page. Raises SourceBroken TOTAL_UNREADABLE."""
        if self._at is None:
            return
        told = at_path(found.body, self._at)
        if isinstance(told, str) and told.strip().isdecimal():
            told = int(told)
        if not isinstance(told, int) or isinstance(told, bool):
            raise SourceBroken(self._where, "TOTAL_UNREADABLE", at=self._at)
        self._told.add(told)
        self.read += len(found.items)
        if self._key is not None:
            self._keys |= {flat(item).get(self._key) for item in found.items}

    def stood_still(self, *, is_last: bool) -> bool:
        """Whether as many were read as told all the time, and none twice. What is twice there at the last try as well is so in the
        source."""
        if self._at is None:
            return True
        is_single = self._key is None or len(self._keys) == self.read
        return self._told == {self.read} and (is_single or is_last)
