"""Mailboxes as mbox files: one thread is one row; bounces and automatic replies are set aside; no message is lost.

The dataset is called `threads`. Its columns:

    trackingId      our own number for the thread, stable: ADU- and 8 characters of a hash of its first Message-ID
    messageId       of the first message; made of the content where there is none
    subject         without Re: and Fwd:
    text            of the first message, without quotes and signature; HTML made into text
    fromName, fromAddress, receivedAt, lastMessageAt, messages (a number), attachments (file names)
    answered        whether somebody other than the first sender wrote later
    damaged         what was wrong with the first message: charset, date, headers; none if nothing
"""

from __future__ import annotations

import asyncio
import base64
import email
import email.policy
import hashlib
import re
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.header import decode_header
from email.message import Message
from email.utils import parseaddr, parsedate_to_datetime
from html.parser import HTMLParser
from pathlib import Path

from connectors.connector import Batch, Cell, Column, DatasetDescription, Part, Row
from connectors.errors import DatasetMissing, LimitExceeded, SourceBusy, SourceError, SourceUnavailable
from connectors.files import find_files, stamp_of

DATASET = "threads"
NAMES = (
    "trackingId",
    "messageId",
    "subject",
    "text",
    "fromName",
    "fromAddress",
    "receivedAt",
    "lastMessageAt",
    "messages",
    "answered",
    "attachments",
    "damaged",
)
COLUMNS = tuple(Column(name, name) for name in NAMES)
ROWS_PER_BATCH = 200
MAX_FILE = 200_000_000  # bytes of a mailbox
MAX_MESSAGE = 25_000_000  # bytes of a message; of a larger one only the head and the beginning are read
MAX_HEAD = 65_536
MAX_PARTS = 50
MAX_TEXT = 1_000_000
MAX_HEADER = 2_000

_SEPARATOR = re.compile(rb"From \S.*\d{4}\s*$")
_PREFIX = re.compile(r"(?i)^\s*(?:(?:re|fw|fwd|bls|tr)\s*(?:\[\d+\])?\s*:\s*)+")
_MESSAGE_ID = re.compile(r"<[^<>\s]{1,500}>")
_AUTOMATIC = re.compile(r"(?i)auto-(?:replied|generated|notified)")


@dataclass(slots=True)
class _Mail:
    """A message as far as it matters."""

    message_id: str
    references: tuple[str, ...]
    subject: str
    text: str
    from_name: str
    from_address: str
    received_at: datetime | None
    attachments: tuple[str, ...]
    damaged: tuple[str, ...]
    is_automatic: bool


@dataclass(slots=True)
class _Thread:
    mails: list[_Mail] = field(default_factory=list)


class Mailbox:
    """Reads mbox files below `root` that match `patterns`."""

    def __init__(self, root: Path, patterns: Sequence[str]) -> None:
        self._root = root
        self._patterns = tuple(patterns)

    async def describe(self) -> Sequence[DatasetDescription]:
        for part in await self.parts(DATASET):
            async for batch in self.rows(DATASET, part):
                samples = {name: tuple(row.values[place] for row in batch.rows[:5]) for place, name in enumerate(NAMES)}
                return [DatasetDescription(DATASET, COLUMNS, samples)]
        return [DatasetDescription(DATASET, COLUMNS)]

    async def parts(self, dataset: str) -> Sequence[Part]:
        if dataset != DATASET:
            raise DatasetMissing(dataset, nearest=DATASET)
        files = await asyncio.to_thread(find_files, self._root, self._patterns)
        return [Part(key, path.name, stamp_of(path), file=path.name) for key, path in files]

    async def rows(self, dataset: str, part: Part) -> AsyncIterator[Batch]:
        threads, skipped = await asyncio.to_thread(self._read, part)
        rows = [_row(thread) for thread in threads]
        for start in range(0, max(len(rows), 1), ROWS_PER_BATCH):
            batch = tuple(rows[start : start + ROWS_PER_BATCH])
            yield Batch(COLUMNS, batch, skipped=skipped if start == 0 else 0)

    async def aclose(self) -> None:
        """Files are open no longer than a reading."""

    def _read(self, part: Part) -> tuple[list[_Thread], int]:
        path = self._root / part.key
        try:
            if path.stat().st_size > MAX_FILE:
                raise LimitExceeded(part.label, what="bytes", limit=MAX_FILE)
            mails = [_mail(raw, line) for line, raw in split_mbox(path)]
        except OSError as error:
            raise translate(error, part.label) from error
        kept = [mail for mail in mails if not mail.is_automatic]
        return _threads(kept), len(mails) - len(kept)


def translate(error: OSError, where: str) -> SourceError:
    """The error of our tree for one of the operating system's."""
    if isinstance(error, PermissionError):
        return SourceBusy(where)
    return SourceUnavailable(where, "FILE_MISSING_SOURCE", file=where)


# -- the file ---------------------------------------------------------------------------------------------------------


