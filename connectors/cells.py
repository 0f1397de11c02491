"""What every reader of cells shares: when a cell is empty, how its text is tidied, and how it is refused."""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal
from math import isfinite
from typing import TypeGuard

from connectors.connector import Cell, CellError

_HIDDEN = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff\0"))
_DASHES = re.compile(r"[-\u2010-\u2015\u2212 ]*")


class Unreadable(Exception):
    """A cell that can't be read as what its mapping says. `code` is one of the reason codes of issues and rejects.

    `params` fill its sentence and never hold the cell's own content, which may be personal; that is kept, masked,
    beside the issue."""

    def __init__(self, code: str, **params: object) -> None:
        self.code = code
        self.params: dict[str, object] = params
        super().__init__(code)

    def __reduce__(self) -> tuple[object, ...]:
        return (_rebuild, (self.code, self.params))


def _rebuild(code: str, params: dict[str, object]) -> Unreadable:
    return Unreadable(code, **params)


def tidy(text: str) -> str:
    """NFC text on one line: blanks of any script and width joined to one space, ends trimmed, zero-width signs and
    NUL out."""
    if text.isascii():
        return " ".join(text.replace("\0", "").split())
    return " ".join(unicodedata.normalize("NFC", text.translate(_HIDDEN)).split())


def is_nothing(text: str) -> bool:
    """Whether tidied text says that there is nothing: blank, or only dashes."""
    return _DASHES.fullmatch(text) is not None


def is_number(cell: Cell) -> TypeGuard[int | float | Decimal]:
    """Whether a cell holds a finite number; yes and no are none."""
    if isinstance(cell, Decimal):
        return cell.is_finite()
    return isinstance(cell, int | float) and not isinstance(cell, bool) and (isinstance(cell, int) or isfinite(cell))


def is_empty(cell: Cell) -> bool:
    """Whether a cell holds nothing. Raises Unreadable CELL_ERROR for an error cell, whatever it should have been."""
    if isinstance(cell, CellError):
        raise Unreadable("CELL_ERROR", error=cell.text)
    return cell is None or cell == () or (isinstance(cell, str) and is_nothing(tidy(cell)))
