"""`simpul serve` as a process: it serves whatever is down, keeps its sources up to date, and ends cleanly."""

from __future__ import annotations

import os
import signal
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.hubs import Serve


@pytest.fixture(scope="module")
def closed_port() -> Iterator[int]:
    """A port on which nobody answers while the tests run."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, but not listening: connections are refused
        yield taken.getsockname()[1]


def ask(url: str, query: str) -> dict[str, Any]:
    answer: dict[str, Any] = httpx.post(f"{url}/graphql", json={"query": query}, timeout=20).json()
    return answer


def wait_for(condition: Callable[[], bool], seconds: float = 20) -> None:
    """Waits for what another process does; there is no clock of it to pass."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.05)


def is_ready(url: str) -> bool:
    return httpx.get(f"{url}/readyz", timeout=20).status_code == 200


def test_it_serves_with_a_source_down_and_says_so(serve: Serve, hub_folder: Path, closed_port: int) -> None:
    config = hub_folder / "hub.yaml"
    rest = f"kind: rest\n    url: http://127.0.0.1:{closed_port}/api"
    text = config.read_text().replace("kind: sql\n    url: sqlite:///data/keuangan.db", rest)
    config.write_text(text.replace("        table: ta_anggaran\n", "").replace("        table: ta_paket\n", ""))

    running = serve(hub_folder)
    wait_for(lambda: is_ready(running.url))
    answer = ask(
        running.url, "{ proposals { totalCount } budgetLines { totalCount } sources { nodes { name state problem } } }"
    )
    page = httpx.get(f"{running.url}/?lang=en", timeout=20).text

    assert answer["data"]["proposals"] == {"totalCount": 4}
    assert answer["data"]["budgetLines"] is None  # never an empty list
    assert [(error["path"], error["extensions"]["code"]) for error in answer["errors"]] == [
        (["budgetLines"], "SOURCE_UNAVAILABLE")
    ]
    states = {node["name"]: node["state"] for node in answer["data"]["sources"]["nodes"]}
    assert states == {"planning": "FRESH", "finance": "UNAVAILABLE", "inbox": "FRESH"}
    assert "Unreachable" in page
    assert "does not answer" in page
    assert "never read yet" in page


def test_the_log_speaks_the_chosen_language(serve: Serve, hub_folder: Path) -> None:
    (hub_folder / "data" / "pengaduan.mbox").unlink()

    running = serve(hub_folder, "--lang", "en")
    wait_for(lambda: "inbox: " in running.log.read_text(encoding="utf-8"))

    assert "no file matches" in running.log.read_text(encoding="utf-8")


def test_a_copy_that_could_not_be_renewed_is_served_as_an_old_one(serve: Serve, hub_folder: Path) -> None:
    first = serve(hub_folder)
    wait_for(lambda: is_ready(first.url))
    first.process.send_signal(signal.SIGTERM)
    first.process.wait(20)
    (hub_folder / "data" / "keuangan.db").write_bytes(b"this is no database")

    second = serve(hub_folder)
    query = '{ budgetLines { totalCount } source(by: {key: {name: "finance"}}) { state } }'
    wait_for(lambda: ask(second.url, query)["data"]["source"]["state"] != "FRESH")
    answer = ask(second.url, query)

    assert answer["data"] == {"budgetLines": {"totalCount": 2}, "source": {"state": "STALE"}}
    assert answer["extensions"]["sources"][0]["name"] == "finance"


def test_with_every_source_down_it_serves_what_it_has(serve: Serve, hub_folder: Path) -> None:
    query = "{ proposals { totalCount } budgetLines { totalCount } complaints { totalCount } }"
    first = serve(hub_folder)
    wait_for(lambda: is_ready(first.url))
    before = ask(first.url, query)["data"]
    first.process.send_signal(signal.SIGTERM)
    first.process.wait(20)
    (hub_folder / "data").rename(hub_folder / "gone")
    (hub_folder / "hub.yaml").write_text(
        (hub_folder / "hub.yaml").read_text().replace("refresh: manual", "refresh: 1h")
    )

    second = serve(hub_folder)
    wait_for(lambda: len(ask(second.url, query).get("extensions", {}).get("sources", ())) == 3)
    answer = ask(second.url, query)

    assert (answer["data"], "errors" in answer) == (before, False)
    assert [source["state"] for source in answer["extensions"]["sources"]] == ["STALE"] * 3


