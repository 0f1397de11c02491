"""Reads SQL dumps of MySQL, MariaDB and PostgreSQL as tables: the rows of INSERT statements and of COPY blocks. Nothing is executed,
so what would have to be worked out (`now()`) counts as a cell in error, and a dump that changes rows after it wrote them is refused.

A column is a number or a yes and no where its CREATE TABLE says so, since phpMyAdmin quotes numbers and COPY has texts only."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation

from connectors.connector import Batch, Cell
from connectors.content import Content
from connectors.csvfile import decode, unmarked_utf16
from connectors.errors import LimitExceeded, SourceBroken
from connectors.grid import Grid
from connectors.limits import MAX_COLUMNS, MAX_ROWS
from connectors.sheets import Sheet
from connectors.sqltokens import MYSQL, Scanner, find_dialect, unescaped
from connectors.table import NumberedRow, SheetDataset, letter, read_table

_NAME = rb'(?:`(?:[^`]++|``)*+`|"(?:[^"]++|"")*+"|[A-Za-z_\x80-\xff][\w$\x80-\xff]*)'
_NAMES = rb"(?P<name>" + _NAME + rb"(?:\s*\.\s*" + _NAME + rb")*)"


def _statement(pattern: bytes) -> re.Pattern[bytes]:
    return re.compile(pattern, re.IGNORECASE | re.DOTALL)


_CREATE = _statement(rb"CREATE\s+(?:UNLOGGED\s+)?TABLE\s+(?:IF\s+NOT\s+EXISTS\s+)?" + _NAMES + rb"\s*\(")
_INSERT = _statement(
    rb"(?:INSERT|REPLACE)\s+(?:(?:LOW_PRIORITY|DELAYED|IGNORE)\s+)*INTO\s+(?:ONLY\s+)?"
    + _NAMES
    + rb"\s*(?:\((?P<columns>[^()]*)\)\s*)?(?:OVERRIDING\s+\w+\s+VALUE\s+)?VALUES?\s*(?=\()"
)
_COPY = _statement(
    rb"COPY\s+" + _NAMES + rb"\s*(?:\((?P<columns>[^()]*)\)\s*)?FROM\s+stdin\s*(?P<options>[^;\n]*);[^\n]*\n"
)
_CHANGE = _statement(
    rb"(?:UPDATE\s+(?:ONLY\s+|IGNORE\s+|LOW_PRIORITY\s+)*|DELETE\s+FROM\s+|TRUNCATE\s+(?:TABLE\s+)?(?:ONLY\s+)?)"
    + _NAMES
)
_DELIMITER = _statement(rb"DELIMITER[ \t]+(?P<sign>\S+)[^\n]*(?:\n|$)")
_ENCODING = re.compile(rb"SET\s+NAMES\s+'?(\w+)|client_encoding\s*=\s*'(\w+)'", re.IGNORECASE)
_OPEN = re.compile(rb"\(")
_COMMA = re.compile(rb",")
_WORDS = re.compile(rb"[^;'\"`\-/\#$eE(),]+")
_COLUMN = re.compile(rb"\s*(?P<name>" + _NAME + rb")\s+(?P<type>\w+)")
_NO_COLUMN = re.compile(
    rb"\s*(?:PRIMARY|KEY|UNIQUE|CONSTRAINT|INDEX|FULLTEXT|SPATIAL|FOREIGN|CHECK|EXCLUDE|LIKE|PERIOD)\b", re.IGNORECASE
)
_INTEGERS = re.compile(r"(?:tiny|small|medium|big)?int\w*|integer|(?:small|big)?serial\d?", re.IGNORECASE)
_DECIMALS = re.compile(r"dec(?:imal)?|numeric|float\d?|double|real", re.IGNORECASE)
_ENCODINGS = {
    "utf8": "utf-8", "utf8mb3": "utf-8", "utf8mb4": "utf-8", "latin1": "cp1252", "win1252": "cp1252", "cp850": "cp850",
    "ascii": "cp1252", "sql_ascii": "utf-8",
}  # fmt: skip


@dataclass(slots=True)
class _Table:
    """A table: its columns in order with their declared types, '' where none is declared."""

    name: str
    types: dict[str, str] = field(default_factory=dict)
    rows: int = 0
    changed: int | None = None  # line of a statement that changes its rows


@dataclass(frozen=True, slots=True)
class _Rows:
    """Where a statement has its rows, and the columns that it names for them."""

    table: _Table
    columns: list[str]
    start: int
    is_copy: bool


class SqlDump:
    """Every table that has rows is a sheet; a row's number counts those of its table. Raises SourceBroken, LimitExceeded."""

    def __init__(self, content: Content) -> None:
        raw, self._where = content.raw, content.where
        if raw.startswith((b"\xff\xfe", b"\xfe\xff")) or unmarked_utf16(raw[:4000]):
            raw = decode(raw, None, content.where)[0].encode("utf-8", "replace")
        self._raw = raw.removeprefix(b"\xef\xbb\xbf")
        self._dialect = find_dialect(self._raw)
        self.encoding = self._encoding()
        self.read_as: str | None = f"{'MySQL' if self._dialect is MYSQL else 'SQL'}, {self.encoding}"
        self._tables: dict[str, _Table] = {}
        self._places: dict[str, list[_Rows]] = {}
        for rows, count in self._statements():
            rows.table.rows += count
            self._places.setdefault(rows.table.name, []).append(rows)
        self.sheets = [Sheet(name, True, name) for name, table in self._tables.items() if table.rows]
        if not self.sheets:
            raise SourceBroken(content.where, "NO_TABLE_FOUND")

    def names(self, sheet: Sheet) -> tuple[str, ...]:
        """The columns of a table."""
        return tuple(self._tables[sheet.member].types)

    def grid(self, sheet: Sheet, where: str) -> Grid:
        """All rows of a table."""
        return Grid([row for _, row in self._rows(sheet.member, where)])

    def batches(self, sheet: Sheet, dataset: SheetDataset, where: str) -> Iterator[Batch]:
        """The rows of a table."""
        names = self.names(sheet)
        yield from read_table(self._rows(sheet.member, where), len(names), dataset, where, names)

    def _rows(self, name: str, where: str) -> Iterator[NumberedRow]:
        table = self._tables[name]
        if table.changed is not None:
            raise SourceBroken(where, "SQL_CHANGES", line=table.changed)
        if table.rows > MAX_ROWS:
            raise LimitExceeded(where, "TOO_MANY_ROWS_IN_SHEET", limit=MAX_ROWS)
        if len(table.types) > MAX_COLUMNS:
            raise LimitExceeded(where, "TOO_MANY_COLUMNS", limit=MAX_COLUMNS)
        places = {column: place for place, column in enumerate(table.types)}
        readers = [_reader(type_) for type_ in table.types.values()]
        number = 0
        for found in self._places[name]:
            at = [places[column] for column in found.columns]
            scanner = self._scanner(found.start)
            for values in (self._copied if found.is_copy else self._inserted)(scanner, found.columns):
                number += 1
                cells: list[Cell] = [None] * len(readers)
                for place, value in zip(at, values, strict=True):
                    cells[place] = readers[place](value) if type(value) is str else value
                yield number, cells

    # -- statements ---------------------------------------------------------------------------------------------------

    def _scanner(self, start: int = 0) -> Scanner:
        return Scanner(self._raw, self._dialect, self._decode, self._where, start)

    def _statements(self) -> Iterator[tuple[_Rows, int]]:
        """Every statement with rows, and how many those are."""
        scanner = self._scanner()
        while True:
            scanner.skip_blank()
            if scanner.at >= len(self._raw):
                return
            if found := scanner.take(_INSERT):
                table = self._table(found)
                rows = _Rows(table, self._columns(table, found["columns"]), scanner.at, False)
                yield rows, sum(1 for _ in self._inserted(scanner, rows.columns, table))
                scanner.skip_statement()
            elif found := scanner.take(_COPY):
                if found["options"].strip():  # csv or binary
                    raise scanner.broken()
                table = self._table(found)
                rows = _Rows(table, self._columns(table, found["columns"]), scanner.at, True)
                yield rows, sum(1 for _ in self._lines(scanner))
            elif found := scanner.take(_CREATE):
                self._create(scanner, self._table(found))
                scanner.skip_statement()
            elif found := scanner.take(_DELIMITER):
                self._pass_routines(scanner, found["sign"])
            else:
                if found := scanner.take(_CHANGE):
                    table = self._table(found)
                    if table.rows and table.changed is None:
                        table.changed = self._raw.count(b"\n", 0, found.start()) + 1
                scanner.skip_statement()

    def _pass_routines(self, scanner: Scanner, sign: bytes) -> None:
        """What stands between DELIMITER lines is code: an INSERT in it has not been done."""
        if sign != b";":
            ends = re.compile(rb"^\s*DELIMITER[ \t]+;", re.IGNORECASE | re.MULTILINE).search(self._raw, scanner.at)
            scanner.at = ends.end() if ends else len(self._raw)

    def _table(self, found: re.Match[bytes]) -> _Table:
        parts = [self._name(part) for part in re.findall(_NAME, found["name"])]
        name = parts[-1] if len(parts) < 2 or self._dialect is MYSQL or parts[-2] == "public" else ".".join(parts[-2:])
        return self._tables.setdefault(name, _Table(name))

    def _name(self, written: bytes) -> str:
        sign = written[:1]
        return self._decode(written[1:-1].replace(sign * 2, sign) if sign in b'`"' else written)

    def _columns(self, table: _Table, written: bytes | None) -> list[str]:
        """The columns that a statement names; those of its table if it names none. New ones become the table's."""
        if written is None:
            return list(table.types)
        columns = [self._name(part) for part in re.findall(_NAME, written)]
        for column in columns:
            table.types.setdefault(column, "")
        return columns

    def _create(self, scanner: Scanner, table: _Table) -> None:
        """Takes the columns of a CREATE TABLE up; constraints are none."""
        start, depth = scanner.at, 1
        raw, match = self._raw, self._dialect.skip.match
        while depth and scanner.at < len(raw):
            place = scanner.at
            sign = raw[place : place + 1]
            if depth == 1 and sign in b",)":
                self._declare(table, raw[start:place])
                start = place + 1
            if sign in b"(),":
                depth += (sign == b"(") - (sign == b")")
                scanner.at += 1
                continue
            found = _WORDS.match(raw, place) or match(raw, place)
            if found is None:
                raise scanner.broken()
            scanner.at = found.end()

    def _declare(self, table: _Table, written: bytes) -> None:
        if (column := _COLUMN.match(written)) and not _NO_COLUMN.match(written):
            table.types[self._name(column["name"])] = column["type"].decode("ascii", "replace")

    # -- rows ---------------------------------------------------------------------------------------------------------

    def _inserted(self, scanner: Scanner, columns: list[str], table: _Table | None = None) -> Iterator[list[Cell]]:
        """The rows of an INSERT. Where a `table` is given they are only counted, and columns that nothing names get letters."""
        while scanner.take(_OPEN):
            values = list(scanner.values(wanted=table is None))
            if table is not None and not columns:
                columns += [letter(place) for place in range(len(values))]
                table.types.update(dict.fromkeys(columns, ""))
            if len(values) != len(columns):
                raise scanner.broken()
            yield values
            if not scanner.take(_COMMA):
                return

    def _lines(self, scanner: Scanner) -> Iterator[bytes]:
        while True:
            end = self._raw.find(b"\n", scanner.at)
            if end < 0:
                raise SourceBroken(self._where, "FILE_CUT")
            line = self._raw[scanner.at : end].removesuffix(b"\r")
            scanner.at = end + 1
            if line == b"\\.":
                return
            yield line

    def _copied(self, scanner: Scanner, columns: list[str]) -> Iterator[list[Cell]]:
        """The rows of a COPY block."""
        for line in self._lines(scanner):
            cells = line.split(b"\t")
            if len(cells) != len(columns):
                raise scanner.broken()
            yield [None if cell == b"\\N" else self._decode(_plain(cell)) for cell in cells]

    # -- text ---------------------------------------------------------------------------------------------------------

    def _encoding(self) -> str:
        """What the dump says, or what all of it fits."""
        found = _ENCODING.search(self._raw[:100_000])
        said = (found[1] or found[2]).decode().lower() if found else ""
        if known := _ENCODINGS.get(said):
            return known
        try:
            self._raw.decode("utf-8")
        except UnicodeDecodeError:
            return "cp1252"
        return "utf-8"

    def _decode(self, raw: bytes) -> str:
        return raw.decode(self.encoding, "replace")


def _plain(cell: bytes) -> bytes:
    return unescaped(cell) if b"\\" in cell else cell


def _reader(type_: str) -> Callable[[str], Cell]:
    if type_.casefold() in ("bool", "boolean"):
        return lambda text: {"t": True, "f": False, "true": True, "false": False}.get(text.casefold(), text)
    if _INTEGERS.fullmatch(type_):
        return _integer
    return _decimal if _DECIMALS.fullmatch(type_) else str


def _integer(text: str) -> Cell:
    return int(text) if re.fullmatch(r"[+-]?\d{1,30}", text) else text


def _decimal(text: str) -> Cell:
    try:
        number = Decimal(text)
    except InvalidOperation:
        return text
    return number if number.is_finite() else text
