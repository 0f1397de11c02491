"""One sync: the parts of a source that may have changed are read into staging, then merged in one short write transaction."""

from __future__ import annotations

import asyncio
import pickle
import sqlite3
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import orjson

from config.hub import EntityMapping, HubConfig
from connectors.connector import Batch, Connector, Part
from connectors.errors import SourceError
from replica.database import Database, ReplicaLocked
from replica.mapping import Mapper, Record, Reject, columns_of
from replica.merge import Counts, Merge, ShrinkGuard, StagedPart
from replica.tables import store_time

IN_MEMORY = 8_000_000  # bytes of a part's rows that are spooled before they go to a file


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a sync has come: part `done` of `total` of a dataset, `rows` read so far."""

    source: str
    dataset: str
    part: str
    done: int
    total: int
    rows: int


@dataclass(frozen=True, slots=True)
class Problem:
    """What went wrong with a part or dataset: a message code with its parameters."""

    where: str
    code: str
    params: Mapping[str, object]

    def stored(self) -> str:
        """The problem as the replica keeps it."""
        return orjson.dumps({"code": self.code, "where": self.where, "params": dict(self.params)}, default=str).decode()


@dataclass(slots=True)
class SyncReport:
    """What one sync of a source did. `outcome` is CHANGED, UNCHANGED, FAILED (nothing could be read) or REFUSED (by the shrink
    guard; `problems` says so)."""

    source: str
    outcome: str = "UNCHANGED"
    counts: dict[str, Counts] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    changed_links: list[str] = field(default_factory=list)
    rows: int = 0
    skipped: int = 0


@dataclass(slots=True)
class _Dataset:
    """A dataset of this sync: its mappings, parts, and what went wrong."""

    name: str
    mappings: list[EntityMapping]
    parts: list[Part] = field(default_factory=list)
    problem: Problem | None = None
    failed: dict[str, Problem] = field(default_factory=dict)  # part key to problem


class Syncer:
    """Brings sources into the replica. One sync of a source at a time in this process; between processes writers queue."""

    def __init__(
        self,
        database: Database,
        config: HubConfig,
        connectors: Mapping[str, Connector],
        clock: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._config = config
        self._connectors = connectors
        self._clock = clock
        self._running: dict[str, asyncio.Lock] = {}

    def register(self) -> None:
        """Makes every configured source and dataset known, so that one that was never read is not taken for an empty one."""
        with closing(self._database.connect()) as db, self._database.write_lock(30):
            Merge(db, self._database, self._config, self._clock()).register()

    async def sync(
        self,
        source: str,
        *,
        full: bool = False,
        force: bool = False,
        wait: timedelta = timedelta(minutes=10),
        progress: Callable[[Progress], None] | None = None,
    ) -> SyncReport:
        """Syncs one source. `full` reads unchanged parts too, `force` overrides the shrink guard. Raises ReplicaLocked if
        another process holds the replica for longer than `wait`."""
        lock = self._running.setdefault(source, asyncio.Lock())
        async with lock:
            report = SyncReport(source)
            started = self._clock()
            datasets = await self._list(source)
            with tempfile.TemporaryDirectory(prefix="simpul-") as folder:
                staging = Staging(Path(folder) / "staging.db", self._database)
                try:
                    await self._stage(source, datasets, staging, report, full=full, progress=progress)
                    await asyncio.to_thread(self._merge, source, datasets, staging, report, started, force, wait)
                except (sqlite3.Error, OSError) as error:
                    report.outcome = "FAILED"
                    report.problems.append(Problem(source, "REPLICA_WRITE_FAILED", {"reason": str(error)}))
                finally:
                    staging.close()
            return report

    # -- reading ------------------------------------------------------------------------------------------------------

    async def _list(self, source: str) -> list[_Dataset]:
        datasets: dict[str, _Dataset] = {}
        for mapping in self._config.mappings:
            if mapping.source == source:
                datasets.setdefault(mapping.dataset, _Dataset(mapping.dataset, [])).mappings.append(mapping)
        for dataset in datasets.values():
            try:
                dataset.parts = list(await self._connectors[source].parts(dataset.name))
            except SourceError as error:
                dataset.problem = Problem(error.where, error.code, error.params)
        return list(datasets.values())

    async def _stage(
        self,
        source: str,
        datasets: Sequence[_Dataset],
        staging: Staging,
        report: SyncReport,
        *,
        full: bool,
        progress: Callable[[Progress], None] | None,
    ) -> None:
        known = self._known_stamps(source)
        for dataset in datasets:
            if dataset.problem is not None:
                report.problems.append(dataset.problem)
            for done, part in enumerate(dataset.parts):
                if progress is not None:
                    progress(Progress(source, dataset.name, part.label, done, len(dataset.parts), report.rows))
                stale = [m for m in dataset.mappings if full or not _is_unchanged(part, known, m)]
                if stale:
                    try:
                        await self._stage_part(source, dataset.name, part, stale, staging, report)
                    except SourceError as error:
                        problem = Problem(error.where, error.code, error.params)
                        dataset.failed[part.key] = problem
                        staging.forget(part, stale)
                        report.problems.append(problem)
            if progress is not None:
                total = len(dataset.parts)
                progress(Progress(source, dataset.name, "", total, total, report.rows))

    def _known_stamps(self, source: str) -> dict[tuple[str, str, str], str]:
        with closing(self._database.connect(readonly=True)) as db:
            rows = db.execute(
                "SELECT dataset, entity, key, stamp FROM part WHERE source = ? AND stamp IS NOT NULL AND stale IS NULL",
                (source,),
            )
            return {(dataset, entity, key): stamp for dataset, entity, key, stamp in rows}

    async def _stage_part(
        self,
        source: str,
        dataset: str,
        part: Part,
        mappings: Sequence[EntityMapping],
        staging: Staging,
        report: SyncReport,
    ) -> None:
        zone = ZoneInfo(self._config.sources[source].timezone)
        tables = self._database.tables.entities
        mappers = [(m, Mapper(tables[m.entity], m, part, zone)) for m in mappings]
        with Spool() as spool:
            async for batch in self._connectors[source].rows(dataset, part):
                await asyncio.to_thread(_observe, mappers, batch, spool)
                report.rows += len(batch.rows)
                report.skipped += batch.skipped
            await asyncio.to_thread(_map, mappers, part, spool, staging)

    # -- writing ------------------------------------------------------------------------------------------------------

    def _merge(
        self,
        source: str,
        datasets: Sequence[_Dataset],
        staging: Staging,
        report: SyncReport,
        started: datetime,
        force: bool,
        wait: timedelta,
    ) -> None:
        staging.finish()
        with closing(self._database.connect()) as db, self._database.write_lock(wait.total_seconds()):
            merge = Merge(db, self._database, self._config, self._clock())
            with merge.transaction(staging.path):
                merge.begin(source)
                for dataset in datasets:
                    for mapping in dataset.mappings:
                        merge.entity(
                            mapping,
                            staging.parts_of(mapping),
                            None if dataset.problem else dataset.parts,
                            {key: problem.stored() for key, problem in dataset.failed.items()},
                            dataset.problem.stored() if dataset.problem else None,
                        )
                try:
                    report.counts = merge.finish(
                        source, max_loss=None if force else self._config.sources[source].max_loss
                    )
                except ShrinkGuard as refused:
                    report.outcome = "REFUSED"
                    params = {"entity": refused.entity, "before": refused.before, "after": refused.after}
                    problem = Problem(source, "SHRINK_GUARD", params)
                    report.problems.append(problem)
                    merge.refuse(source, problem.stored())
                else:
                    report.changed_links = sorted(merge.changed_links)
                    is_changed = any(count.is_change for count in report.counts.values()) or merge.changed_links
                    failed = [
                        d for d in datasets if d.problem is not None or (d.parts and len(d.failed) == len(d.parts))
                    ]
                    report.outcome = "CHANGED" if is_changed else "UNCHANGED"
                    if datasets and len(failed) == len(datasets):
                        report.outcome = "FAILED"
                counts = {name: count.as_dict() for name, count in report.counts.items()}
                first = report.problems[0].stored() if report.problems else None
                merge.record_run(source, store_time(started), report.outcome, counts, first)


class Spool:
    """The batches of one part, kept in memory or in a file until they have been read twice."""

    def __init__(self) -> None:
        self._file = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 - closed by __exit__
        self._batches = 0

    def __enter__(self) -> Spool:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def add(self, batch: Batch) -> None:
        """Keeps a batch."""
        pickle.dump(batch, self._file, pickle.HIGHEST_PROTOCOL)
        self._batches += 1

    def __iter__(self) -> Iterator[Batch]:
        self._file.seek(0)
        for _ in range(self._batches):
            yield pickle.load(self._file)  # noqa: S301 - written by this process a moment ago


class Staging:
    """Mapped rows on their way into the replica, in a SQLite file of their own: nobody waits while it fills."""

    def __init__(self, path: Path, database: Database) -> None:
        self.path = path
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._db.execute("PRAGMA journal_mode = OFF")
        self._db.execute("PRAGMA synchronous = OFF")
        self._db.execute("CREATE TABLE s_reject (part INTEGER, at, code, field, raw, cell, params)")
        self._tables = database.tables.entities
        self._made: set[str] = set()
        self._parts: list[StagedPart] = []

    def add(
        self, mapping: EntityMapping, part: Part, mapper: Mapper, rows: Iterator[Record | Reject], *, grid: bool
    ) -> None:
        """Writes the rows of one part for one mapping."""
        number = len(self._parts)
        table = self._table(mapping.entity)
        width = 7 + len(columns_of(self._tables[mapping.entity]))
        insert = f"INSERT INTO {table} VALUES ({', '.join('?' * width)})"
        rejects: list[tuple[object, ...]] = []

        def records() -> Iterator[tuple[object, ...]]:
            for row in rows:
                if isinstance(row, Record):
                    yield (number, row.node, row.sort, row.at, row.hash, row.issues, row.raw, *row.values)
                else:
                    rejects.append((number, row.at, row.code, row.field, row.raw, row.cell, row.params))

        self._db.execute("BEGIN")
        self._db.executemany(insert, records())
        self._db.executemany("INSERT INTO s_reject VALUES (?, ?, ?, ?, ?, ?, ?)", rejects)
        self._db.execute("COMMIT")
        self._parts.append(StagedPart(number, mapping, part, dict(mapper.labels), grid))

    def forget(self, part: Part, mappings: Sequence[EntityMapping]) -> None:
        """Leaves out a part that could not be read to its end."""
        self._parts = [p for p in self._parts if not (p.part == part and p.mapping in mappings)] + [
            StagedPart(p.number, p.mapping, p.part, p.labels, p.grid, is_void=True)
            for p in self._parts
            if p.part == part and p.mapping in mappings
        ]

    def parts_of(self, mapping: EntityMapping) -> list[StagedPart]:
        """The parts that were staged for a mapping."""
        return [part for part in self._parts if part.mapping is mapping and not part.is_void]

    def finish(self) -> None:
        """Closes the file so that it can be attached."""
        for table in self._made:
            self._db.execute(f"CREATE INDEX i{table} ON {table} (node)")
        self._db.close()

    def close(self) -> None:
        """Closes it, finished or not."""
        self._db.close()

    def _table(self, entity: str) -> str:
        name = f"s_{entity}"
        if name not in self._made:
            self._made.add(name)
            columns = ", ".join(f'"{column}"' for column in columns_of(self._tables[entity]))
            # no types: values keep the form in which they were mapped
            self._db.execute(f"CREATE TABLE {name} (part INTEGER, node, sort, at, hash, issues, raw, {columns})")
        return name


def _is_unchanged(part: Part, known: Mapping[tuple[str, str, str], str], mapping: EntityMapping) -> bool:
    return part.stamp is not None and known.get((mapping.dataset, mapping.entity, part.key)) == part.stamp


def _observe(mappers: Sequence[tuple[EntityMapping, Mapper]], batch: Batch, spool: Spool) -> None:
    for _, mapper in mappers:
        mapper.observe(batch)
    spool.add(batch)


def _map(mappers: Sequence[tuple[EntityMapping, Mapper]], part: Part, spool: Spool, staging: Staging) -> None:
    for mapping, mapper in mappers:
        grid = next((batch.grid for batch in spool), False)
        rows = (row for batch in spool for row in mapper.records(batch))
        staging.add(mapping, part, mapper, rows, grid=grid)


__all__ = ["Problem", "Progress", "ReplicaLocked", "SyncReport", "Syncer"]
