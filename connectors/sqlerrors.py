"""What SQLAlchemy and its drivers raise, as errors of our tree: the one place for all databases.

Nothing is told that the database was told: no statement, no address with a password, no value of a row that is a person's."""

from __future__ import annotations

import sqlite3
import ssl

import asyncpg
import pymysql.err
from sqlalchemy import exc as sqlalchemy_errors

from connectors.errors import (
    DatasetMissing,
    SourceAuth,
    SourceBroken,
    SourceBusy,
    SourceError,
    SourceForbidden,
    SourceTimeout,
    SourceUnavailable,
)
from connectors.personal import mask_personal
from connectors.sqlaccess import TlsMissing

FOREIGN = (
    sqlalchemy_errors.SQLAlchemyError,
    sqlite3.Error,
    sqlite3.Warning,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    pymysql.err.MySQLError,
    OSError,
    UnicodeError,
)
"""What SQLAlchemy, sqlite3, asyncpg, pymysql and the operating system raise."""

GARBAGE = (Exception,)
"""What the drivers raise as well on bytes that were garbled on the way: ValueError, BufferError, MemoryError, and so on."""

_REASON = 200  # characters of what a database says

_REFUSED = (
    "one statement at a time",
    "not authorized",
    "prohibited",
)  # of sqlite3, which has no number of its own for these
_HALF_WRITTEN = ("SQLITE_READONLY_ROLLBACK", "SQLITE_READONLY_RECOVERY", "SQLITE_READONLY_CANTINIT")

_POSTGRES = {
    "25": "NOT_READING",  # the transaction is read only, and would not be ended or changed
    "28": "LOGIN",
    "3D": "NO_DATABASE",
    "42501": "FORBIDDEN",
    "40": "BUSY",  # rolled back for another's sake
    "55P03": "BUSY",  # lock_not_available
    "55006": "BUSY",  # object_in_use
    "53300": "FULL",
    "57014": "TIMEOUT",  # query_canceled: by statement_timeout, as nobody else knows of us
    "57P": "AWAY",  # shutting down, starting, its process ended
    "08": "AWAY",
    "53": "AWAY",
    "58": "AWAY",
    "42P01": "FAILED",
}
"""By SQLSTATE or the beginning of it, the longest first."""

_MYSQL = {
    **dict.fromkeys((1044, 1045, 1129, 1130, 1251, 1524, 1698, 1820, 1862, 3118, 4151, 2049, 2058, 2059), "LOGIN"),
    1049: "NO_DATABASE",
    **dict.fromkeys((1142, 1143, 1227, 1370), "FORBIDDEN"),
    **dict.fromkeys((1290, 1792, 1836), "NOT_READING"),
    **dict.fromkeys((1205, 1213, 1637), "BUSY"),
    **dict.fromkeys((1040, 1203, 1226), "FULL"),
    **dict.fromkeys((1969, 3024, 1317), "TIMEOUT"),
    **dict.fromkeys((1053, 1077, 1079, 1152, 1153, 1158, 1159, 1160, 1161, 1184, 1927, 3169, 4031), "AWAY"),
    **dict.fromkeys((2001, 2002, 2003, 2005, 2006, 2012, 2013, 2014, 2026, 2055), "AWAY"),
}
"""By number; those from 2000 are of the driver."""


def translate(error: BaseException, where: str, seconds: str = "-") -> SourceError:
    """The error of our tree for one of `FOREIGN`; `seconds` are those that a statement may take."""
    original = _original(error)
    if isinstance(original, sqlite3.Error | sqlite3.Warning):
        return _of_sqlite(original, where)
    if isinstance(original, sqlalchemy_errors.TimeoutError):
        return SourceBusy(where, "DATABASE_FULL")  # of our own pool
    if isinstance(original, UnicodeError):
        return SourceBroken(where, "TEXT_UNREADABLE")
    if isinstance(original, asyncpg.PostgresError):
        return _told(_postgres(original.sqlstate), original, where, seconds)
    if isinstance(original, pymysql.err.MySQLError):
        number = original.args[0] if original.args else 0
        if isinstance(number, str):  # the driver's own words on a connection that is closed
            return SourceUnavailable(where, "SOURCE_UNREACHABLE")
        if not number and isinstance(original, pymysql.err.InterfaceError):
            return SourceUnavailable(where, "SOURCE_UNREACHABLE")
        return _told(_MYSQL.get(number, "FAILED"), original, where, seconds)
    if isinstance(original, asyncpg.InterfaceError | asyncpg.InternalClientError):
        if "connection" not in _words(original):  # a value that the driver can't decode
            return SourceBroken(where, "QUERY_FAILED", reason=_words(original))
        return SourceUnavailable(where, "SOURCE_UNREACHABLE")
    if isinstance(original, OSError):
        return _of_system(original, where)
    if not isinstance(original, FOREIGN):
        return SourceBroken(where, "DATABASE_GARBLED")
    if isinstance(original, sqlalchemy_errors.SQLAlchemyError) and getattr(original, "connection_invalidated", False):
        return SourceUnavailable(where, "SOURCE_UNREACHABLE")
    return SourceBroken(where, "QUERY_FAILED", reason=type(original).__name__)


