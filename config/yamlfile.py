"""hub.yaml as a tree in which every scalar is text and every node knows its line and column."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.composer import Composer
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import AliasEvent, ScalarEvent
from ruamel.yaml.nodes import MappingNode, ScalarNode, SequenceNode

from config.problems import Problem
from config.trouble import trouble_of

MAX_BYTES = 1024 * 1024
MAX_DEPTH = 20
_NO_TEXT = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What YAML does not allow in a file, even inside quotes."""
_CAUSES = (
    ("YAML_BACKSLASH", ("escape", "hexadecimal")),
    ("YAML_DOCUMENTS", ("another document",)),
    ("YAML_COLON", ("mapping values are not allowed", "could not find expected ':'")),
    ("YAML_QUOTE", ("unexpected end of stream",)),
    ("YAML_SIGN", ("cannot start any token",)),
    ("YAML_INDENT", ("<block end>", "<block sequence start>", "<block mapping start>")),
)
"""A problem's code and the words by which ruamel.yaml tells it."""


@dataclass(slots=True)
class Located:
    """A value of the file: text, a list or a mapping. `keys` are where the keys of a mapping stand."""

    value: str | list[Located] | dict[str, Located]
    line: int
    column: int
    keys: dict[str, tuple[int, int]] = field(default_factory=dict)

    def plain(self) -> Any:
        """The value without positions."""
        if isinstance(self.value, list):
            return [item.plain() for item in self.value]
        if isinstance(self.value, dict):
            return {name: item.plain() for name, item in self.value.items()}
        return self.value

    def at(self, *path: str | int) -> Located:
        """What stands at `path`. Raises KeyError or IndexError if nothing does."""
        here = self
        for step in path:
            match here.value, step:
                case (dict() as names, str() as name):
                    here = names[name]
                case (list() as items, int() as number):
                    here = items[number]
                case _:
                    raise KeyError(step)
        return here

    def has(self, *path: str | int) -> bool:
        """Whether something stands at `path`."""
        try:
            self.at(*path)
        except (KeyError, IndexError):
            return False
        return True

    def place(self, *path: str | int, key: bool = False) -> tuple[int, int]:
        """Line and column of what stands at `path`, as far as it is there; with `key`, of its name rather than its value."""
        here, place = self, (self.line, self.column)
        for step in path:
            if isinstance(here.value, dict) and isinstance(step, str) and step in here.value:
                place = here.keys[step]
                here = here.value[step]
            elif isinstance(here.value, list) and isinstance(step, int) and step < len(here.value):
                here = here.value[step]
                place = (here.line, here.column)
            else:
                continue  # what is missing is told of where it should stand
            if not key:
                place = (here.line, here.column)
        return place


def read_yaml(path: Path, problems: list[Problem], text: str | None = None) -> Located | None:
    """The tree of a file, or of the `text` that it is to hold; None with the reason added to `problems`."""
    if text is None:
        text = _read_text(path, problems)
    if text is None:
        return None
    try:
        return _Reader(path.name, problems).read(text)
    except MarkedYAMLError as error:
        problems.append(_broken(path.name, text, error))
    except OverflowError:  # "\UFFFFFFFF": no such sign
        problems.append(Problem(path.name, 0, 0, "YAML_BACKSLASH"))
    except (YAMLError, ValueError) as error:
        problems.append(Problem(path.name, 0, 0, "YAML_BROKEN", {"reason": str(error).split("\n")[0][:200]}))
    return None


def _read_text(path: Path, problems: list[Problem]) -> str | None:
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        problems.append(Problem(path.name, 0, 0, "FILE_MISSING"))
        return None
    except OSError as error:
        problems.append(Problem(path.name, 0, 0, "FILE_UNREADABLE", {"reason": trouble_of(error)}))
        return None
    if len(content) > MAX_BYTES:
        problems.append(Problem(path.name, 0, 0, "FILE_TOO_LARGE", {"limit": MAX_BYTES}))
        return None
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = content[: error.start].decode("utf-8-sig", "replace")
        problems.append(Problem(path.name, *_place_after(before), "NOT_UTF8"))
        return None
    wrong = _NO_TEXT.search(text)
    if wrong is not None:
        params = {"sign": f"U+{ord(wrong.group()):04X}"}
        problems.append(Problem(path.name, *_place_after(text[: wrong.start()]), "YAML_CHARACTER", params))
        return None
    return text


