"""One connection to an IMAP server (RFC 3501): TLS, commands and answers, the login. It only reads: there is no command here that
could change anything. Nothing in it waits with a clock; who uses it gives each step its time and drops the connection after any
trouble."""

from __future__ import annotations

import asyncio
import base64
import re
import ssl
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from connectors.errors import LimitExceeded, SourceAuth, SourceBroken, SourceBusy, SourceError, SourceUnavailable
from connectors.imapdata import Unreadable, Value, parse, quoted

MAX_LINE = 4_000_000  # bytes; what 500,000 numbers of mails take. Of a longer one the end is passed over
MAX_LITERAL = 2_000_000  # bytes; more than is ever asked for at once
MAX_PIECES = 1_000  # lines of one answer

FOREIGN = (OSError, EOFError, ValueError, asyncio.LimitOverrunError)
"""What connections raise (ssl.SSLError and socket.gaierror are OSErrors, IncompleteReadError is an EOFError, Unreadable a
ValueError)."""

_LITERAL = re.compile(rb"~?\{(\d{1,12})\+?\}$")
_CODE = re.compile(r"\[([A-Za-z-]+)(?: ([^\]]*))?\]")
_BUSY = ("INUSE", "LIMIT", "UNAVAILABLE", "SERVERBUG")


@dataclass(frozen=True, slots=True)
class Login:
    """Who logs in: with a password, or with a token that an authorisation server gave (XOAUTH2)."""

    user: str
    password: str = ""
    token: str | None = None

    def __repr__(self) -> str:
        return "Login(***)"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server said: `name` (FETCH, LIST, OK …), the number before it, its values. `code` is what stands in brackets after
    OK or NO, `text` what follows; `is_cut` if its line was too long to be kept whole."""

    name: str
    number: int | None = None
    values: Sequence[Value] = ()
    code: str = ""
    about: str = ""
    is_cut: bool = False


class Refused(Exception):
    """The server said NO or BAD to a command. `code` is its response code (RFC 5530), if it gave one."""

    def __init__(self, word: str, code: str) -> None:
        self.word = word
        self.code = code
        super().__init__(code or word)


class Wire:
    """A connection that is open. `where` says for people where it leads."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, where: str) -> None:
        self._reader = reader
        self._writer = self._below = writer
        self._where = where
        self._tags = 0
        self.abilities: frozenset[str] = frozenset()

    @classmethod
    async def open(cls, host: str, port: int, context: ssl.SSLContext | None, where: str) -> Wire:
        """Connects, with TLS from the first byte where there is a `context`, and hears the greeting."""
        try:
            reader, writer = await asyncio.open_connection(
                host, port, limit=MAX_LINE, ssl=context, server_hostname=host if context else None
            )
        except ConnectionResetError as error:
            if context is None:
                raise
            raise SourceUnavailable(where, "TLS_FAILED", reason="reset") from error  # it did not like how TLS begins
        wire = cls(reader, writer, where)
        try:
            greeting = await wire._answer()
            if greeting.name == "BYE":
                raise SourceBusy(where, "MAIL_BUSY", reason=greeting.code or "BYE")
            if greeting.name not in ("OK", "PREAUTH"):
                raise SourceBroken(where, "NOT_IMAP")
            await wire.ask(b"CAPABILITY")
        except BaseException:
            wire.drop()
            raise
        return wire

    def drop(self) -> None:
        """Cuts the connection, without a word."""
        self._writer.transport.abort()
        self._below.transport.abort()

    def leave(self) -> None:
        """Says farewell and closes, without waiting for an answer."""
        with suppress(OSError, RuntimeError):
            self._writer.write(b"bye LOGOUT\r\n")
            self._writer.close()
            self._below.close()

    # -- secrecy and login --------------------------------------------------------------------------------------------

    async def secure(self, context: ssl.SSLContext, host: str) -> None:
        """STARTTLS. What was said before it counts no more (RFC 3501 §6.2.1), also what somebody may have slipped in behind the
        server's answer: a new reader begins with the TLS."""
        if "STARTTLS" not in self.abilities:
            raise SourceBroken(self._where, "MAIL_NO_STARTTLS")
        await self.ask(b"STARTTLS")
        loop = asyncio.get_running_loop()
        reader = asyncio.StreamReader(limit=MAX_LINE, loop=loop)
        protocol = asyncio.StreamReaderProtocol(reader, loop=loop)
        transport = await loop.start_tls(self._writer.transport, protocol, context, server_hostname=host)
        if transport is None:
            raise SourceUnavailable(self._where, "MAIL_CONNECTION_LOST")
        protocol.connection_made(transport)
        self._reader = reader
        self._below = self._writer  # closes the connection when nobody holds it any more
        self._writer = asyncio.StreamWriter(transport, protocol, reader, loop)
        self.abilities = frozenset()
        await self.ask(b"CAPABILITY")

    async def log_in(self, login: Login) -> None:
        """Raises SourceAuth if the login is refused."""
        try:
            await self._authenticate(login)
        except Refused as refused:
            if refused.code in _BUSY:
                raise SourceBusy(self._where, "MAIL_BUSY", reason=refused.code) from refused
            raise SourceAuth(self._where, "MAIL_LOGIN", reason=refused.code or refused.word) from refused
        await self.ask(b"CAPABILITY")  # there may be more after the login

    async def _authenticate(self, login: Login) -> None:
        if login.token is not None:
            if "AUTH=XOAUTH2" not in self.abilities:
                raise SourceAuth(self._where, "MAIL_NO_WAY_IN", ways=self._ways())
            await self._initial(b"XOAUTH2", f"user={login.user}\x01auth=Bearer {login.token}\x01\x01".encode())
        elif "AUTH=PLAIN" in self.abilities:
            await self._initial(b"PLAIN", f"\0{login.user}\0{login.password}".encode())
        elif "LOGINDISABLED" in self.abilities:
            raise SourceAuth(self._where, "MAIL_NO_WAY_IN", ways=self._ways())
        else:
            try:
                await self.ask(b"LOGIN " + quoted(login.user) + b" " + quoted(login.password))
            except ValueError:  # not ASCII
                user, password = login.user.encode(), login.password.encode()
                await self.ask(b"LOGIN {%d}" % len(user), user + b" {%d}" % len(password), password)

    async def _initial(self, mechanism: bytes, response: bytes) -> None:
        encoded = base64.b64encode(response)
        if "SASL-IR" in self.abilities:
            await self.ask(b"AUTHENTICATE " + mechanism + b" " + encoded)
        else:
            await self.ask(b"AUTHENTICATE " + mechanism, encoded)

    def _ways(self) -> str:
        """The ways to log in that the server knows."""
        return ", ".join(sorted(one.removeprefix("AUTH=") for one in self.abilities if one.startswith("AUTH="))) or "-"

    # -- commands and answers -----------------------------------------------------------------------------------------

    async def ask(self, *pieces: bytes) -> list[Answer]:
        """What a server answers to a command; each further piece is sent when it says to go on. The last answer is the one that
        ends it. Raises Refused."""
        tag = await self.send(pieces[0])
        rest = list(pieces[1:])
        answers: list[Answer] = []
        while True:
            answer = await self.next(tag)
            if answer.name == "+":
                # after a refused token the server tells why and waits for an empty line
                self._writer.write((rest.pop(0) if rest else b"") + b"\r\n")
                await self._writer.drain()
            else:
                answers.append(answer)
                if answer.name == "DONE":
                    return answers

    async def send(self, command: bytes) -> bytes:
        """Sends a command and gives its tag."""
        self._tags += 1
        tag = b"s%d" % self._tags
        self._writer.write(tag + b" " + command + b"\r\n")
        await self._writer.drain()
        return tag

    async def say(self, line: bytes) -> None:
        """Sends a line that is no command, such as the DONE of an IDLE."""
        self._writer.write(line + b"\r\n")
        await self._writer.drain()

    async def next(self, tag: bytes) -> Answer:
        """The next answer; one called DONE ends the command of that tag. Raises Refused, and SourceUnavailable if the server
        hangs up."""
        answer = await self._answer(tag)
        if answer.name == "BYE":
            raise SourceUnavailable(self._where, "MAIL_CONNECTION_LOST")
        return answer

    async def _answer(self, tag: bytes = b"") -> Answer:
        pieces, is_cut = await self._pieces()
        first = pieces[0]
        if first.startswith(b"+"):
            return Answer("+")
        start, _, rest = first.partition(b" ")
        if start == b"*":
            return self._untagged([rest, *pieces[1:]], is_cut)
        if tag and start == tag:
            word, _, text = rest.decode("latin-1").partition(" ")
            found = _CODE.match(text)
            code, about = (found[1].upper(), found[2] or "") if found else ("", "")
            if word.upper() != "OK":
                raise Refused(word.upper(), code)
            return Answer("DONE", code=code, about=about)
        raise SourceBroken(self._where, "NOT_IMAP")

    def _untagged(self, pieces: list[bytes], is_cut: bool) -> Answer:
        word, _, rest = pieces[0].partition(b" ")
        number = None
        if word.isdigit():
            number = int(word)
            word, _, rest = rest.partition(b" ")
        name = word.decode("latin-1").upper()
        if name in ("OK", "NO", "BAD", "BYE", "PREAUTH"):
            found = _CODE.match(rest.decode("latin-1"))
            return Answer(name, number, (), *((found[1].upper(), found[2] or "") if found else ("", "")))
        if is_cut:
            return Answer(name, number, (), is_cut=True)
        try:
            values = parse([rest, *pieces[1:]])
        except Unreadable as error:
            if name == "FETCH":  # one mail beyond all measure is to stop no other
                return Answer(name, number, (), is_cut=True)
            raise SourceBroken(self._where, "NOT_IMAP") from error
        if name == "CAPABILITY":
            self.abilities = frozenset(value.upper() for value in values if isinstance(value, str))
        return Answer(name, number, values)

    async def _pieces(self) -> tuple[list[bytes], bool]:
        """Lines and the literals between them, as far as one answer goes; whether something too long was left out."""
        pieces: list[bytes] = []
        size, is_cut = 0, False
        while True:
            line, was_long = await self._line()
            is_cut = is_cut or was_long
            found = _LITERAL.search(line)
            pieces.append(line[: found.start()] if found else line)
            if found is None:
                return pieces, is_cut
            length = int(found[1])
            size += length + len(line)
            if length > MAX_LITERAL or size > 10 * MAX_LITERAL or len(pieces) > MAX_PIECES:
                raise LimitExceeded(self._where, what="B", limit=MAX_LITERAL)
            pieces.append(await self._reader.readexactly(length))

    async def _line(self) -> tuple[bytes, bool]:
        """A line without its end. Of one that is too long only the beginning is kept."""
        try:
            return (await self._reader.readuntil(b"\n")).rstrip(b"\r\n"), False
        except asyncio.LimitOverrunError as error:
            start = await self._reader.readexactly(min(error.consumed, 1_000))
        while True:
            try:
                end = await self._reader.readuntil(b"\n")
            except asyncio.LimitOverrunError as error:
                await self._reader.readexactly(error.consumed)
            else:
                # a literal at the end of it still belongs to it
                return start + end[-40:].rstrip(b"\r\n"), True


def translate(error: BaseException, where: str) -> SourceError:
    """The error of our tree for what a connection raised."""
    if isinstance(error, SourceError):
        return error
    if isinstance(error, ssl.SSLCertVerificationError):
        return SourceBroken(where, "CERTIFICATE_REFUSED", reason=getattr(error, "verify_message", "-"))
    if isinstance(error, ssl.SSLError):
        return SourceUnavailable(
            where, "TLS_FAILED", reason=(getattr(error, "reason", None) or "TLS").replace("_", " ").lower()
        )
    if isinstance(error, asyncio.LimitOverrunError | UnicodeError | ValueError):
        return SourceBroken(where, "NOT_IMAP")
    if isinstance(error, EOFError | ConnectionResetError | BrokenPipeError):
        return SourceUnavailable(where, "MAIL_CONNECTION_LOST")
    return SourceUnavailable(where, "SOURCE_UNREACHABLE")
