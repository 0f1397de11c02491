"""The entries of a draft as lines of hub.yaml, with remarks in its language."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from config.insertion import Lines, scalar
from config.mappings import AROUND
from simpul.adding.entries import DatasetDraft, Draft, EntityDraft, FieldDraft, LinkDraft, Remark, SourceDraft
from simpul.sources import is_address

WIDTH = 110
_AROUND = {column: name for name, column in AROUND.items()}
Say = Callable[[Remark], str]
"""The sentence of a remark."""


def entries_of(draft: Draft, say: Say) -> Mapping[str, Sequence[Lines]]:
    """The entries of each section."""
    return {
        "sources": [_source(source, say) for source in draft.sources],
        "entities": [_entity(entity, say) for entity in draft.entities if not entity.more],
        "links": [_link(link, say) for link in draft.links],
    }


def _source(source: SourceDraft, say: Say) -> list[str]:
    paths = [scalar(path) for path in source.paths]
    lines = [f"{source.name}:"]
    if source.options:
        lines += [f"  {name}: {_flow(value)}" for name, value in source.options.items()]
    else:
        lines += ["  kind: spreadsheet"]
        lines += [f"  path: {paths[0]}"] if len(paths) == 1 else ["  path:", *(f"    - {path}" for path in paths)]
        lines += ["  refresh: 10m" if is_address(source.paths[0]) else "  refresh: watch"]
    lines += ["  datasets:"]
    for dataset in source.datasets:
        lines += _dataset(dataset, say)
    return lines


def _dataset(dataset: DatasetDraft, say: Say) -> list[str]:
    options = [f"      {name}: {_flow(value)}" for name, value in dataset.options.items()]
    return [f"    {dataset.name}:", *_remarks(dataset.remarks, say, 6), *options]


def _entity(entity: EntityDraft, say: Say) -> list[str]:
    remarks = _remarks(entity.remarks, say, 2)
    return [f"{entity.name}:", *remarks, *(f"  {line}" for line in mapping_of(entity, say))]


def mapping_of(entity: EntityDraft, say: Say) -> list[str]:
    """A mapping of an entity, indented from column 1."""
    sources = [f"{source}.{dataset}" for source, dataset in entity.datasets]
    lines = [f"from: {sources[0]}"] if len(sources) == 1 else ["from:", *(f"  - {one}" for one in sources)]
    if entity.key and not entity.more:
        lines.append(f"key: [{', '.join(entity.key)}]")
    elif entity.fingerprint and not entity.more:
        lines.append(f"fingerprint: [{', '.join(entity.fingerprint)}]")
    lines.append("fields:")
    for field in entity.fields:
        lines += [*_remarks(field.remarks, say, 2), f"  {field.name}: {_field(field)}"]
    return lines


def _field(field: FieldDraft) -> str:
    if field.type is None and not field.options and field.column not in _AROUND:
        return scalar(field.column)
    around = _AROUND.get(field.column)
    options: dict[str, Any] = {"from": around} if around else {"column": field.column}
    if field.type is not None:
        options["type"] = field.type
    return _flow({**options, **field.options})


def _flow(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{scalar(name)}: {_flow(inner)}" for name, inner in value.items()) + "}"
    if isinstance(value, tuple):
        return f"[{', '.join(map(_flow, value))}]"
    return scalar(str(value))


def _link(link: LinkDraft, say: Say) -> list[str]:
    lines = [f"{link.source}.{link.name}:", *_remarks(link.remarks, say, 2)]
    if link.to is not None:
        lines += [f"  to: {link.to}", f"  inverse: {link.inverse}"]
        lines += [] if link.many else ["  many: false"]
    return [*lines, "  rules:", f"    - key: {{{link.pair[0]}: {link.pair[1]}}}"]


def _remarks(remarks: Iterable[Remark], say: Say, indent: int) -> list[str]:
    lines = [line for remark in remarks for line in textwrap.wrap(_printable(say(remark)), WIDTH - indent)]
    return [f"{' ' * indent}# {line}" for line in lines]


def _printable(text: str) -> str:
    return "".join(sign if sign.isprintable() else " " for sign in text)
