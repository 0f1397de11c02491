"""What the two engines of a replica share: a session that runs SQL, and the few things that each spells in its own way."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from sqlalchemy import Dialect as SqlDialect
from sqlalchemy.dialects import sqlite


class Result(Protocol):
    """What a statement gave."""

    @property
    def rowcount(self) -> int: ...
    def fetchone(self) -> Any: ...
    def fetchall(self) -> list[Any]: ...
    def __iter__(self) -> Iterator[Any]: ...


class Session(Protocol):
    """A connection to the replica, in autocommit mode. Parameters are marked `?` on every engine. A temporary table hides
    one of the replica with the same name."""

    def execute(self, sql: str, parameters: Sequence[Any] = ..., /) -> Result: ...
    def executemany(self, sql: str, parameters: Iterable[Sequence[Any]], /) -> Result: ...
    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Dialect:
    """How an engine spells what SQL leaves open."""

    name: Literal["sqlite", "postgresql"]
    sql: SqlDialect
    same: str  # equal, and null like null
    differ: str
    begin: str  # a write transaction
    least: str
    alone: (
        str | None
    )  # what a transaction that drops tables does first; readers of SQLite keep what they see by themselves

    def items(self, array: str, name: str) -> str:
        """The items of a JSON list, in FROM, as rows with a `value`."""
        if self.name == "sqlite":
            return f"json_each({array}) {name}"
        return f"json_array_elements_text(CAST({array} AS JSON)) {name}(value)"

    def length(self, array: str) -> str:
        """How many items a JSON list has."""
        return f"json_array_length({array if self.name == 'sqlite' else f'CAST({array} AS JSON)'})"


SQLITE = Dialect("sqlite", sqlite.dialect(paramstyle="qmark"), "IS", "IS NOT", "BEGIN IMMEDIATE", "min", None)
