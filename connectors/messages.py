"""Sentences of what connectors and readers of cells report, in English and Indonesian. `where` is told in front of them."""

CELLS: dict[str, tuple[str, str]] = {
    "AMBIGUOUS_NUMBER": (
        "This amount can be read in two ways (2.200 is two thousand two hundred or 2,2; “M” is miliar or "
        "meter). Write it out, or pin the sign with `decimal:` in hub.yaml.",
        "Angka ini bisa dibaca dua cara (2.200 bisa dua ribu dua ratus atau 2,2; “M” bisa miliar atau meter). "
        "Tulis lengkap, atau tetapkan tandanya dengan `decimal:` di hub.yaml.",
    ),
    "NOT_A_NUMBER": (
        "This is no number, or not one written like the rest of its column. Correct the cell.",
        "Ini bukan angka, atau tidak ditulis seperti sel lain di kolomnya. Betulkan selnya.",
    ),
    "NOT_AN_INTEGER": (
        "A whole number belongs here. Correct the cell.",
        "Di sini harus bilangan bulat. Betulkan selnya.",
    ),
    "OUT_OF_RANGE": (
        "The number is too large for this field. Correct the cell.",
        "Angkanya terlalu besar untuk kolom ini. Betulkan selnya.",
    ),
    "ROUNDED": (
        "The number has more decimals than are kept; it was rounded. Set `scale:` in hub.yaml to keep more.",
        "Desimal angka lebih banyak dari yang disimpan, jadi dibulatkan. Atur `scale:` di hub.yaml untuk "
        "menyimpan lebih banyak.",
    ),
    "NOT_A_DATE": (
        "This is no complete date. Write day, month and a year of four digits: 7 Januari 2026 or 07/01/2026.",
        "Ini bukan tanggal yang lengkap. Tulis tanggal, bulan, dan tahun empat angka: 7 Januari 2026 atau 07/01/2026.",
    ),
    "PLACEHOLDER_DATE": (
        "This date stands for “none” (1970-01-01, 0000-00-00), so it is left empty. Write the right date.",
        "Tanggal ini berarti “tidak ada” (1970-01-01, 0000-00-00), jadi dikosongkan. Tulis tanggal yang benar.",
    ),
    "PLACEHOLDER_ZERO": (
        "Here 0 stands for “not known” (`zeroMeans: unknown` in hub.yaml), so it is left empty. Write the right number.",
        "Di sini 0 berarti “belum diketahui” (`zeroMeans: unknown` di hub.yaml), jadi dikosongkan. Tulis angka yang benar.",
    ),
    "NOT_A_BOOLEAN": (
        "This is neither a clear yes nor a clear no. Write ya or tidak, or map it with `values:` in hub.yaml.",
        "Ini tidak jelas ya atau tidak. Tulis ya atau tidak, atau petakan dengan `values:` di hub.yaml.",
    ),
    "UNKNOWN_VALUE": (
        "This value is not one of the known ones and counts as UNKNOWN. Correct the cell, or add the value "
        "under `values:` in hub.yaml.",
        "Nilai ini tidak dikenal dan dihitung UNKNOWN. Betulkan selnya, atau tambahkan nilainya di `values:` "
        "pada hub.yaml.",
    ),
    "PATTERN_NOT_FOUND": (
        "The text does not hold what `pattern:` looks for ({pattern}). Correct the cell or the pattern in hub.yaml.",
        "Teks tidak berisi yang dicari `pattern:` ({pattern}). Betulkan selnya atau polanya di hub.yaml.",
    ),
    "AFTER_NOT_FOUND": (
        "No line above the table has something after “{after}”. Correct the file, or `after:` in hub.yaml.",
        "Tidak ada baris di atas tabel yang berisi sesuatu setelah “{after}”. Betulkan berkasnya, atau `after:` di hub.yaml.",
    ),
    "YEAR_UNCLEAR": (
        "It does not name exactly one year. Rename it, or say with a `pattern:` in hub.yaml which part is meant.",
        "Tidak menyebut tepat satu tahun. Ubah namanya, atau tulis `pattern:` di hub.yaml untuk bagian yang dimaksud.",
    ),
    "MONTH_UNCLEAR": (
        "It does not name exactly one month. Rename it, or say with a `pattern:` in hub.yaml which part is meant.",
        "Tidak menyebut tepat satu bulan. Ubah namanya, atau tulis `pattern:` di hub.yaml untuk bagian yang dimaksud.",
    ),
    "PART_NOT_FOUND": (
        "The code has no parts {first} to {last}. Correct the cell, or `parts:` in hub.yaml.",
        "Kode tidak punya bagian {first} sampai {last}. Betulkan selnya, atau `parts:` di hub.yaml.",
    ),
    "LOSSY_CODE": (
        "The program has turned this code into a number or a date, and it no longer shows how it was written. "
        "Format the column as text and type the code again.",
        "Program telah mengubah kode ini menjadi angka atau tanggal, sehingga tulisan aslinya hilang. Jadikan "
        "kolom berformat teks, lalu ketik ulang kodenya.",
    ),
    "CELL_ERROR": (
        "The cell shows {error} instead of a value. Correct its formula, and save the file from Excel.",
        "Sel menampilkan {error}, bukan nilai. Betulkan rumusnya, lalu simpan berkas dari Excel.",
    ),
    "TEXT_DAMAGED": (
        "A part of the text could not be decoded and shows as �. Look it up in the source.",
        "Sebagian teks tidak dapat dibaca dan tampil sebagai �. Lihat aslinya di sumber.",
    ),
}
"""Of one cell; told beside its raw value and its place."""

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
    "SOURCE_RESTING": (
        "{where} was not asked: its source failed {failures} times in a row (last: {last}) and is tried again in {seconds} "
        "seconds. Check that the application is running.",
        "{where} tidak ditanyai: sumbernya gagal {failures} kali berturut-turut (terakhir: {last}) dan dicoba lagi {seconds} "
        "detik lagi. Periksa apakah aplikasinya berjalan.",
    ),
    "SOURCE_BUSY": (
        "{where} is locked by another program. Close it there, then sync again.",
        "{where} sedang dikunci program lain. Tutup di sana, lalu sinkronkan lagi.",
    ),
    "SOURCE_BROKEN": ("{where} can't be read.", "{where} tidak dapat dibaca."),
    "DATASET_MISSING": ("{where}: there is no such dataset.", "{where}: himpunan data ini tidak ada."),
    "LIMIT_EXCEEDED": (
        "{where} is larger than what is read ({limit} {what}).",
        "{where} melebihi batas ({limit} {what}).",
    ),
    "COLUMN_MISSING": (
        "{where}: there is no column “{column}”; the nearest is “{nearest}”. It has: {columns}. Correct the "
        "head in the file, or the name in hub.yaml.",
        "{where}: tidak ada kolom “{column}”; yang paling mirip “{nearest}”. Kolomnya: {columns}. Betulkan "
        "judul kolom di berkas, atau namanya di hub.yaml.",
    ),
    "COLUMN_UNKNOWN": (
        "{where}: there is no column “{column}”, and none like it. It has: {columns}. Is `header` in hub.yaml "
        "the row with the heads?",
        "{where}: tidak ada kolom “{column}”, juga yang mirip. Kolomnya: {columns}. Apakah `header` di "
        "hub.yaml sudah menunjuk baris judul kolom?",
    ),
}

