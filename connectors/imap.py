"""A mailbox on a server, read by IMAP: the same datasets as connectors/mailbox.py, of all its folders together.

Nothing changes on the server: folders are opened with EXAMINE, mails fetched with BODY.PEEK. A mail is fetched once and kept in
a spool; the next reading asks each folder whether it still is as it was, and fetches what is new. Headers and texts are fetched,
files that were sent along are not."""

from __future__ import annotations

import asyncio
import hashlib
import json
import time
from collections.abc import AsyncGenerator, AsyncIterator, Sequence, Set
from contextlib import aclosing
from pathlib import Path
from typing import TYPE_CHECKING

from connectors.connector import Aside, Batch, DatasetDescription, Part, Row
from connectors.errors import DatasetMissing, SourceBroken, SourceError, SourceUnavailable
from connectors.imapcaution import Caution
from connectors.imapdata import Value
from connectors.imapfetch import ABOUT, Wanted, fields_of, groups, read_fetched, uid_of, wanted
from connectors.imapline import Line, MailServer
from connectors.imapwire import FOREIGN, Answer, Login, Refused, Wire, translate
from connectors.mail import Mail
from connectors.mailbox import DATASET, DATASETS, ROWS_PER_BATCH, sort_out
from connectors.mailfolders import Folder, choose, read_folders
from connectors.mailspool import FORMAT, FolderState, Spool
from connectors.policy import Clock, Gate, Policy, Standing

if TYPE_CHECKING:
    from connectors.oauth import ClientCredentials

KEY = "imap"  # of the one part: a thread may have mails in several folders
WHOLE_SECONDS = 3_600.0  # for a reading; what it had fetched by then needs not be fetched again
REFUSED_SECONDS = 300.0  # no login is tried again after one was refused; else servers lock the account
BROKEN_OFF = ("MAIL_CONNECTION_LOST", "MAIL_REFUSED")
"""How a server ends that stumbles over a mail."""
NEWS_SECONDS = 1_500.0  # an IDLE is begun anew; servers end it after 30 minutes (RFC 2177)
FOLDERS_SECONDS = 300.0  # the other folders are looked at, of which an IDLE tells nothing
POLL_SECONDS = 60.0  # where the server has no IDLE


