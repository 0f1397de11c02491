"""Syncs over changing sources: nothing is lost, nothing is mixed, and what can't be read is told."""

from __future__ import annotations

import asyncio
import json
import threading
from datetime import timedelta
from typing import Any

import pytest

from connectors.connector import CellError
from connectors.errors import SourceUnavailable
from replica.database import ReplicaLocked
from replica.shapes import judge
from replica.sync import Syncer, SyncReport
from tests.replicas import ask


def sync(syncer: Syncer, source: str = "plans", **options: Any) -> SyncReport:
    return asyncio.run(syncer.sync(source, **options))


@pytest.fixture
def world(either: Any) -> Any:
    return either


def wish(number: str, title: str = "x", **more: Any) -> dict[str, Any]:
    return {"number": number, "title": title, "cost": None, "on": None, "place": None, "within": None, **more}


def test_cells_that_can_t_be_read_are_issues_and_rows_without_key_are_rejects(world: Any) -> None:
    world.data["plans"]["wishes"]["a"] = [
        wish("1", cost="1,5 M", on="1970-01-01", title="hubungi 081234567890"),
        wish("", title="no key"),
        wish("3", cost=CellError("#DIV/0!")),
    ]
    database, syncer = world.hub()

    report = sync(syncer)

    assert (report.outcome, report.counts["Wish"].records, report.counts["Wish"].rejects) == ("CHANGED", 2, 1)
    found = ask(database, 'SELECT c_number, c_title, c_cost, _issues FROM "e_Wish" ORDER BY _sort')
    assert [(number, title, cost) for number, title, cost, _ in found] == [
        ("1", "hubungi [telepon]", None),
        ("3", "x", None),
    ]
    issues = [[(i["code"], i["field"], i["raw"]) for i in json.loads(text)] for *_, text in found]
    assert issues == [
        [("AMBIGUOUS_NUMBER", "cost", "1,5 M"), ("PLACEHOLDER_DATE", "on", "1970-01-01")],
        [("CELL_ERROR", "cost", "#DIV/0!")],
    ]
    assert ask(database, 'SELECT c_code, c_field, c_locator FROM "e_Reject"') == [("MISSING_KEY", "number", "a › 2")]


def test_a_number_with_two_meanings_is_read_as_its_column_says_though_that_comes_batches_later(world: Any) -> None:
    rows = [wish(f"{n:04}", cost=n) for n in range(1700)]
    rows[600]["cost"] = "2.200"
    rows[1699]["cost"] = "1.250.000"
    world.data["plans"]["wishes"]["a"] = rows
    database, syncer = world.hub()

    sync(syncer)

    found = dict(ask(database, 'SELECT c_number, c_cost FROM "e_Wish"'))
    assert [found[n] for n in ("0004", "0600", "1698", "1699")] == [400, 220000, 169800, 125000000]
    assert len(found) == 1700


def test_the_same_key_twice_is_set_aside_and_heals(world: Any) -> None:
    world.data["plans"]["wishes"].update(a=[wish("1", "one")], b=[wish("1", "other"), wish("2")])
    database, syncer = world.hub()

    sync(syncer)
    assert ask(database, 'SELECT c_number FROM "e_Wish" WHERE _live = 1') == [("2",)]
    rejects = ask(database, 'SELECT c_locator, c_params FROM "e_Reject" ORDER BY 1')
    assert [(locator, json.loads(params)["others"]) for locator, params in rejects] == [
        ("a › 1", "b › 1"),
        ("b › 1", "a › 1"),
    ]

    world.data["plans"]["wishes"]["b"][0] = wish("1", "one")  # equal content counts once
    sync(syncer)
    assert ask(database, 'SELECT count(*) FROM "e_Wish" WHERE _live = 1') == [(2,)]
    assert ask(database, 'SELECT count(*) FROM "e_Reject"') == [(0,)]


