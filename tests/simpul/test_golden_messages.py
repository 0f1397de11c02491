"""What an operator is told when something goes wrong: each cause really happens, and the sentence is the same in every word."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from subprocess import PIPE

import openpyxl
import pytest

from config.entities import Catalogue
from config.hub import Language
from replica.database import ReplicaLocked
from replica.sqlite import SqliteDatabase
from simpul.commands.opening import wait_for_writer
from simpul.console import open_terminal
from simpul.messages import MESSAGES
from tests.hubs import Ended, RunSimpul

LANGUAGES: tuple[Language, ...] = ("en", "id")
Cause = Callable[[RunSimpul, Path, Language], Ended]


def usulan(folder: Path) -> Path:
    return folder / "data" / "usulan-alas.csv"


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def port_in_use(simpul: RunSimpul, folder: Path, language: Language) -> Ended:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        ended = simpul(folder, "serve", "--port", port, "--lang", language)
    free = ended.err.split("--port ")[1].split(".")[0]
    assert int(free) > int(port)
    return replace(ended, err=ended.err.replace(free, "8001").replace(port, "8000"))


def unprotected(simpul: RunSimpul, folder: Path, language: Language) -> Ended:
    return simpul(folder, "serve", "--host", "0.0.0.0", "--lang", language)


def source_unreachable(simpul: RunSimpul, folder: Path, language: Language) -> Ended:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    rest = f"kind: rest\n    url: http://127.0.0.1:{port}/api"
    change(folder / "hub.yaml", "kind: sql\n    url: sqlite:///data/keuangan.db", rest)
    change(folder / "hub.yaml", "        table: ta_anggaran\n", "")
    change(folder / "hub.yaml", "        table: ta_paket\n", "")
    ended = simpul(folder, "sync", "finance", "--lang", language)
    return replace(ended, err=ended.err.replace(str(port), "8091"))


def open_in_excel(simpul: RunSimpul, folder: Path, language: Language) -> Ended:
    change(folder / "hub.yaml", "data/usulan*.csv", "data/*.xlsx")
    workbook = openpyxl.Workbook()
    workbook.save(folder / "data" / "Alas.xlsx")
    whole = (folder / "data" / "Alas.xlsx").read_bytes()
    (folder / "data" / "Alas.xlsx").write_bytes(whole[: len(whole) // 2])  # Excel is saving
    (folder / "data" / "~$Alas.xlsx").write_bytes(b"\x05Budi")
    return simpul(folder, "sync", "planning", "--lang", language)


def no_file_matched(simpul: RunSimpul, folder: Path, language: Language) -> Ended:
    usulan(folder).rename(folder / "data" / "alas.csv")
    return simpul(folder, "sync", "planning", "--lang", language)


def column_not_found(simpul: RunSimpul, folder: Path, language: Language) -> Ended:
    change(usulan(folder), "Biaya", "Biaya (Rp)")
    return simpul(folder, "sync", "planning", "--lang", language)


def shrink_guard(simpul: RunSimpul, folder: Path, language: Language) -> Ended:
    rows = [f"{number},Jalan {number},RT 01,1.000.000.000,DITERIMA,Budi" for number in range(1, 21)]
    usulan(folder).write_text("\n".join(["No,Usulan,Lokasi,Biaya,Status,Pengusul", *rows, ""]), encoding="utf-8")
    simpul(folder, "sync", "planning")
    usulan(folder).write_text("\n".join(["No,Usulan,Lokasi,Biaya,Status,Pengusul", *rows[:3], ""]), encoding="utf-8")
    return simpul(folder, "sync", "planning", "--lang", language)


def missing_secret(simpul: RunSimpul, folder: Path, language: Language) -> Ended:
    rest = "kind: rest\n    url: http://127.0.0.1:1/api\n    bearer: ${TRACKER_TOKEN}"
    change(folder / "hub.yaml", "kind: sql\n    url: sqlite:///data/keuangan.db", rest)
    change(folder / "hub.yaml", "        table: ta_anggaran\n", "")
    change(folder / "hub.yaml", "        table: ta_paket\n", "")
    return simpul(folder, "check", "--lang", language)


def duplicate_key(simpul: RunSimpul, folder: Path, language: Language) -> Ended:
    change(usulan(folder), "4,Jembatan", "3,Jembatan")
    simpul(folder, "sync")
    return simpul(folder, "rejects", "--csv", "--lang", language)


def bad_cells(simpul: RunSimpul, folder: Path, language: Language) -> Ended:
    simpul(folder, "sync")
    return simpul(folder, "rejects", "--csv", "--lang", language)


def wrong_key_type(simpul: RunSimpul, folder: Path, language: Language) -> Ended:
    simpul(folder, "sync")
    query = '{ proposal(by: {key: {number: 117, file: "usulan-alas.csv"}}) { title } }'
    return simpul(folder, "query", "-", "--lang", language, stdin=query)


WANTED: list[tuple[Cause, int, str, str]] = [
    (
        port_in_use,
        1,
        "Port 8000 on 127.0.0.1 is in use by another program; try --port 8001.",
        "Port 8000 di 127.0.0.1 sedang dipakai program lain; coba --port 8001.",
    ),
    (
        unprotected,
        2,
        "0.0.0.0 can be reached from other machines, and nobody has to log in yet: everyone on the network could read "
        "everything. Stay on 127.0.0.1, or add --allow-unprotected if you want just that.",
        "0.0.0.0 terjangkau dari mesin lain, sedangkan belum ada login: siapa pun di jaringan dapat membaca semuanya. "
        "Tetaplah di 127.0.0.1, atau tambahkan --allow-unprotected bila memang itu yang diinginkan.",
    ),
    (
        source_unreachable,
        1,
        "finance: 127.0.0.1:8091/api/lines does not answer. Check the address in hub.yaml, and that the application is "
        "running.",
        "finance: 127.0.0.1:8091/api/lines tidak menjawab. Periksa alamatnya di hub.yaml, dan apakah aplikasinya "
        "berjalan.",
    ),
    (
        open_in_excel,
        1,
        "planning: Alas.xlsx is open in Excel, or this user may not read it. Close it there (or allow reading), then "
        "sync again.",
        "planning: Alas.xlsx sedang dibuka di Excel, atau pengguna ini tidak boleh membacanya. Tutup dulu di sana (atau "
        "beri izin baca), lalu sinkronkan lagi.",
    ),
    (
        no_file_matched,
        1,
        "planning: data/usulan*.csv: no file matches. Correct `path` in hub.yaml, or put the file there. That folder "
        "holds: alas.csv, keuangan.db, pengaduan.mbox.",
        "planning: data/usulan*.csv: tidak ada berkas yang cocok. Betulkan `path` di hub.yaml, atau letakkan berkasnya "
        "di sana. Isi folder itu: alas.csv, keuangan.db, pengaduan.mbox.",
    ),
    (
        column_not_found,
        1,
        "planning: usulan-alas.csv: there is no column “Biaya”; the nearest is “Biaya (Rp)”. It has: No, Usulan, Lokasi, "
        "Biaya (Rp), Status, Pengusul. Correct the head in the file, or the name in hub.yaml.",
        "planning: usulan-alas.csv: tidak ada kolom “Biaya”; yang paling mirip “Biaya (Rp)”. Kolomnya: No, Usulan, "
        "Lokasi, Biaya (Rp), Status, Pengusul. Betulkan judul kolom di berkas, atau namanya di hub.yaml.",
    ),
    (
        shrink_guard,
        1,
        "planning: Proposal would shrink from 20 to 3 records, so the sync was stopped and the old figures stay. If that "
        "is right, run it again with --force; else look for missing files or rows.",
        "planning: Proposal akan berkurang dari 20 menjadi 3 data, maka sinkron dihentikan dan angka lama tetap dipakai. "
        "Bila memang benar, jalankan lagi dengan --force; bila tidak, periksa berkas atau baris yang hilang.",
    ),
    (
        missing_secret,
        1,
        "hub.yaml:18:13: the secret TRACKER_TOKEN is not set. Set it in the environment, or write TRACKER_TOKEN=… into "
        "secrets.env beside hub.yaml.",
        "hub.yaml:18:13: rahasia TRACKER_TOKEN belum ada. Isi lewat lingkungan, atau tulis TRACKER_TOKEN=… dalam "
        "secrets.env di samping hub.yaml.",
    ),
    (
        duplicate_key,
        0,
        "reject,planning,Proposal,usulan-alas.csv › 4,,number,,DUPLICATE_KEY,The same key stands with other content at "
        'usulan-alas.csv › 5. Correct one of them; until then neither is used.,hub.yaml:32,"Correct the key of one of the '
        'rows, or say at hub.yaml:32 which one counts: `duplicates: first` or `last`, or one more part in `key:`."',
        "ditolak,planning,Proposal,usulan-alas.csv › 4,,number,,DUPLICATE_KEY,Kunci yang sama dengan isi berbeda ada "
        'di usulan-alas.csv › 5. Betulkan salah satunya; sementara itu keduanya tidak dipakai.,hub.yaml:32,"Betulkan kunci '
        "salah satu baris, atau tetapkan di hub.yaml:32 mana yang berlaku: `duplicates: first` atau `last`, atau tambah "
        'bagian `key:`."',
    ),
    (
        bad_cells,
        0,
        'issue,planning,Proposal,usulan-alas.csv › 3,D3,estimatedCost,"1,5 M",AMBIGUOUS_NUMBER,"This amount can be read '
        "in two ways (2.200 is two thousand two hundred or 2,2; “M” is miliar or meter). Write it out, or pin the sign "
        'with `decimal:` in hub.yaml.",hub.yaml:38,"Write D3 out, or pin the sign with `decimal: "",""` for estimatedCost '
        'at hub.yaml:38."',
        'catatan,planning,Proposal,usulan-alas.csv › 3,D3,estimatedCost,"1,5 M",AMBIGUOUS_NUMBER,"Angka ini bisa dibaca '
        "dua cara (2.200 bisa dua ribu dua ratus atau 2,2; “M” bisa miliar atau meter). Tulis lengkap, atau tetapkan "
        'tandanya dengan `decimal:` di hub.yaml.",hub.yaml:38,"Tulis D3 secara lengkap, atau patok tandanya dengan '
        '`decimal: "",""` untuk estimatedCost di hub.yaml:38."',
    ),
    (
        bad_cells,
        0,
        "issue,planning,Proposal,usulan-alas.csv › 5,E5,status,MENUNGGU,UNKNOWN_VALUE,"
        '"This value is not one of the known ones and counts as UNKNOWN. Correct the cell, or add the value under '
        '`values:` in hub.yaml.",hub.yaml:41,"Correct E5, or add what stands there under `values:` of status at '
        'hub.yaml:41."',
        "catatan,planning,Proposal,usulan-alas.csv › 5,E5,status,MENUNGGU,UNKNOWN_VALUE,"
        '"Nilai ini tidak dikenal dan dihitung UNKNOWN. Betulkan selnya, atau tambahkan nilainya di `values:` pada '
        'hub.yaml.",hub.yaml:41,"Betulkan E5, atau tambahkan isinya di `values:` milik status di hub.yaml:41."',
    ),
    (
        wrong_key_type,
        1,
        '"hint": "A value has the wrong type: codes, keys, decimals and dates are text, in quotes; counts are plain '
        'numbers."',
        '"hint": "Suatu nilai salah jenis: kode, kunci, desimal, dan tanggal ditulis sebagai teks, dalam kutip; '
        'banyaknya sebagai angka."',
    ),
]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("cause", "code", "english", "indonesian"), WANTED)
def test_what_is_told(
    simpul: RunSimpul,
    hub_folder: Path,
    cause: Cause,
    code: int,
    english: str,
    indonesian: str,
    language: Language,
) -> None:
    ended = cause(simpul, hub_folder, language)

    lines = [line.strip() for line in (ended.out + ended.err).splitlines()]
    assert (english if language == "en" else indonesian) in lines
    assert (indonesian if language == "en" else english) not in lines
    assert ended.code == code


@pytest.mark.parametrize(
    ("old", "new", "column"),
    [
        ("path: data/usulan*.csv", "path: ${NOPE}", 11),
        ("refresh: 1h\n    datasets:\n      usulan", "timezone: ${NOPE}\n    datasets:\n      usulan", 15),
        ("url: sqlite:///data/keuangan.db", "url: ${NOPE}", 10),
        ("url: sqlite:///data/keuangan.db", "engine: sqlite\n    database: ${NOPE}", 15),
    ],
)
def test_nothing_else_is_said_of_a_value_whose_secret_is_missing(
    simpul: RunSimpul, hub_folder: Path, old: str, new: str, column: int
) -> None:
    change(hub_folder / "hub.yaml", old, new)
    text = (hub_folder / "hub.yaml").read_text(encoding="utf-8")
    line = 1 + text[: text.index("${NOPE}")].count("\n")

    ended = simpul(hub_folder, "check", "--lang", "en")

    assert (ended.code, ended.out) == (1, "")
    assert ended.err == (
        f"hub.yaml:{line}:{column}: the secret NOPE is not set. Set it in the environment, or write NOPE=… into "
        "secrets.env beside hub.yaml.\nProblems: 1.\n"
    )


HOLD = """
import sqlite3, sys
db = sqlite3.connect(sys.argv[1], isolation_level=None)
db.execute("BEGIN EXCLUSIVE")
print("held", flush=True)
sys.stdin.read()
"""


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("en", "Another process is writing to the replica; waiting until it has finished …"),
        ("id", "Proses lain sedang menulis ke salinan hub; menunggu sampai selesai …"),
    ],
)
def test_a_replica_that_another_process_has_locked_is_waited_for(
    simpul: RunSimpul, hub_folder: Path, language: Language, sentence: str
) -> None:
    simpul(hub_folder, "sync", "finance")
    lock = str(hub_folder / "var" / "replica.db-lock")
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), "PYTHONIOENCODING": "utf-8"}
    command = [sys.executable, "-m", "simpul", "sync", "planning", "--lang", language]
    with subprocess.Popen([sys.executable, "-c", HOLD, lock], stdin=PIPE, stdout=PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with subprocess.Popen(command, cwd=hub_folder, env=env, stdout=PIPE, stderr=PIPE) as waiting:
            assert waiting.stderr is not None
            told = waiting.stderr.readline().decode().strip()
            holder.communicate()
            out, _ = waiting.communicate(timeout=30)

    assert told == sentence
    assert waiting.returncode == 0
    assert b"Proposal" in out


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("en", "Another process is syncing into replica.db and has not finished; try again when it has."),
        ("id", "Proses lain sedang menyinkronkan ke replica.db dan belum selesai; coba lagi setelah itu."),
    ],
)
async def test_a_replica_that_stays_locked_is_given_up(tmp_path: Path, language: Language, sentence: str) -> None:
    database = SqliteDatabase(tmp_path / "replica.db", Catalogue({}), {})
    database.open()
    terminal = open_terminal(MESSAGES, language)

    with database.write_lock(0), pytest.raises(ReplicaLocked):
        await wait_for_writer(terminal, database, seconds=0)

    assert terminal.text("REPLICA_LOCKED", path="replica.db") == sentence
