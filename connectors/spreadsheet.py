"""Reads the files of tables in a folder: each file, each sheet of it, or each file inside of a zip is a part."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path

from connectors.child import Child, Given, Task
from connectors.connector import Batch, Cell, DatasetDescription, Part
from connectors.errors import (
    DatasetMissing,
    SourceBroken,
    SourceBusy,
    SourceError,
    SourceTimeout,
    SourceUnavailable,
)
from connectors.files import Disk, find_files, find_newest, stamp_of
from connectors.opening import check_regular, is_open_elsewhere, translate_os
from connectors.sheets import Listed, choose_sheets
from connectors.table import SheetDataset
from connectors.xls import OLE

__all__ = ["SheetDataset", "Spreadsheet"]

BATCH_SECONDS = 60.0  # how long the reader may take from one batch to the next; the first needs the whole parse
SAMPLES = 5


class Spreadsheet:
    """Reads the files below `root` that match `patterns`. `datasets` says where the table of each dataset stands in
    them.

    Files are opened for reading only, no longer than a reading takes, also while someone has them open in Excel."""

    def __init__(
        self,
        root: Path,
        patterns: Sequence[str],
        datasets: Mapping[str, SheetDataset],
        batch_seconds: float = BATCH_SECONDS,
        *,
        newest: bool = False,
    ) -> None:
        self._newest = newest
        self._chosen: dict[str, tuple[str, Path]] = {}  # the newest file of each pattern
        self._root = root
        self._patterns = tuple(patterns)
        self._datasets = dict(datasets)
        self._batch_seconds = batch_seconds
        self._idle: list[Child] = []
        self._disk = Disk(batch_seconds)
        self._listed: dict[tuple[str, Path], tuple[str, Sequence[Listed]]] = {}

    async def describe(self) -> Sequence[DatasetDescription]:
        """Columns and samples of each dataset, from its first part."""
        return [await self._describe(name) for name in self._datasets]

    async def parts(self, dataset: str) -> Sequence[Part]:
        """One part for each file and each file inside of a zip, or for each visible sheet of them if `sheet` is "*"."""
        options = self._dataset(dataset)
        found: list[Part] = []
        for part in await self._disk.ask(lambda: self._files(options), ", ".join(self._patterns)):
            found += await self._sheets(part, dataset)
        return found

    async def rows(self, dataset: str, part: Part) -> AsyncGenerator[Batch]:
        """The rows of one file or sheet."""
        options, path = self._dataset(dataset), self._path(part)
        try:
            before = await self._disk.ask(lambda: _looks(path, part.label), part.label)
            if part.unlisted:
                listed = await self._list(path, part, dataset)
                raise _problem_of(part, listed) or SourceUnavailable(part.label, "FILE_CHANGED")
            asked = part.member, part.sheet or options.sheet, options
            async with aclosing(self._ask(Batch, "read", path, part.label, *asked)) as batches:
                async for batch in batches:
                    yield batch
            if await self._disk.ask(lambda: _looks(path, part.label), part.label) != before:
                raise SourceBusy(part.label, "FILE_CHANGED")  # what was read may be the half of it
        except SourceBroken as error:
            if is_open_elsewhere(path):
                raise SourceBusy(part.label, "FILE_OPEN") from error  # caught while it was being saved
            raise

    async def aclose(self) -> None:
        """Ends the reader."""
        while self._idle:
            await asyncio.to_thread(self._idle.pop().kill)

    # -- parts --------------------------------------------------------------------------------------------------------

    def _dataset(self, name: str) -> SheetDataset:
        try:
            return self._datasets[name]
        except KeyError:
            nearest = get_close_matches(name, self._datasets, 1)
            raise DatasetMissing(name, nearest=nearest[0] if nearest else None) from None

    def _files(self, options: SheetDataset) -> list[Part]:
        """A part for each file, whatever is in it."""
        salt = hashlib.sha256(repr(options).encode()).hexdigest()[:8]  # read otherwise, a file is not unchanged
        if not self._newest:
            found = [(key, key, path.name, path) for key, path in find_files(self._root, self._patterns)]
        else:  # a part is what the pattern says, so that an export that can't be read leaves the one before in place
            self._chosen = {pattern: find_newest(self._root, pattern) for pattern in self._patterns}
            found = [(pattern, key, key, path) for pattern, (key, path) in self._chosen.items()]
        return [
            Part(
                part,
                label,
                (stamp := _stamp(path)) and f"{stamp}-{salt}" + (f"-{key}" if self._newest else ""),
                file=path.name,
                folders=tuple(parent.name for parent in Path(key).parents if parent.name),
            )
            for part, key, label, path in found
        ]

    async def _sheets(self, part: Part, dataset: str) -> list[Part]:
        """The parts of one file."""
        path, options = self._path(part), self._datasets[dataset]
        try:
            await self._disk.ask(lambda: _looks(path, part.label), part.label)
            if options.sheet is None and not await self._disk.ask(lambda: has_sheets(path), part.label):
                return [part]
            listed = await self._list(path, part, dataset)
            return [one for file in listed for one in _parts_of(part, file, options)]
        except (SourceError, OSError):  # reading the part will say why; it must not stop the others
            return [replace(part, unlisted=True)]

    def _path(self, part: Part) -> Path:
        key = part.key
        for inner in (part.sheet, part.member):
            key = key.removesuffix(f"#{inner}") if inner is not None else key
        return self._root / (self._chosen[key][0] if key in self._chosen else key)

    async def _list(self, path: Path, part: Part, dataset: str) -> Sequence[Listed]:
        """The sheets of a file; asked for again only if it may have changed."""
        known = self._listed.get((dataset, path))
        if known is not None and known[0] == part.stamp:
            return known[1]
        async with aclosing(self._ask(Listed, "list", path, path.name, self._datasets[dataset])) as answers:
            listed = [one async for one in answers]
        if part.stamp is not None:
            self._listed[dataset, path] = part.stamp, listed
        return listed

    # -- the child ----------------------------------------------------------------------------------------------------

    async def _ask(self, kind: type[Given], task: Task, path: Path, where: str, *more: object) -> AsyncGenerator[Given]:
        child = self._idle.pop() if self._idle else await asyncio.to_thread(Child)
        try:
            await asyncio.to_thread(child.ask, task, path, where, *more)
            while (answer := await self._receive(child, kind, where)) is not None:
                yield answer
        finally:  # also when the reader of this generator goes away in the middle
            if child.is_idle and not self._idle:
                self._idle.append(child)
            else:
                child.kill()

    async def _receive(self, child: Child, kind: type[Given], where: str) -> Given | None:
        try:
            async with asyncio.timeout(self._batch_seconds):
                return await asyncio.to_thread(child.receive, kind, where)
        except TimeoutError:
            child.kill()
            raise SourceTimeout(where, "READER_TIMEOUT", seconds=self._batch_seconds) from None

    # -- describe -----------------------------------------------------------------------------------------------------

    async def _describe(self, name: str) -> DatasetDescription:
        """From the first part that can be read; raises why the first can't if none can."""
        problem: SourceError | None = None
        for part in await self.parts(name):
            try:
                return await self._describe_part(name, part)
            except SourceError as error:
                problem = problem or error
        if problem is not None:
            raise problem
        return DatasetDescription(name, ())

    async def _describe_part(self, name: str, part: Part) -> DatasetDescription:
        listed = [] if part.unlisted else await self._list(self._path(part), part, name)
        read_as = next((one.read_as for one in listed if one.member == part.member), None)
        async with aclosing(self.rows(name, part)) as batches:
            async for batch in batches:
                samples = {
                    column.name: _samples(row.values[index] for row in batch.rows)
                    for index, column in enumerate(batch.columns)
                }
                return DatasetDescription(name, batch.columns, samples, read_as)
        return DatasetDescription(name, (), read_as=read_as)


