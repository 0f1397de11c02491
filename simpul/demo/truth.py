"""What a hub must report of the sample regency, told from what was planted and not from running a hub.

`truth.json`: of each entity records, rejects by code and issues by "CODE field"; of each link how many records it ties (or, for
lists, how many pairs of records that count); sums as text in plain notation; counts of proposals by status and district."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from simpul.demo.inbox import BOUNCES
from simpul.demo.regency import Cell, Line, Proposal, Regency, counted


def tell_truth(regency: Regency, skipped_rows: int) -> dict[str, Any]:
    """The whole of it, ready for JSON."""
    kept = [p for p in regency.proposals if p.reject is None]
    return {
        "entities": {
            "Proposal": {
                "rows": len(regency.proposals),
                "skipped": skipped_rows,
                "records": len(kept),
                "rejects": counted([p.reject for p in regency.proposals if p.reject]),
                "issues": _issues(kept, ("quantity", "estimatedCost", "status", "proposedAt"), _cells_of_proposal),
            },
            "BudgetLine": {
                "records": sum(len(line.versions) for line in regency.lines),
                "current": len(regency.lines),
                "issues": _versions_issues(regency.lines),
            },
            "CashFlowMonth": {"records": 12 * len(regency.lines), "issues": {}},
            "Project": {"records": len(regency.projects), "issues": _project_issues(regency)},
            "ProgressReport": {"records": sum(len(p.reports) for p in regency.projects), "issues": {}},
            "Complaint": {"records": len(regency.complaints), "skipped": BOUNCES},
            "Region": {"records": len(regency.places)},
            "RegionCode": {"records": sum(1 for place in regency.places if place.bps)},
            "Agency": {"records": len(regency.agencies)},
            "FiscalYear": {"records": 2},
            "links": {"rejects": {"CROSSWALK_NO_MATCH": regency.dangling}},
        },
        "links": _links(regency, kept),
        "sums": {
            "Proposal.estimatedCost": _plain(_sum(p.cost.value for p in kept)),
            "BudgetLine.ceiling": _plain(sum((line.current[1] for line in regency.lines), Decimal(0))),
            "BudgetLine.realised": _plain(_sum(line.current[3] for line in regency.lines)),
            "Project.contractValue": _plain(_sum(p.contract_value.value for p in regency.projects)),
        },
        "proposalsByStatus": counted([str(p.status.value) for p in kept if p.status.value]),
        "proposalsByDistrict": counted([p.district.name for p in kept]),
    }


def _links(regency: Regency, kept: list[Proposal]) -> dict[str, int]:
    tied = {id(line.proposal) for line in regency.lines if line.proposal}
    pairs = sum(1 for p in regency.projects if p.line and p.line.proposal)
    return {
        "Proposal.region": sum(1 for p in kept if p.village),
        "Proposal.agency": sum(1 for p in kept if p.agency),
        "Proposal.budgetLines": sum(1 for line in regency.lines if line.proposal),
        "proposalsWithBudget": len(tied),
        "BudgetLine.projects": sum(1 for p in regency.projects if p.line),
        "Proposal.projects": pairs,
        "Project.complaints": sum(1 for c in regency.complaints if c.project),
        "BudgetLine.cashFlow": 12 * len(regency.lines),
        "Project.progress": sum(len(p.reports) for p in regency.projects),
    }


def _cells_of_proposal(proposal: Proposal) -> tuple[Cell, ...]:
    return proposal.quantity, proposal.cost, proposal.status, proposal.proposed


def _issues(rows: Iterable[Proposal], names: tuple[str, ...], cells: Any) -> dict[str, int]:
    found: Counter[str] = Counter()
    for row in rows:
        for name, cell in zip(names, cells(row), strict=True):
            if cell.issue:
                found[f"{cell.issue} {name}"] += 1
    return dict(sorted(found.items()))


def _versions_issues(lines: Iterable[Line]) -> dict[str, int]:
    count = sum(len(line.versions) for line in lines if line.realised_on.issue)
    return {"PLACEHOLDER_DATE realisedAsOf": count} if count else {}


def _project_issues(regency: Regency) -> dict[str, int]:
    found: Counter[str] = Counter()
    for project in regency.projects:
        for name, cell in (("contractDate", project.contract_date), ("status", project.status)):
            if cell.issue:
                found[f"{cell.issue} {name}"] += 1
    return dict(sorted(found.items()))


def _sum(values: Iterable[object]) -> Decimal:
    return sum((value for value in values if isinstance(value, Decimal)), Decimal(0))


def _plain(value: Decimal) -> str:
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
