"""Entities of the operator's own, and fields of the operator's own in built-in ones: records like the built-in ones."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from difflib import get_close_matches

from config.catalogue import complete
from config.entities import DEFAULT_SCALE, Entity, EnumType, Field, FieldType, Link, Text
from config.model import EntityWritten, FieldWritten, WordsWritten, fields_of, matcher
from config.names import FIELDS, NAME, ROOT, TYPES, is_name, types_of
from config.places import Places

MAX_SCALE = 9
NEAR = 0.85  # how alike a name is that must be a slip of the pen
_UNKNOWN = Text("The source says something that is not in this list", "Sumber menyebut nilai di luar daftar ini")
Place = tuple[str | int, ...]


class Declarations:
    """Merges the entities of one hub.yaml into the built-in ones, noting problems. `misspelt` holds the built-in entities
    that were probably meant by another name."""

    def __init__(self, places: Places, builtin: Mapping[str, Entity]) -> None:
        self._places = places
        self._builtin = builtin
        self._names: set[str] = set()
        self.misspelt: set[str] = set()

    def entities(self, written: Mapping[str, EntityWritten]) -> dict[str, Entity]:
        """All entities by name, completed."""
        fine = {name: entity for name, entity in written.items() if self._is_entity(name)}
        self._names = set(self._builtin) | set(fine)
        entities = dict(self._builtin)
        for name, entity in fine.items():
            entities[name] = self._entity(name, entity)
        return {name: complete(entity, entities) for name, entity in entities.items()}

    def _is_entity(self, name: str) -> bool:
        place: Place = ("entities", name)
        builtin = self._builtin.get(name)
        if builtin is not None:
            return is_name(self._places, name, place, (name,) if builtin.system else ())
        known = {other.casefold(): other for other in self._builtin}
        nearest = get_close_matches(name.casefold()[:100], known, 1, NEAR)
        if nearest:
            self._places.add(place, "NEAR_BUILTIN", at_key=True, name=name, nearest=known[nearest[0]])
            self.misspelt.add(known[nearest[0]])
            return False
        return is_name(self._places, name, place, TYPES)

    def _entity(self, name: str, written: EntityWritten) -> Entity:
        base = self._builtin.get(name) or _declared(name, written)
        fields, links = list(base.fields), list(base.links)
        for field_name in dict.fromkeys(name for mapping in written.mappings for name in mapping.fields):
            if base.field(field_name) or base.link(field_name):
                continue
            made = self._member(base, field_name, written)
            if isinstance(made, Field):
                fields.append(made)
            elif made is not None:
                links.append(made)
        if written.plural is not None:
            is_name(self._places, written.plural, ("entities", name, "plural"))
        fields = [self._scaled(name, field, written) for field in fields]
        named = {link.name for link in links if link.reference}  # by what is written: the record may not be found
        filterable = [fields_of(item) for item in written.filterable or ()]
        key = tuple(written.key) if written.key is not None else base.key if written.fingerprint is None else ()
        return replace(
            base,
            fields=tuple(
                replace(
                    field,
                    required=field.required or field.name in key,
                    filterable=(field.name,) in filterable,
                )
                for field in fields
            ),
            links=tuple(links),
            key=key,
            fingerprint=tuple(f"{name}Raw" if name in named else name for name in written.fingerprint or ()),
            plural=written.plural or base.plural,
            filterable_together=tuple(names for names in filterable if len(names) > 1),
        )

    def _member(self, base: Entity, name: str, written: EntityWritten) -> Field | Link | None:
        """A field or reference that the operator declares."""
        number, field = next(_written_as(name, written, lambda field: field.type is not None), (0, None))
        if field is None:
            number, field = next(_written_as(name, written, lambda field: True))
        place: Place = ("entities", base.name, "mappings", number, "fields", name)
        if not base.declared and field.type is None:
            known = [f.name for f in base.fields] + [link.name for link in base.links if link.reference]
            hint = self._places.hint(name, known)
            self._places.add(place, "UNKNOWN_FIELD", at_key=True, entity=base.name, name=name, hint=hint)
            return None
        if not is_name(self._places, name, place, FIELDS):
            return None
        target = field.type if field.type is not None else name[0].upper() + name[1:]
        if target in self._names:
            return _reference(base, name, target, field)
        return self._field(base, name, field, written, place)

    def _field(
        self, base: Entity, name: str, field: FieldWritten, written: EntityWritten, place: Place
    ) -> Field | None:
        kind = field.type or "text"
        known = [type_.value for type_ in FieldType]
        if kind not in known:
            if kind[:1].isupper():
                hint = self._places.hint(kind, self._names)
                self._places.add((*place, "type"), "UNKNOWN_ENTITY", name=kind, hint=hint)
            else:
                listed = ", ".join(known)
                wanted = Text(f"one of {listed}, or an entity", f"salah satu dari {listed}, atau jenis data")
                self._places.add((*place, "type"), "WRONG_VALUE", value=kind, wanted=wanted)
            return None
        type_ = FieldType(kind)
        enum = self._enum(base, name, written, place) if type_ is FieldType.ENUM else None
        if type_ is FieldType.ENUM and enum is None:
            return None
        required = all(name in mapping.fields and mapping.fields[name].required for mapping in written.mappings)
        words = words_of(field.description) or Text(name, name)
        return Field(name, type_, words, required, field.sensitive, DEFAULT_SCALE.get(type_, 0), enum)

    def _enum(self, base: Entity, name: str, written: EntityWritten, place: Place) -> EnumType | None:
        """The closed set that `values:` (or `value:`) of a field of the operator's own span."""
        members: dict[str, Text] = {}
        for number, field in _written_as(name, written, lambda field: True):
            here: Place = ("entities", base.name, "mappings", number, "fields", name)
            said = [((*here, "values", raw), raw, member) for raw, member in (field.values or {}).items()]
            if field.value is not None:
                said.append(((*here, "value"), field.value, field.value))
            for where, raw, member in said:
                if not NAME.fullmatch(member) or member in ("true", "false", "null"):
                    wanted = Text("a name such as ACTIVE", "nama, misalnya ACTIVE")
                    self._places.add(where, "WRONG_VALUE", value=member, wanted=wanted)
                    return None
                members.setdefault(member, Text(member, member) if matcher(raw) else Text(raw, raw))
        if not members:
            self._places.add(place, "MISSING_OPTION", at_key=True, name="values")
            return None
        return EnumType(f"{base.name}{name[0].upper()}{name[1:]}", {**members, "UNKNOWN": _UNKNOWN})

    def _scaled(self, entity: str, field: Field, written: EntityWritten) -> Field:
        """A field with the largest scale that a mapping gives it."""
        scales = []
        for number, given in _written_as(field.name, written, lambda given: given.scale is not None):
            place: Place = ("entities", entity, "mappings", number, "fields", field.name, "scale")
            if not field.type.is_decimal or given.scale is None or given.scale > MAX_SCALE:
                wanted = Text(f"a whole number up to {MAX_SCALE}", f"bilangan bulat sampai {MAX_SCALE}")
                if not field.type.is_decimal:
                    wanted = Text("no scale but for money and decimal", "tanpa scale, kecuali untuk money dan decimal")
                self._places.add(place, "WRONG_VALUE", value=str(given.scale), wanted=wanted)
            else:
                scales.append(given.scale)
        return replace(field, scale=max(scales)) if scales else field


