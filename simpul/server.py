"""Listening and stopping: one socket, one uvicorn server, and an end on Ctrl-C that gives everything back."""

from __future__ import annotations

import asyncio
import errno
import ipaddress
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp

BACKLOG = 512
GRACE_SECONDS = 5  # for answers under way when the hub is stopped


class PortInUse(Exception):
    """Another program listens there. `free` is a port on which the hub could listen instead."""

    def __init__(self, host: str, port: int, free: int) -> None:
        super().__init__(f"{host}:{port}")
        self.host, self.port, self.free = host, port, free


class PortRefused(Exception):
    """The system does not let us listen there."""

    def __init__(self, host: str, port: int, error: OSError) -> None:
        super().__init__(f"{host}:{port} {error}")
        self.host, self.port, self.error = host, port, error


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach a server that listens on `host`."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens on `host`; port 0 takes a free one. Raises PortInUse or PortRefused."""
    try:
        return _bind(host, port)
    except OSError as error:
        free = _next_free(host, port) if error.errno == errno.EADDRINUSE else None
        if free is None:
            raise PortRefused(host, port, error) from error
        raise PortInUse(host, port, free) from error


def url_of(listening: socket.socket) -> str:
    """The address to open in a browser."""
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


async def serve(
    app: ASGIApp, listening: socket.socket, lifeline: int | None = None, over: asyncio.Event | None = None
) -> None:
    """Answers on the socket until SIGINT or SIGTERM, or until it is `over`; then lets answers under way end, within GRACE_SECONDS.
    One of a crew has a `lifeline`: it stops when that ends, or at SIGTERM, and leaves SIGINT to its parent."""
    config = uvicorn.Config(
        app,
        http="httptools",
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_keep_alive=15,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    server = _Server(config)
    if lifeline is not None:
        server.heard = (signal.SIGTERM,)
        asyncio.get_running_loop().add_reader(lifeline, server.abandon, lifeline)
    ending = asyncio.create_task(server.end_with(over or asyncio.Event()))
    try:
        await server.serve(sockets=[listening])
    finally:
        ending.cancel()


class _Server(uvicorn.Server):
    """Takes a signal as the wish to stop, and does not raise it again afterwards: what started the server goes on and
    gives back what it opened."""

    heard: tuple[signal.Signals, ...] = (signal.SIGINT, signal.SIGTERM)

    def abandon(self, lifeline: int) -> None:
        """Stops because nobody holds the other end of the lifeline any more."""
        asyncio.get_running_loop().remove_reader(lifeline)
        self.should_exit = True

    async def end_with(self, over: asyncio.Event) -> None:
        """Stops when it is over."""
        await over.wait()
        self.should_exit = True

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {number: signal.signal(number, self.handle_exit) for number in self.heard}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def _bind(host: str, port: int) -> socket.socket:
    family, kind, protocol, _, address = socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    listening = socket.socket(family, kind, protocol)
    try:
        if hasattr(socket, "SO_EXCLUSIVEADDRUSE"):  # on Windows two programs could else share a port
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        listening.listen(BACKLOG)
    except OSError:
        listening.close()
        raise
    listening.setblocking(False)
    return listening


def _next_free(host: str, port: int) -> int | None:
    """The next port above `port` that is free."""
    for candidate in range(port + 1, min(port + 100, 65536)):
        try:
            _bind(host, candidate).close()
        except OSError:
            continue
        return candidate
    return None
