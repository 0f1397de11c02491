"""Answers that are kept, through the app: not made again, never older than the replica, and known by their tag."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from resolvers.engine import Answer
from tests.hubs import RunSimpul
from tests.near import Counting, Served, nothing, serving
from tests.replicas import drop_schemas, postgres
from tests.simpul.conftest import USULAN

TITLES = "{ proposals { nodes { title } } }"
BUDGET = "{ budgetLines { nodes { ceiling } } }"
FETCHED = "{ proposals { nodes { provenance { fetchedAt } } } }"
TABLE = "query Daftar($n: Int) { proposals(first: $n) { nodes { number title } } }"


@pytest.fixture
async def served(hub_folder: Path) -> AsyncIterator[Served]:
    (hub_folder / "queries").mkdir()
    (hub_folder / "queries" / "daftar.graphql").write_text(TABLE)
    async with serving(hub_folder) as served:
        await served.sync()
        yield served


def titles(answer: httpx.Response) -> Sequence[str]:
    return [node["title"] for node in answer.json()["data"]["proposals"]["nodes"]]


async def test_a_question_that_was_answered_is_not_run_again_however_it_is_asked(served: Served) -> None:
    first = await served.post(TITLES)
    again = await served.post(TITLES)
    otherwise = await served.client.post("/graphql", content=b'{ "variables": null, "query": "%s"}' % TITLES.encode(),
                                         headers={"Content-Type": "application/json"})  # fmt: skip
    by_url = await served.get(TITLES)

    assert served.engine.runs == [TITLES]
    assert len({answer.content for answer in (first, again, otherwise, by_url)}) == 1
    assert len({answer.headers["etag"] for answer in (first, again, otherwise, by_url)}) == 1
    assert first.headers["etag"].startswith('"')
    assert first.headers["cache-control"] == "private, no-cache"
    assert again.headers["content-type"] == first.headers["content-type"]
    assert again.headers["vary"] == first.headers["vary"]


async def test_whatever_changes_the_answer_is_part_of_its_key(served: Served) -> None:
    query = "query A($n: Int) { proposals(first: $n) { nodes { title } } } query B { proposals { totalCount } }"
    asked = [
        await served.post(query, operationName="A", variables={"n": 1}),
        await served.post(query, operationName="A", variables={"n": 2}),
        await served.post(query, operationName="B"),
        await served.post(query, operationName="B", headers={"Accept-Language": "en"}),
        await served.post(query, operationName="B", headers={"Accept": "application/graphql-response+json"}),
    ]

    assert [len(titles(answer)) for answer in asked[:2]] == [1, 2]
    assert {answer.json()["data"]["proposals"]["totalCount"] for answer in asked[2:]} == {4}
    assert len({answer.headers["etag"] for answer in asked}) == len(asked) == len(served.engine.runs)


async def test_who_has_the_answer_already_is_told_so_without_a_run(served: Served) -> None:
    tag = (await served.get(TITLES)).headers["etag"]
    served.engine.runs.clear()

    for known in (tag, f'W/"x", W/{tag}', "*"):
        unchanged = await served.get(TITLES, headers={"If-None-Match": known})
        assert (unchanged.status_code, unchanged.content) == (304, b"")
        assert (unchanged.headers["etag"], unchanged.headers["cache-control"]) == (tag, "private, no-cache")
    posted = await served.post(TITLES, headers={"If-None-Match": tag})
    other = await served.get(TITLES, headers={"If-None-Match": '"other"'})

    assert (posted.status_code, other.status_code) == (200, 200)
    assert served.engine.runs == []


async def test_the_tag_of_another_process_is_known_once_the_answer_is_made(hub_folder: Path) -> None:
    async with serving(hub_folder) as one:
        await one.sync()
        tag = (await one.get(TITLES)).headers["etag"]
    async with serving(hub_folder) as other:
        unchanged = await other.get(TITLES, headers={"If-None-Match": tag})

    assert unchanged.status_code == 304


async def test_a_sync_is_seen_by_the_next_request(served: Served) -> None:
    before, line = await served.post(TITLES), await served.post(BUDGET)
    served.write(USULAN.replace("Sumur bor", "Sumur gali"))
    await served.sync("planning")
    after = await served.get(TITLES, headers={"If-None-Match": before.headers["etag"]})

    assert "Sumur gali" in titles(after)
    assert after.headers["etag"] != before.headers["etag"]
    assert (await served.post(BUDGET)).headers["etag"] == line.headers["etag"]
    assert served.engine.runs == [TITLES, BUDGET, TITLES]


async def test_a_sync_of_another_process_is_seen_by_the_next_request(served: Served, simpul_process: RunSimpul) -> None:
    await served.post(TITLES)
    served.write(USULAN.replace("Sumur bor", "Sumur gali"))
    ended = await asyncio.to_thread(simpul_process, served.folder, "sync", "planning")
    after = await served.post(TITLES)

    assert ended.code == 0, ended
    assert "Sumur gali" in titles(after)


async def test_a_sync_without_a_change_makes_only_the_answers_anew_that_say_when_it_was(served: Served) -> None:
    sources = "{ sources { nodes { triedAt } } }"
    kept, fetched, tried = [await served.post(query) for query in (TITLES, FETCHED, sources)]
    await served.sync("planning")
    served.engine.runs.clear()
    again = [await served.post(query) for query in (TITLES, FETCHED, sources)]

    assert again[0].content == kept.content
    assert again[1].content != fetched.content
    assert again[2].content != tried.content
    assert served.engine.runs == [FETCHED, sources]


async def test_a_source_in_trouble_is_told_at_once(served: Served) -> None:
    await served.post(TITLES)
    (served.folder / "data" / "usulan-alas.csv").write_bytes(b"")
    await served.sync("planning")
    after = await served.post(TITLES)

    assert after.json()["extensions"]["sources"][0]["state"] == "STALE"
    assert served.engine.runs == [TITLES, TITLES]


async def test_errors_costs_and_refusals_are_not_kept(served: Served, hub_folder: Path) -> None:
    refused = "{ nothing }"
    asked: list[tuple[str, object]] = [(refused, None), (TITLES, {"cost": True})]
    for query, extensions in asked * 2:
        answer = await served.post(query, extensions=extensions)
        assert "etag" not in answer.headers
        assert answer.headers["cache-control"] == "no-store"

    assert served.engine.runs == [refused, TITLES] * 2


async def test_what_was_never_read_is_an_error_until_it_is_read(hub_folder: Path) -> None:
    async with serving(hub_folder) as served:
        before = await served.post(TITLES)
        await served.sync("planning")
        after = await served.post(TITLES)

    assert before.json()["errors"][0]["extensions"]["code"] == "SOURCE_UNAVAILABLE"
    assert "etag" not in before.headers
    assert len(titles(after)) == 4


async def test_without_a_cache_every_question_is_run_and_none_has_a_tag(hub_folder: Path) -> None:
    file = hub_folder / "hub.yaml"
    file.write_text(file.read_text().replace("language: id", "language: id\ncache: off"))
    (hub_folder / "queries").mkdir()
    (hub_folder / "queries" / "daftar.graphql").write_text(TABLE)
    async with serving(hub_folder) as served:
        await served.sync()
        answers = [await served.post(TITLES) for _ in range(2)]
        table = await served.client.get("/q/daftar.csv")

    assert served.engine.runs == [TITLES, TITLES, TABLE]
    assert [answer.headers["cache-control"] for answer in answers] == ["no-store", "no-store"]
    assert not any("etag" in answer.headers for answer in (*answers, table))


@pytest.mark.parametrize("form", ["csv", "json"])
async def test_a_table_is_kept_as_long_as_its_question_and_its_records_are_the_same(served: Served, form: str) -> None:
    address = f"/q/daftar.{form}"
    first, again = [await served.client.get(address) for _ in range(2)]
    unchanged = await served.client.get(address, headers={"If-None-Match": first.headers["etag"]})
    runs = len(served.engine.runs)
    other = await served.client.get(f"{address}?n=1")
    served.write(USULAN.replace("Sumur bor", "Sumur gali"))
    await served.sync("planning")
    synced = await served.client.get(address)
    (served.folder / "queries" / "daftar.graphql").write_text(TABLE.replace(" title", ""))
    rewritten = await served.client.get(address)

    without_id = {name: value for name, value in first.headers.items() if name != "x-request-id"}
    assert {name: value for name, value in again.headers.items() if name != "x-request-id"} == without_id
    assert again.content == first.content
    assert (unchanged.status_code, unchanged.content, runs) == (304, b"", 1)
    assert len(other.content) < len(first.content)
    assert ("Sumur gali" in synced.text, "Sumur" in rewritten.text) == (True, False)
    assert len({answer.headers["etag"] for answer in (first, other, synced, rewritten)}) == 4


# -- several who ask for the same at once -----------------------------------------------------------------------------


def held(engine: Counting) -> tuple[asyncio.Event, asyncio.Event]:
    """Holds back what the engine has answered: an event that is set when there is something, and one that lets it go."""
    begun, let_go = asyncio.Event(), asyncio.Event()

    async def after() -> None:
        begun.set()
        await let_go.wait()

    engine.far, engine.after = True, after
    return begun, let_go


async def test_several_who_ask_at_once_wait_for_one_answer(served: Served) -> None:
    begun, let_go = held(served.engine)
    asking = [asyncio.ensure_future(served.post(TITLES)) for _ in range(5)]
    await begun.wait()
    asking.append(asyncio.ensure_future(served.get(TITLES)))
    await come_in()
    let_go.set()
    answers = await asyncio.gather(*asking)

    assert served.engine.runs == [TITLES]
    assert {answer.content for answer in answers} == {answers[0].content}
    assert len(titles(answers[0])) == 4


async def test_who_began_may_go_away_and_the_others_are_answered(served: Served) -> None:
    begun, let_go = held(served.engine)
    first = asyncio.ensure_future(served.post(TITLES))
    await begun.wait()
    others = [asyncio.ensure_future(served.post(TITLES)) for _ in range(2)]
    await come_in()
    first.cancel()
    await asyncio.wait([first])
    let_go.set()

    assert [len(titles(answer)) for answer in await asyncio.gather(*others)] == [4, 4]
    assert served.engine.runs == [TITLES]


async def come_in() -> None:
    """Lets every request that was begun come as far as it can without another's doing."""
    for _ in range(200):
        await asyncio.sleep(0)


