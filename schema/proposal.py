"""A proposal: one wish of a neighbourhood, village, council member or group (usulan), and how it was assessed."""

from __future__ import annotations

from config.entities import Current, Derived, KeyRule, Normalise, Text
from schema import declare
from schema.declare import EXACT, Linked, entity
from schema.enums import ASSESSOR, CHANNEL, LIFECYCLE, PROPOSAL_KIND, PROPOSAL_STATUS, STAGE


def _some_project(*statuses: str) -> dict[str, object]:
    return {"projects": {"some": {"status": {"in": list(statuses)}}}}


LIFECYCLE_OF_PROPOSAL = Derived(
    "lifecycle",
    LIFECYCLE,
    Text("How far the wish has come, told by what is linked to it", "Sejauh mana usulan berjalan, menurut kaitannya"),
    cases=(
        (_some_project("COMPLETED", "HANDED_OVER"), "COMPLETED"),
        (_some_project("CONTRACTED", "ONGOING"), "IN_PROGRESS"),
        ({"projects": {"some": {}}}, "PROCURING"),
        ({"budgetLines": {"some": {}}}, "BUDGETED"),
        ({"status": {"in": ["ACCEPTED", "ACCEPTED_WITH_CHANGES"]}}, "ACCEPTED"),
        ({"status": {"in": ["REJECTED", "MERGED", "RETURNED"]}}, "REJECTED"),
    ),
    otherwise="PROPOSED",
)


