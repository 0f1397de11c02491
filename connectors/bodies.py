"""What each row below a head is: a record, or a group, a total, a repeated head, a number without anything, a note.

A row becomes a record unless something speaks against it. Labels alone decide little ("Jumlah Dokumen" names an indicator as
often as a sum), so a total has to leave out what records fill in, and in doubt its numbers have to be the sum."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum
from itertools import pairwise

from connectors.cells import is_number
from connectors.connector import Cell
from connectors.grid import Grid, Shape
from connectors.heads import Head, Profile, fit, new_head
from connectors.levels import Hierarchy, find_hierarchy
from connectors.totals import Sums, scopes_of

_TOTAL = re.compile(
    r"(?:(?:sub|grand|ke|all)?[ -]?(?:jumlah|total|jml)(?:[ -]?(?:total|jumlah|keseluruhan|seluruh\w*|umum|besar|akhir|semua|all))?"
    r"|subtotal|grandtotal|sum|rata[ -]rata|average|rerata)",
    re.IGNORECASE,
)
_TOTAL_OF = re.compile(r"(?:sub|grand)?[ -]?(?:jumlah|total|jml|subtotal|rata[ -]rata)\b.*", re.IGNORECASE)
_TAIL = re.compile(r"[ :.()\d+=\-/IVXA-D&,]*(?:\(?[Rr][Pp]\.?\)?)?[ :.]*")
_NOTE = re.compile(
    r"\W*(?:catatan|keterangan|ket|sumber|note|notes|nb|n\.b|mengetahui|menyetujui|kepala|plt|plh|nip|ttd|disahkan|dibuat|dicetak"
    r"|data dicetak|penanggung|bendahara|sekretaris|bupati|wali ?kota|camat|lurah|pengguna anggaran|pejabat|tembusan|"
    r"source|prepared|printed|approved|format salah|format benar|contoh)\b",
    re.IGNORECASE,
)
_PLACE_AND_DAY = re.compile(
    r"[\w .]{3,30},\s*(?:tanggal)?[\s.…_-]*(?:\d{1,2}\s*)?[A-Za-z.…]*\s*(?:20\d\d|\.{3,}|…)?\s*$"
)


class _Claim(Enum):
    """How far a row claims to be a total: its label says nothing else; it leaves out what records have; its label begins so."""

    SURE = "sure"
    LIKELY = "likely"
    NAMED = "named"


@dataclass(slots=True)
class Body:
    """The rows of a table by what they are. `end` is the first row behind it."""

    head: Head
    end: int
    records: list[int] = field(default_factory=list)
    groups: list[int] = field(default_factory=list)
    totals: list[int] = field(default_factory=list)
    repeats: list[int] = field(default_factory=list)
    unfilled: list[int] = field(default_factory=list)
    notes: list[int] = field(default_factory=list)
    doubtful: list[int] = field(default_factory=list)  # totals without a label that are not the sum of anything
    hierarchy: Hierarchy | None = None


def read_body(
    grid: Grid, head: Head, end: int, columns: tuple[int, int], sums: Sums, totals: frozenset[int] | None = None
) -> Body:
    """Sorts the rows of the table that begins with `head` and ends before `end` at the latest, between two columns. `totals` says
    which rows are totals, in place of what they look like."""
    return _Reader(grid, head, end, columns, sums, totals).read()


class _Reader:
    def __init__(
        self,
        grid: Grid,
        head: Head,
        end: int,
        columns: tuple[int, int],
        sums: Sums,
        totals: frozenset[int] | None,
    ) -> None:
        self._grid, self._head, self._sums, self._pinned = grid, head, sums, totals
        self._columns = range(columns[0], columns[1] + 1)
        self._body = Body(head, end)
        self._take_profile(range(head.start, end))

    def _take_profile(self, rows: Sequence[int]) -> None:
        """Learns how records look from the first rows."""
        self._known = [row for row in rows if self._grid.cells[row]][:400]
        self._profile = Profile(self._grid, self._known)
        self._width = self._profile.width
        numbers = (Shape.NUMBER, Shape.DASH)
        self._texts = [c for c, usual in self._profile.usual.items() if usual not in (*numbers, Shape.ERROR)]
        self._numbers = [c for c, usual in self._profile.usual.items() if usual in numbers]
        self._number_column = self._find_number_column()
        self._amounts = [column for column in self._numbers if column != self._number_column]

    def read(self) -> Body:
        body = self._body
        rows = self._rows()
        body.notes = self._tail(rows)
        rows = rows[: len(rows) - len(body.notes)]
        self._take_profile(rows)
        totals: dict[int, _Claim] = {}
        candidates: list[int] = []
        for row in rows:
            if self._is_repeat(row):
                body.repeats.append(row)
            elif self._is_unfilled(row):
                body.unfilled.append(row)
            elif (claim := self._total(row)) is not None:
                totals[row] = claim
            else:
                candidates.append(row)
        last = max((row for row in candidates if self._is_full(row)), default=-1)
        last = max([last, *(row for row in totals if row > last and self._near(row, last))])
        for row in candidates:
            if self._is_note(row, last):
                body.notes.append(row)
            elif self._is_group(row, last):
                body.groups.append(row)
            else:
                body.records.append(row)
        body.notes = sorted([*body.notes, *(row for row in totals if row > last)])
        self._settle({row: claim for row, claim in totals.items() if row <= last})
        return body

    def _rows(self) -> list[int]:
        """The rows that hold something, down to where another table begins."""
        grid, body, gap = self._grid, self._body, False
        found: list[int] = []
        for row in range(self._head.start, body.end):
            if not grid.cells[row]:
                gap = gap or grid.is_blank(row)
                continue
            if gap and found and self._is_another(row, found):
                body.end = row
                break
            gap = False
            found.append(row)
        return found

    def _is_another(self, row: int, before: Sequence[int]) -> bool:
        """Whether the names of another table stand here or below: not where a row looks like those before it."""
        current = Profile(self._grid, before[-60:])
        if fit(self._grid, row, current) > 0.8 and len(self._grid.cells[row]) > 1:
            return False
        other = new_head(self._grid, row, self._body.end, current)
        return other is not None and other.rows is not None and not self._is_repeat(other.rows[0])

    def _tail(self, rows: Sequence[int]) -> list[int]:
        """The notes and signatures at the end: narrow rows, the first of which says that it is a note, or stands apart and holds
        nothing but words."""
        grid = self._grid
        narrow = len(rows)
        labelled = len(self._labelled())
        width = labelled if any(len(grid.cells[row]) >= 0.5 * labelled for row in rows) else self._width
        while narrow and len(grid.cells[rows[narrow - 1]]) < max(1.1, 0.7 * width):
            narrow -= 1
        for at in range(max(1, narrow), len(rows)):
            row = rows[at]
            apart, words = rows[at - 1] < row - 1, set(grid.shapes[row].values()) == {Shape.WORDS}
            if _is_signature(grid, row) and (apart or (words and len(grid.cells[row]) == 1)):
                return list(rows[at:])
            if apart and words and self._total(row) is None and not any(self._is_full(one) for one in rows[at:]):
                return list(rows[at:])
        return []

    def _labelled(self) -> set[int]:
        """The columns that have names."""
        first, last = self._head.rows or (0, -1)
        return {column for row in range(first, last + 1) for column in self._grid.cells[row]}

    def _near(self, row: int, last: int) -> bool:
        """Whether a total stands right below the table, not among the notes."""
        return last < 0 or sum(not self._grid.cells[one] for one in range(last, row)) <= 3

    # -- what a row is ------------------------------------------------------------------------------------------------

    def _text(self, row: int, column: int) -> str:
        return self._grid.text(row, column)

    def _is_repeat(self, row: int) -> bool:
        """Whether a row of names, or of column numbers, stands here once more."""
        grid, head = self._grid, self._head
        if head.rows is None or len(grid.cells[row]) < 2:
            return False
        for name in (*range(head.rows[0], head.rows[1] + 1), *head.under):
            shared = grid.cells[row].keys() & grid.cells[name].keys()
            if len(shared) >= 0.8 * max(len(grid.cells[row]), len(grid.cells[name])) > 1:
                if sum(grid.shapes[row][c] is grid.shapes[name][c] for c in shared) < 0.8 * len(shared):
                    continue
                same = sum(self._text(row, c).casefold() == self._text(name, c).casefold() for c in shared)
                if same >= 0.8 * len(shared):
                    return True
        return False

    def _find_number_column(self) -> int | None:
        """The column that only counts the rows."""
        for column in list(self._columns)[:3]:
            numbers = [self._grid.cells[row].get(column) for row in self._some_rows()]
            counted = [int(n) for n in map(_whole, numbers) if n is not None]
            if len(counted) > 1 and counted[0] in (0, 1):
                steps = sum(b - a == 1 for a, b in pairwise(counted))
                if steps >= 0.8 * (len(counted) - 1):
                    return column
        return None

    def _some_rows(self) -> list[int]:
        return self._known[:200]

    def _is_unfilled(self, row: int) -> bool:
        """Whether a row was only numbered in advance: nothing else in it but zeros and dashes."""
        cells, shapes = self._grid.cells[row], self._grid.shapes[row]
        if (
            self._number_column is None
            or self._number_column not in cells
            or max(self._width, len(self._labelled())) < 3
        ):
            return False
        if _whole(cells[self._number_column]) is None:
            return False
        rest = [column for column in cells if column != self._number_column]
        return all(shapes[column] is Shape.DASH or cells[column] == 0 for column in rest) and len(rest) < len(
            self._columns
        )

    def _total(self, row: int) -> _Claim | None:
        """How far a row claims to be a total, None if it does not."""
        if self._pinned is not None:
            return _Claim.SURE if row in self._pinned else None
        grid, shapes = self._grid, self._grid.shapes[row]
        words = [column for column, shape in shapes.items() if shape in (Shape.WORDS, Shape.MARK)]
        numeric = [column for column, shape in shapes.items() if shape in (Shape.NUMBER, Shape.ERROR, Shape.DASH)]
        label = next((self._text(row, column) for column in sorted(words)), "")
        plain = _squeeze(label)
        found = _TOTAL.match(plain)
        exact = bool(found) and bool(_TAIL.fullmatch(plain[found.end() :] if found else ""))
        if exact and numeric and len(words) <= max(1, 0.5 * len(self._texts) + 0.5):
            return _Claim.SURE
        if exact and not numeric and len(shapes) == 1 and row > self._head.start:
            return _Claim.SURE  # an empty form's total
        coded = Shape.CODE in shapes.values()
        adds_up = any((row, column) in grid.marks.sums for column in numeric)
        counted = self._number_column is not None and shapes.get(self._number_column) is Shape.NUMBER
        if _TOTAL_OF.fullmatch(plain) and numeric and words == [min(shapes)] and not coded:
            if not self._left_out(row):
                return _Claim.NAMED
            return _Claim.SURE if adds_up or grid.bold_share(row) > 0.5 else _Claim.LIKELY
        if words or not numeric or coded or Shape.DATE in shapes.values():
            return None
        if not self._texts or counted:
            return _Claim.LIKELY if adds_up else None
        covered = grid.covered.get(row, {})
        if any(column in covered and covered[column].top < row for column in self._texts):
            return None  # its label is merged with that of the row above
        return _Claim.LIKELY

    def _left_out(self, row: int) -> bool:
        """Whether a row leaves a column empty that nearly every record fills in with a code, a number or a name."""
        known = self._grid.cells[row]
        full = [one for one in self._some_rows() if len(self._grid.cells[one]) >= 0.6 * self._width and one != row]
        named = [self._number_column, *self._texts] if self._number_column is not None else self._texts
        return any(
            column not in known and sum(column in self._grid.cells[one] for one in full) >= 0.7 * len(full) > 0
            for column in named
        )

    def _is_full(self, row: int) -> bool:
        cells = self._grid.cells[row]
        if len(cells) >= max(2, 0.5 * self._width):
            return not (_is_signature(self._grid, row) and len(cells) < 0.7 * self._width)
        return self._width < 2 and len(cells) == 1

    def _is_note(self, row: int, last: int) -> bool:
        if row <= last:
            return False
        grid = self._grid
        contiguous = all(grid.cells[one] for one in range(max(last, self._head.start), row))
        if (
            contiguous
            and len(grid.cells[row]) > 1
            and fit(grid, row, self._profile) == 1
            and not _is_signature(grid, row)
        ):
            return False
        if contiguous and last >= 0:
            column = min(grid.cells[row])
            written = grid.cells[row][column]
            indented = isinstance(written, str) and written[:1] == " "
            others = [one for one in (last, last - 1) if one >= self._head.start]
            if indented and any(str(grid.cells[one].get(column, ""))[:1] == " " for one in others):
                return False  # one more row of an indented list
        return True

    def _is_group(self, row: int, last: int) -> bool:
        """Whether a row only heads those below it."""
        grid = self._grid
        cells, shapes = grid.cells[row], grid.shapes[row]
        coded = [column for column in cells if shapes[column] in (Shape.CODE, Shape.NUMBER, Shape.MARK)]
        if len(cells) > 2 or len(cells) - len(coded) > 1 or self._width < 3 or self._is_full(row):
            return False
        if any(shapes[column] is Shape.NUMBER and column in self._amounts for column in cells):
            return False  # a parent with its amount
        column = min(cells)
        span = grid.spans.get((row, column))
        score = 0.0
        if span and span.right - span.left + 1 >= 0.5 * len(self._columns):
            score += 2
        if grid.bold_share(row) == 1 and sum(map(grid.bold_share, self._some_rows())) < 0.5 * len(self._some_rows()):
            score += 1
        score += 1 if len(cells) == 1 else 0
        score += 1 if row < last else -1
        if self._profile.usual.get(column) not in (None, shapes[column]):
            score += 1
        if len(cells) == 2 and self._numbers and len(self._numbers) >= 2:
            score += 1
        written = cells[column]
        if isinstance(written, str) and written[:1] == " ":
            score -= 2  # a level of an indented list
        return score >= 2

    # -- totals -------------------------------------------------------------------------------------------------------

    def _settle(self, claims: Mapping[int, _Claim]) -> None:
        """Decides what claims to be a total by its numbers, once it is known which rows are leaves."""
        body, grid = self._body, self._grid
        named = [row for row, claim in claims.items() if claim is _Claim.NAMED]
        body.records = sorted([*body.records, *named])  # records unless they are a sum
        marks = sorted(row for row in claims if row not in named)
        amounts = self._sums.amounts(self._amounts, body.records)
        leaves = self._leaves(amounts)
        sums = [row for row in named if self._is_sum(row, [one for one in leaves if one < row], marks, amounts)]
        if sums:
            body.records = [row for row in body.records if row not in sums]
            marks = sorted([*marks, *sums])
            leaves = self._leaves(amounts)
        sure = [
            row
            for row in marks
            if claims[row] is _Claim.SURE or row in sums or self._is_sum(row, leaves, marks, amounts)
        ]
        alike = {self._form_of(row) for row in sure}
        for row in marks:
            if row in sure or (any(self._form_of(row)) and self._form_of(row) in alike):
                body.totals.append(row)
            elif any(shape is Shape.WORDS for shape in grid.shapes[row].values()) or not self._is_below(row):
                body.records = sorted([*body.records, row])
            else:
                body.totals.append(row)
                body.doubtful.append(row)
        self._leaves(amounts)

    def _is_below(self, row: int) -> bool:
        """Whether a row stands below enough records, or below a total: where sums of no name stand."""
        records, totals = self._body.records, self._body.totals
        return (len(records) > 3 and row > records[-1]) or any(0 < row - one < 4 for one in totals)

    def _leaves(self, amounts: Mapping[int, Mapping[int, Decimal]]) -> Sequence[int]:
        """The records that may be added up."""
        body = self._body
        body.hierarchy = find_hierarchy(self._grid, body.records, list(self._columns), amounts)
        return body.hierarchy.leaves if body.hierarchy else body.records

    def _form_of(self, row: int) -> tuple[str, frozenset[int]]:
        """The first word of a row and the columns of its numbers: subtotals of one row look like those of many."""
        shapes = self._grid.shapes[row]
        words = [self._text(row, column) for column, shape in shapes.items() if shape is Shape.WORDS]
        numbers = frozenset(column for column, shape in shapes.items() if shape is Shape.NUMBER)
        return (words[0].split()[0].casefold() if words else "", numbers if words else frozenset())

    def _is_sum(
        self, row: int, leaves: Sequence[int], marks: Sequence[int], amounts: Mapping[int, Mapping[int, Decimal]]
    ) -> bool:
        """Whether the numbers of a row are the sum of several rows, or of the one row of its group that it stands under."""
        for scope in scopes_of(row, leaves, marks, self._body.groups):
            compared = [one for one in self._sums.compare(row, scope, amounts) if one.stated] if scope else []
            if not compared or sum(one.agrees for one in compared) < 0.7 * len(compared):
                continue
            under = scope[-1] == row - 1 and (row - 2 in self._body.groups or (self._left_out(row) and len(marks) > 1))
            if len(scope) > 1 or under:
                return True
        return False


def _squeeze(text: str) -> str:
    """`J U M L A H` as one word."""
    return text.replace(" ", "") if re.fullmatch(r"(?:\w )+\w", text) else text


def _whole(cell: Cell) -> int | None:
    if isinstance(cell, str):
        text = cell.strip().rstrip(".")
        return int(text) if text.isascii() and text.isdigit() and len(text) < 8 else None
    if is_number(cell) and cell == int(cell):
        return int(cell)
    return None


def _is_signature(grid: Grid, row: int) -> bool:
    texts = [grid.text(row, column) for column, shape in grid.shapes[row].items() if shape is Shape.WORDS]
    return bool(texts) and any(_NOTE.match(text) or _PLACE_AND_DAY.fullmatch(text) for text in texts)
