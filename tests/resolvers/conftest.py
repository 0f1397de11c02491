"""A small hub's records, put straight into the replica's tables, and an engine that answers from them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import orjson
import pytest
from graphql import GraphQLSchema, build_schema
from sqlalchemy.dialects import sqlite
from sqlalchemy.schema import CreateIndex, CreateTable

from config.entities import Catalogue, Derived, Entity, EnumType, Field, FieldType, Finder, KeyRule, Link, Text
from replica.reading import Replica
from replica.sqlite import SqliteReader, add_functions
from replica.tables import Tables, build_tables, fold
from resolvers.engine import Engine

WORDS = Text("a thing", "sesuatu")
STATUS = EnumType("Status", dict.fromkeys(("ACCEPTED", "REJECTED", "UNKNOWN"), WORDS))
STAGE = EnumType("Stage", dict.fromkeys(("BUDGETED", "ACCEPTED", "PROPOSED"), WORDS))


def _field(name: str, type_: FieldType, **more: object) -> Field:
    return Field(name, type_, WORDS, **more)  # type: ignore[arg-type]  # a shorthand for these tests


CATALOGUE = Catalogue(
    {
        "Region": Entity(
            "Region",
            "region",
            "regions",
            WORDS,
            (
                _field("code", FieldType.CODE, required=True),
                _field("name", FieldType.TEXT),
                _field("parentRaw", FieldType.TEXT, raw_of="parent"),
            ),
            links=(
                Link(
                    "parent",
                    "Region",
                    "Region",
                    WORDS,
                    "children",
                    None,
                    False,
                    True,
                    (KeyRule((("parentRaw", "code"),)),),
                ),
            ),
            key=("code",),
            finders=(Finder("code"),),
            hierarchy="parent",
        ),
        "BudgetLine": Entity(
            "BudgetLine",
            "budgetLine",
            "budgetLines",
            WORDS,
            (_field("lineId", FieldType.CODE, required=True), _field("ceiling", FieldType.MONEY, scale=2)),
            key=("lineId",),
        ),
        "Proposal": Entity(
            "Proposal",
            "proposal",
            "proposals",
            WORDS,
            (
                _field("number", FieldType.CODE, required=True),
                _field("title", FieldType.TEXT),
                _field("estimatedCost", FieldType.MONEY, scale=2),
                _field("status", FieldType.ENUM, enum=STATUS),
                _field("statusRaw", FieldType.TEXT, raw_of="status"),
                _field("regionRaw", FieldType.TEXT, raw_of="region"),
                _field("proposer", FieldType.TEXT, sensitive=True),
                _field("proposedAt", FieldType.DATE),
            ),
            links=(
                Link(
                    "region",
                    "Proposal",
                    "Region",
                    WORDS,
                    "proposals",
                    None,
                    False,
                    True,
                    (KeyRule((("regionRaw", "code"),)),),
                ),
                Link(
                    "budgetLines",
                    "Proposal",
                    "BudgetLine",
                    WORDS,
                    "proposals",
                    rules=(KeyRule((("number", "lineId"),)),),
                ),
            ),
            key=("file", "number"),
            derived=(
                Derived(
                    "stage",
                    STAGE,
                    WORDS,
                    (({"budgetLines": {"some": {}}}, "BUDGETED"), ({"status": {"eq": "ACCEPTED"}}, "ACCEPTED")),
                    "PROPOSED",
                ),
            ),
        ),
    }
)

SDL = """
scalar Decimal
scalar Date
scalar DateTime
enum Direction { ASC DESC ASC_NULLS_FIRST DESC_NULLS_FIRST }
enum Scope { CURRENT ALL }
enum Status { ACCEPTED REJECTED UNKNOWN }
enum Stage { BUDGETED ACCEPTED PROPOSED }
enum MatchStatus { ACCEPTED CANDIDATE REFUSED }
enum MatchMethod { KEY CROSSWALK VIA }
enum Language { ID EN }
input StringComparison { eq: String ne: String in: [String!] lt: String lte: String gt: String gte: String
  contains: String startsWith: String isNull: Boolean }
