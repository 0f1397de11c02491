"""From rows to records: columns found, cells read, keys made. What can't be read becomes an issue or a reject, with its cell."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from decimal import ROUND_HALF_EVEN, Context, Decimal
from operator import itemgetter
from typing import cast
from zoneinfo import ZoneInfo

import orjson

from config.entities import Computed, Entity, Field, FieldType
from config.hub import EntityMapping, FieldMapping
from connectors.cells import is_nothing
from connectors.columns import find_column
from connectors.connector import Batch, Cell, CellError, Column, Part, Row
from connectors.numbers import is_whole
from connectors.personal import mask_personal
from connectors.values import (
    DecimalSign,
    Unreadable,
    compile_values,
    is_damaged,
    multiply,
    read_boolean,
    read_code,
    read_date,
    read_datetime,
    read_decimal,
    read_int,
    read_text,
    round_to,
    split_text,
    take_parts,
    take_pattern,
    tidy,
    write_cell,
)
from replica.identity import node_of, normalised_value, sort_text
from replica.tables import EntityTable, fold, store_time

PSEUDO_COLUMNS = ("$file", "$sheet")
PSEUDO_FIELDS = ("file", "sheet")
MAX_INTEGER = 2**63 - 1
RAW_LENGTH = 200  # characters of a raw value that an issue or reject repeats
SMALL = 10**9  # an integer that fits into a column at any scale that is stored as one
_EXACT = Context(prec=80)  # two stored numbers have 19 digits each: no quotient of theirs is rounded twice
CONTENT = 24  # digits of a record's hash that say what it holds; the others say how it was mapped
_BROKEN = re.compile("[\ud800-\udfff]")  # half of a sign, as JSON may carry it; SQLite takes none


@dataclass(frozen=True, slots=True)
class Record:
    """A mapped row. `values` follow the entity's columns (see columns_of)."""

    node: str
    sort: str
    at: str
    hash: str
    issues: str | None
    raw: str
    values: tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Reject:
    """A row that could not be taken."""

    at: str
    code: str
    field: str | None
    raw: str | None
    cell: str | None
    params: str


@dataclass(slots=True)
class _Found:
    """What has been read of one row so far."""

    values: dict[str, object] = field(default_factory=dict)
    issues: list[dict[str, object]] = field(default_factory=list)


def decimal_of(stored: int, scale: int) -> Decimal:
    """The number that a scaled integer stands for."""
    return Decimal(stored).scaleb(-scale, _EXACT)


def columns_of(table: EntityTable) -> list[str]:
    """The columns of an entity's table that `Record.values` fill."""
    return [column.name for column in table.table.c if not column.name.startswith("_")]


_Producer = Callable[[dict[str, object]], object]
_Take = Callable[[Row], Cell]
_Convert = Callable[[Cell], tuple[object, Unreadable | None]]  # raises Unreadable
_Reader = Callable[[Row, bool, _Found], None]  # puts a field, or the issue with it, into what has been found


class _Rejected(Exception):
    def __init__(self, reject: Reject) -> None:
        super().__init__(reject.code)
        self.reject = reject


