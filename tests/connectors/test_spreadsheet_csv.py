"""Csv files as offices make them."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.connector import Cell
from connectors.errors import SourceError
from connectors.spreadsheet import SheetDataset, Spreadsheet


def open_file(folder: Path, raw: bytes, **options: object) -> Spreadsheet:
    (folder / "data.csv").write_bytes(raw)
    return Spreadsheet(folder, ["data.csv"], {"d": SheetDataset(**options)})  # type: ignore[arg-type]  # options of any name


async def read(spreadsheet: Spreadsheet) -> tuple[list[str], list[tuple[str, tuple[Cell, ...]]]]:
    """Names of the columns, then the rows."""
    (part,) = await spreadsheet.parts("d")
    batches = [batch async for batch in spreadsheet.rows("d", part)]
    return [c.name for c in batches[0].columns], [(row.at, row.values) for batch in batches for row in batch.rows]


async def refusal(spreadsheet: Spreadsheet) -> SourceError:
    with pytest.raises(SourceError) as caught:
        await read(spreadsheet)
    return caught.value


EXPECTED = (["kode", "nama"], [("2", ("P-1", "Jembatan"))])


@pytest.mark.parametrize(
    "raw",
    [
        b"kode,nama\nP-1,Jembatan\n",
        b"kode;nama\r\nP-1;Jembatan\r\n",
        b"kode\tnama\nP-1\tJembatan",
        b"kode|nama\nP-1|Jembatan\n\n\n",
        b"kode,nama\rP-1,Jembatan\r",
        b"\xef\xbb\xbfkode,nama\nP-1,Jembatan\n",
        "kode\tnama\nP-1\tJembatan\n".encode("utf-16"),
        "kode,nama\nP-1,Jembatan\n".encode("utf-16-le"),
        "kode,nama\nP-1,Jembatan\n".encode("utf-16-be"),
        b'"kode","nama"\n"P-1","Jembatan"\n',
        b" kode ,nama\nP-1,Jembatan\n , \n,\n",
    ],
)
async def test_delimiter_encoding_and_line_ends_are_found_out(tmp_path: Path, raw: bytes) -> None:
    assert await read(open_file(tmp_path, raw)) == EXPECTED


async def test_a_part_is_the_file_and_cells_stay_text(tmp_path: Path) -> None:
    spreadsheet = open_file(tmp_path, b"kode;pagu;kosong\n007;1.234.567,89;\n")
    (part,) = await spreadsheet.parts("d")

    assert (part.key, part.label, part.file, part.sheet) == ("data.csv", "data.csv", "data.csv", None)
    assert (await read(spreadsheet))[1] == [("2", ("007", "1.234.567,89", None))]


async def test_windows_1252_is_read_when_it_is_not_utf8(tmp_path: Path) -> None:
    spreadsheet = open_file(tmp_path, "kode;nama\n1;Caf\xe9 – Rp\n".encode("cp1252"))

    assert (await read(spreadsheet))[1] == [("2", ("1", "Caf\xe9 – Rp"))]
    assert [d.read_as for d in await spreadsheet.describe()] == [";, cp1252"]


async def test_describe_says_how_a_file_was_read(tmp_path: Path) -> None:
    (described,) = await open_file(tmp_path, b"a\tb\n1\t2\n").describe()

    assert (described.read_as, described.samples) == ("TAB, utf-8", {"a": ("1",), "b": ("2",)})


async def test_what_the_dataset_says_is_not_second_guessed(tmp_path: Path) -> None:
    spreadsheet = open_file(tmp_path, b"a,b;c,d\n1,2;3,4\n", delimiter=";", encoding="ascii")

    assert await read(spreadsheet) == (["a,b", "c,d"], [("2", ("1,2", "3,4"))])


async def test_decimal_commas_do_not_make_a_comma_the_delimiter(tmp_path: Path) -> None:
    assert await read(open_file(tmp_path, b"No;Nilai\n1;12,5\n2;1,25\n3;7,5\n")) == (
        ["No", "Nilai"],
        [("2", ("1", "12,5")), ("3", ("2", "1,25")), ("4", ("3", "7,5"))],
    )


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16-be"])
async def test_a_byte_order_mark_is_no_part_of_the_first_head(tmp_path: Path, encoding: str) -> None:
    raw = ('\ufeff"kode";"nama"\n1;"Kaf\u00e9; Alas"\n').encode(encoding)

    assert await read(open_file(tmp_path, raw, encoding=encoding)) == (
        ["kode", "nama"],
        [("2", ("1", "Kaf\u00e9; Alas"))],
    )


@pytest.mark.parametrize("delimiter", [",", ";"])
async def test_what_is_unclear_is_read_as_the_dataset_says(tmp_path: Path, delimiter: str) -> None:
    names, _ = await read(open_file(tmp_path, b"Nama, Desa;Pagu\nBudi, Alas;5\n", delimiter=delimiter))

    assert names == {",": ["Nama", "Desa;Pagu"], ";": ["Nama, Desa", "Pagu"]}[delimiter]


async def test_one_column_needs_no_delimiter(tmp_path: Path) -> None:
    assert await read(open_file(tmp_path, b"nama\nAlas\nUtan\n")) == (["nama"], [("2", ("Alas",)), ("3", ("Utan",))])


async def test_short_and_long_records_keep_all_they_have(tmp_path: Path) -> None:
    assert await read(open_file(tmp_path, b"kode,nama\nP-1\nP-2,a,b,c\n\n,\n")) == (
        ["kode", "nama", "C", "D"],
        [("2", ("P-1", None, None, None)), ("3", ("P-2", "a", "b", "c"))],
    )


async def test_a_record_over_several_lines_counts_once(tmp_path: Path) -> None:
    assert (await read(open_file(tmp_path, b'a,b\n1,"x\ny, ""z"""\n2,y\n')))[1] == [
        ("2", ("1", 'x\ny, "z"')),
        ("3", ("2", "y")),
    ]


