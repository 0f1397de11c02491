"""From what was found in files to the new text of hub.yaml: drafted, read as a sync would read it, settled, checked."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib.resources import files
from itertools import chain
from pathlib import Path

from config.entities import Catalogue, Entity, EnumType, FieldType
from config.hub import HubConfig, Language
from config.insertion import append_mapping, insert_entries
from config.load import load_config
from config.naming import field_name
from connectors.errors import SourceError
from connectors.files import find_files
from connectors.findings import FileFound
from replica.tables import build_tables
from schema.catalogue import describe
from simpul.adding.draft import Drafter, own_field
from simpul.adding.entries import Draft, EntityDraft, FieldDraft, LinkDraft, Remark
from simpul.adding.measuring import (
    Measured,
    Overlap,
    find_fingerprint,
    find_key,
    find_overlap,
    join,
    keys_of,
    measure,
)
from simpul.adding.recognition import spoken
from simpul.adding.shapes import Aside, Shape, gather
from simpul.adding.writing import entries_of, mapping_of
from simpul.messages import MESSAGES
from simpul.sources import Connectors

UNREAD = 0.2  # share of a column's cells with issues above which it is kept as text
_MISFIT = ("OUT_OF_RANGE", "NOT_AN_INTEGER")
_SAID: Mapping[str, str] = {
    "ACCEPTED": r"(?:di)?(?:terima|setujui|akomodir)|disetujui|acc|layak|lolos|approved",
    "ACCEPTED_WITH_CHANGES": r"diterima dengan perubahan|disetujui dengan perubahan",
    "REJECTED": r"(?:di)?tolak|tidak (?:di)?(?:setujui|terima|layak|akomodir)|tidak lolos",
    "RETURNED": r"dikembalikan|revisi|perbaikan",
    "POSTPONED": r"(?:di)?tunda|dipending|pending|ditangguhkan",
    "MERGED": r"digabung(?:kan)?.*",
    "SUBMITTED": r"(?:di)?usulkan|dikirim|diajukan|usulan baru|baru",
    "DRAFT": r"draf|draft|belum dikirim",
    "PLANNED": r"(?:di)?rencana(?:kan)?|perencanaan|belum (?:mulai|dilaksanakan|berjalan)",
    "PROCURING": r"(?:proses )?(?:tender|pengadaan|lelang|pemilihan)(?: penyedia)?",
    "FAILED": r"gagal.*|tender gagal|batal lelang",
    "CONTRACTED": r"kontrak|terkontrak|sudah kontrak",
    "ONGOING": r"(?:sedang )?(?:berjalan|berlangsung|dikerjakan|dilaksanakan)|proses|dalam proses|pelaksanaan",
    "COMPLETED": r"(?:telah |sudah |paket )?selesai|tuntas",
    "HANDED_OVER": r"serah terima|pho|fho|diserahterimakan",
    "CANCELLED": r"(?:paket )?(?:di)?batal(?:kan)?",
    "UNVERIFIED": r"belum (?:di)?verifikasi|baru|masuk|pending",
    "FORWARDED": r"(?:ter)?disposisi|diteruskan|didisposisikan",
    "IN_PROGRESS": r"(?:dalam |sedang )?(?:di)?proses|tindak lanjut|ditindaklanjuti",
    "RESOLVED": r"(?:telah |sudah )?selesai|tuntas|closed",
    "ARCHIVED": r"(?:di)?arsip(?:kan)?",
    "NOT_OUR_AUTHORITY": r"bukan (?:ke)?wewenang(?:an)?",
    "GOODS": r"(?:pengadaan )?barang",
    "CONSTRUCTION": r"(?:pekerjaan )?konstruksi",
    "CONSULTING": r"(?:jasa )?konsultan(?:si)?.*",
    "OTHER_SERVICES": r"jasa lain(?:nya)?",
    "BY_VENDOR": r"penyedia",
    "SELF_MANAGED": r"swakelola",
    "MUSRENBANG": r"musrenbang.*",
    "POKIR": r"pokir.*|pokok pikiran.*|reses",
    "COMPLAINT": r"pengaduan|aduan|keluhan",
    "ASPIRATION": r"aspirasi",
    "INFORMATION_REQUEST": r"permintaan informasi",
}
"""What people write for the values of closed sets."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """What is to be added: `after` is the new text of hub.yaml, `before` the one that it comes from. `measured` is what each new
    mapping reads, by its first dataset, `asides` what is not taken."""

    before: str
    after: str
    draft: Draft
    config: HubConfig
    measured: Mapping[tuple[str, str], Measured]
    asides: tuple[Aside, ...] = ()


@dataclass(slots=True)
class _Known:
    """An entity with what was read of it; `draft` if it is to be added."""

    entity: Entity
    measured: Measured
    draft: EntityDraft | None = None
    names: list[str] = field(default_factory=list)


def new_text(language: Language) -> str:
    """A hub.yaml without sources and entities."""
    return files("simpul.starter").joinpath(f"new.{language}.yaml").read_text(encoding="utf-8")


async def propose(
    path: Path,
    before: str,
    config: HubConfig | None,
    found: Sequence[tuple[Path, FileFound]],
    language: Language,
    address: str | None = None,
) -> Proposal | tuple[Aside, ...]:
    """What is to be added to a hub.yaml at `path` with the text `before`, whose configuration is None if it has none yet; only
    what is not taken if nothing is. `address` is the one at which the only file stands, which was fetched. Raises ConfigError if
    the new text can't be used, NoRoom."""
    fresh, asides = _not_read_yet(found, config, address)
    shapes, left = gather(fresh)
    asides += left
    if not shapes:
        return tuple(asides)
    proposal = await propose_shapes(path, before, config, shapes, language, address)
    return replace(proposal, asides=(*asides, *proposal.asides))


