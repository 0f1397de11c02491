"""From a source's checked options to the connector that reads it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from config.hub import HubConfig, SourceConfig
from connectors.connector import Connector
from connectors.mailbox import Mailbox
from connectors.paging import Paging
from connectors.rest import Ids, RestDataset, RestSource
from connectors.spreadsheet import Spreadsheet
from connectors.sql import SqlDataset, SqlSource, url_of
from connectors.table import SheetDataset

USUAL_PAGING: Mapping[str, Paging] = {
    "page": Paging(),
    "offset": Paging("offset", "limit", first=0),
    "next": Paging(),
    "cursor": Paging("cursor"),
}
"""What an API is taken to call things when hub.yaml doesn't say it."""


def connect_all(config: HubConfig) -> dict[str, Connector]:
    """A connector for every source of a hub; nothing is opened yet."""
    folder = config.path.parent
    return {name: connect(source, folder) for name, source in config.sources.items()}


def connect(source: SourceConfig, folder: Path) -> Connector:
    """The connector of one source; paths start in `folder`. The options were checked with hub.yaml, hence the Any."""
    options: Mapping[str, Any] = source.options
    datasets: Mapping[str, Mapping[str, Any]] = source.datasets
    match source.kind:
        case "spreadsheet":
            return _spreadsheet(options, datasets, folder)
        case "sql":
            return _sql(options, datasets, folder)
        case "mailbox":
            return Mailbox(folder, options["path"])
        case "rest":
            return _rest(options, datasets)
        case "memory":
            raise ValueError("a connector over memory is handed over, not configured")


def _spreadsheet(options: Mapping[str, Any], datasets: Mapping[str, Mapping[str, Any]], folder: Path) -> Connector:
    sheets = {
        name: SheetDataset(**{**dataset, "skip": {column: tuple(values) for column, values in dataset["skip"].items()}})
        for name, dataset in datasets.items()
    }
    return Spreadsheet(folder, options["path"], sheets)


def _sql(options: Mapping[str, Any], datasets: Mapping[str, Mapping[str, Any]], folder: Path) -> Connector:
    tables = {
        name: SqlDataset(dataset["table"], dataset["query"], tuple(dataset["key"] or ()))
        for name, dataset in datasets.items()
    }
    if options["url"]:
        url = options["url"]
    elif options["engine"] == "sqlite":
        url = f"sqlite:///{options['database']}"
    else:
        url = url_of(*(options[name] for name in ("engine", "host", "port", "database", "user", "password")))
    return SqlSource(url, tables, folder, options["timeout"], schema=options["schema_"])


def _rest(options: Mapping[str, Any], datasets: Mapping[str, Mapping[str, Any]]) -> Connector:
    endpoints = {name: _endpoint(name, dataset) for name, dataset in datasets.items()}
    headers = dict(options["headers"])
    if options["bearer"]:
        headers["Authorization"] = f"Bearer {options['bearer']}"
    if options["api_key"]:
        headers[options["api_key"]["header"]] = options["api_key"]["value"]
    return RestSource(options["url"], endpoints, headers, options["timeout"], options["max_bytes"])


def _endpoint(name: str, dataset: Mapping[str, Any]) -> RestDataset:
    paging, ids = dataset["paging"], dataset["ids"]
    return RestDataset(
        dataset["path"] or name,
        dataset["list_"],
        _paging(paging) if paging else None,
        dataset["params"],
        dataset["key"],
        Ids(**ids) if ids else None,
    )


def _paging(written: Mapping[str, Any]) -> Paging:
    usual = USUAL_PAGING[written["style"]]
    return replace(usual, **{name: value for name, value in written.items() if value is not None})
