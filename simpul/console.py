"""The terminal: sentences in the reader's language, in signs that the console can write."""

from __future__ import annotations

import codecs
import io
import sys
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from rich.cells import cell_len
from rich.console import Console
from rich.markup import escape

from config.hub import Language
from config.messages import Messages
from config.trouble import trouble_of
from simpul import languages
from simpul.formats import format_number

_PLAIN = {
    "›": ">",
    "→": "->",
    "·": "-",
    "…": "...",
    "–": "-",
    "—": "-",
    "✓": "+",
    "✗": "x",
    "“": '"',
    "”": '"',
    "’": "'",
}
_FALLBACK = "simpul.plain"


def use_plain_signs() -> None:
    """Lets standard output and error write a plain sign where their encoding has none (cp437, cp1252, ASCII)."""
    codecs.register_error(_FALLBACK, _write_plain)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=_FALLBACK)


def _write_plain(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(_plain(sign) for sign in error.object[error.start : error.end]), error.end


def _plain(sign: str) -> str:
    ascii_only = unicodedata.normalize("NFKD", sign).encode("ascii", "ignore").decode()
    return _PLAIN.get(sign) or ascii_only or "?"


@dataclass(frozen=True, slots=True)
class Terminal:
    """Where a command writes: answers to `out`, everything that is said about them to `err`."""

    messages: Messages
    language: Language
    out: Console
    err: Console
    chosen: bool = False  # the reader asked for this language; hub.yaml does not change it

    def speaking(self, language: Language) -> Terminal:
        """The same terminal in the hub's language, unless the reader asked for another."""
        return self if self.chosen else replace(self, language=language)

    def text(self, code: str, **params: object) -> str:
        """The sentence of a code."""
        return self.messages.render(code, params, self.language)

    def trouble(self, error: OSError) -> str:
        """What the operating system complains of."""
        said = trouble_of(error)
        return self.render(said.code, said.params)

    def count(self, number: int, one: str, many: str) -> str:
        """How many there are of something, by the code for one and the code for several."""
        return self.text(one if number == 1 else many, count=format_number(number, self.language))

    def render(self, code: str, params: Mapping[str, object]) -> str:
        """The sentence of a code that came with its parameters."""
        return self.messages.render(code, params, self.language)

    def say(self, code: str, **params: object) -> None:
        """Writes a sentence to standard output."""
        self.show(self.text(code, **params))

    def show(self, text: str) -> None:
        """Writes a finished text to standard output as it is."""
        self.out.print(escape(text), highlight=False, soft_wrap=True)

    def show_table(self, head: Sequence[str], rows: Sequence[Sequence[str]], *, names: int) -> None:
        """Writes rows below their heads; what follows the first `names` columns are numbers. Nothing is broken in two: a
        terminal that is too narrow gets one line for each row instead, and a pipe gets lines as long as they are."""
        widths = [max(cell_len(row[column]) for row in (head, *rows)) for column in range(len(head))]
        if self.out.is_terminal and sum(widths) + 2 * (len(widths) - 1) > self.out.width:
            for row in rows:
                numbers = [f"{name} {cell}" for name, cell in zip(head[names:], row[names:], strict=True) if cell]
                named = ": ".join(cell for cell in row[:names] if cell)
                self.show("; ".join([named, ", ".join(numbers)] if numbers else [named]))
            return
        for row in (head, *rows):
            gaps = [" " * (width - cell_len(cell)) for cell, width in zip(row, widths, strict=True)]
            cells = [
                cell + gap if n < names else gap + cell for n, (cell, gap) in enumerate(zip(row, gaps, strict=True))
            ]
            self.show("  ".join(cells).rstrip())

    def warn(self, code: str, **params: object) -> None:
        """Writes a sentence to standard error."""
        self.warn_text(self.text(code, **params))

    def warn_text(self, sentence: str) -> None:
        """Writes a finished sentence to standard error."""
        self.err.print(escape(sentence), highlight=False, soft_wrap=True)


def open_terminal(messages: Messages, chosen: Language | None) -> Terminal:
    """The terminal of this process, in the chosen language or else in that of the system."""
    language = chosen or languages.from_environment()
    return Terminal(messages, language, Console(file=sys.stdout), Console(file=sys.stderr), chosen is not None)


def write_utf8(text: str) -> None:
    """Writes text that is made for a file or another program to standard output, in UTF-8 whatever the console."""
    write_bytes(text.encode())


def write_bytes(content: bytes) -> None:
    """Writes what is UTF-8 already."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.flush()
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
    else:
        sys.stdout.write(content.decode())
