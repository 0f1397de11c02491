"""The connector over rows in memory: its select is what all others are measured by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.connector import Cell, Part, Row
from connectors.errors import DatasetMissing, SourceUnavailable
from connectors.memory import MemoryConnector, holds
from connectors.select import And, Compare, Not, Op, Or, Order, Select

WISHES: Sequence[Mapping[str, Cell]] = (
    {"no": 1, "title": "Jalan Desa", "cost": 500},
    {"no": 2, "title": "jembatan Café", "cost": None},
    {"no": 3, "title": "Irigasi", "cost": 200},
    {"no": 4, "title": None, "cost": 500},
)


async def ask(where: object = And(()), order: Sequence[Order] = (), **window: Any) -> list[object]:
    connector = MemoryConnector({"d": {"a": WISHES[:2], "b": WISHES[2:]}})
    rows = await connector.select("d", Select(("no",), where, tuple(order), **window))
    return [row.values[0] for row in rows]


@pytest.mark.parametrize(
    ("op", "value", "expected"),
    [
        (Op.EQ, 500, [1, 4]),
        (Op.NE, 500, [3]),  # a null differs from nothing
        (Op.IN, (200, 500), [1, 3, 4]),
        (Op.LT, 500, [3]),
        (Op.LTE, 500, [1, 3, 4]),
        (Op.GT, 200, [1, 4]),
        (Op.GTE, 200, [1, 3, 4]),
        (Op.IS_NULL, True, [2]),
        (Op.IS_NULL, False, [1, 3, 4]),
        (Op.EQ, None, []),
    ],
)
async def test_comparisons_with_null_are_false(op: Op, value: object, expected: list[int]) -> None:
    assert await ask(Compare("cost", op, value)) == expected
    assert await ask(Not(Compare("cost", op, value))) == [n for n in (1, 2, 3, 4) if n not in expected]


@pytest.mark.parametrize(
    ("op", "value", "expected"),
    [
        (Op.EQ, "Jalan Desa", [1]),
        (Op.EQ, "jalan desa", []),  # eq is exact
        (Op.CONTAINS, "DESA", [1]),
        (Op.CONTAINS, "cafe", [2]),
        (Op.STARTS_WITH, "JEM", [2]),
        (Op.STARTS_WITH, "café", []),
        (Op.CONTAINS, "", [1, 2, 3]),
        (Op.CONTAINS, "%", []),
    ],
)
async def test_text_is_found_without_case_and_accents(op: Op, value: str, expected: list[int]) -> None:
    assert await ask(Compare("title", op, value)) == expected


async def test_nothing_and_everything() -> None:
    assert await ask(And(())) == [1, 2, 3, 4]
    assert await ask(Or(())) == []
    assert await ask(Or((Compare("no", Op.EQ, 3), Compare("cost", Op.EQ, 500)))) == [1, 3, 4]


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ([Order("cost")], [3, 1, 4, 2]),
        ([Order("cost", descending=True)], [1, 4, 3, 2]),
        ([Order("cost", nulls_first=True)], [2, 3, 1, 4]),
        ([Order("cost", descending=True, nulls_first=True)], [2, 1, 4, 3]),
        ([Order("cost", descending=True), Order("no", descending=True)], [4, 1, 3, 2]),
        ([Order("title")], [3, 1, 2, 4]),  # binary: capitals first
    ],
)
async def test_nulls_come_last_unless_said(order: Sequence[Order], expected: list[int]) -> None:
    assert await ask(order=order) == expected


async def test_the_window_is_cut_after_the_order() -> None:
    assert await ask(order=[Order("no", descending=True)], limit=2, offset=1) == [3, 2]
    assert await ask(limit=0) == []
    assert await ask(offset=3) == [4]


CONDITIONS = st.recursive(
    st.builds(
        Compare, st.sampled_from(["no", "cost"]), st.sampled_from([Op.EQ, Op.NE, Op.LT, Op.GTE]), st.integers(0, 600)
    ),
    lambda inner: st.one_of(
        st.builds(Not, inner),
        st.builds(And, st.lists(inner, max_size=3).map(tuple)),
        st.builds(Or, st.lists(inner, max_size=3).map(tuple)),
    ),
    max_leaves=8,
)


@given(CONDITIONS, CONDITIONS)
def test_negation_is_plain(one: object, other: object) -> None:
    for row in WISHES:
        assert holds(Not(one), row) is not holds(one, row)
        assert holds(Not(And((one, other))), row) == holds(Or((Not(one), Not(other))), row)


async def test_rows_of_a_part_share_its_columns() -> None:
    connector = MemoryConnector({"d": {"a": [{"x": 1}, {"y": 2}]}})

    (batch,) = [batch async for batch in connector.rows("d", Part("a", "a"))]

    assert [column.name for column in batch.columns] == ["x", "y"]
    assert batch.rows == (Row("1", (1, None)), Row("2", (None, 2)))


async def test_a_failure_is_raised_by_every_call() -> None:
    connector = MemoryConnector({"d": {"a": [{"x": 1}]}})
    connector.failure = SourceUnavailable("d", reason="down")

    for call in (connector.describe(), connector.parts("d"), connector.select("d", Select(("x",)))):
        with pytest.raises(SourceUnavailable):
            await call
    with pytest.raises(SourceUnavailable):
        await anext(aiter(connector.rows("d", Part("a", "a"))))


async def test_an_unknown_dataset_is_told() -> None:
    with pytest.raises(DatasetMissing):
        await MemoryConnector({}).select("d", Select(("x",)))