FILES: dict[str, tuple[str, str]] = {
    "NO_FILE_MATCHED": (
        "{where}: no file matches. Correct `path` in hub.yaml, or put the file there. That folder holds: {folder}.",
        "{where}: tidak ada berkas yang cocok. Betulkan `path` di hub.yaml, atau letakkan berkasnya di sana. "
        "Isi folder itu: {folder}.",
    ),
    "FILE_OPEN": (
        "{where} is open in Excel, or this user may not read it. Close it there (or allow reading), then sync again.",
        "{where} sedang dibuka di Excel, atau pengguna ini tidak boleh membacanya. Tutup dulu di sana "
        "(atau beri izin baca), lalu sinkronkan lagi.",
    ),
    "FILE_GONE": (
        "{where}: the file is not there any more. Put it back, or sync again if it was moved on purpose.",
        "{where}: berkas sudah tidak ada. Kembalikan, atau sinkronkan lagi bila memang dipindahkan.",
    ),
    "FILE_CHANGED": (
        "{where}: the file changed while it was being read. It is read at the next sync.",
        "{where}: berkas berubah saat sedang dibaca. Akan dibaca pada sinkronisasi berikutnya.",
    ),
    "FILE_IS_FOLDER": (
        "{where} is a folder, not a file. Correct `path` in hub.yaml: name the file, or end it with /*.xlsx.",
        "{where} adalah folder, bukan berkas. Betulkan `path` di hub.yaml: sebutkan berkasnya, atau akhiri dengan /*.xlsx.",
    ),
    "FILE_SPECIAL": (
        "{where} is no file that can be read (a pipe or a device). Put the file back.",
        "{where} bukan berkas yang dapat dibaca (pipa atau perangkat). Kembalikan berkasnya.",
    ),
    "SHARE_SILENT": (
        "{where}: the disk or network share has not answered for {seconds} seconds. It is tried again at the next sync.",
        "{where}: disk atau folder jaringan tidak menjawab selama {seconds} detik. Dicoba lagi pada sinkronisasi berikutnya.",
    ),
    "DISK_FULL": (
        "{where}: the disk is full. Make room, then sync again.",
        "{where}: disk penuh. Kosongkan ruang, lalu sinkronkan lagi.",
    ),
    "DATA_FILE_UNREADABLE": (
        "{where}: the file can't be read ({reason}). Check the disk or the network folder.",
        "{where}: berkas tidak dapat dibaca ({reason}). Periksa disk atau folder jaringannya.",
    ),
    "DATA_FILE_EMPTY": (
        "{where}: the file is empty. Is it still being copied? Put the right file there.",
        "{where}: berkas kosong. Apakah masih disalin? Letakkan berkas yang benar.",
    ),
    "DATA_FILE_TOO_LARGE": (
        "{where}: the file is larger than {limit} MB. Divide it, or leave out pictures and old sheets.",
        "{where}: berkas lebih besar dari {limit} MB. Bagilah, atau buang gambar dan lembar lama.",
    ),
    "FILE_DAMAGED": (
        "{where}: the file is damaged or not complete. Is it still being copied? Else open it in Excel and "
        "save it again.",
        "{where}: berkas rusak atau tidak lengkap. Apakah masih disalin? Bila tidak, buka di Excel lalu simpan ulang.",
    ),
    "FILE_CUT": (
        "{where}: the last line is cut off in the middle. Is the file still being copied? Else complete that line.",
        "{where}: baris terakhir terpotong. Apakah berkas masih disalin? Bila tidak, lengkapi baris itu.",
    ),
    "FILE_PROTECTED": (
        "{where}: the file is protected with a password. Write password: ${{NAME}} into its source in hub.yaml and NAME=… into"
        " secrets.env, or save the file without one.",
        "{where}: berkas dilindungi kata sandi. Tulis password: ${{NAMA}} pada sumbernya di hub.yaml dan NAMA=… di secrets.env, atau"
        " simpan tanpa kata sandi.",
    ),
    "PASSWORD_WRONG": (
        "{where}: the password that `password` of its source in hub.yaml names does not open the file. Correct it in secrets.env.",
        "{where}: kata sandi yang disebut `password` pada sumbernya di hub.yaml tidak membuka berkas. Betulkan di secrets.env.",
    ),
    "PROTECTED_OTHERWISE": (
        "{where}: the file is protected with a password in a way that can't be opened here (xls, ods, zip). Save it without one.",
        "{where}: berkas dilindungi kata sandi dengan cara yang tidak dapat dibuka di sini (xls, ods, zip). Simpan tanpa kata sandi.",
    ),
    "FILE_OLD_FORMAT": (
        "{where}: this is a spreadsheet in a format that is not read (.xls of before 1993). Save it as .xlsx.",
        "{where}: format lembar kerja ini tidak dapat dibaca (.xls sebelum 1993). Simpan sebagai .xlsx.",
    ),
    "FILE_HOSTILE": (
        "{where}: the file holds instructions (a DTD) that no office program writes, so it is not read. Ask "
        "whoever sent it.",
        "{where}: berkas berisi perintah (DTD) yang tidak pernah ditulis program perkantoran, jadi tidak "
        "dibaca. Tanyakan pengirimnya.",
    ),
    "NOT_A_SPREADSHEET": (
        "{where}: the file is no spreadsheet although it is called one; inside is {found}. An export often "
        "saves an error message or a web page this way: export it again, or open it in Excel and save it as .xlsx.",
        "{where}: berkas ini bukan lembar kerja meskipun namanya begitu; isinya {found}. Ekspor sering "
        "menyimpan pesan kesalahan atau halaman web seperti ini: ekspor ulang, atau buka di Excel lalu simpan sebagai .xlsx.",
    ),
    "SHEET_MISSING": (
        "{where}: there is no sheet “{sheet}”; the nearest is “{nearest}”. Correct `sheet` in hub.yaml or the "
        "sheet's name. Sheets here: {sheets}.",
        "{where}: tidak ada lembar “{sheet}”; yang paling mirip “{nearest}”. Betulkan `sheet` di hub.yaml "
        "atau nama lembarnya. Lembar yang ada: {sheets}.",
    ),
    "SHEET_UNKNOWN": (
        "{where}: there is no sheet “{sheet}”. Correct `sheet` in hub.yaml. Sheets here: {sheets}.",
        "{where}: tidak ada lembar “{sheet}”. Betulkan `sheet` di hub.yaml. Lembar yang ada: {sheets}.",
    ),
    "SQL_BROKEN": (
        "{where}: the dump goes wrong at line {line}: a quote or a row is not closed, or has too many or too few values. Make the dump"
        " again, with mysqldump, phpMyAdmin or pg_dump.",
        "{where}: dump salah di baris {line}: kutip atau baris tidak ditutup, atau nilainya terlalu banyak atau kurang. Buat dump lagi"
        " dengan mysqldump, phpMyAdmin, atau pg_dump.",
    ),
    "SQL_CHANGES": (
        "{where}: at line {line} the dump changes or deletes rows that it wrote before; that is not carried out. Make a plain dump"
        " of the table.",
        "{where}: di baris {line} dump mengubah atau menghapus baris yang ditulisnya tadi; itu tidak dijalankan. Buat dump biasa"
        " dari tabelnya.",
    ),
    "MEMO_MISSING": (
        "{where}: its long texts stand in {file}, which is not beside it. Put it there, then sync again.",
        "{where}: teks panjangnya ada di {file}, yang tidak ada di sampingnya. Letakkan di sana, lalu sinkronkan lagi.",
    ),
    "MEMO_DAMAGED": (
        "{where}: {file}, which holds its long texts, is damaged or not the one of this table. Copy both files again.",
        "{where}: {file}, yang berisi teks panjangnya, rusak atau bukan milik tabel ini. Salin kedua berkas lagi.",
    ),
    "TABLE_MISSING": (
        "{where}: no single table is meant by “{table}”. Correct `table` in hub.yaml: a number, or a text that stands above one table"
        " only. Tables here: {tables}.",
        "{where}: “{table}” tidak menunjuk tepat satu tabel. Betulkan `table` di hub.yaml: nomor, atau teks yang hanya ada di atas"
        " satu tabel. Tabel di sini: {tables}.",
    ),
    "MEMBER_MISSING": (
        "{where}: no file in it is called “{member}”. Correct `member` in hub.yaml. Files inside: {members}.",
        "{where}: di dalamnya tidak ada berkas bernama “{member}”. Betulkan `member` di hub.yaml. Isinya: {members}.",
    ),
    "HEADER_MISSING": (
        "{where}: row {header} should hold the names of the columns, but it is empty. Correct `header` in hub.yaml.",
        "{where}: baris {header} seharusnya berisi judul kolom, tetapi kosong. Betulkan `header` di hub.yaml.",
    ),
    "ENCODING_UNKNOWN": (
        "{where}: the text can't be decoded (tried {tried}). Save it as CSV UTF-8, or set `encoding` in hub.yaml.",
        "{where}: teks tidak dapat dibaca (sudah dicoba {tried}). Simpan sebagai CSV UTF-8, atau isi "
        "`encoding` di hub.yaml.",
    ),
    "CSV_BROKEN": (
        "{where}: the file can't be taken apart as CSV; a quote (\") probably stands in the wrong place, in line "
        "{line} or below. Save it again from Excel.",
        '{where}: berkas tidak dapat diurai sebagai CSV; mungkin ada tanda kutip (") yang salah tempat, di baris '
        "{line} atau di bawahnya. Simpan ulang dari Excel.",
    ),
    "QUOTE_OPEN": (
        '{where}: a quote (") is opened in line {line} or just below and never closed, so the rest of the file is '
        "swallowed. Close it.",
        '{where}: ada tanda kutip (") yang dibuka di baris {line} atau sesudahnya tetapi tidak ditutup, sehingga '
        "sisa berkas ikut tertelan. Tutup tanda kutip itu.",
    ),
    "DELIMITER_UNCLEAR": (
        "{where}: any of {found} could divide the columns. Write which it is as `delimiter:` of the dataset in hub.yaml.",
        "{where}: pemisah kolomnya bisa salah satu dari {found}. Tulis yang benar sebagai `delimiter:` pada dataset di "
        "hub.yaml.",
    ),
    "CELL_TOO_LONG": (
        "{where}: cell {cell} holds more than {limit} characters. Shorten it.",
        "{where}: sel {cell} berisi lebih dari {limit} huruf. Pendekkan.",
    ),
    "CELL_TOO_FAR": (
        "{where}: cell {cell} stands beyond the {rows} rows and {columns} columns that are read. Delete it, "
        "or divide the sheet.",
        "{where}: sel {cell} berada di luar {rows} baris dan {columns} kolom yang dibaca. Hapus sel itu, atau "
        "bagi lembarnya.",
    ),
    "TOO_MANY_ROWS_IN_SHEET": (
        "{where}: more than {limit} rows. Divide the sheet.",
        "{where}: lebih dari {limit} baris. Bagi lembarnya.",
    ),
    "TOO_MANY_COLUMNS": (
        "{where}: more than {limit} columns. Leave out what is not needed.",
        "{where}: lebih dari {limit} kolom. Buang yang tidak perlu.",
    ),
    "TOO_MANY_TEXTS": (
        "{where}: more than {limit} different texts. Divide the workbook.",
        "{where}: lebih dari {limit} teks yang berbeda. Bagi buku kerjanya.",
    ),
    "TOO_MANY_FILES": (
        "{where}: {count} files stand there, and the first {limit} were looked at. Look at its folders one by one.",
        "{where}: ada {count} berkas di sana, dan {limit} yang pertama diperiksa. Periksalah foldernya satu per satu.",
    ),
    "TOO_MANY_MEMBERS": (
        "{where}: the file holds more than {limit} pieces, which no office program makes. Save it again from Excel.",
        "{where}: berkas berisi lebih dari {limit} bagian, yang tidak pernah dibuat program perkantoran. "
        "Simpan ulang dari Excel.",
    ),
    "INFLATED_TOO_LARGE": (
        "{where}: unpacked, the file would be larger than {limit} MB or far larger than it looks. Divide it, "
        "or ask whoever sent it.",
        "{where}: setelah dibuka, berkas akan lebih besar dari {limit} MB atau jauh lebih besar dari "
        "kelihatannya. Bagilah, atau tanyakan pengirimnya.",
    ),
    "READER_CRASHED": (
        "{where}: reading this file ended the reader; it is damaged or made to do harm. Open it in Excel and "
        "save it again.",
        "{where}: pembaca berhenti saat membaca berkas ini; berkas rusak atau sengaja dibuat merusak. Buka di "
        "Excel lalu simpan ulang.",
    ),
    "READER_TIMEOUT": (
        "{where}: reading took longer than {seconds} seconds and was stopped. Divide the file.",
        "{where}: pembacaan lebih dari {seconds} detik dan dihentikan. Bagi berkasnya.",
    ),
    "FILE_MISSING_SOURCE": (
        "{file} is not there. Put it back, or correct the path in hub.yaml.",
        "{file} tidak ada. Kembalikan, atau betulkan path di hub.yaml.",
    ),
}

