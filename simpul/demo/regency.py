"""What the sample regency holds, made up once from a seed: proposals, budget, projects, complaints, and what a hub must make
of each. The writers beside this module put it into legacy form; `truth` says what must come out again.

Place names and codes are real (Kepmendagri 2025, BPS); agencies carry common names; everything else is invented."""

from __future__ import annotations

import csv
import random
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from importlib.resources import files

YEAR = 2026
SHOWCASE = ("Alas.xlsx", "117")
VERSIONS = {1: "ORIGINAL", 2: "SHIFT", 3: "AMENDED"}
MONTHS = [
    "Januari",
    "Februari",
    "Maret",
    "April",
    "Mei",
    "Juni",
    "Juli",
    "Agustus",
    "September",
    "Oktober",
    "Nopember",
    "Desember",
]


@dataclass(frozen=True, slots=True)
class Place:
    """A region: its Kemendagri code, name and, where known, BPS code."""

    code: str
    name: str
    bps: str

    @property
    def parent(self) -> str:
        return self.code.rpartition(".")[0]


@dataclass(frozen=True, slots=True)
class Agency:
    """An agency by its four numbers in the finance application."""

    numbers: tuple[int, int, int, int]
    name: str
    kind: str

    @property
    def code(self) -> str:
        return ".".join(map(str, self.numbers))

    @property
    def dotted(self) -> str:
        """As the tracker writes it."""
        return ".".join(f"{number:02d}" for number in self.numbers)


@dataclass(slots=True)
class Cell:
    """What stands in a cell, what it means, and the issue it must raise."""

    raw: object
    value: object = None
    issue: str | None = None


@dataclass(slots=True)
class Assessment:
    """What one of those who judge a proposal recommends."""

    by: str
    amount: Cell
    quantity: Cell
    note: str


@dataclass(slots=True)
class Proposal:
    """A row of a kecamatan's workbook. `reject` is the code if the row can't be taken; `previous` and `assessments` are
    added by simpul.demo.lists."""

    file: str
    number: str | None
    village_raw: str
    village: Place | None
    district: Place
    problem: str
    title: str
    location: str
    quantity: Cell
    unit: str
    cost: Cell
    agency_raw: str | None
    agency: Agency | None
    status: Cell
    proposer: str
    proposed: Cell
    reject: str | None = None
    previous: str | None = None
    assessments: list[Assessment] = field(default_factory=list)


@dataclass(slots=True)
class Line:
    """A budget line in all its versions: (version, ceiling, before, realised) of each."""

    line_id: str
    agency: Agency
    sub_activity: str
    account: str
    name: str
    account_name: str
    versions: list[tuple[int, Decimal, Decimal, Decimal | None]]
    realised_on: Cell
    proposal: Proposal | None

    @property
    def current(self) -> tuple[int, Decimal, Decimal, Decimal | None]:
        return self.versions[-1]


@dataclass(frozen=True, slots=True)
class Document:
    """A version of a year's budget as the finance application keeps it."""

    year: int
    version: int
    number: str
    decided: Cell
    active: bool


DOCUMENTS = (
    Document(YEAR - 1, 1, f"Perda 11/{YEAR - 2}", Cell(f"{YEAR - 2}-12-29", date(YEAR - 2, 12, 29)), True),
    Document(YEAR, 1, f"Perda 12/{YEAR - 1}", Cell(f"{YEAR - 1}-12-28", date(YEAR - 1, 12, 28)), False),
    Document(YEAR, 2, f"Perbup 5/{YEAR}", Cell(f"{YEAR}-04-10", date(YEAR, 4, 10)), False),
    Document(YEAR, 3, f"Perda 9/{YEAR}", Cell("1970-01-01", None, "PLACEHOLDER_DATE"), True),
)


@dataclass(slots=True)
class Project:
    """A package in the tracker."""

    project_id: str
    name: str
    mak: str
    line: Line | None
    agency: Agency
    district: Place
    village: Place
    contract_number: str
    contract_date: Cell
    contract_value: Cell
    ceiling: Decimal
    vendor: str
    method: str
    status: Cell
    progress: Decimal
    reports: list[tuple[date, Decimal, Decimal, Decimal]] = field(default_factory=list)


@dataclass(slots=True)
class Complaint:
    """A thread in the mailbox: the messages' raw forms are made by the writer."""

    number: int
    subject: str
    text: str
    sender: str
    address: str
    received: datetime | None
    project: Project | None
    village: Place | None
    form: str
    replies: int
    place_given: bool


