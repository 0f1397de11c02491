"""Which records are tied: by equal keys, by a list that people keep, by way of others; and what is a candidate only."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from config.entities import Catalogue, CrosswalkRule, Entity, Field, FieldType, KeyRule, Link, Normalise, Text
from replica.database import Database
from replica.links import in_order, read_crosswalk
from replica.sqlite import SqliteDatabase
from replica.sync import Syncer, SyncReport
from simpul.compose import build_hub, load
from tests.replicas import ask

W = Text("a thing", "sesuatu")


def sync(syncer: Syncer, *sources: str) -> list[SyncReport]:
    return [asyncio.run(syncer.sync(source, force=True)) for source in sources or ("plans", "money")]


@pytest.fixture
def world(either: Any) -> Any:
    return either


def wish(number: str, **more: Any) -> dict[str, Any]:
    return {"number": number, "title": "x", "cost": None, "on": None, "place": None, "within": None, **more}


def line(name: str, account: str | None = None, version: int = 1) -> dict[str, Any]:
    return {"line": name, "version": version, "account": account}


def work(name: str, accounts: str) -> dict[str, Any]:
    return {"id2": name, "accounts": accounts}


def place(code: str, name: str, parent: str | None = None) -> dict[str, Any]:
    return {"code": code, "name": name, "parent": parent}


def tied(database: Database, link: str) -> list[Any]:
    """(key of the near end, key of the far end, method, status) of every match of a link."""
    source, _, name = link.partition(".")
    to = database.catalogue[source].link(name)
    assert to is not None
    key = {"Wish": "number", "Line": "line", "Work": "id2", "Place": "code"}
    return ask(
        database,
        f'SELECT a.c_{key[source]}, b.c_{key[to.to]}, l.method, l.status FROM "l_{source}.{name}" l'
        f' JOIN "e_{source}" a ON a._id = l.a JOIN "e_{to.to}" b ON b._id = l.b ORDER BY 1, 2',
    )


def rejects(database: Database) -> list[Any]:
    return ask(database, "SELECT c_locator, c_entity, c_rawValue FROM e_Reject WHERE c_code = 'CROSSWALK_NO_MATCH'")


def test_a_value_of_a_list_ties_like_any_other(world: Any) -> None:
    world.data["money"].update(
        lines={"l": [line("L1", "5.1"), line("L2", "5.2"), line("L3", None)]},
        works={"w": [work("W1", "51;52"), work("W2", "5-2; 9"), work("W3", "-")]},
    )
    database, syncer = world.hub()

    sync(syncer)

    assert tied(database, "Line.works") == [
        ("L1", "W1", "KEY", "ACCEPTED"),
        ("L2", "W1", "KEY", "ACCEPTED"),
        ("L2", "W2", "KEY", "ACCEPTED"),
    ]
    assert ask(database, 'SELECT DISTINCT confidence, rule, why FROM "l_Line.works"') == [
        (1000, "key(account = accounts)", "account")
    ]


def test_a_key_may_stand_at_the_end_of_a_way_from_either_end(world: Any) -> None:
    rule = KeyRule((("place.name", "accounts"), ("number", "id2")))
    entity = world.config.catalogue["Wish"]
    world.links("Wish", entity.link("place"), Link("works", "Wish", "Work", W, rules=(rule,)))
    world.data["plans"].update(
        wishes={"a": [wish("1", place="P1"), wish("2", place="P2"), wish("3", place="P9")]},
        places={"p": [place("P1", "Alas"), place("P2", "Utan")]},
    )
    world.data["money"]["works"]["w"] = [work("1", "Alas"), work("2", "Alas"), work("3", "Alas")]
    database, syncer = world.hub()

    sync(syncer)
    assert [match[:2] for match in tied(database, "Wish.works")] == [("1", "1")]

    world.data["plans"]["places"]["p"] = [place("P1", "Empang"), place("P2", "Alas")]
    sync(syncer, "plans")
    assert [match[:2] for match in tied(database, "Wish.works")] == [("2", "2")]
    assert ask(database, 'SELECT rule FROM "l_Wish.works"') == [("key(place.name = accounts, number = id2)",)]


def test_a_later_rule_is_for_those_that_an_earlier_one_left(world: Any) -> None:
    by_code, by_title = KeyRule((("number", "id2"),)), KeyRule((("title", "accounts"),))
    world.links("Wish", Link("works", "Wish", "Work", W, rules=(by_code, by_title)))
    world.data["plans"]["wishes"]["a"] = [wish("1", title="T"), wish("2", title="T")]
    world.data["money"]["works"]["w"] = [work("1", "T"), work("X", "T")]
    database, syncer = world.hub()

    sync(syncer)
    assert [match[:2] for match in tied(database, "Wish.works")] == [("1", "1"), ("2", "1"), ("2", "X")]

    world.data["money"]["works"]["w"][0] = work("9", "T")  # its own partner is gone: now the later rule is for it too
    sync(syncer, "money")
    assert [match[:2] for match in tied(database, "Wish.works")] == [("1", "9"), ("1", "X"), ("2", "9"), ("2", "X")]


def test_a_place_is_found_below_the_one_that_stands_beside_it(world: Any) -> None:
    world.data["plans"]["places"]["p"] = [
        place("1", "Alas"),
        place("2", "Utan"),
        place("1.1", "Jorok", "1"),
        place("2.1", "Jorok", "2"),
    ]
    world.data["plans"]["wishes"]["a"] = [
        wish("1", place="JOROK", within="alas"),
        wish("2", place="Jorok"),
        wish("3", place="Jorok", within="Tarano"),
        wish("4", place="2.1", within="Alas"),
    ]
    database, syncer = world.hub()

    sync(syncer, "plans")

    assert tied(database, "Wish.place") == [
        ("1", "1.1", "KEY", "ACCEPTED"),
        ("2", "1.1", "KEY", "CANDIDATE"),  # two of that name, and nothing says which
        ("2", "2.1", "KEY", "CANDIDATE"),
        ("4", "2.1", "KEY", "ACCEPTED"),  # its code is enough
    ]


def test_a_partner_that_two_claim_where_one_may_is_a_candidate_of_both(world: Any) -> None:
    world.links(
        "Line", Link("works", "Line", "Work", W, "line", None, True, False, (KeyRule((("account", "accounts"),)),))
    )
    world.data["money"].update(lines={"l": [line("L1", "1"), line("L2", "2")]}, works={"w": [work("W1", "1")]})
    database, syncer = world.hub()
    sync(syncer)
    assert tied(database, "Line.works") == [("L1", "W1", "KEY", "ACCEPTED")]

    world.data["money"]["lines"]["l"][1] = line("L2", "1")
    sync(syncer)
    assert tied(database, "Line.works") == [("L1", "W1", "KEY", "CANDIDATE"), ("L2", "W1", "KEY", "CANDIDATE")]

    world.data["money"]["lines"]["l"][1] = line("L2", "2")
    sync(syncer)
    assert tied(database, "Line.works") == [("L1", "W1", "KEY", "ACCEPTED")]


def test_candidates_are_no_step_of_a_way(world: Any) -> None:
    lines = Link("lines", "Wish", "Line", W, None, None, False, True, (KeyRule((("number", "account"),)),))
    world.links("Wish", lines, Link("works", "Wish", "Work", W, via=("lines", "works")))
    world.data["plans"]["wishes"]["a"] = [wish("1"), wish("2")]
    world.data["money"].update(
        lines={"l": [line("L1", "1"), line("L2", "2"), line("L3", "2")]}, works={"w": [work("W1", "1;2")]}
    )
    database, syncer = world.hub()

    sync(syncer)

    assert tied(database, "Wish.works") == [("1", "W1", "VIA", "ACCEPTED")]
    assert ask(database, 'SELECT confidence, rule, why FROM "l_Wish.works"') == [
        (1000, "via(lines, works)", "lines → works")
    ]


def test_partners_by_several_ways_are_one(world: Any) -> None:
    world.data["plans"]["wishes"]["a"] = [wish("1")]
    world.data["money"].update(lines={"l": [line("L1", "1"), line("L2", "2")]}, works={"w": [work("W1", "1;2")]})
    world.ties("1,L1\n1,L2\n")
    database, syncer = world.hub()

    sync(syncer)

    assert len(tied(database, "Wish.lines")) == 2
    assert tied(database, "Wish.works") == [("1", "W1", "VIA", "ACCEPTED")]


@pytest.mark.parametrize(
    "content",
    [
        b"wish,line\r\n1,L1\r\n",
        "\ufeffwish;line\n1;L1\n".encode(),
        b' WISH ,note,Line\n"1","a, b",L1\n',
        "line;wish;catatan\nL1;1;é\n".encode("cp1252"),
        b"wish,line\n\n1,L1",
    ],
)
def test_a_crosswalk_is_read_as_people_save_it(world: Any, content: bytes) -> None:
    (world.folder / "ties.csv").write_bytes(content)
    world.data["plans"]["wishes"]["a"] = [wish("1")]
    world.data["money"]["lines"]["l"] = [line("l1")]
    database, syncer = world.hub()

    sync(syncer)

    assert tied(database, "Wish.lines") == [("1", "l1", "CROSSWALK", "ACCEPTED")]
    assert rejects(database) == []


def test_rows_of_a_crosswalk_that_point_to_nothing_are_told_and_heal(world: Any) -> None:
    world.data["plans"]["wishes"]["a"] = [wish("1")]
    world.data["money"]["lines"]["l"] = [line("L1")]
    world.ties("1,L1\n2,L1\n1,081234567890\n,L1\n")
    database, syncer = world.hub()

    sync(syncer)
    assert sorted(rejects(database)) == [
        ("ties.csv › 3", "Wish", "2 · L1"),
        ("ties.csv › 4", "Line", "1 · [telepon]"),
        ("ties.csv › 5", "Wish", " · L1"),
    ]

    world.data["plans"]["wishes"]["a"].append(wish("2"))
    sync(syncer, "plans")
    assert [locator for locator, *_ in sorted(rejects(database))] == ["ties.csv › 4", "ties.csv › 5"]

    (world.folder / "ties.csv").unlink()
    sync(syncer, "money")
    assert (tied(database, "Wish.lines"), rejects(database)) == ([], [])


def test_of_a_source_that_was_never_read_no_row_is_said_to_point_to_nothing(world: Any) -> None:
    world.data["plans"]["wishes"]["a"] = [wish("1")]
    world.ties("1,L1\n2,L1\n")
    database, syncer = world.hub()

    sync(syncer, "plans")
    assert [locator for locator, *_ in rejects(database)] == ["ties.csv › 3"]

    sync(syncer, "money")  # it has no lines: now that is known
    assert sorted((locator, entity) for locator, entity, _ in rejects(database)) == [
        ("ties.csv › 2", "Line"),
        ("ties.csv › 3", "Line"),
        ("ties.csv › 3", "Wish"),
    ]


def test_a_quotation_mark_that_is_never_closed_does_not_stop_the_sync(world: Any) -> None:
    world.data["plans"]["wishes"]["a"] = [wish("1")]
    world.data["money"]["lines"]["l"] = [line("L1")]
    world.ties('1,L1\n2,"' + "x" * 200_000)
    database, syncer = world.hub()

    assert [report.outcome for report in sync(syncer)] == ["CHANGED", "CHANGED"]
    assert tied(database, "Wish.lines") == [("1", "L1", "CROSSWALK", "ACCEPTED")]
    assert {locator for locator, *_ in rejects(database)} == {"ties.csv › 3"}


def test_a_list_can_stand_in_a_crosswalk(world: Any) -> None:
    rule = CrosswalkRule("ties.csv", (("number", "wish"),), (("accounts", "line"),))
    world.links("Wish", Link("works", "Wish", "Work", W, rules=(rule,)))
    world.data["plans"]["wishes"]["a"] = [wish("1")]
    world.data["money"]["works"]["w"] = [work("W1", "5.1;5.2"), work("W2", "5.3")]
    world.ties("1,52\n")
    database, syncer = world.hub()

    sync(syncer)

    assert tied(database, "Wish.works") == [("1", "W1", "CROSSWALK", "ACCEPTED")]


def test_nothing_of_a_secret_field_is_repeated(world: Any) -> None:
    world.field("Wish", "number", sensitive=True)
    world.data["plans"]["wishes"]["a"] = [wish("1")]
    world.ties("2,L1\n")
    database, syncer = world.hub()

    sync(syncer)

    assert {raw for _, _, raw in rejects(database)} == {"***"}


def test_rows_of_a_crosswalk_are_counted_as_a_spreadsheet_counts_them(tmp_path: Path) -> None:
    rule = CrosswalkRule("x.csv", (("number", "wish"),), (("line", "line"),))
    (tmp_path / "x.csv").write_text('wish,line\n\n"a\nb",8\n9,\n', encoding="utf-8")

    assert read_crosswalk(tmp_path / "x.csv", rule) == [(3, "ab", "8", "a\nb · 8"), (4, "9", None, "9 · ")]
    assert read_crosswalk(tmp_path / "none.csv", rule) == []


def test_links_are_matched_after_those_that_they_walk() -> None:
    def entity(name: str, *links: Link) -> Entity:
        return Entity(name, name.lower(), f"{name}s", W, (Field("code", FieldType.CODE, W),), links, ("code",))

    def key(right: str) -> tuple[KeyRule]:
        return (KeyRule((("code", right),), Normalise()),)

    a = entity(
        "A",
        Link("far", "A", "D", W, via=("b", "c", "d")),
        Link("b", "A", "B", W, rules=key("c.d.code")),
    )
    b = entity("B", Link("c", "B", "C", W, many=False, rules=key("d.code")))
    c = entity("C", Link("d", "C", "D", W, many=False, rules=key("code")))

    catalogue = Catalogue({e.name: e for e in (a, b, c, entity("D"))})

    assert [link.name for link in in_order(catalogue)] == ["d", "c", "b", "far"]


def test_a_link_s_revision_is_raised_only_if_a_match_changed(world: Any) -> None:
    world.data["money"].update(lines={"l": [line("L1", "1")]}, works={"w": [work("W1", "1")]})
    database, syncer = world.hub()
    sync(syncer)

    world.data["money"]["works"]["w"].append(work("W2", "9"))
    before = ask(database, "SELECT number FROM revision WHERE name = 'link:Line.works'")
    [report] = sync(syncer, "money")
    assert report.changed_links == []
    assert ask(database, "SELECT number FROM revision WHERE name = 'link:Line.works'") == before

    world.data["money"]["works"]["w"][1] = work("W2", "1")
    [report] = sync(syncer, "money")
    assert report.changed_links == ["Line.works"]
    assert ask(database, "SELECT name FROM revision WHERE name LIKE 'link:%' AND number > 0") == [("link:Line.works",)]
    assert ask(database, "SELECT number FROM revision WHERE name = 'link:Line.works'") > before


def test_new_rules_are_matched_when_the_hub_opens_without_a_sync(world: Any) -> None:
    world.data["plans"]["wishes"]["a"] = [wish("1", title="W1")]
    world.data["money"]["works"]["w"] = [work("1", "-"), work("W1", "-")]
    world.links("Wish", Link("works", "Wish", "Work", W, rules=(KeyRule((("number", "id2"),)),)))
    _, syncer = world.hub()
    sync(syncer)

    world.links("Wish", Link("works", "Wish", "Work", W, rules=(KeyRule((("title", "id2"),)),)))
    database, syncer = world.hub()
    sync(syncer)  # n0_title is new, so the records are read anew first
    assert [match[:2] for match in tied(database, "Wish.works")] == [("1", "W1")]

    both = (KeyRule((("title", "id2"),)), KeyRule((("title", "accounts"),)))
    world.links("Wish", Link("works", "Wish", "Work", W, rules=both[:1], inverse="wishes"))
    database, syncer = world.hub()
    assert [match[:2] for match in tied(database, "Wish.works")] == [("1", "W1")]


PLANS = """\
name: Kabupaten Ukur
language: id
timezone: Asia/Makassar
replica: sqlite:///replica.db
sources:
  plans: {kind: spreadsheet, path: usulan.csv, datasets: {all: {header: 1}}}
