"""`simpul schema`: the SDL of what hub.yaml would serve; nothing is opened."""

from __future__ import annotations

from pathlib import Path

from schema.build import build, print_sdl
from simpul.commands.opening import read_config
from simpul.console import Terminal, write_utf8


def print_schema(terminal: Terminal, path: Path) -> int:
    """Writes the schema to standard output, in UTF-8 whatever the console: it is mostly redirected into a file."""
    config = read_config(terminal, path)
    if config is None:
        return 1
    write_utf8(print_sdl(build(config.catalogue)))
    return 0
