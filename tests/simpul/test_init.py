"""`simpul init`: what it writes works at once, in both languages, and nothing that was there is lost."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from config.hub import Language
from config.load import load_config
from config.yamlfile import read_yaml
from schema.catalogue import describe
from simpul.commands.init import WRITTEN, starter
from tests.hubs import RunSimpul

LANGUAGES: tuple[Language, ...] = ("en", "id")


def held(folder: Path) -> dict[str, str]:
    """Every file of a folder and what is in it."""
    return {
        path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8")
        for path in folder.rglob("*")
        if path.is_file()
    }


def plain(folder: Path, text: str) -> Any:
    path = folder / "plain.yaml"
    path.write_text(text, encoding="utf-8")
    tree = read_yaml(path, [])
    assert tree is not None
    return tree.plain()


def in_use(text: str) -> str:
    """hub.yaml after a person has deleted the # in front of every example."""
    return re.sub(r"^#(?! \S|$)", "", text, flags=re.MULTILINE)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", ["kab", "kabupaten saya/hub", "."])
def test_every_command_that_it_names_works(simpul: RunSimpul, tmp_path: Path, language: Language, name: str) -> None:
    ended = simpul(tmp_path, "init", name, "--lang", language)

    assert (ended.code, ended.err) == (0, "")
    lines = ended.out.splitlines()
    assert [line.split()[0] for line in lines[1 : 1 + len(WRITTEN)]] == list(WRITTEN)
    commands = [shlex.split(line)[1:] for line in lines[2 + len(WRITTEN) :]]
    assert [command[0] for command in commands] == ["check", "sync", "query", "rejects", "serve"]
    check, sync, query, rejects = (simpul(tmp_path, *command, env={"SIMPUL_LANG": "en"}) for command in commands[:4])
    problems = {
        "en": "no problems; 1 source, 1 entity, 1 saved question.",
        "id": "tidak ada masalah; 1 sumber, 1 jenis data, 1 pertanyaan tersimpan.",
    }
    assert check.out.rstrip().endswith(problems[language])
    assert sync.code == query.code == rejects.code == 0
    answer = json.loads(query.out)["data"]["proposals"]
    assert answer["totalCount"] == 4
    assert [node["estimatedCost"] for node in answer["nodes"]] == ["850000000", "125000000", None, None]
    assert 'usulan.csv › 4 (F4) "1,5 M": ' in rejects.out


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_examples_that_are_not_in_use_are_right(tmp_path: Path, language: Language) -> None:
    files = starter(language)
    text = in_use(files["hub.yaml"])
    (tmp_path / "hub.yaml").write_text(text, encoding="utf-8")
    names = re.findall(r"^#(\w+)=$", files["secrets.env"], re.MULTILINE)

    config = load_config(tmp_path / "hub.yaml", describe(), dict.fromkeys(names, "x"))

    assert set(config.sources) == {"perencanaan", "keuangan", "proyek", "pengaduan"}
    assert {entity.name for entity in config.catalogue if entity.system is None} == {
        "Proposal",
        "BudgetLine",
        "Project",
        "Complaint",
    }
    assert config.catalogue.hops("BudgetLine")["projects"].link.rules
    validator = Draft202012Validator(json.loads(files["hub.schema.json"]))
    assert list(validator.iter_errors(plain(tmp_path, text))) == []
    assert list(validator.iter_errors({**plain(tmp_path, text), "souces": {}})) != []


def test_both_languages_say_the_same_and_only_remarks_differ(tmp_path: Path) -> None:
    english, indonesian = (in_use(starter(language)["hub.yaml"]) for language in LANGUAGES)

    assert english.splitlines()[0] == indonesian.splitlines()[0] == "# yaml-language-server: $schema=hub.schema.json"
    said = {"notice": "SAMPLE DATA, not official", "language": "en"}
    assert {**plain(tmp_path, indonesian), **said} == plain(tmp_path, english)
    remarks = [re.findall(r"^ *# .*$", text, re.MULTILINE)[1:] for text in (english, indonesian)]
    assert len(remarks[0]) == len(remarks[1]) > 20
    assert set(remarks[0]) & set(remarks[1]) == set()


