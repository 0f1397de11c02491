"""Each library's exceptions become ours at one place, and what ours say can be told in both languages."""

from __future__ import annotations

import inspect
import pickle
import re
import sqlite3
from pathlib import Path
from types import ModuleType
from typing import Any

import asyncpg
import httpx
import pymysql.err
import pytest
import sqlalchemy.exc
from sqlalchemy.dialects.postgresql.asyncpg import AsyncAdapt_asyncpg_dbapi

import connectors
from connectors import errors, mailbox, messages, sqlerrors, web
from connectors.errors import SourceError

FOLDER = Path(connectors.__file__).parent


def exceptions_of(module: ModuleType) -> list[type[BaseException]]:
    """All that a library declares, warnings left out."""
    found = {value for _, value in inspect.getmembers(module, inspect.isclass) if issubclass(value, BaseException)}
    own = [
        kind
        for kind in found
        if not issubclass(kind, Warning) and kind.__module__.startswith(module.__name__.split(".")[0])
    ]
    return sorted(own, key=lambda kind: kind.__name__)


# what these stand for; one that a new version brings fails here until somebody has thought about it
HTTPX = {
    "CloseError": "SOURCE_UNREACHABLE",
    "ConnectError": "SOURCE_UNREACHABLE",
    "ConnectTimeout": "SOURCE_TIMEOUT",
    "CookieConflict": "REQUEST_FAILED",
    "DecodingError": "REQUEST_FAILED",
    "HTTPError": "REQUEST_FAILED",
    "HTTPStatusError": "REQUEST_FAILED",
    "InvalidURL": "REQUEST_FAILED",
    "LocalProtocolError": "REQUEST_FAILED",
    "NetworkError": "SOURCE_UNREACHABLE",
    "PoolTimeout": "SOURCE_TIMEOUT",
    "ProtocolError": "REQUEST_FAILED",
    "ProxyError": "SOURCE_UNREACHABLE",
    "ReadError": "SOURCE_UNREACHABLE",
    "ReadTimeout": "SOURCE_TIMEOUT",
    "RemoteProtocolError": "ANSWER_CUT_OFF",
    "RequestError": "REQUEST_FAILED",
    "RequestNotRead": "REQUEST_FAILED",
    "ResponseNotRead": "REQUEST_FAILED",
    "StreamClosed": "REQUEST_FAILED",
    "StreamConsumed": "REQUEST_FAILED",
    "StreamError": "REQUEST_FAILED",
    "TimeoutException": "SOURCE_TIMEOUT",
    "TooManyRedirects": "REQUEST_FAILED",
    "TransportError": "REQUEST_FAILED",
    "UnsupportedProtocol": "REQUEST_FAILED",
    "WriteError": "SOURCE_UNREACHABLE",
    "WriteTimeout": "SOURCE_TIMEOUT",
}


def test_every_exception_of_httpx_is_mapped() -> None:
    found = {}
    for kind in exceptions_of(httpx):
        error = kind.__new__(kind)  # their constructors differ; the class alone decides
        assert isinstance(error, web.FOREIGN), f"{kind.__name__} would leave the connector"
        found[kind.__name__] = web.translate(error, "x", 1).code

    assert found == HTTPX


def _is_foreign(kind: type[BaseException]) -> bool:
    return issubclass(kind, sqlerrors.FOREIGN)


def test_every_exception_of_sqlalchemy_and_sqlite3_is_caught() -> None:
    kinds: list[type[BaseException]] = [*exceptions_of(sqlalchemy.exc), *exceptions_of(sqlite3), sqlite3.Warning]
    for kind in kinds:
        if kind is sqlalchemy.exc.EmulatedDBAPIException:
            continue  # of asynchronous drivers, and inside a DBAPIError when it arrives
        assert _is_foreign(kind), f"{kind.__name__} would leave the connector"
        error: BaseException
        if issubclass(kind, sqlalchemy.exc.DBAPIError):
            error = kind("SELECT 'rahasia'", {}, sqlite3.Error("words"))
        elif issubclass(kind, sqlalchemy.exc.StatementError):
            error = kind("words", "SELECT 'rahasia'", {}, sqlite3.Error("words"))
        else:
            error = kind.__new__(kind)

        told = sqlerrors.translate(error, "x")
        assert isinstance(told, SourceError)
        assert "rahasia" not in str(told)


