"""A database server of a test's own, in a folder of its own on a port of its own, which may be killed and started again."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from sqlalchemy import make_url

from tests.servers import Server

USERS = {"postgresql": "postgres", "mariadb": "mysql"}
DATABASES = {"postgresql": "postgres", "mariadb": "uji"}
SECONDS = 30


class OwnServer:
    """PostgreSQL or MariaDB, which can be killed like a machine that loses power."""

    def __init__(self, engine: str, folder: Path, options: Sequence[str] = ()) -> None:
        self._engine = engine
        self._folder = folder
        self._options = options
        self._port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self._user = USERS[engine] if os.geteuid() == 0 else None

    @property
    def server(self) -> Server:
        """The server with its database."""
        user = {"postgresql": "hub", "mariadb": "root"}[self._engine]
        address = make_url(f"{self._engine}://{user}@127.0.0.1:{self._port}/{DATABASES[self._engine]}")
        return Server(self._engine, address)

    @property
    def folder(self) -> Path:
        """A folder that the server may read."""
        return self._folder

    def use(self, options: Sequence[str]) -> None:
        """Starts with these from now on."""
        self._options = options

    def start(self) -> None:
        """Starts it; the first time it is made."""
        data = self._folder / "data"
        is_new = not data.exists()
        if is_new:
            self.own(self._folder)
            self._run(
                [
                    _postgres("initdb"),
                    "-D",
                    data,
                    "-U",
                    "hub",
                    "-A",
                    "trust",
                    "--no-sync",
                    "-E",
                    "UTF8",
                    "--locale",
                    "C",
                ]
                if self._engine == "postgresql"
                else [
                    *("mariadb-install-db", "--no-defaults", f"--datadir={data}", "--skip-test-db"),
                    "--auth-root-authentication-method=normal",
                ]
            )
        place = [f"--port={self._port}", f"--datadir={data}", f"--socket={self._folder / 's'}"]
        command = (
            [_postgres("postgres"), "-D", data, "-h", "127.0.0.1", "-p", str(self._port), "-k", self._folder]
            if self._engine == "postgresql"
            else ["/usr/sbin/mariadbd", "--no-defaults", "--bind-address=127.0.0.1", *place]
        )
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [*command, *self._options],
                stdout=log,
                stderr=log,
                user=self._user,
                group=self._user,
                extra_groups=[],
                start_new_session=True,
            )
        until = time.monotonic() + SECONDS
        while True:
            with suppress(Exception):  # whatever a server says that is not up yet
                if self._engine == "mariadb" and is_new:
                    Server("mariadb", self.server.address.set(database="mysql")).execute("CREATE DATABASE uji")
                self.server.ask("SELECT 1")
                return
            assert self._process.poll() is None and time.monotonic() < until, (self._folder / "log").read_text()[-2000:]
            time.sleep(0.1)

    def kill9(self) -> None:
        """Kills it with all its processes."""
        if self._process is None:
            return
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        if self._engine == "postgresql":
            until = time.monotonic() + SECONDS
            while _lives(self._process.pid) and time.monotonic() < until:
                time.sleep(0.05)
            (self._folder / "data" / "postmaster.pid").unlink(missing_ok=True)
        self._process = None

    def own(self, path: Path) -> None:
        """Gives a file or folder to the server."""
        if self._user:
            shutil.chown(path, self._user, self._user)

    def _run(self, command: Sequence[str | Path]) -> None:
        subprocess.run(
            command,
            check=True,
            capture_output=True,
            user=self._user,
            group=self._user,
            extra_groups=[],
            cwd=self._folder,
        )


@contextmanager
def own_server(engine: str, *options: str) -> Iterator[OwnServer]:
    """A server that is not started yet; gone afterwards. Skips where its programs are not."""
    if shutil.which("mariadb-install-db" if engine == "mariadb" else _postgres("initdb")) is None:
        pytest.skip(f"platform: the programs of {engine} are not on this machine")
    folder = Path(tempfile.mkdtemp(prefix="simpul-"))
    folder.chmod(0o755)
    own = OwnServer(engine, folder, options)
    try:
        yield own
    finally:
        own.kill9()
        shutil.rmtree(folder)


def free_port() -> int:
    """A port that nobody listens at."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


def _postgres(program: str) -> str:
    """A program of PostgreSQL, which Debian keeps out of the way."""
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{program}"))
    return str(found[-1]) if found else program


def _lives(group: int) -> bool:
    """Whether a process of the group is left."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True
