"""How a database on a server is reached: whether by TLS, with how many connections, and what its texts were written in."""

from __future__ import annotations

import codecs
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from connectors.connector import Cell
from connectors.errors import SourceBroken

LATIN1 = {
    bytes([byte]).decode("cp1252"): byte for byte in range(128, 256) if byte not in (0x81, 0x8D, 0x8F, 0x90, 0x9D)
}
LATIN1 |= {
    chr(byte): byte for byte in (0x81, 0x8D, 0x8F, 0x90, 0x9D)
}  # what databases make of bytes that cp1252 doesn't know


@dataclass(frozen=True, slots=True)
class Access:
    """`schema` is where PostgreSQL looks for names without one. `tls`: off, require (the server's certificate is not looked at)
    or verify (it must be of the host, and signed by an authority of `tls_ca` or of the system); None is what the driver does.
    `connections` are used at most at a time. `encoding` is what texts were written in if the database believes otherwise."""

    schema: str | None = None
    tls: Literal["off", "require", "verify"] | None = None
    tls_ca: Path | None = None
    connections: int = 4
    encoding: str | None = None

    def context(self, where: str) -> ssl.SSLContext | None:
        """How TLS is to be spoken; None where it need not be. Raises SourceBroken for a file of authorities that is none."""
        if self.tls in (None, "off"):
            return None
        try:
            context = ssl.create_default_context(cafile=self.tls_ca)
        except OSError as error:  # also what is no certificate is one to ssl
            reason = error.strerror or str(error)
            raise SourceBroken(where, "TLS_CA_UNREADABLE", file=self.tls_ca, reason=reason) from error
        if self.tls == "require":
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context


USUAL = Access()


class TlsMissing(ConnectionError):
    """The server speaks no TLS, so it was told neither user nor password."""


def reread(text: str, encoding: str) -> Cell:
    """A text whose bytes a database took for latin1, read as what they were written in. It stays as it is if it can't have been."""
    if text.isascii():
        return text or None
    try:
        return bytes(ord(sign) if sign.isascii() else LATIN1[sign] for sign in text).decode(encoding)
    except (KeyError, UnicodeDecodeError):
        return text


LENIENT = "simpul_utf_8"
"""UTF-8 that shows � where it is damaged: one damaged text must not end the reading of a table."""


def _find(name: str) -> codecs.CodecInfo | None:
    if name != LENIENT:
        return None
    return codecs.CodecInfo(
        codecs.utf_8_encode, lambda raw, _="": codecs.utf_8_decode(raw, "replace", True), name=LENIENT
    )


codecs.register(_find)
