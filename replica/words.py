"""Words as a search compares them: without case and accents, abbreviations written out, numbers with their parts.

What is indexed and what is asked go through the same hands, so no engine ever takes a text apart or reads a query's syntax."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

from replica.known import Known
from replica.tables import fold

WORDS_FORMAT = "1"  # of what this module makes of a text; another one has every index made anew

ABBREVIATIONS = {
    "bh": "buah",
    "dgn": "dengan",
    "ds": "desa",
    "dsn": "dusun",
    "dus": "dusun",
    "gg": "gang",
    "jbt": "jembatan",
    "jl": "jalan",
    "jln": "jalan",
    "kab": "kabupaten",
    "kamp": "kampung",
    "kec": "kecamatan",
    "keg": "kegiatan",
    "kel": "kelurahan",
    "komp": "kompleks",
    "komplek": "kompleks",
    "kp": "kampung",
    "ling": "lingkungan",
    "lingk": "lingkungan",
    "lk": "lingkungan",
    "no": "nomor",
    "nmr": "nomor",
    "perum": "perumahan",
    "pkt": "paket",
    "prop": "provinsi",
    "propinsi": "provinsi",
    "prov": "provinsi",
    "psr": "pasar",
    "rehab": "rehabilitasi",
    "thn": "tahun",
    "utk": "untuk",
    "yg": "yang",
}
"""Each stands for one word; one of several words (SD, SKPD) is a word of its own."""

LONGEST = 64  # characters of a word
WHOLE_DIGITS = 3  # a number of so many digits is matched whole: RT 2 is not RT 21
MOST_CHARACTERS = 20_000  # of one value; what follows is not searched
MOST_BYTES = 200_000  # of the words of a record; a tsvector holds a megabyte at most

_LETTER = r"(?:[^\W_]|[\u0300-\u036f])"
_NEIGHBOURHOOD = r"(?i:rt|rw)[\s.]{0,3}\d+"
_PIECE = re.compile(rf"{_NEIGHBOURHOOD}|\d{_LETTER}*(?:[.,/_-]\d{_LETTER}*)+|{_LETTER}+(?:['’ʼ]{_LETTER}+)*")
_ASCII_PIECE = re.compile(_PIECE.pattern.replace(_LETTER, "[A-Za-z0-9]"))  # the same in a text without other letters
_RT_OR_RW = re.compile(r"\b[Rr][TtWw]")
_COMPOUND = re.compile(r"[.,/_-]")
_APOSTROPHES = str.maketrans("", "", "'’ʼ")
_NUMBERED = re.compile(r"(rt|rw)\W*(\d+)")
_RUN = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Term:
    """A word that is asked for: one of `forms` is to be found, whole, or also at the beginning of a longer word."""

    forms: tuple[str, ...]
    is_prefix: bool

    def __contains__(self, word: str) -> bool:
        return word in self.forms or (self.is_prefix and word.startswith(self.forms))


@dataclass(frozen=True, slots=True)
class Piece:
    """A word or number where it stands in a text, and all that it is found by."""

    start: int
    end: int
    words: tuple[str, ...]


def terms_of(text: str) -> tuple[Term, ...]:
    """What is asked for by a text; nothing if there is no word in it."""
    terms: dict[Term, None] = {}
    for found in _PIECE.finditer(unicodedata.normalize("NFC", text)):  # as texts are stored
        place = _neighbourhood(found.group())
        if place:
            terms[Term((".".join(place),), False)] = None
            continue
        runs = _runs(found.group())
        if _is_compound(found.group(), runs):
            terms[Term((".".join(runs)[:LONGEST],), True)] = None
            continue
        for run in runs:
            word = _word(run)
            if run.isdecimal():
                terms[Term((word,), len(word) > WHOLE_DIGITS)] = None
            else:  # an abbreviation may as well be the beginning of another word: kec is also kecil
                terms[Term(tuple(dict.fromkeys((word, run[:LONGEST]))), len(run) > 1)] = None
    return tuple(terms)


def pieces_of(text: str) -> Iterator[Piece]:
    """The words of a text and where they stand."""
    for found in _PIECE.finditer(text, 0, MOST_CHARACTERS):
        yield Piece(found.start(), found.end(), _PIECES[found.group()])


def joined(head: Iterable[str], rest: Iterable[Iterable[str]]) -> tuple[str, str]:
    """The words of a record as its index keeps them, from those of its title and of each other text: those of the title, and
    the others. Each stands once, between blanks."""
    title = dict.fromkeys(head)
    first = _line(title, MOST_BYTES)
    others = dict.fromkeys(chain.from_iterable(rest))
    for word in title:
        others.pop(word, None)
    return first, _line(others, MOST_BYTES - len(first.encode()))


def words_of(text: str) -> tuple[str, ...]:
    """All words that a text is found by."""
    if not text.isascii():
        pieces = _PIECE.findall(text, 0, MOST_CHARACTERS)
    elif len(text) > MOST_CHARACTERS or not text.replace(" ", "").isalnum() or _RT_OR_RW.search(text):
        pieces = _ASCII_PIECE.findall(text, 0, MOST_CHARACTERS)
    else:
        pieces = text.split()  # as the pattern would, in a third of the time
    return tuple(chain.from_iterable(map(_PIECES.__getitem__, pieces)))


def _line(words: Iterable[str], most: int) -> str:
    line = " ".join(words)
    if len(line) * 4 > most and len(line.encode()) > most:
        line = line.encode()[: max(most, 0)].decode(errors="ignore").rpartition(" ")[0]
    return f" {line} " if line else ""


def _words_of(piece: str) -> tuple[str, ...]:
    """All that a piece is found by."""
    is_plain = piece.isascii() and piece[:2].lower() not in ("rt", "rw")
    if is_plain and piece.isalnum():
        return (_word(piece.lower()),)
    place = None if is_plain else _neighbourhood(piece)
    if place:
        return ".".join(place), *place
    runs = _runs(piece)
    words = map(_word, runs)
    # a code is found from its beginning, and by each of its parts
    return (".".join(runs)[:LONGEST], *words) if _is_compound(piece, runs) else tuple(words)


_PIECES = Known(_words_of, 50_000, LONGEST)


def _runs(piece: str) -> list[str]:
    """The letters and digits of a piece, folded, without what stands between them."""
    return _RUN.findall(fold(piece.translate(_APOSTROPHES)))


def _neighbourhood(piece: str) -> tuple[str, str] | None:
    """RT 02, Rt2 and rt. 002 are one place."""
    found = _NUMBERED.fullmatch(fold(piece))
    return (found[1], _word(found[2])) if found else None


def _is_compound(piece: str, runs: Sequence[str]) -> bool:
    return len(runs) > 1 and _COMPOUND.search(piece) is not None


def _word(run: str) -> str:
    if run.isdecimal():
        run = run.lstrip("0") or "0"
    return ABBREVIATIONS.get(run, run)[:LONGEST]
