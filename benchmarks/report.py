"""Writes `results/peers.md` and its pictures from what `peers.py` has measured."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.copy_of_peers import Copy

Runs = Sequence[Mapping[str, Any]]
QUESTIONS = {
    "Q1": "one proposal in full: budget lines, project, complaints",
    "Q2": "50 proposals of a year and status with three links",
    "Q3": "1,000 of them",
    "Q4": "budget and payments of a year by agency, over two sources",
    "Q5": "a condition over three sources, about 40 proposals",
}
FOREIGN = 0.35
"""Cores that others may have used in a run that counts, as the peers' own report has it."""
LIMITS = "L-"
METHOD = """\
All read the same seeded data: 20,000 proposals, 14,138 budget lines, 9,097 projects, 30,000 complaints. Every peer's answers were
first compared with SQLite's, and are the same. Load is a closed loop of wrk over loopback, other variables at each request, one
process of each peer; peers take turns within each repetition, and medians are shown. wrk, PostgreSQL and the REST server share the
cores with what is measured, so requests per second are the whole system's; CPU is the server's own.
"""
IN_PROCESS = """\
A cached plan, from the request as it was parsed to the bytes of the answer (in a thread where the endpoint takes one), beside SQL
written by hand for just this question, over a database of just these columns and indexes. The replica has wider rows: raw values,
origins, search words, states of links.
"""
PROCESSES = """\
Seconds from the start to the first answer to Q1, and resident memory of the process tree in MiB, after it and at its peak. Pages of
the replica that Simpul has mapped are among them, once for each connection that has them: what a server really holds stands below,
under Growth.
"""
GROWTH = """\
One SQLite source of each size, synced into a replica of its own; the three servers take turns. Memory is read after 500 Q1, 200 Q2
and 5 Q4: the server's own (anonymous), and its share of mapped files (the replica's pages among them, which the system takes back at
need).
"""
LEFT_OUT = """\
- Simpul answers from its replica. What syncing costs, and that an answer is as old as the last sync, is in no figure but the table of
  growth. The peers ask PostgreSQL and REST anew for each request (PostGraphile: one PostgreSQL, which somebody must have loaded).
- Simpul's answers are a tenth longer: connections have `nodes`, amounts are exact decimal texts. Its questions ask for `first: 1000`
  of each link, which the peers give without asking. Its status is the text as the source has it (`statusRaw`), its filter the enum.
- Q4 and Q5 are general conditions and groups in Simpul. The peers have them from resolvers or SQL functions written by hand for just
  that question; peers without a row can't answer it.
- One process each. More were not measured: load, database and REST server share the cores.
- The limits parse no GraphQL, check no cost, and know no rights, ages of sources or errors. L-starlette, L-asgi and L-granian send the
  same bytes whatever is asked; L-sqlite-json runs one statement written by hand, L-live-python asks PostgreSQL and REST by hand.
- Percentiles at 32 connections (Q3: 8) are those of a closed loop at full load; p99 of a few seconds is the least certain figure here.
- Offsets are the same at every size (0 to 1,799): a page further behind costs more."""


@dataclass(frozen=True, slots=True)
class Target:
    """An aim of the issue and what was measured. `value` is None where it wasn't."""

    what: str
    aim: str
    value: float | None
    met: bool | None
    beside: str = ""

    @property
    def row(self) -> list[str]:
        verdict = {True: "met", False: "**not met**", None: "not measured"}[self.met]
        return [self.what, self.aim, "–" if self.value is None else number(self.value), verdict, self.beside]


class Figures:
    """The runs of one result file."""

    def __init__(self, runs: Runs) -> None:
        self.runs = runs
        self.peers = sorted({run["peer"]: None for run in runs}, key=lambda name: name.startswith(LIMITS))

    def of(self, peer: str, question: str, busy: bool) -> Runs:
        """The runs that count: those that others left alone, or all where there is none."""
        most = max((run["conns"] for run in self.runs if run["q"] == question), default=1)
        found = [
            run
            for run in self.runs
            if run["peer"] == peer and run["q"] == question and (run["conns"] == most if busy else run["conns"] == 1)
        ]
        return [run for run in found if run["foreign"] < FOREIGN] or found

    def get(self, peer: str, question: str, what: str, busy: bool = True) -> float | None:
        """The median of a figure; `busy` is at the most connections, else at one."""
        runs = self.of(peer, question, busy)
        found = [run[what] for run in runs if run["n"] or what == "rps"]  # without an answer there is no time of one
        return statistics.median(found) if found else None

    def quickest(self, question: str, among: Callable[[str], bool]) -> str | None:
        """The peer with the most requests per second."""
        rates = {peer: self.get(peer, question, "rps") for peer in self.peers if among(peer)}
        return max((peer for peer, rate in rates.items() if rate), key=lambda peer: rates[peer] or 0, default=None)


