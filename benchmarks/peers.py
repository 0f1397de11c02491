"""Simpul beside its peers, beside the physical limits and at three sizes, in one run on the same data; then the report.

    peers.py [--scratch DIR] [--only simpul,tailcall,…] [--reps 3] [--secs 3] [--growth-only | --without-growth | --report-only]

The peers' folder (`../shared/peers` beside the project, or `--peers`) is copied to the scratch folder, which every user may enter,
and set up there: npm, pip, a PostgreSQL of its own. Simpul reads the same data from four sources: proposals from the workbook, budget
lines from PostgreSQL, projects and complaints over REST. Each peer's answers are compared with SQLite's before anything is measured;
who can't be had here or answers otherwise is left out, and the report says why. `operations/` has Simpul's questions.

Load is made with wrk by the peers' own `bench/bench.py`: peers take turns within each repetition, one process each, other variables at
each request. The report is written to `benchmarks/results/`. It needs root (PostgreSQL runs as its own user), PostgreSQL 15, Node 20,
npm and wrk. What has been set up and synced is kept in the scratch folder for the next time."""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks import growth, hubs, report
from benchmarks.copy_of_peers import Copy

ROOT = Path(__file__).resolve().parent.parent
SIMPUL = f"{sys.executable} -m simpul"
PORT, CACHED_PORT = 9401, 9402
PREBUILT = ("L-starlette", "L-asgi", "L-granian")
"""Limits that give the same bytes whatever is asked: nothing to compare."""
AGREED = re.compile(r"^(?P<peer>\S.*?) +(?P<question>Q\d) (?P<same>\d+)/(?P<asked>\d+) same")
PACKAGES = {
    "hive-mesh-rest": ["mesh/node_modules/@graphql-hive/gateway", "mesh/node_modules/@graphql-mesh/compose-cli"],
    "postgraphile5": ["postgraphile/node_modules/postgraphile"],
    "apollo-dataloader": ["apollo/node_modules/@apollo/server"],
    "mercurius-jit": ["apollo/node_modules/mercurius", "apollo/node_modules/graphql-jit"],
    "tailcall": ["tailcall/node_modules/@tailcallhq/core-linux-x64-gnu"],
    "grafbase-fed": ["grafbase/node_modules/@grafbase/cli-x86_64-unknown-linux-musl"],
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scratch", type=Path, default=Path(tempfile.gettempdir()) / "simpul-peers")
    parser.add_argument("--peers", type=Path, default=ROOT.parent / "shared" / "peers", help="the peers' folder")
    parser.add_argument("--only", help="names of peers with commas between; simpul is always among them")
    parser.add_argument("--reps", type=int, default=3)
    parser.add_argument("--secs", type=int, default=3, help="of one run; Q3 takes 2 or 4 more")
    parser.add_argument("--patience", type=float, default=10, help="seconds that a run waits for a quiet machine")
    parser.add_argument("--sizes", type=int, nargs="*", default=growth.SIZES, help="proposals, for growth")
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--growth-only", action="store_true")
    which.add_argument("--without-growth", action="store_true", help="the report takes the last figures, if any")
    which.add_argument("--report-only", action="store_true")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    copy = Copy((options.scratch / "peers").resolve())
    if not options.report_only:
        copy.set_up(options.peers)
        try:
            if not options.growth_only:
                measure(copy, options)
            if not options.without_growth:
                growth.measure(copy, (options.scratch / "growth").resolve(), options.sizes, options, drive)
        finally:
            copy.stop_postgres()
    report.write(copy, ROOT / "benchmarks" / "results")


def measure(copy: Copy, options: argparse.Namespace) -> None:
    """Everything beside the peers. What was found is in the copy's `results/`."""
    began = time.time()
    load = os.getloadavg()
    cached = prepare(copy)
    left = copy.missing()
    wanted = options.only.split(",") if options.only else [*known(copy)]
    names = ["simpul", *(name for name in wanted if name != "simpul" and name not in left)]
    for name in [name for name in names if name not in PREBUILT]:
        reason = disagreement(copy, name)
        if reason and name == "simpul":
            raise SystemExit(f"Simpul's answers are not those of SQLite; nothing was measured: {reason}")
        if reason:
            left[name] = reason
            names.remove(name)
    times = ["--reps", str(options.reps), "--secs", str(options.secs), "--attempts", "2" if options.patience else "1"]
    drive(copy, ["bench", *times, "--only", ",".join(names), "--out", result(copy, "main")], options.patience)
    if cached:
        only = ["--only", "simpul,simpul-cache", "--queries", "Q3", "--colds", "1"]
        drive(copy, ["bench", *times, *only, "--out", result(copy, "repeated")], options.patience, repeats=True)
    run = subprocess.run(
        [
            sys.executable,
            str(ROOT / "benchmarks" / "in_process.py"),
            str(copy.path / "simpul" / "hub.yaml"),
            str(copy.path),
        ],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    Path(result(copy, "in_process")).write_text(run.stdout)
    facts = {
        "machine": machine(),
        "versions": versions(copy),
        "left": {name: reason for name, reason in left.items() if name in wanted or not options.only},
        "not asked": [name for name in known(copy) if name not in wanted and name not in left],
        "load": load,
        "began": began,
        "minutes": (time.time() - began) / 60,
        "reps": options.reps,
        "secs": options.secs,
        "startup": startup(),
        "cache": cached,
    }
    Path(result(copy, "facts")).write_text(json.dumps(facts))


def prepare(copy: Copy) -> bool:
    """The hub over the copy's data, synced; and the same with a response cache. Tells whether this Simpul has one."""
    folder = copy.path / "simpul"
    folder.mkdir(exist_ok=True)
    cached = hubs.keeps_answers()
    (folder / "hub.yaml").write_text(hubs.of_peers(copy.path, "off" if cached else ""), encoding="utf-8")
    (folder / "cached.yaml").write_text(hubs.of_peers(copy.path, "memory" if cached else ""), encoding="utf-8")
    for old in folder.glob("replica.db*"):  # made by another Simpul, perhaps
        old.unlink()
    with copy.running("sh upstream/start.sh", "http://127.0.0.1:9100/_stats"):
        subprocess.run(f"{SIMPUL} sync --config {folder}/hub.yaml --lang en".split(), check=True)
    return cached


def result(copy: Copy, name: str) -> str:
    return str(copy.path / "results" / f"{name}.json")


def known(copy: Copy) -> list[str]:
    """The names of all peers, in the order of the copy's table."""
    text = "import sys; sys.path.insert(0, 'bench'); import peers; print(*peers.PEERS, sep='\\n')"
    return _told([str(copy.python), "-c", text], copy.path).split()


def servers(copy: Copy) -> list[dict[str, object]]:
    """Simpul as one process, without and with a response cache."""
    serve = f"{SIMPUL} serve --config {copy.path}/simpul"
    return [
        {"name": "simpul", "command": f"{serve}/hub.yaml --port {PORT}", "port": PORT, "scale": 1},
        {
            "name": "simpul-cache",
            "command": f"{serve}/cached.yaml --port {CACHED_PORT}",
            "port": CACHED_PORT,
            "scale": 1,
        },
    ]


def drive(
    copy: Copy,
    arguments: Sequence[str],
    patience: float,
    repeats: bool = False,
    own: Sequence[dict[str, object]] = (),
) -> str:
    """Runs the copy's scripts with Simpul among the peers, or with servers of one's `own`. What they print; raises
    CalledProcessError."""
    told = {
        "servers": [*own] or servers(copy),
        "operations": hubs.operations(),
        "patience": patience,
        "repeats": repeats,
    }
    process = subprocess.Popen(
        [str(copy.python), str(ROOT / "benchmarks" / "drive.py"), *arguments],
        env=os.environ | {"PEERS": str(copy.path), "DRIVE": json.dumps(told), "PYTHONUNBUFFERED": "1"},
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    lines = []
    try:
        for line in process.stdout:
            lines.append(line)
            print(line, end="", flush=True)
    except BaseException:
        process.terminate()  # it stops the servers that it has started
        process.wait(30)
        raise
    said = "".join(lines)
    if process.wait():
        raise subprocess.CalledProcessError(process.returncode, list(arguments), said)
    return said


def disagreement(copy: Copy, name: str) -> str | None:
    """Why a peer can't be measured; None if it answers as SQLite does."""
    try:
        said = drive(copy, ["check", name], 0)
    except subprocess.CalledProcessError as failed:
        return str(failed.output).strip().splitlines()[-1]
    found = [match for match in map(AGREED.match, said.splitlines()) if match]
    others = [f"{m['question']} {m['same']} of {m['asked']} the same" for m in found if m["same"] != m["asked"]]
    return "answers differ: " + ", ".join(others) if others else None if found else "it answered nothing"


def machine() -> dict[str, str]:
    """What the figures were measured on; no names of machines."""
    models = re.findall(r"^model name\s*: (.+)", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    memory = re.search(r"MemTotal:\s+(\d+)", Path("/proc/meminfo").read_text())
    return {
        "cores": f"{os.cpu_count()} ({models[0] if models else platform.machine()})",
        "memory": f"{int(memory[1]) / 2**20:.0f} GiB" if memory else "unknown",
        "system": f"{platform.freedesktop_os_release()['PRETTY_NAME']}, kernel {platform.release().partition('-')[0]}",
        "Python": platform.python_version(),
        "Node": _told(["node", "--version"], ROOT).strip(),
        "SQLite": _told([sys.executable, "-c", "import sqlite3; print(sqlite3.sqlite_version)"], ROOT).strip(),
    }


def versions(copy: Copy) -> dict[str, str]:
    """What each peer is made of."""
    found = {"simpul": "commit " + _told(["git", "rev-parse", "--short", "HEAD"], ROOT).strip()}
    for peer, packages in PACKAGES.items():
        told = [copy.path / package / "package.json" for package in packages]
        read: list[dict[str, Any]] = [json.loads(path.read_text()) for path in told if path.exists()]
        found[peer] = ", ".join(f"{package['name']} {package['version']}" for package in read)
    listed = json.loads(_told([str(copy.python), "-m", "pip", "list", "--format", "json"], copy.path))
    known_as = {package["name"].lower(): package["version"] for package in listed}
    found["strawberry"] = ", ".join(f"{name} {known_as[name]}" for name in ("strawberry-graphql", "uvicorn", "asyncpg"))
    return found


def startup() -> dict[str, float]:
    """Seconds to the first answer and MB of the server on the sample regency, by `startup.py`."""
    said = _told([sys.executable, str(ROOT / "benchmarks" / "startup.py"), "--rounds", "3"], ROOT)
    line = next(line for line in said.splitlines() if line.startswith("simpul serve"))
    seconds, least, _, megabytes = line.removeprefix("simpul serve").split()
    return {"seconds": float(seconds), "least": float(least), "megabytes": float(megabytes)}


def _told(command: list[str], folder: Path) -> str:
    return subprocess.run(command, cwd=folder, check=True, stdout=subprocess.PIPE, text=True).stdout


if __name__ == "__main__":
    main()
