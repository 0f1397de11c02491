"""Web APIs that answer JSON: lists, page by page, within a deadline and a number of bytes.

All pages of a list are fetched before the first row is given: only then are its columns known, because APIs leave out what is
null, and nothing of a list is taken that breaks off half way. What is kept meanwhile are the answers as they came, at most
`max_bytes` of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from io import BytesIO
from itertools import islice
from tempfile import TemporaryFile
from typing import Any, BinaryIO, cast
from uuid import uuid4

import httpx

from connectors.answers import flat, names_in_lines, read_lines, read_records, sound
from connectors.connector import Batch, Cell, Column, DatasetDescription, Part, Row
from connectors.endpoint import Ids, RestDataset, questions_of
from connectors.errors import SourceBroken
from connectors.pagelist import Listed, Page, PageList
from connectors.policy import Policy, Rate, Standing
from connectors.web import FOREIGN, Answer, Login, Mark, Web, translate

__all__ = ["Ids", "RestDataset", "RestSource"]

ROWS_PER_BATCH = 500
MAX_PORT = 65_535
SAMPLES = 5
ACCEPT = "application/json, application/x-ndjson;q=0.9"


@dataclass(frozen=True, slots=True)
class _Version:
    """A list as it was last read: the part's stamp, and the versions of its pages; of a file of lines it is the only one."""

    stamp: str
    pages: Mapping[httpx.URL, Mark]


@dataclass(frozen=True, slots=True)
class _Begun:
    """The first answer of a list that is to be read, for the part with this stamp; its body is in a file."""

    stamp: str
    answer: Answer
    file: BinaryIO

    def whole(self) -> Answer:
        """The answer with its body; the file is closed."""
        with self.file:
            self.file.seek(0)
            return replace(self.answer, content=self.file.read())


