"""One GET over HTTP, under a source's policy: a deadline, a number of bytes also after unpacking, nobody else's address, and not
again what is known already.

httpx counts its time-outs by the read, follows no number of bytes, and unpacks what it is given: a source that sends a byte now
and then would hold a reading for ever, and 300 kilobytes that are packed may be 300 megabytes."""

from __future__ import annotations

import asyncio
import io
import zlib
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import BinaryIO, Protocol

import httpx

from connectors.errors import (
    DatasetMissing,
    LimitExceeded,
    SourceAuth,
    SourceBroken,
    SourceError,
    SourceTimeout,
    SourceUnavailable,
)
from connectors.policy import Gate, Policy, Standing

TRANSIENT = (429, 502, 503, 504)
PACKED = ("gzip", "x-gzip", "deflate")
SETTLED = 60  # seconds after which a time of change is over (RFC 9110 §8.8.2.2)
AT_ONCE = 1 << 18  # bytes that are unpacked before others have a turn
FOREIGN = (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, httpx.CookieConflict, UnicodeError)
"""What httpx raises; the last for a header that can't be sent."""


@dataclass(frozen=True, slots=True)
class Mark:
    """By what a server knows a version of what it gave (RFC 9110 §8.8): its ETag and Last-Modified, as they came."""

    etag: str | None = None
    modified: str | None = None

    @property
    def headers(self) -> dict[str, str]:
        """What asks for it only if it is another one now."""
        asked = {"If-None-Match": self.etag} if self.etag else {"If-Modified-Since": self.modified}
        return {name: value for name, value in asked.items() if value}


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer: its body unpacked (empty if it is `unchanged`, or was written elsewhere), how many bytes that are, its headers in
    small letters, and the mark of its version if it has one."""

    content: bytes
    size: int
    headers: Mapping[str, str]
    mark: Mark | None
    unchanged: bool = False


class Login(Protocol):
    """A login that has to be fetched before it is used, and may end."""

    async def headers(self, client: httpx.AsyncClient) -> Mapping[str, str]:
        """What a request needs; raises SourceError."""
        ...

    def forget(self, refused: Mapping[str, str]) -> bool:
        """These headers were refused; whether others may be had."""
        ...


class Web:
    """Asks one source. `headers` may hold secrets; they appear in no error. Opens nothing before it is asked."""

    def __init__(
        self,
        headers: Mapping[str, str],
        policy: Policy,
        max_bytes: int,
        transport: httpx.AsyncBaseTransport | None = None,
        login: Login | None = None,
    ) -> None:
        self._headers = {"Accept-Encoding": "gzip, deflate", **headers}
        self._policy = policy
        self._max_bytes = max_bytes
        self._gate = Gate(policy)
        self._transport = transport
        self._login = login
        self._client: httpx.AsyncClient | None = None

    @property
    def standing(self) -> Standing:
        """How the source stands."""
        return self._gate.standing

    def until(self) -> float:
        """When a reading that starts now must have ended."""
        return self._gate.until()

    async def get(
        self, url: httpx.URL, where: str, until: float, budget: int | None = None, known: Mark | None = None
    ) -> Answer:
        """The answer of an address, of at most `budget` bytes (None: as many as are allowed of all). `known` is the mark of the
        version that one has. Raises what `connectors.errors` holds."""
        body = io.BytesIO()
        return await self.write(url, where, until, body, budget, known)

    async def write(
        self,
        url: httpx.URL,
        where: str,
        until: float,
        file: BinaryIO,
        budget: int | None = None,
        known: Mark | None = None,
    ) -> Answer:
        """The same with the body written to a file, from its beginning."""
        most = self._max_bytes if budget is None else budget
        headers = known.headers if known else {}
        async with self._gate.step(where, until):
            return await self._gate.repeat(lambda: self._logged_in(url, where, file, most, headers))

    def refused(self, error: SourceAuth) -> None:
        """Our login was refused in an answer that looked like any other."""
        self._gate.refused(error)

    async def aclose(self) -> None:
        """Ends the connections."""
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    async def _logged_in(
        self, url: httpx.URL, where: str, file: BinaryIO, most: int, headers: Mapping[str, str]
    ) -> Answer:
        """An attempt, and one more with a new login if the old one has ended."""
        if self._login is None:
            return await self._fetch(url, where, file, most, headers)
        login = await self._login.headers(self._opened())
        try:
            return await self._fetch(url, where, file, most, {**headers, **login})
        except SourceAuth:
            if not self._login.forget(login):
                raise
        return await self._fetch(url, where, file, most, {**headers, **await self._login.headers(self._opened())})

    async def _fetch(self, url: httpx.URL, where: str, file: BinaryIO, most: int, headers: Mapping[str, str]) -> Answer:
        file.seek(0)
        file.truncate()
        try:
            async with self._opened().stream("GET", url, headers=headers) as answer:
                is_unchanged = answer.status_code == 304 and bool(headers.keys() & _CONDITIONS)
                if not is_unchanged:
                    check_answer(answer, where)
                    async for chunk in _unpacked(answer, where):
                        if file.tell() + len(chunk) > most:
                            limit = f"{self._max_bytes / 1_000_000:g}"
                            raise LimitExceeded(where, "ANSWER_TOO_LARGE", limit=limit)
                        file.write(chunk)
                content = file.getvalue() if isinstance(file, io.BytesIO) else b""
                told = {name.lower(): value for name, value in answer.headers.items()}
                return Answer(content, file.tell(), told, _mark_of(told), is_unchanged)
        except FOREIGN as error:
            # their own words may repeat a header, so they are not kept beside ours
            raise translate(error, where, self._policy.seconds) from None

    def _opened(self) -> httpx.AsyncClient:
        if self._client is None:
            seconds, at_once = self._policy.seconds, self._policy.at_once
            self._client = httpx.AsyncClient(
                headers=self._headers,
                # of a single read; the policy has the deadline of the whole
                timeout=httpx.Timeout(seconds, connect=min(seconds, self._policy.connect_seconds)),
                limits=httpx.Limits(max_connections=at_once, max_keepalive_connections=at_once),
                follow_redirects=False,
                trust_env=False,
                transport=self._transport,
            )
        return self._client


_CONDITIONS = {"If-None-Match", "If-Modified-Since"}


def _mark_of(headers: Mapping[str, str]) -> Mark | None:
    """The time of the last change counts only if it was over when the answer was made: else more may have followed in it."""
    etag, modified = headers.get("etag") or None, headers.get("last-modified")
    try:
        age = parsedate_to_datetime(headers.get("date", "")) - parsedate_to_datetime(modified or "")
        is_over = age.total_seconds() >= SETTLED
    except (ValueError, TypeError):
        is_over = False
    return Mark(etag, modified if is_over else None) if etag or is_over else None


async def _unpacked(answer: httpx.Response, where: str) -> AsyncIterator[bytes]:
    """The body, piece by piece. Raises SourceBroken for a packed one that is cut off."""
    packed = answer.headers.get("content-encoding", "").strip().lower()
    if packed in ("", "identity"):
        async for chunk in answer.aiter_raw():
            yield chunk
        return
    unpacking = _Unpacking(is_deflate=packed == "deflate")
    try:
        async for chunk in answer.aiter_raw():
            for piece in unpacking.pieces(chunk):
                yield piece
                await asyncio.sleep(0)
    except zlib.error:
        raise SourceBroken(where, "ANSWER_CUT_OFF") from None
    if not unpacking.is_whole:
        raise SourceBroken(where, "ANSWER_CUT_OFF")


class _Unpacking:
    """Unpacks gzip, of one or several members, and deflate, of which some servers leave out the head (RFC 9110 §8.4.1.2)."""

    def __init__(self, *, is_deflate: bool) -> None:
        self._stream = None if is_deflate else zlib.decompressobj(47)  # either head
        self._head = b""

    @property
    def is_whole(self) -> bool:
        """Whether the body may end here; one without any content need not have been packed."""
        return not self._head if self._stream is None else self._stream.eof

    def pieces(self, chunk: bytes) -> Iterator[bytes]:
        """What a piece of the body becomes, in pieces of a bounded size."""
        if self._stream is None:
            chunk = self._head = self._head + chunk
            if len(chunk) < 2:
                return
            has_head = chunk[0] & 15 == 8 and int.from_bytes(chunk[:2], "big") % 31 == 0  # RFC 1950 §2.2
            self._stream = zlib.decompressobj(15 if has_head else -15)
        while chunk:
            if self._stream.eof:
                self._stream = zlib.decompressobj(47)
            piece = self._stream.decompress(chunk, AT_ONCE)
            chunk = self._stream.unused_data or self._stream.unconsumed_tail
            yield piece


def translate(error: BaseException, where: str, seconds: float) -> SourceError:
    """The error of our tree for one of `FOREIGN`."""
    if isinstance(error, httpx.TimeoutException):
        return SourceTimeout(where, seconds=f"{seconds:g}")
    if isinstance(error, httpx.NetworkError | httpx.ProxyError):
        return SourceUnavailable(where, "SOURCE_UNREACHABLE")
    if isinstance(error, httpx.RemoteProtocolError):
        if "without sending a response" in str(error):  # a connection that was kept, and ended in the meantime
            return SourceUnavailable(where, "SOURCE_UNREACHABLE")
        if "without sending complete message body" in str(error):  # it may be whole the next time
            return SourceUnavailable(where, "ANSWER_CUT_OFF")
        return SourceBroken(where, "ANSWER_CUT_OFF")
    return SourceBroken(where, "REQUEST_FAILED", reason=type(error).__name__)


def check_answer(answer: httpx.Response, where: str) -> None:
    """Raises the error that a status tells, or a packing that we do not know."""
    status = answer.status_code
    if status in (401, 403):
        raise SourceAuth(where, status=status)
    if status == 404:
        raise DatasetMissing(where, "ENDPOINT_MISSING")
    if status in TRANSIENT:
        rest = _retry_after(answer.headers.get("retry-after", ""))
        raise SourceUnavailable(where, "STATUS_UNEXPECTED", status=status, **({"retryAfter": rest} if rest else {}))
    if 300 <= status < 400:
        raise SourceBroken(where, "REDIRECTED", status=status)
    if status != 200:
        raise SourceBroken(where, "STATUS_UNEXPECTED", status=status)
    packed = answer.headers.get("content-encoding", "identity").strip().lower()
    if packed not in ("", "identity", *PACKED):
        raise SourceBroken(where, "ANSWER_PACKED", packed=packed[:40])


def _retry_after(text: str) -> float | None:
    """Seconds, from a number or a date (RFC 9110 §10.2.3)."""
    try:
        if text.strip().isdecimal():
            return float(text)
        return max(0.0, (parsedate_to_datetime(text) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError, OverflowError):
        return None
