"""Completing entities: companions of enums and references, and the key rules that references get from their target."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from config.entities import Catalogue, Derived, Entity, Field, FieldType, Finder, KeyRule, Link, Text

SYSTEM = "source", "reject"


def complete(entity: Entity, by_name: Mapping[str, Entity]) -> Entity:
    """The entity with the fields and rules that follow from its declaration."""
    fields = []
    for field in entity.fields:
        fields.append(field)
        if field.type is FieldType.ENUM:
            fields.append(_raw(field.name, f"{field.name}Raw", field.description))
    links = []
    for link in entity.links:
        if link.reference:
            fields.append(_raw(link.name, f"{link.name}Raw", link.description))
            fields.append(_raw(link.name, f"{link.name}Within", link.description))
            finders = finders_of(by_name[link.to]) if link.to in by_name else ()
            link = replace(link, rules=(*reference_rules(link.name, finders), *link.rules))
        links.append(link)
    return replace(entity, fields=tuple(fields), links=tuple(links))


def finders_of(entity: Entity) -> tuple[Finder, ...]:
    """How text finds a record of an entity. One that says nothing of it is found by a key of one field, and one of the
    operator's own by its name as well."""
    if entity.finders:
        return entity.finders
    names = [*(entity.key if len(entity.key) == 1 else ()), *(["name"] if entity.declared else [])]
    found = [field for name in dict.fromkeys(names) if (field := entity.field(name)) is not None]
    return tuple(Finder(field.name) for field in found if field.type.is_text or field.type is FieldType.INT)


def reference_rules(name: str, finders: Iterable[Finder]) -> tuple[KeyRule, ...]:
    """How the text of a reference finds its record: first below the place named with it, then, where none is, alone."""
    raw, within = f"{name}Raw", f"{name}Within"
    rules = []
    for finder in finders:
        pair = (raw, finder.field)
        if finder.within is None:
            rules.append(KeyRule((pair,), finder.normalise))
        else:
            if finder.within.split(".")[0] != name:  # a place is not found by its own parent while that is being found
                rules.append(KeyRule((pair, (within, finder.within)), finder.normalise))
            rules.append(KeyRule((pair,), finder.normalise, absent=(within,)))
    return tuple(rules)


def served(entities: Iterable[Entity], mapped: Collection[str]) -> Catalogue:
    """The catalogue of what a hub serves: entities with a mapping and the system's own, links that can tie something."""
    kept = {entity.name: entity for entity in entities if entity.name in mapped or entity.system in SYSTEM}
    tied = {name: replace(entity, links=_ties(entity, kept)) for name, entity in kept.items()}
    whole = Catalogue(tied)
    return Catalogue({name: replace(e, derived=_computable(e, whole)) for name, e in tied.items()})


def _ties(entity: Entity, kept: Mapping[str, Entity]) -> tuple[Link, ...]:
    return tuple(link for link in entity.links if link.to in kept and (link.rules or link.via))


def _computable(entity: Entity, catalogue: Catalogue) -> tuple[Derived, ...]:
    """Derived values without the cases that look at links which are not served."""
    names = {field.name for field in entity.fields} | set(catalogue.hops(entity.name))
    derived = []
    for value in entity.derived:
        cases = tuple(case for case in value.cases if set(case[0]) <= names)
        if cases:
            derived.append(replace(value, cases=cases))
    return tuple(derived)


def _raw(owner: str, name: str, of: Text) -> Field:
    words = Text(f"{of.en}, as written", f"{of.id}, sebagaimana tertulis")
    return Field(name, FieldType.TEXT, words, raw_of=owner)
