"""Each cause of trouble that an office meets, tried for real, in both languages: where, what, and what to do."""

from __future__ import annotations

import socket
import sqlite3
import threading
from pathlib import Path
from typing import Any

import pytest


def both(simpul: Any, folder: Path, *arguments: str) -> tuple[str, str]:
    """What a command says, in English and in Indonesian."""
    said = []
    for language in ("en", "id"):
        ended = simpul(folder, *arguments, "--lang", language)
        assert ended.code in (1, 2), ended
        said.append(ended.out + ended.err)
    return said[0], said[1]


def change(folder: Path, old: str, new: str, name: str = "hub.yaml") -> None:
    path = folder / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_port_in_use(simpul: Any, hub_folder: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]

        en, id = both(simpul, hub_folder, "serve", "--port", str(port))

    assert f"Port {port} on 127.0.0.1 is in use by another program; try --port" in en
    assert f"Port {port} di 127.0.0.1 sedang dipakai program lain; coba --port" in id


def test_no_file_matched(simpul: Any, hub_folder: Path) -> None:
    change(hub_folder, "path: data/usulan*.csv", "path: data/tidak-ada*.csv")

    en, id = both(simpul, hub_folder, "sync", "planning")

    assert "data/tidak-ada*.csv" in en and "usulan-alas.csv" in en
    assert "data/tidak-ada*.csv" in id and "usulan-alas.csv" in id


def test_column_not_found(simpul: Any, hub_folder: Path) -> None:
    change(hub_folder, "No,Usulan,", "No,Usulann,", "data/usulan-alas.csv")

    en, id = both(simpul, hub_folder, "sync", "planning")

    for said in (en, id):
        assert "usulan-alas.csv" in said and "Usulan" in said and "Usulann" in said


def test_shrink_guard_tells_both_counts(simpul: Any, hub_folder: Path) -> None:
    rows = "".join(f"{n},Kegiatan {n},RT 01,1.000.000.000,DITERIMA,X\n" for n in range(10, 40))
    path = hub_folder / "data" / "usulan-alas.csv"
    path.write_text(path.read_text(encoding="utf-8") + rows, encoding="utf-8")
    assert simpul(hub_folder, "sync", "planning").code == 0
    path.write_text(
        "No,Usulan,Lokasi,Biaya,Status,Pengusul\n1,Rabat,RT 02,1.000.000.000,DITERIMA,A\n", encoding="utf-8"
    )

    en, id = both(simpul, hub_folder, "sync", "planning")

    assert "Proposal would shrink from 34 to 1 records" in en and "--force" in en
    assert "Proposal akan berkurang dari 34 menjadi 1 data" in id and "--force" in id


def test_missing_secret(simpul: Any, hub_folder: Path) -> None:
    change(hub_folder, "sqlite:///data/keuangan.db", "sqlite:///data/${NAMA_BERKAS}")

    en, id = both(simpul, hub_folder, "check")

    assert "the secret NAMA_BERKAS is not set" in en and "secrets.env" in en and "hub.yaml:17:10:" in en
    assert "rahasia NAMA_BERKAS belum ada" in id and "secrets.env" in id


def test_duplicate_key(simpul: Any, hub_folder: Path) -> None:
    change(hub_folder, "2,Sumur bor", "1,Sumur bor", "data/usulan-alas.csv")
    simpul(hub_folder, "sync", "planning")

    en = simpul(hub_folder, "rejects", "--csv", "--lang", "en").out
    id = simpul(hub_folder, "rejects", "--csv", "--lang", "id").out

    assert "The same key stands with other content at usulan-alas.csv › 3" in en
    assert "Kunci yang sama dengan isi berbeda ada di usulan-alas.csv › 3" in id


def test_ambiguous_amount_and_unknown_status(simpul: Any, hub_folder: Path) -> None:
    simpul(hub_folder, "sync", "planning")

    en = simpul(hub_folder, "rejects", "--csv", "--lang", "en").out
    id = simpul(hub_folder, "rejects", "--csv", "--lang", "id").out

    for said in (en, id):
        assert "AMBIGUOUS_NUMBER" in said and "D3" in said and "1,5 M" in said
        assert "UNKNOWN_VALUE" in said and "E5" in said and "MENUNGGU" in said


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "Another process is writing to the replica; waiting"),
        ("id", "Proses lain sedang menulis ke salinan hub; menunggu"),
    ],
)
def test_replica_locked_by_another_process(simpul: Any, hub_folder: Path, language: str, words: str) -> None:
    assert simpul(hub_folder, "sync", "inbox").code == 0
    lock = sqlite3.connect(hub_folder / "var" / "replica.db-lock", isolation_level=None, check_same_thread=False)
    lock.execute("BEGIN EXCLUSIVE")
    release = threading.Timer(4, lambda: lock.execute("ROLLBACK"))
    release.start()

    ended = simpul(hub_folder, "sync", "inbox", "--lang", language)  # waits, says so, and then does its work

    assert ended.code == 0
    assert words in ended.err
    release.join()
    lock.close()


def test_source_unreachable(simpul: Any, hub_folder: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    change(
        hub_folder,
        "  inbox:\n",
        f"  tracker:\n    kind: rest\n    url: http://127.0.0.1:{port}/api\n  inbox:\n",
    )
    change(
        hub_folder,
        "  Complaint:\n",
        "  ProgressReport:\n    from: tracker.progress\n    fields: {projectId: id, asOf: on}\n  Complaint:\n",
    )

    en, id = both(simpul, hub_folder, "sync", "tracker")

    assert "does not answer" in en and "hub.yaml" in en
    assert "tidak menjawab" in id and "hub.yaml" in id


def test_file_open_in_excel(simpul: Any, hub_folder: Path) -> None:
    change(hub_folder, "path: data/usulan*.csv", "path: data/usulan*.xlsx")
    (hub_folder / "data" / "usulan-alas.xlsx").write_bytes(b"half of what Excel is just sav")
    (hub_folder / "data" / "~$usulan-alas.xlsx").write_bytes(b"\x04Budi")  # what Excel lays beside an open file

    en, id = both(simpul, hub_folder, "sync", "planning")

    assert "usulan-alas.xlsx" in en and "Excel" in en and "lose" in en
    assert "usulan-alas.xlsx" in id and "Excel" in id and "utup" in id


def test_wrong_key_type(simpul: Any, synced_folder: Path) -> None:
    query = synced_folder / "salah.graphql"
    query.write_text('{ proposal(by: {key: {number: 1, file: "usulan-alas.csv"}}) { title } }', encoding="utf-8")

    en, id = both(simpul, synced_folder, "query", str(query))

    for said in (en, id):
        assert "String cannot represent a non string value: 1" in said and "GRAPHQL_VALIDATION_FAILED" in said
    assert "A value has the wrong type" in en
    assert "Suatu nilai salah jenis" in id
