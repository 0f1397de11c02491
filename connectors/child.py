"""Reads files in a child process, because a parser can take the whole process with it (faults.md §0.5).

The child is started once and kept: 60 ms the first time, nothing after that. It lives under a cap on memory and on
CPU time for each sheet where the platform has them; the parent waits for each batch no longer than it says and kills.
Requests and answers are pickles on pipes; the parent only lets the records of the modules in `_ALLOWED` come out of them.
"""

from __future__ import annotations

import io
import os
import pickle
import subprocess
import sys
import weakref
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO, Literal, TypeVar

from connectors.connector import Batch
from connectors.errors import SourceBroken, SourceError, SourceUnavailable
from connectors.findings import FileFound
from connectors.opening import translate_os
from connectors.sheets import Listed

MEMORY_BYTES = 1_000_000_000
CPU_SECONDS = 60

Task = Literal["inspect", "list", "read"]
"""What is to be done: what `connectors.inspecting` or `connectors.documents` calls so."""

Answer = Batch | FileFound | Listed

Given = TypeVar("Given", Batch, FileFound, Listed)


class Child:
    """A running child. Its methods block; `kill` may be called from another thread and ends their waiting."""

    def __init__(self) -> None:
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(entry for entry in sys.path if entry)}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "connectors.child"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
        )
        self._busy = False
        self._end = weakref.finalize(self, _end, self._process)

    @property
    def is_idle(self) -> bool:
        """Whether it runs and has answered everything it was asked."""
        return not self._busy and self._process.poll() is None

    def ask(self, task: Task, path: Path, where: str, *more: object) -> None:
        """Starts a task with what its function takes; `receive` gives its answers. Raises SourceUnavailable if it can't be
        asked."""
        self._busy = True
        stdin = self._process.stdin
        if stdin is None:
            raise SourceUnavailable(where, "READER_CRASHED")
        try:
            pickle.dump((task, str(path), where, more), stdin)
            stdin.flush()
        except (OSError, ValueError) as error:  # ValueError: killed meanwhile
            raise SourceUnavailable(where, "READER_CRASHED") from error

    def receive(self, kind: type[Given], where: str) -> Given | None:
        """The next answer, None after the last. Raises what the task raised, SourceBroken READER_CRASHED if the child died."""
        try:
            answer = _Answers(self._process.stdout or io.BytesIO()).load()
        except (EOFError, OSError, ValueError, pickle.UnpicklingError) as error:
            self.kill()
            raise SourceBroken(where, "READER_CRASHED") from error
        if isinstance(answer, kind):
            return answer
        self._busy = False
        if isinstance(answer, SourceError):
            raise answer
        return None

    def receive_all(self, kind: type[Given], where: str) -> list[Given]:
        """Every answer that is still to come. Raises as `receive` does."""
        answers: list[Given] = []
        while (answer := self.receive(kind, where)) is not None:
            answers.append(answer)
        return answers

    def kill(self) -> None:
        """Ends the child at once."""
        self._end()


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with suppress(OSError):  # what was still to be written has no reader any more
                pipe.close()


_ALLOWED = (
    "datetime",
    "decimal",
    "connectors.connector",
    "connectors.errors",
    "connectors.findings",
    "connectors.sheets",
)


class _Answers(pickle.Unpickler):
    """Only dates and our own records come out of a child that a hostile file may have taken over."""

    def find_class(self, module: str, name: str) -> object:
        if module not in _ALLOWED or "." in name:
            raise pickle.UnpicklingError(f"{module}.{name} is no answer")
        return super().find_class(module, name)


def main() -> None:
    """Answers requests until the parent goes away."""
    from connectors.documents import list_file, read_file  # the parent has no need of the parsers
    from connectors.inspecting import inspect_file

    tasks: dict[Task, Callable[..., Iterator[Answer]]] = {"inspect": inspect_file, "list": list_file, "read": read_file}
    requests, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever prints must not end up among the answers
    while True:
        try:
            task, path, where, more = pickle.load(requests)  # noqa: S301 - they come from our own parent
        except EOFError:
            return
        _limit()
        try:
            for one in tasks[task](Path(path), where, *more):
                _answer(answers, one)
            _answer(answers, None)
        except SourceError as error:
            _answer(answers, error)
        except OSError as error:
            _answer(answers, translate_os(error, where))


def _answer(answers: IO[bytes], message: Answer | SourceError | None) -> None:
    pickle.dump(message, answers, protocol=pickle.HIGHEST_PROTOCOL)
    answers.flush()


def _limit() -> None:
    """Caps memory, and CPU time counted from now; Windows has neither."""
    try:
        import resource
    except ImportError:
        return
    used = resource.getrusage(resource.RUSAGE_SELF)
    caps = {
        resource.RLIMIT_CPU: int(used.ru_utime + used.ru_stime) + CPU_SECONDS,
        resource.RLIMIT_AS: MEMORY_BYTES,
        resource.RLIMIT_CORE: 0,
    }
    for kind, cap in caps.items():
        hard = resource.getrlimit(kind)[1]
        with suppress(ValueError, OSError):  # macOS knows the names but not every limit
            resource.setrlimit(kind, (cap if hard == resource.RLIM_INFINITY else min(cap, hard), hard))


if __name__ == "__main__":
    main()
