"""The hub over the sample regency reports exactly what was planted in it."""

from __future__ import annotations

import asyncio
import io
import json
import mailbox
import re
import shlex
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal
from importlib.resources import files
from pathlib import Path
from typing import Any, cast
from uuid import uuid4

import openpyxl
import pytest

from resolvers.engine import Answer, Request
from simpul.compose import Hub, build_hub, load
from simpul.demo.generate import SEED, generate, mission_query, question
from simpul.demo.regency import SHOWCASE, YEAR, make_regency
from simpul.formats import Locale
from simpul.tables import Form, write_table
from tests.replicas import drop_schemas, postgres

RUNNER = asyncio.Runner()  # one loop for the whole module, as a hub has one


@pytest.fixture(scope="module")
def regency(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Hub]]:
    folder = tmp_path_factory.mktemp("regency")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    assert generate(folder, port) is True
    assert generate(folder, port) is False  # it is there already
    command = [sys.executable, "-m", "simpul.demo.tracker", "--port", str(port), "--data", str(folder / "data")]
    with subprocess.Popen(command) as tracker:
        hub = build_hub(load(folder / "hub.yaml"))
        hub.open()
        _wait(port)

        async def sync() -> None:
            for source in hub.config.sources:
                report = await hub.syncer.sync(source)
                assert report.problems == []
                assert all(count.added == count.records for count in report.counts.values())  # none that was set aside

        RUNNER.run(sync())
        yield folder, hub
        RUNNER.run(hub.close())
        RUNNER.close()
        tracker.terminate()


def _wait(port: int) -> None:
    for _ in range(100):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.1)
    raise TimeoutError("the tracker does not answer")


@pytest.fixture(scope="module")
def truth(regency: tuple[Path, Hub]) -> Any:
    return json.loads((regency[0] / "truth.json").read_text(encoding="utf-8"))


def ask(regency: tuple[Path, Hub], query: str, **variables: object) -> Answer:
    return RUNNER.run(regency[1].engine.execute(Request(query, variables)))


def test_the_saved_questions_of_the_sample_hold_what_was_planted(regency: tuple[Path, Hub], truth: Any) -> None:
    hub = regency[1]
    tables: dict[str, list[dict[str, Any]]] = {}
    for saved in hub.saved.all("id"):
        assert saved.findings == ()
        written = io.BytesIO()
        asked = Request(saved.text, {}, language="id")
        answer = RUNNER.run(write_table(hub.engine, asked, (), Form.JSON, Locale.EN, written)).answer
        assert answer.errors == ()
        tables[saved.name] = json.loads(written.getvalue(), parse_float=Decimal)
    answered: Any = ask(regency, "{ complaints(where: {answered: {eq: false}}) { totalCount } }").data

    counts = {name: len(tables[name]) for name in ("usulan", "anggaran", "pengaduan")}
    dashboards, worklists = {"serapan-kas", "corong", "proyek-tertinggal"}, {*WORKLISTS, "cakupan"}
    assert set(tables) == {*counts, *dashboards, *worklists}
    assert counts == {
        "usulan": truth["entities"]["Proposal"]["current"],
        "anggaran": truth["entities"]["BudgetLine"]["current"],
        "pengaduan": answered["complaints"]["totalCount"],
    }
    assert 0 < len(tables["pengaduan"]) < truth["entities"]["Complaint"]["records"]
    for table, column, figure in (
        ("usulan", "estimatedCost", "Proposal.estimatedCost"),
        ("anggaran", "ceiling", "BudgetLine.ceiling"),
        ("anggaran", "realised", "BudgetLine.realised"),
    ):
        assert sum(row[column] or 0 for row in tables[table]) == Decimal(truth["sums"][figure])


ENTITIES = [
    "Proposal",
    "Assessment",
    "Response",
    "Attachment",
    "PublicService",
    "PublicInformation",
    "AgencyCode",
    "BudgetLine",
    "CashFlowMonth",
    "Project",
    "ProgressReport",
    "Complaint",
    "Region",
    "RegionCode",
    "Agency",
    "FiscalYear",
    "BudgetDocument",
]


@pytest.mark.parametrize("entity", ENTITIES)
def test_records_issues_and_rejects_are_those_that_were_planted(
    regency: tuple[Path, Hub], truth: Any, entity: str
) -> None:
    plural = regency[1].config.catalogue[entity].plural
    answer: Any = ask(
        regency, "{ all: %s(scope: ALL) { totalCount } current: %s { totalCount } }" % (plural, plural)
    ).data
    db = sqlite3.connect(regency[1].database.where)
    issues = db.execute(
        "SELECT json_extract(value, '$.code') || ' ' || json_extract(value, '$.field'), count(*)"
        f' FROM "e_{entity}", json_each(_issues) WHERE _live = 1 GROUP BY 1'
    )
    rejects: Any = ask(
        regency,
        'query ($e: String) { rejects(where: {entity: {eq: $e}, source: {ne: "links"}}, first: 1000) { nodes { code locator } } }',
        e=entity,
    ).data

    expected = truth["entities"][entity]
    assert answer["all"]["totalCount"] == expected["records"]
    assert answer["current"]["totalCount"] == expected.get("current", expected["records"])
    assert dict(issues.fetchall()) == expected.get("issues", {})
    by_code: dict[str, int] = {}
    for reject in rejects["rejects"]["nodes"]:
        by_code[reject["code"]] = by_code.get(reject["code"], 0) + 1
    assert by_code == expected.get("rejects", {})
    db.close()


