"""Finds out what a file is by its content, and what tables stand in it. Runs in the child process, as every parser does."""

from __future__ import annotations

import re
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

from connectors.csvfile import open_csv, read_records, read_text_file
from connectors.errors import LimitExceeded, SourceBroken, SourceError
from connectors.findings import FileFound, SheetFound
from connectors.grid import Grid
from connectors.jsontables import JsonTable, read_json
from connectors.limits import MAX_FILE_BYTES, MAX_INFLATED_BYTES
from connectors.opening import translate_os
from connectors.package import Sheet, kind_of_package
from connectors.sheets import list_sheets
from connectors.table import SheetDataset
from connectors.understanding import understand, understand_records
from connectors.webtables import html_of_mhtml, read_html
from connectors.workbook import read_grid
from connectors.xls import is_ole

MAX_ENTRIES = 100  # files of a zip that are looked into

_HTML = re.compile(rb"<\s*(?:!doctype html|html|head|body|table|meta|div|style)\b", re.IGNORECASE)
_XML = re.compile(rb"\s*<(?:\?xml|[A-Za-z_][\w:.-]*[\s>/])")
_JSON = re.compile(r"\s*[\[{]")
_MAIL = re.compile(
    rb"(?:From [^\n]+\n)?(?:>?[A-Za-z][A-Za-z-]*:[^\n]*\r?\n(?:[ \t][^\n]*\n)*){3,}|From \S+ +\S+ \S+ +\d",
    re.IGNORECASE,
)
_MAIL_HEADERS = re.compile(
    rb"^(?:received|return-path|message-id|delivered-to|mime-version|subject|from|to|date):",
    re.IGNORECASE | re.MULTILINE,
)
_SQL = re.compile(
    rb"^\s*(?:CREATE\s+(?:TABLE|DATABASE)|INSERT\s+INTO|DROP\s+TABLE|SET\s+(?:SQL_MODE|NAMES|FOREIGN_KEY)|COPY\s+\S+\s*\()",
    re.IGNORECASE | re.MULTILINE,
)
_OTHERS = {
    b"%PDF": "PDF",
    b"Rar!": "RAR",
    b"7z\xbc\xaf": "7-Zip",
    b"\x1f\x8b": "gzip",
    b"\x89PNG": "PNG",
    b"\xff\xd8\xff": "JPEG",
}
_OTHERS |= {b"SQLite format 3": "SQLite", b"{\\rtf": "RTF", b"GIF8": "GIF", b"\xfd7zXZ": "XZ", b"BZh": "bzip2"}


def inspect_file(path: Path, where: str) -> Iterator[FileFound]:
    """What a file holds; a zip gives one for each file inside. Raises nothing but our own bugs: what can't be read is among the
    problems."""
    try:
        yield from _inspect(path, where, inside=False)
    except OSError as error:
        yield FileFound(where, None, problems=(translate_os(error, where),))


def _inspect(path: Path, where: str, inside: bool) -> Iterator[FileFound]:
    kind: str | None = None
    try:
        kind = _kind(path, where)
        if kind == "zip":
            if inside:
                raise SourceBroken(where, "NOT_A_SPREADSHEET", found="zip")
            yield from _entries(path, where)
            return
        yield _READERS.get(kind, _inspect_workbook)(path, where, kind)
    except SourceError as error:
        yield FileFound(where, kind, problems=(error,))


