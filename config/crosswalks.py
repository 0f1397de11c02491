"""The first line of a crosswalk: which of its columns name which fields of the two ends."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from pathlib import Path

from config.entities import Entity

PSEUDO = ("file", "sheet")
MAX_LINE = 100_000


def read_head(path: Path) -> list[str] | None:
    """The columns of a crosswalk, None if it can't be read. Like the replica, it takes what Excel on Windows writes."""
    try:
        with path.open("rb") as file:
            content = file.readline(MAX_LINE)
        try:
            line = content.decode("utf-8-sig")
        except UnicodeDecodeError:
            line = content.decode("cp1252", "replace")
        delimiter = ";" if line.count(";") > line.count(",") else ","
        return [" ".join(name.split()) for name in next(csv.reader([line], delimiter=delimiter), [])]
    except (OSError, ValueError, csv.Error):  # ValueError: a path that no file can have
        return None


def has_column(head: Iterable[str], name: str) -> bool:
    """Whether a crosswalk has a column; names match without case and with white space joined."""
    return _plain(name) in map(_plain, head)


def columns_of(
    given: Mapping[str, str] | None, head: Iterable[str], entity: Entity, other: Entity
) -> list[tuple[str, str]]:
    """(field, column) of one end: as written, else the columns called `Entity.field`, else those called by a field that
    only this end has."""
    if given:
        return list(given.items())
    if entity.name == other.name:  # a column can't tell which of the two ends it is for
        return []
    prefix = f"{entity.name}."
    found = [(name.removeprefix(prefix), name) for name in head if name.startswith(prefix)]
    return found or [(name, name) for name in head if _has(entity, name) and not _has(other, name)]


def _plain(name: str) -> str:
    return " ".join(name.split()).casefold()


def _has(entity: Entity, name: str) -> bool:
    return name in entity.key if name in PSEUDO else entity.field(name) is not None
