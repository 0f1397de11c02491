"""Drift: what was read is compared with what was agreed, told with a proposal, and let in or not as the contract says."""

from __future__ import annotations

import json
import sqlite3
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.hubs import RunSimpul, Serve
from tests.simpul.test_add import EN, Cells, ask, write_sheets
from tests.web import servers

HUB = """
name: Kabupaten Coba
language: en
sources:
  lra:
    kind: spreadsheet
    path: data/*.xlsx
    datasets:
      lra: OPTIONS
entities:
  Line:
    from: lra.lra
    key: [file, code]
    fields:
      code: {column: Kode, type: code}
      title: {column: Uraian, type: text}
      paid: {column: Realisasi, type: money}
      on: {column: Tanggal, type: date}
"""
HEAD = ("Kode", "Uraian", "Realisasi", "Tanggal")
LINES = "{ lines { nodes { code title paid on issues { code } provenance { freshness } } } }"
DRIFT = "{ sources { nodes { state drift { dataset part code column was now place proposal message } } } }"


def rows(head: tuple[str, ...] = HEAD, money: Any = None, day: Any = None) -> Cells:
    lines = [
        {
            "Kode": f"5.1.0{at}",
            "Uraian": f"Belanja {at}",
            "Realisasi": money(at) if money else at * 1_000_000,
            "Tanggal": day(at) if day else date(2026, 6, 12 + at),
        }
        for at in range(1, 6)
    ]
    return (head, *(tuple(line.get(name.split(" ")[0], f"x{at}") for name in head) for at, line in enumerate(lines)))


def hub(folder: Path, options: str = "{header: 1}") -> None:
    (folder / "hub.yaml").write_text(HUB.replace("OPTIONS", options), encoding="utf-8")


def drift(simpul: RunSimpul, folder: Path) -> list[dict[str, Any]]:
    ended = simpul(folder, "query", "-", env=EN, stdin=DRIFT)
    assert ended.code == 0, ended.err
    (source,) = json.loads(ended.out)["data"]["sources"]["nodes"]
    return [*source["drift"]]


