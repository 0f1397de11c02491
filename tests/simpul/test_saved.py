"""Saved questions from a running hub, as Excel, Grafana and a person at a terminal get them."""

from __future__ import annotations

import csv
import html
import io
import json
import os
import re
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from subprocess import PIPE
from typing import Any

import httpx
import pytest
from playwright.sync_api import sync_playwright

from resolvers.engine import Request as Question
from resolvers.flat import Column
from simpul.compose import build_hub, load
from simpul.formats import Locale
from simpul.tables import write_csv, write_json
from tests.hubs import RunSimpul, Serve, Serving
from tests.servers import apart

CHROMIUM = Path("/usr/bin/chromium")
ROWS = 2345  # more than two pages of 1000
TITLES = {
    5: '=HYPERLINK("http://jahat.example";"klik")',
    6: "+62 811",
    7: "-1+2",
    8: "@SUM(A1)",
    9: 'Jalan; "lingkar", tahap 2',
}


QUESTIONS = {
    "usulan": """# Proposals / Usulan
query ($status: [ProposalStatus!], $cheaper: Decimal) {
  proposals(where: {status: {in: $status}, estimatedCost: {lt: $cheaper}}) {
    totalCount
    nodes { number title status estimatedCost budgetLines { totalCount aggregate { sum { ceiling } } } }
  }
}""",
    "rincian": """query ($number: String!) {
  proposals(where: {number: {eq: $number}}) {
    nodes { number budgetLines { totalCount edges { match { method confidence } node { lineId ceiling realised } } } }
  }
}""",
    "semua-rincian": "{ proposals { nodes { number budgetLines { nodes { lineId realised } } } } }",
    "tiga": "query ($n: Int = 3, $last: Boolean = false) "
    "{ proposals(first: $n) { nodes { number title @skip(if: $last) } } }",
    "sejajar": "{ budgetLines { nodes { lineId proposals { nodes { number } } projects { nodes { name } } } } }",
    "jumlah": "{ proposals { totalCount aggregate { sum { estimatedCost } } } budgetLines { totalCount } }",
    "aduan": "query ($since: DateTime) { complaints(where: {receivedAt: {gte: $since}}) "
    "{ nodes { title receivedAt answered attachments projectCode } } }",
    "kosong": '{ proposals(where: {number: {eq: "tidak ada"}}) { nodes { number estimatedCost proposedAt } } }',
    "kelompok": "{ proposals { groups(by: [{status: {}}]) { key { status } count sum { estimatedCost } } totalCount } }",
    "isi-kelompok": "query ($n: Int) { proposals { groups(by: [{status: {}}]) { count nodes(first: $n) { number } } } }",
    "rusak": "{ proposals { nodes { nomor } } }",
}


def write_questions(folder: Path) -> None:
    (folder / "queries").mkdir()
    for name, text in QUESTIONS.items():
        (folder / "queries" / f"{name}.graphql").write_text(text, encoding="utf-8")


@pytest.fixture(scope="module")
def synced_folder(synced_folder: Path, simpul: RunSimpul) -> Path:
    """The small hub with many proposals, budget lines and saved questions; tests only read it."""
    written = io.StringIO()
    writer = csv.writer(written)
    writer.writerow(["No", "Usulan", "Lokasi", "Biaya", "Status", "Pengusul"])
    for number in range(1, ROWS + 1):
        cost = "" if number % 100 == 0 else f"{number * 1_000_003},{number % 100:02d}"
        status = "DITOLAK" if number % 7 == 0 else "DITERIMA"
        writer.writerow([number, TITLES.get(number, f"Jalan {number}"), "RT 01", cost, status, "Ahmad"])
    (synced_folder / "data" / "usulan-alas.csv").write_text(written.getvalue(), encoding="utf-8")
    with closing(sqlite3.connect(synced_folder / "data" / "keuangan.db")) as db:
        db.execute("INSERT INTO ta_anggaran VALUES (13, '5.2.06', 'Koreksi', 1000, -1500.25)")
        db.executemany(
            "INSERT INTO ta_anggaran VALUES (?, '5.2.07', 'Rinci', ?, 0.5)", [(n, n) for n in range(100, 125)]
        )
        db.commit()
    pairs = [(1, 11), (1, 13), (2, 12), *((3, n) for n in range(100, 125))]
    lines = "".join(f"usulan-alas.csv,{number},{line}\n" for number, line in pairs)
    (synced_folder / "links" / "usulan-anggaran.csv").write_text(f"file,number,lineId\n{lines}")
    write_questions(synced_folder)
    ended = simpul(synced_folder, "sync", "--force")
    assert ended.code == 0, ended
    return synced_folder


@pytest.fixture(scope="module")
def client(server: Serving) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url, timeout=30) as client:
        yield client


def ask(client: httpx.Client, query: str) -> Any:
    answer = client.post("/graphql", json={"query": query}).json()
    assert "errors" not in answer, answer
    return answer["data"]


def read_csv(content: bytes, locale: str = "en") -> list[dict[str, str]]:
    """A CSV as a spreadsheet of that locale reads it."""
    assert content.startswith(b"\xef\xbb\xbf")
    text = io.StringIO(content.decode("utf-8-sig"), newline="")
    return list(csv.DictReader(text, delimiter=";" if locale == "id" else ",", strict=True))


def message(answer: httpx.Response) -> str:
    assert "data" not in answer.json()
    (error,) = answer.json()["errors"]
    return str(error["message"])


