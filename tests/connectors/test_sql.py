"""Databases of other applications: read as they are, never written to, and what is wrong with them is told."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from connectors.connector import Batch, Cell, CellError
from connectors.errors import (
    ColumnMissing,
    DatasetMissing,
    SourceBroken,
    SourceBusy,
    SourceError,
    SourceTimeout,
    SourceUnavailable,
)
from connectors.sql import SqlDataset, SqlSource

ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n WHERE i < 0"


def write(folder: Path, *statements: str, name: str = "keuangan.db") -> Path:
    with closing(sqlite3.connect(folder / name)) as db:
        for statement in statements:
            db.execute(statement)
        db.commit()
    return folder / name


def source(folder: Path, seconds: float = 30, /, **datasets: SqlDataset) -> SqlSource:
    return SqlSource("sqlite:///keuangan.db", datasets, folder, seconds)


async def read(reader: SqlSource, dataset: str) -> list[Batch]:
    (part,) = await reader.parts(dataset)
    return [batch async for batch in reader.rows(dataset, part)]


async def cells(reader: SqlSource, dataset: str) -> list[tuple[Cell, ...]]:
    return [row.values for batch in await read(reader, dataset) for row in batch.rows]


async def places(reader: SqlSource, dataset: str) -> list[str]:
    return [row.at for batch in await read(reader, dataset) for row in batch.rows]


async def error_of(reader: SqlSource, dataset: str = "t") -> SourceError:
    with pytest.raises(SourceError) as caught:
        await read(reader, dataset)
    return caught.value


# -- what is read -----------------------------------------------------------------------------------------------------


async def test_values_stay_as_the_database_has_them(tmp_path: Path) -> None:
    # the declared types of a legacy table promise what its cells don't hold
    write(
        tmp_path,
        "CREATE TABLE t (tanggal DATE, pagu DECIMAL(15, 2), aktif BOOLEAN, meta JSON, jam DATETIME, aneh WHATEVER(1,2))",
        "INSERT INTO t VALUES ('31/12/2026', 'Rp 1.250.000', 7, 'bukan json', '0000-00-00', 'x')",
        "INSERT INTO t VALUES ('2026-12-31', 1250000.25, 1, '{}', 1767139200, NULL)",
    )

    assert await cells(source(tmp_path), "t") == [
        ("31/12/2026", "Rp 1.250.000", 7, "bukan json", "0000-00-00", "x"),
        ("2026-12-31", 1250000.25, 1, "{}", 1767139200, None),
    ]


async def test_damaged_text_and_blobs_never_stop_the_reading(tmp_path: Path) -> None:
    write(
        tmp_path,
        "CREATE TABLE t (a, b, c, d)",
        "INSERT INTO t VALUES (CAST(X'4a616cff6e' AS TEXT), X'4a616c616e', X'ff00ff', '')",
    )

    assert await cells(source(tmp_path), "t") == [("Jal\ufffdn", "Jalan", CellError("BLOB"), None)]


async def test_a_row_stands_at_its_key(tmp_path: Path) -> None:
    write(
        tmp_path,
        "CREATE TABLE t (nama TEXT, kode TEXT, tahun INT, PRIMARY KEY (tahun, kode))",
        "INSERT INTO t VALUES ('x', '5.1', 2026), ('x', '5.2', 2026), ('y', '5.2', 2027)",
        "CREATE VIEW v AS SELECT * FROM t",
    )
    declared = source(tmp_path, t=SqlDataset(key=("KODE", "tahun")), twice=SqlDataset("t", key=("nama",)))

    assert await places(source(tmp_path), "t") == ["2026.5.1", "2026.5.2", "2027.5.2"]
    assert await places(declared, "t") == ["5.1.2026", "5.2.2026", "5.2.2027"]
    assert await places(declared, "twice") == ["x", "x #2", "y"]
    assert await places(source(tmp_path), "v") == ["#1", "#2", "#3"]


async def test_a_key_that_is_no_column_is_told(tmp_path: Path) -> None:
    write(tmp_path, "CREATE TABLE t (kode, nama)", "INSERT INTO t VALUES (1, 2)")

    error = await error_of(source(tmp_path, t=SqlDataset(key=("kodee",))))

    assert (type(error), error.code, error.params["nearest"]) == (ColumnMissing, "COLUMN_MISSING", "kode")


async def test_a_query_is_run_as_it_is_written(tmp_path: Path) -> None:
    write(tmp_path, "CREATE TABLE t (a, b)", "INSERT INTO t VALUES ('08:30', 1), (' :x', 2), ('50%', 3)")
    query = (
        "SELECT a AS jam, sum(b) AS \"jumlah total\" FROM t WHERE a IN ('08:30', ' :x', '50%') GROUP BY a ORDER BY 2"
    )

    (batch,) = await read(source(tmp_path, q=SqlDataset(query=query)), "q")

    assert [column.name for column in batch.columns] == ["jam", "jumlah total"]
    assert [row.values for row in batch.rows] == [("08:30", 1), (" :x", 2), ("50%", 3)]


async def test_rows_come_in_batches_and_lazily(tmp_path: Path) -> None:
    write(tmp_path, "CREATE TABLE t (a)", "INSERT INTO t VALUES (1)")
    many = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n"  # without end
    reader = source(tmp_path, t=SqlDataset(query=many))
    (part,) = await reader.parts("t")
    batches = reader.rows("t", part)

    first, second = await anext(batches), await anext(batches)
    await batches.aclose()

    assert (len(first.rows), second.rows[0].at, second.rows[0].values) == (500, "#501", (501,))


async def test_describe_lists_tables_and_views_with_samples(tmp_path: Path) -> None:
    write(
        tmp_path,
        "CREATE TABLE ref_unit (kode, nama)",
        "CREATE VIEW aktif AS SELECT kode FROM ref_unit",
        *(f"INSERT INTO ref_unit VALUES ({n}, 'Dinas {n}')" for n in range(9)),
    )

    view, table = await source(tmp_path).describe()
    (query,) = await source(tmp_path, q=SqlDataset(query="SELECT count(*) AS n FROM ref_unit")).describe()

    assert (view.name, view.samples) == ("aktif", {"kode": (0, 1, 2, 3, 4)})
    assert (table.name, table.samples["nama"][4]) == ("ref_unit", "Dinas 4")
    assert query.samples == {"n": (9,)}


async def test_a_stamp_tells_the_file_and_the_question(tmp_path: Path, settled: Callable[[Path], None]) -> None:
    path = write(tmp_path, "CREATE TABLE t (a)")
    just_written = (await source(tmp_path).parts("t"))[0].stamp
    settled(path)

    stamps = [
        (await reader.parts("t"))[0].stamp
        for reader in (
            source(tmp_path),
            source(tmp_path),
            source(tmp_path, t=SqlDataset(query="SELECT a FROM t")),
            source(tmp_path, t=SqlDataset(query="SELECT a + 1 FROM t")),
        )
    ]

    assert just_written is None
    assert stamps[0] == stamps[1] is not None
    assert len(set(stamps)) == 3


# -- what is never done -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "query",
    [
        "DELETE FROM t",
        "UPDATE t SET a = 2",
        "INSERT INTO t VALUES (2) RETURNING a",
        "DROP TABLE t",
        "CREATE TEMP TABLE u AS SELECT 1",
        "ATTACH 'lain.db' AS lain",
        "PRAGMA query_only = OFF",
        "PRAGMA journal_mode = WAL",
        "PRAGMA wal_checkpoint",
        "VACUUM INTO 'salinan.db'",
        "BEGIN EXCLUSIVE",
        "REINDEX",
        "SELECT load_extension('x')",
        "SELECT 1; DELETE FROM t",
        "",
        "-- nothing",
    ],
)
async def test_only_a_single_select_is_run(tmp_path: Path, query: str) -> None:
    path = write(tmp_path, "CREATE TABLE t (a)", "INSERT INTO t VALUES (1)")
    before = path.read_bytes()

    error = await error_of(source(tmp_path, t=SqlDataset(query=query or " ")))

    assert (type(error), error.code) == (SourceBroken, "QUERY_NOT_READING")
    assert path.read_bytes() == before
    assert [found.name for found in tmp_path.iterdir()] == ["keuangan.db"]


@pytest.fixture
def wal(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """A database whose application runs, with what it wrote last still in the log."""
    db = sqlite3.connect(tmp_path / "keuangan.db", isolation_level=None, check_same_thread=False)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA wal_autocheckpoint = 0")
    db.execute("CREATE TABLE t (a)")
    db.execute("INSERT INTO t VALUES (1)")
    yield db
    db.close()


async def test_what_stands_in_the_log_is_read_without_a_trace(tmp_path: Path, wal: sqlite3.Connection) -> None:
    before = {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in tmp_path.iterdir()}

    rows = await cells(source(tmp_path), "t")

    assert rows == [(1,)]
    assert {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in tmp_path.iterdir()} == before
    assert (await source(tmp_path).parts("t"))[0].stamp is None  # its own time says nothing about the log


async def test_a_copy_is_of_one_moment(tmp_path: Path, wal: sqlite3.Connection) -> None:
    # the application moves ten from one account to the other, again and again, and takes the log in now and then
    wal.execute("CREATE TABLE akun (id, saldo)")
    wal.execute("INSERT INTO akun VALUES (1, 1000000), (2, 0)")
    running = threading.Event()

    def work() -> None:
        while not running.is_set():
            wal.execute("BEGIN")
            wal.execute("UPDATE akun SET saldo = saldo - 10 WHERE id = 1")
            wal.execute("UPDATE akun SET saldo = saldo + 10 WHERE id = 2")
            wal.execute("COMMIT")
            wal.execute("PRAGMA wal_checkpoint(PASSIVE)")
            time.sleep(0.002)

    writer = threading.Thread(target=work)
    writer.start()
    answers: list[object] = []
    try:
        for _ in range(30):
            try:
                answers.append(sum(row[1] for row in await cells(source(tmp_path), "akun")))  # type: ignore[misc]  # ints of ours
            except SourceBusy as error:
                answers.append(error.code)
    finally:
        running.set()
        writer.join()

    assert set(answers) <= {1_000_000, "DATABASE_CHANGING"}


# -- what is told -----------------------------------------------------------------------------------------------------


async def test_a_missing_table_is_told_with_the_nearest(tmp_path: Path) -> None:
    write(tmp_path, "CREATE TABLE TA_ANGGARAN (a)", "CREATE TABLE REF_UNIT (a)")

    near = await error_of(source(tmp_path), "TA_ANGARAN")
    far = await error_of(source(tmp_path), "zzz")

    assert (type(near), near.code) == (DatasetMissing, "TABLE_MISSING")
    assert near.params == {"table": "TA_ANGARAN", "nearest": "TA_ANGGARAN", "tables": "REF_UNIT, TA_ANGGARAN"}
    assert (type(far), far.code) == (DatasetMissing, "TABLE_UNKNOWN")


def _nothing(path: Path) -> None:
    path.unlink()


def _folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


@pytest.mark.parametrize(
    ("fault", "kind", "code"),
    [
        (_nothing, SourceUnavailable, "FILE_MISSING_SOURCE"),
        (_folder, SourceUnavailable, "FILE_MISSING_SOURCE"),
        (lambda path: path.write_bytes(b""), SourceBroken, "DATABASE_EMPTY"),
        (lambda path: path.write_bytes(b"PK\x03\x04" * 500), SourceBroken, "NOT_A_DATABASE"),
        (lambda path: path.write_bytes(path.read_bytes()[:8192]), SourceBroken, "DATABASE_DAMAGED"),
    ],
    ids=["gone", "a folder", "empty", "something else", "half copied"],
)
async def test_what_is_wrong_with_a_file_is_told(
    tmp_path: Path, fault: Callable[[Path], Any], kind: type[SourceError], code: str
) -> None:
    path = write(tmp_path, "CREATE TABLE t (a)", *(f"INSERT INTO t VALUES ('{'x' * 900}')" for _ in range(100)))
    fault(path)

    error = await error_of(source(tmp_path))

    assert (type(error), error.code) == (kind, code)


async def test_a_lock_is_told(tmp_path: Path) -> None:
    path = write(tmp_path, "CREATE TABLE t (a)", "INSERT INTO t VALUES (1)")
    with closing(sqlite3.connect(path, isolation_level=None)) as writer:
        writer.execute("BEGIN EXCLUSIVE")

        error = await error_of(source(tmp_path))

    assert (type(error), error.code) == (SourceBusy, "SOURCE_BUSY")


async def test_a_database_left_in_the_middle_of_writing_is_told(tmp_path: Path) -> None:
    # what a crash leaves: pages of an unfinished transaction in the file, and its journal beside it
    path = write(tmp_path, "CREATE TABLE t (a)", *(f"INSERT INTO t VALUES ({n})" for n in range(5000)))
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("PRAGMA cache_size = 1")
        db.execute("BEGIN")
        db.execute("UPDATE t SET a = -a")
        crashed = path.read_bytes(), path.with_name("keuangan.db-journal").read_bytes()
        db.execute("ROLLBACK")
    path.write_bytes(crashed[0])
    path.with_name("keuangan.db-journal").write_bytes(crashed[1])

    error = await error_of(source(tmp_path))

    assert (type(error), error.code) == (SourceBusy, "DATABASE_HALF_WRITTEN")
    assert (path.read_bytes(), path.with_name("keuangan.db-journal").read_bytes()) == crashed


async def test_a_wrong_query_is_told_in_the_words_of_the_database(tmp_path: Path) -> None:
    write(tmp_path, "CREATE TABLE t (a)")

    error = await error_of(source(tmp_path, t=SqlDataset(query="SELECT zzz FROM t")))

    assert (error.code, error.params) == ("QUERY_FAILED", {"reason": "no such column: zzz"})


async def test_a_query_that_never_ends_is_ended(tmp_path: Path) -> None:
    write(tmp_path, "CREATE TABLE t (a)")
    threads = threading.active_count()
    reader = source(tmp_path, 0.1, t=SqlDataset(query=ENDLESS))
    began = time.monotonic()

    error = await error_of(reader)

    assert (type(error), error.params) == (SourceTimeout, {"seconds": "0.1"})
    assert time.monotonic() - began < 1.1
    assert threading.active_count() <= threads + 2  # those of the pool, and they are idle again


async def test_a_slow_reader_is_no_slow_database(tmp_path: Path) -> None:
    write(tmp_path, "CREATE TABLE t (a)", *(f"INSERT INTO t VALUES ({n})" for n in range(1200)))
    reader = source(tmp_path, 0.2)
    (part,) = await reader.parts("t")
    count = 0

    async for batch in reader.rows("t", part):
        time.sleep(0.15)  # longer in sum than the statement may take
        count += len(batch.rows)

    assert count == 1200
