"""A sync can't lose: killed at any moment, read at any moment, by one hub or by two, the replica is one whole state.

In generation n every wish and every place bears the name "g<n>", and there are as many of each as n says."""

from __future__ import annotations

import asyncio
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from replica.binding import Statement
from replica.reading import Deadline, Reading, Replica
from tests.replicas import ask

ROOT = Path(__file__).parents[2]
KILLS = 200  # of a process that writes a file; a fourth of it where it writes to a server
SYNCS = 200  # into a file; a fourth of it into a server

NURSERY = """
import asyncio, importlib.util, os, signal, sys
from pathlib import Path
sys.path.insert(0, {root!r})
for name in ("conftest", "test_holding"):
    spec = importlib.util.spec_from_file_location(name, Path({here!r}) / (name + ".py"))
    sys.modules[name] = module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
world = sys.modules["conftest"].World(Path({folder!r}), {server!r})
print("ready", flush=True)
for line in sys.stdin:
    child = os.fork()
    if child == 0:
        generation = int(line)
        _, syncer = world.hub()
        print("begins", flush=True)
        while True:
            sys.modules["test_holding"].become(world, generation)
            asyncio.run(syncer.sync("plans", force=True))
            generation += 1
    sys.stdin.readline()
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    print("killed", flush=True)
"""


def become(world: Any, generation: int) -> None:
    """Lets the sources say what they say in a generation."""
    name = f"g{generation}"
    world.data["plans"]["wishes"] = {
        part: [
            {"number": f"{part}{n}", "title": name, "cost": n, "on": None, "place": "p1", "within": None}
            for n in range(20 + generation % 30)
        ]
        for part in "abc"
    }
    world.data["plans"]["places"] = {
        "p": [{"code": f"p{n}", "name": name, "parent": None} for n in range(10 + generation % 30)]
    }
    world.connectors["plans"].datasets = world.data["plans"]


STATE = (
    'SELECT c_title, count(*), (SELECT count(*) FROM "l_Wish.place") FROM "e_Wish" WHERE _current = 1 GROUP BY 1',
    "SELECT c_name, count(*), (SELECT count(*) FROM \"x_Place\" x WHERE x.head = ' ' || c_name || ' ') FROM \"e_Place\" GROUP BY 1",
)


def assert_whole(wishes: list[tuple[Any, ...]], places: list[tuple[Any, ...]]) -> int:
    """The one generation that everything is of."""
    [(name, count, links)] = wishes
    [(same, others, found)] = places
    generation = int(name[1:])
    assert (name, count, links, others, found) == (
        same,
        3 * (20 + generation % 30),
        count,  # each wish lies in a place
        10 + generation % 30,
        others,  # each place is found by its name
    )
    return generation


def state_of(reading: Reading) -> list[list[tuple[Any, ...]]]:
    """What stands in the replica, each statement by itself in the transaction of an operation."""
    return [reading.rows(Statement(sql, ()), {}) for sql in STATE]


@pytest.fixture
def world(either: Any) -> Any:
    return either


@contextmanager
def nursery(folder: Path, server: str | None) -> Iterator[subprocess.Popen[str]]:
    """A process that has imported everything, and for each number it is told forks one that syncs without end; a further
    line kills that one."""
    program = NURSERY.format(root=str(ROOT), here=str(Path(__file__).parent), folder=str(folder), server=server)
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", program], stdin=pipe, stdout=pipe, text=True, cwd=ROOT) as process:
        try:
            yield process
        finally:
            process.kill()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="platform: a system that can fork")
def test_killed_at_any_moment_it_is_the_old_state_or_the_new_one_and_the_next_sync_succeeds(world: Any) -> None:
    chance = random.Random(20_261_124)
    database, syncer = world.hub()
    become(world, 0)
    asyncio.run(syncer.sync("plans"))
    seen = {0}
    with nursery(world.folder, world.server) as process:
        assert process.stdin and process.stdout

        def tell(line: str, answer: str) -> None:
            assert process.stdin and process.stdout
            process.stdin.write(line + "\n")
            process.stdin.flush()
            assert process.stdout.readline() == answer + "\n"

        assert process.stdout.readline() == "ready\n"
        generation = 0
        for _ in range(KILLS if world.server is None else KILLS // 4):
            tell(str(generation + 1), "begins")
            time.sleep(chance.uniform(0, 0.06))
            tell("", "killed")

            generation = assert_whole(*(ask(database, sql) for sql in STATE))
            if world.server is None:
                assert ask(database, "PRAGMA quick_check") == [("ok",)]
            seen.add(generation)
            generation += 1
            become(world, generation)
            assert asyncio.run(syncer.sync("plans", force=True)).outcome == "CHANGED"
    assert len(seen) > KILLS / 16  # it was killed at work, not before or after it


def test_readers_never_see_a_mixture(world: Any) -> None:
    database, syncer = world.hub()
    become(world, 0)
    asyncio.run(syncer.sync("plans"))
    seen: list[int] = []

    async def read(replica: Replica, ended: asyncio.Event) -> None:
        while not ended.is_set():
            seen.append(assert_whole(*await replica.read(state_of, 10)))

    syncs = SYNCS if world.server is None else SYNCS // 4

    async def write(ended: asyncio.Event) -> None:
        for generation in range(1, syncs + 1):
            become(world, generation)
            assert (await syncer.sync("plans", force=True)).outcome == "CHANGED"
        ended.set()

    async def both() -> None:
        replica, ended = Replica(database.reader), asyncio.Event()
        async with asyncio.TaskGroup() as group:
            for _ in range(3):
                group.create_task(read(replica, ended))
            group.create_task(write(ended))
        replica.close()

    asyncio.run(both())
    assert len(set(seen)) > syncs / 10  # they read while it was written


def test_of_two_hubs_on_one_replica_one_syncs_and_both_serve(world: Any) -> None:
    first, syncer = world.hub()
    second, _ = world.hub()
    serving = [Replica(hub.reader) for hub in (first, second)]
    for generation in (1, 2, 3):
        become(world, generation)
        asyncio.run(syncer.sync("plans", force=True))
        for replica in serving:
            found = replica.read_here(state_of, Deadline(10))
            assert assert_whole(*found) == generation
    for replica in serving:
        replica.close()
