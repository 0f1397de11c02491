"""What a merge does with parts and rows: who keeps its place, who answers, who is set aside, and what is left untouched."""

from __future__ import annotations

import asyncio
import json
from contextlib import closing
from dataclasses import replace
from typing import Any

import pytest

from config.entities import Catalogue, Current, Field, FieldType, Text
from config.hub import FieldMapping
from connectors.connector import Part
from connectors.errors import SourceBusy
from connectors.memory import MemoryConnector
from replica import search, words
from replica.database import Database
from replica.sync import Progress, Syncer, SyncReport
from tests.replicas import ask, shape
from tests.replicas import search as find


def sync(syncer: Syncer, source: str = "plans", **options: Any) -> SyncReport:
    return asyncio.run(syncer.sync(source, **options))


@pytest.fixture
def world(either: Any) -> Any:
    return either


def wish(number: str, title: str = "x", **more: Any) -> dict[str, Any]:
    return {"number": number, "title": title, "cost": None, "on": None, "place": None, "within": None, **more}


def line(name: str, version: int, account: str | None = None) -> dict[str, Any]:
    return {"line": name, "version": version, "account": account}


def everything(database: Database) -> dict[str, list[Any]]:
    """Every row of every table."""
    return {name: sorted(ask(database, f'SELECT * FROM "{name}"'), key=repr) for name in shape(database)}


def test_an_unchanged_sync_writes_its_run_and_nothing_else_but_ages(world: Any) -> None:
    world.data["plans"]["wishes"].update(a=[wish("1", cost="?"), wish("")], b=[wish("1", "other")])
    world.data["plans"]["places"]["p"] = [{"code": "1", "name": "Alas", "parent": None}]
    world.ties("9,9\n")
    database, syncer = world.hub()
    sync(syncer)
    before = everything(database)

    report = sync(syncer)

    after = everything(database)
    assert report.outcome == "UNCHANGED"
    assert {name for name in after if after[name] != before[name]} == {"run", "part", "dataset", "e_Source"}
    assert len(after["run"]) == 2
    ages = {"part": "fetched_at", "dataset": "tried_at, read_at", "e_Source": "c_readAt, c_triedAt"}
    for name, columns in ages.items():
        aging = (*columns.split(", "), *(f"f_{c[2:]}" for c in columns.split(", ")))
        places = [place for place, column in enumerate(shape(database)[name]) if column not in aging]
        assert [[row[p] for p in places] for row in before[name]] == [[row[p] for p in places] for row in after[name]]


