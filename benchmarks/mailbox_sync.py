"""What a mailbox costs: `simpul sync` over 20,000 mails on a real Dovecot, then with nothing new, then with ten new mails.

    python benchmarks/mailbox_sync.py [MAILS]

One mail in ten has a picture of 60 KB, one in five answers another. Says for each sync its seconds, the most memory that the
process had, and how many bodies the server counts that it gave out (of a mail with a picture three: its text, and what
stands over text and picture). Ends with 1 if the first took more than 300 MB or the last
fetched other than ten."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path

from tests.mailserver import PASSWORD, USER, Dovecot, dovecot

MAILS = 20_000
NEW = 10
MOST = 300  # MB

HUB = """\
name: Kabupaten Contoh
sources:
  pengaduan:
    kind: mailbox
    url: imaps://{user}@127.0.0.1:{port}
    ca: {ca}
    password: ${{SURAT}}
entities:
  Complaint:
    from: pengaduan
    fields:
      trackingId: trackingId
      title: subject
      text: text
      receivedAt: receivedAt
      messages: messages
  Response:
    from: pengaduan.replies
    fields: {{responseId: messageId, trackingId: trackingId, at: sentAt, text: text}}
  Attachment:
    from: pengaduan.attachments
    fields: {{ownerId: messageId, number: number, trackingId: trackingId, name: name, size: size}}
"""


@dataclass(frozen=True)
class Cost:
    """What one sync took: seconds by the clock, the most megabytes, and bodies that the server gave out."""

    seconds: float
    megabytes: float
    bodies: int


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else MAILS
    with dovecot() as server, tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        server.deliver(dict(mails(range(count))))
        (folder / "hub.yaml").write_text(HUB.format(user=USER, port=server.tls_port, ca=server.ca), encoding="utf-8")
        (folder / "secrets.env").write_text(f"SURAT={PASSWORD}\n", encoding="utf-8")
        first = sync(server, folder, f"first sync, {count:,} mails")
        sync(server, folder, "nothing new")
        server.append(*(mail for _, mail in mails(range(count, count + NEW), are_pictured=False)))
        last = sync(server, folder, f"{NEW} new mails")
        sizes = {one.name: one.stat().st_size / 1e6 for one in sorted((folder / "var").glob("*.db"))}
        print("  ".join(f"{name} {size:.0f} MB" for name, size in sizes.items()))
    if first.megabytes > MOST or last.bodies != NEW:
        sys.exit(1)


def mails(numbers: range, are_pictured: bool = True) -> Iterator[tuple[str, bytes]]:
    """Mails by file name; every fifth answers the one before it, every tenth has a picture."""
    picture = bytes(range(256)) * 240
    for number in numbers:
        mail = EmailMessage()
        mail["From"] = f"Warga {number} <warga{number}@desa.example>"
        mail["Subject"] = f"Jalan rusak di RT {number % 40}"
        mail["Date"] = f"Mon, 03 Nov 2025 {number // 3600 % 24:02d}:{number // 60 % 60:02d}:{number % 60:02d} +0800"
        mail["Message-ID"] = f"<{number}@desa.example>"
        if number % 5 == 4:
            mail["In-Reply-To"] = f"<{number - 1}@desa.example>"
        mail.set_content(f"Yth. Bapak/Ibu, jalan di depan rumah kami nomor {number} berlubang.\n" * 12)
        if are_pictured and number % 10 == 0:
            mail.add_attachment(picture, "image", "jpeg", filename=f"foto-{number}.jpg")
        yield f"{1_760_000_000 + number}.{number}", mail.as_bytes().replace(b"\n", b"\r\n")


def sync(server: Dovecot, folder: Path, what: str) -> Cost:
    """Syncs in a process of its own and tells what it cost."""
    before = server.fetched()
    start = time.perf_counter()
    command = [sys.executable, "-m", "simpul", "sync", "--config", str(folder / "hub.yaml")]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.perf_counter() - start
    if process.returncode:
        sys.exit(process.returncode)
    cost = Cost(seconds, megabytes(used), server.fetched() - before)
    print(f"{what:28} {cost.seconds:7.1f} s  {cost.megabytes:5.0f} MB  {cost.bodies:6} bodies", flush=True)
    return cost


def megabytes(used: resource.struct_rusage) -> float:
    """The most memory that a process had."""
    return used.ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)


if __name__ == "__main__":
    main()
