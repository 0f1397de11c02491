"""From a source's checked options to the connector that reads it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from config.hub import HubConfig, SourceConfig
from connectors.connector import Connector

if TYPE_CHECKING:
    from connectors.oauth import ClientCredentials
    from connectors.paging import Paging
    from connectors.rest import RestDataset
    from connectors.seeking import Sought
    from connectors.sql import SqlSource
    from connectors.table import SheetDataset


def is_address(path: str) -> bool:
    """Whether a path is one of a file on a server."""
    return path.lower().startswith(("http://", "https://"))


class Connectors(Mapping[str, Connector]):
    """A connector for every source of a hub. Each is made, and the libraries that it needs are loaded, when it is first asked
    for; nothing is opened yet. What they fetch is kept beside the replica; files at addresses in
    the folder `kept` if there is one."""

    def __init__(self, config: HubConfig, kept: Path | None = None) -> None:
        self._config = config
        self._kept = kept
        self._made: dict[str, Connector] = {}

    def __getitem__(self, name: str) -> Connector:
        if name not in self._made:
            spool = spool_of(self._config, name)
            if self._kept is not None and self._config.sources[name].kind == "spreadsheet":
                spool = self._kept / spool.name
            self._made[name] = connect(self._config.sources[name], self._config.path.parent, spool)
        return self._made[name]

    def database(self, name: str) -> SqlSource:
        """The connector of a source of kind sql."""
        from connectors.sql import SqlSource

        connector = self[name]
        if not isinstance(connector, SqlSource):
            raise TypeError(f"{name} is no database")
        return connector

    def __iter__(self) -> Iterator[str]:
        return iter(self._config.sources)

    def __len__(self) -> int:
        return len(self._config.sources)

    async def aclose(self) -> None:
        """Closes those that were made."""
        for connector in self._made.values():
            await connector.aclose()


def connect(source: SourceConfig, folder: Path, spool: Path | None = None) -> Connector:
    """The connector of one source; paths start in `folder`. What must not be fetched twice is kept in the file `spool`. The
    options were checked with hub.yaml, hence the Any."""
    options: Mapping[str, Any] = source.options
    datasets: Mapping[str, Mapping[str, Any]] = source.datasets
    match source.kind:
        case "spreadsheet":
            return _spreadsheet(options, datasets, folder, spool)
        case "sql":
            return _sql(options, datasets, folder)
        case "mailbox":
            return _mailbox(options, folder, spool)
        case "rest":
            return _rest(options, datasets)
        case "memory":
            raise ValueError("a connector over memory is handed over, not configured")


def seek(config: HubConfig, source: str, dataset: str, file: str, sheet: str | None) -> Sought | None:
    """What is there of a file, or of a sheet in it, that a source did not bring; None of a source that is not made of files."""
    from connectors.seeking import FILE_NEW, LETTERS, TABLES, seek_file, seek_sheet

    options: Mapping[str, Any] = config.sources[source].options
    folder = config.path.parent
    if config.sources[source].kind not in ("spreadsheet", "mailbox") or not options["path"]:
        return None
    suffixes = LETTERS if config.sources[source].kind == "mailbox" else TABLES
    found = seek_file(folder, options["path"], file, suffixes)
    if found.code == FILE_NEW and sheet is not None and config.sources[source].kind == "spreadsheet":
        about = _sheet_dataset(config.sources[source].datasets[dataset], options["password"])
        return seek_sheet(folder / found.found, about, sheet)
    return found


def spool_of(config: HubConfig, source: str) -> Path:
    """The file beside the replica in which a source may keep what it has fetched."""
    folder, begin = _spools(config)
    return folder / f"{begin}{source}.db"


def forget_spools(config: HubConfig) -> None:
    """Removes what was kept of mailboxes that hub.yaml no longer has: nobody would find the letters of people there."""
    folder, begin = _spools(config)
    for path in folder.glob(f"{begin}*.db*"):
        name = path.name.removeprefix(begin).partition(".db")[0]
        source = config.sources.get(name)
        if source is None or source.kind != "mailbox" or source.options.get("host") is None:
            path.unlink(missing_ok=True)


def _spools(config: HubConfig) -> tuple[Path, str]:
    """The folder of such files, and how their names begin."""
    if config.replica.startswith("postgresql"):
        return config.path.parent / "var", f"{config.path.name}-source-"
    replica = Path(config.replica)
    return replica.parent, f"{replica.name}-source-"


def _mailbox(options: Mapping[str, Any], folder: Path, spool: Path | None) -> Connector:
    if options["path"]:
        from connectors.mailbox import Mailbox

        return Mailbox(folder, options["path"])
    from connectors.imap import ImapMailbox
    from connectors.imapline import MailServer
    from connectors.imapwire import Login

    ca = folder / options["ca"] if options["ca"] else None
    server = MailServer(options["host"], options["port"], options["encryption"], ca)
    login = Login(options["user"], options["password"] or "")
    tokens = _login(options["oauth"]) if options["oauth"] else None
    return ImapMailbox(server, login, options["folders"] or (), spool, options["timeout"], tokens=tokens)


def _spreadsheet(
    options: Mapping[str, Any], datasets: Mapping[str, Mapping[str, Any]], folder: Path, spool: Path | None
) -> Connector:
    from connectors.spreadsheet import Spreadsheet

    sheets = {name: _sheet_dataset(dataset, options["password"]) for name, dataset in datasets.items()}
    if is_address(options["path"][0]):
        from connectors.remote import RemoteFiles

        kept = spool.with_suffix(".files") if spool else folder / "var" / "files"
        return RemoteFiles(options["path"], sheets, kept)
    return Spreadsheet(folder, options["path"], sheets, newest=options["newest"])


def _sheet_dataset(dataset: Mapping[str, Any], password: str | None) -> SheetDataset:
    from connectors.table import SheetDataset

    skip = {column: tuple(values) for column, values in dataset["skip"].items()}
    member = tuple(dataset["member"]) if dataset["member"] else None
    options = {option: value for option, value in dataset.items() if option not in ("contract", "rename")}
    return SheetDataset(**{**options, "skip": skip, "member": member}, password=password)


def _sql(options: Mapping[str, Any], datasets: Mapping[str, Mapping[str, Any]], folder: Path) -> Connector:
    from connectors.sql import Access, SqlDataset, SqlSource, url_of

    tables = {
        name: SqlDataset(dataset["table"], dataset["query"], tuple(dataset["key"] or ()), dataset["parts"])
        for name, dataset in datasets.items()
    }
    if options["url"]:
        url = options["url"]
    elif options["engine"] == "sqlite":
        url = f"sqlite:///{options['database']}"
    else:
        url = url_of(*(options[name] for name in ("engine", "host", "port", "database", "user", "password")))
    authorities = folder / options["tls_ca"] if options["tls_ca"] else None
    access = Access(options["schema_"], options["tls"], authorities, options["connections"] or 4, options["encoding"])
    return SqlSource(url, tables, folder, options["timeout"], access=access)


def _rest(options: Mapping[str, Any], datasets: Mapping[str, Mapping[str, Any]]) -> Connector:
    from connectors.policy import Rate
    from connectors.rest import RestSource

    endpoints = {name: _endpoint(name, dataset) for name, dataset in datasets.items()}
    headers = dict(options["headers"])
    if options["bearer"]:
        headers["Authorization"] = f"Bearer {options['bearer']}"
    if options["api_key"]:
        headers[options["api_key"]["header"]] = options["api_key"]["value"]
    rate, oauth = options["rate"], options["oauth"]
    return RestSource(
        options["url"],
        endpoints,
        headers,
        options["timeout"],
        options["max_bytes"],
        rate=Rate(*rate) if rate else None,
        login=_login(oauth) if oauth else None,
    )


def _login(written: Mapping[str, Any]) -> ClientCredentials:
    from connectors.oauth import Client, ClientCredentials

    return ClientCredentials(
        Client(*(written[name] for name in ("token_url", "client_id", "client_secret", "scope", "refresh_token")))
    )


def _endpoint(name: str, dataset: Mapping[str, Any]) -> RestDataset:
    from connectors.rest import Ids, RestDataset

    paging, ids = dataset["paging"], dataset["ids"]
    return RestDataset(
        dataset["path"] or name,
        dataset["list_"],
        _paging(paging) if paging else None,
        dataset["params"],
        dataset["key"],
        Ids(**ids) if ids else None,
        dataset["format"],
    )


def _paging(written: Mapping[str, Any]) -> Paging:
    """What an API is taken to call things, where hub.yaml doesn't say it."""
    from connectors.paging import Paging

    usual = {
        "page": Paging(),
        "offset": Paging("offset", "limit", first=0),
        "next": Paging(),
        "cursor": Paging("cursor"),
    }[written["style"]]
    return replace(usual, **{name: value for name, value in written.items() if value is not None})
