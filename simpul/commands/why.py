"""`simpul why`: seen, read, decided, linked: why a row is as it is, or is missing. Asked of the hub as any client would ask."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import orjson

from config.entities import Entity
from resolvers.engine import Request
from simpul.commands.opening import with_hub
from simpul.compose import Hub
from simpul.console import Terminal, write_utf8

ROWS = "key locator id text"
QUESTION = f"""query Why($entity: MappedEntity!, $key: [String!], $locator: String) {{
  explain(entity: $entity, key: $key, locator: $locator) {{
    outcome code message suggestion decidedBy source dataset locator file sheet row fetchedAt problem id key
    cells {{ field column cell rawValue value decidedBy code message }}
    rivals {{ {ROWS} }}
    links {{
      name to decidedBy code message
      matches {{ method confidence rule status why counts partner {{ {ROWS} }} }}
      nearest {{ {ROWS} }}
    }}
    nearest {{ {ROWS} }}
  }}
}}"""
LONGEST = 60  # signs of a cell that are shown
MOST = 5  # partners of a link that are shown
_PLACE = re.compile(r"›|\.(?:xls[xmb]?|ods|csv|tsv|txt|json|html?|zip|mbox)\b", re.IGNORECASE)


def tell_why(terminal: Terminal, path: Path, entity: str, words: Sequence[str], *, as_json: bool) -> int:
    """Tells why a row is as it is. 0 if it is known what became of it, 1 if it was not seen, 2 for an entity that is not there or
    a place that can't be asked for."""

    async def work(terminal: Terminal, hub: Hub) -> int:
        chosen = _entity(hub, entity)
        if chosen is None:
            names = [one.name for one in hub.config.catalogue if one.system is None]
            nearest = get_close_matches(entity, names, 1, 0.5)
            code = "WHY_ENTITY_NEAR" if nearest else "WHY_ENTITY"
            terminal.warn(code, name=entity, nearest=nearest[0] if nearest else "", names=", ".join(names))
            return 2
        found, errors = await _ask(hub, terminal, chosen, words)
        if errors:
            for error in errors:
                terminal.warn_text(error["message"])
            return 2
        if as_json:
            write_utf8(orjson.dumps(found, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE).decode())
        else:
            for number, told in enumerate(found):
                if number:
                    terminal.show("")
                _show(terminal, chosen, told)
        return 0 if any(told["outcome"] != "NOT_SEEN" for told in found) else 1

    return with_hub(terminal, path, work)


def _entity(hub: Hub, name: str) -> Entity | None:
    """The entity of this name, in any of its forms."""
    for entity in hub.config.catalogue:
        names = (entity.name, entity.singular, entity.plural)
        if entity.system is None and name.casefold() in [one.casefold() for one in names]:
            return entity
    return None


async def _ask(
    hub: Hub, terminal: Terminal, entity: Entity, words: Sequence[str]
) -> tuple[list[dict[str, Any]], Sequence[Any]]:
    """What is told of these words: first taken as a key, then, if no such row was seen, as a place."""
    told: list[dict[str, Any]] = []
    errors: Sequence[Any] = ()
    readings: list[dict[str, object]] = []
    is_place = len(words) == 1 and bool(_PLACE.search(words[0]))
    if len(words) <= len(entity.key) and not is_place:
        readings.append({"key": list(words)})
    readings.append({"locator": " › ".join(words)})
    for variables in readings:
        request = Request(QUESTION, {"entity": entity.name, **variables}, language=terminal.language)
        answer = await hub.engine.execute(request)
        data = answer.data or {}
        found, errors = data.get("explain"), answer.errors
        if errors or not isinstance(found, list):
            return [], errors
        if any(one["outcome"] != "NOT_SEEN" for one in found):
            return found, ()
        told = _better(told, found)
    return told, ()


