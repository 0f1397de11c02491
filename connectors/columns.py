"""Finding a column by its name as people write it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from difflib import get_close_matches

from connectors.cells import tidy
from connectors.connector import Batch, Column
from connectors.errors import ColumnMissing
from connectors.personal import mask_personal


def find_column(columns: Sequence[Column], wanted: str, where: str) -> int:
    """The place of the column called `wanted`, ignoring case and joining white space.

    Raises ColumnMissing: code COLUMN_MISSING with the nearest name, COLUMN_UNKNOWN where none is near."""
    names = [plain_name(column.name) for column in columns]
    try:
        return names.index(plain_name(wanted))
    except ValueError:
        nearest = get_close_matches(plain_name(wanted), names, 1, 0.6)
        suggestion = columns[names.index(nearest[0])].name if nearest else None
        shown = mask_personal(", ".join(column.name for column in columns[:30]))
        code = "COLUMN_MISSING" if suggestion else "COLUMN_UNKNOWN"
        raise ColumnMissing(where, code, column=wanted, nearest=suggestion, columns=shown) from None


def rename_columns(batch: Batch, names: Mapping[str, str]) -> Batch:
    """A batch whose columns have the names that `rename:` gives them, unless there is such a column already."""
    there = {plain_name(column.name) for column in batch.columns} if names else set()
    wanted = {plain_name(now): name for now, name in names.items()}
    if there.isdisjoint(wanted):
        return batch
    columns = []
    for column in batch.columns:
        name = wanted.get(plain_name(column.name))
        if name is not None and plain_name(name) not in there:
            there.add(plain_name(name))  # of two that could be it the first
            column = replace(column, name=name)
        columns.append(column)
    return replace(batch, columns=tuple(columns))


def plain_name(name: str) -> str:
    """A column's name as it is compared with another: without case, white space joined."""
    return tidy(name).casefold()
