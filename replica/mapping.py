"""From rows to records: columns found, cells read, keys made. What can't be read becomes an issue or a reject, with its cell.

A batch is mapped column by column: what is common is read in one go, and only a column in which something can't be read so is
gone through cell by cell."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import lru_cache, partial
from itertools import repeat
from pathlib import PurePosixPath
from typing import NamedTuple, TypeVar, cast
from zoneinfo import ZoneInfo

import orjson

from config.entities import Computed, Entity, Field, FieldType
from config.hub import EntityMapping, FieldMapping
from connectors.around import compile_after, compile_pattern
from connectors.cells import is_nothing
from connectors.columns import find_column, plain_name
from connectors.connector import Aside, Batch, Cell, CellError, Column, Part, Row
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
    tidy,
    write_cell,
)
from replica.identity import node_of, normaliser, sort_text
from replica.known import REPEATED, Known
from replica.tables import EntityTable, fold, is_wide, store_time

T = TypeVar("T")

PSEUDO_COLUMNS = ("$file", "$stem", "$sheet", "$folder", "$title", "$leaf")
AROUND = {"$file": "file", "$stem": "file", "$sheet": "sheet", "$folder": "folder", "$title": "title"}
"""Where what is wrong with one of them stands, in place of a cell."""
PSEUDO_FIELDS = ("file", "sheet")
MAX_INTEGER = 2**63 - 1
RAW_LENGTH = 200  # characters of a raw value that an issue or reject repeats
SMALL = 10**9  # an integer below it fits into a column at any scale that is stored as one
SMALL_DIGITS = 10  # so many digits make one that may be as large
CODE_LIMIT = 10**15  # digits of a code that a spreadsheet has taken for a larger number are gone
CONTENT = 24  # digits of a record's hash that say what it holds; the others say how it was mapped
_BROKEN = re.compile("[\ud800-\udfff]")  # half of a sign, as JSON may carry it; SQLite takes none


OWN = ("node", "sort", "at", "hash", "issues", "raw")
"""What a mapped row begins with; the values of the mapper's columns follow."""


class Reject(NamedTuple):
    """A row that could not be taken. `row` are its cells as they stand in it, as JSON."""

    at: str
    code: str
    field: str | None
    raw: str | None
    cell: str | None
    params: str
    row: str = "{}"


@dataclass(frozen=True, slots=True)
class Mapped:
    """What became of the rows of a batch, in their order. A record follows OWN, then `Mapper.columns`. `aside` are rows that the
    mapping does not take."""

    records: list[tuple[object, ...]]
    rejects: list[Reject]
    aside: Sequence[Aside] = ()


@dataclass(slots=True)
class _Found:
    """What has been read of a batch so far: its cells and values column by column, issues and rejects by the row's place."""

    rows: Sequence[Row]
    cells: Sequence[Sequence[Cell]]
    grid: bool
    values: dict[str, Sequence[object]]
    issues: dict[int, list[dict[str, object]]] = field(default_factory=dict)
    rejects: dict[int, Reject] = field(default_factory=dict)

    def add_issue(self, place: int, code: str, name: str, raw: str | None, label: str | None, params: object) -> None:
        cell = _place(label, self.rows[place], self.grid)
        issue = {"code": code, "field": name, "raw": raw, "cell": cell, "params": params}
        self.issues.setdefault(place, []).append(issue)

    def reject(self, place: int, code: str, name: str, raw: str | None, label: str | None, params: object) -> None:
        """Rejects a row for the first thing that is wrong with it."""
        if place not in self.rejects:
            row, text = self.rows[place], orjson.dumps(params).decode()
            self.rejects[place] = Reject(row.at, code, name, raw, _place(label, row, self.grid), text)

    def drop_rejected(self) -> None:
        """Goes on with the rows that are left."""
        kept = [place for place in range(len(self.rows)) if place not in self.rejects]
        self.issues = {new: self.issues[old] for new, old in enumerate(kept) if old in self.issues}
        self.rows = [self.rows[place] for place in kept]
        self.cells = [[cells[place] for place in kept] for cells in self.cells]
        self.values = {name: [values[place] for place in kept] for name, values in self.values.items()}


