"""A start loads what its command needs, makes the schema at most once, and leaves the garbage collector as it found it."""

from __future__ import annotations

import gc
import subprocess
import sys
from pathlib import Path

import pytest

from schema import build as building
from simpul import VERSION
from tests.hubs import RunSimpul
from tests.simpul.conftest import environment

TELL = """
import sys
from simpul.cli import main
try:
    main(sys.argv[1:])
except SystemExit as ended:
    print(*sys.modules, file=sys.stderr)
    raise
"""
GRAPHQL = {"graphql", "strawberry"}
WEB = {"starlette", "uvicorn", "jinja2"}
SOURCES = {"httpx", "asyncpg", "aiomysql", "pymysql", "python_calamine", "openpyxl", "pygments"}
ORM = {"sqlalchemy.orm", "sqlalchemy.ext.asyncio", "sqlalchemy.dialects.postgresql"}
NOTHING = {"pydantic", "ruamel.yaml", "sqlalchemy", "orjson"}
ASK = "{ proposals { totalCount } }"


def loaded(folder: Path, *arguments: str, stdin: str = "") -> set[str]:
    """The modules that are there when a command ends well."""
    command = [sys.executable, "-c", TELL, *arguments]
    ended = subprocess.run(
        command, cwd=folder, env=environment(), input=stdin, capture_output=True, text=True, timeout=60, check=False
    )
    assert ended.returncode == 0, ended
    return set(ended.stderr.splitlines()[-1].split())


@pytest.mark.parametrize(
    ("arguments", "unneeded"),
    [
        (("--version",), {*GRAPHQL, *WEB, *SOURCES, *ORM, *NOTHING}),
        (("--help",), {*GRAPHQL, *WEB, *SOURCES, *ORM, *NOTHING}),
        (("serve", "--help"), {*GRAPHQL, *WEB, *SOURCES, *ORM, "sqlalchemy", "orjson"}),  # typer itself loads pydantic
        (("check",), {*GRAPHQL, *WEB, "httpx", "python_calamine", *ORM}),
        (("sync", "planning"), {*GRAPHQL, *WEB, *SOURCES, *ORM}),
        (("rejects",), {*WEB, *SOURCES, *ORM}),
        (("query", "-"), {*WEB, *SOURCES, *ORM}),
        (("schema",), {*WEB, *SOURCES, *ORM}),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_a_command_loads_only_what_it_needs(
    synced_folder: Path, arguments: tuple[str, ...], unneeded: set[str]
) -> None:
    assert not unneeded & loaded(synced_folder, *arguments, stdin=ASK)


def test_a_server_has_loaded_no_connector_until_a_source_is_due(synced_folder: Path) -> None:
    """Importing what `serve` runs loads neither the libraries of the kinds of sources nor the other engine of the replica."""
    code = "import sys, simpul.commands.serve, schema.build, resolvers.engine, replica.sqlite; print(*sys.modules)"
    ended = subprocess.run(
        [sys.executable, "-c", code], cwd=synced_folder, env=environment(), capture_output=True, text=True, check=True
    )

    modules = set(ended.stdout.split())
    assert "uvicorn" in modules
    assert not modules & {*SOURCES, *ORM, "connectors.rest", "connectors.spreadsheet", "connectors.mailbox"}


def test_the_schema_is_made_at_most_once(
    synced_folder: Path, simpul: RunSimpul, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[object] = []
    build = building._build

    def count(*catalogue: object) -> object:
        made.append(catalogue)
        return build(*catalogue)  # type: ignore[arg-type]  # handed on as it came

    monkeypatch.setattr(building, "_build", count)
    numbers = {}
    for arguments in (("sync",), ("check",), ("rejects",), ("query", "-"), ("schema",)):
        made.clear()
        assert simpul(synced_folder, *arguments, stdin=ASK).code == 0
        numbers[arguments[0]] = len(made)

    assert numbers == {"sync": 0, "check": 0, "rejects": 1, "query": 1, "schema": 1}


def test_the_version_is_told(simpul: RunSimpul, tmp_path: Path) -> None:
    ended = simpul(tmp_path, "--version")

    assert (ended.code, ended.out) == (0, f"simpul {VERSION}\n")


@pytest.mark.parametrize("arguments", [("--help",), ("sync", "--nonsense"), ("check",)])
def test_the_collector_is_on_after_a_command(simpul: RunSimpul, hub_folder: Path, arguments: tuple[str, ...]) -> None:
    simpul(hub_folder, *arguments)

    assert gc.isenabled()
