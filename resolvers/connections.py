"""Plans a connection: its page of records, its edges, its totals, and the object that holds them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from graphql import FieldNode
from orjson import Fragment

from config.entities import Entity
from replica.ask import Counted, Fixed, Json, Listed, Listing, Output, Partners, Rows, Sort, Start, Totals
from replica.where import read_where
from resolvers.asked import Asked, as_where
from resolvers.collect import Fields, response_key
from resolvers.figures import Figures, figures_of_nothing
from resolvers.groups import Asking, plan_groups
from resolvers.pages import cursor_width, read_order, read_page
from resolvers.records import Records, compile_shape
from resolvers.run import ConnectionStep, Fetch, GroupStep, Lists, Pattern
from resolvers.shape import Columns, constant, json_of, write_object
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
    fetch = totals = listing = lists = written = None
    if writing.needs_rows:
        columns.place(Output((), "own", "_id"))  # rows are counted even if nothing of them is asked
    rows = Rows(entity.name, columns.outputs, start, condition, order, page, every, writing.needs_keys)
    if is_linked:
        listing = writing.listing(rows, body)
    if writing.needs_rows:
        fetch = Fetch(asked.rows(rows), tuple(writing.records.children), writing.shapes)
        if not is_linked:
            lists = writing.as_lists(rows, body)
            written = writing.as_written(rows) if lists is None else None
    measures = tuple(writing.figures.measures)
    if measures:
        totals = asked.totals(Totals(entity.name, measures, start, condition, every))
    parameters = ["rows", "s", "e", "has_next", "has_previous", "t", *writing.parameters]
    assemble = asked.writer.function(parameters, write_object(body))
    nothing = figures_of_nothing(measures)
    groups = tuple(writing.groups)
    return ConnectionStep(entity.name, where, facts, fetch, totals, nothing, groups, assemble, listing, lists, written)


def plan_link(asked: Asked, entity: Entity, start: Partners, nodes: list[FieldNode], where: Pattern) -> ConnectionStep:
    """The step that answers a many-link for many parents at once."""
    return plan_connection(asked, entity, start, nodes, where, start.entity)


def _scope(asked: Asked, start: Start) -> str:
    """The scope where none is asked: of a link of history, all records."""
    return asked.catalogue.hops(start.entity)[start.hop].scope if isinstance(start, Partners) else "CURRENT"


class Cursor(str):
    """The expression of a cursor: of the order's columns alone."""


class Total(str):
    """The expression of the number of records."""


class ListOf(str):
    """The expression of a parent's slice of a list; `place` is the list's."""

    place: int


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
        self._edges: dict[int, list[tuple[str, str]]] = {}  # by list, the members of its edges
        self.records = Records(asked, columns, plan_link)
        self.figures = Figures(asked, of.entity)
        self.groups: list[GroupStep] = []
        self.needs_rows = False
        self.needs_keys = False
        self._tells_page = False

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

    # -- as the replica writes it -------------------------------------------------------------------------------------

    def listing(self, rows: Rows, body: Sequence[tuple[str, str]]) -> Listing | None:
        """The whole connection inside of a parent; None where it holds more than lists of what the replica can write."""
        if rows.page.backward or not (self._lists or self.figures.measures):
            return None
        members: list[tuple[str, Json | Listed | Counted]] = []
        for key, expression in body:
            json: Json | Listed | Counted | None = json_of(expression)
            if isinstance(expression, ListOf):
                listed = json_of(self._lists[expression.place])
                json = None if listed is None else Listed(listed)
            elif isinstance(expression, Total):
                json = Counted()
            if json is None:
                return None
            members.append((key, json))
        return Listing(rows, tuple(members))

    def as_lists(self, rows: Rows, body: Sequence[tuple[str, str]]) -> Lists | None:
        """The lists of a connection of the root, each written as a whole."""
        texts = [json for text in self._lists if (json := json_of(text)) is not None]
        if rows.page.backward or rows.keyed or self._tells_page or len(texts) < len(self._lists):
            return None
        statement = self._asked.written_lists(rows, texts)
        if statement is None:
            return None
        whole = [(key, f"x{text.place}" if isinstance(text, ListOf) else text) for key, text in body]
        return Lists(statement, self._asked.writer.function(["t", *self.parameters], write_object(whole)))

    def as_written(self, rows: Rows) -> Fetch | None:
        """The records of a connection of the root, each written as a whole, or, where its edge has a cursor, all but that."""
        texts: list[Json] = []
        fragment = self._asked.writer.name(Fragment)

        def write(expression: str) -> str | None:
            if isinstance(expression, Cursor):
                return expression
            json = json_of(expression)
            if isinstance(json, Fixed):
                return expression
            if json is None:
                return None
            texts.append(json)
            return f"{fragment}(r[{len(texts) - 1}])"

        shapes = []
        for place, text in enumerate(self._lists):
            expression = write(text)
            if expression is None and place in self._edges:
                members = [(key, write(value)) for key, value in self._edges[place]]
                told = [(key, value) for key, value in members if value is not None]
                expression = write_object(told) if len(told) == len(members) else None
            if expression is None:
                return None
            shapes.append(compile_shape(self._asked.writer, expression, ()))
        statement = self._asked.written_rows(rows, texts)
        return None if statement is None else Fetch(statement, (), tuple(shapes))

    # -- members ------------------------------------------------------------------------------------------------------

    def members(self, fields: Fields) -> list[tuple[str, str]]:
        return [(key, self._member(nodes, (*self._where, key))) for key, nodes in fields.items()]

    def _member(self, nodes: list[FieldNode], where: Pattern) -> str:
        match nodes[0].name.value:
            case "__typename":
                return constant(f"{self._entity.name}Connection")
            case "totalCount":
                return Total(self.figures.count())
            case "aggregate":
                aggregate = f"{self._entity.name}Aggregate"
                return self._asked.written(aggregate, nodes, partial(self.figures.figure, aggregate))
            case "groups":
                self.groups.append(plan_groups(self._asked, self._of, nodes, where, plan_link))
                return f"g{len(self.groups) - 1}"
            case "pageInfo":
                self.needs_rows = self._tells_page = True
                return self._asked.written("PageInfo", nodes, lambda name, _: self._page_info(name))
            case "nodes":
                return self._list(self.records.record(self._entity, (), nodes, (*where, "*")))
            case _:
                return self._list(self._edge(nodes, (*where, "*")))

    def _list(self, expression: str) -> str:
        self.needs_rows = True
        self._lists.append(expression)
        slice_ = ListOf(f"x{len(self._lists) - 1}[s:e]")
        slice_.place = len(self._lists) - 1
        return slice_

    def _edge(self, nodes: list[FieldNode], where: Pattern) -> str:
        def member(name: str, asked: list[FieldNode]) -> str:
            if name == "cursor":
                return self._cursor("r")
            if name == "match":
                return self.records.match((), asked) if self._is_linked else constant(None)
            return self.records.record(self._entity, (), asked, (*where, response_key(asked[0])))

        name = f"{self._entity.name}Edge"
        fields = self._asked.fields_of(name, nodes)
        members = [
            (key, constant(name) if asked[0].name.value == "__typename" else member(asked[0].name.value, asked))
            for key, asked in fields.items()
        ]
        self._edges[len(self._lists)] = members
        return write_object(members)

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

    def _cursor(self, row: str) -> Cursor:
        self.needs_keys = True
        width = cursor_width(self._order)  # the order's columns stand at the end of the row
        mark = ordering_mark(self._entity.name, self._order)
        return Cursor(self._asked.writer.cursor(mark, [f"{row}[{place}]" for place in range(-width, 0)]))
