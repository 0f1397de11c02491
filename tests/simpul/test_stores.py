"""Where answers are kept: memory with a bound, and a Redis that may be down, silent or full of what others wrote."""

from __future__ import annotations

import asyncio
import logging
import shutil
import socket
import subprocess
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simpul.web.stores import OVERHEAD, REST_SECONDS, BoundedMemory, Kept, Shared, redis_store, unpack
from tests.near import Counting, serving
from tests.servers import redis_url
from tests.simpul.conftest import USULAN

TITLES = "{ proposals { nodes { title } } }"


def kept(body: bytes = b"{}", version: str = "1") -> Kept:
    return Kept(frozenset({"entity:Proposal", "link:Proposal.region"}), version, (("X-Simpul-Rows", "1"),), body)


# -- memory -----------------------------------------------------------------------------------------------------------


@given(st.lists(st.tuples(st.sampled_from("abcdefgh"), st.none() | st.integers(0, 2000)), max_size=60))
def test_memory_keeps_what_was_last_asked_for_within_its_bound(steps: list[tuple[str, int | None]]) -> None:
    limit = 3 * OVERHEAD + 2000
    memory, model = BoundedMemory(limit), OrderedDict[str, Kept]()

    async def run() -> None:
        for key, size in steps:
            if size is None:
                assert await memory.get(key) is model.get(key)
                if key in model:
                    model.move_to_end(key)
            else:
                model.pop(key, None)
                model[key] = kept(b"x" * size)
                await memory.set(key, model[key])
                while sum(one.size for one in model.values()) > limit:
                    model.popitem(last=False)
            assert memory.size == sum(one.size for one in model.values()) <= limit

    asyncio.run(run())


# -- what is shared ---------------------------------------------------------------------------------------------------


@given(
    st.frozensets(st.text(), max_size=4), st.text(), st.lists(st.tuples(st.text(), st.text()), max_size=3), st.binary()
)
def test_what_is_packed_is_unpacked(
    names: frozenset[str], version: str, headers: list[tuple[str, str]], body: bytes
) -> None:
    one = Kept(names, version, tuple(headers), body)

    assert unpack(one.packed()) == one


@given(st.binary())
def test_what_others_have_written_is_not_taken_for_an_answer(packed: bytes) -> None:
    assert unpack(packed) is None


@pytest.mark.parametrize("packed", [b"[1]\n", b'{"a":1}\n{}', b"[[1,2,3],4,[[1]]]\n{}", b'[["a"],"v",5]\n{}', b"3\n"])
def test_nor_what_is_nearly_one(packed: bytes) -> None:
    assert unpack(packed) is None


