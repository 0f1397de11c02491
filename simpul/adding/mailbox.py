"""A mailbox in hub.yaml: the source, and what its threads, replies and files are in the graph."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from config.hub import HubConfig
from config.insertion import append_mapping, insert_entries, scalar
from config.mailboxes import PORTS
from config.model import MailboxWritten

ENTITIES: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "Complaint": (
        "threads",
        {
            "trackingId": "trackingId",
            "channel": "{value: EMAIL}",
            "title": "subject",
            "text": "text",
            "reporter": "fromName",
            "reporterContact": "fromAddress",
            "receivedAt": "receivedAt",
            "lastMessageAt": "lastMessageAt",
            "messages": "messages",
            "answered": "answered",
            "attachments": "attachments",
        },
    ),
    "Response": (
        "replies",
        {
            "responseId": "messageId",
            "trackingId": "trackingId",
            "at": "sentAt",
            "text": "text",
            "responder": "fromName",
        },
    ),
    "Attachment": (
        "attachments",
        {
            "ownerId": "messageId",
            "number": "number",
            "trackingId": "trackingId",
            "name": "name",
            "mediaType": "mediaType",
            "size": "size",
        },
    ),
}
"""The built-in entities that a mailbox fills: from which of its datasets, and each field's column."""


@dataclass(frozen=True, slots=True)
class Drafted:
    """The new text of hub.yaml, and the name of the secret that it asks for."""

    text: str
    secret: str


def known_as(config: HubConfig | None, written: MailboxWritten) -> str | None:
    """The source of a hub that reads this mailbox already."""
    for name, source in config.sources.items() if config else ():
        place = tuple(source.options.get(option) for option in ("host", "port", "user"))
        if source.kind == "mailbox" and place == (written.host, written.port, written.user):
            return name
    return None


def draft(text: str, config: HubConfig | None, written: MailboxWritten, ca: str | None) -> Drafted:
    """A hub.yaml with a mailbox on a server; an entity that is there gets one more mapping. Raises NoRoom."""
    taken = set(config.sources) if config else set()
    name = _name(written.user or "", taken)
    secret = f"{re.sub(r'[^A-Za-z0-9]+', '_', name).upper()}_PASSWORD"
    secret = f"MAIL_{secret}" if secret[0].isdigit() else secret  # no name begins with a digit
    mapped = {mapping.entity for mapping in config.mappings} if config else set()
    source = [f"{name}:", "  kind: mailbox", *(f"  {line}" for line in _place(written))]
    source += [f"  password: ${{{secret}}}", *([f"  ca: {scalar(ca)}"] if ca else []), "  refresh: watch"]
    new = [
        [f"{entity}:", *(f"  {line}" for line in _mapping(name, entity))] for entity in ENTITIES if entity not in mapped
    ]
    text = insert_entries(text, {"sources": [source], "entities": new})
    for entity in ENTITIES:
        if entity in mapped:
            text = append_mapping(text, entity, _mapping(name, entity))
    return Drafted(text, secret)


def _place(written: MailboxWritten) -> list[str]:
    """Where it is, each thing by itself: a user is often an address with an @ of its own."""
    encryption = written.encryption or "tls"
    port = [] if written.port == PORTS[encryption] else [f"port: {written.port}"]
    lines = [f"host: {scalar(written.host or '')}", *port, f"user: {scalar(written.user or '')}"]
    return lines if encryption == "tls" else [*lines, f"encryption: {encryption}"]


def _mapping(source: str, entity: str) -> list[str]:
    dataset, fields = ENTITIES[entity]
    lines = [f"from: {source}.{dataset}", *(["where:", "  sender: OTHER"] if dataset == "replies" else [])]
    return [*lines, "fields:", *(f"  {field}: {column}" for field, column in fields.items())]


def _name(user: str, taken: set[str]) -> str:
    """A name for the source: that of the account, without its domain."""
    wanted = re.sub(r"[^A-Za-z0-9_-]+", "-", user.partition("@")[0]).strip("-").lower() or "surat"
    names = [wanted, *(f"{wanted}-{number}" for number in range(2, len(taken) + 3))]
    return next(name for name in names if name not in taken)