def split_mbox(path: Path) -> Iterator[tuple[bytes, bytes]]:
    """(separator line, message) of each message. A separator is a `From ` line that ends in a year, at the start of the file
    or after a blank line; other `From ` lines belong to the text."""
    separator, was_blank, size = b"", True, 0
    lines: list[bytes] = []
    with path.open("rb") as file:
        for line in file:
            if was_blank and line.startswith(b"From ") and _SEPARATOR.match(line.rstrip(b"\r\n")):
                if separator:
                    yield separator, b"".join(lines)
                separator, lines, size = line, [], 0
            elif separator and size < MAX_MESSAGE:
                unquoted = line[1:] if line.startswith(b">From ") else line
                lines.append(unquoted)
                size += len(unquoted)
            was_blank = not line.strip()
    if separator:
        yield separator, b"".join(lines)


# -- one message ------------------------------------------------------------------------------------------------------


def _mail(raw: bytes, separator: bytes) -> _Mail:
    damaged: list[str] = []
    head, _, _ = raw.replace(b"\r\n", b"\n").partition(b"\n\n")
    if len(head) > MAX_HEAD:
        damaged.append("headers")
        raw = head[:MAX_HEAD].rsplit(b"\n", 1)[0] + b"\n\n" + raw[len(head) :][:MAX_TEXT]
    try:
        message = email.message_from_bytes(raw, policy=email.policy.compat32)
        texts, attachments = _contents(message, damaged)
    except (RecursionError, ValueError, LookupError, TypeError, AssertionError):
        damaged.append("structure")
        message = email.message_from_bytes(head[:MAX_HEAD] + b"\n\n", policy=email.policy.compat32)
        texts, attachments = _decode(raw[len(head) :][:MAX_TEXT], "utf-8", damaged), ()
    name, address = _sender(message, damaged)
    found = _MESSAGE_ID.search(_header(message, "Message-ID", damaged))
    message_id = found.group() if found else f"<{hashlib.sha256(raw).hexdigest()[:24]}@tanpa-id>"
    references = _MESSAGE_ID.findall(_header(message, "References", damaged) + _header(message, "In-Reply-To", damaged))
    return _Mail(
        message_id,
        tuple(references),
        _PREFIX.sub("", _header(message, "Subject", damaged)).strip(),
        trim_reply(texts),
        name,
        address,
        _date(message, separator, damaged),
        attachments,
        tuple(dict.fromkeys(damaged)),
        _is_automatic(message, address),
    )


def _header(message: Message, name: str, damaged: list[str]) -> str:
    """A header decoded; one that can't be decoded is kept as it stands."""
    raw = str(message.get(name, "") or "")[:MAX_HEADER]
    pieces = []
    try:
        for content, charset in decode_header(raw):
            pieces.append(content if isinstance(content, str) else _decode(content, charset or "utf-8", damaged))
    except (ValueError, LookupError, RecursionError, AssertionError):
        damaged.append("headers")
        pieces = [raw]
    text = "".join(pieces)
    if any("\udc80" <= character <= "\udcff" for character in text):
        text = _decode(text.encode("utf-8", "surrogateescape"), "utf-8", damaged)
    return " ".join(text.split())


def _decode(content: bytes, charset: str, damaged: list[str]) -> str:
    try:
        return content.decode(charset)
    except (LookupError, UnicodeDecodeError):
        damaged.append("charset")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace")


def _sender(message: Message, damaged: list[str]) -> tuple[str, str]:
    try:
        name, address = parseaddr(_header(message, "From", damaged))
    except (RecursionError, ValueError, IndexError):
        damaged.append("headers")
        return "", ""
    return name.strip(), address.strip().lower()


def _date(message: Message, separator: bytes, damaged: list[str]) -> datetime | None:
    """From the Date header, else from the separator line; never invented."""
    written = _header(message, "Date", [])
    try:
        found = parsedate_to_datetime(written)
        if 1990 <= found.year <= 2100:
            return found.replace(tzinfo=UTC) if found.tzinfo is None else found
    except (ValueError, TypeError, OverflowError, IndexError):
        pass
    damaged.append("date")
    stamp = re.search(rb"(\w{3}) +(\d{1,2}) (\d{2}):(\d{2}):(\d{2}) (?:\S+ )?(\d{4})\s*$", separator)
    if stamp is None:
        return None
    try:
        text = f"{stamp[2].decode()} {stamp[1].decode()} {stamp[6].decode()} {':'.join(s.decode() for s in stamp.groups()[2:5])}"
        return datetime.strptime(text, "%d %b %Y %H:%M:%S").replace(tzinfo=UTC)
    except ValueError:
        return None


def _is_automatic(message: Message, address: str) -> bool:
    """Bounces and automatic replies are no complaints (RFC 3834, RFC 3464)."""
    submitted = str(message.get("Auto-Submitted", "no") or "no")
    precedence = str(message.get("Precedence", "") or "").strip().lower()
    return bool(
        _AUTOMATIC.search(submitted)
        or precedence in ("auto_reply", "bulk", "junk", "list")
        or message.get("X-Autoreply")
        or message.get("X-Auto-Response-Suppress") == "All"
        or address.partition("@")[0] in ("mailer-daemon", "postmaster")
        or str(message.get("Return-Path", "")).strip() == "<>"
        or message.get_content_type() == "multipart/report"
    )


