"""How columns are compared with what was agreed."""

from __future__ import annotations

from collections import Counter
from difflib import SequenceMatcher

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.columns import rename_columns
from connectors.connector import Batch, Column
from connectors.profile import ColumnProfile, Profile
from replica import drift
from replica.drift import Fed, differences, usual
from replica.restarts import restart_of
from replica.shapes import judge

NAMES = ("kode", "uraian", "pagu", "realisasi", "lokasi", "tanggal mulai")
FED = Fed("a", "b", "Line", {"kode": ["Line.code"], "pagu": ["Line.ceiling"]}, {})


def columns(*names: str, type_: str = "text") -> Profile:
    return tuple(ColumnProfile(name, letter, type_, 1.0, 9) for name, letter in zip(names, "ABCDEFGHIJ", strict=False))


def told(before: Profile, now: Profile, *, whole: bool = True) -> list[tuple[str, str, str | None]]:
    return [(one.code, one.column, one.now) for one in differences(before, now, FED, whole=whole)]


@given(st.permutations(NAMES), st.permutations(NAMES))
def test_the_fewest_columns_are_said_to_have_moved(before: list[str], now: list[str]) -> None:
    found = told(columns(*before), columns(*now))

    moved = [column for code, column, _ in found if code == "COLUMN_MOVED"]
    assert len(moved) == len(found), "nothing else has happened"
    assert [name for name in before if name not in moved] == [name for name in now if name not in moved]


@given(st.lists(st.sampled_from(NAMES), unique=True), st.lists(st.sampled_from(NAMES), unique=True))
def test_every_column_is_accounted_for(before: list[str], now: list[str]) -> None:
    found = differences(columns(*before), columns(*now), FED, whole=True)

    if [one.code for one in found] == ["HEADER_OTHER"]:
        assert 2 * len({*before} & {*now}) < len(before), "most of them are left"
        assert {*now} - {*before}, "none is new"
        return
    gone = {one.was for one in found if one.code in ("COLUMN_GONE", "COLUMN_RENAMED")}
    new = {one.now for one in found if one.code in ("COLUMN_NEW", "COLUMN_RENAMED")}
    assert gone == {*before} - {*now}
    assert new == {*now} - {*before}


@given(st.lists(st.sampled_from(NAMES), unique=True))
def test_what_is_the_same_is_not_told(names: list[str]) -> None:
    assert told(columns(*names), columns(*names)) == []


def test_a_column_is_known_again_by_its_name_or_in_its_place() -> None:
    before = columns("kode", "pagu", "uraian")

    assert told(before, columns("kode", "uraian", "pagu anggaran"))[0] == ("COLUMN_RENAMED", "pagu", "pagu anggaran")
    assert told(before, columns("kode", "x9", "uraian")) == [("COLUMN_RENAMED", "pagu", "x9")]
    assert told(before, (*columns("kode", "uraian"), ColumnProfile("x9", "C", "date", 1.0, 9))) == [
        ("COLUMN_GONE", "pagu", None),
        ("COLUMN_NEW", "x9", "x9"),
    ]


def test_cells_are_not_told_as_columns_where_the_header_is_lost() -> None:
    before = columns("kode", "nama", "alamat", "pagu")
    lost = columns("5201", "Budi Santoso", "Jl. Mawar 3", "17000")

    for whole in (True, False):
        (found,) = differences(before, lost, FED, whole=whole)
        assert found.code == "HEADER_OTHER"
        assert not any(name in repr(found.told()) for name in ("Budi", "Mawar", "5201", "17000"))
    half = columns("kode", "nama", "keterangan lain", "xyz")
    assert ("COLUMN_NEW", "xyz", "xyz") in told((*before[:2], *columns("alamat")), half), "half of them are left"
    all_alike = columns("kode baru", "nama baru", "alamat baru", "pagu baru")
    assert {code for code, _, _ in told(before, all_alike)} == {"COLUMN_RENAMED"}


def test_a_personal_number_in_a_new_column_is_masked_and_nothing_proposed() -> None:
    (found,) = differences(columns("kode", "pagu"), columns("kode", "pagu", "NIK 5204010101900001"), FED, whole=True)

    assert (found.code, found.column, found.now, found.line) == ("COLUMN_NEW", "NIK [NIK]", "NIK [NIK]", None)


def test_names_are_compared_once_and_only_those_that_may_be_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    counted: Counter[str] = Counter()

    class Counting(SequenceMatcher[str]):
        def real_quick_ratio(self) -> float:
            counted["pairs"] += 1
            return super().real_quick_ratio()

        def ratio(self) -> float:
            counted["whole"] += 1
            return super().ratio()

    monkeypatch.setattr(drift, "SequenceMatcher", Counting)
    kept = tuple(ColumnProfile(f"kolom{at}", str(at), "text", 1.0, 9) for at in range(600))
    old, new = (tuple(ColumnProfile(sign * 9 + hex(at), str(at), "text", 1.0, 9) for at in range(400)) for sign in "aq")

    found = told((*kept, *old), (*kept, *new))

    assert len(found) == 400
    assert counted["pairs"] <= drift.MOST_COMPARED**2
    assert counted["whole"] == 0


def test_columns_that_have_moved_are_found_among_thousands() -> None:
    before = tuple(ColumnProfile(f"k{at}", str(at), "text", 1.0, 9) for at in range(4000))

    assert [one for _, one, _ in told(before, (*before[1:], before[0]))] == ["k0"]


