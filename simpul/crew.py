"""Processes that do the same work side by side: forked from one that has made what they share, replaced when they die, and ended
together."""

from __future__ import annotations

import logging
import os
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from types import FrameType, TracebackType
from typing import NoReturn

from simpul.reload import hangup

LOG = logging.getLogger("simpul.crew")

SECONDS_TO_END = 20  # then those that have not ended are killed
CHANGED = 75  # as one of a crew says that there is another configuration
STOPPED = 130  # as a shell reports a command that Ctrl-C stopped
SHORT_LIFE = 1.0  # one that ends sooner is replaced only after as long
_HEARD = (signal.SIGINT, signal.SIGTERM, signal.SIGALRM)

Work = Callable[[], int]
"""What a process of the crew does; gives its exit code."""


@dataclass(frozen=True, slots=True)
class Cast:
    """What the processes of a crew do for one configuration: what is done `first`, by one that ends, and what all do. The first of
    `works` looks out for a change, and then ends with CHANGED."""

    first: Work
    works: list[Work]


class Crew:
    """The processes that this one has forked; on SIGINT or SIGTERM all are asked to end. To be used in a `with`, in a process
    that has no threads: a fork would lose them.

    A process of the crew hears SIGTERM alone: Ctrl-C in a terminal reaches all, and only the first process takes it as the wish
    to stop. `lifeline` is for them to read: it ends when the first process does, however that happens."""

    def __init__(self) -> None:
        self.stopping = False
        self.lifeline, self._held = os.pipe()
        self._running: set[int] = set()
        self._lookout = 0

    def __enter__(self) -> Crew:
        handlers = {signal.SIGINT: self._stop, signal.SIGTERM: self._stop, signal.SIGALRM: self._kill}
        number = hangup()
        if number is not None:
            handlers[number] = self._ask
        self._before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        signal.alarm(0)
        for number, handler in self._before.items():
            signal.signal(number, handler)
        os.close(self.lifeline)
        os.close(self._held)

    def once(self, work: Work) -> int:
        """Does something in a process of its own, and gives its exit code when it has ended; STOPPED if the crew was stopped."""
        self._fork(work)
        code = self._wait()[1] if self._running else STOPPED
        return STOPPED if self.stopping else code

    def keep(self, cast: Cast, died: Callable[[int, int], None], again: Callable[[], Cast | None]) -> None:
        """Does all works of a cast, each in a process of its own, until the crew is stopped. One that ends before is told to
        `died`, with its exit code, and replaced. When one ends with CHANGED, `again` may give another cast: all of this one end,
        what they have begun first, and its `first` work is done; if that goes well the other cast takes over."""
        places = self._start(cast)
        while self._running:
            pid, code = self._wait()
            if self.stopping:
                continue
            if code == CHANGED:
                cast = self._recast(cast, again())
                places = self._start(cast)
                continue
            died(pid, code)
            work, born = places.pop(pid)
            if time.monotonic() < born + SHORT_LIFE:
                time.sleep(SHORT_LIFE)
            self._play(work, places, cast)

    def _start(self, cast: Cast) -> dict[int, tuple[Work, float]]:
        """The processes of a cast."""
        places: dict[int, tuple[Work, float]] = {}
        for work in cast.works:
            self._play(work, places, cast)
        return places

    def _play(self, work: Work, places: dict[int, tuple[Work, float]], cast: Cast) -> None:
        pid = self._fork(work)
        places[pid] = work, time.monotonic()
        if work is cast.works[0]:
            self._lookout = pid

    def _recast(self, old: Cast, new: Cast | None) -> Cast:
        """Ends all processes, and gives the cast that is to play then."""
        self._send(signal.SIGTERM)
        signal.alarm(SECONDS_TO_END)
        while self._running:
            self._wait()
        if not self.stopping:
            signal.alarm(0)
        return new if new is not None and self.once(new.first) == 0 else old

    def _wait(self) -> tuple[int, int]:
        pid, status = os.wait()
        self._running.discard(pid)
        return pid, os.waitstatus_to_exitcode(status)

    def _fork(self, work: Work) -> int:
        """The number of the new process; none is made any more when the crew is stopping."""
        for stream in (sys.stdout, sys.stderr):
            stream.flush()  # else both would write what is still in it
        signal.pthread_sigmask(signal.SIG_BLOCK, _HEARD)  # so that a stop finds the new process in the list, or none
        try:
            if self.stopping:
                return 0
            pid = os.fork()
            if pid == 0:
                self._be(work)
            self._running.add(pid)
            return pid
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _HEARD)

    def _be(self, work: Work) -> NoReturn:
        """The life of a new process. It ends here: what its parent would do at its end is not its business."""
        code = 1
        try:
            os.close(self._held)
            for number in _HEARD:
                signal.signal(number, signal.SIG_IGN if number is signal.SIGINT else signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _HEARD)
            code = work()
            for stream in (sys.stdout, sys.stderr):
                stream.flush()
        except BaseException:
            LOG.exception("a process of the crew failed")
        finally:
            os._exit(code)

    def _stop(self, number: int, frame: FrameType | None) -> None:
        self.stopping = True
        self._send(signal.SIGTERM)
        signal.alarm(SECONDS_TO_END)

    def _ask(self, number: int, frame: FrameType | None) -> None:
        if self._lookout in self._running:
            os.kill(self._lookout, number)

    def _kill(self, number: int, frame: FrameType | None) -> None:
        self._send(signal.SIGKILL)

    def _send(self, number: signal.Signals) -> None:
        for pid in self._running:
            with suppress(ProcessLookupError):
                os.kill(pid, number)
