"""A small hub over rows in memory: two entities in several parts, a reference, a key link, a crosswalk, a way through both."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from config.catalogue import complete, served
from config.entities import (
    Catalogue,
    CrosswalkRule,
    Current,
    Entity,
    Field,
    FieldType,
    Finder,
    KeyRule,
    Link,
    Text,
)
from config.hub import EntityMapping, FieldMapping, HubConfig, Refresh, SourceConfig
from connectors.connector import Batch, Cell, Part
from connectors.memory import MemoryConnector
from replica.database import Database
from replica.postgres import PostgresDatabase
from replica.sqlite import SqliteDatabase
from replica.sync import Syncer
from tests.replicas import drop_schemas, postgres

W = Text("a thing", "sesuatu")
Parts = Mapping[str, Sequence[Mapping[str, Cell]]]


def _entities() -> dict[str, Entity]:
    from schema.catalogue import describe

    system = {entity.name: entity for entity in describe().values() if entity.system}
    wish = Entity(
        "Wish",
        "wish",
        "wishes",
        W,
        (
            Field("number", FieldType.CODE, W, required=True),
            Field("title", FieldType.TEXT, W),
            Field("cost", FieldType.MONEY, W, scale=2),
            Field("on", FieldType.DATE, W),
        ),
        (
            Link("place", "Wish", "Place", W, "wishes", None, False, True, (), (), True),
            Link(
                "lines",
                "Wish",
                "Line",
                W,
                "wishes",
                rules=(CrosswalkRule("ties.csv", (("number", "wish"),), (("line", "line"),)),),
            ),
            Link("works", "Wish", "Work", W, "wishes", via=("lines", "works")),
        ),
        ("number",),
    )
    place = Entity(
        "Place",
        "place",
        "places",
        W,
        (Field("code", FieldType.CODE, W, required=True), Field("name", FieldType.TEXT, W)),
        (Link("parent", "Place", "Place", W, "children", None, False, True, (), (), True),),
        ("code",),
        finders=(Finder("code"), Finder("name", "parent.name")),
        hierarchy="parent",
    )
    line = Entity(
        "Line",
        "line",
        "lines",
        W,
        (
            Field("line", FieldType.CODE, W, required=True),
            Field("version", FieldType.INT, W, required=True),
            Field("account", FieldType.CODE, W),
        ),
        (Link("works", "Line", "Work", W, "lines", rules=(KeyRule((("account", "accounts"),)),)),),
        ("line", "version"),
        current=Current(("line",), "version"),
    )
    work = Entity(
        "Work",
        "work",
        "works",
        W,
        (Field("id2", FieldType.CODE, W, required=True), Field("accounts", FieldType.CODES, W)),
        (),
        ("id2",),
    )
    entities = {e.name: e for e in (wish, place, line, work)} | system
    return {name: complete(entity, entities) for name, entity in entities.items()}


def _mapping(source: str, dataset: str, entity: Entity, **options: str) -> EntityMapping:
    fields = [
        FieldMapping(f.name, f.type, (f.name,), scale=f.scale, split=";" if f.type.is_list else None)
        for f in entity.fields
        if f.raw_of is None
    ]
    if entity.name in ("Wish", "Place"):
        name = "place" if entity.name == "Wish" else "parent"
        within = "within" if entity.name == "Wish" else None
        fields.append(FieldMapping(name, None, (name,), within=within))
    return EntityMapping(entity.name, source, dataset, tuple(fields), **options)  # type: ignore[arg-type]  # literals of tests


class StampedConnector(MemoryConnector):
    """Tells by a part's stamp whether it has changed; counts the parts that were read."""

    def __init__(self, datasets: Mapping[str, Parts]) -> None:
        super().__init__(datasets)
        self.read: list[str] = []

    async def parts(self, dataset: str) -> list[Part]:
        return [replace(part, stamp=repr(self.datasets[dataset][part.key])) for part in await super().parts(dataset)]

    async def rows(self, dataset: str, part: Part) -> AsyncIterator[Batch]:
        self.read.append(part.key)
        async for batch in super().rows(dataset, part):
            yield batch