LINKS = [
    "Proposal.region",
    "Proposal.agency",
    "Proposal.budgetLines",
    "BudgetLine.projects",
    "Proposal.projects",
    "Project.complaints",
    "BudgetLine.cashFlow",
    "Project.progress",
    "Proposal.assessments",
    "Complaint.responses",
    "Complaint.files",
    "Response.files",
    "FiscalYear.versions",
    "BudgetDocument.budgetLines",
    "PublicService.agency",
    "PublicInformation.agency",
    "RegionCode.region",
    "AgencyCode.agency",
]


@pytest.mark.parametrize("name", LINKS)
def test_links_tie_what_belongs_together(regency: tuple[Path, Hub], truth: Any, name: str) -> None:
    source, link = name.split(".")
    to = regency[1].config.catalogue[source].link(link)
    assert to is not None
    db = sqlite3.connect(regency[1].database.where)
    (count,) = db.execute(
        f'SELECT count(*) FROM "l_{source}.{link}" l JOIN "e_{source}" a ON a._id = l.a JOIN "e_{to.to}" b ON b._id = l.b'
        " WHERE l.status = 'ACCEPTED' AND a._current = 1 AND b._current = 1"
    ).fetchone()
    db.close()

    assert count == truth["links"][name]


def test_a_wish_counts_once_and_its_earlier_stage_can_be_asked(regency: tuple[Path, Hub], truth: Any) -> None:
    answer: Any = ask(
        regency,
        """{ tied: proposals(where: {previousStageMatch: {isNull: false}}) { totalCount }
            villages: proposals(scope: ALL, where: {stage: {eq: VILLAGE}}) { totalCount }
            left: proposals(where: {stage: {eq: VILLAGE}}) { totalCount }
            again: proposals(where: {previousStage: {stage: {eq: VILLAGE}}}) { totalCount }
            proposal(by: {key: {file: "Alas.xlsx", number: "117"}}) {
                stage previousStage { number stage nextStages { nodes { number } } } previousStageMatch { method } }
            early: proposal(by: {key: {number: "D-0001"}}) { nextStages(scope: CURRENT) { totalCount } } }""",
    ).data
    wishes = truth["entities"]["Proposal"]

    assert answer["tied"]["totalCount"] == answer["again"]["totalCount"] == truth["links"]["Proposal.previousStage"]
    assert answer["villages"]["totalCount"] - answer["left"]["totalCount"] == wishes["records"] - wishes["current"]
    assert answer["proposal"] == {
        "stage": "SUBDISTRICT",
        "previousStage": {"number": "D-0001", "stage": "VILLAGE", "nextStages": {"nodes": [{"number": "117"}]}},
        "previousStageMatch": {"method": "KEY"},
    }
    assert answer["early"]["nextStages"]["totalCount"] == 1


def test_scope_decides_which_versions_of_the_budget_count(regency: tuple[Path, Hub], truth: Any) -> None:
    answer: Any = ask(
        regency,
        """{ lines: budgetLines(first: 1000) { totalCount nodes { lineId versionNo
                versions(orderBy: [{versionNo: ASC}]) { totalCount nodes { versionNo ceiling previousCeiling } }
                null: versions(scope: null) { totalCount }
                now: versions(scope: CURRENT) { nodes { versionNo } } } }
            all: budgetLines(scope: ALL) { totalCount aggregate { sum { ceiling } } }
            proposals(where: {budgetLines: {count: {gt: 0}}}) { totalCount } }""",
    ).data
    lines, budget = answer["lines"]["nodes"], truth["entities"]["BudgetLine"]

    assert (answer["lines"]["totalCount"], answer["all"]["totalCount"]) == (budget["current"], budget["records"])
    assert answer["all"]["aggregate"]["sum"]["ceiling"] == truth["sums"]["BudgetLine.ceiling of all versions"]
    assert sum(line["versions"]["totalCount"] for line in lines) == budget["records"]
    assert answer["proposals"]["totalCount"] == truth["links"]["proposalsWithBudget"]
    for line in lines:
        found = line["versions"]["nodes"]
        assert line["null"] == {"totalCount": len(found)}
        assert [version["versionNo"] for version in found] == list(range(1, line["versionNo"] + 1))
        assert [v["previousCeiling"] for v in found[1:]] == [v["ceiling"] for v in found[:-1]]
        assert line["now"]["nodes"] == [{"versionNo": line["versionNo"]}]


def test_a_version_of_the_budget_has_its_lines(regency: tuple[Path, Hub], truth: Any) -> None:
    answer: Any = ask(
        regency,
        """{ fiscalYear(by: {key: {year: 2026}}) { versions(orderBy: [{versionNo: ASC}]) { nodes {
            version active decidedAt regulationNumber year { year }
            budgetLines { totalCount } all: budgetLines(scope: ALL) { aggregate { count sum { ceiling } } } } } } }""",
    ).data
    versions = answer["fiscalYear"]["versions"]["nodes"]
    budget = truth["entities"]["BudgetLine"]

    assert [(v["version"], v["active"], v["decidedAt"]) for v in versions] == [
        ("ORIGINAL", False, "2025-12-28"),
        ("SHIFT", False, "2026-04-10"),
        ("AMENDED", True, None),
    ]
    assert sum(v["budgetLines"]["totalCount"] for v in versions) == budget["current"]
    assert sum(v["all"]["aggregate"]["count"] for v in versions) == budget["records"]
    assert versions[0]["all"]["aggregate"]["count"] == budget["current"]  # every line stands in the original budget


