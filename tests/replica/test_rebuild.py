"""hub.yaml changes: what was read stays in service in the new shape, says that it is old, and keeps its identities."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import replace
from typing import Any

import orjson
import pytest

from config.entities import Catalogue, Field, FieldType, KeyRule, Link, Text
from config.hub import FieldMapping
from connectors.errors import SourceUnavailable
from replica.database import Database
from replica.reading import Deadline, Turns
from replica.sync import Syncer, SyncReport
from tests.replicas import ask, shape

W = Text("a thing", "sesuatu")


def sync(syncer: Syncer, source: str = "plans", **options: Any) -> SyncReport:
    return asyncio.run(syncer.sync(source, **options))


@pytest.fixture
def world(either: Any) -> Any:
    return either


def wish(number: str, title: str | None = "x", **more: Any) -> dict[str, Any]:
    return {"number": number, "title": title, "cost": None, "on": None, "place": None, "within": None, **more}


def add_field(world: Any, entity: str, field: Field) -> None:
    """A field more, and the column of its name that fills it."""
    entities = {e.name: e for e in world.config.catalogue}
    entities[entity] = replace(entities[entity], fields=(*entities[entity].fields, field))
    mapped = FieldMapping(field.name, field.type, (field.name,), scale=field.scale)
    mappings = tuple(replace(m, fields=(*m.fields, mapped)) if m.entity == entity else m for m in world.config.mappings)
    world.config = replace(world.config, catalogue=Catalogue(entities), mappings=mappings)


def problem_of(database: Database, entity: str) -> str | None:
    [(problem,)] = ask(database, f"SELECT problem FROM dataset WHERE entity = '{entity}'")
    return None if problem is None else str(orjson.loads(problem)["code"])


@pytest.fixture
def filled(world: Any) -> Any:
    """Two wishes that have been read, one of them with an issue; the hub that read them had no field `unit`."""
    world.data["plans"]["wishes"]["a"] = [wish("1", "Jalan", unit="m"), wish("2", "Sumur", cost="banyak", unit="buah")]
    database, syncer = world.hub(fingerprints={"Wish": "old"})
    sync(syncer)
    world.nodes = ask(database, "SELECT _node FROM e_Wish ORDER BY c_number")
    return world


def test_a_field_that_is_added_is_unknown_until_it_is_read(filled: Any) -> None:
    add_field(filled, "Wish", Field("unit", FieldType.TEXT, W))
    database, syncer = filled.hub(fingerprints={"Wish": "new"})

    assert ask(database, "SELECT c_number, c_title, c_unit FROM e_Wish ORDER BY 1") == [
        ("1", "Jalan", None),
        ("2", "Sumur", None),
    ]
    issues = [orjson.loads(text) for (text,) in ask(database, "SELECT _issues FROM e_Wish ORDER BY c_number")]
    assert [[(i["code"], i["field"]) for i in of_one] for of_one in issues] == [
        [("NOT_READ_YET", "unit")],
        [("NOT_A_NUMBER", "cost"), ("NOT_READ_YET", "unit")],
    ]
    assert problem_of(database, "Wish") == "CONFIGURATION_CHANGED"

    sync(syncer)

    assert ask(database, "SELECT c_unit, f_unit FROM e_Wish ORDER BY c_number") == [("m", "m"), ("buah", "buah")]
    assert ask(database, "SELECT count(*) FROM e_Wish WHERE _issues LIKE '%NOT_READ_YET%'") == [(0,)]
    assert ask(database, "SELECT _node FROM e_Wish ORDER BY c_number") == filled.nodes
    assert problem_of(database, "Wish") is None


def test_a_field_of_another_type_is_not_carried_over_in_the_wrong_form(filled: Any) -> None:
    filled.data["plans"]["wishes"]["a"][0]["title"] = "12"
    filled.field("Wish", "title", type=FieldType.INT)
    filled.config = replace(
        filled.config,
        mappings=tuple(
            replace(m, fields=tuple(replace(f, type=FieldType.INT) if f.field == "title" else f for f in m.fields))
            for m in filled.config.mappings
        ),
    )
    database, syncer = filled.hub(fingerprints={"Wish": "new"})

    assert ask(database, "SELECT c_title, c_number FROM e_Wish ORDER BY 2") == [(None, "1"), (None, "2")]
    sync(syncer)
    assert ask(database, "SELECT c_title, c_number FROM e_Wish ORDER BY 2") == [(12, "1"), (None, "2")]
    assert ask(database, "SELECT _node FROM e_Wish ORDER BY c_number") == filled.nodes


def test_with_its_source_down_the_old_stays_in_service_and_says_so(
    filled: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_field(filled, "Wish", Field("unit", FieldType.TEXT, W))
    database, syncer = filled.hub(fingerprints={"Wish": "new"})

    async def parts(_: str) -> Any:
        raise SourceUnavailable("plans", "SOURCE_UNREACHABLE")

    monkeypatch.setattr(filled.connectors["plans"], "parts", parts)
    assert sync(syncer).outcome == "FAILED"

    assert ask(database, "SELECT c_title FROM e_Wish ORDER BY c_number") == [("Jalan",), ("Sumur",)]
    assert ask(database, "SELECT c_state FROM e_Source WHERE c_name = 'plans'") == [("STALE",)]
    assert ask(database, "SELECT DISTINCT stale IS NOT NULL FROM part WHERE entity = 'Wish'") == [(1,)]


def test_another_key_takes_effect_when_the_rows_are_read(filled: Any) -> None:
    entities = {e.name: e for e in filled.config.catalogue}
    entities["Wish"] = replace(entities["Wish"], key=("title",))
    filled.config = replace(filled.config, catalogue=Catalogue(entities))
    database, syncer = filled.hub(fingerprints={"Wish": "new"})
    assert ask(database, "SELECT _node FROM e_Wish ORDER BY c_number") == filled.nodes

    report = sync(syncer)

    assert (report.counts["Wish"].added, report.counts["Wish"].removed) == (2, 2)
    assert not {*ask(database, "SELECT _node FROM e_Wish")} & {*filled.nodes}


def test_an_entity_that_is_configured_no_more_goes_at_once_with_its_rejects(filled: Any) -> None:
    filled.data["plans"]["wishes"]["a"].append(wish(""))
    _, syncer = filled.hub(fingerprints={"Wish": "old"})
    sync(syncer)
    entities = {e.name: e for e in filled.config.catalogue if e.name != "Wish"}
    mappings = tuple(m for m in filled.config.mappings if m.entity != "Wish")
    filled.config = replace(filled.config, catalogue=Catalogue(entities), mappings=mappings)

    database, _ = filled.hub()

    assert [name for name in shape(database) if "Wish" in name or name.startswith("carried")] == []
    assert ask(database, "SELECT count(*) FROM e_Reject") == [(0,)]
    assert ask(database, "SELECT count(*) FROM part WHERE entity = 'Wish'") == [(0,)]


def test_another_rule_of_a_link_ties_at_once_without_its_source(filled: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    filled.data["plans"]["places"]["p"] = [{"code": "1", "name": "JALAN", "parent": None}]
    _, syncer = filled.hub(fingerprints={"Wish": "old"})
    sync(syncer)
    filled.links("Wish", Link("places", "Wish", "Place", W, "wishes", rules=(KeyRule((("title", "name"),)),)))

    database, _ = filled.hub(fingerprints={"Wish": "old"})

    assert ask(database, 'SELECT count(*) FROM "l_Wish.places"') == [(1,)]
    assert problem_of(database, "Wish") is None  # nothing has to be read for it


def test_an_operation_that_has_begun_ends_on_the_old_state(filled: Any) -> None:
    before, _ = filled.hub(fingerprints={"Wish": "old"})
    add_field(filled, "Wish", Field("unit", FieldType.TEXT, W))
    reader = before.reader()
    reader.begin(Turns().begin(Deadline(10)))  # of no entity's table anything has been read yet
    with ThreadPoolExecutor() as threads:
        rebuilt = threads.submit(filled.hub, fingerprints={"Wish": "new"})
        wait([rebuilt], 0.5)

        assert reader.rows('SELECT count(*) FROM "e_Wish"', (), 9) == [(2,)]
        with pytest.raises(before.errors, match="c_unit"):
            reader.rows('SELECT c_unit FROM "e_Wish"', (), 9)
        reader.end()

        after, _ = rebuilt.result(10)
    assert "c_unit" in shape(after)["e_Wish"]
    reader.close()


def test_a_rebuild_that_fails_leaves_the_old_state(filled: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    old, _ = filled.hub(fingerprints={"Wish": "old"})
    add_field(filled, "Wish", Field("unit", FieldType.TEXT, W))
    monkeypatch.setattr("replica.rebuild.Rebuild._read_again", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        filled.hub(fingerprints={"Wish": "new"})
    monkeypatch.undo()

    assert ask(old, "SELECT c_title FROM e_Wish ORDER BY c_number") == [("Jalan",), ("Sumur",)]
    assert "c_unit" not in shape(old)["e_Wish"]
    filled.hub(fingerprints={"Wish": "new"})
    assert "c_unit" in shape(old)["e_Wish"]
