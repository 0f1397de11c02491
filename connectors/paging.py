"""How a list of a web API goes on from page to page: by numbers, by offsets, by the address of the next page, by a cursor."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Literal

import httpx

from connectors.errors import SourceBroken

Style = Literal["page", "offset", "next", "cursor"]

_LINK = re.compile(r'<([^<>]*)>((?:\s*;\s*[^\s=;,"<>]+(?:\s*=\s*(?:"(?:[^"\\]|\\.)*"|[^\s;,"<>]*))?)*)')
_PARAM = re.compile(r';\s*([^\s=;,"<>]+)(?:\s*=\s*("(?:[^"\\]|\\.)*"|[^\s;,"<>]*))?')


@dataclass(frozen=True, slots=True)
class Paging:
    """`size` records a page, where the API can be told, in `size_param`.

    page     numbers in `param`, from `first`, to a page that is empty or shorter than `size`
    offset   how many records came before, in `param`, from `first`, to an empty page: a server may give fewer than asked for
    next     the address in the body at `at`, else the one of `Link: …; rel="next"`, as long as there is one
    cursor   what stands in the body at `at`, in `param`, as long as there is something

    `total` is where each page says how many records the list has: then one that changes while it is read is noticed."""

    param: str = "page"
    size_param: str | None = None
    size: int | None = None
    first: int = 1
    style: Style = "page"
    at: str | None = None
    total: str | None = None


@dataclass(frozen=True, slots=True)
class Turned:
    """The page of a list that was read last: its address and answer, and how many records came with it and before it.
    `number` counts pages from 0."""

    number: int
    url: httpx.URL
    body: Any
    link: str
    count: int
    before: int


def begin(paging: Paging | None, url: httpx.URL) -> httpx.URL:
    """The address of the first page."""
    if paging is None:
        return url
    if paging.style in ("page", "offset"):
        url = url.copy_set_param(paging.param, paging.first)
    return url.copy_set_param(paging.size_param, paging.size) if paging.size_param and paging.size else url


def place_of(paging: Paging | None, number: int, before: int) -> str:
    """What the places of a page's records begin with; cursors and addresses differ from time to time and may hold secrets."""
    if paging is None:
        return ""
    if paging.style in ("page", "offset"):
        return f"?{paging.param}={paging.first + (number if paging.style == 'page' else before)}"
    return f"page {number + 1}"


def turn(paging: Paging | None, turned: Turned, where: str) -> httpx.URL | None:
    """The address of the page after one, None if it was the last. Raises SourceBroken."""
    if paging is None:
        return None
    match paging.style:
        case "page":
            is_last = turned.count == 0 or turned.count < (paging.size or 0)
            return None if is_last else turned.url.copy_set_param(paging.param, paging.first + turned.number + 1)
        case "offset":
            after = paging.first + turned.before + turned.count
            return None if turned.count == 0 else turned.url.copy_set_param(paging.param, after)
        case "cursor" | "next":
            return _following(paging, turned, where)


def _following(paging: Paging, turned: Turned, where: str) -> httpx.URL | None:
    text = _text_at(turned.body, paging.at, where) if paging.at else next_link(turned.link)
    if not text:
        return None
    try:
        if paging.style == "cursor":
            return turned.url.copy_set_param(paging.param, text)
        target = turned.url.join(text)
    except (httpx.InvalidURL, ValueError):  # ValueError: half a character, or brackets that hold no address
        raise SourceBroken(where, "NEXT_UNREADABLE", at=paging.at or "Link", found="string") from None
    if _origin(target) != _origin(turned.url):  # our secrets would go there
        raise SourceBroken(where, "NEXT_ELSEWHERE", origin=_shown(target))
    return target.copy_with(userinfo=turned.url.userinfo, fragment=None)


def at_path(body: Any, path: str) -> Any:
    """What stands at a dotted path in an answer; None if nothing does."""
    here = body
    for step in path.split("."):
        here = here.get(step) if isinstance(here, dict) else None
    return here


def kind_of(value: Any) -> str:
    """What JSON calls a value."""
    kinds = {dict: "object", list: "array", str: "string", bool: "boolean", type(None): "null"}
    return kinds.get(type(value), "number")


def next_link(header: str) -> str:
    """The target of rel=next in a Link header (RFC 8288 §3), empty if there is none. What is said of another address than the
    one that was asked (`anchor`) does not count."""
    for link in _LINK.finditer(header):
        params: dict[str, str] = {}
        for param in _PARAM.finditer(link[2]):
            value = param[2] or ""
            params.setdefault(param[1].lower(), re.sub(r"\\(.)", r"\1", value[1:-1]) if value[:1] == '"' else value)
        if "next" in params.get("rel", "").lower().split() and "anchor" not in params:
            return link[1].strip()
    return ""


def _text_at(body: Any, path: str, where: str) -> str:
    value = at_path(body, path)
    if value is None or value is False:
        return ""
    if isinstance(value, str | int) and not isinstance(value, bool):
        return str(value).strip()
    raise SourceBroken(where, "NEXT_UNREADABLE", at=path, found=kind_of(value))


def _origin(url: httpx.URL) -> tuple[str, bytes, int | None]:
    return url.scheme, url.raw_host, url.port or {"http": 80, "https": 443}.get(url.scheme)


def _shown(url: httpx.URL) -> str:
    return f"{url.scheme}://{url.netloc.decode('ascii', 'replace')}"[:200]
