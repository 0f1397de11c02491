"""What the columns of a table hold: type, decimal sign, order of day and month, unit, and whether a column may be a key.

Decided for a whole column, never for a cell: `2.200` beside `1.250.000` is two thousand two hundred."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import pairwise

from connectors.cells import Unreadable, is_number, tidy
from connectors.connector import Cell, CellError
from connectors.dates import read_date
from connectors.grid import Shape, shape_of
from connectors.numbers import DecimalSign, Sign, read_decimal
from connectors.values import read_boolean, read_code, write_cell

SAMPLES = 3
_MOSTLY = 0.8  # of the cells, for anything but text
_MONEY = re.compile(
    r"\brp\b|rupiah|idr|pagu|anggaran|biaya|harga|realisasi|belanja|pendapatan|pembiayaan|dana\b|nilai kontrak|amount|ceiling|"
    r"kebutuhan dana|saldo|kas\b|penyaluran|transfer",
    re.IGNORECASE,
)
_COUNTED = re.compile(
    r"volume|target|jumlah (?!rp|anggaran|dana|biaya)|fisik|%|persen|capaian|tahun|satuan", re.IGNORECASE
)
_CODED = re.compile(
    r"\b(?:kode|kd|code|id|nik|nip|npwp|rekening|no\.? ?(?:rek|kontrak|hp|telp|telepon)\w*|nomor (?:kontrak|rekening)|telepon|mak"
    r"|kode\w*|kd_\w*|id_\w*|\w+_id)\b",
    re.IGNORECASE,
)
_DATED = re.compile(r"\b(?:tanggal|tgl|date|waktu mulai|waktu selesai)\b", re.IGNORECASE)
_UNIT = re.compile(
    r"\(\s*(?P<in>rp\.?(?:\s*(?:000|ribu|juta|jt|miliar))?|%|persen|ribu(?:an)?|juta(?:an)?|jt|miliar(?:an)?|dalam [\w ]+"
    r"|ha|km2?|m[23²³]?|orang|jiwa|unit|kk|paket|buah|hari|bulan|tahun|kg|ton|liter|x? ?rp\.? ?1[.,]?000)\s*\)|(?P<sign>%)",
    re.IGNORECASE,
)
_IN_WORDS = re.compile(
    r"\bdalam (?:ribu|juta|mili?[ay]r|rupiah)\w*(?: rupiah)?|\bin (?:thousands|millions)\b", re.IGNORECASE
)
_SLASHED = re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.]\d{4}\b.*")


@dataclass(frozen=True, slots=True)
class Kind:
    """What a column holds."""

    type: str
    readable: float | None
    filled: int
    decimal: Sign | None = None
    dates: str | None = None
    is_running: bool = False  # only counts the rows
    is_unique: bool = False
    errors: int = 0
    unread: tuple[int, ...] = ()  # places in the cells given, of the first that can't be read


def find_kind(cells: Sequence[Cell], name: str) -> Kind:
    """The type of a column called `name`: text, code, int, decimal, money, date, datetime, boolean, or empty."""
    shapes = [shape_of(cell) for cell in cells]
    places = [at for at, shape in enumerate(shapes) if shape is not None and shape is not Shape.DASH]
    errors = sum(shape is Shape.ERROR for shape in shapes)
    if not places:
        return Kind("empty", None, 0)
    sign = DecimalSign()
    for at in places:
        if shapes[at] is not Shape.CODE:
            sign.observe(cells[at])
    decimal = sign.decide()
    best, unread = "text", [at for at in places if shapes[at] is Shape.ERROR]
    for type_, read in _readers(cells, places, shapes, name, decimal):
        failed = [at for at in places if not _reads(read, cells[at])]
        if len(places) - len(failed) >= _MOSTLY * len(places):
            best, unread = type_, failed
            break
    kept = [cells[at] for at in places]
    if best == "decimal":
        best = _number_type(kept, name, decimal)
    dates = order_of_days(kept) if best in ("date", "datetime") else None
    texts = [tidy(write_cell(cell)) for cell in kept]
    return Kind(
        best,
        round(1 - len(unread) / len(places), 4),
        len(places),
        decimal if best in ("int", "decimal", "money") else None,
        dates,
        best == "int" and _is_running(kept),
        len(places) == len(cells)
        and len(set(texts)) == len(texts)
        and best in ("text", "code", "int")
        and _are_short(texts),
        errors,
        tuple(unread[:5]),
    )


def find_unit(name: str, titles: Sequence[str]) -> str | None:
    """The unit that the name of a column of numbers states, else that of the whole table from its titles."""
    found = _UNIT.search(name)
    if found:
        return tidy(found["in"] or found["sign"])
    for line in titles:
        whole = _IN_WORDS.search(line)
        if whole:
            return whole[0]
    return None


_Read = Callable[[Cell], object]


def _readers(
    cells: Sequence[Cell], places: Sequence[int], shapes: Sequence[Shape | None], name: str, sign: Sign | None
) -> list[tuple[str, _Read]]:
    """The types that a column may have, the likeliest first."""
    share = {shape: sum(shapes[at] is shape for at in places) / len(places) for shape in Shape}
    readers: list[tuple[str, _Read]] = []
    if share[Shape.DATE] > 0.5 or (_DATED.search(name) and share[Shape.NUMBER] > 0.5):
        moments = any(isinstance(cells[at], datetime) and cells[at].time() != datetime.min.time() for at in places)  # type: ignore[union-attr]
        readers.append(("datetime" if moments else "date", read_date))
    if _CODED.search(name) or share[Shape.CODE] > 0.5:
        readers.append(("code", read_code))
    if all(isinstance(cells[at], bool) for at in places) or (share[Shape.MARK] > 0.5):
        readers.append(("boolean", read_boolean))
    if share[Shape.NUMBER] > 0.3:
        readers.append(("decimal", lambda cell: cell if is_number(cell) else read_decimal(cell, sign)))
    if share[Shape.WORDS] > 0.5 and len({str(cells[at]).strip().casefold() for at in places[:50]}) == 2:
        readers.append(("boolean", read_boolean))
    return readers


def _reads(read: _Read, cell: Cell) -> bool:
    try:
        return read(cell) is not None
    except Unreadable:
        return False


def _number_type(cells: Sequence[Cell], name: str, sign: Sign | None) -> str:
    numbers: list[Decimal] = []
    for cell in cells:
        if is_number(cell):
            numbers.append(Decimal(cell))
            continue
        try:
            number = read_decimal(cell, sign)
        except Unreadable:
            continue
        if number is not None:
            numbers.append(number)
    counted = [number for number in numbers if number]
    large = sum(abs(number) >= 100_000 for number in counted)
    if large > 0.5 * len(counted) or (large and _MONEY.search(name) and not _COUNTED.search(name)):
        round_ones = sum(abs(number) < 10**18 and number % 100 == 0 for number in counted)
        if _MONEY.search(name) or (round_ones > 0.3 * len(counted) and not _COUNTED.search(name)):
            return "money"
    return "int" if all(number == int(number) for number in numbers) else "decimal"


def _is_running(cells: Sequence[Cell]) -> bool:
    numbers = []
    for cell in cells:
        text = write_cell(cell).strip().rstrip(".")
        if not text.isdecimal():
            return False
        numbers.append(int(text))
    steps = sum(after - before in (0, 1) for before, after in pairwise(numbers))
    return numbers[0] in (0, 1) and steps >= 0.95 * (len(numbers) - 1)


def _are_short(texts: Sequence[str]) -> bool:
    return sum(map(len, texts)) <= 60 * len(texts)


def order_of_days(cells: Sequence[Cell]) -> str | None:
    """`D/M/Y` if a day above 12 comes first somewhere, `M/D/Y` if it comes second, `D/M/Y?` if nothing says so."""
    found = [match for cell in cells if isinstance(cell, str) and (match := _SLASHED.fullmatch(tidy(cell)))]
    if not found:
        return None
    if any(int(match[1]) > 12 for match in found):
        return "D/M/Y"
    return "M/D/Y" if any(int(match[2]) > 12 for match in found) else "D/M/Y?"


def shown(cell: Cell) -> str:
    """A cell as a sample: short, on one line."""
    text = tidy(cell.text if isinstance(cell, CellError) else write_cell(cell))
    if is_number(cell) and isinstance(cell, float) and cell == int(cell):
        text = str(int(cell))
    return text if len(text) <= 40 else text[:39] + "…"
