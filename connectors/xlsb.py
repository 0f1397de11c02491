"""Looks into an xlsb file before a parser does: which sheets it has, where errors stand, what is merged and hidden.

An xlsb is a zip like an xlsx, with records (MS-XLSB 2.3) in place of XML. calamine reads the values, but shows errors as blank."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from connectors.connector import CellError
from connectors.content import Content
from connectors.errors import LimitExceeded, SourceBroken
from connectors.grid import Marks, Span
from connectors.limits import MAX_COLUMNS, MAX_ROWS
from connectors.package import open_package
from connectors.sheets import Sheet
from connectors.table import letter
from connectors.xls import ERRORS

_WORKBOOK = "xl/workbook.bin"
_ROW, _ERROR, _FORMULA_ERROR, _COLUMN, _SHEET, _MERGED = 0, 3, 11, 60, 156, 176
_BLANK, _VALUES = 1, range(2, 12)
_SHORT = range(12, 19)  # the cells from a blank one to an index of a text, without their column


class Xlsb:
    """The records of an xlsb file. Raises SourceBroken, LimitExceeded."""

    def __init__(self, content: Content) -> None:
        self._raw, self._where = content.raw, content.where
        self._package = open_package(content)
        targets = self._package.targets("xl/_rels/workbook.bin.rels")
        self.sheets: list[Sheet] = []
        for kind, body in self._records(_WORKBOOK):
            if kind == _SHEET:
                relation, end = self._text(body, 8)
                name, _ = self._text(body, end)
                sort, member = targets.get(relation, ("", ""))
                if sort == "worksheet":
                    self.sheets.append(Sheet(name, int.from_bytes(body[:4], "little") == 0, member))

    def readable(self, sheet: Sheet) -> bytes:
        """The file for calamine, which does not know short cells: some programs leave the column out where a cell follows another."""
        if not any(kind in _SHORT for kind, _ in self._records(sheet.member)):
            return self._raw
        made = b"".join(_packed(kind) + _packed(len(body)) + body for kind, body in self._cells(sheet))
        return self._package.repacked(sheet.member, made)

    def find_errors(self, sheet: Sheet) -> dict[tuple[int, int], CellError]:
        """(row, column), both from 0, of every cell that shows an error. Raises LimitExceeded for a value too far away."""
        found: dict[tuple[int, int], CellError] = {}
        row = 0
        for kind, body in self._cells(sheet):
            if kind == _ROW:
                row = self._numbers("<I", body)[0]
            elif kind in _VALUES:
                column = self._numbers("<I", body)[0]
                if row >= MAX_ROWS or column >= MAX_COLUMNS:
                    cell = f"{letter(column)}{row + 1}"
                    raise LimitExceeded(self._where, "CELL_TOO_FAR", cell=cell, rows=MAX_ROWS, columns=MAX_COLUMNS)
                if kind in (_ERROR, _FORMULA_ERROR):
                    found[row, column] = CellError(ERRORS.get(self._numbers("<B", body, 8)[0], "#ERROR"))
        return found

    def find_marks(self, sheet: Sheet) -> Marks:
        """Merged cells, hidden rows and columns."""
        merges: list[Span] = []
        rows: set[int] = set()
        columns: set[int] = set()
        for kind, body in self._records(sheet.member):
            if kind == _MERGED:
                top, bottom, left, right = self._numbers("<4I", body)
                if bottom < MAX_ROWS and right < MAX_COLUMNS:
                    merges.append(Span(top, left, bottom, right))
            elif kind == _ROW and self._numbers("<B", body, 11)[0] & 0x10:
                rows.add(self._numbers("<I", body)[0])
            elif kind == _COLUMN and self._numbers("<H", body, 16)[0] & 1:
                first, last = self._numbers("<II", body)
                columns |= set(range(first, min(last + 1, MAX_COLUMNS)))
        return Marks(tuple(merges), frozenset(rows), frozenset(columns))

    def _cells(self, sheet: Sheet) -> Iterator[tuple[int, bytes]]:
        """The records of a sheet; short cells with their columns, as others have them."""
        column = -1
        for kind, body in self._records(sheet.member):
            if kind == _ROW:
                column = -1
            elif kind in _SHORT:
                column += 1
                kind, body = kind - _SHORT[0] + 1, struct.pack("<I", column) + body
            elif kind == _BLANK or kind in _VALUES:
                column = self._numbers("<I", body)[0]
            yield kind, body

    def _records(self, member: str) -> Iterator[tuple[int, bytes]]:
        data, at = self._package.read(member), 0
        while at < len(data):
            kind, at = self._unpacked(data, at, 2)
            size, at = self._unpacked(data, at, 4)
            if at + size > len(data):
                raise SourceBroken(self._where, "FILE_DAMAGED")
            yield kind, data[at : at + size]
            at += size

    def _unpacked(self, data: bytes, at: int, most: int) -> tuple[int, int]:
        """A number of seven bits a byte, and where it ends."""
        number = 0
        for place in range(most):
            if at >= len(data):
                raise SourceBroken(self._where, "FILE_DAMAGED")
            number |= (data[at] & 0x7F) << 7 * place
            at += 1
            if data[at - 1] < 0x80:
                break
        return number, at

    def _text(self, body: bytes, at: int) -> tuple[str, int]:
        end = at + 4 + 2 * self._numbers("<I", body, at)[0]
        return body[at + 4 : end].decode("utf-16le", "replace"), end

    def _numbers(self, form: str, body: bytes, at: int = 0) -> tuple[int, ...]:
        try:
            return struct.unpack_from(form, body, at)
        except struct.error as error:
            raise SourceBroken(self._where, "FILE_DAMAGED") from error


def _packed(number: int) -> bytes:
    made = bytearray()
    while number >= 0x80:
        made.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*made, number])
