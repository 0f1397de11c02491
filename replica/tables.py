"""The tables of the replica, derived from the catalogue.

An entity has one table `e_<Entity>`. Columns that start with an underscore are the hub's own:

    _id       integer, internal; joins and links use it
    _node     32 hex digits, the identity: truncated SHA-256 of (entity, key, scope)
    _sort     text, unique among live records: the key in its natural order, then _node; the tie-break of every order
    _part     part.id;  _at  the row's own part of the locator
    _hash     content and mapping, not the locator
    _live     1 for the record that answers for its _node, 0 for a duplicate that was set aside
    _current  1 if it is live and counts (see config.entities.Current)
    _changed  UTC ISO time at which the content last changed
    _issues   JSON list of {"code", "field", "raw", "cell", "params"}, or NULL when there are none
    _raw      JSON object: column name to the cell's text

Fields are `c_<field>`; a text or code that can be filtered has `f_<field>` beside it, folded (see fold); a field that a
key or crosswalk rule uses has `n<i>_<field>`, normalised by the i-th way of normalising that its entity needs (a JSON
list for list fields). Values: text NFC; decimal a scaled integer; date ISO text; datetime by `store_time`; boolean 0/1;
enum its name; lists JSON.

A link has one table `l_<Entity>_<link>`: a, b (the _id of the two ends), method, confidence (0..1000), rule, status, why.

What a search finds an entity's records by stands in `x_<Entity>`: rowid (their _id), head and rest (the words of the first
and of the other fields, see replica.words). On SQLite it is an FTS5 table, on PostgreSQL it has a tsvector of these words.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import BigInteger, Column, Computed, Index, Integer, MetaData, Table, text
from sqlalchemy import Text as AnyText
from sqlalchemy.types import TypeEngine

from config.entities import (
    Catalogue,
    CrosswalkRule,
    Entity,
    Field,
    FieldType,
    KeyRule,
    Link,
    Normalise,
)
from replica.session import SQLITE, Dialect

Text = AnyText().with_variant(AnyText(collation="C"), "postgresql")  # in the order of its bytes on every engine


def fold(value: str) -> str:
    """Text as `contains` and `startsWith` compare it: without case and accents, white space joined."""
    if value.isascii():
        return " ".join(value.lower().split())
    plain = "".join(c for c in unicodedata.normalize("NFKD", value) if not unicodedata.combining(c))
    return " ".join(plain.casefold().split())


def store_time(moment: datetime) -> str:
    """An aware time as the replica keeps it: UTC in fixed width, so that text order is time order."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


@dataclass(frozen=True, slots=True)
class EntityTable:
    """A table, the entity it holds, and its normalised columns: (field, Normalise) to column name."""

    entity: Entity
    table: Table
    normalised: Mapping[tuple[str, Normalise], str]


@dataclass(frozen=True, slots=True)
class SearchTable:
    """What a search finds the records of an entity by: a table, and the fields whose words it holds, the title first."""

    entity: Entity
    table: Table
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class Tables:
    """Every table of a replica, and how its engine spells what is asked of them."""

    dialect: Dialect
    metadata: MetaData
    entities: Mapping[str, EntityTable]
    links: Mapping[tuple[str, str], Table]
    search: Mapping[str, SearchTable]
    part: Table
    shape: Table
    tally: Table
    set_aside: Table
    dataset: Table
    run: Table
    revision: Table
    meta: Table

    def link(self, link: Link) -> Table:
        """The table of a link."""
        return self.links[link.source, link.name]


