"""What is to be said of a source beside its state, wherever that is told."""

from __future__ import annotations

from datetime import datetime, timedelta

from config.hub import Language
from config.messages import Messages
from simpul.formats import format_span

LATE = timedelta(minutes=1)  # less is how long a sync takes


def remarks_on(
    due_at: datetime | None, retry_at: datetime | None, now: datetime, messages: Messages, language: Language
) -> list[str]:
    """By how much it is late, and that it is left alone after failures."""
    said = []
    if due_at is not None and now - due_at > LATE:
        said.append(messages.render("SOURCE_LATE", {"span": format_span(now - due_at, language)}, language))
    if retry_at is not None and retry_at > now:
        said.append(messages.render("SOURCE_RESTS", {"span": format_span(retry_at - now, language)}, language))
    return said
