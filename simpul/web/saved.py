"""Saved questions over HTTP: `GET /q/NAME.json` and `/q/NAME.csv`.

The variables of the question are parameters of the address; `expand` names a list inside the rows that may multiply them,
`locale=id` writes CSV with `;` and a decimal comma, `lang` chooses the language of sentences. The table is written whole into a
temporary file before the first byte is sent, so its status is true: 200 means that everything is in it. 400: the address is
wrong; 404: no such question; 503: its file is broken, or a source that it needs was never read. Errors are
`{"errors": [...]}` in JSON and their sentences, one a line, in place of CSV.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from io import SEEK_END
from tempfile import SpooledTemporaryFile

import orjson
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from config.hub import Language
from config.messages import Messages
from resolvers.engine import PUBLIC, Engine
from resolvers.engine import Request as Operation
from simpul.formats import Locale
from simpul.saved import NoQuestion, Question, SavedQuestions, Variables, WrongVariable
from simpul.tables import Form, headers_of, write_table
from simpul.web.graphql import MAX_URL, language_of, unless_gone
from simpul.web.responses import KEPT_HEADERS, Responses, is_known

IN_MEMORY = 1024 * 1024  # bytes of a table that are kept off the disk
CHUNK = 64 * 1024
AT_ONCE = 2  # tables that are written at a time: the readers of the replica are for other questions too
EXPOSED = ("X-Simpul-Rows", "X-Simpul-Notice", "X-Simpul-Sources", "ETag")
MEDIA = {Form.JSON: "application/json; charset=utf-8", Form.CSV: "text/csv; charset=utf-8; header=present"}

Endpoint = Callable[[Request], Awaitable[Response]]


class Unasked(Exception):
    """A saved question that is not asked: the status and the errors, in the form of an answer's."""

    def __init__(self, status: int, code: str, *sentences: str) -> None:
        super().__init__(*sentences)
        self.status = status
        self.errors = [{"message": sentence, "extensions": {"code": code}} for sentence in sentences]


@dataclass(frozen=True, slots=True)
class Address:
    """What an address asks for."""

    question: Question
    variables: Mapping[str, object]
    expand: tuple[str, ...]
    locale: Locale


def open_question(saved: SavedQuestions, name: str, messages: Messages, language: Language) -> Question:
    """The question of this name, as its file stands now. Raises Unasked: 404 if there is none, 503 if it is broken."""
    try:
        question = saved.read(name, language)
    except NoQuestion as error:
        params = {"name": error.name, "names": ", ".join(error.names) or "-"}
        raise Unasked(404, "NOT_FOUND", messages.render("SAVED_UNKNOWN", params, language)) from error
    if question.findings:
        raise Unasked(503, "QUESTION_BROKEN", *(finding.render() for finding in question.findings))
    return question


