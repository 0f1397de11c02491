"""Reads the main table of a sheet as it is understood, for datasets with `header: auto`, or the one whose rows of names are
pinned: only its records are taken."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from connectors.aside import Asides
from connectors.bodies import Body
from connectors.connector import Batch, Column, Reason, Row
from connectors.errors import SourceBroken
from connectors.grid import Grid
from connectors.table import BATCH_ROWS, SheetDataset, Taken, label_of, letter
from connectors.understanding import find_main_table, title_of

LABELLED = ("TITLE", "HEADER", "TOTAL", "GROUP", "REPEATED_HEADER")
LEAF = "$leaf"
"""The column that says of each row whether it has no parts, where parents and their parts share a table."""


def read_understood(grid: Grid, dataset: SheetDataset, where: str) -> Iterator[Batch]:
    """Batches of the records, at least one; every other row of the sheet is set aside with its reason. `rows` and `skip` leave
    records out. Raises SourceBroken NO_TABLE_FOUND, ColumnMissing for a column of `skip`, HEADER_MISSING where pinned rows hold
    no names."""
    pinned = dataset.header if isinstance(dataset.header, tuple) else None
    totals = None if dataset.total is None else frozenset(row - 1 for row in dataset.total)
    found = find_main_table(grid, pinned and (pinned[0] - 1, pinned[1] - 1), totals)
    if found is None and pinned is not None:
        raise SourceBroken(where, "HEADER_MISSING", header=f"{pinned[0]}-{pinned[1]}")
    if found is None:
        raise SourceBroken(where, "NO_TABLE_FOUND")
    body, names = found
    columns = tuple(Column(name, letter(column)) for column, name in names.items())
    asides = Asides()
    taken = Taken(columns, dataset, where, asides)
    leaves = None if body.hierarchy is None else frozenset(body.hierarchy.leaves)
    columns += () if leaves is None else (Column(LEAF, LEAF),)
    rows, records, reasons = [], frozenset(body.records), _reasons(body)
    for number in range(grid.height):
        if number not in records:
            reason, setting = reasons.get(number, ("OTHER_TABLE", None)) if grid.cells[number] else ("BLANK", None)
            setting = setting if setting and getattr(dataset, setting) not in (None, "auto") else None
            label = label_of(grid.cells[number].values()) if reason in LABELLED else None
            asides.add(reason, number + 1, setting, label)
            continue
        values = tuple(grid.cells[number].get(column) for column in names)
        if taken(number + 1, values):
            rows.append(Row(str(number + 1), values if leaves is None else (*values, number in leaves)))
    title = title_of(grid, body)
    for first in range(0, max(1, len(rows)), BATCH_ROWS):
        aside = asides.take() if first == 0 else ()
        yield Batch(columns, tuple(rows[first : first + BATCH_ROWS]), True, aside, title)


def _reasons(body: Body) -> dict[int, tuple[Reason, str | None]]:
    """What each row of a table is that is no record, and the setting that may have said so."""
    head = body.head
    names = range(head.rows[0], head.rows[1] + 1) if head.rows else ()
    kinds: list[tuple[Iterable[int], Reason, str | None]] = [
        (head.above, "TITLE", "header"),
        (names, "HEADER", "header"),
        (head.under, "COLUMN_NUMBERS", None),
        (body.totals, "TOTAL", "total"),
        (body.groups, "GROUP", None),
        (body.repeats, "REPEATED_HEADER", None),
        (body.unfilled, "UNFILLED", None),
        (body.notes, "NOTE", None),
    ]
    return {row: (reason, setting) for rows, reason, setting in kinds for row in rows}