def test_csv_read_in_the_indonesian_locale_adds_up_to_graphql_to_the_sen(client: httpx.Client) -> None:
    answer = client.get("/q/usulan.csv?locale=id")
    rows = read_csv(answer.content, "id")
    told = ask(client, "{ proposals { totalCount aggregate { sum { estimatedCost } known { estimatedCost } } } }")
    costs = [Decimal(row["estimatedCost"].replace(",", ".")) for row in rows if row["estimatedCost"]]

    assert answer.status_code == 200
    assert list(rows[0]) == [
        "number",
        "title",
        "status",
        "estimatedCost",
        "budgetLines.totalCount",
        "budgetLines.aggregate.sum.ceiling",
    ]
    assert len(rows) == len({row["number"] for row in rows}) == told["proposals"]["totalCount"] == ROWS
    assert len(costs) == told["proposals"]["aggregate"]["known"]["estimatedCost"]
    assert sum(costs) == Decimal(told["proposals"]["aggregate"]["sum"]["estimatedCost"])
    assert "." not in "".join(row["estimatedCost"] for row in rows)
    assert answer.headers["x-simpul-rows"] == str(ROWS)


def test_json_is_a_flat_array_whose_money_is_a_number_with_all_its_digits(client: httpx.Client) -> None:
    answer = client.get("/q/usulan.json")
    rows = json.loads(answer.content, parse_float=Decimal)
    told = ask(client, '{ proposals(where: {number: {eq: "2299"}}) { nodes { estimatedCost } } }')
    (row,) = (row for row in rows if row["number"] == "2299")

    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    assert len(rows) == ROWS
    assert row["title"] == "Jalan 2299"
    assert row["estimatedCost"] == Decimal(told["proposals"]["nodes"][0]["estimatedCost"]) == Decimal("2299006897.99")
    assert b'"estimatedCost":2299006897.99,' in answer.content
    assert row["budgetLines.totalCount"] == 0
    assert {row["number"]: row["budgetLines.aggregate.sum.ceiling"] for row in rows}["3"] == sum(range(100, 125))


def test_json_and_csv_and_graphql_have_the_same_rows_in_the_same_order(client: httpx.Client) -> None:
    flat = [row["number"] for row in client.get("/q/usulan.json").json()]
    table = [row["number"] for row in read_csv(client.get("/q/usulan.csv").content)]
    nodes: list[str] = []
    after = ""
    while True:
        page = ask(client, f"{{ proposals(first: 1000{after}) {{ nodes {{ number }} pageInfo {{ endCursor }} }} }}")
        nodes += [node["number"] for node in page["proposals"]["nodes"]]
        if len(page["proposals"]["nodes"]) < 1000:
            break
        after = f', after: "{page["proposals"]["pageInfo"]["endCursor"]}"'

    assert flat == table == nodes


def test_text_is_no_formula_and_a_negative_number_stays_one(client: httpx.Client) -> None:
    titles = {int(row["number"]): row["title"] for row in read_csv(client.get("/q/usulan.csv?locale=id").content, "id")}
    lines = read_csv(client.get("/q/rincian.csv?number=1&expand=budgetLines").content)
    spoken = read_csv(client.get("/q/rincian.csv?number=1&expand=budgetLines&locale=id").content, "id")

    assert {n: titles[n] for n in TITLES} == {
        n: title if title.startswith("J") else f"'{title}" for n, title in TITLES.items()
    }
    assert [line["budgetLines.realised"] for line in lines] == ["40000000", "-1500.25"]
    assert [line["budgetLines.realised"] for line in spoken] == ["40000000", "-1500,25"]
    assert client.get("/q/usulan.json").json()[4]["title"] == TITLES[5]  # JSON is no spreadsheet


def test_a_list_inside_the_rows_multiplies_them_only_on_request(client: httpx.Client) -> None:
    refused = client.get("/q/rincian.json?number=1&lang=en")
    whole = client.get("/q/semua-rincian.json?expand=budgetLines").json()
    one = client.get("/q/rincian.json?number=1&expand=budgetLines").json()

    assert refused.status_code == 400
    assert "budgetLines is a list inside each row" in message(refused)
    assert "expand=budgetLines" in message(refused)
    assert list(one[0]) == [
        "number",
        "budgetLines.totalCount",
        "budgetLines.match.method",
        "budgetLines.match.confidence",
        "budgetLines.lineId",
        "budgetLines.ceiling",
        "budgetLines.realised",
    ]
    assert [row["budgetLines.match.method"] for row in one] == ["CROSSWALK", "CROSSWALK"]
    assert [row["budgetLines.totalCount"] for row in one] == [2, 2]
    lines: dict[str, list[str | None]] = {}
    for row in whole:
        lines.setdefault(row["number"], []).append(row["budgetLines.lineId"])
    assert len(lines) == ROWS  # also proposals without a line, once
    assert lines["4"] == [None]
    assert sorted(map(int, filter(None, lines["3"]))) == list(range(100, 125))  # more than a nested page of 20


