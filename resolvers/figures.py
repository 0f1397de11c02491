"""Writes the figures of a set of records: how many there are, sums, averages, extremes, ratios of sums."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from graphql import FieldNode

from config.entities import Entity, Field
from replica.ask import COUNT, Measure, MeasureKind
from replica.conditions import scale_of
from replica.where import read_where
from resolvers.asked import Asked, as_where
from resolvers.values import write_sum


class Figures:
    """Writes figures that stand in a row called `t`; `measures` collects what is asked."""

    def __init__(self, asked: Asked, entity: Entity) -> None:
        self._asked = asked
        self._entity = entity
        self.measures: list[Measure] = []

    def figure(self, type_name: str, kind: str, nodes: list[FieldNode]) -> str:
        """The expression of a figure (`count`, `sum` …), a field of the type of this name."""
        where = self._asked.arguments(type_name, nodes).get("where")
        condition = None if where is None else read_where(self._asked.catalogue, self._entity, as_where(where))
        if kind == "count":
            return f"t[{self._place(Measure('count', condition=condition))}]"
        suffix = {"unreadable": "Known", "countDistinct": "Distinct"}.get(kind, kind.capitalize())
        type_name = f"{self._entity.name}{suffix}"
        return self._asked.written(type_name, nodes, lambda name, _: self._number(kind, name, condition))

    def count(self) -> str:
        """The expression of the number of records."""
        return f"t[{self._place(COUNT)}]"

    def _place(self, wanted: Measure) -> int:
        """Where in the row a measure begins."""
        if wanted not in self.measures:
            self.measures.append(wanted)
        before = self.measures[: self.measures.index(wanted)]
        return sum(measure.width for measure in before)

    def _number(self, kind: str, name: str, condition: object) -> str:
        field = cast(Field, self._entity.field(name))
        writer = self._asked.writer
        measure = Measure("distinct" if kind == "countDistinct" else cast(MeasureKind, kind), name, condition)
        place = self._place(measure)
        match kind:
            case "sum" | "avg" | "ratio":
                return f"{writer.name(write_sum)}(t[{place}], t[{place + 1}], {scale_of(field, measure)})"
            case "min" | "max":
                return writer.value(field, f"t[{place}]")
            case _:
                return f"t[{place}]"


def figures_of_nothing(measures: Sequence[Measure]) -> tuple[object, ...]:
    """The row of measures over no records."""
    row: list[object] = []
    for measure in measures:
        is_null = measure.kind in ("sum", "avg", "ratio", "min", "max")
        row += [None if is_null else 0] * measure.width
    return tuple(row)