SQLITE = {
    "SQLITE_BUSY": "SOURCE_BUSY",
    "SQLITE_BUSY_SNAPSHOT": "SOURCE_BUSY",
    "SQLITE_LOCKED_SHAREDCACHE": "SOURCE_BUSY",
    "SQLITE_PROTOCOL": "SOURCE_BUSY",
    "SQLITE_INTERRUPT": "SOURCE_TIMEOUT",
    "SQLITE_NOTADB": "NOT_A_DATABASE",
    "SQLITE_CORRUPT": "DATABASE_DAMAGED",
    "SQLITE_CORRUPT_INDEX": "DATABASE_DAMAGED",
    "SQLITE_CANTOPEN": "DATABASE_UNREADABLE",
    "SQLITE_IOERR_SHORT_READ": "DATABASE_UNREADABLE",
    "SQLITE_READONLY": "QUERY_NOT_READING",
    "SQLITE_READONLY_ROLLBACK": "DATABASE_HALF_WRITTEN",
    "SQLITE_AUTH": "QUERY_NOT_READING",
    "SQLITE_ERROR": "QUERY_FAILED",
    "SQLITE_MISMATCH": "QUERY_FAILED",
}


@pytest.mark.parametrize(("name", "code"), SQLITE.items())
def test_what_sqlite_says_is_understood(name: str, code: str) -> None:
    plain = sqlite3.OperationalError("words")
    plain.sqlite_errorname = name

    for error in (plain, sqlalchemy.exc.OperationalError("SELECT rahasia", {}, plain)):
        told = sqlerrors.translate(error, "x")
        assert told.code == code
        assert "rahasia" not in str(told)


@pytest.mark.parametrize("kind", [PermissionError, FileNotFoundError, IsADirectoryError, TimeoutError, OSError])
def test_what_the_system_says_is_understood(kind: type[OSError]) -> None:
    for told in (sqlerrors.translate(kind(1, "x"), "x"), mailbox.translate(kind(1, "x"), "x")):
        assert isinstance(told, errors.SourceBusy if kind is PermissionError else errors.SourceUnavailable)


# what a server may say, as one that reads meets it; every other state or number is QUERY_FAILED with its words
POSTGRES = {
    "AdminShutdownError": "SOURCE_UNREACHABLE",
    "CannotConnectNowError": "SOURCE_UNREACHABLE",
    "ConnectionDoesNotExistError": "SOURCE_UNREACHABLE",
    "CrashShutdownError": "SOURCE_UNREACHABLE",
    "DataError": "QUERY_FAILED",
    "DeadlockDetectedError": "SOURCE_BUSY",
    "DiskFullError": "SOURCE_UNREACHABLE",
    "InFailedSQLTransactionError": "QUERY_NOT_READING",
    "InsufficientPrivilegeError": "DATABASE_FORBIDDEN",
    "InterfaceError": "QUERY_FAILED",
    "InternalClientError": "QUERY_FAILED",
    "InvalidAuthorizationSpecificationError": "DATABASE_LOGIN",
    "InvalidCatalogNameError": "DATABASE_UNKNOWN",
    "InvalidPasswordError": "DATABASE_LOGIN",
    "LockNotAvailableError": "SOURCE_BUSY",
    "OutOfMemoryError": "SOURCE_UNREACHABLE",
    "PostgresIOError": "SOURCE_UNREACHABLE",
    "PostgresSyntaxError": "QUERY_FAILED",
    "ProtocolError": "QUERY_FAILED",
    "QueryCanceledError": "SOURCE_TIMEOUT",
    "ReadOnlySQLTransactionError": "QUERY_NOT_READING",
    "SerializationError": "SOURCE_BUSY",
    "TooManyConnectionsError": "DATABASE_FULL",
    "UndefinedColumnError": "QUERY_FAILED",
    "UndefinedTableError": "QUERY_FAILED",
}


