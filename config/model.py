"""What may be written in hub.yaml, as pydantic models. Every scalar arrives as text."""

from __future__ import annotations

import codecs
import re
from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
)

from config.hub import Refresh

_DURATION = re.compile(r"(\d{1,6})\s*(s|m|h|d)")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_ESCAPED = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
WATCH_INTERVAL = timedelta(seconds=5)
MAX_HEADER = 20  # rows of names below the first


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
    if re.fullmatch(r"\d{1,5}(\.\d{1,3})?", value, re.ASCII) and float(value) > 0:
        return float(value)
    return _duration(value).total_seconds()


def _rate(value: object) -> object:
    if not isinstance(value, str):
        return value
    found = re.fullmatch(r"(\d{1,6})\s*/\s*([smh])", value.strip(), re.ASCII)
    if found is None or int(found[1]) == 0:
        raise ValueError(
            wanted(
                "calls in a second, minute or hour, such as 60/m", "banyaknya per detik, menit, atau jam, misalnya 60/m"
            )
        )
    return int(found[1]), {"s": 1, "m": 60, "h": 3_600}[found[2]]


def _bytes(value: object) -> object:
    if not isinstance(value, str):
        return value
    found = re.fullmatch(r"(?i)(\d{1,12})\s*(b|kb|mb|gb)?", value.strip())
    if found is None or int(found[1]) == 0:
        raise ValueError(wanted("a size such as 20MB", "ukuran, misalnya 20MB"))
    return int(found[1]) * {"": 1, "b": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9}[(found[2] or "").lower()]


def _whole(value: object) -> object:
    if not isinstance(value, str):
        return value
    if not re.fullmatch(r"\d{1,9}", value):
        raise ValueError(wanted("a whole number", "bilangan bulat"))
    return int(value)


def _count(value: object) -> object:
    count = _whole(value)
    if count == 0:
        raise ValueError(wanted("a whole number from 1", "bilangan bulat mulai dari 1"))
    return count


def _separator(value: object) -> object:
    if value == "none":
        return None
    if value == "":
        raise ValueError(wanted("a sign such as , or none", "tanda seperti , atau none"))
    return value


def _share(value: object) -> object:
    if not isinstance(value, str):
        return value
    found = re.fullmatch(r"(\d{1,3}(?:\.\d{1,6})?)\s*(%?)", value.strip(), re.ASCII)
    share = Decimal(found[1]) / (100 if found[2] else 1) if found else Decimal(-1)
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
    if found is None or int(found[1]) == 0 or (found[2] and int(found[2]) < int(found[1])):
        raise ValueError(wanted("rows such as 7- or 2-794", "baris, misalnya 7- atau 2-794"))
    return (int(found[1]), int(found[2]) if found[2] else None)


def _header(value: object) -> object:
    if value == "none":
        return None
    if value == "auto" or not isinstance(value, str):
        return value
    found = re.fullmatch(r"(\d{1,7})(?:\s*-\s*(\d{1,7}))?", value.strip())
    first, last = (int(found[1]), int(found[2] or found[1])) if found else (0, 0)
    if not 0 < first <= last or last - first > MAX_HEADER:
        words = "the number of a row, from 1, rows such as 5-6, auto or none"
        raise ValueError(wanted(words, "nomor baris, mulai dari 1, baris seperti 5-6, auto, atau none"))
    return (first, last) if found and found[2] else first


def _total(value: object) -> object:
    if not isinstance(value, str):
        return value
    rows = [] if value == "none" else [text.strip() for text in value.split(",")]
    if not all(re.fullmatch(r"[1-9]\d{0,6}", row) for row in rows):
        raise ValueError(wanted("none, or rows such as 418, 433", "none, atau baris seperti 418, 433"))
    return tuple(map(int, rows))


def _table(value: object) -> object:
    return int(value) if isinstance(value, str) and re.fullmatch(r"[1-9]\d{0,2}", value) else value


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


