"""`simpul init`: a folder with a small hub that works, to be changed into one's own. Nothing that is there is written over."""

from __future__ import annotations

import json
import os
from importlib.resources import files
from pathlib import Path

from config.hub import Language
from config.hubschema import hub_schema
from schema.catalogue import describe
from simpul.console import Terminal

SCHEMA = "hub.schema.json"
SAMPLE, QUESTION = "data/usulan.csv", "queries/usulan.graphql"
WRITTEN = {
    "hub.yaml": "INIT_HUB",
    "secrets.env": "INIT_SECRETS",
    ".gitignore": "INIT_GITIGNORE",
    SCHEMA: "INIT_SCHEMA",
    SAMPLE: "INIT_SAMPLE",
    QUESTION: "INIT_QUESTION",
}
"""Each file and what it is for, in the order in which a person looks at them."""
_OWNER_ONLY = 0o600


def init_hub(terminal: Terminal, folder: Path, *, schema_only: bool) -> int:
    """Writes the files, all or none, and says what to run next. 1 if one is there already or can't be written. With
    `schema_only` hub.schema.json alone, anew: it is made by Simpul and changes with it."""
    texts = {SCHEMA: schema_text(terminal.language)} if schema_only else starter(terminal.language)
    there = [] if schema_only else [name for name in texts if os.path.lexists(folder / name)]
    if there:
        terminal.warn("INIT_THERE", folder=folder, names=", ".join(there))
        return 1
    begun: list[Path] = []
    path = folder
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in texts.items():
            path = folder / name
            path.parent.mkdir(exist_ok=True)
            _write(path, text, begun, anew=schema_only)
    except OSError as error:
        for made in begun:
            made.unlink(missing_ok=True)
        terminal.warn("INIT_FAILED", path=path, reason=terminal.trouble(error))
        return 1
    _tell(terminal, folder, texts, schema_only=schema_only)
    return 0


def starter(language: Language) -> dict[str, str]:
    """The files of a new hub, by their path in its folder."""

    def text(name: str) -> str:
        return files("simpul.starter").joinpath(name).read_text(encoding="utf-8")

    return {
        "hub.yaml": text(f"hub.{language}.yaml"),
        "secrets.env": text(f"secrets.{language}.env"),
        ".gitignore": text(f"gitignore.{language}"),
        SCHEMA: schema_text(language),
        SAMPLE: text("usulan.csv"),
        QUESTION: text("usulan.graphql"),
    }


def schema_text(language: Language) -> str:
    """What editors read to help with hub.yaml."""
    return json.dumps(hub_schema(describe(), language), ensure_ascii=False, indent=1) + "\n"


def _write(path: Path, text: str, begun: list[Path], *, anew: bool) -> None:
    if anew:
        path.write_text(text, encoding="utf-8", newline="\n")
        return
    mode = _OWNER_ONLY if path.name == "secrets.env" else 0o666
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    begun.append(path)
    with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
        file.write(text)


def _tell(terminal: Terminal, folder: Path, texts: dict[str, str], *, schema_only: bool) -> None:
    here = folder == Path()
    terminal.say("INIT_WRITTEN", folder=Path.cwd() if here else folder)
    width = max(map(len, texts))
    for name in texts:
        terminal.show(f"  {name:{width}}  {terminal.text(WRITTEN[name])}")
    if schema_only:
        terminal.say("INIT_FIRST_LINE", line=f"# yaml-language-server: $schema={SCHEMA}")
        return
    terminal.say("INIT_NEXT")
    config = "" if here else f" --config {_quoted(folder / 'hub.yaml')}"
    for command in ("check", "sync", f"query {_quoted(folder / QUESTION)}", "rejects", "serve"):
        terminal.show(f"  simpul {command}{config}")


def _quoted(path: Path) -> str:
    """A path as cmd, PowerShell and sh take it."""
    return f'"{path}"' if " " in str(path) else str(path)
