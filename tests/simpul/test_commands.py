"""The command line as an operator uses it: what it says, what it writes, and with which code it ends."""

from __future__ import annotations

import csv
import io
import json
import socket
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.hubs import RunSimpul

ONE = "{ proposals(first: 1) { nodes { title } } }"


def test_check_finds_nothing_wrong_with_a_good_hub(simpul: RunSimpul, synced_folder: Path) -> None:
    ended = simpul(synced_folder, "check")

    *sources, last = ended.out.splitlines()
    assert (ended.code, last) == (
        0,
        "hub.yaml: Kabupaten Uji (DATA CONTOH): tidak ada masalah; 3 sumber, 4 jenis data.",
    )
    assert [line.partition(", data per ")[0] for line in sources] == [
        f"{name}: Mutakhir" for name in ("finance", "inbox", "planning")
    ]


def test_check_tells_how_long_a_source_has_been_bad_and_why(simpul: RunSimpul, synced_folder: Path) -> None:
    (synced_folder / "data" / "keuangan.db").unlink()
    simpul(synced_folder, "sync", "finance")
    with closing(sqlite3.connect(synced_folder / "var" / "replica.db")) as db, db:
        db.execute(
            'UPDATE "e_Source" SET "c_dueAt" = \'2026-01-01T00:00:00+00:00\', "c_retryAt" = \'2099-01-01T00:00:00+00:00\''
            " WHERE c_name = 'finance'"
        )

    lines = simpul(synced_folder, "check").out.splitlines()

    assert lines[0].startswith("finance: Salinan lama, data per ")
    assert "hari dari yang dijanjikan, dibiarkan setelah gagal, dicoba lagi " in lines[0]
    assert "keuangan.db" in lines[1]


def test_check_tells_every_problem_of_the_sources_at_once(simpul: RunSimpul, hub_folder: Path) -> None:
    table = hub_folder / "data" / "usulan-alas.csv"
    table.write_text(table.read_text(encoding="utf-8").replace("Biaya", "Biayanya").replace("Lokasi", "Letak"))
    (hub_folder / "data" / "pengaduan.mbox").unlink()

    ended = simpul(hub_folder, "check", "--lang", "en")

    assert ended.code == 1
    assert "there is no column “Biaya”; the nearest is “Biayanya”" in ended.err
    assert "there is no column “Lokasi”" in ended.err
    assert "no file matches" in ended.err
    assert ended.err.rstrip().endswith("Problems: 3.")


