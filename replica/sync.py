"""One sync: the parts of a source that may have changed are read into staging, then merged in one short write transaction."""

from __future__ import annotations

import asyncio
import logging
import shutil
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, asynccontextmanager, closing, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import ParamSpec, TypeVar
from zoneinfo import ZoneInfo

import orjson

from config.hub import EntityMapping, HubConfig
from connectors.columns import rename_columns
from connectors.connector import Batch, Connector, Part
from connectors.errors import ColumnMissing, SourceError
from connectors.policy import standing_of
from connectors.profile import Profile, Profiler
from replica.database import BUSY_SECONDS, Database, ReplicaLocked
from replica.drift import RESTARTED
from replica.mapping import Mapper
from replica.merge import Counts, Merge, ShrinkGuard, Trial
from replica.shapes import Shape, agree, drift_of, fed_by, judge, load_shapes, mark_of
from replica.staging import Intake, Staging
from replica.tables import store_time

LOG = logging.getLogger("simpul.sync")
P = ParamSpec("P")
T = TypeVar("T")

LOCK_POLL_SECONDS = 0.1
LEFT_BEHIND_SECONDS = 86_400


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a sync has come: part `done` of `total` of a dataset, `rows` read so far; `ahead` counts what a source has fetched
    of which rows are still to be made (mails)."""

    source: str
    dataset: str
    part: str
    done: int
    total: int
    rows: int
    ahead: int = 0


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
    guard; `problems` says so). `rows` were read as data, those `aside` were not; of parts that have not changed neither. `drift` are
    differences of what was read from what was agreed, whether they let it in or not."""

    source: str
    outcome: str = "UNCHANGED"
    counts: dict[str, Counts] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    drift: list[Problem] = field(default_factory=list)
    changed_links: list[str] = field(default_factory=list)
    rows: int = 0
    aside: int = 0


