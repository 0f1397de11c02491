"""One operation after another through the engine, over real tables."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import orjson
import pytest
from graphql import GraphQLSchema, build_schema
from hypothesis import given, settings
from hypothesis import strategies as st

from config.entities import Catalogue
from replica.reading import Replica
from replica.sqlite import SqliteReader
from replica.tables import Tables, build_tables
from replica.wire import wire_id
from resolvers.engine import Answer, Engine, Request
from tests.resolvers.conftest import CATALOGUE, SDL, make_database

Ask = Callable[..., Coroutine[Any, Any, Answer]]


@pytest.fixture
def ask(engine: Engine) -> Ask:
    async def ask(query: str, variables: Mapping[str, object] | None = None, name: str | None = None) -> Answer:
        return await engine.execute(Request(query, variables, name, "en"))

    return ask


async def numbers(ask: Ask, where: str) -> list[str]:
    answer = await ask("{ proposals(where: {%s}) { nodes { number } } }" % where)
    assert answer.errors == ()
    data: Any = answer.data
    return [node["number"] for node in data["proposals"]["nodes"]]


async def test_one_operation_ties_a_proposal_to_its_place_and_its_budget(ask: Ask) -> None:
    answer = await ask(
        """{ proposal(by: {key: {number: "1", file: "Alas.xlsx"}}) {
            title estimatedCost stage proposer region { name parent { name } } regionMatch { method confidence }
            budgetLines(first: 1) { edges { match { status } node { lineId proposals { totalCount } } } totalCount }
            provenance { locator row fetchedAt cell(field: "title") other: cell(field: "status") } issues { code } } }"""
    )

    assert answer.errors == ()
    assert answer.data == {
        "proposal": {
            "title": "Jalan desa",
            "estimatedCost": "125000000",
            "stage": "BUDGETED",
            "proposer": "***",
            "region": {"name": "Alas", "parent": {"name": "Sumbawa"}},
            "regionMatch": {"method": "KEY", "confidence": 1.0},
            "budgetLines": {
                "edges": [{"match": {"status": "ACCEPTED"}, "node": {"lineId": "L0", "proposals": {"totalCount": 2}}}],
                "totalCount": 3,
            },
            "provenance": {
                "locator": "Alas.xlsx › Usulan › 17",
                "row": "17",
                "fetchedAt": "2026-11-24T09:00:00+08:00",
                "cell": "E17",
                "other": None,
            },
            "issues": [],
        }
    }


LISTS = """query ($first: Int) { proposals(first: $first, orderBy: [{title: DESC}]) { %s nodes {
    id number title estimatedCost proposer region { name parent { name } } regionMatch { method confidence }
    budgetLines(first: 2) { __typename totalCount edges { match { status } node { lineId proposals(first: 1) { nodes { number } } } } }
    lines: budgetLines(where: {lineId: {ne: "L0"}}) { totalCount } issues { code field rawValue cell __typename }
    provenance { locator row fetchedAt changedAt freshness cell(field: "title") none: cell(field: "status") } } } }"""


@pytest.mark.parametrize(
    ("query", "statements"),
    [
        (LISTS % "", 1),
        (LISTS % "totalCount", 2),
        (LISTS % "pageInfo { hasNextPage endCursor } edges { cursor __typename match { status } node { title } }", 1),
        ('{ proposal(by: {key: {number: "1", file: "Alas.xlsx"}}) { title budgetLines { nodes { lineId } } } }', 1),
    ],
    ids=["lists", "total", "pages", "one"],
)
async def test_records_and_their_partners_are_written_by_one_statement(
    engine: Engine, query: str, statements: int
) -> None:
    plain = await engine.execute(Request(query, {"first": 2} if "$first" in query else None))
    text = await engine.execute(Request(query, {"first": 2} if "$first" in query else None, as_text=True))

    assert plain.errors == ()
    assert orjson.dumps(orjson.loads(text.body())) == plain.body()
    assert text.statements == 1 + statements  # and the one that begins
    assert plain.statements > text.statements


async def test_what_only_this_process_can_write_is_written_here(engine: Engine) -> None:
    query = "{ proposals { nodes { number issues { message } budgetLines { totalCount } } } }"

    plain, text = [await engine.execute(Request(query, as_text=as_text)) for as_text in (False, True)]

    assert (text.data, text.statements) == (plain.data, plain.statements)


async def test_statements_depend_on_the_operation_not_on_the_rows(ask: Ask) -> None:
    query = """query ($first: Int) { proposals(first: $first) { nodes { number region { parent { code } }
        budgetLines { nodes { lineId proposals { totalCount } } } } } }"""

    counts = {(await ask(query, {"first": first})).statements for first in (1, 2, 6)}

    assert counts == {4}


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ('title: {contains: "JALAN"}', ["1", "3", "6"]),
        ('title: {startsWith: "abc"}', ["6"]),
        ('title: {contains: "%"}', []),
        ('title: {ne: "Sumur"}', ["1", "2", "3", "6"]),
        ('not: {title: {eq: "Sumur"}}', ["1", "2", "3", "4", "6"]),
        ("title: {isNull: true}", ["4"]),
        ("title: {eq: null}", []),
        ("not: {title: {eq: null}}", ["1", "2", "3", "4", "5", "6"]),
        ("title: null", ["1", "2", "3", "4", "5", "6"]),
        ("or: []", []),
        ("and: []", ["1", "2", "3", "4", "5", "6"]),
        ('estimatedCost: {lt: "500.5"}', ["4"]),
        ('estimatedCost: {lte: "500.50"}', ["3", "4"]),
        ('estimatedCost: {gt: "500.499"}', ["1", "3", "6"]),
        ('estimatedCost: {gte: "500.501"}', ["1", "6"]),
        ('estimatedCost: {eq: "500.501"}', []),
        ('estimatedCost: {ne: "500.501"}', ["1", "3", "4", "6"]),
        ('estimatedCost: {in: ["7", "500.5", "1e99"]}', ["3", "4"]),
        ('estimatedCost: {lt: "1e99"}', ["1", "3", "4", "6"]),
        ('estimatedCost: {gt: "-1e-99"}', ["1", "3", "4", "6"]),
        ("status: {in: [ACCEPTED, UNKNOWN]}", ["1", "3", "5", "6"]),
        ("stage: {eq: ACCEPTED}", ["6"]),
        ('proposedAt: {lt: "2026-01-03"}', ["1", "2"]),
        ('region: {within: "52.04.05"}', ["1", "2", "3"]),
        ('region: {within: "52.04"}', ["1", "2", "3", "4", "5"]),
        ('region: {parent: {name: {eq: "Sumbawa"}}}', ["1", "2", "3", "4", "5"]),
        ("regionMatch: {isNull: true}", ["6"]),
        ("regionMatch: {method: [CROSSWALK]}", []),
        ('budgetLines: {some: {ceiling: {gt: "3000"}}}', ["1"]),
        ('budgetLines: {none: {ceiling: {gt: "3000"}}}', ["2", "3", "4", "5", "6"]),
        ('budgetLines: {every: {ceiling: {lt: "1500"}}}', ["2", "3", "4", "5", "6"]),
        ("budgetLines: {count: {gt: 0}}", ["1", "3"]),
        ("budgetLines: {count: {isNull: true}}", []),
        ("issues: {some: {code: [NOT_A_NUMBER]}}".replace("NOT_A_NUMBER", '"NOT_A_NUMBER"'), ["2"]),
        ('issues: {none: {field: ["title"]}}', ["1", "2", "3", "4", "5", "6"]),
        ("issues: {count: {gte: 1}}", ["2"]),
    ],
)
async def test_conditions(ask: Ask, where: str, expected: list[str]) -> None:
    assert await numbers(ask, where) == expected


async def test_conditions_in_variables_give_the_same_answer(ask: Ask) -> None:
    where = {"or": [{"status": {"in": ["UNKNOWN"]}}, {"estimatedCost": {"lt": "8"}}], "title": {"ne": None}}

    answer = await ask("query ($w: ProposalWhere) { proposals(where: $w) { totalCount } }", {"w": where})
    without = await ask(
        "query ($w: ProposalWhere) { proposals(where: $w) { nodes { number } } }", {"w": {"or": where["or"]}}
    )

    assert answer.data == {"proposals": {"totalCount": 0}}  # `ne: null` is false
    assert without.data == {"proposals": {"nodes": [{"number": "4"}, {"number": "5"}]}}


@pytest.mark.parametrize("direction", ["ASC", "DESC", "ASC_NULLS_FIRST", "DESC_NULLS_FIRST"])
@pytest.mark.parametrize("field", ["estimatedCost", "title", "stage"])
@pytest.mark.parametrize("size", [1, 2, 4])
async def test_pages_both_ways_are_the_whole_order(ask: Ask, direction: str, field: str, size: int) -> None:
    order = f"orderBy: [{{{field}: {direction}}}]"
    whole: Any = (await ask("{ proposals(%s) { nodes { number } } }" % order)).data

    forward: list[object] = []
    cursor, more = None, True
    while more:
        query = "query ($c: String) { proposals(%s, first: %d, after: $c) { nodes { number } pageInfo { endCursor hasNextPage } } }"
        page: Any = (await ask(query % (order, size), {"c": cursor})).data
        forward += page["proposals"]["nodes"]
        cursor, more = page["proposals"]["pageInfo"]["endCursor"], page["proposals"]["pageInfo"]["hasNextPage"]
    backward: list[object] = []
    cursor, more = None, True
    while more:
        query = "query ($c: String) { proposals(%s, last: %d, before: $c) { nodes { number } pageInfo { startCursor hasPreviousPage } } }"
        page = (await ask(query % (order, size), {"c": cursor})).data
        backward = page["proposals"]["nodes"] + backward
        cursor, more = page["proposals"]["pageInfo"]["startCursor"], page["proposals"]["pageInfo"]["hasPreviousPage"]

    assert forward == backward == whole["proposals"]["nodes"]
    assert len(forward) == 6


async def test_a_cursor_of_another_ordering_is_refused(ask: Ask) -> None:
    first: Any = (await ask("{ proposals(first: 1) { pageInfo { endCursor } } }")).data
    cursor = first["proposals"]["pageInfo"]["endCursor"]

    answer = await ask(
        "query ($c: String) { proposals(after: $c, orderBy: [{title: ASC}]) { totalCount } }", {"c": cursor}
    )

    assert (answer.started, answer.data) == (False, None)
    assert answer.errors[0]["extensions"] == {"code": "BAD_CURSOR"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("first: 1001", "`first` must lie between 0 and 1000."),
        ("first: -1", "`first` must lie between 0 and 1000."),
        ("last: 5000", "`last` must lie between 0 and 1000."),
        ("first: 1, offset: 10001", "`offset` must lie between 0 and 10000."),
        ("first: 1, last: 1", "`last` goes without `first` and `offset`; choose one direction."),
    ],
)
async def test_pages_out_of_bounds_name_the_limit(ask: Ask, arguments: str, message: str) -> None:
    answer = await ask("{ proposals(%s) { totalCount } }" % arguments)

    assert not answer.started
    assert answer.errors[0]["message"] == message
    assert answer.errors[0]["extensions"]["code"] == "BAD_USER_INPUT"  # type: ignore[index]  # a dict, as its text shows


async def test_nested_pages_apply_to_every_parent(ask: Ask) -> None:
    answer = await ask(
        """{ regions { nodes { name
            proposals(first: 2, offset: 1) { nodes { number } pageInfo { hasNextPage hasPreviousPage } totalCount }
            lastOnes: proposals(last: 1) { nodes { number } pageInfo { hasPreviousPage } } } } }"""
    )

    data: Any = answer.data
    assert data["regions"]["nodes"] == [
        {
            "name": "Sumbawa",
            "proposals": {
                "nodes": [],
                "pageInfo": {"hasNextPage": False, "hasPreviousPage": True},
                "totalCount": 0,
            },
            "lastOnes": {"nodes": [], "pageInfo": {"hasPreviousPage": False}},
        },
        {
            "name": "Alas",
            "proposals": {
                "nodes": [{"number": "2"}, {"number": "3"}],
                "pageInfo": {"hasNextPage": False, "hasPreviousPage": True},
                "totalCount": 3,
            },
            "lastOnes": {"nodes": [{"number": "3"}], "pageInfo": {"hasPreviousPage": True}},
        },
        {
            "name": "Utan",
            "proposals": {
                "nodes": [{"number": "5"}],
                "pageInfo": {"hasNextPage": False, "hasPreviousPage": True},
                "totalCount": 2,
            },
            "lastOnes": {"nodes": [{"number": "5"}], "pageInfo": {"hasPreviousPage": True}},
        },
    ]


async def test_the_replica_chooses_among_partners_that_are_too_many_to_be_sorted_here(
    ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    query = """{ regions { nodes { name proposals(first: 2) { nodes { number } pageInfo { hasNextPage } } } } }"""
    sorted_here = await ask(query)
    monkeypatch.setattr("replica.reading.UNSORTED", 3)
    chosen_there = await ask(query)

    data: Any = sorted_here.data
    assert [[p["number"] for p in region["proposals"]["nodes"]] for region in data["regions"]["nodes"]] == [
        [],
        ["1", "2"],
        ["4", "5"],
    ]
    assert [region["proposals"]["pageInfo"]["hasNextPage"] for region in data["regions"]["nodes"]] == [
        False,
        True,
        False,
    ]
    assert chosen_there == sorted_here


async def test_totals_are_exact_and_count_what_could_not_be_read(ask: Ask) -> None:
    answer = await ask(
        "{ proposals { aggregate { count sum { estimatedCost } avg { estimatedCost } known { estimatedCost }"
        " unreadable { estimatedCost } } } none: proposals(where: {or: []}) { aggregate { count sum { estimatedCost }"
        " avg { estimatedCost } } } }".replace("avg { estimatedCost } ", "")
    )

    assert answer.data == {
        "proposals": {
            "aggregate": {
                "count": 6,
                "sum": {"estimatedCost": "1000125000507.49"},
                "known": {"estimatedCost": 4},
                "unreadable": {"estimatedCost": 1},
            }
        },
        "none": {"aggregate": {"count": 0, "sum": {"estimatedCost": None}}},
    }


async def test_candidates_answer_only_when_they_are_asked_for(ask: Ask) -> None:
    answer = await ask(
        """{ proposal(by: {key: {number: "2"}}) { budgetLines { totalCount }
            asked: budgetLines(matches: [CANDIDATE]) { edges { match { status } node { lineId } } } } }"""
    )

    assert answer.data == {
        "proposal": {
            "budgetLines": {"totalCount": 0},
            "asked": {"edges": [{"match": {"status": "CANDIDATE"}, "node": {"lineId": "L3"}}]},
        }
    }


async def test_fragments_directives_aliases_and_merged_fields(ask: Ask) -> None:
    answer = await ask(
        """query ($no: Boolean!, $yes: Boolean = true) { __typename
            proposals(first: 1) { ...page nodes { title @skip(if: $yes) same: number } }
            proposals { nodes { status @include(if: $no) region { name } } } }
        fragment page on ProposalConnection { nodes { number ... on Node { id @skip(if: true) } ...place } }
        fragment place on Proposal { region { code __typename } }""",
        {"no": False},
    )

    # equal response keys with other arguments are refused, as GraphQL demands
    assert answer.errors[0]["extensions"] == {"code": "GRAPHQL_VALIDATION_FAILED"}
    answer = await ask(
        """query ($no: Boolean!, $yes: Boolean = true) { __typename
            proposals(first: 1) { ...page nodes { title @skip(if: $yes) same: number } }
            proposals(first: 1) { nodes { status @include(if: $no) region { name } } } }
        fragment page on ProposalConnection { nodes { number ... on Node { id @skip(if: true) } ...place } }
        fragment place on Proposal { region { code __typename } }""",
        {"no": False},
    )
    assert answer.data == {
        "__typename": "Query",
        "proposals": {
            "nodes": [
                {
                    "number": "1",
                    "region": {"code": "52.04.05", "__typename": "Region", "name": "Alas"},
                    "same": "1",
                }
            ]
        },
    }


async def test_node_and_nodes_answer_by_id_in_the_order_of_the_ids(ask: Ask) -> None:
    ids = [
        wire_id("Region", f"{2:032x}"),
        "nonsense",
        wire_id("Proposal", f"{11:032x}"),
        wire_id("Region", f"{99:032x}"),
    ]

    answer = await ask(
        """query ($ids: [ID!]!, $id: ID!) { nodes(ids: $ids) { __typename ... on Proposal { number }
            ... on Region { name proposals(first: 1) { nodes { number } } } } node(id: $id) { id } }""",
        {"ids": ids, "id": ids[0]},
    )

    assert answer.data == {
        "nodes": [
            {"__typename": "Region", "name": "Alas", "proposals": {"nodes": [{"number": "1"}]}},
            None,
            {"__typename": "Proposal", "number": "1"},
            None,
        ],
        "node": {"id": ids[0]},
    }


async def test_an_ambiguous_key_lists_its_candidates(ask: Ask) -> None:
    answer = await ask('{ proposal(by: {key: {file: "Alas.xlsx"}}) { title } }')

    error: Any = answer.errors[0]
    assert answer.data == {"proposal": None}
    assert (error["path"], error["extensions"]["code"], error["extensions"]["count"]) == (
        ["proposal"],
        "AMBIGUOUS_KEY",
        6,
    )
    assert [candidate["number"] for candidate in error["extensions"]["candidates"]] == ["1", "2", "3", "4", "5", "6"]


async def test_more_candidates_than_are_listed_are_a_number_and_a_flag(ask: Ask, database: Path) -> None:
    few = await ask('{ proposal(by: {key: {file: "Alas.xlsx"}}) { title } }')
    with sqlite3.connect(database) as db:
        names = [row[1] for row in db.execute("PRAGMA table_info(e_proposal)") if row[1] not in ("_id", "_node")]
        shown = ", ".join(names)
        db.execute(f"INSERT INTO e_proposal (_node, {shown}) SELECT _node || '+', {shown} FROM e_proposal")
    many = await ask('{ proposal(by: {key: {file: "Alas.xlsx"}}) { title } }')

    said: list[Any] = [few.errors[0], many.errors[0]]
    assert [(one["extensions"]["count"], one["extensions"]["more"]) for one in said] == [(6, False), (10, True)]
    assert [one["message"].split(" records")[0] for one in said] == ["6", "More than 10"]


@pytest.mark.parametrize(
    ("query", "variables"),
    [
        ('{ proposals { nodes { provenance { cell(field: "titel") } } } }', {}),
        ("query ($f: String!) { proposals { nodes { provenance { cell(field: $f) } } } }", {"f": "titel"}),
    ],
)
async def test_the_cell_of_a_field_that_is_not_there_is_bad_input(
    engine: Engine, query: str, variables: dict[str, object]
) -> None:
    answer = await engine.execute(Request(query, variables, language="en"))

    error: Any = answer.errors[0]
    assert answer.data is None
    assert error["message"] == "There is no field called titel here; the nearest is title."
    assert error["extensions"] == {"code": "BAD_USER_INPUT", "name": "titel", "nearest": "title"}
    assert error["locations"][0]["line"] == 1


async def test_a_cell_that_is_asked_at_two_places_is_checked_for_the_types_of_each(ask: Ask) -> None:
    ids = [wire_id("Proposal", f"{11:032x}"), wire_id("Region", f"{1:032x}")]
    asked = 'provenance { cell(field: "title") }'
    query = "query ($ids: [ID!]!) { nodes(ids: $ids) { ... on Record { %s } ... on Proposal { %s } } }" % (asked, asked)

    answer = await ask(query, {"ids": ids})

    assert answer.errors == ()
    assert answer.data == {"nodes": [{"provenance": {"cell": "E17"}}, {"provenance": {"cell": "E7"}}]}


async def test_an_entity_never_read_is_null_with_an_error_and_leaves_the_rest(ask: Ask, database: Path) -> None:
    with sqlite3.connect(database) as db:
        db.execute("UPDATE dataset SET ever_read = 0 WHERE entity = 'BudgetLine'")

    answer = await ask(
        "{ proposals(first: 2) { nodes { number budgetLines { totalCount } } } budgetLines { totalCount } }"
    )

    assert answer.data == {
        "proposals": {"nodes": [{"number": "1", "budgetLines": None}, {"number": "2", "budgetLines": None}]},
        "budgetLines": None,
    }
    assert [(error["path"], error["extensions"]) for error in answer.errors] == [
        (
            ["proposals", "nodes", 0, "budgetLines"],
            {"code": "SOURCE_UNAVAILABLE", "entity": "BudgetLine", "source": "finance", "places": 2},
        ),
        (["budgetLines"], {"code": "SOURCE_UNAVAILABLE", "entity": "BudgetLine", "source": "finance"}),
    ]


async def test_a_failed_sync_is_told_beside_the_old_figures(ask: Ask, database: Path) -> None:
    with sqlite3.connect(database) as db:
        problem = '{"code": "SOURCE_TIMEOUT", "where": "finance", "params": {}}'
        db.execute("UPDATE dataset SET problem = ? WHERE entity = 'BudgetLine'", (problem,))

    told = await ask("{ budgetLines { totalCount } }")
    untouched = await ask("{ regions { totalCount } }")

    assert told.extensions == {
        "sources": [{"name": "finance", "state": "STALE", "asOf": "2026", "reason": "SOURCE_TIMEOUT"}]
    }
    assert untouched.extensions == {}


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("{", "GRAPHQL_PARSE_FAILED"),
        ("", "GRAPHQL_PARSE_FAILED"),
        ("{ proposals { } }", "GRAPHQL_PARSE_FAILED"),
        ("{ nope }", "GRAPHQL_VALIDATION_FAILED"),
        ("fragment f on Query { __typename }", "GRAPHQL_VALIDATION_FAILED"),
        ("query A { __typename } query B { __typename }", "OPERATION_RESOLUTION_FAILURE"),
        ("query ($n: Int!) { proposals(first: $n) { totalCount } }", "BAD_USER_INPUT"),
        ("{ proposal(by: {key: {}}) { title } }", "BAD_USER_INPUT"),
    ],
)
async def test_request_errors_have_a_code_and_no_data(ask: Ask, query: str, code: str) -> None:
    answer = await ask(query)

    error: Any = answer.errors[0]
    assert error["extensions"]["code"] == code
    assert b'"data"' not in answer.body()


async def test_introspection_stands_beside_data(ask: Ask) -> None:
    answer = await ask(
        '{ a: __type(name: "Region") { name } proposals { totalCount } __schema { queryType { name } } }'
    )

    assert answer.body() == (
        b'{"data":{"a":{"name":"Region"},"proposals":{"totalCount":6},"__schema":{"queryType":{"name":"Query"}}}}'
    )


async def test_a_message_of_graphql_core_gets_a_hint_in_the_reader_s_language(engine: Engine) -> None:
    query = "{ proposal(by: {key: {number: 1}}) { title } }"

    for language, words in (("en", "A value has the wrong type"), ("id", "Suatu nilai salah jenis")):
        error: Any = (await engine.execute(Request(query, language=language))).errors[0]  # type: ignore[arg-type]  # literals
        assert error["message"].startswith("String cannot represent")
        assert error["extensions"]["hint"].startswith(words)


@pytest.mark.parametrize(
    ("query", "variables", "hint"),
    [
        ('{ proposals(where: {titel: {eq: "x"}}) { totalCount } }', {}, "Isian itu tidak ada"),
        ('{ proposals(where: {zzz: {eq: "x"}}) { totalCount } }', {}, "Isian itu tidak ada"),
        (
            "query ($w: ProposalWhere) { proposals(where: $w) { totalCount } }",
            {"w": {"titel": {}}},
            "Isian itu tidak ada",
        ),
        ("query ($w: ProposalWhere) { proposals(where: $w) { totalCount } }", {"w": {"title": 5}}, "Suatu nilai salah"),
    ],
)
async def test_a_member_that_is_not_there_is_not_called_a_value_of_the_wrong_type(
    engine: Engine, query: str, variables: dict[str, object], hint: str
) -> None:
    error: Any = (await engine.execute(Request(query, variables, language="id"))).errors[0]

    assert error["extensions"]["hint"].startswith(hint), error


async def test_an_operation_ends_at_its_deadline(schema: GraphQLSchema, tables: Tables, database: Path) -> None:
    replica = Replica(lambda: SqliteReader(sqlite3.connect(database, isolation_level=None, check_same_thread=False)))
    engine = Engine(
        schema,
        Catalogue({name: table.entity for name, table in tables.entities.items()}),
        tables,
        replica,
        ZoneInfo("Asia/Makassar"),
        seconds=-1,
    )

    answer = await engine.execute(Request("{ proposals { totalCount } }", language="en"))

    error: Any = answer.errors[0]
    assert (answer.data, error["extensions"]["code"]) == (None, "QUERY_TIMEOUT")
    replica.close()


RUNNER = asyncio.Runner()


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Engine, sqlite3.Connection]]:
    """An engine over a replica that the test itself changes."""
    path = tmp_path_factory.mktemp("pages")
    made = build_tables(CATALOGUE)
    file = make_database(path, made)
    replica = Replica(lambda: SqliteReader(sqlite3.connect(file, isolation_level=None, check_same_thread=False)))
    with closing(sqlite3.connect(file, isolation_level=None)) as db:
        yield Engine(build_schema(SDL), CATALOGUE, made, replica, ZoneInfo("Asia/Makassar")), db
    replica.close()


@settings(max_examples=40)
@given(data=st.data())
def test_what_does_not_change_is_met_once_while_the_rest_changes(
    pages: tuple[Engine, sqlite3.Connection], data: st.DataObject
) -> None:
    engine, db = pages
    db.execute("UPDATE e_Proposal SET c_estimatedCost = CASE _id WHEN 12 THEN NULL ELSE (_id % 3) * 100 END")
    db.execute("DELETE FROM e_Proposal WHERE _id > 16")
    direction = data.draw(st.sampled_from(["ASC", "DESC", "ASC_NULLS_FIRST", "DESC_NULLS_FIRST"]))
    changing = data.draw(st.sets(st.integers(11, 16)))
    query = f"""query ($n: Int!, $c: String) {{ proposals(orderBy: [{{estimatedCost: {direction}}}], first: $n, after: $c) {{
        nodes {{ number }} pageInfo {{ endCursor hasNextPage }} }} }}"""
    met: list[str] = []
    cursor: str | None = None
    for _ in range(40):
        answer = RUNNER.run(engine.execute(Request(query, {"n": 2, "c": cursor})))
        assert answer.errors == ()
        page: Any = answer.data and answer.data["proposals"]
        met += [node["number"] for node in page["nodes"]]
        cursor = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
        for id_ in changing:
            cost = data.draw(st.sampled_from([None, -1, 0, 100, 150, 200, 10**12]))
            db.execute("UPDATE e_Proposal SET c_estimatedCost = ? WHERE _id = ?", (cost, id_))

    unchanged = {str(id_ - 10) for id_ in range(11, 17) if id_ not in changing}
    assert sorted(number for number in met if number in unchanged) == sorted(unchanged)
