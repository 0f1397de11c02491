"""What a record is known by, and the forms in which values are compared: identity, natural order, normalised text."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Callable, Sequence
from functools import partial

import orjson

from config.entities import Entity, Normalise

_RUN = re.compile(r"\d+")
_SIGN = re.compile(r"(?:[^\w\s\0]|_)+")
_WORD = re.compile(r"[^\W_]+", re.UNICODE)


def node_of(entity: str, parts: Sequence[str]) -> str:
    """The identity of a record: 32 hex digits of the SHA-256 of its entity and key, equal after every rebuild."""
    return hashlib.sha256(orjson.dumps([entity, *parts])).hexdigest()[:32]


def sort_text(parts: Sequence[str], node: str) -> str:
    """A key in its natural order ("2" before "10"), made unique by the node."""
    return "\x1f".join((*map(natural, parts), node))


def natural(text: str) -> str:
    """Text so that comparing it puts numbers inside it in their order."""
    return _RUN.sub(lambda run: run.group().lstrip("0").rjust(12, "0"), text)


def normalise(text: str, way: Normalise) -> str | None:
    """Text as a key compares it; None if nothing is left of it."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
    if way.case:
        text = text.casefold()
    if way.drop_words:
        text = _without(text, way.drop_words)
    if way.zeros:
        text = _RUN.sub(lambda run: run.group().lstrip("0") or "0", text)
    if way.punctuation:
        # between digits a sign still separates: 1.11 is not 11.1 once zeros are dropped
        text = re.sub(r"(?<=\d)[^\w\s](?=\d)", "\0" if way.zeros else "", text)
        text = _SIGN.sub("", text).replace("\0", ".").strip()
    if way.blanks:
        text = "".join(text.split())
    return text or None


def normaliser(entity: Entity, field: str, way: Normalise) -> Callable[[str], str | None]:
    """What makes of a field's stored value, as text, the form in which a key compares it; of a list, the list of its items as
    JSON."""
    declared = entity.field(field)
    if declared is None or not declared.type.is_list:
        return partial(normalise, way=way)

    def of_list(value: str) -> str:
        items = [normalise(item, way) for item in orjson.loads(value)]
        return orjson.dumps([item for item in items if item]).decode()

    return of_list


def _without(text: str, words: Sequence[str]) -> str:
    """Text without these words; if nothing else is left, as it was."""
    dropped = set(words)
    kept = _WORD.sub(lambda word: "" if word.group().casefold() in dropped else word.group(), text)
    return kept if _WORD.search(kept) else text