SYSTEMS: dict[str, tuple[str, str]] = {
    "TABLE_MISSING": (
        "{where}: there is no table {table}; the nearest is {nearest}. Correct `table` in hub.yaml. Tables here: {tables}.",
        "{where}: tidak ada tabel {table}; yang paling mirip {nearest}. Betulkan `table` di hub.yaml. Tabel yang ada: "
        "{tables}.",
    ),
    "TABLE_UNKNOWN": (
        "{where}: there is no table {table}, and none like it. Correct `table` in hub.yaml. Tables here: {tables}.",
        "{where}: tidak ada tabel {table}, juga yang mirip. Betulkan `table` di hub.yaml. Tabel yang ada: {tables}.",
    ),
    "QUERY_NOT_READING": (
        "{where}: only one SELECT that reads is allowed. Correct `query` in hub.yaml.",
        "{where}: hanya boleh satu SELECT yang membaca. Betulkan `query` di hub.yaml.",
    ),
    "QUERY_FAILED": (
        "{where}: the database refused ({reason}). Correct `query` or `table` in hub.yaml.",
        "{where}: basis data menolak ({reason}). Betulkan `query` atau `table` di hub.yaml.",
    ),
    "NOT_A_DATABASE": (
        "{where}: the file is no SQLite database, or it is encrypted. Correct `url` in hub.yaml.",
        "{where}: berkas ini bukan basis data SQLite, atau terenkripsi. Betulkan `url` di hub.yaml.",
    ),
    "DATABASE_EMPTY": (
        "{where}: the file is empty. Is it still being copied? Put the right database there.",
        "{where}: berkas kosong. Apakah masih disalin? Letakkan basis data yang benar.",
    ),
    "DATABASE_DAMAGED": (
        "{where}: the database is damaged or not complete. Is it still being copied? Else restore it from a backup.",
        "{where}: basis data rusak atau tidak lengkap. Apakah masih disalin? Bila tidak, pulihkan dari cadangan.",
    ),
    "DATABASE_HALF_WRITTEN": (
        "{where}: its application stopped in the middle of writing. Open the application once so that it puts this right.",
        "{where}: aplikasinya berhenti saat sedang menulis. Buka aplikasi itu sekali agar dibereskan.",
    ),
    "DATABASE_CHANGING": (
        "{file} is being written to without a pause. It is read again at the next sync; sync when less is being done.",
        "{file} terus ditulis tanpa jeda. Akan dibaca lagi pada sinkronisasi berikutnya; sinkronkan saat lebih sepi.",
    ),
    "DATABASE_UNREADABLE": (
        "{where}: the database can't be read ({reason}). Check that this user may read it, and the disk.",
        "{where}: basis data tidak dapat dibaca ({reason}). Periksa izin baca pengguna ini, dan disknya.",
    ),
    "DATABASE_ADDRESS": (
        "{where}: this is no address of a database. Write `url` in hub.yaml as mysql://USER:${{PASSWORD}}@HOST/DATABASE.",
        "{where}: ini bukan alamat basis data. Tulis `url` di hub.yaml seperti mysql://PENGGUNA:${{PASSWORD}}@HOST/DATABASE.",
    ),
    "DATABASE_AWAY": (
        "{where}: no database answers there ({reason}). Check `host` and `port` in hub.yaml, the firewall, and that it runs.",
        "{where}: tidak ada basis data yang menjawab ({reason}). Periksa `host` dan `port` di hub.yaml, firewall, dan apakah "
        "basis datanya berjalan.",
    ),
    "DATABASE_LOGIN": (
        "{where}: the database refused our login ({reason}). Check `user` and its secret; no further try is made until the "
        "next sync.",
        "{where}: basis data menolak login kami ({reason}). Periksa `user` dan rahasianya; tidak dicoba lagi sampai sinkron "
        "berikutnya.",
    ),
    "DATABASE_FORBIDDEN": (
        "{where}: this user may not read it ({reason}). Let whoever runs the database grant it SELECT.",
        "{where}: pengguna ini tidak boleh membacanya ({reason}). Minta pengelola basis data memberi hak SELECT.",
    ),
    "ACCOUNT_WRITES": (
        "{where}: {user} may do more than read: {rights}. Have whoever runs the database make an account that may only read "
        "the tables used here, or write `allowOwner: true` under the source to keep this one:\n  {grants}",
        "{where}: {user} boleh lebih dari membaca: {rights}. Minta pengelola basis data membuat akun yang hanya boleh membaca "
        "tabel yang dipakai di sini, atau tulis `allowOwner: true` di bawah sumbernya untuk tetap memakai akun ini:\n  {grants}",
    ),
    "ACCOUNT_LACKS": (
        "{where}: {user} may not read {tables}. Have whoever runs the database grant it:\n  {grants}",
        "{where}: {user} tidak boleh membaca {tables}. Minta pengelola basis data memberi haknya:\n  {grants}",
    ),
    "TABLE_NOT_COUNTED": (
        "{where}: only a table whose primary key is one column of whole numbers can be read in parts. Leave `parts` out.",
        "{where}: hanya tabel dengan kunci utama satu kolom bilangan bulat yang dapat dibaca per bagian. Hapus `parts`.",
    ),
    "TLS_MISSING": (
        "{where}: the server speaks no TLS, and was told neither user nor password. Have it turned on there, or write "
        "`tls: off` if nobody can listen on the way.",
        "{where}: server tidak memakai TLS, jadi pengguna dan kata sandi tidak dikirim. Minta TLS dinyalakan di sana, atau tulis "
        "`tls: off` bila tidak ada yang bisa menyadap.",
    ),
    "TLS_UNTRUSTED": (
        "{where}: the server's certificate is not trusted ({reason}). Name the file of the authority that signed it in `tlsCa`, "
        "and in `host` the name that stands in the certificate; `tls: require` encrypts without looking at it.",
        "{where}: sertifikat server tidak dipercaya ({reason}). Sebut berkas otoritas penanda tangannya di `tlsCa`, dan di `host` "
        "nama yang tertera di sertifikat; `tls: require` mengenkripsi tanpa memeriksanya.",
    ),
    "TLS_CA_UNREADABLE": (
        "{where}: {file} is no file of certificates that can be read ({reason}). Correct `tlsCa` in hub.yaml.",
        "{where}: {file} bukan berkas sertifikat yang dapat dibaca ({reason}). Betulkan `tlsCa` di hub.yaml.",
    ),
    "DATABASE_GARBLED": (
        "{where}: what came from the database could not be understood; something on the way damages it. It is read again at "
        "the next sync; check the network if this returns.",
        "{where}: yang datang dari basis data tidak dapat dipahami; ada yang merusaknya di jalan. Akan dibaca lagi pada "
        "sinkronisasi berikutnya; periksa jaringan bila berulang.",
    ),
    "DATABASE_UNKNOWN": (
        "{where}: the server has no such database ({reason}). Correct `database` in hub.yaml.",
        "{where}: server tidak punya basis data itu ({reason}). Betulkan `database` di hub.yaml.",
    ),
    "DATABASE_FULL": (
        "{where}: the database takes no more connections now. It is tried again at the next sync; ask its administrator to "
        "allow more if this returns.",
        "{where}: basis data sedang tidak menerima koneksi lagi. Dicoba lagi pada sinkronisasi berikutnya; bila berulang, "
        "minta pengelolanya menambah batas koneksi.",
    ),
    "NOT_THIS_ENGINE": (
        "{where}: what answers there does not speak {engine}. Check `engine`, `host` and `port` in hub.yaml.",
        "{where}: yang menjawab di sana bukan {engine}. Periksa `engine`, `host`, dan `port` di hub.yaml.",
    ),
    "TEXT_UNREADABLE": (
        "{where}: a text in it is not in the encoding that the database says. Read the table through a SELECT that leaves it "
        "out or converts it.",
        "{where}: ada teks yang pengodeannya tidak seperti kata basis data. Baca tabelnya dengan SELECT yang mengubah atau "
        "tidak menyertakan kolom itu.",
    ),
    "NOT_A_MAILBOX": (
        "{where}: the file is no mbox mailbox: it does not begin with a line like `From x Mon Nov  3 08:00:00 2025`. "
        "Export the mailbox as mbox, or correct `path` in hub.yaml.",
        "{where}: berkas ini bukan kotak surat mbox: awalnya bukan baris seperti `From x Mon Nov  3 08:00:00 2025`. "
        "Ekspor kotak surat sebagai mbox, atau betulkan `path` di hub.yaml.",
    ),
    "NOT_IMAP": (
        "{where}: what answers there is no mail server, or not one that keeps to IMAP. Check `host` and `port` in hub.yaml.",
        "{where}: yang menjawab di sana bukan server surel, atau tidak mengikuti IMAP. Periksa `host` dan `port` di hub.yaml.",
    ),
    "MAIL_LOGIN": (
        "{where}: the mail server refused our login ({reason}). Check `user` and its secret, and that the account may use IMAP; "
        "no further try is made for 5 minutes, so that the server does not lock the account.",
        "{where}: server surel menolak login kami ({reason}). Periksa `user` dan rahasianya, dan apakah akun itu boleh memakai "
        "IMAP; tidak dicoba lagi selama 5 menit agar akun tidak dikunci server.",
    ),
    "MAIL_NO_WAY_IN": (
        "{where}: the mail server does not take this kind of login on this connection (it takes: {ways}). Use `encryption: tls` "
        "or `starttls`, or the other kind of login.",
        "{where}: server surel tidak menerima cara login ini pada koneksi ini (yang diterima: {ways}). Gunakan `encryption: tls` "
        "atau `starttls`, atau cara login yang lain.",
    ),
    "MAIL_NO_STARTTLS": (
        "{where}: the mail server offers no STARTTLS. Use `encryption: tls` (port 993).",
        "{where}: server surel tidak menyediakan STARTTLS. Gunakan `encryption: tls` (port 993).",
    ),
    "MAIL_BUSY": (
        "{where}: the mail server takes no login now ({reason}). It is tried again at the next sync.",
        "{where}: server surel sedang tidak menerima login ({reason}). Dicoba lagi pada sinkronisasi berikutnya.",
    ),
    "MAIL_CONNECTION_LOST": (
        "{where}: the mail server ended the connection. What was fetched is kept; the rest follows at the next sync.",
        "{where}: server surel memutus koneksi. Yang sudah diambil disimpan; sisanya menyusul pada sinkronisasi berikutnya.",
    ),
    "MAIL_REFUSED": (
        "{where}: the mail server refuses this ({reason}). Ask whoever runs it whether the account may read the folder.",
        "{where}: server surel menolak ini ({reason}). Tanyakan pengelolanya apakah akun itu boleh membaca foldernya.",
    ),
    "MAILBOX_CHANGED": (
        "{where}: the folder was made anew while it was being read. It is read at the next sync.",
        "{where}: folder dibuat baru saat sedang dibaca. Akan dibaca pada sinkronisasi berikutnya.",
    ),
    "FOLDER_MISSING": (
        "{where}: no folder is called {name}. Correct `folders` in hub.yaml; there are: {names}.",
        "{where}: tidak ada folder bernama {name}. Betulkan `folders` di hub.yaml; yang ada: {names}.",
    ),
    "CERTIFICATE_REFUSED": (
        "{where}: its certificate is not trusted ({reason}). If the office has its own authority, give its certificate as `ca` "
        "in hub.yaml; else check `host`.",
        "{where}: sertifikatnya tidak dipercaya ({reason}). Bila kantor punya otoritas sendiri, tulis sertifikatnya sebagai `ca` "
        "di hub.yaml; bila tidak, periksa `host`.",
    ),
    "TLS_FAILED": (
        "{where}: no encrypted connection comes about ({reason}). Check `port` and `encryption` in hub.yaml.",
        "{where}: koneksi terenkripsi gagal dibuat ({reason}). Periksa `port` dan `encryption` di hub.yaml.",
    ),
    "CA_UNREADABLE": (
        "{where}: {file} holds no certificates that can be read. Give a PEM file as `ca` in hub.yaml.",
        "{where}: {file} tidak berisi sertifikat yang dapat dibaca. Tulis berkas PEM sebagai `ca` di hub.yaml.",
    ),
    "SPOOL_FAILED": (
        "{where}: what was read can't be kept beside the replica ({reason}). Check the disk and the rights of its folder.",
        "{where}: yang sudah dibaca tidak dapat disimpan di samping replika ({reason}). Periksa disk dan izin foldernya.",
    ),
    "ENDPOINT_MISSING": (
        "{where} is not there (404). Correct `path` or `url` in hub.yaml.",
        "{where} tidak ada (404). Betulkan `path` atau `url` di hub.yaml.",
    ),
    "STATUS_UNEXPECTED": (
        "{where} answered with status {status}. Ask whoever runs the application; it is tried again at the next sync.",
        "{where} menjawab dengan status {status}. Tanyakan pengelola aplikasinya; dicoba lagi pada sinkronisasi "
        "berikutnya.",
    ),
    "REDIRECTED": (
        "{where} sends on to another address ({status}), often a login page. Give the final address and the login in "
        "hub.yaml.",
        "{where} mengalihkan ke alamat lain ({status}), sering ke halaman login. Tulis alamat akhirnya dan login di "
        "hub.yaml.",
    ),
    "ANSWER_CUT_OFF": (
        "{where} broke off its answer, or it is not HTTP. It is tried again at the next sync; check `url` in hub.yaml.",
        "{where} memutus jawabannya, atau bukan HTTP. Dicoba lagi pada sinkronisasi berikutnya; periksa `url` di "
        "hub.yaml.",
    ),
    "ANSWER_PACKED": (
        "{where} packs its answer in a way that was not asked for ({packed}). Switch that off there for this address.",
        "{where} memampatkan jawabannya dengan cara yang tidak diminta ({packed}). Matikan di sana untuk alamat ini.",
    ),
    "ANSWER_TOO_LARGE": (
        "{where} answers more than {limit} MB. Ask for less with `params`, or raise `maxBytes` in hub.yaml.",
        "{where} menjawab lebih dari {limit} MB. Minta lebih sedikit dengan `params`, atau naikkan `maxBytes` di "
        "hub.yaml.",
    ),
    "TOO_MANY_PAGES": (
        "{where} has more than {limit} pages. Make them larger with `size` under `paging:` in hub.yaml.",
        "{where} punya lebih dari {limit} halaman. Perbesar dengan `size` di `paging:` pada hub.yaml.",
    ),
    "TOO_MANY_PROPERTIES": (
        "{where} answers objects of more than {limit} different properties. Correct `list` in hub.yaml.",
        "{where} menjawab objek dengan lebih dari {limit} sifat yang berbeda. Betulkan `list` di hub.yaml.",
    ),
    "REQUEST_FAILED": (
        "{where} could not be asked ({reason}). Check `url` and the headers in hub.yaml.",
        "{where} tidak dapat ditanyai ({reason}). Periksa `url` dan `headers` di hub.yaml.",
    ),
    "NOT_JSON": (
        "{where} answered a web page instead of JSON, often a login page. Check `url` and the login in hub.yaml.",
        "{where} menjawab halaman web, bukan JSON, sering halaman login. Periksa `url` dan login di hub.yaml.",
    ),
    "JSON_BROKEN": (
        "{where}: the answer is no whole JSON; it breaks at character {position}. Ask whoever runs the application.",
        "{where}: jawabannya bukan JSON yang utuh; rusak pada huruf ke-{position}. Tanyakan pengelola aplikasinya.",
    ),
    "JSON_LINES": (
        "{where} answers an object for each line instead of one JSON. Set `format: ndjson` for this dataset in hub.yaml.",
        "{where} menjawab satu objek per baris, bukan satu JSON. Atur `format: ndjson` untuk dataset ini di hub.yaml.",
    ),
    "LINE_BROKEN": (
        "{where}: line {line} of the answer is no whole JSON object. Ask whoever runs the application.",
        "{where}: baris {line} dalam jawaban bukan objek JSON yang utuh. Tanyakan pengelola aplikasinya.",
    ),
    "LINE_TOO_LONG": (
        "{where}: line {line} of the answer is longer than {limit} MB. Ask whoever runs the application.",
        "{where}: baris {line} dalam jawaban lebih panjang dari {limit} MB. Tanyakan pengelola aplikasinya.",
    ),
    "ANSWER_REFUSED": (
        "{where} answers that it failed ({member}: {said}), although with status 200. Check `params` and the login in hub.yaml, "
        "or ask whoever runs the application.",
        "{where} menjawab bahwa permintaan gagal ({member}: {said}), walaupun statusnya 200. Periksa `params` dan login di "
        "hub.yaml, atau tanyakan pengelola aplikasinya.",
    ),
    "LIST_MOVED": (
        "{where} changed while it was read, twice: it says that it has {told} records, {read} were read. It is tried again at "
        "the next sync; larger pages (`size`) make that less likely.",
        "{where} berubah saat dibaca, dua kali: katanya ada {told} data, yang terbaca {read}. Dicoba lagi pada sinkronisasi "
        "berikutnya; halaman lebih besar (`size`) mengurangi kemungkinannya.",
    ),
    "TOTAL_UNREADABLE": (
        "{where}: there is no number of records at {at}. Correct `total` under `paging:` in hub.yaml.",
        "{where}: tidak ada jumlah data di {at}. Betulkan `total` di `paging:` pada hub.yaml.",
    ),
    "TOKEN_MISSING": (
        "{where} gave no token that can be used (access_token, of type Bearer). Check `tokenUrl` in hub.yaml.",
        "{where} tidak memberi token yang dapat dipakai (access_token, jenis Bearer). Periksa `tokenUrl` di hub.yaml.",
    ),
    "JSON_ABSURD": (
        "{where}: the answer holds what JSON does not know (NaN), numbers of thousands of digits, or nesting without "
        "end. Ask whoever runs the application.",
        "{where}: jawabannya berisi yang tidak dikenal JSON (NaN), angka ribuan digit, atau susunan tanpa akhir. "
        "Tanyakan pengelola aplikasinya.",
    ),
    "LIST_MISSING": (
        "{where}: there is no list at {list}; the answer holds: {keys}. Correct `list` in hub.yaml.",
        "{where}: tidak ada daftar di {list}; jawabannya berisi: {keys}. Betulkan `list` di hub.yaml.",
    ),
    "LIST_OF_OTHERS": (
        "{where}: the list at {list} holds a JSON {found} where an object should be. Correct `list` in hub.yaml.",
        "{where}: daftar di {list} berisi JSON {found}, seharusnya objek. Betulkan `list` di hub.yaml.",
    ),
    "NEXT_UNREADABLE": (
        "{where}: what stands at {at} is a JSON {found}, or no address; it should lead to the next page. Correct `at` under "
        "`paging:` in hub.yaml.",
        "{where}: isi {at} adalah JSON {found}, atau bukan alamat; seharusnya menunjuk halaman berikutnya. Betulkan `at` di "
        "`paging:` pada hub.yaml.",
    ),
    "NEXT_ELSEWHERE": (
        "{where} names {origin} as the place of its next page. Only the address of `url` in hub.yaml is asked, because the "
        "login goes along; correct `url`, or ask whoever runs the application.",
        "{where} menyebut {origin} sebagai tempat halaman berikutnya. Hanya alamat `url` di hub.yaml yang ditanyai, karena "
        "login ikut terkirim; betulkan `url`, atau tanyakan pengelola aplikasinya.",
    ),
    "IDS_UNDECLARED": (
        "{where} can't be asked for single records. Set `key` and `ids` of the dataset in hub.yaml.",
        "{where} tidak dapat ditanyai per rekaman. Isi `key` dan `ids` dataset itu di hub.yaml.",
    ),
    "IDS_SEPARATOR": (
        "{where}: a key holds {separator}, the sign that separates keys. Set another `separator` under `ids:` in hub.yaml, or "
        "`separator: none` if the API takes the parameter several times.",
        "{where}: ada kunci yang memuat {separator}, tanda pemisah antarkunci. Ganti `separator` di `ids:` pada hub.yaml, atau "
        "tulis `separator: none` bila parameternya boleh diulang.",
    ),
    "IDS_IGNORED": (
        "{where} answers records that were not asked for. Correct `param` under `ids:`, or `key`, in hub.yaml.",
        "{where} menjawab rekaman yang tidak diminta. Betulkan `param` di `ids:`, atau `key`, pada hub.yaml.",
    ),
    "PAGE_REPEATS": (
        "{where} answers the same page again (page {page}). Check `paging:` in hub.yaml; leave it out if all comes at once.",
        "{where} menjawab halaman yang sama lagi (halaman {page}). Periksa `paging:` di hub.yaml; hapus bila semua "
        "datang sekaligus.",
    ),
}

