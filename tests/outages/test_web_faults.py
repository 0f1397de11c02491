"""A web API that fails in every way that the faulty server of the suites knows: old answers, said to be old, and then new ones."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.outages.conftest import Open
from tests.outages.office import SUITES, Office, eventually, free_port, write_office

UNREACHABLE = {"SOURCE_UNREACHABLE"}
LATE = {"SOURCE_TIMEOUT"}
STATUS = {"STATUS_UNEXPECTED"}
REFUSED = {"SOURCE_AUTH"}
CUT = {"ANSWER_CUT_OFF", "SOURCE_UNREACHABLE"}
GARBAGE = {"JSON_BROKEN", "ANSWER_CUT_OFF"}

REASONS: dict[str, set[str]] = {
    "slow:60": LATE,
    "hang": LATE,
    "slowbody:0.5": LATE,
    "500": STATUS,
    "502": STATUS,
    "503": STATUS,
    "429": STATUS,
    "401": REFUSED,
    "403": REFUSED,
    "404": {"ENDPOINT_MISSING"},
    "reset": UNREACHABLE,
    "reset-mid": CUT,
    "truncate": CUT,
    "garbage": GARBAGE,
    "html": {"NOT_JSON"},
    "empty": GARBAGE,
    "drift": {"LIST_MISSING"},
    "nulls": {"LIST_OF_OTHERS"},
    "nan": {"JSON_ABSURD"},
    "dup": {"LIST_MISSING"},
    "utf16": GARBAGE,
    "deepjson": {"JSON_ABSURD"},
    "huge:200": {"ANSWER_TOO_LARGE"},
    "gzipbomb:300": {"ANSWER_TOO_LARGE", *LATE},  # which the server packs anew each time
    "redirect-loop": {"REDIRECTED"},
    "redirect-metadata": {"REDIRECTED"},
    "badlength": GARBAGE,
    "badchunk": GARBAGE,
}
RESTING = ("401", "403")  # half a minute each, in which nobody asks
CORE = ("hang", "500", "reset-mid", "html", "drift", "huge:200", "gzipbomb:300", "redirect-metadata")
ALL = "SIMPUL_FAULTS" in os.environ
SUBJECT = """\
kind: rest
url: http://127.0.0.1:{port}
timeout: 2s
refresh: 1s
datasets:
  items: {{path: items, list: items, key: id}}
