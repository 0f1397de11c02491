"""GraphQL over HTTP, as the specification has it (graphql.github.io/graphql-over-http).

GET and POST only; answers are application/graphql-response+json or application/json, by what the client accepts. A
well-formed request that GraphQL refuses is 400 in the first form and 200 in the second; a malformed one is 400 in both.
A browser that navigates here gets the query page.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import orjson
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from config.hub import Language
from config.messages import Messages
from resolvers.engine import Engine
from resolvers.engine import Request as Operation
from simpul.web.accept import JSON, RESPONSE, choose_language, choose_media, prefers_html
from simpul.web.body import Parameters, Refused, check_json_type, parse_body, parse_url, read_body

MAX_URL = 32 * 1024
SOON = 0.05  # seconds in which most answers are there: nobody has to watch their clients

T = TypeVar("T")

Page = Callable[[Request, Language], Response]
Endpoint = Callable[[Request], Awaitable[Response]]


def graphql_endpoint(engine: Engine, messages: Messages, default: Language, page: Page) -> Endpoint:
    """The endpoint at /graphql; `page` draws the query page for browsers."""

    async def answer(request: Request) -> Response:
        accept = request.headers.get("accept", "")
        if request.method in ("GET", "HEAD") and prefers_html(accept):
            return page(request, language_of(request, default))
        language = choose_language(None, request.headers.get("accept-language", ""), default)
        media = choose_media(accept, (RESPONSE, JSON), JSON)
        try:
            if media is None:
                raise Refused(406, "NOT_ACCEPTABLE")
            parameters = await _parameters(request)
        except Refused as refused:
            return refusal(refused, media or JSON, messages, language)
        return await _execute(request, engine, parameters, language, media)

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


async def _parameters(request: Request) -> Parameters:
    if request.method == "POST":
        check_json_type(request.headers.get("content-type", ""))
        return parse_body(await read_body(request))
    if request.method in ("GET", "HEAD"):
        if len(request.scope["query_string"]) > MAX_URL:
            raise Refused(414, "URL_TOO_LONG", limit=MAX_URL // 1024)
        return parse_url(request.query_params)
    raise Refused(405, "METHOD", {"Allow": "GET, POST"}, method="GET, POST")


async def _execute(
    request: Request, engine: Engine, parameters: Parameters, language: Language, media: str
) -> Response:
    operation = Operation(
        parameters.query,
        parameters.variables,
        parameters.operation_name,
        language=language,
        tells_cost=parameters.tells_cost,
    )
    answer = engine.execute_at_once(operation)
    if answer is None:
        answer = await unless_gone(request, engine.execute(operation))
    refused = not answer.started and media == RESPONSE
    return _response(answer.body(), 400 if refused else 200, media)


def _response(body: bytes, status: int, media: str, headers: dict[str, str] | None = None) -> Response:
    return Response(
        body,
        status,
        {"Cache-Control": "no-store", "Vary": "Accept, Accept-Language, Origin", **(headers or {})},
        f"{media}; charset=utf-8",
    )


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
