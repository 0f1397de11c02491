"""What became of the rows of each dataset: every row that was seen is a record, a reject, or set aside for a reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from replica.database import Database
from replica.session import Session
from replica.system import system_entity


@dataclass(slots=True)
class Account:
    """What became of the rows of a dataset on their way to an entity: `seen` are `records`, `rejects` and those `aside`, by
    reason and setting, together. `seen` is None as long as one of its parts has not been counted. `issues` are those of its
    records."""

    dataset: str
    entity: str
    seen: int | None = 0
    records: int = 0
    rejects: int = 0
    issues: int = 0
    aside: Counter[tuple[str, str | None]] = field(default_factory=Counter)

    @property
    def set_aside(self) -> int:
        """How many rows were set aside."""
        return self.aside.total()

    def told(self) -> dict[str, object]:
        """The account as the replica keeps it with its source."""
        aside = [{"reason": reason, "setting": setting, "rows": rows} for (reason, setting), rows in self.aside.items()]
        return {
            "dataset": self.dataset,
            "entity": self.entity,
            "rowsSeen": self.seen,
            "records": self.records,
            "rejects": self.rejects,
            "issues": self.issues,
            "setAside": aside,
        }


def accounts_of(db: Session, database: Database, source: str) -> list[Account]:
    """The accounts of a source as its parts stand in the replica now, by dataset and entity."""
    found: dict[tuple[str, str], Account] = {}
    parts = db.execute(
        "SELECT p.id, p.dataset, p.entity, t.seen FROM part p LEFT JOIN tally t ON t.part = p.id WHERE p.source = ?"
        " ORDER BY p.dataset, p.entity",
        (source,),
    ).fetchall()
    by_part: dict[int, Account] = {}
    for part, dataset, entity, seen in parts:
        account = by_part[part] = found.setdefault((dataset, entity), Account(dataset, entity))
        account.seen = None if account.seen is None or seen is None else account.seen + int(seen)
    for part, reason, setting, rows in db.execute(
        "SELECT a.part, a.reason, a.setting, sum(a.rows) FROM set_aside a JOIN part p ON p.id = a.part WHERE p.source = ?"
        " GROUP BY a.part, a.reason, a.setting ORDER BY min(a.place), a.part",
        (source,),
    ):
        by_part[part].aside[reason, setting] += int(rows)
    _add_rejects(db, database, source, found.values())
    for entity in {account.entity for account in found.values()}:
        for part, rows, records, issues in db.execute(
            f"SELECT _part, count(*), sum(_live), coalesce(sum(_live * {database.dialect.length('_issues')}), 0)"
            f' FROM "e_{entity}" WHERE _part IN (SELECT id FROM part WHERE source = ?) GROUP BY _part',
            (source,),
        ):
            account = by_part[part]
            account.records += int(records)
            account.issues += int(issues)
            account.aside["DUPLICATE", None] += int(rows) - int(records)
    for account in found.values():
        account.aside = +account.aside  # without those of which there is none
    return list(found.values())


def _add_rejects(db: Session, database: Database, source: str, accounts: Iterable[Account]) -> None:
    """Rejected records of a key that stands twice are kept beside the records, but not live."""
    told = system_entity(database.catalogue, "reject")
    if told is None:
        return
    counts: dict[tuple[str, str], list[int]] = {}
    for dataset, entity, code, rows in db.execute(
        f'SELECT c_dataset, c_entity, c_code, count(*) FROM "e_{told.name}" WHERE c_source = ?'
        " GROUP BY c_dataset, c_entity, c_code",
        (source,),
    ):
        count = counts.setdefault((dataset, entity), [0, 0])
        count[code == "DUPLICATE_KEY"] += int(rows)
    for account in accounts:
        others, twice = counts.get((account.dataset, account.entity), (0, 0))
        account.rejects = others + twice
        account.aside["DUPLICATE", None] -= twice