def test_names_and_sizes_of_files_are_those_that_were_sent(regency: tuple[Path, Hub], truth: Any) -> None:
    answer: Any = ask(
        regency,
        """{ attachments(first: 1000) { nodes { name size complaint { trackingId files { totalCount } }
            response { complaint { trackingId } } } } }""",
    ).data
    files = answer["attachments"]["nodes"]

    assert sorted([file["name"], file["size"]] for file in files) == truth["attachments"]
    for file in files:
        assert file["complaint"]["files"]["totalCount"] >= 1
        if file["response"] is not None:
            assert file["response"]["complaint"]["trackingId"] == file["complaint"]["trackingId"]


def test_from_a_proposal_to_everything_that_belongs_to_it(regency: tuple[Path, Hub], truth: Any) -> None:
    answer = ask(
        regency,
        """{ proposal(by: {key: {file: "Alas.xlsx", number: "117"}}) {
            assessments { nodes { by amount note agency { name } proposal { number } } }
            agency { publicServices { totalCount } publicInformation { totalCount } codes { nodes { scheme value } } }
            region { parent { codes { nodes { scheme value region { code } } } } }
            projects { nodes { complaints { nodes { responses { totalCount nodes { text } } files { totalCount } } } } } } }""",
    )
    proposal: Any = answer.data and answer.data["proposal"]

    assert answer.errors == ()
    assert [one["by"] for one in proposal["assessments"]["nodes"]] == ["AGENCY", "SUBDISTRICT"]
    assert proposal["assessments"]["nodes"][0]["proposal"]["number"] == "117"
    assert proposal["assessments"]["nodes"][0]["agency"]["name"] == "Dinas Pekerjaan Umum dan Penataan Ruang"
    assert proposal["agency"]["publicServices"]["totalCount"] > 0
    assert proposal["agency"]["publicInformation"]["totalCount"] > 0
    assert {code["scheme"] for code in proposal["agency"]["codes"]["nodes"]} == {"SIPD", "SIRUP"}
    assert proposal["region"]["parent"]["codes"]["nodes"] == [
        {"scheme": "BPS", "value": "5204050", "region": {"code": "52.04.05"}}
    ]


def test_the_regency_has_its_codes_in_five_schemes(regency: tuple[Path, Hub]) -> None:
    answer: Any = ask(
        regency,
        '{ region(by: {key: {code: "52.04"}}) { codes { nodes { scheme value validFrom validTo aliases } } } }',
    ).data
    codes = {code["scheme"]: code for code in answer["region"]["codes"]["nodes"]}

    assert {scheme: code["value"] for scheme, code in codes.items()} == {
        "KEMENDAGRI": "52.04", "BPS": "5204", "DJPK": "23.06", "SIRUP": "14982", "EKATALOG": "313"
    }  # fmt: skip
    assert codes["KEMENDAGRI"]["aliases"] == ["Kab. Sumbawa", "Sumbawa Besar"]
    assert (codes["DJPK"]["validFrom"], codes["DJPK"]["validTo"]) == ("2004-01-01", None)


def test_crosswalk_rows_that_point_to_nothing_are_rejects(regency: tuple[Path, Hub], truth: Any) -> None:
    answer: Any = ask(
        regency, '{ rejects(where: {source: {eq: "links"}}) { nodes { code locator message(language: EN) } } }'
    ).data

    nodes = answer["rejects"]["nodes"]
    assert len(nodes) == truth["entities"]["links"]["rejects"]["CROSSWALK_NO_MATCH"]
    assert all(node["locator"].startswith("links/usulan-anggaran.csv › ") for node in nodes)
    assert "points to a" in nodes[0]["message"]


def test_sums_are_exact(regency: tuple[Path, Hub], truth: Any) -> None:
    answer: Any = ask(
        regency,
        """{ proposals { aggregate { sum { estimatedCost } } } budgetLines { aggregate { sum { ceiling realised } } }
            projects { aggregate { sum { contractValue } } } }""",
    ).data

    assert {
        "Proposal.estimatedCost": answer["proposals"]["aggregate"]["sum"]["estimatedCost"],
        "BudgetLine.ceiling": answer["budgetLines"]["aggregate"]["sum"]["ceiling"],
        "BudgetLine.realised": answer["budgetLines"]["aggregate"]["sum"]["realised"],
        "Project.contractValue": answer["projects"]["aggregate"]["sum"]["contractValue"],
    } == {name: total for name, total in truth["sums"].items() if not name.endswith("all versions")}


def test_proposals_by_status_and_district(regency: tuple[Path, Hub], truth: Any) -> None:
    statuses = {
        status: ask(
            regency, "query ($s: ProposalStatus) { proposals(where: {status: {eq: $s}}) { totalCount } }", s=status
        ).data["proposals"]["totalCount"]  # type: ignore[index]  # the shape of the query above
        for status in truth["proposalsByStatus"]
    }
    districts: Any = ask(
        regency,
        """{ regions(where: {level: {eq: DISTRICT}}, first: 1000) { nodes { name } } }""",
    ).data

    assert statuses == truth["proposalsByStatus"]
    assert {node["name"] for node in districts["regions"]["nodes"]} == set(truth["proposalsByDistrict"])