def test_a_watched_file_is_read_again_when_it_changes(serve: Serve, hub_folder: Path) -> None:
    config, table = hub_folder / "hub.yaml", hub_folder / "data" / "usulan-alas.csv"
    config.write_text(
        config.read_text().replace(
            "refresh: 1h\n    datasets:\n      usulan", "refresh: watch\n    datasets:\n      usulan"
        )
    )
    running = serve(hub_folder)
    wait_for(lambda: is_ready(running.url))

    table.write_text(table.read_text() + "9,Pasar desa,RT 01,1.000.000.000,DITERIMA,Budi\n")

    wait_for(lambda: ask(running.url, "{ proposals { totalCount } }")["data"]["proposals"]["totalCount"] == 5)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_at_once_with_0_and_leaves_nothing_behind(serve: Serve, hub_folder: Path, number: int) -> None:
    running = serve(hub_folder)
    with httpx.Client(base_url=running.url) as client:  # a connection is kept open
        client.get("/healthz")
        started = time.monotonic()
        running.process.send_signal(number)
        out, _ = running.process.communicate(timeout=20)

    assert running.process.returncode == 0
    assert time.monotonic() - started < 5
    assert out.decode().endswith("Berhenti.\n")
    assert running.log.read_text() == ""
    with socket.socket() as again, pytest.raises(ConnectionRefusedError):
        again.connect(("127.0.0.1", int(running.url.rsplit(":", 1)[1])))


def test_on_another_address_it_serves_any_name_if_that_was_asked_for(serve: Serve, hub_folder: Path) -> None:
    running = serve(hub_folder, "--host", "0.0.0.0", "--allow-unprotected")
    port = running.url.rsplit(":", 1)[1]

    answer = httpx.get(f"http://127.0.0.1:{port}/healthz", headers={"Host": "hub.kab.example"}, timeout=20)

    assert answer.status_code == 200


def test_a_replica_that_can_not_be_used_is_told_and_ends_with_1(hub_folder: Path, simpul: Any) -> None:
    (hub_folder / "var").mkdir()
    (hub_folder / "var" / "replica.db").write_bytes(os.urandom(5000))

    ended = simpul(hub_folder, "serve", "--port", "0", "--lang", "en")

    assert ended.code == 1
    assert ended.err.startswith(f"The replica {hub_folder / 'var' / 'replica.db'} can't be used")


POSTS = """\
name: Kabupaten <Lain>
replica: sqlite:///var/replica.db
sources:
  klinik:
    kind: spreadsheet
    path: posyandu.csv
    datasets:
      posyandu: {}
entities:
  HealthPost:
    from: klinik.posyandu
    key: [code]
    fields:
      code: KODE
      name: NAMA
"""


def test_a_hub_of_entities_that_nobody_built_in_has_its_page_too(serve: Serve, tmp_path: Path) -> None:
    (tmp_path / "hub.yaml").write_text(POSTS)
    (tmp_path / "posyandu.csv").write_text("KODE,NAMA\nP1,Melati <b>\nP2,Mawar\n")
    running = serve(tmp_path)
    wait_for(lambda: is_ready(running.url))

    page = httpx.get(f"{running.url}/?lang=en", timeout=20).text

    assert "Kabupaten &lt;Lain&gt;" in page
    assert "HealthPost" in page
    assert "The first ten records of HealthPost" in page
    assert "From proposal to complaint" not in page
    assert page.count("/graphql?lang=en&amp;query=") == 3
