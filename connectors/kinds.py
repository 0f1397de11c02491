"""What a file is, by its content: what it is called decides nothing, but for text that is called a workbook."""

from __future__ import annotations

import re

from connectors.content import Content
from connectors.csvfile import unmarked_utf16
from connectors.errors import SourceBroken
from connectors.package import kind_of_package
from connectors.xls import OLE

_HTML = re.compile(rb"<\s*(?:!doctype html|html|head|body|table|meta|div|style)\b", re.IGNORECASE)
_XML = re.compile(rb"\s*<(?:\?xml|[A-Za-z_][\w:.-]*[\s>/])")
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
_JSON = re.compile(rb"[\[{]\s*(?:[\"\[{\]}]|-?\d|$)")
_OTHERS = {
    b"%PDF": "PDF",
    b"Rar!": "RAR",
    b"7z\xbc\xaf": "7-Zip",
    b"\x1f\x8b": "gzip",
    b"\x89PNG": "PNG",
    b"\xff\xd8\xff": "JPEG",
    b"SQLite format 3": "SQLite",
    b"{\\rtf": "RTF",
    b"GIF8": "GIF",
    b"\xfd7zXZ": "XZ",
    b"BZh": "bzip2",
}
_OLD_BOF = tuple(bytes([9, version, size, 0]) for version in (0, 2, 4) for size in (4, 6))  # Excel 2 to 4
_OFFICE = (".xlsx", ".xlsm", ".xlsb", ".ods")
"""Excel refuses text under these names, so nobody has seen what is in it; under .xls it opens it."""


def kind_of(content: Content) -> str:
    """xlsx, xlsm, xlsb, xls, ods, dbf, html, mhtml, json, sql, csv or zip. Raises SourceBroken for
    what is none of these, LimitExceeded."""
    head = content.raw[:65_536]
    if not head.strip(b"\0 \t\r\n"):
        raise SourceBroken(content.where, "FILE_DAMAGED" if content.raw.strip() else "DATA_FILE_EMPTY")
    if head.startswith(OLE):
        return "xls"
    if head.startswith(b"PK"):
        kind = kind_of_package(content)
        if kind == "zip" and content.suffix in _OFFICE:
            raise SourceBroken(content.where, "FILE_DAMAGED")
        return kind
    if head.startswith(_OLD_BOF):
        raise SourceBroken(content.where, "FILE_OLD_FORMAT")
    for mark, name in _OTHERS.items():
        if head.startswith(mark):
            raise _is_none(content, name)
    if _is_dbase(head, len(content.raw)):
        return "dbf"
    kind = _kind_of_text(content, _as_utf8(head))
    if content.suffix in _OFFICE:
        raise _is_none(content, "HTML" if "html" in kind else "text")
    return kind


def _is_none(content: Content, found: str) -> SourceBroken:
    return SourceBroken(content.where, "NOT_A_SPREADSHEET", found=found)


def _as_utf8(head: bytes) -> bytes:
    encoding = "utf-16" if head.startswith((b"\xff\xfe", b"\xfe\xff")) else unmarked_utf16(head[:4000])
    return head.decode(encoding, "ignore").encode("utf-8", "ignore") if encoding else head


def _is_dbase(head: bytes, length: int) -> bool:
    """A dBase table holds the day of its last change and names its own length: header, then records (dBase III+ and later)."""
    if len(head) < 33:
        return False
    rows, start, width = (int.from_bytes(head[at : at + size], "little") for at, size in ((4, 4), (8, 2), (10, 2)))
    if not (1 <= head[2] <= 12 and 1 <= head[3] <= 31 and head[0] in (*range(2, 16), *range(0x30, 0x100))):
        return False
    return 32 < start < 32_768 and width > 0 and abs(start + rows * width - length) <= max(2, length // 50)


def _kind_of_text(content: Content, head: bytes) -> str:
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    if start[:13].lower() == b"mime-version:" and b"multipart/related" in head.lower():
        return "mhtml"
    if _XML.match(start) or _HTML.match(start):
        if _HTML.search(start) and (b"<table" in head.lower() or b"<html" in head.lower()):
            return "html"
        raise _is_none(content, "XML")
    if _MAIL.match(start) and len({found.lower() for found in _MAIL_HEADERS.findall(head[:8192])}) > 2:
        raise _is_none(content, "e-mail")
    if _SQL.search(head):
        return "sql"
    return "json" if _JSON.match(start) else "csv"
