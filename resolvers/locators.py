"""Places of rows as people write them: `Alas.xlsx › Usulan › 12`, `Alas.xlsx:12`, `Alas.xlsx:Usulan!C12`, `TA_KAS › 5`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePosixPath

from connectors.cells import tidy
from replica.tracing import SeenPart

_ARROW = re.compile(r"\s*[›>]\s*")
_COLON = re.compile(r"\s*[:!]\s*")
_CELL = re.compile(r"\$?[A-Za-z]{1,3}\$?(\d{1,7})")


@dataclass(frozen=True, slots=True)
class Place:
    """A place in one reading of it: the names before the row, the file first, and the row."""

    names: tuple[str, ...]
    row: str

    @property
    def file(self) -> str:
        return self.names[0] if self.names else self.row

    @property
    def sheet(self) -> str | None:
        return self.names[1] if len(self.names) > 1 else None

    def fits(self, part: SeenPart) -> bool:
        """Whether a part is meant: by its label, by its file alone or with a sheet, by its path or table. Without a name, every
        part is."""
        if not self.names:
            return True
        names = [_plain(name) for name in self.names]
        path = _plain(part.key.partition("#")[0])
        files = {_plain(part.label), path}
        if part.file is not None:
            files |= {_plain(part.file), _plain(PurePosixPath(part.file).stem)}
        sheets = {_plain(part.sheet)} if part.sheet else set()
        if len(names) == 1:
            return names[0] in files
        return " › ".join(names) == _plain(part.label) or (names[0] in files and names[1] in sheets and len(names) == 2)

    def at(self, part: SeenPart) -> str:
        """The row as the part's locators have it: of a cell, its row."""
        cell = _CELL.fullmatch(self.row) if part.grid else None
        return cell[1] if cell else self.row.lstrip("$")


def places_of(text: str) -> list[Place]:
    """The readings of a place, the likeliest first."""
    text = text.strip()
    found = []
    for separator in (_ARROW, _COLON):
        pieces = [piece for piece in separator.split(text) if piece]
        if len(pieces) > 1:
            found.append(Place(tuple(pieces[:-1]), pieces[-1]))
    mixed = [inner for piece in _ARROW.split(text) for inner in _COLON.split(piece) if inner]
    if len(mixed) > 1:
        found.append(Place(tuple(mixed[:-1]), mixed[-1]))
    found.append(Place((), text))
    return list(dict.fromkeys(found))


def _plain(name: str) -> str:
    return tidy(name).casefold()