def saved_question(name: str) -> str:
    """The text of a saved question of the sample."""
    return files("simpul.demo").joinpath("queries", "saved", f"{name}.graphql").read_text(encoding="utf-8")


def test_absorption_by_agency_and_month_equals_sql_by_hand(regency: tuple[Path, Hub]) -> None:
    folder, _ = regency
    expected: dict[tuple[str, int], list[Decimal]] = {}
    with closing(sqlite3.connect(folder / "data" / "keuangan.db")) as db:
        rows = db.execute(
            "SELECT KD_URUSAN || '.' || KD_BIDANG || '.' || KD_UNIT || '.' || KD_SUB, k.BULAN, k.RENCANA, k.REALISASI"
            " FROM TA_KAS k JOIN TA_ANGGARAN a USING (TAHUN, KD_VERSI, ID_RINCI) WHERE TAHUN = ? AND KD_VERSI ="
            " (SELECT max(b.KD_VERSI) FROM TA_ANGGARAN b WHERE b.TAHUN = a.TAHUN AND b.ID_RINCI = a.ID_RINCI)",
            (YEAR,),
        )
        for agency, month, planned, realised in rows:
            sums = expected.setdefault((agency, month), [Decimal(0), Decimal(0), Decimal(0), Decimal(0)])
            sums[0] += Decimal(planned)
            if realised is not None:
                sums[1] += Decimal(realised)
                sums[2] += Decimal(planned)
                sums[3] += 1
    answer: Any = ask(regency, saved_question("serapan-kas"))
    groups = answer.data["cashFlowMonths"]["groups"]

    found = {(group["key"]["budgetLine"]["agency"]["code"], group["key"]["month"]): group for group in groups}
    assert len(found) == len(groups) == len(expected) > 12
    assert [(g["key"]["budgetLine"]["agency"]["code"], g["key"]["month"]) for g in groups] == sorted(
        found, key=lambda pair: ([int(part) for part in pair[0].split(".")], pair[1])
    )
    for pair, (planned, realised, planned_of_known, known) in expected.items():
        group = found[pair]
        assert Decimal(group["sum"]["planned"]) == planned
        assert (Decimal(group["sum"]["realised"] or 0), group["sum"]["realised"] is None) == (realised, known == 0)
        share = (realised / planned_of_known).quantize(Decimal("1e-6"), ROUND_HALF_EVEN) if known else None
        assert group["ratio"]["fulfilment"] is None if share is None else Decimal(group["ratio"]["fulfilment"]) == share
    assert answer.statements == 2  # one beside the state of the datasets


def test_the_funnel_by_district_is_what_was_planted(regency: tuple[Path, Hub]) -> None:
    planted = make_regency(SEED)
    kept = [proposal for proposal in planted.proposals if proposal.reject is None]
    lines: dict[int, list[Any]] = {}
    for line in planted.lines:
        if line.proposal is not None:
            lines.setdefault(id(line.proposal), []).append(line)
    projects: dict[int, list[Any]] = {}
    for project in planted.projects:
        if project.line is not None and project.line.proposal is not None:
            projects.setdefault(id(project.line.proposal), []).append(project)
    expected: dict[str | None, list[int]] = {}
    for proposal in kept:
        counts = expected.setdefault(proposal.district.code if proposal.village else None, [0] * 5)
        stages = (
            True,
            proposal.status.value == "ACCEPTED",
            id(proposal) in lines,
            any((p.contract_value.value or 0) > 0 for p in projects.get(id(proposal), [])),
            any(p.status.value == "COMPLETED" for p in projects.get(id(proposal), [])),
        )
        for place, reached in enumerate(stages):
            counts[place] += reached
    answer: Any = ask(regency, saved_question("corong"))
    names = ("proposed", "accepted", "budgeted", "contracted", "completed")
    groups = {
        (g["key"]["region"] or {}).get("code"): [g[name] for name in names] for g in answer.data["proposals"]["groups"]
    }
    whole: Any = ask(regency, "{ proposals { totalCount } }")

    assert sum(counts[0] for counts in groups.values()) == whole.data["proposals"]["totalCount"]  # nobody is lost
    left_behind = whole.data["proposals"]["totalCount"] - len(kept)  # wishes of villages that no district took on
    assert sum(groups[code][0] - counts[0] for code, counts in expected.items()) == left_behind
    assert {code: groups[code][1:] for code in expected} == {code: counts[1:] for code, counts in expected.items()}
    assert sum(counts[4] for counts in expected.values()) > 20
    assert answer.statements == 2


def test_projects_behind_their_money_are_those_that_were_planted(regency: tuple[Path, Hub]) -> None:
    planted = make_regency(SEED)
    unanswered: dict[str, int] = {}
    for complaint in planted.complaints:
        if complaint.project is not None and not complaint.replies:
            unanswered[complaint.project.project_id] = unanswered.get(complaint.project.project_id, 0) + 1
    expected = {
        project.project_id: (project.progress - project.reports[-1][3], unanswered[project.project_id])
        for project in planted.projects
        if project.status.value == "ONGOING" and project.reports and project.project_id in unanswered
        if project.reports[-1][3] > project.progress
    }
    answer: Any = ask(regency, saved_question("proyek-tertinggal"))
    nodes = answer.data["projects"]["nodes"]

    assert {n["projectId"]: (Decimal(n["progressGap"]), n["complaints"]["totalCount"]) for n in nodes} == expected
    assert len(expected) > 3
    assert [Decimal(n["progressGap"]) for n in nodes] == sorted(Decimal(n["progressGap"]) for n in nodes)
    assert answer.statements == 3