async def propose_shapes(
    path: Path,
    before: str,
    config: HubConfig | None,
    shapes: Sequence[Shape],
    language: Language,
    address: str | None = None,
    environ: Mapping[str, str] | None = None,
) -> Proposal:
    """What is to be added for some shapes, of files at `address` if they come from there.

    `environ` holds secrets that are not there yet. Raises ConfigError, NoRoom."""
    closed: set[str] = set()
    while True:
        proposal = await _propose(path, before, config, shapes, language, closed, address, environ)
        if isinstance(proposal, Proposal):
            return proposal
        closed.add(proposal)


async def _propose(
    path: Path,
    before: str,
    config: HubConfig | None,
    shapes: Sequence[Shape],
    language: Language,
    closed: Collection[str],
    address: str | None,
    environ: Mapping[str, str] | None,
) -> Proposal | str:
    """A proposal in which no entity of `closed` gets another mapping; the name of an entity that can't have one either."""
    entities: dict[str, Entity] = dict(describe())
    mapped: dict[str, Collection[str] | None] = {}
    for entity in config.catalogue if config else ():
        entities[entity.name] = entity
        names = [name for name in (*entity.key, *entity.fingerprint) if name not in ("file", "sheet")]
        mapped[entity.name] = None if entity.name in closed or not entity.key else names
    drafter = Drafter(entities, mapped, config.sources if config else (), path.parent.resolve(), address)
    draft = drafter.draft(shapes)
    draft = replace(draft, entities=tuple(_known_by_something(one, draft) for one in draft.entities))

    def say(remark: Remark) -> str:
        return _sentence(remark, language)

    def text_of(draft: Draft) -> str:
        text = insert_entries(before, entries_of(draft, say))
        for one in draft.entities:
            text = append_mapping(text, one.name, mapping_of(one, say)) if one.more else text
        return text

    drafted = load_config(path, describe(), environ, text_of(draft))
    connectors = Connectors(drafted, shapes[0].paths[0].parent if address else None)
    try:
        known = await _measure_all(draft, drafted, connectors)
    finally:
        await connectors.aclose()
    asides = [
        Aside(error.where, error.code, error.params)
        for one in known
        if one.draft is not None
        for error in one.measured.problems
    ]
    for one in known:
        if one.draft is not None and one.draft.more and (clash := _clashes(one, known, config)):
            return clash
        _settle(
            one,
            [other for other in known if other is not one and other.entity.name == one.entity.name],
            drafted.catalogue,
        )
    links = _links([one for one in known if one.draft is None or not one.draft.more], drafted.catalogue)
    settled = tuple(one.draft for one in known if one.draft is not None)
    draft = replace(draft, entities=settled, links=tuple(links))
    after = text_of(draft)
    final = load_config(path, describe(), environ, after)
    measured = {one.draft.datasets[0]: one.measured for one in known if one.draft is not None}
    return Proposal(before, after, draft, final, measured, tuple(asides))


