"""Replicas of tests, on either engine: where the server is, and what stands in one."""

from __future__ import annotations

import re
from collections.abc import Iterable
from contextlib import closing
from typing import Any

from replica.database import Database
from replica.reading import Deadline, Replica
from replica.search import compile_search, search_values
from replica.words import terms_of
from tests.servers import Server, server_of


def postgres() -> str:
    """The URL of a PostgreSQL database in which tests may make schemas; skips where there is none."""
    return server_of("postgresql").render_as_string(hide_password=False)


def drop_schemas(url: str | None, names: Iterable[str]) -> None:
    """Removes what a test has made."""
    if url is not None:
        Server("postgresql", server_of("postgresql")).execute(
            *(f'DROP SCHEMA IF EXISTS "{name}" CASCADE' for name in names)
        )


def ask(database: Database, sql: str) -> list[Any]:
    """The rows of a statement in which names of tables and columns may stand without their quotation marks."""
    if database.dialect.name == "postgresql":
        sql = re.sub(r'(?<!")\b[elcf]_\w*[A-Z]\w*', r'"\g<0>"', sql)
    with closing(database.connect(readonly=True)) as session:
        return session.execute(sql).fetchall()


def shape(database: Database) -> dict[str, list[str]]:
    """Every table with its columns."""
    found: dict[str, list[str]] = {}
    if database.dialect.name == "sqlite":
        sql = "SELECT m.name, p.name FROM sqlite_master m, pragma_table_info(m.name) p WHERE m.type = 'table' ORDER BY p.cid"
    else:
        sql = (
            "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = current_schema()"
            " ORDER BY ordinal_position"
        )
    for table, column in ask(database, sql):
        found.setdefault(table, []).append(column)
    return found


def search(database: Database, text: str, first: int = 1000, offset: int = 0) -> list[tuple[str, str, int]]:
    """What a search finds, in its order: entity, node and score."""
    names, terms = list(database.tables.search), terms_of(text)
    statement = compile_search(database.tables, names, len(terms))
    values = search_values(database.tables, terms, [True] * len(names), first, offset)
    with closing(Replica(database.reader)) as replica:
        rows = replica.read_here(lambda reading: reading.rows(statement, {}, values), Deadline(60))
    page = sorted((at, names[place], node, score) for place, node, score, at in rows if node is not None)
    return [(name, node, score) for _, name, node, score in page]