class RestSource:
    """Reads a JSON API. `seconds` are those of one answer, `whole_seconds` those of all pages of a list. `headers` may hold
    secrets; they appear in no error."""

    def __init__(
        self,
        url: str,
        datasets: Mapping[str, RestDataset],
        headers: Mapping[str, str] | None = None,
        seconds: float = 10,
        max_bytes: int = 20_000_000,
        whole_seconds: float = 600,
        transport: httpx.AsyncBaseTransport | None = None,
        rate: Rate | None = None,
        login: Login | None = None,
    ) -> None:
        self._url = url.rstrip("/")
        self._datasets = datasets
        self._seconds = seconds
        policy = Policy(seconds, whole_seconds, rate=rate)
        self._web = Web({"Accept": ACCEPT, **(headers or {})}, policy, max_bytes, transport, login)
        self._lists = PageList(self._web, max_bytes)
        self._versions: dict[str, _Version] = {}
        self._begun: dict[str, _Begun] = {}

    async def describe(self) -> Sequence[DatasetDescription]:
        """Columns and samples of each dataset of hub.yaml, from its first page."""
        described = []
        for name, dataset in self._datasets.items():
            names, rows = await self._begin(dataset)
            columns = tuple(Column(column, column) for column in names)
            samples = {column: tuple(row.values[place] for row in rows) for place, column in enumerate(names)}
            described.append(DatasetDescription(name, columns, samples))
        return described

    async def parts(self, dataset: str) -> Sequence[Part]:
        """One part: the endpoint. A dataset that is not declared is the endpoint of that name. Its stamp is that of the last
        reading if the source says of every page that it has not changed since; that is asked here, and costs no transfer."""
        endpoint = self._dataset(dataset)
        return [Part(dataset, self._path(endpoint), await self._stamp(dataset, endpoint))]

    async def rows(self, dataset: str, part: Part) -> AsyncGenerator[Batch]:
        """The rows of all pages; columns are those of the whole list."""
        endpoint = self._dataset(dataset)
        batches = self._lines(dataset, endpoint, part) if endpoint.format == "ndjson" else self._listed(dataset, part)
        async with aclosing(batches):
            async for batch in batches:
                yield batch

    async def rows_of(self, dataset: str, keys: Sequence[str]) -> AsyncGenerator[Batch]:
        """The rows with these keys, for a dataset that says with `ids` how to ask for them; keys that nothing has are left out.
        Raises SourceBroken IDS_IGNORED for an answer with other rows."""
        endpoint, wanted = self._dataset(dataset), frozenset(keys)
        where = self._where(endpoint)
        addresses = [self._address(endpoint, question) for question in questions_of(endpoint, keys, where)]
        listed = await self._lists.whole(endpoint, where, addresses)
        async with aclosing(_batches(listed, endpoint, where)) as batches:
            async for batch in batches:
                place = next((n for n, column in enumerate(batch.columns) if column.name == endpoint.key), None)
                if place is None or any(str(row.values[place]) not in wanted for row in batch.rows):
                    raise SourceBroken(where, "IDS_IGNORED", param=endpoint.ids.param if endpoint.ids else "-")
                yield batch

    async def aclose(self) -> None:
        """Ends the connections."""
        for name in list(self._begun):
            self._take_begun(name, None)
        await self._web.aclose()

    @property
    def standing(self) -> Standing:
        """How the source stands."""
        return self._web.standing

    # -- versions -----------------------------------------------------------------------------------------------------

    async def _stamp(self, name: str, endpoint: RestDataset) -> str:
        """The stamp of the version that is there now: the last one's if that is known for sure, else a new one."""
        self._take_begun(name, None)
        last = self._versions.get(name)
        stamp = uuid4().hex
        if last is None:
            return stamp
        where, until = self._where(endpoint), self._web.until()
        for number, (url, mark) in enumerate(last.pages.items()):
            file: BinaryIO = _unnamed() if endpoint.format == "ndjson" else BytesIO()
            try:
                answer = await self._web.write(url, where, until, file, known=mark)
            except BaseException:
                file.close()
                raise
            if not answer.unchanged:
                del self._versions[name]
                if number == 0:
                    self._begun[name] = _Begun(stamp, answer, file)
                else:
                    file.close()
                return stamp
            file.close()
        return last.stamp

    def _take_begun(self, name: str, stamp: str | None) -> _Begun | None:
        """What was fetched for a part already; None if nothing was. It is not there a second time."""
        begun = self._begun.pop(name, None)
        if begun is not None and begun.stamp != stamp:
            begun.file.close()
            return None
        return begun

    def _remember(self, name: str, part: Part, versions: Mapping[httpx.URL, Mark] | None) -> None:
        if part.stamp is not None and versions:
            self._versions[name] = _Version(part.stamp, versions)

    # -- rows ---------------------------------------------------------------------------------------------------------

    async def _begin(self, endpoint: RestDataset) -> tuple[tuple[str, ...], list[Row]]:
        """The columns and first rows of a list."""
        where = self._where(endpoint)
        if endpoint.format == "ndjson":
            with _unnamed() as file:
                await self._web.write(self._address(endpoint, {}), where, self._web.until(), file)
                names = await asyncio.to_thread(names_in_lines, file, where)
                rows = _line_rows(file, names, endpoint, where)
                return names, list(islice(rows, SAMPLES))
        listed = await self._lists.first(endpoint, where, self._address(endpoint, {}))
        return listed.names, [
            row for page in listed.pages for row in _rows(page, listed.names, endpoint, where, set())
        ][:SAMPLES]

    async def _listed(self, name: str, part: Part) -> AsyncGenerator[Batch]:
        endpoint = self._dataset(name)
        where, begun = self._where(endpoint), self._take_begun(name, part.stamp)
        first = begun.whole() if begun else None
        listed = await self._lists.whole(endpoint, where, [self._address(endpoint, {})], first)
        async with aclosing(_batches(listed, endpoint, where)) as batches:
            async for batch in batches:
                yield batch
        self._remember(name, part, listed.versions)

    async def _lines(self, name: str, endpoint: RestDataset, part: Part) -> AsyncGenerator[Batch]:
        """The rows of a file of lines. It is fetched whole, into a file that nobody else sees, before the first row is given."""
        where, url, begun = self._where(endpoint), self._address(endpoint, {}), self._take_begun(name, part.stamp)
        with begun.file if begun else _unnamed() as file:
            answer = begun.answer if begun else await self._web.write(url, where, self._web.until(), file)
            names = await asyncio.to_thread(names_in_lines, file, where)
            columns = tuple(Column(name, name) for name in names)
            rows = _line_rows(file, names, endpoint, where)
            while more := await asyncio.to_thread(lambda: tuple(islice(rows, ROWS_PER_BATCH))):
                yield Batch(columns, more)
        self._remember(name, part, {url: answer.mark} if answer.mark else None)

    # -- addresses ----------------------------------------------------------------------------------------------------

    def _dataset(self, name: str) -> RestDataset:
        return self._datasets.get(name) or RestDataset(name)

    def _written(self, dataset: RestDataset) -> str:
        return f"{self._url}/{dataset.path.lstrip('/')}"

    def _address(self, dataset: RestDataset, question: Mapping[str, Any]) -> httpx.URL:
        """What the path asks for already stays, unless it is asked for otherwise. Raises SourceBroken."""
        params = {**dataset.params, **question}
        try:
            url = httpx.URL(self._written(dataset))
            if (url.port or 0) > MAX_PORT:
                raise httpx.InvalidURL("port")  # httpx lets it pass, and asyncio's error is none of its own
            return url.copy_merge_params(params) if params else url
        except FOREIGN as error:
            raise translate(error, self._where(dataset), self._seconds) from None

    def _path(self, dataset: RestDataset) -> str:
        return "/" + self._written(dataset).partition("://")[2].partition("?")[0].partition("#")[0].partition("/")[2]

    def _where(self, dataset: RestDataset) -> str:
        """Host and path, as errors tell it: no login, no query."""
        host = self._url.partition("://")[2].partition("/")[0].rpartition("@")[2]
        return f"{host}{self._path(dataset)}"


