"""Reads the tables of an HTML page: many systems export one and call it .xls."""

from __future__ import annotations

from collections.abc import Iterator
from email import message_from_bytes, policy
from html.parser import HTMLParser

from connectors.connector import Batch, Cell
from connectors.content import Content
from connectors.csvfile import decode
from connectors.errors import LimitExceeded, SourceBroken
from connectors.grid import Grid, Marks, Span
from connectors.limits import MAX_COLUMNS, MAX_ROWS
from connectors.sheets import Sheet
from connectors.table import SheetDataset, read_table

_SILENT = ("script", "style", "title", "head")


class Page:
    """The tables of a page in their order, those inside of others for themselves; each is a sheet with its number for a name. Raises
    SourceBroken, LimitExceeded."""

    read_as: str | None = None

    def __init__(self, content: Content, *, is_archive: bool) -> None:
        text = html_of_mhtml(content.raw) if is_archive else decode(content.raw, None, content.where)[0]
        if text is None:
            raise SourceBroken(content.where, "NOT_A_SPREADSHEET", found="MHTML")
        page = _Parser(content.where)
        page.feed(text)
        page.close()
        self._grids = [table.grid() for table in page.tables if table.rows]
        if not self._grids:
            raise SourceBroken(content.where, "NOT_A_SPREADSHEET", found="HTML")
        self.sheets = [Sheet(str(number + 1), True, str(number)) for number in range(len(self._grids))]

    def names(self, sheet: Sheet) -> None:
        """They stand in its rows."""
        return

    def grid(self, sheet: Sheet, where: str) -> Grid:
        """A table with its merged cells."""
        return self._grids[int(sheet.member)]

    def batches(self, sheet: Sheet, dataset: SheetDataset, where: str) -> Iterator[Batch]:
        """The rows where a dataset says they are."""
        grid = self.grid(sheet, where)
        yield from read_table(grid.rows(), grid.width, dataset, where)


def html_of_mhtml(raw: bytes) -> str | None:
    """The page of a web archive (RFC 2557), as Excel saves it; None if there is none."""
    message = message_from_bytes(raw, policy=policy.default)
    pages = [part for part in message.walk() if part.get_content_type() == "text/html"]
    texts = []
    for page in pages:
        payload = page.get_payload(decode=True)
        if isinstance(payload, bytes):
            texts.append(payload.decode(page.get_content_charset("utf-8"), "replace"))
    return max(texts, key=lambda text: text.casefold().count("<tr"), default=None)


class _Table:
    def __init__(self, where: str) -> None:
        self._where = where
        self.rows: list[dict[int, Cell]] = []
        self._spans: list[Span] = []
        self._taken: set[tuple[int, int]] = set()  # by cells that reach down
        self._column = 0
        self.text: list[str] | None = None
        self._size = (1, 1)

    def begin_row(self) -> None:
        self.end_cell()
        if len(self.rows) >= MAX_ROWS:
            raise LimitExceeded(self._where, "TOO_MANY_ROWS_IN_SHEET", limit=MAX_ROWS)
        self.rows.append({})
        self._column = 0

    def begin_cell(self, attributes: dict[str, str | None]) -> None:
        self.end_cell()
        if not self.rows:
            self.rows.append({})
        while (len(self.rows) - 1, self._column) in self._taken:
            self._column += 1
        self._size = (_count(attributes.get("rowspan")), _count(attributes.get("colspan")))
        self.text = []

    def end_cell(self) -> None:
        if self.text is None:
            return
        down, right = self._size
        row, column = len(self.rows) - 1, self._column
        if column + right > MAX_COLUMNS:
            raise LimitExceeded(self._where, "TOO_MANY_COLUMNS", limit=MAX_COLUMNS)
        self.rows[-1][column] = "".join(self.text).strip() or None
        if down > 1 or right > 1:
            self._spans.append(Span(row, column, row + down - 1, column + right - 1))
            self._taken |= {(row + d, column + r) for d in range(1, min(down, 200)) for r in range(right)}
        self._column += right
        self.text = None

    def grid(self) -> Grid:
        self.end_cell()
        width = max((max(row) + 1 for row in self.rows if row), default=0)
        return Grid([[row.get(column) for column in range(width)] for row in self.rows], Marks(tuple(self._spans)))


class _Parser(HTMLParser):
    def __init__(self, where: str) -> None:
        super().__init__(convert_charrefs=True)
        self._where = where
        self.tables: list[_Table] = []
        self._open: list[_Table] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _SILENT:
            self._silent += 1
        elif tag == "table":
            self._open.append(_Table(self._where))
            self.tables.append(self._open[-1])
        elif self._open:
            table = self._open[-1]
            if tag == "tr":
                table.begin_row()
            elif tag in ("td", "th"):
                table.begin_cell(dict(attrs))
            elif tag == "br" and table.text is not None:
                table.text.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in _SILENT:
            self._silent = max(0, self._silent - 1)
        elif self._open:
            if tag in ("td", "th", "tr"):
                self._open[-1].end_cell()
            elif tag == "table":
                self._open.pop().end_cell()

    def handle_data(self, data: str) -> None:
        if self._open and not self._silent and self._open[-1].text is not None:
            self._open[-1].text.append(" ".join(data.split()) if data.strip() else " ")


def _count(written: str | None) -> int:
    text = (written or "").strip()
    return min(max(1, int(text)), MAX_ROWS) if text.isascii() and text.isdigit() and len(text) < 7 else 1