async def test_header_rows_and_skip_hold_for_csv_too(tmp_path: Path) -> None:
    raw = b"Laporan;;\n;;\nNo;Nama;Nilai\n1;Alas;5\n2;Utan;6\n;Jumlah;11\n"
    spreadsheet = open_file(tmp_path, raw, header=3, rows=(4, 6), skip={"NAMA": ["Jumlah"]})

    assert [at for at, _ in (await read(spreadsheet))[1]] == ["4", "5"]


@pytest.mark.parametrize(
    ("raw", "code", "params"),
    [
        (b"", "DATA_FILE_EMPTY", {}),
        (b"\0" * 500 + b"\n", "FILE_DAMAGED", {}),
        (b"<invalid_response>Data Kosong</invalid_response>", "NOT_A_SPREADSHEET", {"found": "XML"}),
        (b"<!DOCTYPE html><html><body>500</body></html>", "NOT_A_SPREADSHEET", {"found": "HTML"}),
        (b'{"status": "error"}', "NOT_A_SPREADSHEET", {"found": "JSON"}),
        (b"PK\x03\x04\x14\x00\x06\x00 a,b\n", "FILE_DAMAGED", {}),
        (b"kode,nama\nP-1,\x01\x02\n", "NOT_A_SPREADSHEET", {"found": "binary"}),
        (b'kode,nama\nP-1,"tak ditutup\n' + b"P-2,x\n" * 50, "QUOTE_OPEN", {"line": 2}),
        (b'kode,nama\nP-1,"dua\nbaris"\nP-2,x\nP-3,"tak\nditutup\n', "QUOTE_OPEN", {"line": 5}),
        (b'kode,nama\nP-1,"tak ditutup\n' + b"P-2,x\n" * 50_000, "CSV_BROKEN", {"line": 2}),
        (b"Nama, Desa;Pagu\nBudi, Alas;5\n", "DELIMITER_UNCLEAR", {"found": ", ;"}),
        (b"kode,nama\nP-1,x\0\0\0\0\n", "ENCODING_UNKNOWN", {"tried": "utf-8"}),
        (b"kode,nama,pagu\nP-1,Jembatan,5\nP-2,Jal", "FILE_CUT", {}),
        (b"kode,nama\nP-1,\x81\x8d\n", "ENCODING_UNKNOWN", {"tried": "utf-8, cp1252"}),
        (b"kode,nama\nP-1,Caf\xc3\xa9\nP-2,\xe9\n", "ENCODING_UNKNOWN", {"tried": "utf-8, cp1252"}),
        (b"kode,nama\nP-1,\xe9\x1b\n", "ENCODING_UNKNOWN", {"tried": "utf-8, cp1252"}),
        (",".join(f"c{i}" for i in range(1001)).encode(), "TOO_MANY_COLUMNS", {"limit": 1000}),
        (b"kode,nama\nP-1," + b"x" * 40_000 + b"\n", "CELL_TOO_LONG", {"cell": "B2", "limit": 32_767}),
        (b"kode,nama\n" + b" " * 20_000_000, "DATA_FILE_TOO_LARGE", {"limit": 20}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_what_is_no_whole_csv_says_why(tmp_path: Path, raw: bytes, code: str, params: dict[str, object]) -> None:
    error = await refusal(open_file(tmp_path, raw))

    assert (error.where, error.code, error.params) == ("data.csv", code, params)


async def test_an_encoding_that_does_not_exist_is_told(tmp_path: Path) -> None:
    assert (await refusal(open_file(tmp_path, b"a,b\n", encoding="utf-99"))).params == {"tried": "utf-99"}


FIELDS = st.text(st.characters(min_codepoint=32, max_codepoint=0x2FF, exclude_characters="\x7f\x85"), max_size=6)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(FIELDS, FIELDS, FIELDS), min_size=1, max_size=6),
    st.sampled_from(",;\t|"),
    st.booleans(),
    st.booleans(),
)
async def test_what_a_program_wrote_is_read_back(
    tmp_path: Path, rows: list[tuple[str, str, str]], delimiter: str, quote: bool, given: bool
) -> None:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, quoting=csv.QUOTE_ALL if quote else csv.QUOTE_MINIMAL).writerows(
        [("x", "y", "z"), *rows]
    )
    spreadsheet = open_file(tmp_path, text.getvalue().encode(), delimiter=delimiter if given or not quote else None)
    expected = [
        (str(n), cells) for n, row in enumerate(rows, 2) if any(cells := tuple(f if f.strip() else None for f in row))
    ]

    assert await read(spreadsheet) == (["x", "y", "z"], expected)
