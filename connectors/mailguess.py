"""What a complaint seems to be about, by its words: a category, a place, an agency, each with a confidence from 0 to 1.

The categories are those of LaporGub, the complaints service of Central Java; a word counts for those whose letters it is typical of.
Places and agencies are taken only where they are named as such. These are guesses: who maps them shows the confidence beside."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

READ = 2_000  # characters of a letter that are looked at
ENOUGH = 4  # points of a category above which more make it no surer

WORDS: Mapping[str, str] = {
    "infrastruktur": "lubang aspal tambal jembatan trotoar drainase gorong rusak:1 jalan:1 lampu:1 penerangan pju cor lalu"
    " lintas:1 rambu celaka:1 bahaya:1 macet irigasi",
    "sosial masyarakat": "bansos pkh bpnt dtks blt lansia difabel disabilitas yatim phk umr ketenagakerjaan upah:2 karyawan:1 thr"
    " miskin:1 pesangon buruh:1 karaoke judi",
    "kepegawaian": "cpns pppk p3k =formasi asn:1 ppg prajabatan honorer bkd seleksi:1 sanggah mutasi:1 tms sptjm",
    "pendidikan": "sekolah siswa murid smp:1 smk smkn sman sd:1 sdn komite ppdb spp ijazah guru:1 iuran:1 kelas:1 lks study",
    "permades dan kependudukan": "ktp dukcapil akta kartukeluarga bpd bumdes kades perangkat:2 kepaladesa danadesa"
    " penyalahgunaan:2 carik nikah:1 inspektorat:1 balaidesa",
    "keuangan dan aset": "pajak:2 samsat pkb stnk bapenda sakpole plat:1 opsen bpkb calo:1 denda:1",
    "energi": "listrik pln lpg:2 elpiji tambang galian pertamina solar:1 bbm spbu esdm gas:2 excavator kabel:1",
    "ekonomi dan industri": "umkm koperasi pedagang dagang:1 pasar:2 nasabah bank:1 pinjam:1 bmt sembako toko:1 harga:1",
    "lingkungan": "sampah limbah polusi asap bau:2 cemar tps pencemaran got:1 tikus",
    "kesehatan": "puskesmas pasien bpjs rumahsakit rsud obat:2 dokter posyandu stunting demam vaksin ambulans sakit:1",
    "bencana": "banjir:3 longsor rob:2 kekeringan gempa bencana:2 puting surut:1",
}
"""Words of each category, or what a longer one holds (unless a = says that it has to stand by itself), with their points (3 if
not said). Words that belong
together are written as one."""

_TOGETHER = ("kartu keluarga", "kepala desa", "dana desa", "balai desa", "rumah sakit")
_WEIGHTS = {
    word.strip("=").partition(":")[0]: (category, int(word.partition(":")[2] or 3))
    for category, words in WORDS.items()
    for word in words.split()
}
_SHORT = 4  # letters; a shorter word has to stand by itself, else `gas` would be in `petugas`
_LONG = tuple(word for word in _WEIGHTS if len(word) > _SHORT and f"={word}" not in " ".join(WORDS.values()))
_LETTERS = re.compile(r"[a-z0-9]+")

_NAME = r"([A-Z][\w'’-]*(?:[ \t]+[A-Z][\w'’-]*){0,2})"
_VILLAGE = re.compile(rf"\b(?:[Dd]esa|DESA|(?:[Dd]s|DS|[Kk]el|KEL)\.|[Kk]elurahan|KELURAHAN)[ \t]*(:?)[ \t]*{_NAME}")
_DISTRICT = re.compile(rf"\b(?:[Kk]ecamatan|KECAMATAN|(?:[Kk]ec|KEC)\.)[ \t]*(:?)[ \t]*{_NAME}")
_AGENCY = re.compile(
    r"\b((?:Dinas|DINAS|Badan|BADAN|RSUD|Puskesmas|PDAM|Perumdam|Satpol[ \t]PP|Inspektorat|Sekretariat)"
    r"(?:[ \t]+(?:(?:dan|DAN|&)[ \t]+)?[A-Z][\w.]*){0,6})()"
)
_PLACES = (
    (_VILLAGE, ("desa", "ds.", "kelurahan", "kel.")),
    (_DISTRICT, ("kecamatan", "kec.")),
    (_AGENCY, ("dinas", "badan", "rsud", "puskesmas", "pdam", "perumdam", "satpol", "inspektorat", "sekretariat")),
)
_NO_NAMES = re.compile(
    r"(?i)\b(?:kecamatan|kec|kabupaten|kab|kota|provinsi|prov|desa|kelurahan|kel|dusun|rt|rw|kami|saya|kita|ini|itu|yang|di|tempat"
    r"|yth|bapak|ibu|mohon|dengan|terima|jalan|jl)\b.*"
)


@dataclass(frozen=True, slots=True)
class Guess:
    """A text, and how sure it is, in hundredths. None, and 0, if there is nothing to go by."""

    text: str | None = None
    confidence: Decimal = Decimal(0)


class Guesses(NamedTuple):
    """What a letter seems to be about, and which place and agency it names."""

    category: Guess
    village: Guess
    district: Guess
    agency: Guess


def guess(subject: str, text: str) -> Guesses:
    """Guesses by the beginning of a letter."""
    letter = f"{subject}\n{text[:READ]}"
    lower = letter.lower()
    places = (_named(pattern, signs, letter, lower) for pattern, signs in _PLACES)
    return Guesses(_category(lower), *places)


def _category(lower: str) -> Guess:
    """By points for each different word: how many the first has, and how far it is ahead of the second."""
    for words in _TOGETHER:
        lower = lower.replace(words, words.replace(" ", ""))
    points: dict[str, int] = {}
    for word in {known for one in set(_LETTERS.findall(lower)) for known in _known_in(one)}:
        category, weight = _WEIGHTS[word]
        points[category] = points.get(category, 0) + weight
    if not points:
        return Guess()
    (first, most), *rest = sorted(points.items(), key=lambda item: -item[1])
    second = rest[0][1] if rest else 0
    if most == second:
        return Guess()
    share = Decimal(most) / (most + second) * min(most, ENOUGH) / ENOUGH
    return Guess(first, min(share, Decimal("0.95")).quantize(Decimal("0.01")))


@lru_cache(maxsize=20_000)
def _known_in(word: str) -> tuple[str, ...]:
    """The words of the table that a word is or holds."""
    return (*((word,) if word in _WEIGHTS else ()), *(known for known in _LONG if known in word and known != word))


def _named(pattern: re.Pattern[str], signs: tuple[str, ...], letter: str, lower: str) -> Guess:
    """What is named first. Surer where a form names it (`Desa: Alas`), less sure where several are named."""
    found: dict[str, bool] = {}
    if not any(sign in lower for sign in signs):  # most letters name none, and this is quicker
        return Guess()
    for match in pattern.finditer(letter):
        name, sign = (match[2], match[1]) if match[2] else (match[1], "")
        name = " ".join(_NO_NAMES.sub("", name).split()).strip(".-'")
        if name:
            found.setdefault(name, sign == ":")
    if not found:
        return Guess()
    first, is_labelled = next(iter(found.items()))
    if is_labelled:
        return Guess(first, Decimal("0.95"))
    return Guess(first, Decimal("0.80") if len({name.casefold() for name in found}) == 1 else Decimal("0.40"))
