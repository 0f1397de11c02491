"""The write transaction of a sync: staged parts take the place of old ones, duplicates are set aside, links are matched."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import orjson

from config.entities import Entity
from config.hub import EntityMapping, HubConfig
from connectors.connector import Part
from replica.database import Database
from replica.identity import node_of, sort_text
from replica.links import CrosswalkMiss, Matcher
from replica.mapping import columns_of
from replica.tables import fold, store_time

LEAST_LOSS = 5  # records that may always go without waking the shrink guard
RUNS_KEPT = 50  # of each source


class ShrinkGuard(Exception):
    """The sync would lose more records than the source's maxLoss allows."""

    def __init__(self, entity: str, before: int, after: int) -> None:
        super().__init__(entity)
        self.entity = entity
        self.before = before
        self.after = after


@dataclass(frozen=True, slots=True)
class StagedPart:
    """A part in staging: its number there, and where its cells stand (field to column label)."""

    number: int
    mapping: EntityMapping
    part: Part
    labels: Mapping[str, str]
    grid: bool
    is_void: bool = False


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

    @property
    def is_change(self) -> bool:
        return bool(self.added or self.changed or self.removed or self.moved)

    def as_dict(self) -> dict[str, int]:
        return asdict(self)


@dataclass(slots=True)
class _Touched:
    """What is to be done for an entity of this sync."""

    mappings: list[EntityMapping] = field(default_factory=list)
    staged: dict[int, int] = field(default_factory=dict)  # staging's part number to part.id
    gone: list[int] = field(default_factory=list)  # ids of parts that vanished


