"""The command line. Exit codes: 0 all is well, 1 problems were found or something failed, 2 the command was misused.

Each command loads its own modules when it runs: loading them takes longer than most commands work."""

from __future__ import annotations

import atexit
import gc
import re
import sys
from collections.abc import Callable, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.main import get_command

from config.hub import Language
from simpul import VERSION, languages
from simpul.console import Terminal, open_terminal, use_plain_signs
from simpul.formats import Locale
from simpul.messages import MESSAGES

app = typer.Typer(help="HELP_APP", no_args_is_help=True, add_completion=False, rich_markup_mode=None)


class Lang(StrEnum):
    """The languages of the terminal."""

    ID = "id"
    EN = "en"


Config = Annotated[Path, typer.Option("--config", "-c", help="HELP_CONFIG")]
Speak = Annotated[Lang | None, typer.Option("--lang", help="HELP_LANG")]
Host = Annotated[str, typer.Option("--host", help="HELP_HOST")]
Port = Annotated[int, typer.Option("--port", min=0, max=65535, help="HELP_PORT")]
Unprotected = Annotated[bool, typer.Option("--allow-unprotected", help="HELP_UNPROTECTED")]

Workers = Annotated[int, typer.Option("--workers", min=1, max=64, help="HELP_WORKERS")]

Authority = Annotated[Path | None, typer.Option("--ca", help="HELP_CA")]

HUB_YAML = Path("hub.yaml")
MAIL_URL = re.compile(r"(?i)imaps?://")
DATABASE_URL = re.compile(r"(?i)(?:postgres(?:ql)?|mariadb|mysql|sqlite)://")


def _say_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"simpul {VERSION}")
        raise typer.Exit


@app.callback()
def _simpul(
    version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_say_version, help="HELP_VERSION")
    ] = False,
) -> None: ...


@app.command(help="HELP_DEMO")
def demo(
    port: Annotated[int, typer.Option("--port", envvar="PORT", min=0, max=65535, help="HELP_PORT")] = 8000,
    folder: Annotated[Path, typer.Option("--folder", help="HELP_FOLDER")] = Path("var/demo"),
    once: Annotated[bool, typer.Option("--once", help="HELP_ONCE")] = False,
    lang: Speak = None,
) -> None:
    from simpul.commands.demo import run_demo

    _end(lambda: run_demo(_terminal(lang), folder, port, once=once))


@app.command(help="HELP_INIT")
def init(
    folder: Annotated[Path, typer.Argument(help="HELP_NEW")],
    schema: Annotated[bool, typer.Option("--schema", help="HELP_EDITOR")] = False,
    lang: Speak = None,
) -> None:
    from simpul.commands.init import init_hub

    _end(lambda: init_hub(_terminal(lang), folder, schema_only=schema))


@app.command(help="HELP_CHECK")
def check(config: Config = HUB_YAML, lang: Speak = None) -> None:
    from simpul.commands.check import check_hub

    _end(lambda: check_hub(_terminal(lang), config))


@app.command(help="HELP_INSPECT")
def inspect(
    path: Annotated[str, typer.Argument(help="HELP_PATH")],
    as_json: Annotated[bool, typer.Option("--json", help="HELP_JSON")] = False,
    ca: Authority = None,
    lang: Speak = None,
) -> None:
    if MAIL_URL.match(path):
        from simpul.commands.mailbox import inspect_mailbox

        _end(lambda: inspect_mailbox(_terminal(lang), path, ca, as_json=as_json))
        return
    if DATABASE_URL.match(path):
        from simpul.commands.database import inspect_database

        _end(lambda: inspect_database(_terminal(lang), path, as_json=as_json))
        return
    from simpul.commands.inspect import inspect_path

    _end(lambda: inspect_path(_terminal(lang), path, as_json=as_json))


@app.command(help="HELP_ADD")
def add(
    path: Annotated[str | None, typer.Argument(help="HELP_ADD_PATH")] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="HELP_YES")] = False,
    take_back: Annotated[bool, typer.Option("--undo", help="HELP_UNDO")] = False,
    ca: Authority = None,
    table: Annotated[list[str] | None, typer.Option("--table", help="HELP_ADD_TABLE")] = None,
    config: Config = HUB_YAML,
    lang: Speak = None,
) -> None:
    from simpul.commands.add import add_path, undo

    if (path is None) is not take_back:
        _terminal(lang).warn("ADD_WHAT")
        raise typer.Exit(2)
    if path is not None and MAIL_URL.match(path):
        from simpul.commands.mailbox import add_mailbox

        _end(lambda: add_mailbox(_terminal(lang), config, path, ca, yes=yes))
        return
    if path is not None and DATABASE_URL.match(path):
        from simpul.commands.database import add_database

        _end(lambda: add_database(_terminal(lang), config, path, table or (), yes=yes))
        return
    _end(lambda: undo(_terminal(lang), config) if path is None else add_path(_terminal(lang), config, path, yes=yes))


