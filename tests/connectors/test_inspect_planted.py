"""Sheets planted at random: what was planted is what is found. A few in a hundred may differ: chance also plants an activity called
"Jumlah …" whose amount happens to be the sum of those above it."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.connector import Cell
from connectors.findings import TableFound
from connectors.grid import Grid
from connectors.understanding import understand
from tests.connectors import planted as plant
from tests.connectors.planted import Planted

SHEETS = 50  # from one source of chance
NEEDED = 47

seeds = st.integers(0, 2**32)
few = settings(max_examples=3, deadline=None)


def numbered(amounts: list[int]) -> list[list[Cell]]:
    return [[at, f"Kegiatan {at}", amount] for at, amount in enumerate(amounts, 1)]


def one(make: Callable[[Random], Planted]) -> Callable[[Random], list[Planted]]:
    return lambda chance: [make(chance)]


KINDS: dict[str, Callable[[Random], list[Planted]]] = {
    "flat": one(plant.flat),
    "tree": one(plant.tree),
    "words": one(plant.words),
    "pages": one(plant.pages),
    "headless": one(plant.headless),
    "blocks": one(plant.blocks),
    "form": one(plant.form),
    "stacked": plant.stacked,
    "beside": plant.beside,
}


def differences(planted: list[Planted]) -> list[str]:
    tables = understand(planted[0].grid()).tables
    if len(tables) != len(planted):
        return [f"{len(tables)} tables, planted {len(planted)}"]
    return [text for table, one in zip(tables, planted, strict=True) for text in differs(table, one)]


def differs(table: TableFound, planted: Planted) -> list[str]:
    pairs: dict[str, tuple[object, object]] = {
        "header": (table.header_rows, planted.header),
        "range": (table.data_rows, (planted.records[0], planted.records[-1]) if planted.records else None),
        "records": (table.row_count, len(planted.records)),
        "totals": (table.total_rows, tuple(planted.totals)),
        "groups": (table.group_rows, tuple(planted.groups)),
        "disagreeing": ([(one.column, one.row) for one in table.control_totals if not one.agrees], []),
        "controlled": (bool(table.control_totals), bool(planted.totals)),
    }
    if planted.parents:
        pairs["leaves"] = (table.leaf_count, len(planted.records) - len(planted.parents))
    return [f"{what}: found {found}, planted {seen}" for what, (found, seen) in pairs.items() if found != seen]


@pytest.mark.parametrize("kind", KINDS)
@given(seed=seeds)
@few
def test_what_was_planted_is_found(kind: str, seed: int) -> None:
    chance = Random(seed)
    misses = []
    for _ in range(SHEETS):
        state = chance.randrange(2**32)
        if wrong := differences(KINDS[kind](Random(state))):
            misses.append(f"{kind}({state}): {'; '.join(wrong)}")
        assert len(misses) <= SHEETS - NEEDED, "\n".join(misses)


@given(seed=seeds, error=st.integers(1, 1000))
@settings(max_examples=30, deadline=None)
def test_a_total_that_is_off_by_whatever_is_told(seed: int, error: int) -> None:
    amounts = [Random(seed + at).randint(1, 10**9) for at in range(5)]
    rows: list[list[Cell]] = [["No", "Kegiatan", "Pagu (Rp)"], *numbered(amounts)]
    (table,) = understand(Grid([*rows, [None, "Jumlah", sum(amounts) + error]])).tables

    assert [(one.column, one.row, int(one.stated - one.total), one.agrees) for one in table.control_totals] == [
        ("C", 7, error, False)
    ]
    assert [note.code for note in table.notes] == ["TOTAL_DISAGREES"]


def test_names_are_joined_from_all_levels() -> None:
    head: list[list[Cell]] = [["No", "Uraian", "Anggaran", None, "Anggaran"], [None, None, "Pagu", "Realisasi", None]]
    body: list[list[Cell]] = [
        [*row, at * 500, at * 100] for at, row in enumerate(numbered([1000, 2000, 3000, 4000]), 1)
    ]
    (table,) = understand(Grid([*head, *body])).tables

    assert [one.name for one in table.columns] == [
        "No",
        "Uraian",
        "Anggaran / Pagu",
        "Anggaran / Realisasi",
        "Anggaran",
    ]


def test_lines_of_a_form_are_kept_with_their_keys() -> None:
    rows: list[list[Cell]] = [
        ["DAFTAR KEGIATAN"],
        ["SKPD", ":", "Dinas Pekerjaan Umum"],
        ["Tahun : 2026"],
        [],
        ["No", "Uraian", "Pagu"],
    ]
    (table,) = understand(
        Grid([*rows, [1, "Jalan", 5_000_000], [2, "Jembatan", 7_000_000], [], ["Catatan: sementara"]])
    ).tables

    assert [(one.row, one.key, one.text) for one in table.titles] == [
        (1, None, "DAFTAR KEGIATAN"),
        (2, "SKPD", "Dinas Pekerjaan Umum"),
        (3, "Tahun", "2026"),
    ]
    assert [(one.row, one.key, one.text) for one in table.footers] == [(9, "Catatan", "sementara")]


@pytest.mark.parametrize(
    ("name", "cells", "type_", "sign", "readable"),
    [
        ("Biaya", ["2.200", "1.250.000", "3.500"], "money", ",", 1.0),
        ("Luas", ["2.200", "661,3", "1,5"], "decimal", ",", 1.0),
        ("Harga", ["1,250.75", "2,200", "3.5"], "decimal", ".", 1.0),
        ("Kode", [65341484.0, 65339446.0], "code", None, 1.0),
        ("Rekening", ["5.1.02", "5.1.02.01", "5.1"], "code", None, 1.0),
        ("Tanggal", ["12/01/2026", "31/12/2026", "besok"], "text", None, 1.0),
        ("Tanggal", ["12/01/2026", "31/12/2026", "1/2/2026", "3/4/2026", "besok"], "date", None, 0.8),
        ("TW I", ["√", "√", None], "boolean", None, 1.0),
        ("Aktif", ["Ya", "Tidak", "Ya"], "boolean", None, 1.0),
        ("Jumlah", [1, 2, "-"], "int", None, 1.0),
        ("NIK", ["5204010101900001", "5204010101900002"], "code", None, 1.0),
        ("Kosong", [None, None], "empty", None, None),
    ],
)
def test_a_type_is_decided_for_the_whole_column(
    name: str, cells: list[Cell], type_: str, sign: str | None, readable: float | None
) -> None:
    rows: list[list[Cell]] = [["Nama", name], *[[f"Baris {at}", cell] for at, cell in enumerate(cells, 1)]]
    column = understand(Grid(rows)).tables[0].columns[1]

    assert (column.name, column.type, column.decimal, column.readable) == (name, type_, sign, readable)


@given(
    st.lists(
        st.lists(
            st.one_of(
                st.none(),
                st.integers(-5, 10**12),
                st.floats(),
                st.text(max_size=12),
                st.sampled_from(["No", "Jumlah", "1.02", "5", "-", "√"]),
            ),
            max_size=8,
        ),
        max_size=25,
    )
)
@settings(max_examples=150, deadline=None)
def test_any_cells_end_in_tables_that_account_for_every_row_once(rows: list[list[Cell]]) -> None:
    for table in understand(Grid(rows)).tables:
        kinds = [table.total_rows, table.group_rows, table.repeated_rows, table.unfilled_rows, table.numbering_rows]
        listed = [row for kind in kinds for row in kind]
        assert len(set(listed)) == len(listed)
        if table.data_rows:
            first, last = table.data_rows
            assert first <= last <= len(rows)
            assert 0 < table.row_count <= last - first + 1


def test_a_row_of_units_belongs_to_the_names_and_column_numbers_do_not() -> None:
    head: list[list[Cell]] = [
        ["No", "Uraian", "Pagu", "Realisasi"],
        [None, "Sub Kegiatan", "(Rp)", "(Rp)"],
        ["(1)", "(2)", "(3)", "(4)"],
    ]
    (table,) = understand(Grid([*head, *([*row, 5] for row in numbered([1000, 2000, 3000]))])).tables

    assert (table.header_rows, table.numbering_rows, table.data_rows) == ((1, 2), (3,), (4, 6))
    assert [(one.name, one.unit) for one in table.columns[2:]] == [("Pagu / (Rp)", "Rp"), ("Realisasi / (Rp)", "Rp")]


def test_numbers_without_a_name_between_records_are_a_record() -> None:
    rows: list[list[Cell]] = [
        ["No", "Kegiatan", "Pagu"],
        *numbered([1000, 2000, 3000]),
        [None, None, 77],
        *numbered([4000, 5000]),
    ]
    (table,) = understand(Grid(rows)).tables

    assert (table.row_count, table.total_rows) == (6, ())
