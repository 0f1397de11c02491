"""Carries a replica over to another configuration, inside one write transaction: readers see the old state or the new one.

What was read stays in service in the shape that is wanted now. A field whose values can't be carried over is null with the
issue NOT_READ_YET; records whose rows are to be read otherwise are STALE until their source has been synced again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence, Set
from dataclasses import dataclass

import orjson

from config.entities import Entity
from config.hub import HubConfig
from replica.database import Database, kinds_of
from replica.identity import normaliser
from replica.mapping import PSEUDO_FIELDS
from replica.search import SearchIndex
from replica.session import Session
from replica.tables import EntityTable, fold

CHUNK = 1_000


@dataclass(frozen=True, slots=True)
class _Carried:
    """What of an entity's old table is the same in the new one, and what must be worked out anew."""

    columns: tuple[str, ...]
    folded: tuple[str, ...]  # fields
    lost: tuple[str, ...]  # fields that a mapping fills, and whose values are of another kind now


class Rebuild:
    """Gives a replica the shape and marks of a configuration."""

    def __init__(self, db: Session, database: Database, config: HubConfig) -> None:
        self._db = db
        self._database = database
        self._config = config
        self._tables = database.tables
        self._old = database.marks_of(db)
        self._new = database.marks()

    def run(self) -> set[str]:
        """The entities whose records changed."""
        if self._old == self._new:
            return set()
        if self._database.dialect.alone is not None:
            self._db.execute(self._database.dialect.alone)
        changed = {name for name in self._new if self._old.get(name) != self._new[name]}
        gone = set(self._old) - set(self._new)
        self._drop_all(name.removeprefix("table:") for name in gone if name.startswith("table:"))
        entities: set[str] = set()
        for table in self._tables.metadata.sorted_tables:
            name = table.name
            if f"table:{name}" not in changed:
                continue
            if name.startswith("e_") and f"table:{name}" in self._old:
                self._carry(self._tables.entities[name.removeprefix("e_")])
                entities.add(name.removeprefix("e_"))
            else:
                self._drop_all([name])
                self._create(name)
        for name in self._tables.search:
            if f"table:x_{name}" in changed:
                SearchIndex(self._db, self._tables).make_anew(name)
                entities.add(name)  # answers to searches change
        for mark in changed:
            kind, _, name = mark.partition(":")
            if kind == "reading" and mark in self._old:
                self._read_again(name)
        for mark in gone:
            kind, _, name = mark.partition(":")
            if kind == "reading":
                self._forget(name)
        self._tell_rejects_again(changed)
        if any(mark.startswith(("table:e_", "table:l_")) for mark in changed | gone):
            self._note("rematch", "1")
        for mark in gone:
            self._db.execute("DELETE FROM meta WHERE key = ?", (mark,))
        for mark in changed:
            self._note(mark, self._new[mark])
        return entities

    # -- tables -------------------------------------------------------------------------------------------------------

    def _create(self, name: str) -> None:
        for statement in self._database.ddl(self._tables.metadata.tables[name]):
            self._db.execute(statement)

    def _drop_all(self, names: Iterator[str] | Sequence[str]) -> None:
        for name in names:
            self._db.execute(f'DROP TABLE IF EXISTS "{name}"')

    def _carry(self, table: EntityTable) -> None:
        db, name = self._db, table.table.name
        carried = self._carried(table)
        columns = ", ".join(f'"{column}"' for column in carried.columns)
        db.execute(f'CREATE TABLE "carried_{name}" AS SELECT {columns} FROM "{name}"')
        self._drop_all([name])
        self._create(name)
        db.execute(f'INSERT INTO "{name}" ({columns}) SELECT {columns} FROM "carried_{name}"')
        self._drop_all([f"carried_{name}"])
        if table.entity.system is None:
            self._work_out(table, carried)

    def _carried(self, table: EntityTable) -> _Carried:
        entity = table.entity
        old = orjson.loads(self._old[f"fields:{entity.name}"])
        same = {name for name, kind in kinds_of(entity).items() if old.get(name) == kind}
        columns = [column.name for column in table.table.c if column.name.startswith("_")]
        folded = []
        for field in entity.fields:
            if field.name in same:
                columns.append(f"c_{field.name}")
                if field.type.is_text:
                    folded.append(field.name)
        return _Carried(tuple(columns), tuple(folded), tuple(self._filled(entity) - same))

    def _filled(self, entity: Entity) -> Set[str]:
        return {
            mapped.field
            for mapping in self._config.mappings
            if mapping.entity == entity.name
            for mapped in mapping.fields
            if entity.field(mapped.field)
        }

    def _work_out(self, table: EntityTable, carried: _Carried) -> None:
        """Fills the columns that are derived from others, and says what is not known yet."""
        db, name, entity = self._db, table.table.name, table.entity
        known = {*kinds_of(entity), *PSEUDO_FIELDS}
        fields = sorted({*carried.folded, *(field for field, _ in table.normalised)} & known)
        targets = [f"f_{field}" for field in carried.folded] + list(table.normalised.values())
        sets = ", ".join(f'"{target}" = ?' for target in (*targets, "_issues", "_hash"))
        wanted = ", ".join(
            f'(SELECT {field} FROM part WHERE part.id = "{name}"._part)' if field in PSEUDO_FIELDS else f'"c_{field}"'
            for field in fields
        )
        makers: list[tuple[str, Callable[[str], str | None]]] = [(field, fold) for field in carried.folded]
        makers += [(field, normaliser(entity, field, way)) for field, way in table.normalised]
        last = 0
        while True:
            rows = db.execute(
                f'SELECT _id, _issues, _hash{wanted and ", "}{wanted} FROM "{name}" WHERE _id > ? ORDER BY _id LIMIT {CHUNK}',
                (last,),
            ).fetchall()
            if not rows:
                return
            updates: list[tuple[object, ...]] = []
            for id_, issues, hash_, *values in rows:
                found = dict(zip(fields, values, strict=True))
                derived = [None if found[field] is None else make(str(found[field])) for field, make in makers]
                kept = (_with_unread(issues, carried.lost), "") if carried.lost else (issues, hash_)
                updates.append((*derived, *kept, id_))
                last = id_
            db.executemany(f'UPDATE "{name}" SET {sets} WHERE _id = ?', updates)

    # -- what is known of sources -------------------------------------------------------------------------------------

    def _read_again(self, entity: str) -> None:
        """Rows of this entity are read otherwise from now on: what is there is old until then."""
        problem = orjson.dumps({"code": "CONFIGURATION_CHANGED", "where": entity, "params": {}}).decode()
        self._db.execute("UPDATE part SET stamp = NULL, stale = ? WHERE entity = ?", (problem, entity))
        self._db.execute(
            "UPDATE dataset SET tried_at = '', problem = ? WHERE entity = ? AND ever_read = 1", (problem, entity)
        )

    def _forget(self, entity: str) -> None:
        """An entity that is configured no more."""
        for table in ("tally", "set_aside"):
            self._db.execute(f"DELETE FROM {table} WHERE part IN (SELECT id FROM part WHERE entity = ?)", (entity,))
        self._db.execute("DELETE FROM part WHERE entity = ?", (entity,))
        self._db.execute("DELETE FROM dataset WHERE entity = ?", (entity,))
        for told in self._database.catalogue:
            if told.system == "reject":
                self._db.execute(f'DELETE FROM "e_{told.name}" WHERE c_entity = ?', (entity,))

    def _tell_rejects_again(self, changed: set[str]) -> None:
        """An unchanged part would not tell its rejects again once their table has lost them, nor the rows that were set aside
        before they were kept."""
        if "table:tally" in changed or "table:set_aside" in changed:
            self._db.execute("UPDATE part SET stamp = NULL")
        for told in self._database.catalogue:
            if told.system == "reject" and f"fields:{told.name}" in changed:
                self._db.execute("UPDATE part SET stamp = NULL")

    def _note(self, key: str, value: str) -> None:
        self._db.execute(
            "INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
            (key, value),
        )


def _with_unread(issues: str | None, lost: Sequence[str]) -> str:
    known = orjson.loads(issues) if issues else []
    unread: list[dict[str, object]] = [
        {"code": "NOT_READ_YET", "field": name, "raw": None, "cell": None, "params": {}} for name in lost
    ]
    return orjson.dumps([*(issue for issue in known if issue["field"] not in lost), *unread]).decode()