TABLES: dict[str, tuple[str, str]] = {
    "NO_TABLE_FOUND": (
        "{where}: no table was found in it: no rows of several cells below each other. Is it the right file?",
        "{where}: tidak ditemukan tabel di dalamnya: tidak ada baris berisi beberapa sel yang berurutan. Apakah berkasnya benar?",
    ),
    "JSON_FILE_BROKEN": (
        "{where}: the file begins as JSON but breaks off or goes wrong in line {line}. Export it again.",
        "{where}: berkas berawal seperti JSON, tetapi terputus atau salah di baris {line}. Ekspor ulang.",
    ),
    "NO_HEADER_FOUND": (
        "No row of names was found: row {row} already looks like data, so columns are called by their letters. If row {row} does "
        "hold names, write `header: {row}` in hub.yaml.",
        "Tidak ditemukan baris judul kolom: baris {row} sudah tampak seperti data, jadi kolom disebut dengan hurufnya. Bila baris "
        "{row} memang judul kolom, tulis `header: {row}` di hub.yaml.",
    ),
    "HEADER_UNCERTAIN": (
        "Row {rows} is taken for the names of the columns, but it may be data (evidence {score} of 1). If it is data, write "
        "`header: none` in hub.yaml.",
        "Baris {rows} dianggap judul kolom, tetapi mungkin data (bukti {score} dari 1). Bila itu data, tulis `header: none` di "
        "hub.yaml.",
    ),
    "NO_RECORDS": ("The table has no records: an empty form.", "Tabel tidak berisi data: formulir kosong."),
    "NAMES_REPEATED": (
        "{count} columns have the name of another one; column {column} is called “{name}” to tell them apart.",
        "{count} kolom memakai judul kolom lain; kolom {column} disebut “{name}” agar dapat dibedakan.",
    ),
    "HIERARCHY_FOUND": (
        "Parents and their parts share the table (levels in column {column}): {parents} parents, {leaves} rows without parts. Sums "
        "take only the latter.",
        "Induk dan rinciannya berada dalam satu tabel (tingkat di kolom {column}): {parents} induk, {leaves} baris tanpa rincian. "
        "Hanya yang terakhir dijumlahkan.",
    ),
    "TOTAL_UNCERTAIN": (
        "Row {row} holds only numbers and no name. It is set aside as a total, although it is not the sum of the rows.",
        "Baris {row} hanya berisi angka tanpa nama. Baris ini disisihkan sebagai jumlah, walaupun tidak sama dengan jumlah baris.",
    ),
    "ROWS_NUMBERED_IN_ADVANCE": (
        "{count} rows hold only a number (from row {first} to {last}) and are set aside.",
        "{count} baris hanya berisi nomor (dari baris {first} sampai {last}) dan disisihkan.",
    ),
    "TOTAL_DISAGREES": (
        "{cell} states {stated}, the rows add up to {total}: a difference of {difference}.",
        "{cell} menyebut {stated}, sedangkan jumlah barisnya {total}: selisih {difference}.",
    ),
    "ROWS_HIDDEN": ("{count} of the records are hidden in Excel.", "{count} baris data disembunyikan di Excel."),
    "CELLS_FAR_AWAY": (
        "Far away from everything else stand values that are left out: {cells}. Delete them if they are slips.",
        "Jauh dari yang lain ada isi yang tidak diambil: {cells}. Hapus bila tidak sengaja.",
    ),
    "COLUMNS_HIDDEN": ("Hidden in Excel: column {columns}.", "Disembunyikan di Excel: kolom {columns}."),
    "SHEET_HIDDEN": ("The sheet is hidden in Excel.", "Lembar ini disembunyikan di Excel."),
    "ROWS_STRUCK": (
        "{count} of the records are struck through; they are taken all the same.",
        "{count} baris data dicoret; baris itu tetap diambil.",
    ),
    "CELLS_IN_ERROR": (
        "{count} cells show an error or were saved without their result, the first is {cell}.",
        "{count} sel berisi kesalahan atau tersimpan tanpa hasil rumusnya, yang pertama {cell}.",
    ),
    "CELLS_OF_ANOTHER_TYPE": (
        "Column {column} holds {type}, but not in every cell; the first that can't be read so is {cell}.",
        "Kolom {column} berisi {type}, tetapi tidak di semua sel; yang pertama tidak terbaca demikian adalah {cell}.",
    ),
    "DATES_UNCERTAIN": (
        "The days in column {column} can be read in two ways; day before month is assumed.",
        "Tanggal di kolom {column} dapat dibaca dua cara; dianggap hari sebelum bulan.",
    ),
    "ROWS_CUT": (
        "{count} records break off where the others go on, the first is row {first}. Look at them in the file.",
        "{count} baris terputus di tempat baris lain berlanjut, yang pertama baris {first}. Periksa di berkasnya.",
    ),
}
"""Of what `simpul inspect` finds in a table."""

SENTENCES: dict[str, tuple[str, str]] = {**CELLS, **SOURCES, **FILES, **SYSTEMS, **TABLES}
