"""How large an operation may be, measured in one linear pass over the document before anything else looks at it.

Each fragment is measured once; its spreads add its numbers, with counters that stop growing at a cap, so that a document of
nested fragments costs no more than its length (faults.md: Strawberry's own limiters double their time with each fragment).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
)

from resolvers.errors import BadRequest

CAP = 1_000_000


@dataclass(frozen=True, slots=True)
class Limits:
    """The largest operation that is taken up. `looked` is how many rows its selects are expected to look at."""

    tokens: int = 15_000
    depth: int = 20
    aliases: int = 100
    selections: int = 2_000
    root_fields: int = 50
    definitions: int = 100
    directives: int = 50
    looked: int = 20_000_000


@dataclass(frozen=True, slots=True)
class _Size:
    depth: int = 0
    aliases: int = 0
    selections: int = 0
    directives: int = 0

    def beside(self, other: _Size) -> _Size:
        return _Size(
            max(self.depth, other.depth),
            min(CAP, self.aliases + other.aliases),
            min(CAP, self.selections + other.selections),
            min(CAP, self.directives + other.directives),
        )


def check_size(document: DocumentNode, limits: Limits) -> None:
    """Raises BadRequest QUERY_TOO_COSTLY naming the first limit that any operation of the document passes."""
    if len(document.definitions) > limits.definitions:
        raise _too_large("definitions", limits.definitions)
    measure = _Measure(document, limits.depth)
    for definition in document.definitions:
        if isinstance(definition, OperationDefinitionNode):
            size = measure.of(definition.selection_set, 1)
            for name in ("depth", "aliases", "selections", "directives"):
                if getattr(size, name) > getattr(limits, name):
                    raise _too_large(name, getattr(limits, name))
            if measure.fields_beside(definition.selection_set) > limits.root_fields:
                raise _too_large("root fields", limits.root_fields)


class _Measure:
    def __init__(self, document: DocumentNode, depth: int) -> None:
        self._depth = depth
        self._fragments = {
            definition.name.value: definition
            for definition in document.definitions
            if isinstance(definition, FragmentDefinitionNode)
        }
        self._sizes: dict[str, _Size] = {}
        self._widths: dict[str, int] = {}

    def of(self, selection_set: SelectionSetNode | None, level: int) -> _Size:
        """The size of a selection set. `level` is its real depth where it is first met, so it may be refused at once."""
        size = _Size()
        if selection_set and level > self._depth:
            raise _too_large("depth", self._depth)
        for selection in selection_set.selections if selection_set else ():
            match selection:
                case FieldNode():
                    below = self.of(selection.selection_set, level + 1)
                    below = replace(
                        below,
                        depth=below.depth + 1,
                        aliases=below.aliases + (selection.alias is not None),
                        selections=below.selections + 1,
                    )
                case InlineFragmentNode():
                    below = self.of(selection.selection_set, level)
                case FragmentSpreadNode():
                    below = self._fragment(selection.name.value, level)
                case _:
                    raise TypeError(f"not a selection: {selection!r}")
            size = size.beside(replace(below, directives=below.directives + len(selection.directives or ())))
        return size

    def fields_beside(self, selection_set: SelectionSetNode) -> int:
        """How many fields stand directly in a selection set, fragments spread."""
        width = 0
        for selection in selection_set.selections:
            match selection:
                case FieldNode():
                    width += 1
                case InlineFragmentNode():
                    width += self.fields_beside(selection.selection_set)
                case FragmentSpreadNode():
                    width += self._width(selection.name.value)
                case _:
                    raise TypeError(f"not a selection: {selection!r}")
        return min(CAP, width)

    def _width(self, name: str) -> int:
        if name not in self._widths:
            self._widths[name] = 0  # a fragment that spreads itself is refused by validation
            if name in self._fragments:
                self._widths[name] = self.fields_beside(self._fragments[name].selection_set)
        return self._widths[name]

    def _fragment(self, name: str, level: int) -> _Size:
        if name not in self._sizes:
            self._sizes[name] = _Size()
            if name in self._fragments:
                self._sizes[name] = self.of(self._fragments[name].selection_set, level)
        return self._sizes[name]


def _too_large(what: str, limit: int) -> BadRequest:
    return BadRequest("QUERY_TOO_COSTLY", "OPERATION_TOO_LARGE", (), what=what, limit=limit)