def columns_of(table: EntityTable) -> list[str]:
    """The columns of an entity's table that hold what its records say, in the order in which their content is hashed."""
    return [column.name for column in table.table.c if not column.name.startswith("_")]


_Values = Mapping[str, Sequence[object]]  # of fields
_Producer = Callable[[_Values, int], Sequence[object]]  # of so many rows
_Take = Callable[[_Found], Sequence[Cell]]
_Convert = Callable[[Cell], tuple[object, Unreadable | None]]  # raises Unreadable
_Read = Callable[[_Found], None]  # puts a field, or the issues with it, into what has been found


class Mapper:
    """Maps the rows of one part. Show it each batch with `observe`, then give it to `map`: at once, or, from the first batch
    of which `observe` says so on, when it has been shown all.

    `columns` are those of the entity's table that this mapping fills; the others are null. `is_strict`: a cell that can't be read
    rejects its row. `expendable` are columns, by their plain names, without which the fields that need them are left empty, each
    with an issue, where a row can do without."""

    def __init__(
        self,
        table: EntityTable,
        mapping: EntityMapping,
        part: Part,
        zone: ZoneInfo,
        *,
        is_strict: bool = False,
        expendable: Collection[str] = (),
    ) -> None:
        self._table = table
        self._entity = table.entity
        self._mapping = mapping
        self._part = part
        self._zone = zone
        self._signs: dict[str, DecimalSign] = {}
        self._columns: tuple[Column, ...] | None = None
        self._title: str | None = None
        self._names: list[str] = []
        self._places: dict[str, int] = {}
        self._is_strict = is_strict
        self._occurrences: dict[str, int] = {}
        self._declared = {field.name: field for field in table.entity.fields}
        self._expendable = self._spared(expendable)
        self._is_secret = any(f.sensitive for f in table.entity.fields if f.name in table.entity.key)
        self._outputs = self._producers()
        self.columns = tuple(self._outputs)
        self._content = columns_of(table)
        self._where = [(name, _fits(wanted)) for name, wanted in (mapping.where or {}).items()]
        self._is_open = False  # whether there was a number that only the rest of its column can tell
        self._readers: list[_Read] = []  # for the columns of the batch, and the signs that are known then
        self._patterns = {m.field: compile_pattern(m.pattern) for m in mapping.fields if m.pattern}
        self._afters = {m.field: compile_after(m.after) for m in mapping.fields if m.after}
        self._values = {m.field: compile_values(m.values) for m in mapping.fields if m.values}
        self._plain = {m.field for m in mapping.fields if not (m.after or m.pattern or m.parts or m.values)}
        self._scope = (mapping.source, mapping.dataset, part.key)
        fields = tuple(replace(m, line=0) for m in mapping.fields)  # wherever it stands in hub.yaml
        self._salt = hashlib.sha256(repr(fields).encode()).hexdigest()[: 32 - CONTENT]

    # -- the signs of numbers -----------------------------------------------------------------------------------------

    def observe(self, batch: Batch) -> bool:
        """Takes note of the number columns of a batch; whether a cell of it can only be read when all batches have been
        observed. Raises ColumnMissing."""
        self._locate(batch.columns)
        is_open = False
        for mapping in self._mapping.fields:
            if not _is_number(mapping) or mapping.decimal is not None or len(mapping.columns) != 1:
                continue
            if mapping.columns[0] in self._places:
                sign = self._signs.setdefault(mapping.field, DecimalSign())
                place = self._places[mapping.columns[0]]
                for row in batch.rows:
                    cell = row.values[place]
                    if type(cell) is str and not is_whole(cell):
                        is_open |= sign.observe(self._taken(mapping, cell))
        if is_open:
            self._is_open = True
            self._readers = []
        return is_open

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

    @property
    def sheet_columns(self) -> list[tuple[str, str, list[str]]]:
        """The columns of the part: label, name, and the fields that are made of them."""
        fed: dict[int, list[str]] = {}
        for mapping in self._mapping.fields:
            for name in mapping.columns:
                if name in self._places:
                    fed.setdefault(self._places[name], []).append(mapping.field)
            if mapping.within in self._places:
                fed.setdefault(self._places[mapping.within], []).append(f"{mapping.field}Within")
        return [(column.label, column.name, fed.get(place, [])) for place, column in enumerate(self._columns or ())]

    # -- rows ---------------------------------------------------------------------------------------------------------

    def map(self, batch: Batch) -> Mapped:
        """The record, or reject, of each row that the mapping takes."""
        self._locate(batch.columns)
        self._title = batch.title
        if not self._readers:
            self._readers = [self._reader(mapping) for mapping in self._mapping.fields]
        rows, aside = self._wanted(batch.rows)
        if not rows:
            return Mapped([], [], aside)
        size = len(rows)
        own: dict[str, Sequence[object]] = {"file": [self._part.file] * size, "sheet": [self._part.sheet] * size}
        found = _Found(rows, [*zip(*[row.values for row in rows], strict=True)], batch.grid, own)
        for read in self._readers:
            read(found)
        for name in self._entity.key:
            self._need_key(name, found)
        rejects = []
        if found.rejects:
            places = sorted(found.rejects)
            rows_as_told = self._raws([[cells[place] for place in places] for cells in found.cells])
            rejects = [found.rejects[place]._replace(row=row) for place, row in zip(places, rows_as_told, strict=True)]
            found.drop_rejected()
        return Mapped(self._records(found), rejects, aside)

    def _wanted(self, rows: Sequence[Row]) -> tuple[Sequence[Row], list[Aside]]:
        """The rows that fulfil `where`, and the others."""
        aside: list[Aside] = []
        for name, fits in self._where:
            place, wanted = self._places[name], []
            for row in rows:
                if fits(_text_of(row.values[place]) or ""):
                    wanted.append(row)
                else:
                    aside.append(Aside("WHERE", row.at, row.at, 1, f"where.{name}"))
            rows = wanted
        return rows, aside

    def _locate(self, columns: tuple[Column, ...]) -> None:
        if columns == self._columns:
            return
        self._columns = columns
        self._names = [column.name for column in columns]
        wanted = {name for m in self._mapping.fields for name in (*m.columns, *([m.within] if m.within else []))}
        wanted |= set(self._mapping.where or ())
        names = sorted(name for name in wanted if name not in PSEUDO_COLUMNS)
        there = {plain_name(column.name) for column in columns}
        names = [name for name in names if plain_name(name) in there or name not in self._expendable]
        self._places = {name: find_column(columns, name, self._part.label) for name in names}
        self._readers = []

    def _spared(self, names: Collection[str]) -> frozenset[str]:
        """Those of some columns, told by their plain names, that only fields need without which a row can be taken."""
        kept = set(self._mapping.where or ())
        for mapping in self._mapping.fields:
            declared = self._declared.get(mapping.field)
            own = {*self._entity.key, *self._entity.fingerprint}
            if mapping.required or (declared and declared.required) or own & {mapping.field, f"{mapping.field}Raw"}:
                kept |= {*mapping.columns, *([mapping.within] if mapping.within else [])}
        wanted = {name for m in self._mapping.fields for name in (*m.columns, *([m.within] if m.within else []))}
        return frozenset(name for name in wanted - kept if plain_name(name) in names)

    def _records(self, found: _Found) -> list[tuple[object, ...]]:
        size = len(found.rows)
        nodes, sorts = self._identities(found)
        outputs = {column: produce(found.values, size) for column, produce in self._outputs.items()}
        nothing = [None] * size
        contents = zip(*(outputs.get(column, nothing) for column in self._content), strict=True)
        # where a row stands is not what it holds
        placeless = {at: [{**issue, "cell": None} for issue in told] for at, told in found.issues.items()}
        texts = [orjson.dumps((content, placeless.get(at, ()))) for at, content in enumerate(contents)]
        hashes = [hashlib.sha256(text).hexdigest()[:CONTENT] + self._salt for text in texts]
        issues = [orjson.dumps(found.issues[at]).decode() if at in found.issues else None for at in range(size)]
        ats = [row.at for row in found.rows]
        return [*zip(nodes, sorts, ats, hashes, issues, self._raws(found.cells), *outputs.values(), strict=True)]

    def _raws(self, cells: Sequence[Sequence[Cell]]) -> list[str]:
        """The cells of each row as they stand in it, as JSON, from those of each column."""
        places = [place for place, name in enumerate(self._names) if name != "$leaf"]  # which no cell says
        names, columns = [self._names[place] for place in places], [_texts(cells[place]) for place in places]
        return [
            orjson.dumps({name: text for name, text in zip(names, texts, strict=True) if text}).decode()
            for texts in zip(*columns, strict=True)
        ]

    # -- one field ----------------------------------------------------------------------------------------------------

    def _reader(self, mapping: FieldMapping) -> _Read:
        """What reads one field of a batch."""
        name = mapping.field
        gone = [
            one for one in (*mapping.columns, mapping.within) if one in self._expendable and one not in self._places
        ]
        if gone:
            return partial(_tell_gone, mapping, gone[0])
        take, label = self._taker(mapping)
        if mapping.type is None:
            return self._reference_reader(mapping, take, label)
        declared = self._declared[name]
        convert = self._converter(mapping, declared)
        column = self._column(mapping, declared, convert)
        is_key = name in self._entity.key
        is_needed = (declared.required or mapping.required) and not is_key

        def single(found: _Found, place: int, cell: Cell) -> object:
            try:
                value, issue = convert(cell)
            except Unreadable as unreadable:
                value, issue = None, unreadable
            if issue is not None:
                if issue.code == "UNKNOWN_VALUE":
                    value = "UNKNOWN"
                is_lost = value is None or issue.code == "UNKNOWN_VALUE"
                is_refused = is_key or (value is None and is_needed) or (is_lost and self._is_strict)
                tell = found.reject if is_refused else found.add_issue
                tell(place, issue.code, name, _shown(cell, secret=declared.sensitive), label, issue.params)
            return value

        def read(found: _Found) -> None:
            cells = take(found)
            try:
                values = column(cells)
            except Unreadable:
                values = [single(found, place, cell) for place, cell in enumerate(cells)]
            if is_needed and None in values:
                for place, (value, cell) in enumerate(zip(values, cells, strict=True)):
                    if value is None:
                        raw = _shown(cell, secret=declared.sensitive)
                        found.reject(place, "MISSING_REQUIRED", name, raw, label, {})
            found.values[name] = values
            if declared.type is FieldType.ENUM:
                found.values[f"{name}Raw"] = [mask_personal(text) if text else None for text in _texts(cells)]

        return read

    def _taker(self, mapping: FieldMapping) -> tuple[_Take, str | None]:
        """What gives the cells of a field (joined, if there are several columns), and the label of the first column."""
        if mapping.value is not None:
            value = mapping.value
            return (lambda found: [value] * len(found.rows)), None
        columns = self._columns or ()
        labels = [columns[self._places[name]].label for name in mapping.columns if name in self._places]
        label = labels[0] if labels else mapping.columns[0]
        takers = [self._one(name, mapping) for name in mapping.columns]
        if len(takers) == 1:
            return takers[0], label

        def joined(found: _Found) -> Sequence[Cell]:
            rows = zip(*(_texts(take(found)) for take in takers), strict=True)
            return [mapping.join.join(texts) if all(texts) else None for texts in rows]

        return joined, label

    def _one(self, name: str, mapping: FieldMapping) -> _Take:
        if name in PSEUDO_COLUMNS:
            if name == "$title":
                return lambda found: [self._title] * len(found.rows)
            if name == "$leaf" and name not in self._names:  # no parents among the rows
                return lambda found: [True] * len(found.rows)
            if name == "$leaf":
                leaf = self._names.index(name)
                return lambda found: found.cells[leaf]
            value = self._around(name, mapping)
            return lambda found: [value] * len(found.rows)
        place = self._places[name]
        return lambda found: found.cells[place]

    def _around(self, name: str, mapping: FieldMapping) -> str | None:
        """What the file, sheet or folder is called; of the folders the nearest in which the field's pattern is found."""
        part = self._part
        if name != "$folder":
            named = PurePosixPath(part.member or part.file or "")
            stem = named.stem or None
            return {"$file": part.file, "$stem": stem}.get(name, part.sheet)
        for folder in part.folders if mapping.field in self._patterns else ():
            try:
                self._patterns[mapping.field](folder)
            except Unreadable:
                continue
            return folder
        return part.folders[0] if part.folders else None

    def _reference_reader(self, mapping: FieldMapping, take: _Take, label: str | None) -> _Read:
        """What reads how a record of another entity is written, and the place above it."""
        name, raw, above = mapping.field, f"{mapping.field}Raw", f"{mapping.field}Within"
        take_above = self._one(mapping.within, mapping) if mapping.within else None

        def written(cell: Cell) -> str | None:
            text = self._prepared(mapping, cell)
            return None if text is None else mask_personal(text)

        def above_written(cell: Cell) -> str | None:
            text = read_text(cell)
            return None if text is None else mask_personal(text)

        column, column_above = _remembering(written), _remembering(above_written)

        def read(found: _Found) -> None:
            cells, nothing = take(found), [None] * len(found.rows)
            cells_above = take_above(found) if take_above else nothing
            texts: Sequence[str | None]
            texts_above: Sequence[str | None]
            try:
                texts, texts_above = column(cells), column_above(cells_above)
            except Unreadable:
                pairs = [single(found, place, *pair) for place, pair in enumerate(zip(cells, cells_above, strict=True))]
                texts, texts_above = [text for text, _ in pairs], [text for _, text in pairs]
            if mapping.required and None in texts:
                for place, (text, cell) in enumerate(zip(texts, cells, strict=True)):
                    if text is None:
                        found.reject(place, "MISSING_REQUIRED", name, _shown(cell), label, {})
            found.values[raw] = texts
            if take_above:
                found.values[above] = texts_above

        def single(found: _Found, place: int, cell: Cell, cell_above: Cell) -> tuple[str | None, str | None]:
            text = text_above = None
            try:
                text = written(cell)
                text_above = above_written(cell_above)
            except Unreadable as unreadable:
                tell = found.reject if self._is_strict else found.add_issue
                tell(place, unreadable.code, name, _shown(cell), label, unreadable.params)
            return text, text_above

        return read

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
        for takers in (self._afters, self._patterns):
            if text is None or mapping.field not in takers:
                continue
            try:
                text = takers[mapping.field](text).strip() or None
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
        is_decided = self._is_open and mapping.field in self._signs
        sign = mapping.decimal or (self._signs[mapping.field].decide() if is_decided else None)

        def prepared(cell: Cell) -> Cell:
            return cell if is_plain else self._prepared(mapping, cell)

        def decimal(cell: Cell) -> tuple[object, Unreadable | None]:
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

    def _column(
        self, mapping: FieldMapping, declared: Field, convert: _Convert
    ) -> Callable[[Sequence[Cell]], Sequence[object]]:
        """What reads a whole column as `convert` reads each cell of it. Raises Unreadable if something is wrong with one."""

        def clean(cell: Cell) -> object:
            value, issue = convert(cell)
            if issue is not None:
                raise issue
            return value

        is_plain = mapping.field in self._plain
        is_simple = is_plain and mapping.unit is None and mapping.zero_means == "zero"
        if declared.type is FieldType.CODE and is_plain:
            return _codes(clean)
        if declared.type.is_number and is_simple and not is_wide(declared):
            return _numbers(clean, 10**declared.scale if declared.type.is_decimal else 1)
        return _remembering(clean)

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

    def _need_key(self, name: str, found: _Found) -> None:
        values = found.values.get(name, [None] * len(found.rows))
        if None in values:
            for place, value in enumerate(values):
                if value is None:
                    found.reject(place, "MISSING_KEY", name, None, self.labels.get(name), {})

    def _identities(self, found: _Found) -> tuple[list[str], list[str]]:
        """The node and the place in the natural order of each row."""
        entity, size = self._entity, len(found.rows)
        names = entity.key or _own(entity)
        columns = (found.values.get(name, repeat(None, size)) for name in names)
        texts = zip(*([_key_text(value) for value in values] for values in columns), strict=True)
        if entity.key:
            keys = [*texts]
            nodes = [node_of(entity.name, parts) for parts in keys]
            sorts = nodes if self._is_secret else [*map(sort_text, keys, nodes)]
            return nodes, sorts
        nodes = [*map(self._counted, texts)]
        return nodes, [sort_text([self._part.key, row.at], node) for row, node in zip(found.rows, nodes, strict=True)]

    def _counted(self, parts: Sequence[str]) -> str:
        """The identity of a row without a key: equal rows of two parts are two records, within the part they are counted."""
        base = "\x1f".join(parts)
        self._occurrences[base] = self._occurrences.get(base, 0) + 1
        return node_of(self._entity.name, [*self._scope, *parts, str(self._occurrences[base])])

    def _computed(self, field: Field, how: Computed) -> _Producer:
        """What works a field out of two others, as stored."""
        left, right = self._declared[how.left], self._declared[how.right]

        def produce(values: _Values, size: int) -> Sequence[object]:
            pairs = zip(*(values.get(end.name, repeat(None, size)) for end in (left, right)), strict=True)
            return [
                None
                if one is None or other is None
                else compute(how.operation, cast(int, one), left.scale, cast(int, other), right.scale, field.scale)
                for one, other in pairs
            ]

        return produce

    def _producers(self) -> dict[str, _Producer]:
        """What fills the columns of the entity's table from the values of the fields, of those that are filled at all."""
        filled = set(PSEUDO_FIELDS)
        for mapping in self._mapping.fields:
            filled |= {f"{mapping.field}Raw"} if mapping.type is None else {mapping.field}
            if mapping.type is not None and self._declared[mapping.field].type is FieldType.ENUM:
                filled.add(f"{mapping.field}Raw")
            if mapping.within:
                filled.add(f"{mapping.field}Within")
        normalised = {column: (name, way) for (name, way), column in self._table.normalised.items()}
        producers: dict[str, _Producer] = {}
        for column in columns_of(self._table):
            name, way = normalised.get(column, (column[2:], None))
            declared = self._declared.get(name)
            if declared is not None and declared.computed is not None:
                if column.startswith("c_") and {declared.computed.left, declared.computed.right} <= filled:
                    producers[column] = self._computed(declared, declared.computed)
            elif name in filled:
                if way is not None:
                    producers[column] = _derived(name, normaliser(self._entity, name, way))
                else:
                    producers[column] = _derived(name, fold) if column.startswith("f_") else _as_read(name)
        return producers


