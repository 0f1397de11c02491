"""Web APIs that answer JSON: lists, page by page, within a deadline and a number of bytes.

All pages of a list are fetched before the first row is given: only then are its columns known, because APIs leave out what is
null, and nothing of a list is taken that breaks off half way. What is kept meanwhile are the answers as they came, at most
`max_bytes` of them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import httpx

from connectors.connector import Batch, Cell, Column, DatasetDescription, Part, Row
from connectors.errors import LimitExceeded, SourceBroken
from connectors.paging import Paging, Turned, at_path, begin, kind_of, place_of, turn
from connectors.policy import Policy, Rate, Standing
from connectors.web import FOREIGN, Web, translate

ROWS_PER_BATCH = 500
MAX_PAGES = 10_000
MAX_COLUMNS = 1_000
MAX_PORT = 65_535
SAMPLES = 5


@dataclass(frozen=True, slots=True)
class Ids:
    """How records are asked for by their keys: `size` of them at once in `param`, with `separator` between them; None: the
    parameter is repeated."""

    param: str
    separator: str | None = ","
    size: int = 50


@dataclass(frozen=True, slots=True)
class RestDataset:
    """An endpoint: its path below the source's URL, where the list stands in the body (dotted; None: it is the body), the
    property that tells rows apart (dotted where it stands in an inner object), and how rows are asked for by it."""

    path: str
    list_at: str | None = None
    paging: Paging | None = None
    params: Mapping[str, str] = field(default_factory=dict)
    key: str | None = None
    ids: Ids | None = None


@dataclass(frozen=True, slots=True)
class _Page:
    """An answer as it came, and where it stands in the list: `?page=2`, or nothing if there is only one."""

    content: bytes
    at: str


@dataclass(frozen=True, slots=True)
class _Records:
    """What an answer holds: the objects of its list, the names of their columns, and all of it."""

    items: list[Mapping[str, Any]]
    names: dict[str, None]
    body: Any


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
    ) -> None:
        self._url = url.rstrip("/")
        self._datasets = datasets
        self._seconds = seconds
        self._max_bytes = max_bytes
        policy = Policy(seconds, whole_seconds, rate=rate)
        self._web = Web({"Accept": "application/json", **(headers or {})}, policy, max_bytes, transport)

    async def describe(self) -> Sequence[DatasetDescription]:
        """Columns and samples of each dataset of hub.yaml, from its first page."""
        described = []
        for name, dataset in self._datasets.items():
            pages, names = await self._fetch_all(dataset, most=1)
            columns = tuple(Column(column, column) for column in names)
            rows = [row for page in pages for row in _rows(page, names, dataset, self._where(dataset), set())][:SAMPLES]
            samples = {column: tuple(row.values[place] for row in rows) for place, column in enumerate(names)}
            described.append(DatasetDescription(name, columns, samples))
        return described

    async def parts(self, dataset: str) -> Sequence[Part]:
        """One part: the endpoint. A dataset that is not declared is the endpoint of that name."""
        return [Part(dataset, self._path(self._dataset(dataset)))]

    async def rows(self, dataset: str, part: Part) -> AsyncGenerator[Batch]:
        """The rows of all pages; columns are those of the whole list."""
        async with aclosing(self._batches(self._dataset(dataset), ({},))) as batches:
            async for batch in batches:
                yield batch

    async def rows_of(self, dataset: str, keys: Sequence[str]) -> AsyncGenerator[Batch]:
        """The rows with these keys, for a dataset that says with `ids` how to ask for them; keys that nothing has are left out.
        Raises SourceBroken IDS_IGNORED for an answer with other rows."""
        endpoint, wanted = self._dataset(dataset), frozenset(keys)
        where = self._where(endpoint)
        async with aclosing(self._batches(endpoint, _questions(endpoint, keys, where))) as batches:
            async for batch in batches:
                place = next((n for n, column in enumerate(batch.columns) if column.name == endpoint.key), None)
                if place is None or any(str(row.values[place]) not in wanted for row in batch.rows):
                    raise SourceBroken(where, "IDS_IGNORED", param=endpoint.ids.param if endpoint.ids else "-")
                yield batch

    async def _batches(self, endpoint: RestDataset, questions: Sequence[Mapping[str, Any]]) -> AsyncGenerator[Batch]:
        pages, names = await self._fetch_all(endpoint, MAX_PAGES, questions)
        columns = tuple(Column(name, name) for name in names)
        seen: set[str] = set()
        for page in pages:
            rows = await asyncio.to_thread(_rows, page, names, endpoint, self._where(endpoint), seen)
            for start in range(0, len(rows), ROWS_PER_BATCH):
                yield Batch(columns, tuple(rows[start : start + ROWS_PER_BATCH]))

    async def aclose(self) -> None:
        """Ends the connections."""
        await self._web.aclose()

    @property
    def standing(self) -> Standing:
        """How the source stands."""
        return self._web.standing

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

    # -- pages --------------------------------------------------------------------------------------------------------

    async def _fetch_all(
        self, dataset: RestDataset, most: int, questions: Sequence[Mapping[str, Any]] = ({},)
    ) -> tuple[list[_Page], tuple[str, ...]]:
        """At most `most` pages for each question, which is what it adds to the parameters, and the names of their columns."""
        where, until = self._where(dataset), self._web.until()
        pages: list[_Page] = []
        names: dict[str, None] = {}
        budget = self._max_bytes
        for question in questions:
            url: httpx.URL | None = begin(dataset.paging, self._address(dataset, question))
            asked: set[httpx.URL] = set()
            last: list[Mapping[str, Any]] = []
            before = 0
            while url is not None and len(asked) < most:
                asked.add(url)
                answer = await self._web.get(url, where, until, budget)
                budget -= answer.size
                found = await asyncio.to_thread(_read, answer.content, dataset.list_at, where)
                pages.append(_Page(answer.content, place_of(dataset.paging, len(asked) - 1, before)))
                names |= found.names
                if len(names) > MAX_COLUMNS:
                    raise LimitExceeded(where, "TOO_MANY_PROPERTIES", limit=MAX_COLUMNS)
                turned = Turned(
                    len(asked) - 1, url, found.body, answer.headers.get("link", ""), len(found.items), before
                )
                url = turn(dataset.paging, turned, where)
                if found.items and found.items == last:
                    raise SourceBroken(where, "PAGE_REPEATS", page=len(asked) - 1)
                if url in asked:
                    raise SourceBroken(where, "PAGE_REPEATS", page=len(asked))
                last, before = found.items, before + len(found.items)
            if url is not None and most == MAX_PAGES:
                raise LimitExceeded(where, "TOO_MANY_PAGES", limit=most)
        return pages, tuple(names)


def _questions(dataset: RestDataset, keys: Sequence[str], where: str) -> list[Mapping[str, Any]]:
    """The parameters of each request for rows by their keys. Raises SourceBroken for a key that can't be asked for."""
    ids = dataset.ids
    if ids is None or dataset.key is None:
        raise SourceBroken(where, "IDS_UNDECLARED")
    distinct = list(dict.fromkeys(keys))
    if ids.separator is not None and any(ids.separator in key for key in distinct):
        raise SourceBroken(where, "IDS_SEPARATOR", separator=ids.separator)
    chunks = [distinct[start : start + ids.size] for start in range(0, len(distinct), ids.size)]
    return [{ids.param: chunk if ids.separator is None else ids.separator.join(chunk)} for chunk in chunks]


