"""Strict reading of Indonesian and plain numbers; a text with two meanings is refused unless its column decides.

    1.250.000   1.250.000,75   12,5   1,250.75   Rp. 150.000.000,-   (1.000)   -5   5-   750 jt   1,5 miliar

`2.200` is 2200 to one clerk and 2.2 to another. Cells of the same column that can be read in one way only say which
(DecimalSign), or the mapping pins it. `1,5 M` stays ambiguous always: milyar or meter.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Context, Decimal, Inexact
from typing import Literal

from connectors.cells import Unreadable, is_empty, is_nothing, is_number, tidy
from connectors.connector import Cell

Sign = Literal[",", "."]
"""The decimal sign of a column."""

_LONGEST = 400  # characters of a number: the longest float in plain notation has 309 digits before the point
_FEW = 16  # digits that need no closer look
_EXACT = Context(prec=2 * _LONGEST)  # the default context would round to 28 digits

_NUMBER = re.compile(
    r"(?P<minus1>-)? ?(?P<currency1>rp\.?|idr)? ?(?P<minus2>-)? ?"
    r"(?P<open>\()? ?(?P<currency2>rp\.?|idr)? ?(?P<minus3>-)?"
    r"(?P<digits>[0-9][0-9.,]*?)(?P<sen>,-{1,2}|,=)?(?: ?(?P<unit>[a-z]+?))??(?: ?(?P<currency3>rupiah|idr))?"
    r" ?(?P<close>\))?(?P<minus4>-)?",
    re.IGNORECASE | re.ASCII,
)
_EMPTY_AMOUNT = re.compile(r"(?:rp\.?|idr) ?(?P<rest>[^0-9a-z]+)", re.IGNORECASE | re.ASCII)
_COMMA = re.compile(r"(?:[1-9][0-9]{0,2}(?:\.[0-9]{3})+|[0-9]+)(?:,[0-9]+)?", re.ASCII)
_POINT = re.compile(r"(?:[1-9][0-9]{0,2}(?:,[0-9]{3})+|[0-9]+)(?:\.[0-9]+)?", re.ASCII)
_UNITS = {
    "rb": 3,
    "ribu": 3,
    "jt": 6,
    "juta": 6,
    "miliar": 9,
    "milyar": 9,
    "triliun": 12,
    "trilyun": 12,
}
_TWO_MEANINGS = ("m", "t")  # milyar or meter, triliun or ton
_INT_LIMIT = 2**31 - 1  # GraphQL Int has 32 bits


@dataclass(frozen=True, slots=True)
class _Readings:
    """The values that a text can have: with a decimal comma, with a decimal point. None where it can't be read so."""

    comma: Decimal | None
    point: Decimal | None

    @property
    def only(self) -> Sign | None:
        """The one decimal sign with which the text can be read, or None if there are two or none."""
        if (self.comma is None) == (self.point is None):
            return None
        return "," if self.point is None else "."


class DecimalSign:
    """Finds the decimal sign of one column of one part from the cells that can be read in one way only."""

    __slots__ = ("_seen",)

    def __init__(self) -> None:
        self._seen: set[Sign] = set()

    def observe(self, cell: Cell) -> bool:
        """Looks at one cell of the column; anything but text says nothing. Whether the cell itself has two meanings, of which
        the column chooses one."""
        if not isinstance(cell, str) or is_whole(cell):
            return False
        try:
            readings = _readings(tidy(cell))
        except Unreadable:
            return False
        if readings.only is not None:
            self._seen.add(readings.only)
        return readings.only is None and readings.comma != readings.point

    def decide(self) -> Sign | None:
        """The decimal sign, or None if the cells say nothing or contradict each other."""
        return next(iter(self._seen)) if len(self._seen) == 1 else None


def is_whole(text: str) -> bool:
    """Whether a text is nothing but a few digits: the same number with any decimal sign."""
    return len(text) < _FEW and text.isascii() and text.isdigit()


def read_decimal(cell: Cell, sign: Sign | None = None) -> Decimal | None:
    """The exact number in a cell, None if it is empty. `sign` is the decimal sign of its column, where that is known.

    Raises Unreadable: AMBIGUOUS_NUMBER, NOT_A_NUMBER (also for text that contradicts `sign`), OUT_OF_RANGE,
    CELL_ERROR."""
    if is_empty(cell):
        return None
    if isinstance(cell, str):
        return _read_text(tidy(cell), sign)
    return _read_typed(cell)