def _path(value: str) -> str:
    if not value.strip() or _ESCAPED.search(value):
        words = (
            "a path in single quotes, as in 'D:\\Data\\file.xlsx' (in double quotes a backslash is a special sign)",
            "alamat dalam kutip tunggal, misalnya 'D:\\Data\\file.xlsx' (dalam kutip ganda garis miring terbalik adalah"
            " tanda khusus)",
        )
        raise ValueError(wanted(*words))
    return value


def _some(value: str) -> str:
    if not value.strip():
        raise ValueError(wanted("a text", "teks"))
    return value


def _one_or_more(values: list[str]) -> list[str]:
    if not values or not all(value.strip() for value in values):
        raise ValueError(wanted("one name or a list of names", "satu nama atau daftar nama"))
    return values


def _delimiter(value: object) -> object:
    if value in ("\\t", "tab"):
        return "\t"
    if isinstance(value, str) and (len(value) != 1 or value in '\r\n"' or value.isalnum()):
        raise ValueError(wanted("one sign such as ; or tab", "satu tanda, misalnya ; atau tab"))
    return value


def _encoding(value: str) -> str:
    try:
        known = codecs.lookup(value)._is_text_encoding  # also hex and zip are codecs, but not of text
    except (LookupError, ValueError):
        known = False
    if not known:
        raise ValueError(wanted("an encoding such as utf-8 or cp1252", "pengodean, misalnya utf-8 atau cp1252"))
    return value


def _url(value: str) -> str:
    if not re.match(r"(?i)https?://[^/\s?#]+", value) or re.search(r"\s", value):
        raise ValueError(
            wanted("an address that begins with http:// or https://", "alamat yang diawali http:// atau https://")
        )
    return value.rstrip("/")


def _mail_url(value: str) -> str:
    if not re.fullmatch(r"(?i)imaps?://([^@/\s]+@)?(\[[0-9a-f:]+\]|[^@/:\s?#\[\]]+)(:\d{1,5})?/?", value):
        words = "an address such as imaps://USER@mail.kab.example", "alamat seperti imaps://PENGGUNA@mail.kab.example"
        raise ValueError(wanted(*words))
    return value.rstrip("/")


def _host(value: str) -> str:
    if not re.fullmatch(r"[0-9A-Za-z._-]+|[0-9A-Fa-f:]+:[0-9A-Fa-f:.]*", value):
        words = "a name or address such as mail.kab.example", "nama atau alamat seperti mail.kab.example"
        raise ValueError(wanted(*words))
    return value


def _origin(value: str) -> str:
    if not re.fullmatch(r"https?://(\[[0-9a-fA-F:]+\]|[A-Za-z0-9.\-]+)(:(\d{1,5}|\*))?", value):
        words = (
            "an origin such as https://dashboard.example or http://localhost:* (no path, no slash at the end)",
            "asal seperti https://dashboard.example atau http://localhost:* (tanpa jalur, tanpa garis miring di akhir)",
        )
        raise ValueError(wanted(*words))
    return value


def _select(value: str) -> str:
    plain = value.strip().rstrip(";")
    if not re.match(r"(?i)(select|with)\b", plain):
        raise ValueError(wanted("a SELECT", "perintah SELECT"))
    return plain


def matcher(text: str) -> str | None:
    """The regular expression in `/…/`, or None if the text stands for itself."""
    return text[1:-1] if len(text) > 2 and text.startswith("/") and text.endswith("/") else None


def _matching(value: str) -> str:
    expression = matcher(value)
    if expression is not None:
        _pattern(expression)
    return value


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
RateWritten = Annotated[tuple[int, int] | None, BeforeValidator(_rate)]
"""So many calls in so many seconds."""
Bytes = Annotated[int, BeforeValidator(_bytes)]
Whole = Annotated[int, BeforeValidator(_whole)]
Count = Annotated[int, BeforeValidator(_count)]
Truth = Annotated[bool, BeforeValidator(_truth)]


def fields_of(item: str) -> tuple[str, ...]:
    """The fields of an item of `filterable`: one, or several with + between them."""
    return tuple(name.strip() for name in item.split("+"))


