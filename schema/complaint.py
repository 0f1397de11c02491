"""A complaint, aspiration or request of a citizen (pengaduan)."""

from __future__ import annotations

from schema import declare
from schema.declare import Linked, entity
from schema.enums import COMPLAINT_CHANNEL, COMPLAINT_KIND, COMPLAINT_STATUS


@entity(
    singular="complaint",
    plural="complaints",
    key=("trackingId",),
    en="What a citizen complains of, wishes or asks; an e-mail thread is one complaint",
    id="Pengaduan, aspirasi, atau pertanyaan warga; satu rangkaian surel adalah satu pengaduan",
)
class Complaint:
    tracking_id: str | None = declare.code("Number by which it is followed", "Nomor pelacakan")
    channel: str | None = declare.choice(COMPLAINT_CHANNEL, "Channel through which it came", "Kanal pengaduan")
    kind: str | None = declare.choice(COMPLAINT_KIND, "What kind of message it is", "Jenis laporan")
    status: str | None = declare.choice(COMPLAINT_STATUS, "How far its handling has come", "Status penanganan")
    title: str | None = declare.text("Subject", "Judul")
    text: str | None = declare.text(
        "What it says, without quotes and signatures", "Isi laporan, tanpa kutipan dan tanda tangan"
    )
    category: str | None = declare.text("Category as the source names it", "Kategori menurut sumber")
    location_text: str | None = declare.text("Place as written", "Lokasi sebagaimana tertulis")
    project_code: str | None = declare.code("Key of the project that it names", "Kode proyek yang disebut")
    reporter: str | None = declare.text("Who reports", "Pelapor", sensitive=True)
    reporter_contact: str | None = declare.text("How to reach the reporter", "Kontak pelapor", sensitive=True)
    received_at: str | None = declare.moment("When it came in", "Waktu diterima")
    last_message_at: str | None = declare.moment("When the last message of the thread came", "Waktu pesan terakhir")
    messages: int | None = declare.number("Messages in the thread", "Jumlah pesan")
    answered: bool | None = declare.flag("Whether somebody else has answered", "Apakah sudah dijawab")
    attachments: list[str] | None = declare.texts("Names of the attachments", "Nama lampiran")

    region: Linked = declare.reference(
        "Region",
        "Village or district that it names",
        "Desa/kelurahan atau kecamatan yang disebut",
        inverse="complaints",
        back=("Complaints about this place", "Pengaduan tentang tempat ini"),
    )
    agency: Linked = declare.reference(
        "Agency",
        "Agency that it was forwarded to",
        "Perangkat daerah tujuan disposisi",
        inverse="complaints",
        back=("Complaints forwarded to it", "Pengaduan yang didisposisikan kepadanya"),
    )
