"""The Starlette app of a hub: its pages, its endpoint, and whether it is alive and ready."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Receive, Scope, Send

from config.hub import HubConfig, Language
from config.messages import Messages
from replica.system import SourceState
from resolvers.engine import Engine
from simpul.background import Background, Elsewhere
from simpul.pages.graphiql import is_built, query_page
from simpul.pages.render import STATIC, Pages
from simpul.pages.saved import SavedPages
from simpul.pages.status import status_page
from simpul.saved import SavedQuestions
from simpul.tables import Form
from simpul.web.accept import JSON
from simpul.web.body import Refused
from simpul.web.graphql import Endpoint, graphql_endpoint, language_of, refusal
from simpul.web.guard import Guard, LoopbackHosts, Straight, origin_pattern
from simpul.web.metrics import CONTENT_TYPE, Metrics, Sources
from simpul.web.responses import build_responses
from simpul.web.saved import AT_ONCE, EXPOSED, table_endpoint

METHODS = ["GET", "POST"]

News = Callable[[Language], Sequence[str]]


def build_app(
    config: HubConfig,
    engine: Engine,
    sdl: Callable[[], str],
    messages: Messages,
    background: Background | Elsewhere,
    sources: Sources,
    *,
    loopback: bool,
    metrics: Metrics | None = None,
    news: News = lambda language: (),
) -> Starlette:
    """The app. While it runs, so does `background`. `sdl` prints the schema when it is asked for; `sources` tells how they stand,
    `news` what is wrong with a newer configuration that was not taken; `loopback` says that the app listens on this machine
    only."""
    counted = metrics or Metrics()
    default = config.language
    pages = Pages(config, messages)
    graphiql = is_built()
    saved = SavedQuestions(config.path, engine, messages)
    saved_pages = SavedPages(pages, config, engine, saved, messages)
    turns = asyncio.Semaphore(AT_ONCE)
    responses = build_responses(config, engine, counted.answer)

    async def status(request: Request) -> Response:
        language = language_of(request, default)
        links, home = saved_pages.links(language), await saved_pages.home(language)
        refused = news(language)
        return await status_page(pages, config, engine, messages, request, language, links, home, refused)

    async def saved_page(request: Request) -> Response:
        return await saved_pages.draw(request, language_of(request, default))

    def query(request: Request, language: Language) -> Response:
        return query_page(pages, config, messages, request, language, graphiql=graphiql)

    async def schema(request: Request) -> Response:
        return PlainTextResponse(sdl(), headers={"Cache-Control": "no-cache"})

    async def healthz(request: Request) -> Response:
        return JSONResponse({"status": "ok"}, headers={"Cache-Control": "no-store"})

    async def readyz(request: Request) -> Response:
        waiting = list(await background.waiting())
        told = {
            "ready": not waiting,
            "waiting": waiting,
            "sources": _detail(await asyncio.to_thread(sources)),
            "configuration": "REFUSED" if news(default) else "CURRENT",
        }
        return JSONResponse(told, 503 if waiting else 200, headers={"Cache-Control": "no-store"})

    async def figures(request: Request) -> Response:
        page = counted.page(await asyncio.to_thread(sources), is_current=not news(default))
        return Response(page, headers={"Cache-Control": "no-store"}, media_type=CONTENT_TYPE)

    def refuse_host(request: Request) -> Response:
        return refusal(Refused(421, "HOST_REFUSED"), JSON, messages, language_of(request, default))

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with background.running():
            yield
        if responses is not None:
            await responses.close()

    graphql = _AnyMethod(graphql_endpoint(engine, messages, default, query, responses))
    return Starlette(
        routes=[
            Route("/", status),
            Route("/graphql", graphql),  # for /graphql/, which is sent here; what asks for it itself goes straight
            *(
                Route(f"/q/{{name}}.{form}", table_endpoint(engine, saved, messages, default, form, turns, responses))
                for form in Form
            ),
            Route("/q/{name}", saved_page),
            Route("/schema.graphql", schema),
            Route("/healthz", healthz),
            Route("/readyz", readyz),
            Route("/metrics", figures),
            Mount("/static", StaticFiles(directory=STATIC)),
        ],
        middleware=[
            *_middleware(config, messages, refuse_host, counted.request, loopback),
            Middleware(Straight, "/graphql", graphql),
        ],
        lifespan=lifespan,
    )


def _detail(sources: Sequence[SourceState] | None) -> list[dict[str, object]] | None:
    """How each source stands, for whoever watches the hub; None if the replica can't be read."""
    if sources is None:
        return None
    now = datetime.now(UTC)
    return [
        {
            "name": source.name,
            "state": source.state,
            "asOf": source.read_at.isoformat() if source.read_at else None,
            "reason": source.problem.get("code") if source.problem else None,
            "lagSeconds": round(source.lag(now).total_seconds()),
            "breaker": "OPEN" if source.rests(now) else "CLOSED",
        }
        for source in sources
    ]


def _middleware(
    config: HubConfig,
    messages: Messages,
    refuse_host: Callable[[Request], Response],
    hear: Callable[[str, int], None],
    loopback: bool,
) -> list[Middleware]:
    layers = [Middleware(Guard, messages=messages, default=config.language, hear=hear)]
    if loopback:
        layers.append(Middleware(LoopbackHosts, refuse=refuse_host))
    pattern = origin_pattern(config.cors)
    if pattern is not None:
        layers.append(
            Middleware(
                CORSMiddleware,
                allow_origin_regex=pattern,
                allow_methods=METHODS,
                allow_headers=["Content-Type", "Accept", "Accept-Language", "If-None-Match", "X-Request-Id"],
                expose_headers=["X-Request-Id", *EXPOSED],
            )
        )
    return layers


class _AnyMethod:
    """An endpoint that hears every method, and so can refuse one in the form of GraphQL."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        response = await self._endpoint(Request(scope, receive))
        await response(scope, receive, send)
