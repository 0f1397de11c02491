"""Which files and sheets hold the same table, so that one dataset reads them; and what can't become a table, with the reason."""

from __future__ import annotations

import glob
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from os.path import commonprefix
from pathlib import Path

from connectors.cells import tidy
from connectors.files import find_files
from connectors.findings import ColumnFound, FileFound, SheetFound, TableFound
from connectors.spreadsheet import CSV_SUFFIXES

ALIKE = 0.8  # share of the columns that two tables must have in common to be one
WORKBOOKS = ("xlsx", "xlsm", "xlsb", "xls", "ods")
TEXTS = ("csv", "tsv")


@dataclass(frozen=True, slots=True)
class Aside:
    """What is not taken: where it stands, and why, as a code with what fills its sentence."""

    where: str
    code: str
    params: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SheetTable:
    """The table that a dataset reads from one sheet of one file. `first` says that it is the first visible sheet."""

    path: Path
    label: str
    sheet: str | None
    first: bool
    table: TableFound

    @property
    def names(self) -> frozenset[str]:
        """What its columns are told by: their names, and without a head what they hold as well."""
        bare = self.table.header_rows is None
        return frozenset(_plain(c.name) + (f" {c.type}" if bare else "") for c in self.table.columns)


@dataclass(frozen=True, slots=True)
class Shape:
    """Files that one source reads. `datasets` are what a dataset's `sheet` says and the tables that it reads; those in one inner
    tuple hold the same kind of rows."""

    paths: tuple[Path, ...]
    kinds: tuple[tuple[tuple[str | None, tuple[SheetTable, ...]], ...], ...]


@dataclass(frozen=True, slots=True)
class ColumnShape:
    """A column that all tables of a kind have, with the type that fits all of them."""

    name: str
    type: str
    found: tuple[ColumnFound, ...]


def gather(found: Iterable[tuple[Path, FileFound]]) -> tuple[list[Shape], list[Aside]]:
    """The shapes of some files, in their order, and what is left out."""
    asides: list[Aside] = []
    groups: list[list[tuple[bool, list[SheetTable]]]] = []
    for path, file in found:
        sheets = _tables(path, file, asides)
        if not sheets:
            continue
        every = len(sheets) > 1 and len(sheets) == sum(sheet.visible for sheet in file.sheets) and not file.problems
        every = every and all(_are_alike(sheets[0], sheet) for sheet in sheets)
        group = next((group for group in groups if _belongs(every, sheets, *group[0])), None)
        if group is None:
            groups.append([(every, sheets)])
        else:
            group.append((every, sheets))
    shapes = [_named(_shape(group), asides) for group in groups]
    return [shape for shape in shapes if shape.kinds], asides


def whole_words(prefix: str) -> str:
    """A common beginning of names as far as its last blank, dash or dot."""
    return re.sub(r"[^ _.-]*$", "", prefix)


def is_writable(column: str) -> bool:
    """Whether hub.yaml can name a column: by signs that YAML allows."""
    return column.isprintable() and not column.startswith("$")


def columns_of(tables: Sequence[SheetTable]) -> list[ColumnShape]:
    """The columns that stand in each of some tables, in the order of the first; empty ones too."""
    by_name = [{_plain(column.name): column for column in one.table.columns} for one in tables]
    return [
        ColumnShape(column.name, _common_type([names[name] for names in by_name]), tuple(n[name] for n in by_name))
        for name, column in by_name[0].items()
        if all(name in names for names in by_name)
    ]


def patterns_of(paths: Sequence[Path], folder: Path) -> list[str]:
    """What `path:` of a source says so that it reads these files and no other that is there now: with a * for what differs, if
    that can be. Paths start in `folder` where they stand below it."""
    patterns: list[str] = []
    for parent in dict.fromkeys(path.parent for path in paths):
        inside = [path for path in paths if path.parent == parent]
        patterns += _patterns_in(inside, _written(parent, folder))
    found = {path.resolve() for _, path in find_files(folder, patterns)}
    if found == {path.resolve() for path in paths}:
        return patterns
    return [f"{glob.escape(_written(path.parent, folder))}{glob.escape(path.name)}" for path in paths]


# -- files ------------------------------------------------------------------------------------------------------------


def _tables(path: Path, file: FileFound, asides: list[Aside]) -> list[SheetTable]:
    """The tables of one file that can be read."""
    asides += [Aside(error.where or file.file, error.code, error.params) for error in file.problems]
    if file.format is None or not any(sheet.tables for sheet in file.sheets):
        return []
    is_text = path.suffix.casefold() in CSV_SUFFIXES
    if file.format not in (TEXTS if is_text else WORKBOOKS) or not path.is_file():
        code = "ADD_MISNAMED" if file.format in (*TEXTS, *WORKBOOKS) and path.is_file() else "ADD_FORMAT"
        asides.append(Aside(file.file, code, {"format": file.format, "suffix": path.suffix}))
        return []
    taken: list[SheetTable] = []
    shown = [sheet for sheet in file.sheets if sheet.visible]
    for sheet in file.sheets:
        label = f"{file.file} › {sheet.name}" if sheet.name else file.file
        if table := _main_table(sheet, label, asides):
            first = sheet is shown[0] and not file.problems
            taken.append(SheetTable(path, label, sheet.name, first, table))
    return taken