@app.command(help="HELP_SYNC")
def sync(
    source: Annotated[str | None, typer.Argument(help="HELP_SOURCE")] = None,
    full: Annotated[bool, typer.Option("--full", help="HELP_FULL")] = False,
    force: Annotated[bool, typer.Option("--force", help="HELP_FORCE")] = False,
    config: Config = HUB_YAML,
    lang: Speak = None,
) -> None:
    from simpul.commands.sync import sync_sources

    _end(lambda: sync_sources(_terminal(lang), config, source, full=full, force=force))


@app.command(help="HELP_SERVE")
def serve(
    host: Host = "127.0.0.1",
    port: Port = 8000,
    workers: Workers = 1,
    allow_unprotected: Unprotected = False,
    config: Config = HUB_YAML,
    lang: Speak = None,
) -> None:
    from simpul.commands.serve import serve_hub

    _end(lambda: serve_hub(_terminal(lang), config, host, port, workers, allow_unprotected=allow_unprotected))


@app.command(help="HELP_QUERY")
def query(
    file: Annotated[str, typer.Argument(help="HELP_FILE")],
    variables: Annotated[str | None, typer.Option("--variables", help="HELP_VARIABLES")] = None,
    table: Annotated[str | None, typer.Option("--csv", metavar="FILE", help="HELP_TABLE")] = None,
    locale: Annotated[Locale | None, typer.Option("--locale", help="HELP_LOCALE")] = None,
    expand: Annotated[list[str] | None, typer.Option("--expand", help="HELP_EXPAND")] = None,
    explain: Annotated[bool, typer.Option("--explain", help="HELP_EXPLAIN")] = False,
    config: Config = HUB_YAML,
    lang: Speak = None,
) -> None:
    from simpul.commands.query import Table, run_query

    wanted = Table(table, locale, tuple(expand or ()))
    _end(lambda: run_query(_terminal(lang), config, file, variables, wanted, explain=explain))


@app.command(help="HELP_REJECTS")
def rejects(
    as_csv: Annotated[bool, typer.Option("--csv", help="HELP_CSV")] = False,
    config: Config = HUB_YAML,
    lang: Speak = None,
) -> None:
    from simpul.commands.rejects import list_rejects

    _end(lambda: list_rejects(_terminal(lang), config, as_csv=as_csv))


@app.command(help="HELP_WHY")
def why(
    entity: Annotated[str, typer.Argument(help="HELP_WHY_ENTITY")],
    row: Annotated[list[str], typer.Argument(help="HELP_WHY_ROW")],
    as_json: Annotated[bool, typer.Option("--json", help="HELP_JSON")] = False,
    config: Config = HUB_YAML,
    lang: Speak = None,
) -> None:
    from simpul.commands.why import tell_why

    _end(lambda: tell_why(_terminal(lang), config, entity, row, as_json=as_json))


@app.command(help="HELP_SCHEMA")
def schema(config: Config = HUB_YAML, lang: Speak = None) -> None:
    from simpul.commands.schema import print_schema

    _end(lambda: print_schema(_terminal(lang), config))


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs a command and ends the process with its exit code."""
    gc.disable()  # until the command's modules are loaded: they stay
    atexit.register(gc.freeze)  # a last look for garbage in all that was made would take longer than most commands
    use_plain_signs()
    given = list(sys.argv[1:] if arguments is None else arguments)
    command = get_command(app)
    _translate(command, languages.from_arguments(given) or languages.from_environment())
    try:
        command(args=given, prog_name="simpul")
    finally:
        gc.enable()


def _translate(command: Any, language: Language) -> None:
    """Puts sentences where the command tree above names their codes. Any: typer does not publish click's types."""
    for part in (command, *command.params):
        if getattr(part, "help", None) in MESSAGES.codes:
            part.help = MESSAGES.render(part.help, {}, language)
    for inner in getattr(command, "commands", {}).values():
        _translate(inner, language)


def _terminal(lang: Lang | None) -> Terminal:
    language: Language | None = None if lang is None else "en" if lang is Lang.EN else "id"
    return open_terminal(MESSAGES, language)


def _end(run: Callable[[], int]) -> None:
    gc.enable()
    try:
        code = run()
    except KeyboardInterrupt:
        code = 130  # as a shell reports a command that Ctrl-C stopped
    except BrokenPipeError:  # `simpul rejects | head`
        sys.stdout = None  # nothing is left to be flushed at exit
        code = 0
    raise typer.Exit(code)
