"""From a `where` as plain data, in the names of the graph, to conditions. Leaves are values or slots."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Literal, cast

from config.entities import Catalogue, Entity
from connectors.select import And, Compare, Not, Op, Or
from replica.ask import COUNT, Count, HasIssues, Linked, Matched, Measure, Measured, MeasureKind, Within

Where = Mapping[str, object]

NEVER = Or(())
ALWAYS = And(())


def read_where(catalogue: Catalogue, entity: Entity, where: Where) -> object:
    """The condition that `where` states: all of its members hold. A member that is null states nothing."""
    members = [_member(catalogue, entity, name, value) for name, value in where.items() if value is not None]
    return members[0] if len(members) == 1 else And(tuple(members))


def _member(catalogue: Catalogue, entity: Entity, name: str, value: object) -> object:
    if name in ("and", "or"):
        parts = tuple(read_where(catalogue, entity, part) for part in cast("Sequence[Where]", value))
        return And(parts) if name == "and" else Or(parts)
    if name == "not":
        return Not(read_where(catalogue, entity, cast(Where, value)))
    if name == "within" and entity.hierarchy:
        return Within(value)
    if name == "issues":
        return _issues(cast(Where, value))
    if name == "id" or entity.field(name) or any(derived.name == name for derived in entity.derived):
        return _comparison(name, cast(Where, value))
    hops = catalogue.hops(entity.name)
    if name in hops:
        return _linked(catalogue, name, hops[name].to, hops[name].many, cast(Where, value))
    return _matched(name.removesuffix("Match"), cast(Where, value))


def _comparison(name: str, comparison: Where) -> object:
    return And(tuple(compared(comparison, lambda op, value: Compare(name, op, value))))


def compared(comparison: Where, ask: Callable[[Op, object], object]) -> list[object]:
    """What each member of a comparison asks. A null operand is like no value: no comparison with it is true."""
    parts: list[object] = []
    for op, operand in comparison.items():
        if op == "isNull":
            if operand is not None:
                parts.append(ask(Op.IS_NULL, operand))
        else:
            parts.append(NEVER if operand is None else ask(Op(op), operand))
    return parts


def _linked(catalogue: Catalogue, hop: str, to: str, many: bool, value: Where) -> object:
    entity = catalogue[to]
    if not many:
        return Linked(hop, "some", read_where(catalogue, entity, value))
    looked_at = read_where(catalogue, entity, cast(Where, value.get("of") or {}))

    def measured(kind: MeasureKind, name: str, comparison: Where) -> list[object]:
        measure = COUNT if kind == "count" else Measure(kind, name)
        return compared(comparison, lambda op, operand: Measured(hop, measure, op, operand, looked_at))

    parts: list[object] = []
    for member, operand in value.items():
        match member, operand:
            case (_, None) | ("of", _):
                pass
            case "count", _:
                parts += measured("count", "", cast(Where, operand))
            case ("sum" | "avg" | "ratio" | "min" | "max") as kind, _:
                for name, comparison in cast(Where, operand).items():
                    parts += measured(kind, name, cast(Where, comparison or {}))
            case _:
                condition = read_where(catalogue, entity, cast(Where, operand))
                parts.append(Linked(hop, cast("Literal['some', 'none', 'every']", member), condition))
    return And(tuple(parts))


def _matched(hop: str, value: Where) -> object:
    parts: list[object] = []
    if value.get("isNull") is not None:
        parts.append(Matched(hop, missing=bool(value["isNull"])))
    if value.get("method") is not None:
        parts.append(Matched(hop, methods=value["method"]))
    return And(tuple(parts))


def _issues(value: Where) -> object:
    parts: list[object] = []
    for quantifier, operand in value.items():
        if operand is None:
            continue
        inner = cast(Where, operand)
        if quantifier == "count":
            parts += compared(inner, _issue_count)
        else:
            asked = cast("Literal['some', 'none']", quantifier)
            parts.append(HasIssues(asked, inner.get("code"), inner.get("field")))
    return And(tuple(parts))


def _issue_count(op: Op, value: object) -> object:
    """A number of issues is never null."""
    if op is Op.IS_NULL:
        return NEVER if value else ALWAYS
    return HasIssues(Count(op, value))
