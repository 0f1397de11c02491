"""Writes the finance application's SQLite file in the legacy manner: four-part integer keys, codes without dots, versions."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from decimal import Decimal
from pathlib import Path

from simpul.demo.regency import DOCUMENTS, SHOWCASE, YEAR, Line, Regency

SCHEMA = """
CREATE TABLE REF_TAHUN (TAHUN INTEGER PRIMARY KEY, URAIAN TEXT, TAHAP TEXT);
CREATE TABLE REF_VERSI (TAHUN INTEGER, KD_VERSI INTEGER, NOMOR TEXT, TANGGAL TEXT, AKTIF INTEGER,
  PRIMARY KEY (TAHUN, KD_VERSI));
CREATE TABLE REF_UNIT (KD_URUSAN INTEGER, KD_BIDANG INTEGER, KD_UNIT INTEGER, KD_SUB INTEGER, NM_UNIT TEXT, JENIS TEXT,
  PRIMARY KEY (KD_URUSAN, KD_BIDANG, KD_UNIT, KD_SUB));
CREATE TABLE TA_ANGGARAN (TAHUN INTEGER, KD_VERSI INTEGER, KD_URUSAN INTEGER, KD_BIDANG INTEGER, KD_UNIT INTEGER,
  KD_SUB INTEGER, ID_RINCI TEXT, KD_SUBKEG TEXT, NM_SUBKEG TEXT, KD_REK TEXT, NM_REK TEXT, PAGU TEXT, PAGU_SEBELUM TEXT,
  REALISASI TEXT, TGL_REALISASI TEXT, PRIMARY KEY (TAHUN, KD_VERSI, ID_RINCI));
CREATE TABLE TA_KAS (TAHUN INTEGER, KD_VERSI INTEGER, ID_RINCI TEXT, BULAN INTEGER, RENCANA TEXT, REALISASI TEXT,
  PRIMARY KEY (TAHUN, KD_VERSI, ID_RINCI, BULAN));
"""
MARKS = ", ".join("?" * 15)


def write_finance(path: Path, regency: Regency) -> None:
    """Makes the file anew."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    with closing(sqlite3.connect(path)) as db, db:
        db.executescript(SCHEMA)
        years = [
            (YEAR - 1, f"Tahun Anggaran {YEAR - 1}", "DITUTUP"),
            (YEAR, f"Tahun Anggaran {YEAR}", "PELAKSANAAN"),
        ]
        db.executemany("INSERT INTO REF_TAHUN VALUES (?, ?, ?)", years)
        documents = [(d.year, d.version, d.number, d.decided.raw, int(d.active)) for d in DOCUMENTS]
        db.executemany("INSERT INTO REF_VERSI VALUES (?, ?, ?, ?, ?)", documents)
        units = [(*agency.numbers, agency.name, agency.kind) for agency in regency.agencies]
        db.executemany("INSERT INTO REF_UNIT VALUES (?, ?, ?, ?, ?, ?)", units)
        db.executemany(f"INSERT INTO TA_ANGGARAN VALUES ({MARKS})", _budget(regency))
        db.executemany("INSERT INTO TA_KAS VALUES (?, ?, ?, ?, ?, ?)", _cash(regency))


PLANNED = (2, 4, 6, 7, 8, 9, 9, 10, 10, 11, 12, 12)  # hundredths of the ceiling in each month of the cash plan
PAID = (1, 2, 4, 6, 8, 10, 13, 16, 19, 21)  # of what has been paid, in the months that are over


def monthly(line: Line) -> list[tuple[int, Decimal, Decimal | None]]:
    """(month, planned, realised) of a line's current version, to the sen; the last part takes the rest."""
    _, ceiling, _, realised = line.current
    planned, paid = _parts(ceiling, PLANNED), [*_parts(realised, PAID), None, None]
    return [(month + 1, plan or Decimal(0), paid[month]) for month, plan in enumerate(planned)]


def _parts(amount: Decimal | None, hundredths: Sequence[int]) -> list[Decimal | None]:
    if amount is None:
        return [None] * len(hundredths)
    parts = [(amount * share / 100).quantize(Decimal("0.01")) for share in hundredths]
    return [*parts[:-1], amount - sum(parts[:-1], Decimal(0))]


def _budget(regency: Regency) -> Iterator[tuple[object, ...]]:
    for index, line in enumerate(regency.lines):
        plain = line.account.replace(".", "")
        account = (line.account, plain, plain, line.account + ".")[index % 4]
        if line.proposal is not None and (line.proposal.file, line.proposal.number) == SHOWCASE:
            account = line.account
        for version, ceiling, before, realised in line.versions:
            yield (
                YEAR,
                version,
                *line.agency.numbers,
                line.line_id,
                line.sub_activity.replace(".", ""),
                line.name,
                account,
                line.account_name,
                str(ceiling),
                str(before) if before else None,
                None if realised is None else str(realised),
                line.realised_on.raw,
            )


def _cash(regency: Regency) -> Iterator[tuple[object, ...]]:
    for line in regency.lines:
        for month, planned, realised in monthly(line):
            paid = None if realised is None else str(realised)
            yield (YEAR, line.current[0], line.line_id, month, str(planned), paid)
