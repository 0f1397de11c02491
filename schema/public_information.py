"""Public information (informasi publik): what an agency publishes, or may not publish."""

from __future__ import annotations

from config.entities import KeyRule, Normalise
from schema import declare
from schema.declare import Linked, entity
from schema.enums import INFORMATION_CATEGORY, INFORMATION_FORM


@entity(
    singular="publicInformationItem",
    plural="publicInformation",
    key=("code",),
    en="An item of the regency's list of public information",
    id="Satu butir daftar informasi publik",
)
class PublicInformation:
    code: str | None = declare.code("The source's own key of the item", "Kunci informasi di sumber")
    title: str | None = declare.text("Title", "Judul")
    summary: str | None = declare.text("What it is about", "Ringkasan isi")
    category: str | None = declare.choice(
        INFORMATION_CATEGORY, "When it has to be published, if at all", "Kategori menurut kewajiban mengumumkan"
    )
    form: str | None = declare.choice(INFORMATION_FORM, "Form in which it is kept", "Bentuk informasi")
    fiscal_year: int | None = declare.number("Fiscal year that it is about", "Tahun anggaran yang diliputi")
    published_at: str | None = declare.day("Day on which it was published", "Tanggal diumumkan")
    file_name: str | None = declare.text("Name of the file", "Nama berkas")
    url: str | None = declare.code("Address at which it can be had", "Alamat pengambilannya")
    checksum: str | None = declare.code("Checksum of the file", "Checksum berkas")
    language: str | None = declare.code("Language that it is written in", "Bahasanya")
    licence: str | None = declare.text("Under what licence it may be used", "Lisensi penggunaan")

    agency: Linked = declare.reference(
        "Agency",
        "Agency that keeps it",
        "Perangkat daerah yang menguasainya",
        inverse="publicInformation",
        back=("Public information that it keeps", "Informasi publik yang dikuasainya"),
    )
    year: Linked = declare.link(
        "FiscalYear",
        "The fiscal year's record",
        "Data tahun anggaran",
        many=False,
        inverse="publicInformation",
        back=("Public information about this year", "Informasi publik tentang tahun ini"),
        rules=(KeyRule((("fiscalYear", "year"),), Normalise()),),
    )
