"""Whatever sheets hold: if `add` proposes something, `check` accepts it and a sync takes as many rows as were understood."""

from __future__ import annotations

import asyncio
import csv
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import HealthCheck, example, given, note, settings
from hypothesis import strategies as st

from config.load import load_config
from connectors.inspecting import inspect_file
from schema.catalogue import describe
from simpul.adding.proposal import Proposal, new_text, propose
from simpul.commands.check import check_sources
from simpul.compose import build_hub

NAMES = st.one_of(
    st.sampled_from(
        """No|Kode|Kode Rekening|Kode SKPD|Nama SKPD|Uraian|Usulan Kegiatan|Pagu|Realisasi|Realisasi / %|Tahun|Desa|Kecamatan|id|ID|
        file|Sheet|issues|node|nodes|__typename|Nama: lengkap|a # b|{x}|[y]|'kutip'|"dua"|* bintang|- garis|2024|2025|Jumlah|Total|Ñandú|
        Status|Nama Paket|Kode RUP|Penyedia|Nilai Kontrak|NIK|null|true|~|and|or|not|provenance|100 %|Kolom, dengan koma|$file|$x|?|!|
        sangat panjang sekali nama kolom ini sehingga tidak muat di mana pun juga""".replace("\n", "").split("|")
    ).map(str.strip),
    st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), max_size=12),
)
VALUES = (
    st.integers(1, 999).map(lambda n: f"{n // 100}.{n // 10 % 10:02}.{n % 10:02}"),
    st.integers(0, 5_000_000_000).map(str),
    st.integers(0, 5).map(str),
    st.decimals(0, 10**9, places=2).map(str),
    st.sampled_from(["Jalan desa", "Jembatan", "Talud", "Posyandu", "Sumur bor", "-", "", "Jumlah", "1,5 M"]),
    st.dates().map(str),
    st.sampled_from(["DITERIMA", "DITOLAK", "entah"]),
    st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), max_size=8),
)


@st.composite
def sheets(draw: st.DrawFn) -> list[list[str]]:
    """Title lines, a head, rows of columns that hold one kind of value each, perhaps a total."""
    width = draw(st.integers(2, 6))
    lines = draw(
        st.lists(st.sampled_from(["DAFTAR USULAN", "SKPD : Dinas; Kesehatan", "Tahun Anggaran 2026", ""]), max_size=3)
    )
    head = draw(st.lists(NAMES, min_size=width, max_size=width))
    kinds = [draw(st.sampled_from(VALUES)) for _ in range(width)]
    rows = [[draw(kind) for kind in kinds] for _ in range(draw(st.integers(1, 12)))]
    total = draw(st.sampled_from([[], [["JUMLAH", *["7"] * (width - 1)]]]))
    return [*([line] for line in lines), head, *rows, *total]


def write(folder: Path, files: Sequence[list[list[str]]]) -> list[Path]:
    """A csv file for each sheet."""
    paths = [folder / f"berkas {number}.csv" for number, _ in enumerate(files, 1)]
    for path, rows in zip(paths, files, strict=True):
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, delimiter=";").writerows(rows)
    return paths


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.lists(sheets(), min_size=1, max_size=3))
@example([[["Kode", "Nama"], ["A", "x"], ["B", "y"]], [["kode", "nama"], ["A", "x"], ["B", "y"]]])
@example([[["Project", "Query"], ["A1", "1"], ["A2", "2"]], [["Kode: satu", "Query"], ["A1", "1"], ["A2", "2"]]])
@example([[["a", "Kode"], ["1.01", "x"], ["1.02", "y"]], [["b", "Kode", "c"], ["2", "x", "z"], ["3", "y", "w"]]])
@example([[["No", "No"], ["0.01", "²"]], [["²", "No"], ["²", "0.01"], ["³", "0.02"]]])
@example([[["$file", "\U00018cd6"], ["0.00.01", "0.00.01"]]])
def test_what_is_understood_can_be_added_and_synced(files: list[list[list[str]]]) -> None:
    with TemporaryDirectory() as name:
        folder = Path(name)
        found = [(path, one) for path in write(folder, files) for one in inspect_file(path, path.name)]
        hub = folder / "hub.yaml"

        proposal = asyncio.run(propose(hub, new_text("en"), None, found, "en"))

        if not isinstance(proposal, Proposal):
            assert {aside.where for aside in proposal} == {path.name for path, _ in found}
            return
        note(proposal.after)
        hub.write_text(proposal.after, encoding="utf-8")
        asyncio.run(_check_and_sync(hub, proposal))


async def _check_and_sync(hub: Path, proposal: Proposal) -> None:
    """Every row that was understood becomes a record."""
    config = load_config(hub, describe())
    assert [error for _, error in await check_sources(config)] == []
    running = build_hub(config)
    running.open()
    try:
        assert running.sdl
        for source in proposal.draft.sources:
            report = await running.syncer.sync(source.name)
            assert (report.outcome, report.problems) == ("CHANGED", [])
            counts = report.counts.values()
            understood = sum(dataset.row_count for dataset in source.datasets)
            assert (sum(one.added for one in counts), sum(one.rejects for one in counts)) == (understood, 0)
    finally:
        await running.close()
