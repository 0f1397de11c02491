"""However the sources changed on the way, a replica that followed them says what a fresh one says."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.errors import SourceUnavailable
from replica.database import Database

BROKEN = [{"?": "1"}]  # a part without the columns that are mapped

# -- what sources may hold --------------------------------------------------------------------------------------------

wishes = st.fixed_dictionaries(
    {
        "number": st.sampled_from(["1", "2", "3", "4", ""]),
        "title": st.sampled_from(["x", "y"]),
        "cost": st.sampled_from([None, "1", "1,5", "2.200", "?"]),
        "on": st.none(),
        "place": st.sampled_from(["Alas", "alas ", "Utan", "9", None]),
        "within": st.sampled_from([None, "Sumbawa"]),
    }
)
places = st.fixed_dictionaries(
    {
        "code": st.sampled_from("1234"),
        "name": st.sampled_from(["Alas", "Utan", "Sumbawa"]),
        "parent": st.sampled_from([None, "1", "2"]),
    }
)
lines = st.fixed_dictionaries(
    {
        "line": st.sampled_from(["L1", "L2"]),
        "version": st.sampled_from(["1", "2"]),
        "account": st.sampled_from(["5.1", "52", None]),
    }
)
works = st.fixed_dictionaries(
    {"id2": st.sampled_from(["W1", "W2"]), "accounts": st.sampled_from(["51", "5.2;51", "-"])}
)


def parts(row: Any) -> Any:
    return st.dictionaries(st.sampled_from(["a", "b"]), st.lists(row, max_size=4), max_size=2)


@dataclass(frozen=True)
class State:
    """What the sources hold at one moment, and what is synced then."""

    wishes: dict[str, Any]
    places: dict[str, Any]
    lines: dict[str, Any]
    works: dict[str, Any]
    more: dict[str, Any]  # places from another source
    ties: str
    broken: str | None  # a part of the wishes that can't be read
    down: str | None
    synced: list[str]
    full: bool


states = st.builds(
    State,
    parts(wishes),
    parts(places),
    parts(lines),
    parts(works),
    parts(places),
    st.sampled_from(["", "1,L1\n", "2,l2\n1,L1\n", "9,9\n"]),
    st.sampled_from([None, None, "a", "b"]),
    st.sampled_from([None, None, None, "plans", "money"]),
    st.lists(st.sampled_from(["plans", "money"]), min_size=1, max_size=2, unique=True),
    st.booleans(),
)


def apply(world: Any, state: State) -> None:
    """Makes the sources hold what a state says."""
    content = {
        ("plans", "wishes"): state.wishes | ({state.broken: BROKEN} if state.broken else {}),
        ("plans", "places"): state.places,
        ("money", "lines"): state.lines,
        ("money", "works"): state.works,
        ("money", "more"): state.more,
    }
    for (source, dataset), held in content.items():
        world.data[source][dataset].clear()
        world.data[source][dataset].update(held)
    world.ties(state.ties)
    for name, connector in world.connectors.items():
        connector.failure = SourceUnavailable(name, reason="down") if state.down == name else None


# -- what a replica says ----------------------------------------------------------------------------------------------

INNER = ("_id", "id", "_changed", "_part", "fetched_at", "tried_at", "read_at", "c_readAt", "c_triedAt")


def contents(database: Database) -> dict[str, list[str]]:
    """Everything that a replica says, without its inner numbers and times."""
    found: dict[str, list[str]] = {}
    with closing(database.connect(readonly=True)) as db:

        def told(sql: str) -> list[str]:
            found = db.execute(sql)
            names = [column[0] for column in found.description]
            return sorted(
                repr([pair for pair in zip(names, row, strict=True) if pair[0] not in INNER]) for row in found
            )

        for name in database.tables.entities:
            found[name] = told(
                f'SELECT e.*, p.source, p.dataset, p.key FROM "e_{name}" e LEFT JOIN part p ON p.id = e._part'
            )
        for (source, link), table in database.tables.links.items():
            to = database.catalogue[source].link(link)
            assert to is not None
            found[table.name] = told(
                f"SELECT a._node AS a, a._hash AS ah, b._node AS b, b._hash AS bh, l.method, l.status, l.rule, l.confidence"
                f' FROM "{table.name}" l JOIN "e_{source}" a ON a._id = l.a JOIN "e_{to.to}" b ON b._id = l.b'
            )
            (count,) = db.execute(f'SELECT count(*) FROM "{table.name}"').fetchone()
            assert count == len(found[table.name])  # no match points to a record that is gone
        found["part"] = told("SELECT * FROM part")
        found["dataset"] = told("SELECT * FROM dataset")
    return found


def check_invariants(database: Database) -> None:
    """What holds at any time."""
    with closing(database.connect(readonly=True)) as db:
        for name in database.tables.entities:
            (nodes, live) = db.execute(f'SELECT count(DISTINCT _node), total(_live) FROM "e_{name}"').fetchone()
            assert live <= nodes
            assert db.execute(f'SELECT 1 FROM "e_{name}" WHERE _current > _live').fetchone() is None
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)


@settings(max_examples=settings().max_examples // 2)
@given(
    history=st.lists(states, min_size=1, max_size=4),
    duplicates=st.sampled_from(["reject", "first", "last"]),
    precedence=st.sampled_from([None, 1, 2]),
    is_stamped=st.booleans(),
)
def test_a_replica_that_followed_every_change_says_what_a_fresh_one_says(
    make_world: Callable[[], Any], history: list[State], duplicates: str, precedence: int | None, is_stamped: bool
) -> None:
    world = make_world()
    world.second("money", "more", "Place", duplicates=duplicates)
    if precedence is not None:
        first, second = [m for m in world.config.mappings if m.entity == "Place"]
        ranked = (replace(first, precedence=1, ranked=True), replace(second, precedence=precedence, ranked=True))
        others = [m for m in world.config.mappings if m.entity != "Place"]
        world.config = replace(world.config, mappings=(*others, *ranked))
    if is_stamped:
        world.stamped()
    database, syncer = world.hub()

    for state in history:
        apply(world, state)
        for source in state.synced:
            asyncio.run(syncer.sync(source, force=True, full=state.full))
        check_invariants(database)
    apply(world, replace(history[-1], broken=None, down=None))
    for source in ("money", "plans"):
        asyncio.run(syncer.sync(source, force=True))

    fresh, fresh_syncer = world.hub("fresh.db")
    for source in ("plans", "money"):
        asyncio.run(fresh_syncer.sync(source, force=True))
    assert contents(database) == contents(fresh)