def words_of(written: WordsWritten | None) -> Text | None:
    """A description in both languages."""
    return None if written is None else Text(written.en, written.id)


def plural_of(entity: str) -> str:
    """The plural that an entity of the operator's own has unless it names one: healthPosts."""
    return f"{entity[0].lower()}{entity[1:]}s"


def is_free(name: str, entities: Iterable[Entity]) -> bool:
    """Whether an entity of the operator's own can be called so beside `entities`, without being taken for a slip in the
    name of a built-in one."""
    known = [*entities]
    builtin = [entity.name.casefold() for entity in known if not entity.declared]
    near = get_close_matches(name.casefold(), builtin, 1, NEAR)
    if not NAME.fullmatch(name) or near:
        return False
    made = Entity(name, name[0].lower() + name[1:], plural_of(name), Text(name, name), ())
    types = {type_.casefold() for type_ in (*TYPES, *(type_ for entity in known for type_ in types_of(entity)))}
    roots = {*ROOT, *(root for entity in known for root in (entity.singular, entity.plural))}
    return types.isdisjoint(type_.casefold() for type_ in types_of(made)) and roots.isdisjoint(
        (made.singular, made.plural)
    )


def _declared(name: str, written: EntityWritten) -> Entity:
    words = words_of(written.description) or Text(name, name)
    singular = name[0].lower() + name[1:]
    return Entity(name, singular, written.plural or plural_of(name), words, (), declared=True)


def _reference(base: Entity, name: str, target: str, field: FieldWritten) -> Link:
    """A reference. The way back has the entity's plural, and the field's name too where that is not the target's."""
    words = words_of(field.description) or Text(name, name)
    back = base.plural if name == target[0].lower() + target[1:] else f"{base.plural}By{name[0].upper()}{name[1:]}"
    return Link(name, base.name, target, words, back, many=False, inverse_many=True, reference=True)


def _written_as(
    name: str, written: EntityWritten, wanted: Callable[[FieldWritten], bool]
) -> Iterator[tuple[int, FieldWritten]]:
    """The mappings of a field that are as wanted, with their numbers."""
    for number, mapping in enumerate(written.mappings):
        field = mapping.fields.get(name)
        if field is not None and wanted(field):
            yield number, field