@dataclass(slots=True)
class Regency:
    """Everything there is."""

    places: list[Place]
    agencies: list[Agency]
    proposals: list[Proposal]
    lines: list[Line]
    projects: list[Project]
    complaints: list[Complaint]
    crosswalk: list[tuple[str, str, str, str]]
    dangling: int


PHYSICAL = (
    ("Pembangunan jalan usaha tani {place}", "meter", "Jalan ke sawah becek pada musim hujan"),
    ("Rehabilitasi saluran irigasi {place}", "meter", "Saluran bocor dan air tidak sampai ke hilir"),
    ("Pembangunan drainase lingkungan {place}", "M", "Air menggenang setiap hujan"),
    ("Rabat beton gang {place}", "m2", "Gang masih tanah dan licin"),
    ("Pembangunan talud sungai {place}", "meter", "Tebing sungai longsor mendekati rumah warga"),
    ("Rehabilitasi ruang kelas SDN {place}", "unit", "Atap ruang kelas rusak"),
    ("Pengadaan lampu jalan tenaga surya {place}", "titik", "Jalan gelap pada malam hari"),
    ("Pembangunan sumur bor {place}", "Unit", "Warga sulit air bersih pada musim kemarau"),
    ("Rehabilitasi posyandu {place}", "unit", "Bangunan posyandu sudah lapuk"),
    ("Pembangunan jembatan kecil {place}", "unit", "Warga memutar jauh untuk menyeberang"),
    ("Pengaspalan jalan kabupaten ruas {place}", "km", "Aspal terkelupas"),
)
OTHER = (
    ("Pelatihan pengolahan hasil laut {place}", "kelompok", "Hasil tangkapan dijual mentah"),
    ("Bantuan bibit ternak {place}", "ekor", "Kelompok ternak kekurangan bibit"),
    ("Pelatihan kader posyandu {place}", "orang", "Kader baru belum terlatih"),
    ("Bantuan alat tenun {place}", "Paket", "Penenun memakai alat tua"),
)
FIRST = [
    "Adi",
    "Baiq",
    "Dewi",
    "Eka",
    "Fajar",
    "Gita",
    "Hadi",
    "Indah",
    "Joko",
    "Kartika",
    "Lalu",
    "Mira",
    "Nanda",
    "Oka",
    "Putri",
    "Rama",
    "Sari",
    "Tono",
    "Umar",
    "Wati",
    "Yuni",
    "Zul",
]
LAST = ["Contoh", "Rekaan", "Karangan", "Umpama", "Misal", "Tiruan", "Andaian"]
WRONG = ((" ", ""), ("Labuhan", "Labuan"), ("Brang", "Berang"), ("a", "e"))


def make_regency(seed: int) -> Regency:
    """The whole regency of a seed."""
    return _Maker(random.Random(seed)).make()


