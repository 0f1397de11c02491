"""The figures of the status page, asked of the hub the way any client would ask: by GraphQL, for whatever it serves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from config.entities import Catalogue, Entity, Hop
from config.hub import Language
from resolvers.engine import Engine, Request

CROSSWALKS = "links"  # what stands as the source of a crosswalk's line that was set aside
FIELDS_AT_ONCE = 40  # root fields of one operation, below the limit that holds for everyone


class PageError(Exception):
    """The page's own operation was refused: our bug."""


@dataclass(frozen=True, slots=True)
class SourceFigure:
    """One source: FRESH, STALE, UNAVAILABLE or UNKNOWN, how old its data are and how old they may be, until when it is left alone
    after failures, and what it holds."""

    name: str
    kind: str
    state: str
    read_at: datetime | None
    records: int | None
    rejects: int | None
    issues: int | None
    problem: str | None
    due_at: datetime | None
    retry_at: datetime | None
    drift: tuple[
        tuple[str, str | None, str | None], ...
    ]  # a sentence, and the line that hub.yaml could have with its place


@dataclass(frozen=True, slots=True)
class EntityFigure:
    """Records of one entity that count; `records` is None if it was never read."""

    entity: Entity
    records: int | None
    with_issues: int | None
    rejects: int | None


@dataclass(frozen=True, slots=True)
class LinkFigure:
    """How many records of the entity at the near end have a partner over a hop."""

    hop: Hop
    linked: int
    unlinked: int


@dataclass(frozen=True, slots=True)
class Figures:
    """All figures of one hub."""

    sources: tuple[SourceFigure, ...]
    entities: tuple[EntityFigure, ...]
    links: tuple[LinkFigure, ...]
    loose_lines: int  # lines of crosswalks that name a record which is not there


async def ask(engine: Engine, query: str, language: Language) -> dict[str, Any]:
    """The data of an operation of ours; fields that could not be had are null. Raises PageError if it is refused."""
    answer = await engine.execute(Request(query, language=language))
    if not answer.started or answer.data is None:
        raise PageError([error.get("message") for error in answer.errors])
    return answer.data


async def load_figures(engine: Engine, catalogue: Catalogue, language: Language) -> Figures:
    """Asks for every figure; the number of operations depends on the catalogue only."""
    entities = [entity for entity in catalogue if entity.system is None]
    hops = [hop for entity in entities for hop in catalogue.hops(entity.name).values() if hop.forward]
    counts = await _counts(engine, dict(_count_fields(entities, hops)), language)
    return Figures(
        await _sources(engine, language),
        tuple(
            EntityFigure(entity, counts[f"n_{entity.name}"], counts[f"i_{entity.name}"], counts[f"r_{entity.name}"])
            for entity in entities
        ),
        tuple(_link_figures(hops, counts)),
        counts["loose"] or 0,
    )


def unlinked_condition(hop: Hop) -> str:
    """The `where` that finds the records without a partner over a hop."""
    return f"{hop.name}: {{none: {{}}}}" if hop.many else f"{hop.name}Match: {{isNull: true}}"


def _count_fields(entities: Sequence[Entity], hops: Sequence[Hop]) -> Iterator[tuple[str, str]]:
    for entity in entities:
        yield f"n_{entity.name}", f"{entity.plural} {{ totalCount }}"
        yield (f"i_{entity.name}", f"{entity.plural}(where: {{issues: {{count: {{gt: 0}}}}}}) {{ totalCount }}")
        yield (
            f"r_{entity.name}",
            f'rejects(where: {{entity: {{eq: "{entity.name}"}}, source: {{ne: "{CROSSWALKS}"}}}}) {{ totalCount }}',
        )
    yield "loose", f'rejects(where: {{source: {{eq: "{CROSSWALKS}"}}}}) {{ totalCount }}'
    plurals = {entity.name: entity.plural for entity in entities}
    for hop in hops:
        near = hop.link.source
        yield (f"u_{near}_{hop.name}", f"{plurals[near]}(where: {{{unlinked_condition(hop)}}}) {{ totalCount }}")


async def _counts(engine: Engine, fields: Mapping[str, str], language: Language) -> dict[str, int | None]:
    counts: dict[str, int | None] = {}
    names = list(fields)
    for start in range(0, len(names), FIELDS_AT_ONCE):
        chosen = names[start : start + FIELDS_AT_ONCE]
        data = await ask(engine, "{ " + " ".join(f"{name}: {fields[name]}" for name in chosen) + " }", language)
        counts |= {name: _get(data, name, "totalCount") for name in chosen}
    return counts


def _link_figures(hops: Sequence[Hop], counts: Mapping[str, int | None]) -> Iterator[LinkFigure]:
    for hop in hops:
        total, unlinked = (counts[f"n_{hop.link.source}"], counts[f"u_{hop.link.source}_{hop.name}"])
        if total is not None and unlinked is not None:
            yield LinkFigure(hop, total - unlinked, unlinked)


async def _sources(engine: Engine, language: Language) -> tuple[SourceFigure, ...]:
    fields = "name kind state readAt records rejects issues problem dueAt retryAt"
    query = f"{{ sources {{ nodes {{ {fields} drift {{ message place proposal }} }} }} }}"
    data = await ask(engine, query, language)
    return tuple(
        SourceFigure(
            node["name"],
            node["kind"] or "",
            node["state"] or "UNKNOWN",
            _moment(node["readAt"]),
            node["records"],
            node["rejects"],
            node["issues"],
            node["problem"],
            _moment(node["dueAt"]),
            _moment(node["retryAt"]),
            tuple((one["message"], one["proposal"], one["place"]) for one in node["drift"]),
        )
        for node in _get(data, "sources", "nodes") or ()
    )


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _get(data: Any, *path: str) -> Any:
    for step in path:
        data = data.get(step) if isinstance(data, dict) else None
    return data