def test_check_counts_one_in_the_singular(simpul: RunSimpul, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("No,Usulan\n1,Jalan\n", encoding="utf-8")
    fields = "{number: No, title: Usulan}"
    (tmp_path / "hub.yaml").write_text(
        f"name: Uji\nsources:\n  s: {{kind: spreadsheet, path: a.csv}}\n"
        f"entities:\n  Proposal: {{from: s.a, key: [number], fields: {fields}}}\n"
    )

    ended = simpul(tmp_path, "check", "--lang", "en")

    assert ended.out == "hub.yaml: Uji: no problems; 1 source, 1 entity.\n", ended.err


def test_check_tells_once_and_with_line_and_column_that_a_source_is_not_reachable(
    simpul: RunSimpul, hub_folder: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        address = f"127.0.0.1:{closed.getsockname()[1]}"
    config = hub_folder / "hub.yaml"
    text = config.read_text().replace(
        "kind: sql\n    url: sqlite:///data/keuangan.db", f"kind: rest\n    url: http://{address}"
    )
    config.write_text(text.replace("        table: ta_anggaran\n", "").replace("        table: ta_paket\n", ""))

    ended = simpul(hub_folder, "check", "--lang", "en")

    assert ended.code == 1
    assert ended.err == (
        f"hub.yaml:15:3: finance: {address}/lines does not answer. Check the address in hub.yaml, and that the "
        "application is running.\nProblems: 1.\n"
    )


def test_check_tells_every_problem_of_the_configuration_at_once(simpul: RunSimpul, hub_folder: Path) -> None:
    config = hub_folder / "hub.yaml"
    config.write_text(config.read_text().replace("kind: sql", "kind: sqk").replace("title: Usulan", "titel: Usulan"))

    ended = simpul(hub_folder, "check", "--lang", "en")

    assert ended.code == 1
    assert ended.err.startswith("hub.yaml:")
    assert "sqk" in ended.err
    assert "titel" in ended.err


def test_sync_reports_what_it_did_and_does_nothing_the_second_time(simpul: RunSimpul, hub_folder: Path) -> None:
    first = simpul(hub_folder, "sync", "--lang", "en")
    second = simpul(hub_folder, "sync", "planning", "--lang", "en")

    assert (first.code, second.code) == (0, 0)
    rows = {line.split()[1]: line.split()[2:] for line in first.out.splitlines()[2:]}
    assert first.out.splitlines()[0] == "Kabupaten Uji (DATA CONTOH)"
    assert rows == {  # rows, records, rejects, set aside, added, changed, removed, issues
        "Proposal": ["changed", "7", "4", "1", "2", "4", "0", "0", "2"],
        "BudgetLine": ["changed", "2", "2", "0", "0", "2", "0", "0", "0"],
        "Project": ["changed", "1", "1", "0", "0", "1", "0", "0", "0"],
        "Complaint": ["changed", "1", "1", "0", "0", "1", "0", "0", "0"],
    }
    assert "unchanged" in second.out
    assert "BudgetLine" not in second.out


def test_a_source_that_is_not_there_is_a_misuse(simpul: RunSimpul, synced_folder: Path) -> None:
    ended = simpul(synced_folder, "sync", "planing", "--lang", "en")

    assert ended.code == 2
    assert ended.err == "There is no source called planing; hub.yaml has planning, finance, inbox.\n"


def test_query_answers_from_a_file_and_from_standard_input(simpul: RunSimpul, synced_folder: Path) -> None:
    (synced_folder / "one.graphql").write_text("query($n: Int!) { proposals(first: $n) { nodes { title } } }")

    by_file = simpul(synced_folder, "query", "one.graphql", "--variables", '{"n": 1}')
    by_pipe = simpul(synced_folder, "query", "-", stdin=ONE)

    wanted = {
        "data": {"proposals": {"nodes": [{"title": "Rabat beton jalan dusun"}]}},
        "extensions": {"notice": "DATA CONTOH"},
    }
    for ended in (by_file, by_pipe):
        assert (ended.code, json.loads(ended.out), ended.err) == (0, wanted, "")


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["query", "nowhere.graphql"], 2, "nowhere.graphql can't be read"),
        (["query", "-", "--variables", "[1]"], 2, "--variables is not a JSON object"),
        (["query"], 2, "Missing argument"),
        (["nonsense"], 2, "No such command"),
        (["sync", "--config", "other.yaml"], 1, "there is no such file"),
    ],
)
def test_misuse_is_2_and_trouble_is_1(
    simpul: RunSimpul, synced_folder: Path, arguments: list[str], code: int, words: str
) -> None:
    ended = simpul(synced_folder, *arguments, *(["--lang", "en"] if len(arguments) > 1 else []), stdin=ONE)

    assert ended.code == code
    assert words in ended.err


