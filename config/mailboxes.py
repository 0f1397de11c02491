"""A mailbox in hub.yaml: files, or a server that is named in one address or by its parts."""

from __future__ import annotations

from collections.abc import Collection
from ipaddress import ip_address
from urllib.parse import unquote, urlsplit

from pydantic import ValidationError

from config.entities import Text
from config.model import MailboxWritten
from config.places import Places

Place = tuple[str | int, ...]

PORTS = {"tls": 993, "starttls": 143, "none": 143}
_OF_SERVERS = ("url", "host", "port", "encryption", "ca", "user", "password", "oauth", "folders")
_IN_URL = ("host", "port")


def whole_mailbox(
    written: MailboxWritten, path: Place, places: Places, given: Collection[str]
) -> MailboxWritten | None:
    """A mailbox with everything that is to be known of it said in its own option; None if it can't be used, with problems.
    `given` are the options that stand there; one that is not in `written` has been told of."""
    if written.path is not None:
        unused = _given(written, _OF_SERVERS)
        return (
            None
            if _note_unused(unused, Text("a mailbox on a server", "kotak surat di server"), path, places)
            else written
        )
    if written.url is None and written.host is None:
        if not {"path", "url", "host"} & set(given):
            places.add(path, "MISSING_OPTION", at_key=True, name="path")
        return None
    if written.url is not None:
        apart = Text("a source without url", "sumber tanpa url")
        if _note_unused(_given(written, _IN_URL), apart, path, places):
            return None
        unencrypted = Text("an address with imap://", "alamat dengan imap://")
        is_tls = written.url.lower().startswith("imaps")
        if is_tls and _note_unused(_given(written, ("encryption",)), unencrypted, path, places):
            return None
        written = take_apart(written, written.url)
    encryption = written.encryption or "tls"
    if written.oauth is not None and written.password is not None:
        _note_unused(["password"], Text("a source without oauth", "sumber tanpa oauth"), path, places)
        return None
    needed = ("user",) if written.oauth is not None else ("user", "password")
    missing = [name for name in needed if not getattr(written, name)]
    for name in missing:
        if name not in given:
            places.add(path, "MISSING_OPTION", at_key=True, name=name)
    settled = {"encryption": encryption, "port": written.port or PORTS[encryption]}
    return None if missing else written.model_copy(update=settled)


def read_url(url: str) -> MailboxWritten | None:
    """The mailbox at an address; None if that is none."""
    try:
        written = take_apart(MailboxWritten.model_validate({"kind": "mailbox", "url": url}), url)
    except ValidationError:
        return None
    return written.model_copy(update={"port": written.port or PORTS[written.encryption or "tls"]})


def take_apart(written: MailboxWritten, url: str) -> MailboxWritten:
    """The options of a mailbox that is named by an address. `imaps` is TLS; `imap` is STARTTLS, on this machine itself nothing,
    unless `encryption` says otherwise."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    is_tls = parts.scheme.lower() == "imaps"
    usual = "tls" if is_tls else "none" if _is_here(host) else "starttls"
    return written.model_copy(
        update={
            "host": host,
            "port": parts.port,
            "encryption": written.encryption or usual,
            "user": written.user or (unquote(parts.username) if parts.username else None),
            "password": written.password or (unquote(parts.password) if parts.password else None),
        }
    )


def _is_here(host: str) -> bool:
    """Whether a host is this machine itself."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def _given(written: MailboxWritten, names: tuple[str, ...]) -> list[str]:
    return [name for name in names if getattr(written, name) is not None]


def _note_unused(names: list[str], instead: Text, path: Place, places: Places) -> bool:
    for name in names:
        places.add((*path, name), "OPTION_UNUSED", at_key=True, name=name, field=path[-1], instead=instead)
    return bool(names)
