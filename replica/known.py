"""What some work makes of a text, kept: in a table the same texts come again and again."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

REPEATED = 2_000  # texts that are kept of a column
SHORT = 200  # characters of a text that is kept


class Known(dict[str, T]):
    """Looked up by a text, gives what `work` makes of it; kept for at most `most` texts of `longest` characters."""

    def __init__(self, work: Callable[[str], T], most: int = REPEATED, longest: int = SHORT) -> None:
        self._work = work
        self._most = most
        self._longest = longest

    def __missing__(self, text: str) -> T:
        made = self._work(text)
        if len(text) <= self._longest:
            if len(self) >= self._most:
                self.clear()
            self[text] = made
        return made