async def _batches(listed: Listed, endpoint: RestDataset, where: str) -> AsyncGenerator[Batch]:
    columns = tuple(Column(name, name) for name in listed.names)
    seen: set[str] = set()
    for page in listed.pages:
        rows = await asyncio.to_thread(_rows, page, listed.names, endpoint, where, seen)
        for start in range(0, len(rows), ROWS_PER_BATCH):
            yield Batch(columns, tuple(rows[start : start + ROWS_PER_BATCH]))


def _unnamed() -> BinaryIO:
    """A file that nobody else sees, and that is gone when it is closed."""
    return cast(BinaryIO, TemporaryFile())


def _rows(page: Page, names: Sequence[str], dataset: RestDataset, where: str, seen: set[str]) -> list[Row]:
    rows = []
    for number, item in enumerate(read_records(page.content, dataset.list_at, where).items):
        row = flat(item)
        rows.append(Row(_at(row, number, page, dataset, seen), tuple(row.get(name) for name in names)))
    return rows


def _at(row: Mapping[str, Cell], number: int, page: Page, dataset: RestDataset, seen: set[str]) -> str:
    """The key's value; where there is none, or it was there before, the JSON pointer as well."""
    key = row.get(dataset.key) if dataset.key else None
    pointer = "/".join(
        [page.at and f"{page.at}#", *(dataset.list_at.split(".") if dataset.list_at else ()), str(number)]
    )
    return _one_at(key, pointer, seen)


def _one_at(key: Cell, place: str, seen: set[str]) -> str:
    text = "" if key is None else sound(str(key))
    at = text if text and text not in seen else f"{text} {place}".strip()
    seen.add(at)
    return at


def _line_rows(file: BinaryIO, names: Sequence[str], dataset: RestDataset, where: str) -> Iterator[Row]:
    """The rows of a file of lines, at their key, else at their line."""
    seen: set[str] = set()
    for number, item in read_lines(file, where):
        row = flat(item)
        key = row.get(dataset.key) if dataset.key else None
        yield Row(_one_at(key, f"line {number}", seen), tuple(row.get(name) for name in names))
