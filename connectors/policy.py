"""The one place of deadlines, safe retries, and limits on what is asked of a source: how much at once, how often, and whether
at all after it has failed."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar, runtime_checkable

from connectors.errors import SourceAuth, SourceBusy, SourceError, SourceTimeout, SourceUnavailable

T = TypeVar("T")
Clock = Callable[[], float]
"""Seconds that only grow, from anywhere: a step of the system's clock must not open or close anything."""


@dataclass(frozen=True, slots=True)
class Rate:
    """At most `calls` in `seconds`, evenly."""

    calls: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Policy:
    """`seconds` for one step (a page, a batch), retries and waiting for a place included, `connect_seconds` of them to reach the
    source; `whole_seconds` for all the steps of a reading; `retries` of what is transient and safe to repeat, after a random
    `pause`; at most `at_once` steps of a source at the same time, and calls no faster than `rate`. What blocks in a thread gets
    `grace` seconds to end when it is told to.

    After `failures` steps in a row that failed, the source is left alone for `rest` seconds, then one step tries; each time that
    fails the rest is `rest` longer, up to `longest_rest`. With None it never is: a file costs nobody anything. One that refuses
    our credentials is left alone for `auth_rest` at once: accounts lock. One that asks for a rest itself is waited for up to
    `longest_pause`, else left alone for as long as it asks, up to `longest_rest`."""

    seconds: float = 10.0
    whole_seconds: float = 600.0
    retries: int = 1
    at_once: int = 4
    pause: tuple[float, float] = (0.1, 0.3)
    longest_pause: float = 5.0
    grace: float = 0.5
    connect_seconds: float = 5.0
    rate: Rate | None = None
    failures: int | None = 5
    rest: float = 30.0
    longest_rest: float = 300.0
    auth_rest: float = 30.0


@dataclass(frozen=True, slots=True)
class Standing:
    """How a source stands with us: how many steps in a row have failed, and for how many seconds more it is left alone (0: the
    next step tries; None: it is asked as usual)."""

    failures: int = 0
    rests: float | None = None


@runtime_checkable
class Guarded(Protocol):
    """A connector that leaves a source alone after failures, and says so."""

    @property
    def standing(self) -> Standing:
        """How the source stands."""
        ...


def standing_of(connector: object) -> Standing:
    """How a connector's source stands; one that leaves nothing alone stands well."""
    return connector.standing if isinstance(connector, Guarded) else Standing()


class Breaker:
    """Decides whether a source is asked at all."""

    def __init__(self, policy: Policy, clock: Clock) -> None:
        self._policy = policy
        self._clock = clock
        self._failures = 0
        self._rests = 0
        self._until: float | None = None
        self._is_probed = False
        self._last: SourceError | None = None

    @property
    def standing(self) -> Standing:
        """What it knows of the source."""
        rests = None if self._until is None else max(0.0, self._until - self._clock())
        return Standing(self._failures, rests)

    def check(self, where: str) -> bool:
        """Whether a step that begins now is the one that tries a source after its rest. Raises what a source that is left alone
        last failed with: SourceAuth again, else SourceUnavailable SOURCE_RESTING."""
        if self._until is None:
            return False
        left = self._until - self._clock()
        if left <= 0 and not self._is_probed:
            return True
        if isinstance(self._last, SourceAuth):
            raise SourceAuth(where, self._last.code, **self._last.params)
        last = self._last.code if self._last else "-"
        seconds = max(1, round(left))
        raise SourceUnavailable(where, "SOURCE_RESTING", failures=self._failures, last=last, seconds=seconds)

    def enter(self, where: str) -> bool:
        """The same for a step that does begin: whoever tries the source tries it alone."""
        is_probe = self.check(where)
        self._is_probed = self._is_probed or is_probe
        return is_probe

    def leave(self, is_probe: bool) -> None:
        """A step has ended without a word on how the source stands, such as one that was given up."""
        if is_probe:
            self._is_probed = False

    def answered(self, is_probe: bool) -> None:
        """A step went well, or at least the source was there to answer."""
        self.leave(is_probe)
        self._failures = self._rests = 0
        self._until = self._last = None

    def failed(self, is_probe: bool, error: SourceError) -> None:
        """A step failed."""
        self.leave(is_probe)
        if not _is_failure(error):
            self.answered(False)
            return
        if self._until is not None and not is_probe:
            return  # it began before the source was left alone
        self._failures += 1
        self._last = error
        rest = self._rest_after(error, is_probe)
        if rest is not None:
            self._until = self._clock() + rest

    def _rest_after(self, error: SourceError, is_probe: bool) -> float | None:
        most = self._policy.failures
        if most is None:
            return None
        if isinstance(error, SourceAuth):
            return self._policy.auth_rest
        rest = _asked_rest(error)
        if rest <= self._policy.longest_pause:
            rest = 0.0
        if is_probe or self._failures >= most:
            self._rests += 1
            rest = max(rest, self._policy.rest * self._rests)
        return min(rest, self._policy.longest_rest) if rest else None


def _is_failure(error: SourceError) -> bool:
    """Whether it says that the source is down, rather than that one dataset or file of it is not as it should be."""
    status = error.params.get("status")
    is_down = isinstance(error, SourceUnavailable) and not isinstance(error, SourceBusy)
    return is_down or (isinstance(status, int) and status >= 500)


