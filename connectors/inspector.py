"""Looks into files of tables that nobody has described yet, each in the limited child process."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

from connectors.child import Child
from connectors.content import belongs_to_another
from connectors.errors import DatasetMissing, LimitExceeded, SourceBroken, SourceError, SourceTimeout
from connectors.findings import FileFound
from connectors.opening import translate_os

SECONDS = 120.0  # for one file; its CPU time is limited besides
MAX_FILES = 1_000  # of a folder
_TEMPORARY = ("~$", ".~lock.", ".")


def _is_aside(path: Path) -> bool:
    """Whether a file is one of a program's own, such as the lock of an open workbook, or stands in a hidden folder."""
    return path.name.startswith(_TEMPORARY) or any(part.startswith(".") for part in path.parts)


class Inspector:
    """Keeps one child for all its files. `seconds` is how long it may take for each."""

    def __init__(self, seconds: float = SECONDS) -> None:
        self._seconds = seconds
        self._child: Child | None = None

    def __enter__(self) -> Inspector:
        return self

    def __exit__(self, *_: object) -> None:
        if self._child is not None:
            self._child.kill()

    def inspect(self, path: Path) -> Iterator[FileFound]:
        """What is found in a file, in every file inside of a zip, or in every file of a folder and those below it. A file that
        can't be read is found with its problem. Raises DatasetMissing NO_FILE_MATCHED for an empty folder."""
        if not path.is_dir():
            yield from self._inspect(path, path.name)
            return
        files = sorted(one for one in path.rglob("*") if one.is_file() and not _is_aside(one.relative_to(path)))
        names = {one.as_posix() for one in files}
        files = [one for one in files if not belongs_to_another(one.as_posix(), names)]
        if not files:
            raise DatasetMissing(str(path), "NO_FILE_MATCHED", pattern=str(path), folder="-")
        for one in files[:MAX_FILES]:
            yield from self._inspect(one, one.relative_to(path).as_posix())
        if len(files) > MAX_FILES:
            params = {"limit": MAX_FILES, "count": len(files)}
            yield FileFound(path.name, None, problems=(LimitExceeded(path.name, "TOO_MANY_FILES", **params),))

    def _inspect(self, path: Path, where: str) -> Iterator[FileFound]:
        try:
            path.stat()
        except OSError as error:
            yield FileFound(where, None, problems=(translate_os(error, where),))
            return
        child = self._child if self._child is not None and self._child.is_idle else Child()
        self._child = child
        late = threading.Event()

        def stop() -> None:
            late.set()
            child.kill()

        timer = threading.Timer(self._seconds, stop)
        timer.start()
        try:
            child.ask("inspect", path, where)
            while (found := child.receive(FileFound, where)) is not None:
                yield found
        except SourceError as error:
            slow = SourceTimeout(where, "READER_TIMEOUT", seconds=self._seconds)
            yield FileFound(where, None, problems=(slow if late.is_set() else _told(error, where),))
        finally:
            timer.cancel()


def _told(error: SourceError, where: str) -> SourceError:
    return error if error.where else SourceBroken(where, error.code)
