"""Mailboxes as mbox files or Maildir folders: one thread is one row; bounces and automatic replies are set aside; no message is lost.

The dataset `threads` has the columns:

    trackingId      our own number for the thread, stable: ADU- and 8 characters of a hash of its first Message-ID
    messageId       of the first message; made of the content where there is none
    subject         without Re: and Fwd:
    text            of the first message, without quotes and signature; HTML made into text
    fromName, fromAddress, receivedAt, lastMessageAt, messages (a number), attachments (file names)
    answered        whether somebody other than the first sender wrote later
    damaged         what was wrong with the first message (see connectors/mail.py); none if nothing
    guessedCategory, guessedVillage, guessedDistrict, guessedAgency    what the first message seems to be about (see
                    connectors/mailguess.py), each with its categoryConfidence … from 0 to 1

`replies`, a row for each later message of a thread:

    trackingId, messageId, number (its place in the thread, from 2)
    sender          REPORTER if it is the first message's sender, else OTHER
    fromName, fromAddress, sentAt, text, damaged

`attachments`, a row for each file that was sent along; no file is opened:

    trackingId, messageId, number (its place in the message, from 1), name, mediaType, size (bytes; none of a
    file of more than a megabyte, of which only the beginning is read)
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import os
import threading
import time
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from connectors.connector import Aside, Batch, Cell, Column, DatasetDescription, Part, Reason, Row
from connectors.errors import DatasetMissing, LimitExceeded, SourceBusy, SourceError, SourceTimeout, SourceUnavailable
from connectors.files import SETTLED_SECONDS, find_files, stamp_of
from connectors.mail import Mail, made_id, read_mail
from connectors.maildir import find_maildirs, is_maildir, read_maildir, stamp_of_maildir
from connectors.mailguess import guess
from connectors.mbox import RawMail, is_complete, split_mbox
from connectors.opening import translate_os
from connectors.policy import Gate, Policy

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
    "guessedCategory",
    "categoryConfidence",
    "guessedVillage",
    "villageConfidence",
    "guessedDistrict",
    "districtConfidence",
    "guessedAgency",
    "agencyConfidence",
)
REPLY_NAMES = (
    "trackingId",
    "messageId",
    "number",
    "sender",
    "fromName",
    "fromAddress",
    "sentAt",
    "text",
    "damaged",
)
ATTACHMENT_NAMES = ("trackingId", "messageId", "number", "name", "mediaType", "size")
ROWS_PER_BATCH = 200
SAMPLES = 5
MAX_FILE = 2_000_000_000  # bytes of a mailbox


class Mailbox:
    """Reads mbox files and Maildir folders below `root` that match `patterns`; each is a part, read in at most `seconds`."""

    def __init__(self, root: Path, patterns: Sequence[str], seconds: float = 600) -> None:
        self._root = root
        self._patterns = tuple(patterns)
        self._gate = Gate(Policy(seconds, seconds, failures=None))

    async def describe(self) -> Sequence[DatasetDescription]:
        """The datasets with their columns, and samples from the first file."""
        return [await self._described(dataset) for dataset in DATASETS]

    async def _described(self, dataset: str) -> DatasetDescription:
        names, columns = DATASETS[dataset].names, DATASETS[dataset].columns
        for part in await self.parts(dataset):
            async with aclosing(self.rows(dataset, part)) as batches:
                async for batch in batches:
                    rows = batch.rows[:SAMPLES]
                    samples = {name: tuple(row.values[place] for row in rows) for place, name in enumerate(names)}
                    return DatasetDescription(dataset, columns, samples)
        return DatasetDescription(dataset, columns)

    async def parts(self, dataset: str) -> Sequence[Part]:
        """One part for each file and folder."""
        if dataset not in DATASETS:
            raise DatasetMissing(dataset, nearest=DATASET)
        return await asyncio.to_thread(self._parts)

    async def rows(self, dataset: str, part: Part) -> AsyncGenerator[Batch]:
        """The rows of one file, in the order of the threads' first messages. A thread is known when the file is read to its
        end. What is set aside is told with the threads, the later messages of each among it."""
        about = DATASETS[dataset]
        stopped = threading.Event()
        threads, left_out = await self._gate.in_thread(
            part.label, lambda: self._read(part, stopped.is_set), stopped.set
        )
        rows = [row for thread in threads for row in about.rows(thread)]
        aside = left_out if dataset == DATASET else ()
        for start in range(0, max(len(rows), 1), ROWS_PER_BATCH):
            taken = tuple(rows[start : start + ROWS_PER_BATCH])
            yield Batch(about.columns, taken, aside=aside if start == 0 else ())

    async def aclose(self) -> None:
        """Files are open no longer than a reading."""

    def _parts(self) -> list[Part]:
        folders = find_maildirs(self._root, self._patterns)
        found = [Part(key, path.name, stamp_of_maildir(path), file=path.name) for key, path in folders]
        try:
            files = find_files(self._root, self._patterns)
        except DatasetMissing:
            if not found:
                raise
            files = []
        return found + [Part(key, path.name, stamp_of(path), file=path.name) for key, path in files]

    def _read(self, part: Part, is_stopped: Callable[[], bool]) -> tuple[list[list[Mail]], tuple[Aside, ...]]:
        """Threads, and the messages that are not the first of one: automatic, empty, there twice, still being written, later."""
        path = self._root / part.key
        try:
            messages = (read_maildir if is_maildir(path) else _messages)(path, part.label, is_stopped)
            mails = [read_mail(raw) if raw.content.strip() else None for raw in messages]
        except OSError as error:
            raise translate(error, part.label) from error
        return sort_out(mails)


def _messages(path: Path, where: str, is_stopped: Callable[[], bool]) -> Iterator[RawMail]:
    """The messages of a file as it was when it was opened; of the one that is still being written nothing."""
    with path.open("rb") as file:
        before = os.fstat(file.fileno())
        if before.st_size > MAX_FILE:
            raise LimitExceeded(where, "DATA_FILE_TOO_LARGE", limit=MAX_FILE // 1_000_000)
        is_growing = time.time() - before.st_mtime < SETTLED_SECONDS and not is_complete(file, before.st_size)
        file.seek(0)
        last: RawMail | None = None
        for raw in split_mbox(file, before.st_size, where):
            if last is not None:
                yield last
            if is_stopped():
                raise SourceTimeout(where, seconds="-")
            last = raw
        after = path.stat()
        if after.st_ino != before.st_ino or after.st_size < before.st_size:
            raise SourceUnavailable(where, "FILE_CHANGED")  # a mail program has tidied it up in the meantime
        if last is not None:
            yield replace(last, content=b"") if is_growing else last


def translate(error: OSError, where: str) -> SourceError:
    """The error of our tree for one of the operating system's."""
    if isinstance(error, PermissionError):
        return SourceBusy(where)
    return translate_os(error, where)