def _tell_gone(mapping: FieldMapping, column: str, found: _Found) -> None:
    """Leaves a field empty whose column is gone, and says so of every row."""
    names = [mapping.field] if mapping.type is not None else [f"{mapping.field}Raw"]
    names += [f"{mapping.field}Within"] if mapping.within else []
    names += [f"{mapping.field}Raw"] if mapping.type is FieldType.ENUM else []
    for name in names:
        found.values[name] = [None] * len(found.rows)
    for place in range(len(found.rows)):
        found.add_issue(place, "COLUMN_GONE", mapping.field, None, column, {"column": column})


def _place(label: str | None, row: Row, grid: bool) -> str | None:
    """The cell in which a field stands, or what around the table says it."""
    if label in AROUND:
        return AROUND[label]
    return f"{label}{row.at}" if grid and label else label


def _own(entity: Entity) -> tuple[str, ...]:
    return entity.fingerprint or tuple(f.name for f in entity.fields)


def _key_text(value: object) -> str:
    return "" if value is None else str(value)


def compute(operation: str, left: int, left_scale: int, right: int, right_scale: int, scale: int) -> int | None:
    """A field worked out of two scaled integers, as one of its own scale: the exact result rounded half to even; null where it
    can't be had."""
    if operation == "difference":
        common = max(left_scale, right_scale)
        above, below = left * 10 ** (common - left_scale) - right * 10 ** (common - right_scale), 10**common
    elif not right:
        return None
    else:
        above, below = left * 10**right_scale, right * 10**left_scale
    stored, rest = divmod(abs(above) * 10**scale, abs(below))
    stored += 2 * rest > abs(below) or (2 * rest == abs(below) and stored % 2 == 1)
    if stored > MAX_INTEGER:
        return None
    return int(stored if (above < 0) == (below < 0) else -stored)


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


