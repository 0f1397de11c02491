"""A public service (pelayanan publik) with the components of its standard."""

from __future__ import annotations

from schema import declare
from schema.declare import Linked, entity
from schema.enums import SERVICE_STATUS


@entity(
    singular="publicService",
    plural="publicServices",
    key=("code",),
    en="A service to the public, with its published standard",
    id="Pelayanan publik beserta standar pelayanannya",
)
class PublicService:
    code: str | None = declare.code("The source's own key of the service", "Kunci layanan di sumber")
    name: str | None = declare.text("Name of the service", "Nama layanan")
    status: str | None = declare.choice(SERVICE_STATUS, "Whether it is offered", "Apakah layanan tersedia")
    legal_basis: str | None = declare.text("Legal basis", "Dasar hukum")
    requirements: list[str] | None = declare.texts("What an applicant has to bring", "Persyaratan")
    procedure: str | None = declare.text("Steps of the service", "Sistem, mekanisme, dan prosedur")
    duration: str | None = declare.text("How long it takes, as written", "Jangka waktu sebagaimana tertulis")
    duration_days: int | None = declare.number("How many working days it takes", "Jangka waktu dalam hari kerja")
    fee: str | None = declare.money("Fee in rupiah; 0 if it is free", "Biaya dalam rupiah; 0 bila gratis")
    product: str | None = declare.text("What the applicant receives", "Produk layanan")
    complaint_handling: str | None = declare.text("How complaints are taken", "Penanganan pengaduan")
    facilities: str | None = declare.text("Facilities", "Sarana dan prasarana")
    staff_count: int | None = declare.number("How many people provide it", "Jumlah pelaksana")
    staff_competence: str | None = declare.text("What the staff must be able to do", "Kompetensi pelaksana")
    supervision: str | None = declare.text("Who supervises it and how", "Pengawasan internal")
    guarantee: str | None = declare.text("What is guaranteed (service pledge)", "Jaminan layanan (maklumat)")
    safety: str | None = declare.text("How safety is guaranteed", "Jaminan keamanan dan keselamatan")
    evaluation: str | None = declare.text("How it is evaluated", "Evaluasi kinerja pelaksana")
    channels: list[str] | None = declare.texts("Ways in which it can be had", "Kanal layanan")
    opening_hours: str | None = declare.text("Opening hours as written", "Jam layanan sebagaimana tertulis")
    url: str | None = declare.code("Address of its page", "Alamat lamannya")

    agency: Linked = declare.reference(
        "Agency",
        "Agency that provides it",
        "Perangkat daerah penyelenggara",
        inverse="publicServices",
        back=("Services that it provides", "Layanan yang diselenggarakannya"),
    )
