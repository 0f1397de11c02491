"""Real files of Indonesian offices and of other readers' test sets."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import date, time
from decimal import Decimal
from pathlib import Path

import pytest

from connectors.connector import Batch, CellError
from connectors.errors import SourceError
from connectors.spreadsheet import SheetDataset, Spreadsheet
from connectors.values import read_decimal

REAL = Path(__file__).parents[3] / "shared" / "realdata"


def need(folder: str) -> Path:
    if not (REAL / folder).is_dir():
        pytest.skip(f"platform: the real file in {folder} is not here; put shared/ beside the project to have it")
    return REAL / folder


async def read(folder: Path, name: str, dataset: SheetDataset) -> list[Batch]:
    spreadsheet = Spreadsheet(folder, [name], {"d": dataset})
    try:
        return [batch for part in await spreadsheet.parts("d") async for batch in spreadsheet.rows("d", part)]
    finally:
        await spreadsheet.aclose()


async def test_kulon_progo_has_793_proposals_and_its_sum() -> None:
    batches = await read(need("ekoselter__csr"), "Rencana_program_csr24.xlsx", SheetDataset(header=1, rows=(2, 794)))
    names = [column.name for column in batches[0].columns]
    amounts = [read_decimal(row.values[names.index("]")]) for batch in batches for row in batch.rows]

    assert len(amounts) == 793
    assert round(sum((amount for amount in amounts if amount is not None), Decimal(0)), 2) == Decimal("124438680083.03")


async def test_a_csv_that_is_tab_separated_is_read() -> None:
    folder = need("dms-codes__pagu-realisasi-dana-desa-2023")
    batches = await read(folder, "dana_desa_pagu_2023.csv", SheetDataset())
    last = batches[-1].rows[-1]

    assert sum(len(batch.rows) for batch in batches) == 869
    assert (batches[0].columns[13].name, last.at, last.values[13]) == ("nilai", "870", "166920307000")


async def test_an_error_message_saved_as_csv_is_told() -> None:
    with pytest.raises(SourceError) as caught:
        await read(need("msaworks__DataprepsITKP"), "api_invalid_response.csv", SheetDataset())

    assert (caught.value.code, caught.value.params) == ("NOT_A_SPREADSHEET", {"found": "XML"})


async def test_every_kind_of_error_cell_is_seen() -> None:
    batches = await read(need("tafia__calamine"), "errors.xlsx", SheetDataset(header=None))

    assert [row.values[0] for row in batches[0].rows] == [
        CellError(text) for text in ("#DIV/0!", "#NAME?", "#VALUE!", "#NULL!", "#REF!", "#NUM!", "#N/A")
    ]


async def test_a_password_is_told() -> None:
    with pytest.raises(SourceError) as caught:
        await read(need("tafia__calamine"), "pass_protected.xlsx", SheetDataset())

    assert caught.value.code == "FILE_PROTECTED"


async def test_hidden_sheets_are_no_parts() -> None:
    spreadsheet = Spreadsheet(need("SheetJS__test_files"), ["sheet_visibility.xlsx"], {"d": SheetDataset(sheet="*")})

    assert [part.sheet for part in await spreadsheet.parts("d")] == ["Visible"]


async def test_a_real_xls_has_its_rows_and_its_total() -> None:
    folder = need("putributarbutar53__prp2_toba")
    dataset = SheetDataset(header=1, rows=(3, 30))
    batches = await read(folder, "sumut_dana_desa_2022-07.xls", dataset)
    (*districts, total) = [row.values for batch in batches for row in batch.rows]
    amounts = [read_decimal(values[2]) or Decimal(0) for values in districts]

    assert (len(districts), districts[0][1], districts[1][:3]) == (27, "Deli Serdang", (2.0, "Karo", 188254482000.0))
    assert sum(amounts) == read_decimal(total[2])


async def test_dates_and_names_of_a_real_xls() -> None:
    batches = await read(need("python-excel__xlrd"), "Formate.xls", SheetDataset(header=None, rows=(2, 4)))

    assert [row.values for row in batches[0].rows] == [
        ("\xc4cker", date(2005, 2, 23)),
        ("\xd6cker", date(1988, 5, 3)),
        ("Morgen", time(6, 34)),
    ]


async def test_types_of_a_real_ods() -> None:
    batches = await read(need("okfn__messytables"), "ods_formats.ods", SheetDataset(rows=(2, 2)))

    assert batches[0].rows[0].values[:8] == (date(2014, 11, 11), time(11, 12, 12), True, 11.11, 1.0, 2.0, 3.0, 100000.0)


async def test_the_hostile_files_of_the_suite_end_as_they_should(tmp_path: Path) -> None:
    """52 files, each in a process of its own under the suite's limits of time and memory, with its traps for what is fetched or
    written outside; `simpul inspect` and a sync agree about each."""
    suites = REAL.parent / "suites"
    if not suites.is_dir():
        pytest.skip("platform: the hostile files are not here; put shared/ beside the project to have them")
    reader = Path(__file__).with_name("reader.py")
    root = reader.parents[2]
    made = subprocess.run([sys.executable, suites / "hostile_sheets.py", tmp_path], capture_output=True)
    ended = subprocess.run(
        [sys.executable, suites / "run-hostile-files.py", tmp_path, "--", sys.executable, reader, "{}"],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(root)},
    )

    assert made.returncode == 0
    assert [line for line in ended.stdout.splitlines() if line.startswith("FAIL")] == []
    assert ended.stdout.splitlines()[-1] == "52 passed, 0 failed"
