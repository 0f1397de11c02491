"""Which built-in entity the columns of a table speak of, by the names that offices give them, in Indonesian and English.

A column's name counts whole: `Bulan Januari / Realisasi` is not the realisation of a year. Sources of the words: the forms
and exports that the project has seen (SIPD, SIRUP, SPSE, musrenbang lists, LaporGub)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from config.entities import Entity, FieldType
from config.naming import words_of
from simpul.adding.shapes import ColumnShape

_NUMBERS = ("int", "decimal", "money")
_FITS: Mapping[FieldType, tuple[str, ...]] = {
    FieldType.MONEY: _NUMBERS,
    FieldType.DECIMAL: _NUMBERS,
    FieldType.INT: ("int", "code"),
    FieldType.DATE: ("date", "datetime"),
    FieldType.DATETIME: ("date", "datetime"),
    FieldType.BOOLEAN: ("boolean",),
}
"""What a column may hold to feed a field of a type; the others take anything."""


@dataclass(frozen=True, slots=True)
class Recognised:
    """An entity and the columns of its fields. `within` is the column of the place above a region."""

    entity: str
    columns: Mapping[str, str]
    within: str | None = None


@dataclass(frozen=True, slots=True)
class _Speech:
    """How people speak of an entity: `words` of each field; what has to be there: a field of each of `needs`, `least` fields in
    all, and something in `about` among all names and titles. `most` is how many columns it may
    have, `bare` that none of them is an amount, `unique` which of them tell its rows apart."""

    entity: str
    words: Mapping[str, str]
    needs: Sequence[Sequence[str]]
    least: int = 3
    about: str | None = None
    most: int | None = None
    unique: tuple[str, ...] = ()
    bare: bool = False
    matchers: dict[str, re.Pattern[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, words in self.words.items():
            self.matchers[name] = re.compile(f"(?:{words})")


AGENCY = (
    r"(?:nama )?(?:skpd|opd|perangkat daerah|instansi|satker|satuan kerja|unit kerja|dinas|agency"
    r"|department)(?: (?:tujuan|pelaksana|penanggung jawab|pengampu|akhir))?"
)
_VILLAGE = r"(?:nama )?(?:desa|kelurahan|desa kelurahan|kelurahan desa|desa kel|kel desa|village)"
_DISTRICT = r"(?:nama )?(?:kecamatan|kec|district|subdistrict)"
_YEAR = r"tahun(?: anggaran| usulan| perencanaan)?|ta|fiscal ?year|year|budget year"
_PLACE = r"lokasi(?: pekerjaan| kegiatan| detail)?|detail lokasi|lokus|alamat(?: lokasi)?|tempat|location|address"
_SUB = r"(?:kode|kd) sub ?(?:kegiatan|keg)|sub ?activity code"
_CEILING = r"(?:total |jumlah |nilai )?pagu(?: anggaran| indikatif| dpa| apbd| paket)?(?: rp)?|ceiling"

SPEECH = (
    _Speech(
        "Proposal",
        {
            "number": r"(?:no|nomor|id|kode|kd)(?: urut)? usul(?:an)?|proposal (?:no|number|id)|no|nomor|number|no urut",
            "title": r"(?:(?:nama|uraian|judul|isi|jenis|rincian) )?usulan(?: (?:kegiatan|pekerjaan|program"
            r"|musrenbang|masyarakat|pokir))?"
            r"|(?:nama |uraian |judul )?(?:kegiatan|pekerjaan)(?: yang diusulkan| usulan)?|title|proposal(?: title)?|aspirasi",
            "problem": r"(?:uraian )?(?:permasalahan|masalah)|latar belakang|problem",
            "benefit": r"(?:penerima )?manfaat|benefit",
            "category": r"bidang(?: urusan)?|kategori|program|category|jenis kegiatan",
            "locationText": _PLACE,
            "quantity": r"volume|vol|kuantitas|quantity|qty",
            "unit": r"satuan|unit|sat",
            "estimatedCost": r"(?:(?:perkiraan|estimasi|usulan|taksiran|kebutuhan|rencana|jumlah|nilai|total) )*"
            r"(?:biaya|anggaran|pagu|dana|usulan anggaran)(?: (?:usulan|indikatif))?(?: rp)?|rab|nilai usulan"
            r"|estimated cost|cost|budget",
            "status": r"status(?: usulan)?|hasil verifikasi|keputusan|status verifikasi",
            "priority": r"(?:skala |urutan )?prioritas|priority",
            "reason": r"alasan(?: penolakan)?|catatan verifikasi|reason",
            "proposer": r"(?:nama )?(?:pengusul|pemohon)|nama anggota dewan|anggota dprd|proposer",
            "proposedAt": r"(?:tanggal|tgl) usul(?:an)?|(?:tanggal|tgl)|proposed at|date",
            "subActivityCode": _SUB,
            "fiscalYear": _YEAR,
            "channel": r"jalur(?: usulan)?|sumber usulan|channel",
            "region": _VILLAGE,
            "agency": AGENCY,
        },
        needs=(("title",),),
        about=r"\busul|musrenbang|\bpokir|pokok pikiran|\breses\b|aspirasi|\bproposals?\b",
    ),
    _Speech(
        "Complaint",
        {
            "trackingId": r"(?:no|nomor|id|kode) (?:tiket|aduan|pengaduan|laporan|tracking|register)"
            r"|tracking id|ticket(?: id)?|id",
            "title": r"judul(?: laporan| aduan| pengaduan)?|perihal|subject|title",
            "text": r"(?:isi|uraian|detail)(?: (?:laporan|aduan|pengaduan|pesan|keluhan))?|pengaduan|aduan"
            r"|keluhan|laporan|complaint|message",
            "reporter": r"(?:nama )?(?:pelapor|pengadu)|nama|reporter",
            "reporterContact": r"(?:no |nomor )?(?:kontak|hp|telepon|telp|wa)(?: pelapor)?|e ?mail|contact",
            "receivedAt": r"(?:tanggal|tgl|waktu)(?: (?:laporan|aduan|pengaduan|masuk|diterima|lapor"
            r"|kejadian))?|received at|date|posting date",
            "channel": r"kanal|media(?: pengaduan)?|melalui|sumber(?: laporan)?|channel|laporan melalui",
            "kind": r"jenis(?: laporan| aduan)?|laporan jenis|kind",
            "status": r"status(?: (?:laporan|aduan|tindak lanjut|penanganan))?",
            "category": r"kategori|topik|sektor|bidang|klasifikasi|category",
            "locationText": _PLACE + r"|laporan lokasi|lokasi kejadian",
            "region": _VILLAGE,
            "agency": AGENCY + r"|disposisi|instansi terlapor|terlapor",
        },
        needs=(("text", "title"),),
        about=r"\baduan\b|pengaduan|\bkeluhan|\blapor|complaint",
    ),
    _Speech(
        "Project",
        {
            "projectId": r"(?:id|kode|kd|no) (?:paket|proyek|project)|project id",
            "name": r"(?:nama )?(?:paket|proyek)(?: (?:pekerjaan|pengadaan))?|(?:nama|uraian) pekerjaan"
            r"|pekerjaan|project(?: name)?|package",
            "rupIds": r"(?:kd|kode|id|no) rup|rup",
            "tenderId": r"(?:kd|kode|id) (?:non ?)?tender",
            "ceiling": _CEILING,
            "ownerEstimate": r"(?:nilai |harga )?hps(?: rp)?|owner estimate",
            "contractValue": r"(?:nilai|harga|jumlah) kontrak(?: rp)?|kontrak rp|contract value",
            "contractNumber": r"(?:no|nomor) (?:kontrak|spk)|contract (?:no|number)",
            "contractDate": r"(?:tanggal|tgl) (?:kontrak|spk)|contract date",
            "startDate": r"(?:tanggal|tgl|waktu) mulai|start(?: date)?",
            "endDate": r"(?:tanggal|tgl|waktu) selesai|end(?: date)?",
            "vendor": r"(?:nama )?(?:penyedia|rekanan|kontraktor|perusahaan|pelaksana)|vendor|supplier|contractor",
            "method": r"metode(?: (?:pemilihan|pengadaan))?|method",
            "procurementKind": r"jenis pengadaan",
            "way": r"cara pengadaan",
            "status": r"status(?: (?:paket|proyek|pekerjaan))?",
            "physicalProgress": r"(?:(?:realisasi|progres|progress|kemajuan) )?fisik(?: persen)?|physical progress",
            "financialProgress": r"(?:realisasi )?keuangan persen|financial progress",
            "subActivityCodes": _SUB,
            "accountCodes": r"(?:kode|kd) (?:rekening|akun)|account code",
            "locationText": _PLACE,
            "region": _VILLAGE,
            "agency": AGENCY,
            "fiscalYear": _YEAR,
        },
        needs=(
            ("name",),
            (
                "rupIds",
                "tenderId",
                "contractValue",
                "contractNumber",
                "ownerEstimate",
                "vendor",
                "physicalProgress",
                "projectId",
            ),
        ),
    ),
    _Speech(
        "BudgetLine",
        {
            "lineId": r"id|(?:id|kode|kd) rinci(?:an)?|line id",
            "accountCode": r"(?:kode|kd|no|nomor) (?:rekening|akun|rek)|account code|mak",
            "accountName": r"(?:nama|nm|uraian) (?:rekening|akun|belanja)|uraian|account name|nomenklatur",
            "subActivityCode": _SUB,
            "subActivityName": r"(?:(?:nama|nm|uraian) )?sub ?kegiatan|sub ?activity(?: name)?",
            "activityCode": r"(?:kode|kd) kegiatan|activity code",
            "programCode": r"(?:kode|kd) program|program code",
            "functionCode": r"(?:kode|kd) (?:bidang(?: urusan)?|urusan)",
            "fundSource": r"sumber (?:dana|anggaran|pendanaan)|fund(?:ing)? source",
            "ceiling": _CEILING + r"|(?:jumlah |nilai |total )?anggaran(?: rp| belanja| tahun ini| 20\d\d)?"
            r"|(?:pagu|anggaran) (?:anggaran )?(?:setelah|sesudah)(?: perubahan| pergeseran)?(?: rp)?|budget",
            "previousCeiling": r"(?:pagu|anggaran) (?:sebelum|semula|murni)(?: perubahan| pergeseran)?",
            "realised": r"(?:jumlah |total )?realisasi(?: (?:anggaran|keuangan|belanja))?(?: rp)?|reali[sz](?:ed|ation)|spent",
            "fiscalYear": _YEAR,
            "agency": AGENCY,
        },
        needs=(("ceiling", "realised"), ("accountCode", "subActivityCode", "activityCode")),
    ),
    _Speech(
        "PublicInformation",
        {
            "code": r"(?:no|nomor|kode|id) informasi|kode|id",
            "title": r"(?:judul|nama|jenis)(?: informasi| dokumen| file)?|informasi(?: publik)?|title",
            "summary": r"ringkasan(?: isi)?(?: informasi)?|summary",
            "category": r"kategori(?: informasi)?|klasifikasi|category",
            "form": r"bentuk(?: informasi)?|format",
            "publishedAt": r"(?:tanggal|tgl|waktu) (?:diumumkan|publikasi|terbit|upload|penerbitan)|published at",
            "url": r"url|link|tautan",
            "fileName": r"(?:nama )?(?:file|berkas)",
            "fiscalYear": _YEAR,
            "agency": AGENCY + r"|pejabat penguasa informasi",
        },
        needs=(("title",),),
        about=r"informasi publik|\bppid\b|\bdip\b|public information",
    ),
    _Speech(
        "Agency",
        {
            "code": r"(?:kode|kd|id) (?:skpd|opd|satker|satuan kerja|perangkat daerah|unit|unit kerja"
            r"|instansi|dinas)|agency code",
            "name": AGENCY + r"|nama",
            "head": r"(?:nama )?kepala(?: (?:dinas|skpd|opd))?|head",
            "parent": r"induk|skpd induk|parent",
        },
        needs=(("code",), ("name",)),
        least=2,
        most=8,
        bare=True,
        unique=("code",),
    ),
    _Speech(
        "Region",
        {
            "code": r"(?:kode|kd|id)(?: (?:wilayah|desa|kelurahan|kecamatan|kemendagri|desa kelurahan))?|region code|code",
            "name": _VILLAGE + r"|(?:nama )?wilayah|nama|name",
            "parent": _DISTRICT,
        },
        needs=(("code",), ("name",)),
        least=2,
        most=8,
        bare=True,
        about=r"\bwilayah\b|\bdesa\b|\bkelurahan\b|kecamatan|\bregions?\b|\bvillages?\b",
        unique=("code",),
    ),
)


def recognise(
    columns: Sequence[ColumnShape], titles: Iterable[str], entities: Mapping[str, Entity]
) -> Recognised | None:
    """The entity that some columns speak of; None if they speak of none that is built in. `titles` are the lines above the
    table and what the file and the sheet are called."""
    filled = [column for column in columns if column.type != "empty"]
    names = {column.name: spoken(column.name) for column in filled}
    everything = " ; ".join((*names.values(), *map(spoken, titles)))
    found = [
        one for speech in SPEECH if (one := _spoken_of(speech, filled, names, everything, entities[speech.entity]))
    ]
    return max(found, key=lambda one: len(one.columns), default=None)


def spoken(name: str) -> str:
    """A name in small letters without signs: `Perkiraan Biaya (Rp)` is `perkiraan biaya rp`."""
    return " ".join(words_of(name)).casefold()


def _spoken_of(
    speech: _Speech, columns: Sequence[ColumnShape], names: Mapping[str, str], everything: str, entity: Entity
) -> Recognised | None:
    if speech.about is not None and not re.search(speech.about, everything):
        return None
    if speech.most is not None and len(columns) > speech.most:
        return None
    if speech.bare and any(column.type in ("money", "decimal") for column in columns):
        return None
    taken: dict[str, str] = {}
    for name, matcher in speech.matchers.items():
        declared = entity.field(name)
        fits = _FITS.get(declared.type) if declared else None
        for column in columns:
            if column.name in taken.values() or not matcher.fullmatch(names[column.name]):
                continue
            if fits is None or column.type in fits:
                taken[name] = column.name
                break
    if "region" in speech.words and "region" not in taken:
        districts = [column.name for column in columns if re.fullmatch(_DISTRICT, names[column.name])]
        if districts:
            taken["region"] = districts[0]
    if len(taken) < speech.least or any(not any(name in taken for name in one) for one in speech.needs):
        return None
    by_name = {column.name: column for column in columns}
    if any(not all(found.key for found in by_name[taken[name]].found) for name in speech.unique):
        return None
    return Recognised(speech.entity, taken, _above(columns, names, taken))


def _above(columns: Sequence[ColumnShape], names: Mapping[str, str], taken: Mapping[str, str]) -> str | None:
    """The column of the district, beside one of villages."""
    if "region" not in taken:
        return None
    left = [column.name for column in columns if column.name not in taken.values()]
    return next((name for name in left if re.fullmatch(_DISTRICT, names[name])), None)