@pytest.mark.parametrize(
    ("path", "status", "said"),
    [
        ("sejajar.json?expand=proposals&lang=en", 503, "two lists side by side: proposals.nodes and projects.nodes"),
        ("sejajar.csv?lang=id", 503, "dua daftar yang sejajar: proposals.nodes dan projects.nodes"),
        ("usulan.json?expand=issues&lang=en", 400, "There is no list issues inside the rows; expand takes: -."),
        ("rincian.json?number=1&expand=x&lang=en", 400, "expand takes: budgetLines."),
        (
            "rincian.json?lang=en",
            400,
            "number is missing; give it: text. Variables of this question: number (text, req",
        ),
        ("rincian.csv?number=&lang=id", 400, "number belum diisi; isi dengan: teks."),
        ("rincian.json?number=1&number=2&lang=en", 400, "number takes one value and was given several."),
        (
            "usulan.json?cheper=1&lang=en",
            400,
            "There is no variable called cheper. Variables of this question: status (",
        ),
        (
            "usulan.json?cheaper=1,5&lang=en",
            400,
            '"1,5" does not fit cheaper, which takes: a number such as 1250000.50',
        ),
        ("usulan.json?cheaper=1.5.6&lang=id", 400, '"1.5.6" tidak cocok untuk cheaper, yang menerima: angka seperti'),
        ("usulan.json?status=DITERIMA&lang=en", 400, '"DITERIMA" does not fit status, which takes: one of DRAFT, SUB'),
        ("tiga.json?n=3.5&lang=en", 400, '"3.5" does not fit n, which takes: a whole number.'),
        ("tiga.json?n=9999999999&lang=en", 400, '"9999999999" does not fit n'),
        ("tiga.json?n=1001&lang=en", 400, "`first` must lie between 0 and 1000."),
        ("tiga.json?last=1&lang=en", 400, '"1" does not fit last, which takes: true or false.'),
        ("aduan.json?since=kemarin&lang=en", 400, "which takes: a time such as 2026-11-24T08:00:00Z."),
        ("jumlah.json?query={__typename}&lang=en", 400, "There is no variable called query. This question has no var"),
        ("jumlah.json?locale=id&lang=en", 400, "There is no variable called locale."),
        ("jumlah.csv?locale=fr&lang=en", 400, "`locale` is `id`"),
        (
            "nihil.json?lang=en",
            404,
            "There is no saved question called nihil; there are: aduan, isi-kelompok, jumlah, k",
        ),
        ("hub.yaml.json?lang=id", 404, "Tidak ada pertanyaan tersimpan bernama hub.yaml;"),
        ("rusak.json?lang=id", 503, "queries/rusak.graphql:1:23: Bukan query yang sah: Cannot query field 'nomor'"),
        ("rusak.csv?lang=en", 503, "queries/rusak.graphql:1:23: Not a valid query: Cannot query field 'nomor'"),
    ],
)
def test_what_can_not_be_answered_is_said_in_a_sentence(
    client: httpx.Client, path: str, status: int, said: str
) -> None:
    answer = client.get(f"/q/{path}")

    assert answer.status_code == status
    assert answer.headers["cache-control"] == "no-store"
    assert "content-disposition" not in answer.headers
    if ".csv" in path:
        assert answer.headers["content-type"] == "text/plain; charset=utf-8"
        assert said in answer.text and "{" not in answer.text
    else:
        assert said in message(answer)


def test_variables_choose_the_rows(client: httpx.Client) -> None:
    def numbers(path: str) -> list[int]:
        return [int(row["number"]) for row in client.get(path).json()]

    assert len(numbers("/q/usulan.json?status=REJECTED")) == ROWS // 7
    assert len(numbers("/q/usulan.json?status=REJECTED&status=ACCEPTED&status=")) == ROWS
    assert sorted(numbers("/q/usulan.json?cheaper=3000009.04")) == [1, 2, 3]
    assert sorted(numbers("/q/usulan.json?cheaper=3000009.03")) == [1, 2]
    assert len(numbers("/q/tiga.json")) == 3  # what `first` says is honoured
    assert len(numbers("/q/tiga.json?n=1000")) == 1000
    assert list(client.get("/q/tiga.json?last=true").json()[0]) == ["number"]
    assert client.get("/q/aduan.json?since=2026-11-10T08:00:00+08:00").json() == [
        {
            "title": "Jalan rusak",
            "receivedAt": "2026-11-10T08:00:00+08:00",
            "answered": None,
            "attachments": None,
            "projectCode": "PKT-1",
        }
    ]
    assert client.get("/q/aduan.json?since=2026-11-10T08:00:01%2B08:00").json() == []


def test_cells_are_written_as_their_type_has_them() -> None:
    columns = [Column(name, name) for name in ("String", "Decimal", "Int", "Float", "Boolean")]
    rows: list[list[object]] = [
        ["\t=1", "-0.50", -3, 1.0, True],
        ["\r+1", "***", 0, 1e-07, False],  # a masked amount
        ["a,b;c", "12345678901234567890123456789.12", None, None, None],
    ]

    def written(locale: Locale) -> list[str]:
        file = io.BytesIO()
        write_csv(file, columns, iter(rows), locale)
        return file.getvalue().decode("utf-8-sig").split("\r\n")

    flat = io.BytesIO()
    write_json(flat, columns, iter(rows))

    assert written(Locale.EN)[1:] == [
        "'\t=1,-0.50,-3,1.0,true",
        '"\'\r+1",***,0,0.0000001,false',
        '"a,b;c",12345678901234567890123456789.12,,,',
        "",
    ]
    assert written(Locale.ID)[1:] == [
        "'\t=1;-0,50;-3;1,0;true",
        '"\'\r+1";***;0;0,0000001;false',
        '"a,b;c";12345678901234567890123456789,12;;;',
        "",
    ]
    assert flat.getvalue().decode().splitlines()[1:3] == [
        '{"String":"\\t=1","Decimal":-0.50,"Int":-3,"Float":1.0,"Boolean":true},',
        '{"String":"\\r+1","Decimal":"***","Int":0,"Float":1e-7,"Boolean":false},',
    ]
    assert json.loads(flat.getvalue(), parse_float=Decimal)[2]["Decimal"] == Decimal("12345678901234567890123456789.12")


