"""`simpul inspect` and `simpul add` of a mailbox on a server, such as imaps://pengaduan@mail.kab.example.

Inspecting with `--json` gives one object on standard output, stable for programs:

    {"server", "encryption", "folders": [{"folder", "mails", "read"}], "problems": [{"code", "where", "text"}]}
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from getpass import getpass
from pathlib import Path

import orjson

from config.insertion import NoRoom
from config.load import load_config
from config.mailboxes import read_url
from config.model import MailboxWritten
from config.problems import ConfigError
from connectors.errors import SourceError
from connectors.imap import ImapMailbox
from connectors.imapline import MailServer
from connectors.imapwire import Login
from connectors.mailfolders import Folder
from schema.catalogue import describe
from simpul.adding.mailbox import draft, known_as
from simpul.adding.proposal import new_text
from simpul.commands.add import open_hub, tell_next, tell_refused, write
from simpul.commands.opening import run
from simpul.console import Terminal, write_bytes
from simpul.formats import format_number

PASSWORD = "SIMPUL_PASSWORD"  # noqa: S105 - where it is looked for


def inspect_mailbox(terminal: Terminal, url: str, ca: Path | None, *, as_json: bool) -> int:
    """Tells which folders a mailbox has. 1 if it can't be asked."""
    written = _read(terminal, url)
    if written is None:
        return 2
    password = written.password or os.environ.get(PASSWORD) or _ask(terminal, written)
    if password is None:
        return 2
    server = MailServer(written.host or "", written.port or 0, written.encryption or "tls", ca)
    problem: SourceError | None = None
    folders: Sequence[tuple[Folder, int, bool]] = ()
    try:
        folders = run(_folders(ImapMailbox(server, Login(written.user or "", password))))
    except SourceError as error:
        problem = error
    if as_json:
        _write(terminal, server, folders, problem)
    elif problem is None:
        _show(terminal, server, folders)
    if problem is not None and not as_json:
        terminal.warn_text(_sentence(problem, terminal))
    return 1 if problem else 0


def add_mailbox(terminal: Terminal, hub: Path, url: str, ca: Path | None, *, yes: bool) -> int:
    """Drafts a mailbox and its complaints into hub.yaml. 1 if nothing was written."""
    written = _read(terminal, url)
    if written is None:
        return 2
    opened = open_hub(terminal, hub)
    if opened is None:
        return 1
    terminal, config, before = opened
    if (known := known_as(config, written)) is not None:
        terminal.warn("MAIL_KNOWN", path=hub, name=known)
        return 1
    text = new_text(terminal.language) if before is None else before.decode("utf-8-sig")
    try:
        drafted = draft(text, config, written, os.path.relpath(ca, hub.parent) if ca else None)
        # the password is not there yet
        load_config(hub, describe(), {**os.environ, drafted.secret: "-"}, text=drafted.text)
    except (NoRoom, ConfigError) as error:
        tell_refused(terminal, hub, error)
        return 1
    if not write(terminal, hub, before, drafted.text, yes=yes):
        return 1
    terminal.say("ADD_SECRET", name=drafted.secret, path=hub.with_name("secrets.env"))
    tell_next(
        terminal, hub, "echo '{ complaints(first: 3) { totalCount nodes { trackingId title } } }' | simpul query -"
    )
    return 0


def _read(terminal: Terminal, url: str) -> MailboxWritten | None:
    written = read_url(url)
    if written is None or not written.user:
        terminal.warn("MAIL_URL_WANTED")
        return None
    return written


def _ask(terminal: Terminal, written: MailboxWritten) -> str | None:
    """The password, from whoever sits at the terminal."""
    if not sys.stdin.isatty():
        terminal.warn("MAIL_PASSWORD_WANTED", name=PASSWORD)
        return None
    return getpass(terminal.text("MAIL_PASSWORD_ASK", user=written.user, host=written.host) + " ")


async def _folders(box: ImapMailbox) -> Sequence[tuple[Folder, int, bool]]:
    try:
        return await box.folders()
    finally:
        await box.aclose()


def _show(terminal: Terminal, server: MailServer, folders: Sequence[tuple[Folder, int, bool]]) -> None:
    terminal.show(f"{server.where} (IMAP, {server.encryption})")
    terminal.show("")
    head = [terminal.text(code) for code in ("INSPECT_FOLDER", "INSPECT_READ", "INSPECT_MAILS")]
    rows = []
    for folder, mails, is_read in folders:
        word = terminal.text("INSPECT_READ_YES" if is_read else "INSPECT_READ_NO")
        rows.append([folder.name, word, format_number(mails, terminal.language)])
    terminal.show_table(head, rows, names=2)


def _write(
    terminal: Terminal, server: MailServer, folders: Sequence[tuple[Folder, int, bool]], problem: SourceError | None
) -> None:
    problems = [problem] if problem else []
    told = {
        "server": server.where,
        "encryption": server.encryption,
        "folders": [{"folder": folder.name, "mails": mails, "read": is_read} for folder, mails, is_read in folders],
        "problems": [{"code": one.code, "where": one.where, "text": _sentence(one, terminal)} for one in problems],
    }
    write_bytes(orjson.dumps(told, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))


def _sentence(error: SourceError, terminal: Terminal) -> str:
    return terminal.render(error.code, {"where": error.where, **error.params})
