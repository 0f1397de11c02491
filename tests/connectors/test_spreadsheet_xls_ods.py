"""The older formats: xls and ods are read by the same options and within the same limits as xlsx."""

from __future__ import annotations

import shutil
import struct
import zipfile
from datetime import date, datetime, time
from pathlib import Path

import openpyxl
import pytest

from connectors.connector import Cell, CellError, Column, Part
from connectors.errors import SourceError
from connectors.limits import MAX_ROWS
from connectors.spreadsheet import SheetDataset, Spreadsheet

SPACES = " ".join(
    f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{space}:1.0"'
    for name, space in {
        "office": "office",
        "table": "table",
        "text": "text",
        "style": "style",
        "draw": "drawing",
    }.items()
)
CALCEXT = 'xmlns:calcext="urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0"'
HIDDEN = (
    '<style:style style:name="h" style:family="table"><style:table-properties table:display="false"/></style:style>'
)


def cell(value: str | float | None = None, more: str = "") -> str:
    if value is None:
        return f"<table:table-cell {more}/>"
    if isinstance(value, str):
        return f'<table:table-cell office:value-type="string" {more}><text:p>{value}</text:p></table:table-cell>'
    return f'<table:table-cell office:value-type="float" office:value="{value}" {more}/>'


def row(*cells: str, more: str = "") -> str:
    return f"<table:table-row {more}>{''.join(cells)}</table:table-row>"


def ods(path: Path, *tables: str, before: str = "", more: tuple[tuple[str, str], ...] = ()) -> None:
    """A file with these rows in sheets called L1, L2 …; one that begins with `hidden` is."""
    sheets = "".join(
        f'<table:table table:name="L{n}" table:style-name="{"h" if rows.startswith("hidden") else "v"}">'
        f"{rows.removeprefix('hidden')}</table:table>"
        for n, rows in enumerate(tables, 1)
    )
    content = (
        f"<?xml version='1.0'?>{before}<office:document-content {SPACES} {CALCEXT}><office:automatic-styles>{HIDDEN}"
        f"</office:automatic-styles><office:body><office:spreadsheet>{sheets}</office:spreadsheet></office:body>"
        "</office:document-content>"
    )
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in [("content.xml", content), *more]:
            archive.writestr(name, data)


def record(kind: int, body: bytes = b"") -> bytes:
    return struct.pack("<HH", kind, len(body)) + body


def xls(*sheets: tuple[str, int, bytes], version: int = 0x0600, extra: bytes = b"") -> bytes:
    """An xls of (name, 0 visible or 1 hidden, records of cells)."""
    start = record(0x0809, struct.pack("<HHHHII", version, 5, 0, 0, 0, 0)) + record(0x42, b"\xe4\x04") + extra
    named = [(bytes([len(n)]) + (b"\0" if version == 0x0600 else b"") + n.encode("cp1252"), v) for n, v, _ in sheets]
    place = len(start) + sum(10 + len(name) for name, _ in named) + 4
    bounds, bodies = b"", b""
    for (name, state), (_, _, cells) in zip(named, sheets, strict=True):
        bounds += record(0x85, struct.pack("<IBB", place + len(bodies), state, 0) + name)
        bodies += record(0x0809, struct.pack("<HHHHII", version, 16, 0, 0, 0, 0)) + cells + record(0x0A)
    stream = (start + bounds + record(0x0A) + bodies).ljust(4096, b"\0")
    stream += b"\0" * (-len(stream) % 512)
    count = len(stream) // 512
    fat = [0xFFFFFFFD, 0xFFFFFFFE, *range(3, 2 + count), 0xFFFFFFFE]
    head = bytes.fromhex("d0cf11e0a1b11ae1") + b"\0" * 16 + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6)
    head += b"\0" * 10 + struct.pack("<IIIIIIIII", 1, 1, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0, 0) + b"\xff" * 432

    def entry(name: str, sort: int, first: int, size: int) -> bytes:
        text = (name + "\0").encode("utf-16le")
        link = b"\xff" * 8 + struct.pack("<I", 1 if sort == 5 else 0xFFFFFFFF)
        return (
            text.ljust(64, b"\0")
            + struct.pack("<HBB", len(text), sort, 1)
            + link
            + b"\0" * 36
            + struct.pack("<IQ", first, size)
        )

    called = "Workbook" if version == 0x0600 else "Book"
    folder = entry("Root Entry", 5, 0xFFFFFFFE, 0) + entry(called, 2, 2, len(stream)) + b"\0" * 256
    table = struct.pack(f"<{len(fat)}I", *fat).ljust(512, b"\xff")
    return head + table + folder + stream


