"""How long a sync of 200,000 rows takes beside only reading them, and how much memory it needs for twice as many.

    python benchmarks/large_sync.py [ROWS]

The same rows stand in a workbook, a CSV file and a database. Reading is what the connector does by itself: every row of
every part, thrown away. Each run is a process of its own."""

from __future__ import annotations

import asyncio
import csv
import json
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import openpyxl

ROWS = 200_000
RUNS = 3
COLUMNS = ("id", "rekening", "uraian", "pagu", "realisasi")

HUB = """\
name: Kabupaten Ukur
language: id
timezone: Asia/Makassar
replica: sqlite:///replica.db
sources:
  finance:
{source}
entities:
  BudgetLine:
    from: finance.lines
    key: [lineId]
    fields:
      lineId: id
      accountCode: rekening
      accountName: uraian
      ceiling: pagu
      realised: realisasi
"""
SOURCES = {
    "xlsx": """\
    kind: spreadsheet
    path: keuangan.xlsx
    datasets: {lines: {sheet: Anggaran, header: 1}}""",
    "csv": """\
    kind: spreadsheet
    path: keuangan.csv
    datasets: {lines: {header: 1}}""",
    "sqlite": """\
    kind: sql
    url: sqlite:///keuangan.db
    datasets: {lines: {table: anggaran, key: id}}""",
}


def lines(rows: int) -> Iterator[tuple[int, str, str, int, int]]:
    """So many budget lines."""
    for n in range(rows):
        yield n, f"5.1.02.{n % 97:02}.{n % 9973:04}", f"Belanja barang dan jasa kegiatan {n}", n * 1000, n * 730


def make(folder: Path, kind: str, rows: int) -> None:
    """A source with this many lines, and its hub.yaml."""
    (folder / "hub.yaml").write_text(HUB.format(source=SOURCES[kind]), encoding="utf-8")
    if kind == "sqlite":
        with sqlite3.connect(folder / "keuangan.db") as db:
            db.execute(
                "CREATE TABLE anggaran (id INTEGER PRIMARY KEY, rekening, uraian, pagu INTEGER, realisasi INTEGER)"
            )
            db.executemany("INSERT INTO anggaran VALUES (?, ?, ?, ?, ?)", lines(rows))
        db.close()
    elif kind == "csv":
        with (folder / "keuangan.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([COLUMNS, *lines(rows)])
    else:
        book = openpyxl.Workbook(write_only=True)
        sheet = book.create_sheet("Anggaran")
        sheet.append(COLUMNS)
        for line in lines(rows):
            sheet.append(line)
        book.save(folder / "keuangan.xlsx")


def run(folder: Path, what: str) -> None:
    """Reads or syncs once and prints seconds and the process's peak memory."""
    from simpul.compose import build_hub, load

    hub = build_hub(load(folder / "hub.yaml"))

    async def read() -> None:
        connector = hub.connectors["finance"]
        for part in await connector.parts("lines"):
            async for _ in connector.rows("lines", part):
                pass

    async def sync() -> None:
        hub.open()
        report = await hub.syncer.sync("finance", full=True)
        assert report.outcome in ("CHANGED", "UNCHANGED"), report

    began = time.perf_counter()
    asyncio.run(read() if what == "read" else sync())
    seconds = time.perf_counter() - began
    print(json.dumps([seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024]))


def measure(folder: Path, what: str) -> tuple[float, float]:
    """Seconds and MB of a run in a process of its own."""
    done = subprocess.run(
        [sys.executable, __file__, what, str(folder)], capture_output=True, text=True, check=True, cwd=folder
    )
    seconds, megabytes = json.loads(done.stdout.splitlines()[-1])
    return seconds, megabytes


def main(rows: int) -> None:
    for kind in SOURCES:
        for size in (rows, 2 * rows):
            with tempfile.TemporaryDirectory() as name:
                folder = Path(name)
                make(folder, kind, size)
                reads, syncs, again = [], [], []
                for _ in range(RUNS):
                    for old in folder.glob("replica.db*"):
                        old.unlink()
                    reads.append(measure(folder, "read"))
                    syncs.append(measure(folder, "sync"))
                    again.append(measure(folder, "sync"))
                read, first, second = (min(of)[0] for of in (reads, syncs, again))
                memory = max(megabytes for _, megabytes in (*syncs, *again))
                print(
                    f"{kind}, {size:,} rows: reading {read:.2f} s; first sync {first:.2f} s ({first / read:.1f} times);"
                    f" sync of unchanged rows {second:.2f} s ({second / read:.1f} times); at most {memory:.0f} MB"
                )


if __name__ == "__main__":
    if len(sys.argv) > 2:
        run(Path(sys.argv[2]), sys.argv[1])
    else:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else ROWS)
