"""A complaint, aspiration or request of a citizen (pengaduan), and what was answered."""

from __future__ import annotations

from config.entities import KeyRule, Normalise
from schema import declare
from schema.declare import EXACT, Linked, entity
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
    responses: Linked = declare.link(
        "Response",
        "What was answered",
        "Tanggapannya",
        inverse="complaint",
        back=("The complaint that it answers", "Pengaduan yang ditanggapi"),
        inverse_many=False,
        rules=(KeyRule((("trackingId", "trackingId"),), Normalise()),),
    )
    files: Linked = declare.link(
        "Attachment",
        "Files sent along, with their sizes",
        "Berkas lampiran beserta ukurannya",
        inverse="complaint",
        back=("The complaint that it belongs to", "Pengaduannya"),
        inverse_many=False,
        rules=(KeyRule((("trackingId", "trackingId"),), Normalise()),),
    )


@entity(
    singular="response",
    plural="responses",
    key=("responseId",),
    en="An answer to a complaint",
    id="Tanggapan atas suatu pengaduan",
)
class Response:
    response_id: str | None = declare.code("The source's own key of the answer", "Kunci tanggapan di sumber")
    tracking_id: str | None = declare.code("Number of the complaint", "Nomor pelacakan pengaduannya")
    at: str | None = declare.moment("When it was given", "Waktu tanggapan")
    text: str | None = declare.text(
        "What was answered, without quotes and signatures", "Isi tanggapan, tanpa kutipan dan tanda tangan"
    )
    responder: str | None = declare.text("Who answered", "Yang menanggapi", sensitive=True)
    note: str | None = declare.text("Remark", "Keterangan")

    agency: Linked = declare.reference(
        "Agency",
        "Agency that answered",
        "Perangkat daerah yang menanggapi",
        inverse="responses",
        back=("What it has answered", "Tanggapan yang diberikannya"),
    )
    files: Linked = declare.link(
        "Attachment",
        "Files sent along, with their sizes",
        "Berkas lampiran beserta ukurannya",
        inverse="response",
        back=("The response that it belongs to", "Tanggapannya"),
        inverse_many=False,
        rules=(KeyRule((("responseId", "ownerId"),), EXACT),),
    )