Texts = Annotated[list[str], BeforeValidator(_texts)]
Zone = Annotated[str, AfterValidator(_zone)]
Names = Annotated[list[str], BeforeValidator(_texts), AfterValidator(_one_or_more)]
Some = Annotated[str, AfterValidator(_some)]
FilePath = Annotated[str, AfterValidator(_path)]
Paths = Annotated[list[FilePath], BeforeValidator(_texts), AfterValidator(_one_or_more)]
Matching = Annotated[list[Annotated[str, AfterValidator(_matching)]], BeforeValidator(_texts)]
Columns = Annotated[dict[Some, Matching], Field(default_factory=dict)]


class Written(BaseModel):
    """A mapping in hub.yaml: unknown names are problems."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True, populate_by_name=False)


class DatasetWritten(Written):
    """What every dataset with columns of its own may say."""

    contract: Literal["evolve", "freeze", "rejectRows"] = "evolve"
    rename: dict[Some, Some] = Field(default_factory=dict)


class SheetWritten(DatasetWritten):
    sheet: str | None = None
    header: Annotated[int | Literal["auto"] | tuple[int, int] | None, BeforeValidator(_header)] = 1
    rows: Annotated[tuple[int, int | None] | None, BeforeValidator(_rows)] = None
    skip: Columns
    encoding: Annotated[str, AfterValidator(_encoding)] | None = None
    delimiter: Annotated[str | None, BeforeValidator(_delimiter)] = None
    total: Annotated[tuple[int, ...] | None, BeforeValidator(_total)] = None
    member: Names | None = None
    table: Annotated[int | Some | None, BeforeValidator(_table)] = None

    @field_validator("table")
    @classmethod
    def _is_one_of_several(cls, table: int | str | None, info: ValidationInfo) -> int | str | None:
        if table is not None and info.data.get("header") != "auto":
            raise ValueError(wanted("nothing unless `header` is auto", "tidak ada, kecuali `header` berisi auto"))
        return table

    @field_validator("total")
    @classmethod
    def _is_found(cls, total: tuple[int, ...] | None, info: ValidationInfo) -> tuple[int, ...] | None:
        header = info.data.get("header")
        if total is not None and header != "auto" and not isinstance(header, tuple):
            raise ValueError(
                wanted(
                    "nothing unless `header` is auto or rows such as 5-6 (leave rows out with `skip` or `rows`)",
                    "tidak ada, kecuali `header` berisi auto atau baris seperti 5-6 (lewati baris dengan `skip` atau `rows`)",
                )
            )
        return total

    @field_validator("rows")
    @classmethod
    def _is_below_the_head(
        cls, rows: tuple[int, int | None] | None, info: ValidationInfo
    ) -> tuple[int, int | None] | None:
        header = info.data.get("header")
        last = header[1] if isinstance(header, tuple) else header
        if rows is not None and isinstance(last, int) and rows[0] <= last:
            raise ValueError(
                wanted(f"rows below the head, which is row {last},", f"baris di bawah judul (baris {last})")
            )
        return rows


class TableWritten(DatasetWritten):
    table: Some | None = None
    query: Annotated[str, AfterValidator(_select)] | None = None
    key: Names | None = None
    parts: Count | None = None


class ThreadsWritten(Written):
    pass


class PagingWritten(Written):
    style: Literal["page", "offset", "next", "cursor"] = "page"
    param: Some | None = None
    size_param: Some | None = Field(None, alias="sizeParam")
    size: Count | None = None
    first: Whole | None = None
    at: Some | None = None
    total: Some | None = None


class IdsWritten(Written):
    param: Some
    separator: Annotated[str | None, BeforeValidator(_separator)] = ","
    size: Count = 50


class EndpointWritten(DatasetWritten):
    path: str | None = None
    list_: str | None = Field(None, alias="list")
    paging: PagingWritten | None = None
    params: dict[str, str] = Field(default_factory=dict)
    key: str | None = None
    ids: IdsWritten | None = None
    format: Literal["json", "ndjson"] = "json"


class SourceWritten(Written):
    """What every kind of source may say."""

    kind: str
    refresh: Annotated[Refresh, BeforeValidator(_refresh)] = Refresh(timedelta(minutes=10))
    timezone: Zone | None = None
    max_loss: Annotated[Decimal, BeforeValidator(_share)] = Field(Decimal("0.5"), alias="maxLoss")


class SpreadsheetWritten(SourceWritten):
    path: Paths
    newest: Truth = False
    password: Some | None = None
    datasets: dict[str, SheetWritten] = Field(default_factory=dict)


class SqlWritten(SourceWritten):
    url: str | None = None
    engine: str | None = None
    host: str | None = None
    port: Whole | None = None
    database: FilePath | None = None
    schema_: Some | None = Field(None, alias="schema")
    user: str | None = None
    password: str | None = None
    allow_owner: Truth = Field(False, alias="allowOwner")
    tls: Literal["off", "require", "verify"] | None = None
    tls_ca: FilePath | None = Field(None, alias="tlsCa")
    connections: Count | None = None
    encoding: Annotated[str, AfterValidator(_encoding)] | None = None
    timeout: Seconds = 30
    datasets: dict[str, TableWritten] = Field(default_factory=dict)


class OAuthWritten(Written):
    token_url: Annotated[str, AfterValidator(_url)] = Field(alias="tokenUrl")
    client_id: Some = Field(alias="clientId")
    client_secret: Some = Field(alias="clientSecret")
    scope: Some | None = None
    refresh_token: Some | None = Field(None, alias="refreshToken")


MAIL_DATASETS = ("threads", "replies", "attachments")
"""What a mailbox holds; named by its source alone, it is the first of them."""


class MailboxWritten(SourceWritten):
    path: Paths | None = None
    url: Annotated[str, AfterValidator(_mail_url)] | None = None
    host: Annotated[str, AfterValidator(_host)] | None = None
    port: Whole | None = None
    encryption: Literal["tls", "starttls", "none"] | None = None
    ca: FilePath | None = None
    user: Some | None = None
    password: str | None = None
    oauth: OAuthWritten | None = None
    folders: Names | None = None
    timeout: Seconds = 30
    datasets: dict[str, ThreadsWritten] = Field(default_factory=dict)


class ApiKeyWritten(Written):
    header: str
    value: str


class RestWritten(SourceWritten):
    url: Annotated[str, AfterValidator(_url)]
    headers: dict[str, str] = Field(default_factory=dict)
    bearer: str | None = None
    api_key: ApiKeyWritten | None = Field(None, alias="apiKey")
    oauth: OAuthWritten | None = None
    timeout: Seconds = 10
    max_bytes: Bytes = Field(20_000_000, alias="maxBytes")
    rate: RateWritten = None
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


Around = Literal["file", "sheet", "folder", "title"]
"""What stands around a table and may say something of all its rows."""


class FieldWritten(Written):
    column: Names | None = None
    from_: Around | None = Field(None, alias="from")
    after: Some | None = None
    join: str = "."
    value: str | None = None
    within: Some | None = None
    type: str | None = None
    scale: Whole | None = None
    decimal: Literal[",", "."] | None = None
    unit: Annotated[Decimal | None, BeforeValidator(_unit)] = None
    values: dict[str, str] | None = None
    zero_means: Literal["zero", "empty", "unknown"] = Field("zero", alias="zeroMeans")
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
    filterable: Texts | None = None
    plural: str | None = None
    description: WordsWritten | None = None


class CrosswalkWritten(Written):
    file: FilePath
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
    name: Some
    notice: Some | None = None
    language: Literal["id", "en"] | None = None
    timezone: Zone = "Asia/Makassar"
    replica: FilePath = "sqlite:///var/replica.db"
    cache: str = "memory"
    cors: list[Annotated[str, AfterValidator(_origin)]] = Field(default_factory=list)
    home: Texts = Field(default_factory=list)
    sources: dict[str, dict[str, Any]]
    entities: dict[str, EntityWritten]
    links: dict[str, LinkWritten] = Field(default_factory=dict)
