"""Running a plan: one select for each edge of the operation, then shaping in compiled functions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any, Protocol

from orjson import Fragment

from connectors.seeking import Sought
from replica.ask import Listing, Variables
from replica.binding import Statement
from replica.reading import Reading
from replica.wire import read_wire_id

Row = Sequence[Any]
Assembler = Callable[[int, int, bool, Row, list[object]], object]
"""From where the records of a parent begin and end, whether there are more, its totals and its groups to its object."""
Pattern = tuple[str, ...]
"""Response keys from the root to a field, with `*` where a list is entered."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A field that is null although it was asked for, because of `code`."""

    where: Pattern
    code: str
    params: Mapping[str, object]


@dataclass(slots=True)
class Run:
    """One run of a plan. `version` is that of what it reads. With `as_text` the replica may write records itself, as JSON."""

    reading: Reading
    variables: Variables
    as_text: bool = False
    failures: list[Failure] = field(default_factory=list)
    version: str = ""
    sought: dict[tuple[str, str, str, str | None], Sought | None] = field(default_factory=dict)

    def is_unavailable(self, entity: str, where: Pattern) -> bool:
        """Whether no sync has ever brought records of `entity`; if so the field at `where` fails."""
        if entity not in self.reading.unavailable:
            return False
        source = next(state.source for state in self.reading.datasets if state.entity == entity)
        self.failures.append(Failure(where, "SOURCE_UNAVAILABLE", {"entity": entity, "source": source}))
        return True


class LinkStep(Protocol):
    """Answers a link for many parents at once."""

    def run(self, run: Run, ids: Sequence[int]) -> Mapping[int, object]:
        """Parent's `_id` to the value of the field."""
        ...


class RootStep(Protocol):
    """Answers a field of the root."""

    def run_root(self, run: Run) -> object:
        """The value of the field."""
        ...


@dataclass(frozen=True, slots=True)
class Child:
    """A link of the records of a fetch; `column` holds the `_id` of the record that it starts from."""

    step: LinkStep
    column: int


@dataclass(frozen=True, slots=True)
class Fetch:
    """A select of records and the links asked of them. Each shape makes a list of objects from
    rows, variables and children."""

    statement: Statement
    children: tuple[Child, ...]
    shapes: tuple[Callable[..., list[Any]], ...]

    def rows(self, run: Run, ids: Sequence[object] | None = None) -> list[Row]:
        return run.reading.rows(self.statement, run.variables, ids)

    def shape(self, run: Run, rows: Sequence[Row]) -> list[list[Any]]:
        """One list for each shape, parallel to the rows."""
        children = [child.step.run(run, _distinct(rows, child.column)) for child in self.children]
        return [shape(rows, run.variables, *children) for shape in self.shapes]


def _distinct(rows: Iterable[Row], column: int) -> list[int]:
    ids = dict.fromkeys(row[column] for row in rows)
    ids.pop(None, None)
    return list(ids)


@dataclass(frozen=True, slots=True)
class Lists:
    """The lists of a connection as the replica writes them. `assemble` makes its object of the totals, the lists and the
    groups."""

    statement: Statement
    assemble: Callable[..., object]

    def read(self, run: Run) -> list[Fragment]:
        """Each list as JSON."""
        (row,) = run.reading.rows(self.statement, run.variables)
        return [Fragment(text) for text in row]


@dataclass(frozen=True, slots=True)
class PageFacts:
    """What pageInfo needs to know. `size` reads the page's size; `beyond` tells whether records were left out before the
    page (after it, if `backward`)."""

    size: Callable[[Variables], int]
    beyond: Callable[[Variables], bool]
    backward: bool


class TooManyGroups(Exception):
    """A grouping has more groups than are answered at once; `limit` is how many."""

    def __init__(self, limit: int) -> None:
        super().__init__(limit)
        self.limit = limit