class World:
    """A hub whose sources can be changed: `data` by source and dataset to parts to rows."""

    def __init__(self, folder: Path, server: str | None = None) -> None:
        self.folder = folder
        self.server = server  # a PostgreSQL server that keeps the replicas, instead of files
        self.schemas: set[str] = set()
        self.now = datetime(2026, 11, 24, tzinfo=UTC)
        entities = _entities()
        self.mappings = (
            _mapping("plans", "wishes", entities["Wish"]),
            _mapping("plans", "places", entities["Place"]),
            _mapping("money", "lines", entities["Line"]),
            _mapping("money", "works", entities["Work"]),
        )
        self.data: dict[str, dict[str, dict[str, list[dict[str, Cell]]]]] = {
            "plans": {"wishes": {}, "places": {}},
            "money": {"lines": {}, "works": {}},
        }
        self.connectors: dict[str, MemoryConnector] = {
            name: MemoryConnector(datasets) for name, datasets in self.data.items()
        }
        refresh = Refresh(None)
        sources = {
            name: SourceConfig(name, "memory", {}, {}, refresh, "Asia/Makassar", Decimal("0.5"), 1)
            for name in self.data
        }
        catalogue = served(entities.values(), {m.entity for m in self.mappings})
        self.config = HubConfig(
            folder / "hub.yaml", "x", None, "en", "Asia/Makassar", "", (), sources, catalogue, self.mappings, ()
        )
        self.ties("")

    def ties(self, text: str) -> None:
        """Writes the crosswalk."""
        (self.folder / "ties.csv").write_text("wish,line\n" + text, encoding="utf-8")

    def stamped(self) -> None:
        """From now on parts that have not changed can be told without reading them."""
        self.connectors = {name: StampedConnector(datasets) for name, datasets in self.data.items()}

    def change(self, entity: str, **options: Any) -> None:
        """Gives the mapping of an entity other options."""
        mappings = tuple(replace(m, **options) if m.entity == entity else m for m in self.config.mappings)
        self.config = replace(self.config, mappings=mappings)

    def second(self, source: str, dataset: str, entity: str, **options: Any) -> None:
        """Gives an entity a second mapping, from another dataset."""
        first = next(m for m in self.config.mappings if m.entity == entity)
        mapping = replace(first, source=source, dataset=dataset, **options)
        self.config = replace(self.config, mappings=(*self.config.mappings, mapping))
        self.data[source].setdefault(dataset, {})

    def links(self, entity: str, *links: Link) -> None:
        """Gives an entity other links."""
        entities = {e.name: e for e in self.config.catalogue}
        entities[entity] = replace(entities[entity], links=links)
        self.config = replace(self.config, catalogue=Catalogue(entities))

    def field(self, entity: str, name: str, **changes: Any) -> None:
        """Changes a field of an entity."""
        entities = {e.name: e for e in self.config.catalogue}
        fields = tuple(replace(f, **changes) if f.name == name else f for f in entities[entity].fields)
        entities[entity] = replace(entities[entity], fields=fields)
        self.config = replace(self.config, catalogue=Catalogue(entities))

    def hub(self, name: str = "replica.db", fingerprints: Mapping[str, str] | None = None) -> tuple[Database, Syncer]:
        """A replica of this name, opened, and its syncer."""
        database: Database
        if self.server is None:
            database = SqliteDatabase(self.folder / name, self.config.catalogue, dict(fingerprints or {}))
        else:
            schema = f"{self.folder.name}_{name.removesuffix('.db')}"
            self.schemas.add(schema)
            url = f"{self.server}?schema={schema}"
            database = PostgresDatabase(url, self.folder, self.config.catalogue, dict(fingerprints or {}))
        database.open()

        def clock() -> datetime:
            self.now += timedelta(seconds=1)
            return self.now

        syncer = Syncer(database, self.config, self.connectors, clock)
        syncer.register()
        return database, syncer


@pytest.fixture
def make_world(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], World]:
    return lambda: World(tmp_path_factory.mktemp("world"))


@pytest.fixture
def world(make_world: Callable[[], World]) -> World:
    return make_world()


@pytest.fixture(params=["sqlite", "postgresql"])
def either(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A hub on each engine that can keep a replica."""
    world = World(
        tmp_path_factory.mktemp(f"w{uuid4().hex[:10]}"), postgres() if request.param == "postgresql" else None
    )
    yield world
    drop_schemas(world.server, world.schemas)
