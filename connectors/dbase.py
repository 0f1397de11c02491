"""Reads dBase tables (III to V, FoxPro, Visual FoxPro) with their memos: what old applications of an office leave behind.

After the file formats that dBase III+, dBase IV and Microsoft's Visual FoxPro describe. Deleted records stay in such a file until it
is packed; they are set aside."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation

from connectors.connector import Batch, Cell, CellError
from connectors.content import Content
from connectors.errors import LimitExceeded, SourceBroken
from connectors.grid import Grid
from connectors.limits import MAX_CELL_CHARACTERS, MAX_COLUMNS, MAX_ROWS
from connectors.sheets import Sheet
from connectors.table import NumberedRow, SheetDataset, read_table

_ENCODINGS = {
    0x01: "cp437", 0x02: "cp850", 0x03: "cp1252", 0x08: "cp865", 0x09: "cp437", 0x0A: "cp850", 0x0B: "cp437",
    0x0D: "cp437", 0x0E: "cp850", 0x0F: "cp437", 0x10: "cp850", 0x11: "cp437", 0x12: "cp850", 0x14: "cp850",
    0x15: "cp437", 0x16: "cp850", 0x17: "cp865", 0x18: "cp437", 0x19: "cp437", 0x1A: "cp850", 0x1B: "cp437",
    0x1D: "cp850", 0x1F: "cp852", 0x22: "cp852", 0x23: "cp852", 0x24: "cp860", 0x25: "cp850", 0x26: "cp866",
    0x37: "cp850", 0x40: "cp852", 0x57: "cp1252", 0x58: "cp1252", 0x59: "cp1252", 0x64: "cp852", 0x65: "cp866",
    0x66: "cp865", 0x67: "cp861", 0x6A: "cp737", 0x6B: "cp857", 0x7C: "cp874", 0x78: "cp950", 0x79: "cp949",
    0x7A: "cp936", 0x7B: "cp932", 0xC8: "cp1250", 0xC9: "cp1251", 0xCA: "cp1254", 0xCB: "cp1253",
}  # fmt: skip
"""The language driver of a file, its 30th byte, as a code page."""
_VISUAL_FOXPRO = (0x30, 0x31, 0x32)
_JULIAN = 1721425  # the Julian day of 0001-01-01
_FIRST_DAY = date(1, 1, 1)
_DAYS = (date(9999, 12, 31) - _FIRST_DAY).days
_NO_TEXT = "0GP"  # flags, and objects of other programs
_CAN_BE_NULL = 2


@dataclass(frozen=True, slots=True)
class _Field:
    """A column: where it stands in a record, and its places among the flags of null values, if it has any."""

    name: str
    kind: str
    start: int
    length: int
    shorter: int | None = None  # flag: the last byte is the length
    null: int | None = None


class Dbase:
    """A table; every record has the number that it has in the file. Raises SourceBroken, LimitExceeded; OSError as it comes."""

    sheets = (Sheet("", True),)

    def __init__(self, content: Content, dataset: SheetDataset) -> None:
        self._raw, self._where = content.raw, content.where
        self._version = self._raw[0]
        self._count, self._start, self._width = struct.unpack_from("<IHH", self._raw, 4)
        if self._count > MAX_ROWS:
            raise LimitExceeded(self._where, "TOO_MANY_ROWS_IN_SHEET", limit=MAX_ROWS)
        if self._start + self._count * self._width > len(self._raw) + 1:
            raise SourceBroken(self._where, "FILE_DAMAGED")
        self.encoding = self._encoding(dataset.encoding)
        self._flags = (0, 0)
        self._fields = self._find_fields()
        self._memos = self._open_memos(content) if any(field.kind == "M" for field in self._fields) else _no_memo
        self.read_as: str | None = self.encoding

    def names(self, sheet: Sheet) -> tuple[str, ...]:
        """The names of its columns."""
        return tuple(field.name for field in self._fields)

    def grid(self, sheet: Sheet, where: str) -> Grid:
        """Every record; a deleted one is blank."""
        deleted = self._deleted()
        return Grid([() if number in deleted else cells for number, cells in self._rows()])

    def batches(self, sheet: Sheet, dataset: SheetDataset, where: str) -> Iterator[Batch]:
        """Every record."""
        yield from read_table(self._rows(), len(self._fields), dataset, where, self.names(sheet), self._deleted())

    def _rows(self) -> Iterator[NumberedRow]:
        for number in range(self._count):
            record = self._raw[self._start + number * self._width :][: self._width]
            yield number + 1, [] if record[:1] == b"*" else [self._cell(record, field) for field in self._fields]

    def _deleted(self) -> frozenset[int]:
        marks = self._raw[self._start :: self._width][: self._count]
        return frozenset(number for number, mark in enumerate(marks, 1) if mark == ord("*"))

    # -- the head -----------------------------------------------------------------------------------------------------

    def _encoding(self, wanted: str | None) -> str:
        """The encoding that was said, that of the language driver, or what all of the file fits."""
        driver = _ENCODINGS.get(self._raw[29])
        if wanted or driver:
            return wanted or driver or ""
        try:
            self._raw[self._start :].decode("utf-8")
        except UnicodeDecodeError:
            return "cp1252"
        return "utf-8"

    def _find_fields(self) -> list[_Field]:
        fields: list[_Field] = []
        start, flag = 1, 0
        for at in range(32, self._start - 31, 32):
            entry = self._raw[at : at + 32]
            if entry[:1] in (b"\r", b"\n", b""):
                break
            kind, length = chr(entry[11]), entry[16] + (256 * entry[17] if entry[11:12] == b"C" else 0)
            if kind == "0":
                self._flags = (start, length)
            shorter = null = None
            if kind in "VQ" and self._version in _VISUAL_FOXPRO:
                shorter, flag = flag, flag + 1
            if entry[18] & _CAN_BE_NULL and kind != "0" and self._version in _VISUAL_FOXPRO:
                null, flag = flag, flag + 1
            fields.append(_Field(self._decode(entry[:11].split(b"\0")[0]).strip(), kind, start, length, shorter, null))
            start += length
        if not fields or start > self._width + 1:
            raise SourceBroken(self._where, "FILE_DAMAGED")
        if len(fields) > MAX_COLUMNS:
            raise LimitExceeded(self._where, "TOO_MANY_COLUMNS", limit=MAX_COLUMNS)
        return [field for field in fields if field.kind not in _NO_TEXT]

    # -- one cell -----------------------------------------------------------------------------------------------------

    def _cell(self, record: bytes, field: _Field) -> Cell:
        raw = record[field.start : field.start + field.length]
        if field.null is not None and self._is_flagged(record, field.null):
            return None
        if field.shorter is not None and self._is_flagged(record, field.shorter):
            raw = raw[: raw[-1]]
        if field.kind == "M":
            return self._memo(raw)
        if (read := _READERS.get(field.kind)) and not (field.kind == "B" and self._version not in _VISUAL_FOXPRO):
            return read(raw)
        text = self._decode(raw).strip(" \0")
        if field.kind == "D":
            return _day(text)
        if field.kind == "L":
            return text.upper() in "TY" if text.upper() in ("T", "Y", "F", "N") else None
        return _number(text) if field.kind in "NF" else text or None

    def _is_flagged(self, record: bytes, flag: int) -> bool:
        start, length = self._flags
        return flag < 8 * length and bool(record[start + flag // 8] >> flag % 8 & 1)

    def _decode(self, raw: bytes) -> str:
        try:
            return raw.decode(self.encoding, "replace")
        except LookupError:
            raise SourceBroken(self._where, "ENCODING_UNKNOWN", tried=self.encoding) from None

    # -- memos --------------------------------------------------------------------------------------------------------

    def _memo(self, raw: bytes) -> str | None:
        """A text that stands in the file of memos, at the block that its cell names."""
        written = raw.strip(b" \0") if len(raw) == 10 else b""
        block = int.from_bytes(raw, "little") if len(raw) == 4 else int(written) if written.isdigit() else 0
        if block == 0:
            return None
        found = self._memos(block)
        if len(found) > MAX_CELL_CHARACTERS:
            raise LimitExceeded(self._where, "CELL_TOO_LONG", cell=f"memo {block}", limit=MAX_CELL_CHARACTERS)
        return self._decode(found).strip(" \0\r\n") or None

    def _open_memos(self, content: Content) -> Callable[[int], bytes]:
        suffixes = (".dbt", ".fpt")
        found = next(((suffix, raw) for suffix in suffixes if (raw := content.beside(suffix)) is not None), None)
        if found is None:
            suffix = ".fpt" if self._version in (*_VISUAL_FOXPRO, 0xF5) else ".dbt"
            raise SourceBroken(self._where, "MEMO_MISSING", file=f"{content.stem}{suffix}")
        suffix, memos = found

        def broken() -> SourceBroken:
            return SourceBroken(self._where, "MEMO_DAMAGED", file=f"{content.stem}{suffix}")

        def read(block: int) -> bytes:
            try:
                return _fox_memo(memos, block) if suffix == ".fpt" else _dbase_memo(memos, block, self._version)
            except (struct.error, ValueError, IndexError) as error:
                raise broken() from error

        return read


def _no_memo(_: int) -> bytes:
    return b""


def _dbase_memo(memos: bytes, block: int, version: int) -> bytes:
    size = struct.unpack_from("<H", memos, 20)[0] if version == 0x8B else 512
    start = block * (size or 512)
    if start >= len(memos):
        raise ValueError(block)
    if memos[start : start + 4] == b"\xff\xff\x08\x00":  # dBase IV
        length = struct.unpack_from("<I", memos, start + 4)[0] - 8
        return _whole(memos, start + 8, length)
    return memos[start:].split(b"\x1a", 1)[0]


def _fox_memo(memos: bytes, block: int) -> bytes:
    start = block * (struct.unpack_from(">H", memos, 6)[0] or 512)
    return _whole(memos, start + 8, struct.unpack_from(">I", memos, start + 4)[0])


def _whole(memos: bytes, start: int, length: int) -> bytes:
    found = memos[start : start + length] if length >= 0 else b""
    if len(found) != length:
        raise ValueError(length)
    return found


def _number(text: str) -> Cell:
    if not text:
        return None
    if "*" in text:  # what dBase writes where a number does not fit
        return CellError(text)
    try:
        return Decimal(text) if "." in text or "e" in text.casefold() else int(text)
    except (InvalidOperation, ValueError):
        return text


def _day(text: str) -> Cell:
    if not text.strip("0"):
        return None
    try:
        return datetime.strptime(text, "%Y%m%d").date()
    except ValueError:
        return text


def _moment(raw: bytes) -> Cell:
    day, milliseconds = struct.unpack("<II", raw)
    if day == 0:
        return None
    if not 0 <= day - _JULIAN <= _DAYS or milliseconds >= 86_400_000:
        return CellError(raw.hex())
    began = datetime.combine(_FIRST_DAY, datetime.min.time()) + timedelta(days=day - _JULIAN)
    return began + timedelta(milliseconds=round(milliseconds, -3))  # 11:59:59.999 is noon


def _unpacked(form: str, raw: bytes) -> Cell:
    value: int | float = struct.unpack(form, raw)[0]
    return value


_READERS: dict[str, Callable[[bytes], Cell]] = {
    "I": lambda raw: _unpacked("<i", raw),
    "+": lambda raw: _unpacked("<i", raw),
    "B": lambda raw: _unpacked("<d", raw),
    "O": lambda raw: _unpacked("<d", raw),
    "Y": lambda raw: Decimal(int.from_bytes(raw, "little", signed=True)).scaleb(-4),
    "T": _moment,
    "@": _moment,
}
"""How the types that are no text are read."""