def _place_after(text: str) -> tuple[int, int]:
    """Line and column of what follows a text."""
    return text.count("\n") + 1, len(text) - (text.rfind("\n") + 1) + 1


class _NotPlain(Exception):
    """A file holds what hub.yaml does not need; `code` says what."""

    def __init__(self, code: str, mark: Any) -> None:
        super().__init__(code)
        self.code = code
        self.mark = mark


class _PlainComposer(Composer):
    """Refuses aliases, tags and depth before more of the tree is made: a deep file costs the square of its depth."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        event = self.parser.peek_event()
        code = None
        if isinstance(event, AliasEvent) or event.anchor:
            code = "YAML_ALIAS"
        elif event.tag is not None:
            code = "YAML_TAG"
        elif self.depth >= MAX_DEPTH and not isinstance(event, ScalarEvent):
            code = "YAML_DEEP"
        if code is not None:
            raise _NotPlain(code, event.start_mark)
        return super().compose_node(parent, index)


class _Reader:
    def __init__(self, file: str, problems: list[Problem]) -> None:
        self._file = file
        self._problems = problems

    def read(self, text: str) -> Located | None:
        yaml = YAML(typ="base", pure=True)
        yaml.Composer = _PlainComposer
        try:
            node = yaml.compose(text)
        except _NotPlain as error:
            self._problems.append(Problem(self._file, error.mark.line + 1, error.mark.column + 1, error.code))
            return None
        if node is None or (isinstance(node, ScalarNode) and not node.value.strip()):
            self._problems.append(Problem(self._file, 0, 0, "FILE_EMPTY"))
            return None
        tree = self._located(node)
        if not isinstance(tree.value, dict):
            self._problems.append(Problem(self._file, tree.line, tree.column, "NOT_A_MAPPING"))
            return None
        return tree

    def _located(self, node: Any) -> Located:
        line, column = node.start_mark.line + 1, node.start_mark.column + 1
        if isinstance(node, SequenceNode):
            return Located([self._located(item) for item in node.value], line, column)
        if isinstance(node, MappingNode):
            return self._mapping(node, line, column)
        return Located(self._text(node), line, column)

    def _text(self, node: Any) -> str:
        """A scalar's text. An escape such as "\\0" or "\\uD800" may make a sign of it that is none."""
        text = str(node.value)
        wrong = _NO_TEXT.search(text)
        if wrong is None:
            return text
        place = (node.start_mark.line + 1, node.start_mark.column + 1)
        self._problems.append(Problem(self._file, *place, "YAML_CHARACTER", {"sign": f"U+{ord(wrong.group()):04X}"}))
        return _NO_TEXT.sub("", text)

    def _mapping(self, node: Any, line: int, column: int) -> Located:
        values: dict[str, Located] = {}
        keys: dict[str, tuple[int, int]] = {}
        for key, value in node.value:
            place = (key.start_mark.line + 1, key.start_mark.column + 1)
            if not isinstance(key, ScalarNode):
                self._problems.append(Problem(self._file, *place, "NOT_A_MAPPING"))
                continue
            name = self._text(key)
            if name in values:
                params = {"name": name, "first": keys[name][0]}
                self._problems.append(Problem(self._file, *place, "DUPLICATE_NAME", params))
                continue
            keys[name] = place
            values[name] = self._located(value)
        return Located(values, line, column, keys)


def _broken(file: str, text: str, error: MarkedYAMLError) -> Problem:
    mark = error.problem_mark or error.context_mark
    line, column = (mark.line + 1, mark.column + 1) if mark else (0, 0)
    reason = error.problem or "?"
    lines = text.splitlines()
    current = lines[line - 1] if 0 < line <= len(lines) else ""
    if "\\t" in reason or "\t" in current[: len(current) - len(current.lstrip())]:
        return Problem(file, line, column, "YAML_TAB")
    context = error.context_mark
    for code, words in _CAUSES:
        if any(word in reason for word in words):
            if code == "YAML_QUOTE" and context is not None:  # where the quote was opened, not where the file ends
                line, column = context.line + 1, context.column + 1
            return Problem(file, line, column, code, {"sign": current[column - 1 : column]})
    return Problem(file, line, column, "YAML_BROKEN", {"reason": reason})
