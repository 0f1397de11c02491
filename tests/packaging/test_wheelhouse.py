"""What `make wheelhouse` gathers installs and runs on a machine without internet and without this checkout."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def apart() -> list[str]:
    """What runs a command with no network but its own loopback; nothing where that is not allowed."""
    if shutil.which("unshare") is None or shutil.which("ip") is None:
        return []
    alone = ["unshare", "--net", "sh", "-c", 'ip link set lo up && exec "$@"', "sh"]
    return alone if subprocess.run([*alone, "true"], capture_output=True, check=False).returncode == 0 else []


@pytest.fixture(scope="module")
def wheels() -> Path:
    made = subprocess.run(["make", "wheelhouse"], cwd=ROOT, capture_output=True, text=True, check=False)
    if made.returncode and "pip download" in made.stdout and "build" not in made.stderr:
        pytest.skip("platform: no package index is in reach, from which the dependencies could be gathered")
    assert made.returncode == 0, made.stdout + made.stderr
    return ROOT / "dist" / "wheelhouse"


def run(folder: Path, encoding: str, *command: str | Path) -> str:
    """Runs a command in a folder, apart from the network, on a console of an encoding."""
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "PYTHONIOENCODING": encoding, "LANG": "C.UTF-8"}
    done = subprocess.run(
        [*apart(), *map(str, command)],
        cwd=folder,
        env=environment,
        capture_output=True,
        encoding=encoding,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def installed(wheels: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The command, installed on the console that knows fewer signs."""
    folder = tmp_path_factory.mktemp("machine")
    run(folder, "cp437", sys.executable, "-m", "venv", "v")
    install = ("install", "--no-index", "--disable-pip-version-check", "--find-links", wheels, "simpul")
    run(folder, "cp437", "v/bin/pip", *install)
    return folder / "v" / "bin" / "simpul"


@pytest.mark.parametrize("encoding", ["utf-8", "cp437"])
def test_without_internet_it_installs_and_answers_the_mission_query(
    installed: Path, tmp_path: Path, encoding: str
) -> None:
    said = run(tmp_path, encoding, installed, "demo", "--once", "--port", "0", "--folder", "contoh")

    assert '"CROSSWALK"' in said and "DATA CONTOH, bukan data resmi" in said
    assert (tmp_path / "contoh" / "truth.json").exists()

    run(tmp_path, encoding, installed, "init", "kab", "--lang", "en")
    config = ("--config", "kab/hub.yaml")
    checked = run(tmp_path, encoding, installed, "check", *config)
    assert "no problems; 1 source, 1 entity, 1 saved question." in checked
    run(tmp_path, encoding, installed, "sync", *config)
    answer = run(tmp_path, encoding, installed, "query", "kab/queries/usulan.graphql", *config)
    assert '"totalCount": 4' in answer
