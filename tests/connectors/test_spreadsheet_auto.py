"""Datasets with `header: auto`: the table is found, and only its records are read."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest

from connectors.connector import Batch, Cell
from connectors.errors import ColumnMissing, SourceBroken
from connectors.spreadsheet import SheetDataset, Spreadsheet

ROWS: list[list[Cell]] = [
    ["DAFTAR USULAN 2026"],
    [],
    ["No", "Usulan", "Anggaran", None],
    [None, None, "Pagu", "Realisasi"],
    ["(1)", "(2)", "(3)", "(4)"],
    ["KECAMATAN ALAS"],
    [1, "Jalan", 1_000_000, 500_000],
    [2, "Jembatan", 2_000_000, 0],
    [None, "Jumlah", 3_000_000, 500_000],
    ["KECAMATAN UTAN"],
    [3, "Talud", 4_000_000, 0],
    [None, "Jumlah", 4_000_000, 0],
    [None, "TOTAL", 7_000_000, 500_000],
    [],
    ["Catatan: data sementara"],
]
NAMES = ["No", "Usulan", "Anggaran / Pagu", "Anggaran / Realisasi"]


def write(folder: Path, suffix: str) -> None:
    if suffix == "csv":
        lines = [
            ";".join("" if cell is None else str(cell) for cell in [*row, *[None] * (4 - len(row))]) for row in ROWS
        ]
        (folder / "a.csv").write_text("\n".join(lines) + "\n")
        return
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in ROWS:
        sheet.append(row)
    book.save(folder / "a.xlsx")


def told(batch: Batch) -> list[tuple[str, int, int, str | None]]:
    """What was set aside: why, from which row to which, and what it begins with."""
    assert all(int(aside.last) - int(aside.first) + 1 == aside.rows for aside in batch.aside)
    return [(aside.reason, int(aside.first), int(aside.last), aside.text) for aside in batch.aside]


def left_out(batch: Batch, *reasons: str) -> list[int]:
    """The rows that were set aside for one of these reasons."""
    rows = [(first, last) for reason, first, last, _ in told(batch) if reason in reasons]
    return [row for first, last in rows for row in range(first, last + 1)]


async def read(folder: Path, dataset: SheetDataset) -> list[Batch]:
    spreadsheet = Spreadsheet(folder, ["a.*"], {"d": dataset})
    try:
        return [batch for part in await spreadsheet.parts("d") async for batch in spreadsheet.rows("d", part)]
    finally:
        await spreadsheet.aclose()


@pytest.mark.parametrize("suffix", ["xlsx", "csv"])
async def test_only_records_are_read_and_the_rest_is_counted(tmp_path: Path, suffix: str) -> None:
    write(tmp_path, suffix)

    (batch,) = await read(tmp_path, SheetDataset(header="auto"))

    assert [column.name for column in batch.columns] == NAMES
    assert [(row.at, row.values[1]) for row in batch.rows] == [("7", "Jalan"), ("8", "Jembatan"), ("11", "Talud")]
    assert batch.grid
    assert told(batch) == [
        ("TITLE", 1, 1, "DAFTAR USULAN 2026"),
        ("BLANK", 2, 2, None),
        ("HEADER", 3, 4, "No"),
        ("COLUMN_NUMBERS", 5, 5, None),
        ("GROUP", 6, 6, "KECAMATAN ALAS"),
        ("TOTAL", 9, 9, "Jumlah"),
        ("GROUP", 10, 10, "KECAMATAN UTAN"),
        ("TOTAL", 12, 13, "Jumlah"),
        ("BLANK", 14, 14, None),
        ("NOTE", 15, 15, None),
    ]


async def test_rows_and_skip_still_decide(tmp_path: Path) -> None:
    write(tmp_path, "xlsx")

    (batch,) = await read(tmp_path, SheetDataset(header="auto", rows=(8, None), skip={"Usulan": ("Talud",)}))

    assert [row.at for row in batch.rows] == ["8"]
    assert (left_out(batch, "OUTSIDE_ROWS"), left_out(batch, "SKIP")) == ([7], [11])


async def test_a_sheet_without_a_table_and_an_unknown_column_are_told(tmp_path: Path) -> None:
    write(tmp_path, "xlsx")
    with pytest.raises(ColumnMissing):
        await read(tmp_path, SheetDataset(header="auto", skip={"Usulann": ("x",)}))

    (tmp_path / "a.xlsx").unlink()
    (tmp_path / "a.csv").write_text("hanya,\nsatu,\nkolom,\n")
    with pytest.raises(SourceBroken) as caught:
        await read(tmp_path, SheetDataset(header="auto"))
    assert caught.value.code == "NO_TABLE_FOUND"


PINNED: list[list[Cell]] = [
    ["SKPD", ":", "Dinas Kesehatan"],
    ["Tahun Anggaran 2026"],
    ["Kode", "Nama", "Nilai"],
    ["Alfa", "Beta", "Gama"],
    ["A1", "satu", 10],
    ["A2", "dua", 20],
    ["A3", "Jumlah Penduduk", 30],
    [None, "Jumlah", 30],
]


def write_rows(folder: Path, rows: list[list[Cell]]) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append(row)
    book.save(folder / "a.xlsx")


async def test_a_pinned_head_decides_where_the_names_stand_and_the_rest_is_found(tmp_path: Path) -> None:
    write_rows(tmp_path, PINNED)

    (batch,) = await read(tmp_path, SheetDataset(header=(3, 4)))
    (one,) = await read(tmp_path, SheetDataset(header=(4, 4)))

    assert [column.name for column in batch.columns] == ["Kode / Alfa", "Nama / Beta", "Nilai / Gama"]
    assert ([row.at for row in batch.rows], left_out(batch, "TOTAL")) == (["5", "6", "7"], [8])
    assert [column.name for column in one.columns] == ["Alfa", "Beta", "Gama"]
    assert one.title == "SKPD: Dinas Kesehatan; Tahun Anggaran 2026; Kode Nama Nilai"


async def test_a_pinned_head_without_names_is_told(tmp_path: Path) -> None:
    write_rows(tmp_path, PINNED)

    with pytest.raises(SourceBroken) as caught:
        await read(tmp_path, SheetDataset(header=(20, 21)))

    assert (caught.value.code, caught.value.params["header"]) == ("HEADER_MISSING", "20-21")


@pytest.mark.parametrize(
    ("total", "rows", "totals"),
    [
        (None, ["5", "6", "7"], [8]),
        ((), ["5", "6", "7", "8"], []),
        ((6, 8), ["5", "7"], [6, 8]),
        ((7,), ["5", "6", "8"], [7]),
    ],
)
async def test_pinned_totals_decide_which_rows_are_totals(
    tmp_path: Path, total: tuple[int, ...] | None, rows: list[str], totals: list[int]
) -> None:
    write_rows(tmp_path, PINNED)

    (batch,) = await read(tmp_path, SheetDataset(header=(3, 4), total=total))

    assert ([row.at for row in batch.rows], left_out(batch, "TOTAL")) == (rows, totals)
    assert {aside.setting for aside in batch.aside if aside.reason == "TOTAL"} == (
        {"total"} if total else {None} if totals else set()
    )


async def test_parents_are_told_from_rows_without_parts(tmp_path: Path) -> None:
    codes = ["5", "5.1", "5.1.01", "5.1.02", "5.2", "5.2.01", "5.2.02", "5.2.03"]
    amounts = [70, 30, 10, 20, 40, 5, 15, 20]
    lines: list[list[Cell]] = [[c, f"Belanja {c}", a * 10**6] for c, a in zip(codes, amounts, strict=True)]
    write_rows(tmp_path, [["Kode Rekening", "Uraian", "Anggaran"], *lines])

    (batch,) = await read(tmp_path, SheetDataset(header="auto"))

    assert batch.columns[-1].name == "$leaf"
    assert [row.values[0] for row in batch.rows if row.values[-1]] == ["5.1.01", "5.1.02", "5.2.01", "5.2.02", "5.2.03"]
