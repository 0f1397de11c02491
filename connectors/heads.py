"""Finds where a table begins: the title and form lines above it, the rows that hold its names, and the row of numbers or
letters under them.

A row of names is told from a row of data by evidence, cell by cell: words over numbers, dates or codes speak for names; a
text that stands again in its column, or a number over numbers, speaks for data; words that heads use, bold type, cells
merged over some columns and a row of numbers below add to it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from connectors.cells import is_number
from connectors.connector import Cell
from connectors.grid import Grid, Shape, Span

LOOK_AT = 60  # rows below from which the shapes of columns are told
MAX_HEAD = 8  # rows of names
_NARROW = 0.34  # of the table's usual width: titles, notes
_NO_HEAD = 0.0
CERTAIN = 0.45
STRONG = 0.5  # needed where something else already explains the row

_WORDS = frozenset(
    """
no nomor nomer kode code id uraian nama name keterangan ket jumlah total volume vol satuan unit harga pagu anggaran
realisasi tanggal tgl date tahun year bulan month kecamatan desa kelurahan kabupaten provinsi lokasi alamat program
kegiatan subkegiatan sub skpd opd dinas bidang urusan indikator target capaian sumber dana jenis status nilai rp persen
sisa prioritas usulan pengusul masalah rekening akun description amount address type kelompok rincian objek triwulan tw
semester rencana kinerja perkiraan biaya penanggung jawab pelaksana waktu nip nik npwp telepon email penyedia paket
metode kontrak instansi satker wilayah latitude longitude region district village value supplier department number
realization budget ceiling title category kategori level parent rt rw kk laki-laki perempuan dusun kapanewon nagari
januari februari maret april mei juni juli agustus september oktober november desember kelas golongan jabatan pangkat
umur jenjang luas panjang lebar kondisi pemilik merek merk tipe sasaran tujuan output outcome hasil bobot skor peringkat
    """.split()  # noqa: SIM905 - a list of two hundred lines says no more
)
_SPLIT = re.compile(r"[^a-z0-9/-]+")
_FORM = re.compile(r"^\s*:|:\s*$")
_STEPS = re.compile(r"\(?\[?\s*(\d{1,3}|[a-z])\s*[)\]©.]?\s*(?:=.*|\(.*\))?", re.IGNORECASE)
_LETTERED = re.compile(r"[a-z]+|[©®]", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Head:
    """Where a table begins. `rows` are the rows of names, None if it has none; `under` those with numbers or letters; `start`
    the first row below. `score` is the evidence for each cell: 1 is beyond doubt, below 0.45 it may be otherwise."""

    above: tuple[int, ...]
    rows: tuple[int, int] | None
    under: tuple[int, ...]
    start: int
    score: float


class Profile:
    """What stands in each column of some rows: the usual shape, and the texts."""

    def __init__(self, grid: Grid, rows: Sequence[int]) -> None:
        shapes: dict[int, Counter[Shape]] = {}
        self.texts: dict[int, Counter[str]] = {}
        for row in rows:
            for column, shape in grid.shapes[row].items():
                shapes.setdefault(column, Counter())[shape] += 1
                if shape is Shape.WORDS:
                    self.texts.setdefault(column, Counter())[grid.text(row, column).casefold()] += 1
        self.usual: dict[int, Shape] = {}
        self.count: dict[int, int] = {}
        for column, counter in shapes.items():
            counter.pop(Shape.DASH, None)
            self.count[column] = counter.total()
            if counter and counter.most_common(1)[0][1] >= 0.6 * counter.total():
                self.usual[column] = counter.most_common(1)[0][0]
        widths = sorted(len(grid.cells[row]) for row in rows if len(grid.cells[row]) > 1)
        self.width = widths[int(len(widths) * 0.7)] if widths else 1


def find_head(grid: Grid, row: int, end: int) -> Head | None:
    """The head of the table that begins at `row` or below; None if only lines stand there."""
    above: list[int] = []
    for here in range(row, end):
        if not grid.cells[here]:
            continue
        if is_line(grid, here, Profile(grid, _rows_from(grid, here, end)).width):
            above.append(here)
            continue
        return _head_at(grid, here, end, above)
    return None


def pinned_head(grid: Grid, first: int, last: int) -> Head | None:
    """The head whose rows of names somebody has said; None if nothing stands in them."""
    if last >= grid.height or not any(grid.cells[row] for row in range(first, last + 1)):
        return None
    start = last + 1
    while start < grid.height and _is_steps(grid, start):
        start += 1
    above = tuple(row for row in range(first) if grid.cells[row])
    return Head(above, (first, last), tuple(range(last + 1, start)), start, 1.0)


def new_head(grid: Grid, row: int, end: int, current: Profile) -> Head | None:
    """The head of another table that begins at `row`, where the rows of the `current` one may as well go on."""
    head = find_head(grid, row, min(end, row + 40))
    if head is None or head.rows is None or head.score < STRONG or head.rows[0] > row + 12:
        return None
    shapes = grid.shapes[head.rows[1]]
    odd = sum(current.usual.get(column, shape) is not shape for column, shape in shapes.items())
    known = sum(_is_known(grid.text(head.rows[1], column)) for column in shapes)
    return head if odd or known >= 0.6 * len(shapes) else None


def fit(grid: Grid, row: int, profile: Profile) -> float:
    """The share of a row's cells that look as their column usually does."""
    shapes = grid.shapes[row]
    return sum(profile.usual.get(column) in (shape, None) for column, shape in shapes.items()) / max(1, len(shapes))