def test_between_parts_only_what_is_mapped_counts() -> None:
    before, now = columns("kode", "pagu", "lokasi"), columns("catatan", "kode", "pagu")

    assert told(before, now, whole=False) == []
    assert told(before, columns("kode", "lokasi"), whole=False) == [("COLUMN_GONE", "pagu", None)]


def test_the_type_of_a_column_counts_where_it_can_be_told() -> None:
    was = ColumnProfile("pagu", "A", "money", 1.0, 9)

    for type_, filled, expected in (("text", 9, True), ("text", 2, False), ("decimal", 9, False), ("empty", 0, False)):
        now = ColumnProfile("pagu", "A", type_, None, filled)
        assert bool(told((was,), (now,))) is expected, (type_, filled)
    assert told((ColumnProfile("uraian", "A", "text", 1.0, 9),), (ColumnProfile("uraian", "A", "int", 1.0, 9),)) == []


def test_what_most_parts_look_like_is_usual_and_the_first_breaks_a_tie() -> None:
    june, july = columns("kode", "pagu"), columns("kode", "anggaran")

    assert usual([june, july, july]) == july
    assert usual([july, june]) == july
    assert (
        usual([june, columns("kode", "pagu", type_="money"), columns("kode", "pagu", type_="money")])[1].type == "money"
    )


def test_what_was_found_stays_until_it_is_agreed_to_or_hub_yaml_says_otherwise() -> None:
    june, july = columns("kode", "pagu"), columns("kode", "pagu baru")
    seen = {"a": ("a", june), "b": ("b", june), "c": ("c", july)}

    first = judge(seen, {}, "1", FED, is_strict=False, force=False)
    again = judge({"c": ("c", july)}, first, "1", FED, is_strict=False, force=False)
    agreed = judge({"c": ("c", july)}, first, "1", FED, is_strict=False, force=True)
    otherwise = judge({"c": ("c", july)}, first, "2", FED, is_strict=False, force=False)

    assert [one.code for one in first["c"].findings] == ["COLUMN_RENAMED"]
    assert not (first["a"].findings or first["b"].findings)
    assert [one.code for one in again["c"].findings] == ["COLUMN_RENAMED"]
    assert agreed["c"].findings == otherwise["c"].findings == ()


def test_a_part_that_was_never_agreed_to_is_judged_alike_however_often_it_is_read() -> None:
    june, july = columns("kode", "pagu", "uraian", "lokasi"), columns("catatan", "pagu baru", "lokasi", "kode", "tahun")
    first = judge({"a": ("a", june), "b": ("b", june), "c": ("c", july)}, {}, "1", FED, is_strict=False, force=False)

    again = judge({"c": ("c", july)}, first, "1", FED, is_strict=False, force=False)
    right = judge({"c": ("c", june)}, again, "1", FED, is_strict=False, force=False)
    later = judge({"c": ("c", (*june, *columns("x")))}, right, "1", FED, is_strict=False, force=False)

    assert [one.code for one in first["c"].findings] == ["COLUMN_RENAMED"]
    assert again["c"] == first["c"]
    assert right["c"].findings == ()
    assert [one.code for one in later["c"].findings] == ["COLUMN_NEW"], "since then it is agreed to"


AMOUNTS = st.lists(st.lists(st.integers(0, 10**9), min_size=8, max_size=8), min_size=1, max_size=12)


def by_row(month: list[int]) -> dict[tuple[object, ...], int]:
    return {(row,): amount for row, amount in enumerate(month)}


@given(AMOUNTS)
def test_a_total_that_goes_on_running_is_never_suspected(months: list[list[int]]) -> None:
    running = [[sum(amounts) for amounts in zip(*months[: at + 1], strict=True)] for at in range(len(months))]

    assert restart_of([by_row(month) for month in running]) is None


@given(AMOUNTS)
def test_what_never_rises_row_by_row_is_never_suspected(months: list[list[int]]) -> None:
    ceilings = [months[0]] * len(months)

    assert restart_of([by_row(month) for month in ceilings]) is None


def test_a_total_that_ran_and_then_falls_is_suspected_where_it_falls() -> None:
    months = [[10 * at + row for row in range(8)] for at in (1, 2, 3, 4)] + [[9 + row for row in range(8)]] * 2

    found = restart_of([by_row(month) for month in months])

    assert found is not None
    place, finding = found
    assert (place, finding.was, finding.now, finding.params) == (4, "348", "100", {"fallen": 8, "rows": 8})
    assert restart_of([by_row(month) for month in months[2:]]) is None, "one step is no run"
    assert restart_of([by_row(month[:4]) for month in months]) is None, "four rows say nothing"


def test_columns_are_called_as_hub_yaml_says_unless_there_is_one_already() -> None:
    def called(*names: str) -> list[str]:
        batch = Batch(tuple(Column(name, name) for name in names), ())
        return [column.name for column in rename_columns(batch, {"Pagu  Baru": "Pagu", "Anggaran": "Pagu"}).columns]

    assert called("Kode", "pagu baru") == ["Kode", "Pagu"]
    assert called("Anggaran", "Pagu Baru") == ["Pagu", "Pagu Baru"]
    assert called("PAGU", "Anggaran") == ["PAGU", "Anggaran"]
    assert called("Kode") == ["Kode"]
