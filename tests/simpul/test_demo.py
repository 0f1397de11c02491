"""`simpul demo` from an empty folder to an answered question, and what is left when it ends."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

ROOT = Path(__file__).parents[2]
ENV = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8", "PYTHONUNBUFFERED": "1", "SIMPUL_LANG": "id"}
LAST = re.compile(
    r"Kabupaten Sumbawa \(DATA CONTOH, bukan data resmi\) · Simpul berjalan: (http://127\.0\.0\.1:\d+) · 2\.4\d\d usulan, \d+ perlu diperbaiki → simpul rejects · "
    r"Ctrl-C untuk berhenti"
)


def command(folder: Path, *arguments: str) -> list[str]:
    return [sys.executable, "-m", "simpul", "demo", "--folder", str(folder), *arguments]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo") / "contoh"


def test_the_demo_answers_serves_and_stops_everything_on_ctrl_c(folder: Path) -> None:
    with subprocess.Popen(
        command(folder, "--port", "0"), env=ENV, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        lines = []
        for raw in process.stdout:
            lines.append(raw.decode().rstrip())
            if LAST.fullmatch(lines[-1]):
                break
        said = "\n".join(lines)
        found = LAST.fullmatch(lines[-1])
        assert found, said
        page = httpx.get(found[1], timeout=20).text
        allowed = httpx.get(f"{found[1]}/healthz", headers={"Origin": "http://localhost:5173"}, timeout=20).headers
        tracker = re.search(r"url: http://127\.0\.0\.1:(\d+)/api", (folder / "hub.yaml").read_text())
        assert tracker
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=20)

    answer = json.loads(said[said.index('\n{\n  "data"') : said.rindex("\n}") + 2])
    proposal = answer["data"]["proposal"]
    assert proposal["title"]
    assert proposal["budgetLines"]["edges"][0]["match"]["method"] == "CROSSWALK"
    assert sum(edge["node"]["complaints"]["totalCount"] for edge in proposal["projects"]["edges"]) > 0
    assert "errors" not in answer
    assert "DATA CONTOH, bukan data resmi" in page
    assert allowed["access-control-allow-origin"] == "http://localhost:5173"
    assert (process.returncode, out.decode().strip(), err.decode()) == (0, "Berhenti.", "")
    with socket.socket() as probe, pytest.raises(ConnectionRefusedError):
        probe.connect(("127.0.0.1", int(tracker[1])))


def test_a_second_time_it_answers_from_what_is_there_in_english_too(folder: Path) -> None:
    before = (folder / "data" / "musrenbang" / "Alas.xlsx").stat().st_mtime_ns

    ended = subprocess.run(
        command(folder, "--port", "0", "--once", "--lang", "en"), env=ENV, capture_output=True, timeout=60, check=False
    )

    assert (ended.returncode, ended.stderr.decode()) == (0, "")
    assert "One question, four applications:" in ended.stdout.decode()
    assert (folder / "data" / "musrenbang" / "Alas.xlsx").stat().st_mtime_ns == before


def test_a_port_in_use_is_told_before_anything_is_made(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        ended = subprocess.run(
            command(tmp_path / "none"), env={**ENV, "PORT": port}, capture_output=True, timeout=60, check=False
        )

    assert ended.returncode == 1
    assert ended.stderr.decode().startswith(f"Port {port} di 127.0.0.1 sedang dipakai program lain; coba --port ")
    assert not (tmp_path / "none").exists()
