"""A small hub of three sources in a folder; the command line and the server as processes that work on it."""

from __future__ import annotations

import io
import logging
import os
import re
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import httpx
import pytest

from simpul.cli import main
from tests.hubs import Ended, RunSimpul, Serve, Serving

ROOT = Path(__file__).parents[2]

HUB_YAML = """\
name: Kabupaten Uji
notice: DATA CONTOH
language: id
timezone: Asia/Makassar
replica: sqlite:///var/replica.db
cors: [http://localhost:*]

sources:
  planning:
    kind: spreadsheet
    path: data/usulan*.csv
    refresh: 1h
    datasets:
      usulan: {}
  finance:
    kind: sql
    url: sqlite:///data/keuangan.db
    refresh: 1h
    datasets:
      lines:
        table: ta_anggaran
        key: id
      paket:
        table: ta_paket
        key: kode
  inbox:
    kind: mailbox
    path: data/pengaduan.mbox
    refresh: manual

entities:
  Proposal:
    from: planning.usulan
    key: [file, number]
    fields:
      number: No
      title: Usulan
      estimatedCost: Biaya
      locationText: Lokasi
      proposer: Pengusul
      status:
        column: Status
        values:
          DITERIMA: ACCEPTED
          DITOLAK: REJECTED
  BudgetLine:
    from: finance.lines
    key: [lineId]
    fields:
      lineId: id
      accountCode: rekening
      accountName: uraian
      ceiling: pagu
      realised: realisasi
  Project:
    from: finance.paket
    fields:
      projectId: kode
      name: nama
      contractValue: nilai
  Complaint:
    from: inbox.threads
    fields:
      trackingId: trackingId
      title: subject
      text: text
      reporter: fromName
      reporterContact: fromAddress
      receivedAt: receivedAt
      projectCode:
        column: text
        pattern: (PKT-[0-9]+)
        optional: true

links:
  Proposal.budgetLines:
    rules:
      - crosswalk: links/usulan-anggaran.csv
  BudgetLine.projects:
    rules:
      - key:
          accountCode: name
  Project.complaints:
    rules:
      - key:
          projectId: projectCode
  Proposal.projects:
    via: [budgetLines, projects]
"""

USULAN = """\
No,Usulan,Lokasi,Biaya,Status,Pengusul
1,Rabat beton jalan dusun,RT 02 RW 01,125.000.000,DITERIMA,Ahmad
2,Sumur bor,Dusun Jaro,"1,5 M",DITERIMA,Siti
3,Posyandu,RT 03,75.000.000,DITOLAK,Rahma
4,Jembatan,RT 01,2.250.000.000,MENUNGGU,Budi
,Tanpa nomor,RT 09,10.000.000,DITERIMA,Tono
"""

MBOX = """\
From warga@contoh.example Tue Nov 10 08:00:00 2026
From: Warga <warga@contoh.example>
To: aduan@kab.example
Subject: Jalan rusak
Date: Tue, 10 Nov 2026 08:00:00 +0800
Message-ID: <satu@contoh.example>
Content-Type: text/plain; charset=utf-8

Paket PKT-1 belum selesai.

"""

CROSSWALK = """\
file,number,lineId
usulan-alas.csv,1,11
usulan-alas.csv,2,12
"""


def write_hub(folder: Path) -> Path:
    """Writes the small hub into a folder."""
    for name in ("data", "links"):
        (folder / name).mkdir(parents=True)
    (folder / "hub.yaml").write_text(HUB_YAML, encoding="utf-8")
    (folder / "data" / "usulan-alas.csv").write_text(USULAN, encoding="utf-8")
    (folder / "data" / "pengaduan.mbox").write_text(MBOX, encoding="utf-8")
    (folder / "links" / "usulan-anggaran.csv").write_text(CROSSWALK, encoding="utf-8")
    with closing(sqlite3.connect(folder / "data" / "keuangan.db")) as db:
        db.executescript(
            """
            CREATE TABLE ta_anggaran
              (id INTEGER PRIMARY KEY, rekening TEXT, uraian TEXT, pagu NUMERIC, realisasi NUMERIC);
            INSERT INTO ta_anggaran VALUES (11, '5.2.04', 'Belanja jalan', 125000000, 40000000);
            INSERT INTO ta_anggaran VALUES (12, '5.2.05', 'Sumur', 90000000, 0);
            CREATE TABLE ta_paket (kode TEXT PRIMARY KEY, nama TEXT, nilai NUMERIC);
            INSERT INTO ta_paket VALUES ('PKT-1', '5.2.04', 120000000);
            """
        )
    return folder


