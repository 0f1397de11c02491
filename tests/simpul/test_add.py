"""`simpul add`: files become sources, entities and links of hub.yaml, which `check` accepts and `sync` fills; `--undo` takes it back."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

from config.load import check_config
from schema.catalogue import describe
from tests.hubs import RunSimpul
from tests.simpul.conftest import environment, write_hub

EN = {"SIMPUL_LANG": "en"}
Cells = Sequence[Sequence[object]]

PROPOSALS: Cells = (
    ("DAFTAR USULAN MUSRENBANG",),
    ("Tahun Anggaran 2026",),
    (),
    ("No. Usulan", "Usulan Kegiatan", "Desa/Kelurahan", "Kecamatan", "Perkiraan Biaya (Rp)", "Status", "RT"),
    ("U-001", "Rabat beton", "Uma", "Alas", 150_000_000, "DITERIMA", "RT 01"),
    ("U-002", "Talud sungai", "Lape", "Lape", 75_000_000, "Ditolak", "RT 02"),
    ("U-003", "Sumur bor", "Moyo", "Moyo", 60_000_000, "DITERIMA", "RT 03"),
    ("U-004", "Posyandu", "Uma", "Alas", 45_000_000, "DIUSULKAN", "RT 01"),
    (None, "JUMLAH", None, None, 330_000_000, None, None),
)
CODES = tuple(f"1.03.02.2.01.{number:04}" for number in range(1, 11))
ACTIVITIES: Cells = (
    ("Kode Sub Kegiatan", "Nama Sub Kegiatan", "Pagu"),
    *((code, f"Sub kegiatan {at}", 1_000_000 * (at + 1)) for at, code in enumerate(CODES)),
)
PACKAGES: Cells = (
    ("Nama Paket", "Kode RUP", "mak", "Nilai Kontrak", "Penyedia"),
    *(
        (f"Paket {at}", f"{60832782 + at}", f"{CODES[at % 9]}.5.1.02.01.01.{at:04}", 500_000 + at, f"CV {at}")
        for at in range(18)
    ),
)


def write_sheets(path: Path, **sheets: Cells) -> Path:
    """A workbook with these sheets."""
    path.parent.mkdir(parents=True, exist_ok=True)
    book = Workbook()
    book.remove(book.active or book.create_sheet())
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    book.save(path)
    return path


def ask(simpul: RunSimpul, folder: Path, operation: str) -> Any:
    """The data of an operation after a sync."""
    synced = simpul(folder, "sync", env=EN)
    assert synced.code == 0, synced.err
    ended = simpul(folder, "query", "-", env=EN, stdin=operation)
    assert ended.code == 0, ended.out + ended.err
    return json.loads(ended.out)["data"]


def text_of(folder: Path) -> str:
    return (folder / "hub.yaml").read_text(encoding="utf-8")


# -- from a file to rows ----------------------------------------------------------------------------------------------


def test_a_list_of_proposals_becomes_proposals(simpul: RunSimpul, tmp_path: Path) -> None:
    write_sheets(tmp_path / "data" / "usulan.xlsx", Sheet1=PROPOSALS)

    ended = simpul(tmp_path, "add", "data/usulan.xlsx", "--yes", env=EN)

    assert ended.code == 0, ended.err
    assert "Proposal (known to Simpul by its columns): 4 records" in ended.out
    assert check_config(tmp_path / "hub.yaml", describe()) == ()
    assert simpul(tmp_path, "check", env=EN).code == 0
    fields = "number title regionRaw estimatedCost status statusRaw rt"
    data = ask(simpul, tmp_path, "{ proposals(orderBy: [{number: ASC}]) { totalCount nodes { %s } } }" % fields)
    assert data["proposals"]["totalCount"] == 4
    assert data["proposals"]["nodes"][1] == {
        "number": "U-002",
        "title": "Talud sungai",
        "regionRaw": "Lape",
        "estimatedCost": "75000000",
        "status": "REJECTED",
        "statusRaw": "Ditolak",
        "rt": "RT 02",
    }


def test_what_is_no_built_in_entity_becomes_one_of_its_own(simpul: RunSimpul, tmp_path: Path) -> None:
    rows: list[tuple[object, ...]] = [("Kode Posyandu", "Nama", "Jumlah Kader", "Tanggal Berdiri", "Buka")]
    rows += [
        (f"P{at:03}", f"Posyandu {at % 3}", 5 + at, f"0{at + 1}/02/2020", "ya" if at % 2 else "tidak")
        for at in range(6)
    ]
    write_sheets(tmp_path / "Data Posyandu 2026.xlsx", Sheet1=rows)

    assert simpul(tmp_path, "add", "Data Posyandu 2026.xlsx", "--yes", env=EN).code == 0

    data = ask(
        simpul,
        tmp_path,
        "{ dataPosyandu2026s(first: 1) { totalCount nodes { kodePosyandu nama jumlahKader tanggalBerdiri } } }",
    )
    assert data["dataPosyandu2026s"] == {
        "totalCount": 6,
        "nodes": [{"kodePosyandu": "P000", "nama": "Posyandu 0", "jumlahKader": 5, "tanggalBerdiri": "2020-02-01"}],
    }
    assert "key: [kodePosyandu]" in text_of(tmp_path)


def test_personal_columns_are_sensitive(simpul: RunSimpul, tmp_path: Path) -> None:
    rows = [
        ("Kode", "NIK", "Nama Penerima"),
        *((f"K{at}", f"{5204010101900000 + at}", f"Warga {at}") for at in range(5)),
    ]
    write_sheets(tmp_path / "bantuan.xlsx", Sheet1=rows)

    simpul(tmp_path, "add", "bantuan.xlsx", "--yes", env=EN)

    text = text_of(tmp_path)
    assert "nik: {column: NIK, type: code, sensitive: true}" in text
    assert "namaPenerima: {column: Nama Penerima, type: text, sensitive: true}" in text
    assert "key: [kode]" in text


def test_where_nothing_tells_rows_apart_that_is_said(simpul: RunSimpul, tmp_path: Path) -> None:
    rows = [("Uraian", "Volume"), *(("Semen", 10), ("Semen", 10), ("Pasir", 4), ("Batu", 4))]
    write_sheets(tmp_path / "bahan.xlsx", Sheet1=rows)

    ended = simpul(tmp_path, "add", "bahan.xlsx", "--yes", env=EN)

    assert "No columns tell all rows apart" in ended.out
    assert "fingerprint: [uraian, volume]" in text_of(tmp_path)
    assert ask(simpul, tmp_path, "{ bahans { totalCount } }")["bahans"]["totalCount"] == 4


def test_two_columns_together_may_be_the_key(simpul: RunSimpul, tmp_path: Path) -> None:
    rows = [("Kode SKPD", "Kode Rekening", "Nilai"), *((f"1.0{a}", f"5.1.0{b}", 1) for a in range(4) for b in range(4))]
    write_sheets(tmp_path / "nilai.xlsx", Sheet1=rows)

    simpul(tmp_path, "add", "nilai.xlsx", "--yes", env=EN)

    assert "key: [kodeSkpd, kodeRekening]" in text_of(tmp_path)


def test_numbers_beyond_an_int_are_decimals(simpul: RunSimpul, tmp_path: Path) -> None:
    rows = [("Kode", "Hitungan"), *((f"K{at}", 3_000_000_001 + at) for at in range(5))]
    write_sheets(tmp_path / "hitung.xlsx", Sheet1=rows)

    simpul(tmp_path, "add", "hitung.xlsx", "--yes", env=EN)

    assert "hitungan: {column: Hitungan, type: decimal}" in text_of(tmp_path)
    assert ask(simpul, tmp_path, "{ hitungs(first: 1) { nodes { hitungan } } }")["hitungs"]["nodes"] == [
        {"hitungan": "3000000001"}
    ]


# -- folders ----------------------------------------------------------------------------------------------------------


def test_files_of_one_shape_become_one_dataset(simpul: RunSimpul, tmp_path: Path) -> None:
    for month, amount in (("januari", 10), ("februari", 20), ("maret", 30)):
        rows = [("Kode", "Realisasi"), *((f"5.1.0{at}", amount * 1_000_000) for at in range(1, 5))]
        write_sheets(tmp_path / "data" / f"serapan_{month}.xlsx", Sheet1=rows)
    (tmp_path / "data" / "~$serapan_maret.xlsx").write_bytes(b"lock")
    (tmp_path / "data" / "catatan.txt").write_text("Rapat jam sembilan.\nSelesai sore.\n")

    ended = simpul(tmp_path, "add", "data", "--yes", env=EN)

    assert "catatan.txt" in ended.err
    assert "~$" not in ended.err
    text = text_of(tmp_path)
    assert "path: 'data/serapan_*.xlsx'" in text or "path: data/serapan_*.xlsx" in text
    assert "key: [file, kode]" in text
    data = ask(simpul, tmp_path, "{ serapans { totalCount aggregate { sum { realisasi } } } }")
    assert data["serapans"] == {"totalCount": 12, "aggregate": {"sum": {"realisasi": "240000000"}}}


def test_sheets_of_one_shape_become_one_dataset_and_others_their_own(simpul: RunSimpul, tmp_path: Path) -> None:
    offices = {
        name: [("Kode", "Pagu"), (f"{at}.01", 5_000_000), (f"{at}.02", 6_000_000)] for at, name in enumerate("ABC")
    }
    write_sheets(tmp_path / "dinas.xlsx", **offices)
    people = [("Nomor Pegawai", "Jabatan", "Golongan"), ("19", "Kepala", "IV"), ("20", "Staf", "III")]
    write_sheets(tmp_path / "campur.xlsx", Anggaran=offices["A"], Pegawai=people)

    assert simpul(tmp_path, "add", ".", "--yes", env=EN).code == 0

    text = text_of(tmp_path)
    assert "sheet: '*'" in text
    assert "sheet: Pegawai" in text
    data = ask(simpul, tmp_path, "{ dinases: dinass { totalCount } anggarans { totalCount } pegawais { totalCount } }")
    assert {name: one["totalCount"] for name, one in data.items()} == {"dinases": 6, "anggarans": 2, "pegawais": 2}


def test_links_are_proposed_by_the_values_that_two_tables_share(simpul: RunSimpul, tmp_path: Path) -> None:
    write_sheets(tmp_path / "anggaran.xlsx", Sheet1=ACTIVITIES)
    rows = [
        ("Kode Kegiatan", "Capaian", "Keterangan"),
        *((code, at, f"catatan {at}") for at, code in enumerate(CODES[:9])),
    ]
    write_sheets(tmp_path / "capaian.xlsx", Sheet1=[*rows, ("9.99.99.9.99.9999", 3, "lain")])

    ended = simpul(tmp_path, "add", ".", "--yes", env=EN)

    assert "kodeKegiatan matches subActivityCode in 90 % of 10 rows." in ended.out
    data = ask(simpul, tmp_path, "{ capaians { nodes { kodeKegiatan budgetLine { ceiling } } } }")
    linked = [node["budgetLine"] for node in data["capaians"]["nodes"]]
    assert linked[0] == {"ceiling": "1000000"}
    assert linked[9] is None


def test_a_longer_code_is_linked_by_its_first_parts(simpul: RunSimpul, tmp_path: Path) -> None:
    write_hub(tmp_path)
    write_sheets(tmp_path / "kegiatan.xlsx", Sheet1=[("Kode Kegiatan", "Uraian"), *((code, "x") for code in CODES)])
    assert simpul(tmp_path, "add", "kegiatan.xlsx", "--yes", env=EN).code == 0
    rows = [(row[2], row[4]) for row in PACKAGES]
    write_sheets(tmp_path / "belanja.xlsx", Sheet1=rows)

    ended = simpul(tmp_path, "add", "belanja.xlsx", "--yes", env=EN)

    assert "mak (1-6) cocok dengan kodeKegiatan pada 100 % dari 18 baris." in ended.out
    assert "kodeKegiatan: {column: mak, type: code, parts: 1-6}" in text_of(tmp_path)
    data = ask(
        simpul, tmp_path, "{ belanjas(first: 1) { nodes { mak kegiatan { kodeKegiatan belanjas { totalCount } } } } }"
    )
    assert data["belanjas"]["nodes"] == [
        {"mak": PACKAGES[1][2], "kegiatan": {"kodeKegiatan": CODES[0], "belanjas": {"totalCount": 2}}}
    ]


def test_running_numbers_and_years_link_nothing(simpul: RunSimpul, tmp_path: Path) -> None:
    for name in ("satu", "dua"):
        rows = [("No", "Tahun", f"Isi {name}"), *((at, 2026, f"{name} {at}") for at in range(1, 30))]
        write_sheets(tmp_path / f"{name}.xlsx", Sheet1=rows)

    simpul(tmp_path, "add", ".", "--yes", env=EN)

    assert "links:" not in text_of(tmp_path)


# -- what is there already --------------------------------------------------------------------------------------------


def test_everything_that_stands_in_hub_yaml_stays(simpul: RunSimpul, tmp_path: Path) -> None:
    assert simpul(tmp_path, "init", ".", "--lang", "en").code == 0
    before = text_of(tmp_path)
    write_sheets(tmp_path / "data" / "posyandu.xlsx", Sheet1=[("Kode", "Nama"), ("P1", "Melati"), ("P2", "Mawar")])

    assert simpul(tmp_path, "add", "data/posyandu.xlsx", "--yes", env=EN).code == 0

    after = text_of(tmp_path).splitlines()
    assert [line for line in before.splitlines() if line not in after] == []
    rest = iter(after)
    assert all(line in rest for line in before.splitlines()), "in their order"
    assert simpul(tmp_path, "check", env=EN).code == 0


def test_a_file_that_is_read_already_is_not_added_again(simpul: RunSimpul, tmp_path: Path) -> None:
    write_sheets(tmp_path / "data" / "usulan.xlsx", Sheet1=PROPOSALS)
    simpul(tmp_path, "add", "data", "--yes", env=EN)
    before = text_of(tmp_path)

    ended = simpul(tmp_path, "add", "data", "--yes", env=EN)

    assert ended.code == 1
    assert "usulan.xlsx is read already, by the source usulan" in ended.err
    assert text_of(tmp_path) == before


def test_the_files_of_the_hub_itself_are_not_looked_at(simpul: RunSimpul, tmp_path: Path) -> None:
    simpul(tmp_path, "init", ".", "--lang", "en")
    simpul(tmp_path, "sync", env=EN)
    (tmp_path / "links").mkdir()
    (tmp_path / "links" / "padanan.csv").write_text("kode,nama\nA,x\nB,y\n")
    write_sheets(tmp_path / "posyandu.xlsx", Sheet1=[("Kode", "Nama"), ("P1", "Melati"), ("P2", "Mawar")])

    ended = simpul(tmp_path, "add", ".", "--yes", env=EN)

    assert ended.code == 0
    assert [line.split()[0] for line in ended.err.splitlines()] == ["data/usulan.csv"], "read already"
    assert "padanan" not in text_of(tmp_path)


def test_a_hub_with_problems_is_told_and_left_alone(simpul: RunSimpul, tmp_path: Path) -> None:
    (tmp_path / "hub.yaml").write_text("name: X\nsources:\n  a: {kind: nonsense}\nentities: {}\n")
    write_sheets(tmp_path / "usulan.xlsx", Sheet1=PROPOSALS)

    ended = simpul(tmp_path, "add", "usulan.xlsx", "--yes", env=EN)

    assert ended.code == 1
    assert "hub.yaml:3" in ended.err
    assert text_of(tmp_path).endswith("entities: {}\n")


def test_what_cannot_become_a_table_is_named_with_the_reason(simpul: RunSimpul, tmp_path: Path) -> None:
    folder = tmp_path / "data"
    write_sheets(folder / "kosong.xlsx", Sheet1=[("Kode", "Uraian", "Jumlah")])
    (folder / "rusak.xlsx").write_bytes(b"PK\x03\x04 nothing else")
    (folder / "salah.xlsx").write_text("kode;nama\nA1;Satu\nA2;Dua\nA3;Tiga\n")
    (folder / "data.json").write_text('{"status": "error"}')

    ended = simpul(tmp_path, "add", "data", "--yes", env=EN)

    assert ended.code == 1
    assert not (tmp_path / "hub.yaml").exists()
    assert "kosong.xlsx › Sheet1 has a head but no rows yet" in ended.err
    assert "rusak.xlsx" in ended.err
    assert "salah.xlsx: the file is no spreadsheet although it is called one; inside is text" in ended.err
    assert "data.json: the file is no spreadsheet although it is called one; inside is JSON" in ended.err


# -- asking and taking back -------------------------------------------------------------------------------------------


def test_without_a_terminal_and_without_yes_nothing_changes(simpul: RunSimpul, tmp_path: Path) -> None:
    write_sheets(tmp_path / "usulan.xlsx", Sheet1=PROPOSALS)

    ended = simpul(tmp_path, "add", "usulan.xlsx", env=EN, stdin="y\n")

    assert ended.code == 1
    assert "+    title: Usulan Kegiatan" in ended.out.replace("+      title", "+    title")
    assert "there is no terminal to ask on. Add --yes" in ended.err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["usulan.xlsx"]


@pytest.mark.skipif(sys.platform == "win32", reason="platform: Windows has no pseudo-terminals; run on Linux or macOS")
@pytest.mark.parametrize(("answer", "written"), [("y", True), ("ya", True), ("n", False), ("", False)])
def test_at_a_terminal_it_asks(tmp_path: Path, answer: str, written: bool) -> None:
    import pty

    write_sheets(tmp_path / "usulan.xlsx", Sheet1=PROPOSALS)
    ours, theirs = pty.openpty()
    os.write(ours, f"{answer}\n".encode())
    command = [sys.executable, "-m", "simpul", "add", "usulan.xlsx"]
    try:
        ended = subprocess.run(
            command, cwd=tmp_path, env=environment(EN), stdin=theirs, capture_output=True, timeout=60
        )
    finally:
        os.close(ours)
        os.close(theirs)

    assert b"Write this into hub.yaml? [y/N]" in ended.stderr
    assert (tmp_path / "hub.yaml").exists() is written
    assert ended.returncode == (0 if written else 1)


def test_undo_takes_additions_back_one_after_the_other(simpul: RunSimpul, tmp_path: Path) -> None:
    simpul(tmp_path, "init", ".", "--lang", "en")
    first = (tmp_path / "hub.yaml").read_bytes()
    (tmp_path / "hub.yaml").write_bytes(first.replace(b"\n", b"\r\n"))
    contents = [(tmp_path / "hub.yaml").read_bytes()]
    for name in ("satu", "dua"):
        write_sheets(tmp_path / f"{name}.xlsx", Sheet1=[("Kode", f"Isi {name}"), ("A1", "x"), ("A2", "y")])
        assert simpul(tmp_path, "add", f"{name}.xlsx", "--yes", env=EN).code == 0
        contents.append((tmp_path / "hub.yaml").read_bytes())
    assert contents[2].count(b"\n") == contents[2].count(b"\r\n")

    for before in contents[1::-1]:
        assert simpul(tmp_path, "add", "--undo", env=EN).code == 0
        assert (tmp_path / "hub.yaml").read_bytes() == before

    ended = simpul(tmp_path, "add", "--undo", env=EN)
    assert (ended.code, "no addition to take back" in ended.err) == (1, True)
    assert list(tmp_path.glob("hub.yaml.*")) == []


def test_undo_of_the_first_addition_takes_the_file_away(simpul: RunSimpul, tmp_path: Path) -> None:
    write_sheets(tmp_path / "usulan.xlsx", Sheet1=PROPOSALS)
    simpul(tmp_path, "add", "usulan.xlsx", "--yes", env=EN)

    assert simpul(tmp_path, "add", "--undo", env=EN).code == 0

    assert sorted(path.name for path in tmp_path.iterdir()) == ["usulan.xlsx"]


def test_undo_leaves_later_edits_alone(simpul: RunSimpul, tmp_path: Path) -> None:
    write_sheets(tmp_path / "usulan.xlsx", Sheet1=PROPOSALS)
    simpul(tmp_path, "add", "usulan.xlsx", "--yes", env=EN)
    edited = text_of(tmp_path).replace("Kabupaten Saya", "Kabupaten Sumbawa")
    (tmp_path / "hub.yaml").write_text(edited, encoding="utf-8")

    ended = simpul(tmp_path, "add", "--undo", env=EN)

    assert ended.code == 1
    assert "has been edited since the last addition" in ended.err
    assert "hub.yaml.before-" in ended.err
    assert text_of(tmp_path) == edited


@pytest.mark.parametrize("arguments", [(), ("usulan.xlsx", "--undo")])
def test_a_path_or_undo_but_not_both(simpul: RunSimpul, tmp_path: Path, arguments: Sequence[str]) -> None:
    ended = simpul(tmp_path, "add", *arguments, env=EN)

    assert (ended.code, "Name a file or folder to add, or --undo" in ended.err) == (2, True)


def test_it_speaks_indonesian_too(simpul: RunSimpul, tmp_path: Path) -> None:
    write_sheets(tmp_path / "usulan.xlsx", Sheet1=PROPOSALS)

    ended = simpul(tmp_path, "add", "usulan.xlsx", "--yes", "--lang", "id")

    assert "dikenal Simpul dari kolomnya" in ended.out
    assert "language: id" in text_of(tmp_path)
    assert "hub.yaml sudah ditulis. Berikutnya:" in ended.out


# -- what stands around a table, and what is not certain --------------------------------------------------------------


def test_year_month_office_and_sheet_come_from_around_the_tables(simpul: RunSimpul, tmp_path: Path) -> None:
    for month in ("Januari", "Februari"):
        sheets = {
            office: [
                ("SKPD", f": {office}"),
                ("Tahun Anggaran 2026",),
                ("Kode", "Uraian", "Realisasi"),
                ("5.1", "a", 7_000_000),
                ("5.2", "b", 8_000_000),
            ]
            for office in ("Dinkes", "Dikbud")
        }
        write_sheets(tmp_path / "lra" / f"LRA {month}.xlsx", **sheets)

    assert simpul(tmp_path, "add", "lra", "--yes", env=EN).code == 0

    fields = "kode fiscalYear month skpd fileName sheetName"
    data = ask(simpul, tmp_path, "{ lras { totalCount nodes { %s } } }" % fields)
    assert data["lras"]["totalCount"] == 8
    assert {
        "kode": "5.1",
        "fiscalYear": 2026,
        "month": 1,
        "skpd": "Dikbud",
        "fileName": "LRA Januari.xlsx",
        "sheetName": "Dikbud",
    } in data["lras"]["nodes"]


def test_budget_lines_take_agency_year_and_leaves_from_around_the_table(simpul: RunSimpul, tmp_path: Path) -> None:
    codes = ["5", "5.1", "5.1.01", "5.1.02", "5.2", "5.2.01", "5.2.02", "5.2.03"]
    amounts = [70, 30, 10, 20, 40, 5, 15, 20]
    lines = [(code, f"Belanja {code}", amount * 10**6) for code, amount in zip(codes, amounts, strict=True)]
    rows = [
        ("Perangkat Daerah : Dinas Kesehatan",),
        ("Tahun Anggaran : 2026",),
        ("Kode Rekening", "Uraian", "Anggaran"),
        *lines,
    ]
    write_sheets(tmp_path / "dpa.xlsx", Sheet1=rows)

    ended = simpul(tmp_path, "add", "dpa.xlsx", "--yes", env=EN)

    assert "BudgetLine (known to Simpul by its columns): 8 records" in ended.out
    fields = "fiscalYear agencyRaw accountCode"
    data = ask(simpul, tmp_path, "{ budgetLines { totalCount nodes { %s } aggregate { sum { ceiling } } } }" % fields)
    assert data["budgetLines"]["totalCount"] == 5, "parents do not count"
    assert data["budgetLines"]["aggregate"]["sum"]["ceiling"] == "70000000"
    assert data["budgetLines"]["nodes"][0] == {
        "fiscalYear": 2026,
        "agencyRaw": "Dinas Kesehatan",
        "accountCode": "5.1.01",
    }


def test_what_was_not_certain_is_said_with_its_alternatives(simpul: RunSimpul, tmp_path: Path) -> None:
    rows = [("merah", "biru", "hijau"), *((f"warna {at}", f"rasa {at % 2}", f"bau {at % 3}") for at in range(5))]
    write_sheets(tmp_path / "kata.xlsx", Sheet1=rows)

    simpul(tmp_path, "add", "kata.xlsx", "--yes", env=EN)

    text = text_of(tmp_path)
    assert "# Row 1 is taken for the names of the columns, but it may be data" in text
    assert "header: 1-1, header: 1-2, header: 2-2, header: none." in text
    (tmp_path / "hub.yaml").write_text(text.replace("header: auto", "header: 1-1"), encoding="utf-8")
    assert simpul(tmp_path, "check", env=EN).code == 0


def test_amounts_and_shares_keep_their_type_when_they_are_whole_or_zero(simpul: RunSimpul, tmp_path: Path) -> None:
    rows = [("Kode", "Realisasi Modal", "Capaian (%)", "Volume"), *((f"K{at}", 0, 10 * at, at) for at in range(1, 6))]
    write_sheets(tmp_path / "april.xlsx", Sheet1=rows)

    simpul(tmp_path, "add", "april.xlsx", "--yes", env=EN)

    text = text_of(tmp_path)
    assert "realisasiModal: {column: Realisasi Modal, type: money}" in text
    assert "capaianPersen: {column: Capaian (%), type: decimal}" in text
    assert "volume: {column: Volume, type: int}" in text


def test_sheets_about_the_same_things_are_linked_to_one_of_them(simpul: RunSimpul, tmp_path: Path) -> None:
    names = [f"Kegiatan {word}" for word in ("Jalan", "Jembatan", "Talud", "Sumur")]
    sheets = {
        title: [
            ("Nama Kegiatan", f"{title} A", f"{title} B"),
            *((name, f"{title}{at}", f"{at}{title}") for at, name in enumerate(names)),
        ]
        for title in ("Fisik", "Keuangan", "Pengelola")
    }
    write_sheets(tmp_path / "kegiatan.xlsx", **sheets)

    simpul(tmp_path, "add", "kegiatan.xlsx", "--yes", env=EN)

    links = [line.strip() for line in text_of(tmp_path).split("links:")[1].splitlines() if line.endswith(":")]
    assert links == ["Keuangan.fisik:", "rules:", "Pengelola.fisik:", "rules:"]


# -- one entity from several shapes of files --------------------------------------------------------------------------

POKIR: Cells = (
    ("No. Usulan", "Judul Usulan", "Pengusul", "RT"),
    ("P-1", "Lampu jalan", "Fraksi A", "RT 04"),
    ("P-2", "Drainase", "Fraksi B", "RT 05"),
)


def test_two_shapes_of_proposals_in_a_folder_are_proposals_both(simpul: RunSimpul, tmp_path: Path) -> None:
    write_sheets(tmp_path / "data" / "musrenbang.xlsx", Sheet1=PROPOSALS)
    write_sheets(tmp_path / "data" / "pokir.xlsx", Sheet1=POKIR)

    assert simpul(tmp_path, "add", "data", "--yes", env=EN).code == 0

    data = ask(simpul, tmp_path, "{ proposals(orderBy: [{number: ASC}]) { totalCount nodes { number title rt } } }")
    assert data["proposals"]["totalCount"] == 6
    assert data["proposals"]["nodes"][0] == {"number": "P-1", "title": "Lampu jalan", "rt": "RT 04"}


def test_more_proposals_join_those_of_the_hub(simpul: RunSimpul, tmp_path: Path) -> None:
    simpul(tmp_path, "init", ".", "--lang", "en")
    before = text_of(tmp_path)
    write_sheets(tmp_path / "pokir.xlsx", Sheet1=POKIR)

    ended = simpul(tmp_path, "add", "pokir.xlsx", "--yes", env=EN)

    assert ended.code == 0, ended.err
    assert "They join those of the other files." in ended.out
    remarks = [line.strip() for line in before.splitlines() if "#" in line]
    assert [line for line in remarks if line not in [one.strip() for one in text_of(tmp_path).splitlines()]] == []
    assert simpul(tmp_path, "check", env=EN).code == 0
    assert ask(simpul, tmp_path, "{ proposals { totalCount } }")["proposals"]["totalCount"] == 6
    assert simpul(tmp_path, "add", "--undo", env=EN).code == 0
    assert text_of(tmp_path) == before


def test_proposals_whose_numbers_are_taken_become_an_entity_of_their_own(simpul: RunSimpul, tmp_path: Path) -> None:
    simpul(tmp_path, "init", ".", "--lang", "en")
    rows = [POKIR[0], *((str(number), *POKIR[1][1:]) for number in range(1, 4))]
    write_sheets(tmp_path / "pokir.xlsx", Sheet1=rows)

    ended = simpul(tmp_path, "add", "pokir.xlsx", "--yes", env=EN)

    assert "Pokir (an entity of its own): 3 records" in ended.out
    data = ask(simpul, tmp_path, "{ proposals { totalCount } pokirs { totalCount } }")
    assert (data["proposals"]["totalCount"], data["pokirs"]["totalCount"]) == (4, 3)
