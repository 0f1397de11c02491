"""A database that nobody has described: what is in it is told, and drafted into hub.yaml."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.servers import Server, account_on, database_on

SIMDA = (
    "CREATE TABLE ref_unit (kd_urusan int, kd_bidang int, kd_unit int, nm_unit varchar(80),"
    " PRIMARY KEY (kd_urusan, kd_bidang, kd_unit))",
    "CREATE TABLE ref_urusan (kd_urusan int PRIMARY KEY, nm_urusan varchar(80))",
    "CREATE TABLE ta_kegiatan (tahun int, kd_urusan int, kd_bidang int, kd_unit int, kd_keg int, ket_kegiatan varchar(200),"
    " pagu decimal(20, 2), PRIMARY KEY (tahun, kd_urusan, kd_bidang, kd_unit, kd_keg))",
    "CREATE TABLE kontrak (id int PRIMARY KEY, nomor varchar(40), tanggal date, nik varchar(16))",
    "CREATE TABLE termin (id int PRIMARY KEY, kontrak_id int, persen decimal(5, 2), vendor_id int)",
    "CREATE TABLE vendor (id int PRIMARY KEY, nama varchar(80))",
    "CREATE TABLE spj (nomor varchar(9) PRIMARY KEY, kontrak int, FOREIGN KEY (kontrak) REFERENCES kontrak (id))",
    "CREATE VIEW rekap AS SELECT count(*) AS banyak FROM kontrak",
    "INSERT INTO ref_urusan VALUES (1, 'Wajib'), (2, 'Pilihan')",
    "INSERT INTO ref_unit VALUES (1, 1, 1, 'Dinas Pendidikan'), (1, 2, 1, 'Dinas Kesehatan'), (2, 1, 1, 'Dinas Pertanian')",
    "INSERT INTO ta_kegiatan VALUES (2026, 1, 1, 1, 1, 'Rehab', 124438680083.00), (2026, 1, 2, 1, 1, 'Rehab', 500),"
    " (2026, 2, 1, 1, 1, 'Pupuk', 7)",
    "INSERT INTO kontrak VALUES (1, '027/1', '2026-01-02', '5204010101700001'), (2, '027/2', '2026-01-03', NULL)",
    "INSERT INTO vendor VALUES (900, 'CV Sinar')",
    "INSERT INTO termin VALUES (1, 1, 30, 17), (2, 1, 70, 18), (3, 2, 100, 19)",
    "INSERT INTO spj VALUES ('09/A/2', 1)",
)


@pytest.fixture(params=["postgresql", "mariadb", "sqlite"])
def simda(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, Server | None]]:
    if request.param == "sqlite":
        with sqlite3.connect(tmp_path / "simda.db") as db:
            for statement in SIMDA:
                db.execute(statement)
        db.close()
        yield "sqlite:///simda.db", None
        return
    with database_on(request.param) as server:
        server.execute(*SIMDA)
        yield server.url, server


def test_a_database_is_told(simpul: Callable[..., Any], tmp_path: Path, simda: tuple[str, Server | None]) -> None:
    url, _ = simda
    said = simpul(tmp_path, "inspect", url, "--json")
    assert (said.code, said.err) == (0, "")
    found = json.loads(said.out)
    tables = {table["table"]: table for table in found["tables"]}

    assert found["systems"] == ["SIMDA"]
    assert {name: table["row_count"] for name, table in tables.items()} == {
        "kontrak": 2,
        "ref_unit": 3,
        "ref_urusan": 2,
        "rekap": 1,
        "spj": 1,
        "ta_kegiatan": 3,
        "termin": 3,
        "vendor": 1,
    }
    assert [name for name, table in tables.items() if table["view"]] == ["rekap"]
    assert tables["ta_kegiatan"]["key"] == ["tahun", "kd_urusan", "kd_bidang", "kd_unit", "kd_keg"]
    types = {column["name"]: column["type"] for table in tables.values() for column in table["columns"]}
    assert (types["kd_keg"], types["nm_unit"]) == ("code", "text")
    if url.startswith("sqlite"):
        assert all(column["declared"] is None for table in tables.values() for column in table["columns"])
    else:
        assert (types["pagu"], types["tanggal"], types["persen"]) == ("money", "date", "decimal")
    assert "5204010101700001" not in said.out

    def tied(name: str) -> list[tuple[list[str], str, bool]]:
        return [(one["columns"], one["table"], one["declared"]) for one in tables[name]["relations"]]

    assert tied("ta_kegiatan") == [(["kd_urusan", "kd_bidang", "kd_unit"], "ref_unit", False)]
    assert tied("ref_unit") == [(["kd_urusan"], "ref_urusan", False)]
    assert tied("termin") == [(["kontrak_id"], "kontrak", False)]  # no vendor of those numbers is there
    assert tied("spj") == [(["kontrak"], "kontrak", True)]


def test_a_database_is_drafted_and_read(
    simpul: Callable[..., Any], tmp_path: Path, simda: tuple[str, Server | None]
) -> None:
    url, server = simda
    added = simpul(tmp_path, "add", url, "--yes", "--lang", "en", "--table", "ta_kegiatan", "--table", "kontrak")
    assert added.code == 0, added.err
    written = (tmp_path / "hub.yaml").read_text(encoding="utf-8")
    assert "key: [tahun, kdUrusan, kdBidang, kdUnit, kdKeg]" in written
    assert "sensitive: true" in written  # a NIK

    assert simpul(tmp_path, "sync").code == 0
    question = re.findall(r"echo '(.*)' \| simpul query", added.out)[0]
    assert json.loads(simpul(tmp_path, "query", "-", stdin=question).out)["data"]["taKegiatans"]["totalCount"] == 3
    checked = simpul(tmp_path, "check")
    assert checked.code == (0 if server is None else 1)  # the servers of the tests are asked by their owner


def test_a_password_goes_into_the_secrets(simpul: Callable[..., Any], tmp_path: Path) -> None:
    with database_on("mariadb") as server:
        server.execute(*SIMDA)
        password = "p@ss/w:rd#%?&"
        rights = ["ALTER USER {user} IDENTIFIED BY '" + password + "'", "GRANT SELECT ON kontrak TO {user}"]
        with account_on(server, *rights) as (_, account):
            url = account.address.set(password=password).render_as_string(hide_password=False)
            (tmp_path / "secrets.env").write_text("LAIN=x", encoding="utf-8")
            added = simpul(tmp_path, "add", url, "--yes")
            assert added.code == 0, added.err
            name = f"{server.address.database}_PASSWORD".upper()
            assert f":${{{name}}}@" in (tmp_path / "hub.yaml").read_text(encoding="utf-8")
            assert (tmp_path / "secrets.env").read_text(encoding="utf-8") == f"LAIN=x\n{name}={password}\n"
            assert password not in added.out + added.err + (tmp_path / "hub.yaml").read_text(encoding="utf-8")
            assert (simpul(tmp_path, "check").code, simpul(tmp_path, "sync").code) == (0, 0)


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("postgresql://127.0.0.1", "no address of a database"),
        ("sqlite:///tidak-ada.db", "tidak-ada.db"),
        ("mysql://x@127.0.0.1:1/simda", "no database answers there"),
    ],
)
def test_what_can_not_be_asked_is_told(simpul: Callable[..., Any], tmp_path: Path, url: str, told: str) -> None:
    for command in (["inspect", url, "--lang", "en"], ["add", url, "--lang", "en", "--yes"]):
        said = simpul(tmp_path, *command)
        assert said.code == 1
        assert told in said.err
    assert not (tmp_path / "hub.yaml").exists()


def test_a_table_that_is_not_there_is_told(simpul: Callable[..., Any], tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "a.db") as db:
        db.execute("CREATE TABLE satu (a int)")
    db.close()
    said = simpul(tmp_path, "add", "sqlite:///a.db", "--table", "dua", "--lang", "en")
    assert (said.code, said.err) == (1, "There is no table dua. Tables there: satu.\n")
    assert simpul(tmp_path, "add", "sqlite:///a.db", "--lang", "en").err.startswith("No table there holds anything")


@pytest.mark.parametrize(("guide", "language"), [("connect-a-database.md", "en"), ("connect-a-database.id.md", "id")])
def test_the_guide_shows_what_is_said(simpul: Callable[..., Any], tmp_path: Path, guide: str, language: str) -> None:
    page = (Path(__file__).parents[2] / "docs" / guide).read_text(encoding="utf-8")
    with database_on("mariadb") as server:
        server.execute(*SIMDA)
        said = simpul(tmp_path, "inspect", server.url, "--lang", language).out
    lines = [line.rstrip() for line in said.splitlines()]
    start = next(number for number, line in enumerate(lines) if line.startswith("› ref_unit"))
    shown = page[page.index("    › ref_unit") :].split("\n\n")[0]
    assert [line.removeprefix("    ") for line in shown.splitlines()] == lines[start : start + 7]
