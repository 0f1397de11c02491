"""What every connector must hold; a third party's runs the same checks: `for check in CHECKS: await check(case)`.

Each check raises `ContractBroken`, which says what does not hold."""

from __future__ import annotations

import asyncio
import json
import pickle
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from connectors.connector import Batch, Connector, Part
from connectors.errors import DatasetMissing, SourceError

HANDLES = Path("/proc/self/fd")  # what this process has open, where the system tells


class ContractBroken(AssertionError):
    """A connector does not hold what all others do."""


@dataclass(frozen=True, slots=True)
class Case:
    """A connector to be checked.

    `make` gives a fresh one over a source that holds `rows`: dataset to number of rows, of which at least one has some.
    `make_absent` gives one over a source that isn't there. `vanish` takes away what the parts of a listed dataset stand for.
    `folder` is the source's, if it has one: nothing in it may change."""

    make: Callable[[], Connector]
    make_absent: Callable[[], Connector]
    vanish: Callable[[], None]
    rows: Mapping[str, int]
    folder: Path | None = None


async def describes_every_dataset(case: Case) -> None:
    """`describe` lists the datasets, with columns and up to five samples each."""
    connector = case.make()
    described = {found.name: found for found in await connector.describe()}
    await connector.aclose()
    _hold(set(case.rows) <= set(described), f"describe() lists {sorted(described)}, not all of {sorted(case.rows)}")
    for found in described.values():
        names = {column.name for column in found.columns}
        _hold(bool(names) or not case.rows.get(found.name), f"{found.name} is described without columns")
        _hold(set(found.samples) <= names, f"{found.name} has samples of columns that it doesn't have")
        _hold(all(len(cells) <= 5 for cells in found.samples.values()), f"{found.name} has more than five samples")


async def parts_are_stable(case: Case) -> None:
    """The same parts in the same order each time, each with a key of its own."""
    connector = case.make()
    for dataset in case.rows:
        before, after = list(await connector.parts(dataset)), list(await connector.parts(dataset))
        _hold(_shapes(before) == _shapes(after), f"the parts of {dataset} differ from call to call")
        _hold(len({part.key for part in before}) == len(before), f"two parts of {dataset} have the same key")
    await connector.aclose()


async def rows_are_whole(case: Case) -> None:
    """Every row once, as long as its columns, at a place of its own, in batches that can be pickled; nothing before it is
    asked for."""
    connector = case.make()
    for dataset, expected in case.rows.items():
        count = 0
        for part in await connector.parts(dataset):
            places: set[str] = set()
            async for batch in connector.rows(dataset, part):
                _hold(pickle.loads(pickle.dumps(batch)) == batch, f"a batch of {dataset} changes in a pickle")  # noqa: S301 - our own
                for row in batch.rows:
                    _hold(len(row.values) == len(batch.columns), f"{dataset} {row.at}: values don't follow the columns")
                    _hold("" not in row.values, f"{dataset} {row.at}: an empty cell is '' instead of None")
                    _hold(bool(row.at) and row.at not in places, f"{dataset} {row.at}: another row stands there too")
                    places.add(row.at)
            count += len(places)
        _hold(count == expected, f"{dataset} has {expected} rows, {count} were read")
    await connector.aclose()


async def reading_leaves_no_trace(case: Case) -> None:
    """The source's folder is the same to the byte after everything was read."""
    if case.folder is None:
        return
    before = _contents(case.folder)
    connector = case.make()
    await connector.describe()
    for dataset in case.rows:
        for part in await connector.parts(dataset):
            async for _ in connector.rows(dataset, part):
                _hold(_names(case.folder) == set(before), f"while {dataset} is read, files appear beside it")
    await connector.aclose()
    _hold(_contents(case.folder) == before, "reading changed the source's folder")


async def constructor_opens_nothing(case: Case) -> None:
    """A source that is down stops nobody before it is used; then it is told, never an empty list."""
    connector = case.make_absent()
    dataset = next(iter(case.rows))

    async def read() -> object:
        for part in await connector.parts(dataset):
            async for _ in connector.rows(dataset, part):
                pass
        return None

    await _refuses(connector.describe, "describe() of a source that isn't there")
    await _refuses(read, "reading a source that isn't there")
    await connector.aclose()


