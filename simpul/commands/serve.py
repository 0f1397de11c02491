"""`simpul serve`: the endpoint and its pages, with the sources kept up to date behind them."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import socket
import tempfile
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

from starlette.applications import Starlette

from config.hub import HubConfig, Language
from config.problems import ConfigError
from simpul.background import Elsewhere
from simpul.commands.opening import read_config, with_config, with_hub, with_opened
from simpul.compose import Hub, build_hub, load
from simpul.console import Terminal
from simpul.crew import CHANGED, Cast, Crew
from simpul.logs import mask_also, telling
from simpul.reload import Watch
from simpul.server import PortInUse, PortRefused, is_loopback, listen, serve, url_of
from simpul.web.app import build_app
from simpul.web.metrics import TOGETHER, Metrics
from simpul.web.stage import Act, Stage

LOG = logging.getLogger("simpul.reload")

LONGEST_REST = 600.0  # seconds that an answer under way may take after another hub.yaml is in use


def serve_hub(
    terminal: Terminal, path: Path, host: str, port: int, workers: int = 1, *, allow_unprotected: bool
) -> int:
    """Serves until it is stopped. 1 if it can't listen, 2 if it should listen where others could read everything, or in several
    processes where the system knows no fork."""
    if not is_loopback(host) and not allow_unprotected:
        terminal.warn("UNPROTECTED", host=host)
        return 2
    if workers > 1 and not hasattr(os, "fork"):
        terminal.warn("WORKERS_UNKNOWN")
        return 2
    listening = listen_or_say(terminal, host, port)
    if listening is None:
        return 1

    async def work(terminal: Terminal, hub: Hub) -> int:
        terminal.say("SERVING", hub=hub.config.display_name, url=url_of(listening))
        await serve_until_stopped(hub, listening, is_loopback(host), terminal.language)
        terminal.say("STOPPED")
        return 0

    with listening:
        if workers > 1:
            return _serve_together(terminal, path, listening, workers, is_loopback(host))
        return with_hub(terminal, path, work)


def _serve_together(terminal: Terminal, path: Path, listening: socket.socket, workers: int, loopback: bool) -> int:
    """The same in several processes, the first of which syncs. What they share is made before they are forked; the replica is
    opened by a process of its own, so that this one has neither connections nor threads. When hub.yaml changes, which the first
    of them notices, all give way to others."""
    config = read_config(terminal, path)
    if config is None:
        return 1
    terminal = terminal.speaking(config.language)

    async def nothing(terminal: Terminal, hub: Hub) -> int:
        return 0

    with tempfile.TemporaryDirectory(prefix="simpul-metrics-") as counters, Crew() as crew:
        os.environ[TOGETHER] = counters

        def play(config: HubConfig) -> Cast:
            hub = build_hub(config)
            _ = hub.engine
            gc.freeze()  # a collection that looked through it would give each process a copy of its own

            def work(*, syncs: bool) -> int:
                async def answer(terminal: Terminal, hub: Hub) -> int:
                    is_over = await serve_until_stopped(
                        hub, listening, loopback, terminal.language, syncs=syncs, lifeline=crew.lifeline
                    )
                    return CHANGED if is_over else 0

                return with_opened(terminal, hub, answer)

            return Cast(
                lambda: with_config(terminal, config, nothing),
                [partial(work, syncs=place == 0) for place in range(workers)],
            )

        def again() -> Cast | None:
            try:
                config = load(path)
            except ConfigError:  # it has changed once more
                return None
            mask_also(config.secrets)
            try:
                return play(config)
            except Exception:  # whatever it is, the others go on
                LOG.exception("the new hub.yaml could not take over")
                return None

        cast = play(config)
        code = crew.once(cast.first)
        if code == 0:
            terminal.say("SERVING_TOGETHER", hub=config.display_name, url=url_of(listening), count=workers)
            crew.keep(cast, lambda pid, code: terminal.warn("WORKER_DIED", pid=pid, status=code), again)
            terminal.say("STOPPED")
        return code


def listen_or_say(terminal: Terminal, host: str, port: int) -> socket.socket | None:
    """The listening socket, or None after the reason was told."""
    try:
        return listen(host, port)
    except PortInUse as error:
        terminal.warn("PORT_IN_USE", host=error.host, port=error.port, free=error.free)
    except PortRefused as error:
        terminal.warn("PORT_REFUSED", host=error.host, port=error.port, reason=terminal.trouble(error.error))
    return None


async def serve_until_stopped(
    hub: Hub,
    listening: socket.socket,
    loopback: bool,
    language: Language,
    *,
    syncs: bool = True,
    lifeline: int | None = None,
) -> bool:
    """Answers on the socket and, unless another process of a crew does, syncs in the background until Ctrl-C or SIGTERM;
    `language` is that of the log. A hub.yaml that changes takes over between requests; one of a crew ends for it, if it is the one
    that syncs, and says so."""
    metrics, watch = Metrics(), Watch(hub.config)

    async def play(hub: Hub) -> Starlette:
        background = await hub.background(language) if syncs else Elsewhere(hub.config.sources, hub.tried_sources)
        return build_app(
            hub.config,
            hub.engine,
            lambda: hub.sdl,
            hub.messages,
            background,
            hub.sources,
            loopback=loopback,
            metrics=metrics,
            news=watch.news,
        )

    stage = Stage(await play(hub))
    gc.freeze()  # what is there now stays; a collection that looked through it again would hold up answers
    over = asyncio.Event()
    keeping = asyncio.create_task(
        _keep_current(hub, watch, stage, play) if lifeline is None else _look_out(watch, over if syncs else None)
    )
    keeping.add_done_callback(telling(LOG, "changes of hub.yaml are not noticed any more"))
    try:
        await serve(stage, listening, lifeline, over)
    finally:
        keeping.cancel()
        await asyncio.wait({keeping})
    return over.is_set()


async def _look_out(watch: Watch, over: asyncio.Event | None) -> None:
    """Says that it is over when hub.yaml has changed for good; without `over` takes note of its problems only."""
    if over is None:
        async for _ in watch.changes():
            pass
        return
    with watch.on_signal():
        async for _ in watch.changes():
            over.set()


async def _keep_current(hub: Hub, watch: Watch, stage: Stage, play: Callable[[Hub], Awaitable[Starlette]]) -> None:
    """Has each good change of hub.yaml take over. The hub that serves in the end is closed here unless it is the first one, and so
    is every one before it once it rests."""
    serving, resting = hub, set[asyncio.Task[None]]()
    try:
        with watch.on_signal():
            async for config in watch.changes():
                serving, task = await _change(serving, config, watch, stage, play)
                if task is not None:
                    resting.add(task)
                    task.add_done_callback(resting.discard)
    finally:
        for task in list(resting):
            task.cancel()
        if serving is not hub:
            await serving.close()


async def _change(
    old: Hub, config: HubConfig, watch: Watch, stage: Stage, play: Callable[[Hub], Awaitable[Starlette]]
) -> tuple[Hub, asyncio.Task[None] | None]:
    """Has a configuration take over: the hub that serves then, which is the old one if it can't, and what gives back what the old
    one has open, once nobody waits for it any more."""
    new = build_hub(config)
    mask_also(config.secrets)

    async def prepare() -> Starlette:
        await asyncio.to_thread(new.open)
        return await play(new)

    try:
        await asyncio.to_thread(lambda: new.engine)  # the schema is made while the old one answers
        act = await stage.change(prepare, apart=not await asyncio.to_thread(new.is_open))
    except Exception as error:  # whatever it is, the old one goes on
        watch.failed(type(error).__name__)
        LOG.exception("the new hub.yaml could not take over")
        await new.close()
        return old, None
    except BaseException:
        await new.close()
        raise
    watch.taken(config)
    LOG.info("hub.yaml was changed and is in use")
    return new, asyncio.create_task(_give_back(old, act))


async def _give_back(old: Hub, act: Act) -> None:
    """A table that somebody fetches slowly keeps nobody else from what is new."""
    try:
        await asyncio.wait_for(act.rest(), LONGEST_REST)
    except TimeoutError:
        LOG.warning("an answer of before the change of hub.yaml was not fetched in time and is broken off")
    finally:
        await old.close()
