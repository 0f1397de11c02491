"""Finds out what a file is by its content, and what tables stand in it. Runs in the child process, as every parser does."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from connectors.content import Content, members_of, open_member, read_content
from connectors.csvfile import Csv
from connectors.documents import Document, open_document
from connectors.errors import SourceBroken, SourceError
from connectors.findings import FileFound, SheetFound
from connectors.kinds import kind_of
from connectors.opening import translate_os
from connectors.sheets import Sheet
from connectors.understanding import understand, understand_records


def inspect_file(path: Path, where: str) -> Iterator[FileFound]:
    """What a file holds; a zip gives one for each file inside. Raises nothing but our own bugs: what can't be read is among the
    problems."""
    kind: str | None = None
    try:
        content = read_content(path, where)
        kind = kind_of(content)
        if kind != "zip":
            yield _inspect(content)
            return
        for member in members_of(content):
            try:
                yield _inspect(open_member(content, member))
            except SourceError as error:
                yield FileFound(f"{where} › {member}", None, problems=(error,), member=member)
    except SourceError as error:
        yield FileFound(where, kind, problems=(error,))
    except OSError as error:
        yield FileFound(where, None, problems=(translate_os(error, where),))


def _inspect(content: Content) -> FileFound:
    where = content.where
    kind: str | None = None
    try:
        kind = kind_of(content)
        document = open_document(content, kind)
        if isinstance(document, Csv):
            _refuse_prose(document, where)
            kind = "tsv" if document.delimiter == "\t" else kind
    except SourceError as error:
        return FileFound(where, kind, problems=(error,), member=content.member)
    sheets: list[SheetFound] = []
    problems: list[SourceError] = []
    for sheet in document.sheets:
        try:
            sheets.append(_look(document, sheet, f"{where} › {sheet.name}" if sheet.name else where))
        except SourceError as error:
            problems.append(error)
    if not problems and not any(sheet.tables for sheet in sheets):
        problems.append(SourceBroken(where, "NO_TABLE_FOUND"))
    return FileFound(where, kind, document.read_as, tuple(sheets), tuple(problems), content.member)


def _look(document: Document, sheet: Sheet, where: str) -> SheetFound:
    grid, names = document.grid(sheet, where), document.names(sheet)
    if names is not None:
        return understand_records(grid, names, sheet.name or None)
    return understand(grid, sheet.name or None, sheet.visible)


def _refuse_prose(document: Csv, where: str) -> None:
    """Sentences with commas are no table."""
    filled = [record for record in document.records() if any(field.strip() for field in record)]
    if sum(len(record) > 1 for record in filled) < 0.5 * len(filled):
        raise SourceBroken(where, "NO_TABLE_FOUND")
