"""What was read of a mailbox on a server, kept beside the replica so that no mail is fetched twice.

It is a copy that can be thrown away: of another mailbox, of another version of the reader, or damaged, it is made anew. A mail
stands here when it was fetched, and goes when the server no longer has it; it never says more than the server does. What counts
as synced is decided by the replica alone."""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
import tempfile
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from connectors.errors import SourceUnavailable
from connectors.mail import Attached, Mail

FORMAT = 1  # raised when mails are read otherwise than before
SECONDS_TO_WAIT = 30.0  # for another process that writes

_TABLES = """
CREATE TABLE owner (account TEXT NOT NULL, format INTEGER NOT NULL);
CREATE TABLE folder (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, validity INTEGER NOT NULL, next INTEGER, messages INTEGER);
CREATE TABLE mail (folder INTEGER NOT NULL, uid INTEGER NOT NULL, head TEXT NOT NULL, text BLOB NOT NULL, PRIMARY KEY (folder, uid))
    WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True)
class FolderState:
    """What a server says of a folder: equal ones hold the same mails (RFC 3501 §2.3.1.1: numbers only grow and are never used
    again under one `validity`)."""

    validity: int
    next: int
    messages: int


@dataclass(frozen=True, slots=True)
class Heads:
    """Mails in place of whose texts their hashes stand, None for one without any content; and where each text is, by its
    hash."""

    mails: list[Mail | None]
    places: dict[str, tuple[int, int]]


class Spool:
    """The file at `path`, for the mailbox called `account`; None: nothing is kept beyond the life of this object. A connection
    is open no longer than a method runs, so that each may be called in a thread and left behind there."""

    def __init__(self, path: Path | None, account: str, where: str) -> None:
        self._path = path
        self._account = account
        self._where = where
        self._folder: tempfile.TemporaryDirectory[str] | None = None

    def close(self) -> None:
        """Forgets what has no file of its own."""
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = self._path = None

    # -- folders ------------------------------------------------------------------------------------------------------

    def states(self) -> dict[str, FolderState]:
        """The folders that are here whole, as the server told of them when they were."""
        with self._open() as db:
            rows = db.execute("SELECT name, validity, next, messages FROM folder WHERE next IS NOT NULL")
            return {name: FolderState(*state) for name, *state in rows}

    def unfinished(self) -> set[str]:
        """The folders of which something is here, but not all."""
        with self._open() as db:
            return {name for (name,) in db.execute("SELECT name FROM folder WHERE next IS NULL")}

    def begin(self, folder: str, validity: int) -> set[int]:
        """The numbers of a folder's mails that are here. Those of another validity are forgotten."""
        with self._writing() as db:
            found = db.execute("SELECT id, validity FROM folder WHERE name = ?", (folder,)).fetchone()
            if found is not None and found[1] != validity:
                self._forget(db, found[0])
                found = None
            if found is None:
                db.execute("INSERT INTO folder (name, validity) VALUES (?, ?)", (folder, validity))
                return set()
            return {uid for (uid,) in db.execute("SELECT uid FROM mail WHERE folder = ?", (found[0],))}

    def finish(self, folder: str, state: FolderState, gone: Iterable[int], is_whole: bool = True) -> None:
        """Takes away mails that the server no longer has; the rest is whole, unless the server withholds some."""
        with self._writing() as db:
            where = "(SELECT id FROM folder WHERE name = ? AND validity = ?)"
            known = (folder, state.validity)
            db.executemany(f"DELETE FROM mail WHERE folder = {where} AND uid = ?", ((*known, uid) for uid in gone))
            db.execute(
                f"UPDATE folder SET next = ?, messages = ? WHERE id = {where}",
                (state.next if is_whole else None, state.messages, *known),
            )

    def keep(self, folders: Sequence[str]) -> None:
        """Forgets all folders but these."""
        with self._writing() as db:
            for number, name in db.execute("SELECT id, name FROM folder").fetchall():
                if name not in folders:
                    self._forget(db, number)

    def _forget(self, db: sqlite3.Connection, folder: int) -> None:
        db.execute("DELETE FROM mail WHERE folder = ?", (folder,))
        db.execute("DELETE FROM folder WHERE id = ?", (folder,))

    # -- mails --------------------------------------------------------------------------------------------------------

    def add(self, folder: str, validity: int, mails: Mapping[int, Mail | None]) -> None:
        """Takes mails of a folder; None for one without any content."""
        with self._writing() as db:
            found = db.execute("SELECT id FROM folder WHERE (name, validity) = (?, ?)", (folder, validity)).fetchone()
            if found is None:
                raise SourceUnavailable(
                    self._where, "MAILBOX_CHANGED"
                )  # another process saw a newer folder of that name
            db.executemany(
                "INSERT OR REPLACE INTO mail VALUES (?, ?, ?, ?)",
                [
                    (
                        found[0],
                        uid,
                        _head(mail),
                        zlib.compress((mail.text if mail else "").encode("utf-8", "surrogatepass")),
                    )
                    for uid, mail in mails.items()
                ],
            )

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """A connection whose changes count all or not at all."""
        with self._open() as db:
            db.execute("BEGIN IMMEDIATE")
            try:
                yield db
            except BaseException:
                db.execute("ROLLBACK")
                raise
            db.execute("COMMIT")

    def heads(self, folders: Mapping[str, FolderState]) -> Heads:
        """All mails of some folders, in their order and that of arrival. Raises SourceUnavailable if a folder is no longer the
        one that was brought here."""
        found = Heads([], {})
        with self._open() as db:
            db.execute("BEGIN")  # one state of it, whatever is written meanwhile
            for name, state in folders.items():
                known = db.execute("SELECT id FROM folder WHERE (name, validity) = (?, ?)", (name, state.validity))
                row = known.fetchone()
                if row is None:
                    raise SourceUnavailable(f"{self._where} › {name}", "MAILBOX_CHANGED")
                rows = db.execute("SELECT folder, uid, head FROM mail WHERE folder = ? ORDER BY uid", row)
                for number, uid, head in rows:
                    mail = _mail(head)
                    found.mails.append(mail)
                    if mail is not None:
                        found.places[mail.text] = number, uid
        return found

    def threads(self, threads: Sequence[Sequence[Mail]], heads: Heads) -> list[list[Mail]]:
        """Mails of `heads` as they were read. Raises SourceUnavailable if one is gone meanwhile."""
        with self._open() as db:
            return [[self._whole(db, mail, heads.places[mail.text]) for mail in thread] for thread in threads]

    def _whole(self, db: sqlite3.Connection, mail: Mail, place: tuple[int, int]) -> Mail:
        row = db.execute("SELECT text FROM mail WHERE (folder, uid) = (?, ?)", place).fetchone()
        if row is None:
            raise SourceUnavailable(self._where, "MAILBOX_CHANGED")
        return replace(mail, text=zlib.decompress(row[0]).decode("utf-8", "surrogatepass"))

    # -- the file -----------------------------------------------------------------------------------------------------

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """A connection for the time of a step."""
        try:
            if self._path is None:
                self._folder = tempfile.TemporaryDirectory(prefix="simpul-")
                self._path = Path(self._folder.name) / "mail.db"
            with closing(self._connected(self._path)) as db:
                yield db
        except sqlite3.Error as error:
            raise SourceUnavailable(self._where, "SPOOL_FAILED", reason=str(error)) from error
        except OSError as error:
            raise SourceUnavailable(self._where, "SPOOL_FAILED", reason=error.strerror or str(error)) from error

    def _connected(self, path: Path) -> sqlite3.Connection:
        try:
            return self._usable(path)
        except sqlite3.DatabaseError as error:
            if isinstance(error, sqlite3.OperationalError):
                raise  # locked, or the disk is full
        _remove(path)  # damaged
        return self._usable(path)

    def _usable(self, path: Path) -> sqlite3.Connection:
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))  # people's letters: for nobody else
        db = sqlite3.connect(path, timeout=SECONDS_TO_WAIT, isolation_level=None)
        try:
            db.execute("PRAGMA journal_mode = WAL")
            db.execute("PRAGMA synchronous = NORMAL")
            db.execute("PRAGMA secure_delete = ON")  # a mail that was deleted is to be gone
            if not self._is_ours(db):
                self._make(db)
            return db
        except BaseException:
            db.close()
            raise

    def _is_ours(self, db: sqlite3.Connection) -> bool:
        has_tables = db.execute("SELECT count(*) FROM sqlite_master WHERE name = 'owner'").fetchone()[0]
        return bool(has_tables) and db.execute("SELECT account, format FROM owner").fetchone() == (
            self._account,
            FORMAT,
        )

    def _make(self, db: sqlite3.Connection) -> None:
        """The tables, empty; unless another process was quicker."""
        db.execute("BEGIN IMMEDIATE")
        if not self._is_ours(db):
            for table in ("owner", "folder", "mail"):
                db.execute(f"DROP TABLE IF EXISTS {table}")
            for statement in _TABLES.split(";"):
                db.execute(statement)
            db.execute("INSERT INTO owner VALUES (?, ?)", (self._account, FORMAT))
        db.execute("COMMIT")


def _remove(path: Path) -> None:
    for name in (path.name, f"{path.name}-wal", f"{path.name}-shm"):
        with suppress(FileNotFoundError):
            path.with_name(name).unlink()


# -- how a mail is written ----------------------------------------------------------------------------------------------


def _head(mail: Mail | None) -> str:
    """A mail without its text, as JSON."""
    if mail is None:
        return "null"
    text = hashlib.sha256(mail.text.encode("utf-8", "surrogatepass")).hexdigest()[:24]
    return json.dumps(
        [
            mail.message_id,
            mail.references,
            mail.subject,
            text,
            mail.from_name,
            mail.from_address,
            mail.received_at.isoformat() if mail.received_at else None,
            [(file.name, file.media_type, file.size) for file in mail.attachments],
            mail.damaged,
            mail.is_automatic,
        ]
    )


def _mail(head: str) -> Mail | None:
    found = json.loads(head)
    if found is None:
        return None
    message_id, references, subject, text, name, address, received, files, damaged, is_automatic = found
    return Mail(
        message_id,
        tuple(references),
        subject,
        text,
        name,
        address,
        datetime.fromisoformat(received) if received else None,
        tuple(Attached(*file) for file in files),
        tuple(damaged),
        is_automatic,
    )
