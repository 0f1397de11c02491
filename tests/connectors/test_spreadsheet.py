"""Workbooks and their sheets: what is in the cells comes out with its place, and what can't be read says why."""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
import time
import zipfile
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import aclosing
from datetime import date, datetime, timedelta
from datetime import time as clock
from pathlib import Path

import openpyxl
import pytest
import python_calamine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.connector import Aside, Batch, Cell, CellError, Column, Part
from connectors.errors import ColumnMissing, DatasetMissing, SourceError
from connectors.inspector import Inspector
from connectors.limits import MAX_COLUMNS, MAX_ROWS
from connectors.sheetxml import MAX_STRAYS, check_extent, column_number
from connectors.spreadsheet import SheetDataset, Spreadsheet
from connectors.workbook import TRANSLATED

Sheets = Mapping[str, Sequence[object]]
Make = Callable[..., Spreadsheet]

USULAN = [
    ["No", "Kegiatan", "Biaya (Rp)"],
    [1, "Jalan desa", "1.250.000"],
    [2, "Drainase", 80_000_000],
]


def save(path: Path, sheets: Sheets, hidden: Sequence[str] = ()) -> Path:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row) if isinstance(row, list | tuple) else [row])
        if name in hidden:
            sheet.sheet_state = "hidden"
    path.parent.mkdir(parents=True, exist_ok=True)
    book.save(path)
    return path


@pytest.fixture
async def source(tmp_path: Path) -> AsyncIterator[Make]:
    """Makes a Spreadsheet over tmp_path with one dataset called `usulan`."""
    made: list[Spreadsheet] = []

    def make(pattern: str = "*.xlsx", seconds: float = 30, **options: object) -> Spreadsheet:
        made.append(Spreadsheet(tmp_path, [pattern], {"usulan": SheetDataset(**options)}, seconds))  # type: ignore[arg-type]  # options of any name
        return made[-1]

    yield make
    for spreadsheet in made:
        await spreadsheet.aclose()


async def read(spreadsheet: Spreadsheet, part: Part | None = None) -> list[Batch]:
    part = part or (await spreadsheet.parts("usulan"))[0]
    return [batch async for batch in spreadsheet.rows("usulan", part)]


async def table(spreadsheet: Spreadsheet) -> list[tuple[str, tuple[Cell, ...]]]:
    return [(row.at, row.values) for batch in await read(spreadsheet) for row in batch.rows]


async def refusal(spreadsheet: Spreadsheet, part: Part | None = None) -> SourceError:
    with pytest.raises(SourceError) as caught:
        await read(spreadsheet, part)
    return caught.value


# -- rows -------------------------------------------------------------------------------------------------------------


async def test_cells_come_typed_with_the_number_of_their_row(tmp_path: Path, source: Make) -> None:
    moment, length = datetime(2026, 1, 7, 9, 30), timedelta(hours=30)
    row = [1, 1.5, "teks", True, date(2026, 1, 7), moment, clock(8, 30), length, None, "", "  "]
    save(tmp_path / "Alas.xlsx", {"Usulan": [[f"k{i}" for i in range(11)], row]})

    (batch,) = await read(source())

    assert batch.grid
    assert batch.columns[0] == Column("k0", "A")
    assert (batch.rows[0].at, batch.rows[0].values) == (
        "2",
        (1.0, 1.5, "teks", True, date(2026, 1, 7), moment, clock(8, 30), 1.25, None, None, None),
    )


async def test_a_table_that_begins_further_right_keeps_its_letters(tmp_path: Path, source: Make) -> None:
    save(tmp_path / "a.xlsx", {"a": [[], [None, "No", "Biaya"], [None, 1, 2]]})
    with zipfile.ZipFile(tmp_path / "a.xlsx") as archive:
        assert b'r="A2"' not in archive.read("xl/worksheets/sheet1.xml")

    (batch,) = await read(source(header=2))

    assert batch.columns == (Column("A", "A"), Column("No", "B"), Column("Biaya", "C"))
    assert [(row.at, row.values) for row in batch.rows] == [("3", (None, 1.0, 2.0))]


async def test_rows_come_in_batches_and_none_is_lost(tmp_path: Path, source: Make) -> None:
    save(tmp_path / "a.xlsx", {"a": [["No"], *([n] for n in range(1201))]})

    batches = await read(source())

    assert [len(batch.rows) for batch in batches] == [500, 500, 201]
    assert [row.values for batch in batches for row in batch.rows] == [(float(n),) for n in range(1201)]


