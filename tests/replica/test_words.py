"""Words as a search compares them."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from replica.words import ABBREVIATIONS, LONGEST, MOST_BYTES, joined, pieces_of, terms_of, words_of


def matches(query: str, text: str) -> bool:
    """Whether a text is found by a query."""
    words = [word for piece in pieces_of(text) for word in piece.words]
    return all(any(word in term for word in words) for term in terms_of(query))


def indexed(head: str | None, rest: Sequence[str | None]) -> tuple[str, str]:
    """The words of a record with these texts."""
    return joined(words_of(head or ""), [words_of(text or "") for text in rest])


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("jemb", "Pembangunan JEMBATAN gantung"),
        ("jembatan gant", "Jembatan gantung"),
        ("gantung jembatan", "Jembatan gantung"),
        ("jl mawar", "Jalan Mawar"),
        ("jalan mawar", "Jl.Mawar"),
        ("jln", "JL. MAWAR"),
        ("kec. alas ds. luar", "Desa Luar, Kecamatan Alas"),
        ("dusun jaya", "Dsn Jaya"),
        ("dsn jaya", "Dus. Jaya"),
        ("gang 3", "Gg. III no. 3 Gang 3"),
        ("kec", "sungai kecil"),  # the beginning of another word as well
        ("jl", "jlantah"),
        ("desa", "Désa"),
        ("désa", "DESA"),
        ("cafe", "cafe\u0301"),
        ("jumat", "Jum'at"),
        ("jum’at", "jumat"),
        ("royong", "gotong-royong"),
        ("rt 2", "RT 02/RW 05"),
        ("rt02 rw5", "RT. 002 / RW 005"),
        ("RT.2", "Rt2 Rw3"),
        ("rw", "Rw3"),
        ("5.2.04", "5.2.04.02.16.0016"),
        ("5.2.04.02.16.0016", "5.2.04.02.16.0016"),
        ("16", "5.2.04.02.16.0016"),
        ("PRJ-2026-0012", "PRJ-2026-0012"),
        ("prj 12", "PRJ-2026-0012"),
        ("2026", "600/12/PPK/2026"),
        ("0012", "12"),
        ("1700", "17001234"),
        ("m2", "200 m²"),
        ("x", "kelas X"),
    ],
)
def test_found(query: str, text: str) -> None:
    assert matches(query, text)


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("batan", "jembatan"),  # no end of a word
        ("jembatan jalan", "jembatan"),  # every word is to be found
        ("rt 2", "RT 21"),
        ("rt 2", "RT 05/RW 02"),
        ("rt 2", "RT 05 nomor 2"),
        ("12", "123"),
        ("117", "1170"),
        ("j", "jalan"),  # one letter is a whole word
        ("5.2.04", "5.2.05"),
        ("2.04", "5.2.04"),  # a code is found from its beginning
        ("desa", "kelurahan"),
    ],
)
def test_not_found(query: str, text: str) -> None:
    assert not matches(query, text)


@pytest.mark.parametrize("text", ["", " ", "!?…", "***", "' ' - .", "\N{SNOWMAN}", "\u0301"])
def test_a_text_without_words_asks_for_nothing(text: str) -> None:
    assert terms_of(text) == ()


def test_every_abbreviation_finds_and_is_found_by_its_word() -> None:
    for short, word in ABBREVIATIONS.items():
        assert matches(short, f"x {word} y") and matches(word, f"x {short}. y"), short


@given(st.text())
def test_any_text_is_taken_apart_into_words_of_letters_digits_and_points(text: str) -> None:
    pieces = list(pieces_of(text))
    for piece in pieces:
        for word in piece.words:
            assert word.replace(".", "").isalnum() and len(word) <= LONGEST and word == word.lower()
    assert [(p.start, p.end) for p in pieces] == sorted((p.start, p.end) for p in pieces)
    for term in terms_of(text):
        for form in term.forms:
            assert form.replace(".", "").isalnum() and len(form) <= LONGEST


@given(st.text())
def test_a_text_is_found_by_itself(text: str) -> None:
    assert matches(text, text)


def test_the_words_of_a_record_stand_once_and_do_not_outgrow_an_index() -> None:
    assert indexed("Jl. Mawar", ["jalan", None, "Desa mawar"]) == (" jalan mawar ", " desa ")
    assert indexed(None, []) == ("", "")
    head, rest = indexed("x", [" ".join(f"ü{n}a" for n in range(i * 2_000, (i + 1) * 2_000)) for i in range(30)])
    assert head == " x " and MOST_BYTES - 100 < len((head + rest).encode()) <= MOST_BYTES + 4


@given(st.text(st.sampled_from("aZjl09rtRW .,/_-'()éß\u0301"), max_size=40))
def test_what_is_indexed_are_the_words_of_the_pieces(text: str) -> None:
    words = dict.fromkeys(word for piece in pieces_of(text) for word in piece.words)

    assert indexed(None, [text])[1].split() == [*words]


@given(st.text(st.sampled_from("aZjl09rtRW .,/_-'()"), max_size=40))
def test_a_text_without_accents_is_taken_apart_as_beside_one_that_has_them(text: str) -> None:
    assert indexed(None, [f"{text} é"])[1].split() == [*dict.fromkeys([*indexed(None, [text])[1].split(), "e"])]
