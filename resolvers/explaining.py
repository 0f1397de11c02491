"""Why a row is as it is, or is missing: seen, read, decided, linked. One engine for `explain` and `simpul why`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path, PurePosixPath
from zoneinfo import ZoneInfo

import orjson

from config.entities import Catalogue, Entity, Field, FieldType
from config.hub import EntityMapping, FieldMapping
from config.lines import Lines
from connectors.columns import plain_name
from connectors.connector import Aside
from connectors.personal import mask_personal
from connectors.seeking import Sought
from replica.mapping import CONTENT, RAW_LENGTH
from replica.reading import Reading
from replica.tables import Tables, fold
from replica.tracing import PSEUDO, SeenPart, StoredReject, StoredRow, Trace
from replica.wire import wire_id
from resolvers.explanation import NEAREST, Explanation, Near, ReadCell, Said, close_to
from resolvers.linkreasons import told_links
from resolvers.locators import Place, places_of
from resolvers.unseen import Unseen
from resolvers.values import MASK, decimal_writer, time_writer

MOST_TOLD = 10  # rows of a key of which some parts were left out
MOST_SOUGHT = 24  # files, each in the folders of one dataset, for all explanations of an operation
MOST_REJECTS = 5_000  # of which the key is looked for in the cells of their rows

Seek = Callable[[str, str, str, str | None], Sought | None]
"""From source, dataset, file and sheet to what is there of them, where a source is made of files."""


@dataclass(frozen=True, slots=True)
class Origins:
    """What is known of where rows come from: the mappings, where they stand in hub.yaml, the folder of it, and how to look for a
    file that was not read."""

    mappings: Sequence[EntityMapping] = ()
    lines: Lines | None = None
    folder: Path = Path()
    seek: Seek = lambda source, dataset, file, sheet: None

    def mapping(self, entity: str, source: str, dataset: str) -> EntityMapping | None:
        """The mapping of a dataset to an entity."""
        key = (entity, source, dataset)
        return next((m for m in self.mappings if (m.entity, m.source, m.dataset) == key), None)

    def secret_columns(self, catalogue: Catalogue) -> dict[tuple[str, str], frozenset[str]]:
        """Of each dataset the columns, by their plain names, that feed a sensitive field of any entity."""
        found: dict[tuple[str, str], set[str]] = {}
        for mapping in self.mappings:
            for fed in mapping.fields:
                field = catalogue[mapping.entity].field(fed.field)
                if field is not None and field.sensitive:
                    columns = [*fed.columns, *([fed.within] if fed.within else [])]
                    found.setdefault((mapping.source, mapping.dataset), set()).update(map(plain_name, columns))
        return {dataset: frozenset(columns) for dataset, columns in found.items()}

    def line(self, mapping: EntityMapping | None, *, name: str | None = None, setting: str | None = None) -> str | None:
        """Where in hub.yaml a field of a mapping, or an option of it or its dataset, stands."""
        if self.lines is None or mapping is None:
            return None
        return self.lines.setting(mapping, setting) if name is None else self.lines.field(mapping, name)

    def decided(self, entity: str, source: str, dataset: str, code: str, name: str | None) -> str | None:
        """Where in hub.yaml stands what made a reject of a row."""
        mapping = self.mapping(entity, source, dataset)
        if self.lines is None or mapping is None:
            return None if self.lines is None or source != "links" else self.lines.link(*dataset.partition(".")[::2])
        return self.line(mapping, setting="duplicates") if code == "DUPLICATE_KEY" else self.line(mapping, name=name)


class TooManySought(Exception):
    """The explanations of an operation have to look for more files than they may."""


class Explainer:
    """Explains rows of an entity from one reading of the replica."""

    def __init__(
        self,
        reading: Reading,
        catalogue: Catalogue,
        tables: Tables,
        origins: Origins,
        entity: Entity,
        zone: ZoneInfo,
        sought: dict[tuple[str, str, str, str | None], Sought | None] | None = None,
    ) -> None:
        self.reading = reading
        self.catalogue = catalogue
        self.tables = tables
        self.origins = origins
        self.entity = entity
        self.trace = Trace(reading, catalogue, tables)
        self.unseen = Unseen(self)
        self._time = time_writer(zone)
        self._sought = {} if sought is None else sought

    def seek(self, source: str, dataset: str, file: str, sheet: str | None) -> Sought | None:
        """`Origins.seek`, once for all explanations of an operation: it looks into folders, and starts a process to list sheets.
        Raises TooManySought."""
        asked = (source, dataset, file, sheet)
        if asked not in self._sought:
            if len(self._sought) >= MOST_SOUGHT:
                raise TooManySought
            self.reading.make_room()
            self._sought[asked] = self.origins.seek(*asked)
        return self._sought[asked]

    # -- by key -------------------------------------------------------------------------------------------------------

    def by_key(self, given: Sequence[str]) -> list[Explanation]:
        """The rows with this key; some of its parts may be left out."""
        entity = self.entity
        for names in open_choices(entity, len(given)):
            key = dict(zip(names, given, strict=True))
            rows = self.trace.by_key(entity, key)
            rejects = [] if rows else self._rejects_of(key)
            if rows or rejects:
                told = [self._of_row(row) for row in rows[:MOST_TOLD]]
                return told + [self._of_reject(reject) for reject in rejects[:MOST_TOLD]]
        never = self.unseen.never_read()
        if never is not None:
            return [never]
        nearest = self._nearest(given)
        params = {"entity": entity.name, "key": " · ".join(given), "parts": ", ".join(entity.key)}
        advice = Said("ADVICE_KEY_NEAR" if nearest else "ADVICE_KEY_UNKNOWN", params)
        return [Explanation("NOT_SEEN", Said("WHY_KEY_UNKNOWN", params), advice, nearest=nearest)]

    def _rejects_of(self, key: Mapping[str, str]) -> list[StoredReject]:
        """Rejects in whose cells the key stands."""
        found = []
        for reject in self.trace.rejects(self.entity.name, most=MOST_REJECTS):
            read = {cell.field: cell.raw for cell in self._cells(reject.part, reject.at, reject.raw, is_plain=True)}
            read |= {"file": reject.part.file, "sheet": reject.part.sheet}
            if reject.raw and all(fold(read.get(name) or "") == fold(text) for name, text in key.items()):
                found.append(reject)
        return found

    def _nearest(self, given: Sequence[str]) -> tuple[Near, ...]:
        """Keys like the one that was not found; none of sensitive fields."""
        names = self.entity.key[-len(given) :] if len(given) <= len(self.entity.key) else ()
        declared = [self.entity.field(name) for name in names]
        if not names or any(field is not None and field.sensitive for field in declared):
            return ()
        keys = {fold(" ".join(part or "" for part in key)): key for key in self.trace.keys(self.entity, names)}
        wanted = fold(" ".join(given))
        squeezed = _squeezed(wanted)
        alike = [text for text in keys if _squeezed(text) == squeezed]
        alike += [text for text in close_to(wanted, keys) if text not in alike]
        found = []
        for text in alike[:NEAREST]:
            parts = {name: part for name, part in zip(names, keys[text], strict=True) if part is not None}
            found += [self.near(row) for row in self.trace.by_key(self.entity, parts)[:2]]
        return tuple(found[:NEAREST])

    # -- by locator ---------------------------------------------------------------------------------------------------

    def by_locator(self, text: str) -> list[Explanation]:
        """The rows at a place, in every part that it fits."""
        parts = self.trace.parts(self.entity.name)
        found: list[Explanation] = []
        unknown: list[Place] = []
        for place in places_of(text):
            fitting = self.trace.parts_at(self.entity.name, place.row) if not place.names else parts.values()
            fitting = [part for part in fitting if place.fits(part)]
            for part in fitting:
                found += self._at(part, place.at(part))
            if not place.names:
                found += [self._of_part(part) for part in parts.values() if Place((place.row,), "").fits(part)]
            unknown += [] if fitting else [place]
            if found and any(one.outcome != "NOT_SEEN" for one in found):
                break
        told = [one for one in found if one.outcome != "NOT_SEEN"] or found
        if told:
            return told
        never = self.unseen.never_read()
        if never is not None:
            return [never]
        return [self.unseen.place(unknown[0], text)] if unknown else []

    def _at(self, part: SeenPart, at: str) -> list[Explanation]:
        """What stands at a place of a part."""
        rows = self.trace.at(self.entity.name, part, at)
        if rows:
            return [self._of_row(row) for row in rows]
        rejects = self.trace.rejects_at(self.entity.name, part, at)
        if rejects:
            return [self._of_reject(reject) for reject in rejects]
        aside = self.trace.aside(part, at)
        if aside is not None:
            return [self._of_aside(part, at, aside)]
        return [self._not_there(part, at)]

    # -- what became of a row -----------------------------------------------------------------------------------------

    def _of_row(self, row: StoredRow) -> Explanation:
        twins = self.trace.records(self.entity.name, "e._node = ? AND e._id <> ?", row.node, row.id)
        rejects = [] if row.live else self.trace.rejects_at(self.entity.name, row.part, row.at)
        cells = tuple(self._cells(row.part, row.at, row.raw, row))
        told = replace(
            self._seen(row.part, row.at, "RECORD", Said("WHY_RECORD", {"entity": self.entity.name})),
            id=wire_id(self.entity.name, row.node) if row.live else None,
            key=self.key_of(row),
            cells=cells,
            rivals=tuple(self.near(twin) for twin in twins),
        )
        if rejects:
            told = self._rejected(told, rejects[0])
        elif not row.live:
            told = self._given_way(told, row, twins)
        else:
            if not row.current:
                told = self._not_counting(told, row)
            elif row.issues:
                told = replace(
                    told, said=Said("WHY_RECORD_ISSUES", {"entity": self.entity.name, "count": len(row.issues)})
                )
            told = replace(told, links=tuple(told_links(self, row)))
        return told

    def _given_way(self, told: Explanation, row: StoredRow, twins: Sequence[StoredRow]) -> Explanation:
        """A record that does not answer for its key because another one does, or others contradict each other."""
        mapping = self._mapping(row.part)
        winner = next((twin for twin in twins if twin.live), None)
        params = {"others": ", ".join(twin.locator for twin in (twins if winner is None else [winner]))}
        setting: str | None
        if winner is not None and winner.content[:CONTENT] == row.content[:CONTENT]:
            said, setting = Said("WHY_SAME_TWICE", params), None
        elif winner is None or self._rank(winner.part) != self._rank(row.part):
            said, setting = Said("WHY_PRECEDENCE", params), "precedence"
        else:
            said, setting = Said("WHY_GIVEN_WAY", params), "duplicates"
        line = self.origins.line(mapping, setting=setting) if setting else None
        advice = Said("ADVICE_DUPLICATE", {"line": line or "hub.yaml"})
        return replace(told, outcome="SET_ASIDE", said=said, advice=advice if setting else None, decided_by=line)

    def _rank(self, part: SeenPart) -> int:
        mapping = self._mapping(part)
        return mapping.precedence if mapping is not None and mapping.ranked else 0

    def _not_counting(self, told: Explanation, row: StoredRow) -> Explanation:
        """A record that only `scope: ALL` answers with."""
        current = self.entity.current
        params: dict[str, object] = {"entity": self.entity.name, "plural": self.entity.plural}
        said = Said("WHY_NOT_CURRENT", params)
        if current is not None:
            if current.leaf and row.values.get(f"c_{current.leaf}") == 0:
                said = Said("WHY_PARENT", params)
            elif current.superseded and (newer := self._superseding(row, *current.superseded)):
                said = Said("WHY_SUPERSEDED", {**params, "other": newer[0].locator})
            elif current.order:
                said = Said("WHY_OLD_VERSION", {**params, "field": current.order})
        return replace(told, said=said, advice=Said("ADVICE_SCOPE", params))

    def _superseding(self, row: StoredRow, names: str, named: str) -> list[StoredRow]:
        value = row.values.get(f"c_{named}")
        return (
            [] if value is None else self.trace.records(self.entity.name, f'e._live = 1 AND e."c_{names}" = ?', value)
        )

    def _of_reject(self, reject: StoredReject) -> Explanation:
        told = self._seen(reject.part, reject.at, "REJECTED", Said(reject.code, reject.params))
        cells = tuple(self._cells(reject.part, reject.at, reject.raw, reject=reject))
        return self._rejected(replace(told, cells=cells), reject)

    def _rejected(self, told: Explanation, reject: StoredReject) -> Explanation:
        part = reject.part
        line = self.origins.decided(self.entity.name, part.source, part.dataset, reject.code, reject.field)
        advice = advice_on(reject.code, reject.params, reject.field, reject.cell, reject.locator, line)
        return replace(told, outcome="REJECTED", said=Said(reject.code, reject.params), advice=advice, decided_by=line)

    def _of_aside(self, part: SeenPart, at: str, aside: Aside) -> Explanation:
        mapping = self._mapping(part)
        line = self.origins.line(mapping, setting=aside.setting)
        params = {"text": aside.text or "", "setting": aside.setting or "", "line": line or "hub.yaml"}
        params |= {"column": (aside.setting or "").partition(".")[2], "dataset": part.dataset}
        code = f"WHY_{aside.reason}" + ("_TEXT" if aside.text and aside.reason in WITH_TEXT else "")
        advice = Said(f"ADVICE_{aside.reason}" if aside.reason in ADVISED else "ADVICE_ASIDE", params)
        decided = line if aside.setting or aside.reason in FOUND else None
        told = self._seen(part, at, "SET_ASIDE", Said(code, params))
        return replace(told, advice=None if aside.reason in SELF_EVIDENT else advice, decided_by=decided)

    # -- what was not seen --------------------------------------------------------------------------------------------

    def _not_there(self, part: SeenPart, at: str) -> Explanation:
        """A place that a part did not have when it was read."""
        told = self._seen(part, at, "NOT_SEEN", Said("WHY_ROW_UNKNOWN", {"at": at, "part": part.label}))
        params: dict[str, object] = {"at": at, "part": part.label, "source": part.source, "seen": part.seen or 0}
        if part.stale is not None:
            return replace(told, said=Said("WHY_STALE", params), advice=told.stale)
        if part.seen is None:
            return replace(told, said=Said("WHY_NOT_COUNTED", params), advice=Said("ADVICE_SYNC", params))
        if part.grid and at.isdigit():
            code = "WHY_BEYOND" if int(at) > part.seen else "WHY_ROW_UNKNOWN"
            return replace(told, said=Said(code, params), advice=Said("ADVICE_SYNC", params))
        rows = self.trace.ask(f'SELECT DISTINCT _at FROM "e_{self.entity.name}" WHERE _part = ? LIMIT 20000', part.id)
        near = tuple(
            Near((), f"{part.label} › {found}", None) for found in close_to(at, [row[0] for row in rows])[:NEAREST]
        )
        advice = Said("ADVICE_NEAR" if near else "ADVICE_SYNC", params)
        return replace(told, said=Said("WHY_ROW_UNKNOWN", params), advice=advice, nearest=near)

    def _of_part(self, part: SeenPart) -> Explanation:
        """A file or sheet of which no row was named."""
        told = self._seen(part, "", "NOT_SEEN", Said("WHY_ROW_NEEDED", {"part": part.label, "seen": part.seen or 0}))
        return replace(told, locator=part.label, row=None, advice=Said("ADVICE_ROW", {"part": part.label}))

    # -- parts of an explanation --------------------------------------------------------------------------------------

    def _seen(self, part: SeenPart, at: str, outcome: str, said: Said) -> Explanation:
        stale = None
        if part.stale is not None:
            stale = Said(part.stale["code"], {"where": part.stale["where"], **part.stale["params"]})
        return Explanation(
            outcome,
            said,
            source=part.source,
            dataset=part.dataset,
            locator=f"{part.label} › {at}",
            file=part.file,
            sheet=part.sheet,
            row=at,
            fetched_at=self._time(part.fetched_at),
            stale=stale,
        )

    def _mapping(self, part: SeenPart) -> EntityMapping | None:
        return self.origins.mapping(self.entity.name, part.source, part.dataset)

    def _cells(
        self,
        part: SeenPart,
        at: str,
        raw: Mapping[str, str],
        row: StoredRow | None = None,
        reject: StoredReject | None = None,
        *,
        is_plain: bool = False,
    ) -> Iterator[ReadCell]:
        """How each field of a row was read; `is_plain` shows what stands there even of sensitive fields."""
        mapping = self._mapping(part)
        wrong: dict[str, Said] = {}
        if row is not None:
            wrong = {issue["field"]: Said(issue["code"], issue.get("params") or {}) for issue in row.issues}
        if reject is not None and reject.field is not None:
            wrong[reject.field] = Said(reject.code, reject.params)
        for told in mapping.fields if mapping is not None else ():
            line = self.origins.line(mapping, name=told.field)
            yield self._cell(part, at, raw, told, row, wrong.get(told.field), line, is_plain)
            if told.within:
                above = replace(
                    told, field=f"{told.field}Within", type=FieldType.TEXT, columns=(told.within,), within=None
                )
                yield self._cell(part, at, raw, above, row, None, line, is_plain)

    def _cell(
        self,
        part: SeenPart,
        at: str,
        raw: Mapping[str, str],
        told: FieldMapping,
        row: StoredRow | None,
        said: Said | None,
        line: str | None,
        is_plain: bool,
    ) -> ReadCell:
        columns = [(label, name) for label, name, fields in part.columns if told.field in fields]
        names = [name for _, name in columns] or [name for name in told.columns if name.startswith("$")]
        texts = [raw[name] for _, name in columns if name in raw]
        place = PurePosixPath(part.key.partition("#")[0])
        pseudo = {
            "$file": part.file,
            "$stem": part.file and place.stem,
            "$sheet": part.sheet,
            "$folder": place.parent.name,
        }
        texts += [text for name in names if (text := pseudo.get(name))]
        stored = f"{told.field}Raw" if told.type is None else told.field
        declared = self.entity.field(stored)
        secret = declared is not None and declared.sensitive and not is_plain
        shown = told.join.join(texts) if texts else told.value
        if shown is not None:
            shown = MASK if secret else shown if is_plain else mask_personal(shown)[:RAW_LENGTH]
        cell = ", ".join(f"{label}{at}" if part.grid else label for label, _ in columns) or None
        value = None if row is None or declared is None else self.shown(declared, row.values.get(f"c_{stored}"))
        return ReadCell(told.field, ", ".join(names) or None, cell, shown, value, line, said)

    def shown(self, declared: Field, stored: object) -> str | None:
        """A stored value as a person reads it; masked if it is sensitive."""
        if stored is None:
            return None
        if declared.sensitive:
            return MASK
        if declared.type.is_decimal:
            return decimal_writer(declared.scale)(int(str(stored)))
        if declared.type is FieldType.DATETIME:
            return self._time(str(stored))
        if declared.type is FieldType.BOOLEAN:
            return "true" if stored else "false"
        return ", ".join(orjson.loads(str(stored))) if declared.type.is_list else str(stored)

    def key_of(self, row: StoredRow, entity: Entity | None = None) -> tuple[str, ...]:
        """The key of a record, part by part, as it may be shown."""
        entity = entity or self.entity
        found = []
        for name in entity.key:
            declared = entity.field(name)
            if declared is None:
                found.append((row.part.file if name == "file" else row.part.sheet) or "")
            else:
                found.append(self.shown(declared, row.values.get(f"c_{name}")) or "")
        return tuple(found)

    def near(self, row: StoredRow, entity: Entity | None = None, name: str | None = None) -> Near:
        """A record as one that is meant perhaps, because of what stands in the field `name`."""
        entity = entity or self.entity
        declared = entity.field(name) if name is not None and name not in entity.key else None
        text = None if declared is None else self.shown(declared, row.values.get(f"c_{declared.name}"))
        return Near(self.key_of(row, entity), row.locator, wire_id(entity.name, row.node) if row.live else None, text)


WITH_TEXT = ("TITLE", "HEADER", "GROUP", "TOTAL")
FOUND = ("TITLE", "HEADER", "GROUP", "TOTAL", "REPEATED_HEADER", "NOTE", "OTHER_TABLE", "COLUMN_NUMBERS", "UNFILLED")
"""What is found out, and can be pinned with the options of the dataset."""
ADVISED = ("OUTSIDE_ROWS", "SKIP", "WHERE", "TOTAL", "NOTE", "OTHER_TABLE", "UNFILLED")
SELF_EVIDENT = (
    "BLANK",
    "DELETED",
    "AUTOMATIC",
    "EMPTY_MESSAGE",
    "REPEATED_MESSAGE",
    "LATER_MESSAGE",
    "WITHHELD_MESSAGE",
)


def advice_on(
    code: str, params: Mapping[str, object], name: str | None, cell: str | None, locator: str, line: str | None
) -> Said:
    """What to do about a reject."""
    shown = {**params, "field": name or "-", "cell": cell or locator, "locator": locator, "line": line or "hub.yaml"}
    return Said(f"ADVICE_{code}" if code in REJECTS else "ADVICE_CELL", shown)


REJECTS = (
    *(
        "MISSING_KEY",
        "MISSING_REQUIRED",
        "DUPLICATE_KEY",
        "CROSSWALK_NO_MATCH",
        "UNKNOWN_VALUE",
        "AMBIGUOUS_NUMBER",
        "NOT_READ_YET",
    ),
    *("NOT_A_NUMBER", "NOT_A_DATE", "LOSSY_CODE", "CELL_ERROR", "PATTERN_NOT_FOUND", "PART_NOT_FOUND"),
)


def open_choices(entity: Entity, count: int) -> list[tuple[str, ...]]:
    """`_choices` of an entity's key in which nothing is sensitive: whether somebody's number is there is not told."""
    secret = {field.name for field in entity.fields if field.sensitive}
    return [choice for choice in _choices(entity.key, count) if secret.isdisjoint(choice)]


def _choices(names: Sequence[str], count: int) -> list[tuple[str, ...]]:
    """The parts of a key that so many texts may stand for, the last ones first; never the file or sheet alone."""
    found = reversed(list(combinations(names, count))) if 0 < count <= len(names) else ()
    return [choice for choice in found if set(choice) - set(PSEUDO) or len(choice) == len(names)]


def _squeezed(text: str) -> str:
    """Letters and digits alone, without leading zeros."""
    return "".join(sign for sign in text if sign.isalnum()).lstrip("0")
