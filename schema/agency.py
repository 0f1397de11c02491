"""An agency (perangkat daerah), and its codes in the schemes of the systems it works with."""

from __future__ import annotations

from config.entities import Finder, Normalise
from schema import declare
from schema.declare import Linked, entity
from schema.enums import AGENCY_KIND, AGENCY_SCHEME


@entity(
    singular="agency",
    plural="agencies",
    key=("code",),
    finders=(
        Finder("code", normalise=Normalise(zeros=True)),
        Finder("name", normalise=Normalise()),
        Finder("aliases", normalise=Normalise()),
    ),
    en="An agency of the regency",
    id="Perangkat daerah",
)
class Agency:
    code: str | None = declare.code("Code in force", "Kode yang berlaku")
    name: str | None = declare.text("Name", "Nama")
    aliases: list[str] | None = declare.texts("Other names that it goes by", "Nama lain")
    kind: str | None = declare.choice(AGENCY_KIND, "Kind of agency", "Jenis perangkat daerah")
    head: str | None = declare.text("Head of the agency", "Kepala", sensitive=True)

    parent: Linked = declare.reference(
        "Agency", "Agency that it belongs to", "Induk", inverse="units", back=("Units below it", "Unit di bawahnya")
    )


@entity(
    singular="agencyCode",
    plural="agencyCodes",
    key=("scheme", "value", "validFrom"),
    en="The code of an agency in one scheme and in the years in which it is in force",
    id="Kode perangkat daerah dalam satu skema dan tahun berlakunya",
)
class AgencyCode:
    scheme: str | None = declare.choice(AGENCY_SCHEME, "Whose code it is", "Pemilik kode")
    value: str | None = declare.code("The code", "Kodenya")
    valid_from: int | None = declare.number("First fiscal year of the code", "Tahun anggaran pertama")
    valid_to: int | None = declare.number(
        "Last fiscal year of the code; null while it is in force", "Tahun anggaran terakhir; kosong bila masih berlaku"
    )
    name: str | None = declare.text("Name that the scheme has for it", "Namanya dalam skema itu")

    agency: Linked = declare.reference(
        "Agency",
        "The agency",
        "Perangkat daerahnya",
        inverse="codes",
        back=("Its codes in all schemes", "Kodenya dalam semua skema"),
    )