@pytest.mark.parametrize("page", ["questions.md", "questions.id.md"])
def test_the_guide_shows_what_the_sample_answers(regency: tuple[Path, Hub], page: str) -> None:
    text = Path("docs", page).read_text(encoding="utf-8")
    blocks = re.findall(r"```(graphql|csv)\n(.*?)```", text, re.DOTALL)
    queries = [block for kind, block in blocks if kind == "graphql"]
    saved = {name: saved_question(name) for name in ("serapan-kas", "corong", "proyek-tertinggal")}

    assert all(ask(regency, query).errors == () for query in queries)
    assert queries[2:] == [text.partition("\n")[2] for text in saved.values()]  # but for their titles
    for (_, shown), query in zip([b for b in blocks if b[0] == "csv"], saved.values(), strict=True):
        written = io.BytesIO()
        RUNNER.run(write_table(regency[1].engine, Request(query, {}), (), Form.CSV, Locale.ID, written))
        lines = written.getvalue().decode("utf-8-sig").splitlines()
        assert [line for line in lines if line in shown.splitlines()] == shown.splitlines()


WORKLISTS = ("usulan-tanpa-anggaran", "anggaran-tanpa-proyek", "proyek-tanpa-kemajuan", "pengaduan-tanpa-opd")


def test_worklists_and_coverage_are_those_that_were_planted(regency: tuple[Path, Hub]) -> None:
    planted = make_regency(SEED)
    kept = [proposal for proposal in planted.proposals if proposal.reject is None]
    budgeted = {id(line.proposal) for line in planted.lines if line.proposal is not None}
    worked = {id(p.line.proposal) for p in planted.projects if p.line is not None and p.line.proposal is not None}
    carried_out = {id(project.line) for project in planted.projects if project.line is not None}
    accepted = [p for p in kept if p.status.value == "ACCEPTED" and id(p) not in budgeted]
    under_contract = [p for p in planted.projects if p.status.value in ("CONTRACTED", "ONGOING")]
    expected = {
        "usulan-tanpa-anggaran": len(accepted),
        "anggaran-tanpa-proyek": sum(1 for line in planted.lines if id(line) not in carried_out),
        "proyek-tanpa-kemajuan": sum(1 for project in under_contract if not project.reports),
        "pengaduan-tanpa-opd": sum(1 for c in planted.complaints if c.project is None and not c.replies),
    }
    found = {}
    for name in WORKLISTS:
        query = saved_question(name).replace("{\n    nodes {", "{\n    totalCount nodes {")
        answer: Any = ask(regency, query)
        assert answer.errors == ()
        (connection,) = answer.data.values()
        found[name] = connection["totalCount"]
    coverage: Any = ask(regency, saved_question("cakupan"))
    groups = coverage.data["proposals"]["groups"]
    this_year = [group for group in groups if group["key"]["fiscalYear"] == YEAR]

    assert found == expected
    assert all(count > 0 for count in expected.values())
    assert sum(group["withBudget"] for group in this_year) == len(budgeted)
    assert sum(group["withProject"] for group in this_year) == len(worked)
    assert any(group["key"]["agency"] is None for group in groups)  # those that name none, or one that is not known


def test_the_mission_query_is_answered_in_at_most_six_statements(regency: tuple[Path, Hub]) -> None:
    answer = ask(regency, mission_query())

    proposal: Any = answer.data and answer.data["proposal"]
    assert answer.errors == ()
    assert answer.statements <= 6
    assert proposal["lifecycle"] == "IN_PROGRESS"
    assert len(proposal["budgetLines"]["edges"]) == 2
    assert {edge["match"]["method"] for edge in proposal["budgetLines"]["edges"]} == {"CROSSWALK"}
    assert sum(edge["node"]["complaints"]["totalCount"] for edge in proposal["projects"]["edges"]) >= 3


def test_the_same_number_of_statements_for_a_thousand_proposals(regency: tuple[Path, Hub]) -> None:
    query = """query ($n: Int) { proposals(first: $n) { nodes { title lifecycle region { name parent { name } }
        budgetLines { edges { match { method confidence } node { accountCode ceiling realised } } }
        projects { edges { node { name status complaints { totalCount } } } }
        provenance { locator } issues { field code } } } }"""

    hundred, thousand = ask(regency, query, n=100), ask(regency, query, n=1000)

    assert hundred.statements == thousand.statements <= 6
    assert len(thousand.data["proposals"]["nodes"]) == 1000  # type: ignore[index]  # the shape of the query above


def test_ready_questions_are_answered(regency: tuple[Path, Hub]) -> None:
    for name in ("mission", "districts", "unlinked"):
        assert ask(regency, question(name)).errors == ()


