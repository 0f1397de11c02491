"""Every row of a sheet ends exactly once: as data, or set aside with its reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.aside import MAX_RANGES, Asides, Ranges
from connectors.connector import Aside, Batch
from connectors.errors import SourceError
from connectors.grid import Grid
from connectors.spreadsheet import SheetDataset, Spreadsheet
from connectors.table import read_table
from connectors.understood import read_understood

REAL = Path(__file__).parents[3] / "shared" / "realdata"

cells = st.one_of(
    st.none(),
    st.sampled_from(
        ["", " ", "No", "Nama", "Pagu", "JUMLAH", "Total", "(1)", "Catatan: x", "Camat", "Alas", "5.1.02", "-"]
    ),
    st.integers(0, 5),
    st.sampled_from([1_000_000, 2_000_000, 3_000_000]),
)
sheets = st.lists(st.lists(cells, max_size=5), max_size=30)
layouts = st.builds(
    SheetDataset,
    header=st.sampled_from([None, 1, 2, 3, "auto", "auto", (1, 2), (2, 2)]),
    rows=st.sampled_from([None, None, (3, None), (4, 9), (1, 2)]),
    total=st.sampled_from([None, (5,), ()]),
)


def places(batches: Iterable[Batch]) -> Counter[int]:
    """How often each row number was told."""
    told: Counter[int] = Counter()
    for batch in batches:
        told.update(int(row.at) for row in batch.rows)
        for aside in batch.aside:
            assert int(aside.last) - int(aside.first) + 1 == aside.rows
            told.update(range(int(aside.first), int(aside.last) + 1))
    return told


@given(sheets, layouts)
def test_every_row_of_a_sheet_ends_exactly_once(sheet: list[list[object]], layout: SheetDataset) -> None:
    rows = [[None if isinstance(cell, str) and not cell.strip() else cell for cell in row] for row in sheet]
    width = max(map(len, rows), default=0)
    try:
        if layout.is_understood:
            grid = Grid(rows)  # type: ignore[arg-type]  # what sheets hold
            batches, height = list(read_understood(grid, layout, "x")), grid.height
        else:
            numbered = [(number, row) for number, row in enumerate(rows, 1)]
            batches, height = list(read_table(numbered, width, layout, "x")), len(rows)  # type: ignore[arg-type]  # the same
    except SourceError:
        return  # no table, or no names where they should be: told as a problem of the part

    assert places(batches) == Counter(range(1, height + 1))
    assert sum(batch.seen for batch in batches) == height


@pytest.mark.parametrize("header", [1, "auto"])
async def test_a_large_blank_area_is_one_range(tmp_path: Path, header: int | str) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (["No", "Nama", "Pagu"], [1, "Jalan", 5], [2, "Talud", 6]):
        sheet.append(row)
    sheet.cell(40_000, 1, 3), sheet.cell(40_000, 2, "Jembatan"), sheet.cell(40_000, 3, 7)
    book.save(tmp_path / "a.xlsx")
    reader = Spreadsheet(tmp_path, ["*.xlsx"], {"d": SheetDataset(header=header)})  # type: ignore[arg-type]  # 1 or auto
    (part,) = await reader.parts("d")

    batches = [batch async for batch in reader.rows("d", part)]
    await reader.aclose()

    assert [aside for batch in batches for aside in batch.aside if aside.reason == "BLANK"] == [
        Aside("BLANK", "4", "39999", 39_996)
    ]
    assert places(batches) == Counter(range(1, 40_001))


def test_ranges_of_neighbours_are_one_and_a_great_many_are_told_by_their_count() -> None:
    asides, ranges = Asides(), Ranges()
    for number in range(1, 4 * MAX_RANGES, 2):
        asides.add("SKIP", number, "skip.A")
    for aside in (Aside("BLANK", "2", "2"), Aside("BLANK", "3", "4", 2), *asides.take(), Aside("BLANK", "5", "5")):
        ranges.add(aside)
    found = list(ranges)

    assert found[0] == Aside("BLANK", "2", "4", 3)
    assert found[-1] == Aside("BLANK", "5", "5")
    skipped = [aside for aside in found if aside.reason == "SKIP"]
    assert len(skipped) == MAX_RANGES + 1
    assert sum(aside.rows for aside in skipped) == 2 * MAX_RANGES
    assert (skipped[-1].first, skipped[-1].last) == (str(2 * MAX_RANGES + 1), str(4 * MAX_RANGES - 1))


SHEETS = sorted(path for suffix in ("xlsx", "xls", "ods", "csv") for path in REAL.rglob(f"*.{suffix}"))


@pytest.mark.parametrize("path", SHEETS[::9], ids=lambda path: path.name)
async def test_every_row_of_real_sheets_ends_exactly_once(path: Path) -> None:
    if not REAL.is_dir():
        pytest.skip("platform: the real files are not here; put shared/ beside the project to have them")
    reader = Spreadsheet(path.parent, [path.name], {"d": SheetDataset(sheet="*", header="auto")})
    try:
        for part in await reader.parts("d"):
            try:
                batches = [batch async for batch in reader.rows("d", part)]
            except SourceError:
                continue
            told = places(batches)
            assert told == Counter(range(1, len(told) + 1))
    finally:
        await reader.aclose()
