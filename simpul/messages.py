"""Sentences of the front door: HTTP, pages and the command line; and all the sentences that the front door may need."""

from __future__ import annotations

from config.messages import Messages
from config.sentences import TROUBLE
from connectors.messages import SENTENCES as CONNECTORS
from replica.messages import SENTENCES as REPLICA
from resolvers.messages import SENTENCES as RESOLVERS

HTTP: dict[str, tuple[str, str]] = {
    "NOT_ACCEPTABLE": (
        "Answers come as application/graphql-response+json or application/json; put one of them into Accept.",
        "Jawaban berbentuk application/graphql-response+json atau application/json; cantumkan salah satunya di Accept.",
    ),
    "METHOD": ("Use {method} here.", "Gunakan {method} di sini."),
    "URL_TOO_LONG": (
        "The URL is longer than {limit} KB; send the operation by POST.",
        "URL lebih panjang dari {limit} KB; kirim operasi dengan POST.",
    ),
    "BODY_ENCODED": ("The body is compressed; send it plain.", "Isi permintaan dikompresi; kirim tanpa kompresi."),
    "BODY_TOO_LARGE": (
        "The body is larger than {limit} KB; ask for less in one request.",
        "Isi permintaan lebih besar dari {limit} KB; kurangi isi satu permintaan.",
    ),
    "BODY_SLOW": (
        "The body did not arrive within {seconds} seconds; send it again.",
        "Isi permintaan tidak tiba dalam {seconds} detik; kirim lagi.",
    ),
    "BODY_CUT": ("The body ended early; send it again.", "Isi permintaan terputus; kirim lagi."),
    "BODY_NOT_JSON_TYPE": (
        "Send the operation with Content-Type: application/json.",
        "Kirim operasi dengan Content-Type: application/json.",
    ),
    "BODY_CHARSET": ("Send the body in UTF-8.", "Kirim isi permintaan dalam UTF-8."),
    "BODY_NOT_JSON": (
        'The body is not JSON; it looks like {{"query": "{{ __typename }}"}}.',
        'Isi permintaan bukan JSON; bentuknya {{"query": "{{ __typename }}"}}.',
    ),
    "BODY_BATCH": (
        "The body is a list; send one operation in each request.",
        "Isi permintaan berupa daftar; kirim satu operasi dalam tiap permintaan.",
    ),
    "BODY_NOT_OBJECT": (
        'The body is not a JSON object; it looks like {{"query": "{{ __typename }}"}}.',
        'Isi permintaan bukan objek JSON; bentuknya {{"query": "{{ __typename }}"}}.',
    ),
    "QUERY_MISSING": (
        "`query` is missing; put the operation there.",
        "`query` tidak ada; isi dengan operasi yang ditanyakan.",
    ),
    "PARAMETER_TYPE": ("`{name}` must be a JSON {type}.", "`{name}` harus berupa {type} JSON."),
    "PARAMETER_NOT_JSON": ("`{name}` is not JSON.", "`{name}` bukan JSON."),
    "PARAMETER_DEEP": ("`{name}` is nested deeper than {limit} levels.", "`{name}` bertingkat lebih dari {limit}."),
    "HOST_REFUSED": (
        "This hub listens on this machine only and answers to localhost; open http://127.0.0.1 instead.",
        "Hub ini hanya melayani mesin ini dan menjawab atas nama localhost; bukalah http://127.0.0.1.",
    ),
    "SAVED_UNKNOWN": (
        "There is no saved question called {name}; there are: {names}.",
        "Tidak ada pertanyaan tersimpan bernama {name}; yang ada: {names}.",
    ),
    "SAVED_URL_LONG": (
        "The address is longer than {limit} KB; ask for less at once.",
        "Alamat lebih panjang dari {limit} KB; kurangi isi satu permintaan.",
    ),
    "SAVED_LOCALE": (
        "`locale` is `id` (`;` between cells, decimal comma) or `en` (`,` between cells, decimal point).",
        "`locale` adalah `id` (`;` antar sel, koma desimal) atau `en` (`,` antar sel, titik desimal).",
    ),
    "SAVED_VARIABLE_UNKNOWN": ("There is no variable called {name}.", "Tidak ada variabel bernama {name}."),
    "SAVED_VARIABLE_TWICE": (
        "{name} takes one value and was given several.",
        "{name} menerima satu nilai, tetapi diberi beberapa.",
    ),
    "SAVED_VARIABLE_MISSING": (
        "{name} is missing; give it: {expected}.",
        "{name} belum diisi; isi dengan: {expected}.",
    ),
    "SAVED_VARIABLE_WRONG": (
        '"{value}" does not fit {name}, which takes: {expected}.',
        '"{value}" tidak cocok untuk {name}, yang menerima: {expected}.',
    ),
    "SAVED_VARIABLES": ("Variables of this question: {variables}.", "Variabel pertanyaan ini: {variables}."),
    "SAVED_NO_VARIABLES": ("This question has no variables.", "Pertanyaan ini tidak punya variabel."),
    "SAVED_REQUIRED": ("required", "wajib"),
    "SAVED_SEVERAL_VALUES": ("several values by repeating it", "beberapa nilai dengan mengulanginya"),
    "SAVED_TAKES_CHOICE": ("one of {choices}", "salah satu dari {choices}"),
    "SAVED_TAKES_WHOLE": ("a whole number", "bilangan bulat"),
    "SAVED_TAKES_NUMBER": ("a number such as 1250000.50", "angka seperti 1250000.50"),
    "SAVED_TAKES_BOOLEAN": ("true or false", "true atau false"),
    "SAVED_TAKES_DATE": ("a date as YYYY-MM-DD", "tanggal sebagai YYYY-MM-DD"),
    "SAVED_TAKES_MOMENT": ("a time such as 2026-11-24T08:00:00Z", "waktu seperti 2026-11-24T08:00:00Z"),
    "SAVED_TAKES_TEXT": ("text", "teks"),
    "TABLE_STALE": (
        "The last sync of {source} failed; its figures are of {moment}.",
        "Sinkron terakhir {source} gagal; angkanya per {moment}.",
    ),
    "TABLE_PARTIAL": (
        "{source} has not been read; what it would add is missing here.",
        "{source} belum terbaca; isinya tidak ada di sini.",
    ),
    "INTERNAL_SERVER_ERROR": (
        "Something went wrong in the hub. The log says more under request {request}.",
        "Terjadi kesalahan di dalam hub. Lihat log pada permintaan {request}.",
    ),
}

