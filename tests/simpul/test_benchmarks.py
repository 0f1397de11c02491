"""The hub and the questions of `benchmarks/peers.py`: what is measured must be what is asked."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from benchmarks import growth, hubs
from benchmarks.drive import flat
from resolvers.engine import Request
from simpul.compose import Hub, build_hub, load

TROUBLED = """
SELECT p.id FROM proposals p
JOIN (SELECT proposal_id FROM budget_lines GROUP BY 1 HAVING sum(realized) < 0.5 * sum(allocated)) b ON b.proposal_id = p.id
JOIN projects j ON j.proposal_id = p.id
WHERE p.fiscal_year = ? AND (SELECT count(*) FROM complaints c WHERE c.project_id = j.id AND c.status = 'open') > 2
ORDER BY p.id
"""


@pytest.fixture
async def hub(tmp_path: Path) -> Hub:
    hubs.make_source(tmp_path / "source.db", 2000)
    path = tmp_path / "hub.yaml"
    path.write_text(hubs.of_one(""))
    hub = build_hub(load(path))
    hub.open()
    report = await hub.syncer.sync("regency")
    assert report.outcome == "CHANGED"
    return hub


async def ask(hub: Hub, question: str, variables: dict[str, object]) -> Any:
    answer = await hub.engine.execute(Request(hubs.operations()[question], variables, question))
    assert not answer.errors
    return flat(json.loads(answer.body())["data"])


async def test_the_questions_answer_what_sql_by_hand_does(hub: Hub, tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "source.db") as db:
        one = await ask(hub, "Q1", {"id": 1999})
        lines = db.execute("SELECT id, allocated, realized FROM budget_lines WHERE proposal_id = 1999").fetchall()
        assert [
            (line["id"], int(line["allocated"]), int(line["realized"])) for line in one["proposal"]["budgetLines"]
        ] == lines
        (project,) = one["proposal"]["projects"]
        told = db.execute("SELECT id, received_at FROM complaints WHERE project_id = ? ORDER BY id", (project["id"],))
        assert sorted((said["id"], said["receivedAt"]) for said in project["complaints"]) == told.fetchall() != []

        given = {"fy": 2024, "status": "ACCEPTED", "limit": 50, "offset": 7}
        page = await ask(hub, "Q2", given)
        ids = db.execute(
            "SELECT id FROM proposals WHERE fiscal_year = 2024 AND status = 'accepted' ORDER BY id LIMIT 50 OFFSET 7"
        )
        assert [(proposal["id"],) for proposal in page["proposals"]] == ids.fetchall()
        assert await ask(hub, "Q3", given) == page

        totals = (await ask(hub, "Q4", {"fy": 2023}))["dashboard"]
        sums = db.execute(
            "SELECT agency_code, sum(allocated), sum(realized) FROM budget_lines b JOIN proposals p ON p.id = b.proposal_id"
            " WHERE b.fiscal_year = 2023 GROUP BY 1 ORDER BY 1"
        )
        assert [(row["agencyCode"], int(row["allocated"]), int(row["realized"])) for row in totals] == sums.fetchall()

        troubled = (await ask(hub, "Q5", {"fy": 2022}))["troubled"]
        assert [(proposal["id"],) for proposal in troubled] == db.execute(TROUBLED, (2022,)).fetchall() != []


@pytest.mark.parametrize("rows", [1000, 20_000])
def test_partners_grow_with_the_proposals(tmp_path: Path, rows: int) -> None:
    """Twenty times the proposals have twenty times the partners, and none has more of them."""
    hubs.make_source(tmp_path / "source.db", rows)
    with sqlite3.connect(tmp_path / "source.db") as db:
        (most,) = db.execute("SELECT max(n) FROM (SELECT count(*) n FROM budget_lines GROUP BY proposal_id)").fetchone()
    assert hubs.count(tmp_path / "source.db", growth.TABLES) / rows == pytest.approx(3.64, abs=0.01)
    assert most == 3


def test_the_hub_over_four_sources_has_no_problems(tmp_path: Path) -> None:
    path = tmp_path / "hub.yaml"
    path.write_text(hubs.of_peers(tmp_path, ""))
    assert set(load(path).sources) == {"planning", "finance", "tracker", "inbox"}
