"""Which form of answer, and which language, a client prefers (RFC 9110, 12.5)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from config.hub import Language

RESPONSE = "application/graphql-response+json"
JSON = "application/json"
HTML = "text/html"
LONGEST = 2000  # characters of a header that are read
KEPT = 256  # headers of which the reading is kept: clients send few different ones


@dataclass(frozen=True, slots=True)
class Preference:
    """One item of an Accept header; `q` is 0..1."""

    value: str
    q: float


def read_preferences(header: str) -> tuple[Preference, ...]:
    """The items of an Accept or Accept-Language header; what can't be read is left out."""
    return _read(header[:LONGEST])


@lru_cache(KEPT)
def _read(header: str) -> tuple[Preference, ...]:
    return tuple(_items(header))


def choose_media(header: str, offered: Sequence[str], default: str) -> str | None:
    """The offered media type that the client likes best, or None if it accepts none.

    Without a header, or where a wildcard alone decides, it is `default`; of equals the first one offered."""
    return _choose(header[:LONGEST], tuple(offered), default) if header else default


@lru_cache(KEPT)
def _choose(header: str, offered: tuple[str, ...], default: str) -> str | None:
    preferences = read_preferences(header)
    if not preferences:
        return default
    scored = [(_quality(media, preferences), media) for media in offered]
    best = max(quality for quality, _ in scored)
    if best <= 0:
        return None
    named = {preference.value for preference in preferences}
    liked = [media for quality, media in scored if quality == best]
    return next((media for media in liked if media in named), default if default in liked else liked[0])


def prefers_html(header: str) -> bool:
    """Whether this is a browser's navigation: text/html is named, and liked no less than JSON. `*/*` alone is not."""
    preferences = read_preferences(header)
    if not any(preference.value == HTML for preference in preferences):
        return False
    html = _quality(HTML, preferences)
    named = {preference.value for preference in preferences}
    return html > 0 and all(html >= _quality(media, preferences) for media in (RESPONSE, JSON) if media in named)


def choose_language(asked: str | None, header: str, default: Language) -> Language:
    """Indonesian or English: `asked` (`?lang=`) first, then the Accept-Language header, then the hub's language."""
    if asked in ("id", "en"):
        return "en" if asked == "en" else "id"
    for preference in sorted(read_preferences(header), key=lambda item: -item.q) if header else ():
        primary = preference.value.split("-")[0]
        if preference.q > 0 and primary in ("id", "in", "en"):
            return "en" if primary == "en" else "id"
    return default


def _items(header: str) -> Iterator[Preference]:
    for item in header.split(","):
        value, *parameters = (piece.strip().lower() for piece in item.split(";"))
        if value:
            yield Preference(value, _q(parameters))


def _q(parameters: Sequence[str]) -> float:
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            try:
                number = float(value)
            except ValueError:
                return 0.0
            return number if 0 <= number <= 1 else 0.0
    return 1.0


def _quality(media: str, preferences: Sequence[Preference]) -> float:
    """The q of the most specific item that covers `media`."""
    main = media.split("/")[0]
    for pattern in (media, f"{main}/*", "*/*"):
        matching = [preference.q for preference in preferences if preference.value == pattern]
        if matching:
            return max(matching)
    return 0.0
