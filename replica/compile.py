"""From a question (`replica.ask`) to one SQL statement with bound parameters, built once per plan with SQLAlchemy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, cast

from sqlalchemy import (
    Alias,
    BigInteger,
    BindParameter,
    ColumnElement,
    FromClause,
    Subquery,
    and_,
    case,
    false,
    func,
    literal_column,
    null,
    or_,
    select,
    true,
)
from sqlalchemy import Select as SqlSelect
from sqlalchemy.types import TypeEngine

from config.entities import LEVEL, Catalogue, Entity, FieldType
from replica.ask import (
    Bound,
    ByNode,
    CellOf,
    Counted,
    Dimension,
    Everything,
    Groups,
    Having,
    Json,
    Listed,
    Listing,
    Measure,
    Members,
    Output,
    Page,
    Partners,
    Rows,
    Slot,
    Sort,
    Totals,
    Variables,
)
from replica.binding import TEXT, Binder, Later, Statement, number_of
from replica.conditions import ACCEPTED, ONE, Conditions, derived_of
from replica.session import SQLITE
from replica.tables import Tables, column_type
from replica.written import list_of, nothing, object_of, outputs_of, write


def compile_rows(catalogue: Catalogue, tables: Tables, rows: Rows) -> Statement:
    """The statement that answers `rows`."""
    statement = replace(Compiler(catalogue, tables).rows(rows), question=rows)
    if tables.dialect is not SQLITE or not isinstance(rows.start, ByNode | Partners):
        return statement
    page, unsorted = rows.page, None
    is_first = page.size is not None and not (page.offset or page.after or page.before or page.backward)
    if isinstance(rows.start, Partners) and is_first and not rows.order:
        unsorted = Later(lambda: Compiler(catalogue, tables).unsorted(rows))
    return replace(
        statement, single=Later(lambda: Compiler(catalogue, tables, single=True).rows(rows)), unsorted=unsorted
    )


def compile_written(catalogue: Catalogue, tables: Tables, rows: Rows, texts: Sequence[Json]) -> Statement:
    """The statement that answers `rows`, which start from no parents, each with these texts instead of its outputs."""
    statement = Compiler(catalogue, tables).written(rows, texts)
    if not isinstance(rows.start, ByNode):
        return statement
    return replace(statement, single=Later(lambda: Compiler(catalogue, tables, single=True).written(rows, texts)))


def compile_lists(catalogue: Catalogue, tables: Tables, rows: Rows, texts: Sequence[Json]) -> Statement:
    """The statement that gives one row: for each of these texts a list, with it for each record of the page, which is one
    record longer than what is listed."""
    return Compiler(catalogue, tables).lists(rows, texts)


def compile_groups(catalogue: Catalogue, tables: Tables, groups: Groups) -> Statement:
    """The statement that answers `groups`."""
    return replace(Compiler(catalogue, tables).groups(groups), question=groups)


def compile_totals(catalogue: Catalogue, tables: Tables, totals: Totals) -> Statement:
    """The statement that answers `totals`. Each sum takes two columns (high, low): the sum is high * SUM_BASE + low, see
    Conditions.measure."""
    return replace(Compiler(catalogue, tables).totals(totals), question=totals)


_Key = tuple[ColumnElement[Any], bool, bool]  # what is sorted by, descending, nulls first
_Places = dict[
    tuple[str, ...], tuple[str, Alias, Alias | None]
]  # a path of hops to entity, table, and match of the last


class Compiler:
    """Builds the statement of one question; `single` says that it starts from one id. A question inside of another has
    the other's `binder`, and starts from the id that is a column there (`of`)."""

    def __init__(
        self,
        catalogue: Catalogue,
        tables: Tables,
        *,
        single: bool = False,
        binder: Binder | None = None,
        of: ColumnElement[Any] | None = None,
    ) -> None:
        self._single = single or of is not None
        self._of = of
        self._catalogue = catalogue
        self._tables = tables
        self._binder = binder or Binder(tables.dialect)
        self._conditions = Conditions(catalogue, tables, self._binder)
        self._parents: FromClause | None = None  # where partners start from, if not from the ids of the statement

    # -- whole statements ---------------------------------------------------------------------------------------------

    def rows(self, rows: Rows) -> Statement:
        return self._binder.finish(self._rows(rows))

    def _rows(self, rows: Rows) -> SqlSelect[Any]:
        base, match, parent = self._start(rows.entity, rows.start)
        source, columns, places = self._outputs(rows, base, match, parent)
        conditions = self._filter(rows, base)
        keys: list[_Key] = []
        for sort in rows.order:
            source = self._walk(source, places, sort.path)
            keys += self._sort_keys(places[sort.path], sort)
        keys.append((base.c._sort, False, False))
        if rows.keyed:
            columns += [column.label(f"k{place}") for place, (column, _, _) in enumerate(keys)]
        for bound, forward in ((rows.page.after, True), (rows.page.before, False)):
            if bound is not None:
                conditions.append(self._beyond(keys, bound, forward))
        sorting = [_sorted(key, rows.page.backward) for key in keys]
        if parent is None or self._of is not None:
            statement = select(*columns).select_from(source).where(*conditions).order_by(*sorting)
            return self._limited(statement, rows.page)
        return self._paged_partners(source, parent, columns, conditions, sorting, rows.page)

    # -- records that the replica writes --------------------------------------------------------------------------------

    def written(self, rows: Rows, texts: Sequence[Json]) -> Statement:
        """See compile_written."""
        page, told = self._page_of(rows, texts)
        keys = [column for column in page.c if column.name.startswith("k")] if rows.keyed else []
        # the records stand in the page in their order, and are taken from there one after the other
        return self._binder.finish(select(*told, *keys).select_from(page))

    def lists(self, rows: Rows, texts: Sequence[Json]) -> Statement:
        """See compile_lists."""
        page, told = self._page_of(_listed(rows), texts)
        return self._binder.finish(select(*map(list_of, told)).select_from(page))

    def listing(self, listing: Listing) -> ColumnElement[Any]:
        """The object of a listing, inside of the statement of the record that it starts from."""
        lists = [json.json for _, json in listing.members if isinstance(json, Listed)]
        page, told = self._page_of(_listed(listing.rows), lists) if lists else (None, [])
        texts = iter(told)
        members = []
        for key, json in listing.members:
            match json:
                case Listed():
                    members.append((key, list_of(next(texts))))
                case Counted():
                    members.append((key, self.counted(listing.rows)))
                case _:
                    members.append((key, write(json, {}, nothing)))
        whole = select(object_of(members))
        return (whole if page is None else whole.select_from(page)).scalar_subquery()

    def counted(self, rows: Rows) -> ColumnElement[Any]:
        """How many records there are, whatever the page."""
        base, _, parent = self._start(rows.entity, rows.start)
        source, conditions = self._joined(rows.start, base, parent), self._filter(rows, base)
        return select(func.count()).select_from(source).where(*conditions).scalar_subquery()

    def _page_of(self, rows: Rows, texts: Sequence[Json]) -> tuple[Subquery, list[ColumnElement[Any]]]:
        """The page of the records with what the texts look at, and the texts over it: what is beyond the page is not written."""
        outputs = outputs_of(texts) or (Output((), "own", "_id"),)
        page = self._rows(replace(rows, outputs=outputs)).subquery(self._binder.name("w"))
        columns = {output: page.c[f"o{place}"] for place, output in enumerate(outputs)}

        def nested(json: Listing | CellOf) -> ColumnElement[Any]:
            if isinstance(json, CellOf):
                field = self._binder.value(json.field, str)
                return func.simpul_cell(*(columns[output] for output in json.outputs), field)
            parent = columns[cast(Output, json.parent)]
            # by its name only: SQLAlchemy would bring the page itself into what is nested
            of: ColumnElement[Any] = literal_column(f"{page.name}.{parent.name}", BigInteger())
            return Compiler(self._catalogue, self._tables, binder=self._binder, of=of).listing(json)

        return page, [write(text, columns, nested) for text in texts]

    def unsorted(self, rows: Rows) -> Statement:
        """The partners as `rows` gives them, without their pages and order, and then their place in the natural order."""
        base, match, parent = self._start(rows.entity, rows.start)
        source, columns, _ = self._outputs(rows, base, match, parent)
        if rows.keyed:
            columns.append(base.c._sort.label("k0"))
        statement = select(cast(Any, parent).label("parent"), *columns, base.c._sort.label("place"))
        return self._binder.finish(statement.select_from(source).where(*self._filter(rows, base)))

    def totals(self, totals: Totals) -> Statement:
        base, _, parent = self._start(totals.entity, totals.start)
        entity = self._catalogue[totals.entity]
        columns = [
            column
            for measure in totals.measures
            for column in self._conditions.measure(entity, base, measure, self._chosen(entity, base, measure))
        ]
        conditions = self._filter(totals, base)
        source = self._joined(totals.start, base, parent)
        if parent is None:
            return self._binder.finish(select(*columns).select_from(source).where(*conditions))
        statement = select(parent, *columns).select_from(source).where(*conditions).group_by(parent)
        return self._binder.finish(statement)

    # -- where it starts ----------------------------------------------------------------------------------------------

    def _start(self, entity: str, start: object) -> tuple[Alias, Alias | None, ColumnElement[Any] | None]:
        base = self._binder.alias(self._tables.entities[entity].table)
        if isinstance(start, Members):
            self._pieces, number = self._tied(start.groups)
            return base, None, number
        if not isinstance(start, Partners):
            return base, None, None
        hop = self._catalogue.hops(start.entity)[start.hop]
        match = self._binder.alias(self._tables.link(hop.link))
        self._starts = (start, hop, match)
        return base, match, self._conditions.near(hop, match)

    def _joined(self, start: object, base: Alias, parent: ColumnElement[Any] | None) -> FromClause:
        if parent is None:
            return base
        if isinstance(start, Members):
            pieces, members = self._pieces
            return cast(FromClause, pieces.join(base, base.c._id == members.c._id))
        _, hop, match = self._starts
        if self._single:
            return match.join(base, base.c._id == self._conditions.far(hop, match))
        parents = self._binder.starts(BigInteger()) if self._parents is None else self._parents
        joined: FromClause = parents.join(match, parent == parents.c.value)
        return joined.join(base, base.c._id == self._conditions.far(hop, match))

    def _filter(self, question: Rows | Totals | Groups, base: Alias) -> list[ColumnElement[bool]]:
        start, entity = question.start, self._catalogue[question.entity]
        conditions: list[ColumnElement[bool]] = []
        match start:
            case Members():
                return []  # they have been chosen already
            case ByNode() if self._single:
                conditions.append(base.c._node == self._binder.start(TEXT))
            case ByNode():
                nodes = self._binder.starts(TEXT)
                conditions.append(base.c._node.in_(select(nodes.c.value)))
            case Partners(statuses=statuses):
                _, hop, match = self._starts
                if self._single:
                    of = self._binder.start(BigInteger()) if self._of is None else self._of
                    conditions.append(self._conditions.near(hop, match) == of)
                conditions.append(self._conditions.has_status(match, statuses))
            case Everything():
                pass
        # a thing that is looked up by its identity is found whether it counts or not
        scoped = base.c._live if question.every_scope or isinstance(start, ByNode) else base.c._current
        conditions.append(scoped == ONE)
        conditions.append(self._conditions.condition(entity, base, question.where))
        return conditions

    # -- groups -------------------------------------------------------------------------------------------------------

    def groups(self, groups: Groups) -> Statement:
        """The statement that answers `groups`."""
        members = self._members(groups)
        entity = self._catalogue[groups.entity]
        parent = [members.c.parent] if isinstance(groups.start, Partners) else []
        keys = [members.c[f"k{place}"] for place in range(len(groups.by))]
        shown = [func.min(members.c[f"s{place}"]) for place, by in enumerate(groups.by) if by.ignore_case]
        measures = [
            column
            for place, measure in enumerate(groups.measures)
            for column in self._conditions.measure(
                entity, members, measure, None if measure.condition is None else members.c[f"w{place}"] == ONE
            )
        ]
        sorts = [self._conditions.measure(entity, members, s.measure) if s.measure else [] for s in groups.order]
        sorted_by = [column for columns in sorts for column in columns]
        figures = [column.label(f"m{place}") for place, column in enumerate([*shown, *measures, *sorted_by])]
        having = [
            self._conditions.compare_measure(entity, members, h.measure, h.op, h.value)
            if isinstance(h, Having)
            else false()
            for h in groups.having
        ]
        grouped = select(*parent, *keys, *figures).group_by(*parent, *keys).having(*having).subquery("g")
        source: FromClause = grouped
        places: _Places = {}
        natural: list[_Key] = []
        for place, by in enumerate(groups.by):
            key: ColumnElement[Any] = grouped.c[f"k{place}"]
            if by.kind == "value":
                natural.append((key, False, False))
                continue
            name = self._catalogue.end_of(groups.entity, by.path)
            record = self._binder.alias(self._tables.entities[name].table)
            source = source.outerjoin(record, record.c._id == key)
            places[(f"#{place}",)] = (name, record, None)
            natural.append((record.c._sort, False, False))
        source, outputs = self._columns(source, places, groups.outputs)
        order: list[_Key] = []
        at = len(shown) + len(measures)
        for sort, columns in zip(groups.order, sorts, strict=True):
            if sort.measure is None:
                order += [(column, sort.descending, sort.nulls_first) for column, _, _ in natural]
            for _ in columns:
                order.append((grouped.c[f"m{at}"], sort.descending, sort.nulls_first))
                at += 1
        sorting = [_sorted(key, backward=False) for key in (*order, *natural)]
        kept = [grouped.c[f"m{place}"] for place in range(len(shown) + len(measures))]
        columns = [*(grouped.c[f"k{place}"] for place in range(len(groups.by))), *kept[: len(shown)], *outputs]
        columns += kept[len(shown) :]
        if parent:
            return self._binder.finish(
                self._paged_partners(source, grouped.c.parent, columns, [], sorting, groups.page)
            )
        statement = select(*columns).select_from(source).order_by(*sorting)
        return self._binder.finish(self._limited(statement, groups.page))

    def _members(self, groups: Groups) -> Subquery:
        """Each record with the keys of its groups, once for each group that it is in."""
        base, match, parent = self._start(groups.entity, groups.start)
        source = self._joined(groups.start, base, parent)
        places: _Places = {(): (groups.entity, base, match)}
        columns: list[ColumnElement[Any]] = [base.c[name] for name in self._needed(groups)]
        for place, by in enumerate(groups.by):
            source = self._walk(source, places, by.path)
            name, table, _ = places[by.path]
            if by.kind == "above":
                above = self._above(self._catalogue[name], by.name)
                source = source.outerjoin(above, above.c.start == table.c._id)
                key: ColumnElement[Any] = above.c.id
            elif by.kind == "record":
                key = table.c._id
            else:
                key, value = self._value(self._catalogue[name], table, by)
                if by.ignore_case:
                    columns.append(value.label(f"s{place}"))
            columns.append(key.label(f"k{place}"))
        for place, measure in enumerate(groups.measures):
            chosen = self._chosen(self._catalogue[groups.entity], base, measure)
            if chosen is not None:
                columns.append(case((chosen, ONE)).label(f"w{place}"))
        if parent is not None:
            columns.append(parent.label("parent"))
        members = select(base.c._id, *columns).select_from(source).where(*self._filter(groups, base))
        several = any(self._is_many(groups.entity, by.path) for by in groups.by)  # a record may come more than once
        return (members.distinct() if several else members).subquery("m")

    def _chosen(self, entity: Entity, base: Alias, measure: Measure) -> ColumnElement[bool] | None:
        """Which records a measure looks at; None for all."""
        return None if measure.condition is None else self._conditions.condition(entity, base, measure.condition)

    def _needed(self, groups: Groups) -> list[str]:
        """The columns of the records that the measures look at."""
        entity = self._catalogue[groups.entity]
        measures = [
            *groups.measures,
            *(h.measure for h in groups.having if isinstance(h, Having)),
            *(s.measure for s in groups.order if s.measure),
        ]
        needed: set[str] = set()
        for measure in measures:
            field = entity.field(measure.name)
            if measure.kind == "unreadable":
                needed.add("_issues")
            elif field is not None and measure.kind == "ratio" and field.computed is not None:
                needed |= {f"c_{field.computed.left}", f"c_{field.computed.right}"}
            elif field is not None:
                needed.add(f"c_{field.name}")
        return sorted(needed)

    def _value(self, entity: Entity, table: Alias, by: Dimension) -> tuple[ColumnElement[Any], ColumnElement[Any]]:
        """What a value is grouped by, and the value itself."""
        field = entity.field(by.name)
        if field is None:
            value = self._derived(entity, table, by.path, by.name)
            return value, value
        value = table.c[f"c_{field.name}"]
        if by.ignore_case:
            return table.c[f"f_{field.name}"], value
        if by.unit is None:
            return value, value
        day = self._binder.day_of(value, by.zone) if field.type is FieldType.DATETIME else value
        return self._binder.ordered(_first_day(day, by.unit)), value

    def _derived(self, entity: Entity, table: Alias, path: Sequence[str], name: str) -> ColumnElement[Any]:
        """A derived value of the record at the end of `path`; null where there is none."""
        derived = self._conditions.derived(entity, table, derived_of(entity, name))
        return case((table.c._id.is_not(null()), derived)) if path else derived

    def _above(self, entity: Entity, level: str) -> Subquery:
        """From each record to the nearest one at or above it that has this level."""
        hop = self._catalogue.hops(entity.name)[cast(str, entity.hierarchy)]
        table = self._tables.entities[entity.name].table
        wanted = self._binder.value(level, str)
        every = self._binder.alias(table)
        climbing = select(every.c._id.label("start"), every.c._id.label("id")).where(every.c._current == ONE)
        up = climbing.cte(self._binder.name("up"), recursive=True)
        here, match, parent = (self._binder.alias(t) for t in (table, self._tables.link(hop.link), table))
        climbed = (
            select(up.c.start, parent.c._id)
            .select_from(
                up.join(here, here.c._id == up.c.id)
                .join(match, and_(self._conditions.near(hop, match) == up.c.id, match.c.status == ACCEPTED))
                .join(parent, and_(parent.c._id == self._conditions.far(hop, match), parent.c._current == ONE))
            )
            .where(here.c[f"c_{LEVEL}"].is_distinct_from(wanted))
        )
        up = up.union(climbed)
        found = self._binder.alias(table)
        reached = up.join(found, found.c._id == up.c.id)
        return select(up.c.start, up.c.id).select_from(reached).where(found.c[f"c_{LEVEL}"] == wanted).subquery()

    def _tied(self, groups: Groups) -> tuple[tuple[FromClause, Subquery], ColumnElement[Any]]:
        """The groups of a statement joined with their members, and the number of each group."""
        linked = isinstance(groups.start, Partners)
        types = [self._key_type(groups, by) for by in groups.by]
        table, columns = self._binder.tuples([BigInteger(), *([BigInteger()] if linked else []), *types])
        number, keys = columns[0], columns[2 if linked else 1 :]
        if linked:
            self._parents = select(columns[1].label("value")).select_from(table).distinct().subquery()
        members = self._members(groups)
        ties = [members.c[f"k{place}"].is_not_distinct_from(key) for place, key in enumerate(keys)]
        if linked:
            ties.append(members.c.parent == columns[1])
        return (table.join(members, and_(true(), *ties)), members), number

    def _key_type(self, groups: Groups, by: Dimension) -> TypeEngine[Any]:
        if by.kind != "value":
            return BigInteger()
        field = self._catalogue[self._catalogue.end_of(groups.entity, by.path)].field(by.name)
        return TEXT if field is None or by.unit or by.ignore_case else column_type(field)

    def _is_many(self, entity: str, path: Sequence[str]) -> bool:
        """Whether one of the hops of a path leads to many."""
        ends = [self._catalogue.end_of(entity, path[:length]) for length in range(len(path))]
        return any(self._catalogue.hops(end)[hop].many for end, hop in zip(ends, path, strict=True))

    # -- columns ------------------------------------------------------------------------------------------------------

    def _outputs(
        self, rows: Rows, base: Alias, match: Alias | None, parent: ColumnElement[Any] | None
    ) -> tuple[FromClause, list[ColumnElement[Any]], _Places]:
        source: FromClause = self._joined(rows.start, base, parent)
        places: _Places = {(): (rows.entity, base, match)}
        return *self._columns(source, places, rows.outputs), places

    def _columns(
        self, source: FromClause, places: _Places, outputs: Sequence[Output]
    ) -> tuple[FromClause, list[ColumnElement[Any]]]:
        parts: dict[tuple[str, tuple[str, ...]], Alias] = {}
        columns: list[ColumnElement[Any]] = []
        for output in outputs:
            source = self._walk(source, places, output.path)
            name, table, matched = places[output.path]
            entity = self._catalogue[name]
            column: ColumnElement[Any]
            match output.kind:
                case "own":
                    column = table.c[output.name]
                case "field":
                    column = table.c[f"c_{output.name}"]
                case "derived":
                    column = self._conditions.derived(entity, table, derived_of(entity, output.name))
                case "match":
                    column = matched.c[output.name] if matched is not None else null()
                case "part" | "tally" as kind:
                    joined = (kind, output.path)
                    if joined not in parts:
                        part = parts[joined] = self._binder.alias(getattr(self._tables, kind))
                        source = source.outerjoin(part, part.c["id" if kind == "part" else "part"] == table.c._part)
                    column = parts[joined].c[output.name]
            columns.append(column.label(f"o{len(columns)}"))
        return source, columns

    def _walk(self, source: FromClause, places: _Places, path: tuple[str, ...]) -> FromClause:
        for length in range(1, len(path) + 1):
            here = path[:length]
            if here in places:
                continue
            name, table, _ = places[here[:-1]]
            hop = self._catalogue.hops(name)[here[-1]]
            match = self._binder.alias(self._tables.link(hop.link))
            partner = self._binder.alias(self._tables.entities[hop.to].table)
            near = and_(
                self._conditions.near(hop, match) == table.c._id,
                match.c.status == ACCEPTED,
            )
            meets = partner.c._id == self._conditions.far(hop, match)
            if hop.many:  # a partner that does not count must not look like none
                one = self._binder.alias(self._tables.entities[hop.to].table)
                is_one = and_(one.c._id == self._conditions.far(hop, match), one.c[hop.counted] == ONE)
                near = and_(near, select(ONE).select_from(one).where(is_one).exists())
            else:
                meets = and_(meets, partner.c[hop.counted] == ONE)
            source = source.outerjoin(match, near).outerjoin(partner, meets)
            places[here] = (hop.to, partner, match)
        return source

    # -- pages --------------------------------------------------------------------------------------------------------

    def _limited(self, statement: SqlSelect[Any], page: Page) -> SqlSelect[Any]:
        if page.size is not None:
            size = page.size
            statement = statement.limit(
                cast(Any, self._binder.add(lambda variables, _: size.read(variables), BigInteger()))
            )
        if page.offset is not None:
            offset = page.offset
            statement = statement.offset(
                cast(Any, self._binder.add(lambda variables, _: offset.read(variables), BigInteger()))
            )
        return statement

    def _paged_partners(
        self,
        source: FromClause,
        parent: ColumnElement[Any],
        columns: list[ColumnElement[Any]],
        conditions: list[ColumnElement[bool]],
        sorting: list[ColumnElement[Any]],
        page: Page,
    ) -> SqlSelect[Any]:
        statement = select(parent.label("parent"), *columns).select_from(source).where(*conditions)
        if self._single:
            return self._limited(statement.order_by(*sorting), page)
        if page.size is None:
            return statement.order_by(parent, *sorting)
        place = func.row_number().over(partition_by=parent, order_by=sorting).label("place")
        inner = select(parent.label("parent"), *columns, place).select_from(source).where(*conditions).subquery()
        size, offset = page.size, page.offset
        first = 0 if offset is None else self._binder.add(lambda variables, _: offset.read(variables), BigInteger())
        last = self._binder.add(
            lambda variables, _: _sum_of(size.read(variables), offset.read(variables) if offset else 0), BigInteger()
        )
        kept = [inner.c.place <= last] if offset is None else [inner.c.place > first, inner.c.place <= last]
        shown = [column for column in inner.c if column.name != "place"]
        return select(*shown).where(*kept).order_by(inner.c.parent, inner.c.place)

    def _sort_keys(self, place: tuple[str, Alias, Alias | None], sort: Sort) -> list[_Key]:
        name, table, _ = place
        entity = self._catalogue[name]
        if sort.hop is not None:
            columns = self._conditions.figure(entity, table, sort.hop, sort.measure)
        elif entity.field(sort.name):
            columns = [table.c[f"c_{sort.name}"]]
        else:
            columns = [self._derived(entity, table, sort.path, sort.name)]
        return [(column, sort.descending, sort.nulls_first) for column in columns]

    def _beyond(
        self,
        keys: list[_Key],
        bound: Bound,
        forward: bool,
    ) -> ColumnElement[bool]:
        """Rows that come after (or before) the bound: greater at the first key that is not equal."""
        alternatives: list[ColumnElement[bool]] = []
        equal: list[ColumnElement[bool]] = []
        for position, (column, descending, nulls_first) in enumerate(keys):
            value = self._bound_value(bound, position, column)
            greater = column > value if forward != descending else column < value
            if nulls_first == forward:  # a null stands on the near side: every value lies beyond it
                beyond = or_(greater, and_(value.is_(null()), column.is_not(null())))
            else:  # a null stands on the far side: it lies beyond every value
                beyond = or_(greater, and_(value.is_not(null()), column.is_(null())))
            alternatives.append(and_(*equal, beyond) if column is not keys[-1][0] else and_(*equal, greater))
            equal.append(column.is_not_distinct_from(value))
        return or_(*alternatives)

    def _bound_value(self, bound: Bound, position: int, column: ColumnElement[Any]) -> BindParameter[Any]:
        def param(variables: Variables, _: object) -> object:
            return cast(Sequence[object], bound.values.read(variables))[position]

        return self._binder.add(param, number_of(column))