def translate_connecting(error: BaseException, where: str, engine: str, asks_tls: bool = False) -> SourceError:
    """The same for one of `GARBAGE`, of a server that was to be connected to."""
    original = _original(error)
    if isinstance(original, ssl.SSLError):
        reason = getattr(original, "verify_message", None) or original.reason or type(original).__name__
        return SourceAuth(where, "TLS_UNTRUSTED", reason=reason)
    if isinstance(original, TlsMissing) or (asks_tls and "rejected SSL" in str(original)):
        return SourceAuth(where, "TLS_MISSING")
    if isinstance(original, ConnectionError) and "SSL" in str(
        original
    ):  # asyncpg's word for an answer that it doesn't know
        return SourceBroken(where, "NOT_THIS_ENGINE", engine=engine)
    if isinstance(original, OSError) and not isinstance(original, TimeoutError):
        return SourceUnavailable(where, "DATABASE_AWAY", reason=_words(original))
    foreign = isinstance(original, FOREIGN) and not isinstance(original, UnicodeError)
    if not foreign or (isinstance(original, asyncpg.InternalClientError)):
        return SourceBroken(where, "NOT_THIS_ENGINE", engine=engine)
    return translate(error, where)


def _original(error: BaseException) -> BaseException:
    """The driver's own exception inside SQLAlchemy's."""
    inner = getattr(error, "orig", None) or error
    cause = inner.__cause__
    if isinstance(inner, sqlalchemy_errors.EmulatedDBAPIException) and isinstance(cause, Exception):
        return cause
    if isinstance(inner, pymysql.err.MySQLError) and isinstance(cause, OSError) and inner.args[:1] == (2003,):
        return cause
    return inner


def _postgres(state: str | None) -> str:
    return next((_POSTGRES[(state or "")[:n]] for n in (5, 3, 2) if (state or "")[:n] in _POSTGRES), "FAILED")


def _told(meaning: str, original: BaseException, where: str, seconds: str) -> SourceError:
    words = _words(original)
    match meaning:
        case "NOT_READING":
            return SourceBroken(where, "QUERY_NOT_READING")
        case "LOGIN":
            return SourceAuth(where, "DATABASE_LOGIN", reason=words)
        case "FORBIDDEN":
            return SourceForbidden(where, "DATABASE_FORBIDDEN", reason=words)
        case "NO_DATABASE":
            return DatasetMissing(where, "DATABASE_UNKNOWN", reason=words)
        case "BUSY":
            return SourceBusy(where)
        case "FULL":
            return SourceBusy(where, "DATABASE_FULL")
        case "TIMEOUT":
            return SourceTimeout(where, seconds=seconds)
        case "AWAY":
            return SourceUnavailable(where, "SOURCE_UNREACHABLE")
    if "multiple commands" in words or "COPY" in words[:12]:
        return SourceBroken(where, "QUERY_NOT_READING")
    return SourceBroken(where, "QUERY_FAILED", reason=words)


def _words(error: BaseException) -> str:
    """What a database says in its first line, without what may be a person's."""
    if isinstance(error, OSError):
        return error.strerror or type(error).__name__
    said = error.args[1] if isinstance(error, pymysql.err.MySQLError) and len(error.args) > 1 else None
    lines = str(said if said is not None else error.args[0] if error.args else "").splitlines()
    return mask_personal(lines[0][:_REASON]) if lines else type(error).__name__


def _of_system(error: OSError, where: str) -> SourceError:
    kind = SourceBusy if isinstance(error, PermissionError) else SourceUnavailable
    return kind(where, "DATABASE_UNREADABLE", reason=error.strerror or type(error).__name__)


def _of_sqlite(original: sqlite3.Error | sqlite3.Warning, where: str) -> SourceError:
    name = getattr(original, "sqlite_errorname", None) or ""
    match name.split("_")[1] if name.startswith("SQLITE_") else "":
        case "BUSY" | "LOCKED" | "PROTOCOL":
            return SourceBusy(where)
        case "INTERRUPT":
            return SourceTimeout(where, seconds="-")
        case "NOTADB" | "FORMAT":
            return SourceBroken(where, "NOT_A_DATABASE")
        case "CORRUPT":
            return SourceBroken(where, "DATABASE_DAMAGED")
        case "CANTOPEN" | "IOERR" | "PERM" | "FULL" | "NOMEM" | "NOLFS":
            return SourceUnavailable(where, "DATABASE_UNREADABLE", reason=name)
        case "READONLY" if name in _HALF_WRITTEN:
            return SourceBusy(where, "DATABASE_HALF_WRITTEN")
        case "AUTH" | "READONLY":
            return SourceBroken(where, "QUERY_NOT_READING")
    if isinstance(original, sqlite3.Warning) or any(words in str(original) for words in _REFUSED):
        return SourceBroken(where, "QUERY_NOT_READING")
    reason = mask_personal(str(original).splitlines()[0][:_REASON]) if str(original) else name
    return SourceBroken(where, "QUERY_FAILED", reason=reason or type(original).__name__)
