"""Scalars of the graph: exact decimals as text, dates and times in ISO form."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal as PyDecimal
from typing import NewType

import strawberry
from strawberry.scalars import ID
from strawberry.types.scalar import ScalarDefinition

MAX_DIGITS = 60
_PLAIN = re.compile(r"[+-]?\d+(\.\d+)?([eE][+-]?\d{1,4})?")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")

Decimal = NewType("Decimal", PyDecimal)
Date = NewType("Date", date)
DateTime = NewType("DateTime", datetime)


def read_decimal(value: object) -> PyDecimal:
    """A decimal from text in plain notation or a whole number; a float is refused, since it may have lost digits."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise ValueError('write a Decimal as text, such as "1250000.50", or as a whole number')
    text = str(value).strip() if not isinstance(value, int) or abs(value) < 10**MAX_DIGITS else ""
    if len(text) > MAX_DIGITS or not _PLAIN.fullmatch(text):
        raise ValueError('not a Decimal; write it as text in plain notation, such as "1250000.50"')
    return PyDecimal(text)


def read_day(value: object) -> date:
    """A date from `YYYY-MM-DD`."""
    if not isinstance(value, str) or not _DAY.fullmatch(value):
        raise ValueError("not a Date; write it as YYYY-MM-DD")
    return date.fromisoformat(value)


def read_moment(value: object) -> datetime:
    """A point in time from ISO text with an offset."""
    if not isinstance(value, str) or len(value) > 40:
        raise ValueError("not a DateTime; write it as 2026-11-24T08:00:00+08:00")
    moment = datetime.fromisoformat(value)
    if moment.tzinfo is None:
        raise ValueError("a DateTime needs its offset, such as +08:00 or Z")
    return moment.astimezone(UTC)


SCALARS: Mapping[object, ScalarDefinition] = {
    Decimal: strawberry.scalar(
        name="Decimal",
        description=(
            'An exact number as text in plain notation, such as "124438680083.03"; also taken as a whole number, never as'
            " a float / Bilangan tepat sebagai teks; juga diterima sebagai bilangan bulat, tidak sebagai float"
        ),
        parse_value=read_decimal,
    ),
    Date: strawberry.scalar(
        name="Date",
        description="A day as YYYY-MM-DD / Tanggal sebagai YYYY-MM-DD",
        specified_by_url="https://scalars.graphql.org/andimarek/local-date",
        parse_value=read_day,
    ),
    DateTime: strawberry.scalar(
        name="DateTime",
        description="A point in time with its offset, in ISO form / Waktu dengan selisih zona, bentuk ISO",
        parse_value=read_moment,
    ),
}
NAMES = {
    "ID": ID,
    "Decimal": Decimal,
    "Date": Date,
    "DateTime": DateTime,
    "String": str,
    "Int": int,
    "Float": float,
    "Boolean": bool,
}
