"""The records that the hub itself keeps: rejects and sources. They are written as far as they differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson

from config.entities import Catalogue, Entity
from replica.database import Database
from replica.identity import node_of, sort_text
from replica.session import Session
from replica.tables import fold

Values = Mapping[str, object]
TIMES = ("readAt", "triedAt", "dueAt", "retryAt", "tookMs")
"""Fields of a source that change with every sync, whatever it brings."""


def system_entity(catalogue: Catalogue, role: str) -> Entity | None:
    """The entity whose records the hub itself writes in this role."""
    return next((entity for entity in catalogue if entity.system == role), None)


def system_row(entity: Entity, key: Sequence[str], part: int, now: str, values: Values) -> dict[str, object]:
    """A row of a system entity's table, column by column."""
    node = node_of(entity.name, key)
    row: dict[str, object] = {
        "_node": node,
        "_sort": sort_text(key, node),
        "_part": part,
        "_at": "",
        "_hash": "",
        "_live": 1,
        "_current": 1,
        "_changed": now,
        "_raw": None,
    }
    for field in entity.fields:
        value = values.get(field.name)
        row[f"c_{field.name}"] = value
        if field.type.is_text:
            row[f"f_{field.name}"] = None if value is None else fold(str(value))
    return row


class Rejects:
    """The rejects of a sync: `clear` those that are told anew, `add` what there is to tell, then `settle` once."""

    def __init__(self, db: Session, database: Database, now: str) -> None:
        self._db = db
        self._database = database
        self._entity = system_entity(database.catalogue, "reject")
        self._now = now
        self._told: dict[object, dict[str, object]] = {}
        db.execute("CREATE TEMP TABLE IF NOT EXISTS cleared (id BIGINT PRIMARY KEY)")
        db.execute("DELETE FROM cleared")

    def clear(self, where: str, parameters: Sequence[object] = ()) -> None:
        """Marks rejects that go unless they are told again."""
        if self._entity is not None:
            table = f'"e_{self._entity.name}"'
            self._db.execute(
                f"INSERT INTO cleared SELECT _id FROM {table} WHERE {where} ON CONFLICT DO NOTHING", parameters
            )

    def add(
        self,
        *,
        part: int,
        source: str,
        dataset: str,
        entity: str,
        code: str,
        locator: str,
        params: str,
        field: str | None = None,
        raw: str | None = None,
        cell: str | None = None,
        place: str = "",
        row: str | None = None,
    ) -> None:
        """Tells of a row that could not be taken. `place` is the key of its part, `row` its cells as they stand in it."""
        if self._entity is None:
            return
        values = {
            "source": source,
            "dataset": dataset,
            "entity": entity,
            "code": code,
            "field": field,
            "rawValue": raw,
            "cell": cell,
            "locator": locator,
            "params": params,
        }
        key = [source, dataset, place, locator, entity, code, field or ""]
        told = system_row(self._entity, key, part, self._now, values)
        number = 1
        while part and told["_node"] in self._told:  # rows of a part that nothing tells apart
            number += 1
            told = system_row(self._entity, [*key, str(number)], part, self._now, values)
        self._told[told["_node"]] = {**told, "_raw": row}

    def settle(self) -> bool:
        """Writes what differs; whether anything did."""
        if self._entity is None:
            return False
        db, table, told = self._db, f'"e_{self._entity.name}"', list(self._told.values())
        columns = list(system_row(self._entity, [], 0, "", {}))
        names = ", ".join(f'"{column}"' for column in columns)
        db.execute("DROP TABLE IF EXISTS told")
        made = self._database.tables.entities[self._entity.name].table.c
        typed = ", ".join(f'"{name}" {made[name].type.compile(dialect=self._database.dialect.sql)}' for name in columns)
        db.execute(f'CREATE TEMP TABLE told ({typed}, PRIMARY KEY ("_node"))')
        marks = ", ".join("?" * len(columns))
        db.executemany(f"INSERT INTO told VALUES ({marks})", [list(row.values()) for row in told])
        compared = [column for column in columns if column != "_changed"]
        old, new = (", ".join(f'{alias}."{column}"' for column in compared) for alias in ("e", "t"))
        same = f"SELECT e._id FROM {table} e JOIN told t ON t._node = e._node WHERE ({old}) {self._database.dialect.same} ({new})"
        removed = db.execute(
            f"DELETE FROM {table} WHERE (_id IN (SELECT id FROM cleared) OR _node IN (SELECT _node FROM told))"
            f" AND _id NOT IN ({same})"
        ).rowcount
        added = db.execute(
            f"INSERT INTO {table} (_id, {names}) SELECT (SELECT coalesce(max(_id), 0) FROM {table}) +"
            f" row_number() OVER (ORDER BY _sort), {names} FROM told WHERE _node NOT IN (SELECT _node FROM {table})"
        ).rowcount
        return bool(removed or added)


