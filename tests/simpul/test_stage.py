"""One app after another on one socket: none is asked before it is ready, and what was begun ends where it began."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from simpul.web.stage import Stage


class Play:
    """An app that says its name, and notes when it begins and ends; `hold` keeps its answers back."""

    def __init__(self, name: str, notes: list[str]) -> None:
        self.name, self.notes = name, notes
        self.hold: asyncio.Event | None = None
        self.fails = False
        self.app = Starlette(routes=[Route("/", self.answer)], lifespan=self.live)

    async def answer(self, request: Request) -> Response:
        if self.hold is not None:
            self.notes.append(f"{self.name} is asked")
            await self.hold.wait()
        return PlainTextResponse(self.name)

    @asynccontextmanager
    async def live(self, app: Starlette) -> AsyncIterator[None]:
        if self.fails:
            raise RuntimeError(self.name)
        self.notes.append(f"{self.name} begins")
        yield
        self.notes.append(f"{self.name} ends")

    def ready(self) -> Callable[[], Awaitable[Starlette]]:
        async def prepare() -> Starlette:
            self.notes.append(f"{self.name} is prepared")
            return self.app

        return prepare


@asynccontextmanager
async def played(play: Play) -> AsyncIterator[tuple[Stage, httpx.AsyncClient]]:
    stage = Stage(play.app)
    said: asyncio.Queue[dict[str, object]] = asyncio.Queue()
    sent: list[object] = []

    async def send(message: object) -> None:
        sent.append(message)

    living = asyncio.create_task(stage({"type": "lifespan"}, said.get, send))
    said.put_nowait({"type": "lifespan.startup"})
    while not sent:
        await asyncio.sleep(0)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(stage), base_url="http://hub") as client:
        yield stage, client
    said.put_nowait({"type": "lifespan.shutdown"})
    await living
    assert sent == [{"type": "lifespan.startup.complete"}, {"type": "lifespan.shutdown.complete"}]


async def test_another_app_takes_over(notes: list[str]) -> None:
    one, two = Play("one", notes), Play("two", notes)
    async with played(one) as (stage, client):
        before = (await client.get("/")).text
        await stage.change(two.ready(), apart=False)
        after = (await client.get("/")).text

    assert (before, after) == ("one", "two")
    assert notes == ["one begins", "one ends", "two is prepared", "two begins", "two ends"]


async def test_what_was_begun_ends_on_the_old_one(notes: list[str]) -> None:
    one, two = Play("one", notes), Play("two", notes)
    one.hold = asyncio.Event()
    async with played(one) as (stage, client):
        begun = asyncio.create_task(client.get("/"))
        while "one is asked" not in notes:
            await asyncio.sleep(0)
        old = await stage.change(two.ready(), apart=False)
        resting = asyncio.create_task(old.rest())
        new = (await client.get("/")).text
        assert not resting.done()
        one.hold.set()

        assert ((await begun).text, new) == ("one", "two")
        await resting


async def test_where_nothing_may_be_answered_meanwhile_requests_wait(notes: list[str]) -> None:
    one, two = Play("one", notes), Play("two", notes)
    one.hold = asyncio.Event()
    async with played(one) as (stage, client):
        begun = asyncio.create_task(client.get("/"))
        while "one is asked" not in notes:
            await asyncio.sleep(0)
        changing = asyncio.create_task(stage.change(two.ready(), apart=True))
        await asyncio.sleep(0)
        waiting = asyncio.create_task(client.get("/"))
        for _ in range(20):
            await asyncio.sleep(0)
        assert "two is prepared" not in notes and not waiting.done()
        one.hold.set()
        await changing

        assert ((await begun).text, (await waiting).text) == ("one", "two")


@pytest.mark.parametrize("apart", [False, True])
@pytest.mark.parametrize("where", ["prepare", "begin"])
async def test_where_another_can_not_take_over_the_old_one_goes_on(notes: list[str], apart: bool, where: str) -> None:
    one, two = Play("one", notes), Play("two", notes)
    two.fails = True

    async def prepare() -> Starlette:
        if where == "prepare":
            raise RuntimeError("two")
        return two.app

    async with played(one) as (stage, client):
        with pytest.raises(RuntimeError, match="two"):
            await stage.change(prepare, apart=apart)
        after = (await client.get("/")).text

    assert after == "one"
    assert notes == ["one begins", "one ends", "one begins", "one ends"]


async def test_an_app_that_can_not_begin_is_told_to_the_server(notes: list[str]) -> None:
    one = Play("one", notes)
    one.fails = True
    sent: list[dict[str, object]] = []

    async def receive() -> dict[str, object]:
        return {"type": "lifespan.startup"}

    async def send(message: object) -> None:
        assert isinstance(message, dict)
        sent.append(message)

    with pytest.raises(RuntimeError):
        await Stage(one.app)({"type": "lifespan"}, receive, send)

    assert [message["type"] for message in sent] == ["lifespan.startup.failed"]


@pytest.fixture
def notes() -> list[str]:
    return []


async def test_what_fails_behind_an_app_keeps_no_other_from_taking_over(
    notes: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    one, two = Play("one", notes), Play("two", notes)

    @asynccontextmanager
    async def failing(app: Starlette) -> AsyncIterator[None]:
        async with asyncio.TaskGroup() as group:
            group.create_task(fail())
            yield

    async def fail() -> None:
        await asyncio.sleep(0)
        raise RuntimeError("a fault of ours")

    one.app = Starlette(routes=[Route("/", one.answer)], lifespan=failing)
    async with played(one) as (stage, client):
        for _ in range(20):
            await asyncio.sleep(0)
        before = (await client.get("/")).text
        await stage.change(two.ready(), apart=False)
        after = (await client.get("/")).text

    assert (before, after) == ("one", "two")
    assert "sources are read no more" in caplog.text


async def test_whether_the_process_lives_is_told_whatever_changes(notes: list[str]) -> None:
    one, two = Play("one", notes), Play("two", notes)
    one.app.routes.append(Route("/healthz", one.answer))
    held = asyncio.Event()

    async def prepare() -> Starlette:
        await held.wait()
        return two.app

    async with played(one) as (stage, client):
        changing = asyncio.create_task(stage.change(prepare, apart=True))
        while "one ends" not in notes:
            await asyncio.sleep(0)
        assert (await client.get("/healthz")).text == "one"
        held.set()
        await changing
