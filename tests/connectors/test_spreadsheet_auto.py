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
    assert (batch.grid, batch.skipped) == (True, 5)


async def test_rows_and_skip_still_decide(tmp_path: Path) -> None:
    write(tmp_path, "xlsx")

    (batch,) = await read(tmp_path, SheetDataset(header="auto", rows=(8, None), skip={"Usulan": ("Talud",)}))

    assert ([row.at for row in batch.rows], batch.skipped) == (["8"], 6)


async def test_a_sheet_without_a_table_and_an_unknown_column_are_told(tmp_path: Path) -> None:
    write(tmp_path, "xlsx")
    with pytest.raises(ColumnMissing):
        await read(tmp_path, SheetDataset(header="auto", skip={"Usulann": ("x",)}))

    (tmp_path / "a.xlsx").unlink()
    (tmp_path / "a.csv").write_text("hanya,\nsatu,\nkolom,\n")
    with pytest.raises(SourceBroken) as caught:
        await read(tmp_path, SheetDataset(header="auto"))
    assert caught.value.code == "NO_TABLE_FOUND"
