"""Writes the complaint inbox as an mbox: plain and HTML mails, broken charsets, headers and dates, replies, bounces."""

from __future__ import annotations

import base64
import quopri
from collections.abc import Iterator
from datetime import datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

from simpul.demo.regency import YEAR, Complaint

OFFICE = "pengaduan@sumbawa.example"
BOUNCES = 12


def write_inbox(path: Path, complaints: list[Complaint]) -> int:
    """Writes the mbox; returns how many of its messages are no complaints."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        for complaint in complaints:
            for separator, message in _thread(complaint):
                body = message.replace(b"\nFrom ", b"\n>From ")
                file.write(separator + b"\n" + body + b"\n\n")
        for number in range(BOUNCES):
            file.write(_bounce(number))
    return BOUNCES


def message_id(complaint: Complaint, reply: int = 0) -> str:
    """The Message-ID of a complaint's message."""
    return f"<aduan-{complaint.number}-{reply}@warga.example>"


def body_of(complaint: Complaint) -> str:
    """What the citizen wrote."""
    lines = ["Yth. Bupati,", "", complaint.text, ""]
    if complaint.project is not None:
        lines.append(f"Kode Proyek: {complaint.project.project_id}")
    if complaint.place_given and complaint.village is not None:
        lines.append(f"Desa: {complaint.village.name}")
    if complaint.number % 25 == 0:
        # invented, and masked by the hub
        lines.append(
            f"NIK saya 5204{complaint.number:04d}01019{complaint.number:03d}, HP 0812-0000-{complaint.number:04d}"
        )
    return "\n".join(lines)


def files_of(complaint: Complaint, reply: int = 0) -> list[tuple[str, str, bytes]]:
    """(name, media type, content) of the files sent along with a message: photographs with some complaints, a letter with
    some of the office's replies."""
    number = complaint.number
    if reply == 0 and complaint.form == "plain" and number % 5 == 0:
        photos = [(f"foto-{number}-{n}.jpg", "image/jpeg", b"rekaan" * (100 * n + number)) for n in (1, 2)]
        return photos[: 1 + number % 2]
    if reply == 1 and number % 4 == 0:
        return [("surat jawaban é.pdf", "application/pdf", b"%PDF rekaan" * (number + 1))]
    return []


def _with_files(head: list[str], text: str, files: list[tuple[str, str, bytes]]) -> bytes:
    """A message of a text and files, base64 in lines as mail programs write it."""
    border = "=_batas"
    lines = [*head, "MIME-Version: 1.0", f'Content-Type: multipart/mixed; boundary="{border}"', "", f"--{border}"]
    lines += ["Content-Type: text/plain; charset=utf-8", "", text]
    for name, kind, content in files:
        shown = name if name.isascii() else f"=?utf-8?B?{base64.b64encode(name.encode()).decode()}?="
        lines += [
            f"--{border}",
            f"Content-Type: {kind}",
            f'Content-Disposition: attachment; filename="{shown}"',
            "Content-Transfer-Encoding: base64",
            "",
            base64.encodebytes(content).decode(),
        ]
    return "\n".join([*lines, f"--{border}--", ""]).encode()


def _thread(complaint: Complaint) -> Iterator[tuple[bytes, bytes]]:
    received = complaint.received or datetime(YEAR, 8, 1)
    yield _separator(received), _first(complaint, received)
    for reply in range(1, complaint.replies + 1):
        when = received + timedelta(days=reply)
        sender = f"Admin Pengaduan <{OFFICE}>" if reply == 1 else f"{complaint.sender} <{complaint.address}>"
        quoted = "\n".join(f"> {line}" for line in body_of(complaint).split("\n"))
        text = f"Terima kasih, laporan kami teruskan.\n\nPada {when:%d/%m/%Y} {complaint.sender} menulis:\n{quoted}\n"
        head = [
            f"From: {sender}",
            f"Subject: Re: {complaint.subject}",
            f"Date: {format_datetime(when)}",
            f"Message-ID: {message_id(complaint, reply)}",
            f"In-Reply-To: {message_id(complaint)}",
            f"References: {message_id(complaint)}",
        ]
        files = files_of(complaint, reply)
        plain = "\n".join([*head, "Content-Type: text/plain; charset=utf-8", "", text]).encode()
        yield _separator(when), _with_files(head, text, files) if files else plain


def _separator(when: datetime) -> bytes:
    return f"From MAILER {when:%a %b %d %H:%M:%S %Y}".encode()


def _first(complaint: Complaint, received: datetime) -> bytes:
    text = body_of(complaint) + "\n-- \nDikirim dari ponsel"
    date = "kemarin pagi" if complaint.form == "nodate" else format_datetime(received)
    subject = complaint.subject
    if complaint.form == "encoded":
        subject = f"=?utf-8?B?{base64.b64encode((complaint.subject + ' – segera').encode()).decode()}?="
    head = [
        f"From: {complaint.sender} <{complaint.address}>",
        f"To: {OFFICE}",
        f"Subject: {subject}",
        f"Date: {date}",
        f"Message-ID: {message_id(complaint)}",
    ]
    if files := files_of(complaint):
        return _with_files(head, text, files)
    match complaint.form:
        case "html":
            page = "<html><head><style>p{color:red}</style></head><body>" + "".join(
                f"<p>{line}</p>" for line in body_of(complaint).split("\n")
            )
            return _joined([*head, "Content-Type: text/html; charset=utf-8"], f"{page}</body></html>".encode())
        case "latin":
            raw = text.replace("Yth.", "Yth. Café").encode("latin-1")
            lines = [
                *head,
                "Content-Type: text/plain; charset=iso-8859-1",
                "Content-Transfer-Encoding: quoted-printable",
            ]
            return _joined(lines, quopri.encodestring(raw))
        case "badcharset":
            return _joined([*head, "Content-Type: text/plain; charset=x-tidak-ada"], text.encode())
        case "quoted":
            return _joined([*head, "Content-Type: text/plain; charset=utf-8"], (text + "\n> kutipan lama\n").encode())
        case _:
            return _joined([*head, "Content-Type: text/plain; charset=utf-8"], text.encode())


def _joined(head: list[str], body: bytes) -> bytes:
    return "\n".join(head).encode() + b"\n\n" + body


def _bounce(number: int) -> bytes:
    when = datetime(YEAR, 8, 1) + timedelta(days=number)
    head = [
        _separator(when).decode(),
        "From: MAILER-DAEMON@sumbawa.example" if number % 2 else f"From: Kantor Rekaan <kantor{number}@warga.example>",
        f"Subject: {'Undelivered Mail' if number % 2 else 'Balasan otomatis'}",
        f"Date: {format_datetime(when)}",
        f"Message-ID: <otomatis-{number}@sumbawa.example>",
        "Auto-Submitted: auto-replied",
        "",
        "Pesan ini dibuat oleh mesin.",
        "",
        "",
    ]
    return "\n".join(head).encode()
