"""`simpul inspect` and `simpul add` of a database, such as postgresql://simpul_baca@10.1.2.3/simda or sqlite:///keuangan.db.

Inspecting with `--json` gives one object on standard output, stable for programs (`docs/connect-a-database.md` describes it):

    {"database", "engine", "systems": [...], "tables": [{"table", "view", "row_count", "more", "key", "columns", "relations"}],
     "problems": [{"code", "where", "text"}]}
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Sequence
from contextlib import aclosing
from getpass import getpass
from pathlib import Path

import orjson

from config.insertion import NoRoom
from config.problems import ConfigError
from connectors.errors import SourceError
from connectors.findings import TableFound
from connectors.sql import Login, SqlSource, login_of
from connectors.sqlsurvey import Relation, TableSeen, systems_of
from simpul.adding.proposal import new_text, propose_shapes
from simpul.adding.shapes import Shape, SheetTable
from simpul.commands.add import open_hub, tell, tell_next, tell_refused, write
from simpul.commands.opening import run
from simpul.console import Terminal, write_bytes
from simpul.formats import format_number

PASSWORD = "SIMPUL_PASSWORD"  # noqa: S105 - where it is looked for
MOST = 20  # tables that are drafted at once


def inspect_database(terminal: Terminal, url: str, *, as_json: bool) -> int:
    """Tells which tables a database has, what they hold and what ties them. 1 if it can't be asked."""
    tables: Sequence[TableSeen] = ()
    problem: SourceError | None = None
    login: Login | None = None
    try:
        login = _logged_in(terminal, url)
        tables = run(_survey(login))
    except SourceError as error:
        problem = error
    if as_json:
        _write(terminal, login, tables, problem)
    elif problem is None and login is not None:
        _show(terminal, login, tables)
    if problem is not None and not as_json:
        terminal.warn_text(_sentence(problem, terminal))
    return 1 if problem else 0


def add_database(terminal: Terminal, hub: Path, url: str, wanted: Sequence[str], *, yes: bool) -> int:
    """Drafts tables of a database into hub.yaml, its password into secrets.env. 1 if nothing was written."""
    opened = open_hub(terminal, hub)
    if opened is None:
        return 1
    terminal, config, before = opened
    text = new_text(terminal.language) if before is None else before.decode("utf-8-sig")
    try:
        login = _logged_in(terminal, url)
        tables = _chosen(terminal, run(_survey(login)), wanted)
        if not tables:
            return 1
        secret = _secret(hub, login)
        environ = {**os.environ, **({secret: login.password} if login.password else {})}
        shape = _shape(login, tables, secret, hub)
        language = config.language if config else terminal.language
        proposal = run(propose_shapes(hub, text, config, [shape], language, environ=environ))
    except SourceError as error:
        terminal.warn_text(_sentence(error, terminal))
        return 1
    except (NoRoom, ConfigError) as error:
        tell_refused(terminal, hub, error)
        return 1
    question = tell(terminal, proposal)
    if not write(terminal, hub, before, proposal.after, yes=yes):
        return 1
    if login.password:
        _keep(terminal, hub, secret, login.password)
    tell_next(terminal, hub, question)
    return 0


def _logged_in(terminal: Terminal, url: str) -> Login:
    """How to log in, with the password of the address, of the environment, or of whoever sits at the terminal."""
    login = login_of(url)
    if login.user is None or login.password is not None:
        return login
    password = os.environ.get(PASSWORD)
    if password is None and sys.stdin.isatty():
        password = getpass(terminal.text("MAIL_PASSWORD_ASK", user=login.user, host=login.host) + " ")
    return login.with_password(password)


async def _survey(login: Login) -> Sequence[TableSeen]:
    source = SqlSource(login.url, {}, Path())
    try:
        async with aclosing(source.survey()) as found:
            return [table async for table in found]
    finally:
        await source.aclose()


# -- adding -----------------------------------------------------------------------------------------------------------


def _chosen(terminal: Terminal, tables: Sequence[TableSeen], wanted: Sequence[str]) -> Sequence[TableSeen]:
    """The tables that are named, else all that hold something; none after saying why."""
    by_name = {table.name: table for table in tables}
    for name in wanted:
        if name not in by_name:
            terminal.warn("ADD_TABLE_UNKNOWN", table=name, tables=", ".join(by_name) or "-")
            return ()
    chosen = [by_name[name] for name in wanted] or [one for one in tables if one.rows and not one.is_view]
    for table in [one for one in chosen if one.is_more]:
        terminal.warn("ADD_TABLE_LARGE", table=table.name)
        chosen.remove(table)
    if len(chosen) > MOST:
        terminal.warn("ADD_TABLES_MANY", count=len(chosen), tables=", ".join(table.name for table in chosen))
        return ()
    if not chosen:
        terminal.warn("ADD_NO_TABLES")
    return chosen