input DecimalComparison { eq: Decimal ne: Decimal in: [Decimal!] lt: Decimal lte: Decimal gt: Decimal gte: Decimal isNull: Boolean }
input DateComparison { eq: Date lt: Date gt: Date isNull: Boolean }
input IntComparison { eq: Int ne: Int in: [Int!] lt: Int lte: Int gt: Int gte: Int isNull: Boolean }
input StatusComparison { eq: Status ne: Status in: [Status!] isNull: Boolean }
input StageComparison { eq: Stage ne: Stage in: [Stage!] isNull: Boolean }
input IDComparison { eq: ID in: [ID!] }
input IssueWhere { code: [String!] field: [String!] }
input IssueLinkWhere { some: IssueWhere none: IssueWhere count: IntComparison }
input MatchWhere { isNull: Boolean method: [MatchMethod!] }
interface Node { id: ID! }
interface Record { provenance: Provenance! }
type PageInfo { hasNextPage: Boolean! hasPreviousPage: Boolean! startCursor: String endCursor: String }
type Match { method: MatchMethod! confidence: Float! rule: String! status: MatchStatus! why: String }
type Provenance { source: String! dataset: String! locator: String! file: String sheet: String row: String
  fetchedAt: DateTime! changedAt: DateTime! freshness: String! cell(field: String!): String }
type Issue { code: String! field: String! rawValue: String cell: String message(language: Language): String! }

type Region implements Node & Record { id: ID! code: String! name: String parentRaw: String parent: Region
  children(where: RegionWhere, orderBy: [RegionOrder!], first: Int, after: String, last: Int, before: String, offset: Int, scope: Scope = CURRENT, matches: [MatchStatus!] = [ACCEPTED]): RegionConnection
  proposals(where: ProposalWhere, orderBy: [ProposalOrder!], first: Int, after: String, last: Int, before: String, offset: Int, scope: Scope = CURRENT, matches: [MatchStatus!] = [ACCEPTED]): ProposalConnection
  provenance: Provenance! issues: [Issue!]! }
type RegionConnection { edges: [RegionEdge!]! nodes: [Region!]! pageInfo: PageInfo! totalCount: Int }
type RegionEdge { node: Region! cursor: String! match: Match }
input RegionWhere { and: [RegionWhere!] or: [RegionWhere!] not: RegionWhere code: StringComparison name: StringComparison
  parent: RegionWhere children: RegionLinkWhere proposals: ProposalLinkWhere within: String }
input RegionLinkWhere { some: RegionWhere none: RegionWhere every: RegionWhere count: IntComparison }
input RegionOrder @oneOf { code: Direction name: Direction }
input RegionBy @oneOf { id: ID key: RegionKey }
input RegionKey { code: String }

type BudgetLine implements Node { id: ID! lineId: String! ceiling: Decimal
  proposals(where: ProposalWhere, first: Int): ProposalConnection provenance: Provenance! issues: [Issue!]! }
type BudgetLineConnection { edges: [BudgetLineEdge!]! nodes: [BudgetLine!]! pageInfo: PageInfo! totalCount: Int aggregate: BudgetLineAggregate }
type BudgetLineEdge { node: BudgetLine! cursor: String! match: Match }
type BudgetLineAggregate { count: Int! sum: BudgetLineSum avg: BudgetLineAvg min: BudgetLineMin max: BudgetLineMax known: BudgetLineKnown unreadable: BudgetLineKnown }
type BudgetLineSum { ceiling: Decimal }
type BudgetLineAvg { ceiling: Decimal }
type BudgetLineMin { ceiling: Decimal lineId: String }
type BudgetLineMax { ceiling: Decimal }
type BudgetLineKnown { ceiling: Int! }
input BudgetLineWhere { ceiling: DecimalComparison lineId: StringComparison }
input BudgetLineLinkWhere { some: BudgetLineWhere none: BudgetLineWhere every: BudgetLineWhere count: IntComparison }
input BudgetLineOrder @oneOf { ceiling: Direction }

