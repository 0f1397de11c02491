"""The folders of a mailbox on a server: which there are, and which are read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from connectors.errors import DatasetMissing, SourceBroken
from connectors.imapdata import Value, folder_name, quoted
from connectors.imapwire import Answer

WILD = "*?["
TOLD = 20  # names in a message

_SPECIAL = {"\\trash", "\\junk", "\\drafts", "\\sent", "\\all", "\\flagged", "\\important"}
"""Marks of folders that hold no mail of their own kind (RFC 6154); those in the archive are letters like others."""

_SPECIAL_NAMES = frozenset(
    {
        *("trash", "sampah", "deleted items", "deleted messages", "bin", "junk", "junk e-mail", "junk email", "spam"),
        *("drafts", "draft", "draf", "konsep", "templates", "outbox", "kotak keluar"),
        *("sent", "sent items", "sent messages", "sent mail", "terkirim", "pesan terkirim"),
    }
)
"""How servers and mail programs call them where nothing is marked."""


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder: its name with / between the levels, as a command has it, and whether it is one for rubbish, drafts or what was
    sent."""

    name: str
    argument: bytes
    is_special: bool


def read_folders(answers: Iterable[Answer], where: str) -> list[Folder]:
    """The folders of the answers to LIST that can hold mails; INBOX first, the others by name."""
    found: list[tuple[str, bytes, frozenset[str]]] = []
    for answer in answers:
        if answer.name == "LIST" and len(answer.values) >= 3:
            flags, separator, raw = answer.values[:3]
            marks = frozenset(str(flag).lower() for flag in flags) if isinstance(flags, list) else frozenset()
            if not marks & {"\\noselect", "\\nonexistent"}:
                found.append((_name(raw, separator), _argument(raw, where), marks))
    are_marked = any(marks & _SPECIAL for _, _, marks in found)
    marked = {name for name, _, marks in found if marks & _SPECIAL}

    def is_special(name: str) -> bool:
        return name in marked if are_marked else name.rpartition("/")[2].casefold() in _SPECIAL_NAMES

    folders = [Folder(name, argument, any(map(is_special, _way_to(name)))) for name, argument, _ in found]
    return sorted(folders, key=lambda folder: (folder.name != "INBOX", folder.name))


def choose(folders: Sequence[Folder], patterns: Sequence[str], where: str) -> list[Folder]:
    """Those that are read: all that are not special, or those that match; a special one only if it is named. Raises
    DatasetMissing for a name that no folder has."""
    if not patterns:
        return [folder for folder in folders if not folder.is_special]
    chosen: set[str] = set()
    for pattern in patterns:
        found = {folder.name for folder in _matching(folders, pattern)}
        if not found:
            names = ", ".join(folder.name for folder in folders[:TOLD]) or "-"
            raise DatasetMissing(where, "FOLDER_MISSING", name=pattern, names=names)
        chosen |= found
    return [folder for folder in folders if folder.name in chosen]


def _matching(folders: Sequence[Folder], pattern: str) -> Iterator[Folder]:
    is_wild = any(sign in pattern for sign in WILD)
    for folder in folders:
        if _folded(folder.name) == _folded(pattern) or (
            is_wild and not folder.is_special and fnmatchcase(folder.name, pattern)
        ):
            yield folder


def _folded(name: str) -> str:
    """INBOX is the same in any case (RFC 3501 §5.1); other names are not."""
    return "INBOX" if name.upper() == "INBOX" else name


def _name(raw: Value, separator: Value) -> str:
    text = raw.decode("utf-8", "replace") if isinstance(raw, bytes) else str(raw)
    if isinstance(separator, bytes | str) and separator:
        sign = separator.decode("latin-1") if isinstance(separator, bytes) else separator
        text = text.replace(sign, "/")
    return _folded(folder_name(text))


def _argument(raw: Value, where: str) -> bytes:
    """The name as the server has it, quoted."""
    text = raw.decode("latin-1") if isinstance(raw, bytes) else str(raw)
    if not text or any(ord(sign) < 32 or ord(sign) == 127 for sign in text):
        raise SourceBroken(where, "NOT_IMAP")  # in a command it would be another
    return quoted(text) if text.isascii() else b'"' + text.encode("latin-1") + b'"'


def _way_to(name: str) -> Iterator[str]:
    """A folder and those above it."""
    pieces = name.split("/")
    return ("/".join(pieces[:count]) for count in range(1, len(pieces) + 1))