PAGES: dict[str, tuple[str, str]] = {
    "PAGE_SKIP": ("Skip to content", "Langsung ke isi"),
    "PAGE_NAV": ("Pages", "Halaman"),
    "PAGE_STATUS": ("Status", "Status"),
    "PAGE_QUERY": ("Ask", "Bertanya"),
    "PAGE_OTHER_LANGUAGE": ("Bahasa Indonesia", "English"),
    "STATUS_LEAD": (
        "One place to ask all of these applications. What it knows, how old it is, and what is still unlinked.",
        (
            "Satu tempat untuk bertanya kepada semua aplikasi ini: apa yang diketahui, seberapa baru datanya, "
            "dan apa yang belum terhubung."
        ),
    ),
    "STORY_HEAD": ("From proposal to complaint", "Dari usulan sampai pengaduan"),
    "STORY_LINKED": ("A proposal that was followed all along", "Usulan yang terlacak"),
    "STORY_OPEN": ("An accepted proposal without budget", "Usulan diterima yang belum dianggarkan"),
    "STORY_UNLINKED": ("not linked yet", "belum terhubung"),
    "STORY_MORE": ("and {count} more", "dan {count} lagi"),
    "STORY_PROPOSAL": ("Proposal", "Usulan"),
    "STORY_BUDGET": ("Budget", "Anggaran"),
    "STORY_PROJECT": ("Project", "Proyek"),
    "STORY_COMPLAINT": ("Complaints", "Pengaduan"),
    "STORY_REALISED": ("realised {amount}", "terealisasi {amount}"),
    "STORY_PHYSICAL": ("physical progress {percent} %", "kemajuan fisik {percent} %"),
    "FUNNEL_PROPOSALS": ("proposals", "usulan"),
    "FUNNEL_BUDGETED": ("have a budget", "sudah dianggarkan"),
    "FUNNEL_PROJECTS": ("became a project", "menjadi proyek"),
    "FUNNEL_COMPLAINTS": ("complaints about a project", "pengaduan tentang proyek"),
    "SOURCES_HEAD": ("Sources", "Sumber data"),
    "SOURCE_AS_OF": ("data as of {moment}", "data per {moment}"),
    "SOURCE_NEVER": ("no data yet", "belum ada data"),
    "SOURCE_LATE": ("{span} later than promised", "terlambat {span} dari yang dijanjikan"),
    "SOURCE_RESTS": (
        "left alone after failures, tried again in {span}",
        "dibiarkan setelah gagal, dicoba lagi {span} lagi",
    ),
    "CONFIGURATION_REFUSED": (
        "hub.yaml was changed and can't be used as it is; the configuration of before answers.",
        "hub.yaml diubah dan belum dapat dipakai; konfigurasi sebelumnya yang menjawab.",
    ),
    "CONFIGURATION_FAILED": (
        "hub.yaml is good but could not take over ({reason}); change it again or start the hub anew.",
        "hub.yaml baik tetapi tidak dapat mengambil alih ({reason}); ubah lagi atau jalankan ulang hub.",
    ),
    "STATE_FRESH": ("Up to date", "Mutakhir"),
    "STATE_STALE": ("Old copy", "Salinan lama"),
    "STATE_UNAVAILABLE": ("Unreachable", "Tidak terjangkau"),
    "STATE_UNKNOWN": ("Not read yet", "Belum dibaca"),
    "COUNT_RECORDS": ("Records", "Data"),
    "COUNT_ALL_VERSIONS": ("Records, all versions", "Data, semua versi"),
    "CURRENT_VERSIONS": ("current versions", "versi berlaku"),
    "COUNT_ISSUES": ("Issues", "Catatan"),
    "COUNT_REJECTS": ("Rejects", "Ditolak"),
    "COUNT_SEEN": ("Rows", "Baris"),
    "COUNT_ASIDE": ("Set aside", "Disisihkan"),
    "ENTITIES_HEAD": ("What is in it", "Isi hub"),
    "COLUMN_ENTITY": ("Entity", "Jenis data"),
    "COLUMN_ISSUES": ("With issues", "Perlu diperbaiki"),
    "NEVER_READ": ("never read yet", "belum pernah terbaca"),
    "LINKS_HEAD": ("What is tied together", "Yang sudah terhubung"),
    "COLUMN_LINK": ("Link", "Hubungan"),
    "COLUMN_LINKED": ("Linked", "Terhubung"),
    "COLUMN_UNLINKED": ("Not linked yet", "Belum terhubung"),
    "CROSSWALK_LOOSE": (
        "{count} crosswalk lines name a record that is not there; simpul rejects lists them.",
        "{count} baris padanan menunjuk data yang tidak ada; lihat dengan simpul rejects.",
    ),
    "QUESTIONS_HEAD": ("Questions to start with", "Contoh pertanyaan"),
    "QUESTION_MISSION": (
        "What became of a proposal: budget, project, complaints",
        "Bagaimana nasib sebuah usulan: anggaran, proyek, pengaduan",
    ),
    "QUESTION_OPEN": (
        "Accepted proposals that have no budget yet, the dearest first",
        "Usulan diterima yang belum dianggarkan, mulai dari yang termahal",
    ),
    "QUESTION_FIRST": ("The first ten records of {entity}", "Sepuluh data pertama {entity}"),
    "QUESTION_ISSUES": ("{entity}: which cells need repair", "{entity}: sel mana yang perlu diperbaiki"),
    "QUESTION_SOURCES": ("How old is each source", "Seberapa baru tiap sumber data"),
    "SAVED_HEAD": ("Saved questions", "Pertanyaan tersimpan"),
    "SAVED_LEAD": (
        "A saved question. The table below is its beginning; CSV and JSON hold all of it.",
        "Pertanyaan tersimpan. Tabel di bawah adalah awalnya; CSV dan JSON berisi semuanya.",
    ),
    "SAVED_EXPAND": ("One row for each item of", "Satu baris untuk tiap isi"),
    "SAVED_ASK": ("Show", "Tampilkan"),
    "SAVED_EMPTY": ("No rows.", "Tidak ada baris."),
    "SAVED_MORE": (
        "These are the first {shown} rows; CSV and JSON hold all of them.",
        "Ini {shown} baris pertama; CSV dan JSON berisi semuanya.",
    ),
    "QUERY_HEAD": ("Ask the hub", "Bertanya kepada hub"),
    "QUERY_LEAD": (
        "Write a GraphQL query and run it. Nothing here changes any data.",
        "Tulis query GraphQL lalu jalankan. Tidak ada data yang berubah di sini.",
    ),
    "QUERY_NOSCRIPT": (
        "This page needs JavaScript to run a query; curl works without it.",
        "Halaman ini memerlukan JavaScript untuk menjalankan query; curl bisa tanpa itu.",
    ),
    "QUERY_PLAIN": ("Plain form", "Formulir sederhana"),
    "QUERY_LOADING": ("Loading GraphiQL …", "Memuat GraphiQL …"),
    "QUERY_LABEL": ("Query", "Query"),
    "QUERY_VARIABLES": ("Variables (JSON)", "Variabel (JSON)"),
    "QUERY_RUN": ("Run", "Jalankan"),
    "QUERY_HINT": ("or Ctrl+Enter", "atau Ctrl+Enter"),
    "QUERY_ANSWER": ("Answer", "Jawaban"),
    "QUERY_RUNNING": ("running …", "sedang berjalan …"),
    "QUERY_BAD_VARIABLES": ("The variables are not a JSON object.", "Variabel bukan objek JSON."),
    "QUERY_UNREACHABLE": ("The hub does not answer.", "Hub tidak menjawab."),
}

