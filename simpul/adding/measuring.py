"""Reads what was drafted as a sync would, and what the hub has already, to decide by what is found: which fields tell records
apart, which types hold, whose values are those of another entity."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations, pairwise
from typing import Any
from zoneinfo import ZoneInfo

import orjson

from config.entities import Entity, FieldType, Normalise
from config.hub import EntityMapping, HubConfig
from connectors.columns import rename_columns
from connectors.connector import Batch, Connector, Part
from connectors.errors import SourceError
from replica.identity import normalise
from replica.mapping import OWN, Mapper
from replica.tables import EntityTable

MAX_KNOWN = 50_000  # records of what the hub has already that are looked at
LONGEST = 400  # characters of a value that are looked at
KNOWN_SECONDS = 30.0  # for each dataset of it
_ISSUES = OWN.index("issues")
_KEPT_NEVERTHELESS = ("ROUNDED", "TEXT_DAMAGED")
"""Issues with values that are there."""
_KEPT = (FieldType.CODE, FieldType.TEXT, FieldType.INT, FieldType.CODES, FieldType.DATE, FieldType.ENUM)

_NUMBERED = re.compile(r"(?:id|kd|kode|no|nomor|code|number|nip|tahun|year)(?![a-z])|.*(?:Id|Kode|Nomor|Code|Number)\b")

ENOUGH = 0.8  # share of the values that another entity has to have
FEW = 3  # different values that have to be shared
SHORTEST = 3.0  # signs that shared values have on average: small numbers are in every table


@dataclass(slots=True)
class Measured:
    """What mappings of an entity read. `values` are those of a field record by record, as the replica keeps them; `places` the
    file and sheet of each record; `issues` how many cells of a field can't be read and why, `filled` how many hold a value."""

    entity: Entity
    records: int = 0
    rejects: Counter[str] = field(default_factory=Counter)
    issues: Counter[tuple[str, str]] = field(default_factory=Counter)
    filled: Counter[str] = field(default_factory=Counter)
    values: dict[str, list[str | None]] = field(default_factory=dict)
    places: list[tuple[str | None, str | None]] = field(default_factory=list)
    problems: list[SourceError] = field(default_factory=list)

    def compared(self, name: str) -> list[list[str]]:
        """The values of a field as a link compares them, record by record: several of a list, none where it is empty."""
        declared = self.entity.field(name)
        is_list = declared is not None and declared.type.is_list
        found: list[list[str]] = []
        known: dict[str, list[str]] = {}
        for value in self.values[name]:
            if value is None:
                found.append([])
                continue
            if value not in known:
                texts = orjson.loads(value) if is_list else [value]
                known[value] = [text for one in texts if (text := normalise(str(one), Normalise()))]
            found.append(known[value])
        return found


async def measure(
    entity: Entity,
    table: EntityTable,
    mappings: Iterable[EntityMapping],
    config: HubConfig,
    connectors: Mapping[str, Connector],
    *,
    whole: bool,
) -> Measured:
    """What some mappings of an entity read. A part that can't be read is among the problems. Of what is not wanted `whole`, up to
    MAX_KNOWN records are read, and no longer than KNOWN_SECONDS for each dataset."""
    found = Measured(entity)
    for mapping in mappings:
        try:
            async with asyncio.timeout(None if whole else KNOWN_SECONDS):
                limit = None if whole else MAX_KNOWN
                await _measure(found, table, mapping, config, connectors[mapping.source], limit)
        except TimeoutError:
            continue  # what has been read counts
    return found


async def _measure(
    found: Measured,
    table: EntityTable,
    mapping: EntityMapping,
    config: HubConfig,
    connector: Connector,
    limit: int | None,
) -> None:
    zone, names = (
        ZoneInfo(config.sources[mapping.source].timezone),
        config.sources[mapping.source].renamed(mapping.dataset),
    )
    try:
        parts = await connector.parts(mapping.dataset)
    except SourceError as error:
        found.problems.append(error)
        return
    for part in parts:
        mapper = Mapper(table, mapping, part, zone)
        try:
            batches = [rename_columns(batch, names) async for batch in connector.rows(mapping.dataset, part)]
            for batch in batches:
                mapper.observe(batch)
            for batch in batches:
                _note(found, mapper, part, batch)
        except SourceError as error:
            found.problems.append(error)
        if limit is not None and found.records >= limit:
            return


