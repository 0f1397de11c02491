"""A client that goes away stops what is done for it: a real server, a real socket, and a statement that never ends."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator
from typing import cast

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import Response
from starlette.routing import Route

from replica.binding import Statement
from replica.reading import Reading, Replica
from replica.sqlite import SqliteReader
from resolvers.engine import Answer, Engine, Request
from simpul.messages import MESSAGES
from simpul.server import listen, serve
from simpul.web.graphql import graphql_endpoint
from simpul.web.guard import Guard

STATE = "CREATE TABLE dataset (source, dataset, entity, ever_read, read_at, problem, tried_at); CREATE TABLE revision (number)"
ENDLESS = Statement("WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n", ())


class Endless:
    """Answers with a statement that never ends, and tells when it was begun and when it came to its end all the same."""

    def __init__(self) -> None:
        self.begun, self.ended = threading.Event(), threading.Event()
        self.replica = Replica(self._reader)

    def execute_at_once(self, request: Request) -> Answer | None:
        return None

    async def execute(self, request: Request) -> Answer:
        await self.replica.read(self._work, 600)
        return Answer(None)

    def _reader(self) -> SqliteReader:
        connection = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        connection.executescript(STATE)
        return SqliteReader(connection)

    def _work(self, reading: Reading) -> None:
        self.begun.set()
        try:
            reading.rows(ENDLESS, {})
        finally:
            self.ended.set()


@pytest.fixture
async def endless() -> AsyncIterator[tuple[Endless, int]]:
    engine = Endless()
    endpoint = graphql_endpoint(cast(Engine, engine), MESSAGES, "en", lambda request, language: Response())
    guard = Middleware(Guard, messages=MESSAGES, default="en")
    listening = listen("127.0.0.1", 0)
    app = Starlette(routes=[Route("/graphql", endpoint, methods=["POST"])], middleware=[guard])
    serving = asyncio.ensure_future(serve(app, listening))
    yield engine, listening.getsockname()[1]
    serving.cancel()
    await asyncio.wait((serving,))
    listening.close()
    await asyncio.to_thread(engine.replica.close)


async def test_a_client_that_goes_away_stops_its_statement(
    endless: tuple[Endless, int], caplog: pytest.LogCaptureFixture
) -> None:
    engine, port = endless
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    body = b'{"query": "{ __typename }"}'
    head = f"POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    writer.write(head.encode() + body)
    await writer.drain()
    assert await asyncio.to_thread(engine.begun.wait, 10)
    assert not await asyncio.to_thread(engine.ended.wait, 0.5)

    writer.close()

    assert await asyncio.to_thread(engine.ended.wait, 10)
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []
