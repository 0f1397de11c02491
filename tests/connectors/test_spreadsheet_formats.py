"""A sync reads whatever `simpul inspect` reads, by its content, and every row says where it stands."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Sequence
from pathlib import Path

import openpyxl
import pytest

from connectors.connector import Cell, Part
from connectors.errors import SourceError
from connectors.inspector import Inspector
from connectors.spreadsheet import SheetDataset, Spreadsheet

ROWS = [("Kode", "Nama", "Pagu"), ("01.02", "Jalan", "1.250.000"), ("01.03", "Jembatan", "2.200.000")]
CSV = "\n".join(";".join(row) for row in ROWS) + "\n"
CELLS = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in ROWS)
HTML = f"<html><body><table>{CELLS}</table></body></html>"
MHTML = (
    'MIME-Version: 1.0\nContent-Type: multipart/related; boundary="b"\n\n--b\nContent-Type: text/html; charset="utf-8"\n'
    f"Content-Transfer-Encoding: 8bit\n\n{HTML}\n--b--\n"
)
OBJECTS = [dict(zip(ROWS[0], row, strict=True)) for row in ROWS[1:]]
JSON = json.dumps(OBJECTS)
LINES = "".join(json.dumps(one) + "\n" for one in OBJECTS)
INSIDE = json.dumps({"status": 200, "hasil": {"lain": [{"a": 1}], "data": OBJECTS}})

Found = list[tuple[str, list[str], list[tuple[str, tuple[Cell, ...]]]]]
"""Of each part its label, its columns' names, and its rows with their places."""


async def read(folder: Path, pattern: str = "a.*", **options: object) -> Found:
    spreadsheet = Spreadsheet(folder, [pattern], {"d": SheetDataset(**options)})  # type: ignore[arg-type]  # options of any name
    try:
        return [await _part(spreadsheet, part) for part in await spreadsheet.parts("d")]
    finally:
        await spreadsheet.aclose()


async def _part(spreadsheet: Spreadsheet, part: Part) -> tuple[str, list[str], list[tuple[str, tuple[Cell, ...]]]]:
    batches = [batch async for batch in spreadsheet.rows("d", part)]
    rows = [(row.at, row.values) for batch in batches for row in batch.rows]
    return part.label, [column.name for column in batches[0].columns], rows


def book(path: Path, *sheets: Sequence[Sequence[object]]) -> Path:
    made = openpyxl.Workbook()
    made.remove(made.worksheets[0])
    for number, rows in enumerate(sheets, 1):
        sheet = made.create_sheet(f"S{number}")
        for row in rows:
            sheet.append(list(row))
    path.parent.mkdir(parents=True, exist_ok=True)
    made.save(path)
    return path


@pytest.mark.parametrize("header", [1, "auto"])
@pytest.mark.parametrize(
    ("name", "raw"),
    [
        ("a.xls", HTML.encode()),
        ("a.xls", HTML.encode("utf-16")),
        ("a.xls", MHTML.encode()),
        ("a.xls", CSV.encode("cp1252")),
        ("a.txt", CSV.replace(";", "\t").encode("utf-16")),
        ("a.tsv", CSV.replace(";", "\t").encode("utf-16-le")),
        ("a.dat", CSV.encode()),
    ],
)
async def test_a_table_is_read_from_text_of_any_kind(tmp_path: Path, name: str, raw: bytes, header: object) -> None:
    (tmp_path / name).write_bytes(raw)

    assert await read(tmp_path, header=header) == [(name, list(ROWS[0]), [("2", ROWS[1]), ("3", ROWS[2])])]


@pytest.mark.parametrize("header", [1, None, "auto"])
@pytest.mark.parametrize("text", [JSON, LINES, JSON.encode("utf-16")])
async def test_every_object_of_json_is_a_record_whatever_header_says(
    tmp_path: Path, text: str | bytes, header: object
) -> None:
    (tmp_path / "a.json").write_bytes(text if isinstance(text, bytes) else text.encode())

    assert await read(tmp_path, header=header) == [("a.json", list(ROWS[0]), [("1", ROWS[1]), ("2", ROWS[2])])]