@entity(
    singular="proposal",
    plural="proposals",
    key=("number",),
    derived=(LIFECYCLE_OF_PROPOSAL,),
    current=Current(superseded=("previousStageId", "stageId")),
    en="A wish of citizens, a village or a council member for the coming year's budget",
    id="Usulan warga, desa, atau anggota dewan untuk anggaran tahun depan",
)
class Proposal:
    number: str | None = declare.code("Number in its list", "Nomor usulan dalam daftarnya")
    fiscal_year: int | None = declare.number("Fiscal year that it is proposed for", "Tahun anggaran yang diusulkan")
    channel: str | None = declare.choice(CHANNEL, "Door through which it came", "Jalur usulan")
    stage: str | None = declare.choice(STAGE, "Stage of planning that this record belongs to", "Tahapan perencanaan")
    stage_id: str | None = declare.code(
        "The source's own key of the wish at this stage, not used twice in the hub",
        "Kunci usulan pada tahapan ini di sumber, tidak dipakai dua kali di hub",
    )
    previous_stage_id: str | None = declare.code(
        "Key of the same wish at the stage before", "Kunci usulan yang sama pada tahapan sebelumnya"
    )
    merged_into_id: str | None = declare.code(
        "Key of the wish that it was merged into", "Kunci usulan tempatnya digabungkan"
    )
    status: str | None = declare.choice(PROPOSAL_STATUS, "What was decided on it", "Status usulan")
    kind: str | None = declare.choice(PROPOSAL_KIND, "Physical or not", "Fisik atau non-fisik")
    title: str | None = declare.text("What is wished for", "Kegiatan yang diusulkan")
    problem: str | None = declare.text("The problem behind it", "Permasalahan")
    benefit: str | None = declare.text("Who benefits and how", "Manfaat")
    category: str | None = declare.text(
        "Field or programme as the source names it", "Bidang atau program menurut sumber"
    )
    location_text: str | None = declare.text(
        "Place as written: hamlet, RT, RW, street", "Lokasi sebagaimana tertulis: dusun, RT, RW, jalan"
    )
    quantity: str | None = declare.decimal("How much of it", "Volume")
    unit: str | None = declare.text("Unit of the quantity", "Satuan")
    raw_quantity: str | None = declare.text("Quantity as written", "Volume sebagaimana tertulis")
    estimated_cost: str | None = declare.money(
        "Estimated cost in rupiah; null if it was not estimated",
        "Perkiraan biaya dalam rupiah; kosong bila belum diperkirakan",
    )
    priority: str | None = declare.text("Priority as written", "Prioritas")
    rank: int | None = declare.number("Place in the list of priorities", "Urutan prioritas")
    reason: str | None = declare.text("Why it was decided so", "Alasan keputusan")
    proposer: str | None = declare.text("Who proposed it", "Pengusul", sensitive=True)
    proposed_at: str | None = declare.day("Day on which it was proposed", "Tanggal usulan")
    sub_activity_code: str | None = declare.code("Code of the sub-activity", "Kode sub kegiatan")

    region: Linked = declare.reference(
        "Region",
        "Village or district that it is for",
        "Desa/kelurahan atau kecamatan",
        inverse="proposals",
        back=("Proposals for this place", "Usulan untuk tempat ini"),
    )
    agency: Linked = declare.reference(
        "Agency",
        "Agency that should carry it out",
        "Perangkat daerah tujuan",
        inverse="proposals",
        back=("Proposals addressed to this agency", "Usulan untuk perangkat daerah ini"),
    )
    budget_lines: Linked = declare.link(
        "BudgetLine",
        "Budget lines that pay for it",
        "Anggaran yang membiayainya",
        inverse="proposals",
        back=("Proposals that it pays for", "Usulan yang dibiayai"),
    )
    projects: Linked = declare.link(
        "Project",
        "Projects that carry it out",
        "Proyek yang melaksanakannya",
        inverse="proposals",
        back=("Proposals that it carries out", "Usulan yang dilaksanakan"),
    )
    year: Linked = declare.link(
        "FiscalYear",
        "The fiscal year's record",
        "Data tahun anggaran",
        many=False,
        inverse="proposals",
        back=("Proposals for this year", "Usulan untuk tahun ini"),
        rules=(KeyRule((("fiscalYear", "year"),), Normalise()),),
    )
    previous_stage: Linked = declare.link(
        "Proposal",
        "The same wish at the stage before; found although it no longer counts",
        "Usulan yang sama pada tahapan sebelumnya; ditemukan walau tidak lagi dihitung",
        many=False,
        inverse="nextStages",
        back=("The same wish at the stage after, whether it counts or not", "Usulan yang sama pada tahapan sesudahnya"),
        history=True,
        rules=(KeyRule((("previousStageId", "stageId"),), EXACT),),
    )
    merged_into: Linked = declare.link(
        "Proposal",
        "The wish that it was merged into",
        "Usulan tempatnya digabungkan",
        many=False,
        inverse="mergedProposals",
        back=("Wishes that were merged into it", "Usulan yang digabungkan ke dalamnya"),
        rules=(KeyRule((("mergedIntoId", "stageId"),), EXACT),),
    )
    assessments: Linked = declare.link(
        "Assessment",
        "What those who had to judge it recommend",
        "Rekomendasi para penilai",
        inverse="proposal",
        back=("The proposal", "Usulannya"),
        inverse_many=False,
        rules=(KeyRule((("stageId", "stageId"),), EXACT),),
    )
    files: Linked = declare.link(
        "Attachment",
        "Files sent along, with their sizes",
        "Berkas lampiran beserta ukurannya",
        inverse="proposal",
        back=("The proposal that it belongs to", "Usulannya"),
        inverse_many=False,
        rules=(KeyRule((("stageId", "ownerId"),), EXACT),),
    )


@entity(
    singular="assessment",
    plural="assessments",
    key=("stageId", "by"),
    en="What one of those who judge a proposal recommends: an amount, a quantity, a remark",
    id="Rekomendasi seorang penilai atas usulan: anggaran, volume, catatan",
)
class Assessment:
    stage_id: str | None = declare.code(
        "Key of the proposal at the stage that is judged", "Kunci usulan pada tahapan yang dinilai"
    )
    by: str | None = declare.choice(ASSESSOR, "Who judges", "Penilai")
    amount: str | None = declare.money("Amount recommended in rupiah", "Anggaran yang direkomendasikan dalam rupiah")
    quantity: str | None = declare.decimal("Quantity recommended", "Volume yang direkomendasikan")
    raw_quantity: str | None = declare.text("Quantity as written", "Volume sebagaimana tertulis")
    note: str | None = declare.text("Remark", "Catatan")

    agency: Linked = declare.reference(
        "Agency",
        "Agency that judges",
        "Perangkat daerah penilai",
        inverse="assessments",
        back=("What it has judged", "Penilaian yang diberikannya"),
    )
