"""What the guides "Connect a spreadsheet" show is what the command writes, in both languages."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.hubs import RunSimpul
from tests.simpul.test_add import Cells, write_sheets

DOCS = Path(__file__).parents[2] / "docs"
GUIDES = {"en": "connect-a-spreadsheet.md", "id": "connect-a-spreadsheet.id.md"}
QUESTION = "{ lras(where: {isLeaf: {eq: true}}) { groups(by: [{month: {}}]) { key { month } sum { realisasi } } } }"


def lra(month: str, paid: tuple[int, ...]) -> Cells:
    codes = ("5", "5.1", "5.1.01", "5.1.02", "5.2", "5.2.01", "5.2.02", "5.2.03")
    planned = (700, 300, 100, 200, 400, 50, 150, 200)
    lines = [(c, f"Belanja {c}", p * 10**6, r * 10**6) for c, p, r in zip(codes, planned, paid, strict=True)]
    return (
        ("LAPORAN REALISASI ANGGARAN",),
        (f"Bulan {month} Tahun Anggaran 2026",),
        ("SKPD : Dinas Pekerjaan Umum",),
        (),
        ("Kode", "Uraian", "Pagu Belanja", "Realisasi"),
        *lines,
        (None, "JUMLAH", 700_000_000, paid[0] * 10**6),
    )


def write_folder(folder: Path) -> None:
    """Three workbooks as an office has them."""
    write_sheets(
        folder / "usulan 2026.xlsx",
        Usulan=(
            ("DAFTAR USULAN MUSRENBANG",),
            ("TAHUN ANGGARAN 2026",),
            (),
            ("No. Usulan", "Usulan Kegiatan", "Desa/Kelurahan", "Kecamatan", "Perkiraan Biaya (Rp)", "Status"),
            ("U-001", "Rabat beton jalan dusun", "Uma", "Alas", 150_000_000, "DITERIMA"),
            ("U-002", "Talud sungai", "Lape", "Lape", 75_000_000, "DITOLAK"),
            ("U-003", "Sumur bor", "Moyo", "Moyo Hilir", 60_000_000, "DITERIMA"),
            (None, "JUMLAH", None, None, 285_000_000, None),
        ),
    )
    write_sheets(folder / "lra januari.xlsx", LRA=lra("Januari", (90, 40, 10, 30, 50, 5, 15, 30)))
    write_sheets(folder / "lra februari.xlsx", LRA=lra("Februari", (180, 90, 40, 50, 90, 10, 30, 50)))


@pytest.mark.parametrize("language", ["en", "id"])
def test_the_guide_shows_what_is_written(simpul: RunSimpul, tmp_path: Path, language: str) -> None:
    guide = (DOCS / GUIDES[language]).read_text(encoding="utf-8")
    shown = re.findall(r"^    \$ simpul (.*)\n((?:    .*\n|\n(?=    (?!\$)))*)", guide, re.MULTILINE)
    write_folder(tmp_path / "data")

    commands = [command for command, _ in shown]
    assert commands == ["add data", "sync", "query serapan --csv -", "add --undo"]
    for command, output in shown:
        arguments = [*command.split(), *(["--yes"] if command == "add data" else []), "--lang", language]
        if command.startswith("query"):
            (tmp_path / "queries").mkdir()
            (tmp_path / "queries" / "serapan.graphql").write_text(QUESTION, encoding="utf-8")
        ended = simpul(tmp_path, *arguments)
        assert ended.code == 0, ended.err
        written = [line.removeprefix("\ufeff").rstrip() for line in (ended.out + ended.err).splitlines()]
        for line in output.splitlines():
            assert line[4:].rstrip() in [*written, "", "…"], (command, line)
    assert QUESTION in guide