def _stamp(path: Path) -> str | None:
    """That of a dBase table with its memos."""
    stamps = [stamp_of(path)]
    if path.suffix.casefold() == ".dbf":
        beside = [path.with_suffix(one) for suffix in (".dbt", ".fpt") for one in (suffix, suffix.upper())]
        stamps += [stamp_of(memos) for memos in beside if memos.is_file()]
    return None if None in stamps else "-".join(filter(None, stamps))


def _looks(path: Path, where: str) -> tuple[int, int, int]:
    """What a file looks like from outside. Raises SourceUnavailable for what is none."""
    try:
        check_regular(path, where)
        found = path.stat()
    except OSError as error:
        raise translate_os(error, where) from error
    return found.st_size, found.st_mtime_ns, found.st_ino


def has_sheets(path: Path) -> bool:
    """Whether a file is a workbook or a zip, by how it begins. OSError as it comes."""
    with path.open("rb") as stream:
        return stream.read(8).startswith((b"PK", OLE))


def _parts_of(part: Part, listed: Listed, options: SheetDataset) -> list[Part]:
    """The parts of a file, or of one inside of a zip."""
    if listed.member is not None:
        label = f"{part.label} › {listed.member}"
        part = replace(part, key=f"{part.key}#{listed.member}", label=label, file=label, member=listed.member)
    if listed.problem is not None:
        return [replace(part, stamp=None, unlisted=True)]
    try:
        sheets = choose_sheets(listed.sheets, options.sheet, part.label)
    except SourceError:  # reading the part will say it
        return [replace(part, stamp=None)]
    if not any(sheet.name for sheet in sheets):
        return [part]
    named = [replace(part, label=f"{part.label} › {sheet.name}", sheet=sheet.name) for sheet in sheets]
    return [replace(one, key=f"{one.key}#{one.sheet}") for one in named] if options.sheet == "*" else named


def _problem_of(part: Part, listed: Sequence[Listed]) -> SourceError | None:
    """Why the sheets of a part could not be listed, if that is still so."""
    return next((one.problem for one in listed if one.member == part.member), None)


def _samples(cells: Iterator[Cell]) -> tuple[Cell, ...]:
    return tuple([cell for cell in cells if cell is not None][:SAMPLES])
