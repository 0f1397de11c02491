"""Reads one table of a sheet as it is understood, for datasets with `header: auto`, or the one whose rows of names are pinned: only
its records are taken."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from connectors.aside import Asides
from connectors.bodies import Body
from connectors.cells import tidy
from connectors.connector import Batch, Column, Reason, Row
from connectors.errors import DatasetMissing, SourceBroken
from connectors.grid import Grid
from connectors.table import BATCH_ROWS, SheetDataset, Taken, checked, label_of, letter
from connectors.understanding import Named, find_tables, names_of, pinned_table, title_of

LABELLED = ("TITLE", "HEADER", "TOTAL", "GROUP", "REPEATED_HEADER")
LEAF = "$leaf"
"""The column that says of each row whether it has no parts, where parents and their parts share a table."""


def read_understood(grid: Grid, dataset: SheetDataset, where: str) -> Iterator[Batch]:
    """Batches of the records, at least one; every other row of the sheet is set aside with its reason. `rows` and `skip` leave
    records out. Raises SourceBroken NO_TABLE_FOUND, ColumnMissing for a column of `skip`, HEADER_MISSING where pinned rows hold
    no names, DatasetMissing TABLE_MISSING."""
    table = _find(grid, dataset, where)
    body, names = table[1], names_of(table)
    columns = tuple(Column(name, letter(column)) for column, name in names.items())
    asides = Asides()
    taken = Taken(columns, dataset, where, asides)
    leaves = None if body.hierarchy is None else frozenset(body.hierarchy.leaves)
    named = columns
    columns += () if leaves is None else (Column(LEAF, LEAF),)
    rows, records, reasons = [], frozenset(body.records), _reasons(body)
    for number in range(grid.height):
        if number not in records:
            reason, setting = reasons.get(number, ("OTHER_TABLE", None)) if grid.cells[number] else ("BLANK", None)
            setting = setting if setting and getattr(dataset, setting) not in (None, "auto") else None
            label = label_of(grid.cells[number].values()) if reason in LABELLED else None
            asides.add(reason, number + 1, setting, label)
            continue
        values = checked([grid.cells[number].get(column) for column in names], number + 1, named, where)
        if taken(number + 1, values):
            rows.append(Row(str(number + 1), values if leaves is None else (*values, number in leaves)))
    for number in grid.marks.stray_rows:
        asides.add("FAR_AWAY", number)
    title = title_of(table)
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


def _find(grid: Grid, dataset: SheetDataset, where: str) -> Named:
    """The table that a dataset means."""
    totals = None if dataset.total is None else frozenset(row - 1 for row in dataset.total)
    if isinstance(dataset.header, tuple):
        first, last = dataset.header
        pinned = pinned_table(grid, (first - 1, last - 1), totals)
        if pinned is None:
            raise SourceBroken(where, "HEADER_MISSING", header=f"{first}-{last}")
        return pinned
    tables = find_tables(grid, totals)
    if not tables:
        raise SourceBroken(where, "NO_TABLE_FOUND")
    if dataset.table is None:
        return max(tables, key=lambda one: len(one[1].records))
    if isinstance(dataset.table, int):
        fitting = tables[dataset.table - 1 : dataset.table]
    else:
        wanted = tidy(dataset.table).casefold()
        fitting = [one for one in tables if wanted in (title_of(one) or "").casefold()]
    if len(fitting) != 1:
        raise DatasetMissing(where, "TABLE_MISSING", table=str(dataset.table), tables=_told(tables))
    return fitting[0]


def _told(tables: Sequence[Named]) -> str:
    """`1: A1:B20 (Belanja), 2: D1:F9`."""
    return ", ".join(
        f"{number}: {_range(one)}" + (f" ({title[:60]})" if (title := title_of(one)) else "")
        for number, one in enumerate(tables[:20], 1)
    )


def _range(table: Named) -> str:
    columns, body = [*names_of(table)], table[1]
    rows = [*(body.head.rows or ()), *body.records]
    return f"{letter(columns[0])}{min(rows) + 1}:{letter(columns[-1])}{max(rows) + 1}"
