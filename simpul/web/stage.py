"""One app after another on the same socket: a new one takes over between requests, and what was begun ends on the old one."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress

from starlette.applications import Starlette
from starlette.types import Receive, Scope, Send

from simpul.logs import telling

LOG = logging.getLogger("simpul.web")

ALIVE = "/healthz"  # which needs no replica: who watches the process hears it whatever happens
PATIENCE = 30.0  # seconds that answers under way have where nothing may be answered meanwhile


class Act:
    """An app with what runs behind it, and the number of requests that it is answering."""

    def __init__(self, app: Starlette) -> None:
        self._app = app
        self._requests = 0
        self._idle = asyncio.Event()
        self._idle.set()
        self._over = asyncio.Event()
        self._running: asyncio.Task[None] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._requests += 1
        self._idle.clear()
        try:
            await self._app(scope, receive, send)
        finally:
            self._requests -= 1
            if not self._requests:
                self._idle.set()

    async def begin(self) -> None:
        """Starts what runs behind the app; raises what that raises."""
        self._over.clear()
        begun = asyncio.Event()
        self._running = asyncio.create_task(self._run(begun))
        waiting = asyncio.create_task(begun.wait())
        await asyncio.wait({self._running, waiting}, return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        if self._running.done():
            self._running.result()
        self._running.add_done_callback(
            telling(LOG, "what runs behind the answers has failed: sources are read no more")
        )

    async def end(self) -> None:
        """Ends what runs behind the app. Requests go on being answered."""
        self._over.set()
        if self._running is not None:
            await asyncio.wait({self._running})  # how it ended is logged

    async def rest(self) -> None:
        """Waits until no request is being answered."""
        await self._idle.wait()

    async def _run(self, begun: asyncio.Event) -> None:
        async with self._app.router.lifespan_context(self._app):
            begun.set()
            await self._over.wait()


class Stage:
    """The app that a server knows."""

    def __init__(self, app: Starlette) -> None:
        self._act = Act(app)
        self._open = asyncio.Event()
        self._open.set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        if not self._open.is_set() and scope.get("path") != ALIVE:
            await self._open.wait()
        await self._act(scope, receive, send)

    async def change(self, prepare: Callable[[], Awaitable[Starlette]], *, apart: bool) -> Act:
        """Has another app take over, and gives the old one, which may still be answering. What runs behind the old one ends before
        `prepare` is called; `apart` says that nothing may be answered while it works: requests wait. Whatever `prepare` or the
        new app's start raises is raised, and the old one goes on."""
        old = self._act
        try:
            if apart:
                self._open.clear()
                with suppress(TimeoutError):
                    await asyncio.wait_for(old.rest(), PATIENCE)
            await old.end()
            try:
                new = Act(await prepare())
                await new.begin()
            except BaseException:
                await old.begin()
                raise
            self._act = new
        finally:
            self._open.set()
        return old

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        try:
            await self._act.begin()
        except Exception as error:
            await send({"type": "lifespan.startup.failed", "message": repr(error)})
            raise
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self._act.end()
        await send({"type": "lifespan.shutdown.complete"})
