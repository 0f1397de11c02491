"""What is known of an endpoint of a web API before it is asked: where its list stands, and how its records are asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from connectors.errors import SourceBroken
from connectors.paging import Paging

Format = Literal["json", "ndjson"]


@dataclass(frozen=True, slots=True)
class Ids:
    """How records are asked for by their keys: `size` of them at once in `param`, with `separator` between them; None: the
    parameter is repeated."""

    param: str
    separator: str | None = ","
    size: int = 50


@dataclass(frozen=True, slots=True)
class RestDataset:
    """An endpoint: its path below the source's URL, where the list stands in the body (dotted; None: it is the body), the
    property that tells rows apart (dotted where it stands in an inner object), and how rows are asked for by it. In `ndjson` each
    line is a row."""

    path: str
    list_at: str | None = None
    paging: Paging | None = None
    params: Mapping[str, str] = field(default_factory=dict)
    key: str | None = None
    ids: Ids | None = None
    format: Format = "json"


def questions_of(dataset: RestDataset, keys: Sequence[str], where: str) -> list[Mapping[str, Any]]:
    """The parameters of each request for rows by their keys. Raises SourceBroken for a key that can't be asked for."""
    ids = dataset.ids
    if ids is None or dataset.key is None:
        raise SourceBroken(where, "IDS_UNDECLARED")
    distinct = list(dict.fromkeys(keys))
    if ids.separator is not None and any(ids.separator in key for key in distinct):
        raise SourceBroken(where, "IDS_SEPARATOR", separator=ids.separator)
    chunks = [distinct[start : start + ids.size] for start in range(0, len(distinct), ids.size)]
    return [{ids.param: chunk if ids.separator is None else ids.separator.join(chunk)} for chunk in chunks]
