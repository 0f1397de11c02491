"""Looks into an xlsx, xlsb or ods file before a parser does: what kind of file it is, whether it is whole, how large, which
sheets it has.

An xlsx is a zip of XML files ("Office Open XML", ECMA-376); so is an ods. Nothing here trusts sizes that the file states about
itself further than the zip library checks them.
"""

from __future__ import annotations

import io
import posixpath
import zipfile
import zlib
from collections.abc import Iterator
from xml.etree import ElementTree
from xml.parsers import expat

from connectors.content import BAD_ZIP, Content
from connectors.errors import LimitExceeded, SourceBroken, SourceError
from connectors.limits import MAX_FILE_BYTES, MAX_INFLATED_BYTES, MAX_MEMBERS, MAX_RATIO, MAX_STRINGS
from connectors.sheets import Sheet

_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_STRICT_MAIN = "{http://purl.oclc.org/ooxml/spreadsheetml/main}"
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_STRICT_RELATION = "{http://purl.oclc.org/ooxml/officeDocument/relationships}id"
_WORKBOOK = "xl/workbook.xml"
_BINARY_WORKBOOK = "xl/workbook.bin"
_CONTENT = "content.xml"
_STRINGS = "xl/sharedstrings.xml"
_READ = (
    "[content_types].xml",
    "_rels/.rels",
    _WORKBOOK,
    "xl/_rels/workbook.xml.rels",
    "xl/styles.xml",
    _STRINGS,
    _BINARY_WORKBOOK,
    "xl/_rels/workbook.bin.rels",
    "xl/styles.bin",
    "xl/sharedstrings.bin",
)
"""What calamine reads besides the sheets, in small letters."""
_SMALL_MEMBER = 2_000_000  # a workbook's list of sheets is a few kilobytes
_CHUNK = 1 << 18
_END_OF_ZIP = b"PK\x05\x06"


class Package:
    """An open xlsx, xlsb or ods file."""

    def __init__(self, archive: zipfile.ZipFile, where: str) -> None:
        self._archive = archive
        self._where = where

    def __enter__(self) -> Package:
        return self

    def __exit__(self, *_: object) -> None:
        self._archive.close()

    def sheets(self) -> list[Sheet]:
        """The worksheets in their order. Charts and macro sheets are left out."""
        targets = self.targets("xl/_rels/workbook.xml.rels")
        sheets = []
        for element in self._tree(_WORKBOOK).iter():
            if element.tag in (_MAIN + "sheet", _STRICT_MAIN + "sheet"):
                relation = element.get(_RELATION) or element.get(_STRICT_RELATION) or ""
                kind, member = targets.get(relation, ("", ""))
                if kind == "worksheet":
                    visible = element.get("state", "visible") == "visible"
                    sheets.append(Sheet(element.get("name", ""), visible, member))
        return sheets

    def xml(self, member: str, limit: int = MAX_INFLATED_BYTES) -> bytes:
        """A member that was read to its end (so its checksum fits) and is well-formed XML without a DTD.

        Raises SourceBroken FILE_DAMAGED or FILE_HOSTILE."""
        data = b"".join(self._chunks(member, limit))
        self._check_xml(data)
        return data

    def styles(self) -> bytes:
        """The styles.xml of an xlsx file; a bare one if it has none."""
        names = [name for name in self._archive.namelist() if name.casefold() == "xl/styles.xml"]
        return self.xml(names[0]) if names else b"<styleSheet/>"

    def repacked(self, member: str, data: bytes) -> bytes:
        """The file with another sheet in the place of `member`, and only what belongs to reading it."""
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
            for name in self._archive.namelist():
                if name.casefold() in _READ:
                    archive.writestr(name, self.read(name))
            archive.writestr(member, data)
        return packed.getvalue()

    def content(self) -> Iterator[bytes]:
        """The content.xml of an ods file, piece by piece. Raises SourceBroken, LimitExceeded."""
        return self._chunks(_CONTENT, MAX_INFLATED_BYTES)

    def _chunks(self, member: str, limit: int) -> Iterator[bytes]:
        try:
            with self._archive.open(member) as stream:
                while chunk := stream.read(_CHUNK):
                    if stream.tell() > limit:
                        raise LimitExceeded(self._where, "INFLATED_TOO_LARGE", limit=limit // 1_000_000)
                    yield chunk
        except KeyError:
            raise SourceBroken(self._where, "FILE_DAMAGED") from None
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError) as error:
            raise SourceBroken(self._where, "FILE_DAMAGED") from error

    def check_rest(self) -> None:
        """Reads what a parser reads besides the sheets, with the same checks."""
        for member in self._archive.namelist():
            folded = member.casefold()
            if folded in _READ and not folded.endswith(".bin"):
                data = self.xml(member)
                strings = data.count(b"<si>") + data.count(b"<si ") + data.count(b":si>") // 2
                if folded == _STRINGS and strings > MAX_STRINGS:
                    raise LimitExceeded(self._where, "TOO_MANY_TEXTS", limit=MAX_STRINGS)

    def read(self, member: str) -> bytes:
        """A whole member. Raises SourceBroken, LimitExceeded."""
        return b"".join(self._chunks(member, MAX_INFLATED_BYTES))

    def targets(self, relations: str) -> dict[str, tuple[str, str]]:
        """Relation id to (kind, member)."""
        targets = {}
        for element in self._tree(relations).iter():
            if element.tag.endswith("}Relationship") and element.get("TargetMode") != "External":
                target = posixpath.join("/xl", element.get("Target", ""))
                kind = element.get("Type", "").rpartition("/")[2]
                targets[element.get("Id", "")] = (kind, posixpath.normpath(target).lstrip("/"))
        return targets

    def _tree(self, member: str) -> ElementTree.Element:
        data = self.xml(member, _SMALL_MEMBER)
        try:
            return ElementTree.fromstring(data)  # noqa: S314 - small, well-formed and without a DTD, as xml() checked
        except ElementTree.ParseError as error:  # a prefix of no name space
            raise SourceBroken(self._where, "FILE_DAMAGED") from error

    def _check_xml(self, data: bytes) -> None:
        def refuse(*_: object) -> None:
            raise SourceBroken(self._where, "FILE_HOSTILE")

        parser = expat.ParserCreate()
        parser.StartDoctypeDeclHandler = refuse
        try:
            parser.Parse(data, True)
        except (expat.ExpatError, LookupError, ValueError) as error:  # also of an encoding that there is not
            raise SourceBroken(self._where, "FILE_DAMAGED") from error