def test_an_unchanged_sync_reads_nothing_again(regency: tuple[Path, Hub]) -> None:
    time.sleep(2.1)  # files count as settled two seconds after they were written
    hub = regency[1]

    async def sync() -> list[tuple[str, str, int]]:
        await hub.syncer.sync("perencanaan")
        reports = [await hub.syncer.sync(source) for source in ("perencanaan", "wilayah", "keuangan", "pengaduan")]
        return [(report.source, report.outcome, report.rows) for report in reports]

    assert [outcome for _, outcome, _ in RUNNER.run(sync())] == ["UNCHANGED"] * 4


def test_personal_data_is_masked_everywhere(regency: tuple[Path, Hub]) -> None:
    answer = (
        ask(
            regency,
            """{ complaints(first: 1000) { nodes { text title reporter reporterContact } }
            proposals(first: 1000) { nodes { problem proposer } } }""",
        )
        .body()
        .decode()
    )

    assert "[NIK]" in answer and "[telepon]" in answer
    assert "@warga.example" not in answer
    assert "0812-0000" not in answer


def test_places_are_real_and_people_are_not() -> None:
    made = make_regency(1)
    districts = [place for place in made.places if len(place.code) == 8]
    villages = [place for place in made.places if len(place.code) == 13]

    assert len(districts) == 24
    assert (sum(v.code[9] == "2" for v in villages), sum(v.code[9] == "1" for v in villages)) == (157, 8)
    assert all(complaint.address.endswith(".example") for complaint in made.complaints)
    assert 2300 <= len(made.proposals) <= 2700
    assert any((p.file, p.number) == SHOWCASE for p in made.proposals)


def test_the_sample_is_plausible() -> None:
    made = make_regency(1)
    signed = {id(p): p.contract_date.value for p in made.projects if isinstance(p.contract_date.value, date)}
    [shown] = [p for p in made.proposals if (p.file, p.number) == SHOWCASE]

    for complaint in made.complaints:
        assert complaint.received is not None
        assert complaint.received.date() < date(YEAR, 11, 24)
        if complaint.project is not None and id(complaint.project) in signed:
            assert complaint.received.date() > signed[id(complaint.project)]
    for project in made.projects:
        assert all(asked_at > signed[id(project)] for asked_at, *_ in project.reports)
    for line in made.lines:
        if line.proposal and isinstance(line.proposal.cost.value, Decimal):
            parts = sum(other.proposal is line.proposal for other in made.lines)
            assert 0.6 < float(line.current[1]) * parts / float(line.proposal.cost.value) < 1.3
    assert shown.proposed.value == date(YEAR - 1, 1, 7)


def test_only_the_year_under_way_is_carried_out(regency: tuple[Path, Hub]) -> None:
    answer: Any = ask(regency, "{ fiscalYears { nodes { year phase } } }").data

    assert {node["year"]: node["phase"] for node in answer["fiscalYears"]["nodes"]} == {
        YEAR - 1: "CLOSED",
        YEAR: "EXECUTION",
    }


def test_the_code_that_the_first_answer_shows_is_whole(regency: tuple[Path, Hub]) -> None:
    answer: Any = ask(regency, mission_query()).data

    for edge in answer["proposal"]["budgetLines"]["edges"]:
        assert re.fullmatch(r"5\.2\.\d\d\.\d\d\.\d\d\.\d{4}", edge["node"]["accountCode"])


def test_the_same_seed_makes_the_same_regency() -> None:
    assert make_regency(7) == make_regency(7)
    assert make_regency(7) != make_regency(8)


SEARCH = """
query ($text: String!, $in: [SearchEntity!]) {
  search(text: $text, in: $in, first: 1000) {
    totalCount counts { entity count } nodes { entity score snippets { field text parts { text isMatch } } node { id } } } }
"""


def test_a_search_for_jl_finds_every_road_of_the_lists(regency: tuple[Path, Hub]) -> None:
    query = "query ($after: String) { proposals(first: 1000, after: $after) { totalCount pageInfo { endCursor hasNextPage } nodes { id title problem } } }"
    _, *wishes = answers(regency[1], query)
    roads = {
        node["id"]: re.search(r"\b(jalan|jln?\b)", node["title"] or "", re.IGNORECASE) is not None
        for node in wishes
        if re.search(r"\b(jalan|jln?\b)", f"{node['title']} {node['problem']}", re.IGNORECASE)
    }
    assert len(roads) > 100

    for written in ("jl", "JLN.", "jalan", "jal"):
        data: Any = ask(regency, SEARCH, text=written, **{"in": ["Proposal"]}).data
        found = {
            hit["node"]["id"]: any(snippet["field"] == "title" for snippet in hit["snippets"])
            for hit in data["search"]["nodes"]
            if any(snippet["field"] in ("title", "problem") for snippet in hit["snippets"])
        }
        assert found == roads, written
        scores = [hit["score"] for hit in data["search"]["nodes"]]
        assert scores == sorted(scores, reverse=True) and len(scores) == data["search"]["totalCount"]


@pytest.mark.parametrize("name", ["search.md", "search.id.md"])
def test_the_page_about_search_shows_what_is_answered(regency: tuple[Path, Hub], name: str) -> None:
    page = (Path(__file__).parents[2] / "docs" / name).read_text(encoding="utf-8")
    blocks = re.findall(r"(?:^    .*\n)+", page, re.MULTILINE)
    found: Any = ask(regency, blocks[0]).data
    first, second = found["search"].pop("nodes")
    shown = re.sub(r"\s+", " ", blocks[1])

    for part in (first["snippets"], found["search"]["counts"], first["entity"], second["entity"]):
        assert json.dumps(part, ensure_ascii=False) in shown.replace("[ {", "[{")
    for hit in (first, second):
        node = hit["node"]
        assert f'"score": {hit["score"]}' in shown and f'"{node.pop("id")[:16]}…"' in shown
        assert json.dumps(node, ensure_ascii=False)[1:-1] in shown
    assert f'"totalCount": {found["search"]["totalCount"]}' in shown