async def test_a_list_inside_of_json_is_named_by_its_pointer(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(INSIDE)
    expected = list(ROWS[0]), [("1", ROWS[1]), ("2", ROWS[2])]

    assert await read(tmp_path, sheet="/hasil/data") == [("a.json › /hasil/data", *expected)]
    assert await read(tmp_path, sheet="*", rows=(2, None)) == [
        ("a.json › /hasil/lain", ["a"], []),
        ("a.json › /hasil/data", expected[0], expected[1][1:]),
    ]
    with pytest.raises(SourceError) as caught:
        await read(tmp_path, sheet="/hasil/dat")
    assert (caught.value.code, caught.value.params["nearest"]) == ("SHEET_MISSING", "/hasil/data")


async def test_the_tables_of_a_page_are_its_sheets(tmp_path: Path) -> None:
    (tmp_path / "a.xls").write_text(f"<table><tr><td>Menu</td></tr></table>{HTML}")

    assert await read(tmp_path, sheet="2") == [("a.xls › 2", list(ROWS[0]), [("2", ROWS[1]), ("3", ROWS[2])])]
    assert [label for label, *_ in await read(tmp_path, sheet="*")] == ["a.xls › 1", "a.xls › 2"]


async def test_every_file_inside_of_a_zip_is_a_part(tmp_path: Path) -> None:
    inner = book(tmp_path / "work" / "x.xlsx", ROWS, ROWS)
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.write(inner, "../../x.xlsx")
        archive.writestr("c/d.csv", CSV)
        archive.writestr("e.json", LINES)
        archive.writestr("__MACOSX/._d.csv", b"\0\5\x16\7")
        archive.writestr("~$x.xlsx", b"x")
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    table = list(ROWS[0]), [("2", ROWS[1]), ("3", ROWS[2])]

    found = await read(tmp_path, sheet="*")

    assert found == [
        ("a.zip › ../../x.xlsx › S1", *table),
        ("a.zip › ../../x.xlsx › S2", *table),
        ("a.zip › c/d.csv", *table),
        ("a.zip › e.json", list(ROWS[0]), [("1", ROWS[1]), ("2", ROWS[2])]),
    ]
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before
    assert [label for label, *_ in await read(tmp_path)] == [
        "a.zip › ../../x.xlsx › S1",
        "a.zip › c/d.csv",
        "a.zip › e.json",
    ]
    assert [label for label, *_ in await read(tmp_path, member=("*.CSV", "e.json"))] == [
        "a.zip › c/d.csv",
        "a.zip › e.json",
    ]


async def test_one_bad_file_of_a_zip_stops_no_other(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("a.csv", CSV)
        archive.writestr("b.pdf", b"%PDF-1.7")
        archive.writestr("c.zip", b"PK\x05\x06" + b"\0" * 18)
        archive.writestr("d.xlsx", b"PK\x03\x04")
    spreadsheet = Spreadsheet(tmp_path, ["a.zip"], {"d": SheetDataset()})
    parts = {part.member: part for part in await spreadsheet.parts("d")}

    assert (await _part(spreadsheet, parts["a.csv"]))[2] == [("2", ROWS[1]), ("3", ROWS[2])]
    refused = {}
    for member, part in parts.items():
        if member != "a.csv":
            with pytest.raises(SourceError) as caught:
                await _part(spreadsheet, part)
            refused[member] = (part.unlisted, caught.value.where, caught.value.code)
    await spreadsheet.aclose()
    assert refused == {
        "b.pdf": (True, "a.zip › b.pdf", "NOT_A_SPREADSHEET"),
        "c.zip": (True, "a.zip › c.zip", "NOT_A_SPREADSHEET"),
        "d.xlsx": (True, "a.zip › d.xlsx", "FILE_DAMAGED"),
    }


def hostile(path: Path, kind: str) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        if kind == "many":
            for number in range(101):
                archive.writestr(f"{number}.csv", CSV)
        elif kind == "bomb":
            for number in range(11):
                archive.writestr(f"{number}.csv", b"a;b\n" * 5_000_000)
        elif kind == "large":
            archive.writestr("a.csv", b"a;b\n" * 5_000_001)
    if kind == "cut":
        path.write_bytes(b"PK\x03\x04" + b"x" * 200)


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ("many", "TOO_MANY_MEMBERS"),
        ("bomb", "INFLATED_TOO_LARGE"),
        ("large", "DATA_FILE_TOO_LARGE"),
        ("cut", "FILE_DAMAGED"),
        ("empty", "DATA_FILE_EMPTY"),
    ],
)
async def test_a_zip_beyond_the_limits_is_told(tmp_path: Path, kind: str, code: str) -> None:
    hostile(tmp_path / "a.zip", kind)

    with pytest.raises(SourceError) as caught:
        await read(tmp_path)
    with Inspector() as inspector:
        (found,) = inspector.inspect(tmp_path / "a.zip")

    assert (caught.value.code, [one.code for one in found.problems]) == (code, [code])


