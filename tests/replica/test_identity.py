"""Identity is the same after every rebuild, keys sort as people count, and normalised text compares what is meant."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.entities import Normalise
from replica.identity import node_of, normalise, sort_text

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
ways = st.builds(
    Normalise, st.booleans(), st.booleans(), st.booleans(), st.booleans(), st.sampled_from([(), ("desa", "kec")])
)


def test_a_node_never_changes() -> None:
    # a client keeps these: another value here breaks every saved id
    assert node_of("Proposal", ["Alas.xlsx", "117"]) == "82456517f7241f5b6f37a9004737a6df"


@given(st.lists(texts, min_size=1, max_size=3), st.lists(texts, min_size=1, max_size=3))
def test_different_keys_have_different_nodes(one: list[str], other: list[str]) -> None:
    assert (node_of("A", one) == node_of("A", other)) == (one == other)
    assert node_of("A", one) != node_of("B", one)


def test_keys_sort_as_people_count() -> None:
    keys = ["Alas 10", "Alas 2", "Alas 02", "2026/9", "2026/10", "9", "10", "1.10", "1.9", "a"]

    ordered = sorted(keys, key=lambda key: sort_text([key], ""))

    assert ordered == ["1.9", "1.10", "9", "10", "2026/9", "2026/10", "Alas 2", "Alas 02", "Alas 10", "a"]


@pytest.mark.parametrize(
    ("way", "one", "other", "same"),
    [
        (Normalise(), "5.1.02.01", "510201", True),
        (Normalise(), "5.1.02.01", "5.1.2.1", False),
        (Normalise(zeros=True), "5.1.02.01", "5.01.2.1", True),
        (Normalise(zeros=True), "1.11", "11.1", False),
        (Normalise(zeros=True), "Jl. Merdeka 01", "JL MERDEKA 1", True),
        (Normalise(zeros=True), "000", "0", True),
        (Normalise(), " Labuhan\u00a0 Alas ", "LABUHANALAS", True),
        (Normalise(blanks=False), "Labuhan Alas", "LABUHANALAS", False),
        (Normalise(case=False), "Alas", "ALAS", False),
        (Normalise(punctuation=False), "A-1", "A1", False),
        (Normalise(drop_words=("desa", "kec")), "Kec. Alas", "alas", True),
        (Normalise(drop_words=("desa", "kec")), "Desa Labuhan Kecil", "Labuhan Kecil", True),
        (Normalise(drop_words=("desa",)), "Desa", "desa", True),
    ],
)
def test_what_counts_as_equal(way: Normalise, one: str, other: str, same: bool) -> None:
    assert (normalise(one, way) == normalise(other, way)) is same


@given(texts, ways)
def test_both_forms_of_an_accent_are_one(text: str, way: Normalise) -> None:
    whole, apart = unicodedata.normalize("NFC", text), unicodedata.normalize("NFD", text)

    assert normalise(whole, way) == normalise(apart, way)


def test_nothing_is_left_of_blanks_and_signs() -> None:
    assert normalise(" - ", Normalise()) is None