def _better(told: list[dict[str, Any]], found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Of two answers that no such row was seen, the one that knows more: a place that is known, else a key that is near."""
    if not told or any(one["code"] not in ("WHY_PLACE_UNKNOWN", "WHY_FILE_UNKNOWN") for one in found):
        return found
    return told


def _show(terminal: Terminal, entity: Entity, told: dict[str, Any]) -> None:
    """One explanation: the answer first, then what it rests on."""
    where = told["locator"] or told["file"]
    key = " · ".join(told["key"])
    head = ": ".join(part for part in (" ".join([entity.name, key]).strip(), where) if part)
    terminal.show(head)
    terminal.show(f"  {told['message']}")
    if told["suggestion"]:
        terminal.show(f"  {told['suggestion']}")
    if told["nearest"]:
        _rows(terminal, told["nearest"], "    ")
    if told["fetchedAt"]:
        terminal.show("")
        terminal.say("WHY_SEEN", source=told["source"], dataset=told["dataset"], at=_moment(told["fetchedAt"]))
        if told["problem"] and told["problem"] != told["suggestion"]:
            terminal.show(f"  {told['problem']}")
    if told["cells"]:
        terminal.say("WHY_READ")
        _cells(terminal, told["cells"])
    if told["decidedBy"] or told["rivals"]:
        terminal.say("WHY_DECIDED")
        if told["decidedBy"]:
            terminal.show(f"  {told['decidedBy']}")
        if told["rivals"]:
            terminal.show(f"  {terminal.text('WHY_RIVALS')}")
            _rows(terminal, told["rivals"], "    ")
    if told["links"]:
        terminal.say("WHY_LINKED")
        for link in told["links"]:
            _link(terminal, link)


def _cells(terminal: Terminal, cells: Sequence[dict[str, Any]]) -> None:
    """Each cell with what was made of it; what is wrong with one on the line below."""
    rows, is_read = [], any(cell["value"] is not None for cell in cells)
    for cell in cells:
        raw, value = _short(cell["rawValue"]), _short(cell["value"])
        made = "" if raw == value or not is_read else f"→ {value or '∅'}"
        column = _short(cell["column"]) or ""
        place = f"{cell['cell']} ({column})" if cell["cell"] and cell["cell"] != column else column
        rows.append((place, cell["field"], f"{raw or '∅'} {made}".rstrip(), cell))
    widths = [max(len(row[place]) for row in rows) for place in (0, 1)]
    for place, field, text, cell in rows:
        line = f"  {place:<{widths[0]}}  {field:<{widths[1]}}  {text}"
        terminal.show(f"{line}  [{cell['decidedBy']}]" if cell["decidedBy"] else line)
        if cell["message"]:
            terminal.show(f"    ! {cell['message']}")


def _link(terminal: Terminal, link: dict[str, Any]) -> None:
    line = f" [{link['decidedBy']}]" if link["decidedBy"] else ""
    terminal.show(f"  {link['name']}: {link['message']}{line}")
    for match in link["matches"][:MOST]:
        key = " · ".join(match["partner"]["key"])
        status = terminal.text(f"MATCH_{match['status']}")
        share = round(100 * match["confidence"])
        terminal.show(f"    {status} {key} ({match['partner']['locator']}): {match['rule']}, {share}%")
    if len(link["matches"]) > MOST:
        terminal.show("    …")
    _rows(terminal, link["nearest"], "    ? ")


def _rows(terminal: Terminal, rows: Sequence[dict[str, Any]], before: str) -> None:
    for row in rows:
        parts = [" · ".join(row["key"]), row["text"] or "", row["locator"] or ""]
        terminal.show(before + "  ".join(part for part in parts if part))


def _short(text: str | None) -> str | None:
    """A cell on one line, cut if it is long."""
    if text is None:
        return None
    line = " ".join(text.split())
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 1]}…"


def _moment(text: str) -> str:
    return datetime.fromisoformat(text).strftime("%d-%m-%Y %H:%M")
