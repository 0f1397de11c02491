"""What the columns of a part look like: name, place, type, how much of it can be read. Found from a sample of its rows; no value is
kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from connectors.columns import plain_name
from connectors.columntypes import find_kind, order_of_days
from connectors.connector import Batch, Cell, Column

FIRST_ROWS = 200  # of the sample: those that a part begins with
LATER_ROWS = 10  # of each batch after these
MOST_ROWS = 500


@dataclass(frozen=True, slots=True)
class ColumnProfile:
    """A column: its name and label, the type that most of its cells have (`empty` without any), the share of them that can be read
    so, how many cells of the sample are filled, and the decimal sign and the order of day and month where texts say them."""

    name: str
    label: str
    type: str = "empty"
    readable: float | None = None
    filled: int = 0
    decimal: str | None = None
    dates: str | None = None

    @property
    def key(self) -> str:
        """The name as columns are compared by it."""
        return plain_name(self.name)


Profile = tuple[ColumnProfile, ...]


class Profiler:
    """Takes its sample from the batches that it is shown. Batches of one part may differ in their columns; the last tell."""

    def __init__(self) -> None:
        self._columns: tuple[Column, ...] = ()
        self._rows: list[tuple[Cell, ...]] = []

    def observe(self, batch: Batch) -> None:
        """Takes some rows of a batch."""
        if batch.columns != self._columns:
            self._columns, self._rows = batch.columns, []
        room = min(MOST_ROWS - len(self._rows), max(FIRST_ROWS - len(self._rows), LATER_ROWS), len(batch.rows))
        if room > 0:
            step = len(batch.rows) // room
            self._rows += [row.values for row in batch.rows[:: max(step, 1)][:room]]

    def profile(self) -> Profile:
        """What was seen; columns that no cell holds (`$leaf`) are left out."""
        cells: Sequence[Sequence[Cell]] = [*zip(*self._rows, strict=True)] or [()] * len(self._columns)
        return tuple(
            _profile(column, held)
            for column, held in zip(self._columns, cells, strict=True)
            if not column.name.startswith("$")
        )


def _profile(column: Column, cells: Sequence[Cell]) -> ColumnProfile:
    kind = find_kind(cells, column.name)
    has_text = any(isinstance(cell, str) for cell in cells)
    return ColumnProfile(
        column.name,
        column.label,
        kind.type,
        kind.readable,
        kind.filled,
        kind.decimal if has_text else None,
        order_of_days(cells),
    )