def _known_by_something(one: EntityDraft, draft: Draft) -> EntityDraft:
    """An entity with a fingerprint for the time being, of fields that all its mappings feed."""
    names = [{made.name for made in other.fields} for other in draft.entities if other.name == one.name]
    return replace(one, fingerprint=tuple(m.name for m in one.fields if all(m.name in fed for fed in names))[:1])


def _clashes(one: _Known, known: Sequence[_Known], config: HubConfig | None) -> str | None:
    """The entity of the hub that a mapping can't join: its key is empty, repeated, or that of records that are there."""
    name = one.entity.name
    key = config.catalogue[name].key if config and name in config.catalogue.entities else ()
    if not key:
        return None  # an entity of the same addition: its key is still to be found
    new = keys_of(one.measured, key)
    there = {
        text
        for other in known
        if other is not one and other.entity.name == name
        for text in keys_of(other.measured, key)
    }
    is_fine = len(set(new)) == len(new) and there.isdisjoint(new) and not any(None in text for text in new)
    return None if is_fine and not one.measured.rejects else name


def _sentence(remark: Remark, language: Language) -> str:
    return MESSAGES.render(remark.code, remark.params, language)


def _not_read_yet(
    found: Sequence[tuple[Path, FileFound]], config: HubConfig | None, address: str | None
) -> tuple[list[tuple[Path, FileFound]], list[Aside]]:
    """The files that no source of the hub reads."""
    read: dict[Path, str] = {}
    for source in config.sources.values() if config else ():
        if source.kind == "spreadsheet" and config is not None:
            patterns = source.options["path"]
            if address is not None and isinstance(patterns, list) and address in patterns:
                read.update({path.resolve(): source.name for path, _ in found})
            try:
                paths = find_files(config.path.parent, patterns if isinstance(patterns, list) else [str(patterns)])
            except SourceError:
                continue
            read.update({path.resolve(): source.name for _, path in paths})
    fresh = [(path, file) for path, file in found if path.resolve() not in read]
    known = [Aside(file.file, "ADD_KNOWN", {"source": read[p.resolve()]}) for p, file in found if p.resolve() in read]
    return fresh, known


async def _measure_all(draft: Draft, config: HubConfig, connectors: Connectors) -> list[_Known]:
    """What every entity of the hub reads: the new ones whole, and as much of the others as links need."""
    tables = build_tables(config.catalogue)
    new = {dataset for one in draft.entities for dataset in one.datasets}
    known: list[_Known] = []
    for entity in config.catalogue:
        there = [m for m in config.mappings if m.entity == entity.name and (m.source, m.dataset) not in new]
        if there:
            table = tables.entities[entity.name]
            known.append(_Known(entity, await measure(entity, table, there, config, connectors, whole=False)))
    for one in draft.entities:
        entity, table = config.catalogue[one.name], tables.entities[one.name]
        added = [m for m in config.mappings if (m.source, m.dataset) in one.datasets]
        known.append(_Known(entity, await measure(entity, table, added, config, connectors, whole=True), one))
    return known


# -- one entity -------------------------------------------------------------------------------------------------------


