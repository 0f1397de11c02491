"""What IMAP servers say is taken apart whatever it is, and what can't be is told."""

from __future__ import annotations

import asyncio
import ssl
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.errors import SourceError
from connectors.imapdata import Outline, Unreadable, Value, folder_name, parse, quoted, read_outline, wire_name
from connectors.imapwire import FOREIGN, Answer, translate
from connectors.mailfolders import choose, read_folders


@pytest.mark.parametrize(
    ("said", "values"),
    [
        ([b'(\\HasNoChildren) "/" "Arsip \\"2025\\" \\\\"'], [["\\HasNoChildren"], b"/", b'Arsip "2025" \\']),
        ([b"(UID 7 BODY[] ", b"a)(b", b" FLAGS (\\Seen))"], [["UID", "7", "BODY[]", b"a)(b", "FLAGS", ["\\Seen"]]]),
        ([b"(BODY[HEADER.FIELDS (From To)]<0> NIL)"], [["BODY[HEADER.FIELDS (From To)]<0>", None]]),
        ([b"(() nil NIL)"], [[[], None, None]]),
        ([b""], []),
    ],
)
def test_answers_are_taken_apart(said: list[bytes], values: list[Value]) -> None:
    assert parse(said) == values


@pytest.mark.parametrize("said", [b"(a", b"a)", b'"a', b"(" * 500 + b")" * 500, b"a]"])
def test_what_is_no_answer_is_told(said: bytes) -> None:
    with pytest.raises(Unreadable):
        parse([said])


@given(st.lists(st.binary(max_size=60), min_size=1, max_size=4))
def test_no_answer_breaks_anything(said: list[bytes]) -> None:
    with suppress(Unreadable):
        read_outline(parse(said))


def values() -> st.SearchStrategy[Value]:
    words = st.sampled_from(["text", "7", "base64", b"plain", b"message", b"rfc822", b"attachment", b"filename", None])
    return st.recursive(words, lambda inner: st.lists(inner, max_size=11), max_leaves=40)


@given(values())
def test_no_structure_breaks_anything(value: Value) -> None:
    try:
        outline = read_outline(value)
    except Unreadable:
        return
    assert all(part.head for part in outline.walk())


@given(st.text(max_size=40))
def test_folders_keep_their_names(name: str) -> None:
    raw = wire_name(name)

    assert raw.isascii() and folder_name(raw) == name


@pytest.mark.parametrize(
    ("raw", "name"),
    [("Entw&APw-rfe", "Entwürfe"), ("&ZeVnLIqe-", "日本語"), ("A&-B", "A&B"), ("&ZZZ", "&ZZZ"), ("&!!-", "&!!-")],
)
def test_names_of_folders_are_read(raw: str, name: str) -> None:
    assert folder_name(raw) == name


@given(st.text(max_size=30))
def test_nothing_leaves_a_quoted_string(text: str) -> None:
    try:
        said = quoted(text)
    except ValueError:
        return
    assert parse([said]) == [text.encode()] and b"\n" not in said and b"\r" not in said


def test_an_outline_names_what_to_fetch() -> None:
    """A mail with two texts, a picture and a mail inside of it that has a picture of its own."""
    text = '("text" "plain" ("charset" "utf-8") NIL NIL "7bit" 12 1 NIL NIL NIL NIL)'
    html = '("text" "html" NIL NIL NIL "quoted-printable" 40 2 NIL NIL NIL NIL)'
    picture = '("image" "jpeg" ("name" "a.jpg") NIL NIL "base64" 7800 NIL ("attachment" ("filename" "a.jpg")) NIL NIL)'
    both = f'({text}{html} "alternative" ("boundary" "b") NIL NIL NIL)'
    inner = f'({text}{picture} "mixed" ("boundary" "c") NIL NIL NIL)'
    mail = (
        f'("message" "rfc822" NIL NIL NIL "7bit" 9000 (NIL "x" NIL NIL NIL NIL NIL NIL NIL NIL) {inner} 99 NIL NIL NIL)'
    )

    (value,) = parse([f'({both}{picture}{mail} "mixed" ("boundary" "a") NIL NIL NIL)'.encode()])
    outline = read_outline(value)

    def shown(part: Outline) -> tuple[str, str, str, bool]:
        return part.head, part.body, part.media_type, part.is_file

    assert [shown(part) for part in outline.walk()] == [
        ("HEADER", "", "multipart/mixed", False),
        ("1.MIME", "", "multipart/alternative", False),
        ("1.1.MIME", "1.1", "text/plain", False),
        ("1.2.MIME", "1.2", "text/html", False),
        ("2.MIME", "2", "image/jpeg", True),
        ("3.MIME", "3", "message/rfc822", False),
        ("3.HEADER", "", "multipart/mixed", False),
        ("3.1.MIME", "3.1", "text/plain", False),
        ("3.2.MIME", "3.2", "image/jpeg", True),
    ]
    (alone,) = parse([mail.replace(inner, text).encode()])
    assert [shown(part)[:2] for part in read_outline(alone).walk()] == [("HEADER", "1"), ("1.HEADER", "1.1")]


def folders(*names: str, marks: str = "") -> list[Answer]:
    return [Answer("LIST", None, parse([f'(\\HasNoChildren {marks}) "." "{name}"'.encode()])) for name in names]


def test_where_nothing_is_marked_folders_are_known_by_their_names() -> None:
    found = read_folders(folders("Sampah.Lama", "INBOX.Terkirim", "inbox", "INBOX.Usulan", "Spam"), "x")

    assert [folder.name for folder in choose(found, (), "x")] == ["INBOX", "INBOX/Usulan"]

    marked = read_folders([*folders("Spam"), *folders("Keluar", marks="\\Sent")], "x")
    assert [folder.name for folder in choose(marked, (), "x")] == ["Spam"]


def test_a_folder_without_mails_is_none() -> None:
    assert read_folders(folders("Induk", marks="\\Noselect"), "x") == []


def test_a_name_that_would_be_another_command_is_refused() -> None:
    answer = Answer("LIST", None, [["\\HasNoChildren"], b"/", b'a"\r\nx DELETE INBOX'])

    with pytest.raises(SourceError) as told:
        read_folders([answer], "x")
    assert told.value.code == "NOT_IMAP"


def kinds_of(kind: type[BaseException]) -> list[type[BaseException]]:
    return [kind, *(inner for below in kind.__subclasses__() for inner in kinds_of(below))]


def test_every_exception_of_a_connection_is_mapped() -> None:
    own = {kind for kind in kinds_of(OSError) if kind.__module__ in ("builtins", "socket", "ssl", "_socket")}
    assert ssl.SSLCertVerificationError in own

    for kind in (*own, asyncio.IncompleteReadError, asyncio.LimitOverrunError, UnicodeDecodeError):
        assert issubclass(kind, FOREIGN)
    for error in (
        *(kind(1, "x") for kind in own),
        asyncio.IncompleteReadError(b"", 1),
        asyncio.LimitOverrunError("x", 1),
        UnicodeDecodeError("utf-8", b"", 0, 1, "x"),
    ):
        assert translate(error, "x").code in {
            "SOURCE_UNREACHABLE",
            "MAIL_CONNECTION_LOST",
            "NOT_IMAP",
            "TLS_FAILED",
            "CERTIFICATE_REFUSED",
        }
