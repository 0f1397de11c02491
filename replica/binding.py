"""Parameters of a statement: how each is read from the operation's variables, and how values are written as stored."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, cast

import orjson
from sqlalchemy import Alias, BindParameter, Table, bindparam, func
from sqlalchemy import Select as SqlSelect
from sqlalchemy.dialects import sqlite

from config.entities import Entity, Field, FieldType
from connectors.select import Op
from replica.ask import Slot, Variables
from replica.tables import store_time
from replica.wire import read_wire_id

NEVER_EQUAL = 0.5  # stands for a decimal finer than the field's scale: unequal to every stored integer
LARGEST_EXPONENT = 40  # beyond it a decimal lies outside (or between) all that is stored, and is not spelled out

Param = Callable[[Variables, object], object]
Stored = Callable[[Op, object], object]
"""From a value of the graph to the stored value that gives the same answer under an operator."""


@dataclass(frozen=True, slots=True)
class Statement:
    """SQL text and how each of its parameters is read from the variables and the ids it starts from."""

    sql: str
    params: tuple[Param, ...]

    def bind(self, variables: Variables, ids: Sequence[object] | None = None) -> tuple[object, ...]:
        """The parameters in order. `ids` are `_id`s of parents or `_node`s, as the question's start asks."""
        starts = orjson.dumps(ids).decode() if ids is not None else None
        return tuple(param(variables, starts) for param in self.params)


class Binder:
    """The parameters and names of one statement while it is built."""

    def __init__(self) -> None:
        self._params: dict[str, Param] = {}
        self._names = 0

    def finish(self, statement: SqlSelect[Any]) -> Statement:
        """The statement as text, its parameters in the order of the question marks."""
        compiled = statement.compile(dialect=sqlite.dialect(paramstyle="qmark"))
        names = cast(Sequence[str], compiled.positiontup)
        fixed = compiled.params
        return Statement(str(compiled), tuple(self._params.get(name) or _constant(fixed[name]) for name in names))

    def starts(self) -> Any:
        """The ids that the statement starts from, as rows with a `value`."""
        return self.rows_of(self.add(lambda _, starts: starts))

    def rows_of(self, array: BindParameter[Any]) -> Any:
        """A JSON array as rows with a `value`. SQLAlchemy types what it makes of a function only loosely."""
        return func.json_each(array).table_valued("value", name=self.name("j"))

    def list_of(self, values: object) -> Any:
        """A list, or a slot of one, as rows with a `value`."""
        return self.rows_of(self.value(values, lambda items: orjson.dumps(items).decode()))

    def value(self, value: object, convert: Callable[[Any], object]) -> BindParameter[Any]:
        """A parameter for a value or a slot, converted; null stays null."""
        if isinstance(value, Slot):
            read = value.read

            def param(variables: Variables, _: object) -> object:
                found = read(variables)
                return None if found is None else convert(found)

            return self.add(param)
        constant = convert(value)
        return self.add(lambda _, __: constant)

    def add(self, param: Param) -> BindParameter[Any]:
        name = f"p{len(self._params)}"
        self._params[name] = param
        return bindparam(name, None)

    def alias(self, table: Table) -> Alias:
        return cast(Alias, table.alias(self.name("t")))

    def name(self, prefix: str) -> str:
        self._names += 1
        return f"{prefix}{self._names}"


def _constant(value: object) -> Param:
    return lambda _, __: value


def stored_list(stored: Stored, values: Sequence[object]) -> str:
    """The values of an `in` as a JSON array."""
    return orjson.dumps([stored(Op.IN, value) for value in values if value is not None]).decode()


def stored_text(op: Op, value: object) -> object:
    return str(value)


def stored_node(entity: Entity) -> Stored:
    def stored(_: Op, value: object) -> object:
        found = read_wire_id(str(value))
        return found[1] if found is not None and found[0] == entity.name else ""

    return stored


def stored_int(op: Op, value: object) -> object:
    number = cast(int, value)
    return number if -(2**63) <= number < 2**63 else math.copysign(math.inf, number)


def stored_as(field: Field) -> Stored:
    match field.type:
        case FieldType.MONEY | FieldType.DECIMAL:
            return lambda op, value: _stored_decimal(op, cast(Decimal, value), field.scale)
        case FieldType.INT:
            return stored_int
        case FieldType.BOOLEAN:
            return lambda _, value: int(cast(bool, value))
        case FieldType.DATE:
            return lambda _, value: value.isoformat() if isinstance(value, date) else str(value)
        case FieldType.DATETIME:
            return lambda _, value: store_time(value) if isinstance(value, datetime) else str(value)
        case _:
            return stored_text


def _stored_decimal(op: Op, value: Decimal, scale: int) -> object:
    """The scaled integer that gives the same answer under `op` as the decimal itself."""
    value = Decimal(value)
    if value and abs(value.adjusted()) > LARGEST_EXPONENT:
        return math.copysign(math.inf, value) if value.adjusted() > 0 else math.copysign(NEVER_EQUAL, value)
    sign, digits, exponent = value.as_tuple()
    whole = int("".join(map(str, digits))) * (-1 if sign else 1)
    shift = cast(int, exponent) + scale
    if shift >= 0:
        return stored_int(op, whole * 10**shift)
    floor, rest = divmod(whole, 10**-shift)
    if rest == 0:
        return stored_int(op, floor)
    if op in (Op.LT, Op.GTE):
        return stored_int(op, floor + 1)
    if op in (Op.LTE, Op.GT):
        return stored_int(op, floor)
    return NEVER_EQUAL
