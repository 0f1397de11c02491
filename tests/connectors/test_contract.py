"""Every connector holds the contract, over real files, a real database and a real server; a broken one is found out."""

from __future__ import annotations

import json
import shutil
import signal
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path

import openpyxl
import pytest

from connectors.connector import Batch, Cell, Column, Connector, DatasetDescription, Part, Row
from connectors.contract import CHECKS, Case, ContractBroken
from connectors.errors import DatasetMissing, SourceUnavailable
from connectors.imap import ImapMailbox
from connectors.imapline import MailServer
from connectors.imapwire import Login
from connectors.mailbox import Mailbox
from connectors.memory import MemoryConnector
from connectors.paging import Paging
from connectors.rest import RestDataset, RestSource
from connectors.spreadsheet import SheetDataset, Spreadsheet
from connectors.sql import SqlDataset, SqlSource
from tests.connectors.test_spreadsheet_xls_ods import cell, label, number, ods, row, xls
from tests.mailserver import PASSWORD, USER, Dovecot, dovecot
from tests.servers import Server

Answer = Callable[[str, Mapping[str, str], Mapping[str, str]], tuple[int, Mapping[str, str], bytes]]
Serve = Callable[[Answer], str]

ROWS = 1_201


def case_of_memory(folder: Path, serve: Serve) -> Case:
    data: dict[str, dict[str, list[dict[str, Cell]]]] = {
        "usulan": {"Alas": [{"No": n} for n in range(ROWS)], "Utan": [{"No": 1}]},
        "kosong": {"a": []},
    }
    absent = MemoryConnector({})
    absent.failure = SourceUnavailable("memory", reason="down")
    return Case(lambda: MemoryConnector(data), lambda: absent, data["usulan"].clear, {"usulan": ROWS + 1, "kosong": 0})


def case_of_csv(folder: Path, serve: Serve) -> Case:
    (folder / "a.csv").write_text("No;Nama\n" + "".join(f"{n};x\n" for n in range(ROWS)), encoding="utf-8")
    (folder / "b.csv").write_text("No;Nama\n1;\n", encoding="utf-8")
    return Case(
        lambda: Spreadsheet(folder, ["*.csv"], {"usulan": SheetDataset()}),
        lambda: Spreadsheet(folder / "tidak-ada", ["*.csv"], {"usulan": SheetDataset()}),
        (folder / "a.csv").unlink,
        {"usulan": ROWS + 1},
        folder,
    )


def case_of_xlsx(folder: Path, serve: Serve) -> Case:
    book = openpyxl.Workbook()
    for sheet in (book.active, book.create_sheet("Utan")):
        assert sheet is not None
        for values in [("No", "Nama"), *((n, "x") for n in range(ROWS))]:
            sheet.append(list(values))
    book.save(folder / "a.xlsx")
    return _case_of_sheets(folder, "a.xlsx")


def case_of_ods(folder: Path, serve: Serve) -> Case:
    rows = "".join(row(cell(n), cell("x")) for n in range(ROWS))
    ods(folder / "a.ods", *[row(cell("No"), cell("Nama")) + rows] * 2)
    return _case_of_sheets(folder, "a.ods")


def case_of_xls(folder: Path, serve: Serve) -> Case:
    cells = label(0, 0, "No") + b"".join(number(n + 1, 0, n) for n in range(ROWS))
    (folder / "a.xls").write_bytes(xls(("Alas", 0, cells), ("Utan", 0, cells)))
    return _case_of_sheets(folder, "a.xls")


def _case_of_sheets(folder: Path, name: str) -> Case:
    return Case(
        lambda: Spreadsheet(folder, ["a.*"], {"usulan": SheetDataset(sheet="*")}),
        lambda: Spreadsheet(folder, ["tidak-ada.*"], {"usulan": SheetDataset(sheet="*")}),
        (folder / name).unlink,
        {"usulan": 2 * ROWS},
        folder,
    )


def case_of_sql(folder: Path, serve: Serve, mode: str = "DELETE") -> Case:
    with closing(sqlite3.connect(folder / "keuangan.db")) as db:
        db.execute(f"PRAGMA journal_mode = {mode}")
        db.execute("CREATE TABLE anggaran (tahun INT, kode TEXT, pagu DECIMAL, PRIMARY KEY (tahun, kode))")
        db.executemany("INSERT INTO anggaran VALUES (2026, ?, ?)", [(f"5.1.{n}", n * 1000) for n in range(ROWS)])
        db.execute("CREATE TABLE kosong (a)")
        db.execute("CREATE VIEW besar AS SELECT * FROM anggaran WHERE pagu >= 1000000")
        db.commit()
    datasets = {"anggaran": SqlDataset(), "b": SqlDataset(table="besar"), "kosong": SqlDataset()}
    return Case(
        lambda: SqlSource("sqlite:///keuangan.db", datasets, folder),
        lambda: SqlSource("sqlite:///tidak-ada.db", datasets, folder),
        (folder / "keuangan.db").unlink,
        {"anggaran": ROWS, "b": ROWS - 1000, "kosong": 0},
        folder,
    )


