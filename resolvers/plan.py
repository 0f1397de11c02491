"""From a validated operation to a plan: a tree of selects with compiled shapes, one select for each edge of the operation."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast

from graphql import FieldNode, FragmentDefinitionNode, GraphQLObjectType, GraphQLSchema, OperationDefinitionNode
from orjson import Fragment

from config.entities import Catalogue, Entity
from connectors.select import And, Compare, Op
from replica.ask import ByNode, Everything, Output, Page, Rows, Slot, Start, Variables
from replica.estimate import Estimator, Sizes
from replica.reading import DatasetState, Reading, State
from replica.tables import Tables
from resolvers.asked import Asked, Check, reader
from resolvers.collect import Collector
from resolvers.connections import plan_connection, plan_link
from resolvers.cost import Select, looked_at, selects_of
from resolvers.errors import BadRequest
from resolvers.explain import plan_explain
from resolvers.explaining import Origins
from resolvers.pages import MAX_FIRST
from resolvers.records import Records, compile_shape
from resolvers.run import CANDIDATES, Fetch, LookupStep, NodesStep, Pattern, RootStep, Row, Run, positions
from resolvers.search import plan_search
from resolvers.shape import Columns, Writer, json_of, write_object

ESTIMATES_KEPT = 64  # of a plan, for different sizes of its pages
NOWHERE = Origins()
INTROSPECTION = ("__schema", "__type")


@dataclass(frozen=True, slots=True)
class Plan:
    """A compiled operation. `fields` are the root's, in order: a step, or a value that is known already (None for an
    introspection field, which the engine fills in). `to_one` are the inlined links, by where they stand. `numbers` read how
    many records are asked at each place that says so. `reads` are the names that the version of its answers depends on, where
    they depend on nothing else (`is_lasting`)."""

    fields: tuple[tuple[str, RootStep | str | None], ...]
    checks: tuple[Check, ...]
    numbers: tuple[Callable[[Variables], int], ...]
    to_one: tuple[tuple[Pattern, str], ...]
    entities: frozenset[str]
    reads: frozenset[str]
    introspection: tuple[FieldNode, ...]
    is_lasting: bool = True
    _selects: dict[object, tuple[tuple[Select, ...], float]] = field(default_factory=dict, compare=False)
    _told: dict[bool, tuple[State, list[dict[str, object]]]] = field(default_factory=dict, compare=False)

    def selects(self, catalogue: Catalogue, reading: Reading, variables: Variables) -> tuple[Select, ...]:
        """What it costs with these variables on the replica as it is now."""
        return self._known(catalogue, reading.revision, lambda: reading.sizes, variables)[0]

    def looked(self, catalogue: Catalogue, revision: int, sizes: Sizes, variables: Variables) -> float:
        """How many rows it is expected to look at, on a replica of that revision."""
        return self._known(catalogue, revision, lambda: sizes, variables)[1]

    def _known(
        self, catalogue: Catalogue, revision: int | None, sizes: Callable[[], Sizes], variables: Variables
    ) -> tuple[tuple[Select, ...], float]:
        key = (revision, *[_rough(read(variables)) for read in self.numbers])
        found = self._selects.get(key)
        if found is None:
            selects = self.selects_of(catalogue, sizes(), variables)
            found = selects, looked_at(selects)
            if len(self._selects) >= ESTIMATES_KEPT:  # several threads may be here
                self._selects.clear()
            self._selects[key] = found
        return found

    def selects_of(self, catalogue: Catalogue, sizes: Sizes, variables: Variables) -> tuple[Select, ...]:
        """What it costs on a replica of these sizes."""
        steps = [step for _, step in self.fields if step is not None and not isinstance(step, str)]
        return selects_of(steps, Estimator(catalogue, sizes), variables)

    def told(self, state: State, *, all_sources: bool) -> list[dict[str, object]]:
        """What an answer says of the sources that it used: of those in trouble, or of all."""
        found = self._told.get(all_sources)
        if found is None or found[0] is not state:
            used = [dataset for dataset in state.datasets if dataset.entity in self.entities]
            groups = [group for group in _by_source(used) if all_sources or any(one.problem for one in group)]
            found = self._told[all_sources] = state, list(map(_source_told, groups))
        return found[1]

    def check(self, variables: Variables) -> None:
        """Raises BadRequest if a value of the variables is out of its bounds."""
        for check in self.checks:
            check(variables)

    def run(self, run: Run) -> dict[str, object]:
        """The answer's data; failures are noted in `run`."""
        data = {
            key: step.run_root(run) if step is not None and not isinstance(step, str) else step
            for key, step in self.fields
        }
        for where, entity in self.to_one if run.reading.unavailable else ():
            if any(True for _ in positions(data, where)):
                run.is_unavailable(entity, where)
        return data


def _by_source(states: Sequence[DatasetState]) -> list[list[DatasetState]]:
    groups: dict[str, list[DatasetState]] = {}
    for state in states:
        groups.setdefault(state.source, []).append(state)
    return list(groups.values())


def _source_told(states: Sequence[DatasetState]) -> dict[str, object]:
    """What an answer says of a source that it used: whether its last sync was well, how old its oldest figures are, if there are
    any, and what was wrong."""
    troubled = [one for one in states if one.problem]
    problem = troubled[0].problem if troubled else None
    if problem is None:
        state = "FRESH" if all(one.tried_at for one in states) else "UNKNOWN"
    else:
        state = "STALE" if any(one.ever_read for one in troubled) else "UNAVAILABLE"
    read = [one.read_at for one in states if one.read_at]
    return {
        "name": states[0].source,
        "state": state,
        "asOf": min(read) if read else None,
        "reason": problem.get("code") if problem else None,
    }


