"""What of a record's texts is shown with a hit: the place where the words stand, in parts that tell them from the rest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from config.entities import Field
from replica.search import shown_text
from replica.words import Term, pieces_of

LENGTH = 200  # characters of a snippet
BEFORE = 60  # of them before the first match
CUT = "…"


@dataclass(frozen=True, slots=True)
class Snippet:
    """A part of a field's text. `parts` are its pieces in order, each with whether it is a match; together they are `text`."""

    field: str
    parts: tuple[tuple[str, bool], ...]

    @property
    def text(self) -> str:
        """The parts together."""
        return "".join(part for part, _ in self.parts)


def snippets_of(fields: Sequence[Field], stored: Sequence[object], terms: Sequence[Term]) -> list[Snippet]:
    """One for each field in which a word that is asked for stands, in the order of the fields."""
    snippets = []
    for field, value in zip(fields, stored, strict=True):
        text = shown_text(field, value)
        parts = _parts(text, terms) if text else ()
        if parts:
            snippets.append(Snippet(field.name, parts))
    return snippets


def _parts(text: str, terms: Sequence[Term]) -> tuple[tuple[str, bool], ...]:
    """The text around its first match; nothing if there is none."""
    matches = [
        (piece.start, piece.end)
        for piece in pieces_of(text)
        if any(word in term for term in terms for word in piece.words)
    ]
    if not matches:
        return ()
    start, end = _window(text, *matches[0])
    parts: list[tuple[str, bool]] = [(CUT, False)] if start else []
    at = start
    for first, last in matches:
        if first >= end:
            break
        parts += [(text[at:first], False), (text[first : min(last, end)], True)]
        at = min(last, end)
    parts += [(text[at:end], False), (CUT if end < len(text) else "", False)]
    return tuple(part for part in parts if part[0])


def _window(text: str, first: int, last: int) -> tuple[int, int]:
    """From where to where a text is shown, cut between words where it has blanks."""
    start = max(0, first - BEFORE)
    if start:
        start = max(text.find(" ", start, first) + 1, start)
    end = min(len(text), start + LENGTH)
    if end < len(text):
        blank = text.rfind(" ", max(start, min(last, end)), end)
        end = blank if blank > start else end
    return start, end