def test_a_search_finds_a_wish_and_what_became_of_it(regency: tuple[Path, Hub]) -> None:
    data: Any = ask(regency, SEARCH, text="irigasi dsn jaya luar").data
    kinds = {hit["entity"] for hit in data["search"]["nodes"]}

    assert {"Proposal", "Project"} <= kinds
    shown: Any = ask(
        regency, '{ proposal(by: {key: {file: "Alas.xlsx", number: "117"}}) { id projects { nodes { id } } } }'
    ).data
    nodes = {hit["node"]["id"] for hit in data["search"]["nodes"]}
    assert {shown["proposal"]["id"], *(node["id"] for node in shown["proposal"]["projects"]["nodes"])} <= nodes


# -- the other engine -------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def beside(regency: tuple[Path, Hub]) -> Iterator[Hub]:
    """The same sources in a replica on PostgreSQL."""
    server, schema = postgres(), f"demo_{uuid4().hex[:10]}"
    hub = build_hub(replace(regency[1].config, replica=f"{server}?schema={schema}"))
    hub.open()

    async def sync() -> None:
        for source in hub.config.sources:
            assert (await hub.syncer.sync(source)).problems == []

    RUNNER.run(sync())
    yield hub
    RUNNER.run(hub.close())
    drop_schemas(server, [schema])


def answers(hub: Hub, query: str) -> list[Any]:
    """Every node that a query of one connection finds, page by page."""
    found: list[Any] = []
    cursor = None
    while True:
        answer: Any = RUNNER.run(hub.engine.execute(Request(query, {"after": cursor})))
        assert answer.errors == ()
        (connection,) = answer.data.values()
        found += connection["nodes"]
        cursor = connection["pageInfo"]["endCursor"]
        if not connection["pageInfo"]["hasNextPage"]:
            return [connection["totalCount"], *found]


@pytest.mark.parametrize("name", ENTITIES)
def test_both_engines_answer_alike_to_the_sen_and_in_order(regency: tuple[Path, Hub], beside: Hub, name: str) -> None:
    entity = regency[1].config.catalogue[name]
    served = regency[1].schema._schema.type_map
    plain = [field.name for field in entity.fields if field.name in fields_of(served[name])]
    orders = [field for field in plain if field in fields_of(served[f"{name}Order"])]
    linked = [link.name for link in entity.links if not link.many and link.name in fields_of(served[name])]
    links = " ".join(f"{link} {{ id }}" for link in linked)
    for order in orders:
        query = (
            f"query ($after: String) {{ {entity.plural}(scope: ALL, orderBy: {{ {order}: DESC }}, first: 500, after: $after)"
            f" {{ totalCount pageInfo {{ endCursor hasNextPage }} nodes {{ id {' '.join(plain)} {links}"
            " issues { code field rawValue cell } provenance { source locator } } } }"
        )
        if order == orders[0]:
            assert answers(beside, query) == answers(regency[1], query)
        else:
            first = query.replace("first: 500", "first: 40").replace(" hasNextPage", "")
            one, other = (RUNNER.run(hub.engine.execute(Request(first, {}))) for hub in (beside, regency[1]))
            assert (one.data, one.errors) == (other.data, ())


def test_both_engines_answer_the_ready_questions_alike(regency: tuple[Path, Hub], beside: Hub) -> None:
    saved = [saved_question(name) for name in ("serapan-kas", "corong", "proyek-tertinggal")]
    for query in (*map(question, ("mission", "districts", "unlinked")), *saved):
        one, other = (RUNNER.run(hub.engine.execute(Request(query, {}))) for hub in (beside, regency[1]))
        assert (timeless(one.data), one.errors) == (timeless(other.data), other.errors)
        assert one.data


@pytest.mark.parametrize("text", ["jl alas", "jemb", "irigasi dsn jaya", "rt 2", "5.2.04", "kec empang", "rusak"])
def test_both_engines_find_the_same_in_the_same_order(regency: tuple[Path, Hub], beside: Hub, text: str) -> None:
    request = Request(SEARCH, {"text": text})
    one, other = (RUNNER.run(hub.engine.execute(request)) for hub in (beside, regency[1]))

    found: Any = one.data
    assert (one.data, one.errors) == (other.data, other.errors)
    assert found["search"]["totalCount"] > 0


def fields_of(type_: Any) -> Any:
    """The fields of an object or input type."""
    return type_.fields


def timeless(data: object) -> object:
    """An answer without the times at which its rows were fetched."""
    if isinstance(data, dict):
        return {name: timeless(value) for name, value in data.items() if name != "fetchedAt"}
    return [timeless(item) for item in data] if isinstance(data, list) else data