async def test_header_and_rows_are_where_the_dataset_says(tmp_path: Path, source: Make) -> None:
    rows = [
        ["PEMERINTAH KABUPATEN"],
        ["Musrenbang"],
        [],
        ["No", "Kegiatan"],
        [1, 2],
        [1, "Jalan"],
        [],
        [2, "Drainase"],
        [3, "Pasar"],
        ["", "TOTAL"],
    ]
    save(tmp_path / "a.xlsx", {"a": rows})

    assert await table(source(header=4, rows=(6, 9))) == [
        ("6", (1.0, "Jalan")),
        ("8", (2.0, "Drainase")),
        ("9", (3.0, "Pasar")),
    ]
    assert [at for at, _ in await table(source(header=4, rows=(9, None)))] == ["9", "10"]
    assert [at for at, _ in await table(source(header=4))] == ["5", "6", "8", "9", "10"]


async def test_without_a_header_columns_go_by_their_letters(tmp_path: Path, source: Make) -> None:
    save(tmp_path / "a.xlsx", {"a": [list(range(28))]})

    (batch,) = await read(source(header=None))

    assert [batch.columns[i].name for i in (0, 25, 26, 27)] == ["A", "Z", "AA", "AB"]
    assert batch.rows[0].at == "1"


async def test_names_of_columns_are_joined_told_apart_and_never_blank(tmp_path: Path, source: Make) -> None:
    head = [" Nama\n Kegiatan\u00a0", "nama kegiatan", None, "]", "NAMA KEGIATAN", 2026]
    save(tmp_path / "a.xlsx", {"a": [head, [1, 2, 3, 4, 5, 6]]})

    (batch,) = await read(source())

    assert [column.name for column in batch.columns] == [
        "Nama Kegiatan",
        "nama kegiatan (2)",
        "C",
        "]",
        "NAMA KEGIATAN (3)",
        "2026",
    ]
    assert [column.label for column in batch.columns] == list("ABCDEF")


async def test_rows_to_skip_are_left_out_and_counted(tmp_path: Path, source: Make) -> None:
    rows = [
        ["No", "Kegiatan"],
        [1, "Jalan"],
        [None, "Jumlah Desa Lunyuk"],
        [2, "Pasar"],
        [" total ", "x"],
        [None, "JUMLAH"],
    ]
    save(tmp_path / "a.xlsx", {"a": rows})

    (batch,) = await read(source(skip={"kegiatan": ("/jumlah.*/",), "No": ("TOTAL",)}))

    assert [row.at for row in batch.rows] == ["2", "4"]
    assert batch.aside == (
        Aside("HEADER", "1", "1", 1, "header", "No"),
        Aside("SKIP", "3", "3", 1, "skip.kegiatan"),
        Aside("SKIP", "5", "5", 1, "skip.No"),
        Aside("SKIP", "6", "6", 1, "skip.kegiatan"),
    )


async def test_a_column_to_skip_by_must_be_there(tmp_path: Path, source: Make) -> None:
    save(tmp_path / "Alas.xlsx", {"Usulan": USULAN})

    with pytest.raises(ColumnMissing) as caught:
        await read(source(skip={"Kegiatn": ("x",)}))

    assert (caught.value.where, caught.value.code) == ("Alas.xlsx › Usulan", "COLUMN_MISSING")
    assert caught.value.params == {"column": "Kegiatn", "nearest": "Kegiatan", "columns": "No, Kegiatan, Biaya (Rp)"}


async def test_an_empty_form_has_columns_and_no_rows(tmp_path: Path, source: Make) -> None:
    save(tmp_path / "a.xlsx", {"a": [["No", "Kegiatan"]]})

    (batch,) = await read(source())

    assert ([column.name for column in batch.columns], batch.rows) == (["No", "Kegiatan"], ())


@pytest.mark.parametrize("rows", [[], [["x"]], [["x"], [], ["y"]]])
async def test_a_header_row_that_is_empty_is_told(tmp_path: Path, source: Make, rows: list[list[str]]) -> None:
    save(tmp_path / "a.xlsx", {"a": rows})

    error = await refusal(source(header=2))

    assert (error.where, error.code, error.params) == ("a.xlsx › a", "HEADER_MISSING", {"header": 2})