def _note(found: Measured, mapper: Mapper, part: Part, batch: Batch) -> None:
    mapped = mapper.map(batch)
    columns = [column for column in mapper.columns if column.startswith("c_")]
    kept = {name: mapper.columns.index(f"c_{name}") + len(OWN) for name in _names(found.entity, columns)}
    for name in kept:
        found.values.setdefault(name, [None] * found.records)
    for name, place in kept.items():
        values = [record[place] for record in mapped.records]
        found.filled[name] += sum(value is not None for value in values)
        found.values[name] += [None if value is None else str(value)[:LONGEST] for value in values]
    for other in found.values.keys() - kept.keys():
        found.values[other] += [None] * len(mapped.records)
    for record in mapped.records:
        told = orjson.loads(str(record[_ISSUES])) if record[_ISSUES] else ()
        for issue in (issue for issue in told if issue["code"] not in _KEPT_NEVERTHELESS):
            found.issues[issue["field"], issue["code"]] += 1
    found.rejects.update(reject.code for reject in mapped.rejects)
    found.places += [(part.file, part.sheet)] * len(mapped.records)
    found.records += len(mapped.records)


def _names(entity: Entity, columns: Sequence[str]) -> Iterator[str]:
    """The fields whose values are looked at."""
    for one in entity.fields:
        if f"c_{one.name}" in columns and one.type in _KEPT:
            yield one.name


# -- keys -------------------------------------------------------------------------------------------------------------


def find_key(found: Measured, preferred: Sequence[str], fields: Sequence[str]) -> tuple[str, ...]:
    """The fewest fields that tell the records apart and are filled in all of them; `file` and `sheet`, where the rows stand,
    help if nothing else does. Empty if there are none. `preferred` is the entity's own key."""
    if found.records == 0:
        return ()
    places: dict[str, list[Any]] = {
        name: [place[at] for place in found.places] for at, name in enumerate(("file", "sheet"))
    }
    places = {name: values for name, values in places.items() if len(set(values)) > 1 and None not in values}
    scopes = [(), *((name,) for name in places), *([tuple(places)] if len(places) > 1 else [])]
    columns = {name: found.values[name] for name in fields if name in found.values and None not in found.values[name]}
    columns = {
        name: values for name, values in columns.items() if (one := found.entity.field(name)) and not one.type.is_list
    }

    def is_key(*names: str) -> bool:
        rows = zip(*((columns.get(name) or places[name]) for name in names), strict=True)
        return len(set(rows)) == found.records

    if preferred and all(name in columns for name in preferred):
        for scope in scopes:
            if is_key(*scope, *preferred):
                return (*scope, *preferred)
    running = [name for name, values in columns.items() if _is_running(found.entity, name, values)]
    usable = sorted((name for name in columns if name not in running), key=lambda name: _rank(found.entity, name))
    usable = [name for name in usable if len(set(columns[name])) > 1]
    for scope in scopes:
        for size, most in ((1, len(usable)), (2, 10), (3, 7)):
            for names in combinations(usable[:most], size):
                if is_key(*scope, *names):
                    return (*scope, *names)
    for scope in scopes:
        for name in running:
            if is_key(*scope, name):
                return (*scope, name)
    return ()


def keys_of(found: Measured, key: Sequence[str]) -> list[tuple[str | None, ...]]:
    """The key of each record."""
    columns = {name: found.values.get(name, [None] * found.records) for name in key}
    columns |= {name: [place[at] for place in found.places] for at, name in enumerate(("file", "sheet")) if name in key}
    return [*zip(*(columns[name] for name in key), strict=True)]


def join(parts: Sequence[Measured]) -> Measured:
    """What several mappings of an entity read, as one."""
    whole = Measured(parts[0].entity)
    for part in parts:
        for name in {*whole.values, *part.values}:
            before = whole.values.setdefault(name, [None] * whole.records)
            before += part.values.get(name, [None] * part.records)
        whole.filled.update(part.filled)
        whole.places += part.places
        whole.records += part.records
    return whole


def _rank(entity: Entity, name: str) -> int:
    """Codes and numbers called so tell records apart better than names, and those better than what is counted."""
    declared = entity.field(name)
    if declared is None:
        return 0
    order = (FieldType.CODE, FieldType.TEXT, FieldType.ENUM, FieldType.DATE, FieldType.INT)
    rank = 0 if declared.type is FieldType.INT and _NUMBERED.match(name) else order.index(declared.type)
    return rank + (10 if declared.sensitive else 0)


def _is_running(entity: Entity, name: str, values: Sequence[str | None]) -> bool:
    """Whether a field only counts the rows."""
    numbers = [
        int(value) for value in values if value is not None and value.isascii() and value.isdigit() and len(value) < 8
    ]
    if len(numbers) < len(values) or not numbers or numbers[0] not in (0, 1):
        return False
    steps = sum(0 <= after - before <= 1 or after in (0, 1) for before, after in pairwise(numbers))
    return steps >= 0.95 * (len(numbers) - 1)


