"""From rows to records: columns found, cells read, keys made. What can't be read becomes an issue or a reject, with its cell."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import cast
from zoneinfo import ZoneInfo

import orjson

from config.entities import Entity, Field, FieldType
from config.hub import EntityMapping, FieldMapping
from connectors.cells import is_nothing
from connectors.columns import find_column
from connectors.connector import Batch, Cell, CellError, Column, Part, Row
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


def columns_of(table: EntityTable) -> list[str]:
    """The columns of an entity's table that `Record.values` fill."""
    return [column.name for column in table.table.c if not column.name.startswith("_")]


_Producer = Callable[[dict[str, object]], object]


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
        self._places: dict[str, int] = {}
        self._occurrences: dict[str, int] = {}
        self._declared = {field.name: field for field in table.entity.fields}
        self._outputs = self._producers()
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
        wanted = {name for m in self._mapping.fields for name in (*m.columns, *([m.within] if m.within else []))}
        wanted |= set(self._mapping.where or ())
        names = [name for name in wanted if name not in PSEUDO_COLUMNS]
        self._places = {name: find_column(columns, name, self._part.label) for name in sorted(names)}

    def _is_taken(self, row: Row) -> bool:
        for name, wanted in (self._mapping.where or {}).items():
            text = _text_of(row.values[self._places[name]]) or ""
            if not any(_matches(pattern, text) for pattern in wanted):
                return False
        return True

    def _record(self, row: Row, grid: bool) -> Record:
        found = _Found({"file": self._part.file, "sheet": self._part.sheet})
        for mapping in self._mapping.fields:
            self._read(mapping, row, grid, found)
        node, sort = self._identity(row, grid, found)
        values = tuple([None if produce is None else produce(found.values) for produce in self._outputs])
        issues = [{**issue, "cell": None} for issue in found.issues]  # where a row stands is not what it holds
        content = hashlib.sha256(orjson.dumps([values, issues])).hexdigest()[:CONTENT]
        return Record(
            node,
            sort,
            row.at,
            content + self._salt,
            orjson.dumps(found.issues).decode() if found.issues else None,
            self._raw(row),
            values,
        )

    def _raw(self, row: Row) -> str:
        columns = cast("tuple[Column, ...]", self._columns)
        cells = {c.name: text for c, cell in zip(columns, row.values, strict=True) if (text := _text_of(cell))}
        return orjson.dumps(cells).decode()

    # -- one field ----------------------------------------------------------------------------------------------------

    def _read(self, mapping: FieldMapping, row: Row, grid: bool, found: _Found) -> None:
        cell, label = self._cell(mapping, row)
        if mapping.type is None:
            self._read_reference(mapping, cell, row, grid, found)
            if mapping.required and found.values[f"{mapping.field}Raw"] is None:
                place = _place(label, row, grid)
                raise _Rejected(Reject(row.at, "MISSING_REQUIRED", mapping.field, _shown(cell), place, "{}"))
            return
        declared = self._declared[mapping.field]
        is_key = mapping.field in self._entity.key
        try:
            value, issue = self._convert(mapping, declared, cell)
        except Unreadable as unreadable:
            value, issue = None, unreadable
        if issue is not None and issue.code == "UNKNOWN_VALUE":
            value = "UNKNOWN"
        if declared.type is FieldType.ENUM:
            text = _text_of(cell)
            found.values[f"{mapping.field}Raw"] = None if text is None else mask_personal(text)
        if issue is not None:
            place, raw = _place(label, row, grid), _shown(cell, secret=declared.sensitive)
            if is_key or (value is None and (declared.required or mapping.required)):
                params = orjson.dumps(issue.params).decode()
                raise _Rejected(Reject(row.at, issue.code, mapping.field, raw, place, params))
            found.issues.append(
                {"code": issue.code, "field": mapping.field, "raw": raw, "cell": place, "params": issue.params}
            )
        if value is None and (declared.required or mapping.required) and not is_key:
            place, raw = _place(label, row, grid), _shown(cell, secret=declared.sensitive)
            raise _Rejected(Reject(row.at, "MISSING_REQUIRED", mapping.field, raw, place, "{}"))
        found.values[mapping.field] = value

    def _cell(self, mapping: FieldMapping, row: Row) -> tuple[Cell, str | None]:
        """The cell (joined, if there are several columns) and the label of its first column."""
        if mapping.value is not None:
            return mapping.value, None
        cells = [self._one(name, row) for name in mapping.columns]
        columns = self._columns or ()
        labels = [columns[self._places[name]].label for name in mapping.columns if name in self._places]
        label = labels[0] if labels else None
        if len(cells) == 1:
            return cells[0], label
        parts = [_text_of(cell) for cell in cells]
        if any(part is None for part in parts):
            return None, label
        return mapping.join.join(cast("list[str]", parts)), label

    def _one(self, name: str, row: Row) -> Cell:
        if name == "$file":
            return self._part.file
        if name == "$sheet":
            return self._part.sheet
        return row.values[self._places[name]]

    def _read_reference(self, mapping: FieldMapping, cell: Cell, row: Row, grid: bool, found: _Found) -> None:
        raw, within = f"{mapping.field}Raw", f"{mapping.field}Within"
        found.values[raw] = found.values[within] = None
        try:
            text = self._prepared(mapping, cell)
            found.values[raw] = None if text is None else mask_personal(text)
            if mapping.within:
                above = read_text(self._one(mapping.within, row))
                found.values[within] = None if above is None else mask_personal(above)
        except Unreadable as unreadable:
            columns = self._columns or ()
            names = [name for name in mapping.columns if name in self._places]
            label = columns[self._places[names[0]]].label if names else None
            place = _place(label, row, grid)
            found.issues.append(
                {
                    "code": unreadable.code,
                    "field": mapping.field,
                    "raw": _shown(cell),
                    "cell": place,
                    "params": unreadable.params,
                }
            )

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

    def _convert(self, mapping: FieldMapping, declared: Field, cell: Cell) -> tuple[object, Unreadable | None]:
        """The value of a field and, where it was kept nevertheless, what is wrong with it. Raises Unreadable."""
        kind = declared.type
        plain = mapping.field in self._plain
        if kind.is_list:
            return self._list(mapping, cell)
        if kind is FieldType.ENUM:
            return self._enum(mapping, declared, cell)
        prepared: Cell = (
            cell if plain and kind not in (FieldType.TEXT, FieldType.CODE) else self._prepared(mapping, cell)
        )
        sign = mapping.decimal or (self._signs[mapping.field].decide() if mapping.field in self._signs else None)
        match kind:
            case FieldType.INT:
                return _whole(read_decimal(prepared, sign), mapping), None
            case FieldType.MONEY | FieldType.DECIMAL:
                if type(prepared) is int and prepared and mapping.unit is None and abs(prepared) < SMALL:
                    return prepared * 10**declared.scale, None
                return _scaled(read_decimal(prepared, sign), mapping, declared.scale)
            case FieldType.DATE:
                day = read_date(prepared, self._zone)
                return (None if day is None else day.isoformat()), None
            case FieldType.DATETIME:
                moment = read_datetime(prepared, self._zone)
                return (None if moment is None else store_time(moment)), None
            case FieldType.BOOLEAN:
                answer = read_boolean(prepared)
                return (None if answer is None else int(answer)), None
            case FieldType.TEXT if prepared is not None:
                text = cast(str, prepared)
                return mask_personal(text), Unreadable("TEXT_DAMAGED") if is_damaged(text) else None
            case _:
                return prepared, None

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
        secret = any(f.sensitive for f in entity.fields if f.name in entity.key)
        return node, node if secret else sort_text(parts, node)

    def _producers(self) -> tuple[_Producer | None, ...]:
        """What fills each column that `Record.values` fill, from the values of the fields; None if no field of the mapping
        does."""
        filled = set(PSEUDO_FIELDS)
        for mapping in self._mapping.fields:
            filled |= {mapping.field, f"{mapping.field}Raw", f"{mapping.field}Within"}
        normalised = {column: (name, way) for (name, way), column in self._table.normalised.items()}

        def producer(column: str) -> _Producer | None:
            field, way = normalised.get(column, (column[2:], None))
            if field not in filled:
                return None
            if way is not None:
                return lambda values: normalised_value(self._entity, field, values.get(field), way)
            if column.startswith("f_"):
                return lambda values: None if values.get(field) is None else fold(str(values[field]))
            return lambda values: values.get(field)

        return tuple(map(producer, columns_of(self._table)))


def _place(label: str | None, row: Row, grid: bool) -> str | None:
    """The cell in which a field stands."""
    return f"{label}{row.at}" if grid and label else label


def _own(entity: Entity) -> tuple[str, ...]:
    return entity.fingerprint or tuple(f.name for f in entity.fields)


def _key_text(value: object) -> str:
    return "" if value is None else str(value)


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
    text = write_cell(cell).strip()
    return (text if text.isascii() else _BROKEN.sub("\ufffd", text)) or None


def _shown(cell: Cell, *, secret: bool = False) -> str | None:
    """What an issue or reject repeats of a cell: masked and short."""
    text = _text_of(cell)
    return None if text is None else "***" if secret else mask_personal(text)[:RAW_LENGTH]