class Mapper:
    """Maps the rows of one part. Feed it every batch with `observe` first, then with `records`."""

    def __init__(self, table: EntityTable, mapping: EntityMapping, part: Part, zone: ZoneInfo) -> None:
        self._table = table
        self._entity = table.entity
        self._mapping = mapping
        self._part = part
        self._zone = zone
        self._signs: dict[str, DecimalSign] = {}
        self._columns: tuple[Column, ...] | None = None
        self._names: list[str] = []
        self._places: dict[str, int] = {}
        self._occurrences: dict[str, int] = {}
        self._declared = {field.name: field for field in table.entity.fields}
        self._is_secret = any(f.sensitive for f in table.entity.fields if f.name in table.entity.key)
        self._blank: list[object] = [None] * len(columns_of(table))
        self._outputs = self._producers()
        self._readers: list[_Reader] = []  # made when the columns are known and every batch has been observed
        self._patterns = {m.field: re.compile(m.pattern) for m in mapping.fields if m.pattern}
        self._values = {m.field: compile_values(m.values) for m in mapping.fields if m.values}
        self._plain = {m.field for m in mapping.fields if not (m.pattern or m.parts or m.values)}
        self._scope = (mapping.source, mapping.dataset, part.key)
        fields = tuple(replace(m, line=0) for m in mapping.fields)  # wherever it stands in hub.yaml
        self._salt = hashlib.sha256(repr(fields).encode()).hexdigest()[: 32 - CONTENT]

    # -- first pass ---------------------------------------------------------------------------------------------------

    def observe(self, batch: Batch) -> None:
        """Takes note of the number columns of a batch. Raises ColumnMissing."""
        self._locate(batch.columns)
        for mapping in self._mapping.fields:
            if _is_number(mapping) and len(mapping.columns) == 1 and mapping.columns[0] in self._places:
                sign = self._signs.setdefault(mapping.field, DecimalSign())
                place = self._places[mapping.columns[0]]
                for row in batch.rows:
                    sign.observe(self._taken(mapping, row.values[place]))

    def _taken(self, mapping: FieldMapping, cell: Cell) -> Cell:
        """What of a number's cell will be read."""
        if mapping.field in self._plain:
            return cell
        try:
            return self._prepared(mapping, cell)
        except Unreadable:
            return None

    @property
    def labels(self) -> dict[str, str]:
        """Field to the label of the column that feeds it."""
        columns = self._columns or ()
        found = {}
        for mapping in self._mapping.fields:
            names = [name for name in mapping.columns if name in self._places]
            if names:
                found[mapping.field] = columns[self._places[names[0]]].label
                if mapping.type is None:
                    found[f"{mapping.field}Raw"] = found[mapping.field]
                if mapping.within in self._places:
                    found[f"{mapping.field}Within"] = columns[self._places[mapping.within]].label
        return found

    # -- second pass --------------------------------------------------------------------------------------------------

    def records(self, batch: Batch) -> Iterator[Record | Reject]:
        """The record, or reject, of each row that the mapping takes."""
        self._locate(batch.columns)
        if not self._readers:
            self._readers = [self._reader(mapping) for mapping in self._mapping.fields]
        for row in batch.rows:
            if self._is_taken(row):
                try:
                    yield self._record(row, batch.grid)
                except _Rejected as rejected:
                    yield rejected.reject

    def _locate(self, columns: tuple[Column, ...]) -> None:
        if columns == self._columns:
            return
        self._columns = columns
        self._names = [column.name for column in columns]
        wanted = {name for m in self._mapping.fields for name in (*m.columns, *([m.within] if m.within else []))}
        wanted |= set(self._mapping.where or ())
        names = [name for name in wanted if name not in PSEUDO_COLUMNS]
        self._places = {name: find_column(columns, name, self._part.label) for name in sorted(names)}
        self._readers = []

    def _is_taken(self, row: Row) -> bool:
        for name, wanted in (self._mapping.where or {}).items():
            text = _text_of(row.values[self._places[name]]) or ""
            if not any(_matches(pattern, text) for pattern in wanted):
                return False
        return True

    def _record(self, row: Row, grid: bool) -> Record:
        found = _Found({"file": self._part.file, "sheet": self._part.sheet})
        for read in self._readers:
            read(row, grid, found)
        node, sort = self._identity(row, grid, found)
        values = self._blank.copy()
        for place, produce in self._outputs:
            values[place] = produce(found.values)
        issues = [{**issue, "cell": None} for issue in found.issues]  # where a row stands is not what it holds
        content = hashlib.sha256(orjson.dumps([values, issues])).hexdigest()[:CONTENT]
        return Record(
            node,
            sort,
            row.at,
            content + self._salt,
            orjson.dumps(found.issues).decode() if found.issues else None,
            self._raw(row),
            tuple(values),
        )

    def _raw(self, row: Row) -> str:
        cells = {name: text for name, cell in zip(self._names, row.values, strict=True) if (text := _text_of(cell))}
        return orjson.dumps(cells).decode()

    # -- one field ----------------------------------------------------------------------------------------------------

    def _reader(self, mapping: FieldMapping) -> _Reader:
        """What reads one field of a row: everything that is equal for all rows of the part is looked up once."""
        take, label = self._taker(mapping)
        name = mapping.field
        if mapping.type is None:
            return lambda row, grid, found: self._read_reference(mapping, take(row), label, row, grid, found)
        declared = self._declared[name]
        convert = self._converter(mapping, declared)
        is_key = name in self._entity.key
        is_needed = declared.required or mapping.required
        is_enum = declared.type is FieldType.ENUM

        def reject(row: Row, grid: bool, cell: Cell, code: str, params: dict[str, object]) -> _Rejected:
            raw, place = _shown(cell, secret=declared.sensitive), _place(label, row, grid)
            return _Rejected(Reject(row.at, code, name, raw, place, orjson.dumps(params).decode()))

        def read(row: Row, grid: bool, found: _Found) -> None:
            cell = take(row)
            try:
                value, issue = convert(cell)
            except Unreadable as unreadable:
                value, issue = None, unreadable
            if is_enum:
                text = _text_of(cell)
                found.values[f"{name}Raw"] = None if text is None else mask_personal(text)
            if issue is not None:
                if issue.code == "UNKNOWN_VALUE":
                    value = "UNKNOWN"
                if is_key or (value is None and is_needed):
                    raise reject(row, grid, cell, issue.code, issue.params)
                raw, place = _shown(cell, secret=declared.sensitive), _place(label, row, grid)
                found.issues.append(
                    {"code": issue.code, "field": name, "raw": raw, "cell": place, "params": issue.params}
                )
            if value is None and is_needed and not is_key:
                raise reject(row, grid, cell, "MISSING_REQUIRED", {})
            found.values[name] = value

        return read

    def _taker(self, mapping: FieldMapping) -> tuple[_Take, str | None]:
        """What gives a row's cell (joined, if there are several columns), and the label of the first column."""
        if mapping.value is not None:
            value = mapping.value
            return (lambda row: value), None
        columns = self._columns or ()
        labels = [columns[self._places[name]].label for name in mapping.columns if name in self._places]
        label = labels[0] if labels else None
        takers = [self._one(name) for name in mapping.columns]
        if len(takers) == 1:
            return takers[0], label

        def joined(row: Row) -> Cell:
            parts = [_text_of(take(row)) for take in takers]
            if any(part is None for part in parts):
                return None
            return mapping.join.join(cast("list[str]", parts))

        return joined, label

    def _one(self, name: str) -> _Take:
        if name in PSEUDO_COLUMNS:
            value = self._part.file if name == "$file" else self._part.sheet
            return lambda row: value
        place = self._places[name]
        return lambda row: row.values[place]

    def _read_reference(
        self, mapping: FieldMapping, cell: Cell, label: str | None, row: Row, grid: bool, found: _Found
    ) -> None:
        raw, within = f"{mapping.field}Raw", f"{mapping.field}Within"
        found.values[raw] = found.values[within] = None
        try:
            text = self._prepared(mapping, cell)
            found.values[raw] = None if text is None else mask_personal(text)
            if mapping.within:
                above = read_text(self._one(mapping.within)(row))
                found.values[within] = None if above is None else mask_personal(above)
        except Unreadable as unreadable:
            found.issues.append(
                {
                    "code": unreadable.code,
                    "field": mapping.field,
                    "raw": _shown(cell),
                    "cell": _place(label, row, grid),
                    "params": unreadable.params,
                }
            )
        if mapping.required and found.values[raw] is None:
            place = _place(label, row, grid)
            raise _Rejected(Reject(row.at, "MISSING_REQUIRED", mapping.field, _shown(cell), place, "{}"))

    def _prepared(self, mapping: FieldMapping, cell: Cell) -> str | None:
        """A cell as text with `pattern`, `parts` and `values` applied."""
        if mapping.type is FieldType.CODE:
            text = read_code(cell)
        else:
            # of an enum a dash may be one of the values
            if mapping.type is FieldType.ENUM and not isinstance(cell, CellError):
                text = tidy(_text_of(cell) or "") or None
            else:
                text = read_text(cell)
        if text is not None and mapping.field in self._patterns:
            try:
                text = take_pattern(text, self._patterns[mapping.field]).strip() or None
            except Unreadable:
                if not mapping.optional:
                    raise
                text = None
        if text is not None and mapping.parts is not None and mapping.split is None:
            text = take_parts(text, *mapping.parts)
        if text is not None and mapping.field in self._values and mapping.type is not FieldType.ENUM:
            text = self._values[mapping.field](text) or text
        return text

    def _converter(self, mapping: FieldMapping, declared: Field) -> _Convert:
        """What turns a cell into the value of a field and, where it was kept nevertheless, what is wrong with it."""
        kind, scale, zone = declared.type, declared.scale, self._zone
        if kind.is_list:
            return lambda cell: self._list(mapping, cell)
        if kind is FieldType.ENUM:
            return lambda cell: self._enum(mapping, declared, cell)
        is_plain = mapping.field in self._plain
        sign = mapping.decimal or (self._signs[mapping.field].decide() if mapping.field in self._signs else None)
        is_simple = is_plain and mapping.unit is None and mapping.zero_means == "zero"

        def prepared(cell: Cell) -> Cell:
            return cell if is_plain else self._prepared(mapping, cell)

        def decimal(cell: Cell) -> tuple[object, Unreadable | None]:
            if is_simple:  # most amounts are whole numbers
                if type(cell) is int and -SMALL < cell < SMALL:
                    return cell * 10**scale, None
                if type(cell) is str and is_whole(cell):
                    whole = int(cell)
                    if whole < SMALL:
                        return whole * 10**scale, None
            return _scaled(read_decimal(prepared(cell), sign), mapping, scale)

        def text(cell: Cell) -> tuple[object, Unreadable | None]:
            read = read_text(cell) if is_plain else self._prepared(mapping, cell)
            if read is None:
                return None, None
            return mask_personal(read), Unreadable("TEXT_DAMAGED") if is_damaged(read) else None

        def day(cell: Cell) -> tuple[object, Unreadable | None]:
            found = read_date(prepared(cell), zone)
            return (None if found is None else found.isoformat()), None

        def moment(cell: Cell) -> tuple[object, Unreadable | None]:
            found = read_datetime(prepared(cell), zone)
            return (None if found is None else store_time(found)), None

        def yes_or_no(cell: Cell) -> tuple[object, Unreadable | None]:
            answer = read_boolean(prepared(cell))
            return (None if answer is None else int(answer)), None

        if kind is FieldType.INT:
            return lambda cell: (_whole(read_decimal(prepared(cell), sign), mapping), None)
        if kind is FieldType.CODE and is_plain:
            return lambda cell: (read_code(cell), None)
        if kind is FieldType.CODE:
            return lambda cell: (self._prepared(mapping, cell), None)
        return {
            FieldType.MONEY: decimal,
            FieldType.DECIMAL: decimal,
            FieldType.DATE: day,
            FieldType.DATETIME: moment,
            FieldType.BOOLEAN: yes_or_no,
            FieldType.TEXT: text,
        }[kind]

    def _list(self, mapping: FieldMapping, cell: Cell) -> tuple[object, Unreadable | None]:
        items: list[str]
        if isinstance(cell, tuple):
            items = [item.strip() for item in cell if item.strip()]
        else:
            text = read_text(cell) if mapping.type is FieldType.TEXTS else read_code(cell)
            items = [] if text is None else list(split_text(text, mapping.split)) if mapping.split else [text]
        values: list[str] = []
        issue = None
        for item in items:
            try:
                value = self._prepared(replace(mapping, split=None), item)
            except Unreadable as unreadable:
                issue = unreadable
                continue
            if value is not None and value not in values:
                values.append(value if mapping.type is FieldType.CODES else mask_personal(value))
        return (orjson.dumps(values).decode() if values else None), issue

    def _enum(self, mapping: FieldMapping, declared: Field, cell: Cell) -> tuple[object, Unreadable | None]:
        text = self._prepared(mapping, cell)
        known = self._values.get(mapping.field)
        mapped = known(text or "") if known else None
        if mapped is not None:
            return mapped, None
        if text is None or is_nothing(text):
            return None, None
        member = text.upper().replace(" ", "_")
        if declared.enum is not None and member in declared.enum.values:
            return member, None
        raise Unreadable("UNKNOWN_VALUE")

    # -- identity and storage -----------------------------------------------------------------------------------------

    def _identity(self, row: Row, grid: bool, found: _Found) -> tuple[str, str]:
        entity = self._entity
        if not entity.key:
            parts = [_key_text(found.values.get(name)) for name in _own(entity)]
            base = "\x1f".join(parts)
            self._occurrences[base] = self._occurrences.get(base, 0) + 1
            # equal rows of two parts are two records: within the part they are counted
            node = node_of(entity.name, [*self._scope, *parts, str(self._occurrences[base])])
            return node, sort_text([self._part.key, row.at], node)
        parts = []
        for name in entity.key:
            value = found.values.get(name)
            if value is None:
                cell = _place(self.labels.get(name), row, grid)
                raise _Rejected(Reject(row.at, "MISSING_KEY", name, None, cell, "{}"))
            parts.append(_key_text(value))
        node = node_of(entity.name, parts)
        return node, node if self._is_secret else sort_text(parts, node)

    def _computed(self, field: Field, how: Computed) -> _Producer:
        """What works a field out of two others, as stored."""
        left, right = self._declared[how.left], self._declared[how.right]

        def work_out(values: dict[str, object]) -> int | None:
            one, other = values.get(left.name), values.get(right.name)
            if one is None or other is None:
                return None
            ends = decimal_of(cast(int, one), left.scale), decimal_of(cast(int, other), right.scale)
            return compute(how.operation, *ends, field.scale)

        return work_out

    def _producers(self) -> list[tuple[int, _Producer]]:
        """What fills the columns of `Record.values` from the values of the fields: the place of the column, and how."""
        filled = set(PSEUDO_FIELDS)
        for mapping in self._mapping.fields:
            filled |= {mapping.field, f"{mapping.field}Raw", f"{mapping.field}Within"}
        normalised = {column: (name, way) for (name, way), column in self._table.normalised.items()}

        def producer(column: str) -> _Producer | None:
            field, way = normalised.get(column, (column[2:], None))
            declared = self._declared.get(field)
            if declared is not None and declared.computed is not None:
                return self._computed(declared, declared.computed) if column.startswith("c_") else None
            if field not in filled:
                return None
            if way is not None:
                return lambda values: normalised_value(self._entity, field, values.get(field), way)
            if column.startswith("f_"):
                return lambda values: None if values.get(field) is None else fold(str(values[field]))
            return itemgetter(field) if field in filled else None

        found = ((place, producer(column)) for place, column in enumerate(columns_of(self._table)))
        return [(place, produce) for place, produce in found if produce is not None]


