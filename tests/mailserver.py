"""A real Dovecot for tests, of their own: a process on 127.0.0.1 in a temporary folder, with TLS by an authority made for it.

It runs as root and as anybody else. What it says in its log is the judge of what was asked of it."""

from __future__ import annotations

import grp
import imaplib
import os
import pwd
import re
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

USER, PASSWORD = "pengaduan", "rahasia kita"
PROGRAM = shutil.which("dovecot", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
SECONDS = 20.0

_CONFIGURATION = """
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
listen = 127.0.0.1
protocols = imap
ssl = {ssl}
ssl_cert = <{folder}/server.pem
ssl_key = <{folder}/server.key
disable_plaintext_auth = {only_tls}
auth_mechanisms = plain login
auth_verbose = yes
auth_failure_delay = 0
default_internal_user = {internal}
default_internal_group = {group}
default_login_user = {anonymous}
first_valid_uid = 1
mail_location = maildir:~/Maildir
mail_max_userip_connections = {connections}
imap_idle_notify_interval = 1 min
mailbox_list_index = no
service anvil {{
  chroot =
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = {tls_port}
    ssl = yes
  }}
}}
namespace inbox {{
  inbox = yes
  separator = {separator}
  mailbox Trash {{
    special_use = \\Trash
  }}
  mailbox Terkirim {{
    special_use = \\Sent
  }}
}}
passdb {{
  driver = passwd-file
  args = {folder}/users
}}
userdb {{
  driver = passwd-file
  args = {folder}/users
}}
{more}
"""


@dataclass
class Dovecot:
    """A server that runs, with one mailbox. `port` takes plain connections and STARTTLS, `tls_port` TLS."""

    folder: Path
    port: int
    tls_port: int
    settings: Mapping[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None
    _untold: int = 0  # logins of connections whose end it could not log

    @property
    def ca(self) -> Path:
        """The certificate of the authority that vouches for it."""
        return self.folder / "ca.pem"

    @property
    def mails(self) -> Path:
        """The Maildir of its mailbox; folders stand in it as `.Arsip`."""
        return self.folder / "mail" / "Maildir"

    @property
    def log(self) -> str:
        """What it has told so far."""
        path = self.folder / "log"
        return path.read_text(errors="replace") if path.exists() else ""

    def start(self) -> None:
        """Starts it and waits until it answers."""
        assert PROGRAM is not None
        with (self.folder / "out").open("ab") as out:
            command = [PROGRAM, "-F", "-c", str(self.folder / "dovecot.conf")]
            self.process = subprocess.Popen(command, stdout=out, stderr=out)
        until = time.monotonic() + SECONDS
        while True:
            try:
                with socket.create_connection(("127.0.0.1", self.port), timeout=5) as connection:
                    if connection.recv(100).startswith(b"* OK"):
                        return
            except OSError:
                pass
            told = self.log[-2_000:] + (self.folder / "out").read_text(errors="replace")[-2_000:]
            assert self.process.poll() is None and time.monotonic() < until, told
            time.sleep(0.05)

    def stop(self, with_signal: int = signal.SIGTERM) -> None:
        """Ends it, with all processes that it has started."""
        if self.process is not None:
            children = _children(self.process.pid)
            self.process.send_signal(with_signal)
            self.process.wait(SECONDS)
            if with_signal == signal.SIGKILL:
                self._untold = self._ended()[0]
            for child in children if with_signal == signal.SIGKILL else ():
                with suppress(ProcessLookupError):
                    os.kill(child, signal.SIGKILL)
            self.process = None
            (self.folder / "run" / "master.pid").unlink(missing_ok=True)

    @contextmanager
    def client(self) -> Iterator[imaplib.IMAP4]:
        """The standard library's client, logged in, for what the hub never does."""
        with imaplib.IMAP4("127.0.0.1", self.port, timeout=SECONDS) as client:
            client.login(USER, PASSWORD)
            yield client

    def append(self, *mails: bytes, folder: str = "INBOX") -> None:
        """Puts mails into a folder, as another mail program would."""
        with self.client() as client:
            if folder != "INBOX":
                client.create(f'"{folder}"')
            for mail in mails:
                word, said = client.append(f'"{folder}"', "", "", mail)
                assert word == "OK", said

    def deliver(self, mails: Mapping[str, bytes], folder: str = "") -> None:
        """Puts many mails into a Maildir at once, by file name; `.Arsip` is a folder."""
        place = self.mails / folder if folder else self.mails
        for name in ("cur", "new", "tmp"):
            (place / name).mkdir(parents=True, exist_ok=True)
        for name, mail in mails.items():
            (place / "cur" / f"{name}:2,").write_bytes(mail)
        self.own(self.folder / "mail")

    def own(self, path: Path) -> None:
        """Gives files to the user as whom mails are read."""
        if os.getuid() == 0:
            nobody = pwd.getpwnam("nobody")
            for one in (path, *path.rglob("*")):
                os.chown(one, nobody.pw_uid, nobody.pw_gid)

    def logins(self) -> int:
        """How many logins were tried."""
        return len(re.findall(r"imap-login: .*(?:Login|auth failed|Aborted login)", self.log))

    def fetched(self) -> int:
        """How many bodies of mails it has given out in connections that have ended. Waits for those to be logged."""
        until = time.monotonic() + SECONDS
        while (open_ := self._ended())[0] > self._untold:
            assert time.monotonic() < until, self.log[-2_000:]
            time.sleep(0.02)
        return open_[1]

    def _ended(self) -> tuple[int, int]:
        """How many connections have not ended, and how many bodies the others got."""
        logins = len(re.findall(r"imap-login: (?:Info: )?Login: ", self.log))
        counts = re.findall(r"body_count=(\d+)", self.log)
        return logins - len(counts), sum(map(int, counts))


@contextmanager
def dovecot(**settings: str) -> Iterator[Dovecot]:
    """A server for one test, gone afterwards. Skips where Dovecot is not installed. `settings` replace those of the
    configuration."""
    if PROGRAM is None or shutil.which("openssl") is None:
        pytest.skip("platform: no Dovecot or openssl; apt-get install dovecot-imapd openssl")
    with tempfile.TemporaryDirectory(prefix="simpul-imap-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # it reads mails as another user
        server = Dovecot(folder, _free_port(), _free_port(), settings)
        for inner in ("run", "state", "mail"):
            (folder / inner).mkdir()
        _certify(folder)
        _configure(server)
        server.deliver({})
        server.start()
        try:
            yield server
        finally:
            server.stop()


def _configure(server: Dovecot) -> None:
    is_root = os.getuid() == 0
    me = pwd.getpwuid(os.getuid()).pw_name
    user = pwd.getpwnam("nobody") if is_root else pwd.getpwuid(os.getuid())
    home = server.folder / "mail"
    users = server.folder / "users"
    users.write_text(f"{USER}:{{PLAIN}}{PASSWORD}:{user.pw_uid}:{user.pw_gid}::{home}::\n", encoding="utf-8")
    values = {
        "folder": str(server.folder),
        "port": str(server.port),
        "tls_port": str(server.tls_port),
        "ssl": "yes",
        "only_tls": "no",
        "connections": "10",
        "separator": "/",
        "internal": "dovecot" if is_root else me,
        "group": "dovecot" if is_root else grp.getgrgid(os.getgid()).gr_name,
        "anonymous": "dovenull" if is_root else me,
        "more": "",
    }
    (server.folder / "dovecot.conf").write_text(
        _CONFIGURATION.format(**{**values, **server.settings}), encoding="utf-8"
    )


def _certify(folder: Path) -> None:
    """An authority of the test's own, and a certificate of it for 127.0.0.1 and localhost."""

    def openssl(*arguments: str) -> None:
        subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)

    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2")
    openssl("req", "-x509", *key, "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=Otoritas Uji")
    openssl("req", *key[:-2], "-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=localhost")
    (folder / "names").write_text("subjectAltName=DNS:localhost,IP:127.0.0.1\n", encoding="utf-8")
    signing = ("-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2", "-extfile", "names")
    openssl("x509", "-req", "-in", "server.csr", "-out", "server.pem", *signing)


def trusting(server: Dovecot) -> ssl.SSLContext:
    """What a client needs that trusts the server."""
    return ssl.create_default_context(cafile=str(server.ca))


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


def _children(pid: int) -> list[int]:
    path = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(child) for child in path.read_text().split()] if path.exists() else []
