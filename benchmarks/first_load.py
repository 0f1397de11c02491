"""50 and 1,000 proposals with their budget lines, projects and complaints: Simpul beside plain Strawberry with DataLoaders.

Both serve the same SQLite replica of the sample regency, one process each, run in turns in one go; their answers are compared
first. Prints requests per second, p50 and p99, and Simpul's ratio. Usage: first_load.py [--seconds 5] [--rounds 3]"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
CASES = {50: 32, 1000: 8}  # proposals asked: connections
SIMPUL = """query ($n: Int) { proposals(first: $n) { nodes { number title estimatedCost
    budgetLines(first: 1000) { nodes { accountCode ceiling realised } }
    projects(first: 1000) { nodes { name status complaints(first: 1000) { nodes { trackingId title } } } } } } }"""
STRAWBERRY = """query ($n: Int!) { proposals(first: $n) { number title estimatedCost
    budgetLines { accountCode ceiling realised }
    projects { name status complaints { trackingId title } } } }"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def server(command: list[str], port: int, **environment: str) -> Iterator[int]:
    """A server process on loopback, up when it is handed out and stopped afterwards."""
    process = subprocess.Popen(
        command, env=os.environ | environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        for _ in range(200):
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                time.sleep(0.1)
        yield port
    finally:
        process.terminate()
        process.wait(10)


def ask(port: int, query: str, n: int) -> Any:
    body = json.dumps({"query": query, "variables": {"n": n}}).encode()
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/graphql", body, {"Content-Type": "application/json", "Accept": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)["data"]


def flat(value: Any) -> Any:
    """An answer without connection objects, so that both forms can be compared."""
    if isinstance(value, dict):
        return flat(value["nodes"]) if set(value) == {"nodes"} else {key: flat(item) for key, item in value.items()}
    return [flat(item) for item in value] if isinstance(value, list) else value


async def worker(port: int, request: bytes, until: float, times: list[float]) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    while time.perf_counter() < until:
        started = time.perf_counter()
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(head.decode())
        length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length"))
        await reader.readexactly(int(length.split(b":")[1]))
        times.append(time.perf_counter() - started)
    writer.close()


async def load(port: int, query: str, n: int, connections: int, seconds: float) -> tuple[float, list[float]]:
    """Requests per second of a closed loop, and each request's time."""
    body = json.dumps({"query": query, "variables": {"n": n}}).encode()
    head = (
        f"POST /graphql HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\n"
        f"Accept: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    times: list[float] = []
    started = time.perf_counter()
    until = started + seconds
    await asyncio.gather(*(worker(port, head.encode() + body, until, times) for _ in range(connections)))
    return len(times) / (time.perf_counter() - started), times


def measure(ports: dict[str, int], seconds: float, rounds: int) -> None:
    queries = {"simpul": SIMPUL, "strawberry": STRAWBERRY}
    print(f"{'proposals':>9} {'connections':>11} {'server':12} {'req/s':>9} {'p50 ms':>9} {'p99 ms':>9}")
    for n, connections in CASES.items():
        answers = {name: flat(ask(port, queries[name], n)) for name, port in ports.items()}
        if answers["simpul"] != answers["strawberry"]:
            raise SystemExit(f"the answers differ for {n} proposals; nothing was measured")
        rates: dict[str, list[float]] = {name: [] for name in ports}
        times: dict[str, list[float]] = {name: [] for name in ports}
        for _ in range(rounds):
            for name, port in ports.items():
                rate, took = asyncio.run(load(port, queries[name], n, connections, seconds))
                rates[name].append(rate)
                times[name] += took
        for name in ports:
            ordered = sorted(times[name])
            p50, p99 = ordered[len(ordered) // 2], ordered[int(len(ordered) * 0.99)]
            rate = statistics.median(rates[name])
            print(f"{n:>9} {connections:>11} {name:12} {rate:>9.1f} {p50 * 1e3:>9.1f} {p99 * 1e3:>9.1f}")
        ratio = statistics.median(rates["simpul"]) / statistics.median(rates["strawberry"])
        print(f"{n:>9} proposals: Simpul answers {ratio:.1f} times as many requests", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        hub = Path(folder) / "regency"
        simpul = [sys.executable, "-m", "simpul"]
        subprocess.run([*simpul, "demo", "--folder", str(hub), "--port", str(free_port()), "--once"], check=True)
        written = (hub / "hub.yaml").read_text(encoding="utf-8")
        (hub / "hub.yaml").write_text(f"cache: off\n{written}", encoding="utf-8")  # every answer is to be made
        replica = next(hub.rglob("replica.db"))
        one, other = free_port(), free_port()
        serve = [*simpul, "serve", "--config", str(hub / "hub.yaml"), "--port", str(one)]
        plain = [sys.executable, "-m", "uvicorn", "plain_strawberry:app", "--app-dir", str(HERE), "--port", str(other)]
        with server(serve, one), server([*plain, "--log-level", "warning"], other, REPLICA=str(replica)):
            measure({"simpul": one, "strawberry": other}, arguments.seconds, arguments.rounds)


if __name__ == "__main__":
    main()
