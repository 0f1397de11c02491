"""Sentences of what connectors and readers of cells report, in English and Indonesian. `where` is told in front of them."""

_FORM = "Write it as plain digits, like 1250000.", "Tulis angkanya saja, misalnya 1250000."

CELLS: dict[str, tuple[str, str]] = {
    "AMBIGUOUS_NUMBER": (
        f"This number can be read in two ways, so it is not read. {_FORM[0]} Or set `decimal:` for the column in hub.yaml.",
        f"Angka ini dapat dibaca dua cara, maka tidak dibaca. {_FORM[1]} Atau isi `decimal:` untuk kolom ini di hub.yaml.",
    ),
    "NOT_A_NUMBER": (f"This is not a number. {_FORM[0]}", f"Ini bukan angka. {_FORM[1]}"),
    "NOT_AN_INTEGER": ("A whole number is needed here.", "Di sini diperlukan bilangan bulat."),
    "OUT_OF_RANGE": ("The number is too large; at most {limit}.", "Angkanya terlalu besar; paling besar {limit}."),
    "ROUNDED": (
        "The number has more decimals than {scale}; it was rounded. Set `scale:` in hub.yaml to keep them.",
        "Desimalnya lebih dari {scale}; angkanya dibulatkan. Isi `scale:` di hub.yaml untuk menyimpannya.",
    ),
    "NOT_A_DATE": (
        "This is not a full date. Write it like 7 Januari 2026 or 2026-01-07.",
        "Ini bukan tanggal lengkap. Tulis seperti 7 Januari 2026 atau 2026-01-07.",
    ),
    "PLACEHOLDER_DATE": (
        "This date only stands for none; leave the cell empty, or write the real date.",
        "Tanggal ini hanya pengganti kosong; kosongkan selnya, atau tulis tanggal sebenarnya.",
    ),
    "NOT_A_BOOLEAN": ("Write ya or tidak.", "Tulis ya atau tidak."),
    "UNKNOWN_VALUE": (
        "This value is not in the list; it counts as UNKNOWN. Add it under `values:` in hub.yaml, or correct the cell.",
        "Nilai ini tidak ada dalam daftar; dihitung UNKNOWN. Tambahkan di `values:` pada hub.yaml, atau betulkan selnya.",
    ),
    "PATTERN_NOT_FOUND": (
        "The text does not hold what the pattern {pattern} looks for. Correct the cell or the pattern.",
        "Teks tidak memuat pola {pattern}. Betulkan sel atau polanya.",
    ),
    "PART_NOT_FOUND": (
        "The code has no parts {first} to {last}. Write it in full, with dots.",
        "Kode tidak punya bagian {first} sampai {last}. Tulis lengkap dengan titik.",
    ),
    "LOSSY_CODE": (
        "The code was kept as a number and may have lost digits. Format the column as text and enter it again.",
        "Kode tersimpan sebagai angka dan mungkin kehilangan digit. Jadikan kolom teks dan ketik ulang.",
    ),
    "CELL_ERROR": ("The cell holds the error {error}. Repair its formula.", "Sel berisi kesalahan {error}. Betulkan rumusnya."),
    "TEXT_DAMAGED": (
        "Some characters are damaged. Type the text again.",
        "Sebagian huruf rusak. Ketik ulang teksnya.",
    ),
}

