"""hub.yaml as a tree in which every scalar is text and every node knows its line and column."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import AliasEvent
from ruamel.yaml.nodes import MappingNode, ScalarNode, SequenceNode

from config.problems import Problem

MAX_BYTES = 1024 * 1024
MAX_DEPTH = 20


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
                continue  # a step that the checks put in between
            if not key:
                place = (here.line, here.column)
        return place


def read_yaml(path: Path, problems: list[Problem]) -> Located | None:
    """The tree of a file, or None with the reason added to `problems`."""
    text = _read_text(path, problems)
    if text is None:
        return None
    try:
        return _Reader(path.name, problems).read(text)
    except MarkedYAMLError as error:
        problems.append(_broken(path.name, text, error))
    except (YAMLError, ValueError) as error:
        problems.append(Problem(path.name, 0, 0, "YAML_BROKEN", {"reason": str(error).split("\n")[0][:200]}))
    except RecursionError:
        problems.append(Problem(path.name, 0, 0, "YAML_DEEP"))
    return None


def _read_text(path: Path, problems: list[Problem]) -> str | None:
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        problems.append(Problem(path.name, 0, 0, "FILE_MISSING"))
        return None
    except OSError as error:
        problems.append(Problem(path.name, 0, 0, "FILE_UNREADABLE", {"reason": error.strerror or "?"}))
        return None
    if len(content) > MAX_BYTES:
        problems.append(Problem(path.name, 0, 0, "FILE_TOO_LARGE", {"limit": MAX_BYTES}))
        return None
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        problems.append(Problem(path.name, line, 1, "NOT_UTF8"))
        return None


class _Reader:
    def __init__(self, file: str, problems: list[Problem]) -> None:
        self._file = file
        self._problems = problems

    def read(self, text: str) -> Located | None:
        for event in YAML(typ="base", pure=True).parse(text):
            if isinstance(event, AliasEvent) or getattr(event, "anchor", None):
                mark = event.start_mark
                self._problems.append(Problem(self._file, mark.line + 1, mark.column + 1, "YAML_ALIAS"))
                return None
        node = YAML(typ="base", pure=True).compose(text)
        if node is None or (isinstance(node, ScalarNode) and not node.value.strip()):
            self._problems.append(Problem(self._file, 0, 0, "FILE_EMPTY"))
            return None
        tree = self._located(node, 0)
        if not isinstance(tree.value, dict):
            self._problems.append(Problem(self._file, tree.line, tree.column, "NOT_A_MAPPING"))
            return None
        return tree

    def _located(self, node: Any, depth: int) -> Located:
        line, column = node.start_mark.line + 1, node.start_mark.column + 1
        if depth > MAX_DEPTH:
            self._problems.append(Problem(self._file, line, column, "YAML_DEEP"))
            return Located("", line, column)
        if isinstance(node, SequenceNode):
            return Located([self._located(item, depth + 1) for item in node.value], line, column)
        if isinstance(node, MappingNode):
            return self._mapping(node, line, column, depth)
        return Located(str(node.value), line, column)

    def _mapping(self, node: Any, line: int, column: int, depth: int) -> Located:
        values: dict[str, Located] = {}
        keys: dict[str, tuple[int, int]] = {}
        for key, value in node.value:
            place = (key.start_mark.line + 1, key.start_mark.column + 1)
            if not isinstance(key, ScalarNode):
                self._problems.append(Problem(self._file, *place, "NOT_A_MAPPING"))
                continue
            name = str(key.value)
            if name in values:
                params = {"name": name, "first": keys[name][0]}
                self._problems.append(Problem(self._file, *place, "DUPLICATE_NAME", params))
                continue
            keys[name] = place
            values[name] = self._located(value, depth + 1)
        return Located(values, line, column, keys)


def _broken(file: str, text: str, error: MarkedYAMLError) -> Problem:
    mark = error.problem_mark or error.context_mark
    line, column = (mark.line + 1, mark.column + 1) if mark else (0, 0)
    reason = error.problem or "?"
    lines = text.splitlines()
    current = lines[line - 1] if 0 < line <= len(lines) else ""
    if "\\t" in reason or "\t" in current[: len(current) - len(current.lstrip())]:
        return Problem(file, line, column, "YAML_TAB")
    if "escape" in reason or "hexadecimal" in reason:
        return Problem(file, line, column, "YAML_BACKSLASH")
    return Problem(file, line, column, "YAML_BROKEN", {"reason": reason})