class _Maker:
    def __init__(self, rnd: random.Random) -> None:
        self._rnd = rnd
        self._places = _read_places()
        self._agencies = _agencies()
        self._villages: dict[str, list[Place]] = {}
        for place in self._places:
            if len(place.code) == 13:
                self._villages.setdefault(place.parent, []).append(place)

    def make(self) -> Regency:
        districts = [place for place in self._places if len(place.code) == 8]
        proposals = [row for district in districts for row in self._workbook(district)]
        lines, crosswalk, dangling = self._budget(proposals)
        projects = self._projects(lines)
        complaints = self._complaints(projects)
        return Regency(self._places, self._agencies, proposals, lines, projects, complaints, crosswalk, dangling)

    # -- proposals ----------------------------------------------------------------------------------------------------

    def _workbook(self, district: Place) -> list[Proposal]:
        rnd = self._rnd
        file = f"{district.name}.xlsx"
        wanted = 125 if file == SHOWCASE[0] else rnd.randint(92, 116)
        villages = self._villages[district.code]
        shares = sorted(rnd.choices(range(len(villages)), k=wanted))
        rows = [self._proposal(file, str(i + 1), district, villages[share]) for i, share in enumerate(shares)]
        rows[0].cost = Cell("Rp 1.250.000.000,00", Decimal("1250000000.00"))  # shows the column's decimal sign
        rows[1].quantity = Cell("12,5", Decimal("12.5"))
        if file == SHOWCASE[0]:
            self._make_showcase(rows[int(SHOWCASE[1]) - 1], villages[0])
        for row in rnd.sample(rows[5:60], 2):
            row.number, row.reject = None, "MISSING_KEY"
        first, second = rows[61], rows[62]
        if rnd.random() < 0.5:  # in half of the workbooks a number was given twice
            second.number = first.number
            first.reject = second.reject = "DUPLICATE_KEY"
        return rows

    def _proposal(self, file: str, number: str, district: Place, village: Place) -> Proposal:
        rnd = self._rnd
        pattern, unit, problem = rnd.choice(PHYSICAL if rnd.random() < 0.8 else OTHER)
        location, spot = self._location()
        raw, found = self._village_text(village)
        agency, agency_raw = self._agency_text()
        quantity = self._quantity()
        if rnd.random() < 0.01:
            problem += f". Hubungi Bapak Contoh 08{rnd.randint(10**9, 10**10 - 1)}"  # invented, and masked by the hub
        return Proposal(
            file=file,
            number=number,
            village_raw=raw,
            village=found,
            district=district,
            problem=problem,
            title=pattern.format(place=spot),
            location=location,
            quantity=quantity,
            unit=unit,
            cost=self._cost(),
            agency_raw=agency_raw,
            agency=agency,
            status=self._status(),
            proposer=f"{rnd.choice(FIRST)} {rnd.choice(LAST)}",
            proposed=self._day(),
        )

    def _make_showcase(self, row: Proposal, village: Place) -> None:
        row.village_raw, row.village = village.name, village
        row.title = "Rehabilitasi saluran irigasi Dusun Jaya"
        row.problem = "Saluran bocor dan air tidak sampai ke hilir"
        row.cost = Cell("Rp 850.000.000", Decimal(850000000))
        row.status = Cell("DITERIMA", "ACCEPTED")
        row.agency, row.agency_raw = self._agencies[2], self._agencies[2].name
        row.proposed = Cell(f"7 Januari {YEAR - 1}", date(YEAR - 1, 1, 7))
        row.quantity, row.unit = Cell(420.0, Decimal(420)), "meter"

    def _location(self) -> tuple[str, str]:
        rnd = self._rnd
        spot = f"Dusun {rnd.choice(('Jaya', 'Maju', 'Timur', 'Barat', 'Sejahtera', 'Tengah'))}"
        text = rnd.choice(
            (
                f"RT {rnd.randint(1, 9):02d}/RW {rnd.randint(1, 5):02d}",
                f"RT. {rnd.randint(1, 9):02d} dan RT. {rnd.randint(1, 9):02d} {spot}",
                f"{spot} RT {rnd.randint(1, 9)}",
                f"Rt{rnd.randint(1, 9)} Rw{rnd.randint(1, 5)}",
                f"{spot}\nsamping masjid",
                spot,
            )
        )
        return text, spot

    def _village_text(self, village: Place) -> tuple[str, Place | None]:
        """A village as typed, and the place that must be found for it."""
        rnd, chance = self._rnd, self._rnd.random()
        if chance < 0.70:
            return village.name, village
        if chance < 0.80:
            return village.name.upper() + "  ", village
        if chance < 0.92:
            return f"Desa {village.name}", village
        if chance < 0.95:
            return village.name.replace(" ", "") if " " in village.name else village.name.lower(), village
        return f"{village.name[:-1]}{rnd.choice('xyz')}", None

    def _agency_text(self) -> tuple[Agency | None, str | None]:
        rnd, chance = self._rnd, self._rnd.random()
        agency = rnd.choice(self._agencies[:12])
        if chance < 0.75:
            return agency, agency.name
        if chance < 0.85:
            return agency, agency.name.upper()
        if chance < 0.93:
            return None, "".join(word[0] for word in agency.name.split())
        return None, None

    def _quantity(self) -> Cell:
        rnd, chance = self._rnd, self._rnd.random()
        number = rnd.randint(1, 900)
        if chance < 0.80:
            return Cell(float(number), Decimal(number))
        if chance < 0.88:
            return Cell(f"{number},5", Decimal(f"{number}.5"))
        if chance < 0.93:
            return Cell(None)
        return Cell(rnd.choice((f"{number}x3", f"{number} paket", "secukupnya")), None, "NOT_A_NUMBER")

    def _cost(self) -> Cell:
        rnd, chance = self._rnd, self._rnd.random()
        rupiah = rnd.randint(15, 2400) * 1_000_000 + rnd.choice((0, 0, 0, 250_000, 500_000))
        dotted = f"{rupiah:,}".replace(",", ".")
        if chance < 0.42:
            return Cell(float(rupiah), Decimal(rupiah))
        if chance < 0.70:
            return Cell(f"Rp {dotted}", Decimal(rupiah))
        if chance < 0.80:
            return Cell(f"{dotted},00", Decimal(rupiah))
        if chance < 0.84:
            return Cell(f"Rp. {rupiah // 1_000_000} juta", Decimal(rupiah // 1_000_000 * 1_000_000))
        if chance < 0.90:
            return Cell(0.0)  # not estimated
        if chance < 0.95:
            return Cell(rnd.choice((None, "-")))
        if chance < 0.98:
            return Cell(f"{rnd.randint(1, 3)},5 M", None, "AMBIGUOUS_NUMBER")
        if chance < 0.99:
            return Cell("menyusul", None, "NOT_A_NUMBER")
        return Cell(rupiah + 0.125, Decimal(rupiah) + Decimal("0.12"), "ROUNDED")

    def _status(self) -> Cell:
        rnd, chance = self._rnd, self._rnd.random()
        if chance < 0.40:
            return Cell(rnd.choice(("DITERIMA", "DITERIMA", "Diterima ")), "ACCEPTED")
        if chance < 0.55:
            return Cell("DITOLAK", "REJECTED")
        if chance < 0.90:
            return Cell("DIUSULKAN", "SUBMITTED")
        if chance < 0.97:
            return Cell(rnd.choice((None, "-")))
        return Cell(rnd.choice(("CEK LOKASI", "PRIORITAS I")), "UNKNOWN", "UNKNOWN_VALUE")

    def _day(self) -> Cell:
        rnd, chance = self._rnd, self._rnd.random()
        day = date(YEAR - 1, 1, 5) + timedelta(days=rnd.randint(0, 50))
        if chance < 0.60:
            return Cell(day, day)
        if chance < 0.90:
            return Cell(f"{day.day} {MONTHS[day.month - 1]} {day.year}", day)
        if chance < 0.95:
            return Cell(f"{day.day:02d}/{day.month:02d}/{day.year}", day)
        if chance < 0.98:
            return Cell(None)
        return rnd.choice((Cell("1970-01-01", None, "PLACEHOLDER_DATE"), Cell("awal Januari", None, "NOT_A_DATE")))

    # -- budget -------------------------------------------------------------------------------------------------------

    def _budget(self, proposals: list[Proposal]) -> tuple[list[Line], list[tuple[str, str, str, str]], int]:
        rnd = self._rnd
        lines: list[Line] = []
        crosswalk: list[tuple[str, str, str, str]] = []
        accepted = [p for p in proposals if p.status.value == "ACCEPTED" and p.reject is None]
        chosen = [p for p in accepted if rnd.random() < 0.6 or (p.file, p.number) == SHOWCASE]
        for proposal in chosen:
            count = 2 if (proposal.file, proposal.number) == SHOWCASE or rnd.random() < 0.15 else 1
            for _ in range(count):
                line = self._line(len(lines), proposal, count)
                lines.append(line)
                crosswalk.append(
                    (proposal.file, str(proposal.number), line.line_id, rnd.choice(("", "cocok lokasi", "hasil rapat")))
                )
        for _ in range(140):
            lines.append(self._line(len(lines), None))
        dangling = 6
        crosswalk += [("Alas.xlsx", str(900 + i), lines[i].line_id, "nomor lama") for i in range(3)]
        crosswalk += [(p.file, str(p.number), f"RINCI-{9000 + i}", "?") for i, p in enumerate(chosen[:3])]
        return lines, crosswalk, dangling

    def _line(self, index: int, proposal: Proposal | None, parts: int = 1) -> Line:
        """A budget line. Those of a proposal, of which there are `parts`, come near to what it was estimated to cost."""
        rnd = self._rnd
        agency = proposal.agency if proposal and proposal.agency else rnd.choice(self._agencies[:12])
        urusan, bidang = agency.numbers[0], agency.numbers[1]
        sub = f"{urusan}.{bidang:02d}.{2 + index % 9:02d}.2.{1 + index % 12:02d}.{1 + index // 12:04d}"
        account = f"5.2.0{1 + index % 4}.0{1 + index % 3}.{1 + index % 20:02d}.{1 + index % 40:04d}"
        base = Decimal(rnd.randint(20_000_000, 2_200_000_000)) + rnd.choice(
            (Decimal(0), Decimal("0.50"), Decimal("0.03"))
        )
        if proposal is not None and isinstance(proposal.cost.value, Decimal):
            share = proposal.cost.value * (85 + index % 14) / 100 / parts
            base = share.quantize(Decimal(1)) + base % 1
        last = rnd.choices((1, 2, 3), (60, 25, 15))[0]
        versions: list[tuple[int, Decimal, Decimal, Decimal | None]] = []
        before, ceiling = Decimal(0), base
        for version in range(1, last + 1):
            if version > 1:
                before, ceiling = ceiling, (ceiling * rnd.randint(90, 110) / 100).quantize(Decimal("0.01"))
            realised = (ceiling * rnd.randint(0, 100) / 100).quantize(Decimal("0.01")) if rnd.random() < 0.9 else None
            versions.append((version, ceiling, before, realised))
        chance = rnd.random()
        day = date(YEAR, rnd.randint(1, 9), 28)
        on = Cell(day.isoformat(), day) if chance < 0.93 else Cell(None)
        if chance > 0.97:
            on = Cell("1970-01-01", None, "PLACEHOLDER_DATE")
        title = (
            proposal.title
            if proposal
            else rnd.choice(("Belanja modal peralatan kantor", "Belanja pemeliharaan gedung"))
        )
        return Line(
            f"RINCI-{index + 1:04d}",
            agency,
            sub,
            account,
            f"Sub kegiatan {title}",
            "Belanja modal",
            versions,
            on,
            proposal,
        )

    # -- projects -----------------------------------------------------------------------------------------------------

    def _projects(self, lines: list[Line]) -> list[Project]:
        rnd = self._rnd
        projects: list[Project] = []
        for line in lines:
            is_showcase = line.proposal is not None and (line.proposal.file, line.proposal.number) == SHOWCASE
            count = 1 if is_showcase else rnd.choices((0, 1, 2), (25, 65, 10))[0]
            for _ in range(count):
                projects.append(self._project(len(projects), line, is_showcase))
        for _ in range(15):
            projects.append(self._project(len(projects), None, False))
        return projects

    def _project(self, index: int, line: Line | None, is_showcase: bool) -> Project:
        rnd = self._rnd
        source = line.proposal if line else None
        district = source.district if source else rnd.choice([p for p in self._places if len(p.code) == 8])
        village = (source.village if source else None) or rnd.choice(self._villages[district.code])
        agency = line.agency if line else rnd.choice(self._agencies[:12])
        ceiling = line.current[1] if line else Decimal(rnd.randint(50, 900) * 1_000_000)
        words = ("Berjalan", "ONGOING") if is_showcase else rnd.choice(_STATUSES)
        started = words[1] in ("CONTRACTED", "ONGOING", "COMPLETED")
        value = (ceiling * rnd.randint(85, 99) / 100).quantize(Decimal("0.01")) if started else Decimal(0)
        day = date(YEAR, rnd.randint(2, 7), rnd.randint(1, 28))
        signed = Cell(day.isoformat(), day) if started else Cell("1970-01-01", None, "PLACEHOLDER_DATE")
        progress = (
            Decimal(100)
            if words[1] == "COMPLETED"
            else Decimal(rnd.randint(5, 95))
            if words[1] == "ONGOING"
            else Decimal(0)
        )
        mak = f"{line.sub_activity}.{line.account}." if line else "-"
        if line and rnd.random() < 0.05:
            mak += f";{line.sub_activity}.5.1.02.01.01.0099."
        number = f"PRJ-{YEAR}-{index + 1:04d}"
        reports = []
        ahead = Decimal("1.25") if index % 4 == 0 else Decimal("0.8")  # of some, money goes before work
        if progress:
            for month, part in ((9, 3), (10, 6)):  # after every contract
                done = (progress * part / 6).quantize(Decimal("0.1"))
                reports.append(
                    (
                        date(YEAR, month, 28),
                        min(Decimal(100), done + 5),
                        done,
                        min(Decimal(100), (done * ahead).quantize(Decimal("0.1"))),
                    )
                )
        name = source.title if source else f"Paket pekerjaan {agency.name} {index + 1}"
        return Project(
            number,
            f"{name} ({village.name})",
            mak,
            line,
            agency,
            district,
            village,
            f"{rnd.randint(1, 99):03d}/SPK/{YEAR}" if started else "-",
            signed,
            Cell(str(value), value if started else None),
            ceiling,
            f"CV {rnd.choice(LAST)} {rnd.choice(('Jaya', 'Abadi', 'Mandiri'))} (rekaan)",
            rnd.choice(("Pengadaan Langsung", "Tender", "E-Purchasing")),
            Cell(words[0], words[1], "UNKNOWN_VALUE" if words[1] == "UNKNOWN" else None),
            progress,
            reports,
        )

    # -- complaints ---------------------------------------------------------------------------------------------------

    def _complaints(self, projects: list[Project]) -> list[Complaint]:
        rnd = self._rnd
        showcase = [
            p
            for p in projects
            if p.line and p.line.proposal and (p.line.proposal.file, p.line.proposal.number) == SHOWCASE
        ]
        complaints = []
        for number in range(400):
            project = (
                showcase[number % len(showcase)] if number < 3 else rnd.choice(projects) if rnd.random() < 0.4 else None
            )
            village = project.village if project else rnd.choice(rnd.choice(list(self._villages.values())))
            subject = rnd.choice(
                (
                    "Pekerjaan terhenti",
                    "Mohon perbaikan jalan",
                    "Lampu jalan mati",
                    "Air irigasi tidak mengalir",
                    "Kapan dikerjakan?",
                    "Terima kasih atas pelayanan",
                )
            )
            sender = f"{rnd.choice(FIRST)} {rnd.choice(LAST)}"
            address = f"{sender.lower().replace(' ', '.')}{number}@warga.example"
            form = rnd.choices(
                ("plain", "html", "latin", "badcharset", "encoded", "nodate", "quoted"), (50, 10, 8, 6, 10, 6, 10)
            )[0]
            received = datetime(YEAR, 7, 29) + timedelta(  # after every contract
                hours=6 * number + rnd.randint(0, 5), minutes=rnd.randint(0, 59)
            )
            complaints.append(
                Complaint(
                    number,
                    subject,
                    f"Kami warga {village.name} melaporkan: {subject.lower()}. Mohon ditindaklanjuti.",
                    sender,
                    address,
                    received,
                    project,
                    village,
                    form,
                    rnd.choices((0, 1, 2), (60, 30, 10))[0],
                    rnd.random() < 0.7,
                )
            )
        return complaints


_STATUSES = (
    ("Perencanaan", "PLANNED"),
    ("Pemilihan Penyedia", "PROCURING"),
    ("Kontrak", "CONTRACTED"),
    ("Berjalan", "ONGOING"),
    ("Berjalan", "ONGOING"),
    ("Selesai", "COMPLETED"),
    ("Selesai", "COMPLETED"),
    ("Batal", "CANCELLED"),
    ("Serah terima sebagian", "UNKNOWN"),
)


def _read_places() -> list[Place]:
    text = files("simpul.demo").joinpath("wilayah.csv").read_text(encoding="utf-8")
    return [Place(row["KODE"], row["NAMA"], row["KODE_BPS"]) for row in csv.DictReader(text.splitlines())]


def _agencies() -> list[Agency]:
    names = (
        ((1, 1, 1, 1), "Dinas Pendidikan dan Kebudayaan", "DINAS"),
        ((1, 2, 1, 1), "Dinas Kesehatan", "DINAS"),
        ((1, 3, 1, 1), "Dinas Pekerjaan Umum dan Penataan Ruang", "DINAS"),
        ((1, 4, 1, 1), "Dinas Perumahan dan Kawasan Permukiman", "DINAS"),
        ((1, 6, 1, 1), "Dinas Sosial", "DINAS"),
        ((2, 9, 1, 1), "Dinas Pertanian", "DINAS"),
        ((2, 11, 1, 1), "Dinas Lingkungan Hidup", "DINAS"),
        ((2, 15, 1, 1), "Dinas Perhubungan", "DINAS"),
        ((2, 17, 1, 1), "Dinas Koperasi dan Usaha Mikro", "DINAS"),
        ((3, 25, 1, 1), "Dinas Kelautan dan Perikanan", "DINAS"),
        ((3, 27, 1, 1), "Dinas Peternakan dan Kesehatan Hewan", "DINAS"),
        ((2, 7, 1, 1), "Dinas Pemberdayaan Masyarakat dan Desa", "DINAS"),
        ((4, 1, 1, 1), "Sekretariat Daerah", "SEKRETARIAT"),
        ((5, 1, 1, 1), "Badan Perencanaan Pembangunan Daerah", "BADAN"),
        ((5, 2, 1, 1), "Badan Keuangan dan Aset Daerah", "BADAN"),
        ((6, 1, 1, 1), "Inspektorat Daerah", "INSPEKTORAT"),
    )
    return [Agency(*entry) for entry in names]


def counted(values: list[str]) -> dict[str, int]:
    """How often each value occurs, by name."""
    return dict(sorted(Counter(values).items()))
