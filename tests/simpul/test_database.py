"""A database on a server from hub.yaml to an answer, as an operator does it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.servers import Server

HUB = """
name: Kabupaten Uji
language: en
sources:
  finance:
    kind: sql
    engine: {engine}
    host: {host}
    port: {port}
    database: {database}
    user: {user}
    password: ${{FINANCE_PASSWORD}}
    datasets:
      anggaran:
        table: ta rincian
entities:
  Position:
    from: finance.anggaran
    key: [code]
    fields:
      code: kode
      ceiling:
        column: pagu
        type: money
      since:
        column: sejak
        type: date
"""
QUESTION = (
    "{ positions { totalCount nodes { code ceiling since provenance { locator } } aggregate { sum { ceiling } } } }"
)


def test_a_server_is_checked_synced_and_asked(
    simpul: Callable[..., Any], tmp_path: Path, database_server: Server
) -> None:
    quote = '"' if database_server.engine == "postgresql" else "`"
    database_server.execute(
        f"CREATE TABLE {quote}ta rincian{quote} (kode varchar(20) PRIMARY KEY, pagu decimal(20, 2), sejak date)",
        f"INSERT INTO {quote}ta rincian{quote} VALUES ('5.1', 124438680083.03, '2026-01-07'), ('5.10', 0.01, NULL)",
    )
    address = database_server.address
    hub = HUB.format(
        engine=database_server.engine,
        host=address.host,
        port=address.port,
        database=address.database,
        user=address.username,
    )
    (tmp_path / "hub.yaml").write_text(hub, encoding="utf-8")
    (tmp_path / "secrets.env").write_text(f"FINANCE_PASSWORD={address.password or ''}\n", encoding="utf-8")

    checked, synced = simpul(tmp_path, "check"), simpul(tmp_path, "sync")
    asked = simpul(tmp_path, "query", "-", stdin=QUESTION)

    assert (checked.code, synced.code, asked.code) == (0, 0, 0), (checked.err, synced.err, asked.err)
    found = json.loads(asked.out)["data"]["positions"]
    assert found["totalCount"] == 2
    assert found["aggregate"]["sum"]["ceiling"] == "124438680083.04"
    assert found["nodes"][0] == {
        "code": "5.1",
        "ceiling": "124438680083.03",
        "since": "2026-01-07",
        "provenance": {"locator": "ta rincian › 5.1"},
    }
