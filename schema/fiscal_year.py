"""A fiscal year (tahun anggaran)."""

from __future__ import annotations

from schema import declare
from schema.declare import entity
from schema.enums import YEAR_PHASE


@entity(singular="fiscalYear", plural="fiscalYears", key=("year",), en="A fiscal year", id="Tahun anggaran")
class FiscalYear:
    year: int | None = declare.number("The year", "Tahunnya")
    name: str | None = declare.text("Name", "Nama")
    phase: str | None = declare.choice(YEAR_PHASE, "Phase that it is in", "Tahap berjalan")
