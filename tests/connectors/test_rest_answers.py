"""What stands in answers of web APIs: envelopes that say that they failed, lists that move while they are read, objects in lines,
versions that need not be sent again, and logins that give out tokens."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable, Mapping, Sequence
from email.utils import formatdate
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.connector import Row
from connectors.envelope import check_envelope
from connectors.errors import LimitExceeded, SourceAuth, SourceBroken, SourceError
from connectors.oauth import Client, ClientCredentials
from connectors.paging import Paging
from connectors.rest import RestDataset, RestSource

Reply = tuple[int, Mapping[str, str], bytes]
Answer = Callable[[str, Mapping[str, str], Mapping[str, str]], Reply]
Serve = Callable[[Answer], str]

LINES = RestDataset("proyek", key="id", format="ndjson")


def body(content: object, **headers: str) -> Answer:
    raw = content if isinstance(content, bytes) else json.dumps(content).encode()
    return lambda path, query, head: (200, {name.replace("_", "-"): value for name, value in headers.items()}, raw)


async def read(source: RestSource) -> list[Row]:
    (part,) = await source.parts("d")
    return [row async for batch in source.rows("d", part) for row in batch.rows]


async def rows(url: str, dataset: RestDataset, **options: Any) -> list[Row]:
    source = RestSource(url, {"d": dataset}, **options)
    try:
        return await read(source)
    finally:
        await source.aclose()


async def error_of(url: str, dataset: RestDataset, **options: Any) -> SourceError:
    with pytest.raises(SourceError) as caught:
        await rows(url, dataset, **options)
    return caught.value


# -- envelopes --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("envelope", "member", "said"),
    [
        ({"status": "error", "messages": "NIK 5204010101010001 tidak berhak", "data": []}, "status", "error"),
        ({"status": False, "message": "gagal", "rows": 0, "data": []}, "status", "false"),
        ({"status": "Gagal", "data": None}, "status", "Gagal"),
        ({"status": 500, "messages": "x", "data": []}, "status", 500),
        ({"success": False, "data": []}, "success", "false"),
        ({"sukses": 0, "data": []}, "sukses", 0),
        ({"error": True, "pesan": "x", "data": []}, "error", "true"),
        ({"errors": [{"message": "rahasia"}], "data": []}, "errors", "…"),
        ({"error": "koneksi database gagal: password=x"}, "error", "…"),
        ({"metaData": {"code": "500", "message": "x"}, "response": None, "data": []}, "metaData.code", 500),
        ({"code": 429, "message": "x", "data": []}, "code", 429),
    ],
)
async def test_an_envelope_that_says_that_it_failed_is_no_empty_list(
    serve: Serve, envelope: object, member: str, said: object
) -> None:
    error = await error_of(serve(body(envelope)), RestDataset("proyek", "data"))

    assert (type(error), error.code, error.params) == (SourceBroken, "ANSWER_REFUSED", {"member": member, "said": said})
    assert "5204010101010001" not in str(error)


@pytest.mark.parametrize(
    "envelope",
    [
        {"status": "success", "messages": "", "rows": 0, "data": []},
        {"status": "Sukses", "messages": "Data Kosong", "data": []},
        {"status": True, "error": None, "errors": [], "data": []},
        {"status": 200, "message": "OK", "data": []},
        {"status": 1, "error": False, "data": []},
        {"status": 0, "data": []},  # some count errors so
        {"error": "", "errors": {}, "code": 0, "message": "x", "data": []},
        {"error": "tidak ada", "data": []},
        {"metaData": {"code": "200", "message": "OK"}, "data": []},
        {"kode": 500, "uraian": "Belanja", "data": []},  # no message: it may be a code of the thing itself
        {"data": [], "status_kegiatan": "gagal"},
    ],
)
async def test_an_envelope_that_says_nothing_of_the_kind_is_what_it_holds(serve: Serve, envelope: object) -> None:
    assert await rows(serve(body(envelope)), RestDataset("proyek", "data")) == []


@pytest.mark.parametrize("envelope", [{"status": 401, "data": []}, {"code": "403", "message": "x", "data": []}])
async def test_a_login_that_is_refused_in_an_envelope_is_not_tried_again(serve: Serve, envelope: object) -> None:
    calls = 0

    def answer(path: str, query: Mapping[str, str], head: Mapping[str, str]) -> Reply:
        nonlocal calls
        calls += 1
        return 200, {}, json.dumps(envelope).encode()

    source = RestSource(serve(answer), {"d": RestDataset("proyek", "data")})
    for _ in range(3):
        with pytest.raises(SourceAuth):
            await read(source)
    await source.aclose()

    assert calls == 1


async def test_the_records_themselves_may_say_what_they_like(serve: Serve) -> None:
    items = [{"id": 1, "status": "gagal", "error": "x"}, {"id": 2, "status": "error", "code": 500, "message": "x"}]

    assert [row.at for row in await rows(serve(body(items)), RestDataset("proyek", key="id"))] == ["1", "2"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.sampled_from(["error", "gagal", "500", "1e9"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["status", "code", "message", "error", "meta", "success", "x", "Status_"]), inner
        )
    ),
    max_leaves=12,
)


@given(JSON)
def test_whatever_an_envelope_holds_it_is_judged_without_a_fault(envelope: object) -> None:
    try:
        check_envelope(envelope, "proyek")
    except SourceBroken as error:
        said = error.params["said"]
        assert isinstance(said, int) or len(str(said)) < 20  # nothing of its own words is passed on
    except SourceAuth as error:
        assert error.params["status"] in (401, 403)


# -- lists that move --------------------------------------------------------------------------------------------------


def pages(*readings: Sequence[tuple[int, Sequence[int]]]) -> tuple[Answer, list[str]]:
    """Answers page by page; each reading of the list may find it another: for each page the total and the ids."""
    asked: list[str] = []

    def answer(path: str, query: Mapping[str, str], head: Mapping[str, str]) -> Reply:
        number = int(query["page"])
        reading = readings[min(sum(page == "1" for page in asked) - (number > 1), len(readings) - 1)]
        asked.append(query["page"])
        total, ids = reading[number - 1]
        return 200, {}, json.dumps({"total": total, "data": [{"id": one} for one in ids]}).encode()

    return answer, asked


PAGED = RestDataset("proyek", "data", Paging(size=2, total="total"), key="id")


async def test_a_list_that_changed_while_it_was_read_is_read_again(serve: Serve) -> None:
    # the first record goes after the first page was read: 3 moves up to it and would be left out
    answer, asked = pages([(4, [1, 2]), (3, [4])], [(3, [2, 3]), (3, [4])])

    assert [row.at for row in await rows(serve(answer), PAGED)] == ["2", "3", "4"]
    assert asked == ["1", "2", "1", "2"]


async def test_one_that_goes_and_one_that_comes_are_noticed_by_their_keys(serve: Serve) -> None:
    # a new first record pushes 2 to the second page, and the last one goes: the number stays, and 2 is there twice
    answer, asked = pages([(3, [1, 2]), (3, [2])], [(3, [0, 1]), (3, [2])])

    assert [row.at for row in await rows(serve(answer), PAGED)] == ["0", "1", "2"]
    assert asked == ["1", "2", "1", "2"]


async def test_a_list_that_never_stands_still_is_told(serve: Serve) -> None:
    answer, asked = pages([(4, [1, 2]), (3, [4])])

    error = await error_of(serve(answer), PAGED)

    assert (type(error), error.code, error.params) == (SourceBroken, "LIST_MOVED", {"told": "3, 4", "read": 3})
    assert len(asked) == 4


async def test_keys_that_are_twice_in_the_source_are_left_to_whoever_maps_them(serve: Serve) -> None:
    answer, asked = pages([(3, [1, 2]), (3, [2])])

    assert [row.at for row in await rows(serve(answer), PAGED)] == ["1", "2", "2 ?page=2#/data/0"]
    assert len(asked) == 4


@pytest.mark.parametrize("total", [None, "banyak", True, {}])
async def test_a_number_that_is_none_is_told(serve: Serve, total: object) -> None:
    error = await error_of(serve(body({"total": total, "data": []})), PAGED)

    assert (error.code, error.params) == ("TOTAL_UNREADABLE", {"at": "total"})


# -- lines ------------------------------------------------------------------------------------------------------------


async def test_lines_are_rows(serve: Serve) -> None:
    content = b'{"id": 1, "a": {"b": 2}}\n\r\n{"id": 2, "c": "x"}\n{"id": 2}'

    found = await rows(serve(body(content)), LINES)

    assert found == [Row("1", (1, 2, None)), Row("2", (2, None, "x")), Row("2 line 4", (2, None, None))]


async def test_many_lines_come_in_batches_of_the_same_columns(serve: Serve) -> None:
    content = b"".join(b'{"id": %d}\n' % number for number in range(1_200)) + b'{"id": 1200, "x": 1}\n'
    source = RestSource(serve(body(content)), {"d": LINES})
    (part,) = await source.parts("d")
    batches = [batch async for batch in source.rows("d", part)]
    await source.aclose()

    assert [len(batch.rows) for batch in batches] == [500, 500, 201]
    assert {tuple(column.name for column in batch.columns) for batch in batches} == {("id", "x")}


@pytest.mark.parametrize(
    ("content", "kind", "code", "params"),
    [
        (b'{"id": 1}\n{"id": 2', SourceBroken, "LINE_BROKEN", {"line": 2}),
        (b'{"id": 1}\n[2]\n', SourceBroken, "LINE_BROKEN", {"line": 2}),
        (b'{"id": NaN}\n', SourceBroken, "LINE_BROKEN", {"line": 1}),
        (b'{"id": "\xff"}\n', SourceBroken, "LINE_BROKEN", {"line": 1}),
        (b"<html>Login", SourceBroken, "NOT_JSON", {}),
        (
            b'{"id": 1}\n{"status": "error", "message": "x"}\n',
            SourceBroken,
            "ANSWER_REFUSED",
            {"member": "status", "said": "error"},
        ),
        (b'{"x": "' + b"y" * 1_000_000 + b'"}', LimitExceeded, "LINE_TOO_LONG", {"line": 1, "limit": "1"}),
        (b'{"x": "' + b"y" * 2_000_000 + b'"}', LimitExceeded, "ANSWER_TOO_LARGE", {"limit": "2"}),
    ],
)
async def test_lines_that_are_none_are_told(
    serve: Serve, content: bytes, kind: type[SourceError], code: str, params: Mapping[str, object]
) -> None:
    error = await error_of(serve(body(content)), LINES, max_bytes=2_000_000)

    assert (type(error), error.code, error.params) == (kind, code, params)


async def test_lines_where_one_json_was_expected_are_told_with_the_option(serve: Serve) -> None:
    error = await error_of(serve(body('{"nama": "é"}\n{"nama": "x"}\n'.encode())), RestDataset("proyek"))

    assert error.code == "JSON_LINES"


async def test_lines_are_described_by_the_first_of_them(serve: Serve) -> None:
    source = RestSource(serve(body(b'{"id": 1}\n' * 20)), {"d": LINES})
    (described,) = await source.describe()
    await source.aclose()

    assert described.samples == {"id": (1, 1, 1, 1, 1)}


# -- versions ---------------------------------------------------------------------------------------------------------


class Versioned:
    """A list of pages, or of lines, that knows the version of each page."""

    def __init__(self, *contents: bytes, tags: bool = True) -> None:
        self.contents = list(contents)
        self.tags = tags
        self.sent: list[tuple[str, int]] = []

    def __call__(self, path: str, query: Mapping[str, str], head: Mapping[str, str]) -> Reply:
        number = query.get("page", "1")
        content = self.contents[int(number) - 1]
        tag = f'"{hash(content)}"'
        headers = {"ETag": tag} if self.tags else {}
        if self.tags and head.get("if-none-match") == tag:
            self.sent.append((number, 304))
            return 304, {**headers, "Content-Length": "0"}, b""
        self.sent.append((number, 200))
        return 200, headers, content


@pytest.mark.parametrize("style", ["pages", "lines"])
async def test_what_has_not_changed_is_not_sent_again(serve: Serve, style: str) -> None:
    contents = (
        [b'[{"id": 1}, {"id": 2}]', b'[{"id": 3}]'] if style == "pages" else [b'{"id": 1}\n{"id": 2}\n{"id": 3}\n']
    )
    upstream = Versioned(*contents)
    dataset = RestDataset("proyek", paging=Paging(size=2), key="id") if style == "pages" else LINES
    source = RestSource(serve(upstream), {"d": dataset})
    (first,) = await source.parts("d")
    before = [row.at async for batch in source.rows("d", first) for row in batch.rows]
    upstream.sent.clear()
    (second,) = await source.parts("d")
    asked, upstream.sent = upstream.sent, []

    assert before == ["1", "2", "3"]
    assert (second.stamp, {status for _, status in asked}) == (first.stamp, {304})
    assert len(asked) == len(contents)

    upstream.contents[0] = contents[0].replace(b"1", b"9")
    (third,) = await source.parts("d")
    after = [row.at async for batch in source.rows("d", third) for row in batch.rows]
    asked, upstream.sent = upstream.sent, []
    (fourth,) = await source.parts("d")
    await source.aclose()

    assert third.stamp not in (first.stamp, None)
    assert after == ["9", "2", "3"]
    assert asked == [("1", 200), ("2", 200)][: len(contents)]  # what was asked first is not asked twice
    assert fourth.stamp == third.stamp


async def test_a_later_page_that_has_changed_is_noticed(serve: Serve) -> None:
    upstream = Versioned(b'[{"id": 1}]', b'[{"id": 2}]', b"[]")
    source = RestSource(serve(upstream), {"d": RestDataset("proyek", paging=Paging(), key="id")})
    await read(source)
    upstream.contents[1] = b'[{"id": 7}]'

    assert [row.at for row in await read(source)] == ["1", "7"]
    await source.aclose()


async def test_a_reading_that_broke_off_leaves_no_version_behind(serve: Serve) -> None:
    upstream = Versioned(b'[{"id": 1}]', b"[{", b"[]")
    source = RestSource(serve(upstream), {"d": RestDataset("proyek", paging=Paging(), key="id")})
    (first,) = await source.parts("d")
    with pytest.raises(SourceBroken):
        [batch async for batch in source.rows("d", first)]
    (second,) = await source.parts("d")
    await source.aclose()

    assert first.stamp != second.stamp


async def test_a_source_without_versions_is_read_each_time(serve: Serve) -> None:
    upstream = Versioned(b'[{"id": 1}]', tags=False)
    source = RestSource(serve(upstream), {"d": RestDataset("proyek", key="id")})
    (first,) = await source.parts("d")
    [batch async for batch in source.rows("d", first)]
    (second,) = await source.parts("d")
    await source.aclose()

    assert first.stamp != second.stamp
    assert upstream.sent == [("1", 200)]


@pytest.mark.parametrize(("seconds", "counts"), [(3_600, True), (10, False)])
async def test_a_time_of_change_counts_only_when_it_is_over(serve: Serve, seconds: int, counts: bool) -> None:
    asked: list[Mapping[str, str]] = []
    modified = formatdate(time.time() - seconds, usegmt=True)

    def answer(path: str, query: Mapping[str, str], head: Mapping[str, str]) -> Reply:
        asked.append(head)
        is_known = head.get("if-modified-since") == modified
        return 304 if is_known else 200, {"Last-Modified": modified}, b"" if is_known else b"[]"

    source = RestSource(serve(answer), {"d": RestDataset("proyek")})
    await read(source)
    await source.parts("d")
    await source.aclose()

    assert ("if-modified-since" in asked[-1], len(asked)) == ((True, 2) if counts else (False, 1))


# -- tokens -----------------------------------------------------------------------------------------------------------


class Guarded:
    """An API with tokens, of which each holds for `uses` answers."""

    def __init__(self, uses: int = 1_000, seconds: object = 3_600) -> None:
        self.uses = uses
        self.seconds = seconds
        self.given: list[Mapping[str, str]] = []
        self.refused = 0
        self.seen: list[str] = []

    def __call__(self, path: str, query: Mapping[str, str], head: Mapping[str, str]) -> Reply:
        if path == "/token":
            if head.get("authorization") != "Basic " + base64.b64encode(b"hub%3A1:rahasia+%26").decode():
                self.refused += 1
                return 401, {}, b'{"error": "invalid_client"}'
            self.given.append(query)
            told = {"access_token": f"T{len(self.given)}", "token_type": "bearer", "expires_in": self.seconds}
            return 200, {}, json.dumps(told).encode()
        self.seen.append(head.get("authorization", "-"))
        token = f"Bearer T{len(self.given)}"
        is_good = head.get("authorization") == token and self.seen.count(token) <= self.uses
        return (200, {}, b'[{"id": 1}]') if is_good else (401, {}, b"")


class Clock:
    """Seconds that pass when they are told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def guarded(url: str, clock: Clock, secret: str = "rahasia &") -> RestSource:
    login = ClientCredentials(Client(f"{url}/token", "hub:1", secret, "baca"), clock)
    return RestSource(url, {"d": RestDataset("proyek")}, login=login)


