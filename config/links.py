"""The links that hub.yaml gives rules to, or adds, checked against the entities of both ends."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from config.crosswalks import PSEUDO, columns_of, has_column, read_head
from config.entities import CrosswalkRule, Entity, Field, FieldType, KeyRule, Link, Normalise, Rule, Text
from config.merge import words_of
from config.model import EntityWritten, LinkWritten, RuleWritten
from config.names import FIELDS, is_name
from config.places import Places

Place = tuple[str | int, ...]
Step = tuple[str, Link]
"""The entity that a hop leads to, and the link that it follows."""


class Links:
    """Merges the links of one hub.yaml into the entities, noting problems. `mapped` names the entities that have, or were
    meant to have, a mapping; crosswalks start in `folder`."""

    def __init__(self, places: Places, folder: Path, mapped: Collection[str]) -> None:
        self._places = places
        self._folder = folder
        self._mapped = mapped
        self._entities: dict[str, Entity] = {}

    def merge(
        self,
        written: Mapping[str, LinkWritten],
        entities: Mapping[str, Entity],
        declared: Mapping[str, EntityWritten],
    ) -> dict[str, Entity]:
        """The entities with their links."""
        self._entities = dict(entities)
        made = {name: link for name, one in written.items() if (link := self._link(name, one)) is not None}
        for name, link in made.items():
            self._entities[link.source] = _with(self._entities[link.source], link)
            self._check_ends(name, link)
        for name, link in made.items():  # once all links are known: rules and via may walk any of them
            rules = tuple(self._rules(link, written[name].rules, ("links", name, "rules")))
            whole = replace(link, rules=(*link.rules, *rules))
            self._entities[link.source] = _with(self._entities[link.source], whole)
        for name, link in made.items():
            self._check_via(link, ("links", name, "via"))
        self._check_references(declared)
        return self._entities

    def _link(self, name: str, written: LinkWritten) -> Link | None:
        place: Place = ("links", name)
        entity, _, short = name.partition(".")
        source = self._entities.get(entity)
        if source is None:
            hint = self._places.hint(entity, self._entities)
            self._places.add(place, "UNKNOWN_ENTITY", at_key=True, name=entity, hint=hint)
            return None
        base = source.link(short)
        if base is None:
            return self._new(source, short, written, place)
        for option, builtin in (
            ("to", base.to),
            ("inverse", base.inverse),
            ("many", base.many),
            ("inverse_many", base.inverse_many),
        ):
            given = getattr(written, option)
            if given is not None and given != builtin:
                alias = LinkWritten.model_fields[option].alias or option
                shown = str(builtin).lower() if isinstance(builtin, bool) else builtin or "-"
                self._places.add((*place, alias), "LINK_DIFFERS", name=alias, link=name, builtin=shown)
        if not written.rules and not written.via:
            self._places.add(place, "LINK_EMPTY", at_key=True, link=name)
        kept = base.rules if base.reference else ()  # what finds a reference stays; rules come after it
        return replace(base, rules=kept, via=tuple(written.via))

    def _new(self, source: Entity, name: str, written: LinkWritten, place: Place) -> Link | None:
        if written.to is None:
            hint = self._places.hint(name, [link.name for link in source.links])
            self._places.add(place, "UNKNOWN_LINK", at_key=True, name=name, entity=source.name, hint=hint)
            return None
        if not is_name(self._places, name, place, FIELDS):
            return None
        if written.inverse is None:
            self._places.add(place, "MISSING_OPTION", at_key=True, name="inverse")
            return None
        if written.to not in self._entities:
            hint = self._places.hint(written.to, self._entities)
            self._places.add((*place, "to"), "UNKNOWN_ENTITY", name=written.to, hint=hint)
            return None
        if not is_name(self._places, written.inverse, (*place, "inverse"), FIELDS):
            return None
        if not written.rules and not written.via:
            self._places.add(place, "LINK_EMPTY", at_key=True, link=f"{source.name}.{name}")
        return Link(
            name,
            source.name,
            written.to,
            words_of(written.description) or Text(name, name),
            written.inverse,
            many=written.many is not False,
            inverse_many=written.inverse_many is not False,
            via=tuple(written.via),
        )

    def _check_ends(self, name: str, link: Link) -> None:
        for end in dict.fromkeys((link.source, link.to)):
            if end not in self._mapped:
                self._places.add(("links", name), "LINK_NOT_MAPPED", at_key=True, link=name, entity=end)

    # -- rules --------------------------------------------------------------------------------------------------------

    def _rules(self, link: Link, written: Iterable[RuleWritten], place: Place) -> Iterable[Rule]:
        for number, rule in enumerate(written):
            here = (*place, number)
            kinds = [kind for kind in ("key", "crosswalk", "similar", "reviewed") if getattr(rule, kind) is not None]
            if len(kinds) != 1 or rule.key == {}:
                self._places.add(here, "LINK_RULE", link=_full(link))
            elif rule.key is not None:
                yield from self._key(link, rule.key, _way(rule), (*here, "key"))
            elif rule.crosswalk is not None:
                yield from self._crosswalk(link, rule, (*here, "crosswalk"))

    def _key(self, link: Link, pairs: Mapping[str, str], way: Normalise, place: Place) -> Iterable[Rule]:
        is_fine = True
        for left, right in pairs.items():
            here = (*place, left)
            near = self._field_at(link, link.source, left, here, at_key=True)
            far = self._field_at(link, link.to, right, here)
            if near is None or far is None:
                is_fine = False
            elif not _are_comparable(near, far):
                self._places.add(here, "LINK_TYPES", link=_full(link), left=left, right=right)
        if is_fine:
            yield KeyRule(tuple(pairs.items()), way)

    def _field_at(self, link: Link, end: str, path: str, place: Place, *, at_key: bool = False) -> Field | None:
        """The field at which a path from one end, over links that lead to one record, arrives."""
        *hops, name = path.split(".")
        entity = self._entities[end]
        for hop in hops:
            steps = self._steps(entity, many=False)
            if hop not in steps:
                hint = self._places.hint(hop, steps)
                self._places.add(
                    place, "LINK_FIELD", at_key=at_key, link=_full(link), name=hop, entity=entity.name, hint=hint
                )
                return None
            if not self._is_followed(link, entity, hop, place):
                return None
            entity = self._entities[steps[hop][0]]
        return self._field(entity, name, place, link, at_key=at_key)

    def _field(
        self, entity: Entity, name: str, place: Place, link: Link, *, at_key: bool = False, pseudo: bool = False
    ) -> Field | None:
        field = entity.field(name)
        if field is None and pseudo and name in PSEUDO:
            return Field(name, FieldType.TEXT, Text("", ""))
        if field is None:
            hint = self._places.hint(name, [field.name for field in entity.fields])
            self._places.add(
                place, "LINK_FIELD", at_key=at_key, link=_full(link), name=name, entity=entity.name, hint=hint
            )
        return field

    def _crosswalk(self, link: Link, rule: RuleWritten, place: Place) -> Iterable[Rule]:
        written = rule.crosswalk
        if written is None:
            return
        path = written.file.replace("\\", "/")
        head = read_head(self._folder / path)
        if head is None:
            self._places.add(place, "CROSSWALK_MISSING", path=written.file)
            return
        source, to = self._entities[link.source], self._entities[link.to]
        left = columns_of(written.from_, head, source, to)
        right = columns_of(written.to, head, to, source)
        if not left or not right:
            example = f"{source.name}.{source.key[-1] if source.key else 'number'}"
            self._places.add(place, "CROSSWALK_HEADERS", path=path, example=example)
            return
        is_fine = True
        for entity, end, pairs in ((source, "from", left), (to, "to", right)):
            for name, column in pairs:
                here = (*place, end, name)
                field = self._field(entity, name, here, link, at_key=True, pseudo=True)
                if field is None:
                    is_fine = False
                elif not _are_comparable(field, Field(column, FieldType.TEXT, field.description)):
                    self._places.add(here, "LINK_TYPES", link=_full(link), left=name, right=column)
                if not has_column(head, column):
                    columns = ", ".join(head)
                    self._places.add(here, "CROSSWALK_COLUMN", path=path, name=column, columns=columns)
        if is_fine:
            yield CrosswalkRule(path, tuple(left), tuple(right), _way(rule))

    # -- walking ------------------------------------------------------------------------------------------------------

    def _steps(self, entity: Entity, *, many: bool) -> dict[str, Step]:
        """The links that can be followed from an entity, both ways; without `many` only those to one record."""
        steps = {link.name: (link.to, link) for link in entity.links if many or not link.many}
        for other in self._entities.values():
            for link in other.links:
                if link.to == entity.name and link.inverse and (many or not link.inverse_many):
                    steps[link.inverse] = (other.name, link)
        return steps

    def _is_followed(self, link: Link, entity: Entity, hop: str, place: Place) -> bool:
        """Whether what a link walks is served: its far end has a mapping, and something ties it."""
        to, walked = self._steps(entity, many=True)[hop]
        if to not in self._mapped:
            self._places.add(place, "LINK_NOT_MAPPED", link=_full(link), entity=to)
        elif not walked.rules and not walked.via:
            self._places.add(place, "LINK_EMPTY", link=_full(walked))
        else:
            return True
        return False

    def _check_via(self, link: Link, place: Place) -> None:
        here = self._entities[link.source]
        for number, name in enumerate(link.via):
            where = (*place, number)
            steps = self._steps(here, many=True)
            if name not in steps:
                hint = self._places.hint(name, steps)
                self._places.add(where, "LINK_VIA", link=_full(link), name=name, entity=here.name, hint=hint)
                return
            to, walked = steps[name]
            if walked.via:
                self._places.add(where, "LINK_VIA_VIA", link=_full(link), name=name)
                return
            if not self._is_followed(link, here, name, where):
                return
            here = self._entities[to]
        if link.via and here.name != link.to:
            via = ", ".join(link.via)
            self._places.add(place, "LINK_VIA_END", link=_full(link), via=via, entity=here.name, to=link.to)

    def _check_references(self, declared: Mapping[str, EntityWritten]) -> None:
        """Tells references that nothing can find."""
        for name, written in declared.items():
            for number, mapping in enumerate(written.mappings if name in self._entities else ()):
                for field in mapping.fields:
                    link = self._entities[name].link(field)
                    if link is None or not link.reference or link.to not in self._mapped or link.rules or link.via:
                        continue
                    place = ("entities", name, "mappings", number, "fields", field)
                    self._places.add(place, "NO_FINDER", at_key=True, field=field, entity=link.to)


def _full(link: Link) -> str:
    return f"{link.source}.{link.name}"


def _with(entity: Entity, link: Link) -> Entity:
    """The entity with this link after its others."""
    return replace(entity, links=(*(other for other in entity.links if other.name != link.name), link))


def _way(rule: RuleWritten) -> Normalise:
    words = tuple(word.casefold() for word in rule.drop_words)
    if rule.normalise is None:
        return Normalise(drop_words=words)
    steps = rule.normalise
    return Normalise("case" in steps, "blanks" in steps, "punctuation" in steps, "zeros" in steps, words)


def _are_comparable(left: Field, right: Field) -> bool:
    """Whether two fields are kept in a form in which they can be equal: decimals are scaled integers, yes and no 1 and 0."""
    if left.type.is_decimal or right.type.is_decimal:
        return left.type.is_decimal and right.type.is_decimal and left.scale == right.scale
    return all((left.type is kind) == (right.type is kind) for kind in (FieldType.BOOLEAN, FieldType.DATETIME))