@pytest.mark.skipif(os.name != "posix", reason="platform: only POSIX has modes; test it on Linux")
def test_secrets_are_for_their_owner_alone_and_git_sees_none(simpul: RunSimpul, tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        simpul(tmp_path, "init", "kab")
    finally:
        os.umask(before)
    folder = tmp_path / "kab"
    simpul(folder, "sync")

    assert (folder / "secrets.env").stat().st_mode & 0o777 == 0o600
    subprocess.run(["git", "init", "-q"], cwd=folder, check=True)
    status = ["git", "status", "--porcelain", "--untracked-files=all"]
    seen = subprocess.run(status, cwd=folder, check=True, capture_output=True, text=True).stdout.splitlines()
    assert sorted(line[3:] for line in seen) == sorted(set(WRITTEN) - {"secrets.env"})


@pytest.mark.parametrize("there", [".gitignore", "secrets.env", "data/usulan.csv"])
def test_nothing_is_written_over(simpul: RunSimpul, tmp_path: Path, there: str) -> None:
    path = tmp_path / "kab" / there
    path.parent.mkdir(parents=True)
    path.write_text("milik saya", encoding="utf-8")

    english = simpul(tmp_path, "init", "kab", "--lang", "en")
    indonesian = simpul(tmp_path, "init", "kab", "--lang", "id")

    assert (english.code, english.out, indonesian.code, indonesian.out) == (1, "", 1, "")
    assert english.err == (
        f"kab holds {there} already; nothing was written. Name another folder, or move these files away first.\n"
    )
    assert indonesian.err == (
        f"kab sudah berisi {there}; tidak ada yang ditulis. Sebutkan folder lain, atau pindahkan dulu berkas itu.\n"
    )
    assert held(tmp_path / "kab") == {there: "milik saya"}


@pytest.mark.parametrize(
    ("folder", "named"), [("kab", "kab/data"), ("kab/data", "kab/data"), ("kab/data/x", "kab/data/x")]
)
def test_a_file_in_the_way_is_told_and_nothing_is_left_behind(
    simpul: RunSimpul, tmp_path: Path, folder: str, named: str
) -> None:
    (tmp_path / "kab").mkdir()
    (tmp_path / "kab" / "data").write_text("berkas", encoding="utf-8")

    english = simpul(tmp_path, "init", folder, "--lang", "en")
    indonesian = simpul(tmp_path, "init", folder, "--lang", "id")

    named = str(Path(named))
    if folder == "kab":
        named = str(Path(named) / "usulan.csv")
    assert english.err == (
        f"{named} can't be written: a file stands where a folder is needed; choose another name, or move the file.\n"
    )
    assert indonesian.err == (
        f"{named} tidak dapat ditulis: ada berkas di tempat yang memerlukan folder; pilih nama lain, atau pindahkan "
        "berkas itu.\n"
    )
    assert held(tmp_path) == {"kab/data": "berkas"}


def test_the_schema_alone_is_written_anew_beside_a_hub_that_is_there(simpul: RunSimpul, tmp_path: Path) -> None:
    (tmp_path / "hub.yaml").write_text("name: lama", encoding="utf-8")
    (tmp_path / "hub.schema.json").write_text("{}", encoding="utf-8")

    ended = simpul(tmp_path, "init", ".", "--schema", "--lang", "en")

    assert ended.code == 0
    assert ended.out.endswith("begins with the line # yaml-language-server: $schema=hub.schema.json\n")
    assert held(tmp_path) == {"hub.yaml": "name: lama", "hub.schema.json": starter("en")["hub.schema.json"]}


@pytest.mark.parametrize(("language", "guide"), [("en", "install-offline.md"), ("id", "install-offline.id.md")])
def test_the_guide_shows_what_it_says(simpul: RunSimpul, tmp_path: Path, language: Language, guide: str) -> None:
    text = (Path(__file__).parents[2] / "docs" / guide).read_text(encoding="utf-8")

    made = simpul(tmp_path, "init", "kabupaten", "--lang", language)
    checked = simpul(tmp_path, "check", "--config", "kabupaten/hub.yaml", "--lang", language)

    for ended in (made, checked):
        assert "".join(f"    {line}\n" for line in ended.out.splitlines()) in text
