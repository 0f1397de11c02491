"""What an IMAP server says, taken apart (RFC 3501 §9): words, strings and lists, the names of folders, the outline of a mail."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

Value = str | bytes | None | list["Value"]
"""A word is a str, a string bytes, NIL None, a list a list."""

MAX_DEPTH = 100  # lists inside lists; a mail of deeper parts is no mail

_WORD = re.compile(rb'[^\s()"\[\]]*(?:\[[^\]]*\][^\s()"\[\]]*)*')
_QUOTED = re.compile(rb'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_SHIFTED = re.compile(r"&([^-]*)-")
_UNSAFE = re.compile(r"[^\x20-\x7e]+|&")


class Unreadable(ValueError):
    """What was said is not IMAP."""


def parse(pieces: Sequence[bytes]) -> list[Value]:
    """The values of an answer: `pieces` are its lines, between them the literals that were sent in it. Raises Unreadable."""
    root: list[Value] = []
    open_: list[list[Value]] = [root]
    for number, piece in enumerate(pieces):
        if number % 2:
            open_[-1].append(piece)
            continue
        for value in _tokens(piece):
            if value == "(":
                inner: list[Value] = []
                open_[-1].append(inner)
                open_.append(inner)
                if len(open_) > MAX_DEPTH:
                    raise Unreadable("too deep")
            elif value == ")":
                open_.pop()
                if not open_:
                    raise Unreadable("a list ends that did not begin")
            else:
                open_[-1].append(value)
    if len(open_) != 1:
        raise Unreadable("a list does not end")
    return root


def _tokens(line: bytes) -> Iterator[str | bytes | None]:
    place = 0
    while place < len(line):
        sign = line[place : place + 1]
        if sign in b" \t":
            place += 1
        elif sign in b"()":
            yield sign.decode()
            place += 1
        elif sign == b'"':
            found = _QUOTED.match(line, place)
            if found is None:
                raise Unreadable("a string does not end")
            yield re.sub(rb"\\(.)", rb"\1", found[1], flags=re.DOTALL)
            place = found.end()
        else:
            found = _WORD.match(line, place)
            if found is None or found.end() == place:
                raise Unreadable(f"unexpected {sign!r}")
            word = found.group().decode("latin-1")
            yield None if word.upper() == "NIL" else word
            place = found.end()


def quoted(text: str) -> bytes:
    """A string as it may stand in a command. Raises ValueError for what can't (not ASCII, line ends)."""
    if not text.isascii() or not text.isprintable():
        raise ValueError("not a quoted string")
    return b'"' + text.replace("\\", "\\\\").replace('"', '\\"').encode() + b'"'


# -- the names of folders (modified UTF-7, RFC 3501 §5.1.3) -------------------------------------------------------------


def folder_name(raw: str) -> str:
    """A folder's name as people write it; as it stands if it is not in the form that it should have."""

    def one(found: re.Match[str]) -> str:
        if not found[1]:
            return "&"
        encoded = found[1].replace(",", "/")
        return base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True).decode("utf-16-be")

    try:
        return _SHIFTED.sub(one, raw)
    except (binascii.Error, ValueError):
        return raw


def wire_name(name: str) -> str:
    """The same as the server has it."""

    def one(found: re.Match[str]) -> str:
        if found.group() == "&":
            return "&-"
        encoded = base64.b64encode(found.group().encode("utf-16-be", "surrogatepass")).decode().rstrip("=")
        return f"&{encoded.replace('/', ',')}-"

    return _UNSAFE.sub(one, name)


# -- the outline of a mail (BODYSTRUCTURE) ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Outline:
    """A part of a mail as the server describes it, nothing of it fetched: the sections that hold its headers (`1.MIME`) and its
    content (`1`), its type, its parts, how it is encoded and how many bytes it has so. `is_file` if it is sent along rather
    than shown."""

    head: str
    body: str
    media_type: str
    parts: tuple[Outline, ...] = ()
    encoding: str = ""
    size: int | None = None
    is_file: bool = False

    def walk(self) -> Iterator[Outline]:
        """Itself and all its parts, in the order in which they stand."""
        yield self
        for part in self.parts:
            yield from part.walk()


def read_outline(value: Value, number: str = "", head: str = "HEADER") -> Outline:
    """The outline that a BODYSTRUCTURE gives. Raises Unreadable."""
    if not isinstance(value, list) or not value:
        raise Unreadable("no structure")
    if isinstance(value[0], list):
        count = next((place for place, item in enumerate(value) if not isinstance(item, list)), len(value))
        numbers = [f"{number}.{place}" if number else str(place) for place in range(1, count + 1)]
        parts = tuple(read_outline(value[place], each, f"{each}.MIME") for place, each in enumerate(numbers))
        return Outline(head, "", f"multipart/{_lower(_at(value, count))}", parts)
    body = f"{number}.1" if head.endswith("HEADER") and number else number or "1"
    kind = f"{_lower(_at(value, 0))}/{_lower(_at(value, 1))}"
    kind = (
        "text/plain" if kind.startswith("/") or kind.endswith("/") else kind
    )  # as RFC 2045 §5.2 takes what is no type
    size = _at(value, 6)
    inner = _at(value, 8)
    if kind == "message/rfc822" and isinstance(inner, list):
        # a mail inside of a mail: its parts are numbered as if it stood for itself
        return Outline(head, body, kind, (read_outline(inner, body, f"{body}.HEADER"),))
    disposition = _at(value, 9 if kind.startswith("text/") else 8)
    named = (*_names(_at(value, 2)), *_names(_at(disposition, 1)))
    is_attached = _lower(_at(disposition, 0)) == "attachment"
    is_text = kind.startswith(("text/", "multipart/"))  # a multipart without parts is taken as it stands
    return Outline(
        head,
        body,
        kind,
        (),
        _lower(_at(value, 5)),
        int(size) if isinstance(size, str) and size.isdigit() else None,
        not is_text or is_attached or any(name.partition("*")[0] in ("name", "filename") for name in named),
    )


def _at(value: Value, place: int) -> Value:
    return value[place] if isinstance(value, list) and place < len(value) else None


def _lower(value: Value) -> str:
    text = value.decode("latin-1") if isinstance(value, bytes) else value if isinstance(value, str) else ""
    return text.lower()


def _names(value: Value) -> tuple[str, ...]:
    """The names of parameters."""
    return tuple(_lower(name) for name in value[::2]) if isinstance(value, list) else ()
