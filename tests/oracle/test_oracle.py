"""The oracle: random operations over random records, answered twice, must give equal answers.

One side is the hub: planned, compiled to SQL, shaped. The other is plain: graphql-core's own executor walks the operation, and each
field is computed from Python lists in the most obvious way."""

from __future__ import annotations

import asyncio
import random
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Context, Decimal
from itertools import count
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import orjson
import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLResolveInfo,
    GraphQLScalarType,
    GraphQLSchema,
    execute_sync,
    get_named_type,
    is_composite_type,
    is_enum_type,
    parse,
    validate,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from config.catalogue import complete, served
from config.entities import Catalogue, Entity, Field, FieldType, KeyRule
from config.hub import Language
from replica.database import Database
from replica.postgres import PostgresDatabase
from replica.reading import Replica
from replica.session import Session
from replica.sqlite import SqliteDatabase
from replica.wire import wire_id
from resolvers.engine import Answer, Engine, Request
from resolvers.limits import Limits
from schema.build import build
from schema.catalogue import describe
from tests.replicas import drop_schemas, postgres
from tests.servers import reachable

ZONE = ZoneInfo("Asia/Makassar")
NAMES = ("Region", "Proposal", "BudgetLine", "Project", "Complaint", "Agency")
FIELDS = {
    "Region": "code name aliases level",
    "Proposal": "number fiscalYear status title quantity estimatedCost proposer proposedAt",
    "BudgetLine": "lineId fiscalYear version versionNo accountCode isLeaf ceiling realised absorption",
    "Project": "projectId name accountCodes status physicalProgress",
    "Complaint": "trackingId title receivedAt messages answered attachments",
    "Agency": "code name",
}
WORDS = ["jalan", "Jalan Désa", "JEMBATAN", "air  bersih", "a%b_c", "Ümlaut", "zz", "10", "9", ""]


# -- the records ------------------------------------------------------------------------------------------------------


@dataclass
class Rec:
    """A record as plain values of Python."""

    entity: str
    id: int
    node: str
    sort: str
    values: dict[str, Any]
    issues: list[dict[str, Any]]
    current: bool
    at: str


@dataclass
class World:
    """Records by entity, matches by (entity, link): (a, b, status, method)."""

    catalogue: Catalogue
    records: dict[str, list[Rec]] = field(default_factory=dict)
    matches: dict[tuple[str, str], list[tuple[int, int, str, str]]] = field(default_factory=dict)

    def find(self, entity: str, id_: int) -> Rec:
        return next(rec for rec in self.records[entity] if rec.id == id_)


def make_catalogue() -> Catalogue:
    builtin = describe()
    some_rule = (KeyRule((("fiscalYear", "fiscalYear"),)),)
    entities = {name: complete(entity, builtin) for name, entity in builtin.items() if name in NAMES or entity.system}
    for name, entity in entities.items():
        if entity.system:
            continue
        wanted = FIELDS[name].split()
        kept = tuple(
            replace(f, required=f.name in entity.key)
            for f in entity.fields
            if f.name in wanted or (f.raw_of and (f.raw_of in wanted or entity.link(f.raw_of)))
        )
        links = tuple(replace(link, rules=link.rules or some_rule) for link in entity.links if link.to in NAMES)
        links = tuple(replace(link, rules=()) if False else link for link in links)
        entities[name] = replace(entity, fields=kept, links=tuple(_without_foreign_rules(link) for link in links))
    return served(entities.values(), set(NAMES))


def _without_foreign_rules(link: Any) -> Any:
    """The records are put into the tables as they are; which rule tied them does not matter here."""
    return replace(link, rules=(KeyRule((("_", "_"),)),), reference=link.reference)


def make_world(seed: int) -> World:
    rnd = random.Random(seed)
    world = World(make_catalogue())
    for name in NAMES:
        entity = world.catalogue[name]
        world.records[name] = [_record(rnd, entity, n) for n in range(rnd.randint(0 if seed == 0 else 5, 9))]
    for link in world.catalogue.links:
        world.matches[link.source, link.name] = _matches(rnd, world, link)
    return world


def _record(rnd: random.Random, entity: Entity, n: int) -> Rec:
    values = {f.name: _value(rnd, f, required=f.name in entity.key) for f in entity.fields}
    issues = [
        {
            "code": rnd.choice(["NOT_A_NUMBER", "ROUNDED"]),
            "field": rnd.choice(list(values)),
            "raw": rnd.choice(WORDS),
            "cell": "B7",
            "params": {"scale": 2},
        }
        for _ in range(rnd.choice([0, 0, 1, 2]))
    ]
    node = f"{rnd.getrandbits(128):032x}"
    return Rec(
        entity.name,
        n + 1,
        node,
        f"{rnd.choice('abc')}{n:03d}",
        values,
        issues,
        entity.current is None or rnd.random() < 0.7,
        str(n + 5),
    )


def _value(rnd: random.Random, f: Field, *, required: bool) -> Any:
    if not required and rnd.random() < 0.25:
        return None
    match f.type:
        case FieldType.TEXT | FieldType.CODE:
            return rnd.choice(WORDS[:-1])
        case FieldType.INT:
            return rnd.choice([-3, 0, 1, 7, 2**31 - 1])
        case FieldType.MONEY | FieldType.DECIMAL:
            large = 10**14 + 3 if f.scale == 2 else 10**10 + 3
            carried = (10**9 - 1) * 100 // 10**f.scale * rnd.choice([1, -1])  # two of them carry over SUM_BASE
            return Decimal(rnd.choice([0, 1, -250, large, carried, 99_999])) / (10 ** rnd.choice([0, 2]))
        case FieldType.DATE:
            return date(2026, 1, 1) + timedelta(days=rnd.choice([0, 1, 2, 3, -1, 89, 90, 180, 181, 364]))
        case FieldType.DATETIME:
            minutes = rnd.choice([0, 1, 90, 16 * 60 - 1, 16 * 60, 60 * 24 * 90 - 8 * 60, 60 * 24 * 364])
            return datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes, microseconds=rnd.choice([0, 5]))
        case FieldType.BOOLEAN:
            return rnd.random() < 0.5
        case FieldType.ENUM:
            assert f.enum is not None
            return rnd.choice(list(f.enum.values)[:3])
        case _:
            return rnd.sample(WORDS[:4], rnd.randint(1, 3))


def _matches(rnd: random.Random, world: World, link: Any) -> list[tuple[int, int, str, str]]:
    found: dict[tuple[int, int], tuple[str, str]] = {}
    for a in world.records[link.source]:
        for b in rnd.sample(world.records[link.to], min(len(world.records[link.to]), rnd.randint(0, 3))):
            found[a.id, b.id] = (rnd.choice(["ACCEPTED", "ACCEPTED", "CANDIDATE"]), rnd.choice(["KEY", "VIA"]))
    kept, used_a, used_b = [], set(), set()
    for (a_id, b_id), (status, method) in found.items():
        if status == "ACCEPTED" and ((not link.many and a_id in used_a) or (not link.inverse_many and b_id in used_b)):
            status = "CANDIDATE"
        if status == "ACCEPTED":
            used_a.add(a_id)
            used_b.add(b_id)
        kept.append((a_id, b_id, status, method))
    return kept