def case_of_wal(folder: Path, serve: Serve) -> Case:
    return case_of_sql(folder, serve, "WAL")


def case_of_mailbox(folder: Path, serve: Serve) -> Case:
    mails = "".join(
        f"From x Mon Nov  3 08:00:00 2025\nFrom: a@b.example\nMessage-ID: <{n}@b.example>\nSubject: x\n\nJalan rusak\n\n"
        for n in range(ROWS)
    )
    (folder / "a.mbox").write_text(mails, encoding="utf-8")
    return Case(
        lambda: Mailbox(folder, ["*.mbox"]),
        lambda: Mailbox(folder, ["tidak-ada.mbox"]),
        (folder / "a.mbox").unlink,
        {"threads": ROWS, "replies": 0, "attachments": 0},
        folder,
    )


def case_of_maildir(folder: Path, serve: Serve) -> Case:
    for name in ("Maildir", "Maildir/.Arsip"):
        for place in ("new", "cur", "tmp"):
            (folder / name / place).mkdir(parents=True)
    for n in range(ROWS):
        mail = folder / "Maildir" / (f"new/{n}.a" if n % 2 else f"cur/{n}.a:2,S")
        mail.write_text(
            f"From: a@b.example\nMessage-ID: <{n}@b.example>\nSubject: x\n\nJalan rusak\n", encoding="utf-8"
        )
    return Case(
        lambda: Mailbox(folder, ["Maildir"]),
        lambda: Mailbox(folder, ["tidak-ada"]),
        lambda: shutil.rmtree(folder / "Maildir"),
        {"threads": ROWS},
        folder,
    )


def case_of_rest(folder: Path, serve: Serve) -> Case:
    lists = {"/api/proyek": [{"id": n, "nama": {"id": "x"}} for n in range(ROWS)], "/api/kosong": []}

    def answer(path: str, query: Mapping[str, str], headers: Mapping[str, str]) -> tuple[int, Mapping[str, str], bytes]:
        if path not in lists:
            return 404, {}, b"{}"
        start = (int(query["page"]) - 1) * 100
        return 200, {}, json.dumps({"data": lists[path][start : start + 100]}).encode()

    url = serve(answer)
    datasets = {name: RestDataset(name, "data", Paging(size=100), key="id") for name in ("proyek", "kosong")}
    return Case(
        lambda: RestSource(f"{url}/api", datasets),
        lambda: RestSource("http://127.0.0.1:1/api", datasets),
        lists.clear,
        {"proyek": ROWS, "kosong": 0},
    )


CASES = [
    case_of_memory,
    case_of_csv,
    case_of_xlsx,
    case_of_ods,
    case_of_xls,
    case_of_sql,
    case_of_wal,
    case_of_mailbox,
    case_of_maildir,
    case_of_rest,
]


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("make", CASES, ids=lambda make: make.__name__.removeprefix("case_of_"))
async def test_a_connector_holds(
    make: Callable[[Path, Serve], Case], check: Callable[[Case], Awaitable[None]], tmp_path: Path, serve: Serve
) -> None:
    await check(make(tmp_path, serve))


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
async def test_a_database_on_a_server_holds(
    check: Callable[[Case], Awaitable[None]], database_server: Server, tmp_path: Path
) -> None:
    numbers = "SELECT seq FROM seq_1_to_{}" if database_server.engine == "mariadb" else "SELECT generate_series(1, {})"
    database_server.execute(
        "CREATE TABLE anggaran (tahun int, kode varchar(20), pagu numeric(20, 2), PRIMARY KEY (tahun, kode))",
        f"INSERT INTO anggaran SELECT 2026, concat('5.1.', n), n * 1000 FROM ({numbers.format(ROWS)}) AS s (n)"
        if database_server.engine == "postgresql"
        else f"INSERT INTO anggaran SELECT 2026, concat('5.1.', seq), seq * 1000 FROM ({numbers.format(ROWS)}) AS s",
        "CREATE TABLE kosong (a int)",
        "CREATE VIEW besar AS SELECT * FROM anggaran WHERE pagu > 1000000",
    )
    datasets = {"anggaran": SqlDataset(), "b": SqlDataset(table="besar"), "kosong": SqlDataset()}
    case = Case(
        lambda: SqlSource(database_server.url, datasets, tmp_path),
        lambda: SqlSource(database_server.at(1), datasets, tmp_path),
        lambda: database_server.execute("DROP VIEW besar", "DROP TABLE anggaran"),
        {"anggaran": ROWS, "b": ROWS - 1000, "kosong": 0},
        tmp_path,
    )
    await check(case)