def is_line(grid: Grid, row: int, width: int) -> bool:
    """Whether a row is a title, a note or a line of a form rather than a row of a table `width` cells wide."""
    cells = grid.cells[row]
    if len(cells) <= max(1, int(width * _NARROW)) and not _is_group_head(grid, row):
        return True
    return len(cells) < max(5, width * 0.7) and _is_form_line(grid, row)


def _is_form_line(grid: Grid, row: int) -> bool:
    return any(
        shape is Shape.WORDS and len(text := grid.text(row, column)) < 60 and _FORM.search(text)
        for column, shape in grid.shapes[row].items()
    )


def _is_group_head(grid: Grid, row: int) -> bool:
    """Whether a narrow row begins a head: one of its cells reaches down to the next row of names."""
    if _is_form_line(grid, row):
        return False
    spans = [grid.spans[row, column] for column in grid.cells[row] if (row, column) in grid.spans]
    return len(grid.cells[row]) > 1 and any(span.bottom > span.top for span in spans)


def _rows_from(grid: Grid, row: int, end: int, limit: int = LOOK_AT) -> list[int]:
    """The rows from `row` on that hold something, up to a gap once there are a few."""
    return _until_gap(
        grid, row, end, limit, lambda found: sum(len(grid.cells[one]) > 1 for one in found) > 2 and len(found) > 3
    )


def _records_from(grid: Grid, row: int, end: int) -> list[int]:
    """The rows right below a head, up to the first gap."""
    return _until_gap(grid, row, end, LOOK_AT, lambda found: any(len(grid.cells[one]) > 2 for one in found))


def _until_gap(grid: Grid, row: int, end: int, limit: int, enough: Callable[[list[int]], bool]) -> list[int]:
    found: list[int] = []
    for here in range(row, end):
        if grid.cells[here]:
            found.append(here)
        elif grid.is_blank(here) and enough(found):
            break
        if len(found) == limit:
            break
    return found


def _head_at(grid: Grid, first: int, end: int, above: list[int]) -> Head:
    top = _walk_up(grid, first, above)
    bottom = _reach(grid, top, first, end)
    best: Head | None = None
    while True:
        head = _judge(grid, top, bottom, end, tuple(row for row in above if row < top))
        if best is None or head.score > best.score + 0.05 or _names_parts(grid, bottom, end, head):
            best = head
        following = bottom + 1
        if following >= end or following - top >= MAX_HEAD or grid.is_blank(following):
            break
        if not (_may_be_names(grid, following, top, bottom) or _names_all(grid, following, end)):
            break
        bottom = _reach(grid, top, following, end)
    if best.score > _NO_HEAD:
        return best
    later = _later_head(grid, first, end, above)
    return later or Head(tuple(row for row in above if row < first), None, (), first, 1 + best.score)


def _names_all(grid: Grid, row: int, end: int) -> bool:
    """Whether a row is a further name of columns that have one: words over at least half of the columns of numbers."""
    shapes = grid.shapes[row]
    if set(shapes.values()) != {Shape.WORDS} or len(shapes) < 3 or _is_steps(grid, row):
        return False
    usual = Profile(grid, _records_from(grid, row + 1, end)).usual
    numbers = [column for column, shape in usual.items() if shape is Shape.NUMBER]
    return len(numbers) > 1 and sum(column in shapes for column in numbers) >= 0.5 * len(numbers)


def _names_parts(grid: Grid, row: int, end: int, head: Head) -> bool:
    """Whether the last row of a head is one of names by itself: words over numbers, dates or codes."""
    if head.rows is None or head.rows[0] == row or not grid.cells[row]:
        return False
    profile = Profile(grid, _records_from(grid, head.start, end))
    if not any(column in profile.usual for column in grid.cells[row]):
        return True  # an empty form: nothing below says otherwise
    evidence = [_evidence(grid, row, column, profile) for column in grid.cells[row]]
    return sum(evidence) >= 0.5 * len(evidence)


