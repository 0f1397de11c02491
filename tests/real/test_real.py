"""Real files, by configuration alone: `simpul sync` and `simpul query` as a person would run them."""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
REAL = HERE.parents[2] / "shared" / "realdata"
pytestmark = pytest.mark.skipif(
    not REAL.is_dir(), reason="platform: the real files are not here; put shared/ beside the project to have them"
)


def run(folder: Path, *arguments: str) -> str:
    command = [sys.executable, "-m", "simpul", *arguments, "--config", str(folder / "hub.yaml"), "--lang", "en"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=HERE.parents[1], check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def ask(folder: Path, query: Path) -> Any:
    return json.loads(run(folder, "query", str(query)))["data"]


def test_kulon_progo_has_793_proposals_and_their_sum(tmp_path: Path) -> None:
    shutil.copy(HERE / "kulonprogo" / "hub.yaml", tmp_path)
    (tmp_path / "data").mkdir()
    shutil.copy(REAL / "ekoselter__csr" / "Rencana_program_csr24.xlsx", tmp_path / "data")

    run(tmp_path, "sync")
    data = ask(tmp_path, HERE / "kulonprogo" / "jumlah.graphql")

    aggregate = data["proposals"]["aggregate"]
    assert data["proposals"]["totalCount"] == 793
    assert aggregate["known"]["estimatedCost"] == 772
    # nine decimals are kept, so the last of them shows what the formulas of the sheet left behind; to the sen it is the
    # sheet's own total
    assert aggregate["sum"]["estimatedCost"] == "124438680083.029999983"
    assert round(Decimal(aggregate["sum"]["estimatedCost"]), 2) == Decimal("124438680083.03")
    assert aggregate["unreadable"]["estimatedCost"] <= 2  # two formulas have more than nine decimals; they are told


def test_sumbawa_has_24_districts_and_165_villages(tmp_path: Path) -> None:
    shutil.copy(HERE / "wilayah" / "hub.yaml", tmp_path)
    (tmp_path / "data").mkdir()
    dump = (REAL / "cahyadsn__wilayah" / "wilayah_kepmendagri_2025.sql").read_text(encoding="utf-8")
    with sqlite3.connect(tmp_path / "data" / "wilayah.db") as db:
        db.executescript(dump.replace(" ENGINE=MyISAM", ""))
    db.close()

    run(tmp_path, "sync")
    data = ask(tmp_path, HERE / "wilayah" / "sumbawa.graphql")

    assert data == {
        "region": {"name": "Kabupaten Sumbawa", "districts": {"totalCount": 24}},
        "villages": {"totalCount": 165},
    }
