"""What people see in real files (`expected.json`) beside what is found; and every other real file ends well."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from connectors.findings import FileFound, TableFound
from connectors.inspector import Inspector

REAL = Path(__file__).parents[3] / "shared" / "realdata"
NEEDED = 0.95
"""The share of sheets that have to be the same as people see them."""

pytestmark = pytest.mark.skipif(
    not REAL.is_dir(), reason="platform: the real files are not here; put shared/ beside the project to have them"
)


@pytest.fixture(scope="module")
def found() -> Iterator[dict[str, FileFound]]:
    with Inspector() as inspector:
        yield {one.file: one for one in inspector.inspect(REAL)}


def expected() -> list[dict[str, Any]]:
    sheets: list[dict[str, Any]] = json.loads((REAL / "expected.json").read_text())["sheets"]
    return sheets


def table_of(sheet: dict[str, Any], found: dict[str, FileFound]) -> TableFound | None:
    """The first table of the sheet; a sheet that holds several begins with the one that people describe."""
    tables = [one for part in found[sheet["file"]].sheets for one in part.tables if part.name == sheet.get("sheet")]
    return tables[0] if tables else None


def misses(sheet: dict[str, Any], table: TableFound | None) -> list[str]:
    """In what a table differs from what a person sees."""
    if sheet["header_rows"] is None:
        return [] if table is None else ["a table where there is none"]
    if table is None:
        return ["no table"]
    said = {
        "header": (sheet["header_rows"], list(table.header_rows) if table.header_rows else None),
        "rows": (sheet["data_row_count"], table.row_count),
    }
    if "data_rows" in sheet:
        said["range"] = (sheet["data_rows"], list(table.data_rows) if table.data_rows else None)
    if sheet.get("leaf_row_count") is not None:
        said["leaves"] = (sheet["leaf_row_count"], table.leaf_count)
    wrong = [f"{what}: a person sees {seen}, found {got}" for what, (seen, got) in said.items() if seen != got]
    set_aside = {*table.total_rows, *table.group_rows}
    wrong += (
        [f"row {row} is no record" for row in (*sheet["total_rows"], *sheet["group_rows"]) if row not in set_aside]
        if "total_rows" in sheet
        else []
    )
    return wrong


def test_sheets_are_understood_as_people_see_them(found: dict[str, FileFound]) -> None:
    sheets = expected()
    differing = [(sheet, wrong) for sheet in sheets if (wrong := misses(sheet, table_of(sheet, found)))]
    for sheet, wrong in differing:
        print(f"{sheet['file']} › {sheet.get('sheet')}: {'; '.join(wrong)}")
    share = 1 - len(differing) / len(sheets)
    print(f"{len(sheets) - len(differing)} of {len(sheets)} sheets are the same ({share:.1%})")

    assert len(sheets) == 40
    assert share >= NEEDED


def test_every_stated_total_agrees_with_the_rows_taken(found: dict[str, FileFound]) -> None:
    checked = 0
    for sheet in expected():
        table = table_of(sheet, found)
        for stated in [one for one in sheet.get("control_totals") or () if one["stated_total"] is not None]:
            assert table is not None
            agreeing = [one for one in table.control_totals if one.column == stated["column"] and one.agrees]
            assert any(abs(one.total - Decimal(str(stated["stated_total"]))) < 1 for one in agreeing), (
                sheet["file"],
                stated,
            )
            checked += 1

    assert checked == 13


def test_every_file_ends_in_a_table_or_in_a_clear_problem(found: dict[str, FileFound]) -> None:
    ended = {name: bool(one.problems) != any(sheet.tables for sheet in one.sheets) for name, one in found.items()}
    crashed = {problem.code for one in found.values() for problem in one.problems}

    assert [name for name, well in ended.items() if not well] == []
    assert crashed == {"NOT_A_SPREADSHEET", "NO_TABLE_FOUND", "FILE_PROTECTED"}
    assert len(found) >= 100
