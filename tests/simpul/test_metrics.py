"""What those who watch the hub are told: /metrics, /readyz, and by whoever asks how the sources stand that an answer used."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.hubs import Serve
from tests.near import Served, serving
from tests.simpul.test_workers import is_ready, only, wait_for, workers_of

ASK = "{ proposals { totalCount } }"
Figures = dict[tuple[str, tuple[tuple[str, str], ...]], float]


@pytest.fixture
async def served(hub_folder: Path) -> AsyncIterator[Served]:
    async with serving(hub_folder) as served:
        await served.sync()
        yield served


def read(page: str) -> Figures:
    """Each figure by its name and labels."""
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(page)
        for sample in family.samples
    }


async def figures(served: Served) -> Figures:
    return read((await served.client.get("/metrics")).text)


def of(name: str, **labels: str) -> tuple[str, tuple[tuple[str, str], ...]]:
    return name, tuple(sorted(labels.items()))


async def test_answers_are_counted_by_where_they_came_from(served: Served) -> None:
    for query in (ASK, ASK, ASK, "{ budgetLines { totalCount } }"):
        await served.post(query)
    found = await figures(served)

    assert found[of("simpul_answers_total", **{"from": "memory"})] == 2
    assert found[of("simpul_answers_total", **{"from": "made"})] == 2


async def test_requests_are_counted_by_path_and_status_and_no_path_is_a_label_of_its_own(served: Served) -> None:
    await served.post("{ nothing }", headers={"Accept": "application/graphql-response+json"})
    for path in ("/5204010101010001", "/q/warga@contoh.example", "/x?nik=5204010101010001", "/static/none.css", "/"):
        await served.client.get(path)
    page = (await served.client.get("/metrics")).text
    found = read(page)

    assert found[of("simpul_http_requests_total", path="/graphql", status="400")] == 1
    assert found[of("simpul_http_requests_total", path="other", status="404")] == 2
    assert found[of("simpul_http_requests_total", path="/q/", status="404")] == 1
    assert found[of("simpul_http_requests_total", path="/static/", status="404")] == 1
    assert found[of("simpul_http_requests_total", path="/", status="200")] == 1
    assert "5204" not in page and "warga" not in page


async def test_sources_are_told_with_their_age_and_state(served: Served) -> None:
    before = await figures(served)
    (served.folder / "data" / "keuangan.db").unlink()
    await served.sync("finance")
    after = await figures(served)

    assert before[of("simpul_source_state", source="finance", state="FRESH")] == 1
    assert after[of("simpul_source_state", source="finance", state="STALE")] == 1
    assert after[of("simpul_source_state", source="finance", state="FRESH")] == 0
    when = of("simpul_source_last_success_timestamp_seconds", source="finance")
    assert after[when] == before[when] > 1_700_000_000
    assert after[of("simpul_source_age_seconds", source="finance")] >= 0
    assert [before[of(f"simpul_source_{name}", source="planning")] for name in ("records", "rejects", "issues")] == [
        4,
        1,
        2,
    ]
    assert before[of("simpul_source_sync_seconds", source="planning")] >= 0
    assert before[of("simpul_source_breaker_open", source="finance")] == 0
    assert (before[of("simpul_replica_up")], before[of("simpul_configuration_current")]) == (1, 1)


async def test_a_source_that_is_late_is_told_so(served: Served) -> None:
    with closing(sqlite3.connect(served.folder / "var" / "replica.db")) as db, db:
        db.execute("UPDATE \"e_Source\" SET \"c_dueAt\" = '2026-01-01T00:00:00+00:00' WHERE c_name = 'finance'")

    found = await figures(served)
    ready = (await served.client.get("/readyz")).json()
    page = (await served.client.get("/?lang=en")).text

    assert found[of("simpul_source_lag_seconds", source="finance")] > 1_000_000
    assert found[of("simpul_source_lag_seconds", source="planning")] == 0
    assert {one["name"]: one["lagSeconds"] > 0 for one in ready["sources"]} == {
        "finance": True,
        "inbox": False,
        "planning": False,
    }
    assert page.count("later than promised") == 1


async def test_who_asks_is_told_how_each_source_stands_that_was_used(served: Served) -> None:
    query = "{ proposals { totalCount } budgetLines { totalCount } }"
    asked = {"query": query, "extensions": {"sources": True}}
    fresh = (await served.client.post("/graphql", json=asked)).json()["extensions"]["sources"]
    (served.folder / "data" / "keuangan.db").unlink()
    await served.sync("finance")
    stale = (await served.client.post("/graphql", json=asked)).json()["extensions"]["sources"]
    unasked = (await served.post(query)).json()["extensions"]["sources"]

    assert {(one["name"], one["state"], one["reason"]) for one in fresh} == {
        ("planning", "FRESH", None),
        ("finance", "FRESH", None),
    }
    assert all(one["asOf"] for one in fresh)
    assert {(one["name"], one["state"]) for one in stale} == {("planning", "FRESH"), ("finance", "STALE")}
    assert [one["name"] for one in unasked] == ["finance"]


def test_a_crew_counts_together(serve: Serve, hub_folder: Path) -> None:
    running = serve(hub_folder, "--workers", "2")
    pids = workers_of(running, 2)
    wait_for(lambda: is_ready(running))
    for pid in pids:
        with only(pid, running):
            httpx.post(f"{running.url}/graphql", json={"query": ASK}, timeout=20)
    found = read(httpx.get(f"{running.url}/metrics", timeout=20).text)

    assert found[of("simpul_http_requests_total", path="/graphql", status="200")] == 2
    assert found[of("simpul_source_records", source="planning")] == 4
