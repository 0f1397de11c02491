"""GraphiQL in a real browser: it answers the hub's main question, offline and under the page's own rules."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Request, sync_playwright

from simpul.pages.graphiql import FILES, is_built
from tests.hubs import Serving

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@dataclass(slots=True)
class Seen:
    """A page and what it did: each request, and each complaint of the browser."""

    page: Page
    requests: list[Request] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if not is_built():
        pytest.skip("platform: needs GraphiQL's files; `make web` brings them where Node is")
    if not CHROMIUM.exists():
        pytest.skip("platform: needs /usr/bin/chromium; `apt-get install chromium`")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield running
        running.close()


@pytest.fixture
def seen(browser: Browser) -> Iterator[Seen]:
    page = browser.new_page(viewport={"width": 1280, "height": 800}, locale="id-ID")
    seen = Seen(page)
    page.on("request", lambda request: seen.requests.append(request))
    page.on("console", lambda said: seen.complaints.append(said.text) if said.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: seen.complaints.append(str(error)))
    yield seen
    page.close()


def run(page: Page) -> str:
    """Presses the button and gives the answer that is shown; the editor draws only the lines in sight."""
    page.click(".graphiql-execute-button")
    answer = page.locator(".result-window")
    answer.get_by_text('"data"').wait_for()
    return answer.inner_text()


def test_graphiql_answers_the_main_question_and_asks_nobody_else(server: Serving, seen: Seen) -> None:
    page = seen.page
    page.goto(f"{server.url}/graphql")
    answer = run(page)
    page.click('button[aria-label="Show Documentation Explorer"]')
    page.get_by_text("Root Types").wait_for()
    page.click('button[aria-label="Show GraphiQL Explorer"]')
    page.locator(".graphiql-explorer-root").wait_for()

    assert "Rabat beton jalan dusun" in answer
    assert "DATA CONTOH" in page.inner_text("body")
    assert seen.complaints == []
    assert {request.url.split("/")[2] for request in seen.requests} == {server.url.split("/")[2]}
    asked = [request for request in seen.requests if request.method == "POST"]
    assert asked and all(request.headers["accept-language"] == "id" for request in asked)


def test_a_link_with_a_question_opens_it_with_its_variables_and_speaks_english(server: Serving, seen: Seen) -> None:
    question = "query($n: Int!) { proposals(first: $n) { nodes { number } } nothing: __typename }"
    page = seen.page
    page.goto(f"{server.url}/graphql")  # leaves a tab behind
    page.locator(".graphiql-execute-button").wait_for()
    page.goto(f"{server.url}/graphql?lang=en&query={question}&variables=%7B%22n%22:2%7D")
    answer = run(page)

    assert '"number": "2"' in answer and '"number": "3"' not in answer
    assert page.get_attribute("html", "lang") == "en"
    assert seen.requests[-1].headers["accept-language"] == "en"
    page.click("text=Plain form")
    assert page.input_value("#query") == question
    assert seen.complaints == []


def test_without_one_of_its_files_graphiql_is_not_offered(tmp_path: Path) -> None:
    for name in FILES:
        assert not is_built(tmp_path)
        (tmp_path / name).touch()

    assert is_built(tmp_path)
