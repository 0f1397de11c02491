"""How a built-in entity is written: a class whose fields say what they hold, in both languages. Its types are made of them with
those of the declared entities (schema.build)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar, cast

from config.entities import (
    DEFAULT_SCALE,
    Computed,
    Current,
    Derived,
    Entity,
    EnumType,
    Field,
    FieldType,
    Finder,
    Link,
    Normalise,
    Rule,
    Text,
)

T = TypeVar("T")
Linked = Any
"""The annotation of a link: what it leads to is named in the declaration."""

EXACT = Normalise(punctuation=False)
"""How keys are compared that machines have made: every sign counts."""


def text(en: str, id: str, *, sensitive: bool = False) -> Any:
    """Free text; personal data inside is masked when it is read."""
    return _field(FieldType.TEXT, en, id, sensitive=sensitive)


def code(en: str, id: str, *, required: bool = False) -> Any:
    """An identifier, always text."""
    return _field(FieldType.CODE, en, id, required=required)


def number(en: str, id: str, *, required: bool = False) -> Any:
    """A whole number."""
    return _field(FieldType.INT, en, id, required=required)


def money(en: str, id: str) -> Any:
    """An amount in rupiah, exact to the sen."""
    return _field(FieldType.MONEY, en, id)


def decimal(en: str, id: str) -> Any:
    """A quantity or percentage."""
    return _field(FieldType.DECIMAL, en, id)


def ratio(left: str, right: str, en: str, id: str) -> Any:
    """`left / right` of the same record; null where one is missing or `right` is 0. Over many records, the sums divided."""
    return _field(FieldType.DECIMAL, en, id, computed=Computed("ratio", left, right))


def difference(left: str, right: str, en: str, id: str) -> Any:
    """`left - right` of the same record; null where one is missing."""
    return _field(FieldType.DECIMAL, en, id, computed=Computed("difference", left, right))


def day(en: str, id: str, *, required: bool = False) -> Any:
    """A date."""
    return _field(FieldType.DATE, en, id, required=required)


def moment(en: str, id: str) -> Any:
    """A point in time."""
    return _field(FieldType.DATETIME, en, id)


def flag(en: str, id: str) -> Any:
    """Yes or no."""
    return _field(FieldType.BOOLEAN, en, id)


def texts(en: str, id: str) -> Any:
    """Several texts; can be read, not filtered."""
    return _field(FieldType.TEXTS, en, id)


def codes(en: str, id: str) -> Any:
    """Several identifiers; can be read, not filtered; a link's key matches any of them."""
    return _field(FieldType.CODES, en, id)


def choice(enum: EnumType, en: str, id: str) -> Any:
    """One of a closed set; the raw value stands beside it."""
    return _field(FieldType.ENUM, en, id, enum=enum)


def reference(to: str, en: str, id: str, *, inverse: str | None = None, back: tuple[str, str] | None = None) -> Any:
    """A place, agency … that a column names; found by the target's finders. `back` describes the inverse."""
    return _link(to, en, id, inverse, back, many=False, inverse_many=True, rules=(), via=(), is_reference=True)


def link(
    to: str,
    en: str,
    id: str,
    *,
    inverse: str | None = None,
    back: tuple[str, str] | None = None,
    many: bool = True,
    inverse_many: bool = True,
    rules: Sequence[Rule] = (),
    via: Sequence[str] = (),
    history: bool = False,
) -> Any:
    """A link. Without rules of its own it is served once hub.yaml gives it some."""
    rules, via = tuple(rules), tuple(via)
    return _link(to, en, id, inverse, back, many, inverse_many, rules, via, is_reference=False, history=history)


def entity(
    *,
    singular: str,
    plural: str,
    en: str,
    id: str,
    key: Sequence[str] = (),
    finders: Sequence[Finder] = (),
    hierarchy: str | None = None,
    current: Current | None = None,
    derived: Sequence[Derived] = (),
    system: str | None = None,
) -> Callable[[type[T]], type[T]]:
    """Makes a class an entity."""

    def decorate(cls: type[T]) -> type[T]:
        declared = [(_camel_case(name), value) for name, value in vars(cls).items()]
        cls.__simpul__ = Entity(  # type: ignore[attr-defined]  # read by to_entity alone
            cls.__name__,
            singular,
            plural,
            Text(en, id),
            tuple(replace(field, name=name) for name, field in declared if isinstance(field, Field)),
            tuple(replace(link, name=name, source=cls.__name__) for name, link in declared if isinstance(link, Link)),
            key=tuple(key),
            finders=tuple(finders),
            hierarchy=hierarchy,
            current=current,
            derived=tuple(derived),
            system=system,
        )
        return cls

    return decorate


def enum(name: str, values: Mapping[str, tuple[str, str]]) -> EnumType:
    """A closed set; UNKNOWN is added, for raw values that are none of it."""
    known = {value: Text(*words) for value, words in values.items()}
    known["UNKNOWN"] = Text(
        "The source says something that is not in this list", "Sumber menyebut nilai di luar daftar ini"
    )
    return EnumType(name, known)


def to_entity(cls: type) -> Entity:
    """The record of a class decorated with `entity`."""
    return cast(Entity, cls.__simpul__)  # type: ignore[attr-defined]  # set by the decorator


def _camel_case(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(part.capitalize() for part in others)


def _field(
    type_: FieldType,
    en: str,
    id: str,
    *,
    required: bool = False,
    sensitive: bool = False,
    enum: EnumType | None = None,
    computed: Computed | None = None,
) -> Any:
    scale = DEFAULT_SCALE.get(type_, 0)
    return Field("", type_, Text(en, id), required, sensitive, scale, enum, computed=computed)


def _link(
    to: str,
    en: str,
    id: str,
    inverse: str | None,
    back: tuple[str, str] | None,
    many: bool,
    inverse_many: bool,
    rules: tuple[Rule, ...],
    via: tuple[str, ...],
    *,
    is_reference: bool,
    history: bool = False,
) -> Any:
    words = Text(*back) if back else None
    return Link("", "", to, Text(en, id), inverse, words, many, inverse_many, rules, via, is_reference, history)
