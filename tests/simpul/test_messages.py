"""Every sentence exists in both languages with the same parameters, and every code that is used has a sentence."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from string import Formatter

import pytest

from config.sentences import SENTENCES as CONFIG
from connectors.messages import SENTENCES as CONNECTORS
from replica.messages import SENTENCES as REPLICA
from resolvers.messages import SENTENCES as RESOLVERS
from simpul import messages

SIMPUL = messages.SENTENCES
ROOT = Path(__file__).parents[2] / "simpul"


def parameters(sentence: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(sentence) if name}


@pytest.mark.parametrize("code", sorted(SIMPUL))
def test_both_languages_say_the_same_parameters(code: str) -> None:
    english, indonesian = SIMPUL[code]

    assert english.strip() == english
    assert indonesian.strip() == indonesian
    assert english
    assert indonesian
    assert parameters(english) == parameters(indonesian)


def test_no_two_packages_use_a_code_for_different_sentences() -> None:
    counted = Counter(code for sentences in (CONFIG, CONNECTORS, REPLICA, RESOLVERS, SIMPUL) for code in sentences)

    assert [code for code, times in counted.items() if times > 1] == []


def test_templates_and_commands_name_only_codes_that_have_a_sentence() -> None:
    used = set()
    for template in (ROOT / "pages" / "templates").glob("*.html"):
        used |= set(re.findall(r"""\bt\(["']([A-Z_]+)["']""", template.read_text(encoding="utf-8")))
    for module in ROOT.rglob("*.py"):
        text = module.read_text(encoding="utf-8")
        used |= set(re.findall(r"""\b(?:say|warn|text|_text|question|Refused)\(\s*(?:\d+, )?"([A-Z_]+)\"""", text))
        used |= set(re.findall(r'help="(HELP_[A-Z]+)"', text))

    assert len(used) > 60
    assert used - messages.MESSAGES.codes == set()


def test_no_sentence_of_the_front_door_is_left_unused() -> None:
    texts = [path.read_text(encoding="utf-8") for path in ROOT.rglob("*") if path.suffix in (".py", ".html")]
    source = "\n".join(text for text in texts if "HTTP: dict" not in text)
    composed = ("ENTITY_", "STATE_", "OUTCOME_", "MATCH_")

    assert [
        code for code in SIMPUL if not code.startswith(composed) and f'"{code}"' not in source.replace("'", '"')
    ] == []
