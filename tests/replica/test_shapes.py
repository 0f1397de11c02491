"""How columns are compared with what was agreed."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from connectors.columns import rename_columns
from connectors.connector import Batch, Column
from connectors.profile import ColumnProfile, Profile
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
