"""Saved questions: operations in `queries/NAME.graphql` beside hub.yaml, asked by their name. Files are read when they are
asked, so that a change needs no restart."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from config.hub import Language
from config.messages import Messages
from config.problems import MESSAGES as CONFIG_MESSAGES
from config.trouble import trouble_of

if TYPE_CHECKING:
    from resolvers.cost import Scan
    from resolvers.engine import Engine, Outline
    from resolvers.flat import Variable

FOLDER = "queries"
SUFFIX = ".graphql"
RESERVED = ("expand", "locale", "lang")
"""Parameters of an address that are no variables."""

_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_WHOLE = re.compile(r"-?\d{1,30}")
_NUMBER = re.compile(r"-?\d{1,30}(\.\d{1,30})?")
_PLUS_LOST = re.compile(r"(:\d\d(?:\.\d+)?) (\d\d:\d\d)")  # a + in an address arrives as a blank
_NO_QUERY = re.compile(r"^The (\w+) operation is not supported")  # graphql-core, of mutations and subscriptions
LONGEST = 80  # characters of a wrong value that are repeated


class NoQuestion(Exception):
    """There is no saved question of this name; `names` are those that there are."""

    def __init__(self, name: str, names: Sequence[str]) -> None:
        super().__init__(name)
        self.name = name[:LONGEST]
        self.names = tuple(names)


class WrongVariable(Exception):
    """A variable is missing, unknown or has a wrong value; the sentence says which ones there are."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong with the file of a question. `line` and `column` count from 1; 0 where the whole file is meant."""

    file: str
    line: int
    column: int
    what: str

    def render(self, folder: Path | None = None) -> str:
        """`queries/NAME.graphql:3:5: what. what to do`; the path as seen from above `folder`."""
        path = (folder or Path(FOLDER)) / self.file
        return f"{path}:{self.line}:{self.column}: {self.what}" if self.line else f"{path}: {self.what}"


@dataclass(frozen=True, slots=True)
class Question:
    """A saved question that was read. With `findings` it can't be asked. `title` is its description or first comment."""

    name: str
    text: str
    title: str
    variables: tuple[Variable, ...]
    lists: tuple[str, ...]
    findings: tuple[Finding, ...]


class SavedQuestions:
    """The saved questions of one hub."""

    def __init__(self, hub_yaml: Path, engine: Engine, messages: Messages) -> None:
        self.folder = hub_yaml.parent / FOLDER
        self._engine = engine
        self._messages = messages

    def names(self) -> tuple[str, ...]:
        """What there is to ask, in alphabetical order."""
        return tuple(path.stem for path in self._files() if _NAME.fullmatch(path.stem))

    def __contains__(self, name: str) -> bool:
        return name in self.names()

    def read(self, name: str, language: Language) -> Question:
        """The question of this name. Raises NoQuestion."""
        names = self.names()
        if name not in names:  # compared with what is there, so that no name leads out of the folder
            raise NoQuestion(name, names)
        return self._read(self.folder / f"{name}{SUFFIX}", language)

    def text(self, name: str) -> str | None:
        """The text of the question of this name as it stands now; None if there is none, or it can't be read."""
        if name not in self.names():
            return None
        try:
            return _text(self.folder / f"{name}{SUFFIX}")
        except (OSError, UnicodeDecodeError):
            return None

    def all(self, language: Language) -> tuple[Question, ...]:
        """Every question."""
        return tuple(self.read(name, language) for name in self.names())

    def findings(self, language: Language) -> tuple[Finding, ...]:
        """What is wrong with the files of the folder, in their order."""
        found: list[Finding] = []
        for path in self._files():
            if _NAME.fullmatch(path.stem):
                found += self._read(path, language).findings
            else:
                found.append(Finding(path.name, 0, 0, self._messages.render("SAVED_NAME", {}, language)))
        return tuple(found)

    def scans(self) -> Iterator[tuple[str, Scan]]:
        """For each question that can be asked, where it looks at every record for want of an index."""
        for path in self._files():
            try:
                text = _text(path)
            except (OSError, UnicodeDecodeError):
                continue  # told as a finding
            for scan in self._engine.scans(text):
                yield path.name, scan

    def outline(self, name: str, text: str, language: Language) -> Question:
        """An operation as if it were saved under this name."""
        outline = self._engine.outline(text, language)
        findings = tuple(self._findings(f"{name}{SUFFIX}", outline, language))
        return Question(name, text, _title(text, language) or name, outline.variables, outline.lists, findings)

    def _files(self) -> list[Path]:
        return sorted(self.folder.glob(f"*{SUFFIX}")) if self.folder.is_dir() else []

    def _read(self, path: Path, language: Language) -> Question:
        try:
            return self.outline(path.stem, _text(path), language)
        except OSError as error:
            said = trouble_of(error)
            reason = CONFIG_MESSAGES.render(said.code, said.params, language)
            what = self._messages.render("SAVED_UNREADABLE", {"reason": reason}, language)
        except UnicodeDecodeError:
            what = self._messages.render("SAVED_NOT_UTF8", {}, language)
        return Question(path.stem, "", path.stem, (), (), (Finding(path.name, 0, 0, what),))

    def _findings(self, file: str, outline: Outline, language: Language) -> Iterator[Finding]:
        for error in outline.errors:
            line, column = _place(error)
            yield Finding(file, line, column, self._said(error, language))
        for variable in outline.variables:
            params = {"name": variable.name, "type": variable.written, "reserved": ", ".join(RESERVED)}
            if variable.name in RESERVED:
                yield Finding(file, *variable.place, self._messages.render("SAVED_RESERVED", params, language))
            elif not variable.simple:
                yield Finding(file, *variable.place, self._messages.render("SAVED_TYPE", params, language))

    def _said(self, error: Mapping[str, Any], language: Language) -> str:
        extensions = error["extensions"]
        code = extensions["code"]
        if code == "OPERATION_RESOLUTION_FAILURE" and "names" in extensions:
            return self._messages.render("SAVED_SEVERAL", {"names": extensions["names"]}, language)
        if code not in ("GRAPHQL_PARSE_FAILED", "GRAPHQL_VALIDATION_FAILED"):
            return str(error["message"])
        kind = _NO_QUERY.search(str(error["message"]))
        if kind:
            return self._messages.render("OPERATION_NOT_A_QUERY", {"kind": kind[1]}, language)
        said = self._messages.render("SAVED_INVALID", {"reason": " ".join(str(error["message"]).split())}, language)
        return f"{said} {extensions['hint']}" if "hint" in extensions else said


