"""Reads one file as `simpul inspect` and as a sync does, for the suites of hostile files: `reader.py FILE`.

Ends with 0 and prints what was read, or with 3 and one line of reason; with 1 if the two do not agree."""

from __future__ import annotations

import asyncio
import glob
import sys
from pathlib import Path

from connectors.errors import SourceError
from connectors.inspector import Inspector
from connectors.spreadsheet import SheetDataset, Spreadsheet

DOUBTFUL = {"NO_TABLE_FOUND", "HEADER_MISSING"}
"""What depends on whether somebody has said where the table is."""


async def sync(path: Path, dataset: SheetDataset) -> int:
    """How many rows a sync reads. Raises SourceError."""
    spreadsheet = Spreadsheet(path.parent, [glob.escape(path.name)], {"d": dataset})
    try:
        parts = await spreadsheet.parts("d")
        return sum([len(batch.rows) for part in parts async for batch in spreadsheet.rows("d", part)])
    finally:
        await spreadsheet.aclose()


def main(path: Path) -> int:
    """What becomes of a file, as an exit code."""
    with Inspector() as inspector:
        found = list(inspector.inspect(path))
    tables = [table for one in found for sheet in one.sheets for table in sheet.tables]
    told = (
        [] if tables else [problem.code for one in found for problem in one.problems]
    )  # one bad sheet of several is no matter
    refused: list[str] = []
    for dataset in (SheetDataset(header="auto"), SheetDataset()):
        try:
            print(asyncio.run(sync(path, dataset)))
        except SourceError as error:
            refused.append(error.code)
    if bool(told) != bool(refused) and not {*told, *refused} <= DOUBTFUL:
        print(f"inspect says {told}, a sync {refused}", file=sys.stderr)
        return 1
    print(tables)
    if told:
        print(told[0], file=sys.stderr)
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