def number(value: float) -> str:
    """Three figures or so."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}" if value >= 0.1 else f"{value:.3f}"


def over(one: float | None, other: float | None) -> float | None:
    return one / other if one is not None and other else None


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    lines = [list(head), ["---"] * len(head), *rows]
    return ["| " + " | ".join(line) + " |" for line in lines] + [""]


def at_least(what: str, aim: float, value: float | None, beside: str = "") -> Target:
    return Target(what, f"≥ {aim:g}", value, None if value is None else value >= aim, beside)


def at_most(what: str, aim: float, value: float | None, beside: str = "") -> Target:
    return Target(what, f"≤ {aim:g}", value, None if value is None else value <= aim, beside)


def is_peer(name: str) -> bool:
    return not name.startswith((LIMITS, "simpul"))


def targets(main: Figures, results: Results) -> list[Target]:
    """All aims of issue 5, in its order."""

    def rate(question: str, peer: str | None) -> float | None:
        return main.get(peer, question, "rps") if peer else None

    found = []
    rivals = {"Q1": main.quickest("Q1", is_peer), "Q2": "mercurius-jit", "Q3": "mercurius-jit"}
    for (question, rival), aim in zip(rivals.items(), (2, 1.5, 2), strict=True):
        ratio = over(rate(question, "simpul"), rate(question, rival))
        found.append(at_least(f"{question}: requests per second, times {rival}", aim, ratio))
    for question, rival in rivals.items():
        for what in ("p50", "p99"):
            for busy in (False, True):
                mine = main.get("simpul", question, what, busy)
                its = main.get(rival, question, what, busy) if rival else None
                where = ("8" if question == "Q3" else "32") if busy else "1"
                beside = f"{number(mine)} ms, {number(its)} ms" if mine is not None and its is not None else ""
                found.append(at_most(f"{question}: {what} at {where}, times {rival}", 1, over(mine, its), beside))
    found.append(at_least("Q3: times plain Strawberry", 30, over(rate("Q3", "simpul"), rate("Q3", "strawberry"))))
    for question, aim in (("Q1", 0.4), ("Q2", 0.6), ("Q3", 0.6)):
        ratio = over(rate(question, "simpul"), rate(question, "L-sqlite-json"))
        found.append(at_least(f"{question}: share of one SQLite statement behind bare ASGI", aim, ratio))
    for question in ("Q2", "Q3"):
        costs = results.in_process.get(question, {})
        by_hand = {way: cost for way, cost in costs.items() if way != "simpul"}
        ratio = over(costs.get("simpul"), by_hand.get("rows"))
        beside = ", ".join(f"{way} {number(cost)} µs" for way, cost in costs.items())
        found.append(at_most(f"{question}: CPU in process, times SQL by hand and orjson", 1.5, ratio, beside))
    for question in ("Q4", "Q5"):
        rival = main.quickest(question, is_peer)
        ratio = over(rate(question, "simpul"), rate(question, rival))
        found.append(at_least(f"{question}: requests per second, times {rival}", 1, ratio))
    repeated = Figures(results.repeated)
    ratio = over(repeated.get("simpul-cache", "Q3", "rps"), repeated.get("simpul", "Q3", "rps"))
    found.append(at_least("Q3 again and again: response cache, times without", 50, ratio))
    found += growth_targets(results)
    started = results.facts.get("startup", {})
    found.append(at_most("start on the demo to the first answer, seconds", 1, started.get("seconds")))
    found.append(at_most("serving process on the demo, MB", 120, started.get("megabytes")))
    return found


class Results:
    """What lies in the copy's `results/`."""

    def __init__(self, folder: Path) -> None:
        def read(name: str) -> Any:
            path = folder / f"{name}.json"
            return json.loads(path.read_text()) if path.exists() else {}

        self.main = read("main")
        self.repeated: Runs = read("repeated").get("runs", [])
        self.in_process: dict[str, dict[str, float]] = read("in_process")
        self.growth = read("growth")
        self.facts: dict[str, Any] = read("facts")

    @property
    def sizes(self) -> list[int]:
        return sorted(map(int, self.growth.get("sizes", {})))

    def grown(self, size: int, question: str, what: str, busy: bool) -> float | None:
        return Figures(self.growth["runs"]).get(f"simpul-{size}", question, what, busy)


