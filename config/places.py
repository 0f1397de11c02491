"""Problems noted at places of a file's tree."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

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
        line, column = self.tree.place(*place, key=at_key)
        self.problems.append(Problem(self.file, line, column, code, params))

    def hint(self, name: str, known: Iterable[str]) -> Hint:
        """The nearest known name as a sentence, else what there is."""
        names = sorted(known)
        lowered = {candidate.lower(): candidate for candidate in names}
        nearest = get_close_matches(name.lower(), list(lowered), 1, 0.6)
        if nearest:
            return Hint("DID_YOU_MEAN", {"nearest": lowered[nearest[0]]})
        return Hint("KNOWN_ARE", {"names": ", ".join(names[:20]) or "-"})
