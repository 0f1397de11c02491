"""A budget line, and its months of the cash plan."""

from __future__ import annotations

from config.entities import Current, KeyRule, Normalise
from schema import declare
from schema.declare import EXACT, Linked, entity
from schema.enums import BUDGET_VERSION, PERIOD_KIND


@entity(
    singular="budgetLine",
    plural="budgetLines",
    key=("fiscalYear", "version", "lineId"),
    current=Current(group=("fiscalYear", "lineId"), order="versionNo", leaf="isLeaf"),
    en="A line of the budget: an agency's ceiling for an account of a sub-activity, in one version of the budget",
    id="Satu baris anggaran: pagu suatu rekening pada sub kegiatan, dalam satu versi APBD",
)
class BudgetLine:
    line_id: str | None = declare.code(
        "The source's own key of the line, the same in every version", "Kunci baris di sumber, sama pada setiap versi"
    )
    fiscal_year: int | None = declare.number("Fiscal year", "Tahun anggaran")
    version: str | None = declare.choice(BUDGET_VERSION, "Version of the budget", "Tahapan APBD")
    version_no: int | None = declare.number(
        "Order of the version; the highest one counts", "Urutan versi; yang tertinggi yang dihitung"
    )
    function_code: str | None = declare.code("Code of the function", "Kode bidang urusan")
    program_code: str | None = declare.code("Code of the programme", "Kode program")
    activity_code: str | None = declare.code("Code of the activity", "Kode kegiatan")
    sub_activity_code: str | None = declare.code("Code of the sub-activity", "Kode sub kegiatan")
    sub_activity_name: str | None = declare.text("Name of the sub-activity", "Nama sub kegiatan")
    account_code: str | None = declare.code("Code of the account", "Kode rekening")
    account_name: str | None = declare.text("Name of the account", "Nama rekening")
    level: int | None = declare.number("Level in the tree of codes", "Tingkat dalam pohon kode")
    is_leaf: bool | None = declare.flag("Whether it has no lines below it", "Apakah tidak punya rincian di bawahnya")
    fund_source: str | None = declare.text("Where the money comes from", "Sumber dana")
    ceiling: str | None = declare.money("Ceiling in rupiah", "Pagu dalam rupiah")
    previous_ceiling: str | None = declare.money("Ceiling before this version", "Pagu sebelum versi ini")
    realised: str | None = declare.money("Paid so far in rupiah", "Realisasi keuangan dalam rupiah")
    absorption: str | None = declare.ratio(
        "realised",
        "ceiling",
        "Share of the ceiling that has been paid, 0.5 is half; null without a ceiling or with one of 0",
        "Serapan: bagian pagu yang sudah dibayar, 0.5 berarti separuh; kosong bila pagu kosong atau 0",
    )
    realised_as_of: str | None = declare.day("Day up to which payments are counted", "Realisasi sampai tanggal")
    period_kind: str | None = declare.choice(PERIOD_KIND, "What the realised amount covers", "Cakupan realisasi")

    agency: Linked = declare.reference(
        "Agency",
        "Agency that holds the budget",
        "Perangkat daerah pemilik anggaran",
        inverse="budgetLines",
        back=("Its budget lines", "Anggarannya"),
    )
    projects: Linked = declare.link(
        "Project",
        "Projects paid from it",
        "Proyek yang dibiayai",
        inverse="budgetLines",
        back=("Budget lines that pay for it", "Anggaran yang membiayainya"),
    )
    versions: Linked = declare.link(
        "BudgetLine",
        "This line in every version of the year's budget, itself among them",
        "Baris ini dalam setiap tahapan APBD tahun itu, termasuk dirinya",
        history=True,
        rules=(KeyRule((("fiscalYear", "fiscalYear"), ("lineId", "lineId")), EXACT),),
    )
    cash_flow: Linked = declare.link(
        "CashFlowMonth",
        "Its months of the cash plan",
        "Anggaran kas per bulan",
        inverse="budgetLine",
        back=("The budget line", "Baris anggarannya"),
        inverse_many=False,
        rules=(KeyRule((("fiscalYear", "fiscalYear"), ("lineId", "lineId"), ("version", "version")), Normalise()),),
    )
    year: Linked = declare.link(
        "FiscalYear",
        "The fiscal year's record",
        "Data tahun anggaran",
        many=False,
        inverse="budgetLines",
        back=("Budget lines of this year", "Anggaran tahun ini"),
        rules=(KeyRule((("fiscalYear", "year"),), Normalise()),),
    )


@entity(
    singular="cashFlowMonth",
    plural="cashFlowMonths",
    key=("fiscalYear", "version", "lineId", "month"),
    en="One month of a budget line's cash plan",
    id="Satu bulan anggaran kas dari satu baris anggaran",
)
class CashFlowMonth:
    line_id: str | None = declare.code("Key of the budget line", "Kunci baris anggaran")
    fiscal_year: int | None = declare.number("Fiscal year", "Tahun anggaran")
    version: str | None = declare.choice(BUDGET_VERSION, "Version of the budget", "Tahapan APBD")
    month: int | None = declare.number("Month, 1 to 12", "Bulan, 1 sampai 12")
    planned: str | None = declare.money("Planned to be paid in the month", "Rencana pembayaran bulan itu")
    realised: str | None = declare.money("Paid in the month", "Realisasi bulan itu")
    fulfilment: str | None = declare.ratio(
        "realised",
        "planned",
        "Share of the month's plan that has been paid, 1 is all of it; null without a plan or with one of 0",
        "Bagian rencana bulan itu yang sudah dibayar, 1 berarti seluruhnya; kosong bila rencana kosong atau 0",
    )