def growth_targets(results: Results) -> list[Target]:
    if len(results.sizes) < 2:
        return [Target(f"growth of {what}", "", None, None) for what in ("Q1 and Q2", "memory", "Q4")]
    least, most = results.sizes[0], results.sizes[-1]
    times = f"{least:,} to {most:,}"
    found = []
    for question in ("Q1", "Q2"):
        ratio = over(results.grown(least, question, "rps", True), results.grown(most, question, "rps", True))
        found.append(at_most(f"{question}: time of a request, {times} proposals", 1.3, ratio, "by requests per second"))
    memories = [results.growth["sizes"][str(size)]["memory"] for size in (least, most)]
    for kind, name in (("Pss_Anon", "its own"), ("Pss", "with mapped files")):
        beside = f"{number(memories[0][kind])} MB, {number(memories[1][kind])} MB"
        ratio = over(memories[1][kind], memories[0][kind])
        found.append(at_most(f"memory of the server, {name}, {times} proposals", 1.2, ratio, beside))
    ratio = over(results.grown(most, "Q4", "p50", False), results.grown(least, "Q4", "p50", False))
    found.append(at_most(f"Q4: time, {times} proposals", most / least, ratio, "linear"))
    return found


def write(copy: Copy, folder: Path) -> None:
    """The report in `folder`, made from the copy's results."""
    results = Results(copy.path / "results")
    if not results.main:
        raise SystemExit("Nothing has been measured beside the peers yet: run peers.py without --report-only first.")
    main = Figures(results.main["runs"])
    lines = [
        *head(results, main),
        "## Targets of issue 5",
        "",
        *table(("what", "aim", "measured", "", "beside"), [target.row for target in targets(main, results)]),
        *questions(main),
        *limits(results),
        *processes(results, main),
        *growing(results),
        *left_out(results),
    ]
    folder.mkdir(exist_ok=True)
    (folder / "peers.md").write_text("\n".join(lines), encoding="utf-8")
    draw(copy, folder, main, results)
    print(f"{folder}/peers.md")


def head(results: Results, main: Figures) -> list[str]:
    facts = results.facts
    foreign = [run["foreign"] for run in main.runs]
    machine = [f"- {name}: {said}" for name, said in facts["machine"].items()]
    used = number(statistics.median(foreign)), number(max(foreign))
    return [
        "# Simpul beside its peers",
        "",
        f"Made by `make peers` on {moment(facts['began'])}, in {facts['minutes']:.0f} minutes.",
        f"{facts['reps']} repetitions of {facts['secs']} s (Q3: 2 and 4 s more). Written by the script from what it measured.",
        "",
        *machine,
        f"- Others on the machine: load {facts['load'][0]:.1f} at the start. In a run they used {used[0]} of a core (median),",
        f"  {used[1]} at most; runs at {FOREIGN} or more are left out where a peer has others.",
        "",
        METHOD,
    ]


def moment(seconds: float) -> str:
    return time.strftime("%d %B %Y, %H:%M UTC", time.gmtime(seconds))


def questions(main: Figures) -> list[str]:
    lines = []
    for question, said in QUESTIONS.items():
        if main.get("simpul", question, "rps") is None:
            continue
        busy = 8 if question == "Q3" else 32
        lines += [f"## {question}: {said}", "", f"![{question}](peers-{question.lower()}.svg)", ""]
        rows = []
        mine = main.get("simpul", question, "rps")
        for peer in sorted(
            main.peers, key=lambda name: (name.startswith(LIMITS), -(main.get(name, question, "rps") or 0))
        ):
            alone = [main.get(peer, question, what, busy=False) for what in ("p50", "p99", "cpu_ms")]
            loaded = [main.get(peer, question, what) for what in ("rps", "p50", "p99", "cpu_ms")]
            if loaded[0] is None:
                continue
            bad = sum(run["bad"] for run in main.runs if run["peer"] == peer and run["q"] == question)
            ratio = over(mine, loaded[0])
            figures = ["–" if figure is None else number(figure) for figure in (*alone, *loaded)]
            name = f"**{peer}**" if peer == "simpul" else peer
            rows.append([name, *figures[3:], *figures[:3], "–" if ratio is None else number(ratio), str(bad)])
        at = f"at {busy}"
        heads = (
            "peer",
            f"req/s {at}",
            f"p50 ms {at}",
            f"p99 ms {at}",
            f"CPU ms {at}",
            "p50 ms at 1",
            "p99 ms at 1",
            "CPU ms at 1",
        )
        lines += table((*heads, "Simpul's req/s, times", "failed"), rows)
    return lines


def limits(results: Results) -> list[str]:
    rows = []
    for question, costs in results.in_process.items():
        simpul = costs["simpul"]
        hand, one = costs.get("rows"), costs["one statement"]
        rows.append(
            [
                question,
                number(simpul),
                number(hand) if hand else "–",
                number(simpul / hand) if hand else "–",
                number(one),
                number(simpul / one),
            ]
        )
    heads = (
        "",
        "cached plan, µs CPU",
        "SQL by hand, rows and orjson",
        "times",
        "one statement that writes the JSON",
        "times",
    )
    return [
        "## In process, without HTTP",
        "",
        IN_PROCESS,
        *table(heads, rows),
    ]


