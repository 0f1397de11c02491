"""GraphQL over HTTP against a running server: what the specification asks for, and that no body brings it down."""

from __future__ import annotations

import gzip
import http.client
import json
import time
from collections.abc import Iterator
from urllib.parse import quote, urlsplit

import httpx
import pytest

from tests.hubs import Serving

RESPONSE = "application/graphql-response+json"
JSON = "application/json"


@pytest.fixture(scope="module")
def client(server: Serving) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url, timeout=20) as client:
        yield client


def post(client: httpx.Client, body: bytes | str, **headers: str) -> httpx.Response:
    raw = body.encode() if isinstance(body, str) else body
    return client.post("/graphql", content=raw, headers={"Content-Type": JSON, **headers})


def query(client: httpx.Client, text: str, accept: str = RESPONSE, **more: object) -> httpx.Response:
    return post(client, json.dumps({"query": text, **more}), Accept=accept)


def is_request_error(answer: httpx.Response) -> bool:
    body = answer.json()
    return "data" not in body and all(error["message"] and error["extensions"]["code"] for error in body["errors"])


@pytest.mark.parametrize(
    ("accept", "media"),
    [
        (RESPONSE, RESPONSE),
        (JSON, JSON),
        ("*/*", JSON),
        ("", JSON),
        (f"{JSON};q=0.5, {RESPONSE}", RESPONSE),
        (f"{RESPONSE};q=0.1, {JSON};q=0.9", JSON),
    ],
)
def test_the_answer_has_the_form_that_the_client_likes_best(client: httpx.Client, accept: str, media: str) -> None:
    answer = query(client, "{ __typename }", accept)

    assert answer.status_code == 200
    assert answer.headers["content-type"] == f"{media}; charset=utf-8"
    assert answer.json()["data"] == {"__typename": "Query"}


@pytest.mark.parametrize(
    "text",
    ["{", "{ nothingLikeThis }", "query($n: Int!) { __typename }", "query A { __typename } query B { __typename }"],
)
def test_a_refused_operation_is_400_in_the_new_form_and_200_in_the_old(client: httpx.Client, text: str) -> None:
    new, old = query(client, text), query(client, text, JSON)

    assert (new.status_code, old.status_code) == (400, 200)
    assert is_request_error(new)
    assert is_request_error(old)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"null",
        b"1",
        b'"x"',
        b"[]",
        b"{}",
        b'[{"query":"{__typename}"}]',
        b'{"query":null}',
        b'{"query":1}',
        b'{"query":""}',
        b'{"query":"{__typename}","variables":[]}',
        b'{"query":"{__typename}","variables":"x"}',
        b'{"query":"{__typename}","operationName":5}',
        b'{"query":"{__typename}","extensions":[]}',
        b'{"query":"{__typename}"}garbage',
        b'{"query":"{__typename \xff\xfe}"}',
        '{"query":"{__typename}"}'.encode("utf-16"),
        b'{"query":"{__typename}","variables":{"a":' + b"9" * 5000 + b"}}",
        b'{"query":"{__typename}","variables":{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}}",
        b'{"query":"{__typename}","variables":{"a":' + b"[" * 100 + b"]" * 100 + b"}}",
        b'{"query":"{__typename}","variables":{"a":NaN}}',
        b'{"query":"\\ud800"}',
        b"\x00" * 100,
    ],
    ids=lambda body: repr(body[:40]),
)
def test_a_malformed_body_is_400_in_every_form(client: httpx.Client, body: bytes) -> None:
    for accept in (RESPONSE, JSON):
        answer = post(client, body, Accept=accept)

        assert answer.status_code == 400
        assert is_request_error(answer)


@pytest.mark.parametrize(
    "content_type",
    [
        "",
        "text/plain",
        "text/plain; application/json",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=b",
        "application/jsonp",
        "application/json; charset=utf-7",
    ],
)
def test_only_json_in_utf8_is_taken_so_that_no_foreign_page_can_ask(client: httpx.Client, content_type: str) -> None:
    answer = client.post("/graphql", content=b'{"query":"{__typename}"}', headers={"Content-Type": content_type})

    assert answer.status_code == 415
    assert is_request_error(answer)


@pytest.mark.parametrize("content_type", ["application/json; charset=utf-8", "Application/JSON;charset=UTF-8"])
def test_json_is_json_in_any_spelling(client: httpx.Client, content_type: str) -> None:
    answer = client.post("/graphql", content=b'{"query":"{__typename}"}', headers={"Content-Type": content_type})

    assert answer.status_code == 200


def test_a_packed_body_is_refused_and_not_unpacked(client: httpx.Client) -> None:
    answer = post(client, gzip.compress(b'{"query":"{__typename}"}'), **{"Content-Encoding": "gzip"})

    assert answer.status_code == 415


def test_a_body_above_256_kb_is_413_whether_it_says_its_length_or_not(client: httpx.Client) -> None:
    large = b'{"query":"{__typename}","variables":{"a":"' + b"x" * 300_000 + b'"}}'

    def chunks() -> Iterator[bytes]:
        for start in range(0, len(large), 50_000):
            yield large[start : start + 50_000]

    said = post(client, large)
    unsaid = client.post("/graphql", content=chunks(), headers={"Content-Type": JSON})

    assert (said.status_code, unsaid.status_code) == (413, 413)
    assert "256 KB" in said.json()["errors"][0]["message"]