def _asked_rest(error: SourceError) -> float:
    asked = error.params.get("retryAfter")
    return float(asked) if isinstance(asked, int | float) else 0.0


class Turns:
    """Spreads calls evenly over time."""

    def __init__(self, rate: Rate | None, clock: Clock) -> None:
        self._gap = rate.seconds / rate.calls if rate else 0.0
        self._clock = clock
        self._next = clock()

    def take(self, at_most: float | None = None) -> float | None:
        """Seconds to wait until the turn that is taken; None, and none is taken, if that is more than `at_most`."""
        now = self._clock()
        at = max(self._next, now)
        if at_most is not None and at - now > at_most:
            return None
        self._next = at + self._gap
        return at - now


class Gate:
    """Applies a policy to the steps of one source."""

    def __init__(self, policy: Policy, clock: Clock = time.monotonic) -> None:
        self._policy = policy
        self._places = asyncio.Semaphore(policy.at_once)
        self._breaker = Breaker(policy, clock)
        self._turns = Turns(policy.rate, clock)

    @property
    def standing(self) -> Standing:
        """How the source stands."""
        return self._breaker.standing

    def refused(self, error: SourceAuth) -> None:
        """Our login was refused, which was seen only after the step."""
        self._breaker.failed(False, error)

    def until(self) -> float:
        """When a reading that starts now must have ended, on the clock of the running loop."""
        return asyncio.get_running_loop().time() + self._policy.whole_seconds

    @asynccontextmanager
    async def step(self, where: str, until: float | None = None) -> AsyncIterator[None]:
        """A step with the deadline, and with that of the reading it belongs to. Raises SourceTimeout; of a source that is left
        alone SourceAuth or SourceUnavailable SOURCE_RESTING."""
        self._breaker.check(where)
        await self._turn(where, until)
        now = asyncio.get_running_loop().time()
        step_ends = now + self._policy.seconds
        is_last = until is not None and until < step_ends
        begun = False
        try:
            async with asyncio.timeout_at(until if is_last else step_ends), self._places:
                is_probe = self._breaker.enter(where)  # it may have failed others meanwhile
                begun = True
                yield
        except TimeoutError as error:
            seconds = self._policy.whole_seconds if is_last else self._policy.seconds
            late = SourceTimeout(where, seconds=f"{seconds:g}")
            if begun:
                self._breaker.failed(is_probe, late)
            raise late from error
        except SourceError as error:
            if begun:
                self._breaker.failed(is_probe, error)
            raise
        except BaseException:
            if begun:
                self._breaker.leave(is_probe)
            raise
        self._breaker.answered(is_probe)

    async def repeat(self, attempt: Callable[[], Awaitable[T]]) -> T:
        """Runs what is safe to repeat; again if it failed in a way that may pass. Only inside `step`."""
        for _ in range(self._policy.retries):
            try:
                return await attempt()
            except SourceError as error:
                pause = self._pause_after(error)
                if pause is None:
                    raise
                await asyncio.sleep(max(pause, self._turns.take() or 0.0))
        return await attempt()

    async def in_thread(
        self, where: str, work: Callable[[], T], stop: Callable[[], None], until: float | None = None
    ) -> T:
        """A step that blocks, in a thread. `stop` is called from this thread when time is up or the caller goes away, and must
        make `work` end soon. Raises what `work` raises, and SourceTimeout."""
        return await self.in_task(where, lambda: asyncio.to_thread(work), stop, until)

    async def in_task(
        self,
        where: str,
        work: Callable[[], Coroutine[Any, Any, T]],
        stop: Callable[[], None],
        until: float | None = None,
    ) -> T:
        """A step that had better not be cancelled, because it would wait for the system to say farewell. `stop` is called when
        time is up or the caller goes away, and must make `work` end soon. Raises what `work` raises, and SourceTimeout."""
        async with self.step(where, until):
            running = asyncio.ensure_future(work())
            try:
                return await asyncio.shield(running)
            except asyncio.CancelledError:
                # a thread can't be cancelled: it is told to end, and left behind if the system never answers it
                running.add_done_callback(_hear)
                stop()
                await asyncio.wait({running}, timeout=self._policy.grace)
                raise

    async def _turn(self, where: str, until: float | None) -> None:
        """Waits for a turn. Raises SourceTimeout if it would come after the reading's deadline."""
        left = None if until is None else until - asyncio.get_running_loop().time()
        wait = self._turns.take(left)
        if wait is None:
            raise SourceTimeout(where, seconds=f"{self._policy.whole_seconds:g}")
        if wait:
            await asyncio.sleep(wait)

    def _pause_after(self, error: SourceError) -> float | None:
        """How long to wait before another attempt; None if there shall be none."""
        if not error.transient or isinstance(error, SourceTimeout):
            return None
        # jitter keeps many hubs from asking again in step; it is no secret
        jitter = random.uniform(*self._policy.pause)  # noqa: S311
        asked = _asked_rest(error)
        return max(asked, jitter) if asked <= self._policy.longest_pause else None


def _hear(running: asyncio.Future[T]) -> None:
    """Takes note of how something ended that nobody waits for any more; else asyncio would complain."""
    if not running.cancelled():
        running.exception()
