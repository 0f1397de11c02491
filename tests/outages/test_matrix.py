"""Every cell of the fault matrix has its tests, and they are there."""

from __future__ import annotations

import ast
from functools import cache

import pytest

from tests.outages.matrix import FAULTS, KINDS, MATRIX, ROOT, Never, all_tests, judge


@cache
def functions(path: str) -> frozenset[str]:
    """The functions of a module of tests."""
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("fault", FAULTS)
def test_a_cell_has_a_test_or_a_reason(kind: str, fault: str) -> None:
    cell = MATRIX[kind][fault]

    if isinstance(cell, Never):
        assert len(cell.why) > 20
        return
    assert cell
    for test in cell:
        path, _, name = test.partition("::")
        assert name.partition("[")[0] in functions(path), f"{test} is not there"


def test_the_matrix_has_no_other_cells() -> None:
    assert set(MATRIX) == set(KINDS)
    assert all(set(column) == set(FAULTS) for column in MATRIX.values())
    assert len(all_tests(MATRIX)) > 100


@pytest.mark.parametrize(
    ("found", "result"),
    [
        ({"a": "passed", "b": "passed"}, "passed"),
        ({"a": "passed", "b": "failed"}, "failed"),
        ({"a": "passed"}, "failed"),  # b was renamed: nothing shows it any more
        ({"a": "skipped", "b": "passed"}, "passed"),
        ({"a": "skipped", "b": "skipped"}, "skipped"),
    ],
)
def test_a_cell_is_as_good_as_its_worst_test(found: dict[str, str], result: str) -> None:
    assert judge(("a", "b"), found) == result
