"""`simpul add`: understands files, drafts how they are read into hub.yaml, shows the difference, and writes it if it may."""

from __future__ import annotations

import sys
from difflib import unified_diff
from pathlib import Path

from config.hub import HubConfig
from config.insertion import NoRoom
from config.problems import ConfigError
from connectors.errors import SourceError
from connectors.findings import FileFound
from connectors.inspector import Inspector
from simpul.adding.entries import EntityDraft
from simpul.adding.proposal import Proposal, new_text, propose
from simpul.adding.shapes import Aside
from simpul.adding.undo import keep, last_kept, take_back
from simpul.commands.fetching import at_hand
from simpul.commands.opening import read_config, run
from simpul.console import Terminal
from simpul.sources import is_address

_YES = ("y", "yes", "ya")
_OWN_FOLDERS = ("var", "queries", "links")
_OWN_FILES = ("secrets.env", "hub.schema.json")


def add_path(terminal: Terminal, hub: Path, written: str, *, yes: bool) -> int:
    """Adds a file, all of a folder, or the file at an address. 1 if nothing was written."""
    with at_hand(terminal, written) as path:
        address = written if is_address(written) else None
        return 1 if path is None else _add(terminal, hub, path, address, yes=yes)


def _add(terminal: Terminal, hub: Path, path: Path, address: str | None, *, yes: bool) -> int:
    opened = open_hub(terminal, hub)
    if opened is None:
        return 1
    terminal, config, before = opened
    found = [(file, one) for file, one in _inspect(terminal, path) if file == path or not _is_of_the_hub(file, hub)]
    text = new_text(terminal.language) if before is None else before.decode("utf-8-sig")
    language = config.language if config else terminal.language
    try:
        proposal = run(propose(hub, text, config, found, language, address)) if found else ()
    except (NoRoom, ConfigError) as error:
        tell_refused(terminal, hub, error)
        return 1
    asides = proposal.asides if isinstance(proposal, Proposal) else proposal
    for aside in asides:
        terminal.warn_text(_sentence(aside, terminal))
    if not isinstance(proposal, Proposal):
        terminal.warn("ADD_NOTHING", path=address or path)
        return 1
    question = tell(terminal, proposal)
    if not write(terminal, hub, before, proposal.after, yes=yes):
        return 1
    tell_next(terminal, hub, question)
    return 0


def tell_refused(terminal: Terminal, hub: Path, error: NoRoom | ConfigError) -> None:
    """Why nothing can be written into hub.yaml."""
    if isinstance(error, NoRoom):
        terminal.warn("ADD_NO_ROOM", path=hub, line=error.line, section=error.section)
        return
    for problem in error.problems:
        terminal.warn_text(problem.render(terminal.language))
    terminal.warn("ADD_REFUSED", path=hub)


def tell(terminal: Terminal, proposal: Proposal) -> str:
    """What the entities and links of a proposal will hold; the line that asks a first question."""
    for entity in proposal.draft.entities:
        _tell(terminal, proposal, entity)
    for link in proposal.draft.links:
        for remark in link.remarks:
            terminal.show(f"{link.source}.{link.name}: {terminal.render(remark.code, remark.params)}")
    return f"echo '{_question(proposal)}' | simpul query -"


def open_hub(terminal: Terminal, hub: Path) -> tuple[Terminal, HubConfig | None, bytes | None] | None:
    """The hub.yaml that is to be added to, if there is one, and a terminal in its language; None after saying why not."""
    if hub.exists():
        config = read_config(terminal, hub)
        return None if config is None else (terminal.speaking(config.language), config, hub.read_bytes())
    if hub.parent.is_dir():
        return terminal, None, None
    terminal.warn("ADD_NO_FOLDER", folder=hub.parent)
    return None


def write(terminal: Terminal, hub: Path, before: bytes | None, text: str, *, yes: bool) -> bool:
    """Shows how a hub.yaml would change, and writes it if it may; whether it did."""
    mark = b"\xef\xbb\xbf"
    bom = mark if before is not None and before.startswith(mark) else b""
    _show_difference(terminal, hub, before.decode("utf-8-sig") if before is not None else "", text)
    if not (yes or _agrees(terminal, hub)):
        return False
    if (hub.read_bytes() if hub.exists() else None) != before:
        terminal.warn("ADD_CHANGED_MEANWHILE", path=hub)
        return False
    try:
        keep(hub, before, bom + text.encode())
    except OSError as error:
        terminal.warn("INIT_FAILED", path=hub, reason=terminal.trouble(error))
        return False
    return True


