"""What an explanation of a row consists of; sentences are codes with parameters until they are said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches

from replica.tables import fold

NEAREST = 5  # keys or rows that are told where one was not found
CLOSE = 0.6


@dataclass(frozen=True, slots=True)
class Said:
    """A sentence to be said: its code and parameters."""

    code: str
    params: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ReadCell:
    """How a field was read: the column or columns, the cell, what stands there, the value, where hub.yaml says so, and what was
    wrong with it."""

    field: str
    column: str | None
    cell: str | None
    raw: str | None
    value: str | None
    decided_by: str | None
    said: Said | None = None


@dataclass(frozen=True, slots=True)
class Near:
    """A record, or a row that is none (without `id`), that is meant perhaps, or that stands for the same key. `text` is the value
    by which it is like what was looked for."""

    key: tuple[str, ...]
    locator: str | None = None
    id: str | None = None
    text: str | None = None


@dataclass(frozen=True, slots=True)
class Tie:
    """A match and its partner."""

    method: str
    confidence: float
    rule: str
    status: str
    why: str
    partner: Near
    counts: bool


@dataclass(frozen=True, slots=True)
class ToldLink:
    """What became of a link of a record: its matches and, if none answers, why, and what is near."""

    name: str
    to: str
    decided_by: str | None
    said: Said
    matches: tuple[Tie, ...] = ()
    nearest: tuple[Near, ...] = ()


@dataclass(frozen=True, slots=True)
class Explanation:
    """What is known of one row. `outcome` is RECORD, REJECTED, SET_ASIDE or NOT_SEEN."""

    outcome: str
    said: Said
    advice: Said | None = None
    decided_by: str | None = None
    source: str | None = None
    dataset: str | None = None
    locator: str | None = None
    file: str | None = None
    sheet: str | None = None
    row: str | None = None
    fetched_at: str | None = None
    stale: Said | None = None
    id: str | None = None
    key: tuple[str, ...] = ()
    cells: tuple[ReadCell, ...] = ()
    rivals: tuple[Near, ...] = ()
    links: tuple[ToldLink, ...] = ()
    nearest: tuple[Near, ...] = ()


def close_to(wanted: str, texts: Sequence[str] | Mapping[str, object]) -> list[str]:
    """The texts that are most like one; of a great many, only those of about its length are compared."""
    known = {fold(text): text for text in texts}
    near = [text for text in known if abs(len(text) - len(wanted)) <= max(2, len(wanted) // 3)]
    return [known[text] for text in get_close_matches(fold(wanted), near[:5_000], NEAREST, CLOSE)]
