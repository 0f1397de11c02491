"""What an error of the operating system means for a file, and whether an office program has the file open."""

from __future__ import annotations

import errno
import stat
from pathlib import Path

from connectors.errors import SourceBusy, SourceError, SourceUnavailable


def translate_os(error: OSError, where: str) -> SourceError:
    """The error of our tree for one of the operating system's."""
    if isinstance(error, PermissionError):
        return SourceBusy(where, "FILE_OPEN")
    if isinstance(error, FileNotFoundError):
        return SourceUnavailable(where, "FILE_GONE")
    if isinstance(error, IsADirectoryError):
        return SourceUnavailable(where, "FILE_IS_FOLDER")
    if error.errno == errno.ENOSPC:
        return SourceUnavailable(where, "DISK_FULL")
    name = errno.errorcode.get(error.errno or 0, type(error).__name__)  # the system's words are in English only
    return SourceUnavailable(where, "DATA_FILE_UNREADABLE", reason=name)


def check_regular(path: Path, where: str) -> None:
    """Raises SourceUnavailable for what is no file to be read, such as a folder or a pipe, which would keep its reader waiting for
    ever; OSError as it comes."""
    mode = path.stat().st_mode
    if stat.S_ISDIR(mode):
        raise SourceUnavailable(where, "FILE_IS_FOLDER")
    if not stat.S_ISREG(mode):
        raise SourceUnavailable(where, "FILE_SPECIAL")


def is_open_elsewhere(path: Path) -> bool:
    """Whether Excel's or LibreOffice's lock file stands beside a file."""
    return any(path.with_name(name).exists() for name in (f"~${path.name}", f".~lock.{path.name}#"))
