"""From hub.yaml to the rows of a source: what is written there is what a connector does."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest

from config.load import load_config
from schema.catalogue import describe
from simpul.background import Watched, stamps_of
from simpul.sources import Connectors

HUB = """\
name: Kabupaten Contoh
sources:
  s:
{source}
entities:
  Post:
    from: s.{dataset}
    key: [code]
    fields: {{code: {{column: id, type: code}}}}
"""


async def read(folder: Path, source: str, dataset: str) -> list[tuple[object, ...]]:
    """The rows of a dataset of the only source; what is written of it is indented here."""
    indented = "\n".join(f"    {line}" for line in source.splitlines())
    (folder / "hub.yaml").write_text(HUB.format(source=indented, dataset=dataset), encoding="utf-8")
    connector = Connectors(load_config(folder / "hub.yaml", describe(), {}))["s"]
    try:
        parts = await connector.parts(dataset)
        return [row.values for part in parts async for batch in connector.rows(dataset, part) for row in batch.rows]
    finally:
        await connector.aclose()


class Handler(BaseHTTPRequestHandler):
    """Seven records in the style that the path names, two at once."""

    def do_GET(self) -> None:
        target = urlsplit(self.path)
        query = dict(parse_qsl(target.query))
        start = int(query.get("skip") or query.get("after") or 2 * (int(query.get("p", 1)) - 1))
        after = start + 2 if start + 2 < 7 else None
        body = {
            "items": [{"id": n} for n in range(start, min(start + int(query.get("n", 2)), 7))],
            "meta": {"next": after, "link": f"/link?after={after}" if after else None},
        }
        self.send_response(200)
        if after and target.path == "/header":
            self.send_header("Link", f'</header?after={after}>; rel="next"')
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())

    def log_message(self, format: str, *args: object) -> None:
        """Tests keep no log."""


@pytest.fixture
def api() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(
    ("path", "paging"),
    [
        ("pages", "{param: p, size: 2}"),
        ("offsets", "{style: offset, param: skip, sizeParam: n, size: 2}"),
        ("link", "{style: next, at: meta.link}"),
        ("header", "{style: next}"),
        ("cursors", "{style: cursor, param: after, at: meta.next}"),
    ],
)
async def test_each_style_of_paging_reads_everything(tmp_path: Path, api: str, path: str, paging: str) -> None:
    dataset = f"{{path: {path}, list: items, paging: {paging}, key: id, ids: {{param: ids, separator: none}}}}"

    rows = await read(tmp_path, f"kind: rest\nurl: {api}\ndatasets:\n  posts: {dataset}", "posts")

    assert rows == [(n,) for n in range(7)]


async def test_files_of_mail_are_watched(tmp_path: Path) -> None:
    (tmp_path / "a.mbox").write_text("From x Mon Nov  3 08:00:00 2025\nSubject: Jalan\n\nRusak\n", encoding="utf-8")
    os.utime(tmp_path / "a.mbox", (1_700_000_000, 1_700_000_000))
    source = "    kind: mailbox\n    path: a.mbox\n    refresh: watch"
    (tmp_path / "hub.yaml").write_text(HUB.format(source=source, dataset="threads"), encoding="utf-8")
    config = load_config(tmp_path / "hub.yaml", describe(), {})
    watched = Watched(config.sources["s"], lambda: Connectors(config)["s"], tried=False)

    before = await stamps_of(watched)
    with (tmp_path / "a.mbox").open("a") as file:
        file.write("\nFrom x Mon Nov  3 09:00:00 2025\nSubject: Air\n\nMacet\n")
    os.utime(tmp_path / "a.mbox", (1_700_000_060, 1_700_000_060))

    assert before and await stamps_of(watched) != before


async def test_a_mailbox_may_be_a_maildir(tmp_path: Path) -> None:
    for place in ("new", "cur", "tmp"):
        (tmp_path / "surat" / place).mkdir(parents=True)
    (tmp_path / "surat" / "new" / "1.a").write_text("Subject: Jalan\nMessage-ID: <1@b>\n\nRusak\n", encoding="utf-8")

    ((_, message_id, subject, text, *_),) = await read(tmp_path, "kind: mailbox\npath: surat", "threads")

    assert (message_id, subject, text) == ("<1@b>", "Jalan", "Rusak")
