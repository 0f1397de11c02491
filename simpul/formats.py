"""Numbers, amounts and times as people here write them."""

from __future__ import annotations

from datetime import date, datetime
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


def _split(amount: Decimal) -> tuple[str, str, str]:
    text = f"{amount:f}"
    sign = "-" if text.startswith("-") else ""
    whole, _, fraction = text.lstrip("-").partition(".")
    return sign, whole, fraction


def _group(whole: str, separator: str) -> str:
    return f"{int(whole):,}".replace(",", separator)
