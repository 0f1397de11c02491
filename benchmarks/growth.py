"""How Simpul's throughput and memory go with the size of its replica: part of `peers.py`, which gives it the load.

For each size a SQLite source is made (`growing.sql`), synced once into a replica of its own and kept. Then one server for each size
takes turns with the others under the same load. At last each is started anew, asked Q1, Q2 and Q4 a number of times, and what it
holds in memory is read from `smaps_rollup`: its own (anonymous), and its share of mapped files (libraries, the replica)."""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Protocol

from benchmarks import hubs
from benchmarks.copy_of_peers import Copy
from benchmarks.first_load import free_port
from benchmarks.startup import family
from simpul.compose import build_hub, load

SIZES = [20_000, 200_000, 2_000_000]
FIRST_PORT = 9411
ASKED = {"Q1": 500, "Q2": 200, "Q4": 5}
"""How often each question is asked before memory is read."""
TABLES = ("proposals", "budget_lines", "projects", "complaints")
SYNC = """\
import json, resource, sys, time
from simpul.cli import main
sys.argv = ["simpul", "sync", "--config", "hub.yaml", "--lang", "en"]
began, ended = time.perf_counter(), 0
try:
    main()
except SystemExit as end:
    ended = end.code or 0
used = resource.getrusage(resource.RUSAGE_SELF)
found = {"seconds": time.perf_counter() - began, "cpu": used.ru_utime + used.ru_stime, "megabytes": used.ru_maxrss / 1024}
if ended == 0:
    open("synced.json", "w").write(json.dumps(found))
sys.exit(ended)
"""


class Driver(Protocol):
    """Runs the peers' measurement with servers of our own; see `peers.drive`."""

    def __call__(
        self, copy: Copy, arguments: list[str], patience: float, repeats: bool, own: list[dict[str, object]]
    ) -> str: ...


def measure(copy: Copy, folder: Path, sizes: list[int], options: argparse.Namespace, drive: Driver) -> None:
    """Writes `growth.json` beside the other results: for each size what its sync, its questions and its memory were."""
    found: dict[str, dict[str, object]] = {}
    servers: list[dict[str, object]] = []
    began = time.time()
    for place, size in enumerate(sizes):
        here = folder / str(size)
        found[str(size)] = {"rows": synced(here, size)} | json.loads((here / "synced.json").read_text())
        found[str(size)]["replica"] = (here / "replica.db").stat().st_size / 2**20
        port = FIRST_PORT + place
        command = f"{sys.executable} -m simpul serve --config {here}/hub.yaml --port {port}"
        servers.append({"name": f"simpul-{size}", "command": command, "port": port, "scale": max(size // SIZES[0], 1)})
    names = ",".join(str(server["name"]) for server in servers)
    runs = []
    for questions, connections, seconds in (("Q1,Q2", "1,32", options.secs), ("Q4", "1", options.secs + 3)):
        out = str(copy.path / "results" / "growing.json")
        load = ["--queries", questions, "--conns", connections, "--secs", str(seconds), "--reps", str(options.reps)]
        load += ["--attempts", "2" if options.patience else "1"]
        arguments = ["bench", "--only", names, "--colds", "1", *load, "--out", out]
        drive(copy, arguments, options.patience, False, servers)
        runs += json.loads(Path(out).read_text())["runs"]
    for size in sizes:
        found[str(size)]["memory"] = memory(folder / str(size), size)
    told = {"sizes": found, "runs": runs, "began": began, "load": os.getloadavg()}
    (copy.path / "results" / "growth.json").write_text(json.dumps(told))


def synced(folder: Path, size: int) -> int:
    """Makes source and replica of a size unless they are there; how many records the replica has."""
    folder.mkdir(parents=True, exist_ok=True)
    hub = hubs.of_one("off" if hubs.keeps_answers() else "")
    kept = folder / "hub.yaml"
    if not (folder / "source.db").exists():
        print(f"making {size} proposals", flush=True)
        hubs.make_source(folder / "source.db", size)
    if not (folder / "synced.json").exists():
        kept.write_text(hub, encoding="utf-8")
        print(f"syncing {size} proposals", flush=True)
        subprocess.run([sys.executable, "-c", SYNC], cwd=folder, check=True)
    kept.write_text(hub, encoding="utf-8")
    opened = build_hub(load(kept))
    opened.open()  # a replica of an earlier Simpul is brought up to date here, not while a start is measured
    opened.replica.close()
    return hubs.count(folder / "source.db", TABLES)


def memory(folder: Path, size: int) -> dict[str, float]:
    """MB that a server of this size holds after some questions, all its processes together."""
    port = free_port()
    command = [sys.executable, "-m", "simpul", "serve", "--config", str(folder / "hub.yaml"), "--port", str(port)]
    asked = hubs.operations()
    process = subprocess.Popen(command, stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None
        process.stdout.readline()  # it listens, and says so
        for question, times in ASKED.items():
            for n in range(times):
                hubs.ask(port, asked[question], question, given(question, n, size))
        return resident(family(process.pid))
    finally:
        process.terminate()
        process.wait(20)


def given(question: str, n: int, size: int) -> dict[str, object]:
    """The n-th variables of a question."""
    year = 2021 + n % 5
    match question:
        case "Q1":
            return {"id": 1 + n * 7919 % size}
        case "Q2":
            return {"fy": year, "status": "ACCEPTED", "limit": 50, "offset": n * 37 % 1800}
        case _:
            return {"fy": year}


def resident(processes: list[int]) -> dict[str, float]:
    """Megabytes by kind."""
    found = {"Pss": 0.0, "Pss_Anon": 0.0, "Pss_File": 0.0}
    for process in processes:
        told = Path(f"/proc/{process}/smaps_rollup").read_text()
        for kind in found:
            line = re.search(rf"^{kind}:\s+(\d+) kB", told, re.MULTILINE)
            found[kind] += int(line[1]) / 1024 if line else 0.0
    return found
