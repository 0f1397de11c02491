"""Writes the sample regency into a folder: hub.yaml, the legacy applications' files, and what a hub must make of them."""

from __future__ import annotations

import csv
import hashlib
import json
from importlib.resources import files
from pathlib import Path

from simpul.demo.finance import write_finance
from simpul.demo.inbox import write_inbox
from simpul.demo.lists import add_lists, write_lists
from simpul.demo.regency import Place, Regency, make_regency
from simpul.demo.tracker import write_projects
from simpul.demo.truth import tell_truth
from simpul.demo.workbooks import write_workbooks

SEED = 5204
TRACKER_PORT = 8091
STAMP = ".contoh"


def generate(folder: Path, tracker_port: int = TRACKER_PORT, seed: int = SEED) -> bool:
    """Makes the regency in `folder`; the same seed makes the same one. A folder that holds it already is left alone but for
    the tracker's port in hub.yaml and the saved questions. Returns whether it was made."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "hub.yaml").write_text(hub_yaml(tracker_port), encoding="utf-8")
    _write_saved(folder / "queries")
    stamp = folder / STAMP
    version = _version(seed)
    if stamp.exists() and stamp.read_text(encoding="utf-8") == version:
        return False
    regency = make_regency(seed)
    lists = add_lists(regency, seed)
    skipped = write_workbooks(folder / "data" / "musrenbang", regency.proposals)
    _write_places(folder / "data" / "wilayah.csv", regency.places)
    write_lists(folder / "data", lists)
    write_finance(folder / "data" / "keuangan.db", regency)
    write_projects(folder / "data" / "proyek.json", regency)
    write_inbox(folder / "data" / "pengaduan.mbox", regency.complaints)
    _write_crosswalk(folder / "links" / "usulan-anggaran.csv", regency)
    truth = tell_truth(regency, lists, skipped)
    (folder / "truth.json").write_text(json.dumps(truth, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    stamp.write_text(version, encoding="utf-8")
    return True


def hub_yaml(tracker_port: int = TRACKER_PORT) -> str:
    """The regency's configuration."""
    text = files("simpul.demo").joinpath("hub.yaml").read_text(encoding="utf-8")
    return text.replace(f"127.0.0.1:{TRACKER_PORT}", f"127.0.0.1:{tracker_port}")


def question(name: str) -> str:
    """One of the ready questions: mission, districts, unlinked."""
    return files("simpul.demo").joinpath("queries", f"{name}.graphql").read_text(encoding="utf-8")


def mission_query() -> str:
    """The question that ties one proposal to its budget, its projects and the complaints about them."""
    return question("mission")


def _version(seed: int) -> str:
    """Changes when anything that writes the regency does."""
    digest = hashlib.sha256(str(seed).encode())
    for entry in sorted(files("simpul.demo").iterdir(), key=lambda entry: entry.name):
        if entry.name.endswith((".py", ".csv")):
            digest.update(entry.read_bytes())
    return digest.hexdigest()


def _write_saved(folder: Path) -> None:
    """The saved questions of the regency."""
    folder.mkdir(exist_ok=True)
    for entry in files("simpul.demo").joinpath("queries", "saved").iterdir():
        folder.joinpath(entry.name).write_bytes(entry.read_bytes())


def _write_places(path: Path, places: list[Place]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=";")
        writer.writerow(["KODE", "NAMA", "KODE BPS"])
        writer.writerows((place.code, place.name, place.bps) for place in places)


def _write_crosswalk(path: Path, regency: Regency) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=";")
        writer.writerow(["Berkas", "No Usulan", "ID Rinci", "Catatan"])
        writer.writerows(regency.crosswalk)
