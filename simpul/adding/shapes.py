"""Which files and sheets hold the same table, so that one dataset reads them; and what can't become a table, with the reason."""

from __future__ import annotations

import glob
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatch
from os.path import commonprefix
from pathlib import Path, PurePath, PurePosixPath

from connectors.cells import tidy
from connectors.files import find_files
from connectors.findings import ColumnFound, FileFound, SheetFound, TableFound

ALIKE = 0.8  # share of the columns that two tables must have in common to be one
NAMED = ("json", "sql")  # formats whose lists and tables go by their names, in any order
LEAST_ROWS = 2  # of a table beside another one in its sheet


@dataclass(frozen=True, slots=True)
class Aside:
    """What is not taken: where it stands, and why, as a code with what fills its sentence."""

    where: str
    code: str
    params: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SheetTable:
    """A table that a dataset reads from one sheet of one file, or of a `member` of a zip. `first` says that it is the first visible
    sheet, `number` which table of it if several are read."""

    path: Path
    label: str
    sheet: str | None
    first: bool
    table: TableFound
    member: str | None = None
    number: int | None = None

    @property
    def file(self) -> str:
        """What `$file` is of its rows."""
        return self.path.name if self.member is None else f"{self.path.name} › {self.member}"

    @property
    def called(self) -> Path:
        """The file itself, also inside of a zip."""
        return self.path if self.member is None else self.path.with_suffix("") / self.member

    @property
    def names(self) -> frozenset[str]:
        """What its columns are told by: their names, and without any what they hold as well."""
        bare = all(c.name == c.column for c in self.table.columns)
        return frozenset(_plain(c.name) + (f" {c.type}" if bare else "") for c in self.table.columns)


Options = Mapping[str, str | tuple[str, ...]]
"""What a dataset says of where its tables are."""


@dataclass(frozen=True, slots=True)
class Shape:
    """Files that one source reads; `called` are their names, also inside of a zip. `kinds` are what its datasets say and the tables
    that each reads; those in one inner tuple hold the same kind of rows. A database has no paths, but `options` of its source."""

    paths: tuple[Path, ...]
    called: tuple[Path, ...]
    kinds: tuple[tuple[tuple[Options, tuple[SheetTable, ...]], ...], ...]
    options: Options = field(default_factory=dict)


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
    members: dict[Path, list[str]] = {}
    for path, file in found:
        if file.member is not None:
            members.setdefault(path, []).append(file.member)
        sheets = _tables(path, file, asides)
        if not sheets:
            continue
        every = len(sheets) > 1 and len(sheets) == sum(sheet.visible for sheet in file.sheets) and not file.problems
        every = every and all(sheet.number is None and _are_alike(sheets[0], sheet) for sheet in sheets)
        group = next((group for group in groups if _belongs(every, sheets, *group[0])), None)
        if group is None:
            groups.append([(every, sheets)])
        else:
            group.append((every, sheets))
    shapes = [_named(_shape(group, members), asides) for group in groups]
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
    taken: list[SheetTable] = []
    shown = [sheet for sheet in file.sheets if sheet.visible]
    for sheet in file.sheets:
        label = f"{file.file} › {sheet.name}" if sheet.name else file.file
        tables = _tables_of(sheet, label, asides)
        for number, table in tables:
            told = label if len(tables) == 1 else f"{label} ({number})"
            first = sheet is shown[0] and not file.problems and file.format not in NAMED
            one = SheetTable(path, told, sheet.name, first, table, file.member)
            taken.append(one if len(sheet.tables) == 1 else replace(one, number=number))
    return taken


