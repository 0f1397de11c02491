"""The query path as a whole: a request becomes an answer.

Parsing, measuring, validating and planning happen once for each document (and structure of its variables); then a plan runs
in one read transaction. Errors of the first kind refuse the operation (`Answer.started` is False and there is no data):
syntax, validation, variables, an argument out of its bounds (BAD_USER_INPUT), a foreign cursor (BAD_CURSOR), an operation
that is too large (QUERY_TOO_COSTLY). Errors of the second kind stand beside data: AMBIGUOUS_KEY at a lookup, and
SOURCE_UNAVAILABLE, once for each field of the operation whose entity was never read, with the path of its first place and
the number of `places`.

A table (`tabulate`) knows no data beside errors: it is whole, or there is none. All its pages are read in one transaction.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, cast
from zoneinfo import ZoneInfo

import orjson
from graphql import (
    GraphQLError,
    GraphQLInputType,
    GraphQLSchema,
    OperationDefinitionNode,
    execute_sync,
    parse,
    specified_rules,
    type_from_ast,
    validate,
)

from config.entities import Catalogue
from config.hub import Language
from config.messages import Messages
from replica.reading import (
    MAX_ROWS,
    Busy,
    DeadlineExceeded,
    Reading,
    Replica,
    TooFar,
    TooManyRows,
)
from replica.tables import Tables
from resolvers.arguments import sample_of
from resolvers.cost import Explained, Scan, TooCostly, check_cost, explained, looked_at, scans_of, spent
from resolvers.document import Document
from resolvers.errors import BadRequest
from resolvers.explaining import MOST_SOUGHT, Origins, TooManySought
from resolvers.flat import AFTER, Column, Layout, Variable, lay_out, variables_of
from resolvers.inputs import MAX_ERRORS
from resolvers.limits import Limits, check_size
from resolvers.messages import MESSAGES, hint_of
from resolvers.plan import Plan, build_plan
from resolvers.run import Failure, Run, TooManyGroups, positions
from resolvers.shape import Writer

DOCUMENTS = 500  # parsed and planned operations that are kept
AT_ONCE = 3_000  # rows that an operation may be expected to look at, some 3 ms, and still be answered without a thread
PLANS_PER_DOCUMENT = 50  # structures of variables kept for each
MOST = 1e15  # rows that an estimate is told in figures
RETRY_SECONDS = 10  # after which a hub that was busy is likely to have room


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks. Decides with the document which plan is made; there is one so far."""

    role: str = "public"


PUBLIC = Caller()
LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class Request:
    """An operation as it came in. With `tells_cost` the answer's extensions say what each select cost, with
    `tells_sources` how each source stands that was used, not only those in trouble. With `as_text` only the answer's `body` is
    wanted: in its data, what the replica has written itself is JSON already."""

    query: str
    variables: Mapping[str, object] | None = None
    operation_name: str | None = None
    language: Language = "id"
    caller: Caller = PUBLIC
    tells_cost: bool = False
    tells_sources: bool = False
    as_text: bool = False

    @property
    def tells_times(self) -> bool:
        """Whether the answer says what is another thing each time."""
        return self.tells_cost or self.tells_sources


@dataclass(frozen=True, slots=True)
class Stamp:
    """What an answer was made of: the names that its version depends on, and that version (`replica.versions`). The same
    request in the same configuration has the same answer as long as their version is the same."""

    names: frozenset[str]
    version: str


@dataclass(frozen=True, slots=True)
class Answer:
    """The result of an operation. Not `started` means a request error: it has errors and no data. One that came to its end
    has a `stamp`, unless it depends on more than the replica."""

    data: dict[str, object] | None
    errors: tuple[dict[str, object], ...] = ()
    extensions: Mapping[str, object] = field(default_factory=dict)
    started: bool = True
    statements: int = 0
    stamp: Stamp | None = None

    def body(self) -> bytes:
        """The answer as JSON."""
        members: dict[str, object] = {}
        if self.errors:
            members["errors"] = self.errors
        if self.started:
            members["data"] = self.data
        if self.extensions:
            members["extensions"] = self.extensions
        return orjson.dumps(members)


@dataclass(frozen=True, slots=True)
class Outline:
    """What an operation is as a table before it is asked: its variables, the names of the lists that may multiply its rows,
    and why it can't be one (`errors`, in the form of an answer's; then the rest is as far as it could be found out)."""

    variables: tuple[Variable, ...] = ()
    lists: tuple[str, ...] = ()
    errors: tuple[dict[str, object], ...] = ()


