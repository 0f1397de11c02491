"""Which of the records with one identity answers for it, and which records count."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import orjson

from config.entities import Entity
from config.hub import EntityMapping
from replica.identity import natural
from replica.mapping import CONTENT
from replica.session import Dialect, Session
from replica.system import Rejects


@dataclass(frozen=True, slots=True)
class _Twin:
    """One of several records with the same identity."""

    id: int
    content: str
    part: int
    key: str  # of the part
    locator: str
    mapping: EntityMapping
    order: tuple[int, str, str]  # its mapping, its part and its row, as they stand in the sources


def settle_duplicates(
    db: Session, entity: Entity, table: str, mappings: Sequence[EntityMapping], rejects: Rejects
) -> tuple[int, int]:
    """Of records with one identity: equal ones are one; of different ones the mapping's rules choose, or all are set aside as
    rejects that name each other. Records that begin or cease to answer go into `touched`; how many cease and begin."""
    rejects.clear("c_code = 'DUPLICATE_KEY' AND c_entity = ?", (entity.name,))
    aside: list[tuple[int]] = []
    for twins in _twins(db, entity, table, mappings).values():
        chosen = _choose(twins)
        aside += [(twin.id,) for twin in twins if twin is not chosen]
        if chosen is None:
            _reject(entity, _best(twins), rejects)
    db.execute("CREATE TEMP TABLE IF NOT EXISTS aside (id BIGINT PRIMARY KEY)")
    db.execute("DELETE FROM aside")
    db.executemany("INSERT INTO aside VALUES (?)", aside)
    db.execute(
        f'INSERT INTO touched SELECT ?, _id FROM "{table}" WHERE _live ='
        " CASE WHEN _id IN (SELECT id FROM aside) THEN 1 ELSE 0 END ON CONFLICT DO NOTHING",
        (entity.name,),
    )
    # those that cease first: only one of an identity may answer
    ceased = db.execute(f'UPDATE "{table}" SET _live = 0 WHERE _live = 1 AND _id IN (SELECT id FROM aside)').rowcount
    begun = db.execute(f'UPDATE "{table}" SET _live = 1 WHERE _live = 0 AND _id NOT IN (SELECT id FROM aside)').rowcount
    return ceased, begun


def _twins(db: Session, entity: Entity, table: str, mappings: Sequence[EntityMapping]) -> dict[str, list[_Twin]]:
    """Records that share an identity, each group in the order of the sources."""
    places = {(m.source, m.dataset): (place, m) for place, m in enumerate(mappings) if m.entity == entity.name}
    groups: dict[str, list[_Twin]] = {}
    for node, id_, hash_, part, key, label, at, source, dataset in db.execute(
        f'SELECT e._node, e._id, e._hash, e._part, p.key, p.label, e._at, p.source, p.dataset FROM "{table}" e'
        f' JOIN part p ON p.id = e._part WHERE e._node IN (SELECT _node FROM "{table}" GROUP BY _node HAVING count(*) > 1)'
    ):
        place, mapping = places[source, dataset]
        order = (place, natural(key), natural(at))
        twin = _Twin(id_, hash_[:CONTENT], part, key, f"{label} › {at}", mapping, order)
        groups.setdefault(node, []).append(twin)
    return {node: sorted(twins, key=lambda twin: twin.order) for node, twins in groups.items()}


def _best(twins: Sequence[_Twin]) -> list[_Twin]:
    """Those whose mapping has precedence over the others'."""
    ranks = [twin.mapping.precedence if twin.mapping.ranked else 0 for twin in twins]
    return [twin for twin, rank in zip(twins, ranks, strict=True) if rank == min(ranks)]


def _choose(twins: Sequence[_Twin]) -> _Twin | None:
    """The one that answers, or None if nothing says which."""
    best = _best(twins)
    mode = best[0].mapping.duplicates
    if mode == "last":
        return best[-1]
    return best[0] if mode == "first" or len({twin.content for twin in best}) == 1 else None


def _reject(entity: Entity, twins: Sequence[_Twin], rejects: Rejects) -> None:
    for twin in twins:
        others = [other.locator for other in twins if other is not twin]
        rejects.add(
            part=twin.part,
            source=twin.mapping.source,
            dataset=twin.mapping.dataset,
            entity=entity.name,
            code="DUPLICATE_KEY",
            field=entity.key[-1] if entity.key else None,
            locator=twin.locator,
            place=twin.key,
            params=orjson.dumps({"others": ", ".join(others[:5])}).decode(),
        )


def settle_current(db: Session, dialect: Dialect, entity: Entity, table: str) -> None:
    """Marks the records that count (see config.entities.Current)."""
    current = entity.current
    if current is None:
        db.execute(f'UPDATE "{table}" SET _current = _live WHERE _current <> _live')
        return
    conditions = ["_live = 1"]
    if current.superseded:
        names, named = current.superseded
        conditions.append(
            f'NOT EXISTS (SELECT 1 FROM "{table}" n WHERE n._live = 1 AND n."c_{names}" = "{table}"."c_{named}"'
            f' AND n."c_{named}" {dialect.differ} "{table}"."c_{names}" AND n._id <> "{table}"._id)'  # two that name each other count
        )
    counting = " AND ".join(conditions)
    leaf = f'coalesce("c_{current.leaf}", 1) = 1' if current.leaf and entity.field(current.leaf) else "1 = 1"
    chosen = f'SELECT _id FROM "{table}" WHERE {counting} AND {leaf}'
    if current.order:  # of a line that has become a parent not the version before, in which it was a leaf
        groups = [f'"c_{name}"' for name in current.group]
        alone = "CASE WHEN " + " OR ".join(f"{name} IS NULL" for name in groups) + " THEN _id END"
        by = ", ".join([*groups, alone])  # a record whose group is not known stands for itself
        ranked = f'rank() OVER (PARTITION BY {by} ORDER BY "c_{current.order}" DESC NULLS LAST)'
        ranks = f'SELECT _id, {leaf} AS leaf, {ranked} AS place FROM "{table}" WHERE {counting}'
        chosen = f"SELECT _id FROM ({ranks}) ranked WHERE place = 1 AND leaf"
    db.execute(
        f'UPDATE "{table}" SET _current = 1 - _current WHERE _current <> CASE WHEN _id IN ({chosen}) THEN 1 ELSE 0 END'
    )
