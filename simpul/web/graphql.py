"""GraphQL over HTTP, as the specification has it (graphql.github.io/graphql-over-http).

GET and POST only; answers are application/graphql-response+json or application/json, by what the client accepts. A
well-formed request that GraphQL refuses is 400 in the first form and 200 in the second; a malformed one is 400 in both.
A browser that navigates here gets the query page. An answer without errors has a tag and need not be made again
(simpul.web.responses); who asks by GET and has it already gets 304. A POST has no such answer (RFC 9110, 13.1.2), so its
If-None-Match is not looked at.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import ClassVar, TypeVar

import orjson
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from config.hub import Language
from config.messages import Messages
from resolvers.engine import Answer, Engine, Stamp
from resolvers.engine import Request as Operation
from simpul.web.accept import JSON, RESPONSE, choose_language, choose_media, prefers_html
from simpul.web.body import Parameters, Refused, check_json_type, parse_body, parse_url, read_body
from simpul.web.responses import KEPT_HEADERS, Flights, Late, Responses, is_known

MAX_URL = 32 * 1024
VARY = "Accept, Accept-Language, Origin"
_PLAIN = {"Cache-Control": "no-store", "Vary": VARY}
SOON = 0.05  # seconds in which most answers are there: nobody has to watch their clients

T = TypeVar("T")

Page = Callable[[Request, Language], Response]
Endpoint = Callable[[Request], Awaitable[Response]]


def graphql_endpoint(
    engine: Engine, messages: Messages, default: Language, page: Page, responses: Responses | None = None
) -> Endpoint:
    """The endpoint at /graphql; `page` draws the query page for browsers, `responses` keeps answers."""
    cached = None if responses is None else _Cached(engine, responses)

    async def answer(request: Request) -> Response:
        accept = request.headers.get("accept", "")
        if request.method in ("GET", "HEAD") and prefers_html(accept):
            return page(request, language_of(request, default))
        language = choose_language(None, request.headers.get("accept-language", ""), default)
        media = choose_media(accept, (RESPONSE, JSON), JSON)
        try:
            if media is None:
                raise Refused(406, "NOT_ACCEPTABLE")
            raw = await _raw(request)
            if cached is not None:
                return await cached.answer(request, raw, language, media)
            parameters = _parameters(request, raw)
        except Refused as refused:
            return refusal(refused, media or JSON, messages, language)
        return await _execute(request, engine, _operation(parameters, language), media)

    return answer


def language_of(request: Request, default: Language) -> Language:
    """The language of a page: `?lang=`, then Accept-Language, then the hub's."""
    return choose_language(request.query_params.get("lang"), request.headers.get("accept-language", ""), default)


def refusal(refused: Refused, media: str, messages: Messages, language: Language) -> Response:
    """A request error in the form of a GraphQL answer without data."""
    error = {
        "message": messages.render(refused.code, refused.params, language),
        "extensions": {"code": "BAD_REQUEST", "reason": refused.code, **refused.params},
    }
    return _response(orjson.dumps({"errors": [error]}), refused.status, media, refused.headers)


