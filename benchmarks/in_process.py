"""What running a cached plan costs without HTTP, beside the least that SQL written by hand for the question needs.

    in_process.py HUB COPY [--rounds 5] [--profile FILE]

HUB is the synced hub.yaml of `peers.py`, COPY the scratch copy of the peers. By hand (`limits/sqls.py` there) are four flat
statements, stitched into dictionaries, and orjson; and one SQLite statement that writes the JSON text itself. Everything takes
turns in one process, each time with other variables. Prints JSON: microseconds of CPU for each question and way. `--profile`
writes where Simpul's time goes: parts of the way, then functions."""

from __future__ import annotations

import argparse
import asyncio
import cProfile
import gc
import importlib
import io
import json
import pstats
import sqlite3
import statistics
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import orjson

from replica.reading import Reading
from resolvers.engine import Answer, Engine, Request
from simpul.compose import build_hub, load

OPERATIONS = Path(__file__).parent / "operations"
TIMES = {"Q1": 1000, "Q2": 100, "Q3": 8, "Q4": 10, "Q5": 10}
"""How often a question is asked in a round."""

Variables = Mapping[str, Any]


def by_hand(copy: Path) -> dict[str, dict[str, Callable[[Variables], bytes]]]:
    """For each question the ways of the copy's limits: rows stitched here, and one statement."""
    sys.path[:0] = [str(copy / "limits"), str(copy / "bench")]
    sqls: Any = importlib.import_module("sqls")
    db = sqlite3.connect(f"file:{copy}/data/legacy.db?mode=ro", uri=True, isolation_level=None)
    db.execute("PRAGMA mmap_size = 268435456")
    db.execute("PRAGMA cache_size = -65536")

    def first(v: Variables) -> bytes:
        return orjson.dumps(sqls.q1_sqlite_rows(db, v["id"]))

    def page(v: Variables) -> bytes:
        return orjson.dumps(sqls.q2_sqlite_rows(db, v["fy"], v["status"], v["limit"], v["offset"]))

    def statement(question: str) -> Callable[[Variables], bytes]:
        return lambda v: bytes(db.execute(sqls.SQLITE_JSON[question], v).fetchone()[0], "utf-8")

    ways = {question: {"one statement": statement(question)} for question in TIMES}
    ways["Q1"]["rows"] = first
    ways["Q2"]["rows"] = ways["Q3"]["rows"] = page
    return ways


def asked_of(question: str, variables: Variables) -> Request:
    """The question to Simpul."""
    given = dict(variables)
    if "status" in given:
        given["status"] = given["status"].upper()
    return Request(
        (OPERATIONS / f"{question}.graphql").read_text(encoding="utf-8"), given, question, "en", as_text=True
    )


async def measure(engine: Engine, copy: Path, rounds: int) -> dict[str, dict[str, float]]:
    """Median microseconds of CPU of each question and way."""
    ways = by_hand(copy)
    drawn = importlib.import_module("peers").variables()
    costs: dict[str, dict[str, list[float]]] = {}
    for turn in range(-1, rounds):  # the first one only warms up
        for question, times in TIMES.items():
            chosen = [drawn[question][(turn * times + n) % len(drawn[question])] for n in range(times)]
            requests = [asked_of(question, variables) for variables in chosen]
            found = {}
            began = time.process_time()
            for request in requests:
                checked(await answered(engine, request)).body()
            found["simpul"] = time.process_time() - began
            for way, run in ways[question].items():
                began = time.process_time()
                for variables in chosen:
                    run(variables)
                found[way] = time.process_time() - began
            if turn >= 0:
                for way, seconds in found.items():
                    costs.setdefault(question, {}).setdefault(way, []).append(seconds / times * 1e6)
    return {
        question: {way: statistics.median(all_) for way, all_ in found.items()} for question, found in costs.items()
    }


async def answered(engine: Engine, request: Request) -> Answer:
    """The answer as the endpoint gets it: at once where few rows are looked at, else from a thread."""
    return engine.execute_at_once(request) or await engine.execute(request)


def checked(answer: Answer) -> Answer:
    if answer.errors:
        raise SystemExit(f"Simpul answers with errors: {answer.errors}")
    return answer


class Parts:
    """Seconds of CPU of the parts of the way of an answer."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    def timed(self, owner: Any, name: str, part: str) -> None:
        """Adds what every call of a function takes to a part."""
        plain = getattr(owner, name)

        def run(*given: Any, **named: Any) -> Any:
            began = time.thread_time()
            try:
                return plain(*given, **named)
            finally:
                self.seconds[part] = self.seconds.get(part, 0.0) + time.thread_time() - began

        setattr(owner, name, run)


def profile(engine: Engine, copy: Path, told: io.TextIOBase) -> None:
    """Writes for each question the parts of the way, and the functions, run in this thread alone."""
    sys.path.insert(0, str(copy / "bench"))
    drawn = importlib.import_module("peers").variables()
    pool = engine._replica._threads
    asyncio.run(_profile(engine, drawn, told))
    pool.shutdown()


async def _profile(engine: Engine, drawn: Mapping[str, Any], told: io.TextIOBase) -> None:
    loop = asyncio.get_running_loop()

    async def here(pool: object, work: Callable[..., object], *given: Any) -> object:
        return work(*given)

    loop.run_in_executor = here  # type: ignore[assignment,method-assign] # in this thread, where the profiler looks
    for question, times in TIMES.items():
        requests = [asked_of(question, v) for v in (drawn[question] * times)[:times]]
        for request in requests[:5]:
            await answered(engine, request)
        found = cProfile.Profile()
        found.enable()
        for request in requests:
            (await answered(engine, request)).body()
        found.disable()
        text = io.StringIO()
        pstats.Stats(found, stream=text).sort_stats("tottime").print_stats(28)
        told.write(f"==== {question}, {times} times, functions by own time\n{text.getvalue()}\n")
    parts = Parts()
    parts.timed(Engine, "_ask", "ask: document, variables, plan")
    parts.timed(Reading, "__init__", "begin of the transaction")
    for name in ("rows", "partners"):
        parts.timed(Reading, name, "statements: SQLite and rows as tuples")
    parts.timed(Engine, "_run", "run: statements, cost check, objects")
    parts.timed(Engine, "_finish", "finish: errors, extensions")
    parts.timed(Answer, "body", "orjson")
    for question, times in TIMES.items():
        requests = [asked_of(question, v) for v in (drawn[question] * times)[:times]]
        for request in requests:
            (await answered(engine, request)).body()
        parts.seconds.clear()
        began = time.thread_time()
        for request in requests:
            (await answered(engine, request)).body()
        whole = time.thread_time() - began
        told.write(f"==== {question}: {whole / times * 1e6:,.0f} us of CPU\n")
        for part, seconds in parts.seconds.items():
            told.write(f"  {seconds / times * 1e6:>9,.1f} us  {part}\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("hub", type=Path)
    parser.add_argument("copy", type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--profile", type=Path)
    arguments = parser.parse_args()
    hub = build_hub(load(arguments.hub))
    hub.open()
    gc.freeze()  # as `simpul serve` does
    if arguments.profile:
        with arguments.profile.open("w", encoding="utf-8") as told:
            profile(hub.engine, arguments.copy, told)
    else:
        print(json.dumps(asyncio.run(measure(hub.engine, arguments.copy, arguments.rounds))))
    hub.replica.close()


if __name__ == "__main__":
    main()
