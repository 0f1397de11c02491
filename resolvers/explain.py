"""Plans `explain`: the questions of one row are asked when the plan runs, each as the answers before it suggest."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from graphql import FieldNode

from config.entities import Catalogue
from replica.ask import Variables
from replica.tables import Tables
from resolvers.asked import Asked, reader
from resolvers.errors import BadRequest
from resolvers.explaining import Explainer, Origins, open_choices
from resolvers.run import Pattern, Run

MOST_EXPLAINED = 3  # fields of one operation: each may look into folders and files
LONGEST = 500  # characters of a locator or a part of a key
SAME = {"rawValue": "raw", "decidedBy": "decided_by", "fetchedAt": "fetched_at"}
TYPES = {
    "cells": ("ReadCell", "e.cells"),
    "rivals": ("NearRow", "e.rivals"),
    "links": ("ExplainedLink", "e.links"),
    "nearest": ("NearRow", "e.nearest"),
    "matches": ("ExplainedMatch", "e.matches"),
}


@dataclass(frozen=True, slots=True)
class ExplainStep:
    """Explains a row. `shape` makes the answer of what was found."""

    where: Pattern
    catalogue: Catalogue
    tables: Tables
    origins: Origins
    zone: ZoneInfo
    entity: Callable[[Variables], str]
    key: Callable[[Variables], Sequence[str] | None]
    locator: Callable[[Variables], str | None]
    shape: Callable[..., object]

    def run_root(self, run: Run) -> object:
        entity = self.catalogue[self.entity(run.variables)]
        explainer = Explainer(run.reading, self.catalogue, self.tables, self.origins, entity, self.zone, run.sought)
        key, locator = self.key(run.variables), self.locator(run.variables)
        found = explainer.by_locator(locator) if locator is not None else explainer.by_key(key or ())
        return self.shape(found)


def plan_explain(asked: Asked, nodes: list[FieldNode], where: Pattern, parent: str) -> ExplainStep:
    """The step that answers `explain`, a field of the type `parent`."""
    asked.explained += 1
    if asked.explained > MOST_EXPLAINED:
        raise BadRequest("QUERY_TOO_COSTLY", "OPERATION_TOO_LARGE", nodes, what="explain", limit=MOST_EXPLAINED)
    arguments = asked.arguments(parent, nodes)
    entity = reader(arguments["entity"], str)
    key = reader(arguments.get("key"), _texts)
    locator = reader(arguments.get("locator"), _text)

    def check(variables: Variables) -> None:
        texts, place = key(variables), locator(variables)
        declared = asked.catalogue[entity(variables)].key
        if (texts is None) == (place is None):
            raise BadRequest("BAD_USER_INPUT", "EXPLAIN_WHAT", nodes)
        if any(len(text) > LONGEST for text in (*(texts or ()), place or "")):
            raise BadRequest("BAD_USER_INPUT", "EXPLAIN_TOO_LONG", nodes, limit=LONGEST)
        if texts is not None and not 0 < len(texts) <= len(declared):
            shown = ", ".join(declared) or "-"
            raise BadRequest("BAD_USER_INPUT", "EXPLAIN_KEY", nodes, entity=entity(variables), key=shown)
        if texts is not None and not open_choices(asked.catalogue[entity(variables)], len(texts)):
            raise BadRequest("FORBIDDEN", "EXPLAIN_SENSITIVE", nodes, entity=entity(variables))

    asked.checks.append(check)
    asked.entities.update(one.name for one in asked.catalogue)
    asked.is_lasting = False
    shape = asked.writer.function(["found"], f"[{_Writing(asked).object('Explanation', nodes)} for e in found]")
    return ExplainStep(
        where, asked.catalogue, asked.tables, asked.origins, asked.writer.zone, entity, key, locator, shape
    )


class _Writing:
    """Writes the members of explanations; each object stands for `e` where its own members are written."""

    def __init__(self, asked: Asked) -> None:
        self._asked = asked

    def object(self, type_name: str, nodes: list[FieldNode]) -> str:
        return self._asked.written(type_name, nodes, lambda name, inner: self._member(type_name, name, inner))

    def _member(self, type_name: str, name: str, nodes: list[FieldNode]) -> str:
        match name:
            case "message" | "suggestion" | "problem":
                said = {"message": "said", "suggestion": "advice", "problem": "stale"}[name]
                say = self._say(type_name, nodes)
                return f"(None if e.{said} is None else {say}(e.{said}.code, e.{said}.params))"
            case "code":
                return "(None if e.said is None else e.said.code)"
            case "key":
                return "list(e.key)"
            case "partner":
                return f"[{self.object('NearRow', nodes)} for e in (e.partner,)][0]"
            case _ if name in TYPES:
                inner, items = TYPES[name]
                return f"[{self.object(inner, nodes)} for e in {items}]"
            case _:
                return f"e.{SAME.get(name, name)}"

    def _say(self, type_name: str, nodes: list[FieldNode]) -> str:
        language = self._asked.arguments(type_name, nodes).get("language")
        spoken: Any = None if language is None else str(language).lower()
        return self._asked.writer.name(self._asked.writer.sentence(spoken))


def _texts(value: object) -> Sequence[str] | None:
    return None if value is None else [str(text).strip() for text in value]  # type: ignore[attr-defined]  # a list, by the schema


def _text(value: object) -> str | None:
    return None if value is None else str(value)
