"""HubConfig: what hub.yaml says after it was read and checked. Everything in it is valid and resolved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Literal, cast

from config.entities import Catalogue, FieldType

if TYPE_CHECKING:
    from config.lines import Lines

Language = Literal["id", "en"]


@dataclass(frozen=True, slots=True)
class Refresh:
    """When a source is synced by itself. `every` is None for manual; `watch` looks at files' times at that interval."""

    every: timedelta | None
    watch: bool = False


@dataclass(frozen=True, slots=True)
class SourceConfig:
    """One legacy application. `options` and each dataset's options are the checked keys of its kind (see config/model.py),
    paths resolved against hub.yaml's folder, secrets filled in."""

    name: str
    kind: Literal["spreadsheet", "sql", "mailbox", "rest", "memory"]
    options: Mapping[str, object] = field(repr=False)  # may hold secrets, like the next
    datasets: Mapping[str, Mapping[str, object]] = field(repr=False)
    refresh: Refresh
    timezone: str
    max_loss: Decimal  # share of records that one sync may lose before the shrink guard stops it, 0..1
    line: int
    column: int = 1

    def renamed(self, dataset: str) -> Mapping[str, str]:
        """What `rename:` of a dataset calls columns."""
        return cast("Mapping[str, str]", self.datasets.get(dataset, {}).get("rename", {}))


@dataclass(frozen=True, slots=True)
class FieldMapping:
    """How columns of a dataset become one field. `columns` of more than one are joined with `join`. `$file`, `$stem` (the file
    without what follows its last dot), `$sheet` and `$folder` stand for where the row is, `$title` and `$leaf` for what was found
    of its table. `field` may also be a reference link; then `within` is the column of the place above."""

    field: str
    type: FieldType | None  # None for a reference link
    columns: tuple[str, ...]
    join: str = "."
    value: str | None = None  # the same for every row, instead of columns
    within: str | None = None
    scale: int = 0
    decimal: Literal[",", "."] | None = None  # pins the decimal sign of the column
    unit: Decimal | None = None  # `unit: 1000` for columns headed "dalam ribuan"
    values: Mapping[str, str] | None = None
    zero_means: Literal["zero", "empty", "unknown"] = "zero"  # unknown: left empty, with an issue
    split: str | None = None
    parts: tuple[int, int] | None = None  # 1-based positions of dot-separated parts to keep
    after: str | None = None  # the value is what follows these words in a line; `pattern` is looked for in that
    pattern: str | None = (
        None  # its first group (or whole match) is the value; `year` and `month` find one by themselves
    )
    optional: bool = False  # a pattern that is not found gives null without an issue
    required: bool = False
    line: int = 0


@dataclass(frozen=True, slots=True)
class EntityMapping:
    """One `from:` of an entity."""

    entity: str
    source: str
    dataset: str
    fields: tuple[FieldMapping, ...]
    duplicates: Literal["reject", "first", "last"] = "reject"
    precedence: int = 0  # lower wins where two mappings of an entity carry the same key and `precedence:` was given
    ranked: bool = False  # `precedence:` was given
    where: Mapping[str, tuple[str, ...]] | None = None  # rows are taken only if each column holds one of the values
    line: int = 0


@dataclass(frozen=True, slots=True)
class HubConfig:
    """The whole configuration. `catalogue` holds the entities that have a mapping, and the system ones."""

    path: Path
    name: str
    notice: str | None  # shown with every answer and page: "DATA CONTOH, bukan data resmi"
    language: Language
    timezone: str
    replica: str  # path of the SQLite file, or the URL of a PostgreSQL database
    cors: tuple[str, ...]
    sources: Mapping[str, SourceConfig]
    catalogue: Catalogue
    mappings: tuple[EntityMapping, ...]
    secrets: tuple[str, ...] = field(repr=False)  # values never to be printed
    home: tuple[str, ...] = ()  # saved questions whose tables stand on the first page
    cache: str = field(default="memory", repr=False)  # where answers are kept: memory, off, or the URL of a Redis
    digest: str = ""  # of hub.yaml as it was read
    lines: Lines | None = field(default=None, compare=False, repr=False)  # where in it things stand

    @property
    def display_name(self) -> str:
        """The hub's name as it is shown everywhere: a notice ends it."""
        return f"{self.name} ({self.notice})" if self.notice else self.name


def default_language(environ: Mapping[str, str]) -> Language:
    """The language where hub.yaml names none: SIMPUL_LANG, the system's, Indonesian."""
    for name in ("SIMPUL_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        value = environ.get(name, "").lower()[:2]
        if value == "en":
            return "en"
        if value == "id":
            return "id"
    return "id"
