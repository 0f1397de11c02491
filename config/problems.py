"""Problems: findings of a check, collected and told at once as `hub.yaml:12:9: what. what to do`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from config.entities import Text
from config.hub import Language
from config.messages import Messages
from config.sentences import SENTENCES

MESSAGES = Messages(SENTENCES)
LONGEST = 400  # characters of a parameter: lists of names are long, and so is nonsense


@dataclass(frozen=True, slots=True)
class Hint:
    """A sentence inside a sentence."""

    code: str
    params: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Problem:
    """One finding. `line` and `column` count from 1; 0 where the whole file is meant."""

    file: str
    line: int
    column: int
    code: str
    params: Mapping[str, object] = field(default_factory=dict)

    def render(self, language: Language) -> str:
        """The finding as one line."""
        place = f"{self.file}:{self.line}:{self.column}" if self.line else self.file
        params = {name: _spoken(value, language) for name, value in self.params.items()}
        return f"{place}: {MESSAGES.render(self.code, params, language)}"


def _spoken(value: object, language: Language) -> object:
    """A parameter that is itself in words, in the language of the reader."""
    if isinstance(value, Hint):
        params = {name: _spoken(inner, language) for name, inner in value.params.items()}
        return MESSAGES.render(value.code, params, language)
    if isinstance(value, Text):
        return value.en if language == "en" else value.id
    return _shown(value) if isinstance(value, str) else value


def _shown(text: str) -> str:
    """What stands in the file, as part of one line of a terminal: short, and without line breaks and escape signs."""
    plain = "".join(sign if sign.isprintable() else " " for sign in text)
    return plain if len(plain) <= LONGEST else f"{plain[: LONGEST - 1]}…"


class ConfigError(Exception):
    """hub.yaml can't be used; `problems` say why, all of them, in the order of the file. `language` is the one that it asks
    for, as far as that could be read."""

    def __init__(self, problems: Sequence[Problem], language: Language) -> None:
        once = {(p.file, p.line, p.column, p.code, repr(p.params)): p for p in problems}
        self.problems = tuple(sorted(once.values(), key=lambda p: (p.file, p.line, p.column)))
        self.language: Language = language
        super().__init__("\n".join(problem.render("en") for problem in self.problems))
