"""One mail, read so that nothing in it can stop the reading: what can't be read is told in `damaged` and the rest is kept.

`damaged` holds `headers` (too many, too long or not decodable), `charset`, `date`, `structure` (of the MIME parts), `size` (only
the beginning was read) and `messageId` (used before by another message)."""

from __future__ import annotations

import email
import email.policy
import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.errors import MessageError
from email.header import decode_header
from email.message import Message
from email.utils import collapse_rfc2231_value, parseaddr, parsedate_to_datetime
from types import MappingProxyType

from connectors.mailtext import clean, decode, html_to_text, trim_reply
from connectors.mbox import MAX_LINE, MAX_SECTION, RawMail

MAX_HEAD = 65_536
MAX_FIELDS = 200
MAX_FIELD = 8_000  # characters of a header that are looked at
MAX_PARTS = 50
MAX_TEXT = 400_000  # characters; less than a third of mbox.MAX_SECTION, so that a text which was cut there is told
MAX_HTML = MAX_SECTION - 2 * MAX_LINE  # bytes of it; more was cut off before
MAX_NAME = 200

BROKEN = (MessageError, ValueError, LookupError, TypeError, AssertionError, AttributeError, RecursionError)
"""What the standard library's parser raises over mails that are broken on purpose or by age."""

WANTED = frozenset(
    b"from subject date message-id references in-reply-to mime-version content-type content-transfer-encoding"
    b" content-disposition auto-submitted precedence x-autoreply return-path".split()
)
_HEAD_END = re.compile(rb"\r?\n\r?\n|\r\r|\A\r?\n")
_FIELD_END = re.compile(rb"(?:\r\n|\n|\r)(?![ \t])")
_PREFIX = re.compile(r"(?i)^\s*(?:(?:re|fw|fwd|bls|tr)\s*(?:\[\d+\])?\s*:\s*)+")
_MESSAGE_ID = re.compile(r"<[^<>\s]{1,500}>")
_ADDRESS = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)*")
_STAMP = re.compile(rb"(\w{3}) +(\d{1,2}) +(\d{1,2}:\d\d(?::\d\d)?) +(?:\S+ +)?(\d{4})")


@dataclass(frozen=True, slots=True)
class Attached:
    """A file that was sent along; `size` in bytes, None where it is not known: of large files only the beginning is
    read."""

    name: str
    media_type: str
    size: int | None


