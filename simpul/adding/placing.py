"""Fields that no column holds: what stands in the lines above a table, in the name of its file, its sheet or its folder."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from os.path import commonprefix
from typing import Any

from config.entities import Entity
from config.naming import field_name
from connectors.around import find_month, find_year
from connectors.cells import Unreadable
from connectors.findings import Line
from simpul.adding.entries import FieldDraft, Remark
from simpul.adding.recognition import AGENCY, spoken
from simpul.adding.shapes import SheetTable, whole_words

MAX_LINES = 6  # lines of a form that become fields
_YEAR_SAID = r"(?i)\b(?:tahun(?: anggaran)?|t\.?a\.?|fiscal year|budget year|fy)\W*(20[0-9]{2})\b"
_YEAR_BEHIND = "(?:[ _-]+20[0-9]{2})?$"
_OFFICE = re.compile(
    r"(?:dinas|din(?:kes|sos|as)|dis[a-z]{3}|dikbud|dp[a-z]{2}|badan|bap[a-z]{3}|bp[a-z]{2}|bk[a-z]|kantor|kecamatan|kec[ ._]"
    r"|set(?:da|wan)|sekretariat|bagian|inspektorat|rsud|satpol|puskesmas|upt)",
    re.IGNORECASE,
)
"""How the names of offices begin: Dinas PU, DPMPTSP, Disdukcapil."""
_REGION = r"desa|kelurahan|desa kelurahan|kecamatan"
_YEAR_KEY = r"tahun(?: anggaran)?|ta|fiscal year|year"


def placed_fields(tables: Sequence[SheetTable], entity: Entity | None, taken: set[str]) -> Iterator[FieldDraft]:
    """The fields that all of some tables have around them, of a built-in entity or of one of the operator's own. `taken` are names
    and what is fed already, in small letters; those that are made are added."""
    for find in (_lines, _office, _names, _leaf):
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
        known = _known(line.key, entity, names)
        is_year = all(re.fullmatch("20[0-9]{2}", value or "") for value in values)
        if known is None and made == MAX_LINES:
            continue
        made += known is None
        name = known or field_name("fiscalYear" if is_year else line.key, names)
        names.add(name.casefold())
        yield FieldDraft(name, "$title", None if known else "int" if is_year else "text", {"after": line.key})


def _office(tables: Sequence[SheetTable], entity: Entity | None, taken: set[str]) -> Iterator[FieldDraft]:
    """The office, where the files, their sheets or their folders are called by it."""
    is_known = entity is not None and (entity.field("agency") or entity.link("agency"))
    if (entity is not None and not is_known) or any(re.fullmatch(AGENCY, spoken(name)) for name in taken):
        return
    for column, texts in _around(tables):
        if len(set(texts)) == 1:
            continue
        common = whole_words(commonprefix(texts)) if column == "$stem" else ""  # noqa: RUF071 - sign by sign
        for before in (f"^{_plain(common)}", "^20[0-9]{2}[ _-]+"):
            pattern = f"{before}(.+?){_YEAR_BEHIND}"
            found = [match and match[1] for match in (re.search(pattern, text) for text in texts)]
            if all(name and _OFFICE.match(name) for name in found) and len(set(found)) > 1:
                yield _field("agency", column, None if found == texts else pattern, None if is_known else "text")
                return


def _names(tables: Sequence[SheetTable], entity: Entity | None, taken: set[str]) -> Iterator[FieldDraft]:
    """The year, and where there are several parts the month, the file and the sheet."""
    titles = ["; ".join(line.text for line in one.table.titles) for one in tables]
    is_free = entity is not None or not any(re.fullmatch(_YEAR_KEY, spoken(name)) for name in taken)
    if is_free and "fiscalyear" not in taken and (entity is None or entity.field("fiscalYear")):
        type_ = None if entity else "int"
        if all(len(set(re.findall(_YEAR_SAID, text))) == 1 for text in titles):
            said = _said(titles)
            yield _field("fiscalYear", "$title", said or _YEAR_SAID, type_)
        else:
            yield from _found("fiscalYear", "year", find_year, _around(tables), type_)
    if len(tables) == 1:
        return
    if "month" not in taken:
        varied = [(column, texts) for column, texts in (*_around(tables), ("$title", titles)) if len(set(texts)) > 1]
        yield from _found("month", "month", find_month, varied, "int")
    for name, column, texts in (
        ("fileName", "$file", [one.file for one in tables]),
        ("sheetName", "$sheet", [one.sheet or "" for one in tables]),
    ):
        if len(set(texts)) > 1:
            yield _field(field_name(name, taken), column, None, "text")


def _found(
    name: str,
    pattern: str,
    find: Callable[[str], str],
    places: Sequence[tuple[str, Sequence[str]]],
    type_: str | None,
) -> Iterator[FieldDraft]:
    """The field that can be found in all texts of the first place in which it can."""
    for column, texts in places:
        try:
            for text in texts:
                find(text)
        except Unreadable:
            continue
        yield _field(name, column, pattern, type_)
        return


def _around(tables: Sequence[SheetTable]) -> list[tuple[str, list[str]]]:
    """What the files and sheets are called, and where they stand in several folders these."""
    stems, sheets = [one.called.stem for one in tables], [one.sheet or "" for one in tables]
    folders = [one.path.resolve().parent.name for one in tables]
    return [("$stem", stems), ("$sheet", sheets), *([("$folder", folders)] if len(set(folders)) > 1 else [])]


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
