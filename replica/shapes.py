"""What each part of a dataset looked like when it was agreed upon, what it looks like now, and whether its contract lets it in.

Agreed is what a part looked like when it was first read as hub.yaml now says; a part that is new is compared with what most of the
others look like. `sync --force` agrees to what is there."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import orjson

from config.entities import Catalogue
from config.hub import EntityMapping, SourceConfig
from connectors.columns import plain_name
from connectors.profile import ColumnProfile, Profile
from replica.drift import HARMLESS, RESTARTED, WRONG, Fed, Finding, differences, usual
from replica.session import Session

AGREED = "agreed"
"""Among the params of a finding about totals that was agreed to; others are no longer findings then."""
Key = tuple[str, str]
"""A dataset and the key of a part."""


@dataclass(frozen=True, slots=True)
class Shape:
    """A part: what was agreed (nothing of a part that came otherwise than the others), what was last seen, how it differs. `mark`
    stands for how hub.yaml said that it is read."""

    label: str
    mark: str
    base: Profile
    seen: Profile
    findings: tuple[Finding, ...] = ()
    since: Mapping[str, str] = field(default_factory=dict)  # when a finding was first made, by its code and column

    def broken(self, fed: Fed, *, is_frozen: bool) -> list[Finding]:
        """What keeps it out: with a contract that is frozen anything, else what would make wrong values."""
        if is_frozen:
            return [one for one in self.findings if one.code not in HARMLESS]
        return [one for one in self.findings if one.code in WRONG and fed.of(one.column)]


def judge(
    seen: Mapping[str, tuple[str, Profile]],
    known: Mapping[str, Shape],
    mark: str,
    fed: Fed,
    *,
    is_strict: bool,
    force: bool,
) -> dict[str, Shape]:
    """The shapes of the parts of a dataset that were read, by their keys, from the label and profile of each. `is_strict`: also
    columns that nothing is made of count between parts."""
    if force:
        return {key: Shape(label, mark, profile, profile) for key, (label, profile) in seen.items()}
    agreed = {key: shape for key, shape in known.items() if shape.mark == mark}
    others = [shape.base or shape.seen for shape in sorted(agreed.values(), key=lambda shape: not shape.base)]
    new = {key: profile for key, (_, profile) in seen.items() if key not in agreed}
    common = usual([*others, *new.values()]) if len(others) + len(new) > 1 else ()
    shapes = {}
    for key, (label, profile) in seen.items():
        shape = agreed.get(key)
        base = shape.base if shape else ()
        found = differences(base or common or profile, profile, fed, whole=bool(base) or is_strict)
        shapes[key] = Shape(
            label, mark, base if found else base or profile, profile, tuple(found), shape.since if shape else {}
        )
    return shapes


def fed_by(mappings: Sequence[EntityMapping], rename: Mapping[str, str], catalogue: Catalogue) -> Fed:
    """What some mappings make of the columns of their dataset."""
    fields: dict[str, list[str]] = {}
    for mapping in mappings:
        for one in mapping.fields:
            for name in (*one.columns, *([one.within] if one.within else [])):
                if not name.startswith("$"):
                    fields.setdefault(plain_name(name), []).append(f"{mapping.entity}.{one.field}")
        for name in mapping.where or ():
            fields.setdefault(plain_name(name), []).append(f"{mapping.entity}.where")
    first = mappings[0]
    taken = frozenset(one.name.casefold() for one in catalogue[first.entity].fields)
    return Fed(first.source, first.dataset, first.entity, fields, rename, taken)


def mark_of(mappings: Sequence[EntityMapping], source: SourceConfig) -> str:
    """Stands for how hub.yaml says that a dataset is read, wherever it says it."""
    plain = [replace(m, line=0, fields=tuple(replace(one, line=0) for one in m.fields)) for m in mappings]
    layout = sorted(source.datasets.get(mappings[0].dataset, {}).items())
    return hashlib.sha256(repr((plain, layout)).encode()).hexdigest()[:32]


# -- in the replica ---------------------------------------------------------------------------------------------------


def load_shapes(db: Session, source: str) -> dict[Key, Shape]:
    """What the replica knows of the parts of a source."""
    rows = db.execute("SELECT dataset, key, label, mark, base, seen, found FROM shape WHERE source = ?", (source,))
    return {(row[0], row[1]): _loaded(*row[2:]) for row in rows.fetchall()}


def save_shapes(db: Session, source: str, shapes: Mapping[Key, Shape], now: str) -> None:
    """Writes what was seen of some parts, as far as it differs. What their totals say stays until it is looked at again."""
    known = load_shapes(db, source)
    for key, shape in shapes.items():
        there = known.get(key)
        totals = tuple(one for one in there.findings if one.code == RESTARTED) if there else ()
        since = {**(there.since if there else {}), **shape.since}
        _write(db, source, key, replace(shape, findings=(*shape.findings, *totals), since=since), there, now)


def save_restarts(db: Session, source: str, dataset: str, found: Mapping[str, Sequence[Finding]], now: str) -> None:
    """Writes which totals of the parts of a dataset seem to begin anew, in place of those that did before. What was agreed to
    stays so."""
    for key, shape in load_shapes(db, source).items():
        if key[0] != dataset:
            continue
        agreed = {one.column for one in shape.findings if one.code == RESTARTED and one.params.get(AGREED)}
        columns = [one for one in shape.findings if one.code != RESTARTED]
        totals = [
            replace(one, params={**one.params, AGREED: True}) if one.column in agreed else one
            for one in found.get(key[1], ())
        ]
        _write(db, source, key, replace(shape, findings=(*columns, *totals)), shape, now)


def agree(db: Session, source: str) -> None:
    """Agrees to what was last seen of every part of a source."""
    for key, shape in load_shapes(db, source).items():
        totals = [replace(one, params={**one.params, AGREED: True}) for one in shape.findings if one.code == RESTARTED]
        _write(db, source, key, replace(shape, base=shape.seen, findings=tuple(totals)), shape, "")


def _write(db: Session, source: str, key: Key, shape: Shape, there: Shape | None, now: str) -> None:
    dated = replace(shape, since={_name(one): shape.since.get(_name(one), now) for one in shape.findings})
    if there == dated:
        return
    db.execute("DELETE FROM shape WHERE (source, dataset, key) = (?, ?, ?)", (source, *key))
    values = (dated.label, dated.mark, _json(dated.base), _json(dated.seen), _written(dated))
    db.execute("INSERT INTO shape VALUES (?, ?, ?, ?, ?, ?, ?, ?)", (source, *key, *values))


def drift_of(db: Session, source: str) -> list[dict[str, Any]]:
    """The findings that stand for a source, each with its dataset and part, and since when."""
    return [
        {"dataset": dataset, "part": shape.label, "since": shape.since.get(_name(one)), **asdict(one)}
        for (dataset, _), shape in sorted(load_shapes(db, source).items())
        for one in shape.findings
        if not one.params.get(AGREED)
    ]


def _name(finding: Finding) -> str:
    return f"{finding.code} {finding.column}"


def _json(profile: Profile) -> str:
    return orjson.dumps([[c.name, c.label, c.type, c.readable, c.filled, c.decimal, c.dates] for c in profile]).decode()


def _written(shape: Shape) -> str:
    return orjson.dumps([{**asdict(one), "since": shape.since.get(_name(one))} for one in shape.findings]).decode()


def _loaded(label: str, mark: str, base: str, seen: str, found: str) -> Shape:
    told: Sequence[dict[str, Any]] = orjson.loads(found)
    since = {f"{one['code']} {one['column']}": one.pop("since") for one in told}
    return Shape(label, mark, _profile(base), _profile(seen), tuple(Finding(**one) for one in told), since)


def _profile(text: str) -> Profile:
    return tuple(ColumnProfile(*column) for column in orjson.loads(text))
