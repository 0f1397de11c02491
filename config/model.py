"""What may be written in hub.yaml, as pydantic models. Every scalar arrives as text."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from config.hub import Refresh

_DURATION = re.compile(r"(\d{1,6})\s*(s|m|h|d)")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
WATCH_INTERVAL = timedelta(seconds=5)


def wanted(en: str, id: str) -> str:
    """What is needed, in both languages, as the text of a ValueError."""
    return f"{en}\x1f{id}"


def _duration(text: str) -> timedelta:
    found = _DURATION.fullmatch(text.strip())
    if found is None or int(found[1]) == 0:
        raise ValueError(wanted("a duration such as 30s, 10m or 1h", "lamanya, misalnya 30s, 10m, atau 1h"))
    return timedelta(seconds=int(found[1]) * _SECONDS[found[2]])


def _refresh(value: object) -> object:
    if not isinstance(value, str):
        return value
    if value == "manual":
        return Refresh(None)
    if value == "watch":
        return Refresh(WATCH_INTERVAL, watch=True)
    try:
        return Refresh(_duration(value))
    except ValueError:
        words = wanted("manual, watch, or a duration such as 10m", "manual, watch, atau lamanya, misalnya 10m")
        raise ValueError(words) from None


def _seconds(value: object) -> object:
    if not isinstance(value, str):
        return value
    return float(value) if re.fullmatch(r"\d{1,5}(\.\d+)?", value) else _duration(value).total_seconds()


def _bytes(value: object) -> object:
    if not isinstance(value, str):
        return value
    found = re.fullmatch(r"(?i)(\d{1,12})\s*(b|kb|mb|gb)?", value.strip())
    if found is None:
        raise ValueError(wanted("a size such as 20MB", "ukuran, misalnya 20MB"))
    return int(found[1]) * {"": 1, "b": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9}[(found[2] or "").lower()]


def _whole(value: object) -> object:
    if not isinstance(value, str):
        return value
    if not re.fullmatch(r"\d{1,9}", value):
        raise ValueError(wanted("a whole number", "bilangan bulat"))
    return int(value)


def _share(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        share = Decimal(value.rstrip("% ")) / (100 if value.rstrip().endswith("%") else 1)
    except InvalidOperation:
        share = Decimal(-1)
    if not 0 <= share <= 1:
        raise ValueError(wanted("a share such as 0.5 or 50%", "bagian, misalnya 0.5 atau 50%"))
    return share


def _truth(value: object) -> object:
    if value in ("true", "false"):
        return value == "true"
    if isinstance(value, str):
        raise ValueError(wanted("true or false", "true atau false"))
    return value


def _texts(value: object) -> object:
    return [value] if isinstance(value, str) else value


def _zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (KeyError, ValueError, OSError):
        words = wanted("a time zone such as Asia/Makassar", "zona waktu, misalnya Asia/Makassar")
        raise ValueError(words) from None
    return value


def _rows(value: object) -> object:
    if not isinstance(value, str):
        return value
    found = re.fullmatch(r"(\d{1,7})\s*-\s*(\d{1,7})?", value.strip())
    if found is None or (found[2] and int(found[2]) < int(found[1])):
        raise ValueError(wanted("rows such as 7- or 2-794", "baris, misalnya 7- atau 2-794"))
    return (int(found[1]), int(found[2]) if found[2] else None)


def _header(value: object) -> object:
    return None if value == "none" else _whole(value)


def _parts(value: object) -> object:
    if not isinstance(value, str):
        return value
    found = re.fullmatch(r"(\d{1,2})(?:\s*-\s*(\d{1,2}))?", value.strip())
    if found is None or int(found[1]) < 1 or int(found[2] or found[1]) < int(found[1]):
        raise ValueError(wanted("parts such as 1-6", "bagian, misalnya 1-6"))
    return (int(found[1]), int(found[2] or found[1]))


def _unit(value: object) -> object:
    if not isinstance(value, str):
        return value
    if not re.fullmatch(r"\d{1,12}", value) or int(value) == 0:
        raise ValueError(wanted("a number such as 1000", "bilangan, misalnya 1000"))
    return Decimal(value)


def _pattern(value: str) -> str:
    try:
        re.compile(value)
    except re.error as error:
        words = f"a regular expression ({error})", f"ekspresi reguler ({error})"
        raise ValueError(wanted(*words)) from None
    return value


def _column(value: object) -> object:
    """A field given by its column alone."""
    return {"column": value} if isinstance(value, str) else value


Seconds = Annotated[float, BeforeValidator(_seconds)]
Bytes = Annotated[int, BeforeValidator(_bytes)]
Whole = Annotated[int, BeforeValidator(_whole)]
Truth = Annotated[bool, BeforeValidator(_truth)]
Texts = Annotated[list[str], BeforeValidator(_texts)]
Zone = Annotated[str, AfterValidator(_zone)]
Columns = Annotated[dict[str, Texts], Field(default_factory=dict)]


class Written(BaseModel):
    """A mapping in hub.yaml: unknown names are problems."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True, populate_by_name=False)


class SheetWritten(Written):
    sheet: str | None = None
    header: Annotated[int | None, BeforeValidator(_header)] = 1
    rows: Annotated[tuple[int, int | None] | None, BeforeValidator(_rows)] = None
    skip: Columns
    encoding: str | None = None
    delimiter: str | None = None


class TableWritten(Written):
    table: str | None = None
    query: str | None = None
    key: Texts | None = None


class ThreadsWritten(Written):
    pass


class PagingWritten(Written):
    style: Literal["page"] = "page"
    param: str = "page"
    size_param: str | None = Field(None, alias="sizeParam")
    size: Whole | None = None
    first: Whole = 1


