"""The database servers that tests use: where they are, and a place of its own on one for each test.

SIMPUL_TEST_POSTGRES and SIMPUL_TEST_MARIADB name them, as URLs of a user who may make databases; without these they are looked
for on this machine, at their usual ports."""

from __future__ import annotations

import asyncio
import os
import socket
import threading
import uuid
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import aiomysql
import asyncpg
import pytest
from sqlalchemy import URL, make_url

T = TypeVar("T")

PLACES = {
    "postgresql": ("SIMPUL_TEST_POSTGRES", "postgresql://postgres@127.0.0.1:5432/test"),
    "mariadb": ("SIMPUL_TEST_MARIADB", "mariadb://root@127.0.0.1:3306/test"),
}


@dataclass(frozen=True)
class Server:
    """A server with a database of the test's own. `engine` is postgresql or mariadb."""

    engine: str
    address: URL

    @property
    def url(self) -> str:
        """Its URL, as hub.yaml has it."""
        return self.address.render_as_string(hide_password=False)

    def at(self, port: int) -> str:
        """Its URL by another port."""
        return self.address.set(port=port).render_as_string(hide_password=False)

    def execute(self, *statements: str) -> None:
        """Runs statements as the owner, each for itself."""
        apart(lambda: _execute(self.address, statements))

    def ask(self, query: str) -> Any:
        """The first value that a query gives."""
        return apart(lambda: _execute(self.address, [query]))

    def kill(self) -> int:
        """Ends every connection of others to the database, as an administrator would; how many there were."""
        if self.engine == "postgresql":
            ended = self.ask(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            return int(ended)
        listed = self.ask(
            "SELECT group_concat(id) FROM information_schema.processlist WHERE db = database() AND id <> connection_id()"
        )
        numbers = str(listed).split(",") if listed else []
        self.execute(*(f"KILL {number}" for number in numbers))
        return len(numbers)


def reachable(engine: str) -> URL | None:
    """Where the server of an engine is; None where there is none."""
    variable, usual = PLACES[engine]
    address = make_url(os.environ.get(variable, usual))
    return address if _answers(address) else None


def server_of(engine: str) -> URL:
    """Where the server of an engine is. Skips where there is none."""
    variable, usual = PLACES[engine]
    address = make_url(os.environ.get(variable, usual))
    if reachable(engine) is None:
        pytest.skip(
            f"platform: no {engine} at {address.host}:{address.port}; start one, or name one in {variable} as a URL"
        )
    return address


def redis_url() -> str:
    """Where a Redis is (SIMPUL_TEST_REDIS, else this machine's). Skips where there is none."""
    address = make_url(os.environ.get("SIMPUL_TEST_REDIS", "redis://127.0.0.1:6379/0"))
    if not _answers(address):
        pytest.skip(
            f"platform: no Redis at {address.host}:{address.port}; start one, or name one in SIMPUL_TEST_REDIS as a URL"
        )
    return address.render_as_string(hide_password=False)


@contextmanager
def database_on(engine: str) -> Iterator[Server]:
    """A database with a random name, gone afterwards. Skips where there is no server."""
    address = server_of(engine)
    name = f"simpul_{uuid.uuid4().hex[:12]}"
    quoted = f'"{name}"' if engine == "postgresql" else f"`{name}`"
    apart(lambda: _execute(address, [f"CREATE DATABASE {quoted}"]))
    try:
        yield Server(engine, address.set(database=name))
    finally:
        force = " WITH (FORCE)" if engine == "postgresql" else ""
        apart(lambda: _execute(address, [f"DROP DATABASE {quoted}{force}"]))


def apart(work: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """The result of a coroutine, run in a thread and loop of its own, so that tests with and without a loop can ask."""
    found: list[T] = []
    failed: list[BaseException] = []

    def run() -> None:
        try:
            found.append(asyncio.run(work()))
        except BaseException as error:
            failed.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if failed:
        raise failed[0]
    return found[0]


def _answers(address: URL) -> bool:
    try:
        with socket.create_connection((address.host or "127.0.0.1", address.port or 0), timeout=2):
            return True
    except OSError:
        return False


async def _execute(address: URL, statements: Any) -> Any:
    value: Any = None
    options: dict[str, Any] = {"host": address.host, "port": address.port, "user": address.username}
    if address.get_backend_name() == "postgresql":
        db = await asyncpg.connect(**options, password=address.password, database=address.database)
        try:
            for statement in statements:
                value = await db.fetchval(statement)
        finally:
            await db.close()
    else:
        maria = await aiomysql.connect(
            **options, password=address.password or "", db=address.database, charset="utf8mb4", autocommit=True
        )
        try:
            cursor = await maria.cursor()
            for statement in statements:
                await cursor.execute(statement)
                row = await cursor.fetchone() if cursor.description else None
                value = row and row[0]
        finally:
            await maria.ensure_closed()
    return value


class Proxy:
    """A TCP proxy before a server, which can fall silent and keep its connections open: a server that hangs."""

    def __init__(self, server: Server) -> None:
        self._target = (server.address.host, server.address.port)
        self._silent = threading.Event()
        self._sockets: list[socket.socket] = []
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def stall(self) -> None:
        """From now on nothing comes through, either way."""
        self._silent.set()

    def go_on(self) -> None:
        """New connections come through again; the old ones stay silent."""
        self._silent = threading.Event()

    def open(self) -> int:
        """How many connections the clients still hold open."""
        return sum(1 for one in self._sockets if one.fileno() >= 0)

    def close(self) -> None:
        """Ends everything."""
        for one in (self._listening, *self._sockets):
            one.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listening.accept()
            except OSError:
                return
            silent = self._silent
            there = socket.create_connection(self._target)
            self._sockets.append(client)
            threading.Thread(target=self._pump, args=(client, there, silent, True), daemon=True).start()
            threading.Thread(target=self._pump, args=(there, client, silent, False), daemon=True).start()

    def _pump(self, one: socket.socket, other: socket.socket, silent: threading.Event, is_client: bool) -> None:
        try:
            while data := one.recv(65536):
                if not silent.is_set():
                    other.sendall(data)
        except OSError:
            pass
        if is_client or not silent.is_set():
            one.close()
            other.close()


@contextmanager
def account_on(server: Server, *rights: str, options: str = "") -> Iterator[tuple[str, Server]]:
    """An account with a random name and only these rights, statements in which {user} stands for it; gone afterwards."""
    name = f"simpul_{uuid.uuid4().hex[:12]}"
    user = name if server.engine == "postgresql" else f"{name}@'%'"
    made = f"CREATE ROLE {user} LOGIN {options}" if server.engine == "postgresql" else f"CREATE USER {user}"
    server.execute(made, *(statement.format(user=user) for statement in rights))
    try:
        yield user, Server(server.engine, server.address.set(username=name, password=None))
    finally:
        if server.engine == "postgresql":
            server.execute(f"REASSIGN OWNED BY {user} TO current_user", f"DROP OWNED BY {user}")
        server.execute(f"DROP {'ROLE' if server.engine == 'postgresql' else 'USER'} {user}")
