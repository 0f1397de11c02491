"""Which fields an operation asks of an object: fragments spread, directives applied, equal response keys merged."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import cast

from graphql import (
    BooleanValueNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    SelectionNode,
    SelectionSetNode,
    VariableNode,
    is_abstract_type,
)

from resolvers.errors import BadRequest

Fields = dict[str, list[FieldNode]]
"""Response key to the field nodes that share it, in the order of the operation."""


def response_key(node: FieldNode) -> str:
    """The name under which a field stands in the answer."""
    return (node.alias or node.name).value


class Collector:
    """Collects fields of one validated document for given Boolean variables (those that @skip and @include use)."""

    def __init__(
        self,
        schema: GraphQLSchema,
        fragments: Mapping[str, FragmentDefinitionNode],
        variables: Mapping[str, object],
    ) -> None:
        self._schema = schema
        self._fragments = fragments
        self._variables = variables

    def fields(self, of: GraphQLObjectType, sets: Iterable[SelectionSetNode | None]) -> Fields:
        """What is asked of an object of type `of` by these selection sets together."""
        collected: Fields = {}
        visited: set[str] = set()
        for selection_set in sets:
            if selection_set is not None:
                self._collect(of, selection_set.selections, collected, visited)
        return collected

    def below(self, of: GraphQLObjectType, nodes: Iterable[FieldNode]) -> Fields:
        """What is asked of the object that these field nodes answer with."""
        return self.fields(of, (node.selection_set for node in nodes))

    def _collect(
        self,
        of: GraphQLObjectType,
        selections: Iterable[SelectionNode],
        collected: Fields,
        visited: set[str],
    ) -> None:
        for selection in selections:
            if not self._is_included(selection):
                continue
            match selection:
                case FieldNode():
                    key = response_key(selection)
                    collected.setdefault(key, []).append(selection)
                case InlineFragmentNode():
                    condition = selection.type_condition
                    if condition is None or self._applies(condition.name.value, of):
                        self._collect(of, selection.selection_set.selections, collected, visited)
                case FragmentSpreadNode():
                    name = selection.name.value
                    if name in visited:
                        continue
                    visited.add(name)
                    fragment = self._fragments[name]
                    if self._applies(fragment.type_condition.name.value, of):
                        self._collect(of, fragment.selection_set.selections, collected, visited)

    def _applies(self, condition: str, of: GraphQLObjectType) -> bool:
        if condition == of.name:
            return True
        found = self._schema.type_map[condition]
        return is_abstract_type(found) and self._schema.is_sub_type(found, of)

    def _is_included(self, selection: SelectionNode) -> bool:
        for directive in selection.directives or ():
            name = directive.name.value
            if name in ("skip", "include"):
                argument = next(a for a in directive.arguments or () if a.name.value == "if")
                if self._truth(argument.value) is (name == "skip"):
                    return False
        return True

    def _truth(self, value: object) -> bool:
        if isinstance(value, VariableNode):
            name = value.name.value
            if self._variables[name] is None:  # its type has a default, but null was sent
                raise BadRequest("BAD_USER_INPUT", "NULL_GIVEN", (value,), variable=name)
            return bool(self._variables[name])
        return cast(BooleanValueNode, value).value
