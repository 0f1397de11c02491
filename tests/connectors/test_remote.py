"""Files at addresses over a real server: fetched when they have changed, kept, never from anywhere else."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from io import BytesIO
from pathlib import Path

import openpyxl
import pytest

from connectors import remote
from connectors.connector import Part
from connectors.errors import LimitExceeded, SourceAuth, SourceBroken, SourceError, SourceUnavailable
from connectors.remote import RemoteFiles
from connectors.table import SheetDataset
from tests.web import Answer

Serve = Callable[[Answer], str]


def book(*rows: tuple[object, ...]) -> bytes:
    workbook = openpyxl.Workbook()
    for row in rows:
        workbook.worksheets[0].append(list(row))
    stream = BytesIO()
    workbook.save(stream)
    return stream.getvalue()


class Office:
    """A server with files; counts what it was asked, and what it sent."""

    def __init__(self, *, marks: str = "etag") -> None:
        self.files: dict[str, bytes] = {}
        self.marks = marks
        self.status: int | None = None
        self.asked = self.sent = 0

    def __call__(
        self, path: str, query: Mapping[str, str], head: Mapping[str, str]
    ) -> tuple[int, dict[str, str], bytes]:
        self.asked += 1
        if self.status is not None:
            return self.status, {"Location": "http://169.254.169.254/"}, b""
        if path not in self.files:
            return 404, {}, b"no"
        raw = self.files[path]
        tag = '"' + hashlib.sha256(raw).hexdigest()[:8] + '"'
        when = "Wed, 21 Oct 2015 07:28:00 GMT"
        given = {"etag": {"ETag": tag}, "modified": {"Last-Modified": when}, "none": {}}[self.marks]
        if head.get("if-none-match") == tag or head.get("if-modified-since") == when:
            return 304, given, b""
        self.sent += 1
        return 200, given, raw


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each sync of these tests comes right after the last."""
    monkeypatch.setattr(remote, "JUST_FETCHED", 0.0)


def source(tmp_path: Path, *urls: str, **options: int) -> RemoteFiles:
    return RemoteFiles(urls, {"d": SheetDataset()}, tmp_path / "kept", **options)


async def rows(files: RemoteFiles, part: Part) -> list[tuple[object, ...]]:
    return [row.values for batch in [b async for b in files.rows("d", part)] for row in batch.rows]


@pytest.mark.parametrize(("marks", "sent"), [("etag", 1), ("modified", 1), ("none", 3)])
async def test_a_file_is_fetched_again_only_if_it_has_changed(
    serve: Serve, tmp_path: Path, marks: str, sent: int
) -> None:
    office = Office(marks=marks)
    office.files["/satu%20data/rka%202026.xlsx"] = book(("Kode", "Pagu"), ("5.1", 7))
    url = serve(office) + "/satu%20data/rka%202026.xlsx"
    files = source(tmp_path, url)

    first = await files.parts("d")
    again = await files.parts("d")
    later = source(tmp_path, url)  # another process
    third = await later.parts("d")

    assert first == again == third, "the same stamp: nothing is read again"
    assert first[0].stamp is not None
    assert (first[0].file, first[0].folders) == ("rka 2026.xlsx", ("satu data",))
    assert await rows(later, third[0]) == [("5.1", 7)]
    assert (office.asked, office.sent) == (3, sent)
    office.files["/satu%20data/rka%202026.xlsx"] = book(("Kode", "Pagu"), ("5.1", 8))
    if marks != "modified":
        (changed,) = await files.parts("d")
        assert changed.stamp != first[0].stamp
        assert await rows(files, changed) == [("5.1", 8)]
    await files.aclose()
    await later.aclose()


async def test_what_can_not_be_had_is_told_and_what_is_kept_stays(serve: Serve, tmp_path: Path) -> None:
    office = Office()
    office.files["/a.xlsx"] = book(("Kode",), ("1",))
    files = source(tmp_path, serve(office) + "/a.xlsx")
    await files.parts("d")
    (kept,) = (tmp_path / "kept").glob("*/a.xlsx")
    before = kept.read_bytes()

    for status, kind in ((500, SourceBroken), (503, SourceUnavailable), (403, SourceAuth), (302, SourceBroken)):
        office.status = status
        again = source(tmp_path, files._files[0].url)
        with pytest.raises(SourceError) as caught:
            await again.parts("d")
        assert isinstance(caught.value, kind), status
        await again.aclose()

    assert kept.read_bytes() == before
    assert [path.name for path in kept.parent.iterdir() if path.suffix == ".part"] == []
    await files.aclose()


async def test_one_file_that_is_gone_stops_no_other(serve: Serve, tmp_path: Path) -> None:
    office = Office()
    office.files = {"/a.xlsx": book(("Kode",), ("1",)), "/b.xlsx": book(("Kode",), ("2",))}
    url = serve(office)
    files = source(tmp_path, f"{url}/a.xlsx", f"{url}/b.xlsx")
    both = await files.parts("d")
    del office.files["/b.xlsx"]

    parts = await files.parts("d")

    assert {part.key for part in parts} == {part.key for part in both}
    by_name = {part.file: part for part in parts}
    assert await rows(files, by_name["a.xlsx"]) == [("1",)]
    with pytest.raises(SourceError, match="ENDPOINT_MISSING"):
        await rows(files, by_name["b.xlsx"])
    await files.aclose()


async def test_a_file_that_is_too_large_is_not_kept(serve: Serve, tmp_path: Path) -> None:
    office = Office()
    office.files["/a.xlsx"] = b"x" * 100_001
    files = source(tmp_path, serve(office) + "/a.xlsx", max_bytes=100_000)

    with pytest.raises(LimitExceeded):
        await files.parts("d")

    assert [path for path in (tmp_path / "kept").rglob("*") if path.is_file()] == []
    await files.aclose()


@pytest.mark.parametrize(
    "path", ["/%2e%2e%2f%2e%2e%2fetc%2fpasswd", "/..%5c..%5cx.xlsx", "/", "/s/token/download", "/%00"]
)
async def test_nothing_is_kept_outside_of_the_folder(serve: Serve, tmp_path: Path, path: str) -> None:
    office = Office()
    raw = book(("Kode",), ("1",))
    files = source(tmp_path, serve(lambda *asked: (200, {}, raw)) + path)

    (part,) = await files.parts("d")

    assert await rows(files, part) == [("1",)]
    (kept,) = [one for one in tmp_path.rglob("*") if one.is_file()]
    assert kept.parent.parent == tmp_path / "kept"
    assert office.asked == 0
    await files.aclose()


async def test_no_login_and_no_query_stands_in_an_error(tmp_path: Path) -> None:
    files = source(tmp_path, "http://user:rahasia@127.0.0.1:9/a.xlsx?token=rahasia")

    with pytest.raises(SourceError) as caught:
        await files.parts("d")

    assert "rahasia" not in str(caught.value)
    assert caught.value.where == "127.0.0.1:9/a.xlsx"
    await files.aclose()
