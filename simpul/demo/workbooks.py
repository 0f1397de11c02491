"""Writes the kecamatan's workbooks as an office keeps them: title rows, a numbering row, subtotals, amounts as text."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from pathlib import Path
from typing import Any

from openpyxl import Workbook

from simpul.demo.lists import cells_of
from simpul.demo.regency import YEAR, Proposal

HEAD = (
    "No. Usulan",
    "Desa/Kelurahan",
    "Kecamatan",
    "Permasalahan",
    "Usulan Kegiatan",
    "Lokasi",
    "Volume",
    "Satuan",
    "Perkiraan Biaya (Rp)",
    "Perangkat Daerah Tujuan",
    "Status",
    "Pengusul",
    "Tanggal Usulan",
    "Kode Usulan Desa",
    "Rekomendasi Camat (Rp)",
    "Catatan Camat",
    "Rekomendasi OPD (Rp)",
    "Volume OPD",
    "Catatan OPD",
)


def write_workbooks(folder: Path, proposals: Iterable[Proposal]) -> int:
    """Writes one workbook a file name; returns how many subtotal and total rows they hold."""
    folder.mkdir(parents=True, exist_ok=True)
    totals = 0
    for file, rows in groupby(proposals, key=lambda proposal: proposal.file):
        totals += _write(folder / file, list(rows))
    return totals


def _write(path: Path, rows: list[Proposal]) -> int:
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Usulan")
    district = rows[0].district.name
    sheet.append([f"DAFTAR USULAN MUSRENBANG KECAMATAN {district.upper()}"])
    sheet.append([f"TAHUN ANGGARAN {YEAR}"])
    sheet.append(["KABUPATEN SUMBAWA (DATA CONTOH, bukan data resmi)"])
    sheet.append([])
    sheet.append(HEAD)
    sheet.append([str(number + 1) for number in range(len(HEAD))])
    totals = 0
    for village, members in groupby(rows, key=lambda row: row.village_raw.strip().casefold()[:6]):
        last = ""
        for row in members:
            sheet.append(_row(row))
            last = row.village_raw.strip()
        if village:
            sheet.append([None, f"Jumlah {last}", None, None, None, None, None, None, 1_000_000.0])
            totals += 1
    sheet.append([None, "TOTAL KECAMATAN", None, None, None, None, None, None, "Rp 9.999.999.999"])
    sheet.append([])
    sheet.append([None, None, None, None, None, None, None, None, None, f"Camat {district}"])
    book.save(path)
    return totals + 1


def _row(row: Proposal) -> list[Any]:
    return [
        int(row.number) if row.number is not None else None,
        row.village_raw,
        row.district.name,
        row.problem,
        row.title,
        row.location,
        row.quantity.raw,
        row.unit,
        row.cost.raw,
        row.agency_raw,
        row.status.raw,
        row.proposer,
        row.proposed.raw,
        *cells_of(row),
    ]