Write = Callable[[tuple[Column, ...], Iterator[list[object]]], None]
"""Takes a table: its columns, and its rows as they are read. It is called in the reading thread."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """An operation that is ready to be run."""

    document: Document
    operation: OperationDefinitionNode
    variables: dict[str, Any]
    plan: Plan


Watch = Callable[[Plan, Reading, Mapping[str, object]], None]
"""Sees a plan when it has run, in the reading thread and in its transaction."""


class Engine:
    """Answers GraphQL requests from the replica."""

    def __init__(
        self,
        schema: GraphQLSchema,
        catalogue: Catalogue,
        tables: Tables,
        replica: Replica,
        zone: ZoneInfo,
        notice: str | None = None,
        limits: Limits = LIMITS,
        seconds: float = 10.0,
        messages: Messages = MESSAGES,
        origins: Origins | None = None,
    ) -> None:
        self._schema = schema
        self._catalogue = catalogue
        self._tables = tables
        self._replica = replica
        self._zone = zone
        self._notice = notice
        self._limits = limits
        self._seconds = seconds
        self._messages = messages
        self._origins = origins or Origins()
        self._documents: OrderedDict[str, Document] = OrderedDict()
        self._lock = Lock()

    @property
    def seconds(self) -> float:
        """How long an operation may take."""
        return self._seconds

    def late(self, language: Language) -> Answer:
        """The answer to an operation that took longer."""
        return self._stopped(DeadlineExceeded(), self._seconds, language)

    async def execute(self, request: Request) -> Answer:
        """The answer to a request; raises only on our own bugs."""
        return await self._answer(request, lambda plan, reading, variables: None)

    async def explain(self, request: Request) -> tuple[Answer, tuple[Explained, ...]]:
        """The answer, and the statements that it took."""
        told: list[Explained] = []

        def watch(plan: Plan, reading: Reading, variables: Mapping[str, object]) -> None:
            told.extend(explained(plan.selects(self._catalogue, reading, variables), reading, variables))

        return await self._answer(request, watch), tuple(told)

    def scans(self, query: str) -> tuple[Scan, ...]:
        """Where an operation, with all its variables given, looks at every record for want of an index. Nothing is read; of one
        that can't be asked there is none."""
        try:
            document = self._document(query)
            operation = document.operation(None)
            given = {
                definition.variable.name.value: sample_of(
                    cast(GraphQLInputType, type_from_ast(self._schema, definition.type))
                )
                for definition in operation.variable_definitions or ()
            }
            plan = self._plan(document, operation, given, Request(query))
        except (BadRequest, _Invalid):
            return ()
        return scans_of(plan.selects_of(self._catalogue, {}, given), self._catalogue)

    def execute_at_once(self, request: Request) -> Answer | None:
        """The answer to a request that is refused, or expected to look at a few rows only, without a wait; None if it is to be
        executed. Called in one thread only."""
        asked = self._ask(request)
        if isinstance(asked, Answer):
            return asked
        revision, sizes = self._replica.measured
        if revision is None or asked.plan.looked(self._catalogue, revision, sizes, asked.variables) > AT_ONCE:
            return None
        try:
            found = self._replica.read_at_once(
                lambda reading: self._run(asked.plan, reading, asked.variables, request, is_cheap=True)
            )
        except (DeadlineExceeded, TooFar):
            return None  # more than was expected
        except (TooCostly, *_STOPPED) as stopped:
            return self._stopped(stopped, self._seconds, request.language)
        return self._finish(asked, request, *found)

    async def version(self, names: frozenset[str]) -> str | None:
        """The version of a stamp's names now; None if it can't be had."""
        try:
            return self._replica.read_at_once(lambda reading: reading.version(names))
        except (DeadlineExceeded, TooFar):
            pass
        try:
            return await self._replica.read(lambda reading: reading.version(names), self._seconds)
        except _STOPPED:
            return None

    async def _answer(self, request: Request, watch: Watch) -> Answer:
        asked = self._ask(request)
        if isinstance(asked, Answer):
            return asked

        def work(reading: Reading) -> tuple[Run, dict[str, object]]:
            result = self._run(asked.plan, reading, asked.variables, request)
            watch(asked.plan, reading, asked.variables)
            return result

        try:
            found = await self._replica.read(work, self._seconds)
        except (TooCostly, *_STOPPED) as stopped:
            return self._stopped(stopped, self._seconds, request.language)
        return self._finish(asked, request, *found)

    def _ask(self, request: Request) -> _Asked | Answer:
        """What is asked, or why it is refused."""
        try:
            document = self._document(request.query)
            operation = document.operation(request.operation_name)
            variables = self._variables(document, operation, request.variables)
            plan = self._plan(document, operation, variables, request)
            plan.check(variables)
        except BadRequest as refused:
            return self._refused(refused, request.language)
        except _Invalid as invalid:
            errors = tuple(self._hinted(error, request.language) for error in invalid.errors)
            return Answer(None, errors, started=False)
        return _Asked(document, operation, variables, plan)

    def _finish(self, asked: _Asked, request: Request, run: Run, data: dict[str, object]) -> Answer:
        self._introspect(asked.document, asked.operation, asked.plan, request, data)
        errors = tuple(self._failed(failure, data, request.language) for failure in run.failures)
        extensions = self._extensions(asked.plan, run.reading, all_sources=request.tells_sources)
        if request.tells_cost:
            extensions["cost"] = self._cost(asked.plan, run.reading, asked.variables)
        stamp = Stamp(asked.plan.reads, run.version) if asked.plan.is_lasting else None
        return Answer(data, errors, extensions, statements=run.reading.statements, stamp=stamp)

    # -- tables -------------------------------------------------------------------------------------------------------

    async def tabulate(self, request: Request, expand: Sequence[str], write: Write, seconds: float) -> Answer:
        """Hands an operation to `write` as a table, all its records, read in one transaction within `seconds`.

        The answer has no data. If it has errors, what was written is not the whole table and must not be used; not `started`
        means a request error. `expand` names the lists inside the rows that may multiply them."""
        try:
            document = self._document(request.query)
            operation = document.operation(request.operation_name)
            variables = self._variables(document, operation, request.variables)
            layout = lay_out(self._schema, document.fragments, operation, variables, expand)
            plan = self._table_plan(layout.first, variables, request)
            plan.check(variables)

            def read(reading: Reading) -> tuple[Reading, str]:
                write(layout.columns, self._pages(layout, plan, reading, variables, request))
                return reading, reading.version(plan.reads)

            reading, version = await self._replica.read(read, seconds)
        except BadRequest as refused:
            return self._refused(refused, request.language)
        except _Invalid as invalid:
            errors = tuple(self._hinted(error, request.language) for error in invalid.errors)
            return Answer(None, errors, started=False)
        except _Failed as failed:
            errors = tuple(self._failed(failure, failed.data, request.language) for failure in failed.failures)
            return Answer(None, errors, self._extensions(plan, failed.reading), statements=failed.reading.statements)
        except (TooCostly, *_STOPPED) as stopped:
            return self._stopped(stopped, seconds, request.language)
        stamp = Stamp(plan.reads, version)
        return Answer(None, (), self._extensions(plan, reading), statements=reading.statements, stamp=stamp)

    def outline(self, query: str, language: Language) -> Outline:
        """What an operation is as a table; nothing is read."""
        variables: tuple[Variable, ...] = ()
        try:
            document = self._document(query)
            operation = document.operation(None)
            variables = variables_of(self._schema, operation)
            layout = lay_out(self._schema, document.fragments, operation, _AllTrue(), None)
        except BadRequest as refused:
            return Outline(variables, (), self._refused(refused, language).errors)
        except _Invalid as invalid:
            return Outline(variables, (), tuple(self._hinted(error, language) for error in invalid.errors))
        return Outline(variables, layout.lists)

    def _table_plan(
        self, operation: OperationDefinitionNode, variables: Mapping[str, object], request: Request
    ) -> Plan:
        writer = Writer(self._zone, self._messages, request.language)
        return build_plan(self._schema, self._catalogue, self._tables, writer, {}, operation, variables)

    def _pages(
        self, layout: Layout, plan: Plan, reading: Reading, variables: Mapping[str, object], request: Request
    ) -> Iterator[list[object]]:
        """The rows of all pages. Raises _Failed as soon as a field of a page could not be had."""
        following: Plan | None = None
        while True:
            run, data = self._run(following or plan, reading, variables, request)
            if run.failures:
                raise _Failed(reading, data, run.failures)
            yield from layout.rows(data)
            cursor = layout.cursor(data)
            if cursor is None or layout.following is None:
                return
            variables = {**variables, AFTER: cursor}
            following = following or self._table_plan(layout.following, variables, request)
            reading.forget()

    def _run(
        self,
        plan: Plan,
        reading: Reading,
        variables: Mapping[str, object],
        request: Request,
        *,
        is_cheap: bool = False,
    ) -> tuple[Run, dict[str, object]]:
        if not is_cheap:  # which its caller has found out
            check_cost(plan.selects(self._catalogue, reading, variables), self._limits.looked)
        # what was never read is told with its path in the data, and what a statement cost by the statements of the plan
        as_text = request.as_text and not request.tells_cost and reading.unavailable.isdisjoint(plan.entities)
        run = Run(reading, variables, as_text, version=reading.version(plan.reads))
        return run, plan.run(run)

    # -- once for each document ---------------------------------------------------------------------------------------

    def _document(self, query: str) -> Document:
        with self._lock:
            if query in self._documents:
                self._documents.move_to_end(query)
                return self._documents[query]
        document = self._read(query)
        with self._lock:
            self._documents[query] = document
            if len(self._documents) > DOCUMENTS:
                self._documents.popitem(last=False)
        return document

    def _read(self, query: str) -> Document:
        try:
            document = parse(query, max_tokens=self._limits.tokens, allow_empty_selection_sets=False)
        except GraphQLError as error:
            if "tokens" in error.message and "limit" in error.message.lower():
                raise BadRequest(
                    "QUERY_TOO_COSTLY",
                    "OPERATION_TOO_LARGE",
                    (),
                    what="tokens",
                    limit=self._limits.tokens,
                ) from error
            raise _Invalid([_written(error, "GRAPHQL_PARSE_FAILED")]) from error
        except RecursionError as error:
            raise BadRequest(
                "QUERY_TOO_COSTLY",
                "OPERATION_TOO_LARGE",
                (),
                what="depth",
                limit=self._limits.depth,
            ) from error
        check_size(document, self._limits)
        errors = validate(
            self._schema,
            document,
            specified_rules,
            max_errors=MAX_ERRORS,
            allow_empty_selection_sets=False,
        )
        if errors:
            raise _Invalid([_written(error, "GRAPHQL_VALIDATION_FAILED") for error in errors[:MAX_ERRORS]])
        return Document(document)

    def _variables(
        self, document: Document, operation: OperationDefinitionNode, given: Mapping[str, object] | None
    ) -> dict[str, Any]:
        values = document.inputs(operation, self._schema).coerce(given)
        if isinstance(values, dict):
            return values
        raise _Invalid([_written(error, "BAD_USER_INPUT") for error in values])

    def _plan(
        self,
        document: Document,
        operation: OperationDefinitionNode,
        variables: dict[str, Any],
        request: Request,
    ) -> Plan:
        key = (
            id(operation),
            request.caller,
            request.language,
            document.inputs(operation, self._schema).shape(variables),
        )
        with self._lock:
            if key in document.plans:
                return document.plans[key]
        writer = Writer(self._zone, self._messages, request.language)
        plan = build_plan(
            self._schema,
            self._catalogue,
            self._tables,
            writer,
            document.fragments,
            operation,
            variables,
            self._origins,
        )
        with self._lock:
            document.plans[key] = plan
            if len(document.plans) > PLANS_PER_DOCUMENT:
                document.plans.popitem(last=False)
        return plan

    def _introspect(
        self,
        document: Document,
        operation: OperationDefinitionNode,
        plan: Plan,
        request: Request,
        data: dict[str, object],
    ) -> None:
        """Introspection fields are answered by graphql-core, asked for nothing else."""
        if plan.introspection:
            reduced = document.reduced(operation, plan.introspection)
            result = execute_sync(self._schema, reduced, variable_values=dict(request.variables or {}))
            data.update(result.data or {})

    # -- errors and extensions ----------------------------------------------------------------------------------------

    def _refused(self, refused: BadRequest, language: Language) -> Answer:
        message = self._messages.render(refused.message, refused.params, language)
        error: dict[str, object] = {"message": message}
        if refused.locations:
            error["locations"] = refused.locations
        error["extensions"] = {"code": refused.code, **refused.params}
        return Answer(None, (error,), started=False)

    def _hinted(self, error: dict[str, Any], language: Language) -> dict[str, object]:
        """An error of graphql-core with a hint in the reader's language."""
        hint = hint_of(error["message"])
        if hint is None:
            return error
        said = {**error["extensions"], "hint": self._messages.render(hint, {}, language)}
        return {**error, "extensions": said}

    def _stopped(self, why: Exception, seconds: float, language: Language) -> Answer:
        """The answer where a run came to its end too early."""
        if isinstance(why, TooCostly):
            return self._refused(_too_costly(why), language)
        params: dict[str, object]
        match why:
            case TooManyRows():
                code, sentence, params = "QUERY_TOO_COSTLY", "TOO_MANY_ROWS", {"limit": MAX_ROWS}
            case TooManyGroups(limit=limit):
                code, sentence, params = "QUERY_TOO_COSTLY", "TOO_MANY_GROUPS", {"limit": limit}
            case TooManySought():
                code, sentence, params = "QUERY_TOO_COSTLY", "TOO_MANY_SOUGHT", {"limit": MOST_SOUGHT}
            case Busy():
                code, sentence, params = "HUB_BUSY", "HUB_BUSY", {"retryAfter": RETRY_SECONDS}
            case _:
                code, sentence, params = "QUERY_TIMEOUT", "QUERY_TIMEOUT", {"seconds": seconds}
        message = self._messages.render(sentence, params, language)
        return Answer(None, ({"message": message, "extensions": {"code": code, **params}},))

    def _failed(self, failure: Failure, data: object, language: Language) -> dict[str, object]:
        sentence = "ENTITY_NEVER_READ" if failure.code == "SOURCE_UNAVAILABLE" else failure.code
        if failure.params.get("more"):
            sentence = f"{failure.code}_MORE"
        places = list(positions(data, failure.where))
        extensions = {"code": failure.code, **failure.params}
        if len(places) > 1:
            extensions["places"] = len(places)
        return {
            "message": self._messages.render(sentence, failure.params, language),
            "path": list(places[0]) if places else [step for step in failure.where if step != "*"],
            "extensions": extensions,
        }

    def _cost(self, plan: Plan, reading: Reading, variables: Mapping[str, object]) -> dict[str, object]:
        selects = plan.selects(self._catalogue, reading, variables)
        return {
            "looked": round(looked_at(selects)),
            "limit": self._limits.looked,
            "selects": spent(selects, reading.asked),
        }

    def _extensions(self, plan: Plan, reading: Reading, *, all_sources: bool = False) -> dict[str, object]:
        extensions: dict[str, object] = {}
        if self._notice:
            extensions["notice"] = self._notice
        told = plan.told(reading.state, all_sources=all_sources)
        if told:
            extensions["sources"] = told
        return extensions


