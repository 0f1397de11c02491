"""Tables in which parents stand among their children, as budgets do: which rows are leaves, so that sums count nothing twice.

The level of a row is told by what it looks like: which code columns it fills and the form of its last code (5.1.02 is one level,
5.1.02.01 the next; A, I and 1.1 are three), or by how far its text is indented. Levels rank in the order in which they first
appear, since a list goes from its first root down to its first leaf. The amounts then have to agree: a table is only taken for
a hierarchy if parents are the sums of their children, or if codes of children begin with those of their parents."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from connectors.grid import Grid, Shape
from connectors.values import write_cell

_DIGITS = re.compile(r"[0-9X]+", re.IGNORECASE)
_SMALL = re.compile(r"\d+(?:\.\d+)*")
_ROMAN = re.compile(r"(?=.)X{0,3}(?:IX|IV|V?I{0,3})\.?")
_LETTER = re.compile(r"[A-Za-z][.)]?")
_AGREE = 0.75  # of the parents

Level = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Hierarchy:
    """Rows that have rows below them, those that have none, and those at the top. `column` is the one that tells the
    levels; `agrees` the share of parents that are the sum of their children, None if there is nothing to add up."""

    column: int
    parents: tuple[int, ...]
    leaves: tuple[int, ...]
    roots: tuple[int, ...]
    agrees: float | None


def find_hierarchy(
    grid: Grid, rows: Sequence[int], columns: Sequence[int], amounts: Mapping[int, Mapping[int, Decimal]]
) -> Hierarchy | None:
    """The hierarchy of a table's rows, None if it is flat. `amounts` is column to row to number, of columns that may be added
    up."""
    if len(rows) < 2:
        return None
    best: Hierarchy | None = None
    for column, levels in _readings(grid, rows, columns):
        found = _by_levels(grid, rows, levels, column, amounts)
        if found and (best is None or (found.agrees or 0) > (best.agrees or 0)):
            best = found
    return best


def _readings(grid: Grid, rows: Sequence[int], columns: Sequence[int]) -> list[tuple[int, list[Level]]]:
    """Each way to tell levels: by the codes, by how text is indented."""
    readings: list[tuple[int, list[Level]]] = []
    codes = _code_columns(grid, rows, columns)
    if codes:
        readings.append(
            (codes[-1], [_level_of(grid, row, codes, before) for row, before in _with_last(grid, rows, codes)])
        )
    for column in columns[:3]:
        indents = [_indent(write_cell(grid.cells[row].get(column))) for row in rows]
        if len(set(indents)) > 1 and sum(indent >= 0 for indent in indents) > 0.8 * len(rows):
            readings.append((column, [(indent,) for indent in indents]))
    return readings


def _code_columns(grid: Grid, rows: Sequence[int], columns: Sequence[int]) -> list[int]:
    """The columns of codes; they stand before the first one of plain text."""
    found = []
    for column in columns[:12]:
        if _is_code_column(grid, rows, column):
            found.append(column)
        elif sum(grid.shapes[row].get(column) is Shape.WORDS for row in rows) > 0.5 * len(rows):
            break
    return found


def _is_code_column(grid: Grid, rows: Sequence[int], column: int) -> bool:
    filled = [row for row in rows if column in grid.cells[row]]
    if len(filled) < 0.1 * len(rows):
        return False
    coded = sum(_code(grid, row, column) is not None for row in filled)
    forms = {_form(grid, row, column, "") for row in filled[:400]}
    return coded >= 0.9 * len(filled) and (len(forms) > 1 or len(filled) < len(rows))


def _code(grid: Grid, row: int, column: int) -> str | None:
    shape = grid.shapes[row].get(column)
    text = grid.text(row, column)
    if shape is Shape.CODE:
        return text
    if shape is Shape.NUMBER:
        return text if len(text) < 6 and _SMALL.fullmatch(text) else None
    if shape is Shape.MARK or (shape is Shape.WORDS and (_ROMAN.fullmatch(text) or _LETTER.fullmatch(text))):
        return text
    first = text.split(" ", 1)[0]
    return first if shape is Shape.WORDS and "." in first and first[0].isdigit() and len(first) < 40 else None


def _with_last(grid: Grid, rows: Sequence[int], codes: Sequence[int]) -> list[tuple[int, str]]:
    """Each row beside the last single letter before it, which tells letters from Roman numerals."""
    found, last = [], ""
    for row in rows:
        found.append((row, last))
        text = grid.text(row, codes[-1]).rstrip(".)")
        if len(text) == 1 and text.isalpha() and (text == "A" or ord(text) == ord(last or " ") + 1):
            last = text
    return found


def _level_of(grid: Grid, row: int, codes: Sequence[int], last: str) -> Level:
    filled = tuple(column in grid.cells[row] for column in codes)
    deepest = max((column for column in codes if column in grid.cells[row]), default=None)
    return (filled, "" if deepest is None else _form(grid, row, deepest, last))


def _form(grid: Grid, row: int, column: int, last: str) -> str:
    """The form of a code: how long each of its parts is; a letter, a Roman numeral."""
    code = _code(grid, row, column) or ""
    bare = code.rstrip(".)")
    if _LETTER.fullmatch(code) and (
        bare in ("A", "a") or not _ROMAN.fullmatch(code) or ord(bare) == ord(last or " ") + 1
    ):
        return "letter"
    if _ROMAN.fullmatch(code):
        return "roman"
    parts = _DIGITS.findall(code)
    if len(parts) <= 2 and not code.startswith("0") and all(len(part) <= 2 for part in parts):
        return f"{len(parts)} short"  # 1.9 and 1.10 are siblings
    return " ".join(str(len(part)) for part in parts)


def _indent(text: str) -> int:
    return -1 if not text.strip() else len(text) - len(text.lstrip())


def _by_levels(
    grid: Grid, rows: Sequence[int], levels: Sequence[Level], column: int, amounts: Mapping[int, Mapping[int, Decimal]]
) -> Hierarchy | None:
    ranks: dict[Level, int] = {}
    for level in levels:
        ranks.setdefault(level, len(ranks))
    if not 2 <= len(ranks) <= 24:
        return None
    order = _settle(grid, rows, [float(ranks[level]) for level in levels], levels, column)
    is_parent = [after > here for here, after in zip(order, [*order[1:], -1.0], strict=True)]
    parents = tuple(row for row, has in zip(rows, is_parent, strict=True) if has)
    if not 0.01 * len(rows) <= len(parents) < len(rows) or not parents:
        return None
    agrees = _agreement(rows, order, is_parent, amounts)
    if agrees < _AGREE if agrees is not None else not _begins_alike(grid, rows, order, column):
        return None
    leaves = tuple(row for row, has in zip(rows, is_parent, strict=True) if not has)
    top = min(order)
    roots = tuple(row for row, rank in zip(rows, order, strict=True) if rank == top)
    return Hierarchy(column, parents, leaves, roots, agrees)


def _settle(grid: Grid, rows: Sequence[int], order: list[float], levels: Sequence[Level], column: int) -> list[float]:
    """The ranks, put right where a form has two meanings. 5.2 looks like 2.16 but does not begin as the parent of that would have
    it, while the next code begins with it: then it stands right above the next. So does a row that is the same as the next."""
    codes = [_code(grid, row, column) or "" for row in rows]
    begins: dict[Level, bool] = {}
    odd: set[int] = set()
    parents: list[int] = []
    for at, level in enumerate(levels):
        while parents and order[parents[-1]] >= order[at]:
            parents.pop()
        fits = bool(parents) and codes[at].startswith(codes[parents[-1]])
        if begins.setdefault(level, fits) and not fits:
            odd.add(at)
        else:
            parents.append(at)
    for at in reversed(range(len(rows) - 1)):
        if at in odd and codes[at + 1].startswith(codes[at] + "."):
            order[at] = order[at + 1] - 0.5
        elif (
            codes[at]
            and codes[at] == codes[at + 1]
            and order[at] == order[at + 1]
            and _same(grid, rows[at], rows[at + 1])
        ):
            order[at] -= 0.25
    return order


def _same(grid: Grid, row: int, other: int) -> bool:
    """Whether two rows hold the same numbers, at least two."""
    numbers = {column: cell for column, cell in grid.cells[row].items() if grid.shapes[row][column] is Shape.NUMBER}
    return len(numbers) > 1 and all(grid.cells[other].get(column) == cell for column, cell in numbers.items())


@dataclass(slots=True)
class _Open:
    """A parent whose children are being read: what it states, and what they add up to so far."""

    rank: float
    stated: Decimal
    total: Decimal = Decimal(0)


def _agreement(
    rows: Sequence[int], order: Sequence[float], is_parent: Sequence[bool], amounts: Mapping[int, Mapping[int, Decimal]]
) -> float | None:
    """The share of parents whose amount is the sum of the leaves below them, in the column where most are; None where there
    is nothing to tell from."""
    shares = []
    for numbers in amounts.values():
        closed: list[_Open] = []
        parents: list[_Open] = []
        for row, rank, parent in zip(rows, order, is_parent, strict=True):
            while parents and parents[-1].rank >= rank:
                closed.append(parents.pop())
            number = numbers.get(row, Decimal(0))
            if parent:
                parents.append(_Open(rank, number))
            else:
                for one in parents:
                    one.total += number
        stating = [one for one in (*closed, *parents) if one.stated]
        if len(stating) > 1 or (stating and len(stating) == sum(is_parent)):
            shares.append(sum(is_near(one.stated, one.total) for one in stating) / len(stating))
    return max(shares, default=None)


def _begins_alike(grid: Grid, rows: Sequence[int], order: Sequence[float], column: int) -> bool:
    """Whether the codes of children begin with those of their parents."""
    pairs = [
        (_code(grid, above, column) or "", _code(grid, below, column) or "")
        for above, below, rank, after in zip(rows, rows[1:], order, order[1:], strict=False)
        if after > rank
    ]
    return bool(pairs) and sum(bool(a) and b != a and b.startswith(a.rstrip(".")) for a, b in pairs) >= 0.8 * len(pairs)


def is_near(stated: Decimal, total: Decimal) -> bool:
    """Whether two sums are the same but for the noise of binary fractions, or because a sum with sen was rounded to rupiah."""
    rounded = stated == stated.to_integral_value() and total != total.to_integral_value() and abs(stated) >= 1000
    return abs(stated - total) <= max(Decimal(1) if rounded else Decimal("0.011"), abs(stated) / 10**13)
