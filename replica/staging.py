"""Where rows wait before they are merged: a spool for reading a part twice, and a SQLite file of mapped rows."""

from __future__ import annotations

import pickle
import sqlite3
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from config.hub import EntityMapping
from connectors.connector import Batch, Part
from replica.database import Database
from replica.mapping import Mapper, Record, Reject, columns_of
from replica.search import words_reader

IN_MEMORY = 8_000_000  # bytes of a part's rows that are spooled before they go to a file


@dataclass(frozen=True, slots=True)
class StagedPart:
    """A part in staging: its number there, and where its cells stand (field to column label)."""

    number: int
    mapping: EntityMapping
    part: Part
    labels: Mapping[str, str]
    grid: bool


class Spool:
    """The batches of one part, kept in memory or in a file until they have been read twice."""

    def __init__(self, folder: Path) -> None:
        self._file = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY, dir=str(folder))  # noqa: SIM115 - closed by __exit__
        self._batches = 0

    def __enter__(self) -> Spool:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def add(self, batch: Batch) -> None:
        """Keeps a batch."""
        pickle.dump(batch, self._file, pickle.HIGHEST_PROTOCOL)
        self._batches += 1

    def __iter__(self) -> Iterator[Batch]:
        self._file.seek(0)
        for _ in range(self._batches):
            yield pickle.load(self._file)  # noqa: S301 - written by this process a moment ago


class Staging:
    """Mapped rows on their way into the replica, in a SQLite file of their own: nobody waits while it fills."""

    def __init__(self, folder: Path, database: Database) -> None:
        self.folder = folder
        self.path = folder / "staging.db"
        self._db = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False)
        self._db.execute("PRAGMA journal_mode = OFF")
        self._db.execute("PRAGMA synchronous = OFF")
        self._db.execute("CREATE TABLE s_reject (part INTEGER, at, code, field, raw, cell, params)")
        self._tables = database.tables.entities
        self._searches = database.tables.search
        self._made: set[str] = set()
        self._parts: list[StagedPart] = []
        self._last = 0

    def add(
        self, mapping: EntityMapping, part: Part, mapper: Mapper, rows: Iterator[Record | Reject], *, grid: bool
    ) -> None:
        """Writes the rows of one part for one mapping."""
        self._last += 1  # also if this fails: no number stands for two parts
        number = self._last
        table = self._table(mapping.entity)
        columns = columns_of(self._tables[mapping.entity])
        read_words = words_reader(self._searches.get(mapping.entity), columns)
        width = 10 + len(columns)
        insert = f'INSERT INTO "{table}" VALUES ({", ".join("?" * width)})'
        rejects: list[tuple[object, ...]] = []

        def records() -> Iterator[tuple[object, ...]]:
            for row in rows:
                if isinstance(row, Record):
                    own = (row.node, row.sort, row.at, row.hash, row.issues, row.raw)
                    yield (None, number, *own, *read_words(row.values), *row.values)
                else:
                    rejects.append((number, row.at, row.code, row.field, row.raw, row.cell, row.params))

        self._db.execute("BEGIN")
        try:
            self._db.executemany(insert, records())
            self._db.executemany("INSERT INTO s_reject VALUES (?, ?, ?, ?, ?, ?, ?)", rejects)
        finally:
            self._db.execute("COMMIT")  # rows of a part that was not staged to its end are never merged
        self._parts.append(StagedPart(number, mapping, part, dict(mapper.labels), grid))

    def forget(self, part: Part, mappings: Sequence[EntityMapping]) -> None:
        """Leaves out a part that could not be read to its end."""
        self._parts = [p for p in self._parts if not (p.part == part and p.mapping in mappings)]

    def parts_of(self, mapping: EntityMapping) -> list[StagedPart]:
        """The parts that were staged for a mapping."""
        return [part for part in self._parts if part.mapping is mapping]

    def finish(self) -> None:
        """Closes the file so that it can be attached."""
        for table in self._made:
            self._db.execute(f'CREATE INDEX "i{table}" ON "{table}" (node)')
        self._db.close()

    def close(self) -> None:
        """Closes it, finished or not."""
        self._db.close()

    def _table(self, entity: str) -> str:
        name = f"s_{entity}"
        if name not in self._made:
            self._made.add(name)
            columns = ", ".join(f'"{column}"' for column in columns_of(self._tables[entity]))
            # no types: values keep the form in which they were mapped
            self._db.execute(
                f'CREATE TABLE "{name}" (line INTEGER PRIMARY KEY, part INTEGER, node, sort, at, hash, issues, raw, head, rest,'
                f" {columns})"
            )
        return name
