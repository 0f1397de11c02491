"""Reads csv files as offices make them: any of four delimiters, UTF-8 or Windows-1252, quotes that must be closed."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from connectors.connector import Batch
from connectors.errors import LimitExceeded, SourceBroken
from connectors.grid import Grid
from connectors.limits import MAX_COLUMNS, MAX_ROWS
from connectors.table import SheetDataset, read_table
from connectors.understood import read_understood

_DELIMITERS = {",": ",", ";": ";", "\t": "TAB", "|": "|"}
_LOOK_AT = 50  # records from which the delimiter is found out
_END = "\x1eend of file\x1e"  # appended as a last record: an open quote swallows it
_MARKUP = re.compile(r"\s*<(?P<word>[!?/]?[A-Za-z][\w:.-]*)")
_JSON = re.compile(r"\s*(?:\{\s*\"|\[\s*\{\s*\")")
_BINARY = re.compile(r"[\x01-\x08\x0e-\x1a\x1c-\x1f]")
_NOT_1252 = re.compile(  # UTF-8 with a damaged place, of which Windows-1252 would make "Ã©"; signs that no text holds
    rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}|[\x0b\x1b\x7f]"
)


@dataclass(frozen=True, slots=True)
class CsvText:
    """The decoded content of a csv file, and how it is to be taken apart."""

    text: str
    encoding: str
    delimiter: str

    @property
    def read_as(self) -> str:
        """For people: `TAB, cp1252`."""
        return f"{_DELIMITERS.get(self.delimiter, self.delimiter)}, {self.encoding}"


def open_csv(path: Path, dataset: SheetDataset, where: str) -> CsvText:
    """Reads and decodes a whole file. Raises SourceBroken if it holds no csv; OSError as it comes."""
    text, encoding = _decode(path.read_bytes(), dataset.encoding, where)
    _refuse_other_formats(text, where)
    if text.count("\0") > 0.05 * len(text):  # a few NUL are left by a program or a disk; who reads a cell drops them
        raise SourceBroken(where, "ENCODING_UNKNOWN", tried=encoding)
    return CsvText(text, encoding, dataset.delimiter or _find_delimiter(text, where))


def read_csv(content: CsvText, dataset: SheetDataset, where: str) -> Iterator[Batch]:
    """The rows of a csv file; a row's number counts records, as a spreadsheet shows them. Raises SourceBroken,
    LimitExceeded."""
    if dataset.is_understood:
        yield from read_understood(Grid(list(read_records(content, where))), dataset, where)
        return
    widths = _check_records(content, where)
    rows = ((number, list(record)) for number, record in enumerate(_records(content, where), 1))
    yield from read_table(rows, max(widths, default=0), dataset, where)


def read_records(content: CsvText, where: str) -> Iterator[list[str]]:
    """Every record with all its fields. Raises SourceBroken, LimitExceeded."""
    _check_records(content, where)
    for number, record in enumerate(_records(content, where), 1):
        if number > MAX_ROWS:
            raise LimitExceeded(where, "TOO_MANY_ROWS_IN_SHEET", limit=MAX_ROWS)
        yield record


def read_text_file(path: Path, where: str) -> str:
    """The text of a file that is no csv, in the encoding that its bytes fit. Raises SourceBroken; OSError as it comes."""
    return _decode(path.read_bytes(), None, where)[0]


def _decode(raw: bytes, wanted: str | None, where: str) -> tuple[str, str]:
    if not raw.strip(b"\0 \t\r\n"):
        raise SourceBroken(where, "DATA_FILE_EMPTY")
    if wanted is not None:
        guesses = [wanted]
    elif raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        guesses = ["utf-16"]
    elif (unmarked := _unmarked_utf16(raw[:4000])) is not None:
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


def _unmarked_utf16(raw: bytes) -> str | None:
    """UTF-16 without its mark: Latin text has a NUL in every second byte, and none in the others."""
    odd, even, half = raw[1::2].count(0), raw[::2].count(0), len(raw) / 2
    if odd > 0.7 * half and even < 0.02 * half:
        return "utf-16-le"
    return "utf-16-be" if even > 0.7 * half and odd < 0.02 * half else None


def _refuse_other_formats(text: str, where: str) -> None:
    start = text[:2000]
    markup = _MARKUP.match(start)
    if markup:
        html = "html" in start.casefold()
        raise SourceBroken(where, "NOT_A_SPREADSHEET", found="HTML" if html else "XML")
    if _JSON.match(start):
        raise SourceBroken(where, "NOT_A_SPREADSHEET", found="JSON")
    if _BINARY.search(text):
        raise SourceBroken(where, "NOT_A_SPREADSHEET", found="binary")


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


def _records(content: CsvText, where: str) -> Iterator[list[str]]:
    """Every record, without the end mark."""
    lines = io.StringIO(f"{content.text}\n{_END}\n", newline=None)
    last: list[str] | None = None
    reader = csv.reader(lines, delimiter=content.delimiter)
    begins = ends = 0  # lines before the last record, and with it
    try:
        for record in reader:
            if last is not None:
                yield last
            last, begins, ends = record, ends, reader.line_num
    except csv.Error as error:
        raise SourceBroken(where, "CSV_BROKEN", line=ends + 1) from error
    if last != [_END]:
        raise SourceBroken(where, "QUOTE_OPEN", line=begins + 1)


def _check_records(content: CsvText, where: str) -> Counter[int]:
    """How many records have how many fields. Raises if the last one is cut off, or the file is too wide."""
    widths: Counter[int] = Counter()
    width = 0
    for record in _records(content, where):
        if record:
            width = len(record)
            widths[width] += 1
        if width > MAX_COLUMNS:
            raise LimitExceeded(where, "TOO_MANY_COLUMNS", limit=MAX_COLUMNS)
    usual = widths.most_common(1)[0][0] if widths else 0
    if width < usual and not content.text.endswith(("\n", "\r")):
        raise SourceBroken(where, "FILE_CUT")
    return widths
