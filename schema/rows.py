"""The types that say what became of the rows of a source."""

from __future__ import annotations

from config.entities import EnumType, Text
from schema.typing import Member, Types

ASIDE = {
    "TITLE": ("Above the table: titles and lines of a form", "Di atas tabel: judul dan baris formulir"),
    "HEADER": ("The names of the columns", "Nama kolom"),
    "COLUMN_NUMBERS": (
        "Numbers or letters of the columns, below their names",
        "Nomor atau huruf kolom, di bawah namanya",
    ),
    "BLANK": ("Blank", "Kosong"),
    "GROUP": ("Only heads the rows below it", "Hanya judul kelompok bagi baris di bawahnya"),
    "TOTAL": ("A total or subtotal", "Jumlah atau subjumlah"),
    "REPEATED_HEADER": ("The names of the columns once more", "Nama kolom yang diulang"),
    "UNFILLED": ("Numbered in advance, nothing else in it", "Hanya bernomor, selebihnya belum diisi"),
    "NOTE": ("Below the table: notes and signatures", "Di bawah tabel: catatan dan tanda tangan"),
    "OTHER_TABLE": ("Of another table in the sheet", "Milik tabel lain di lembar itu"),
    "DELETED": ("Deleted, though the file still holds it", "Sudah dihapus, meskipun masih ada di berkas"),
    "FAR_AWAY": ("Single cells far from everything else", "Sel tunggal jauh dari yang lain"),
    "OUTSIDE_ROWS": ("Outside of `rows:` in hub.yaml", "Di luar `rows:` di hub.yaml"),
    "SKIP": ("Left out by `skip:` in hub.yaml", "Dilewati oleh `skip:` di hub.yaml"),
    "AUTOMATIC": ("A bounce or an automatic reply", "Surel pantulan atau balasan otomatis"),
    "EMPTY_MESSAGE": ("Empty, or still being written", "Surel kosong atau masih ditulis"),
    "REPEATED_MESSAGE": ("The same message once more", "Surel yang sama sekali lagi"),
    "WITHHELD_MESSAGE": (
        "Listed by the mail server, but not given out",
        "Dicantumkan server surel, tetapi tidak diberikan",
    ),
    "LATER_MESSAGE": ("A later message of a thread", "Surel lanjutan dari suatu rangkaian"),
    "WHERE": ("`where:` in hub.yaml is not met", "Tidak memenuhi `where:` di hub.yaml"),
    "DUPLICATE": ("Another row answers for the same key", "Kunci yang sama sudah dijawab baris lain"),
}
"""Why a row is neither a record nor a reject, see connectors.connector.Reason."""


def add_row_types(types: Types) -> None:
    """Adds them all."""
    reasons = {reason: Text(*words) for reason, words in ASIDE.items()}
    words = Text(
        "Why a row is neither a record nor a reject", "Sebab suatu baris bukan data dan bukan pula baris ditolak"
    )
    types.add_enum(EnumType("AsideReason", reasons), words)
    types.add_type(
        "SetAside",
        Text("Rows that were set aside for one reason", "Baris yang disisihkan karena satu sebab"),
        [
            Member("reason", "AsideReason!", Text("Reason", "Sebab")),
            Member(
                "setting",
                "String",
                Text(
                    "The option of hub.yaml that did it; null if it was found out",
                    "Pilihan di hub.yaml yang menyebabkannya; kosong bila ditemukan sendiri",
                ),
            ),
            Member("rows", "Int!", Text("How many", "Banyaknya")),
        ],
    )
    types.add_type(
        "RowAccount",
        Text(
            "What became of the rows of a dataset on their way to an entity: those seen are records, rejects and those set aside",
            "Nasib baris suatu himpunan data menuju suatu jenis data: yang terlihat adalah data, ditolak, atau disisihkan",
        ),
        [
            Member("dataset", "String!", Text("Dataset", "Himpunan data")),
            Member("entity", "String!", Text("Entity", "Jenis data")),
            Member(
                "rowsSeen",
                "Int",
                Text("Rows seen; null until they have been counted", "Baris terlihat; kosong sampai selesai dihitung"),
            ),
            Member("records", "Int!", Text("Records", "Data")),
            Member("rejects", "Int!", Text("Rows that could not be taken", "Baris yang ditolak")),
            Member("setAside", "[SetAside!]!", Text("Rows that were set aside", "Baris yang disisihkan")),
            Member("issues", "Int!", Text("Cells that could not be read", "Sel yang tidak terbaca")),
        ],
    )