class ImapMailbox:
    """Reads the folders that match `folders` (all but those for rubbish, drafts and what was sent, if there are none). What is
    read is kept in the file `spool`. `seconds` are those of one answer of the server. With `tokens` it logs in with one of
    them instead of a password."""

    def __init__(
        self,
        server: MailServer,
        login: Login,
        folders: Sequence[str] = (),
        spool: Path | None = None,
        seconds: float = 30,
        whole_seconds: float = WHOLE_SECONDS,
        clock: Clock = time.monotonic,
        tokens: ClientCredentials | None = None,
    ) -> None:
        self._patterns = tuple(folders)
        self._where = server.where
        self._clock = clock
        self._gate = Gate(Policy(seconds, whole_seconds, auth_rest=REFUSED_SECONDS), clock)
        self._line = Line(server, login, tokens, self._gate)
        account = hashlib.sha256(f"{server.host}\0{server.port}\0{login.user}".encode()).hexdigest()[:24]
        self._spool = Spool(spool, account, self._where)
        self._turn = asyncio.Lock()  # one reading at a time, in one connection; another one watches
        self._seen: dict[str, FolderState] | None = None
        self._fetched = 0
        self._caution = Caution()

    @property
    def standing(self) -> Standing:
        """How the server stands with us."""
        return self._gate.standing

    async def describe(self) -> Sequence[DatasetDescription]:
        """The datasets with their columns."""
        await self.parts(DATASET)
        return [DatasetDescription(name, about.columns) for name, about in DATASETS.items()]

    async def parts(self, dataset: str) -> Sequence[Part]:
        """One part: the mailbox. Its stamp says which mails its folders hold."""
        if dataset not in DATASETS:
            raise DatasetMissing(dataset, nearest=DATASET)
        until = self._gate.until()
        async with self._turn, self._line.wire(until) as wire:
            self._seen = {folder.name: state for folder, state in await self._states(wire, until)}
        unfinished = await asyncio.to_thread(self._spool.unfinished)
        return [Part(KEY, self._where, None if unfinished & self._seen.keys() else _stamp(self._seen))]

    async def folders(self) -> Sequence[tuple[Folder, int, bool]]:
        """All folders, how many mails each holds, and whether it is read."""
        until = self._gate.until()
        async with self._turn, self._line.wire(until) as wire:
            there = await self._listed(wire, until)
            read = {folder.name for folder in choose(there, self._patterns, self._where)}
            states = await self._states_of(wire, there, until)
        return [(folder, state.messages, folder.name in read) for folder, state in states]

    async def rows(self, dataset: str, part: Part) -> AsyncGenerator[Batch]:
        """The rows of the mailbox, in the order of the threads' first messages; before them, while mails are fetched, batches
        without any. What is left out is told with the threads."""
        about = DATASETS[dataset]
        folders: dict[str, FolderState] = {}
        async with aclosing(self._bring()) as steps:
            async for found in steps:
                folders = found
                yield Batch(about.columns, (), ahead=self._fetched)
        heads = await asyncio.to_thread(self._spool.heads, folders)
        threads, left_out = await asyncio.to_thread(sort_out, heads.mails)
        left_out += tuple(Aside("WITHHELD_MESSAGE", at, at) for at in self._caution.places(folders))

        def rows_of(some: Sequence[Sequence[Mail]]) -> tuple[Row, ...]:
            return tuple(row for thread in self._spool.threads(some, heads) for row in about.rows(thread))

        for start in range(0, max(len(threads), 1), ROWS_PER_BATCH):
            rows = await asyncio.to_thread(rows_of, threads[start : start + ROWS_PER_BATCH])
            aside = left_out if dataset == DATASET and start == 0 else ()
            yield Batch(about.columns, rows, aside=aside, ahead=self._fetched)

    async def changed(self) -> None:
        """Returns when the mailbox is no longer as it was read or listed last. Waits with IDLE, or looks from time to time where
        the server has none. Raises SourceUnavailable when the connection ends."""
        wire = await self._line.opened(self._gate.until())
        try:
            while True:
                until = self._gate.until()
                states = await self._states(wire, until)
                if {folder.name: state for folder, state in states} != self._seen:
                    return
                if "IDLE" in wire.abilities and states:
                    await self._idle(wire, states[0], FOLDERS_SECONDS if len(states) > 1 else NEWS_SECONDS)
                else:
                    await asyncio.sleep(POLL_SECONDS)
        finally:
            wire.drop()

    async def aclose(self) -> None:
        """Gives back the connection that is kept for the next reading."""
        self._line.leave()
        self._spool.close()

    # -- folders ------------------------------------------------------------------------------------------------------

    async def _states(self, wire: Wire, until: float) -> list[tuple[Folder, FolderState]]:
        """The folders that are read, and which mails each holds now."""
        there = await self._listed(wire, until)
        return await self._states_of(wire, choose(there, self._patterns, self._where), until)

    async def _listed(self, wire: Wire, until: float) -> list[Folder]:
        is_extended = {"LIST-EXTENDED", "SPECIAL-USE"} <= wire.abilities
        answers = await self._line.ask(wire, until, b'LIST "" "*"' + (b" RETURN (SPECIAL-USE)" if is_extended else b""))
        return read_folders(answers, self._where)

    async def _states_of(self, wire: Wire, folders: Sequence[Folder], until: float) -> list[tuple[Folder, FolderState]]:
        states = []
        for folder in folders:
            command = b"STATUS " + folder.argument + b" (MESSAGES UIDNEXT UIDVALIDITY)"
            told = [one for one in await self._line.ask(wire, until, command, folder.name) if one.name == "STATUS"]
            numbers = _numbers(told[0]) if told else {}
            if "UIDVALIDITY" not in numbers or "MESSAGES" not in numbers:
                raise SourceBroken(f"{self._where} › {folder.name}", "NOT_IMAP")
            # a server that doesn't tell the next number gets no use of it: its folders are listed each time
            state = FolderState(numbers["UIDVALIDITY"], numbers.get("UIDNEXT", 0), numbers["MESSAGES"])
            states.append((folder, state))
        return states

    async def _bring(self) -> AsyncGenerator[dict[str, FolderState]]:
        """Brings the spool to what the server has; yields the folders that are read, again and again meanwhile. A connection
        that is lost is opened again as long as something was fetched since, or it can be that a single mail is to blame."""
        until = self._gate.until()
        self._fetched = 0
        self._caution.begin(self._clock())
        while True:
            before = self._fetched
            try:
                async with aclosing(self._attempt(until)) as steps:
                    async for folders in steps:
                        yield folders
            except SourceError as error:
                if error.code not in BROKEN_OFF or not (self._fetched > before or self._caution.narrow(self._clock())):
                    raise
            else:
                return

    async def _attempt(self, until: float) -> AsyncGenerator[dict[str, FolderState]]:
        async with self._turn, self._line.wire(until) as wire:
            states = await self._states(wire, until)
            folders = {folder.name: state for folder, state in states}
            yield folders
            known = await asyncio.to_thread(self._spool.states)
            for folder, state in states:
                if known.get(folder.name) != state or not state.next:
                    async with aclosing(self._bring_folder(wire, folder, until)) as steps:
                        async for _ in steps:
                            yield folders
            await asyncio.to_thread(self._spool.keep, list(folders))
            self._seen = folders

    async def _bring_folder(self, wire: Wire, folder: Folder, until: float) -> AsyncGenerator[None]:
        """Fetches what is new in a folder, and forgets what is gone."""
        answers = await self._line.ask(wire, until, b"EXAMINE " + folder.argument, folder.name)
        codes = {answer.code: answer.about for answer in answers if answer.about.isdigit()}
        if "UIDVALIDITY" not in codes:
            raise SourceBroken(f"{self._where} › {folder.name}", "NOT_IMAP")
        validity, following = int(codes["UIDVALIDITY"]), int(codes.get("UIDNEXT", 0))
        there = await self._all(wire, folder, answers, until)
        following = following or max(there, default=0) + 1
        there = {uid for uid in there if uid < following}  # what came meanwhile is for the next reading
        here = await asyncio.to_thread(self._spool.begin, folder.name, validity)
        missing = sorted(there - here - self._caution.withheld(folder.name, validity))
        while missing:
            chunk, missing = missing[: self._caution.at_once], missing[self._caution.at_once :]
            self._caution.ask(folder.name, validity, chunk)
            about = {uid: fields async for uid, fields in self._fetch(wire, chunk, ABOUT, folder, until)}
            for group in groups([wanted(uid, about.get(uid, {})) for uid in chunk]):
                here |= await self._bring_mails(wire, group, folder, validity, until)
                yield
            self._caution.answered()
        is_whole = there <= here
        if not is_whole:
            still = await self._search(wire, folder, until)
            self._caution.withhold(folder.name, validity, (there - here) & still, self._clock())
            is_whole = not (there - here) & still
            there &= here  # the others were taken away meanwhile
        gone = {uid for uid in here - there if uid < following}
        state = FolderState(validity, following, len(there))
        await asyncio.to_thread(self._spool.finish, folder.name, state, gone, is_whole)

    async def _all(self, wire: Wire, folder: Folder, opened: Sequence[Answer], until: float) -> set[int]:
        """The numbers of all mails of a folder that was `opened`: as many as the server said that there are, for what is missing
        would be taken for deleted. Mails that somebody else deletes meanwhile are why it is opened and asked once more."""
        there = await self._search(wire, folder, until)
        if len(there) < _count(opened):
            opened = await self._line.ask(wire, until, b"EXAMINE " + folder.argument, folder.name)
            there = await self._search(wire, folder, until)
            if len(there) < _count(opened):
                raise SourceBroken(f"{self._where} › {folder.name}", "NOT_IMAP")
        return there

    async def _search(self, wire: Wire, folder: Folder, until: float) -> set[int]:
        """The numbers of all mails of the folder that is open."""
        found: set[int] = set()
        for answer in await self._line.ask(wire, until, b"UID SEARCH ALL", folder.name):
            if answer.name == "SEARCH":
                if answer.is_cut:
                    raise SourceBroken(f"{self._where} › {folder.name}", "NOT_IMAP")
                found |= {int(value) for value in answer.values if isinstance(value, str) and value.isdigit()}
        return found

    # -- mails --------------------------------------------------------------------------------------------------------

    async def _bring_mails(
        self, wire: Wire, group: Sequence[Wanted], folder: Folder, validity: int, until: float
    ) -> Set[int]:
        """Fetches the mails of a group and keeps them, as far as the server gives them out; their numbers. Also those that came
        before the connection was lost."""
        by_uid = {mail.uid: mail for mail in group}
        sections = f"UID {' '.join(group[0].sections)}"
        fetched: dict[int, dict[str, Value]] = {}
        trouble: SourceUnavailable | None = None
        try:
            async for uid, fields in self._fetch(wire, list(by_uid), sections, folder, until):
                fetched[uid] = fields  # noqa: PERF403 - what came before an error is kept
        except SourceUnavailable as error:
            trouble = error

        def keep() -> None:
            mails = {uid: read_fetched(by_uid[uid], fields) for uid, fields in fetched.items()}
            self._spool.add(folder.name, validity, mails)

        await asyncio.to_thread(keep)
        self._fetched += len(fetched)
        if trouble is not None:
            raise trouble
        return fetched.keys()

    async def _fetch(
        self, wire: Wire, uids: Sequence[int], items: str, folder: Folder, until: float
    ) -> AsyncIterator[tuple[int, dict[str, Value]]]:
        """What the server tells of some mails, as it comes: each answer has its own time, so that a slow line is no silent
        server. What nobody asked for is passed over."""
        asked = set(uids)
        numbers = ",".join(map(str, uids))
        async with self._line.step(until, folder.name):
            tag = await wire.send(f"UID FETCH {numbers} ({items})".encode())
        while True:
            async with self._line.step(until, folder.name):
                answer = await wire.next(tag)
            if answer.name == "DONE":
                return
            fields = fields_of(answer) if answer.name == "FETCH" else {}
            uid = uid_of(fields)
            if uid in asked and fields.keys() - {"UID", "FLAGS"}:
                yield uid, fields

    # -- news ---------------------------------------------------------------------------------------------------------

    async def _idle(self, wire: Wire, first: tuple[Folder, FolderState], seconds: float) -> None:
        """Waits until the server tells of another number of mails in a folder, at most `seconds`."""
        folder, state = first
        until = self._gate.until()
        answers = await self._line.ask(wire, until, b"EXAMINE " + folder.argument, folder.name)
        count = next((answer.number for answer in answers if answer.name == "EXISTS"), None)
        if count != state.messages:
            return
        async with self._line.step(until, folder.name):
            tag = await wire.send(b"IDLE")
            while (await wire.next(tag)).name not in ("+", "DONE"):
                pass
        try:
            async with asyncio.timeout(seconds):
                while True:
                    answer = await self._news(wire, tag)
                    if answer.name == "EXPUNGE" or (answer.name == "EXISTS" and answer.number != count):
                        break
        except TimeoutError:
            pass
        async with self._line.step(self._gate.until(), folder.name):
            await wire.say(b"DONE")
            while (await wire.next(tag)).name != "DONE":
                pass

    async def _news(self, wire: Wire, tag: bytes) -> Answer:
        """What the server says next, whenever it does."""
        try:
            return await wire.next(tag)
        except Refused as refused:
            raise SourceBroken(self._where, "MAIL_REFUSED", reason=refused.code or refused.word) from refused
        except FOREIGN as error:
            raise translate(error, self._where) from error


def _count(answers: Sequence[Answer]) -> int:
    """How many mails a folder has, as the server said when it was opened."""
    return next((answer.number or 0 for answer in reversed(answers) if answer.name == "EXISTS"), 0)


def _numbers(answer: Answer) -> dict[str, int]:
    """What STATUS tells, by name."""
    values = answer.values[-1] if answer.values and isinstance(answer.values[-1], list) else []
    pairs = zip(values[::2], values[1::2], strict=False)
    return {
        name.upper(): int(number)
        for name, number in pairs
        if isinstance(name, str) and isinstance(number, str) and number.isdigit()
    }


def _stamp(states: dict[str, FolderState]) -> str | None:
    """Equal only if all folders surely hold the same mails, and they are read alike."""
    if not all(state.next for state in states.values()):
        return None
    told = [(name, state.validity, state.next, state.messages) for name, state in states.items()]
    return hashlib.sha256(json.dumps([FORMAT, told]).encode()).hexdigest()[:32]
