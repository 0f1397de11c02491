"""Types that every hub's schema has: nodes, pages, matches, provenance, issues, comparisons."""

from __future__ import annotations

from config.entities import EnumType, Text
from schema.typing import Argument, Member, Types

REASONS = {
    "AMBIGUOUS_NUMBER": ("A number that can be read in two ways", "Angka yang dapat dibaca dua cara"),
    "NOT_A_NUMBER": ("Not a number", "Bukan angka"),
    "NOT_AN_INTEGER": ("Not a whole number", "Bukan bilangan bulat"),
    "OUT_OF_RANGE": ("Larger than can be kept", "Terlalu besar untuk disimpan"),
    "ROUNDED": ("More decimals than are kept; rounded", "Desimal melebihi yang disimpan; dibulatkan"),
    "NOT_A_DATE": ("Not a date", "Bukan tanggal"),
    "PLACEHOLDER_DATE": ("A date that stands for none", "Tanggal pengganti kosong"),
    "PLACEHOLDER_ZERO": ("A zero that stands for none", "Nol pengganti kosong"),
    "NOT_A_BOOLEAN": ("Neither yes nor no", "Bukan ya atau tidak"),
    "UNKNOWN_VALUE": ("A value that is not in the list", "Nilai di luar daftar"),
    "PATTERN_NOT_FOUND": ("The pattern is not found in the text", "Pola tidak ditemukan dalam teks"),
    "AFTER_NOT_FOUND": ("Nothing follows the words", "Tidak ada isi setelah kata itu"),
    "YEAR_UNCLEAR": ("Not exactly one year is named", "Tidak tepat satu tahun yang disebut"),
    "MONTH_UNCLEAR": ("Not exactly one month is named", "Tidak tepat satu bulan yang disebut"),
    "COLUMN_GONE": ("The column was there before and is gone", "Kolomnya dulu ada dan kini hilang"),
    "PART_NOT_FOUND": ("The code has fewer parts", "Bagian kode kurang"),
    "LOSSY_CODE": ("A code that was kept as a number and may have lost digits", "Kode yang tersimpan sebagai angka"),
    "CELL_ERROR": ("The cell holds an error", "Sel berisi kesalahan"),
    "TEXT_DAMAGED": ("Text with damaged characters", "Teks dengan huruf rusak"),
    "MISSING_KEY": ("The key is empty", "Kunci kosong"),
    "MISSING_REQUIRED": ("A required field is empty", "Isian wajib kosong"),
    "DUPLICATE_KEY": (
        "The same key stands elsewhere with other content",
        "Kunci yang sama ada di tempat lain dengan isi berbeda",
    ),
    "CROSSWALK_NO_MATCH": ("A crosswalk row that points to nothing", "Baris padanan yang tidak menunjuk apa pun"),
}
ENUMS = {
    "Direction": {
        "ASC": ("Smallest first, nulls last", "Terkecil dulu, kosong terakhir"),
        "DESC": ("Largest first, nulls last", "Terbesar dulu, kosong terakhir"),
        "ASC_NULLS_FIRST": ("Nulls, then smallest first", "Kosong dulu, lalu terkecil"),
        "DESC_NULLS_FIRST": ("Nulls, then largest first", "Kosong dulu, lalu terbesar"),
    },
    "Scope": {
        "CURRENT": (
            "Records that count: latest version, leaves",
            "Data yang dihitung: versi terakhir, rincian terbawah",
        ),
        "ALL": ("Earlier versions and parents too", "Termasuk versi lama dan induk"),
    },
    "DateUnit": {
        "DAY": ("Each day", "Setiap hari"),
        "MONTH": ("Each month, told by its first day", "Setiap bulan, disebut dengan hari pertamanya"),
        "QUARTER": ("Each quarter, told by its first day", "Setiap triwulan, disebut dengan hari pertamanya"),
        "YEAR": ("Each year, told by its first day", "Setiap tahun, disebut dengan hari pertamanya"),
    },
    "Language": {"ID": ("Indonesian", "Bahasa Indonesia"), "EN": ("English", "Bahasa Inggris")},
    "MatchMethod": {
        "KEY": ("Equal keys", "Kunci sama"),
        "CROSSWALK": ("A list that people keep", "Daftar padanan"),
        "SIMILAR": ("Similar text", "Teks mirip"),
        "REVIEWED": ("A person's decision", "Keputusan petugas"),
        "VIA": ("Through other links", "Melalui kaitan lain"),
    },
    "MatchStatus": {
        "ACCEPTED": ("Answers", "Diterima"),
        "CANDIDATE": ("To be reviewed", "Calon, perlu diperiksa"),
        "REFUSED": ("Refused by a person", "Ditolak petugas"),
    },
    "Freshness": {
        "FRESH": ("As of the last sync", "Sesuai sinkron terakhir"),
        "STALE": ("The last sync failed; older figures", "Sinkron terakhir gagal; angka lama"),
        "UNKNOWN": ("Not known", "Tidak diketahui"),
    },
    "ReasonCode": REASONS,
    "DriftCode": {
        "COLUMN_RENAMED": ("A column has another name", "Kolom berganti nama"),
        "COLUMN_GONE": ("A column is gone", "Kolom hilang"),
        "COLUMN_NEW": ("A column is new", "Kolom baru"),
        "HEADER_OTHER": (
            "Most columns are others; is the header lost?",
            "Kebanyakan kolom lain; kepala tabel hilang?",
        ),
        "COLUMN_MOVED": ("A column stands elsewhere", "Kolom berpindah"),
        "COLUMN_TWICE": ("A column stands twice", "Kolom ada dua"),
        "COLUMN_RETYPED": ("A column holds another type", "Kolom berganti jenis"),
        "DECIMALS_FLIPPED": ("Another decimal sign", "Tanda desimal berganti"),
        "DATES_FLIPPED": ("Day and month have changed places", "Hari dan bulan bertukar tempat"),
        "TOTAL_RESTARTED": (
            "A running total seems to have become monthly",
            "Angka kumulatif tampaknya menjadi bulanan",
        ),
    },
}
EQUAL = Text("equals", "sama dengan")
NOT_EQUAL = Text("is another value; null is not", "nilai lain; kosong tidak termasuk")
ORDERED = {
    "lt": Text("is less than", "kurang dari"),
    "lte": Text("is at most", "paling banyak"),
    "gt": Text("is more than", "lebih dari"),
    "gte": Text("is at least", "paling sedikit"),
}
IS_NULL = Member("isNull", "Boolean", Text("has no value", "tidak bernilai"))


