"""The hubs that `peers.py` and `growth.py` serve: hub.yaml over the peers' data, and over a database of any size."""

from __future__ import annotations

import json
import sqlite3
import urllib.request
from collections.abc import Iterable
from pathlib import Path

from config.hub import HubConfig

FROM_FOUR = """\
  planning:                                # a workbook of the planners
    kind: spreadsheet
    path: {copy}/data/proposals.xlsx
    refresh: manual
    datasets: {{proposals: {{sheet: Usulan, header: 1}}}}
  finance:                                 # the finance application's PostgreSQL
    kind: sql
    url: postgresql://postgres@127.0.0.1:55432/fin
    refresh: manual
    datasets: {{budget_lines: {{table: budget_lines, key: id}}}}
  tracker:                                 # the project tracker's API
    kind: rest
    url: http://127.0.0.1:9100
    refresh: manual
    datasets:
      projects: {{path: projects, key: id, paging: {{style: offset, param: offset, sizeParam: limit, size: 1000}}}}
  inbox:                                   # the complaints' API
    kind: rest
    url: http://127.0.0.1:9100
    refresh: manual
    datasets:
      complaints: {{path: complaints, key: id, paging: {{style: offset, param: offset, sizeParam: limit, size: 1000}}}}
"""
FROM_ONE = """\
  regency:
    kind: sql
    url: sqlite:///source.db
    refresh: manual
    datasets:
      proposals: {table: proposals, key: id}
      budget_lines: {table: budget_lines, key: id}
      projects: {table: projects, key: id}
      complaints: {table: complaints, key: id}
"""
HUB = """\
name: Peers
language: en
timezone: UTC
replica: sqlite:///replica.db
{cache}sources:
{sources}entities:
  Proposal:
    from: {planning}.proposals
    key: [proposalId]
    filterable: [fiscalYear + status]      # one index of both, as the peers' databases have
    fields:
      proposalId: {{column: id, type: int}}
      title: title
      villageCode: {{column: village_code, type: code}}
      agencyCode: {{column: agency_code, type: code}}
      fiscalYear: fiscal_year
      estimatedCost: estimated_cost
      status:
        column: status
        values: {{draft: DRAFT, submitted: SUBMITTED, verified: SUBMITTED, accepted: ACCEPTED, rejected: REJECTED}}
      proposedAt: submitted_on
  BudgetLine:
    from: {finance}.budget_lines
    key: [fiscalYear, lineId]
    fields:
      lineId: id
      proposalId: {{column: proposal_id, type: int}}
      fiscalYear: fiscal_year
      accountCode: account_code
      ceiling: allocated
      realised: realized
  Project:
    from: {tracker}.projects
    key: [projectId]
    fields:
      projectId: id
      proposalId: {{column: proposal_id, type: int}}
      status:
        column: status
        values: {{planned: PLANNED, tender: PROCURING, construction: ONGOING, completed: COMPLETED, stalled: FAILED}}
      physicalProgress: physical_progress
      contractValue: contract_value
      vendor: vendor
  Complaint:
    from: {inbox}.complaints
    key: [trackingId]
    fields:
      trackingId: id
      projectCode: project_id
      title: subject
      status:
        column: status
        values: {{open: UNVERIFIED, in_progress: IN_PROGRESS, resolved: RESOLVED, closed: ARCHIVED}}
      receivedAt: received_at
links:
  Proposal.budgetLines:
    rules: [{{key: {{proposalId: proposalId}}}}]
  Proposal.projects:
    rules: [{{key: {{proposalId: proposalId}}}}]
  Project.complaints:
    rules: [{{key: {{projectId: projectCode}}}}]
"""


def of_peers(copy: Path, cache: str) -> str:
    """hub.yaml over the four sources that the scratch copy of the peers has; `cache` is what keeps answers, "" for no word of it."""
    names = {name: name for name in ("planning", "finance", "tracker", "inbox")}
    return HUB.format(sources=FROM_FOUR.format(copy=copy), cache=f"cache: {cache}\n" if cache else "", **names)


def of_one(cache: str) -> str:
    """hub.yaml over source.db beside it."""
    names = dict.fromkeys(("planning", "finance", "tracker", "inbox"), "regency")
    return HUB.format(sources=FROM_ONE, cache=f"cache: {cache}\n" if cache else "", **names)


def keeps_answers() -> bool:
    """Whether this Simpul has a response cache that hub.yaml turns on and off."""
    return "cache" in HubConfig.__dataclass_fields__


def make_source(path: Path, rows: int) -> None:
    """source.db: this many proposals, and partners in proportion. See `growing.sql`."""
    path.unlink(missing_ok=True)
    statements = (Path(__file__).parent / "growing.sql").read_text(encoding="utf-8").replace(":rows", str(rows))
    with sqlite3.connect(path) as db:
        db.executescript(statements)
    db.close()


def operations() -> dict[str, str]:
    """Q1 to Q5 as Simpul is asked, without comments."""
    found: Iterable[Path] = (Path(__file__).parent / "operations").glob("*.graphql")
    return {path.stem: " ".join(path.read_text(encoding="utf-8").split("\n", 1)[1].split()) for path in sorted(found)}


def count(path: Path, tables: Iterable[str]) -> int:
    """How many rows these tables have together."""
    with sqlite3.connect(path) as db:
        return sum(int(db.execute(f"SELECT count(*) FROM {table}").fetchone()[0]) for table in tables)


def ask(port: int, query: str, name: str, variables: dict[str, object]) -> object:
    """The data of an answer. Raises SystemExit if it has errors."""
    body = json.dumps({"query": query, "operationName": name, "variables": variables}).encode()
    kinds = {"Content-Type": "application/json", "Accept": "application/json"}
    request = urllib.request.Request(f"http://127.0.0.1:{port}/graphql", body, kinds)
    with urllib.request.urlopen(request, timeout=60) as answer:
        told = json.load(answer)
    if told.get("errors"):
        raise SystemExit(f"{name} {variables}: {told['errors']}")
    return told["data"]
