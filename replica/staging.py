"""Where rows wait before they are merged: a spool for reading a part twice, and a SQLite file of mapped rows."""

from __future__ import annotations

import pickle
import sqlite3
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import orjson

from config.hub import EntityMapping
from connectors.aside import Ranges
from connectors.connector import Batch, Part
from replica.database import Database
from replica.mapping import OWN, Mapped, Mapper
from replica.search import WordsReader, words_reader
from replica.session import Session

IN_MEMORY = 8_000_000  # bytes of a part's rows that are spooled before they go to a file


@dataclass(frozen=True, slots=True)
class StagedPart:
    """A part in staging: its number there, where its cells stand (field to column label), how many rows it has, and its columns as
    `Mapper.sheet_columns` gives them."""

    number: int
    mapping: EntityMapping
    part: Part
    labels: Mapping[str, str]
    grid: bool
    seen: int
    columns: Sequence[tuple[str, str, Sequence[str]]]


@dataclass(frozen=True, slots=True)
class Inlet:
    """The way of a part's rows to one entity: the part's number in staging, what makes records and their words of them, and
    the rows that are set aside on it."""

    number: int
    mapping: EntityMapping
    mapper: Mapper
    read_words: WordsReader
    aside: Ranges = field(default_factory=Ranges)


class Spool:
    """The batches of one part, kept in memory or in a file until they have been read twice."""

    def __init__(self, folder: Path) -> None:
        self._file = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY, dir=str(folder))  # noqa: SIM115 - see close
        self._batches = 0

    def close(self) -> None:
        """Forgets them."""
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
    """Mapped rows on their way into the replica, in a SQLite file of their own: nobody waits while it fills.

    `columns` names for each entity those of its columns that stand here; the others are null."""

    def __init__(self, folder: Path, database: Database) -> None:
        self.folder = folder
        self.path = folder / "staging.db"
        self.columns: dict[str, list[str]] = {}
        self._database = database
        self._db = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False)
        self._db.execute("PRAGMA journal_mode = OFF")
        self._db.execute("PRAGMA synchronous = OFF")
        self._db.execute("PRAGMA locking_mode = EXCLUSIVE")
        self._db.execute("CREATE TABLE s_reject (part INTEGER, at, code, field, raw, cell, params, row)")
        self._db.execute(
            "CREATE TABLE s_aside (part INTEGER, place INTEGER, reason, first, last, rows INTEGER, setting, text)"
        )
        self._db.execute("BEGIN")
        self._replica: Session | None = None
        self._old_parts: dict[tuple[str, str, str], str] = {}  # their ids, as SQL, by source, dataset and entity
        self._parts: list[StagedPart] = []
        self._last = 0

    def intake(self, part: Part, mappers: Sequence[tuple[EntityMapping, Mapper]]) -> Intake:
        """What takes the rows of one part."""
        first = self._last + 1
        self._last += len(mappers)  # also if it fails: no number stands for two parts
        inlets = []
        for number, (mapping, mapper) in enumerate(mappers, first):
            self._make(mapping.entity, mapper.columns)
            read_words = words_reader(self._database.tables.search.get(mapping.entity), mapper.columns)
            inlets.append(Inlet(number, mapping, mapper, read_words))
        return Intake(self, part, inlets)

    def write(self, inlet: Inlet, batch: Batch) -> None:
        """Maps rows of a part and writes them. Those of a part that is not `added` are never merged."""
        number, mapper, entity, read_words = inlet.number, inlet.mapper, inlet.mapping.entity, inlet.read_words
        mapped = mapper.map(batch)
        known = self._known_hashes(inlet.mapping, mapped) if entity in self._database.tables.search else {}
        width, node, hash_ = len(OWN), OWN.index("node"), OWN.index("hash")
        names = ", ".join(f'"{name}"' for name in ("part", "head", "rest", *OWN, *mapper.columns))
        marks = ", ".join("?" * (3 + width + len(mapper.columns)))
        self._db.executemany(
            f'INSERT INTO "s_{entity}" ({names}) VALUES ({marks})',
            [
                (number, *((None, None) if known.get(row[node]) == row[hash_] else read_words(row[width:])), *row)
                for row in mapped.records
            ],
        )
        self._db.executemany(
            "INSERT INTO s_reject VALUES (?, ?, ?, ?, ?, ?, ?, ?)", [(number, *reject) for reject in mapped.rejects]
        )
        for aside in mapped.aside:
            inlet.aside.add(aside)

    def add(self, inlet: Inlet, staged: StagedPart) -> None:
        """Takes up a part of which all rows have been written."""
        self._db.executemany(
            "INSERT INTO s_aside VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            [(inlet.number, place, *aside) for place, aside in enumerate(inlet.aside)],
        )
        self._parts.append(staged)

    def parts_of(self, mapping: EntityMapping) -> list[StagedPart]:
        """The parts that were staged for a mapping."""
        return [part for part in self._parts if part.mapping is mapping]

    def leave_out(self, key: str, mappings: Sequence[EntityMapping]) -> None:
        """Forgets a part that was taken up; its rows are not merged."""
        self._parts = [one for one in self._parts if one.part.key != key or one.mapping not in mappings]

    def finish(self) -> None:
        """Closes the file so that it can be attached."""
        for entity in self.columns:
            self._db.execute(f'CREATE INDEX "is_{entity}" ON "s_{entity}" (node)')
        self._db.execute("COMMIT")
        self.close()

    def close(self) -> None:
        """Closes it, finished or not."""
        self._db.close()
        if self._replica is not None:
            self._replica.close()
            self._replica = None

    def _make(self, entity: str, columns: Sequence[str]) -> None:
        # no types: values keep the form in which they were mapped
        if entity not in self.columns:
            self.columns[entity] = []
            own = ", ".join(OWN)
            self._db.execute(f'CREATE TABLE "s_{entity}" (line INTEGER PRIMARY KEY, part INTEGER, {own}, head, rest)')
        for column in columns:
            if column not in self.columns[entity]:
                self.columns[entity].append(column)
                self._db.execute(f'ALTER TABLE "s_{entity}" ADD COLUMN "{column}"')

    def _known_hashes(self, mapping: EntityMapping, mapped: Mapped) -> dict[object, object]:
        """The hashes of the dataset's records that the replica has, by their nodes. Rows that seem unchanged get no words yet;
        the merge, which knows for sure, gives them to those that are new nevertheless."""
        key = (mapping.source, mapping.dataset, mapping.entity)
        if self._replica is None:
            self._replica = self._database.connect()  # not one for readers, which take more memory to be quick
        if key not in self._old_parts:
            found = self._replica.execute("SELECT id FROM part WHERE (source, dataset, entity) = (?, ?, ?)", key)
            self._old_parts[key] = ", ".join(str(part) for (part,) in found.fetchall())
        if not self._old_parts[key]:
            return {}
        nodes = orjson.dumps([row[OWN.index("node")] for row in mapped.records]).decode()
        wanted = f"SELECT value FROM {self._database.dialect.items('?', 'nodes')}"
        sql = f'SELECT _node, _hash FROM "e_{mapping.entity}" WHERE _node IN ({wanted}) AND _part IN ({self._old_parts[key]})'
        return dict(self._replica.execute(sql, (nodes,)).fetchall())


