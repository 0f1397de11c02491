"""Takes the statements of an SQL dump apart, byte by byte and in one pass: quotes, comments and values as MySQL and PostgreSQL write
them. Nothing is ever executed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from connectors.connector import Cell, CellError
from connectors.errors import SourceBroken

_STANDARD = rb"'(?:[^']++|'')*+'"  # never tried twice: a quote that nobody closes costs one pass
_ESCAPED = rb"'(?:[^'\\]++|\\.|'')*+'"
_QUOTED_NAME = rb'`(?:[^`]++|``)*+`|"(?:[^"]++|"")*+"'
_COMMENT = rb"--[^\n]*|/\*.*?\*/"
_DOLLARS = rb"\$(?P<tag>[A-Za-z_]\w*|)\$.*?\$(?P=tag)\$"
_MYSQL_ESCAPES = {b"0": b"\0", b"b": b"\b", b"n": b"\n", b"r": b"\r", b"t": b"\t", b"Z": b"\x1a"}
_POSTGRES_ESCAPES = {b"b": b"\b", b"f": b"\f", b"n": b"\n", b"r": b"\r", b"t": b"\t", b"v": b"\v"}
_ESCAPE = re.compile(rb"''|\\(?:([0-7]{1,3})|x([0-9A-Fa-f]{1,2})|u([0-9A-Fa-f]{4})|(.))", re.DOTALL)
_SIMPLE = re.compile(rb"''|\\(.)", re.DOTALL)
_NUMBER = re.compile(rb"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?")
_WORDS: dict[bytes, Cell] = {b"null": None, b"true": True, b"false": False}
_IS_MYSQL = re.compile(
    rb"`|\bENGINE\s*=|(?:MySQL|MariaDB|phpMyAdmin|HeidiSQL|Navicat)[ -]|/\*!\d{5}|SET\s+SQL_MODE", re.IGNORECASE
)
_IS_POSTGRES = re.compile(
    rb"PostgreSQL database dump|standard_conforming_strings|^COPY\s+\S+.*FROM\s+stdin|pg_catalog", re.MULTILINE
)


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a dump quotes: in MySQL a backslash escapes inside of every text, elsewhere only in those that begin with E."""

    is_mysql: bool
    string: bytes
    skip: re.Pattern[bytes]
    value: re.Pattern[bytes]
    blank: re.Pattern[bytes]


def _dialect(is_mysql: bool) -> Dialect:
    string = _ESCAPED if is_mysql else rb"(?:\b[eE]" + _ESCAPED + rb"|" + _STANDARD + rb")"
    comment = _COMMENT + (rb"|\#[^\n]*" if is_mysql else b"")
    dollars = b"" if is_mysql else rb"|" + _DOLLARS
    skip = rb"(?:[^;'\"`\-/\#$eE]+|" + comment + rb"|" + string + rb"|" + _QUOTED_NAME + dollars + rb"|[^;'\"`])"
    prefixed = rb"(?:(?P<prefix>_\w+|[nNxXbB])\s*)?"
    value = (
        rb"(?P<string>" + prefixed + rb"(?P<text>" + string + rb"))(?:\s*::\s*[\w .\"()\[\],]+?(?=\s*[,)]))?"
        rb"|(?P<plain>[^\s,()'\"`]+)(?=\s*[,)])"
        rb"|(?P<other>(?:[^,()'\"`]|"
        + string
        + rb"|"
        + _QUOTED_NAME
        + rb"|\((?:[^()'\"]|"
        + string
        + rb"|\([^()]*\))*\))+)"
    )
    blank = rb"(?:\s+|" + comment + rb")*"
    flags = re.DOTALL
    return Dialect(is_mysql, string, re.compile(skip, flags), re.compile(value, flags), re.compile(blank, flags))


MYSQL, POSTGRES = _dialect(True), _dialect(False)


def find_dialect(raw: bytes) -> Dialect:
    """MySQL's where a dump shows signs of it first, or has an escaped quote and no sign at all; else the standard one."""
    mysql, postgres = _IS_MYSQL.search(raw), _IS_POSTGRES.search(raw)
    if mysql is None:
        return MYSQL if postgres is None and b"\\'" in raw else POSTGRES
    return MYSQL if postgres is None or mysql.start() < postgres.start() else POSTGRES


