"""The scratch copy of the peers: what it takes to have each of them, and which are there.

Nothing of them belongs to the project: the folder is copied, and npm, pip and apt fill the copy. What can't be had on this machine
is told, with the reason, and left out."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

LIBRARIES = "strawberry-graphql uvicorn httptools uvloop httpx asyncpg starlette granian orjson openpyxl psutil aiohttp matplotlib"
NEXT_DEBIAN = "trixie"
"""Whose C library the binary of Tailcall needs, where the machine's is older than 2.38."""
NPM = "node22/node_modules"
"""What the last of the npm installs makes."""
FIN = "postgresql://postgres@127.0.0.1:55432/fin"
NEEDS = {
    "hive-mesh-rest": ["mesh/node_modules", "mesh/supergraph.graphql"],
    "hive-mesh-pgl": [
        "mesh/node_modules",
        "postgraphile/node_modules",
        "node22/node_modules",
        "mesh/supergraph-pgl.graphql",
    ],
    "postgraphile5": ["postgraphile/node_modules", "node22/node_modules"],
    "apollo-dataloader": ["apollo/node_modules"],
    "mercurius-jit": ["apollo/node_modules"],
    "strawberry": ["venv"],
    "tailcall": ["tailcall/node_modules", "tailcall/glibc"],
    "grommet": ["py313/py"],
    "hive-fed-rust": ["apollo/node_modules", "mesh/supergraph-fed.graphql"],
    "grafbase-fed": ["apollo/node_modules", "grafbase/node_modules"],
    "L-starlette": ["venv"],
    "L-asgi": ["venv"],
    "L-granian": ["venv"],
    "L-sqlite-json": ["venv"],
    "L-live-python": ["venv"],
}
"""What must be in the copy for a peer to run, by the peer's name in its `bench/peers.py`."""
LEFT = {
    "grommet": "needs Python 3.13 and an interpreter of another Debian unpacked by hand (the README of the peers tells how)",
}
"""Why a peer is missing that nothing here sets up."""


@dataclass
class Copy:
    """The copy at `path`; `failed` is what went wrong, by what was to be made."""

    path: Path
    failed: dict[str, str] = field(default_factory=dict)

    @property
    def python(self) -> Path:
        return self.path / "venv" / "bin" / "python"

    def set_up(self, original: Path) -> None:
        """Copies and fills what is missing. Raises SystemExit if even the data can't be made."""
        if not self.path.exists():
            shutil.copytree(original, self.path)
            for made in self.path.rglob("*"):
                made.chmod(0o755 if made.is_dir() else 0o644)
        self.path.chmod(0o755)
        for folder in ("run", "results"):
            (self.path / folder).mkdir(exist_ok=True)
        self._make("venv/done", f"python3 -m venv venv && venv/bin/pip install -q {LIBRARIES} && touch venv/done")
        self._make("data/legacy.db", "venv/bin/python gen/gen.py")
        if self.failed:
            raise SystemExit(f"The peers' Python or data could not be made: {self.failed}")
        self.start_postgres()
        self._make(NPM, "sh run-install.sh")
        self._make("mesh/supergraph.graphql", "cd mesh && npx mesh-compose -c mesh.config.mjs -o supergraph.graphql")
        if not (self.path / "mesh" / "supergraph-pgl.graphql").exists():
            with self.running("sh postgraphile/start-fin.sh", "http://127.0.0.1:9212/graphql"):
                compose = "npx mesh-compose -c mesh.config.mjs -o supergraph-pgl.graphql"
                self._make("mesh/supergraph-pgl.graphql", f"cd mesh && FIN=pgl {compose}")
        if not (self.path / "mesh" / "supergraph-fed.graphql").exists():
            with self.running("sh apollo/start-subgraphs.sh", "http://127.0.0.1:9221/"):
                compose = "npx mesh-compose -c fed.config.mjs -o supergraph-fed.graphql"
                self._make("mesh/supergraph-fed.graphql", f"cd mesh && {compose}")
        self._make("tailcall/glibc/usr", self._libraries_of_next_debian())

    def start_postgres(self) -> None:
        """PostgreSQL on port 55432 with the data, in a cluster of its own inside the copy."""
        if self._run("psql -qAtc 'select 1' " + FIN)[0]:
            return
        fill = f"createdb -h 127.0.0.1 -p 55432 -U postgres fin && cd data && psql -q -f ../pg/fin.sql {FIN}"
        fine, said = self._run(f"sh pg/start.sh && (psql -qAtc 'select 1 from projects limit 1' {FIN} || ({fill}))")
        if not fine:
            raise SystemExit(f"PostgreSQL 15 could not be started (it needs root, to run as postgres): {said}")

    def stop_postgres(self) -> None:
        self._run(f'su postgres -c "/usr/lib/postgresql/15/bin/pg_ctl -D {self.path}/pg/data -m fast stop"')

    def missing(self) -> dict[str, str]:
        """The peers that are not there, and why."""
        found = {}
        for peer, needs in NEEDS.items():
            absent = [need for need in needs if not (self.path / need).exists()]
            if absent:
                made_by = [*absent, *(NPM for need in absent if need.endswith("node_modules")), f"{absent[0]}/usr"]
                said = [self.failed[made] for made in dict.fromkeys(made_by) if made in self.failed]
                found[peer] = LEFT.get(peer) or "; ".join(said) or f"{', '.join(absent)} could not be made"
        return found

    @contextmanager
    def running(self, command: str, address: str) -> Iterator[None]:
        """A helper, up as soon as it answers anything at `address`, and stopped afterwards."""
        helper = subprocess.Popen(
            command.split(), cwd=self.path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
        )
        try:
            for _ in range(60):
                try:
                    urllib.request.urlopen(address, timeout=1).close()
                except urllib.error.HTTPError:
                    break
                except OSError:
                    time.sleep(0.25)
                else:
                    break
            yield
        finally:
            helper.terminate()
            helper.wait(10)

    def _libraries_of_next_debian(self) -> str:
        """How to unpack the C library of the next Debian beside Tailcall, without installing it."""
        apt = "-o Dir::Etc::sourcelist=$PWD/list -o Dir::Etc::sourceparts=/dev/null -o Dir::State::lists=$PWD/lists"
        apt += " -o Dir::Cache=$PWD/cache -o APT::Sandbox::User=root"
        return " && ".join(
            (
                "mkdir -p apt/lists/partial apt/cache/archives/partial && cd apt",
                "address=$(grep -hE '^(URIs:|deb )' /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null"
                " | grep -oE 'https?://[^ ]+/debian/?' | head -1)",
                "key=/usr/share/keyrings/debian-archive-keyring.gpg",
                f'echo "deb [signed-by=$key] $address {NEXT_DEBIAN} main" > list',
                f"apt-get {apt} -q update",
                f"apt-get {apt} -q download libc6/{NEXT_DEBIAN} libgcc-s1/{NEXT_DEBIAN}",
                "for package in *.deb; do dpkg -x $package ../tailcall/glibc; done",
            )
        )

    def _make(self, made: str, command: str) -> None:
        if not (self.path / made).exists():
            print(f"making {made}", flush=True)
            fine, said = self._run(command)
            if not fine or not (self.path / made).exists():
                self.failed[made] = said

    def _run(self, command: str) -> tuple[bool, str]:
        """Whether a command of the shell ended well, and its last line."""
        done = subprocess.run(
            command,
            shell=True,
            cwd=self.path,
            env=os.environ | {"PEERS": str(self.path)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
            check=False,
        )
        lines = done.stdout.strip().splitlines()
        return done.returncode == 0, lines[-1] if lines else f"ended with {done.returncode}"
