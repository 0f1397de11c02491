"""Sources and entities as files and columns suggest them, before anything has been read."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from os.path import commonprefix
from pathlib import Path
from typing import Any

from config.entities import Entity, Field, FieldType, Text
from config.merge import is_free
from config.naming import entity_name, field_name, says_nothing, source_name, words_of
from connectors.findings import Note, TableFound
from schema.catalogue import describe
from simpul.adding.entries import DatasetDraft, Draft, EntityDraft, FieldDraft, Remark, SourceDraft
from simpul.adding.placing import placed_fields
from simpul.adding.recognition import Recognised, recognise, spoken
from simpul.adding.shapes import (
    ColumnShape,
    Options,
    Shape,
    SheetTable,
    columns_of,
    is_writable,
    patterns_of,
    whole_words,
)

MAX_FIELDS = 150
PLACED = ("agency", "region", "fiscalYear", "isLeaf")
"""Built-in fields that may be fed from around the table."""
UNCERTAIN = ("HEADER_UNCERTAIN", "NO_HEADER_FOUND", "TOTAL_UNCERTAIN", "DATES_UNCERTAIN", "TOTAL_DISAGREES")
"""Notes of the understanding that hub.yaml repeats: a person may have to decide otherwise."""
_PERSONAL = re.compile(
    r"\b(?:nik|nip|npwp|ktp|no kk|nomor kk|(?:no |nomor )?(?:hp|telp|tlp|telepon|wa|whatsapp)|e ?mail|surel"
    r"|(?:no|nomor) (?:rek|rekening)(?: bank)?|nama (?:pelapor|pemohon|penerima|pengusul|kepala keluarga|pemilik|ibu|ayah)"
    r"|(?:tempat|tanggal|tgl) lahir|alamat rumah)\b"
)
_COUNTED = re.compile(
    r"\b(?:jumlah (?!anggaran|biaya|dana|harga)|volume|target|tahun|no|nomor|kode|bulan|orang|unit|fisik(?! persen))"
)
_AMOUNT = re.compile(
    r"\b(?:rp|rupiah|pagu|anggaran|biaya|harga|realisasi|belanja|pendapatan|pembiayaan|dana|nilai|saldo)\b"
)


class Drafter:
    """Drafts shapes one after the other. `entities` are those of the hub and the built-in ones; `mapped` has those with a mapping,
    and which fields every other mapping of theirs has to feed, None if there can be none; `sources` are names that are taken,
    `folder` is that of hub.yaml, `address` the one at which the only file stands."""

    def __init__(
        self,
        entities: Mapping[str, Entity],
        mapped: Mapping[str, Collection[str] | None],
        sources: Iterable[str],
        folder: Path,
        address: str | None = None,
    ) -> None:
        self._entities = dict(entities)
        self._address = address
        self._mapped = dict(mapped)
        self._sources = set(sources)
        self._folder = folder

    def draft(self, shapes: Sequence[Shape]) -> Draft:
        """The sources and entities of some shapes, each entity known by a fingerprint for the time being."""
        made = [self._shape(shape) for shape in shapes]
        return Draft(tuple(source for source, _ in made), tuple(entity for _, entities in made for entity in entities))

    def _shape(self, shape: Shape) -> tuple[SourceDraft, list[EntityDraft]]:
        called = _called(shape.called)
        source = source_name(called, self._sources)
        self._sources.add(source)
        several = sum(map(len, shape.kinds)) > 1
        datasets: list[DatasetDraft] = []
        entities: list[EntityDraft] = []
        for kind in shape.kinds:
            names = []
            for options, tables in kind:
                own = tables[0].sheet or "" if several and options.get("sheet") != "*" else called
                name = source_name(called if says_nothing(own) else own, {one.name for one in datasets})
                header = {} if shape.options else {"header": "auto"}
                datasets.append(DatasetDraft(name, {**options, **header}, tables, _doubts(tables)))
                names.append((source, name))
            entities.append(self._entity(kind, names, called, several=len(shape.kinds) > 1))
        paths = [self._address] if self._address else () if shape.options else patterns_of(shape.paths, self._folder)
        return SourceDraft(source, tuple(paths), tuple(datasets), shape.options), entities

    def _entity(
        self,
        kind: Sequence[tuple[Options, tuple[SheetTable, ...]]],
        datasets: Sequence[tuple[str, str]],
        called: str,
        *,
        several: bool,
    ) -> EntityDraft:
        tables = [table for _, tables in kind for table in tables]
        columns = columns_of(tables)
        sheet = tables[0].sheet or ""
        titles = [
            called,
            sheet,
            *(line.text for line in tables[0].table.titles),
            tables[0].called.parent.name,
        ]
        recognised = recognise(columns, titles, self._entities)
        if recognised is not None:
            fields, remarks = self._fields(columns, recognised, tables)
            names = {made.name for made in fields}
            entity = self._entities[recognised.entity]
            if recognised.entity not in self._mapped:
                self._mapped[entity.name] = entity.key if entity.key and names.issuperset(entity.key) else None
                own = [Field(made.name, FieldType(made.type), _NO_WORDS) for made in fields if made.type is not None]
                self._entities[entity.name] = replace(entity, fields=(*entity.fields, *own))
                return EntityDraft(entity.name, True, tuple(datasets), tuple(fields), remarks=tuple(remarks))
            wanted = self._mapped[recognised.entity]
            if wanted is not None and names.issuperset(wanted):
                return EntityDraft(entity.name, True, tuple(datasets), tuple(fields), remarks=tuple(remarks), more=True)
        fields, remarks = self._fields(columns, None, tables)
        text = sheet if several and not says_nothing(sheet) else called
        name = entity_name(text, lambda one: is_free(one, self._entities.values()))
        singular = name[0].lower() + name[1:]
        self._entities[name] = Entity(name, singular, f"{singular}s", _NO_WORDS, (), declared=True)
        self._mapped[name] = None
        by_column = {made.column: made.name for made in fields}
        known = tuple(by_column.get(column, "") for column in tables[0].table.key)
        preferred = known if all(known) else ()
        return EntityDraft(name, False, tuple(datasets), tuple(fields), remarks=tuple(remarks), preferred=preferred)

    def _fields(
        self, columns: Sequence[ColumnShape], recognised: Recognised | None, tables: Sequence[SheetTable]
    ) -> tuple[list[FieldDraft], list[Remark]]:
        entity = self._entities[recognised.entity] if recognised else None
        known = _members(entity, self._entities.values()) if entity else set()
        fed = {column: name for name, column in recognised.columns.items()} if recognised else {}
        within = recognised.within if recognised else None
        fields: list[FieldDraft] = []
        empty = [column.name for column in columns if column.type == "empty"]
        left: list[str] = []
        for column in columns:
            if column.type == "empty" or column.name == within:
                continue
            if not is_writable(column.name) or len(fields) == MAX_FIELDS:
                left.append(column.name)
                continue
            if entity is not None and column.name in fed:
                fields.append(_builtin_field(entity, fed[column.name], column, within))
            else:
                fields.append(self._own(column, known, entity, {made.name for made in fields}))
            known.add(fields[-1].name.casefold())
        if entity is not None:
            known -= {name.casefold() for name in PLACED} - {made.name.casefold() for made in fields}
        fields += placed_fields(tables, entity, known) if tables[0].path.name else ()  # else nothing stands around it
        remarks = [Remark("ADD_NO_CELLS", {"names": ", ".join(empty)})] if empty else []
        remarks += [Remark("ADD_COLUMNS_LEFT", {"names": ", ".join(left)})] if left else []
        some = {name for table in tables for name in (column.name for column in table.table.columns)}
        common = {spoken(column.name) for column in columns}
        if missing := sorted(name for name in some if spoken(name) not in common):
            remarks.append(Remark("ADD_COLUMNS_NOT_IN_ALL", {"names": ", ".join(missing)}))
        return fields, remarks

    def _own(self, column: ColumnShape, taken: set[str], entity: Entity | None, used: set[str]) -> FieldDraft:
        """A field of the operator's own; the one that another mapping of the entity has declared for a column of this name."""
        made = _own_field(column, set() if entity else taken)
        if entity is None:
            return made
        there = None if describe()[entity.name].field(made.name) else entity.field(made.name)
        if there is not None and made.name not in used and made.type == there.type.value:
            return replace(made, type=None, options={})
        return _own_field(column, taken)