def test_every_row_is_accounted_for(regency: tuple[Path, Hub], truth: Any) -> None:
    query = """{ sources { nodes { name rowsSeen records rejects setAside
        accounts { dataset entity rowsSeen records rejects setAside { reason setting rows } } } } }"""
    data: Any = ask(regency, query).data
    accounts = {}
    for source in data["sources"]["nodes"]:
        for account in source["accounts"]:
            aside = {(one["reason"], one["setting"]): one["rows"] for one in account["setAside"]}
            assert account["rowsSeen"] == account["records"] + account["rejects"] + sum(aside.values())
            accounts[source["name"], account["dataset"], account["entity"]] = account["rowsSeen"], aside
        assert source["rowsSeen"] == sum(account["rowsSeen"] for account in source["accounts"])
        assert source["rowsSeen"] == source["records"] + source["rejects"] + source["setAside"]

    folder = regency[0] / "data"
    with closing(sqlite3.connect(folder / "keuangan.db")) as db:
        for table, dataset in (("TA_ANGGARAN", "anggaran"), ("TA_KAS", "kas"), ("REF_UNIT", "unit")):
            (count,) = db.execute(f"SELECT count(*) FROM {table}").fetchone()
            assert [seen for (_, name, _), (seen, _) in accounts.items() if name == dataset] == [count]
    used = [openpyxl.load_workbook(path)["Usulan"].max_row for path in (folder / "musrenbang").glob("*.xlsx")]
    seen, aside = accounts["perencanaan", "usulan", "Proposal"]
    assert seen == sum(used)
    skipped = sum(rows for (reason, _), rows in aside.items() if reason == "SKIP")
    assert skipped == truth["entities"]["Proposal"]["skipped"] + len(used)  # and the line of the camat in each
    assert aside["HEADER", "header"] == len(used)
    with closing(mailbox.mbox(folder / "pengaduan.mbox")) as box:
        messages = len(box)
    seen, aside = accounts["pengaduan", "threads", "Complaint"]
    assert (seen, aside["AUTOMATIC", None]) == (messages, truth["entities"]["Complaint"]["skipped"])
    assert aside["LATER_MESSAGE", None] == accounts["pengaduan", "replies", "Response"][0]
    tracked = json.loads((folder / "proyek.json").read_text(encoding="utf-8"))
    assert accounts["proyek", "paket", "Project"] == (len(tracked["projects"]), {})


def test_every_row_of_a_workbook_is_explained_as_it_is_counted(regency: tuple[Path, Hub]) -> None:
    path = regency[0] / "data" / "musrenbang" / "Lunyuk.xlsx"
    rows = [[cell.value for cell in row] for row in openpyxl.load_workbook(path)["Usulan"].iter_rows()]
    numbered = {at for at, row in enumerate(rows, 1) if at > 6 and row[0] is not None and str(row[0]).strip()}
    places: dict[str, set[int]] = {"RECORD": set(), "REJECTED": set(), "SET_ASIDE": set()}
    query = "query($at: String!) { explain(entity: Proposal, locator: $at) { outcome code id message suggestion } }"
    for at in range(1, len(rows) + 1):
        (told,) = cast(Any, ask(regency, query, at=f"Lunyuk.xlsx:{at}").data)["explain"]
        places[told["outcome"]].add(at)
        assert (told["id"] is not None) is (told["outcome"] == "RECORD")
        assert told["suggestion"] or told["outcome"] == "RECORD" or told["code"] == "WHY_BLANK"
        if told["outcome"] == "REJECTED":
            assert told["code"] == ("DUPLICATE_KEY" if at in numbered else "MISSING_KEY")
    (beyond,) = cast(Any, ask(regency, query, at=f"Lunyuk.xlsx:{len(rows) + 1}").data)["explain"]

    assert beyond["code"] == "WHY_BEYOND"
    assert places["RECORD"] == numbered - places["REJECTED"]
    wanted = """{ rejects(where: {entity: {eq: "Proposal"}, locator: {startsWith: "Lunyuk.xlsx"}}) { totalCount } }"""
    assert len(places["REJECTED"]) == cast(Any, ask(regency, wanted).data)["rejects"]["totalCount"] > 0


@pytest.mark.parametrize(
    ("page", "language"), [("why-is-my-row-missing.md", "en"), ("why-is-my-row-missing.id.md", "id")]
)
def test_the_guide_why_is_my_row_missing_shows_what_is_written(
    regency: tuple[Path, Hub], page: str, language: str
) -> None:
    text = (Path(__file__).parents[2] / "docs" / page).read_text(encoding="utf-8")
    shown = re.findall(r"^    \$ simpul (.*)\n((?:    (?!\$).*\n|\n(?=    (?!\$)))*)", text, re.MULTILINE)

    def plain(line: str) -> str:
        """A line without what differs each time: when it was read, and where things stand in hub.yaml."""
        return re.sub(r"\d\d-\d\d-\d{4} \d\d:\d\d", "WHEN", re.sub(r"hub\.yaml:\d+", "hub.yaml:N", line)).rstrip()

    assert len(shown) == 9
    for command, output in shown:
        arguments = [*shlex.split(command), "--lang", language]
        ended = subprocess.run(
            [sys.executable, "-m", "simpul", *arguments], cwd=regency[0], capture_output=True, text=True, check=False
        )
        assert ended.returncode in (0, 1), ended.stderr
        written = iter([plain(line) for line in ended.stdout.splitlines()])
        for line in output.splitlines():
            if line.strip() not in ("", "…"):
                assert plain(line[4:]) in written, (command, line, ended.stdout)  # in this order
