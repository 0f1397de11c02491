"""`simpul demo`: the example regency with its applications, a first answer, and the pages to look at."""

from __future__ import annotations

from pathlib import Path

from simpul.console import Terminal

DEMO_FOLDER = Path("var/demo")
DEMO_PORT = 8000


def run_demo(terminal: Terminal, folder: Path, port: int, *, once: bool) -> int:
    return 1
