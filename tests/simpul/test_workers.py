"""`simpul serve --workers` as processes: each answers, one syncs, one that dies is replaced, and all end together."""

from __future__ import annotations

import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path

import httpx
import pytest

from tests.hubs import RunSimpul, Serve, Serving
from tests.simpul.conftest import environment

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="platform: reads /proc; run it on Linux")


def workers_of(running: Serving, count: int) -> list[int]:
    """The processes that answer for a server, once there are so many."""
    wait_for(lambda: len(children(running)) == count)
    return children(running)


def children(running: Serving) -> list[int]:
    parent = running.process.pid
    return [int(pid) for pid in Path(f"/proc/{parent}/task/{parent}/children").read_text().split()]


def is_running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


@contextmanager
def only(pid: int, running: Serving) -> Iterator[None]:
    """Lets one process of a server answer while the others stand still."""
    others = [other for other in children(running) if other != pid]
    for other in others:
        os.kill(other, signal.SIGSTOP)
    try:
        yield
    finally:
        for other in others:
            os.kill(other, signal.SIGCONT)


def wait_for(condition: Callable[[], bool]) -> None:
    """Waits for what other processes do; there is no clock of theirs to pass."""
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.05)


def has_replaced(pid: int, running: Serving) -> bool:
    return pid not in children(running) and len(children(running)) == 2


def is_ready(running: Serving) -> bool:
    return httpx.get(f"{running.url}/readyz", timeout=20).status_code == 200


def waiting(running: Serving) -> list[str]:
    """The sources of which the first sync has not ended, as who answers knows it."""
    names: list[str] = httpx.get(f"{running.url}/readyz", timeout=20).json()["waiting"]
    return names


def proposals(running: Serving) -> int:
    query = {"query": "{ proposals { totalCount } }"}
    count: int = httpx.post(f"{running.url}/graphql", json=query, timeout=20).json()["data"]["proposals"]["totalCount"]
    return count


def is_refused(url: str) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", int(url.rsplit(":", 1)[1]))) != 0


def test_each_answers_and_is_ready_and_one_of_them_syncs(serve: Serve, hub_folder: Path) -> None:
    running = serve(hub_folder, "--workers", "3")
    pids = workers_of(running, 3)

    answers = {}
    for pid in pids:
        wait_for(lambda: is_ready(running))
        with only(pid, running):  # where another one syncs, what is ready is in the replica
            wait_for(lambda: is_ready(running))
            answers[pid] = proposals(running)
    with closing(sqlite3.connect(hub_folder / "var" / "replica.db")) as db:
        runs = db.execute("SELECT source, count(*) FROM run GROUP BY source ORDER BY source").fetchall()

    assert len(pids) == 3
    assert list(answers.values()) == [4, 4, 4]
    assert runs == [("finance", 1), ("inbox", 1), ("planning", 1)]


def test_none_is_ready_before_the_first_sync_of_each_source(serve: Serve, hub_folder: Path) -> None:
    config = hub_folder / "hub.yaml"
    with socket.create_server(("127.0.0.1", 0)) as silent:
        rest = f"kind: rest\n    url: http://127.0.0.1:{silent.getsockname()[1]}/api"
        text = config.read_text().replace("kind: sql\n    url: sqlite:///data/keuangan.db", rest)
        config.write_text(text.replace("        table: ta_anggaran\n", "").replace("        table: ta_paket\n", ""))

        running = serve(hub_folder, "--workers", "2")
        told = []
        for pid in workers_of(running, 2):
            with only(pid, running):
                wait_for(lambda: "finance" in waiting(running) and len(waiting(running)) == 1)
                told.append(waiting(running))

    assert told == [["finance"], ["finance"]]


