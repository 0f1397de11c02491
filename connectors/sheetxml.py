"""Finds in a sheet's XML what calamine leaves blank or can't hold: error cells, formulas without a value, cells far
away.

A scan with a few expressions costs a hundredth of parsing the sheet again."""

from __future__ import annotations

import re

from connectors.connector import CellError
from connectors.errors import LimitExceeded, SourceBroken
from connectors.limits import MAX_COLUMNS, MAX_ROWS

NO_VALUE = CellError("=…")  # a formula that was saved without its result, as programs other than Excel do

_C = rb"<(?:\w+:)?c"
_R = rb"\sr\s*=\s*[\"']"
_BAD_REFERENCE = re.compile(_C + rb"(?=\s)[^>]*?" + _R + rb"(?![A-Z]{1,3}[1-9]\d{0,6}[\"'])")
_UNUSUAL = re.compile(  # every reference that is bad or far, and few others: usual ones are looked at only once
    _C + rb"(?=\s)[^>]*?" + _R + rb"(?![A-Z]{1,2}(?:[1-9]\d{0,4}|1\d{5}|2[0-4]\d{4})[\"'])"
)
_FAR = re.compile(_C + rb"(?=\s)[^>]*?" + _R + rb"((?:[A-Z]{3})\d+|[A-Z]+\d{6,})[\"'](?:[^>]*[^/>])?>")
_ERROR = re.compile(
    _C + rb"(?=\s)([^>]*?\st\s*=\s*[\"']e[\"'][^>]*?)(?:/>|>(?:[^<]|<(?!/(?:\w+:)?c>))*?<(?:\w+:)?v>([^<]*)<)"
)
_FORMULA = re.compile(
    _C + rb"((?:\s(?:[^>]*[^/>])?)?)>\s*<(?:\w+:)?f(?:\s[^>]*)?(?:/>|>[^<]*</(?:\w+:)?f>)\s*"
    rb"(<(?:\w+:)?v(?:\s*/>|>\s*</(?:\w+:)?v>))?\s*</(?:\w+:)?c>"
)
_REFERENCE = re.compile(_R + rb"([A-Z]+)(\d+)[\"']")
_TEXT_RESULT = re.compile(rb"\st\s*=\s*[\"']str[\"']")
_ROW = re.compile(rb"<(?:\w+:)?row[\s/>]")
_CELL = re.compile(_C + rb"[\s/>]")
_CELL_END = re.compile(rb"</(?:\w+:)?c>")
MAX_STRAYS = 10
_GAP_ROWS, _GAP_COLUMNS = 1_000, 100  # empty before what is beyond the limits, if that is stray


def check_extent(xml: bytes, where: str) -> None:
    """Raises LimitExceeded for a value beyond the rows and columns that are read, SourceBroken for one that stands
    nowhere."""
    if not _UNUSUAL.search(xml):
        return
    if _BAD_REFERENCE.search(xml):
        raise SourceBroken(where, "FILE_DAMAGED")
    for found in _FAR.finditer(xml):
        if _is_beyond(found[1], MAX_ROWS, MAX_COLUMNS):
            cell = found[1].decode()
            raise LimitExceeded(where, "CELL_TOO_FAR", cell=cell, rows=MAX_ROWS, columns=MAX_COLUMNS)


def drop_strays(xml: bytes) -> tuple[bytes, tuple[str, ...]]:
    """The sheet without a few single cells far below or beside everything else, as a slip of the hand leaves them, and which those
    were. Cells that go on from the others stay, for `check_extent` to refuse."""
    if not _UNUSUAL.search(xml) or _BAD_REFERENCE.search(xml):
        return xml, ()
    far = [found for found in _FAR.finditer(xml) if _is_beyond(found[1], MAX_ROWS, MAX_COLUMNS)]
    if not far or len(far) > MAX_STRAYS:
        return xml, ()
    near = (found[1] for found in _FAR.finditer(xml) if not _is_beyond(found[1], MAX_ROWS, MAX_COLUMNS))
    if any(_is_beyond(one, MAX_ROWS - _GAP_ROWS, MAX_COLUMNS - _GAP_COLUMNS) for one in near):
        return xml, ()
    kept: list[bytes] = []
    start = 0
    for found in far:
        end = _CELL_END.search(xml, found.end())
        if end is None:
            return xml, ()
        kept.append(xml[start : found.start()])
        start = end.end()
    rest = b"".join((*kept, xml[start:]))
    if not _CELL_END.search(rest):  # far away from nothing
        return xml, ()
    return rest, tuple(found[1].decode() for found in far)


def _is_beyond(reference: bytes, rows: int, columns: int) -> bool:
    letters = reference.rstrip(b"0123456789")
    return column_number(letters) > columns or int(reference[len(letters) :]) > rows


def find_errors(xml: bytes) -> dict[tuple[int, int], CellError]:
    """(row, column), both from 0, of every cell that shows an error or a formula without a result."""
    found: dict[tuple[int, int], CellError] = {}
    if b'"e"' in xml or b"'e'" in xml:
        for cell in _ERROR.finditer(xml):
            found[_place(xml, cell)] = CellError((cell[2] or b"#ERROR").decode("utf-8", "replace"))
    if b"<f" in xml or b":f" in xml:
        for cell in _FORMULA.finditer(xml):
            if cell[2] is None or not _TEXT_RESULT.search(cell[1]):
                found[_place(xml, cell)] = NO_VALUE
    return found


def column_number(letters: bytes) -> int:
    """A is 1, Z is 26, AA is 27."""
    number = 0
    for code in letters:
        number = number * 26 + code - 64
    return number


def _place(xml: bytes, cell: re.Match[bytes]) -> tuple[int, int]:
    reference = _REFERENCE.search(cell[1])
    if reference:
        return int(reference[2]) - 1, column_number(reference[1]) - 1
    before = xml[: cell.start()]  # some programs leave references out: then cells count
    rows = list(_ROW.finditer(before))
    return len(rows) - 1, len(_CELL.findall(before, rows[-1].start() if rows else 0))