@pytest.fixture(scope="module")
def mail_server() -> Iterator[Dovecot]:
    with dovecot() as server:
        head = "From: a@b.example\r\nSubject: x\r\nMessage-ID: <{}@b.example>\r\n\r\nJalan rusak\r\n"
        server.deliver({str(n): head.format(n).encode() for n in range(ROWS)})
        yield server


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
async def test_a_mailbox_on_a_server_holds(
    check: Callable[[Case], Awaitable[None]], mail_server: Dovecot, tmp_path: Path
) -> None:
    login = Login(USER, PASSWORD)
    case = Case(
        lambda: ImapMailbox(MailServer("127.0.0.1", mail_server.tls_port, "tls", mail_server.ca), login),
        lambda: ImapMailbox(MailServer("127.0.0.1", 1, "tls", mail_server.ca), login),
        lambda: mail_server.stop(signal.SIGKILL),
        {"threads": ROWS, "replies": 0, "attachments": 0},
        tmp_path,
    )
    await check(case)


# -- the checks themselves --------------------------------------------------------------------------------------------


class Careless:
    """A connector that holds nothing: one fault each, chosen by name."""

    def __init__(self, fault: str, folder: Path, calls: list[str] | None = None) -> None:
        self._fault = fault
        self._folder = folder
        self._calls = 0

    async def describe(self) -> Sequence[DatasetDescription]:
        if self._fault == "foreign":
            raise OSError("down")
        if self._fault == "undescribed":
            return []
        return [DatasetDescription("d", (Column("a", "a"),), {"a": (1,) * (6 if self._fault == "chatty" else 1)})]

    async def parts(self, dataset: str) -> Sequence[Part]:
        if dataset != "d" and self._fault != "anything":
            raise DatasetMissing(dataset)
        self._calls += 1
        return [Part(str(self._calls) if self._fault == "unstable" else "d", "d")]

    async def rows(self, dataset: str, part: Part) -> AsyncIterator[Batch]:
        if self._fault == "trace":
            (self._folder / "trace").touch()
        values = (1, 2) if self._fault == "ragged" else ("",) if self._fault == "blank" else (1,)
        places = ["1", "1"] if self._fault == "same place" else ["1", "2"]
        rows = tuple(Row(at, values) for at in places[: 1 if self._fault == "short" else 2])
        handle = (self._folder / "a").open() if self._fault == "leak" else None
        LEAKED.append(handle)
        yield Batch((Column("a", "a"),), rows)

    async def aclose(self) -> None:
        if self._fault == "close once":
            self._calls += 100
            if self._calls > 200:
                raise SourceUnavailable("closed")


LEAKED: list[object] = []


@pytest.mark.parametrize(
    ("fault", "check"),
    [
        ("undescribed", "describes_every_dataset"),
        ("chatty", "describes_every_dataset"),
        ("unstable", "parts_are_stable"),
        ("ragged", "rows_are_whole"),
        ("blank", "rows_are_whole"),
        ("same place", "rows_are_whole"),
        ("short", "rows_are_whole"),
        ("trace", "reading_leaves_no_trace"),
        ("foreign", "constructor_opens_nothing"),
        ("silent", "constructor_opens_nothing"),
        ("anything", "unknown_datasets_are_told"),
        ("leak", "stopping_early_releases"),
        ("silent", "what_vanished_is_told"),
    ],
)
async def test_a_careless_connector_is_found_out(fault: str, check: str, tmp_path: Path) -> None:
    (tmp_path / "a").touch()
    connector: Callable[[], Connector] = lambda: Careless(fault, tmp_path)  # noqa: E731 - a name for three uses
    case = Case(connector, connector, lambda: None, {"d": 2}, tmp_path)
    named = {found.__name__: found for found in CHECKS}

    with pytest.raises(ContractBroken):
        await named[check](case)
    for handle in LEAKED:
        getattr(handle, "close", lambda: None)()


async def test_a_connector_that_holds_nothing_wrong_passes(tmp_path: Path) -> None:
    case = Case(lambda: Careless("", tmp_path), lambda: Careless("", tmp_path), lambda: None, {"d": 2}, tmp_path)

    for check in CHECKS:
        if check.__name__ not in ("constructor_opens_nothing", "what_vanished_is_told"):
            await check(case)
