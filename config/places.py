"""Problems noted at places of a file's tree."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from difflib import get_close_matches

from config.forms import real_place
from config.problems import Hint, Problem
from config.yamlfile import Located


@dataclass
class Places:
    """Collects problems of a file; places are given as paths in its tree."""

    file: str
    tree: Located
    problems: list[Problem]
    unknown: set[tuple[str | int, ...]] = field(default_factory=set)
    """Where a value stands that could not be filled in: that was told, and nothing is known of what it would be."""

    def add(self, place: Iterable[str | int], code: str, /, *, at_key: bool = False, **params: object) -> None:
        """Adds a problem at a path; with `at_key`, at the name that stands there."""
        path = tuple(place)
        if any(path[:length] in self.unknown for length in range(1, len(path) + 1)) and code != "SECRET_MISSING":
            return
        line, column = self.tree.place(*real_place(self.tree, path), key=at_key)
        self.problems.append(Problem(self.file, line, column, code, params))

    def line(self, *place: str | int) -> int:
        """The line at which the name at a path stands."""
        return self.position(*place)[0]

    def position(self, *place: str | int) -> tuple[int, int]:
        """Line and column at which the name at a path stands."""
        return self.tree.place(*real_place(self.tree, place), key=True)

    def text(self, place: Iterable[str | int]) -> str | None:
        """The text that is written at a path, before secrets are filled in; None if there is none."""
        path = real_place(self.tree, tuple(place))
        value = self.tree.at(*path).value if self.tree.has(*path) else None
        return value if isinstance(value, str) else None

    def hint(self, name: str, known: Iterable[str]) -> Hint:
        """The nearest known name as a sentence, else what there is."""
        names = sorted(set(known) - {name})
        lowered = {candidate.lower(): candidate for candidate in names}
        nearest = get_close_matches(name.lower(), list(lowered), 1, 0.6)
        if nearest:
            return Hint("DID_YOU_MEAN", {"nearest": lowered[nearest[0]]})
        return Hint("KNOWN_ARE", {"names": ", ".join(names[:20]) or "-"})
