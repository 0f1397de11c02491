"""The built-in entities as records."""

from __future__ import annotations

from collections.abc import Mapping

from config.entities import Entity
from schema.agency import Agency, AgencyCode
from schema.attachment import Attachment
from schema.budget_line import BudgetLine, CashFlowMonth
from schema.complaint import Complaint, Response
from schema.declare import to_entity
from schema.fiscal_year import BudgetDocument, FiscalYear
from schema.project import ProgressReport, Project
from schema.proposal import Assessment, Proposal
from schema.public_information import PublicInformation
from schema.public_service import PublicService
from schema.region import Region, RegionCode
from schema.system import Reject, Source

BUILT_IN = (
    Proposal,
    Assessment,
    BudgetLine,
    CashFlowMonth,
    Project,
    ProgressReport,
    Complaint,
    Response,
    Attachment,
    PublicService,
    PublicInformation,
    Agency,
    AgencyCode,
    Region,
    RegionCode,
    FiscalYear,
    BudgetDocument,
    Source,
    Reject,
)


def describe() -> Mapping[str, Entity]:
    """Every built-in entity by name, as declared: companions and rules of references are added by the configuration."""
    return {entity.name: entity for entity in map(to_entity, BUILT_IN)}