# -- threads ----------------------------------------------------------------------------------------------------------


def sort_out(mails: Sequence[Mail | None]) -> tuple[list[list[Mail]], tuple[Aside, ...]]:
    """The threads of the messages of a mailbox, and those that begin none, each with its reason; None stands for an empty one."""
    aside: list[Aside] = []

    def left_out(reason: Reason, at: str) -> None:
        aside.append(Aside(reason, at, at))

    readable: list[Mail] = []
    for number, mail in enumerate(mails, 1):
        if mail is None:
            left_out("EMPTY_MESSAGE", f"#{number}")
        elif mail.is_automatic:
            left_out("AUTOMATIC", mail.message_id)
        else:
            readable.append(mail)
    kept: list[Mail] = []
    for mail, once in zip(readable, distinct(readable), strict=True):
        if once is None:
            left_out("REPEATED_MESSAGE", mail.message_id)
        else:
            kept.append(once)
    threads = threads_of(kept)
    for thread in threads:
        for mail in thread[1:]:
            left_out("LATER_MESSAGE", mail.message_id)
    return threads, tuple(aside)


def distinct(mails: Iterable[Mail]) -> Iterator[Mail | None]:
    """Each message once, None where it comes again. Another message under a Message-ID that was used before gets one of its
    own."""
    seen: dict[str, set[str]] = {}
    for mail in mails:
        content = made_id(repr((mail.from_address, mail.subject, mail.text)).encode("utf-8", "replace"))
        before = seen.setdefault(mail.message_id, set())
        if before and content not in before:
            before.add(content)
            yield replace(mail, message_id=content, damaged=(*mail.damaged, "messageId"))
        elif not before:
            before.add(content)
            yield mail
        else:
            yield None


