"""Figures as people here write them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.hub import Language
from simpul.formats import format_date, format_moment, format_number, format_rupiah


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        ("1250000000", "Rp 1.250.000.000"),
        ("1250000000.00", "Rp 1.250.000.000"),
        ("0", "Rp 0"),
        ("999.5", "Rp 999,50"),
        ("124438680083.03", "Rp 124.438.680.083,03"),
        ("-12500.25", "-Rp 12.500,25"),
        ("1E+9", "Rp 1.000.000.000"),
    ],
)
def test_rupiah(amount: str, text: str) -> None:
    assert format_rupiah(Decimal(amount)) == text


@given(st.decimals(allow_nan=False, allow_infinity=False, places=2, min_value=-(10**15), max_value=10**15))
def test_rupiah_loses_no_sen(amount: Decimal) -> None:
    text = format_rupiah(amount)

    assert Decimal(text.replace("Rp ", "").replace(".", "").replace(",", ".")) == amount


@pytest.mark.parametrize(("language", "text"), [("id", "2.413,5"), ("en", "2,413.5")])
def test_numbers(language: Language, text: str) -> None:
    assert format_number(Decimal("2413.50"), language) == text


def test_dates_and_moments_in_both_languages() -> None:
    moment = datetime(2026, 8, 24, 0, 5, tzinfo=UTC)
    makassar = ZoneInfo("Asia/Makassar")

    assert format_moment(moment, makassar, "id") == "24 Agu 2026 08.05 WITA"
    assert format_moment(moment, makassar, "en") == "24 Aug 2026 08:05 WITA"
    assert format_moment(moment, ZoneInfo("Asia/Jayapura"), "id") == "24 Agu 2026 09.05 WIT"
    assert format_date(date(2026, 5, 1), "id") == "1 Mei 2026"