@dataclass(frozen=True, slots=True)
class GroupStep:
    """The groups of a connection, of the root or of many parents. `keys` are the columns that tell one group from another.
    `limit` is how many groups there may be where no page was asked. Each of `drills` brings records of every group."""

    where: Pattern
    statement: Statement
    is_linked: bool
    keys: slice
    limit: int | None
    drills: tuple[Fetch, ...]
    shape: Callable[..., list[Any]]

    def run_root(self, run: Run) -> object:
        rows = run.reading.rows(self.statement, run.variables)
        self._check(len(rows))
        return self._shaped(run, rows)

    def run(self, run: Run, ids: Sequence[int]) -> Mapping[int, object]:
        """Parent's `_id` to its groups; a parent without any is left out."""
        rows = run.reading.rows(self.statement, run.variables, ids)
        shaped = self._shaped(run, rows)
        found: dict[int, object] = {}
        for parent, pairs in groupby(zip(rows, shaped, strict=True), key=lambda pair: pair[0][0]):
            groups = [group for _, group in pairs]
            self._check(len(groups))
            found[parent] = groups
        return found

    def _check(self, count: int) -> None:
        if self.limit is not None and count > self.limit:
            raise TooManyGroups(self.limit)

    def _shaped(self, run: Run, rows: Sequence[Row]) -> list[Any]:
        return self.shape(rows, run.variables, *(self._members(run, fetch, rows) for fetch in self.drills))

    def _members(self, run: Run, fetch: Fetch, rows: Sequence[Row]) -> list[list[Any]]:
        """The records of each group."""
        found: list[list[Any]] = [[] for _ in rows]
        if rows:
            members = fetch.rows(run, [[place, *row[self.keys]] for place, row in enumerate(rows)])
            (shaped,) = fetch.shape(run, members)
            for member, value in zip(members, shaped, strict=True):
                found[member[0]].append(value)
        return found


@dataclass(frozen=True, slots=True)
class ConnectionStep:
    """A connection, of the root or of many parents. `assemble` makes the object of one parent from its slice. What the replica
    can write itself stands in `listing` (the whole, inside of a parent), `lists` (all of the root's but totals and groups) and
    `written` (the records of the root one by one)."""

    entity: str
    where: Pattern
    page: PageFacts
    fetch: Fetch | None
    totals: Statement | None
    no_totals: tuple[object, ...]
    groups: tuple[GroupStep, ...]
    assemble: Callable[..., object]
    listing: Listing | None = None
    lists: Lists | None = None
    written: Fetch | None = None

    def run_root(self, run: Run) -> object:
        if run.is_unavailable(self.entity, self.where):
            return None
        totals = run.reading.rows(self.totals, run.variables)[0] if self.totals else ()
        if run.as_text and self.lists is not None:
            written = self.lists.read(run)
            return self.lists.assemble(totals, *written, *(step.run_root(run) for step in self.groups))
        fetch = self.written if run.as_text and self.written is not None else self.fetch
        rows = fetch.rows(run) if fetch else []
        kept, more = self._cut(rows, self.page.size(run.variables))
        shaped = fetch.shape(run, kept) if fetch else []
        groups = [step.run_root(run) for step in self.groups]
        return self._assembler(run, kept, shaped)(0, len(kept), more, totals, groups)

    def run(self, run: Run, ids: Sequence[int]) -> Mapping[int, object]:
        if not ids:
            return {}
        if run.is_unavailable(self.entity, self.where):
            return dict.fromkeys(ids)
        size = self.page.size(run.variables)
        kept: list[Row] = []
        slices: dict[int, tuple[int, int, bool]] = {}
        found = run.reading.partners(self.fetch.statement, run.variables, ids, size + 1) if self.fetch else {}
        for parent, rows in found.items():
            cut, more = self._cut(rows, size)
            slices[parent] = (len(kept), len(kept) + len(cut), more)
            kept += cut
        totals = {row[0]: row[1:] for row in run.reading.rows(self.totals, run.variables, ids)} if self.totals else {}
        shaped = self.fetch.shape(run, kept) if self.fetch else []
        grouped = [step.run(run, ids) for step in self.groups]
        # most have no partners: what they get is made once and stands at each of them
        assembled = self._assembler(run, kept, shaped)
        empty = assembled(*NOTHING, self.no_totals, [[] for _ in grouped])
        found_for: dict[int, object] = dict.fromkeys(ids, empty)
        for parent in found_for if totals or grouped else slices:
            found_for[parent] = assembled(
                *slices.get(parent, NOTHING),
                totals.get(parent, self.no_totals),
                [groups.get(parent, []) for groups in grouped],
            )
        return found_for

    def _cut(self, rows: list[Row], size: int) -> tuple[list[Row], bool]:
        more = len(rows) > size
        cut = rows[:size] if more else rows
        return (cut[::-1] if self.page.backward else cut), more

    def _assembler(self, run: Run, rows: list[Row], shaped: list[list[Any]]) -> Assembler:
        """What makes the object of a parent."""
        beyond, backward, assemble = self.page.beyond(run.variables), self.page.backward, self.assemble

        def assembled(start: int, end: int, more: bool, totals: Row, groups: list[object]) -> object:
            ends = (beyond, more) if backward else (more, beyond)
            return assemble(rows, start, end, *ends, totals, *shaped, *groups)

        return assembled


