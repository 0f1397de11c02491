"""Deadlines, retries and limits hold, and what runs in a thread is told to end."""

from __future__ import annotations

import asyncio
import threading
import time

import pytest

from connectors.errors import SourceAuth, SourceBroken, SourceError, SourceTimeout, SourceUnavailable
from connectors.policy import Gate, Policy

QUICK = (0.0, 0.0)


async def test_a_step_ends_at_its_deadline() -> None:
    gate = Gate(Policy(seconds=0.02))

    with pytest.raises(SourceTimeout) as caught:
        async with gate.step("proyek"):
            await asyncio.sleep(5)

    assert (caught.value.where, caught.value.params) == ("proyek", {"seconds": "0.02"})


async def test_a_reading_ends_at_its_deadline_whatever_its_steps_may_take() -> None:
    gate = Gate(Policy(seconds=5, whole_seconds=0.05))
    until = gate.until()

    with pytest.raises(SourceTimeout) as caught:
        for _ in range(100):
            async with gate.step("proyek", until):
                await asyncio.sleep(0.01)

    assert caught.value.params == {"seconds": "0.05"}


async def test_waiting_for_a_place_counts() -> None:
    gate = Gate(Policy(seconds=0.05, at_once=1))

    async def step() -> str:
        try:
            async with gate.step("proyek"):
                await asyncio.sleep(0.04)
                return "done"
        except SourceTimeout:
            return "late"

    assert sorted(await asyncio.gather(step(), step(), step())) == ["done", "late", "late"]


async def test_no_more_than_so_many_run_at_once() -> None:
    gate, running, most = Gate(Policy(at_once=2)), 0, 0

    async def step() -> None:
        nonlocal running, most
        async with gate.step("proyek"):
            running += 1
            most = max(most, running)
            await asyncio.sleep(0.001)
            running -= 1

    await asyncio.gather(*(step() for _ in range(10)))

    assert most == 2


@pytest.mark.parametrize(
    ("error", "attempts"),
    [
        (SourceUnavailable("x"), 2),
        (SourceUnavailable("x", retryAfter=0), 2),
        (SourceUnavailable("x", retryAfter=3600.0), 1),  # it asks for an hour's rest: the next sync tries
        (SourceTimeout("x"), 1),  # the time is gone
        (SourceAuth("x"), 1),  # accounts lock
        (SourceBroken("x"), 1),
    ],
    ids=lambda value: str(value),
)
async def test_only_what_may_pass_is_tried_again(error: SourceError, attempts: int) -> None:
    made = 0

    async def attempt() -> None:
        nonlocal made
        made += 1
        raise error

    with pytest.raises(type(error)):
        await Gate(Policy(pause=QUICK)).repeat(attempt)
    assert made == attempts


async def test_the_second_attempt_may_succeed() -> None:
    answers = [SourceUnavailable("x"), "ok"]

    async def attempt() -> object:
        answer = answers.pop(0)
        if isinstance(answer, SourceError):
            raise answer
        return answer

    assert await Gate(Policy(pause=QUICK)).repeat(attempt) == "ok"


async def test_a_thread_is_told_to_end_at_the_deadline() -> None:
    stop = threading.Event()
    ended = threading.Event()

    def work() -> None:
        stop.wait(5)
        ended.set()

    with pytest.raises(SourceTimeout):
        await Gate(Policy(seconds=0.02)).in_thread("x", work, stop.set)
    assert ended.is_set()


async def test_a_thread_is_told_to_end_when_the_caller_leaves() -> None:
    stop = threading.Event()
    task = asyncio.ensure_future(Gate(Policy()).in_thread("x", lambda: stop.wait(5), stop.set))
    await asyncio.sleep(0.02)

    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert stop.is_set()


async def test_a_thread_that_never_ends_holds_nobody_up() -> None:
    release = threading.Event()
    began = time.monotonic()

    with pytest.raises(SourceTimeout):
        await Gate(Policy(seconds=0.02, grace=0.02)).in_thread("x", lambda: release.wait(30), lambda: None)

    assert time.monotonic() - began < 5
    release.set()


async def test_what_a_thread_raises_is_raised() -> None:
    def work() -> None:
        raise SourceBroken("x")

    with pytest.raises(SourceBroken):
        await Gate(Policy()).in_thread("x", work, lambda: None)
