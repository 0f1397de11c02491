"""The oracle of searches: what is found, in which order, with which score, told from plain lists of words.

The records are written from a small vocabulary in many spellings and read by a real sync; the oracle knows which word each
spelling stands for, so it takes no text apart."""

from __future__ import annotations

import asyncio
import random
import re
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import replica.search
from connectors.personal import mask_personal
from replica.reading import Replica
from replica.wire import wire_id
from resolvers.engine import Answer, Engine, Request
from schema.build import build
from tests.replica.conftest import World
from tests.replicas import ask, drop_schemas, postgres

RUNNER = asyncio.Runner()

SPELLINGS = {
    "jalan": ["jalan", "Jl.", "JLN", "Jalan", "jl"],
    "desa": ["Desa", "ds.", "Désa", "DS"],
    "dusun": ["dusun", "Dsn.", "dus"],
    "kecamatan": ["Kec.", "kecamatan", "KECAMATAN"],
    "kelurahan": ["Kel.", "kelurahan"],
    "gang": ["Gg.", "gang"],
    "jembatan": ["jembatan", "JEMBATAN", "Jémbatan"],
    "jemput": ["jemput"],
    "kecil": ["kecil", "Kecil"],
    "desain": ["desain", "Désain"],
    "mawar": ["Mawar", "mawár"],
    "mawarsari": ["Mawarsari"],
    "jumat": ["Jum'at", "jumat"],
    "air": ["air"],
    "rt.2": ["RT 02", "Rt2", "RT. 2", "rt 002"],
    "rt.21": ["RT 21", "Rt21"],
    "rw.2": ["RW 02", "rw2"],
    "12": ["12", "012"],
    "123": ["123"],
    "1234": ["1234"],
    "12345": ["12345"],
    "5.2.04": ["5.2.04"],
    "5.2.04.02": ["5.2.04.02", "5-2-04-02"],
    "5.2.05": ["5.2.05", "5/2/05"],
}
SHORT = {
    "jl": "jalan",
    "jln": "jalan",
    "ds": "desa",
    "dsn": "dusun",
    "dus": "dusun",
    "kec": "kecamatan",
    "kel": "kelurahan",
    "gg": "gang",
}
ORDER = ["Wish", "Place", "Line", "Work"]


# -- the plain side ---------------------------------------------------------------------------------------------------


def parts(word: str) -> set[str]:
    """All that a word of the vocabulary is found by."""
    found = {word}
    for part in word.split(".") if "." in word else ():
        found.add(part.lstrip("0") if part.isdigit() else part)
    return found


@dataclass
class Rec:
    """A record: the words of its title, and of its other fields."""

    entity: str
    key: str
    head: set[str]
    rest: set[str]
    node: str = ""


@dataclass(frozen=True)
class Asked:
    """A word of a query: as it is written, and what it may be, or begin."""

    written: str
    forms: tuple[str, ...]
    begins: bool

    def score(self, rec: Rec) -> int:
        for whole, longer, words in ((8, 4, rec.head), (2, 1, rec.rest)):
            if words & set(self.forms):
                return whole
            if self.begins and any(word.startswith(form) for word in words for form in self.forms):
                return longer
        return 0


def answer_of(records: list[Rec], query: list[Asked], wanted: list[str] | None) -> list[tuple[str, str, int]]:
    """Entity, node and score of what is found, in order."""
    found = []
    for rec in records:
        scores = [asked.score(rec) for asked in dict.fromkeys(query)]
        if all(scores) and (wanted is None or rec.entity in wanted):
            found.append((-total(query, rec), ORDER.index(rec.entity), natural(rec.key), rec))
    return [(rec.entity, rec.node, -score) for score, _, _, rec in sorted(found, key=lambda row: row[:3])]


def total(query: list[Asked], rec: Rec) -> int:
    """A word that is asked for twice counts once, however it is written."""
    return sum(same.score(rec) for same in {(a.forms, a.begins): a for a in query}.values())


