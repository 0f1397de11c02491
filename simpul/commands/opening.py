"""How a command gets its hub: the configuration's problems are told, the replica is opened or the reason said."""

from __future__ import annotations

import asyncio
import logging
import sys
import time
from collections.abc import Awaitable, Callable, Coroutine
from pathlib import Path
from typing import Any, TypeVar

from config.hub import HubConfig
from config.problems import ConfigError
from replica.database import Database, ReplicaLocked, ReplicaUnusable
from simpul.compose import Hub, build_hub, load
from simpul.console import Terminal
from simpul.logs import set_up_logging

SECONDS_TO_WAIT = 600.0

T = TypeVar("T")
Work = Callable[[Terminal, Hub], Awaitable[int]]


def read_config(terminal: Terminal, path: Path) -> HubConfig | None:
    """The checked configuration, or None after its problems were told."""
    try:
        config = load(path)
    except ConfigError as error:
        terminal = terminal.speaking(error.language)
        for problem in error.problems:
            terminal.warn_text(problem.render(terminal.language))
        terminal.warn("PROBLEMS_FOUND", count=len(error.problems))
        return None
    set_up_logging(config.secrets, logging.INFO, sys.stderr)
    return config


def with_hub(terminal: Terminal, path: Path, work: Work) -> int:
    """Runs `work` with the open hub of hub.yaml. 1 if it can't be opened."""
    config = read_config(terminal, path)
    if config is None:
        return 1
    return with_config(terminal, config, work)


def with_config(terminal: Terminal, config: HubConfig, work: Work) -> int:
    """Runs `work` with the open hub of a configuration. 1 if it can't be opened."""

    async def opened(terminal: Terminal, hub: Hub) -> int:
        await wait_for_writer(terminal, hub.database)
        hub.open()
        return await work(terminal, hub)

    return with_opened(terminal.speaking(config.language), build_hub(config), opened)


def with_opened(terminal: Terminal, hub: Hub, work: Work) -> int:
    """Runs `work` with a hub that was opened before, be it by another process, and closes it. 1 if its replica fails."""
    return run(_work(terminal, hub, work))


def run(main: Coroutine[Any, Any, T]) -> T:
    """Runs a coroutine to its end, on uvloop where it exists."""
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        return runner.run(main)


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        import uvloop
    except ImportError:  # Windows
        return None
    return uvloop.new_event_loop


async def wait_for_writer(terminal: Terminal, database: Database, seconds: float = SECONDS_TO_WAIT) -> None:
    """Waits until no other process writes to the replica, and says that it does. Raises ReplicaLocked after `seconds`."""
    deadline = time.monotonic() + seconds
    told = False
    while database.staging.parent.is_dir():
        try:
            with database.write_lock(0):
                return
        except ReplicaLocked:
            if time.monotonic() > deadline:
                raise
        if not told:
            terminal.warn("SYNC_WAITING")
            told = True
        await asyncio.sleep(0.2)


async def _work(terminal: Terminal, hub: Hub, work: Work) -> int:
    try:
        return await work(terminal, hub)
    except BrokenPipeError:  # whoever reads what we write has seen enough; the replica has nothing to do with it
        raise
    except ReplicaUnusable as error:
        terminal.warn("REPLICA_UNUSABLE", path=error.where, reason=error.reason)
    except hub.database.errors as error:
        terminal.warn("REPLICA_UNUSABLE", path=hub.database.where, reason=error)
    except ReplicaLocked:
        terminal.warn("REPLICA_LOCKED", path=hub.database.where)
    finally:
        await hub.close()
    return 1