class Scanner:
    """Where one is in a dump. Raises SourceBroken SQL_BROKEN with the line where a statement goes wrong."""

    def __init__(
        self, raw: bytes, dialect: Dialect, decode: Callable[[bytes], str], where: str, start: int = 0
    ) -> None:
        self.raw, self.dialect, self.at = raw, dialect, start
        self._decode, self._where = decode, where

    def broken(self) -> SourceBroken:
        """What is raised where it goes wrong."""
        return SourceBroken(self._where, "SQL_BROKEN", line=self.raw.count(b"\n", 0, self.at) + 1)

    def skip_blank(self) -> None:
        """Passes white space and comments."""
        found = self.dialect.blank.match(self.raw, self.at)
        self.at = found.end() if found else self.at

    def take(self, pattern: re.Pattern[bytes]) -> re.Match[bytes] | None:
        """Passes what fits here, after white space and comments."""
        self.skip_blank()
        found = pattern.match(self.raw, self.at)
        if found:
            self.at = found.end()
        return found

    def skip_statement(self) -> None:
        """Passes everything to the end of the statement."""
        match, raw, size = self.dialect.skip.match, self.raw, len(self.raw)
        while self.at < size and raw[self.at] != 59:  # ;
            found = match(raw, self.at)
            if found is None:  # a quote that nobody closes
                raise self.broken()
            self.at = found.end()
        self.at += 1

    def values(self, *, wanted: bool = True) -> Iterator[Cell]:
        """The values of one row, from behind its opening parenthesis to behind the closing one; just None for each if they are not
        wanted."""
        raw = self.raw
        match = self.dialect.value.match
        while True:
            self.skip_blank()
            found = match(raw, self.at)
            if found is None:
                raise self.broken()
            yield self._value(found) if wanted else None
            self.at = found.end()
            sign = raw[self.at : self.at + 1]
            if sign not in (b",", b")"):
                self.skip_blank()
                sign = raw[self.at : self.at + 1]
            self.at += 1
            if sign == b")":
                return
            if sign != b",":
                raise self.broken()

    def _value(self, found: re.Match[bytes]) -> Cell:
        plain = found["plain"]
        if plain is not None:
            if _NUMBER.fullmatch(plain):
                text = plain.decode()
                return int(text) if text.lstrip("+-").isdigit() else Decimal(text)
            word = plain.lower()
            return _WORDS[word] if word in _WORDS else CellError(self._decode(plain))
        if found["string"] is None:  # now(), and whatever else somebody would have to work out
            return CellError(self._decode(found["other"].strip())[:100])
        text = self._decode(self._unquoted(found["text"]))
        return text if (found["prefix"] or b"n")[:1] in b"nN_" else f"{found['prefix'].decode()}'{text}'"

    def _unquoted(self, quoted: bytes) -> bytes:
        inner = quoted[quoted.index(b"'") + 1 : -1]
        if self.dialect.is_mysql:
            return unescaped_mysql(inner)
        return unescaped(inner) if quoted[:1] in b"eE" else inner.replace(b"''", b"'")


def unescaped_mysql(text: bytes) -> bytes:
    """A text of MySQL without its backslashes (reference manual, string literals)."""
    if b"\\" not in text and b"'" not in text:
        return text
    return _SIMPLE.sub(lambda found: _MYSQL_ESCAPES.get(found[1], found[1]) if found[1] else b"'", text)


def unescaped(text: bytes) -> bytes:
    """A text of COPY, or of PostgreSQL with E before it, without its backslashes."""

    def one(found: re.Match[bytes]) -> bytes:
        if found[1]:
            return bytes([int(found[1], 8) & 255])
        if found[2]:
            return bytes([int(found[2], 16)])
        if found[3]:
            return chr(int(found[3], 16)).encode("utf-8", "replace")
        return _POSTGRES_ESCAPES.get(found[4], found[4]) if found[4] else found[0][1:]

    return _ESCAPE.sub(one, text)
