"""What each option of hub.yaml is for, in English and Indonesian: the explanations in hub.schema.json, which editors show."""

from __future__ import annotations

from collections.abc import Mapping

TAKES = ("Takes {wanted}.", "Isinya {wanted}.")
VALUES = ("Values: {values}.", "Nilainya: {values}.")
OWN_FIELD = (
    "There is no such field here. Correct the name; a field of your own needs a type.",
    "Isian ini tidak ada di sini. Betulkan namanya; isian sendiri memerlukan type.",
)

OPTIONS: Mapping[str, tuple[str, str]] = {
    "Hub.name": ("What the hub is called, on every page.", "Nama hub, tampil di setiap halaman."),
    "Hub.notice": (
        "Shown with every answer and page, such as “sample data”. Leave it out where there is nothing to warn of.",
        "Tampil pada setiap jawaban dan halaman, misalnya “data contoh”. Hapus bila tidak ada yang perlu diingatkan.",
    ),
    "Hub.language": (
        "Language of pages and messages: id or en.",
        "Bahasa halaman dan pesan: id atau en.",
    ),
    "Hub.timezone": (
        "Time zone of dates without one: Asia/Jakarta (WIB), Asia/Makassar (WITA), Asia/Jayapura (WIT).",
        "Zona waktu tanggal yang tidak menyebutnya: Asia/Jakarta (WIB), Asia/Makassar (WITA), Asia/Jayapura (WIT).",
    ),
    "Hub.replica": (
        "Where the hub keeps its own copy: sqlite:///FILE, or a PostgreSQL database. It may be deleted; a sync makes it again.",
        "Tempat salinan milik hub: sqlite:///BERKAS, atau basis data PostgreSQL. Boleh dihapus; sinkron membuatnya lagi.",
    ),
    "Hub.cache": (
        "Where answers are kept until a sync changes what they were made of: memory (this process), a Redis that several processes"
        " share, or off.",
        "Tempat jawaban disimpan sampai sinkron mengubah bahannya: memory (proses ini), Redis yang dipakai bersama beberapa proses,"
        " atau off.",
    ),
    "Hub.cors": (
        "Addresses of web pages elsewhere that may ask this hub.",
        "Alamat laman di tempat lain yang boleh bertanya kepada hub ini.",
    ),
    "Hub.home": (
        "Saved questions whose tables stand on the first page: the name of a file in queries/, or several.",
        "Pertanyaan tersimpan yang tabelnya tampil di halaman depan: nama berkas dalam queries/, boleh beberapa.",
    ),
    "Hub.sources": (
        "The applications and files that are read, each under a name of your own. They are only read, never changed.",
        "Aplikasi dan berkas yang dibaca, masing-masing dengan nama pilihan sendiri. Hanya dibaca, tidak pernah diubah.",
    ),
    "Hub.entities": (
        "Which things the rows are, and from which column each of their fields comes: Proposal, BudgetLine, or one of your own.",
        "Jenis data dari baris yang dibaca, dan kolom asal setiap isiannya: Proposal, BudgetLine, atau buatan sendiri.",
    ),
    "Hub.links": (
        "What belongs together, such as Proposal.budgetLines: the budget of a proposal.",
        "Yang saling terkait, misalnya Proposal.budgetLines: anggaran sebuah usulan.",
    ),
    "Source.kind": (
        "What it is: spreadsheet (files: xlsx, xls, ods, csv, HTML, JSON, zip), sql (a database), rest (a JSON API), mailbox (IMAP,"
        " mbox, Maildir).",
        "Jenisnya: spreadsheet (berkas: xlsx, xls, ods, csv, HTML, JSON, zip), sql (basis data), rest (API JSON), mailbox (IMAP,"
        " mbox, Maildir).",
    ),
    "Source.refresh": (
        "When it is read again while the hub serves; watch means as soon as a file changes. 10m if not said.",
        "Kapan dibaca lagi selama hub melayani; watch berarti begitu berkas berubah. Bila tidak disebut: 10m.",
    ),
    "Source.timezone": (
        "Time zone of its dates, if it is not the hub's.",
        "Zona waktu tanggalnya, bila berbeda dari zona hub.",
    ),
    "Source.maxLoss": (
        "A sync that would lose more than this share of the records stops and says so. 50% if not said.",
        "Sinkron yang akan menghilangkan data melebihi bagian ini berhenti dan memberi tahu. Bila tidak disebut: 50%.",
    ),
    "Spreadsheet.path": (
        "The file, or several: * stands for any text. From the folder of hub.yaml; write 'D:\\Data\\file.xlsx' in single quotes."
        " Or the address of one on a server: https://…",
        "Berkasnya, boleh beberapa: * berarti teks apa saja. Dihitung dari folder hub.yaml; tulis 'D:\\Data\\file.xlsx' dalam"
        " kutip tunggal. Boleh juga alamat berkas di server: https://…",
    ),
    "Spreadsheet.password": (
        "Opens files that are protected with one, as ${NAME}; the password itself belongs in secrets.env.",
        "Pembuka berkas yang dilindungi kata sandi, ditulis ${NAMA}; kata sandinya sendiri ditulis di secrets.env.",
    ),
    "Spreadsheet.newest": (
        "true: of the files that match only the newest by its name is read, such as the export in the folder of the last date.",
        "true: dari berkas yang cocok hanya yang terbaru menurut namanya yang dibaca, misalnya ekspor dalam folder tanggal terakhir.",
    ),
    "Spreadsheet.datasets": (
        "The sheets that are read, each under a name of your own. Without it each name is a sheet's name.",
        "Lembar yang dibaca, masing-masing dengan nama pilihan sendiri. Tanpa ini nama yang dipakai adalah nama lembar.",
    ),
    "Sheet.sheet": (
        'Name of the sheet; "*" for every visible one. The first visible one if not said.',
        'Nama lembar; "*" untuk semua lembar yang tampil. Bila tidak disebut: lembar pertama yang tampil.',
    ),
    "Dataset.contract": (
        "What happens when columns are renamed, gone, new or of another type: what can be taken is taken and the rest told (evolve),"
        " the old records stay until it is put right or agreed to (freeze), or rows with a cell that can't be read are rejected"
        " (rejectRows).",
        "Nasib data saat kolom berganti nama, hilang, baru, atau berganti jenis: yang bisa diambil tetap diambil dan sisanya"
        " diberitahukan (evolve), data lama dipertahankan sampai dibetulkan atau disetujui (freeze), atau baris dengan sel yang tidak"
        " terbaca ditolak (rejectRows).",
    ),
    "Dataset.rename": (
        "Columns that are called otherwise in some files or since some day: New name: Name that the fields use.",
        "Kolom yang namanya lain di sebagian berkas atau sejak suatu hari: Nama baru: Nama yang dipakai isian.",
    ),
    "Sheet.header": (
        "Row with the names of the columns, 1 if not said; none if there is no such row (columns are then A, B, C …); auto to "
        "find it, and to leave out totals and groups, as `simpul inspect` shows; rows such as 5-6 (5-5 for one) to say where the "
        "names stand and have the rest found.",
        "Baris berisi judul kolom, 1 bila tidak disebut; none bila tidak ada (kolom lalu bernama A, B, C …); auto agar dicari "
        "sendiri, serta melewati baris jumlah dan kelompok, seperti ditunjukkan `simpul inspect`; baris seperti 5-6 (5-5 untuk "
        "satu baris) bila letak judulnya disebut dan selebihnya dicari.",
    ),
    "Sheet.total": (
        "With auto or rows such as 5-6: the rows that are totals, such as 418, 433, or none, where that was not found rightly.",
        "Bersama auto atau baris seperti 5-6: baris jumlah, misalnya 418, 433, atau none, bila tidak dikenali dengan benar.",
    ),
    "Sheet.rows": (
        "Which rows hold data, if not all below the head.",
        "Baris mana yang berisi data, bila bukan semua di bawah judul.",
    ),
    "Sheet.skip": (
        "Rows to leave out, such as totals: a column and the texts in it that mark them; between slashes a regular expression.",
        "Baris yang dilewati, misalnya baris jumlah: kolom dan teks penandanya; di antara garis miring ekspresi reguler.",
    ),
    "Sheet.table": (
        "With auto: which of several tables in a sheet, by its number as `simpul inspect` counts them, or by a text above it; the"
        " one with the most rows if not said.",
        "Bersama auto: tabel mana bila satu lembar berisi beberapa, dengan nomornya menurut `simpul inspect` atau teks di"
        " atasnya; bila tidak disebut: yang barisnya terbanyak.",
    ),
    "Sheet.member": (
        "Which files inside of a zip, * stands for any text; all of them if not said.",
        "Berkas mana di dalam zip, * berarti teks apa saja; bila tidak disebut: semuanya.",
    ),
    "Sheet.encoding": (
        "Encoding of a csv file, if it can't be told.",
        "Pengodean berkas csv, bila tidak dapat dikenali.",
    ),
    "Sheet.delimiter": (
        "What stands between the values of a csv file, if it can't be told.",
        "Pemisah nilai dalam berkas csv, bila tidak dapat dikenali.",
    ),
    "Sql.url": (
        "Address of the database in one: postgresql://USER:${PASSWORD}@HOST/DATABASE, sqlite:///FILE.",
        "Alamat basis data dalam satu teks: postgresql://PENGGUNA:${PASSWORD}@HOST/DATABASE, sqlite:///BERKAS.",
    ),
    "Sql.engine": (
        "Kind of database, instead of url: postgresql, mariadb, mysql or sqlite.",
        "Jenis basis data, sebagai pengganti url: postgresql, mariadb, mysql, atau sqlite.",
    ),
    "Sql.host": ("Name or address of its server.", "Nama atau alamat servernya."),
    "Sql.port": ("Its port, if it is not the usual one.", "Portnya, bila bukan yang biasa."),
    "Sql.database": ("Name of the database; for sqlite its file.", "Nama basis data; untuk sqlite berkasnya."),
    "Sql.schema": (
        "PostgreSQL only: where tables without a schema are looked for.",
        "Hanya PostgreSQL: tempat mencari tabel yang ditulis tanpa skema.",
    ),
    "Sql.user": ("Who logs in: a user who may only read.", "Pengguna yang masuk: yang hanya boleh membaca."),
    "Sql.allowOwner": (
        "true: simpul check says no more that this account may do more than read. Better: an account that may only read.",
        "true: simpul check tidak lagi menegur akun yang boleh lebih dari membaca. Lebih baik: akun yang hanya boleh membaca.",
    ),
    "Sql.tls": (
        "require encrypts, verify also checks the server's certificate, off does neither.",
        "require mengenkripsi, verify juga memeriksa sertifikat server, off tidak keduanya.",
    ),
    "Sql.tlsCa": (
        "With tls: verify, the file of the authority that signed the certificate, if the system doesn't know it.",
        "Untuk tls: verify, berkas otoritas penanda tangan sertifikat, bila tidak dikenal sistem.",
    ),
    "Sql.connections": (
        "How many connections are used at most at a time, 4 if not said.",
        "Paling banyak berapa koneksi dipakai sekaligus, 4 bila tidak disebut.",
    ),
    "Sql.encoding": (
        "What texts were written in, where the database believes otherwise: UTF-8 in latin1 tables, PostgreSQL's SQL_ASCII.",
        "Pengodean asli teks, bila basis data mengira lain: UTF-8 dalam tabel latin1, SQL_ASCII di PostgreSQL.",
    ),
    "Sql.password": (
        "As ${NAME}; the password itself belongs in secrets.env.",
        "Ditulis ${NAMA}; kata sandinya sendiri di secrets.env.",
    ),
    "Sql.timeout": (
        "How long a batch of rows may take, 30 seconds if not said.",
        "Lama paling panjang untuk satu kelompok baris, 30 detik bila tidak disebut.",
    ),
    "Sql.datasets": (
        "The tables that are read, each under a name of your own.",
        "Tabel yang dibaca, masing-masing dengan nama pilihan sendiri.",
    ),
    "Table.table": (
        "Name of the table or view, if the dataset is not called so.",
        "Nama tabel atau view, bila berbeda dari nama himpunan datanya.",
    ),
    "Table.query": ("One SELECT, instead of a table.", "Satu perintah SELECT, sebagai pengganti tabel."),
    "Table.parts": (
        "A large table is read in parts of so many keys, such as 10000: a part that has not changed is not read again.",
        "Tabel besar dibaca per bagian sekian kunci, misalnya 10000: bagian yang tidak berubah tidak dibaca lagi.",
    ),
    "Table.key": (
        "Columns that tell rows apart; a table with a primary key needs none.",
        "Kolom yang membedakan baris; tabel dengan kunci utama tidak memerlukannya.",
    ),
    "Mailbox.path": ("The mbox file or Maildir folder.", "Berkas mbox atau folder Maildir."),
    "Mailbox.url": (
        "Address of a mailbox on a server, instead of host: imaps://USER@HOST (TLS) or imap://USER@HOST (STARTTLS).",
        "Alamat kotak surat di server, sebagai pengganti host: imaps://PENGGUNA@HOST (TLS) atau imap://PENGGUNA@HOST (STARTTLS).",
    ),
    "Mailbox.host": ("Name or address of its server (IMAP).", "Nama atau alamat servernya (IMAP)."),
    "Mailbox.port": (
        "Its port, if it is not the usual one: 993 with tls, else 143.",
        "Portnya, bila bukan yang biasa: 993 dengan tls, selain itu 143.",
    ),
    "Mailbox.encryption": (
        "tls (if not said), starttls, or none: then everybody on the way reads the password and the letters.",
        "tls (bila tidak disebut), starttls, atau none: kata sandi dan surat terbaca siapa pun di jalan.",
    ),
    "Mailbox.ca": (
        "PEM file of the office's own certificate authority, if the server's certificate is from it.",
        "Berkas PEM otoritas sertifikat kantor sendiri, bila sertifikat server berasal darinya.",
    ),
    "Mailbox.user": ("Who logs in.", "Pengguna yang masuk."),
    "Mailbox.password": (
        "As ${NAME}; the password itself belongs in secrets.env.",
        "Ditulis ${NAMA}; kata sandinya sendiri di secrets.env.",
    ),
    "Mailbox.oauth": (
        "A login with tokens instead of a password (XOAUTH2), as large providers want it.",
        "Login dengan token sebagai pengganti kata sandi (XOAUTH2), seperti diminta penyedia besar.",
    ),
    "Mailbox.folders": (
        "Names of the folders that are read, with * for any; all but trash, junk, drafts and sent if not said.",
        "Nama folder yang dibaca, * untuk apa saja; semua selain sampah, spam, draf, dan terkirim bila tidak disebut.",
    ),
    "Mailbox.timeout": (
        "How long the server may take for one answer, 30 seconds if not said.",
        "Lama paling panjang untuk satu jawaban server, 30 detik bila tidak disebut.",
    ),
    "Mailbox.datasets": (
        "threads, replies, attachments: what a mailbox holds. There is nothing to say of them.",
        "threads, replies, attachments: isi kotak surat. Tidak ada yang perlu diatur.",
    ),
    "Rest.url": (
        "Address of the API; the paths of its datasets stand below it.",
        "Alamat API; jalur himpunan datanya ada di bawahnya.",
    ),
    "Rest.headers": ("Headers sent with each request.", "Header yang dikirim pada setiap permintaan."),
    "Rest.bearer": ("A token for Authorization, as ${NAME}.", "Token untuk Authorization, ditulis ${NAMA}."),
    "Rest.apiKey": ("A key that is sent in a header.", "Kunci yang dikirim dalam header."),
    "ApiKey.header": ("Name of the header.", "Nama header."),
    "ApiKey.value": ("The key, as ${NAME}.", "Kuncinya, ditulis ${NAMA}."),
    "Rest.oauth": (
        "A login that gives out tokens for a while (OAuth 2.0 client credentials).",
        "Login yang memberi token untuk sementara (OAuth 2.0 client credentials).",
    ),
    "OAuth.tokenUrl": ("Address that gives out tokens.", "Alamat yang memberi token."),
    "OAuth.clientId": ("Who the hub is there.", "Nama hub di sana."),
    "OAuth.clientSecret": ("Its secret, as ${NAME}.", "Rahasianya, ditulis ${NAMA}."),
    "OAuth.refreshToken": (
        "Token of somebody who has agreed once, as ${NAME}; the hub then asks in that name.",
        "Token dari orang yang pernah menyetujui, ditulis ${NAMA}; hub lalu meminta atas namanya.",
    ),
    "OAuth.scope": (
        "What it asks to be let do there, if that must be said.",
        "Izin yang diminta di sana, bila harus disebut.",
    ),
    "Rest.timeout": (
        "How long a request may take, 10 seconds if not said.",
        "Lama paling panjang untuk satu permintaan, 10 detik bila tidak disebut.",
    ),
    "Rest.maxBytes": (
        "How much a list may hold, 20MB if not said.",
        "Besar paling banyak untuk satu daftar, 20MB bila tidak disebut.",
    ),
    "Rest.rate": (
        "How often it may be asked, where its owner has set a limit, such as 60/m; as often as needed if not said.",
        "Seberapa sering boleh ditanyai bila pemiliknya membatasi, misalnya 60/m; sesering yang perlu bila tidak disebut.",
    ),
    "Rest.datasets": (
        "The lists that are read, each under a name of your own.",
        "Daftar yang dibaca, masing-masing dengan nama pilihan sendiri.",
    ),
    "Endpoint.path": (
        "Path below the source's address, if the dataset is not called so.",
        "Jalur di bawah alamat sumber, bila berbeda dari nama himpunan datanya.",
    ),
    "Endpoint.list": (
        "Where the list stands in the answer, such as data.items; the whole answer if not said.",
        "Letak daftar dalam jawaban, misalnya data.items; seluruh jawaban bila tidak disebut.",
    ),
    "Endpoint.paging": ("How further pages are asked for.", "Cara meminta halaman berikutnya."),
    "Endpoint.params": ("Parameters of the address.", "Parameter pada alamat."),
    "Endpoint.key": ("The property that tells rows apart.", "Properti yang membedakan baris."),
    "Endpoint.format": (
        "json, or ndjson: an object for each line, read without holding all of them.",
        "json, atau ndjson: satu objek per baris, dibaca tanpa menampung semuanya.",
    ),
    "Endpoint.ids": (
        "How single records are asked for by their keys.",
        "Cara meminta data tertentu menurut kuncinya.",
    ),
    "Paging.style": (
        "page: by the page's number; offset: by how many to pass over; next: the answer names the address; cursor: it names a mark.",
        "page: menurut nomor halaman; offset: menurut banyaknya yang dilewati; next: jawaban menyebut alamatnya; cursor: jawaban"
        " menyebut tandanya.",
    ),
    "Paging.param": ("Parameter with the page, offset or mark.", "Parameter untuk halaman, offset, atau tanda."),
    "Paging.sizeParam": ("Parameter with the size of a page.", "Parameter untuk besar halaman."),
    "Paging.size": ("Records on a page.", "Banyaknya data per halaman."),
    "Paging.first": ("Number of the first page or offset.", "Nomor halaman atau offset pertama."),
    "Paging.total": (
        "Where each page says how many records the list has; then a list that changes while it is read is noticed.",
        "Letak banyaknya data seluruh daftar pada tiap halaman; dengan begitu daftar yang berubah saat dibaca ketahuan.",
    ),
    "Paging.at": (
        "Where the next address or mark stands in the answer.",
        "Letak alamat atau tanda berikutnya dalam jawaban.",
    ),
    "Ids.param": ("Parameter with the keys.", "Parameter untuk kunci."),
    "Ids.separator": (
        "What stands between keys; none repeats the parameter.",
        "Pemisah antarkunci; none mengulang parameternya.",
    ),
    "Ids.size": ("How many keys at once, 50 if not said.", "Banyaknya kunci sekaligus, 50 bila tidak disebut."),
    "Mapping.from": (
        "Where the rows come from: SOURCE.DATASET, or SOURCE alone if it has one dataset. A list for several.",
        "Asal barisnya: SUMBER.HIMPUNAN, atau SUMBER saja bila hanya satu himpunan. Boleh daftar untuk beberapa.",
    ),
    "Mapping.fields": (
        "Which column each field comes from: field: Column. More can be said below the field.",
        "Kolom asal setiap isian: isian: Kolom. Keterangan lain ditulis di bawah isiannya.",
    ),
    "Mapping.where": (
        "Only rows with one of these texts in a column; between slashes a regular expression.",
        "Hanya baris yang kolomnya berisi salah satu teks ini; di antara garis miring ekspresi reguler.",
    ),
    "Mapping.duplicates": (
        "What happens to rows with the same key: all are set aside (reject), or the first or last is taken.",
        "Nasib baris dengan kunci yang sama: semua disisihkan (reject), atau diambil yang pertama (first) atau terakhir (last).",
    ),
    "Entity.key": (
        "Fields that tell one record from another; also file and sheet, where the row stands.",
        "Isian yang membedakan satu data dari yang lain; boleh juga file dan sheet, letak barisnya.",
    ),
    "Entity.fingerprint": (
        "Instead of key, where nothing tells records apart: fields by which one is known again.",
        "Pengganti key bila tidak ada yang membedakan: isian untuk mengenali data yang sama.",
    ),
    "Entity.precedence": (
        "Which dataset is believed where several have the same key, the first most.",
        "Himpunan mana yang dipercaya bila beberapa punya kunci yang sama, mulai dari yang paling dipercaya.",
    ),
    "Entity.filterable": (
        "Fields that are often asked for by their value: the hub keeps an index of each, as it does of codes, numbers and dates."
        " `fiscalYear + status`: of both at once, for lists that ask for both.",
        "Isian yang sering dicari menurut nilainya: hub menyimpan indeksnya, seperti untuk kode, bilangan, dan tanggal."
        " `fiscalYear + status`: keduanya sekaligus, untuk daftar yang mencari keduanya.",
    ),
    "Entity.plural": (
        "Name of the list in questions, such as healthPosts.",
        "Nama daftarnya dalam pertanyaan, misalnya healthPosts.",
    ),
    "Entity.description": ("What it is, for those who ask.", "Penjelasannya, untuk yang bertanya."),
    "Words.en": ("In English.", "Dalam bahasa Inggris."),
    "Words.id": ("In Indonesian.", "Dalam bahasa Indonesia."),
    "Field.column": (
        "Column of the source; a list joins several. $file and $sheet are where the row stands, $title the lines"
        " above its table and $leaf whether it has no parts below it (with header: auto, or rows such as 5-6).",
        "Kolom dari sumber; daftar menggabungkan beberapa. $file dan $sheet adalah letak barisnya, $title baris di atas"
        " tabelnya dan $leaf apakah tanpa rincian di bawahnya (dengan header: auto, atau baris seperti 5-6).",
    ),
    "Field.from": (
        "Instead of a column: what stands around the table. The name of its file (without .xlsx), of its sheet or folder, or the"
        " title: the lines above it (with header: auto, or rows such as 5-6). With a pattern, folder is the nearest one in which"
        " it is found.",
        "Pengganti kolom: yang ada di sekitar tabel. Nama berkasnya (file, tanpa .xlsx), lembarnya (sheet), atau foldernya"
        " (folder), atau baris di atasnya (title, dengan header: auto atau baris seperti 5-6). Dengan pattern, folder adalah yang"
        " terdekat yang memuatnya.",
    ),
    "Field.after": (
        "With from: title, the words after which the value stands in its line: SKPD.",
        "Bersama from: title, kata yang mendahului isinya dalam satu baris: SKPD.",
    ),
    "Field.join": (
        "What stands between several columns, a dot if not said.",
        "Penghubung beberapa kolom, titik bila tidak disebut.",
    ),
    "Field.value": ("The same for every row, instead of a column.", "Isi yang sama untuk setiap baris, tanpa kolom."),
    "Field.within": (
        "Column with the place above, where names repeat: the district of a village.",
        "Kolom tempat di atasnya bila nama berulang: kecamatan dari sebuah desa.",
    ),
    "Field.type": (
        "For fields of your own: text, code, int, money, decimal, date, datetime, boolean, enum, texts, codes, or an entity.",
        "Untuk isian sendiri: text, code, int, money, decimal, date, datetime, boolean, enum, texts, codes, atau jenis data.",
    ),
    "Field.scale": ("Digits after the decimal sign, up to 9.", "Angka di belakang koma, paling banyak 9."),
    "Field.decimal": (
        "The column's decimal sign, where numbers can't be told apart: , or .",
        "Tanda desimal kolom ini, bila angkanya meragukan: , atau .",
    ),
    "Field.unit": (
        "What the numbers count in, such as 1000 where a column is headed “in thousands”.",
        "Satuan bilangannya, misalnya 1000 bila kolomnya “dalam ribuan”.",
    ),
    "Field.values": (
        "What a text of the source means: DITERIMA: ACCEPTED. Between slashes a regular expression.",
        "Arti teks dari sumber: DITERIMA: ACCEPTED. Di antara garis miring ekspresi reguler.",
    ),
    "Field.zeroMeans": (
        "What 0 means: zero, nothing filled in (empty), or not known (unknown: left empty and told).",
        "Arti 0: memang nol (zero), belum diisi (empty), atau tidak diketahui (unknown: dikosongkan dan dicatat).",
    ),
    "Field.split": (
        "What stands between several values in one cell.",
        "Pemisah beberapa nilai dalam satu sel.",
    ),
    "Field.parts": (
        "Which parts of a code with dots are kept.",
        "Bagian mana dari kode bertitik yang diambil.",
    ),
    "Field.pattern": (
        "Takes only this of the text; its first group in brackets if it has one. year and month find the one year, or the number"
        " of the one month, that it names.",
        "Mengambil bagian ini saja dari teks; kelompok pertama dalam kurung bila ada. year dan month menemukan tahun, atau nomor"
        " bulan, yang disebut di dalamnya.",
    ),
    "Field.optional": (
        "Whether the pattern may be missing without a remark.",
        "Apakah pattern boleh tidak ditemukan tanpa dicatat.",
    ),
    "Field.required": (
        "Whether a row without it is set aside.",
        "Apakah baris tanpa isian ini disisihkan.",
    ),
    "Field.sensitive": (
        "Whether it is personal data, which is masked.",
        "Apakah ini data pribadi, yang disamarkan.",
    ),
    "Field.description": ("What it is, for those who ask.", "Penjelasannya, untuk yang bertanya."),
    "Link.to": ("Entity that a new link leads to.", "Jenis data tujuan kaitan baru."),
    "Link.inverse": ("Name of a new link from the other end.", "Nama kaitan baru dari ujung yang lain."),
    "Link.many": ("Whether one may have several partners.", "Apakah satu data boleh punya beberapa pasangan."),
    "Link.inverseMany": (
        "Whether a partner may belong to several.",
        "Apakah satu pasangan boleh dimiliki beberapa data.",
    ),
    "Link.rules": (
        "How partners are found, in order: a later rule sees only what has none yet.",
        "Cara menemukan pasangan, berurutan: aturan berikutnya hanya untuk yang belum berpasangan.",
    ),
    "Link.via": (
        "Other links to walk along instead of rules: [budgetLines, projects].",
        "Kaitan lain yang dilalui sebagai pengganti aturan: [budgetLines, projects].",
    ),
    "Link.description": ("What it ties, for those who ask.", "Penjelasannya, untuk yang bertanya."),
    "Rule.key": (
        "Fields that are equal on both ends: field here: field there.",
        "Isian yang sama di kedua ujung: isian di sini: isian di sana.",
    ),
    "Rule.crosswalk": (
        "A csv file in which people keep what belongs together.",
        "Berkas csv tempat orang mencatat apa yang saling terkait.",
    ),
    "Rule.normalise": (
        "What does not count when texts are compared: case, blanks, punctuation, zeros in front.",
        "Yang diabaikan saat membandingkan teks: besar kecil huruf, spasi, tanda baca, nol di depan.",
    ),
    "Rule.dropWords": (
        "Words left out before comparing, such as desa, kelurahan.",
        "Kata yang dibuang sebelum membandingkan, misalnya desa, kelurahan.",
    ),
    "Crosswalk.file": ("The csv file.", "Berkas csv-nya."),
    "Crosswalk.from": (
        "Which of its columns names this end: field: Column.",
        "Kolom yang menyebut ujung ini: isian: Kolom.",
    ),
    "Crosswalk.to": (
        "Which of its columns names the other end: field: Column.",
        "Kolom yang menyebut ujung lain: isian: Kolom.",
    ),
}