def _place(label: str | None, row: Row, grid: bool) -> str | None:
    """The cell in which a field stands."""
    return f"{label}{row.at}" if grid and label else label


def _own(entity: Entity) -> tuple[str, ...]:
    return entity.fingerprint or tuple(f.name for f in entity.fields)


def _key_text(value: object) -> str:
    return "" if value is None else str(value)


def compute(operation: str, left: Decimal, right: Decimal, scale: int) -> int | None:
    """A computed field as stored: the exact result rounded half to even; null where it can't be had."""
    if operation == "difference":
        result = _EXACT.subtract(left, right)
    elif not right:
        return None
    else:
        result = _EXACT.divide(left, right)
    stored = int(result.scaleb(scale, _EXACT).to_integral_value(ROUND_HALF_EVEN, _EXACT))
    return stored if abs(stored) <= MAX_INTEGER else None


def _is_number(mapping: FieldMapping) -> bool:
    return mapping.type is not None and mapping.type.is_number


def _whole(value: Decimal | None, mapping: FieldMapping) -> int | None:
    """A whole number of at most 32 bits. Raises Unreadable."""
    number = read_int(value if value is None or mapping.unit is None else multiply(value, mapping.unit))
    return None if number == 0 and _is_none(mapping) else number


def _is_none(mapping: FieldMapping) -> bool:
    """Whether a zero of this field stands for none. Raises Unreadable if that is a fault to be told."""
    if mapping.zero_means == "unknown":
        raise Unreadable("PLACEHOLDER_ZERO")
    return mapping.zero_means == "empty"