# -- answers ----------------------------------------------------------------------------------------------------------


def _read(content: bytes, list_at: str | None, where: str) -> _Records:
    """What an answer holds. Raises SourceBroken."""
    try:
        body = json.loads(content.decode("utf-8-sig"), parse_float=Decimal, parse_constant=_no_constant)
        items = _list_in(body, list_at, where)
        return _Records(items, dict.fromkeys(name for item in items for name in _flat(item)), body)
    except json.JSONDecodeError as error:
        if content.lstrip()[:1] == b"<":
            raise SourceBroken(where, "NOT_JSON") from None
        raise SourceBroken(where, "JSON_BROKEN", position=error.pos) from None
    except UnicodeDecodeError as error:
        raise SourceBroken(where, "JSON_BROKEN", position=error.start) from None
    except (ValueError, RecursionError):  # numbers of thousands of digits; nesting without end
        raise SourceBroken(where, "JSON_ABSURD") from None


def _no_constant(name: str) -> None:
    raise ValueError(name)  # NaN and Infinity are no JSON


def _list_in(body: Any, path: str | None, where: str) -> list[Mapping[str, Any]]:
    here = at_path(body, path) if path else body
    shown = path or "-"
    if not isinstance(here, list):
        raise SourceBroken(where, "LIST_MISSING", list=shown, keys=_keys(body))
    for item in here:
        if not isinstance(item, dict):
            raise SourceBroken(where, "LIST_OF_OTHERS", list=shown, found=kind_of(item))
    return here


def _keys(body: Any) -> str:
    return ", ".join(list(body)[:20]) if isinstance(body, dict) else kind_of(body)


def _rows(page: _Page, names: Sequence[str], dataset: RestDataset, where: str, seen: set[str]) -> list[Row]:
    rows = []
    for number, item in enumerate(_read(page.content, dataset.list_at, where).items):
        row = _flat(item)
        rows.append(Row(_at(row, number, page, dataset, seen), tuple(row.get(name) for name in names)))
    return rows


def _at(row: Mapping[str, Cell], number: int, page: _Page, dataset: RestDataset, seen: set[str]) -> str:
    """The key's value; where there is none, or it was there before, the JSON pointer as well."""
    key = row.get(dataset.key) if dataset.key else None
    pointer = "/".join(
        [page.at and f"{page.at}#", *(dataset.list_at.split(".") if dataset.list_at else ()), str(number)]
    )
    text = "" if key is None else _sound(str(key))
    at = text if text and text not in seen else f"{text} {pointer}".strip()
    seen.add(at)
    return at


def _flat(item: Mapping[str, Any], prefix: str = "") -> dict[str, Cell]:
    """An object with the members of inner objects as dotted names; lists of plain values are several values, other lists
    their JSON text."""
    row: dict[str, Cell] = {}
    for name, value in ((_sound(name), value) for name, value in item.items()):
        if isinstance(value, dict):
            row.update(_flat(value, f"{prefix}{name}."))
        elif isinstance(value, list):
            if all(isinstance(entry, str | int | Decimal) and not isinstance(entry, bool) for entry in value):
                row[prefix + name] = tuple(str(entry) for entry in value)
            else:
                row[prefix + name] = json.dumps(value, ensure_ascii=False, default=str)
        else:
            row[prefix + name] = None if value == "" else value
    return row


def _sound(text: str) -> str:
    """A name or key without halves of characters, which JSON can write (`\\ud800`) and nothing else can."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()