def find_fingerprint(found: Measured, fields: Sequence[str]) -> tuple[str, ...]:
    """The fields by which a record is known again where nothing tells records apart: what names it, not what it amounts to."""
    named = [
        name
        for name in fields
        if (one := found.entity.field(name))
        and one.type in (FieldType.CODE, FieldType.TEXT, FieldType.DATE, FieldType.INT)
    ]
    named = [name for name in named if found.filled[name] and not _is_running(found.entity, name, found.values[name])]
    return tuple(named[:8]) or tuple(fields[:8])


# -- links ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Overlap:
    """How many records of one entity name, in `left`, a value that `right` of another has. `rows` counts records in which it is
    filled; `unique` says that a value stands in one record of the other only; `parts` how many parts of a dotted code count."""

    left: str
    right: str
    matched: int
    rows: int
    unique: bool
    parts: int | None = None

    @property
    def share(self) -> float:
        """The part of the rows that match."""
        return self.matched / self.rows


def find_overlap(near: Measured, far: Measured) -> Overlap | None:
    """The fields of two entities that best tie the first to the second; None if none do."""
    found: list[tuple[tuple[bool, float, float], Overlap]] = []
    targets = {name: one for name in _linkable(far) if (one := _Target.of(far, name)) is not None}
    for left in _linkable(near):
        rows = near.compared(left)
        filled = [row for row in rows if row]
        if not filled:
            continue
        for right, target in targets.items():
            for parts in _lengths(near, left, target):
                overlap = _overlap(left, right, filled, near.values[left], target, parts)
                if overlap is not None:
                    length = sum(map(len, target.values)) / len(target.values)
                    found.append(((target.unique, round(overlap.share, 2), length), overlap))
    return max(found, key=lambda one: one[0], default=(None, None))[1]


@dataclass(frozen=True, slots=True)
class _Target:
    values: frozenset[str]
    unique: bool
    parts: int | None

    @staticmethod
    def of(found: Measured, name: str) -> _Target | None:
        """What a field of the far entity offers; None if it is not fit to be named: too few values, or the same all over."""
        rows = found.compared(name)
        filled = [value for row in rows for value in row]
        values = frozenset(filled)
        declared = found.entity.field(name)
        if len(values) < FEW or sum(map(len, values)) < SHORTEST * len(values):
            return None
        unique = len(filled) == len(values)
        if not unique and (declared is None or declared.type not in (FieldType.CODE, FieldType.CODES)):
            return None  # the same words in many records are a category
        if len(filled) > 200 * len(values):
            return None
        dotted = Counter(value.count(".") + 1 for value in found.values[name] if value)
        return _Target(values, unique, dotted.most_common(1)[0][0] if dotted else None)


def _lengths(near: Measured, left: str, target: _Target) -> list[int | None]:
    """The whole value, and if it is a longer dotted code than those of the target, as many parts of it."""
    declared = near.entity.field(left)
    if declared is None or declared.type is not FieldType.CODE or not target.parts or target.parts < 2:
        return [None]
    dotted = Counter(value.count(".") + 1 for value in near.values[left] if value)
    return [None, target.parts] if dotted and dotted.most_common(1)[0][0] > target.parts else [None]


def _overlap(
    left: str,
    right: str,
    filled: Sequence[Sequence[str]],
    stored: Sequence[str | None],
    target: _Target,
    parts: int | None,
) -> Overlap | None:
    if parts is not None:
        cut = [".".join(value.split(".")[:parts]) for value in stored if value]
        filled = [[text] for value in cut if (text := normalise(value, Normalise()))]
    matching = [[value for value in row if value in target.values] for row in filled]
    matched = sum(map(bool, matching))
    shared = {value for row in matching for value in row}
    if not filled or matched < ENOUGH * len(filled) or len(shared) < FEW:
        return None
    if sum(map(len, shared)) < SHORTEST * len(shared):
        return None
    return Overlap(left, right, matched, len(filled), target.unique, parts)


def _linkable(found: Measured) -> list[str]:
    """The fields whose values may name records of another entity."""
    names = []
    for name, values in found.values.items():
        declared = found.entity.field(name)
        if declared is None or declared.type not in (FieldType.CODE, FieldType.TEXT, FieldType.INT, FieldType.CODES):
            continue
        if (
            declared.sensitive
            or declared.raw_of is not None
            or _is_years(values)
            or _is_running(found.entity, name, values)
        ):
            continue
        names.append(name)
    return names


def _is_years(values: Sequence[str | None]) -> bool:
    return all(value is None or (value.isdigit() and len(value) == 4 and "1900" < value < "2100") for value in values)
