"""The replica as its writers and readers meet it, whatever engine keeps it: sessions, the lock that writers of all
processes queue on, and the marks of its shape."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import ClassVar

import orjson
from sqlalchemy import Table
from sqlalchemy.schema import CreateIndex, CreateTable

from config.entities import Catalogue, Entity
from replica.reading import Reader
from replica.search import search_ddl
from replica.session import Dialect, Session
from replica.tables import Tables, build_tables
from replica.words import WORDS_FORMAT

FORMAT = "1"  # of the tables that are not an entity's
BUSY_SECONDS = 5.0


class ReplicaLocked(Exception):
    """Another process is syncing into this replica."""


class ReplicaUnusable(Exception):
    """It can't be opened or is no replica; `reason` is the engine's own word."""

    def __init__(self, where: str, reason: str) -> None:
        super().__init__(f"{where}: {reason}")
        self.where = where
        self.reason = reason


class Database(ABC):
    """A replica. `fingerprints` say for each entity how it is read (mappings, options). A replica that was made by another
    configuration is carried over by `replica.rebuild`."""

    dialect: ClassVar[Dialect]
    errors: ClassVar[tuple[type[Exception], ...]]  # what the engine raises

    def __init__(self, catalogue: Catalogue, fingerprints: Mapping[str, str]) -> None:
        self.catalogue = catalogue
        self.tables: Tables = build_tables(catalogue, self.dialect)
        self._fingerprints = fingerprints

    @property
    @abstractmethod
    def where(self) -> str:
        """Where it is, as messages say it."""

    @property
    @abstractmethod
    def staging(self) -> Path:
        """The beginning of the names of the folders in which syncs stage rows."""

    @abstractmethod
    def open(self) -> None:
        """Makes the replica and its tables if it has none. Raises ReplicaUnusable."""

    @abstractmethod
    def connect(self, *, readonly: bool = False) -> Session:
        """A session in autocommit mode, for use in any one thread at a time."""

    @abstractmethod
    def reader(self) -> Reader:
        """What reads for one operation at a time."""

    @abstractmethod
    def write_lock(self, seconds: float) -> AbstractContextManager[None]:
        """Held by one writer of all processes; given back when its holder dies. Waits for at most `seconds`, then raises
        ReplicaLocked."""

    @abstractmethod
    def attach(self, session: Session, staging: Path) -> None:
        """Brings the staged rows of a file into reach of a session, as tables `s_<Entity>` and `s_reject`."""

    @abstractmethod
    def marks_of(self, session: Session) -> dict[str, str]:
        """The marks that the replica carries; none if it is new."""

    # -- shape --------------------------------------------------------------------------------------------------------

    def marks(self) -> dict[str, str]:
        """What a replica of this configuration notes of itself: `table:NAME`, the shape of a table and how it is derived;
        `fields:ENTITY`, how each field is stored; `reading:ENTITY`, how its rows are read."""
        marks = {}
        for table in self.tables.metadata.tables.values():
            derived = FORMAT
            if table.name.startswith("e_"):
                ways = self.tables.entities[table.name.removeprefix("e_")].normalised.items()
                derived += repr(sorted((column, repr(way)) for (_, way), column in ways))
            elif table.name.startswith("l_"):
                source, link = table.name.removeprefix("l_").split(".")
                derived += repr(self.catalogue[source].link(link))
            elif table.name.startswith("x_"):
                searched = self.tables.search[table.name.removeprefix("x_")]
                derived += repr((WORDS_FORMAT, [(field.name, field.type) for field in searched.fields]))
            marks[f"table:{table.name}"] = _digest(*self.ddl(table), derived)
        for entity in self.catalogue:
            kinds = kinds_of(entity)
            marks[f"fields:{entity.name}"] = orjson.dumps(kinds).decode()
            marks[f"reading:{entity.name}"] = _digest(self._fingerprints.get(entity.name, ""), repr(kinds))
        return marks

    def is_current(self, session: Session) -> bool:
        """Whether a replica has the shape of this configuration, read as it says."""
        return self.marks_of(session) == self.marks()

    def ddl(self, table: Table) -> list[str]:
        """The statements that make a table and its indexes."""
        virtual = search_ddl(table, self.dialect)
        if virtual is not None:
            return [virtual]
        statements = [str(CreateTable(table).compile(dialect=self.dialect.sql))]
        indexes = sorted(table.indexes, key=lambda index: str(index.name))
        return statements + [str(CreateIndex(index).compile(dialect=self.dialect.sql)) for index in indexes]

    def make(self, session: Session) -> None:
        """Makes the tables of a replica that has none."""
        session.execute(self.dialect.begin)
        try:
            if not self.marks_of(session):  # nobody else has been quicker
                for table in self.tables.metadata.sorted_tables:
                    for statement in self.ddl(table):
                        session.execute(statement)
                session.executemany("INSERT INTO meta (key, value) VALUES (?, ?)", [*self.marks().items()])
            session.execute("COMMIT")
        except BaseException:
            session.execute("ROLLBACK")
            raise

    def _stored_marks(self, session: Session) -> dict[str, str]:
        marks = "key LIKE 'table:%' OR key LIKE 'fields:%' OR key LIKE 'reading:%'"
        return dict(session.execute(f"SELECT key, value FROM meta WHERE {marks}").fetchall())


def kinds_of(entity: Entity) -> dict[str, str]:
    """For each field how its values are stored."""
    return {field.name: f"{field.type.name} {field.scale}" for field in entity.fields}


def _digest(*texts: str) -> str:
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()
