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
from replica.account import Account, accounts_of
from replica.database import Database

BROKEN = [{"?": "1"}]  # a part without the columns that are mapped

# -- what sources may hold --------------------------------------------------------------------------------------------

wishes = st.fixed_dictionaries(
    {
        "number": st.sampled_from(["1", "2", "3", "4", ""]),
        "title": st.sampled_from(["x", "y"]),
        "cost": st.sampled_from([None, "1", "1,5", "2.200", "?"]),
        "on": st.none(),
        "note": st.sampled_from(["p", "q"]),  # of which no field is made
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
    {"id2": st.sampled_from(["W1", "W2"]), "accounts": st.sampled_from(["51", "5.2;51", "52", "-"])}
)


ROWS: dict[tuple[str, str], Any] = {
    ("plans", "wishes"): wishes,
    ("plans", "places"): places,
    ("money", "lines"): lines,
    ("money", "works"): works,
    ("money", "more"): places,  # of another source
}


@dataclass(frozen=True)
class Change:
    """One change of what the sources hold, and what is synced after it."""

    dataset: tuple[str, str]
    part: str
    rows: list[Any] | None  # of the whole part; None: it goes
    row: int | None  # the one row that is edited or added, if not the whole part
    cell: int  # the cell of that row that is edited
    ties: str | None
    down: str | None
    synced: list[str]
    full: bool


def parts(row: Any) -> Any:
    """Both parts of a dataset with some rows each."""
    return st.tuples(*[st.lists(row, min_size=1, max_size=3)] * 2).map(lambda both: dict(zip("ab", both, strict=True)))


def changes_of(dataset: tuple[str, str]) -> Any:
    return st.builds(
        Change,
        st.just(dataset),
        st.sampled_from(["a", "b"]),
        st.one_of(
            st.lists(ROWS[dataset], min_size=1, max_size=4),
            st.lists(ROWS[dataset], min_size=1, max_size=4),
            st.just(BROKEN),
            st.none(),
        ),
        st.sampled_from([0, 1, 2, None]),
        st.integers(0, 6),
        st.sampled_from([None, None, "", "1,L1\n", "2,l2\n1,L1\n", "9,9\n"]),
        st.sampled_from([None, None, None, "plans", "money"]),
        st.sampled_from([["plans", "money"], ["money", "plans"], ["plans"], ["money"], []]),
        st.booleans(),
    )


def apply(world: Any, change: Change) -> None:
    """Makes the sources hold what a change says."""
    source, dataset = change.dataset
    held = world.data[source][dataset]
    if change.rows is None:
        held.pop(change.part, None)
    elif change.row is None or change.rows == BROKEN or held.get(change.part, BROKEN) == BROKEN:
        held[change.part] = change.rows
    else:
        old, new = held[change.part], change.rows[0]
        if change.row < len(old):
            name = list(new)[change.cell % len(new)]
            new = {**old[change.row], name: new[name]}
        held[change.part] = [*old[: change.row], new, *old[change.row + 1 :]]
    if change.ties is not None:
        world.ties(change.ties)
    for name, connector in world.connectors.items():
        connector.failure = SourceUnavailable(name, reason="down") if change.down == name else None


def mend(world: Any) -> None:
    """Makes everything readable."""
    for datasets in world.data.values():
        for held in datasets.values():
            for part in [part for part, rows in held.items() if rows == BROKEN]:
                del held[part]
    for connector in world.connectors.values():
        connector.failure = None


# -- what a replica says ----------------------------------------------------------------------------------------------

INNER = ("_id", "id", "_changed", "_part", "fetched_at", "tried_at", "read_at", "c_readAt", "c_triedAt")


def contents(database: Database) -> dict[str, list[str]]:
    """Everything that a replica says, without its inner numbers and times."""
    found: dict[str, list[str]] = {}
    with closing(database.connect(readonly=True)) as db:

        def told(sql: str) -> list[str]:
            found = db.execute(sql)
            names = [column[0] for column in found.description]  # type: ignore[attr-defined]  # of SQLite's cursor
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
        for name in database.tables.search:
            found[f"x_{name}"] = told(
                f'SELECT e._node, e._hash, x.head, x.rest FROM "x_{name}" x JOIN "e_{name}" e ON e._id = x.rowid'
            )
            assert len(found[f"x_{name}"]) == len(found[name])
        found["part"] = told("SELECT * FROM part")
        found["dataset"] = told("SELECT * FROM dataset")
        placed = "p.source, p.dataset, p.entity, p.key FROM part p JOIN {} t ON t.part = p.id"
        for counted in ("tally", "set_aside"):
            found[counted] = told(f"SELECT {wanted_of(database, counted)}, {placed.format(counted)}")
    return found


def wanted_of(database: Database, table: str) -> str:
    """The columns of a table that hold no inner number."""
    columns = database.tables.metadata.tables[table].c
    return ", ".join(f"t.{column.name}" for column in columns if column.name != "part")


def accounts(database: Database) -> dict[tuple[str, str, str], Account]:
    """What became of the rows of each dataset."""
    with closing(database.connect(readonly=True)) as db:
        return {
            (source, account.dataset, account.entity): account
            for source in ("plans", "money")
            for account in accounts_of(db, database, source)
        }


def check_invariants(database: Database) -> None:
    """What holds at any time."""
    with closing(database.connect()) as db:
        for name in database.tables.search:
            db.execute(f'INSERT INTO "x_{name}" ("x_{name}") VALUES (\'integrity-check\')')
            unlike = f'SELECT rowid FROM "x_{name}" EXCEPT SELECT _id FROM "e_{name}"'
            assert db.execute(unlike).fetchone() is None
        for name in database.tables.entities:
            (nodes, live) = db.execute(f'SELECT count(DISTINCT _node), total(_live) FROM "e_{name}"').fetchone()
            assert live <= nodes
            assert db.execute(f'SELECT 1 FROM "e_{name}" WHERE _current > _live').fetchone() is None
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    for account in accounts(database).values():
        assert account.seen == account.records + account.rejects + account.set_aside


@settings(max_examples=settings().max_examples // 2)
@given(
    start=st.fixed_dictionaries({dataset: parts(row) for dataset, row in ROWS.items()}),
    history=st.lists(st.one_of([changes_of(dataset) for dataset in ROWS]), min_size=2, max_size=6),
    duplicates=st.sampled_from(["reject", "first", "last"]),
    precedence=st.sampled_from([None, 1, 2]),
    is_stamped=st.booleans(),
    is_exclusive=st.booleans(),
    only=st.sampled_from([None, ("L1",)]),
)
def test_a_replica_that_followed_every_change_says_what_a_fresh_one_says(
    make_world: Callable[[], Any],
    start: dict[tuple[str, str], dict[str, Any]],
    history: list[Change],
    duplicates: str,
    precedence: int | None,
    is_stamped: bool,
    is_exclusive: bool,
    only: tuple[str, ...] | None,
) -> None:
    world = make_world()
    if only is not None:
        world.change("Line", where={"line": only})
    if is_exclusive:
        [works] = world.config.catalogue["Line"].links
        world.links("Line", replace(works, inverse_many=False))
    world.second("money", "more", "Place", duplicates=duplicates)
    if precedence is not None:
        first, second = [m for m in world.config.mappings if m.entity == "Place"]
        ranked = (replace(first, precedence=1, ranked=True), replace(second, precedence=precedence, ranked=True))
        others = [m for m in world.config.mappings if m.entity != "Place"]
        world.config = replace(world.config, mappings=(*others, *ranked))
    if is_stamped:
        world.stamped()
    database, syncer = world.hub()

    for (source, dataset), held in start.items():
        world.data[source][dataset].update(held)
    world.ties("1,L1\n2,L2\n")
    for change in history:
        apply(world, change)
        for source in change.synced:
            asyncio.run(syncer.sync(source, force=True, full=change.full))
        check_invariants(database)
    mend(world)
    for source in ("money", "plans"):
        asyncio.run(syncer.sync(source, force=True))

    fresh, fresh_syncer = world.hub("fresh.db")
    for source in ("plans", "money"):
        asyncio.run(fresh_syncer.sync(source, force=True))
    assert contents(database) == contents(fresh)
    for (source, dataset, _), account in accounts(database).items():  # counted on its own, in the sources
        assert account.seen == sum(map(len, world.data[source][dataset].values()))
    if only is not None and ("money", "lines", "Line") in accounts(database):
        out = [row for rows in world.data["money"]["lines"].values() for row in rows if row["line"] not in only]
        assert accounts(database)["money", "lines", "Line"].aside["WHERE", "where.line"] == len(out)
