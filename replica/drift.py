"""How the columns of a part differ from what they were: renamed, gone, new, moved, twice, of another type; and what hub.yaml could
say so that they are taken as they are now."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import SequenceMatcher
from itertools import pairwise

from config.insertion import scalar
from config.naming import field_name
from connectors.personal import mask_personal
from connectors.profile import ColumnProfile, Profile

FEW = 3  # filled cells that say nothing of a type
ALIKE = 0.6  # of the signs of two names
MOST_COMPARED = 250  # columns, gone or new, whose names are compared
_GROUPS = {"int": "number", "decimal": "number", "money": "number", "datetime": "date"}
RESTARTED = "TOTAL_RESTARTED"
HARMLESS = ("COLUMN_MOVED", RESTARTED)
"""What breaks no contract: columns are found by their names, and a total says nothing for certain."""
WRONG = ("COLUMN_TWICE", "DATES_FLIPPED")
"""What would make wrong values of a column that is mapped: no contract lets it in."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One difference. `was` and `now` are names or types; `line` is what could be written into hub.yaml, below `place`."""

    code: str
    column: str
    was: str | None = None
    now: str | None = None
    place: str | None = None
    line: str | None = None
    params: Mapping[str, object] = field(default_factory=dict)

    def told(self) -> dict[str, object]:
        """What fills its sentence, and the proposal."""
        named = {"column": self.column, "was": self.was, "now": self.now, "place": self.place, "line": self.line}
        return {**self.params, **named}


@dataclass(frozen=True, slots=True)
class Fed:
    """What is made of a dataset's columns: the fields that each feeds, as `Proposal.title`, by its key; columns that `rename` calls
    otherwise already; the first entity, for a field of its own."""

    source: str
    dataset: str
    entity: str
    fields: Mapping[str, Sequence[str]]
    rename: Mapping[str, str]
    taken: frozenset[str] = frozenset()  # names of fields, in small letters

    def of(self, column: str) -> Sequence[str]:
        """The fields that a column feeds."""
        return self.fields.get(_key(column), ())


def usual(profiles: Sequence[Profile]) -> Profile:
    """What most of the parts of a dataset look like, the first of them where they are of two minds."""
    columns: list[ColumnProfile] = []
    by_key = [{column.key: column for column in profile} for profile in profiles]
    for key in dict.fromkeys(column.key for profile in profiles for column in profile):
        found = [columns_of[key] for columns_of in by_key if key in columns_of]
        if 2 * len(found) > len(profiles) or (2 * len(found) == len(profiles) and key in by_key[0]):
            types = Counter(column.type for column in found if column.filled >= FEW)
            common = next(iter(types.most_common(1)), (found[0].type, 0))[0]
            columns.append(next((one for one in found if one.type == common and one.filled >= FEW), found[0]))
    return tuple(columns)


def differences(before: Profile, now: Profile, fed: Fed, *, whole: bool) -> list[Finding]:
    """What has changed; unless `whole`, only what concerns columns that are mapped. No name is told that may be the cell of a row,
    and none with a personal number."""
    old, new = ({column.key: column for column in profile} for profile in (before, now))
    meant = [column for column in before if whole or column.key in fed.fields]
    gone = [column for column in meant if column.key not in new]
    added = {column.key: column for column in now if column.key not in old}
    by_name = _alike(gone, added, fed)
    if added and 2 * (len(meant) - len(gone) + len(by_name)) < len(meant):
        return [Finding("HEADER_OTHER", "-", params={"gone": len(gone), "agreed": len(meant)})]
    found: list[Finding] = []
    for column in gone:
        fields = fed.fields.get(column.key, ())
        successor = by_name.get(column.key) or _in_its_place(column, before, now, added)
        if successor is None:
            found.append(Finding("COLUMN_GONE", column.name, column.name, None, params={"fields": ", ".join(fields)}))
            continue
        added.pop(successor.key, None)
        found.append(_renamed(column, successor, fields, fed))
    for column in added.values():
        first = column.name.removesuffix(" (2)")
        if first != column.name and fed.of(first):
            found.append(Finding("COLUMN_TWICE", first, first, column.label, params={"label": column.label}))
        elif whole:
            found.append(_new(column, fed))
    for column in now:
        if column.key in old and (whole or column.key in fed.fields):
            found += _otherwise(old[column.key], column)
    if whole:
        found += [Finding("COLUMN_MOVED", c.name, old[c.key].label, c.label) for c in _moved(before, now)]
    return [_masked(one, fed) for one in found]


def _masked(finding: Finding, fed: Fed) -> Finding:
    """Without personal numbers in names that hub.yaml doesn't have; what would have to be written with one is left out."""
    column = finding.column if fed.of(finding.column) else mask_personal(finding.column)
    was, now = (None if text is None else mask_personal(text) for text in (finding.was, finding.now))
    label = finding.params.get("label")
    params = finding.params if label is None else {**finding.params, "label": mask_personal(str(label))}
    shown = replace(finding, column=column, was=was, now=now, params=params)
    is_whole = (column, now) == (finding.column, finding.now)
    return shown if is_whole else replace(shown, place=None, line=None)


