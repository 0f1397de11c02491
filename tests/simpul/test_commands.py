"""The command line as a person uses it: check, sync, query, rejects, schema, on a console that can't write every sign."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

MISSION = """{ proposal(by: {key: {number: "1"}}) { title estimatedCost proposer
    budgetLines { edges { match { method } node { lineId ceiling } } }
    projects { nodes { projectId complaints { nodes { title reporter reporterContact } } } } } }"""


def test_check_finds_no_problems(simpul: Any, hub_folder: Path) -> None:
    ended = simpul(hub_folder, "check", "--lang", "en")

    assert ended.code == 0, ended
    assert "no problems" in ended.out


def test_query_answers_from_four_sources(simpul: Any, synced_folder: Path) -> None:
    ended = simpul(synced_folder, "query", "-", stdin=MISSION)

    assert ended.code == 0, ended
    assert json.loads(ended.out)["data"]["proposal"] == {
        "title": "Rabat beton jalan dusun",
        "estimatedCost": "125000000",
        "proposer": "***",
        "budgetLines": {
            "edges": [{"match": {"method": "CROSSWALK"}, "node": {"lineId": "11", "ceiling": "125000000"}}]
        },
        "projects": {
            "nodes": [
                {
                    "projectId": "PKT-1",
                    "complaints": {"nodes": [{"title": "Jalan rusak", "reporter": "***", "reporterContact": "***"}]},
                }
            ]
        },
    }


def test_query_before_the_first_sync_says_what_to_do(simpul: Any, hub_folder: Path) -> None:
    ended = simpul(hub_folder, "query", "-", "--lang", "en", stdin=MISSION)

    assert (ended.code, "simpul sync" in ended.err) == (1, True)


def test_rejects_as_csv_name_every_cell(simpul: Any, synced_folder: Path) -> None:
    ended = simpul(synced_folder, "rejects", "--csv", "--lang", "en")

    rows = list(csv.reader(io.StringIO(ended.out.lstrip("\ufeff"))))
    flat = ["|".join(row) for row in rows]
    assert any("AMBIGUOUS_NUMBER" in row and "D3" in row for row in flat)
    assert any("MISSING_KEY" in row and "usulan-alas.csv › 6" in row for row in flat)


def test_schema_prints_the_sdl(simpul: Any, hub_folder: Path) -> None:
    ended = simpul(hub_folder, "schema")

    assert ended.code == 0
    assert "type Proposal implements Node & Record" in ended.out


def test_a_console_without_our_signs_gets_plain_ones(simpul: Any, hub_folder: Path) -> None:
    for encoding in ("cp437", "cp1252", "ascii"):
        ended = simpul(hub_folder, "sync", env={"PYTHONIOENCODING": encoding})
        assert ended.code == 0, ended
        ended = simpul(hub_folder, "rejects", env={"PYTHONIOENCODING": encoding})
        assert "Traceback" not in ended.err, ended


def test_serve_refuses_other_addresses_without_protection(simpul: Any, hub_folder: Path) -> None:
    ended = simpul(hub_folder, "serve", "--host", "0.0.0.0", "--port", "0", "--lang", "en")

    assert ended.code == 2
    assert "--allow-unprotected" in ended.err
