"""Web APIs that answer JSON: lists, page by page, within a deadline and a number of bytes."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

import httpx

from connectors.connector import Batch, Cell, Column, DatasetDescription, Part, Row
from connectors.errors import (
    DatasetMissing,
    LimitExceeded,
    SourceAuth,
    SourceBroken,
    SourceError,
    SourceTimeout,
    SourceUnavailable,
)
from connectors.policy import Gate, Policy

MAX_PAGES = 10_000
MAX_DEPTH = 100
TRANSIENT = (429, 502, 503, 504)


@dataclass(frozen=True, slots=True)
class Paging:
    """Page numbers in a query parameter, from `first`; `size` records each where the API can be told."""

    param: str = "page"
    size_param: str | None = None
    size: int | None = None
    first: int = 1


@dataclass(frozen=True, slots=True)
class RestDataset:
    """An endpoint: its path below the source's URL, where the list stands in the body (dotted; None: it is the body), the
    property that tells rows apart."""

    path: str
    list_at: str | None = None
    paging: Paging | None = None
    params: Mapping[str, str] = field(default_factory=dict)
    key: str | None = None


class RestSource:
    """Reads a JSON API. `headers` may hold secrets; they appear in no error."""

    def __init__(
        self,
        url: str,
        datasets: Mapping[str, RestDataset],
        headers: Mapping[str, str] | None = None,
        seconds: float = 10,
        max_bytes: int = 20_000_000,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._url = url.rstrip("/")
        self._datasets = datasets
        self._headers = {"Accept": "application/json", "Accept-Encoding": "identity", **(headers or {})}
        self._max_bytes = max_bytes
        self._gate = Gate(Policy(seconds=seconds))
        self._transport = transport
        self._client: httpx.AsyncClient | None = None

    async def describe(self) -> Sequence[DatasetDescription]:
        described = []
        for name in self._datasets:
            async for batch in self._pages(name, self._part(name), most=1):
                samples = {
                    column.name: tuple(row.values[place] for row in batch.rows[:5])
                    for place, column in enumerate(batch.columns)
                }
                described.append(DatasetDescription(name, batch.columns, samples))
                break
            else:
                described.append(DatasetDescription(name, ()))
        return described

    async def parts(self, dataset: str) -> Sequence[Part]:
        return [self._part(dataset)]

    async def rows(self, dataset: str, part: Part) -> AsyncIterator[Batch]:
        async for batch in self._pages(dataset, part, most=MAX_PAGES):
            yield batch

    async def aclose(self) -> None:
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    # -- pages --------------------------------------------------------------------------------------------------------

    def _part(self, name: str) -> Part:
        return Part(name, urlsplit(self._address(self._dataset(name))).path or "/")

    def _dataset(self, name: str) -> RestDataset:
        return self._datasets.get(name) or RestDataset(name)

    def _address(self, dataset: RestDataset) -> str:
        return f"{self._url}/{dataset.path.lstrip('/')}"

    async def _pages(self, name: str, part: Part, most: int) -> AsyncIterator[Batch]:
        dataset = self._dataset(name)
        before: object = None
        count = 0
        budget = self._max_bytes
        for number in range(most):
            params = dict(dataset.params)
            if dataset.paging is not None:
                params[dataset.paging.param] = str(dataset.paging.first + number)
                if dataset.paging.size_param and dataset.paging.size:
                    params[dataset.paging.size_param] = str(dataset.paging.size)
            body, size = await self._get(self._address(dataset), params, part.label, budget)
            budget -= size
            items = _list_in(body, dataset.list_at, part.label)
            if items and items == before:
                raise SourceBroken(part.label, "PAGE_REPEATS", page=number)
            before = items
            if items:
                yield _batch(items, dataset, part.label, count)
            count += len(items)
            if dataset.paging is None or not items:
                return
            if dataset.paging.size and len(items) < dataset.paging.size:
                return
        if most == MAX_PAGES:
            raise LimitExceeded(part.label, what="pages", limit=most)

    async def _get(self, address: str, params: Mapping[str, str], where: str, budget: int) -> tuple[Any, int]:
        async with self._gate.step(where):
            content = await self._gate.repeat(lambda: self._fetch(address, params, where, budget))
        return _parsed(content, where), len(content)

    async def _fetch(self, address: str, params: Mapping[str, str], where: str, budget: int) -> bytes:
        client = self._opened()
        try:
            async with client.stream("GET", address, params=dict(params)) as answer:
                _check_status(answer, where)
                content = bytearray()
                async for chunk in answer.aiter_raw():
                    content += chunk
                    if len(content) > budget:
                        raise LimitExceeded(where, what="bytes", limit=self._max_bytes)
                if answer.headers.get("content-encoding", "identity").lower() not in ("", "identity"):
                    raise SourceBroken(where, "NOT_JSON", reason="compressed")
                return bytes(content)
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, httpx.CookieConflict) as error:
            raise translate(error, where) from error

    def _opened(self) -> httpx.AsyncClient:
        if self._client is None:
            # the whole step has a deadline (see policy); these only keep one silent read from lasting as long
            self._client = httpx.AsyncClient(
                headers=self._headers,
                timeout=httpx.Timeout(10.0),
                follow_redirects=False,
                trust_env=False,
                transport=self._transport,
            )
        return self._client


def translate(error: Exception, where: str) -> SourceError:
    """The error of our tree for one of httpx's."""
    if isinstance(error, httpx.TimeoutException):
        return SourceTimeout(where, seconds=10)
    if isinstance(error, httpx.NetworkError | httpx.ProxyError):
        return SourceUnavailable(where, "SOURCE_UNREACHABLE")
    if isinstance(error, httpx.RemoteProtocolError):
        return SourceUnavailable(where, "ANSWER_CUT_OFF")
    return SourceBroken(where, "REQUEST_FAILED", reason=type(error).__name__)


