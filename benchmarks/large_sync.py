"""How long a sync of 200,000 rows of twelve columns takes beside only reading them, and how much memory it needs.

    python benchmarks/large_sync.py [ROWS]

The same rows stand in a workbook, a CSV file and a database; in a CSV file at most as many as its 20 MB hold. Each line gives
seconds, the ratio to reading, and the most memory that the process and the reader beside it had at one time:

    reading     what the connector does by itself: every row of every part, thrown away
    calamine    python-calamine alone, every row of the sheet as Python values
    pandas      pandas.read_excel (or read_csv, read_sql) and to_sql into a new SQLite file
    first sync  into an empty replica
    unchanged   the same rows again, all of them read (`--full`)
    1 % changed one amount in each hundredth row is another

pandas is no dependency of the project. It is measured where this Python has it, or the one that PANDAS_PYTHON names. Each
run is a process of its own, and of RUNS the quickest counts."""

from __future__ import annotations

import asyncio
import csv
import json
import os
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import openpyxl

ROWS = 200_000
MOST_IN_CSV = 100_000
RUNS = 2
FIELDS = {
    "lineId": "id",
    "fiscalYear": "tahun",
    "functionCode": "kode_fungsi",
    "programCode": "kode_program",
    "activityCode": "kode_kegiatan",
    "subActivityCode": "kode_sub_kegiatan",
    "subActivityName": "sub_kegiatan",
    "accountCode": "kode_rekening",
    "accountName": "uraian",
    "fundSource": "sumber_dana",
    "ceiling": "pagu",
    "realised": "realisasi",
}
Line = tuple[int | str, ...]

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
    fields: {{{fields}}}
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
PANDAS = """\
import resource, sqlite3, sys, time
import pandas
kind, began = sys.argv[1], time.perf_counter()
if kind == "xlsx":
    frame = pandas.read_excel("keuangan.xlsx")
elif kind == "csv":
    frame = pandas.read_csv("keuangan.csv")
else:
    frame = pandas.read_sql("SELECT * FROM anggaran", sqlite3.connect("keuangan.db"))
frame.to_sql("lines", sqlite3.connect("pandas.db"), index=False, if_exists="replace")
print([time.perf_counter() - began, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024])
"""


def lines(rows: int, *, changed: bool = False) -> Iterator[Line]:
    """So many budget lines in the order of their codes, twenty to a sub-activity, of which one in a hundred may have changed.
    The line's number and its text are others in every row, the rest comes again."""
    for n in range(rows):
        sub = n // 20
        field, program, activity = f"1.{sub // 2000 + 1:02}", sub // 100 % 20 + 1, sub // 10 % 10 + 1
        yield (
            n,
            2025,
            field,
            f"{field}.{program:02}",
            f"{field}.{program:02}.2.{activity:02}",
            f"{field}.{program:02}.2.{activity:02}.{sub % 10 + 1:04}",
            f"Pembangunan dan rehabilitasi jalan kabupaten paket {sub}",
            f"5.1.02.{n % 7 + 1:02}.{n % 61 + 1:04}",
            f"Belanja barang dan jasa kegiatan {n}",
            "DAU" if n % 3 else "PAD",
            n * 1000,
            n * 730 + (changed and n % 100 == 0),
        )