def test_moved_rows_keep_their_record_and_the_time_of_their_change(world: Any) -> None:
    world.data["plans"]["wishes"].update(a=[wish("1"), wish("2")], b=[wish("3")])
    database, syncer = world.hub()
    sync(syncer)
    before = ask(database, 'SELECT c_number, _id, _changed FROM "e_Wish" ORDER BY 1')

    world.data["plans"]["wishes"].update(a=[wish("3"), wish("2")], b=[wish("1")])
    report = sync(syncer)

    assert ask(database, 'SELECT c_number, _id, _changed FROM "e_Wish" ORDER BY 1') == before
    counts = report.counts["Wish"]
    assert (counts.added, counts.changed, counts.removed, counts.moved) == (0, 0, 0, 2)


def test_a_sync_that_would_lose_too_much_stops_with_both_counts(world: Any) -> None:
    world.data["plans"]["wishes"].update(a=[wish(str(n)) for n in range(6)], b=[wish(str(n)) for n in range(6, 10)])
    database, syncer = world.hub()
    sync(syncer)

    del world.data["plans"]["wishes"]["a"]
    refused = sync(syncer)

    assert refused.outcome == "REFUSED"
    assert [(p.code, p.params) for p in refused.problems] == [
        ("SHRINK_GUARD", {"entity": "Wish", "before": 10, "after": 4})
    ]
    assert ask(database, 'SELECT count(*) FROM "e_Wish"') == [(10,)]
    assert ask(database, "SELECT count(*) FROM part WHERE dataset = 'wishes'") == [(2,)]
    assert sync(syncer, force=True).outcome == "CHANGED"
    assert ask(database, 'SELECT count(*) FROM "e_Wish"') == [(4,)]


def test_a_part_that_can_t_be_read_keeps_its_records_and_stops_nobody(world: Any) -> None:
    world.data["plans"]["wishes"].update(a=[wish("1")], b=[wish("2")])
    database, syncer = world.hub()
    sync(syncer)

    world.data["plans"]["wishes"].update(a=[{"nomor": "1"}], b=[wish("2", "new")])
    report = sync(syncer)

    assert [(p.code, p.where) for p in report.problems] == [("COLUMN_UNKNOWN", "a")]
    assert ask(database, 'SELECT c_number, c_title FROM "e_Wish" ORDER BY 1') == [("1", "x"), ("2", "new")]
    stale = dict(ask(database, "SELECT key, stale IS NOT NULL FROM part WHERE dataset = 'wishes'"))
    assert stale == {"a": 1, "b": 0}
    assert ask(database, "SELECT c_state FROM \"e_Source\" WHERE c_name = 'plans'") == [("STALE",)]


def test_a_source_that_is_down_leaves_everything_and_says_so(world: Any) -> None:
    world.data["plans"]["wishes"]["a"] = [wish("1")]
    database, syncer = world.hub()
    world.connectors["plans"].failure = SourceUnavailable("plans", reason="down")

    assert sync(syncer).outcome == "FAILED"
    assert ask(database, "SELECT ever_read FROM dataset WHERE entity = 'Wish'") == [(0,)]
    assert ask(database, "SELECT c_state FROM \"e_Source\" WHERE c_name = 'plans'") == [("UNAVAILABLE",)]

    world.connectors["plans"].failure = None
    sync(syncer)
    world.connectors["plans"].failure = SourceUnavailable("plans", reason="down")
    sync(syncer)
    assert ask(database, 'SELECT count(*) FROM "e_Wish"') == [(1,)]
    assert ask(database, "SELECT c_state FROM \"e_Source\" WHERE c_name = 'plans'") == [("STALE",)]


def test_an_unchanged_sync_raises_no_revision(world: Any) -> None:
    world.data["plans"]["wishes"]["a"] = [wish("1")]
    database, syncer = world.hub()
    sync(syncer)
    before = ask(database, "SELECT * FROM revision ORDER BY 1")

    assert sync(syncer).outcome == "UNCHANGED"
    assert ask(database, "SELECT * FROM revision ORDER BY 1") == before