"""


class Upstream:
    """The faulty server of the suites as a process."""

    def __init__(self, port: int) -> None:
        self.port = port

    def ask(self, path: str, method: str = "GET") -> bytes:
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", method=method)
        with urllib.request.urlopen(request, timeout=60) as answer:
            content: bytes = answer.read()
            return content

    def become(self, mode: str) -> None:
        self.ask(f"/_mode/{mode}", "POST")

    def is_there(self) -> bool:
        try:
            self.ask("/_stats")
        except OSError:
            return False
        return True


@contextmanager
def running(port: int) -> Iterator[Upstream]:
    script = SUITES / "faulty_upstream.py"
    if not script.is_file():
        pytest.skip("platform: the faulty server is not here; put shared/ beside the project to have it")
    process = subprocess.Popen([sys.executable, str(script), str(port)])
    try:
        upstream = Upstream(port)
        eventually(upstream.is_there)
        yield upstream
    finally:
        process.kill()
        process.wait()


@pytest.fixture(scope="module")
def upstream() -> Iterator[Upstream]:
    with running(free_port()) as found:
        yield found


@pytest.fixture(scope="module")
def office(upstream: Upstream, opened: Open, tmp_path_factory: pytest.TempPathFactory) -> Office:
    folder = tmp_path_factory.mktemp("web") / "hub"
    return opened(write_office(folder, SUBJECT.format(port=upstream.port), "items"))


@pytest.mark.parametrize("fault", [fault for fault in REASONS if ALL or fault in CORE])
def test_old_answers_are_served_and_said_to_be_old_and_new_ones_come_by_themselves(
    office: Office, upstream: Upstream, fault: str
) -> None:
    office.well()
    before, handles = office.tell(), office.handles()
    assert [node["name"] for node in before.projects["nodes"]] == ["t0", "t1", "t2", "t3", "t4"]
    upstream.become(fault)
    office.holds(before, REASONS[fault])
    upstream.become("none")
    office.well()

    assert office.tell() == before
    assert office.handles() <= handles + 2


def test_what_is_slow_but_in_time_is_served(office: Office, upstream: Upstream) -> None:
    office.well()
    for mode in ("slow:1", "flap"):
        upstream.become(mode)
        assert office.next_try(2)["state"] == "FRESH"
    upstream.become("none")


@pytest.mark.parametrize("waits", [False, True] if ALL else [False])
def test_a_source_that_fails_and_fails_is_left_alone(opened: Open, tmp_path: Path, waits: bool) -> None:
    with running(free_port()) as upstream:
        office = opened(write_office(tmp_path / "hub", SUBJECT.format(port=upstream.port), "items"))
        upstream.become("reset")
        upstream.ask("/_reset")
        eventually(lambda: office.standing()["breaker"] == "OPEN", 30)
        tried = office.standing()["triedAt"]
        for _ in range(20):
            office.tell()

        assert json.loads(upstream.ask("/_stats"))["calls"] in (10, 11)  # five syncs, each of which tried twice
        assert office.standing()["triedAt"] == tried
        if waits:
            upstream.become("none")
            office.well()


def test_a_hub_starts_with_its_source_down_and_heals_when_it_comes(opened: Open, tmp_path: Path) -> None:
    port = free_port()
    office = opened(write_office(tmp_path / "hub", SUBJECT.format(port=port), "items"))
    down = office.tell()
    with running(port):
        office.well()
        up = office.tell()

    assert (down.projects, down.proposals) == (None, {"nodes": [{"title": "Rabat beton"}]})
    assert [(error["path"], error["extensions"]["code"]) for error in down.errors] == [
        (["projects"], "SOURCE_UNAVAILABLE")
    ]
    assert [source["state"] for source in down.sources] == ["UNAVAILABLE"]
    assert (up.projects["totalCount"], up.errors, up.sources) == (5, [], [])


def test_the_matrix_of_the_suite_passes_whole(office: Office, upstream: Upstream) -> None:
    office.well()
    command = [sys.executable, str(SUITES / "fault_matrix.py"), f"{office.running.url}/graphql"]
    options = {
        "--upstream": f"http://127.0.0.1:{upstream.port}",
        "--query": "{ projects { nodes { name } } proposals { nodes { title } } }",
        "--bad": "projects",
        "--good": "proposals",
        "--pid": str(office.running.process.pid),
    }
    arguments = [*command, *(word for option in options.items() for word in option)]
    ended = subprocess.run(arguments, capture_output=True, text=True, timeout=500, check=False)

    assert ended.stdout.splitlines()[-1] == "34 passed, 0 failed", ended.stdout


# -- lists that are not what they were --------------------------------------------------------------------------------


class _Listing(ThreadingHTTPServer):
    daemon_threads = True
    items: Any = ()


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        assert isinstance(self.server, _Listing)
        content = json.dumps({"items": self.server.items}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """Tests keep no log."""


@pytest.fixture(scope="module")
def listing() -> Iterator[_Listing]:
    server = _Listing(("127.0.0.1", 0), _Handler)
    server.items = whole()
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def listed(listing: _Listing, opened: Open, tmp_path_factory: pytest.TempPathFactory) -> Office:
    folder = tmp_path_factory.mktemp("listed") / "hub"
    return opened(write_office(folder, SUBJECT.format(port=listing.server_port), "items"))


def whole() -> list[dict[str, object]]:
    return [{"id": number, "title": f"t{number}"} for number in range(40)]


@pytest.mark.parametrize("left", [0, 10])
def test_a_list_that_has_lost_too_much_is_not_taken(listed: Office, listing: _Listing, left: int) -> None:
    listing.items = whole()
    listed.well()
    before = listed.tell()
    listing.items = whole()[:left]
    listed.holds(before, {"SHRINK_GUARD"})
    listing.items = whole()[:30]
    listed.well()

    assert listed.tell().projects["totalCount"] == 30
    listing.items = whole()
    eventually(lambda: listed.tell() == before)


def test_keys_that_are_twice_there_are_set_aside_and_told(listed: Office, listing: _Listing) -> None:
    listing.items = [*whole(), {"id": 7, "title": "another"}]
    eventually(lambda: listed.tell().projects["totalCount"] == 39)
    query = {"query": '{ rejects(where: {source: {eq: "subject"}}) { nodes { code locator } } }'}
    rejects = httpx.post(f"{listed.running.url}/graphql", json=query, timeout=20).json()["data"]["rejects"]["nodes"]
    listing.items = whole()
    eventually(lambda: listed.tell().projects["totalCount"] == 40)

    assert {reject["code"] for reject in rejects} == {"DUPLICATE_KEY"}
    assert len(rejects) == 2


def test_a_column_that_went_is_told_and_no_record_is_lost(listed: Office, listing: _Listing) -> None:
    listing.items = whole()
    listed.well()
    before = listed.tell()
    listing.items = [{"id": item["id"], "judul": item["title"]} for item in whole()]
    eventually(lambda: set(listed.names()) == {None})  # what can be taken is taken, unless `contract: freeze`
    without = listed.tell()
    listing.items = whole()
    eventually(lambda: listed.tell() == before)

    assert (without.projects["totalCount"], without.proposals) == (40, before.proposals)
    assert "judul" in listed.running.log.read_text(encoding="utf-8")
