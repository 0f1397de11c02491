"""Variables that are taken as they are come out as graphql-core would have them."""

from __future__ import annotations

from typing import Any

from graphql import OperationDefinitionNode, VariableValues, build_schema, get_variable_values, parse
from hypothesis import example, given
from hypothesis import strategies as st

from resolvers.inputs import Inputs

SCHEMA = build_schema("type Query { a: Int } enum Color { RED BLUE } input Box { size: Int }")
TYPES = ["Int", "Int!", "String", "String!", "ID", "Boolean!", "Color", "Color!", "Float", "[Int!]", "Box", "Int = 3"]
VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**32), 2**32), st.floats(), st.text(max_size=3), st.sampled_from(["RED", "BLUE"]),
    st.lists(st.integers(0, 3), max_size=2), st.fixed_dictionaries({"size": st.integers()}),
)  # fmt: skip


@given(st.lists(st.tuples(st.sampled_from(TYPES), VALUES, st.booleans()), max_size=4))
@example([("Int!", 2**31, True), ("Color", "GREEN", True)])
@example([("Boolean!", 1, True)])
@example([("Int", True, True)])
def test_variables_are_coerced_as_graphql_core_does(asked: list[tuple[str, Any, bool]]) -> None:
    defined = ", ".join(f"$v{place}: {type_}" for place, (type_, _, _) in enumerate(asked))
    operation = parse(f"query {f'({defined})' if asked else ''} {{ a }}").definitions[0]
    assert isinstance(operation, OperationDefinitionNode)
    given_ = {f"v{place}": value for place, (_, value, is_given) in enumerate(asked) if is_given}

    found = Inputs(SCHEMA, operation).coerce(given_)

    expected = get_variable_values(SCHEMA, operation.variable_definitions or (), given_, max_errors=10)
    if isinstance(expected, VariableValues):
        assert found == expected.coerced
        assert list(map(type, found.values())) == list(map(type, expected.coerced.values()))
    else:
        assert [error.message for error in found] == [error.message for error in expected]  # type: ignore[union-attr]  # else it is a dict