def processes(results: Results, main: Figures) -> list[str]:
    idle, cold = results.main["idle_rss"], results.main["cold"]
    rows = []
    for peer in main.peers:
        peak = max(run["rss"] for run in main.runs if run["peer"] == peer)
        version = results.facts["versions"].get(peer, "")
        rows.append([peer, number(statistics.median(cold[peer])), number(idle[peer]), number(peak), version])
    return [
        "## Processes",
        "",
        PROCESSES,
        *table(("peer", "start s", "MiB at first", "MiB at most", "made of"), rows),
    ]


def growing(results: Results) -> list[str]:
    if not results.sizes:
        return ["## Growth", "", "Not measured.", ""]
    rows = []
    for size in results.sizes:
        facts = results.growth["sizes"][str(size)]
        cells = [
            f"{size:,}",
            f"{facts['rows']:,}",
            number(facts["replica"]),
            number(facts["seconds"]),
            number(facts["megabytes"]),
        ]
        for question, what, busy in (
            ("Q1", "rps", True),
            ("Q1", "p50", False),
            ("Q2", "rps", True),
            ("Q2", "p50", False),
            ("Q4", "p50", False),
        ):
            figure = results.grown(size, question, what, busy)
            cells.append("–" if figure is None else number(figure))
        rows.append([*cells, *(number(facts["memory"][kind]) for kind in ("Pss_Anon", "Pss_File"))])
    first = ("proposals", "records", "replica MB", "first sync s", "sync's peak MB")
    then = ("Q1 req/s at 32", "Q1 p50 ms at 1", "Q2 req/s at 32", "Q2 p50 ms at 1", "Q4 p50 ms at 1")
    return [
        "## Growth",
        "",
        "![Growth](peers-growth.svg)",
        "",
        f"Measured on {moment(results.growth['began'])}.",
        GROWTH,
        *table((*first, *then, "own MB", "mapped MB"), rows),
    ]


def left_out(results: Results) -> list[str]:
    facts = results.facts
    lines = ["## What the figures leave out", "", LEFT_OUT]
    if not facts["cache"]:
        lines.append("- The response cache: this Simpul has none.")
    lines += ["", "## Peers that are missing here", ""]
    lines += [f"- {name}: {reason}" for name, reason in facts["left"].items()]
    if facts["not asked"]:
        lines.append(f"- Left out by `--only`: {', '.join(facts['not asked'])}.")
    if not facts["left"] and not facts["not asked"]:
        lines.append("None of those in the peers' folder; its RESULTS.md names others that could never be run.")
    return [*lines, ""]


def draw(copy: Copy, folder: Path, main: Figures, results: Results) -> None:
    """The pictures, by matplotlib, which the copy's Python has."""
    pictures: list[dict[str, Any]] = []
    for question, said in QUESTIONS.items():
        panels = []
        for title, what, busy in (("requests per second", "rps", True), ("p50 ms at 1 connection", "p50", False)):
            rates = {peer: main.get(peer, question, what, busy) for peer in main.peers}
            shown = sorted(((value, peer) for peer, value in rates.items() if value), reverse=what == "p50")
            at = f" at {8 if question == 'Q3' else 32} connections" if busy else ""
            panels.append({"title": title + at, "bars": [[peer, value] for value, peer in shown]})
        if panels[0]["bars"]:
            pictures.append({"file": f"peers-{question.lower()}.svg", "title": f"{question}: {said}", "panels": panels})
    if len(results.sizes) > 1:
        curves = []
        for title, question, what, busy in (
            ("Q1, requests per second at 32", "Q1", "rps", True),
            ("Q2, requests per second at 32", "Q2", "rps", True),
            ("Q4, ms", "Q4", "p50", False),
        ):
            points = [[size, results.grown(size, question, what, busy) or 0] for size in results.sizes]
            lines = {"Simpul": points}
            if question == "Q4":
                lines["linear"] = [[size, points[0][1] * size / results.sizes[0]] for size in results.sizes]
            curves.append({"title": title, "lines": lines, "log": question == "Q4"})
        kinds = {"its own": "Pss_Anon", "with mapped files": "Pss"}
        memory = {
            name: [[size, results.growth["sizes"][str(size)]["memory"][kind]] for size in results.sizes]
            for name, kind in kinds.items()
        }
        curves.append({"title": "memory of the server, MB", "lines": memory, "log": False})
        pictures.append({"file": "peers-growth.svg", "title": "Growth of the replica: proposals", "panels": curves})
    subprocess.run(
        [str(copy.python), str(Path(__file__).parent / "pictures.py"), str(folder)],
        input=json.dumps(pictures),
        text=True,
        check=True,
        env=os.environ | {"SOURCE_DATE_EPOCH": "0"},
    )
