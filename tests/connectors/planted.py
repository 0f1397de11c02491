"""Sheets as offices make them, planted at random: it is known where everything stands in them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random

from connectors.connector import Cell
from connectors.grid import Grid, Marks, Span

WORKS = [
    "Perbaikan jalan",
    "Pembangunan drainase",
    "Rehab gedung sekolah",
    "Pengadaan alat",
    "Pelatihan petani",
    "Bantuan bibit",
    "Jembatan gantung",
    "Air bersih",
    "Lampu jalan",
    "Posyandu",
    "Jumlah kader terlatih",
    "Talud sungai",
    "Irigasi tersier",
    "Rabat beton",
    "Total station survei",
]
PLACES = ["Alas", "Utan", "Buer", "Rhee", "Labangka", "Moyo", "Plampang", "Empang", "Lunyuk", "Ropang"]
NAMES: dict[str, tuple[str, ...]] = {
    "no": ("No", "No.", "NO", "Nomor"),
    "name": ("Kegiatan", "Uraian", "Nama Usulan", "Program/\nKegiatan", "Uraian Pekerjaan", "Description"),
    "place": ("Desa", "Lokasi", "Desa/Kelurahan", "Kecamatan"),
    "code": ("Kode", "Kode Rekening", "KODE SKPD"),
    "amount": (
        "Pagu",
        "Anggaran",
        "Biaya (Rp)",
        "Realisasi",
        "Nilai Kontrak",
        "Jumlah (Rp)",
        "Sisa Pagu",
        "Januari",
        "2025",
    ),
    "volume": ("Volume", "Vol", "Target"),
    "unit": ("Satuan",),
    "day": ("Tanggal", "Tgl Mulai"),
    "share": ("Capaian (%)", "%"),
    "status": ("Status",),
    "note": ("Keterangan", "Ket."),
}
TITLES = (
    "PEMERINTAH KABUPATEN SUMBAWA",
    "DAFTAR USULAN MUSRENBANG KECAMATAN",
    "TAHUN ANGGARAN 2026",
    "REKAPITULASI REALISASI BELANJA S.D. JUNI 2026",
    "SKPD : Dinas Pekerjaan Umum",
)
GROUPS = ("Bidang Infrastruktur", "KECAMATAN ALAS", "A. Urusan Wajib", "Dinas Kesehatan", "I. PEMBANGUNAN DESA")
TOTALS = (
    "JUMLAH",
    "TOTAL",
    "Jumlah Total",
    "Total Keseluruhan",
    "Jumlah",
    "GRAND TOTAL",
    "J U M L A H",
    "Total :",
    "Jumlah (Rp)",
)


@dataclass
class Planted:
    """A sheet, and where everything stands in it (rows from 1)."""

    rows: list[list[Cell]] = field(default_factory=list)
    merges: list[Span] = field(default_factory=list)
    header: tuple[int, int] | None = None
    records: list[int] = field(default_factory=list)
    groups: list[int] = field(default_factory=list)
    totals: list[int] = field(default_factory=list)
    parents: list[int] = field(default_factory=list)
    names: list[str] = field(default_factory=list)

    def grid(self) -> Grid:
        return Grid(self.rows, Marks(tuple(self.merges)))


class Sheet:
    """Plants one table after the other from a source of chance."""

    def __init__(self, chance: Random, left: int | None = None) -> None:
        self.chance = chance
        self.left = chance.choice((0, 0, 0, 1, 2)) if left is None else left
        self.planted = Planted()

    def put(self, cells: Sequence[Cell]) -> int:
        """A row; its number from 1."""
        self.planted.rows.append([None] * self.left + list(cells))
        return len(self.planted.rows)

    def merge(self, first: int, last: int, down: int = 0) -> None:
        """Merges cells of the last row, and of those `down` above it."""
        row = len(self.planted.rows) - 1
        self.planted.merges.append(Span(row - down, self.left + first, row, self.left + last))

    def likely(self, share: float) -> bool:
        return self.chance.random() < share

    # -- pieces -------------------------------------------------------------------------------------------------------

    def titles(self, width: int, most: int = 4) -> None:
        count = self.chance.randint(0, most)
        for _ in range(count):
            self.put([self.chance.choice(TITLES), *[None] * (width - 1)])
            if width > 2 and self.likely(0.5):
                self.merge(0, width - 1)
        if count and width > 4 and self.likely(0.3):
            self.put(["Unit Organisasi", ":", "1.03 Dinas PU"])
        if count and self.likely(0.7):
            self.put([])

    def head(self, kinds: Sequence[str]) -> None:
        """One level of names, or two or three where amounts stand beside each other."""
        names: list[str] = []
        for kind in kinds:
            free = [name for name in NAMES[kind] if name not in names] or [f"{NAMES[kind][0]} {len(names)}"]
            names.append(self.chance.choice(free))
        amounts = [at for at, kind in enumerate(kinds) if kind == "amount"]
        together = len(amounts) > 1 and amounts[-1] - amounts[0] == len(amounts) - 1
        levels = self.chance.choice((1, 1, 2, 2, 3)) if together else 1
        top = len(self.planted.rows) + 1
        first, last = (amounts[0], amounts[-1]) if amounts else (0, 0)
        merged = self.likely(0.75)
        for level in range(levels):
            row: list[Cell] = [None] * len(kinds)
            if level == 0:
                row = [None if levels > 1 and at in amounts else name for at, name in enumerate(names)]
            if level < levels - 1:
                row[first] = ("Rencana Tahun 2026", "Sumber DAU")[level]
            elif levels > 1:
                for at, name in zip(
                    amounts,
                    self.chance.sample(["Pagu", "Realisasi", "Sisa", "Murni", "Perubahan"], len(amounts)),
                    strict=True,
                ):
                    row[at] = name
            self.put(row)
            if merged and level < levels - 1:
                self.merge(first, last)
        if merged and levels > 1:
            for at in range(len(kinds)):
                if at not in amounts:
                    self.merge(at, at, levels - 1)
        self.planted.header = (top, len(self.planted.rows))
        if len(kinds) > 2 and self.likely(0.25):
            form = self.chance.choice(("{}", "({})", "{}"))
            self.put([at + 1 if form == "{}" else form.format(at + 1) for at in range(len(kinds))])
        elif not (merged and levels > 1) and self.likely(0.05):
            self.put([])

    def value(self, kind: str, number: int, sparse: float) -> Cell:
        chance = self.chance
        if kind in ("unit", "status", "note", "volume", "place", "day") and self.likely(sparse):
            return None
        made: dict[str, Callable[[], Cell]] = {
            "no": lambda: number,
            "name": lambda: (
                f"{chance.choice(WORKS)} {chance.choice(('', 'tahap II', 'RT 02', 'di ' + chance.choice(PLACES)))}".strip()
            ),
            "place": lambda: chance.choice(PLACES),
            "code": lambda: (
                f"{chance.randint(1, 5)}.{number % 100:02}.{chance.randint(1, 20):02}.2.{chance.randint(1, 99):02}"
            ),
            "volume": lambda: chance.choice((1, 2, 5, 10, 12.5, 100)),
            "unit": lambda: chance.choice(("unit", "m", "paket", "buah", "m2")),
            "status": lambda: chance.choice(("DITERIMA", "DITOLAK", "DIUSULKAN")),
            "day": lambda: f"{chance.randint(1, 28):02}/{chance.randint(1, 12):02}/2026",
            "share": lambda: round(chance.random() * 100, 2),
            "note": lambda: chance.choice((None, "lanjutan", "prioritas")),
        }
        return made[kind]()

    def money(self) -> int:
        return self.chance.choice((self.chance.randint(10, 9000) * 100_000, self.chance.randint(1000, 999_999) * 1000))

    def sum_row(
        self, kinds: Sequence[str], label: str | None, amounts: Sequence[Sequence[int]], written: Callable[[int], Cell]
    ) -> None:
        row: list[Cell] = [None] * len(kinds)
        if label:
            row[kinds.index("name") if self.likely(0.6) else 0] = label
        sums = [sum(column) for column in zip(*amounts, strict=True)]
        for at, total in zip((at for at, kind in enumerate(kinds) if kind == "amount"), sums, strict=True):
            row[at] = written(total)
        self.planted.totals.append(self.put(row))

    def footer(self, width: int) -> None:
        kind = self.chance.choice(("", "", "note", "notes", "signature", "two"))
        if kind and self.likely(0.8):
            self.put([])
        at = max(0, width - 2)
        if kind == "note":
            self.put(["Keterangan: data sementara, dapat berubah sewaktu-waktu"])
        elif kind == "notes":
            for line in ("Catatan:", "1. Angka dalam rupiah", "2. Sumber: Bappeda"):
                self.put([line])
        elif kind in ("signature", "two"):
            if len(self.planted.rows[-1]) > 0:
                self.put([])
            for left, right in (
                ("Mengetahui,", "Sumbawa Besar, 12 Januari 2026"),
                ("Camat", "Kepala Dinas,"),
                (None, None),
                ("Drs. Ali", "Ir. Ahmad"),
                (None, "NIP. 19700101 199503 1 001"),
            ):
                row: list[Cell] = [None] * width
                row[at] = right
                if kind == "two" and at > 0:
                    row[0] = left
                self.put(row)


def flat(chance: Random) -> Planted:
    """One table of records, with all that may stand around and between them."""
    sheet = Sheet(chance)
    planted = sheet.planted
    kinds = ["no"] if sheet.likely(0.7) else []
    kinds += ["code"] if sheet.likely(0.4) else []
    kinds += ["name"]
    kinds += [
        kind
        for kind, share in (("place", 0.6), ("volume", 0.4), ("unit", 0.4), ("day", 0.3), ("status", 0.3))
        if sheet.likely(share)
    ]
    kinds += ["amount"] * chance.randint(1, 4)
    kinds += [kind for kind in ("share", "note") if sheet.likely(0.3)]
    sheet.titles(len(kinds))
    sheet.head(kinds)
    count = chance.choice((1, 2, 3, 5, 8, 20, 40))
    width = sum(kind == "amount" for kind in kinds)
    amounts = [[sheet.money() for _ in range(width)] for _ in range(count)]
    as_text, sparse, gaps = sheet.likely(0.3), chance.choice((0, 0, 0.2, 0.4)), sheet.likely(0.1)
    grouped = sheet.likely(0.3) and count > 4 and len(kinds) > 3
    subtotals = grouped and sheet.likely(0.5)
    total = chance.choice((None, None, "label", "label", "bare", "above")) if count > 1 else None

    def written(number: int) -> Cell:
        return f"{number:,}".replace(",", ".") if as_text else number

    if total == "above":
        sheet.sum_row(kinds, "JUMLAH", amounts, written)
    since = 0
    for at in range(count):
        if grouped and (at == 0 or sheet.likely(0.2)):
            if subtotals and at:
                sheet.sum_row(kinds, chance.choice(("Sub Total", "Jumlah Bidang")), amounts[since:at], written)
            since = at
            planted.groups.append(sheet.put([chance.choice(GROUPS), *[None] * (len(kinds) - 1)]))
            if sheet.likely(0.5):
                sheet.merge(0, len(kinds) - 1)
        money = iter(amounts[at])
        planted.records.append(
            sheet.put(
                [written(next(money)) if kind == "amount" else sheet.value(kind, at + 1, sparse) for kind in kinds]
            )
        )
        if gaps and sheet.likely(0.1):
            sheet.put([])
    if subtotals:
        sheet.sum_row(kinds, "Sub Total", amounts[since:], written)
    if total == "label":
        sheet.sum_row(kinds, chance.choice(TOTALS), amounts, written)
    if total == "bare":
        if sheet.likely(0.3):
            sheet.put([])
        sheet.sum_row(kinds, None, amounts, written)
    if sheet.likely(0.3) and "no" in kinds and len(kinds) > 2 and not total and not subtotals:
        for number in range(count + 1, count + chance.randint(2, 10)):
            sheet.put([number if kind == "no" else None for kind in kinds])
    sheet.footer(len(kinds))
    return planted


def tree(chance: Random) -> Planted:
    """A budget: parents with the sums of their parts above them, in one column of codes, several, or by indentation."""
    sheet = Sheet(chance)
    planted = sheet.planted
    style = chance.choice(("codes", "columns", "indent", "letters"))
    width = chance.randint(1, 3)
    depth = chance.choice((2, 3)) if style != "letters" else 3
    kinds = [
        *(["code"] * (depth if style == "columns" else 0 if style == "indent" else 1)),
        "name",
        *["amount"] * width,
    ]
    sheet.titles(len(kinds))
    sheet.head(kinds)
    lines: list[tuple[int, tuple[int, ...], list[int]]] = []

    def grow(path: tuple[int, ...]) -> list[int]:
        at = len(lines)
        lines.append((len(path), path, []))
        if len(path) == depth:
            sums = [sheet.money() for _ in range(width)]
        else:
            parts = [grow((*path, number)) for number in range(1, chance.randint(1, 4) + 1)]
            sums = [sum(column) for column in zip(*parts, strict=True)]
        lines[at] = (len(path), path, sums)
        return sums

    roots = [grow((number,)) for number in range(1, chance.randint(1, 3) + 1)]
    for level, path, sums in lines:
        name = chance.choice(WORKS)
        dotted = ".".join(str(path[0]) if at == 0 else f"{part:02}" for at, part in enumerate(path))
        if style == "codes":
            before: list[Cell] = [dotted if len(path) > 1 else str(path[0])]
        elif style == "columns":
            before = [None] * depth
            before[level - 1] = dotted
        elif style == "letters":
            romans = ("I", "II", "III", "IV")
            before = [
                "ABC"[path[0] - 1] if level == 1 else romans[path[1] - 1] if level == 2 else f"{path[1]}.{path[2]}"
            ]
        else:
            before, name = [], "    " * (level - 1) + name
        row = sheet.put([*before, name, *sums])
        planted.records.append(row)
        if level < depth:
            planted.parents.append(row)
    if sheet.likely(0.6):
        label = chance.choice(TOTALS)
        sheet.sum_row(kinds, label, roots, lambda number: number)
    sheet.footer(len(kinds))
    return planted


def words(chance: Random) -> Planted:
    """A list of names and addresses, in which nothing is a number but the first column."""
    sheet = Sheet(chance)
    planted = sheet.planted
    sheet.titles(4)
    named = [
        ("No", "Nama", "Alamat", "Jabatan"),
        ("No.", "Nama Desa", "Kecamatan", "Kepala Desa"),
        ("NO", "Uraian", "Lokasi", "Keterangan"),
    ]
    planted.header = (row := sheet.put(chance.choice(named)), row)
    for number in range(1, chance.randint(2, 30)):
        cells: list[Cell] = [
            number,
            f"{chance.choice(('Ali', 'Budi', 'Siti', 'Dewi'))} {number}",
            f"Jl. {chance.choice(PLACES)} {number}",
            chance.choice(("Staf", "Camat", "Lurah")),
        ]
        planted.records.append(sheet.put(cells))
    sheet.footer(4)
    return planted


def pages(chance: Random) -> Planted:
    """A table that was printed: its names, and the row of column numbers, come again on every page."""
    sheet = Sheet(chance)
    planted = sheet.planted
    names = ["No", "Uraian", "Lokasi", "Pagu"]
    numbered = sheet.likely(0.5)
    sheet.titles(4)
    planted.header = (row := sheet.put(names), row)
    for page in range(chance.randint(2, 4)):
        if page:
            if sheet.likely(0.5):
                sheet.put([])
            sheet.put(names)
        if numbered:
            sheet.put([1, 2, 3, 4])
        for _ in range(chance.randint(2, 12)):
            number = len(planted.records) + 1
            planted.records.append(
                sheet.put([number, f"{chance.choice(WORKS)} {number}", chance.choice(PLACES), sheet.money()])
            )
    sheet.footer(4)
    return planted


def headless(chance: Random) -> Planted:
    """A list without names: an export, or a sheet that was cut out of another."""
    sheet = Sheet(chance, left=0)
    kinds = chance.choice(
        (["code", "name", "amount"], ["no", "name", "place", "amount"], ["code", "name"], ["name", "code", "place"])
    )
    for number in range(1, chance.randint(4, 30)):
        cells = [sheet.money() if kind == "amount" else sheet.value(kind, number, 0) for kind in kinds]
        sheet.planted.records.append(sheet.put(cells))
    return sheet.planted


def blocks(chance: Random) -> Planted:
    """Programmes with their activities: the programme stands on its first row only, merged downwards or not."""
    sheet = Sheet(chance)
    planted = sheet.planted
    sheet.titles(5)
    planted.header = (row := sheet.put(["No", "Program", "Kegiatan", "Satuan", "Pagu"]), row)
    merged = sheet.likely(0.5)
    for number in range(1, chance.randint(2, 7)):
        count = chance.randint(1, 5)
        for at in range(count):
            first: list[Cell] = [number, f"Program {chance.choice(WORKS)}"] if at == 0 else [None, None]
            planted.records.append(
                sheet.put([*first, chance.choice(WORKS), chance.choice(("unit", "paket")), sheet.money()])
            )
        if merged and count > 1:
            sheet.merge(0, 0, count - 1)
            sheet.merge(1, 1, count - 1)
    sheet.footer(5)
    return planted


def form(chance: Random) -> Planted:
    """A form that nobody has filled in yet."""
    sheet = Sheet(chance)
    kinds = ["no", "name", "place", *["amount"] * chance.randint(1, 4), "note"]
    sheet.titles(len(kinds))
    sheet.head(kinds)
    if sheet.likely(0.5):
        for number in range(1, chance.randint(3, 20)):
            sheet.put([number])
    return sheet.planted


def stacked(chance: Random) -> list[Planted]:
    """Two or three tables of different columns below each other, each with a title."""
    sheet = Sheet(chance, left=0)
    all_kinds = [
        ["no", "name", "place", "amount"],
        ["code", "name", "volume", "unit", "day"],
        ["name", "status", "amount", "amount", "note"],
    ]
    found: list[Planted] = []
    for kinds in chance.sample(all_kinds, chance.choice((2, 3))):
        if found:
            sheet.put([])
        if found or sheet.likely(0.5):
            sheet.put([chance.choice(TITLES)])
            if sheet.likely(0.5):
                sheet.put([])
        planted = Planted()
        names = [NAMES[kind][0] if kind != "amount" else f"{NAMES[kind][0]} {at}" for at, kind in enumerate(kinds)]
        planted.header = (row := sheet.put(names), row)
        for number in range(1, chance.randint(3, 12)):
            cells = [sheet.money() if kind == "amount" else sheet.value(kind, number, 0) for kind in kinds]
            planted.records.append(sheet.put(cells))
        found.append(planted)
    found[0].rows, found[0].merges = sheet.planted.rows, sheet.planted.merges
    return found


def beside(chance: Random) -> list[Planted]:
    """Two tables of the same kind beside each other, with blank columns between."""
    gap = chance.choice((1, 2, 3))
    found: list[Planted] = []
    rows: list[list[Cell]] = [[] for _ in range(40)]
    for at, length in enumerate(chance.sample(range(3, 20), 2)):
        left, planted = at * (3 + gap), Planted(header=(1, 1))
        table: list[list[Cell]] = [["Kode", "Uraian", "Pagu"]]
        table += [
            [f"{at + 1}.{number:02}.01", f"{chance.choice(WORKS)} {number}", number * 125_000]
            for number in range(1, length + 1)
        ]
        for number, cells in enumerate(table):
            rows[number] += [None] * (left - len(rows[number])) + cells
        planted.records = list(range(2, length + 2))
        found.append(planted)
    found[0].rows = rows
    return found
