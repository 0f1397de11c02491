"""Compiled shaping: Python expressions over a row, put together once per plan, that write the objects of the answer.

The text consists of positions, names of our own and response keys (GraphQL names, quoted by repr); nothing else of a
request gets into it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from zoneinfo import ZoneInfo

import orjson

from config.entities import Field, FieldType
from config.hub import Language
from config.messages import Messages
from replica.ask import Cell, Fixed, Form, Json, Object, Output, Unless
from replica.wire import wire_id
from resolvers.values import MASK, decimal_writer, read_list, time_writer, write_cursor

BOOLEANS = {None: None, 0: False, 1: True}


class Expression(str):
    """A Python expression over a row. `json`, where there is one, is how the replica itself writes the same value."""

    json: Json | None

    def __new__(cls, text: str, json: Json | None = None) -> Expression:
        made = super().__new__(cls, text)
        made.json = json
        return made


def json_of(expression: str) -> Json | None:
    """How the replica writes the value of an expression; None if it can't."""
    return expression.json if isinstance(expression, Expression) else None


class Columns:
    """The columns that a select must bring, in the order in which shapes asked for them."""

    def __init__(self, first: int) -> None:
        self._first = first
        self._places: dict[Output, int] = {}

    def place(self, output: Output) -> int:
        """Where in a row this output stands."""
        return self._places.setdefault(output, self._first + len(self._places))

    @property
    def outputs(self) -> tuple[Output, ...]:
        return tuple(self._places)


class Writer:
    """Names for the functions that expressions call, and the expressions of stored values."""

    def __init__(self, zone: ZoneInfo, messages: Messages, language: Language) -> None:
        self._names: dict[str, object] = {}
        self._known: dict[object, str] = {}
        self.zone = zone
        self.time = time_writer(zone)
        self._messages = messages
        self._language = language

    def name(self, value: object) -> str:
        """A name by which expressions reach `value`."""
        key = value if callable(value) else id(value)
        if key not in self._known:
            self._known[key] = f"f{len(self._names)}"
            self._names[self._known[key]] = value
        return self._known[key]

    def function(self, parameters: Sequence[str], body: str) -> Callable[..., object]:
        """A function of these parameters that returns the expression `body`."""
        source = f"lambda {', '.join(parameters)}: {body}"
        return eval(compile(source, "<plan>", "eval"), dict(self._names))  # type: ignore[no-any-return]  # noqa: S307 - text of our own, see above

    def value(self, field: Field, cell: str) -> str:
        """The expression of a field's value on the wire; `cell` is the expression of its stored value."""
        if field.sensitive:
            return _told(f"(None if {cell} is None else {MASK!r})", cell, "masked", MASK)
        match field.type:
            case FieldType.MONEY | FieldType.DECIMAL:
                return _told(f"{self.name(decimal_writer(field.scale))}({cell})", cell, "decimal", field.scale)
            case FieldType.DATETIME:
                return self.moment(cell)
            case FieldType.BOOLEAN:
                return _told(f"{self.name(BOOLEANS)}[{cell}]", cell, "boolean")
            case FieldType.TEXTS | FieldType.CODES:
                return _told(f"{self.name(read_list)}({cell})", cell, "list")
            case _:
                return cell

    def moment(self, cell: str) -> str:
        """The expression of a stored time in the hub's zone."""
        return _told(f"{self.name(self.time)}({cell})", cell, "time", self.zone.key)

    def node_id(self, entity: str, cell: str) -> str:
        return _told(f"{self.name(wire_id)}({entity!r}, {cell})", cell, "id", entity)

    def cursor(self, mark: str, cells: Sequence[str]) -> str:
        return f"{self.name(write_cursor)}({mark!r}, ({', '.join(cells)},))"

    def sentence(self, language: Language | None) -> Callable[[str, dict[str, object]], str]:
        """A function from code and params to the sentence."""
        spoken = language or self._language
        return lambda code, params: self._messages.render(code, params, spoken)

    def problem(self, stored: str | None) -> str | None:
        """The sentence of a stored problem, JSON {code, where, params}."""
        if stored is None:
            return None
        found = orjson.loads(stored)
        return self._messages.render(found["code"], {"where": found["where"], **found["params"]}, self._language)


def write_object(members: Sequence[tuple[str, str]]) -> Expression:
    """The expression of an object with these response keys and expressions."""
    text = "{" + ", ".join(f"{key!r}: {expression}" for key, expression in members) + "}"
    written = tuple((key, json) for key, expression in members if (json := json_of(expression)) is not None)
    return Expression(text, Object(written) if len(written) == len(members) else None)


def unless(cell: str, expression: str) -> Expression:
    """The expression of null where a stored value is null, else of what `expression` says."""
    stored, json = json_of(cell), json_of(expression)
    written = Unless(stored.output, json) if isinstance(stored, Cell) and json is not None else None
    return Expression(f"(None if {cell} is None else {expression})", written)


def constant(text: str | None) -> Expression:
    """The expression of a text that is known, or null."""
    return Expression(repr(text), Fixed(text))


def _told(text: str, cell: str, form: Form, detail: str | int = "") -> str:
    """The expression `text` of a stored value, which the replica writes in that form."""
    stored = json_of(cell)
    return Expression(text, replace(stored, form=form, detail=detail)) if isinstance(stored, Cell) else text