def test_all_pages_are_of_one_state_also_if_a_sync_ends_in_between(simpul: RunSimpul, hub_folder: Path) -> None:
    rows = "".join(f"{number},Lama,RT 01,1000,DITERIMA,Ahmad\n" for number in range(1, ROWS + 1))
    usulan = hub_folder / "data" / "usulan-alas.csv"
    usulan.write_text(f"No,Usulan,Lokasi,Biaya,Status,Pengusul\n{rows}")
    assert simpul(hub_folder, "sync").code == 0
    hub = build_hub(load(hub_folder / "hub.yaml"))
    hub.open()
    synced: list[bool] = []
    titles: list[object] = []

    def write(columns: tuple[Column, ...], rows: Iterator[list[object]]) -> None:
        for row in rows:
            titles.append(row[0])
            if not synced:
                usulan.write_text(usulan.read_text().replace("Lama", "Baru"))
                synced.append(not apart(lambda: hub.syncer.sync("planning")).problems)

    async def twice() -> None:
        for state in ("Lama", "Baru"):
            titles.clear()
            answer = await hub.engine.tabulate(Question("{ proposals { nodes { title } } }"), (), write, 60)
            assert answer.errors == ()
            assert (set(titles), len(titles)) == ({state}, ROWS)
        await hub.close()

    apart(twice)

    assert synced == [True]


