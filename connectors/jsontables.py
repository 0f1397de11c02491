"""Reads lists of objects in JSON as tables: a whole file of them, lists inside of an answer, or one object for each line."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from connectors.connector import Cell
from connectors.errors import LimitExceeded, SourceBroken
from connectors.limits import MAX_COLUMNS, MAX_ROWS

MAX_DEPTH = 5  # of a list inside of an answer


@dataclass(frozen=True, slots=True)
class JsonTable:
    """A list of objects: its JSON pointer, '' for the whole; the names of its properties, those of objects inside as `a.b`; a row
    for each object."""

    pointer: str
    names: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


def read_json(text: str, where: str) -> list[JsonTable]:
    """Every list of objects in a JSON text, or in one of an object for each line. Raises SourceBroken, LimitExceeded."""
    return [_table(pointer, objects, where) for pointer, objects in _lists(_parse(text, where), "", 0)]


def _parse(text: str, where: str) -> object:
    try:
        try:
            return json.loads(text, parse_float=Decimal)
        except json.JSONDecodeError as error:
            lines = [line for line in text.splitlines() if line.strip()]
            if error.msg != "Extra data" or len(lines) < 2:
                raise
            return [json.loads(line, parse_float=Decimal) for line in lines]
    except (ValueError, RecursionError) as error:  # ValueError: also numbers of thousands of digits
        line = error.lineno if isinstance(error, json.JSONDecodeError) else 1
        raise SourceBroken(where, "JSON_FILE_BROKEN", line=line) from error


def _lists(value: object, pointer: str, depth: int) -> Iterator[tuple[str, Sequence[Mapping[str, object]]]]:
    if isinstance(value, list):
        objects = [one for one in value if isinstance(one, dict)]
        if objects and len(objects) == len(value):
            yield pointer, objects
    elif isinstance(value, dict) and depth < MAX_DEPTH:
        for key, inner in value.items():
            yield from _lists(inner, f"{pointer}/{key.replace('~', '~0').replace('/', '~1')}", depth + 1)


def _table(pointer: str, objects: Sequence[Mapping[str, object]], where: str) -> JsonTable:
    if len(objects) > MAX_ROWS:
        raise LimitExceeded(where, "TOO_MANY_ROWS_IN_SHEET", limit=MAX_ROWS)
    flat = [dict(_flatten(one, "")) for one in objects]
    names = list(dict.fromkeys(name for one in flat for name in one))
    if len(names) > MAX_COLUMNS:
        raise LimitExceeded(where, "TOO_MANY_COLUMNS", limit=MAX_COLUMNS)
    return JsonTable(pointer, tuple(names), tuple(tuple(one.get(name) for name in names) for one in flat))


def _flatten(one: Mapping[str, object], before: str, depth: int = 0) -> Iterator[tuple[str, Cell]]:
    for key, value in one.items():
        name = f"{before}{key}"
        if isinstance(value, dict) and value and depth < MAX_DEPTH:
            yield from _flatten(value, f"{name}.", depth + 1)
        elif value is None or isinstance(value, str | int | float | Decimal):
            yield name, value
        else:
            yield name, json.dumps(value, ensure_ascii=False, default=str)
