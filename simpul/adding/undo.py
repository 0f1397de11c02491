"""The file as it was before an addition, kept beside it under the mark of what it became: whoever has changed hub.yaml since
does not lose that to an undo, and several additions are taken back one after the other."""

from __future__ import annotations

import hashlib
import os
import tempfile
from contextlib import suppress
from pathlib import Path

_BEFORE = "before"


def kept_path(path: Path, content: bytes) -> Path:
    """Where the file before stands that an addition made into `content`."""
    return path.with_name(f"{path.name}.{_BEFORE}-{hashlib.sha256(content).hexdigest()[:12]}")


def keep(path: Path, before: bytes | None, after: bytes) -> Path:
    """Keeps the file before, and writes what it is to be. No file before is kept as an empty one. Raises OSError."""
    kept = kept_path(path, after)
    _write(kept, before or b"", path)
    try:
        _write(path, after, path)
    except OSError:
        kept.unlink()
        raise
    return kept


def take_back(path: Path) -> tuple[bytes, bytes] | None:
    """Makes the file what it was before the last addition: both contents, the later one first. None if it is not what an
    addition made of it. Raises OSError."""
    after = path.read_bytes()
    kept = kept_path(path, after)
    if not kept.is_file():
        return None
    before = kept.read_bytes()
    if before:
        _write(path, before, path)
    else:
        path.unlink()
    kept.unlink()
    return after, before


def last_kept(path: Path) -> Path | None:
    """The latest of the files that are kept."""
    found = sorted(path.parent.glob(f"{path.name}.{_BEFORE}-*"), key=lambda one: one.stat().st_mtime)
    return found[-1] if found else None


def _write(path: Path, content: bytes, like: Path) -> None:
    """Writes a file whole or not at all, as readable as `like`."""
    handle, name = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(name).chmod(like.stat().st_mode & 0o777 if like.exists() else 0o644)
        Path(name).replace(path)
    except OSError:
        with suppress(OSError):
            Path(name).unlink()
        raise