ENTITIES: dict[str, tuple[str, str]] = {
    "ENTITY_Proposal": ("Proposals", "Usulan"),
    "ENTITY_Assessment": ("Assessments", "Penilaian usulan"),
    "ENTITY_BudgetLine": ("Budget lines", "Baris anggaran"),
    "ENTITY_CashFlowMonth": ("Monthly cash plan", "Anggaran kas bulanan"),
    "ENTITY_Project": ("Projects", "Proyek"),
    "ENTITY_ProgressReport": ("Progress reports", "Laporan kemajuan"),
    "ENTITY_Complaint": ("Complaints", "Pengaduan"),
    "ENTITY_Response": ("Responses", "Tanggapan"),
    "ENTITY_Attachment": ("Attachments", "Lampiran"),
    "ENTITY_PublicService": ("Public services", "Pelayanan publik"),
    "ENTITY_PublicInformation": ("Public information", "Informasi publik"),
    "ENTITY_Agency": ("Agencies", "Perangkat daerah"),
    "ENTITY_AgencyCode": ("Agency codes", "Kode perangkat daerah"),
    "ENTITY_Region": ("Regions", "Wilayah"),
    "ENTITY_RegionCode": ("Region codes", "Kode wilayah"),
    "ENTITY_FiscalYear": ("Fiscal years", "Tahun anggaran"),
    "ENTITY_BudgetDocument": ("Budget versions", "Tahapan APBD"),
}

