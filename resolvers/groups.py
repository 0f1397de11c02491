"""Plans `groups` of a connection: what to group by, the groups' keys and figures, and the records in each of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

from graphql import FieldNode

from config.entities import LEVEL, Entity, FieldType
from replica.ask import (
    COUNT,
    Dimension,
    Groups,
    GroupSort,
    Having,
    Measure,
    MeasureKind,
    Members,
    Output,
    Page,
    Partners,
    Rows,
    Slot,
    Start,
    Unit,
)
from replica.where import compared
from resolvers.asked import Asked, as_int, reader
from resolvers.errors import BadRequest
from resolvers.figures import Figures
from resolvers.pages import MAX_FIRST, MAX_OFFSET, direction_of, read_order
from resolvers.records import Connect, Records, compile_shape
from resolvers.run import Fetch, GroupStep, Pattern
from resolvers.shape import Columns, write_object

MAX_KEYS = 5  # of one grouping
MAX_HOPS = 3  # from a record to what it is grouped by
DRILL_FIRST = 20  # records of a group when no number is asked


@dataclass(frozen=True, slots=True)
class Asking:
    """The set of records that is grouped."""

    entity: Entity
    start: Start
    condition: object
    every_scope: bool


def plan_groups(asked: Asked, of: Asking, nodes: list[FieldNode], where: Pattern, connect: Connect) -> GroupStep:
    """The step that answers a `groups` field at `where`. Raises BadRequest."""
    entity = of.entity
    arguments = asked.arguments(f"{entity.name}Connection", nodes)
    by = read_dimensions(asked, entity, arguments["by"], nodes)
    first, skip = arguments.get("first"), arguments.get("offset")
    size = reader(MAX_FIRST + 1 if first is None else first, as_int)
    if first is not None:
        asked.bound(size, MAX_FIRST, "first", nodes)
    offset = None if skip is None else reader(skip, as_int)
    if offset is not None:
        asked.bound(offset, MAX_OFFSET, "offset", nodes)
    writing = _Group(asked, of, by, where, connect)
    body = write_object(writing.members(asked.fields_of(f"{entity.name}Group", nodes)))
    groups = Groups(entity.name, by, start=of.start, where=of.condition, every_scope=of.every_scope)
    question = replace(
        groups,
        measures=tuple(writing.figures.measures),
        outputs=writing.columns.outputs,
        having=_having(arguments.get("having")),
        order=_order(arguments.get("orderBy")),
        page=Page(Slot(size), None if offset is None else Slot(offset)),
    )
    drills = tuple(drill(groups) for drill in writing.drills)
    parameters = ["rows", "v", *(f"n{place}" for place in range(len(drills)))]
    figures = f"for t in (r[{writing.first + len(writing.columns.outputs)}:],)"
    shape = asked.writer.function(parameters, f"[{body} for i, r in enumerate(rows) {figures}]")
    keys = slice(0, writing.shown)
    limit = MAX_FIRST if first is None else None
    return GroupStep(where, asked.groups(question), writing.is_linked, keys, limit, drills, cast(Any, shape))


def read_dimensions(asked: Asked, entity: Entity, by: object, nodes: list[FieldNode]) -> tuple[Dimension, ...]:
    """`by` as dimensions. Raises BadRequest."""
    items = cast("Sequence[Mapping[str, Any]]", by)
    if not 0 < len(items) <= MAX_KEYS:
        raise BadRequest("BAD_USER_INPUT", "GROUP_KEYS", nodes, limit=MAX_KEYS)
    found = tuple(_dimension(asked, entity, (), item, nodes) for item in items)
    if len(set(found)) < len(found):
        raise BadRequest("BAD_USER_INPUT", "GROUP_TWICE", nodes)
    return found


def _dimension(
    asked: Asked, entity: Entity, path: tuple[str, ...], item: Mapping[str, Any], nodes: list[FieldNode]
) -> Dimension:
    given = {name: value for name, value in item.items() if value is not None}
    if len(given) != 1:
        raise BadRequest("BAD_USER_INPUT", "GROUP_MIXED", nodes, names=", ".join(given) or "-")
    ((name, options),) = given.items()
    hop = asked.catalogue.hops(entity.name).get(name)
    if hop is None:
        field = entity.field(name)
        is_time = field is not None and field.type in (FieldType.DATE, FieldType.DATETIME)
        unit = cast("Unit | None", (options.get("unit") or "DAY") if is_time else None)
        ignore_case = bool(options.get("ignoreCase")) and field is not None and field.type.is_text
        return Dimension(path, "value", name, unit, asked.writer.zone.key if is_time else "", ignore_case)
    path = (*path, name)
    if len(path) > MAX_HOPS:
        raise BadRequest("BAD_USER_INPUT", "GROUP_TOO_DEEP", nodes, limit=MAX_HOPS)
    target = asked.catalogue[hop.to]
    asked.entities.add(target.name)
    inner = {name: value for name, value in options.items() if value is not None}
    if not inner:
        return Dimension(path, "record")
    if target.hierarchy and set(inner) == {LEVEL} and isinstance(inner[LEVEL], str):
        return Dimension(path, "above", inner[LEVEL])
    return _dimension(asked, target, path, inner, nodes)


def _having(given: object) -> tuple[object, ...]:
    conditions: list[object] = []
    for measure, comparison in _measures(given):
        conditions += compared(comparison or {}, lambda op, value, of=measure: Having(of, op, value))  # type: ignore[misc]  # a default binds the loop's value
    return tuple(conditions)


def _order(items: object) -> tuple[GroupSort, ...]:
    sorts = []
    for item in cast("Sequence[Mapping[str, Any]]", items or ()):
        if "keys" in item:
            sorts.append(GroupSort(None, **direction_of(item["keys"])))
        sorts += [GroupSort(measure, **direction_of(direction)) for measure, direction in _measures(item)]
    return tuple(sorts)


def _measures(given: object) -> list[tuple[Measure, Any]]:
    """The measures that an input names, each with what it says of it."""
    found: list[tuple[Measure, Any]] = []
    for kind, of in cast("Mapping[str, Any]", given or {}).items():
        if of is None or kind == "keys":
            continue
        if kind == "count":
            found.append((COUNT, of))
        else:
            found += [(Measure(cast(MeasureKind, kind), name), said) for name, said in of.items()]
    return found


class _Group:
    """Writes the members of a group and notes what they need. A row holds the keys, the values to show of those that
    ignore case, `columns`, and the figures."""

    def __init__(self, asked: Asked, of: Asking, by: tuple[Dimension, ...], where: Pattern, connect: Connect) -> None:
        self._asked = asked
        self._of = of
        self._by = by
        self._where = where
        self._connect = connect
        self.is_linked = isinstance(of.start, Partners)
        self._keys = int(self.is_linked)
        self.shown = self._keys + len(by)
        self.first = self.shown + sum(dimension.ignore_case for dimension in by)
        self.columns = Columns(self.first)
        self.figures = Figures(asked, of.entity)
        self.drills: list[Callable[[Groups], Fetch]] = []

    def members(self, fields: Mapping[str, list[FieldNode]]) -> list[tuple[str, str]]:
        return [(key, self._member(nodes, (*self._where, "*", key))) for key, nodes in fields.items()]

    def _member(self, nodes: list[FieldNode], where: Pattern) -> str:
        match nodes[0].name.value:
            case "__typename":
                return repr(f"{self._of.entity.name}Group")
            case "key":
                return self._key(self._of.entity, (), nodes)
            case "nodes":
                return self._drill(nodes, where)
            case kind:
                return self.figures.figure(f"{self._of.entity.name}Group", kind, nodes)

    def _drill(self, nodes: list[FieldNode], where: Pattern) -> str:
        entity = self._of.entity
        arguments = self._asked.arguments(f"{entity.name}Group", nodes)
        size = reader(DRILL_FIRST if arguments.get("first") is None else arguments["first"], as_int)
        self._asked.bound(size, MAX_FIRST, "first", nodes)
        order = read_order(self._asked.catalogue, entity, arguments.get("orderBy"))
        columns = Columns(1)
        records = Records(self._asked, columns, self._connect)
        expression = records.record(entity, (), nodes, (*where, "*"))
        columns.place(Output((), "own", "_id"))

        def finish(groups: Groups) -> Fetch:
            rows = Rows(entity.name, columns.outputs, Members(groups), order=order, page=Page(Slot(size)))
            shape = compile_shape(self._asked.writer, expression, records.children)
            return Fetch(self._asked.rows(rows), tuple(records.children), (shape,))

        self.drills.append(finish)
        return f"n{len(self.drills) - 1}[i]"

    # -- keys ---------------------------------------------------------------------------------------------------------

    def _key(self, entity: Entity, path: tuple[str, ...], nodes: list[FieldNode]) -> str:
        """The object of what stands at `path`, which is not a record of its own."""

        def member(name: str, asked: list[FieldNode]) -> str:
            hop = self._asked.catalogue.hops(entity.name).get(name)
            if hop is None:
                return self._value(entity, path, name, asked)
            return self._hop(entity, self._asked.catalogue[hop.to], (*path, name), asked)

        return self._asked.written(f"{entity.name}GroupKey", nodes, member)

    def _hop(self, entity: Entity, target: Entity, path: tuple[str, ...], nodes: list[FieldNode]) -> str:
        """The object of what a link leads to: the record there, else what is grouped by from there on, else the record above."""
        level = self._asked.arguments(f"{entity.name}GroupKey", nodes).get(LEVEL)
        here = {by.kind: place for place, by in reversed([*enumerate(self._by)]) if by.path == path}
        if level is None and "record" in here:
            return self._record(target, here["record"], (f"#{here['record']}",), nodes)
        further = "value" in here or any(len(by.path) > len(path) and by.path[: len(path)] == path for by in self._by)
        if level is None and further:
            return self._key(target, path, nodes)
        for place, by in enumerate(self._by):
            if by.path == path and by.kind == "above" and level in (None, by.name):
                return self._record(target, place, (f"#{place}",), nodes)
        raise self._not_grouped(nodes)

    def _value(self, entity: Entity, path: tuple[str, ...], name: str, nodes: list[FieldNode]) -> str:
        unit = self._asked.arguments(f"{entity.name}GroupKey", nodes).get("unit")
        for place, by in enumerate(self._by):
            if (by.path, by.kind, by.name) == (path, "value", name) and unit in (None, by.unit):
                cell = f"r[{self._keys + place}]"
                if by.ignore_case:
                    cell = f"r[{self.shown + sum(other.ignore_case for other in self._by[:place])}]"
                field = entity.field(name)
                return cell if field is None or by.unit else self._asked.writer.value(field, cell)
        raise self._not_grouped(nodes)

    def _record(self, entity: Entity, place: int, path: tuple[str, ...], nodes: list[FieldNode]) -> str:
        """The object of a record that is a key, or that one leads to."""
        type_name = f"{entity.name}GroupKey"
        writer = self._asked.writer
        self._asked.entities.add(entity.name)

        def cell(kind: Any, name: str) -> str:
            return f"r[{self.columns.place(Output(path, kind, name))}]"

        def member(name: str, asked: list[FieldNode]) -> str:
            field, hop = entity.field(name), self._asked.catalogue.hops(entity.name).get(name)
            if name == "id":
                return writer.node_id(entity.name, cell("own", "_node"))
            if field is not None:
                return writer.value(field, cell("field", name))
            if hop is None:
                return cell("derived", name)
            if hop.many or self._asked.arguments(type_name, asked).get(LEVEL) is not None:
                by = self._by[place]
                if by.kind != "record":
                    raise self._not_grouped(asked)
                return self._hop(entity, self._asked.catalogue[hop.to], (*by.path, *path[1:], name), asked)
            return self._record(self._asked.catalogue[hop.to], place, (*path, name), asked)

        return f"(None if {cell('own', '_id')} is None else {self._asked.written(type_name, nodes, member)})"

    def _not_grouped(self, nodes: list[FieldNode]) -> BadRequest:
        grouped = [_told(by) for by in self._by]
        return BadRequest(
            "BAD_USER_INPUT", "NOT_GROUPED", nodes, name=nodes[0].name.value, keys=", ".join(dict.fromkeys(grouped))
        )


def _told(by: Dimension) -> str:
    """A dimension as its key is asked."""
    if by.kind == "value":
        return ".".join((*by.path, by.name)) + (f"(unit: {by.unit})" if by.unit else "")
    return ".".join(by.path) + (f"({LEVEL}: {by.name})" if by.kind == "above" else "")
