"""Reads the main table of a sheet as it is understood, for datasets with `header: auto`, or the one whose rows of names are
pinned: only its records are taken."""

from __future__ import annotations

from collections.abc import Iterator

from connectors.connector import Batch, Column, Row
from connectors.errors import SourceBroken
from connectors.grid import Grid
from connectors.table import BATCH_ROWS, SheetDataset, Taken, letter
from connectors.understanding import find_main_table, title_of

LEAF = "$leaf"
"""The column that says of each row whether it has no parts, where parents and their parts share a table."""


def read_understood(grid: Grid, dataset: SheetDataset, where: str) -> Iterator[Batch]:
    """Batches of the records, at least one. What stands among them and is none (totals, groups, names that come again, rows numbered
    in advance) counts as skipped, as does what `skip` leaves out; `rows` bounds them. Raises SourceBroken NO_TABLE_FOUND,
    ColumnMissing for a column of `skip`, HEADER_MISSING where pinned rows hold no names."""
    pinned = dataset.header if isinstance(dataset.header, tuple) else None
    totals = None if dataset.total is None else frozenset(row - 1 for row in dataset.total)
    found = find_main_table(grid, pinned and (pinned[0] - 1, pinned[1] - 1), totals)
    if found is None and pinned is not None:
        raise SourceBroken(where, "HEADER_MISSING", header=f"{pinned[0]}-{pinned[1]}")
    if found is None:
        raise SourceBroken(where, "NO_TABLE_FOUND")
    body, names = found
    columns = tuple(Column(name, letter(column)) for column, name in names.items())
    taken = Taken(columns, dataset, where)
    leaves = None if body.hierarchy is None else frozenset(body.hierarchy.leaves)
    columns += () if leaves is None else (Column(LEAF, LEAF),)
    rows = []
    for number in body.records:
        values = tuple(grid.cells[number].get(column) for column in names)
        if taken(number + 1, values):
            rows.append(Row(str(number + 1), values if leaves is None else (*values, number in leaves)))
    skipped = sum(map(len, (body.totals, body.groups, body.repeats, body.unfilled))) + taken.count_skipped()
    title = title_of(grid, body)
    for first in range(0, max(1, len(rows)), BATCH_ROWS):
        yield Batch(columns, tuple(rows[first : first + BATCH_ROWS]), True, skipped if first == 0 else 0, title)