class Variables:
    """Reads the variables of a question and says in a sentence what is wrong with them."""

    def __init__(self, variables: Sequence[Variable], messages: Messages, language: Language) -> None:
        self._variables = {variable.name: variable for variable in variables}
        self._messages = messages
        self._language = language

    def from_address(self, given: Sequence[tuple[str, str]]) -> dict[str, object]:
        """The variables of the parameters of an address; an empty one counts as not given. Raises WrongVariable."""
        read: dict[str, object] = {}
        for name in dict.fromkeys(name for name, _ in given):
            variable = self._known(name)
            texts = [text for other, text in given if other == name and text != ""]
            if len(texts) > 1 and not variable.many:
                raise self._wrong("SAVED_VARIABLE_TWICE", name=name)
            values = [self._item(variable, text) for text in texts]
            if values:
                read[name] = values if variable.many else values[0]
        return self._complete(read)

    def from_json(self, given: Mapping[str, object]) -> dict[str, object]:
        """The variables of a JSON object. Raises WrongVariable."""
        for name, value in given.items():
            variable = self._known(name)
            if not variable.accepts(value):
                raise self._unfit(variable, str(value))
        return self._complete(dict(given))

    def expected(self, variable: Variable) -> str:
        """What a variable takes, in words."""
        if variable.choices:
            return self._text("SAVED_TAKES_CHOICE", choices=", ".join(variable.choices))
        code = _TAKES.get(variable.kind, "SAVED_TAKES_TEXT")
        return self._text(code)

    def _known(self, name: str) -> Variable:
        if name not in self._variables:
            raise self._wrong("SAVED_VARIABLE_UNKNOWN", name=_shown(name))
        return self._variables[name]

    def _item(self, variable: Variable, text: str) -> object:
        """One value as JSON has it."""
        value: object = text
        if variable.kind == "Int":
            value = int(text) if _WHOLE.fullmatch(text) else None
        elif variable.kind == "Float":
            value = float(text) if _NUMBER.fullmatch(text) else None
        elif variable.kind == "Boolean":
            value = {"true": True, "false": False}.get(text)
        elif variable.kind == "DateTime":
            value = _PLUS_LOST.sub(r"\1+\2", text)
        if value is None or not variable.accepts([value] if variable.many else value):
            raise self._unfit(variable, text)
        return value

    def _complete(self, read: dict[str, object]) -> dict[str, object]:
        for name, variable in self._variables.items():
            if variable.required and name not in read:
                raise self._wrong("SAVED_VARIABLE_MISSING", name=name, expected=self.expected(variable))
        return read

    def _unfit(self, variable: Variable, value: str) -> WrongVariable:
        expected = self.expected(variable)
        return self._wrong("SAVED_VARIABLE_WRONG", name=variable.name, value=_shown(value), expected=expected)

    def _wrong(self, code: str, **params: object) -> WrongVariable:
        listed = "; ".join(self._listed(variable) for variable in self._variables.values())
        there_are = self._text("SAVED_VARIABLES", variables=listed) if listed else self._text("SAVED_NO_VARIABLES")
        return WrongVariable(f"{self._text(code, **params)} {there_are}")

    def _listed(self, variable: Variable) -> str:
        marks = [self.expected(variable)]
        marks += [self._text("SAVED_SEVERAL_VALUES")] if variable.many else []
        marks += [self._text("SAVED_REQUIRED")] if variable.required else []
        return f"{variable.name} ({', '.join(marks)})"

    def _text(self, code: str, **params: object) -> str:
        return self._messages.render(code, params, self._language)


_TAKES = {
    "Int": "SAVED_TAKES_WHOLE",
    "Float": "SAVED_TAKES_NUMBER",
    "Decimal": "SAVED_TAKES_NUMBER",
    "Boolean": "SAVED_TAKES_BOOLEAN",
    "Date": "SAVED_TAKES_DATE",
    "DateTime": "SAVED_TAKES_MOMENT",
}


def _text(path: Path) -> str:
    return path.read_bytes().decode("utf-8-sig")


def _place(error: Mapping[str, Any]) -> tuple[int, int]:
    first = next(iter(error.get("locations") or ()), None)
    return (first["line"], first["column"]) if first else (0, 0)


def _title(text: str, language: Language) -> str:
    """The first comment of a file, as `English / Indonesian` or in one language."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    if not first.startswith("#"):
        return ""
    english, _, indonesian = first.lstrip("# ").partition(" / ")
    return (english if language == "en" else indonesian or english).strip()


def _shown(text: str) -> str:
    plain = "".join(sign if sign.isprintable() else " " for sign in text)
    return plain if len(plain) <= LONGEST else f"{plain[:LONGEST]}…"
