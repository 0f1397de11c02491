"""Closed sets of the domain and of the graph, each value in both languages."""

from __future__ import annotations

from config.entities import EnumType, Text
from schema.declare import enum

CHANNEL = enum(
    "ProposalChannel",
    {
        "MUSRENBANG": ("Development planning meeting", "Musrenbang"),
        "POKIR": ("Council members' points from recess", "Pokok-pikiran DPRD"),
        "FORUM_AGENCY": ("Forum of agencies", "Forum perangkat daerah"),
        "COMMUNITY_FORUM": ("Community forum", "Forum masyarakat (mis. Yasinan)"),
        "CSR": ("Company's social programme", "Tanggung jawab sosial perusahaan"),
        "DIRECT": ("Proposal letter", "Proposal langsung"),
        "OTHER": ("Another door", "Pintu lain"),
    },
)
STAGE = enum(
    "ProposalStage",
    {
        "NEIGHBOURHOOD": ("Neighbourhood meeting", "Rembug warga RT/RW/dusun"),
        "VILLAGE": ("Village meeting", "Musrenbang desa/kelurahan"),
        "PRE_SUBDISTRICT": ("Before the subdistrict meeting", "Pra-kecamatan"),
        "SUBDISTRICT": ("Subdistrict meeting", "Musrenbang kecamatan"),
        "AGENCY_FORUM": ("Forum of agencies", "Forum perangkat daerah"),
        "REGENCY": ("Regency meeting", "Musrenbang kabupaten"),
        "RKPD": ("Annual plan of the regency", "RKPD"),
        "KUA_PPAS": ("Budget policy and ceilings", "KUA-PPAS"),
        "APBD": ("Regency budget", "APBD"),
    },
)
PROPOSAL_STATUS = enum(
    "ProposalStatus",
    {
        "DRAFT": ("Not yet submitted", "Belum dikirim"),
        "SUBMITTED": ("Submitted", "Diusulkan"),
        "ACCEPTED": ("Accepted", "Diterima"),
        "ACCEPTED_WITH_CHANGES": ("Accepted with changes", "Diterima dengan perubahan"),
        "MERGED": ("Merged into another", "Digabung dengan usulan lain"),
        "REJECTED": ("Rejected", "Ditolak"),
        "RETURNED": ("Returned for correction", "Dikembalikan"),
        "POSTPONED": ("Postponed", "Dipending"),
    },
)
PROPOSAL_KIND = enum("ProposalKind", {"PHYSICAL": ("Physical", "Fisik"), "NON_PHYSICAL": ("Non-physical", "Non-fisik")})
LIFECYCLE = EnumType(
    "ProposalLifecycle",
    {
        "PROPOSED": Text("Proposed, not decided", "Diusulkan, belum diputuskan"),
        "REJECTED": Text("Rejected, merged or returned", "Ditolak, digabung, atau dikembalikan"),
        "ACCEPTED": Text("Accepted, no budget line known", "Diterima, belum ada anggarannya"),
        "BUDGETED": Text("A budget line is linked", "Sudah ada anggarannya"),
        "PROCURING": Text("A project is planned or procured", "Proyek direncanakan atau dalam pemilihan penyedia"),
        "IN_PROGRESS": Text("A project is contracted or ongoing", "Proyek sudah dikontrak atau berjalan"),
        "COMPLETED": Text("A project is completed", "Proyek selesai"),
    },
)
BUDGET_VERSION = enum(
    "BudgetVersion",
    {
        "RKPD": ("Annual plan", "RKPD"),
        "KUA_PPAS": ("Budget policy and ceilings", "KUA-PPAS"),
        "RKA": ("Agency's draft budget", "RKA"),
        "ORIGINAL": ("Original budget", "Murni"),
        "SHIFT": ("Shifted budget", "Pergeseran"),
        "AMENDED": ("Amended budget", "Perubahan"),
    },
)
PERIOD_KIND = enum(
    "PeriodKind",
    {
        "MONTH": ("Of the month alone", "Bulan itu saja"),
        "CUMULATIVE": ("Since the year began", "Kumulatif sejak awal tahun"),
    },
)
PROJECT_STATUS = enum(
    "ProjectStatus",
    {
        "PLANNED": ("Planned", "Direncanakan"),
        "PROCURING": ("A vendor is being chosen", "Pemilihan penyedia"),
        "FAILED": ("Procurement failed", "Pemilihan gagal"),
        "CONTRACTED": ("Contract signed", "Kontrak"),
        "ONGOING": ("Work is going on", "Sedang berjalan"),
        "COMPLETED": ("Work is completed", "Selesai"),
        "HANDED_OVER": ("Handed over", "Serah terima"),
        "CANCELLED": ("Cancelled", "Dibatalkan"),
    },
)
PROCUREMENT_KIND = enum(
    "ProcurementKind",
    {
        "GOODS": ("Goods", "Barang"),
        "CONSTRUCTION": ("Construction", "Pekerjaan konstruksi"),
        "CONSULTING": ("Consulting services", "Jasa konsultansi"),
        "OTHER_SERVICES": ("Other services", "Jasa lainnya"),
        "INTEGRATED": ("Integrated", "Terintegrasi"),
    },
)
PROCUREMENT_WAY = enum(
    "ProcurementWay", {"BY_VENDOR": ("By a vendor", "Penyedia"), "SELF_MANAGED": ("Self-managed", "Swakelola")}
)
COMPLAINT_CHANNEL = enum(
    "ComplaintChannel",
    {
        "LAPOR": ("SP4N-LAPOR!", "SP4N-LAPOR!"),
        "LAPORGUB": ("Provincial channel", "LaporGub"),
        "EMAIL": ("E-mail", "Surel"),
        "WEB": ("Web form", "Formulir web"),
        "SMS": ("Text message", "SMS"),
        "WHATSAPP": ("WhatsApp", "WhatsApp"),
        "WALK_IN": ("In person", "Datang langsung"),
        "SOCIAL": ("Social media", "Media sosial"),
    },
)
COMPLAINT_KIND = enum(
    "ComplaintKind",
    {
        "COMPLAINT": ("Complaint", "Pengaduan"),
        "ASPIRATION": ("Aspiration", "Aspirasi"),
        "INFORMATION_REQUEST": ("Request for information", "Permintaan informasi"),
        "WHISTLEBLOWING": ("Whistleblowing", "Pelaporan pelanggaran"),
    },
)
COMPLAINT_STATUS = enum(
    "ComplaintStatus",
    {
        "UNVERIFIED": ("Not yet verified", "Belum diverifikasi"),
        "POSTPONED": ("Postponed", "Tunda"),
        "NOT_OUR_AUTHORITY": ("Not our authority", "Bukan wewenang"),
        "ARCHIVED": ("Archived", "Diarsipkan"),
        "FORWARDED": ("Forwarded to an agency", "Terdisposisi"),
        "IN_PROGRESS": ("Being worked on", "Proses"),
        "RESOLVED": ("Resolved", "Selesai"),
        "REJECTED": ("Rejected", "Ditolak"),
    },
)
AGENCY_KIND = enum(
    "AgencyKind",
    {
        "DINAS": ("Department", "Dinas"),
        "BADAN": ("Board", "Badan"),
        "SEKRETARIAT": ("Secretariat", "Sekretariat"),
        "INSPEKTORAT": ("Inspectorate", "Inspektorat"),
        "KECAMATAN": ("Subdistrict office", "Kecamatan"),
        "KELURAHAN": ("Urban village office", "Kelurahan"),
        "UPTD": ("Technical unit", "UPTD"),
        "PUSKESMAS": ("Health centre", "Puskesmas"),
        "RSUD": ("Regional hospital", "RSUD"),
    },
)
REGION_LEVEL = enum(
    "RegionLevel",
    {
        "PROVINCE": ("Province", "Provinsi"),
        "REGENCY": ("Regency or city", "Kabupaten/kota"),
        "DISTRICT": ("District", "Kecamatan"),
        "VILLAGE": ("Village", "Desa/kelurahan"),
        "HAMLET": ("Hamlet", "Dusun/lingkungan"),
        "RW": ("Citizens' association", "RW"),
        "RT": ("Neighbourhood", "RT"),
    },
)
VILLAGE_KIND = enum("VillageKind", {"DESA": ("Rural village", "Desa"), "KELURAHAN": ("Urban village", "Kelurahan")})
REGION_SCHEME = enum(
    "RegionScheme",
    {
        "KEMENDAGRI": ("Ministry of Home Affairs", "Kemendagri"),
        "BPS": ("Statistics Indonesia", "BPS"),
        "DJPK": ("Ministry of Finance", "DJPK"),
        "SIRUP": ("Procurement plans", "SIRUP"),
        "EKATALOG": ("E-catalogue", "e-katalog"),
        "KLPD": ("Procurement agency LKPP", "KLPD (LKPP)"),
        "LOCAL": ("The regency's own", "Kode daerah sendiri"),
    },
)
AGENCY_SCHEME = enum(
    "AgencyScheme",
    {
        "SIPD": ("SIPD, the national planning and budget system", "SIPD"),
        "SIMDA": ("SIMDA, four numbers", "SIMDA, empat angka"),
        "SIRUP": ("Procurement plans", "SIRUP"),
        "SPSE": ("Electronic procurement", "SPSE"),
        "LOCAL": ("The regency's own", "Kode daerah sendiri"),
    },
)
ASSESSOR = enum(
    "Assessor",
    {
        "VILLAGE": ("Head of the village", "Kepala desa/lurah"),
        "SUBDISTRICT": ("Head of the subdistrict", "Camat"),
        "AGENCY": ("The agency that would carry it out", "Perangkat daerah"),
        "PARTNER_BAPPEDA": ("Partner at the planning board", "Mitra Bappeda"),
        "SECWAN": ("Secretariat of the council", "Sekretariat DPRD"),
        "TAPD": ("Budget team of the regency", "TAPD"),
    },
)
SERVICE_STATUS = enum(
    "ServiceStatus",
    {
        "ACTIVE": ("Offered", "Tersedia"),
        "SUSPENDED": ("Not offered for now", "Dihentikan sementara"),
        "ENDED": ("No longer offered", "Sudah tidak tersedia"),
    },
)
INFORMATION_CATEGORY = enum(
    "InformationCategory",
    {
        "PERIODIC": ("Published at set times", "Berkala"),
        "IMMEDIATE": ("Published at once", "Serta merta"),
        "ON_REQUEST_ANYTIME": ("Given at any time on request", "Setiap saat"),
        "EXEMPT": ("Not public", "Dikecualikan"),
    },
)
INFORMATION_FORM = enum(
    "InformationForm",
    {
        "DOCUMENT": ("Document", "Dokumen"),
        "DATASET": ("Data that can be computed with", "Set data"),
        "LINK": ("Link to another page", "Tautan"),
    },
)
YEAR_PHASE = enum(
    "YearPhase",
    {
        "PLANNING": ("Planning", "Perencanaan"),
        "BUDGETING": ("Budgeting", "Penganggaran"),
        "EXECUTION": ("Execution", "Pelaksanaan"),
        "CLOSED": ("Closed", "Ditutup"),
    },
)
BREAKER_STATE = EnumType(
    "BreakerState",
    {
        "CLOSED": Text("It is asked as usual", "Ditanyai seperti biasa"),
        "OPEN": Text(
            "It failed too often and is left alone until `retryAt`",
            "Terlalu sering gagal dan dibiarkan sampai `retryAt`",
        ),
    },
)
SOURCE_STATE = EnumType(
    "SourceState",
    {
        "FRESH": Text("The last sync was well", "Sinkron terakhir berhasil"),
        "STALE": Text("The last sync failed; older figures are served", "Sinkron terakhir gagal; angka lama disajikan"),
        "UNAVAILABLE": Text("Never read; every sync has failed", "Belum pernah terbaca; setiap sinkron gagal"),
        "UNKNOWN": Text("Not tried yet", "Belum dicoba"),
    },
)