def threads_of(mails: Sequence[Mail]) -> list[list[Mail]]:
    """Messages tied by their references. A thread begins with its earliest message that refers to none; the others follow in
    order of time."""
    leaders: dict[str, str] = {}

    def leader(key: str) -> str:
        while (above := leaders.setdefault(key, key)) != key:
            leaders[key] = leaders.setdefault(above, above)  # the way up gets shorter each time
            key = above
        return key

    for mail in mails:
        for reference in mail.references:
            leaders[leader(reference)] = leader(mail.message_id)
    threads: dict[str, list[Mail]] = {}
    for mail in mails:
        threads.setdefault(leader(mail.message_id), []).append(mail)
    return [_in_order(thread) for thread in threads.values()]


def _in_order(thread: list[Mail]) -> list[Mail]:
    first = min(thread, key=lambda mail: (bool(mail.references), _when(mail)))
    return [first, *sorted((mail for mail in thread if mail is not first), key=_when)]


def _when(mail: Mail) -> datetime:
    """For the order alone: a time without a zone counts as UTC, no time comes last."""
    if mail.received_at is None:
        return datetime.max.replace(tzinfo=UTC)
    return mail.received_at if mail.received_at.tzinfo else mail.received_at.replace(tzinfo=UTC)


def _number_of(thread: Sequence[Mail]) -> str:
    """Our own number for a thread."""
    first = thread[0]
    root = first.references[0] if first.references else first.message_id
    digest = hashlib.sha256(root.encode("utf-8", "replace")).digest()
    return "ADU-" + base64.b32encode(digest).decode()[:8]


def _thread_rows(thread: Sequence[Mail]) -> Iterator[Row]:
    first = thread[0]
    dated = [mail for mail in thread if mail.received_at is not None]
    answered = bool(first.from_address) and any(
        mail.from_address not in ("", first.from_address) for mail in thread[1:]
    )
    values: tuple[Cell, ...] = (
        _number_of(thread),
        first.message_id,
        first.subject or None,
        first.text or None,
        first.from_name or None,
        first.from_address or None,
        first.received_at,
        max(dated, key=_when).received_at if dated else None,
        len(thread),
        answered,
        tuple(file.name for mail in thread for file in mail.attachments) or None,
        first.damaged or None,
        *(
            cell
            for one in guess(first.subject, first.text)
            for cell in (one.text, one.confidence if one.text else None)
        ),
    )
    yield Row(first.message_id, values)


def _reply_rows(thread: Sequence[Mail]) -> Iterator[Row]:
    first = thread[0]
    for number, mail in enumerate(thread[1:], 2):
        values: tuple[Cell, ...] = (
            _number_of(thread),
            mail.message_id,
            number,
            "REPORTER" if mail.from_address == first.from_address else "OTHER",
            mail.from_name or None,
            mail.from_address or None,
            mail.received_at,
            mail.text or None,
            mail.damaged or None,
        )
        yield Row(mail.message_id, values)


def _attachment_rows(thread: Sequence[Mail]) -> Iterator[Row]:
    for mail in thread:
        for number, file in enumerate(mail.attachments, 1):
            values = _number_of(thread), mail.message_id, number, file.name, file.media_type, file.size
            yield Row(f"{mail.message_id} #{number}", values)


@dataclass(frozen=True, slots=True)
class _Dataset:
    """What the rows of a dataset hold, and how a thread becomes rows."""

    names: tuple[str, ...]
    rows: Callable[[Sequence[Mail]], Iterator[Row]]

    @property
    def columns(self) -> tuple[Column, ...]:
        return tuple(Column(name, name) for name in self.names)


DATASETS = {
    DATASET: _Dataset(NAMES, _thread_rows),
    "replies": _Dataset(REPLY_NAMES, _reply_rows),
    "attachments": _Dataset(ATTACHMENT_NAMES, _attachment_rows),
}
