"""Tables, views and SELECTs of a database, read only: SQLite files, PostgreSQL, MariaDB and MySQL."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import URL

from connectors.connector import Batch, DatasetDescription, Part
from connectors.policy import Standing, standing_of
from connectors.sqlaccess import USUAL, Access
from connectors.sqlreading import SqlDataset

if TYPE_CHECKING:
    from connectors.sqlaccount import Account
    from connectors.sqlfile import SqlFile
    from connectors.sqlhost import SqlHost

__all__ = ["Access", "SqlDataset", "SqlSource", "url_of"]


class SqlSource:
    """Reads a database. `folder` is where the path of a SQLite URL starts; `access` is how a server is reached; `seconds` are
    those of one batch."""

    def __init__(
        self,
        url: str,
        datasets: Mapping[str, SqlDataset],
        folder: Path,
        seconds: float = 30,
        whole_seconds: float = 600,
        access: Access = USUAL,
    ) -> None:
        self._reader: SqlFile | SqlHost
        if url.lower().startswith("sqlite"):
            from connectors.sqlfile import SqlFile

            self._reader = SqlFile(url, datasets, folder, seconds, whole_seconds)
        else:
            from connectors.sqlhost import SqlHost

            self._reader = SqlHost(url, datasets, access, seconds, whole_seconds)

    async def describe(self) -> Sequence[DatasetDescription]:
        """The datasets of hub.yaml, else all tables and views."""
        return await self._reader.describe()

    async def account(self, datasets: Iterable[str]) -> Account | None:
        """What the account may do besides reading the tables of these datasets; None for a file, which is opened for reading."""
        from connectors.sqlfile import SqlFile  # which is lighter to load than what reads from servers

        return None if isinstance(self._reader, SqlFile) else await self._reader.account(datasets)

    async def parts(self, dataset: str) -> Sequence[Part]:
        """One part: the table, or what the query gives. Whether it is there is seen when it is read."""
        return await self._reader.parts(dataset)

    def rows(self, dataset: str, part: Part) -> AsyncGenerator[Batch]:
        """The rows as the database yields them."""
        return self._reader.rows(dataset, part)

    @property
    def standing(self) -> Standing:
        """How the server stands; a file always stands well."""
        return standing_of(self._reader)

    async def aclose(self) -> None:
        """Gives back the connections that are kept for the next reading."""
        await self._reader.aclose()


def url_of(
    engine: str, host: str | None, port: int | None, database: str | None, user: str | None, password: str | None
) -> str:
    """The URL of a database on a server, whatever signs its parts hold."""
    return URL.create(engine, user, password, host, port, database).render_as_string(hide_password=False)
