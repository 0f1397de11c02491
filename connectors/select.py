"""Select: one question to one set of records, as frozen data over column names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Op(StrEnum):
    """A comparison. With a null on the left each is false, `NE` too; only `IS_NULL` looks at nulls."""

    EQ = "eq"
    NE = "ne"
    IN = "in"
    LT = "lt"
    LTE = "lte"
    GT = "gt"
    GTE = "gte"
    CONTAINS = "contains"
    STARTS_WITH = "startsWith"
    IS_NULL = "isNull"


@dataclass(frozen=True, slots=True)
class Compare:
    """`name op value`. The value is plain, or a slot that is filled when the question is asked."""

    name: str
    op: Op
    value: object


@dataclass(frozen=True, slots=True)
class And:
    """True if all are; of nothing, true."""

    conditions: tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """True if one is; of nothing, false."""

    conditions: tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """Plain negation."""

    condition: object


@dataclass(frozen=True, slots=True)
class Order:
    """One sort key. Nulls come last unless `nulls_first`, in both directions; text is compared as binary."""

    name: str
    descending: bool = False
    nulls_first: bool = False


@dataclass(frozen=True, slots=True)
class Select:
    """Columns, filter, order and window of one question."""

    columns: tuple[str, ...]
    where: object = And(())
    order: tuple[Order, ...] = ()
    limit: int | None = None
    offset: int = 0


def names_of(condition: object) -> Sequence[str]:
    """The column names that a condition looks at."""
    match condition:
        case Compare(name=name):
            return [name]
        case And(conditions=parts) | Or(conditions=parts):
            return [name for part in parts for name in names_of(part)]
        case Not(condition=part):
            return names_of(part)
        case _:
            raise TypeError(f"not a condition: {condition!r}")