@dataclass(frozen=True, slots=True)
class LookupStep:
    """One record by id or business key. `describe` makes a candidate's description from its row. `written` is the record as the
    replica writes it, if it can."""

    entity: str
    where: Pattern
    fetch: Fetch
    node: Callable[[Variables], str] | None
    describe: Callable[[Row], dict[str, object]]
    written: Fetch | None = None

    def run_root(self, run: Run) -> object:
        if run.is_unavailable(self.entity, self.where):
            return None
        ids = self._ids(run)
        if run.as_text and self.written is not None:
            rows = self.written.rows(run, ids)
            if len(rows) < 2:
                (shaped,) = self.written.shape(run, rows)
                return shaped[0] if shaped else None
        rows = self.fetch.rows(run, ids)
        if len(rows) > 1:
            candidates = [self.describe(row) for row in rows[:CANDIDATES]]
            params = {
                "entity": self.entity,
                "count": len(candidates),
                "more": len(rows) > CANDIDATES,
                "candidates": candidates,
            }
            run.failures.append(Failure(self.where, "AMBIGUOUS_KEY", params))
            return None
        (shaped,) = self.fetch.shape(run, rows)
        return shaped[0] if shaped else None

    def _ids(self, run: Run) -> list[str] | None:
        if self.node is None:
            return None
        found = read_wire_id(self.node(run.variables))
        return [found[1]] if found is not None and found[0] == self.entity else []


NOTHING = (0, 0, False)  # where the partners of a parent that has none begin and end, and whether there are more
CANDIDATES = 10  # records that the error about an ambiguous key lists


@dataclass(frozen=True, slots=True)
class NodesStep:
    """Records of any entity by id: `node` (one value) or `nodes` (a list parallel to the ids). Of each fetch, `column`
    is where the record's node stands."""

    where: Pattern
    ids: Callable[[Variables], Sequence[str]]
    fetches: Mapping[str, tuple[Fetch, int]]
    single: bool

    def run_root(self, run: Run) -> object:
        asked = [read_wire_id(text) for text in self.ids(run.variables)]
        found: dict[tuple[str, str], object] = {}
        for entity, (fetch, column) in self.fetches.items():
            nodes = list(dict.fromkeys(pair[1] for pair in asked if pair is not None and pair[0] == entity))
            if nodes and not run.is_unavailable(entity, self.where):
                rows = fetch.rows(run, nodes)
                (shaped,) = fetch.shape(run, rows)
                found.update({(entity, row[column]): value for row, value in zip(rows, shaped, strict=True)})
        values = [None if pair is None else found.get(pair) for pair in asked]
        return values[0] if self.single else values


def positions(data: object, where: Pattern, prefix: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """The paths in `data` at which the field `where` stands, in order."""
    if not where:
        yield prefix
    elif where[0] == "*":
        for index, item in enumerate(data if isinstance(data, list) else ()):
            yield from positions(item, where[1:], (*prefix, index))
    elif isinstance(data, dict) and where[0] in data:
        yield from positions(data[where[0]], where[1:], (*prefix, where[0]))