type Proposal implements Node & Record { id: ID! number: String! title: String estimatedCost: Decimal status: Status statusRaw: String
  regionRaw: String proposer: String proposedAt: Date stage: Stage region: Region regionMatch: Match
  budgetLines(where: BudgetLineWhere, orderBy: [BudgetLineOrder!], first: Int, after: String, last: Int, before: String, offset: Int, scope: Scope = CURRENT, matches: [MatchStatus!] = [ACCEPTED]): BudgetLineConnection
  provenance: Provenance! issues: [Issue!]! }
type ProposalConnection { edges: [ProposalEdge!]! nodes: [Proposal!]! pageInfo: PageInfo! totalCount: Int aggregate: ProposalAggregate }
type ProposalEdge { node: Proposal! cursor: String! match: Match }
type ProposalAggregate { count: Int! sum: ProposalSum avg: ProposalSum known: ProposalKnown unreadable: ProposalKnown }
type ProposalSum { estimatedCost: Decimal }
type ProposalKnown { estimatedCost: Int! }
input ProposalWhere { and: [ProposalWhere!] or: [ProposalWhere!] not: ProposalWhere id: IDComparison number: StringComparison title: StringComparison
  estimatedCost: DecimalComparison status: StatusComparison stage: StageComparison proposedAt: DateComparison
  region: RegionWhere regionMatch: MatchWhere budgetLines: BudgetLineLinkWhere issues: IssueLinkWhere }
input ProposalLinkWhere { some: ProposalWhere none: ProposalWhere every: ProposalWhere count: IntComparison }
input ProposalOrder @oneOf { title: Direction estimatedCost: Direction number: Direction stage: Direction }
input ProposalBy @oneOf { id: ID key: ProposalKey }
input ProposalKey { file: String number: String }