COMMANDS: dict[str, tuple[str, str]] = {
    "INSPECT_HEADER": ("names in row {rows}", "judul kolom di baris {rows}"),
    "INSPECT_DATA": ("{count} in rows {rows}", "{count} di baris {rows}"),
    "INSPECT_RECORDS_ONE": ("{count} record", "{count} data"),
    "INSPECT_RECORDS_MANY": ("{count} records", "{count} data"),
    "INSPECT_TOTALS": ("totals in row {rows}", "jumlah di baris {rows}"),
    "INSPECT_GROUPS": ("groups in row {rows}", "kelompok di baris {rows}"),
    "INSPECT_FOLDER": ("Folder", "Folder"),
    "INSPECT_READ": ("Read", "Dibaca"),
    "INSPECT_READ_YES": ("yes", "ya"),
    "INSPECT_READ_NO": ("no", "tidak"),
    "INSPECT_MAILS": ("Mails", "Surel"),
    "MAIL_URL_WANTED": (
        "A mailbox is named by an address such as imaps://pengaduan@mail.kab.example (imap:// for STARTTLS).",
        "Kotak surat ditulis sebagai alamat seperti imaps://pengaduan@mail.kab.example (imap:// untuk STARTTLS).",
    ),
    "MAIL_KNOWN": (
        "{path} reads this mailbox already, as the source {name}; nothing was written.",
        "{path} sudah membaca kotak surat ini, sebagai sumber {name}; tidak ada yang ditulis.",
    ),
    "MAIL_PASSWORD_WANTED": (
        "The password of the mailbox is wanted. Set it as {name} in the environment, or run this in a terminal.",
        "Kata sandi kotak surat diperlukan. Isi {name} di lingkungan, atau jalankan ini di terminal.",
    ),
    "MAIL_PASSWORD_ASK": ("Password of {user} at {host}:", "Kata sandi {user} di {host}:"),
    "ADD_SECRET": (
        "Put the password into {path}, as a line {name}=… (taken literally).",
        "Tulis kata sandinya di {path}, sebagai baris {name}=… (dibaca apa adanya).",
    ),
    "ADD_SECRET_KEPT": ("The password stands in {path} as {name}.", "Kata sandinya tertulis di {path} sebagai {name}."),
    "ADD_TABLE_UNKNOWN": (
        "There is no table {table}. Tables there: {tables}.",
        "Tidak ada tabel {table}. Tabel yang ada: {tables}.",
    ),
    "ADD_TABLE_LARGE": (
        "{table}: left out, it has more than a million rows. Describe it in hub.yaml yourself, with `parts:`.",
        "{table}: dilewati, barisnya lebih dari satu juta. Tulis sendiri di hub.yaml, dengan `parts:`.",
    ),
    "ADD_TABLES_MANY": (
        "{count} tables hold something. Say which are wanted, each with --table: {tables}.",
        "{count} tabel berisi data. Sebut yang diperlukan, masing-masing dengan --table: {tables}.",
    ),
    "ADD_NO_TABLES": (
        "No table there holds anything that this account may read. Nothing is added.",
        "Tidak ada tabel berisi yang boleh dibaca akun ini. Tidak ada yang ditambahkan.",
    ),
    "INSPECT_VIEW": ("view", "view"),
    "INSPECT_DECLARED": ("Declared", "Tertulis"),
    "INSPECT_SAMPLES": ("Samples", "Contoh"),
    "INSPECT_DECLARES": (
        "{columns} → {table} ({to}): declared by the database",
        "{columns} → {table} ({to}): dinyatakan oleh basis data",
    ),
    "INSPECT_TIED": (
        "{columns} → {table} ({to}): by the names; {matched} of {tried} values are there",
        "{columns} → {table} ({to}): menurut namanya; {matched} dari {tried} nilai ada di sana",
    ),
    "INSPECT_COLUMN": ("Column", "Kolom"),
    "INSPECT_NAME": ("Name", "Judul"),
    "INSPECT_TYPE": ("Type", "Jenis"),
    "INSPECT_KEY": ("key", "kunci"),
    "INSPECT_READABLE": ("readable", "terbaca"),
    "INSPECT_TOTAL_AGREES": (
        "{cell} states {total}, and the rows add up to it.",
        "{cell} menyebut {total}, sesuai jumlah barisnya.",
    ),
    "ADD_WHAT": (
        "Name a file or folder to add, or --undo to take the last addition back.",
        "Sebutkan berkas atau folder yang ditambahkan, atau --undo untuk membatalkan penambahan terakhir.",
    ),
    "ADD_NO_FOLDER": (
        "There is no folder {folder}; make it first, or name another one with --config.",
        "Folder {folder} tidak ada; buat dulu, atau sebutkan yang lain dengan --config.",
    ),
    "ADD_NO_ROOM": (
        "{path}:{line}: nothing can be put into `{section}` as it is written; write it as a group of indented lines, then add again.",
        "{path}:{line}: `{section}` tidak bisa ditambahi bila ditulis begitu; tulis sebagai kelompok baris menjorok, lalu ulangi.",
    ),
    "ADD_REFUSED": (
        "{path} would not be usable with this addition; nothing was written. Add the files one by one to see which is the cause.",
        "{path} tidak akan bisa dipakai dengan penambahan ini; tidak ada yang ditulis. Tambahkan berkasnya satu per satu untuk"
        " menemukan penyebabnya.",
    ),
    "ADD_NOTHING": (
        "{path}: nothing to add; nothing was written. `simpul inspect` shows what is in there.",
        "{path}: tidak ada yang bisa ditambahkan; tidak ada yang ditulis. `simpul inspect` menunjukkan isinya.",
    ),
    "ADD_KNOWN": (
        "{where} is read already, by the source {source}; to read it otherwise, change that in hub.yaml.",
        "{where} sudah dibaca oleh sumber {source}; ubah sumber itu di hub.yaml bila cara membacanya harus lain.",
    ),
    "ADD_HIDDEN": (
        "{where} is a hidden sheet and is left out; show it in Excel if it counts, then add the file.",
        "{where} adalah lembar tersembunyi dan tidak diambil; tampilkan di Excel bila perlu, lalu tambahkan berkasnya.",
    ),
    "ADD_EMPTY": (
        "{where} has a head but no rows yet; add it once it is filled in.",
        "{where} punya judul kolom tetapi belum ada barisnya; tambahkan setelah diisi.",
    ),
    "ADD_NO_COLUMNS": (
        "{where} has no column whose name hub.yaml can hold; give the columns names in plain letters, then add it.",
        "{where} tidak punya kolom yang namanya bisa ditulis di hub.yaml; beri kolomnya judul dengan huruf biasa, lalu tambahkan.",
    ),
    "ADD_SECOND_TABLE": (
        "{where}: what stands in rows {first}-{last} beside its table is left out: it has no head or only one record.",
        "{where}: isi baris {first}-{last} di samping tabelnya tidak diambil: tanpa judul kolom atau hanya satu baris.",
    ),
    "ADD_TABLE": ("{where}: header in row {header}, {count}", "{where}: judul di baris {header}, {count}"),
    "ADD_ENTITY_BUILTIN": (
        "{name} (known to Simpul by its columns): {count}, {fields} fields.",
        "{name} (dikenal Simpul dari kolomnya): {count}, {fields} isian.",
    ),
    "ADD_ENTITY_OWN": (
        "{name} (an entity of its own): {count}, {fields} fields.",
        "{name} (jenis data sendiri): {count}, {fields} isian.",
    ),
    "ADD_MORE": ("They join those of the other files.", "Bergabung dengan data dari berkas lain."),
    "ADD_KEY": ("Told apart by {key}.", "Dibedakan oleh {key}."),
    "ADD_NO_KEY": (
        "No columns tell all rows apart: a record is known again by what it says. If a column should, name it in `key:` instead of"
        " `fingerprint:`, and fill it in where it is empty or repeated.",
        "Tidak ada kolom yang membedakan semua baris: data dikenali dari isinya. Bila ada kolom yang seharusnya, sebutkan di `key:`"
        " sebagai ganti `fingerprint:`, lalu isi yang kosong atau berulang.",
    ),
    "ADD_ISSUES": (
        "{count} cells can't be read as what their column holds; after the sync `simpul rejects` lists them.",
        "{count} sel tidak terbaca sebagai jenis isi kolomnya; setelah sinkron `simpul rejects` menampilkannya.",
    ),
    "ADD_OVERLAP": (
        "{left} matches {right} in {percent} % of {rows} rows.",
        "{left} cocok dengan {right} pada {percent} % dari {rows} baris.",
    ),
    "ADD_NO_CELLS": ("Columns without any value: {names}.", "Kolom tanpa isi: {names}."),
    "ADD_COLUMNS_LEFT": ("Columns left out: {names}.", "Kolom yang tidak diambil: {names}."),
    "ADD_COLUMNS_NOT_IN_ALL": (
        "Columns that only some of the tables have, left out: {names}.",
        "Kolom yang hanya ada di sebagian tabel, tidak diambil: {names}.",
    ),
    "ADD_PINS": (
        "If that is wrong, say it, for instance: {pins}.",
        "Bila keliru, tetapkan, misalnya: {pins}.",
    ),
    "ADD_LEAF": (
        "Parents and their parts are both records. For sums ask where: {{isLeaf: {{eq: true}}}}.",
        "Induk dan rinciannya sama-sama menjadi data. Untuk menjumlah, tanyakan where: {{isLeaf: {{eq: true}}}}.",
    ),
    "ADD_UNIT": (
        "The head says {unit}: if these are not plain rupiah already, add unit: {factor}.",
        "Judulnya menyebut {unit}: bila ini belum rupiah penuh, tambahkan unit: {factor}.",
    ),
    "ADD_NOT_ASKED": (
        "{path} was not changed: there is no terminal to ask on. Add --yes to write it.",
        "{path} tidak diubah: tidak ada terminal untuk bertanya. Tambahkan --yes agar ditulis.",
    ),
    "ADD_ASK": ("Write this into {path}? [y/N]", "Tulis ini ke {path}? [y/N]"),
    "ADD_NOT_WRITTEN": ("{path} was not changed.", "{path} tidak diubah."),
    "ADD_CHANGED_MEANWHILE": (
        "{path} has been changed meanwhile; nothing was written. Add again.",
        "{path} berubah sementara itu; tidak ada yang ditulis. Ulangi penambahannya.",
    ),
    "ADD_WRITTEN": ("{path} is written. Next:", "{path} sudah ditulis. Berikutnya:"),
    "ADD_UNDONE": (
        "{path} is as it was before the last addition.",
        "{path} kembali seperti sebelum penambahan terakhir.",
    ),
    "ADD_UNDONE_WHOLE": (
        "{path} is gone: the last addition had made it.",
        "{path} dihapus: penambahan terakhir yang membuatnya.",
    ),
    "ADD_NOTHING_TO_UNDO": (
        "There is no addition to take back from {path}.",
        "Tidak ada penambahan yang bisa dibatalkan di {path}.",
    ),
    "ADD_EDITED_SINCE": (
        "{path} has been edited since the last addition, so it was left alone. {kept} is the file before: delete from {path} what"
        " was added, or copy that file over it and lose the edits.",
        "{path} sudah disunting setelah penambahan terakhir, jadi dibiarkan. {kept} adalah berkas sebelumnya: hapus dari {path} yang"
        " ditambahkan, atau salin berkas itu ke atasnya dan suntingannya hilang.",
    ),
    "PROBLEMS_FOUND": ("Problems: {count}.", "Masalah: {count}."),
    "ACCOUNT_READS": (
        "{source}: {where}: {user} may only read: no right to write, to run programs or to read files of the server.",
        "{source}: {where}: {user} hanya boleh membaca: tanpa hak menulis, menjalankan program, atau membaca berkas server.",
    ),
    "CHECK_OK": (
        "{path}: {hub}: no problems; {sources}, {entities}.",
        "{path}: {hub}: tidak ada masalah; {sources}, {entities}.",
    ),
    "SOURCES_ONE": ("{count} source", "{count} sumber"),
    "SOURCES_MANY": ("{count} sources", "{count} sumber"),
    "ENTITIES_ONE": ("{count} entity", "{count} jenis data"),
    "ENTITIES_MANY": ("{count} entities", "{count} jenis data"),
    "SAVED_NAME": (
        "A saved question is called by letters, digits, - and _ only, at most 64. Rename the file.",
        "Nama pertanyaan tersimpan hanya berisi huruf, angka, - dan _, paling banyak 64. Ganti nama berkasnya.",
    ),
    "SAVED_UNREADABLE": ("The file can't be read: {reason}.", "Berkas tidak bisa dibaca: {reason}."),
    "SAVED_NOT_UTF8": (
        "The file is not UTF-8 text. Save it as UTF-8.",
        "Berkas bukan teks UTF-8. Simpan sebagai UTF-8.",
    ),
    "SAVED_INVALID": ("Not a valid query: {reason}", "Bukan query yang sah: {reason}"),
    "SAVED_SEVERAL": (
        "A saved question is one query, but the file holds several: {names}. Keep one in each file.",
        "Pertanyaan tersimpan adalah satu query, tetapi berkas berisi beberapa: {names}. Simpan satu per berkas.",
    ),
    "SAVED_RESERVED": (
        "${name} is taken; {reserved} have a meaning of their own in the address. Choose another name.",
        "${name} sudah terpakai; {reserved} punya arti sendiri di alamat. Pilih nama lain.",
    ),
    "SAVED_TYPE": (
        "${name} is of type {type}, which an address can't carry. Use plain variables, such as Int, String or an enum, inside it.",
        "${name} berjenis {type}, yang tidak bisa dibawa alamat. Pakai variabel biasa, misalnya Int, String, atau enum, di dalamnya.",
    ),
    "QUESTIONS_ONE": ("{count} saved question", "{count} pertanyaan tersimpan"),
    "QUESTIONS_MANY": ("{count} saved questions", "{count} pertanyaan tersimpan"),
    "CSV_ONLY": (
        "--locale and --expand go with --csv.",
        "--locale dan --expand dipakai bersama --csv.",
    ),
    "EXPLAIN_ALONE": (
        "--explain goes without --csv.",
        "--explain dipakai tanpa --csv.",
    ),
    "EXPLAINED_RECORDS": (
        "{number}. {path}: records; expected to look at {looked}, brought {rows} in {milliseconds} ms",
        "{number}. {path}: data; diperkirakan memeriksa {looked}, memberi {rows} dalam {milliseconds} ms",
    ),
    "EXPLAINED_TOTALS": (
        "{number}. {path}: totals; expected to look at {looked}, brought {rows} in {milliseconds} ms",
        "{number}. {path}: jumlah; diperkirakan memeriksa {looked}, memberi {rows} dalam {milliseconds} ms",
    ),
    "EXPLAINED_GROUPS": (
        "{number}. {path}: groups; expected to look at {looked}, brought {rows} in {milliseconds} ms",
        "{number}. {path}: kelompok; diperkirakan memeriksa {looked}, memberi {rows} dalam {milliseconds} ms",
    ),
    "EXPLAINED_SEARCH": (
        "{number}. {path}: words; brought {rows} in {milliseconds} ms",
        "{number}. {path}: kata; memberi {rows} dalam {milliseconds} ms",
    ),
    "EXPLAINED": ("{count}, {milliseconds} ms in the replica", "{count}, {milliseconds} ms di replika"),
    "STATEMENTS_ONE": ("{count} statement", "{count} pernyataan"),
    "STATEMENTS_MANY": ("{count} statements", "{count} pernyataan"),
    "HOME_UNKNOWN": (
        "{path}: home names {name}, which is no saved question. There are: {names}.",
        "{path}: home menyebut {name}, yang bukan pertanyaan tersimpan. Yang ada: {names}.",
    ),
    "SCANS": (
        "Note: {file}: {path} looks at every {entity} to find those it wants. `filterable: [{fields}]` under {entity} in"
        " hub.yaml gives the hub an index.",
        "Catatan: {file}: {path} memeriksa setiap {entity} untuk menemukan yang dicari. `filterable: [{fields}]` di bawah {entity}"
        " dalam hub.yaml memberi hub sebuah indeks.",
    ),
    "TABLE_FILE": ("{path} can't be written: {reason}.", "{path} tidak bisa ditulis: {reason}."),
    "TABLE_WRITTEN": ("{path}: {count}.", "{path}: {count}."),
    "ROWS_ONE": ("{count} row", "{count} baris"),
    "ROWS_MANY": ("{count} rows", "{count} baris"),
    "NOTICE_SAID": ("Notice: {notice}", "Pemberitahuan: {notice}"),
    "SOURCE_UNKNOWN": (
        "There is no source called {name}; {path} has {names}.",
        "Tidak ada sumber bernama {name}; di {path} ada {names}.",
    ),
    "SYNC_RUNNING": ("Reading {source} …", "Membaca {source} …"),
    "SYNC_AHEAD": ("{rows} ({fetched} fetched)", "{rows} ({fetched} diambil)"),
    "SYNC_WAITING": (
        "Another process is writing to the replica; waiting until it has finished …",
        "Proses lain sedang menulis ke salinan hub; menunggu sampai selesai …",
    ),
    "REPLICA_LOCKED": (
        "Another process is syncing into {path} and has not finished; try again when it has.",
        "Proses lain sedang menyinkronkan ke {path} dan belum selesai; coba lagi setelah itu.",
    ),
    "REPLICA_UNUSABLE": (
        "The replica {path} can't be used ({reason}). Check that its folder can be written; a damaged file may be deleted.",
        "Salinan hub {path} tidak dapat dipakai ({reason}). Periksa apakah foldernya dapat ditulis; berkas rusak boleh dihapus.",
    ),
    "NEVER_SYNCED": (
        "The replica is still empty; run `simpul sync` first.",
        "Salinan hub masih kosong; jalankan `simpul sync` dahulu.",
    ),
    "PORT_IN_USE": (
        "Port {port} on {host} is in use by another program; try --port {free}.",
        "Port {port} di {host} sedang dipakai program lain; coba --port {free}.",
    ),
    "PORT_REFUSED": (
        "Listening on {host}:{port} is not possible: {reason}. Choose another --host or --port.",
        "Tidak bisa melayani di {host}:{port}: {reason}. Pilih --host atau --port lain.",
    ),
    "UNPROTECTED": (
        (
            "{host} can be reached from other machines, and nobody has to log in yet: everyone on the network "
            "could read everything. Stay on 127.0.0.1, or add --allow-unprotected if you want just that."
        ),
        (
            "{host} terjangkau dari mesin lain, sedangkan belum ada login: siapa pun di jaringan dapat membaca "
            "semuanya. Tetaplah di 127.0.0.1, atau tambahkan --allow-unprotected bila memang itu yang diinginkan."
        ),
    ),
    "SERVING": (
        "{hub} · Simpul is running: {url} · Ctrl-C to stop",
        "{hub} · Simpul berjalan: {url} · Ctrl-C untuk berhenti",
    ),
    "SERVING_TOGETHER": (
        "{hub} · Simpul is running in {count} processes: {url} · Ctrl-C to stop",
        "{hub} · Simpul berjalan dalam {count} proses: {url} · Ctrl-C untuk berhenti",
    ),
    "WORKER_DIED": (
        "Process {pid} ended by itself (exit code {status}); another one takes its place.",
        "Proses {pid} berhenti sendiri (kode akhir {status}); proses lain menggantikannya.",
    ),
    "WORKERS_UNKNOWN": (
        "This system can't fork processes; leave out --workers, or start the hub on Linux or macOS.",
        "Sistem ini tidak dapat menggandakan proses; hapus --workers, atau jalankan hub di Linux atau macOS.",
    ),
    "DEMO_SERVING": (
        (
            "{hub} · Simpul is running: {url} · {proposals} proposals, {issues} need repair → simpul rejects · "
            "Ctrl-C to stop"
        ),
        (
            "{hub} · Simpul berjalan: {url} · {proposals} usulan, {issues} perlu diperbaiki → simpul rejects · "
            "Ctrl-C untuk berhenti"
        ),
    ),
    "STOPPED": ("Stopped.", "Berhenti."),
    "INIT_THERE": (
        "{folder} holds {names} already; nothing was written. Name another folder, or move these files away first.",
        "{folder} sudah berisi {names}; tidak ada yang ditulis. Sebutkan folder lain, atau pindahkan dulu berkas itu.",
    ),
    "INIT_FAILED": ("{path} can't be written: {reason}.", "{path} tidak dapat ditulis: {reason}."),
    "INIT_WRITTEN": ("Written in {folder}:", "Ditulis di {folder}:"),
    "INIT_HUB": ("what is read, and as what: begin here", "apa yang dibaca, dan sebagai apa: mulai dari sini"),
    "INIT_SECRETS": ("passwords; give it to nobody", "kata sandi; jangan diberikan kepada siapa pun"),
    "INIT_GITIGNORE": ("keeps secrets and copies out of git", "agar rahasia dan salinan tidak masuk git"),
    "INIT_SCHEMA": ("with it editors explain hub.yaml", "dengan ini editor menjelaskan hub.yaml"),
    "INIT_SAMPLE": ("four invented proposals, to be replaced", "empat usulan rekaan, untuk diganti"),
    "INIT_QUESTION": ("a first question", "pertanyaan pertama"),
    "INIT_NEXT": (
        "It works already. Next, one after the other:",
        "Sudah dapat dijalankan. Berikutnya, satu demi satu:",
    ),
    "INIT_FIRST_LINE": (
        "For editors hub.yaml begins with the line {line}",
        "Untuk editor, hub.yaml diawali baris {line}",
    ),
    "DEMO_MAKING": ("Making the sample regency in {path} …", "Membuat kabupaten contoh di {path} …"),
    "DEMO_TRACKER": ("Starting the project tracker …", "Menjalankan aplikasi pelacak proyek …"),
    "DEMO_TRACKER_FAILED": (
        "The project tracker of the sample did not start; see {path}.",
        "Aplikasi pelacak proyek contoh tidak berjalan; lihat {path}.",
    ),
    "DEMO_QUESTION": ("One question, four applications:", "Satu pertanyaan, empat aplikasi:"),
    "VARIABLES_NOT_JSON": (
        "--variables is not a JSON object, like '{{\"n\": 5}}'.",
        "--variables bukan objek JSON, misalnya '{{\"n\": 5}}'.",
    ),
    "OPERATION_FILE_UNREADABLE": ("{path} can't be read: {reason}.", "{path} tidak bisa dibaca: {reason}."),
    "OPERATION_FILE_NOT_UTF8": (
        "{path} is not UTF-8 text. Save it as UTF-8.",
        "{path} bukan teks UTF-8. Simpan sebagai UTF-8.",
    ),
    "REJECTS_NONE": ("No rejects and no issues.", "Tidak ada baris yang ditolak dan tidak ada catatan."),
    "WHY_ENTITY": ("There is no entity {name}; there are {names}.", "Tidak ada jenis data {name}; yang ada {names}."),
    "WHY_ENTITY_NEAR": (
        "There is no entity {name}; is {nearest} meant? There are {names}.",
        "Tidak ada jenis data {name}; apakah maksudnya {nearest}? Yang ada {names}.",
    ),
    "WHY_SEEN": ("Seen in {source}.{dataset}, read {at}.", "Terlihat di {source}.{dataset}, dibaca {at}."),
    "WHY_READ": ("Read as:", "Terbaca sebagai:"),
    "WHY_DECIDED": ("Decided by:", "Diputuskan oleh:"),
    "WHY_RIVALS": ("Rows with the same key:", "Baris dengan kunci yang sama:"),
    "WHY_LINKED": ("Linked:", "Terkait:"),
    "MATCH_ACCEPTED": ("accepted", "diterima"),
    "MATCH_CANDIDATE": ("candidate", "calon"),
    "MATCH_REFUSED": ("refused", "ditolak"),
    "COLUMN_SOURCE": ("Source", "Sumber"),
    "COLUMN_LOCATOR": ("Where", "Letak"),
    "COLUMN_CELL": ("Cell", "Sel"),
    "COLUMN_FIELD": ("Field", "Kolom data"),
    "COLUMN_VALUE": ("Value", "Isi"),
    "COLUMN_CODE": ("Code", "Kode"),
    "COLUMN_LINE": ("Decided by", "Ditentukan oleh"),
    "COLUMN_SUGGESTION": ("What to do", "Yang perlu dilakukan"),
    "COLUMN_WHAT": ("What", "Keterangan"),
    "COLUMN_KIND": ("Kind", "Jenis"),
    "COLUMN_RESULT": ("Result", "Hasil"),
    "COUNT_ADDED": ("Added", "Baru"),
    "COUNT_CHANGED": ("Changed", "Berubah"),
    "COUNT_REMOVED": ("Removed", "Hilang"),
    "OUTCOME_CHANGED": ("changed", "berubah"),
    "OUTCOME_UNCHANGED": ("unchanged", "tidak berubah"),
    "OUTCOME_FAILED": ("failed", "gagal"),
    "OUTCOME_REFUSED": ("refused", "ditahan"),
    "KIND_REJECT": ("reject", "ditolak"),
    "KIND_ISSUE": ("issue", "catatan"),
}

