"""What a letter is about is guessed with a confidence that holds on real complaints; what is not named is not guessed."""

from __future__ import annotations

import ast
import csv
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.mailguess import Guess, guess

REAL = Path(__file__).parents[3] / "shared" / "realdata" / "aiaja__text-mining-laporgub" / "laporgub_2024_part1.csv"


@pytest.mark.parametrize(
    ("text", "category", "village", "district", "agency"),
    [
        (
            "Jalan berlubang di Desa Labuhan Alas Kecamatan Alas Barat, mohon Dinas Pekerjaan Umum dan Penataan Ruang segera",
            "infrastruktur",
            "Labuhan Alas",
            "Alas Barat",
            "Dinas Pekerjaan Umum dan Penataan Ruang",
        ),
        ("Desa: Marente\nKec. Alas\nLampu jalan mati", "infrastruktur", "Marente", "Alas", None),
        ("KEL. BRANG BIJI KEC. SUMBAWA: sampah menumpuk", "lingkungan", "BRANG BIJI", "SUMBAWA", None),
        ("Petugas di desa kami ramah", None, None, None, None),  # there is gas in petugas
        ("Kepada Yth. Kepala Dinas Kesehatan di Tempat: obat habis", "kesehatan", None, None, "Dinas Kesehatan"),
        ("Kepala desa memotong dana desa", "permades dan kependudukan", None, None, None),
        ("Mohon informasi", None, None, None, None),
        ("", None, None, None, None),
    ],
)
def test_what_a_letter_is_about(
    text: str, category: str | None, village: str | None, district: str | None, agency: str | None
) -> None:
    found = guess("", text)

    assert (found.category.text, found.village.text, found.district.text, found.agency.text) == (
        category,
        village,
        district,
        agency,
    )


def test_what_a_form_says_is_surer_than_a_sentence_and_two_names_are_not_sure() -> None:
    said = ("Desa: Alas", "di Desa Alas", "di desa Alas dan Desa Utan", "tidak di mana pun")

    assert [guess("", text).village.confidence for text in said] == [
        Decimal("0.95"),
        Decimal("0.80"),
        Decimal("0.40"),
        Decimal(0),
    ]


def test_the_confidence_holds_on_real_complaints() -> None:
    """2,000 complaints of Central Java, whose service has put them into categories; of the words only the stems are left."""
    if not REAL.is_file():
        pytest.skip("platform: the real complaints are not here; put shared/ beside the project to have them")
    with REAL.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file, delimiter=";"))
    guesses = [
        (guess("", " ".join(ast.literal_eval(row["complaints"]))).category, row["category"].strip()) for row in rows
    ]

    def right(least: str) -> tuple[int, int]:
        some = [(found.text, real) for found, real in guesses if found.text and found.confidence >= Decimal(least)]
        return len(some), sum(found == real for found, real in some)

    for least, count, share in (("0", 1_600, 0.78), ("0.6", 1_000, 0.87), ("0.8", 600, 0.94)):
        some, good = right(least)
        assert some >= count and good / some >= share, (least, some, good)


@given(st.text(max_size=200), st.text(max_size=2_000))
def test_no_letter_breaks_a_guess(subject: str, text: str) -> None:
    for one in guess(subject, text):
        assert isinstance(one, Guess) and (one.text is None) == (one.confidence == 0) and 0 <= one.confidence < 1
        assert one.text != ""