def test_one_that_is_killed_is_replaced_also_the_one_that_syncs(serve: Serve, hub_folder: Path) -> None:
    config, table = hub_folder / "hub.yaml", hub_folder / "data" / "usulan-alas.csv"
    config.write_text(config.read_text().replace("refresh: 1h", "refresh: 1s", 1))
    running = serve(hub_folder, "--workers", "2", "--lang", "en")
    wait_for(lambda: is_ready(running))
    before = workers_of(running, 2)

    for pid in before:
        os.kill(pid, signal.SIGKILL)
        wait_for(partial(has_replaced, pid, running))
    table.write_text(table.read_text() + "9,Pasar desa,RT 01,1.000.000.000,DITERIMA,Budi\n")
    wait_for(lambda: proposals(running) == 5)  # somebody syncs again

    assert not set(before) & set(children(running))
    for pid in before:
        said = f"Process {pid} ended by itself (exit code -9); another one takes its place.\n"
        assert said in running.log.read_text(encoding="utf-8")
    for pid in children(running):
        with only(pid, running):
            assert proposals(running) == 5


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_all_end_at_once_with_0_and_leave_nothing_behind(serve: Serve, synced_folder: Path, number: int) -> None:
    running = serve(synced_folder, "--workers", "3")
    wait_for(lambda: is_ready(running))
    pids = workers_of(running, 3)

    with httpx.Client(base_url=running.url) as client:  # a connection is kept open
        client.get("/healthz")
        # A terminal's Ctrl-C reaches every process, a service manager's SIGTERM the first one.
        for pid in (running.process.pid, *(pids if number == signal.SIGINT else ())):
            os.kill(pid, number)
        out, _ = running.process.communicate(timeout=20)

    assert running.process.returncode == 0
    assert out.decode() == "Berhenti.\n"
    assert running.log.read_text() == ""
    assert not [pid for pid in pids if is_running(pid)]
    assert is_refused(running.url)


def test_none_outlives_a_parent_that_is_killed(serve: Serve, synced_folder: Path) -> None:
    running = serve(synced_folder, "--workers", "2")
    wait_for(lambda: is_ready(running))
    pids = workers_of(running, 2)

    running.process.kill()

    try:
        wait_for(lambda: not [pid for pid in pids if is_running(pid)])
    finally:
        for pid in filter(is_running, pids):
            os.kill(pid, signal.SIGKILL)
    assert is_refused(running.url)


def test_a_replica_that_can_not_be_used_is_told_once(hub_folder: Path, simpul_process: RunSimpul) -> None:
    (hub_folder / "var").mkdir()
    (hub_folder / "var" / "replica.db").write_bytes(os.urandom(5000))

    ended = simpul_process(hub_folder, "serve", "--port", "0", "--workers", "3", "--lang", "en")

    assert ended.code == 1
    assert ended.out == ""
    assert ended.err.count(f"The replica {hub_folder / 'var' / 'replica.db'} can't be used") == 1


def test_it_can_be_stopped_while_it_waits_for_another_writer(synced_folder: Path) -> None:
    lock = synced_folder / "var" / "replica.db-lock"
    command = [sys.executable, "-m", "simpul", "serve", "--port", "0", "--workers", "2", "--lang", "en"]
    with closing(sqlite3.connect(lock, isolation_level=None)) as holder:
        holder.execute("BEGIN EXCLUSIVE")
        with subprocess.Popen(command, cwd=synced_folder, env=environment(), stderr=subprocess.PIPE) as process:
            assert process.stderr is not None
            told = process.stderr.readline().decode()
            pids = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
            process.send_signal(signal.SIGTERM)
            process.wait(20)

    assert told.startswith("Another process is writing")
    assert process.returncode == 130
    assert len(pids) == 1 and not is_running(int(pids[0]))


def test_where_processes_can_not_be_forked_it_says_so(
    hub_folder: Path, simpul: RunSimpul, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(os, "fork")

    ended = simpul(hub_folder, "serve", "--port", "0", "--workers", "2", "--lang", "en")

    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith("This system can't fork processes")