async def test_a_token_is_fetched_once_and_renewed_before_it_ends(serve: Serve) -> None:
    upstream, clock = Guarded(), Clock()
    source = guarded(serve(upstream), clock)
    for wait in (0, 1_000, 2_000, 569, 2):
        clock.now += wait
        assert len(await read(source)) == 1
    await source.aclose()

    assert upstream.seen == ["Bearer T1"] * 4 + ["Bearer T2"]
    assert upstream.given == [{"grant_type": "client_credentials", "scope": "baca"}] * 2


async def test_a_token_that_ended_early_is_renewed_once(serve: Serve) -> None:
    upstream = Guarded(uses=2, seconds=None)
    source = guarded(serve(upstream), Clock())
    found = [len(await read(source)) for _ in range(4)]
    await source.aclose()

    assert found == [1] * 4
    assert upstream.seen == ["Bearer T1"] * 3 + ["Bearer T2"] * 2


async def test_a_token_that_is_refused_while_it_is_new_is_a_refused_login(serve: Serve) -> None:
    upstream = Guarded(uses=0)
    source = guarded(serve(upstream), Clock())
    for _ in range(3):
        with pytest.raises(SourceAuth):
            await read(source)
    await source.aclose()

    assert (len(upstream.given), len(upstream.seen)) == (1, 1)


async def test_a_secret_that_is_wrong_is_tried_once_and_told_nowhere(serve: Serve) -> None:
    upstream = Guarded()
    url = serve(upstream)
    source = guarded(url, Clock(), secret="salah-sekali")
    for _ in range(3):
        with pytest.raises(SourceAuth) as caught:
            await read(source)
    await source.aclose()

    assert (caught.value.params, upstream.refused, upstream.seen) == ({"status": 401}, 1, [])
    assert "salah-sekali" not in f"{caught.value!r} {Client(url, 'a', 'salah-sekali')}"


@pytest.mark.parametrize(
    "told", [b"", b"{}", b"[]", b'{"access_token": 7}', b'{"access_token": "x", "token_type": "mac"}', b"<html>"]
)
async def test_an_answer_without_a_token_is_told(serve: Serve, told: bytes) -> None:
    url = serve(lambda path, query, head: (200, {}, told))
    login = ClientCredentials(Client(f"{url}/token", "a", "b"))

    error = await error_of(url, RestDataset("proyek"), login=login)

    assert (type(error), error.code) == (SourceBroken, "TOKEN_MISSING")
    assert error.where.endswith("/token")
