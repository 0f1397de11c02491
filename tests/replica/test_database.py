"""The replica's file: made, made anew where it must be, and written by one process at a time, whatever becomes of that."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from config.entities import KeyRule, Link, Normalise, Text
from replica.database import Database, ReplicaLocked, ReplicaUnusable
from replica.sqlite import SqliteDatabase
from replica.sync import Syncer, SyncReport

ROOT = Path(__file__).parents[2]
W = Text("a thing", "sesuatu")


def sync(syncer: Syncer, source: str = "plans", **options: Any) -> SyncReport:
    return asyncio.run(syncer.sync(source, **options))


def rows(database: Database, sql: str) -> list[Any]:
    with closing(database.connect(readonly=True)) as db:
        return db.execute(sql).fetchall()


def wish(number: str, title: str = "x", **more: Any) -> dict[str, Any]:
    return {"number": number, "title": title, "cost": None, "on": None, "place": None, "within": None, **more}


@contextmanager
def other_process(world: Any, program: str) -> Iterator[subprocess.Popen[str]]:
    """Another process over the same replica; `program` finds `world`, `database` and `syncer`. It ends with the block."""
    begin = f"""
import asyncio, importlib.util, sys, time
from pathlib import Path
spec = importlib.util.spec_from_file_location("world", {str(Path(__file__).with_name("conftest.py"))!r})
module = importlib.util.module_from_spec(spec)
sys.modules["world"] = module
spec.loader.exec_module(module)
world = module.World(Path({str(world.folder)!r}))
database, syncer = world.hub()
"""
    with subprocess.Popen(
        [sys.executable, "-c", begin + program],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def said(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


# -- one writer -------------------------------------------------------------------------------------------------------


def test_a_writer_that_is_killed_in_its_transaction_leaves_the_old_state_and_no_lock(world: Any) -> None:
    world.data["plans"]["wishes"]["a"] = [wish("1", "old")]
    database, syncer = world.hub()
    sync(syncer)

    program = """
with database.write_lock(0):
    db = database.connect()
    db.execute("BEGIN IMMEDIATE")
    db.execute("UPDATE e_Wish SET c_title = 'half'")
    print("writing", flush=True)
    time.sleep(60)
"""
    with other_process(world, program) as process:
        assert said(process) == "writing"
        with pytest.raises(ReplicaLocked), database.write_lock(0.1):
            pass
        assert rows(database, "SELECT c_title FROM e_Wish") == [("old",)]  # readers wait for nobody
        process.kill()
        process.wait()

    with database.write_lock(1):
        assert rows(database, "SELECT c_title FROM e_Wish") == [("old",)]


def test_a_sync_that_is_killed_between_staging_and_merge_changes_nothing(world: Any) -> None:
    world.data["plans"]["wishes"]["a"] = [wish("1", "old")]
    database, syncer = world.hub()
    sync(syncer)

    program = """
world.data["plans"]["wishes"]["a"] = [{"number": "1", "title": "new", "cost": None, "on": None, "place": None, "within": None}]
asyncio.run(syncer.sync("plans", progress=lambda p: print(p.dataset, p.done, p.total, flush=True)))
"""
    with database.write_lock(0), other_process(world, program) as process:
        while said(process) != "places 0 0":
            pass
        deadline = time.monotonic() + 30
        while not any(path.stat().st_size for path in world.folder.glob("replica.db-staging-*/staging.db")):
            assert time.monotonic() < deadline
        process.kill()
        process.wait()
    [left] = world.folder.glob("replica.db-staging-*")

    assert rows(database, "SELECT c_title FROM e_Wish") == [("old",)]
    world.data["plans"]["wishes"]["a"] = [wish("1", "newer")]
    assert sync(syncer).outcome == "CHANGED"
    assert left.exists()  # it might be at work

    os.utime(left, (0, 0))
    sync(syncer)
    assert not left.exists()


def test_what_another_process_has_brought_in_meanwhile_is_not_overwritten_by_older_rows(world: Any) -> None:
    world.data["plans"]["wishes"]["a"] = [wish("1", "old")]
    database, syncer = world.hub()
    _, other = world.hub()

    async def both() -> None:
        with database.write_lock(0):
            slow = asyncio.create_task(syncer.sync("plans"))  # reads the old row, then waits
            while not any(path.stat().st_size for path in world.folder.glob("replica.db-staging-*/staging.db")):
                await asyncio.sleep(0.01)
            await asyncio.sleep(0.05)
        world.data["plans"]["wishes"]["a"] = [wish("1", "new")]
        await other.sync("plans")
        await slow

    asyncio.run(both())

    assert rows(database, "SELECT c_title FROM e_Wish") == [("new",)]


def test_a_sync_that_waits_can_be_stopped_at_once(world: Any) -> None:
    world.data["plans"]["wishes"]["a"] = [wish("1")]
    database, syncer = world.hub()

    async def stop() -> None:
        task = asyncio.create_task(syncer.sync("plans", wait=timedelta(hours=1)))
        await asyncio.sleep(0.3)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    with database.write_lock(0):
        asyncio.run(asyncio.wait_for(stop(), 10))
    assert list(world.folder.glob("replica.db-staging-*")) == []
    assert rows(database, "SELECT count(*) FROM run") == [(0,)]


def test_a_hub_that_is_known_opens_while_another_process_writes(world: Any) -> None:
    database, _ = world.hub()

    with database.write_lock(0):
        world.hub()


@pytest.mark.skipif(sys.platform == "win32", reason="limits the size of files by a POSIX call")
def test_a_full_disk_is_told_and_the_old_state_is_served(world: Any) -> None:
    world.data["plans"]["wishes"]["a"] = [wish("1", "old")]
    database, syncer = world.hub()
    sync(syncer)

    program = """
