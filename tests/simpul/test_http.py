"""The endpoint over HTTP, as clients and strangers use it."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.npm import npm_packages

SHARED = Path(__file__).parents[3] / "shared"
JSON = {"Content-Type": "application/json"}


def post(server: Any, body: bytes, **headers: str) -> httpx.Response:
    return httpx.post(f"{server.url}/graphql", content=body, headers={**JSON, **headers}, timeout=20)


def test_a_question_is_answered_in_both_media_types(server: Any) -> None:
    body = b'{"query": "{ proposals { totalCount } }"}'
    for accept in ("application/graphql-response+json", "application/json", "*/*"):
        answer = post(server, body, Accept=accept)
        assert (answer.status_code, answer.json()["data"]) == (200, {"proposals": {"totalCount": 4}})
    assert (
        post(server, body, Accept="application/graphql-response+json")
        .headers["content-type"]
        .startswith("application/graphql-response+json")
    )


def test_queries_by_get_and_never_a_mutation(server: Any) -> None:
    got = httpx.get(f"{server.url}/graphql", params={"query": "{ __typename }"}, headers={"Accept": "application/json"})

    assert got.json()["data"] == {"__typename": "Query"}
    assert httpx.put(f"{server.url}/graphql", content=b"").status_code == 405


GARBAGE = [
    b"", b"null", b"1", b'"x"', b"[]", b"{", b"{}", b'{"query": 5}', b'{"query": "{ a"}', b"\xff\xfe\x00", b'{"query": "{ __typename }"} x',
    b'{"query": "{ __typename }", "variables": [1]}', b'{"query": "{ __typename }", "variables": {"n": ' + b"9" * 5000 + b"}}",
    b"[" * 100_000, "{ }".encode("utf-16"), b"\x1f\x8b\x08\x00garbage",
]  # fmt: skip


@pytest.mark.parametrize("body", GARBAGE, ids=range(len(GARBAGE)))
def test_garbage_is_refused_and_never_an_internal_error(server: Any, body: bytes) -> None:
    answer = post(server, body)

    assert 200 <= answer.status_code < 500
    if answer.status_code != 200:
        assert answer.json()["errors"][0]["extensions"]["code"]


def test_a_large_body_is_refused(server: Any) -> None:
    assert post(server, b'{"query": "' + b" " * 300_000 + b'"}').status_code == 413


def test_errors_name_no_inner_thing(server: Any) -> None:
    answer = post(server, json.dumps({"query": "{ proposals(where: {title: {contains: 1}}) { totalCount } }"}).encode())

    assert "Traceback" not in answer.text and "sqlite" not in answer.text.lower()


def test_pages_in_both_languages_without_outside_requests(server: Any) -> None:
    for language, words in (("id", "belum terhubung"), ("en", "not linked yet")):
        page = httpx.get(f"{server.url}/", params={"lang": language}, headers={"Accept": "text/html"})
        assert page.status_code == 200
        assert f'lang="{language}"' in page.text
        assert words in page.text.lower()
        assert "DATA CONTOH" in page.text
        assert "Rp 125.000.000" in page.text
        assert not re.search(r'(?:src|href)="https?://', page.text)
        assert "default-src 'self'" in page.headers["content-security-policy"]
    query = httpx.get(f"{server.url}/graphql?plain", headers={"Accept": "text/html"})
    assert "<textarea" in query.text


def test_a_slash_at_the_end_of_the_endpoint_leads_to_it(server: Any) -> None:
    body = {"query": "{ __typename }"}
    sent = httpx.post(f"{server.url}/graphql/", json=body, follow_redirects=False)
    assert (sent.status_code, sent.headers["location"]) == (307, f"{server.url}/graphql")
    assert httpx.post(f"{server.url}/graphql/", json=body, follow_redirects=True).json()["data"] == {
        "__typename": "Query"
    }


def test_schema_and_health(server: Any) -> None:
    assert "type Proposal" in httpx.get(f"{server.url}/schema.graphql").text
    assert httpx.get(f"{server.url}/healthz").status_code == 200
    assert httpx.get(f"{server.url}/readyz").json()["ready"] is True


def test_the_http_audits_pass(server: Any) -> None:
    script = SHARED / "suites" / "run-http-audit.mjs"
    if not script.exists():
        pytest.skip("platform: needs shared/suites beside the project")
    modules = npm_packages()
    copy = modules / "run-http-audit.mjs"  # Node looks for modules beside the script
    shutil.copyfile(script, copy)
    command = ["node", str(copy), f"{server.url}/graphql", "--level", "MAY"]
    done = subprocess.run(command, cwd=modules, capture_output=True, text=True, check=False, timeout=60)

    assert "61 passed, 0 failed" in done.stdout


def test_no_planted_personal_datum_is_found(simpul: Any, hub_folder: Path, tmp_path: Path) -> None:
    scan = SHARED / "suites" / "canary_scan.py"
    if not scan.exists():
        pytest.skip("platform: needs shared/suites beside the project")
    planted = json.loads(
        subprocess.run([sys.executable, str(scan), "plant"], capture_output=True, text=True, check=True).stdout
    )
    address = planted.pop("address")  # an address has no shape; it belongs into sensitive fields, and is planted there
    secret = " dan ".join(planted.values())
    rows = [
        f'7,"Jalan {secret}","{secret}",125.000.000,DITERIMA,"{address} {planted["nik"]}"',
        f',"{secret}",x,"{planted["phone"]}",{planted["email"]},y',
    ]
    sheet = hub_folder / "data" / "usulan-alas.csv"
    sheet.write_text(sheet.read_text(encoding="utf-8") + "\n".join(rows) + "\n", encoding="utf-8")
    mail = hub_folder / "data" / "pengaduan.mbox"
    body = f"From {planted['email']} Tue Nov 10 09:00:00 2026\nFrom: {address} <{planted['email']}>\nSubject: {secret}\nMessage-ID: <dua@x.example>\n\n{secret}\n\n"
    mail.write_text(mail.read_text(encoding="utf-8") + body, encoding="utf-8")
    (tmp_path / "canaries.json").write_text(json.dumps({**planted, "address": address}), encoding="utf-8")

    said = simpul(hub_folder, "sync").err
    query = """{ proposals { nodes { title locationText proposer statusRaw issues { rawValue message } } }
        complaints { nodes { title text reporter reporterContact provenance { source } } }
        rejects { nodes { rawValue message locator } } }"""
    answer = simpul(hub_folder, "query", "-", stdin=query).out
    rejects = simpul(hub_folder, "rejects", "--csv").out
    for name, text in (("answer", answer), ("rejects", rejects), ("log", said)):
        (tmp_path / f"{name}.txt").write_text(text, encoding="utf-8")
    files = [
        argument for name in ("answer", "rejects", "log") for argument in ("--path", str(tmp_path / f"{name}.txt"))
    ]
    done = subprocess.run(
        [sys.executable, str(scan), "scan", str(tmp_path / "canaries.json"), *files],
        capture_output=True,
        text=True,
        check=False,
    )

    assert "Jalan" in answer and "Sumur bor" in answer
    assert done.returncode == 0, done.stdout
