"""What a hub must report of the sample regency, told from what was planted and not from running a hub.

`truth.json`: of each entity records, rejects by code and issues by "CODE field"; of each link how many records it ties (or, for
lists, how many pairs of records that count); sums as text in plain notation; counts of proposals by status and district."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from typing import Any

from simpul.demo.inbox import BOUNCES, files_of
from simpul.demo.lists import Lists
from simpul.demo.regency import DOCUMENTS, Cell, Complaint, Line, Proposal, Regency, counted


def tell_truth(regency: Regency, lists: Lists, skipped_rows: int) -> dict[str, Any]:
    """The whole of it, ready for JSON."""
    kept = [p for p in regency.proposals if p.reject is None]
    left_behind = [wish for wish in lists.wishes if not wish.taken_on]
    return {
        "entities": {
            "Proposal": {
                "rows": len(regency.proposals),
                "skipped": skipped_rows,
                "records": len(kept) + len(lists.wishes),
                "current": len(kept) + len(left_behind),
                "rejects": counted([p.reject for p in regency.proposals if p.reject]),
                "issues": _found(
                    [
                        *(
                            pair
                            for p in kept
                            for pair in zip(
                                ("quantity", "estimatedCost", "status", "proposedAt"),
                                _cells_of_proposal(p),
                                strict=True,
                            )
                        ),
                        *(("estimatedCost", wish.cost) for wish in lists.wishes),
                    ]
                ),
            },
            "Assessment": _assessments(regency.proposals),
            "BudgetLine": {
                "records": sum(len(line.versions) for line in regency.lines),
                "current": len(regency.lines),
                "issues": _versions_issues(regency.lines),
            },
            "CashFlowMonth": {"records": 12 * len(regency.lines), "issues": {}},
            "Project": {"records": len(regency.projects), "issues": _project_issues(regency)},
            "ProgressReport": {"records": sum(len(p.reports) for p in regency.projects), "issues": {}},
            "Complaint": {"records": len(regency.complaints), "skipped": BOUNCES},
            "Response": {"records": sum(1 for c in regency.complaints if c.replies), "skipped": BOUNCES},
            "Attachment": {"records": sum(len(files) for _, _, files in _files(regency)), "issues": {}},
            "PublicService": _listed(
                lists.services, lambda s: (("durationDays", s.days), ("fee", s.fee), ("status", s.status))
            ),
            "PublicInformation": _listed(
                lists.information,
                lambda i: (("category", i.category), ("publishedAt", i.published), ("fiscalYear", i.year)),
            ),
            "Region": {"records": len(regency.places)},
            "RegionCode": _listed(
                lists.region_codes,
                lambda code: (("validFrom", code.start), ("validTo", code.end)),
                others=sum(1 for place in regency.places if place.bps),
            ),
            "AgencyCode": _listed(lists.agency_codes, lambda code: (("validTo", code.end),)),
            "Agency": {"records": len(regency.agencies)},
            "FiscalYear": {"records": 2},
            "BudgetDocument": {
                "records": len(DOCUMENTS),
                "issues": _found(("decidedAt", document.decided) for document in DOCUMENTS),
            },
            "links": {"rejects": {"CROSSWALK_NO_MATCH": regency.dangling}},
        },
        "links": {**_links(regency, kept), **_links_of_lists(regency, lists, kept)},
        "sums": {
            "Proposal.estimatedCost": _plain(
                _sum([*(p.cost.value for p in kept), *(wish.cost.value for wish in left_behind)])
            ),
            "BudgetLine.ceiling": _plain(sum((line.current[1] for line in regency.lines), Decimal(0))),
            "BudgetLine.ceiling of all versions": _plain(
                sum((ceiling for line in regency.lines for _, ceiling, _, _ in line.versions), Decimal(0))
            ),
            "BudgetLine.realised": _plain(_sum(line.current[3] for line in regency.lines)),
            "Project.contractValue": _plain(_sum(p.contract_value.value for p in regency.projects)),
        },
        "proposalsByStatus": counted(
            [*(str(p.status.value) for p in kept if p.status.value), *("SUBMITTED" for _ in left_behind)]
        ),
        "attachments": sorted([name, len(content)] for _, _, files in _files(regency) for name, _, content in files),
        "proposalsByDistrict": counted([p.district.name for p in kept]),
    }


def _links(regency: Regency, kept: list[Proposal]) -> dict[str, int]:
    tied = {id(line.proposal) for line in regency.lines if line.proposal}
    pairs = sum(1 for p in regency.projects if p.line and p.line.proposal)
    return {
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


def _found(cells: Iterable[tuple[str, Cell]]) -> dict[str, int]:
    return counted([f"{cell.issue} {name}" for name, cell in cells if cell.issue])


def _assessments(proposals: Iterable[Proposal]) -> dict[str, Any]:
    kept = [one for p in proposals if p.reject is None for one in p.assessments]
    unkeyed = ["MISSING_KEY" for p in proposals if p.reject for _ in p.assessments]
    cells = (pair for one in kept for pair in (("amount", one.amount), ("quantity", one.quantity)))
    return {"records": len(kept), "rejects": counted(unkeyed), "issues": _found(cells)}


def _listed(rows: Iterable[Any], cells: Callable[[Any], Iterable[tuple[str, Cell]]], others: int = 0) -> dict[str, Any]:
    """Of a list whose rows say themselves why they are rejected; `others` are records from elsewhere."""
    kept = [row for row in rows if row.reject is None]
    return {
        "records": len(kept) + others,
        "rejects": counted([row.reject for row in rows if row.reject]),
        "issues": _found(pair for row in kept for pair in cells(row)),
    }


def _files(regency: Regency) -> Iterator[tuple[Complaint, int, list[tuple[str, str, bytes]]]]:
    """Every message of every complaint with what was sent along."""
    for complaint in regency.complaints:
        for reply in range(complaint.replies + 1):
            yield complaint, reply, files_of(complaint, reply)


def _links_of_lists(regency: Regency, lists: Lists, kept: list[Proposal]) -> dict[str, int]:
    services = [s for s in lists.services if s.reject is None]
    numbers = {wish.number for wish in lists.wishes}
    files = [len(files) for _, _, files in _files(regency)]
    return {
        "Proposal.region": sum(1 for p in kept if p.village) + sum(1 for wish in lists.wishes if not wish.taken_on),
        "Proposal.previousStage": sum(1 for p in kept if p.previous in numbers),
        "Proposal.assessments": sum(len(p.assessments) for p in kept),
        "Complaint.responses": sum(1 for c in regency.complaints if c.replies),
        "Complaint.files": sum(files),
        "Response.files": sum(len(files) for _, reply, files in _files(regency) if reply),
        "FiscalYear.versions": len(DOCUMENTS),
        "BudgetDocument.budgetLines": len(regency.lines),
        "PublicService.agency": sum(1 for s in services if s.agency),
        "PublicInformation.agency": sum(1 for i in lists.information if i.reject is None),
        "RegionCode.region": sum(1 for c in lists.region_codes if c.reject is None and c.known)
        + sum(1 for place in regency.places if place.bps),
        "AgencyCode.agency": sum(1 for c in lists.agency_codes if c.reject is None and c.known),
    }


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
