"""Databases on servers, against the real PostgreSQL and MariaDB."""

from __future__ import annotations

import asyncio
import socket
import time
import tracemalloc
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import URL

from connectors.connector import Batch, Cell
from connectors.errors import (
    DatasetMissing,
    SourceAuth,
    SourceBroken,
    SourceError,
    SourceForbidden,
    SourceTimeout,
    SourceUnavailable,
)
from connectors.sql import Access, SqlDataset, SqlSource
from tests.servers import Proxy, Server, database_on

FOLDER = Path()


def source(server: Server, seconds: float = 10, /, **datasets: SqlDataset) -> SqlSource:
    return SqlSource(server.url, datasets, FOLDER, seconds)


async def read(reader: SqlSource, dataset: str) -> list[Batch]:
    try:
        (part,) = await reader.parts(dataset)
        return [batch async for batch in reader.rows(dataset, part)]
    finally:
        await reader.aclose()


async def cells(reader: SqlSource, dataset: str = "t") -> list[tuple[Cell, ...]]:
    return [row.values for batch in await read(reader, dataset) for row in batch.rows]


async def places(reader: SqlSource, dataset: str = "t") -> list[str]:
    return [row.at for batch in await read(reader, dataset) for row in batch.rows]


async def error_of(reader: SqlSource, dataset: str = "t") -> SourceError:
    with pytest.raises(SourceError) as caught:
        await read(reader, dataset)
    return caught.value


# -- what is read -----------------------------------------------------------------------------------------------------


async def test_a_table_is_read_with_its_keys(database_server: Server) -> None:
    database_server.execute(
        "CREATE TABLE t (tahun int, kode varchar(20), uraian text, pagu numeric(20, 2), PRIMARY KEY (kode, tahun))",
        "INSERT INTO t VALUES (2026, '5.1.02', 'Belanja jalan désa', 124438680083.03), (2026, '5.2', '', NULL)",
    )

    (batch,) = await read(source(database_server), "t")

    assert [column.name for column in batch.columns] == ["tahun", "kode", "uraian", "pagu"]
    assert [(row.at, str(row.values[3])) for row in batch.rows] == [
        ("5.1.02.2026", "124438680083.03"),
        ("5.2.2026", "None"),
    ]
    assert batch.rows[0].values[:3] == (2026, "5.1.02", "Belanja jalan désa")
    assert batch.rows[1].values[2] is None


async def test_a_row_stands_at_its_key(database_server: Server) -> None:
    database_server.execute(
        "CREATE TABLE t (nama varchar(9), kode varchar(9), tahun int, PRIMARY KEY (tahun, kode))",
        "INSERT INTO t VALUES ('x', '5.1', 2026), ('x', '5.2', 2026), ('y', '5.2', 2027)",
        "CREATE VIEW v AS SELECT * FROM t",
    )
    server = database_server

    assert await places(source(server)) == ["2026.5.1", "2026.5.2", "2027.5.2"]
    assert await places(source(server, t=SqlDataset(key=("KODE", "tahun")))) == ["5.1.2026", "5.2.2026", "5.2.2027"]
    assert await places(source(server, t=SqlDataset("t", key=("nama",)))) == ["x", "x #2", "y"]
    assert await places(source(server), "v") == ["#1", "#2", "#3"]


async def test_names_are_quoted_as_the_database_wants_them(database_server: Server) -> None:
    open_, close = ('"', '"') if database_server.engine == "postgresql" else ("`", "`")
    names = [
        "ta rincian",
        "select",
        "Laporan (2026)",
        "Kegiatan 50%",
        "a.b",
        "désa",
        "o'reilly",
        ":x",
        "%s",
        "$1",
        'a"b',
        "a`b",
    ]
    for name in names:
        quoted = open_ + name.replace(open_, open_ * 2) + close
        column = open_ + f"kolom {name}".replace(open_, open_ * 2) + close
        database_server.execute(f"CREATE TABLE {quoted} ({column} int PRIMARY KEY)", f"INSERT INTO {quoted} VALUES (7)")
    reader = source(database_server)

    for name in names:
        (batch,) = await read(reader, name)
        assert (batch.columns[0].name, batch.rows[0].at, batch.rows[0].values) == (f"kolom {name}", "7", (7,))
    described = await reader.describe()
    await reader.aclose()
    assert {found.name for found in described} == set(names)


