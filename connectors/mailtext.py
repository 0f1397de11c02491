"""The text of a mail as a person would read it: decoded, out of its HTML, without what it quotes and without its signature."""

from __future__ import annotations

import codecs
import re
from html import unescape

_CHARSET = re.compile(
    r"utf-8|utf-16(-[lb]e)?|utf-32(-[lb]e)?|ascii|iso8859-\d+|cp\d+|mac-.*|koi8-.*|gb.*|hz|big5.*|euc_.*|shift_jis.*|iso2022_.*|johab"
    r"|tis-620|ptcp154|kz1048"
)
"""Python's names of what is a charset; its codecs also hold zip, and idna, which takes time in the square of its input."""

_HIDDEN = dict.fromkeys([*range(9), 11, 12, *range(14, 32), 127, *range(0x202A, 0x202F), *range(0x2066, 0x206A)])
"""Control characters, and those that turn the direction of writing, which let a file name or an address lie."""


def decode(content: bytes, charset: str) -> tuple[str, bool]:
    """Text, and whether it is what `charset` says. If not, it is read as UTF-8, else as Windows text."""
    try:
        name = codecs.lookup(charset).name
        if _CHARSET.fullmatch(name):
            return content.decode(name), True
    except (LookupError, ValueError):  # unknown; not decodable
        pass
    try:
        return content.decode("utf-8"), False
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace"), False


def clean(text: str) -> str:
    """Text with line ends as \\n and without signs that can't be seen."""
    return text.replace("\r\n", "\n").replace("\r", "\n").translate(_HIDDEN)


# -- HTML -------------------------------------------------------------------------------------------------------------

# each looks no further than the next `<`, so that hostile HTML takes no more time than any other of its length
_TAG = re.compile(r"""<(/?)([a-zA-Z][\w:-]*)(?:[^<>"']|"[^"<]*"|'[^'<]*')*>""")
_ODD_TAG = re.compile(r"<(/?)([a-zA-Z!?][\w:-]*)[^<>]*>")
_LOWER = {letter: letter + 32 for letter in range(ord("A"), ord("Z") + 1)}
_UNSEEN = ("script", "style", "title")
_BREAKS = ("p", "div", "br", "tr", "li", "h1", "h2", "h3", "h4", "blockquote", "table", "ul", "ol")


def html_to_text(html: str) -> str:
    """What a reader sees of a page, without scripts, styles and addresses of pictures; nothing is fetched. Takes time in the
    length of the page, which the standard library's parser does not."""
    pieces: list[str] = []
    ends = _Ends(html)
    place = 0
    while (start := html.find("<", place)) >= 0:
        pieces.append(unescape(html[place:start]))
        if html.startswith("<!--", start):
            place = ends.after("-->", start + 4)
            continue
        tag = _TAG.match(html, start) or _ODD_TAG.match(html, start)
        if tag is None:
            pieces.append("<")
            place = start + 1
            continue
        name, place = tag[2].lower(), tag.end()
        if name in _UNSEEN and not tag[1]:
            place = ends.after(f"</{name}", place)
        elif name in _BREAKS:
            pieces.append("\n")
    pieces.append(unescape(html[place:]))
    lines = (" ".join(line.split()) for line in "".join(pieces).split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


class _Ends:
    """Finds what closes a comment or a script; what was not found once is not looked for again."""

    def __init__(self, html: str) -> None:
        self._html = html.translate(_LOWER)  # not lower(), which makes some letters longer
        self._missing: set[str] = set()

    def after(self, mark: str, place: int) -> int:
        """The place behind the next `mark` and the `>` that ends it; `place` itself, so that nothing is lost, if there is
        none."""
        found = -1 if mark in self._missing else self._html.find(mark, place)
        if found < 0:
            self._missing.add(mark)
            return place
        return self._html.find(">", found) + 1 or len(self._html)


# -- replies ----------------------------------------------------------------------------------------------------------

_WROTE = re.compile(r"(?i)(?:on|pada) .{5,300}? (?:wrote|menulis)\s*:")
_RULE = re.compile(r"(?i)-{2,} ?(?:original message|forwarded message|pesan asli|pesan terusan) ?-{2,}")
_FROM = re.compile(r"(?i)\*?(?:from|dari)\s*:\*?\s*\S.*")
_SENT = re.compile(r"(?i)\*?(?:sent|date|dikirim|tanggal)\s*:\*?\s*\S.*")


def trim_reply(text: str) -> str:
    """A message without what it quotes and without its signature; all of it if nothing would be left."""
    lines = text.split("\n")
    kept: list[str] = []
    place = 0
    while place < len(lines):
        line = lines[place].strip()
        if line == "--" or _RULE.fullmatch(line) or _is_outlook(lines, place):
            break
        heads = _heads_quote(lines, place)
        if heads and not any(below.lstrip().startswith(">") for below in lines[place + heads : place + heads + 4]):
            break  # the quote isn't marked: everything below belongs to it
        if not heads and not line.startswith(">"):
            kept.append(lines[place].rstrip())
        place += heads or 1
    return re.sub(r"\n{3,}", "\n\n", "\n".join(kept)).strip() or text.strip()


def _heads_quote(lines: list[str], place: int) -> int:
    """How many lines from here say who wrote what follows: `Pada Sen, 3 Nov 2025 … menulis:`, often broken in two."""
    for count in (1, 2):
        if _WROTE.fullmatch(" ".join(line.strip() for line in lines[place : place + count])):
            return count
    return 0


def _is_outlook(lines: list[str], place: int) -> bool:
    """Whether the heads of a quoted message begin here; `Dari:` alone also stands in letters."""
    return bool(_FROM.fullmatch(lines[place].strip())) and any(
        _SENT.fullmatch(line.strip()) for line in lines[place + 1 : place + 3]
    )