_STOPPED = (DeadlineExceeded, TooManyRows, TooManyGroups, TooManySought, Busy)


def _too_costly(costly: TooCostly) -> BadRequest:
    worst = costly.worst
    return BadRequest(
        "QUERY_TOO_COSTLY",
        "LOOKS_AT_TOO_MUCH",
        (),
        limit=costly.limit,
        looked=_rounded(costly.looked),
        path=worst.path,
        most=_rounded(worst.estimate.looked),
    )


def _rounded(number: float) -> int:
    """To two digits: an estimate is no better."""
    return int(float(f"{min(number, MOST):.1e}"))


def _written(error: GraphQLError, code: str) -> dict[str, object]:
    formatted = cast("dict[str, object]", dict(error.formatted))
    formatted.pop("path", None)
    formatted["extensions"] = {"code": code}
    return formatted


class _AllTrue(dict[str, object]):
    """Variables of which nothing is known yet: every @include holds."""

    def __missing__(self, name: str) -> object:
        return True


class _Failed(Exception):
    """A page of a table has fields that could not be had."""

    def __init__(self, reading: Reading, data: object, failures: Sequence[Failure]) -> None:
        super().__init__(failures)
        self.reading = reading
        self.data = data
        self.failures = tuple(failures)


class _Invalid(Exception):
    """A request that graphql-core refused; the errors are in the form of the answer."""

    def __init__(self, errors: list[dict[str, object]]) -> None:
        super().__init__(errors)
        self.errors = errors
