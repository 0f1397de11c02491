"""A fiscal year (tahun anggaran), and the versions of its budget as they were decided."""

from __future__ import annotations

from config.entities import KeyRule, Normalise
from schema import declare
from schema.declare import Linked, entity
from schema.enums import BUDGET_VERSION, YEAR_PHASE


@entity(singular="fiscalYear", plural="fiscalYears", key=("year",), en="A fiscal year", id="Tahun anggaran")
class FiscalYear:
    year: int | None = declare.number("The year", "Tahunnya")
    name: str | None = declare.text("Name", "Nama")
    phase: str | None = declare.choice(YEAR_PHASE, "Phase that it is in", "Tahap berjalan")

    versions: Linked = declare.link(
        "BudgetDocument",
        "Versions of its budget",
        "Tahapan APBD tahun itu",
        inverse="year",
        back=("The fiscal year's record", "Data tahun anggaran"),
        inverse_many=False,
        rules=(KeyRule((("year", "fiscalYear"),), Normalise()),),
    )


@entity(
    singular="budgetDocument",
    plural="budgetDocuments",
    key=("fiscalYear", "versionNo"),
    en="One version of a year's budget: by which regulation and when it was decided",
    id="Satu tahapan APBD: dengan peraturan apa dan kapan ditetapkan",
)
class BudgetDocument:
    fiscal_year: int | None = declare.number("Fiscal year", "Tahun anggaran")
    version_no: int | None = declare.number("Order of the version", "Urutan versi")
    version: str | None = declare.choice(BUDGET_VERSION, "Version of the budget", "Tahapan APBD")
    regulation_number: str | None = declare.code("Number of the regulation", "Nomor peraturan")
    decided_at: str | None = declare.day("Day on which it was decided", "Tanggal penetapan")
    active: bool | None = declare.flag("Whether it is in force", "Apakah sedang berlaku")

    budget_lines: Linked = declare.link(
        "BudgetLine",
        "Lines that count by this version; with `scope: ALL` also those that a later one has changed",
        "Anggaran yang dihitung menurut tahapan ini; dengan `scope: ALL` juga yang diubah kemudian",
        inverse="document",
        back=("The version of the budget that it stands in", "Tahapan APBD tempatnya tercantum"),
        inverse_many=False,
        rules=(KeyRule((("fiscalYear", "fiscalYear"), ("versionNo", "versionNo")), Normalise()),),
    )
