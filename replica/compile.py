"""From a question (`replica.ask`) to one SQL statement with bound parameters, built once per plan with SQLAlchemy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from sqlalchemy import (
    Alias,
    BigInteger,
    BindParameter,
    ColumnElement,
    FromClause,
    and_,
    case,
    func,
    null,
    or_,
    select,
)
from sqlalchemy import Select as SqlSelect

from config.entities import Catalogue
from replica.ask import (
    Bound,
    ByNode,
    Everything,
    Page,
    Partners,
    Rows,
    Sort,
    Totals,
    Variables,
)
from replica.binding import TEXT, Binder, Statement, number_of
from replica.conditions import ACCEPTED, ONE, Conditions, derived_of
from replica.tables import Tables


def compile_rows(catalogue: Catalogue, tables: Tables, rows: Rows) -> Statement:
    """The statement that answers `rows`."""
    return _Compiler(catalogue, tables).rows(rows)


def compile_totals(catalogue: Catalogue, tables: Tables, totals: Totals) -> Statement:
    """The statement that answers `totals`. Each sum takes two columns (high, low): the sum is high * SUM_BASE + low, see
    Conditions.measure."""
    return _Compiler(catalogue, tables).totals(totals)


_Key = tuple[ColumnElement[Any], bool, bool]  # what is sorted by, descending, nulls first
_Places = dict[
    tuple[str, ...], tuple[str, Alias, Alias | None]
]  # a path of hops to entity, table, and match of the last


class _Compiler:
    def __init__(self, catalogue: Catalogue, tables: Tables) -> None:
        self._catalogue = catalogue
        self._tables = tables
        self._binder = Binder(tables.dialect)
        self._conditions = Conditions(catalogue, tables, self._binder)

    # -- whole statements ---------------------------------------------------------------------------------------------

    def rows(self, rows: Rows) -> Statement:
        base, match, parent = self._start(rows.entity, rows.start)
        source, columns, places = self._outputs(rows, base, match)
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
        if parent is None:
            statement = select(*columns).select_from(source).where(*conditions).order_by(*sorting)
            return self._binder.finish(self._limited(statement, rows.page))
        return self._binder.finish(self._paged_partners(source, parent, columns, conditions, sorting, rows.page))

    def totals(self, totals: Totals) -> Statement:
        base, _, parent = self._start(totals.entity, totals.start)
        entity = self._catalogue[totals.entity]
        columns = [column for measure in totals.measures for column in self._conditions.measure(entity, base, measure)]
        conditions = self._filter(totals, base)
        source = self._joined(totals.start, base, parent)
        if parent is None:
            return self._binder.finish(select(*columns).select_from(source).where(*conditions))
        statement = select(parent, *columns).select_from(source).where(*conditions).group_by(parent)
        return self._binder.finish(statement)

    # -- where it starts ----------------------------------------------------------------------------------------------

    def _start(self, entity: str, start: object) -> tuple[Alias, Alias | None, ColumnElement[Any] | None]:
        base = self._binder.alias(self._tables.entities[entity].table)
        if not isinstance(start, Partners):
            return base, None, None
        hop = self._catalogue.hops(start.entity)[start.hop]
        match = self._binder.alias(self._tables.link(hop.link))
        self._starts = (start, hop, match)
        return base, match, self._conditions.near(hop, match)

    def _joined(self, start: object, base: Alias, parent: ColumnElement[Any] | None) -> FromClause:
        if parent is None:
            return base
        _, hop, match = self._starts
        parents = self._binder.starts(BigInteger())
        joined: FromClause = parents.join(match, parent == parents.c.value)
        return joined.join(base, base.c._id == self._conditions.far(hop, match))

    def _filter(self, question: Rows | Totals, base: Alias) -> list[ColumnElement[bool]]:
        start, entity = question.start, self._catalogue[question.entity]
        conditions: list[ColumnElement[bool]] = []
        match start:
            case ByNode():
                nodes = self._binder.starts(TEXT)
                conditions.append(base.c._node.in_(select(nodes.c.value)))
            case Partners(statuses=statuses):
                conditions.append(self._conditions.has_status(self._starts[2], statuses))
            case Everything():
                pass
        # a thing that is looked up by its identity is found whether it counts or not
        scoped = base.c._live if question.every_scope or isinstance(start, ByNode) else base.c._current
        conditions.append(scoped == ONE)
        conditions.append(self._conditions.condition(entity, base, question.where))
        return conditions

    # -- columns ------------------------------------------------------------------------------------------------------

    def _outputs(
        self, rows: Rows, base: Alias, match: Alias | None
    ) -> tuple[FromClause, list[ColumnElement[Any]], _Places]:
        parent = self._conditions.near(self._starts[1], match) if match is not None else None
        source: FromClause = self._joined(rows.start, base, parent)
        places: _Places = {(): (rows.entity, base, match)}
        parts: dict[tuple[str, ...], Alias] = {}
        columns: list[ColumnElement[Any]] = []
        for output in rows.outputs:
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
                case "part":
                    if output.path not in parts:
                        part = parts[output.path] = self._binder.alias(self._tables.part)
                        source = source.outerjoin(part, part.c.id == table.c._part)
                    column = parts[output.path].c[output.name]
            columns.append(column.label(f"o{len(columns)}"))
        return source, columns, places

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
            source = source.outerjoin(match, near)
            counts = and_(
                partner.c._id == self._conditions.far(hop, match),
                partner.c[hop.counted] == ONE,
            )
            source = source.outerjoin(partner, counts)
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
        if page.size is None:
            statement = select(parent.label("parent"), *columns)
            return statement.select_from(source).where(*conditions).order_by(parent, *sorting)
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
            derived = self._conditions.derived(entity, table, derived_of(entity, sort.name))
            columns = [case((table.c._id.is_not(null()), derived))] if sort.path else [derived]
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


def _sorted(key: _Key, backward: bool) -> ColumnElement[Any]:
    column, descending, nulls_first = key
    ordered = column.desc() if descending != backward else column.asc()
    return ordered.nulls_first() if nulls_first != backward else ordered.nulls_last()


def _sum_of(one: object, other: object) -> int:
    return cast(int, one) + cast(int, other)
