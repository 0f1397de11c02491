"""A hub that serves beside a source that fails: what is asked of it, and what must hold of its answers whatever fails."""

from __future__ import annotations

import re
import socket
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import httpx

from tests.hubs import Serving

T = TypeVar("T")

SUITES = Path(__file__).parents[3] / "shared" / "suites"
ASK = """{
  projects(first: 1000) { totalCount nodes { projectId name } }
  proposals { nodes { title } }
}"""
STANDING = '{ source(by: {key: {name: "%s"}}) { state triedAt readAt problem breaker } }'
INNER = re.compile(
    r"Traceback|httpx|httpcore|asyncpg|pymysql|sqlalchemy|Error\(|site-packages|upstream says no|/etc/passwd|Login"
)
"""What no answer may repeat of the inside of the hub or of what a source sent."""

HUB = """\
name: Kabupaten Uji
language: id
timezone: Asia/Makassar
sources:
  subject:
{subject}
  lists:
    kind: spreadsheet
    path: usulan.csv
    refresh: 1h
    datasets: {{usulan: {{}}}}
entities:
  Project:
    from: {dataset}
    key: [projectId]
    fields: {{projectId: {key}, name: {name}}}
  Proposal:
    from: lists.usulan
    key: [file, number]
    fields: {{number: No, title: Usulan}}
"""


def write_office(folder: Path, subject: str, dataset: str, key: str = "id", name: str = "title") -> Path:
    """A hub of a source in question, whose options are given, and one that is always well."""
    folder.mkdir(parents=True, exist_ok=True)
    indented = "\n".join(f"    {line}" for line in subject.strip().splitlines())
    text = HUB.format(subject=indented, dataset=f"subject.{dataset}", key=key, name=name)
    (folder / "hub.yaml").write_text(text, encoding="utf-8")
    (folder / "usulan.csv").write_text("No,Usulan\n1,Rabat beton\n", encoding="utf-8")
    return folder


@dataclass(frozen=True, slots=True)
class Told:
    """An answer: what it holds of the source in question and of the other one, and what it says of sources in trouble."""

    projects: Any
    proposals: Any
    sources: list[dict[str, Any]]
    errors: list[dict[str, Any]]


class Office:
    """A running hub over a folder that `write_office` has written."""

    def __init__(self, running: Serving) -> None:
        self.running = running

    def tell(self) -> Told:
        """The answer to the question of everything. It comes with status 200 and repeats nothing of the inside."""
        answer = httpx.post(f"{self.running.url}/graphql", json={"query": ASK}, timeout=20)
        assert answer.status_code == 200, answer.text
        assert not INNER.search(answer.text), answer.text
        body = answer.json()
        sources = body.get("extensions", {}).get("sources", [])
        return Told(body["data"]["projects"], body["data"]["proposals"], sources, body.get("errors", []))

    def standing(self) -> dict[str, Any]:
        """How the source in question stands."""
        query = {"query": STANDING % "subject"}
        found: dict[str, Any] | None = httpx.post(f"{self.running.url}/graphql", json=query, timeout=20).json()["data"][
            "source"
        ]
        assert found is not None
        return found

    def names(self) -> list[str | None]:
        """The names of all projects, None where they can't be had."""
        told = self.tell()
        assert told.projects is not None, told
        return [node["name"] for node in told.projects["nodes"]]

    def handles(self) -> int:
        """Open files and connections of the hub."""
        return len(list(Path(f"/proc/{self.running.process.pid}/fd").iterdir()))

    def next_try(self, tries: int = 1) -> dict[str, Any]:
        """How the source stands when so many syncs that began after now have ended."""
        for _ in range(tries):
            before = self.standing()["triedAt"]
            eventually(lambda before=before: self.standing()["triedAt"] != before)
        return self.standing()

    def well(self, seconds: float = 90) -> None:
        """Waits until the source is read again, without a restart."""
        eventually(lambda: self.standing()["state"] == "FRESH", seconds)

    def holds(self, before: Told, reasons: Collection[str]) -> None:
        """The source in question is in trouble: what was there before it is served whole and said to be old, with one of these
        reasons; the other source is not touched."""
        eventually(lambda: self.standing()["state"] == "STALE", 20)
        told = self.tell()
        assert (told.projects, told.proposals, told.errors) == (before.projects, before.proposals, [])
        (source,) = told.sources
        assert (source["name"], source["state"]) == ("subject", "STALE")
        assert source["asOf"] is not None
        assert source["reason"] in reasons, source


def eventually(condition: Callable[..., object], seconds: float = 20) -> None:
    """Waits for what other processes do."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.05)


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