def test_every_exception_of_asyncpg_is_mapped() -> None:
    found = {}
    make: Any = AsyncAdapt_asyncpg_dbapi  # it has no types
    dialect = make(asyncpg)
    closed = sqlerrors.translate(asyncpg.InterfaceError("connection is closed"), "x")
    assert closed.code == "SOURCE_UNREACHABLE"
    for kind in exceptions_of(asyncpg.exceptions):
        assert _is_foreign(kind), f"{kind.__name__} would leave the connector"
        error = kind("words")
        told = sqlerrors.translate(error, "x", "3")
        assert isinstance(told, SourceError)
        found[kind.__name__] = told.code
        inside = dialect.Error("words of the dialect", error)
        inside.__cause__ = error
        wrapped = sqlalchemy.exc.DBAPIError("SELECT 'rahasia'", {}, inside)
        again = sqlerrors.translate(wrapped, "x", "3")
        assert (again.code, again.params) == (told.code, told.params)
        assert "rahasia" not in str(again)

    assert {name: found[name] for name in POSTGRES} == POSTGRES
    assert len(found) > 200


MYSQL = {
    1040: "DATABASE_FULL",
    1044: "DATABASE_LOGIN",
    1045: "DATABASE_LOGIN",
    1049: "DATABASE_UNKNOWN",
    1053: "SOURCE_UNREACHABLE",
    1064: "QUERY_FAILED",
    1142: "DATABASE_FORBIDDEN",
    1146: "QUERY_FAILED",
    1205: "SOURCE_BUSY",
    1213: "SOURCE_BUSY",
    1290: "QUERY_NOT_READING",
    1317: "SOURCE_TIMEOUT",
    1792: "QUERY_NOT_READING",
    1927: "SOURCE_UNREACHABLE",
    1969: "SOURCE_TIMEOUT",
    2003: "SOURCE_UNREACHABLE",
    2006: "SOURCE_UNREACHABLE",
    2013: "SOURCE_UNREACHABLE",
    3024: "SOURCE_TIMEOUT",
    9999: "QUERY_FAILED",
}


def test_every_exception_of_pymysql_is_mapped() -> None:
    for kind in exceptions_of(pymysql.err):
        assert _is_foreign(kind), f"{kind.__name__} would leave the connector"
        for number, code in MYSQL.items():
            error = kind(number, "words")
            for one in (error, sqlalchemy.exc.DBAPIError("SELECT 'rahasia'", {}, error)):
                told = sqlerrors.translate(one, "x", "3")
                assert (told.code, "rahasia" in str(told)) == (code, False), number
        assert isinstance(sqlerrors.translate(kind(), "x"), SourceError)
        assert isinstance(sqlerrors.translate(kind("Cancelled during execution"), "x"), errors.SourceUnavailable)


def test_errors_survive_a_process() -> None:
    for kind in (value for value in vars(errors).values() if inspect.isclass(value) and issubclass(value, SourceError)):
        error = kind("di sini", "KODE", a=1)
        again = pickle.loads(pickle.dumps(error))

        assert (type(again), again.where, again.code, again.params) == (kind, "di sini", "KODE", {"a": 1})


def test_every_code_has_its_sentence() -> None:
    raised = re.compile(
        r"\b(?:Source\w+|DatasetMissing|LimitExceeded|ColumnMissing|kind)\(\s*[^\"()]*(?:\([^()]*\))?[^\"()]*\"([A-Z_]{5,})\""
    )
    codes = {code for path in FOLDER.glob("*.py") for code in raised.findall(path.read_text(encoding="utf-8"))}
    codes |= {kind.code for kind in vars(errors).values() if inspect.isclass(kind) and issubclass(kind, SourceError)}

    assert len(codes) > 40
    assert codes - set(messages.SENTENCES) == set()