async def test_error_cells_and_formulas_without_a_value_are_told_apart_from_empty_cells(
    tmp_path: Path, source: Make
) -> None:
    cells = (
        '<c r="A2" t="e"><f>1/0</f><v>#DIV/0!</v></c><c r="B2"><f>A1+1</f></c><c r="C2" t="str"><f>""</f><v></v></c>'
        '<c r="D2"><f>1+1</f><v>2</v></c><c t=\'e\' r="E2"><v>#N/A</v></c><c r="F2"><f>1</f><v/></c><c r="G2"/>'
    )
    raw_xlsx(tmp_path / "a.xlsx", row1("ABCDEFG") + f'<row r="2">{cells}</row><row r="9"><c r="H9"><f>1</f></c></row>')

    (batch,) = await read(source())
    formula = CellError("=…")

    assert batch.rows[0].values == (CellError("#DIV/0!"), formula, None, 2.0, CellError("#N/A"), formula, None, None)
    assert (batch.rows[1].at, batch.rows[1].values[7]) == ("9", formula)


async def test_cells_without_references_and_with_prefixes_are_found_too(tmp_path: Path, source: Make) -> None:
    body = "<x:row><x:c t='str'><x:v>a</x:v></x:c></x:row><x:row><x:c><x:v>1</x:v></x:c><x:c t=\"e\"><x:v>#REF!</x:v></x:c></x:row>"
    raw_xlsx(tmp_path / "a.xlsx", body, prefix="x:")

    assert await table(source(header=None)) == [("1", ("a", None)), ("2", (1.0, CellError("#REF!")))]


TEXTS = st.text(
    st.characters(min_codepoint=33, max_codepoint=0x2FFF, categories=("L", "N", "P", "S")), min_size=1, max_size=8
)
CELLS = (
    st.none()
    | st.integers(-(10**9), 10**9)
    | st.floats(-1e9, 1e9).map(lambda number: round(number, 3))
    | st.booleans()
    | TEXTS
    | st.dates(date(1950, 1, 1), date(2100, 1, 1))
)


SHARED: dict[Path, Spreadsheet] = {}  # one child for all examples


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(CELLS, min_size=3, max_size=3), max_size=6))
async def test_what_was_saved_is_read_back(tmp_path: Path, source: Make, rows: list[list[Cell]]) -> None:
    save(tmp_path / "a.xlsx", {"a": [["x", "y", "z"], *rows]})
    # a text that begins with = is a formula to openpyxl
    expected = [
        (
            str(number),
            tuple(
                CellError("=…") if isinstance(cell, str) and cell[0] == "=" and len(cell) > 1 else cell for cell in row
            ),
        )
        for number, row in enumerate(rows, 2)
        if any(cell is not None for cell in row)
    ]

    assert await table(SHARED.setdefault(tmp_path, source())) == expected


# -- parts ------------------------------------------------------------------------------------------------------------


async def test_each_file_is_a_part_with_its_first_visible_sheet(tmp_path: Path, source: Make) -> None:
    save(tmp_path / "2026" / "Alas.xlsx", {"lama": [["x"]], "Usulan": USULAN}, hidden=["lama"])
    save(tmp_path / "2026" / "Utan.xlsx", {"Usulan": USULAN})

    parts = await source("2026/*.xlsx").parts("usulan")

    assert [(p.key, p.label, p.file, p.sheet) for p in parts] == [
        ("2026/Alas.xlsx", "Alas.xlsx › Usulan", "Alas.xlsx", "Usulan"),
        ("2026/Utan.xlsx", "Utan.xlsx › Usulan", "Utan.xlsx", "Usulan"),
    ]


async def test_each_visible_sheet_is_a_part(tmp_path: Path, source: Make) -> None:
    save(tmp_path / "A #1.xlsx", {"Januari": USULAN, "lama": [["x"]], "Feb #2": [["No"], [7]]}, hidden=["lama"])
    spreadsheet = source(sheet="*")

    parts = await spreadsheet.parts("usulan")

    assert [(p.key, p.label, p.sheet) for p in parts] == [
        ("A #1.xlsx#Januari", "A #1.xlsx › Januari", "Januari"),
        ("A #1.xlsx#Feb #2", "A #1.xlsx › Feb #2", "Feb #2"),
    ]
    assert [row.values for batch in await read(spreadsheet, parts[1]) for row in batch.rows] == [(7.0,)]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("Usulan 2026", "Usulan  2026"),
        (" usulan\u00a02026 ", "Usulan  2026"),
        ("2", "Usulan  2026"),
        ("1", "Isi"),
        ("lama", "lama"),
        ("2025", "2025"),
    ],
)
async def test_a_sheet_is_found_by_name_or_number(tmp_path: Path, source: Make, wanted: str, found: str) -> None:
    save(tmp_path / "a.xlsx", {"Isi": USULAN, "lama": USULAN, "Usulan  2026": USULAN, "2025": USULAN}, hidden=["lama"])

    (part,) = await source(sheet=wanted).parts("usulan")

    assert part.sheet == found


