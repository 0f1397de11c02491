"""Every code that our code can say has a sentence, in both languages, and the two name the same parameters."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from config.sentences import SENTENCES as CONFIG
from connectors.messages import SENTENCES as CONNECTORS
from replica.messages import SENTENCES as REPLICA
from resolvers.messages import SENTENCES as RESOLVERS
from schema.common import REASONS
from simpul.messages import MESSAGES

ROOT = Path(__file__).parents[2]
RAISED = re.compile(
    r'(?:Source\w+|DatasetMissing|ColumnMissing|LimitExceeded|Unreadable|Problem|Refused|BadRequest)\([^()]*?"([A-Z]+_[A-Z_]+)"'
)
SAID = re.compile(r'terminal\.(?:say|warn|text)\(\s*"([A-Z_]+)"')
CLASS = re.compile(r'^\s+code = "([A-Z_]+)"', re.MULTILINE)


def test_every_code_has_a_sentence() -> None:
    codes = set(REASONS)
    for folder in ("connectors", "replica", "simpul"):
        for path in (ROOT / folder).rglob("*.py"):
            text = path.read_text(encoding="utf-8")
            codes |= {*RAISED.findall(text), *SAID.findall(text), *CLASS.findall(text)}

    assert len(codes) > 80
    assert codes - MESSAGES.codes == set()


@pytest.mark.parametrize(
    "sentences", [CONFIG, CONNECTORS, REPLICA, RESOLVERS], ids=["config", "connectors", "replica", "resolvers"]
)
def test_both_languages_name_the_same_parameters(sentences: dict[str, tuple[str, str]]) -> None:
    for code, (english, indonesian) in sentences.items():
        assert set(re.findall(r"(?<!\{)\{(\w+)\}", english)) == set(re.findall(r"(?<!\{)\{(\w+)\}", indonesian)), code


def test_no_code_has_two_sentences() -> None:
    catalogues = [CONFIG, CONNECTORS, REPLICA, RESOLVERS]
    for position, one in enumerate(catalogues):
        for other in catalogues[position + 1 :]:
            assert set(one) & set(other) <= {"CROSSWALK_NO_MATCH"}
