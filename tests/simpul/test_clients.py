"""Clients that people use, against a server of ours. Their files, and npm's packages, are in tests/clients."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
from gql import Client, gql
from gql.transport.exceptions import TransportQueryError
from gql.transport.httpx import HTTPXTransport

from tests.clients.hub import mission
from tests.hubs import Serve, Serving
from tests.npm import CLIENTS, npm_packages

ROOT = Path(__file__).parents[2]


def test_gql_checks_the_mission_query_against_our_schema_and_gets_its_answer(server: Serving) -> None:
    answer, errors = mission(f"{server.url}/graphql", "usulan-alas.csv", "1")

    proposal = answer["proposal"]
    assert errors == []
    assert (proposal["title"], proposal["estimatedCost"]) == ("Rabat beton jalan dusun", "125000000")  # text, exact
    [edge] = proposal["budgetLines"]["edges"]
    assert edge["match"] == {"method": "CROSSWALK", "confidence": 1.0}
    assert proposal["provenance"]["locator"].startswith("usulan-alas.csv")


def test_gql_tells_of_our_error_with_its_code_and_path(server: Serving) -> None:
    with (
        Client(transport=HTTPXTransport(f"{server.url}/graphql")) as session,
        pytest.raises(TransportQueryError) as told,
    ):
        session.execute(gql("{ proposals(first: 5000) { totalCount } }"))

    [error] = told.value.errors or []
    assert error["extensions"]["code"] == "BAD_USER_INPUT"
    assert "1.000" in error["message"] or "1000" in error["message"]


@pytest.fixture
def lame(serve: Serve, hub_folder: Path) -> Serving:
    """A server whose finance database has never answered."""
    (hub_folder / "data" / "keuangan.db").write_bytes(b"this is no database")
    running = serve(hub_folder)
    deadline = time.monotonic() + 20
    while httpx.get(f"{running.url}/readyz", timeout=20).status_code != 200:
        assert time.monotonic() < deadline, "never ready"
        time.sleep(0.05)
    return running


def test_gql_gets_what_there_is_beside_the_errors_of_a_source_that_is_down(lame: Serving) -> None:
    answer, errors = mission(f"{lame.url}/graphql", "usulan-alas.csv", "1")

    assert answer["proposal"]["title"] == "Rabat beton jalan dusun"
    assert answer["proposal"]["budgetLines"] is None
    assert [(error["path"], error["extensions"]["code"]) for error in errors] == [
        (["proposal", "budgetLines"], "SOURCE_UNAVAILABLE"),
        (["proposal", "projects"], "SOURCE_UNAVAILABLE"),
    ]


def run(bench: Path, tool: str, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    """A tool of npm's, in a folder made by `lay_out`."""
    found = shutil.which(tool, path=f"{bench / 'node_modules' / '.bin'}{os.pathsep}{os.environ['PATH']}")
    assert found is not None
    return subprocess.run(
        [found, *arguments],
        cwd=bench,
        env={**os.environ, "NO_COLOR": "1", **env},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def lay_out(folder: Path, schema: str) -> Path:
    """A project of a client's, with its configuration, operations and packages, and the types that codegen makes of a schema."""
    modules = npm_packages()
    shutil.copytree(CLIENTS, folder, ignore=shutil.ignore_patterns("node_modules", "*.py", "__pycache__"))
    shutil.copyfile(ROOT / "schema.graphql", folder / "schema.graphql")
    (folder / "node_modules").symlink_to(modules)
    done = run(folder, "graphql-codegen", "--config", "codegen.ts", SIMPUL_SCHEMA=schema)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Such a project with our published schema."""
    return lay_out(tmp_path_factory.mktemp("client") / "project", "schema.graphql")


def test_apollo_client_reads_what_a_hub_answers_with_a_source_down(bench: Path, lame: Serving) -> None:
    done = run(bench, "node", "--test", "--test-reporter=tap", "apollo.test.js", SIMPUL=f"{lame.url}/graphql")

    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"^# pass [1-9]", done.stdout, re.MULTILINE), done.stdout
    assert "# skipped 0" in done.stdout


def test_codegen_makes_types_that_typescript_accepts_and_money_is_text(bench: Path) -> None:
    done = run(bench, "tsc", "--strict", "--noEmit", "mission.ts", "generated/schema.ts", "generated/operations.ts")

    assert done.returncode == 0, done.stdout
    types = (bench / "generated" / "schema.ts").read_text(encoding="utf-8")
    custom = re.findall(r"^scalar (\w+)", (ROOT / "schema.graphql").read_text(encoding="utf-8"), re.MULTILINE)
    assert "Decimal" in custom and "Date" in custom
    for scalar in custom:
        assert f"{scalar}: {{ input: string; output: string; }}" in types
    assert "estimatedCost: string | null" in (bench / "generated" / "operations.ts").read_text(encoding="utf-8")


def test_codegen_makes_the_same_types_of_introspection_and_of_the_sdl(server: Serving, tmp_path: Path) -> None:
    asked = lay_out(tmp_path / "introspection", f"{server.url}/graphql") / "generated"
    read = lay_out(tmp_path / "sdl", f"{server.url}/schema.graphql") / "generated"

    for name in ("operations.ts", "possible-types.js"):
        assert (asked / name).read_text(encoding="utf-8") == (read / name).read_text(encoding="utf-8"), name
    assert statements(asked / "schema.ts") == statements(read / "schema.ts")


def statements(source: Path) -> list[str]:
    """The lines without comments: codegen gives scalars theirs only from SDL."""
    lines = source.read_text(encoding="utf-8").splitlines()
    return [line for line in lines if not line.lstrip().startswith("/**")]


def test_relay_compiles_pages_of_lists_and_of_links_and_our_server_answers_them(bench: Path, server: Serving) -> None:
    done = run(bench, "relay-compiler", "relay.config.json")
    assert done.returncode == 0, done.stdout + done.stderr
    made = bench / "relay" / "__generated__"

    def ask(query: str, **variables: object) -> dict[str, Any]:
        artifact = (made / f"{query}.graphql.ts").read_text(encoding="utf-8")
        [text] = re.findall(r'"text": (".*")', artifact)
        body = {"query": json.loads(text), "variables": variables}
        answer = httpx.post(f"{server.url}/graphql", json=body, timeout=20).json()
        assert "errors" not in answer, answer
        data: dict[str, Any] = answer["data"]
        return data

    page = ask("ProposalListQuery", count=3)["proposals"]
    rest = ask("ProposalListPageQuery", count=3, cursor=page["pageInfo"]["endCursor"])["proposals"]
    [first, *others] = [edge["node"] for edge in page["edges"] + rest["edges"]]
    assert len({one["id"] for one in others} | {first["id"]}) == 4
    assert {one["__typename"] for one in others} == {"Proposal"}
    assert rest["pageInfo"]["hasNextPage"] is False

    node = ask("ProposalBudgetQuery", id=first["id"])["node"]
    assert node["provenance"]["source"] == "planning"
    assert [edge["node"]["accountCode"] for edge in node["budgetLines"]["edges"]] == ["5.2.04"]
    after = node["budgetLines"]["pageInfo"]["endCursor"]
    assert ask("ProposalBudgetPageQuery", id=first["id"], cursor=after)["node"]["budgetLines"]["edges"] == []

    types = (made / "ProposalBudget_proposal.graphql.ts").read_text(encoding="utf-8")
    assert "readonly ceiling: string | null | undefined" in types