def _scaled(value: Decimal | None, mapping: FieldMapping, scale: int) -> tuple[int | None, Unreadable | None]:
    """A decimal as a scaled integer; rounded half to even, with an issue, where it has more digits."""
    if value is None:
        return None, None
    if mapping.unit is not None:
        value = multiply(value, mapping.unit)
    if value == 0 and _is_none(mapping):
        return None, None
    if value.adjusted() > 20:  # spares the digits of what is out of range anyway
        raise Unreadable("OUT_OF_RANGE", limit=str(Decimal(MAX_INTEGER).scaleb(-scale)))
    rounded, was_cut = round_to(value, scale)
    sign, digits, _ = rounded.as_tuple()  # its exponent is -scale: the digits are the scaled integer
    whole = int("".join(map(str, digits))) * (-1 if sign else 1)
    if abs(whole) > MAX_INTEGER:
        raise Unreadable("OUT_OF_RANGE", limit=str(Decimal(MAX_INTEGER).scaleb(-scale)))
    return whole, Unreadable("ROUNDED", scale=scale) if was_cut else None


def _matches(wanted: str, text: str) -> bool:
    if len(wanted) > 2 and wanted.startswith("/") and wanted.endswith("/"):
        return re.fullmatch(wanted[1:-1], text, re.IGNORECASE) is not None
    return fold(wanted) == fold(text)


def _text_of(cell: Cell) -> str | None:
    """A cell as text for people, whatever it holds."""
    text = (cell if type(cell) is str else write_cell(cell)).strip()
    return (text if text.isascii() else _BROKEN.sub("\ufffd", text)) or None


def _shown(cell: Cell, *, secret: bool = False) -> str | None:
    """What an issue or reject repeats of a cell: masked and short."""
    text = _text_of(cell)
    return None if text is None else "***" if secret else mask_personal(text)[:RAW_LENGTH]