async def test_when_nobody_waits_any_more_the_work_is_given_up(served: Served) -> None:
    begun, ended = asyncio.Event(), asyncio.Event()

    async def after() -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    served.engine.far, served.engine.after = True, after
    asking = [asyncio.ensure_future(served.post(TITLES)) for _ in range(2)]
    await begun.wait()
    await come_in()
    for one in asking:
        one.cancel()
    await asyncio.wait_for(ended.wait(), 10)
    served.engine.after = nothing

    assert len(titles(await served.post(TITLES))) == 4
    assert served.engine.runs == [TITLES, TITLES]


async def test_who_asks_after_a_change_never_gets_what_was_begun_before_it(served: Served) -> None:
    begun, let_go = held(served.engine)
    early = asyncio.ensure_future(served.post(TITLES))
    await begun.wait()
    served.write(USULAN.replace("Sumur bor", "Sumur gali"))
    await served.sync("planning")
    late = [asyncio.ensure_future(served.post(TITLES)) for _ in range(3)]
    await come_in()
    let_go.set()

    assert "Sumur bor" in titles(await early)
    assert [("Sumur gali" in titles(answer)) for answer in await asyncio.gather(*late)] == [True] * 3
    assert served.engine.runs == [TITLES, TITLES]
    assert "Sumur gali" in titles(await served.post(TITLES))


