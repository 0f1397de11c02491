"""Parameters of a statement: how each is read from the operation's variables, and how values are written as stored."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, cast

import orjson
from sqlalchemy import (
    ARRAY,
    JSON,
    Alias,
    BigInteger,
    BindParameter,
    ColumnElement,
    DateTime,
    Integer,
    Numeric,
    Table,
    Text,
    TextClause,
    and_,
    bindparam,
    case,
    column,
    func,
    literal_column,
    or_,
)
from sqlalchemy import Select as SqlSelect
from sqlalchemy import cast as cast_to
from sqlalchemy.sql.visitors import iterate
from sqlalchemy.types import TypeEngine

from config.entities import Entity, Field, FieldType
from connectors.select import Op
from replica.ask import Slot, Variables
from replica.session import SQLITE, Dialect
from replica.tables import store_time
from replica.wire import read_wire_id

NEVER_EQUAL = 0.5  # stands for a decimal finer than the field's scale: unequal to every stored integer
SUM_BASE = 1_000_000_000  # a sum is taken as (high, low) of this base, since SQLite's SUM overflows past 64 bits
LARGEST_EXPONENT = 40  # beyond it a decimal lies outside (or between) all that is stored, and is not spelled out

TEXT, NUMBER = Text(), Numeric()
Param = Callable[[Variables, Sequence[object] | None], object]
Stored = Callable[[Op, object], object]
"""From a value of the graph to the stored value that gives the same answer under an operator."""


class Later:
    """A statement that is built when it is first asked for."""

    def __init__(self, build: Callable[[], Statement]) -> None:
        self._build = build
        self._built: Statement | None = None

    def get(self) -> Statement:
        """The statement. Two threads may build it, each the same."""
        if self._built is None:
            self._built = self._build()
        return self._built


@dataclass(frozen=True, slots=True)
class Statement:
    """SQL text and how each of its parameters is read from the variables and the ids it starts from. `question` is what it
    answers, one of `replica.ask`; None of a search. `single` gives the same rows where it starts from one id, and is quicker;
    `unsorted` gives all partners of its parents in any order, those beyond a page among them, each with its place in the natural
    order as last column. Both are None where there is no such thing. `tables` are the names of those that it reads; a search
    tells none."""

    sql: str
    params: tuple[Param, ...]
    question: object = field(default=None, compare=False)
    single: Later | None = field(default=None, compare=False)
    unsorted: Later | None = field(default=None, compare=False)
    tables: frozenset[str] = field(default=frozenset(), compare=False)

    def starting_from(self, ids: Sequence[object] | None) -> Statement:
        """The one that is to be run for these ids."""
        return self.single.get() if self.single is not None and ids is not None and len(ids) == 1 else self

    def bind(self, variables: Variables, ids: Sequence[object] | None = None) -> tuple[object, ...]:
        """The parameters in order. `ids` are `_id`s of parents or `_node`s, as the question's start asks."""
        return tuple([param(variables, ids) for param in self.params])


