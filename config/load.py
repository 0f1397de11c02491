"""Reading and checking hub.yaml: a HubConfig, or every problem at once."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from pydantic import BaseModel, ValidationError

from config.catalogue import served
from config.entities import Entity, Text
from config.hub import EntityMapping, HubConfig, Language, SourceConfig
from config.merge import Declarations
from config.model import SOURCES, HubWritten, SourceWritten, gather_mappings
from config.places import Places
from config.problems import ConfigError, Problem
from config.secrets import IN_URL, NAME, Secrets
from config.yamlfile import read_yaml

SECRET_OPTIONS = ("password", "bearer")
NOT_BUILT_ENGINES = ("mysql", "mariadb", "postgresql", "mssql", "oracle")


def load_config(path: Path, builtin: Mapping[str, Entity], environ: Mapping[str, str] | None = None) -> HubConfig:
    """The configuration in `path`. Raises ConfigError with all its problems."""
    loader = _Loader(path, builtin, os.environ if environ is None else environ)
    config = loader.load()
    if config is None or loader.problems:
        raise ConfigError(loader.problems, loader.language)
    return config


def check_config(
    path: Path, builtin: Mapping[str, Entity], environ: Mapping[str, str] | None = None
) -> tuple[Problem, ...]:
    """The problems of a configuration, none if it can be used."""
    try:
        load_config(path, builtin, environ)
    except ConfigError as error:
        return error.problems
    return ()


def default_language(environ: Mapping[str, str]) -> Language:
    """The language where hub.yaml names none: SIMPUL_LANG, the system's, Indonesian."""
    for name in ("SIMPUL_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        value = environ.get(name, "").lower()[:2]
        if value == "en":
            return "en"
        if value == "id":
            return "id"
    return "id"


class _Loader:
    def __init__(self, path: Path, builtin: Mapping[str, Entity], environ: Mapping[str, str]) -> None:
        self._path = path
        self._builtin = builtin
        self._secrets = Secrets(path.parent, environ)
        self.language = default_language(environ)
        self.problems: list[Problem] = []

    def load(self) -> HubConfig | None:
        tree = read_yaml(self._path, self.problems)
        if tree is None:
            return None
        self._tree = tree
        self._places = Places(self._path.name, tree, self.problems)
        plain = tree.plain()
        if plain.get("language") in ("id", "en"):
            self.language = plain["language"]
        if isinstance(plain.get("entities"), dict):
            plain["entities"] = {name: gather_mappings(entity) for name, entity in plain["entities"].items()}
        hub = self._validated(HubWritten, plain, ())
        if hub is None:
            return None
        self._check_unbuilt(hub)
        sources = {
            name: source for name, raw in hub.sources.items() if (source := self._source(name, raw, hub.timezone))
        }
        declared = Declarations(self._places, self._builtin, self._path.parent)
        entities, mappings = declared.entities(hub.entities, sources, set(hub.sources))
        entities = declared.links(hub.links, entities, {m.entity for m in mappings})
        if not mappings and not self.problems:
            self._places.add(("entities",), "NOTHING_MAPPED", at_key=True)
        return self._config(hub, sources, entities, mappings)

    def _config(
        self,
        hub: HubWritten,
        sources: Mapping[str, SourceConfig],
        entities: Mapping[str, Entity],
        mappings: tuple[EntityMapping, ...],
    ) -> HubConfig:
        return HubConfig(
            path=self._path.resolve(),
            name=hub.name,
            notice=hub.notice,
            language=self.language,
            timezone=hub.timezone,
            replica=str((self._path.parent / hub.replica.removeprefix("sqlite:///")).resolve()),
            cors=tuple(hub.cors),
            sources=sources,
            catalogue=served(entities.values(), {m.entity for m in mappings}),
            mappings=mappings,
            secrets=tuple(self._secrets.used),
        )

    # -- what is written ----------------------------------------------------------------------------------------------

    def _validated(self, model: type[Any], data: Any, path: tuple[str | int, ...]) -> Any:
        try:
            return model.model_validate(data)
        except ValidationError as error:
            for found in error.errors(include_url=False):
                self._report(model, dict(found), path)
            return None

    def _report(self, model: type[BaseModel], error: Mapping[str, Any], path: tuple[str | int, ...]) -> None:
        place = (*path, *error["loc"])
        name = str(error["loc"][-1]) if error["loc"] else ""
        kind = error["type"]
        if kind == "missing":
            self._places.add(place, "MISSING_OPTION", name=name)
        elif kind == "extra_forbidden":
            known = _options(model, error["loc"][:-1])
            hint = self._places.hint(name, known)
            self._places.add(place, "UNKNOWN_OPTION", at_key=True, name=name, hint=hint)
        elif kind == "value_error":
            words = str(error["ctx"]["error"]).split("\x1f")
            self._wrong(place, error["input"], words[0], words[-1])
        elif kind == "literal_error":
            expected = error["ctx"]["expected"].replace("'", "").replace(" or ", ", ")
            self._wrong(place, error["input"], f"one of {expected}", f"salah satu dari {expected}")
        else:
            en, id = _SHAPES.get(kind, ("another kind of value", "jenis nilai lain"))
            self._wrong(place, error["input"], en, id)

    def _wrong(self, place: tuple[str | int, ...], value: object, en: str, id: str) -> None:
        if not isinstance(value, str):
            value = {"dict": "{…}", "list": "[…]"}.get(type(value).__name__, "?")
        if any(step in SECRET_OPTIONS for step in place):
            value = "***"
        self._places.add(place, "WRONG_VALUE", value=value[:80] or '""', wanted=Text(en, id))

    def _unbuilt(self, path: tuple[str | int, ...], what: str, en: str, id: str) -> None:
        self._places.add(path, "NOT_BUILT_YET", what=what, instead=Text(en, id))

    def _check_unbuilt(self, hub: HubWritten) -> None:
        if not hub.replica.startswith("sqlite:///"):
            self._unbuilt(("replica",), hub.replica.split(":")[0], "Use sqlite:///FILE.", "Gunakan sqlite:///BERKAS.")
        if hub.cache != "memory":
            self._unbuilt(("cache",), hub.cache.split(":")[0], "Use memory.", "Gunakan memory.")
        for name, link in hub.links.items():
            for number, rule in enumerate(link.rules):
                for kind in ("similar", "reviewed"):
                    if getattr(rule, kind) is not None:
                        en, id = "Use key or crosswalk.", "Gunakan key atau crosswalk."
                        self._unbuilt(("links", name, "rules", number, kind), kind, en, id)

    # -- sources ------------------------------------------------------------------------------------------------------

    def _source(self, name: str, raw: Mapping[str, Any], zone: str) -> SourceConfig | None:
        path: tuple[str | int, ...] = ("sources", name)
        kind = raw.get("kind")
        if kind is None:
            self._places.add(path, "MISSING_OPTION", at_key=True, name="kind")
            return None
        if kind not in SOURCES:
            known = ", ".join(SOURCES)
            self._wrong((*path, "kind"), kind, f"one of {known}", f"salah satu dari {known}")
            return None
        if raw.get("refresh") == "live":
            self._unbuilt((*path, "refresh"), "live", "Use a duration such as 1m.", "Gunakan lamanya, misalnya 1m.")
            raw = {**raw, "refresh": "manual"}
        if raw.get("refresh") == "watch" and kind not in ("spreadsheet", "mailbox"):
            en, id = (
                "Only files are watched; use a duration such as 1m.",
                "Hanya berkas yang dipantau; gunakan misalnya 1m.",
            )
            self._unbuilt((*path, "refresh"), "watch", en, id)
            raw = {**raw, "refresh": "manual"}
        filled = self._filled(raw, path)
        for option in ("host", "port") if kind == "mailbox" else ():
            if option in raw:
                self._unbuilt((*path, option), "IMAP", "Use path to an mbox file.", "Gunakan path ke berkas mbox.")
                return None
        written = self._validated(SOURCES[kind], filled, path)
        if written is None or (kind == "sql" and not self._is_sql_complete(written, path)):
            return None
        return self._settled(name, cast(SourceWritten, written), zone)

    def _is_sql_complete(self, written: Any, path: tuple[str | int, ...]) -> bool:
        engine = written.engine or (written.url or "").split(":")[0].split("+")[0]
        if not engine:
            self._places.add(path, "MISSING_OPTION", at_key=True, name="url")
        elif engine in NOT_BUILT_ENGINES:
            option = "engine" if written.engine else "url"
            en, id = "Use sqlite:///FILE.", "Gunakan sqlite:///BERKAS."
            self._unbuilt((*path, option), engine, en, id)
        elif engine != "sqlite":
            self._wrong((*path, "engine" if written.engine else "url"), engine, "sqlite:///FILE", "sqlite:///BERKAS")
        else:
            return True
        return False

    def _settled(self, name: str, written: SourceWritten, zone: str) -> SourceConfig:
        options = written.model_dump(exclude={"kind", "refresh", "timezone", "max_loss", "datasets"})
        datasets = written.model_dump(include={"datasets"}).get("datasets", {})
        line, _ = self._tree.place("sources", name, key=True)
        return SourceConfig(
            name,
            cast(Any, written.kind),
            options,
            datasets,
            written.refresh,
            written.timezone or zone,
            written.max_loss,
            line,
        )

    def _filled(self, value: Any, path: tuple[str | int, ...]) -> Any:
        """A source's options with secrets filled in; a secret written out is a problem."""
        if isinstance(value, dict):
            return {name: self._filled(item, (*path, name)) for name, item in value.items()}
        if isinstance(value, list):
            return [self._filled(item, (*path, number)) for number, item in enumerate(value)]
        if not isinstance(value, str):
            return value
        if self._is_written_secret(value, path):
            self._places.add(path, "SECRET_IN_FILE", name=f"{path[1]}_{path[-1]}".upper().replace("-", "_"))
        filled, missing = self._secrets.fill(value)
        for name in missing:
            self._places.add(path, "SECRET_MISSING", name=name)
        return filled

    def _is_written_secret(self, value: str, path: tuple[str | int, ...]) -> bool:
        in_url = IN_URL.match(value)
        if in_url is not None:
            return NAME.search(in_url[1]) is None
        names_secret = (
            path[-1] in SECRET_OPTIONS
            or path[-2:] == ("apiKey", "value")
            or (
                len(path) > 2
                and path[-2] == "headers"
                and str(path[-1]).lower() in ("authorization", "x-api-key", "cookie")
            )
        )
        return names_secret and bool(value) and NAME.search(value) is None


_SHAPES = {
    "string_type": ("text", "teks"),
    "dict_type": ("a mapping of names to values", "daftar nama dan nilai"),
    "model_type": ("a mapping of names to values", "daftar nama dan nilai"),
    "model_attributes_type": ("a mapping of names to values", "daftar nama dan nilai"),
    "list_type": ("a list", "daftar"),
    "tuple_type": ("rows such as 7-", "baris, misalnya 7-"),
    "bool_type": ("true or false", "true atau false"),
    "int_type": ("a whole number", "bilangan bulat"),
    "float_type": ("a number", "bilangan"),
    "float_parsing": ("a number", "bilangan"),
    "decimal_type": ("a number", "bilangan"),
    "is_instance_of": ("text", "teks"),
}


def _options(model: type[BaseModel], loc: tuple[str | int, ...]) -> list[str]:
    """The names that may stand at a place of a model."""
    schema: Any = model.model_json_schema(by_alias=True, mode="validation") if _has_schema(model) else {}
    definitions = schema.get("$defs", {})
    here = schema
    for step in loc:
        here = _resolved(here, definitions)
        properties = here.get("properties", {})
        if step in properties:
            here = properties[step]
        elif "items" in here and isinstance(step, int):
            here = here["items"]
        else:
            here = here.get("additionalProperties") or {}
    here = _resolved(here, definitions)
    return list(here.get("properties", {}))


def _has_schema(model: type[BaseModel]) -> bool:
    try:
        model.model_json_schema()
    except Exception:  # a model with a type that has no JSON form: then no name is suggested
        return False
    return True


def _resolved(schema: Any, definitions: Mapping[str, Any]) -> Any:
    while isinstance(schema, dict):
        if "$ref" in schema:
            schema = definitions[schema["$ref"].rsplit("/", 1)[-1]]
        elif "anyOf" in schema:
            schema = next((s for s in schema["anyOf"] if s.get("type") != "null"), {})
        else:
            return schema
    return {}
