"""Personal data planted in every source are in no answer, error, page, log or list of rejects."""

from __future__ import annotations

import io
import json
import logging
import re
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest

from simpul.logs import REQUEST_ID, MaskedFormatter, set_up_logging
from tests.hubs import RunSimpul, Serve, Serving

SUITE = Path(__file__).parents[3] / "shared" / "suites" / "canary_scan.py"

OWN = {
    "nik": "3374051212650123",
    "nik_woman": "3322075603850456",
    "kk": "3374011212650789",
    "phone": "+62 812-3456-7890",
    "phone_local": "085712345678",
    "phone_landline": "(024) 8123456",
    "email": "korban.123456@contoh-desa.id",
    "npwp": "12.345.678.9-012.345",
    "rekening": "BRI 123456789012345",
    "address": "Jl. Kenari12345 RT 03/RW 05",
}

QUERIES = """\
{ proposals(first: 100) { nodes { id number title locationText status statusRaw proposer estimatedCost
    provenance { locator file cell(field: "title") money: cell(field: "estimatedCost") who: cell(field: "proposer")
      state: cell(field: "status") }
    issues { code field rawValue cell message en: message(language: EN) } } } }
---
{ complaints { nodes { title text reporter reporterContact attachments
    provenance { locator who: cell(field: "reporter") contact: cell(field: "reporterContact") t: cell(field: "text") }
    issues { rawValue message } } } }
---
{ budgetLines { nodes { accountName realised provenance { cell(field: "realised") } issues { rawValue message } } } }
---
{ rejects { nodes { source locator cell rawValue message } } sources { nodes { name problem } } }
---
{ proposals(where: {proposer: {eq: "x"}}) { totalCount } }
---
{ proposals(orderBy: [{proposer: ASC}]) { totalCount } }
---
{ proposals { nodes { proposerr } } }
---
{ proposals { aggregate { min { title locationText } max { title locationText } } } }
"""


@pytest.fixture(params=["own", "suite"])
def planted(request: pytest.FixtureRequest) -> dict[str, str]:
    """The planted values: ours, and fresh ones where the suite that makes them stands beside the repository."""
    if request.param == "own":
        return OWN
    if not SUITE.exists():
        pytest.skip("platform: the scanner is not here; put shared/ beside the project to have it")
    made = subprocess.run([sys.executable, str(SUITE), "plant"], capture_output=True, check=True).stdout
    values: dict[str, str] = json.loads(made)
    return values


def plant(folder: Path, values: dict[str, str]) -> None:
    """Puts the values into cells, subjects, bodies, user names and attachments; the address, which has no shape by which
    it could be known, only where a field is sensitive."""
    shaped = {name: value for name, value in values.items() if name != "address"}
    everything = " ".join(values.values())
    rows = []
    for number, (name, value) in enumerate(shaped.items(), 10):
        rows.append(
            [
                str(number),
                f"Bantuan {name} {value} segera",
                f"dekat {value}",
                f"lihat {value}",
                f"hubungi {value}",
                everything,
            ]
        )
    rows.append(["", f"Tanpa nomor {values['nik']}", values["phone"], "1", "DITERIMA", everything])
    with (folder / "data" / "usulan-alas.csv").open("a", encoding="utf-8") as table:
        table.writelines(",".join(f'"{cell}"' for cell in row) + "\n" for row in rows)
    with closing(sqlite3.connect(folder / "data" / "keuangan.db")) as db, db:
        for number, value in enumerate(shaped.values(), 100):
            db.execute("INSERT INTO ta_anggaran VALUES (?, '5.2', ?, 1, ?)", (number, f"Honor {value}", f"rek {value}"))
    with (folder / "data" / "pengaduan.mbox").open("a", encoding="utf-8") as box:
        for number, value in enumerate(shaped.values()):
            box.write(
                f"From x@y.example Tue Nov 10 08:00:00 2026\n"
                f'From: "{values["address"]} {values["nik"]}" <{values["email"]}>\n'
                f"Subject: Lapor {value}\nDate: Tue, 10 Nov 2026 08:00:00 +0800\nMessage-ID: <{number}@y.example>\n"
                f"Content-Type: text/plain; charset=utf-8\n\nSaya {value} mengadu.\n\n"
            )


