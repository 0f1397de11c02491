"""A database on a server from hub.yaml to an answer, as an operator does it."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import textwrap
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from config.load import check_config
from schema.catalogue import describe
from tests.servers import Server, account_on, database_on

HUB = """
name: Kabupaten Uji
language: en
sources:
  finance:
    kind: sql
    engine: {engine}
    host: {host}
    port: {port}
    database: {database}
    user: {user}
    password: ${{FINANCE_PASSWORD}}
    allowOwner: true
    datasets:
      anggaran:
        table: ta rincian
entities:
  Position:
    from: finance.anggaran
    key: [code]
    fields:
      code: kode
      ceiling:
        column: pagu
        type: money
      since:
        column: sejak
        type: date
"""
QUESTION = (
    "{ positions { totalCount nodes { code ceiling since provenance { locator } } aggregate { sum { ceiling } } } }"
)


def test_a_server_is_checked_synced_and_asked(
    simpul: Callable[..., Any], tmp_path: Path, database_server: Server
) -> None:
    quote = '"' if database_server.engine == "postgresql" else "`"
    database_server.execute(
        f"CREATE TABLE {quote}ta rincian{quote} (kode varchar(20) PRIMARY KEY, pagu decimal(20, 2), sejak date)",
        f"INSERT INTO {quote}ta rincian{quote} VALUES ('5.1', 124438680083.03, '2026-01-07'), ('5.10', 0.01, NULL)",
    )
    address = database_server.address
    hub = HUB.format(
        engine=database_server.engine,
        host=address.host,
        port=address.port,
        database=address.database,
        user=address.username,
    )
    (tmp_path / "hub.yaml").write_text(hub, encoding="utf-8")
    (tmp_path / "secrets.env").write_text(f"FINANCE_PASSWORD={address.password or ''}\n", encoding="utf-8")

    checked, synced = simpul(tmp_path, "check"), simpul(tmp_path, "sync")
    asked = simpul(tmp_path, "query", "-", stdin=QUESTION)

    assert (checked.code, synced.code, asked.code) == (0, 0, 0), (checked.err, synced.err, asked.err)
    found = json.loads(asked.out)["data"]["positions"]
    assert found["totalCount"] == 2
    assert found["aggregate"]["sum"]["ceiling"] == "124438680083.04"
    assert found["nodes"][0] == {
        "code": "5.1",
        "ceiling": "124438680083.03",
        "since": "2026-01-07",
        "provenance": {"locator": "ta rincian › 5.1"},
    }


def test_check_proves_that_the_account_only_reads(
    simpul: Callable[..., Any], tmp_path: Path, database_server: Server
) -> None:
    quote = '"' if database_server.engine == "postgresql" else "`"
    table = f"{quote}ta rincian{quote}"
    database_server.execute(
        f"CREATE TABLE {table} (kode varchar(20) PRIMARY KEY, pagu decimal(20, 2), sejak date)",
        f"INSERT INTO {table} VALUES ('5.1', 124438680083.03, '2026-01-07')",
    )
    (tmp_path / "secrets.env").write_text("FINANCE_PASSWORD=\n", encoding="utf-8")

    def check(user: str | None, *more: str) -> Any:
        address = database_server.address
        place = {"host": address.host, "port": address.port, "database": address.database, "user": user}
        hub = HUB.format(engine=database_server.engine, **place).replace("    allowOwner: true\n", "".join(more))
        (tmp_path / "hub.yaml").write_text(hub, encoding="utf-8")
        return simpul(tmp_path, "check")

    owner = database_server.address.username
    warned = check(owner)
    assert warned.code == 1
    assert "may do more than read" in warned.err
    assert re.search(rf"GRANT SELECT ON \S+\.{re.escape(table)} TO ", warned.err)
    assert check(owner, "    allowOwner: true\n").code == 0
    with account_on(database_server, f"GRANT SELECT ON {table} TO {{user}}") as (_, account):
        proven = check(account.address.username)
    assert (proven.code, proven.err) == (0, "")
    assert "may only read" in proven.out
    if database_server.engine == "postgresql":
        with account_on(database_server) as (user, account):
            lacking = check(account.address.username)
        assert f'GRANT SELECT ON public."ta rincian" TO {user};' in lacking.err


def dump(server: Server) -> str:
    """All that stands in a database and how."""
    address = server.address
    if server.engine == "postgresql":
        place = ["-h", str(address.host), "-p", str(address.port), "-U", str(address.username), str(address.database)]
        command = ["pg_dump", *place]
    else:
        place = ["-h", str(address.host), "-P", str(address.port), "-u", str(address.username), str(address.database)]
        command = ["mariadb-dump", "--skip-dump-date", "--routines", *place]
    if shutil.which(command[0]) is None:
        pytest.skip(f"platform: {command[0]} is not on this machine")
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return "\n".join(line for line in said.splitlines() if "restrict" not in line)  # a new token each time


def test_nothing_that_the_hub_does_changes_a_database(
    simpul: Callable[..., Any], tmp_path: Path, database_server: Server
) -> None:
    quote = '"' if database_server.engine == "postgresql" else "`"
    table = f"{quote}ta rincian{quote}"
    identity = "serial" if database_server.engine == "postgresql" else "int AUTO_INCREMENT UNIQUE"
    database_server.execute(
        f"CREATE TABLE {table} (kode varchar(20) PRIMARY KEY, pagu decimal(20, 2), sejak date, no {identity})",
        f"INSERT INTO {table} (kode, pagu) VALUES ('5.1', 1), ('5.2', 2)",
    )
    address = database_server.address
    place = {"host": address.host, "port": address.port, "database": address.database, "user": address.username}
    (tmp_path / "hub.yaml").write_text(HUB.format(engine=database_server.engine, **place), encoding="utf-8")
    (tmp_path / "secrets.env").write_text("FINANCE_PASSWORD=\n", encoding="utf-8")
    before = dump(database_server)

    assert simpul(tmp_path, "sync").code == 0
    (tmp_path / "hub.yaml").write_text(  # now the account is looked at too
        HUB.format(engine=database_server.engine, **place).replace("    allowOwner: true\n", ""), encoding="utf-8"
    )
    assert simpul(tmp_path, "check").code == 1
    assert simpul(tmp_path, "query", "-", stdin=QUESTION).code == 0

    assert dump(database_server) == before
    database_server.execute(f"UPDATE {table} SET pagu = 3 WHERE kode = '5.1'")
    assert dump(database_server) != before  # it sees what there is to see


@pytest.mark.parametrize("parts", ["", ", parts: 10"])
def test_a_table_is_synced_again_only_where_it_changed(
    simpul: Callable[..., Any], tmp_path: Path, database_server: Server, parts: str
) -> None:
    numbers = (
        "generate_series(1, 95) n" if database_server.engine == "postgresql" else "(SELECT seq AS n FROM seq_1_to_95) n"
    )
    database_server.execute(
        "CREATE TABLE rincian (kode int PRIMARY KEY, pagu decimal(20, 2), sejak date)",
        f"INSERT INTO rincian SELECT n, n, NULL FROM {numbers}",
    )
    address = database_server.address
    place = {"host": address.host, "port": address.port, "database": address.database, "user": address.username}
    hub = HUB.format(engine=database_server.engine, **place)
    hub = hub.replace("      anggaran:\n        table: ta rincian\n", f"      anggaran: {{table: rincian{parts}}}\n")
    (tmp_path / "hub.yaml").write_text(hub, encoding="utf-8")
    (tmp_path / "secrets.env").write_text("FINANCE_PASSWORD=\n", encoding="utf-8")

    def synced() -> list[int]:
        """Records, added, changed, removed."""
        said = simpul(tmp_path, "sync")
        assert said.code == 0, said.err
        _, head, row, *_ = said.out.splitlines()
        numbers = dict(zip(head.replace("Set aside", "Aside").split(), row.split(), strict=True))
        return [int(numbers[name]) for name in ("Records", "Added", "Changed", "Removed")]

    def total() -> Any:
        said = json.loads(simpul(tmp_path, "query", "-", stdin=QUESTION).out)["data"]["positions"]
        return said["totalCount"], said["aggregate"]["sum"]["ceiling"]

    assert synced() == [95, 95, 0, 0]
    assert synced()[1:] == [0, 0, 0]
    database_server.execute(
        "UPDATE rincian SET pagu = pagu + 1 WHERE kode = 33",
        "DELETE FROM rincian WHERE kode BETWEEN 40 AND 49",  # all of a part
        "INSERT INTO rincian VALUES (500, 1, NULL)",
    )
    assert synced()[1:] == [1, 1, 10]
    assert total() == (86, f"{sum(range(1, 96)) - sum(range(40, 50)) + 2}")


GUIDES = ["connect-a-database.md", "connect-a-database.id.md"]


@pytest.mark.parametrize("guide", GUIDES)
def test_the_guide_says_what_happens(simpul: Callable[..., Any], tmp_path: Path, guide: str) -> None:
    page = (Path(__file__).parents[2] / "docs" / guide).read_text(encoding="utf-8")
    hub, *others = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    language = "id" if ".id." in guide else "en"
    with database_on("mariadb") as server:
        server.execute(
            "CREATE TABLE ta_rincian (kode varchar(30) PRIMARY KEY, uraian text, pagu decimal(18, 2),"
            " realisasi decimal(18, 2), tgl_dpa date)",
            "SET STATEMENT sql_mode = '' FOR INSERT INTO ta_rincian VALUES"
            " ('5.1.02.01.01', 'Belanja pemeliharaan jalan desa', 1250000000.00, 412500000.50, '2026-01-07'),"
            " ('5.1.02.01.02', 'Belanja air bersih', 350000000.00, 0, '2026-02-02'),"
            " ('5.2.04.01.01', 'Belanja modal jembatan', 2100000000.75, 630000000.00, '0000-00-00')",
        )
        address = server.address
        there = f"host: {address.host}\n    port: {address.port}\n    database: {address.database}"
        written = hub.replace("host: 10.1.2.3\n    database: simda_2026", there)
        name = f"simpul_{uuid.uuid4().hex[:12]}"
        (statements,) = re.findall(r"```sql\n(CREATE USER.*?)```", page, re.DOTALL)
        (password,) = re.findall(r"IDENTIFIED BY '(.*?)'", statements)
        for statement in statements.strip().rstrip(";").split(";\n"):
            server.execute(statement.replace("simpul_baca", name).replace("simda_2026", f"`{address.database}`"))
        (tmp_path / "hub.yaml").write_text(written.replace("user: simpul_baca", f"user: {name}"), "utf-8")
        (tmp_path / "secrets.env").write_text(f"FINANCE_PASSWORD={password}\n", encoding="utf-8")

        said = [simpul(tmp_path, command, "--lang", language).out for command in ("check", "sync")]
        said[0] = said[0].replace(f"{address.host}:{address.port}/{address.database}", "10.1.2.3/simda_2026")
        said[0] = said[0].replace(name, "simpul_baca")
        (question,) = re.findall(r"echo '(.*?)' \| simpul query", page)
        answer = simpul(tmp_path, "query", "-", stdin=question).out
        server.execute(f"DROP USER {name}@'%'")

    for line in "".join(said).splitlines():
        assert line.strip() in page
    assert answer.strip() in textwrap.dedent(page.partition("simpul query -\n")[2].partition("\n\n")[0])
    *others, dated = others
    (tmp_path / "hub.yaml").write_text(f"name: x\n{dated}", encoding="utf-8")
    assert check_config(tmp_path / "hub.yaml", describe(), {}) == ()
    assert len(others) == 2
    for more in others:
        again = more + hub[hub.index("entities:") :]
        (tmp_path / "hub.yaml").write_text(f"name: x\n{again}", encoding="utf-8")
        assert check_config(tmp_path / "hub.yaml", describe(), {}) == ()