async def test_a_missing_sheet_fails_its_file_and_no_other(tmp_path: Path, source: Make) -> None:
    save(tmp_path / "Alas.xlsx", {"Usulan": USULAN, "Isi": USULAN})
    save(tmp_path / "Utan.xlsx", {"Usuln": USULAN})
    spreadsheet = source(sheet="Usulan")

    first, second = await spreadsheet.parts("usulan")
    error = await refusal(spreadsheet, second)

    assert sum(len(batch.rows) for batch in await read(spreadsheet, first)) == 2
    assert (type(error), error.where, error.code) == (DatasetMissing, "Utan.xlsx", "SHEET_MISSING")
    assert error.params == {"sheet": "Usulan", "nearest": "Usuln", "sheets": "Usuln"}


async def test_a_sheet_like_none_other_is_told_with_the_sheets_there_are(tmp_path: Path, source: Make) -> None:
    save(tmp_path / "a.xlsx", {"Usulan": USULAN})

    error = await refusal(source(sheet="9"))

    assert (error.code, error.params["sheets"]) == ("SHEET_UNKNOWN", "Usulan")


async def test_a_file_whose_sheets_can_not_be_listed_stands_for_all_of_them(tmp_path: Path, source: Make) -> None:
    save(tmp_path / "Alas.xlsx", {"Usulan": USULAN})
    (tmp_path / "Utan.xlsx").write_bytes((tmp_path / "Alas.xlsx").read_bytes()[:900])
    spreadsheet = source(sheet="*")

    good, bad = await spreadsheet.parts("usulan")
    error = await refusal(spreadsheet, bad)

    assert (good.unlisted, bad.unlisted, bad.key, bad.stamp) == (False, True, "Utan.xlsx", None)
    assert (error.where, error.code) == ("Utan.xlsx", "FILE_DAMAGED")

    save(tmp_path / "Utan.xlsx", {"Usulan": USULAN})
    healed = await refusal(spreadsheet, bad)

    assert (healed.code, healed.transient) == ("FILE_CHANGED", True)


async def test_a_stamp_is_given_to_settled_files_only_and_changes_with_file_and_options(
    tmp_path: Path, source: Make
) -> None:
    path = save(tmp_path / "a.xlsx", {"a": USULAN})
    fresh = (await source().parts("usulan"))[0].stamp
    os.utime(path, (0, time.time() - 60))
    settled = (await source().parts("usulan"))[0].stamp
    otherwise = (await source(header=None).parts("usulan"))[0].stamp

    assert fresh is None
    assert settled is not None
    assert settled == (await source().parts("usulan"))[0].stamp
    assert settled != otherwise

    status = path.stat()
    path.write_bytes(path.read_bytes()[:-1] + b"\1")
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))

    assert (await source().parts("usulan"))[0].stamp != settled


async def test_no_file_matched_says_what_is_there(tmp_path: Path, source: Make) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "Alas.docx").touch()
    (tmp_path / "data" / "~$Alas.xlsx").touch()

    with pytest.raises(DatasetMissing) as caught:
        await source("data/*.xlsx").parts("usulan")

    assert (caught.value.code, caught.value.params["pattern"]) == ("NO_FILE_MATCHED", "data/*.xlsx")
    assert "Alas.docx" in str(caught.value.params["folder"])
    assert str(tmp_path) not in str(caught.value)


async def test_an_unknown_dataset_names_the_nearest(source: Make) -> None:
    with pytest.raises(DatasetMissing) as caught:
        await source().parts("usuln")

    assert caught.value.params == {"nearest": "usulan"}


# -- files as offices leave them --------------------------------------------------------------------------------------


async def test_a_file_open_in_excel_is_read_if_it_can_be(tmp_path: Path, source: Make) -> None:
    save(tmp_path / "Alas.xlsx", {"Usulan": USULAN})
    (tmp_path / "~$Alas.xlsx").write_bytes(b"\x05Staf " + b" " * 160)

    parts = await source().parts("usulan")

    assert [part.key for part in parts] == ["Alas.xlsx"]
    assert len(await table(source())) == 2


