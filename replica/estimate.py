"""How much work a question is, judged from how many records and matches there are; nothing is read.

The numbers are rows: what a statement looks at, at most as far as can be told beforehand, and what it brings. They say which of
two questions is dearer and whether one is bounded, not how long it takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from config.entities import Catalogue, Entity, FieldType, Hop
from connectors.select import And, Compare, Not, Op, Or
from replica.ask import (
    ByNode,
    Dimension,
    Everything,
    Groups,
    HasIssues,
    Linked,
    Matched,
    Measure,
    Measured,
    Members,
    Partners,
    Rows,
    Slot,
    Sort,
    Start,
    Totals,
    Variables,
    Within,
)

Sizes = Mapping[str, int]
"""How many rows there are: `entity:NAME` and `link:ENTITY.NAME`. What is missing is empty."""

BY_INDEX = (Op.EQ, Op.IN, Op.LT, Op.LTE, Op.GT, Op.GTE)
PICKED = 0.1  # the share of records that an index leaves over where the values are not known
LEVELS = 4  # steps of a hierarchy that are climbed or descended
GROUPS = 1_000


@dataclass(frozen=True, slots=True)
class Estimate:
    """Rows that a statement or a set of records looks at, and rows that it brings."""

    looked: float
    found: float


class Estimator:
    """Judges questions about a replica of these sizes."""

    def __init__(self, catalogue: Catalogue, sizes: Sizes) -> None:
        self._catalogue = catalogue
        self._sizes = sizes

    def of(self, question: Rows | Totals | Groups, starts: float, variables: Variables) -> Estimate:
        """What a question costs that starts from so many records, identities or groups."""
        if isinstance(question, Rows):
            return self._rows(question, starts, variables)
        if isinstance(question, Totals):
            return self._totals(question, starts, variables)
        return self._groups(question, starts, variables)

    def size(self, entity: str) -> float:
        """How many records there are."""
        return self._sizes.get(f"entity:{entity}", 0)

    # -- questions ----------------------------------------------------------------------------------------------------

    def _rows(self, rows: Rows, starts: float, variables: Variables) -> Estimate:
        asked = self._set(rows.entity, rows.start, rows.where, starts, variables)
        entity = self._catalogue[rows.entity]
        size = _read(rows.page.size, variables)
        pages = starts if isinstance(rows.start, Partners | Members) else 1
        found = asked.found if size is None else min(asked.found, pages * size)
        looked = asked.looked
        if self._ends_early(rows):
            looked = min(looked, found + (_read(rows.page.offset, variables) or 0))
        each = sum(self._sort(entity, sort) for sort in rows.order)
        beside = sum(len(path) for path in {output.path for output in rows.outputs})
        return Estimate(looked * (1 + self._condition(entity, rows.where)) + asked.found * each + found * beside, found)

    def _ends_early(self, rows: Rows) -> bool:
        """Whether the statement follows an index and stops once the page is full."""
        return not rows.order and rows.where == And(()) and not isinstance(rows.start, Partners | Members)

    def _totals(self, totals: Totals, starts: float, variables: Variables) -> Estimate:
        asked = self._set(totals.entity, totals.start, totals.where, starts, variables)
        entity = self._catalogue[totals.entity]
        each = self._condition(entity, totals.where) + self._measures(entity, totals.measures)
        return Estimate(asked.looked * (1 + each), starts if isinstance(totals.start, Partners) else 1)

    def _groups(self, groups: Groups, starts: float, variables: Variables) -> Estimate:
        members = self._members(groups, starts, variables)
        size = _read(groups.page.size, variables)
        several = starts if isinstance(groups.start, Partners) else 1
        return Estimate(members.looked, min(members.found, several * (GROUPS if size is None else size)))

    def _members(self, groups: Groups, starts: float, variables: Variables) -> Estimate:
        asked = self._set(groups.entity, groups.start, groups.where, starts, variables)
        entity = self._catalogue[groups.entity]
        each = self._condition(entity, groups.where) + self._measures(entity, groups.measures)
        looked, left = asked.looked * (1 + each), asked.found
        for by in groups.by:
            left *= self._width(groups.entity, by.path)
            looked += left * len(by.path) + self._climbed(groups.entity, by)
        return Estimate(looked, left)

    def _climbed(self, entity: str, by: Dimension) -> float:
        """Every record of a hierarchy is followed up to its level once."""
        return self.size(self._catalogue.end_of(entity, by.path)) * LEVELS if by.kind == "above" else 0

    # -- sets ---------------------------------------------------------------------------------------------------------

    def _set(self, name: str, start: Start, where: object, starts: float, variables: Variables) -> Estimate:
        entity = self._catalogue[name]
        match start:
            case ByNode():
                return Estimate(starts, starts)
            case Members(groups=groups):
                return self._members(groups, starts, variables)
            case Partners():
                many = starts * self._fan_out(self._catalogue.hops(start.entity)[start.hop])
                return Estimate(many, many)
            case _:
                looked = max(self.size(name) * self._picked(entity, where), 1.0)
                return Estimate(looked, looked)

    def _picked(self, entity: Entity, where: object) -> float:
        """The share of all records that is looked at because of an index."""
        shares = [self._by_index(entity, part) for part in conjuncts(where)]
        return min(shares, default=1.0)

    def _by_index(self, entity: Entity, part: object) -> float:
        match part:
            case Compare(name="id"):
                return 1 / max(self.size(entity.name), 1)
            case Compare(name=name, op=Op.EQ | Op.IN):
                field = entity.field(name)
                if field is None or not field.indexed:
                    return 1.0
                return 1 / max(self.size(entity.name), 1) if entity.key == (name,) else PICKED
            case Compare(name=name, op=Op.LT | Op.LTE | Op.GT | Op.GTE):
                field = entity.field(name)
                return 0.5 if field is not None and field.indexed else 1.0
            case _:
                return 1.0

    # -- what is done for each record -----------------------------------------------------------------------------------

    def _condition(self, entity: Entity, condition: object) -> float:
        """Rows of other tables that are looked at for one record."""
        match condition:
            case And(conditions=parts) | Or(conditions=parts):
                return sum(self._condition(entity, part) for part in parts)
            case Not(condition=part):
                return self._condition(entity, part)
            case Linked(hop=name, condition=part) | Measured(hop=name, condition=part):
                hop = self._catalogue.hops(entity.name)[name]
                return self._fan_out(hop) * (1 + self._condition(self._catalogue[hop.to], part))
            case Matched(hop=name):
                return self._fan_out(self._catalogue.hops(entity.name)[name])
            case Within() | HasIssues():
                return 1
            case Compare(name=name) if entity.field(name) is None and name not in ("id", "file", "sheet"):
                return 2  # worked out from the record's links
            case _:
                return 0

    def _measures(self, entity: Entity, measures: Sequence[Measure]) -> float:
        return sum(self._condition(entity, m.condition) for m in measures if m.condition is not None)

    def _sort(self, entity: Entity, sort: Sort) -> float:
        end = self._catalogue[self._catalogue.end_of(entity.name, sort.path)]
        hop = None if sort.hop is None else self._catalogue.hops(end.name)[sort.hop]
        return len(sort.path) + (0 if hop is None else self._fan_out(hop))

    def _fan_out(self, hop: Hop) -> float:
        """Partners of a record on average."""
        link = hop.link
        near = link.source if hop.forward else link.to
        return self._sizes.get(f"link:{link.source}.{link.name}", 0) / max(self.size(near), 1)

    def _width(self, entity: str, path: Sequence[str]) -> float:
        """How many ends a path leads to on average, at least one: who has none is in the group of null."""
        width = 1.0
        for hop_name in path:
            hop = self._catalogue.hops(entity)[hop_name]
            if hop.many:
                width *= max(self._fan_out(hop), 1)
            entity = hop.to
        return width


def scanned_for(catalogue: Catalogue, question: object) -> tuple[str, tuple[str, ...]] | None:
    """The entity all of whose records a question looks at although it asks for some values of a field, and the fields of
    which an index would help; None if it does not."""
    if not isinstance(question, Rows | Totals | Groups) or not isinstance(question.start, Everything):
        return None
    entity = catalogue[question.entity]
    wanted: list[str] = []
    leading = {names[0] for names in entity.filterable_together}
    for part in conjuncts(question.where):
        if not isinstance(part, Compare) or part.op not in BY_INDEX:
            continue
        field = entity.field(part.name)
        if part.name in ("id", *leading) or (field is not None and field.indexed):
            return None
        if field is not None and field.type is not FieldType.BOOLEAN:  # half of all records are no gain
            wanted.append(field.name)
    return (entity.name, tuple(wanted)) if wanted else None


def conjuncts(where: object) -> list[object]:
    """The conditions that must all hold."""
    if isinstance(where, And):
        return [found for part in where.conditions for found in conjuncts(part)]
    return [where]


def _read(slot: Slot | None, variables: Variables) -> int | None:
    return None if slot is None else cast(int, slot.read(variables))