def test_a_person_fills_in_the_form_in_a_real_browser(server: Serving) -> None:
    if not CHROMIUM.exists():
        pytest.skip("platform: needs /usr/bin/chromium; `apt-get install chromium`")
    complaints: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": 1280, "height": 800}, locale="id-ID")
        page.on("console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None)
        page.goto(server.url)
        page.click("text=rincian")
        waiting = page.inner_text("main")
        page.get_by_label("number *").fill("1")
        page.get_by_label("Satu baris untuk tiap isi").select_option("budgetLines")
        page.click("text=Tampilkan")
        rows = page.locator("tbody tr").all_inner_texts()
        with page.expect_download() as downloading:
            page.get_by_role("link", name="CSV").click()
        file, content = downloading.value.suggested_filename, downloading.value.path().read_bytes()
        page.click("text=English")
        english = page.inner_text("main")
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        browser.close()

    assert "number belum diisi; isi dengan: teks." in waiting
    assert [row.split("\t") for row in rows] == [
        ["1", "2", "CROSSWALK", "1", "11", "125.000.000", "40.000.000"],
        ["1", "2", "CROSSWALK", "1", "13", "1.000", "-1.500,25"],
    ]
    assert file == "rincian.csv"
    assert [row["budgetLines.realised"] for row in read_csv(content, "id")] == ["40000000", "-1500,25"]
    assert "Show" in english and "-1,500.25" in english  # the variables are kept
    assert wide == 0
    assert complaints == []


BROWSER = {"Accept": "text/html,*/*;q=0.8"}


@pytest.mark.parametrize("language", ["id", "en"])
def test_the_page_shows_the_beginning_with_links_to_the_whole(client: httpx.Client, language: str) -> None:
    answer = client.get(f"/q/usulan?lang={language}&status=REJECTED&status=ACCEPTED&cheaper=", headers=BROWSER)
    text = answer.text
    csv_url = re.search(r'<a href="(/q/usulan\.csv[^"]*)">CSV</a>', text)
    json_url = re.search(r'<a href="(/q/usulan\.json[^"]*)">JSON</a>', text)

    assert answer.status_code == 200
    assert answer.headers["content-language"] == language
    assert f'<html lang="{language}">' in text
    assert "unsafe" not in answer.headers["content-security-policy"]
    assert "<script" not in text and "style=" not in text and not re.search(r"\son\w+=", text)
    assert "DATA CONTOH" in text
    assert ("Usulan · Kabupaten Uji" if language == "id" else "Proposals · Kabupaten Uji") in text
    assert text.count("<tr>") == 101
    assert ("Ini 100 baris pertama" if language == "id" else "These are the first 100 rows") in text
    assert ("1.000.003,01" if language == "id" else "1,000,003.01") in text
    assert "&#39;" not in text.split("<tbody>")[1]  # only a spreadsheet needs the apostrophe
    assert "=HYPERLINK(&#34;http://jahat.example&#34;;&#34;klik&#34;)" in text
    assert "<option selected>REJECTED</option>" in text and "<option>DRAFT</option>" in text
    other = re.search(r'<a class="lang" href="([^"]*)"', text)
    assert other and "status=REJECTED&status=ACCEPTED&" in html.unescape(other[1])
    assert csv_url and json_url
    whole = read_csv(client.get(html.unescape(csv_url[1])).content, "id" if language == "id" else "en")
    assert len(whole) == len(client.get(html.unescape(json_url[1])).json()) == ROWS


def test_every_input_of_a_page_has_its_label(client: httpx.Client) -> None:
    for name in ("usulan", "rincian", "tiga", "aduan"):
        text = client.get(f"/q/{name}?lang=en", headers=BROWSER).text
        inputs = set(re.findall(r'<(?:input|select)(?! type="hidden")[^>]* id="([^"]+)"', text))

        assert inputs
        assert inputs == set(re.findall(r'<label for="([^"]+)"', text))


def test_a_page_that_waits_for_a_variable_is_a_form_and_a_wrong_one_says_so(client: httpx.Client) -> None:
    waiting = client.get("/q/rincian?lang=en", headers=BROWSER)
    closed = client.get("/q/semua-rincian?lang=en", headers=BROWSER)
    opened = client.get("/q/semua-rincian?lang=en&expand=budgetLines", headers=BROWSER)
    wrong = client.get("/q/tiga?lang=en&n=x", headers=BROWSER)
    broken = client.get("/q/rusak?lang=en", headers=BROWSER)
    unknown = client.get("/q/%3Cscript%3Ealert(1)%3C%2Fscript%3E?lang=en", headers=BROWSER)
    attack = client.get("/q/rincian", params={"number": '"><script>alert(1)</script>'}, headers=BROWSER)

    assert waiting.status_code == 200
    assert "number is missing; give it: text." in waiting.text and "<table>" not in waiting.text
    assert closed.status_code == 200
    assert "<option>budgetLines</option>" in closed.text and "<table>" not in closed.text
    assert (opened.status_code, "<option selected>budgetLines</option>" in opened.text) == (200, True)
    assert '<th scope="col" class="n">budgetLines.realised</th>' in opened.text
    assert (wrong.status_code, "&#34;x&#34; does not fit n" in wrong.text) == (400, True)
    assert (broken.status_code, "queries/rusak.graphql:1:23" in broken.text) == (503, True)
    assert (unknown.status_code, "<script" in unknown.text) == (404, False)
    assert "<script" not in attack.text


def test_the_status_page_lists_the_saved_questions(client: httpx.Client) -> None:
    text = client.get("/?lang=en", headers=BROWSER).text
    listed = text[text.index("Saved questions") : text.index("Questions to start with")]

    assert '<a href="/q/usulan?lang=en">Proposals</a> <small><a href="/q/usulan.csv">CSV</a>' in listed
    assert '<a href="/q/rincian?lang=en">rincian</a></li>' in listed  # it has to be filled in first
    assert 'rusak <span class="problem">queries/rusak.graphql:1:23: Not a valid query' in listed
    assert 'href="/q/rusak' not in listed


def test_a_value_is_a_value_and_never_becomes_part_of_the_operation(client: httpx.Client) -> None:
    attack = '1"}}) { nodes { number } } evil: __schema { types { name } } #'

    answer = client.get("/q/rincian.json", params={"number": attack, "expand": "budgetLines"})

    assert (answer.status_code, answer.json()) == (200, [])


def test_an_empty_table_has_its_head_and_totals_are_one_row(client: httpx.Client) -> None:
    empty = client.get("/q/kosong.csv")
    totals = read_csv(client.get("/q/jumlah.csv").content)
    told = ask(client, "{ proposals { aggregate { sum { estimatedCost } } } budgetLines { totalCount } }")

    assert empty.content.decode("utf-8-sig") == "number,estimatedCost,proposedAt\r\n"
    assert client.get("/q/kosong.json").json() == []
    assert totals == [
        {
            "proposals.totalCount": str(ROWS),
            "proposals.aggregate.sum.estimatedCost": told["proposals"]["aggregate"]["sum"]["estimatedCost"],
            "budgetLines.totalCount": str(told["budgetLines"]["totalCount"]),
        }
    ]


def test_groups_are_rows_and_their_records_on_request(client: httpx.Client) -> None:
    rows = read_csv(client.get("/q/kelompok.csv").content)
    groups: dict[str, tuple[str, str]] = {row["key.status"]: (row["count"], row["sum.estimatedCost"]) for row in rows}
    told = ask(client, "{ proposals { aggregate { sum { estimatedCost } } } }")["proposals"]["aggregate"]["sum"]
    closed = client.get("/q/isi-kelompok.json?lang=en")
    long = client.get("/q/isi-kelompok.csv?expand=nodes&lang=en")
    opened = client.get("/q/isi-kelompok.json?expand=nodes&n=2").json()

    assert list(rows[0]) == ["key.status", "count", "sum.estimatedCost"]
    assert {status: int(count) for status, (count, _) in groups.items()} == {
        "ACCEPTED": ROWS - ROWS // 7,
        "REJECTED": ROWS // 7,
    }
    assert sum(Decimal(total) for _, total in groups.values()) == Decimal(told["estimatedCost"])
    assert "expand=nodes" in message(closed)
    assert (long.status_code, long.text.startswith("The list nodes has 1000 items or more")) == (400, True)
    assert [list(row) for row in opened] == [["count", "nodes.number"]] * 4


def test_head_asks_for_the_same_and_a_known_table_is_not_sent_again(client: httpx.Client) -> None:
    got = client.get("/q/tiga.csv?lang=en")
    head = client.head("/q/tiga.csv?lang=en")
    again = client.get("/q/tiga.csv?lang=en", headers={"If-None-Match": f'W/"x", {got.headers["etag"]}'})
    other = client.get("/q/tiga.csv?n=2", headers={"If-None-Match": got.headers["etag"]})
    told = ("content-type", "content-length", "content-disposition", "etag", "cache-control", "x-simpul-notice")

    assert {name: head.headers[name] for name in told} == {name: got.headers[name] for name in told}
    assert head.content == b""
    assert got.headers["content-type"] == "text/csv; charset=utf-8; header=present"
    assert got.headers["content-disposition"] == 'attachment; filename="tiga.csv"'
    assert got.headers["cache-control"] == "private, no-cache"
    assert got.headers["x-simpul-notice"] == "DATA CONTOH"
    assert "x-simpul-sources" not in got.headers
    assert (again.status_code, again.content) == (304, b"")
    assert (other.status_code, len(read_csv(other.content))) == (200, 2)
    assert client.post("/q/tiga.csv").status_code == 405


@pytest.mark.parametrize("path", ["/q/..%2Fhub.yaml.json", "/q/%2e%2e/hub.json", "/q/../../hub.csv", "/q/a%00b.json"])
def test_no_name_leads_out_of_the_folder(server: Serving, path: str) -> None:
    with httpx.Client(base_url=server.url) as client:
        url = httpx.URL(server.url).copy_with(raw_path=path.encode())
        answer = client.send(httpx.Request("GET", url))

    assert answer.status_code == 404


@pytest.mark.parametrize(
    ("name", "address", "arguments"),
    [
        ("usulan", "", []),
        ("usulan", "?locale=id&status=REJECTED", ["--locale", "id", "--variables", '{"status": ["REJECTED"]}']),
        ("semua-rincian", "?expand=budgetLines", ["--expand", "budgetLines"]),
        ("kosong", "", []),
    ],
)
def test_the_command_writes_what_the_endpoint_sends_byte_for_byte(
    client: httpx.Client,
    simpul: RunSimpul,
    synced_folder: Path,
    tmp_path: Path,
    name: str,
    address: str,
    arguments: list[str],
) -> None:
    sent = client.get(f"/q/{name}.csv{address}").content
    file = tmp_path / "tabel.csv"

    written = simpul(synced_folder, "query", name, "--csv", str(file), *arguments)
    shown = simpul(synced_folder, "query", name, "--csv", "-", *arguments)

    assert (written.code, shown.code) == (0, 0)
    assert file.read_bytes() == sent == shown.out.encode()
    assert [path.name for path in tmp_path.iterdir()] == ["tabel.csv"]
    assert written.out.startswith(f"{file}: ") and " baris." in written.out
    assert written.err == shown.err == "Pemberitahuan: DATA CONTOH\n"


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["usulan", "--locale", "id"], 2, "--locale and --expand go with --csv."),
        (["rincian", "--csv", "-"], 2, "number is missing; give it: text."),
        (
            ["rincian", "--csv", "-", "--variables", '{"number": 1.5}'],
            2,
            '"1.5" does not fit number, which takes: text.',
        ),
        (["rincian", "--csv", "-", "--variables", '{"nomor": "1"}'], 2, "There is no variable called nomor."),
        (["rincian", "--csv", "-", "--variables", '{"number": "1"}'], 1, "(--expand in a terminal)"),
        (["rusak", "--csv", "-"], 1, "queries/rusak.graphql:1:23: Not a valid query: Cannot query field 'nomor'"),
        (["usulan", "--csv", "tidak/ada.csv"], 1, "tidak/ada.csv can't be written: "),
        (["nihil", "--csv", "-"], 2, "nihil can't be read: "),
    ],
)
def test_a_command_that_can_not_answer_says_why_and_writes_nothing(
    simpul: RunSimpul, synced_folder: Path, arguments: list[str], code: int, said: str
) -> None:
    ended = simpul(synced_folder, "query", *arguments, "--lang", "en")

    assert (ended.code, ended.out) == (code, "")
    assert said in ended.err


