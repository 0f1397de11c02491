"""Pages: `first`, `last`, `offset` and cursors, and the order that they follow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from graphql import FieldNode

from config.entities import Catalogue, Entity
from replica.ask import Bound, Measure, MeasureKind, Page, Slot, Sort, Variables
from resolvers.asked import Asked, as_int, reader
from resolvers.errors import BadRequest
from resolvers.run import PageFacts
from resolvers.values import BadCursor, ordering_mark, read_cursor

MAX_FIRST = 1000
MAX_OFFSET = 10_000
MAX_ORDERS = 20


def read_order(catalogue: Catalogue, entity: Entity, items: object) -> tuple[Sort, ...]:
    """`orderBy` as sort keys. Raises BadRequest if they are too many."""
    wanted = cast("Sequence[Mapping[str, object]]", items or ())
    if len(wanted) > MAX_ORDERS:
        raise BadRequest("QUERY_TOO_COSTLY", "OPERATION_TOO_LARGE", (), what="orderBy", limit=MAX_ORDERS)
    return tuple(_sort(catalogue, entity, (), item) for item in wanted)


def _sort(catalogue: Catalogue, entity: Entity, path: tuple[str, ...], item: Mapping[str, object]) -> Sort:
    ((name, value),) = item.items()
    if isinstance(value, str):
        return Sort(path, name, **direction_of(value))
    inner = cast("Mapping[str, object]", value)
    hop = catalogue.hops(entity.name)[name]
    if not hop.many:
        return _sort(catalogue, catalogue[hop.to], (*path, name), inner)
    ((kind, of),) = inner.items()
    if kind == "count":
        return Sort(path, hop=name, **direction_of(cast(str, of)))
    ((field, direction),) = cast("Mapping[str, str]", of).items()
    return Sort(path, hop=name, measure=Measure(cast(MeasureKind, kind), field), **direction_of(direction))


def direction_of(direction: str) -> dict[str, Any]:
    """A Direction as the members of a sort key."""
    return {"descending": direction.startswith("DESC"), "nulls_first": direction.endswith("NULLS_FIRST")}


def read_page(
    asked: Asked,
    entity: Entity,
    order: tuple[Sort, ...],
    arguments: Mapping[str, object],
    nodes: list[FieldNode],
    default: int,
) -> tuple[Page, PageFacts]:
    """The page that a connection's arguments ask for; one more record than its size is fetched, to know if there is more."""
    first, last, offset = arguments.get("first"), arguments.get("last"), arguments.get("offset")
    backward = last is not None
    if backward and (first is not None or offset is not None):
        raise BadRequest("BAD_USER_INPUT", "PAGE_MIXED", nodes)
    size = reader(last if backward else default if first is None else first, as_int)
    asked.bound(size, MAX_FIRST, "last" if backward else "first", nodes)
    skip = None if offset is None else reader(offset, as_int)
    if skip is not None:
        asked.bound(skip, MAX_OFFSET, "offset", nodes)
    mark = ordering_mark(entity.name, order)
    width = cursor_width(order)
    after = _bound(asked, arguments.get("after"), mark, width, nodes)
    before = _bound(asked, arguments.get("before"), mark, width, nodes)
    near = before is not None if backward else after is not None

    def beyond(variables: Variables) -> bool:
        return near or (skip is not None and skip(variables) > 0)

    page = Page(
        size=Slot(lambda variables: size(variables) + 1),
        offset=None if skip is None else Slot(skip),
        after=after,
        before=before,
        backward=backward,
    )
    return page, PageFacts(size, beyond, backward)


def cursor_width(order: Sequence[Sort]) -> int:
    """How many values a cursor of this order holds; the last is the tie-break."""
    return sum(sort.width for sort in order) + 1


def _bound(asked: Asked, cursor: object, mark: str, length: int, nodes: list[FieldNode]) -> Bound | None:
    if cursor is None:
        return None
    text = reader(cursor, str)

    def check(variables: Variables) -> None:
        try:
            read_cursor(text(variables), mark, length)
        except BadCursor as error:
            raise BadRequest("BAD_CURSOR", "BAD_CURSOR", nodes) from error

    asked.checks.append(check)
    return Bound(Slot(lambda variables: read_cursor(text(variables), mark, length)))