@dataclass(slots=True)
class _Dataset:
    """A dataset of this sync: its mappings, parts, and what went wrong."""

    name: str
    mappings: list[EntityMapping]
    parts: list[Part] = field(default_factory=list)
    problem: Problem | None = None
    failed: dict[str, Problem] = field(default_factory=dict)  # part key to problem
    contract: str = "evolve"
    seen: dict[str, tuple[str, Profile]] = field(default_factory=dict)  # part key to label and profile
    shapes: dict[str, Shape] = field(default_factory=dict)  # those that the replica knows, then those of the parts seen


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

    def is_registered(self) -> bool:
        """Whether the replica knows everything that is configured, in the shape that it is to have: then `register` writes
        nothing."""
        with closing(self._database.connect()) as db:
            return Merge(db, self._database, self._config, self._clock()).is_registered()

    def register(self) -> None:
        """Makes every configured source and dataset known, so that one that was never read is not taken for an empty one.
        Writes nothing, and waits for nobody, if they are. Raises ReplicaLocked."""
        with closing(self._database.connect()) as db:
            merge = Merge(db, self._database, self._config, self._clock())
            if not merge.is_registered():
                with self._database.write_lock(30), merge.transaction():
                    merge.register()

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
            while True:
                report = await self._attempt(source, full, force, wait, progress)
                if report is not None:
                    return report

    async def _attempt(
        self,
        source: str,
        full: bool,
        force: bool,
        wait: timedelta,
        progress: Callable[[Progress], None] | None,
    ) -> SyncReport | None:
        """Reads and merges once; None if another process has synced this source meanwhile, so that what was read may be older
        than what stands in the replica."""
        report, started = SyncReport(source), self._clock()
        try:
            last = await _in_thread(self._last_run, source)
            datasets = await self._list(source)
            with self._folder() as folder, closing(Staging(folder, self._database)) as staging:
                await self._stage(source, datasets, staging, report, full=full, force=force, progress=progress)
                await _in_thread(staging.finish)
                async with self._locked(wait):
                    if await _in_thread(self._last_run, source) != last:
                        return None
                    await _in_thread(self._merge, source, datasets, staging, report, started, force)
        except self._database.errors as error:
            problem = Problem(source, "REPLICA_WRITE_FAILED", {"reason": str(error)})
            report.outcome, report.counts = "FAILED", {}
            report.problems.append(problem)
            await _in_thread(self._note_failure, source, problem, started)
        return report

    def _last_run(self, source: str) -> int | None:
        with closing(self._database.connect(readonly=True)) as db:
            found: tuple[int | None] = db.execute("SELECT max(id) FROM run WHERE source = ?", (source,)).fetchone()
            return found[0]

    @contextmanager
    def _folder(self) -> Iterator[Path]:
        """A folder for staging. What a process that was killed left behind goes after a day."""
        begin = self._database.staging
        begin.parent.mkdir(parents=True, exist_ok=True)
        for old in begin.parent.glob(f"{begin.name}*"):
            with suppress(OSError):
                if time.time() - old.stat().st_mtime > LEFT_BEHIND_SECONDS:
                    shutil.rmtree(old)
        with tempfile.TemporaryDirectory(prefix=begin.name, dir=begin.parent) as folder:
            yield Path(folder)

    @asynccontextmanager
    async def _locked(self, wait: timedelta) -> AsyncIterator[None]:
        """The lock of all writers; other work goes on while it is waited for. Raises ReplicaLocked."""
        deadline = asyncio.get_running_loop().time() + wait.total_seconds()
        with ExitStack() as held:
            while True:
                try:
                    held.enter_context(self._database.write_lock(0))
                    break
                except ReplicaLocked:
                    if asyncio.get_running_loop().time() >= deadline:
                        raise
                await asyncio.sleep(LOCK_POLL_SECONDS)
            yield

    # -- reading ------------------------------------------------------------------------------------------------------

    async def _list(self, source: str) -> list[_Dataset]:
        datasets: dict[str, _Dataset] = {}
        for mapping in self._config.mappings:
            if mapping.source == source:
                options = self._config.sources[source].datasets.get(mapping.dataset, {})
                contract = str(options.get("contract", "evolve"))
                made = datasets.setdefault(mapping.dataset, _Dataset(mapping.dataset, [], contract=contract))
                made.mappings.append(mapping)
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
        force: bool,
        progress: Callable[[Progress], None] | None,
    ) -> None:
        known = await _in_thread(self._known_stamps, source)
        shapes = await _in_thread(self._known_shapes, source)
        for dataset in datasets:
            if dataset.problem is not None:
                report.problems.append(dataset.problem)
            dataset.shapes = {key: shape for (name, key), shape in shapes.items() if name == dataset.name}

            def tell(
                part: str, done: int, ahead: int = 0, name: str = dataset.name, total: int = len(dataset.parts)
            ) -> None:
                if progress is not None:
                    progress(Progress(source, name, part, done, total, report.rows, ahead))

            for done, part in enumerate(dataset.parts):
                tell(part.label, done)
                stale = [m for m in dataset.mappings if full or not _is_unchanged(part, known, m)]
                if stale:
                    try:
                        go_on = partial(tell, part.label, done)
                        await self._stage_part(source, dataset, part, stale, staging, report, go_on)
                    except SourceError as error:
                        problem = Problem(error.where, error.code, error.params)
                        dataset.failed[part.key] = problem
                        report.problems.append(problem)
            await self._judge(source, dataset, staging, report, force=force)
            tell("", len(dataset.parts))

    async def _judge(
        self, source: str, dataset: _Dataset, staging: Staging, report: SyncReport, *, force: bool
    ) -> None:
        """Compares what was read with what was agreed; what the contract doesn't let in is left out, so that the old records
        stay."""
        mappings, config = dataset.mappings, self._config.sources[source]
        fed, mark = fed_by(mappings, config.renamed(dataset.name), self._database.catalogue), mark_of(mappings, config)
        is_frozen = dataset.contract == "freeze"
        known = dataset.shapes
        dataset.shapes = await _in_thread(judge, dataset.seen, known, mark, fed, is_strict=is_frozen, force=force)
        for key, shape in dataset.shapes.items():
            report.drift += [Problem(shape.label, one.code, one.told()) for one in shape.findings]
            broken = shape.broken(fed, is_frozen=is_frozen)
            if broken and key not in dataset.failed:
                columns = ", ".join(dict.fromkeys(one.column for one in broken))
                code = "CONTRACT_BROKEN" if is_frozen else broken[0].code
                dataset.failed[key] = Problem(shape.label, code, {"columns": columns, **broken[0].told()})
                report.problems.append(dataset.failed[key])
                staging.leave_out(key, mappings)

    def _known_shapes(self, source: str) -> dict[tuple[str, str], Shape]:
        with closing(self._database.connect(readonly=True)) as db:
            return load_shapes(db, source)

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
        dataset: _Dataset,
        part: Part,
        mappings: Sequence[EntityMapping],
        staging: Staging,
        report: SyncReport,
        tell: Callable[[int], None],
    ) -> None:
        config, tables = self._config.sources[source], self._database.tables.entities
        zone, names, profiler = ZoneInfo(config.timezone), config.renamed(dataset.name), Profiler()
        is_strict, expendable = dataset.contract == "rejectRows", self._expendable(source, dataset, part)
        mappers = [
            (m, Mapper(tables[m.entity], m, part, zone, is_strict=is_strict, expendable=expendable)) for m in mappings
        ]
        try:
            with staging.intake(part, mappers) as intake:
                async for batch in self._connectors[source].rows(dataset.name, part):
                    await _in_thread(_take, intake, profiler, rename_columns(batch, names))
                    report.rows += len(batch.rows)
                    report.aside += batch.seen - len(batch.rows)
                    tell(batch.ahead)
                await _in_thread(intake.finish)
        except ColumnMissing:
            self._note_shape(dataset, part, profiler)
            raise
        self._note_shape(dataset, part, profiler)

    @staticmethod
    def _note_shape(dataset: _Dataset, part: Part, profiler: Profiler) -> None:
        if profile := profiler.profile():
            dataset.seen[part.key] = (part.label, profile)

    def _expendable(self, source: str, dataset: _Dataset, part: Part) -> frozenset[str]:
        """Columns of databases and APIs that were there before: without one only what is made of it is missing. A file in which a
        column is gone is more likely another file."""
        known = dataset.shapes.get(part.key)
        is_lenient = self._config.sources[source].kind in ("sql", "rest", "memory") and dataset.contract == "evolve"
        return frozenset(column.key for column in known.base) if known and is_lenient else frozenset()

    # -- writing ------------------------------------------------------------------------------------------------------

    def _merge(
        self,
        source: str,
        datasets: Sequence[_Dataset],
        staging: Staging,
        report: SyncReport,
        started: datetime,
        force: bool,
    ) -> None:
        with closing(self._database.connect()) as db:
            merge = Merge(db, self._database, self._config, self._clock(), self._trial(source, started))
            with merge.transaction(staging):
                for dataset in datasets:
                    for mapping in dataset.mappings:
                        merge.entity(
                            mapping,
                            staging.parts_of(mapping),
                            None if dataset.problem else dataset.parts,
                            {key: problem.stored() for key, problem in dataset.failed.items()},
                            dataset.problem.stored() if dataset.problem else None,
                        )
                for dataset in datasets:
                    listed = None if dataset.problem else [part.key for part in dataset.parts]
                    merge.shapes(source, dataset.name, dataset.shapes, listed)
                if force:
                    agree(db, source)
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
                    restarts = [one for one in drift_of(db, source) if one["code"] == RESTARTED]
                    report.drift += [Problem(one["part"], RESTARTED, {**one, **one["params"]}) for one in restarts]
                    is_changed = any(count.is_change for count in report.counts.values())
                    is_changed = is_changed or bool(merge.changed_links or merge.resettled)
                    failed = [
                        d for d in datasets if d.problem is not None or (d.parts and len(d.failed) == len(d.parts))
                    ]
                    report.outcome = "CHANGED" if is_changed else "UNCHANGED"
                    if datasets and len(failed) == len(datasets):
                        report.outcome = "FAILED"
                counts = {name: count.as_dict() for name, count in report.counts.items()}
                first = report.problems[0].stored() if report.problems else None
                merge.record_run(source, store_time(started), report.outcome, counts, first)

    def _trial(self, source: str, began: datetime) -> Trial:
        return Trial(source, began, standing_of(self._connectors[source]))

    def _note_failure(self, source: str, problem: Problem, started: datetime) -> None:
        """Says of a source that its sync came to nothing, if even that can still be written."""
        try:
            with closing(self._database.connect()) as db, self._database.write_lock(BUSY_SECONDS):
                merge = Merge(db, self._database, self._config, self._clock(), self._trial(source, started))
                with merge.transaction():
                    merge.fail(source, problem.stored())
                    merge.record_run(source, store_time(started), "FAILED", {}, problem.stored())
        except ReplicaLocked:
            LOG.warning("the failed sync of %s could not be noted: the replica is locked", source)
        except self._database.errors as error:
            LOG.warning("the failed sync of %s could not be noted: %s", source, error)


async def _in_thread(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Does blocking work in a thread, and sees it end even if the sync is cancelled: what it uses must not go before."""
    running = asyncio.ensure_future(asyncio.to_thread(work, *args, **kwargs))
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        await asyncio.wait([running])
        running.exception()  # it was not asked for any more
        raise


def _take(intake: Intake, profiler: Profiler, batch: Batch) -> None:
    profiler.observe(batch)
    intake.take(batch)


def _is_unchanged(part: Part, known: Mapping[tuple[str, str, str], str], mapping: EntityMapping) -> bool:
    return part.stamp is not None and known.get((mapping.dataset, mapping.entity, part.key)) == part.stamp


__all__ = ["Problem", "Progress", "ReplicaLocked", "SyncReport", "Syncer"]