async def test_who_waits_for_others_waits_no_longer_than_an_operation_may_take(hub_folder: Path) -> None:
    async with serving(hub_folder, seconds=0.3) as served:
        await served.sync()
        begun, let_go = held(served.engine)
        early = asyncio.ensure_future(served.post(TITLES))
        await begun.wait()
        late = asyncio.ensure_future(served.post(TITLES))
        served.write(USULAN.replace("Sumur bor", "Sumur gali"))
        await served.sync("planning")
        await come_in()
        served.engine.before = asyncio.Event().wait  # type: ignore[assignment]  # never comes to its end
        let_go.set()

        assert len(titles(await early)) == 4
        assert (await late).json()["errors"][0]["extensions"]["code"] == "QUERY_TIMEOUT"


async def test_who_joins_another_s_run_waits_no_longer_than_an_operation_may_take(hub_folder: Path) -> None:
    async with serving(hub_folder, seconds=0.3) as served:
        await served.sync()
        begun, let_go = held(served.engine)
        early = asyncio.ensure_future(served.post(TITLES))
        await begun.wait()
        assert (await served.post(TITLES)).json()["errors"][0]["extensions"]["code"] == "QUERY_TIMEOUT"
        let_go.set()
        assert len(titles(await early)) == 4


async def test_a_table_that_several_ask_for_at_once_is_written_once(served: Served) -> None:
    answers = await asyncio.gather(*(served.client.get("/q/daftar.csv") for _ in range(4)))

    assert served.engine.runs == [TABLE]
    assert {answer.content for answer in answers} == {answers[0].content}


