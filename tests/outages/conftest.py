"""A hub as a process, started over a folder."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.outages.office import Office
from tests.simpul.conftest import serving, wait_until_ready

Open = Callable[[Path], Office]


@pytest.fixture(scope="module")
def opened() -> Iterator[Open]:
    """Starts `simpul serve` over a folder and waits until each source was tried; it ends with the module."""
    with ExitStack() as stack:

        def start(folder: Path) -> Office:
            running = stack.enter_context(serving(folder))
            wait_until_ready(running.url)
            return Office(running)

        yield start