def _kind(path: Path, where: str) -> str:
    """What a file is: xlsx, xlsm, xlsb, xls, ods, html, mhtml, json, csv, zip. Raises SourceBroken for what is none of these."""
    size = path.stat().st_size
    if size > MAX_FILE_BYTES:
        raise LimitExceeded(where, "DATA_FILE_TOO_LARGE", limit=MAX_FILE_BYTES // 1_000_000)
    with path.open("rb") as stream:
        head = stream.read(65_536)
    if not head.strip(b"\0 \t\r\n"):
        raise SourceBroken(where, "DATA_FILE_EMPTY" if not head.strip() else "FILE_DAMAGED")
    if is_ole(path):
        return "xls"
    if head.startswith(b"PK"):
        return kind_of_package(path, where)
    for mark, name in _OTHERS.items():
        if head.startswith(mark):
            raise SourceBroken(where, "NOT_A_SPREADSHEET", found=name)
    if _is_dbase(head, size):
        raise SourceBroken(where, "NOT_A_SPREADSHEET", found="DBF")
    return _kind_of_text(head, where)


def _is_dbase(head: bytes, length: int) -> bool:
    """A dBase table holds the day of its last change and names its own length: header, then records (dBase III+ and later)."""
    rows, start, width = (int.from_bytes(head[at : at + size], "little") for at, size in ((4, 4), (8, 2), (10, 2)))
    if not (1 <= head[2] <= 12 and 1 <= head[3] <= 31 and head[0] in (*range(2, 16), *range(0x30, 0x100))):
        return False
    return 32 < start < 32_768 and width > 0 and abs(start + rows * width - length) <= max(2, length // 50)


def _kind_of_text(head: bytes, where: str) -> str:
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    if start[:13].lower() == b"mime-version:" and b"multipart/related" in head.lower():
        return "mhtml"
    if _XML.match(start) or _HTML.match(start):
        if _HTML.search(start) and (b"<table" in head.lower() or b"<html" in head.lower()):
            return "html"
        return "csv"  # refuses XML by its name
    if _MAIL.match(start) and len({found.lower() for found in _MAIL_HEADERS.findall(head[:8192])}) > 2:
        raise SourceBroken(where, "NOT_A_SPREADSHEET", found="e-mail")
    if _SQL.search(head):
        raise SourceBroken(where, "NOT_A_SPREADSHEET", found="SQL")
    if start[:1] in (b"[", b"{") and re.match(rb"[\[{]\s*(?:[\"\[{\]}]|-?\d|$)", start):
        return "json"
    return "csv"


def _inspect_workbook(path: Path, where: str, kind: str) -> FileFound:
    sheets: list[SheetFound] = []
    problems: list[SourceError] = []
    for sheet in list_sheets(path, where):
        place = f"{where} › {sheet.name}"
        try:
            sheets.append(understand(_grid(path, sheet, place), sheet.name, sheet.visible))
        except SourceError as error:
            problems.append(error)
    return _found(where, kind, sheets, problems=problems)


def _grid(path: Path, sheet: Sheet, where: str) -> Grid:
    return read_grid(path, sheet, where)


def _inspect_csv(path: Path, where: str, kind: str) -> FileFound:
    content = open_csv(path, SheetDataset(), where)
    records = list(read_records(content, where))
    filled = [record for record in records if any(field.strip() for field in record)]
    if sum(len(record) > 1 for record in filled) < 0.5 * len(filled):
        raise SourceBroken(where, "NO_TABLE_FOUND")  # sentences with commas
    grid = Grid(records)
    name = "tsv" if content.delimiter == "\t" else kind
    return _found(where, name, [understand(grid)], details=content.read_as)


def _inspect_html(path: Path, where: str, kind: str) -> FileFound:
    if kind == "mhtml":
        text = html_of_mhtml(path.read_bytes())
        if text is None:
            raise SourceBroken(where, "NOT_A_SPREADSHEET", found="MHTML")
    else:
        text = read_text_file(path, where)
    grids = read_html(text, where)
    if not grids:
        raise SourceBroken(where, "NOT_A_SPREADSHEET", found="HTML")
    return _found(where, kind, [understand(grid, str(number)) for number, grid in enumerate(grids, 1)])


def _inspect_json(path: Path, where: str, kind: str) -> FileFound:
    tables = read_json(read_text_file(path, where), where)
    return _found(where, kind, [_records(table) for table in tables])


def _records(table: JsonTable) -> SheetFound:
    return understand_records(Grid(table.rows), table.names, table.pointer or None)


_READERS: dict[str, Callable[[Path, str, str], FileFound]] = {
    "csv": _inspect_csv,
    "html": _inspect_html,
    "mhtml": _inspect_html,
    "json": _inspect_json,
}


def _found(
    where: str,
    kind: str,
    sheets: list[SheetFound],
    *,
    details: str | None = None,
    problems: list[SourceError] | None = None,
) -> FileFound:
    told = list(problems or ())
    if not told and not any(sheet.tables for sheet in sheets):
        told.append(SourceBroken(where, "NO_TABLE_FOUND"))
    return FileFound(where, kind, details, tuple(sheets), tuple(told))


def _entries(path: Path, where: str) -> Iterator[FileFound]:
    """Each file of a zip, taken out one at a time under a name of ours."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = [member for member in archive.infolist() if not member.is_dir()]
            if len(members) > MAX_ENTRIES:
                raise LimitExceeded(where, "TOO_MANY_MEMBERS", limit=MAX_ENTRIES)
            if sum(member.file_size for member in members) > MAX_INFLATED_BYTES:
                raise LimitExceeded(where, "INFLATED_TOO_LARGE", limit=MAX_INFLATED_BYTES // 1_000_000)
            for member in members:
                place = f"{where} › {member.filename}"
                with tempfile.TemporaryDirectory() as folder, archive.open(member) as stream:
                    copy = Path(folder) / "member"
                    copy.write_bytes(stream.read(MAX_FILE_BYTES + 1))
                    yield from _inspect(copy, place, inside=True)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError) as error:
        raise SourceBroken(where, "FILE_DAMAGED") from error
