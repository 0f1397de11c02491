"""Errors that a caller should hear; each has a code and parameters, and becomes a sentence at the edge."""

from __future__ import annotations

from collections.abc import Sequence

from graphql import GraphQLError, Node


class BadRequest(Exception):
    """The operation is refused before it runs. `code` goes to `extensions.code`, `message` names the sentence."""

    def __init__(self, code: str, message: str, nodes: Sequence[Node] = (), **params: object) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.nodes = tuple(nodes)
        self.params = params

    @property
    def locations(self) -> list[dict[str, int]]:
        """Line and column of the nodes at fault, as GraphQL writes them."""
        found = GraphQLError("", list(self.nodes)).locations if self.nodes else None
        return [{"line": location.line, "column": location.column} for location in found or ()]
