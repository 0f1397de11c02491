"""Reads lists of objects in JSON as tables: a whole file of them, lists inside of an answer, or one object for each line."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from connectors.connector import Batch, Cell
from connectors.content import Content
from connectors.csvfile import decode
from connectors.errors import LimitExceeded, SourceBroken
from connectors.grid import Grid
from connectors.limits import MAX_COLUMNS, MAX_ROWS
from connectors.sheets import Sheet
from connectors.table import SheetDataset, read_table

MAX_DEPTH = 5  # of a list inside of an answer


class JsonFile:
    """Every list of objects in a JSON text, or in one of an object for each line. A list is a sheet that has its JSON pointer for a
    name, '' for the whole. Columns are properties, those of objects inside `a.b`. Raises SourceBroken, LimitExceeded."""

    read_as: str | None = None

    def __init__(self, content: Content) -> None:
        text = decode(content.raw, None, content.where)[0]
        found = dict(_lists(_parse(text, content.where), "", 0))
        if not found:
            raise SourceBroken(content.where, "NOT_A_SPREADSHEET", found="JSON")
        self._tables = {pointer: _table(objects, content.where) for pointer, objects in found.items()}
        self.sheets = [Sheet(pointer, True, pointer) for pointer in self._tables]

    def names(self, sheet: Sheet) -> tuple[str, ...]:
        """The properties of its objects."""
        return self._tables[sheet.member][0]

    def grid(self, sheet: Sheet, where: str) -> Grid:
        """A row for each object."""
        return Grid(self._tables[sheet.member][1])

    def batches(self, sheet: Sheet, dataset: SheetDataset, where: str) -> Iterator[Batch]:
        """A row for each object; the first is 1."""
        names, rows = self._tables[sheet.member]
        yield from read_table(enumerate(rows, 1), len(names), dataset, where, names)


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


def _table(objects: Sequence[Mapping[str, object]], where: str) -> tuple[tuple[str, ...], list[tuple[Cell, ...]]]:
    if len(objects) > MAX_ROWS:
        raise LimitExceeded(where, "TOO_MANY_ROWS_IN_SHEET", limit=MAX_ROWS)
    flat = [dict(_flatten(one, "")) for one in objects]
    names = list(dict.fromkeys(name for one in flat for name in one))
    if len(names) > MAX_COLUMNS:
        raise LimitExceeded(where, "TOO_MANY_COLUMNS", limit=MAX_COLUMNS)
    return tuple(names), [tuple(one.get(name) for name in names) for one in flat]


def _flatten(one: Mapping[str, object], before: str, depth: int = 0) -> Iterator[tuple[str, Cell]]:
    for key, value in one.items():
        name = f"{before}{key}"
        if isinstance(value, dict) and value and depth < MAX_DEPTH:
            yield from _flatten(value, f"{name}.", depth + 1)
        elif value is None or isinstance(value, str | int | float | Decimal):
            yield name, value
        else:
            yield name, json.dumps(value, ensure_ascii=False, default=str)
