"""What is fetched of a mail: first its outline, then its headers and texts; of a file that is sent along nothing but its name."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from connectors.imapdata import Outline, Unreadable, Value, read_outline
from connectors.imapwire import Answer
from connectors.mail import MAX_HEAD, MAX_PARTS, WANTED, Mail, Piece, read_mail, read_pieces
from connectors.mbox import MAX_SECTION, RawMail

SMALL = 256_000  # bytes of a mail of texts alone that is fetched whole
HEAD = f"HEADER.FIELDS ({' '.join(sorted(name.decode().upper() for name in WANTED))})"
"""The headers that matter; a list of thousands of receivers stands in none of them."""

PART_HEAD = 16_000
MAILS_AT_ONCE = 50
BYTES_AT_ONCE = 4_000_000

ABOUT = "UID RFC822.SIZE INTERNALDATE BODYSTRUCTURE"
"""What is asked first, of many mails at once."""

_SECTION = re.compile(r"BODY\[([^\]]*)\](?:<\d+>)?", re.IGNORECASE)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_ARRIVED = re.compile(r" ?(\d{1,2})-(\w{3})-(\d{4}) (\d\d:\d\d:\d\d) ([+-]\d{4})")


@dataclass(frozen=True, slots=True)
class Wanted:
    """A mail that is to be fetched: its number, its bytes as far as they are fetched, its outline (None: the server gives none
    that can be read), when it arrived (a line as before a message of an mbox file) and the sections to ask for."""

    uid: int
    size: int
    outline: Outline | None
    arrived: bytes
    sections: tuple[str, ...]


def uid_of(fields: Mapping[str, Value]) -> int:
    """The number of the mail that is told of; 0, which no mail has, if it isn't said."""
    value = fields.get("UID")
    return int(value) if isinstance(value, str) and value.isdigit() and len(value) < 11 else 0


def fields_of(answer: Answer) -> dict[str, Value]:
    """What an answer to FETCH tells, by name."""
    values = answer.values[0] if answer.values and isinstance(answer.values[0], list) else []
    return {
        name.upper(): value for name, value in zip(values[::2], values[1::2], strict=False) if isinstance(name, str)
    }


def wanted(uid: int, about: Mapping[str, Value]) -> Wanted:
    """What to fetch of a mail of which the server says `about`; of one that it describes to no purpose the beginning."""
    try:
        outline = read_outline(about.get("BODYSTRUCTURE"))
    except (Unreadable, RecursionError):
        outline = None
    told = about.get("RFC822.SIZE")
    size = int(told) if isinstance(told, str) and told.isdigit() else MAX_SECTION
    arrived = _arrived(about.get("INTERNALDATE"))
    if outline is None:
        return Wanted(uid, min(size, MAX_SECTION), None, arrived, (f"BODY.PEEK[]<0.{MAX_SECTION}>",))
    parts = list(outline.walk())[: MAX_PARTS + 1]
    if size <= SMALL and not any(part.is_file for part in outline.walk()):
        return Wanted(uid, size, None, arrived, ("BODY.PEEK[]",))
    sections = [
        f"BODY.PEEK[{HEAD}]<0.{MAX_HEAD}>" if part is outline else f"BODY.PEEK[{part.head}]<0.{PART_HEAD}>"
        for part in parts
    ]
    sections += [f"BODY.PEEK[{part.body}]<0.{MAX_SECTION}>" for part in parts if _is_shown(part)]
    fetched = sum(min(part.size or 0, MAX_SECTION) for part in parts if _is_shown(part)) + 2_000 * len(parts)
    return Wanted(uid, fetched, outline, arrived, tuple(sections))


def groups(mails: Sequence[Wanted]) -> Iterator[list[Wanted]]:
    """Mails of which the same is wanted, together as far as they are not too many or too large."""
    alike: dict[tuple[str, ...], list[Wanted]] = {}
    for mail in mails:
        alike.setdefault(mail.sections, []).append(mail)
    for members in alike.values():
        group: list[Wanted] = []
        for mail in members:
            if group and (len(group) == MAILS_AT_ONCE or sum(one.size for one in group) + mail.size > BYTES_AT_ONCE):
                yield group
                group = []
            group.append(mail)
        yield group


def read_fetched(wanted: Wanted, answer: Mapping[str, Value]) -> Mail | None:
    """The mail as its sections say it; None if there is nothing in it."""
    sections: dict[str, bytes] = {}
    for name, value in answer.items():
        found = _SECTION.fullmatch(name)
        if found is not None:
            sections[found[1].upper().partition(".FIELDS")[0]] = value if isinstance(value, bytes) else b""
    if wanted.outline is None:
        content = sections.get("", b"")
        is_cut = wanted.sections != ("BODY.PEEK[]",) and len(content) >= MAX_SECTION
        return read_mail(RawMail(wanted.arrived, content, is_cut)) if content.strip() else None
    piece = _piece(wanted.outline, sections)
    return read_pieces(piece, wanted.arrived) if piece.head.strip() or any(piece.bodies()) else None


def _piece(outline: Outline, sections: Mapping[str, bytes]) -> Piece:
    return Piece(
        sections.get(outline.head, b""),
        sections.get(outline.body, b"") if _is_shown(outline) else b"",
        tuple(_piece(part, sections) for part in outline.parts),
        _decoded_size(outline) if outline.is_file else 0,
    )


def _is_shown(part: Outline) -> bool:
    return not part.parts and not part.is_file


def _decoded_size(part: Outline) -> int | None:
    """The size of a file by that of its encoded form, which is all that the server tells: lines of 76 letters and a line end
    hold 57 bytes (RFC 2045 §6.8). The last line may be filled up, so it can be up to two bytes too many."""
    if part.size is None:
        return None
    if part.encoding == "base64":
        lines, rest = divmod(part.size, 78)
        return lines * 57 + rest // 4 * 3
    return part.size if part.encoding in ("", "7bit", "8bit", "binary") else None


def _arrived(value: Value) -> bytes:
    """When the server got a mail, as a line before a message of an mbox file has it (in UTC)."""
    found = _ARRIVED.fullmatch(value.decode("latin-1")) if isinstance(value, bytes) else None
    if found is None or found[2] not in _MONTHS:
        return b""
    day, month, year, clock, zone = found.groups()
    try:
        text = f"{year}-{_MONTHS.index(month) + 1:02d}-{int(day):02d} {clock} {zone}"
        when = datetime.strptime(text, "%Y-%m-%d %H:%M:%S %z").astimezone(UTC)
    except (ValueError, OverflowError):
        return b""
    return f"From imap {_MONTHS[when.month - 1]} {when.day} {when:%H:%M:%S} {when.year}".encode()
