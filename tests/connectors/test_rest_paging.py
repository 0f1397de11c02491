"""How lists go on: offsets, next addresses and cursors over real servers; records asked for by their keys."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.errors import SourceBroken, SourceError
from connectors.paging import Paging, Turned, next_link, turn
from connectors.rest import Ids, RestDataset, RestSource

Answer = Callable[[str, Mapping[str, str], Mapping[str, str]], tuple[int, Mapping[str, str], bytes]]
Serve = Callable[[Answer], str]
Query = Mapping[str, str]

RECORDS = [{"id": n} for n in range(7)]
CURSOR = Paging("cursor", style="cursor", at="meta.next")
NEXT = Paging(style="next", at="links.next")
LINK = Paging(style="next")


async def read(url: str, paging: Paging | None, path: str = "proyek", **options: Any) -> list[tuple[str, object]]:
    source = RestSource(url, {"d": RestDataset(path, "data", paging)}, **options)
    try:
        (part,) = await source.parts("d")
        return [(row.at, row.values[0]) async for batch in source.rows("d", part) for row in batch.rows]
    finally:
        await source.aclose()


async def error_of(url: str, paging: Paging, **options: Any) -> SourceError:
    with pytest.raises(SourceError) as caught:
        await read(url, paging, **options)
    return caught.value


def pages(say: Callable[[Query], tuple[Sequence[object], Mapping[str, object], Mapping[str, str]]]) -> Answer:
    """An API whose answers are records, what stands beside them, and headers."""

    def answer(path: str, query: Query, head: Mapping[str, str]) -> tuple[int, Mapping[str, str], bytes]:
        records, beside, headers = say(query)
        return 200, headers, json.dumps({"data": records, **beside}).encode()

    return answer


# -- offset -----------------------------------------------------------------------------------------------------------


async def test_offsets_count_what_came_and_not_what_was_asked_for(serve: Serve) -> None:
    asked: list[Query] = []

    def say(query: Query) -> tuple[Sequence[object], Mapping[str, object], Mapping[str, str]]:
        asked.append(query)
        start = int(query["mulai"])
        return RECORDS[start : start + min(int(query["banyak"]), 3)], {}, {}  # never more than three, whatever is asked

    found = await read(serve(pages(say)), Paging("mulai", "banyak", 5, 0, "offset"))

    assert [value for _, value in found] == list(range(7))
    assert [at for at, _ in found][2:4] == ["?mulai=0#/data/2", "?mulai=3#/data/0"]
    assert asked == [{"mulai": start, "banyak": "5"} for start in ("0", "3", "6", "7")]


async def test_an_offset_that_is_ignored_is_told(serve: Serve) -> None:
    error = await error_of(serve(pages(lambda query: (RECORDS, {}, {}))), Paging("offset", style="offset"))

    assert (type(error), error.code) == (SourceBroken, "PAGE_REPEATS")


# -- cursor -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("end", [{}, {"meta": None}, {"meta": {}}, {"meta": {"next": None}}, {"meta": {"next": ""}}])
async def test_a_cursor_is_followed_to_its_end(serve: Serve, end: Mapping[str, object]) -> None:
    after: dict[str | None, tuple[Sequence[object], Mapping[str, object]]] = {
        None: (RECORDS[:3], {"meta": {"next": "a+b/ü=="}}),
        "a+b/ü==": ([], {"meta": {"next": 17}}),  # a page may be empty although others follow
        "17": (RECORDS[3:], end),
    }
    asked: list[Query] = []

    def say(query: Query) -> tuple[Sequence[object], Mapping[str, object], Mapping[str, str]]:
        asked.append(query)
        return (*after[query.get("cursor")], {})

    paging = Paging("cursor", "limit", 3, style="cursor", at="meta.next")
    found = await read(serve(pages(say)), paging, "proyek?tahun=2026")

    assert [value for _, value in found] == list(range(7))
    assert [at for at, _ in found][2:4] == ["page 1#/data/2", "page 3#/data/0"]
    assert all(query["tahun"] == "2026" and query["limit"] == "3" for query in asked)


@pytest.mark.parametrize(("cursors", "page"), [(["a", "a"], 2), (["a", "b", "a"], 3)])
async def test_a_cursor_that_comes_again_is_told(serve: Serve, cursors: list[str], page: int) -> None:
    left = list(cursors)

    def say(query: Query) -> tuple[Sequence[object], Mapping[str, object], Mapping[str, str]]:
        return [{"id": len(left)}], {"meta": {"next": left.pop(0)}}, {}

    error = await error_of(serve(pages(say)), CURSOR)

    assert (error.code, error.params, left) == ("PAGE_REPEATS", {"page": page}, [])


@pytest.mark.parametrize(
    ("token", "found"),
    [({}, "object"), ([], "array"), (True, "boolean"), (1.5, "number"), ("\ud800", "string"), ("x" * 70_000, "string")],
)
async def test_what_is_no_cursor_is_told(serve: Serve, token: object, found: str) -> None:
    error = await error_of(serve(pages(lambda query: (RECORDS, {"meta": {"next": token}}, {}))), CURSOR)

    assert (error.code, error.params) == ("NEXT_UNREADABLE", {"at": "meta.next", "found": found})


async def test_bytes_and_time_are_those_of_all_pages(serve: Serve) -> None:
    def say(query: Query) -> tuple[Sequence[object], Mapping[str, object], Mapping[str, str]]:
        return [], {"meta": {"next": str(int(query.get("cursor", "0")) + 1)}}, {}

    url = serve(pages(say))
    large = await error_of(url, CURSOR, max_bytes=2_000)
    late = await error_of(url, CURSOR, whole_seconds=0.3)

    assert large.code == "ANSWER_TOO_LARGE"
    assert (late.code, late.params) == ("SOURCE_TIMEOUT", {"seconds": "0.3"})


# -- next -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("written", ["{url}/api/proyek?hal={n}", "/api/proyek?hal={n}", "?hal={n}", "proyek?hal={n}#x"])
@pytest.mark.parametrize("paging", [NEXT, LINK], ids=["body", "header"])
async def test_the_next_address_is_followed(serve: Serve, written: str, paging: Paging) -> None:
    asked: list[tuple[str, Query, str]] = []

    def answer(path: str, query: Query, head: Mapping[str, str]) -> tuple[int, Mapping[str, str], bytes]:
        asked.append((path, query, head["authorization"]))
        number = int(query.get("hal", "1"))
        link = written.format(url=url, n=number + 1) if number < 3 else None
        headers = {"Link": f'</api/proyek?hal=1>; rel=first, <{link}>; rel="next"'} if link and not paging.at else {}
        return (
            200,
            headers,
            json.dumps({"data": RECORDS[number * 2 - 2 : number * 2], "links": {"next": link}}).encode(),
        )

    url = serve(answer)
    found = await read(f"{url.replace('//', '//siapa:rahasia@')}/api", paging)

    assert [value for _, value in found] == list(range(6))
    assert [query for _, query, _ in asked] == [{}, {"hal": "2"}, {"hal": "3"}]
    assert len({(path, login) for path, _, login in asked}) == 1  # the login goes along


@pytest.mark.parametrize(
    "link",
    [
        "http://127.0.0.2:{port}/api",
        "http://localhost:{port}/api",
        "https://127.0.0.1:{port}/api",
        "http://127.0.0.1:1/api",
        "//jahat.example/api",
        "http://127.0.0.1:{port}@jahat.example/",
        "ftp://127.0.0.1/",
        "file:///etc/passwd",
    ],
)
async def test_another_origin_is_never_asked(serve: Serve, link: str) -> None:
    asked: list[str] = []

    def answer(path: str, query: Query, head: Mapping[str, str]) -> tuple[int, Mapping[str, str], bytes]:
        asked.append(path)
        return (
            200,
            {},
            json.dumps({"data": RECORDS, "links": {"next": link.format(port=url.rpartition(":")[2])}}).encode(),
        )

    url = serve(answer)
    error = await error_of(url, NEXT, headers={"X-Kunci": "rahasia"})

    assert (type(error), error.code) == (SourceBroken, "NEXT_ELSEWHERE")
    assert "@" not in str(error.params["origin"])
    assert asked == ["/proyek"]


@pytest.mark.parametrize("link", ["http://[salah", "http://127.0.0.1:x/", "\ud800", "/" + "x" * 70_000])
async def test_what_is_no_address_is_told(serve: Serve, link: str) -> None:
    error = await error_of(serve(pages(lambda query: (RECORDS, {"links": {"next": link}}, {}))), NEXT)

    assert error.code in ("NEXT_UNREADABLE", "NEXT_ELSEWHERE")


async def test_an_address_that_leads_back_is_told(serve: Serve) -> None:
    error = await error_of(serve(pages(lambda query: (RECORDS, {"links": {"next": "/proyek"}}, {}))), NEXT)

    assert (error.code, error.params) == ("PAGE_REPEATS", {"page": 1})


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("", ""),
        ('<a>; rel="next"', "a"),
        ("<a>;rel=next", "a"),
        ('<a>; REL="Last NEXT"', "a"),
        ('<a>; rel="prev", < b > ; title="x, <y>; rel=next" ; rel = "next"', "b"),
        ('<a>; rel="prev"; rel="next", <b>; rel="nextish"', ""),  # the first rel counts alone
        ('<a>; rel="next"; anchor="#x", <b?c=d,e>; rel="next"', "b?c=d,e"),
        ('<a>; title="tidak \\"; rel=next\\" ditutup", <b>; rel=next', "b"),
        ("a; rel=next", ""),
    ],
)
def test_link_headers_are_read_as_rfc_8288_has_them(header: str, expected: str) -> None:
    assert next_link(header) == expected


@given(
    st.text(alphabet='<>;,=" \\renxtl/?#[]@:\t', max_size=60),
    st.sampled_from(["http://a.example/x", "https://a.example:8/"]),
)
def test_whatever_the_link_is_only_the_same_origin_is_asked(link: str, asked: str) -> None:
    url = httpx.URL(asked)
    for paging, body, header in ((LINK, {}, link), (NEXT, {"links": {"next": link}}, "")):
        try:
            target = turn(paging, Turned(0, url, body, header, 1, 0), "a.example")
        except SourceBroken:
            continue
        assert target is None or (target.scheme, target.host, target.port) == (url.scheme, url.host, url.port)


# -- by their keys ----------------------------------------------------------------------------------------------------

LOOKUP = RestDataset("proyek", "data", key="id", ids=Ids("ids", size=3))


async def looked_up(url: str, dataset: RestDataset, keys: Sequence[str]) -> list[str]:
    source = RestSource(url, {"d": dataset})
    try:
        return [row.at async for batch in source.rows_of("d", keys) for row in batch.rows]
    finally:
        await source.aclose()


async def test_rows_are_asked_for_by_their_keys_in_chunks(serve: Serve) -> None:
    asked: list[Query] = []

    def say(query: Query) -> tuple[Sequence[object], Mapping[str, object], Mapping[str, str]]:
        asked.append(query)
        wanted = query["ids"].split(",")
        start = int(query.get("offset", "0"))
        return [record for record in RECORDS if str(record["id"]) in wanted][start : start + 2], {}, {}

    paged = RestDataset(
        "proyek", "data", Paging("offset", style="offset", first=0), {"tahun": "2026"}, "id", LOOKUP.ids
    )
    found = await looked_up(serve(pages(say)), paged, ["0", "2", "0", "4", "6", "99"])

    assert found == ["0", "2", "4", "6"]
    assert [query["ids"] for query in asked] == ["0,2,4"] * 3 + ["6,99"] * 2  # a chunk may come in pages as well
    assert {query["tahun"] for query in asked} == {"2026"}


async def test_the_parameter_can_be_repeated(serve: Serve) -> None:
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.query.decode())
        found = [{"id": key} for key in request.url.params.get_list("ids[]")]
        return httpx.Response(200, stream=httpx.ByteStream(json.dumps({"data": found}).encode()))

    repeated = RestDataset("proyek", "data", key="id", ids=Ids("ids[]", None, 2))
    source = RestSource("http://a.example", {"d": repeated}, transport=httpx.MockTransport(answer))
    found = [row.at async for batch in source.rows_of("d", ["a,b", "c&d", "e"]) for row in batch.rows]
    await source.aclose()

    assert found == ["a,b", "c&d", "e"]
    assert asked == ["ids%5B%5D=a%2Cb&ids%5B%5D=c%26d", "ids%5B%5D=e"]


async def test_nothing_is_asked_for_no_keys(serve: Serve) -> None:
    assert await looked_up("http://127.0.0.1:1", LOOKUP, []) == []


@pytest.mark.parametrize(
    ("dataset", "keys", "code"),
    [
        (LOOKUP, ["1"], "IDS_IGNORED"),
        (RestDataset("proyek", "data", key="kode", ids=Ids("ids")), ["1"], "IDS_IGNORED"),
        (LOOKUP, ["1,2"], "IDS_SEPARATOR"),
        (RestDataset("proyek", "data", key="id"), ["1"], "IDS_UNDECLARED"),
    ],
)
async def test_rows_that_were_not_asked_for_are_never_given(
    serve: Serve, dataset: RestDataset, keys: Sequence[str], code: str
) -> None:
    with pytest.raises(SourceBroken) as caught:
        await looked_up(serve(pages(lambda query: (RECORDS, {}, {}))), dataset, keys)

    assert caught.value.code == code
