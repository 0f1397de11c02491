"""What stands in the answers of a web API: lists of objects, in JSON or one object for each line."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, BinaryIO

from connectors.connector import Cell
from connectors.envelope import check_envelope
from connectors.errors import LimitExceeded, SourceBroken
from connectors.limits import MAX_COLUMNS
from connectors.paging import at_path, kind_of

MAX_LINE = 1_000_000  # bytes of an object in a line of its own


@dataclass(frozen=True, slots=True)
class Records:
    """What an answer holds: the objects of its list, the names of their columns, and all of it."""

    items: list[Mapping[str, Any]]
    names: dict[str, None]
    body: Any


def read_records(content: bytes, list_at: str | None, where: str) -> Records:
    """What an answer holds. Raises SourceBroken, also for an answer that says itself that it is none; SourceAuth if it says that
    our login was refused."""
    try:
        body = _parse(content)
        check_envelope(body, where)
        items = _list_in(body, list_at, where)
        return Records(items, dict.fromkeys(name for item in items for name in flat(item)), body)
    except json.JSONDecodeError as error:
        if content.lstrip()[:1] == b"<":
            raise SourceBroken(where, "NOT_JSON") from None
        if error.msg == "Extra data" and error.doc[error.pos - 1] == "\n":
            raise SourceBroken(where, "JSON_LINES") from None
        raise SourceBroken(where, "JSON_BROKEN", position=error.pos) from None
    except UnicodeDecodeError as error:
        raise SourceBroken(where, "JSON_BROKEN", position=error.start) from None
    except (ValueError, RecursionError):  # numbers of thousands of digits; nesting without end
        raise SourceBroken(where, "JSON_ABSURD") from None


def _no_constant(name: str) -> None:
    raise ValueError(name)  # NaN and Infinity are no JSON


def _list_in(body: Any, path: str | None, where: str) -> list[Mapping[str, Any]]:
    here = at_path(body, path) if path else body
    shown = path or "-"
    if not isinstance(here, list):
        raise SourceBroken(where, "LIST_MISSING", list=shown, keys=_keys(body))
    for item in here:
        if not isinstance(item, dict):
            raise SourceBroken(where, "LIST_OF_OTHERS", list=shown, found=kind_of(item))
    return here


def _keys(body: Any) -> str:
    return ", ".join(list(body)[:20]) if isinstance(body, dict) else kind_of(body)


def flat(item: Mapping[str, Any], prefix: str = "") -> dict[str, Cell]:
    """An object with the members of inner objects as dotted names; lists of plain values are several values, other lists
    their JSON text."""
    row: dict[str, Cell] = {}
    for name, value in ((sound(name), value) for name, value in item.items()):
        if isinstance(value, dict):
            row.update(flat(value, f"{prefix}{name}."))
        elif isinstance(value, list):
            if all(isinstance(entry, str | int | Decimal) and not isinstance(entry, bool) for entry in value):
                row[prefix + name] = tuple(str(entry) for entry in value)
            else:
                row[prefix + name] = json.dumps(value, ensure_ascii=False, default=str)
        else:
            row[prefix + name] = None if value == "" else value
    return row


def sound(text: str) -> str:
    """A name or key without halves of characters, which JSON can write (`\\ud800`) and nothing else can."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def check_width(names: Mapping[str, None], where: str) -> None:
    """Raises LimitExceeded for more columns than are read."""
    if len(names) > MAX_COLUMNS:
        raise LimitExceeded(where, "TOO_MANY_PROPERTIES", limit=MAX_COLUMNS)


def names_in_lines(file: BinaryIO, where: str) -> tuple[str, ...]:
    """The names of all columns in a file of one object for each line. Raises SourceBroken, LimitExceeded."""
    names: dict[str, None] = {}
    for _, item in read_lines(file, where):
        names |= dict.fromkeys(flat(item))
        check_width(names, where)
    return tuple(names)


def read_lines(file: BinaryIO, where: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """The objects of a file of one for each line, from its beginning, with their line numbers; blank lines are passed over.
    Raises SourceBroken, also for a line that says that the rest is missing, and LimitExceeded."""
    file.seek(0)
    number = 0
    while line := file.readline(MAX_LINE + 1):
        number += 1
        if len(line) > MAX_LINE:
            raise LimitExceeded(where, "LINE_TOO_LONG", line=number, limit=f"{MAX_LINE / 1_000_000:g}")
        if not line.strip():
            continue
        try:
            item = _parse(line)
        except (ValueError, RecursionError):
            if number == 1 and line.lstrip()[:1] == b"<":
                raise SourceBroken(where, "NOT_JSON") from None
            raise SourceBroken(where, "LINE_BROKEN", line=number) from None
        if not isinstance(item, dict):
            raise SourceBroken(where, "LINE_BROKEN", line=number)
        check_envelope(item, where, is_row=True)
        yield number, item


def _parse(content: bytes) -> Any:
    return json.loads(content.decode("utf-8-sig"), parse_float=Decimal, parse_constant=_no_constant)
