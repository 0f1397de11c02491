"""`simpul sync`: brings sources in now, with progress and a table of what happened."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn

from replica.sync import Problem, SyncReport
from replica.sync import Progress as Position
from simpul.commands.opening import with_hub
from simpul.compose import Hub
from simpul.console import Terminal
from simpul.formats import format_number


def sync_sources(terminal: Terminal, path: Path, source: str | None, *, full: bool, force: bool) -> int:
    """Syncs one source or all. 1 if one of them had a problem, 2 for a source that hub.yaml does not have."""

    async def work(terminal: Terminal, hub: Hub) -> int:
        if source is not None and source not in hub.config.sources:
            names = ", ".join(hub.config.sources)
            terminal.warn("SOURCE_UNKNOWN", name=source, path=path, names=names)
            return 2
        reports = await sync_with_progress(terminal, hub, [source] if source else list(hub.config.sources), full, force)
        show_reports(terminal, hub, reports)
        return 1 if any(report.problems for report in reports) else 0

    return with_hub(terminal, path, work)


async def sync_with_progress(
    terminal: Terminal, hub: Hub, sources: Sequence[str], full: bool = False, force: bool = False
) -> list[SyncReport]:
    """Syncs sources one after the other and shows how far each has come."""
    reports = []
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        TextColumn("{task.fields[rows]}"),
    )
    with Progress(*columns, console=terminal.err, transient=True, disable=not terminal.err.is_terminal) as shown:
        for source in sources:
            task = shown.add_task(terminal.text("SYNC_RUNNING", source=source), rows="")

            def move(position: Position, task: int = task) -> None:
                rows = format_number(position.rows, terminal.language)
                if position.ahead:
                    fetched = format_number(position.ahead, terminal.language)
                    rows = terminal.text("SYNC_AHEAD", rows=rows, fetched=fetched)
                shown.update(task, total=position.total or 1, completed=position.done, rows=rows)  # type: ignore[arg-type]  # a TaskID is an int

            reports.append(await hub.syncer.sync(source, full=full, force=force, progress=move))
            shown.remove_task(task)
    return reports


def show_reports(terminal: Terminal, hub: Hub, reports: Sequence[SyncReport]) -> None:
    """The hub's name, what each sync did as a table whose names are never broken, then every problem with what to do."""
    terminal.show(hub.config.display_name)
    head = [terminal.text(code) for code in (*_NAMED, *_COUNTED)]
    rows = []
    for report in reports:
        outcome = terminal.text(f"OUTCOME_{report.outcome}")
        if not report.counts:
            rows.append([report.source, "", outcome, *[""] * len(_COUNTED)])
        for entity, counts in report.counts.items():
            told = (counts.seen, counts.records, counts.rejects, counts.aside)
            numbers = (*told, counts.added, counts.changed, counts.removed, counts.issues)
            cells = ["?" if number is None else format_number(number, terminal.language) for number in numbers]
            rows.append([report.source, entity, outcome, *cells])
    terminal.show_table(head, rows, names=len(_NAMED))
    for report in reports:
        for problem in report.problems:
            sentence = terminal.render(problem.code, {"where": problem.where, **problem.params})
            terminal.warn_text(f"{report.source}: {sentence}")
        known = {(problem.where, problem.code) for problem in report.problems}
        tell_drift(terminal, report.source, [one for one in report.drift if (one.where, one.code) not in known])


def tell_drift(terminal: Terminal, source: str, drift: Iterable[Problem]) -> None:
    """How a source differs from what it was, each with the line that hub.yaml could have."""
    for one in drift:
        sentence = terminal.render(one.code, {"where": one.where, **one.params})
        if one.params.get("line"):
            sentence += " " + terminal.text("DRIFT_PROPOSAL", line=one.params["line"], place=one.params["place"])
        terminal.warn_text(f"{source}: {sentence}")


_NAMED = ("COLUMN_SOURCE", "COLUMN_ENTITY", "COLUMN_RESULT")
_COUNTED = (
    *("COUNT_SEEN", "COUNT_RECORDS", "COUNT_REJECTS", "COUNT_ASIDE"),
    *("COUNT_ADDED", "COUNT_CHANGED", "COUNT_REMOVED", "COUNT_ISSUES"),
)
