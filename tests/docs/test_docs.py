"""What the documentation says is there: links, YAML, the glossary's words, the example."""

from __future__ import annotations

import re
from pathlib import Path

import openpyxl
import pytest

from config.model import HubWritten
from config.yamlfile import read_yaml
from simpul.demo.generate import generate, hub_yaml

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "examples").rglob("*.md")])
BLOCKS = [
    (page.name, block)
    for page in PAGES
    for block in re.findall(r"```yaml\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_relative_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8")):
        if "://" not in target:
            assert (page.parent / target).exists(), target


@pytest.mark.parametrize(("page", "block"), BLOCKS)
def test_yaml_blocks_are_read_and_hold_known_names(tmp_path: Path, page: str, block: str) -> None:
    path = tmp_path / "hub.yaml"
    path.write_text(block, encoding="utf-8")
    problems: list[object] = []

    tree = read_yaml(path, problems)  # type: ignore[arg-type]  # any list takes them

    assert tree is not None, problems
    assert set(tree.plain()) <= set(HubWritten.model_fields)


def test_the_example_shows_what_the_demo_writes(tmp_path: Path) -> None:
    example = ROOT / "examples" / "sumbawa"
    assert (example / "hub.yaml").read_text(encoding="utf-8") == hub_yaml()
    generate(tmp_path, 8091)
    for shown in example.glob("*/**/*.*"):
        made = tmp_path / shown.relative_to(example)
        if shown.suffix == ".xlsx":
            assert cells(shown) == cells(made)
        elif shown.suffix == ".mbox":  # the first five of some four hundred
            assert made.with_name("pengaduan.mbox").read_bytes().startswith(shown.read_bytes().rstrip(b"\n"))
        else:
            assert shown.read_bytes() == made.read_bytes(), shown


def cells(workbook: Path) -> list[tuple[object, ...]]:
    """The values of every sheet."""
    opened = openpyxl.load_workbook(workbook)
    return [row for sheet in opened for row in sheet.iter_rows(values_only=True)]


@pytest.mark.parametrize("name", ["clients.md", "clients.id.md"])
def test_the_files_of_clients_are_shown_as_they_are_tested(name: str) -> None:
    text = (ROOT / "docs" / name).read_text(encoding="utf-8")
    shown = re.findall(r"\]\(\.\./(tests/clients/[\w./]+)\)[^\n]*\n\n```\w+\n(.*?)```", text, re.DOTALL)

    assert len(shown) == text.count("```") / 2 > 0
    for file, block in shown:
        assert block == (ROOT / file).read_text(encoding="utf-8"), file


@pytest.mark.parametrize("name", ["saved-questions.md", "saved-questions.id.md"])
def test_the_saved_question_is_shown_as_the_example_has_it(name: str) -> None:
    text = (ROOT / "docs" / name).read_text(encoding="utf-8")
    (shown,) = re.findall(r"```graphql\n(.*?)```", text, re.DOTALL)

    assert shown == (ROOT / "examples" / "sumbawa" / "queries" / "anggaran.graphql").read_text(encoding="utf-8")


def test_both_readmes_name_the_two_commands() -> None:
    for name in ("README.md", "README.id.md"):
        text = (ROOT / name).read_text(encoding="utf-8")
        assert "make demo" in text and "make test" in text
