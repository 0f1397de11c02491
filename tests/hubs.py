"""What the fixtures of tests/simpul give: a command that has ended, a hub that serves, and how each is started."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Ended:
    """A command that has ended. `out` and `err` are what it wrote."""

    code: int
    out: str
    err: str


class RunSimpul(Protocol):
    """Runs the command line in a folder, to its end."""

    def __call__(self, folder: Path, *arguments: str, env: dict[str, str] | None = None, stdin: str = "") -> Ended: ...


@dataclass(frozen=True, slots=True)
class Serving:
    """A running `simpul serve`. `log` is where its standard error goes."""

    url: str
    process: subprocess.Popen[bytes]
    log: Path


class Serve(Protocol):
    """Starts `simpul serve` over a folder; it ends with the test."""

    def __call__(self, folder: Path, *arguments: str, env: dict[str, str] | None = None) -> Serving: ...
