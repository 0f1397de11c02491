"""Mailboxes as mbox files: one thread is one row; bounces and automatic replies are set aside; no message is lost.

The dataset is called `threads`. Its columns:

    trackingId      our own number for the thread, stable: ADU- and 8 characters of a hash of its first Message-ID
    messageId       of the first message; made of the content where there is none
    subject         without Re: and Fwd:
    text            of the first message, without quotes and signature; HTML made into text
    fromName, fromAddress, receivedAt, lastMessageAt, messages (a number), attachments (file names)
    answered        whether somebody other than the first sender wrote later
    damaged         what was wrong with the first message (see connectors/mail.py); none if nothing
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
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from connectors.connector import Batch, Cell, Column, DatasetDescription, Part, Row
from connectors.errors import DatasetMissing, LimitExceeded, SourceBusy, SourceError, SourceTimeout, SourceUnavailable
from connectors.files import SETTLED_SECONDS, find_files, stamp_of
from connectors.mail import Mail, made_id, read_mail
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
)

COLUMNS = tuple(Column(name, name) for name in NAMES)
ROWS_PER_BATCH = 200
SAMPLES = 5
MAX_FILE = 2_000_000_000  # bytes of a mailbox


class Mailbox:
    """Reads mbox files below `root` that match `patterns`; each is a part, read in at most `seconds`."""

    def __init__(self, root: Path, patterns: Sequence[str], seconds: float = 600) -> None:
        self._root = root
        self._patterns = tuple(patterns)
        self._gate = Gate(Policy(seconds, seconds))

    async def describe(self) -> Sequence[DatasetDescription]:
        """The columns, and samples from the first file."""
        for part in await self.parts(DATASET):
            async with aclosing(self.rows(DATASET, part)) as batches:
                async for batch in batches:
                    rows = batch.rows[:SAMPLES]
                    samples = {name: tuple(row.values[place] for row in rows) for place, name in enumerate(NAMES)}
                    return [DatasetDescription(DATASET, COLUMNS, samples)]
        return [DatasetDescription(DATASET, COLUMNS)]

    async def parts(self, dataset: str) -> Sequence[Part]:
        """One part for each file."""
        if dataset != DATASET:
            raise DatasetMissing(dataset, nearest=DATASET)
        files = await asyncio.to_thread(find_files, self._root, self._patterns)
        return [Part(key, path.name, stamp_of(path), file=path.name) for key, path in files]

    async def rows(self, dataset: str, part: Part) -> AsyncGenerator[Batch]:
        """The threads of one file, in the order of their first messages. A thread is known when the file is read to its end."""
        stopped = threading.Event()
        rows, skipped = await self._gate.in_thread(part.label, lambda: self._read(part, stopped.is_set), stopped.set)
        for start in range(0, max(len(rows), 1), ROWS_PER_BATCH):
            yield Batch(COLUMNS, tuple(rows[start : start + ROWS_PER_BATCH]), skipped=skipped if start == 0 else 0)

    async def aclose(self) -> None:
        """Files are open no longer than a reading."""

    def _read(self, part: Part, is_stopped: Callable[[], bool]) -> tuple[list[Row], int]:
        """Rows, and how many messages are left out: automatic, empty, there twice, or still being written."""
        try:
            mails = [
                read_mail(raw) if raw.content.strip() else None
                for raw in _messages(self._root / part.key, part.label, is_stopped)
            ]
        except OSError as error:
            raise translate(error, part.label) from error
        kept = list(distinct(mail for mail in mails if mail is not None and not mail.is_automatic))
        return [_row(thread) for thread in threads_of(kept)], len(mails) - len(kept)


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


def distinct(mails: Iterable[Mail]) -> Iterator[Mail]:
    """Each message once. Another message under a Message-ID that was used before gets one of its own."""
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


def _row(thread: Sequence[Mail]) -> Row:
    first = thread[0]
    root = first.references[0] if first.references else first.message_id
    digest = hashlib.sha256(root.encode("utf-8", "replace")).digest()
    dated = [mail for mail in thread if mail.received_at is not None]
    answered = bool(first.from_address) and any(
        mail.from_address not in ("", first.from_address) for mail in thread[1:]
    )
    values: tuple[Cell, ...] = (
        "ADU-" + base64.b32encode(digest).decode()[:8],
        first.message_id,
        first.subject or None,
        first.text or None,
        first.from_name or None,
        first.from_address or None,
        first.received_at,
        max(dated, key=_when).received_at if dated else None,
        len(thread),
        answered,
        tuple(name for mail in thread for name in mail.attachments) or None,
        first.damaged or None,
    )
    return Row(first.message_id, values)