import resource
size = max(path.stat().st_size for path in world.folder.iterdir())
world.data["plans"]["wishes"]["a"] = [
    {"number": str(n), "title": "new" * 400, "cost": None, "on": None, "place": None, "within": None} for n in range(2000)
]
resource.setrlimit(resource.RLIMIT_FSIZE, (size + 100_000, resource.RLIM_INFINITY))
report = asyncio.run(syncer.sync("plans"))
print(report.outcome, [problem.code for problem in report.problems], flush=True)
"""
    with other_process(world, program) as process:
        assert said(process) == "FAILED ['REPLICA_WRITE_FAILED']"
        process.wait()

    assert rows(database, "SELECT c_number, c_title FROM e_Wish") == [("1", "old")]
    assert rows(database, "SELECT c_state FROM e_Source WHERE c_name = 'plans'") == [("STALE",)]
    assert rows(database, "SELECT outcome FROM run ORDER BY id") == [("CHANGED",), ("FAILED",)]


# -- shape ------------------------------------------------------------------------------------------------------------


def test_readers_cannot_write(world: Any) -> None:
    database, _ = world.hub()

    with closing(database.connect(readonly=True)) as db, pytest.raises(Exception, match="readonly"):
        db.execute("DELETE FROM run")


def test_the_file_is_in_wal_mode_in_a_folder_that_is_made(world: Any) -> None:
    database = SqliteDatabase(world.folder / "var" / "deep" / "replica.db", world.config.catalogue, {})

    database.open()

    assert rows(database, "PRAGMA journal_mode") == [("wal",)]


def test_a_file_that_is_no_replica_is_said_to_be_none(world: Any) -> None:
    (world.folder / "replica.db").write_text("Ini bukan basis data. " * 100, encoding="utf-8")

    with pytest.raises(ReplicaUnusable, match="not a database"):
        world.hub()


def test_an_entity_that_is_mapped_otherwise_is_read_again_and_serves_until_then(world: Any) -> None:
    world.stamped()
    world.data["plans"]["wishes"].update(a=[wish("1"), wish("")])
    world.data["plans"]["places"]["p"] = [{"code": "1", "name": "Alas", "parent": None}, {"code": None, "name": "?"}]
    _, syncer = world.hub(fingerprints={"Wish": "1", "Place": "1"})
    sync(syncer)
    read = world.connectors["plans"].read
    read.clear()

    database, syncer = world.hub(fingerprints={"Wish": "2", "Place": "1"})

    assert rows(database, 'SELECT count(*) FROM "e_Wish"') == [(1,)]
    states = "SELECT entity, ever_read, problem LIKE '%CONFIGURATION_CHANGED%' FROM dataset WHERE source = 'plans' ORDER BY 1"
    assert rows(database, states) == [("Place", 1, None), ("Wish", 1, 1)]
    assert rows(database, "SELECT c_state FROM e_Source WHERE c_name = 'plans'") == [("STALE",)]
    sync(syncer)
    assert read == ["a"]
    assert rows(database, 'SELECT count(*) FROM "e_Wish"') == [(1,)]
    assert rows(database, states) == [("Place", 1, None), ("Wish", 1, None)]
    assert rows(database, "SELECT c_state FROM e_Source WHERE c_name = 'plans'") == [("FRESH",)]
    assert rows(database, "SELECT c_entity FROM e_Reject ORDER BY 1") == [("Place",), ("Wish",)]


def test_other_words_to_be_dropped_are_another_way_of_reading(world: Any) -> None:
    def ways(*words: str) -> Link:
        return Link("places", "Wish", "Place", W, rules=(KeyRule((("title", "name"),), Normalise(drop_words=words)),))

    world.stamped()
    world.data["plans"]["wishes"]["a"] = [wish("1", "Desa Alas")]
    world.data["plans"]["places"]["p"] = [{"code": "1", "name": "alas", "parent": None}]
    world.links("Wish", ways("kota"))
    database, syncer = world.hub()
    sync(syncer)
    assert rows(database, 'SELECT count(*) FROM "l_Wish.places"') == [(0,)]

    world.links("Wish", ways("desa"))
    database, syncer = world.hub()
    sync(syncer)
    assert rows(database, 'SELECT count(*) FROM "l_Wish.places"') == [(1,)]


def test_datasets_and_sources_that_are_configured_no_more_are_forgotten(world: Any) -> None:
    world.data["plans"]["places"]["p"] = [{"code": "1", "name": "Alas", "parent": None}]
    world.data["money"]["lines"]["l"] = [{"line": None, "version": 1, "account": None}]
    world.ties("9,9\n")
    _, syncer = world.hub()
    sync(syncer)
    sync(syncer, "money")

    kept = {name: source for name, source in world.config.sources.items() if name == "plans"}
    mappings = tuple(mapping for mapping in world.config.mappings if mapping.source == "plans")
    world.config = replace(world.config, sources=kept, mappings=mappings)
    world.links("Wish")
    database, _ = world.hub()

    assert rows(database, "SELECT DISTINCT source FROM dataset") == [("plans",)]
    assert rows(database, "SELECT count(*) FROM part WHERE source <> 'plans'") == [(0,)]
    assert rows(database, "SELECT c_name FROM e_Source") == [("plans",)]
    assert rows(database, "SELECT count(*) FROM e_Reject") == [(0,)]


def test_opening_twice_writes_nothing(world: Any) -> None:
    database, syncer = world.hub()
    sync(syncer)
    before = rows(database, "PRAGMA data_version"), rows(database, 'SELECT * FROM "e_Source"')

    again, _ = world.hub()

    assert (rows(again, "PRAGMA data_version"), rows(again, 'SELECT * FROM "e_Source"')) == before