def number(at: int, column: int, value: float) -> bytes:
    return record(0x0203, struct.pack("<HHHd", at, column, 0, value))


def label(at: int, column: int, text: str, version: int = 0x0600) -> bytes:
    mark = b"\0" if version == 0x0600 else b""
    return record(0x0204, struct.pack("<HHHH", at, column, 0, len(text)) + mark + text.encode("cp1252"))


def boolean(at: int, column: int, value: int, error: int = 0) -> bytes:
    return record(0x0205, struct.pack("<HHHBB", at, column, 0, value, error))


def formula_error(at: int, column: int, code: int) -> bytes:
    return record(0x06, struct.pack("<HHH", at, column, 0) + bytes([2, 0, code, 0, 0, 0, 255, 255]) + b"\0" * 8)


async def read(
    folder: Path, name: str, part: Part | None = None, **options: object
) -> list[tuple[str, tuple[Cell, ...]]]:
    spreadsheet = Spreadsheet(folder, [name], {"d": SheetDataset(**options)})  # type: ignore[arg-type]  # options of any name
    try:
        found = [part] if part else await spreadsheet.parts("d")
        return [(r.at, r.values) for p in found async for batch in spreadsheet.rows("d", p) for r in batch.rows]
    finally:
        await spreadsheet.aclose()


async def refusal(folder: Path, name: str) -> SourceError:
    with pytest.raises(SourceError) as caught:
        await read(folder, name)
    return caught.value


# -- ods --------------------------------------------------------------------------------------------------------------


async def test_cells_of_an_ods_come_typed(tmp_path: Path) -> None:
    typed = 'office:value-type="{0}" office:{1}-value="{2}"'
    cells = {
        cell(1234567.25): 1234567.25,
        cell(None, 'office:value-type="currency" office:value="-5"'): -5.0,
        cell(None, typed.format("date", "date", "2026-01-07")): date(2026, 1, 7),
        cell(None, typed.format("date", "date", "2026-01-07T09:30:00")): datetime(2026, 1, 7, 9, 30),
        cell(None, typed.format("date", "date", "12026-01-07")): "12026-01-07",
        cell(None, typed.format("time", "time", "PT08H30M00S")): time(8, 30),
        cell(None, typed.format("time", "time", "PT30H00M00S")): 1.25,
        cell(None, typed.format("boolean", "boolean", "true")): True,
        cell(None, typed.format("boolean", "boolean", "false")): False,
        cell("0012"): "0012",
        cell('a<text:s text:c="3"/>b<text:tab/>c</text:p><text:p>d<text:span>e</text:span>'): "a   b\tc\nde",
        cell('x</text:p><office:annotation><text:p>catatan</text:p></office:annotation><text:p>'): "x\n",
        cell("#DIV/0!", 'table:formula="of:=1/0"'): CellError("#DIV/0!"),
        cell("Err:502", 'calcext:value-type="error"'): CellError("Err:502"),
        cell("#N/A"): "#N/A",
        cell(None, 'table:formula="of:=A1"'): CellError("=…"),
        cell(""): None,
        cell(None): None,
        cell(7): 7.0,
    }  # fmt: skip
    ods(tmp_path / "a.ods", row(*cells))

    assert await read(tmp_path, "*.ods", header=None) == [("1", tuple(cells.values()))]


