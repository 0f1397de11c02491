"""Secrets: `${NAME}` in hub.yaml comes from the environment, then from secrets.env beside it, taken literally."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

NAME = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
IN_URL = re.compile(r"^[a-z][a-z0-9+.\-]*://[^/@:\s]*:([^/@\s]+)@", re.IGNORECASE)


class Secrets:
    """Looks secrets up and remembers those that were used, so that they can be kept out of logs."""

    def __init__(self, folder: Path, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self._file = _read(folder / "secrets.env")
        self.used: set[str] = set()

    def __repr__(self) -> str:
        return "Secrets(***)"

    def get(self, name: str) -> str | None:
        """The value of a secret, or None if it is not set."""
        value = self._environ.get(name, self._file.get(name))
        if value:
            self.used.add(value)
        return value

    def fill(self, text: str) -> tuple[str, list[str]]:
        """A text with its secrets filled in, and the names of those that are not set."""
        missing = []

        def one(found: re.Match[str]) -> str:
            value = self.get(found[1])
            if value is None:
                missing.append(found[1])
            return value or ""

        return NAME.sub(one, text), missing


def _read(path: Path) -> dict[str, str]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError):
        return {}
    values = {}
    for line in text.splitlines():
        name, found, value = line.partition("=")
        if found and not line.lstrip().startswith("#"):
            values[name.strip()] = value
    return values
