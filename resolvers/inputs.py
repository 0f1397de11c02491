"""The variables of an operation: coerced as graphql-core does, and far quicker where they are plain values already."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

from graphql import (
    GraphQLEnumType,
    GraphQLError,
    GraphQLInputType,
    GraphQLNonNull,
    GraphQLSchema,
    OperationDefinitionNode,
    VariableValues,
    get_variable_values,
    type_from_ast,
)

from resolvers.arguments import shape_of

MAX_ERRORS = 10  # that are listed
SMALLEST, LARGEST = -(2**31), 2**31 - 1  # of GraphQL's Int

Quick = Callable[[Any], Any]
"""A value that is coerced by being taken as it is, or _OTHER."""
_OTHER: Any = object()


class Inputs:
    """The variables that one operation defines."""

    def __init__(self, schema: GraphQLSchema, operation: OperationDefinitionNode) -> None:
        self._schema = schema
        self._definitions = operation.variable_definitions or ()
        self._types = [
            (definition.variable.name.value, cast(GraphQLInputType, type_from_ast(schema, definition.type)))
            for definition in self._definitions
        ]
        quick = [(name, _quick(type_)) for name, type_ in self._types]
        self._quick = None if any(take is None for _, take in quick) else cast("list[tuple[str, Quick]]", quick)

    def coerce(self, given: Mapping[str, object] | None) -> dict[str, Any] | Sequence[GraphQLError]:
        """The values of the variables, or what is wrong with them."""
        if not self._definitions:
            return {}
        given = given or {}
        if self._quick is not None:
            values = {name: take(given.get(name)) for name, take in self._quick}
            if _OTHER not in values.values():
                return values
        found = get_variable_values(self._schema, self._definitions, dict(given), max_errors=MAX_ERRORS)
        return found.coerced if isinstance(found, VariableValues) else found

    def shape(self, variables: Mapping[str, object]) -> object:
        """The structure of coerced values: those of equal structure share a plan."""
        return tuple([(name, shape_of(type_, variables[name])) for name, type_ in self._types if name in variables])


def _quick(type_: GraphQLInputType) -> Quick | None:
    """For a type of which most values need no coercion how those are taken. Null and what is missing are left to graphql-core."""
    if isinstance(type_, GraphQLNonNull):
        type_ = cast(GraphQLInputType, type_.of_type)
    if isinstance(type_, GraphQLEnumType):
        values = {name: value.value for name, value in type_.values.items()}
        return lambda given: values.get(given, _OTHER) if type(given) is str else _OTHER
    match type_.name if hasattr(type_, "name") else "":
        case "Int":
            return lambda given: given if type(given) is int and SMALLEST <= given <= LARGEST else _OTHER
        case "String" | "ID":
            return lambda given: given if type(given) is str else _OTHER
        case "Boolean":
            return lambda given: given if type(given) is bool else _OTHER
        case _:
            return None
