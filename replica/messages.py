"""Sentences of what mapping, sync and links report."""

SENTENCES: dict[str, tuple[str, str]] = {}