def open_package(content: Content) -> Package:
    """Opens an xlsx, xlsb or ods file whose structure is within the limits. Raises SourceBroken, LimitExceeded."""
    archive = _open(content)
    try:
        _check_members(archive, content.where)
    except SourceError:
        archive.close()
        raise
    return Package(archive, content.where)


def kind_of_package(content: Content) -> str:
    """What a zip is: xlsx, xlsm, xlsb, ods, or a zip of other files. Raises SourceBroken, LimitExceeded."""
    with _open(content) as archive:
        names = set(archive.namelist())
    if _WORKBOOK in names:
        return "xlsm" if "xl/vbaProject.bin" in names else "xlsx"
    if _BINARY_WORKBOOK in names:
        return "xlsb"
    if _CONTENT in names:
        return "ods"
    is_office = any(name == "[Content_Types].xml" or name.startswith(("word/", "ppt/", "xl/")) for name in names)
    return "xlsx" if is_office else "zip"


def _open(content: Content) -> zipfile.ZipFile:
    tail = content.raw[-65_557:]  # the longest comment of a zip, and its last record
    end = tail.rfind(_END_OF_ZIP)
    if end < 0 or len(tail) < end + 12:
        raise SourceBroken(content.where, "FILE_DAMAGED")
    if int.from_bytes(tail[end + 10 : end + 12], "little") > MAX_MEMBERS:
        raise LimitExceeded(content.where, "TOO_MANY_MEMBERS", limit=MAX_MEMBERS)
    try:
        return zipfile.ZipFile(io.BytesIO(content.raw))
    except BAD_ZIP as error:
        raise SourceBroken(content.where, "FILE_DAMAGED") from error


def _check_members(archive: zipfile.ZipFile, where: str) -> None:
    members = archive.infolist()
    names = [member.filename for member in members]
    if len({name.casefold() for name in names}) < len(names) or any(member.flag_bits & 1 for member in members):
        raise SourceBroken(where, "FILE_DAMAGED")
    inflated = sum(member.file_size for member in members)
    packed = sum(member.compress_size for member in members)
    if inflated > MAX_INFLATED_BYTES or (inflated > MAX_FILE_BYTES and inflated > packed * MAX_RATIO):
        raise LimitExceeded(where, "INFLATED_TOO_LARGE", limit=MAX_INFLATED_BYTES // 1_000_000)
    if _WORKBOOK in names or _BINARY_WORKBOOK in names:
        return
    if "word/document.xml" in names or "ppt/presentation.xml" in names:
        raise SourceBroken(where, "NOT_A_SPREADSHEET", found="Word" if "word/document.xml" in names else "PowerPoint")
    if _CONTENT not in names:
        raise SourceBroken(where, "FILE_DAMAGED")
    if "META-INF/manifest.xml" in names and b"encryption-data" in Package(archive, where).xml("META-INF/manifest.xml"):
        raise SourceBroken(where, "PROTECTED_OTHERWISE")