def _tables_of(sheet: SheetFound, label: str, asides: list[Aside]) -> list[tuple[int, TableFound]]:
    """The tables of a sheet that are worth reading, with their numbers: the one with the most records and others with a head and
    several records."""
    if not sheet.tables:
        return []
    if not sheet.visible:
        asides.append(Aside(label, "ADD_HIDDEN"))
        return []
    main = max(sheet.tables, key=lambda one: one.row_count)
    if main.row_count == 0:
        asides.append(Aside(label, "ADD_EMPTY"))
        return []
    taken: list[tuple[int, TableFound]] = []
    for number, table in enumerate(sheet.tables, 1):
        if table is main or (table.header_rows and table.row_count >= LEAST_ROWS and len(table.columns) > 1):
            taken.append((number, table))
        elif table.data_rows:
            first, last = table.data_rows
            asides.append(Aside(label, "ADD_SECOND_TABLE", {"first": first, "last": last}))
    return taken


def _belongs(every: bool, sheets: Sequence[SheetTable], known_every: bool, known: Sequence[SheetTable]) -> bool:
    """Whether a file is of the same shape as one that is known."""
    if every != known_every or sheets[0].called.suffix.casefold() != known[0].called.suffix.casefold():
        return False
    if (sheets[0].member is not None or known[0].member is not None) and sheets[0].path != known[0].path:
        return False
    if every:
        return _are_alike(sheets[0], known[0])
    if len(sheets) != len(known) or not all(map(_are_alike, sheets, known)):
        return False
    if [one.number for one in sheets] != [one.number for one in known]:
        return False
    if all(one.first for one in (*sheets, *known)):
        return True
    return [_plain(one.sheet or "") for one in sheets] == [_plain(one.sheet or "") for one in known]


def _are_alike(one: SheetTable, other: SheetTable) -> bool:
    return len(one.names & other.names) >= ALIKE * len(one.names | other.names)


def _shape(group: Sequence[tuple[bool, list[SheetTable]]], members: Mapping[Path, list[str]]) -> Shape:
    files = [sheets[0] for _, sheets in group]
    paths = tuple(dict.fromkeys(one.path for one in files))
    called = tuple(one.called for one in files)
    chosen = _members([one.member for one in files if one.member is not None], members.get(paths[0], []))
    if group[0][0]:
        return Shape(
            paths, called, ((({**chosen, "sheet": "*"}, tuple(one for _, sheets in group for one in sheets)),),)
        )
    kinds: list[list[tuple[Options, tuple[SheetTable, ...]]]] = []
    for place, sheet in enumerate(group[0][1]):
        options = dict(chosen) if sheet.first or sheet.sheet is None else {**chosen, "sheet": sheet.sheet}
        options |= {} if sheet.number is None else {"table": str(sheet.number)}
        tables = tuple(sheets[place] for _, sheets in group)
        kind = next((kind for kind in kinds if _are_alike(kind[0][1][0], sheet)), None)
        if kind is None:
            kinds.append([(options, tables)])
        else:
            kind.append((options, tables))
    return Shape(paths, called, tuple(map(tuple, kinds)))


def _members(inside: Sequence[str], there: Sequence[str]) -> Options:
    """What `member` of a dataset says so that it reads these files of a zip and no other; nothing for all of them."""
    if len(inside) == len(there):
        return {}
    names = [PurePosixPath(name) for name in inside]
    if len({name.parent for name in names}) == 1 and len(names) > 1:
        folder = "" if names[0].parent == PurePosixPath() else f"{names[0].parent}/"
        (pattern,) = _patterns_in(names, folder)
        if {one for one in there if fnmatch(one, pattern)} == set(inside):
            return {"member": pattern}
    escaped = tuple(glob.escape(name) for name in inside)
    return {"member": escaped[0] if len(escaped) == 1 else escaped}


def _named(shape: Shape, asides: list[Aside]) -> Shape:
    """A shape without the tables of which no column can be named."""
    kinds = []
    for kind in shape.kinds:
        tables = [table for _, tables in kind for table in tables]
        if any(column.type != "empty" and is_writable(column.name) for column in columns_of(tables)):
            kinds.append(kind)
        else:
            asides += [Aside(table.label, "ADD_NO_COLUMNS") for table in tables]
    return replace(shape, kinds=tuple(kinds))


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


def _patterns_in(paths: Sequence[PurePath], folder: str) -> list[str]:
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
