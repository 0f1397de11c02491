"""Versions: what an answer was made of, as a text that is the same again only if the answer is.

A sync raises the revision of each entity and link that it changed, in the transaction that changes them. What it writes without
a change of records (when a part was last read, whether that went well) goes by the time at which it was tried."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import orjson

from config.entities import Catalogue

if TYPE_CHECKING:
    from replica.reading import DatasetState

REVISIONS = "SELECT name, number FROM revision"
KEPT = 1_000  # sets of names whose version is kept


def names_of(catalogue: Catalogue, tables: Iterable[str]) -> frozenset[str]:
    """What the version of an answer depends on that reads these tables in one statement: `entity:NAME`, `link:ENTITY.NAME`,
    and `part:ENTITY` for where its records stand; `part:` alone for those of all entities."""
    read = frozenset(tables)
    entities = {table.removeprefix("e_") for table in read if table.startswith("e_")}
    names = {f"entity:{name}" for name in entities}
    names |= {f"link:{table.removeprefix('l_')}" for table in read if table.startswith("l_")}
    if read & {"part", "tally"}:
        names |= {f"part:{name}" for name in entities}
    if any(catalogue[name].system == "source" for name in entities):
        names.add("part:")  # when each source was last tried
    return frozenset(names)


class Versions:
    """The versions that a replica has in one state."""

    def __init__(self, datasets: Sequence[DatasetState], revisions: Mapping[str, int]) -> None:
        self._revisions = revisions
        self._tried: dict[str, list[tuple[str, ...]]] = {"": []}
        for state in datasets:
            tried = (state.source, state.dataset, state.entity, state.tried_at)
            self._tried.setdefault(state.entity, []).append(tried)
            self._tried[""].append(tried)
        # every answer says which sources are in trouble and how old the figures are that it has of them, and what was never read
        troubled = {state.source for state in datasets if state.problem}
        self._always = [
            (s.source, s.dataset, s.entity, s.ever_read, s.problem, s.read_at if s.source in troubled else None)
            for s in datasets
        ]
        self._known: dict[frozenset[str], str] = {}

    def of(self, names: frozenset[str]) -> str:
        """The version of these names, as `names_of` gives them."""
        found = self._known.get(names)
        if found is None:
            if len(self._known) >= KEPT:
                self._known.clear()
            told = orjson.dumps([self._always, [(name, self._one(name)) for name in sorted(names)]])
            found = self._known[names] = hashlib.sha256(told).hexdigest()[:32]
        return found

    def _one(self, name: str) -> object:
        kind, _, entity = name.partition(":")
        return self._tried.get(entity) if kind == "part" else self._revisions.get(name)
