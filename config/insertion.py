"""Puts new entries into the text of a hub.yaml; whatever stands there, remarks and blank lines too, stays as it is."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.nodes import MappingNode, ScalarNode

_PLAIN = re.compile(r"[A-Za-z0-9_](?:[\w ./()%+*-]*[\w./()%+*-])?")
Lines = Sequence[str]
"""An entry of a section as lines, its name on the first that is no remark, indented from column 1."""


class NoRoom(Exception):
    """A section is written in braces, or is no group of entries, so that nothing can be put into it; `line` is where it stands."""

    def __init__(self, section: str, line: int) -> None:
        super().__init__(section)
        self.section = section
        self.line = line


def scalar(text: str) -> str:
    """A text as YAML reads it back, also inside of braces."""
    return text if _PLAIN.fullmatch(text) else "'" + text.replace("'", "''") + "'"


def insert_entries(text: str, entries: Mapping[str, Sequence[Lines]]) -> str:
    """The text of a hub.yaml with `entries` at the end of their sections; a section that is not there comes at the end. The
    text has to be one that can be read. Raises NoRoom."""
    end, lines, root = _read(text)
    plain = "\n".join(lines) + "\n"
    places: list[tuple[int, list[str]]] = []
    for section, blocks in entries.items():
        if not blocks:
            continue
        found = _find(root, section)
        if found is None:
            places.append((len(lines), ["", f"{section}:", *_spaced(blocks, 2)[1:]]))
            continue
        key, value = found
        at, indent = _place(section, key, value, lines, plain)
        block = _spaced(blocks, indent)
        follows = at < len(lines) and lines[at].strip()
        places.append((at, block[1:] if _is_open(lines, at) else block))
        if follows:
            places[-1][1].append("")
    places.reverse()  # at one place the last goes in first
    for at, block in sorted(places, key=lambda place: place[0], reverse=True):
        lines[at:at] = block
    return end.join(lines) + end


def append_mapping(text: str, entity: str, mapping: Lines) -> str:
    """The text of a hub.yaml in which an entity has one more mapping, after those that it has; they become a list if they are
    none, which indents their lines further. Raises NoRoom."""
    end, lines, root = _read(text)
    entities = _find(root, "entities")
    found = _find(entities[1], entity) if entities else None
    if found is None or isinstance(found[1], ScalarNode) or found[1].flow_style:
        raise NoRoom(f"entities.{entity}", found[0].start_mark.line + 1 if found else 1)
    value = found[1]
    first, indent = value.start_mark.line, value.start_mark.column
    at = max(_last_lines(value, "\n".join(lines) + "\n")) + 1
    while at < len(lines) and lines[at].lstrip().startswith("#") and _indent(lines[at]) > indent:
        at += 1
    if isinstance(value, MappingNode):
        lines[first] = f"{' ' * indent}- {lines[first].lstrip()}"
        lines[first + 1 : at] = [f"  {line}" if line.strip() else line for line in lines[first + 1 : at]]
    block = [f"{' ' * indent}{'- ' if number == 0 else '  '}{line}" for number, line in enumerate(mapping)]
    lines[at:at] = block
    return end.join(lines) + end


def _read(text: str) -> tuple[str, list[str], Any]:
    """How lines end, the lines, and the nodes of a file."""
    end = "\r\n" if "\r\n" in text else "\n"
    lines = text.replace("\r\n", "\n").split("\n")
    if lines[-1] == "":
        lines.pop()
    return end, lines, YAML(typ="base", pure=True).compose("\n".join(lines) + "\n")


def _find(root: Any, section: str) -> tuple[Any, Any] | None:
    pairs = root.value if isinstance(root, MappingNode) else ()
    return next(((key, value) for key, value in pairs if key.value == section), None)


def _place(section: str, key: Any, value: Any, lines: list[str], text: str) -> tuple[int, int]:
    """Before which line, from 0, new entries of a section stand, and how far they are indented."""
    here = key.start_mark.line
    if isinstance(value, ScalarNode) and not value.value and value.style is None:  # nothing in it yet
        return here + 1, 2
    if not isinstance(value, MappingNode):
        raise NoRoom(section, here + 1)
    if value.flow_style:
        if value.value or lines[here].split("#")[0].rstrip()[-2:] != "{}":
            raise NoRoom(section, here + 1)
        name, _, rest = lines[here].partition("{}")
        lines[here] = name.rstrip() + rest
        return here + 1, 2
    indent = value.value[0][0].start_mark.column
    at = max(_last_lines(value, text)) + 1
    while at < len(lines) and lines[at].lstrip().startswith("#") and _indent(lines[at]) > indent:
        at += 1  # a remark on the last entry
    return at, indent


def _last_lines(node: Any, text: str) -> Iterator[int]:
    """The last line of each scalar of a node, and of each pair of braces."""
    if isinstance(node, ScalarNode):
        written = text[node.start_mark.index : node.end_mark.index].rstrip()
        if written:
            yield node.start_mark.line + written.count("\n")
        return
    for inner in node.value:
        for one in inner if isinstance(inner, tuple) else (inner,):
            yield from _last_lines(one, text)
    if node.flow_style:
        yield node.end_mark.line


def _spaced(blocks: Sequence[Lines], indent: int) -> list[str]:
    """Entries with a blank line before each."""
    return [line for block in blocks for line in ("", *(f"{' ' * indent}{line}" if line else "" for line in block))]


def _is_open(lines: Sequence[str], at: int) -> bool:
    """Whether a section begins right before a line, or a blank line stands there."""
    return not lines[at - 1].strip() or (lines[at - 1].rstrip().endswith(":") and not lines[at - 1].startswith(" "))


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())
