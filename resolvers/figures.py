"""Writes the figures of a set of records: how many there are, sums, averages, extremes, ratios of sums."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import cast

from graphql import FieldNode

from config.entities import Computed, Entity, Field
from replica.ask import Measure, MeasureKind
from resolvers.asked import Asked
from resolvers.shape import write_object
from resolvers.values import write_average, write_ratio, write_sum

FIGURES = ("count", "sum", "avg", "ratio", "min", "max", "known", "unreadable", "countDistinct")


class Figures:
    """Writes figures that stand in a row called `row`, from its place `first` on; `measures` collects what is asked."""

    def __init__(self, asked: Asked, entity: Entity, row: str, first: int = 0) -> None:
        self._asked = asked
        self._entity = entity
        self._row = row
        self._first = first
        self.measures: list[Measure] = []

    def figure(self, kind: str, nodes: list[FieldNode]) -> str:
        """The expression of one of FIGURES."""
        if kind == "count":
            return self.count()
        suffix = {"unreadable": "Known", "countDistinct": "Distinct"}.get(kind, kind.capitalize())
        return self.object(suffix, nodes, lambda name, _: self._number(kind, name))

    def count(self) -> str:
        """The expression of the number of records."""
        return self._at(self._place("count"))

    def object(self, suffix: str, nodes: list[FieldNode], member: Callable[[str, list[FieldNode]], str]) -> str:
        """The expression of an object of the entity's type with this suffix."""
        type_name = f"{self._entity.name}{suffix}"
        members = []
        for key, asked in self._asked.fields_of(type_name, nodes).items():
            name = asked[0].name.value
            members.append((key, repr(type_name) if name == "__typename" else member(name, asked)))
        return write_object(members)

    def _at(self, place: int) -> str:
        return f"{self._row}[{place}]"

    def _place(self, kind: MeasureKind, name: str = "") -> int:
        """Where in the row a measure begins."""
        wanted = Measure(kind, name)
        if wanted not in self.measures:
            self.measures.append(wanted)
        before = self.measures[: self.measures.index(wanted)]
        return self._first + sum(measure.width for measure in before)

    def _number(self, kind: str, name: str) -> str:
        field = self._entity.field(name)
        if field is None:
            raise KeyError(name)
        scale = field.scale if field.type.is_decimal else 0
        writer = self._asked.writer
        match kind:
            case "sum" | "avg":
                place = self._place("sum", name)
                pair = f"{self._at(place)}, {self._at(place + 1)}"
                if kind == "sum":
                    return f"{writer.name(write_sum)}({pair}, {scale})"
                return f"{writer.name(write_average)}({pair}, {self._at(self._place('known', name))}, {scale})"
            case "ratio":
                place = self._place("ratio", name)
                sides = cast(Computed, field.computed)
                scales = tuple(cast(Field, self._entity.field(side)).scale for side in (sides.left, sides.right))
                return f"{writer.name(write_ratio)}({self._row}[{place}:{place + 4}], {scales}, {scale})"
            case "countDistinct":
                return self._at(self._place("distinct", name))
            case "min" | "max":
                return writer.value(field, self._at(self._place(cast(MeasureKind, kind), name)))
            case _:
                return self._at(self._place(cast(MeasureKind, kind), name))


def figures_of_nothing(measures: Sequence[Measure]) -> tuple[object, ...]:
    """The row of measures over no records."""
    row: list[object] = []
    for measure in measures:
        is_null = measure.kind in ("sum", "ratio", "min", "max")
        row += [None if is_null else 0] * measure.width
    return tuple(row)