class Binder:
    """The parameters and names of one statement while it is built."""

    def __init__(self, dialect: Dialect = SQLITE) -> None:
        self.dialect = dialect
        self._params: dict[str, Param] = {}
        self._names = 0

    def finish(self, statement: SqlSelect[Any] | TextClause) -> Statement:
        """The statement as text, its parameters in the order of the question marks."""
        compiled = statement.compile(dialect=self.dialect.sql)
        names = cast(Sequence[str], compiled.positiontup)
        fixed = compiled.params
        params = tuple(self._params.get(name) or _constant(fixed[name]) for name in names)
        tables = frozenset(found.name for found in iterate(statement) if isinstance(found, Table))
        return Statement(str(compiled), params, tables=tables)

    def starts(self, type_: TypeEngine[Any]) -> Any:
        """The ids that the statement starts from, as rows with a `value`."""
        return self._rows_of(lambda _, starts: self._array(starts), type_)

    def start(self, type_: TypeEngine[Any]) -> Any:
        """The one id that the statement starts from."""
        return self.add(lambda _, starts: None if starts is None else starts[0], type_)

    def list_of(self, values: object, type_: TypeEngine[Any] = TEXT, convert: Callable[[Any], object] = str) -> Any:
        """The items of a list or of a slot of one, converted and without nulls, as rows with a `value`."""

        def converted(items: Sequence[object]) -> object:
            return self._array([convert(item) for item in items if item is not None])

        return self._rows_of(self._param(values, converted), type_)

    def tuples(self, types: Sequence[TypeEngine[Any]]) -> tuple[Any, list[Any]]:
        """The tuples that the statement starts from, as a table and its columns."""
        name = self.name("j")
        array = self.add(lambda _, starts: None if starts is None else orjson.dumps(starts).decode(), TEXT)
        if self.dialect is SQLITE:
            table = func.json_each(array).table_valued("value", name=name)
            return table, [
                func.json_extract(table.c.value, literal_column(f"'$[{place}]'"), type_=type_)
                for place, type_ in enumerate(types)
            ]
        table = func.json_array_elements(cast_to(array, JSON)).table_valued(column("value", JSON))
        table = table.render_derived(name=name)
        return table, [
            cast_to(table.c.value.op("->>")(literal_column(str(place))), type_) for place, type_ in enumerate(types)
        ]

    def divided(self, left: Sequence[Any], right: Sequence[Any], places: int) -> list[Any]:
        """Two sums, each (high, low) of SUM_BASE, divided and rounded half to even at so many places, as a whole number that
        is (high, low) again; null where it can't be had."""
        if self.dialect is SQLITE:
            given = (*left, *right, literal_column(str(places), Integer))
            return [
                func.simpul_divide(*given, literal_column(str(part), Integer), type_=BigInteger()) for part in (0, 1)
            ]
        base = _numeric(str(SUM_BASE))
        numerator = (left[0] * base + left[1]) * _numeric(f"1{'0' * max(places, 0)}")
        divisor = func.nullif((right[0] * base + right[1]) * _numeric(f"1{'0' * max(-places, 0)}"), _numeric("0"))
        whole = func.div(numerator, divisor, type_=NUMBER)
        twice = func.abs(numerator - whole * divisor) * _numeric("2")
        is_tie = and_(twice == func.abs(divisor), func.mod(whole, _numeric("2")) != _numeric("0"))
        sign = func.sign(numerator) * func.sign(divisor)
        rounded = whole + case((or_(twice > func.abs(divisor), is_tie), sign), else_=_numeric("0"))
        low = func.mod(func.mod(rounded, base) + base, base, type_=NUMBER)
        return [cast_to(func.div(rounded - low, base), BigInteger), cast_to(low, BigInteger)]

    def day_of(self, moment: Any, zone: str) -> Any:
        """The day of a stored time in a zone, as ISO text."""
        place = self.value(zone, str)
        if self.dialect is SQLITE:
            return func.simpul_day(moment, place, type_=TEXT)
        local = cast_to(moment, DateTime(timezone=True)).op("AT TIME ZONE")(place)
        return func.to_char(local, literal_column("'YYYY-MM-DD'"), type_=TEXT)

    def _rows_of(self, param: Param, type_: TypeEngine[Any]) -> Any:
        name = self.name("j")
        if self.dialect is SQLITE:
            return func.json_each(self.add(param, TEXT)).table_valued("value", name=name)
        array = self.add(param, ARRAY(type_))
        return func.unnest(array).table_valued(column("value", type_)).render_derived(name=name)

    def _array(self, items: Sequence[object] | None) -> object:
        return orjson.dumps(items).decode() if self.dialect is SQLITE and items is not None else items

    def items_of(self, array: Any, name: str) -> Any:
        """The items of a stored JSON list as rows with a `value`. SQLAlchemy types what it makes of a function loosely."""
        if self.dialect is SQLITE:
            return func.json_each(array).table_valued("value", name=name)
        return (
            func.json_array_elements(cast_to(array, JSON)).table_valued(column("value", JSON)).render_derived(name=name)
        )

    def length_of(self, array: Any) -> Any:
        """How many items a stored JSON list has."""
        return func.json_array_length(array if self.dialect is SQLITE else cast_to(array, JSON))

    def member(self, item: Any, name: str) -> Any:
        """A member of a JSON object, as text."""
        if self.dialect is SQLITE:
            return func.json_extract(item, literal_column(f"'$.{name}'"))
        return item.op("->>")(literal_column(f"'{name}'"))

    def place_of(self, text: Any, needle: Any) -> Any:
        """Where in a text another begins, from 1; 0 if nowhere."""
        return func.instr(text, needle) if self.dialect is SQLITE else func.strpos(text, needle)

    def ordered(self, text: Any) -> Any:
        """A text that was worked out, in the order of its bytes."""
        return text if self.dialect is SQLITE else text.collate("C")

    def value(
        self, value: object, convert: Callable[[Any], object], type_: TypeEngine[Any] = TEXT
    ) -> BindParameter[Any]:
        """A parameter for a value or a slot, converted; null stays null."""
        return self.add(self._param(value, convert), type_)

    def _param(self, value: object, convert: Callable[[Any], object]) -> Param:
        if isinstance(value, Slot):
            read = value.read

            def param(variables: Variables, _: object) -> object:
                found = read(variables)
                return None if found is None else convert(found)

            return param
        constant = convert(value)
        return lambda _, __: constant

    def add(self, param: Param, type_: TypeEngine[Any]) -> BindParameter[Any]:
        """A parameter of the statement."""
        name = f"p{len(self._params)}"
        self._params[name] = param
        return bindparam(name, None, type_=type_)

    def alias(self, table: Table) -> Alias:
        return cast(Alias, table.alias(self.name("t")))

    def name(self, prefix: str) -> str:
        self._names += 1
        return f"{prefix}{self._names}"


def _constant(value: object) -> Param:
    return lambda _, __: value


def _numeric(digits: str) -> Any:
    """A number as PostgreSQL's numeric."""
    return literal_column(f"{digits}::numeric", NUMBER)


def number_of(column: ColumnElement[Any]) -> TypeEngine[Any]:
    """The type of what a column is compared with. A number may be finer or larger than any that is stored."""
    return TEXT if isinstance(column.type, Text) else NUMBER


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
    number = whole_decimal(op, value, scale)
    return stored_int(op, number) if isinstance(number, int) else number


def whole_decimal(op: Op, value: Decimal, scale: int) -> int | float:
    """The scaled integer that gives the same answer under `op` as the decimal itself; a float where none does."""
    value = Decimal(value)
    if value and abs(value.adjusted()) > LARGEST_EXPONENT:
        return math.copysign(math.inf, value) if value.adjusted() > 0 else math.copysign(NEVER_EQUAL, value)
    sign, digits, exponent = value.as_tuple()
    whole = int("".join(map(str, digits))) * (-1 if sign else 1)
    shift = cast(int, exponent) + scale
    if shift >= 0:
        return int(whole * 10**shift)
    floor, rest = divmod(whole, int(10**-shift))
    if rest == 0:
        return floor
    if op in (Op.LT, Op.GTE):
        return floor + 1
    if op in (Op.LTE, Op.GT):
        return floor
    return NEVER_EQUAL
