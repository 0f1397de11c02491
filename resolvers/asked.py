"""What planning shares: the schema, the catalogue, the operation's variables, and what was found out on the way."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, TypeVar, cast

from graphql import FieldNode, GraphQLObjectType, GraphQLSchema

from config.entities import Catalogue
from replica.ask import Groups, Json, Rows, Slot, Totals, Variables
from replica.binding import Statement
from replica.compile import compile_groups, compile_lists, compile_rows, compile_totals, compile_written
from replica.session import SQLITE
from replica.tables import Tables
from replica.versions import names_of
from replica.written import can_write, is_writable
from resolvers.arguments import MAX_MEMBERS, count_members, read_arguments
from resolvers.collect import Collector, Fields
from resolvers.errors import BadRequest
from resolvers.explaining import Origins
from resolvers.run import Pattern
from resolvers.shape import Expression, Writer, constant, write_object

LONGEST_NAME = 80  # characters of a wrong name that are repeated

Check = Callable[[Variables], None]
T = TypeVar("T")


class Asked:
    """One operation while it is planned. `checks`, `numbers` (how many records are asked),
    `to_one`, `entities` and `reads` (what its version depends on) fill as its fields are visited."""

    def __init__(
        self,
        schema: GraphQLSchema,
        catalogue: Catalogue,
        tables: Tables,
        writer: Writer,
        collector: Collector,
        variables: Variables,
        origins: Origins,
    ) -> None:
        self._schema = schema
        self.origins = origins
        self.tables = tables
        self._collector = collector
        self._variables = variables
        self._members = 0
        self.explained = 0
        self.catalogue = catalogue
        self.writer = writer
        self.checks: list[Check] = []
        self.numbers: list[Callable[[Variables], int]] = []
        self._known: dict[int, set[str]] = {}
        self.to_one: list[tuple[Pattern, str]] = []
        self.entities: set[str] = set()
        self.is_lasting = True  # whether the answer is the same as long as what it reads is
        self.reads: set[str] = set()

    def fields_of(self, type_name: str, nodes: Iterable[FieldNode]) -> Fields:
        """What these field nodes ask of an object of the type of this name."""
        return self._collector.below(self._type(type_name), nodes)

    def written(
        self, type_name: str, nodes: Iterable[FieldNode], member: Callable[[str, list[FieldNode]], str]
    ) -> Expression:
        """The expression of an object of the type of this name; `member` writes each field that is asked, by its name."""
        members = []
        for key, asked in self.fields_of(type_name, nodes).items():
            name = asked[0].name.value
            members.append((key, constant(type_name) if name == "__typename" else member(name, asked)))
        return write_object(members)

    def arguments(self, type_name: str, nodes: list[FieldNode]) -> dict[str, object]:
        """The arguments of a field of that type. Raises BadRequest if those of the operation become too many."""
        arguments = read_arguments(self._type(type_name).fields[nodes[0].name.value], nodes[0], self._variables)
        self._members += sum(map(count_members, arguments.values()))
        if self._members > MAX_MEMBERS:
            raise BadRequest("QUERY_TOO_COSTLY", "OPERATION_TOO_LARGE", (), what="conditions", limit=MAX_MEMBERS)
        return arguments

    def rows(self, rows: Rows) -> Statement:
        return self._noted(compile_rows(self.catalogue, self.tables, rows))

    def groups(self, groups: Groups) -> Statement:
        return self._noted(compile_groups(self.catalogue, self.tables, groups))

    def totals(self, totals: Totals) -> Statement:
        return self._noted(compile_totals(self.catalogue, self.tables, totals))

    def written_rows(self, rows: Rows, texts: Sequence[Json]) -> Statement | None:
        """The records of `rows`, each as these texts; None if the replica can't write them."""
        return compile_written(self.catalogue, self.tables, rows, texts) if self._can_write(texts) else None

    def written_lists(self, rows: Rows, texts: Sequence[Json]) -> Statement | None:
        """For each of the texts a list of the records of `rows`; None if the replica can't write them."""
        return compile_lists(self.catalogue, self.tables, rows, texts) if self._can_write(texts) else None

    def _can_write(self, texts: Sequence[Json]) -> bool:
        return bool(texts) and self.tables.dialect is SQLITE and can_write() and all(map(is_writable, texts))

    def _noted(self, statement: Statement) -> Statement:
        self.reads |= names_of(self.catalogue, statement.tables)
        return statement

    def bound(self, read: Callable[[Variables], int], limit: int, argument: str, nodes: list[FieldNode]) -> None:
        """Has the plan check before it runs that a number lies between 0 and `limit`."""

        def check(variables: Variables) -> None:
            if not 0 <= read(variables) <= limit:
                raise BadRequest("BAD_USER_INPUT", "OUT_OF_BOUNDS", nodes, argument=argument, limit=limit)

        self.checks.append(check)
        self.numbers.append(read)

    def known(self, read: Callable[[Variables], str], names: Iterable[str], nodes: list[FieldNode]) -> None:
        """Has the plan check before it runs that a text is one of `names`, for one of the types at which the nodes stand."""
        for node in nodes:  # fields of one answer name, which may be merged in one type and not in another
            if id(node) in self._known:
                self._known[id(node)].update(names)
            else:
                self._know(read, node, set(names))

    def _know(self, read: Callable[[Variables], str], node: FieldNode, known: set[str]) -> None:
        self._known[id(node)] = known

        def check(variables: Variables) -> None:
            name = read(variables)
            if name not in known:
                (nearest,) = get_close_matches(name, sorted(known), 1, 0.0)
                shown = name if len(name) <= LONGEST_NAME else f"{name[:LONGEST_NAME]}…"
                raise BadRequest("BAD_USER_INPUT", "FIELD_UNKNOWN", (node,), name=shown, nearest=nearest)

        self.checks.append(check)

    def _type(self, name: str) -> GraphQLObjectType:
        return cast(GraphQLObjectType, self._schema.type_map[name])


def reader(value: object, convert: Callable[[Any], T]) -> Callable[[Variables], T]:
    """How to read an argument's value, be it a slot or known already."""
    if isinstance(value, Slot):
        read = value.read
        return lambda variables: convert(read(variables))
    constant = convert(value)
    return lambda _: constant


def as_int(value: object) -> int:
    return cast(int, value)


def as_where(value: object) -> Mapping[str, object]:
    return cast("Mapping[str, object]", value or {})
