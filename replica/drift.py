"""How the columns of a part differ from what they were: renamed, gone, new, moved, twice, of another type; and what hub.yaml could
say so that they are taken as they are now."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from itertools import pairwise

from config.insertion import scalar
from config.naming import field_name
from connectors.profile import ColumnProfile, Profile

FEW = 3  # filled cells that say nothing of a type
ALIKE = 0.6  # of the signs of two names
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
    """What has changed; unless `whole`, only what concerns columns that are mapped."""
    old, new = ({column.key: column for column in profile} for profile in (before, now))
    gone = [column for column in before if column.key not in new]
    added = [column for column in now if column.key not in old]
    found: list[Finding] = []
    for column in gone:
        fields = fed.fields.get(column.key, ())
        if not (whole or fields):
            continue
        successor = _successor(column, before, now, added)
        if successor is None:
            found.append(Finding("COLUMN_GONE", column.name, column.name, None, params={"fields": ", ".join(fields)}))
            continue
        added.remove(successor)
        found.append(_renamed(column, successor, fields, fed))
    for column in added:
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
    return found


def _successor(
    column: ColumnProfile, before: Profile, now: Profile, added: Sequence[ColumnProfile]
) -> ColumnProfile | None:
    """The new column that a column has become: one with a name like it, else one of its type in its place."""
    likely = [one for one in added if _fits(column, one)]
    by_name = max(likely, key=lambda one: _likeness(column.key, one.key), default=None)
    if by_name is not None and _likeness(column.key, by_name.key) >= ALIKE:
        return by_name
    place = before.index(column)
    if len(before) == len(now) and now[place] in likely and column.type == now[place].type != "empty":
        return now[place]
    return None


def _fits(old: ColumnProfile, new: ColumnProfile) -> bool:
    return "empty" in (old.type, new.type) or _group(old) == _group(new) or min(old.filled, new.filled) < FEW


def _group(column: ColumnProfile) -> str:
    return _GROUPS.get(column.type, column.type)


def _likeness(one: str, other: str) -> float:
    """0 to 1; a name that holds the other whole is like it."""
    words, others = one.split(), other.split()
    if words and others and (set(words) <= set(others) or set(others) <= set(words)):
        return 1.0
    return SequenceMatcher(None, one, other).ratio()


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
    longest: list[list[ColumnProfile]] = []  # the longest rising row that ends with each
    for column in common:
        rows = [row for row in longest if places[row[-1].key] < places[column.key]]
        longest.append([*max(rows, key=len, default=[]), column])
    stayed = {column.key for column in max(longest, key=len, default=[])}
    return [column for column in common if column.key not in stayed]


def _key(name: str) -> str:
    return ColumnProfile(name, "").key
