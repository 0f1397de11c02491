"""The servers that tests talk to: where they are, or why a test is skipped."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterable

import asyncpg
import pytest

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


async def _ask(url: str, statements: Iterable[str]) -> None:
    connection = await asyncpg.connect(url, timeout=3)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()
