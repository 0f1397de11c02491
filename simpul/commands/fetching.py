"""What a command is given to look into: a file or folder, or the address of a file, which is fetched."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from connectors.errors import SourceError
from simpul.commands.opening import run
from simpul.console import Terminal
from simpul.sources import is_address


@contextmanager
def at_hand(terminal: Terminal, written: str) -> Iterator[Path | None]:
    """The path that is written; what stands at an address is fetched into a folder that goes with the block. None after it was told
    why it can't be had."""
    if not is_address(written):
        yield Path(written)
        return
    with tempfile.TemporaryDirectory(prefix="simpul-") as folder:
        try:
            path = run(_fetch(written, Path(folder)))
        except SourceError as error:
            terminal.warn_text(terminal.render(error.code, {"where": error.where, **error.params}))
            path = None
        yield path


async def _fetch(address: str, folder: Path) -> Path:
    from connectors.remote import RemoteFiles

    remote = RemoteFiles([address], {}, folder)
    try:
        (path,) = await remote.fetch()
    finally:
        await remote.aclose()
    return path