def build_tables(catalogue: Catalogue, dialect: Dialect = SQLITE) -> Tables:
    """The tables for a catalogue; nothing is created in a database yet."""
    metadata = MetaData()
    wanted = _normalised_fields(catalogue)
    entities = {entity.name: _entity_table(metadata, entity, wanted[entity.name], dialect) for entity in catalogue}
    links = {(link.source, link.name): _link_table(metadata, link, dialect) for link in catalogue.links}
    searches = ((entity, searched_fields(entity)) for entity in catalogue)
    return Tables(
        dialect,
        metadata,
        entities,
        links,
        {entity.name: _search_table(metadata, entity, fields, dialect) for entity, fields in searches if fields},
        part=Table(
            "part",
            metadata,
            Column("id", Integer, primary_key=True),
            Column("source", Text, nullable=False),
            Column("dataset", Text, nullable=False),
            Column("entity", Text, nullable=False),
            Column("key", Text, nullable=False),
            Column("label", Text, nullable=False),
            Column("file", Text),
            Column("sheet", Text),
            Column("stamp", Text),
            Column("grid", Integer, nullable=False),
            Column("columns", Text, nullable=False),  # JSON object: field to column label
            Column(
                "fetched_at", Text, nullable=False
            ),  # UTC ISO, when its rows were last read or known to be unchanged
            Column("stale", Text),  # JSON {code, where, params} of why the last read failed, NULL when fresh
            Index("part_key", "source", "dataset", "entity", "key", unique=True),
        ),
        shape=Table(  # see replica.shapes
            "shape",
            metadata,
            Column("source", Text, primary_key=True),
            Column("dataset", Text, primary_key=True),
            Column("key", Text, primary_key=True),  # of the part
            Column("label", Text, nullable=False),
            Column("mark", Text, nullable=False),
            Column("base", Text, nullable=False),  # JSON, as the next
            Column("seen", Text, nullable=False),
            Column("found", Text, nullable=False),
        ),
        tally=Table(
            "tally",
            metadata,
            Column("part", Integer, primary_key=True, autoincrement=False),
            Column("seen", Integer, nullable=False),  # rows that it has, whatever became of them
            Column("columns", Text, nullable=False),  # JSON list of [label, name, [fields that are made of it]]
        ),
        set_aside=Table(
            "set_aside",
            metadata,
            Column("part", Integer, primary_key=True, autoincrement=False),
            Column("place", Integer, primary_key=True, autoincrement=False),  # its order in the part
            Column("reason", Text, nullable=False),  # as connectors.connector.Aside has it and what follows
            Column("first", Text, nullable=False),
            Column("last", Text, nullable=False),
            Column("rows", Integer, nullable=False),
            Column("setting", Text),
            Column("text", Text),
        ),
        dataset=Table(
            "dataset",
            metadata,
            Column("source", Text, primary_key=True),
            Column("dataset", Text, primary_key=True),
            Column("entity", Text, primary_key=True),
            Column("ever_read", Integer, nullable=False),  # 1 once a sync has succeeded
            Column("tried_at", Text, nullable=False),
            Column("read_at", Text),
            Column("problem", Text),  # JSON {code, where, params} of the last failure, NULL when the last sync was well
        ),
        run=Table(
            "run",
            metadata,
            Column("id", Integer, primary_key=True),
            Column("source", Text, nullable=False),
            Column("dataset", Text, nullable=False),
            Column("started_at", Text, nullable=False),
            Column("ended_at", Text, nullable=False),
            Column("outcome", Text, nullable=False),  # UNCHANGED, CHANGED, FAILED, REFUSED
            Column("counts", Text, nullable=False),  # JSON
            Column("problem", Text),
        ),
        revision=Table(
            "revision",
            metadata,
            Column("name", Text, primary_key=True),  # entity:Proposal, link:Proposal.region, source:planning
            Column("number", BigInteger, nullable=False),
            Column("size", BigInteger, nullable=False),  # rows of its table, 0 of a source
        ),
        meta=Table(
            "meta",
            metadata,
            Column("key", Text, primary_key=True),
            Column("value", Text, nullable=False),
        ),
    )


def column_type(field: Field) -> TypeEngine[Any]:
    """How a field's value is stored."""
    if field.type in (FieldType.INT, FieldType.BOOLEAN) or (field.type.is_decimal and not is_wide(field)):
        return BigInteger()
    return Text


def is_wide(field: Field) -> bool:
    """Whether a decimal has too many places for a 64-bit integer that still holds trillions of rupiah."""
    return field.type.is_decimal and field.scale > 9


