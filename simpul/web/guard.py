"""What surrounds every answer: a request id, security headers, the Host check, and no inner text of a bug."""

from __future__ import annotations

import logging
import re
import secrets
from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import count

import orjson
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from config.hub import Language
from config.messages import Messages
from simpul.logs import REQUEST_ID
from simpul.web.accept import choose_language

LOG = logging.getLogger("simpul.web")

SECURITY_HEADERS = {
    "Content-Security-Policy": "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; "
    "object-src 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
}

KEPT_HOSTS = 64

_RAW_HEADERS = [(name.lower().encode(), value.encode()) for name, value in SECURITY_HEADERS.items()]
_NAMES = frozenset(name for name, _ in _RAW_HEADERS)
_GIVEN_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_LOOPBACK = re.compile(r"(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d{1,5})?", re.IGNORECASE)


class Guard:
    """The outermost layer. An exception that nobody expected becomes 500 with a request id; its text is logged. `hear` is told the
    path and status of every answer."""

    def __init__(
        self, app: ASGIApp, messages: Messages, default: Language, hear: Callable[[str, int], None] = lambda *_: None
    ) -> None:
        self._app = app
        self._messages = messages
        self._default = default
        self._hear = hear
        # a new request id is unique; nothing rests on its being secret
        self._prefix, self._numbers = secrets.token_hex(4), count(1)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = header_of(scope, b"x-request-id")
        request_id = given if given and _GIVEN_ID.fullmatch(given) else f"{self._prefix}{next(self._numbers):08x}"
        token = REQUEST_ID.set(request_id)
        started = False

        async def send_guarded(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                self._hear(scope["path"], message["status"])
                headers = message["headers"]
                present = [name for name, _ in headers if name in _NAMES]
                headers += [header for header in _RAW_HEADERS if header[0] not in present] if present else _RAW_HEADERS
                headers.append((b"x-request-id", request_id.encode()))
            await send(message)

        try:
            await self._app(scope, receive, send_guarded)
        except ClientDisconnect:
            LOG.info("%s %s: nobody waits for the answer any more", scope["method"], scope["path"])
        except Exception:
            LOG.exception("%s %s failed", scope["method"], scope["path"])
            if not started:
                await self._failed(scope, request_id)(scope, receive, send_guarded)
        finally:
            REQUEST_ID.reset(token)

    def _failed(self, scope: Scope, request_id: str) -> Response:
        language = choose_language(None, header_of(scope, b"accept-language"), self._default)
        message = self._messages.render("INTERNAL_SERVER_ERROR", {"request": request_id}, language)
        error = {"message": message, "extensions": {"code": "INTERNAL_SERVER_ERROR", "requestId": request_id}}
        return Response(orjson.dumps({"errors": [error]}), 500, media_type="application/json; charset=utf-8")


class Straight:
    """Hands what is asked of one path to its endpoint, past the layers that look for routes."""

    def __init__(self, app: ASGIApp, path: str, endpoint: ASGIApp) -> None:
        self._app = app
        self._path = path
        self._endpoint = endpoint

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_meant = scope["type"] == "http" and scope["path"] == self._path
        await (self._endpoint if is_meant else self._app)(scope, receive, send)


class LoopbackHosts:
    """Refuses a Host that is not this machine's own name while the hub listens on loopback only: else a page on the
    internet could point its name here and read the answers (DNS rebinding)."""

    def __init__(self, app: ASGIApp, refuse: Callable[[Request], Response]) -> None:
        self._app = app
        self._refuse = refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not is_loopback_host(header_of(scope, b"host")):
            await self._refuse(Request(scope))(scope, receive, send)
        else:
            await self._app(scope, receive, send)


def header_of(scope: Scope, name: bytes) -> str:
    """The first header of this name, which is in small letters; "" if there is none."""
    return next((value.decode("latin-1") for key, value in scope["headers"] if key == name), "")


@lru_cache(KEPT_HOSTS)
def is_loopback_host(host: str) -> bool:
    """Whether a Host header (`name:port`) names this machine."""
    return _LOOPBACK.fullmatch(host) is not None


def origin_pattern(origins: Sequence[str]) -> str | None:
    """A regular expression of allowed origins, where `:*` at the end means any port; None if there are none."""
    if not origins:
        return None
    return "|".join(
        re.escape(origin.removesuffix(":*")) + (r"(:\d{1,5})?" if origin.endswith(":*") else "") for origin in origins
    )
