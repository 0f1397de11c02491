"""Whether a SELECT of hub.yaml only reads, as far as its words say. The read-only transaction is what keeps the rest out."""

from __future__ import annotations

import re

_POSTGRES_HIDDEN = r"""
    (?:\b[eE]'(?:[^'\\]|\\.|'')*') | '[^']*' | "[^"]*" | (?P<tag>\$\w*\$).*?(?P=tag) | --[^\n]* | /\*.*?\*/
"""
_MYSQL_HIDDEN = r"""
    '(?:[^'\\]|\\.)*' | "(?:[^"\\]|\\.)*" | `[^`]*` | --[^\n]* | \#[^\n]* | /\*(?!!|M!).*?\*/
"""
POSTGRES = re.compile(_POSTGRES_HIDDEN, re.VERBOSE | re.DOTALL)
"""What of a statement is no word of SQL: texts, quoted names, comments."""
MYSQL = re.compile(_MYSQL_HIDDEN, re.VERBOSE | re.DOTALL)
"""The same; what stands in `/*! */` is run, and so it is not hidden."""

_BEGINS = re.compile(r"[\s(]*(?:SELECT|WITH|VALUES|TABLE)\b", re.IGNORECASE)
_ELSE = re.compile(
    r"; | \bINTO\b | /\* | \bFOR\s+(?:NO\s+KEY\s+|KEY\s+)?(?:UPDATE|SHARE)\b | \bLOCK\s+IN\s+SHARE\b",
    re.IGNORECASE | re.VERBOSE,
)


def is_reading(statement: str, hidden: re.Pattern[str]) -> bool:
    """Whether it is one statement that reads, writes no file or variable, and locks nothing."""
    bare = hidden.sub(" '' ", statement).strip().rstrip(";")
    return _BEGINS.match(bare) is not None and _ELSE.search(bare) is None
