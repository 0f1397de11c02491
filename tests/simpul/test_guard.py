"""What surrounds every answer, on a small app of its own."""

from __future__ import annotations

import asyncio
import logging

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import Message

from simpul.logs import REQUEST_ID
from simpul.messages import MESSAGES
from simpul.web.body import Refused, check_json_type, parse_body, parse_url, read_body
from simpul.web.guard import Guard, is_loopback_host, origin_pattern


async def test_a_body_that_does_not_arrive_in_time_is_408() -> None:
    async def never() -> Message:
        future: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
        return await future

    request = Request({"type": "http", "method": "POST", "headers": []}, never)

    with pytest.raises(Refused) as refused:
        await read_body(request, seconds=0.01)

    assert (refused.value.status, refused.value.headers) == (408, {"Connection": "close"})


async def test_a_client_that_leaves_in_the_middle_is_no_error_of_ours() -> None:
    async def gone() -> Message:
        return {"type": "http.disconnect"}

    with pytest.raises(Refused) as refused:
        await read_body(Request({"type": "http", "method": "POST", "headers": []}, gone))

    assert refused.value.status == 400


async def fail(request: Request) -> Response:
    raise RuntimeError("password=rahasia in table ta_anggaran")


async def tell(request: Request) -> Response:
    return PlainTextResponse(REQUEST_ID.get() or "")


def client() -> httpx.AsyncClient:
    app = Starlette(
        routes=[Route("/fail", fail), Route("/id", tell)],
        middleware=[Middleware(Guard, messages=MESSAGES, default="id")],
    )
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://hub")


async def test_an_unexpected_error_tells_its_number_and_nothing_of_itself(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        async with client() as http:
            answer = await http.get("/fail", headers={"X-Request-Id": "nomor-7", "Accept-Language": "en"})

    assert answer.status_code == 500
    assert answer.json() == {
        "errors": [
            {
                "message": "Something went wrong in the hub. The log says more under request nomor-7.",
                "extensions": {"code": "INTERNAL_SERVER_ERROR", "requestId": "nomor-7"},
            }
        ]
    }
    assert "ta_anggaran" in caplog.text


async def test_the_request_id_is_there_while_the_request_is_and_gone_afterwards() -> None:
    async with client() as http:
        answer = await http.get("/id")

    assert answer.text == answer.headers["x-request-id"]
    assert REQUEST_ID.get() is None


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:8000", "127.0.0.1:8000", "127.1.2.3", "[::1]:8000", "[::1]"])
def test_names_of_this_machine(host: str) -> None:
    assert is_loopback_host(host)


@pytest.mark.parametrize(
    "host",
    ["", "evil.example", "localhost.evil.example", "127.0.0.1.nip.io", "[::2]", "localhost:8000@evil", "10.0.0.1"],
)
def test_names_of_other_machines(host: str) -> None:
    assert not is_loopback_host(host)


def test_an_origin_is_taken_literally_but_for_its_port() -> None:
    assert origin_pattern(()) is None
    assert origin_pattern(("https://a.example",)) == r"https://a\.example"
    assert origin_pattern(("http://localhost:*", "https://b.example")) == (
        r"http://localhost(:\d{1,5})?|https://b\.example"
    )


@given(
    st.binary(max_size=200)
    | st.recursive(st.none() | st.integers() | st.text(), lambda x: st.lists(x)).map(repr).map(str.encode)
)
def test_any_body_is_parameters_or_a_refusal(body: bytes) -> None:
    try:
        parameters = parse_body(body)
    except Refused as refused:
        assert refused.status == 400
        assert MESSAGES.render(refused.code, refused.params, "id")
    else:
        assert parameters.query


@given(st.dictionaries(st.sampled_from(["query", "variables", "operationName", "extensions", "x"]), st.text()))
def test_any_url_is_parameters_or_a_refusal(query: dict[str, str]) -> None:
    try:
        parameters = parse_url(query)
    except Refused as refused:
        assert refused.status == 400
        assert MESSAGES.render(refused.code, refused.params, "en")
    else:
        assert parameters.query == query["query"]


@given(st.text())
def test_any_content_type_is_json_or_a_refusal(header: str) -> None:
    try:
        check_json_type(header)
    except Refused as refused:
        assert refused.status == 415
    else:
        assert header.strip().lower().startswith("application/json")
