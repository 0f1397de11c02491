"""The one place of deadlines, safe retries and limits on what runs at once."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from connectors.errors import SourceError, SourceTimeout

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Policy:
    """`seconds` for one step (a page, a batch), retries and waiting for a place included; `whole_seconds` for all the steps of
    a reading; `retries` of what is transient and safe to repeat, after a random `pause`; at most `at_once` steps of a source
    at the same time. A source that asks for a longer rest than `longest_pause` seconds is left alone until the next sync.
    What blocks in a thread gets `grace` seconds to end when it is told to."""

    seconds: float = 10.0
    whole_seconds: float = 600.0
    retries: int = 1
    at_once: int = 4
    pause: tuple[float, float] = (0.1, 0.3)
    longest_pause: float = 5.0
    grace: float = 0.5


class Gate:
    """Applies a policy to the steps of one source."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._places = asyncio.Semaphore(policy.at_once)

    def until(self) -> float:
        """When a reading that starts now must have ended, on the clock of the running loop."""
        return asyncio.get_running_loop().time() + self._policy.whole_seconds

    @asynccontextmanager
    async def step(self, where: str, until: float | None = None) -> AsyncIterator[None]:
        """A step with the deadline, and with that of the reading it belongs to. Raises SourceTimeout."""
        now = asyncio.get_running_loop().time()
        step_ends = now + self._policy.seconds
        is_last = until is not None and until < step_ends
        try:
            async with asyncio.timeout_at(until if is_last else step_ends), self._places:
                yield
        except TimeoutError as error:
            seconds = self._policy.whole_seconds if is_last else self._policy.seconds
            raise SourceTimeout(where, seconds=f"{seconds:g}") from error

    async def repeat(self, attempt: Callable[[], Awaitable[T]]) -> T:
        """Runs what is safe to repeat; again if it failed in a way that may pass. Only inside `step`."""
        for _ in range(self._policy.retries):
            try:
                return await attempt()
            except SourceError as error:
                pause = self._pause_after(error)
                if pause is None:
                    raise
                await asyncio.sleep(pause)
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

    def _pause_after(self, error: SourceError) -> float | None:
        """How long to wait before another attempt; None if there shall be none."""
        if not error.transient or isinstance(error, SourceTimeout):
            return None
        # jitter keeps many hubs from asking again in step; it is no secret
        jitter = random.uniform(*self._policy.pause)  # noqa: S311
        asked = error.params.get("retryAfter")
        if not isinstance(asked, int | float):
            return jitter
        return max(float(asked), jitter) if asked <= self._policy.longest_pause else None


def _hear(running: asyncio.Future[T]) -> None:
    """Takes note of how something ended that nobody waits for any more; else asyncio would complain."""
    if not running.cancelled():
        running.exception()
