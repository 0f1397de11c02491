"""What a database holds is what the hub sees: exact, never guessed, and what is no value of ours told as it stands."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from connectors.cells import Unreadable
from connectors.connector import Cell, CellError
from connectors.sql import SqlDataset, SqlSource
from connectors.values import read_boolean, read_code, read_date, read_datetime, read_decimal, read_int
from tests.servers import Server, database_on

BLOB = CellError("BLOB")
UUID = "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"
WITA = timezone(timedelta(hours=8))

POSTGRES: list[tuple[str, str, Cell]] = [
    ("smallint", "-32768", -32768),
    ("bigint", "9223372036854775807", 9223372036854775807),
    ("numeric", "12345678901234567890.12345678901234567890", Decimal("12345678901234567890.12345678901234567890")),
    ("numeric(20, 2)", "0.10", Decimal("0.10")),
    ("money", "'-1234567.89'", Decimal("-1234567.89")),
    ("money", "0.05", Decimal("0.05")),
    ("boolean", "false", False),
    ("bit(1)", "B'1'", True),
    ("bit(8)", "B'00000101'", "00000101"),
    ("varbit(9)", "B'101'", "101"),
    ("real", "0.1", 0.1),
    ("double precision", "0.1", 0.1),
    ("timestamp", "'2026-01-07 08:30:00.5'", datetime(2026, 1, 7, 8, 30, 0, 500_000)),
    ("timestamptz", "'2026-01-07 08:30+08'", datetime(2026, 1, 7, 0, 30, tzinfo=UTC)),
    ("timestamp", "'1999-12-31 23:59:59.999999'", datetime(1999, 12, 31, 23, 59, 59, 999_999)),
    ("date", "'2026-01-07'", date(2026, 1, 7)),
    ("date", "'1600-02-29'", date(1600, 2, 29)),
    ("date", "'9999-12-31'", date(9999, 12, 31)),
    ("date", "'0001-01-01'", date(1, 1, 1)),
    ("tanggal", "'2026-01-07'", date(2026, 1, 7)),
    ("time", "'08:30'", time(8, 30)),
    ("timetz", "'08:30+08'", time(8, 30, tzinfo=WITA)),
    ("json", """'{"a": 1.10}'""", '{"a": 1.10}'),
    ("jsonb", """'{"a": 12345678901234567890.10}'""", '{"a": 12345678901234567890.10}'),
    ("text[]", """'{a,"b,c",NULL}'""", ("a", "b,c")),
    ("int[]", "'{1,2}'", ("1", "2")),
    ("date[]", "'{2026-01-07,infinity}'", ("2026-01-07", "infinity")),
    ("int[][]", "'{{1,2},{3,NULL}}'", "{{1,2},{3,NULL}}"),
    ("int[]", "'{}'", None),
    ("bytea", r"'\x4a616c616e'", BLOB),
    ("uuid", f"'{UUID}'", UUID),
    ("status", "'non aktif'", "non aktif"),
    ("alamat", "ROW('Jl. Hasanuddin', 5)", "(Jl. Hasanuddin,5)"),
    ("inet", "'10.1.2.3'", "10.1.2.3"),
    ("daterange", "'[2026-01-01,2026-02-01)'", "[2026-01-01,2026-02-01)"),
    ("point", "'(1,2.5)'", "(1,2.5)"),
    ("interval", "'1 year 2 mons 3 days 04:05:06.7'", "14 mons 3 days 04:05:06.7"),
    ("text", "''", None),
    ("text", "'Désa 😀'", "Désa 😀"),
    # what PostgreSQL knows and Python's calendar doesn't
    ("date", "'infinity'", "infinity"),
    ("timestamp", "'-infinity'", "-infinity"),
    ("timestamptz", "'infinity'", "infinity"),
    ("date", "'0044-03-15 BC'", "0044-03-15 BC"),
    ("date", "'0001-02-29 BC'", "0001-02-29 BC"),
    ("timestamp", "'12026-02-28 10:30'", "12026-02-28 10:30:00"),
    ("time", "'24:00'", "24:00:00"),
]

MARIADB: list[tuple[str, str, Cell]] = [
    ("tinyint(1)", "1", 1),  # 0 to 9 as often as yes and no: a number, which a mapping may read as either
    ("tinyint(1)", "7", 7),
    ("bit(1)", "b'0'", False),
    ("bit(12)", "b'100000000101'", 2053),
    ("bigint unsigned", "18446744073709551615", 18446744073709551615),
    ("int(6) zerofill", "42", "000042"),
    ("int", "0", 0),
    (
        "decimal(40, 10)",
        "123456789012345678901234567890.1234567890",
        Decimal("123456789012345678901234567890.1234567890"),
    ),
    ("float", "0.1", 0.1),
    ("double", "0.1", 0.1),
    ("datetime(6)", "'2026-01-07 08:30:00.5'", datetime(2026, 1, 7, 8, 30, 0, 500_000)),
    ("timestamp NULL", "'2026-01-07 08:30:00'", datetime(2026, 1, 7, 0, 30, tzinfo=UTC)),  # written at +08:00
    ("date", "'2026-01-07'", date(2026, 1, 7)),
    ("time", "'08:30:05'", time(8, 30, 5)),
    ("year", "2026", 2026),
    ("json", """'{"a": 1.10}'""", '{"a": 1.10}'),
    ("blob", "'Jalan'", BLOB),
    ("varbinary(9)", "'Jalan'", BLOB),
    ("binary(16)", "unhex(replace(uuid(), '-', ''))", BLOB),
    ("uuid", f"'{UUID}'", UUID),
    ("enum('aktif', 'non aktif')", "'non aktif'", "non aktif"),
    ("set('a', 'b', 'c')", "'a,c'", ("a", "c")),
    ("set('a', 'b', 'c')", "''", None),
    ("text", "'Désa 😀'", "Désa 😀"),
    ("varchar(20) CHARACTER SET latin1", "'Désa ¾'", "Désa ¾"),
    ("text CHARACTER SET utf8mb3", "'Désa ≥'", "Désa ≥"),
    ("varchar(5)", "''", None),
    # what is no date, and no time of day
    ("date", "'0000-00-00'", "0000-00-00"),
    ("date", "'2026-00-00'", "2026-00-00"),
    ("datetime", "'0000-00-00 00:00:00'", "0000-00-00 00:00:00"),
    ("datetime(3)", "'2026-02-00 10:00:00'", "2026-02-00 10:00:00.000"),
    ("timestamp NULL", "'0000-00-00 00:00:00'", "0000-00-00 00:00:00"),
    ("year", "0", "0000"),
    ("time", "'25:06:17'", "25:06:17"),
    ("time", "'-01:00:00'", "-01:00:00"),
]


async def row_of(server: Server, dataset: SqlDataset) -> dict[str, Cell]:
    source = SqlSource(server.url, {"t": dataset}, Path(), 10)
    (part,) = await source.parts("t")
    try:
        (batch,) = [batch async for batch in source.rows("t", part)]
    finally:
        await source.aclose()
    (row,) = batch.rows
    return dict(zip((column.name for column in batch.columns), row.values, strict=True))


@pytest.fixture
def postgres() -> Iterator[Server]:
    with database_on("postgresql") as server:
        server.execute(
            "CREATE DOMAIN tanggal AS date",
            "CREATE TYPE status AS ENUM ('aktif', 'non aktif')",
            "CREATE TYPE alamat AS (jalan text, nomor int)",
        )
        yield server


@pytest.fixture
def mariadb() -> Iterator[Server]:
    with database_on("mariadb") as server:
        yield server


async def test_postgres_values_are_exact(postgres: Server) -> None:
    columns = ", ".join(f"c{number} {kind}" for number, (kind, _, _) in enumerate(POSTGRES))
    values = ", ".join(value for _, value, _ in POSTGRES)
    postgres.execute(f"CREATE TABLE t ({columns})", f"INSERT INTO t VALUES ({values})")

    found = await row_of(postgres, SqlDataset())

    for (kind, written, expected), cell in zip(POSTGRES, found.values(), strict=True):
        assert (type(cell), cell) == (type(expected), expected), (kind, written)


async def test_mariadb_values_are_exact(mariadb: Server) -> None:
    columns = ", ".join(f"c{number} {kind}" for number, (kind, _, _) in enumerate(MARIADB))
    values = ", ".join(value for _, value, _ in MARIADB)
    lax = "SET STATEMENT sql_mode = '', time_zone = '+08:00' FOR"  # as a server of 2009 was set
    mariadb.execute(f"CREATE TABLE t ({columns})", f"{lax} INSERT INTO t VALUES ({values})")

    found = await row_of(mariadb, SqlDataset())

    for (kind, written, expected), cell in zip(MARIADB, found.values(), strict=True):
        assert (type(cell), cell) == (type(expected), expected), (kind, written)


async def test_numbers_that_are_none_stay_visible(postgres: Server) -> None:
    found = await row_of(postgres, SqlDataset(query="SELECT 'NaN'::numeric AS n, 'Infinity'::float8 AS f"))

    assert (str(found["n"]), str(found["f"])) == ("NaN", "inf")
    for cell in found.values():
        with pytest.raises(Unreadable):
            read_decimal(cell, None)


async def test_money_is_exact_in_every_region(postgres: Server) -> None:
    regions = {"C"} | set(
        str(
            postgres.ask(
                "SELECT string_agg(collname, ',') FROM pg_collation WHERE collname ~ '^(id_ID|de_DE|ja_JP|en_US)'"
            )
        ).split(",")
    )
    for region in regions - {"None"}:
        try:
            postgres.execute(f"ALTER DATABASE \"{postgres.address.database}\" SET lc_monetary = '{region}'")
        except Exception:  # a region that this server doesn't have
            continue
        query = "SELECT '12345.00'::numeric::money AS a, (-5)::numeric::money AS b, NULL::money AS c"
        found = await row_of(postgres, SqlDataset(query=query))
        assert found == {"a": Decimal(12345), "b": Decimal(-5), "c": None}, region


async def test_a_timestamp_of_a_select_is_the_clock_of_the_server(mariadb: Server) -> None:
    # a table's is a moment in UTC; a SELECT sees what any other program there sees
    mariadb.execute("CREATE TABLE t (c timestamp NULL)", "INSERT INTO t VALUES ('2026-01-07 23:30:00')")

    assert await row_of(mariadb, SqlDataset(query="SELECT c, date(c) AS d FROM t")) == {
        "c": datetime(2026, 1, 7, 23, 30),
        "d": date(2026, 1, 7),
    }


@pytest.mark.parametrize("text", ["0000-00-00", "0000-00-00 00:00:00", "0000-00-00 00:00:00.000000"])
def test_a_zero_date_is_told_as_such(text: str) -> None:
    with pytest.raises(Unreadable) as caught:
        read_date(text)
    assert caught.value.code == "PLACEHOLDER_DATE"


@pytest.mark.parametrize(
    "text", ["infinity", "-infinity", "0044-03-15 BC", "12026-02-28 10:30:00", "2026-02-00 10:00:00.000"]
)
def test_a_date_that_is_none_is_told_as_such(text: str) -> None:
    for read in (read_date, lambda cell: read_datetime(cell, ZoneInfo("Asia/Makassar"))):
        with pytest.raises(Unreadable) as caught:
            read(text)
        assert caught.value.code == "NOT_A_DATE"


def test_cells_of_databases_are_read_by_mappings() -> None:
    assert (read_boolean(1), read_boolean(True), read_int(7), read_code("000042")) == (True, True, 7, "000042")
    assert read_decimal(Decimal("12345678901234567890.12"), None) == Decimal("12345678901234567890.12")
