"""Numbers, amounts and times as people here write them."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from zoneinfo import ZoneInfo

from config.hub import Language


class Locale(StrEnum):
    """How CSV writes: `,` between cells and a decimal point, or `;` and a decimal comma."""

    EN = "en"
    ID = "id"


_MONTHS: dict[Language, tuple[str, ...]] = {
    "id": ("Jan", "Feb", "Mar", "Apr", "Mei", "Jun", "Jul", "Agu", "Sep", "Okt", "Nov", "Des"),
    "en": ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
}


def format_rupiah(amount: Decimal) -> str:
    """`Rp 1.250.000.000`, with sen only if there are any: `Rp 1.250,50`. The same in both languages."""
    sign, whole, fraction = _split(amount)
    sen = fraction.rstrip("0")
    return f"{sign}Rp {_group(whole, '.')}" + (f",{sen.ljust(2, '0')}" if sen else "")


def format_number(number: Decimal | int, language: Language) -> str:
    """`2.413` and `12,5` in Indonesian, `2,413` and `12.5` in English."""
    sign, whole, fraction = _split(Decimal(number))
    comma, point = (".", ",") if language == "id" else (",", ".")
    decimals = fraction.rstrip("0")
    return f"{sign}{_group(whole, comma)}" + (f"{point}{decimals}" if decimals else "")


def format_date(day: date, language: Language) -> str:
    """`24 Nov 2026`."""
    return f"{day.day} {_MONTHS[language][day.month - 1]} {day.year}"


def format_moment(moment: datetime, zone: ZoneInfo, language: Language) -> str:
    """`24 Nov 2026 08.00 WITA`; in English with a colon."""
    local = moment.astimezone(zone)
    separator = "." if language == "id" else ":"
    name = local.tzname() or ""
    return f"{format_date(local.date(), language)} {local:%H}{separator}{local:%M} {name}".rstrip()


_SPANS: tuple[tuple[int, dict[Language, tuple[str, str]]], ...] = (
    (86_400, {"en": ("day", "days"), "id": ("hari", "hari")}),
    (3_600, {"en": ("hour", "hours"), "id": ("jam", "jam")}),
    (60, {"en": ("minute", "minutes"), "id": ("menit", "menit")}),
    (1, {"en": ("second", "seconds"), "id": ("detik", "detik")}),
)


def format_span(span: timedelta, language: Language) -> str:
    """`3 hours`, `1 menit`: in the largest unit of which there are two, or one to the second; rounded down."""
    seconds = max(0, int(span.total_seconds()))
    size, words = next((unit for unit in _SPANS if seconds >= 2 * unit[0] or seconds == unit[0]), _SPANS[-1])
    count = seconds // size
    one, many = words[language]
    return f"{format_number(count, language)} {one if count == 1 else many}"


def _split(amount: Decimal) -> tuple[str, str, str]:
    text = f"{amount:f}"
    sign = "-" if text.startswith("-") else ""
    whole, _, fraction = text.lstrip("-").partition(".")
    return sign, whole, fraction


def _group(whole: str, separator: str) -> str:
    return f"{int(whole):,}".replace(",", separator)
