"""Plans a connection: its page of records, its edges, its totals, and the object that holds them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from graphql import FieldNode

from config.entities import Entity
from replica.ask import Output, Partners, Rows, Sort, Start, Totals
from replica.where import read_where
from resolvers.asked import Asked, as_where
from resolvers.collect import Fields, response_key
from resolvers.figures import Figures, figures_of_nothing
from resolvers.groups import Asking, plan_groups
from resolvers.pages import cursor_width, read_order, read_page
from resolvers.records import Records, compile_shape
from resolvers.run import ConnectionStep, Fetch, GroupStep, Pattern
from resolvers.shape import Columns, write_object
from resolvers.values import ordering_mark

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
    condition = read_where(asked.catalogue, entity, as_where(arguments.get("where")))
    every = (arguments.get("scope") or _scope(asked, start)) == "ALL"
    writing = _Connection(asked, Asking(entity, start, condition, every), columns, order, where, is_linked)
    body = writing.members(asked.fields_of(f"{entity.name}Connection", nodes))
    fetch = totals = None
    if writing.needs_rows:
        columns.place(Output((), "own", "_id"))  # rows are counted even if nothing of them is asked
        rows = Rows(entity.name, columns.outputs, start, condition, order, page, every, writing.needs_keys)
        fetch = Fetch(asked.rows(rows), tuple(writing.records.children), writing.shapes)
    measures = tuple(writing.figures.measures)
    if measures:
        totals = asked.totals(Totals(entity.name, measures, start, condition, every))
    parameters = ["rows", "s", "e", "has_next", "has_previous", "t", *writing.parameters]
    assemble = asked.writer.function(parameters, write_object(body))
    nothing = figures_of_nothing(measures)
    return ConnectionStep(entity.name, where, facts, fetch, totals, nothing, tuple(writing.groups), assemble)


def plan_link(asked: Asked, entity: Entity, start: Partners, nodes: list[FieldNode], where: Pattern) -> ConnectionStep:
    """The step that answers a many-link for many parents at once."""
    return plan_connection(asked, entity, start, nodes, where, start.entity)


def _scope(asked: Asked, start: Start) -> str:
    """The scope where none is asked: of a link of history, all records."""
    return asked.catalogue.hops(start.entity)[start.hop].scope if isinstance(start, Partners) else "CURRENT"


class _Connection:
    """Writes the members of a connection object and notes what they need."""

    def __init__(
        self, asked: Asked, of: Asking, columns: Columns, order: tuple[Sort, ...], where: Pattern, is_linked: bool
    ) -> None:
        self._asked = asked
        self._of = of
        self._entity = of.entity
        self._columns = columns
        self._order = order
        self._where = where
        self._is_linked = is_linked
        self._lists: list[str] = []
        self.records = Records(asked, columns, plan_link)
        self.figures = Figures(asked, of.entity)
        self.groups: list[GroupStep] = []
        self.needs_rows = False
        self.needs_keys = False

    @property
    def parameters(self) -> list[str]:
        return [
            *(f"x{place}" for place in range(len(self._lists))),
            *(f"g{place}" for place in range(len(self.groups))),
        ]

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
                return self.figures.count()
            case "aggregate":
                aggregate = f"{self._entity.name}Aggregate"
                return self._asked.written(aggregate, nodes, partial(self.figures.figure, aggregate))
            case "groups":
                self.groups.append(plan_groups(self._asked, self._of, nodes, where, plan_link))
                return f"g{len(self.groups) - 1}"
            case "pageInfo":
                self.needs_rows = True
                return self._asked.written("PageInfo", nodes, lambda name, _: self._page_info(name))
            case "nodes":
                return self._list(self.records.record(self._entity, (), nodes, (*where, "*")))
            case _:
                return self._list(self._edge(nodes, (*where, "*")))

    def _list(self, expression: str) -> str:
        self.needs_rows = True
        self._lists.append(expression)
        return f"x{len(self._lists) - 1}[s:e]"

    def _edge(self, nodes: list[FieldNode], where: Pattern) -> str:
        def member(name: str, asked: list[FieldNode]) -> str:
            if name == "cursor":
                return self._cursor("r")
            if name == "match":
                return self.records.match((), asked) if self._is_linked else "None"
            return self.records.record(self._entity, (), asked, (*where, response_key(asked[0])))

        return self._asked.written(f"{self._entity.name}Edge", nodes, member)

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
