"""A spreadsheet at an address, through the command line."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

from tests.hubs import RunSimpul
from tests.simpul.test_add import EN, ask, text_of, write_sheets
from tests.web import servers


def test_the_file_at_an_address_is_inspected_added_and_kept(simpul: RunSimpul, tmp_path: Path) -> None:
    rows = (("Kode", "Pagu"), ("5.1", 7_000_000), ("5.2", 8_000_000))
    write_sheets(tmp_path / "server" / "rencana kas.xlsx", Sheet1=rows)
    raw, sent, status = (tmp_path / "server" / "rencana kas.xlsx").read_bytes(), [0], [200]

    def answer(path: str, query: Mapping[str, str], head: Mapping[str, str]) -> tuple[int, dict[str, str], bytes]:
        tag = hashlib.sha256(raw).hexdigest()
        if status[0] != 200:
            return status[0], {}, b""
        if head.get("if-none-match") == tag:
            return 304, {"ETag": tag}, b""
        sent[0] += 1
        return 200, {"ETag": tag}, raw

    (tmp_path / "hub").mkdir()
    with servers() as start:
        url = start(answer) + "/data/rencana%20kas.xlsx"
        inspected = simpul(tmp_path, "inspect", url, env=EN)
        added = simpul(tmp_path / "hub", "add", url, "--yes", env=EN)
        unsynced = [one.name for one in (tmp_path / "hub").rglob("*")]
        again = simpul(tmp_path / "hub", "add", url, "--yes", env=EN)
        before = sent[0]
        first = ask(simpul, tmp_path / "hub", "{ rencanaKass { nodes { kode provenance { locator } } } }")
        assert simpul(tmp_path / "hub", "sync", env=EN).code == 0
        fetched = sent[0] - before
        status[0] = 503
        down = simpul(tmp_path / "hub", "sync", env=EN)
        stale = simpul(
            tmp_path / "hub", "query", "-", env=EN, stdin="{ rencanaKass { nodes { kode provenance { freshness } } } }"
        )

    assert inspected.code == 0
    assert "rencana kas.xlsx (xlsx)" in inspected.out
    assert added.code == 0, added.err
    assert url in text_of(tmp_path / "hub")
    assert "refresh: 10m" in text_of(tmp_path / "hub")
    assert "var" not in unsynced, "nothing but hub.yaml is written before a sync"
    assert again.code == 1
    assert "rencana_kas" in again.err
    assert first["rencanaKass"]["nodes"][0] == {
        "kode": "5.1",
        "provenance": {"locator": "rencana kas.xlsx › Sheet1 › 2"},
    }
    assert fetched == 1
    assert down.code == 1
    assert "503" in down.err
    assert stale.out.count("STALE") >= 2
    assert len([*(tmp_path / "hub" / "var").rglob("rencana kas.xlsx")]) == 1


def test_an_address_that_can_not_be_had_is_told(simpul: RunSimpul, tmp_path: Path) -> None:
    with servers() as start:
        url = start(lambda *asked: (404, {}, b"")) + "/a.xlsx?token=rahasia"
        for command in ("inspect", "add"):
            ended = simpul(tmp_path, command, url, env=EN)
            assert ended.code == 1
            assert "/a.xlsx" in ended.err
            assert "rahasia" not in ended.err


def test_addresses_and_files_do_not_stand_in_one_source(simpul: RunSimpul, tmp_path: Path) -> None:
    (tmp_path / "hub.yaml").write_text(
        """
name: Uji
language: en
sources:
  a:
    kind: spreadsheet
    path: [https://data.example.go.id/a.xlsx, b.xlsx]
    refresh: watch
entities:
  Line: {from: a, key: [code], fields: {code: {column: Kode, type: code}}}
""",
        encoding="utf-8",
    )

    ended = simpul(tmp_path, "check", env=EN)

    assert "either addresses or files, each kind in a source of its own, is needed" in ended.err
    assert "watch is not built yet in this version. Ask for it now and then, such as 10m." in ended.err
