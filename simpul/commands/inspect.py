"""`simpul inspect`: what tables a file or a folder holds, what every row and column of them is, and whether totals agree.

With `--json` one object on standard output, stable for programs (`docs/inspect.md` describes it):

    {"files": [{"file", "format", "read_as", "tables": [...], "sheets": [...], "problems": [...]}]}
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson

from connectors.errors import SourceError
from connectors.findings import ColumnFound, FileFound, Line, Note, TableFound, TotalFound
from connectors.inspector import Inspector
from simpul.commands.fetching import at_hand
from simpul.console import Terminal, write_bytes
from simpul.formats import format_number

TITLES = 6  # lines of text that are shown of a table


def inspect_path(terminal: Terminal, written: str, *, as_json: bool) -> int:
    """Tells what is in a file or folder, or in the file at an address. 1 if something in it can't be read."""
    with at_hand(terminal, written) as path:
        return 1 if path is None else _inspect(terminal, path, as_json=as_json)


def _inspect(terminal: Terminal, path: Path, *, as_json: bool) -> int:
    problems = 0
    files: list[dict[str, object]] = []
    try:
        with Inspector() as inspector:
            for found in inspector.inspect(path):
                problems += len(found.problems)
                if as_json:
                    files.append(as_object(found, terminal))
                else:
                    show(found, terminal)
    except SourceError as error:
        terminal.warn_text(_problem(error, terminal))
        problems += 1
    if as_json:
        write_bytes(orjson.dumps({"files": files}, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))
    return 1 if problems else 0


# -- for programs -----------------------------------------------------------------------------------------------------


def as_object(found: FileFound, terminal: Terminal) -> dict[str, object]:
    """The stable structure of one file; sentences are in the terminal's language, all else is the same in every language."""
    return {
        "file": found.file,
        "format": found.format,
        "read_as": found.details,
        "tables": [
            _table(table, number, terminal) for sheet in found.sheets for number, table in enumerate(sheet.tables, 1)
        ],
        "sheets": [
            {
                "sheet": sheet.name,
                "visible": sheet.visible,
                "tables": len(sheet.tables),
                "lines": [_line(line) for line in sheet.lines],
            }
            for sheet in found.sheets
        ],
        "problems": [
            {"code": error.code, "where": error.where, "text": _problem(error, terminal)} for error in found.problems
        ],
    }


def _table(table: TableFound, number: int, terminal: Terminal) -> dict[str, object]:
    return {
        "sheet": table.sheet,
        "table": number,
        "visible": table.visible,
        "header_rows": table.header_rows,
        "data_rows": table.data_rows,
        "row_count": table.row_count,
        "leaf_count": table.leaf_count,
        "total_rows": table.total_rows,
        "group_rows": table.group_rows,
        "repeated_rows": table.repeated_rows,
        "numbering_rows": table.numbering_rows,
        "unfilled_rows": table.unfilled_rows,
        "titles": [_line(line) for line in table.titles],
        "footers": [_line(line) for line in table.footers],
        "columns": [_column(column) for column in table.columns],
        "control_totals": [_total(total) for total in table.control_totals],
        "notes": [{"code": note.code, "rows": note.rows, "text": _sentence(note, terminal)} for note in _notes(table)],
    }


def _column(column: ColumnFound) -> dict[str, object]:
    return {
        "column": column.column,
        "name": column.name,
        "type": column.type,
        "readable": column.readable,
        "key": column.key,
        "filled": column.filled,
        "unit": column.unit,
        "decimal": column.decimal,
        "dates": column.dates,
        "mask": column.mask,
        "hidden": column.hidden,
        "samples": column.samples,
    }


def _total(total: TotalFound) -> dict[str, object]:
    return {
        "column": total.column,
        "row": total.row,
        "stated": format(total.stated, "f"),
        "sum": format(total.total, "f"),
        "agrees": total.agrees,
        "rows": total.rows,
        "leaves_only": total.leaves_only,
    }


def _line(line: Line) -> dict[str, object]:
    return {"row": line.row, "key": line.key, "text": line.text}


def _notes(table: TableFound) -> Sequence[Note]:
    return table.notes if table.visible else (Note("SHEET_HIDDEN"), *table.notes)


# -- for people -------------------------------------------------------------------------------------------------------


def show(found: FileFound, terminal: Terminal) -> None:
    """One file with its tables; what could not be read goes to standard error."""
    kind = ", ".join(part for part in (found.format, found.details) if part)
    terminal.show(f"{found.file} ({kind})" if kind else found.file)
    for sheet in found.sheets:
        for number, table in enumerate(sheet.tables, 1):
            _show_table(table, number if len(sheet.tables) > 1 else None, terminal)
    for error in found.problems:
        terminal.warn_text(_problem(error, terminal))
    terminal.show("")


def _show_table(table: TableFound, number: int | None, terminal: Terminal) -> None:
    terminal.show("")
    place = " ".join(part for part in (table.sheet, f"({number})" if number else None) if part)
    terminal.show((f"› {place}: " if place else "› ") + "; ".join(_facts(table, terminal)))
    for line in (*table.titles, *table.footers)[:TITLES]:
        terminal.show(f"  {line.row}: {line.key + ': ' if line.key else ''}{line.text}")
    head = [
        terminal.text(code)
        for code in ("INSPECT_COLUMN", "INSPECT_NAME", "INSPECT_TYPE", "INSPECT_KEY", "INSPECT_READABLE")
    ]
    rows = [
        [
            column.column,
            _plain(column.name),
            " ".join(part for part in (column.type, column.unit and f"({column.unit})") if part),
            terminal.text("INSPECT_KEY") if column.key else "",
            "" if column.readable is None else format_number(int(column.readable * 100), terminal.language) + "%",
        ]
        for column in table.columns
    ]
    terminal.show_table(head, rows, names=4)
    for total in table.control_totals:
        if total.agrees:  # else a note tells
            cell = f"{total.column}{total.row}"
            terminal.show("  " + terminal.text("INSPECT_TOTAL_AGREES", cell=cell, total=_amount(total, terminal)))
    for note in _notes(table):
        terminal.show(f"  {_sentence(note, terminal)}")


def _facts(table: TableFound, terminal: Terminal) -> Iterator[str]:
    if table.header_rows:
        yield terminal.text("INSPECT_HEADER", rows=_span(table.header_rows))
    if table.data_rows:
        count = terminal.count(table.row_count, "INSPECT_RECORDS_ONE", "INSPECT_RECORDS_MANY")
        yield terminal.text("INSPECT_DATA", rows=_span(table.data_rows), count=count)
    for code, rows in (("INSPECT_TOTALS", table.total_rows), ("INSPECT_GROUPS", table.group_rows)):
        if rows:
            yield terminal.text(code, rows=_list(rows))


def _span(rows: tuple[int, int]) -> str:
    return str(rows[0]) if rows[0] == rows[1] else f"{rows[0]}-{rows[1]}"


def _list(rows: Sequence[int]) -> str:
    return ", ".join(map(str, rows[:8])) + (" …" if len(rows) > 8 else "")


def _plain(name: str) -> str:
    return name if len(name) <= 60 else name[:59] + "…"


def _amount(total: TotalFound, terminal: Terminal) -> str:
    return format_number(total.stated, terminal.language)


def _sentence(note: Note, terminal: Terminal) -> str:
    return terminal.render(note.code, note.params)


def _problem(error: SourceError, terminal: Terminal) -> str:
    params: Mapping[str, Any] = {"where": error.where, **error.params}
    return terminal.render(error.code, params)
