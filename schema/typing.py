"""Making Strawberry types, inputs and enums from data, with forward references by name."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum, EnumMeta
from typing import Any, cast

import strawberry
from strawberry.annotation import StrawberryAnnotation
from strawberry.types.arguments import StrawberryArgument
from strawberry.types.field import StrawberryField

from config.entities import EnumType, Text
from schema.declare import both
from schema.scalars import NAMES

UNSET = strawberry.UNSET


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
        self._space: dict[str, Any] = {"list": list, **NAMES}
        self.objects: list[type] = []
        self._annotations: dict[str, StrawberryAnnotation] = {}  # shared: each is resolved once

    def __getitem__(self, name: str) -> Any:
        return self._space[name]

    def __contains__(self, name: str) -> bool:
        return name in self._space

    def add_type(
        self, name: str, description: Text, members: Iterable[Member], implements: tuple[str, ...] = ()
    ) -> None:
        """Adds an object type."""
        bases = tuple(self._space[base] for base in implements)
        self._add(name, description, members, bases)

    def add_interface(self, name: str, description: Text, members: Iterable[Member]) -> None:
        """Adds an interface."""
        self._add(name, description, members, (), is_interface=True)

    def add_input(self, name: str, description: Text, members: Iterable[Member], *, one_of: bool = False) -> None:
        """Adds an input type; every member may be left out."""
        fields = list(members)
        space: dict[str, Any] = {
            "__annotations__": {_attribute(member): Any for member in fields},
            "__module__": __name__,
        }
        for member in fields:
            space[_attribute(member)] = strawberry.field(
                name=member.name, description=both(member.description), default=UNSET
            )
        made = strawberry.input(new_class(name, (), space), name=name, description=both(description), one_of=one_of)
        self._annotate(made, fields)
        self._space[name] = made

    def add_enum(self, enum: EnumType, description: Text) -> None:
        """Adds an enum; once, however often it is used."""
        if enum.name in self._space:
            return
        plain = cast(EnumMeta, Enum(enum.name, {value: value for value in enum.values}))
        made = strawberry.enum(plain, name=enum.name, description=both(description))
        for value in cast(Any, made).__strawberry_definition__.values:
            value.description = both(enum.values[value.name])
        self._space[enum.name] = made

    def _add(
        self,
        name: str,
        description: Text,
        members: Iterable[Member],
        bases: tuple[type, ...],
        is_interface: bool = False,
    ) -> None:
        inherited = {field.graphql_name for base in bases for field in base.__strawberry_definition__.fields}  # type: ignore[attr-defined]  # Strawberry's own
        fields = [member for member in members if member.name not in inherited]
        space: dict[str, Any] = {
            "__annotations__": {_attribute(member): Any for member in fields},
            "__module__": __name__,
        }
        for member in fields:
            space[_attribute(member)] = strawberry.field(name=member.name, description=both(member.description))
        plain = new_class(name, bases, space)
        decorate = strawberry.interface if is_interface else strawberry.type
        made = decorate(plain, name=name, description=both(description))
        self._annotate(made, fields)
        self._space[name] = made
        self.objects.append(made)

    def _annotate(self, made: type, members: Iterable[Member]) -> None:
        by_name = {member.name: member for member in members}
        for field in cast("list[StrawberryField]", made.__strawberry_definition__.fields):  # type: ignore[attr-defined]  # ditto
            member = by_name.get(field.graphql_name or "")
            if member is not None:
                field.type_annotation = self._annotation(member.type)
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

    def _annotation(self, notation: str) -> StrawberryAnnotation:
        if notation not in self._annotations:
            self._annotations[notation] = StrawberryAnnotation(_python(notation), namespace=self._space)
        return self._annotations[notation]

    def _default(self, argument: Argument) -> object:
        """A default as Strawberry wants it; enum members are given by name."""
        bare = argument.type.strip("[]!")
        made = self._space.get(bare)
        if argument.default is UNSET or not isinstance(made, EnumMeta):
            return argument.default
        if isinstance(argument.default, list):
            return [made[name] for name in argument.default]
        return made[cast(str, argument.default)]


def new_class(name: str, bases: tuple[type, ...], space: dict[str, Any]) -> Any:
    """A class of this name and attributes."""
    return type(name, bases, space)


def _attribute(member: Member) -> str:
    """A name for Python, in which `and`, `or`, `not` and `in` can't be attributes."""
    return f"_{member.name}"


def _python(notation: str) -> str:
    """A type in GraphQL notation as a Python annotation."""
    if notation.endswith("!"):
        return _bare(notation[:-1])
    return f"{_bare(notation)} | None"


def _bare(notation: str) -> str:
    return f"list[{_python(notation[1:-1])}]" if notation.startswith("[") else notation