@dataclass(frozen=True, slots=True)
class Mail:
    """A message as far as it matters. `references` begin with the first message of its thread."""

    message_id: str
    references: tuple[str, ...]
    subject: str
    text: str
    from_name: str
    from_address: str
    received_at: datetime | None
    attachments: tuple[Attached, ...]
    damaged: tuple[str, ...]
    is_automatic: bool


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a message that was fetched piece by piece: its headers, and what it holds or its parts. Of a file nothing but
    its headers is there; `size` is that of the file in bytes, None if it is not known."""

    head: bytes
    body: bytes = b""
    parts: tuple[Piece, ...] = ()
    size: int | None = None

    def bodies(self) -> Iterator[bytes]:
        """What it and its parts hold."""
        yield self.body
        for part in self.parts:
            yield from part.bodies()


def read_mail(raw: RawMail) -> Mail:
    """What a message says. Raises nothing."""
    damaged = ["size"] if raw.is_cut else []
    head, body = _split(raw.content, damaged)
    message, text, attachments = _contents(head, body, damaged)
    if raw.is_cut:
        attachments = tuple(replace(one, size=None) for one in attachments)
    return _mail(message, text, attachments, raw.separator, lambda: made_id(raw.content), damaged)


def read_pieces(piece: Piece, arrived: bytes = b"") -> Mail:
    """The same of a message whose files were not fetched; `arrived` is a line as before a message of an mbox file, for one
    without a date. Raises nothing."""
    damaged: list[str] = []
    head, _ = _split(piece.head, damaged)
    try:
        sizes: dict[int, int | None] = {}
        message = _tree(replace(piece, head=head), sizes)
        text, attachments = _parts(message, damaged, sizes)
    except BROKEN:
        damaged.append("structure")
        message = email.message_from_bytes(head + b"\n\n", policy=email.policy.compat32)
        text, attachments = decode(b"\n".join(piece.bodies())[:MAX_TEXT], "utf-8")[0], ()
    if len(text) > MAX_TEXT:
        damaged.append("size")
    return _mail(
        message,
        clean(text[:MAX_TEXT]),
        attachments,
        arrived,
        lambda: made_id(b"\n".join([head, *piece.bodies()])),
        damaged,
    )


def _mail(
    message: Message,
    text: str,
    attachments: tuple[Attached, ...],
    separator: bytes,
    make_id: Callable[[], str],
    damaged: list[str],
) -> Mail:
    name, address = _sender(message, damaged)
    found = _MESSAGE_ID.search(_field(message, "message-id"))
    references = _MESSAGE_ID.findall(f"{_field(message, 'references')} {_field(message, 'in-reply-to')}")
    return Mail(
        found.group() if found else make_id(),
        tuple(dict.fromkeys(references)),
        _PREFIX.sub("", _words(_field(message, "subject"), damaged)).strip(),
        trim_reply(text),
        name,
        address,
        _date(_field(message, "date"), separator, damaged),
        attachments,
        tuple(dict.fromkeys(damaged)),
        _is_automatic(message, address),
    )


def made_id(content: bytes) -> str:
    """A Message-ID for what has none of its own, always the same for the same content."""
    return f"<{hashlib.sha256(content).hexdigest()[:24]}@tanpa-id>"


# -- the head ---------------------------------------------------------------------------------------------------------


def _split(raw: bytes, damaged: list[str]) -> tuple[bytes, bytes]:
    """The headers that matter, and the body."""
    end = _HEAD_END.search(raw)
    head, body = (raw[: end.start()], raw[end.end() :]) if end else (raw, b"")
    fields = _FIELD_END.split(head)
    if len(head) > MAX_HEAD or len(fields) > MAX_FIELDS:
        damaged.append("headers")
    wanted = [field[:MAX_FIELD] for field in fields if field.partition(b":")[0].strip().lower() in WANTED]
    return b"\n".join(wanted), body


def _field(message: Message, name: str) -> str:
    """A header on one line as it was sent; raw bytes in it as text."""
    for key, value in message.raw_items():
        if key.lower() == name:
            text = str(value)
            if not text.isascii():
                text, _ = decode(text.encode("utf-8", "surrogateescape"), "utf-8")
            return " ".join(text.split())
    return ""


def _words(raw: str, damaged: list[str]) -> str:
    """Header text decoded (RFC 2047); what can't be is kept as it stands."""
    pieces: list[str] = []
    try:
        for content, charset in decode_header(raw):
            if isinstance(content, str):
                pieces.append(content)
            elif charset is None:
                pieces.append(content.decode("raw-unicode-escape"))  # what stood between encoded words
            else:
                text, is_right = decode(content, charset)
                damaged += [] if is_right else ["charset"]
                pieces.append(text)
    except BROKEN:
        damaged.append("headers")
        pieces = [raw]
    return " ".join(clean("".join(pieces)).split())


def _sender(message: Message, damaged: list[str]) -> tuple[str, str]:
    """Name and address. They are taken apart before they are decoded, for a decoded name may hold a comma."""
    raw = _field(message, "from")
    try:
        name, address = parseaddr(raw)
    except BROKEN:
        name, address = "", ""
    if "@" not in address:
        found = _ADDRESS.search(raw)
        name, address = name or ("" if found else raw), found.group() if found else ""
        damaged += ["headers"] if raw else []
    return _words(name, damaged)[:MAX_NAME], _words(address, damaged)[:MAX_NAME].lower()


def _date(written: str, separator: bytes, damaged: list[str]) -> datetime | None:
    """From the Date header, without a zone if it names none; else from the separator line, which is in UTC (RFC 4155);
    else none. Never invented."""
    try:
        found = parsedate_to_datetime(written)
        if 1990 <= found.year <= 2100:
            return found.replace(tzinfo=UTC) if found.tzinfo is None and "-0000" in written else found
    except (ValueError, TypeError, OverflowError, IndexError):
        pass
    damaged.append("date")
    stamp = _STAMP.search(separator)
    if stamp is None:
        return None
    month, day, clock, year = (piece.decode("ascii", "replace") for piece in stamp.groups())
    try:
        clock = clock if clock.count(":") == 2 else f"{clock}:00"
        return datetime.strptime(f"{day} {month} {year} {clock}", "%d %b %Y %H:%M:%S").replace(tzinfo=UTC)
    except ValueError:
        return None


