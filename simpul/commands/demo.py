"""`simpul demo`: the example regency with its applications, a first answer, and the pages to look at."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson

from resolvers.engine import Request
from simpul.commands.opening import with_config
from simpul.commands.serve import listen_or_say, serve_until_stopped
from simpul.commands.sync import show_reports, sync_with_progress
from simpul.compose import Hub, load
from simpul.console import Terminal
from simpul.demo.generate import generate, mission_query
from simpul.formats import format_number
from simpul.server import listen, url_of

DEMO_FOLDER = Path("var/demo")
DEMO_PORT = 8000
TRACKER_SECONDS = 15.0

NUMBERS = "{ proposals { totalCount } repair: proposals(where: {issues: {count: {gt: 0}}}) { totalCount } }"


class TrackerFailed(Exception):
    """The tracker of the sample regency did not begin to answer."""


def run_demo(terminal: Terminal, folder: Path, port: int, *, once: bool) -> int:
    """Makes the regency, runs its tracker, syncs, answers the mission query, and serves until Ctrl-C; with `once` it ends
    after the answer. 1 if a part did not start or a source failed."""
    listening = listen_or_say(terminal, "127.0.0.1", port)
    if listening is None:
        return 1
    with listening:
        tracker_port = _free_port()
        terminal.say("DEMO_MAKING", path=folder)
        generate(folder, tracker_port)
        terminal.say("DEMO_TRACKER")
        log = folder / "tracker.log"
        try:
            with _tracker(folder / "data", tracker_port, log):
                config = load(folder / "hub.yaml")

                async def work(terminal: Terminal, hub: Hub) -> int:
                    return await _show(terminal, hub, listening, once=once)

                return with_config(terminal, config, work)
        except TrackerFailed:
            terminal.warn("DEMO_TRACKER_FAILED", path=log)
            return 1


async def _show(terminal: Terminal, hub: Hub, listening: socket.socket, *, once: bool) -> int:
    reports = await sync_with_progress(terminal, hub, list(hub.config.sources))
    show_reports(terminal, reports)
    terminal.say("DEMO_QUESTION")
    terminal.out.print(mission_query().strip(), highlight=False, markup=False)
    answer = await hub.engine.execute(Request(mission_query(), language=terminal.language))
    shown = orjson.dumps(orjson.loads(answer.body()), option=orjson.OPT_INDENT_2).decode()
    terminal.out.print(shown, highlight=False, markup=False)
    numbers: Any = (await hub.engine.execute(Request(NUMBERS))).data
    counts = {
        "proposals": format_number(numbers["proposals"]["totalCount"], terminal.language),
        "issues": format_number(numbers["repair"]["totalCount"], terminal.language),
    }
    terminal.say("DEMO_SERVING", url=url_of(listening), **counts)
    if not once:
        await serve_until_stopped(hub, listening, loopback=True)
        terminal.say("STOPPED")
    return 1 if answer.errors or any(report.problems for report in reports) else 0


@contextmanager
def _tracker(data: Path, port: int, log: Path) -> Iterator[None]:
    """The tracker as a process of its own, answering when it is handed out. Raises TrackerFailed."""
    command = [sys.executable, "-m", "simpul.demo.tracker", "--port", str(port), "--data", str(data)]
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, stdin=subprocess.DEVNULL)  # noqa: S603 - ours
        try:
            _wait(process, port)
            yield
        finally:
            process.terminate()
            process.wait(10)


def _wait(process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + TRACKER_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise TrackerFailed


def _free_port() -> int:
    with listen("127.0.0.1", 0) as probe:
        port: int = probe.getsockname()[1]
        return port
