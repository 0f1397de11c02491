"""The smaller lists of the sample regency: wishes at the village stage, assessments, services, public information, codes in other
schemes. Each is made up from the seed with faults planted in it, and written as an office keeps it.

Codes of the regency in the five schemes are real; everything else is invented."""

from __future__ import annotations

import csv
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

from openpyxl import Workbook

from simpul.demo.regency import SHOWCASE, YEAR, Agency, Assessment, Cell, Place, Proposal, Regency

TAKEN_ON, LEFT_BEHIND = 60, 18
REGENCY_CODE = "52.04"


@dataclass(slots=True)
class Wish:
    """A wish as the village's meeting wrote it down; `taken_on` once the kecamatan has it too."""

    number: str
    village: Place
    district: Place
    title: str
    cost: Cell
    taken_on: bool


@dataclass(slots=True)
class Service:
    """A row of the list of services. `reject` is the code if it can't be taken."""

    code: str | None
    name: str
    agency_raw: str
    agency: Agency | None
    requirements: tuple[str, ...]
    days: Cell
    fee: Cell
    status: Cell
    reject: str | None = None


@dataclass(slots=True)
class Information:
    """A row of the list of public information."""

    number: int | None
    title: str
    category: Cell
    form: str
    agency: Agency
    year: Cell
    published: Cell
    reject: str | None = None


@dataclass(slots=True)
class Code:
    """A code of a region or an agency in some scheme; `owner` is the text that names it, `known` whether that is found."""

    scheme: str
    value: str
    owner: str
    known: bool
    name: str
    start: Cell
    end: Cell
    aliases: str = ""
    reject: str | None = None


@dataclass(slots=True)
class Lists:
    """All of them."""

    wishes: list[Wish] = field(default_factory=list)
    services: list[Service] = field(default_factory=list)
    information: list[Information] = field(default_factory=list)
    region_codes: list[Code] = field(default_factory=list)
    agency_codes: list[Code] = field(default_factory=list)
    dangling: int = 0
    """Proposals that name a village's wish which is not there."""


def add_lists(regency: Regency, seed: int) -> Lists:
    """Makes the lists; proposals get the wish that they come from, and what was recommended on them."""
    rnd = random.Random(seed + 1)
    lists = Lists()
    _add_wishes(rnd, regency, lists)
    _add_assessments(rnd, regency)
    lists.services = _services(rnd, regency.agencies)
    lists.information = _information(rnd, regency.agencies)
    lists.region_codes = _region_codes()
    lists.agency_codes = _agency_codes(regency.agencies)
    return lists


# -- made up ----------------------------------------------------------------------------------------------------------


def _add_wishes(rnd: random.Random, regency: Regency, lists: Lists) -> None:
    whole = [p for p in regency.proposals if p.reject is None and p.village is not None]
    showcase = next(p for p in whole if (p.file, p.number) == SHOWCASE)
    chosen = [showcase, *rnd.sample([p for p in whole if p is not showcase], TAKEN_ON + LEFT_BEHIND + 4)]
    for number, proposal in enumerate(chosen[: TAKEN_ON + LEFT_BEHIND], 1):
        if proposal.village is None:
            continue
        cost = rnd.randint(10, 900) * 1_000_000
        cell = Cell(f"Rp {cost:,}".replace(",", "."), Decimal(cost))
        if number % 20 == 7:
            cell = Cell("dihitung nanti", None, "NOT_A_NUMBER")
        is_taken = number <= TAKEN_ON
        wish = Wish(f"D-{number:04d}", proposal.village, proposal.district, proposal.title, cell, is_taken)
        lists.wishes.append(wish)
        if is_taken:
            proposal.previous = wish.number
    split, gone = chosen[-4:-2], chosen[-2:]  # two share a wish with another one, two name one that is not there
    for proposal, wish in zip(split, lists.wishes[1:], strict=False):
        proposal.previous = wish.number
    for proposal in gone:
        proposal.previous, lists.dangling = "D-9999", lists.dangling + 1


def _add_assessments(rnd: random.Random, regency: Regency) -> None:
    for proposal in regency.proposals:
        if proposal.reject == "DUPLICATE_KEY":
            continue
        if rnd.random() < 0.25 or (proposal.file, proposal.number) == SHOWCASE:
            note = rnd.choice(("layak", "layak bila lahan siap", "tunda tahun depan"))
            proposal.assessments.append(Assessment("SUBDISTRICT", _amount(rnd), Cell(None), note))
        if rnd.random() < 0.20 or (proposal.file, proposal.number) == SHOWCASE:
            number = rnd.randint(1, 500)
            quantity = rnd.choice((Cell(float(number), Decimal(number)), Cell(f"{number} x 2", None, "NOT_A_NUMBER")))
            proposal.assessments.append(Assessment("AGENCY", _amount(rnd), quantity, "sesuai hasil survei"))


