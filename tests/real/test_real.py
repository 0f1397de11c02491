"""Real files, by configuration alone: `simpul sync` and `simpul query` as a person would run them."""

from __future__ import annotations

import csv
import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.servers import Server, database_on

HERE = Path(__file__).parent
REAL = HERE.parents[2] / "shared" / "realdata"
pytestmark = pytest.mark.skipif(
    not REAL.is_dir(), reason="platform: the real files are not here; put shared/ beside the project to have them"
)


def run(folder: Path, *arguments: str, **secrets: str) -> str:
    command = [sys.executable, "-m", "simpul", *arguments, "--config", str(folder / "hub.yaml"), "--lang", "en"]
    done = subprocess.run(
        command, capture_output=True, text=True, cwd=HERE.parents[1], check=False, env={**os.environ, **secrets}
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def ask(folder: Path, query: Path, **secrets: str) -> Any:
    return json.loads(run(folder, "query", str(query), **secrets))["data"]


def rows(name: str) -> list[dict[str, str]]:
    """A real CSV as it is, to compare with what the hub says of it."""
    with (REAL / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def hub(folder: Path, name: str, files: Iterable[str] = ()) -> Path:
    """A folder with the hub.yaml of a regency, and copies of its real files."""
    shutil.copy(HERE / name / "hub.yaml", folder)
    (folder / "data").mkdir()
    for file in files:
        shutil.copy(REAL / file, folder / "data")
    return folder


def load(server: Server, name: str) -> None:
    """Loads a real dump as it is; its statements end at the end of a line."""
    dump = (REAL / name).read_text(encoding="utf-8")
    server.execute(*(statement for statement in re.split(r";[ ]*\n", dump) if statement.strip()))


@contextmanager
def on_mariadb(folder: Path, name: str, dump: str, variable: str) -> Iterator[tuple[Path, Server]]:
    """A regency's hub after a sync from its real dump on a server, and that server; `variable` gives its address to hub.yaml."""
    with database_on("mariadb") as server:
        load(server, dump)
        run(hub(folder, name), "sync", **{variable: server.url})
        yield folder, server


@pytest.fixture(scope="module")
def sumbawabarat(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Server]]:
    dump = "BagusHartiansyah-2G18__renja/ksb_musrenbang.sql"
    with on_mariadb(tmp_path_factory.mktemp("sumbawabarat"), "sumbawabarat", dump, "BAPPEDA_URL") as found:
        yield found


@pytest.fixture(scope="module")
def toba(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Server]]:
    dump = "putributarbutar53__prp2_toba/toba_projects_finance.sql"
    with on_mariadb(tmp_path_factory.mktemp("toba"), "toba", dump, "EPROJECT_URL") as found:
        yield found