def _rough(number: int) -> int:
    """A number of records to its first three binary digits: no estimate is better than that."""
    less = number.bit_length() - 3
    return number >> less << less if less > 0 else number


def build_plan(
    schema: GraphQLSchema,
    catalogue: Catalogue,
    tables: Tables,
    writer: Writer,
    fragments: Mapping[str, FragmentDefinitionNode],
    operation: OperationDefinitionNode,
    variables: Variables,
    origins: Origins = NOWHERE,
) -> Plan:
    """The plan of a query operation for variables of this structure. Raises BadRequest if an argument can't be right."""
    collector = Collector(schema, fragments, variables)
    asked = Asked(schema, catalogue, tables, writer, collector, variables, origins)
    root = cast(GraphQLObjectType, schema.query_type)
    fields = collector.fields(root, [operation.selection_set])
    planner = _Root(asked, root.name)
    steps = tuple((key, planner.field(key, nodes)) for key, nodes in fields.items())
    introspection = [node for nodes in fields.values() for node in nodes if node.name.value in INTROSPECTION]
    return Plan(
        steps,
        tuple(asked.checks),
        tuple(asked.numbers),
        tuple(asked.to_one),
        frozenset(asked.entities),
        frozenset(asked.reads),
        tuple(introspection),
        asked.is_lasting,
    )


class _Root:
    """Plans the fields of the root type."""

    def __init__(self, asked: Asked, name: str) -> None:
        self._asked = asked
        self._name = name
        self._plurals = {entity.plural: entity for entity in asked.catalogue}
        self._singulars = {entity.singular: entity for entity in asked.catalogue}

    def field(self, key: str, nodes: list[FieldNode]) -> RootStep | str | None:
        name = nodes[0].name.value
        if name == "__typename":
            return self._name
        if name in INTROSPECTION:
            return None
        if name in ("node", "nodes"):
            return self._nodes(key, nodes, single=name == "node")
        if name == "search":
            return plan_search(self._asked, nodes, (key,), self._name)
        if name == "explain":
            return plan_explain(self._asked, nodes, (key,), self._name)
        if name in self._plurals:
            return plan_connection(self._asked, self._plurals[name], Everything(), nodes, (key,), self._name)
        return self._lookup(self._singulars[name], key, nodes)

    def _lookup(self, entity: Entity, key: str, nodes: list[FieldNode]) -> LookupStep:
        by = cast("Mapping[str, object]", self._asked.arguments(self._name, nodes)["by"])
        start: Start = Everything()
        condition: object = And(())
        node = None
        if "id" in by:
            start, node = ByNode(), reader(by["id"], str)
        else:
            parts = cast("Mapping[str, object]", by["key"])
            given = {name: value for name, value in parts.items() if value is not None}
            if not given:
                raise BadRequest("BAD_USER_INPUT", "KEY_EMPTY", nodes, key=", ".join(entity.key))
            condition = And(tuple(Compare(name, Op.EQ, value) for name, value in given.items()))
        columns = Columns(0)
        records = Records(self._asked, columns, plan_link)
        shape = records.record(entity, (), nodes, (key,))
        describe = self._candidate(entity, records)
        page = Page(size=Slot(lambda _: CANDIDATES + 1))
        rows = Rows(entity.name, columns.outputs, start, condition, (), page, every_scope=True)
        fetch = self._fetch(rows, shape, records)
        json, written = json_of(shape), None
        statement = None if json is None else self._asked.written_rows(rows, [json])
        if statement is not None:
            writer = self._asked.writer
            written = Fetch(statement, (), (compile_shape(writer, f"{writer.name(Fragment)}(r[0])", ()),))
        return LookupStep(entity.name, (key,), fetch, node, describe, written)

    def _candidate(self, entity: Entity, records: Records) -> Callable[[Row], dict[str, object]]:
        """A candidate of an ambiguous key, told by its id and key; sensitive parts are masked."""
        writer = self._asked.writer
        members = [("id", writer.node_id(entity.name, records.cell((), "own", "_node")))]
        for name in entity.key:
            field = entity.field(name)
            cell = records.cell((), "part" if field is None else "field", name)
            members.append((name, cell if field is None else writer.value(field, cell)))
        return cast("Callable[[Row], dict[str, object]]", writer.function(["r"], write_object(members)))

    def _nodes(self, key: str, nodes: list[FieldNode], *, single: bool) -> NodesStep:
        arguments = self._asked.arguments(self._name, nodes)
        ids = reader(arguments["id"], _one) if single else reader(arguments["ids"], _many)
        if not single:
            self._asked.bound(lambda variables: len(ids(variables)), MAX_FIRST, "ids", nodes)
        where: Pattern = (key,) if single else (key, "*")
        fetches = {}
        for entity in self._asked.catalogue:
            columns = Columns(0)
            records = Records(self._asked, columns, plan_link)
            shape = records.record(entity, (), nodes, where)
            node = columns.place(Output((), "own", "_node"))
            rows = Rows(entity.name, columns.outputs, ByNode(), every_scope=True)
            fetches[entity.name] = (self._fetch(rows, shape, records), node)
        return NodesStep(where, ids, fetches, single)

    def _fetch(self, rows: Rows, expression: str, records: Records) -> Fetch:
        shape = compile_shape(self._asked.writer, expression, records.children)
        return Fetch(self._asked.rows(rows), tuple(records.children), (shape,))


def _one(value: object) -> Sequence[str]:
    return [str(value)]


def _many(value: object) -> Sequence[str]:
    return [str(item) for item in cast("Sequence[object]", value)]
