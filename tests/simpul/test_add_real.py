"""Workbooks of real offices: a folder of them is in the graph after `add`, `sync` and `query`, every understood row of it."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

from tests.hubs import RunSimpul

REAL = Path(__file__).parents[3] / "shared" / "realdata"
FOLDERS = {
    "works": [
        "yudhiandrian__prp2pemkab/pakpak_kegiatan_fisik.xlsx",
        "vaskoyudha__LPSE-X/lkpp_monitoring_rup_realisasi.xlsx",
        "rian-andri-waskito-119140030__Dashboard-Realisasi-Anggaran/lamsel_lra_april.xlsx",
    ],
    "plans": [
        "ekoselter__csr/Rencana_program_csr24.xlsx",
        "MIAbidin__sipokir/template_pokir_sipd.xlsx",
        "farizmahad__bpkad/cimahi_rencana_aksi_2018.xlsx",
    ],
    "procurement": [
        "msaworks__DataprepsITKP/bandung_tender_pengumuman.csv",
        "msaworks__DataprepsITKP/bandung_satker_list.csv",
        "msaworks__DataprepsITKP/bandung_rup_program.csv",
    ],
}

pytestmark = pytest.mark.skipif(
    not REAL.is_dir(), reason="platform: the real files are not here; put shared/ beside the project to have them"
)


@pytest.mark.parametrize("name", FOLDERS)
def test_a_folder_of_an_office_is_in_the_graph_without_an_editor(simpul: RunSimpul, tmp_path: Path, name: str) -> None:
    (tmp_path / "data").mkdir()
    for file in FOLDERS[name]:
        shutil.copy(REAL / file, tmp_path / "data")

    added = simpul(tmp_path, "add", "data", "--yes", "--lang", "en")
    checked = simpul(tmp_path, "check", "--lang", "en")
    synced = simpul(tmp_path, "sync", "--lang", "en")

    assert (added.code, checked.code, synced.code) == (0, 0, 0), added.err + checked.err + synced.err
    understood = sum(
        int(count.replace(",", "")) for count in re.findall(r"header in row .*?, ([\d,]+) record", added.out)
    )
    rows = [line.split() for line in synced.out.splitlines() if " changed " in line]
    assert sum(int(row[4].replace(",", "")) for row in rows) == understood > 0
    assert {row[5] for row in rows} == {"0"}, "rejects"
    question = re.search(r"echo '(.*)' \| simpul query -", added.out)
    assert question is not None
    answered = simpul(tmp_path, "query", "-", stdin=question[1])
    (connection,) = json.loads(answered.out)["data"].values()
    assert connection["totalCount"] > 0