def own_field(field: FieldDraft, type_: str, taken: Iterable[str]) -> FieldDraft:
    """A field of the operator's own in the place of a built-in one that its column does not fit."""
    names = {name.casefold() for name in taken}
    options = {"sensitive": "true"} if _PERSONAL.search(spoken(field.column)) else {}
    return FieldDraft(field_name(field.column, names), field.column, type_, options, field.remarks)


def _builtin_field(entity: Entity, name: str, column: ColumnShape, within: str | None) -> FieldDraft:
    declared = entity.field(name)
    options: dict[str, Any] = {}
    if name == "region" and within is not None:
        options["within"] = within
    if declared is not None and declared.type is FieldType.CODES and spoken(column.name) in ("mak", "rup", "kd rup"):
        options["split"] = ";"
    return FieldDraft(name, column.name, None, options, _unit_remarks(column))


def _own_field(column: ColumnShape, taken: set[str]) -> FieldDraft:
    nameless = column.name == column.found[0].column
    name = field_name(f"column {column.name}" if nameless else column.name, taken)
    if not _PERSONAL.search(spoken(column.name)):
        return FieldDraft(name, column.name, _lasting_type(column), {}, _unit_remarks(column))
    type_ = "code" if column.type in ("int", "decimal") else column.type  # a NIK is no number
    return FieldDraft(name, column.name, type_, {"sensitive": "true"})


