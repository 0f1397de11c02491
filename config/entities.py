"""Entity, Field and Link records: the one description from which tables, mapping, filters and plans are derived."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal


@dataclass(frozen=True, slots=True)
class Text:
    """A sentence in both languages."""

    en: str
    id: str


class FieldType(StrEnum):
    """How a field's value is read, stored, compared and written on the wire."""

    TEXT = "text"  # free text; personal data inside is masked when it is mapped
    CODE = "code"  # an identifier, always text, never masked by pattern
    INT = "int"
    MONEY = "money"  # Decimal, scale 2 unless the mapping says otherwise
    DECIMAL = "decimal"  # Decimal, scale 6 unless the mapping says otherwise
    DATE = "date"
    DATETIME = "datetime"
    BOOLEAN = "boolean"
    ENUM = "enum"
    TEXTS = "texts"  # list of text: can be read, not filtered
    CODES = "codes"  # list of codes: can be read, not filtered; a key rule matches any of them

    @property
    def is_decimal(self) -> bool:
        return self in (FieldType.MONEY, FieldType.DECIMAL)

    @property
    def is_number(self) -> bool:
        return self.is_decimal or self is FieldType.INT

    @property
    def is_text(self) -> bool:
        return self in (FieldType.TEXT, FieldType.CODE)

    @property
    def is_list(self) -> bool:
        return self in (FieldType.TEXTS, FieldType.CODES)


LEVEL = "level"  # the field that says where in a hierarchy a record stands
DEFAULT_SCALE: Mapping[FieldType, int] = {FieldType.MONEY: 2, FieldType.DECIMAL: 6}


@dataclass(frozen=True, slots=True)
class EnumType:
    """A closed set. UNKNOWN is always a member: an unknown raw value never fails a record."""

    name: str
    values: Mapping[str, Text]


@dataclass(frozen=True, slots=True)
class Computed:
    """How a decimal field is worked out of two others of the record when it is mapped: left / right (null where right is
    0) or left - right; null where one of them is. Rounded half to even at the field's own scale."""

    operation: Literal["ratio", "difference"]
    left: str
    right: str


@dataclass(frozen=True, slots=True)
class Field:
    """One value of a record. An ENUM field has a TEXT companion called `<name>Raw`; a reference link has
    `<link>Raw` and `<link>Within` (`raw_of` names the owner; companions are filled by the owner's mapping)."""

    name: str
    type: FieldType
    description: Text
    required: bool = False
    sensitive: bool = False
    scale: int = 0
    enum: EnumType | None = None
    raw_of: str | None = None
    computed: Computed | None = None  # no column feeds it
    filterable: bool = False  # the operator wants it found fast

    @property
    def indexed(self) -> bool:
        """Whether the replica keeps an index of it."""
        types = (FieldType.CODE, FieldType.ENUM, FieldType.INT, FieldType.DATE)
        return self.filterable or (self.raw_of is None and self.type in types)


@dataclass(frozen=True, slots=True)
class Normalise:
    """How both sides of a key are made comparable; each step is off unless it is named."""

    case: bool = True
    blanks: bool = True
    punctuation: bool = True
    zeros: bool = False  # leading zeros of every run of digits
    drop_words: tuple[str, ...] = ()  # words left out before comparing: desa, kelurahan, kec …


@dataclass(frozen=True, slots=True)
class KeyRule:
    """Equal after normalising. Each pair is (field of this end, field of the other end); either may walk to-one links
    (`parent.name`). `absent` lists fields of this end that must be null for the rule to apply."""

    pairs: tuple[tuple[str, str], ...]
    normalise: Normalise = Normalise()
    absent: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CrosswalkRule:
    """A CSV that people keep, beside hub.yaml. `left` and `right` are (field, CSV column) of each end."""

    path: str
    left: tuple[tuple[str, str], ...]
    right: tuple[tuple[str, str], ...]
    normalise: Normalise = Normalise()


Rule = KeyRule | CrosswalkRule


@dataclass(frozen=True, slots=True)
class Link:
    """A relation from `source` to `to`, asked from both ends. Rules apply in order: a later rule only sees records that
    earlier ones left without a partner. `via` names links to walk instead of rules. Of a link that is not `many`,
    several partners by one rule are candidates, not an answer. One of `history` leads, both ways, also to records that do
    not count (see Current)."""

    name: str
    source: str
    to: str
    description: Text
    inverse: str | None = None
    inverse_description: Text | None = None
    many: bool = True
    inverse_many: bool = True
    rules: tuple[Rule, ...] = ()
    via: tuple[str, ...] = ()
    reference: bool = False  # fed by a column: `<name>Raw` (and `<name>Within`) hold its text
    history: bool = False


