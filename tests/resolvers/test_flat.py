"""An operation as a table, over a schema of its own: which rows, which columns, which pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from graphql import FragmentDefinitionNode, OperationDefinitionNode, build_schema, parse, print_ast, validate

from resolvers.errors import BadRequest
from resolvers.flat import AFTER, MORE, Layout, lay_out

SCHEMA = build_schema("""
scalar Decimal
interface Node { id: ID! }
type PageInfo { hasNextPage: Boolean! endCursor: String }
type Agency implements Node { id: ID! code: String name: String parent: Agency }
type Issue { code: String! cells: [String!] }
type Match { method: String! }
type Sums { ceiling: Decimal }
type Aggregate { count: Int! sum: Sums }
type LineEdge { node: Line! cursor: String! match: Match }
type GroupKey { agency: Agency }
type Group { key: GroupKey! count: Int! sum: Sums nodes(first: Int): [Line!]! }
type LineConnection {
  nodes: [Line!]! edges: [LineEdge!]! groups(by: [String!], first: Int): [Group!] totalCount: Int aggregate: Aggregate! pageInfo: PageInfo!
}
type Line implements Node {
  id: ID! code: String ceiling: Decimal aliases: [String!] agency: Agency issues: [Issue!]!
  parts(first: Int, last: Int, where: String): LineConnection
}
type Query {
  lines(first: Int, last: Int, after: String, before: String, offset: Int, where: String): LineConnection
  line(code: String): Line
  listed: [Line!]
  node(id: ID!): Node
}
""")


def table(text: str, expand: Sequence[str] | None = (), variables: Mapping[str, object] | None = None) -> Layout:
    document = parse(text)
    assert validate(SCHEMA, document) == []
    fragments = {d.name.value: d for d in document.definitions if isinstance(d, FragmentDefinitionNode)}
    (operation,) = (d for d in document.definitions if isinstance(d, OperationDefinitionNode))
    return lay_out(SCHEMA, fragments, operation, variables or {}, expand)


def columns(text: str, expand: Sequence[str] = (), variables: Mapping[str, object] | None = None) -> list[str]:
    return [column.name for column in table(text, expand, variables).columns]


def refused(text: str, expand: Sequence[str] | None = ()) -> BadRequest:
    with pytest.raises(BadRequest) as caught:
        table(text, expand)
    return caught.value


def page(rows: list[Any], key: str = "nodes", more: bool = False, cursor: str | None = None) -> dict[str, Any]:
    return {key: rows, MORE: {"hasNextPage": more, "endCursor": cursor}}


def test_groups_are_rows_and_keep_their_key_and_sums() -> None:
    laid = table("{ lines { groups(by: []) { key { agency { code name } } count sum { ceiling } } totalCount } }")
    groups = [
        {"key": {"agency": {"code": "1.03", "name": "PU"}}, "count": 2, "sum": {"ceiling": "10.50"}},
        {"key": {"agency": None}, "count": 1, "sum": {"ceiling": None}},
    ]

    assert [(c.name, c.type, c.is_number) for c in laid.columns] == [
        ("key.agency.code", "String", False),
        ("key.agency.name", "String", False),
        ("count", "Int", True),
        ("sum.ceiling", "Decimal", True),
    ]
    assert list(laid.rows({"lines": {"groups": groups}})) == [["1.03", "PU", 2, "10.50"], [None, None, 1, None]]
    assert laid.following is None
    assert "totalCount" not in print_ast(laid.first)


def test_records_of_a_group_are_whole_unless_the_operation_cuts_them() -> None:
    whole = table("{ lines { groups { count nodes { id } } } }", ["nodes"])
    cut = table("{ lines { groups { count nodes(first: 1000) { id } } } }", ["nodes"])
    most = {"lines": {"groups": [{"count": 1, "nodes": [{"id": "a"}] * 1000}]}}

    assert "nodes(first: 1000)" in print_ast(whole.first)
    assert len(list(cut.rows(most))) == 1000
    with pytest.raises(BadRequest) as caught:
        list(whole.rows(most))
    assert (caught.value.message, caught.value.params["list"]) == ("TABLE_LIST_LONG", "nodes")


def test_edges_lose_their_node_and_keep_match_and_cursor_in_the_order_of_the_operation() -> None:
    text = "{ lines { edges { cursor node { code agency { code } } match { method } } } }"
    laid = table(text)
    edge = {"cursor": "c1", "node": {"code": "a", "agency": None}, "match": {"method": "KEY"}}

    assert columns(text) == ["cursor", "code", "agency.code", "match.method"]
    assert list(laid.rows({"lines": page([edge], "edges")})) == [["c1", "a", None, "KEY"]]


def test_a_list_of_scalars_is_one_cell_and_null_stays_null() -> None:
    laid = table("{ lines { nodes { aliases } } }")

    rows = list(laid.rows({"lines": page([{"aliases": ["a", "b;c"]}, {"aliases": []}, {"aliases": None}])}))

    assert rows == [["a; b;c"], [""], [None]]


def test_fragments_aliases_and_conditions_are_followed() -> None:
    text = """
      query ($with: Boolean!) { lines { ...Rows } }
      fragment Rows on LineConnection { nodes { kode: code ...More ... on Line @skip(if: $with) { id } } }
      fragment More on Line { agency @include(if: $with) { ...Names } }
      fragment Names on Agency { name parent { name } }
    """

    assert columns(text, (), {"with": True}) == ["kode", "agency.name", "agency.parent.name"]
    assert columns(text, (), {"with": False}) == ["kode", "id"]


def test_one_record_is_one_row_or_none_and_totals_are_one_row() -> None:
    one = table('{ line(code: "a") { code agency { name } } }')
    totals = table("{ lines { totalCount aggregate { sum { ceiling } } } }")
    several = table('{ a: lines { totalCount } b: lines(where: "x") { totalCount } }')

    assert list(one.rows({"line": {"code": "a", "agency": None}})) == [["a", None]]
    assert list(one.rows({"line": None})) == []
    assert [c.name for c in totals.columns] == ["totalCount", "aggregate.sum.ceiling"]
    assert list(totals.rows({"lines": {"totalCount": 0, "aggregate": {"sum": None}}})) == [[0, None]]
    assert [c.name for c in several.columns] == ["a.totalCount", "b.totalCount"]


def test_a_list_of_the_root_is_rows() -> None:
    laid = table("{ listed { code } __typename }")

    assert [c.name for c in laid.columns] == ["code"]
    assert list(laid.rows({"listed": [{"code": "a"}, {"code": "b"}]})) == [["a"], ["b"]]
    assert list(laid.rows({"listed": []})) == []


NESTED = "{ lines { nodes { code parts { totalCount nodes { code issues { code } } } } } }"


def test_an_inner_list_multiplies_its_own_rows_and_an_empty_one_keeps_the_row() -> None:
    laid = table(NESTED, ["parts.issues"])
    inner = page([{"code": "x", "issues": [{"code": "1"}, {"code": "2"}]}, {"code": "y", "issues": []}])
    nodes = [{"code": "a", "parts": {"totalCount": 2, **inner}}, {"code": "b", "parts": None}]

    assert laid.lists == ("parts", "parts.issues")
    assert [c.name for c in laid.columns] == ["code", "parts.totalCount", "parts.code", "parts.issues.code"]
    assert list(laid.rows({"lines": page(nodes)})) == [
        ["a", 2, "x", "1"],
        ["a", 2, "x", "2"],
        ["a", 2, "y", None],
        ["b", None, None, None],
    ]


def test_an_inner_page_is_asked_whole_unless_the_operation_cuts_it() -> None:
    whole, cut = (
        table(NESTED, ["parts", "parts.issues"]),
        table("{ lines { nodes { parts(last: 2) { nodes { id } } } } }", None),
    )
    long = [{"code": "a", "parts": {"totalCount": 1001, **page([], more=True)}}]

    assert "parts(first: 1000)" in print_ast(whole.first)
    assert "parts(last: 2)" in print_ast(cut.first)
    with pytest.raises(BadRequest) as caught:
        list(whole.rows({"lines": page(long)}))
    assert (caught.value.message, caught.value.params) == ("TABLE_LIST_LONG", {"list": "parts", "limit": 1000})


def test_pages_follow_by_cursor_and_offset_holds_for_the_first_only() -> None:
    text = 'query ($n: Int) { lines(first: $n, after: "z", offset: 5, where: "w") { totalCount nodes { id } } }'
    laid = table(text)
    assert laid.following is not None
    first, following = print_ast(laid.first), print_ast(laid.following)

    assert 'lines(after: "z", offset: 5, where: "w", first: 1000)' in first
    assert f'lines(where: "w", first: 1000, after: ${AFTER})' in following
    assert laid.cursor({"lines": page([], more=True, cursor="k")}) == "k"
    assert laid.cursor({"lines": page([], more=False, cursor="k")}) is None
    assert table(text, (), {"n": 7}).following is None
    assert "first: $n" in print_ast(table(text, (), {"n": 7}).first)
    assert "first: 100)" in print_ast(table(NESTED, None).first)  # rows that multiply come in smaller pages


@pytest.mark.parametrize(
    ("text", "expand", "message", "params"),
    [
        ("{ lines { nodes { id } } l: line { id } }", (), "TABLE_ROOTS", {"rows": "lines", "others": "l"}),
        ("{ lines { nodes { id } edges { cursor } } }", (), "TABLE_LISTS", {"lists": "nodes, edges"}),
        ('{ node(id: "1") { id } }', (), "TABLE_ABSTRACT", {"field": "node"}),
        ("{ __schema { types { name } } }", (), "TABLE_INTROSPECTION", {"field": "__schema"}),
        ("{ lines { edges { cursor node { cursor: id } } } }", (), "TABLE_COLUMN_TWICE", {"column": "cursor"}),
        (
            "{ lines { nodes { issues { code } } } }",
            (),
            "TABLE_LIST_CLOSED",
            {"list": "issues", "place": "issues"},
        ),
        (NESTED, ("parts",), "TABLE_LIST_CLOSED", {"list": "parts.issues"}),
        (NESTED, ("issues",), "TABLE_LIST_UNKNOWN", {"list": "issues", "lists": "parts, parts.issues"}),
        (
            "{ lines { nodes { issues { code } parts { nodes { id } } } } }",
            ("issues", "parts"),
            "TABLE_SIDE_BY_SIDE",
            {"other": "parts.nodes"},
        ),
        (
            "{ lines { nodes { a: parts { nodes { id } } b: parts { nodes { id } } } } }",
            None,
            "TABLE_SIDE_BY_SIDE",
            {"one": "a.nodes", "other": "b.nodes"},
        ),
        (
            "{ lines { nodes { parts { a: nodes { id } b: nodes { code } } } } }",
            None,
            "TABLE_SIDE_BY_SIDE",
            {"one": "parts.a", "other": "parts.b"},
        ),
    ],
)
def test_what_is_no_table_is_refused(
    text: str, expand: Sequence[str] | None, message: str, params: Mapping[str, object]
) -> None:
    error = refused(text, expand)

    assert error.message == message
    assert error.params.items() >= params.items()
    assert error.locations or message == "TABLE_LIST_UNKNOWN"
