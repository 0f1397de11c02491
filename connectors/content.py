"""What a file holds, as bytes: a file of a folder, or one inside of a zip. Nothing is ever unpacked to a disk."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Container, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath

from connectors.errors import DatasetMissing, LimitExceeded, SourceBroken
from connectors.limits import MAX_DUMP_BYTES, MAX_ENTRIES, MAX_FILE_BYTES, MAX_INFLATED_BYTES

BAD_ZIP = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    ValueError,
    NotImplementedError,
    RuntimeError,
    struct.error,
)
"""What the zip library raises for files that are damaged or not what they say."""
_OF_DBASE = (".dbt", ".fpt", ".cdx", ".mdx", ".ndx", ".ntx")
_OWN = ("__macosx/", "~$", ".~lock.", ".")


@dataclass(frozen=True, slots=True)
class Content:
    """The bytes of a file. `name` is what it is called, `where` begins every locator, `path` is the file or the zip around it."""

    raw: bytes
    name: str
    where: str
    path: Path
    member: str | None = None
    around: Content | None = None

    @property
    def stem(self) -> str:
        """Its name without the suffix."""
        return PurePosixPath(self.name).stem

    @property
    def suffix(self) -> str:
        """`.xlsx`, in small letters."""
        return PurePosixPath(self.name).suffix.casefold()

    def beside(self, suffix: str) -> bytes | None:
        """The file of the same name with another suffix, in its folder or zip; None if there is none. Raises SourceBroken,
        LimitExceeded; OSError as it comes."""
        names = [f"{self.stem}{one}" for one in (suffix, suffix.upper())]
        if self.around is None or self.member is None:
            found = [path for name in names if (path := self.path.with_name(name)).is_file()]
            return read_content(found[0], self.where).raw if found else None
        inside = {str(PurePosixPath(self.member).with_name(name)) for name in names} & _names(self.around)
        return open_member(self.around, inside.pop()).raw if inside else None


def read_content(path: Path, where: str) -> Content:
    """A whole file. Raises LimitExceeded; OSError as it comes."""
    limit = MAX_DUMP_BYTES if path.suffix.casefold() == ".sql" else MAX_FILE_BYTES
    with path.open("rb") as stream:
        raw = stream.read(limit + 1)
    if len(raw) > limit:
        raise LimitExceeded(where, "DATA_FILE_TOO_LARGE", limit=limit // 1_000_000)
    return Content(raw, path.name, where, path)


def members_of(content: Content, wanted: Sequence[str] | None = None) -> list[str]:
    """The files inside of a zip that are called as one of `wanted`, by their name or their whole path, * standing for any text;
    without those that programs leave for themselves. Raises SourceBroken, LimitExceeded, DatasetMissing MEMBER_MISSING."""
    with _archive(content) as archive:
        members = [one for one in archive.infolist() if not one.is_dir() and not _is_own(one.filename)]
        if not members:
            raise SourceBroken(content.where, "DATA_FILE_EMPTY")
        if len({one.filename for one in members}) < len(members):
            raise SourceBroken(content.where, "FILE_DAMAGED")
        if len(members) > MAX_ENTRIES:
            raise LimitExceeded(content.where, "TOO_MANY_MEMBERS", limit=MAX_ENTRIES)
        if sum(one.file_size for one in members) > MAX_INFLATED_BYTES:
            raise LimitExceeded(content.where, "INFLATED_TOO_LARGE", limit=MAX_INFLATED_BYTES // 1_000_000)
        names = [one.filename for one in members]
    names = [name for name in names if not belongs_to_another(name, names)]
    fitting = [name for name in names if wanted is None or any(_is_called(name, one) for one in wanted)]
    if not fitting:
        raise DatasetMissing(
            content.where, "MEMBER_MISSING", member=", ".join(wanted or ()), members=", ".join(names[:30])
        )
    return fitting


def open_member(content: Content, member: str, where: str | None = None) -> Content:
    """A file inside of a zip. Raises SourceBroken, LimitExceeded, DatasetMissing FILE_GONE."""
    where = where or f"{content.where} › {member}"
    with _archive(content, where) as archive:
        if member not in archive.namelist():
            raise DatasetMissing(where, "FILE_GONE")
        if archive.getinfo(member).flag_bits & 1:
            raise SourceBroken(where, "PROTECTED_OTHERWISE")
        with archive.open(member) as stream:
            raw = stream.read(MAX_FILE_BYTES + 1)
    if len(raw) > MAX_FILE_BYTES:
        raise LimitExceeded(where, "DATA_FILE_TOO_LARGE", limit=MAX_FILE_BYTES // 1_000_000)
    return Content(raw, PurePosixPath(member).name, where, content.path, member, content)


def belongs_to_another(name: str, names: Container[str]) -> bool:
    """Whether a file only holds the memos or an index of a dBase table beside it."""
    path = PurePosixPath(name)
    return path.suffix.casefold() in _OF_DBASE and any(str(path.with_suffix(one)) in names for one in (".dbf", ".DBF"))


def _names(content: Content) -> set[str]:
    with _archive(content) as archive:
        return set(archive.namelist())


@contextmanager
def _archive(content: Content, where: str | None = None) -> Iterator[zipfile.ZipFile]:
    try:
        with zipfile.ZipFile(io.BytesIO(content.raw)) as archive:
            yield archive
    except BAD_ZIP as error:
        raise SourceBroken(where or content.where, "FILE_DAMAGED") from error


def _is_own(member: str) -> bool:
    folded = member.casefold()
    return folded.startswith(_OWN[0]) or PurePosixPath(folded).name.startswith(_OWN[1:])


def _is_called(member: str, wanted: str) -> bool:
    folded, pattern = member.casefold(), wanted.casefold()
    return fnmatchcase(folded, pattern) or fnmatchcase(PurePosixPath(folded).name, pattern)
