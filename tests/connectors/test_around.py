"""What the names of files, sheets and folders and the lines above a table say."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.around import compile_after, compile_pattern, find_month, find_year
from connectors.cells import Unreadable


@pytest.mark.parametrize(
    ("text", "year"),
    [
        ("RKA_DinasPU_2025", "2025"),
        ("usulan2026", "2026"),
        ("2025 (salinan 2025)", "2025"),
        ("Tahun Anggaran 1999", "1999"),
    ],
)
def test_a_year_is_found_where_it_is_the_only_one(text: str, year: str) -> None:
    assert find_year(text) == year


@pytest.mark.parametrize("text", ["RKA", "RKA_2025_dicetak_2026", "nomor 120256", "3025", ""])
def test_no_year_or_two_are_unclear(text: str) -> None:
    with pytest.raises(Unreadable, match="YEAR_UNCLEAR"):
        find_year(text)


@pytest.mark.parametrize(
    ("text", "month"),
    [
        ("LRA Januari 2026", "1"),
        ("lra_pebruari", "2"),
        ("RealisasiMaret2026", "3"),
        ("s.d. Juni", "6"),
        ("AGT-2025", "8"),
        ("Nopember", "11"),
        ("realisasi december", "12"),
        ("Mei (mei)", "5"),
    ],
)
def test_a_month_is_found_by_any_of_its_names(text: str, month: str) -> None:
    assert find_month(text) == month


@pytest.mark.parametrize("text", ["Januari-Juni", "Desa Meiriau", "2026-01", "Maretan", ""])
def test_no_month_or_two_are_unclear(text: str) -> None:
    with pytest.raises(Unreadable, match="MONTH_UNCLEAR"):
        find_month(text)


@pytest.mark.parametrize(
    "title",
    [
        "SKPD: Dinas Kesehatan",
        "PEMERINTAH KABUPATEN SUMBAWA; skpd   Dinas Kesehatan; Tahun 2026",
        "Kode SKPD: 1.02; SKPD: Dinas Kesehatan",
        "LAPORAN REALISASI SKPD : Dinas Kesehatan; Bulan Mei",
        "SKPD:; Laporan SKPD Dinas Kesehatan",
    ],
)
def test_what_follows_a_word_in_its_line_is_taken(title: str) -> None:
    assert compile_after("SKPD")(title) == "Dinas Kesehatan"
    assert compile_after("SKPD :")(title) == "Dinas Kesehatan"


@pytest.mark.parametrize("title", ["SKPDX: Dinas", "SKPD:", "Unit: Dinas", "", "SKPD; Dinas"])
def test_a_word_that_nothing_follows_in_its_line_is_told(title: str) -> None:
    with pytest.raises(Unreadable, match="AFTER_NOT_FOUND"):
        compile_after("SKPD")(title)


@given(st.text(max_size=60), st.from_regex(r"[A-Za-z]{1,6}( [A-Za-z]{1,6})?", fullmatch=True))
def test_any_title_is_read_or_told(title: str, words: str) -> None:
    for take in (compile_after(words), find_year, find_month, compile_pattern("x(.*)y")):
        try:
            found = take(title)
        except Unreadable:
            continue
        assert found
        assert found in title or re.fullmatch("[0-9]+", found)
