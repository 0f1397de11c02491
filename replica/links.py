"""Matching: which records a link's rules tie, in sets, for what a sync has changed.

`touched` (entity, id) names the records that were added, changed or deleted. Of a link only the records of its near end
that this can concern are matched again; their earlier matches are replaced as far as they differ."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from config.entities import Catalogue, CrosswalkRule, KeyRule, Link, Normalise, Rule
from connectors.cells import tidy
from connectors.personal import mask_personal
from replica.database import Database
from replica.identity import normalise
from replica.mapping import RAW_LENGTH
from replica.session import Session

WHOLE = 1000  # confidence of a key or crosswalk match


@dataclass(frozen=True, slots=True)
class CrosswalkMiss:
    """A crosswalk row that points to nothing; `missing` is the entity that was not found."""

    link: str
    path: str
    row: int
    missing: str
    text: str


@dataclass(slots=True)
class Matching:
    """What matching did: the links whose matches changed, and the misses of each crosswalk that was looked at."""

    changed: set[str] = field(default_factory=set)
    misses: dict[str, list[CrosswalkMiss]] = field(default_factory=dict)


class Matcher:
    """Matches the links of a catalogue in a connection that is inside the sync's transaction. `folder` is where
    crosswalks' relative paths start."""

    def __init__(self, db: Session, database: Database, folder: Path) -> None:
        self._db = db
        self._catalogue = database.catalogue
        self._tables = database.tables
        self._dialect = database.dialect
        self._folder = folder
        self._done = Matching()
        self._read: set[str] = set()  # entities of which every dataset has been read

    def run(self) -> Matching:
        """Matches every link that the touched records, changed crosswalks or changed links concern."""
        self._db.execute("CREATE TEMP TABLE IF NOT EXISTS affected (a BIGINT PRIMARY KEY)")
        self._db.execute(
            "CREATE TEMP TABLE IF NOT EXISTS found (a BIGINT, b BIGINT, method TEXT, confidence INTEGER, rule TEXT,"
            " status TEXT, why TEXT, PRIMARY KEY (a, b))"
        )
        touched = {name for (name,) in self._db.execute("SELECT DISTINCT entity FROM touched")}
        read = self._db.execute("SELECT entity FROM dataset GROUP BY entity HAVING min(ever_read) = 1")
        self._read = {name for (name,) in read}
        everything = bool(self._db.execute("DELETE FROM meta WHERE key = 'rematch' RETURNING 1").fetchall())
        for link in in_order(self._catalogue):
            crosswalks = self._changed_crosswalks(link)
            if everything or crosswalks or self._is_concerned(link, touched):
                self._match(link, whole=everything or crosswalks or self._must_be_whole(link, touched))
        return self._done

    # -- what is concerned --------------------------------------------------------------------------------------------

    def _is_concerned(self, link: Link, touched: set[str]) -> bool:
        ends = {link.source, link.to} & touched
        return bool(ends) or self._must_be_whole(link, touched)

    def _must_be_whole(self, link: Link, touched: set[str]) -> bool:
        """Whether a change elsewhere (a link on the way, a record at the end of a path) may concern any record."""
        if not link.inverse_many and {link.source, link.to} & touched:
            return True  # another record may claim the same partner, or no longer claim it
        if link.via:
            return any(f"{step.source}.{step.name}" in self._done.changed for step, _ in self._steps(link)) or bool(
                {link.source, link.to} & touched
            )
        for rule in link.rules:
            for entity, path in _paths(link, rule):
                for hop_name in path:
                    hop = self._catalogue.hops(entity)[hop_name]
                    if f"{hop.link.source}.{hop.link.name}" in self._done.changed or hop.to in touched:
                        return True
                    entity = hop.to
        return False

    def _changed_crosswalks(self, link: Link) -> bool:
        changed = False
        for rule in link.rules:
            if isinstance(rule, CrosswalkRule):
                key = f"crosswalk:{link.source}.{link.name}:{rule.path}"
                stamp = " ".join([self._stamp(rule), *self._told_ends(link)])
                row = self._db.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
                if row is None or row[0] != stamp:
                    self._db.execute(
                        "INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
                        (key, stamp),
                    )
                    changed = True
        return changed

    def _stamp(self, rule: CrosswalkRule) -> str:
        try:
            content = (self._folder / rule.path).read_bytes()
        except OSError:
            return "missing"
        return hashlib.sha256(content).hexdigest()

    def _told_ends(self, link: Link) -> list[str]:
        """The ends of which a crosswalk's row can be said to point to nothing. Of one that was never read nobody knows."""
        return [end for end in (link.source, link.to) if end in self._read]

    def _collect_affected(self, link: Link, *, whole: bool) -> None:
        db, source, to, table = self._db, link.source, link.to, self._tables.link(link).name
        db.execute("DELETE FROM affected")
        if whole:
            db.execute(f'INSERT INTO affected SELECT _id FROM "e_{source}"')
            return
        db.execute(
            f'INSERT INTO affected SELECT a FROM "{table}" WHERE b IN'
            " (SELECT id FROM touched WHERE entity = ?) ON CONFLICT DO NOTHING",
            (to,),
        )
        for rule in link.rules:
            if isinstance(rule, KeyRule):
                joins = self._key_joins(link, rule)
                db.execute(
                    # by an expression: SQLite would else pair every `a` with every touched record before it looks at keys
                    f"INSERT INTO affected SELECT a._id {joins}"
                    " AND b._id + 0 IN (SELECT id FROM touched WHERE entity = ?) ON CONFLICT DO NOTHING",
                    (to,),
                )
        db.execute("INSERT INTO affected SELECT id FROM touched WHERE entity = ? ON CONFLICT DO NOTHING", (source,))

    # -- matching -----------------------------------------------------------------------------------------------------

    def _match(self, link: Link, *, whole: bool) -> None:
        if any(isinstance(rule, CrosswalkRule) for rule in link.rules) and not whole:
            whole = True  # its misses are told for the whole list
        self._collect_affected(link, whole=whole)
        self._db.execute("DELETE FROM found")
        if link.via:
            self._match_via(link)
        for rule in link.rules:
            if isinstance(rule, KeyRule):
                self._match_key(link, rule)
            else:
                self._match_crosswalk(link, rule)
        self._settle(link)
        self._replace(link)

    def _match_key(self, link: Link, rule: KeyRule) -> None:
        label = "key(" + ", ".join(f"{left} = {right}" for left, right in rule.pairs) + ")"
        why = " + ".join(left for left, _ in rule.pairs)
        self._take(
            f"SELECT DISTINCT a._id, b._id, 'KEY', {WHOLE}, ?, 'ACCEPTED', ? {self._key_joins(link, rule)}", label, why
        )

    def _key_joins(self, link: Link, rule: KeyRule) -> str:
        """FROM … WHERE … that pairs the two ends by a key rule, as `a` and `b`."""
        sources = [f'"e_{link.source}" a']
        conditions = ["a._live = 1", "b._live = 1"]
        ends = {"a": link.source, "b": link.to}
        for number, (left, right) in enumerate(sorted(rule.pairs, key=lambda pair: "." in "".join(pair))):
            sides = []
            for end, field_path in zip(ends, (left, right), strict=True):
                if number == 0 and end == "b":
                    sources.append(f'"e_{link.to}" b')
                *path, name = field_path.split(".")
                entity, here = self._walked(ends[end], end, path, f"{end}{number}", sources, conditions)
                sides.append(self._side(entity, here, name, rule.normalise, sources, f"j{end}{number}"))
            conditions += [
                " = ".join(sides),
                *(f"{side} IS NOT NULL" for side in sides),
            ]  # else all the others are tried first
        conditions += [f'a."c_{name}" IS NULL' for name in rule.absent]
        return f"FROM {', '.join(sources)} WHERE {' AND '.join(conditions)}"

    def _walked(
        self, entity: str, here: str, path: Sequence[str], label: str, sources: list[str], conditions: list[str]
    ) -> tuple[str, str]:
        """The entity and alias at the end of a path over accepted matches; what it joins is added."""
        for step, hop_name in enumerate(path):
            hop = self._catalogue.hops(entity)[hop_name]
            match, there = f"m{label}_{step}", f"p{label}_{step}"
            near_end, far_end = ("a", "b") if hop.forward else ("b", "a")
            sources.append(f'"{self._tables.link(hop.link).name}" {match}')
            sources.append(f'"e_{hop.to}" {there}')
            conditions.append(f"{match}.{near_end} = {here}._id AND {match}.status = 'ACCEPTED'")
            conditions.append(f"{there}._id = {match}.{far_end} AND {there}._live = 1")
            entity, here = hop.to, there
        return entity, here

    def _side(self, entity: str, alias: str, name: str, way: Normalise, sources: list[str], item: str) -> str:
        """The expression of a field's normalised value; a list is taken apart."""
        column = self._tables.entities[entity].normalised[name, way]
        declared = self._catalogue[entity].field(name)
        if declared is None or not declared.type.is_list:
            return f'{alias}."{column}"'
        sources.append(self._dialect.items(f'{alias}."{column}"', item))
        return f"{item}.value"

    def _match_crosswalk(self, link: Link, rule: CrosswalkRule) -> None:
        rows = read_crosswalk(self._folder / rule.path, rule)
        left, right = [f"l{i}" for i in range(len(rule.left))], [f"r{i}" for i in range(len(rule.right))]
        db = self._db
        db.execute("DROP TABLE IF EXISTS crosswalk")
        columns = ", ".join(f"{name} TEXT" for name in left + right)
        db.execute(f"CREATE TEMP TABLE crosswalk (line BIGINT, {columns}, text TEXT)")
        marks = ", ".join("?" * (len(left) + len(right) + 2))
        db.executemany(f"INSERT INTO crosswalk VALUES ({marks})", rows)
        near = self._crosswalk_end(link.source, "a", [name for name, _ in rule.left], left, rule.normalise)
        far = self._crosswalk_end(link.to, "b", [name for name, _ in rule.right], right, rule.normalise)
        joins = f'FROM crosswalk x JOIN "e_{link.source}" a ON {near} JOIN "e_{link.to}" b ON {far} WHERE 1 = 1'
        why = " + ".join(name for name, _ in rule.left)
        sql = f"SELECT DISTINCT a._id, b._id, 'CROSSWALK', {WHOLE}, ?, 'ACCEPTED', ? {joins}"
        self._take(sql, f"crosswalk({rule.path})", why)
        misses = self._done.misses.setdefault(f"{link.source}.{link.name}", [])
        for end, alias, on in ((link.source, "a", near), (link.to, "b", far)):
            if end in self._told_ends(link):
                found = db.execute(
                    f'SELECT x.line, x.text FROM crosswalk x WHERE NOT EXISTS (SELECT 1 FROM "e_{end}" {alias} WHERE {on})'
                )
                name = f"{link.source}.{link.name}"
                misses += [
                    CrosswalkMiss(name, rule.path, row, end, self._shown(link, rule, text)) for row, text in found
                ]

    def _shown(self, link: Link, rule: CrosswalkRule, text: str) -> str:
        """What is repeated of a row of a crosswalk."""
        for end, names in ((link.source, rule.left), (link.to, rule.right)):
            for name, _ in names:
                declared = self._catalogue[end].field(name)
                if declared is not None and declared.sensitive:
                    return "***"
        return mask_personal(text)[:RAW_LENGTH]

    def _crosswalk_end(
        self, entity: str, alias: str, names: Sequence[str], columns: Sequence[str], way: Normalise
    ) -> str:
        conditions = [f"{alias}._live = 1"]
        for name, column in zip(names, columns, strict=True):
            normalised = f'{alias}."{self._tables.entities[entity].normalised[name, way]}"'
            declared = self._catalogue[entity].field(name)
            if declared is not None and declared.type.is_list:
                conditions.append(
                    f"EXISTS (SELECT 1 FROM {self._dialect.items(normalised, 'i')} WHERE i.value = x.{column})"
                )
            else:
                conditions.append(f"{normalised} = x.{column}")
        return " AND ".join(conditions)

    def _steps(self, link: Link) -> list[tuple[Link, bool]]:
        """The links that a `via` walks, each with its direction."""
        entity, steps = link.source, []
        for name in link.via:
            hop = self._catalogue.hops(entity)[name]
            steps.append((hop.link, hop.forward))
            entity = hop.to
        return steps

    def _match_via(self, link: Link) -> None:
        sources, conditions, confidences = [], [], []
        last = "f.a"
        for number, (step, forward) in enumerate(self._steps(link)):
            alias = f"s{number}"
            near, far = ("a", "b") if forward else ("b", "a")
            sources.append(f'"{self._tables.link(step).name}" {alias}')
            conditions.append(f"{alias}.{near} = {last} AND {alias}.status = 'ACCEPTED'")
            confidences.append(f"{alias}.confidence")
            last = f"{alias}.{far}"
        lowest = f"{self._dialect.least}({', '.join(confidences)})" if len(confidences) > 1 else confidences[0]
        sql = (
            f"SELECT f.a, {last}, 'VIA', max({lowest}), ?, 'ACCEPTED', ? FROM affected f, {', '.join(sources)}"
            f" WHERE {' AND '.join(conditions)} GROUP BY f.a, {last}"
        )
        label = "via(" + ", ".join(link.via) + ")"
        self._db.execute(f"INSERT INTO found {sql}", (label, " → ".join(link.via)))

    def _take(self, select: str, *parameters: object) -> None:
        """Keeps pairs of affected records that no earlier rule has given a partner."""
        self._db.execute(
            f"INSERT INTO found {select} AND a._id IN (SELECT a FROM affected)"
            " AND NOT EXISTS (SELECT 1 FROM found g WHERE g.a = a._id)",
            parameters,
        )

    def _settle(self, link: Link) -> None:
        """Several partners where there may be one are candidates."""
        for end, is_many in (("a", link.many), ("b", link.inverse_many)):
            if not is_many:
                self._db.execute(
                    f"UPDATE found SET status = 'CANDIDATE' WHERE {end} IN"
                    f" (SELECT {end} FROM found GROUP BY {end} HAVING count(*) > 1)"
                )

    def _replace(self, link: Link) -> None:
        db, table = self._db, self._tables.link(link).name
        gone = db.execute(
            f'DELETE FROM "{table}" WHERE (a IN (SELECT a FROM affected)'
            f" AND (a, b, method, confidence, rule, status, why) NOT IN (SELECT * FROM found))"
            f' OR a NOT IN (SELECT _id FROM "e_{link.source}") OR b NOT IN (SELECT _id FROM "e_{link.to}")'
        ).rowcount
        new = db.execute(f'INSERT INTO "{table}" SELECT * FROM found WHERE 1 = 1 ON CONFLICT DO NOTHING').rowcount
        if gone or new:
            self._done.changed.add(f"{link.source}.{link.name}")


