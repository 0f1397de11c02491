"""What a search finds follows what stands in the replica: with every sync, and with every change of the configuration."""

from __future__ import annotations

import asyncio
from contextlib import closing
from dataclasses import replace
from typing import Any

import pytest

import replica.search
from config.entities import Catalogue, Field, FieldType, Text
from replica.database import Database
from replica.sync import Syncer
from tests.replicas import ask, search, shape


@pytest.fixture
def world(either: Any) -> Any:
    return either


def wish(number: str, title: str | None, **more: Any) -> dict[str, Any]:
    return {"number": number, "title": title, "cost": None, "on": None, "place": None, "within": None, **more}


def sync(syncer: Syncer, source: str = "plans", **options: Any) -> None:
    asyncio.run(syncer.sync(source, force=True, **options))


def found(database: Database, text: str) -> list[str]:
    """The numbers of the wishes that are found, in order; other records by their entity."""
    numbers = dict(ask(database, "SELECT _node, c_number FROM e_Wish"))
    return [numbers[node] if entity == "Wish" else entity for entity, node, _ in search(database, text)]


def filled(world: Any, *titles: str | None) -> tuple[Database, Syncer]:
    world.data["plans"]["wishes"]["a"] = [wish(str(n), title) for n, title in enumerate(titles, 1)]
    database, syncer = world.hub()
    sync(syncer)
    return database, syncer


def test_records_are_found_as_they_come_change_and_go(world: Any) -> None:
    database, syncer = filled(world, "Jl. Mawar", "Jembatan Mawar", None)
    assert found(database, "mawar") == ["1", "2"]

    world.data["plans"]["wishes"]["a"] = [wish("1", "Jalan Melati"), wish("3", "Mawar")]
    world.data["plans"]["wishes"]["b"] = [wish("4", "gang mawar")]
    sync(syncer)
    assert (found(database, "mawar"), found(database, "melati")) == (["3", "4"], ["1"])

    del world.data["plans"]["wishes"]["b"]
    sync(syncer)
    assert found(database, "mawar") == ["3"]
    assert ask(database, 'SELECT count(*) FROM "x_Wish"') == [(2,)]


def test_a_record_that_is_set_aside_is_not_found_until_it_answers_again(world: Any) -> None:
    database, syncer = filled(world, "mawar")
    world.data["plans"]["wishes"]["b"] = [wish("1", "melati")]
    sync(syncer)
    assert (found(database, "mawar"), found(database, "melati")) == ([], [])

    del world.data["plans"]["wishes"]["b"]
    sync(syncer)
    assert found(database, "mawar") == ["1"]


def test_only_records_that_count_are_found(world: Any) -> None:
    lines = [{"line": "L1", "version": str(n), "account": "5.2.04"} for n in (1, 2)]
    world.data["money"]["lines"]["a"] = lines
    database, syncer = world.hub()
    sync(syncer, "money")

    [(entity, node, _)] = search(database, "5.2")
    assert (entity, [(node,)]) == ("Line", ask(database, "SELECT _node FROM e_Line WHERE c_version = 2"))


def test_the_score_says_where_the_words_stand_and_keys_decide_between_equals(world: Any) -> None:
    place = {"code": "p1", "name": "Mawar", "parent": None}
    world.data["plans"]["places"]["p"] = [place]
    world.data["plans"]["wishes"]["a"] = [
        wish("10", "Jalan mawar"),
        wish("9", "Jalan mawar"),
        wish("8", "Mawarsari"),
        wish("7", "x", place="Mawar"),
        wish("6", "x", place="Mawarsari"),
        wish("5", "x", place="Melati"),
    ]
    database, syncer = world.hub()
    sync(syncer)

    numbers = dict(ask(database, "SELECT _node, c_number FROM e_Wish"))
    scores = [(numbers.get(node, entity), score) for entity, node, score in search(database, "mawar")]
    assert scores == [("9", 8), ("10", 8), ("Place", 8), ("8", 4), ("7", 2), ("6", 1)]
    assert [score for _, _, score in search(database, "jl mawar")] == [16, 16]
    assert [search(database, "mawar", 2, offset) for offset in (0, 2, 4, 6)] == [
        search(database, "mawar")[offset : offset + 2] for offset in (0, 2, 4, 6)
    ]


def test_lists_codes_and_the_way_a_place_is_written_are_found(world: Any) -> None:
    world.data["money"]["works"]["a"] = [{"id2": "W-1", "accounts": "5.2.04;5.2.05"}]
    database, syncer = filled(world, "mawar")
    world.data["plans"]["wishes"]["a"][0]["place"] = "Kec. Alas"
    sync(syncer)
    sync(syncer, "money")

    assert [entity for entity, _, _ in search(database, "5.2.05")] == ["Work"]
    assert found(database, "kecamatan alas") == ["1"]