@pytest.fixture(scope="module")
def wilayah(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The codes of Kemendagri and BPS in a hub, after a sync."""
    folder = hub(tmp_path_factory.mktemp("wilayah"), "wilayah", BPS)
    load_regions(folder)
    run(folder, "sync")
    return folder


@pytest.fixture(scope="module")
def bandung(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Bandung's units, lines and tenders in a hub, after a sync."""
    folder = hub(tmp_path_factory.mktemp("bandung"), "bandung", BANDUNG)
    run(folder, "sync")
    return folder


def test_kulon_progo_has_793_proposals_and_their_sum(tmp_path: Path) -> None:
    hub(tmp_path, "kulonprogo", ["ekoselter__csr/Rencana_program_csr24.xlsx"])

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


# Kemendagri's number of each district of Sumbawa and BPS's, as domain experts have set them side by side
DISTRICTS = {
    "02": "020", "05": "050", "06": "061", "07": "070", "08": "080", "09": "090", "10": "100", "11": "110",
    "12": "121", "13": "130", "14": "140", "17": "051", "18": "081", "19": "131", "20": "052", "21": "062",
    "22": "082", "23": "091", "24": "132", "25": "141", "26": "122", "27": "111", "28": "021", "29": "112",
}  # fmt: skip
BPS = [f"edwardsamuel__Wilayah-Administratif-Indonesia/bps_{name}.csv" for name in ("regencies", "districts")]
VILLAGES = "edwardsamuel__Wilayah-Administratif-Indonesia/bps_villages.csv"


def load_regions(folder: Path) -> None:
    """Kemendagri's dump as a database; SQLite does not know MySQL's engines."""
    dump = (REAL / "cahyadsn__wilayah" / "wilayah_kepmendagri_2025.sql").read_text(encoding="utf-8")
    with closing(sqlite3.connect(folder / "data" / "wilayah.db")) as db:
        db.executescript(dump.replace(" ENGINE=MyISAM", ""))


def test_sumbawa_has_24_districts_and_165_villages(wilayah: Path) -> None:
    data = ask(wilayah, HERE / "wilayah" / "sumbawa.graphql")

    assert data == {
        "region": {"name": "Kabupaten Sumbawa", "districts": {"totalCount": 24}},
        "villages": {"totalCount": 165},
    }


def test_the_codes_of_kemendagri_and_bps_stand_side_by_side(wilayah: Path) -> None:
    data = ask(wilayah, HERE / "wilayah" / "bps.graphql")

    pairs = {node["code"]: [code["value"] for code in node["codes"]["nodes"]] for node in data["regions"]["nodes"]}
    assert pairs == {"52.04": ["5204"]} | {f"52.04.{ours}": [f"5204{theirs}"] for ours, theirs in DISTRICTS.items()}
    assert data["apart"]["totalCount"] == 0
    # three of the names are written in one word by BPS, and tied all the same
    spelled = {node["name"] for node in data["regions"]["nodes"] for code in node["codes"]["nodes"]
               if code["name"] != node["name"].upper()}  # fmt: skip
    assert spelled == {"Batu Lanteh", "Moyo Hilir", "Moyo Hulu"}


@pytest.mark.skipif(
    not (REAL / VILLAGES).is_file(),
    reason="platform: BPS's list of villages is not among the real files; put csv/villages.csv of that repository there",
)
def test_villages_of_other_spelling_are_kept_apart(tmp_path: Path) -> None:
    hub(tmp_path, "desa", [*BPS, VILLAGES])
    load_regions(tmp_path)

    run(tmp_path, "sync")
    data = ask(tmp_path, HERE / "desa" / "desa.graphql")

    with closing(sqlite3.connect(tmp_path / "data" / "wilayah.db")) as db:
        villages = db.execute(
            "SELECT kode, nama FROM wilayah WHERE kode LIKE '52.04.%' AND length(kode) = 13"
        ).fetchall()
    theirs = {f"5204{bps}": f"52.04.{ours}" for ours, bps in DISTRICTS.items()}
    with (REAL / VILLAGES).open(encoding="utf-8", newline="") as file:
        codes = [row for row in csv.reader(file) if row[0].startswith("5204")]
    by_name = {
        (code[:8], "".join(c for c in name.casefold() if c.isalnum() or c == " ")): code for code, name in villages
    }
    expected = {
        (code, by_name[place])
        for code, district, name in codes
        if (place := (theirs[district], "".join(c for c in name.casefold() if c.isalnum() or c == " "))) in by_name
    }
    assert {(node["code"], node["region"]["code"]) for node in data["pairs"]["nodes"]} == expected
    assert data["villages"]["totalCount"] == 165
    assert data["equal"]["totalCount"] == len(expected)
    assert data["apart"]["totalCount"] == 165 - len(expected)
    assert data["codesApart"]["totalCount"] == len(codes) - len(expected)


BANDUNG = [
    f"msaworks__DataprepsITKP/bandung_{name}.csv" for name in ("satker_list", "rup_subkegiatan", "tender_pengumuman")
]


def test_bandung_s_tenders_meet_the_budget_of_their_own_agency(bandung: Path) -> None:
    data = ask(bandung, HERE / "bandung" / "laporan.graphql")

    # what a person finds: the lines with a code of the MAK that stand with a unit of the tender's SIPD code
    units, lines, tenders = (rows(name) for name in BANDUNG)
    sipd = {unit["kd_satker"]: unit["kd_satker_str"] for unit in units}
    repeated = {code for code, count in Counter(line["kd_subkegiatan_str"] for line in lines).items() if count > 1}
    expected = {}
    for tender in tenders:
        codes = {".".join(mak.split(".")[:6]) for mak in tender["mak"].split(";")}
        expected[tender["kd_tender"]] = {
            line["kd_subkegiatan"]
            for line in lines
            if line["kd_subkegiatan_str"] in codes and sipd[line["kd_satker"]] == tender["kd_satker_str"]
        }
    assert (len(lines), len(repeated), len(expected)) == (3949, 318, 70)

    answered = {node["projectId"]: node for node in data["projects"]["nodes"]}
    assert {
        key: {edge["node"]["lineId"] for edge in node["budgetLines"]["edges"]} for key, node in answered.items()
    } == expected
    assert {key: data[key]["totalCount"] for key in ("agencies", "budgetLines", "linesWithoutAgency")} == {
        "agencies": 336,
        "budgetLines": 3949,
        "linesWithoutAgency": 0,
    }
    assert data["budgetLines"]["aggregate"]["sum"]["ceiling"] == str(
        sum(int(line["pagu_subkegiatan"]) for line in lines)
    )
    # 69 codes are found: 66 in one line, 3 in two lines of the same agency, between which nothing in MAK decides
    assert [data[key]["totalCount"] for key in ("hits", "ties", "misses")] == [66, 3, 1]


def test_each_tender_of_bandung_says_why(bandung: Path) -> None:
    data = ask(bandung, HERE / "bandung" / "laporan.graphql")

    for node in data["projects"]["nodes"]:
        for edge in node["budgetLines"]["edges"]:
            assert edge["match"]["method"] == "KEY"
            assert "agency.code = agencyRaw" in edge["match"]["rule"]
            assert edge["node"]["agency"]["code"] == node["agencyRaw"]  # never a line of another agency
            assert edge["node"]["subActivityCode"] in node["subActivityCodes"]
    missed = [node for node in data["projects"]["nodes"] if not node["budgetLines"]["edges"]]
    assert [(node["projectId"], node["subActivityCodes"], node["agency"]) for node in missed] == [
        ("10070352000", None, None)  # the regency's water company: MAK is "-", its agency code "01"
    ]
    assert missed[0]["issues"] == [{"code": "PATTERN_NOT_FOUND", "field": "agency", "rawValue": "01", "cell": "F67"}]
    # three units of SIRUP carry the fire service's code: its tender has a line and no single agency
    unsure = [node["agencyRaw"] for node in data["projects"]["nodes"] if node["agency"] is None and node["agencyRaw"]]
    assert unsure == ["1.05.0.00.0.00.07.0000"]


def test_a_wish_of_sumbawa_barat_counts_once_over_its_stages(sumbawabarat: tuple[Path, Server]) -> None:
    folder, mariadb = sumbawabarat
    data = ask(folder, HERE / "sumbawabarat" / "usulan.graphql", BAPPEDA_URL=mariadb.url)

    counts = {name: found["totalCount"] for name, found in data.items() if "totalCount" in found}
    assert counts == {
        "rows": 588,
        "first": 201,
        "second": 204,
        "third": 183,
        "tied": 360,
        "lost": 0,  # every idJoin resolves
        "untied": 27,  # 387 later rows less 360: typed in again without idJoin
        "wishes": 588 - 360,  # the last row of each: 201 from the first stage on, and the 27
        "withPlace": 588,
    }
    ends = "SELECT {} FROM musrembang a WHERE NOT EXISTS (SELECT 1 FROM musrembang b WHERE b.idJoin = a.id)"
    assert data["wishes"]["totalCount"] == mariadb.ask(ends.format("count(*)"))
    assert Decimal(data["wishes"]["aggregate"]["sum"]["estimatedCost"]) == Decimal(
        str(mariadb.ask(ends.format("sum(CAST(paguAnggaran AS DECIMAL(20, 2)))")))
    )
    assert data["wishes"]["aggregate"]["known"]["estimatedCost"] == mariadb.ask(
        ends.format("count(*)") + " AND paguAnggaran <> '0'"
    )


def test_a_wish_of_sumbawa_barat_is_followed_back_to_its_first_stage(sumbawabarat: tuple[Path, Server]) -> None:
    folder, mariadb = sumbawabarat
    data = ask(folder, HERE / "sumbawabarat" / "usulan.graphql", BAPPEDA_URL=mariadb.url)

    (wish,) = data["one"]["nodes"]
    assert wish["provenance"] == {"source": "bappeda", "locator": "musrembang › 1802"}
    assert (wish["stage"], wish["estimatedCost"], wish["region"]) == ("AGENCY_FORUM", "169000000", {"name": "MENALA"})
    before = wish["previousStage"]
    assert (before["number"], before["stage"], before["estimatedCost"]) == (
        "1542",
        "SUBDISTRICT",
        None,
    )  # 0: not estimated
    assert (before["previousStage"]["number"], before["previousStage"]["stage"]) == ("1490", "PRE_SUBDISTRICT")


@pytest.mark.parametrize("page", ["README.md", "README.id.md"])
def test_the_readme_s_real_question_has_the_answer_it_shows(
    tmp_path: Path, sumbawabarat: tuple[Path, Server], page: str
) -> None:
    folder, mariadb = sumbawabarat
    blocks = re.findall(r"(?:^    .*\n)+", (HERE.parents[1] / page).read_text(encoding="utf-8"), re.MULTILINE)
    question, answer = next(pair for pair in pairwise(blocks) if "stageId" in pair[0])
    (tmp_path / "question.graphql").write_text(question, encoding="utf-8")

    assert ask(folder, tmp_path / "question.graphql", BAPPEDA_URL=mariadb.url) == json.loads(answer)


def test_what_toba_does_not_know_of_its_contracts_is_an_issue_and_no_fact(toba: tuple[Path, Server]) -> None:
    folder, mariadb = toba
    data = ask(folder, HERE / "toba" / "kontrak.graphql", EPROJECT_URL=mariadb.url)

    counts = {name: found["totalCount"] for name, found in data.items() if "totalCount" in found}
    assert counts == {
        "projects": 681,
        "noDate": 313 + 16,  # 1970-01-01, and 0000-00-00
        "noValue": 317,
        "zero": 0,
        "both": 315,
        "noNumber": 311 + 6,  # nothing, and "-"
        "withAgency": 681,
        "progressReports": 350,
        "reported": mariadb.ask("SELECT count(DISTINCT id_kegiatan) FROM data_kegiatan_detail"),
    }
    aggregate = data["projects"]["aggregate"]
    assert aggregate["known"] == {"contractValue": 364, "ceiling": 681}
    assert aggregate["unreadable"] == {"contractValue": 317, "ceiling": 0}
    assert Decimal(aggregate["sum"]["contractValue"]) == Decimal(
        str(mariadb.ask("SELECT sum(CAST(nilai AS DECIMAL(30, 2))) FROM ta_kontrak"))
    )
    assert mariadb.ask("SELECT count(*) FROM ta_kontrak WHERE date(tgl_kontrak) = '1970-01-01'") == 313
    assert mariadb.ask("SELECT count(*) FROM ta_kontrak WHERE nilai = 0") == 317


def test_each_fault_of_toba_s_contracts_stands_beside_its_cell(toba: tuple[Path, Server]) -> None:
    folder, mariadb = toba
    data = ask(folder, HERE / "toba" / "kontrak.graphql", EPROJECT_URL=mariadb.url)
    listed = list(csv.DictReader(run(folder, "rejects", "--csv", EPROJECT_URL=mariadb.url).splitlines()))

    assert Counter((row["Entity"], row["Field"], row["Value"]) for row in listed) == {
        ("Project", "contractDate", "1970-01-01 00:00:00"): 313,
        ("Project", "contractDate", "0000-00-00 00:00:00"): 16,
        ("Project", "contractValue", "0"): 317,
        ("ProgressReport", "asOf", "1970-01-01"): 1,
    }
    # what can be read stays as it is, also where one must ask
    contracts, reports = data["rows"]["nodes"], data["reports"]["nodes"]
    assert sum(Decimal(row["contractValue"] or 0) > Decimal(row["ceiling"]) for row in contracts) == 5
    assert sum(Decimal(row["physical"]) > Decimal(row["physicalTarget"]) for row in reports) == 16
    repeated = Counter(row["contractNumber"] for row in contracts if row["contractNumber"])
    assert sum(count > 1 for count in repeated.values()) == mariadb.ask(
        "SELECT count(*) FROM (SELECT trim(no_kontrak) FROM ta_kontrak WHERE no_kontrak NOT IN ('', '-')"
        " GROUP BY trim(no_kontrak) HAVING count(*) > 1) twice"
    )
