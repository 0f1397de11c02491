"""What is said of hub.yaml, in English and Indonesian."""

from __future__ import annotations

TROUBLE: dict[str, tuple[str, str]] = {
    "OS_FORBIDDEN": (
        "this user may not use it; give it permission, or choose another",
        "pengguna ini tidak berizin; beri izin, atau pilih yang lain",
    ),
    "OS_FOLDER": ("it is a folder; name a file", "ini folder; sebutkan sebuah berkas"),
    "OS_TAKEN": (
        "a file stands where a folder is needed; choose another name, or move the file",
        "ada berkas di tempat yang memerlukan folder; pilih nama lain, atau pindahkan berkas itu",
    ),
    "OS_ABSENT": ("it is not there; check the name", "tidak ada; periksa namanya"),
    "OS_PORT_TAKEN": ("another program uses the port; choose another", "port dipakai program lain; pilih yang lain"),
    "OS_ADDRESS": ("this machine has no such address; check it", "mesin ini tidak punya alamat itu; periksa alamatnya"),
    "OS_DISK_FULL": ("the disk is full; make room", "disk penuh; kosongkan ruang"),
    "OS_OTHER": (
        "the system reports {name}; ask who looks after this machine",
        "sistem melaporkan {name}; tanyakan pengelola mesin ini",
    ),
}
"""Of the operating system; part of another sentence."""