DRIFT: dict[str, tuple[str, str]] = {
    "DRIFT_PROPOSAL": (
        "To take it so, write in hub.yaml below {place}: {line}",
        "Untuk menerimanya, tulis di hub.yaml di bawah {place}: {line}",
    ),
}

HELP: dict[str, tuple[str, str]] = {
    "HELP_APP": (
        "One GraphQL endpoint over the applications that a regency already has. Exit codes: 0 all is well, 1 problems "
        "or errors, 2 wrong use.",
        "Satu titik GraphQL di atas aplikasi-aplikasi yang sudah dimiliki kabupaten. Kode akhir: 0 semua baik, 1 ada "
        "masalah atau kesalahan, 2 salah pakai.",
    ),
    "HELP_DEMO": (
        "Run the example regency with its applications, and show a first answer.",
        "Jalankan kabupaten contoh beserta aplikasinya, lalu tampilkan jawaban pertama.",
    ),
    "HELP_INIT": (
        "Make a folder with a small commented hub.yaml that works, to start from.",
        "Buat folder berisi hub.yaml kecil dengan penjelasan, yang langsung jalan, untuk memulai.",
    ),
    "HELP_CHECK": ("Every problem of the configuration and its sources.", "Semua masalah konfigurasi dan sumbernya."),
    "HELP_SYNC": ("Bring sources in now, with progress.", "Ambil data sumber sekarang, dengan kemajuannya."),
    "HELP_SERVE": ("Serve the endpoint and its pages.", "Layani titik GraphQL dan halamannya."),
    "HELP_QUERY": (
        "Run an operation against hub.yaml without a server.",
        "Jalankan operasi terhadap hub.yaml tanpa server.",
    ),
    "HELP_REJECTS": (
        "Rows that could not be taken and cells that could not be read.",
        "Baris yang ditolak dan sel yang tidak terbaca.",
    ),
    "HELP_INSPECT": (
        "What tables a file or folder holds: names, rows, types, totals; without hub.yaml.",
        "Tabel apa yang ada di berkas atau folder: judul kolom, baris, jenis isi, jumlah; tanpa hub.yaml.",
    ),
    "HELP_PATH": (
        "A file or folder, or the address of a file: xlsx, xls, ods, csv, HTML, JSON, zip; a mailbox: imaps://USER@HOST; a database: mysql://USER@HOST/NAME.",
        "Berkas atau folder, atau alamat berkas: xlsx, xls, ods, csv, HTML, JSON, zip; kotak surat: imaps://PENGGUNA@HOST; basis data: mysql://PENGGUNA@HOST/NAMA.",
    ),
    "HELP_CA": (
        "Of a mailbox: PEM file of the office's own certificate authority.",
        "Untuk kotak surat: berkas PEM otoritas sertifikat kantor sendiri.",
    ),
    "HELP_ADD": (
        "Draft into hub.yaml how a file or folder is read: entities, keys, links. Shows the difference and asks.",
        "Susun di hub.yaml cara membaca berkas atau folder: jenis data, kunci, kaitan. Menunjukkan perbedaannya lalu bertanya.",
    ),
    "HELP_ADD_PATH": (
        "A file or folder, or the address of a file: xlsx, xls, ods, csv, HTML, JSON, zip; a mailbox: imaps://USER@HOST; a database: mysql://USER@HOST/NAME.",
        "Berkas atau folder, atau alamat berkas: xlsx, xls, ods, csv, HTML, JSON, zip; kotak surat: imaps://PENGGUNA@HOST; basis data: mysql://PENGGUNA@HOST/NAMA.",
    ),
    "HELP_ADD_TABLE": (
        "Of a database: a table that is wanted; may be repeated.",
        "Untuk basis data: tabel yang diperlukan; boleh diulang.",
    ),
    "HELP_YES": ("Write without asking.", "Tulis tanpa bertanya."),
    "HELP_UNDO": ("Take the last addition back.", "Batalkan penambahan terakhir."),
    "HELP_JSON": ("As JSON for a program.", "Sebagai JSON untuk program."),
    "HELP_WHY": (
        "Why a row is as it is, or is missing: seen, read, decided, linked.",
        "Mengapa suatu baris demikian, atau tidak ada: terlihat, terbaca, diputuskan, terkait.",
    ),
    "HELP_WHY_ENTITY": (
        "What the row should have become, such as Proposal.",
        "Jenis data yang dituju baris itu, misalnya Proposal.",
    ),
    "HELP_WHY_ROW": (
        "Its key, part by part, or where it stands: Alas.xlsx:12, Alas.xlsx:C12, 'Alas.xlsx › Usulan › 12'.",
        "Kuncinya, per bagian, atau letaknya: Alas.xlsx:12, Alas.xlsx:C12, 'Alas.xlsx › Usulan › 12'.",
    ),
    "HELP_SCHEMA": ("The schema (SDL) that hub.yaml serves.", "Skema (SDL) yang dilayani hub.yaml."),
    "HELP_CONFIG": ("The configuration of the hub.", "Konfigurasi hub."),
    "HELP_VERSION": ("Tell the version and end.", "Tampilkan versi, lalu selesai."),
    "HELP_LANG": ("Language of what is shown: id or en.", "Bahasa tampilan: id atau en."),
    "HELP_HOST": ("Address to listen on.", "Alamat yang dilayani."),
    "HELP_PORT": ("Port to listen on.", "Port yang dilayani."),
    "HELP_WORKERS": (
        "Processes that answer on the port, for machines with several processors; one of them reads the sources.",
        "Jumlah proses yang menjawab pada port itu, untuk mesin berprosesor banyak; satu di antaranya membaca sumber.",
    ),
    "HELP_UNPROTECTED": (
        "Listen on an address that other machines reach, without login.",
        "Layani alamat yang terjangkau mesin lain, tanpa login.",
    ),
    "HELP_FOLDER": ("Where the sample is made.", "Tempat contoh dibuat."),
    "HELP_NEW": ("The folder; it is made if it is not there.", "Foldernya; dibuat bila belum ada."),
    "HELP_EDITOR": (
        "Only write hub.schema.json anew, for a hub.yaml that is there: after Simpul was updated.",
        "Hanya tulis ulang hub.schema.json, untuk hub.yaml yang sudah ada: setelah Simpul diperbarui.",
    ),
    "HELP_ONCE": ("Show the first answer and end.", "Tampilkan jawaban pertama lalu selesai."),
    "HELP_SOURCE": ("Only this source.", "Hanya sumber ini."),
    "HELP_FULL": ("Read unchanged files again too.", "Baca ulang juga berkas yang tidak berubah."),
    "HELP_FORCE": (
        "Go on even if more records would be lost than maxLoss allows, and agree to columns as they are now.",
        "Teruskan walaupun data yang hilang melebihi maxLoss, dan setujui kolom apa adanya sekarang.",
    ),
    "HELP_FILE": (
        "File with the operation, - for standard input, or the name of a saved question.",
        "Berkas operasi, - untuk masukan standar, atau nama pertanyaan tersimpan.",
    ),
    "HELP_TABLE": (
        "Write all records as CSV into this file; - for standard output.",
        "Tulis semua data sebagai CSV ke berkas ini; - untuk keluaran standar.",
    ),
    "HELP_LOCALE": (
        "How CSV writes: en (, and decimal point) or id (; and decimal comma).",
        "Cara menulis CSV: en (, dan titik desimal) atau id (; dan koma desimal).",
    ),
    "HELP_EXPAND": (
        "A list inside the rows that gets a row for each of its items.",
        "Daftar di dalam baris yang mendapat satu baris untuk tiap isinya.",
    ),
    "HELP_EXPLAIN": (
        "Shows how the answer is come by, instead of it.",
        "Tampilkan cara memperoleh jawabannya, sebagai ganti jawaban.",
    ),
    "HELP_VARIABLES": ("Variables as a JSON object.", "Variabel sebagai objek JSON."),
    "HELP_CSV": ("As CSV for a spreadsheet.", "Sebagai CSV untuk lembar kerja."),
}

SENTENCES: dict[str, tuple[str, str]] = {**DRIFT, **HELP, **HTTP, **PAGES, **ENTITIES, **COMMANDS}

MESSAGES = Messages(TROUBLE, CONNECTORS, REPLICA, RESOLVERS, SENTENCES)
