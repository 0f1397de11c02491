"""What the writing half says when something goes wrong, in both languages, with what is needed to do something about it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from config.hub import Language
from config.messages import Messages
from replica.messages import SENTENCES

MESSAGES = Messages(SENTENCES)


@pytest.mark.parametrize("language", ["en", "id"])
def test_the_shrink_guard_names_both_counts_and_what_to_do(world: Any, language: Language) -> None:
    def wish(number: int) -> dict[str, Any]:
        return {"number": str(number), "title": "x", "cost": None, "on": None, "place": None, "within": None}

    world.data["plans"]["wishes"]["a"] = [wish(n) for n in range(20)]
    _, syncer = world.hub()
    asyncio.run(syncer.sync("plans"))
    world.data["plans"]["wishes"]["a"] = [wish(n) for n in range(7)]

    [problem] = asyncio.run(syncer.sync("plans")).problems

    sentence = MESSAGES.render(problem.code, problem.params, language)
    assert "Wish" in sentence and "20" in sentence and " 7 " in sentence and "--force" in sentence


@pytest.mark.parametrize("code", SENTENCES)
def test_every_sentence_stands_in_both_languages_and_ends_as_one(code: str) -> None:
    english, indonesian = SENTENCES[code]

    assert english != indonesian
    assert english[-1] in ".?" and indonesian[-1] in ".?"
