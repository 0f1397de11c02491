"""A hub over a mailbox on a real server: a new mail is there by itself, and one that can't be asked leaves what was there."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from replica.sync import Progress
from simpul.compose import Hub, build_hub, load
from simpul.pages.figures import ask
from tests.mailserver import PASSWORD, USER, Dovecot, dovecot

HUB = """\
name: Kabupaten Contoh
sources:
  pengaduan:
    kind: mailbox
    url: imaps://{user}@127.0.0.1:{port}
    ca: ca.pem
    password: ${{SURAT}}
    refresh: watch
entities:
  Complaint:
    from: pengaduan
    fields:
      trackingId: trackingId
      title: subject
      text: text
      receivedAt: receivedAt
"""


def mail(number: int) -> bytes:
    head = f"From: Siti <siti@warga.example>\r\nSubject: Jalan {number}\r\nMessage-ID: <{number}@warga.example>\r\n"
    return (head + "Date: Mon, 03 Nov 2025 08:00:00 +0800\r\n\r\nJalan rusak\r\n").encode()


@pytest.fixture
def server() -> Iterator[Dovecot]:
    with dovecot() as one:
        yield one


@pytest.fixture
def hub(server: Dovecot, tmp_path: Path) -> Hub:
    (tmp_path / "ca.pem").write_bytes(server.ca.read_bytes())
    (tmp_path / "secrets.env").write_text(f"SURAT={PASSWORD}\n", encoding="utf-8")
    (tmp_path / "hub.yaml").write_text(HUB.format(user=USER, port=server.tls_port), encoding="utf-8")
    made = build_hub(load(tmp_path / "hub.yaml"))
    made.open()
    return made


async def titles(hub: Hub) -> list[str]:
    document = "{ complaints(orderBy: [{title: ASC}]) { nodes { title provenance { locator } } } }"
    data = await ask(hub.engine, document, "en")
    return [node["title"] for node in (data["complaints"] or {"nodes": []})["nodes"]]


async def test_a_new_mail_comes_by_itself(server: Dovecot, hub: Hub) -> None:
    server.append(mail(1))
    background = await hub.background("en")

    async def reach(expected: list[str]) -> None:
        async with asyncio.timeout(60):
            while await titles(hub) != expected:
                await asyncio.sleep(0.1)

    try:
        async with background.running():
            await reach(["Jalan 1"])
            await asyncio.to_thread(server.append, mail(2))
            await reach(["Jalan 1", "Jalan 2"])
    finally:
        await hub.close()
    assert server.fetched() == 2


async def test_what_was_read_stays_while_the_server_is_away(server: Dovecot, hub: Hub) -> None:
    server.append(*(mail(number) for number in range(120)))
    told: list[Progress] = []
    try:
        report = await hub.syncer.sync("pengaduan", progress=told.append)
        assert (report.outcome, report.problems) == ("CHANGED", [])
        assert [step.ahead for step in told if step.rows == 0 and step.ahead] == [50, 100, 120]

        server.stop(9)
        away = await hub.syncer.sync("pengaduan")
        assert (away.outcome, away.problems[0].code) == ("FAILED", "SOURCE_UNREACHABLE")
        assert len(await titles(hub)) == 50 and await stale(hub)

        server.start()
        again = await hub.syncer.sync("pengaduan")
        assert (again.outcome, again.problems) == ("UNCHANGED", []) and not await stale(hub)
    finally:
        await hub.close()
    assert server.fetched() == 0  # that of the connections which were not killed


async def stale(hub: Hub) -> bool:
    data = await ask(hub.engine, "{ complaints(first: 1) { nodes { provenance { freshness } } } }", "en")
    return bool(data["complaints"]["nodes"][0]["provenance"]["freshness"] == "STALE")
