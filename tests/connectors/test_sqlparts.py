"""Tables that are read again only where they changed: what is kept beside what is read is always the table as it stands."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.connector import Cell
from connectors.errors import SourceBroken
from connectors.sql import SqlDataset, SqlSource
from tests.servers import Server, apart, database_on

SIZE = 10


@dataclass
class Copy:
    """What a sync keeps: the rows of each part under its stamp. `read` counts the rows that were asked for."""

    server: Server
    parts: int | None = SIZE
    kept: dict[str, tuple[str | None, list[tuple[Cell, ...]]]] = field(default_factory=dict)
    read: int = 0

    def sync(self) -> list[tuple[Cell, ...]]:
        """All rows, of which only those of changed parts are read."""
        return apart(self._sync)

    async def _sync(self) -> list[tuple[Cell, ...]]:
        reader = SqlSource(self.server.url, {"t": SqlDataset(parts=self.parts)}, Path(), 10)
        self.read = 0
        kept: dict[str, tuple[str | None, list[tuple[Cell, ...]]]] = {}
        for part in await reader.parts("t"):
            known = self.kept.get(part.key)
            if known is None or part.stamp is None or known[0] != part.stamp:
                rows = [row.values async for batch in reader.rows("t", part) for row in batch.rows]
                self.read += len(rows)
                known = part.stamp, rows
            kept[part.key] = known
        await reader.aclose()
        self.kept = kept
        return sorted((row for _, rows in kept.values() for row in rows), key=lambda row: int(str(row[0])))


@pytest.fixture(scope="module", params=["postgresql", "mariadb"])
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    with database_on(request.param) as found:
        yield found


def fill(server: Server, rows: int) -> None:
    made = {
        "postgresql": f"SELECT n, 'baris ' || n, n * 1.5, NULL FROM generate_series(1, {rows}) n",
        "mariadb": f"SELECT seq, concat('baris ', seq), seq * 1.5, NULL FROM seq_1_to_{rows}",
    }
    server.execute(
        *(["DROP TABLE t"] if has_table(server) else []),
        "CREATE TABLE t (id bigint PRIMARY KEY, a varchar(40), b decimal(20, 2), c text)",
        f"INSERT INTO t {made[server.engine]}",
    )


def has_table(server: Server) -> bool:
    here = "current_schema()" if server.engine == "postgresql" else "database()"
    tables = "SELECT count(*) FROM information_schema.tables"
    return bool(server.ask(f"{tables} WHERE table_schema = {here} AND table_name = 't'"))


def test_only_what_changed_is_read_again(server: Server) -> None:
    fill(server, 95)
    copy = Copy(server)

    assert (len(copy.sync()), copy.read) == (95, 95)
    assert (len(copy.sync()), copy.read) == (95, 0)
    server.execute("UPDATE t SET c = '' WHERE id = 33")  # from NULL to empty
    assert (len(copy.sync()), copy.read) == (95, 10)
    server.execute("DELETE FROM t WHERE id = 95", "INSERT INTO t VALUES (-3, 'x', 0, 'y'), (1000000, 'x', 0, 'y')")
    assert (len(copy.sync()), copy.read) == (96, 5 + 1 + 1)
    server.execute("DELETE FROM t WHERE id BETWEEN 40 AND 49")  # a whole part
    assert (len(copy.sync()), copy.read) == (86, 0)


def test_without_parts_an_unchanged_table_is_not_read(server: Server) -> None:
    fill(server, 50)
    copy = Copy(server, parts=None)

    assert (len(copy.sync()), copy.read) == (50, 50)
    assert (len(copy.sync()), copy.read) == (50, 0)
    server.execute("UPDATE t SET a = 'x', c = 'y' WHERE id = 7")
    assert (len(copy.sync()), copy.read) == (50, 50)
    server.execute("UPDATE t SET a = 'y', c = 'x' WHERE id = 7")
    assert (len(copy.sync()), copy.read) == (50, 50)
    server.execute("DELETE FROM t")
    assert (copy.sync(), copy.read) == ([], 0)


texts = st.one_of(st.none(), st.sampled_from(["", "a", "a,", ",", "'", "NULL", "\\", "désa", "(1,2)", "a,a"]))
changes = st.one_of(
    st.tuples(st.just("put"), st.integers(-25, 45), texts, texts),
    st.tuples(st.just("drop"), st.integers(-25, 45), st.integers(0, 12), st.none()),
    st.tuples(st.just("swap"), st.integers(-25, 45), st.integers(-25, 45), st.none()),
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(history=st.lists(st.lists(changes, max_size=6), max_size=6), whole=st.booleans())
def test_after_any_history_it_is_the_table(
    server: Server, history: list[list[tuple[str, int, object, object]]], whole: bool
) -> None:
    dropped = ["DROP TABLE t"] if has_table(server) else []
    server.execute(*dropped, "CREATE TABLE t (id bigint PRIMARY KEY, a varchar(40), c text)")
    copy = Copy(server, None if whole else SIZE)
    table: dict[int, tuple[str | None, str | None]] = {}
    for step in history:
        for kind, key, one, two in step:
            if kind == "put":
                table[key] = None if one is None else str(one), None if two is None else str(two)
            elif kind == "drop":
                for gone in range(key, key + int(str(one))):
                    table.pop(gone, None)
            elif key in table and one in table:
                table[key], table[int(str(one))] = table[int(str(one))], table[key]
        rows = ", ".join(f"({key}, {written(server, a)}, {written(server, c)})" for key, (a, c) in table.items())
        server.execute("DELETE FROM t", *([f"INSERT INTO t VALUES {rows}"] if rows else []))
        seen = [(key, a or None, c or None) for key, (a, c) in sorted(table.items())]
        assert copy.sync() == seen
        assert copy.sync() == seen
        assert copy.read == 0


def written(server: Server, value: str | None) -> str:
    if value is None:
        return "NULL"
    doubled = value.replace("'", "''")
    return "'" + (doubled.replace("\\", "\\\\") if server.engine == "mariadb" else doubled) + "'"


async def test_a_table_that_is_not_counted_is_told(server: Server) -> None:
    names = ("u", "v")
    server.execute("CREATE TABLE u (kode varchar(20) PRIMARY KEY)", "CREATE VIEW v AS SELECT 1 AS id")
    try:
        for name in names:
            reader = SqlSource(server.url, {name: SqlDataset(parts=SIZE)}, Path(), 10)
            with pytest.raises(SourceBroken) as told:
                await reader.parts(name)
            assert told.value.code == "TABLE_NOT_COUNTED"
            await reader.aclose()
    finally:
        await asyncio.to_thread(server.execute, "DROP VIEW v", "DROP TABLE u")