def test_only_rows_that_are_new_or_changed_get_words(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []

    def counted(head: tuple[str, ...], rest: Any) -> tuple[str, str]:
        made.extend(head)
        return words.joined(head, rest)

    monkeypatch.setattr(search, "joined", counted)
    world.data["plans"]["wishes"]["a"] = [wish("1", "one"), wish("2", "two"), wish("3", "three")]
    database, syncer = world.hub()
    sync(syncer)
    assert made == ["one", "two", "three"]

    made.clear()
    sync(syncer)
    assert made == []

    world.data["plans"]["wishes"]["a"] = [wish("4", "four"), wish("1", "one"), wish("2", "zwei"), wish("3", "three")]
    sync(syncer)
    assert made == ["four", "zwei"]

    made.clear()
    world.data["plans"]["wishes"]["a"].append(wish("3", "three"))  # as it stands in the replica, and yet a new record
    sync(syncer)
    assert made == ["three"]
    assert found_by(database, "three") == found_by(database, "one") == 1


def found_by(database: Database, text: str) -> int:
    """How many records answer to a word."""
    return sum(score > 0 for _, _, score in find(database, text))


def test_a_first_sync_writes_each_record_once(world: Any) -> None:
    world.data["plans"]["wishes"]["a"] = [wish("1"), wish("2"), wish("3"), wish("3", "other")]
    world.data["money"]["lines"]["l"] = [line("L1", 1), line("L1", 2), line("L2", 1)]
    database, syncer = world.hub()
    with closing(database.connect()) as session:
        session.execute("CREATE TABLE written (entity TEXT)")
        for entity in ("Wish", "Line"):
            note = f"INSERT INTO written VALUES ('{entity}')"
            if database.dialect.name == "sqlite":
                session.execute(f'CREATE TRIGGER "note{entity}" AFTER UPDATE ON "e_{entity}" BEGIN {note}; END')
            else:
                session.execute(
                    f'CREATE FUNCTION "note{entity}"() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {note}; RETURN NULL; END $$'
                )
                session.execute(
                    f'CREATE TRIGGER t AFTER UPDATE ON "e_{entity}" FOR EACH ROW EXECUTE FUNCTION "note{entity}"()'
                )

    sync(syncer, "plans")
    sync(syncer, "money")

    assert ask(database, 'SELECT c_number FROM "e_Wish" WHERE _current = 1 ORDER BY 1') == [("1",), ("2",)]
    assert ask(database, "SELECT entity FROM written") == [("Line",)]  # L1, of which the version before counts no more


def test_a_column_that_is_mapped_no_more_is_emptied_and_two_datasets_may_fill_different_ones(world: Any) -> None:
    world.second("plans", "more", "Wish")
    fields = world.mappings[0].fields
    places = [mapped for mapped in fields if mapped.field not in ("title", "cost")]
    first, second = [m for m in world.config.mappings if m.entity == "Wish"]
    others = tuple(m for m in world.config.mappings if m.entity != "Wish")
    world.config = replace(world.config, mappings=(first, replace(second, fields=tuple(places)), *others))
    world.data["plans"]["wishes"]["a"] = [wish("1", "one", cost=5)]
    world.data["plans"]["more"]["b"] = [wish("2", "two", cost=5, on="2026-01-01")]
    asked = 'SELECT c_number, c_title, f_title, c_cost, c_on FROM "e_Wish" ORDER BY 1'
    database, syncer = world.hub()
    sync(syncer)
    assert ask(database, asked) == [("1", "one", "one", 500, None), ("2", None, None, None, "2026-01-01")]

    world.config = replace(world.config, mappings=(replace(first, fields=tuple(places)), second, *others))
    database, syncer = world.hub(fingerprints={"Wish": "other"})
    sync(syncer)
    assert ask(database, asked) == [("1", None, None, None, None), ("2", "two", "two", 500, "2026-01-01")]
    assert (found_by(database, "one"), found_by(database, "two")) == (0, 1)

    fewer = tuple(replace(m, fields=tuple(places)) for m in (first, second))
    world.config = replace(world.config, mappings=(*fewer, *others))
    database, syncer = world.hub(fingerprints={"Wish": "third"})
    sync(syncer)
    assert ask(database, asked)[1] == ("2", None, None, None, "2026-01-01")
    assert found_by(database, "two") == 0


def test_a_part_that_has_not_changed_is_not_read(world: Any) -> None:
    world.stamped()
    world.data["plans"]["wishes"].update(a=[wish("1")], b=[wish("2")])
    database, syncer = world.hub()
    connector = world.connectors["plans"]
    sync(syncer)
    connector.read.clear()

    world.data["plans"]["wishes"]["b"] = [wish("2", "new")]
    sync(syncer)
    assert connector.read == ["b"]
    ages = ask(database, "SELECT min(fetched_at) = max(fetched_at) FROM part")
    assert ages == [(1,)]  # of a part that is known to be unchanged the figures are as new as of one that was read

    sync(syncer, full=True)
    assert connector.read == ["b", "a", "b"]


def test_a_part_that_could_not_be_read_is_tried_again_though_its_stamp_is_the_same(world: Any) -> None:
    world.stamped()
    world.data["plans"]["wishes"]["a"] = [wish("1")]
    database, syncer = world.hub()
    sync(syncer)
    good = world.data["plans"]["wishes"]["a"]

    world.data["plans"]["wishes"]["a"] = [{"nomor": "1"}]
    sync(syncer)
    world.data["plans"]["wishes"]["a"] = good
    sync(syncer)

    assert ask(database, "SELECT stale FROM part") == [(None,)]
    assert ask(database, "SELECT c_state, c_problem FROM e_Source WHERE c_name = 'plans'") == [("FRESH", None)]


def test_one_broken_workbook_of_24_keeps_its_rows_and_the_others_are_new(world: Any) -> None:
    names = [f"{number:02}" for number in range(24)]
    for name in names:
        world.data["plans"]["wishes"][name] = [wish(f"{name}-{n}", "old") for n in range(3)]
    database, syncer = world.hub()
    sync(syncer)

    for name in names:
        world.data["plans"]["wishes"][name] = [wish(f"{name}-{n}", "new") for n in range(3)]
    world.data["plans"]["wishes"]["07"] = [{"No Usulan": "1"}]
    seen: list[Progress] = []
    report = sync(syncer, progress=seen.append)

    assert (report.outcome, [problem.where for problem in report.problems]) == ("CHANGED", ["07"])
    titles = ask(
        database,
        "SELECT p.key, count(*) FROM \"e_Wish\" e JOIN part p ON p.id = e._part WHERE c_title = 'old' GROUP BY 1",
    )
    assert titles == [("07", 3)]
    assert json.loads(ask(database, "SELECT stale FROM part WHERE key = '07'")[0][0])["where"] == "07"
    assert [(p.done, p.total, p.part) for p in seen if p.dataset == "wishes"][-2:] == [(23, 24, "23"), (24, 24, "")]
    assert seen[-1].rows == 3 * 23


def test_progress_is_told_while_a_part_is_read(world: Any) -> None:
    world.data["plans"]["wishes"]["a"] = [wish(str(n)) for n in range(1200)]
    _, syncer = world.hub()
    seen: list[Progress] = []

    sync(syncer, progress=seen.append)

    assert [(p.done, p.rows) for p in seen if p.dataset == "wishes"] == [
        (0, 0),
        (0, 500),
        (0, 1000),
        (0, 1200),
        (1, 1200),
    ]


def test_order_of_rows_and_parts_changes_no_identity(world: Any) -> None:
    world.data["plans"]["wishes"].update(a=[wish("1"), wish("2"), wish("3")], b=[wish("4")])
    database, syncer = world.hub()
    sync(syncer)
    identity = 'SELECT c_number, _node, _id, _changed FROM "e_Wish" ORDER BY 1'
    before = ask(database, identity)

    world.data["plans"]["wishes"].clear()
    world.data["plans"]["wishes"].update(z=[wish("4"), wish("2")], a=[wish("3"), wish("1")])
    report = sync(syncer)

    assert ask(database, identity) == before
    counts = report.counts["Wish"]
    assert (counts.moved, counts.added, counts.removed, counts.changed) == (4, 0, 0, 0)
    stands = 'SELECT p.key, e._at, e.c_number FROM "e_Wish" e JOIN part p ON p.id = e._part ORDER BY 1, 2'
    assert ask(database, stands) == [("a", "1", "3"), ("a", "2", "1"), ("z", "1", "4"), ("z", "2", "2")]


def test_a_row_that_moves_takes_its_issue_s_cell_along_and_is_not_changed(world: Any) -> None:
    world.data["plans"]["wishes"]["a"] = [wish("1", cost="?")]
    database, syncer = world.hub()
    sync(syncer)
    before = ask(database, 'SELECT _changed FROM "e_Wish"')

    world.data["plans"]["wishes"]["a"] = [{**wish("1", cost="?"), "note": "read by nobody"}]
    sync(syncer)

    [(changed, raw)] = ask(database, 'SELECT _changed, _raw FROM "e_Wish"')
    assert [(changed,)] == before
    assert json.loads(raw)["note"] == "read by nobody"


@pytest.mark.parametrize(("mode", "title"), [("first", "one"), ("last", "three")])
def test_which_of_several_rows_answers_is_decided_by_their_order_in_the_source(
    world: Any, mode: str, title: str
) -> None:
    world.change("Wish", duplicates=mode)
    world.data["plans"]["wishes"].update({"2": [wish("1", "one"), wish("1", "two")], "10": [wish("1", "three")]})
    database, syncer = world.hub()
    live = 'SELECT c_title FROM "e_Wish" WHERE _live = 1'
    sync(syncer)
    assert ask(database, live) == [(title,)]

    world.data["plans"]["wishes"]["2"].reverse()
    world.data["plans"]["wishes"]["10"].insert(0, wish("1", "zero"))
    sync(syncer)
    assert ask(database, live) == [("two" if mode == "first" else "three",)]
    assert ask(database, "SELECT count(*) FROM e_Reject") == [(0,)]


def test_equal_rows_of_two_sources_are_one_and_different_ones_name_each_other(world: Any) -> None:
    world.second("money", "more", "Place")
    alas = {"code": "1", "name": "Alas", "parent": None}
    world.data["plans"]["places"]["p"] = [alas]
    world.data["money"]["more"]["m"] = [alas]
    database, syncer = world.hub()
    sync(syncer, "plans")
    sync(syncer, "money")
    assert ask(database, 'SELECT count(*), sum(_live) FROM "e_Place"') == [(2, 1)]

    world.data["money"]["more"]["m"] = [{**alas, "name": "Utan"}]
    sync(syncer, "money")
    assert ask(database, 'SELECT sum(_live) FROM "e_Place"') == [(0,)]
    told = ask(database, "SELECT c_source, c_locator, c_params FROM e_Reject ORDER BY 1")
    assert [(source, place, json.loads(params)["others"]) for source, place, params in told] == [
        ("money", "m › 1", "p › 1"),
        ("plans", "p › 1", "m › 1"),
    ]
    assert ask(database, "SELECT c_name, c_records, c_rejects FROM e_Source ORDER BY 1") == [
        ("money", 0, 1),
        ("plans", 0, 1),
    ]


def test_precedence_decides_between_sources(world: Any) -> None:
    world.second("money", "more", "Place")
    ranks = {"places": 2, "more": 1}
    mappings = (
        replace(m, precedence=ranks.get(m.dataset, 0), ranked=m.dataset in ranks) for m in world.config.mappings
    )
    world.config = replace(world.config, mappings=tuple(mappings))
    world.data["plans"]["places"]["p"] = [{"code": "1", "name": "Alas", "parent": None}]
    world.data["money"]["more"]["m"] = [{"code": "1", "name": "Utan", "parent": None}]
    database, syncer = world.hub()

    sync(syncer, "plans")
    assert ask(database, 'SELECT c_name FROM "e_Place" WHERE _live = 1') == [("Alas",)]
    sync(syncer, "money")
    assert ask(database, 'SELECT c_name FROM "e_Place" WHERE _live = 1') == [("Utan",)]
    assert ask(database, "SELECT count(*) FROM e_Reject") == [(0,)]


def test_only_the_latest_version_of_a_line_counts(world: Any) -> None:
    world.data["money"]["lines"]["l"] = [line("L1", 1), line("L1", 2), line("L2", 1)]
    database, syncer = world.hub()
    counted = 'SELECT c_line, c_version FROM "e_Line" WHERE _current = 1 ORDER BY 1'
    sync(syncer, "money")
    assert ask(database, counted) == [("L1", 2), ("L2", 1)]

    world.data["money"]["lines"]["l"].append(line("L1", 3))
    sync(syncer, "money")
    assert ask(database, counted) == [("L1", 3), ("L2", 1)]

    world.data["money"]["lines"]["l"].append(line("L1", 3, "other"))  # both are set aside: the one before counts again
    sync(syncer, "money")
    assert ask(database, counted) == [("L1", 2), ("L2", 1)]


def test_the_shrink_guard_looks_at_rows_too_and_lets_small_losses_pass(world: Any) -> None:
    world.data["plans"]["wishes"]["a"] = [wish(str(n)) for n in range(100)]
    database, syncer = world.hub()
    sync(syncer)

    world.data["plans"]["wishes"]["a"] = [wish(str(n)) for n in range(50)]
    assert sync(syncer).outcome == "CHANGED"  # half of it is what maxLoss allows
    world.data["plans"]["wishes"]["a"] = [wish(str(n)) for n in range(24)]
    refused = sync(syncer)
    assert [p.params for p in refused.problems] == [{"entity": "Wish", "before": 50, "after": 24}]
    assert ask(database, "SELECT stale IS NOT NULL FROM part") == [(1,)]  # what is served is not what stands there
    assert ask(database, "SELECT outcome FROM run ORDER BY id DESC LIMIT 1") == [("REFUSED",)]

    world.data["plans"]["wishes"]["a"] = [wish(str(n)) for n in range(49)]
    assert sync(syncer).outcome == "CHANGED"
    assert ask(database, "SELECT stale FROM part") == [(None,)]


def test_four_records_may_always_go(world: Any) -> None:
    world.data["plans"]["wishes"]["a"] = [wish(str(n)) for n in range(4)]
    database, syncer = world.hub()
    sync(syncer)

    world.data["plans"]["wishes"].clear()

    assert sync(syncer).outcome == "CHANGED"
    assert ask(database, 'SELECT count(*) FROM "e_Wish"') == [(0,)]


class LockedWorkbook(MemoryConnector):
    """Its workbook `Utan.xlsx` is open in Excel while `is_open`: its sheets can't be listed."""

    is_open = False

    async def parts(self, dataset: str) -> list[Part]:
        parts = list(await super().parts(dataset))
        if not self.is_open:
            return parts
        return [Part("Utan.xlsx", "Utan.xlsx", unlisted=True)]

    async def rows(self, dataset: str, part: Part) -> Any:
        if part.unlisted:
            raise SourceBusy("Utan.xlsx")
        async for batch in super().rows(dataset, part):
            yield batch


def test_sheets_of_a_workbook_that_cannot_be_listed_stay(world: Any) -> None:
    world.data["plans"]["wishes"].update({"Utan.xlsx#A": [wish("1")], "Utan.xlsx#B": [wish("2")]})
    world.connectors["plans"] = connector = LockedWorkbook(world.data["plans"])
    database, syncer = world.hub()
    sync(syncer)

    connector.is_open = True
    report = sync(syncer)

    assert [p.code for p in report.problems if p.where == "Utan.xlsx"] == ["SOURCE_BUSY"] * 2  # once for each dataset
    assert ask(database, 'SELECT count(*) FROM "e_Wish"') == [(2,)]
    assert ask(database, "SELECT key, stale IS NOT NULL FROM part ORDER BY 1") == [
        ("Utan.xlsx#A", 1),
        ("Utan.xlsx#B", 1),
    ]


def test_revisions_rise_with_what_changed_and_with_nothing_else(world: Any) -> None:
    world.data["plans"]["wishes"]["a"] = [wish("1"), wish("")]
    world.data["plans"]["places"]["p"] = [{"code": "1", "name": "Alas", "parent": None}]
    database, syncer = world.hub()
    sync(syncer)

    def revisions() -> dict[str, int]:
        return dict(ask(database, "SELECT name, number FROM revision"))

    before = revisions()
    world.data["plans"]["wishes"]["a"][0] = wish("1", "new")
    sync(syncer)

    risen = {name for name, number in revisions().items() if number != before.get(name)}
    assert risen == {"entity:Wish", "source:plans"}

    before = revisions()
    world.data["plans"]["wishes"]["a"][1] = wish("2")  # no reject any more
    sync(syncer)
    risen = {name for name, number in revisions().items() if number != before.get(name)}
    assert risen == {"entity:Wish", "entity:Reject", "entity:Source", "source:plans"}


def test_old_runs_go(world: Any) -> None:
    database, syncer = world.hub()
    for _ in range(53):
        sync(syncer)
    sync(syncer, "money")

    assert ask(database, "SELECT source, count(*) FROM run GROUP BY 1 ORDER BY 1") == [("money", 1), ("plans", 50)]


def test_one_run_at_a_time_per_source_and_sources_side_by_side(world: Any) -> None:
    world.data["plans"]["wishes"]["a"] = [wish("1")]
    world.data["money"]["lines"]["l"] = [line("L1", 1)]
    database, syncer = world.hub()

    async def all_at_once() -> list[SyncReport]:
        runs = [asyncio.create_task(syncer.sync(source)) for source in ("plans", "money", "plans", "money")]
        return [await run for run in runs]

    reports = asyncio.run(all_at_once())

    assert [report.outcome for report in reports] == ["CHANGED", "CHANGED", "UNCHANGED", "UNCHANGED"]
    assert ask(database, "SELECT count(*) FROM run") == [(4,)]


# -- which records count ----------------------------------------------------------------------------------------------


def counting(world: Any, current: Current, key: tuple[str, ...] | None = None) -> None:
    """Wishes get another rule of what counts, and fields for it."""
    entities = {e.name: e for e in world.config.catalogue}
    words = Text("x", "x")
    more = [Field("before", FieldType.CODE, words), Field("leaf", FieldType.BOOLEAN, words)]
    entity = entities["Wish"]
    entities["Wish"] = replace(entity, fields=(*entity.fields, *more), current=current, key=key or entity.key)
    world.config = replace(world.config, catalogue=Catalogue(entities))
    mapping = next(m for m in world.config.mappings if m.entity == "Wish")
    columns = [FieldMapping(f.name, f.type, (f.name,)) for f in more]
    world.change("Wish", fields=(*mapping.fields, *columns))


def counted(database: Database) -> list[Any]:
    return ask(database, 'SELECT c_number, c_title FROM "e_Wish" WHERE _current = 1 ORDER BY 1, 2')


def stage(number: str, before: str | None = None, title: str = "x", leaf: bool | None = None) -> dict[str, Any]:
    return {**wish(number, title), "before": before, "leaf": leaf}


def test_a_wish_counts_at_its_last_stage_alone(world: Any) -> None:
    counting(world, Current(superseded=("before", "number")))
    parts = world.data["plans"]["wishes"]
    parts["village"] = [stage("v1"), stage("v2"), stage("v3")]
    parts["district"] = [stage("d1", "v1"), stage("d2", "v2"), stage("d4", "gone"), stage("d5", "d5")]
    parts["agency"] = [stage("a1", "d1"), stage("a2", "d1")]
    database, syncer = world.hub()
    sync(syncer)

    assert [number for number, _ in counted(database)] == ["a1", "a2", "d2", "d4", "d5", "v3"]

    parts["agency"] = []  # what came after is gone: the stage before is the last one again
    sync(syncer)

    assert [number for number, _ in counted(database)] == ["d1", "d2", "d4", "d5", "v3"]


def test_two_stages_that_name_each_other_are_not_lost(world: Any) -> None:
    counting(world, Current(superseded=("before", "number")))
    world.data["plans"]["wishes"]["a"] = [stage("1", "2"), stage("2", "1"), stage("3")]
    database, syncer = world.hub()
    sync(syncer)

    assert [number for number, _ in counted(database)] == ["1", "2", "3"]


def test_a_line_that_has_become_a_parent_does_not_count_by_its_older_version(world: Any) -> None:
    counting(world, Current(("number",), "title", "leaf"), key=("number", "title"))
    world.data["plans"]["wishes"]["a"] = [
        stage("5.2", title="1", leaf=True),
        stage("5.2", title="2", leaf=False),  # split up in the second version
        stage("5.2.1", title="2", leaf=True),
        stage("5.3", title="1", leaf=True),
        stage("5.4", title="1"),  # the source does not say
    ]
    database, syncer = world.hub()
    sync(syncer)

    assert counted(database) == [("5.2.1", "2"), ("5.3", "1"), ("5.4", "1")]


def test_records_of_which_the_group_is_not_known_count_each_for_itself(world: Any) -> None:
    counting(world, Current(("before",), "title"))
    world.data["plans"]["wishes"]["a"] = [
        stage("1", None, "1"),
        stage("2", None, "2"),
        stage("3", "g", "1"),
        stage("4", "g", "2"),
    ]
    database, syncer = world.hub()
    sync(syncer)

    assert counted(database) == [("1", "1"), ("2", "2"), ("4", "2")]
