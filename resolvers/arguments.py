"""Arguments as plain data whose structure is fixed and whose leaves may be slots, so that a plan serves many values.

The structure of an argument (which members there are, which are null, enum names, booleans, how many `and` parts) decides
the SQL; strings, numbers, dates and lists of them do not. `shape_of` tells the structure of variables: operations of one
document with equal shapes share a plan.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from graphql import (
    EnumValueNode,
    FieldNode,
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLScalarType,
    ListValueNode,
    NullValueNode,
    ObjectValueNode,
    Undefined,
    ValueNode,
    VariableNode,
    coerce_input_literal,
)

from replica.ask import Slot, Variables
from resolvers.errors import BadRequest

MAX_NESTED = 30  # objects in one another, in one argument
MAX_MEMBERS = 1_500  # of all arguments of an operation, beside the items of lists of plain values

_ABSENT = object()


def read_arguments(field: GraphQLField, node: FieldNode, variables: Variables) -> dict[str, object]:
    """The arguments of a field as data; those not given and without a default are not in it."""
    given = {argument.name.value: argument.value for argument in node.arguments or ()}
    read: dict[str, object] = {}
    for name, argument in field.args.items():
        value = _literal(argument.type, given[name], variables) if name in given else _ABSENT
        if value is _ABSENT:
            value = _default(argument)
        if value is not _ABSENT:
            read[name] = value
    return read


def count_members(value: object, nested: int = 0) -> int:
    """How many members and objects an argument's data has. Raises BadRequest QUERY_TOO_COSTLY if they nest too deeply."""
    if nested > MAX_NESTED:
        raise BadRequest("QUERY_TOO_COSTLY", "OPERATION_TOO_LARGE", (), what="nested conditions", limit=MAX_NESTED)
    match value:
        case Mapping():
            return sum(1 + count_members(member, nested + 1) for member in value.values())
        case list():
            return sum(1 + count_members(item, nested) for item in value if isinstance(item, Mapping))
        case _:
            return 0


def sample_of(type_: GraphQLInputType) -> object:
    """A value that stands for any given one of a type, as far as planning is concerned: what is no structure is not looked at."""
    match type_:
        case GraphQLNonNull(of_type=inner):
            return sample_of(inner)
        case GraphQLList(of_type=inner):
            return [sample_of(inner)]
        case GraphQLInputObjectType():
            return {}
        case GraphQLEnumType():
            return next(iter(type_.values.values())).value
        case _:
            return True


def shape_of(type_: GraphQLInputType, value: object) -> object:
    """The structure of a coerced variable value, hashable."""
    if value is None:
        return None
    match type_:
        case GraphQLNonNull(of_type=inner):
            return shape_of(inner, value)
        case GraphQLList(of_type=inner):
            if _is_structural(inner):
                return tuple(shape_of(inner, item) for item in cast(Sequence[object], value))
            return "list"
        case GraphQLInputObjectType():
            return tuple(
                (name, shape_of(t, item)) for name, t, item in _members(type_, cast(Mapping[str, object], value))
            )
        case GraphQLEnumType():
            return type_.serialize(value)
        case _:
            return value if isinstance(value, bool) else "value"


def _default(argument: GraphQLArgument) -> object:
    if argument.default_value is Undefined:
        return _ABSENT
    return _plain(argument.type, argument.default_value)


def _plain(type_: GraphQLInputType, value: object) -> object:
    """A default (already an internal value) as data."""
    if value is None:
        return None
    match type_:
        case GraphQLNonNull(of_type=inner):
            return _plain(inner, value)
        case GraphQLList(of_type=inner):
            return [_plain(inner, item) for item in cast(Sequence[object], value)]
        case GraphQLEnumType():
            return type_.serialize(value)
        case _:
            return value