def _amount(rnd: random.Random) -> Cell:
    chance, rupiah = rnd.random(), rnd.randint(10, 2000) * 1_000_000
    if chance < 0.6:
        return Cell(float(rupiah), Decimal(rupiah))
    if chance < 0.9:
        return Cell(f"Rp {rupiah:,}".replace(",", "."), Decimal(rupiah))
    return Cell(None) if chance < 0.96 else Cell("menunggu OPD", None, "NOT_A_NUMBER")


def _services(rnd: random.Random, agencies: Sequence[Agency]) -> list[Service]:
    names = ("Surat keterangan", "Izin pemanfaatan", "Rekomendasi teknis", "Pendaftaran", "Konsultasi", "Legalisasi")
    services = []
    for number in range(1, 41):
        agency = agencies[number % len(agencies)]
        fee = rnd.choice((0, 0, 0, 25_000, 150_000))
        service = Service(
            f"LY-{number:03d}",
            f"{names[number % len(names)]} {agency.name}",
            agency.name,
            agency,
            ("Kartu identitas", "Surat permohonan", "Pas foto")[: 1 + number % 3],
            Cell(str(number % 14 + 1), number % 14 + 1),
            Cell(str(fee), Decimal(fee)),
            Cell("Aktif", "ACTIVE"),
        )
        services.append(service)
    services[4].code, services[4].reject = None, "MISSING_KEY"
    services[10].code = services[11].code
    services[10].reject = services[11].reject = "DUPLICATE_KEY"
    services[14].days = Cell("segera", None, "NOT_A_NUMBER")
    services[15].days = Cell("3-5", None, "NOT_A_NUMBER")
    services[20].fee = Cell("sesuai perda", None, "NOT_A_NUMBER")
    services[21].status = Cell("Dihentikan", "SUSPENDED")
    services[22].status = Cell("sedang ditinjau", "UNKNOWN", "UNKNOWN_VALUE")
    services[25].agency_raw, services[25].agency = "Kantor yang sudah dilebur", None
    return services


def _information(rnd: random.Random, agencies: Sequence[Agency]) -> list[Information]:
    kinds = (
        ("Berkala", "PERIODIC"),
        ("Serta Merta", "IMMEDIATE"),
        ("Setiap Saat", "ON_REQUEST_ANYTIME"),
        ("Dikecualikan", "EXEMPT"),
    )
    rows = []
    for number in range(1, 51):
        day = date(YEAR - 1, 1, 5) + timedelta(days=6 * number)
        rows.append(
            Information(
                number,
                f"{rnd.choice(('Laporan kinerja', 'Rencana kerja', 'Daftar aset', 'Laporan keuangan'))} {number}",
                Cell(*kinds[number % 4]),
                ("Dokumen", "Set Data", "Tautan")[number % 3],
                agencies[number % len(agencies)],
                Cell(float(YEAR - number % 2), YEAR - number % 2),
                Cell(day, day),
            )
        )
    rows[6].number, rows[6].reject = None, "MISSING_KEY"
    rows[12].category = Cell("lain-lain", "UNKNOWN", "UNKNOWN_VALUE")
    rows[18].published = Cell("1970-01-01", None, "PLACEHOLDER_DATE")
    rows[19].published = Cell("akhir tahun", None, "NOT_A_DATE")
    rows[30].year = Cell("2O27", None, "NOT_A_NUMBER")
    return rows


def _region_codes() -> list[Code]:
    whole, since = "Kabupaten Sumbawa", Cell("2004-01-01", date(2004, 1, 1))
    return [
        Code("KEMENDAGRI", "52.04", REGENCY_CODE, True, whole, since, Cell(None), "Kab. Sumbawa|Sumbawa Besar"),
        Code("DJPK", "23.06", REGENCY_CODE, True, "Kab. Sumbawa", since, Cell(None), "KAB. SUMBAWA"),
        Code("SIRUP", "14982", REGENCY_CODE, True, "Sumbawa (Kab.)", since, Cell(None)),
        Code("EKATALOG", "313", REGENCY_CODE, True, whole, Cell("besok", None, "NOT_A_DATE"), Cell(None)),
        Code("LOCAL", "08", "52.04.08", True, "Kec. Sumbawa", since, Cell(None)),
        Code("LOCAL", "03", "52.04.03", False, "Kec. lama", since, Cell("2003-12-18", date(2003, 12, 18))),
        Code("POS", "84311", "52.04.08", True, "Sumbawa", since, Cell(None), reject="UNKNOWN_VALUE"),
    ]