SOURCES: dict[str, tuple[str, str]] = {
    "SOURCE_ERROR": ("{where}: something went wrong.", "{where}: terjadi kesalahan."),
    "SOURCE_UNAVAILABLE": (
        "{where} could not be reached ({reason}). Check that it is there and running.",
        "{where} tidak dapat dijangkau ({reason}). Periksa apakah tersedia dan berjalan.",
    ),
    "SOURCE_UNREACHABLE": (
        "{where} does not answer. Check the address in hub.yaml, and that the application is running.",
        "{where} tidak menjawab. Periksa alamatnya di hub.yaml, dan apakah aplikasinya berjalan.",
    ),
    "SOURCE_TIMEOUT": (
        "{where} did not answer within {seconds} seconds. Try later, or set a longer timeout.",
        "{where} tidak menjawab dalam {seconds} detik. Coba lagi nanti, atau perpanjang timeout.",
    ),
    "SOURCE_AUTH": (
        "{where} refused our login ({status}). Check the secret; no further try is made until the next sync.",
        "{where} menolak login kami ({status}). Periksa rahasianya; tidak dicoba lagi sampai sinkron berikutnya.",
    ),
    "SOURCE_BUSY": (
        "{where} is locked by another program. Close it there, then sync again.",
        "{where} sedang dikunci program lain. Tutup di sana, lalu sinkronkan lagi.",
    ),
    "SOURCE_BROKEN": ("{where} can't be read.", "{where} tidak dapat dibaca."),
    "DATASET_MISSING": ("{where}: there is no such dataset.", "{where}: himpunan data ini tidak ada."),
    "COLUMN_MISSING": (
        "{where} has no column {column}; the nearest is {nearest}. It has: {columns}. Correct the column in hub.yaml or the file.",
        "{where} tidak punya kolom {column}; yang terdekat {nearest}. Kolomnya: {columns}. Betulkan di hub.yaml atau di berkas.",
    ),
    "LIMIT_EXCEEDED": ("{where} is larger than what is read ({limit} {what}).", "{where} melebihi batas ({limit} {what})."),
    "NO_FILE_MATCHED": (
        "No file matches {pattern}. The folder holds: {folder}. Correct the path in hub.yaml.",
        "Tidak ada berkas yang cocok dengan {pattern}. Isi foldernya: {folder}. Betulkan path di hub.yaml.",
    ),
}

FILES: dict[str, tuple[str, str]] = {
    "FILE_OPEN": (
        "{where} is open in Excel or being saved. Close it there, then sync again.",
        "{where} sedang terbuka di Excel atau sedang disimpan. Tutup di sana, lalu sinkronkan lagi.",
    ),
    "FILE_GONE": ("{where} is gone. Put it back or correct the path.", "{where} hilang. Kembalikan, atau betulkan path."),
    "FILE_MISSING_SOURCE": (
        "{file} is not there. Put it back, or correct the path in hub.yaml.",
        "{file} tidak ada. Kembalikan, atau betulkan path di hub.yaml.",
    ),
    "FILE_UNREADABLE": ("{where} can't be read ({reason}).", "{where} tidak dapat dibaca ({reason})."),
    "FILE_CHANGED": (
        "{where} changed while it was being read. It is read again at the next sync.",
        "{where} berubah ketika dibaca. Akan dibaca lagi pada sinkron berikutnya.",
    ),
    "FILE_CUT": ("{where} is cut off, perhaps half copied. Copy it again.", "{where} terpotong. Salin ulang."),
    "FILE_DAMAGED": (
        "{where} is damaged. Open it in Excel and save it again.",
        "{where} rusak. Buka di Excel lalu simpan ulang.",
    ),
    "FILE_EMPTY": ("{where} is empty.", "{where} kosong."),
    "FILE_HOSTILE": ("{where} is built as no office program builds files; it is not read.", "{where} tidak wajar; tidak dibaca."),
    "FILE_OLD_FORMAT": (
        "{where} is in a format that is not read yet. Save it as .xlsx.",
        "{where} berformat yang belum dibaca. Simpan sebagai .xlsx.",
    ),
    "FILE_PROTECTED": (
        "{where} is protected by a password. Save a copy without it.",
        "{where} dilindungi kata sandi. Simpan salinan tanpa kata sandi.",
    ),
    "FILE_TOO_LARGE": ("{where} has more than {limit} MB.", "{where} lebih dari {limit} MB."),
    "INFLATED_TOO_LARGE": ("{where} would unpack to more than {limit} MB.", "{where} bila dibuka lebih dari {limit} MB."),
    "NOT_A_SPREADSHEET": (
        "{where} is not a spreadsheet but {found}. Export it again as .xlsx or .csv.",
        "{where} bukan lembar kerja melainkan {found}. Ekspor ulang sebagai .xlsx atau .csv.",
    ),
    "SHEET_MISSING": (
        "{where} has no sheet {sheet}; the nearest is {nearest}. It has: {sheets}.",
        "{where} tidak punya lembar {sheet}; yang terdekat {nearest}. Lembarnya: {sheets}.",
    ),
    "HEADER_MISSING": (
        "{where} has no names in row {header}. Correct `header:` in hub.yaml.",
        "{where} tidak punya judul kolom di baris {header}. Betulkan `header:` di hub.yaml.",
    ),
    "ENCODING_UNKNOWN": (
        "{where} is in an unknown encoding (tried {tried}). Save it as UTF-8, or set `encoding:`.",
        "Pengodean {where} tidak dikenal (dicoba {tried}). Simpan sebagai UTF-8, atau isi `encoding:`.",
    ),
    "CSV_BROKEN": ("{where} is not well formed as CSV.", "{where} bukan CSV yang benar."),
    "QUOTE_OPEN": (
        "In {where} a quotation mark is opened and never closed.",
        "Dalam {where} ada tanda kutip yang tidak ditutup.",
    ),
    "CELL_TOO_FAR": ("{where} has a cell {cell} beyond what is read.", "{where} punya sel {cell} di luar batas baca."),
    "CELL_TOO_LONG": ("{where}: cell {cell} has more than {limit} characters.", "{where}: sel {cell} lebih dari {limit} huruf."),
    "TOO_MANY_COLUMNS": ("{where} has more than {limit} columns.", "{where} lebih dari {limit} kolom."),
    "TOO_MANY_MEMBERS": ("{where} holds too many inner files.", "{where} berisi terlalu banyak berkas di dalamnya."),
    "TOO_MANY_ROWS_IN_SHEET": ("{where} has more than {limit} rows.", "{where} lebih dari {limit} baris."),
    "TOO_MANY_TEXTS": ("{where} holds more than {limit} texts.", "{where} berisi lebih dari {limit} teks."),
    "READER_CRASHED": ("{where} makes the reader fail; it is not read.", "{where} menggagalkan pembaca; tidak dibaca."),
    "READER_TIMEOUT": (
        "{where} took longer than {seconds} seconds to read.",
        "{where} perlu lebih dari {seconds} detik untuk dibaca.",
    ),
}

