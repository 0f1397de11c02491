"""Conditions as SQL expressions, with the graph's null logic and over links."""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import Decimal
from typing import Any, cast

from sqlalchemy import (
    Alias,
    BigInteger,
    ColumnElement,
    FromClause,
    Integer,
    and_,
    case,
    false,
    func,
    literal_column,
    not_,
    null,
    or_,
    select,
    true,
)
from sqlalchemy import Select as SqlSelect
from sqlalchemy import Text as AnyText
from sqlalchemy import cast as cast_to

from config.entities import Catalogue, Computed, Derived, Entity, Field, Hop
from connectors.select import And, Compare, Not, Op, Or
from replica.ask import EXTRA_PLACES, Count, HasIssues, Linked, Matched, Measure, Measured, Within
from replica.binding import NUMBER as NUMERIC
from replica.binding import (
    SUM_BASE,
    Binder,
    Stored,
    number_of,
    stored_as,
    stored_int,
    stored_node,
    stored_text,
    whole_decimal,
)
from replica.session import SQLITE
from replica.tables import Tables, fold
from replica.where import read_where

# SQLite before 3.46 parses with a stack of 100 entries, so a statement must not nest deeply. A condition has this much room;
# what needs more than is left becomes a common table expression, which stands in front of the statement.
ROOM = 60
LINK, EVERY, NEGATION, GROUP, DERIVED, MEASURE, LAST = 12, 5, 4, 3, 8, 12, 26

ZERO: ColumnElement[Any] = literal_column("0", Integer)
ONE: ColumnElement[Any] = literal_column("1", Integer)
NUMBER: ColumnElement[Any] = literal_column(str(SUM_BASE), Integer)
ACCEPTED: ColumnElement[Any] = literal_column("'ACCEPTED'")


