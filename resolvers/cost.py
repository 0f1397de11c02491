"""What an operation costs: its selects, how many rows each is expected to look at and bring, and what a run of it took.

The limit is on rows looked at, summed over all selects (faults.md: a GraphQL operation is small, what it asks for need not be)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from config.entities import Catalogue
from replica.ask import Groups, Rows, Totals, Variables
from replica.binding import Statement
from replica.estimate import Estimate, Estimator, scanned_for
from replica.reading import Asked, Reading
from resolvers.explain import ExplainStep
from resolvers.run import Child, ConnectionStep, Fetch, GroupStep, LinkStep, LookupStep, NodesStep, Pattern, RootStep
from resolvers.search import SearchStep

Kind = Literal["records", "totals", "groups", "search", "explain"]
EXPLAINED = 10_000  # rows that an explanation may look at, however few records there are


@dataclass(frozen=True, slots=True)
class Select:
    """A select of a plan: what it brings, for the field at `where`. One of a search has a statement for each number of words,
    and so none here, nor has an explanation, which asks on as it finds."""

    where: Pattern
    kind: Kind
    statement: Statement | None
    estimate: Estimate

    @property
    def path(self) -> str:
        """The field, without the marks of lists: `proposals.nodes.budgetLines`."""
        return ".".join(step for step in self.where if step != "*")


@dataclass(frozen=True, slots=True)
class Scan:
    """A select for the field at `path` that looks at every record of `entity`, where an index of `fields` would help."""

    path: str
    entity: str
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Explained:
    """A statement as it was run: the select it belongs to (None of a search), rows, milliseconds, and how the engine of the
    replica goes about it, line by line."""

    select: Select | None
    sql: str
    rows: int
    milliseconds: float
    steps: tuple[str, ...]


class TooCostly(Exception):
    """The operation is expected to look at more rows than it may; `worst` is the select that looks at most of them."""

    def __init__(self, looked: float, limit: int, worst: Select) -> None:
        super().__init__(looked, limit)
        self.looked = looked
        self.limit = limit
        self.worst = worst


def looked_at(selects: Sequence[Select]) -> float:
    """How many rows all of them are expected to look at."""
    return sum(select.estimate.looked for select in selects)


def check_cost(selects: Sequence[Select], limit: int) -> None:
    """Raises TooCostly."""
    looked = looked_at(selects)
    if looked > limit:
        raise TooCostly(looked, limit, max(selects, key=lambda select: select.estimate.looked))


def selects_of(steps: Sequence[RootStep], estimator: Estimator, variables: Variables) -> tuple[Select, ...]:
    """The selects of a plan, outer before inner, with what they are expected to cost with these variables."""
    walk = _Walk(estimator, variables)
    return tuple(select for step in steps for select in walk.root(step))


def spent(selects: Sequence[Select], asked: Sequence[Asked]) -> list[dict[str, object]]:
    """For each select what was expected of it and what it did, as an answer tells it: rows and milliseconds are null where it
    was not run."""
    told: list[dict[str, object]] = []
    for select in selects:
        runs = [run for run in asked if run.statement is select.statement]
        told.append(
            {
                "path": select.path,
                "kind": select.kind,
                "expected": {"looked": round(select.estimate.looked), "rows": round(select.estimate.found)},
                "rows": sum(run.rows for run in runs) if runs else None,
                "milliseconds": round(1000 * sum(run.seconds for run in runs), 3) if runs else None,
            }
        )
    return told


def scans_of(selects: Sequence[Select], catalogue: Catalogue) -> tuple[Scan, ...]:
    """Those that scan for want of an index, each field once."""
    scans = []
    for select in selects:
        found = None if select.statement is None else scanned_for(catalogue, select.statement.question)
        if found is not None:
            scans.append(Scan(select.path, *found))
    return tuple(dict.fromkeys(scans))


def explained(selects: Sequence[Select], reading: Reading, variables: Variables) -> tuple[Explained, ...]:
    """The statements that were run, in their order."""
    by_statement = {id(select.statement): select for select in selects}
    return tuple(
        Explained(
            by_statement.get(id(run.statement)),
            run.run.sql,
            run.rows,
            1000 * run.seconds,
            tuple(reading.explain(run, variables)),
        )
        for run in tuple(reading.asked)
    )


class _Walk:
    def __init__(self, estimator: Estimator, variables: Variables) -> None:
        self._estimator = estimator
        self._variables = variables

    def root(self, step: RootStep) -> Iterator[Select]:
        match step:
            case ConnectionStep():
                yield from self._connection(step, 1)
            case LookupStep():
                yield from self._fetch(step.fetch, step.where, 1)
            case NodesStep():
                count = len(step.ids(self._variables))
                for fetch, _ in step.fetches.values():
                    yield from self._fetch(fetch, step.where, count / len(step.fetches))
            case SearchStep():
                first = step.first(self._variables)
                records = sum(self._estimator.size(entity) for entity in step.fetches)
                yield Select(step.where, "search", None, Estimate(records / 10, first))
                for hits in step.fetches.values():
                    yield from self._fetch(hits.fetch, step.where, first / len(step.fetches))
            case ExplainStep():
                records = self._estimator.size(step.entity(self._variables))
                yield Select(step.where, "explain", None, Estimate(max(records, EXPLAINED), 1))
            case _:
                raise TypeError(f"not a step of a root: {step!r}")

    def _connection(self, step: ConnectionStep, starts: float) -> Iterator[Select]:
        if step.fetch is not None:
            yield from self._fetch(step.fetch, step.where, starts)
        if step.totals is not None:
            yield self._select(step.where, "totals", step.totals, starts)
        for groups in step.groups:
            yield from self._groups(groups, starts)

    def _groups(self, step: GroupStep, starts: float) -> Iterator[Select]:
        groups = self._select(step.where, "groups", step.statement, starts)
        yield groups
        for drill in step.drills:
            yield from self._fetch(drill, step.where, groups.estimate.found)

    def _fetch(self, fetch: Fetch, where: Pattern, starts: float) -> Iterator[Select]:
        records = self._select(where, "records", fetch.statement, starts)
        yield records
        for child in fetch.children:
            yield from self._child(child, records.estimate.found)

    def _child(self, child: Child, starts: float) -> Iterator[Select]:
        step: LinkStep = child.step
        if not isinstance(step, ConnectionStep):
            raise TypeError(f"not a step of a link: {step!r}")
        yield from self._connection(step, starts)

    def _select(self, where: Pattern, kind: Kind, statement: Statement, starts: float) -> Select:
        question = statement.question
        if not isinstance(question, Rows | Totals | Groups):
            raise TypeError(f"a statement that answers no question: {statement.sql}")
        return Select(where, kind, statement, self._estimator.of(question, starts, self._variables))
