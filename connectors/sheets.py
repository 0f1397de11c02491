"""The sheets of a file, and which of them a dataset means."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from connectors.cells import tidy
from connectors.errors import DatasetMissing, SourceError


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet, or what stands for one: a table of a page, a list of a JSON text. Its name ('' if the whole file is one), whether
    people see it, and where it stands in the file."""

    name: str
    visible: bool
    member: str = ""


@dataclass(frozen=True, slots=True)
class Listed:
    """The sheets of a file, or of a `member` of a zip, how its text was read, or why it can't be."""

    member: str | None = None
    sheets: tuple[Sheet, ...] = ()
    read_as: str | None = None
    problem: SourceError | None = None


def choose_sheets(sheets: Sequence[Sheet], wanted: str | None, where: str) -> list[Sheet]:
    """The sheets that a dataset's `sheet` means; a file that is one sheet without a name is it, whatever is asked. Raises
    DatasetMissing SHEET_MISSING with the nearest name."""
    if len(sheets) == 1 and not sheets[0].name:
        return list(sheets)
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
