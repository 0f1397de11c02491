"""The composition root: the one place where a configuration becomes a running hub."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from config.hub import EntityMapping, HubConfig, Language
from config.load import load_config
from config.messages import Messages
from replica.database import Database
from replica.reading import Replica
from replica.sync import Problem, Syncer
from replica.system import SourceState, read_sources
from schema.catalogue import describe
from simpul.background import Background, Watched
from simpul.messages import MESSAGES
from simpul.sources import Connectors, forget_spools, seek

if TYPE_CHECKING:
    import strawberry

    from resolvers.engine import Engine
    from simpul.saved import SavedQuestions

LOG = logging.getLogger("simpul.sync")

SECONDS_PER_OPERATION = 10.0


@dataclass(frozen=True)
class Hub:
    """Everything that answers for one hub.yaml. Made by `build_hub`, opened by `open`, given back by `close`."""

    config: HubConfig
    database: Database
    replica: Replica
    syncer: Syncer
    connectors: Connectors
    messages: Messages
    _closed: list[bool] = field(default_factory=list, init=False)

    @cached_property
    def schema(self) -> strawberry.Schema:
        """The served schema; made, and its library loaded, when it is first asked for, since a sync needs none."""
        from schema.build import build

        return build(self.config.catalogue)

    @cached_property
    def engine(self) -> Engine:
        """What answers GraphQL requests."""
        from resolvers.engine import Engine
        from resolvers.explaining import Origins

        return Engine(
            self.schema._schema,
            self.config.catalogue,
            self.database.tables,
            self.replica,
            ZoneInfo(self.config.timezone),
            self.config.notice,
            seconds=SECONDS_PER_OPERATION,
            messages=self.messages,
            origins=Origins(
                self.config.mappings, self.config.lines, self.config.path.parent, partial(seek, self.config)
            ),
        )

    @property
    def saved(self) -> SavedQuestions:
        """The saved questions beside its hub.yaml."""
        from simpul.saved import SavedQuestions

        return SavedQuestions(self.config.path, self.engine, self.messages)

    @cached_property
    def sdl(self) -> str:
        """The served schema in its definition language."""
        from schema.build import print_sdl

        return print_sdl(self.schema)

    def open(self) -> None:
        """Makes the replica's tables and lets it know every source; forgets what was kept of others. Raises ReplicaUnusable or
        ReplicaLocked."""
        self.database.open()
        forget_spools(self.config)
        self.syncer.register()

    def is_open(self) -> bool:
        """Whether the replica has the shape that this configuration wants; else `open` gives it to it, and what another
        configuration asks meanwhile may fail."""
        try:
            return self.syncer.is_registered()
        except self.database.errors:
            return False

    async def close(self) -> None:
        """Gives back connections and threads, once."""
        if self._closed:
            return
        self._closed.append(True)
        await self.connectors.aclose()
        await asyncio.to_thread(self.replica.close)

    def sources(self) -> tuple[SourceState, ...] | None:
        """How the sources stand, None if the replica can't be read. Blocks."""
        try:
            return read_sources(self.database)
        except self.database.errors:
            return None

    async def tried_sources(self) -> frozenset[str]:
        """The sources that a sync was ever tried for, also by an earlier process."""
        from simpul.pages.figures import ask

        data = await ask(self.engine, "{ sources(first: 1000) { nodes { name triedAt } } }", self.config.language)
        return frozenset(node["name"] for node in data["sources"]["nodes"] if node["triedAt"])

    async def background(self, language: Language) -> Background:
        """What keeps the sources up to date while the hub serves; `language` is that of its log."""
        tried = await self.tried_sources()
        told: set[str] = set()

        def tell(source: str, problem: Problem) -> str:
            params = {"where": problem.where, **problem.params}
            return f"{source}: {self.messages.render(problem.code, params, language)}"

        async def sync(source: str) -> bool:
            report = await self.syncer.sync(source)
            lasting = {tell(source, one) for one in report.drift}  # a table is compared anew each minute
            for said in (*(tell(source, one) for one in report.problems), *sorted(lasting - told)):
                LOG.warning("%s", said)
            told.update(lasting)
            return not report.problems

        return Background(
            {
                name: Watched(source, partial(self.connectors.__getitem__, name), name in tried)
                for name, source in self.config.sources.items()
            },
            sync,
        )


def load(path: Path) -> HubConfig:
    """hub.yaml, read and checked. Raises ConfigError with every problem."""
    return load_config(path, describe())


def build_hub(config: HubConfig) -> Hub:
    """Puts the parts of a hub together; nothing is opened yet."""
    database = open_replica(config)
    replica = Replica(database.reader, is_local=database.dialect.name == "sqlite")
    connectors = Connectors(config)
    syncer = Syncer(database, config, connectors, lambda: datetime.now(UTC))
    return Hub(config, database, replica, syncer, connectors, MESSAGES)


def open_replica(config: HubConfig) -> Database:
    """The replica of a configuration, on the engine that it names."""
    if config.replica.startswith("postgresql"):
        from replica.postgres import PostgresDatabase

        folder = config.path.parent / "var"
        return PostgresDatabase(config.replica, folder, config.catalogue, fingerprints(config))
    from replica.sqlite import SqliteDatabase

    return SqliteDatabase(Path(config.replica), config.catalogue, fingerprints(config))


def fingerprints(config: HubConfig) -> dict[str, str]:
    """For each entity how it is read: its mappings and how their datasets are laid out.

    Where a source stands and how one logs in to it is left out: a new password does not make the hub read all anew."""
    marks: dict[str, list[str]] = {entity.name: [] for entity in config.catalogue}
    for mapping in config.mappings:
        source = config.sources[mapping.source]
        layout = sorted(source.datasets.get(mapping.dataset, {}).items())
        marks[mapping.entity].append(repr((_without_lines(mapping), source.kind, source.timezone, layout)))
    return {entity: hashlib.sha256("\n".join(texts).encode()).hexdigest() for entity, texts in marks.items()}


def _without_lines(mapping: EntityMapping) -> EntityMapping:
    """The mapping wherever it stands in hub.yaml."""
    return replace(mapping, line=0, fields=tuple(replace(field, line=0) for field in mapping.fields))
