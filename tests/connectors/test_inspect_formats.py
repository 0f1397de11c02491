"""What a file is goes by its content; what is not a table is told."""

from __future__ import annotations

import zipfile
from pathlib import Path

import openpyxl
import pytest
from openpyxl.styles import Font

from connectors.findings import FileFound
from connectors.inspector import Inspector

ROWS = [("Kode", "Nama Kegiatan", "Pagu (Rp)"), ("01.02", "Jalan", "1.250.000"), ("01.03", "Jembatan", "2.200")]
CSV = "\n".join(";".join(row) for row in ROWS) + "\n"
HTML = "<table>" + "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in ROWS) + "</table>"
MHTML = (
    'MIME-Version: 1.0\nContent-Type: multipart/related; boundary="b"\n\n--b\nContent-Type: text/html; charset="utf-8"\n'
    f"Content-Transfer-Encoding: 8bit\n\n<html>{HTML}</html>\n--b--\n"
)


def look(path: Path) -> list[FileFound]:
    with Inspector() as inspector:
        return list(inspector.inspect(path))


def only(path: Path) -> FileFound:
    (found,) = look(path)
    return found


def workbook(path: Path) -> Path:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in ROWS:
        sheet.append(row)
    book.save(path)
    return path


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (CSV.encode(), "csv"),
        (CSV.replace(";", "\t").encode("utf-16"), "tsv"),
        (CSV.replace("Jalan", "Café").encode("cp1252"), "csv"),
        (f"<html><body>{HTML}</body></html>".encode(), "html"),
        (HTML.encode(), "html"),
        (MHTML.encode(), "mhtml"),
    ],
)
@pytest.mark.parametrize("suffix", ["xls", "csv", "dat"])
def test_a_file_is_what_its_content_is(tmp_path: Path, content: bytes, kind: str, suffix: str) -> None:
    path = tmp_path / f"a.{suffix}"
    path.write_bytes(content)

    found = only(path)
    table = found.sheets[0].tables[0]

    assert (found.format, table.header_rows, table.data_rows, table.row_count) == (kind, (1, 1), (2, 3), 2)
    assert [(one.name, one.type, one.decimal) for one in table.columns] == [
        ("Kode", "code", None),
        ("Nama Kegiatan", "text", None),
        ("Pagu (Rp)", "money", ","),
    ]


def test_a_workbook_is_one_whatever_it_is_called(tmp_path: Path) -> None:
    found = only(workbook(tmp_path / "a.xlsx").rename(tmp_path / "a.csv"))

    assert (found.format, found.sheets[0].tables[0].row_count) == ("xlsx", 2)


@pytest.mark.parametrize(
    "text",
    [
        '[{"kode": "1", "nilai": 5}, {"kode": "2", "nilai": 7}]',
        '{"kode": "1", "nilai": 5}\n{"kode": "2", "nilai": 7}\n',
        '{"status": 200, "hasil": {"data": [{"kode": "1", "nilai": 5}, {"kode": "2", "nilai": 7}]}}',
    ],
)
def test_lists_of_objects_in_json_are_tables(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.csv").write_text(text)

    found = only(tmp_path / "a.csv")
    table = found.sheets[0].tables[0]

    assert (found.format, table.header_rows, table.data_rows) == ("json", None, (1, 2))
    assert [(one.name, one.type, one.key) for one in table.columns] == [("kode", "code", True), ("nilai", "int", True)]


def test_a_zip_is_looked_into(tmp_path: Path) -> None:
    workbook(tmp_path / "b.xlsx")
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.write(tmp_path / "b.xlsx", "../../b.xlsx")
        archive.writestr("c/d.csv", CSV)
        archive.writestr("e.zip", (tmp_path / "b.xlsx").read_bytes()[:0] or b"PK\x05\x06" + b"\0" * 18)

    found = look(tmp_path / "a.zip")

    assert [(one.file, one.format, len(one.sheets)) for one in found] == [
        ("a.zip › ../../b.xlsx", "xlsx", 1),
        ("a.zip › c/d.csv", "csv", 1),
        ("a.zip › e.zip", "zip", 0),
    ]
    assert [problem.params for problem in found[2].problems] == [{"found": "zip"}]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"<?xml version='1.0'?><error>Data Kosong</error>", "XML"),
        (b"<html><body><h1>502 Bad Gateway</h1></body></html>", "HTML"),
        (b"%PDF-1.7\n...", "PDF"),
        (b"From: a@b.c\nTo: d@e.f\nSubject: Jalan\nDate: Mon, 1 Jan 2026 00:00:00 +0800\n\nhalo, pak, bu\n", "e-mail"),
    ],
)
def test_what_is_no_table_is_told(tmp_path: Path, content: bytes, said: str) -> None:
    (tmp_path / "a.csv").write_bytes(content)

    found = only(tmp_path / "a.csv")

    assert [(one.code, one.params) for one in found.problems] == [("NOT_A_SPREADSHEET", {"found": said})]
    assert found.sheets == ()


