"""Full text over the records: the words that each is found by, kept with every merge, and the statement that finds and ranks.

Which records answer and in which order is said in terms that both engines compute alike. A record answers if each word that
is asked for stands in it, whole or (see replica.words.Term) at the beginning of a longer word. The index of the engine finds
these records; their score is then taken from the words themselves:

    8  the word stands whole in the title    4  a longer word in the title begins with it
    2  it stands whole elsewhere             1  a longer word elsewhere begins with it

summed over the words that are asked for. Higher scores come first, then entities in their order, then records by key."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from functools import cache, partial

import orjson
from sqlalchemy import BigInteger, Table, text

from config.entities import Field
from replica.binding import TEXT, Binder, Param, Statement
from replica.known import Known
from replica.session import Dialect, Session
from replica.tables import SearchTable, Tables
from replica.words import Term, joined, words_of

CHUNK = 1_000
LIST_SEPARATOR = "; "
IN_TITLE, BEGINS_IN_TITLE, IN_REST, BEGINS_IN_REST = 8, 4, 2, 1


@cache
def has_fts5() -> bool:
    """Whether this SQLite was built with FTS5. Without it a search reads every record's words instead of an index."""
    with closing(sqlite3.connect(":memory:")) as db:
        try:
            db.execute("CREATE VIRTUAL TABLE tried USING fts5(words)")
        except sqlite3.OperationalError:
            return False
    return True


def is_virtual(dialect: Dialect) -> bool:
    """Whether the index of an entity is a table of FTS5."""
    return dialect.name == "sqlite" and has_fts5()


def search_ddl(table: Table, dialect: Dialect) -> str | None:
    """The statement that makes a table of FTS5; None for other tables."""
    if not (table.name.startswith("x_") and is_virtual(dialect)):
        return None
    # our words hold letters, digits and points alone: nothing in them is folded or taken apart a second time
    words = "tokenize = \"ascii tokenchars '.'\", detail = none, columnsize = 0"
    return f'CREATE VIRTUAL TABLE "{table.name}" USING fts5(head, rest, {words})'


# -- the index --------------------------------------------------------------------------------------------------------


def shown_text(field: Field, stored: object) -> str | None:
    """A stored value as one text, the items of a list one after another."""
    if stored is None:
        return None
    return LIST_SEPARATOR.join(orjson.loads(str(stored))) if field.type.is_list else str(stored)


WordsReader = Callable[[Sequence[object]], tuple[str | None, str | None]]
"""From a row to the words of its record: those of the title, and the others. None of both if it is not searched."""


def words_reader(searched: SearchTable | None, columns: Sequence[str]) -> WordsReader:
    """What reads rows of these columns; fields whose column is not among them have no words."""
    if searched is None:
        return lambda _: (None, None)
    places = []
    for field in searched.fields:
        if f"c_{field.name}" in columns:
            work = partial(_words_of_stored, field) if field.type.is_list else words_of
            places.append((columns.index(f"c_{field.name}"), Known(work)))
    has_title = f"c_{searched.fields[0].name}" in columns

    def read(row: Sequence[object]) -> tuple[str, str]:
        texts = [known[str(text)] if (text := row[place]) else () for place, known in places]
        return joined(texts[0], texts[1:]) if has_title else joined((), texts)

    return read


def _words_of_stored(field: Field, stored: str) -> tuple[str, ...]:
    return words_of(shown_text(field, stored) or "")


class SearchIndex:
    """Keeps the words of records in step with them, inside the transaction that changes them. Whether a record counts is
    not kept here: a search looks at the record itself."""

    def __init__(self, db: Session, tables: Tables) -> None:
        self._db = db
        self._tables = tables

    def forget(self, entity: str, ids: str, parameters: Sequence[object] = ()) -> None:
        """Takes out the records whose _id a SELECT gives."""
        if entity in self._tables.search:
            self._db.execute(f'DELETE FROM "x_{entity}" WHERE rowid IN ({ids})', parameters)

    def learn(self, entity: str, rows: str) -> None:
        """Takes in records of which a SELECT gives _id, head and rest."""
        if entity in self._tables.search:
            self._db.execute(f'INSERT INTO "x_{entity}" (rowid, head, rest) {rows}')

    def make_anew(self, entity: str) -> None:
        """Takes in every record of an entity as it is stored."""
        searched = self._tables.search[entity]
        columns = [f"c_{field.name}" for field in searched.fields]
        read, wanted = words_reader(searched, columns), ", ".join(f'"{column}"' for column in columns)
        self._db.execute(f'DELETE FROM "x_{entity}"')
        last = 0
        while True:
            rows = self._db.execute(
                f'SELECT _id, {wanted} FROM "e_{entity}" WHERE _id > ? ORDER BY _id LIMIT {CHUNK}', (last,)
            ).fetchall()
            if not rows:
                return
            self._db.executemany(
                f'INSERT INTO "x_{entity}" (rowid, head, rest) VALUES (?, ?, ?)',
                [(id_, *read(values)) for id_, *values in rows],
            )
            last = rows[-1][0]