def make(folder: Path, kind: str, rows: int, *, changed: bool = False) -> None:
    """A source with this many lines, and its hub.yaml."""
    fields = ", ".join(f"{field}: {column}" for field, column in FIELDS.items())
    (folder / "hub.yaml").write_text(HUB.format(source=SOURCES[kind], fields=fields), encoding="utf-8")
    columns = list(FIELDS.values())
    if kind == "sqlite":
        (folder / "keuangan.db").unlink(missing_ok=True)
        with sqlite3.connect(folder / "keuangan.db") as db:
            db.execute(f"CREATE TABLE anggaran ({', '.join(columns)}, PRIMARY KEY (id))")
            marks = ", ".join("?" * len(columns))
            db.executemany(f"INSERT INTO anggaran VALUES ({marks})", lines(rows, changed=changed))
        db.close()
    elif kind == "csv":
        with (folder / "keuangan.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([columns, *lines(rows, changed=changed)])
    else:
        book = openpyxl.Workbook(write_only=True)
        sheet = book.create_sheet("Anggaran")
        sheet.append(columns)
        for line in lines(rows, changed=changed):
            sheet.append(line)
        book.save(folder / "keuangan.xlsx")


def run(folder: Path, what: str) -> None:
    """Reads or syncs once and prints seconds and MB."""
    watch = Watch()
    watch.start()
    began = time.perf_counter()
    if what == "calamine":
        import python_calamine

        sheet = python_calamine.CalamineWorkbook.from_path(str(folder / "keuangan.xlsx")).get_sheet_by_index(0)
        assert sum(1 for _ in sheet.iter_rows())
    else:
        from simpul.compose import build_hub, load

        hub = build_hub(load(folder / "hub.yaml"))
        began = time.perf_counter()
        connector = hub.connectors["finance"]

        async def read() -> None:
            for part in await connector.parts("lines"):
                async for _ in connector.rows("lines", part):
                    pass
            await connector.aclose()

        async def sync() -> None:
            hub.open()
            report = await hub.syncer.sync("finance", full=True)
            assert report.outcome in ("CHANGED", "UNCHANGED"), report
            await connector.aclose()

        asyncio.run(read() if what == "read" else sync())
    seconds = time.perf_counter() - began
    print(json.dumps([seconds, watch.peak / 1e6]))


class Watch(threading.Thread):
    """Looks again and again how many bytes this process and its children have in memory: `peak` at most."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.peak = 0

    def run(self) -> None:
        """Goes on until the process ends."""
        while True:
            children = " ".join(path.read_text() for path in Path("/proc/self/task").glob("*/children")).split()
            self.peak = max(self.peak, sum(map(_resident, ["self", *children])))
            time.sleep(0.02)


def _resident(process: str) -> int:
    try:
        return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:  # it has just ended
        return 0


Measured = tuple[float, float]


def measure(folder: Path, what: str) -> Measured:
    """Seconds and MB of a run in a process of its own."""
    return _told([sys.executable, __file__, what, str(folder)], folder)


def measure_pandas(folder: Path, kind: str) -> Measured | None:
    """The same of pandas, where it is."""
    python = os.environ.get("PANDAS_PYTHON", sys.executable)
    if subprocess.run([python, "-c", "import pandas, openpyxl"], capture_output=True, check=False).returncode:
        return None
    return _told([python, "-c", PANDAS, kind], folder)


def _told(command: list[str], folder: Path) -> Measured:
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=folder)
    seconds, megabytes = json.loads(done.stdout.splitlines()[-1])
    return seconds, megabytes


def compare(folder: Path, kind: str, rows: int) -> dict[str, Measured]:
    """Everything that is measured of one source, the quickest of each."""
    found: dict[str, list[Measured]] = {}
    make(folder, kind, rows)
    for _ in range(RUNS):  # side by side: other work on the machine slows all of them
        for old in folder.glob("replica.db*"):
            old.unlink()
        found.setdefault("reading", []).append(measure(folder, "read"))
        if kind == "xlsx":
            found.setdefault("calamine", []).append(measure(folder, "calamine"))
        pandas = measure_pandas(folder, kind)
        if pandas is not None:
            found.setdefault("pandas", []).append(pandas)
        found.setdefault("first sync", []).append(measure(folder, "sync"))
        found.setdefault("unchanged", []).append(measure(folder, "sync"))
    make(folder, kind, rows, changed=True)
    found["1 % changed"] = [measure(folder, "sync")]
    return {what: min(runs) for what, runs in found.items()}


def main(rows: int) -> None:
    for kind in SOURCES:
        most = min(rows, MOST_IN_CSV) if kind == "csv" else rows
        for size in (most // 4, most):
            with tempfile.TemporaryDirectory() as folder:
                print(f"{kind}, {size:,} rows")
                report(compare(Path(folder), kind, size))


def report(found: dict[str, Measured]) -> None:
    """A line for each kind of run."""
    reading = found["reading"][0]
    for what, (seconds, megabytes) in found.items():
        line = f"  {what:12} {seconds:7.2f} s  {seconds / reading:5.1f} x reading"
        line += f"  {seconds / found['calamine'][0]:5.1f} x calamine" if "calamine" in found else ""
        line += f"  {seconds / found['pandas'][0]:5.2f} x pandas" if "pandas" in found else ""
        print(f"{line}  {megabytes:4.0f} MB", flush=True)


if __name__ == "__main__":
    if len(sys.argv) > 2:
        run(Path(sys.argv[2]), sys.argv[1])
    else:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else ROWS)
