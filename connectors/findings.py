"""What was found in a file of tables: the records that `simpul inspect` prints. Rows count from 1, columns go by their letters,
as people see them in Excel."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from connectors.errors import SourceError


@dataclass(frozen=True, slots=True)
class ColumnFound:
    """A column: its letter and its name, joined from all levels of the head; its type with the share of its cells that can be read
    as that (None if it is empty); whether it may be a key. `decimal` is the sign that amounts written as text have, `dates` the
    order of days written as text; `filled` counts cells."""

    column: str
    name: str
    type: str
    readable: float | None
    key: bool
    filled: int
    unit: str | None = None
    decimal: str | None = None
    dates: str | None = None
    mask: str | None = None
    hidden: bool = False
    samples: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TotalFound:
    """A total that the sheet states, beside the sum of the rows that were taken for it."""

    column: str
    row: int
    stated: Decimal
    total: Decimal
    agrees: bool
    rows: tuple[int, int]
    leaves_only: bool


@dataclass(frozen=True, slots=True)
class Line:
    """A line of text outside of the table: a title, a note; with a `key` if it is a line of a form (`SKPD : Dinas Kesehatan`)."""

    row: int
    text: str
    key: str | None = None


@dataclass(frozen=True, slots=True)
class Note:
    """Something to know about a table: a code of `connectors.messages` with what fills its sentence, and the rows it is about."""

    code: str
    params: Mapping[str, object] = field(default_factory=dict)
    rows: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class TableFound:
    """One table. `header_rows` and `data_rows` are the first and last, None if there are none; `row_count` counts the records in
    between, `leaf_count` those without children where parents and children share the table."""

    sheet: str | None
    visible: bool
    header_rows: tuple[int, int] | None
    data_rows: tuple[int, int] | None
    row_count: int
    total_rows: tuple[int, ...] = ()
    group_rows: tuple[int, ...] = ()
    repeated_rows: tuple[int, ...] = ()
    numbering_rows: tuple[int, ...] = ()
    unfilled_rows: tuple[int, ...] = ()
    leaf_count: int | None = None
    titles: tuple[Line, ...] = ()
    footers: tuple[Line, ...] = ()
    columns: tuple[ColumnFound, ...] = ()
    control_totals: tuple[TotalFound, ...] = ()
    notes: tuple[Note, ...] = ()
    key: tuple[str, ...] = ()  # of a database: the columns by which it tells rows apart


@dataclass(frozen=True, slots=True)
class SheetFound:
    """What was found in one sheet: its tables, or lines of text where there is none, or why it can't be read."""

    name: str | None
    visible: bool
    tables: tuple[TableFound, ...] = ()
    lines: tuple[Line, ...] = ()


@dataclass(frozen=True, slots=True)
class FileFound:
    """What was found in one file. `format` is what it is by its content, None if that is not known; `details` how a csv file was
    read; `problems` what could not be read. `member` is the file inside of the zip that `file` names last."""

    file: str
    format: str | None
    details: str | None = None
    sheets: tuple[SheetFound, ...] = ()
    problems: tuple[SourceError, ...] = ()
    member: str | None = None

    @property
    def path(self) -> str:
        """The file on the disk: the zip of a member."""
        return self.file if self.member is None else self.file.removesuffix(f" › {self.member}")