def _main_table(sheet: SheetFound, label: str, asides: list[Aside]) -> TableFound | None:
    """The table that `header: auto` reads of a sheet: the one with the most records."""
    if not sheet.tables:
        return None
    if not sheet.visible:
        asides.append(Aside(label, "ADD_HIDDEN"))
        return None
    table = max(sheet.tables, key=lambda one: one.row_count)
    if table.row_count == 0:
        asides.append(Aside(label, "ADD_EMPTY"))
        return None
    for other in sheet.tables:
        if other is not table and other.data_rows:
            first, last = other.data_rows
            asides.append(Aside(label, "ADD_SECOND_TABLE", {"first": first, "last": last}))
    return table


def _belongs(every: bool, sheets: Sequence[SheetTable], known_every: bool, known: Sequence[SheetTable]) -> bool:
    """Whether a file is of the same shape as one that is known."""
    if every != known_every or sheets[0].path.suffix.casefold() != known[0].path.suffix.casefold():
        return False
    if every:
        return _are_alike(sheets[0], known[0])
    if len(sheets) != len(known) or not all(map(_are_alike, sheets, known)):
        return False
    if len(sheets) == 1 and sheets[0].first and known[0].first:
        return True
    return [_plain(one.sheet or "") for one in sheets] == [_plain(one.sheet or "") for one in known]


def _are_alike(one: SheetTable, other: SheetTable) -> bool:
    return len(one.names & other.names) >= ALIKE * len(one.names | other.names)


def _shape(group: Sequence[tuple[bool, list[SheetTable]]]) -> Shape:
    paths = tuple(sheets[0].path for _, sheets in group)
    if group[0][0]:
        return Shape(paths, ((("*", tuple(one for _, sheets in group for one in sheets)),),))
    kinds: list[list[tuple[str | None, tuple[SheetTable, ...]]]] = []
    for place, sheet in enumerate(group[0][1]):
        name = None if sheet.first else sheet.sheet
        tables = tuple(sheets[place] for _, sheets in group)
        kind = next((kind for kind in kinds if _are_alike(kind[0][1][0], sheet)), None)
        if kind is None:
            kinds.append([(name, tables)])
        else:
            kind.append((name, tables))
    return Shape(paths, tuple(map(tuple, kinds)))


def _named(shape: Shape, asides: list[Aside]) -> Shape:
    """A shape without the tables of which no column can be named."""
    kinds = []
    for kind in shape.kinds:
        tables = [table for _, tables in kind for table in tables]
        if any(column.type != "empty" and is_writable(column.name) for column in columns_of(tables)):
            kinds.append(kind)
        else:
            asides += [Aside(table.label, "ADD_NO_COLUMNS") for table in tables]
    return Shape(shape.paths, tuple(kinds))


# -- columns and patterns ---------------------------------------------------------------------------------------------


def _common_type(columns: Sequence[ColumnFound]) -> str:
    types = {column.type for column in columns} - {"empty"}
    for common, parts in (
        ("decimal", {"int", "decimal"}),
        ("money", {"int", "decimal", "money"}),
        ("datetime", {"date", "datetime"}),
        ("code", {"int", "code"}),
    ):
        if len(types) > 1 and types <= parts:
            return common
    return "text" if len(types) > 1 else next(iter(types), "empty")


def _patterns_in(paths: Sequence[Path], folder: str) -> list[str]:
    names = [path.name for path in paths]
    if len(names) == 1:
        return [f"{glob.escape(folder)}{glob.escape(names[0])}"]
    suffix = paths[0].suffix
    prefix = commonprefix([name.removesuffix(suffix) for name in names])  # noqa: RUF071 - of names, sign by sign
    if len(whole := whole_words(prefix)) > 2:
        prefix = whole  # RKA_DinasPU, RKA_DinasKes: the next may be RKA_Bappeda
    prefix = prefix.rstrip("0123456789")  # usulan_2025, usulan_2026: the next may be usulan_2030
    return [f"{glob.escape(folder)}{glob.escape(prefix if len(prefix) > 2 else '')}*{suffix}"]


def _written(folder: Path, start: Path) -> str:
    """A folder with a slash at its end, from `start` where it stands below it."""
    try:
        relative = folder.resolve().relative_to(start.resolve()).as_posix()
    except ValueError:
        relative = folder.resolve().as_posix()
    return "" if relative == "." else f"{relative.rstrip('/')}/"


def _plain(name: str) -> str:
    return tidy(name).casefold()
