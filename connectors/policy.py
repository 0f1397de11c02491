"""The one place of deadlines, safe retries and limits on what runs at once."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TypeVar

from connectors.errors import SourceError, SourceTimeout

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Policy:
    """`seconds` for a whole step, retries included; `retries` of what is transient and safe to repeat, after a short random
    pause; at most `at_once` steps of a source at the same time."""

    seconds: float = 10.0
    retries: int = 1
    at_once: int = 4
    pause: tuple[float, float] = (0.1, 0.3)


class Gate:
    """Applies a policy to the steps of one source."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._places = asyncio.Semaphore(policy.at_once)

    @asynccontextmanager
    async def step(self, where: str) -> AsyncIterator[None]:
        """A step with the deadline, one of those that may run at once. Raises SourceTimeout."""
        try:
            async with self._places, asyncio.timeout(self._policy.seconds):
                yield
        except TimeoutError as error:
            raise SourceTimeout(where, seconds=self._policy.seconds) from error

    async def repeat(self, attempt: Callable[[], Awaitable[T]]) -> T:
        """Runs what is safe to repeat; again if it failed in a way that may pass. Only inside `step`."""
        for _ in range(self._policy.retries):
            try:
                return await attempt()
            except SourceError as error:
                if not error.transient:
                    raise
                # jitter keeps many hubs from asking again in step; it is no secret
                await asyncio.sleep(random.uniform(*self._policy.pause))  # noqa: S311
        return await attempt()
