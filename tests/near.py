"""A hub that answers in this process, with an engine that notes what it has to do."""

from __future__ import annotations

import json
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx

from resolvers.engine import Answer, Engine, Request
from simpul.background import Elsewhere
from simpul.compose import Hub, build_hub, load
from simpul.web.app import build_app


async def nothing() -> None:
    """What is done before and after an operation, unless a test says otherwise."""


class Counting(Engine):
    """Notes every operation that it has to answer. With `far` it answers none in passing; `before` and `after` are awaited
    around those that it does not."""

    def __init__(self, hub: Hub, seconds: float) -> None:
        super().__init__(
            hub.schema._schema,
            hub.config.catalogue,
            hub.database.tables,
            hub.replica,
            ZoneInfo(hub.config.timezone),
            hub.config.notice,
            seconds=seconds,
        )
        self.runs: list[str] = []
        self.far = False
        self.before: Callable[[], Awaitable[None]] = nothing
        self.after: Callable[[], Awaitable[None]] = nothing

    def execute_at_once(self, request: Request) -> Answer | None:
        answer = None if self.far else super().execute_at_once(request)
        if answer is not None:
            self.runs.append(request.query)
        return answer

    async def execute(self, request: Request) -> Answer:
        self.runs.append(request.query)
        await self.before()
        answer = await super().execute(request)
        await self.after()
        return answer

    async def tabulate(self, request: Request, *rest: Any) -> Answer:
        self.runs.append(request.query)
        return await super().tabulate(request, *rest)


class Served:
    """A hub that answers in this process."""

    def __init__(self, folder: Path, hub: Hub, engine: Counting, client: httpx.AsyncClient) -> None:
        self.folder, self.hub, self.engine, self.client = folder, hub, engine, client

    async def post(self, query: str, *, headers: dict[str, str] | None = None, **more: object) -> httpx.Response:
        return await self.client.post("/graphql", json={"query": query, **more}, headers=headers)

    async def get(self, query: str, *, headers: dict[str, str] | None = None, **more: object) -> httpx.Response:
        params = {"query": query, **{name: json.dumps(value) for name, value in more.items()}}
        return await self.client.get("/graphql", params=params, headers=headers)

    async def sync(self, *sources: str) -> None:
        for source in sources or self.hub.config.sources:
            await self.hub.syncer.sync(source)

    def write(self, text: str) -> None:
        """Another content of the proposals' file."""
        file = self.folder / "data" / "usulan-alas.csv"
        file.write_text(text, encoding="utf-8")
        os.utime(file, ns=(1, file.stat().st_mtime_ns + 1))


@asynccontextmanager
async def serving(folder: Path, seconds: float = 10.0) -> AsyncIterator[Served]:
    hub = build_hub(load(folder / "hub.yaml"))
    hub.open()
    engine = Counting(hub, seconds)
    background = Elsewhere(hub.config.sources, hub.tried_sources)
    app = build_app(hub.config, engine, lambda: "", hub.messages, background, hub.sources, loopback=False)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(hub.close)
        await stack.enter_async_context(app.router.lifespan_context(app))
        transport = httpx.ASGITransport(app)
        client = await stack.enter_async_context(httpx.AsyncClient(transport=transport, base_url="http://hub"))
        yield Served(folder, hub, engine, client)
