"""What is looked up of one row, on each engine that keeps a replica."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from typing import Any, TypeVar

from connectors.connector import Aside, Part
from connectors.memory import MemoryConnector
from replica.account import accounts_of
from replica.database import Database
from replica.reading import Replica
from replica.tracing import Trace
from tests.replicas import ask

T = TypeVar("T")

WISHES = {
    "Alas.xlsx": [
        {"number": "1", "title": "Jalan Rusak", "cost": "1.000", "place": "Alas", "within": None, "on": None},
        {"number": "", "title": "Talud", "cost": "5", "place": "Utan", "within": None, "on": None},
        {"number": "2", "title": "Pasar", "cost": "?", "place": "alas", "within": None, "on": None},
    ],
    "a/Alas.xlsx": [
        {"number": "1", "title": "Jalan lain", "cost": "2", "place": "Alas", "within": None, "on": None},
        {"number": "", "title": "Sumur", "cost": "5", "place": "Utan", "within": None, "on": None},
    ],
}
PLACES = [{"code": "9", "name": "Alas", "parent": None}, {"code": "7", "name": "Utan", "parent": "9"}]


async def traced(database: Database, work: Callable[[Trace], T]) -> T:
    replica = Replica(database.reader)
    try:
        return await replica.read(lambda reading: work(Trace(reading, database.catalogue, database.tables)), 10)
    finally:
        replica.close()


async def synced(world: Any, **options: Any) -> Database:
    world.data["plans"]["wishes"].update(WISHES)
    world.data["plans"]["places"]["p"] = PLACES
    for entity, changed in options.items():
        world.change(entity, **changed)
    database, syncer = world.hub()
    report = await syncer.sync("plans")
    assert report.problems == []
    return database  # type: ignore[no-any-return]  # the fixture's worlds are not typed


async def test_records_are_found_by_place_and_by_key(either: Any) -> None:
    database = await synced(either)
    wish, place = database.catalogue["Wish"], database.catalogue["Place"]

    def work(trace: Trace) -> None:
        part = next(part for part in trace.parts("Wish").values() if part.key == "Alas.xlsx")
        assert (part.seen, part.file, part.stale) == (3, "Alas.xlsx", None)
        assert ("cost", "cost", ["cost"]) in [tuple(column) for column in part.columns]
        (row,) = trace.at("Wish", part, "3")
        assert (row.locator, row.live, row.raw["cost"], row.issues[0]["code"]) == (
            "Alas.xlsx › 3",
            True,
            "?",
            "NOT_A_NUMBER",
        )
        assert [one.at for one in trace.by_key(wish, {"number": "2"})] == ["3"]
        assert [(one.part.key, one.live) for one in trace.by_key(wish, {"number": "1"})] == [
            ("Alas.xlsx", False),
            ("a/Alas.xlsx", False),
        ]
        assert trace.by_key(wish, {"number": "3"}) == []
        assert [one.values["c_code"] for one in trace.by_key(place, {"name": " ALAS "})] == ["9"]
        assert trace.keys(wish, ["number"]) == [("2",)]
        assert [one.key for one in trace.parts_at("Wish", "2")] == ["Alas.xlsx", "a/Alas.xlsx"]
        assert trace.parts_at("Wish", "%") == []

    await traced(database, work)


async def test_rejects_of_files_with_one_name_are_told_apart(either: Any) -> None:
    database = await synced(either)

    def work(trace: Trace) -> None:
        for part in trace.parts("Wish").values():
            codes = {reject.at: reject.code for reject in trace.rejects("Wish", "_part = ?", part.id)}
            assert codes == {"1": "DUPLICATE_KEY", "2": "MISSING_KEY"}
            (reject,) = trace.rejects_at("Wish", part, "2")
            assert reject.raw["title"] == ("Talud" if part.key == "Alas.xlsx" else "Sumur")

    await traced(database, work)
    with closing(database.connect(readonly=True)) as db:
        account = next(one for one in accounts_of(db, database, "plans") if one.entity == "Wish")
    assert (account.seen, account.records, account.rejects, account.set_aside) == (5, 1, 4, 0)


class Folders(MemoryConnector):
    """Files in folders, some of them of one name; a part's stamp tells whether it has changed."""

    async def parts(self, dataset: str) -> list[Part]:
        held = self.datasets[dataset]
        return [
            replace(part, label=part.key.rpartition("/")[2], stamp=repr(held[part.key]))
            for part in await super().parts(dataset)
        ]


async def test_a_reject_stays_while_a_file_of_the_same_name_is_read_again(world: Any) -> None:
    world.connectors = {name: Folders(datasets) for name, datasets in world.data.items()}
    database = await synced(world)
    world.data["plans"]["wishes"]["a/Alas.xlsx"] = [*WISHES["a/Alas.xlsx"], {**WISHES["Alas.xlsx"][2], "number": "5"}]
    _, syncer = world.hub()
    await syncer.sync("plans")

    with closing(database.connect(readonly=True)) as db:
        account = next(one for one in accounts_of(db, database, "plans") if one.entity == "Wish")
    assert (account.seen, account.records, account.rejects, account.set_aside) == (6, 2, 4, 0)


async def test_rows_that_are_set_aside_are_found_by_their_place(either: Any) -> None:
    database = await synced(either, Wish={"where": {"title": ("Pasar", "Sumur")}})

    def work(trace: Trace) -> None:
        part = next(part for part in trace.parts("Wish").values() if part.key == "Alas.xlsx")
        assert trace.asides(part) == [Aside("WHERE", "1", "2", 2, "where.title")]
        assert [trace.aside(part, at) is not None for at in ("1", "2", "3", "0", "12", "x")] == [
            True,
            True,
            *[False] * 4,
        ]
        assert [one.key for one in trace.parts_at("Wish", "1")] == ["Alas.xlsx", "a/Alas.xlsx"]

    await traced(database, work)


async def test_matches_are_told_from_both_ends(either: Any) -> None:
    database = await synced(either)
    hops = database.catalogue

    def work(trace: Trace) -> None:
        (wish,) = trace.by_key(hops["Wish"], {"number": "2"})
        (match,) = trace.matches(hops.hops("Wish")["place"], wish.id)
        assert (match.status, match.method, match.confidence, match.partner.values["c_code"]) == (
            "ACCEPTED",
            "KEY",
            1,
            "9",
        )
        (place,) = trace.by_key(hops["Place"], {"code": "9"})
        assert [one.partner.id for one in trace.matches(hops.hops("Place")["wishes"], place.id)] == [wish.id]

    await traced(database, work)


async def test_a_replica_of_an_earlier_simpul_counts_its_rows_with_the_next_sync(world: Any) -> None:
    world.stamped()
    database = await synced(world)
    with closing(database.connect()) as db:
        for table in ("tally", "set_aside"):
            db.execute(f"DROP TABLE {table}")
            db.execute("DELETE FROM meta WHERE key = ?", (f"table:{table}",))

    again, syncer = world.hub()

    def account() -> tuple[object, ...]:
        with closing(again.connect(readonly=True)) as db:
            one = next(one for one in accounts_of(db, again, "plans") if one.entity == "Wish")
        return one.seen, one.records, one.rejects

    assert account() == (None, 1, 4)
    report = await syncer.sync("plans")
    assert account() == (5, 1, 4)
    assert (report.counts["Wish"].seen, report.counts["Wish"].added) == (5, 0)
    assert ask(again, "SELECT count(*) FROM part WHERE stamp IS NULL") == [(0,)]
