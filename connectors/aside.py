"""Rows that are set aside: neighbours with one reason are told as one range, so that a large blank area costs little."""

from __future__ import annotations

from collections.abc import Iterator

from connectors.connector import Aside, Reason

MAX_RANGES = 2_000  # of one reason and setting in a part; what comes after them is told as one range with its count


class Asides:
    """Collects rows that are set aside, in the order in which they stand."""

    def __init__(self) -> None:
        self._found: list[Aside] = []
        self._last: Aside | None = None
        self._number = 0  # of the last row, if it has one

    def add(self, reason: Reason, number: int, setting: str | None = None, text: str | None = None) -> None:
        """Sets the row of this number aside."""
        last = self._last
        if last is not None and number == self._number + 1 and reason == last.reason and setting == last.setting:
            self._last = last._replace(rows=last.rows + 1)
        else:
            self._close()
            self._last = Aside(reason, str(number), "", 1, setting, text)
        self._number = number

    def take(self) -> tuple[Aside, ...]:
        """What was set aside since the last call."""
        self._close()
        found, self._found = tuple(self._found), []
        return found

    def _close(self) -> None:
        if self._last is not None:
            self._found.append(self._last._replace(last=str(self._number)))
            self._last = None


class Ranges:
    """The ranges of a part from all its batches; never more than so many of one reason and setting."""

    def __init__(self) -> None:
        self._found: list[Aside] = []
        self._counts: dict[tuple[str, str | None], int] = {}
        self._tails: dict[tuple[str, str | None], int] = {}  # where the range stands that takes up what comes then

    def add(self, aside: Aside) -> None:
        """Takes up one more range; it begins behind all of the same reason."""
        key = (aside.reason, aside.setting)
        last = self._found[-1] if self._found else None
        if last is not None and key == (last.reason, last.setting) and _follows(last.last, aside.first):
            self._found[-1] = last._replace(last=aside.last, rows=last.rows + aside.rows)
            return
        self._counts[key] = self._counts.get(key, 0) + 1
        if self._counts[key] <= MAX_RANGES:
            self._found.append(aside)
            return
        tail = self._tails.get(key)
        if tail is None:
            self._tails[key] = len(self._found)
            self._found.append(aside._replace(text=None))
        else:
            told = self._found[tail]
            self._found[tail] = told._replace(last=aside.last, rows=told.rows + aside.rows)

    def __iter__(self) -> Iterator[Aside]:
        return iter(self._found)


def _follows(last: str, first: str) -> bool:
    """Whether a row stands right behind another, by their numbers."""
    return last.isascii() and first.isascii() and last.isdigit() and first.isdigit() and int(last) + 1 == int(first)
