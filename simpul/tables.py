"""Tables as files: a flat JSON array, or CSV that a spreadsheet opens. A table is written whole before anybody gets it."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import IO
from urllib.parse import quote
from zoneinfo import ZoneInfo

import orjson

from config.hub import Language
from config.messages import Messages
from resolvers.engine import Answer, Engine, Request
from resolvers.flat import Column
from simpul.formats import Locale, format_moment

SECONDS = 60.0  # for all pages of a table
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
_PLAIN = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?")

Row = Sequence[object]


class Form(StrEnum):
    """What a table is written as."""

    JSON = "json"
    CSV = "csv"


class CannotWrite(Exception):
    """The file can't take the table."""

    def __init__(self, reason: OSError) -> None:
        super().__init__(str(reason))
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Written:
    """What became of a table: the number of its rows, and the answer with its errors and what it says of sources."""

    answer: Answer
    rows: int

    @property
    def status(self) -> int:
        """The HTTP status: 503 for what may be better later, 400 for what has to be asked differently."""
        codes = {_code(error) for error in self.answer.errors}
        if not codes:
            return 200
        return 503 if self.answer.started and codes & {"SOURCE_UNAVAILABLE", "QUERY_TIMEOUT", "HUB_BUSY"} else 400


async def write_table(
    engine: Engine, request: Request, expand: Sequence[str], form: Form, locale: Locale, file: IO[bytes]
) -> Written:
    """Writes an operation as a table. If the answer has errors, what stands in the file is to be thrown away.

    Raises CannotWrite."""
    counted = 0

    def write(columns: tuple[Column, ...], rows: Iterator[list[object]]) -> None:
        failed: list[BaseException] = []  # of the reading, which the hub tells in its own way

        def counting() -> Iterator[list[object]]:
            nonlocal counted
            try:
                for row in rows:
                    counted += 1
                    yield row
            except BaseException as error:
                failed.append(error)
                raise

        try:
            if form is Form.CSV:
                write_csv(file, columns, counting(), locale)
            else:
                write_json(file, columns, counting())
        except OSError as error:
            if error in failed:
                raise
            raise CannotWrite(error) from error

    answer = await engine.tabulate(request, expand, write, SECONDS)
    return Written(answer, counted)


def write_json(file: IO[bytes], columns: Sequence[Column], rows: Iterator[list[object]]) -> None:
    """An array of flat objects, a line for each. A Decimal is a JSON number with all its digits."""
    keys = [orjson.dumps(column.name) + b":" for column in columns]
    numbers = [column.is_number for column in columns]
    before = b"[\n"
    for row in rows:
        cells = (key + _json(value, number) for key, value, number in zip(keys, row, numbers, strict=True))
        file.write(before + b"{" + b",".join(cells) + b"}")
        before = b",\n"
    file.write(b"[]\n" if before == b"[\n" else b"\n]\n")


def write_csv(file: IO[bytes], columns: Sequence[Column], rows: Iterator[list[object]], locale: Locale) -> None:
    """UTF-8 with its mark, a head of column names, lines that end as RFC 4180 has it. Null is an empty cell; text that a
    spreadsheet would take for a formula begins with an apostrophe."""
    comma = locale is Locale.ID
    numbers = [column.is_number for column in columns]
    text = io.TextIOWrapper(file, encoding="utf-8", newline="", write_through=False)
    try:
        text.write("\ufeff")
        writer = csv.writer(text, delimiter=";" if comma else ",")
        writer.writerow([column.name for column in columns])
        for row in rows:
            writer.writerow([_cell(value, number, comma) for value, number in zip(row, numbers, strict=True)])
    finally:
        text.detach()


def harmless(text: str) -> str:
    """Text that a spreadsheet does not take for a formula."""
    return "'" + text if text.startswith(_FORMULA) else text


def troubles(answer: Answer, messages: Messages, language: Language, zone: ZoneInfo) -> list[str]:
    """What an answer says of the sources whose last sync failed, a sentence each."""
    return [_trouble(source, messages, language, zone) for source in _sources(answer)]


def headers_of(written: Written) -> dict[str, str]:
    """What response headers say beside a table: X-Simpul-Rows, X-Simpul-Notice (percent-encoded beyond ASCII), and
    X-Simpul-Sources with those whose last sync failed: `NAME; state=STALE; as-of=TIME`."""
    headers = {"X-Simpul-Rows": str(written.rows)}
    notice = written.answer.extensions.get("notice")
    if notice:
        headers["X-Simpul-Notice"] = _ascii(str(notice))
    listed = [
        "; ".join(
            [
                _ascii(str(source["name"])),
                f"state={source['state']}",
                *([f"as-of={source['asOf']}"] if source["asOf"] else []),
            ]
        )
        for source in _sources(written.answer)
    ]
    return headers | ({"X-Simpul-Sources": ", ".join(listed)} if listed else {})


def _trouble(source: Mapping[str, object], messages: Messages, language: Language, zone: ZoneInfo) -> str:
    if source["state"] != "STALE" or not source["asOf"]:
        return messages.render("TABLE_PARTIAL", {"source": source["name"]}, language)
    moment = format_moment(datetime.fromisoformat(str(source["asOf"])), zone, language)
    return messages.render("TABLE_STALE", {"source": source["name"], "moment": moment}, language)


def _sources(answer: Answer) -> Sequence[Mapping[str, object]]:
    found = answer.extensions.get("sources", ())
    return found if isinstance(found, list) else ()


def _code(error: Mapping[str, object]) -> object:
    extensions = error.get("extensions")
    return extensions.get("code") if isinstance(extensions, Mapping) else None


def _ascii(text: str) -> str:
    return quote(text, safe="".join(chr(sign) for sign in range(32, 127) if chr(sign) != "%"))


def _json(value: object, number: bool) -> bytes:
    if number and isinstance(value, str) and _PLAIN.fullmatch(value):
        return value.encode()
    return orjson.dumps(value)


def _cell(value: object, number: bool, comma: bool) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        value = format(Decimal(repr(value)), "f")
    text = str(value)
    if number and _PLAIN.fullmatch(text):
        return text.replace(".", ",") if comma else text
    return harmless(text)
