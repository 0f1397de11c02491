"""Reads csv files as offices make them: any of four delimiters, UTF-8 or Windows-1252, quotes that must be closed."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from itertools import islice

from connectors.connector import Batch
from connectors.content import Content
from connectors.errors import LimitExceeded, SourceBroken
from connectors.grid import Grid
from connectors.limits import MAX_COLUMNS, MAX_ROWS
from connectors.sheets import Sheet
from connectors.table import SheetDataset, read_table

_DELIMITERS = {",": ",", ";": ";", "\t": "TAB", "|": "|"}
FEW_NULS = 3
_LOOK_AT = 50  # records from which the delimiter is found out
_END = "\x1eend of file\x1e"  # appended as a last record: an open quote swallows it
_BINARY = re.compile(r"[\x01-\x08\x0e-\x1a\x1c-\x1f]")
_NOT_1252 = re.compile(  # UTF-8 with a damaged place, of which Windows-1252 would make "Ã©"; signs that no text holds
    rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}|[\x0b\x1b\x7f]"
)


class Csv:
    """The decoded text of a csv file, and how it is taken apart. A row's number counts records, as a spreadsheet shows them. Raises
    SourceBroken if it holds no csv."""

    sheets = (Sheet("", True),)

    def __init__(self, content: Content, dataset: SheetDataset) -> None:
        self._where = content.where
        self.text, self.encoding = decode(content.raw, dataset.encoding, content.where)
        if _BINARY.search(self.text):
            raise SourceBroken(content.where, "NOT_A_SPREADSHEET", found="binary")
        nuls = self.text.count("\0")  # a few are left by a program or a disk; who reads a cell drops them
        if nuls > max(FEW_NULS, 0.05 * len(self.text)):
            raise SourceBroken(content.where, "ENCODING_UNKNOWN", tried=self.encoding)
        self.delimiter = dataset.delimiter or _find_delimiter(self.text, content.where)
        self.read_as: str | None = f"{_DELIMITERS.get(self.delimiter, self.delimiter)}, {self.encoding}"

    def names(self, sheet: Sheet) -> None:
        """They stand in its rows."""
        return

    def grid(self, sheet: Sheet, where: str) -> Grid:
        """Every record with all its fields."""
        return Grid(list(self.records()))

    def batches(self, sheet: Sheet, dataset: SheetDataset, where: str) -> Iterator[Batch]:
        """The rows where a dataset says they are."""
        widths = self._check()
        rows = ((number, list(record)) for number, record in enumerate(self._records(), 1))
        yield from read_table(rows, max(widths, default=0), dataset, where)

    def records(self) -> Iterator[list[str]]:
        """Every record. Raises SourceBroken, LimitExceeded."""
        self._check()
        for number, record in enumerate(self._records(), 1):
            if number > MAX_ROWS:
                raise LimitExceeded(self._where, "TOO_MANY_ROWS_IN_SHEET", limit=MAX_ROWS)
            yield record

    def _records(self) -> Iterator[list[str]]:
        """Every record, without the end mark."""
        lines = io.StringIO(f"{self.text}\n{_END}\n", newline=None)
        last: list[str] | None = None
        reader = csv.reader(lines, delimiter=self.delimiter)
        begins = ends = 0  # lines before the last record, and with it
        try:
            for record in reader:
                if last is not None:
                    yield last
                last, begins, ends = record, ends, reader.line_num
        except csv.Error as error:
            raise SourceBroken(self._where, "CSV_BROKEN", line=ends + 1) from error
        if last != [_END]:
            raise SourceBroken(self._where, "QUOTE_OPEN", line=begins + 1)

    def _check(self) -> Counter[int]:
        """How many records have how many fields. Raises if the last one is cut off, or the file is too wide."""
        widths: Counter[int] = Counter()
        width = 0
        for record in self._records():
            if record:
                width = len(record)
                widths[width] += 1
            if width > MAX_COLUMNS:
                raise LimitExceeded(self._where, "TOO_MANY_COLUMNS", limit=MAX_COLUMNS)
        usual = widths.most_common(1)[0][0] if widths else 0
        if width < usual and not self.text.endswith(("\n", "\r")):
            raise SourceBroken(self._where, "FILE_CUT")
        return widths


def decode(raw: bytes, wanted: str | None, where: str) -> tuple[str, str]:
    """A text and its encoding, the one that its bytes fit if none is `wanted`. Raises SourceBroken."""
    if not raw.strip(b"\0 \t\r\n"):
        raise SourceBroken(where, "DATA_FILE_EMPTY")
    if wanted is not None:
        guesses = [wanted]
    elif raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        guesses = ["utf-16"]
    elif (unmarked := unmarked_utf16(raw[:4000])) is not None:
        guesses = [unmarked]
    else:
        guesses = ["utf-8-sig", "cp1252"]
    for encoding in guesses:
        try:
            text = raw.decode(encoding).removeprefix("\ufeff")  # else a quote behind it would not open anything
            if encoding == "cp1252" and wanted is None and _NOT_1252.search(raw):
                break
            return text, encoding.removesuffix("-sig")
        except (UnicodeError, LookupError):
            continue
    raise SourceBroken(where, "ENCODING_UNKNOWN", tried=", ".join(guesses).replace("-sig", ""))


def unmarked_utf16(raw: bytes) -> str | None:
    """UTF-16 without its mark: Latin text has a NUL in every second byte, and none in the others."""
    odd, even, half = raw[1::2].count(0), raw[::2].count(0), len(raw) / 2
    if odd > 0.7 * half and even < 0.02 * half:
        return "utf-16-le"
    return "utf-16-be" if even > 0.7 * half and odd < 0.02 * half else None


def _find_delimiter(text: str, where: str) -> str:
    """The delimiter with which the most of the first records have the same number of fields, more than one. Raises SourceBroken
    DELIMITER_UNCLEAR if two do equally well: then a person has to say it."""
    counts: dict[str, int] = {}
    sample = text[:200_000]
    for delimiter in _DELIMITERS:
        try:
            widths = [
                len(record)
                for record in islice(csv.reader(io.StringIO(sample, newline=None), delimiter=delimiter), _LOOK_AT)
            ]
        except csv.Error:
            continue
        ((_, count),) = Counter(w for w in widths if w > 1).most_common(1) or [(0, 0)]
        counts[delimiter] = count
    most = max(counts.values(), default=0)
    best = [delimiter for delimiter, count in counts.items() if count == most]
    if most and len(best) > 1:
        raise SourceBroken(where, "DELIMITER_UNCLEAR", found=" ".join(_DELIMITERS[delimiter] for delimiter in best))
    return best[0] if most else ","