async def unknown_datasets_are_told(case: Case) -> None:
    """A dataset that isn't there raises DatasetMissing, from `parts` or from `rows`."""
    connector = case.make()

    async def read() -> object:
        for part in await connector.parts("tidak-ada"):
            async for _ in connector.rows("tidak-ada", part):
                pass
        return None

    error = await _refuses(read, "a dataset that isn't there")
    _hold(isinstance(error, DatasetMissing), f"a dataset that isn't there raises {type(error).__name__}")
    await connector.aclose()


async def stopping_early_releases(case: Case) -> None:
    """A reader who leaves, or is cancelled, in the middle leaves nothing open, and the next one is served."""
    await rows_are_whole(case)  # whatever the process opens once is open now
    before = _handles()
    connector = case.make()
    dataset = next(name for name, count in case.rows.items() if count)
    part = (await connector.parts(dataset))[0]
    async with aclosing(cast("Any", connector.rows(dataset, part))) as batches:
        first = await anext(batches)
    for pause in (0.0, 0.001, 0.01):
        task = asyncio.ensure_future(_all(connector.rows(dataset, part)))
        await asyncio.sleep(pause)
        task.cancel()
        await asyncio.wait({task})
        error = None if task.cancelled() else task.exception()
        _hold(error is None, f"a reader that was cancelled got {error!r}")
    again = await _all(connector.rows(dataset, part))
    _hold(again[:1] == [first], "after a reader left in the middle the next one got something else")
    await connector.aclose()
    await asyncio.sleep(0.05)  # a connection that was closed takes a turn of the loop
    _hold(_handles() <= before, "something is still open after aclose()")


async def closing_twice_is_harmless(case: Case) -> None:
    """`aclose` may be called before anything was opened, and again."""
    connector = case.make()
    await connector.aclose()
    await connector.describe()
    await connector.aclose()
    await connector.aclose()


async def what_vanished_is_told(case: Case) -> None:
    """A part that is gone between being listed and being read raises; it is not an empty one. Run it last."""
    connector = case.make()
    dataset = next(name for name, count in case.rows.items() if count)
    part = (await connector.parts(dataset))[0]
    case.vanish()
    await _refuses(lambda: _all(connector.rows(dataset, part)), "a part that vanished")
    await connector.aclose()


CHECKS: tuple[Callable[[Case], Awaitable[None]], ...] = (
    describes_every_dataset,
    parts_are_stable,
    rows_are_whole,
    reading_leaves_no_trace,
    constructor_opens_nothing,
    unknown_datasets_are_told,
    stopping_early_releases,
    closing_twice_is_harmless,
    what_vanished_is_told,
)


async def _refuses(work: Callable[[], Awaitable[object]], what: str) -> SourceError:
    """The error of our tree that `work` raises; it must be fit to be stored and told."""
    try:
        await work()
    except SourceError as error:
        json.dumps(error.params)
        again = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own
        _hold((again.code, again.params) == (error.code, error.params), f"{what}: the error changes in a pickle")
        return error
    except Exception as error:
        raise ContractBroken(f"{what} raises {error!r}, which is none of connectors.errors") from error
    raise ContractBroken(f"{what} raises nothing")


async def _all(rows: AsyncIterator[Batch]) -> list[Batch]:
    return [batch async for batch in rows]


def _shapes(parts: list[Part]) -> list[tuple[object, ...]]:
    """Parts without their stamps: a file that was written a moment ago has none yet."""
    return [(part.key, part.label, part.file, part.sheet, part.unlisted) for part in parts]


def _contents(folder: Path) -> dict[str, tuple[bytes, int]]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path): (path.read_bytes(), path.stat().st_mtime_ns) for path in files}


def _names(folder: Path) -> set[str]:
    return {str(path) for path in folder.rglob("*") if path.is_file()}


def _handles() -> int:
    return sum(1 for _ in HANDLES.iterdir()) if HANDLES.is_dir() else 0


def _hold(condition: bool, otherwise: str) -> None:
    if not condition:
        raise ContractBroken(otherwise)
