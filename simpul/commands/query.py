"""`simpul query`: an operation against hub.yaml without a server, answered as JSON, or as a table in CSV."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from shutil import copyfileobj
from tempfile import SpooledTemporaryFile
from typing import IO
from zoneinfo import ZoneInfo

import orjson

from resolvers.cost import Explained
from resolvers.engine import Answer, Request
from simpul.commands.opening import with_hub
from simpul.compose import Hub
from simpul.console import Terminal, write_bytes, write_utf8
from simpul.formats import Locale, format_number
from simpul.saved import Question, Variables, WrongVariable
from simpul.tables import CannotWrite, Form, Written, troubles, write_table

IN_MEMORY = 1024 * 1024
CHUNK = 64 * 1024
EXPLAINED = {"records": "EXPLAINED_RECORDS", "totals": "EXPLAINED_TOTALS", "groups": "EXPLAINED_GROUPS"}


@dataclass(frozen=True, slots=True)
class Table:
    """What is wanted as a table: into which file (`-` is standard output; None: no table), and how."""

    file: str | None = None
    locale: Locale | None = None
    expand: tuple[str, ...] = ()


def run_query(
    terminal: Terminal, path: Path, file: str, variables: str | None, table: Table, *, explain: bool = False
) -> int:
    """Runs the operation in `file` (`-` is standard input), or the saved question of that name; `explain` tells instead of the
    answer how it was come by.

    1 if the answer has errors or the table can't be written, 2 for bad variables or an operation that can't be read."""
    if table.file is None and (table.locale or table.expand):
        terminal.warn("CSV_ONLY")
        return 2
    if table.file is not None and explain:
        terminal.warn("EXPLAIN_ALONE")
        return 2
    given = _parse(variables)
    if given is None:
        terminal.warn("VARIABLES_NOT_JSON")
        return 2
    saved = path.parent / "queries" / f"{file}.graphql"
    is_saved = file != "-" and not Path(file).is_file() and saved.is_file()
    query = _read(terminal, str(saved) if is_saved else file)
    if query is None:
        return 2

    async def work(terminal: Terminal, hub: Hub) -> int:
        if not await hub.tried_sources():
            terminal.warn("NEVER_SYNCED")
            return 1
        if table.file is not None:
            name = file if is_saved else Path(file).stem
            question = hub.saved.outline(name, query, terminal.language)
            return await _tabulate(
                terminal, hub, question, given, table, saved.parent if is_saved else Path(file).parent
            )
        request = Request(query, given, language=terminal.language)
        if explain:
            answer, statements = await hub.engine.explain(request)
            _explain(terminal, answer, statements)
            return 1 if answer.errors else 0
        answer = await hub.engine.execute(request)
        write_utf8(
            orjson.dumps(orjson.loads(answer.body()), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE).decode()
        )
        return 1 if answer.errors else 0

    return with_hub(terminal, path, work)


def _explain(terminal: Terminal, answer: Answer, statements: Sequence[Explained]) -> None:
    """Each statement in the order in which they ran: for which field, what was expected and what it did, its text, and how the
    engine of the replica went about it."""
    for number, statement in enumerate(statements, 1):
        select = statement.select
        params = {
            "number": number,
            "path": select.path if select else "search",
            "rows": terminal.count(statement.rows, "ROWS_ONE", "ROWS_MANY"),
            "milliseconds": format_number(Decimal(f"{statement.milliseconds:.1f}"), terminal.language),
        }
        if select is None:
            terminal.say("EXPLAINED_SEARCH", **params)
        else:
            looked = terminal.count(round(select.estimate.looked), "ROWS_ONE", "ROWS_MANY")
            terminal.say(EXPLAINED[select.kind], **params, looked=looked)
        for line in statement.sql.splitlines():
            terminal.show(f"    {line.strip()}")
        for line in statement.steps:
            terminal.show(f"    | {line}")
        terminal.show("")
    terminal.say(
        "EXPLAINED",
        count=terminal.count(len(statements), "STATEMENTS_ONE", "STATEMENTS_MANY"),
        milliseconds=format_number(
            Decimal(f"{sum(statement.milliseconds for statement in statements):.1f}"), terminal.language
        ),
    )
    for error in answer.errors:
        terminal.warn_text(str(error["message"]))


async def _tabulate(
    terminal: Terminal, hub: Hub, question: Question, given: Mapping[str, object], table: Table, folder: Path
) -> int:
    """Writes the table, and to standard error what is said about it. A file is there whole, or as it was before."""
    for finding in question.findings:
        terminal.warn_text(finding.render(folder))
    if question.findings:
        return 1
    try:
        variables = Variables(question.variables, hub.messages, terminal.language).from_json(given)
    except WrongVariable as error:
        terminal.warn_text(str(error))
        return 2

    request = Request(question.text, variables, language=terminal.language)
    target = Path(table.file or "")
    try:
        with SpooledTemporaryFile(IN_MEMORY) as spool:
            written = await write_table(hub.engine, request, table.expand, Form.CSV, table.locale or Locale.EN, spool)
            if not written.answer.errors:
                spool.seek(0)
                _copy(spool, None if table.file == "-" else target)
    except CannotWrite as error:
        terminal.warn("TABLE_FILE", path=target, reason=terminal.trouble(error.reason))
        return 1
    if not written.answer.errors and table.file != "-":
        terminal.say("TABLE_WRITTEN", path=target, count=terminal.count(written.rows, "ROWS_ONE", "ROWS_MANY"))
    return _told(terminal, hub, written)


def _copy(table: IO[bytes], target: Path | None) -> None:
    """Puts a finished table where it belongs, in one step; None is standard output. Raises CannotWrite."""
    if target is None:
        while chunk := table.read(CHUNK):
            write_bytes(chunk)
        return
    try:
        if target.exists() and not target.is_file():  # a pipe or a device is written to, not replaced
            with target.open("wb") as file:
                copyfileobj(table, file)
            return
        beside = target.with_name(f".{target.name}-{os.getpid()}")
        try:
            with beside.open("wb") as file:
                copyfileobj(table, file)
            beside.replace(target)
        finally:
            beside.unlink(missing_ok=True)
    except OSError as error:
        raise CannotWrite(error) from error


def _told(terminal: Terminal, hub: Hub, written: Written) -> int:
    for error in written.answer.errors:
        terminal.warn_text(str(error["message"]))
    notice = written.answer.extensions.get("notice")
    if notice:
        terminal.warn("NOTICE_SAID", notice=notice)
    for sentence in troubles(written.answer, hub.messages, terminal.language, ZoneInfo(hub.config.timezone)):
        terminal.warn_text(sentence)
    return 1 if written.answer.errors else 0


def _read(terminal: Terminal, file: str) -> str | None:
    try:
        raw = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
        return raw.decode("utf-8-sig")
    except OSError as error:
        terminal.warn("OPERATION_FILE_UNREADABLE", path=file, reason=terminal.trouble(error))
    except UnicodeDecodeError:
        terminal.warn("OPERATION_FILE_NOT_UTF8", path=file)
    return None


def _parse(variables: str | None) -> Mapping[str, object] | None:
    if variables is None:
        return {}
    try:
        parsed = orjson.loads(variables)
    except (orjson.JSONDecodeError, UnicodeEncodeError):
        return None
    return parsed if isinstance(parsed, dict) else None
