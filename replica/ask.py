"""What the replica can be asked: conditions, orders, pages and measures over entities and their links, as frozen data.

The comparisons are those of `connectors.select`; a value in them is plain, or a `Slot` that is read from the operation's
variables when the statement is bound, so that one compiled statement serves every value.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from connectors.select import And, Op

Variables = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Slot:
    """A value that is known only when a plan runs. `None` read from it is an explicit null."""

    read: Callable[[Variables], object]


MeasureKind = Literal["count", "sum", "ratio", "avg", "min", "max", "known", "unreadable", "distinct"]


@dataclass(frozen=True, slots=True)
class Measure:
    """One number over a set: count (name ignored), sum, min, max, known (non-null), unreadable (issues on that field),
    distinct (different values), avg (of EXTRA_PLACES more places), ratio (of a field that is the ratio of two others: their
    sums divided, over the records that have both). With a `condition`, over those of the set that satisfy it."""

    kind: MeasureKind
    name: str = ""
    condition: object = None

    @property
    def width(self) -> int:
        """How many columns it takes: what may outgrow 64 bits comes as (high, low)."""
        return 2 if self.kind in ("sum", "avg", "ratio") else 1


COUNT = Measure("count")
EXTRA_PLACES = 4  # an average keeps this many places more than what it is taken of


@dataclass(frozen=True, slots=True)
class Count:
    """`op value` on a number of issues."""

    op: Op
    value: object


@dataclass(frozen=True, slots=True)
class Linked:
    """Quantified partners over a hop: some, none or every partner satisfies `condition`."""

    hop: str
    quantifier: Literal["some", "none", "every"]
    condition: object = And(())


@dataclass(frozen=True, slots=True)
class Measured:
    """`op value` on a measure over the partners of a hop that satisfy `condition`. Of no values only a count is known."""

    hop: str
    measure: Measure
    op: Op
    value: object
    condition: object = And(())


@dataclass(frozen=True, slots=True)
class Matched:
    """Whether a to-one hop has an accepted match; with `methods` (a list or a slot of one) by one of these."""

    hop: str
    missing: bool = False
    methods: object = None


@dataclass(frozen=True, slots=True)
class Within:
    """The record whose code is `value`, and every record below it in the entity's hierarchy."""

    value: object


@dataclass(frozen=True, slots=True)
class HasIssues:
    """Records with (some), without (none) or with a number of issues of these codes and fields."""

    quantifier: Literal["some", "none"] | Count
    codes: object = None
    fields: object = None


@dataclass(frozen=True, slots=True)
class Everything:
    """Start from all records of the entity."""


@dataclass(frozen=True, slots=True)
class ByNode:
    """Start from the records of these identities; bound to a list of `_node` values when the statement runs."""


@dataclass(frozen=True, slots=True)
class Members:
    """Start from the records of some groups at once; bound to a list of tuples: a number of the asker's own, the parent's
    `_id` where the groups start from partners, and the values of the group's keys. Rows stand together by that number."""

    groups: Groups


@dataclass(frozen=True, slots=True)
class Partners:
    """Start from the partners over a hop of many parents at once; bound to a list of their `_id` values.
    `statuses` is a slot, or None for accepted matches."""

    entity: str
    hop: str
    statuses: object = None


Start = Everything | ByNode | Partners | Members


@dataclass(frozen=True, slots=True)
class Sort:
    """One sort key: of the record at the end of `path` (to-one hops) the field or derived value `name`, or, with a `hop` to
    many, a measure over the partners there. Nulls come last unless `nulls_first`, in both directions."""

    path: tuple[str, ...] = ()
    name: str = ""
    hop: str | None = None
    measure: Measure = COUNT
    descending: bool = False
    nulls_first: bool = False

    @property
    def width(self) -> int:
        """How many columns it sorts by."""
        return 1 if self.hop is None else self.measure.width


@dataclass(frozen=True, slots=True)
class Output:
    """One column of the answer, at the end of `path` (to-one hops from the entity asked).

    `kind` says what `name` is: "field" or "derived" of the record there; "own" for one of the hub's columns (`_id`,
    `_node`, `_sort`, `_at`, `_issues`, `_changed`, `_raw`); "part" for a column of the record's part, "tally" for one of the
    part's tally; "match" for a column of the match over the last hop of the path (with an empty path: with the parent)."""

    path: tuple[str, ...]
    kind: Literal["field", "derived", "own", "part", "tally", "match"]
    name: str


@dataclass(frozen=True, slots=True)
class Bound:
    """One end of a keyset page: the values of the order's columns and the tie-break, as a cursor carries them."""

    values: Slot


@dataclass(frozen=True, slots=True)
class Page:
    """At most `size` records after and before the bounds, `offset` skipped; `backward` takes them from the end (the
    answer then comes in reverse). `size` and `offset` are slots of numbers; None means all."""

    size: Slot | None = None
    offset: Slot | None = None
    after: Bound | None = None
    before: Bound | None = None
    backward: bool = False


