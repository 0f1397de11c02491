"""An agency (perangkat daerah)."""

from __future__ import annotations

from config.entities import Finder, Normalise
from schema import declare
from schema.declare import Linked, entity
from schema.enums import AGENCY_KIND


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