SENTENCES: dict[str, tuple[str, str]] = {
    "FILE_MISSING": (
        "there is no such file. Make one with simpul init FOLDER, or name it with --config.",
        "berkas ini tidak ada. Buat dengan simpul init FOLDER, atau sebutkan dengan --config.",
    ),
    "FILE_UNREADABLE": ("can't be read: {reason}.", "tidak dapat dibaca: {reason}."),
    "FILE_EMPTY": (
        "the file is empty. It needs at least name, sources and entities.",
        "berkas kosong. Isi sedikitnya name, sources, dan entities.",
    ),
    "FILE_TOO_LARGE": (
        "the file has more than {limit} bytes; a configuration is never that large. Is it the right file?",
        "berkas lebih dari {limit} bita; konfigurasi tidak sebesar itu. Apakah ini berkas yang benar?",
    ),
    "NOT_UTF8": (
        "the file is not UTF-8 text. Save it as UTF-8.",
        "berkas bukan teks UTF-8. Simpan sebagai UTF-8.",
    ),
    "YAML_TAB": (
        "a tab stands where blanks are needed. Replace it by blanks.",
        "ada tab di tempat spasi. Ganti dengan spasi.",
    ),
    "YAML_BACKSLASH": (
        "a backslash inside double quotes starts a special sign. Write the path in single quotes: 'D:\\Data\\file.xlsx'.",
        "garis miring terbalik dalam kutip ganda adalah tanda khusus. Tulis alamat dengan kutip tunggal: 'D:\\Data\\file.xlsx'.",
    ),
    "YAML_CHARACTER": (
        "the character {sign} can't stand in this file. Delete it; if there are many, this is not a text file.",
        "karakter {sign} tidak boleh ada dalam berkas ini. Hapuslah; bila banyak, ini bukan berkas teks.",
    ),
    "YAML_DOCUMENTS": (
        "a second document begins here (---). Keep one in the file.",
        "dokumen kedua dimulai di sini (---). Sisakan satu dalam berkas.",
    ),
    "YAML_COLON": (
        "a colon stands where none is expected. The line above may lack one or a blank after it;"
        " a text with a colon in it needs quotes.",
        "ada titik dua di tempat yang salah. Mungkin baris di atasnya kurang titik dua atau spasi sesudahnya;"
        " teks yang memuat titik dua perlu tanda kutip.",
    ),
    "YAML_QUOTE": (
        "the quote that opens here is never closed. Close it.",
        "tanda kutip yang dibuka di sini tidak ditutup. Tutuplah.",
    ),
    "YAML_SIGN": (
        "a text can't begin with {sign} here. Put it in quotes.",
        "teks di sini tidak boleh diawali {sign}. Beri tanda kutip.",
    ),
    "YAML_INDENT": (
        "this line is not indented like its neighbours. Let names of one group begin in the same column.",
        "inden baris ini tidak sama dengan baris sekitarnya. Mulailah nama-nama satu kelompok di kolom yang sama.",
    ),
    "YAML_BROKEN": (
        "this is not YAML ({reason}). Look at indentation, colons, quotes and brackets around here.",
        "ini bukan YAML. Periksa inden, titik dua, tanda kutip, dan kurung di sekitar sini.",
    ),
    "YAML_ALIAS": (
        "anchors and aliases (& and *) are not taken. Write the value out; a text that begins with & or * needs quotes.",
        "jangkar dan alias (& dan *) tidak diterima. Tulis nilainya lengkap; teks yang diawali & atau * perlu tanda kutip.",
    ),
    "YAML_TAG": (
        "tags (!) are not taken. Leave it out; a text that begins with ! needs quotes.",
        "tag (!) tidak diterima. Hapuslah; teks yang diawali ! perlu tanda kutip.",
    ),
    "YAML_DEEP": (
        "nested too deeply. A configuration has a few levels only.",
        "terlalu banyak tingkat. Konfigurasi hanya memerlukan beberapa tingkat.",
    ),
    "NOT_A_MAPPING": (
        "a mapping of names to values is needed here.",
        "di sini diperlukan daftar nama dan nilai.",
    ),
    "DUPLICATE_NAME": (
        "{name} stands here a second time (first in line {first}). Leave one.",
        "{name} tertulis dua kali (pertama di baris {first}). Sisakan satu.",
    ),
    "UNKNOWN_OPTION": (
        "{name} is not known here. {hint}",
        "{name} tidak dikenal di sini. {hint}",
    ),
    "DID_YOU_MEAN": ("Did you mean {nearest}?", "Maksud Anda {nearest}?"),
    "KNOWN_ARE": ("Known are: {names}.", "Yang dikenal: {names}."),
    "MISSING_OPTION": ("{name} is missing here; set it.", "{name} belum diisi; isilah."),
    "WRONG_VALUE": (
        "{value} can't be used here; {wanted} is needed.",
        "{value} tidak dapat dipakai di sini; yang diperlukan {wanted}.",
    ),
    "NOT_BUILT_YET": (
        "{what} is not built yet in this version. {instead}",
        "{what} belum tersedia di versi ini. {instead}",
    ),
    "SECRET_MISSING": (
        "the secret {name} is not set. Set it in the environment, or write {name}=… into secrets.env beside hub.yaml.",
        "rahasia {name} belum ada. Isi lewat lingkungan, atau tulis {name}=… dalam secrets.env di samping hub.yaml.",
    ),
    "SECRETS_LINE": (
        "this line is not NAME=value. Write it so, or begin it with # if it is a remark.",
        "baris ini bukan NAMA=nilai. Tulislah demikian, atau awali dengan # bila hanya catatan.",
    ),
    "SECRET_IN_FILE": (
        "a secret does not belong in hub.yaml. Write {name}=… into secrets.env beside it, and ${{{name}}} here.",
        "rahasia tidak boleh ditulis di hub.yaml. Tulis {name}=… dalam secrets.env di sampingnya, dan ${{{name}}} di sini.",
    ),
    "UNKNOWN_ENTITY": (
        "there is no entity called {name}. {hint}",
        "tidak ada jenis data bernama {name}. {hint}",
    ),
    "UNKNOWN_FIELD": (
        "{entity} has no field called {name}. {hint} A field of your own needs a type.",
        "{entity} tidak punya isian {name}. {hint} Isian sendiri memerlukan type.",
    ),
    "UNKNOWN_SOURCE": ("there is no source called {name}. {hint}", "tidak ada sumber bernama {name}. {hint}"),
    "UNKNOWN_DATASET": (
        "source {source} has no dataset called {name}. {hint}",
        "sumber {source} tidak punya dataset {name}. {hint}",
    ),
    "DATASET_NEEDED": (
        "which dataset of source {source} is meant? Write {source}.NAME. {hint}",
        "dataset mana dari sumber {source}? Tulis {source}.NAMA. {hint}",
    ),
    "DATASET_TWICE": (
        "{entity} is mapped from {dataset} twice; its rows can be taken once. Leave one mapping, with a wider `where`.",
        "{entity} dipetakan dua kali dari {dataset}; barisnya hanya diambil sekali. Sisakan satu pemetaan dengan `where`"
        " yang lebih luas.",
    ),
    "PRECEDENCE": (
        "precedence names {name}, from which {entity} is not mapped. {hint}",
        "precedence menyebut {name}, padahal {entity} tidak dipetakan dari sana. {hint}",
    ),
    "NEAR_BUILTIN": (
        "{name} looks like the built-in {nearest}. Write {nearest}, or give your own entity a name that differs more.",
        "{name} mirip dengan {nearest} bawaan. Tulis {nearest}, atau beri nama yang lebih berbeda untuk jenis data sendiri.",
    ),
    "OPTION_UNUSED": (
        "{name} has no effect on {field}: it is for {instead}. Leave it out.",
        "{name} tidak berguna untuk {field}: hanya untuk {instead}. Hapuslah.",
    ),
    "COMPUTED_FIELD": (
        "{field} is worked out of {sides}; no column feeds it. Take it out here.",
        "{field} dihitung dari {sides}; tidak diisi dari kolom. Hapus dari sini.",
    ),
    "NOT_A_COLUMN": (
        "{field} is a link, which no column can feed. Give it rules under links.",
        "{field} adalah kaitan, bukan isian dari kolom. Beri aturannya di links.",
    ),
    "NO_FINDER": (
        "{field} names a {entity}, which can't be found by one text: its key has several fields. Use links with rules.",
        "{field} menyebut {entity}, yang tidak dapat dicari dengan satu teks: kuncinya beberapa isian. Gunakan links dengan"
        " rules.",
    ),
    "DIFFERENT_OPTION": (
        "{name} says something else in another mapping of {entity}. Let them be the same.",
        "{name} berbeda di pemetaan lain dari {entity}. Samakan.",
    ),
    "KEY_OR_FINGERPRINT": (
        "{entity} has a key and a fingerprint. Leave the key, or if nothing tells records apart, the fingerprint.",
        "{entity} punya key dan fingerprint. Sisakan key; atau fingerprint, bila tidak ada yang membedakan datanya.",
    ),
    "PSEUDO_NOWHERE": (
        "{name} is asked for, but rows of source {source} stand in no {name}. Leave it out.",
        "{name} diminta, tetapi baris sumber {source} tidak punya {name}. Hapuslah.",
    ),
    "REQUIRED_NOT_MAPPED": (
        "{name} of {entity} may not be empty, but no column is given for it. Add {name} to fields.",
        "{name} dari {entity} tidak boleh kosong, tetapi kolomnya belum ada. Tambahkan {name} pada fields.",
    ),
    "KEY_TYPE": (
        "{name} of {entity} is a list, which can't be a key. Choose other fields.",
        "{name} dari {entity} berupa daftar, tidak dapat menjadi key. Pilih isian lain.",
    ),
    "FILTERABLE_TYPE": (
        "{name} of {entity} is a list, which can't be filtered. Choose other fields.",
        "{name} dari {entity} berupa daftar, tidak dapat disaring. Pilih isian lain.",
    ),
    "KEY_NEEDED": (
        "{entity} needs a key: the fields that tell one record from another. If there are none, name a fingerprint.",
        "{entity} memerlukan key: isian yang membedakan satu data dari yang lain. Bila tidak ada, isi fingerprint.",
    ),
    "KEY_NOT_MAPPED": (
        "the key of {entity} names {name}, but no column is given for it. Add {name} to fields.",
        "key dari {entity} menyebut {name}, tetapi kolomnya belum ada. Tambahkan {name} pada fields.",
    ),
    "TYPE_DIFFERS": (
        "{name} of {entity} is {builtin}; it can't be declared as {type}. Leave type out.",
        "{name} dari {entity} bertipe {builtin}; tidak dapat dijadikan {type}. Hapus type.",
    ),
    "ENUM_VALUE": (
        "{name} can't be {value}. {hint}",
        "{name} tidak dapat bernilai {value}. {hint}",
    ),
    "UNKNOWN_LINK": (
        "there is no link called {name} on {entity}; a new one needs `to`. {hint}",
        "tidak ada kaitan bernama {name} pada {entity}; kaitan baru memerlukan `to`. {hint}",
    ),
    "LINK_NOT_MAPPED": (
        "{link} ties {entity}, which no source is mapped to. Map it under entities, or leave the link out.",
        "{link} mengaitkan {entity}, yang belum dipetakan. Petakan di entities, atau hapus kaitan ini.",
    ),
    "LINK_FIELD": (
        "{link} compares {name}, which is no field of {entity}. {hint}",
        "{link} membandingkan {name}, yang bukan isian {entity}. {hint}",
    ),
    "LINK_VIA": (
        "{link} goes via {name}, which is no link that can be followed from {entity}. {hint}",
        "{link} melalui {name}, yang bukan kaitan dari {entity}. {hint}",
    ),
    "LINK_VIA_END": (
        "{link} goes via {via} and ends at {entity}, but it leads to {to}. Correct via or to.",
        "{link} melalui {via} dan berakhir di {entity}, padahal menuju {to}. Betulkan via atau to.",
    ),
    "LINK_VIA_VIA": (
        "{link} goes via {name}, which goes via other links itself. Name those instead.",
        "{link} melalui {name}, yang juga melalui kaitan lain. Sebutkan kaitan itu langsung.",
    ),
    "LINK_DIFFERS": (
        "{name} of the built-in link {link} is {builtin}; it can't be changed. Leave {name} out.",
        "{name} dari kaitan bawaan {link} adalah {builtin}; tidak dapat diubah. Hapus {name}.",
    ),
    "LINK_RULE": (
        "a rule of {link} needs one of key or crosswalk.",
        "aturan {link} memerlukan salah satu dari key atau crosswalk.",
    ),
    "LINK_TYPES": (
        "{link} compares {left} with {right}, which are kept differently (other kind, or other scale) and never equal.",
        "{link} membandingkan {left} dengan {right}, yang disimpan berbeda (jenis atau skala lain) sehingga tidak pernah sama.",
    ),
    "LINK_EMPTY": (
        "{link} needs rules or via.",
        "{link} memerlukan rules atau via.",
    ),
    "CROSSWALK_MISSING": (
        "the crosswalk {path} is not there or can't be read. Make it, or correct the path.",
        "berkas padanan {path} tidak ada atau tidak terbaca. Buatlah, atau betulkan alamatnya.",
    ),
    "CROSSWALK_COLUMN": (
        "the crosswalk {path} has no column {name}. Its first line has: {columns}.",
        "berkas padanan {path} tidak punya kolom {name}. Baris pertamanya berisi: {columns}.",
    ),
    "CROSSWALK_HEADERS": (
        "the first line of {path} must name columns such as {example} of both entities; or write which column is what with"
        " from and to.",
        "baris pertama {path} harus menyebut kolom seperti {example} dari kedua jenis data; atau tuliskan dengan from dan to.",
    ),
    "NAME_TAKEN": (
        "{name} is taken already in the graph. Choose another name.",
        "{name} sudah dipakai di hub. Pilih nama lain.",
    ),
    "BAD_NAME": (
        "{name} can't be a name in the graph: letters, digits and _ only, not beginning with a digit or __.",
        "{name} tidak dapat menjadi nama: hanya huruf, angka, dan _, tidak diawali angka atau __.",
    ),
    "BAD_SOURCE_NAME": (
        "{name} can't be the name of a source: letters, digits, _ and - only.",
        "{name} tidak dapat menjadi nama sumber: hanya huruf, angka, _ dan -.",
    ),
    "BAD_PATTERN": (
        "{pattern} is not a regular expression ({reason}). Correct it, or write the text without the slashes.",
        "{pattern} bukan ekspresi reguler ({reason}). Betulkan, atau tulis teksnya tanpa garis miring.",
    ),
    "NOTHING_MAPPED": (
        "no entity is mapped to a source yet. Add one under entities.",
        "belum ada jenis data yang dipetakan. Tambahkan di entities.",
    ),
}

SENTENCES |= TROUBLE