def test_links_follow_what_changes(world: Any) -> None:
    world.data["plans"]["places"]["p"] = [
        {"code": "52", "name": "Sumbawa", "parent": None},
        {"code": "52.1", "name": "Alas", "parent": "52"},
        {"code": "52.1.1", "name": "Labuhan Alas", "parent": "52.1"},
    ]
    world.data["plans"]["wishes"]["a"] = [
        wish("1", place="LABUHANALAS", within="alas"),
        wish("2", place="Alas", within="Utan"),
    ]
    world.data["money"]["lines"]["l"] = [
        {"line": "L1", "version": "1", "account": "5.1"},
        {"line": "L1", "version": "2", "account": "5.1"},
    ]
    world.data["money"]["works"]["w"] = [{"id2": "W1", "accounts": "51; 52"}]
    world.ties("1,l1\n9,L1\n")
    database, syncer = world.hub()

    sync(syncer, "plans")
    sync(syncer, "money")

    def tied(link: str, a: str, b: str) -> list[Any]:
        source, _, name = link.partition(".")
        to = world.config.catalogue[source].link(name).to
        return ask(
            database,
            f'SELECT a.c_{a}, b.c_{b}, l.method FROM "l_{source}.{name}" l JOIN "e_{source}" a ON a._id = l.a'
            f' JOIN "e_{to}" b ON b._id = l.b WHERE b._current = 1 ORDER BY 1, 2',
        )

    assert tied("Wish.place", "number", "code") == [("1", "52.1.1", "KEY")]
    assert tied("Wish.lines", "number", "version") == [("1", 2, "CROSSWALK")]
    assert tied("Wish.works", "number", "id2") == [("1", "W1", "VIA")]
    assert ask(database, 'SELECT c_code, c_locator FROM "e_Reject"') == [("CROSSWALK_NO_MATCH", "ties.csv › 3")]

    world.data["plans"]["places"]["p"][1]["name"] = "Utan"  # the district is renamed
    sync(syncer, "plans")
    assert tied("Wish.place", "number", "code") == []

    world.ties("2,L1\n")
    sync(syncer, "plans")
    assert tied("Wish.works", "number", "id2") == [("2", "W1", "VIA")]


def test_several_partners_where_one_may_be_are_candidates(world: Any) -> None:
    world.data["plans"]["places"]["p"] = [{"code": str(n), "name": "Jorok", "parent": None} for n in (1, 2)]
    world.data["plans"]["wishes"]["a"] = [wish("1", place="Jorok")]
    database, syncer = world.hub()

    sync(syncer)

    assert ask(database, 'SELECT status FROM "l_Wish.place"') == [("CANDIDATE",), ("CANDIDATE",)]


def test_a_writer_of_another_process_is_waited_for_and_then_told(world: Any) -> None:
    world.data["plans"]["wishes"]["a"] = [wish("1")]
    database, syncer = world.hub()

    with database.write_lock(0), pytest.raises(ReplicaLocked):
        sync(syncer, wait=timedelta(seconds=0.1))

    assert sync(syncer).outcome == "CHANGED"


def test_columns_are_compared_beside_the_loop(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    threads = []

    def judge_seen(*given: Any, **options: Any) -> Any:
        threads.append(threading.current_thread())
        return judge(*given, **options)

    monkeypatch.setattr("replica.sync.judge", judge_seen)
    world.data["plans"]["wishes"]["a"] = [wish("1")]
    _, syncer = world.hub()

    assert sync(syncer).outcome == "CHANGED"
    assert threads
    assert threading.main_thread() not in threads


def test_readers_see_the_old_state_or_the_new_one(world: Any) -> None:
    world.data["plans"]["wishes"]["a"] = [wish(str(n), "0") for n in range(50)]
    database, syncer = world.hub()
    sync(syncer)
    reader = database.connect(readonly=True)

    async def both() -> set[tuple[int, int]]:
        seen = set()
        for turn in range(1, 6):
            world.data["plans"]["wishes"]["a"] = [wish(str(n), str(turn)) for n in range(50)]
            task = asyncio.create_task(syncer.sync("plans"))
            while not task.done():
                seen.add(reader.execute('SELECT count(*), count(DISTINCT c_title) FROM "e_Wish"').fetchone())
                await asyncio.sleep(0)
            await task
        return seen

    assert asyncio.run(both()) == {(50, 1)}
    reader.close()
