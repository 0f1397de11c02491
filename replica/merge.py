"""The write transaction of a sync: staged parts take the place of old ones, then all that follows from it is settled."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

import orjson

from config.entities import Entity
from config.hub import EntityMapping, HubConfig
from connectors.connector import Part
from connectors.policy import Standing
from replica.account import Account, accounts_of
from replica.database import Database
from replica.drift import Finding
from replica.links import Matcher
from replica.mapping import columns_of
from replica.rebuild import Rebuild
from replica.restarts import find_restarts
from replica.search import CHUNK, SearchIndex, words_reader
from replica.session import Session
from replica.settling import settle_current, settle_duplicates
from replica.shapes import Shape, drift_of, save_restarts, save_shapes
from replica.staging import StagedPart, Staging
from replica.system import Rejects, system_entity, write_source
from replica.tables import store_time

LEAST_LOSS = 5  # records that may always go without waking the shrink guard
RUNS_KEPT = 50  # of each source


class ShrinkGuard(Exception):
    """The sync would lose more records than the source's maxLoss allows."""

    def __init__(self, entity: str, before: int, after: int) -> None:
        super().__init__(entity)
        self.entity = entity
        self.before = before
        self.after = after


@dataclass(slots=True)
class Counts:
    """What a sync did to the records of an entity."""

    records: int = 0
    added: int = 0
    changed: int = 0
    moved: int = 0
    removed: int = 0
    unchanged: int = 0
    rejects: int = 0
    issues: int = 0
    seen: int | None = 0  # rows: records, rejects and those set aside together; None if a part has not been counted yet
    aside: int = 0

    @property
    def is_change(self) -> bool:
        return bool(self.added or self.changed or self.removed or self.moved)

    def take(self, account: Account) -> None:
        """Adds what stands in the replica now."""
        self.records += account.records
        self.rejects += account.rejects
        self.issues += account.issues
        self.seen = None if self.seen is None or account.seen is None else self.seen + account.seen
        self.aside += account.set_aside

    def as_dict(self) -> dict[str, object]:
        return asdict(self)


@dataclass(slots=True)
class _Touched:
    """What is to be done for an entity of this sync."""

    mappings: list[EntityMapping] = field(default_factory=list)
    staged: dict[int, int] = field(default_factory=dict)  # staging's part number to part.id
    parts: list[StagedPart] = field(default_factory=list)
    gone: list[int] = field(default_factory=list)  # ids of parts that vanished


@dataclass(frozen=True, slots=True)
class Trial:
    """The sync that is merged: of which source, when it began, and how the source stands after it."""

    source: str
    began: datetime
    standing: Standing