@dataclass(frozen=True, slots=True)
class Finder:
    """One way in which text finds a record of this entity: by `field`, where given only below `within` (a path)."""

    field: str
    within: str | None = None
    normalise: Normalise = Normalise()


@dataclass(frozen=True, slots=True)
class Current:
    """Which records count. In each `group` only those with the highest `order` value; only `leaf` ones (a BOOLEAN field,
    false means a parent whose children stand in the same table); and none that another record of the entity has
    `superseded`: (field of the other that names it, field by which it is named). Others answer to `scope: ALL` alone."""

    group: tuple[str, ...] = ()
    order: str | None = None
    leaf: str | None = None
    superseded: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Derived:
    """An enum value computed from conditions, in order: (where input as plain data, value); `otherwise` if none holds."""

    name: str
    enum: EnumType
    description: Text
    cases: tuple[tuple[Mapping[str, object], str], ...]
    otherwise: str


@dataclass(frozen=True, slots=True)
class Entity:
    """A type of thing in the graph.

    `key` names fields, or `file` and `sheet` (where the row stands). `filterable_together` are fields whose values are often asked
    for at once. `system` marks entities whose records the sync itself writes: "source" and "reject"."""

    name: str
    singular: str
    plural: str
    description: Text
    fields: tuple[Field, ...]
    links: tuple[Link, ...] = ()
    key: tuple[str, ...] = ()
    fingerprint: tuple[str, ...] = ()
    finders: tuple[Finder, ...] = ()
    hierarchy: str | None = None  # name of the to-one link to the parent record of the same entity
    current: Current | None = None
    derived: tuple[Derived, ...] = ()
    filterable_together: tuple[tuple[str, ...], ...] = ()
    system: str | None = None
    declared: bool = False  # declared in hub.yaml, not built in

    def field(self, name: str) -> Field | None:
        """The field of this name, or None."""
        return next((f for f in self.fields if f.name == name), None)

    def link(self, name: str) -> Link | None:
        """The link of this name that starts here, or None."""
        return next((link for link in self.links if link.name == name), None)


@dataclass(frozen=True, slots=True)
class Hop:
    """One step over a link, from the point of view of the entity that is left: forward or through the inverse."""

    name: str
    link: Link
    forward: bool

    @property
    def to(self) -> str:
        return self.link.to if self.forward else self.link.source

    @property
    def many(self) -> bool:
        return self.link.many if self.forward else self.link.inverse_many

    @property
    def scope(self) -> str:
        """Which partners are led to unless it is asked: those that count, of a link of history all."""
        return "ALL" if self.link.history else "CURRENT"

    @property
    def counted(self) -> str:
        """The replica's column that says so."""
        return "_live" if self.link.history else "_current"

    @property
    def description(self) -> Text:
        if self.forward or self.link.inverse_description is None:
            return self.link.description
        return self.link.inverse_description


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The entities that a hub serves, by name, and every hop between them."""

    entities: Mapping[str, Entity]
    _hops: dict[str, dict[str, Hop]] = field(default_factory=dict, compare=False, repr=False)

    def __post_init__(self) -> None:
        for name in self.entities:
            self._hops[name] = {}
        for entity in self.entities.values():
            for link in entity.links:
                if link.to in self.entities:
                    self._hops[entity.name][link.name] = Hop(link.name, link, True)
                    if link.inverse:
                        self._hops[link.to][link.inverse] = Hop(link.inverse, link, False)

    def __getitem__(self, name: str) -> Entity:
        return self.entities[name]

    def __iter__(self) -> Iterator[Entity]:
        return iter(self.entities.values())

    def hops(self, entity: str) -> Mapping[str, Hop]:
        """Every link that can be asked from `entity`, forward and inverse, by the name it has there."""
        return self._hops[entity]

    def end_of(self, entity: str, path: Iterable[str]) -> str:
        """The entity at the end of some hops."""
        for hop in path:
            entity = self._hops[entity][hop].to
        return entity

    @property
    def links(self) -> tuple[Link, ...]:
        """Every link whose two ends are served."""
        return tuple(hop.link for hops in self._hops.values() for hop in hops.values() if hop.forward)