def _listed(rows: Rows) -> Rows:
    """The records of a page that are listed: without the one that only tells whether there are more."""
    size = cast(Slot, rows.page.size)
    return replace(rows, page=replace(rows.page, size=Slot(lambda variables: cast(int, size.read(variables)) - 1)))


def _first_day(day: ColumnElement[Any], unit: str) -> ColumnElement[Any]:
    """The first day of the day's month, quarter or year, as ISO text."""
    if unit == "DAY":
        return day
    if unit == "YEAR":
        return _joined_text(func.substr(day, 1, 4), "-01-01")
    if unit == "MONTH":
        return _joined_text(func.substr(day, 1, 7), "-01")
    month = func.substr(day, 6, 2)
    first = case((month <= "03", "-01-01"), (month <= "06", "-04-01"), (month <= "09", "-07-01"), else_="-10-01")
    return case((day.is_not(null()), func.substr(day, 1, 4, type_=TEXT).concat(first)))


def _joined_text(text: Any, end: str) -> ColumnElement[Any]:
    return cast("ColumnElement[Any]", text.concat(literal_column(f"'{end}'")))


def _sorted(key: _Key, backward: bool) -> ColumnElement[Any]:
    column, descending, nulls_first = key
    ordered = column.desc() if descending != backward else column.asc()
    return ordered.nulls_first() if nulls_first != backward else ordered.nulls_last()


def _sum_of(one: object, other: object) -> int:
    return cast(int, one) + cast(int, other)