def _alike(gone: Sequence[ColumnProfile], added: Mapping[str, ColumnProfile], fed: Fed) -> dict[str, ColumnProfile]:
    """The new columns that columns have become by their names, by the keys of these; of very many, those that are mapped first."""
    chosen = sorted(gone, key=lambda column: not fed.fields.get(column.key))[:MOST_COMPARED]
    left = dict([*added.items()][:MOST_COMPARED])
    found: dict[str, ColumnProfile] = {}
    for column in sorted(chosen, key=gone.index):
        likely = [one for one in left.values() if _fits(column, one)]
        if (name := _most_like(column.key, [one.key for one in likely])) is not None:
            found[column.key] = left.pop(name)
    return found


def _in_its_place(
    column: ColumnProfile, before: Profile, now: Profile, added: Mapping[str, ColumnProfile]
) -> ColumnProfile | None:
    """The new column of its type that stands where a column stood."""
    if len(before) != len(now):
        return None
    there = now[before.index(column)]
    return there if there.key in added and _fits(column, there) and column.type == there.type != "empty" else None


def _fits(old: ColumnProfile, new: ColumnProfile) -> bool:
    return "empty" in (old.type, new.type) or _group(old) == _group(new) or min(old.filled, new.filled) < FEW


def _group(column: ColumnProfile) -> str:
    return _GROUPS.get(column.type, column.type)


def _most_like(name: str, others: Sequence[str]) -> str | None:
    """The first of the names that are most like one, if any is; a name that holds the other whole is like it. Most of them are
    ruled out by what is quickly counted."""
    words, matcher = set(name.split()), SequenceMatcher(b=name)
    best, highest = None, 0.0
    for other in others:
        its = set(other.split())
        if words and its and (words <= its or its <= words):
            return other
        matcher.set_seq1(other)
        least = max(ALIKE, highest)
        if matcher.real_quick_ratio() >= least and matcher.quick_ratio() >= least:
            ratio = matcher.ratio()
            if ratio >= ALIKE and ratio > highest:
                best, highest = other, ratio
    return best


def _renamed(old: ColumnProfile, new: ColumnProfile, fields: Sequence[str], fed: Fed) -> Finding:
    names = {**fed.rename, new.name: old.name}
    line = "rename: {" + ", ".join(f"{scalar(now)}: {scalar(was)}" for now, was in names.items()) + "}"
    place = f"sources.{fed.source}.datasets.{fed.dataset}"
    params = {"fields": ", ".join(fields)}
    if not fields:
        return Finding("COLUMN_RENAMED", old.name, old.name, new.name, params=params)
    return Finding("COLUMN_RENAMED", old.name, old.name, new.name, place, line, params)


def _new(column: ColumnProfile, fed: Fed) -> Finding:
    type_ = "text" if column.type == "empty" else column.type
    name = field_name(column.name, fed.taken)
    line = f"{name}: {{column: {scalar(column.name)}, type: {type_}}}"
    return Finding("COLUMN_NEW", column.name, None, column.name, f"entities.{fed.entity}.fields", line)


def _otherwise(old: ColumnProfile, new: ColumnProfile) -> list[Finding]:
    """How the content of a column has changed."""
    if min(old.filled, new.filled) < FEW:
        return []
    if _group(old) == "date" and new.dates == "M/D/Y" != old.dates:  # which are read as D/M/Y, wherever they can be
        return [Finding("DATES_FLIPPED", old.name, "D/M/Y", new.dates)]
    if _group(old) != _group(new) and _group(old) != "text" and (_group(old), _group(new)) != ("code", "text"):
        params = {"share": round(100 * (old.readable or 0))}
        return [Finding("COLUMN_RETYPED", old.name, old.type, new.type, params=params)]
    if _group(old) == "number" and old.decimal and new.decimal and old.decimal != new.decimal:
        return [Finding("DECIMALS_FLIPPED", old.name, old.decimal, new.decimal)]
    return []


def _moved(before: Profile, now: Profile) -> list[ColumnProfile]:
    """The fewest columns of which one can say that they have moved past the others."""
    places = {column.key: place for place, column in enumerate(before)}
    common = [column for column in now if column.key in places]
    if all(places[one.key] < places[other.key] for one, other in pairwise(common)):
        return []
    lasts: list[int] = []  # the lowest places with which rising rows of 1, 2, 3 … columns end
    ends: list[int] = []  # the columns there, by their place in `common`
    befores: list[int | None] = []  # what stands before each column in the longest rising row that ends with it
    for at, column in enumerate(common):
        length = bisect_left(lasts, places[column.key])
        befores.append(ends[length - 1] if length else None)
        lasts[length : length + 1] = [places[column.key]]
        ends[length : length + 1] = [at]
    stayed: set[str] = set()
    step: int | None = ends[-1]
    while step is not None:
        stayed.add(common[step].key)
        step = befores[step]
    return [column for column in common if column.key not in stayed]


def _key(name: str) -> str:
    return ColumnProfile(name, "").key