class Merge:
    """Merges one sync. Call `begin`, `entity` for each mapping, then `finish` or `refuse`, then `record_run`, all inside
    `transaction`."""

    def __init__(self, db: sqlite3.Connection, database: Database, config: HubConfig, now: datetime) -> None:
        self._db = db
        self._database = database
        self._tables = database.tables
        self._config = config
        self._now = store_time(now)
        self._touched: dict[str, _Touched] = {}
        self._states: list[tuple[EntityMapping, str | None]] = []
        self._rejects_changed = False
        self.changed_links: set[str] = set()

    @contextmanager
    def transaction(self, staging: Path) -> Iterator[None]:
        """One write transaction over the replica with the staging file attached."""
        self._db.execute("ATTACH ? AS staging", (str(staging),))
        self._db.execute("CREATE TEMP TABLE touched (entity TEXT, id INTEGER, PRIMARY KEY (entity, id)) WITHOUT ROWID")
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    # -- what a hub knows before its first sync -----------------------------------------------------------------------

    def register(self) -> None:
        """Makes configured sources and datasets known and forgets those that are configured no more."""
        db = self._db
        db.execute("CREATE TEMP TABLE touched (entity TEXT, id INTEGER, PRIMARY KEY (entity, id)) WITHOUT ROWID")
        db.execute("BEGIN IMMEDIATE")
        try:
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
            if wanted != known:
                self._match_links()
            for name in self._config.sources:
                self._write_source(name)
            marks = ", ".join("?" * len(self._config.sources))
            table = self._system("source")
            if table is not None:
                db.execute(f'DELETE FROM "{table}" WHERE c_name NOT IN ({marks})', list(self._config.sources))
            db.execute("COMMIT")
        except BaseException:
            db.execute("ROLLBACK")
            raise

    def _drop_part(self, part: int) -> None:
        (entity,) = self._db.execute("SELECT entity FROM part WHERE id = ?", (part,)).fetchone()
        if entity in self._tables.entities:
            table = self._tables.entities[entity].table.name
            self._db.execute(
                f'INSERT OR IGNORE INTO temp.touched SELECT ?, _id FROM "{table}" WHERE _part = ?', (entity, part)
            )
            self._db.execute(f'DELETE FROM "{table}" WHERE _part = ?', (part,))
        self._delete_rejects("_part = ?", (part,))
        self._db.execute("DELETE FROM part WHERE id = ?", (part,))

    # -- one sync -----------------------------------------------------------------------------------------------------

    def begin(self, source: str) -> None:
        """Starts the merge of a source."""
        self._source = source

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
                why = next((problem for prefix, problem in unlisted.items() if part_key.startswith(prefix)), None)
                if why is not None:
                    db.execute("UPDATE part SET stale = ? WHERE id = ?", (why, part_id))
                elif part_key not in there:
                    touched.gone.append(part_id)
            read = {part.part.key for part in staged}
            unread = [(self._now, *key, k) for k in there if k not in read and k not in failed]
            db.executemany(
                "UPDATE part SET fetched_at = ?, stale = NULL WHERE (source, dataset, entity, key) = (?, ?, ?, ?)",
                unread,
            )
        self._states.append((mapping, problem or next(iter(failed.values()), None)))

    def finish(self, source: str, *, max_loss: Decimal | None) -> dict[str, Counts]:
        """Merges what was taken up, sets duplicates aside, matches links. Raises ShrinkGuard before anything is changed."""
        if max_loss is not None:
            for entity, touched in self._touched.items():
                self._guard(entity, touched, max_loss)
        counts = {}
        for name, touched in self._touched.items():
            if touched.staged or touched.gone:
                counts[name] = self._merge(self._database.catalogue[name], touched)
            else:
                counts[name] = Counts()
        self._match_links()
        for name, count in counts.items():
            self._count(name, source, count)
            if count.is_change:
                self._raise(f"entity:{name}")
        for mapping, problem in self._states:
            self._write_state(mapping, problem)
        self._write_source(source)
        if any(count.is_change for count in counts.values()) or self._rejects_changed:
            self._raise(f"source:{source}")
        return counts

    def refuse(self, source: str, problem: str) -> None:
        """Leaves everything as it was and notes why."""
        self._db.execute("ROLLBACK")
        self._db.execute("BEGIN IMMEDIATE")
        for mapping, _ in self._states:
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
        cursor = self._db.execute(
            "INSERT INTO part (source, dataset, entity, key, label, file, sheet, stamp, grid, columns, fetched_at)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (*key, part.key, *values),
        )
        return int(cursor.lastrowid or 0)

    def _guard(self, entity: str, touched: _Touched, max_loss: Decimal) -> None:
        db, table = self._db, self._tables.entities[entity].table.name
        of_source = "SELECT id FROM part WHERE source = ? AND entity = ?"
        (before,) = db.execute(
            f'SELECT count(*) FROM "{table}" WHERE _part IN ({of_source})',
            (self._source, entity),
        ).fetchone()
        replaced = [*touched.staged.values(), *touched.gone]
        marks = ", ".join("?" * len(replaced))
        (old,) = db.execute(f'SELECT count(*) FROM "{table}" WHERE _part IN ({marks})', replaced).fetchone()
        new = 0
        if touched.staged:
            numbers = ", ".join(map(str, touched.staged))
            (new,) = db.execute(f"SELECT count(*) FROM staging.s_{entity} WHERE part IN ({numbers})").fetchone()
        lost = old - new
        if lost >= LEAST_LOSS and lost > max_loss * before:
            raise ShrinkGuard(entity, before, before - lost)

    def _merge(self, entity: Entity, touched: _Touched) -> Counts:
        db, table = self._db, self._tables.entities[entity.name].table.name
        count = Counts()
        db.execute("CREATE TEMP TABLE IF NOT EXISTS parts (number INTEGER PRIMARY KEY, id INTEGER)")
        db.execute("CREATE TEMP TABLE IF NOT EXISTS replaced (id INTEGER PRIMARY KEY)")
        db.execute("DELETE FROM temp.parts")
        db.execute("DELETE FROM temp.replaced")
        db.executemany("INSERT INTO temp.parts VALUES (?, ?)", touched.staged.items())
        db.executemany(
            "INSERT OR IGNORE INTO temp.replaced VALUES (?)", [(i,) for i in (*touched.staged.values(), *touched.gone)]
        )
        self._pair(entity.name, table, bool(touched.staged))
        self._delete_old(entity.name, table, count)
        if touched.staged:
            self._update_kept(entity.name, table, count)
            self._insert_new(entity.name, table, count)
        self._write_rejects(touched)
        db.executemany("DELETE FROM part WHERE id = ?", [(part,) for part in touched.gone])
        self._settle_duplicates(entity, table, touched.mappings)
        self._settle_current(entity, table)
        return count

    def _pair(self, entity: str, table: str, has_staged: bool) -> None:
        """Pairs staged rows with the old rows of the parts that are replaced: same identity, in order of occurrence."""
        db = self._db
        db.execute("DROP TABLE IF EXISTS temp.pairs")
        db.execute("CREATE TEMP TABLE pairs (staged INTEGER PRIMARY KEY, id INTEGER, same INTEGER)")
        if not has_staged:
            return
        db.execute(
            "INSERT INTO temp.pairs SELECT n.row, o._id, n.hash = o._hash FROM"
            f" (SELECT rowid AS row, node, hash, row_number() OVER (PARTITION BY node ORDER BY hash, rowid) AS place"
            f" FROM staging.s_{entity} WHERE part IN (SELECT number FROM temp.parts)) n JOIN"
            f" (SELECT _id, _node, _hash, row_number() OVER (PARTITION BY _node ORDER BY _hash, _id) AS place"
            f' FROM "{table}" WHERE _part IN (SELECT id FROM temp.replaced)) o ON o._node = n.node AND o.place = n.place'
        )
        db.execute("CREATE UNIQUE INDEX temp.pairs_id ON pairs (id)")

    def _delete_old(self, entity: str, table: str, count: Counts) -> None:
        db = self._db
        old = f'FROM "{table}" WHERE _part IN (SELECT id FROM temp.replaced) AND _id NOT IN (SELECT id FROM temp.pairs)'
        db.execute(f"INSERT OR IGNORE INTO temp.touched SELECT ?, _id {old}", (entity,))
        count.removed = db.execute(f"DELETE {old}").rowcount

    def _update_kept(self, entity: str, table: str, count: Counts) -> None:
        db, columns = self._db, columns_of(self._tables.entities[entity])
        staged = (
            f"FROM temp.pairs p JOIN staging.s_{entity} s ON s.rowid = p.staged JOIN temp.parts m ON m.number = s.part"
        )
        count.moved = db.execute(
            f'UPDATE "{table}" SET _part = n.id, _at = n.at, _sort = n.sort FROM'
            f" (SELECT p.id AS row, m.id, s.at, s.sort {staged} WHERE p.same) n WHERE _id = n.row"
            f" AND (_part, _at, _sort) <> (n.id, n.at, n.sort)"
        ).rowcount
        sets = ", ".join(f'"{column}" = n."{column}"' for column in columns)
        wanted = ", ".join(f's."{column}"' for column in columns)
        count.changed = db.execute(
            f'UPDATE "{table}" SET _part = n.id, _at = n.at, _sort = n.sort, _hash = n.hash, _issues = n.issues,'
            f" _raw = n.raw, _changed = ?, {sets} FROM (SELECT p.id AS row, m.id, s.at, s.sort, s.hash, s.issues, s.raw,"
            f" {wanted} {staged} WHERE NOT p.same) n WHERE _id = n.row",
            (self._now,),
        ).rowcount
        db.execute("INSERT OR IGNORE INTO temp.touched SELECT ?, id FROM temp.pairs WHERE NOT same", (entity,))
        (kept,) = db.execute("SELECT count(*) FROM temp.pairs WHERE same").fetchone()
        count.unchanged = kept

    def _insert_new(self, entity: str, table: str, count: Counts) -> None:
        db, columns = self._db, columns_of(self._tables.entities[entity])
        (last,) = db.execute(f'SELECT coalesce(max(_id), 0) FROM "{table}"').fetchone()
        names = ", ".join(f'"{column}"' for column in columns)
        wanted = ", ".join(f's."{column}"' for column in columns)
        count.added = db.execute(
            f'INSERT INTO "{table}" (_node, _sort, _part, _at, _hash, _live, _current, _changed, _issues, _raw, {names})'
            f" SELECT s.node, s.sort, m.id, s.at, s.hash, 0, 0, ?, s.issues, s.raw, {wanted}"
            f" FROM staging.s_{entity} s JOIN temp.parts m ON m.number = s.part"
            " WHERE s.rowid NOT IN (SELECT staged FROM temp.pairs) ORDER BY s.rowid",
            (self._now,),
        ).rowcount
        db.execute(f'INSERT OR IGNORE INTO temp.touched SELECT ?, _id FROM "{table}" WHERE _id > ?', (entity, last))

    # -- duplicates and what counts -----------------------------------------------------------------------------------

    def _settle_duplicates(self, entity: Entity, table: str, mappings: Sequence[EntityMapping]) -> None:
        """Of records with one identity: equal ones are one; of different ones the mapping's rules choose, or all are set
        aside as rejects that name each other."""
        db = self._db
        groups: dict[str, list[tuple[int, str, int, str, str, str, int]]] = {}
        rows = db.execute(
            f'SELECT e._node, e._id, e._hash, e._part, p.label, e._at, p.source, p.dataset FROM "{table}" e'
            f' JOIN part p ON p.id = e._part WHERE e._node IN (SELECT _node FROM "{table}" GROUP BY _node HAVING count(*) > 1)'
            " ORDER BY p.key, e._id"
        )
        of: dict[tuple[str, str], EntityMapping] = {
            (m.source, m.dataset): m for m in self._config.mappings if m.entity == entity.name
        }
        for node, id_, hash_, part, label, at, source, dataset in rows.fetchall():
            rank = of[source, dataset].precedence if of[source, dataset].ranked else 0
            groups.setdefault(node, []).append((id_, hash_, part, f"{label} › {at}", source, dataset, rank))
        self._delete_rejects("c_code = 'DUPLICATE_KEY' AND c_entity = ?", (entity.name,))
        wanted: set[int] = set()
        in_groups: list[int] = []
        for members in groups.values():
            in_groups += [member[0] for member in members]
            best = min(member[6] for member in members)
            top = [member for member in members if member[6] == best]
            mode = of[top[0][4], top[0][5]].duplicates
            if len({member[1] for member in top}) == 1 or mode == "first":
                wanted.add(top[0][0])
            elif mode == "last":
                wanted.add(top[-1][0])
            else:
                self._reject_duplicates(entity, top)
        marks = [(id_,) for id_ in in_groups]
        db.execute("CREATE TEMP TABLE IF NOT EXISTS twins (id INTEGER PRIMARY KEY, live INTEGER)")
        db.execute("DELETE FROM temp.twins")
        db.executemany("INSERT INTO temp.twins VALUES (?, 0)", marks)
        db.executemany("UPDATE temp.twins SET live = 1 WHERE id = ?", [(id_,) for id_ in wanted])
        changed = f'FROM "{table}" e LEFT JOIN temp.twins t ON t.id = e._id WHERE e._live <> coalesce(t.live, 1)'
        db.execute(f"INSERT OR IGNORE INTO temp.touched SELECT ?, e._id {changed}", (entity.name,))
        db.execute(
            f'UPDATE "{table}" SET _live = 0 WHERE _live = 1 AND _id IN (SELECT id FROM temp.twins WHERE live = 0)'
        )
        db.execute(
            f'UPDATE "{table}" SET _live = 1 WHERE _live = 0 AND _id NOT IN (SELECT id FROM temp.twins WHERE live = 0)'
        )

    def _reject_duplicates(self, entity: Entity, members: Sequence[tuple[int, str, int, str, str, str, int]]) -> None:
        field_name = entity.key[-1] if entity.key else None
        for id_, _, part, locator, source, dataset, _ in members:
            others = [member[3] for member in members if member[0] != id_]
            params = orjson.dumps({"others": ", ".join(others[:5])}).decode()
            self._add_reject(
                part, source, dataset, entity.name, "DUPLICATE_KEY", field_name, None, None, locator, params
            )

    def _settle_current(self, entity: Entity, table: str) -> None:
        current = entity.current
        if current is None:
            self._db.execute(f'UPDATE "{table}" SET _current = _live WHERE _current <> _live')
            return
        conditions = ["_live = 1"]
        if current.leaf and entity.field(current.leaf):
            conditions.append(f'coalesce("c_{current.leaf}", 1) = 1')
        counting = " AND ".join(conditions)
        chosen = f'SELECT _id FROM "{table}" WHERE {counting}'
        if current.order:
            by = ", ".join(f'"c_{name}"' for name in current.group)
            ranked = f'rank() OVER (PARTITION BY {by} ORDER BY "c_{current.order}" DESC NULLS LAST)'
            chosen = f'SELECT _id FROM (SELECT _id, {ranked} AS place FROM "{table}" WHERE {counting}) WHERE place = 1'
        self._db.execute(f'UPDATE "{table}" SET _current = NOT _current WHERE _current <> (_id IN ({chosen}))')

    # -- rejects ------------------------------------------------------------------------------------------------------

    def _write_rejects(self, touched: _Touched) -> None:
        self._delete_rejects("_part IN (SELECT id FROM temp.replaced) AND c_code <> 'DUPLICATE_KEY'", ())
        rows = self._db.execute(
            "SELECT m.id, p.source, p.dataset, p.entity, p.label, s.at, s.code, s.field, s.raw, s.cell, s.params"
            " FROM staging.s_reject s JOIN temp.parts m ON m.number = s.part JOIN part p ON p.id = m.id"
        ).fetchall()
        for part, source, dataset, entity, label, at, code, field_name, raw, cell, params in rows:
            self._add_reject(part, source, dataset, entity, code, field_name, raw, cell, f"{label} › {at}", params)

    def _add_reject(
        self,
        part: int,
        source: str,
        dataset: str,
        entity: str,
        code: str,
        field_name: str | None,
        raw: str | None,
        cell: str | None,
        locator: str,
        params: str,
    ) -> None:
        values = {
            "source": source,
            "dataset": dataset,
            "entity": entity,
            "code": code,
            "field": field_name,
            "rawValue": raw,
            "cell": cell,
            "locator": locator,
            "params": params,
        }
        self._rejects_changed = True
        self._write_system("reject", [source, dataset, locator, entity, code, field_name or ""], part, values)

    def _delete_rejects(self, where: str, parameters: Sequence[object]) -> None:
        table = self._system("reject")
        if table is not None and self._db.execute(f'DELETE FROM "{table}" WHERE {where}', parameters).rowcount:
            self._rejects_changed = True

    # -- what the hub itself keeps ------------------------------------------------------------------------------------

    def _system(self, role: str) -> str | None:
        """The table of the entity that plays a role of the hub's own."""
        name = next((entity.name for entity in self._database.catalogue if entity.system == role), None)
        return None if name is None else f"e_{name}"

    def _write_system(self, role: str, key: Sequence[str], part: int, values: Mapping[str, object]) -> None:
        entity = next((entity for entity in self._database.catalogue if entity.system == role), None)
        if entity is None:
            return
        node = node_of(entity.name, key)
        row: dict[str, object] = {
            "_node": node,
            "_sort": sort_text(key, node),
            "_part": part,
            "_at": "",
            "_hash": "",
            "_live": 1,
            "_current": 1,
            "_changed": self._now,
        }
        for field_ in entity.fields:
            value = values.get(field_.name)
            row[f"c_{field_.name}"] = value
            if field_.type.is_text:
                row[f"f_{field_.name}"] = None if value is None else fold(str(value))
        names = ", ".join(f'"{name}"' for name in row)
        marks = ", ".join("?" * len(row))
        self._db.execute(f'DELETE FROM "e_{entity.name}" WHERE _node = ?', (node,))
        self._db.execute(f'INSERT INTO "e_{entity.name}" ({names}) VALUES ({marks})', list(row.values()))

    def _write_state(self, mapping: EntityMapping, problem: str | None) -> None:
        key = (mapping.source, mapping.dataset, mapping.entity)
        read = "" if problem is not None else ", ever_read = 1, read_at = tried_at"
        if problem is not None:
            # a dataset of which some parts were read is there, though not whole
            read = (
                ", ever_read = max(ever_read, EXISTS (SELECT 1 FROM part WHERE (source, dataset, entity) = (?, ?, ?)))"
            )
        parameters = (self._now, problem, *key, *key) if problem is not None else (self._now, problem, *key)
        self._db.execute(
            f"UPDATE dataset SET tried_at = ?, problem = ?{read} WHERE (source, dataset, entity) = (?, ?, ?)",
            parameters,
        )
        if problem is None:
            self._db.execute("UPDATE dataset SET read_at = tried_at WHERE (source, dataset, entity) = (?, ?, ?)", key)

    def _write_source(self, name: str) -> None:
        db = self._db
        states = db.execute(
            "SELECT max(ever_read), max(tried_at), min(read_at), max(problem), count(*) FROM dataset WHERE source = ?",
            (name,),
        ).fetchone()
        ever_read, tried_at, read_at, problem, _ = states
        state = "UNKNOWN" if not tried_at else "FRESH"
        if problem is not None:
            state = "STALE" if ever_read else "UNAVAILABLE"
        records = issues = 0
        for entity in {m.entity for m in self._config.mappings if m.source == name}:
            table = self._tables.entities[entity].table.name
            found = db.execute(
                f'SELECT count(*), coalesce(sum(json_array_length(_issues)), 0) FROM "{table}"'
                " WHERE _live = 1 AND _part IN (SELECT id FROM part WHERE source = ?)",
                (name,),
            ).fetchone()
            records, issues = records + found[0], issues + found[1]
        rejects_table = self._system("reject")
        rejects = 0
        if rejects_table is not None:
            (rejects,) = db.execute(f'SELECT count(*) FROM "{rejects_table}" WHERE c_source = ?', (name,)).fetchone()
        values = {
            "name": name,
            "kind": self._config.sources[name].kind,
            "state": state,
            "stateRaw": state,
            "readAt": read_at or None,
            "triedAt": tried_at or None,
            "records": records,
            "rejects": rejects,
            "issues": issues,
            "problem": problem,
        }
        self._write_system("source", [name], 0, values)

    def _match_links(self) -> None:
        matching = Matcher(self._db, self._database.catalogue, self._tables, self._config.path.parent).run()
        self.changed_links |= matching.changed
        for name in matching.changed:
            self._raise(f"link:{name}")
        for link, misses in matching.misses.items():
            self._write_misses(link, misses)

    def _write_misses(self, link: str, misses: Sequence[CrosswalkMiss]) -> None:
        self._delete_rejects("c_source = 'links' AND c_dataset = ?", (link,))
        for miss in misses:
            params = orjson.dumps({"entity": miss.missing, "link": link}).decode()
            locator = f"{miss.path} › {miss.row}"
            self._add_reject(
                0, "links", link, miss.missing, "CROSSWALK_NO_MATCH", None, miss.text, None, locator, params
            )

    def _count(self, entity: str, source: str, count: Counts) -> None:
        table = self._tables.entities[entity].table.name
        row = self._db.execute(
            f'SELECT count(*), coalesce(sum(json_array_length(_issues)), 0) FROM "{table}" WHERE _live = 1'
            " AND _part IN (SELECT id FROM part WHERE source = ?)",
            (source,),
        ).fetchone()
        count.records, count.issues = row
        rejects = self._system("reject")
        if rejects is not None:
            (count.rejects,) = self._db.execute(
                f'SELECT count(*) FROM "{rejects}" WHERE c_source = ? AND c_entity = ?',
                (source, entity),
            ).fetchone()

    def _raise(self, name: str) -> None:
        self._db.execute(
            "INSERT INTO revision (name, number) VALUES (?, 1) ON CONFLICT (name) DO UPDATE SET number = number + 1",
            (name,),
        )
