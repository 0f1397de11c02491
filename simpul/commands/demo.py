"""`simpul demo`: the example regency with its applications, a first answer, and the pages to look at."""

from __future__ import annotations

import http.client
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import orjson

from resolvers.engine import Request
from simpul.commands.opening import read_config, with_config
from simpul.commands.serve import listen_or_say, serve_until_stopped
from simpul.commands.sync import show_reports, sync_with_progress
from simpul.compose import Hub
from simpul.console import Terminal
from simpul.demo.generate import TRACKER_PORT, generate, mission_query
from simpul.formats import format_number
from simpul.pages.figures import ask
from simpul.server import url_of

HOST = "127.0.0.1"
SECONDS_TO_START = 20.0
BROWSER_APPS = ("http://localhost:*", "http://127.0.0.1:*")  # a dashboard that someone builds on this machine


class TrackerFailed(Exception):
    """The tracker's process does not answer; `log` says why."""

    def __init__(self, log: Path) -> None:
        super().__init__(str(log))
        self.log = log


def run_demo(terminal: Terminal, folder: Path, port: int, *, once: bool) -> int:
    """Makes the regency, starts its tracker, syncs, answers, and serves until it is stopped (with `once`: ends there)."""
    terminal = terminal.speaking("id")  # the sample's own language, also before its hub.yaml is there
    listening = listen_or_say(terminal, HOST, port)
    if listening is None:
        return 1
    tracker_port = free_port(TRACKER_PORT)
    terminal.say("DEMO_MAKING", path=folder)
    generate(folder, tracker_port)
    config = read_config(terminal, folder / "hub.yaml")
    if config is None:
        return 1

    async def work(terminal: Terminal, hub: Hub) -> int:
        code = await first_answer(terminal, hub)
        if not once:
            await _tell(terminal, hub, url_of(listening))
            await serve_until_stopped(hub, listening, loopback=True, language=terminal.language)
            terminal.say("STOPPED")
        return code

    terminal.say("DEMO_TRACKER")
    try:
        with listening, running_tracker(folder, tracker_port):
            return with_config(terminal, replace(config, cors=(*config.cors, *BROWSER_APPS)), work)
    except TrackerFailed as error:
        terminal.warn("DEMO_TRACKER_FAILED", path=error.log)
        return 1


async def first_answer(terminal: Terminal, hub: Hub) -> int:
    """Syncs every source and shows what the hub answers to its main question. 1 if the answer has errors."""
    show_reports(terminal, hub, await sync_with_progress(terminal, hub, list(hub.config.sources)))
    query = mission_query()
    answer = await hub.engine.execute(Request(query, language=terminal.language))
    terminal.out.print()
    terminal.say("DEMO_QUESTION")
    terminal.show(query.strip())
    terminal.show(orjson.dumps(orjson.loads(answer.body()), option=orjson.OPT_INDENT_2).decode())
    terminal.out.print()
    return 1 if answer.errors else 0


async def _tell(terminal: Terminal, hub: Hub, url: str) -> None:
    query = "{ all: proposals { totalCount } bad: proposals(where: {issues: {count: {gt: 0}}}) { totalCount } }"
    data = await ask(hub.engine, query, terminal.language)
    proposals, issues = (format_number(data[name]["totalCount"], terminal.language) for name in ("all", "bad"))
    terminal.say("DEMO_SERVING", hub=hub.config.display_name, url=url, proposals=proposals, issues=issues)


def free_port(wanted: int) -> int:
    """`wanted` if nobody listens there, else one that the system picks."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
            chosen: int = probe.getsockname()[1]
            return chosen
    return wanted


@contextmanager
def running_tracker(folder: Path, port: int) -> Iterator[None]:
    """The sample's tracker as a process of its own, answering. Raises TrackerFailed."""
    log = folder / "tracker.log"
    command = [sys.executable, "-m", "simpul.demo.tracker", "--port", str(port), "--data", str(folder / "data")]
    with log.open("wb") as written:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=written, stderr=written)  # noqa: S603 - our own module
    try:
        deadline = time.monotonic() + SECONDS_TO_START
        while not _answers(port):
            if process.poll() is not None or time.monotonic() > deadline:
                raise TrackerFailed(log)
            time.sleep(0.05)
        yield
    finally:
        process.terminate()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection(HOST, port, timeout=2)
    try:
        connection.request("GET", "/api/projects?page=1&per_page=1")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