async def test_a_member_that_is_not_there_is_told_with_those_that_are(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("lra.csv", CSV)

    with pytest.raises(SourceError) as caught:
        await read(tmp_path, member=("usulan*",))

    assert (caught.value.code, caught.value.params) == ("MEMBER_MISSING", {"member": "usulan*", "members": "lra.csv"})


BELOW: list[list[object]] = [
    ["Belanja Operasi"],
    ["Kode", "Uraian", "Pagu"],
    ["5.1", "Pegawai", 100],
    ["5.2", "Barang", 200],
    ["5.3", "Hibah", 300],
    [],
    [],
    ["Belanja Modal"],
    ["No", "Paket", "Penyedia", "Nilai"],
    [1, "Jalan", "CV Satu", 900],
    [2, "Jembatan", "CV Dua", 800],
]
MODAL = (
    ["No", "Paket", "Penyedia", "Nilai"],
    [("10", (1, "Jalan", "CV Satu", 900)), ("11", (2, "Jembatan", "CV Dua", 800))],
)


@pytest.mark.parametrize("table", [2, "belanja  modal"])
async def test_a_dataset_names_which_table_of_a_sheet_it_means(tmp_path: Path, table: object) -> None:
    book(tmp_path / "a.xlsx", BELOW)

    assert (await read(tmp_path, header="auto", table=table))[0][1:] == MODAL
    assert (await read(tmp_path, header="auto", table=1))[0][2][0] == ("3", ("5.1", "Pegawai", 100))


@pytest.mark.parametrize("table", [3, "Belanja", "Pendapatan"])
async def test_a_table_that_is_not_there_or_not_the_only_one_is_told(tmp_path: Path, table: object) -> None:
    book(tmp_path / "a.xlsx", BELOW)

    with pytest.raises(SourceError) as caught:
        await read(tmp_path, header="auto", table=table)

    assert (caught.value.code, caught.value.params) == (
        "TABLE_MISSING",
        {"table": str(table), "tables": "1: A2:C5 (Belanja Operasi), 2: A9:D11 (Belanja Modal)"},
    )


async def test_cells_of_a_table_beside_another_are_those_of_the_sheet(tmp_path: Path) -> None:
    left: list[list[object]] = [["Kode", "Nama"], *[list[object]((f"1.{n}", f"Kegiatan {n}")) for n in range(1, 7)]]
    right: list[list[object]] = [
        ["Kode", "Nama", "Pagu"],
        *[list[object]((f"2.{n}", f"Sub {n}", n * 1000)) for n in range(1, 5)],
    ]
    rows = [[*a, None, None, None, *(right[n] if n < len(right) else [])] for n, a in enumerate(left)]
    book(tmp_path / "a.xlsx", rows)
    spreadsheet = Spreadsheet(tmp_path, ["a.xlsx"], {"d": SheetDataset(header="auto", table=2)})
    (part,) = await spreadsheet.parts("d")
    batches = [batch async for batch in spreadsheet.rows("d", part)]
    await spreadsheet.aclose()

    assert [(column.label, column.name) for column in batches[0].columns] == [
        ("F", "Kode"),
        ("G", "Nama"),
        ("H", "Pagu"),
    ]
    assert [(row.at, row.values) for row in batches[0].rows][:2] == [
        ("2", ("2.1", "Sub 1", 1000)),
        ("3", ("2.2", "Sub 2", 2000)),
    ]
    assert sum(len(batch.rows) for batch in batches) == 4
