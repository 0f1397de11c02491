"""Which language to speak before hub.yaml was read."""

from __future__ import annotations

import os
from collections.abc import Sequence

from config.hub import Language, default_language


def from_arguments(arguments: Sequence[str]) -> Language | None:
    """The value of `--lang` on a command line that nobody has parsed yet."""
    for position, argument in enumerate(arguments):
        value = argument.removeprefix("--lang=") if argument.startswith("--lang=") else None
        if argument == "--lang" and position + 1 < len(arguments):
            value = arguments[position + 1]
        if value in ("id", "en"):
            return "en" if value == "en" else "id"
    return None


def from_environment() -> Language:
    """SIMPUL_LANG, else the system's language, else Indonesian: as hub.yaml has it where it names none."""
    return default_language(os.environ)
