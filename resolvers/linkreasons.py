"""Why a link of a record has the partners that it has, or none."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import orjson

from config.entities import CrosswalkRule, Entity, Hop, KeyRule, Normalise
from replica.links import read_crosswalk
from replica.tracing import MOST_KEYS, StoredRow
from resolvers.explanation import NEAREST, Near, Said, Tie, ToldLink, close_to

if TYPE_CHECKING:
    from resolvers.explaining import Explainer

Pair = tuple[str, str]
"""(field of the record's end, field of the other end)"""


def told_links(explainer: Explainer, row: StoredRow) -> Iterator[ToldLink]:
    """What became of each link of a record, also of those that are declared at the other end."""
    for hop in explainer.catalogue.hops(explainer.entity.name).values():
        yield _Reason(explainer, row, hop).told()


class _Reason:
    def __init__(self, explainer: Explainer, row: StoredRow, hop: Hop) -> None:
        self._explainer = explainer
        self._row = row
        self._hop = hop
        self._to: Entity = explainer.catalogue[hop.to]
        self._params: dict[str, object] = {"link": hop.name, "to": hop.to}

    def told(self) -> ToldLink:
        hop, explainer = self._hop, self._explainer
        ties = []
        for match in explainer.trace.matches(hop, self._row.id):
            counts = match.partner.current or (hop.link.history and match.partner.live)
            partner = explainer.near(match.partner, self._to)
            ties.append(Tie(match.method, match.confidence, match.rule, match.status, match.why, partner, counts))
        said, near = self._said(ties)
        lines = explainer.origins.lines
        line = lines.link(hop.link.source, hop.link.name) if lines is not None else None
        if line is None and hop.forward and hop.link.reference:
            mapping = explainer.origins.mapping(explainer.entity.name, self._row.part.source, self._row.part.dataset)
            line = explainer.origins.line(mapping, name=hop.link.name)
        return ToldLink(hop.name, hop.to, line, said, tuple(ties), tuple(near))

    def _said(self, found: Sequence[Tie]) -> tuple[Said, list[Near]]:
        accepted = [tie for tie in found if tie.status == "ACCEPTED"]
        if any(tie.counts for tie in accepted):
            return Said("LINK_TIED", {**self._params, "count": sum(tie.counts for tie in accepted)}), []
        if accepted:
            return Said("LINK_NOT_CURRENT", {**self._params, "partner": accepted[0].partner.locator}), []
        if any(tie.status == "CANDIDATE" for tie in found):
            count = sum(tie.status == "CANDIDATE" for tie in found)
            return Said("LINK_AMBIGUOUS", {**self._params, "count": count}), []
        if found:
            return Said("LINK_REFUSED", self._params), []
        if self._hop.to in self._explainer.reading.unavailable:
            return Said("LINK_NEVER_READ", self._params), []
        if self._hop.link.via:
            return self._via(), []
        return self._of_rules()

    def _via(self) -> Said:
        """The first step of the way that leads nowhere."""
        steps, entity = [], self._hop.link.source
        for name in self._hop.link.via:
            steps.append(self._explainer.catalogue.hops(entity)[name])
            entity = steps[-1].to
        if not self._hop.forward:
            return Said("LINK_VIA_BACK", {**self._params, "via": ", ".join(self._hop.link.via)})
        ids = [self._row.id]
        for step in steps:
            matches = [match for id_ in ids for match in self._explainer.trace.matches(step, id_)]
            ids = [match.partner.id for match in matches if match.status == "ACCEPTED"]
            if not ids:
                return Said(
                    "LINK_VIA_BROKEN", {**self._params, "step": step.name, "via": ", ".join(self._hop.link.via)}
                )
        return Said("LINK_NONE", self._params)

    # -- rules --------------------------------------------------------------------------------------------------------

    def _of_rules(self) -> tuple[Said, list[Near]]:
        """Why none of the rules found a partner: the reason that is nearest to one."""
        told: list[tuple[int, Said, list[Near]]] = []
        for rule in self._hop.link.rules:
            if isinstance(rule, KeyRule):
                told.append(self._of_key(rule))
            else:
                told.append(self._of_crosswalk(rule))
        if not told:
            return Said("LINK_NONE", self._params), []
        _, said, near = max(told, key=lambda one: (one[0], bool(one[2])))
        return said, near

    def _pairs(self, rule: KeyRule) -> list[Pair]:
        return list(rule.pairs) if self._hop.forward else [(right, left) for left, right in rule.pairs]

    def _of_key(self, rule: KeyRule) -> tuple[int, Said, list[Near]]:
        entity, pairs = self._explainer.entity, self._pairs(rule)
        if self._hop.forward:
            for name in rule.absent:
                if self._row.values.get(f"c_{name}") is not None:
                    return 0, Said("LINK_RULE_NOT_MEANT", {**self._params, "field": name}), []
        values: dict[Pair, list[str]] = {}
        for pair in pairs:
            if "." in pair[0]:
                continue  # what is said of a place further away follows from the links to it
            found = self._values(entity, pair[0], rule.normalise)
            if not found:
                return 1, Said("LINK_NO_VALUE", {**self._params, "field": _named(pair[0])}), []
            values[pair] = found
        direct = [pair for pair in values if "." not in pair[1]]
        partners = self._partners([(pair[1], values[pair]) for pair in direct], rule.normalise)
        shown = " · ".join(self._text(pair[0]) for pair in direct or values)
        params = {**self._params, "value": shown, "fields": " · ".join(_named(pair[1]) for pair in direct or pairs)}
        live = [partner for partner in partners if partner.live]
        if live and len(direct) < len(pairs):
            others = " · ".join(_named(pair[1]) for pair in pairs if pair not in direct)
            near = [self._explainer.near(partner, self._to) for partner in live[:5]]
            return 4, Said("LINK_ELSEWHERE", {**params, "others": others}), near
        if partners and not live:
            return 5, Said("LINK_PARTNER_REJECTED", {**params, "partner": partners[0].locator}), []
        return 3, Said("LINK_NO_PARTNER", params), self._nearest(direct, values, rule.normalise)

    def _values(self, entity: Entity, name: str, way: Normalise) -> list[str]:
        """A field's value as the rule compares it; of a list, each."""
        column = self._explainer.tables.entities[entity.name].normalised.get((name, way))
        stored = self._row.values.get(column) if column else None
        declared = entity.field(name)
        if stored is None:
            return []
        return list(orjson.loads(stored)) if declared is not None and declared.type.is_list else [str(stored)]

    def _text(self, name: str) -> str:
        declared = self._explainer.entity.field(name)
        shown = None if declared is None else self._explainer.shown(declared, self._row.values.get(f"c_{name}"))
        return shown or "-"

    def _partners(self, wanted: Sequence[tuple[str, Sequence[str]]], way: Normalise) -> list[StoredRow]:
        """Records of the other end with these values, duplicates that do not answer among them."""
        if not wanted:
            return []
        conditions: list[str] = []
        values: list[str] = []
        for name, texts in wanted:
            column = self._explainer.tables.entities[self._to.name].normalised[name, way]
            marks = ", ".join("?" * len(texts))
            declared = self._to.field(name)
            if declared is not None and declared.type.is_list:
                items = self._explainer.tables.dialect.items(f'e."{column}"', "i")
                conditions.append(f"EXISTS (SELECT 1 FROM {items} WHERE i.value IN ({marks}))")
            else:
                conditions.append(f'e."{column}" IN ({marks})')
            values += texts
        return self._explainer.trace.records(self._to.name, " AND ".join(conditions), *values)

    def _nearest(self, direct: Sequence[Pair], values: dict[Pair, list[str]], way: Normalise) -> list[Near]:
        """Records of the other end whose value is most like this one's; of one field, and none if either side is sensitive."""
        if len(direct) != 1:
            return []
        (pair,) = direct
        declared, own = self._to.field(pair[1]), self._explainer.entity.field(pair[0])
        column = self._explainer.tables.entities[self._to.name].normalised[pair[1], way]
        if declared is None or own is None or declared.sensitive or own.sensitive or declared.type.is_list:
            return []
        known = self._explainer.trace.ask(
            f'SELECT DISTINCT "{column}" FROM "e_{self._to.name}" WHERE _live = 1 AND "{column}" IS NOT NULL'
            f" LIMIT {MOST_KEYS}"
        )
        texts = [row[0] for row in known]
        found: list[Near] = []
        for value in values[pair][:2]:
            for text in close_to(value, texts):
                partners = self._partners([(pair[1], [text])], way)
                found += [self._explainer.near(one, self._to, pair[1]) for one in partners[:2] if one.live]
        return found[:NEAREST]

    def _of_crosswalk(self, rule: CrosswalkRule) -> tuple[int, Said, list[Near]]:
        """Whether the list that people keep has a row for this record, and what that row points to."""
        names = [name for name, _ in (rule.left if self._hop.forward else rule.right)]
        own = [self._values(self._explainer.entity, name, rule.normalise) for name in names]
        params = {**self._params, "file": rule.path, "fields": ", ".join(names)}
        if not all(own):
            return 1, Said("LINK_NO_VALUE", {**params, "field": names[own.index([])]}), []
        start = 0 if self._hop.forward else len(rule.left)
        for line, *cells in read_crosswalk(self._explainer.origins.folder / rule.path, rule):
            if all(cells[start + place] in texts for place, texts in enumerate(own)):
                return 5, Said("LINK_CROSSWALK_NOWHERE", {**params, "line": line}), []
        return 2, Said("LINK_NO_CROSSWALK_ROW", params), []


def _named(path: str) -> str:
    """A field as hub.yaml names it: how a place is written is the field of the place."""
    return path.removesuffix("Raw") if path.endswith("Raw") else path
