"""`simpul query`: an operation against hub.yaml without a server, answered as JSON."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

import orjson

from resolvers.engine import Request
from simpul.commands.opening import with_hub
from simpul.compose import Hub
from simpul.console import Terminal, write_utf8


def run_query(terminal: Terminal, path: Path, file: str, variables: str | None) -> int:
    """Runs the operation in `file` (`-` is standard input). 1 if the answer has errors, 2 for bad variables."""
    query = _read(terminal, file)
    if query is None:
        return 2
    given = _parse(variables)
    if given is None:
        terminal.warn("VARIABLES_NOT_JSON")
        return 2

    async def work(terminal: Terminal, hub: Hub) -> int:
        if not await hub.tried_sources():
            terminal.warn("NEVER_SYNCED")
            return 1
        answer = await hub.engine.execute(Request(query, given, language=terminal.language))
        write_utf8(
            orjson.dumps(orjson.loads(answer.body()), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE).decode()
        )
        return 1 if answer.errors else 0

    return with_hub(terminal, path, work)


def _read(terminal: Terminal, file: str) -> str | None:
    try:
        raw = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
        return raw.decode("utf-8-sig")
    except OSError as error:
        terminal.warn("OPERATION_FILE_UNREADABLE", path=file, reason=terminal.trouble(error))
    except UnicodeDecodeError:
        terminal.warn("OPERATION_FILE_NOT_UTF8", path=file)
    return None


def _parse(variables: str | None) -> Mapping[str, object] | None:
    if variables is None:
        return {}
    try:
        parsed = orjson.loads(variables)
    except (orjson.JSONDecodeError, UnicodeEncodeError):
        return None
    return parsed if isinstance(parsed, dict) else None
