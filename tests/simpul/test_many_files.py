"""Many files, one dataset: the year, the month and the office come from what the file, sheet, folder or title says."""

from __future__ import annotations

from pathlib import Path

from tests.hubs import RunSimpul
from tests.simpul.test_add import EN, Cells, ask, text_of, write_sheets

LINES: Cells = (("Kode", "Uraian", "Pagu"), ("5.1", "Belanja pegawai", 7_000_000), ("5.2", "Belanja modal", 8_000_000))
HUB = """
name: Kabupaten Coba
language: en
sources:
  rka:
    kind: spreadsheet
    path: data/**/*.xlsx
    datasets:
      rka: {header: auto}
entities:
  Line:
    from: rka.rka
    key: [file, code]
    fields:
      code: {column: Kode, type: code}
      fiscalYear: {from: file, pattern: year, type: int, required: true}
      month: {from: folder, pattern: month, type: int}
      office: {from: title, after: SKPD, type: text}
      folder: {from: folder, type: text}
      tab: {from: sheet, type: text}
"""


def test_a_folder_of_files_is_one_dataset_with_year_and_office_of_each(simpul: RunSimpul, tmp_path: Path) -> None:
    for office, year in (("DinasPU", 2025), ("DinasKes", 2026), ("DinasKes", 2025)):
        write_sheets(tmp_path / "data" / f"RKA_{office}_{year}.xlsx", Sheet1=LINES)

    ended = simpul(tmp_path, "add", "data", "--yes", env=EN)

    assert ended.code == 0, ended.err
    text = text_of(tmp_path)
    assert "path: data/RKA_*.xlsx" in text
    assert "fiscalYear: {from: file, type: int, pattern: year}" in text
    assert "agency: {from: file, type: text, pattern: '^RKA_(.+?)(?:[ _-]+20[0-9]{2})?$'}" in text
    write_sheets(tmp_path / "data" / "RKA_Bappeda_2027.xlsx", Sheet1=LINES)  # taken without another word
    found = ask(
        simpul,
        tmp_path,
        "{ rkas { groups(by: [{agency: {}}, {fiscalYear: {}}]) { key { agency fiscalYear } count } } }",
    )
    assert [(*group["key"].values(), group["count"]) for group in found["rkas"]["groups"]] == [
        ("Bappeda", 2027, 2),
        ("DinasKes", 2025, 2),
        ("DinasKes", 2026, 2),
        ("DinasPU", 2025, 2),
    ]


def test_the_office_may_be_the_folder_and_the_month_the_file(simpul: RunSimpul, tmp_path: Path) -> None:
    for office in ("Dinas Kesehatan", "Bappeda"):
        for month in ("Januari", "Nopember"):
            write_sheets(tmp_path / "data" / office / f"lra {month}.xlsx", Sheet1=LINES)

    assert simpul(tmp_path, "add", "data", "--yes", env=EN).code == 0

    assert "agency: {from: folder, type: text}" in text_of(tmp_path)
    assert "month: {from: file, type: int, pattern: month}" in text_of(tmp_path)


def test_file_folder_sheet_and_title_feed_fields(simpul: RunSimpul, tmp_path: Path) -> None:
    (tmp_path / "hub.yaml").write_text(HUB, encoding="utf-8")
    titled = (("LAPORAN",), ("SKPD", ": Dinas PU"), (), *LINES)
    write_sheets(tmp_path / "data" / "06 Juni" / "Bina Marga" / "rka 2026.xlsx", Lembar=titled)

    found = ask(
        simpul, tmp_path, "{ lines(first: 1) { nodes { fiscalYear month office folder tab issues { code } } } }"
    )

    assert found["lines"]["nodes"] == [
        {"fiscalYear": 2026, "month": 6, "office": "Dinas PU", "folder": "Bina Marga", "tab": "Lembar", "issues": []}
    ]


def test_a_name_that_says_nothing_is_told_with_the_file(simpul: RunSimpul, tmp_path: Path) -> None:
    (tmp_path / "hub.yaml").write_text(HUB, encoding="utf-8")
    write_sheets(tmp_path / "data" / "rka 2026.xlsx", Sheet1=LINES)
    write_sheets(tmp_path / "data" / "rka baru.xlsx", Sheet1=LINES)

    found = ask(
        simpul,
        tmp_path,
        "{ rejects { nodes { code field rawValue cell locator } }"
        " lines(first: 1) { nodes { month issues { code field rawValue cell } } } }",
    )

    assert found["rejects"]["nodes"] == [
        {
            "code": "YEAR_UNCLEAR",
            "field": "fiscalYear",
            "rawValue": "rka baru",
            "cell": "file",
            "locator": f"rka baru.xlsx › Sheet1 › {row}",
        }
        for row in (2, 3)
    ]
    (node,) = found["lines"]["nodes"]
    assert {"code": "MONTH_UNCLEAR", "field": "month", "rawValue": "data", "cell": "folder"} in node["issues"]
    assert node["month"] is None


def test_what_can_have_no_effect_is_a_problem(simpul: RunSimpul, tmp_path: Path) -> None:
    wrong = HUB.replace("header: auto", "header: 1").replace("{from: sheet,", "{from: sheet, after: SKPD,")
    (tmp_path / "hub.yaml").write_text(wrong.replace("{column: Kode,", "{column: Kode, from: file,"), encoding="utf-8")

    ended = simpul(tmp_path, "check", env=EN)

    assert "title is known only of tables that are found" in ended.err
    assert "after has no effect on tab: it is for from: title" in ended.err
    assert "column has no effect on code: it is for fields without value or from" in ended.err