def write_source(db: Session, entity: Entity, now: str, values: Values) -> bool:
    """Writes the record of a source; whether more than its times has changed."""
    row = system_row(entity, [str(values["name"])], 0, now, values)
    names = ["_id", *row]
    columns = ", ".join(f'"{name}"' for name in names)
    known = db.execute(f'SELECT {columns} FROM "e_{entity.name}" WHERE _node = ?', (row["_node"],)).fetchone()
    old = dict(zip(names, known or (), strict=False))
    lasting = [name for name in row if name not in ("_changed", *(f"c_{time}" for time in TIMES))]
    is_changed = not old or any(old[name] != row[name] for name in lasting)
    if old:
        row["_changed"] = now if is_changed else old["_changed"]
        sets = ", ".join(f'"{name}" = ?' for name in row)
        db.execute(f'UPDATE "e_{entity.name}" SET {sets} WHERE _id = ?', [*row.values(), old["_id"]])
    else:
        marks = f'(SELECT coalesce(max(_id), 0) + 1 FROM "e_{entity.name}")' + ", ?" * len(row)
        db.execute(f'INSERT INTO "e_{entity.name}" ({columns}) VALUES ({marks})', list(row.values()))
    return is_changed


@dataclass(frozen=True, slots=True)
class SourceState:
    """How a source stood at its last sync. `state` is FRESH, STALE, UNAVAILABLE or UNKNOWN; `problem` {code, where, params} of a
    sync that failed, `drift` how it differed from what was agreed (`replica.shapes`); `due_at` when it should have been read again,
    `retry_at` until when it is left alone after failures."""

    name: str
    kind: str
    state: str
    read_at: datetime | None
    tried_at: datetime | None
    due_at: datetime | None
    retry_at: datetime | None
    took: timedelta | None
    records: int
    rejects: int
    issues: int
    problem: Mapping[str, Any] | None
    drift: Sequence[Mapping[str, Any]]

    def lag(self, now: datetime) -> timedelta:
        """By how much it is older than its `refresh` promises."""
        return max(now - self.due_at, timedelta()) if self.due_at else timedelta()

    def rests(self, now: datetime) -> bool:
        """Whether it is left alone."""
        return self.retry_at is not None and self.retry_at > now


def read_sources(database: Database) -> tuple[SourceState, ...]:
    """All sources that the replica knows, by name. Raises one of `database.errors`, also where there is no replica yet."""
    entity = system_entity(database.catalogue, "source")
    if entity is None:
        return ()
    with closing(database.connect(readonly=True)) as db:
        rows = db.execute(
            'SELECT c_name, c_kind, c_state, "c_readAt", "c_triedAt", "c_dueAt", "c_retryAt", "c_tookMs", c_records, c_rejects,'
            f' c_issues, c_problem, c_drift FROM "e_{entity.name}" ORDER BY c_name'
        ).fetchall()
    return tuple(_source_state(*row) for row in rows)


def _source_state(
    name: str,
    kind: str,
    state: str,
    read_at: str | None,
    tried_at: str | None,
    due_at: str | None,
    retry_at: str | None,
    took: int | None,
    records: int,
    rejects: int,
    issues: int,
    problem: str | None,
    drift: str | None,
) -> SourceState:
    return SourceState(
        name,
        kind,
        state,
        _moment(read_at),
        _moment(tried_at),
        _moment(due_at),
        _moment(retry_at),
        None if took is None else timedelta(milliseconds=took),
        records or 0,
        rejects or 0,
        issues or 0,
        orjson.loads(problem) if problem else None,
        orjson.loads(drift) if drift else (),
    )


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
