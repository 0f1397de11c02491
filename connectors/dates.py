"""Strict reading of dates and times as Indonesian offices write them; day before month, four-digit years, no relative
words.

    2026-01-07   7 Januari 2026   07/01/2026   Jum'at, 3 Okt 2025   2025-03-21T00:00:00Z   3 Agt 2025 pukul 09.30 WITA

A number is a date only as an Excel serial of the 1900 system. Dates that systems write for "none" are refused as
such.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from decimal import Decimal

from connectors.cells import Unreadable, is_empty, is_number, tidy
from connectors.connector import Cell

MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "januari january jan",
            "februari pebruari february feb peb",
            "maret march mar mrt",
            "april apr",
            "mei may",
            "juni june jun",
            "juli july jul",
            "agustus august agust agt agu ags aug",
            "september sept sep",
            "oktober october okt oct",
            "november nopember nov nop",
            "desember december des dec",
        ),
        start=1,
    )
    for name in names.split()
}
"""The number of each month by what offices call it, in small letters."""
_WEEKDAYS = {
    name: number
    for number, names in enumerate(
        (
            "senin monday",
            "selasa tuesday",
            "rabu wednesday",
            "kamis thursday",
            "jumat jum'at friday",
            "sabtu saturday",
            "minggu ahad sunday",
        )
    )
    for name in names.split()
}
_ZONES = {"WIB": 7, "WITA": 8, "WIT": 9}
_PLACEHOLDERS = frozenset(
    {
        date(1, 1, 1),  # .NET
        date(1899, 12, 30),  # Access, OLE automation
        date(1899, 12, 31),  # Excel's 1900-01-00
        date(1900, 1, 1),  # SQL Server, for ''
        date(1970, 1, 1),  # Unix
    }
)
_PLACEHOLDER_TEXTS = frozenset({(0, 0, 0), (1900, 1, 0)})
_FIRST_SERIAL, _LAST_SERIAL = 1, 80_000  # to 2119-01-11
_LIKE_YEARS = range(1900, 2200)  # these serials are days of 1905; a person who typed them meant a year

_TIME = (
    r"(?:T| ?,? (?:(?:pukul|pkl\.?|jam) )?)(?P<hour>[0-9]{1,2})[:.](?P<minute>[0-9]{2})"
    r"(?:[:.](?P<second>[0-9]{2})(?:[.,](?P<fraction>[0-9]{1,9}))?)?"
    r" ?(?P<zone>Z|[+-][0-9]{2}(?::?[0-9]{2})?|WIB|WITA|WIT)?"
)
_DATE = (
    r"(?:(?P<weekday>[a-z']+)(?:, ?| ))?"
    r"(?:(?P<year1>[0-9]{4})(?P<sep1>[-/.])(?P<month1>[0-9]{1,2})(?P=sep1)(?P<day1>[0-9]{1,2})"
    r"|(?P<day2>[0-9]{1,2})(?P<sep2>[-/.])(?P<month2>[0-9]{1,2})(?P=sep2)(?P<year2>[0-9]{4})"
    r"|(?P<day3>[0-9]{1,2})(?:[- ]|(?=[a-z]))(?P<name>[a-z]+)\.?(?:[-, ]| ?, )(?P<year3>[0-9]{4}))"
)
_MOMENT = re.compile(f"{_DATE}(?:{_TIME})?", re.IGNORECASE | re.ASCII)
_APOSTROPHES = str.maketrans("\u2018\u2019\u02bc\u00b4`", "'''''")


def read_date(cell: Cell, zone: tzinfo | None = None) -> date | None:
    """The day in a cell, None if it is empty. A moment with an offset is moved to `zone` first, where one is given.

    Raises Unreadable: NOT_A_DATE, PLACEHOLDER_DATE, CELL_ERROR."""
    moment = _moment(cell)
    if not isinstance(moment, datetime):
        return moment
    if moment.tzinfo is not None and zone is not None:
        moment = _moved(moment, zone)
    return _real(moment.date())


def read_datetime(cell: Cell, zone: tzinfo) -> datetime | None:
    """The moment in a cell, in UTC, None if it is empty. What has no offset of its own is in `zone`; a day is its
    midnight.

    Raises Unreadable: NOT_A_DATE, PLACEHOLDER_DATE, CELL_ERROR."""
    moment = _moment(cell)
    if moment is None:
        return None
    if not isinstance(moment, datetime):
        moment = datetime.combine(moment, time())
    return _moved(moment if moment.tzinfo else moment.replace(tzinfo=zone), UTC)


def _moment(cell: Cell) -> date | datetime | None:
    """What a cell says, without changing its zone; never a placeholder."""
    if is_empty(cell):
        return None
    if isinstance(cell, str):
        return _parse(tidy(cell).translate(_APOSTROPHES))
    if isinstance(cell, datetime):
        _real(cell.date())
        return cell
    if isinstance(cell, date):
        return _real(cell)
    if is_number(cell):
        return _serial(cell)
    raise Unreadable("NOT_A_DATE")


def _moved(moment: datetime, zone: tzinfo) -> datetime:
    try:
        return moment.astimezone(zone)
    except (OverflowError, ValueError) as error:
        raise Unreadable("NOT_A_DATE") from error


def _real(day: date) -> date:
    if day in _PLACEHOLDERS:
        raise Unreadable("PLACEHOLDER_DATE")
    return day


def _serial(number: float | Decimal) -> datetime:
    """An Excel serial. Excel believes in 1900-02-29 (serial 60); before it the count is one day off."""
    if number == 0:
        raise Unreadable("PLACEHOLDER_DATE")
    if not _FIRST_SERIAL <= number < _LAST_SERIAL + 1 or int(number) == 60 or number in _LIKE_YEARS:
        raise Unreadable("NOT_A_DATE")
    start = datetime(1899, 12, 31 if number < 60 else 30)
    moment = start + timedelta(milliseconds=round(number * 86_400_000))
    _real(moment.date())
    return moment


def _parse(text: str) -> date | datetime:
    found = _MOMENT.fullmatch(text)
    if found is None:
        raise Unreadable("NOT_A_DATE")
    year, month, day = _numbers(found)
    if (year, month, day) in _PLACEHOLDER_TEXTS:
        raise Unreadable("PLACEHOLDER_DATE")
    try:
        result = _real(date(year, month, day))
        clock = _clock(found)
    except ValueError as error:
        raise Unreadable("NOT_A_DATE") from error
    weekday = found["weekday"]
    if weekday and _WEEKDAYS.get(weekday.lower()) != result.weekday():
        raise Unreadable("NOT_A_DATE")  # the name and the number of the day contradict each other
    return result if clock is None else datetime.combine(result, clock)


def _numbers(found: re.Match[str]) -> tuple[int, int, int]:
    if found["name"]:
        return (
            int(found["year3"]),
            MONTHS.get(found["name"].lower(), 13),
            int(found["day3"]),
        )
    which = "1" if found["year1"] else "2"
    return (
        int(found["year" + which]),
        int(found["month" + which]),
        int(found["day" + which]),
    )


def _clock(found: re.Match[str]) -> time | None:
    if found["hour"] is None:
        return None
    micros = int((found["fraction"] or "0").ljust(6, "0")[:6])
    second = int(found["second"] or 0)
    return time(int(found["hour"]), int(found["minute"]), second, micros, _zone(found["zone"]))


def _zone(name: str | None) -> tzinfo | None:
    if name is None:
        return None
    if name.upper() == "Z":
        return UTC
    if name.upper() in _ZONES:
        return timezone(timedelta(hours=_ZONES[name.upper()]))
    digits = name[1:].replace(":", "")
    offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:] or 0))
    return timezone(-offset if name[0] == "-" else offset)
