"""Fields that no column holds: what stands in the lines above a table, in the name of its file or of its sheet."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from config.entities import Entity
from connectors.findings import Line
from simpul.adding.entries import FieldDraft, Remark
from simpul.adding.naming import field_name
from simpul.adding.recognition import AGENCY, spoken
from simpul.adding.shapes import SheetTable

MAX_LINES = 6  # lines of a form that become fields
_YEAR_SAID = r"(?i)\b(?:tahun(?: anggaran)?|t\.?a\.?|fiscal year|budget year|fy)\W*(20[0-9]{2})\b"
_YEAR_NAMED = r"(?<![0-9])(20[0-9]{2})(?![0-9])"
_MONTHS = (
    "januari februari maret april mei juni juli agustus september oktober november desember",
    "january february march april may june july august september october november december",
)
_SPELLED = {"pebruari": 2, "nopember": 11}
_REGION = r"desa|kelurahan|desa kelurahan|kecamatan"
_YEAR_KEY = r"tahun(?: anggaran)?|ta|fiscal year|year"


def placed_fields(tables: Sequence[SheetTable], entity: Entity | None, taken: set[str]) -> Iterator[FieldDraft]:
    """The fields that all of some tables have around them, of a built-in entity or of one of the operator's own. `taken` are names
    and what is fed already, in small letters; those that are made are added."""
    for find in (_lines, _names, _leaf):
        made = [*find(tables, entity, taken)]
        taken.update(one.name.casefold() for one in made)
        yield from made


def _lines(tables: Sequence[SheetTable], entity: Entity | None, taken: set[str]) -> Iterator[FieldDraft]:
    """Lines such as `SKPD: Dinas Kesehatan`."""
    made = 0
    names = set(taken)
    for line in tables[0].table.titles:
        values = [_value(one.table.titles, line.key) for one in tables] if line.key else []
        if line.key is None or not all(values) or len(line.key.split()) > 4 or not line.key.isprintable():
            continue
        pattern = f"{_plain(line.key)}: ([^;]+)"
        if any(_title(one).count(f"{line.key}: ") > 1 for one in tables):  # `Kode SKPD: 1.02; SKPD: Dinas Kesehatan`
            pattern = f"(?:^|; ){pattern}"
        known = _known(line.key, entity, names)
        is_year = all(re.fullmatch("20[0-9]{2}", value or "") for value in values)
        if known is None and made == MAX_LINES:
            continue
        made += known is None
        name = known or field_name("fiscalYear" if is_year else line.key, names)
        names.add(name.casefold())
        yield _field(name, "$title", pattern, None if known else "int" if is_year else "text")


def _names(tables: Sequence[SheetTable], entity: Entity | None, taken: set[str]) -> Iterator[FieldDraft]:
    """The year, and where there are several parts the month, the file and the sheet."""
    files = [one.file for one in tables]
    sheets = [one.sheet or "" for one in tables]
    is_free = entity is not None or not any(re.fullmatch(_YEAR_KEY, spoken(name)) for name in taken)
    if is_free and "fiscalyear" not in taken and (entity is None or entity.field("fiscalYear")):
        titles = ["; ".join(line.text for line in one.table.titles) for one in tables]
        places = (("$title", titles, _YEAR_SAID), ("$file", files, _YEAR_NAMED), ("$sheet", sheets, _YEAR_NAMED))
        for column, texts, pattern in places:
            if all(len(set(re.findall(pattern, text))) == 1 for text in texts):
                if column == "$title" and (said := _said(texts)):
                    pattern = said
                yield _field("fiscalYear", column, pattern, None if entity else "int")
                break
    if len(tables) == 1:
        return
    named = [
        (column, texts, numbers) for column, texts in (("$file", files), ("$sheet", sheets)) for numbers in _numbers()
    ]
    for column, texts, numbers in named:
        pattern = f"(?i)({'|'.join(numbers)})"
        if len(set(texts)) > 1 and all(re.search(pattern, text) for text in texts) and "month" not in taken:
            yield FieldDraft("month", column, "int", {"pattern": pattern, "values": numbers})
            break
    if len(set(files)) > 1:
        yield _field(field_name("fileName", taken), "$file", None, "text")
    if len(set(sheets)) > 1:
        yield _field(field_name("sheetName", taken), "$sheet", None, "text")


def _numbers() -> Iterator[dict[str, str]]:
    """The months by their names, in each language."""
    for at, names in enumerate(_MONTHS):
        spelled = {} if at else {name: str(number) for name, number in _SPELLED.items()}
        yield {name: str(number) for number, name in enumerate(names.split(), 1)} | spelled


def _leaf(tables: Sequence[SheetTable], entity: Entity | None, taken: set[str]) -> Iterator[FieldDraft]:
    """Whether a record has no parts below it, where parents and their parts share a table."""
    if any(one.table.leaf_count is not None for one in tables) and "isleaf" not in taken:
        is_known = entity is not None and entity.field("isLeaf") is not None
        remarks = () if is_known else (Remark("ADD_LEAF"),)
        yield FieldDraft("isLeaf", "$leaf", None if is_known else "boolean", {}, remarks)


def _said(texts: Sequence[str]) -> str | None:
    """What stands before the year, where that is the same everywhere: `TAHUN ANGGARAN (20[0-9]{2})`."""
    before = {text[found.start() : found.start(1)] for text in texts if (found := re.search(_YEAR_SAID, text))}
    return f"{_plain(before.pop())}(20[0-9]{{2}})" if len(before) == 1 else None


def _plain(text: str) -> str:
    return re.escape(text).replace("\\ ", " ")


def _title(one: SheetTable) -> str:
    return "; ".join(f"{line.key}: {line.text}" if line.key else line.text for line in one.table.titles)


def _value(lines: Sequence[Line], key: str) -> str | None:
    return next((line.text for line in lines if line.key == key), None)


def _known(key: str, entity: Entity | None, taken: set[str]) -> str | None:
    """The built-in field that a line of a form feeds."""
    for name, words in (("agency", AGENCY), ("region", _REGION), ("fiscalYear", _YEAR_KEY)):
        is_there = entity is not None and (entity.field(name) or entity.link(name))
        if is_there and name.casefold() not in taken and re.fullmatch(words, spoken(key)):
            return name
    return None


def _field(name: str, column: str, pattern: str | None, type_: str | None) -> FieldDraft:
    options: Mapping[str, Any] = {} if pattern is None else {"pattern": pattern}
    return FieldDraft(name, column, type_, options)
