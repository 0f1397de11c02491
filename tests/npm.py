"""npm's packages that tests use, as tests/clients/package-lock.json names them."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

CLIENTS = Path(__file__).parent / "clients"


def npm_packages() -> Path:
    """The folder of the installed packages. Skips where there is none; only for want of Node is that the platform's doing."""
    modules = CLIENTS / "node_modules"
    missing = [name for name in ("node", "npm") if shutil.which(name) is None]
    if "node" not in missing and (modules / ".package-lock.json").is_file():
        return modules
    have_them = "`npm ci --ignore-scripts` in tests/clients"
    pytest.skip(f"platform: needs Node 20 and npm, then {have_them}" if missing else f"run {have_them}")
