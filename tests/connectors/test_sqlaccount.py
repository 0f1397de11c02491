"""What an account may do: found without doing it, and held against the server itself, which is asked to do it."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import aiomysql
import asyncpg
import pytest

from connectors.sql import SqlDataset, SqlSource
from connectors.sqlaccount import Account, names_in
from connectors.sqlquery import MYSQL, POSTGRES
from tests.servers import Server, account_on, apart, database_on

TABLES = {
    "postgresql": (
        "CREATE SCHEMA keuangan",
        "CREATE TABLE keuangan.ta_rincian (id serial PRIMARY KEY, pagu numeric)",
        "INSERT INTO keuangan.ta_rincian (pagu) VALUES (1), (2)",
        'CREATE VIEW keuangan."Rekap Pagu" AS SELECT sum(pagu) AS pagu FROM keuangan.ta_rincian',
        "CREATE TABLE lain (a int)",
        "REVOKE CREATE ON SCHEMA public FROM PUBLIC",
    ),
    "mariadb": (
        "CREATE TABLE ta_rincian (id int PRIMARY KEY AUTO_INCREMENT, pagu decimal(20, 2))",
        "INSERT INTO ta_rincian (pagu) VALUES (1), (2)",
        "CREATE VIEW `Rekap Pagu` AS SELECT sum(pagu) AS pagu FROM ta_rincian",
        "CREATE TABLE lain (a int)",
    ),
}
TRIES = {
    "postgresql": (
        "INSERT INTO keuangan.ta_rincian (pagu) VALUES (3)",
        "UPDATE keuangan.ta_rincian SET pagu = 0",
        "DELETE FROM keuangan.ta_rincian",
        "TRUNCATE keuangan.ta_rincian",
        "SELECT * FROM keuangan.ta_rincian FOR UPDATE",
        "SELECT nextval('keuangan.ta_rincian_id_seq')",
        "CREATE TABLE keuangan.baru (a int)",
        "DROP TABLE keuangan.ta_rincian CASCADE",
        "COPY (SELECT 1) TO PROGRAM 'cat > /dev/null'",
        "SELECT pg_read_file('/etc/hostname')",
    ),
    "mariadb": (
        "INSERT INTO ta_rincian (pagu) VALUES (3)",
        "UPDATE ta_rincian SET pagu = 0",
        "DELETE FROM ta_rincian",
        "CREATE TABLE baru (a int)",
        "ALTER TABLE ta_rincian COMMENT 'x'",
    ),
}
USAGE = "GRANT USAGE ON SCHEMA keuangan TO {user}"
SELECT = "GRANT SELECT ON keuangan.ta_rincian TO {user}"


async def account_of(server: Server, **datasets: SqlDataset) -> Account:
    table = "keuangan.ta_rincian" if server.engine == "postgresql" else "ta_rincian"
    reader = SqlSource(server.url, datasets or {"rincian": SqlDataset(table)}, Path(), 10)
    try:
        found = await reader.account(datasets or ["rincian"])
    finally:
        await reader.aclose()
    assert found is not None
    return found


def allowed(server: Server) -> set[str]:
    """What the server really lets the account do, each rolled back. Where there are no transactions, nothing is left either,
    because each test has a database of its own."""

    async def attempt() -> set[str]:
        done: set[str] = set()
        address = server.address
        place: dict[str, Any] = {"host": address.host, "port": address.port, "user": address.username}
        for statement in TRIES[server.engine]:
            if server.engine == "postgresql":
                db = await asyncpg.connect(**place, database=address.database)
                with suppress(asyncpg.PostgresError):
                    await db.execute(f"BEGIN; {statement}; ROLLBACK")
                    done.add(statement.split()[0])
                await db.close()
            else:
                maria = await aiomysql.connect(**place, db=address.database)
                cursor = await maria.cursor()
                with suppress(aiomysql.MySQLError):
                    await cursor.execute(statement)
                    done.add(statement.split()[0])
                await maria.rollback()
                await maria.ensure_closed()
        return done

    return apart(attempt)


def state(server: Server) -> str:
    """All that a write could have changed."""
    if server.engine == "postgresql":
        return str(
            server.ask(
                "SELECT (SELECT string_agg(t::text, ';') FROM keuangan.ta_rincian t)"
                " || (SELECT last_value || ':' || is_called FROM keuangan.ta_rincian_id_seq)"
                " || (SELECT string_agg(relname, ',' ORDER BY relname) FROM pg_class WHERE relname !~ '^pg_')"
            )
        )
    checksum = "SELECT group_concat(concat(table_name, coalesce(auto_increment, '')) ORDER BY 1) FROM information_schema.tables"
    tables = server.ask(f"{checksum} WHERE table_schema = database()")
    return f"{tables} {server.ask('SELECT group_concat(id, pagu) FROM ta_rincian')}"


@pytest.fixture
def postgres() -> Iterator[Server]:
    with database_on("postgresql") as server:
        yield server


@pytest.fixture
def mariadb() -> Iterator[Server]:
    with database_on("mariadb") as server:
        yield server


@pytest.fixture
def finance(database_server: Server) -> Server:
    database_server.execute(*TABLES[database_server.engine])
    return database_server


async def test_an_account_with_the_grants_that_are_told_may_only_read(finance: Server) -> None:
    view = 'keuangan."Rekap Pagu"' if finance.engine == "postgresql" else "`Rekap Pagu`"
    datasets = {
        "rincian": SqlDataset("keuangan.ta_rincian" if finance.engine == "postgresql" else "ta_rincian"),
        "rekap": SqlDataset(query=f"SELECT pagu FROM {view} WHERE 'FROM lain' <> ''"),
    }
    told = await account_of(finance, **datasets)
    name = f"simpul_{uuid.uuid4().hex[:12]}"
    finance.execute(*(statement.replace("simpul_baca", name) for statement in told.grants))
    made = Server(finance.engine, finance.address.set(username=name, password="A-LONG-PASSWORD"))
    try:
        before = state(finance)
        found = await account_of(made, **datasets)

        assert (found.more, found.lacking) == ((), ())
        assert sum("SELECT" in statement for statement in told.grants) == 2
        assert not any("lain" in statement for statement in told.grants)
        assert state(finance) == before
        reader = SqlSource(made.url, datasets, Path(), 10)
        for dataset in datasets:
            (part,) = await reader.parts(dataset)
            assert [batch async for batch in reader.rows(dataset, part)]
        await reader.aclose()
    finally:
        gone = (
            [f"DROP OWNED BY {name}", f"DROP ROLE {name}"] if finance.engine == "postgresql" else [f"DROP USER {name}"]
        )
        finance.execute(*gone)


POSTGRES_RIGHTS: Sequence[tuple[str, Sequence[str], str, set[str], Sequence[str]]] = [
    ("only reads", (), "", set(), ()),
    (
        "writes a column",
        ("GRANT UPDATE (pagu) ON keuangan.ta_rincian TO {user}",),
        "",
        {"UPDATE", "SELECT"},
        ("UPDATE", "FOR UPDATE"),
    ),
    ("writes elsewhere", ("GRANT INSERT ON lain TO {user}",), "", set(), ("INSERT public.lain",)),
    ("owns", ("ALTER TABLE keuangan.ta_rincian OWNER TO {user}",), "", {"INSERT", "DROP"}, ("OWNER",)),
    ("counts", ("GRANT USAGE ON SEQUENCE keuangan.ta_rincian_id_seq TO {user}",), "", {"SELECT"}, ("nextval",)),
    ("makes tables", ("GRANT CREATE ON SCHEMA keuangan TO {user}",), "", {"CREATE"}, ("CREATE SCHEMA keuangan",)),
    ("writes all", ("GRANT pg_write_all_data TO {user}",), "", {"DELETE"}, ("INSERT", "DELETE", "UPDATE")),
    ("runs programs", ("GRANT pg_execute_server_program TO {user}",), "", {"COPY"}, ("COPY TO PROGRAM",)),
    (
        "reads files",
        ("GRANT pg_read_server_files TO {user}", "GRANT EXECUTE ON FUNCTION pg_read_file(text) TO {user}"),
        "",
        {"SELECT"},
        ("COPY FROM FILE", "pg_read_file"),
    ),
    ("becomes another", ("GRANT pg_write_all_data TO {user}",), "NOINHERIT", set(), ("SET ROLE pg_write_all_data",)),
    ("makes roles", (), "CREATEROLE", set(), ("CREATEROLE",)),
    ("may all", (), "SUPERUSER", {"COPY", "DROP", "SELECT"}, ("SUPERUSER", "COPY TO PROGRAM", "pg_read_file")),
    (
        "acts for the owner",
        (
            "CREATE FUNCTION keuangan.hapus() RETURNS void SECURITY DEFINER LANGUAGE sql"
            " AS 'DELETE FROM keuangan.ta_rincian'",
        ),
        "",
        set(),
        ("SECURITY DEFINER keuangan.hapus()",),
    ),
]


@pytest.mark.parametrize(
    ("rights", "options", "does", "told"), [case[1:] for case in POSTGRES_RIGHTS], ids=[c[0] for c in POSTGRES_RIGHTS]
)
async def test_every_right_beyond_reading_is_found_in_postgresql(
    rights: Sequence[str], options: str, does: set[str], told: Sequence[str], postgres: Server
) -> None:
    postgres.execute(*TABLES["postgresql"])
    with account_on(postgres, USAGE, SELECT, *rights, options=options) as (_, account):
        before = state(postgres)
        found = await account_of(account)
        assert state(postgres) == before

        assert does <= allowed(account)
        assert bool(found.more) == bool(told)
        for right in told:
            assert any(one.startswith(right) for one in found.more), (right, found.more)
        if not told:
            assert allowed(account) == set()


MARIADB_RIGHTS: Sequence[tuple[str, Sequence[str], set[str], Sequence[str]]] = [
    ("only reads", (), set(), ()),
    ("reads columns", ("GRANT SELECT (id), SHOW VIEW ON ta_rincian TO {user}",), set(), ()),
    ("writes a column", ("GRANT UPDATE (pagu) ON ta_rincian TO {user}",), {"UPDATE"}, ("UPDATE",)),
    ("writes elsewhere", ("GRANT INSERT, DELETE ON lain TO {user}",), set(), ("INSERT", "DELETE")),
    ("may all here", ("GRANT ALL ON `{database}`.* TO {user}",), {"INSERT", "ALTER", "CREATE"}, ("ALL PRIVILEGES",)),
    ("reads files", ("GRANT FILE ON *.* TO {user}",), set(), ("FILE *.*",)),
    ("administers", ("GRANT SUPER, PROCESS ON *.* TO {user}",), set(), ("SUPER", "PROCESS")),
    ("gives on", ("GRANT SELECT ON ta_rincian TO {user} WITH GRANT OPTION",), set(), ("GRANT OPTION",)),
    ("has a role", ("GRANT DELETE ON ta_rincian TO {role}", "GRANT {role} TO {user}"), set(), ("DELETE",)),
    ("as everybody", ("GRANT INSERT ON ta_rincian TO PUBLIC",), {"INSERT"}, ("INSERT",)),
]


@pytest.mark.parametrize(
    ("rights", "does", "told"), [case[1:] for case in MARIADB_RIGHTS], ids=[c[0] for c in MARIADB_RIGHTS]
)
async def test_every_right_beyond_reading_is_found_in_mariadb(
    rights: Sequence[str], does: set[str], told: Sequence[str], mariadb: Server
) -> None:
    mariadb.execute(*TABLES["mariadb"])
    role = f"simpul_{uuid.uuid4().hex[:12]}"
    mariadb.execute(f"CREATE ROLE {role}")
    names = {"database": mariadb.address.database, "role": role, "user": "{user}"}
    written = [statement.format(**names) for statement in ("GRANT SELECT ON ta_rincian TO {user}", *rights)]
    try:
        with account_on(mariadb, *written) as (_, account):
            before = state(mariadb)
            found = await account_of(account)
            assert state(mariadb) == before

            assert does <= allowed(account)
            assert bool(found.more) == bool(told), found.more
            for right in told:
                assert any(one.startswith(right) for one in found.more), (right, found.more)
            if not told:
                assert allowed(account) == set()
    finally:
        mariadb.execute(
            f"DROP ROLE {role}", "REVOKE INSERT ON ta_rincian FROM PUBLIC" if "PUBLIC" in str(rights) else "DO 0"
        )


async def test_what_may_not_be_read_is_told_with_its_grants(postgres: Server) -> None:
    postgres.execute(*TABLES["postgresql"])
    with account_on(postgres) as (user, account):
        found = await account_of(account)

        assert (found.more, found.lacking) == ((), ("keuangan.ta_rincian",))
        postgres.execute(*found.granting)
        assert (await account_of(account)).lacking == ()
        assert all(user in statement for statement in found.granting)


async def test_the_server_of_the_tests_is_found_too() -> None:
    with database_on("mariadb") as server:
        server.execute(*TABLES["mariadb"])
        assert any("ALL PRIVILEGES" in one for one in (await account_of(server)).more)


def test_tables_of_a_select_are_found() -> None:
    query = """WITH a AS (SELECT 1) SELECT x FROM "Ta Rincian" r, keuangan . ref_unit -- FROM nothing
        LEFT JOIN (Ta_Kegiatan k) ON 'FROM text' = '' WHERE b IN (SELECT y FROM c)"""
    assert names_in(query, POSTGRES) == [
        "Ta Rincian",
        "ta rincian",
        "keuangan.ref_unit",
        "Ta_Kegiatan",
        "ta_kegiatan",
        "c",
    ]
    assert names_in("SELECT 1 FROM `a b`.`c`", MYSQL) == ["a b.c"]
