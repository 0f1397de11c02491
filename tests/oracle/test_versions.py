"""The version of an answer depends on every table that is read for it: random operations, and SQLite's own word on what it reads."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from replica.reading import Replica
from replica.sqlite import SqliteDatabase, SqliteReader
from resolvers.engine import Engine, Request
from resolvers.limits import Limits
from schema.build import build
from tests.oracle.test_oracle import ZONE, World, Writer, make_world, store


class Listening(SqliteReader):
    """Notes which tables are read for the statements of an operation."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        super().__init__(connection)
        self.connection = connection
        self.tables: set[str] = set()

    def rows(self, sql: str, parameters: Sequence[Any], most: int) -> list[Any]:
        self.connection.set_authorizer(self._hear)  # statements that are prepared already are prepared anew
        try:
            return super().rows(sql, parameters, most)
        finally:
            self.connection.set_authorizer(None)

    def _hear(self, action: int, table: str | None, *rest: object) -> int:
        if action == sqlite3.SQLITE_READ and table is not None:
            self.tables.add(table)
        return sqlite3.SQLITE_OK


@pytest.fixture(scope="module")
def side(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[World, Engine, list[Listening]]]:
    world, readers = make_world(1), list[Listening]()
    database = SqliteDatabase(tmp_path_factory.mktemp("versions") / "replica.db", world.catalogue, {})
    store(world, database)

    def connect() -> Listening:
        readers.append(Listening(database.connect(readonly=True)))
        return readers[-1]

    replica = Replica(connect, is_local=True)
    schema = build(world.catalogue)._schema
    limits = Limits(depth=40, aliases=1000, selections=10_000)
    yield world, Engine(schema, world.catalogue, database.tables, replica, ZONE, limits=limits, seconds=60), readers
    replica.close()


async def heard(side: tuple[World, Engine, list[Listening]], request: Request) -> tuple[set[str], frozenset[str]]:
    """The tables that are read for an operation, and the names that the version of its answer depends on."""
    _, engine, readers = side
    for reader in readers:
        reader.tables.clear()
    answer = engine.execute_at_once(request) or await engine.execute(request)
    assert answer.stamp is not None, answer.errors
    return set().union(*(reader.tables for reader in readers)), answer.stamp.names


def wanted(tables: set[str]) -> set[str]:
    """The names on which an answer has to depend that is made of these tables."""
    names = {f"entity:{table[2:].partition('_')[0]}" for table in tables if table.startswith(("e_", "x_"))}
    names |= {f"link:{table[2:]}" for table in tables if table.startswith("l_")}
    return names


@settings(max_examples=3 * settings().max_examples)
@given(data=st.data())
async def test_a_version_depends_on_every_table_that_is_read(
    side: tuple[World, Engine, list[Listening]], data: st.DataObject
) -> None:
    world, engine, _ = side
    writer = Writer(data.draw, engine._schema, world)
    request = Request(writer.operation(), writer.variables)

    tables, names = await heard(side, request)

    assert wanted(tables) <= names, request.query
    assert ("part" in tables) <= any(name.startswith("part:") for name in names), request.query


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ('{ search(text: "jalan") { totalCount nodes { node { __typename } } } }', "entity:Proposal"),
        ("{ proposals { nodes { region { provenance { fetchedAt } } } } }", "part:Region"),
        ("{ sources { totalCount } }", "part:"),
        ("{ rejects { totalCount } }", "entity:Reject"),
        ("{ proposals { nodes { projects { totalCount } } } }", "link:Proposal.projects"),
    ],
)
async def test_what_some_questions_depend_on(
    side: tuple[World, Engine, list[Listening]], query: str, name: str
) -> None:
    tables, names = await heard(side, Request(query))

    assert tables, query
    assert name in names
    assert wanted(tables) <= names


async def test_a_question_about_the_schema_depends_on_no_record(side: tuple[World, Engine, list[Listening]]) -> None:
    tables, names = await heard(side, Request("{ __schema { queryType { name } } }"))

    assert (tables, names) == (set(), frozenset())