class Conditions:
    """Writes conditions over records; `base` is always the aliased table of the entity in question."""

    def __init__(self, catalogue: Catalogue, tables: Tables, binder: Binder) -> None:
        self._catalogue = catalogue
        self._tables = tables
        self._binder = binder

    def condition(self, entity: Entity, base: Alias, condition: object, room: int = ROOM) -> ColumnElement[bool]:
        """An expression that is true where the condition holds; elsewhere false or NULL, which a filter treats alike.
        Only `Not` needs them told apart, and does so. `room` is what is left of SQLite's stack, see ROOM."""
        if room < LAST and not _is_flat(entity, condition):
            return self._apart(entity, base, condition)
        match condition:
            case And(conditions=parts):
                # SQLite tries them in this order
                return and_(
                    true(), *(self.condition(entity, base, part, room - GROUP) for part in sorted(parts, key=_dearness))
                )
            case Or(conditions=parts):
                return or_(false(), *(self.condition(entity, base, part, room - GROUP) for part in parts))
            case Not(condition=part):
                return self._negated(self.condition(entity, base, part, room - NEGATION))
            case Compare():
                return self._compare(entity, base, condition, room)
            case Linked():
                return self._linked(entity, base, condition, room)
            case Measured():
                return self._measured(entity, base, condition, room)
            case Matched():
                return self._matched(entity, base, condition)
            case Within(value=value):
                return self._within(entity, base, value)
            case HasIssues():
                return self._has_issues(base, condition)
            case _:
                raise TypeError(f"not a condition: {condition!r}")

    def _apart(self, entity: Entity, base: Alias, condition: object) -> ColumnElement[bool]:
        """The same as whether the record is among all those that satisfy the condition."""
        every = self._binder.alias(self._tables.entities[entity.name].table)
        satisfying = select(every.c._id.label("id")).where(self.condition(entity, every, condition))
        # not the bare column: SQLite would look for each of them beside each record, instead of for the record among them
        record = base.c._id + ZERO if self._tables.dialect is SQLITE else base.c._id
        return record.in_(select(satisfying.cte(self._binder.name("q")).c.id))

    def _negated(self, expression: ColumnElement[bool]) -> ColumnElement[bool]:
        return not_(func.coalesce(expression, false()))

    def _compare(self, entity: Entity, base: Alias, compare: Compare, room: int) -> ColumnElement[bool]:
        field = entity.field(compare.name)
        if compare.name == "id":
            return self._operator(base.c._node, compare.op, compare.value, stored_node(entity))
        if field is None and compare.name in ("file", "sheet"):
            part = self._binder.alias(self._tables.part)
            place = select(part.c[compare.name]).where(part.c.id == base.c._part).scalar_subquery()
            return self._operator(place, compare.op, compare.value, stored_text)
        if field is None:
            column = self.derived(entity, base, derived_of(entity, compare.name), room - GROUP)
            return self._operator(column, compare.op, compare.value, stored_text)
        if compare.op in (Op.CONTAINS, Op.STARTS_WITH):
            return self._folded(base.c[f"f_{field.name}"], compare)
        return self._operator(base.c[f"c_{field.name}"], compare.op, compare.value, stored_as(field))

    def _operator(
        self,
        column: ColumnElement[Any],
        op: Op,
        value: object,
        stored: Stored,
    ) -> ColumnElement[bool]:
        if op is Op.IS_NULL:
            return column.is_(null()) if value else column.is_not(null())
        if op is Op.IN:
            many = self._binder.list_of(value, number_of(column), lambda v: stored(op, v))
            return column.in_(select(many.c.value))
        operand = self._binder.value(value, lambda v: stored(op, v), number_of(column))
        match op:
            case Op.EQ:
                return column == operand
            case Op.NE:
                return column != operand
            case Op.LT:
                return column < operand
            case Op.LTE:
                return column <= operand
            case Op.GT:
                return column > operand
            case _:
                return column >= operand

    def _folded(self, column: ColumnElement[Any], compare: Compare) -> ColumnElement[bool]:
        needle = self._binder.value(compare.value, lambda v: fold(str(v)))
        if compare.op is Op.CONTAINS:
            return cast(ColumnElement[bool], self._binder.place_of(column, needle) > literal_column("0"))
        return func.substr(column, ONE, func.length(needle)) == needle

    def _partners(self, entity: Entity, base: Alias, name: str) -> tuple[Hop, Alias, Alias, SqlSelect[Any]]:
        """The hop, its matches, the table of its partners, and a select over the accepted ones of a record that count."""
        hop = self._catalogue.hops(entity.name)[name]
        match = self._binder.alias(self._tables.link(hop.link))
        partner = self._binder.alias(self._tables.entities[hop.to].table)
        near = self.near(hop, match) == base.c._id
        partners = match.join(partner, partner.c._id == self.far(hop, match))
        counted = partner.c[hop.counted] == ONE
        return hop, match, partner, select().select_from(partners).where(near, self.has_status(match, None), counted)

    def _linked(self, entity: Entity, base: Alias, linked: Linked, room: int) -> ColumnElement[bool]:
        hop, _, partner, partners = self._partners(entity, base, linked.hop)
        room -= LINK + (EVERY if linked.quantifier == "every" else 0)
        condition = self.condition(self._catalogue[hop.to], partner, linked.condition, room)
        if linked.quantifier == "every":
            condition = self._negated(condition)
        found = partners.add_columns(ONE).where(condition).exists()
        return found if linked.quantifier == "some" else not_(found)

    def _measured(self, entity: Entity, base: Alias, asked: Measured, room: int) -> ColumnElement[bool]:
        hop, _, partner, partners = self._partners(entity, base, asked.hop)
        target = self._catalogue[hop.to]
        condition = self.condition(target, partner, asked.condition, room - LINK - MEASURE)
        holds = self.compare_measure(target, partner, asked.measure, asked.op, asked.value)
        found = partners.add_columns(case((holds, ONE), else_=ZERO)).where(condition)
        return found.scalar_subquery() == ONE

    def figure(self, entity: Entity, base: Alias, name: str, measure: Measure) -> list[ColumnElement[Any]]:
        """A measure over the partners of a record as columns to sort by; null for a record that is not there."""
        hop, _, partner, partners = self._partners(entity, base, name)
        columns = self.measure(self._catalogue[hop.to], partner, measure)
        of = [partners.add_columns(column).scalar_subquery() for column in columns]
        return [case((base.c._id.is_not(null()), one)) for one in of]

    # -- measures -----------------------------------------------------------------------------------------------------

    def measure(
        self, entity: Entity, base: FromClause, measure: Measure, chosen: ColumnElement[bool] | None = None
    ) -> list[ColumnElement[Any]]:
        """A measure over a set as columns, of which only the `chosen` records count; sum, avg and ratio as (high, low) in which
        low is from 0 to SUM_BASE - 1, so that they compare as pairs do."""

        def of(column: ColumnElement[Any]) -> ColumnElement[Any]:
            return column if chosen is None else case((chosen, column))

        match measure.kind:
            case "count":
                return [func.count(of(base.c._id))]
            case "unreadable":
                broken = self.issue_exists(base, None, [measure.name])
                return [func.coalesce(func.sum(of(case((broken, 1), else_=0))), 0)]
            case "ratio":
                return self._ratio(entity, base, measure.name, of)
        column = of(base.c[f"c_{measure.name}"])
        match measure.kind:
            case "sum":
                high, low = self._halves(column)
                carry = case((low.op("%")(NUMBER) < ZERO, low.op("/")(NUMBER) - ONE), else_=low.op("/")(NUMBER))
                return [high + carry, low - carry * NUMBER]
            case "avg":
                return self._binder.divided(self._halves(column), (ZERO, func.count(column)), EXTRA_PLACES)
            case "min":
                return [func.min(column)]
            case "max":
                return [func.max(column)]
            case "known":
                return [func.count(column)]
            case _:
                return [func.count(column.distinct())]

    def _ratio(
        self, entity: Entity, base: FromClause, name: str, of: Callable[[ColumnElement[Any]], ColumnElement[Any]]
    ) -> list[ColumnElement[Any]]:
        field = cast(Field, entity.field(name))
        computed = cast(Computed, field.computed)
        sides = [cast(Field, entity.field(side)) for side in (computed.left, computed.right)]
        left, right = (base.c[f"c_{side.name}"] for side in sides)
        both = and_(left.is_not(null()), right.is_not(null()))
        places = field.scale + sides[1].scale - sides[0].scale
        halves = [self._halves(of(case((both, side)))) for side in (left, right)]
        return self._binder.divided(halves[0], halves[1], places)

    def _halves(self, column: ColumnElement[Any]) -> tuple[ColumnElement[Any], ColumnElement[Any]]:
        """The sums of a column's parts above and below SUM_BASE: neither outgrows 64 bits as the whole sum might."""
        high, low = func.sum(column.op("/")(NUMBER)), func.sum(column.op("%")(NUMBER))
        if self._tables.dialect is SQLITE:
            return high, low
        return cast_to(high, BigInteger), cast_to(low, BigInteger)

    def compare_measure(
        self, entity: Entity, base: FromClause, measure: Measure, op: Op, value: object
    ) -> ColumnElement[bool]:
        """`op value` on a measure over a set."""
        columns = self.measure(entity, base, measure)
        field = entity.field(measure.name)
        scale = scale_of(field, measure)
        if len(columns) == 1:
            stored = stored_as(field) if field is not None and measure.kind in ("min", "max") else stored_int
            return self._operator(columns[0], op, value, stored)
        high, low = columns

        def pair(of: object) -> tuple[object, object]:
            return _pair(whole_decimal(op, cast(Decimal, of), scale))

        if op is Op.IS_NULL:
            return high.is_(null()) if value else high.is_not(null())
        if op is Op.IN:
            many = self._binder.list_of(value, convert=lambda v: "{}:{}".format(*pair(v)))
            both = cast_to(high, AnyText) + literal_column("':'", AnyText) + cast_to(low, AnyText)
            return both.in_(select(many.c.value))
        first = self._binder.value(value, lambda v: pair(v)[0], NUMERIC)
        second = self._binder.value(value, lambda v: pair(v)[1], NUMERIC)
        same = and_(high == first, low == second)
        match op:
            case Op.EQ:
                return same
            case Op.NE:
                return not_(same)
            case Op.LT | Op.LTE:
                less = or_(high < first, and_(high == first, low < second))
                return less if op is Op.LT else or_(less, same)
            case _:
                more = or_(high > first, and_(high == first, low > second))
                return more if op is Op.GT else or_(more, same)

    def _matched(self, entity: Entity, base: Alias, matched: Matched) -> ColumnElement[bool]:
        _, match, _, partners = self._partners(entity, base, matched.hop)
        if matched.methods is not None:
            methods = self._binder.list_of(matched.methods)
            partners = partners.where(match.c.method.in_(select(methods.c.value)))
        found = partners.add_columns(ONE).exists()
        return not_(found) if matched.missing else found

    def _within(self, entity: Entity, base: Alias, value: object) -> ColumnElement[bool]:
        hop = self._catalogue.hops(entity.name)[cast(str, entity.hierarchy)]
        match = self._binder.alias(self._tables.link(hop.link))
        top = self._binder.alias(self._tables.entities[entity.name].table)
        code = top.c[f"c_{entity.finders[0].field}"]
        root = select(top.c._id.label("id")).where(code == self._binder.value(value, str), top.c._current == ONE)
        below = root.cte(self._binder.name("below"), recursive=True)
        child = select(self.near(hop, match)).where(
            self.far(hop, match) == below.c.id,
            match.c.status == ACCEPTED,
        )
        below = below.union(child)
        return base.c._id.in_(select(below.c.id))

    def _has_issues(self, base: Alias, asked: HasIssues) -> ColumnElement[bool]:
        if isinstance(asked.quantifier, Count):
            number = func.coalesce(self._binder.length_of(base.c._issues), literal_column("0"))
            return self._operator(number, asked.quantifier.op, asked.quantifier.value, stored_int)
        found = self.issue_exists(base, asked.codes, asked.fields)
        return found if asked.quantifier == "some" else not_(found)

    def issue_exists(self, base: FromClause, codes: object, fields: object) -> ColumnElement[bool]:
        issue = self._binder.items_of(base.c._issues, self._binder.name("i"))
        conditions: list[ColumnElement[bool]] = [base.c._issues.is_not(null())]
        for member, values in (("code", codes), ("field", fields)):
            if values is not None:
                wanted = self._binder.list_of(values)
                found = self._binder.member(issue.c.value, member)
                conditions.append(found.in_(select(wanted.c.value)))
        return select(ONE).select_from(issue).where(*conditions).exists()

    def derived(self, entity: Entity, base: Alias, derived: Derived, room: int = ROOM) -> ColumnElement[Any]:
        whens = [
            (
                self.condition(entity, base, read_where(self._catalogue, entity, where), room - DERIVED),
                _literal(value),
            )
            for where, value in derived.cases
        ]
        otherwise = _literal(derived.otherwise)
        return cast(ColumnElement[Any], self._binder.ordered(case(*whens, else_=otherwise) if whens else otherwise))

    # -- links -------------------------------------------------------------------------------------------------------

    def near(self, hop: Hop, match: Alias) -> ColumnElement[Any]:
        return match.c.a if hop.forward else match.c.b

    def far(self, hop: Hop, match: Alias) -> ColumnElement[Any]:
        return match.c.b if hop.forward else match.c.a

    def has_status(self, match: Alias, statuses: object) -> ColumnElement[bool]:
        if statuses is None:
            return match.c.status == ACCEPTED
        wanted = self._binder.list_of(statuses)
        return match.c.status.in_(select(wanted.c.value))


