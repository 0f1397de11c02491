"""Tables in files at addresses: each file is fetched if it has changed, kept, and read as one in a folder.

What is kept stands beside the replica, so that a cell can still be looked up while the server is down. Nothing is fetched but the
address itself: no redirect is followed, no proxy of the environment is used."""

from __future__ import annotations

import asyncio
import glob
import hashlib
import os
import time
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from secrets import token_hex
from typing import BinaryIO, cast
from urllib.parse import unquote, urlsplit

import httpx
import orjson

from connectors.connector import Batch, DatasetDescription, Part
from connectors.errors import SourceError
from connectors.limits import MAX_FILE_BYTES
from connectors.opening import translate_os
from connectors.policy import Policy, Standing
from connectors.spreadsheet import Spreadsheet
from connectors.table import SheetDataset
from connectors.web import FOREIGN, Mark, Web, translate

SECONDS = 60.0  # for one file
JUST_FETCHED = 2.0  # seconds in which a file is not asked for once more, for another dataset of the same sync
AGE = 60.0  # seconds that a file seems old as soon as it is there: nobody is still writing to it


@dataclass(frozen=True, slots=True)
class _Remote:
    """A file at an address. `key` is where it is kept, `where` its host and path as errors tell it: no login, no query."""

    url: str
    key: str
    name: str
    where: str
    folders: tuple[str, ...]


class RemoteFiles:
    """Reads the files at some addresses. `folder` is where they are kept; it is made when the first is fetched."""

    def __init__(
        self,
        urls: Sequence[str],
        datasets: Mapping[str, SheetDataset],
        folder: Path,
        seconds: float = SECONDS,
        max_bytes: int = MAX_FILE_BYTES,
    ) -> None:
        self._files = [_remote(url) for url in urls]
        self._folder = folder
        self._policy = Policy(seconds, whole_seconds=seconds * max(1, len(urls)))
        self._web = Web({}, self._policy, max_bytes)
        self._sheets = Spreadsheet(folder, [glob.escape(file.key) for file in self._files], datasets)
        self._fetched: dict[str, float] = {}
        self._failed: dict[str, SourceError] = {}
        self._turn = asyncio.Lock()

    @property
    def standing(self) -> Standing:
        """How the server stands."""
        return self._web.standing

    async def describe(self) -> Sequence[DatasetDescription]:
        """Columns and samples of each dataset, from its first part."""
        for file in self._files:
            await self._fetch(file)
        return await self._sheets.describe()

    async def parts(self, dataset: str) -> Sequence[Part]:
        """The parts of each file, which is fetched if it has changed. One that could not be had is a part that tells why."""
        for file in self._files:
            try:
                await self._fetch(file)
            except SourceError as error:
                self._failed[file.key] = error
            else:
                self._failed.pop(file.key, None)
        if len(self._failed) == len(self._files):
            raise self._failed[self._files[0].key]
        had = {file.key: file for file in self._files if file.key not in self._failed}
        kept = [(part, had.get(part.key.partition("#")[0])) for part in await self._sheets.parts(dataset)]
        found = [replace(part, folders=one.folders) for part, one in kept if one is not None]
        lost = [file for file in self._files if file.key in self._failed]
        return [*found, *(Part(f.key, f.name, file=f.name, unlisted=True, folders=f.folders) for f in lost)]

    async def rows(self, dataset: str, part: Part) -> AsyncGenerator[Batch]:
        """The rows of one file or sheet. Raises why a file could not be had."""
        if part.key in self._failed:
            raise self._failed[part.key]
        async with aclosing(self._sheets.rows(dataset, part)) as batches:
            async for batch in batches:
                yield batch

    async def fetch(self) -> list[Path]:
        """Fetches every file; where they are kept. Raises what `connectors.errors` holds."""
        for file in self._files:
            await self._fetch(file)
        return [self._folder / file.key for file in self._files]

    async def aclose(self) -> None:
        """Ends connections and the reader."""
        await self._web.aclose()
        await self._sheets.aclose()

    async def _fetch(self, file: _Remote) -> None:
        async with self._turn:
            if time.monotonic() - self._fetched.get(file.key, float("-inf")) < JUST_FETCHED:
                return
            target = self._folder / file.key
            fresh = target.with_name(f".{token_hex(4)}.part")
            try:
                await asyncio.to_thread(target.parent.mkdir, parents=True, exist_ok=True)
                mark = await asyncio.to_thread(_known, target)
                with cast(BinaryIO, await asyncio.to_thread(fresh.open, "w+b")) as body:
                    url = httpx.URL(file.url)
                    answer = await self._web.write(url, file.where, self._web.until(), body, known=mark)
                if not answer.unchanged:
                    await asyncio.to_thread(_keep, fresh, target, answer.mark)
            except FOREIGN as error:
                raise translate(error, file.where, self._policy.seconds) from None
            except OSError as error:
                raise translate_os(error, file.where) from error
            finally:
                with suppress(OSError):
                    await asyncio.to_thread(fresh.unlink, missing_ok=True)
            self._fetched[file.key] = time.monotonic()


def _remote(url: str) -> _Remote:
    parts = urlsplit(url)
    *above, last = [unquote(piece) for piece in parts.path.split("/")] or [""]
    name = "".join(sign if sign.isalnum() or sign in " ._-()" else "_" for sign in last).strip(" .") or "file"
    where = f"{parts.hostname or ''}{f':{parts.port}' if _has_port(url) else ''}{parts.path}"
    digest = hashlib.sha256(url.encode()).hexdigest()[:16]
    return _Remote(url, f"{digest}/{name[-100:]}", name, where, tuple(piece for piece in reversed(above) if piece))


def _has_port(url: str) -> bool:
    try:
        return urlsplit(url).port is not None
    except ValueError:
        return False


def _known(target: Path) -> Mark | None:
    """By what the server knows the file that is kept; None if that can't be told."""
    try:
        told = orjson.loads(target.with_name(f".{target.name}.json").read_bytes())
        if target.stat().st_size == told["size"]:
            return Mark(told["etag"], told["modified"])
    except (OSError, ValueError, KeyError, TypeError):
        pass
    return None


def _keep(fresh: Path, target: Path, mark: Mark | None) -> None:
    """Puts a file that was fetched in the place of the one before, unless it is the same; notes its mark."""
    if not (target.exists() and fresh.read_bytes() == target.read_bytes()):
        old = time.time() - AGE
        os.utime(fresh, (old, old))
        fresh.replace(target)
    note = target.with_name(f".{target.name}.json")
    if mark is None:
        note.unlink(missing_ok=True)
        return
    size = target.stat().st_size
    note.write_bytes(orjson.dumps({"etag": mark.etag, "modified": mark.modified, "size": size}))
