"""Dates: every form that offices write is read back, and what is no complete date is refused."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from connectors.connector import Cell, CellError
from connectors.values import Unreadable, read_date, read_datetime

WITA = ZoneInfo("Asia/Makassar")


def day(cell: Cell) -> str:
    try:
        return str(read_date(cell))
    except Unreadable as unreadable:
        return unreadable.code


def moment(cell: Cell, zone: ZoneInfo = WITA) -> str:
    try:
        found = read_datetime(cell, zone)
        return "None" if found is None else found.isoformat()
    except Unreadable as unreadable:
        return unreadable.code


DAYS: dict[Cell, str] = {
    "7 Januari 2026": "2026-01-07",
    "07 JANUARI 2026": "2026-01-07",
    "7-Jan-2026": "2026-01-07",
    "7 Jan. 2026": "2026-01-07",
    "7 Pebruari 2026": "2026-02-07",
    "7 Peb 2026": "2026-02-07",
    "3 Agt 2025": "2025-08-03",
    "3 Agu 2025": "2025-08-03",
    "3 Ags 2025": "2025-08-03",
    "3 Agust 2025": "2025-08-03",
    "30 Nopember 2025": "2025-11-30",
    "30 Nop 2025": "2025-11-30",
    "31 Desember 2025": "2025-12-31",
    "3 October 2025": "2025-10-03",
    "Jum'at 3 Okt 2025": "2025-10-03",
    "Jum\u2019at, 3 Okt 2025": "2025-10-03",
    "Jumat, 03 Oktober 2025": "2025-10-03",
    "Rabu, 07/01/2026": "2026-01-07",
    "03/04/2026": "2026-04-03",
    "3-4-2026": "2026-04-03",
    "03.04.2026": "2026-04-03",
    "2026-01-07": "2026-01-07",
    "2026/1/7": "2026-01-07",
    "01/01/2017 00:00": "2017-01-01",
    "2022-07-15 00:00:00": "2022-07-15",
    "2025-03-21T00:00:00.000000Z": "2025-03-21",
    " 7\u00a0Januari\u20092026 ": "2026-01-07",
    45000: "2023-03-15",
    61: "1900-03-01",
    59: "1900-02-28",
    80000: "2119-01-11",
    datetime(2026, 1, 7, 9, 30): "2026-01-07",
    date(2026, 1, 7): "2026-01-07",
    None: "None",
    "": "None",
    "-": "None",
    "\u00a0": "None",
}

NO_DATES: list[Cell] = [
    "Nopember 2025", "Agust 2025", "January 2025", "TA 2026", "Triwulan II 2026", "s.d. Juni", "kemarin", "3 hari yang lalu", "besok",
    "13/25/2026", "31/04/2026", "29 Februari 2025", "32 Januari 2026", "0 Januari 2026", "07/01/26", "7 Jan 26", "1/2", "2026", "45000",
    "2026-13-01", "20260107", "Senin, 3 Okt 2025", "Someday, 3 Okt 2025", "7 Foo 2026", "7 Januari 2026 s.d. 9 Januari 2026",
    "03-04/2026", "\u0663/\u0664/2026", "\uff13/\uff14/2026", "2026-01-07 25:00", "1/2/2017 12:00:00 AM", "Sumbawa, 7 Januari 2026",
    60, 2026, 2025.0, 80001, -1, 99999999, 0.5, 20260107, 1768000000, float("nan"), float("inf"), True, time(8), ("7 Januari 2026",),
]  # fmt: skip

PLACEHOLDERS: list[Cell] = [
    "1970-01-01", "01/01/1970", "1 Januari 1970", "1970-01-01 00:00:00", "0000-00-00", "0000-00-00 00:00:00", "00/00/0000", "1900-01-00",
    "1900-01-01", "0001-01-01", 0, 0.0, 1, date(1970, 1, 1), datetime(1970, 1, 1, 8), date(1899, 12, 30), datetime(1899, 12, 31),
]  # fmt: skip


@pytest.mark.parametrize(("cell", "found"), DAYS.items())
def test_dates_as_offices_write_them(cell: Cell, found: str) -> None:
    assert day(cell) == found


@pytest.mark.parametrize("cell", NO_DATES, ids=repr)
def test_what_is_no_complete_date_is_refused(cell: Cell) -> None:
    assert (day(cell), moment(cell)) == ("NOT_A_DATE", "NOT_A_DATE")


@pytest.mark.parametrize("cell", PLACEHOLDERS, ids=repr)
def test_a_date_that_stands_for_none_is_refused_as_such(cell: Cell) -> None:
    assert (day(cell), moment(cell)) == ("PLACEHOLDER_DATE", "PLACEHOLDER_DATE")


@pytest.mark.parametrize("cell", [45000, 45000.0, 45000.75, Decimal(45000)])
def test_a_serial_is_a_date_as_any_kind_of_number(cell: Cell) -> None:
    assert day(cell) == "2023-03-15"


def test_an_error_cell_is_no_date() -> None:
    assert (day(CellError("#N/A")), moment(CellError("#N/A"))) == ("CELL_ERROR", "CELL_ERROR")


@pytest.mark.parametrize(
    ("cell", "found"),
    [
        ("3 Agt 2025 pukul 09.30 WITA", "2025-08-03T01:30:00+00:00"),
        ("3 Agt 2025, 09:30 WIB", "2025-08-03T02:30:00+00:00"),
        ("3 Agt 2025 jam 09.30 wit", "2025-08-03T00:30:00+00:00"),
        ("Minggu, 3 Agustus 2025 09:30:15", "2025-08-03T01:30:15+00:00"),
        ("2025-08-03T09:30", "2025-08-03T01:30:00+00:00"),
        ("2025-08-03T09:30:15.25Z", "2025-08-03T09:30:15.250000+00:00"),
        ("2025-08-03 09:30+0700", "2025-08-03T02:30:00+00:00"),
        ("2025-08-03T09:30:00-03:30", "2025-08-03T13:00:00+00:00"),
        ("03/08/2025", "2025-08-02T16:00:00+00:00"),
        (date(2025, 8, 3), "2025-08-02T16:00:00+00:00"),
        (datetime(2025, 8, 3, 9, 30), "2025-08-03T01:30:00+00:00"),
        (datetime(2025, 8, 3, 9, 30, tzinfo=UTC), "2025-08-03T09:30:00+00:00"),
        (45872.395833333336, "2025-08-03T01:30:00+00:00"),
        (None, "None"),
        ("9999-12-31T23:30:00-05:00", "NOT_A_DATE"),
    ],
)
def test_moments_are_utc_and_naive_ones_are_in_the_zone_of_their_source(cell: Cell, found: str) -> None:
    assert moment(cell) == found


def test_a_moment_with_an_offset_is_moved_to_the_zone_before_its_day_is_taken() -> None:
    assert read_date("2025-03-20T17:00:00Z", WITA) == date(2025, 3, 21)
    assert read_date("2025-03-20T17:00:00", WITA) == date(2025, 3, 20)


# -- independent oracle -----------------------------------------------------------------------------------------------

MONTHS = {
    1: ["Januari", "Jan", "JANUARI"], 2: ["Februari", "Pebruari", "Feb", "Peb"], 3: ["Maret", "Mar"], 4: ["April", "Apr"], 5: ["Mei"],
    6: ["Juni", "Jun"], 7: ["Juli", "Jul"], 8: ["Agustus", "Agust", "Agt", "Agu", "Ags"], 9: ["September", "Sep", "Sept"],
    10: ["Oktober", "Okt"], 11: ["November", "Nopember", "Nov", "Nop"], 12: ["Desember", "Des"],
}  # fmt: skip
WEEKDAYS = ["Senin", "Selasa", "Rabu", "Kamis", "Jum'at", "Sabtu", "Minggu"]
REAL_DAYS = st.dates(date(1900, 1, 2), date(2199, 12, 31)).filter(lambda d: d != date(1970, 1, 1))


@given(REAL_DAYS, st.data())
def test_a_date_is_read_back_in_every_form(real: date, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(MONTHS[real.month]))
    forms = [
        real.isoformat(), f"{real:%Y/%m/%d}", f"{real:%d/%m/%Y}", f"{real.day}/{real.month}/{real.year}", f"{real:%d-%m-%Y}",
        f"{real:%d.%m.%Y}", f"{real.day} {name} {real.year}", f"{real:%d} {name.lower()} {real.year}", f"{real:%d}-{name}-{real.year}",
        f"{WEEKDAYS[real.weekday()]}, {real.day} {name} {real.year}", f"{WEEKDAYS[real.weekday()].upper()} {real:%d/%m/%Y}",
        f"{real.isoformat()} 00:00:00", f"{real.isoformat()}T23:59:59",
    ]  # fmt: skip

    assert {form: read_date(form) for form in forms} == dict.fromkeys(forms, real)


@given(REAL_DAYS, st.integers(0, 6))
def test_a_wrong_day_name_is_a_contradiction(real: date, weekday: int) -> None:
    assume(weekday != real.weekday())

    assert day(f"{WEEKDAYS[weekday]}, {real:%d/%m/%Y}") == "NOT_A_DATE"


@given(st.dates(date(1900, 3, 1), date(2119, 1, 11)))
def test_an_excel_serial_counts_days(real: date) -> None:
    serial = (real - date(1899, 12, 30)).days
    assume(real != date(1970, 1, 1) and not 1900 <= serial < 2200)

    assert read_date(serial) == read_date(float(serial)) == real


@given(st.datetimes(datetime(1971, 1, 1), datetime(2100, 1, 1)), st.integers(-12, 14))
def test_a_moment_is_read_back_whatever_its_offset(naive: datetime, hours: int) -> None:
    aware = naive.replace(tzinfo=timezone(timedelta(hours=hours)))

    assert read_datetime(aware.isoformat(), WITA) == aware
    assert read_datetime(naive.isoformat(" "), WITA) == naive.replace(tzinfo=WITA)
    assert read_datetime(naive, WITA) == naive.replace(tzinfo=WITA)


@given(st.text() | st.floats() | st.integers() | st.decimals())
def test_any_cell_gives_a_day_or_a_code(cell: Cell) -> None:
    try:
        found = read_date(cell)
    except Unreadable as unreadable:
        assert unreadable.code in ("NOT_A_DATE", "PLACEHOLDER_DATE")
    else:
        assert found is None or type(found) is date
