"""The forms in which an entity may be written, brought into one: a list of mappings, each with the place it stands at.

Proposal: {from: a.b, fields: …}                  one mapping
Proposal: {from: [a.b, c.d], fields: …}           the same from several datasets
Proposal: {from: [{from: a.b, fields: …}, …]}     several; what stands beside `from` goes for each of them
Proposal: [{from: a.b, fields: …}, …]             a list of any of these
"""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from config.yamlfile import Located

WHOLE = ("key", "fingerprint", "precedence", "filterable", "plural", "description")
"""What is said of an entity; the rest is said of a mapping."""
_UNREADABLE = "?"
_NEUTRAL: dict[str, Any] = {
    "name": _UNREADABLE,
    "sources": {},
    "entities": {},
    "mappings": [],
    "from": _UNREADABLE,
    "fields": {},
    "column": _UNREADABLE,
}
_NEUTRAL_AT = {"name": [1], "sources": [1], "entities": [1], "mappings": [3], "from": [5], "fields": [5], "column": [7]}
"""How many steps lead to each of them."""

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class _Form:
    """One mapping, the place of the entity or list item that it belongs to, and of its own part of `from:` if it has one."""

    mapping: Any
    base: Path
    own: Path | None = None


def gather_mappings(entity: Any) -> Any:
    """An entity in any of its forms as one with `mappings`. What has another shape is left for the check."""
    items = entity if isinstance(entity, list) else [entity]
    if not items or not all(isinstance(item, dict) for item in items):
        return entity
    whole: dict[str, Any] = {}
    for item in items:
        whole = {**{name: value for name, value in item.items() if name in WHOLE}, **whole}
    return {**whole, "mappings": [form.mapping for form in _forms(entity)]}


def contradictions(entity: Any) -> Iterator[tuple[str | int, ...]]:
    """Places of what is said of the whole entity, in one of several mappings, otherwise than before."""
    said: dict[str, Any] = {}
    for number, item in enumerate(entity) if isinstance(entity, list) else ():
        for name in WHOLE if isinstance(item, dict) else ():
            if name in item and said.setdefault(name, item[name]) != item[name]:
                yield number, name


def real_place(tree: Located, place: Path) -> Path:
    """The place in the file of a place in the gathered form: entities › NAME › mappings › NUMBER › …"""
    if len(place) < 4 or place[0] != "entities" or place[2] != "mappings" or not isinstance(place[3], int):
        return place
    head, number, rest = place[:2], place[3], place[4:]
    entity = tree.at(*head).value
    if isinstance(entity, dict) and ("from" not in entity or isinstance(entity["from"].value, str)):
        return (*head, *rest)
    forms = list(_forms(tree.at(*head).plain()))
    if number >= len(forms):
        return head
    form = forms[number]
    if form.own is None:
        return (*head, *form.base, *rest)
    own, shared = (*head, *form.own), (*head, *form.base)
    if rest == ("from",) and not isinstance(tree.at(*own).value, dict):
        return own
    for base in (own, shared):
        if tree.has(*base, *rest):
            return (*base, *rest)
    return (*own, *rest)


def mend(data: Any, place: Path) -> bool:
    """Puts something harmless in the place of what is wrong or missing in the gathered form, or takes it out, so that the
    rest can be checked as well. False if neither can be done."""
    if not place:
        return False
    if place[0] == "links" and len(place) > 1:  # a link is told of whole
        return data["links"].pop(place[1], None) is not None
    here: Any = data
    for depth, step in enumerate(place[:-1]):
        inner = _inner(here, step)
        if not isinstance(inner, dict | list):  # nothing can stand below
            return _replace(here, place[: depth + 1])
        here = inner
    return _replace(here, place) or mend(data, place[:-1])


def _inner(here: Any, step: str | int) -> Any:
    if isinstance(here, dict):
        return here.get(step)
    return here[step] if isinstance(here, list) and isinstance(step, int) and step < len(here) else None


def _replace(here: Any, place: Path) -> bool:
    """Mends what stands, or should stand, at the last step of a place, in the container `here`."""
    last, shape = place[-1], tuple("*" if number % 2 else step for number, step in enumerate(place))
    if isinstance(here, list):
        if not isinstance(last, int) or last >= len(here):
            return False
        here[last] = {"from": _UNREADABLE, "fields": {}} if shape == ("entities", "*", "mappings", "*") else _UNREADABLE
        return True
    if shape == ("entities", "*"):
        here[last] = {"mappings": []}
    elif shape == ("entities", "*", "mappings", "*", "fields", "*"):
        here[last] = {"column": _UNREADABLE}
    elif last in _NEUTRAL and len(place) in _NEUTRAL_AT[str(last)]:
        here[last] = deepcopy(_NEUTRAL[str(last)])
    else:
        return here.pop(last, None) is not None
    return True


def is_unreadable(text: str) -> bool:
    """Whether a text stands for one that could not be read and has been told of."""
    return text == _UNREADABLE


def _forms(entity: Any) -> Iterator[_Form]:
    if not isinstance(entity, list):
        yield from _forms_of(entity, ())
        return
    for number, item in enumerate(entity):
        yield from _forms_of(item, (number,))


def _forms_of(item: Any, base: Path) -> Iterator[_Form]:
    if not isinstance(item, dict):
        yield _Form(item, base)
        return
    mapping = {name: value for name, value in item.items() if name not in WHOLE}
    parts = mapping.get("from")
    if not isinstance(parts, list) or not parts:
        yield _Form(mapping, base)
        return
    shared = {name: value for name, value in mapping.items() if name != "from"}
    for number, part in enumerate(parts):
        own = (*base, "from", number)
        if isinstance(part, dict):
            common, more = shared.get("fields"), part.get("fields")
            both = {"fields": {**common, **more}} if isinstance(common, dict) and isinstance(more, dict) else {}
            yield _Form({**shared, **part, **both}, base, own)
        else:
            yield _Form({**shared, "from": part}, base, own)