async def test_a_file_caught_while_excel_saves_it_is_busy_not_broken(tmp_path: Path, source: Make) -> None:
    path = save(tmp_path / "Alas.xlsx", {"Usulan": USULAN})
    path.write_bytes(path.read_bytes()[:1000])
    (tmp_path / "~$Alas.xlsx").touch()

    error = await refusal(source())

    assert (type(error).__name__, error.code, error.where, error.transient) == (
        "SourceBusy",
        "FILE_OPEN",
        "Alas.xlsx",
        True,
    )


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="platform: root may read everything")
@pytest.mark.parametrize("name", ["Alas.xlsx", "Alas.csv"])
async def test_a_file_that_may_not_be_read_is_busy(tmp_path: Path, source: Make, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(b"kode,nama\n1,a\n")
    path.chmod(0)

    assert (await refusal(source(name))).code == "FILE_OPEN"


@pytest.mark.parametrize("name", ["Alas.xlsx", "Alas.csv"])
async def test_a_file_that_vanished_between_listing_and_reading_is_gone(
    tmp_path: Path, source: Make, name: str
) -> None:
    path = tmp_path / name
    save(path, {"Usulan": USULAN}) if name.endswith("x") else path.write_text("a,b\n1,2\n")
    spreadsheet = source(name)
    (part,) = await spreadsheet.parts("usulan")
    path.unlink()

    error = await refusal(spreadsheet, part)

    assert (type(error).__name__, error.code, error.where) == ("SourceUnavailable", "FILE_GONE", part.label)


NAMESPACE = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def raw_xlsx(
    path: Path, rows: str, *, prefix: str = "", before: str = "", more: Sequence[tuple[str, str]] = ()
) -> None:
    """A workbook of one sheet called Usulan with exactly this XML inside."""
    declared = f'xmlns:{prefix[:-1]}="{NAMESPACE}"' if prefix else f'xmlns="{NAMESPACE}"'
    package = "http://schemas.openxmlformats.org/package/2006"
    members = {
        "[Content_Types].xml": f'<Types xmlns="{package}/content-types"><Default Extension="xml" ContentType="application/xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="rId1" Type="{RELATIONS}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{NAMESPACE}" xmlns:r="{RELATIONS}"><sheets><sheet name="Usulan" sheetId="1" r:id="rId1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="rId1" Type="{RELATIONS}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": f"<?xml version='1.0'?>{before}<{prefix}worksheet {declared}><{prefix}sheetData>{rows}</{prefix}sheetData></{prefix}worksheet>",
    }
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in {**members, **dict(more)}.items():
            archive.writestr(name, data)


def row1(letters: str) -> str:
    return (
        '<row r="1">'
        + "".join(f'<c r="{c}1" t="inlineStr"><is><t>{c.lower()}</t></is></c>' for c in letters)
        + "</row>"
    )


HTML = b"\xef\xbb\xbf <html><table><tr><td>kode</td></tr></table></html>"
OLE = bytes.fromhex("d0cf11e0a1b11ae1") + b"\0" * 504

REFUSED = {
    "zero": (b"", "DATA_FILE_EMPTY"),
    "nul": (b"\0" * 8192, "FILE_DAMAGED"),
    "html": (HTML, "NOT_A_SPREADSHEET"),
    "xml": (b"<?xml version='1.0'?><error/>", "NOT_A_SPREADSHEET"),
    "csv": (b"kode;nama\nP-1;Jembatan\n", "NOT_A_SPREADSHEET"),
    "ole": (OLE + b"\0" * 4096, "FILE_DAMAGED"),
    "excel_4": (b"\x09\x04\x06\0" + b"\0" * 600, "FILE_OLD_FORMAT"),
    "zip": (b"PK\x05\x06" + b"\0" * 18, "FILE_DAMAGED"),
    "not_whole": (b"PK\x03\x04" + b"x" * 400, "FILE_DAMAGED"),
    "many": (
        b"PK\x03\x04" + b"x" * 40 + b"PK\x05\x06" + b"\0\0\0\0" + b"\xff\xff\xff\xff" + b"\0" * 10,
        "TOO_MANY_MEMBERS",
    ),
}


@pytest.mark.parametrize(("raw", "code"), REFUSED.values(), ids=REFUSED)
async def test_a_file_that_is_no_workbook_says_what_it_is(tmp_path: Path, source: Make, raw: bytes, code: str) -> None:
    (tmp_path / "Alas.xlsx").write_bytes(raw)

    error = await refusal(source())

    assert (error.where, error.code) == ("Alas.xlsx", code)


def far(over: int) -> str:
    return f'<row r="{MAX_ROWS + over}"><c r="A{MAX_ROWS + over}"><v>1</v></c></row>'


A = row1("AB")
HOSTILE = {
    "dtd": ({"rows": A, "before": '<!DOCTYPE x [<!ENTITY x SYSTEM "file:///etc/hostname">]>'}, "FILE_HOSTILE"),
    "no_encoding": (
        {"rows": A, "more": [("xl/styles.xml", "<?xml version='1.0' encoding='rels'?><styleSheet/>")]},
        "FILE_DAMAGED",
    ),
    "no_prefix": (
        {"rows": A, "more": [("xl/_rels/workbook.xml.rels", "<x:Relationships/>")]},
        "FILE_DAMAGED",
    ),
    "no_number": (
        {"rows": A, "more": [("xl/styles.xml", "<styleSheet><cellXfs><xf fontId='NaN'/></cellXfs></styleSheet>")]},
        "FILE_DAMAGED",
    ),
    "cut_xml": ({"rows": A + "<row>"}, "FILE_DAMAGED"),
    "bad_reference": ({"rows": '<row r="1"><c r="A0"><v>1</v></c></row>'}, "FILE_DAMAGED"),
    "bad_column": ({"rows": '<row r="1"><c r="ZZZZ9"><v>1</v></c></row>'}, "FILE_DAMAGED"),
    "far_rows": ({"rows": A + "".join(far(n) for n in range(1, MAX_STRAYS + 2))}, "CELL_TOO_FAR"),
    "one_row_more": ({"rows": A + far(-5) + far(1)}, "CELL_TOO_FAR"),
    "one_column_more": ({"rows": '<row r="1"><c r="ALL1"><v>1</v></c><c r="ALM1"><v>1</v></c></row>'}, "CELL_TOO_FAR"),
    "wide": ({"rows": '<row r="1"><c r="ALM1"><v>1</v></c></row>'}, "CELL_TOO_FAR"),
    "long_cell": ({"rows": A + f'<row r="2"><c r="B2" t="inlineStr"><is><t>{"x" * 32768}</t></is></c></row>'}, "CELL_TOO_LONG"),
    "inflates": ({"rows": A, "more": [("xl/media/a.bin", "\0" * 30_000_000)]}, "INFLATED_TOO_LARGE"),
    "same_name": ({"rows": A, "more": [("xl/Worksheets/Sheet1.xml", "<x/>")]}, "FILE_DAMAGED"),
    "members": ({"rows": A, "more": [(f"xl/media/{i}", "") for i in range(1001)]}, "TOO_MANY_MEMBERS"),
    "strings": ({"rows": A, "more": [("xl/sharedStrings.xml", f'<sst xmlns="{NAMESPACE}">{"<si/>" * 5}{"<si></si>" * 1_000_001}</sst>')]}, "TOO_MANY_TEXTS"),
}  # fmt: skip


@pytest.mark.parametrize(("parts", "code"), HOSTILE.values(), ids=HOSTILE)
async def test_a_hostile_workbook_is_refused(tmp_path: Path, source: Make, parts: dict[str, object], code: str) -> None:
    raw_xlsx(tmp_path / "a.xlsx", **parts)  # type: ignore[arg-type]  # keywords from the table above

    assert (await refusal(source(header="auto"))).code == code


async def test_the_workbook_that_hostile_ones_are_made_from_is_read(tmp_path: Path, source: Make) -> None:
    raw_xlsx(tmp_path / "a.xlsx", A + '<row r="2"><c r="B2"><v>1</v></c></row>', more=[("xl/media/1", "x")])

    assert await table(source()) == [("2", (None, 1.0))]


@pytest.mark.parametrize("header", [1, "auto"])
async def test_a_few_cells_far_away_from_all_others_are_left_out_and_told(
    tmp_path: Path, source: Make, header: object
) -> None:
    rows = "".join(f'<row r="{n}"><c r="A{n}"><v>{n}</v></c><c r="B{n}"><v>1</v></c></row>' for n in range(2, 5))
    strays = far(1) + '<row r="1048576"><c r="B1048576" t="e"><v>#N/A</v></c><c r="XFD1048576"><v>1</v></c></row>'
    raw_xlsx(tmp_path / "a.xlsx", A + rows + strays)

    batches = await read(source(header=header))
    with Inspector() as inspector:
        ((sheet,),) = [found.sheets for found in inspector.inspect(tmp_path / "a.xlsx")]

    assert [row.at for batch in batches for row in batch.rows] == ["2", "3", "4"]
    assert [aside for batch in batches for aside in batch.aside if aside.reason != "HEADER"] == [
        Aside("FAR_AWAY", "250001", "250001"),
        Aside("FAR_AWAY", "1048576", "1048576"),
    ]
    assert [(note.code, note.params["cells"]) for note in sheet.tables[0].notes] == [
        ("CELLS_FAR_AWAY", "A250001, B1048576, XFD1048576")
    ]


async def test_a_far_cell_is_named(tmp_path: Path, source: Make) -> None:
    raw_xlsx(tmp_path / "a.xlsx", A + far(-5) + far(1))

    error = await refusal(source())

    assert (error.where, error.params) == ("a.xlsx › Usulan", {"cell": "A250001", "rows": 250_000, "columns": 1_000})


@given(
    st.one_of(
        st.tuples(st.from_regex("[A-Z]{1,3}", fullmatch=True), st.integers(0, 10**7 + 9).map(str)).map("".join),
        st.sampled_from(
            [f"{letters}{row}" for letters in ("A", "ZZ", "AAA", "ALL", "ALM") for row in (MAX_ROWS, MAX_ROWS + 1)]
        ),
        st.text("AaZ019.", max_size=6),
    ),
    st.sampled_from(["<v>1</v>", ""]),
)
def test_every_reference_is_near_far_or_none(reference: str, value: str) -> None:
    cell = f'<c r="{reference}">{value}</c>' if value else f'<c r="{reference}"/>'
    try:
        check_extent(f'<row r="1"><c r="A1" t="s"><v>0</v></c>{cell}</row>'.encode(), "a.xlsx")
        found = None
    except SourceError as error:
        found = error.code

    shape = re.fullmatch(r"([A-Z]{1,3})([1-9]\d{0,6})", reference, re.ASCII)
    is_far = shape and (column_number(shape[1].encode()) > MAX_COLUMNS or int(shape[2]) > MAX_ROWS)
    assert found == ("FILE_DAMAGED" if shape is None else "CELL_TOO_FAR" if is_far and value else None)


async def test_far_cells_without_a_value_cost_nothing(tmp_path: Path, source: Make) -> None:
    raw_xlsx(
        tmp_path / "a.xlsx",
        row1("AB") + '<row r="2"><c r="A2"><v>1</v></c></row><row r="1048576"><c r="XFD1048576" s="0"/></row>',
    )

    assert await table(source()) == [("2", (1.0, None))]


async def test_more_rows_than_are_read_are_refused_not_cut(tmp_path: Path, source: Make) -> None:
    rows = "".join(f"<row><c><v>{n}</v></c></row>" for n in range(MAX_ROWS + 2))
    raw_xlsx(tmp_path / "a.xlsx", rows)

    assert (await refusal(source(header=None))).code == "TOO_MANY_ROWS_IN_SHEET"


async def test_a_byte_that_rotted_is_noticed(tmp_path: Path, source: Make) -> None:
    path = save(tmp_path / "a.xlsx", {"a": [["kode"], *([f"nilai {n}"] for n in range(200))]})
    with zipfile.ZipFile(path) as archive:
        place = archive.getinfo("xl/worksheets/sheet1.xml").header_offset + 120
    raw = bytearray(path.read_bytes())
    raw[place] ^= 0xFF
    path.write_bytes(raw)

    assert (await refusal(source())).code == "FILE_DAMAGED"


async def test_reading_leaves_no_trace(tmp_path: Path, source: Make) -> None:
    save(tmp_path / "a.xlsx", {"a": USULAN})
    (tmp_path / "b.csv").write_text("a,b\n1,2\n")

    def seen() -> list[tuple[str, int, str]]:
        return sorted(
            (p.name, p.stat().st_mtime_ns, hashlib.sha256(p.read_bytes()).hexdigest()) for p in tmp_path.iterdir()
        )

    before = seen()
    for pattern in ("*.xlsx", "*.csv"):
        spreadsheet = source(pattern)
        await read(spreadsheet)
        await spreadsheet.describe()

    assert seen() == before


# -- the child process ------------------------------------------------------------------------------------------------


async def test_one_child_serves_many_parts_and_refusals(tmp_path: Path, source: Make) -> None:
    save(tmp_path / "a.xlsx", {"a": USULAN})
    save(tmp_path / "b.xlsx", {"a": [[]]})
    spreadsheet = source()
    good, bad = await spreadsheet.parts("usulan")

    await read(spreadsheet, good)
    (child,) = spreadsheet._idle
    await refusal(spreadsheet, bad)
    await read(spreadsheet, good)

    assert spreadsheet._idle == [child]
    await spreadsheet.aclose()
    assert not child.is_idle


async def test_parts_can_be_read_side_by_side(tmp_path: Path, source: Make) -> None:
    for name in "abcd":
        save(tmp_path / f"{name}.xlsx", {"a": [["No"], *([f"{name}{n}"] for n in range(600))]})
    spreadsheet = source()
    parts = await spreadsheet.parts("usulan")

    found = await asyncio.gather(*(read(spreadsheet, part) for part in parts))

    assert [batches[1].rows[-1].values for batches in found] == [("a599",), ("b599",), ("c599",), ("d599",)]


async def test_a_reader_that_went_away_leaves_nothing_behind(tmp_path: Path, source: Make) -> None:
    save(tmp_path / "a.xlsx", {"a": [["No"], *([n] for n in range(3000))]})
    spreadsheet = source()
    (part,) = await spreadsheet.parts("usulan")

    async with aclosing(spreadsheet.rows("usulan", part)) as batches:
        async for batch in batches:
            assert len(batch.rows) == 500
            break

    assert spreadsheet._idle == []
    assert sum(len(batch.rows) for batch in await read(spreadsheet, part)) == 3000


async def test_a_child_that_dies_is_told_and_replaced(tmp_path: Path, source: Make) -> None:
    save(tmp_path / "a.xlsx", {"a": [["No"], *([n] for n in range(30_000))]})
    spreadsheet = source()
    (part,) = await spreadsheet.parts("usulan")
    await read(spreadsheet, part)
    (child,) = spreadsheet._idle

    async def read_while_it_dies() -> None:
        async for _ in spreadsheet.rows("usulan", part):
            child._process.kill()

    with pytest.raises(SourceError) as caught:
        await read_while_it_dies()

    assert (caught.value.code, caught.value.where) == ("READER_CRASHED", "a.xlsx › a")
    assert sum(len(batch.rows) for batch in await read(spreadsheet, part)) == 30_000


async def test_a_file_that_takes_too_long_is_given_up(tmp_path: Path, source: Make) -> None:
    save(tmp_path / "a.xlsx", {"a": [["No"], *([n] * 20 for n in range(5_000))]})
    spreadsheet = source(seconds=0.02)

    began = time.monotonic()
    error = await refusal(spreadsheet)

    assert (type(error).__name__, error.code, error.transient) == ("SourceTimeout", "READER_TIMEOUT", True)
    assert time.monotonic() - began < 3
    assert spreadsheet._idle == []


def test_every_exception_of_the_library_is_translated() -> None:
    exported = {
        thing
        for name in dir(python_calamine)
        if isinstance(thing := getattr(python_calamine, name), type) and issubclass(thing, BaseException)
    }

    assert exported == set(TRANSLATED)


# -- describe ---------------------------------------------------------------------------------------------------------


async def test_describe_shows_columns_and_samples_of_the_first_file_that_can_be_read(
    tmp_path: Path, source: Make
) -> None:
    (tmp_path / "Aa.xlsx").write_bytes(b"")
    save(
        tmp_path / "Alas.xlsx",
        {"Usulan": [["No", "Kegiatan"], [1, "Jalan"], [2, None], *([n, f"k{n}"] for n in range(9))]},
    )

    (described,) = await source().describe()

    assert (described.name, [column.name for column in described.columns]) == ("usulan", ["No", "Kegiatan"])
    assert described.samples == {"No": (1.0, 2.0, 0.0, 1.0, 2.0), "Kegiatan": ("Jalan", "k0", "k1", "k2", "k3")}


async def test_describe_raises_why_if_no_file_can_be_read(tmp_path: Path, source: Make) -> None:
    (tmp_path / "Alas.xlsx").write_bytes(b"")

    with pytest.raises(SourceError) as caught:
        await source().describe()

    assert caught.value.code == "DATA_FILE_EMPTY"
