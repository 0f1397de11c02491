"""A region, from the province down, and its codes in other schemes."""

from __future__ import annotations

from config.entities import Finder, Normalise
from schema import declare
from schema.declare import Linked, entity
from schema.enums import REGION_LEVEL, REGION_SCHEME, VILLAGE_KIND

PLACE = Normalise(drop_words=("desa", "ds", "kelurahan", "kel", "kecamatan", "kec", "kabupaten", "kab", "upt"))


@entity(
    singular="region",
    plural="regions",
    key=("code",),
    finders=(Finder("code"), Finder("name", "parent.name", PLACE), Finder("aliases", "parent.name", PLACE)),
    hierarchy="parent",
    en="A place: province, regency, district, village",
    id="Wilayah: provinsi, kabupaten, kecamatan, desa/kelurahan",
)
class Region:
    code: str | None = declare.code("Code of the Ministry of Home Affairs", "Kode Kemendagri")
    name: str | None = declare.text("Name", "Nama")
    aliases: list[str] | None = declare.texts("Other spellings", "Ejaan lain")
    level: str | None = declare.choice(REGION_LEVEL, "Level", "Tingkat")
    village_kind: str | None = declare.choice(VILLAGE_KIND, "Rural or urban village", "Desa atau kelurahan")
    valid_from: str | None = declare.day("First day of the code", "Berlaku sejak")
    valid_to: str | None = declare.day(
        "Last day of the code; null while it is in force", "Berlaku sampai; kosong bila masih berlaku"
    )

    parent: Linked = declare.reference(
        "Region",
        "The place above it",
        "Wilayah di atasnya",
        inverse="children",
        back=("Places directly below it", "Wilayah di bawahnya"),
    )


@entity(
    singular="regionCode",
    plural="regionCodes",
    key=("scheme", "value"),
    en="The code of a region in one scheme",
    id="Kode wilayah dalam satu skema",
)
class RegionCode:
    scheme: str | None = declare.choice(REGION_SCHEME, "Whose code it is", "Pemilik kode")
    value: str | None = declare.code("The code", "Kodenya")
    name: str | None = declare.text("Name that the scheme has for it", "Namanya dalam skema itu")
    aliases: list[str] | None = declare.texts("Other spellings in the scheme", "Ejaan lain dalam skema itu")
    valid_from: str | None = declare.day("First day of the code", "Berlaku sejak")
    valid_to: str | None = declare.day(
        "Last day of the code; null while it is in force", "Berlaku sampai; kosong bila masih berlaku"
    )

    region: Linked = declare.reference(
        "Region",
        "The region",
        "Wilayahnya",
        inverse="codes",
        back=("Its codes in other schemes", "Kodenya dalam skema lain"),
    )