SYSTEMS: dict[str, tuple[str, str]] = {
    "TABLE_MISSING": (
        "{where}: there is no table {table}; the nearest is {nearest}. There are: {tables}.",
        "{where}: tidak ada tabel {table}; yang terdekat {nearest}. Yang ada: {tables}.",
    ),
    "QUERY_NOT_READING": (
        "{where}: only one reading SELECT is allowed.",
        "{where}: hanya satu SELECT yang membaca yang diizinkan.",
    ),
    "QUERY_FAILED": ("{where}: the database refused: {reason}.", "{where}: basis data menolak: {reason}."),
    "ENDPOINT_MISSING": (
        "{where} is not there (404). Correct `path:` in hub.yaml.",
        "{where} tidak ada (404). Betulkan `path:` di hub.yaml.",
    ),
    "STATUS_UNEXPECTED": ("{where} answered with status {status}.", "{where} menjawab dengan status {status}."),
    "ANSWER_CUT_OFF": ("{where} broke off its answer.", "{where} memutus jawabannya."),
    "REQUEST_FAILED": ("{where} could not be asked ({reason}).", "{where} tidak dapat ditanyai ({reason})."),
    "NOT_JSON": ("{where} did not answer JSON ({reason}).", "{where} tidak menjawab JSON ({reason})."),
    "LIST_MISSING": (
        "{where}: no list at {list}; the answer has: {keys}. Correct `list:` in hub.yaml.",
        "{where}: tidak ada daftar di {list}; jawabannya berisi: {keys}. Betulkan `list:` di hub.yaml.",
    ),
    "PAGE_REPEATS": (
        "{where} answers the same page again and again. Check `paging:` in hub.yaml.",
        "{where} menjawab halaman yang sama berulang-ulang. Periksa `paging:` di hub.yaml.",
    ),
}

SENTENCES: dict[str, tuple[str, str]] = {**CELLS, **SOURCES, **FILES, **SYSTEMS}
