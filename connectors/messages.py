"""Sentences of what connectors report."""

SENTENCES: dict[str, tuple[str, str]] = {}
