"""Codes, yes and no, text, and what a mapping takes out of a text."""

from __future__ import annotations

import pickle
import re
import unicodedata
from datetime import date, datetime, time
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.connector import Cell, CellError
from connectors.values import (
    Unreadable,
    compile_values,
    is_damaged,
    is_empty,
    read_boolean,
    read_code,
    read_text,
    split_text,
    take_parts,
    take_pattern,
    tidy,
    write_cell,
)


def code(cell: Cell) -> str | None:
    try:
        return read_code(cell)
    except Unreadable as unreadable:
        return unreadable.code


def boolean(cell: Cell) -> bool | str | None:
    try:
        return read_boolean(cell)
    except Unreadable as unreadable:
        return unreadable.code


@pytest.mark.parametrize(
    ("cell", "found"),
    [
        (65341484.0, "65341484"),
        (65341484, "65341484"),
        (-0.0, "0"),
        (Decimal("65341484.00"), "65341484"),
        (10**20, "1" + "0" * 20),
        ("007", "007"),
        (" 1.10 ", "1.10"),
        ("1. 20.  03", "1. 20. 03"),
        ("5.1.02.05.02.0002", "5.1.02.05.02.0002"),
        ("1.250.000.000", "1.250.000.000"),
        ("168054.0", "168054.0"),
        ("1E5", "1E5"),
        ("04.2/SPK/\n2022", "04.2/SPK/ 2022"),
        ("a\0b", "ab"),
        ("cafe\u0301", "caf\u00e9"),
        (1.1, "LOSSY_CODE"),
        (1e15, "LOSSY_CODE"),
        (3.374011205900001e15, "LOSSY_CODE"),
        (float("nan"), "LOSSY_CODE"),
        (float("inf"), "LOSSY_CODE"),
        (Decimal("1.10"), "LOSSY_CODE"),
        (Decimal("sNaN"), "LOSSY_CODE"),
        ("3,37401E+15", "LOSSY_CODE"),
        ("1.9e+9", "LOSSY_CODE"),
        (True, "LOSSY_CODE"),
        (date(2026, 1, 2), "LOSSY_CODE"),
        (datetime(2026, 1, 2), "LOSSY_CODE"),
        (time(1, 10), "LOSSY_CODE"),
        (CellError("#N/A"), "CELL_ERROR"),
        (None, None),
        ("-", None),
        (" \u00a0", None),
    ],
)
def test_a_code_is_what_was_written_or_is_refused(cell: Cell, found: str | None) -> None:
    assert code(cell) == found


@given(st.integers(0, 10**15 - 1))
def test_a_whole_number_loses_its_point_zero_and_nothing_else(number: int) -> None:
    assert code(float(number)) == code(number) == code(str(number)) == str(number)


@pytest.mark.parametrize(
    "cell", [True, 1, 1.0, Decimal(1), "1", "ya", "YA", " Ya ", "y", "Yes", "true", "TRUE", "√", "✓", "benar"]
)
def test_yes(cell: Cell) -> None:
    assert boolean(cell) is True


@pytest.mark.parametrize("cell", [False, 0, 0.0, "0", "tidak", "TIDAK", "tdk", "n", "no", "False", "salah"])
def test_no(cell: Cell) -> None:
    assert boolean(cell) is False


@pytest.mark.parametrize(
    "cell",
    ["t", "f", "x", "X", "v", "2", 2, 0.5, "ada", "sudah", "mungkin", date(2026, 1, 1), Decimal("sNaN"), ("ya",)],
)
def test_neither_a_clear_yes_nor_a_clear_no(cell: Cell) -> None:
    assert boolean(cell) == "NOT_A_BOOLEAN"


@pytest.mark.parametrize("cell", [None, "", "-", " ", "\u2014"])
def test_nothing_is_neither(cell: Cell) -> None:
    assert boolean(cell) is None