def _later_head(grid: Grid, first: int, end: int, above: list[int]) -> Head | None:
    """A strong head of a wider table a few rows below what looked like rows without a head: those were a form."""
    skipped: list[int] = []
    for row in _rows_from(grid, first, end, 12):
        if (
            len(grid.cells[row]) >= 3
            and skipped
            and all(len(grid.cells[one]) * 2 <= len(grid.cells[row]) for one in skipped)
        ):
            bottom = _reach(grid, row, row, end)
            head = _judge(grid, row, bottom, end, (*above, *skipped))
            if head.score >= STRONG:
                return head
        skipped.append(row)
    return None


def _walk_up(grid: Grid, first: int, above: list[int]) -> int:
    """The first row of names: narrow rows right above belong to them if they are tied to them by merged cells, or hold several
    words none of which is a line of a form."""
    top = first
    while above and top - 1 == above[-1] and first - top < MAX_HEAD:
        row = above[-1]
        spans = [grid.spans.get((row, column)) for column in grid.cells[row]]
        ties = any(span and span.bottom >= first for span in spans)
        left = min(grid.cells[first])
        parts = [span for span in spans if span and span.right > span.left]
        heads = bool(parts) and all(span.left > left for span in parts) and not _is_form_line(grid, row)
        several = len(grid.cells[row]) > 1 and not _is_form_line(grid, row) and min(grid.cells[row]) > left
        several = several and set(grid.shapes[row].values()) == {Shape.WORDS}
        if not (ties or heads or several):
            break
        above.pop()
        top = row
    return top


def _reach(grid: Grid, top: int, bottom: int, end: int) -> int:
    """The last row that cells merged downwards from these rows reach."""
    for row in range(top, bottom + 1):
        for column in grid.cells[row]:
            span = grid.spans.get((row, column))
            if span and span.bottom - top < MAX_HEAD and span.bottom > bottom:
                bottom = span.bottom
    return min(bottom, end - 1)


def _may_be_names(grid: Grid, row: int, top: int, bottom: int) -> bool:
    """Whether a row may be one more row of names: it names parts of what stands above, so it leaves out what has a name of
    its own, or stands under merged cells."""
    shapes = grid.shapes[row]
    if not shapes or _is_steps(grid, row):
        return False
    words = sum(shape is Shape.WORDS for shape in shapes.values())
    years = sum(_is_label(grid.cells[row][column]) for column in shapes)
    if words + years < len(shapes) or not (words or years > 1):
        return False
    if len(shapes) == 1:
        below = grid.shapes[row + 1] if row + 1 < grid.height else {}
        (column,) = shapes
        return _begins_group(grid, column, top, bottom, below) and set(below.values()) == {Shape.WORDS}
    under = sum(
        _span_over(grid, column, top, bottom) is not None
        or not _has_text(grid, column, top, bottom)
        or _begins_group(grid, column, top, bottom, shapes)
        for column in shapes
    )
    return under >= 0.6 * len(shapes) and any(
        grid.cells[above].keys() & range(max(0, column - 20), column + 1)
        for above in range(top, bottom + 1)
        for column in shapes
    )


def _begins_group(grid: Grid, column: int, top: int, bottom: int, below: Mapping[int, Shape]) -> bool:
    """Whether the name above a column is that of a group which was not merged: what stands below goes on to the right, where
    nothing has a name yet."""
    goes_on = column in below and column + 1 in below
    return goes_on and _has_text(grid, column, top, bottom) and not _has_text(grid, column + 1, top, bottom)


def _span_over(grid: Grid, column: int, top: int, bottom: int) -> Span | None:
    for row in range(top, bottom + 1):
        span = grid.covered.get(row, {}).get(column)
        if span and span.right > span.left:
            return span
    return None


def _has_text(grid: Grid, column: int, top: int, bottom: int) -> bool:
    return any(column in grid.cells[row] for row in range(top, bottom + 1))


