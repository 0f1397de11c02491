"""What an operation costs is judged before it runs, told on request, and repeated runs of a plan build nothing anew."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import closing
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from graphql import GraphQLSchema

from replica.compile import Compiler
from replica.reading import Replica
from replica.sqlite import SqliteReader
from replica.tables import Tables
from resolvers.engine import Answer, Engine, Request
from resolvers.limits import Limits
from tests.resolvers.conftest import CATALOGUE

SIZES = {
    "entity:Proposal": 1_000_000,
    "entity:BudgetLine": 2_000_000,
    "entity:Region": 200,
    "link:Proposal.budgetLines": 3_000_000,
    "link:Proposal.region": 1_000_000,
    "link:Region.parent": 199,
}
BUDGETS = "{ proposals(first: 1000) { nodes { number budgetLines(first: 1000) { nodes { lineId } } } } }"


@pytest.fixture
def large(database: Path) -> Path:
    """The small replica, said to be large."""
    with closing(sqlite3.connect(database)) as db, db:
        db.executemany("INSERT INTO revision (name, number, size) VALUES (?, 1, ?)", SIZES.items())
    return database


def asking(schema: GraphQLSchema, tables: Tables, database: Path, limit: int) -> tuple[Engine, Replica]:
    def connect() -> SqliteReader:
        return SqliteReader(sqlite3.connect(database, isolation_level=None, check_same_thread=False))

    replica = Replica(connect, is_local=True)
    return Engine(schema, CATALOGUE, tables, replica, ZoneInfo("UTC"), limits=Limits(looked=limit)), replica


async def ask(engine: Engine, query: str, variables: dict[str, object] | None = None) -> Answer:
    return await engine.execute(Request(query, variables, language="en", tells_cost=True))


def cost(answer: Answer) -> Any:
    return answer.extensions["cost"]


def looked(answer: Answer) -> dict[str, int]:
    return {select["path"]: select["expected"]["looked"] for select in cost(answer)["selects"]}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("{ proposals(first: 50) { nodes { number } } }", {"proposals": 51}),
        ("{ proposals(first: 50, offset: 100) { nodes { number } } }", {"proposals": 151}),
        ('{ proposals(where: {title: {contains: "x"}}) { nodes { number } } }', {"proposals": 1_000_000}),
        (
            '{ proposals(where: {title: {contains: "x"}, number: {eq: "1"}}) { nodes { number } } }',
            {"proposals": 100_000},
        ),
        ("{ proposals { totalCount } }", {"proposals": 1_000_000}),
        (
            "{ proposals(where: {budgetLines: {some: {}}}) { totalCount } }",
            {"proposals": 4_000_000},  # three partners on average
        ),
        (BUDGETS, {"proposals": 1001, "proposals.nodes.budgetLines": 3003}),
        ("{ proposals(first: 10) { nodes { region { name } } } }", {"proposals": 22}),
    ],
)
async def test_the_rows_that_are_looked_at_are_judged_from_what_there_is(
    schema: GraphQLSchema, tables: Tables, large: Path, query: str, expected: dict[str, int]
) -> None:
    engine, replica = asking(schema, tables, large, 10_000_000)

    assert looked(await ask(engine, query)) == expected
    replica.close()


async def test_what_is_asked_in_pages_by_a_variable_is_judged_for_its_value(
    schema: GraphQLSchema, tables: Tables, large: Path
) -> None:
    engine, replica = asking(schema, tables, large, 10_000_000)
    query = "query ($n: Int!) { proposals(first: $n) { nodes { number } } }"

    found = [looked(await ask(engine, query, {"n": n})) for n in (5, 500, 5)]

    assert found == [{"proposals": 6}, {"proposals": 501}, {"proposals": 6}]
    replica.close()


async def test_too_costly_an_operation_is_refused_before_it_reads_and_says_what_to_narrow(
    schema: GraphQLSchema, tables: Tables, large: Path
) -> None:
    engine, replica = asking(schema, tables, large, 4_000)
    refused = await ask(engine, BUDGETS)
    assert (refused.started, refused.data) == (False, None)
    [error] = refused.errors
    assert error["extensions"] == {
        "code": "QUERY_TOO_COSTLY",
        "limit": 4_000,
        "looked": 4_000,
        "path": "proposals.nodes.budgetLines",
        "most": 3_000,
    }
    assert "about 3000 of them for `proposals.nodes.budgetLines`. Narrow" in str(error["message"])

    smaller = await ask(engine, BUDGETS.replace("first: 1000", "first: 100", 1))
    assert smaller.errors == ()
    replica.close()


async def test_an_estimate_beyond_all_figures_is_told_all_the_same(
    schema: GraphQLSchema, tables: Tables, large: Path
) -> None:
    with closing(sqlite3.connect(large)) as db, db:
        db.execute("UPDATE revision SET size = 9000000000000000000 WHERE name = 'entity:Proposal'")
    engine, replica = asking(schema, tables, large, 4_000)
    refused = await ask(engine, "{ proposals(where: {budgetLines: {some: {}}}) { totalCount } }")

    assert b'"looked":1000000000000000,' in refused.body()
    replica.close()


async def test_the_cost_says_what_each_select_did_and_only_if_it_is_asked(engine: Engine) -> None:
    answer = await ask(engine, BUDGETS)
    first, second = cost(answer)["selects"]
    assert [(s["path"], s["kind"], s["rows"]) for s in (first, second)] == [
        ("proposals", "records", 6),
        ("proposals.nodes.budgetLines", "records", 4),
    ]
    assert first["milliseconds"] >= 0
    assert cost(answer)["limit"] == Limits().looked

    assert "cost" not in (await engine.execute(Request(BUDGETS))).extensions


async def test_the_explanation_has_every_statement_and_how_it_is_gone_about(engine: Engine) -> None:
    answer, statements = await engine.explain(Request(BUDGETS))
    assert answer.errors == ()
    assert [statement.select and statement.select.path for statement in statements] == [
        "proposals",
        "proposals.nodes.budgetLines",
    ]
    assert [statement.rows for statement in statements] == [6, 4]
    assert statements[0].steps == ("SCAN t1 USING INDEX e_Proposal_sort",)
    assert any(step.strip().startswith("SEARCH") for step in statements[1].steps)


async def test_running_a_plan_again_parses_validates_and_compiles_nothing(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    query = """query ($most: Decimal!, $n: Int!) { proposals(where: {estimatedCost: {lt: $most}}, first: $n) {
        totalCount nodes { number budgetLines { aggregate { sum { ceiling } } } } } }"""
    first = await engine.execute(Request(query, {"most": "1000", "n": 3}))
    assert first.errors == ()

    def refuse(*_: object, **__: object) -> object:
        raise AssertionError("it was done already")

    for name in ("parse", "validate", "build_plan"):
        monkeypatch.setattr(f"resolvers.engine.{name}", refuse)
    monkeypatch.setattr(Compiler, "__init__", refuse)
    monkeypatch.setattr("sqlalchemy.sql.elements.ClauseElement.compile", refuse)

    second = await engine.execute(Request(query, {"most": "1000000000", "n": 5}))
    assert second.errors == ()
    assert first.data is not None
    assert second.data is not None
    assert first.data["proposals"] != second.data["proposals"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ('{ proposals(where: {title: {eq: "x"}}) { totalCount } }', [("proposals", "Proposal", ("title",))]),
        ("query ($c: Decimal) { proposals(where: {estimatedCost: {gt: $c}}) { totalCount } }", "estimatedCost"),
        ('{ proposals(where: {title: {eq: "x"}, number: {eq: "1"}}) { totalCount } }', []),
        ('{ proposals(where: {title: {contains: "x"}}) { totalCount } }', []),
        ("{ proposals { totalCount } }", []),
        ('{ proposal(by: {key: {number: "1"}}) { budgetLines(where: {ceiling: {gt: "1"}}) { totalCount } } }', []),
        ("{ nothing }", []),
    ],
)
def test_scans_for_want_of_an_index_are_told(engine: Engine, query: str, expected: object) -> None:
    found = [(scan.path, scan.entity, scan.fields) for scan in engine.scans(query)]
    if expected == "estimatedCost":
        expected = [("proposals", "Proposal", ("estimatedCost",))]
    assert found == expected


async def test_small_operations_need_no_thread_and_large_ones_have_one(
    schema: GraphQLSchema, tables: Tables, large: Path
) -> None:
    used: list[bool] = []

    def connect() -> SqliteReader:
        used.append(threading.current_thread() is threading.main_thread())
        return SqliteReader(sqlite3.connect(large, isolation_level=None, check_same_thread=False))

    replica = Replica(connect, is_local=True)
    engine = Engine(schema, CATALOGUE, tables, replica, ZoneInfo("UTC"))
    page, whole = "{ proposals(first: 50) { nodes { number } } }", "{ proposals { totalCount } }"

    assert engine.execute_at_once(Request(page)) is None  # before anything is known of the sizes
    in_a_thread = await ask(engine, page)
    assert engine.execute_at_once(Request(whole)) is None
    at_once = engine.execute_at_once(Request(page))
    assert at_once is not None
    assert (at_once.data, at_once.errors) == (in_a_thread.data, ())
    assert used == [False, True]

    refused = engine.execute_at_once(Request("{ nothing }"))
    assert refused is not None
    assert not refused.started
    replica.close()
