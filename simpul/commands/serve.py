"""`simpul serve`: the endpoint and its pages, with the sources kept up to date behind them."""

from __future__ import annotations

import gc
import socket
from pathlib import Path

from config.hub import Language
from simpul.commands.opening import with_hub
from simpul.compose import Hub
from simpul.console import Terminal
from simpul.server import PortInUse, PortRefused, is_loopback, listen, serve, url_of
from simpul.web.app import build_app


def serve_hub(terminal: Terminal, path: Path, host: str, port: int, *, allow_unprotected: bool) -> int:
    """Serves until it is stopped. 1 if it can't listen, 2 if it should listen where others could read everything."""
    if not is_loopback(host) and not allow_unprotected:
        terminal.warn("UNPROTECTED", host=host)
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
        return with_hub(terminal, path, work)


def listen_or_say(terminal: Terminal, host: str, port: int) -> socket.socket | None:
    """The listening socket, or None after the reason was told."""
    try:
        return listen(host, port)
    except PortInUse as error:
        terminal.warn("PORT_IN_USE", host=error.host, port=error.port, free=error.free)
    except PortRefused as error:
        terminal.warn("PORT_REFUSED", host=error.host, port=error.port, reason=terminal.trouble(error.error))
    return None


async def serve_until_stopped(hub: Hub, listening: socket.socket, loopback: bool, language: Language) -> None:
    """Answers on the socket and syncs in the background until Ctrl-C or SIGTERM; `language` is that of the log."""
    background = await hub.background(language)
    app = build_app(hub.config, hub.engine, lambda: hub.sdl, hub.messages, background, loopback=loopback)
    gc.freeze()  # what is there now stays; a collection that looked through it again would hold up answers
    await serve(app, listening)