def read_int(cell: Cell, sign: Sign | None = None) -> int | None:
    """The whole number in a cell, None if it is empty.

    Raises Unreadable as read_decimal does, and NOT_AN_INTEGER, OUT_OF_RANGE beyond 32 bits."""
    number = read_decimal(cell, sign)
    if number is None:
        return None
    if number != number.to_integral_value(context=_EXACT):
        raise Unreadable("NOT_AN_INTEGER")
    if abs(number) > _INT_LIMIT:
        raise Unreadable("OUT_OF_RANGE", limit=_INT_LIMIT)
    return int(number)


def round_to(number: Decimal, scale: int) -> tuple[Decimal, bool]:
    """The number with `scale` places, rounded half to even, and whether digits other than zero were lost."""
    context = Context(prec=2 * _LONGEST + scale, rounding=ROUND_HALF_EVEN)
    rounded = number.quantize(Decimal((0, (1,), -scale)), context=context)
    return rounded, bool(context.flags[Inexact])


def multiply(number: Decimal, unit: Decimal) -> Decimal:
    """The exact product, for columns headed "dalam ribuan"."""
    return _EXACT.multiply(number, unit)


def _read_typed(cell: Cell) -> Decimal:
    if not is_number(cell):
        raise Unreadable("NOT_A_NUMBER")
    number = Decimal(repr(cell)) if isinstance(cell, float) else Decimal(cell)
    if abs(number.adjusted()) > _LONGEST:
        raise Unreadable("OUT_OF_RANGE", limit=f"1e{_LONGEST}")
    return _plain(number)


def _read_text(text: str, sign: Sign | None) -> Decimal | None:
    empty = _EMPTY_AMOUNT.fullmatch(text)
    if empty and is_nothing(empty["rest"]):
        return None  # an empty amount in Excel's accounting format: "Rp -"
    readings = _readings(text)
    if sign is not None:
        chosen = readings.comma if sign == "," else readings.point
        if chosen is None:
            raise Unreadable("NOT_A_NUMBER")
        return chosen
    if readings.comma is not None and readings.point is not None and readings.comma != readings.point:
        raise Unreadable("AMBIGUOUS_NUMBER")
    return readings.point if readings.comma is None else readings.comma


def _readings(text: str) -> _Readings:
    """Both readings of a tidied text. Raises Unreadable if it has none, or if its unit has two meanings."""
    found = _NUMBER.fullmatch(text.replace("\u2212", "-")) if len(text) <= _LONGEST else None
    if found is None:
        raise Unreadable("NOT_A_NUMBER")
    minus = [
        found["minus1"],
        found["minus2"],
        found["minus3"],
        found["open"],
        found["minus4"],
    ]
    money = [found["currency1"], found["currency2"], found["currency3"]]
    unit = (found["unit"] or "").lower()
    well_formed = (
        len(minus) - minus.count(None) <= 1
        and len(money) - money.count(None) <= 1
        and (found["open"] is None) == (found["close"] is None)
        and not (found["sen"] and unit)
        and unit in ("", *_UNITS, *_TWO_MEANINGS)
    )
    comma = _number(_COMMA, found["digits"], ".", ",")
    point = None if found["sen"] else _number(_POINT, found["digits"], ",", ".")
    if not well_formed or (comma is None and point is None):
        raise Unreadable("NOT_A_NUMBER")
    if unit in _TWO_MEANINGS:
        raise Unreadable("AMBIGUOUS_NUMBER")
    negative = minus.count(None) < len(minus)
    return _Readings(*(_finish(value, negative, _UNITS.get(unit, 0)) for value in (comma, point)))


def _number(shape: re.Pattern[str], digits: str, thousands: str, sign: str) -> Decimal | None:
    return Decimal(digits.replace(thousands, "").replace(sign, ".")) if shape.fullmatch(digits) else None


def _finish(value: Decimal | None, negative: bool, power: int) -> Decimal | None:
    if value is None:
        return None
    number = _plain(value.scaleb(power, _EXACT))
    return number.copy_negate() if negative and number else number


def _plain(number: Decimal) -> Decimal:
    """Without an exponent above zero and without minus zero, so that it prints as people write it."""
    if not number:
        return number.copy_abs()
    exponent = number.as_tuple().exponent
    return number.quantize(Decimal(1), context=_EXACT) if isinstance(exponent, int) and exponent > 0 else number