entities:
  Proposal:
    from: plans.all
    key: [number]
    fields: {number: no, title: judul, fiscalYear: tahun}
  BudgetLine:
    from: plans.all
    key: [fiscalYear, lineId]
    fields: {lineId: no, accountName: judul, fiscalYear: tahun}
"""


@pytest.mark.parametrize("key", ["lineId: no, ", ""])
def test_a_first_sync_takes_steps_in_proportion_to_its_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    """Also where a rule's keys are all empty, or all equal in one part and perhaps empty in the other."""
    plans = PLANS if key else PLANS.replace("lineId: no, ", "").replace("lineId]", "accountName]")
    connect, steps = SqliteDatabase.connect, [0]

    def counting(database: SqliteDatabase, *, readonly: bool = False) -> Any:
        db = connect(database, readonly=readonly)

        def count() -> int:
            steps[0] += 1
            return 0

        db.set_progress_handler(count, 1000)
        return db

    monkeypatch.setattr(SqliteDatabase, "connect", counting)
    taken = []
    for rows in (400, 1600):
        folder = tmp_path / str(rows)
        folder.mkdir()
        (folder / "hub.yaml").write_text(plans, encoding="utf-8")
        lines = ["no,judul,tahun", *(f"{n},Jalan {n},{2024 + n % 3}" for n in range(rows))]
        (folder / "usulan.csv").write_text("\n".join(lines), encoding="utf-8")
        hub = build_hub(load(folder / "hub.yaml"))
        hub.open()
        steps[0] = 0
        assert asyncio.run(hub.syncer.sync("plans")).counts["Proposal"].records == rows
        taken.append(steps[0])
        asyncio.run(hub.close())

    assert taken[1] < 6 * taken[0]
