"""The pages of a running hub, as a browser without JavaScript sees them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from tests.hubs import Serving

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/webp,*/*;q=0.8"


class Seen(HTMLParser):
    """A page as far as a reader meets it: its text, its links, and whether labels and headings are in order."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.addresses: list[str] = []
        self.links: dict[str, str] = {}
        self.languages: list[str | None] = []
        self.scripts = 0
        self.inline = 0
        self.labels: set[str | None] = set()
        self.inputs: set[str | None] = set()
        self.headings: list[int] = []
        self._href: str | None = None
        self._tag = ""
        self.feed(html)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        self._tag = tag
        self.addresses += [value for name, value in attrs if name in ("href", "src", "action") and value]
        self.inline += "style" in attributes or any(name.startswith("on") for name in attributes)
        if tag == "html":
            self.languages.append(attributes.get("lang"))
        if tag == "script":
            self.scripts += 1
            self.inline += "src" not in attributes
        if tag == "a":
            self._href = attributes.get("href")
        if tag == "label":
            self.labels.add(attributes.get("for"))
        if tag in ("textarea", "input", "select"):
            self.inputs.add(attributes.get("id"))
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))

    def handle_data(self, data: str) -> None:
        self.words.append(data)
        if self._href:
            self.links[data.strip()] = self._href
            self._href = None


@pytest.fixture(scope="module")
def client(server: Serving) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url, timeout=20, headers={"Accept": BROWSER}) as client:
        yield client


def test_the_status_page_tells_the_mission_answer_in_indonesian(client: httpx.Client) -> None:
    page = Seen(client.get("/?lang=id").text)

    assert page.languages == ["id"]
    for words in (
        "DATA CONTOH",
        "Kabupaten Uji",
        "4 usulan",
        "2 sudah dianggarkan",
        "1 menjadi proyek",
        "1 pengaduan tentang proyek",
        "Rabat beton jalan dusun Rp 125.000.000",
        "Belanja jalan Rp 125.000.000 5.2.04 terealisasi Rp 40.000.000",
        "Jalan rusak 10 Nov 2026",
    ):
        assert words in page.text
    assert re.search(r"Mutakhir data per \d+ \w+ 20\d\d \d\d\.\d\d WITA", page.text)
    assert "Usulan Proposal 4 2 1" in page.text  # records, with issues, rejects
    assert "Usulan → Baris anggaran budgetLines 2 2" in page.text  # linked, not linked


def test_the_same_in_english_by_choice_or_by_the_browsers_language(client: httpx.Client) -> None:
    chosen = Seen(client.get("/?lang=en").text)
    spoken = Seen(client.get("/", headers={"Accept-Language": "en-GB,en;q=0.9,id;q=0.5"}).text)

    for page in (chosen, spoken):
        assert page.languages == ["en"]
        assert "A proposal that was followed all along" in page.text
        assert "4 proposals" in page.text
        assert "Rp 125.000.000" in page.text
        assert re.search(r"data as of \d+ \w+ 20\d\d \d\d:\d\d WITA", page.text)


def test_a_count_of_versions_says_which_are_counted(client: httpx.Client) -> None:
    page, english = (Seen(client.get(f"/?lang={language}").text) for language in ("id", "en"))

    assert "Baris anggaran BudgetLine 2 versi berlaku 0 0" in page.text
    assert page.text.count("Data, semua versi") == 1  # at the source of budget lines only
    assert "current versions" in english.text and "Records, all versions" in english.text


def test_a_notice_ends_the_hub_s_name_wherever_it_stands(client: httpx.Client) -> None:
    status, query = client.get("/?lang=en").text, client.get("/graphql?lang=en").text

    assert "<title>Kabupaten Uji (DATA CONTOH) · Simpul</title>" in status
    assert "<h1>Kabupaten Uji (DATA CONTOH)</h1>" in status
    assert re.search(r"<title>[^<]* · Kabupaten Uji \(DATA CONTOH\)</title>", query)


@pytest.mark.parametrize(("path", "scripts"), [("/?", {0}), ("/graphql?plain=1&", {1}), ("/graphql?", {1, 5})])
@pytest.mark.parametrize("language", ["id", "en"])
def test_a_page_asks_nobody_else_and_needs_no_inline_script_or_style(
    client: httpx.Client, path: str, scripts: set[int], language: str
) -> None:
    answer = client.get(f"{path}lang={language}")
    page = Seen(answer.text)

    assert answer.headers["content-language"] == language
    assert "unsafe" not in answer.headers["content-security-policy"]
    assert page.inline == 0
    assert all(address.startswith(("/", "#")) and not address.startswith("//") for address in page.addresses)
    assert page.scripts in scripts  # /graphql is GraphiQL after `make web`, else the plain form
    assert page.inputs <= page.labels
    assert page.headings[0] == 1
    assert all(next_ - before <= 1 for before, next_ in zip(page.headings, page.headings[1:], strict=False))
    for address in page.addresses:
        if address.startswith("/static/"):
            assert client.get(address).status_code == 200


def test_every_prefilled_question_opens_on_the_query_page_and_has_an_answer(client: httpx.Client) -> None:
    page = Seen(client.get("/?lang=en").text)
    questions = {title: href for title, href in page.links.items() if href.startswith("/graphql?") and "query=" in href}

    assert len(questions) == 3
    for href in questions.values():
        text = parse_qs(urlsplit(href).query)["query"][0]
        opened = client.get(href)
        answered = client.post("/graphql", json={"query": text}, headers={"Accept": "application/json"}).json()

        assert text.split()[1] in opened.text
        assert "errors" not in answered
        assert any(answered["data"].values())


def test_curl_gets_json_where_a_browser_gets_the_page(client: httpx.Client) -> None:
    curl = client.get("/graphql?query={__typename}", headers={"Accept": "*/*"})
    browser = client.get("/graphql?query={__typename}")

    assert curl.json()["data"] == {"__typename": "Query"}
    assert browser.headers["content-type"] == "text/html; charset=utf-8"
    assert "{__typename}" in browser.text


@pytest.mark.parametrize("plain", [{"plain": "1"}, {}])
def test_what_a_link_brings_is_shown_as_text_and_never_as_html(client: httpx.Client, plain: dict[str, str]) -> None:
    attack = "</textarea>'\"><script>alert(1)</script>"

    page = client.get("/graphql", params={"query": attack, "variables": attack, "lang": attack, **plain})

    assert "<script>alert" not in page.text
    assert page.text.count("&lt;/textarea&gt;&#39;&#34;&gt;&lt;script&gt;") == 2
    assert Seen(page.text).scripts == Seen(client.get("/graphql", params=plain).text).scripts