def _lasting_type(column: ColumnShape) -> str:
    """The type that a column of whole numbers will still have when it fills: amounts that are 0 in April, shares without
    fractions."""
    said = spoken(column.name)
    if column.type != "int" or _COUNTED.search(said):
        return column.type
    if "persen" in said.split():
        return "decimal"
    return "money" if _AMOUNT.search(said) else column.type


def _unit_remarks(column: ColumnShape) -> tuple[Remark, ...]:
    """A unit of thousands or more is said, never applied: files of rupiah are headed `dalam miliar`."""
    unit = next((one.unit for one in column.found if one.unit), None)
    if unit is None or column.type not in ("int", "decimal", "money"):
        return ()
    for word, factor in (
        ("ribu", 1_000),
        ("000", 1_000),
        ("thousand", 1_000),
        ("juta", 10**6),
        ("jt", 10**6),
        ("million", 10**6),
    ):
        if word in unit.casefold():
            return (Remark("ADD_UNIT", {"unit": unit, "factor": factor}),)
    return (Remark("ADD_UNIT", {"unit": unit, "factor": 10**9}),) if re.search("mil[iy]a", unit.casefold()) else ()


def _doubts(tables: Sequence[SheetTable]) -> tuple[Remark, ...]:
    """What was not certain about the tables of a dataset, for one table each."""
    found: dict[str, Remark] = {}
    for one in tables:
        for note in one.table.notes:
            if note.code in UNCERTAIN and note.code not in found:
                found[note.code] = Remark(note.code, note.params)
                if pins := _pins(note, one.table):
                    found[f"{note.code} pins"] = Remark("ADD_PINS", {"pins": pins})
    return tuple(found.values())


def _pins(note: Note, table: TableFound) -> str:
    """What may be written into the dataset where the understanding was not certain; first what it took."""
    first, last = table.header_rows or (0, 0)
    if note.code == "HEADER_UNCERTAIN":
        others = [(first, last + 1), (first, last - 1), (first - 1, last), (last + 1, last + 1)]
        spans = [(first, last), *(span for span in others if 0 < span[0] <= span[1])]
        return ", ".join(f"header: {a}-{b}" for a, b in dict.fromkeys(spans)) + ", header: none"
    if note.code == "NO_HEADER_FOUND":
        row = note.params["row"]
        return f"header: {row}-{row}"
    if note.code == "TOTAL_UNCERTAIN":
        doubtful = note.params["row"]
        rest = ", ".join(str(row) for row in table.total_rows if row != doubtful)
        return f"total: {', '.join(map(str, table.total_rows))}; total: {rest or 'none'}"
    return ""


_NO_WORDS = Text("", "")


def _called(paths: Sequence[Path]) -> str:
    """What files are called in common: the words that all their names begin with, else the folder's name."""
    first, *others = [words_of(path.stem) for path in paths]
    if not others:
        return " ".join(first)
    common = words_of(whole_words(commonprefix([path.stem for path in paths])))  # noqa: RUF071 - sign by sign
    for place, word in enumerate(() if common else first):
        if any(place >= len(other) or other[place].casefold() != word.casefold() for other in others):
            break
        common.append(word)
    while common and common[-1].isdigit():
        common.pop()
    return " ".join(common) or paths[0].parent.resolve().name


def _members(entity: Entity, entities: Iterable[Entity]) -> set[str]:
    """Every name, in small letters, that a record of a built-in entity has."""
    names = {name for one in entity.fields for name in (one.name, f"{one.name}Raw")}
    names |= {derived.name for derived in entity.derived}
    for other in entities:
        for link in other.links:
            if other.name == entity.name:
                names |= {link.name, f"{link.name}Match", f"{link.name}Raw", f"{link.name}Within"}
            if link.to == entity.name and link.inverse:
                names |= {link.inverse, f"{link.inverse}Match"}
    return {name.casefold() for name in names}