def _settle(one: _Known, others: Sequence[_Known], catalogue: Catalogue) -> None:
    """Decides types and values by what was read, then what tells the records apart, also from those of other mappings."""
    draft = one.draft
    if draft is None:
        return
    taken = (
        {name.casefold() for entity in catalogue for name in _names_of(entity, catalogue)} if draft.builtin else set()
    )
    taken |= {made.name.casefold() for made in draft.fields}
    fields = [_settled(made, one, taken) for made in draft.fields]
    for made, was in zip(fields, draft.fields, strict=True):
        if made != was:  # what was told of it no longer holds
            for told in [told for told in one.measured.issues if told[0] == was.name]:
                del one.measured.issues[told]
    same = [
        made.name
        for made, was in zip(fields, draft.fields, strict=True)
        if (made.name, made.type) == (was.name, was.type)
    ]
    preferred = describe()[draft.name].key if draft.builtin else draft.preferred
    placed = {made.name for made in fields if made.column.startswith("$") and made.name not in preferred}
    same = [name for name in same if name not in placed]
    one.names = same
    if draft.more:
        one.draft = replace(draft, fields=tuple(fields))
        return
    whole = join([one.measured, *(other.measured for other in others)]) if others else one.measured
    fed = [{made.name for made in other.draft.fields} for other in others if other.draft]
    usable = [name for name in same if name in one.measured.values and all(name in names for names in fed)]
    key = find_key(whole, preferred, usable)
    remarks = list(draft.remarks)
    fingerprint: tuple[str, ...] = ()
    if not key:
        fingerprint = find_fingerprint(whole, usable) or draft.fingerprint
        remarks.append(Remark("ADD_NO_KEY"))
    one.draft = replace(draft, fields=tuple(fields), key=key, fingerprint=fingerprint, remarks=tuple(remarks))


def _names_of(entity: Entity, catalogue: Catalogue) -> list[str]:
    return [*(one.name for one in entity.fields), *catalogue.hops(entity.name)]


def _settled(made: FieldDraft, one: _Known, taken: set[str]) -> FieldDraft:
    declared = one.entity.field(made.name)
    if declared is None:
        return made
    if declared.enum is not None:
        return _with_values(made, declared.enum, one.measured.values.get(f"{made.name}Raw", []), taken)
    told = {code: count for (name, code), count in one.measured.issues.items() if name == made.name}
    filled = one.measured.filled[made.name] + sum(told.values())
    misfits = sum(told.get(code, 0) for code in _MISFIT)
    if made.type == "int" and misfits and misfits == sum(told.values()):
        return replace(made, type="decimal")
    if filled and declared.type not in (FieldType.TEXT, FieldType.CODE) and sum(told.values()) > UNREAD * filled:
        return replace(made, type="text") if made.type is not None else own_field(made, "text", taken)
    return made


def _with_values(made: FieldDraft, enum: EnumType, raws: Sequence[str | None], taken: set[str]) -> FieldDraft:
    """A field of a closed set with what its texts mean; as text of its own if most of them mean nothing known."""
    texts = Counter(raw for raw in raws if raw is not None)
    meant = {text: member for text in texts if (member := _meaning(text, enum))}
    if texts and sum(texts[text] for text in meant) < 0.5 * texts.total():
        return own_field(made, "text", taken)
    plain = {text: member for text, member in meant.items() if text.upper().replace(" ", "_") != member}
    return replace(made, options={**made.options, "values": plain}) if plain else made


def _meaning(text: str, enum: EnumType) -> str | None:
    written = spoken(text)
    for member, words in enum.values.items():
        if member != "UNKNOWN" and written in (spoken(member), spoken(words.en), spoken(words.id)):
            return member
    return next((m for m in enum.values if m in _SAID and re.fullmatch(f"(?:{_SAID[m]})", written)), None)


# -- links ------------------------------------------------------------------------------------------------------------


