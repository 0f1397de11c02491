"""Records that SQLite writes itself: one expression gives the JSON text of an object, with the lists of its partners inside.

That is several times quicker than rows of which this process makes objects and then text, and other threads run meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cache
from sqlite3 import connect
from typing import Any

from sqlalchemy import ColumnElement, Integer, Text, case, cast, func, literal_column, null, select

from replica.ask import (
    Cell,
    CellOf,
    Counted,
    Fixed,
    IssuesOf,
    Item,
    Joined,
    Json,
    Listed,
    Listing,
    Object,
    Output,
    Unless,
)

MOST_MEMBERS = 60  # of an object: a function of SQLite takes no more than 127 arguments
MOST_PARTS = 400  # of one text, so that the statement stays far from SQLite's limits
DEEPEST = 12
TEXT = Text()

NESTED = (
    "SELECT json_object('a', (SELECT json_object('b', json_group_array(json_object('c', x))) FROM (SELECT 1 AS x LIMIT 1) j),"
    " 'd', CASE WHEN 1 THEN json_object('e', CASE 1 WHEN 1 THEN json('true') END) END)"
)
AS_ONE = '{"a":{"b":[{"c":1}]},"d":{"e":true}}'


@cache
def can_write() -> bool:
    """Whether this SQLite keeps JSON that it has made apart from text on its way outwards; not every release promises it."""
    with connect(":memory:") as db:
        (found,) = db.execute(NESTED).fetchone()
    db.close()
    return bool(found == AS_ONE)


def is_writable(json: Json | Listed) -> bool:
    """Whether it is small enough to be written by one statement."""
    return _size(json, 0) <= MOST_PARTS


def _size(json: Json | Listed | Counted, depth: int) -> int:
    if depth > DEEPEST:
        return MOST_PARTS + 1
    match json:
        case Object(members=members) | Listing(members=members):
            if len(members) > MOST_MEMBERS:
                return MOST_PARTS + 1
            return 1 + sum(_size(member, depth + 1) for _, member in members)
        case Unless(json=inner) | Listed(json=inner):
            return 1 + _size(inner, depth + 1)
        case _:
            return 1


def outputs_of(texts: Iterable[Json | Listed]) -> tuple[Output, ...]:
    """What these look at of their own record and of those that it leads to, each once."""
    return tuple(dict.fromkeys(output for text in texts for output in _outputs(text)))


def _outputs(json: Json | Listed) -> Iterable[Output]:
    match json:
        case Cell(output=output):
            yield output
        case IssuesOf(output=output):
            yield output
        case Joined(outputs=outputs) | CellOf(outputs=outputs):
            yield from outputs
        case Object(members=members):
            for _, member in members:
                yield from _outputs(member)
        case Unless(output=output, json=inner):
            yield output
            yield from _outputs(inner)
        case Listed(json=inner):
            yield from _outputs(inner)
        case Listing(parent=Output() as parent):
            yield parent
        case _:
            pass


def write(
    json: Json, columns: Mapping[Output, ColumnElement[Any]], nested: Callable[[Listing | CellOf], ColumnElement[Any]]
) -> ColumnElement[Any]:
    """The expression of a text over the columns of its outputs; `nested` writes what needs more than those: partners, and what
    the operation's variables have a say in."""
    match json:
        case Cell(output=output):
            return _cell(json, columns[output])
        case Fixed(text=None):
            return null()
        case Fixed(text=text):
            return _quoted(text or "")
        case Joined(outputs=outputs, between=between):
            joined = columns[outputs[0]]
            for output in outputs[1:]:
                joined = joined.concat(_quoted(between)).concat(columns[output])
            return joined
        case Object(members=members):
            return object_of((key, write(member, columns, nested)) for key, member in members)
        case Unless(output=output, json=inner):
            return case((columns[output].is_not(null()), write(inner, columns, nested)))
        case IssuesOf(output=output, members=members):
            return _issues(columns[output], members)
        case Listing() | CellOf():
            return nested(json)
        case Item():
            return nothing(json)


def _issues(stored: ColumnElement[Any], members: Iterable[tuple[str, Json]]) -> ColumnElement[Any]:
    issue: Any = func.json_each(stored).table_valued("value", name="issue")

    def member(json: Json) -> ColumnElement[Any]:
        return (
            func.json_extract(issue.c.value, _quoted(f"$.{json.name}"))
            if isinstance(json, Item)
            else write(json, {}, nothing)
        )

    return select(list_of(object_of((key, member(json)) for key, json in members))).select_from(issue).scalar_subquery()


def nothing(json: Json) -> ColumnElement[Any]:
    """For what can't hold such a part."""
    raise ValueError(f"{json} can't stand here")


def object_of(members: Iterable[tuple[str, ColumnElement[Any]]]) -> ColumnElement[Any]:
    """An object of these members."""
    return func.json_object(*(piece for key, value in members for piece in (_quoted(key), value)))


def list_of(json: ColumnElement[Any]) -> ColumnElement[Any]:
    """A list of it, for each row in their order."""
    return func.json_group_array(json)


def _cell(cell: Cell, column: ColumnElement[Any]) -> ColumnElement[Any]:
    match cell.form:
        case "decimal":
            return _plain(column, int(cell.detail))
        case "boolean":
            return case((column == literal_column("1"), _true()), (column == literal_column("0"), _false()))
        case "list":
            return func.json(column)
        case "masked":
            return case((column.is_not(null()), _quoted(str(cell.detail))))
        case "thousandths":
            return column.op("/")(literal_column("1000.0"))
        case "time":
            return func.simpul_time(column, _quoted(str(cell.detail)))
        case "id":
            return func.simpul_id(_quoted(str(cell.detail)), column)
        case "freshness":
            return case((column.is_(null()), _quoted("FRESH")), else_=_quoted("STALE"))
        case _:
            return column


def _plain(column: ColumnElement[Any], scale: int) -> ColumnElement[Any]:
    """A scaled integer in plain notation, without zeros at the end; null stays null."""
    if not scale:
        return case((column.is_not(null()), _digits(column)))
    unit = literal_column(f"{10**scale}", Integer)
    whole, rest = column.op("/")(unit), column.op("%")(unit)
    sign = case((column < literal_column("0"), _quoted("-")), else_=_quoted(""))
    spelt = func.printf(_quoted(f"%s%d.%0{scale}d"), sign, func.abs(whole), func.abs(rest))
    return case(
        (rest == literal_column("0"), _digits(whole)),
        (column.is_not(null()), func.rtrim(spelt, _quoted("0"))),
    )


def _digits(number: ColumnElement[Any]) -> ColumnElement[Any]:
    return cast(number, TEXT)


def _quoted(text: str) -> ColumnElement[Any]:
    """A text of ours or a name of GraphQL, in the statement itself."""
    escaped = text.replace("'", "''")
    return literal_column(f"'{escaped}'", TEXT)


def _true() -> Any:
    return func.json(_quoted("true"))


def _false() -> Any:
    return func.json(_quoted("false"))