def _literal(type_: GraphQLInputType, node: ValueNode, variables: Variables) -> object:
    if isinstance(node, VariableNode):
        name = node.name.value
        if name not in variables:
            return _ABSENT
        if variables[name] is None and isinstance(type_, GraphQLNonNull):  # its type has a default, but null was sent
            raise BadRequest("BAD_USER_INPUT", "NULL_GIVEN", (node,), variable=name)
        return _variable(type_, (name,), variables[name])
    if isinstance(node, NullValueNode):
        return None
    match type_:
        case GraphQLNonNull(of_type=inner):
            return _literal(inner, node, variables)
        case GraphQLList(of_type=inner):
            return _literal_list(inner, node, variables)
        case GraphQLInputObjectType():
            return _literal_object(type_, cast(ObjectValueNode, node), variables)
        case GraphQLEnumType():
            return cast(EnumValueNode, node).value
        case _:
            return coerce_input_literal(node, type_)


def _literal_list(inner: GraphQLInputType, node: ValueNode, variables: Variables) -> object:
    nodes = node.values if isinstance(node, ListValueNode) else (node,)
    items = [_literal(inner, item, variables) for item in nodes]
    items = [None if item is _ABSENT else item for item in items]
    if not _is_structural(inner) and any(isinstance(item, Slot) for item in items):
        return Slot(lambda values: [item.read(values) if isinstance(item, Slot) else item for item in items])
    return items


def _literal_object(type_: GraphQLInputObjectType, node: ObjectValueNode, variables: Variables) -> dict[str, object]:
    given = {field.name.value: field.value for field in node.fields or ()}
    data: dict[str, object] = {}
    for name, field in type_.fields.items():
        value = _literal(field.type, given[name], variables) if name in given else _ABSENT
        if value is _ABSENT and field.default_value is not Undefined:
            value = _plain(field.type, field.default_value)
        if value is not _ABSENT:
            data[name] = value
    return data


def _variable(type_: GraphQLInputType, path: tuple[str | int, ...], value: object) -> object:
    if value is None:
        return None
    match type_:
        case GraphQLNonNull(of_type=inner):
            return _variable(inner, path, value)
        case GraphQLList(of_type=inner):
            # a single value stands for a list of one; coercion has made a list of it already
            items = cast(Sequence[object], value) if isinstance(value, list) else [value]
            if _is_structural(inner):
                return [_variable(inner, (*path, i), item) for i, item in enumerate(items)]
            return Slot(_list_reader(inner, path))
        case GraphQLInputObjectType():
            members = _members(type_, cast(Mapping[str, object], value))
            outs = {name: field.out_name or name for name, field in type_.fields.items()}
            return {name: _variable(t, (*path, outs[name]), item) for name, t, item in members}
        case GraphQLEnumType():
            return type_.serialize(value)
        case _:
            return value if isinstance(value, bool) else Slot(_reader(path))


def _reader(path: tuple[str | int, ...]) -> Any:
    if len(path) == 1:
        (name,) = cast("tuple[str]", path)
        return lambda variables: variables[name]

    def read(variables: Any) -> object:
        for step in path:
            variables = variables[step]
        return variables

    return read


def _list_reader(inner: GraphQLInputType, path: tuple[str | int, ...]) -> Any:
    read = _reader(path)
    named = inner.of_type if isinstance(inner, GraphQLNonNull) else inner

    def read_list(variables: Any) -> list[object]:
        value = read(variables)
        items = value if isinstance(value, list) else [value]
        if isinstance(named, GraphQLEnumType):
            return [named.serialize(item) for item in items]
        return items

    return read_list


def _members(type_: GraphQLInputObjectType, value: Mapping[str, object]) -> list[tuple[str, GraphQLInputType, object]]:
    """(name in the graph, type, value) of the members that a coerced input object has."""
    members = []
    for name, field in type_.fields.items():
        out = field.out_name or name
        if out in value:
            members.append((name, field.type, value[out]))
    return members


def _is_structural(type_: GraphQLInputType) -> bool:
    inner = type_.of_type if isinstance(type_, GraphQLNonNull) else type_
    return not isinstance(inner, GraphQLScalarType | GraphQLEnumType)