def store(world: World, database: Database) -> None:
    """The records as rows of the replica."""
    database.open()
    with closing(database.connect()) as db:
        for number, name in enumerate(NAMES, 1):
            db.execute("INSERT INTO dataset VALUES ('s', ?, ?, 1, '2026', '2026', NULL)", (name, name))
            db.execute(
                "INSERT INTO part (id, source, dataset, entity, key, label, file, grid, columns, fetched_at)"
                " VALUES (?, 's', ?, ?, 'k', 'L', 'f.xlsx', 1, '{\"title\": \"C\"}', '2026-02-03T04:05:06.000000Z')",
                (number, name, name),
            )
            for rec in world.records[name]:
                _store_record(db, world.catalogue[name], rec, number)
        for (source, link), matches in world.matches.items():
            rows = [(a, b, method, 1000, "r", status, "w") for a, b, status, method in matches]
            db.executemany(f'INSERT INTO "l_{source}.{link}" VALUES (?, ?, ?, ?, ?, ?, ?)', rows)


def _store_record(db: Session, entity: Entity, rec: Rec, part: int) -> None:
    row: dict[str, Any] = {
        "_id": rec.id, "_node": rec.node, "_sort": rec.sort, "_part": part, "_at": rec.at, "_hash": "h", "_live": 1,
        "_current": int(rec.current), "_changed": "2026-02-03T04:05:06.000000Z",
        "_issues": orjson.dumps(rec.issues).decode() if rec.issues else None,
    }  # fmt: skip
    for f in entity.fields:
        value = rec.values[f.name]
        row[f"c_{f.name}"] = _stored(f, value)
        if f.type.is_text:
            row[f"f_{f.name}"] = None if value is None else folded(value)
    names = ", ".join(f'"{name}"' for name in row)
    db.execute(f'INSERT INTO "e_{entity.name}" ({names}) VALUES ({", ".join("?" * len(row))})', list(row.values()))


def _stored(f: Field, value: Any) -> Any:
    if value is None:
        return None
    if f.type.is_decimal:
        return int(value * 10**f.scale)
    if f.type.is_list:
        return orjson.dumps(value).decode()
    if f.type is FieldType.DATETIME:
        return value.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    if f.type is FieldType.BOOLEAN:
        return int(value)
    return value.isoformat() if f.type is FieldType.DATE else value


# -- the plain interpreter --------------------------------------------------------------------------------------------


def folded(text: str) -> str:
    plain = "".join(c for c in unicodedata.normalize("NFKD", text) if unicodedata.category(c) != "Mn")
    return " ".join(plain.casefold().split())


def named(value: Any) -> Any:
    return value.value if hasattr(value, "value") and not isinstance(value, (int, str)) else value


@dataclass
class Conn:
    entity: str
    all: list[tuple[Rec, Any]]
    page: list[tuple[Rec, Any]]
    more: bool
    beyond: bool
    backward: bool
    linked: bool


@dataclass
class Dim:
    """What is grouped by, see replica.ask.Dimension."""

    path: tuple[str, ...]
    kind: str
    name: str
    unit: str | None = None
    ignore_case: bool = False
    field: Field | None = None


@dataclass(frozen=True)
class Hashed:
    """A record as a key."""

    rec: Rec

    def __hash__(self) -> int:
        return hash(self.rec.node)


@dataclass
class Key:
    """The keys of a group, seen from the end of a path."""

    path: tuple[str, ...]
    dims: list[Dim]
    values: list[Any]


@dataclass
class KeyRec:
    """A record that is a key, or that one leads to; `key` is what else is grouped by, seen from there."""

    rec: Rec
    key: Key


@dataclass
class Group:
    keys: tuple[Any, ...]
    recs: list[Rec]
    key: Key


def dimension_of(catalogue: Catalogue, entity: str, item: dict[str, Any], path: tuple[str, ...] = ()) -> Dim:
    """An item of `by`."""
    ((name, options),) = item.items()
    hop = catalogue.hops(entity).get(name)
    if hop is None:
        field = catalogue[entity].field(name)
        is_time = field is not None and field.type in (FieldType.DATE, FieldType.DATETIME)
        unit = named(options.get("unit") or "DAY") if is_time else None
        folds = bool(options.get("ignoreCase")) and field is not None and field.type.is_text
        return Dim(path, "value", name, unit, folds, field)
    path = (*path, name)
    if not options:
        return Dim(path, "record", hop.to)
    if set(options) == {"level"} and not isinstance(options["level"], dict):
        return Dim(path, "above", named(options["level"]))
    return dimension_of(catalogue, hop.to, options, path)


def by_direction(items: list[Any], value: Callable[[Any], Any], direction: str) -> list[Any]:
    """Sorted by a value, as a Direction says; equal ones stay as they were."""
    known = sorted((item for item in items if value(item) is not None), key=value)
    if direction.startswith("DESC"):
        known = []
        for wanted in sorted({value(item) for item in items if value(item) is not None}, reverse=True):
            known += [item for item in items if value(item) == wanted]
    nulls = [item for item in items if value(item) is None]
    return nulls + known if direction.endswith("NULLS_FIRST") else known + nulls


def in_order(groups: list[Group], dims: list[Dim], direction: str = "ASC") -> list[Group]:
    """Groups by their keys, the first key first."""
    for place in reversed(range(len(dims))):

        def value(group: Group, place: int = place) -> Any:
            key = group.keys[place]
            return key.rec.sort.encode() if isinstance(key, Hashed) else binary(key)

        groups = by_direction(groups, value, direction)
    return groups