def _fits(wanted: Sequence[str]) -> Callable[[str], bool]:
    """Whether a text is one of these."""
    return lru_cache(REPEATED)(lambda text: any(_matches(pattern, text) for pattern in wanted))


def _as_read(name: str) -> _Producer:
    return lambda values, size: values[name]


def _derived(name: str, work: Callable[[str], str | None]) -> _Producer:
    """What makes of each value of a field the form in which it is compared."""
    known = Known(work)
    return lambda values, size: [None if value is None else known[str(value)] for value in values[name]]


def _remembering(work: Callable[[Cell], T]) -> Callable[[Sequence[Cell]], Sequence[T]]:
    """What does some work for each cell of a column, once for texts that come again and again."""
    known, nothing = Known(work), _once(work)
    return lambda cells: [
        known[cell] if type(cell) is str else nothing() if cell is None else work(cell) for cell in cells
    ]


def _codes(work: Callable[[Cell], object]) -> Callable[[Sequence[Cell]], Sequence[object]]:
    """The same for a column of codes, some of which a spreadsheet has taken for numbers."""
    known, nothing = Known(work), _once(work)
    return lambda cells: [
        known[cell]
        if type(cell) is str
        else nothing()
        if cell is None
        else str(int(cell))
        if (type(cell) is int or (type(cell) is float and cell.is_integer())) and -CODE_LIMIT < cell < CODE_LIMIT
        else work(cell)
        for cell in cells
    ]