@pytest.mark.parametrize(
    ("cell", "found"),
    [
        ("  Jalan desa \r\n rusak\t parah ", "Jalan desa \n rusak\t parah"),
        ("a\rb", "a\nb"),
        ("a\0b\x1b[31m\x7f", "ab[31m"),
        ("cafe\u0301", "caf\u00e9"),
        ("\ufeff\u200bteks\u00a0", "teks"),
        ("rusak \ud800", "rusak \ufffd"),
        ("-", None),
        (" \n ", None),
        (None, None),
        (3.0, "3"),
        (2.5, "2.5"),
        (1e22, "10000000000000000000000"),
        (Decimal("1.10"), "1.10"),
        (True, "true"),
        (date(2026, 1, 7), "2026-01-07"),
        (datetime(2026, 1, 7, 9, 30), "2026-01-07 09:30:00"),
        (time(9, 30), "09:30:00"),
        (("a", "b"), "a, b"),
    ],
)
def test_text_is_composed_trimmed_and_without_control_characters(cell: Cell, found: str | None) -> None:
    assert read_text(cell) == found


def test_text_that_could_not_be_decoded_is_kept_and_told() -> None:
    text = read_text("rus\ufffdk")

    assert text == "rus\ufffdk"
    assert is_damaged(text)
    assert not is_damaged("rusak")


@given(st.text(alphabet=st.characters()))
def test_any_text_becomes_storable(text: str) -> None:
    found = read_text(text)

    if found is not None:
        found.encode()
        assert unicodedata.is_normalized("NFC", found)
        assert not any(c < " " and c not in "\t\n" for c in found)
        assert read_text(found) == found
    assert (found is None) or not is_empty(found)


def test_tidy_joins_blanks_of_any_kind() -> None:
    assert tidy("  Perkiraan\u00a0 Biaya\n(Rp)\u2009\u200b ") == "Perkiraan Biaya (Rp)"


@given(
    st.none()
    | st.text()
    | st.integers()
    | st.floats()
    | st.decimals()
    | st.booleans()
    | st.dates()
    | st.datetimes()
    | st.times()
)
def test_every_cell_can_be_shown(cell: Cell) -> None:
    assert isinstance(write_cell(cell), str)


def test_a_list_in_one_cell_is_split() -> None:
    assert split_text("60832782; 45828523;;- ;", ";") == ("60832782", "45828523")


@pytest.mark.parametrize(
    ("first", "last", "found"),
    [
        (1, 6, "1.03.08.2.01.0021"),
        (7, 12, "5.2.03.01.01.0001"),
        (3, 3, "08"),
        (7, 13, "PART_NOT_FOUND"),
        (14, 15, "PART_NOT_FOUND"),
    ],
)
def test_parts_of_a_code_are_counted_from_one(first: int, last: int, found: str) -> None:
    try:
        taken = take_parts("1.03.08.2.01.0021.5.2.03.01.01.0001.", first, last)
    except Unreadable as unreadable:
        taken = unreadable.code

    assert taken == found


def test_a_part_that_is_blank_is_not_there() -> None:
    with pytest.raises(Unreadable) as caught:
        take_parts("1..3", 1, 3)

    assert (caught.value.code, caught.value.params) == ("PART_NOT_FOUND", {"first": 1, "last": 3})


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        (r"TA (\d{4})", "2026"),
        (r"\d{4}", "2026"),
        (r"(?:no|nomor) (\d+)", "PATTERN_NOT_FOUND"),
        (r"(x)?TA", "PATTERN_NOT_FOUND"),
    ],
)
def test_a_pattern_takes_its_first_group_or_its_whole_match(pattern: str, found: str) -> None:
    try:
        taken = take_pattern("Usulan TA 2026", re.compile(pattern))
    except Unreadable as unreadable:
        taken = unreadable.code

    assert taken == found


def test_values_compare_without_case_and_blanks_and_know_expressions() -> None:
    find = compile_values(
        {
            "DITERIMA": "ACCEPTED",
            "diterima dengan  perubahan": "CHANGED",
            "/prioritas [IVX]+/": "POSTPONED",
            "/.*tolak.*/": "REJECTED",
        }
    )

    assert [find(text) for text in (" Diterima ", "DITERIMA DENGAN\nPERUBAHAN", "Prioritas II", "Ditolak.", "cek lokasi", "prioritas II!")] == [
        "ACCEPTED", "CHANGED", "POSTPONED", "REJECTED", None, None,
    ]  # fmt: skip


def test_a_refusal_survives_the_way_between_processes_and_never_holds_the_cell() -> None:
    refusal = pickle.loads(pickle.dumps(Unreadable("PART_NOT_FOUND", first=1, last=3)))

    assert (refusal.code, refusal.params, str(refusal)) == ("PART_NOT_FOUND", {"first": 1, "last": 3}, "PART_NOT_FOUND")
