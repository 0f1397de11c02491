"""Making Strawberry types, inputs and enums from data, with forward references by name.

The definitions are those that Strawberry's decorators would make; but a decorator needs a dataclass, evaluates annotations, and
looks at each of the thousands of fields several times, all for instances that there never are: it took seven times as long."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum, EnumMeta
from typing import Any, cast

import strawberry
from strawberry.annotation import StrawberryAnnotation
from strawberry.schema_directives import OneOf
from strawberry.types.arguments import StrawberryArgument
from strawberry.types.base import StrawberryList, StrawberryObjectDefinition, StrawberryOptional, StrawberryType
from strawberry.types.field import StrawberryField

from config.entities import EnumType, Text
from schema.scalars import NAMES

UNSET = strawberry.UNSET

Resolved = StrawberryType | type[Any]


@dataclass(frozen=True, slots=True)
class Argument:
    """An argument of a field; `type` in GraphQL notation."""

    name: str
    type: str
    description: Text
    default: object = UNSET


@dataclass(frozen=True, slots=True)
class Member:
    """A field of a type or input; `type` in GraphQL notation, such as `[Region!]!`."""

    name: str
    type: str
    description: Text
    arguments: tuple[Argument, ...] = ()


class Types:
    """The types of one schema by their names; members may name types that are added later."""

    def __init__(self) -> None:
        self._named: dict[str, Any] = dict(NAMES)
        self.objects: list[type] = []
        self._annotations: dict[str, _Notation] = {}  # shared: each is resolved once

    def __getitem__(self, name: str) -> Any:
        return self._named[name]

    def __contains__(self, name: str) -> bool:
        return name in self._named

    def add_type(
        self, name: str, description: Text, members: Iterable[Member], implements: tuple[str, ...] = ()
    ) -> None:
        """Adds an object type."""
        self.objects.append(self._add(name, description, members, implements))

    def add_interface(self, name: str, description: Text, members: Iterable[Member]) -> None:
        """Adds an interface."""
        self.objects.append(self._add(name, description, members, is_interface=True))

    def add_input(self, name: str, description: Text, members: Iterable[Member], *, one_of: bool = False) -> None:
        """Adds an input type; every member may be left out."""
        self._add(name, description, members, is_input=True, directives=(OneOf(),) if one_of else ())

    def add_enum(self, enum: EnumType, description: Text) -> None:
        """Adds an enum; once, however often it is used."""
        if enum.name in self._named:
            return
        plain = cast(EnumMeta, Enum(enum.name, {value: value for value in enum.values}))
        made = strawberry.enum(plain, name=enum.name, description=both(description))
        for value in cast(Any, made).__strawberry_definition__.values:
            value.description = both(enum.values[value.name])
        self._named[enum.name] = made

    def _add(
        self,
        name: str,
        description: Text,
        members: Iterable[Member],
        implements: tuple[str, ...] = (),
        directives: tuple[object, ...] = (),
        *,
        is_input: bool = False,
        is_interface: bool = False,
    ) -> type:
        interfaces = [self._named[interface].__strawberry_definition__ for interface in implements]
        fields = {field.name: field for interface in interfaces for field in interface.fields}
        fields |= {member.name: self._field(member) for member in members if member.name not in fields}
        made: Any = type(name, (), {})
        made.__strawberry_definition__ = StrawberryObjectDefinition(
            name=name,
            is_input=is_input,
            is_interface=is_interface,
            origin=made,
            description=both(description),
            interfaces=interfaces,
            extend=False,
            directives=directives,
            is_type_of=None,
            resolve_type=None,
            fields=[],
        )
        # Only now: a definition looks at the types of its fields when it is made, and some of them come later.
        made.__strawberry_definition__.fields += fields.values()
        self._named[name] = made
        return cast(type, made)

    def _field(self, member: Member) -> StrawberryField:
        field = _Field(
            member.name,
            member.name,
            self._annotation(member.type),
            description=both(member.description),
            default=UNSET,
        )
        field.arguments = [
            StrawberryArgument(
                argument.name,
                argument.name,
                self._annotation(argument.type),
                description=both(argument.description),
                default=self._default(argument),
            )
            for argument in member.arguments
        ]
        return field

    def _annotation(self, notation: str) -> _Notation:
        if notation not in self._annotations:
            self._annotations[notation] = _Notation(notation, self._named)
        return self._annotations[notation]

    def _default(self, argument: Argument) -> object:
        """A default as Strawberry wants it; enum members are given by name."""
        bare = argument.type.strip("[]!")
        made = self._named.get(bare)
        if argument.default is UNSET or not isinstance(made, EnumMeta):
            return argument.default
        if isinstance(argument.default, list):
            return [made[name] for name in argument.default]
        return made[cast(str, argument.default)]


class _Field(StrawberryField):
    """A field that has its type from its annotation alone, not from a resolver or a class."""

    def resolve_type(self, *, type_definition: StrawberryObjectDefinition | None = None) -> Resolved:
        return cast(StrawberryAnnotation, self.type_annotation).resolve()


class _Notation(StrawberryAnnotation):
    """A type in GraphQL notation. It is found once all types are there."""

    __slots__ = ("_named", "_notation", "_resolved")

    def __init__(self, notation: str, named: Mapping[str, Any]) -> None:
        super().__init__(Any)  # the namespace of Python is not asked
        self._notation = notation
        self._named = named
        self._resolved: Resolved | None = None

    def resolve(
        self, *, type_definition: StrawberryObjectDefinition | None = None, origin: type | None = None
    ) -> Resolved:
        if self._resolved is None:
            self._resolved = self._optional(self._notation)
        return self._resolved

    def _optional(self, notation: str) -> Resolved:
        return self._required(notation[:-1]) if notation.endswith("!") else StrawberryOptional(self._required(notation))

    def _required(self, notation: str) -> Resolved:
        if notation.startswith("["):
            return StrawberryList(self._optional(notation[1:-1]))
        return cast(Resolved, self._named[notation])


def both(text: Text) -> str:
    """A description as the schema shows it, in both languages."""
    return f"{text.en} / {text.id}"