async def _raw(request: Request) -> bytes:
    """The parameters as they came in: the body, or the query of the URL."""
    if request.method == "POST":
        check_json_type(request.headers.get("content-type", ""))
        return await read_body(request)
    if request.method in ("GET", "HEAD"):
        query: bytes = request.scope["query_string"]
        if len(query) > MAX_URL:
            raise Refused(414, "URL_TOO_LONG", limit=MAX_URL // 1024)
        return query
    raise Refused(405, "METHOD", {"Allow": "GET, POST"}, method="GET, POST")


def _parameters(request: Request, raw: bytes) -> Parameters:
    return parse_body(raw) if request.method == "POST" else parse_url(request.query_params)


def _operation(parameters: Parameters, language: Language) -> Operation:
    return Operation(
        parameters.query,
        parameters.variables,
        parameters.operation_name,
        language=language,
        tells_cost=parameters.tells_cost,
        tells_sources=parameters.tells_sources,
        as_text=True,
    )


async def _execute(request: Request, engine: Engine, operation: Operation, media: str) -> Response:
    answer = engine.execute_at_once(operation)
    if answer is None:
        answer = await unless_gone(request, engine.execute(operation))
    return _response(answer.body(), _status(answer, media), media)


def _status(answer: Answer, media: str) -> int:
    return 400 if not answer.started and media == RESPONSE else 200


def _response(body: bytes, status: int, media: str, headers: dict[str, str] | None = None) -> Response:
    if headers:
        return Response(body, status, {**_PLAIN, **headers}, f"{media}; charset=utf-8")
    return _Plain(body, status, media)


class _Plain(Response):
    """An answer whose headers, but for its length, are always the same; those are made once."""

    _HEADS: ClassVar = {
        media: [(name, value) for name, value in Response(b"", 200, _PLAIN, f"{media}; charset=utf-8").raw_headers
                if name != b"content-length"]
        for media in (RESPONSE, JSON)
    }  # fmt: skip

    def __init__(self, body: bytes, status: int, media: str) -> None:
        self.status_code = status
        self.body = body
        self.background = None
        self.raw_headers = [*self._HEADS[media], (b"content-length", b"%d" % len(body))]


@dataclass(frozen=True, slots=True)
class _Made:
    """An answer as it is sent. It has a tag if it is kept, and a stamp if it came to its end. Not `started` means a refusal."""

    body: bytes
    status: int
    tag: str | None
    stamp: Stamp | None
    started: bool = True


class _Cached:
    """Answers from what is kept, else makes the answer, once for all who ask for the same, and keeps it."""

    def __init__(self, engine: Engine, responses: Responses) -> None:
        self._engine = engine
        self._responses = responses
        self._flights: Flights[_Made] = Flights()

    async def answer(self, request: Request, raw: bytes, language: Language, media: str) -> Response:
        """The answer to the parameters as they came in. Raises Refused."""
        form = "body" if request.method == "POST" else "url"
        mark, key = self._responses.known(raw, f"{form} {media} {language}")
        if key is not None:
            found = await self._found(request, key, media)
            if found is not None:
                return found
        operation = _operation(_parameters(request, raw), language)
        if operation.tells_times:
            return await _execute(request, self._engine, operation, media)
        if key is None:
            key = self._key(operation, media)
            self._responses.learn(mark, key)
            found = await self._found(request, key, media)
            if found is not None:
                return found
        return await self._make(request, key, operation, media)

    def _key(self, operation: Operation, media: str) -> str:
        asked = (operation.query, operation.operation_name, operation.variables)
        return self._responses.key("graphql", media, operation.language, operation.caller.role, *asked)

    async def _found(self, request: Request, key: str, media: str) -> Response | None:
        found = await self._responses.find(key)
        if found is None:
            return None
        if _has(request, found.tag):
            return _unchanged(found.tag)
        return None if found.kept is None else _tagged(found.kept.body, found.tag, media)

    async def _make(self, request: Request, key: str, operation: Operation, media: str) -> Response:
        answer = self._engine.execute_at_once(operation)
        if answer is not None:
            made = await self._kept(key, answer, media, share=False)
        else:

            async def make() -> _Made:
                return await self._far(key, operation, media)

            flight = self._flights.once(key, make, self._holds, self._engine.seconds)
            try:
                made = await unless_gone(request, flight)
            except Late:
                late = self._engine.late(operation.language)
                made = _Made(late.body(), _status(late, media), None, None)
        if made.tag is None:
            return _response(made.body, made.status, media)
        return _unchanged(made.tag) if _has(request, made.tag) else _tagged(made.body, made.tag, media)

    async def _far(self, key: str, operation: Operation, media: str) -> _Made:
        """What is not made in passing: another process may have it."""
        shared = await self._responses.find_shared(key)
        if shared is not None:
            stamp = Stamp(shared.names, shared.version)
            return _Made(shared.body, 200, self._responses.tag(key, shared.version), stamp)
        return await self._kept(key, await self._engine.execute(operation), media, share=True)

    async def _kept(self, key: str, answer: Answer, media: str, *, share: bool) -> _Made:
        body, stamp, tag = answer.body(), answer.stamp, None
        if stamp is not None and not answer.errors:
            tag = await self._responses.keep(key, stamp, {}, body, share=share)
        return _Made(body, _status(answer, media), tag, stamp, answer.started)

    async def _holds(self, made: _Made) -> bool:
        """Also for one who asked later: a refusal does, an answer that was late or had no room does not."""
        return not made.started if made.stamp is None else await self._responses.holds(made.stamp)


def _has(request: Request, tag: str) -> bool:
    return request.method in ("GET", "HEAD") and is_known(request.headers.get("if-none-match", ""), tag)


def _tagged(body: bytes, tag: str, media: str) -> Response:
    return Response(body, 200, {**KEPT_HEADERS, "Vary": VARY, "ETag": tag}, f"{media}; charset=utf-8")


def _unchanged(tag: str) -> Response:
    return Response(status_code=304, headers={**KEPT_HEADERS, "Vary": VARY, "ETag": tag})


async def unless_gone(request: Request, work: Awaitable[T]) -> T:
    """The result of `work`, whose request has been read. It is cancelled as soon as its client goes away; then raises
    ClientDisconnect."""
    task = asyncio.ensure_future(work)
    try:
        await asyncio.wait((task,), timeout=SOON)
        if not task.done():
            going = asyncio.ensure_future(_going(request))
            try:
                await asyncio.wait((task, going), return_when=asyncio.FIRST_COMPLETED)
            finally:
                going.cancel()
    finally:
        is_gone = not task.done()
        if is_gone:
            task.cancel()
    if is_gone:
        raise ClientDisconnect
    return task.result()


async def _going(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
