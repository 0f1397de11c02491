"""Pages: `first`, `last`, `offset` and cursors, and the order that they follow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

from graphql import FieldNode

from config.entities import Entity
from connectors.select import Order
from replica.ask import Bound, Page, Slot, Variables
from resolvers.asked import Asked, as_int, reader
from resolvers.errors import BadRequest
from resolvers.run import PageFacts
from resolvers.values import BadCursor, ordering_mark, read_cursor

MAX_FIRST = 1000
MAX_OFFSET = 10_000
MAX_ORDERS = 20


def read_order(items: object) -> tuple[Order, ...]:
    """`orderBy` as orders. Raises BadRequest if they are too many."""
    wanted = cast("Sequence[Mapping[str, str]]", items or ())
    if len(wanted) > MAX_ORDERS:
        raise BadRequest("QUERY_TOO_COSTLY", "OPERATION_TOO_LARGE", (), what="orderBy", limit=MAX_ORDERS)
    order = []
    for item in wanted:
        ((name, direction),) = item.items()
        order.append(Order(name, direction.startswith("DESC"), direction.endswith("NULLS_FIRST")))
    return tuple(order)


def read_page(
    asked: Asked,
    entity: Entity,
    order: tuple[Order, ...],
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
    after = _bound(asked, arguments.get("after"), mark, len(order) + 1, nodes)
    before = _bound(asked, arguments.get("before"), mark, len(order) + 1, nodes)
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
