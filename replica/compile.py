"""From a question (`replica.ask`) to one SQL statement with bound parameters, built once per plan with SQLAlchemy."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, cast

from sqlalchemy import (
    Alias,
    BindParameter,
    ColumnElement,
    FromClause,
    Integer,
    and_,
    case,
    func,
    literal_column,
    null,
    or_,
    select,
)
from sqlalchemy import Select as SqlSelect

from config.entities import Catalogue
from connectors.select import Order
from replica.ask import (
    Bound,
    ByNode,
    Everything,
    Measure,
    Page,
    Partners,
    Rows,
    Totals,
    Variables,
)
from replica.binding import Binder, Statement
from replica.conditions import ACCEPTED, ONE, Conditions, derived_of
from replica.tables import Tables

SUM_BASE = 1_000_000_000  # a sum is taken as (high, low) of this base, since SQLite's SUM overflows past 64 bits
NEVER_EQUAL = 0.5  # stands for a decimal finer than the field's scale: unequal to every stored integer
LARGEST_EXPONENT = 40  # beyond it a decimal lies outside (or between) all that is stored, and is not spelled out

Param = Callable[[Variables, object], object]


def compile_rows(catalogue: Catalogue, tables: Tables, rows: Rows) -> Statement:
    """The statement that answers `rows`."""
    return _Compiler(catalogue, tables).rows(rows)


def compile_totals(catalogue: Catalogue, tables: Tables, totals: Totals) -> Statement:
    """The statement that answers `totals`. Each sum takes two columns (high, low): the sum is high * SUM_BASE + low."""
    return _Compiler(catalogue, tables).totals(totals)


class _Compiler:
    def __init__(self, catalogue: Catalogue, tables: Tables) -> None:
        self._catalogue = catalogue
        self._tables = tables
        self._binder = Binder()
        self._conditions = Conditions(catalogue, tables, self._binder)

    # -- whole statements ---------------------------------------------------------------------------------------------

    def rows(self, rows: Rows) -> Statement:
        base, match, parent = self._start(rows.entity, rows.start)
        source, columns = self._outputs(rows, base, match)
        conditions = self._filter(rows, base)
        order = [self._order_key(rows.entity, base, item) for item in rows.order]
        keys = [*order, (base.c._sort, False, False)]
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
        columns = [column for measure in totals.measures for column in self._measure(totals.entity, base, measure)]
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
        parents = self._binder.starts()
        joined: FromClause = parents.join(match, parent == parents.c.value)
        return joined.join(base, base.c._id == self._conditions.far(hop, match))

    def _filter(self, question: Rows | Totals, base: Alias) -> list[ColumnElement[bool]]:
        start, entity = question.start, self._catalogue[question.entity]
        conditions: list[ColumnElement[bool]] = []
        match start:
            case ByNode():
                nodes = self._binder.starts()
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

    def _outputs(self, rows: Rows, base: Alias, match: Alias | None) -> tuple[FromClause, list[ColumnElement[Any]]]:
        parent = self._conditions.near(self._starts[1], match) if match is not None else None
        source: FromClause = self._joined(rows.start, base, parent)
        places: dict[tuple[str, ...], tuple[str, Alias, Alias | None]] = {(): (rows.entity, base, match)}
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
        return source, columns

    def _walk(
        self,
        source: FromClause,
        places: dict[tuple[str, ...], tuple[str, Alias, Alias | None]],
        path: tuple[str, ...],
    ) -> FromClause:
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

    def _measure(self, entity: str, base: Alias, measure: Measure) -> list[ColumnElement[Any]]:
        if measure.kind == "count":
            return [func.count()]
        column: ColumnElement[Any] = base.c[f"c_{measure.name}"]
        match measure.kind:
            case "sum":
                number = literal_column(str(SUM_BASE), Integer)
                high = func.sum(column.op("/")(number))
                return [high, func.sum(column.op("%")(number))]
            case "min":
                return [func.min(column)]
            case "max":
                return [func.max(column)]
            case "known":
                return [func.count(column)]
            case _:
                broken = self._conditions.issue_exists(base, None, [measure.name])
                return [func.coalesce(func.sum(case((broken, 1), else_=0)), 0)]

    # -- pages --------------------------------------------------------------------------------------------------------

    def _limited(self, statement: SqlSelect[Any], page: Page) -> SqlSelect[Any]:
        if page.size is not None:
            size = page.size
            statement = statement.limit(cast(Any, self._binder.add(lambda variables, _: size.read(variables))))
        if page.offset is not None:
            offset = page.offset
            statement = statement.offset(cast(Any, self._binder.add(lambda variables, _: offset.read(variables))))
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
        first = 0 if offset is None else self._binder.add(lambda variables, _: offset.read(variables))
        last = self._binder.add(
            lambda variables, _: _sum_of(size.read(variables), offset.read(variables) if offset else 0)
        )
        kept = [inner.c.place <= last] if offset is None else [inner.c.place > first, inner.c.place <= last]
        shown = [column for column in inner.c if column.name != "place"]
        return select(*shown).where(*kept).order_by(inner.c.parent, inner.c.place)

    def _order_key(self, entity: str, base: Alias, order: Order) -> tuple[ColumnElement[Any], bool, bool]:
        record = self._catalogue[entity]
        if record.field(order.name):
            return base.c[f"c_{order.name}"], order.descending, order.nulls_first
        return (
            self._conditions.derived(record, base, derived_of(record, order.name)),
            order.descending,
            order.nulls_first,
        )

    def _beyond(
        self,
        keys: list[tuple[ColumnElement[Any], bool, bool]],
        bound: Bound,
        forward: bool,
    ) -> ColumnElement[bool]:
        """Rows that come after (or before) the bound: greater at the first key that is not equal."""
        alternatives: list[ColumnElement[bool]] = []
        equal: list[ColumnElement[bool]] = []
        for position, (column, descending, nulls_first) in enumerate(keys):
            value = self._bound_value(bound, position)
            greater = column > value if forward != descending else column < value
            if nulls_first == forward:  # a null stands on the near side: every value lies beyond it
                beyond = or_(greater, and_(value.is_(null()), column.is_not(null())))
            else:  # a null stands on the far side: it lies beyond every value
                beyond = or_(greater, and_(value.is_not(null()), column.is_(null())))
            alternatives.append(and_(*equal, beyond) if column is not keys[-1][0] else and_(*equal, greater))
            equal.append(column.op("IS")(value))
        return or_(*alternatives)

    def _bound_value(self, bound: Bound, position: int) -> BindParameter[Any]:
        return self._binder.add(lambda variables, _: cast(Sequence[object], bound.values.read(variables))[position])


def _sorted(key: tuple[ColumnElement[Any], bool, bool], backward: bool) -> ColumnElement[Any]:
    column, descending, nulls_first = key
    ordered = column.desc() if descending != backward else column.asc()
    return ordered.nulls_first() if nulls_first != backward else ordered.nulls_last()


def _sum_of(one: object, other: object) -> int:
    return cast(int, one) + cast(int, other)
