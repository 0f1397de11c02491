"""Databases on servers, against the real PostgreSQL and MariaDB."""

from __future__ import annotations

from pathlib import Path

import pytest

from connectors.connector import Batch, Cell
from connectors.errors import SourceError
from connectors.sql import SqlDataset, SqlSource
from tests.servers import Server

FOLDER = Path()


def source(server: Server, seconds: float = 10, /, **datasets: SqlDataset) -> SqlSource:
    return SqlSource(server.url, datasets, FOLDER, seconds)


async def read(reader: SqlSource, dataset: str) -> list[Batch]:
    try:
        (part,) = await reader.parts(dataset)
        return [batch async for batch in reader.rows(dataset, part)]
    finally:
        await reader.aclose()


async def cells(reader: SqlSource, dataset: str = "t") -> list[tuple[Cell, ...]]:
    return [row.values for batch in await read(reader, dataset) for row in batch.rows]


async def places(reader: SqlSource, dataset: str = "t") -> list[str]:
    return [row.at for batch in await read(reader, dataset) for row in batch.rows]


async def error_of(reader: SqlSource, dataset: str = "t") -> SourceError:
    with pytest.raises(SourceError) as caught:
        await read(reader, dataset)
    return caught.value


# -- what is read -----------------------------------------------------------------------------------------------------


async def test_a_table_is_read_with_its_keys(database_server: Server) -> None:
    database_server.execute(
        "CREATE TABLE t (tahun int, kode varchar(20), uraian text, pagu numeric(20, 2), PRIMARY KEY (kode, tahun))",
        "INSERT INTO t VALUES (2026, '5.1.02', 'Belanja jalan désa', 124438680083.03), (2026, '5.2', '', NULL)",
    )

    (batch,) = await read(source(database_server), "t")

    assert [column.name for column in batch.columns] == ["tahun", "kode", "uraian", "pagu"]
    assert [(row.at, str(row.values[3])) for row in batch.rows] == [
        ("5.1.02.2026", "124438680083.03"),
        ("5.2.2026", "None"),
    ]
    assert batch.rows[0].values[:3] == (2026, "5.1.02", "Belanja jalan désa")
    assert batch.rows[1].values[2] is None
