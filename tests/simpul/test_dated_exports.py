"""A folder of dated exports, for a database that nobody lets us ask: the newest one counts."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from connectors.files import find_newest

HUB = """
name: Kabupaten Uji
language: en
sources:
  simda:
    kind: spreadsheet
    path: ekspor/*/ta_kegiatan.csv
    newest: true
    datasets:
      kegiatan: {}
entities:
  Activity:
    from: simda.kegiatan
    key: [code]
    fields:
      code: kode
      ceiling: {column: pagu, type: money}
"""
QUESTION = "{ activitys { totalCount nodes { code ceiling provenance { locator } } } }"


def export(folder: Path, day: str, *rows: str) -> None:
    there = folder / "ekspor" / day
    there.mkdir(parents=True)
    (there / "ta_kegiatan.csv").write_text("\n".join(["kode;pagu", *rows]) + "\n", encoding="utf-8")


def asked(simpul: Callable[..., Any], folder: Path) -> dict[str, str]:
    found = json.loads(simpul(folder, "query", "-", stdin=QUESTION).out)["data"]["activitys"]["nodes"]
    return {node["code"]: node["ceiling"] for node in found}


def test_the_newest_export_takes_the_place_of_the_one_before(simpul: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "hub.yaml").write_text(HUB, encoding="utf-8")
    export(tmp_path, "2026-11-09", "5.1;100", "5.2;200", "5.3;300")
    export(tmp_path, "2026-11-10", "5.1;100", "5.2;250", "5.3;300")
    assert simpul(tmp_path, "sync").code == 0
    assert asked(simpul, tmp_path) == {"5.1": "100", "5.2": "250", "5.3": "300"}

    export(tmp_path, "2026-12-01", "5.1;100", "5.2;275", "5.4;400", "5.3;300")
    said = simpul(tmp_path, "sync")
    assert said.code == 0, said.err
    head, row = said.out.splitlines()[1:3]
    numbers = dict(zip(head.replace("Set aside", "Aside").split(), row.split(), strict=True))
    assert [numbers[name] for name in ("Records", "Added", "Changed", "Removed")] == ["4", "1", "1", "0"]
    assert asked(simpul, tmp_path) == {"5.1": "100", "5.2": "275", "5.3": "300", "5.4": "400"}


def test_an_export_that_is_not_there_yet_takes_nothing_away(simpul: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "hub.yaml").write_text(HUB, encoding="utf-8")
    export(tmp_path, "20261109", "5.1;100", "5.2;200")
    assert simpul(tmp_path, "sync").code == 0
    export(tmp_path, "20261110")
    (tmp_path / "ekspor" / "20261110" / "ta_kegiatan.csv").write_text("", encoding="utf-8")  # being copied
    assert simpul(tmp_path, "sync").code != 0
    assert asked(simpul, tmp_path) == {"5.1": "100", "5.2": "200"}
    (tmp_path / "ekspor" / "20261110" / "ta_kegiatan.csv").write_text("kode;pagu\n5.2;250\n5.1;100\n", encoding="utf-8")
    assert simpul(tmp_path, "sync").code == 0
    assert asked(simpul, tmp_path) == {"5.1": "100", "5.2": "250"}


@pytest.mark.parametrize(
    ("names", "newest"),
    [
        (["2026-11-09/a.csv", "2026-11-10/a.csv", "2025-12-31/a.csv"], "2026-11-10/a.csv"),
        (["a 9.csv", "a 10.csv", "a 2.csv"], "a 10.csv"),
        (["20261109/a.csv", "20261201/a.csv"], "20261201/a.csv"),
        (["2026/9/a.csv", "2026/10/a.csv"], "2026/10/a.csv"),
    ],
)
def test_numbers_in_names_are_numbers(tmp_path: Path, names: list[str], newest: str) -> None:
    for name in names:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    assert find_newest(tmp_path, "**/a*.csv")[0] == newest
