"""Control totals: what a sheet states as a total beside the sum of the rows that it is the total of."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from connectors.cells import Unreadable
from connectors.connector import Cell
from connectors.grid import Grid
from connectors.levels import is_near
from connectors.numbers import DecimalSign, Sign, read_decimal

_NOT_ADDED = re.compile(
    r"%|persen|rasio|ratio|rata[ -]?rata|average|harga satuan|unit price|bobot|latitude|longitude", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class ControlTotal:
    """A stated total of a column and the sum of the `rows` it is taken to cover (numbers from 0)."""

    row: int
    column: int
    stated: Decimal
    total: Decimal
    rows: tuple[int, ...]

    @property
    def agrees(self) -> bool:
        return is_near(self.stated, self.total)


class Sums:
    """Reads the numbers of a sheet with the decimal sign of each column, and adds them up."""

    def __init__(self, grid: Grid) -> None:
        self._grid = grid
        self._signs: dict[int, Sign | None] = {}
        self._known: dict[tuple[int, int], Decimal | None] = {}

    def number(self, row: int, column: int) -> Decimal | None:
        """The number in a cell, None if there is none that is certain."""
        cell = self._grid.cells[row].get(column)
        if cell is None:
            return None
        if (row, column) not in self._known:
            self._known[row, column] = self._read(cell, column)
        return self._known[row, column]

    def _read(self, cell: Cell, column: int) -> Decimal | None:
        try:
            return read_decimal(cell, self._sign(column) if isinstance(cell, str) else None)
        except Unreadable:
            return None

    def amounts(self, columns: Sequence[int], rows: Sequence[int]) -> dict[int, dict[int, Decimal]]:
        """Column to row to number, of the columns whose numbers may be added up."""
        found: dict[int, dict[int, Decimal]] = {}
        for column in columns:
            if not _NOT_ADDED.search(self._head(column, rows)):
                numbers = {row: number for row in rows if (number := self.number(row, column)) is not None}
                if numbers:
                    found[column] = numbers
        return found

    def compare(
        self, row: int, scope: Sequence[int], amounts: Mapping[int, Mapping[int, Decimal]]
    ) -> list[ControlTotal]:
        """Every number of a row that has numbers above or below it, beside their sum."""
        found = []
        for column, numbers in amounts.items():
            stated = self.number(row, column)
            if stated is not None:
                total = sum((numbers[one] for one in scope if one in numbers), Decimal(0))
                found.append(ControlTotal(row, column, stated, total, tuple(scope)))
        return found

    def _head(self, column: int, rows: Sequence[int]) -> str:
        first = min(rows, default=0)
        return " ".join(self._grid.text(row, column) for row in range(max(0, first - 12), first))

    def _sign(self, column: int) -> Sign | None:
        if column not in self._signs:
            sign = DecimalSign()
            for cells in self._grid.cells:
                sign.observe(cells.get(column))
            self._signs[column] = sign.decide()
        return self._signs[column]


def scopes_of(row: int, leaves: Sequence[int], marks: Sequence[int], groups: Sequence[int]) -> Iterator[list[int]]:
    """The rows that a total may cover, the likeliest first: all above; those since the total or group before; those up to the next
    total or group; all below."""
    above = [one for one in leaves if one < row]
    below = [one for one in leaves if one > row]
    yield above
    for borders in (marks, sorted((*marks, *groups))):
        before = max((one for one in borders if one < row), default=-1)
        after = min((one for one in borders if one > row), default=10**9)
        yield [one for one in above if one > before]
        yield [one for one in below if one < after]
    yield below
