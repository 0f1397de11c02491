"""The body of a request as it comes in: bounded in size and time, and JSON or a clean refusal."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

import orjson
from starlette.requests import Request

MAX_BYTES = 256 * 1024
MAX_DEPTH = 64  # of the JSON, so that variables are no way around the limits of a document
SECONDS = 8


class Refused(Exception):
    """The request is refused before it becomes an operation. `code` names the sentence in simpul.messages."""

    def __init__(self, status: int, code: str, headers: Mapping[str, str] | None = None, **params: object) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.headers = dict(headers or {})
        self.params = params


@dataclass(frozen=True, slots=True)
class Parameters:
    """The parameters of GraphQL over HTTP, with their types checked. `tells_cost` is `extensions: {cost: true}`,
    `tells_sources` the same with sources."""

    query: str
    variables: Mapping[str, object] | None
    operation_name: str | None
    tells_cost: bool = False
    tells_sources: bool = False


async def read_body(request: Request, seconds: float = SECONDS) -> bytes:
    """The whole body. Raises Refused: 413 above MAX_BYTES, 408 after more than `seconds`, 415 if it is encoded."""
    if request.headers.get("content-encoding", "identity").strip().lower() not in ("", "identity"):
        raise Refused(415, "BODY_ENCODED")
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and len(declared) < 20 and int(declared) > MAX_BYTES:
        raise _too_large(int(declared))
    body, is_whole = b"", False
    try:
        async with asyncio.timeout(seconds):
            while not is_whole:
                message = await request.receive()
                if message["type"] != "http.request":
                    raise Refused(400, "BODY_CUT")
                body += message.get("body", b"")
                if len(body) > MAX_BYTES:
                    raise _too_large(None)
                is_whole = not message.get("more_body", False)
    except TimeoutError as error:
        raise Refused(408, "BODY_SLOW", {"Connection": "close"}, seconds=seconds) from error
    return body


def check_json_type(header: str) -> None:
    """Raises Refused (415) unless the Content-Type is application/json in UTF-8.

    A form or plain text would be a request that a browser sends across sites without asking (CSRF)."""
    media, *parameters = (piece.strip().lower() for piece in header.split(";"))
    if media != "application/json":
        raise Refused(415, "BODY_NOT_JSON_TYPE")
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "charset" and value.strip().strip('"') not in ("utf-8", "utf8"):
            raise Refused(415, "BODY_CHARSET")


def parse_body(body: bytes) -> Parameters:
    """The parameters in a JSON body. Raises Refused (400)."""
    try:
        parsed = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Refused(400, "BODY_NOT_JSON") from error
    if isinstance(parsed, list):
        raise Refused(400, "BODY_BATCH")
    if not isinstance(parsed, dict):
        raise Refused(400, "BODY_NOT_OBJECT")
    return check_parameters(parsed)


def parse_url(query: Mapping[str, str]) -> Parameters:
    """The parameters in a URL, where `variables` and `extensions` are JSON. Raises Refused (400)."""
    given: dict[str, object] = {name: query[name] for name in ("query", "operationName") if name in query}
    for name in ("variables", "extensions"):
        if query.get(name):
            try:
                given[name] = orjson.loads(query[name])
            except (orjson.JSONDecodeError, UnicodeEncodeError) as error:
                raise Refused(400, "PARAMETER_NOT_JSON", name=name) from error
    return check_parameters(given)


def check_parameters(given: Mapping[str, object]) -> Parameters:
    """Raises Refused (400) for a missing query and for parameters of the wrong type."""
    query, operation_name = given.get("query"), given.get("operationName")
    variables = given.get("variables")
    if query is None or query == "":
        raise Refused(400, "QUERY_MISSING")
    if not isinstance(query, str):
        raise Refused(400, "PARAMETER_TYPE", name="query", type="string")
    if operation_name is not None and not isinstance(operation_name, str):
        raise Refused(400, "PARAMETER_TYPE", name="operationName", type="string")
    for name in ("variables", "extensions"):
        value = given.get(name)
        if value is not None and not isinstance(value, dict):
            raise Refused(400, "PARAMETER_TYPE", name=name, type="object")
        if _is_deeper(value, MAX_DEPTH):
            raise Refused(400, "PARAMETER_DEEP", name=name, limit=MAX_DEPTH)
    extensions = given.get("extensions")
    told = [isinstance(extensions, dict) and extensions.get(name) is True for name in ("cost", "sources")]
    return Parameters(query, variables if isinstance(variables, dict) else None, operation_name or None, *told)


def _is_deeper(value: object, limit: int) -> bool:
    level = [value]
    if value is None:
        return False
    if isinstance(value, dict) and not any(isinstance(inner, dict | list) for inner in value.values()):
        return False  # as most are
    for _ in range(limit):
        level = [inner for outer in level for inner in _inside(outer)]
        if not level:
            return False
    return True


def _inside(value: object) -> list[object]:
    if isinstance(value, dict):
        return list(value.values())
    return list(value) if isinstance(value, list) else []


def _too_large(size: int | None) -> Refused:
    # A little too much is read and thrown away, so that the client sees the answer; a flood is cut off.
    flood = size is None or size > 32 * MAX_BYTES
    return Refused(413, "BODY_TOO_LARGE", {"Connection": "close"} if flood else None, limit=MAX_BYTES // 1024)
