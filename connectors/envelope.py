"""Answers that say themselves that they are none. Many Indonesian systems wrap every answer (status, messages, rows or data) and
send status 200 whatever happened; taken at its word, such an error would be an empty list.

Of an envelope only its own words are judged, those that no list of records has for itself, and nothing of its message is passed
on: it may hold anything."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from connectors.errors import SourceAuth, SourceBroken

_INNER = ("meta", "metadata", "response", "result", "header")
_MESSAGES = ("message", "messages", "msg", "pesan", "keterangan", "description", "detail")
_WELL = ("success", "sukses", "berhasil", "ok", "issuccess")
_STATUS = ("status", "state", "result", "hasil")
_CODES = ("code", "kode", "statuscode", "responsecode", "httpcode", "httpstatus", "rc")
_ERRORS = ("error", "errors", "iserror")
_OWN = frozenset((*_MESSAGES, *_WELL, *_STATUS, *_CODES, *_ERRORS, "timestamp", "path", "data", "rows"))
_FAILED = re.compile(r"(?i)error|errors|err|fail|failed|failure|gagal|false|unauthori[sz]ed|forbidden|exception")
_NONE = re.compile(r"(?i)\s*|0|false|none|null|no error|ok|success|sukses|tidak ada|-")
_REFUSED = (401, 403)


def check_envelope(body: object, where: str, *, is_row: bool = False) -> None:
    """Raises SourceBroken ANSWER_REFUSED for an answer that says of itself that it failed, SourceAuth if it says that it did for
    want of a login. `is_row` for what may also be a record: then all its members must be those of an envelope."""
    if not isinstance(body, dict) or (is_row and not {_plain(name) for name in body} <= _OWN):
        return
    for member, value in _told(body):
        code = _number(value)
        if code in _REFUSED:
            raise SourceAuth(where, status=code)
        said = value if isinstance(value, str) and _FAILED.fullmatch(value.strip()) else code
        raise SourceBroken(where, "ANSWER_REFUSED", member=member, said=said if said is not None else _kind(value))


def _told(body: Mapping[str, Any]) -> Iterator[tuple[str, object]]:
    """The members that say that it failed, with what they say."""
    for prefix, envelope in _envelopes(body):
        has_message = any(_plain(name) in _MESSAGES for name in envelope)
        for name, value in envelope.items():
            plain, code = _plain(name), _number(value)
            is_error_code = code is not None and 400 <= code < 600
            failed = (
                (plain in _WELL and (value is False or code == 0 or _is_failed(value)))
                or (plain in _STATUS and (value is False or _is_failed(value) or is_error_code))
                or (plain in _CODES and has_message and is_error_code)
                or (plain in _ERRORS and _says_something(value))
            )
            if failed:
                yield prefix + name, value


def _envelopes(body: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    yield "", body
    for name, inner in body.items():
        if _plain(name) in _INNER and isinstance(inner, dict):
            yield f"{name}.", inner


def _plain(name: str) -> str:
    return re.sub(r"[_\- ]", "", name).lower()


def _is_failed(value: object) -> bool:
    return isinstance(value, str) and _FAILED.fullmatch(value.strip()) is not None


def _says_something(value: object) -> bool:
    return _NONE.fullmatch(value) is None if isinstance(value, str) else bool(value)


def _number(value: object) -> int | None:
    """A whole number, written as one or as text."""
    if isinstance(value, str) and re.fullmatch(r"\d{1,4}", value.strip(), re.ASCII):
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _kind(value: object) -> str:
    """What a member holds that is not repeated."""
    return str(value).lower() if isinstance(value, bool) else "…"