async def test_repeated_rows_and_cells_keep_their_places(tmp_path: Path) -> None:
    tail = row(cell(None, 'table:number-columns-repeated="16384"'), more='table:number-rows-repeated="1048570"')
    rows = (
        row(cell(), more='table:number-rows-repeated="3"')
        + row(cell("kode"), cell(None, 'table:number-columns-repeated="2"'), cell("nama"))
        + row(cell(5, 'table:number-columns-repeated="2"'), more='table:number-rows-repeated="2"')
        + f"<table:table-row-group>{row(cell(), cell(), cell(), cell('x'))}</table:table-row-group>"
    )
    ods(tmp_path / "a.ods", rows + tail)

    assert await read(tmp_path, "a.ods", header=4) == [
        ("5", (5.0, 5.0, None, None)),
        ("6", (5.0, 5.0, None, None)),
        ("7", (None, None, None, "x")),
    ]


async def test_sheets_of_an_ods_and_hidden_ones(tmp_path: Path) -> None:
    ods(tmp_path / "a.ods", "hidden" + row(cell(1)), row(cell(2)), row(cell(3)))
    spreadsheet = Spreadsheet(tmp_path, ["*.ods"], {"d": SheetDataset(sheet="*", header=None)})

    assert [part.label for part in await spreadsheet.parts("d")] == ["a.ods › L2", "a.ods › L3"]
    found = [await read(tmp_path, "a.ods", header=None, sheet=sheet) for sheet in (None, "L1", "2", "*")]
    assert [[values for _, (values,) in rows] for rows in found] == [[2.0], [1.0], [3.0], [2.0, 3.0]]


REPEATED = {
    "rows": (row(cell(1), more='table:number-rows-repeated="1048576"'), "CELL_TOO_FAR", f"A{MAX_ROWS + 1}"),
    "columns": (row(cell(1, 'table:number-columns-repeated="16384"')), "CELL_TOO_FAR", "ALM1"),
    "far_row": (row(more='table:number-rows-repeated="1048575"') + row(cell(), cell(1)), "CELL_TOO_FAR", "B1048576"),
    "far_column": (row(cell(None, 'table:number-columns-repeated="1000"'), cell(1)), "CELL_TOO_FAR", "ALM1"),
    "spaces": (row(cell(), cell('<text:s text:c="2000000000"/>')), "CELL_TOO_LONG", "B1"),
    "both": (row(cell(1, 'table:number-columns-repeated="500"'), more='table:number-rows-repeated="99999"'), "INFLATED_TOO_LARGE", None),
    "no_count": (row(cell(1, 'table:number-columns-repeated="-1"')), "FILE_DAMAGED", None),
    "no_number": (row(cell(None, 'office:value-type="float" office:value="nan"')), "FILE_DAMAGED", None),
    "cut": ("<table:table-row>", "FILE_DAMAGED", None),
}  # fmt: skip


@pytest.mark.parametrize(("rows", "code", "place"), REPEATED.values(), ids=REPEATED)
async def test_an_ods_that_swells_is_refused(tmp_path: Path, rows: str, code: str, place: str | None) -> None:
    ods(tmp_path / "a.ods", rows)

    error = await refusal(tmp_path, "a.ods")

    assert (error.code, error.params.get("cell")) == (code, place)


async def test_hostile_packages_are_refused(tmp_path: Path) -> None:
    ods(tmp_path / "dtd.ods", row(cell(1)), before='<!DOCTYPE x [<!ENTITY x "y">]>')
    ods(tmp_path / "bomb.ods", row(cell(1)), more=(("Pictures/a", "\0" * 30_000_000),))
    ods(tmp_path / "secret.ods", row(cell(1)), more=(("META-INF/manifest.xml", "<m><encryption-data/></m>"),))
    ods(tmp_path / "text.ods")

    codes = [(await refusal(tmp_path, f"{name}.ods")).code for name in ("dtd", "bomb", "secret", "text")]
    assert codes == ["FILE_HOSTILE", "INFLATED_TOO_LARGE", "PROTECTED_OTHERWISE", "NOT_A_SPREADSHEET"]


