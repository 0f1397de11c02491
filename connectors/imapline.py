"""The way to a mail server: who logs in how, the one connection that is kept for the next reading, and the time of each step."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from connectors.errors import SourceAuth, SourceBroken, SourceBusy, SourceError
from connectors.imapwire import FOREIGN, Answer, Login, Refused, Wire, translate
from connectors.policy import Gate

if TYPE_CHECKING:
    from connectors.oauth import ClientCredentials

PORTS = {"tls": 993, "starttls": 143, "none": 143}
KEPT_SECONDS = 20.0  # a connection waits for the next reading


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where a mailbox is. `encryption` is tls, starttls or none; `ca` a file with the certificates that are trusted instead of
    the system's."""

    host: str
    port: int
    encryption: str = "tls"
    ca: Path | None = None

    @property
    def where(self) -> str:
        """The server, for people."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == PORTS[self.encryption] else f"{host}:{self.port}"

    def context(self) -> ssl.SSLContext:
        """How its certificate is checked. Raises SourceBroken if `ca` can't be read."""
        try:
            return ssl.create_default_context(cafile=str(self.ca) if self.ca else None)
        except (OSError, ssl.SSLError) as error:
            raise SourceBroken(self.where, "CA_UNREADABLE", file=self.ca.name if self.ca else "-") from error


class Line:
    """Connections to one server. With `tokens` one logs in with one of them instead of the password; `gate` gives each step its
    time."""

    def __init__(self, server: MailServer, login: Login, tokens: ClientCredentials | None, gate: Gate) -> None:
        self._server = server
        self._login = login
        self._tokens = tokens
        self._gate = gate
        self._where = server.where
        self._kept: Wire | None = None
        self._farewell: asyncio.TimerHandle | None = None

    @asynccontextmanager
    async def wire(self, until: float) -> AsyncIterator[Wire]:
        """A connection that is logged in, the one of the last reading if it still answers; kept for a while afterwards."""
        wire = await self._awake(until) or await self.opened(until)
        try:
            yield wire
        except BaseException:
            wire.drop()
            raise
        self._kept = wire
        self._farewell = asyncio.get_running_loop().call_later(KEPT_SECONDS, self.leave)

    async def _awake(self, until: float) -> Wire | None:
        wire, self._kept = self._kept, None
        if self._farewell is not None:
            self._farewell.cancel()
        if wire is not None:
            try:
                await self.ask(wire, until, b"NOOP")
            except SourceError:
                wire.drop()
                return None
            except BaseException:
                wire.drop()
                raise
        return wire

    async def opened(self, until: float) -> Wire:
        context = None if self._server.encryption == "none" else await asyncio.to_thread(self._server.context)
        wire: Wire | None = None
        try:
            async with self.step(until):
                first = context if self._server.encryption == "tls" else None
                wire = await Wire.open(self._server.host, self._server.port, first, self._where)
                if self._server.encryption == "starttls" and context is not None:
                    await wire.secure(context, self._server.host)
                await self._log_in(wire)
        except BaseException:
            if wire is not None:
                wire.drop()
            raise
        return wire

    async def _log_in(self, wire: Wire) -> None:
        """With a token, if tokens are given out; one that is no longer taken is renewed once."""
        if self._tokens is None:
            await wire.log_in(self._login)
            return
        import httpx  # no mailbox else needs it

        async with httpx.AsyncClient(trust_env=False, timeout=None) as client:  # noqa: S113 - the step has a deadline
            token = await self._tokens.token(client)
            try:
                await wire.log_in(replace(self._login, token=token))
            except SourceAuth:
                if not self._tokens.forget_token(token):
                    raise
                await wire.log_in(replace(self._login, token=await self._tokens.token(client)))

    def leave(self) -> None:
        wire, self._kept = self._kept, None
        if wire is not None:
            wire.leave()

    @asynccontextmanager
    async def step(self, until: float, what: str = "") -> AsyncIterator[None]:
        """A step with its deadline; what a connection raises becomes ours."""
        async with self._gate.step(self._where, until):
            try:
                yield
            except Refused as refused:
                reason = refused.code or refused.word
                where = f"{self._where} › {what}" if what else self._where
                kind = SourceBusy if refused.code in ("UNAVAILABLE", "INUSE", "LIMIT", "SERVERBUG") else SourceBroken
                raise kind(where, "MAIL_REFUSED", reason=reason) from refused
            except FOREIGN as error:
                raise translate(error, self._where) from error

    async def ask(self, wire: Wire, until: float, command: bytes, what: str = "") -> list[Answer]:
        async with self.step(until, what):
            return await wire.ask(command)
