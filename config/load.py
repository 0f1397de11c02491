"""Reading and checking hub.yaml: a HubConfig, or every problem at once."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Mapping
from pathlib import Path

from config.catalogue import served
from config.entities import Entity
from config.forms import contradictions, gather_mappings
from config.hub import EntityMapping, HubConfig, SourceConfig, default_language
from config.lines import Lines
from config.links import Links
from config.mappings import Mappings
from config.merge import Declarations
from config.model import HubWritten
from config.names import check_names
from config.places import Places
from config.problems import ConfigError, Problem
from config.secrets import Secrets, is_written_secret
from config.sources import Sources, with_sheets
from config.validation import Validation
from config.yamlfile import read_yaml


def load_config(
    path: Path, builtin: Mapping[str, Entity], environ: Mapping[str, str] | None = None, text: str | None = None
) -> HubConfig:
    """The configuration in `path`, or the one that it would be with `text` in it. Raises ConfigError with all its problems."""
    loader = _Loader(path, builtin, os.environ if environ is None else environ, text)
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


_REDIS = re.compile(r"rediss?://[^/?#\s]+(/\d+)?$")
_SERVER = re.compile(r"postgresql(\+asyncpg)?://[^/?#\s]+/[^/?#\s]+(\?schema=[a-z][a-z0-9_]{0,40})?$")


class _Loader:
    def __init__(
        self, path: Path, builtin: Mapping[str, Entity], environ: Mapping[str, str], text: str | None = None
    ) -> None:
        self._path = path
        self._text = text
        self._builtin = builtin
        self.language = default_language(environ)
        self.problems: list[Problem] = []
        self._secrets = Secrets(path.parent, environ, self.problems)

    def load(self) -> HubConfig | None:
        tree = read_yaml(self._path, self.problems, self._text)
        if tree is None:
            return None
        self._places = Places(self._path.name, tree, self.problems)
        plain = tree.plain()
        self._digest = hashlib.sha256(repr(plain).encode(errors="surrogatepass")).hexdigest()
        if plain.get("language") in ("id", "en"):
            self.language = plain["language"]
        if isinstance(plain.get("entities"), dict):
            for name, entity in plain["entities"].items():
                for place in contradictions(entity):
                    self._places.add(
                        ("entities", name, *place), "DIFFERENT_OPTION", at_key=True, name=place[-1], entity=name
                    )
            plain["entities"] = {name: gather_mappings(entity) for name, entity in plain["entities"].items()}
        self._validation = Validation(self._places)
        hub = self._validation.read(HubWritten, plain)
        if hub is None:
            return None
        self._check_unbuilt(hub)
        reader = Sources(self._places, self._validation, self._secrets, hub.timezone)
        sources = {name: source for name, raw in hub.sources.items() if (source := reader.source(name, raw))}
        declared = Declarations(self._places, self._builtin)
        entities = declared.entities(hub.entities)
        maker = Mappings(self._places, sources, set(hub.sources))
        mappings = tuple(
            mapping
            for name, entity in hub.entities.items()
            if name in entities and entities[name].system is None
            for mapping in maker.of(entities[name], entity, self._builtin.get(name))
        )
        mapped = set(hub.entities) | declared.misspelt
        entities = Links(self._places, self._path.parent, mapped).merge(hub.links, entities, hub.entities)
        check_names(self._places, self._builtin, entities, hub.entities)
        if not mappings and not self.problems:
            self._places.add(("entities",), "NOTHING_MAPPED", at_key=True)
        if self.problems:
            return None
        return self._config(hub, with_sheets(sources, mappings), entities, mappings)

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
            replica=self._replica(hub.replica),
            cors=tuple(hub.cors),
            home=tuple(hub.home),
            sources=sources,
            catalogue=served(entities.values(), {m.entity for m in mappings}),
            mappings=mappings,
            cache=self._secrets.fill(hub.cache, in_url=True)[0],
            digest=self._digest,
            lines=Lines(self._places, mappings),
            secrets=tuple(sorted(self._secrets.used)),
        )

    def _replica(self, written: str) -> str:
        if _SERVER.match(written):
            return self._secrets.fill(written, in_url=True)[0]
        return str((self._path.parent / written.removeprefix("sqlite:///").replace("\\", "/")).resolve())

    def _check_unbuilt(self, hub: HubWritten) -> None:
        is_file = hub.replica.startswith("sqlite:///") and hub.replica != "sqlite:///:memory:"
        if not is_file and not _SERVER.match(hub.replica):
            server = "postgresql+asyncpg://USER:${REPLICA_PASSWORD}@HOST/DATABASE?schema=NAME"
            wanted = f"sqlite:///FILE / {server}", f"sqlite:///BERKAS / {server}"
            self._validation.wrong(("replica",), hub.replica, *wanted)
        elif not is_file:
            self._check_secret("replica", hub.replica)
        if hub.cache not in ("memory", "off"):
            self._check_redis(hub.cache)
        for name, link in hub.links.items():
            for number, rule in enumerate(link.rules):
                for kind in ("similar", "reviewed"):
                    if getattr(rule, kind) is not None:
                        en, id = "Use key or crosswalk.", "Gunakan key atau crosswalk."
                        self._validation.unbuilt(("links", name, "rules", number, kind), kind, en, id)

    def _check_redis(self, written: str) -> None:
        if not _REDIS.match(written):
            wanted = "memory / off / redis://HOST:6379/0 / redis://:${CACHE_PASSWORD}@HOST:6379/0"
            self._validation.wrong(("cache",), written, wanted, wanted)
            return
        self._check_secret("cache", written)

    def _check_secret(self, option: str, url: str) -> None:
        """Of an address: its password comes from elsewhere, and is there."""
        if is_written_secret(url, (option,)):
            self._places.add((option,), "SECRET_IN_FILE", name=f"{option.upper()}_PASSWORD")
        for name in self._secrets.fill(url, in_url=True)[1]:
            self._places.add((option,), "SECRET_MISSING", name=name)
