"""Looks for a file or sheet that a source did not bring, to say why: by its name alone, in the folders that the source's patterns
name."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from threading import Timer
from typing import NamedTuple

from connectors.cells import tidy
from connectors.child import Child
from connectors.errors import SourceError
from connectors.files import CALLED_LIKE_FILES, find_files, is_lock, key_of
from connectors.sheets import Listed, Sheet, choose_sheets
from connectors.table import SheetDataset

MAX_ENTRIES = 5_000  # that are looked at in a source's folders
MAX_DEPTH = 4
SECONDS = 5.0  # for listing the sheets of a file
_WILD = re.compile(r"[*?\[]")


FILE_NEW = "FILE_NEW"
TABLES = (*CALLED_LIKE_FILES, ".dbf", ".zip")
LETTERS = (".eml", ".mbox")
"""What files of a kind of source are called like; whether others are there is not told."""


class Sought(NamedTuple):
    """What was found: FILE_LOCK, FILE_NOT_MATCHED, FILE_NEW or FILE_UNKNOWN; of a sheet SHEET_HIDDEN, SHEET_NOT_TAKEN, SHEET_NEW or
    SHEET_UNKNOWN. `found` is the file's path below the root or the sheet's name; of something unknown, the names that there are."""

    code: str
    found: str


def seek_file(root: Path, patterns: Sequence[str], name: str, suffixes: Sequence[str] = TABLES) -> Sought:
    """Where a file of this name, with or without its suffix, stands among the folders of the patterns; of those that are
    not taken only what is called like what the source reads (also `a.xls.bak`)."""
    try:
        taken = {path.resolve() for _, path in find_files(root, patterns)}
    except (SourceError, OSError):
        taken = set()
    wanted, others = _plain(name), []
    likely = {*suffixes, *(Path(pattern).suffix.casefold() for pattern in patterns)}
    for path in _files_near(root, patterns):
        if likely.isdisjoint(suffix.casefold() for suffix in path.suffixes) and path.resolve() not in taken:
            continue
        if wanted in (_plain(path.name), _plain(path.stem)):
            if is_lock(path):
                return Sought("FILE_LOCK", key_of(path, root))
            code = FILE_NEW if path.resolve() in taken else "FILE_NOT_MATCHED"
            return Sought(code, key_of(path, root))
        if path.resolve() in taken:
            others.append(path.name)
    return Sought("FILE_UNKNOWN", ", ".join(others[:20]) or "-")


def seek_sheet(path: Path, dataset: SheetDataset, name: str) -> Sought:
    """Why a sheet of a workbook was not taken for a dataset."""
    try:
        sheets = _sheets_of(path, dataset)
        chosen = choose_sheets(sheets, dataset.sheet, path.name)
    except (SourceError, OSError):
        return Sought("SHEET_UNKNOWN", "-")
    sheet = next((one for one in sheets if _plain(one.name) == _plain(name)), None)
    if sheet is None:
        return Sought("SHEET_UNKNOWN", ", ".join(one.name for one in sheets[:20]))
    if sheet in chosen:
        return Sought("SHEET_NEW", sheet.name)
    return Sought("SHEET_NOT_TAKEN" if sheet.visible else "SHEET_HIDDEN", sheet.name)


def _sheets_of(path: Path, dataset: SheetDataset) -> list[Sheet]:
    """The sheets of a file, looked at in a child of its own, which may take a few seconds. Raises SourceError."""
    child = Child()
    watch = Timer(SECONDS, child.kill)
    watch.start()
    try:
        child.ask("list", path, path.name, dataset)
        return [sheet for listed in child.receive_all(Listed, path.name) for sheet in listed.sheets]
    finally:
        watch.cancel()
        child.kill()


def _plain(name: str) -> str:
    return tidy(name).casefold()


def _files_near(root: Path, patterns: Sequence[str]) -> Iterator[Path]:
    """The files in the folders with which the patterns begin, and below."""
    folders = dict.fromkeys(_folder(root, pattern) for pattern in patterns)
    left = MAX_ENTRIES
    for folder in folders:
        for here, inner, names in os.walk(folder):
            depth = len(Path(here).relative_to(folder).parts)
            inner[:] = [] if depth >= MAX_DEPTH else sorted(inner)
            for name in sorted(names):
                left -= 1
                if left < 0:
                    return
                yield Path(here) / name


def _folder(root: Path, pattern: str) -> Path:
    """The folder up to the first part of a pattern that is no plain name."""
    parts = Path(pattern.replace("\\", "/")).parts[:-1]
    plain = []
    for part in parts:
        if _WILD.search(part):
            break
        plain.append(part)
    return root.joinpath(*plain)