def _agency_codes(agencies: Iterable[Agency]) -> list[Code]:
    codes = []
    for number, agency in enumerate(agencies, 1):
        urusan, bidang, unit, sub = agency.numbers
        value = f"{urusan}.{bidang:02d}.0.00.0.00.{unit:02d}.{sub - 1:04d}"
        if number % 4 == 0:  # its code has changed with the year
            old = f"{urusan}.{bidang:02d}.0.00.0.00.{unit + 40:02d}.0000"
            end = Cell(str(YEAR - 1), YEAR - 1)
            codes.append(Code("SIPD", old, agency.name, True, agency.name, Cell(str(YEAR - 2), YEAR - 2), end))
        start = Cell(str(YEAR), YEAR)
        codes.append(Code("SIPD", value, agency.name, True, agency.name.upper(), start, Cell(None)))
        codes.append(Code("SIRUP", str(70_000 + number), agency.name, True, agency.name, start, Cell(None)))
    codes[2].end = Cell("seterusnya", None, "NOT_A_NUMBER")
    codes.append(
        Code("LOCAL", "7-10-00-006", "Kantor lama", False, "Kantor lama", Cell("2019", 2019), Cell("2020", 2020))
    )
    codes.append(
        Code("SIPD", "1.01", codes[0].owner, True, "tanpa tahun", Cell(None), Cell(None), reject="MISSING_KEY")
    )
    return codes


# -- written ----------------------------------------------------------------------------------------------------------


def write_lists(folder: Path, lists: Lists) -> None:
    """Writes every list into the folder of the legacy applications' files."""
    folder.mkdir(parents=True, exist_ok=True)
    _write(
        folder / "musrenbang-desa.csv",
        ("Kode Usulan", "Desa/Kelurahan", "Kecamatan", "Usulan Kegiatan", "Perkiraan Biaya"),
        ((w.number, w.village.name, w.district.name, w.title, w.cost.raw) for w in lists.wishes),
    )
    _write(
        folder / "layanan.csv",
        ("KODE", "LAYANAN", "OPD", "PERSYARATAN", "HARI KERJA", "BIAYA", "STATUS", "KANAL", "LAMAN"),
        (
            (
                service.code,
                service.name,
                service.agency_raw,
                "|".join(service.requirements),
                service.days.raw,
                service.fee.raw,
                service.status.raw,
                "Loket|Daring",
                f"https://layanan.sumbawa.example/{number}",
            )
            for number, service in enumerate(lists.services, 1)
        ),
    )
    head = "SKEMA", "KODE", "PEMILIK", "NAMA", "EJAAN LAIN", "DARI", "SAMPAI"
    for name, codes in (("kode-wilayah.csv", lists.region_codes), ("kode-opd.csv", lists.agency_codes)):
        rows = ((c.scheme, c.value, c.owner, c.name, c.aliases, c.start.raw, c.end.raw) for c in codes)
        _write(folder / name, head, rows)
    _write_information(folder / "informasi-publik.xlsx", lists.information)


def _write(path: Path, head: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=";")
        writer.writerow(head)
        writer.writerows(rows)


def _write_information(path: Path, rows: Iterable[Information]) -> None:
    book = Workbook(write_only=True)
    sheet = book.create_sheet("DIP")
    sheet.append(["DAFTAR INFORMASI PUBLIK (DATA CONTOH, bukan data resmi)"])
    sheet.append([])
    sheet.append(["No", "Judul", "Kategori", "Bentuk", "PPID Pelaksana", "Tahun", "Tanggal", "Tautan"])
    for row in rows:
        address = f"https://ppid.sumbawa.example/{row.title.replace(' ', '-').lower()}"
        sheet.append(
            [
                row.number,
                row.title,
                row.category.raw,
                row.form,
                row.agency.name,
                row.year.raw,
                row.published.raw,
                address,
            ]
        )
    book.save(path)


def cells_of(proposal: Proposal) -> list[object]:
    """What a kecamatan's workbook says of a proposal's earlier stage and of the recommendations on it."""
    found = {one.by: one for one in proposal.assessments}
    subdistrict, agency = found.get("SUBDISTRICT"), found.get("AGENCY")
    return [
        proposal.previous,
        subdistrict.amount.raw if subdistrict else None,
        subdistrict.note if subdistrict else None,
        agency.amount.raw if agency else None,
        agency.quantity.raw if agency else None,
        agency.note if agency else None,
    ]
