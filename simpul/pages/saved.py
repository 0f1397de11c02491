"""The page of a saved question: its variables as a form, the beginning of its table, and links to the whole of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from itertools import islice
from typing import Any
from urllib.parse import quote, urlencode
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import Response

from config.hub import HubConfig, Language
from config.messages import Messages
from resolvers.engine import Answer, Engine
from resolvers.engine import Request as Operation
from resolvers.flat import Column, Variable
from simpul.formats import Locale, format_number
from simpul.pages.render import Pages
from simpul.saved import Question, SavedQuestions, Variables, WrongVariable
from simpul.tables import Written, troubles
from simpul.web.saved import Address, Unasked, open_question, read_address

SHOWN = 100  # rows of the page
SECONDS = 10.0


@dataclass(slots=True)
class Beginning:
    """The first rows of a table as the reader sees them; `more` if others follow."""

    columns: list[tuple[str, bool]] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)
    more: bool = False


@dataclass(frozen=True, slots=True)
class Link:
    """A saved question as it is listed: its page, and the addresses of its whole table unless something has to be filled in
    first. A broken one has a problem."""

    title: str
    url: str
    json: str | None
    csv: str | None
    problem: str | None


@dataclass(frozen=True, slots=True)
class Shown:
    """A saved question as it stands on the first page: the beginning of its table, or why there is none."""

    title: str
    url: str
    table: Beginning | None
    problems: tuple[str, ...]
    shown: int = SHOWN


class SavedPages:
    """Draws the pages of saved questions."""

    def __init__(
        self, pages: Pages, config: HubConfig, engine: Engine, saved: SavedQuestions, messages: Messages
    ) -> None:
        self._pages = pages
        self._config = config
        self._engine = engine
        self._saved = saved
        self._messages = messages
        self._zone = ZoneInfo(config.timezone)

    def links(self, language: Language) -> list[Link]:
        """Every saved question, for the status page."""
        return [self._link(question, language) for question in self._saved.all(language)]

    async def home(self, language: Language) -> list[Shown]:
        """The questions that the hub's configuration wants on the first page."""
        return [await self._shown(name, language) for name in self._config.home]

    async def _shown(self, name: str, language: Language) -> Shown:
        url = f"/q/{quote(name)}?{urlencode({'lang': language})}"
        try:
            question = open_question(self._saved, name, self._messages, language)
            variables = Variables(question.variables, self._messages, language).from_address([])
        except Unasked as unasked:
            return Shown(name, url, None, tuple(str(error["message"]) for error in unasked.errors))
        except WrongVariable as wrong:
            return Shown(name, url, None, (str(wrong),))
        table, answer = await self._beginning(Address(question, variables, (), Locale.EN), language)
        said = troubles(answer, self._messages, language, self._zone)
        problems = tuple(str(error["message"]) for error in answer.errors)
        return Shown(question.title, url, None if problems else table, (*problems, *said))

    async def draw(self, request: Request, language: Language) -> Response:
        """The page `/q/NAME`: 200 with a table or with a form that waits for a variable; else why not, with its status."""
        name = str(request.path_params["name"])
        question: Question | None = None
        address: Address | None = None
        beginning, said = Beginning(), list[str]()
        problems: list[str] = []
        status = 200
        try:
            question = open_question(self._saved, name, self._messages, language)
            address = read_address(question, request, self._messages, language, ("expand", "lang"))
        except Unasked as unasked:
            problems = [str(error["message"]) for error in unasked.errors]
            status = 200 if question is not None and unasked.status == 400 and _is_new(request) else unasked.status
        if address is not None:
            beginning, answer = await self._beginning(address, language)
            problems = [str(error["message"]) for error in answer.errors]
            said = troubles(answer, self._messages, language, self._zone)
            closed = not answer.started and address.question.lists and _is_new(request)
            status = 200 if closed else Written(answer, 0).status
            if answer.errors:
                beginning = Beginning()
        context = {
            "question": question,
            "name": name,
            "inputs": list(self._inputs(question, request, language)) if question else [],
            "lists": question.lists if question else (),
            "expanded": request.query_params.getlist("expand"),
            "problems": problems,
            "said": said,
            "table": beginning if address is not None and not problems else None,
            "shown": SHOWN,
            **self._addresses(name, request, language),
        }
        title = f"{question.title if question else name} · {self._config.display_name}"
        page = self._pages.draw("saved", request, language, title, context)
        page.status_code = status
        return page

    async def _beginning(self, address: Address, language: Language) -> tuple[Beginning, Answer]:
        found = Beginning()

        def write(columns: tuple[Column, ...], rows: Iterator[list[object]]) -> None:
            found.columns = [(column.name, column.is_number) for column in columns]
            for row in islice(rows, SHOWN):
                found.rows.append([_shown(cell, column, language) for cell, column in zip(row, columns, strict=True)])
            found.more = next(rows, None) is not None

        operation = Operation(address.question.text, address.variables, language=language)
        answer = await self._engine.tabulate(operation, address.expand, write, SECONDS)
        return found, answer

    def _link(self, question: Question, language: Language) -> Link:
        path, asked = f"/q/{question.name}", urlencode({"lang": language})
        problem = question.findings[0].render() if question.findings else None
        if question.lists or any(variable.required for variable in question.variables):
            return Link(question.title, f"{path}?{asked}", None, None, problem)
        csv = f"{path}.csv?locale=id" if language == "id" else f"{path}.csv"
        return Link(question.title, f"{path}?{asked}", f"{path}.json", csv, problem)

    def _addresses(self, name: str, request: Request, language: Language) -> dict[str, str]:
        """Where the whole table is, with the same variables."""
        given = [(key, text) for key, text in request.query_params.multi_items() if key != "lang" and text]
        asked = f"?{urlencode(given)}" if given else ""
        spoken = urlencode([*given, ("locale", "id")]) if language == "id" else urlencode(given)
        return {"json_url": f"/q/{name}.json{asked}", "csv_url": f"/q/{name}.csv" + (f"?{spoken}" if spoken else "")}

    def _inputs(self, question: Question, request: Request, language: Language) -> Iterator[dict[str, Any]]:
        words = Variables(question.variables, self._messages, language)
        for variable in question.variables:
            given = [text for text in request.query_params.getlist(variable.name) if text]
            yield {
                "name": variable.name,
                "hint": words.expected(variable) if not variable.choices else "",
                "required": variable.required,
                "many": variable.many,
                "choices": _choices(variable),
                "values": [*given, ""] if variable.many or not given else given,
                "given": given,
                "default": variable.default or "",
                "type": "date" if variable.kind == "Date" and not variable.many else "text",
            }


def _is_new(request: Request) -> bool:
    """Whether nothing was filled in yet: then the page is a form, not a failure."""
    return not any(text for name, text in request.query_params.multi_items() if name != "lang")


def _choices(variable: Variable) -> Sequence[str]:
    return variable.choices or (("true", "false") if variable.kind == "Boolean" else ())


def _shown(cell: object, column: Column, language: Language) -> str:
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if column.type in ("Decimal", "Float"):
        try:
            return format_number(Decimal(str(cell)), language)
        except InvalidOperation:  # masked
            return str(cell)
    return str(cell)