def _check_status(answer: httpx.Response, where: str) -> None:
    status = answer.status_code
    if status in (401, 403):
        raise SourceAuth(where, status=status)
    if status == 404:
        raise DatasetMissing(where, "ENDPOINT_MISSING")
    if status in TRANSIENT:
        raise SourceUnavailable(where, "STATUS_UNEXPECTED", status=status)
    if status != 200:
        raise SourceBroken(where, "STATUS_UNEXPECTED", status=status)


def _parsed(content: bytes, where: str) -> Any:
    try:
        text = content.decode("utf-8-sig")
        if _depth(text) > MAX_DEPTH:
            raise SourceBroken(where, "NOT_JSON", reason="nested too deeply")
        return json.loads(text, parse_float=Decimal, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise SourceBroken(where, "NOT_JSON", reason=type(error).__name__) from error


def _no_constant(name: str) -> None:
    raise ValueError(name)  # NaN and Infinity are no JSON


def _depth(text: str) -> int:
    """How deep brackets nest at most; those inside strings count too, which only errs on the safe side."""
    depth = deepest = 0
    for character in text:
        if character in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif character in "]}":
            depth -= 1
    return deepest


def _list_in(body: Any, path: str | None, where: str) -> list[Any]:
    here = body
    for step in (path or "").split(".") if path else ():
        if not isinstance(here, dict) or step not in here:
            raise SourceBroken(where, "LIST_MISSING", list=path, keys=_keys(body))
        here = here[step]
    if not isinstance(here, list):
        raise SourceBroken(where, "LIST_MISSING", list=path or "(body)", keys=_keys(body))
    return here


def _keys(body: Any) -> str:
    return ", ".join(list(body)[:20]) if isinstance(body, dict) else type(body).__name__


def _batch(items: Sequence[Any], dataset: RestDataset, where: str, before: int) -> Batch:
    flat = []
    for item in items:
        if not isinstance(item, dict):
            raise SourceBroken(where, "LIST_MISSING", list=dataset.list_at or "(body)", keys=type(item).__name__)
        flat.append(_flat(item))
    names = tuple(dict.fromkeys(name for row in flat for name in row))
    columns = tuple(Column(name, name) for name in names)
    rows = []
    for number, row in enumerate(flat, before):
        key = row.get(dataset.key) if dataset.key else None
        pointer = "/".join(["", *(dataset.list_at or "").split("."), str(number)]).replace("//", "/")
        rows.append(Row(pointer if key is None else str(key), tuple(row.get(name) for name in names)))
    return Batch(columns, tuple(rows))


def _flat(item: Mapping[str, Any], prefix: str = "") -> dict[str, Cell]:
    """An object with the members of inner objects as dotted names; lists of plain values are several values, other lists
    their JSON text."""
    row: dict[str, Cell] = {}
    for name, value in item.items():
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
