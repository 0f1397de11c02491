"""One GET over real connections: how much of a body is taken, what is packed, what is known already, and when nobody is asked."""

from __future__ import annotations

import gzip
import io
import os
import zlib
from collections.abc import Callable, Mapping

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.errors import LimitExceeded, SourceAuth, SourceBroken, SourceError, SourceUnavailable
from connectors.policy import Policy
from connectors.web import Answer, Mark, Web, _Unpacking

Reply = Callable[[str, Mapping[str, str], Mapping[str, str]], tuple[int, Mapping[str, str], bytes]]
Serve = Callable[[Reply], str]

TEXT = b"Rabat beton jalan dusun; " * 400


def always(content: bytes, status: int = 200, **headers: str) -> Reply:
    """The same answer to everything."""
    return lambda path, query, head: (
        status,
        {name.replace("_", "-"): value for name, value in headers.items()},
        content,
    )


def bare(content: bytes) -> bytes:
    """Deflate as some servers have it: without its head."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packer.compress(content) + packer.flush()


async def get(url: str, *, most: int = 1_000_000, known: Mark | None = None, budget: int | None = None) -> Answer:
    web = Web({}, Policy(seconds=5), most)
    try:
        return await web.get(httpx.URL(url), "proyek", web.until(), budget, known)
    finally:
        await web.aclose()


async def error_of(url: str, most: int = 1_000_000) -> SourceError:
    with pytest.raises(SourceError) as caught:
        await get(url, most=most)
    return caught.value


@pytest.mark.parametrize(
    ("packed", "content"),
    [
        ("identity", TEXT),
        ("gzip", gzip.compress(TEXT)),
        ("GZIP", gzip.compress(TEXT[:700]) + gzip.compress(b"") + gzip.compress(TEXT[700:])),
        ("deflate", zlib.compress(TEXT)),
        ("deflate", bare(TEXT)),
    ],
    ids=["identity", "gzip", "members", "deflate", "bare"],
)
async def test_what_is_packed_is_unpacked(serve: Serve, packed: str, content: bytes) -> None:
    answer = await get(serve(always(content, Content_Encoding=packed)))

    assert (answer.content, answer.size) == (TEXT, len(TEXT))


@given(st.binary(max_size=5_000), st.integers(1, 700), st.sampled_from((gzip.compress, zlib.compress, bare)))
@settings(suppress_health_check=[HealthCheck.too_slow])
def test_it_is_unpacked_however_it_is_cut(content: bytes, step: int, pack: Callable[[bytes], bytes]) -> None:
    packed, unpacking, found = pack(content), _Unpacking(is_deflate=pack is not gzip.compress), b""

    for start in range(0, len(packed), step):
        found += b"".join(unpacking.pieces(packed[start : start + step]))

    assert (found, unpacking.is_whole) == (content, True)


@pytest.mark.parametrize("size", [999, 1_000, 1_001])
async def test_bytes_count_after_unpacking(serve: Serve, size: int) -> None:
    url = serve(always(gzip.compress(b"0" * size), Content_Encoding="gzip"))

    if size <= 1_000:
        assert (await get(url, most=1_000)).size == size
    else:
        error = await error_of(url, most=1_000)
        assert (type(error), error.code, error.params) == (LimitExceeded, "ANSWER_TOO_LARGE", {"limit": "0.001"})


async def test_a_packed_gigabyte_costs_no_more_than_what_is_taken(serve: Serve) -> None:
    taken = 0

    class Counted(io.BytesIO):
        def write(self, piece: object) -> int:
            nonlocal taken
            taken += len(piece)  # type: ignore[arg-type]  # bytes
            return super().write(piece)  # type: ignore[arg-type]  # ditto

    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    bomb = b"".join(packer.compress(b"0" * 1_048_576) for _ in range(200)) + packer.flush()
    web = Web({}, Policy(), 3_000_000)
    with pytest.raises(LimitExceeded):
        await web.write(httpx.URL(serve(always(bomb, Content_Encoding="gzip"))), "proyek", web.until(), Counted())
    await web.aclose()

    assert taken <= 3_000_000


@pytest.mark.parametrize("content", [gzip.compress(TEXT)[:-20], gzip.compress(os.urandom(500))[:200], b"x", TEXT])
async def test_what_is_packed_badly_is_told(serve: Serve, content: bytes) -> None:
    error = await error_of(serve(always(content, Content_Encoding="gzip")))

    assert (type(error), error.code) == (SourceBroken, "ANSWER_CUT_OFF")


async def test_an_unchanged_version_is_not_sent_again(serve: Serve) -> None:
    asked: list[Mapping[str, str]] = []

    def answer(path: str, query: Mapping[str, str], head: Mapping[str, str]) -> tuple[int, Mapping[str, str], bytes]:
        asked.append(head)
        if head.get("if-none-match") == '"v1"':
            return 304, {"ETag": '"v1"', "Content-Length": "0"}, b""
        return 200, {"ETag": '"v1"', "Last-Modified": "Tue, 10 Nov 2026 00:00:00 GMT"}, TEXT

    url = serve(answer)
    first = await get(url)
    second = await get(url, known=first.mark)

    assert first.mark == Mark('"v1"', "Tue, 10 Nov 2026 00:00:00 GMT")
    assert (second.unchanged, second.content) == (True, b"")
    assert "if-modified-since" not in asked[1]  # RFC 9110 §13.1.3: the tag alone decides


async def test_an_unchanged_that_was_not_asked_for_is_no_answer(serve: Serve) -> None:
    error = await error_of(serve(always(b"", 304)))

    assert (type(error), error.code) == (SourceBroken, "REDIRECTED")


async def test_a_source_that_is_down_is_not_asked_for_ever(serve: Serve) -> None:
    calls = 0

    def answer(path: str, query: Mapping[str, str], head: Mapping[str, str]) -> tuple[int, Mapping[str, str], bytes]:
        nonlocal calls
        calls += 1
        return 502, {}, b""

    web, url, codes = Web({}, Policy(pause=(0, 0)), 1_000), httpx.URL(serve(answer)), []
    for _ in range(20):
        with pytest.raises(SourceUnavailable) as caught:
            await web.get(url, "proyek", web.until())
        codes.append(caught.value.code)
    await web.aclose()

    assert codes == ["STATUS_UNEXPECTED"] * 5 + ["SOURCE_RESTING"] * 15
    assert calls == 10  # each is tried twice


async def test_an_answer_that_is_cut_off_is_asked_for_once_more(serve: Serve) -> None:
    sizes = [len(TEXT) + 100, len(TEXT)]
    url = serve(lambda path, query, head: (200, {"Content-Length": str(sizes.pop(0)), "Connection": "close"}, TEXT))

    assert (await get(url)).content == TEXT
    assert sizes == []


@pytest.mark.parametrize("status", [401, 403])
async def test_a_refused_login_is_tried_once(serve: Serve, status: int) -> None:
    calls = 0

    def answer(path: str, query: Mapping[str, str], head: Mapping[str, str]) -> tuple[int, Mapping[str, str], bytes]:
        nonlocal calls
        calls += 1
        return status, {}, b""

    web, url = Web({"Authorization": "Bearer rahasia"}, Policy(pause=(0, 0)), 1_000), httpx.URL(serve(answer))
    for _ in range(5):
        with pytest.raises(SourceAuth) as caught:
            await web.get(url, "proyek", web.until())
        assert (caught.value.params, "rahasia" in str(caught.value)) == ({"status": status}, False)
    await web.aclose()

    assert calls == 1


async def test_nobody_elses_proxy_is_asked(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    proxy = serve(always(b"dari proksi"))
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, proxy)

    assert (await get(serve(always(TEXT)))).content == TEXT
