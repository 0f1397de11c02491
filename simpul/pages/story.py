"""The mission answer told as a small story: a proposal, its budget, its projects, and what people complain about."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from config.entities import Catalogue
from config.hub import Language
from config.messages import Messages
from resolvers.engine import Engine
from simpul.formats import format_date, format_number, format_rupiah
from simpul.pages.figures import ask
from simpul.pages.questions import Chain

SHOWN = 2  # cards of one step


@dataclass(frozen=True, slots=True)
class Card:
    """One record of a step, ready to show."""

    title: str
    amount: str | None = None
    details: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """One stage of the chain. No cards means: not linked yet. `more` counts the partners that are not shown."""

    label: str
    cards: tuple[Card, ...]
    more: int = 0


@dataclass(frozen=True, slots=True)
class Story:
    """A proposal followed through every stage."""

    title: str
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class FunnelStep:
    """How many came this far."""

    label: str
    count: str


class Teller:
    """Asks for the stories of a hub and words them."""

    def __init__(self, catalogue: Catalogue, messages: Messages, zone: ZoneInfo, language: Language) -> None:
        self._chain = Chain(catalogue)
        self._catalogue = catalogue
        self._messages = messages
        self._zone = zone
        self._language = language

    async def stories(self, engine: Engine) -> tuple[Story, ...]:
        """The proposal that went furthest, and an accepted one that is not tied to anything yet; none without links."""
        if not self._chain.hops:
            return ()
        selection = "\n".join(self._chain.select("Proposal", 2))
        fields = [f"linked: proposals(first: 1, where: {{{self._chain.furthest()}}}) {{ nodes {{ {selection} }} }}"]
        if self._chain.budget and self._catalogue["Proposal"].field("status"):
            where = "status: {eq: ACCEPTED}, budgetLines: {none: {}}"
            order = ", orderBy: [{estimatedCost: DESC}]" if self._catalogue["Proposal"].field("estimatedCost") else ""
            fields.append(f"open: proposals(first: 1, where: {{{where}}}{order}) {{ nodes {{ {selection} }} }}")
        data = await ask(engine, "{ " + " ".join(fields) + " }", self._language)
        return tuple(self._told(data))

    async def funnel(self, engine: Engine) -> tuple[FunnelStep, ...]:
        """How many proposals there are, how many got a budget and a project, and the complaints about projects."""
        if not self._chain.hops:
            return ()
        fields = {"FUNNEL_PROPOSALS": "proposals { totalCount }"}
        if self._chain.budget:
            fields["FUNNEL_BUDGETED"] = "proposals(where: {budgetLines: {some: {}}}) { totalCount }"
        if self._chain.projects:
            fields["FUNNEL_PROJECTS"] = "proposals(where: {projects: {some: {}}}) { totalCount }"
        inverse = self._about_projects()
        if inverse:
            fields["FUNNEL_COMPLAINTS"] = f"complaints(where: {{{inverse}}}) {{ totalCount }}"
        query = "{ " + " ".join(f"{code}: {field}" for code, field in fields.items()) + " }"
        data = await ask(engine, query, self._language)
        return tuple(
            FunnelStep(self._text(code), format_number(data[code]["totalCount"], self._language))
            for code in fields
            if data[code] is not None and data[code]["totalCount"] is not None
        )

    def _about_projects(self) -> str | None:
        """The condition that finds complaints about a project, from the complaint's end of that link."""
        if not self._chain.complaints:
            return None
        link = self._catalogue.hops("Project")["complaints"].link
        for hop in self._catalogue.hops("Complaint").values():
            if hop.link == link:
                return f"{hop.name}: {{some: {{}}}}" if hop.many else f"{hop.name}Match: {{isNull: false}}"
        return None

    def _told(self, data: Mapping[str, Any]) -> Iterator[Story]:
        for name, code in (("linked", "STORY_LINKED"), ("open", "STORY_OPEN")):
            for node in (data.get(name) or {}).get("nodes", ()):
                yield Story(self._text(code), tuple(self._steps(node)))

    def _steps(self, proposal: Mapping[str, Any]) -> Iterator[Step]:
        yield Step(self._text("STORY_PROPOSAL"), (self._proposal(proposal),))
        if self._chain.budget:
            lines, more = _partners([proposal], "budgetLines")
            yield Step(self._text("STORY_BUDGET"), tuple(map(self._budget_line, lines)), more)
        if self._chain.projects:
            projects, more = _partners([proposal], "projects")
            yield Step(self._text("STORY_PROJECT"), tuple(map(self._project, projects)), more)
            if self._chain.complaints:
                complaints, more = _partners(_all_partners(proposal, "projects"), "complaints")
                yield Step(self._text("STORY_COMPLAINT"), tuple(map(self._complaint, complaints)), more)

    def _proposal(self, node: Mapping[str, Any]) -> Card:
        region = node.get("region") or {}
        above = region.get("parent") or {}
        place = ", ".join(name for name in (region.get("name"), above.get("name")) if name)
        details = [place, self._choice("Proposal", "status", node)]
        return _card(_title(node, "title", "number"), _rupiah(node.get("estimatedCost")), details)

    def _budget_line(self, node: Mapping[str, Any]) -> Card:
        realised = _rupiah(node.get("realised"))
        title = _title(node, "subActivityName", "accountName", "accountCode")
        code = node.get("accountCode") if node.get("accountCode") != title else None
        details = [code, self._text("STORY_REALISED", amount=realised) if realised else None]
        return _card(title, _rupiah(node.get("ceiling")), details)

    def _project(self, node: Mapping[str, Any]) -> Card:
        progress = node.get("physicalProgress")
        percent = format_number(Decimal(progress), self._language) if progress is not None else None
        status = self._choice("Project", "status", node)
        amount = _rupiah(node.get("contractValue")) or _rupiah(node.get("ceiling"))
        return _card(_title(node, "name"), amount, [status, percent and self._text("STORY_PHYSICAL", percent=percent)])

    def _complaint(self, node: Mapping[str, Any]) -> Card:
        received = node.get("receivedAt")
        day = datetime.fromisoformat(received).astimezone(self._zone).date() if received else None
        details = [format_date(day, self._language) if day else None, self._choice("Complaint", "status", node)]
        return _card(_title(node, "title"), None, details)

    def _choice(self, entity: str, name: str, node: Mapping[str, Any]) -> str | None:
        """The words for an enum value; none for one that the source's word did not tell."""
        field, value = self._catalogue[entity].field(name), node.get(name)
        if field is None or field.enum is None or value in (None, "UNKNOWN"):
            return None
        words = field.enum.values[value]
        return words.en if self._language == "en" else words.id

    def _text(self, code: str, **params: object) -> str:
        return self._messages.render(code, params, self._language)


def _partners(parents: Sequence[Mapping[str, Any]], hop: str) -> tuple[list[Mapping[str, Any]], int]:
    """The partners that are shown, and how many more there are."""
    found = [partner for parent in parents for partner in _all_partners(parent, hop)]
    total = sum((parent.get(hop) or {}).get("totalCount") or 0 for parent in parents)
    shown = found[:SHOWN]
    return shown, max(0, total - len(shown))


def _all_partners(parent: Mapping[str, Any], hop: str) -> list[Mapping[str, Any]]:
    return [edge["node"] for edge in (parent.get(hop) or {}).get("edges", ())]


def _card(title: str, amount: str | None, details: Sequence[str | None]) -> Card:
    return Card(title, amount, tuple(text for text in details if text))


def _title(node: Mapping[str, Any], *names: str) -> str:
    return next((str(node[name]) for name in names if node.get(name)), "—")


def _rupiah(value: str | None) -> str | None:
    return format_rupiah(Decimal(value)) if value is not None else None
