"""What can go wrong with a legacy application.

    SourceError                   has a code, the source's words as parameters, and whether trying again may help
        SourceUnavailable         it could not be reached, opened or logged in to
            SourceTimeout         it did not answer in time
            SourceAuth            it refused our credentials
            SourceBusy            it is locked by someone (open in Excel, locked database)
        SourceBroken              it answered with something that can't be read
        DatasetMissing            no such sheet, table, folder or endpoint; no file matched
        ColumnMissing             a column that the mapping needs is not there
        LimitExceeded             larger than what is read (bytes, rows, columns, time)

Foreign exceptions are translated where they arise, in the connector that uses their library.
"""

from __future__ import annotations


class SourceError(Exception):
    """The base of the tree. `code` is a message code of `config.messages`; `params` fill its sentence and hold no secret
    and no personal data. `where` is a locator as far as it is known."""

    code = "SOURCE_ERROR"
    transient = False

    def __init__(self, where: str, code: str | None = None, **params: object) -> None:
        self.where = where
        if code is not None:
            self.code = code
        self.params = params
        super().__init__(f"{self.code} {where} {params}")

    def __reduce__(self) -> tuple[object, ...]:
        return (_rebuild, (type(self), self.where, self.code, self.params))


def _rebuild(kind: type[SourceError], where: str, code: str, params: dict[str, object]) -> SourceError:
    return kind(where, code, **params)


class SourceUnavailable(SourceError):
    """It could not be reached, opened or logged in to."""

    code = "SOURCE_UNAVAILABLE"
    transient = True


class SourceTimeout(SourceUnavailable):
    """It did not answer in time."""

    code = "SOURCE_TIMEOUT"


class SourceAuth(SourceUnavailable):
    """It refused our credentials; trying again may lock the account."""

    code = "SOURCE_AUTH"
    transient = False


class SourceForbidden(SourceError):
    """It let us in, but may not show us this. The rest of it can be read."""

    code = "SOURCE_AUTH"


class SourceBusy(SourceUnavailable):
    """It is locked by someone."""

    code = "SOURCE_BUSY"


class SourceBroken(SourceError):
    """It answered with something that can't be read."""

    code = "SOURCE_BROKEN"


class DatasetMissing(SourceError):
    """No such sheet, table, folder or endpoint; or no file matched."""

    code = "DATASET_MISSING"


class ColumnMissing(SourceError):
    """A column that the mapping needs is not there. Params: column, nearest (or None), columns."""

    code = "COLUMN_MISSING"


class LimitExceeded(SourceError):
    """It is larger than what is read. Params: what, limit."""

    code = "LIMIT_EXCEEDED"
