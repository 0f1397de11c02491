"""Operations that are too large are refused at a cost that grows with their length only."""

from __future__ import annotations

import pytest
from graphql import parse

from resolvers.errors import BadRequest
from resolvers.limits import Limits, check_size


def nested(levels: int) -> str:
    return "{ a " * levels + "}" * levels


def doubling(fragments: int) -> str:
    parts = [f"fragment f{i} on Query {{ ...f{i + 1} ...f{i + 1} }}" for i in range(fragments)]
    return "{ ...f0 } " + " ".join(parts) + f" fragment f{fragments} on Query {{ a b: a }}"


@pytest.mark.parametrize(
    ("document", "what"),
    [
        (nested(21).replace("a }", "a {b} }"), "depth"),
        ("{ " + " ".join(f"a{i}: a" for i in range(101)) + " }", "aliases"),
        ("{ " + " ".join(f"{{ a{i} }}".strip("{} ") for i in range(51)) + " }", "root fields"),
        ("{ a { " + " ".join(f"b{i}" for i in range(2001)) + " } }", "selections"),
        ("{ a " + "@x " * 51 + "}", "directives"),
        (doubling(25), "aliases"),
        ("{ a } " + " ".join(f"fragment f{i} on Query {{ a }}" for i in range(100)), "definitions"),
    ],
)
def test_each_limit_refuses(document: str, what: str) -> None:
    with pytest.raises(BadRequest) as refused:
        check_size(parse(document), Limits())

    assert (refused.value.code, refused.value.params["what"]) == ("QUERY_TOO_COSTLY", what)


def test_fragments_are_measured_once() -> None:
    measured = Limits(depth=10_000, aliases=10**9, selections=10**9, root_fields=10**9)

    check_size(parse(doubling(98)), measured)  # 2**98 spreads: ends only if each fragment is visited once


def test_a_fragment_that_spreads_itself_ends() -> None:
    check_size(parse("{ ...f } fragment f on Query { a ...f }"), Limits())


def test_depth_through_fragments_is_refused_before_it_is_walked() -> None:
    parts = [f"fragment f{i} on Query " + "{ a " * 150 + f"...f{i + 1}" + " }" * 150 for i in range(90)]
    document = parse("{ ...f0 } " + " ".join(parts) + " fragment f90 on Query { a }")

    with pytest.raises(BadRequest) as refused:
        check_size(document, Limits())

    assert refused.value.params["what"] == "depth"
