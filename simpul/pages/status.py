"""The status page: what the hub holds, how old it is, what is tied together, and the mission answer as a story."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import Response

from config.entities import Entity
from config.hub import HubConfig, Language
from config.messages import Messages
from resolvers.engine import Engine
from simpul.formats import format_moment, format_number
from simpul.pages.figures import EntityFigure, LinkFigure, SourceFigure, load_figures
from simpul.pages.labels import label_of
from simpul.pages.questions import suggest_questions
from simpul.pages.render import Pages
from simpul.pages.saved import Link, Shown
from simpul.pages.story import Teller
from simpul.remarks import remarks_on


async def status_page(
    pages: Pages,
    config: HubConfig,
    engine: Engine,
    messages: Messages,
    request: Request,
    language: Language,
    saved: Sequence[Link],
    home: Sequence[Shown],
    refused: Sequence[str],
) -> Response:
    """Asks for the figures and draws the page; `saved` are the saved questions, `home` those whose tables stand on it, `refused`
    the problems of a newer configuration that was not taken."""
    catalogue, zone = config.catalogue, ZoneInfo(config.timezone)
    figures = await load_figures(engine, catalogue, language)
    teller = Teller(catalogue, messages, zone, language)
    words = _Words(messages, zone, language, config)
    context = {
        "funnel": await teller.funnel(engine),
        "stories": await teller.stories(engine),
        "sources": [words.source(source) for source in figures.sources],
        "entities": [words.entity(entity) for entity in figures.entities],
        "links": [words.link(link) for link in figures.links],
        "refused": refused,
        "loose_lines": words.loose(figures.loose_lines),
        "saved": saved,
        "home": home,
        "questions": suggest_questions(catalogue, messages, language),
    }
    return pages.draw("status", request, language, f"{config.display_name} · Simpul", context)


class _Words:
    """Figures as the reader sees them."""

    def __init__(self, messages: Messages, zone: ZoneInfo, language: Language, config: HubConfig) -> None:
        self._messages = messages
        self._zone = zone
        self._language = language
        self._with_versions = {
            mapping.source for mapping in config.mappings if has_versions(config.catalogue[mapping.entity])
        }

    def source(self, source: SourceFigure) -> dict[str, object]:
        as_of = (
            self._text("SOURCE_AS_OF", moment=format_moment(source.read_at, self._zone, self._language))
            if source.read_at
            else self._text("SOURCE_NEVER")
        )
        return {
            "name": source.name,
            "kind": source.kind,
            "versions": source.name in self._with_versions,
            "state": source.state,
            "label": self._text(f"STATE_{source.state}"),
            "as_of": as_of,
            "problem": source.problem,
            "drift": [
                f"{said} {self._text('DRIFT_PROPOSAL', line=line, place=place)}" if line else said
                for said, line, place in source.drift
            ],
            "standing": remarks_on(source.due_at, source.retry_at, datetime.now(UTC), self._messages, self._language),
            "records": self._number(source.records),
            "issues": self._number(source.issues),
            "rejects": self._number(source.rejects),
        }

    def entity(self, figure: EntityFigure) -> dict[str, object]:
        return {
            "name": figure.entity.name,
            "label": self._label(figure.entity.name),
            "versions": has_versions(figure.entity),
            "records": None if figure.records is None else self._number(figure.records),
            "issues": self._number(figure.with_issues),
            "rejects": self._number(figure.rejects),
        }

    def link(self, figure: LinkFigure) -> dict[str, object]:
        total = figure.linked + figure.unlinked
        return {
            "source": self._label(figure.hop.link.source),
            "target": self._label(figure.hop.to),
            "name": figure.hop.name,
            "linked": self._number(figure.linked),
            "unlinked": self._number(figure.unlinked),
            "percent": round(100 * figure.linked / total) if total else 0,
        }

    def loose(self, lines: int) -> str | None:
        return self._text("CROSSWALK_LOOSE", count=self._number(lines)) if lines else None

    def _label(self, entity: str) -> str:
        return label_of(entity, self._messages, self._language)

    def _number(self, number: int | None) -> str:
        return "–" if number is None else format_number(number, self._language)

    def _text(self, code: str, **params: object) -> str:
        return self._messages.render(code, params, self._language)


def has_versions(entity: Entity) -> bool:
    """Whether the same thing may stand in several versions, of which one is current."""
    return entity.current is not None and entity.current.order is not None