def _numbers(work: Callable[[Cell], object], power: int) -> Callable[[Sequence[Cell]], Sequence[object]]:
    """The same for a column of numbers, most of which are whole."""
    known, nothing = Known(work), _once(work)
    return lambda cells: [
        int(cell) * power
        if type(cell) is float and -SMALL < cell < SMALL and cell.is_integer()
        else cell * power
        if type(cell) is int and -SMALL < cell < SMALL
        else int(cell) * power
        if type(cell) is str and len(cell) < SMALL_DIGITS and cell.isascii() and cell.isdigit()
        else known[cell]
        if type(cell) is str
        else nothing()
        if cell is None
        else work(cell)
        for cell in cells
    ]


def _once(work: Callable[[Cell], T]) -> Callable[[], T]:
    """What it makes of an empty cell."""
    return lru_cache(1)(partial(work, None))


def _text_of(cell: Cell) -> str | None:
    """A cell as text for people, whatever it holds."""
    text = (cell if type(cell) is str else write_cell(cell)).strip()
    return (text if text.isascii() else _BROKEN.sub("\ufffd", text)) or None


def _texts(cells: Sequence[Cell]) -> Sequence[str | None]:
    """The same for a column."""
    return [
        None
        if cell is None
        else (cell.strip() or None)
        if type(cell) is str and cell.isascii()
        else str(int(cell))
        if (type(cell) is int or (type(cell) is float and cell.is_integer())) and -CODE_LIMIT < cell < CODE_LIMIT
        else _text_of(cell)
        for cell in cells
    ]


def _shown(cell: Cell, *, secret: bool = False) -> str | None:
    """What an issue or reject repeats of a cell: masked and short."""
    text = _text_of(cell)
    return None if text is None else "***" if secret else mask_personal(text)[:RAW_LENGTH]
