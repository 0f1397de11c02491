"""The text of a mail: HTML without what nobody sees, and a reply without what it quotes."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.mailtext import clean, decode, html_to_text, trim_reply


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>Jalan<br>rusak</p><p>Desa</p>", "Jalan\nrusak\n\nDesa"),
        (
            "<head><style>p{color:red}</style><title>x</title><body>Jalan",
            "Jalan",
        ),  # the end of the head may be left out
        ("Jalan <SCRIPT>alert('</p>')</SCRIPT >rusak", "Jalan rusak"),
        ("İİ<script>a</script>Jalan", "İİJalan"),  # a letter that gets longer in lower case
        ('<a title="x > y" href="javascript:alert(1)">Jalan</a>', "Jalan"),
        ("<p>1 &lt; 2 &amp; 3 &#233; &bogus; &#x110000;</p>", "1 < 2 & 3 é &bogus; \ufffd"),
        ("Rp 5 < Rp 6 dan a<b", "Rp 5 < Rp 6 dan a<b"),
        ("<!-- <p>lama</p> -->Jalan<!-- rusak", "Jalan rusak"),
        ("<![if !mso]>Jalan<![endif]><?xml x?><!DOCTYPE html>", "Jalan"),
        ("<script>tidak ditutup, Jalan", "tidak ditutup, Jalan"),  # nothing is lost
        ('<a "aneh>Jalan', "Jalan"),
    ],
)
def test_html_becomes_what_a_reader_sees(html: str, text: str) -> None:
    assert html_to_text(html) == text


@pytest.mark.parametrize(
    "html",
    [
        "<a " * 130_000,
        "<!--" * 100_000,
        "<div>" * 80_000,
        "&amp;" * 80_000,
        '<a "' * 100_000,
        "<script>" * 50_000,
        "<p <p '" * 50_000,
    ],
    ids=lambda html: html[:7],
)
def test_hostile_html_takes_no_longer_than_other(html: str) -> None:
    began = time.process_time()

    html_to_text(html)

    assert time.process_time() - began < 2


@given(st.text(alphabet="<>/!-abpsc&;\"' \n", max_size=80))
def test_html_leaves_no_tag_behind(html: str) -> None:
    text = html_to_text(f"<p>{html}</p>")

    assert "<script>" not in text
    assert html_to_text(text.replace("<", "&lt;").replace("&", "&amp;")) is not None


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Jalan rusak\n> kutipan\n>> lama", "Jalan rusak"),
        ("Jalan rusak\n-- \nSiti\nHP 08", "Jalan rusak"),
        ("Terima kasih\n\nPada 3/11/2025 Admin menulis:\n> Yth. Siti", "Terima kasih"),
        (
            "Terima kasih\n\nPada Sen, 3 Nov 2025 pukul 08.00 Siti <siti@warga.example>\nmenulis:\n\n> lama",
            "Terima kasih",
        ),
        ("Thanks\n\nOn Mon, 3 Nov 2025, Admin wrote:\nold text without marks", "Thanks"),
        ("Pada Sen, Admin menulis:\n> Kapan?\n\nBesok kami datang", "Besok kami datang"),  # the answer stands below
        ("Baik\n-----Original Message-----\nFrom: a", "Baik"),
        ("Baik\n\nDari: Admin\nDikirim: Senin\nKepada: Siti\n\nlama", "Baik"),
        ("Baik\n\n*From:* Admin\n*Sent:* Monday\n\nold", "Baik"),
        ("Yth. Bupati\nDari: warga RT 3\nJalan rusak", "Yth. Bupati\nDari: warga RT 3\nJalan rusak"),  # a letter
        ("Nama: __________________\nJalan rusak", "Nama: __________________\nJalan rusak"),
        ("> semua dikutip", "> semua dikutip"),  # better than nothing
        ("Pada tahun 2025 jalan rusak", "Pada tahun 2025 jalan rusak"),
        ("a\n\n\n\n\nb", "a\n\nb"),
    ],
)
def test_quotes_and_signatures_are_trimmed(text: str, kept: str) -> None:
    assert trim_reply(text) == kept


@pytest.mark.parametrize("line", ["> " * 50_000, "On " * 50_000, "Pada " + "x " * 50_000 + "menulis", "-" * 100_000])
def test_trimming_takes_no_time_over_long_lines(line: str) -> None:
    began = time.process_time()

    trim_reply("\n".join([line] * 3))

    assert time.process_time() - began < 2


@given(st.text(max_size=200))
def test_trimming_never_loses_everything(text: str) -> None:
    assert bool(trim_reply(text)) is bool(text.strip())


@pytest.mark.parametrize(
    ("content", "charset", "expected"),
    [
        ("Café".encode("latin-1"), "iso-8859-1", ("Café", True)),
        ("Café".encode(), "ascii", ("Café", False)),
        ("Café".encode("latin-1"), "utf-8", ("Café", False)),
        (b"a\x81b", "utf-8", ("a\ufffdb", False)),
        (b"Jalan", "rot13", ("Jalan", False)),
        (b"+ADw-script+AD4-", "utf-7", ("+ADw-script+AD4-", False)),
        ("Jalan".encode("utf-16"), "utf-16", ("Jalan", True)),
        ("日本".encode("shift_jis"), "Shift-JIS", ("日本", True)),
        ("你好".encode("gb18030"), "gb2312", ("你好", True)),
        (b"Jalan", "", ("Jalan", False)),
    ],
)
def test_bytes_become_text(content: bytes, charset: str, expected: tuple[str, bool]) -> None:
    assert decode(content, charset) == expected


def test_signs_that_lie_are_taken_out() -> None:
    assert clean("a\u202efdp.exe\u2066\x00\x1b[0m\tb\r\nc\rd") == "afdp.exe[0m\tb\nc\nd"
