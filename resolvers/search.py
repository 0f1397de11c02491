"""Plans `search`: one statement for the hits, then one for each entity that the page holds, and only if its records are asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast

from graphql import FieldNode

from config.entities import Entity
from replica.ask import ByNode, Output, Rows, Variables
from replica.binding import Statement
from replica.search import compile_search, search_values
from replica.tables import SearchTable, Tables
from replica.words import Term, terms_of
from resolvers.asked import Asked, as_int, reader
from resolvers.collect import response_key
from resolvers.connections import plan_link
from resolvers.errors import BadRequest
from resolvers.pages import MAX_FIRST, MAX_OFFSET
from resolvers.records import Records, compile_shape
from resolvers.run import Fetch, Pattern, Row, Run
from resolvers.shape import Columns
from resolvers.snippets import Snippet, snippets_of

FIRST = 20
MAX_TEXT = 500  # characters of a search
MAX_WORDS = 32


@dataclass(frozen=True, slots=True)
class Hit:
    """A record that was found, and what is asked of it. `nodes` has one object for each place at which it is asked."""

    entity: str
    score: int
    snippets: Sequence[Snippet]
    nodes: Sequence[object]


@dataclass(frozen=True, slots=True)
class HitFetch:
    """The records of an entity that were found: `node` is the place of its identity in a row, `texts` those of its fields."""

    searched: SearchTable
    fetch: Fetch
    node: int
    texts: tuple[int, ...]

    def hits(self, run: Run, terms: Sequence[Term], scores: Mapping[str, int]) -> dict[str, Hit]:
        """Those of these identities, by identity."""
        rows: list[Row] = self.fetch.rows(run, list(scores)) if self.texts or self.fetch.shapes else []
        shaped = self.fetch.shape(run, rows)
        found = {}
        for place, row in enumerate(rows):
            stored = [row[text] for text in self.texts]
            snippets = snippets_of(self.searched.fields, stored, terms) if stored else ()
            nodes = [column[place] for column in shaped]
            found[row[self.node]] = Hit(self.searched.entity.name, scores[row[self.node]], snippets, nodes)
        return found


@dataclass(frozen=True, slots=True)
class SearchStep:
    """A search over the entities of `fetches`, in their order. `assemble` makes the answer of (count by entity, entities
    that were never read, hits)."""

    where: Pattern
    tables: Tables
    fetches: Mapping[str, HitFetch]
    text: Callable[[Variables], str]
    entities: Callable[[Variables], Sequence[str] | None]
    first: Callable[[Variables], int]
    offset: Callable[[Variables], int]
    assemble: Callable[..., object]
    _statements: dict[int, Statement] = field(default_factory=dict)  # by number of words

    def run_root(self, run: Run) -> object:
        variables, names = run.variables, list(self.fetches)
        asked = self.entities(variables)
        wanted = [name for name in names if asked is None or name in asked]
        unread = [name for name in wanted if name in run.reading.unavailable]
        if unread and unread == wanted:
            run.is_unavailable(unread[0], self.where)
            return None
        terms = terms_of(self.text(variables))
        if len(terms) not in self._statements:
            self._statements[len(terms)] = compile_search(self.tables, names, len(terms))
        flags = [name in wanted for name in names]
        values = search_values(self.tables, terms, flags, self.first(variables), self.offset(variables))
        counts: dict[str, int] = {}
        page: list[tuple[int, str, str, int]] = []
        for place, node, score, at in run.reading.rows(self._statements[len(terms)], variables, values):
            if node is None:
                counts[names[place]] = score
            else:
                page.append((at, names[place], node, score))
        page.sort()
        hits: dict[tuple[str, str], Hit] = {}
        for name in dict.fromkeys(name for _, name, _, _ in page):
            scores = {node: score for _, of, node, score in page if of == name}
            hits |= {(name, node): hit for node, hit in self.fetches[name].hits(run, terms, scores).items()}
        ordered = [hits.get((name, node)) or Hit(name, score, (), ()) for _, name, node, score in page]
        counted = [(name, counts[name]) for name in names if name in counts]
        return self.assemble(counted, unread, ordered)


def plan_search(asked: Asked, nodes: list[FieldNode], where: Pattern, parent: str) -> SearchStep:
    """The step that answers a search, a field of the type `parent`."""
    arguments = asked.arguments(parent, nodes)
    text = reader(arguments["text"], str)
    asked.checks.append(lambda variables: _check(text(variables), nodes))
    first = reader(_or(arguments.get("first"), FIRST), as_int)
    offset = reader(_or(arguments.get("offset"), 0), as_int)
    asked.bound(first, MAX_FIRST, "first", nodes)
    asked.bound(offset, MAX_OFFSET, "offset", nodes)
    writing = _Writing(asked, where)
    assemble = asked.writer.function(["counts", "unread", "hits"], writing.body(nodes))
    fetches = {name: writing.fetch(searched) for name, searched in asked.tables.search.items()}
    asked.entities.update(fetches)
    entities = reader(arguments.get("in"), _names)
    return SearchStep(where, asked.tables, fetches, text, entities, first, offset, assemble)


def _or(value: object, default: object) -> object:
    return default if value is None else value


def _names(value: object) -> Sequence[str] | None:
    return None if value is None else [str(name) for name in cast("Sequence[object]", value)]


def _check(text: str, nodes: list[FieldNode]) -> None:
    if len(text) > MAX_TEXT:
        raise BadRequest("BAD_USER_INPUT", "SEARCH_TOO_LONG", nodes, limit=MAX_TEXT, words=MAX_WORDS)
    words = len(terms_of(text))
    if not words:
        raise BadRequest("BAD_USER_INPUT", "SEARCH_EMPTY", nodes)
    if words > MAX_WORDS:
        raise BadRequest("BAD_USER_INPUT", "SEARCH_TOO_LONG", nodes, limit=MAX_TEXT, words=MAX_WORDS)


class _Writing:
    """Writes the members of the answer and notes what is asked of the hits: their records, at how many places, and snippets."""

    def __init__(self, asked: Asked, where: Pattern) -> None:
        self._asked = asked
        self._where = where
        self._nodes: list[tuple[list[FieldNode], Pattern]] = []
        self._has_snippets = False

    def body(self, nodes: list[FieldNode]) -> str:
        return self._asked.written("SearchResult", nodes, self._member)

    def fetch(self, searched: SearchTable) -> HitFetch:
        """How the records of an entity are fetched, once all members are written."""
        entity: Entity = searched.entity
        columns = Columns(0)
        records = Records(self._asked, columns, plan_link)
        expressions = [records.record(entity, (), nodes, where) for nodes, where in self._nodes]
        shapes = tuple(compile_shape(self._asked.writer, text, records.children) for text in expressions)
        node = columns.place(Output((), "own", "_node"))
        wanted = searched.fields if self._has_snippets else ()
        texts = tuple(columns.place(Output((), "field", field.name)) for field in wanted)
        rows = self._asked.rows(Rows(entity.name, columns.outputs, ByNode()))
        return HitFetch(searched, Fetch(rows, tuple(records.children), shapes), node, texts)

    def _list(self, type_name: str, nodes: list[FieldNode], item: str, items: str, read: Mapping[str, str]) -> str:
        """A list of objects whose members are read off an item."""
        written = self._asked.written(type_name, nodes, lambda name, _: read[name])
        return f"[{written} for {item} in {items}]"

    def _member(self, name: str, nodes: list[FieldNode]) -> str:
        match name:
            case "totalCount":
                return "sum(c[1] for c in counts)"
            case "counts":
                return self._list("SearchCount", nodes, "c", "counts", {"entity": "c[0]", "count": "c[1]"})
            case "unread":
                return "unread"
            case _:
                where = (*self._where, response_key(nodes[0]), "*")
                hit = self._asked.written("SearchHit", nodes, lambda name, asked: self._hit(name, asked, where))
                return f"[{hit} for h in hits]"

    def _hit(self, name: str, nodes: list[FieldNode], where: Pattern) -> str:
        match name:
            case "entity" | "score":
                return f"h.{name}"
            case "snippets":
                self._has_snippets = True
                return f"[{self._asked.written('SearchSnippet', nodes, self._snippet)} for s in h.snippets]"
            case _:
                self._nodes.append((nodes, (*where, response_key(nodes[0]))))
                return f"h.nodes[{len(self._nodes) - 1}]"

    def _snippet(self, name: str, nodes: list[FieldNode]) -> str:
        if name == "parts":
            return self._list("SearchPart", nodes, "p", "s.parts", {"text": "p[0]", "isMatch": "p[1]"})
        return f"s.{name}"
