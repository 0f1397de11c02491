"""Messages are codes with parameters; they become sentences only at the edge, in the language of who reads them."""

from __future__ import annotations

from collections.abc import Mapping

from config.hub import Language

Sentences = Mapping[str, tuple[str, str]]
"""Code to (English, Indonesian); `{name}` stands for a parameter. Each package keeps its own in its `messages.py`."""


class Messages:
    """Turns codes into sentences. A code without a sentence is our bug and raises KeyError."""

    def __init__(self, *catalogues: Sentences) -> None:
        self._sentences: dict[str, tuple[str, str]] = {}
        for catalogue in catalogues:
            self._sentences.update(catalogue)

    def render(self, code: str, params: Mapping[str, object], language: Language) -> str:
        """The sentence for `code`; parameters that it does not name are left out, missing ones show as `?`."""
        sentence = self._sentences[code][0 if language == "en" else 1]
        return sentence.format_map(_Params(params))

    @property
    def codes(self) -> frozenset[str]:
        """Every code that has a sentence."""
        return frozenset(self._sentences)


class _Params(dict[str, object]):
    def __missing__(self, key: str) -> str:
        return "?"