def add_common_types(types: Types) -> None:
    """Adds them all."""
    for name, values in ENUMS.items():
        words = Text(f"Values of {name}", f"Nilai {name}")
        types.add_enum(EnumType(name, {value: Text(*pair) for value, pair in values.items()}), words)
    _add_interfaces(types)
    _add_objects(types)
    _add_comparisons(types)


def _add_interfaces(types: Types) -> None:
    node = Member("id", "ID!", Text("Opaque id that lasts", "Id tetap"))
    types.add_interface("Node", Text("Anything with an id", "Apa pun yang ber-id"), [node])
    members = [
        node,
        Member("provenance", "Provenance!", Text("Where it comes from", "Asal datanya")),
        Member("issues", "[Issue!]!", Text("What could not be read", "Yang tidak terbaca")),
    ]
    types.add_interface("Record", Text("A record from a source", "Data dari suatu sumber"), members)


def _add_objects(types: Types) -> None:
    field = Argument("field", "String!", Text("Name of a field", "Nama isian"))
    language = Argument("language", "Language", Text("Language of the sentence", "Bahasa kalimatnya"))
    types.add_type(
        "Drift",
        Text("How a part of a source differs from what it was", "Bedanya suatu bagian sumber dari sebelumnya"),
        [
            Member("code", "DriftCode!", Text("What has happened", "Apa yang terjadi")),
            Member("dataset", "String!", Text("Dataset", "Himpunan data")),
            Member("part", "String!", Text("File, sheet, table or address", "Berkas, lembar, tabel, atau alamat")),
            Member("column", "String!", Text("Column", "Kolom")),
            Member("was", "String", Text("Name, type or place before", "Nama, jenis, atau letak sebelumnya")),
            Member("now", "String", Text("Name, type or place now", "Nama, jenis, atau letak sekarang")),
            Member("since", "DateTime!", Text("When it was first seen", "Pertama kali terlihat")),
            Member(
                "proposal", "String", Text("A line for hub.yaml that takes it so", "Baris hub.yaml untuk menerimanya")
            ),
            Member("place", "String", Text("Where in hub.yaml the line belongs", "Letak baris itu di hub.yaml")),
            Member("message", "String!", Text("As a sentence", "Sebagai kalimat"), (language,)),
        ],
    )
    types.add_type(
        "Provenance",
        Text("Where a record comes from and how old it is", "Asal data dan umurnya"),
        [
            Member("source", "String!", Text("Source", "Sumber")),
            Member("dataset", "String!", Text("Dataset", "Himpunan data")),
            Member("locator", "String!", Text("Where the row stands", "Letak baris")),
            Member("file", "String", Text("File", "Berkas")),
            Member("sheet", "String", Text("Sheet", "Lembar")),
            Member("row", "String", Text("Row, key or message", "Baris, kunci, atau pesan")),
            Member("fetchedAt", "DateTime!", Text("When it was last read", "Terakhir dibaca")),
            Member("changedAt", "DateTime!", Text("When its content last changed", "Terakhir berubah")),
            Member("freshness", "Freshness!", Text("Whether that reading is current", "Apakah bacaan itu terkini")),
            Member("cell", "String", Text("Cell or column of a field", "Sel atau kolom suatu isian"), (field,)),
            Member(
                "raw",
                "[RawCell!]!",
                Text(
                    "The cells of the row as they stand in it, those without anything left out; personal data masked",
                    "Sel-sel baris sebagaimana tertulis, yang kosong tidak disebut; data pribadi disamarkan",
                ),
            ),
        ],
    )
    types.add_type(
        "RawCell",
        Text("A cell as it stands in its row", "Sel sebagaimana tertulis"),
        [
            Member("column", "String!", Text("Name of the column", "Nama kolom")),
            Member(
                "cell", "String", Text("Cell, or where there are none null", "Sel; kosong bila sumbernya tidak bersel")
            ),
            Member("value", "String!", Text("What stands there", "Isi sebagaimana tertulis")),
            Member("fields", "[String!]!", Text("Fields that are made of it", "Isian yang dibuat darinya")),
        ],
    )
    types.add_type(
        "Issue",
        Text("A cell that could not be read; its field is null", "Sel yang tidak terbaca; isiannya kosong"),
        [
            Member("code", "ReasonCode!", Text("Reason", "Sebab")),
            Member("field", "String!", Text("Field", "Isian")),
            Member("rawValue", "String", Text("What stands there", "Isi sebagaimana tertulis")),
            Member("cell", "String", Text("Cell or column", "Sel atau kolom")),
            Member("message", "String!", Text("The reason as a sentence", "Sebabnya dalam kalimat"), (language,)),
            Member("decidedBy", "String", Text("The line of hub.yaml that decided", "Baris hub.yaml yang menentukan")),
            Member("suggestion", "String!", Text("What to do, as a sentence", "Apa yang perlu dilakukan"), (language,)),
        ],
    )
    types.add_type(
        "Match",
        Text("How two records were tied", "Bagaimana dua data terkait"),
        [
            Member("method", "MatchMethod!", Text("Method", "Cara")),
            Member("confidence", "Float!", Text("Confidence, 0 to 1", "Keyakinan, 0 sampai 1")),
            Member("rule", "String!", Text("Rule that tied them", "Aturan yang mengaitkan")),
            Member("status", "MatchStatus!", Text("Status", "Status")),
            Member("why", "String", Text("On what grounds", "Dasarnya")),
        ],
    )
    types.add_type(
        "PageInfo",
        Text("What lies before and after a page", "Yang ada sebelum dan sesudah halaman"),
        [
            Member("hasNextPage", "Boolean!", Text("Whether more follow", "Apakah masih ada sesudahnya")),
            Member("hasPreviousPage", "Boolean!", Text("Whether some came before", "Apakah ada sebelumnya")),
            Member("startCursor", "String", Text("Cursor of the first record", "Kursor data pertama")),
            Member("endCursor", "String", Text("Cursor of the last record", "Kursor data terakhir")),
        ],
    )