# -- xls --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", [0x0500, 0x0600])
async def test_cells_of_an_xls_come_typed_with_their_errors(tmp_path: Path, version: int) -> None:
    cells = (
        label(1, 1, "kode", version) + label(1, 2, "Caf\xe9", version) + number(3, 1, -1234567.25) + boolean(3, 2, 1)
    )
    cells += boolean(4, 1, 42, error=1) + formula_error(4, 4, 7)
    (tmp_path / "a.xls").write_bytes(xls(("Usulan", 0, cells), version=version))
    spreadsheet = Spreadsheet(tmp_path, ["*.xls"], {"d": SheetDataset(header=2)})

    (described,) = await spreadsheet.describe()
    await spreadsheet.aclose()

    assert described.columns[:3] == (Column("A", "A"), Column("kode", "B"), Column("Caf\xe9", "C"))
    assert await read(tmp_path, "*.xls", header=2) == [
        ("4", (None, -1234567.25, True, None, None)),
        ("5", (None, CellError("#N/A"), None, None, CellError("#DIV/0!"))),
    ]


async def test_sheets_of_an_xls_and_hidden_ones(tmp_path: Path) -> None:
    book = xls(("Daftar", 1, number(0, 0, 1)), ("Us\xfclan", 0, number(0, 0, 2)), ("Lain", 0, number(0, 0, 3)))
    (tmp_path / "a.xls").write_bytes(book)
    (tmp_path / "~$a.xls").write_bytes(b"lock")
    spreadsheet = Spreadsheet(tmp_path, ["*.xls"], {"d": SheetDataset(sheet="*", header=None)})

    assert [part.label for part in await spreadsheet.parts("d")] == ["a.xls › Us\xfclan", "a.xls › Lain"]
    found = [await read(tmp_path, "*.xls", header=None, sheet=sheet) for sheet in (None, "Daftar", "2", "*")]
    assert [[values for _, (values,) in rows] for rows in found] == [[2.0], [1.0], [3.0], [2.0, 3.0]]


GOOD = xls(("Usulan", 0, number(0, 0, 1)))
DAMAGED = {
    "cut": (GOOD[:3000], "FILE_DAMAGED"),
    "only_head": (GOOD[:200], "FILE_DAMAGED"),
    "circle": (GOOD[:524] + struct.pack("<I", 2) + GOOD[528:], "FILE_DAMAGED"),
    "far": (xls(("a", 0, number(0, 60_000, 1))), "FILE_DAMAGED"),
    "no_end": (xls(("a", 0, number(0, 0, 1)))[:1536] + GOOD[1536:].replace(record(0x0A), b"\x0b\0\0\0"), "FILE_DAMAGED"),
    "password": (xls(("a", 0, b""), extra=record(0x2F, b"\1\0" * 3)), "PROTECTED_OTHERWISE"),
    "word": (GOOD.replace("Workbook".encode("utf-16le"), "WordDocu".encode("utf-16le")), "NOT_A_SPREADSHEET"),
}  # fmt: skip


@pytest.mark.parametrize(("raw", "code"), DAMAGED.values(), ids=DAMAGED)
async def test_an_xls_that_is_not_whole_says_so(tmp_path: Path, raw: bytes, code: str) -> None:
    (tmp_path / "a.xls").write_bytes(raw)

    assert (await refusal(tmp_path, "a.xls")).code == code


# -- names that lie ---------------------------------------------------------------------------------------------------


async def test_what_is_inside_counts_not_the_name(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.worksheets[0].append([1])
    book.save(tmp_path / "b.xlsx")
    ods(tmp_path / "c.ods", row(cell(1)))
    (tmp_path / "a.xlsx").write_bytes(GOOD)
    shutil.move(tmp_path / "b.xlsx", tmp_path / "b.xls")
    shutil.move(tmp_path / "c.ods", tmp_path / "c.xls")

    for name in ("a.xlsx", "b.xls", "c.xls"):
        assert await read(tmp_path, name, header=None) == [("1", (1.0,))], name


@pytest.mark.parametrize(
    ("raw", "found"),
    [
        (b"<html><h1>Sesi berakhir</h1></html>", "HTML"),
        (b"<?xml version='1.0'?><Workbook/>", "XML"),
    ],
)
async def test_an_export_that_is_only_called_xls_is_told(tmp_path: Path, raw: bytes, found: str) -> None:
    (tmp_path / "a.xls").write_bytes(raw)

    error = await refusal(tmp_path, "a.xls")

    assert (error.code, error.params) == ("NOT_A_SPREADSHEET", {"found": found})
