"""What stands around a table: a year, a month, or what follows a word, in the name of its file, sheet or folder or in the lines
above it."""

from __future__ import annotations

import re
from collections.abc import Callable

from connectors.cells import Unreadable
from connectors.dates import MONTHS
from connectors.values import take_pattern

_YEAR = re.compile(r"(?<![0-9])(?:19|20)[0-9]{2}(?![0-9])")
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")  # also of RealisasiJanuari


def find_year(text: str) -> str:
    """The one year from 1900 to 2099 in a text. Raises Unreadable YEAR_UNCLEAR if there is none, or several."""
    return _only({found[0] for found in _YEAR.finditer(text)}, "YEAR_UNCLEAR")


def find_month(text: str) -> str:
    """The number of the one month that a text names, in Indonesian or English, whole or short. Raises Unreadable MONTH_UNCLEAR
    if there is none, or several."""
    return _only(
        {str(MONTHS[word]) for word in map(str.lower, _WORDS.findall(text)) if word in MONTHS}, "MONTH_UNCLEAR"
    )


FINDERS: dict[str, Callable[[str], str]] = {"year": find_year, "month": find_month}
"""Patterns that have a name."""


def compile_pattern(pattern: str) -> Callable[[str], str]:
    """What takes out of a text what `pattern:` says: one of FINDERS, or a regular expression. Raises re.error."""
    if pattern in FINDERS:
        return FINDERS[pattern]
    compiled = re.compile(pattern)
    return lambda text: take_pattern(text, compiled)


def compile_after(words: str) -> Callable[[str], str]:
    """What takes the rest of a line after some words: of `PEMERINTAH KABUPATEN; SKPD : Dinas Kesehatan` after `SKPD` it is
    `Dinas Kesehatan`. A line that begins with them comes before one that holds them further on. It raises Unreadable
    AFTER_NOT_FOUND."""
    said = r"\s+".join(map(re.escape, words.strip(" :=").split()))
    key = rf"{said}(?![^\W_])\s*[:=]?\s*"
    line = re.compile(rf"(?:^|[;\n])\s*{key}(?=[^\s;:=])([^;\n]+)", re.IGNORECASE)
    within = re.compile(rf"(?<![^\W_]){key}(?=[^\s;:=])([^;\n]+)", re.IGNORECASE)

    def take(text: str) -> str:
        found = line.search(text) or within.search(text)
        if found is None:
            raise Unreadable("AFTER_NOT_FOUND", after=words)
        return found[1].strip()

    return take


def _only(found: set[str], code: str) -> str:
    if len(found) != 1:
        raise Unreadable(code)
    return found.pop()
