"""Looks into an xls file before a parser does: whether it is whole, which sheets it has, where errors stand.

An xls is a stream of records (BIFF5 and BIFF8, MS-XLS) inside an OLE file (MS-CFB). calamine reads the values, but shows
errors as blank."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from connectors.connector import CellError
from connectors.content import Content
from connectors.errors import SourceBroken
from connectors.grid import Marks, Span
from connectors.sheets import Sheet

OLE = bytes.fromhex("d0cf11e0a1b11ae1")
_BOF, _EOF, _FILEPASS, _CODEPAGE, _BOUNDSHEET = 0x0809, 0x0A, 0x2F, 0x42, 0x85
_FORMULA, _BOOLERR, _MULRK = 0x06, 0x0205, 0xBD
_CELLS = {_FORMULA, _BOOLERR, _MULRK, 0x0203, 0x0204, 0x027E, 0xD6, 0xFD}  # all that hold a value
_UTF_16 = 1200  # the code page of every BIFF8
_MERGED, _ROW, _COLINFO = 0xE5, 0x0208, 0x7D
_COLUMNS = 256
ERRORS = {0: "#NULL!", 7: "#DIV/0!", 15: "#VALUE!", 23: "#REF!", 29: "#NAME?", 36: "#NUM!", 42: "#N/A"}


def is_locked(content: Content) -> bool:
    """Whether an OLE file is an xlsx that needs a password."""
    try:
        Xls(content)
    except SourceBroken as error:
        return error.code == "FILE_PROTECTED"
    return False


class Xls:
    """The records of an xls file. Raises SourceBroken."""

    def __init__(self, content: Content) -> None:
        self._where = where = content.where
        self._offsets: list[int] = []
        self.sheets: list[Sheet] = []
        try:
            self._raw = content.raw
            streams = _Ole(self._raw)
            if "EncryptedPackage" in streams.names:
                raise SourceBroken(where, "FILE_PROTECTED")
            name = next((name for name in ("Workbook", "Book") if name in streams.names), None)
            if name is None:
                raise SourceBroken(where, "NOT_A_SPREADSHEET", found="OLE")
            self._data = streams.read(name)
            self._read_globals()
        except (struct.error, LookupError, ValueError) as error:
            raise SourceBroken(where, "FILE_DAMAGED") from error

    def find_errors(self, sheet: Sheet) -> dict[tuple[int, int], CellError]:
        """(row, column), both from 0, of every cell that shows an error."""
        found: dict[tuple[int, int], CellError] = {}
        try:
            for kind, body in self._records(self._offsets[int(sheet.member)]):
                if kind not in _CELLS:
                    continue
                row, column = struct.unpack_from("<HH", body)
                last = struct.unpack_from("<H", body, len(body) - 2)[0] if kind == _MULRK else column
                if max(column, last) >= _COLUMNS:
                    raise SourceBroken(self._where, "FILE_DAMAGED")
                if kind == _BOOLERR and body[7]:
                    found[row, column] = CellError(ERRORS.get(body[6], "#ERROR"))
                elif kind == _FORMULA and body[12:14] == b"\xff\xff" and body[6] == 2:
                    found[row, column] = CellError(ERRORS.get(body[8], "#ERROR"))
        except (struct.error, IndexError) as error:
            raise SourceBroken(self._where, "FILE_DAMAGED") from error
        return found

    def find_marks(self, sheet: Sheet) -> Marks:
        """Merged cells, hidden rows and columns (MS-XLS 2.4.168, 2.4.221, 2.4.53)."""
        merges: list[Span] = []
        rows: set[int] = set()
        columns: set[int] = set()
        try:
            for kind, body in self._records(self._offsets[int(sheet.member)]):
                if kind == _MERGED:
                    for place in range(struct.unpack_from("<H", body)[0]):
                        top, bottom, left, right = struct.unpack_from("<HHHH", body, 2 + place * 8)
                        merges.append(Span(top, left, bottom, right))
                elif kind == _ROW and struct.unpack_from("<H", body, 12)[0] & 0x20:
                    rows.add(struct.unpack_from("<H", body)[0])
                elif kind == _COLINFO and struct.unpack_from("<H", body, 8)[0] & 1:
                    first, last = struct.unpack_from("<HH", body)
                    columns |= set(range(first, min(last + 1, _COLUMNS)))
        except (struct.error, IndexError) as error:
            raise SourceBroken(self._where, "FILE_DAMAGED") from error
        return Marks(tuple(merges), frozenset(rows), frozenset(columns))

    def readable(self, _: Sheet) -> bytes:
        """The file for calamine, which goes by the code page also where BIFF8 has none: exports by PHP and Perl name one."""
        named = struct.pack("<HHH", _CODEPAGE, 2, self._code_page)
        return self._raw.replace(named, struct.pack("<HHH", _CODEPAGE, 2, _UTF_16), 1) if self._is_biff8 else self._raw

    def _read_globals(self) -> None:
        self._is_biff8, self._code_page = False, 1252
        for kind, body in self._records(0):
            if kind == _BOF:
                self._is_biff8 = int.from_bytes(body[:2], "little") >= 0x0600
            elif kind == _FILEPASS:
                raise SourceBroken(self._where, "PROTECTED_OTHERWISE")
            elif kind == _CODEPAGE:
                self._code_page = int.from_bytes(body[:2], "little")
            elif kind == _BOUNDSHEET:
                place, state, sort, length = struct.unpack_from("<IBBB", body)
                if self._is_biff8:
                    name = body[8 : 8 + length * 2].decode("utf-16le") if body[7] & 1 else body[8:].decode("latin-1")
                else:
                    name = _decode(body[7 : 7 + length], self._code_page)
                if sort == 0:
                    self.sheets.append(Sheet(name, state & 3 == 0, str(len(self._offsets))))
                self._offsets.append(place)

    def _records(self, offset: int) -> Iterator[tuple[int, bytes]]:
        """The records from a BOF to its EOF, without those of charts inside."""
        depth = 0
        while True:
            kind, size = struct.unpack_from("<HH", self._data, offset)
            body = self._data[offset + 4 : offset + 4 + size]
            if len(body) < size or (depth == 0 and kind != _BOF):
                raise SourceBroken(self._where, "FILE_DAMAGED")
            depth += (kind == _BOF) - (kind == _EOF)
            if depth == 0:
                return
            if depth == 1:
                yield kind, body
            offset += 4 + size


def _decode(raw: bytes, code_page: int) -> str:
    try:
        return raw.decode(f"cp{code_page}", "replace")
    except LookupError:  # of a Macintosh, for one
        return raw.decode("cp1252", "replace")


class _Ole:
    """The streams of an OLE file. Raises struct.error, ValueError, LookupError."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._shift = struct.unpack_from("<H", data, 30)[0]
        if self._shift not in (9, 12):
            raise ValueError(self._shift)
        first, small, _, more = struct.unpack_from("<I8xII4xI", data, 48)[0:4]
        count = len(data) >> self._shift
        entries = [entry for entry in struct.unpack_from("<109I", data, 76) if entry < count]
        per_sector = (1 << self._shift) // 4
        seen = 0
        while more < count:
            *further, more = struct.unpack(f"<{per_sector}I", self._sector(more))
            entries += [entry for entry in further if entry < count]
            seen += 1
            if seen > count // per_sector + 2:
                raise ValueError(more)
        entries = entries[: count // per_sector + 2]  # these know every sector of the file
        self._fat = [place for entry in entries for place in struct.unpack(f"<{per_sector}I", self._sector(entry))]
        directory = self._chain(first)
        self._entries: dict[str, tuple[int, int]] = {}
        for offset in range(0, len(directory), 128):
            length, sort = struct.unpack_from("<HB", directory, offset + 64)
            start, size = struct.unpack_from("<II", directory, offset + 116)
            if sort in (2, 5) and 2 <= length <= 64:
                name = directory[offset : offset + length - 2].decode("utf-16le", "replace")
                self._entries.setdefault("/" if sort == 5 else name, (start, size))
        small_fat = self._chain(small) if small < count else b""
        self._small_fat = list(struct.unpack(f"<{len(small_fat) // 4}I", small_fat))

    @property
    def names(self) -> set[str]:
        return set(self._entries)

    def read(self, name: str) -> bytes:
        start, size = self._entries[name]
        if size >= 4096:
            data = self._chain(start)
        else:
            mini = self._chain(self._entries["/"][0])
            data = b"".join(mini[at * 64 : at * 64 + 64] for at in _follow(self._small_fat, start))
        if len(data) < size:
            raise ValueError(size)
        return data[:size]

    def _sector(self, number: int) -> bytes:
        start = (number + 1) << self._shift
        return self._data[start : start + (1 << self._shift)]

    def _chain(self, start: int) -> bytes:
        return b"".join(map(self._sector, _follow(self._fat, start)))


def _follow(fat: list[int], start: int) -> Iterator[int]:
    for _ in range(len(fat) + 1):
        if start >= 0xFFFFFFF0:
            return
        yield start
        start = fat[start]
    raise ValueError("a chain of sectors runs in a circle")
