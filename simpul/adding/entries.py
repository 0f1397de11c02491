"""What is added to hub.yaml: sources, entities with their fields, links, and what is said beside them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from simpul.adding.shapes import Options, SheetTable


@dataclass(frozen=True, slots=True)
class Remark:
    """What is said beside an entry, as a code with what fills its sentence."""

    code: str
    params: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FieldDraft:
    """A field and the column that it comes from. `type` is None for one that is built in."""

    name: str
    column: str
    type: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    remarks: tuple[Remark, ...] = ()


@dataclass(frozen=True, slots=True)
class DatasetDraft:
    """A dataset and the tables that it reads."""

    name: str
    options: Options
    tables: tuple[SheetTable, ...]
    remarks: tuple[Remark, ...] = ()

    @property
    def row_count(self) -> int:
        """How many records the understanding found."""
        return sum(one.table.row_count for one in self.tables)


@dataclass(frozen=True, slots=True)
class SourceDraft:
    """A source of files; of another kind if it has `options`."""

    name: str
    paths: tuple[str, ...]
    datasets: tuple[DatasetDraft, ...]
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class EntityDraft:
    """An entity and where its records come from. Without a `key`, its records are known by `fingerprint`. `more` says that the
    entity is there without it: this is one more mapping, and neither is written."""

    name: str
    builtin: bool
    datasets: tuple[tuple[str, str], ...]
    fields: tuple[FieldDraft, ...]
    key: tuple[str, ...] = ()
    fingerprint: tuple[str, ...] = ()
    remarks: tuple[Remark, ...] = ()
    more: bool = False
    preferred: tuple[str, ...] = ()  # what its database tells its records apart by


@dataclass(frozen=True, slots=True)
class LinkDraft:
    """A link by equal values. A built-in one has neither `to` nor `inverse`."""

    source: str
    name: str
    pair: tuple[str, str]
    to: str | None = None
    inverse: str | None = None
    many: bool = True
    remarks: tuple[Remark, ...] = ()


@dataclass(frozen=True, slots=True)
class Draft:
    """Everything that is added at once."""

    sources: tuple[SourceDraft, ...] = ()
    entities: tuple[EntityDraft, ...] = ()
    links: tuple[LinkDraft, ...] = ()