def _judge(grid: Grid, top: int, bottom: int, end: int, above: tuple[int, ...]) -> Head:
    under: list[int] = []
    start = bottom + 1
    while start < end and _is_steps(grid, start):
        under.append(start)
        start += 1
    below = [row for row in _records_from(grid, start, end) if not _is_same(grid, row, bottom)]
    profile = Profile(grid, below)
    labels: dict[int, int] = {}
    for row in range(top, bottom + 1):
        labels.update(dict.fromkeys(grid.cells[row], row))
    evidence = [_evidence(grid, row, column, profile) for column, row in labels.items()]
    score = sum(evidence) / max(1, len(evidence))
    if under:
        score += 0.5
    if any(span.right > span.left for span in _spans_in(grid, top, bottom)):
        score += 0.25
    bold = sum(grid.bold_share(row) for row in range(top, bottom + 1)) / (bottom - top + 1)
    if bold > 0.7 and sum(grid.bold_share(row) for row in below) < 0.3 * len(below):
        score += 0.3
    if profile.usual:
        covers = sum(column in labels for column in profile.usual) / len(profile.usual)
        score -= 0.3 * (1 - covers)
    if not under and any(span.bottom > span.top for span in _spans_in(grid, top, bottom)):
        bottom = _to_the_data(grid, bottom, end)  # the box of a form's head is often taller than its text
    return Head(above, (top, bottom), tuple(under), start, min(score, 1.0))


def _is_same(grid: Grid, row: int, other: int) -> bool:
    """Whether a row of names stands here once more."""
    cells = grid.cells[row]
    return cells.keys() == grid.cells[other].keys() and all(grid.text(row, c) == grid.text(other, c) for c in cells)


def _to_the_data(grid: Grid, bottom: int, end: int) -> int:
    row = bottom + 1
    while row < end and not grid.cells[row]:
        row += 1
    return row - 1 if row < end and row - bottom <= 4 else bottom


def _spans_in(grid: Grid, top: int, bottom: int) -> list[Span]:
    return [span for (row, _), span in grid.spans.items() if top <= row <= bottom]


def _evidence(grid: Grid, row: int, column: int, profile: Profile) -> float:
    """How much one cell speaks for a row of names (1) or of data (-1)."""
    shape, usual = grid.shapes[row][column], profile.usual.get(column)
    if shape is Shape.WORDS:
        text = grid.text(row, column)
        known = 0.5 if _is_known(text) else 0.0
        if text.casefold() in profile.texts.get(column, {}):
            return -1.0
        long = -0.2 if len(text) > 100 else 0.0
        if usual in (Shape.NUMBER, Shape.DATE, Shape.CODE, Shape.MARK):
            return 0.8 + known + long
        if usual is Shape.WORDS and profile.count[column] > 4:
            texts = profile.texts[column]
            repeated = 0.2 if len(texts) < 0.5 * texts.total() else 0.0
            return 0.1 + known + repeated + long
        return 0.15 + known + long
    if shape is Shape.MARK or shape is Shape.DASH:
        return -0.5
    if _is_label(grid.cells[row][column]):
        return 0.4 if usual is Shape.NUMBER and not _is_years(grid, column, row, profile) else -0.3
    if usual is None:
        return -0.2
    return -1.0 if shape is usual else 0.2


def _is_known(text: str) -> bool:
    words = [word for word in _SPLIT.split(text.casefold()) if word]
    return 0 < len(words) <= 12 and any(word in _WORDS for word in words)


def _is_label(cell: Cell) -> bool:
    """A year, which may be the name of a column of numbers."""
    if isinstance(cell, str):
        return cell.strip().isdecimal() and 1990 <= int(cell) <= 2100 if len(cell) < 8 else False
    return isinstance(cell, int | float) and cell in range(1990, 2101)


def _is_years(grid: Grid, column: int, row: int, profile: Profile) -> bool:
    following = [grid.cells[here].get(column) for here in range(row + 1, min(row + 6, grid.height))]
    return any(_is_label(cell) for cell in following)


def _is_steps(grid: Grid, row: int) -> bool:
    """Whether a row only counts the columns: 1 2 3, (1) (2) (3), (a) (b) (c), 4=2+3."""
    cells = [grid.cells[row][column] for column in sorted(grid.cells[row])]
    if len(cells) < 3:
        return False
    steps: list[int] = []
    for cell in cells:
        step = _step(cell)
        if step is None:
            return False
        steps.append(step)
    rising = sum(after - before in (0, 1) for before, after in pairwise(steps))
    return steps[0] in (0, 1, 2) and rising >= 0.8 * (len(steps) - 1)


def _step(cell: Cell) -> int | None:
    if is_number(cell):
        return int(cell) if cell == int(cell) and 0 <= cell < 1000 else None
    if not isinstance(cell, str):
        return None
    text = cell.strip()
    if text in ("©", "(c)", "(C)"):
        return 3
    if text in ("®", "(r)"):
        return 18
    found = _STEPS.fullmatch(text)
    if found is None:
        return None
    sign = found[1].lower()
    return int(sign) if sign.isdigit() else ord(sign) - 96
