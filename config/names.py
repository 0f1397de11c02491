"""Names in the graph: what may be one, and which are taken already."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from config.entities import Entity, Link
from config.model import EntityWritten
from config.places import Places

Place = tuple[str | int, ...]

NAME = re.compile(r"(?!__)[_A-Za-z][_A-Za-z0-9]*", re.ASCII)
FIELDS = frozenset({"id", "provenance", "issues", "and", "or", "not", "within", "file", "sheet"})
"""What every record has, or may be asked by."""
ROOT = ("node", "nodes", "search")
TYPES = frozenset(
    {
        "Boolean",
        "BooleanComparison",
        "Date",
        "DateComparison",
        "DateGroup",
        "DateTime",
        "DateTimeComparison",
        "DateUnit",
        "Decimal",
        "DecimalComparison",
        "Direction",
        "Float",
        "Freshness",
        "ID",
        "IDComparison",
        "Int",
        "IntComparison",
        "Issue",
        "IssueLinkWhere",
        "IssueWhere",
        "Language",
        "Match",
        "MatchMethod",
        "MatchStatus",
        "MatchWhere",
        "Mutation",
        "Node",
        "PageInfo",
        "Provenance",
        "Query",
        "ReasonCode",
        "Record",
        "Scope",
        "SearchCount",
        "SearchEntity",
        "SearchHit",
        "SearchPart",
        "SearchResult",
        "SearchSnippet",
        "String",
        "StringComparison",
        "Subscription",
        "ValueGroup",
    }
)
"""The types that every hub has."""
SUFFIXES = (
    "",
    "Aggregate",
    "Avg",
    "By",
    "Connection",
    "Distinct",
    "Edge",
    "ExtremeOrder",
    "ExtremeWhere",
    "Group",
    "GroupBy",
    "GroupHaving",
    "GroupKey",
    "GroupOrder",
    "Key",
    "Known",
    "LinkGroup",
    "LinkOrder",
    "LinkWhere",
    "Max",
    "Min",
    "Order",
    "Ratio",
    "RatioOrder",
    "RatioWhere",
    "Sum",
    "SumOrder",
    "SumWhere",
    "Where",
)
"""What follows the name of an entity in the types that are made for it."""


def is_name(places: Places, name: str, place: Place, taken: Iterable[str] = ()) -> bool:
    """Whether a name can stand in the graph; if not, that is told."""
    if not NAME.fullmatch(name):
        places.add(place, "BAD_NAME", at_key=True, name=name)
    elif name in taken:
        places.add(place, "NAME_TAKEN", at_key=True, name=name)
    else:
        return True
    return False


def check_names(
    places: Places, builtin: Mapping[str, Entity], entities: Mapping[str, Entity], written: Mapping[str, EntityWritten]
) -> None:
    """Tells every declared name that clashes with another one. SQL tells no case apart, so neither may names."""
    types = {name.casefold() for name in TYPES}
    roots = set(ROOT)
    for entity in builtin.values():
        types |= {name.casefold() for name in types_of(entity)}
        roots |= {entity.singular, entity.plural}
    for entity in entities.values():
        if entity.name not in builtin:
            place: Place = ("entities", entity.name)
            made = {name.casefold() for name in types_of(entity)}
            asked = {entity.singular, entity.plural}
            if made & types:
                places.add(place, "NAME_TAKEN", at_key=True, name=entity.name)
            elif asked & roots or len(asked) < 2:
                name = entity.singular if entity.singular in roots else entity.plural
                places.add((*place, "plural"), "NAME_TAKEN", name=name)
            types |= made
            roots |= asked
        elif entity.plural != builtin[entity.name].plural and entity.plural in roots:
            places.add(("entities", entity.name, "plural"), "NAME_TAKEN", name=entity.plural)
    for entity in entities.values():
        _check_members(places, entity, builtin, entities, written)


def types_of(entity: Entity) -> Iterator[str]:
    """The names of the types that are made for an entity."""
    yield from (f"{entity.name}{suffix}" for suffix in SUFFIXES)
    for enum in (*(f.enum for f in entity.fields if f.enum), *(d.enum for d in entity.derived)):
        yield from (enum.name, f"{enum.name}Comparison")


def _check_members(
    places: Places,
    entity: Entity,
    builtin: Mapping[str, Entity],
    entities: Mapping[str, Entity],
    written: Mapping[str, EntityWritten],
) -> None:
    seen: set[str] = set()
    members = sorted(_members(entity, builtin, entities, written), key=lambda member: member[1] is not None)
    for name, place in members:
        if place is not None and name.casefold() in seen:
            places.add(place, "NAME_TAKEN", at_key=True, name=name)
        seen.add(name.casefold())


def _members(
    entity: Entity,
    builtin: Mapping[str, Entity],
    entities: Mapping[str, Entity],
    written: Mapping[str, EntityWritten],
) -> Iterator[tuple[str, Place | None]]:
    """Every name that a record of an entity has, and where it is declared: None if it is built in."""
    base = builtin.get(entity.name)
    for field in entity.fields:
        owner = field.raw_of or field.name
        known = base is not None and (base.field(owner) or base.link(owner))
        yield field.name, None if known else _field_place(entity.name, owner, written)
    for derived in entity.derived:
        yield derived.name, None
    for other in entities.values():
        for link in other.links:
            origin = builtin.get(other.name)
            known = origin is not None and origin.link(link.name)
            place = None if known else _link_place(link, written)
            if other.name == entity.name:
                yield link.name, place
                if not link.many:
                    yield f"{link.name}Match", place
            if link.to == entity.name and link.inverse:
                yield link.inverse, place
                if not link.inverse_many:
                    yield f"{link.inverse}Match", place


def _field_place(entity: str, name: str, written: Mapping[str, EntityWritten]) -> Place:
    for number, mapping in enumerate(written[entity].mappings if entity in written else ()):
        if name in mapping.fields:
            return ("entities", entity, "mappings", number, "fields", name)
    return ("entities", entity)


def _link_place(link: Link, written: Mapping[str, EntityWritten]) -> Place:
    return _field_place(link.source, link.name, written) if link.reference else ("links", f"{link.source}.{link.name}")