class Broken:
    """A store that fails, or never answers."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.works = False
        self.given: dict[str, object] = {}

    async def get(self, key: str) -> object:
        self.asked.append("get")
        if not self.works:
            raise ConnectionError
        return self.given.get(key)

    async def set(self, key: str, value: object) -> object:
        self.asked.append("set")
        if not self.works:
            raise TimeoutError
        self.given[key] = value
        return True

    async def close(self) -> object:
        return None


async def taken(shared: Shared) -> None:
    """Waits until what is kept is where it belongs, or has failed."""
    await asyncio.gather(*shared._taking)


async def test_a_store_that_failed_is_left_alone_and_tried_again_when_nobody_waits(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    store, now = Broken(), [0.0]
    shared = Shared(store, lambda: now[0])
    assert await shared.get("a") is None
    assert await shared.get("a") is None
    shared.put("a", kept())
    await taken(shared)
    assert store.asked == ["get"]

    now[0] = REST_SECONDS
    shared.put("a", kept())
    shared.put("b", kept())
    await taken(shared)
    assert store.asked == ["get", "set"]
    assert await shared.get("a") is None

    now[0], store.works = 2 * REST_SECONDS, True
    shared.put("a", kept())
    assert await shared.get("a") is None
    await taken(shared)
    assert await shared.get("a") == kept()
    assert store.asked == ["get", "set", "set", "get"]
    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO"]


async def test_a_failed_write_costs_the_next_request_nothing() -> None:
    store = Broken()
    shared = Shared(store)
    shared.put("a", kept())
    await taken(shared)

    assert await shared.get("a") is None
    assert store.asked == ["set"]


# -- Redis ------------------------------------------------------------------------------------------------------------


def keep_in(folder: Path, url: str) -> Path:
    file = folder / "hub.yaml"
    file.write_text(file.read_text().replace("language: id", f"language: id\ncache: {url}"))
    (folder / "queries").mkdir()
    (folder / "queries" / "daftar.graphql").write_text(TITLES)
    return folder


async def settled(engine: Counting) -> None:
    """Waits until what was kept has been written: the store has a tenth of a second."""
    waiting = [task for task in asyncio.all_tasks() if "Shared._take" in repr(task.get_coro())]
    if waiting:
        await asyncio.wait(waiting)


async def test_processes_share_what_takes_long_through_redis(hub_folder: Path) -> None:
    keep_in(hub_folder, redis_url())
    async with serving(hub_folder) as one, serving(hub_folder) as other:
        await one.sync()
        one.engine.far = other.engine.far = True
        first, table = await one.post(TITLES), await one.client.get("/q/daftar.csv")
        await settled(one.engine)
        second, same = await other.post(TITLES), await other.client.get("/q/daftar.csv")
        assert (second.content, second.headers["etag"]) == (first.content, first.headers["etag"])
        assert (same.content, same.headers["etag"]) == (table.content, table.headers["etag"])
        assert same.headers["x-simpul-rows"] == "4"
        assert other.engine.runs == []

        one.write(USULAN.replace("Sumur bor", "Sumur gali"))
        await one.sync("planning")
        changed = await other.post(TITLES)
        assert "Sumur gali" in changed.text
        assert other.engine.runs == [TITLES]


async def test_another_replica_has_answers_of_its_own_in_the_same_redis(tmp_path: Path, hub_folder: Path) -> None:
    keep_in(hub_folder, redis_url())
    shutil.copytree(hub_folder, tmp_path / "twin")
    async with serving(hub_folder) as one, serving(tmp_path / "twin") as twin:
        one.engine.far = twin.engine.far = True
        await one.sync()
        await one.post(TITLES)
        await settled(one.engine)
        twin.write(USULAN.replace("Sumur bor", "Sumur gali"))
        await twin.sync()

        assert "Sumur gali" in (await twin.post(TITLES)).text


@asynccontextmanager
async def silent() -> AsyncIterator[tuple[int, list[asyncio.StreamWriter]]]:
    """A server that takes connections and never says a word: its port, and the connections."""
    met: list[asyncio.StreamWriter] = []

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        met.append(writer)

    server = await asyncio.start_server(listen, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1], met
    finally:
        for writer in met:
            writer.close()
        server.close()


async def test_a_silent_redis_is_met_once_and_costs_no_answer(hub_folder: Path) -> None:
    async with silent() as (port, met):
        keep_in(hub_folder, f"redis://127.0.0.1:{port}/0")
        async with serving(hub_folder) as served:
            await served.sync()
            served.engine.far = True
            answers = [await served.post(TITLES, variables={"n": number}) for number in range(5)]
            tables = [await served.client.get(f"/q/daftar.{form}") for form in ("csv", "json")]
            await settled(served.engine)

    assert [answer.status_code for answer in (*answers, *tables)] == [200] * 7
    assert len({answer.content for answer in answers}) == 1
    assert len(met) == 1


@contextmanager
def own_redis(folder: Path, port: int) -> Iterator[None]:
    """A Redis server that a test may kill."""
    command = shutil.which("redis-server")
    if command is None:
        pytest.skip("platform: no redis-server; install Redis")
    options = ["--port", str(port), "--save", "", "--dir", str(folder), "--bind", "127.0.0.1"]
    process = subprocess.Popen([command, *options], stdout=subprocess.DEVNULL)
    try:
        for _ in range(400):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        yield
    finally:
        process.kill()
        process.wait()


async def test_a_redis_that_was_killed_is_used_again_once_it_is_back(tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    now = [0.0]
    shared = Shared(redis_store(f"redis://127.0.0.1:{port}/0"), lambda: now[0])
    with own_redis(tmp_path, port):
        shared.put("a", kept())
        await taken(shared)
        assert await shared.get("a") == kept()
    assert await shared.get("a") is None
    shared.put("a", kept(version="2"))
    await taken(shared)
    with own_redis(tmp_path, port):
        now[0] = REST_SECONDS
        assert await shared.get("a") is None
        shared.put("a", kept(version="3"))
        await taken(shared)
        assert await shared.get("a") == kept(version="3")
    await shared.close()


async def test_answers_go_on_when_redis_is_killed(hub_folder: Path, tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    keep_in(hub_folder, f"redis://127.0.0.1:{port}/0")
    async with serving(hub_folder) as served:
        served.engine.far = True
        with own_redis(tmp_path, port):
            await served.sync()
            before = await served.post(TITLES)
            await settled(served.engine)
        served.write(USULAN.replace("Sumur bor", "Sumur gali"))
        await served.sync("planning")
        after = await served.post(TITLES)

    assert ("Sumur bor" in before.text, "Sumur gali" in after.text) == (True, True)