def _add_comparisons(types: Types) -> None:
    for type_name in ("String", "Int", "Decimal", "Date", "DateTime"):
        members = [
            Member("eq", type_name, EQUAL),
            Member("ne", type_name, NOT_EQUAL),
            Member("in", f"[{type_name}!]", Text("is one of", "salah satu dari")),
            *(Member(op, type_name, words) for op, words in ORDERED.items()),
        ]
        if type_name == "String":
            loose = "ignoring case and accents", "tanpa membedakan huruf besar dan aksen"
            members += [
                Member("contains", "String", Text(f"contains, {loose[0]}", f"memuat, {loose[1]}")),
                Member("startsWith", "String", Text(f"starts with, {loose[0]}", f"berawalan, {loose[1]}")),
            ]
        words = Text(f"Compares a {type_name}; all members hold", f"Membandingkan {type_name}; semua berlaku")
        types.add_input(f"{type_name}Comparison", words, [*members, IS_NULL])
    unit = Member("unit", "DateUnit", Text("by which span; DAY if left out", "menurut rentang apa; DAY bila kosong"))
    types.add_input("DateGroup", Text("Groups by a date, in the hub's zone", "Kelompok menurut tanggal"), [unit])
    alike = Text(
        "texts alike but for case and accents are one", "teks yang hanya beda huruf besar atau aksen dijadikan satu"
    )
    types.add_input(
        "ValueGroup", Text("Groups by a value", "Kelompok menurut nilai"), [Member("ignoreCase", "Boolean", alike)]
    )
    yes_no = [Member("eq", "Boolean", EQUAL), Member("ne", "Boolean", NOT_EQUAL), IS_NULL]
    types.add_input("BooleanComparison", Text("Compares yes and no", "Membandingkan ya/tidak"), yes_no)
    ids = [Member("eq", "ID", EQUAL), Member("in", "[ID!]", Text("is one of", "salah satu dari"))]
    types.add_input("IDComparison", Text("Compares an id", "Membandingkan id"), ids)
    types.add_input(
        "MatchWhere",
        Text("Conditions on how a record was tied", "Syarat atas cara terkaitnya"),
        [
            Member("isNull", "Boolean", Text("there is no match", "tidak terkait")),
            Member("method", "[MatchMethod!]", Text("by one of these methods", "dengan salah satu cara ini")),
        ],
    )
    issue = [
        Member("code", "[ReasonCode!]", Text("one of these reasons", "salah satu sebab ini")),
        Member("field", "[String!]", Text("one of these fields", "salah satu isian ini")),
    ]
    types.add_input("IssueWhere", Text("Conditions on an issue", "Syarat atas masalah sel"), issue)
    links = [
        Member("some", "IssueWhere", Text("at least one satisfies", "sedikitnya satu memenuhi")),
        Member("none", "IssueWhere", Text("none satisfies", "tidak ada yang memenuhi")),
        Member("count", "IntComparison", Text("by how many there are", "menurut banyaknya")),
    ]
    types.add_input(
        "IssueLinkWhere", Text("Conditions on a record's issues", "Syarat atas masalah sel suatu data"), links
    )
