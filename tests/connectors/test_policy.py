"""Deadlines, retries and limits hold, and what runs in a thread is told to end."""

from __future__ import annotations

import asyncio
import threading
import time

import pytest

from connectors.errors import SourceAuth, SourceBroken, SourceError, SourceTimeout, SourceUnavailable
from connectors.policy import Gate, Policy, Rate, Standing, Turns

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


# -- a source that is left alone --------------------------------------------------------------------------------------


class Clock:
    """Seconds that pass when they are told to."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


async def step(gate: Gate, error: SourceError | None = None) -> str:
    """What a step that ends with `error` comes to: its code, or how it was refused."""
    try:
        async with gate.step("proyek"):
            if error is not None:
                raise error
    except SourceError as raised:
        return raised.code
    return "ok"


DOWN = SourceUnavailable("proyek", "SOURCE_UNREACHABLE")


async def test_a_source_that_fails_and_fails_is_left_alone_for_longer_and_longer() -> None:
    clock = Clock()
    gate = Gate(Policy(), clock)
    assert [await step(gate, DOWN) for _ in range(4)] == ["SOURCE_UNREACHABLE"] * 4
    assert gate.standing == Standing(4)

    assert await step(gate, DOWN) == "SOURCE_UNREACHABLE"
    rests = []
    for _ in range(12):
        assert await step(gate) == "SOURCE_RESTING"
        rests.append(gate.standing.rests)
        clock.now += rests[-1] or 0
        assert await step(gate, DOWN) == "SOURCE_UNREACHABLE"  # the one that tries

    assert rests == [30, 60, 90, 120, 150, 180, 210, 240, 270, 300, 300, 300]
    clock.now += 300
    assert await step(gate) == "ok"
    assert gate.standing == Standing()
    assert [await step(gate, DOWN) for _ in range(5)][-1] == "SOURCE_UNREACHABLE"
    assert gate.standing == Standing(5, 30)


async def test_the_refusal_says_why_and_for_how_long() -> None:
    clock = Clock()
    gate = Gate(Policy(failures=2), clock)
    await step(gate, DOWN)
    await step(gate, DOWN)
    clock.now += 10

    with pytest.raises(SourceUnavailable) as caught:
        async with gate.step("desa"):
            pass

    assert (caught.value.where, caught.value.code) == ("desa", "SOURCE_RESTING")
    assert caught.value.params == {"failures": 2, "last": "SOURCE_UNREACHABLE", "seconds": 20}


@pytest.mark.parametrize(
    ("between", "is_left_alone"),
    [
        (None, False),
        (SourceBroken("x"), False),  # one dataset is not as it should be, but the source is there
        (SourceBroken("x", "STATUS_UNEXPECTED", status=500), True),
        (SourceTimeout("x"), True),
    ],
    ids=str,
)
async def test_only_failures_in_a_row_count(between: SourceError | None, is_left_alone: bool) -> None:
    gate = Gate(Policy(failures=3), Clock())

    for error in (DOWN, between, DOWN):
        await step(gate, error)

    assert (gate.standing.rests is not None) is is_left_alone


async def test_one_tries_while_the_others_are_refused() -> None:
    clock = Clock()
    gate = Gate(Policy(failures=1), clock)
    await step(gate, DOWN)
    clock.now += 31
    trying, go_on = asyncio.Event(), asyncio.Event()

    async def probe() -> None:
        async with gate.step("proyek"):
            trying.set()
            await go_on.wait()

    running = asyncio.ensure_future(probe())
    await trying.wait()
    assert [await step(gate) for _ in range(5)] == ["SOURCE_RESTING"] * 5
    go_on.set()
    await running

    assert await step(gate) == "ok"


async def test_steps_that_were_under_way_when_it_was_left_alone_make_it_no_longer() -> None:
    gate, go_on = Gate(Policy(failures=1), Clock()), asyncio.Event()

    async def slow() -> None:
        async with gate.step("proyek"):
            await go_on.wait()
            raise DOWN

    running = [asyncio.ensure_future(slow()) for _ in range(4)]
    await asyncio.sleep(0)
    go_on.set()
    await asyncio.gather(*running, return_exceptions=True)

    assert gate.standing == Standing(1, 30)


async def test_a_try_that_is_given_up_leaves_the_next_one_room() -> None:
    clock = Clock()
    gate = Gate(Policy(failures=1), clock)
    await step(gate, DOWN)
    clock.now += 31

    async def probe() -> None:
        async with gate.step("proyek"):
            await asyncio.sleep(60)

    running = asyncio.ensure_future(probe())
    await asyncio.sleep(0)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)

    assert await step(gate) == "ok"


async def test_a_refused_login_is_not_tried_again_at_once() -> None:
    clock = Clock()
    gate = Gate(Policy(), clock)

    assert await step(gate, SourceAuth("proyek", status=401)) == "SOURCE_AUTH"
    assert await step(gate) == "SOURCE_AUTH"
    clock.now += 30
    assert await step(gate) == "ok"


@pytest.mark.parametrize(("asked", "rests"), [(2, None), (60, 60), (86_400, 300)])
async def test_a_rest_that_a_source_asks_for_is_kept_up_to_a_bound(asked: float, rests: float | None) -> None:
    gate = Gate(Policy(), Clock())

    await step(gate, SourceUnavailable("x", "STATUS_UNEXPECTED", status=429, retryAfter=asked))

    assert gate.standing.rests == rests


async def test_files_are_never_left_alone() -> None:
    gate = Gate(Policy(failures=None), Clock())

    for _ in range(20):
        assert await step(gate, DOWN) == "SOURCE_UNREACHABLE"
    assert gate.standing.rests is None


async def test_steps_that_wait_for_a_place_are_no_failures() -> None:
    gate = Gate(Policy(seconds=0.02, at_once=1, failures=2), Clock())
    go_on = asyncio.Event()

    async def long() -> None:
        async with gate.step("proyek"):
            await go_on.wait()

    running = asyncio.ensure_future(long())
    await asyncio.sleep(0)
    waiting = [await step(gate), await step(gate)]
    go_on.set()
    await asyncio.gather(running, return_exceptions=True)

    assert waiting[0] == "SOURCE_TIMEOUT"
    assert gate.standing.failures <= 1  # the long one itself


def test_turns_are_spread_evenly_and_not_taken_in_vain() -> None:
    clock = Clock()
    turns = Turns(Rate(60, 60), clock)

    assert [turns.take(), turns.take(), turns.take()] == [0, 1, 2]
    assert turns.take(at_most=2.5) is None
    assert turns.take() == 3
    clock.now += 10
    assert [turns.take(), turns.take()] == [0, 1]  # what was not used is not saved up


async def test_a_turn_that_comes_after_the_deadline_is_told_at_once() -> None:
    gate = Gate(Policy(whole_seconds=30, rate=Rate(1, 3_600)))
    until = gate.until()
    async with gate.step("proyek", until):
        pass

    with pytest.raises(SourceTimeout) as caught:
        async with gate.step("proyek", until):
            pass

    assert caught.value.params == {"seconds": "30"}