def read_crosswalk(path: Path, rule: CrosswalkRule) -> list[tuple[object, ...]]:
    """(row number, normalised values of both ends, text of the row) of each row of a crosswalk. A file that is not there has
    none; the check of the configuration says so."""
    try:
        content = path.read_bytes()
    except OSError:
        return []
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252", "replace")  # as Excel on Windows saves "CSV"
    first = text.partition("\n")[0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=";" if first.count(";") > first.count(",") else ",")
    header = [tidy(name).casefold() for name in next(reader, [])]
    wanted = [tidy(column).casefold() for _, column in (*rule.left, *rule.right)]
    places = [header.index(name) if name in header else len(header) for name in wanted]
    rows: list[tuple[object, ...]] = []
    number = 1
    try:
        for number, row in enumerate(reader, 2):
            cells = [row[place] if place < len(row) else "" for place in places]
            values = [normalise(cell, rule.normalise) for cell in cells]
            if any(values):
                rows.append((number, *values, " · ".join(cells)))
    except csv.Error as error:  # a quotation mark that is never closed: told as a row that points to nothing
        rows.append((number + 1, *(None for _ in wanted), str(error)))
    return rows


def _paths(link: Link, rule: Rule) -> Iterable[tuple[str, list[str]]]:
    """The paths that a rule walks, each with the entity where it starts."""
    if isinstance(rule, KeyRule):
        for pair in rule.pairs:
            for entity, field_path in zip((link.source, link.to), pair, strict=True):
                if "." in field_path:
                    yield entity, field_path.split(".")[:-1]


def in_order(catalogue: Catalogue) -> list[Link]:
    """The links of a catalogue, each after those that its rules or its way walk."""
    ordered: dict[tuple[str, str], Link] = {}

    def place(link: Link, above: tuple[Link, ...]) -> None:
        if (link.source, link.name) in ordered or link in above:
            return
        for entity, path in [(link.source, link.via), *(step for rule in link.rules for step in _paths(link, rule))]:
            for name in path:
                hop = catalogue.hops(entity)[name]
                place(hop.link, (*above, link))
                entity = hop.to
        ordered[link.source, link.name] = link

    for link in catalogue.links:
        place(link, ())
    return list(ordered.values())
