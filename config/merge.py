"""What hub.yaml declares, put together with the built-in entities: mappings, entities and links of the operator's own."""

from __future__ import annotations

import csv
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Literal

from config.catalogue import complete
from config.entities import (
    DEFAULT_SCALE,
    CrosswalkRule,
    Entity,
    Field,
    FieldType,
    KeyRule,
    Link,
    Normalise,
    Rule,
    Text,
)
from config.hub import EntityMapping, FieldMapping, SourceConfig
from config.model import EntityWritten, FieldWritten, LinkWritten, MappingWritten, RuleWritten, WordsWritten
from config.places import Places

PSEUDO = ("file", "sheet")
MAX_SCALE = 9
_NAME = re.compile(r"(?!__)[_A-Za-z][_A-Za-z0-9]*")
_TAKEN = frozenset({"id", "provenance", "issues", "and", "or", "not", "within"})
_ROOT = frozenset(
    {
        "Query",
        "Node",
        "Record",
        "Match",
        "Issue",
        "Provenance",
        "PageInfo",
        "String",
        "Int",
        "Float",
        "Boolean",
        "ID",
        "Decimal",
        "Date",
        "DateTime",
    }
)
Place = tuple[str | int, ...]


class Declarations:
    """Merges one hub.yaml into the built-in entities, noting problems."""

    def __init__(self, places: Places, builtin: Mapping[str, Entity], folder: Path) -> None:
        self._places = places
        self._builtin = builtin
        self._folder = folder

    # -- entities -----------------------------------------------------------------------------------------------------

    def entities(
        self, written: Mapping[str, EntityWritten], sources: Mapping[str, SourceConfig], named: Collection[str]
    ) -> tuple[dict[str, Entity], tuple[EntityMapping, ...]]:
        """All entities by name, completed, and the mappings onto them."""
        names = set(self._builtin) | set(written)
        entities = dict(self._builtin)
        for name, entity in written.items():
            if self._is_name(name, ("entities", name), _ROOT if name not in self._builtin else frozenset()):
                entities[name] = self._entity(name, entity, names)
        entities = {name: complete(entity, entities) for name, entity in entities.items()}
        mappings: list[EntityMapping] = []
        for name, entity in written.items():
            if name in entities:
                for number, mapping in enumerate(entity.mappings):
                    made = self._mapping(entities[name], entity, mapping, number, sources, named)
                    if made is not None:
                        mappings.append(made)
                self._check_key(entities[name], entity)
        return entities, tuple(mappings)

    def _entity(self, name: str, written: EntityWritten, names: Collection[str]) -> Entity:
        base = self._builtin.get(name)
        if base is None:
            lowered = name[0].lower() + name[1:]
            words = _words(written.description) or Text(name, name)
            base = Entity(name, lowered, written.plural or f"{lowered}s", words, (), declared=True)
        fields, links = list(base.fields), list(base.links)
        for mapping in written.mappings:
            for field_name, field in mapping.fields.items():
                place: Place = ("entities", name, "fields", field_name)
                existing = next((f for f in fields if f.name == field_name), None)
                if existing is not None or any(link.name == field_name for link in links):
                    continue
                target = self._target(field_name, field, names) if base.declared or field.type else None
                if target is not None:
                    links.append(self._reference(name, field_name, target, field))
                elif base.declared or field.type:
                    made = self._new_field(field_name, field, place)
                    if made is not None:
                        fields.append(made)
                else:
                    known = [f.name for f in base.fields] + [link.name for link in base.links if link.reference]
                    hint = self._places.hint(field_name, known)
                    self._places.add(place, "UNKNOWN_FIELD", at_key=True, entity=name, name=field_name, hint=hint)
        fields = [self._scaled(name, field, written) for field in fields]
        key = tuple(written.key) if written.key is not None else base.key if written.fingerprint is None else ()
        required = tuple(replace(f, required=f.required or f.name in key) for f in fields)
        return replace(
            base,
            fields=required,
            links=tuple(links),
            key=key,
            fingerprint=tuple(written.fingerprint or ()),
            plural=written.plural or base.plural,
        )

    def _scaled(self, entity: str, field: Field, written: EntityWritten) -> Field:
        """A field with the scale that a mapping gives it."""
        for mapping in written.mappings:
            given = mapping.fields.get(field.name)
            if given is None or given.scale is None:
                continue
            place: Place = ("entities", entity, "fields", field.name, "scale")
            if not field.type.is_decimal or given.scale > MAX_SCALE:
                wanted = Text(f"a whole number up to {MAX_SCALE}", f"bilangan bulat sampai {MAX_SCALE}")
                self._places.add(place, "WRONG_VALUE", value=given.scale, wanted=wanted)
            else:
                return replace(field, scale=given.scale)
        return field

    def _target(self, name: str, field: FieldWritten, names: Collection[str]) -> str | None:
        """The entity that a field of a declared entity refers to, if it does."""
        if field.type is not None:
            return field.type if field.type in names else None
        named = name[0].upper() + name[1:]
        return named if named in names else None

    def _reference(self, entity: str, name: str, target: str, field: FieldWritten) -> Link:
        words = _words(field.description) or Text(name, name)
        lowered = entity[0].lower() + entity[1:]
        return Link(name, entity, target, words, f"{lowered}s", None, False, True, (), (), True)

    def _new_field(self, name: str, field: FieldWritten, place: Place) -> Field | None:
        if not self._is_name(name, place, _TAKEN):
            return None
        written = field.type or "text"
        allowed = [t.value for t in FieldType if t is not FieldType.ENUM]
        if written not in allowed:
            wanted = Text(f"one of {', '.join(allowed)}", f"salah satu dari {', '.join(allowed)}")
            self._places.add((*place, "type"), "WRONG_VALUE", value=written, wanted=wanted)
            return None
        type_ = FieldType(written)
        words = _words(field.description) or Text(name, name)
        return Field(name, type_, words, field.required, field.sensitive, DEFAULT_SCALE.get(type_, 0))

    def _is_name(self, name: str, place: Place, taken: Collection[str]) -> bool:
        if not _NAME.fullmatch(name):
            self._places.add(place, "BAD_NAME", at_key=True, name=name)
        elif name in taken:
            self._places.add(place, "NAME_TAKEN", at_key=True, name=name)
        else:
            return True
        return False

    def _check_key(self, entity: Entity, written: EntityWritten) -> None:
        place: Place = ("entities", entity.name)
        if not entity.key and not entity.fingerprint:
            self._places.add(place, "KEY_NEEDED", at_key=True, entity=entity.name)
        for option, names in (("key", written.key), ("fingerprint", written.fingerprint)):
            for name in names or ():
                if name not in PSEUDO and entity.field(name) is None:
                    hint = self._places.hint(name, [f.name for f in entity.fields])
                    self._places.add((*place, option), "UNKNOWN_FIELD", entity=entity.name, name=name, hint=hint)
        for number, mapping in enumerate(written.mappings):
            for name in entity.key:
                if name not in PSEUDO and entity.field(name) and name not in mapping.fields:
                    self._places.add((*place, number, "from"), "KEY_NOT_MAPPED", entity=entity.name, name=name)

    # -- mappings -----------------------------------------------------------------------------------------------------

    def _mapping(
        self,
        entity: Entity,
        written: EntityWritten,
        mapping: MappingWritten,
        number: int,
        sources: Mapping[str, SourceConfig],
        named: Collection[str],
    ) -> EntityMapping | None:
        place: Place = ("entities", entity.name, number)
        found = self._dataset(mapping.from_, (*place, "from"), sources, named)
        fields = []
        for name, field in mapping.fields.items():
            made = self._field(entity, name, field, (*place, "fields", name))
            if made is not None:
                fields.append(made)
        if found is None:
            return None
        source, dataset = found
        ranks = written.precedence or []
        rank = ranks.index(mapping.from_) if mapping.from_ in ranks else len(ranks)
        where = {name: tuple(values) for name, values in mapping.where.items()} or None
        line, _ = self._places.tree.place("entities", entity.name, key=True)
        return EntityMapping(
            entity.name, source, dataset, tuple(fields), mapping.duplicates, rank, bool(ranks), where, line
        )

    def _dataset(
        self, text: str, place: Place, sources: Mapping[str, SourceConfig], named: Collection[str]
    ) -> tuple[str, str] | None:
        name, found, dataset = text.partition(".")
        if name not in sources:
            if name not in named:  # a source with problems of its own has been told of already
                hint = self._places.hint(name, named)
                self._places.add(place, "UNKNOWN_SOURCE", name=name, hint=hint)
            return None
        source = sources[name]
        known = ["threads"] if source.kind == "mailbox" else list(source.datasets)
        if not found:
            if len(known) == 1:
                return name, known[0]
            hint = self._places.hint("", known)
            self._places.add(place, "DATASET_NEEDED", source=name, hint=hint)
            return None
        if known and dataset not in known:
            hint = self._places.hint(dataset, known)
            self._places.add(place, "UNKNOWN_DATASET", source=name, name=dataset, hint=hint)
            return None
        return name, dataset

    def _field(self, entity: Entity, name: str, field: FieldWritten, place: Place) -> FieldMapping | None:
        declared = entity.field(name)
        link = entity.link(name)
        if declared is None and (link is None or not link.reference):
            return None
        if field.column is None and field.value is None:
            self._places.add(place, "MISSING_OPTION", at_key=True, name="column")
            return None
        if declared is not None and field.type and field.type != declared.type.value:
            builtin, type_ = declared.type.value, field.type
            self._places.add(
                (*place, "type"), "TYPE_DIFFERS", entity=entity.name, name=name, builtin=builtin, type=type_
            )
        if declared is not None and field.within:
            hint = self._places.hint("within", ["column", "values", "pattern"])
            self._places.add((*place, "within"), "UNKNOWN_OPTION", at_key=True, name="within", hint=hint)
        self._check_values(declared, field, name, place)
        return FieldMapping(
            field=name,
            type=declared.type if declared else None,
            columns=tuple(field.column or ()),
            join=field.join,
            value=field.value,
            within=field.within,
            scale=declared.scale if declared else 0,
            decimal=field.decimal,
            unit=field.unit,
            values=field.values,
            zero_means=field.zero_means,
            split=field.split,
            parts=field.parts,
            pattern=field.pattern,
            optional=field.optional,
            required=field.required,
            line=self._places.tree.place(*place, key=True)[0],
        )

    def _check_values(self, declared: Field | None, field: FieldWritten, name: str, place: Place) -> None:
        for key in field.values or {}:
            if len(key) > 2 and key.startswith("/") and key.endswith("/"):
                try:
                    re.compile(key[1:-1])
                except re.error as error:
                    self._places.add((*place, "values", key), "BAD_PATTERN", at_key=True, pattern=key, reason=error)
        if declared is not None and declared.enum is not None:
            known = declared.enum.values
            for key, value in (field.values or {}).items():
                if value not in known:
                    hint = self._places.hint(value, known)
                    self._places.add((*place, "values", key), "ENUM_VALUE", name=name, value=value, hint=hint)
            if field.value is not None and field.value not in known:
                hint = self._places.hint(field.value, known)
                self._places.add((*place, "value"), "ENUM_VALUE", name=name, value=field.value, hint=hint)

    # -- links --------------------------------------------------------------------------------------------------------

    def links(
        self, written: Mapping[str, LinkWritten], entities: Mapping[str, Entity], mapped: Collection[str]
    ) -> dict[str, Entity]:
        """The entities with the links that hub.yaml gives rules or adds."""
        merged = dict(entities)
        for name, link in written.items():
            source, _, short = name.partition(".")
            place: Place = ("links", name)
            if source not in merged:
                hint = self._places.hint(source, merged)
                self._places.add(place, "UNKNOWN_ENTITY", at_key=True, name=source, hint=hint)
                continue
            made = self._link(merged[source], short, link, merged, place)
            if made is None:
                continue
            for end in (made.source, made.to):
                if end not in mapped:
                    self._places.add(place, "LINK_NOT_MAPPED", at_key=True, link=name, entity=end)
            others = tuple(other for other in merged[source].links if other.name != short)
            merged[source] = replace(merged[source], links=(*others, made))
        for name in written:
            source, _, short = name.partition(".")
            made = merged[source].link(short) if source in merged else None
            if made is not None and made.via:
                self._check_via(made, merged, ("links", name, "via"))
        return merged

    def _link(
        self, source: Entity, name: str, written: LinkWritten, entities: Mapping[str, Entity], place: Place
    ) -> Link | None:
        base = source.link(name)
        if base is None:
            if written.to is None or not self._is_name(name, place, _TAKEN | {f.name for f in source.fields}):
                if written.to is None:
                    known = [link.name for link in source.links]
                    hint = self._places.hint(name, known)
                    self._places.add(place, "UNKNOWN_LINK", at_key=True, name=name, entity=source.name, hint=hint)
                return None
            words = _words(written.description) or Text(name, name)
            base = Link(name, source.name, written.to, words)
        to = written.to or base.to
        if to not in entities:
            hint = self._places.hint(to, entities)
            self._places.add((*place, "to"), "UNKNOWN_ENTITY", name=to, hint=hint)
            return None
        if not written.rules and not written.via:
            self._places.add(place, "LINK_EMPTY", at_key=True, link=f"{source.name}.{name}")
        rules = []
        for number, rule in enumerate(written.rules):
            made = self._rule(source, entities[to], rule, entities, (*place, "rules", number), f"{source.name}.{name}")
            if made is not None:
                rules.append(made)
        return replace(
            base,
            to=to,
            inverse=written.inverse or base.inverse,
            many=base.many if written.many is None else written.many,
            inverse_many=base.inverse_many if written.inverse_many is None else written.inverse_many,
            rules=tuple(rules),
            via=tuple(written.via),
        )

    def _rule(
        self, source: Entity, to: Entity, rule: RuleWritten, entities: Mapping[str, Entity], place: Place, link: str
    ) -> Rule | None:
        way = Normalise(drop_words=tuple(rule.drop_words))
        if rule.normalise is not None:
            steps: dict[Literal["case", "blanks", "punctuation", "zeros"], bool] = dict.fromkeys(rule.normalise, True)
            way = Normalise(
                steps.get("case", False),
                steps.get("blanks", False),
                steps.get("punctuation", False),
                steps.get("zeros", False),
                tuple(rule.drop_words),
            )
        if rule.key is not None:
            pairs = tuple(rule.key.items())
            fine = [self._is_path(source, left, entities, (*place, "key", left), link, dots=False) for left, _ in pairs]
            fine += [
                self._is_path(to, right, entities, (*place, "key", left), link, dots=True) for left, right in pairs
            ]
            return KeyRule(pairs, way) if pairs and all(fine) else None
        if rule.crosswalk is not None:
            return self._crosswalk(source, to, rule, way, (*place, "crosswalk"), link)
        return None

    def _is_path(
        self, entity: Entity, path: str, entities: Mapping[str, Entity], place: Place, link: str, *, dots: bool
    ) -> bool:
        *hops, name = path.split(".") if dots else [path]
        for hop in hops:
            step = entity.link(hop)
            if step is None or step.many:
                self._no_field(entity, hop, place, link)
                return False
            entity = entities[step.to]
        if name in PSEUDO or entity.field(name) is not None:
            return True
        self._no_field(entity, name, place, link)
        return False

    def _no_field(self, entity: Entity, name: str, place: Place, link: str) -> None:
        hint = self._places.hint(name, [f.name for f in entity.fields])
        self._places.add(place, "LINK_FIELD", link=link, name=name, entity=entity.name, hint=hint)

    def _crosswalk(
        self, source: Entity, to: Entity, rule: RuleWritten, way: Normalise, place: Place, link: str
    ) -> CrosswalkRule | None:
        written = rule.crosswalk
        if written is None:
            return None
        headers = self._headers(written.file, place)
        if headers is None:
            return None
        left = list((written.from_ or {}).items()) or _named_columns(headers, source, to)
        right = list((written.to or {}).items()) or _named_columns(headers, to, source)
        if not left or not right:
            example = f"{source.name}.{source.key[-1] if source.key else 'number'}"
            self._places.add(place, "CROSSWALK_HEADERS", path=written.file, example=example)
            return None
        for entity, ends in ((source, left), (to, right)):
            for name, column in ends:
                if name not in PSEUDO and entity.field(name) is None:
                    self._no_field(entity, name, place, link)
                    return None
                if column not in headers:
                    columns = ", ".join(headers)
                    self._places.add(place, "CROSSWALK_COLUMN", path=written.file, name=column, columns=columns)
                    return None
        return CrosswalkRule(written.file, tuple(left), tuple(right), way)

    def _headers(self, path: str, place: Place) -> list[str] | None:
        try:
            with (self._folder / path).open(encoding="utf-8-sig", newline="") as file:
                first = file.readline()
        except (OSError, UnicodeDecodeError):
            self._places.add(place, "CROSSWALK_MISSING", path=path)
            return None
        delimiter = ";" if first.count(";") > first.count(",") else ","
        return [name.strip() for name in next(csv.reader([first], delimiter=delimiter), [])]

    def _check_via(self, link: Link, entities: Mapping[str, Entity], place: Place) -> None:
        here = entities[link.source]
        for name in link.via:
            hops = _hops(here, entities)
            if name not in hops:
                hint = self._places.hint(name, hops)
                full = f"{link.source}.{link.name}"
                self._places.add(place, "LINK_VIA", link=full, name=name, entity=here.name, hint=hint)
                return
            here = entities[hops[name]]


def _hops(entity: Entity, entities: Mapping[str, Entity]) -> dict[str, str]:
    """The links that can be followed from an entity, both ways, to the entity that each leads to."""
    hops = {link.name: link.to for link in entity.links}
    for other in entities.values():
        hops.update({link.inverse: other.name for link in other.links if link.to == entity.name and link.inverse})
    return hops


def _named_columns(headers: Iterable[str], entity: Entity, other: Entity) -> list[tuple[str, str]]:
    """The columns that name fields of an entity: as `Entity.field`, or by the field alone where only this end has it."""
    prefix = f"{entity.name}."
    found = [(name.removeprefix(prefix), name) for name in headers if name.startswith(prefix)]
    return found or [(name, name) for name in headers if _has(entity, name) and not _has(other, name)]


def _has(entity: Entity, name: str) -> bool:
    return name in entity.key if name in PSEUDO else entity.field(name) is not None


def _words(written: WordsWritten | None) -> Text | None:
    return None if written is None else Text(written.en, written.id)