class Intake:
    """Takes the rows of one part, batch by batch. Each is mapped and written as it comes; from the first one on of which a
    number can only be read when its whole column is known, they are spooled until then."""

    def __init__(self, staging: Staging, part: Part, inlets: Sequence[Inlet]) -> None:
        self._staging = staging
        self._part = part
        self._inlets = inlets
        self._spool: Spool | None = None
        self._grid = False
        self._seen = 0

    def __enter__(self) -> Intake:
        return self

    def __exit__(self, *_: object) -> None:
        if self._spool is not None:
            self._spool.close()

    def take(self, batch: Batch) -> None:
        """Takes the next rows. Raises ColumnMissing."""
        self._grid = batch.grid
        self._seen += batch.seen
        for inlet in self._inlets:
            for aside in batch.aside:
                inlet.aside.add(aside)
        is_open = [inlet.mapper.observe(batch) for inlet in self._inlets]  # each of them is to see it
        if any(is_open) and self._spool is None:
            self._spool = Spool(self._staging.folder)
        if self._spool is not None:
            self._spool.add(batch)
        else:
            self._write(batch)

    def finish(self) -> None:
        """Writes what is left; the part is whole."""
        for batch in self._spool or ():
            self._write(batch)
        for inlet in self._inlets:
            labels, columns = dict(inlet.mapper.labels), inlet.mapper.sheet_columns
            staged = StagedPart(inlet.number, inlet.mapping, self._part, labels, self._grid, self._seen, columns)
            self._staging.add(inlet, staged)

    def _write(self, batch: Batch) -> None:
        for inlet in self._inlets:
            self._staging.write(inlet, batch)
