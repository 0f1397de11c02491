"""A file that was sent along (lampiran): its name and size; what is in it is never opened."""

from __future__ import annotations

from schema import declare
from schema.declare import entity


@entity(
    singular="attachment",
    plural="attachments",
    key=("ownerId", "number"),
    en="A file sent along with a proposal, a complaint or a response: its name and size, never its content",
    id="Berkas yang disertakan pada usulan, pengaduan, atau tanggapan: nama dan ukurannya, bukan isinya",
)
class Attachment:
    owner_id: str | None = declare.code(
        "Key of what it was sent with: a message or a stage of a proposal", "Kunci induknya: pesan atau tahapan usulan"
    )
    number: int | None = declare.number("Its place among the files sent along, from 1", "Urutan lampiran, mulai dari 1")
    tracking_id: str | None = declare.code("Number of the complaint that it belongs to", "Nomor pelacakan pengaduannya")
    name: str | None = declare.text("Name of the file", "Nama berkas")
    media_type: str | None = declare.code("Media type as the sender states it", "Jenis media menurut pengirim")
    size: int | None = declare.number(
        "Size in bytes; null if it is not known, as of large files in a mailbox",
        "Ukuran dalam byte; kosong bila tidak diketahui, misalnya berkas besar di kotak surat",
    )
