"""Problems: findings of a check, collected and told at once as `hub.yaml:12:9: what. what to do`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from config.entities import Text
from config.hub import Language
from config.messages import Messages
from config.sentences import SENTENCES

MESSAGES = Messages(SENTENCES)


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
        return MESSAGES.render(value.code, value.params, language)
    if isinstance(value, Text):
        return value.en if language == "en" else value.id
    return value


class ConfigError(Exception):
    """hub.yaml can't be used; `problems` say why, all of them, in the order of the file. `language` is the one that it asks
    for, as far as that could be read."""

    def __init__(self, problems: Sequence[Problem], language: Language) -> None:
        self.problems = tuple(sorted(problems, key=lambda problem: (problem.line, problem.column)))
        self.language: Language = language
        super().__init__("\n".join(problem.render("en") for problem in self.problems))
