"""Understands a sheet: where its tables are, what every row of them is, what their columns hold, and whether totals agree.

    heads    where a table begins, its titles and names        bodies   what each row below is
    levels   parents among their children                     totals   stated totals beside sums
    columntypes   what a column holds

Nothing is known here of particular forms: what is decided is decided by evidence, and what stays doubtful becomes a note."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from itertools import pairwise

from connectors.bodies import Body, read_body
from connectors.cells import tidy
from connectors.columntypes import SAMPLES, Kind, find_kind, find_unit, shown
from connectors.findings import ColumnFound, Line, Note, SheetFound, TableFound, TotalFound
from connectors.grid import Grid, Shape
from connectors.heads import CERTAIN, STRONG, Head, find_head, pinned_head
from connectors.personal import mask_personal
from connectors.table import letter
from connectors.totals import ControlTotal, Sums, scopes_of

MAX_TABLES = 200  # in one sheet


def understand(grid: Grid, sheet: str | None = None, visible: bool = True) -> SheetFound:
    """Everything that was found in a sheet."""
    tables: list[TableFound] = []
    lines: list[Line] = []
    for part in _side_by_side(grid):
        found = [_describe(part, body, sums, sheet, visible) for body, sums in _tables_below(part)]
        tables += found
        lines += [] if found else [line for row in range(part.height) for line in _lines(part, [row])]
    return SheetFound(sheet, visible, tuple(tables), tuple(lines))


Named = tuple[Grid, Body]
"""A table and the part of its sheet that holds it."""


def find_tables(grid: Grid, totals: frozenset[int] | None = None) -> list[Named]:
    """The tables of a sheet in the order in which `understand` tells them. `totals` are rows that are totals, if not found out."""
    return [(part, body) for part in _side_by_side(grid) for body, _ in _tables_below(part, totals)]


def pinned_table(grid: Grid, header: tuple[int, int], totals: frozenset[int] | None = None) -> Named | None:
    """The table whose names stand in the rows of `header`, the first and the last; None if there are none."""
    head = pinned_head(grid, *header)
    if head is None:
        return None
    return grid, read_body(grid, head, grid.height, (0, grid.width - 1), Sums(grid), totals)


def names_of(table: Named) -> dict[int, str]:
    """The names of its columns."""
    part, body = table
    return _names(part, body.head, _columns(part, body))


def title_of(table: Named) -> str | None:
    """The lines above a table in one text; a line of a form as `SKPD: Dinas Kesehatan`."""
    part, body = table
    lines = _lines(part, body.head.above)
    return "; ".join(f"{line.key}: {line.text}" if line.key else line.text for line in lines) or None


def understand_records(grid: Grid, names: Sequence[str], sheet: str | None = None) -> SheetFound:
    """What was found in records whose columns have `names` from elsewhere, as in JSON; every row with anything in it is a
    record."""
    body = Body(Head((), None, (), 0, 1.0), grid.height, [row for row in range(grid.height) if grid.cells[row]])
    table = _describe(grid, body, Sums(grid), sheet, True, names)
    return SheetFound(sheet, True, (table,) if grid.height else ())


def _tables_below(grid: Grid, totals: frozenset[int] | None = None) -> list[tuple[Body, Sums]]:
    """The tables that stand below each other."""
    tables: list[tuple[Body, Sums]] = []
    row = 0
    while row < grid.height and len(tables) < MAX_TABLES:
        head = find_head(grid, row, grid.height)
        if head is None:
            break
        sums = Sums(grid)
        body = read_body(grid, head, grid.height, (0, grid.width - 1), sums, totals)
        row = max(body.end, head.start)
        if _is_table(grid, body):
            tables.append((body, sums))
    return tables


def _is_table(grid: Grid, body: Body) -> bool:
    if body.head.rows is None:
        return len(body.records) > 1 and max(len(grid.cells[row]) for row in body.records) > 1
    if body.records:
        return len(_columns(grid, body)) > 1 or len(body.records) > 1
    names = sum(len(grid.cells[row]) for row in range(body.head.rows[0], body.head.rows[1] + 1))
    return names >= (3 if body.end > body.head.start else 2) and body.head.score > 0.2  # an empty form


def _side_by_side(grid: Grid) -> list[Grid]:
    """The parts of a sheet that blank columns keep apart, if each holds a table of its own; else the whole sheet."""
    filled = {column for row in range(grid.height) if len(grid.cells[row]) > 1 for column in grid.cells[row]}
    for spans in grid.covered.values():
        filled |= {column for column, span in spans.items() if span.right - span.left < 0.8 * grid.width}
    runs: list[list[int]] = []
    for column in sorted(filled):
        if runs and column == runs[-1][-1] + 1:
            runs[-1].append(column)
        else:
            runs.append([column])
    if len(runs) < 2 or any(len(run) < 2 for run in runs):
        return [grid]
    borders = [0, *(run[0] for run in runs[1:]), grid.width]
    parts = [grid.clip(left, right - 1) for left, right in pairwise(borders)]
    heads = [find_head(part, 0, part.height) for part in parts]
    if any(head is None or head.rows is None or head.score < STRONG for head in heads):
        return [grid]
    names = [
        tuple(part.text(head.rows[1], column) for column in part.cells[head.rows[1]])
        for part, head in zip(parts, heads, strict=True)
        if head and head.rows
    ]
    ends = [max(row for row in range(part.height) if part.cells[row]) for part in parts]
    starts = {head.rows for head in heads if head}
    repeated = len({name.casefold() for one in names for name in one}) < sum(map(len, names))
    apart = min(b[0] - a[-1] for a, b in pairwise(runs)) > 2
    return parts if repeated or apart or len(starts) > 1 or len(set(ends)) > 1 else [grid]


# -- one table --------------------------------------------------------------------------------------------------------


def _describe(
    grid: Grid, body: Body, sums: Sums, sheet: str | None, visible: bool, given: Sequence[str] | None = None
) -> TableFound:
    head = body.head
    titles = tuple(line for line in _lines(grid, head.above))
    columns = _columns(grid, body) if given is None else list(range(len(given)))
    names = _names(grid, head, columns) if given is None else dict(enumerate(given))
    kinds = {
        column: find_kind([grid.cells[row].get(column) for row in body.records], names[column]) for column in columns
    }
    controls = _controls(grid, body, sums, kinds, names)
    rows = body.records
    leaves = body.hierarchy.leaves if body.hierarchy else None
    return TableFound(
        sheet,
        visible,
        (head.rows[0] + 1, head.rows[1] + 1) if head.rows else None,
        (rows[0] + 1, rows[-1] + 1) if rows else None,
        len(rows),
        _numbers(body.totals),
        _numbers(body.groups),
        _numbers(body.repeats),
        _numbers(head.under),
        _numbers(body.unfilled),
        None if leaves is None else len(leaves),
        titles,
        tuple(_lines(grid, body.notes)),
        tuple(_column(grid, body, column, names[column], kinds, titles) for column in columns),
        tuple(_total(one, leaves is not None) for one in controls),
        tuple(_notes(grid, body, columns, kinds, controls, names, given is not None)),
    )


def _numbers(rows: Sequence[int]) -> tuple[int, ...]:
    return tuple(row + 1 for row in sorted(rows))


def _columns(grid: Grid, body: Body) -> list[int]:
    """The columns with a name or with anything in a record."""
    columns = {column for row in body.records for column in grid.cells[row]}
    if body.head.rows:
        columns |= {column for row in range(body.head.rows[0], body.head.rows[1] + 1) for column in grid.cells[row]}
    return sorted(columns)


def _names(grid: Grid, head: Head, columns: Sequence[int]) -> dict[int, str]:
    """The name of each column, joined from the levels of the head by ` / `, no two alike also without case; a column without a
    name is called by its letter."""
    names: dict[int, str] = {}
    seen: set[str] = set()
    for column in columns:
        base = name = _joined(grid, head, column) or letter(column)
        count = 1
        while name.casefold() in seen:
            count += 1
            name = f"{base} ({count})"
        seen.add(name.casefold())
        names[column] = name
    return names


def _joined(grid: Grid, head: Head, column: int) -> str:
    if head.rows is None:
        return ""
    levels: list[str] = []
    for row in range(head.rows[0], head.rows[1] + 1):
        text = _level(grid, head.rows, row, column)
        if text and (not levels or levels[-1].casefold() != text.casefold()):
            levels.append(text)
    return " / ".join(levels)


def _level(grid: Grid, rows: tuple[int, int], row: int, column: int) -> str:
    """The name of a column at one level: its own, that of the merged cell above it, or that of a group to its left which was not
    merged: then the columns in between are blank and have names of their own below."""
    span = grid.covered.get(row, {}).get(column)
    if span:
        return (
            grid.text(span.top, span.left)
            if span.top == row or (span.bottom > span.top and span.left == column)
            else ""
        )
    if column in grid.cells[row]:
        return grid.text(row, column)

    def is_named_below(place: int) -> bool:
        return any(place in grid.cells[below] for below in range(row + 1, rows[1] + 1))

    place = column
    while place >= 0 and is_named_below(place):
        covering = grid.covered.get(row, {}).get(place)
        if place in grid.cells[row]:
            return "" if covering else grid.text(row, place)
        if covering:
            return ""
        place -= 1
    return ""


def _column(
    grid: Grid, body: Body, column: int, name: str, kinds: dict[int, Kind], titles: Sequence[Line]
) -> ColumnFound:
    kind = kinds[column]
    is_number = kind.type in ("int", "decimal", "money")
    masks = (
        sorted({code for row, c, code in grid.marks.masks if c == column and row >= body.head.start})
        if grid.marks.masks
        else []
    )
    samples: list[str] = []
    for row in body.records[:200]:
        cell = grid.cells[row].get(column)
        text = "" if cell is None else shown(cell) if is_number else mask_personal(shown(cell))
        if text and text not in samples:
            samples.append(text)
        if len(samples) == SAMPLES:
            break
    return ColumnFound(
        letter(column),
        name,
        kind.type,
        kind.readable,
        _is_key(kind, kinds),
        kind.filled,
        find_unit(name, [line.text for line in titles]) if is_number else None,
        kind.decimal,
        kind.dates,
        masks[0] if masks else None,
        column in grid.marks.hidden_columns,
        tuple(samples),
    )


def _is_key(kind: Kind, kinds: dict[int, Kind]) -> bool:
    """Unique and filled in every record; a mere running number only where nothing else is."""
    if not kind.is_unique or kind.filled < 2:
        return False
    return not kind.is_running or not any(one.is_unique and not one.is_running for one in kinds.values())


# -- totals -----------------------------------------------------------------------------------------------------------


def _controls(grid: Grid, body: Body, sums: Sums, kinds: dict[int, Kind], names: dict[int, str]) -> list[ControlTotal]:
    """The stated totals beside the sums of the rows that they cover best."""
    leaves = body.hierarchy.leaves if body.hierarchy else body.records
    numeric = [
        column for column, kind in kinds.items() if kind.type in ("int", "decimal", "money") and not kind.is_running
    ]
    amounts = sums.amounts(numeric, body.records)
    found: list[ControlTotal] = []
    for row in body.totals:
        best: list[ControlTotal] = []
        most = 0
        roots = list(body.hierarchy.roots) if body.hierarchy else []
        for scope in (*scopes_of(row, leaves, body.totals, body.groups), roots):
            compared = sums.compare(row, scope, amounts) if scope else []
            agreeing = sum(one.agrees and one.stated != 0 for one in compared)
            if agreeing > most or not best:
                best, most = compared, max(most, agreeing)
        if row in body.doubtful:
            best = []
        found += [one for one in best if one.agrees or not _is_share(one, amounts[one.column])]
    return found


def _is_share(one: ControlTotal, numbers: dict[int, Decimal]) -> bool:
    """Whether a column holds shares or marks rather than amounts: small numbers, some of them fractions."""
    values = [*numbers.values(), one.stated]
    return all(abs(value) <= 1000 for value in values) and any(value != int(value) for value in values)


def _total(one: ControlTotal, leaves_only: bool) -> TotalFound:
    rows = (one.rows[0] + 1, one.rows[-1] + 1) if one.rows else (one.row + 1, one.row + 1)
    return TotalFound(letter(one.column), one.row + 1, one.stated, one.total, one.agrees, rows, leaves_only)


# -- lines and notes --------------------------------------------------------------------------------------------------


def _lines(grid: Grid, rows: Sequence[int]) -> list[Line]:
    """Rows outside of the table as text; `SKPD : Dinas Kesehatan` is a key and its value."""
    found = []
    for row in rows:
        texts = [grid.text(row, column) for column in sorted(grid.cells[row])]
        if not texts:
            continue
        whole = " ".join(texts)
        key, colon, value = whole.partition(":")
        is_form = bool(colon) and 0 < len(key.strip()) < 50 and bool(value.strip()) and "//" not in value[:2]
        found.append(Line(row + 1, mask_personal(tidy(value if is_form else whole)), tidy(key) if is_form else None))
    return found


def _notes(
    grid: Grid,
    body: Body,
    columns: Sequence[int],
    kinds: dict[int, Kind],
    controls: Sequence[ControlTotal],
    names: Mapping[int, str],
    named: bool,
) -> list[Note]:
    """What is worth knowing, and what was decided without being certain, with the alternative."""
    head, marks = body.head, grid.marks
    notes: list[Note] = []
    rows = body.records

    def add(code: str, at: Sequence[int] = (), **params: object) -> None:
        notes.append(Note(code, params, _numbers(at)))

    if head.rows is None and not named:
        add("NO_HEADER_FOUND", row=head.start + 1)
    elif head.rows is not None and head.score < CERTAIN:
        add("HEADER_UNCERTAIN", rows=_span(head.rows[0], head.rows[1]), score=round(head.score, 2))
    if not rows:
        add("NO_RECORDS")
    if not named and (
        repeated := [column for column in columns if names[column] != (_joined(grid, head, column) or letter(column))]
    ):
        add("NAMES_REPEATED", column=letter(repeated[0]), name=names[repeated[0]], count=len(repeated))
    if body.hierarchy:
        parents, leaves = len(body.hierarchy.parents), len(body.hierarchy.leaves)
        add("HIERARCHY_FOUND", column=letter(body.hierarchy.column), parents=parents, leaves=leaves)
    for row in body.doubtful:
        add("TOTAL_UNCERTAIN", [row], row=row + 1)
    if body.unfilled:
        add(
            "ROWS_NUMBERED_IN_ADVANCE", count=len(body.unfilled), first=body.unfilled[0] + 1, last=body.unfilled[-1] + 1
        )
    for one in controls:
        if not one.agrees:
            cell, difference = f"{letter(one.column)}{one.row + 1}", one.stated - one.total
            add(
                "TOTAL_DISAGREES",
                [one.row],
                cell=cell,
                stated=_written(one.stated),
                total=_written(one.total),
                difference=_written(difference),
            )
    if marks.strays:
        add("CELLS_FAR_AWAY", cells=", ".join(marks.strays), count=len(marks.strays))
    hidden = [row for row in rows if row in marks.hidden_rows]
    if hidden:
        add("ROWS_HIDDEN", hidden[:50], count=len(hidden))
    if seen := [letter(column) for column in columns if column in marks.hidden_columns]:
        add("COLUMNS_HIDDEN", columns=", ".join(seen))
    if struck := sorted({row for row, column in marks.struck if column in columns} & set(rows)):
        add("ROWS_STRUCK", struck[:50], count=len(struck))
    broken = [(r, c) for r in rows for c, shape in grid.shapes[r].items() if shape is Shape.ERROR]
    if broken:
        add(
            "CELLS_IN_ERROR",
            [r for r, _ in broken[:50]],
            count=len(broken),
            cell=f"{letter(broken[0][1])}{broken[0][0] + 1}",
        )
    for column in columns:
        kind = kinds[column]
        if kind.readable is not None and kind.readable < 1 and kind.unread and not kind.errors:
            cell = f"{letter(column)}{rows[kind.unread[0]] + 1}"
            add(
                "CELLS_OF_ANOTHER_TYPE",
                [rows[at] for at in kind.unread],
                column=letter(column),
                type=kind.type,
                cell=cell,
            )
        if kind.dates == "D/M/Y?":
            add("DATES_UNCERTAIN", column=letter(column))
    if (short := _short_rows(grid, rows)) and len(short) < 0.1 * len(rows):
        add("ROWS_CUT", short[:50], count=len(short), first=short[0] + 1)
    return notes


def _written(number: Decimal) -> str:
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _span(first: int, last: int) -> str:
    return str(first + 1) if first == last else f"{first + 1}-{last + 1}"


def _short_rows(grid: Grid, rows: Sequence[int]) -> list[int]:
    """Records that break off where nearly all others go on."""
    if len(rows) < 20:
        return []
    widths = sorted(len(grid.cells[row]) for row in rows)
    usual = widths[len(widths) // 2]
    if widths[len(widths) // 20] < 0.85 * usual:  # tables with gaps say nothing
        return []
    return [row for row in rows if len(grid.cells[row]) <= 0.6 * usual]
