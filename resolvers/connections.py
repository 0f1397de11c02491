"""Plans a connection: its page of records, its edges, its totals, and the object that holds them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, cast

from graphql import FieldNode

from config.entities import Computed, Entity, Field
from replica.ask import Measure, MeasureKind, Output, Partners, Rows, Sort, Start, Totals
from replica.where import read_where
from resolvers.asked import Asked, as_where
from resolvers.collect import Fields
from resolvers.pages import cursor_width, read_order, read_page
from resolvers.records import Records, compile_shape
from resolvers.run import ConnectionStep, Fetch, Pattern
from resolvers.shape import Columns, write_object
from resolvers.values import ordering_mark, write_average, write_ratio, write_sum

FIRST = 50  # records of a root connection when no page is asked
NESTED_FIRST = 20


def plan_connection(
    asked: Asked, entity: Entity, start: Start, nodes: list[FieldNode], where: Pattern, parent: str
) -> ConnectionStep:
    """The step that answers a connection of `entity`, a field of the type `parent`."""
    asked.entities.add(entity.name)
    is_linked = isinstance(start, Partners)
    arguments = asked.arguments(parent, nodes)
    columns = Columns(1 if is_linked else 0)
    order = read_order(asked.catalogue, entity, arguments.get("orderBy"))
    page, facts = read_page(asked, entity, order, arguments, nodes, NESTED_FIRST if is_linked else FIRST)
    writing = _Connection(asked, entity, columns, order, where, is_linked)
    body = writing.members(asked.fields_of(f"{entity.name}Connection", nodes))
    condition = read_where(asked.catalogue, entity, as_where(arguments.get("where")))
    every = (arguments.get("scope") or _scope(asked, start)) == "ALL"
    fetch = totals = None
    if writing.needs_rows:
        columns.place(Output((), "own", "_id"))  # rows are counted even if nothing of them is asked
        rows = Rows(entity.name, columns.outputs, start, condition, order, page, every, writing.needs_keys)
        fetch = Fetch(asked.rows(rows), tuple(writing.records.children), writing.shapes)
    if writing.measures:
        totals = asked.totals(Totals(entity.name, tuple(writing.measures), start, condition, every))
    parameters = ["rows", "s", "e", "has_next", "has_previous", "t", *writing.parameters]
    assemble = asked.writer.function(parameters, write_object(body))
    return ConnectionStep(entity.name, where, facts, fetch, totals, _no_totals(writing.measures), assemble)


def plan_link(asked: Asked, entity: Entity, start: Partners, nodes: list[FieldNode], where: Pattern) -> ConnectionStep:
    """The step that answers a many-link for many parents at once."""
    return plan_connection(asked, entity, start, nodes, where, start.entity)


def _scope(asked: Asked, start: Start) -> str:
    """The scope where none is asked: of a link of history, all records."""
    return asked.catalogue.hops(start.entity)[start.hop].scope if isinstance(start, Partners) else "CURRENT"


class _Connection:
    """Writes the members of a connection object and notes what they need."""

    def __init__(
        self, asked: Asked, entity: Entity, columns: Columns, order: tuple[Sort, ...], where: Pattern, is_linked: bool
    ) -> None:
        self._asked = asked
        self._entity = entity
        self._columns = columns
        self._order = order
        self._where = where
        self._is_linked = is_linked
        self._lists: list[str] = []
        self.records = Records(asked, columns, plan_link)
        self.measures: list[Measure] = []
        self.needs_rows = False
        self.needs_keys = False

    @property
    def parameters(self) -> list[str]:
        return [f"x{index}" for index in range(len(self._lists))]

    @property
    def shapes(self) -> tuple[Callable[..., list[Any]], ...]:
        # made last: every shape takes all children, also those that a later one added
        return tuple(compile_shape(self._asked.writer, text, self.records.children) for text in self._lists)

    def members(self, fields: Fields) -> list[tuple[str, str]]:
        return [(key, self._member(nodes, (*self._where, key))) for key, nodes in fields.items()]

    def _member(self, nodes: list[FieldNode], where: Pattern) -> str:
        match nodes[0].name.value:
            case "__typename":
                return repr(f"{self._entity.name}Connection")
            case "totalCount":
                return f"t[{self._measure('count')}]"
            case "aggregate":
                return self._object("Aggregate", nodes, self._aggregated)
            case "pageInfo":
                self.needs_rows = True
                return self._object("PageInfo", nodes, lambda name, _: self._page_info(name), own=False)
            case "nodes":
                return self._list(self.records.record(self._entity, (), nodes, (*where, "*")))
            case _:
                return self._list(self._edge(nodes, (*where, "*")))

    def _list(self, expression: str) -> str:
        self.needs_rows = True
        self._lists.append(expression)
        return f"x{len(self._lists) - 1}[s:e]"

    def _object(
        self, suffix: str, nodes: list[FieldNode], member: Callable[[str, list[FieldNode]], str], own: bool = True
    ) -> str:
        type_name = f"{self._entity.name}{suffix}" if own else suffix
        members = []
        for key, asked in self._asked.fields_of(type_name, nodes).items():
            name = asked[0].name.value
            members.append((key, repr(type_name) if name == "__typename" else member(name, asked)))
        return write_object(members)

    def _edge(self, nodes: list[FieldNode], where: Pattern) -> str:
        def member(name: str, asked: list[FieldNode]) -> str:
            if name == "cursor":
                return self._cursor("r")
            if name == "match":
                return self.records.match((), asked) if self._is_linked else "None"
            key = (asked[0].alias or asked[0].name).value
            return self.records.record(self._entity, (), asked, (*where, key))

        return self._object("Edge", nodes, member)

    def _page_info(self, name: str) -> str:
        match name:
            case "hasNextPage":
                return "has_next"
            case "hasPreviousPage":
                return "has_previous"
            case "startCursor":
                return f"({self._cursor('rows[s]')} if e > s else None)"
            case _:
                return f"({self._cursor('rows[e - 1]')} if e > s else None)"

    def _cursor(self, row: str) -> str:
        self.needs_keys = True
        width = cursor_width(self._order)  # the order's columns stand at the end of the row
        mark = ordering_mark(self._entity.name, self._order)
        return self._asked.writer.cursor(mark, [f"{row}[{place}]" for place in range(-width, 0)])

    # -- totals -------------------------------------------------------------------------------------------------------

    def _measure(self, kind: MeasureKind, name: str = "") -> int:
        """Where in the row of totals a measure stands; a sum takes two places."""
        wanted = Measure(kind, name)
        if wanted not in self.measures:
            self.measures.append(wanted)
        before = self.measures[: self.measures.index(wanted)]
        return sum(measure.width for measure in before)

    def _aggregated(self, kind: str, nodes: list[FieldNode]) -> str:
        if kind == "count":
            return f"t[{self._measure('count')}]"
        suffix = {"unreadable": "Known", "countDistinct": "Distinct"}.get(kind, kind.capitalize())
        return self._object(suffix, nodes, lambda name, _: self._number(kind, name))

    def _number(self, kind: str, name: str) -> str:
        field = self._entity.field(name)
        if field is None:
            raise KeyError(name)
        scale = field.scale if field.type.is_decimal else 0
        writer = self._asked.writer
        match kind:
            case "sum" | "avg":
                place = self._measure("sum", name)
                pair = f"t[{place}], t[{place + 1}]"
                if kind == "sum":
                    return f"{writer.name(write_sum)}({pair}, {scale})"
                return f"{writer.name(write_average)}({pair}, t[{self._measure('known', name)}], {scale})"
            case "ratio":
                place = self._measure("ratio", name)
                sides = cast(Computed, field.computed)
                scales = tuple(cast(Field, self._entity.field(side)).scale for side in (sides.left, sides.right))
                return f"{writer.name(write_ratio)}(t[{place}:{place + 4}], {scales}, {scale})"
            case "countDistinct":
                return f"t[{self._measure('distinct', name)}]"
            case "min" | "max":
                return writer.value(field, f"t[{self._measure(cast(MeasureKind, kind), name)}]")
            case _:
                return f"t[{self._measure(cast(MeasureKind, kind), name)}]"


def _no_totals(measures: Sequence[Measure]) -> tuple[object, ...]:
    """The totals of a parent without partners."""
    row: list[object] = []
    for measure in measures:
        is_null = measure.kind in ("sum", "ratio", "min", "max")
        row += [None if is_null else 0] * measure.width
    return tuple(row)
