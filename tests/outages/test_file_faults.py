"""A workbook to which happens what happens to workbooks in offices: the last good rows are served, and a good file heals it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import openpyxl
import pytest

from tests.outages.conftest import Open
from tests.outages.office import SUITES, Office, eventually, write_office

SUBJECT = """\
kind: spreadsheet
path: paket.xlsx
refresh: 1s
datasets: {paket: {}}
"""
TITLES = ["Jembatan", "Jalan", "Posyandu", "Irigasi", "Pasar", "Sumur"]
GONE = {"NO_FILE_MATCHED"}
BROKEN = {"FILE_SPECIAL", "FILE_DAMAGED", "FILE_IS_FOLDER", "DATA_FILE_EMPTY", "SOURCE_BUSY"}
FAULTS = ("trunc", "half", "delete", "dir", "fifo", "symlink-loop")


def write(path: Path, titles: list[str]) -> None:
    """A workbook of projects, whose cells stand in it as they are written."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["Kode", "Nama"])
    for number, title in enumerate(titles, 1):
        sheet.append([f"P-{number}", title])
    made = path.with_name("made.tmp")
    book.save(made)
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    made.replace(path)


class Desk:
    """A hub and the workbook that it reads."""

    def __init__(self, office: Office, folder: Path) -> None:
        self.office = office
        self.path = folder / "paket.xlsx"
        self.good = folder.parent / "good.xlsx"
        write(self.good, TITLES)

    def heal(self, titles: list[str] | None = None) -> None:
        """Puts a good workbook there, and waits until it is read."""
        write(self.path, titles or TITLES)
        eventually(lambda: self.office.names() == (titles or TITLES) and self.office.standing()["state"] == "FRESH", 40)

    def befall(self, mode: str, *more: str) -> None:
        """Does to the workbook what the suite knows."""
        script = SUITES / "filefaults.py"
        if not script.is_file():
            pytest.skip("platform: the file faults are not here; put shared/ beside the project to have them")
        command = [sys.executable, str(script), mode, str(self.path), str(self.good), *more]
        subprocess.run(command, check=True, capture_output=True, timeout=60)


