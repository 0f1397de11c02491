"""The sources of hub.yaml: options of each kind with secrets filled in, checked for what a connector could not use."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, cast
from urllib.parse import urlsplit

from config.entities import Text
from config.hub import EntityMapping, SourceConfig
from config.mailboxes import whole_mailbox
from config.model import (
    MAIL_DATASETS,
    SOURCES,
    EndpointWritten,
    MailboxWritten,
    RestWritten,
    SheetWritten,
    SourceWritten,
    SpreadsheetWritten,
    SqlWritten,
)
from config.places import Places
from config.secrets import Secrets, is_written_secret
from config.validation import Validation

NAME = re.compile(r"[A-Za-z0-9_-]+")
ENGINES = ("postgresql", "mariadb", "mysql", "sqlite")
NOT_BUILT_ENGINES = ("mssql", "oracle")
Place = tuple[str | int, ...]
PAGING_UNUSED = {"page": ("at",), "offset": ("at",), "next": ("param", "first"), "cursor": ("first",)}
"""Options of `paging:` that mean nothing in a style."""


class Sources:
    """Reads sources, noting problems. `zone` is the hub's time zone."""

    def __init__(self, places: Places, validation: Validation, secrets: Secrets, zone: str) -> None:
        self._places = places
        self._validation = validation
        self._secrets = secrets
        self._zone = zone

    def source(self, name: str, raw: Mapping[str, Any]) -> SourceConfig | None:
        """The source called `name`, None if it can't be used."""
        path: Place = ("sources", name)
        if not NAME.fullmatch(name):
            self._places.add(path, "BAD_NAME", at_key=True, name=name)
        kind = raw.get("kind")
        if kind is None:
            self._places.add(path, "MISSING_OPTION", at_key=True, name="kind")
            return None
        if not isinstance(kind, str) or kind not in SOURCES:
            known = ", ".join(SOURCES)
            self._validation.wrong((*path, "kind"), kind, f"one of {known}", f"salah satu dari {known}")
            return None
        if raw.get("refresh") == "live":
            self._validation.unbuilt(
                (*path, "refresh"), "live", "Use a duration such as 1m.", "Gunakan lamanya, misalnya 1m."
            )
            raw = {**raw, "refresh": "manual"}
        if raw.get("refresh") == "watch" and kind not in ("spreadsheet", "mailbox"):
            en, id = (
                "Only files are watched; use a duration such as 1m.",
                "Hanya berkas yang dipantau; gunakan misalnya 1m.",
            )
            self._validation.unbuilt((*path, "refresh"), "watch", en, id)
            raw = {**raw, "refresh": "manual"}
        filled = self._filled(raw, path)
        written = self._validation.read(SOURCES[kind], filled, path)
        if written is None or any(place[:2] == path for place in self._places.unknown):
            return None
        if isinstance(written, SqlWritten) and not self._is_sql_complete(written, path):
            return None
        if isinstance(written, SpreadsheetWritten) and written.newest and any("://" in one for one in written.path):
            instead = Text("files of a folder", "berkas dalam folder")
            self._places.add(
                (*path, "newest"), "OPTION_UNUSED", at_key=True, name="newest", field=name, instead=instead
            )
            return None
        if isinstance(written, MailboxWritten):
            whole = whole_mailbox(written, path, self._places, raw.keys())
            return self._settled(name, whole) if whole else None
        return self._settled(name, written)

    def _is_sql_complete(self, written: SqlWritten, path: Place) -> bool:
        option = "engine" if written.engine else "url"
        engine = (written.engine or (written.url or "").split(":")[0].split("+")[0]).lower()
        if not engine:
            self._places.add(path, "MISSING_OPTION", at_key=True, name="url")
        elif engine in NOT_BUILT_ENGINES:
            en, id = f"Use one of {', '.join(ENGINES)}.", f"Gunakan salah satu dari {', '.join(ENGINES)}."
            self._validation.unbuilt((*path, option), engine, en, id)
        elif option == "engine":
            if written.engine not in ENGINES:
                known = ", ".join(ENGINES)
                self._validation.wrong((*path, option), written.engine, f"one of {known}", f"salah satu dari {known}")
                return False
            missing = [
                name
                for name in ("database", *(() if engine == "sqlite" else ("host",)))
                if getattr(written, name) is None
            ]
            for name in missing:
                self._places.add(path, "MISSING_OPTION", at_key=True, name=name)
            return self._has_only_used_options(written, path, engine, option) and not missing
        elif engine == "sqlite" and not _is_file(written.url or ""):
            self._validation.wrong((*path, option), written.url, "sqlite:///FILE", "sqlite:///BERKAS")
        elif engine != "sqlite" and not _is_server(written.url or ""):
            scheme = engine if engine in ENGINES else "postgresql"
            en = f"{scheme}://USER:${{PASSWORD}}@HOST/DATABASE, or sqlite:///FILE,"
            id = f"{scheme}://PENGGUNA:${{PASSWORD}}@HOST/DATABASE, atau sqlite:///BERKAS,"
            self._validation.wrong((*path, option), written.url, en, id)
        else:
            return self._has_only_used_options(written, path, engine, option)
        return False

    def _has_only_used_options(self, written: SqlWritten, path: Place, engine: str, option: str) -> bool:
        """One of `url` and `engine` says where it is; a SQLite database is a file, to which nobody logs in; only PostgreSQL
        has schemas inside a database."""
        unused = dict.fromkeys(
            ("host", "port", "database", "user", "password") if option == "url" else ("url",),
            Text("a source without url", "sumber tanpa url")
            if option == "url"
            else Text("a source without engine", "sumber tanpa engine"),
        )
        if engine == "sqlite":
            servers = Text("other databases than SQLite", "basis data selain SQLite")
            options = ("host", "port", "user", "password", "tls", "tls_ca", "connections", "encoding")
            unused.update(dict.fromkeys(options, servers))
        if written.tls != "verify":
            unused["tls_ca"] = Text("tls: verify", "tls: verify")
        if not engine.startswith("postgres"):
            unused["schema_"] = Text("postgresql", "postgresql")
        given = [name for name in unused if getattr(written, name) is not None]
        for name in given:
            shown, instead = {"tls_ca": "tlsCa"}.get(name, name.rstrip("_")), unused[name]
            self._places.add((*path, shown), "OPTION_UNUSED", at_key=True, name=shown, field=path[-1], instead=instead)
        for name, dataset in written.datasets.items():
            if dataset.parts is not None and (dataset.query is not None or engine == "sqlite"):
                instead = Text("a table on a server", "tabel di server")
                place = (*path, "datasets", name, "parts")
                self._places.add(place, "OPTION_UNUSED", at_key=True, name="parts", field=name, instead=instead)
                given.append(name)
            if dataset.table is not None and dataset.query is not None:
                instead = Text("a dataset without query", "dataset tanpa query")
                place = (*path, "datasets", name, "table")
                self._places.add(place, "OPTION_UNUSED", at_key=True, name="table", field=name, instead=instead)
                given.append(name)
        return not given

    def _check_login(self, written: RestWritten, place: Place) -> None:
        """One login only."""
        if written.oauth is not None and written.bearer is not None:
            instead = Text("a source without oauth", "sumber tanpa oauth")
            self._places.add(
                (*place, "bearer"), "OPTION_UNUSED", at_key=True, name="bearer", field=place[-1], instead=instead
            )

    def _check_endpoint(self, written: EndpointWritten, place: Place) -> None:
        if written.format == "ndjson":
            for option in ("list", "paging", "ids"):
                if getattr(written, {"list": "list_"}.get(option, option)) is not None:
                    instead = Text("format: json", "format: json")
                    self._places.add(
                        (*place, option), "OPTION_UNUSED", at_key=True, name=option, field=place[-1], instead=instead
                    )
        if written.ids is not None and written.key is None:
            self._places.add((*place, "ids"), "MISSING_OPTION", at_key=True, name="key")
        paging = written.paging
        if paging is None:
            return
        at = (*place, "paging")
        for option in PAGING_UNUSED[paging.style]:
            if getattr(paging, option) is not None:
                field, instead = f"style: {paging.style}", Text("other styles", "style lain")
                self._places.add((*at, option), "OPTION_UNUSED", at_key=True, name=option, field=field, instead=instead)
        needs_size_param = paging.size is not None and paging.style in ("next", "cursor")  # else it tells the last page
        for missing, is_needed in (
            ("at", paging.style == "cursor" and paging.at is None),
            ("size", paging.size is None and paging.size_param is not None),
            ("sizeParam", needs_size_param and paging.size_param is None),
        ):
            if is_needed:
                self._places.add(at, "MISSING_OPTION", at_key=True, name=missing)

    def _check_addresses(self, written: SpreadsheetWritten, place: Place) -> None:
        """Files on servers stand in a source of their own, and are asked for now and then."""
        addresses = [path for path in written.path if re.match("(?i)https?://", path)]
        if not addresses:
            return
        if len(addresses) != len(written.path):
            en = "either addresses or files, each kind in a source of its own,"
            id = "alamat saja atau berkas saja, masing-masing dalam sumber sendiri,"
            self._validation.wrong((*place, "path"), ", ".join(written.path), en, id)
        if written.refresh.watch:
            en, id = "Ask for it now and then, such as 10m.", "Tanyakan sekali-sekali, misalnya 10m."
            self._validation.unbuilt((*place, "refresh"), "watch", en, id)

    def _settled(self, name: str, written: SourceWritten) -> SourceConfig:
        if isinstance(written, MailboxWritten):
            for dataset in written.datasets:
                if dataset not in MAIL_DATASETS:
                    place = ("sources", name, "datasets", dataset)
                    hint = self._places.hint(dataset, MAIL_DATASETS)
                    self._places.add(place, "UNKNOWN_DATASET", at_key=True, source=name, name=dataset, hint=hint)
        if isinstance(written, SpreadsheetWritten):
            self._check_addresses(written, ("sources", name))
        if isinstance(written, RestWritten):
            self._check_login(written, ("sources", name))
            for dataset, endpoint in written.datasets.items():
                self._check_endpoint(endpoint, ("sources", name, "datasets", dataset))
        options = written.model_dump(exclude={"kind", "refresh", "timezone", "max_loss", "datasets"})
        datasets = written.model_dump(include={"datasets"}).get("datasets", {})
        if isinstance(written, MailboxWritten):
            datasets = {dataset: {} for dataset in MAIL_DATASETS}
        line, column = self._places.position("sources", name)
        return SourceConfig(
            name,
            cast(Any, written.kind),
            options,
            datasets,
            written.refresh,
            written.timezone or self._zone,
            written.max_loss,
            line,
            column,
        )

    def _filled(self, value: Any, path: Place) -> Any:
        """A source's options with secrets filled in; a secret written out is a problem."""
        if isinstance(value, dict):
            return {name: self._filled(item, (*path, name)) for name, item in value.items()}
        if isinstance(value, list):
            return [self._filled(item, (*path, number)) for number, item in enumerate(value)]
        if not isinstance(value, str):
            return value
        if is_written_secret(value, path):
            suggested = re.sub(r"[^A-Za-z0-9]+", "_", f"{path[1]}_{path[-1]}").upper()
            self._places.add(path, "SECRET_IN_FILE", name=suggested)
        filled, missing = self._secrets.fill(value, in_url=len(path) == 3 and path[2] == "url")
        for name in missing:
            self._places.add(path, "SECRET_MISSING", name=name)
        if missing:
            self._places.unknown.add(path)
        return filled


