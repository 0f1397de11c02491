"""Writes the expression of a record: its fields, what hangs on it (provenance, issues, matches), and its links."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Literal, Protocol, cast

import orjson
from graphql import FieldNode

from config.entities import Entity, Hop
from replica.ask import Cell, CellOf, IssuesOf, Item, Joined, Listing, Object, Output, Partners, Slot
from replica.wire import cell_of
from resolvers.asked import Asked, reader
from resolvers.explaining import advice_on
from resolvers.run import Child, LinkStep, Pattern
from resolvers.shape import Columns, Expression, Writer, constant, unless, write_object
from resolvers.values import raw_cells

BELOW = " › "  # between a part and where in it a row stands
Path = tuple[str, ...]
Kind = Literal["field", "derived", "own", "part", "tally", "match"]


class Connect(Protocol):
    """Plans the connection that a many-link answers with."""

    def __call__(
        self, asked: Asked, entity: Entity, start: Partners, nodes: list[FieldNode], where: Pattern
    ) -> ListStep: ...


class ListStep(LinkStep, Protocol):
    """Answers a link to many."""

    @property
    def listing(self) -> Listing | None:
        """How the replica writes the same, if it can."""
        ...


class Records:
    """Writes records of one select. `columns` collects what the select must bring, `children` the links asked of it."""

    def __init__(self, asked: Asked, columns: Columns, connect: Connect) -> None:
        self._asked = asked
        self._writer = asked.writer
        self._columns = columns
        self._connect = connect
        self.children: list[Child] = []

    def record(self, entity: Entity, path: Path, nodes: Iterable[FieldNode], where: Pattern) -> Expression:
        """The expression of the record at the end of `path`, asked at `where`."""
        self._asked.entities.add(entity.name)
        fields = self._asked.fields_of(entity.name, nodes)
        return write_object([(key, self._member(entity, path, asked, (*where, key))) for key, asked in fields.items()])

    def match(self, path: Path, nodes: list[FieldNode]) -> Expression:
        """The expression of the match over the last hop of `path`; with an empty path, of the match with the parent."""

        def member(name: str) -> str:
            cell = self.cell(path, "match", name)
            if name != "confidence":
                return cell
            return Expression(f"({cell} / 1000)", Cell(Output(path, "match", name), "thousandths"))

        return self._asked.written("Match", nodes, lambda name, _: member(name))

    def cell(self, path: Path, kind: Kind, name: str) -> Expression:
        """The expression of a stored value."""
        output = Output(path, kind, name)
        return Expression(f"r[{self._columns.place(output)}]", Cell(output))

    def _member(self, entity: Entity, path: Path, nodes: list[FieldNode], where: Pattern) -> str:
        name = nodes[0].name.value
        field = entity.field(name)
        hops = self._asked.catalogue.hops(entity.name)
        if name == "__typename":
            return constant(entity.name)
        if name == "id":
            return self._writer.node_id(entity.name, self.cell(path, "own", "_node"))
        if entity.system == "source" and name == "problem":
            return f"{self._writer.name(self._writer.problem)}({self.cell(path, 'field', name)})"
        if entity.system == "source" and name == "drift":
            return self._drift(self.cell(path, "field", name), nodes)
        if entity.system == "reject" and name == "message":
            return self._reject_message(entity, path, nodes)
        if entity.system == "reject" and name in ("decidedBy", "suggestion"):
            names = ("source", "dataset", "entity", "code", "field", "cell", "locator")
            told: dict[str, str] = {one: self.cell(path, "field", one) for one in names}
            load, params = self._writer.name(orjson.loads), self.cell(path, "field", "params")
            return self._decision(entity.name, {**told, "params": f"{load}({params} or '{{}}')"}, nodes)
        if entity.system == "source" and name == "accounts":
            return self._accounts(self.cell(path, "field", name), nodes)
        if field is not None:
            return self._writer.value(field, self.cell(path, "field", name))
        if any(derived.name == name for derived in entity.derived):
            return self.cell(path, "derived", name)
        if name in hops:
            return self._hop(entity, hops[name], path, nodes, where)
        if name == "provenance":
            return self._provenance(entity, path, nodes)
        if name == "issues":
            return self._issues(entity, path, nodes)
        over = (*path, name.removesuffix("Match"))
        return unless(self.cell(over, "own", "_id"), self.match(over, nodes))

    def _hop(self, entity: Entity, hop: Hop, path: Path, nodes: list[FieldNode], where: Pattern) -> str:
        target = self._asked.catalogue[hop.to]
        if not hop.many:
            further = (*path, hop.name)
            self._asked.to_one.append((where, target.name))
            partner = self.cell(further, "own", "_id")
            return unless(partner, self.record(target, further, nodes, where))
        statuses = self._asked.arguments(entity.name, nodes).get("matches")
        start = Partners(entity.name, hop.name, None if statuses == ["ACCEPTED"] else statuses)
        output = Output(path, "own", "_id")
        parent = self._columns.place(output)
        step = self._connect(self._asked, target, start, nodes, where)
        self.children.append(Child(step, parent))
        listing = None if step.listing is None else replace(step.listing, parent=output)
        return Expression(f"c{len(self.children) - 1}[r[{parent}]]", listing)

    def _provenance(self, entity: Entity, path: Path, nodes: list[FieldNode]) -> str:
        writer = self._writer

        def member(name: str, asked: list[FieldNode]) -> str:
            match name:
                case "locator":
                    return self._locator(path)
                case "row":
                    return self.cell(path, "own", "_at")
                case "fetchedAt":
                    return writer.moment(self.cell(path, "part", "fetched_at"))
                case "changedAt":
                    return writer.moment(self.cell(path, "own", "_changed"))
                case "freshness":
                    stale = Output(path, "part", "stale")
                    return Expression(
                        f"('FRESH' if {self.cell(path, 'part', 'stale')} is None else 'STALE')",
                        Cell(stale, "freshness"),
                    )
                case "cell":
                    return self._cell_of_field(entity, path, asked)
                case "raw":
                    return self._raw(entity, path, asked)
                case _:
                    return self.cell(path, "part", name)

        return self._asked.written("Provenance", nodes, member)

    def _locator(self, path: Path) -> Expression:
        label, at = self.cell(path, "part", "label"), self.cell(path, "own", "_at")
        ends = (Output(path, "part", "label"), Output(path, "own", "_at"))
        return Expression(f"({label} + {BELOW!r} + {at})", Joined(ends, BELOW))

    def _cell_of_field(self, entity: Entity, path: Path, nodes: list[FieldNode]) -> str:
        read = reader(self._asked.arguments("Provenance", nodes)["field"], str)
        known = [field.name for field in entity.fields] + [derived.name for derived in entity.derived]
        self._asked.known(read, [*known, *self._asked.catalogue.hops(entity.name)], nodes)
        field = self._writer.name(read)
        columns, grid = self.cell(path, "part", "columns"), self.cell(path, "part", "grid")
        at = self.cell(path, "own", "_at")
        outputs = (Output(path, "part", "columns"), Output(path, "part", "grid"), Output(path, "own", "_at"))
        text = f"{self._writer.name(cell_of)}({columns}, {grid}, {at}, {field}(v))"
        return Expression(text, CellOf(outputs, Slot(read)))

    def _raw(self, entity: Entity, path: Path, nodes: list[FieldNode]) -> str:
        """The cells of the row: what feeds a field that anybody may see, the others masked."""
        secret = frozenset(field.name for field in entity.fields if field.sensitive)
        hidden = self._asked.origins.secret_columns(self._asked.catalogue)
        read = self._writer.name(partial(raw_cells, secret, hidden))
        told = (
            self.cell(path, "own", "_raw"),
            self.cell(path, "tally", "columns"),
            self.cell(path, "part", "grid"),
            self.cell(path, "own", "_at"),
            self.cell(path, "part", "source"),
            self.cell(path, "part", "dataset"),
        )
        cells = f"{read}({', '.join(told)})"
        return f"[{self._asked.written('RawCell', nodes, lambda name, _: f'c[{name!r}]')} for c in {cells}]"

    def _issues(self, entity: Entity, path: Path, nodes: list[FieldNode]) -> str:
        output = Output(path, "own", "_issues")
        cell = self.cell(path, "own", "_issues")

        def member(name: str, asked: list[FieldNode]) -> str:
            if name == "message":
                say = self._writer.name(self._writer.sentence(self._language("Issue", asked)))
                return f"{say}(i['code'], i.get('params') or {{}})"
            if name in ("decidedBy", "suggestion"):
                source, dataset = self.cell(path, "part", "source"), self.cell(path, "part", "dataset")
                told = {
                    "source": source,
                    "dataset": dataset,
                    "entity": repr(entity.name),
                    "locator": self._locator(path),
                }
                told |= {"code": "i['code']", "field": "i['field']", "cell": "i['cell']"}
                return self._decision("Issue", {**told, "params": "(i.get('params') or {})"}, asked)
            stored = "raw" if name == "rawValue" else name
            return Expression(f"i.get({stored!r})", Item(stored))

        load, issue = self._writer.name(orjson.loads), self._asked.written("Issue", nodes, member)
        written = IssuesOf(output, issue.json.members) if isinstance(issue.json, Object) else None
        return Expression(f"([] if {cell} is None else [{issue} for i in {load}({cell})])", written)

    def _drift(self, cell: str, nodes: list[FieldNode]) -> str:
        def member(name: str, asked: list[FieldNode]) -> str:
            if name == "message":
                say = self._writer.name(self._writer.sentence(self._language("Drift", asked)))
                return f"{say}(d['code'], {{**d, **d['params'], 'where': d['part']}})"
            if name == "since":
                return f"{self._writer.name(self._writer.time)}(d['since'])"
            return f"d[{('line' if name == 'proposal' else name)!r}]"

        load = self._writer.name(orjson.loads)
        return f"[{self._asked.written('Drift', nodes, member)} for d in {load}({cell} or '[]')]"

    def _accounts(self, cell: str, nodes: list[FieldNode]) -> str:
        def member(name: str, asked: list[FieldNode]) -> str:
            if name != "setAside":
                return f"a[{name!r}]"
            aside = self._asked.written("SetAside", asked, lambda inner, _: f"s[{inner!r}]")
            return f"[{aside} for s in a['setAside']]"

        load = self._writer.name(orjson.loads)
        return f"(None if {cell} is None else [{self._asked.written('RowAccount', nodes, member)} for a in {load}({cell})])"

    def _reject_message(self, entity: Entity, path: Path, nodes: list[FieldNode]) -> str:
        say = self._writer.name(self._writer.sentence(self._language(entity.name, nodes)))
        load = self._writer.name(orjson.loads)
        code, params = self.cell(path, "field", "code"), self.cell(path, "field", "params")
        return f"{say}({code}, {load}({params} or '{{}}'))"

    def _decision(self, type_name: str, told: Mapping[str, str], nodes: list[FieldNode]) -> str:
        """Where in hub.yaml stands what decided about a row or cell, or what to do about it; `told` are expressions."""
        decided = self._writer.name(self._asked.origins.decided)
        line = f"{decided}({told['entity']}, {told['source']}, {told['dataset']}, {told['code']}, {told['field']})"
        if nodes[0].name.value == "decidedBy":
            return line
        say = self._writer.name(self._writer.sentence(self._language(type_name, nodes)))
        advise = self._writer.name(advice_on)
        asked = ", ".join(told[name] for name in ("code", "params", "field", "cell", "locator"))
        return f"[{say}(s.code, s.params) for s in ({advise}({asked}, {line}),)][0]"

    def _language(self, type_name: str, nodes: list[FieldNode]) -> Any:
        language = self._asked.arguments(type_name, nodes).get("language")
        return None if language is None else str(language).lower()


def compile_shape(writer: Writer, expression: str, children: Sequence[Child]) -> Callable[..., list[Any]]:
    """A function from rows, variables and the children's answers to one object for each row."""
    parameters = ["rows", "v", *(f"c{index}" for index in range(len(children)))]
    return cast("Callable[..., list[Any]]", writer.function(parameters, f"[{expression} for r in rows]"))
