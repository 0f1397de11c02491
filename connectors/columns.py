"""Finding a column by its name as people write it."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches

from connectors.cells import tidy
from connectors.connector import Column
from connectors.errors import ColumnMissing


def find_column(columns: Sequence[Column], wanted: str, where: str) -> int:
    """The place of the column called `wanted`, ignoring case and joining white space.

    Raises ColumnMissing: code COLUMN_MISSING with the nearest name, COLUMN_UNKNOWN where none is near."""
    names = [_plain(column.name) for column in columns]
    try:
        return names.index(_plain(wanted))
    except ValueError:
        nearest = get_close_matches(_plain(wanted), names, 1, 0.6)
        suggestion = columns[names.index(nearest[0])].name if nearest else None
        shown = ", ".join(column.name for column in columns[:30])
        code = "COLUMN_MISSING" if suggestion else "COLUMN_UNKNOWN"
        raise ColumnMissing(where, code, column=wanted, nearest=suggestion, columns=shown) from None


def _plain(name: str) -> str:
    return tidy(name).casefold()
