"""Whatever is asked and however sources change in between: an answer that was kept is the one that would be made now."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
from graphql import GraphQLSchema
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

from config.entities import Catalogue, KeyRule, Link
from config.hub import HubConfig
from connectors.connector import Cell
from replica.database import Database
from replica.reading import Deadline, Replica
from replica.versions import names_of
from resolvers.engine import Answer, Engine, Request
from schema.build import build
from simpul.messages import MESSAGES
from simpul.web.graphql import graphql_endpoint
from simpul.web.responses import Responses
from simpul.web.stores import BoundedMemory, Shared, Store
from tests.replica.conftest import W, World
from tests.replica.test_equivalence import ROWS, Change, apply, changes_of, parts

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")

PROVENANCE = 'provenance { locator fetchedAt changedAt freshness cell(field: "%s") }'
RECORDS = {
    "wishes": [
        "number title",
        "cost",
        "place { name parent { name } }",
        "placeMatch { method confidence }",
        "lines { totalCount nodes { line account } }",
        "works { edges { match { confidence } node { id2 } } }",
        "issues { code rawValue }",
        PROVENANCE % "title",
    ],
    "places": ["code name", "parent { name }", "children { nodes { code } }", "wishes { totalCount }"],
    "lines": ["line version account", "works { nodes { id2 } }", "wishes { nodes { number } }", PROVENANCE % "line"],
    "works": ["id2 accounts", "lines { nodes { line } }", "wishes { totalCount }", "provenance { fetchedAt }"],
}
ARGUMENTS = {
    "wishes": [
        'where: {title: {eq: "x"}}',
        'where: {place: {name: {eq: "Alas"}}}',
        "where: {works: {some: {}}}",
        "where: {lines: {count: {gt: 0}}}",
        "orderBy: [{cost: DESC}]",
        "orderBy: [{place: {name: DESC}}]",
        "first: 1",
    ],
    "places": ["where: {wishes: {none: {}}}", "first: 2"],
    "lines": ["scope: ALL", "where: {works: {none: {}}}"],
    "works": ["where: {lines: {some: {wishes: {some: {}}}}}"],
}
OTHERS = [
    "wishes { groups(by: [{title: {}}]) { key { title } count sum { cost } } }",
    "wishes { groups(by: [{place: {}}]) { key { place { name } } count nodes { number } } }",
    "wishes { aggregate { count sum { cost } } }",
    'wish(by: {key: {number: "1"}}) { title place { name } lines { totalCount } }',
    'place(by: {key: {code: "1"}}) { name wishes { nodes { title } } }',
    'search(text: "x") { totalCount counts { count } nodes { entity score } unread }',
    "sources { nodes { name state readAt triedAt records rejects issues problem } }",
    "sources { totalCount }",
    "rejects { totalCount nodes { code entity locator message } }",
    "__schema { queryType { name } }",
    "__typename",
]


ALWAYS = [  # asked in every history, beside what is drawn
    "{ wishes { nodes { title provenance { fetchedAt freshness } } } }",
    "{ lines { nodes { line works { totalCount } } } }",
    "{ sources { nodes { state triedAt } } rejects { totalCount } }",
    '{ search(text: "x") { totalCount } wishes { nodes { place { name } } } }',
]


@st.composite
def operations(draw: Callable[[Any], Any]) -> str:
    fields = []
    for place in range(draw(st.integers(1, 2))):
        if draw(st.integers(0, 2)) == 0:
            fields.append(f"r{place}: {draw(st.sampled_from(OTHERS))}")
            continue
        name = draw(st.sampled_from([*RECORDS]))
        chosen = draw(st.lists(st.sampled_from(RECORDS[name]), min_size=1, max_size=3, unique=True))
        argument = draw(st.sampled_from(["", *(f"({given})" for given in ARGUMENTS[name])]))
        fields.append(f"r{place}: {name}{argument} {{ totalCount nodes {{ {' '.join(chosen)} }} }}")
    return "{ " + " ".join(fields) + " }"


async def test_every_question_that_may_be_drawn_can_be_asked(make_world: Callable[[], World]) -> None:
    world = make_world()
    database, _ = world.hub()
    hub = Hub(database, world.config)
    asked = [f"{{ {other} }}" for other in OTHERS]
    for name, records in RECORDS.items():
        asked += [f"{{ {name} {{ nodes {{ {part} }} }} }}" for part in records]
        asked += [f"{{ {name}({argument}) {{ totalCount }} }}" for argument in ARGUMENTS[name]]
    with closing(hub.replica):
        for query in asked:
            assert b'"data"' in (await hub.ask(query))[0], query


class Dictionary:
    """A store that processes share."""

    def __init__(self) -> None:
        self.given: dict[str, object] = {}

    async def get(self, key: str) -> object:
        return self.given.get(key)

    async def set(self, key: str, value: object) -> object:
        self.given[key] = value
        return True

    async def close(self) -> object:
        return None


class Far(Engine):
    """Answers nothing in passing."""

    def execute_at_once(self, request: Request) -> Answer | None:
        return None


class Hub:
    """A replica that answers with a cache of its own process (`kept`), with one that another process fills too (`shared`), and
    with none."""

    def __init__(
        self, database: Database, config: HubConfig, identity: bytes = b"", store: Store | None = None
    ) -> None:
        self.replica = Replica(database.reader, is_local=database.dialect.name == "sqlite")
        schema, zone = schema_of(repr(config.catalogue), config.catalogue), ZoneInfo("Asia/Makassar")
        self.engine = Engine(schema, config.catalogue, database.tables, self.replica, zone)
        self.far = Far(schema, config.catalogue, database.tables, self.replica, zone)
        self.store = store or Dictionary()
        self.identity = identity
        self.kept = self.app(self.engine, Responses(self.engine.version, identity, memory()))

    def app(self, engine: Engine, responses: Responses | None) -> httpx.ASGITransport:
        endpoint = graphql_endpoint(engine, MESSAGES, "en", lambda request, language: Response(), responses)
        return httpx.ASGITransport(Starlette(routes=[Route("/graphql", endpoint, methods=["GET", "POST"])]))

    async def ask(self, query: str) -> tuple[bytes, bytes, bytes]:
        """The answer without a cache, with one, and out of what others have shared."""
        shared = Shared(self.store)
        without = await _post(self.app(self.engine, None), query)
        kept = await _post(self.kept, query)
        other = await _post(self.app(self.far, Responses(self.far.version, self.identity, memory(), shared)), query)
        await asyncio.gather(*shared._taking)
        return without, kept, other


SCHEMAS: dict[str, GraphQLSchema] = {}


def schema_of(written: str, catalogue: Catalogue) -> GraphQLSchema:
    """The schema of a catalogue, made once."""
    if written not in SCHEMAS:
        SCHEMAS[written] = build(catalogue)._schema
    return SCHEMAS[written]


def memory() -> BoundedMemory:
    return BoundedMemory(10_000_000)


async def _post(transport: httpx.ASGITransport, query: str) -> bytes:
    async with httpx.AsyncClient(transport=transport, base_url="http://hub") as client:
        answer = await client.post("/graphql", json={"query": query}, headers={"Accept-Language": "en"})
        return answer.content


@settings(max_examples=settings().max_examples // 2)
@given(
    start=st.fixed_dictionaries({dataset: parts(row) for dataset, row in ROWS.items()}),
    asked=st.lists(operations(), min_size=2, max_size=5),
    history=st.lists(st.one_of([changes_of(dataset) for dataset in ROWS]), min_size=1, max_size=5),
    is_stamped=st.booleans(),
)
def test_a_kept_answer_is_the_one_that_would_be_made_now(
    make_world: Callable[[], World],
    start: dict[tuple[str, str], dict[str, Any]],
    asked: list[str],
    history: list[Change],
    is_stamped: bool,
) -> None:
    world = make_world()
    world.second("money", "more", "Place")
    if is_stamped:
        world.stamped()
    database, syncer = world.hub()
    hub = Hub(database, world.config)

    async def run() -> None:
        for query in asked:
            assert_same(await hub.ask(query), query)  # of sources that were never read
        for (source, dataset), held in start.items():
            world.data[source][dataset].update(held)
        world.ties("1,L1\n2,L2\n")
        for change in history:
            apply(world, change)
            for source in change.synced:
                await syncer.sync(source, force=True, full=change.full)
                for query in (*asked, *ALWAYS):
                    assert_same(await hub.ask(query), query)

    with closing(hub.replica):
        asyncio.run(run())


def assert_same(answers: tuple[bytes, bytes, bytes], query: str) -> None:
    without, kept, shared = answers
    assert b'"data"' in without, (without, query)
    assert kept == without, query
    assert shared == without, query


@pytest.fixture
def make_world(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], World]:
    return lambda: World(tmp_path_factory.mktemp("world"))


async def test_the_answers_of_a_configuration_are_not_those_from_before_another_was_there(
    make_world: Callable[[], World],
) -> None:
    world, store = make_world(), Dictionary()
    world.data["plans"]["wishes"]["a"] = [wish()]
    world.data["money"]["works"]["w"] = [{"id2": "x", "accounts": None}]
    first = world.config
    query = "{ wishes { nodes { title provenance { freshness } works { totalCount } } } rejects { totalCount } }"
    texts = []

    async def ask(identity: bytes) -> None:
        database, _ = world.hub()
        hub = Hub(database, world.config, identity, store)
        with closing(hub.replica):
            answers = await hub.ask(query)
            assert_same(answers, query)
            texts.append(answers[0])

    await world_synced(world)
    await ask(b"one")
    rule = KeyRule((("title", "id2"),))
    world.links("Wish", Link("works", "Wish", "Work", W, "wishes", rules=(rule,)))
    await ask(b"other")
    world.config = first
    await ask(b"one")
    await world_synced(world)
    await ask(b"one")

    assert b'"totalCount":1' in texts[1]
    assert len(set(texts)) > 1


def wish() -> dict[str, Cell]:
    return {"number": "1", "title": "x", "cost": None, "on": None, "note": "", "place": None, "within": None}


async def world_synced(world: World) -> None:
    _, syncer = world.hub()
    for source in world.data:
        await syncer.sync(source)


async def test_a_replica_that_was_made_anew_never_has_a_version_again(make_world: Callable[[], World]) -> None:
    world = make_world()
    world.data["plans"]["wishes"]["a"] = [wish()]
    versions: list[str] = []
    for title in "xyx":
        world.data["plans"]["wishes"]["a"][0]["title"] = title
        for file in world.folder.glob("replica.db*"):
            file.unlink()
        await world_synced(world)
        versions.append(version_of(world, "e_Wish"))

    assert len(set(versions)) == 3


def test_what_a_configuration_forgets_has_another_version(make_world: Callable[[], World]) -> None:
    world = make_world()
    unread = replace(world.config.sources["plans"], name="unread")
    world.config = replace(world.config, sources={**world.config.sources, "unread": unread})
    before = version_of(world, "e_Source")
    world.config = replace(world.config, sources={n: s for n, s in world.config.sources.items() if n != "unread"})

    assert version_of(world, "e_Source") != before
    assert version_of(world, "e_Source") == version_of(world, "e_Source")


def version_of(world: World, table: str) -> str:
    database, _ = world.hub()
    names = names_of(world.config.catalogue, [table])
    with closing(Replica(database.reader)) as replica:
        return replica.read_here(lambda reading: reading.version(names), Deadline(10))
