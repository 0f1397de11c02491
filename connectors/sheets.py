"""Which sheets of a workbook a dataset means."""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path

from connectors.cells import tidy
from connectors.errors import DatasetMissing, SourceBroken
from connectors.ods import list_tables
from connectors.package import Package, Sheet, open_package
from connectors.xls import Xls, is_ole


def list_sheets(path: Path, where: str) -> list[Sheet]:
    """The worksheets of a file, without reading them. Raises SourceBroken, LimitExceeded; OSError as it comes."""
    if is_ole(path):
        return Xls(path, where).sheets
    with open_package(path, where) as package:
        return sheets_of(package, where)


def sheets_of(package: Package, where: str) -> list[Sheet]:
    """The worksheets of an xlsx or ods file."""
    if not package.is_ods:
        return package.sheets()
    sheets = list_tables(package.content(), where)
    if not sheets:  # a text or a drawing
        raise SourceBroken(where, "NOT_A_SPREADSHEET", found="OpenDocument")
    return sheets


def choose_sheets(sheets: list[Sheet], wanted: str | None, where: str) -> list[Sheet]:
    """The sheets that a dataset's `sheet` means. Raises DatasetMissing SHEET_MISSING with the nearest name."""
    visible = [sheet for sheet in sheets if sheet.visible]
    if wanted == "*":
        return visible
    if wanted is None:
        chosen = visible[:1]
    else:
        name = tidy(wanted).casefold()
        chosen = [sheet for sheet in sheets if tidy(sheet.name).casefold() == name][:1]
        if not chosen and wanted.isascii() and wanted.isdigit() and int(wanted) > 0:
            chosen = visible[int(wanted) - 1 : int(wanted)]
    if not chosen:
        names = [sheet.name for sheet in sheets]
        folded = {tidy(name).casefold(): name for name in names}
        nearest = get_close_matches(tidy(wanted or "").casefold(), folded, 1, 0.5)
        suggestion = folded[nearest[0]] if nearest else None
        code = "SHEET_MISSING" if suggestion else "SHEET_UNKNOWN"
        raise DatasetMissing(where, code, sheet=wanted or "1", nearest=suggestion, sheets=", ".join(names[:30]))
    return chosen
