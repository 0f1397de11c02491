"""A hub.yaml that changes while the hub serves: a good one takes over, of a bad one only its problems are told."""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

from config.hub import HubConfig, Language
from config.problems import ConfigError, Problem
from config.secrets import FILE
from simpul.compose import load
from simpul.messages import MESSAGES

LOG = logging.getLogger("simpul.reload")

SECONDS = 1.0  # between two looks; a file counts as changed when two looks in a row see it the same

Look = tuple[tuple[int, int, int] | None, ...]


class Watch:
    """Looks at hub.yaml and the secrets beside it. `current` is the configuration in use."""

    def __init__(self, current: HubConfig, seconds: float = SECONDS) -> None:
        self._path = current.path
        self._current = current
        self._seconds = seconds
        self._looked = self._look()
        self._problems: tuple[Problem, ...] = ()
        self._failed: str | None = None
        self._asked = asyncio.Event()

    def news(self, language: Language) -> list[str]:
        """What is wrong with the file as it is now, if it is not the one in use for that reason."""
        failed = [MESSAGES.render("CONFIGURATION_FAILED", {"reason": self._failed}, language)] if self._failed else []
        return [problem.render(language) for problem in self._problems] + failed

    def failed(self, reason: str) -> None:
        """What `changes` gave last could not take over."""
        self._failed = reason

    def taken(self, config: HubConfig) -> None:
        """What `changes` gave last has taken over."""
        self._current, self._failed = config, None

    def ask(self) -> None:
        """Has the file read now, whether it seems to have changed or not."""
        self._asked.set()

    async def changes(self) -> AsyncIterator[HubConfig]:
        """Each configuration that is good and another one than that in use, each time the file changes; `taken` and `failed` say what
        has become of it."""
        while True:
            is_asked = await self._changed()
            try:
                config = await asyncio.to_thread(load, self._path)
            except ConfigError as error:
                self._problems, self._failed = error.problems, None
                LOG.warning("hub.yaml can't be used as it is now; the one of before is in use:")
                for problem in error.problems:
                    LOG.warning("%s", problem.render(error.language))
                continue
            self._problems = ()
            if is_asked or _marks(config) != _marks(self._current):
                yield config
            else:
                self._failed = None

    @contextmanager
    def on_signal(self) -> Iterator[None]:
        """While it runs, SIGHUP has the file read now; in a terminal it goes on meaning that the terminal was closed."""
        loop, number = asyncio.get_running_loop(), hangup()
        if number is None:
            yield
            return
        loop.add_signal_handler(number, self.ask)
        try:
            yield
        finally:
            loop.remove_signal_handler(number)

    async def _changed(self) -> bool:
        """Waits until the file has changed and stands still, or somebody asks; whether somebody asked."""
        last = self._looked
        while True:
            try:
                await asyncio.wait_for(self._asked.wait(), self._seconds)
            except TimeoutError:
                now = self._look()
                if now == last and now != self._looked:
                    self._looked = now
                    return False
                last = now
            else:
                self._asked.clear()
                self._looked = self._look()
                return True

    def _look(self) -> Look:
        return tuple(_seen(path) for path in (self._path, self._path.with_name(FILE)))


def hangup() -> signal.Signals | None:
    """The signal that asks for the file to be read, where there is one."""
    if not hasattr(signal, "SIGHUP") or (sys.stdin is not None and sys.stdin.isatty()):
        return None
    return signal.SIGHUP


def _seen(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def _marks(config: HubConfig) -> tuple[object, ...]:
    """What makes a configuration another one; comments do not."""
    return config.digest, config.secrets
