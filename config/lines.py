"""Where in hub.yaml stands what decides about a row, for whoever asks why it is as it is."""

from __future__ import annotations

from collections.abc import Sequence

from config.hub import EntityMapping
from config.places import Places

OF_MAPPING = ("where", "duplicates", "fields", "from")


class Lines:
    """The lines of one hub.yaml as it was when it was read, as `hub.yaml:57`."""

    def __init__(self, places: Places, mappings: Sequence[EntityMapping]) -> None:
        self._places = places
        self._mappings = mappings

    def field(self, mapping: EntityMapping, name: str) -> str:
        """Where a field of a mapping stands; of one that it does not have, where it would."""
        return self._written(*self._place(mapping), "fields", name)

    def setting(self, mapping: EntityMapping, setting: str | None) -> str:
        """Where an option of a mapping or of its dataset stands, such as `skip.Uraian`, or where it would; without one, the
        mapping itself."""
        name, _, column = (setting or "from").partition(".")
        path = (name, column) if column else (name,)
        if name == "precedence":
            return self._written("entities", mapping.entity, *path)
        if name in OF_MAPPING:
            return self._written(*self._place(mapping), *path)
        return self._written("sources", mapping.source, "datasets", mapping.dataset, *path)

    def source(self, name: str, *path: str) -> str:
        """Where a source, or an option of it, stands."""
        return self._written("sources", name, *path)

    def link(self, entity: str, name: str) -> str | None:
        """Where a link is given its rules; None if it has them without hub.yaml."""
        place = ("links", f"{entity}.{name}")
        return self._written(*place) if self._places.tree.has(*place) else None

    def _place(self, mapping: EntityMapping) -> tuple[str | int, ...]:
        alike = [one for one in self._mappings if one.entity == mapping.entity]
        number = next(
            (n for n, one in enumerate(alike) if (one.source, one.dataset) == (mapping.source, mapping.dataset)), 0
        )
        return "entities", mapping.entity, "mappings", number

    def _written(self, *place: str | int) -> str:
        return f"{self._places.file}:{self._places.line(*place)}"
