"""The fault proxy of shared/suites between a test and a server."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

PROGRAM = Path(__file__).parents[2] / "shared" / "suites" / "faultproxy.py"


@dataclass(frozen=True)
class Proxy:
    """What leads to a server through faults; `port` is where it listens."""

    port: int
    control: int

    def set(self, fault: str) -> None:
        """From now on a fault, such as `cut 1000`."""
        assert self._say(fault) == "ok"

    def stats(self) -> dict[str, Any]:
        """What has passed so far."""
        found: dict[str, Any] = json.loads(self._say("stats"))
        return found

    def _say(self, line: str) -> str:
        with socket.create_connection(("127.0.0.1", self.control), timeout=20) as connection:
            connection.sendall(line.encode() + b"\n")
            return connection.makefile().readline().strip()


@contextmanager
def proxy(target: int) -> Iterator[Proxy]:
    """A proxy before the server at port `target` of this machine. Skips where the suites are not beside the project."""
    if not PROGRAM.is_file():
        pytest.skip("platform: shared/suites is not beside the project")
    found = Proxy(_free_port(), _free_port())
    command = [sys.executable, str(PROGRAM), str(found.port), str(target), str(found.control)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        try:
            _wait(found.control)
            yield found
        finally:
            process.kill()


def _wait(port: int) -> None:
    until = time.monotonic() + 20
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=20).close()
            return
        except OSError:
            assert time.monotonic() < until
            time.sleep(0.02)


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port