async def test_tables_of_other_schemas_are_read_by_both_names(database_server: Server) -> None:
    if database_server.engine == "postgresql":
        other, drop = "Keuangan Daerah", 'DROP SCHEMA "Keuangan Daerah" CASCADE'
        database_server.execute('CREATE SCHEMA "Keuangan Daerah"', 'CREATE TABLE "Keuangan Daerah".t (a int)')
        database_server.execute('INSERT INTO "Keuangan Daerah".t VALUES (2)')
    else:
        other = f"{database_server.address.database}_lain"
        drop = f"DROP DATABASE {other}"
        database_server.execute(
            f"CREATE DATABASE {other}", f"CREATE TABLE {other}.t (a int)", f"INSERT INTO {other}.t VALUES (2)"
        )
    try:
        database_server.execute("CREATE TABLE t (a int)", "INSERT INTO t VALUES (1)")

        assert await cells(source(database_server), "t") == [(1,)]
        assert await cells(source(database_server), f"{other}.t") == [(2,)]
        assert (await error_of(source(database_server), f"{other}.x")).code in ("TABLE_MISSING", "TABLE_UNKNOWN")
        if database_server.engine == "postgresql":
            inside = SqlSource(database_server.url, {}, FOLDER, 10, access=Access(other))
            assert await cells(inside, "t") == [(2,)]
            described = await inside.describe()
            await inside.aclose()
            assert [(found.name, found.samples) for found in described] == [
                ("public.t", {"a": (1,)}),
                ("t", {"a": (2,)}),
            ]
    finally:
        database_server.execute(drop)


async def test_describe_tells_columns_types_and_samples(database_server: Server) -> None:
    database_server.execute(
        "CREATE TABLE ref_unit (kode varchar(9), nama text, pagu numeric(20, 2))",
        "CREATE TABLE kosong (a int)",
        "CREATE VIEW aktif AS SELECT kode FROM ref_unit",
        *(f"INSERT INTO ref_unit VALUES ('{n}', 'Dinas {n}', {n})" for n in range(9)),
    )
    reader = source(database_server)

    view, empty, table = await reader.describe()
    await reader.aclose()
    asked = source(database_server, q=SqlDataset(query="SELECT kode, pagu FROM ref_unit ORDER BY kode"))
    (query,) = await asked.describe()
    await asked.aclose()

    assert (view.name, len(view.samples["kode"])) == ("aktif", 5)
    assert (empty.name, [column.name for column in empty.columns], empty.samples) == ("kosong", ["a"], {"a": ()})
    assert table.samples["nama"] == tuple(f"Dinas {n}" for n in range(5))
    assert query.samples["kode"] == ("0", "1", "2", "3", "4")
    kinds = {"kode": "character varying", "nama": "text", "pagu": "numeric"}
    if database_server.engine == "mariadb":
        kinds = {"kode": "varchar", "nama": "text", "pagu": "decimal"}
    assert table.types == kinds


async def test_a_query_is_run_as_it_is_written(database_server: Server) -> None:
    database_server.execute(
        "CREATE TABLE t (a varchar(9), b int)", "INSERT INTO t VALUES ('08:30', 1), (' :x', 2), ('50%', 3), ('%s', 4)"
    )
    query = "SELECT a AS jam, b FROM t WHERE a IN ('08:30', ' :x') OR a LIKE '%0%%' OR a = '%s' -- ; $1 :x\n ORDER BY 2"

    (batch,) = await read(source(database_server, q=SqlDataset(query=query)), "q")

    assert [column.name for column in batch.columns] == ["jam", "b"]
    assert [row.values[0] for row in batch.rows] == ["08:30", " :x", "50%", "%s"]


# -- what is never done -----------------------------------------------------------------------------------------------

REFUSED = [
    "DELETE FROM t",
    "UPDATE t SET a = 2",
    "INSERT INTO t VALUES (2)",
    "INSERT INTO t VALUES (2) RETURNING a",
    "DROP TABLE t",
    "CREATE TABLE u AS SELECT 1",
    "TRUNCATE t",
    "SELECT 1; DELETE FROM t",
    "SELECT a FROM t; COMMIT; DELETE FROM t",
    "SELECT a FROM t FOR UPDATE",
    "SELECT a FROM t FOR SHARE",
    "SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE",
    "COMMIT",
    "LOCK TABLE t",
    "CALL p()",
    "",
    "-- nothing",
]
REFUSED_BY = {
    "postgresql": [
        "WITH gone AS (DELETE FROM t RETURNING a) SELECT a FROM gone",
        "SELECT nextval('s')",
        "SELECT * INTO u FROM t",
        "COPY t TO PROGRAM 'true'",
        "SELECT lo_create(0), set_config('transaction_read_only', 'off', false)",
        "SELECT 'a\\'; DELETE FROM t; --'",
        "SELECT f()",
    ],
    "mariadb": [
        "SELECT a FROM t INTO OUTFILE '/tmp/simpul-never'",
        "SELECT a INTO @x FROM t",
        "SELECT a FROM t LOCK IN SHARE MODE",
        "SELECT 1 /*! INTO @x */",
        "SELECT f()",
    ],
}


