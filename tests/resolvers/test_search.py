"""What `search` answers: its shape, its bounds, what it shows of a text, and what it must not show."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from connectors.errors import SourceUnavailable
from replica.reading import Replica
from resolvers.engine import Answer, Engine, Request
from resolvers.snippets import BEFORE, LENGTH
from schema.build import build
from tests.replica.conftest import World

LONG = "kata " * 100 + "Jl. Melati di ujung " + "lain " * 100
Ask = Callable[..., Answer]


def wish(number: int, title: str | None, place: str | None = None) -> dict[str, Any]:
    return {"number": str(number), "title": title, "cost": None, "on": None, "place": place, "within": None}


@pytest.fixture
def world(tmp_path: Path) -> World:
    world = World(tmp_path)
    world.data["plans"]["places"]["p"] = [
        {"code": "52.04.05", "name": "Alas", "parent": None},
        {"code": "52.04.06", "name": "Mawar", "parent": "Alas"},
    ]
    world.data["plans"]["wishes"]["a"] = [
        wish(1, "Pengaspalan Jl. Mawar", "Alas"),
        wish(2, "Jembatan di dusun Mawarsari", "Alas"),
        wish(3, LONG, "Kec. Alas"),
        wish(4, "hubungi 081234567890", "Mawar"),
    ]
    return world


@pytest.fixture
def ask(world: World) -> Iterator[Ask]:
    with ExitStack() as stack:
        runner = stack.enter_context(asyncio.Runner())

        def run(
            query: str, language: Any = "en", sync: tuple[str, ...] = ("plans", "money"), **variables: Any
        ) -> Answer:
            if not hasattr(run, "engine"):
                database, syncer = world.hub()
                for source in sync:
                    runner.run(syncer.sync(source))
                replica = Replica(database.reader)
                stack.callback(replica.close)
                catalogue, zone = world.config.catalogue, ZoneInfo("UTC")
                run.engine = Engine(build(catalogue)._schema, catalogue, database.tables, replica, zone)  # type: ignore[attr-defined]  # kept
            return runner.run(run.engine.execute(Request(query, variables, language=language)))  # type: ignore[attr-defined,no-any-return]  # ditto

        yield run


def data(answer: Answer) -> Any:
    assert (answer.started, answer.errors) == (True, ())
    return (answer.data or {})["search"]


def test_records_of_every_kind_with_their_fields_links_and_places(ask: Ask) -> None:
    answer = ask(
        """{ search(text: "mawar") { __typename totalCount counts { entity count __typename } unread
        nodes { __typename entity score node { id __typename provenance { locator }
          ... on Wish { title place { name wishes { totalCount } } ...Named } ... on Place { name children { nodes { name } } } } } } }
        fragment Named on Wish { number }"""
    )
    found = data(answer)
    ids = [hit["node"].pop("id") for hit in found["nodes"]]

    assert len(set(ids)) == 4
    assert found == {
        "__typename": "SearchResult",
        "totalCount": 4,
        "counts": [
            {"entity": "Wish", "count": 3, "__typename": "SearchCount"},
            {"entity": "Place", "count": 1, "__typename": "SearchCount"},
        ],
        "unread": [],
        "nodes": [
            {
                "__typename": "SearchHit",
                "entity": "Wish",
                "score": 8,
                "node": {
                    "__typename": "Wish",
                    "provenance": {"locator": "a › 1"},
                    "title": "Pengaspalan Jl. Mawar",
                    "place": {"name": "Alas", "wishes": {"totalCount": 2}},
                    "number": "1",
                },
            },
            {
                "__typename": "SearchHit",
                "entity": "Place",
                "score": 8,
                "node": {
                    "__typename": "Place",
                    "provenance": {"locator": "p › 2"},
                    "name": "Mawar",
                    "children": {"nodes": []},
                },
            },
            {
                "__typename": "SearchHit",
                "entity": "Wish",
                "score": 4,
                "node": {
                    "__typename": "Wish",
                    "provenance": {"locator": "a › 2"},
                    "title": "Jembatan di dusun Mawarsari",
                    "place": {"name": "Alas", "wishes": {"totalCount": 2}},
                    "number": "2",
                },
            },
            {
                "__typename": "SearchHit",
                "entity": "Wish",
                "score": 2,
                "node": {
                    "__typename": "Wish",
                    "provenance": {"locator": "a › 4"},
                    "title": "hubungi [telepon]",
                    "place": {"name": "Mawar", "wishes": {"totalCount": 1}},
                    "number": "4",
                },
            },
        ],
    }
    # the state, the hits, wishes, their places' wishes, places, their children
    assert answer.statements == 6


def test_the_number_of_statements_depends_on_what_is_asked_of_which_kinds_and_not_on_the_hits(ask: Ask) -> None:
    def statements(text: str, members: str) -> int:
        return ask("query ($t: String!) { search(text: $t) { %s } }" % members, t=text).statements

    assert statements("mawar", "totalCount") == 2
    assert statements("mawar", "nodes { entity score }") == 2
    assert statements("mawar", "nodes { snippets { field } }") == 4
    assert statements("mawar", "nodes { node { id } snippets { field } }") == 4
    assert statements("jembatan", "nodes { node { id } }") == 3
    assert statements("nothing", "nodes { node { id } snippets { field } }") == 2


def test_snippets_show_where_the_words_stand_with_the_matches_apart(ask: Ask) -> None:
    members = "nodes { snippets { __typename field text parts { text isMatch __typename } } }"
    [hit, *_] = data(ask('{ search(text: "jl alas", first: 1) { %s } }' % members))["nodes"]

    assert hit["snippets"] == [
        {
            "__typename": "SearchSnippet",
            "field": "title",
            "text": "Pengaspalan Jl. Mawar",
            "parts": [
                {"text": "Pengaspalan ", "isMatch": False, "__typename": "SearchPart"},
                {"text": "Jl", "isMatch": True, "__typename": "SearchPart"},
                {"text": ". Mawar", "isMatch": False, "__typename": "SearchPart"},
            ],
        },
        {
            "__typename": "SearchSnippet",
            "field": "placeRaw",
            "text": "Alas",
            "parts": [{"text": "Alas", "isMatch": True, "__typename": "SearchPart"}],
        },
    ]


def test_of_a_long_text_the_part_around_the_first_match_is_shown(ask: Ask) -> None:
    [hit] = data(ask('{ search(text: "melati") { nodes { snippets { text parts { text isMatch } } } } }'))["nodes"]
    [snippet] = hit["snippets"]

    assert snippet["text"] == "".join(part["text"] for part in snippet["parts"])
    assert [part["text"] for part in snippet["parts"] if part["isMatch"]] == ["Melati"]
    assert snippet["text"].startswith("…kata ") and snippet["text"].endswith(" lain…")
    assert snippet["text"].index("Melati") <= BEFORE + 1 and len(snippet["text"]) <= LENGTH + 2


def test_a_snippet_is_short_however_many_matches_follow(ask: Ask) -> None:
    for word in ("lain", "kata"):
        [hit] = data(ask('{ search(text: "%s") { nodes { snippets { text parts { text isMatch } } } } }' % word))[
            "nodes"
        ]
        [snippet] = hit["snippets"]
        assert snippet["text"] == "".join(part["text"] for part in snippet["parts"])
        assert len(snippet["text"]) <= LENGTH + 2
        assert {part["text"] for part in snippet["parts"] if part["isMatch"]} == {word}


def test_the_same_is_asked_twice_under_other_names(ask: Ask) -> None:
    answer = ask(
        """{ a: search(text: "jembatan") { n: totalCount m: totalCount
               one: nodes { x: node { ... on Wish { number } } y: node { ... on Wish { title } } }
               two: nodes { x: node { ... on Wish { title } } s: snippets { f: field } } }
             b: search(text: "pengaspalan") { nodes { node { ... on Wish { number } } } } }"""
    )
    assert answer.data == {
        "a": {
            "n": 1,
            "m": 1,
            "one": [{"x": {"number": "2"}, "y": {"title": "Jembatan di dusun Mawarsari"}}],
            "two": [{"x": {"title": "Jembatan di dusun Mawarsari"}, "s": [{"f": "title"}]}],
        },
        "b": {"nodes": [{"node": {"number": "1"}}]},
    }


@pytest.mark.parametrize(
    ("entities", "count"),
    [("[Wish]", 3), ("Place", 1), ("[Line, Place]", 1), ("[]", 0), ("null", 4), ("$in", 1), ("[$one]", 1)],
)
def test_in_limits_the_kinds_of_records(ask: Ask, entities: str, count: int) -> None:
    head = {"$in": "($in: [SearchEntity!])", "[$one]": "($one: SearchEntity!)"}.get(entities, "")
    query = 'query %s { search(text: "mawar", in: %s) { totalCount } }' % (head, entities)
    assert data(ask(query, **{"in": ["Place"], "one": "Place"} if head else {}))["totalCount"] == count


def test_a_page_is_asked_by_first_and_offset(ask: Ask) -> None:
    query = 'query ($n: Int, $m: Int) { search(text: "mawar", first: $n, offset: $m) { totalCount nodes { score } } }'
    pages = [data(ask(query, n=n, m=m)) for n, m in ((2, 0), (2, 2), (2, 4), (0, 0), (None, None))]

    assert [[hit["score"] for hit in page["nodes"]] for page in pages] == [[8, 8], [4, 2], [], [], [8, 8, 4, 2]]
    assert {page["totalCount"] for page in pages} == {4}


@pytest.mark.parametrize("text", ["", "   ", "!?.,-", "***", "\u200b"])
def test_a_text_without_a_word_is_refused_in_both_languages(ask: Ask, text: str) -> None:
    query = "query ($t: String!) { search(text: $t) { totalCount } }"
    for language, said in (("en", "holds no word"), ("id", "tidak berisi kata")):
        answer = ask(query, language, t=text)
        [error] = answer.errors
        assert (answer.started, error["extensions"]) == (False, {"code": "BAD_USER_INPUT"})
        assert said in str(error["message"])


@pytest.mark.parametrize(
    ("arguments", "params"),
    [
        ({"t": "a" * 10_000}, {"limit": 500, "words": 32}),
        ({"t": " ".join(f"w{n}" for n in range(33))}, {"limit": 500, "words": 32}),
        ({"t": "a", "n": 1001}, {"argument": "first", "limit": 1000}),
        ({"t": "a", "n": -1}, {"argument": "first", "limit": 1000}),
        ({"t": "a", "m": 10_001}, {"argument": "offset", "limit": 10_000}),
    ],
)
def test_what_is_out_of_bounds_is_refused_with_the_bound(ask: Ask, arguments: Any, params: Any) -> None:
    answer = ask(
        "query ($t: String!, $n: Int, $m: Int) { search(text: $t, first: $n, offset: $m) { totalCount } }", **arguments
    )
    [error] = answer.errors
    assert (answer.started, error["extensions"]) == (False, {"code": "BAD_USER_INPUT", **params})


def test_the_largest_search_is_answered(ask: Ask) -> None:
    text = " ".join(["mawar", *(f"k{n}" for n in range(31))])
    assert data(ask("query ($t: String!) { search(text: $t) { totalCount } }", t=text))["totalCount"] == 0
    assert data(ask("query ($t: String!) { search(text: $t) { totalCount } }", t="m" * 500))["totalCount"] == 0


def test_one_letter_is_a_word_and_not_the_beginning_of_every_word(ask: Ask) -> None:
    assert data(ask('{ search(text: "m") { totalCount } }'))["totalCount"] == 0


def test_one_plan_serves_texts_of_any_number_of_words(ask: Ask) -> None:
    query = "query ($t: String!) { search(text: $t) { totalCount } }"
    assert [data(ask(query, t=text))["totalCount"] for text in ("mawar", "jl mawar", "mawar", "di dusun mawar")] == [
        4,
        1,
        4,
        1,
    ]


def test_what_is_masked_and_what_is_sensitive_is_neither_found_nor_shown(world: World, ask: Ask) -> None:
    world.field("Wish", "title", sensitive=True)
    query = "query ($t: String!) { search(text: $t) { totalCount nodes { snippets { text } node { ... on Wish { title } } } } }"

    assert data(ask(query, t="jembatan"))["totalCount"] == 0
    found = data(ask(query, t="alas"))["nodes"]
    titles = [hit["node"]["title"] for hit in found if hit["node"]]
    assert titles == ["***", "***", "***"]
    assert {snippet["text"] for hit in found for snippet in hit["snippets"]} == {"Alas", "Kec. Alas"}


def test_kinds_that_were_never_read_are_named_and_nothing_is_taken_for_empty(ask: Ask) -> None:
    query = 'query ($in: [SearchEntity!]) { search(text: "mawar", in: $in) { totalCount unread } }'

    assert data(ask(query, sync=("plans",))) == {"totalCount": 4, "unread": ["Line", "Work"]}
    assert data(ask(query, **{"in": ["Place", "Work"]})) == {"totalCount": 1, "unread": ["Work"]}
    answer = ask(query, **{"in": ["Line", "Work"]})
    assert answer.data == {"search": None}
    [error] = answer.errors
    assert (error["path"], error["extensions"]["code"]) == (["search"], "SOURCE_UNAVAILABLE")  # type: ignore[index]  # a dict


def test_links_that_were_never_read_fail_where_they_stand(ask: Ask) -> None:
    query = '{ search(text: "jembatan") { nodes { node { ... on Wish { lines { totalCount } } } } } }'
    answer = ask(query, sync=("plans",))

    assert answer.data == {"search": {"nodes": [{"node": {"lines": None}}]}}
    [error] = answer.errors
    assert error["path"] == ["search", "nodes", 0, "node", "lines"]


def test_an_old_copy_says_so(world: World, ask: Ask) -> None:
    query = '{ search(text: "jembatan") { totalCount } }'
    data(ask(query))
    world.connectors["plans"].failure = SourceUnavailable("plans", reason="down")
    _, syncer = world.hub()
    asyncio.run(syncer.sync("plans"))

    sources: Any = ask(query).extensions["sources"]
    [source] = sources
    assert (source["name"], source["state"]) == ("plans", "STALE")