def natural(key: str) -> list[int | str]:
    return [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", key)]


# -- the records ------------------------------------------------------------------------------------------------------


def write(rnd: random.Random, words: list[str]) -> str:
    return "".join(rnd.choice(SPELLINGS[word]) + rnd.choice([" ", ", ", "\n", " (", "; ", " - "]) for word in words)


def fill(world: World, seed: int) -> list[Rec]:
    rnd = random.Random(seed)
    vocabulary, records = list(SPELLINGS), []
    plans, money = world.data["plans"], world.data["money"]

    def text(most: int) -> tuple[str | None, set[str]]:
        while True:
            words = [rnd.choice(vocabulary) for _ in range(rnd.randint(0, most))]
            written = write(rnd, words)
            if mask_personal(written) == written:  # some numbers in a row look like a telephone's
                return (written or None), {part for word in words for part in parts(word)}

    for number in range(1, 61):
        title, head = text(4)
        place, rest = text(2)
        row: dict[str, Any] = {"number": f"z{number}", "title": title, "place": place}
        plans["wishes"].setdefault(rnd.choice("ab"), []).append({**row, "cost": None, "on": None, "within": None})
        records.append(Rec("Wish", f"z{number}", head, {*rest, f"z{number}"}))
    for number in range(1, 21):
        name, head = text(2)
        parent, rest = text(2)
        plans["places"].setdefault("p", []).append({"code": f"p{number}", "name": name, "parent": parent})
        records.append(Rec("Place", f"p{number}", head, {*rest, f"p{number}"}))
    for number in range(1, 6):
        codes = rnd.sample(["5.2.04", "5.2.04.02", "5.2.05"], rnd.randint(1, 3))
        money["works"].setdefault("w", []).append({"id2": f"w{number}", "accounts": "; ".join(codes)})
        records.append(Rec("Work", f"w{number}", {f"w{number}"}, {part for code in codes for part in parts(code)}))
        money["lines"].setdefault("l", []).append({"line": f"l{number}", "version": "1", "account": codes[0]})
        records.append(Rec("Line", f"l{number}", {f"l{number}"}, parts(codes[0])))
    return records


@dataclass
class Side:
    """A hub that answers, and the same records as plain lists."""

    engine: Engine
    records: list[Rec]

    def ask(self, query: str, **variables: Any) -> Answer:
        return RUNNER.run(self.engine.execute(Request(query, variables, language="en")))


def hub(stack: ExitStack, factory: pytest.TempPathFactory, engine: str, records: Any) -> Engine:
    """An engine over a replica into which `records` have been read; `records` fills the sources."""
    server = postgres() if engine == "postgresql" else None
    world = World(factory.mktemp(f"s{uuid4().hex[:10]}"), server)
    stack.callback(drop_schemas, server, world.schemas)
    filled = records(world)
    database, syncer = world.hub()
    for source in world.data:
        asyncio.run(syncer.sync(source))
    reader = Replica(database.reader)
    stack.callback(reader.close)
    for entity, key in (("Wish", "c_number"), ("Place", "c_code"), ("Line", "c_line"), ("Work", "c_id2")):
        nodes = dict(ask(database, f"SELECT {key}, _node FROM e_{entity}"))
        for rec in filled:
            if rec.entity == entity:
                rec.node = nodes[rec.key]
    catalogue = world.config.catalogue
    return Engine(build(catalogue)._schema, catalogue, database.tables, reader, ZoneInfo("UTC"), seconds=60)


@pytest.fixture(
    scope="module",
    params=[("sqlite without FTS5", 0), *((engine, seed) for engine in ("sqlite", "postgresql") for seed in range(2))],
    ids=lambda param: f"{param[0]}-{param[1]}",
)
def side(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Side]:
    engine, seed = request.param
    kept: list[Rec] = []

    def records(world: World) -> list[Rec]:
        kept.extend(fill(world, seed))
        return kept

    with ExitStack() as stack:
        if engine == "sqlite without FTS5":
            patched = stack.enter_context(pytest.MonkeyPatch.context())
            patched.setattr(replica.search, "has_fts5", lambda: False)
        yield Side(hub(stack, tmp_path_factory, engine, records), kept)


# -- the queries ------------------------------------------------------------------------------------------------------


@st.composite
def asked_words(draw: st.DrawFn) -> Asked:
    word = draw(st.sampled_from(list(SPELLINGS)))
    if word.startswith(("rt.", "rw.")):
        return Asked(draw(st.sampled_from(SPELLINGS[word])), (word,), False)
    if word.isdigit():
        return Asked(draw(st.sampled_from(SPELLINGS[word])), (word,), len(word) > 3)
    if "." in word:
        cut = draw(st.sampled_from([word, word[:3], word[: word.rindex(".") + 2]]))
        return Asked(cut.replace(".", draw(st.sampled_from(".-/"))), (cut,), True)
    cut = draw(st.sampled_from([word, word, word[:2], word[:3], *[short for short in SHORT if SHORT[short] == word]]))
    written = draw(st.sampled_from([cut, cut.upper(), cut.replace("a", "á"), f"{cut}."]))
    return Asked(written, (SHORT[cut], cut) if cut in SHORT else (cut,), True)


QUERY = """
query ($text: String!, $in: [SearchEntity!], $first: Int, $offset: Int) {
  search(text: $text, in: $in, first: $first, offset: $offset) {
    totalCount counts { entity count } nodes { entity score node { __typename id } } } }
"""


@settings(max_examples=300)
@given(
    query=st.lists(asked_words(), min_size=1, max_size=3),
    wanted=st.one_of(st.none(), st.lists(st.sampled_from(ORDER), unique=True)),
    first=st.sampled_from([None, 0, 1, 3, 1000]),
    offset=st.sampled_from([None, 0, 1, 50]),
)
def test_a_search_answers_as_the_plain_lists_do(
    side: Side, query: list[Asked], wanted: list[str] | None, first: int | None, offset: int | None
) -> None:
    text = " ".join(asked.written for asked in query)
    answer = side.ask(QUERY, text=text, first=first, offset=offset, **{"in": wanted})
    whole = answer_of(side.records, query, wanted)
    at = offset or 0
    page = whole[at : at + (20 if first is None else first)]

    assert answer.errors == ()
    assert answer.data is not None
    assert answer.data["search"] == {
        "totalCount": len(whole),
        "counts": [
            {"entity": name, "count": sum(1 for entity, _, _ in whole if entity == name)}
            for name in ORDER
            if any(entity == name for entity, _, _ in whole)
        ],
        "nodes": [
            {"entity": entity, "score": score, "node": {"__typename": entity, "id": wire_id(entity, node)}}
            for entity, node, score in page
        ],
    }
    assert answer.statements == 2 + len({entity for entity, _, _ in page})


# -- any text ---------------------------------------------------------------------------------------------------------

SYNTAX = ['"', "'", "*", ":*", "AND", "OR", "NOT", "NEAR(", ")", "^", "-", "+", "{head}:", "head:", "&", "|", "!", "<->", "\\", "%", ";--", "\0"]  # fmt: skip


@settings(max_examples=300)
@given(text=st.one_of(st.text(), st.lists(st.sampled_from([*SYNTAX, "mawar", "jl", "5.2", "é"])).map(" ".join)))
def test_any_text_is_answered_or_refused_in_words(side: Side, text: str) -> None:
    answer = side.ask(QUERY, text=text)

    if answer.started:
        assert answer.errors == () and count_of(answer) >= 0
    else:
        assert codes(answer) == ["BAD_USER_INPUT"]


def count_of(answer: Answer) -> int:
    data: Any = answer.data
    return int(data["search"]["totalCount"])


def codes(answer: Answer) -> list[str]:
    errors: Any = answer.errors
    return [error["extensions"]["code"] for error in errors]


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[list[str], list[Engine]]]:
    """Both engines over the same titles in any letters there are."""
    rnd = random.Random(0)
    letters = [chr(n) for n in range(32, 0x3100) if chr(n).isprintable()] + list("aábß İıŉﬁ½²٣一𝒜é") * 50
    titles = ["".join(rnd.choices(letters, k=rnd.randint(1, 30))) for _ in range(300)]

    def records(world: World) -> list[Rec]:
        rows: list[Any] = [{"number": str(n), "title": title, "cost": None, "on": None, "place": None, "within": None} for n, title in enumerate(titles)]  # fmt: skip
        world.data["plans"]["wishes"]["a"] = rows
        return []

    with ExitStack() as stack:
        yield titles, [hub(stack, tmp_path_factory, engine, records) for engine in ("sqlite", "postgresql")]


@settings(max_examples=200)
@given(data=st.data())
def test_both_engines_find_the_same_in_any_letters(pair: tuple[list[str], list[Engine]], data: st.DataObject) -> None:
    titles, engines = pair
    title = data.draw(st.sampled_from(titles))
    start, length = data.draw(st.integers(0, len(title) - 1)), data.draw(st.integers(1, 8))
    request = Request(QUERY, {"text": title[start : start + length]}, language="en")

    one, other = (RUNNER.run(engine.execute(request)) for engine in engines)

    assert (one.data, one.errors) == (other.data, other.errors)


def test_a_title_is_found_by_itself_in_any_letters(pair: tuple[list[str], list[Engine]]) -> None:
    titles, engines = pair
    for engine in engines:
        for title in titles:
            answer = RUNNER.run(engine.execute(Request(QUERY, {"text": title, "first": 1000}, language="en")))
            refused = codes(answer) == ["BAD_USER_INPUT"]  # no word in it
            assert refused or count_of(answer) >= 1, title
