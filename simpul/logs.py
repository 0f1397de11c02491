"""Log lines: one place, one line each, without personal data and without secrets."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Sequence
from contextvars import ContextVar
from typing import TYPE_CHECKING, TextIO
from urllib.parse import quote

from connectors.personal import mask_personal

if TYPE_CHECKING:
    import asyncio

REQUEST_ID: ContextVar[str | None] = ContextVar("request_id", default=None)
"""The id of the request that is being answered."""

SHORTEST_SECRET = 4  # shorter values would blot out ordinary words


def telling(log: logging.Logger, sentence: str) -> Callable[[asyncio.Task[None]], None]:
    """For a task that nobody waits for: what to call at its end, which would be silent if it failed."""

    def ended(task: asyncio.Task[None]) -> None:
        if not task.cancelled() and task.exception() is not None:
            log.error(sentence, exc_info=task.exception())

    return ended


class MaskedFormatter(logging.Formatter):
    """Writes time, level, logger, request id and message; masks personal data and secrets, tracebacks included."""

    def __init__(self, secrets: Sequence[str]) -> None:
        super().__init__()
        self.secrets = tuple(dict.fromkeys(secrets))
        known = {
            form for secret in secrets for form in (secret, quote(secret, safe="")) if len(form) >= SHORTEST_SECRET
        }
        self._secrets = sorted(known, key=len, reverse=True)

    def format(self, record: logging.LogRecord) -> str:
        """The masked line; a message of several lines is one line, a traceback keeps its lines."""
        message = " ⏎ ".join(record.getMessage().splitlines())
        trace = "\n" + self.formatException(record.exc_info) if record.exc_info else ""
        request = f" [{REQUEST_ID.get()}]" if REQUEST_ID.get() else ""
        text = self._mask(f"{message}{trace}")
        return f"{self.formatTime(record, '%Y-%m-%d %H:%M:%S')} {record.levelname} {record.name}{request} {text}"

    def _mask(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, "***")
        return mask_personal(text)


def set_up_logging(secrets: Sequence[str], level: int = logging.INFO, stream: TextIO | None = None) -> None:
    """Sends every logger of the process through one masked handler (standard error unless `stream` is given)."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(MaskedFormatter(secrets))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
    for chatty in ("httpx", "httpcore"):  # a line for every request
        logging.getLogger(chatty).setLevel(logging.WARNING)
    logging.getLogger("uvicorn.error").setLevel(logging.ERROR)  # a line for every scanner's nonsense


def mask_also(secrets: Sequence[str]) -> None:
    """Has the handler of `set_up_logging` mask these secrets; nothing else is set up anew."""
    for handler in logging.getLogger().handlers:
        if isinstance(handler.formatter, MaskedFormatter):
            handler.setFormatter(MaskedFormatter((*handler.formatter.secrets, *secrets)))
