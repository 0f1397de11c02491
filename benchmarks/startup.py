"""What a start costs: an empty Python, its libraries alone, `simpul` without work, a query, and a server up to its first answer.

All run in turns in one go over the filled replica of the sample regency, each as a process of its own. Prints the median of
the seconds, the least of them, a ratio to the libraries alone, and the peak of each process's memory; for a server what all its
processes hold after the first answer. Usage: startup.py [--rounds 7] [--folder DIR]"""

from __future__ import annotations

import argparse
import os
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from benchmarks.first_load import ask, free_port

QUERY = "query ($n: Int) { proposals(first: $n) { totalCount nodes { number title region { name } } } }"
LIBRARIES = "libraries"
MEGABYTE = 1024 * 1024


class Cost(NamedTuple):
    """What one start took: seconds, and bytes of memory of all its processes."""

    seconds: float
    memory: int


def command(arguments: list[str], folder: Path) -> Cost:
    """Runs a command to its end."""
    started = time.perf_counter()
    process = subprocess.Popen(arguments, cwd=folder, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise SystemExit(f"{arguments} ended with {process.returncode}")
    return Cost(seconds, usage.ru_maxrss * 1024)


def serve(arguments: list[str], folder: Path) -> Cost:
    """Starts a server, and stops it after its first answer."""
    port = free_port()
    started = time.perf_counter()
    process = subprocess.Popen([*arguments, "--port", str(port)], cwd=folder, stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None
        process.stdout.readline()  # it listens, and says so
        if not ask(port, QUERY, 5)["proposals"]["nodes"]:
            raise SystemExit("the server answers with nothing")
        seconds = time.perf_counter() - started
        return Cost(seconds, sum(resident(pid) for pid in family(process.pid)))
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)


def family(pid: int) -> list[int]:
    """A process and those that it started."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(inner for child in children for inner in family(int(child)))]


def resident(pid: int) -> int:
    """The memory that only this process holds, and its share of what it holds with others."""
    found = re.search(r"^Pss:\s+(\d+) kB", Path(f"/proc/{pid}/smaps_rollup").read_text(), re.MULTILINE)
    return int(found[1]) * 1024 if found else 0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--folder", type=Path, help="a sample regency that `simpul demo --once` has filled")
    rounds, folder = vars(parser.parse_args()).values()
    with tempfile.TemporaryDirectory() as made:
        if folder is None:
            folder = Path(made) / "regency"
            demo = [sys.executable, "-m", "simpul", "demo", "--folder", str(folder), "--port", str(free_port())]
            subprocess.run([*demo, "--once"], check=True, stdout=subprocess.DEVNULL)
        measure(folder, rounds)


def measure(folder: Path, rounds: int) -> None:
    query = folder / "startup.graphql"
    query.write_text(QUERY.replace("$n: Int", "$n: Int = 5"))
    simpul = [sys.executable, "-m", "simpul"]
    cases: dict[str, Callable[[], Cost]] = {
        "python -c pass": lambda: command([sys.executable, "-c", "pass"], folder),
        LIBRARIES: lambda: command([sys.executable, "-c", "import strawberry, starlette.applications"], folder),
        "simpul --version": lambda: command([*simpul, "--version"], folder),
        "simpul query": lambda: command([*simpul, "query", query.name], folder),
        "simpul serve": lambda: serve([*simpul, "serve"], folder),
        "serve --workers 2": lambda: serve([*simpul, "serve", "--workers", "2"], folder),
    }
    costs: dict[str, list[Cost]] = {name: [] for name in cases}
    for _ in range(rounds + 1):  # the first one only warms up
        for name, run in cases.items():
            costs[name].append(run())
    base = statistics.median(cost.seconds for cost in costs[LIBRARIES][1:])
    print(f"{'':17} {'s':>7} {'least':>7} {'ratio':>7} {'MB':>7}")
    for name, found in costs.items():
        seconds = [cost.seconds for cost in found[1:]]
        middle = statistics.median(seconds)
        memory = statistics.median(cost.memory for cost in found[1:]) / MEGABYTE
        print(f"{name:17} {middle:>7.2f} {min(seconds):>7.2f} {middle / base:>7.1f} {memory:>7.0f}")


if __name__ == "__main__":
    main()