def test_what_is_masked_or_sensitive_is_not_found(world: Any) -> None:
    world.field("Wish", "number", sensitive=True)
    database, _ = filled(world, "hubungi 081234567890 mawar")

    assert [search(database, text) for text in ("081234567890", "0812", "1")] == [[], [], []]
    assert len(search(database, "mawar")) == 1


def test_an_unchanged_sync_leaves_the_index_as_it_is(world: Any) -> None:
    database, syncer = filled(world, "mawar", "melati")
    blocks = (
        'SELECT id, block FROM "x_Wish_data" ORDER BY 1'
        if database.dialect.name == "sqlite"
        else 'SELECT rowid, xmin::text, ctid::text FROM "x_Wish" ORDER BY 1'
    )
    before = ask(database, blocks)

    sync(syncer, full=True)
    assert ask(database, blocks) == before

    world.data["plans"]["wishes"]["a"][0]["title"] = "kamboja"
    sync(syncer)
    assert ask(database, blocks) != before


# -- another configuration --------------------------------------------------------------------------------------------


def test_a_replica_of_before_there_was_an_index_gets_it_when_it_is_opened(world: Any) -> None:
    database, _ = filled(world, "Jl. Mawar", "melati")
    with closing(database.connect()) as db:
        for name in database.tables.search:
            db.execute(f'DROP TABLE "x_{name}"')
        db.execute("DELETE FROM meta WHERE key LIKE 'table:x_%'")
    fresh = shape(world.hub("fresh.db")[0])

    database, _ = world.hub()

    assert found(database, "jalan") == ["1"]
    assert shape(database) == fresh


def test_a_field_that_becomes_sensitive_is_found_no_more_even_before_the_next_sync(world: Any) -> None:
    filled(world, "mawar")
    world.field("Wish", "title", sensitive=True)

    database, syncer = world.hub()
    assert found(database, "mawar") == []
    assert found(database, "1") == ["1"]
    sync(syncer, full=True)
    assert found(database, "mawar") == []


def test_a_field_that_changes_its_type_or_comes_anew_is_found_as_it_is_read(world: Any) -> None:
    filled(world, "mawar")
    entities = {e.name: e for e in world.config.catalogue}
    note = Field("note", FieldType.TEXT, Text("a thing", "sesuatu"))
    entities["Wish"] = replace(entities["Wish"], fields=(*entities["Wish"].fields, note))
    world.config = replace(world.config, catalogue=Catalogue(entities))
    database, _ = world.hub()
    assert found(database, "mawar") == ["1"]

    world.field("Wish", "title", type=FieldType.INT)
    database, _ = world.hub()
    assert found(database, "mawar") == []
    assert found(database, "1") == ["1"]


def test_what_a_dataset_brought_that_is_configured_no_more_is_forgotten(world: Any) -> None:
    before = world.config
    world.second("money", "more", "Wish")
    world.data["money"]["more"]["m"] = [wish("9", "mawar")]
    database, syncer = filled(world, "mawar")
    sync(syncer, "money")
    assert found(database, "mawar") == ["1", "9"]

    world.config = before
    database, _ = world.hub()

    assert found(database, "mawar") == ["1"]
    assert ask(database, 'SELECT count(*) FROM "x_Wish"') == [(1,)]


def test_an_entity_that_is_configured_no_more_leaves_nothing(world: Any) -> None:
    filled(world, "mawar")
    kept = tuple(m for m in world.config.mappings if m.entity != "Wish")
    entities = {e.name: e for e in world.config.catalogue if e.name != "Wish"}
    world.config = replace(world.config, mappings=kept, catalogue=Catalogue(entities))

    database, _ = world.hub()

    assert not any(name.startswith("x_Wish") for name in shape(database))
    assert search(database, "mawar") == []


def test_a_replica_gets_its_index_whether_sqlite_has_fts5_or_not(monkeypatch: pytest.MonkeyPatch, world: Any) -> None:
    if world.server is not None:
        return  # PostgreSQL has its own
    monkeypatch.setattr(replica.search, "has_fts5", lambda: False)
    database, _ = filled(world, "Jl. Mawar", "mawarsari", "x")
    assert found(database, "mawar") == ["1", "2"]
    assert found(database, "jl mawar") == ["1"]
    assert "x_Wish_data" not in shape(database)

    monkeypatch.undo()
    database, _ = world.hub()  # a Python that has it
    assert found(database, "mawar") == ["1", "2"]
    assert "x_Wish_data" in shape(database)