def _shape(login: Login, tables: Sequence[TableSeen], secret: str, hub: Path) -> Shape:
    """The tables as sheets, which the drafting knows already."""
    kinds = tuple(
        (
            (
                {"table": one.name},
                (
                    SheetTable(
                        Path(),
                        one.name,
                        one.name,
                        False,
                        TableFound(one.name, True, None, None, one.rows, columns=one.columns, key=one.key),
                    ),
                ),
            ),
        )
        for one in tables
    )
    return Shape(
        (), (Path(login.called),), kinds, {"kind": "sql", "url": login.written(secret, hub.parent), "refresh": "1h"}
    )


def _secret(hub: Path, login: Login) -> str:
    """A name for the password that secrets.env doesn't use for another."""
    name = re.sub(r"[^A-Za-z0-9]+", "_", login.called).strip("_").upper() + "_PASSWORD"
    there = dict(line.split("=", 1) for line in _secrets(hub) if "=" in line)
    number = 1
    while there.get(called := name if number == 1 else f"{name}_{number}", login.password) != login.password:
        number += 1
    return called


def _secrets(hub: Path) -> list[str]:
    path = hub.with_name("secrets.env")
    return path.read_text(encoding="utf-8-sig").splitlines() if path.exists() else []


def _keep(terminal: Terminal, hub: Path, secret: str, password: str) -> None:
    path = hub.with_name("secrets.env")
    lines = _secrets(hub)
    if f"{secret}={password}" not in lines:
        with open(path, "a", encoding="utf-8", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
            start = "\n" if lines and not path.read_bytes().endswith(b"\n") else ""
            file.write(f"{start}{secret}={password}\n")
    terminal.say("ADD_SECRET_KEPT", name=secret, path=path)


# -- showing ----------------------------------------------------------------------------------------------------------


def _show(terminal: Terminal, login: Login, tables: Sequence[TableSeen]) -> None:
    kind = ", ".join([login.engine, *systems_of([table.name for table in tables])])
    terminal.show(f"{login.where} ({kind})")
    for table in tables:
        terminal.show("")
        count = format_number(table.rows, terminal.language) + ("+" if table.is_more else "")
        facts = [terminal.text("INSPECT_VIEW")] if table.is_view else []
        facts.append(terminal.text("INSPECT_RECORDS_ONE" if count == "1" else "INSPECT_RECORDS_MANY", count=count))
        facts += [f"{terminal.text('INSPECT_KEY')} {', '.join(table.key)}"] if table.key else []
        terminal.show(f"› {table.name}: {'; '.join(facts)}")
        head = [
            terminal.text(code) for code in ("INSPECT_COLUMN", "INSPECT_TYPE", "INSPECT_DECLARED", "INSPECT_SAMPLES")
        ]
        rows = [[one.name, one.type, table.declared.get(one.name, ""), _short(one.samples)] for one in table.columns]
        terminal.show_table(head, rows, names=4)
        for relation in table.relations:
            terminal.show(f"  {_tied(terminal, relation)}")


def _short(samples: Sequence[str]) -> str:
    text = " · ".join(samples)
    return text if len(text) <= 40 else text[:39] + "…"


def _tied(terminal: Terminal, relation: Relation) -> str:
    said = {"columns": ", ".join(relation.columns), "table": relation.table, "to": ", ".join(relation.to)}
    if relation.tried is None:
        return terminal.text("INSPECT_DECLARES", **said)
    return terminal.text("INSPECT_TIED", **said, matched=relation.matched, tried=relation.tried)


def _write(terminal: Terminal, login: Login | None, tables: Sequence[TableSeen], problem: SourceError | None) -> None:
    problems = [problem] if problem else []
    told = {
        "database": login.where if login else None,
        "engine": login.engine if login else None,
        "systems": systems_of([table.name for table in tables]),
        "tables": [_object(table) for table in tables],
        "problems": [{"code": one.code, "where": one.where, "text": _sentence(one, terminal)} for one in problems],
    }
    write_bytes(orjson.dumps(told, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))


def _object(table: TableSeen) -> dict[str, object]:
    return {
        "table": table.name,
        "view": table.is_view,
        "row_count": table.rows,
        "more": table.is_more,
        "key": table.key,
        "columns": [
            {
                "name": one.name,
                "type": one.type,
                "declared": table.declared.get(one.name) or None,
                "key": one.key,
                "samples": one.samples,
            }
            for one in table.columns
        ],
        "relations": [
            {
                "columns": one.columns,
                "table": one.table,
                "to": one.to,
                "declared": one.tried is None,
                "matched": one.matched,
                "tried": one.tried,
            }
            for one in table.relations
        ],
    }


def _sentence(error: SourceError, terminal: Terminal) -> str:
    return terminal.render(error.code, {"where": error.where, **error.params})
