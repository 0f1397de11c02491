"""`simpul rejects`: each row that was set aside and each cell that could not be read, with place and reason."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any

from rich.cells import cell_len
from rich.markup import escape
from rich.table import Table

from config.entities import Entity
from config.hub import Language
from resolvers.engine import Engine
from simpul.commands.opening import with_hub
from simpul.compose import Hub
from simpul.console import Terminal, write_utf8
from simpul.pages.figures import ask
from simpul.tables import harmless

PAGE = 500


@dataclass(frozen=True, slots=True)
class Finding:
    """One reject or issue, in the order of the table's columns."""

    kind: str
    source: str
    entity: str
    locator: str
    cell: str
    field: str
    value: str
    code: str
    message: str
    line: str
    suggestion: str


COLUMNS = (
    "COLUMN_KIND",
    "COLUMN_SOURCE",
    "COLUMN_ENTITY",
    "COLUMN_LOCATOR",
    "COLUMN_CELL",
    "COLUMN_FIELD",
    "COLUMN_VALUE",
    "COLUMN_CODE",
    "COLUMN_WHAT",
    "COLUMN_LINE",
    "COLUMN_SUGGESTION",
)
TOLD = ("cell", "field", "rawValue", "code", "message", "decidedBy", "suggestion")
SHOWN = ("COLUMN_LOCATOR", "COLUMN_CELL", "COLUMN_VALUE", "COLUMN_WHAT")
NARROWEST = {"COLUMN_VALUE": 12, "COLUMN_WHAT": 40}  # signs in a line with which it can still be read


def list_rejects(terminal: Terminal, path: Path, *, as_csv: bool) -> int:
    """Lists them as a table, or as CSV that a spreadsheet opens: UTF-8 with its mark, and no cell is a formula."""

    async def work(terminal: Terminal, hub: Hub) -> int:
        if not await hub.tried_sources():
            terminal.warn("NEVER_SYNCED")
            return 1
        found = [finding async for finding in findings(hub, terminal)]
        if as_csv:
            write_utf8("\ufeff" + as_table(terminal, found))
        elif found:
            show_findings(terminal, found)
        else:
            terminal.say("REJECTS_NONE")
        return 0

    return with_hub(terminal, path, work)


async def findings(hub: Hub, terminal: Terminal) -> AsyncIterator[Finding]:
    """Rejects first, then the issues of every entity."""
    wanted = "source entity locator cell field rawValue code message decidedBy suggestion"
    reject, issue = terminal.text("KIND_REJECT"), terminal.text("KIND_ISSUE")
    async for node in _pages(hub.engine, "rejects", "", wanted, terminal.language):
        yield _finding(reject, node["source"], node["entity"], node["locator"], node)
    for entity in hub.config.catalogue:
        if entity.system is None:
            async for node in _with_issues(hub.engine, entity, terminal.language):
                place = node["provenance"]
                for found in node["issues"]:
                    yield _finding(issue, place["source"], entity.name, place["locator"], found)


def as_table(terminal: Terminal, found: list[Finding]) -> str:
    """The findings as CSV with a head in the terminal's language."""
    written = io.StringIO()
    writer = csv.writer(written)
    writer.writerow([terminal.text(code) for code in COLUMNS])
    writer.writerows([[harmless(text) for text in astuple(finding)] for finding in found])
    return written.getvalue()


def show_findings(terminal: Terminal, found: list[Finding]) -> None:
    """A table if the terminal is wide enough for one; else, and in a pipe, one line for each: where: what. what to do.

    Places are never broken in two: they are copied and searched for."""
    places = {"COLUMN_LOCATOR": [one.locator for one in found], "COLUMN_CELL": [one.cell for one in found]}
    widths = {code: max(map(cell_len, (terminal.text(code), *texts))) for code, texts in places.items()} | NARROWEST
    if terminal.out.is_terminal and sum(widths.values()) + len(widths) - 1 <= terminal.out.width:
        table = Table(box=None, pad_edge=False, header_style="bold")
        for code in SHOWN:
            table.add_column(terminal.text(code), min_width=widths[code], overflow="fold")
        for finding in found:
            table.add_row(*[escape(text) for text in (finding.locator, finding.cell, finding.value, finding.message)])
        terminal.out.print(table, highlight=False)
        return
    for finding in found:
        terminal.show(_line(finding))


def _line(finding: Finding) -> str:
    where = finding.locator or finding.source or finding.entity
    cell = f" ({finding.cell})" if finding.cell else ""
    value = f' "{finding.value}"' if finding.value else ""
    line = f"{where}{cell}{value}: {finding.message}"
    return "".join(sign if sign.isprintable() else " " for sign in line)


def _finding(kind: str, source: str, entity: str, locator: str, node: dict[str, Any]) -> Finding:
    cells = (node[name] or "" for name in TOLD)
    return Finding(kind, source or "", entity or "", locator or "", *cells)


def _with_issues(engine: Engine, entity: Entity, language: Language) -> AsyncIterator[dict[str, Any]]:
    wanted = "provenance { source locator } issues { code field rawValue cell message decidedBy suggestion }"
    return _pages(engine, entity.plural, "where: {issues: {count: {gt: 0}}}, scope: ALL, ", wanted, language)


async def _pages(
    engine: Engine, plural: str, condition: str, wanted: str, language: Language
) -> AsyncIterator[dict[str, Any]]:
    after = ""
    while True:
        arguments = f"{condition}first: {PAGE}{after}"
        query = f"{{ all: {plural}({arguments}) {{ nodes {{ {wanted} }} pageInfo {{ hasNextPage endCursor }} }} }}"
        connection = (await ask(engine, query, language))["all"]
        if connection is None:  # never read
            return
        for node in connection["nodes"]:
            yield node
        if not connection["pageInfo"]["hasNextPage"]:
            return
        after = f', after: "{connection["pageInfo"]["endCursor"]}"'