def _links(known: list[_Known], catalogue: Catalogue) -> list[LinkDraft]:
    """The links between entities at least one of which is new, by the values that they share."""
    links: list[LinkDraft] = []
    groups: dict[tuple[str, str], int] = {}  # fields that are tied to each other already, directly or by others
    taken = {entity.name: {name.casefold() for name in _names_of(entity, catalogue)} for entity in catalogue}
    for at, other in enumerate(known):
        for one in known[at + 1 :]:
            if one.draft is None:
                continue
            found = [
                (overlap, near, far)
                for near, far in ((one, other), (other, one))
                if (overlap := find_overlap(_kept(near), _kept(far))) and (overlap.parts is None or near.draft)
            ]
            if found:
                best = max(found, key=lambda way: (way[0].unique, way[0].share))
                if _is_new(*best, groups) and (link := _link(*best, taken)):
                    links.append(link)
    return links


def _is_new(overlap: Overlap, near: _Known, far: _Known, groups: dict[tuple[str, str], int]) -> bool:
    """Whether two fields are not tied by way of others: four sheets with the same names need three links. Notes that they are."""
    ends = (near.entity.name, overlap.left), (far.entity.name, overlap.right)
    left, right = (groups.setdefault(end, len(groups)) for end in ends)
    for name, group in groups.items():
        if group == right:
            groups[name] = left
    return left != right


def _kept(one: _Known) -> Measured:
    """What was read of the fields that are as they were drafted."""
    if one.draft is None:
        return one.measured
    return replace(one.measured, values={n: v for n, v in one.measured.values.items() if n in one.names})


def _link(overlap: Overlap, near: _Known, far: _Known, taken: Mapping[str, set[str]]) -> LinkDraft | None:
    left = overlap.left
    builtin = _builtin_link(near.entity, far.entity)
    if builtin == "":
        return None  # its own rules, or a reference, tie the two
    if overlap.parts is not None and near.draft is not None:
        left = field_name(overlap.right, taken[near.entity.name])
        column = next(made.column for made in near.draft.fields if made.name == overlap.left)
        options = {"parts": f"1-{overlap.parts}"}
        near.draft = replace(near.draft, fields=(*near.draft.fields, FieldDraft(left, column, "code", options)))
        taken[near.entity.name].add(left.casefold())
    remark = Remark(
        "ADD_OVERLAP",
        {
            "left": overlap.left if overlap.parts is None else f"{overlap.left} (1-{overlap.parts})",
            "right": overlap.right,
            "percent": int(100 * overlap.share),
            "matched": overlap.matched,
            "rows": overlap.rows,
        },
    )
    if builtin:
        source, _, name = builtin.partition(".")
        pair = (left, overlap.right) if source == near.entity.name else (overlap.right, left)
        return LinkDraft(source, name, pair, remarks=(remark,))
    ends = taken[near.entity.name], taken[far.entity.name]
    base = far.entity.singular if overlap.unique else far.entity.plural
    name = _free(base, far.entity, ends[0])
    inverse = _free(near.entity.plural, near.entity, ends[1])
    ends[0].update((name.casefold(), f"{name}match".casefold()))
    ends[1].update((inverse.casefold(), f"{inverse}match".casefold()))
    return LinkDraft(
        near.entity.name, name, (left, overlap.right), far.entity.name, inverse, not overlap.unique, (remark,)
    )


def _builtin_link(one: Entity, other: Entity) -> str | None:
    """The built-in link between two entities that has no rules of its own: `BudgetLine.projects`. Empty if the two are tied
    already, None if there is none."""
    builtin = describe()
    found: list[str] = []
    for source, to in ((one, other), (other, one)):
        known = builtin.get(source.name)
        for link in known.links if known else ():
            if link.to != to.name:
                continue
            if link.reference or link.rules:
                return ""
            found.append(f"{source.name}.{link.name}")
    return found[0] if found else None


def _free(name: str, entity: Entity, taken: set[str]) -> str:
    for candidate in chain((name, f"{name}By{entity.name}"), (f"{name}{number}" for number in range(2, 1000))):
        if candidate.casefold() not in taken and f"{candidate}match".casefold() not in taken:
            return candidate
    return name