def undo(terminal: Terminal, hub: Path) -> int:
    """Takes the last addition back. 1 if that can't be done."""
    try:
        contents = take_back(hub)
    except OSError as error:
        terminal.warn("OPERATION_FILE_UNREADABLE", path=hub, reason=terminal.trouble(error))
        return 1
    if contents is None:
        kept = last_kept(hub)
        if kept is None:
            terminal.warn("ADD_NOTHING_TO_UNDO", path=hub)
        else:
            terminal.warn("ADD_EDITED_SINCE", path=hub, kept=kept)
        return 1
    after, before = (content.decode("utf-8-sig") for content in contents)
    _show_difference(terminal, hub, after, before)
    terminal.say("ADD_UNDONE" if before else "ADD_UNDONE_WHOLE", path=hub)
    return 0


def _inspect(terminal: Terminal, path: Path) -> list[tuple[Path, FileFound]]:
    """What is in a file or folder, each finding with the file's path."""
    try:
        with Inspector() as inspector:
            found = [(path / one.path if path.is_dir() else path, one) for one in inspector.inspect(path)]
    except SourceError as error:
        terminal.warn_text(_sentence(Aside(error.where, error.code, error.params), terminal))
        return []
    return found


def _is_of_the_hub(file: Path, hub: Path) -> bool:
    """Whether a file of a folder is one that a hub itself has beside its hub.yaml."""
    try:
        parts = file.resolve().relative_to(hub.parent.resolve()).parts
    except ValueError:
        return False
    if len(parts) > 1:
        return parts[0] in _OWN_FOLDERS
    return parts[0].startswith(hub.name) or parts[0] in _OWN_FILES


def _sentence(aside: Aside, terminal: Terminal) -> str:
    sentence = terminal.render(aside.code, {"where": aside.where, **aside.params})
    return sentence if aside.where in sentence else f"{aside.where}: {sentence}"


def _tell(terminal: Terminal, proposal: Proposal, entity: EntityDraft) -> None:
    """What an entity will hold, and by what its records are told apart."""
    measured = proposal.measured[entity.datasets[0]]
    for source in proposal.draft.sources:
        for dataset in source.datasets:
            if (source.name, dataset.name) in entity.datasets:
                for one in dataset.tables:
                    rows = one.table.header_rows
                    head = "-" if rows is None else str(rows[0]) if rows[0] == rows[1] else f"{rows[0]}-{rows[1]}"
                    count = terminal.count(one.table.row_count, "INSPECT_RECORDS_ONE", "INSPECT_RECORDS_MANY")
                    if not one.path.name:  # a table of a database has no row of names
                        terminal.show(f"{one.label}: {count}")
                        continue
                    terminal.say("ADD_TABLE", where=one.label, header=head, count=count)
    count = terminal.count(measured.records, "INSPECT_RECORDS_ONE", "INSPECT_RECORDS_MANY")
    code = "ADD_ENTITY_BUILTIN" if entity.builtin else "ADD_ENTITY_OWN"
    told = terminal.text(code, name=entity.name, count=count, fields=len(entity.fields))
    if entity.more:
        by = terminal.text("ADD_MORE")
    else:
        by = terminal.text("ADD_KEY", key=", ".join(entity.key)) if entity.key else terminal.text("ADD_NO_KEY")
    terminal.show(f"  → {told} {by}")
    if issues := measured.issues.total():
        terminal.show(f"  {terminal.text('ADD_ISSUES', count=issues)}")


def _show_difference(terminal: Terminal, hub: Path, before: str, after: str) -> None:
    terminal.show("")
    name = hub.name
    for line in unified_diff(before.splitlines(), after.splitlines(), name, name, lineterm=""):
        terminal.show(line)
    terminal.show("")


def _agrees(terminal: Terminal, hub: Path) -> bool:
    """Whether a person says yes. Without a terminal nobody can."""
    if not sys.stdin.isatty():
        terminal.warn("ADD_NOT_ASKED", path=hub)
        return False
    print(terminal.text("ADD_ASK", path=hub), end=" ", flush=True, file=sys.stderr)
    if sys.stdin.readline().strip().casefold() in _YES:
        return True
    terminal.warn("ADD_NOT_WRITTEN", path=hub)
    return False


def tell_next(terminal: Terminal, hub: Path, question: str) -> None:
    """What can be done now: commands to copy, `question` among them."""
    terminal.say("ADD_WRITTEN", path=hub)
    config = "" if hub == Path("hub.yaml") else f' --config "{hub}"' if " " in str(hub) else f" --config {hub}"
    for command in ("simpul sync", question, "simpul add --undo"):
        terminal.show(f"  {command}{config}")


def _question(proposal: Proposal) -> str:
    """A first question, about the first entity."""
    first = proposal.draft.entities[0]
    entity = proposal.config.catalogue[first.name]
    names = [field.name for field in first.fields if entity.field(field.name)][:4]
    return f"{{ {entity.plural}(first: 3) {{ totalCount nodes {{ {' '.join(names) or 'id'} }} }} }}"