class Merge:
    """Merges one sync of a source. Call `entity` for each mapping, then `finish` or `refuse`, then `record_run`, all inside
    `transaction`."""

    def __init__(
        self, db: Session, database: Database, config: HubConfig, now: datetime, trial: Trial | None = None
    ) -> None:
        self._trial = trial
        self._db = db
        self._database = database
        self._tables = database.tables
        self._index = SearchIndex(db, database.tables)
        self._config = config
        self._now = store_time(now)
        self._at = now
        self._number = int(now.timestamp() * 1_000_000)
        self._touched: dict[str, _Touched] = {}
        self._states: list[tuple[EntityMapping, str | None]] = []
        self._columns: Mapping[str, Sequence[str]] = {}  # of the staged rows of each entity
        self.changed_links: set[str] = set()
        # entities of which records began or ceased to answer for a key that stands twice
        self.resettled: set[str] = set()

    @contextmanager
    def transaction(self, staging: Staging | None = None) -> Iterator[None]:
        """One write transaction over the replica, with the staged rows in reach if there are any."""
        if staging is not None:
            self._database.attach(self._db, staging.path)
            self._columns = staging.columns
        self._db.execute("CREATE TEMP TABLE touched (entity TEXT, id BIGINT, PRIMARY KEY (entity, id))")
        self._rejects = Rejects(self._db, self._database, self._now)
        self._db.execute(self._database.dialect.begin)
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    # -- what a hub knows before its first sync -----------------------------------------------------------------------

    def is_registered(self) -> bool:
        """Whether the replica knows the sources and datasets that are configured, and nothing waits to be matched."""
        db, entity = self._db, system_entity(self._database.catalogue, "source")
        if not self._database.is_current(db):
            return False
        wanted = {(m.source, m.dataset, m.entity) for m in self._config.mappings}
        if wanted != set(db.execute("SELECT source, dataset, entity FROM dataset")):
            return False
        sources = {(source.name, source.kind) for source in self._config.sources.values()}
        if entity is not None and sources != set(db.execute(f'SELECT c_name, c_kind FROM "e_{entity.name}"')):
            return False
        return not db.execute("SELECT 1 FROM meta WHERE key = 'rematch'").fetchone()

    def register(self) -> None:
        """Carries over what another configuration has left, makes configured sources and datasets known, forgets those that
        are configured no more, and matches links whose rules have changed."""
        db = self._db
        Rebuild(db, self._database, self._config).run()
        wanted = {(m.source, m.dataset, m.entity) for m in self._config.mappings}
        known = set(db.execute("SELECT source, dataset, entity FROM dataset").fetchall())
        for key in wanted - known:
            db.execute("INSERT INTO dataset VALUES (?, ?, ?, 0, '', NULL, NULL)", key)
        for key in known - wanted:
            db.execute("DELETE FROM dataset WHERE (source, dataset, entity) = (?, ?, ?)", key)
        for (part,) in db.execute(
            "SELECT id FROM part WHERE (source, dataset, entity) NOT IN (SELECT source, dataset, entity FROM dataset)"
        ).fetchall():
            self._drop_part(part)
        db.execute("DELETE FROM shape WHERE (source, dataset) NOT IN (SELECT source, dataset FROM dataset)")
        links = [f"{link.source}.{link.name}" for link in self._database.catalogue.links]
        self._rejects.clear(f"c_source = 'links' AND c_dataset NOT IN ({', '.join('?' * len(links))})", links)
        self._match_links()
        self._settle_rejects()
        entity = system_entity(self._database.catalogue, "source")
        if entity is not None:
            marks = ", ".join("?" * len(self._config.sources))
            db.execute(f'DELETE FROM "e_{entity.name}" WHERE c_name NOT IN ({marks})', list(self._config.sources))
        for name in self._config.sources:
            self._write_source(name)
        numbered = {name for (name,) in db.execute("SELECT name FROM revision").fetchall()}
        links = [f"link:{source}.{name}" for source, name in self._tables.links]
        # what another configuration has left may be gone or different
        for name in (*(f"entity:{name}" for name in self._tables.entities), *links):
            self._raise(name, is_new=name not in numbered)

    def _drop_part(self, part: int) -> None:
        (entity,) = self._db.execute("SELECT entity FROM part WHERE id = ?", (part,)).fetchone()
        if entity in self._tables.entities:
            table = self._tables.entities[entity].table.name
            self._db.execute(
                f'INSERT INTO touched SELECT ?, _id FROM "{table}" WHERE _part = ? ON CONFLICT DO NOTHING',
                (entity, part),
            )
            self._index.forget(entity, f'SELECT _id FROM "{table}" WHERE _part = ?', (part,))
            self._db.execute(f'DELETE FROM "{table}" WHERE _part = ?', (part,))
        self._rejects.clear("_part = ?", (part,))
        for table, column in (("part", "id"), ("tally", "part"), ("set_aside", "part")):
            self._db.execute(f"DELETE FROM {table} WHERE {column} = ?", (part,))

    # -- one sync -----------------------------------------------------------------------------------------------------

    def entity(
        self,
        mapping: EntityMapping,
        staged: Sequence[StagedPart],
        listed: Sequence[Part] | None,
        failed: Mapping[str, str],
        problem: str | None,
    ) -> None:
        """Takes up the parts of one mapping. `listed` are all parts there are now, None if that is not known; `failed` maps the
        keys of unreadable parts to their problem; `problem` is that of the whole dataset."""
        db, key = self._db, (mapping.source, mapping.dataset, mapping.entity)
        touched = self._touched.setdefault(mapping.entity, _Touched())
        touched.mappings.append(mapping)
        known = dict(db.execute("SELECT key, id FROM part WHERE (source, dataset, entity) = (?, ?, ?)", key).fetchall())
        for part in staged:
            touched.staged[part.number] = self._write_part(key, part, known.get(part.part.key))
            touched.parts.append(part)
        for part_key, why in failed.items():
            db.execute(
                "UPDATE part SET stale = ? WHERE (source, dataset, entity, key) = (?, ?, ?, ?)", (why, *key, part_key)
            )
        if listed is None:
            db.execute("UPDATE part SET stale = ? WHERE (source, dataset, entity) = (?, ?, ?)", (problem, *key))
        else:
            there = {part.key for part in listed}
            # sheets of a file that could not be opened are not gone
            unlisted = {f"{part.key}#": failed[part.key] for part in listed if part.unlisted and part.key in failed}
            for part_key, part_id in known.items():
                of_unlisted = [why for prefix, why in unlisted.items() if part_key.startswith(prefix)]
                if of_unlisted:
                    db.execute("UPDATE part SET stale = ? WHERE id = ?", (of_unlisted[0], part_id))
                elif part_key not in there:
                    touched.gone.append(part_id)
            read = {part.part.key for part in staged}
            unread = [(self._now, *key, k) for k in there if k not in read and k not in failed]
            db.executemany(
                "UPDATE part SET fetched_at = ?, stale = NULL WHERE (source, dataset, entity, key) = (?, ?, ?, ?)",
                unread,
            )
        self._states.append((mapping, problem or next(iter(failed.values()), None)))

    def shapes(self, source: str, dataset: str, seen: Mapping[str, Shape], listed: Sequence[str] | None) -> None:
        """Notes what the parts of a dataset that were read looked like, and forgets those that are gone; `listed` are the keys of
        all that there are, None if that is not known."""
        save_shapes(self._db, source, {(dataset, key): shape for key, shape in seen.items()}, self._now)
        known = self._db.execute("SELECT key FROM shape WHERE (source, dataset) = (?, ?)", (source, dataset)).fetchall()
        gone = [] if listed is None else [(source, dataset, key) for (key,) in known if key not in listed]
        self._db.executemany("DELETE FROM shape WHERE (source, dataset, key) = (?, ?, ?)", gone)

    def _look_at_totals(self, source: str) -> None:
        """Whether a total of a dataset of which parts came or went seems to begin anew."""
        datasets: dict[str, dict[str, list[Finding]]] = {}
        for entity, touched in self._touched.items():
            for mapping in touched.mappings if touched.staged or touched.gone else ():
                found = datasets.setdefault(mapping.dataset, {})
                for key, restarts in find_restarts(self._db, self._tables.entities[entity], mapping).items():
                    found.setdefault(key, []).extend(restarts)
        for dataset, by_part in datasets.items():
            save_restarts(self._db, source, dataset, by_part, self._now)

    def finish(self, source: str, *, max_loss: Decimal | None) -> dict[str, Counts]:
        """Merges what was taken up, sets duplicates aside, matches links. Raises ShrinkGuard before anything is changed."""
        if max_loss is not None:
            for entity, touched in self._touched.items():
                self._guard(source, entity, touched, max_loss)
        counts = {name: self._merge(name, touched) for name, touched in self._touched.items()}
        for mapping, problem in self._states:
            self._write_state(mapping, problem)
        self._match_links()
        self._look_at_totals(source)
        rejects_changed = self._settle_rejects()
        for account in self._write_source(source):
            counts[account.entity].take(account)
        for name, count in counts.items():
            if count.is_change or name in self.resettled:
                self._raise(f"entity:{name}")
        for other in {m.source for m in self._config.mappings if m.entity in counts} - {source}:
            self._write_source(other)  # a key may now stand in both
        if rejects_changed or self.resettled or any(count.is_change for count in counts.values()):
            self._raise(f"source:{source}")
        return counts

    def refuse(self, source: str, problem: str) -> None:
        """Leaves everything as it was and notes why."""
        self._db.execute("ROLLBACK")
        self._db.execute(self._database.dialect.begin)
        for touched in self._touched.values():
            parts = [(problem, part) for part in (*touched.staged.values(), *touched.gone)]
            self._db.executemany("UPDATE part SET stale = ? WHERE id = ?", parts)
        for mapping, _ in self._states:
            self._write_state(mapping, problem)
        self._write_source(source)

    def fail(self, source: str, problem: str) -> None:
        """Notes that a sync of a source came to nothing."""
        for mapping in self._config.mappings:
            if mapping.source == source:
                self._write_state(mapping, problem)
        self._write_source(source)

    def record_run(
        self, source: str, started: str, outcome: str, counts: Mapping[str, object], problem: str | None
    ) -> None:
        """Notes the run and forgets old ones."""
        self._db.execute(
            "INSERT INTO run (source, dataset, started_at, ended_at, outcome, counts, problem) VALUES (?, '', ?, ?, ?, ?, ?)",
            (source, started, self._now, outcome, orjson.dumps(counts).decode(), problem),
        )
        self._db.execute(
            "DELETE FROM run WHERE source = ? AND id <= (SELECT max(id) FROM run WHERE source = ?) - ?",
            (source, source, RUNS_KEPT),
        )

    # -- parts and records --------------------------------------------------------------------------------------------

    def _write_part(self, key: tuple[str, str, str], staged: StagedPart, known: int | None) -> int:
        part = staged.part
        values = (
            part.label,
            part.file,
            part.sheet,
            part.stamp,
            int(staged.grid),
            orjson.dumps(dict(staged.labels)).decode(),
            self._now,
        )
        if known is not None:
            self._db.execute(
                "UPDATE part SET label = ?, file = ?, sheet = ?, stamp = ?, grid = ?, columns = ?, fetched_at = ?,"
                " stale = NULL WHERE id = ?",
                (*values, known),
            )
            return known
        (made,) = self._db.execute(
            "INSERT INTO part (source, dataset, entity, key, label, file, sheet, stamp, grid, columns, fetched_at)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id",
            (*key, part.key, *values),
        ).fetchall()
        return int(made[0])

    def _guard(self, source: str, entity: str, touched: _Touched, max_loss: Decimal) -> None:
        db, table = self._db, self._tables.entities[entity].table.name
        of_source = "SELECT id FROM part WHERE source = ? AND entity = ?"
        (before,) = db.execute(
            f'SELECT count(*) FROM "{table}" WHERE _part IN ({of_source})',
            (source, entity),
        ).fetchone()
        replaced = [*touched.staged.values(), *touched.gone]
        marks = ", ".join(map(str, replaced)) or "NULL"
        (old,) = db.execute(f'SELECT count(*) FROM "{table}" WHERE _part IN ({marks})').fetchone()
        new = 0
        if touched.staged:
            numbers = ", ".join(map(str, touched.staged))
            (new,) = db.execute(f'SELECT count(*) FROM "s_{entity}" WHERE part IN ({numbers})').fetchone()
        lost = old - new
        if lost >= LEAST_LOSS and lost > max_loss * before:
            raise ShrinkGuard(entity, before, before - lost)

    def _merge(self, name: str, touched: _Touched) -> Counts:
        db, table, count = self._db, self._tables.entities[name].table.name, Counts()
        if not touched.staged and not touched.gone:
            return count
        entity = self._database.catalogue[name]
        (last,) = db.execute(f'SELECT coalesce(max(_id), 0) FROM "{table}"').fetchone()
        db.execute("CREATE TEMP TABLE IF NOT EXISTS parts (number BIGINT PRIMARY KEY, id BIGINT)")
        db.execute("CREATE TEMP TABLE IF NOT EXISTS replaced (id BIGINT PRIMARY KEY)")
        db.execute("DELETE FROM parts")
        db.execute("DELETE FROM replaced")
        db.executemany("INSERT INTO parts VALUES (?, ?)", [*touched.staged.items()])
        db.executemany(
            "INSERT INTO replaced VALUES (?) ON CONFLICT DO NOTHING",
            [(i,) for i in (*touched.staged.values(), *touched.gone)],
        )
        self._pair(name, table, bool(touched.staged))
        self._delete_old(name, table, count)
        answering = 0
        if touched.staged:
            self._add_words(name)
            self._update_kept(name, table, count)
            answering = self._insert_new(name, table, last, count)
        self._tell_rejects()
        self._write_tallies(touched)
        db.executemany("DELETE FROM part WHERE id = ?", [(part,) for part in touched.gone])
        ceased, begun = settle_duplicates(db, entity, table, self._config.mappings, self._rejects)
        # others than the new ones, or fewer: a key that stands twice answers for nobody
        begun -= count.added - answering
        if ceased or begun:
            (count.added,) = db.execute(
                f'SELECT count(*) FROM "{table}" WHERE _id > ? AND _live = 1', (last,)
            ).fetchone()
            self.resettled.add(name)
        settle_current(db, self._database.dialect, entity, table)
        return count

    def _pair(self, entity: str, table: str, has_staged: bool) -> None:
        """Pairs staged rows with the old rows of the parts that are replaced: same identity, in order of occurrence."""
        db = self._db
        for name in ("pairs", "twice"):
            db.execute(f"DROP TABLE IF EXISTS {name}")
        db.execute("CREATE TEMP TABLE pairs (staged BIGINT PRIMARY KEY, id BIGINT UNIQUE, same INTEGER)")
        db.execute("CREATE TEMP TABLE twice (node TEXT PRIMARY KEY)")
        if not has_staged:
            return
        db.execute(
            f'INSERT INTO twice SELECT node FROM "s_{entity}" GROUP BY node HAVING count(*) > 1'
            f' UNION SELECT _node FROM "{table}" GROUP BY _node HAVING count(*) > 1'
        )
        if not db.execute(f'SELECT 1 FROM "{table}" WHERE _part IN (SELECT id FROM replaced) LIMIT 1').fetchone():
            return
        new, old = "part IN (SELECT number FROM parts)", "_part IN (SELECT id FROM replaced)"
        pair = "INSERT INTO pairs SELECT n.line, o._id, CASE WHEN n.hash = o._hash THEN 1 ELSE 0 END FROM"
        db.execute(
            f'{pair} "s_{entity}" n JOIN "{table}" o ON o._node = n.node'
            f" WHERE n.{new} AND o.{old} AND n.node NOT IN (SELECT node FROM twice)"
        )
        db.execute(
            f"{pair} (SELECT line, node, hash, row_number() OVER (PARTITION BY node ORDER BY hash, line) AS place"
            f' FROM "s_{entity}" WHERE {new} AND node IN (SELECT node FROM twice)) n JOIN'
            f" (SELECT _id, _node, _hash, row_number() OVER (PARTITION BY _node ORDER BY _hash, _id) AS place"
            f' FROM "{table}" WHERE {old} AND _node IN (SELECT node FROM twice)) o ON o._node = n.node AND o.place = n.place'
        )

    def _add_words(self, entity: str) -> None:
        """Gives words to rows that staging took for unchanged and that nevertheless are not: a key that stands once more."""
        searched, columns, last = self._tables.search.get(entity), self._columns[entity], 0
        read, wanted = words_reader(searched, columns), "".join(f', s."{column}"' for column in columns)
        while searched is not None:
            rows = self._db.execute(
                f'SELECT s.line{wanted} FROM "s_{entity}" s LEFT JOIN pairs p ON p.staged = s.line'
                f" WHERE s.line > ? AND s.head IS NULL AND coalesce(p.same, 0) = 0 ORDER BY s.line LIMIT {CHUNK}",
                (last,),
            ).fetchall()
            if not rows:
                return
            self._db.executemany(
                f'UPDATE "s_{entity}" SET head = ?, rest = ? WHERE line = ?',
                [(*read(values), line) for line, *values in rows],
            )
            last = rows[-1][0]

    def _delete_old(self, entity: str, table: str, count: Counts) -> None:
        db = self._db
        old = f'FROM "{table}" WHERE _part IN (SELECT id FROM replaced) AND _id NOT IN (SELECT id FROM pairs)'
        db.execute(f"INSERT INTO touched SELECT ?, _id {old} ON CONFLICT DO NOTHING", (entity,))
        self._index.forget(entity, f"SELECT _id {old}")
        count.removed = db.execute(f"DELETE {old}").rowcount

    def _update_kept(self, entity: str, table: str, count: Counts) -> None:
        db, columns = self._db, self._columns[entity]
        unfilled = [name for name in columns_of(self._tables.entities[entity]) if name not in columns]
        staged = f'FROM pairs p JOIN "s_{entity}" s ON s.line = p.staged JOIN parts m ON m.number = s.part'
        count.moved = db.execute(
            f'UPDATE "{table}" SET _part = n.id, _at = n.at, _sort = n.sort, _issues = n.issues, _raw = n.raw FROM'
            f" (SELECT p.id AS id2, m.id, s.at, s.sort, s.issues, s.raw {staged} WHERE p.same = 1) n WHERE _id = n.id2"
            f" AND (_part, _at, _sort, _issues, _raw) {self._database.dialect.differ} (n.id, n.at, n.sort, n.issues, n.raw)"
        ).rowcount
        sets = "".join(f', "{column}" = n."{column}"' for column in columns)
        sets += "".join(f', "{column}" = NULL' for column in unfilled)
        wanted = "".join(f', s."{column}"' for column in columns)
        count.changed = db.execute(
            f'UPDATE "{table}" SET _part = n.id, _at = n.at, _sort = n.sort, _hash = n.hash, _issues = n.issues,'
            f" _raw = n.raw, _changed = ?{sets} FROM (SELECT p.id AS id2, m.id, s.at, s.sort, s.hash, s.issues, s.raw"
            f"{wanted} {staged} WHERE p.same = 0) n WHERE _id = n.id2",
            (self._now,),
        ).rowcount
        db.execute("INSERT INTO touched SELECT ?, id FROM pairs WHERE same = 0 ON CONFLICT DO NOTHING", (entity,))
        self._index.forget(entity, "SELECT id FROM pairs WHERE same = 0")
        self._index.learn(entity, f"SELECT p.id, s.head, s.rest {staged} WHERE p.same = 0")
        (kept,) = db.execute("SELECT count(*) FROM pairs WHERE same = 1").fetchone()
        count.unchanged = kept

    def _insert_new(self, entity: str, table: str, last: int, count: Counts) -> int:
        """Adds the staged rows that have no old row; how many of them answer for their key already. In a table that held
        nothing all do whose key stands once, so that they need not be written a second time."""
        db, columns = self._db, self._columns[entity]
        names = "".join(f', "{column}"' for column in columns)
        wanted = "".join(f', s."{column}"' for column in columns)
        db.execute("DROP TABLE IF EXISTS fresh")
        db.execute("CREATE TEMP TABLE fresh (line BIGINT PRIMARY KEY, id BIGINT)")
        db.execute(  # numbered by themselves: to number whole rows, SQLite would copy them
            f'INSERT INTO fresh SELECT line, {last} + row_number() OVER (ORDER BY line) FROM "s_{entity}"'
            " WHERE part IN (SELECT number FROM parts) AND line NOT IN (SELECT staged FROM pairs)"
        )
        new = f'FROM fresh f JOIN "s_{entity}" s ON s.line = f.line JOIN parts m ON m.number = s.part'
        answers = "0" if last else "CASE WHEN s.node IN (SELECT node FROM twice) THEN 0 ELSE 1 END"
        count.added = db.execute(
            f'INSERT INTO "{table}" (_id, _node, _sort, _part, _at, _hash, _live, _current, _changed, _issues, _raw{names})'
            f" SELECT f.id, s.node, s.sort, m.id, s.at, s.hash, {answers}, {answers}, ?, s.issues,"
            f" s.raw{wanted} {new}",
            (self._now,),
        ).rowcount
        db.execute(
            f'INSERT INTO touched SELECT ?, _id FROM "{table}" WHERE _id > ? ON CONFLICT DO NOTHING', (entity, last)
        )
        self._index.learn(entity, f"SELECT f.id, s.head, s.rest {new}")
        if last:
            return 0
        (answering,) = db.execute(f'SELECT count(*) FROM "{table}" WHERE _live = 1').fetchone()
        return int(answering)

    # -- rows that are no records -------------------------------------------------------------------------------------

    def _write_tallies(self, touched: _Touched) -> None:
        """How many rows each part has, its columns, and the rows that were set aside."""
        db = self._db
        for table in ("tally", "set_aside"):
            db.execute(f"DELETE FROM {table} WHERE part IN (SELECT id FROM replaced)")
        told = [(part.seen, orjson.dumps(part.columns).decode(), touched.staged[part.number]) for part in touched.parts]
        db.executemany("INSERT INTO tally (seen, columns, part) VALUES (?, ?, ?)", told)
        names = "place, reason, first, last, rows, setting, text"
        wanted = ", ".join(f"s.{name}" for name in names.split(", "))
        db.execute(
            f"INSERT INTO set_aside (part, {names}) SELECT m.id, {wanted} FROM s_aside s JOIN parts m ON m.number = s.part"
        )

    def _tell_rejects(self) -> None:
        self._rejects.clear("_part IN (SELECT id FROM replaced)")
        for part, source, dataset, entity, key, label, at, code, name, raw, cell, params, row in self._db.execute(
            "SELECT m.id, p.source, p.dataset, p.entity, p.key, p.label, s.at, s.code, s.field, s.raw, s.cell, s.params, s.row"
            " FROM s_reject s JOIN parts m ON m.number = s.part JOIN part p ON p.id = m.id"
        ):
            self._rejects.add(
                part=part,
                source=source,
                dataset=dataset,
                entity=entity,
                code=code,
                locator=f"{label} › {at}",
                params=params,
                field=name,
                raw=raw,
                cell=cell,
                place=key,
                row=row,
            )

    def _settle_rejects(self) -> bool:
        is_changed = self._rejects.settle()
        entity = system_entity(self._database.catalogue, "reject")
        if is_changed and entity is not None:
            self._raise(f"entity:{entity.name}")
        return is_changed

    # -- what the hub itself keeps ------------------------------------------------------------------------------------

    def _write_state(self, mapping: EntityMapping, problem: str | None) -> None:
        """What is known of a dataset now. One of which some parts were read is there, though not whole."""
        key = (mapping.source, mapping.dataset, mapping.entity)
        self._db.execute(
            "UPDATE dataset SET tried_at = ?, problem = ?, read_at = coalesce(?, read_at), ever_read = CASE WHEN ever_read = 1"
            " OR EXISTS (SELECT 1 FROM part p WHERE (p.source, p.dataset, p.entity) = (?, ?, ?)) THEN 1 ELSE ? END"
            " WHERE (source, dataset, entity) = (?, ?, ?)",
            (self._now, problem, None if problem else self._now, *key, int(problem is None), *key),
        )

    def _write_source(self, name: str) -> list[Account]:
        """Writes what is known of a source now; what became of its rows."""
        db, entity = self._db, system_entity(self._database.catalogue, "source")
        accounts = accounts_of(db, self._database, name)
        if entity is None:
            return accounts
        ever_read, tried_at, read_at, problem = db.execute(
            "SELECT max(ever_read), max(tried_at), min(read_at), max(problem) FROM dataset WHERE source = ?", (name,)
        ).fetchone()
        state = "FRESH" if tried_at else "UNKNOWN"
        if problem is not None:
            state = "STALE" if ever_read else "UNAVAILABLE"
        seen = [account.seen for account in accounts]
        values = {
            "name": name,
            "kind": self._config.sources[name].kind,
            "state": state,
            "stateRaw": state,
            "readAt": read_at or None,
            "triedAt": tried_at or None,
            "dueAt": self._due(name, read_at),
            **self._trial_of(name, entity),
            "rowsSeen": None if None in seen else sum(filter(None, seen)),
            "records": sum(account.records for account in accounts),
            "rejects": sum(account.rejects for account in accounts),
            "setAside": sum(account.set_aside for account in accounts),
            "issues": sum(account.issues for account in accounts),
            "accounts": orjson.dumps([account.told() for account in accounts]).decode(),
            "drift": orjson.dumps(drift_of(db, name)).decode(),
            "problem": problem,
        }
        if write_source(db, entity, self._now, values):
            self._raise(f"entity:{entity.name}")
        return accounts

    def _due(self, name: str, read_at: str | None) -> str | None:
        """When a source should be read again at the latest. Of files that are watched and of what is brought in by hand nothing is
        promised."""
        refresh = self._config.sources[name].refresh
        if not read_at or refresh.every is None or refresh.watch:
            return None
        return store_time(datetime.fromisoformat(read_at) + refresh.every)

    def _trial_of(self, name: str, entity: Entity) -> dict[str, object]:
        """What this sync tells of its source; of another, what was known."""
        trial = self._trial
        if trial is None or trial.source != name:
            known = self._db.execute(
                f'SELECT c_breaker, "c_retryAt", "c_tookMs" FROM "e_{entity.name}" WHERE c_name = ?', (name,)
            ).fetchone()
            breaker, retry_at, took = known or (None, None, None)
        else:
            rests = trial.standing.rests
            breaker = "CLOSED" if rests is None else "OPEN"
            retry_at = None if rests is None else store_time(self._at + timedelta(seconds=rests))
            took = max(0, round((self._at - trial.began).total_seconds() * 1000))
        breaker = breaker or "CLOSED"
        return {"breaker": breaker, "breakerRaw": breaker, "retryAt": retry_at, "tookMs": took}

    def _match_links(self) -> None:
        for (entity,) in self._db.execute(
            "SELECT entity FROM touched GROUP BY entity HAVING count(*) > 500"
        ).fetchall():
            # tells which column of a key with several parts is worth its index
            self._db.execute(f'ANALYZE "e_{entity}"')
        matching = Matcher(self._db, self._database, self._config.path.parent).run()
        self.changed_links |= matching.changed
        for name in matching.changed:
            self._raise(f"link:{name}")
        for link, misses in matching.misses.items():
            self._rejects.clear("c_source = 'links' AND c_dataset = ?", (link,))
            for miss in misses:
                self._rejects.add(
                    part=0,
                    source="links",
                    dataset=link,
                    entity=miss.missing,
                    code="CROSSWALK_NO_MATCH",
                    locator=f"{miss.path} › {miss.row}",
                    params=orjson.dumps({"entity": miss.missing, "link": link}).decode(),
                    raw=miss.text,
                )

    def _raise(self, name: str, *, is_new: bool = False) -> None:
        """A new revision of what an entity, link or source holds, and how many rows there are now. Its number is the time in
        microseconds, or one more than the last, and 0 of what is new and empty: a replica that was made anew, or brought back
        from a copy, never has a number again that stood for something else."""
        kind, _, of = name.partition(":")
        table = {"entity": f"e_{of}", "link": f"l_{of}"}.get(kind)
        size = f'(SELECT count(*) FROM "{table}")' if table else "0"
        self._db.execute(
            f"INSERT INTO revision (name, number, size) VALUES (?, ?, {size})"
            " ON CONFLICT (name) DO UPDATE SET size = excluded.size, number ="
            " CASE WHEN revision.number < excluded.number THEN excluded.number ELSE revision.number + 1 END",
            (name, 0 if is_new else self._number),
        )
