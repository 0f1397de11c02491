"""Looks up what the replica knows of one row: the parts of an entity, records by place or key, rejects, rows set aside, matches.

These are questions of a person about one row, not those of an operation: each is a statement of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from config.entities import Catalogue, Entity, FieldType, Hop
from connectors.connector import Aside
from replica.binding import Statement
from replica.reading import Reading
from replica.system import system_entity
from replica.tables import Tables, fold

MOST_KEYS = 20_000  # records whose keys are compared with one that was not found
MOST_ROWS = 50  # records, rejects or partners that are told at once
PSEUDO = ("file", "sheet")


@dataclass(frozen=True, slots=True)
class SeenPart:
    """A part as it was last read for an entity. `labels` leads from a field to the label of its column, `columns` are (label,
    name, fields); `stale` is why it could not be read since, {code, where, params}; `seen` is how many rows it had."""

    id: int
    source: str
    dataset: str
    key: str
    label: str
    file: str | None
    sheet: str | None
    grid: bool
    labels: Mapping[str, str]
    fetched_at: str
    stale: Mapping[str, Any] | None
    seen: int | None
    columns: Sequence[tuple[str, str, Sequence[str]]]


@dataclass(frozen=True, slots=True)
class StoredRow:
    """A record as it is stored. `values` are by column, `raw` its cells by column name."""

    part: SeenPart
    id: int
    node: str
    at: str
    live: bool
    current: bool
    content: str
    raw: Mapping[str, str]
    issues: Sequence[Mapping[str, Any]]
    values: Mapping[str, Any]

    @property
    def locator(self) -> str:
        return f"{self.part.label} › {self.at}"


@dataclass(frozen=True, slots=True)
class StoredReject:
    """A reject as it is stored; `raw` are the cells of its row by column name."""

    part: SeenPart
    at: str
    code: str
    field: str | None
    value: str | None
    cell: str | None
    params: Mapping[str, Any]
    raw: Mapping[str, str]

    @property
    def locator(self) -> str:
        return f"{self.part.label} › {self.at}"


@dataclass(frozen=True, slots=True)
class StoredMatch:
    """A match of a record, and its partner."""

    method: str
    confidence: float
    rule: str
    status: str
    why: str
    partner: StoredRow


class Trace:
    """Looks things up in one reading."""

    def __init__(self, reading: Reading, catalogue: Catalogue, tables: Tables) -> None:
        self._reading = reading
        self.catalogue = catalogue
        self._tables = tables
        self._parts: dict[str, dict[int, SeenPart]] = {}

    def ask(self, sql: str, *values: object) -> list[Any]:
        """The rows of a statement whose parameters are marked `?`."""
        if self._tables.dialect.name == "postgresql":
            from replica.postgres import numbered

            sql = numbered(sql)
        params = tuple((lambda _variables, _ids, value=value: value) for value in values)
        return self._reading.rows(Statement(sql, params), {})

    # -- parts --------------------------------------------------------------------------------------------------------

    def parts(self, entity: str) -> Mapping[int, SeenPart]:
        """The parts of an entity, in the order of their keys."""
        if entity not in self._parts:
            rows = self.ask(
                "SELECT p.id, p.source, p.dataset, p.key, p.label, p.file, p.sheet, p.grid, p.columns, p.fetched_at, p.stale,"
                " t.seen, t.columns FROM part p LEFT JOIN tally t ON t.part = p.id WHERE p.entity = ?"
                " ORDER BY p.source, p.dataset, p.key",
                entity,
            )
            self._parts[entity] = {row[0]: _part(*row) for row in rows}
        return self._parts[entity]

    def others(self, entity: str, fits: Callable[[SeenPart], bool]) -> list[str]:
        """The other entities that have a part which fits, in the order of the catalogue."""
        names = [one.name for one in self.catalogue if one.system is None and one.name != entity]
        return [name for name in names if any(fits(part) for part in self.parts(name).values())]

    def asides(self, part: SeenPart) -> list[Aside]:
        """The rows of a part that were set aside, in their order."""
        return [
            Aside(*row)
            for row in self.ask(
                "SELECT reason, first, last, rows, setting, text FROM set_aside WHERE part = ? ORDER BY place", part.id
            )
        ]

    def aside(self, part: SeenPart, at: str) -> Aside | None:
        """The range in which a row was set aside; one that is told whole before one that is told by its count alone."""
        near = [one for one in self.asides(part) if at in (one.first, one.last) or _spans(one, at)]
        exact = [one for one in near if at == one.first or _is_whole(one)]
        return next(iter([*exact, *near]), None)

    # -- records ------------------------------------------------------------------------------------------------------

    def records(self, entity: str, where: str, *values: object) -> list[StoredRow]:
        """Records of an entity, those that are set aside as duplicates among them."""
        table = self._tables.entities[entity].table
        names = [column.name for column in table.c]
        columns = ", ".join(f'e."{name}"' for name in names)
        rows = self.ask(
            f'SELECT {columns} FROM "{table.name}" e WHERE {where} ORDER BY e._live DESC, e._sort LIMIT {MOST_ROWS}',
            *values,
        )
        return list(self._stored(entity, names, rows))

    def at(self, entity: str, part: SeenPart, at: str) -> list[StoredRow]:
        """The records at a place."""
        return self.records(entity, "e._part = ? AND e._at = ?", part.id, at)

    def by_key(self, entity: Entity, key: Mapping[str, str]) -> list[StoredRow]:
        """The records whose key has these parts, exactly or else but for case, accents and blanks."""
        for is_loose in (False, True):
            conditions, values = ["1 = 1"], []
            for name, text in key.items():
                condition, value = self._compared(entity, name, text, is_loose=is_loose)
                conditions.append(condition)
                values.append(value)
            if found := self.records(entity.name, " AND ".join(conditions), *values):
                return found
        return []

    def _compared(self, entity: Entity, name: str, text: str, *, is_loose: bool) -> tuple[str, str]:
        field = entity.field(name)
        if field is None:
            column = "lower(p.{0})" if is_loose else "p.{0}"
            inner = f"SELECT p.id FROM part p WHERE {column.format(name)} = ?"
            return f"e._part IN ({inner})", text.lower() if is_loose else text
        if field.type.is_text:
            return (f'e."f_{name}" = ?', fold(text)) if is_loose else (f'e."c_{name}" = ?', text)
        if field.type.is_decimal:
            text = _scaled(text, field.scale)
        elif field.type is FieldType.INT and text.isdigit():
            text = str(int(text))
        return f'CAST(e."c_{name}" AS TEXT) = ?', text.upper() if field.type is FieldType.ENUM and is_loose else text

    def keys(self, entity: Entity, names: Sequence[str]) -> list[tuple[str | None, ...]]:
        """What stands in some parts of the key in the records that answer, each combination once."""
        wanted = ", ".join(f"p.{name}" if name in PSEUDO else f'CAST(e."c_{name}" AS TEXT)' for name in names)
        table = self._tables.entities[entity.name].table.name
        return self.ask(
            f'SELECT DISTINCT {wanted} FROM "{table}" e JOIN part p ON p.id = e._part WHERE e._live = 1 LIMIT {MOST_KEYS}'
        )

    def _stored(self, entity: str, names: Sequence[str], rows: Sequence[Any]) -> Iterator[StoredRow]:
        parts = self.parts(entity)
        for row in rows:
            values = dict(zip(names, row, strict=True))
            yield StoredRow(
                parts[values["_part"]],
                values["_id"],
                values["_node"],
                values["_at"],
                bool(values["_live"]),
                bool(values["_current"]),
                values["_hash"],
                orjson.loads(values["_raw"] or "{}"),
                orjson.loads(values["_issues"] or "[]"),
                values,
            )

    # -- rejects ------------------------------------------------------------------------------------------------------

    def rejects(self, entity: str, where: str = "1 = 1", *values: object, most: int = MOST_ROWS) -> list[StoredReject]:
        """Rejects of an entity."""
        told = system_entity(self.catalogue, "reject")
        if told is None:
            return []
        parts, found = self.parts(entity), []
        for part_id, locator, code, field, value, cell, params, raw in self.ask(
            'SELECT _part, c_locator, c_code, c_field, "c_rawValue", c_cell, c_params, _raw'
            f' FROM "e_{told.name}" WHERE c_entity = ? AND {where} ORDER BY _sort LIMIT {most}',
            entity,
            *values,
        ):
            if (part := parts.get(part_id)) is not None:  # not of a crosswalk, which has none
                at = locator.removeprefix(f"{part.label} › ")
                told_of = orjson.loads(params or "{}"), orjson.loads(raw or "{}")
                found.append(StoredReject(part, at, code, field, value, cell, *told_of))
        return found

    def rejects_at(self, entity: str, part: SeenPart, at: str) -> list[StoredReject]:
        """The rejects at a place."""
        return self.rejects(entity, "_part = ? AND c_locator = ?", part.id, f"{part.label} › {at}")

    def parts_at(self, entity: str, at: str) -> list[SeenPart]:
        """The parts in which something is known of a place of this name, whatever became of it."""
        parts = self.parts(entity)
        found = {row[0] for row in self.ask(f'SELECT _part FROM "e_{entity}" WHERE _at = ? LIMIT {MOST_ROWS}', at)}
        found |= {
            reject.part.id for reject in self.rejects(entity, "c_locator LIKE ? ESCAPE '!'", f"% › {_escaped(at)}")
        }
        aside = "SELECT a.part FROM set_aside a JOIN part p ON p.id = a.part WHERE p.entity = ? AND (a.first = ? OR a.last = ?)"
        found |= {row[0] for row in self.ask(f"{aside} LIMIT {MOST_ROWS}", entity, at, at)}
        return [part for part in parts.values() if part.id in found]

    # -- links --------------------------------------------------------------------------------------------------------

    def matches(self, hop: Hop, id_: int) -> list[StoredMatch]:
        """The matches of a record over a link, accepted ones first."""
        near, far = ("a", "b") if hop.forward else ("b", "a")
        table = self._tables.link(hop.link).name
        rows = self.ask(
            f'SELECT {far}, method, confidence, rule, status, why FROM "{table}" WHERE {near} = ?'
            f" ORDER BY status, confidence DESC, {far} LIMIT {MOST_ROWS}",
            id_,
        )
        partners = self.with_ids(hop.to, [row[0] for row in rows])
        return [
            StoredMatch(method, confidence / 1000, rule, status, why, partners[partner])
            for partner, method, confidence, rule, status, why in rows
            if partner in partners
        ]

    def with_ids(self, entity: str, ids: Sequence[int]) -> dict[int, StoredRow]:
        """Records by their internal numbers."""
        marks = ", ".join("?" * len(ids))
        return {row.id: row for row in self.records(entity, f"e._id IN ({marks})", *ids)} if ids else {}


def _part(
    id_: int,
    source: str,
    dataset: str,
    key: str,
    label: str,
    file: str | None,
    sheet: str | None,
    grid: int,
    labels: str,
    fetched_at: str,
    stale: str | None,
    seen: int | None,
    columns: str | None,
) -> SeenPart:
    return SeenPart(
        id_,
        source,
        dataset,
        key,
        label,
        file,
        sheet,
        bool(grid),
        orjson.loads(labels),
        fetched_at,
        orjson.loads(stale) if stale else None,
        seen,
        orjson.loads(columns or "[]"),
    )


def _escaped(text: str) -> str:
    """Text as LIKE compares it with itself alone."""
    return text.replace("!", "!!").replace("%", "!%").replace("_", "!_")


def _spans(aside: Aside, at: str) -> bool:
    """Whether a row's number lies between those of a range."""
    return _are_numbers(at, aside.first, aside.last) and int(aside.first) <= int(at) <= int(aside.last)


def _is_whole(aside: Aside) -> bool:
    """Whether a range holds every number from its first to its last."""
    return _are_numbers(aside.first, aside.last) and aside.rows == int(aside.last) - int(aside.first) + 1


def _are_numbers(*texts: str) -> bool:
    return all(text.isascii() and text.isdigit() for text in texts)


def _scaled(text: str, scale: int) -> str:
    """A plain number as a scaled integer, if it is one."""
    whole, _, rest = text.partition(".")
    return f"{whole}{rest.ljust(scale, '0')}" if (whole + rest).isdigit() and len(rest) <= scale else text