class EndpointWritten(Written):
    path: str | None = None
    list_: str | None = Field(None, alias="list")
    paging: PagingWritten | None = None
    params: dict[str, str] = Field(default_factory=dict)
    key: str | None = None


class SourceWritten(Written):
    """What every kind of source may say."""

    kind: str
    refresh: Annotated[Refresh, BeforeValidator(_refresh)] = Refresh(timedelta(minutes=10))
    timezone: Zone | None = None
    max_loss: Annotated[Decimal, BeforeValidator(_share)] = Field(Decimal("0.5"), alias="maxLoss")


class SpreadsheetWritten(SourceWritten):
    path: Texts
    datasets: dict[str, SheetWritten] = Field(default_factory=dict)


class SqlWritten(SourceWritten):
    url: str | None = None
    engine: str | None = None
    host: str | None = None
    port: Whole | None = None
    database: str | None = None
    user: str | None = None
    password: str | None = None
    timeout: Seconds = 30
    datasets: dict[str, TableWritten] = Field(default_factory=dict)


class MailboxWritten(SourceWritten):
    path: Texts
    datasets: dict[str, ThreadsWritten] = Field(default_factory=dict)


class ApiKeyWritten(Written):
    header: str
    value: str


class RestWritten(SourceWritten):
    url: str
    headers: dict[str, str] = Field(default_factory=dict)
    bearer: str | None = None
    api_key: ApiKeyWritten | None = Field(None, alias="apiKey")
    timeout: Seconds = 10
    max_bytes: Bytes = Field(20_000_000, alias="maxBytes")
    datasets: dict[str, EndpointWritten] = Field(default_factory=dict)


SOURCES: Mapping[str, type[SourceWritten]] = {
    "spreadsheet": SpreadsheetWritten,
    "sql": SqlWritten,
    "mailbox": MailboxWritten,
    "rest": RestWritten,
}


class WordsWritten(Written):
    en: str
    id: str


class FieldWritten(Written):
    column: Texts | None = None
    join: str = "."
    value: str | None = None
    within: str | None = None
    type: str | None = None
    scale: Whole | None = None
    decimal: Literal[",", "."] | None = None
    unit: Annotated[Decimal | None, BeforeValidator(_unit)] = None
    values: dict[str, str] | None = None
    zero_means: Literal["zero", "empty"] = Field("zero", alias="zeroMeans")
    split: str | None = None
    parts: Annotated[tuple[int, int] | None, BeforeValidator(_parts)] = None
    pattern: Annotated[str, AfterValidator(_pattern)] | None = None
    optional: Truth = False
    required: Truth = False
    sensitive: Truth = False
    description: WordsWritten | None = None


Fields = dict[str, Annotated[FieldWritten, BeforeValidator(_column)]]


class MappingWritten(Written):
    from_: str = Field(alias="from")
    fields: Fields
    where: Columns
    duplicates: Literal["reject", "first", "last"] = "reject"


class EntityWritten(Written):
    mappings: list[MappingWritten]
    key: Texts | None = None
    fingerprint: Texts | None = None
    precedence: Texts | None = None
    plural: str | None = None
    description: WordsWritten | None = None


class CrosswalkWritten(Written):
    file: str
    from_: dict[str, str] | None = Field(None, alias="from")
    to: dict[str, str] | None = None


def _crosswalk(value: object) -> object:
    return {"file": value} if isinstance(value, str) else value


class RuleWritten(Written):
    key: dict[str, str] | None = None
    crosswalk: Annotated[CrosswalkWritten, BeforeValidator(_crosswalk)] | None = None
    similar: Any = None
    reviewed: Any = None
    normalise: list[Literal["case", "blanks", "punctuation", "zeros"]] | None = None
    drop_words: list[str] = Field(default_factory=list, alias="dropWords")


class LinkWritten(Written):
    to: str | None = None
    inverse: str | None = None
    many: Truth | None = None
    inverse_many: Truth | None = Field(None, alias="inverseMany")
    rules: list[RuleWritten] = Field(default_factory=list)
    via: list[str] = Field(default_factory=list)
    description: WordsWritten | None = None


class HubWritten(Written):
    name: str
    notice: str | None = None
    language: Literal["id", "en"] | None = None
    timezone: Zone = "Asia/Makassar"
    replica: str = "sqlite:///var/replica.db"
    cache: str = "memory"
    cors: list[str] = Field(default_factory=list)
    sources: dict[str, dict[str, Any]]
    entities: dict[str, EntityWritten]
    links: dict[str, LinkWritten] = Field(default_factory=dict)


def gather_mappings(entity: Any) -> Any:
    """An entity in any of its written forms as one with a list of mappings; what has another form is left for the check."""
    if isinstance(entity, list):
        if not all(isinstance(item, dict) for item in entity):
            return entity
        whole = {name: value for item in entity for name, value in item.items() if name in _WHOLE}
        return {**whole, "mappings": [_mapping(item) for item in entity]}
    if not isinstance(entity, dict) or "from" not in entity:
        return {**entity, "mappings": [_mapping(entity)]} if isinstance(entity, dict) else entity
    whole = {name: value for name, value in entity.items() if name not in _OF_MAPPING}
    froms = entity["from"] if isinstance(entity["from"], list) else [entity["from"]]
    shared = {name: value for name, value in entity.items() if name in _OF_MAPPING and name != "from"}
    mappings = [{**shared, **item} if isinstance(item, dict) else {**shared, "from": item} for item in froms]
    return {**whole, "mappings": mappings}


_OF_MAPPING = ("from", "fields", "where", "duplicates")
_WHOLE = ("key", "fingerprint", "precedence", "plural", "description")


def _mapping(entity: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in entity.items() if name not in _WHOLE}
