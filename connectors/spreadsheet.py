"""Reads the xlsx, xls, ods and csv files of a folder: each file, or each sheet of it, is a part."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path

from connectors.child import Child
from connectors.connector import Batch, Cell, DatasetDescription, Part
from connectors.csvfile import CsvText, open_csv, read_csv
from connectors.errors import (
    DatasetMissing,
    LimitExceeded,
    SourceBroken,
    SourceBusy,
    SourceError,
    SourceTimeout,
    SourceUnavailable,
)
from connectors.files import find_files, stamp_of
from connectors.limits import MAX_FILE_BYTES
from connectors.opening import is_open_elsewhere, translate_os
from connectors.sheets import choose_sheets, list_sheets
from connectors.table import SheetDataset

__all__ = ["SheetDataset", "Spreadsheet"]

CSV_SUFFIXES = (".csv", ".tsv", ".txt")
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
    ) -> None:
        self._root = root
        self._patterns = tuple(patterns)
        self._datasets = dict(datasets)
        self._batch_seconds = batch_seconds
        self._idle: list[Child] = []

    async def describe(self) -> Sequence[DatasetDescription]:
        """Columns and samples of each dataset, from its first part."""
        return [await self._describe(name) for name in self._datasets]

    async def parts(self, dataset: str) -> Sequence[Part]:
        """One part for each file, or for each visible sheet of each file if `sheet` is "*"."""
        return await asyncio.to_thread(self._parts, self._dataset(dataset))

    async def rows(self, dataset: str, part: Part) -> AsyncGenerator[Batch]:
        """The rows of one file or sheet."""
        options, path = self._dataset(dataset), self._path(part)
        read = self._csv_rows if _is_csv(path) else self._workbook_rows
        try:
            async with aclosing(read(path, options, part)) as batches:
                async for batch in batches:
                    yield batch
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

    def _parts(self, options: SheetDataset) -> list[Part]:
        salt = hashlib.sha256(repr(options).encode()).hexdigest()[:8]  # read otherwise, a file is not unchanged
        found: list[Part] = []
        for key, path in find_files(self._root, self._patterns):
            stamp = stamp_of(path)
            folders = tuple(parent.name for parent in Path(key).parents if parent.name)
            part = Part(key, path.name, stamp and f"{stamp}-{salt}", file=path.name, folders=folders)
            found += [part] if _is_csv(path) else self._sheets(part, path, options)
        return found

    def _sheets(self, part: Part, path: Path, options: SheetDataset) -> list[Part]:
        try:
            sheets = choose_sheets(list_sheets(path, part.label), options.sheet, part.label)
        except (SourceError, OSError):  # reading the part will say why; it must not stop the others
            return [replace(part, stamp=None, unlisted=options.sheet == "*")]
        named = [replace(part, label=f"{part.label} › {sheet.name}", sheet=sheet.name) for sheet in sheets]
        return [replace(p, key=f"{p.key}#{p.sheet}") for p in named] if options.sheet == "*" else named

    def _path(self, part: Part) -> Path:
        key = part.key.removesuffix(f"#{part.sheet}") if part.sheet else part.key
        return self._root / key

    # -- rows ---------------------------------------------------------------------------------------------------------

    async def _csv_rows(self, path: Path, options: SheetDataset, part: Part) -> AsyncGenerator[Batch]:
        batches = _read_csv(path, options, part.label)  # a generator: nothing is opened before the thread asks
        try:
            while (batch := await asyncio.to_thread(next, batches, None)) is not None:
                yield batch
        except OSError as error:
            raise translate_os(error, part.label) from error

    async def _workbook_rows(self, path: Path, options: SheetDataset, part: Part) -> AsyncGenerator[Batch]:
        if part.unlisted:
            await asyncio.to_thread(_list_again, path, part.label)
        child = self._idle.pop() if self._idle else await asyncio.to_thread(Child)
        try:
            await asyncio.to_thread(child.ask, path, part.sheet or options.sheet, options, part.label)
            while (batch := await self._receive(child, part.label)) is not None:
                yield batch
        finally:  # also when the reader of this generator goes away in the middle
            if child.is_idle and not self._idle:
                self._idle.append(child)
            else:
                child.kill()

    async def _receive(self, child: Child, where: str) -> Batch | None:
        try:
            async with asyncio.timeout(self._batch_seconds):
                return await asyncio.to_thread(child.receive, where)
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
        path, read_as = self._path(part), None
        if _is_csv(path):
            read_as = (await asyncio.to_thread(_open_csv, path, self._datasets[name], part.label)).read_as
        async with aclosing(self.rows(name, part)) as batches:
            async for batch in batches:
                samples = {
                    column.name: _samples(row.values[index] for row in batch.rows)
                    for index, column in enumerate(batch.columns)
                }
                return DatasetDescription(name, batch.columns, samples, read_as)
        return DatasetDescription(name, (), read_as=read_as)


def _is_csv(path: Path) -> bool:
    return path.suffix.casefold() in CSV_SUFFIXES


def _samples(cells: Iterator[Cell]) -> tuple[Cell, ...]:
    return tuple([cell for cell in cells if cell is not None][:SAMPLES])


def _read_csv(path: Path, options: SheetDataset, where: str) -> Iterator[Batch]:
    yield from read_csv(_open_csv(path, options, where), options, where)


def _open_csv(path: Path, options: SheetDataset, where: str) -> CsvText:
    if path.stat().st_size > MAX_FILE_BYTES:
        raise LimitExceeded(where, "DATA_FILE_TOO_LARGE", limit=MAX_FILE_BYTES // 1_000_000)
    return open_csv(path, options, where)


def _list_again(path: Path, where: str) -> None:
    """Raises why the sheets of a file could not be listed."""
    try:
        list_sheets(path, where)
    except OSError as error:
        raise translate_os(error, where) from error
    raise SourceUnavailable(where, "FILE_CHANGED")