class Oracle:
    """Answers operations field by field."""

    def __init__(self, world: World, schema: GraphQLSchema) -> None:
        self.world = world
        self.schema = schema
        for type_ in schema.type_map.values():  # Strawberry's resolvers give way to the ones here
            if isinstance(type_, GraphQLObjectType) and not type_.name.startswith("__"):
                type_.is_type_of = None
                for defined in type_.fields.values():
                    defined.resolve = None
            if isinstance(type_, GraphQLInterfaceType):
                type_.resolve_type = None
        self.plurals = {e.plural: e.name for e in world.catalogue}
        self.singulars = {e.singular: e.name for e in world.catalogue}

    def answer(self, query: str, variables: dict[str, Any]) -> tuple[Any, list[tuple[str, list[Any]]]]:
        result = execute_sync(
            self.schema,
            parse(query),
            variable_values=variables,
            field_resolver=self.resolve,
            type_resolver=lambda rec, *_: rec.entity,
        )
        for error in result.errors or []:
            if "code" not in (error.extensions or {}):
                raise error.original_error or error  # a mistake of the oracle itself
        errors = [(str(e.extensions["code"]), e.path or []) for e in result.errors or []]  # type: ignore[index]  # see above
        return result.data, errors

    def resolve(self, source: Any, info: GraphQLResolveInfo[Any], **args: Any) -> Any:
        parent, name = info.parent_type.name, info.field_name
        if parent == "Query":
            return self.root(name, args)
        if isinstance(source, KeyRec):
            return self.of_key_record(source, name, args)
        if isinstance(source, Rec):
            return self.of_record(source, name, args)
        if isinstance(source, Conn):
            return self.of_connection(source, name, args)
        if isinstance(source, Key):
            return self.of_key(source, name, args)
        if parent.endswith("Edge"):
            rec, match = source
            return rec if name == "node" else match
        return source[name](**args) if callable(source.get(name)) else source[name]

    def root(self, name: str, args: dict[str, Any]) -> Any:
        if name == "node":
            return self.by_id(args["id"])
        if name == "nodes":
            return [self.by_id(text) for text in args["ids"]]
        if name in self.plurals:
            entity = self.plurals[name]
            found = [(rec, None) for rec in self.world.records.get(entity, [])]
            return self.connection(entity, found, args, 50, linked=False)
        return self.lookup(self.singulars[name], args["by"])

    def by_id(self, text: str) -> Rec | None:
        every = (rec for records in self.world.records.values() for rec in records)
        return next((rec for rec in every if wire_id(rec.entity, rec.node) == text), None)

    def lookup(self, entity: str, by: dict[str, Any]) -> Any:
        from graphql import GraphQLError

        if "id" in by:
            rec = self.by_id(by["id"])
            return rec if rec is not None and rec.entity == entity else None
        wanted = {name: named(value) for name, value in by["key"].items() if value is not None}
        found = [r for r in self.world.records.get(entity, []) if all(r.values.get(k) == v for k, v in wanted.items())]
        if len(found) > 1:
            raise GraphQLError("several", extensions={"code": "AMBIGUOUS_KEY"})
        return found[0] if found else None

    # records

    def of_record(self, rec: Rec, name: str, args: dict[str, Any]) -> Any:
        entity = self.world.catalogue[rec.entity]
        declared = entity.field(name)
        if declared is not None:
            return self.wire(declared, rec.values[name])
        if name == "id":
            return wire_id(rec.entity, rec.node)
        if name == "issues":
            return [
                {"code": i["code"], "field": i["field"], "rawValue": i["raw"], "cell": i["cell"]} for i in rec.issues
            ]
        if name == "provenance":
            stamp = datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC).astimezone(ZONE).isoformat()
            return {
                "source": "s", "dataset": rec.entity, "locator": f"L › {rec.at}", "file": "f.xlsx", "sheet": None, "row": rec.at,
                "fetchedAt": stamp, "changedAt": stamp, "freshness": "FRESH",
                "cell": lambda field: f"C{rec.at}" if field == "title" else None,
            }  # fmt: skip
        if any(d.name == name for d in entity.derived):
            return self.derived(rec, name)
        hops = self.world.catalogue.hops(rec.entity)
        if name in hops and hops[name].many:
            statuses = [named(s) for s in args["matches"]] if args.get("matches") is not None else ["ACCEPTED"]
            found = self.partners(rec, name, statuses)
            if hops[name].link.history and args.get("scope") is None:
                args = {**args, "scope": "ALL"}
            return self.connection(hops[name].to, found, args, 20, linked=True)
        found = self.counted(rec, name.removesuffix("Match"))
        if not found:
            return None
        return found[0][1] if name not in hops else found[0][0]

    def counted(self, rec: Rec, hop_name: str) -> list[tuple[Rec, Any]]:
        """Accepted partners that count; over a link of history, all of them."""
        is_history = self.world.catalogue.hops(rec.entity)[hop_name].link.history
        return [pair for pair in self.partners(rec, hop_name, ["ACCEPTED"]) if pair[0].current or is_history]

    def partners(self, rec: Rec, hop_name: str, statuses: list[str]) -> list[tuple[Rec, Any]]:
        hop = self.world.catalogue.hops(rec.entity)[hop_name]
        found = []
        for a, b, status, method in self.world.matches[hop.link.source, hop.link.name]:
            near, far = (a, b) if hop.forward else (b, a)
            if near == rec.id and status in statuses:
                match = {"method": method, "confidence": 1.0, "rule": "r", "status": status, "why": "w"}
                found.append((self.world.find(hop.to, far), match))
        return found

    def derived(self, rec: Rec, name: str) -> str:
        entity = self.world.catalogue[rec.entity]
        rule = next(d for d in entity.derived if d.name == name)
        for condition, value in rule.cases:
            if self.holds(rec, condition):
                return value
        return rule.otherwise

    def wire(self, declared: Field, value: Any) -> Any:
        if value is None:
            return None
        if declared.sensitive:
            return "***"
        if declared.type.is_decimal:
            return plain(value)
        if declared.type is FieldType.DATETIME:
            return value.astimezone(ZONE).isoformat()
        return value.isoformat() if declared.type is FieldType.DATE else value

    # connections

    def connection(
        self, entity: str, found: list[tuple[Rec, Any]], args: dict[str, Any], default: int, *, linked: bool
    ) -> Conn:
        if named(args.get("scope")) != "ALL":
            found = [pair for pair in found if pair[0].current]
        found = [pair for pair in found if self.holds(pair[0], args.get("where") or {})]
        found.sort(key=lambda pair: pair[0].sort)
        for item in reversed(args.get("orderBy") or []):
            found = self.sorted(found, item)
        backward = args.get("last") is not None
        skip = args.get("offset") or 0
        size = args["last"] if backward else args["first"] if args.get("first") is not None else default
        if backward:
            page, more = (found[-size:] if size else []), len(found) > size
        else:
            page, more = found[skip : skip + size], len(found) > skip + size
        return Conn(entity, found, page, more, skip > 0, backward, linked)

    def sorted(self, found: list[tuple[Rec, Any]], item: dict[str, Any]) -> list[tuple[Rec, Any]]:
        values = {id(rec): self.figure(rec, item) for rec, _ in found}
        direction: Any = item
        while isinstance(direction, dict):
            (direction,) = direction.values()
        direction = named(direction)
        nulls = [pair for pair in found if values[id(pair[0])] is None]
        known = [pair for pair in found if values[id(pair[0])] is not None]
        ordered: list[tuple[Rec, Any]] = []
        for wanted in sorted({binary(values[id(rec)]) for rec, _ in known}, reverse=direction.startswith("DESC")):
            ordered += [pair for pair in known if binary(values[id(pair[0])]) == wanted]
        return nulls + ordered if direction.endswith("NULLS_FIRST") else ordered + nulls

    def figure(self, rec: Rec, item: dict[str, Any]) -> Any:
        """What one item of orderBy sorts by."""
        ((name, inner),) = item.items()
        hops = self.world.catalogue.hops(rec.entity)
        if name not in hops:
            return self.own(rec, name)
        partners = [p for p, _ in self.counted(rec, name)]
        if not hops[name].many:
            return self.figure(partners[0], inner) if partners else None
        ((kind, of),) = inner.items()
        return self.measured(partners, kind, next(iter(of)) if isinstance(of, dict) else "")

    def measured(self, recs: list[Rec], kind: str, field: str) -> Any:
        if kind == "count":
            return len(recs)
        known = [r.values[field] for r in recs if r.values[field] is not None]
        if kind in ("ratio", "avg") and recs:
            declared = self.world.catalogue[recs[0].entity].field(field)
            assert declared is not None
            text = self.ratio(recs, declared) if kind == "ratio" else average(declared, known)
            return None if text is None else Decimal(text)
        if not known:
            return None
        return {"sum": sum, "min": min, "max": max}[kind](known)  # type: ignore[operator]  # of numbers and times alike

    def own(self, rec: Rec, name: str) -> Any:
        return rec.values[name] if name in rec.values else self.derived(rec, name)

    def of_connection(self, conn: Conn, name: str, args: dict[str, Any]) -> Any:
        match name:
            case "groups":
                return self.groups(conn, args)
            case "totalCount":
                return len(conn.all)
            case "nodes":
                return [rec for rec, _ in conn.page]
            case "edges":
                return conn.page
            case "pageInfo":
                ends = (conn.beyond, conn.more) if conn.backward else (conn.more, conn.beyond)
                return {"hasNextPage": ends[0], "hasPreviousPage": ends[1]}
            case _:
                return self.figures(conn.entity, [rec for rec, _ in conn.all])

    def figures(self, entity: str, recs: list[Rec]) -> dict[str, Any]:
        """Every figure as a function of `where`."""

        def figure(kind: str) -> Callable[..., Any]:
            def of(where: Any = None) -> Any:
                return self.aggregate(entity, [rec for rec in recs if self.holds(rec, where or {})])[kind]

            return of

        return {kind: figure(kind) for kind in self.aggregate(entity, [])}

    def aggregate(self, name: str, recs: list[Rec]) -> dict[str, Any]:
        entity = self.world.catalogue[name]
        known = {f.name: [r.values[f.name] for r in recs if r.values.get(f.name) is not None] for f in entity.fields}
        numbers = [f for f in entity.fields if f.type.is_number]
        plain_fields = [f for f in entity.fields if not f.type.is_list]
        distinct = {f.name: {binary(r.values[f.name]) for r in recs} - {None} for f in plain_fields}
        return {
            "countDistinct": {name: len(values) for name, values in distinct.items()},
            "ratio": {f.name: self.ratio(recs, f) for f in numbers if f.computed},
            "count": len(recs),
            "sum": {f.name: plain(sum(known[f.name], Decimal(0))) if known[f.name] else None for f in numbers},
            "avg": {f.name: average(f, known[f.name]) for f in numbers},
            "known": {f.name: len(known[f.name]) for f in numbers},
            "unreadable": {f.name: sum(any(i["field"] == f.name for i in r.issues) for r in recs) for f in numbers},
            "min": {
                f.name: self.wire(f, min(known[f.name], key=binary)) if known[f.name] else None
                for f in entity.fields
                if not f.type.is_list
            },
            "max": {
                f.name: self.wire(f, max(known[f.name], key=binary)) if known[f.name] else None
                for f in entity.fields
                if not f.type.is_list
            },
        }

    def ratio(self, recs: list[Rec], f: Field) -> str | None:
        assert f.computed is not None
        pairs = [(r.values[f.computed.left], r.values[f.computed.right]) for r in recs]
        pairs = [(left, right) for left, right in pairs if left is not None and right is not None]
        left, right = (sum((pair[side] for pair in pairs), Decimal(0)) for side in (0, 1))
        if not right:
            return None
        return plain(Context(prec=80).divide(left, right).quantize(Decimal("1e-6"), ROUND_HALF_EVEN, Context(prec=80)))

    # groups

    def groups(self, conn: Conn, args: dict[str, Any]) -> list[dict[str, Any]]:
        dims = [dimension_of(self.world.catalogue, conn.entity, item) for item in args["by"]]
        found: dict[tuple[Any, ...], list[Rec]] = {}
        shown: dict[tuple[Any, ...], list[set[Any]]] = {}
        for rec, _ in conn.all:
            ways = self.ways(rec, dims)
            for keys in {tuple(self.key_of(way[dim.path], dim) for dim in dims) for way in ways}:
                found.setdefault(keys, []).append(rec)
            for way in ways:
                keys = tuple(self.key_of(way[dim.path], dim) for dim in dims)
                texts = shown.setdefault(keys, [set() for _ in dims])
                for place, dim in enumerate(dims):
                    rec_there = way[dim.path]
                    if dim.ignore_case and rec_there is not None:
                        texts[place].add(self.own(rec_there, dim.name))
        groups = []
        for keys, recs in found.items():
            values = [
                min((t for t in texts if t is not None), key=str.encode, default=None) if dim.ignore_case else key
                for dim, key, texts in zip(dims, keys, shown[keys], strict=True)
            ]
            groups.append(Group(keys, recs, Key((), dims, values)))
        having = args.get("having") or {}
        groups = [group for group in groups if self.having(group.recs, having)]
        groups = in_order(groups, dims)
        for item in reversed(args.get("orderBy") or []):
            ((kind, of),) = item.items()
            direction = named(next(iter(of.values())) if isinstance(of, dict) else of)
            field = next(iter(of)) if isinstance(of, dict) else ""
            if kind == "keys":
                groups = in_order(groups, dims, direction)
            else:
                groups = by_direction(groups, lambda g: binary(self.measured(g.recs, kind, field)), direction)  # noqa: B023 - used at once
        skip = args.get("offset") or 0
        groups = groups[skip : skip + (args["first"] if args.get("first") is not None else 1000)]
        return [self.group(conn.entity, group) for group in groups]

    def group(self, entity: str, group: Group) -> dict[str, Any]:
        def nodes(first: int | None = None, orderBy: Any = None) -> list[Rec]:
            pairs = sorted(((rec, None) for rec in group.recs), key=lambda pair: pair[0].sort)
            for item in reversed(orderBy or []):
                pairs = self.sorted(pairs, item)
            return [rec for rec, _ in pairs][: 20 if first is None else first]

        return {**self.figures(entity, group.recs), "key": group.key, "nodes": nodes}

    def having(self, recs: list[Rec], having: dict[str, Any]) -> bool:
        for kind, of in having.items():
            asked = {"": of} if kind == "count" else of
            if of is not None and not all(
                compares(self.measured(recs, kind, field), c) for field, c in asked.items() if c is not None
            ):
                return False
        return True

    def ways(self, rec: Rec, dims: list[Dim]) -> list[dict[tuple[str, ...], Rec | None]]:
        """Every choice of partners along the paths; on a common path the same one for all."""
        ways: list[dict[tuple[str, ...], Rec | None]] = [{(): rec}]
        for dim in dims:
            for length in range(1, len(dim.path) + 1):
                here = dim.path[:length]
                if here in ways[0]:
                    continue
                further = []
                for way in ways:
                    near = way[here[:-1]]
                    partners: list[Any] = [p for p, _ in self.counted(near, here[-1])] if near is not None else []
                    further += [{**way, here: partner} for partner in partners or [None]]
                ways = further
        return ways

    def key_of(self, rec: Rec | None, dim: Dim) -> Any:
        if rec is None:
            return None
        if dim.kind == "record":
            return Hashed(rec)
        if dim.kind == "above":
            above = self.above(rec, dim.name)
            return None if above is None else Hashed(above)
        value = self.own(rec, dim.name)
        if value is None:
            return None
        if dim.ignore_case:
            return folded(value)
        if dim.unit is None:
            return value
        day = value.astimezone(ZONE).date() if isinstance(value, datetime) else value
        month = {"YEAR": 1, "QUARTER": (day.month - 1) // 3 * 3 + 1}.get(dim.unit, day.month)
        return day if dim.unit == "DAY" else day.replace(month=month, day=1)

    def above(self, rec: Rec, level: str) -> Rec | None:
        here: Rec | None = rec if rec.current else None
        seen: set[int] = set()
        while here is not None and here.id not in seen:
            if here.values["level"] == level:
                return here
            seen.add(here.id)
            here = next((p for p, _ in self.partners(here, "parent", ["ACCEPTED"]) if p.current), None)
        return None

    def of_key(self, key: Key, name: str, args: dict[str, Any]) -> Any:
        path, level = (*key.path, name), named(args.get("level"))
        is_record = any(dim.kind == "record" and dim.path == path for dim in key.dims)
        beyond = [dim for dim in key.dims if dim.path[: len(path)] == path]
        leads_on = any(dim.kind == "value" or len(dim.path) > len(path) for dim in beyond)
        for dim, value in zip(key.dims, key.values, strict=True):
            if dim.kind == "above" and dim.path == path and level is None and (is_record or leads_on):
                continue
            if dim.kind == "value" and (*dim.path, dim.name) == path and named(args.get("unit")) in (None, dim.unit):
                if isinstance(value, date):
                    return value.isoformat()
                return value if dim.field is None else self.wire(dim.field, value)
            if dim.kind != "value" and dim.path == path and named(args.get("level")) in (None, dim.name):
                return None if value is None else KeyRec(value.rec, Key(path, key.dims, key.values))
        return Key(path, key.dims, key.values)

    def of_key_record(self, source: KeyRec, name: str, args: dict[str, Any]) -> Any:
        """Of a record that is a key, or that one leads to: its own values, and the keys that lie beyond it."""
        hop = self.world.catalogue.hops(source.rec.entity).get(name)
        if hop is not None and (hop.many or args.get("level") is not None):
            return self.of_key(source.key, name, args)
        found = self.of_record(source.rec, name, {})
        if not isinstance(found, Rec):
            return found
        return KeyRec(found, Key((*source.key.path, name), source.key.dims, source.key.values))

    # conditions

    def holds(self, rec: Rec, where: Any) -> bool:
        return all(self.member(rec, name, value) for name, value in where.items() if value is not None)

    def member(self, rec: Rec, name: str, value: Any) -> bool:
        entity = self.world.catalogue[rec.entity]
        if name == "and":
            return all(self.holds(rec, part) for part in value)
        if name == "or":
            return any(self.holds(rec, part) for part in value)
        if name == "not":
            return not self.holds(rec, value)
        if name == "id":
            return compares(wire_id(rec.entity, rec.node), value)
        if name == "within" and entity.hierarchy:
            return self.is_within(rec, value)
        if name == "issues":
            return self.issues_hold(rec, value)
        if entity.field(name) is not None or any(d.name == name for d in entity.derived):
            return compares(self.own(rec, name), value)
        hops = self.world.catalogue.hops(rec.entity)
        if name in hops:
            partners = [p for p, _ in self.counted(rec, name)]
            if not hops[name].many:
                return any(self.holds(p, value) for p in partners)
            looked_at = [p for p in partners if self.holds(p, value.get("of") or {})]
            return all(self.quantified(partners, looked_at, q, w) for q, w in value.items() if w is not None)
        matches = [m for _, m in self.counted(rec, name.removesuffix("Match"))]
        fine = True
        if value.get("isNull") is not None:
            fine = (not matches) is value["isNull"]
        if value.get("method") is not None:
            fine = fine and any(m["method"] in [named(v) for v in value["method"]] for m in matches)
        return fine

    def quantified(self, partners: list[Rec], looked_at: list[Rec], quantifier: str, value: Any) -> bool:
        if quantifier == "of":
            return True
        if quantifier == "count":
            return compares(len(looked_at), value)
        if quantifier in ("sum", "avg", "ratio", "min", "max"):
            return all(compares(self.measured(looked_at, quantifier, f), c) for f, c in value.items() if c is not None)
        truths = [self.holds(p, value) for p in partners]
        return {"some": any(truths), "none": not any(truths), "every": all(truths)}[quantifier]

    def issues_hold(self, rec: Rec, value: Any) -> bool:
        def fits(issue: dict[str, Any], wanted: Any) -> bool:
            codes = wanted.get("code")
            fields = wanted.get("field")
            return (codes is None or issue["code"] in [named(c) for c in codes]) and (
                fields is None or issue["field"] in fields
            )

        for quantifier, wanted in value.items():
            if wanted is None:
                continue
            if quantifier == "count":
                if not compares(len(rec.issues), wanted):
                    return False
            elif any(fits(issue, wanted) for issue in rec.issues) is not (quantifier == "some"):
                return False
        return True

    def is_within(self, rec: Rec, code: str) -> bool:
        seen: set[int] = set()
        todo = [rec]
        while todo:
            here = todo.pop()
            if here.id in seen:
                continue
            seen.add(here.id)
            if here.values["code"] == code and here.current:
                return True
            todo += [p for p, _ in self.partners(here, "parent", ["ACCEPTED"])]
        return False


def compares(left: Any, comparison: Any) -> bool:
    return all(compare(left, op, named(operand)) for op, operand in comparison.items())


def compare(left: Any, op: str, right: Any) -> bool:
    if op == "isNull":
        return right is None or (left is None) is right
    if left is None or right is None:
        return False
    if op == "in":
        return left in [named(item) for item in right]
    if op == "contains":
        return folded(right) in folded(left)
    if op == "startsWith":
        return folded(left).startswith(folded(right))
    left, right = binary(left), binary(right)
    return (
        bool(
            {
                "eq": left == right,
                "ne": left != right,
                "lt": left < right,
                "lte": left <= right,
                "gt": left > right,
                "gte": left >= right,
            }[op]
        )
        if op not in ("eq", "ne")
        else (left == right) is (op == "eq")
    )


def binary(value: Any) -> Any:
    return value.encode() if isinstance(value, str) else value


def plain(value: Decimal) -> str:
    text = format(Decimal(value), "f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in ("-0", "") else text


def average(f: Field, values: list[Any]) -> str | None:
    if not values:
        return None
    scale = f.scale if f.type.is_decimal else 0
    exact = Context(prec=80).divide(sum(map(Decimal, values), Decimal(0)), Decimal(len(values)))
    return plain(exact.quantize(Decimal(1).scaleb(-scale - 4), ROUND_HALF_EVEN, Context(prec=80)))


# -- random operations ------------------------------------------------------------------------------------------------

LEAVES: dict[str, st.SearchStrategy[Any]] = {
    "String": st.sampled_from([*WORDS, "jal", "ja", "%"]),
    "Int": st.sampled_from([-3, 0, 1, 2, 7]),
    "Decimal": st.sampled_from(["0", "1", "-2.5", "999.99", "1.005", "100000000000003", "1e30", "-1e-30"]),
    "Date": st.sampled_from(["2026-01-01", "2026-01-03"]),
    "DateTime": st.sampled_from(["2026-01-01T00:00:00Z", "2026-01-01T09:30:00.000005+08:00"]),
    "Boolean": st.booleans(),
}
LEVELS = ["PROVINCE", "REGENCY", "DISTRICT"]
APART = ("sources", "source", "rejects", "reject", "search", "explain")  # which have tests of their own
UNASKED = {"after", "before", "cursor", "startCursor", "endCursor", "message", "raw", "decidedBy", "suggestion"}


class Writer:
    """Writes a random operation; every argument value is a literal or a variable."""

    def __init__(self, draw: Callable[[Any], Any], schema: GraphQLSchema, world: World) -> None:
        self.draw = draw
        self.schema = schema
        self.world = world
        self.ids = [wire_id(r.entity, r.node) for rs in world.records.values() for r in rs] + ["bm9uc2Vuc2U"]
        self.types: dict[str, str] = {}
        self.numbers = count()
        self.variables: dict[str, Any] = {}
        self.fragments: list[str] = []

    def operation(self) -> str:
        fields = self.root_fields()
        head = ", ".join(f"${name}: {type_}" for name, type_ in self.types.items())
        return " ".join(["query" + (f"({head})" if head else ""), "{", *fields, "}", *self.fragments])

    def root_fields(self) -> list[str]:
        root = self.schema.query_type
        assert root is not None
        names = self.draw(
            st.lists(
                st.sampled_from([n for n in root.fields if n not in APART]),
                min_size=1,
                max_size=2,
            )
        )
        return [self.field(root, name, f"r{i}", 0) for i, name in enumerate(names)]

    def groups(self, of: Any, alias: str | None, depth: int) -> str:
        """A groups field: its keys are asked as they are grouped by."""
        entity = of.name.removesuffix("Connection")
        by_type = self.schema.type_map[f"{entity}GroupBy"]
        dims = [self.dimension(by_type, entity, 0) for _ in range(self.draw(st.integers(1, 2)))]
        different = {str(dimension_of(self.world.catalogue, entity, item)): (item, key) for item, key in dims}
        items, keys = [item for item, _ in different.values()], [key for _, key in different.values()]
        argument = of.fields["groups"].args["by"].type
        as_variable = self.draw(st.booleans())
        given = {"by": self.variable(str(argument), items) if as_variable else self.literal(argument, items)}
        others = {n: a for n, a in of.fields["groups"].args.items() if n != "by"}
        for other, about in others.items():
            if self.draw(st.integers(0, 2)) == 0:
                value = self.draw(st.integers(0, 4)) if other in ("first", "offset") else self.value(about.type, 0)
                given[other] = self.literal(about.type, value)
        group_type = self.schema.type_map[f"{entity}Group"]
        figures = [n for n in group_type.fields if n != "key" and (depth < 3 or n != "nodes")]  # type: ignore[attr-defined]  # an object type
        chosen = self.draw(st.lists(st.sampled_from(figures), max_size=2, unique=True))
        parts = [f"key {{ {' '.join(f'k{place}: {key}' for place, key in enumerate(keys))} }}"]
        parts += [self.field(group_type, name, f"x{next(self.numbers)}", depth + 1) for name in chosen]
        arguments = ", ".join(f"{name}: {value}" for name, value in given.items())
        return f"{alias or 'groups'}: groups({arguments}) {{ {' '.join(parts)} }}"

    def dimension(self, type_: Any, entity: str, hops: int) -> tuple[dict[str, Any], str]:
        """An item of `by`, and how its key is asked."""
        links = self.world.catalogue.hops(entity)
        names = [n for n in type_.fields if n != "level" or n not in links]
        if hops == 3:
            names = [n for n in names if n not in links]
        if hops and "level" in names:
            names.remove("level")
        name = self.draw(st.sampled_from(names))
        if name not in links:
            options: dict[str, Any] = {}
            about = type_.fields[name].type.name
            if about == "DateGroup" and self.draw(st.booleans()):
                options["unit"] = self.draw(st.sampled_from(["DAY", "MONTH", "QUARTER", "YEAR"]))
            if about == "ValueGroup" and self.draw(st.booleans()):
                options["ignoreCase"] = self.draw(st.booleans())
            return {name: options}, name + (f"(unit: {options['unit']})" if "unit" in options else "")
        target = links[name].to
        inner = type_.fields[name].type
        way = self.draw(st.integers(0, 3))
        if way < 2:
            level = "level" in inner.fields and is_enum_type(inner.fields["level"].type) and way == 1
            options = {"level": self.draw(st.sampled_from(LEVELS))} if level else {}
            return {name: options}, name + (f"(level: {options['level']})" if level else "") + self.record_key(target)
        if hops == 2 and all(
            isinstance(field.type, GraphQLInputObjectType) is False for field in inner.fields.values()
        ):
            return {name: {}}, name + self.record_key(target)
        item, key = self.dimension(inner, target, hops + 1)
        return {name: item}, f"{name} {{ {key} }}"

    def record_key(self, entity: str, depth: int = 0) -> str:
        fields = self.schema.type_map[f"{entity}GroupKey"].fields  # type: ignore[attr-defined]  # an object type
        links = self.world.catalogue.hops(entity)
        names = [n for n in fields if n not in links or (not links[n].many and depth < 1)]
        chosen = self.draw(st.lists(st.sampled_from(names), min_size=1, max_size=2, unique=True))
        parts = [n + self.record_key(links[n].to, depth + 1) if n in links else n for n in chosen]
        return " { " + " ".join(parts) + " }"

    def field(self, of: Any, name: str, alias: str | None, depth: int) -> str:
        defined = of.fields[name]
        if name == "groups":
            return self.groups(of, alias, depth)
        text = f"{alias}: {name}" if alias else name
        arguments = self.arguments(of, name, defined, depth)
        if arguments:
            text += "(" + ", ".join(f"{k}: {v}" for k, v in arguments.items()) + ")"
        if self.draw(st.integers(0, 15)) == 0:
            text += f" @{self.draw(st.sampled_from(['skip', 'include']))}(if: {self.boolean()})"
        inner = get_named_type(defined.type)
        if not is_composite_type(inner):
            return text
        record_field = self.record_field
        text += self.selection(inner, depth + 1)
        self.record_field = record_field
        return text

    def boolean(self) -> str:
        value = self.draw(st.booleans())
        return self.variable("Boolean!", value) if self.draw(st.booleans()) else str(value).lower()

    def variable(self, type_: str, value: Any) -> str:
        name = f"v{len(self.types)}"
        self.types[name] = type_
        self.variables[name] = value
        return f"${name}"

    record_field = "title"

    def selection(self, of: Any, depth: int, *, apart: bool = False) -> str:
        """Fields of a type; `apart` from those of another type that may stand beside them: `status` is not of one type."""
        if isinstance(of, GraphQLObjectType) and of.name in NAMES:
            plain = [
                n for n in of.fields if n not in UNASKED and not is_composite_type(get_named_type(of.fields[n].type))
            ]
            self.record_field = next((n for n in ("title", "name", *plain) if n in plain and n not in ("id",)), "title")
        if not isinstance(of, GraphQLObjectType):  # an interface
            possible = [t for t in self.schema.get_possible_types(of) if t.name in NAMES]
            chosen = self.draw(st.lists(st.sampled_from(possible), max_size=2))
            return (
                " { __typename "
                + " ".join(f"... on {t.name} {self.selection(t, depth + 1, apart=True)}" for t in chosen)
                + " }"
            )
        names = [
            n
            for n in of.fields
            if n not in UNASKED
            and (depth < 4 or not is_composite_type(get_named_type(of.fields[n].type)) or n in ("sum", "known"))
            and (n != "groups" or depth < 4)
        ]
        if not names:
            return " { __typename }"
        chosen = self.draw(st.lists(st.sampled_from(names), min_size=1, max_size=3 if depth < 3 else 2))
        parts = []
        for name in dict.fromkeys(chosen):
            is_named = self.draw(st.integers(0, 3)) == 0 or apart or of.fields[name].args
            alias = f"x{next(self.numbers)}" if is_named else None
            parts.append(self.field(of, name, alias, depth))
        wrap = self.draw(st.integers(0, 9))
        if wrap == 0:
            parts.append("__typename")
        if wrap == 1:
            self.fragments.append(f"fragment F{len(self.fragments)} on {of.name} {{ {' '.join(parts)} }}")
            parts = [f"...F{len(self.fragments) - 1}"]
        if wrap == 2:
            parts = [f"... on {of.name} {{ {' '.join(parts)} }}"]
        return " { " + " ".join(parts) + " }"

    def arguments(self, of: Any, name: str, defined: Any, depth: int) -> dict[str, str]:
        given: dict[str, str] = {}
        for argument, about in defined.args.items():
            if argument in UNASKED:
                continue
            if name == "cell":  # of a field that is there; others are refused, as tests/resolvers tells
                given[argument] = f'"{self.record_field}"'
                continue
            if not isinstance(about.type, GraphQLNonNull) and self.draw(st.integers(0, 2)):
                continue
            if argument == "last" and ("first" in given or "offset" in given):
                continue
            if argument == "offset" and "last" in given:
                continue
            if argument in ("first", "last", "offset"):
                value: Any = self.draw(st.integers(0, 4))
            elif argument in ("id", "ids"):
                one = st.sampled_from(self.ids)
                value = self.draw(one) if argument == "id" else self.draw(st.lists(one, max_size=4))
            elif argument == "field":
                value = self.draw(st.sampled_from(["title", "nothing"]))
            else:
                value = self.value(about.type, 0)
            if argument == "by" and "key" in value and not any(v is not None for v in value["key"].values()):
                value = {"id": self.draw(st.sampled_from(self.ids))}
            if self.draw(st.booleans()):
                given[argument] = self.variable(str(about.type), value)
            else:
                given[argument] = self.literal(about.type, value)
        return given

    def value(self, type_: Any, depth: int) -> Any:
        if isinstance(type_, GraphQLNonNull):
            return self.value(type_.of_type, depth)
        if isinstance(type_, GraphQLList):
            return [self.value(type_.of_type, depth + 1) for _ in range(self.draw(st.integers(0, 2)))]
        if isinstance(type_, GraphQLEnumType):
            return self.draw(st.sampled_from(list(type_.values)[:4]))
        if isinstance(type_, GraphQLInputObjectType):
            return self.object(type_, depth)
        if type_.name == "ID":
            return self.draw(st.sampled_from(self.ids))
        return self.draw(LEAVES[type_.name])

    def object(self, type_: GraphQLInputObjectType, depth: int) -> dict[str, Any]:
        names = list(type_.fields)
        if type_.is_one_of:
            if depth > 3:
                names = [n for n in names if is_enum_type(get_named_type(type_.fields[n].type))] or names
            name = self.draw(st.sampled_from(names))
            return {name: self.value(type_.fields[name].type, depth + 1)}
        if depth > 4:
            names = [n for n in names if not isinstance(get_named_type(type_.fields[n].type), GraphQLInputObjectType)]
        chosen = self.draw(st.lists(st.sampled_from(names), max_size=2, unique=True)) if names else []
        return {
            name: None if self.draw(st.integers(0, 14)) == 0 else self.value(type_.fields[name].type, depth + 1)
            for name in chosen
        }

    def literal(self, type_: Any, value: Any) -> str:
        if isinstance(type_, GraphQLNonNull):
            return self.literal(type_.of_type, value)
        if value is None:
            return "null"
        if isinstance(type_, GraphQLList):
            return "[" + ", ".join(self.literal(type_.of_type, item) for item in value) + "]"
        if isinstance(type_, GraphQLInputObjectType):
            return "{" + ", ".join(f"{k}: {self.literal(type_.fields[k].type, v)}" for k, v in value.items()) + "}"
        if is_enum_type(type_):
            return str(value)
        assert isinstance(type_, GraphQLScalarType)
        return orjson.dumps(value).decode()


# -- both sides -------------------------------------------------------------------------------------------------------


@dataclass
class Sides:
    """A world, the plain interpreter, and the hub over a replica of it on each engine that is at hand."""

    world: World
    schema: GraphQLSchema
    oracle: Oracle
    engines: dict[str, Engine]

    def answer(self, query: str, variables: dict[str, Any], language: Language = "en") -> Answer:
        """What the hub answers, the same from every engine."""
        request = Request(query, variables, language=language)
        answers = {
            name: engine.execute_at_once(request) or RUNNER.run(engine.execute(request))
            for name, engine in self.engines.items()
        }
        first = answers["sqlite"]
        for name, answer in answers.items():
            assert (answer.started, answer.data, answer.errors) == (first.started, first.data, first.errors), (
                name,
                query,
            )
        # what the replica writes itself is the same text, its members in the same order
        written = self.engines["sqlite"]
        request = replace(request, as_text=True)
        text = written.execute_at_once(request) or RUNNER.run(written.execute(request))
        assert orjson.dumps(orjson.loads(text.body())) == orjson.dumps(orjson.loads(first.body())), query
        return first


WORLDS = range(9)  # the first is empty
EXAMPLES = 2 * settings().max_examples  # of operations and of groups, for each world


@pytest.fixture(scope="module", params=WORLDS)
def sides(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sides]:
    world, folder = make_world(request.param), tmp_path_factory.mktemp("oracle")
    databases: dict[str, Database] = {"sqlite": SqliteDatabase(folder / "replica.db", world.catalogue, {})}
    server = reachable("postgresql")
    name = f"oracle_{uuid4().hex[:10]}"
    if server is not None:
        url = f"{server.render_as_string(hide_password=False)}?schema={name}"
        databases["postgresql"] = PostgresDatabase(url, folder, world.catalogue, {})
    schema = build(world.catalogue)._schema
    limits = Limits(depth=40, aliases=1000, selections=10_000)
    engines, replicas = {}, []
    for engine_name, database in databases.items():
        store(world, database)
        replicas.append(Replica(database.reader, is_local=engine_name == "sqlite"))
        engines[engine_name] = Engine(
            schema, world.catalogue, database.tables, replicas[-1], ZONE, limits=limits, seconds=60
        )
    yield Sides(world, schema, Oracle(world, schema), engines)
    for replica in replicas:
        replica.close()
    if server is not None:
        drop_schemas(server.render_as_string(hide_password=False), [name])


def test_postgresql_takes_part(sides: Sides) -> None:
    postgres()  # skips where there is none, and says how to have it
    assert set(sides.engines) == {"sqlite", "postgresql"}


RUNNER = asyncio.Runner()


@settings(max_examples=EXAMPLES)
@given(data=st.data())
def test_the_hub_answers_as_the_plain_interpreter_does(sides: Sides, data: st.DataObject) -> None:
    writer = Writer(data.draw, sides.schema, sides.world)
    query = writer.operation()
    assert [error.message for error in validate(sides.schema, parse(query))] == [], query

    answer = sides.answer(query, writer.variables)
    expected, errors = sides.oracle.answer(query, writer.variables)

    assert answer.started, (answer.errors, query)
    assert (answer.data, [(e["extensions"]["code"], e["path"]) for e in answer.errors]) == (expected, errors), query  # type: ignore[index]  # errors are dicts


@settings(max_examples=EXAMPLES)
@given(data=st.data())
def test_groups_are_those_of_the_plain_interpreter(sides: Sides, data: st.DataObject) -> None:
    writer = Writer(data.draw, sides.schema, sides.world)
    entity = sides.world.catalogue[data.draw(st.sampled_from(NAMES))]
    groups = writer.groups(sides.schema.type_map[f"{entity.name}Connection"], "g", 1)
    head = ", ".join(f"${name}: {type_}" for name, type_ in writer.types.items())
    query = " ".join([f"query Q({head})" if head else "", f"{{ {entity.plural} {{ {groups} }} }}", *writer.fragments])

    answer = sides.answer(query, writer.variables)
    expected, _ = sides.oracle.answer(query, writer.variables)

    assert answer.started, (answer.errors, query)
    assert (answer.data, answer.errors) == (expected, ()), query


UNITS = ("DAY", "MONTH", "QUARTER", "YEAR")
SPANS = [
    *((f"proposals {{ groups(by: [{{proposedAt: {{unit: {u}}}}}]) {{ key {{ proposedAt }} count }} }}") for u in UNITS),
    *((f"complaints {{ groups(by: [{{receivedAt: {{unit: {u}}}}}]) {{ key {{ receivedAt }} count }} }}") for u in UNITS),
    *((f"{n} {{ groups(by: [{{region: {{level: {v}}}}}]) {{ key {{ region {{ code level }} }} count }} }}")
      for n in ("proposals", "projects", "complaints") for v in LEVELS),
    *((f"regions {{ groups(by: [{{parent: {{level: {v}}}}}, {{parent: {{parent: {{}}}}}}]) {{ count key {{ up: parent(level: {v}) {{ code }}"
       " parent { parent { id } } } } }") for v in LEVELS),
]  # fmt: skip


@pytest.mark.parametrize("query", SPANS)
def test_groups_by_every_span_and_level(sides: Sides, query: str) -> None:
    answer = sides.answer(f"{{ {query} }}", {})
    expected, _ = sides.oracle.answer(f"{{ {query} }}", {})

    assert (answer.data, answer.errors) == (expected, ())


@settings(max_examples=max(60, EXAMPLES // 10))
@given(data=st.data())
def test_pages_both_ways_walk_through_the_whole_order(sides: Sides, data: st.DataObject) -> None:
    entity = sides.world.catalogue["Proposal"]
    writer = Writer(data.draw, sides.schema, sides.world)
    order = writer.value(sides.schema.type_map["Query"].fields["proposals"].args["orderBy"].type, 0)  # type: ignore[attr-defined]  # an object type
    where = writer.value(sides.schema.type_map["ProposalWhere"], 2)
    size = data.draw(st.integers(1, 3))
    variables = {"o": order, "w": where, "n": size}
    whole, _ = sides.oracle.answer(
        "query ($o: [ProposalOrder!], $w: ProposalWhere) { proposals(orderBy: $o, where: $w) { nodes { id } } }",
        variables,
    )
    assert entity.name == "Proposal"

    assert _walk(sides, variables, forward=True) == whole["proposals"]["nodes"]
    assert _walk(sides, variables, forward=False) == whole["proposals"]["nodes"]


def _walk(sides: Sides, variables: dict[str, Any], *, forward: bool) -> list[Any]:
    size, bound, end, more = (
        ("first", "after", "endCursor", "hasNextPage")
        if forward
        else ("last", "before", "startCursor", "hasPreviousPage")
    )
    query = (
        "query ($o: [ProposalOrder!], $w: ProposalWhere, $n: Int, $c: String) {"
        f" proposals(orderBy: $o, where: $w, {size}: $n, {bound}: $c) {{ nodes {{ id }} pageInfo {{ {end} {more} }} }} }}"
    )
    found: list[Any] = []
    cursor = None
    while True:
        answer: Any = sides.answer(query, {**variables, "c": cursor})
        assert answer.errors == ()
        page = answer.data["proposals"]
        found = found + page["nodes"] if forward else page["nodes"] + found
        cursor = page["pageInfo"][end]
        if not page["pageInfo"][more]:
            return found


def test_a_list_of_fifty_thousand_ids_is_one_parameter(sides: Sides) -> None:
    whole, _ = sides.oracle.answer("{ proposals(first: 1000) { nodes { id } } }", {})
    ids = [node["id"] for node in whole["proposals"]["nodes"]]
    many = [f"{id_}{number}" for number in range(50_000 // max(len(ids), 1)) for id_ in ids]
    query = "query ($ids: [ID!]) { proposals(where: {id: {in: $ids}}, first: 1000) { totalCount nodes { id } } }"

    found: Any = sides.answer(query, {"ids": [*many, *ids]}).data

    assert found == {"proposals": {"totalCount": len(ids), "nodes": [{"id": id_} for id_ in ids]}}
