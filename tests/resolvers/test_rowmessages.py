"""Every reason that an explanation can give has its sentences, and every sentence can be given."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import pytest

from connectors.connector import Reason
from connectors.seeking import seek_file
from resolvers.explaining import ADVISED, REJECTS, SELF_EVIDENT, WITH_TEXT, advice_on
from resolvers.messages import MESSAGES
from resolvers.rowmessages import SENTENCES
from resolvers.unseen import FOUND_FIRST
from schema.common import REASONS
from schema.rows import ASIDE

ROOT = Path(__file__).parents[2]


def test_every_reason_has_a_sentence_and_a_value_in_the_schema() -> None:
    reasons = set(get_args(Reason))

    assert set(ASIDE) == reasons
    told = {f"WHY_{reason}" for reason in reasons - {"DUPLICATE"}}  # of which there are three kinds
    told |= {f"WHY_{reason}_TEXT" for reason in WITH_TEXT} | {f"ADVICE_{reason}" for reason in ADVISED}
    told |= {f"{kind}_{code}" for kind in ("WHY", "ADVICE") for code in FOUND_FIRST} | {
        f"ADVICE_{code}" for code in REJECTS
    }
    assert told <= set(SENTENCES)
    assert set(ADVISED) | set(SELF_EVIDENT) <= reasons
    source = "\n".join(
        (ROOT / "resolvers" / name).read_text() for name in ("explaining.py", "linkreasons.py", "unseen.py")
    )
    written = set(re.findall(r'"((?:WHY|ADVICE|LINK)_[A-Z_]+)"', source))
    assert written | told == set(SENTENCES)


@pytest.mark.parametrize("code", sorted(REASONS))
@pytest.mark.parametrize("language", ["en", "id"])
def test_there_is_advice_on_every_reject(code: str, language: str) -> None:
    said = advice_on(code, {"others": "A › 2", "entity": "X", "link": "L"}, "field", "C4", "a.xlsx › 4", "hub.yaml:7")

    text = MESSAGES.render(said.code, said.params, "en" if language == "en" else "id")
    assert "?" not in text
    assert "hub.yaml:7" in text or code == "CROSSWALK_NO_MATCH"


def test_names_are_looked_for_near_the_patterns_only(tmp_path: Path) -> None:
    inside, outside = tmp_path / "hub" / "data", tmp_path / "secret"
    for folder in (inside, outside):
        folder.mkdir(parents=True)
    (inside / "a.xlsx").write_bytes(b"x")
    (outside / "b.xlsx").write_bytes(b"x")

    assert seek_file(tmp_path / "hub", ["data/*.xlsx"], "A").code == "FILE_NEW"
    (inside / "hub.yaml").write_bytes(b"x")
    (inside / "b.xls.bak").write_bytes(b"x")
    assert seek_file(tmp_path / "hub", ["data/*.xlsx"], "b.xls.bak").code == "FILE_NOT_MATCHED"
    assert seek_file(tmp_path / "hub", ["data/*.xlsx"], "hub.yaml") == ("FILE_UNKNOWN", "a.xlsx")
    assert seek_file(tmp_path / "hub", ["data/*.yaml"], "hub.yaml").code == "FILE_NEW"
    for name in ("../../secret/b.xlsx", str(outside / "b.xlsx"), "b.xlsx"):
        assert seek_file(tmp_path / "hub", ["data/*.xlsx"], name) == ("FILE_UNKNOWN", "a.xlsx")
