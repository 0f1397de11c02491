"""From a source's checked options to the connector that reads it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from config.hub import HubConfig, SourceConfig
from connectors.connector import Connector
from connectors.mailbox import Mailbox
from connectors.rest import Paging, RestDataset, RestSource
from connectors.spreadsheet import Spreadsheet
from connectors.sql import SqlDataset, SqlSource, url_of
from connectors.table import SheetDataset


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
    paging = dataset["paging"]
    return RestDataset(
        dataset["path"] or name,
        dataset["list_"],
        Paging(paging["param"], paging["size_param"], paging["size"], paging["first"]) if paging else None,
        dataset["params"],
        dataset["key"],
    )
