"""The hub over the sample regency reports exactly what was planted in it."""

from __future__ import annotations

import asyncio
import json
import re
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from resolvers.engine import Answer, Request
from simpul.compose import Hub, build_hub, load
from simpul.demo.generate import generate, mission_query, question
from simpul.demo.regency import SHOWCASE, YEAR, make_regency

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


ENTITIES = [
    "Proposal",
    "BudgetLine",
    "CashFlowMonth",
    "Project",
    "ProgressReport",
    "Complaint",
    "Region",
    "RegionCode",
    "Agency",
    "FiscalYear",
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
]


@pytest.mark.parametrize("name", LINKS)
def test_links_tie_what_belongs_together(regency: tuple[Path, Hub], truth: Any, name: str) -> None:
    source, link = name.split(".")
    to = regency[1].config.catalogue[source].link(link)
    assert to is not None
    db = sqlite3.connect(regency[1].database.where)
    (count,) = db.execute(
        f'SELECT count(*) FROM "l_{source}_{link}" l JOIN "e_{source}" a ON a._id = l.a JOIN "e_{to.to}" b ON b._id = l.b'
        " WHERE l.status = 'ACCEPTED' AND a._current = 1 AND b._current = 1"
    ).fetchone()
    db.close()

    assert count == truth["links"][name]


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
    } == truth["sums"]


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
