"""dBase tables with their memos, from real programs and made by hand after the formats' descriptions."""

from __future__ import annotations

import shutil
import struct
import zipfile
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from connectors.connector import Aside, Batch, Cell, CellError
from connectors.errors import SourceError
from connectors.inspector import Inspector
from connectors.spreadsheet import SheetDataset, Spreadsheet
from tests.connectors.test_spreadsheet_real import need

Field = tuple[str, str, int, int]
"""Name, type, length, flags."""


def dbf(
    fields: Sequence[Field], records: Sequence[tuple[bytes, ...]], version: int = 3, driver: int = 0, deleted: int = 0
) -> bytes:
    """A table of these cells as they stand in it; the first `deleted` records are deleted."""
    backlink = b"\0" * 263 if version in (0x30, 0x32) else b""
    start, width = 33 + 32 * len(fields) + len(backlink), 1 + sum(length for _, _, length, _ in fields)
    head = struct.pack("<B3BIHH17xB2x", version, 126, 11, 25, len(records), start, width, driver)
    place = 1
    for name, kind, length, flags in fields:
        head += struct.pack("<11scIBBB13x", name.encode(), kind.encode(), place, length, 0, flags)
        place += length
    body = b"".join((b"*" if at < deleted else b" ") + b"".join(record) for at, record in enumerate(records))
    return head + b"\r" + backlink + body + b"\x1a"


async def read(folder: Path, name: str = "a.dbf", **options: object) -> list[Batch]:
    spreadsheet = Spreadsheet(folder, [name], {"d": SheetDataset(**options)})  # type: ignore[arg-type]  # options of any name
    try:
        return [batch for part in await spreadsheet.parts("d") async for batch in spreadsheet.rows("d", part)]
    finally:
        await spreadsheet.aclose()


async def values(folder: Path, name: str = "a.dbf", **options: object) -> list[tuple[Cell, ...]]:
    return [row.values for batch in await read(folder, name, **options) for row in batch.rows]


async def refusal(folder: Path) -> SourceError:
    with pytest.raises(SourceError) as caught:
        await read(folder)
    return caught.value


async def test_a_real_foxpro_table_has_its_memos_and_not_its_deleted_record() -> None:
    (batch,) = await read(need("olemb__dbfread"), "memotest.dbf")

    assert [column.name for column in batch.columns] == ["NAME", "BIRTHDATE", "MEMO"]
    assert [(row.at, row.values) for row in batch.rows] == [
        ("1", ("Alice", date(1987, 3, 1), "Alice memo")),
        ("2", ("Bob", date(1980, 11, 12), "Bob memo")),
    ]
    assert batch.aside == (Aside("DELETED", "3", "3"),)


async def test_real_tables_of_dbase_have_their_memos_and_letters() -> None:
    folder = need("infused__dbf")
    memos = await values(folder, "dbase_83.dbf")

    assert (len(memos), memos[0][5], memos[0][9], memos[0][13]) == (67, "1", Decimal("0.00"), True)
    assert str(memos[0][11]).startswith("Our Original assortment")
    assert [row[1] for row in await values(folder, "cp1251.dbf")] == [
        "амбулаторно-поликлиническое",
        "больничное",
        "НИИ",
        "образовательное медицинское учреждение",
    ]
    assert len(await values(need("BappedaLobar__PORTAL-AI"), "lobar_Admin_Desa.dbf")) == 122


@pytest.mark.parametrize(
    ("driver", "raw", "text", "encoding"),
    [
        (1, b"Caf\x82", "Café", "cp437"),
        (2, b"Caf\x82 \x9d", "Café Ø", "cp850"),
        (3, b"Caf\xe9", "Café", "cp1252"),
        (0, b"Caf\xe9", "Café", "cp1252"),
        (0, "Café".encode(), "Café", "utf-8"),
    ],
)
async def test_letters_are_those_of_the_language_driver(
    tmp_path: Path, driver: int, raw: bytes, text: str, encoding: str
) -> None:
    (tmp_path / "a.dbf").write_bytes(dbf([("NAMA", "C", 10, 0)], [(raw.ljust(10),)] * 2, driver=driver))
    spreadsheet = Spreadsheet(tmp_path, ["a.dbf"], {"d": SheetDataset()})
    (described,) = await spreadsheet.describe()
    await spreadsheet.aclose()

    assert (described.samples["NAMA"], described.read_as) == ((text, text), encoding)
    assert await values(tmp_path, encoding="cp437") == [(raw.decode("cp437"),)] * 2


async def test_what_stands_in_a_cell_is_what_dbase_meant(tmp_path: Path) -> None:
    fields = [("TEKS", "C", 5, 0), ("NILAI", "N", 8, 0), ("TGL", "D", 8, 0), ("YA", "L", 1, 0)]
    rows = [
        (b"  a  ", b"   12.50", b"20260131", b"T"),
        (b"b    ", b"      -3", b"        ", b"?"),
        (b"     ", b"        ", b"00000000", b"n"),
        (b"c    ", b"********", b"20260231", b" "),
        (b"d    ", b"        ", b"        ", b" "),
    ]
    (tmp_path / "a.dbf").write_bytes(dbf(fields, rows, deleted=1))

    assert await values(tmp_path) == [
        ("b", -3, None, None),
        (None, None, None, False),
        ("c", CellError("********"), "20260231", None),
        ("d", None, None, None),
    ]


