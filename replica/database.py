"""The replica's SQLite file: its tables, its connections, and the lock that writers of all processes queue on."""

from __future__ import annotations

import hashlib
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from sqlalchemy import Table
from sqlalchemy.dialects import sqlite
from sqlalchemy.schema import CreateIndex, CreateTable

from config.entities import Catalogue
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
    """A replica in a SQLite file. `fingerprints` say for each entity how it is read (mappings, options): a table whose
    shape or fingerprint has changed is made anew and filled by the next sync."""

    def __init__(self, path: Path, catalogue: Catalogue, fingerprints: dict[str, str]) -> None:
        self.path = path
        self.catalogue = catalogue
        self.tables: Tables = build_tables(catalogue)
        self._fingerprints = fingerprints

    def open(self) -> None:
        """Makes the file and its tables as far as they are missing or out of date. Raises ReplicaUnusable."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with closing(self._open()) as db:
                db.execute("PRAGMA journal_mode = WAL")
                if not self._is_current(db):
                    with self.write_lock(BUSY_SECONDS):
                        self._migrate(db)
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

    def _wanted(self) -> dict[str, str]:
        """For each table the mark of its shape and of how it is filled."""
        wanted = {}
        for table in self.tables.metadata.tables.values():
            name, filled = table.name, FORMAT
            if name.startswith("e_"):
                entity = name.removeprefix("e_")
                ways = sorted(
                    (column, repr(way)) for (_, way), column in self.tables.entities[entity].normalised.items()
                )
                filled += self._fingerprints.get(entity, "") + repr(ways)
            elif name.startswith("l_"):
                source, link = name.removeprefix("l_").split("_", 1)
                filled += repr(self.catalogue[source].link(link)) + self._fingerprints.get(source, "")
            wanted[name] = hashlib.sha256(("\n".join(_ddl(table)) + filled).encode()).hexdigest()
        return wanted

    def _is_current(self, db: sqlite3.Connection) -> bool:
        return self._stored(db) == self._wanted()

    def _stored(self, db: sqlite3.Connection) -> dict[str, str]:
        if not db.execute("SELECT 1 FROM sqlite_master WHERE name = 'meta'").fetchone():
            return {}
        rows = db.execute("SELECT substr(key, 7), value FROM meta WHERE key LIKE 'table:%'")
        return dict(rows.fetchall())

    def _migrate(self, db: sqlite3.Connection) -> None:
        wanted, stored = self._wanted(), self._stored(db)
        changed = {name for name in wanted if stored.get(name) != wanted[name]}
        gone = set(stored) - set(wanted)
        db.execute("BEGIN IMMEDIATE")
        try:
            for name in changed | gone:
                db.execute(f'DROP TABLE IF EXISTS "{name}"')
            for table in self.tables.metadata.sorted_tables:
                if table.name in changed:
                    for statement in _ddl(table):
                        db.execute(statement)
            self._forget(db, changed | gone)
            db.execute("DELETE FROM meta WHERE key LIKE 'table:%'")
            marks = [(f"table:{name}", mark) for name, mark in wanted.items()]
            db.executemany("INSERT INTO meta (key, value) VALUES (?, ?)", marks)
            db.execute("COMMIT")
        except BaseException:
            db.execute("ROLLBACK")
            raise

    def _forget(self, db: sqlite3.Connection, tables: set[str]) -> None:
        """What was known of tables made anew: their parts must be read again, and their links matched again."""
        rejects = next((f"e_{entity.name}" for entity in self.catalogue if entity.system == "reject"), None)
        if rejects in tables:
            db.execute("UPDATE part SET stamp = NULL")  # an unchanged part would not tell its rejects again
        for name in tables:
            if name.startswith("e_"):
                entity = name.removeprefix("e_")
                db.execute("DELETE FROM part WHERE entity = ?", (entity,))
                db.execute("DELETE FROM dataset WHERE entity = ?", (entity,))
                if rejects is not None:
                    db.execute(f'DELETE FROM "{rejects}" WHERE c_entity = ?', (entity,))
        rematch = {name for name in self.tables.metadata.tables if name.startswith("l_")}
        if any(name.startswith(("e_", "l_")) for name in tables):
            for name in rematch:
                db.execute(f'DELETE FROM "{name}"')
            db.execute("INSERT OR REPLACE INTO meta (key, value) VALUES ('rematch', '1')")


def _ddl(table: Table) -> list[str]:
    dialect = sqlite.dialect()
    statements = [str(CreateTable(table).compile(dialect=dialect))]
    indexes = sorted(table.indexes, key=lambda index: str(index.name))
    return statements + [str(CreateIndex(index).compile(dialect=dialect)) for index in indexes]