type Query {
  proposals(where: ProposalWhere, orderBy: [ProposalOrder!], first: Int, after: String, last: Int, before: String, offset: Int, scope: Scope = CURRENT): ProposalConnection
  proposal(by: ProposalBy!): Proposal
  regions(where: RegionWhere, orderBy: [RegionOrder!], first: Int, after: String, last: Int, before: String, offset: Int, scope: Scope = CURRENT): RegionConnection
  region(by: RegionBy!): Region
  budgetLines(where: BudgetLineWhere, orderBy: [BudgetLineOrder!], first: Int): BudgetLineConnection
  node(id: ID!): Node
  nodes(ids: [ID!]!): [Node]
}
"""


def node(number: int) -> str:
    return f"{number:032x}"


def _insert(db: sqlite3.Connection, tables: Tables, entity: str, id_: int, sort: str, **values: object) -> None:
    table = tables.entities[entity]
    row: dict[str, object] = {
        "_id": id_, "_node": node(id_), "_sort": sort, "_part": 1, "_at": str(id_ + 6), "_hash": "x", "_live": 1,
        "_current": 1, "_changed": "2026-11-24T00:00:00.000000Z", "_issues": None,
    }  # fmt: skip
    for name, value in values.items():
        row[name if name.startswith("_") else f"c_{name}"] = value
        field = table.entity.field(name)
        if field is not None and field.type.is_text and isinstance(value, str):
            row[f"f_{name}"] = fold(value)
    names = ", ".join(f'"{name}"' for name in row)
    db.execute(f'INSERT INTO "e_{entity}" ({names}) VALUES ({", ".join("?" * len(row))})', list(row.values()))


def _link(db: sqlite3.Connection, name: str, a: int, b: int, status: str = "ACCEPTED") -> None:
    db.execute(f"INSERT INTO \"l_{name}\" VALUES (?, ?, 'KEY', 1000, 'key', ?, 'code')", (a, b, status))


@pytest.fixture
def tables() -> Tables:
    return build_tables(CATALOGUE)


@pytest.fixture
def database(tmp_path: Path, tables: Tables) -> Path:
    return make_database(tmp_path, tables)


def make_database(folder: Path, tables: Tables) -> Path:
    """A small replica in a folder."""
    path = folder / "replica.db"
    db = sqlite3.connect(path)
    db.execute("PRAGMA journal_mode=WAL")
    for made in tables.metadata.sorted_tables:
        db.execute(str(CreateTable(made).compile(dialect=sqlite.dialect())))
        for made_index in made.indexes:
            db.execute(str(CreateIndex(made_index).compile(dialect=sqlite.dialect())))
    db.execute(
        "INSERT INTO part (id, source, dataset, entity, key, label, file, sheet, grid, columns, fetched_at) "
        "VALUES (1, 'planning', 'usulan', 'Proposal', 'Alas.xlsx', 'Alas.xlsx › Usulan', 'Alas.xlsx', 'Usulan', 1, ?, "
        "'2026-11-24T01:00:00.000000Z')",
        (orjson.dumps({"title": "E", "estimatedCost": "I"}).decode(),),
    )
    for entity in ("Proposal", "Region"):
        db.execute("INSERT INTO dataset VALUES ('planning', 'usulan', ?, 1, '2026', '2026', NULL)", (entity,))
    db.execute("INSERT INTO dataset VALUES ('finance', 'lines', 'BudgetLine', 1, '2026', '2026', NULL)")
    _insert(db, tables, "Region", 1, "52.04", code="52.04", name="Sumbawa")
    _insert(db, tables, "Region", 2, "52.04.05", code="52.04.05", name="Alas", parentRaw="52.04")
    _insert(db, tables, "Region", 3, "52.04.06", code="52.04.06", name="Utan", parentRaw="52.04")
    _link(db, "Region.parent", 2, 1)
    _link(db, "Region.parent", 3, 1)
    costs = [125_000_000_00, None, 50_050, 7_00, None, 999_999_999_999_99]
    titles = ["Jalan desa", "jembatan", "Jalan tani", None, "Sumur", "Ábc jalan"]
    statuses = ["ACCEPTED", "REJECTED", "ACCEPTED", None, "UNKNOWN", "ACCEPTED"]
    for index in range(6):
        issues = (
            '[{"code":"NOT_A_NUMBER","field":"estimatedCost","raw":"1,5 M","cell":"I8","params":{}}]'
            if index == 1
            else None
        )
        _insert(
            db, tables, "Proposal", 11 + index, f"{index + 1:03d}", number=str(index + 1), title=titles[index],
            estimatedCost=costs[index], status=statuses[index], statusRaw="X", regionRaw="52.04.05", proposer="Budi",
            proposedAt=f"2026-01-0{index + 1}", _issues=issues,
        )  # fmt: skip
        if index < 5:
            _link(db, "Proposal.region", 11 + index, 2 if index < 3 else 3)
    for index in range(4):
        _insert(db, tables, "BudgetLine", 21 + index, f"L{index}", lineId=f"L{index}", ceiling=(index + 1) * 1_000_50)
    for a, b in ((11, 21), (11, 22), (11, 23), (13, 21)):
        _link(db, "Proposal.budgetLines", a, b)
    _link(db, "Proposal.budgetLines", 12, 24, "CANDIDATE")
    db.commit()
    db.close()
    return path


@pytest.fixture
def schema() -> GraphQLSchema:
    return build_schema(SDL)


@pytest.fixture
def engine(database: Path, tables: Tables, schema: GraphQLSchema) -> Iterator[Engine]:
    def connect() -> SqliteReader:
        connection = sqlite3.connect(
            f"file:{database}?mode=ro", uri=True, isolation_level=None, check_same_thread=False
        )
        add_functions(connection)
        return SqliteReader(connection)

    replica = Replica(connect)
    yield Engine(schema, CATALOGUE, tables, replica, ZoneInfo("Asia/Makassar"))
    replica.close()