async def test_types_and_nulls_of_visual_foxpro(tmp_path: Path) -> None:
    fields = [
        ("ID", "I", 4, 0),
        ("UANG", "Y", 8, 0),
        ("SAAT", "T", 8, 0),
        ("GANDA", "B", 8, 0),
        ("NAMA", "V", 6, 2),
        ("KODE", "C", 3, 2),
        ("_NullFlags", "0", 1, 0),
    ]
    noon = struct.pack("<II", 1721425 + (date(2026, 1, 31) - date(1, 1, 1)).days, 43_199_999)
    money = (-12345).to_bytes(8, "little", signed=True)
    rows = [
        (struct.pack("<i", -7), money, noon, struct.pack("<d", 0.25), b"abcdef", b"x  ", b"\0"),
        (struct.pack("<i", 8), money, b"\0" * 8, struct.pack("<d", 0.5), b"ab   \x02", b"   ", b"\x01"),
        (struct.pack("<i", 9), money, noon, struct.pack("<d", 0.5), b"abcdef", b"x  ", b"\x06"),
    ]
    (tmp_path / "a.dbf").write_bytes(dbf(fields, rows, version=0x32))

    assert await values(tmp_path) == [
        (-7, Decimal("-1.2345"), datetime(2026, 1, 31, 12), 0.25, "abcdef", "x"),
        (8, Decimal("-1.2345"), None, 0.5, "ab", None),
        (9, Decimal("-1.2345"), datetime(2026, 1, 31, 12), 0.5, None, None),
    ]


MEMO = [("NO", "N", 3, 0), ("ISI", "M", 10, 0)]
ROWS = [(b"  1", b"         1"), (b"  2", b"          "), (b"  3", b"         2")]
DBASE_4 = b"\0" * 20 + struct.pack("<H", 64) + b"\0" * 42 + b"".join(
    (b"\xff\xff\x08\x00" + struct.pack("<I", 8 + len(text)) + text).ljust(64, b"\0") for text in (b"satu", b"dua\r\nbaris")
)  # fmt: skip
FOXPRO = b"\0" * 6 + struct.pack(">H", 64) + b"\0" * 56 + b"".join(
    (struct.pack(">II", 1, len(text)) + text).ljust(64, b"\0") for text in (b"satu", b"dua\r\nbaris")
)  # fmt: skip
DBASE_3 = b"\0" * 512 + b"satu\x1a\x1a".ljust(512, b"\0") + b"dua\r\nbaris\x1a\x1a"


@pytest.mark.parametrize(
    ("version", "suffix", "memos"),
    [(0x83, ".dbt", DBASE_3), (0x8B, ".DBT", DBASE_4), (0xF5, ".FPT", FOXPRO)],
)
async def test_memos_are_read_beside_a_table_and_inside_of_a_zip(
    tmp_path: Path, version: int, suffix: str, memos: bytes
) -> None:
    table = dbf(MEMO, ROWS, version=version)
    (tmp_path / "a.dbf").write_bytes(table)
    (tmp_path / f"a{suffix}").write_bytes(memos)
    with zipfile.ZipFile(tmp_path / "b.zip", "w") as archive:
        archive.writestr("x/a.dbf", table)
        archive.writestr(f"x/a{suffix}", memos)
    expected = [(1, "satu"), (2, None), (3, "dua\r\nbaris")]

    assert await values(tmp_path) == expected
    assert await values(tmp_path, "b.zip") == expected
    with Inspector() as inspector:
        assert [(one.file, one.format, one.problems) for one in inspector.inspect(tmp_path)] == [
            ("a.dbf", "dbf", ()),
            ("b.zip › x/a.dbf", "dbf", ()),
        ]


async def test_a_table_without_its_memos_is_told_with_the_file_that_is_missing(tmp_path: Path) -> None:
    (tmp_path / "a.dbf").write_bytes(dbf(MEMO, ROWS, version=0x83))
    missing = await refusal(tmp_path)
    (tmp_path / "a.dbt").write_bytes(DBASE_3[:600])
    cut = await refusal(tmp_path)

    assert (missing.code, missing.params) == ("MEMO_MISSING", {"file": "a.dbt"})
    assert (cut.code, cut.params) == ("MEMO_DAMAGED", {"file": "a.dbt"})


async def test_new_memos_make_a_table_a_changed_one(tmp_path: Path) -> None:
    folder = need("olemb__dbfread")
    for name in ("memotest.dbf", "memotest.FPT"):
        shutil.copy2(folder / name, tmp_path / name)
    spreadsheet = Spreadsheet(tmp_path, ["*.dbf"], {"d": SheetDataset()})

    async def stamp() -> str | None:
        return (await spreadsheet.parts("d"))[0].stamp

    before = await stamp()
    shutil.copyfile(folder / "memotest.FPT", tmp_path / "memotest.FPT")

    assert before is not None
    assert await stamp() != before
    await spreadsheet.aclose()


async def test_half_a_table_is_told(tmp_path: Path) -> None:
    raw = dbf([("NAMA", "C", 100, 0)], [(b"x" * 100,)] * 200)
    (tmp_path / "a.dbf").write_bytes(raw[: len(raw) - 150])

    assert (await refusal(tmp_path)).code == "FILE_DAMAGED"
