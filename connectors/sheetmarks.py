"""Finds in a sheet's XML what people see besides values: merged cells, hidden rows and columns, bold and struck-through text,
number masks, and which formulas add up a piece of their own column (ECMA-376 part 1, §18.3 and §18.8).

A scan with a few expressions, as in sheetxml.py, over XML that was found well-formed before."""

from __future__ import annotations

import re
from dataclasses import dataclass
from xml.etree import ElementTree

from connectors.grid import Marks, Span
from connectors.limits import MAX_COLUMNS, MAX_ROWS
from connectors.sheetxml import column_number

MAX_MARKS = 200_000  # of each kind; whoever strikes out more cells than that has struck out the sheet

_MERGE = re.compile(rb"<(?:\w+:)?mergeCell\s[^>]*?ref\s*=\s*[\"']([A-Z]+)(\d+):([A-Z]+)(\d+)[\"']")
_HIDDEN_ROW = re.compile(
    rb"<(?:\w+:)?row\s(?=[^>]*?\shidden\s*=\s*[\"'](?:1|true)[\"'])[^>]*?\br\s*=\s*[\"'](\d+)[\"']"
)
_COLUMN = re.compile(rb"<(?:\w+:)?col\s([^>]*)>")
_ATTRIBUTE = re.compile(rb"(\w+)\s*=\s*[\"']([^\"']*)[\"']")
_STYLED = re.compile(
    rb"<(?:\w+:)?c\s(?=[^>]*?r\s*=\s*[\"']([A-Z]+)(\d+)[\"'])[^>]*?\ss\s*=\s*[\"'](\d+)[\"'][^>]*[^/>]>"
)
_ADDS_UP = re.compile(
    rb"<(?:\w+:)?c\s[^>]*?r\s*=\s*[\"']([A-Z]+)(\d+)[\"'][^>]*>\s*<(?:\w+:)?f[^>]*>"
    rb"\s*\+?(?:SUM|SUBTOTAL)\((?:\d+,)?\$?([A-Z]+)\$?(\d+):\$?([A-Z]+)\$?(\d+)\)",
)
_MASK = re.compile(r"0{2,}(?:[.\-/\\ ]+0+)*|0+(?:\\?[.\-/]0{2,})+")


@dataclass(frozen=True, slots=True)
class Styles:
    """What the styles of a workbook's cells say, by their numbers."""

    bold: frozenset[int]
    struck: frozenset[int]
    masks: dict[int, str]


def read_styles(xml: bytes) -> Styles:
    """The styles of a well-formed styles.xml without a DTD."""
    root = ElementTree.fromstring(xml)  # noqa: S314 - the package has checked it
    formats = {int(one.get("numFmtId", "0")): one.get("formatCode", "") for one in root.iter() if _is(one, "numFmt")}
    fonts = [(_says(font, "b"), _says(font, "strike")) for parent in root if _is(parent, "fonts") for font in parent]
    bold: set[int] = set()
    struck: set[int] = set()
    masks: dict[int, str] = {}
    styles = [one for parent in root if _is(parent, "cellXfs") for one in parent]
    for number, style in enumerate(styles):
        font = int(style.get("fontId", "0"))
        if font < len(fonts):
            bold |= {number} if fonts[font][0] else set()
            struck |= {number} if fonts[font][1] else set()
        code = formats.get(int(style.get("numFmtId", "0")), "")
        if _MASK.fullmatch(code):
            masks[number] = code
    return Styles(frozenset(bold), frozenset(struck), masks)


def read_marks(xml: bytes, styles: Styles) -> Marks:
    """What a sheet's XML says about its cells."""
    bold: set[tuple[int, int]] = set()
    struck: set[tuple[int, int]] = set()
    masks: set[tuple[int, int, str]] = set()
    if styles.bold or styles.struck or styles.masks:
        for cell in _STYLED.finditer(xml):
            style = int(cell[3])
            place = (int(cell[2]) - 1, column_number(cell[1]) - 1)
            if style in styles.bold and len(bold) < MAX_MARKS:
                bold.add(place)
            if style in styles.struck and len(struck) < MAX_MARKS:
                struck.add(place)
            if style in styles.masks and len(masks) < MAX_MARKS:
                masks.add((*place, styles.masks[style]))
    hidden = {int(row[1]) - 1 for row in _HIDDEN_ROW.finditer(xml)}
    return Marks(
        _merges(xml),
        frozenset(hidden),
        _hidden_columns(xml),
        frozenset(bold),
        frozenset(struck),
        frozenset(masks),
        _sums(xml),
    )


def _merges(xml: bytes) -> tuple[Span, ...]:
    found = []
    for one in _MERGE.finditer(xml):
        left, right = column_number(one[1]) - 1, column_number(one[3]) - 1
        if right < MAX_COLUMNS and int(one[4]) <= MAX_ROWS:
            found.append(Span(int(one[2]) - 1, left, int(one[4]) - 1, right))
    return tuple(found)


def _hidden_columns(xml: bytes) -> frozenset[int]:
    hidden: set[int] = set()
    for column in _COLUMN.finditer(xml[: xml.find(b"<sheetData") if b"<sheetData" in xml else 100_000]):
        says = dict(_ATTRIBUTE.findall(column[1]))
        if (
            says.get(b"hidden") in (b"1", b"true")
            and says.get(b"min", b"").isdigit()
            and says.get(b"max", b"").isdigit()
        ):
            hidden |= set(range(int(says[b"min"]) - 1, min(int(says[b"max"]), MAX_COLUMNS)))
    return frozenset(hidden)


def _sums(xml: bytes) -> dict[tuple[int, int], tuple[int, int]]:
    found = {}
    if b"SUM(" in xml or b"SUBTOTAL(" in xml:
        for one in _ADDS_UP.finditer(xml):
            if one[1] == one[3] == one[5]:
                found[int(one[2]) - 1, column_number(one[1]) - 1] = (int(one[4]) - 1, int(one[6]) - 1)
    return found


def _is(element: ElementTree.Element, name: str) -> bool:
    return element.tag.rpartition("}")[2] == name


def _says(font: ElementTree.Element, name: str) -> bool:
    return any(_is(one, name) and one.get("val", "1") not in ("0", "false") for one in font)
