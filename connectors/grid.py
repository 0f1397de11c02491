"""A sheet as people see it: its cells, what Excel says about them, and what each cell looks like at a glance.

Rows and columns count from 0 here; what is told to people counts rows from 1 and calls columns by their letters."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, time
from enum import Enum
from functools import lru_cache
from string import ascii_uppercase

from connectors.cells import is_nothing, is_number, tidy
from connectors.connector import Cell, CellError
from connectors.values import write_cell


class Shape(Enum):
    """What a cell looks like, before anybody knows what its column means."""

    NUMBER = "number"
    CODE = "code"
    DATE = "date"
    WORDS = "words"
    MARK = "mark"  # √, x, yes and no
    DASH = "dash"  # written for "nothing"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Span:
    """Merged cells, both ends included."""

    top: int
    left: int
    bottom: int
    right: int


@dataclass(frozen=True, slots=True)
class Marks:
    """What a file says about cells besides their values; empty for formats that can't say it.

    `sums` are cells with a formula that adds up a piece of their own column: (first row, last row). `strays` are cells
    far away from all others that were left out."""

    merges: tuple[Span, ...] = ()
    hidden_rows: frozenset[int] = frozenset()
    hidden_columns: frozenset[int] = frozenset()
    bold: frozenset[tuple[int, int]] = frozenset()
    struck: frozenset[tuple[int, int]] = frozenset()
    masks: frozenset[tuple[int, int, str]] = frozenset()
    sums: dict[tuple[int, int], tuple[int, int]] = field(default_factory=dict)
    strays: tuple[str, ...] = ()

    @property
    def stray_rows(self) -> list[int]:
        """Their row numbers, from 1."""
        return sorted({int(cell.lstrip(ascii_uppercase)) for cell in self.strays})


class Grid:
    """The cells of a sheet with their shapes. `rows` may be ragged; blank text counts as empty."""

    def __init__(self, rows: Sequence[Sequence[Cell]], marks: Marks | None = None) -> None:
        self.marks = marks or Marks()
        self.cells: list[dict[int, Cell]] = []
        self.shapes: list[dict[int, Shape]] = []
        for row in rows:
            cells: dict[int, Cell] = {}
            shapes: dict[int, Shape] = {}
            for column, cell in enumerate(row):
                if cell is not None and (shape := shape_of(cell)) is not None:
                    cells[column], shapes[column] = cell, shape
            self.cells.append(cells)
            self.shapes.append(shapes)
        while self.cells and not self.cells[-1]:
            self.cells.pop()
            self.shapes.pop()
        self.height = len(self.cells)
        self.width = max((max(cells) + 1 for cells in self.cells if cells), default=0)
        self.spans: dict[tuple[int, int], Span] = {}  # by its first cell
        self.covered: dict[int, dict[int, Span]] = {}  # row to column to the span that covers it
        for span in self.marks.merges:
            self._take_span(span)

    def _take_span(self, span: Span) -> None:
        if span.top >= self.height or span.left not in self.cells[span.top]:
            return
        self.spans[span.top, span.left] = span
        right = min(span.right, max(self.width - 1, span.left))
        for row in range(span.top, min(span.bottom, span.top + 40) + 1):  # longer ones are blocks of data
            self.covered.setdefault(row, {}).update(dict.fromkeys(range(span.left, right + 1), span))

    def clip(self, left: int, right: int) -> Grid:
        """The same sheet with nothing outside of the columns from `left` to `right`."""
        clipped = Grid((), self.marks)
        clipped.cells = [{c: cell for c, cell in cells.items() if left <= c <= right} for cells in self.cells]
        clipped.shapes = [{c: shape for c, shape in shapes.items() if left <= c <= right} for shapes in self.shapes]
        clipped.height, clipped.width = self.height, min(self.width, right + 1)
        clipped.spans = {place: span for place, span in self.spans.items() if left <= place[1] <= right}
        clipped.covered = {
            row: {c: span for c, span in spans.items() if left <= c <= right} for row, spans in self.covered.items()
        }
        return clipped

    def rows(self) -> Iterator[tuple[int, list[Cell]]]:
        """Every row with its number from 1, as far as the sheet is wide."""
        for number, cells in enumerate(self.cells, 1):
            yield number, [cells.get(column) for column in range(self.width)]

    def text(self, row: int, column: int) -> str:
        """The cell on one line, '' if it is empty."""
        return tidy(write_cell(self.cells[row].get(column)))

    def is_blank(self, row: int) -> bool:
        """Whether nothing stands in a row, and nothing from above reaches into it."""
        if self.cells[row]:
            return False
        return not any(span.bottom >= row > span.top for span in self.covered.get(row, {}).values())

    def bold_share(self, row: int) -> float:
        """The share of a row's cells that are bold."""
        return sum((row, column) in self.marks.bold for column in self.cells[row]) / max(1, len(self.cells[row]))


_DIGITS = re.compile(r"\d+")
_AMOUNT = re.compile(
    r"[-(]?\s*(?:rp\.?|idr)?\s*[-(]?(?:\d{1,3}(?:[.,]\d{3})+(?:[.,]\d{1,2})?|\d+(?:[.,]\d+)?)"
    r"\s*(?:,-+|,=)?\)?-?\s*(?:%|rb|ribu|jt|juta|mil[iy]ar|tril[iy]un|rupiah)?",
    re.IGNORECASE,
)
_CODE = re.compile(r"[A-Z]?[\dX]{1,6}(?: ?[.\-/] ?[\dX]{1,9})+[.]?|0\d+", re.IGNORECASE)
_SHORT_CODE = re.compile(r"0\d+(\.\d+)?|\d{1,2}\.\d{1,2}")  # 4.1 written as text is a code, 1.250 an amount
_DAY = re.compile(
    r"\d{4}[-/]\d{1,2}[-/]\d{1,2}([T ].*)?|\d{1,2}[-/]\d{1,2}[-/]\d{4}( .*)?|\d{1,2}[ -][A-Za-z]{3,9}\.?[ -]\d{4}"
)
_MARKS = frozenset("√✓✔☑vVxXyYnN*●•■□○")


def shape_of(cell: Cell) -> Shape | None:
    """What a cell looks like; None if it is empty."""
    if isinstance(cell, str):
        return _shape_of_text(cell)
    if cell is None or cell == ():
        return None
    if isinstance(cell, CellError):
        return Shape.ERROR
    if isinstance(cell, bool):
        return Shape.MARK
    if is_number(cell):
        return Shape.NUMBER
    return Shape.DATE if isinstance(cell, date | time) else Shape.WORDS


@lru_cache(maxsize=50_000)
def _shape_of_text(written: str) -> Shape | None:
    text = tidy(written)
    if not text:
        return None
    if is_nothing(text):
        return Shape.DASH
    if len(text) == 1 and text in _MARKS:
        return Shape.MARK
    if len(text) > 40:
        return Shape.WORDS
    if _DIGITS.fullmatch(text):
        return Shape.CODE if (text[0] == "0" and len(text) > 1) or len(text) > 15 else Shape.NUMBER
    if _DAY.fullmatch(text):
        return Shape.DATE
    if _AMOUNT.fullmatch(text):
        return Shape.CODE if _SHORT_CODE.fullmatch(text) else Shape.NUMBER
    return Shape.CODE if _CODE.fullmatch(text) else Shape.WORDS
