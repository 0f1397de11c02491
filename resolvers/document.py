"""A parsed and validated document: its operations, its fragments, and the plans that were made of it."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
)

from resolvers.errors import BadRequest
from resolvers.inputs import Inputs
from resolvers.plan import Plan


class Document:
    """One document of a client; `plans` are kept by operation, caller, language and structure of the variables."""

    def __init__(self, document: DocumentNode) -> None:
        definitions = document.definitions
        self.fragments = {d.name.value: d for d in definitions if isinstance(d, FragmentDefinitionNode)}
        self._operations = [d for d in definitions if isinstance(d, OperationDefinitionNode)]
        self.plans: OrderedDict[object, Plan] = OrderedDict()
        self._inputs: dict[int, Inputs] = {}

    def inputs(self, operation: OperationDefinitionNode, schema: GraphQLSchema) -> Inputs:
        """The variables of one of its operations."""
        found = self._inputs.get(id(operation))
        if found is None:
            found = self._inputs[id(operation)] = Inputs(schema, operation)
        return found

    def operation(self, name: str | None) -> OperationDefinitionNode:
        """The operation to run. Raises BadRequest if it can't be told which, or if it is not a query."""
        operations = self._operations
        if not operations:
            raise BadRequest("OPERATION_RESOLUTION_FAILURE", "OPERATION_MISSING")
        if name is not None:
            operations = [o for o in operations if o.name and o.name.value == name]
            if not operations:
                raise BadRequest(
                    "OPERATION_RESOLUTION_FAILURE",
                    "OPERATION_UNKNOWN",
                    (),
                    name=name,
                    names=self._names,
                )
        elif len(operations) > 1:
            raise BadRequest(
                "OPERATION_RESOLUTION_FAILURE",
                "OPERATION_NAME_MISSING",
                operations[1:2],
                names=self._names,
            )
        (operation,) = operations
        if operation.operation is not OperationType.QUERY:
            kind = operation.operation.value
            raise BadRequest("OPERATION_RESOLUTION_FAILURE", "OPERATION_NOT_A_QUERY", (operation,), kind=kind)
        return operation

    @property
    def _names(self) -> str:
        return ", ".join(o.name.value if o.name else "(unnamed)" for o in self._operations)

    def reduced(self, operation: OperationDefinitionNode, fields: Sequence[FieldNode]) -> DocumentNode:
        """A document that asks for these fields of the root alone."""
        asked = OperationDefinitionNode(
            operation=operation.operation,
            name=operation.name,
            variable_definitions=operation.variable_definitions,
            directives=(),
            selection_set=SelectionSetNode(selections=tuple(fields)),
        )
        return DocumentNode(definitions=(asked, *self.fragments.values()))
