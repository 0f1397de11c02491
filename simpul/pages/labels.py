"""What people call an entity; declared ones go by their name."""

from __future__ import annotations

from config.hub import Language
from config.messages import Messages


def label_of(entity: str, messages: Messages, language: Language) -> str:
    """`Usulan` for Proposal; the name itself for an entity without a word of ours."""
    code = f"ENTITY_{entity}"
    return messages.render(code, {}, language) if code in messages.codes else entity
