"""`simpul check`: every problem of the configuration, and of its sources as they stand right now."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping, Sequence
from contextlib import aclosing
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from config.hub import EntityMapping, HubConfig, SourceConfig
from connectors.columns import find_column, rename_columns
from connectors.connector import Column, Connector, Part
from connectors.errors import SourceError, SourceUnavailable
from connectors.sqlaccount import Account
from replica.sync import Problem
from replica.system import read_sources
from simpul.commands.opening import read_config, run
from simpul.commands.sync import tell_drift
from simpul.compose import build_hub, open_replica
from simpul.console import Terminal
from simpul.formats import format_moment
from simpul.remarks import remarks_on
from simpul.saved import FOLDER
from simpul.sources import Connectors


def check_hub(terminal: Terminal, path: Path) -> int:
    """Tells every problem. 1 if there is one. Reads the beginning of every part; the replica is left alone."""
    config = read_config(terminal, path)
    if config is None:
        return 1
    terminal = terminal.speaking(config.language)
    questions = build_hub(config).saved if (path.parent / FOLDER).is_dir() else None  # they need the schema
    findings = questions.findings(terminal.language) if questions else ()
    names = questions.names() if questions else ()
    homeless = [name for name in config.home if name not in names]
    problems, accounts = run(_check_all(config))
    tell_sources(terminal, config)
    for finding in findings:
        terminal.warn_text(finding.render(path.parent / FOLDER))
    for source, error in problems:
        sentence = terminal.render(error.code, {"where": error.where, **error.params})
        written = config.sources[source]
        terminal.warn_text(f"{path}:{written.line}:{written.column}: {source}: {sentence}")
    for source, account in accounts:
        terminal.say("ACCOUNT_READS", source=source, where=account.where, user=account.user)
    for name in homeless:
        terminal.warn("HOME_UNKNOWN", path=path, name=name, names=", ".join(names) or "-")
    for file, scan in questions.scans() if questions else ():
        terminal.say(
            "SCANS", file=f"{FOLDER}/{file}", path=scan.path, entity=scan.entity, fields=", ".join(scan.fields)
        )
    if problems or findings or homeless:
        terminal.warn("PROBLEMS_FOUND", count=len(problems) + len(findings) + len(homeless))
        return 1
    entities = sum(entity.system is None for entity in config.catalogue)
    counted = {
        "sources": terminal.count(len(config.sources), "SOURCES_ONE", "SOURCES_MANY"),
        "entities": terminal.count(entities, "ENTITIES_ONE", "ENTITIES_MANY"),
    }
    if names:
        counted["entities"] += f", {terminal.count(len(names), 'QUESTIONS_ONE', 'QUESTIONS_MANY')}"
    terminal.say("CHECK_OK", path=path, hub=config.display_name, **counted)
    return 0


def tell_sources(terminal: Terminal, config: HubConfig) -> None:
    """How each source stood when a sync last tried it, where a replica is there to tell."""
    database = open_replica(config)
    try:
        sources = read_sources(database)
    except database.errors:
        return
    now = datetime.now(UTC)
    for source in sources:
        if source.name not in config.sources or source.state == "UNKNOWN":
            continue
        as_of = terminal.text("SOURCE_NEVER")
        if source.read_at:
            moment = format_moment(source.read_at, ZoneInfo(config.timezone), terminal.language)
            as_of = terminal.text("SOURCE_AS_OF", moment=moment)
        said = [terminal.text(f"STATE_{source.state}"), as_of]
        said += remarks_on(source.due_at, source.retry_at, now, terminal.messages, terminal.language)
        terminal.show(f"{source.name}: {', '.join(said)}")
        if source.problem:
            params = {"where": source.problem["where"], **source.problem["params"]}
            terminal.show(f"  {terminal.render(source.problem['code'], params)}")
        drift = [Problem(one["part"], one["code"], {**one, **one["params"]}) for one in source.drift]
        tell_drift(terminal, source.name, drift)


async def check_sources(config: HubConfig) -> list[tuple[str, SourceError]]:
    """What is wrong with each source, once for each place: not reachable (then nothing more is asked of it), a part
    unreadable, a column missing, an account of a database that may do more than read."""
    return (await _check_all(config))[0]


async def _check_all(config: HubConfig) -> tuple[list[tuple[str, SourceError]], list[tuple[str, Account]]]:
    """The same, and the accounts that may only read."""
    connectors = Connectors(config)
    accounts: list[tuple[str, Account]] = []
    found: list[tuple[str, SourceError]] = []
    told: set[tuple[object, ...]] = set()
    try:
        silent: set[str] = set()
        for mapping in config.mappings:
            if mapping.source in silent:
                continue
            names = config.sources[mapping.source].renamed(mapping.dataset)
            async for error in _check_mapping(mapping, connectors[mapping.source], names):
                if _is_unreachable(config.sources[mapping.source], error):
                    silent.add(mapping.source)
                mark = (mapping.source, error.code, error.where, error.params.get("column"))
                if mark not in told:
                    told.add(mark)
                    found.append((mapping.source, error))
        for name, source in config.sources.items():
            if source.kind == "sql" and name not in silent and not source.options["allow_owner"]:
                used = dict.fromkeys(mapping.dataset for mapping in config.mappings if mapping.source == name)
                try:
                    account = await connectors.database(name).account(used)
                except SourceError as error:
                    if not any(source == name for source, _ in found):  # else its reason was told
                        found.append((name, error))
                    continue
                wrong = list(_wrong_with(account)) if account else []
                if account and account.lacking:  # told with its grants
                    found = [(of, error) for of, error in found if (of, error.code) != (name, "DATABASE_FORBIDDEN")]
                found += [(name, error) for error in wrong]
                accounts += [(name, account)] if account and not wrong else []
    finally:
        await connectors.aclose()
    return found, accounts


def _wrong_with(account: Account) -> Iterator[SourceError]:
    who = {"user": account.user}
    if account.more:
        grants = "\n  ".join(account.grants)
        yield SourceError(account.where, "ACCOUNT_WRITES", **who, rights="; ".join(account.more), grants=grants)
    if account.lacking:
        grants = "\n  ".join(account.granting)
        yield SourceError(account.where, "ACCOUNT_LACKS", **who, tables=", ".join(account.lacking), grants=grants)


def _is_unreachable(source: SourceConfig, error: SourceError) -> bool:
    """Whether an error is one of the whole source, not of one of its files or addresses."""
    return source.kind != "spreadsheet" and isinstance(error, SourceUnavailable) and error.code != "STATUS_UNEXPECTED"


async def _check_mapping(
    mapping: EntityMapping, connector: Connector, names: Mapping[str, str]
) -> AsyncIterator[SourceError]:
    try:
        parts = await connector.parts(mapping.dataset)
    except SourceError as error:
        yield error
        return
    for part in parts:
        try:
            async for missing in _missing_columns(mapping, connector, part, names):
                yield missing
        except SourceError as error:
            yield error


async def _missing_columns(
    mapping: EntityMapping, connector: Connector, part: Part, names: Mapping[str, str]
) -> AsyncIterator[SourceError]:
    async with aclosing(_columns(connector, mapping.dataset, part, names)) as found:
        async for columns in found:
            for name in wanted_columns(mapping):
                try:
                    find_column(columns, name, part.label)
                except SourceError as error:
                    yield error
            return


async def _columns(
    connector: Connector, dataset: str, part: Part, names: Mapping[str, str]
) -> AsyncGenerator[Sequence[Column], None]:
    """The columns of each batch, with the names of `rename:`. A generator of ours, because only a generator is sure to have
    `aclose`."""
    rows = connector.rows(dataset, part)
    try:
        async for batch in rows:
            yield rename_columns(batch, names).columns
    finally:
        if isinstance(rows, AsyncGenerator):  # else nothing tells it that nobody reads on
            await rows.aclose()


def wanted_columns(mapping: EntityMapping) -> list[str]:
    """The columns of the source that a mapping needs, in the order of its fields."""
    names = [name for field in mapping.fields for name in (*field.columns, *([field.within] if field.within else ()))]
    names += mapping.where or ()
    return list(dict.fromkeys(name for name in names if not name.startswith("$")))
