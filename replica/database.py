"""The replica's SQLite file: its tables, its connections, and the lock that writers of all processes queue on."""

from __future__ import annotations

import hashlib
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import orjson
from sqlalchemy import Table
from sqlalchemy.dialects import sqlite
from sqlalchemy.schema import CreateIndex, CreateTable

from config.entities import Catalogue, Entity
from replica.tables import Tables, build_tables

FORMAT = "1"  # of the tables that are not an entity's
BUSY_SECONDS = 5.0


class ReplicaLocked(Exception):
    """Another process is syncing into this replica."""


class ReplicaUnusable(Exception):
    """The file can't be opened or is no replica; `reason` is SQLite's own word."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason


class Database:
    """A replica in a SQLite file. `fingerprints` say for each entity how it is read (mappings, options). A replica that was
    made by another configuration is carried over by `replica.rebuild`."""

    def __init__(self, path: Path, catalogue: Catalogue, fingerprints: dict[str, str]) -> None:
        self.path = path
        self.catalogue = catalogue
        self.tables: Tables = build_tables(catalogue)
        self._fingerprints = fingerprints

    def open(self) -> None:
        """Makes the file, and its tables if it has none. Raises ReplicaUnusable."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with closing(self._open()) as db:
                db.execute("PRAGMA journal_mode = WAL")
                if not marks_of(db):
                    with self.write_lock(BUSY_SECONDS):
                        self._make(db)
        except (sqlite3.Error, OSError) as error:
            raise ReplicaUnusable(self.path, str(error)) from error

    def connect(self, *, readonly: bool = False) -> sqlite3.Connection:
        """A connection in autocommit mode, for use in any one thread at a time."""
        db = self._open()
        db.execute("PRAGMA synchronous = NORMAL")
        db.execute("PRAGMA cache_size = -65536")
        db.execute("PRAGMA mmap_size = 268435456")
        db.execute("PRAGMA temp_store = MEMORY")
        if readonly:
            db.execute("PRAGMA query_only = ON")
        return db

    @contextmanager
    def write_lock(self, seconds: float) -> Iterator[None]:
        """Held by one writer of all processes; given back by the operating system when its holder dies. Waits for at most
        `seconds`, then raises ReplicaLocked."""
        lock = self.path.with_name(self.path.name + "-lock")
        with closing(sqlite3.connect(lock, timeout=0, isolation_level=None)) as db:
            deadline = time.monotonic() + seconds
            while True:
                try:
                    db.execute("BEGIN EXCLUSIVE")
                    break
                except sqlite3.OperationalError as error:
                    if error.sqlite_errorcode != sqlite3.SQLITE_BUSY:
                        raise  # nobody holds it: the folder can't be written
                    if time.monotonic() >= deadline:
                        raise ReplicaLocked from error
                    time.sleep(0.05)
            try:
                yield
            finally:
                db.execute("ROLLBACK")

    def _open(self) -> sqlite3.Connection:
        return sqlite3.connect(self.path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)

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
                source, link = table.name.removeprefix("l_").split("_", 1)
                derived += repr(self.catalogue[source].link(link))
            marks[f"table:{table.name}"] = _digest(*ddl(table), derived)
        for entity in self.catalogue:
            kinds = kinds_of(entity)
            marks[f"fields:{entity.name}"] = orjson.dumps(kinds).decode()
            marks[f"reading:{entity.name}"] = _digest(self._fingerprints.get(entity.name, ""), repr(kinds))
        return marks

    def is_current(self, db: sqlite3.Connection) -> bool:
        """Whether a replica has the shape of this configuration, read as it says."""
        return marks_of(db) == self.marks()

    def _make(self, db: sqlite3.Connection) -> None:
        db.execute("BEGIN IMMEDIATE")
        try:
            if not marks_of(db):  # nobody else has been quicker
                for table in self.tables.metadata.sorted_tables:
                    for statement in ddl(table):
                        db.execute(statement)
                db.executemany("INSERT INTO meta (key, value) VALUES (?, ?)", self.marks().items())
            db.execute("COMMIT")
        except BaseException:
            db.execute("ROLLBACK")
            raise


def marks_of(db: sqlite3.Connection) -> dict[str, str]:
    """The marks that a replica carries; none if it is new."""
    if not db.execute("SELECT 1 FROM sqlite_master WHERE name = 'meta'").fetchone():
        return {}
    marks = "key LIKE 'table:%' OR key LIKE 'fields:%' OR key LIKE 'reading:%'"
    return dict(db.execute(f"SELECT key, value FROM meta WHERE {marks}").fetchall())


def kinds_of(entity: Entity) -> dict[str, str]:
    """For each field how its values are stored."""
    return {field.name: f"{field.type.name} {field.scale}" for field in entity.fields}


def ddl(table: Table) -> list[str]:
    """The statements that make a table and its indexes."""
    dialect = sqlite.dialect()
    statements = [str(CreateTable(table).compile(dialect=dialect))]
    indexes = sorted(table.indexes, key=lambda index: str(index.name))
    return statements + [str(CreateIndex(index).compile(dialect=dialect)) for index in indexes]


def _digest(*texts: str) -> str:
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()