def _is_file(url: str) -> bool:
    """Whether the URL of a SQLite database names a file."""
    path = re.sub(r"(?i)^sqlite(\+\w+)?:///|\?.*$", "", url)
    return path != url and path.strip("/ ") not in ("", ":memory:")


def _is_server(url: str) -> bool:
    """Whether a URL names an engine, a host and a database, and nothing that would be lost."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return False
    engine = parts.scheme.lower().split("+")[0]
    is_known = engine in (*ENGINES, "postgres") and engine != "sqlite"
    is_whole = bool(parts.hostname) and parts.path.strip("/ ") != "" and "/" not in parts.path[1:]
    return is_known and is_whole and port != 0 and not (parts.query or parts.fragment)


def with_sheets(sources: Mapping[str, SourceConfig], mappings: Iterable[EntityMapping]) -> dict[str, SourceConfig]:
    """Spreadsheets without `datasets:` with those that are used: each is the sheet of that name; named by the source alone,
    it is the first visible one."""
    filled = dict(sources)
    for name, source in sources.items():
        if source.kind == "spreadsheet" and not source.datasets:
            used = sorted({mapping.dataset for mapping in mappings if mapping.source == name})
            sheets = {
                dataset: SheetWritten(sheet=None if dataset == name else dataset, skip={}).model_dump()
                for dataset in used
            }
            filled[name] = replace(source, datasets=sheets)
    return filled