def scale_of(field: Field | None, measure: Measure) -> int:
    """How many places the whole number stands for with which a measure of a field comes."""
    scale = field.scale if field is not None and field.type.is_decimal else 0
    return scale + EXTRA_PLACES if measure.kind == "avg" else scale


def _pair(number: int | float) -> tuple[object, object]:
    """A number to compare a sum with, as (high, low)."""
    if isinstance(number, float):
        return (number, 0) if math.isinf(number) else (0, number)
    high, low = divmod(number, SUM_BASE)
    return stored_int(Op.EQ, high), low


def _is_flat(entity: Entity, condition: object) -> bool:
    """Whether a condition needs no more room than any expression does."""
    match condition:
        case And(conditions=()) | Or(conditions=()):
            return True
        case Compare(name=name):
            return name in ("id", "file", "sheet") or entity.field(name) is not None
        case _:
            return False


def _dearness(condition: object) -> int:
    """What is dear to find out of a record comes last."""
    match condition:
        case Compare() | HasIssues() | Within():
            return 0
        case Measured():
            return 2
        case And(conditions=parts) | Or(conditions=parts):
            return max(map(_dearness, parts), default=0)
        case Not(condition=part):
            return _dearness(part)
        case _:
            return 1


def derived_of(entity: Entity, name: str) -> Derived:
    return next(derived for derived in entity.derived if derived.name == name)


def _literal(value: str) -> ColumnElement[Any]:
    """An enum value of our own as SQL text; such names are made of letters and underscores only."""
    if not value.replace("_", "").isalnum():
        raise ValueError(f"not an enum value: {value}")
    return literal_column(f"'{value}'", AnyText)