@pytest.fixture(scope="module")
def desk(opened: Open, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    folder = write_office(tmp_path_factory.mktemp("files") / "hub", SUBJECT, "paket", "Kode", "Nama")
    write(folder / "paket.xlsx", TITLES)
    return Desk(opened(folder), folder)


@pytest.mark.parametrize("fault", FAULTS)
def test_the_last_good_rows_are_served_and_a_good_file_heals(desk: Desk, fault: str) -> None:
    desk.heal()
    before, handles = desk.office.tell(), desk.office.handles()
    desk.befall(fault)
    desk.office.holds(before, desk_reasons(fault))
    desk.heal([*TITLES, "Baru"])

    assert desk.office.handles() <= handles + 2


def desk_reasons(fault: str) -> set[str]:
    return GONE if fault in ("delete", "symlink-loop") else BROKEN | GONE


def test_a_file_that_is_written_in_place_is_never_read_in_part(desk: Desk) -> None:
    desk.heal()
    write(desk.good, [*TITLES, "Baru"])
    script = [sys.executable, str(SUITES / "filefaults.py"), "slow-inplace", str(desk.path), str(desk.good), "3"]
    if not Path(script[1]).is_file():
        pytest.skip("platform: the file faults are not here; put shared/ beside the project to have them")
    with subprocess.Popen(script, stdout=subprocess.DEVNULL) as writing:
        seen = []
        while writing.poll() is None:
            seen.append(tuple(desk.office.names()))
    eventually(lambda: len(desk.office.names()) == len(TITLES) + 1, 40)

    assert set(seen) <= {tuple(TITLES), (*TITLES, "Baru")}
    write(desk.good, TITLES)


def test_a_file_that_comes_and_goes_loses_nothing(desk: Desk) -> None:
    desk.heal()
    script = [sys.executable, str(SUITES / "filefaults.py"), "flicker", str(desk.path), str(desk.good), "3"]
    if not Path(script[1]).is_file():
        pytest.skip("platform: the file faults are not here; put shared/ beside the project to have them")
    with subprocess.Popen(script, stdout=subprocess.DEVNULL) as writing:
        while writing.poll() is None:
            assert desk.office.names() == TITLES
    desk.office.well()

    assert desk.office.names() == TITLES


@pytest.mark.parametrize("clock", ["future", "past"])
def test_a_clock_that_is_wrong_hides_no_change(desk: Desk, clock: str) -> None:
    desk.heal()
    desk.befall(clock)
    desk.office.next_try()
    assert desk.office.names() == TITLES
    write(desk.path, [*TITLES, "Baru"])
    desk.befall(clock)

    eventually(lambda: desk.office.names() == [*TITLES, "Baru"])


def test_a_change_that_leaves_size_and_time_as_they_were_is_noticed(desk: Desk) -> None:
    desk.heal()
    desk.office.next_try()
    # a workbook is packed, so that its letters can't be changed in place; another one of the same length can be put there
    was = desk.path.stat()
    write(desk.path, [title.replace("Jembatan", "Jembatxn") for title in TITLES])
    content = desk.path.read_bytes()
    desk.path.write_bytes(content.ljust(was.st_size, b"\0")[: max(was.st_size, len(content))])
    os.utime(desk.path, ns=(was.st_atime_ns, was.st_mtime_ns))

    eventually(lambda: desk.office.names()[0] == "Jembatxn")


def test_a_file_that_somebody_has_open_is_read_all_the_same(desk: Desk) -> None:
    desk.heal()
    desk.befall("lock")
    write(desk.path, [*TITLES, "Baru"])
    eventually(lambda: desk.office.names() == [*TITLES, "Baru"])
    for lock in (desk.path.with_name("~$paket.xlsx"), desk.path.with_name(".~lock.paket.xlsx#")):
        lock.unlink()


@pytest.mark.skipif(os.geteuid() == 0, reason="platform: root may read everything; run as somebody else")
def test_a_file_that_may_not_be_read_is_told(desk: Desk) -> None:
    desk.heal()
    before = desk.office.tell()
    desk.befall("noperm")
    desk.office.holds(before, {"SOURCE_BUSY"})
    desk.path.chmod(0o644)
    desk.office.well()


@pytest.mark.parametrize("left", [0, 2])
def test_a_file_that_has_lost_too_many_rows_is_not_taken(opened: Open, tmp_path: Path, left: int) -> None:
    folder = write_office(tmp_path / "hub", SUBJECT, "paket", "Kode", "Nama")
    many = [f"Paket {number}" for number in range(20)]
    write(folder / "paket.xlsx", many)
    desk = Desk(opened(folder), folder)
    before = desk.office.tell()
    write(desk.path, many[:left])
    desk.office.holds(before, {"SHRINK_GUARD"})
    desk.heal(many)


def test_a_column_that_is_called_otherwise_is_told(desk: Desk) -> None:
    desk.heal()
    before = desk.office.tell()
    book = openpyxl.load_workbook(desk.path)
    assert book.active is not None
    book.active["B1"] = "Nama Paket Pekerjaan"
    made = desk.path.with_name("made.tmp")
    book.save(made)
    made.replace(desk.path)
    desk.office.holds(before, {"COLUMN_UNKNOWN", "COLUMN_MISSING"})
    desk.heal()


def test_a_key_that_is_twice_there_is_set_aside(desk: Desk) -> None:
    desk.heal()
    book = openpyxl.load_workbook(desk.path)
    assert book.active is not None
    book.active.append(["P-1", "Lain"])
    made = desk.path.with_name("made.tmp")
    book.save(made)
    made.replace(desk.path)

    eventually(lambda: desk.office.names() == TITLES[1:])
    desk.heal()


def test_a_hub_starts_with_its_file_missing_and_heals_when_it_comes(opened: Open, tmp_path: Path) -> None:
    folder = write_office(tmp_path / "hub", SUBJECT, "paket", "Kode", "Nama")
    office = opened(folder)
    down = office.tell()
    write(folder / "paket.xlsx", TITLES)
    office.well()

    assert (down.projects, down.proposals) == (None, {"nodes": [{"title": "Rabat beton"}]})
    assert [(error["path"], error["extensions"]["code"]) for error in down.errors] == [
        (["projects"], "SOURCE_UNAVAILABLE")
    ]
    assert office.names() == TITLES
