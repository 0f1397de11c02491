"""Problems noted at places of a file's tree."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
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

    def add(self, place: Iterable[str | int], code: str, /, *, at_key: bool = False, **params: object) -> None:
        """Adds a problem at a path; with `at_key`, at the name that stands there."""
        line, column = self.tree.place(*real_place(self.tree, tuple(place)), key=at_key)
        self.problems.append(Problem(self.file, line, column, code, params))

    def line(self, *place: str | int) -> int:
        """The line at which the name at a path stands."""
        return self.tree.place(*real_place(self.tree, place), key=True)[0]

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
