"""`simpul serve`: the endpoint and its pages, with the sources kept up to date behind them."""

from __future__ import annotations

import gc
import os
import socket
import tempfile
from functools import partial
from pathlib import Path

from config.hub import Language
from simpul.background import Elsewhere
from simpul.commands.opening import read_config, with_config, with_hub, with_opened
from simpul.compose import Hub, build_hub
from simpul.console import Terminal
from simpul.crew import Crew
from simpul.server import PortInUse, PortRefused, is_loopback, listen, serve, url_of
from simpul.web.app import build_app
from simpul.web.metrics import TOGETHER


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
    opened by a process of its own, so that this one has neither connections nor threads."""
    config = read_config(terminal, path)
    if config is None:
        return 1
    terminal = terminal.speaking(config.language)
    hub = build_hub(config)
    _ = hub.engine
    gc.freeze()  # a collection that looked through it would give each process a copy of its own

    async def nothing(terminal: Terminal, hub: Hub) -> int:
        return 0

    def work(lifeline: int, *, syncs: bool) -> int:
        async def answer(terminal: Terminal, hub: Hub) -> int:
            await serve_until_stopped(hub, listening, loopback, terminal.language, syncs=syncs, lifeline=lifeline)
            return 0

        return with_opened(terminal, hub, answer)

    with tempfile.TemporaryDirectory(prefix="simpul-metrics-") as counters, Crew() as crew:
        os.environ[TOGETHER] = counters
        code = crew.once(lambda: with_config(terminal, config, nothing))
        if code == 0:
            terminal.say("SERVING_TOGETHER", hub=config.display_name, url=url_of(listening), count=workers)
            crew.keep(
                [partial(work, crew.lifeline, syncs=place == 0) for place in range(workers)],
                lambda pid, code: terminal.warn("WORKER_DIED", pid=pid, status=code),
            )
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
) -> None:
    """Answers on the socket and, unless another process of a crew does, syncs in the background until Ctrl-C or SIGTERM;
    `language` is that of the log."""
    background = await hub.background(language) if syncs else Elsewhere(hub.config.sources, hub.tried_sources)
    app = build_app(hub.config, hub.engine, lambda: hub.sdl, hub.messages, background, hub.sources, loopback=loopback)
    gc.freeze()  # what is there now stays; a collection that looked through it again would hold up answers
    await serve(app, listening, lifeline)