def codes(found: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [(one["code"], one["column"]) for one in found]


def test_columns_that_change_places_are_found_by_name_and_told(simpul: RunSimpul, tmp_path: Path) -> None:
    hub(tmp_path)
    write_sheets(tmp_path / "data" / "a.xlsx", Sheet1=rows())
    before = ask(simpul, tmp_path, LINES)
    write_sheets(tmp_path / "data" / "a.xlsx", Sheet1=rows(("Tanggal", "Kode", "Uraian", "Realisasi")))

    assert ask(simpul, tmp_path, LINES) == before
    assert codes(drift(simpul, tmp_path)) == [("COLUMN_MOVED", "Tanggal")]
    assert "moved from D to A" in simpul(tmp_path, "check", env=EN).err
    assert simpul(tmp_path, "check", env=EN).code == 0


def test_a_mapped_column_that_is_renamed_keeps_the_old_records_and_tells_what_to_write(
    simpul: RunSimpul, tmp_path: Path
) -> None:
    hub(tmp_path)
    write_sheets(tmp_path / "data" / "a.xlsx", Sheet1=rows())
    before = ask(simpul, tmp_path, LINES)["lines"]["nodes"]
    write_sheets(tmp_path / "data" / "a.xlsx", Sheet1=rows(("Kode", "Uraian", "Realisasi (Rp)", "Tanggal")))

    ended = simpul(tmp_path, "sync", env=EN)

    assert ended.code == 1
    assert (
        "the column “Realisasi” seems to be called “Realisasi (Rp)” now. To take it so, write in hub.yaml below"
        in ended.err
    )
    (found,) = drift(simpul, tmp_path)
    assert (found["code"], found["place"], found["proposal"]) == (
        "COLUMN_RENAMED",
        "sources.lra.datasets.lra",
        "rename: {Realisasi (Rp): Realisasi}",
    )
    stale = simpul(tmp_path, "query", "-", env=EN, stdin=LINES)
    assert stale.out.count("STALE") >= 5
    assert all(str(line["paid"]) in stale.out for line in before)
    hub(tmp_path, f"{{header: 1, {found['proposal']}}}")
    assert ask(simpul, tmp_path, LINES)["lines"]["nodes"] == before
    assert drift(simpul, tmp_path) == []


def test_the_first_page_shows_what_to_write(simpul: RunSimpul, serve: Serve, tmp_path: Path) -> None:
    hub(tmp_path)
    write_sheets(tmp_path / "data" / "a.xlsx", Sheet1=rows())
    assert simpul(tmp_path, "sync", env=EN).code == 0
    write_sheets(tmp_path / "data" / "a.xlsx", Sheet1=rows((*HEAD, "Lokasi")))
    assert simpul(tmp_path, "sync", env=EN).code == 0

    page = httpx.get(serve(tmp_path).url + "/", headers={"Accept": "text/html"}, timeout=30).text

    assert "the column “Lokasi” is new" in page
    assert "write in hub.yaml below entities.Line.fields: lokasi: {column: Lokasi, type: text}" in page


def test_july_may_be_called_otherwise_than_june(simpul: RunSimpul, tmp_path: Path) -> None:
    hub(tmp_path)
    write_sheets(tmp_path / "data" / "mei.xlsx", Sheet1=rows())
    write_sheets(tmp_path / "data" / "juni.xlsx", Sheet1=rows())
    write_sheets(tmp_path / "data" / "juli.xlsx", Sheet1=rows(("Kode", "Uraian", "Realisasi Kas", "Tanggal")))

    assert simpul(tmp_path, "sync", env=EN).code == 1

    (found,) = drift(simpul, tmp_path)
    assert (found["part"], found["code"], found["now"]) == ("juli.xlsx › Sheet1", "COLUMN_RENAMED", "Realisasi Kas")
    hub(tmp_path, f"{{header: 1, {found['proposal']}}}")
    assert len(ask(simpul, tmp_path, LINES)["lines"]["nodes"]) == 15
    assert drift(simpul, tmp_path) == []


def test_a_new_column_is_proposed_and_one_without_use_that_is_gone_is_told(simpul: RunSimpul, tmp_path: Path) -> None:
    hub(tmp_path)
    write_sheets(tmp_path / "data" / "a.xlsx", Sheet1=rows((*HEAD, "Lokasi")))
    assert simpul(tmp_path, "sync", env=EN).code == 0
    write_sheets(tmp_path / "data" / "a.xlsx", Sheet1=rows(("Sisa Pagu 2026", *HEAD)))

    ended = simpul(tmp_path, "sync", env=EN)

    assert ended.code == 0
    found = drift(simpul, tmp_path)
    assert codes(found) == [("COLUMN_GONE", "Lokasi"), ("COLUMN_NEW", "Sisa Pagu 2026")]
    assert (found[1]["place"], found[1]["proposal"]) == (
        "entities.Line.fields",
        "sisaPagu2026: {column: Sisa Pagu 2026, type: text}",
    )
    assert simpul(tmp_path, "sync", "--force", env=EN).code == 0
    assert drift(simpul, tmp_path) == []


def test_a_column_that_stands_twice_is_not_guessed(simpul: RunSimpul, tmp_path: Path) -> None:
    hub(tmp_path)
    write_sheets(tmp_path / "data" / "a.xlsx", Sheet1=rows())
    before = ask(simpul, tmp_path, LINES)
    twice = rows(("Kode", "Uraian", "Realisasi", "Realisasi", "Tanggal"), money=lambda at: at * 7_000_000)
    write_sheets(tmp_path / "data" / "a.xlsx", Sheet1=twice)

    ended = simpul(tmp_path, "sync", env=EN)

    assert ended.code == 1
    assert "the column “Realisasi” stands twice now, also in D" in ended.err
    after = simpul(tmp_path, "query", "-", env=EN, stdin=LINES).out
    assert all(str(line["paid"]) in after for line in before["lines"]["nodes"])


def test_a_file_that_writes_text_where_others_write_numbers_is_told(simpul: RunSimpul, tmp_path: Path) -> None:
    hub(tmp_path)
    write_sheets(tmp_path / "data" / "a mei.xlsx", Sheet1=rows())
    write_sheets(tmp_path / "data" / "b juni.xlsx", Sheet1=rows())
    write_sheets(tmp_path / "data" / "c juli.xlsx", Sheet1=rows(money=lambda at: f"lihat lampiran {at}"))

    ended = simpul(tmp_path, "sync", env=EN)

    assert ended.code == 0
    assert "held money (100 % readable) and now mostly holds text" in ended.err
    assert codes(drift(simpul, tmp_path)) == [("COLUMN_RETYPED", "Realisasi")]
    nodes = ask(simpul, tmp_path, LINES)["lines"]["nodes"]
    assert [[one["code"] for one in node["issues"]] for node in nodes if node["paid"] is None] == [["NOT_A_NUMBER"]] * 5


def test_days_and_months_that_change_places_are_kept_out(simpul: RunSimpul, tmp_path: Path) -> None:
    hub(tmp_path)
    write_sheets(tmp_path / "data" / "a.xlsx", Sheet1=rows(day=lambda at: f"{12 + at}/06/2026"))
    before = ask(simpul, tmp_path, LINES)
    write_sheets(tmp_path / "data" / "a.xlsx", Sheet1=rows(day=lambda at: f"06/{10 + at}/2026"))

    ended = simpul(tmp_path, "sync", env=EN)

    assert ended.code == 1
    assert "were written D/M/Y and are written M/D/Y now" in ended.err
    after = simpul(tmp_path, "query", "-", env=EN, stdin=LINES).out
    assert all(str(line["on"]) in after for line in before["lines"]["nodes"])


@pytest.mark.parametrize("change", ["new", "gone", "text"])
def test_frozen_nothing_that_has_changed_is_let_in(simpul: RunSimpul, tmp_path: Path, change: str) -> None:
    hub(tmp_path, "{header: 1, contract: freeze}")
    write_sheets(tmp_path / "data" / "a.xlsx", Sheet1=rows((*HEAD, "Lokasi")))
    before = ask(simpul, tmp_path, LINES)["lines"]["nodes"]
    head = {"new": (*HEAD, "Lokasi", "Sisa"), "gone": HEAD, "text": (*HEAD, "Lokasi")}[change]
    money = (lambda at: f"lihat lampiran {at}") if change == "text" else (lambda at: at * 7_000_000)
    write_sheets(tmp_path / "data" / "a.xlsx", Sheet1=rows(head, money=money))

    ended = simpul(tmp_path, "sync", env=EN)

    assert ended.code == 1
    assert "its contract is freeze, so the old records stay" in ended.err
    after = simpul(tmp_path, "query", "-", env=EN, stdin=LINES).out
    assert all(str(line["paid"]) in after for line in before)
    assert after.count("STALE") >= 5
    assert simpul(tmp_path, "sync", "--force", env=EN).code == 0
    assert "STALE" not in simpul(tmp_path, "query", "-", env=EN, stdin=LINES).out
    assert drift(simpul, tmp_path) == []


def test_rows_that_do_not_hold_the_contract_are_rejected(simpul: RunSimpul, tmp_path: Path) -> None:
    hub(tmp_path, "{header: 1, contract: rejectRows}")
    write_sheets(tmp_path / "data" / "a.xlsx", Sheet1=rows(money=lambda at: "belum" if at == 3 else at * 1_000_000))

    found = ask(simpul, tmp_path, "{ lines { totalCount } rejects { nodes { code field rawValue cell } } }")

    assert found["lines"]["totalCount"] == 4
    assert found["rejects"]["nodes"] == [{"code": "NOT_A_NUMBER", "field": "paid", "rawValue": "belum", "cell": "C4"}]


def test_a_running_total_that_becomes_monthly_is_suspected_with_its_figures(simpul: RunSimpul, tmp_path: Path) -> None:
    hub(tmp_path)
    for number, month in enumerate(("januari", "februari", "maret"), 1):
        write_sheets(
            tmp_path / "data" / f"lra {month} 2026.xlsx", Sheet1=rows(money=lambda at, n=number: at * n * 1000)
        )
    assert simpul(tmp_path, "sync", env=EN).err == ""
    write_sheets(tmp_path / "data" / "lra april 2026.xlsx", Sheet1=rows(money=lambda at: at * 1100))
    write_sheets(tmp_path / "data" / "lra januari 2027.xlsx", Sheet1=rows(money=lambda at: at * 900))

    ended = simpul(tmp_path, "sync", env=EN)

    assert ended.code == 0
    assert "As a running total it rose to 45000 and is 16500 now; it fell in 5 of 5 rows." in ended.err
    (found,) = drift(simpul, tmp_path)
    assert (found["part"], found["code"], found["column"]) == (
        "lra april 2026.xlsx › Sheet1",
        "TOTAL_RESTARTED",
        "Realisasi",
    )
    assert simpul(tmp_path, "sync", "--force", env=EN).code == 0
    assert drift(simpul, tmp_path) == []
    write_sheets(tmp_path / "data" / "lra mei 2026.xlsx", Sheet1=rows(money=lambda at: at * 1200))
    assert simpul(tmp_path, "sync", env=EN).err == "", "it was agreed to"
    for path in (tmp_path / "data").glob("*maret*"):
        path.unlink()
    assert simpul(tmp_path, "sync", env=EN).code == 0


# -- databases --------------------------------------------------------------------------------------------------------

SQL_HUB = """
name: Kabupaten Coba
language: en
sources:
  finance:
    kind: sql
    url: sqlite:///finance.db
    datasets:
      lines: {CONTRACT}
entities:
  Line:
    from: finance.lines
    key: [code]
    fields:
      code: {column: kode, type: code}
      title: {column: uraian, type: text}
      paid: {column: realisasi, type: money}
"""
SQL_LINES = "{ lines { nodes { code title paid issues { code field cell } } } }"


def database(folder: Path, *statements: str) -> None:
    with sqlite3.connect(folder / "finance.db") as db:
        for statement in statements:
            db.execute(statement)
    db.close()


def finance(folder: Path, contract: str = "evolve") -> None:
    (folder / "hub.yaml").write_text(SQL_HUB.replace("CONTRACT", f"contract: {contract}"), encoding="utf-8")
    made = "CREATE TABLE lines (kode TEXT PRIMARY KEY, uraian TEXT, realisasi INTEGER)"
    database(folder, made, *(f"INSERT INTO lines VALUES ('5.{at}', 'Belanja {at}', {at}000)" for at in range(1, 5)))


def test_of_a_database_only_the_fields_fail_that_need_a_dropped_column(simpul: RunSimpul, tmp_path: Path) -> None:
    finance(tmp_path)
    assert simpul(tmp_path, "sync", env=EN).code == 0
    database(tmp_path, "ALTER TABLE lines DROP COLUMN realisasi", "UPDATE lines SET uraian = 'Baru' WHERE kode = '5.1'")

    assert simpul(tmp_path, "sync", env=EN).code == 0

    nodes = ask(simpul, tmp_path, SQL_LINES)["lines"]["nodes"]
    assert [node["paid"] for node in nodes] == [None] * 4
    assert nodes[0]["title"] == "Baru"
    assert nodes[0]["issues"] == [{"code": "COLUMN_GONE", "field": "paid", "cell": "realisasi"}]
    assert codes(drift(simpul, tmp_path)) == [("COLUMN_GONE", "realisasi")]


@pytest.mark.parametrize(
    ("contract", "column"), [("freeze", "realisasi"), ("rejectRows", "realisasi"), ("evolve", "kode")]
)
def test_without_a_column_that_is_needed_the_old_records_stay(
    simpul: RunSimpul, tmp_path: Path, contract: str, column: str
) -> None:
    finance(tmp_path, contract)
    assert simpul(tmp_path, "sync", env=EN).code == 0
    database(tmp_path, f"ALTER TABLE lines RENAME COLUMN {column} TO x")

    assert simpul(tmp_path, "sync", env=EN).code == 1

    ended = simpul(tmp_path, "query", "-", env=EN, stdin=SQL_LINES)
    assert '"4000"' in ended.out
    assert "COLUMN_GONE" not in ended.out


def test_a_column_of_a_database_that_is_renamed_or_retyped_is_told(simpul: RunSimpul, tmp_path: Path) -> None:
    finance(tmp_path)
    assert simpul(tmp_path, "sync", env=EN).code == 0
    database(
        tmp_path, "ALTER TABLE lines RENAME COLUMN uraian TO uraian_belanja", "UPDATE lines SET realisasi = 'lunas'"
    )

    simpul(tmp_path, "sync", env=EN)

    found = drift(simpul, tmp_path)
    assert codes(found) == [("COLUMN_RENAMED", "uraian"), ("COLUMN_RETYPED", "realisasi")]
    assert found[0]["proposal"] == "rename: {uraian_belanja: uraian}"


def test_a_column_that_was_never_there_is_a_mistake_in_hub_yaml(simpul: RunSimpul, tmp_path: Path) -> None:
    finance(tmp_path)
    text = (tmp_path / "hub.yaml").read_text().replace("column: realisasi", "column: realissi")
    (tmp_path / "hub.yaml").write_text(text)

    ended = simpul(tmp_path, "sync", env=EN)

    assert ended.code == 1
    assert "realissi" in ended.err
    assert "realisasi" in ended.err


# -- web APIs ---------------------------------------------------------------------------------------------------------

WEB_HUB = """
name: Kabupaten Coba
language: en
sources:
  tracker:
    kind: rest
    url: URL
    datasets:
      projects: {key: id}
entities:
  Line:
    from: tracker.projects
    key: [code]
    fields:
      code: {column: id, type: code}
      title: {column: nama, type: text}
      paid: {column: nilai, type: money}
"""


def test_of_an_api_only_the_fields_fail_whose_property_is_gone_or_of_another_type(
    simpul: RunSimpul, tmp_path: Path
) -> None:
    items: list[dict[str, Any]] = [{"id": f"P{at}", "nama": f"Proyek {at}", "nilai": at * 1000} for at in range(1, 5)]
    with servers() as start:
        url = start(lambda path, query, head: (200, {}, json.dumps(items).encode()))
        (tmp_path / "hub.yaml").write_text(WEB_HUB.replace("URL", url), encoding="utf-8")
        assert simpul(tmp_path, "sync", env=EN).code == 0
        items[:] = [{**item, "nilai": None, "nama": None} for item in items]  # nothing is wrong with nulls
        assert simpul(tmp_path, "sync", env=EN).code == 0
        assert drift(simpul, tmp_path) == []

        items[:] = [{"id": item["id"], "nilai": "belum lunas"} for item in items]
        nodes = ask(simpul, tmp_path, SQL_LINES)["lines"]["nodes"]

    assert [node["title"] for node in nodes] == [None] * 4
    assert [[one["code"] for one in node["issues"]] for node in nodes] == [["COLUMN_GONE", "NOT_A_NUMBER"]] * 4
    assert codes(drift(simpul, tmp_path)) == [("COLUMN_GONE", "nama"), ("COLUMN_RETYPED", "nilai")]