async def write_large_table(served: Served) -> None:
    rows = "".join(f"{number},{'x' * 400},,,DITERIMA,\n" for number in range(1, 4000))
    served.write("No,Usulan,Lokasi,Biaya,Status,Pengusul\n" + rows)
    await served.sync("planning")


async def test_those_who_wait_for_a_table_that_is_not_kept_are_not_held_up_by_one_another(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    await write_large_table(served)
    tabulate, active, most = served.engine.tabulate, 0, 0

    async def counted(*given: Any) -> Answer:
        nonlocal active, most
        active += 1
        most = max(most, active)
        try:
            return await tabulate(*given)
        finally:
            active -= 1

    monkeypatch.setattr(served.engine, "tabulate", counted)
    answers = await asyncio.gather(*(served.client.get("/q/daftar.csv") for _ in range(4)))

    assert {answer.status_code for answer in answers} == {200}
    assert most == 2  # as many as are written at a time


async def test_of_a_large_table_only_its_tag_is_kept(served: Served) -> None:
    await write_large_table(served)
    first, again = [await served.client.get("/q/daftar.csv") for _ in range(2)]
    unchanged = await served.client.get("/q/daftar.csv", headers={"If-None-Match": first.headers["etag"]})

    assert len(first.content) > 1024 * 1024
    assert first.content == again.content
    assert (unchanged.status_code, served.engine.runs) == (304, [TABLE, TABLE])


async def test_a_replica_on_a_server_is_looked_at_for_every_request_too(hub_folder: Path) -> None:
    url, schema = postgres(), f"responses_{uuid4().hex[:10]}"
    file = hub_folder / "hub.yaml"
    address = url.replace("postgresql://", "postgresql+asyncpg://")
    file.write_text(file.read_text().replace("sqlite:///var/replica.db", f"{address}?schema={schema}"))
    try:
        async with serving(hub_folder) as served:
            await served.sync()
            before, again = await served.post(TITLES), await served.post(TITLES)
            assert (before.content, served.engine.runs) == (again.content, [TITLES])
            served.write(USULAN.replace("Sumur bor", "Sumur gali"))
            await served.sync("planning")
            assert "Sumur gali" in titles(await served.post(TITLES))
    finally:
        drop_schemas(url, [schema])
