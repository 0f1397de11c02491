"""Secrets: `${NAME}` in hub.yaml comes from the environment, then from secrets.env beside it, taken literally."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

from config.problems import Problem
from config.trouble import trouble_of

FILE = "secrets.env"
MAX_BYTES = 1024 * 1024
NAME = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_OPTIONS = ("password", "bearer")
_HEADER = re.compile(r"(?i)auth|token|secret|cookie|password|api-?key")
_PARAMETER = re.compile(r"(?i)(?:^|[?&_.-])(?:token|secret|password|passwd|api_?-?key)(?:=|$)")
IN_URL = re.compile(r"^[a-z][a-z0-9+.\-]*://[^/@:\s]*:([^/@\s]+)@", re.IGNORECASE)


class Secrets:
    """Looks secrets up and remembers those that were used, so that they can be kept out of logs."""

    def __init__(self, folder: Path, environ: Mapping[str, str], problems: list[Problem]) -> None:
        self._environ = environ
        self._file = _read(folder / FILE, problems)
        self.used: set[str] = set()

    def __repr__(self) -> str:
        return "Secrets(***)"

    def get(self, name: str) -> str | None:
        """The value of a secret, or None if it is not set."""
        value = self._environ.get(name, self._file.get(name))
        if value:
            self.used.add(value)
        return value

    def fill(self, text: str, in_url: bool = False) -> tuple[str, list[str]]:
        """A text with its secrets filled in, and the names of those that are not set. `in_url` those before the
        host are written as URLs want them: people take passwords literally."""
        missing = []

        def one(found: re.Match[str]) -> str:
            value = self.get(found[1])
            if value is None:
                missing.append(found[1])
            elif in_url and "@" in text[found.end() :]:
                value = quote(value, safe="")
                self.used.add(value)
            return value or ""

        return NAME.sub(one, text), missing


def is_written_secret(value: str, path: tuple[str | int, ...]) -> bool:
    """Whether a source's option, or the address of the replica or cache, holds a secret that is not taken from elsewhere."""
    in_url = IN_URL.match(value)
    if path in (("replica",), ("cache",)):
        return in_url is not None and NAME.search(in_url[1]) is None
    if path[:1] != ("sources",) or len(path) < 3 or not value:
        return False
    if in_url is not None:
        return NAME.search(in_url[1]) is None
    name, above = str(path[-1]), path[-2]
    is_secret = (
        (len(path) == 3 and name in _OPTIONS)
        or (above == "apiKey" and name == "value")
        or (above == "oauth" and name in ("clientSecret", "refreshToken"))
        or (above == "headers" and _HEADER.search(name) is not None)
        or (above == "params" and _PARAMETER.search(name) is not None)
        or (name == "url" and _PARAMETER.search(value) is not None)
    )
    return is_secret and NAME.search(value) is None


def _read(path: Path, problems: list[Problem]) -> dict[str, str]:
    """NAME=value lines. What follows the first = is taken as it stands; nothing of a wrong line is repeated."""
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES)
        text = content.decode("utf-8-sig")
    except FileNotFoundError:
        return {}
    except OSError as error:
        problems.append(Problem(FILE, 0, 0, "FILE_UNREADABLE", {"reason": trouble_of(error)}))
        return {}
    except UnicodeDecodeError:
        problems.append(Problem(FILE, 0, 0, "NOT_UTF8"))
        return {}
    values: dict[str, str] = {}
    places: dict[str, int] = {}
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        name, found, value = line.removesuffix("\r").partition("=")
        name = name.strip()
        if not found or not _NAME.fullmatch(name):
            problems.append(Problem(FILE, number, 1, "SECRETS_LINE"))
        elif name in values:
            problems.append(Problem(FILE, number, 1, "DUPLICATE_NAME", {"name": name, "first": places[name]}))
        else:
            values[name], places[name] = value, number
    return values