def environment(extra: dict[str, str] | None = None) -> dict[str, str]:
    """What a command sees: no language of the machine's own."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("LC_", "LANG", "SIMPUL", "PORT"))}
    return {**kept, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8", "COLUMNS": "200", **(extra or {})}


@pytest.fixture(scope="session")
def simpul() -> RunSimpul:
    """The command line in this process, with a console and a folder of its own: as a process it would start for a second."""

    def run(folder: Path, *arguments: str, env: dict[str, str] | None = None, stdin: str = "") -> Ended:
        out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", newline="") for _ in range(2))
        given = io.TextIOWrapper(io.BytesIO(stdin.encode()), encoding="utf-8")
        root = logging.getLogger()
        before = (Path.cwd(), dict(os.environ), root.handlers[:], root.level, sys.stdin, sys.stdout, sys.stderr)
        os.chdir(folder)
        os.environ.clear()
        os.environ.update(environment(env))
        sys.stdin, sys.stdout, sys.stderr = given, out, err
        code = 0
        try:
            main(arguments)
        except SystemExit as ended:
            code = int(ended.code or 0)
        finally:
            cwd, environ, root.handlers[:], level, sys.stdin, sys.stdout, sys.stderr = before
            root.setLevel(level)
            os.chdir(cwd)
            os.environ.clear()
            os.environ.update(environ)
        return Ended(code, _written(out), _written(err))

    return run


def _written(stream: io.TextIOWrapper) -> str:
    stream.flush()
    raw = stream.buffer
    assert isinstance(raw, io.BytesIO)
    return raw.getvalue().decode()


@pytest.fixture(scope="session")
def simpul_process() -> RunSimpul:
    """The command line as a process of its own."""

    def run(folder: Path, *arguments: str, env: dict[str, str] | None = None, stdin: str = "") -> Ended:
        ended = subprocess.run(
            [sys.executable, "-m", "simpul", *arguments],
            cwd=folder,
            env=environment(env),
            input=stdin.encode(),
            capture_output=True,
            timeout=60,
            check=False,
        )
        return Ended(ended.returncode, ended.stdout.decode(errors="replace"), ended.stderr.decode(errors="replace"))

    return run


@pytest.fixture
def hub_folder(tmp_path: Path) -> Path:
    """The small hub, not synced yet."""
    return write_hub(tmp_path / "hub")


@pytest.fixture(scope="module")
def synced_folder(tmp_path_factory: pytest.TempPathFactory, simpul: RunSimpul) -> Path:
    """The small hub after `simpul sync`; tests only read it."""
    folder = write_hub(tmp_path_factory.mktemp("synced") / "hub")
    ended = simpul(folder, "sync")
    assert ended.code == 0, ended
    return folder


@contextmanager
def serving(folder: Path, arguments: Sequence[str] = (), env: dict[str, str] | None = None) -> Iterator[Serving]:
    """`simpul serve` on a free port, stopped as Ctrl-C does it."""
    log = folder / "serve.log"
    with log.open("wb") as err:
        process = subprocess.Popen(
            [sys.executable, "-m", "simpul", "serve", "--port", "0", *arguments],
            cwd=folder,
            env=environment({"PYTHONUNBUFFERED": "1", **(env or {})}),
            stdout=subprocess.PIPE,
            stderr=err,
        )
    try:
        assert process.stdout is not None
        first = process.stdout.readline().decode(errors="replace")
        found = re.search(r"http://\S+", first)
        assert found, (first, log.read_text(errors="replace"))
        yield Serving(found[0], process, log)
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.communicate(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            raise


@pytest.fixture
def serve() -> Iterator[Serve]:
    with ExitStack() as stack:

        def start(folder: Path, *arguments: str, env: dict[str, str] | None = None) -> Serving:
            return stack.enter_context(serving(folder, arguments, env))

        yield start


@pytest.fixture(scope="module")
def server(synced_folder: Path) -> Iterator[Serving]:
    """A server over the synced hub."""
    with serving(synced_folder) as running:
        wait_until_ready(running.url)
        yield running


def wait_until_ready(url: str) -> None:
    """Asks /readyz until it says yes; the transport tries again while the socket is not answered."""
    for _ in range(400):
        if httpx.get(f"{url}/readyz", timeout=20).status_code == 200:
            return
    raise AssertionError("never ready")