def read_address(
    question: Question, request: Request, messages: Messages, language: Language, reserved: Sequence[str]
) -> Address:
    """The parameters of an address; those in `reserved` are no variables. Raises Unasked (400, 414)."""
    if len(request.scope["query_string"]) > MAX_URL:
        raise Unasked(414, "BAD_REQUEST", messages.render("SAVED_URL_LONG", {"limit": MAX_URL // 1024}, language))
    items = request.query_params.multi_items()
    try:
        given = [(name, text) for name, text in items if name not in reserved]
        variables = Variables(question.variables, messages, language).from_address(given)
    except WrongVariable as error:
        raise Unasked(400, "BAD_USER_INPUT", str(error)) from error
    expand = tuple(text for name, text in items if name == "expand" and text)
    locale = request.query_params.get("locale", Locale.EN) if "locale" in reserved else Locale.EN
    if locale not in set(Locale):
        raise Unasked(400, "BAD_USER_INPUT", messages.render("SAVED_LOCALE", {}, language))
    return Address(question, variables, expand, Locale(locale))


def table_endpoint(
    engine: Engine,
    saved: SavedQuestions,
    messages: Messages,
    default: Language,
    form: Form,
    turns: asyncio.Semaphore,
    responses: Responses | None = None,
) -> Endpoint:
    """The endpoint of one form; `turns` bounds how many tables are written at a time, `responses` keeps them."""
    reserved = ("expand", "lang", "locale") if form is Form.CSV else ("expand", "lang")

    async def answer(request: Request) -> Response:
        language = language_of(request, default)
        name = str(request.path_params["name"])
        table = _Table(request, f"{name}.{form}", form, language)
        if responses is not None:
            found = await table.found(responses, saved.text(name))
            if found is not None:
                return found
        try:
            question = open_question(saved, name, messages, language)
            address = read_address(question, request, messages, language, reserved)
        except Unasked as unasked:
            return _failed(unasked.status, unasked.errors, form, {}, language)
        if responses is None:
            async with turns:
                return await table.write(engine, address, None)
        key = table.key(responses, question.text)
        async with responses.alone(key) as had_to_wait:
            await responses.find_shared(key)
            found = await table.found(responses, question.text)
            if found is not None:
                return found
            if not had_to_wait:
                async with turns:
                    return await table.write(engine, address, responses)
        async with turns:  # the one before has kept nothing: it failed, or is too large; nobody need wait for another
            return await table.write(engine, address, responses)

    return answer


@dataclass(frozen=True, slots=True)
class _Table:
    """A table that is asked for."""

    request: Request
    name: str
    form: Form
    language: Language

    def key(self, responses: Responses, text: str) -> str:
        """Under which it is kept; `text` is that of the question."""
        asked = self.request.scope["query_string"].decode("latin-1")
        return responses.key("table", self.name, self.language, PUBLIC.role, asked, text)

    async def found(self, responses: Responses, text: str | None) -> Response | None:
        """What is kept of it, or that the client has it already."""
        known = None if text is None else await responses.find(self.key(responses, text))
        if known is not None and self._has(known.tag):
            return self._unchanged(known.tag)
        if known is None or known.kept is None:
            return None
        return Response(known.kept.body, 200, {**dict(known.kept.headers), **self._headers(known.tag)})

    async def write(self, engine: Engine, address: Address, responses: Responses | None) -> Response:
        """Writes it, and keeps it unless it is large."""
        file = SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 - the response gives it back
        try:
            operation = Operation(address.question.text, address.variables, language=self.language)
            writing = write_table(engine, operation, address.expand, self.form, address.locale, file)
            written = await unless_gone(self.request, writing)
            if written.answer.errors:
                file.close()
                return _failed(written.status, written.answer.errors, self.form, headers_of(written), self.language)
            said, tag = {"Content-Type": MEDIA[self.form], **headers_of(written)}, None
            size = file.seek(0, SEEK_END)
            file.seek(0)
            if responses is not None and written.answer.stamp is not None:
                body = file.read() if size <= IN_MEMORY else None
                file.seek(0)
                key = self.key(responses, address.question.text)
                tag = await responses.keep(key, written.answer.stamp, said, body, share=True)
                if self._has(tag):
                    file.close()
                    return self._unchanged(tag)
            return _Spooled(file, {**said, **self._headers(tag), "Content-Length": str(size)})
        except BaseException:
            file.close()
            raise

    def _headers(self, tag: str | None) -> dict[str, str]:
        disposition = "attachment" if self.form is Form.CSV else "inline"
        return {
            **KEPT_HEADERS,
            "Vary": "Accept-Language, Origin",
            "Content-Disposition": f'{disposition}; filename="{self.name}"',
            **({} if tag is None else {"ETag": tag}),
        }

    def _has(self, tag: str) -> bool:
        return is_known(self.request.headers.get("if-none-match", ""), tag)

    def _unchanged(self, tag: str) -> Response:
        return Response(status_code=304, headers=self._headers(tag))


def _failed(
    status: int, errors: Sequence[Mapping[str, object]], form: Form, said: Mapping[str, str], language: Language
) -> Response:
    kept = {name: value for name, value in said.items() if name != "X-Simpul-Rows"}
    headers = {
        "Cache-Control": "no-store",
        "Vary": "Accept-Language, Origin",
        "Content-Language": language,
        **kept,
    }
    if form is Form.JSON:
        return Response(orjson.dumps({"errors": errors}), status, headers, MEDIA[form])
    sentences = "".join(f"{error['message']}\n" for error in errors)
    return Response(sentences, status, headers, "text/plain; charset=utf-8")


class _Spooled(StreamingResponse):
    """Sends a temporary file and gives it back, also when the client goes away."""

    def __init__(self, file: SpooledTemporaryFile[bytes], headers: Mapping[str, str]) -> None:
        super().__init__(_chunks(file), headers=headers)
        self._file = file

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._file.close()


async def _chunks(file: SpooledTemporaryFile[bytes]) -> AsyncIterator[bytes]:
    while chunk := file.read(CHUNK):
        yield chunk
