"""Whether a running total of the year seems to have become a monthly one: in the parts of a dataset that name their months it rose,
row by row, and then fell. A suspicion, told with its figures."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from config.hub import EntityMapping, FieldMapping
from connectors.around import find_month, find_year
from connectors.cells import Unreadable
from connectors.dates import MONTHS
from replica.drift import RESTARTED, Finding
from replica.session import Session
from replica.tables import EntityTable

FEW = 5  # rows in common that say nothing
RUNNING = 0.95  # of the rows do not fall while a total runs
RISING = 0.3  # of them rise
FALLEN = 0.3  # of the rows fall where it begins anew
LESS = Decimal("0.9")  # of the sum before
MOST_ROWS = 50_000  # of a part that is looked into

Amounts = Mapping[tuple[object, ...], int]
"""What stands in a column, by the key of each row."""


@dataclass(frozen=True, slots=True)
class _Monthly:
    """A part that names a month. `series` is what it is called without it, and its year."""

    id: int
    key: str
    series: tuple[str, ...]
    month: int


def restart_of(months: Sequence[Amounts]) -> tuple[int, Finding] | None:
    """Where the last of a series of months seems to begin anew, and the finding without its names: two steps at least on which a
    total ran, then one on which many rows fell and the sum too."""
    ran = 0
    for place in range(1, len(months)):
        before, now = months[place - 1], months[place]
        pairs = [(before[key], now[key]) for key in before.keys() & now.keys()]
        total, after = sum(pair[0] for pair in pairs), sum(pair[1] for pair in pairs)
        fallen = sum(new < old for old, new in pairs)
        risen = sum(new > old for old, new in pairs)
        if len(pairs) < FEW:
            ran = 0
        elif ran >= 2 and fallen >= FALLEN * len(pairs) and after < LESS * total:
            return place, Finding(RESTARTED, "", str(total), str(after), params={"fallen": fallen, "rows": len(pairs)})
        elif fallen <= (1 - RUNNING) * len(pairs) and risen >= RISING * len(pairs):
            ran += 1
        else:
            ran = 0
    return None


def find_restarts(db: Session, table: EntityTable, mapping: EntityMapping) -> dict[str, list[Finding]]:
    """The findings of each part of a mapping, by its key."""
    key = _own_key(table, mapping)
    amounts = [one for one in mapping.fields if one.type is not None and one.type.is_decimal and _is_read(one)]
    if not key or not amounts:
        return {}
    found: dict[str, list[Finding]] = {}
    for series in _series(db, mapping):
        for one in amounts:
            restart = restart_of([_amounts(db, table, part.id, key, one.field) for part in series])
            if restart is not None:
                place, finding = restart
                declared = table.entity.field(one.field)
                scale = declared.scale if declared else 0
                was, now = (_plain(text, scale) for text in (finding.was, finding.now))
                told = Finding(RESTARTED, one.columns[0], was, now, params=finding.params)
                found.setdefault(series[place].key, []).append(told)
    return found


def _series(db: Session, mapping: EntityMapping) -> Iterable[list[_Monthly]]:
    parts = db.execute(
        "SELECT id, key, file, sheet FROM part WHERE (source, dataset, entity) = (?, ?, ?)",
        (mapping.source, mapping.dataset, mapping.entity),
    ).fetchall()
    series: dict[tuple[str, ...], list[_Monthly]] = {}
    for part in parts:
        if (one := _monthly(*part)) is not None:
            series.setdefault(one.series, []).append(one)
    # one that has the same month twice is no series of months
    return [
        sorted(many, key=lambda one: one.month)
        for many in series.values()
        if len(many) > 3 and len({one.month for one in many}) == len(many)
    ]


def _monthly(id_: int, key: str, file: str | None, sheet: str | None) -> _Monthly | None:
    stem = (file or "").rpartition(".")[0]
    for named, other in ((stem, sheet or ""), (sheet or "", stem)):
        try:
            month = int(find_month(named))
        except Unreadable:
            continue
        rest = " ".join(word for word in re.findall(r"[a-z]+", named.lower()) if word not in MONTHS)
        folder = key.partition("#")[0].rpartition("/")[0]
        return _Monthly(id_, key, (rest, _year(f"{named} {other}"), other, folder), month)
    return None


def _year(text: str) -> str:
    try:
        return find_year(text)
    except Unreadable:
        return ""


def _own_key(table: EntityTable, mapping: EntityMapping) -> list[str]:
    """The columns by which a row is known again in another month."""
    fed = {one.field: one for one in mapping.fields}
    names = [name for name in table.entity.key if name in fed and _is_read(fed[name])]
    known = {name: f"c_{name}" for name in names if table.entity.field(name) is not None}
    return [column for column in known.values() if column in table.table.c]


def _is_read(field: FieldMapping) -> bool:
    """Whether it comes from the rows themselves, not from around them."""
    return bool(field.columns) and not any(name.startswith("$") for name in field.columns)


def _amounts(db: Session, table: EntityTable, part: int, key: Sequence[str], field: str) -> Amounts:
    names = ", ".join(f'"{name}"' for name in (*key, f"c_{field}"))
    rows = db.execute(
        f'SELECT {names} FROM "{table.table.name}" WHERE _part = ? AND "c_{field}" IS NOT NULL LIMIT {MOST_ROWS}',
        (part,),
    ).fetchall()
    return {tuple(row[:-1]): int(row[-1]) for row in rows}


def _plain(amount: str | None, scale: int) -> str:
    number = Decimal(amount or 0).scaleb(-scale)
    return format(number.quantize(Decimal(1)) if number == number.to_integral_value() else number, "f")
