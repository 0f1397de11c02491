"""How a command gets its hub: the configuration's problems are told, the replica is opened or the reason said."""

from __future__ import annotations

import logging
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

from config.hub import HubConfig
from config.problems import ConfigError
from replica.database import ReplicaLocked, ReplicaUnusable
from simpul.compose import Hub, build_hub, load
from simpul.console import Terminal
from simpul.logs import set_up_logging
from simpul.server import run

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
    return run(_work(terminal.speaking(config.language), build_hub(config), work))


async def _work(terminal: Terminal, hub: Hub, work: Work) -> int:
    try:
        hub.open()
        return await work(terminal, hub)
    except ReplicaUnusable as error:
        terminal.warn("REPLICA_UNUSABLE", path=error.path, reason=error.reason)
    except ReplicaLocked:
        terminal.warn("REPLICA_LOCKED", path=hub.database.path)
    finally:
        await hub.close()
    return 1
