"""Maildir folders: a message is a file in `new` or `cur`. Nothing is moved, marked or made; the flags in its name are ignored."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from connectors.errors import SourceTimeout
from connectors.files import key_of, matches, stamp_of
from connectors.mbox import MAX_MESSAGE, RawMail

_PLACES = ("new", "cur")  # in this order: a message that is moved meanwhile is seen twice rather than never


def find_maildirs(root: Path, patterns: Sequence[str]) -> list[tuple[str, Path]]:
    """(key, path) of the folders that match, and of the folders inside them (`.Arsip`, as Maildir++ has them)."""
    found = [path for path in matches(root, patterns) if is_maildir(path)]
    inner = [child for path in found for child in path.glob(".*") if is_maildir(child)]
    return sorted({key_of(path, root): path for path in (*found, *inner)}.items())


def is_maildir(path: Path) -> bool:
    """Whether a folder holds mail."""
    return all((path / place).is_dir() for place in _PLACES)


def stamp_of_maildir(path: Path) -> str | None:
    """As that of a file: messages never change, and one that comes or goes changes its folder."""
    stamps = [stamp_of(path / place) for place in _PLACES]
    return None if None in stamps else " ".join(filter(None, stamps))


def read_maildir(path: Path, where: str, is_stopped: Callable[[], bool]) -> Iterator[RawMail]:
    """The messages that are there, in the order of their names, which begin with the time of arrival. One that is taken away
    while the folder is read is left out; OSError as it comes."""
    for name, place in sorted(_list(path).items()):
        if is_stopped():
            raise SourceTimeout(where, seconds="-")
        content = _read(place)
        if content is None:  # moved from `new` to `cur`, flagged, or gone
            again = _list(path).get(name)
            content = _read(again) if again else None
        if content is not None:
            yield RawMail(b"", content[:MAX_MESSAGE], len(content) > MAX_MESSAGE)


def _list(path: Path) -> dict[str, Path]:
    """Messages by what of their names never changes."""
    found: dict[str, Path] = {}
    for place in _PLACES:
        for file in (path / place).iterdir():
            if not file.name.startswith(".") and file.is_file():
                found[file.name.partition(":")[0]] = file
    return found


def _read(path: Path) -> bytes | None:
    try:
        with path.open("rb") as file:
            return file.read(MAX_MESSAGE + 1)
    except FileNotFoundError:
        return None
