"""Takes an mbox file apart into messages, whatever stands in them (RFC 4155 and what mail programs make of it)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from connectors.errors import SourceBroken

MAX_MESSAGE = 10_000_000  # bytes of a message that are kept; what comes after them is passed over
MAX_SECTION = 1_500_000  # and of what stands between two MIME boundaries: photos are not looked at
MAX_LINE = 65_536
BOM = b"\xef\xbb\xbf"

_DAY = rb"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)"
_MONTH = rb"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
_DATED = re.compile(
    rb"From +(?:(?:\S.*)?"
    + _DAY
    + rb" +"
    + _MONTH
    + rb" +\d{1,2} +\d{1,2}:\d\d(?::\d\d)? +(?:\S+ +)?\d{4}(?: .{0,60})?"
    rb"|\S.*\d{1,2}[ -]" + _MONTH + rb"[ -]\d{4} +\d{1,2}:\d\d.{0,40})\s*"
)
_BARE = re.compile(rb"From -\s*")  # Thunderbird's
_HEADER = re.compile(rb"[A-Za-z][\w-]{0,60}:(?:\s|$)")
_QUOTED = re.compile(rb">+From ")


@dataclass(frozen=True, slots=True)
class RawMail:
    """A message as it stands in the file without the length of its attachments, and the line before it. `is_cut` if it is
    longer than what is kept."""

    separator: bytes
    content: bytes
    is_cut: bool


def split_mbox(file: BinaryIO, size: int, where: str) -> Iterator[RawMail]:
    """The messages in the first `size` bytes of a file. Raises SourceBroken NOT_A_MAILBOX if it does not begin with one."""
    separator: bytes | None = None
    lines: list[bytes] = []
    kept = section = 0
    for line, is_whole, is_separator in _lines(file, size):
        if is_separator:
            if separator is not None:
                yield RawMail(separator, b"".join(lines), kept > MAX_MESSAGE)
            separator, lines, kept, section = line, [], 0, 0
        elif separator is not None:
            section = 0 if is_whole and line.startswith(b"--") else section + len(line)
            if section <= MAX_SECTION:
                kept += len(line)
                if kept <= MAX_MESSAGE:
                    lines.append(line[1:] if is_whole and _QUOTED.match(line) else line)
        elif line.strip():
            raise SourceBroken(where, "NOT_A_MAILBOX")
    if separator is not None:
        yield RawMail(separator, b"".join(lines), kept > MAX_MESSAGE)


def _lines(file: BinaryIO, size: int) -> Iterator[tuple[bytes, bool, bool]]:
    """(line, whether it is the beginning of one, whether it separates messages)

    A separator is a `From ` line with a date at the start of the file or after a blank line; other `From ` lines belong to
    the text. Programs that leave the blank line or the date out exist, so either is excused where a header follows."""
    if file.read(len(BOM)) != BOM:
        file.seek(0)
    rest = size - file.tell()
    was_blank = starts = True
    line = file.readline(min(rest, MAX_LINE))
    while line:
        rest -= len(line)
        below = file.readline(min(rest, MAX_LINE))
        is_separator = False
        if starts and line.startswith(b"From ") and len(line) < 1_000:
            has_header = _HEADER.match(below) is not None
            is_dated = _DATED.fullmatch(line) is not None
            is_separator = (is_dated and (was_blank or has_header)) or (
                has_header and _BARE.fullmatch(line) is not None
            )
        yield line, starts, is_separator
        was_blank = starts and not line.strip()
        starts = line.endswith(b"\n")
        line = below


def is_complete(file: BinaryIO, size: int) -> bool:
    """Whether the last message ends as a program leaves it when it has written it: with a blank line."""
    file.seek(max(0, size - 4))
    return file.read(4).replace(b"\r", b"").endswith(b"\n\n")