def test_a_promised_body_that_never_comes_does_not_keep_others_waiting(server: Serving, client: httpx.Client) -> None:
    host = urlsplit(server.url)
    assert host.hostname is not None
    slow = http.client.HTTPConnection(host.hostname, host.port, timeout=20)
    slow.putrequest("POST", "/graphql")
    slow.putheader("Content-Type", JSON)
    slow.putheader("Content-Length", "1000")
    slow.endheaders(b"{")

    started = time.monotonic()
    answer = query(client, "{ __typename }")

    assert answer.status_code == 200
    assert time.monotonic() - started < 5
    slow.close()


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS"])
def test_other_methods_are_405_and_told_what_is_allowed(client: httpx.Client, method: str) -> None:
    answer = client.request(method, "/graphql")

    assert answer.status_code == 405
    assert answer.headers["allow"] == "GET, POST"


@pytest.mark.parametrize("accept", ["image/png", "text/html", f"{JSON};q=0"])
def test_a_form_that_we_do_not_write_is_406(client: httpx.Client, accept: str) -> None:
    assert query(client, "{ __typename }", accept).status_code == 406


def test_queries_go_by_get_and_nothing_else_does(client: httpx.Client) -> None:
    text = quote("query($n: Int!) { proposals(first: $n) { nodes { number } } }")
    variables = quote(json.dumps({"n": 1}))
    found = client.get(f"/graphql?query={text}&variables={variables}", headers={"Accept": RESPONSE})
    mutation = client.get(f"/graphql?query={quote('mutation { __typename }')}", headers={"Accept": RESPONSE})
    broken = client.get(f"/graphql?query={text}&variables=[1", headers={"Accept": "*/*"})
    long = client.get(f"/graphql?query={'a' * 40_000}", headers={"Accept": "*/*"})
    nothing = client.get("/graphql", headers={"Accept": "*/*"})

    assert found.json()["data"] == {"proposals": {"nodes": [{"number": "1"}]}}
    assert [answer.status_code for answer in (mutation, broken, long, nothing)] == [400, 400, 414, 400]


def test_messages_follow_the_language_of_the_client(client: httpx.Client) -> None:
    body = json.dumps({"query": 1})
    indonesian, english = post(client, body), post(client, body, **{"Accept-Language": "en-GB,en;q=0.9"})

    assert indonesian.json()["errors"][0]["message"] == "`query` harus berupa string JSON."
    assert english.json()["errors"][0]["message"] == "`query` must be a JSON string."


def test_every_answer_carries_its_request_id_and_guards(client: httpx.Client) -> None:
    own = query(client, "{ __typename }")
    given = post(client, '{"query":"{__typename}"}', **{"X-Request-Id": "ticket-42"})
    forged = post(client, '{"query":"{__typename}"}', **{"X-Request-Id": "a b<script>"})

    assert len(own.headers["x-request-id"]) == 16
    assert given.headers["x-request-id"] == "ticket-42"
    assert len(forged.headers["x-request-id"]) == 16
    for path in ("/", "/graphql", "/schema.graphql", "/healthz", "/static/simpul.css", "/nowhere"):
        headers = client.get(path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["content-security-policy"].startswith("default-src 'self'; ")
        assert headers["referrer-policy"] == "no-referrer"
        assert "server" not in headers
    assert own.headers["cache-control"] == "private, no-cache"
    assert query(client, "{").headers["cache-control"] == "no-store"


def test_only_origins_of_the_configuration_may_read_answers(client: httpx.Client) -> None:
    def allowed(origin: str) -> str | None:
        answer = post(client, '{"query":"{__typename}"}', Origin=origin)
        allowed: str | None = answer.headers.get("access-control-allow-origin")
        return allowed

    preflight = client.options(
        "/graphql",
        headers={
            "Origin": "http://localhost:3000",
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "content-type",
        },
    )

    assert preflight.status_code == 200
    assert allowed("http://localhost:3000") == "http://localhost:3000"
    assert allowed("http://localhost") == "http://localhost"
    for foreign in ("https://evil.example", "null", "http://localhost.evil.example", "https://localhost:3000"):
        assert allowed(foreign) is None


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example:80", ""])
def test_a_foreign_name_for_this_machine_gets_nothing(client: httpx.Client, host: str) -> None:
    answer = post(client, '{"query":"{__typename}"}', Host=host)

    assert answer.status_code in (400, 421)
    assert "Query" not in answer.text


def test_alive_ready_and_the_schema(client: httpx.Client) -> None:
    schema = client.get("/schema.graphql")

    assert client.get("/healthz").json() == {"status": "ok"}
    ready = client.get("/readyz").json()
    assert (ready["ready"], ready["waiting"], ready["configuration"]) == (True, [], "CURRENT")
    assert {(one["name"], one["state"], one["breaker"]) for one in ready["sources"]} == {
        (name, "FRESH", "CLOSED") for name in ("finance", "inbox", "planning")
    }
    assert "type Proposal implements Node & Record {" in schema.text
    assert schema.headers["content-type"] == "text/plain; charset=utf-8"


def test_a_hundred_clients_that_leave_early_do_no_harm(server: Serving, client: httpx.Client) -> None:
    host = urlsplit(server.url)
    assert host.hostname is not None
    body = json.dumps({"query": "{ proposals { nodes { number budgetLines { nodes { accountCode } } } } }"}).encode()
    for _ in range(100):
        leaving = http.client.HTTPConnection(host.hostname, host.port, timeout=5)
        leaving.request("POST", "/graphql", body, {"Content-Type": JSON})
        leaving.close()

    assert query(client, "{ __typename }").status_code == 200
