"""Runs the peers' own scripts on a scratch copy of them, with Simpul as one peer more.

`peers.py` starts it with the Python of the copy: `drive.py check NAMES`, or `drive.py bench` with the options of the copy's
`bench.py`. PEERS is the copy's folder, DRIVE what is told in `Drive` as JSON. Of the copy's scripts only this is used: the table
of peers, the variables, the body of a request, the answer to one, and the wait for a quiet machine."""

from __future__ import annotations

import importlib
import json
import os
import sys
from typing import Any, TypedDict


class Server(TypedDict):
    """A Simpul to be measured: its name in the report, the command that serves it, and `scale`, how many times the proposals of the
    peers' data it has (their ids are spread over all of them)."""

    name: str
    command: str
    port: int
    scale: int


class Drive(TypedDict):
    """`patience` is for how many seconds a run waits for a quiet machine; with `repeats` every request has the same variables."""

    servers: list[Server]
    operations: dict[str, str]
    patience: float
    repeats: bool


def flat(value: Any, key: str = "") -> Any:
    """Simpul's answer in the form of the others: no connection objects, keys and percentages as numbers, times with a Z."""
    if isinstance(value, list):
        return [flat(item) for item in value]
    if isinstance(value, dict):
        if set(value) == {"nodes"}:
            return flat(value["nodes"])
        if set(value) == {"groups"}:
            return [flat(group["key"]["proposals"] | group["sum"]) for group in value["groups"]]
        return {name: flat(item, name) for name, item in value.items()}
    if key in ("id", "physicalProgress") and value is not None:
        return int(value)
    return value.replace("+00:00", "Z") if key == "receivedAt" else value


def main() -> None:
    drive: Drive = json.loads(os.environ["DRIVE"])
    sys.path.insert(0, os.path.join(os.environ["PEERS"], "bench"))  # noqa: PTH118 - the copy's own Python may be any
    peers: Any = importlib.import_module("peers")
    servers = {server["name"]: server for server in drive["servers"]}
    for server in servers.values():
        peers.PEERS[server["name"]] = (server["command"], server["port"], drive["operations"], "/graphql", [])
    bench: Any = importlib.import_module("bench")
    body, post, quiet, variables = bench.body, bench.post, bench.quiet, bench.variables

    def body_of(peer: str, query: str, given: dict[str, Any], *rest: Any) -> Any:
        if peer in servers and "status" in given:
            given = given | {"status": given["status"].upper()}
        if peer in servers and "id" in given:
            scale = servers[peer]["scale"]
            given = given | {
                "id": given["id"] * scale - given["id"] % scale
            }  # no multiples of ten: each digit as often
        return body(peer, query, given, *rest)

    def posted(port: int, *rest: Any, **named: Any) -> bytes:
        answer: bytes = post(port, *rest, **named)
        ours = any(server["port"] == port for server in servers.values())
        return json.dumps(flat(json.loads(answer))).encode() if ours else answer

    def drawn() -> dict[str, list[Any]]:
        found: dict[str, list[Any]] = variables()
        return {question: all_[:1] for question, all_ in found.items()} if drive["repeats"] else found

    bench.body, bench.post, bench.variables = body_of, posted, drawn
    bench.quiet = lambda: quiet(patience=drive["patience"])
    try:
        if sys.argv.pop(1) == "check":
            importlib.import_module("check")
        else:
            bench.main()
    finally:  # a peer that did not start leaves the helpers behind
        psutil: Any = importlib.import_module("psutil")
        for process in psutil.Process().children(recursive=True):
            process.terminate()


if __name__ == "__main__":
    main()
