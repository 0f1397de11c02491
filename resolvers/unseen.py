"""Why a row was not seen: its source was never read, its file or sheet is not taken, or belongs to another entity."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from config.hub import EntityMapping
from connectors.seeking import Sought
from replica.tracing import SeenPart
from resolvers.explanation import NEAREST, Explanation, Near, Said, close_to
from resolvers.locators import Place

if TYPE_CHECKING:
    from resolvers.explaining import Explainer

FOUND_FIRST = (
    *("SHEET_HIDDEN", "SHEET_NOT_TAKEN", "SHEET_NEW", "SHEET_UNKNOWN"),
    *("FILE_LOCK", "FILE_NEW", "FILE_NOT_MATCHED", "FILE_UNKNOWN"),
)
"""What was found of a file or sheet, that which is nearest to having been read first."""


class Unseen:
    """Explains what none of the parts of an entity has."""

    def __init__(self, explainer: Explainer) -> None:
        self._explainer = explainer
        self._entity = explainer.entity.name

    @property
    def _parts(self) -> Mapping[int, SeenPart]:
        return self._explainer.trace.parts(self._entity)

    def _mappings(self) -> list[EntityMapping]:
        return [mapping for mapping in self._explainer.origins.mappings if mapping.entity == self._entity]

    def place(self, place: Place, text: str) -> Explanation:
        """A file, sheet or table of which no row was seen."""
        is_meant = Place((place.file,), place.row).fits
        is_own = any(is_meant(part) for part in self._parts.values())
        if others := [] if is_own else self._explainer.trace.others(self._entity, is_meant):
            params = {"place": text, "entity": self._entity, "others": ", ".join(others), "other": others[0]}
            return Explanation("NOT_SEEN", Said("WHY_OTHER_ENTITY", params), Said("ADVICE_OTHER_ENTITY", params))
        sought = [
            (FOUND_FIRST.index(found.code), number, mapping, found)
            for number, mapping in enumerate(self._mappings())
            if (found := self._explainer.seek(mapping.source, mapping.dataset, place.file, place.sheet)) is not None
        ]
        if sought:
            _, _, mapping, found = min(sought, key=lambda one: one[:2])
            return self._sought(mapping, place, found)
        labels = [part.label for part in self._parts.values()]
        params = {"place": text, "entity": self._entity, "parts": ", ".join(labels[:10]) or "-"}
        near = tuple(Near((), label) for label in close_to(place.file, labels)[:NEAREST])
        return Explanation("NOT_SEEN", Said("WHY_PLACE_UNKNOWN", params), Said("ADVICE_PLACE", params), nearest=near)

    def _sought(self, mapping: EntityMapping, place: Place, found: Sought) -> Explanation:
        """What is there of a file or sheet that is no part."""
        is_sheet = found.code.startswith("SHEET")
        lines = self._explainer.origins.lines
        line = None
        if lines is not None:
            line = lines.setting(mapping, "sheet") if is_sheet else lines.source(mapping.source, "path")
        params: dict[str, object] = {
            "file": place.file,
            "sheet": place.sheet or "",
            "found": found.found,
            "source": mapping.source,
            "line": line or "hub.yaml",
            "paths": ", ".join(dict.fromkeys(self._path(one) for one in self._mappings())),
        }
        files = dict.fromkeys(part.file for part in self._parts.values() if part.file)
        near = close_to(place.file, [*files])[:NEAREST] if found.code == "FILE_UNKNOWN" else []
        problem = (
            self._problem(mapping, PurePosixPath(found.found).name) if found.code in ("FILE_NEW", "SHEET_NEW") else None
        )
        said = Said(f"WHY_{found.code}" if problem is None else "WHY_FILE_UNREADABLE", params)
        return Explanation(
            "NOT_SEEN",
            said,
            problem or Said(f"ADVICE_{found.code}", params),
            line,
            mapping.source,
            mapping.dataset,
            file=place.file,
            sheet=place.sheet,
            nearest=tuple(Near((), label) for label in near),
        )

    def _path(self, mapping: EntityMapping) -> str:
        """A source with the line of its `path`."""
        lines = self._explainer.origins.lines
        return mapping.source if lines is None else f"{mapping.source} {lines.source(mapping.source, 'path')}"

    def _problem(self, mapping: EntityMapping, name: str) -> Said | None:
        """Why a dataset could not be read whole, if that is told of this file."""
        for state in self._explainer.reading.datasets:
            if (state.entity, state.source, state.dataset) == (mapping.entity, mapping.source, mapping.dataset):
                problem = state.problem
                if problem is not None and name in problem["where"]:
                    return Said(problem["code"], {"where": problem["where"], **problem["params"]})
        return None

    def never_read(self) -> Explanation | None:
        """If none of the datasets of the entity was ever read."""
        states = [state for state in self._explainer.reading.datasets if state.entity == self._entity]
        if any(state.ever_read for state in states) or not states:
            return None
        state = states[0]
        params = {"source": state.source, "entity": self._entity}
        stale = (
            Said(state.problem["code"], {"where": state.problem["where"], **state.problem["params"]})
            if state.problem
            else None
        )
        advice = stale or Said("ADVICE_FIRST_SYNC", params)
        told = Explanation(
            "NOT_SEEN", Said("WHY_NEVER_READ", params), advice, source=state.source, dataset=state.dataset
        )
        return replace(told, stale=stale)
