"""A database that dies, comes back, hangs, refuses or changes: with servers of the tests' own, which are killed for good."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import aiomysql
import asyncpg
import pytest

from tests.outages.conftest import Open
from tests.outages.office import SUITES, Office, Told, eventually, free_port, write_office
from tests.servers import apart

SUBJECT = """\
kind: sql
url: {url}
timeout: 2s
refresh: 1s
datasets:
  paket: {{table: paket, key: id}}
"""
ALL = "SIMPUL_FAULTS" in os.environ
NAMES = [f"t{number}" for number in range(20)]
DOWN = {"DATABASE_AWAY", "SOURCE_UNREACHABLE", "SOURCE_TIMEOUT", "SOURCE_RESTING"}


class Database:
    """A database server in a folder of its own. `kind` is what the suite calls it: pg or maria."""

    def __init__(self, kind: str, folder: Path, port: int) -> None:
        self.kind, self.folder, self.port = kind, folder, port

    @property
    def url(self) -> str:
        """Its address, as hub.yaml has it."""
        if self.kind == "pg":
            return f"postgresql://hub@127.0.0.1:{self.port}/postgres"
        return f"mariadb://root@127.0.0.1:{self.port}/kab"

    def do(self, verb: str) -> None:
        """Starts it, stops it, or kills it with all its processes."""
        command = ["bash", str(SUITES / "services.sh"), verb, self.kind, str(self.folder), str(self.port)]
        subprocess.run(command, check=True, timeout=120, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)

    def run(self, *statements: str) -> None:
        """Runs statements as the owner."""
        apart(lambda: self._run(statements))

    async def _run(self, statements: tuple[str, ...]) -> None:
        if self.kind == "pg":
            one = await asyncpg.connect(self.url, timeout=20)
            for statement in statements:
                await one.execute(statement)
            await one.close()
            return
        other = await aiomysql.connect(host="127.0.0.1", port=self.port, user="root", autocommit=True)
        async with other.cursor() as cursor:
            if not await cursor.execute("SHOW DATABASES LIKE 'kab'"):
                await cursor.execute("CREATE DATABASE kab")
            await cursor.execute("USE kab")
            for statement in statements:
                await cursor.execute(statement)
        await other.ensure_closed()


@contextmanager
def started(kind: str, folder: Path) -> Iterator[Database]:
    needed = {"pg": "/usr/lib/postgresql", "maria": "/usr/sbin/mariadbd"}[kind]
    if not (SUITES / "services.sh").is_file() or not Path(needed).exists() or shutil.which("setpriv") is None:
        pytest.skip(
            "platform: no database server of one's own; install postgresql and mariadb-server, and have shared/"
        )
    database = Database(kind, folder, free_port())
    database.do("start")
    try:
        values = ", ".join(f"({number}, '{name}')" for number, name in enumerate(NAMES))
        database.run("CREATE TABLE paket (id int PRIMARY KEY, title varchar(50))", f"INSERT INTO paket VALUES {values}")
        yield database
    finally:
        subprocess.run(
            ["bash", str(SUITES / "services.sh"), "kill9", kind, str(folder), str(database.port)],
            check=False,
            timeout=60,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )


@pytest.fixture(scope="module", params=["pg", "maria"] if ALL else ["pg"])
def database(request: pytest.FixtureRequest) -> Iterator[Database]:
    # not below pytest's own folder: the server runs as a user who may not go there
    folder = Path("/tmp") / f"simpul-{request.param}-{os.getpid()}"
    shutil.rmtree(folder, ignore_errors=True)
    with started(request.param, folder) as found:
        yield found
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def office(database: Database, opened: Open, tmp_path_factory: pytest.TempPathFactory) -> Office:
    folder = tmp_path_factory.mktemp("databases") / "hub"
    return opened(write_office(folder, SUBJECT.format(url=database.url), "paket"))


def test_a_server_that_is_killed_costs_nothing_that_was_read_and_heals_when_it_is_back(
    office: Office, database: Database
) -> None:
    office.well()
    before, handles = office.tell(), office.handles()
    assert sorted(map(str, office.names())) == sorted(NAMES)
    database.do("kill9")
    office.holds(before, DOWN)
    database.do("start")
    office.well()

    assert office.tell() == before
    assert office.handles() <= handles + 4


def test_restarts_one_after_the_other_never_give_a_wrong_answer(office: Office, database: Database) -> None:
    office.well()
    for _ in range(5 if ALL else 1):
        database.do("kill9")
        assert sorted(map(str, office.names())) == sorted(NAMES)
        database.do("start")
        assert sorted(map(str, office.names())) == sorted(NAMES)
    office.well()

    assert office.tell().sources == []


def test_a_table_that_was_changed_is_told_and_no_record_is_lost(office: Office, database: Database) -> None:
    office.well()
    before = office.tell()
    # a table of which no row has changed need not be read again
    database.run("ALTER TABLE paket RENAME COLUMN title TO judul", "UPDATE paket SET judul = 't00' WHERE id = 0")
    eventually(lambda: set(office.names()) == {None})  # what can be taken is taken, unless `contract: freeze`
    without = office.tell()
    database.run("ALTER TABLE paket RENAME COLUMN judul TO title", "UPDATE paket SET title = 't0' WHERE id = 0")
    eventually(lambda: office.tell() == before)
    database.run("ALTER TABLE paket RENAME TO lama")
    office.holds(before, {"TABLE_MISSING", "TABLE_UNKNOWN", "QUERY_FAILED"})
    database.run("ALTER TABLE lama RENAME TO paket")
    office.well()

    assert (without.projects["totalCount"], without.proposals) == (len(NAMES), before.proposals)
    assert office.tell() == before


@pytest.mark.parametrize("left", [0, 5])
def test_a_table_that_has_lost_too_many_rows_is_not_taken(office: Office, database: Database, left: int) -> None:
    office.well()
    before = office.tell()
    database.run("CREATE TABLE aside AS SELECT * FROM paket", f"DELETE FROM paket WHERE id >= {left}")
    office.holds(before, {"SHRINK_GUARD"})
    database.run("DELETE FROM paket", "INSERT INTO paket SELECT * FROM aside", "DROP TABLE aside")
    office.well()

    assert office.tell() == before


def test_a_lock_is_waited_for_no_longer_than_a_batch_may_take(office: Office, database: Database) -> None:
    office.well()
    before = office.tell()
    apart(lambda: hold(database, office, before))
    office.well()

    assert office.tell() == before


async def hold(database: Database, office: Office, before: Told) -> None:
    """Keeps the table locked until the hub has said that it waits in vain."""
    if database.kind == "pg":
        one = await asyncpg.connect(database.url)
        await one.execute("BEGIN; LOCK TABLE paket IN ACCESS EXCLUSIVE MODE")
        await asyncio.to_thread(office.holds, before, {"SOURCE_TIMEOUT", "SOURCE_BUSY"})
        await one.close()
        return
    other = await aiomysql.connect(host="127.0.0.1", port=database.port, user="root", db="kab")
    async with other.cursor() as cursor:
        await cursor.execute("LOCK TABLES paket WRITE")
    await asyncio.to_thread(office.holds, before, {"SOURCE_TIMEOUT", "SOURCE_BUSY"})
    await other.ensure_closed()


def test_a_wrong_password_is_not_tried_again_and_again(database: Database, opened: Open, tmp_path: Path) -> None:
    user, name = (
        ("nobody", "postgres") if database.kind == "pg" else ("root", "kab")
    )  # the first trusts all whom it knows
    scheme = "postgresql" if database.kind == "pg" else "mariadb"
    url = f"{scheme}://{user}:${{WRONG}}@127.0.0.1:{database.port}/{name}"
    folder = write_office(tmp_path / "hub", SUBJECT.format(url=url), "paket")
    (folder / "secrets.env").write_text("WRONG=keliru-benar\n", encoding="utf-8")
    office = opened(folder)
    eventually(lambda: office.standing()["breaker"] == "OPEN")

    assert office.standing()["state"] == "UNAVAILABLE"
    assert "keliru-benar" not in office.running.log.read_text(encoding="utf-8")
    assert office.running.log.read_text(encoding="utf-8").count("subject: ") == 1
