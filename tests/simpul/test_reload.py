"""A hub.yaml that changes while the hub serves: a good one takes over between requests, a bad one changes nothing and is told."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.hubs import Serve, Serving
from tests.simpul.test_workers import children, is_ready, wait_for

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="platform: a system with signals and forks")

TITLES = "{ proposals(first: 100) { nodes { title } } }"
MORE = "{ proposals(first: 100) { nodes { title area } } }"
FIELD = """      proposer: Pengusul
      area:
        column: Lokasi
        type: text
"""


def ask(running: Serving, query: str) -> Any:
    return httpx.post(f"{running.url}/graphql", json={"query": query}, timeout=30).json()


def titles(running: Serving) -> list[str]:
    return [node["title"] for node in ask(running, TITLES)["data"]["proposals"]["nodes"]]


def ready(running: Serving) -> Any:
    return httpx.get(f"{running.url}/readyz", timeout=20).json()


def change(folder: Path, edit: Callable[[str], str]) -> None:
    path = folder / "hub.yaml"
    path.write_text(edit(path.read_text(encoding="utf-8")), encoding="utf-8")


def with_field(text: str) -> str:
    return text.replace("      proposer: Pengusul\n", FIELD)


class Asking:
    """Asks the same over and over, on connections that stay open, and keeps every answer that was none."""

    def __init__(self, running: Serving) -> None:
        self.url, self.failed, self.count = f"{running.url}/graphql", list[str](), 0
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._ask) for _ in range(2)]

    def __enter__(self) -> Asking:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *ended: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _ask(self) -> None:
        with httpx.Client(timeout=40) as client:
            while not self._over.is_set():
                try:
                    answer = client.post(self.url, json={"query": TITLES})
                    data = answer.json().get("data") or {}
                    if len((data.get("proposals") or {}).get("nodes") or ()) != 4:
                        self.failed.append(answer.text)
                except httpx.HTTPError as error:
                    self.failed.append(repr(error))
                self.count += 1


def test_a_good_change_takes_over_and_no_request_is_lost(serve: Serve, hub_folder: Path) -> None:
    running = serve(hub_folder, "--lang", "en")
    wait_for(lambda: is_ready(running))
    unknown = ask(running, MORE)
    with Asking(running) as asking:
        change(hub_folder, with_field)
        wait_for(lambda: "errors" not in ask(running, MORE))
        wait_for(lambda: None not in [node["area"] for node in ask(running, MORE)["data"]["proposals"]["nodes"]])
    change(hub_folder, lambda text: text.replace("name: Kabupaten Uji", "name: Kabupaten Lain"))
    wait_for(lambda: "Kabupaten Lain" in httpx.get(f"{running.url}/", timeout=20).text)

    assert "errors" in unknown
    assert asking.failed == []
    assert asking.count > 10
    assert running.log.read_text(encoding="utf-8").count("was changed and is in use") == 2


def test_a_bad_change_changes_nothing_and_is_told(serve: Serve, hub_folder: Path) -> None:
    running = serve(hub_folder, "--lang", "en")
    wait_for(lambda: is_ready(running))
    before = titles(running)
    good = (hub_folder / "hub.yaml").read_text(encoding="utf-8")
    change(hub_folder, lambda text: text.replace("kind: sql", "kind: sqll"))
    wait_for(lambda: ready(running)["configuration"] == "REFUSED")
    page = httpx.get(f"{running.url}/?lang=en", timeout=20).text
    figures = httpx.get(f"{running.url}/metrics", timeout=20).text
    told = titles(running)
    change(hub_folder, lambda text: good)
    wait_for(lambda: ready(running)["configuration"] == "CURRENT")

    assert told == before
    assert "can&#39;t be used as it is" in page and "sqll" in page and "hub.yaml:" in page
    assert "simpul_configuration_current 0.0" in figures
    assert "sqll" in running.log.read_text(encoding="utf-8")
    assert "in use\n" not in running.log.read_text(encoding="utf-8").replace("of before is in use:\n", "")


def test_a_file_that_is_gone_is_a_bad_change(serve: Serve, hub_folder: Path) -> None:
    running = serve(hub_folder)
    wait_for(lambda: is_ready(running))
    (hub_folder / "hub.yaml").rename(hub_folder / "hub.aside")
    wait_for(lambda: ready(running)["configuration"] == "REFUSED")

    assert len(titles(running)) == 4


def test_a_source_that_comes_is_read_and_one_that_goes_is_forgotten(serve: Serve, hub_folder: Path) -> None:
    running = serve(hub_folder)
    wait_for(lambda: is_ready(running))
    (hub_folder / "data" / "posyandu.csv").write_text("KODE,NAMA\nA-1,Melati\n", encoding="utf-8")
    new = "  clinics:\n    kind: spreadsheet\n    path: data/posyandu.csv\n    datasets: {posyandu: {}}\n\nentities:\n"
    own = (
        "  HealthPost:\n    from: clinics.posyandu\n    key: [code]\n"
        "    fields: {code: {column: KODE, type: code}, name: {column: NAMA, type: text}}\n\nlinks:\n"
    )
    change(hub_folder, lambda text: text.replace("\nentities:\n", new).replace("\nlinks:\n", own))
    query = "{ healthPosts { nodes { name } } }"
    wait_for(lambda: (ask(running, query).get("data") or {}).get("healthPosts") == {"nodes": [{"name": "Melati"}]})
    change(hub_folder, lambda text: text.replace(new, "\nentities:\n").replace(own, "\nlinks:\n"))
    wait_for(lambda: "data" not in ask(running, query))

    assert [source["name"] for source in ready(running)["sources"]] == ["finance", "inbox", "planning"]


def test_a_signal_has_it_read_at_once_and_a_new_secret_is_used(serve: Serve, hub_folder: Path) -> None:
    running = serve(hub_folder, "--lang", "en")
    wait_for(lambda: is_ready(running))
    running.process.send_signal(signal.SIGHUP)
    wait_for(lambda: "was changed and is in use" in running.log.read_text(encoding="utf-8"))

    assert len(titles(running)) == 4
    assert running.process.poll() is None


@pytest.mark.parametrize("way", ["file", "signal"])
def test_a_crew_gives_way_to_another(serve: Serve, hub_folder: Path, way: str) -> None:
    running = serve(hub_folder, "--workers", "2")
    wait_for(lambda: len(children(running)) == 2 and is_ready(running))
    before = set(children(running))
    if way == "file":
        change(hub_folder, with_field)
    else:
        running.process.send_signal(signal.SIGHUP)
    wait_for(lambda: len(children(running)) == 2 and not before & set(children(running)))
    if way == "file":
        wait_for(lambda: "errors" not in ask(running, MORE))

    assert len(titles(running)) == 4


def test_a_crew_goes_on_when_the_change_is_a_bad_one(serve: Serve, hub_folder: Path) -> None:
    running = serve(hub_folder, "--workers", "2")
    wait_for(lambda: len(children(running)) == 2 and is_ready(running))
    before = set(children(running))
    change(hub_folder, lambda text: text.replace("kind: sql", "kind: sqll"))
    wait_for(lambda: ready(running)["configuration"] == "REFUSED")

    assert set(children(running)) == before
    assert len(titles(running)) == 4
