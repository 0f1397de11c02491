"""Strict reading of cells: numbers, dates, codes, yes and no, text, and what a mapping takes out of a text. Nothing
is guessed.

Every reader gives None for an empty cell (nothing, blanks, dashes) and raises Unreadable for one that it can't read.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from decimal import Decimal

from connectors.cells import Unreadable, is_empty, is_nothing, is_number, tidy
from connectors.connector import Cell
from connectors.dates import read_date, read_datetime
from connectors.numbers import (
    DecimalSign,
    Sign,
    multiply,
    read_decimal,
    read_int,
    round_to,
)

__all__ = [
    "DecimalSign",
    "Sign",
    "Unreadable",
    "compile_values",
    "is_damaged",
    "is_empty",
    "multiply",
    "read_boolean",
    "read_code",
    "read_date",
    "read_datetime",
    "read_decimal",
    "read_int",
    "read_text",
    "round_to",
    "split_text",
    "take_parts",
    "take_pattern",
    "tidy",
    "write_cell",
]

_YES = frozenset(["ya", "y", "yes", "true", "benar", "1", "√", "✓", "✔", "☑"])
_NO = frozenset(["tidak", "tdk", "n", "no", "false", "salah", "0"])  # not "t": tidak to us, true to PostgreSQL
_UNWANTED = {code: None for code in (*range(32), *range(127, 160), 0xFEFF) if chr(code) not in "\t\n"}
_BROKEN = re.compile("[\ud800-\udfff]")
_SCIENTIFIC = re.compile(r"[0-9]+(?:[.,][0-9]+)?E\+[0-9]+", re.IGNORECASE | re.ASCII)
_PLAIN = re.compile(r"(?=[ !-~]*[0-9A-Za-z])[!-~]+(?: [!-~]+)*")  # nothing to tidy, and not only dashes
_EXACT_DIGITS = 10**15  # Excel keeps 15 digits; the rest of a longer code is gone


def read_text(cell: Cell) -> str | None:
    """The text of a cell: NFC, ends trimmed, line breaks kept as \\n, no other control characters.

    What was undecodable stays as U+FFFD: see is_damaged. Raises Unreadable CELL_ERROR."""
    if type(cell) is str and _PLAIN.fullmatch(cell):
        return cell
    if is_empty(cell):
        return None
    text = write_cell(cell).replace("\r\n", "\n").replace("\r", "\n").translate(_UNWANTED)
    text = unicodedata.normalize("NFC", _BROKEN.sub("\ufffd", text)).strip("\u200b\u2060 \t\n\xa0").strip()
    return None if is_nothing(tidy(text)) else text


def is_damaged(text: str) -> bool:
    """Whether a part of the text could not be decoded; worth an issue TEXT_DAMAGED beside the text."""
    return "\ufffd" in text


def read_code(cell: Cell) -> str | None:
    """An identifier as text, on one line. A whole number loses its `.0`.

    Raises Unreadable LOSSY_CODE where the source no longer says what was written: fractions (1.1 or 1.10?), numbers
    of more than 15 digits, scientific notation, codes that became dates; and CELL_ERROR."""
    if type(cell) is str and "+" not in cell and _PLAIN.fullmatch(cell):
        return cell
    if is_empty(cell):
        return None
    if isinstance(cell, str | tuple):
        text = tidy(_BROKEN.sub("\ufffd", write_cell(cell)).translate(_UNWANTED))
        if _SCIENTIFIC.fullmatch(text):
            raise Unreadable("LOSSY_CODE")
        return text or None
    if not is_number(cell) or cell != int(cell) or (isinstance(cell, float) and abs(cell) >= _EXACT_DIGITS):
        raise Unreadable("LOSSY_CODE")
    return write_cell(int(cell))


def read_boolean(cell: Cell) -> bool | None:
    """Yes or no, where the cell says so for certain. Raises Unreadable NOT_A_BOOLEAN or CELL_ERROR."""
    if is_empty(cell):
        return None
    if isinstance(cell, bool):
        return cell
    if is_number(cell) and cell in (0, 1):
        return cell == 1
    word = tidy(cell).casefold() if isinstance(cell, str) else ""
    if word in _YES or word in _NO:
        return word in _YES
    raise Unreadable("NOT_A_BOOLEAN")


def write_cell(cell: Cell) -> str:
    """A cell as people would write it, for raw values: '' if empty, numbers in plain notation, dates as ISO, errors
    by name."""
    if cell is None:
        return ""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, int):
        return str(cell) if -_EXACT_DIGITS < cell < _EXACT_DIGITS else str(Decimal(cell))  # str refuses 4300 digits
    if isinstance(cell, float | Decimal):
        return _write_number(cell)
    if isinstance(cell, datetime):
        return cell.isoformat(" ")
    if isinstance(cell, date | time):
        return cell.isoformat()
    return ", ".join(cell) if isinstance(cell, tuple) else cell.text


def split_text(text: str, separator: str) -> tuple[str, ...]:
    """The values in one text, trimmed, empty ones left out: `60832782;45828523`."""
    return tuple(piece for piece in map(str.strip, text.split(separator)) if not is_nothing(piece))


def take_parts(text: str, first: int, last: int) -> str:
    """Parts `first` to `last` (from 1) of a code with dots: 7-12 is the account in a MAK. Raises Unreadable
    PART_NOT_FOUND."""
    pieces = [piece.strip() for piece in text.split(".")][first - 1 : last]
    if len(pieces) < last - first + 1 or not all(pieces):
        raise Unreadable("PART_NOT_FOUND", first=first, last=last)
    return ".".join(pieces)


def take_pattern(text: str, pattern: re.Pattern[str]) -> str:
    """What the pattern's first group finds, or the whole match if it has no group. Raises Unreadable
    PATTERN_NOT_FOUND."""
    found = pattern.search(text)
    value = found and found[1 if pattern.groups else 0]
    if not value:
        raise Unreadable("PATTERN_NOT_FOUND", pattern=pattern.pattern)
    return value


def compile_values(values: Mapping[str, str]) -> Callable[[str], str | None]:
    """A function from a cell's text to the value that `values:` gives it, or None if no key fits.

    Keys are compared without case and with white space joined; `/…/` is a regular expression that must match fully,
    tried in order after the plain keys. Raises re.error for a wrong expression."""
    plain: dict[str, str] = {}
    patterns: list[tuple[re.Pattern[str], str]] = []
    for key, value in values.items():
        if len(key) > 2 and key.startswith("/") and key.endswith("/"):
            patterns.append((re.compile(key[1:-1], re.IGNORECASE), value))
        else:
            plain.setdefault(tidy(key).casefold(), value)

    def find(text: str) -> str | None:
        wanted = tidy(text)
        value = plain.get(wanted.casefold())
        if value is not None:
            return value
        return next((value for pattern, value in patterns if pattern.fullmatch(wanted)), None)

    return find


def _write_number(number: float | Decimal) -> str:
    if not is_number(number):
        return str(number)
    text = format(Decimal(repr(number)) if isinstance(number, float) else number, "f")
    return text.removesuffix(".0") if isinstance(number, float) else text
