"""Node ids as clients see them: opaque, made of the entity and its identity, equal after a rebuild; and the names of cells."""

from __future__ import annotations

import base64
import binascii
from functools import lru_cache
from typing import cast

import orjson


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


@lru_cache(maxsize=1024)
def _labels(columns: str) -> dict[str, str]:
    return cast("dict[str, str]", orjson.loads(columns))


def cell_of(columns: str | None, grid: int | None, at: str, field: str) -> str | None:
    """The cell of a field: H57 in a sheet, the column's name elsewhere, None if no column feeds it."""
    label = _labels(columns).get(field) if columns else None
    if label is None:
        return None
    return f"{label}{at}" if grid else label