def _contents(message: Message, damaged: list[str]) -> tuple[str, tuple[str, ...]]:
    """The text (of the plain parts, else of the HTML ones) and the names of attachments, which are never opened."""
    plain: list[str] = []
    html: list[str] = []
    attachments: list[str] = []
    for number, part in enumerate(message.walk()):
        if number >= MAX_PARTS:
            damaged.append("structure")
            break
        name = part.get_filename()
        if name or part.get_content_disposition() == "attachment":
            attachments.append(_header_text(name or "lampiran", damaged)[:200])
        elif part.get_content_type() in ("text/plain", "text/html"):
            payload = part.get_payload(decode=True)
            content = payload[:MAX_TEXT] if isinstance(payload, bytes) else b""
            text = _decode(content, part.get_content_charset() or "utf-8", damaged)
            (plain if part.get_content_type() == "text/plain" else html).append(text)
    if any(text.strip() for text in plain):
        return "\n".join(plain), tuple(attachments)
    return "\n".join(html_to_text(text) for text in html), tuple(attachments)


def _header_text(name: str, damaged: list[str]) -> str:
    holder = Message()
    holder["X"] = re.sub(r"[\r\n]+", " ", name)
    return _header(holder, "X", damaged)


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag in ("script", "style", "head"):
            self._hidden += 1
        elif tag in ("p", "div", "br", "tr", "li", "h1", "h2", "h3"):
            self.pieces.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("script", "style", "head") and self._hidden:
            self._hidden -= 1

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.pieces.append(data)


def html_to_text(html: str) -> str:
    """The text that a reader sees, without scripts, styles and addresses of pictures."""
    parser = _Text()
    parser.feed(html)
    parser.close()
    lines = (" ".join(line.split()) for line in "".join(parser.pieces).split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


_QUOTE_HEAD = re.compile(
    r"(?i)^(?:on .{5,200} wrote:|pada .{5,200} (?:menulis|wrote)\s*:|-{2,} ?(?:original message|pesan asli|forwarded message).*"
    r"|_{10,}|dari:\s.*|from:\s.*@.*)$"
)


def trim_reply(text: str) -> str:
    """A message without what it quotes and without its signature."""
    kept: list[str] = []
    for line in text.replace("\r\n", "\n").split("\n"):
        stripped = line.strip()
        if line.rstrip("\r") in ("-- ", "--") or _QUOTE_HEAD.match(stripped):
            break
        if not stripped.startswith(">"):
            kept.append(line.rstrip())
    trimmed = re.sub(r"\n{3,}", "\n\n", "\n".join(kept)).strip()
    return trimmed or text.strip()


# -- threads ----------------------------------------------------------------------------------------------------------


def _threads(mails: Sequence[_Mail]) -> list[_Thread]:
    """Messages tied by their references; each thread in order of time, threads in order of their first message."""
    owner: dict[str, _Thread] = {}
    threads: list[_Thread] = []
    for mail in mails:
        found = [owner[key] for key in (*mail.references, mail.message_id) if key in owner]
        thread = found[0] if found else _Thread()
        if not found:
            threads.append(thread)
        for other in found[1:]:
            if other is not thread:  # a message that ties two threads together
                thread.mails += other.mails
                threads.remove(other)
                owner.update({key: thread for key, value in owner.items() if value is other})
        if any(mail.message_id == other.message_id for other in thread.mails):
            continue  # the same message twice
        thread.mails.append(mail)
        for key in (*mail.references, mail.message_id):
            owner[key] = thread
    earliest = datetime.min.replace(tzinfo=UTC)
    for thread in threads:
        first = thread.mails[0]
        rest = sorted(thread.mails[1:], key=lambda mail: mail.received_at or earliest)
        roots = [mail for mail in thread.mails if not mail.references]
        first = roots[0] if roots else first
        thread.mails = [first, *(mail for mail in [thread.mails[0], *rest] if mail is not first)]
    return threads


def _row(thread: _Thread) -> Row:
    first = thread.mails[0]
    root = first.references[0] if first.references else first.message_id
    digest = hashlib.sha256(root.encode("utf-8", "replace")).digest()
    tracking = "ADU-" + base64.b32encode(digest).decode()[:8]
    dates = [mail.received_at for mail in thread.mails if mail.received_at is not None]
    answered = any(mail.from_address != first.from_address for mail in thread.mails[1:])
    attachments = tuple(name for mail in thread.mails for name in mail.attachments)
    values: tuple[Cell, ...] = (
        tracking,
        first.message_id,
        first.subject or None,
        first.text or None,
        first.from_name or None,
        first.from_address or None,
        first.received_at,
        max(dates) if dates else None,
        len(thread.mails),
        answered,
        attachments or None,
        first.damaged or None,
    )
    return Row(first.message_id, values)
