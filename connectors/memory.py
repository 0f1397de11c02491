"""A connector over rows in memory: for tests, and the shortest example of how to write one.

A connector says which datasets it has (`describe`), which parts a dataset comes in (`parts`), and yields the rows of a part in
batches (`rows`). This one can also answer a question itself (`select`), as a live connector does."""

from __future__ import annotations

import unicodedata
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from connectors.connector import Batch, Cell, Column, DatasetDescription, Part, Pushdown, Row
from connectors.errors import DatasetMissing, SourceError
from connectors.select import And, Compare, Not, Op, Or, Order, Select

ROWS_PER_BATCH = 500

MemoryRow = Mapping[str, Cell]


class MemoryConnector:
    """Serves `datasets`: name to parts to rows. Set `failure` to have every call raise it."""

    def __init__(self, datasets: Mapping[str, Mapping[str, Sequence[MemoryRow]]]) -> None:
        self.datasets = datasets
        self.failure: SourceError | None = None

    async def describe(self) -> Sequence[DatasetDescription]:
        self._check()
        described = []
        for name, parts in self.datasets.items():
            rows = [row for part in parts.values() for row in part]
            samples = {column.name: tuple(row.get(column.name) for row in rows[:5]) for column in _columns(rows)}
            described.append(DatasetDescription(name, _columns(rows), samples))
        return described

    async def parts(self, dataset: str) -> Sequence[Part]:
        return [Part(key, key, file=key) for key in self._dataset(dataset)]

    async def rows(self, dataset: str, part: Part) -> AsyncIterator[Batch]:
        rows = self._dataset(dataset).get(part.key)
        if rows is None:
            raise DatasetMissing(part.label, dataset=dataset)
        columns = _columns(rows)
        for start in range(0, len(rows), ROWS_PER_BATCH):
            numbered = enumerate(rows[start : start + ROWS_PER_BATCH], start + 1)
            yield Batch(columns, tuple(_row(number, row, columns) for number, row in numbered))

    async def aclose(self) -> None:
        """Nothing was opened."""

    def pushdown(self, dataset: str) -> Pushdown:
        return Pushdown(filters=True, order=True, limit=True)

    async def select(self, dataset: str, select: Select) -> Sequence[Row]:
        rows = [row for part in self._dataset(dataset).values() for row in part]
        found = [(number, row) for number, row in enumerate(rows, 1) if holds(select.where, row)]
        for order in reversed(select.order):
            found = _sorted(found, order)
        end = None if select.limit is None else select.offset + select.limit
        columns = tuple(Column(name, name) for name in select.columns)
        return [_row(number, row, columns) for number, row in found[select.offset : end]]

    def _check(self) -> None:
        if self.failure is not None:
            raise self.failure

    def _dataset(self, name: str) -> Mapping[str, Sequence[MemoryRow]]:
        self._check()
        if name not in self.datasets:
            raise DatasetMissing("memory", dataset=name)
        return self.datasets[name]


def holds(condition: object, row: MemoryRow) -> bool:
    """Whether a row satisfies a condition of connectors.select."""
    match condition:
        case And(conditions=parts):
            return all(holds(part, row) for part in parts)
        case Or(conditions=parts):
            return any(holds(part, row) for part in parts)
        case Not(condition=part):
            return not holds(part, row)
        case Compare(name=name, op=op, value=value):
            return _compares(row.get(name), op, value)
        case _:
            raise TypeError(f"not a condition: {condition!r}")


def _compares(cell: Any, op: Op, value: Any) -> bool:
    if op is Op.IS_NULL:
        return (cell is None) is bool(value)
    if cell is None or value is None:
        return False
    match op:
        case Op.EQ:
            return bool(cell == value)
        case Op.NE:
            return bool(cell != value)
        case Op.IN:
            return cell in value
        case Op.LT:
            return bool(cell < value)
        case Op.LTE:
            return bool(cell <= value)
        case Op.GT:
            return bool(cell > value)
        case Op.GTE:
            return bool(cell >= value)
        case Op.CONTAINS:
            return _plain(value) in _plain(cell)
        case _:
            return _plain(cell).startswith(_plain(value))


def _plain(value: Any) -> str:
    """Text without case and accents, as `contains` and `startsWith` compare it."""
    text = unicodedata.normalize("NFKD", str(value))
    return "".join(sign for sign in text if not unicodedata.combining(sign)).casefold()


def _sorted(found: list[tuple[int, MemoryRow]], order: Order) -> list[tuple[int, MemoryRow]]:
    nulls = [item for item in found if item[1].get(order.name) is None]
    known = [item for item in found if item[1].get(order.name) is not None]

    def key(item: tuple[int, MemoryRow]) -> Any:
        return item[1][order.name]

    known.sort(key=key, reverse=order.descending)
    return nulls + known if order.nulls_first else known + nulls


def _columns(rows: Sequence[MemoryRow]) -> tuple[Column, ...]:
    names = dict.fromkeys(name for row in rows for name in row)
    return tuple(Column(name, name) for name in names)


def _row(number: int, row: MemoryRow, columns: Sequence[Column]) -> Row:
    return Row(str(number), tuple(row.get(column.name) for column in columns))