@dataclass(frozen=True, slots=True)
class Rows:
    """Ask for records. Columns follow `outputs`; from `Partners`, one more column in front holds the parent's `_id` and the
    rows of a parent stand together. `keyed` adds the columns of the order and the tie-break at the end, for cursors."""

    entity: str
    outputs: tuple[Output, ...]
    start: Start = Everything()
    where: object = And(())
    order: tuple[Sort, ...] = ()
    page: Page = Page()
    every_scope: bool = False  # also records that do not count (scope: ALL)
    keyed: bool = False


@dataclass(frozen=True, slots=True)
class Totals:
    """Ask for measures over the same sets as `Rows` without a page; one row for a set, the parent's `_id` in front from
    `Partners`. A parent without partners has no row. A sum of decimals comes as (high, low): see compile."""

    entity: str
    measures: tuple[Measure, ...]
    start: Start = Everything()
    where: object = And(())
    every_scope: bool = False


Unit = Literal["DAY", "MONTH", "QUARTER", "YEAR"]


@dataclass(frozen=True, slots=True)
class Dimension:
    """What to group by: the record at the end of `path` (hops, to one or many), the nearest record at or above it whose level
    is `name`, or the field or derived value `name` of it. Of a date or time in `zone` only the first day of its `unit`; of a
    text without case and accents where `ignore_case` says so."""

    path: tuple[str, ...]
    kind: Literal["record", "above", "value"]
    name: str = ""
    unit: Unit | None = None
    zone: str = ""
    ignore_case: bool = False


@dataclass(frozen=True, slots=True)
class Having:
    """`op value` on a measure of a group."""

    measure: Measure
    op: Op
    value: object


@dataclass(frozen=True, slots=True)
class GroupSort:
    """One sort key of groups: a measure, or None for the keys themselves in their order."""

    measure: Measure | None
    descending: bool = False
    nulls_first: bool = False


@dataclass(frozen=True, slots=True)
class Groups:
    """Ask for groups of the same sets as `Rows` without a page. A record without a partner on a path is in the group of null;
    one with several is in the group of each, and never twice in one group.

    Columns: the parent's `_id` from `Partners`, then one for each key (of a record its `_id`), then one for each key that
    ignores case with the value to show, then `outputs`, whose paths begin with `#n`: the record that is the n-th key, then
    those of the measures."""

    entity: str
    by: tuple[Dimension, ...]
    measures: tuple[Measure, ...] = ()
    outputs: tuple[Output, ...] = ()
    start: Start = Everything()
    where: object = And(())
    every_scope: bool = False
    having: tuple[object, ...] = ()  # of Having, or a condition that never holds
    order: tuple[GroupSort, ...] = ()
    page: Page = Page()


# -- records that the replica writes itself -----------------------------------------------------------------------------------

Form = Literal["plain", "decimal", "boolean", "list", "masked", "thousandths", "time", "id", "freshness"]


@dataclass(frozen=True, slots=True)
class Cell:
    """A stored value as JSON, as the form says: of a decimal `detail` is the scale, of a time the zone, of an id the entity."""

    output: Output
    form: Form = "plain"
    detail: str | int = ""


@dataclass(frozen=True, slots=True)
class Fixed:
    """A text that is known already, or null."""

    text: str | None


@dataclass(frozen=True, slots=True)
class Joined:
    """Texts one after another, with `between` them."""

    outputs: tuple[Output, ...]
    between: str


@dataclass(frozen=True, slots=True)
class CellOf:
    """The name of the cell of a field, from the columns and the grid of its part and its row."""

    outputs: tuple[Output, Output, Output]
    field: Slot


@dataclass(frozen=True, slots=True)
class Item:
    """A member of an issue, by the name under which it is stored."""

    name: str


@dataclass(frozen=True, slots=True)
class IssuesOf:
    """The issues of a record as a list of objects of these members."""

    output: Output
    members: tuple[tuple[str, Json], ...]


@dataclass(frozen=True, slots=True)
class Object:
    """An object with these members."""

    members: tuple[tuple[str, Json], ...]


@dataclass(frozen=True, slots=True)
class Unless:
    """Null where an output is, else `json`."""

    output: Output
    json: Json


@dataclass(frozen=True, slots=True)
class Listed:
    """Of a Listing's members a list: `json` for each record."""

    json: Json


@dataclass(frozen=True, slots=True)
class Counted:
    """Of a Listing's members how many records there are, whatever the page."""


@dataclass(frozen=True, slots=True)
class Listing:
    """An object with lists of a page of partners, which is one record longer than what is listed, those of the record whose
    `_id` is `parent`."""

    rows: Rows
    members: tuple[tuple[str, Json | Listed | Counted], ...]
    parent: Output | None = None


Json = Cell | Fixed | Joined | CellOf | Item | IssuesOf | Object | Unless | Listing