def test_a_query_with_errors_ends_with_1_and_says_them_as_json(simpul: RunSimpul, synced_folder: Path) -> None:
    ended = simpul(synced_folder, "query", "-", stdin="{ nothing }")

    assert ended.code == 1
    assert json.loads(ended.out)["errors"][0]["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"


@pytest.mark.parametrize("command", [["query", "-"], ["rejects"]])
def test_a_hub_that_was_never_synced_says_what_to_run(simpul: RunSimpul, hub_folder: Path, command: list[str]) -> None:
    ended = simpul(hub_folder, *command, "--lang", "en", stdin=ONE)

    assert ended.code == 1
    assert ended.err == "The replica is still empty; run `simpul sync` first.\n"


def test_rejects_as_csv_name_the_cell_and_can_be_opened_in_a_spreadsheet(simpul: RunSimpul, hub_folder: Path) -> None:
    table = hub_folder / "data" / "usulan-alas.csv"
    table.write_text(table.read_text(encoding="utf-8") + '7,Pasar,RT 01,"=2+5",DITERIMA,Budi\n', encoding="utf-8")
    simpul(hub_folder, "sync")

    ended = simpul(hub_folder, "rejects", "--csv", "--lang", "en")

    assert ended.code == 0
    assert ended.out.startswith("\ufeff")
    rows = list(csv.reader(io.StringIO(ended.out[1:])))
    assert rows[0] == [
        "Kind",
        "Source",
        "Entity",
        "Where",
        "Cell",
        "Field",
        "Value",
        "Code",
        "What",
        "Decided by",
        "What to do",
    ]
    assert [row[:8] for row in rows[1:]] == [
        ["reject", "planning", "Proposal", "usulan-alas.csv › 6", "A6", "number", "", "MISSING_KEY"],
        ["issue", "planning", "Proposal", "usulan-alas.csv › 3", "D3", "estimatedCost", "1,5 M", "AMBIGUOUS_NUMBER"],
        ["issue", "planning", "Proposal", "usulan-alas.csv › 5", "E5", "status", "MENUNGGU", "UNKNOWN_VALUE"],
        ["issue", "planning", "Proposal", "usulan-alas.csv › 7", "D7", "estimatedCost", "'=2+5", "NOT_A_NUMBER"],
    ]


def test_schema_writes_the_sdl_without_opening_anything(simpul: RunSimpul, hub_folder: Path) -> None:
    ended = simpul(hub_folder, "schema")

    assert ended.code == 0
    assert "type Proposal implements Node & Record {" in ended.out
    assert not (hub_folder / "var").exists()


@pytest.mark.parametrize("encoding", ["cp437", "cp1252", "ascii"])
def test_a_console_that_knows_few_signs_gets_plain_ones(
    simpul_process: RunSimpul, synced_folder: Path, encoding: str
) -> None:
    ended = simpul_process(synced_folder, "rejects", env={"PYTHONIOENCODING": encoding})

    assert (ended.code, ended.err) == (0, "")
    assert ("usulan-alas.csv > 3" in ended.out) == (encoding != "cp1252")  # which has a sign for it


def test_help_speaks_both_languages(simpul: RunSimpul, hub_folder: Path) -> None:
    indonesian = simpul(hub_folder, "sync", "--help", env={"SIMPUL_LANG": "id"})
    english = simpul(hub_folder, "sync", "--help", env={"SIMPUL_LANG": "en"})

    assert "Ambil data sumber sekarang" in indonesian.out
    assert "Bring sources in now" in english.out
    assert "HELP_" not in indonesian.out + english.out


WISHES = ["Daftar Usulan 2026;;", ";;", "No;Usulan;Biaya (Rp)", "1;Jalan;1.250.000", "2;Jembatan;2.500.000"]


def test_inspect_shows_tables_to_people_and_to_programs(simpul: RunSimpul, tmp_path: Path) -> None:
    lines = [*WISHES, ";Jumlah;3.750.001"]
    (tmp_path / "a.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")

    told = simpul(tmp_path, "inspect", "a.csv", "--lang", "id")
    written = simpul(tmp_path, "inspect", ".", "--json", "--lang", "en")
    (file,) = json.loads(written.out)["files"]
    (table,) = file["tables"]

    assert told.code == written.code == 0
    assert told.out.splitlines() == [
        "a.csv (csv, ;, utf-8)",
        "",
        "› judul kolom di baris 3; 2 data di baris 4-5; jumlah di baris 6",
        "  1: Daftar Usulan 2026",
        "Kolom  Judul       Jenis       kunci  terbaca",
        "A      No          int                   100%",
        "B      Usulan      text        kunci     100%",
        "C      Biaya (Rp)  money (Rp)            100%",
        "  C6 menyebut 3750001, sedangkan jumlah barisnya 3750000: selisih 1.",
        "",
    ]
    assert {
        name: table[name] for name in ("sheet", "visible", "header_rows", "data_rows", "row_count", "total_rows")
    } == {
        "sheet": None,
        "visible": True,
        "header_rows": [3, 3],
        "data_rows": [4, 5],
        "row_count": 2,
        "total_rows": [6],
    }
    assert [(one["column"], one["stated"], one["sum"], one["agrees"]) for one in table["control_totals"]] == [
        ("C", "3750001", "3750000", False)
    ]
    assert [one["code"] for one in table["notes"]] == ["TOTAL_DISAGREES"]


def test_inspect_tells_what_it_cannot_read(simpul: RunSimpul, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("<invalid_response>Data Kosong</invalid_response>")

    ended = simpul(tmp_path, "inspect", "a.csv", "--lang", "en")

    assert ended.code == 1
    assert ended.out == "a.csv\n\n"
    assert ended.err.startswith("a.csv: the file is no spreadsheet although it is called one; inside is XML.")


def test_a_sheet_that_is_read_as_it_is_understood_gives_only_its_records(simpul: RunSimpul, tmp_path: Path) -> None:
    lines = [*WISHES, ";Jumlah;3.750.000"]
    (tmp_path / "a.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (tmp_path / "hub.yaml").write_text(
        "name: Uji\nsources:\n  s: {kind: spreadsheet, path: a.csv, datasets: {a: {header: auto}}}\nentities:\n"
        "  Proposal: {from: s.a, key: [number], fields: {number: No, title: Usulan, estimatedCost: Biaya (Rp)}}\n"
    )
    (tmp_path / "q.graphql").write_text(
        "{ proposals { nodes { number title estimatedCost } aggregate { sum { estimatedCost } } } }"
    )

    synced = simpul(tmp_path, "sync", "--lang", "en")
    asked = simpul(tmp_path, "query", "q.graphql")

    assert synced.code == 0, synced.err
    assert json.loads(asked.out)["data"]["proposals"] == {
        "nodes": [
            {"number": "1", "title": "Jalan", "estimatedCost": "1250000"},
            {"number": "2", "title": "Jembatan", "estimatedCost": "2500000"},
        ],
        "aggregate": {"sum": {"estimatedCost": "3750000"}},
    }


def test_names_of_entities_and_links_may_have_underscores(simpul: RunSimpul, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("Kode,Nama,Pos\n1,Mawar,P1\n2,Melati,P1\n", encoding="utf-8")
    (tmp_path / "b.csv").write_text("Kode,Nama\nP1,Pos Satu\n", encoding="utf-8")
    (tmp_path / "hub.yaml").write_text(
        "name: Uji\nsources:\n"
        "  s: {kind: spreadsheet, path: a.csv, datasets: {a: {}}}\n"
        "  t: {kind: spreadsheet, path: b.csv, datasets: {b: {}}}\n"
        "entities:\n"
        "  Kader_Desa: {from: s.a, key: [kode], fields: {kode: {column: Kode, type: code}, kode_pos: {column: Pos, type: code}}}\n"
        "  Pos_Desa: {from: t.b, key: [kode], fields: {kode: {column: Kode, type: code}}}\n"
        "links:\n"
        "  Pos_Desa.kader_aktif: {to: Kader_Desa, inverse: pos_desa, many: true, rules: [{key: {kode: kode_pos}}]}\n"
    )
    (tmp_path / "q.graphql").write_text("{ posDesa: pos_Desas { nodes { kode kader_aktif { nodes { kode } } } } }")

    synced = simpul(tmp_path, "sync", "--lang", "en")
    asked = simpul(tmp_path, "query", "q.graphql")

    assert (synced.code, asked.code) == (0, 0), synced.err + asked.err + asked.out
    assert json.loads(asked.out)["data"]["posDesa"]["nodes"] == [
        {"kode": "P1", "kader_aktif": {"nodes": [{"kode": "1"}, {"kode": "2"}]}}
    ]