# -- the search -------------------------------------------------------------------------------------------------------


def compile_search(tables: Tables, entities: Sequence[str], words: int) -> Statement:
    """The statement that searches for so many words in these entities. Its rows are (place, node, score, at): of entities
    that have hits their place in `entities`, no node, and how many hits; then the hits of the page, `at` says in which
    order. It starts from what `search_values` gives."""
    return _Search(tables, words).statement(entities)


def search_values(
    tables: Tables, terms: Sequence[Term], wanted: Sequence[bool], first: int, offset: int
) -> list[object]:
    """What the statement of `compile_search` starts from. `wanted` says of each of its entities whether to look there."""
    values: list[object] = [first, offset, _query(terms, tables.dialect)]
    for term in terms:
        for form in (term.forms[0], term.forms[-1]):
            whole = f" {form} "
            values += [whole, whole[:-1] if term.is_prefix else whole]
    return [*values, *map(int, wanted)]


def _query(terms: Sequence[Term], dialect: Dialect) -> str:
    """The words as the engine's index is asked for them. They hold letters, digits and points alone, and stand in quotes."""
    quote, begins, either, both = ('"', "*", " OR ", " AND ") if dialect.name == "sqlite" else ("'", ":*", " | ", " & ")
    return both.join(
        "(" + either.join(f"{quote}{form}{quote}{begins * term.is_prefix}" for form in term.forms) + ")"
        for term in terms
    )


class _Search:
    """The statement for so many words, as text; its parameters are read from the values that it starts from."""

    def __init__(self, tables: Tables, words: int) -> None:
        self._tables = tables
        self._binder = Binder(tables.dialect)
        self._next = 0
        self._place = "instr" if tables.dialect.name == "sqlite" else "strpos"
        self._first, self._offset = self._value(), self._value()
        self._query = self._value(is_text=True)
        # of each word two forms, each whole and as it begins a longer word
        self._words = [[self._value(is_text=True) for _ in range(4)] for _ in range(words)]

    def statement(self, entities: Sequence[str]) -> Statement:
        found = " UNION ALL ".join(self._found(place, entity) for place, entity in enumerate(entities))
        score = " + ".join(map(self._score, self._words))
        order = "row_number() OVER (ORDER BY score DESC, place, sort)"
        sql = (
            f"WITH found AS ({found}), ranked AS (SELECT place, node, sort, {score} AS score FROM found)"
            " SELECT place, NULL AS node, count(*) AS score, 0 AS at FROM ranked GROUP BY place"
            f" UNION ALL SELECT * FROM (SELECT place, node, score, {order} AS at FROM ranked"
            f" ORDER BY at LIMIT {self._first} OFFSET {self._offset}) page"
        )
        return self._binder.finish(text(sql))

    def _found(self, place: int, entity: str) -> str:
        # CROSS JOIN: SQLite asks the index first
        return (
            f'SELECT {place} AS place, e._node AS node, e._sort AS sort, x.head, x.rest FROM "x_{entity}" x CROSS JOIN'
            f' "e_{entity}" e WHERE {self._value()} = 1 AND {self._match(entity)} AND e._id = x.rowid AND e._current = 1'
        )

    def _match(self, entity: str) -> str:
        if self._tables.dialect.name == "postgresql":
            return f"x.words @@ CAST({self._query} AS tsquery)"
        if is_virtual(self._tables.dialect):
            return f'x."x_{entity}" MATCH {self._query}'
        return " AND ".join(
            "(" + " OR ".join(self._stands(column, begins) for column in ("head", "rest")) + ")"
            for begins in ([word[1], word[3]] for word in self._words)
        )

    def _score(self, word: Sequence[str]) -> str:
        whole, begins = [word[0], word[2]], [word[1], word[3]]
        return (
            f"CASE WHEN {self._stands('head', whole)} THEN {IN_TITLE} WHEN {self._stands('head', begins)} THEN {BEGINS_IN_TITLE}"
            f" WHEN {self._stands('rest', whole)} THEN {IN_REST} ELSE {BEGINS_IN_REST} END"
        )

    def _stands(self, column: str, forms: Sequence[str]) -> str:
        return "(" + " OR ".join(f"{self._place}({column}, {form}) > 0" for form in forms) + ")"

    def _value(self, *, is_text: bool = False) -> str:
        """The mark of the next value that the statement starts from."""
        param: Param = partial(_nth, self._next)
        self._next += 1
        return f":{self._binder.add(param, TEXT if is_text else BigInteger()).key}"


def _nth(place: int, _: object, values: Sequence[object] | None) -> object:
    return values[place] if values is not None else None
