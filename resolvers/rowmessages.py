"""Sentences about single rows: what became of them, what to do, and why a link has no partner."""

from __future__ import annotations

SET_ASIDE: dict[str, tuple[str, str]] = {
    "WHY_TITLE": (
        "This row stands above the table: a title or a line of a form.",
        "Baris ini di atas tabel: judul atau isian formulir.",
    ),
    "WHY_TITLE_TEXT": (
        "This row stands above the table: “{text}” is a title or a line of a form.",
        "Baris ini di atas tabel: “{text}” adalah judul atau isian formulir.",
    ),
    "WHY_HEADER": ("This row holds the names of the columns.", "Baris ini berisi nama kolom."),
    "WHY_HEADER_TEXT": (
        "This row, which begins with “{text}”, holds the names of the columns.",
        "Baris ini, yang diawali “{text}”, berisi nama kolom.",
    ),
    "WHY_COLUMN_NUMBERS": (
        "This row holds only the numbers or letters of the columns, below their names.",
        "Baris ini hanya berisi nomor atau huruf kolom, di bawah namanya.",
    ),
    "WHY_BLANK": ("This row is blank.", "Baris ini kosong."),
    "WHY_GROUP": (
        "This row only heads a group of rows below it.",
        "Baris ini hanya judul kelompok bagi baris di bawahnya.",
    ),
    "WHY_GROUP_TEXT": (
        "This row, “{text}”, only heads a group of rows below it.",
        "Baris ini, “{text}”, hanya judul kelompok bagi baris di bawahnya.",
    ),
    "WHY_TOTAL": ("This row is a total.", "Baris ini baris jumlah."),
    "WHY_TOTAL_TEXT": ("This row, “{text}”, is a total.", "Baris ini, “{text}”, adalah baris jumlah."),
    "WHY_REPEATED_HEADER": ("This row repeats the names of the columns.", "Baris ini mengulang nama kolom."),
    "WHY_UNFILLED": (
        "This row was only numbered in advance; nothing else stands in it.",
        "Baris ini hanya bernomor; selebihnya belum diisi.",
    ),
    "WHY_NOTE": (
        "This row stands below the table: a note or a signature.",
        "Baris ini di bawah tabel: catatan atau tanda tangan.",
    ),
    "WHY_OTHER_TABLE": (
        "This row belongs to another table of the sheet; only the one with the most rows is read.",
        "Baris ini milik tabel lain di lembar itu; hanya tabel dengan baris terbanyak yang dibaca.",
    ),
    "WHY_OUTSIDE_ROWS": (
        "This row lies outside of `rows:` ({line}).",
        "Baris ini di luar `rows:` ({line}).",
    ),
    "WHY_SKIP": (
        "This row is left out by `skip:` for its column {column} ({line}).",
        "Baris ini dilewati oleh `skip:` karena isi kolom {column} ({line}).",
    ),
    "WHY_WHERE": (
        "This row does not fulfil `where:` in its column {column} ({line}).",
        "Baris ini tidak memenuhi `where:` pada kolom {column} ({line}).",
    ),
    "WHY_DELETED": (
        "This row was deleted, though the file still holds it until it is packed.",
        "Baris ini sudah dihapus, meskipun masih ada di berkas sampai berkasnya dipadatkan.",
    ),
    "WHY_FAR_AWAY": (
        "In this row stand only single cells, far from everything else in the sheet.",
        "Di baris ini hanya ada sel tunggal, jauh dari isi lain di lembar itu.",
    ),
    "WHY_AUTOMATIC": (
        "This message is a bounce or an automatic reply, and no complaint.",
        "Surel ini pantulan atau balasan otomatis, bukan pengaduan.",
    ),
    "WHY_EMPTY_MESSAGE": (
        "This message is empty, or was still being written when the mailbox was read.",
        "Surel ini kosong, atau masih ditulis ketika kotak surat dibaca.",
    ),
    "WHY_REPEATED_MESSAGE": (
        "This message stands there twice; it counts once.",
        "Surel ini ada dua kali; dihitung sekali.",
    ),
    "WHY_WITHHELD_MESSAGE": (
        "The mail server lists this message and does not give it out. Let whoever runs it repair the folder; it is asked for again "
        "at each sync.",
        "Server surel mencantumkan surel ini tetapi tidak memberikannya. Minta pengelolanya memperbaiki folder itu; surel ini diminta "
        "lagi pada setiap sinkronisasi.",
    ),
    "WHY_LATER_MESSAGE": (
        "This message belongs to a thread that an earlier one began, which is the record.",
        "Surel ini lanjutan suatu rangkaian; surel pertamanya yang menjadi data.",
    ),
    "WHY_SAME_TWICE": (
        "The same row with the same content stands at {others}; it counts once.",
        "Baris yang sama dengan isi yang sama ada di {others}; dihitung sekali.",
    ),
    "WHY_PRECEDENCE": (
        "The same key stands at {others}, whose dataset has precedence.",
        "Kunci yang sama ada di {others}, yang himpunan datanya didahulukan oleh `precedence:`.",
    ),
    "WHY_GIVEN_WAY": (
        "The same key stands at {others}, which `duplicates:` takes instead of this row.",
        "Kunci yang sama ada di {others}, yang dipilih oleh `duplicates:` sebagai pengganti baris ini.",
    ),
    "ADVICE_ASIDE": (
        "If it is data after all, say so in hub.yaml: `header:` and `rows:` of dataset {dataset} say where the table stands.",
        "Bila ternyata data, nyatakan di hub.yaml: `header:` dan `rows:` himpunan {dataset} menentukan letak tabelnya.",
    ),
    "ADVICE_TOTAL": (
        "If it is data after all, pin the totals in hub.yaml: `total: none`, or the numbers of the rows that are "
        "totals, for dataset {dataset}.",
        "Bila ternyata data, patok baris jumlah di hub.yaml: `total: none`, atau nomor baris yang memang jumlah, "
        "pada himpunan {dataset}.",
    ),
    "ADVICE_NOTE": (
        "If it is data after all, close the gap above it in the sheet, or say where the rows are with `header:` "
        "and `rows:` of dataset {dataset}.",
        "Bila ternyata data, hilangkan jarak di atasnya pada lembar, atau tetapkan `header:` dan `rows:` himpunan {dataset}.",
    ),
    "ADVICE_OTHER_TABLE": (
        "To read it too, give it a dataset of its own in hub.yaml, with `header:` at its row of names.",
        "Agar ikut dibaca, buat himpunan data tersendiri di hub.yaml, dengan `header:` pada baris namanya.",
    ),
    "ADVICE_UNFILLED": (
        "Fill in the row; it is read with the next sync.",
        "Isilah baris itu; baris akan dibaca pada sinkron berikutnya.",
    ),
    "ADVICE_OUTSIDE_ROWS": (
        "If it is data, widen `rows:` at {line}; `rows: 7-` goes on to the end.",
        "Bila memang data, perluas `rows:` di {line}; `rows: 7-` berarti sampai akhir.",
    ),
    "ADVICE_SKIP": (
        "If it is data, narrow what `skip:` says at {line}.",
        "Bila memang data, persempit isi `skip:` di {line}.",
    ),
    "ADVICE_WHERE": (
        "If it is to be taken, add what stands in the column to `where:` at {line}.",
        "Bila perlu diambil, tambahkan isi kolom itu pada `where:` di {line}.",
    ),
    "ADVICE_DUPLICATE": (
        "If this row is the right one, correct the key of the other, or change the rule at {line}.",
        "Bila baris ini yang benar, betulkan kunci baris lain itu, atau ubah aturannya di {line}.",
    ),
}
NOT_SEEN: dict[str, tuple[str, str]] = {
    "WHY_RECORD": ("It is a record of {entity}.", "Baris ini menjadi data {entity}."),
    "WHY_RECORD_ISSUES": (
        "It is a record of {entity}; {count} of its fields could not be read or kept as written.",
        "Baris ini menjadi data {entity}; {count} isiannya tidak terbaca atau tidak tersimpan sebagaimana tertulis.",
    ),
    "WHY_NOT_CURRENT": (
        "It is a record of {entity}, but it does not count beside others.",
        "Baris ini menjadi data {entity}, tetapi tidak dihitung di samping data lain.",
    ),
    "WHY_PARENT": (
        "It is a record of {entity}, but its parts stand in the table too, and only they count.",
        "Baris ini menjadi data {entity}, tetapi rinciannya juga ada di tabel, dan hanya rincian yang dihitung.",
    ),
    "WHY_SUPERSEDED": (
        "It is a record of {entity}, but {other} takes its place, and only that one counts.",
        "Baris ini menjadi data {entity}, tetapi digantikan oleh {other}, dan hanya itu yang dihitung.",
    ),
    "WHY_OLD_VERSION": (
        "It is a record of {entity}, but there is one with a later {field}, and only that one counts.",
        "Baris ini menjadi data {entity}, tetapi ada yang {field}-nya lebih baru, dan hanya itu yang dihitung.",
    ),
    "ADVICE_SCOPE": (
        "Ask with `{plural}(scope: ALL)` to have it too.",
        "Tanyakan dengan `{plural}(scope: ALL)` agar ikut terjawab.",
    ),
    "WHY_KEY_UNKNOWN": (
        "No row of {entity} with the key {key} was seen ({parts}).",
        "Tidak terlihat baris {entity} dengan kunci {key} ({parts}).",
    ),
    "ADVICE_KEY_NEAR": (
        "Is one of those below meant? Else give the place where the row stands, such as FILE.xlsx:12.",
        "Apakah salah satu di bawah ini yang dimaksud? Bila bukan, sebutkan letak barisnya, misalnya BERKAS.xlsx:12.",
    ),
    "ADVICE_KEY_UNKNOWN": (
        "Give the place where the row stands instead, such as FILE.xlsx:12; that tells what became of it.",
        "Sebutkan letak barisnya, misalnya BERKAS.xlsx:12; dari situ terlihat nasibnya.",
    ),
    "WHY_NEVER_READ": (
        "Nothing of {entity} was ever read: source {source} has not been synced well yet.",
        "{entity} belum pernah terbaca: sumber {source} belum pernah disinkronkan dengan baik.",
    ),
    "ADVICE_FIRST_SYNC": ("Run `simpul sync {source}`.", "Jalankan `simpul sync {source}`."),
    "WHY_ROW_UNKNOWN": (
        "{part} had no row {at} when it was last read.",
        "{part} tidak punya baris {at} ketika terakhir dibaca.",
    ),
    "WHY_BEYOND": (
        "{part} ended at row {seen} when it was last read; there was no row {at}.",
        "{part} berakhir di baris {seen} ketika terakhir dibaca; belum ada baris {at}.",
    ),
    "WHY_STALE": (
        "{part} could not be read lately, so that row {at}, if it is there, has not been seen; the old rows stay.",
        "{part} belakangan ini tidak terbaca, sehingga baris {at}, bila ada, belum terlihat; baris lama tetap dipakai.",
    ),
    "WHY_NOT_COUNTED": (
        "{part} was read by an earlier Simpul, which did not keep what became of its rows.",
        "{part} dibaca oleh Simpul versi lama, yang belum mencatat nasib baris-barisnya.",
    ),
    "ADVICE_SYNC": (
        "If it is there now, run `simpul sync {source}` and ask again.",
        "Bila sekarang sudah ada, jalankan `simpul sync {source}`, lalu tanyakan lagi.",
    ),
    "ADVICE_NEAR": (
        "Is one of those below meant? If it is new, run `simpul sync {source}` and ask again.",
        "Apakah salah satu di bawah ini yang dimaksud? Bila barisnya baru, jalankan `simpul sync {source}`, lalu tanyakan lagi.",
    ),
    "WHY_ROW_NEEDED": (
        "{part} was read, {seen} rows in all.",
        "{part} sudah dibaca, seluruhnya {seen} baris.",
    ),
    "ADVICE_ROW": ("Name a row of it: {part}:12.", "Sebutkan barisnya: {part}:12."),
    "WHY_PLACE_UNKNOWN": (
        "{entity} has no rows from {place}.",
        "{entity} tidak punya baris dari {place}.",
    ),
    "WHY_OTHER_ENTITY": (
        "{place} is read, but as {others}, not as {entity}.",
        "{place} dibaca, tetapi sebagai {others}, bukan sebagai {entity}.",
    ),
    "ADVICE_OTHER_ENTITY": (
        "Ask `simpul why {other} {place}`, or map its dataset to {entity} in hub.yaml too.",
        "Tanyakan `simpul why {other} {place}`, atau petakan himpunan datanya juga ke {entity} di hub.yaml.",
    ),
    "ADVICE_PLACE": ("It was read from: {parts}.", "Yang dibaca: {parts}."),
    "WHY_FILE_LOCK": (
        "{found} is no workbook: an office program leaves it beside a file that is open.",
        "{found} bukan buku kerja: berkas ini dibuat program perkantoran selama suatu berkas terbuka.",
    ),
    "ADVICE_FILE_LOCK": (
        "Name the workbook itself, without the beginning of this name.",
        "Sebutkan buku kerjanya sendiri, tanpa awalan nama ini.",
    ),
    "WHY_FILE_NOT_MATCHED": (
        "{found} is there, but no `path:` takes it ({paths}).",
        "{found} ada, tetapi tidak termasuk `path:` mana pun ({paths}).",
    ),
    "ADVICE_FILE_NOT_MATCHED": (
        "Move the file to where a `path:` looks, or widen the `path:`.",
        "Pindahkan berkas ke tempat yang disebut `path:`, atau perluas `path:`-nya.",
    ),
    "WHY_FILE_NEW": (
        "{found} belongs to source {source}, but has not been read yet.",
        "{found} termasuk sumber {source}, tetapi belum dibaca.",
    ),
    "ADVICE_FILE_NEW": (
        "Run `simpul sync {source}` and ask again; if the file can't be read, the sync says why.",
        "Jalankan `simpul sync {source}`, lalu tanyakan lagi; bila berkasnya tidak terbaca, sinkron menyebut sebabnya.",
    ),
    "WHY_FILE_UNREADABLE": (
        "{file} belongs to source {source}, but could not be read.",
        "{file} termasuk sumber {source}, tetapi tidak terbaca.",
    ),
    "WHY_FILE_UNKNOWN": (
        "There is no file {file} where its sources look ({paths}).",
        "Tidak ada berkas {file} di tempat sumbernya mencari ({paths}).",
    ),
    "ADVICE_FILE_UNKNOWN": (
        "Check the name. There are: {found}.",
        "Periksa namanya. Yang ada: {found}.",
    ),
    "WHY_SHEET_HIDDEN": (
        "The sheet {found} of {file} is hidden; hidden sheets are not read.",
        "Lembar {found} pada {file} disembunyikan; lembar tersembunyi tidak dibaca.",
    ),
    "ADVICE_SHEET_HIDDEN": (
        "Show the sheet in Excel, or name it with `sheet:` ({line}).",
        "Tampilkan lembar itu di Excel, atau sebut namanya pada `sheet:` ({line}).",
    ),
    "WHY_SHEET_NOT_TAKEN": (
        "The sheet {found} of {file} is there, but `sheet:` takes another one ({line}).",
        "Lembar {found} pada {file} ada, tetapi `sheet:` mengambil lembar lain ({line}).",
    ),
    "ADVICE_SHEET_NOT_TAKEN": (
        'To read it too, write `sheet: "*"`, or a dataset of its own, at {line}.',
        'Agar ikut dibaca, tulis `sheet: "*"`, atau himpunan data tersendiri, di {line}.',
    ),
    "WHY_SHEET_NEW": (
        "The sheet {found} of {file} belongs to source {source}, but has not been read yet.",
        "Lembar {found} pada {file} termasuk sumber {source}, tetapi belum dibaca.",
    ),
    "ADVICE_SHEET_NEW": (
        "Run `simpul sync {source}` and ask again.",
        "Jalankan `simpul sync {source}`, lalu tanyakan lagi.",
    ),
    "WHY_SHEET_UNKNOWN": (
        "{file} has no sheet {sheet}.",
        "{file} tidak punya lembar {sheet}.",
    ),
    "ADVICE_SHEET_UNKNOWN": ("Check the name. There are: {found}.", "Periksa namanya. Yang ada: {found}."),
}
REJECTED: dict[str, tuple[str, str]] = {
    "ADVICE_CELL": (
        "Correct {cell} in the source; how it is read stands at {line}.",
        "Betulkan {cell} di sumbernya; cara membacanya ada di {line}.",
    ),
    "ADVICE_NOT_READ_YET": (
        "Run `simpul sync`; how {field} is read now stands at {line}.",
        "Jalankan `simpul sync`; cara membaca {field} sekarang ada di {line}.",
    ),
    "ADVICE_MISSING_KEY": (
        "Fill in {cell}. If such rows are no data, leave them out with `skip:`; which column the key is read from "
        "stands at {line}.",
        "Isilah {cell}. Bila baris semacam ini bukan data, lewati dengan `skip:`; kolom kuncinya ditetapkan di {line}.",
    ),
    "ADVICE_MISSING_REQUIRED": (
        "Fill in {cell}, or take `required:` away from {field} at {line}.",
        "Isilah {cell}, atau hapus `required:` dari {field} di {line}.",
    ),
    "ADVICE_DUPLICATE_KEY": (
        "Correct the key of one of the rows, or say at {line} which one counts: `duplicates: first` or `last`, or "
        "one more part in `key:`.",
        "Betulkan kunci salah satu baris, atau tetapkan di {line} mana yang berlaku: `duplicates: first` atau "
        "`last`, atau tambah bagian `key:`.",
    ),
    "ADVICE_CROSSWALK_NO_MATCH": (
        "Correct or remove the row in the crosswalk, or bring in the {entity} that it points to.",
        "Betulkan atau hapus baris pada daftar padanan, atau masukkan {entity} yang ditunjuknya.",
    ),
    "ADVICE_UNKNOWN_VALUE": (
        "Correct {cell}, or add what stands there under `values:` of {field} at {line}.",
        "Betulkan {cell}, atau tambahkan isinya di `values:` milik {field} di {line}.",
    ),
    "ADVICE_AMBIGUOUS_NUMBER": (
        'Write {cell} out, or pin the sign with `decimal: ","` for {field} at {line}.',
        'Tulis {cell} secara lengkap, atau patok tandanya dengan `decimal: ","` untuk {field} di {line}.',
    ),
    "ADVICE_NOT_A_NUMBER": (
        "Write a number into {cell}, or read the column as `type: text` at {line}.",
        "Tulis angka di {cell}, atau baca kolom itu sebagai `type: text` di {line}.",
    ),
    "ADVICE_NOT_A_DATE": (
        "Write day, month and year into {cell}: 7 Januari 2026. How it is read stands at {line}.",
        "Tulis tanggal, bulan, dan tahun di {cell}: 7 Januari 2026. Cara membacanya ada di {line}.",
    ),
    "ADVICE_LOSSY_CODE": (
        "Format the column of {cell} as text and type the code again; it is read as {field} ({line}).",
        "Jadikan kolom {cell} berformat teks, lalu ketik ulang kodenya; dibaca sebagai {field} ({line}).",
    ),
    "ADVICE_CELL_ERROR": (
        "Correct the formula in {cell} and save the file from Excel; it is read as {field} ({line}).",
        "Betulkan rumus di {cell}, lalu simpan berkas dari Excel; dibaca sebagai {field} ({line}).",
    ),
    "ADVICE_PATTERN_NOT_FOUND": (
        "Correct {cell}, or the `pattern:` of {field} at {line}; `optional: true` lets it be empty.",
        "Betulkan {cell}, atau `pattern:` milik {field} di {line}; `optional: true` membolehkannya kosong.",
    ),
    "ADVICE_PART_NOT_FOUND": (
        "Correct {cell}, or the `parts:` of {field} at {line}.",
        "Betulkan {cell}, atau `parts:` milik {field} di {line}.",
    ),
}
LINKS: dict[str, tuple[str, str]] = {
    "LINK_TIED": ("{count} {to}.", "{count} {to}."),
    "LINK_NONE": ("No {to} was found.", "Tidak ditemukan {to}."),
    "LINK_NOT_CURRENT": (
        "Tied to {partner}, which does not count (an earlier version, or a parent); ask with `scope: ALL`.",
        "Terkait dengan {partner}, yang tidak dihitung (versi lama atau induk); tanyakan dengan `scope: ALL`.",
    ),
    "LINK_AMBIGUOUS": (
        "{count} {to} fit where one may be, so each is only a candidate. Make the key more exact, or name the "
        "right one in a crosswalk.",
        "{count} {to} cocok padahal hanya boleh satu, jadi masing-masing hanya calon. Perjelas kuncinya, atau "
        "sebut yang benar di daftar padanan.",
    ),
    "LINK_REFUSED": ("The only match was refused by a person.", "Satu-satunya pasangan ditolak oleh petugas."),
    "LINK_NEVER_READ": (
        "{to} has never been read; sync its source first.",
        "{to} belum pernah terbaca; sinkronkan sumbernya dulu.",
    ),
    "LINK_VIA_BROKEN": (
        "The way over {via} ends at {step}: there is no partner there.",
        "Jalan melalui {via} terputus di {step}: tidak ada pasangannya di sana.",
    ),
    "LINK_VIA_BACK": (
        "No {to} leads here over {via}.",
        "Tidak ada {to} yang sampai ke sini melalui {via}.",
    ),
    "LINK_RULE_NOT_MEANT": (
        "The rule is meant for records without {field} only.",
        "Aturan ini hanya untuk data tanpa {field}.",
    ),
    "LINK_NO_VALUE": (
        "{field} is empty here, so nothing can be compared.",
        "{field} kosong di sini, sehingga tidak ada yang dapat dicocokkan.",
    ),
    "LINK_NO_PARTNER": (
        "No {to} has {fields} “{value}”.",
        "Tidak ada {to} dengan {fields} “{value}”.",
    ),
    "LINK_ELSEWHERE": (
        "There is a {to} with {fields} “{value}”, but {others} differs.",
        "Ada {to} dengan {fields} “{value}”, tetapi {others} berbeda.",
    ),
    "LINK_PARTNER_REJECTED": (
        "The {to} “{value}” stands at {partner}, but its key stands twice, so that it does not answer.",
        "{to} “{value}” ada di {partner}, tetapi kuncinya ganda, sehingga tidak dipakai.",
    ),
    "LINK_NO_CROSSWALK_ROW": (
        "The crosswalk {file} has no row for this record ({fields}).",
        "Daftar padanan {file} tidak memuat baris untuk data ini ({fields}).",
    ),
    "LINK_CROSSWALK_NOWHERE": (
        "Row {line} of the crosswalk {file} points to a {to} that is not there.",
        "Baris {line} daftar padanan {file} menunjuk {to} yang tidak ada.",
    ),
}
SENTENCES = {**SET_ASIDE, **NOT_SEEN, **REJECTED, **LINKS}
