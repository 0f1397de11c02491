"""Saved questions over HTTP: `GET /q/NAME.json` and `/q/NAME.csv`.

The variables of the question are parameters of the address; `expand` names a list inside the rows that may multiply them,
`locale=id` writes CSV with `;` and a decimal comma, `lang` chooses the language of sentences. The table is written whole into a
temporary file before the first byte is sent, so its status is true: 200 means that everything is in it. 400: the address is
wrong; 404: no such question; 503: its file is broken, or a source that it needs was never read. Errors are
`{"errors": [...]}` in JSON and their sentences, one a line, in place of CSV.
"""

from __future__ import annotations

import asyncio
import hashlib
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
from resolvers.engine import Engine
from resolvers.engine import Request as Operation
from simpul.formats import Locale
from simpul.saved import NoQuestion, Question, SavedQuestions, Variables, WrongVariable
from simpul.tables import Form, headers_of, write_table
from simpul.web.graphql import MAX_URL, language_of, unless_gone

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
    engine: Engine, saved: SavedQuestions, messages: Messages, default: Language, form: Form, turns: asyncio.Semaphore
) -> Endpoint:
    """The endpoint of one form; `turns` bounds how many tables are written at a time."""
    reserved = ("expand", "lang", "locale") if form is Form.CSV else ("expand", "lang")

    async def answer(request: Request) -> Response:
        language = language_of(request, default)
        name = str(request.path_params["name"])
        try:
            question = open_question(saved, name, messages, language)
            address = read_address(question, request, messages, language, reserved)
        except Unasked as unasked:
            return _failed(unasked.status, unasked.errors, form, {}, language)
        file = SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 - the response gives it back
        try:
            async with turns:
                operation = Operation(question.text, address.variables, language=language)
                writing = write_table(engine, operation, address.expand, form, address.locale, file)
                written = await unless_gone(request, writing)
            if written.answer.errors:
                file.close()
                return _failed(written.status, written.answer.errors, form, headers_of(written), language)
            tag = await asyncio.to_thread(_tag, file)
            return _table(request, file, tag, f"{name}.{form}", {"Content-Type": MEDIA[form], **headers_of(written)})
        except BaseException:
            file.close()
            raise

    return answer


def _table(
    request: Request, file: SpooledTemporaryFile[bytes], tag: str, name: str, said: Mapping[str, str]
) -> Response:
    disposition = "attachment" if name.endswith(".csv") else "inline"
    headers = {
        "Cache-Control": "no-cache",
        "Vary": "Accept-Language, Origin",
        "ETag": tag,
        "Content-Disposition": f'{disposition}; filename="{name}"',
        **said,
    }
    if _is_known(request.headers.get("if-none-match", ""), tag):
        file.close()
        return Response(status_code=304, headers=headers)
    size = file.seek(0, SEEK_END)
    file.seek(0)
    return _Spooled(file, {**headers, "Content-Length": str(size)})


def _tag(file: SpooledTemporaryFile[bytes]) -> str:
    file.seek(0)
    digest = hashlib.sha256()
    while chunk := file.read(CHUNK):
        digest.update(chunk)
    return f'"{digest.hexdigest()[:32]}"'


def _is_known(header: str, tag: str) -> bool:
    tags = [one.strip().removeprefix("W/") for one in header.split(",")]
    return tag in tags or tags == ["*"]


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
