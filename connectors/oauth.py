"""OAuth 2.0: a token for the hub itself (client credentials, RFC 6749 §4.4) or for somebody who has agreed once (a refresh
token, §6), fetched when it is needed, renewed before it ends, and told to nobody."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote_plus, urlsplit

import httpx

from connectors.errors import LimitExceeded, SourceAuth, SourceBroken
from connectors.policy import Clock
from connectors.web import FOREIGN, check_answer, translate

MAX_BYTES = 100_000
MARGIN = 30.0  # seconds before its end in which a token is not used any more
REFUSED = (400, 401, 403)  # RFC 6749 §5.2: 400 for most, among them wrong credentials


@dataclass(frozen=True, slots=True)
class Client:
    """Who asks, where, and for what. The id and secret are sent as HTTP Basic, which every such server must take. With a
    `refresh_token` it is asked for in the name of whom that was given for."""

    url: str
    id: str
    secret: str = field(repr=False)
    scope: str | None = None
    refresh_token: str | None = field(default=None, repr=False)


class ClientCredentials:
    """The login of a source that gives out tokens."""

    def __init__(self, client: Client, clock: Clock = time.monotonic) -> None:
        self._asked = client
        self._clock = clock
        self._token: str | None = None
        self._ends: float | None = None
        self._is_new = False
        self._lock = asyncio.Lock()

    async def headers(self, client: httpx.AsyncClient) -> Mapping[str, str]:
        """The header with a token that still holds. Raises SourceAuth if none is given."""
        await self.token(client)
        return self._header

    async def token(self, client: httpx.AsyncClient) -> str:
        """The token itself."""
        async with self._lock:
            if self._token is None or (self._ends is not None and self._clock() >= self._ends):
                await self._renew(client)
                self._is_new = True
            else:
                self._is_new = False
            return self._token or ""

    def forget(self, refused: Mapping[str, str]) -> bool:
        """Forgets the token of headers that were refused. Another one may hold, unless this one was new."""
        return self.forget_token(refused["Authorization"].removeprefix("Bearer "))

    def forget_token(self, refused: str) -> bool:
        """The same for the token itself."""
        if refused != self._token:
            return True  # there is another one already
        self._token = None
        return not self._is_new

    @property
    def _header(self) -> Mapping[str, str]:
        return {"Authorization": f"Bearer {self._token}"}

    @property
    def _where(self) -> str:
        """Host and path, as errors tell it."""
        parts = urlsplit(self._asked.url)
        return f"{parts.netloc.rpartition('@')[2]}{parts.path}"

    async def _renew(self, client: httpx.AsyncClient) -> None:
        form = {"grant_type": "client_credentials"}
        if self._asked.refresh_token:
            form = {"grant_type": "refresh_token", "refresh_token": self._asked.refresh_token}
        if self._asked.scope:
            form["scope"] = self._asked.scope
        login = httpx.BasicAuth(quote_plus(self._asked.id), quote_plus(self._asked.secret))
        try:
            # the headers of the source are not the business of whoever gives out tokens, which may be somebody else; the deadline
            # is that of the step which needs the token
            request = httpx.Request(
                "POST",
                self._asked.url,
                data=form,
                headers={"Accept": "application/json", "Accept-Encoding": "identity"},
            )
            answer = await client.send(request, auth=login, stream=True)
            try:
                if answer.status_code in REFUSED:
                    raise SourceAuth(self._where, status=answer.status_code)
                check_answer(answer, self._where)
                self._take(await self._body(answer))
            finally:
                await answer.aclose()
        except FOREIGN as error:
            raise translate(error, self._where, 0) from None

    async def _body(self, answer: httpx.Response) -> bytes:
        content = bytearray()
        async for chunk in answer.aiter_raw():
            content += chunk
            if len(content) > MAX_BYTES:
                raise LimitExceeded(self._where, "ANSWER_TOO_LARGE", limit=f"{MAX_BYTES / 1_000_000:g}")
        return bytes(content)

    def _take(self, content: bytes) -> None:
        try:
            told = json.loads(content)
            token, seconds = told["access_token"], told.get("expires_in")
            ends = None if seconds is None else self._clock() + max(float(seconds) - MARGIN, 0.0)
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            raise SourceBroken(self._where, "TOKEN_MISSING") from None
        kind = told.get("token_type", "Bearer")
        if not isinstance(token, str) or not token.isascii() or str(kind).lower() != "bearer":
            raise SourceBroken(self._where, "TOKEN_MISSING")
        self._token, self._ends = token, ends
