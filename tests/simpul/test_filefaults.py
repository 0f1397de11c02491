"""What offices do to a watched file, all of it at once beside a serving hub: the last good records stay, marked STALE with a reason,
and a good file heals it. The script that does it is that of `../shared/suites`."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.hubs import Serve, Serving
from tests.simpul.test_add import Cells, write_sheets

SCRIPT = Path(__file__).parents[3] / "shared" / "suites" / "filefaults.py"
BROKEN = ("trunc", "half", "delete", "dir", "fifo", "symlink-loop")
"""After these the old records stay, STALE."""
CHANGED = ("slow-inplace", "atomic", "flicker")
"""After these the new file is there."""
HARMLESS = ("append-junk", "noperm", "future", "past", "lock")
"""After these it is as before: the end of a zip is found behind the junk, and root may read everything."""
CSV = ("slow-inplace", "same-stat")
"""Of a csv file a half can be read; the others are workbooks."""
MODES = (*BROKEN, *CHANGED, *HARMLESS, "same-stat")
ASKED = "{ lines(first: 1000) { nodes { code title provenance { file freshness } } } sources { nodes { name state problem } } }"

pytestmark = pytest.mark.skipif(not SCRIPT.exists(), reason="platform: ../shared is not beside the project")


def rows(title: str) -> Cells:
    return (("Kode", "Uraian"), *((f"5.1.{at:02}", f"{title} {at}") for at in range(1, 40)))


def hub() -> str:
    names = [f"s_{mode.replace('-', '_')}" for mode in MODES]
    sources = [
        f"  {name}: {{kind: spreadsheet, path: data/{mode}.*, refresh: watch, datasets: {{lines: {{header: 1}}}}}}"
        for name, mode in zip(names, MODES, strict=True)
    ]
    fields = "    fields: {code: {column: Kode, type: code}, title: {column: Uraian, type: text}}"
    mapped = ["    from:", *(f"    - {name}.lines" for name in names), "    key: [file, code]", fields]
    return "\n".join(["name: Uji", "language: en", "sources:", *sources, "entities:", "  Line:", *mapped, ""])


class Seen:
    """What a serving hub answers: by mode the titles and freshness of its records, and the state of its source."""

    def __init__(self, url: str) -> None:
        answer = httpx.post(f"{url}/graphql", json={"query": ASKED}, timeout=30)
        data: dict[str, Any] = answer.json()["data"]
        assert answer.status_code == 200
        self.titles: dict[str, set[str]] = {mode: set() for mode in MODES}
        self.count: dict[str, int] = dict.fromkeys(MODES, 0)
        self.states = {node["name"].removeprefix("s_").replace("_", "-"): node for node in data["sources"]["nodes"]}
        for node in (data["lines"] or {"nodes": ()})["nodes"]:
            mode = node["provenance"]["file"].rpartition(".")[0]
            self.titles[mode].add(node["title"].split()[0])
            self.count[mode] += 1

    def __repr__(self) -> str:
        states = {name: node["state"] for name, node in self.states.items()}
        return str((states, self.count, self.titles))


def file_of(folder: Path, mode: str) -> Path:
    return folder / "data" / f"{mode}.{'csv' if mode in CSV else 'xlsx'}"


def write(path: Path, title: str) -> None:
    if path.suffix == ".xlsx":
        write_sheets(path, Sheet1=rows(title))
    else:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(f"{code};{text}\n" for code, text in rows(title)), encoding="utf-8")


def test_office_accidents_lose_nothing_and_heal(serve: Serve, tmp_path: Path) -> None:
    for mode in MODES:
        write(file_of(tmp_path, mode), "Jembatan")
    (tmp_path / "hub.yaml").write_text(hub(), encoding="utf-8")
    for kind in ("xlsx", "csv"):
        write(tmp_path / f"good.{kind}", "Jalan")
    serving = serve(tmp_path)
    reach(serving.url, serving.log, lambda seen: set(seen.count.values()) == {39}, "the first sync")

    running = [
        subprocess.Popen([sys.executable, str(SCRIPT), mode, str(file), str(tmp_path / f"good{file.suffix}"), "6"])
        for mode, file in ((mode, file_of(tmp_path, mode)) for mode in MODES)
    ]
    reach(serving.url, serving.log, lambda _: all(one.poll() is not None for one in running), "the script")
    assert [one.wait(60) for one in running] == [0] * len(MODES)

    def settled(seen: Seen) -> bool:
        stale = len(seen.titles["same-stat"]) == 2 and all(
            seen.states[mode]["state"] == "STALE" and seen.states[mode]["problem"] for mode in BROKEN
        )
        new = all(seen.titles[mode] == {"Jalan"} for mode in CHANGED)
        return stale and new

    seen = reach(serving.url, serving.log, settled, "the faults to be seen")
    assert {mode: seen.titles[mode] for mode in BROKEN} == {mode: {"Jembatan"} for mode in BROKEN}
    assert {mode: seen.titles[mode] for mode in HARMLESS} == {mode: {"Jembatan"} for mode in HARMLESS}

    for mode in BROKEN:
        subprocess.run([sys.executable, str(SCRIPT), "delete", str(file_of(tmp_path, mode))], check=True)
        write(file_of(tmp_path, mode), "Talud")
    reach(
        serving.url,
        serving.log,
        lambda seen: all(seen.titles[mode] == {"Talud"} and seen.states[mode]["state"] == "FRESH" for mode in BROKEN),
        "what is put back to be taken up",
    )
    assert serving.process.poll() is None


def reach(url: str, log: Path, is_there: Callable[[Seen], bool], what: str) -> Seen:
    """Asks until it is so; a minute is far more than it takes."""
    end, started = time.monotonic() + 90, False
    while True:
        seen = Seen(url)
        started |= len(seen.states) == len(MODES) and set(seen.count.values()) == {39}
        assert not started or set(seen.count.values()) == {39}, "no record is lost, and no half of a file is taken"
        if is_there(seen):
            return seen
        assert time.monotonic() < end, f"waited for {what}: {seen} {log.read_text()[-3000:]}"
        time.sleep(0.5)


def test_new_changed_and_removed_files_of_a_watched_folder_are_taken_up(serve: Serve, tmp_path: Path) -> None:
    (tmp_path / "hub.yaml").write_text(
        "name: Uji\nlanguage: en\nsources:\n  s: {kind: spreadsheet, path: 'data/**/*.csv', refresh: watch}\n"
        "entities:\n  Line:\n    from: s\n    key: [file, code]\n"
        "    fields: {code: {column: Kode, type: code}, title: {column: Uraian, type: text}}\n",
        encoding="utf-8",
    )
    for name in ("lock", "past", "future"):
        write(tmp_path / "data" / f"{name}.csv", "Jembatan")
    serving = serve(tmp_path)
    some = {"lock": {"Jembatan"}, "past": {"Jembatan"}, "future": {"Jembatan"}}
    until(serving, some)

    write(tmp_path / "data" / "past.csv", "Jalan")
    write(tmp_path / "data" / "2026" / "trunc.csv", "Talud")
    (tmp_path / "data" / "future.csv").unlink()
    (tmp_path / "data" / ".~lock.lock.csv#").write_text("Kode;Uraian\n9;Kunci\n", encoding="utf-8")
    (tmp_path / "data" / "~$lock.csv").write_text("Kode;Uraian\n9;Kunci\n", encoding="utf-8")

    until(serving, {"lock": {"Jembatan"}, "past": {"Jalan"}, "trunc": {"Talud"}})


def until(serving: Serving, wanted: dict[str, set[str]]) -> None:
    reach(
        serving.url,
        serving.log,
        lambda seen: {mode: titles for mode, titles in seen.titles.items() if titles} == wanted,
        str(wanted),
    )
