"""A project (paket pekerjaan), and the reports on its progress."""

from __future__ import annotations

from config.entities import KeyRule, Normalise
from schema import declare
from schema.declare import Linked, entity
from schema.enums import PROCUREMENT_KIND, PROCUREMENT_WAY, PROJECT_STATUS


@entity(
    singular="project",
    plural="projects",
    key=("projectId",),
    en="A package of work that is procured, carried out and paid",
    id="Paket pekerjaan yang diadakan, dilaksanakan, dan dibayar",
)
class Project:
    project_id: str | None = declare.code("The tracker's own key", "Kunci di aplikasi proyek")
    name: str | None = declare.text("Name of the package", "Nama paket")
    fiscal_year: int | None = declare.number("Fiscal year", "Tahun anggaran")
    sub_activity_codes: list[str] | None = declare.codes(
        "Codes of the sub-activities that pay for it", "Kode sub kegiatan yang membiayai"
    )
    account_codes: list[str] | None = declare.codes(
        "Codes of the accounts that pay for it", "Kode rekening yang membiayai"
    )
    rup_ids: list[str] | None = declare.codes("Numbers in the procurement plan", "Kode RUP")
    tender_id: str | None = declare.code("Number of the tender", "Kode tender")
    ceiling: str | None = declare.money("Ceiling in rupiah", "Pagu dalam rupiah")
    owner_estimate: str | None = declare.money("Owner's estimate in rupiah", "HPS dalam rupiah")
    contract_value: str | None = declare.money("Value of the contract in rupiah", "Nilai kontrak dalam rupiah")
    contract_number: str | None = declare.text(
        "Number of the contract as written", "Nomor kontrak sebagaimana tertulis"
    )
    contract_date: str | None = declare.day("Day of the contract", "Tanggal kontrak")
    start_date: str | None = declare.day("Day on which work starts", "Tanggal mulai")
    end_date: str | None = declare.day("Day on which work ends", "Tanggal selesai")
    vendor: str | None = declare.text("Company that carries it out", "Penyedia")
    method: str | None = declare.text("Method of procurement as written", "Metode pemilihan")
    procurement_kind: str | None = declare.choice(PROCUREMENT_KIND, "Kind of procurement", "Jenis pengadaan")
    way: str | None = declare.choice(PROCUREMENT_WAY, "By a vendor or self-managed", "Penyedia atau swakelola")
    status: str | None = declare.choice(PROJECT_STATUS, "Where the project stands", "Status proyek")
    physical_progress: str | None = declare.decimal("Physical progress in percent", "Realisasi fisik dalam persen")
    financial_progress: str | None = declare.decimal("Financial progress in percent", "Realisasi keuangan dalam persen")
    progress_gap: str | None = declare.difference(
        "physicalProgress",
        "financialProgress",
        "Physical minus financial progress in points of percent; below 0 the work is behind the money",
        "Realisasi fisik dikurangi keuangan dalam poin persen; di bawah 0 pekerjaan tertinggal dari uang",
    )
    location_text: str | None = declare.text("Place as written", "Lokasi sebagaimana tertulis")

    region: Linked = declare.reference(
        "Region",
        "Village or district where it is",
        "Desa/kelurahan atau kecamatan lokasi",
        inverse="projects",
        back=("Projects in this place", "Proyek di tempat ini"),
    )
    agency: Linked = declare.reference(
        "Agency",
        "Agency that owns it",
        "Perangkat daerah pemilik",
        inverse="projects",
        back=("Its projects", "Proyeknya"),
    )
    complaints: Linked = declare.link(
        "Complaint",
        "Complaints about it",
        "Pengaduan tentangnya",
        inverse="projects",
        back=("Projects that it is about", "Proyek yang diadukan"),
    )
    progress: Linked = declare.link(
        "ProgressReport",
        "Reports on its progress",
        "Laporan kemajuannya",
        inverse="project",
        back=("The project", "Proyeknya"),
        inverse_many=False,
        rules=(KeyRule((("projectId", "projectId"),), Normalise()),),
    )
    year: Linked = declare.link(
        "FiscalYear",
        "The fiscal year's record",
        "Data tahun anggaran",
        many=False,
        inverse="projects",
        back=("Projects of this year", "Proyek tahun ini"),
        rules=(KeyRule((("fiscalYear", "year"),), Normalise()),),
    )


@entity(
    singular="progressReport",
    plural="progressReports",
    key=("projectId", "asOf"),
    en="Progress of a project at one day",
    id="Kemajuan proyek pada satu tanggal",
)
class ProgressReport:
    project_id: str | None = declare.code("Key of the project", "Kunci proyek")
    as_of: str | None = declare.day("Day that the figures stand for", "Keadaan per tanggal")
    physical_target: str | None = declare.decimal("Planned physical progress in percent", "Target fisik dalam persen")
    physical: str | None = declare.decimal("Physical progress in percent", "Realisasi fisik dalam persen")
    financial_target: str | None = declare.decimal(
        "Planned financial progress in percent", "Target keuangan dalam persen"
    )
    financial: str | None = declare.decimal("Financial progress in percent", "Realisasi keuangan dalam persen")
    note: str | None = declare.text("Remark", "Keterangan")
