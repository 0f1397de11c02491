"""Node ids as clients see them: opaque, made of the entity and its identity, equal after a rebuild."""

from __future__ import annotations

import base64
import binascii


def wire_id(entity: str, node: str) -> str:
    """The id of a record on the wire."""
    return base64.urlsafe_b64encode(f"{entity}:{node}".encode()).rstrip(b"=").decode()


def read_wire_id(text: str) -> tuple[str, str] | None:
    """(entity, node) of an id, or None if it is none of ours."""
    try:
        plain = base64.urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4)).decode("ascii")
    except (binascii.Error, UnicodeError, ValueError):
        return None
    entity, separator, node = plain.partition(":")
    return (entity, node) if separator and wire_id(entity, node) == text else None
