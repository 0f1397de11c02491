from pathlib import Path
from typing import Any

from gql import Client, gql
from gql.transport.exceptions import TransportQueryError
from gql.transport.httpx import HTTPXTransport

Answer = tuple[dict[str, Any], list[Any]]


def mission(endpoint: str, file: str, number: str) -> Answer:
    """What the hub knows of a proposal, and the errors of what it could not say."""
    question = gql(Path(__file__).with_name("mission.graphql").read_text(encoding="utf-8"))
    question.variable_values = {"file": file, "number": number}
    with Client(transport=HTTPXTransport(endpoint), fetch_schema_from_transport=True) as session:
        try:
            return session.execute(question), []
        except TransportQueryError as told:
            return told.data or {}, told.errors or []
