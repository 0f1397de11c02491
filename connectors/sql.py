"""Tables, views and SELECTs of a database, read only: SQLite files, PostgreSQL, MariaDB and MySQL."""

from __future__ import annotations

import os
from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from connectors.connector import Batch, DatasetDescription, Part
from connectors.errors import SourceBroken
from connectors.policy import Standing, standing_of
from connectors.sqlaccess import USUAL, Access
from connectors.sqlreading import SqlDataset

if TYPE_CHECKING:
    from connectors.sqlaccount import Account
    from connectors.sqlfile import SqlFile
    from connectors.sqlhost import SqlHost
    from connectors.sqlsurvey import TableSeen

__all__ = ["Access", "Login", "SqlDataset", "SqlSource", "login_of", "url_of"]


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

    @property
    def where(self) -> str:
        """The file, or the server and its database, for people."""
        return self._reader.where

    def survey(self) -> AsyncGenerator[TableSeen]:
        """Every table and view there is, with its rows, key, columns and relations."""
        return self._reader.survey()

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


_NONE = "-"


@dataclass(frozen=True, slots=True)
class Login:
    """The address of a database that somebody typed, in its parts. `where` is the server and database, or the file, for people;
    `called` the database's name."""

    url: str
    engine: str
    user: str | None
    password: str | None
    host: str | None
    called: str
    where: str

    def with_password(self, password: str | None) -> Login:
        """The same with a password."""
        url = make_url(self.url).set(password=password) if password else make_url(self.url)
        return replace(self, url=url.render_as_string(hide_password=False), password=password)

    def written(self, secret: str, folder: Path) -> str:
        """The address as hub.yaml in `folder` has it, with the name of a secret instead of the password."""
        url = make_url(self.url)
        if self.engine == "sqlite":
            return "sqlite:///" + Path(os.path.relpath(url.database or "", folder)).as_posix()
        bare = url.set(password=_NONE) if self.password else url
        return bare.render_as_string(hide_password=False).replace(f":{_NONE}@", f":${{{secret}}}@", 1)


def login_of(url: str) -> Login:
    """The parts of an address. Raises SourceBroken if it is none."""
    try:
        parts = make_url(url)
    except (ArgumentError, ValueError) as error:
        raise SourceBroken(url.partition(":")[0], "DATABASE_ADDRESS") from error
    engine = {"postgres": "postgresql"}.get(parts.get_backend_name(), parts.get_backend_name())
    if not parts.database or (engine != "sqlite" and not parts.host):
        raise SourceBroken(engine, "DATABASE_ADDRESS")
    source = SqlSource(url, {}, Path())
    called = Path(parts.database).stem if engine == "sqlite" else parts.database
    return Login(url, engine, parts.username, parts.password, parts.host, called, source.where)


def url_of(
    engine: str, host: str | None, port: int | None, database: str | None, user: str | None, password: str | None
) -> str:
    """The URL of a database on a server, whatever signs its parts hold."""
    return URL.create(engine, user, password, host, port, database).render_as_string(hide_password=False)
