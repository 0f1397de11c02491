"""From stored values to values on the wire, and cursors."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from functools import cache, lru_cache
from typing import cast
from zoneinfo import ZoneInfo

import orjson

from connectors.columns import plain_name
from connectors.personal import is_named_personal, mask_personal
from replica.ask import Sort
from replica.binding import SUM_BASE

MASK = "***"


class BadCursor(ValueError):
    """Not a cursor of ours, or one of another ordering."""


def plain_decimal(scaled: int, scale: int) -> str:
    """A scaled integer in plain notation, without zeros at the end: (1250, 2) is "12.5"."""
    sign = "-" if scaled < 0 else ""
    whole, rest = divmod(abs(scaled), 10**scale)
    if not rest:
        return f"{sign}{whole}"
    return f"{sign}{whole}." + f"{rest:0{scale}d}".rstrip("0")


@cache
def decimal_writer(scale: int) -> Callable[[int | None], str | None]:
    """A function from stored to plain notation for one scale; null stays null."""
    unit = 10**scale

    def write(scaled: int | None) -> str | None:
        if scaled is None:
            return None
        if scaled >= 0 and scaled % unit == 0:
            return str(scaled // unit)
        return plain_decimal(scaled, scale)

    return write


def write_sum(high: int | None, low: int | None, scale: int) -> str | None:
    """A sum that came as (high, low)."""
    return None if high is None else plain_decimal(_whole(high, low), scale)


def _whole(high: int, low: int | None) -> int:
    return high * SUM_BASE + (low or 0)


def time_writer(zone: ZoneInfo) -> Callable[[str | None], str | None]:
    """A function from stored UTC text to ISO text with the offset of `zone`; null stays null."""

    @lru_cache(maxsize=4096)
    def write(stored: str | None) -> str | None:
        return None if stored is None else datetime.fromisoformat(stored).astimezone(zone).isoformat()

    return write


def read_list(stored: str | None) -> list[str] | None:
    """A stored list of text."""
    return None if stored is None else cast("list[str]", orjson.loads(stored))


def raw_cells(
    secret: Collection[str],
    hidden: Mapping[tuple[str, str], Collection[str]],
    raw: str | None,
    columns: str | None,
    grid: int | None,
    at: str,
    source: str,
    dataset: str,
) -> list[dict[str, object]]:
    """The cells of a row as they stand in it. Masked whole is what nobody has said may be seen: what feeds no field of this entity,
    or a `secret` one, or a sensitive field of another entity (`hidden`, plain names of columns by dataset), or whose column is
    called by personal data; personal data is masked in the others. Of a row read before columns were kept all is masked."""
    texts: dict[str, str] = orjson.loads(raw) if raw else {}
    elsewhere = hidden.get((source, dataset), ())
    told: str = columns or orjson.dumps([[None, name, []] for name in texts]).decode()
    known: list[tuple[str | None, str, list[str]]] = orjson.loads(told)
    cells: list[dict[str, object]] = []
    for label, name, fields in known:
        if name in texts:
            is_secret = (
                any(field in secret or f"{field}Raw" in secret for field in fields) or plain_name(name) in elsewhere
            )
            is_shown = bool(fields) and not is_secret and not is_named_personal(name)
            cells.append(
                {
                    "column": name,
                    "cell": f"{label}{at}" if grid and label else None,
                    "value": mask_personal(texts[name]) if is_shown else MASK,
                    "fields": fields,
                }
            )
    return cells


def ordering_mark(entity: str, order: Sequence[Sort]) -> str:
    """A short hash of an ordering; a cursor answers to no other."""
    keys = [(s.path, s.name, s.hop, s.measure.kind, s.measure.name, s.descending, s.nulls_first) for s in order]
    return hashlib.sha256(repr((entity, keys)).encode()).hexdigest()[:12]


def write_cursor(mark: str, values: Sequence[object]) -> str:
    """A cursor that holds the exact stored values of the order and the tie-break."""
    return base64.urlsafe_b64encode(orjson.dumps([mark, *values])).rstrip(b"=").decode()


@lru_cache(maxsize=1024)
def read_cursor(text: str, mark: str, length: int) -> tuple[object, ...]:
    """The values of a cursor. Raises BadCursor."""
    try:
        found = orjson.loads(base64.urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4)))
    except (binascii.Error, UnicodeError, ValueError) as error:
        raise BadCursor from error
    if not isinstance(found, list) or len(found) != length + 1 or found[0] != mark:
        raise BadCursor
    values = found[1:]
    if not all(value is None or type(value) in (str, int) for value in values) or not isinstance(values[-1], str):
        raise BadCursor
    if any(isinstance(value, int) and not -(2**63) <= value < 2**63 for value in values):
        raise BadCursor
    return tuple(values)
