"""A file of any kind that is read, as sheets with their rows: what `simpul inspect` looks into and what a sync reads. Runs in the
child process, as every parser does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Protocol

from connectors.connector import Batch
from connectors.content import Content, members_of, open_member, read_content
from connectors.csvfile import Csv
from connectors.dbase import Dbase
from connectors.errors import SourceBroken, SourceError
from connectors.grid import Grid
from connectors.jsontables import JsonFile
from connectors.kinds import kind_of
from connectors.locked import unlock
from connectors.sheets import Listed, Sheet, choose_sheets
from connectors.sqldump import SqlDump
from connectors.table import SheetDataset
from connectors.understood import read_understood
from connectors.webtables import Page
from connectors.workbook import BinaryWorkbook, Ods, Workbook
from connectors.xls import Xls
from connectors.xlsb import Xlsb


class Document(Protocol):
    """An open file. `read_as` is how its text was taken: `TAB, cp1252`. Every method raises SourceBroken and LimitExceeded."""

    read_as: str | None

    @property
    def sheets(self) -> Sequence[Sheet]:
        """What it holds, in order."""
        ...

    def names(self, sheet: Sheet) -> Sequence[str] | None:
        """The names of the columns where the format has them apart from the rows, so that every row is a record."""
        ...

    def grid(self, sheet: Sheet, where: str) -> Grid:
        """A whole sheet with its marks."""
        ...

    def batches(self, sheet: Sheet, dataset: SheetDataset, where: str) -> Iterator[Batch]:
        """The rows of a sheet where a dataset says they are."""
        ...


def open_document(content: Content, kind: str, dataset: SheetDataset | None = None) -> Document:
    """A file of a kind that `kind_of` told. Raises SourceBroken, LimitExceeded."""
    match kind:
        case "csv":
            return Csv(content, dataset or SheetDataset())
        case "html" | "mhtml":
            return Page(content, is_archive=kind == "mhtml")
        case "json":
            return JsonFile(content)
        case "dbf":
            return Dbase(content, dataset or SheetDataset())
        case "sql":
            return SqlDump(content)
        case "xls":
            return BinaryWorkbook(Xls(content))
        case "xlsb":
            return BinaryWorkbook(Xlsb(content))
        case "ods":
            return Ods(content)
        case "zip":
            raise SourceBroken(content.where, "NOT_A_SPREADSHEET", found="zip")
        case _:
            return Workbook(content)


def list_file(path: Path, where: str, dataset: SheetDataset) -> Iterator[Listed]:
    """The sheets of a file, or those of each file inside of a zip. Raises what stops all of it; OSError as it comes."""
    content = read_content(path, where)
    if kind_of(content) != "zip":
        yield _list(content, dataset)
        return
    for member in members_of(content, dataset.member):
        try:
            yield _list(open_member(content, member), dataset)
        except SourceError as error:
            yield Listed(member, problem=error)


def read_file(path: Path, where: str, member: str | None, sheet: str | None, dataset: SheetDataset) -> Iterator[Batch]:
    """The rows of the sheet that `sheet` means, of a file or of a `member` of a zip. Raises SourceError; OSError as it comes."""
    content = read_content(path, where)
    if member is not None:
        content = open_member(content, member, where)
    content = unlock(content, dataset.password)
    document = open_document(content, kind_of(content), dataset)
    del content
    chosen = choose_sheets(document.sheets, sheet, where)[0]
    if dataset.is_understood and document.names(chosen) is None:
        yield from read_understood(document.grid(chosen, where), dataset, where)
    else:
        yield from document.batches(chosen, dataset, where)


def _list(content: Content, dataset: SheetDataset) -> Listed:
    content = unlock(content, dataset.password)
    document = open_document(content, kind_of(content), dataset)
    return Listed(content.member, tuple(document.sheets), document.read_as)