def test_prose_and_broken_json_are_told(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Yang terhormat,\nkami sampaikan hal berikut.\nTerima kasih\nbanyak.\n")
    (tmp_path / "b.json").write_text('[{"a": 1},\n {"a": ')
    (tmp_path / "c.json").write_text("[" * 100_000)

    assert [problem.code for one in look(tmp_path) for problem in one.problems] == [
        "NO_TABLE_FOUND",
        "JSON_FILE_BROKEN",
        "JSON_FILE_BROKEN",
    ]


def test_a_folder_is_gone_through_without_lock_files(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    workbook(tmp_path / "b" / "a.xlsx")
    (tmp_path / "~$a.xlsx").write_bytes(b"x")
    (tmp_path / ".git" / "logs").mkdir(parents=True)
    (tmp_path / ".git" / "logs" / "HEAD").write_bytes(b"a\tb\n1\t2\n")

    assert [one.file for one in look(tmp_path)] == ["b/a.xlsx"]


def test_of_a_folder_with_too_many_files_the_rest_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connectors.inspector.MAX_FILES", 2)
    for number in range(3):
        (tmp_path / f"{number}.csv").write_bytes(b"a;b\n1;2\n3;4\n")

    found = list(look(tmp_path))

    assert [one.file for one in found] == ["0.csv", "1.csv", tmp_path.name]
    [problem] = found[2].problems
    assert (problem.code, problem.params) == ("TOO_MANY_FILES", {"limit": 2, "count": 3})


def test_what_excel_hides_strikes_out_and_masks_is_seen(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["Kode", "Nama", "Nilai", "Rahasia"])
    for number in range(1, 6):
        sheet.append([number, f"Kegiatan {number}", number * 1000, "x"])
        sheet.cell(number + 1, 1).number_format = "0000"
    sheet["C4"] = "=1/0"
    sheet["B5"].font = Font(strike=True)
    sheet.row_dimensions[3].hidden = True
    sheet.column_dimensions["D"].hidden = True
    copy = book.copy_worksheet(sheet)
    copy.sheet_state = "hidden"
    book.save(tmp_path / "a.xlsx")

    shown, hidden = [sheet.tables[0] for sheet in only(tmp_path / "a.xlsx").sheets]

    assert (shown.visible, hidden.visible, shown.row_count) == (True, False, 5)
    assert (shown.columns[0].mask, shown.columns[3].hidden) == ("0000", True)
    assert {note.code: note.rows for note in shown.notes} == {
        "ROWS_HIDDEN": (3,),
        "COLUMNS_HIDDEN": (),
        "ROWS_STRUCK": (5,),
        "CELLS_IN_ERROR": (4,),
    }


def test_a_reader_that_takes_too_long_is_stopped(tmp_path: Path) -> None:
    workbook(tmp_path / "a.xlsx")
    with Inspector(seconds=0.0) as inspector:
        (found,) = inspector.inspect(tmp_path / "a.xlsx")

    assert [problem.code for problem in found.problems] == ["READER_TIMEOUT"]


def test_a_few_nul_bytes_are_dropped_and_a_repeated_name_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(
        b"kode,kode,Nama Kegiatan\nP-\x001,A,Jem\x00batan di desa\nP-2,B,Jalan menuju pasar\n"
    )
    table = only(tmp_path / "a.csv").sheets[0].tables[0]

    assert [one.name for one in table.columns] == ["kode", "kode (2)", "Nama Kegiatan"]
    assert table.columns[0].samples == ("P-1", "P-2")
    assert [(note.code, note.params) for note in table.notes] == [
        ("NAMES_REPEATED", {"column": "B", "name": "kode (2)", "count": 1})
    ]


def test_names_with_nothing_below_are_an_empty_table(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("kode,nama\n")
    table = only(tmp_path / "a.csv").sheets[0].tables[0]

    assert (table.header_rows, table.data_rows, table.row_count) == ((1, 1), None, 0)
