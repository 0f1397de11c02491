"""What is told of a hub.yaml that could not take over, and when it is tried again."""

from __future__ import annotations

import asyncio
from pathlib import Path

from config.hub import HubConfig
from simpul.compose import load
from simpul.reload import Watch

HUB = """\
name: One
sources:
  s: {kind: spreadsheet, path: a.csv, datasets: {a: {}}}
entities:
  Post: {from: s.a, key: [code], fields: {code: {column: Kode, type: code}}}
"""


def write(folder: Path, name: str, remark: str = "") -> Path:
    path = folder / "hub.yaml"
    path.write_text(HUB.replace("One", name) + remark, encoding="utf-8")
    return path


async def test_a_configuration_that_could_not_take_over_is_told_and_tried_again_when_the_file_is_saved(
    tmp_path: Path,
) -> None:
    watch = Watch(load(write(tmp_path, "One")), seconds=0.01)
    changes = watch.changes()

    async def after(name: str, remark: str = "") -> HubConfig:
        write(tmp_path, name, remark)
        return await asyncio.wait_for(anext(changes), 30)

    first = await after("Two")
    watch.failed("ReplicaLocked")
    told = watch.news("en")
    second = await after("Two", "# saved again\n")
    told_still = watch.news("en")
    watch.taken(second)

    assert (first.name, second.name) == ("Two", "Two")
    assert len(told) == 1 and told_still == told
    assert watch.news("en") == []