def hits(text: str, values: dict[str, str]) -> list[str]:
    """The names of values of which a text holds all, or all of the digits whatever stands between them."""
    flat = re.sub(r"(?<=\d)[ .\-()/]{1,2}(?=\d)", "", text)
    found = []
    for name, value in values.items():
        digits = re.sub(r"\D", "", value)
        if value in text or (len(digits) >= 8 and "@" not in value and digits.removeprefix("62") in flat):
            found.append(name)
    return found


def test_nothing_planted_comes_out_again(
    serve: Serve, simpul: RunSimpul, hub_folder: Path, planted: dict[str, str], tmp_path: Path
) -> None:
    plant(hub_folder, planted)
    synced = simpul(hub_folder, "sync")
    running = serve(hub_folder)

    told = {
        "sync": synced.out + synced.err,
        "rejects": simpul(hub_folder, "rejects").out,
        "csv": simpul(hub_folder, "rejects", "--csv").out,
        "check": simpul(hub_folder, "check").err,
        "page": httpx.get(running.url, timeout=20).text,
    }
    for number, query in enumerate(QUERIES.split("---")):
        told[f"query {number}"] = httpx.post(f"{running.url}/graphql", json={"query": query}, timeout=20).text
    told["log"] = running.log.read_text(encoding="utf-8")

    answer = json.loads(told["query 0"])
    nodes = answer["data"]["proposals"]["nodes"]
    assert len(nodes) > len(planted)
    assert all(node["proposer"] in ("***", None) for node in nodes)
    assert "[NIK]" in told["query 0"]
    assert "[telepon]" in told["csv"]
    assert {where: found for where, text in told.items() if (found := hits(text, planted))} == {}
    if SUITE.exists():
        _scan(planted, running, told, tmp_path)


def _scan(planted: dict[str, str], running: Serving, told: dict[str, str], folder: Path) -> None:
    """The suite's own look, which knows more disguises."""
    (folder / "canaries.json").write_text(json.dumps(planted))
    (folder / "queries.graphql").write_text(QUERIES)
    (folder / "told").mkdir()
    for name, text in told.items():
        (folder / "told" / name).write_text(text, encoding="utf-8")
    arguments = [
        "scan",
        "canaries.json",
        "--url",
        f"{running.url}/graphql",
        "--queries",
        "queries.graphql",
        "--path",
        "told",
    ]
    scanned = subprocess.run([sys.executable, str(SUITE), *arguments], cwd=folder, capture_output=True, check=False)
    assert scanned.returncode == 0, scanned.stdout.decode()


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """A log of its own, in the form that every command writes."""
    stream = io.StringIO()
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    set_up_logging(["rahasia/kuat", "abc"], stream=stream)
    yield stream
    root.handlers[:] = before
    root.setLevel(level)


def test_a_log_line_has_neither_personal_data_nor_secrets_nor_forged_lines(log: io.StringIO) -> None:
    token = REQUEST_ID.set("r-1")
    try:
        raise ValueError(f"bad value {OWN['nik']} for rahasia/kuat")
    except ValueError:
        logging.getLogger("simpul.x").exception("telp %s\nINFO forged rahasia%%2Fkuat %s", OWN["phone"], "abc")
    finally:
        REQUEST_ID.reset(token)

    text = log.getvalue()
    assert hits(text, OWN) == []
    assert "rahasia" not in text
    assert " ERROR simpul.x [r-1] telp [telepon] ⏎ INFO forged *** abc\n" in text  # too short to be told from words
    assert "ValueError: bad value [NIK] for ***" in text


def test_the_formatter_leaves_an_ordinary_line_as_it_is() -> None:
    record: Any = logging.LogRecord("simpul", logging.INFO, "x.py", 1, "%d rows from %s", (12, "Alas.xlsx"), None)

    assert MaskedFormatter([]).format(record).endswith(" INFO simpul 12 rows from Alas.xlsx")