def _entity_table(
    metadata: MetaData, entity: Entity, wanted: Mapping[tuple[str, Normalise], str], dialect: Dialect
) -> EntityTable:
    columns: list[Column[Any]] = [
        Column("_id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False),
        Column("_node", Text, nullable=False),
        Column("_sort", Text, nullable=False),
        Column("_part", Integer, nullable=False),
        Column("_at", Text, nullable=False),
        Column("_hash", Text, nullable=False),
        Column("_live", Integer, nullable=False),
        Column("_current", Integer, nullable=False),
        Column("_changed", Text, nullable=False),
        Column("_issues", Text),
        Column("_raw", Text),
    ]
    for field in entity.fields:
        columns.append(Column(f"c_{field.name}", column_type(field)))
        if field.type.is_text:
            columns.append(Column(f"f_{field.name}", Text))
    columns += [Column(name, Text) for name in wanted.values()]
    name = f"e_{entity.name}"
    table = Table(name, metadata, *columns, sqlite_with_rowid=True)
    _index_of(dialect, f"{name}_live", table.c._node, "_live = 1")
    Index(f"{name}_node", table.c._node)
    Index(f"{name}_sort", table.c._sort, table.c._current)
    Index(f"{name}_part", table.c._part)
    for column in wanted.values():
        Index(f"{name}_{column}", table.c[column])
    for field in entity.fields:
        if field.indexed:
            Index(f"{name}_c_{field.name}", table.c[f"c_{field.name}"])
    for names in entity.filterable_together:  # a list of what has these values comes in its natural order
        Index(
            f"{name}_t_{'_'.join(names)}", *(table.c[f"c_{field}"] for field in names), table.c._sort, table.c._current
        )
    return EntityTable(entity, table, wanted)


def _link_table(metadata: MetaData, link: Link, dialect: Dialect) -> Table:
    name = f"l_{link.source}.{link.name}"  # no name has a dot in it
    table = Table(
        name,
        metadata,
        Column("a", Integer, primary_key=True),
        Column("b", Integer, primary_key=True),
        Column("method", Text, nullable=False),  # KEY, CROSSWALK, VIA
        Column("confidence", Integer, nullable=False),  # 0..1000
        Column("rule", Text, nullable=False),
        Column("status", Text, nullable=False),  # ACCEPTED, CANDIDATE, REFUSED
        Column("why", Text, nullable=False),
        sqlite_with_rowid=False,
    )
    Index(f"{name}_b", table.c.b, table.c.status)  # and so whose partner it is without a look at the table
    accepted = "status = 'ACCEPTED'"  # of a to-one end a record has one accepted partner at most
    if not link.many:
        _index_of(dialect, f"{name}_one", table.c.a, accepted)
    if not link.inverse_many:
        _index_of(dialect, f"{name}_inverse_one", table.c.b, accepted)
    return table


def _index_of(dialect: Dialect, name: str, column: Column[Any], condition: str) -> None:
    """An index of the rows that fulfil a condition, among which no value is there twice."""
    if dialect.name == "sqlite":  # SQLAlchemy loads the other engine at the first word that is meant for it
        Index(name, column, unique=True, sqlite_where=text(condition))
    else:
        Index(name, column, unique=True, postgresql_where=text(condition))


def searched_fields(entity: Entity) -> tuple[Field, ...]:
    """The fields whose words a search looks at, the one that is most like a title first: texts and codes that are not
    sensitive, and how a region or agency is written, though not how a choice is."""
    if entity.system is not None:
        return ()
    fields = [field for field in entity.fields if (field.type.is_text or field.type.is_list) and not field.sensitive]
    fields = [field for field in fields if field.raw_of is None or entity.field(field.raw_of) is None]
    titles = [field for field in fields if field.type is FieldType.TEXT and field.raw_of is None]
    return tuple(dict.fromkeys([*titles[:1], *fields]))


def _search_table(metadata: MetaData, entity: Entity, fields: tuple[Field, ...], dialect: Dialect) -> SearchTable:
    name = f"x_{entity.name}"
    number = BigInteger().with_variant(Integer, "sqlite")
    columns: list[Column[Any]] = [
        Column("rowid", number, primary_key=True, autoincrement=False),
        Column("head", Text, nullable=False),
        Column("rest", Text, nullable=False),
    ]
    if dialect.name == "postgresql":
        from sqlalchemy.dialects.postgresql import TSVECTOR

        words = "array_to_tsvector(array_remove(string_to_array(head || rest, ' '), ''))"
        columns.append(Column("words", TSVECTOR, Computed(words, persisted=True)))
    table = Table(name, metadata, *columns)
    if dialect.name == "postgresql":
        Index(f"{name}_words", table.c.words, postgresql_using="gin")
    return SearchTable(entity, table, fields)


def _normalised_fields(
    catalogue: Catalogue,
) -> dict[str, dict[tuple[str, Normalise], str]]:
    wanted: dict[str, dict[tuple[str, Normalise], str]] = {entity.name: {} for entity in catalogue}
    ways: dict[str, list[Normalise]] = {entity.name: [] for entity in catalogue}
    for link in catalogue.links:
        for end, name, way in _rule_fields(catalogue, link):
            if (name, way) not in wanted[end]:
                if way not in ways[end]:
                    ways[end].append(way)
                wanted[end][name, way] = f"n{ways[end].index(way)}_{name}"
    return wanted


def _rule_fields(catalogue: Catalogue, link: Link) -> Iterator[tuple[str, str, Normalise]]:
    """(entity, field, way) of every value that the rules of a link compare."""
    for rule in link.rules:
        match rule:
            case KeyRule(pairs=pairs, normalise=way):
                for left, right in pairs:
                    yield *walk(catalogue, link.source, left), way
                    yield *walk(catalogue, link.to, right), way
            case CrosswalkRule(left=left_fields, right=right_fields, normalise=way):
                for name, _ in left_fields:
                    yield link.source, name, way
                for name, _ in right_fields:
                    yield link.to, name, way


def walk(catalogue: Catalogue, entity: str, path: str) -> tuple[str, str]:
    """The entity and field at which a path such as `parent.name` ends."""
    *hops, name = path.split(".")
    return catalogue.end_of(entity, hops), name
