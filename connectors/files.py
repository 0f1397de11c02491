"""Finding the files of a source, and telling whether one is surely unchanged."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from connectors.errors import DatasetMissing, SourceBusy, SourceTimeout, SourceUnavailable

T = TypeVar("T")

SETTLED_SECONDS = 2.0  # a file changed more recently may change again within the same time stamp


CALLED_LIKE_FILES = (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods", ".csv", ".tsv")


def find_files(root: Path, patterns: Sequence[str]) -> list[tuple[str, Path]]:
    """(key, path) of the files that match, in order; keys are paths below `root` with forward slashes. Lock files of office
    programs (`~$name.xlsx`) are none; what is no file and is called like one is among them, so that reading it tells why it
    can't be read. Raises DatasetMissing NO_FILE_MATCHED."""
    found = {
        key_of(path, root): path
        for path in matches(root, patterns)
        if not is_lock(path) and (path.is_file() or path.suffix.casefold() in CALLED_LIKE_FILES)
    }
    if not found:
        raise DatasetMissing(
            ", ".join(patterns), "NO_FILE_MATCHED", pattern=", ".join(patterns), folder=_contents(root, patterns)
        )
    return sorted(found.items())


def find_newest(root: Path, pattern: str) -> tuple[str, Path]:
    """(key, path) of the file whose path comes last, numbers in it read as numbers: of folders called by their date
    (2026-11-24, 20261124) the newest. Times of files are not looked at: copying changes them. Raises DatasetMissing."""
    return max(find_files(root, [pattern]), key=lambda found: _counted(found[0]))


def _counted(key: str) -> list[tuple[int, str]]:
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"([0-9]+)", key)]


def is_lock(path: Path) -> bool:
    """Whether a file only says that an office program has another one open."""
    return path.name.startswith(("~$", ".~lock."))


class Disk:
    """Asks what may never answer, such as a share whose server is gone. A thread that waits for it can't be ended: while one does,
    no other is sent after it."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._silent: asyncio.Future[Any] | None = None

    async def ask(self, work: Callable[[], T], where: str) -> T:
        """Does `work` in a thread. Raises what it raises, and SourceTimeout SHARE_SILENT."""
        if self._silent is not None and not self._silent.done():
            raise SourceTimeout(where, "SHARE_SILENT", seconds=f"{self._seconds:g}")
        running = asyncio.ensure_future(asyncio.to_thread(work))
        done, _ = await asyncio.wait({running}, timeout=self._seconds)
        if not done:
            self._silent = running
            running.add_done_callback(lambda one: one.cancelled() or one.exception())  # nobody waits for it any more
            raise SourceTimeout(where, "SHARE_SILENT", seconds=f"{self._seconds:g}")
        return running.result()


def matches(root: Path, patterns: Sequence[str]) -> list[Path]:
    """Whatever matches, below `root` or at an absolute path. Raises SourceBusy, SourceUnavailable."""
    found: list[Path] = []
    try:
        for pattern in patterns:
            plain = pattern.replace("\\", "/")
            base, relative = (
                (Path(Path(plain).anchor), plain[len(Path(plain).anchor) :])
                if Path(plain).is_absolute()
                else (root, plain)
            )
            found += base.glob(relative) if Path(relative).parts else [base]
    except PermissionError as error:
        raise SourceBusy(", ".join(patterns)) from error
    except (OSError, ValueError, NotImplementedError) as error:
        raise SourceUnavailable(", ".join(patterns), reason=type(error).__name__) from error
    return found


def stamp_of(path: Path) -> str | None:
    """A text that is equal only while a file surely is: its size, times and inode; None if it changed a moment ago."""
    try:
        found = path.stat()
    except OSError:
        try:
            found = path.lstat()  # of a link that leads nowhere
        except OSError:
            return None
    if abs(time.time() - found.st_mtime) < SETTLED_SECONDS:
        return None
    return f"{found.st_size}-{found.st_mtime_ns}-{found.st_ctime_ns}-{found.st_ino}"


def key_of(path: Path, root: Path) -> str:
    """A path below `root` with forward slashes, else the whole one."""
    try:
        return path.relative_to(root).as_posix()
    except ValueError:
        return path.as_posix()


def _contents(root: Path, patterns: Sequence[str]) -> str:
    """What does stand in the folder of the first pattern, or in the folder that it names, for the message."""
    folder = root / patterns[0].replace("\\", "/") if patterns else root
    folder = folder if folder.is_dir() else folder.parent
    try:
        names = sorted(path.name for path in folder.iterdir())
    except OSError:
        return "-"
    return ", ".join(names[:8]) or "-"