def _is_automatic(message: Message, address: str) -> bool:
    """Bounces and automatic replies are no complaints (RFC 3834, RFC 3464). Precedence `list` says nothing: a group address
    adds it to every mail."""
    submitted = _field(message, "auto-submitted").lower()
    return bool(
        (submitted and not submitted.startswith("no"))
        or _field(message, "precedence").lower() in ("auto_reply", "bulk", "junk")
        or _field(message, "x-autoreply")
        or address.partition("@")[0] in ("mailer-daemon", "postmaster")
        or _field(message, "return-path") == "<>"
        or message.get_content_type() == "multipart/report"
    )


# -- the body ---------------------------------------------------------------------------------------------------------


def _contents(head: bytes, body: bytes, damaged: list[str]) -> tuple[Message, str, tuple[Attached, ...]]:
    """The message, its text (of the plain parts, else of the HTML ones) and its attachments."""
    try:
        message = email.message_from_bytes(head + b"\n\n" + body, policy=email.policy.compat32)
        text, attachments = _parts(message, damaged)
    except BROKEN:
        damaged.append("structure")
        message = email.message_from_bytes(head + b"\n\n", policy=email.policy.compat32)
        text, attachments = decode(body[:MAX_TEXT], "utf-8")[0], ()
    if len(text) > MAX_TEXT:
        damaged.append("size")
    return message, clean(text[:MAX_TEXT]), attachments


def _tree(piece: Piece, sizes: dict[int, int | None]) -> Message:
    """A message, or a part of one, put together; `sizes` takes those of the files."""
    head = piece.head.rstrip(b"\r\n") + b"\n\n"
    if not piece.parts:
        message = email.message_from_bytes(head + piece.body, policy=email.policy.compat32)
        if not piece.body:
            sizes[id(message)] = piece.size
        return message
    message = email.message_from_bytes(head, policy=email.policy.compat32)
    message.set_payload([_tree(part, sizes) for part in piece.parts])
    return message


def _parts(
    message: Message, damaged: list[str], sizes: Mapping[int, int | None] = MappingProxyType({})
) -> tuple[str, tuple[Attached, ...]]:
    """The text and the files of a message; `sizes` are those of files that are not here, by the id of their part."""
    plain: list[str] = []
    html: list[str] = []
    attachments: list[Attached] = []
    for number, part in enumerate(message.walk()):
        if number >= MAX_PARTS:
            damaged.append("structure")
            break
        if part.is_multipart():
            continue
        kind = part.get_content_type()
        name = _file_name(part, damaged)
        is_text = kind.startswith(("text/", "multipart/"))  # a multipart without a boundary is taken as it stands
        if name or part.get_content_disposition() == "attachment" or not is_text:
            size = sizes[id(part)] if id(part) in sizes else _size(part)
            attachments.append(Attached(name or "lampiran", kind, size))
        else:
            is_html = kind == "text/html"  # of which most may be no text
            (html if is_html else plain).append(_text(part, damaged, MAX_HTML if is_html else MAX_TEXT))
    if any(text.strip() for text in plain):
        return "\n".join(plain), tuple(attachments)
    return "\n".join(html_to_text(text) for text in html), tuple(attachments)


def _size(part: Message) -> int | None:
    """How many bytes a part holds once it is decoded; nothing else is made of them. None if it may have been cut."""
    written = part.get_payload()
    if isinstance(written, str) and len(written) > MAX_SECTION - 2 * MAX_LINE:
        return None
    payload = part.get_payload(decode=True)
    return len(payload) if isinstance(payload, bytes) else None


def _text(part: Message, damaged: list[str], most: int) -> str:
    payload = part.get_payload(decode=True)
    content = payload if isinstance(payload, bytes) else b""
    if len(content) > most:
        damaged.append("size")
    text, is_right = decode(content[:most], part.get_content_charset() or "utf-8")
    damaged += [] if is_right else ["charset"]
    return text


def _file_name(part: Message, damaged: list[str]) -> str:
    """An attachment's name without the folders it claims; attachments are never opened."""
    missing = object()
    name = part.get_param("filename", missing, "content-disposition")
    if name is missing:
        name = part.get_param("name", missing, "content-type")
    if name is missing:
        return ""
    text = collapse_rfc2231_value(name) if isinstance(name, str | tuple) else ""
    if not text.isascii():
        text, _ = decode(text.encode("utf-8", "surrogateescape"), "utf-8")
    return re.split(r"[\\/]", _words(text[:MAX_FIELD], damaged))[-1].strip()[:MAX_NAME]
