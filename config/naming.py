"""Names in the graph for what has a name for people: columns, files, sheets."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection
from itertools import count

from config.names import FIELDS

LONGEST = 40  # signs of a name
_WORD = re.compile(r"[A-Za-z0-9]+")
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")
_SIGNS = {"%": " persen ", "√": " v ", "&": " dan ", "@": " at "}
_TIES = ("dan", "atau", "yang", "dari", "di", "ke", "per", "untuk", "and", "or", "of", "the", "in", "for")
_NOTHING_SAID = re.compile(r"(?:sheet|lembar|table|tabel|worksheet|data)?[ _-]*\d*", re.IGNORECASE)


def words_of(text: str) -> list[str]:
    """The words of a name in ASCII letters and digits."""
    for sign, word in _SIGNS.items():
        text = text.replace(sign, word)
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return _WORD.findall(_HUMP.sub(" ", plain))


def says_nothing(name: str) -> bool:
    """Whether a sheet is called as every sheet is: Sheet1."""
    return _NOTHING_SAID.fullmatch(name.strip()) is not None


def field_name(column: str, taken: Collection[str]) -> str:
    """The name of a field for a column, in no case among `taken` (which is in small letters)."""
    words = _shortened(words_of(column))
    name = "".join([word.lower() if at == 0 else _capital(word) for at, word in enumerate(words)])
    if not name or not name[0].isalpha():
        name = f"column{_capital(name)}"
    return _numbered(name, lambda one: one.casefold() not in taken and one not in FIELDS)


def entity_name(text: str, is_free: Callable[[str], bool]) -> str:
    """The name of an entity for a file, a sheet or a title."""
    name = "".join(map(_capital, _shortened(words_of(text)))) or "Data"
    if not name[0].isalpha():
        name = f"Data{name}"
    return _numbered(name, is_free, "No" if name[-1].isdigit() else "")


def source_name(text: str, taken: Collection[str]) -> str:
    """The name of a source or dataset for a file or sheet."""
    name = "_".join(_shortened(words_of(text))).lower() or "data"
    return _numbered(name, lambda one: one not in taken, "_")


def _shortened(words: list[str]) -> list[str]:
    """As many of the first words as a name may have signs."""
    kept: list[str] = []
    for word in words:
        if kept and sum(map(len, kept)) + len(word) > LONGEST:
            break
        kept.append(word[:LONGEST])
    while len(kept) > 1 and kept[-1].casefold() in _TIES:
        kept.pop()
    return kept


def _capital(word: str) -> str:
    return word[:1].upper() + (word[1:].lower() if word.isupper() else word[1:])


def _numbered(name: str, is_free: Callable[[str], bool], joint: str = "") -> str:
    """The name, with a number if it has to be another one."""
    if is_free(name):
        return name
    for number in count(2):
        numbered = f"{name}{joint if joint or not name[-1].isdigit() else '_'}{number}"
        if is_free(numbered) or number > 1000:
            return numbered
    raise AssertionError("numbers do not end")