def test_a_failure_leaves_the_old_file_alone(simpul: RunSimpul, synced_folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "lama.csv"
    file.write_text("isi lama")

    ended = simpul(synced_folder, "query", "sejajar", "--csv", str(file))

    assert ended.code == 1
    assert file.read_text() == "isi lama"
    assert [path.name for path in tmp_path.iterdir()] == ["lama.csv"]


def test_a_reader_that_has_seen_enough_ends_the_command_quietly(synced_folder: Path) -> None:
    command = [sys.executable, "-m", "simpul", "query", "usulan", "--csv", "-"]
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    with subprocess.Popen(command, cwd=synced_folder, env=env, stdout=PIPE, stderr=PIPE) as process:
        assert process.stdout is not None and process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        said = process.stderr.read()

    assert process.returncode == 0
    assert said in (b"", b"Pemberitahuan: DATA CONTOH\n")  # the table may have been written before the reader left


def test_without_csv_a_saved_question_is_answered_as_graphql(simpul: RunSimpul, synced_folder: Path) -> None:
    ended = simpul(synced_folder, "query", "tiga", "--variables", '{"n": 1}')

    assert json.loads(ended.out)["data"]["proposals"]["nodes"] == [{"number": "1", "title": "Jalan 1"}]


def test_old_figures_are_served_and_said_to_be_old(serve: Serve, simpul: RunSimpul, hub_folder: Path) -> None:
    write_questions(hub_folder)
    assert simpul(hub_folder, "sync").code == 0
    (hub_folder / "data" / "keuangan.db").rename(hub_folder / "data" / "pindah.db")
    assert simpul(hub_folder, "sync", "finance").code == 1
    url = serve(hub_folder).url

    table, other = httpx.get(f"{url}/q/usulan.csv", timeout=20), httpx.get(f"{url}/q/tiga.csv", timeout=20)
    page = httpx.get(f"{url}/q/usulan?lang=en", timeout=20)
    ended = simpul(hub_folder, "query", "usulan", "--csv", "-", "--lang", "en")

    assert (table.status_code, len(read_csv(table.content))) == (200, 4)
    assert table.headers["x-simpul-sources"].startswith("finance; state=STALE; as-of=20")
    assert "x-simpul-sources" not in other.headers  # it does not ask that source
    assert page.status_code == 200
    assert "The last sync of finance failed; its figures are of " in page.text
    assert ended.code == 0
    assert "The last sync of finance failed; its figures are of " in ended.err


def test_a_source_that_was_never_read_is_a_failure_and_no_empty_table(
    serve: Serve, simpul: RunSimpul, hub_folder: Path
) -> None:
    write_questions(hub_folder)
    (hub_folder / "data" / "keuangan.db").rename(hub_folder / "data" / "pindah.db")
    assert simpul(hub_folder, "sync", "planning").code == 0
    url = serve(hub_folder).url

    table, flat, page = (
        httpx.get(f"{url}/q/usulan{end}", params={"lang": "en"}, timeout=20) for end in (".csv", ".json", "")
    )
    fine = httpx.get(f"{url}/q/tiga.json", timeout=20)
    ended = simpul(hub_folder, "query", "usulan", "--csv", "usulan.csv", "--lang", "en")

    said = "BudgetLine has never been read from source finance"
    assert (table.status_code, flat.status_code, page.status_code, fine.status_code) == (503, 503, 503, 200)
    assert table.headers["content-type"] == "text/plain; charset=utf-8"
    assert table.text.startswith(said)
    assert said in message(flat)
    assert flat.json()["errors"][0]["extensions"]["code"] == "SOURCE_UNAVAILABLE"
    assert said in page.text and "<table>" not in page.text
    assert ended.code == 1 and said in ended.err
    assert not (hub_folder / "usulan.csv").exists()


def test_a_changed_file_is_asked_at_once(serve: Serve, simpul: RunSimpul, hub_folder: Path) -> None:
    assert simpul(hub_folder, "sync").code == 0
    url = serve(hub_folder).url
    before = httpx.get(f"{url}/q/baru.json", timeout=20).status_code
    write_questions(hub_folder)
    file = hub_folder / "queries" / "baru.graphql"

    file.write_text("\ufeff{ proposals { nodes { number } } }", encoding="utf-8")
    first = httpx.get(f"{url}/q/baru.csv", timeout=20).text
    file.write_text("{ proposals { nodes { title } } }")
    second = httpx.get(f"{url}/q/baru.csv", timeout=20).text
    file.write_bytes(b"{ \xff }")
    third = httpx.get(f"{url}/q/baru.csv?lang=en", timeout=20)
    file.unlink()

    assert before == 404
    assert first.splitlines()[0] == "\ufeffnumber"
    assert second.splitlines()[0] == "\ufefftitle"
    assert (third.status_code, third.text) == (
        503,
        "queries/baru.graphql: The file is not UTF-8 text. Save it as UTF-8.\n",
    )
    assert httpx.get(f"{url}/q/baru.csv", timeout=20).status_code == 404


BAD = {
    "baik.graphql": "query Baik { proposals { nodes { number } } }",
    "dua.graphql": "query A { __typename }\nquery B { __typename }",
    "isian.graphql": "{ proposals {\n    nodes { nomor } } }",
    "jenis.graphql": "query ($where: ProposalWhere) { proposals(where: $where) { nodes { number } } }",
    "kolom.graphql": "{ proposals { edges { cursor node { cursor: title } } } }",
    "milik.graphql": "query ($lang: String) { proposals(where: {title: {eq: $lang}}) { nodes { number } } }",
    "nama berkas.graphql": "{ __typename }",
    "sejajar.graphql": "{ proposals { nodes { number budgetLines { nodes { lineId } } projects { nodes { name } } } } }",
    "tulis.graphql": "{ proposals { nodes { number }",
    "ubah.graphql": "mutation { hapus }",
}


@pytest.mark.parametrize("language", ["en", "id"])
def test_check_tells_each_problem_with_its_place(simpul: RunSimpul, hub_folder: Path, language: str) -> None:
    (hub_folder / "queries").mkdir()
    for name, text in BAD.items():
        (hub_folder / "queries" / name).write_text(text)

    ended = simpul(hub_folder, "check", "--lang", language)

    assert ended.code == 1
    lines = ended.err.splitlines()
    assert [line.split(": ")[0].removeprefix("queries/") for line in lines[:-1]] == [
        "dua.graphql:2:1",
        "isian.graphql:2:13",
        "jenis.graphql:1:8",
        "kolom.graphql:1:37",
        "milik.graphql:1:8",
        "nama berkas.graphql",
        "sejajar.graphql:1:44",
        "tulis.graphql:1:31",
        "ubah.graphql:1:1",
    ]
    said = [line.split(": ", 1)[1] for line in lines]
    english = [
        "A saved question is one query, but the file holds several: A, B. Keep one in each file.",
        "Not a valid query: Cannot query field 'nomor' on type 'Proposal'.",
        "$where is of type ProposalWhere, which an address can't carry.",
        "Two columns would be called cursor; give one of the fields an alias.",
        "$lang is taken; expand, locale, lang have a meaning of their own in the address. Choose another name.",
        "A saved question is called by letters, digits, - and _ only, at most 64. Rename the file.",
        "A row can't be multiplied by two lists side by side: budgetLines.nodes and projects.nodes.",
        "Not a valid query: Syntax Error: Expected Name, found <EOF>. The operation is not written correctly",
        "Only queries are answered here, not a mutation.",
    ]
    indonesian = [
        "Pertanyaan tersimpan adalah satu query, tetapi berkas berisi beberapa: A, B. Simpan satu per berkas.",
        "Bukan query yang sah: Cannot query field 'nomor' on type 'Proposal'.",
        "$where berjenis ProposalWhere, yang tidak bisa dibawa alamat.",
        "Dua kolom akan bernama cursor; beri salah satu isian nama lain (alias).",
        "$lang sudah terpakai; expand, locale, lang punya arti sendiri di alamat. Pilih nama lain.",
        "Nama pertanyaan tersimpan hanya berisi huruf, angka, - dan _, paling banyak 64. Ganti nama berkasnya.",
        "Satu baris tidak bisa digandakan oleh dua daftar yang sejajar: budgetLines.nodes dan projects.nodes.",
        "Bukan query yang sah: Syntax Error: Expected Name, found <EOF>. Penulisan operasi keliru di tempat ini",
        "Di sini hanya query yang dijawab, bukan mutation.",
    ]
    for line, wanted in zip(said[:-1], english if language == "en" else indonesian, strict=True):
        assert line.startswith(wanted)
    assert said[-1] == "9."


def test_check_counts_the_questions_of_a_good_hub(simpul: RunSimpul, hub_folder: Path) -> None:
    (hub_folder / "queries").mkdir()
    (hub_folder / "queries" / "baik.graphql").write_text(BAD["baik.graphql"])

    assert simpul(hub_folder, "check", "--lang", "en").out.endswith("3 sources, 4 entities, 1 saved question.\n")


@pytest.mark.parametrize(
    ("language", "said"),
    [
        (
            "en",
            "Note: queries/baik.graphql: proposals looks at every Proposal to find those it wants. `filterable: [title]`",
        ),
        (
            "id",
            "Catatan: queries/baik.graphql: proposals memeriksa setiap Proposal untuk menemukan yang dicari. `filterable:",
        ),
    ],
)
def test_check_notes_what_looks_at_every_record_until_it_has_an_index(
    simpul: RunSimpul, hub_folder: Path, language: str, said: str
) -> None:
    (hub_folder / "queries").mkdir()
    (hub_folder / "queries" / "baik.graphql").write_text(
        "query ($t: String) { proposals(where: {title: {eq: $t}}) { nodes { number } } }"
    )
    noted = simpul(hub_folder, "check", "--lang", language)
    assert (noted.code, noted.out.startswith(said)) == (0, True)

    config = hub_folder / "hub.yaml"
    written = config.read_text(encoding="utf-8")
    config.write_text(written.replace("  Proposal:\n", "  Proposal:\n    filterable: [title]\n"), encoding="utf-8")
    assert "baik.graphql" not in simpul(hub_folder, "check", "--lang", language).out


def test_fields_that_are_filterable_together_are_found_together_and_come_in_order(
    simpul: RunSimpul, hub_folder: Path
) -> None:
    (hub_folder / "queries").mkdir()
    (hub_folder / "queries" / "dua.graphql").write_text(
        "query ($t: String, $p: String) { proposals(where: {title: {eq: $t}, problem: {eq: $p}}) { nodes { number } } }"
    )
    config = hub_folder / "hub.yaml"
    written = config.read_text(encoding="utf-8")
    together = written.replace("  Proposal:\n", "  Proposal:\n    filterable: [title + problem]\n")
    config.write_text(together, encoding="utf-8")
    simpul(hub_folder, "sync")
    assert "dua.graphql" not in simpul(hub_folder, "check").out
    given = '{"t": "Jalan", "p": "Rusak"}'
    explained = simpul(hub_folder, "query", "dua", "--variables", given, "--explain").out
    assert "USING INDEX e_Proposal_t_title_problem (c_title=? AND c_problem=?)" in explained
    assert "TEMP B-TREE" not in explained


def test_an_explanation_shows_each_statement_and_how_it_runs(simpul: RunSimpul, synced_folder: Path) -> None:
    ended = simpul(synced_folder, "query", "rincian", "--variables", '{"number": "1"}', "--explain", "--lang", "en")
    assert (ended.code, ended.err) == (0, "")
    heads = [line for line in ended.out.splitlines() if re.match(r"\d\.", line)]
    assert [re.sub(r"[\d.,]+ ms", "T", head) for head in heads] == [
        "1. proposals: records; expected to look at 234 rows, brought 1 row in T",
        "2. proposals.nodes.budgetLines: records; expected to look at 1 row, brought 2 rows in T",
        "3. proposals.nodes.budgetLines: totals; expected to look at 1 row, brought 1 row in T",
    ]
    assert 'FROM "e_Proposal" AS t1' in ended.out
    assert "    | SEARCH t1 USING INDEX e_Proposal_c_number (c_number=?)" in ended.out
    assert simpul(synced_folder, "query", "rincian", "--explain", "--csv", "-", "--lang", "en").code == 2


def test_the_first_page_shows_the_tables_that_the_configuration_names(
    simpul: RunSimpul, serve: Serve, hub_folder: Path
) -> None:
    write_questions(hub_folder)
    config = hub_folder / "hub.yaml"
    home = "home: [usulan, rincian, tak-ada]\n"
    config.write_text(home + config.read_text(encoding="utf-8"), encoding="utf-8")
    checked = simpul(hub_folder, "check", "--lang", "id")
    assert checked.code == 1
    assert "home menyebut tak-ada, yang bukan pertanyaan tersimpan. Yang ada: " in checked.err

    simpul(hub_folder, "sync")
    page = html.unescape(httpx.get(f"{serve(hub_folder).url}/?lang=en", timeout=20).text)
    whole, rows = page.split('<h2 id="depan-')[1:], re.compile("<tr><td")
    assert [section.split(">")[2].split("<")[0] for section in whole] == ["Proposals", "rincian", "tak-ada"]
    assert len(rows.findall(whole[0])) == 4
    assert "number is missing" in whole[1]
    assert "no saved question" in whole[2]