async def test_only_a_single_select_is_run(database_server: Server) -> None:
    database_server.execute("CREATE TABLE t (a int)", "INSERT INTO t VALUES (1)")
    if database_server.engine == "postgresql":
        database_server.execute(
            "CREATE SEQUENCE s", "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'DELETE FROM t RETURNING a'"
        )
    else:
        database_server.execute("CREATE FUNCTION f() RETURNS int BEGIN DELETE FROM t; RETURN 1; END")

    for query in [*REFUSED, *REFUSED_BY[database_server.engine]]:
        error = await error_of(source(database_server, t=SqlDataset(query=query or " ")))
        assert (type(error), error.code) == (SourceBroken, "QUERY_NOT_READING"), (query, error)

    assert database_server.ask("SELECT count(*) FROM t") == 1


async def test_the_server_itself_refuses_what_our_eyes_let_through(
    database_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connectors.sqlquery.is_reading", lambda *_: True)
    database_server.execute("CREATE TABLE t (a int)", "INSERT INTO t VALUES (1)")

    for query in (
        "DELETE FROM t",
        "SELECT 1; DELETE FROM t",
        "SELECT 1; COMMIT; DELETE FROM t",
        "COMMIT; DELETE FROM t",
    ):
        assert isinstance(await error_of(source(database_server, t=SqlDataset(query=query))), SourceBroken), query

    assert database_server.ask("SELECT count(*) FROM t") == 1


# -- how it is read ---------------------------------------------------------------------------------------------------

MANY = {
    "postgresql": "SELECT n, repeat('x', 1000) AS x FROM generate_series(1, {count}) n",
    "mariadb": "SELECT seq AS n, repeat('x', 1000) AS x FROM seq_1_to_{count}",
}
ENDLESS = {
    "postgresql": "SELECT count(*) FROM generate_series(1, 100000) a, generate_series(1, 1000000) b",
    "mariadb": "SELECT count(*) FROM seq_1_to_100000 a JOIN seq_1_to_1000000 b WHERE a.seq + b.seq < 0",
}


async def test_memory_stays_flat_while_rows_stream(database_server: Server) -> None:
    query = MANY[database_server.engine].format(count=60_000)  # 60 MB
    reader = source(database_server, 30, t=SqlDataset(query=query))
    (part,) = await reader.parts("t")
    count = 0
    tracemalloc.start()
    try:
        async for batch in reader.rows("t", part):
            count += len(batch.rows)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
        await reader.aclose()

    assert count == 60_000
    assert peak < 12_000_000


async def test_who_leaves_early_reads_no_more_of_it(database_server: Server) -> None:
    query = MANY[database_server.engine].format(count=5_000_000)  # 5 GB
    reader = source(database_server, 30, t=SqlDataset(query=query), u=SqlDataset(query="SELECT 1 AS one"))
    (part,) = await reader.parts("t")
    batches = reader.rows("t", part)
    began = time.monotonic()

    first, second = await anext(batches), await anext(batches)
    await batches.aclose()

    assert (len(first.rows), second.rows[0].at, second.rows[0].values[0]) == (500, "#501", 501)
    assert await cells(reader, "u") == [(1,)]
    assert time.monotonic() - began < 5


async def test_a_slow_reader_is_no_slow_database(database_server: Server) -> None:
    query = MANY[database_server.engine].format(count=1_200)
    reader = source(database_server, 0.4, t=SqlDataset(query=query))
    (part,) = await reader.parts("t")
    count = 0
    async for batch in reader.rows("t", part):
        await asyncio.sleep(0.3)  # longer in sum than a batch may take
        count += len(batch.rows)
    await reader.aclose()

    assert count == 1_200


async def test_a_query_that_never_ends_is_ended_on_the_server_too(database_server: Server) -> None:
    reader = source(database_server, 0.5, t=SqlDataset(query=ENDLESS[database_server.engine]))
    began = time.monotonic()

    error = await error_of(reader)

    assert (type(error), error.params) == (SourceTimeout, {"seconds": "0.5"})
    assert time.monotonic() - began < 4
    running = {
        "postgresql": "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state = 'active' AND pid <> pg_backend_pid()",
        "mariadb": "SELECT count(*) FROM information_schema.processlist WHERE db = database() AND command = 'Query' AND id <> connection_id()",
    }
    await asyncio.sleep(0.3)
    assert database_server.ask(running[database_server.engine]) == 0


@pytest.fixture
def proxy(database_server: Server) -> Iterator[Proxy]:
    database_server.execute("CREATE TABLE t (a int)", "INSERT INTO t VALUES (1)")
    proxy = Proxy(database_server)
    yield proxy
    proxy.close()


def through(proxy: Proxy, server: Server, seconds: float, **datasets: SqlDataset) -> SqlSource:
    return SqlSource(server.at(proxy.port), datasets, FOLDER, seconds)


async def test_a_server_that_hangs_from_the_start_is_left(database_server: Server, proxy: Proxy) -> None:
    proxy.stall()
    began = time.monotonic()

    error = await error_of(through(proxy, database_server, 0.5))

    assert (type(error), error.code) == (SourceTimeout, "SOURCE_TIMEOUT")
    assert time.monotonic() - began < 3


async def test_a_server_that_hangs_in_the_middle_is_left_and_found_again(database_server: Server, proxy: Proxy) -> None:
    many = SqlDataset(query=MANY[database_server.engine].format(count=100_000))
    reader = through(proxy, database_server, 0.7, many=many)
    (part,) = await reader.parts("many")
    batches = reader.rows("many", part)
    await anext(batches)
    proxy.stall()
    began = time.monotonic()

    with pytest.raises(SourceTimeout):
        async for _ in batches:
            pass

    assert time.monotonic() - began < 4
    proxy.go_on()
    (small,) = await reader.parts("t")
    assert [row.values for batch in [batch async for batch in reader.rows("t", small)] for row in batch.rows] == [(1,)]
    await reader.aclose()


async def test_a_kept_connection_that_hangs_does_not_hang_us(database_server: Server, proxy: Proxy) -> None:
    reader = through(proxy, database_server, 0.7)
    (part,) = await reader.parts("t")
    assert len([batch async for batch in reader.rows("t", part)]) == 1
    proxy.stall()
    began = time.monotonic()

    with pytest.raises(SourceTimeout):
        _ = [batch async for batch in reader.rows("t", part)]
    await reader.aclose()

    assert time.monotonic() - began < 6


async def test_a_kept_connection_that_was_killed_is_replaced(database_server: Server) -> None:
    database_server.execute("CREATE TABLE t (a int)", "INSERT INTO t VALUES (1)")
    reader = source(database_server)
    (part,) = await reader.parts("t")

    for _ in range(3):
        assert len([batch async for batch in reader.rows("t", part)]) == 1
        assert database_server.kill() == 1
    await reader.aclose()


async def test_a_connection_killed_while_it_reads_is_told_and_the_next_reading_is_well(database_server: Server) -> None:
    database_server.execute("CREATE TABLE t (a int)", "INSERT INTO t VALUES (1)")
    many = SqlDataset(query=MANY[database_server.engine].format(count=200_000))
    reader = source(database_server, 10, many=many)
    (part,) = await reader.parts("many")
    (small,) = await reader.parts("t")
    batches = reader.rows("many", part)
    await anext(batches)
    database_server.kill()

    with pytest.raises(SourceUnavailable) as caught:
        async for _ in batches:
            pass

    assert caught.value.code == "SOURCE_UNREACHABLE"
    assert len([batch async for batch in reader.rows("t", small)]) == 1
    await reader.aclose()


async def test_readings_at_the_same_time_wait_for_a_place(database_server: Server) -> None:
    database_server.execute("CREATE TABLE t (a int)", "INSERT INTO t VALUES (1)")
    reader = source(database_server)
    (part,) = await reader.parts("t")

    async def one() -> int:
        return len([batch async for batch in reader.rows("t", part)])

    assert await asyncio.gather(*(one() for _ in range(20))) == [1] * 20
    await reader.aclose()


# -- what is told -----------------------------------------------------------------------------------------------------


async def test_a_missing_table_is_told_with_the_nearest(database_server: Server) -> None:
    database_server.execute("CREATE TABLE ta_anggaran (a int)", "CREATE TABLE ref_unit (a int)")

    near, far = await error_of(source(database_server), "ta_angaran"), await error_of(source(database_server), "zzz")

    assert (type(near), near.code) == (DatasetMissing, "TABLE_MISSING")
    assert near.params == {"table": "ta_angaran", "nearest": "ta_anggaran", "tables": "ref_unit, ta_anggaran"}
    assert (type(far), far.code) == (DatasetMissing, "TABLE_UNKNOWN")


async def test_a_wrong_query_is_told_in_the_words_of_the_database(database_server: Server) -> None:
    error = await error_of(source(database_server, t=SqlDataset(query="SELECT zzz FROM information_schema.tables")))

    assert (type(error), error.code) == (SourceBroken, "QUERY_FAILED")
    assert "zzz" in str(error.params["reason"])
    assert "information_schema" not in str(error)


async def test_a_person_in_the_words_of_the_database_is_masked() -> None:
    with database_on("postgresql") as server:  # which repeats the cell that it could not convert
        reader = source(server, t=SqlDataset(query="SELECT CAST('NIK 5204051203890001' AS int)"))

        error = await error_of(reader)

    assert (error.code, "5204051203890001" in str(error)) == ("QUERY_FAILED", False)


async def test_what_is_wrong_with_the_address_is_told(database_server: Server) -> None:
    here, free = database_server.address, _free_port()
    other = "mysql" if database_server.engine == "postgresql" else "postgresql"
    cases: list[tuple[URL, type[SourceError], str]] = [
        (here.set(port=free), SourceUnavailable, "DATABASE_AWAY"),
        (here.set(host="tidak-ada.invalid"), SourceUnavailable, "DATABASE_AWAY"),
        (here.set(database="tidak_ada"), DatasetMissing, "DATABASE_UNKNOWN"),
        (here.set(username="tidak_ada", password="RahasiaSekali"), SourceAuth, "DATABASE_LOGIN"),
        # a server that waits for us to begin, while we wait for it
        (here.set(drivername=other), SourceTimeout, "SOURCE_TIMEOUT")
        if other == "mysql"
        else (here.set(drivername=other), SourceBroken, "NOT_THIS_ENGINE"),
    ]
    for address, kind, code in cases:
        reader = SqlSource(address.render_as_string(hide_password=False), {}, FOLDER, 3)

        error = await error_of(reader)

        assert (type(error), error.code) == (kind, code), (address, error, error.__cause__)
        assert "RahasiaSekali" not in f"{error!r} {error.__cause__!r} {error.params}"


async def test_a_user_without_rights_is_told(database_server: Server) -> None:
    name = f"simpul_{uuid.uuid4().hex[:8]}"
    database_server.execute("CREATE TABLE t (a int)", "CREATE TABLE u (a int PRIMARY KEY)", "INSERT INTO u VALUES (1)")
    if database_server.engine == "postgresql":
        made = [f"CREATE ROLE {name} LOGIN", f"GRANT SELECT ON u TO {name}"]
        gone = [f"DROP OWNED BY {name}", f"DROP ROLE {name}"]
    else:
        made = [f"CREATE USER {name}@'%' IDENTIFIED BY 'p@ss/w:rd'", f"GRANT SELECT ON u TO {name}@'%'"]
        gone = [f"DROP USER {name}@'%'"]
    database_server.execute(*made)
    try:
        address = database_server.address.set(username=name, password="p@ss/w:rd")
        reader = SqlSource(address.render_as_string(hide_password=False), {}, FOLDER, 3)

        assert await places(reader, "u") == ["1"]  # the key is found with no more than SELECT
        assert [found.name for found in await reader.describe()] == ["u"]
        forbidden = await error_of(reader, "t")
        if database_server.engine == "postgresql":
            assert (type(forbidden), forbidden.code) == (SourceForbidden, "DATABASE_FORBIDDEN")
        else:  # it does not even show such a table
            assert (type(forbidden), forbidden.code) == (DatasetMissing, "TABLE_UNKNOWN")
    finally:
        await reader.aclose()
        database_server.execute(*gone)


async def test_nothing_is_opened_before_it_is_needed(database_server: Server, proxy: Proxy) -> None:
    reader = through(proxy, database_server, 5)
    await asyncio.sleep(0.1)
    assert proxy.open() == 0

    await reader.describe()
    assert proxy.open() >= 1
    await reader.aclose()
    await asyncio.sleep(0.1)
    assert proxy.open() == 0


async def test_a_reading_that_somebody_forgot_is_closed_too(database_server: Server, proxy: Proxy) -> None:
    reader = through(proxy, database_server, 5)
    (part,) = await reader.parts("t")
    forgotten = reader.rows("t", part)
    await anext(forgotten)

    await reader.aclose()
    await asyncio.sleep(0.1)

    assert proxy.open() == 0
    with pytest.raises(SourceUnavailable):  # and never an end in silence
        await anext(forgotten)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])
