"""Clients that people use, against a server of ours."""

from __future__ import annotations

from typing import Protocol

import pytest
from gql import Client, gql
from gql.transport.exceptions import TransportQueryError
from gql.transport.httpx import HTTPXTransport


class Server(Protocol):
    @property
    def url(self) -> str: ...


MISSION = """
    query ($file: String!, $number: String!) {
        proposal(by: { key: { file: $file, number: $number } }) {
            title estimatedCost lifecycle
            budgetLines { edges { match { method confidence } node { accountCode ceiling } } }
            projects { edges { node { name complaints { totalCount } } } }
            provenance { source locator }
        }
    }
"""


def test_gql_checks_the_mission_query_against_our_schema_and_gets_its_answer(server: Server) -> None:
    with Client(transport=HTTPXTransport(f"{server.url}/graphql"), fetch_schema_from_transport=True) as session:
        question = gql(MISSION)
        question.variable_values = {"file": "usulan-alas.csv", "number": "1"}
        answer = session.execute(question)

    proposal = answer["proposal"]
    assert (proposal["title"], proposal["estimatedCost"]) == ("Rabat beton jalan dusun", "125000000")  # text, exact
    [edge] = proposal["budgetLines"]["edges"]
    assert edge["match"] == {"method": "CROSSWALK", "confidence": 1.0}
    assert proposal["provenance"]["locator"].startswith("usulan-alas.csv")


def test_gql_tells_of_our_error_with_its_code_and_path(server: Server) -> None:
    with (
        Client(transport=HTTPXTransport(f"{server.url}/graphql")) as session,
        pytest.raises(TransportQueryError) as told,
    ):
        session.execute(gql("{ proposals(first: 5000) { totalCount } }"))

    [error] = told.value.errors or []
    assert error["extensions"]["code"] == "BAD_USER_INPUT"
    assert "1.000" in error["message"] or "1000" in error["message"]
