"""Legacy systems for tests: a web server on 127.0.0.1 that answers as it is told."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.web import Answer, servers


@pytest.fixture
def serve() -> Iterator[Callable[[Answer], str]]:
    """Starts a server for an Answer and gives its address."""
    with servers() as start:
        yield start


@pytest.fixture
def settled() -> Callable[[Path], None]:
    """Makes a file look as if nobody had written to it for a minute."""

    def settle(path: Path) -> None:
        before = time.time() - 60
        os.utime(path, (before, before))

    return settle
