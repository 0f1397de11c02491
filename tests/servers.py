"""The servers that tests talk to: where they are, or why a test is skipped."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Iterable
from contextlib import closing
from typing import Any

import asyncpg
import pytest

from replica.database import Database

HOW = "platform: no PostgreSQL at {}; start one there or set SIMPUL_TEST_POSTGRES to its URL"


def postgres() -> str:
    """The URL of a PostgreSQL database in which tests may make schemas; skips where there is none."""
    url = os.environ.get("SIMPUL_TEST_POSTGRES", "postgresql://postgres@127.0.0.1:5432/test")
    try:
        asyncio.run(_ask(url, ()))
    except (OSError, asyncpg.PostgresError, TimeoutError):
        pytest.skip(HOW.format(url.rpartition("@")[2]))
    return url


def drop_schemas(url: str | None, names: Iterable[str]) -> None:
    """Removes what a test has made."""
    if url is not None:
        asyncio.run(_ask(url, [f'DROP SCHEMA IF EXISTS "{name}" CASCADE' for name in names]))


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


async def _ask(url: str, statements: Iterable[str]) -> None:
    connection = await asyncpg.connect(url, timeout=3)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()
