"""What is said of hub.yaml, in English and Indonesian."""

from __future__ import annotations

SENTENCES: dict[str, tuple[str, str]] = {
    "FILE_MISSING": (
        "there is no such file. Make one from the example regency (simpul demo), or name it with --config.",
        "berkas ini tidak ada. Buat dari contoh (simpul demo), atau sebutkan dengan --config.",
    ),
    "FILE_UNREADABLE": ("can't be read ({reason}).", "tidak dapat dibaca ({reason})."),
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
        "a tab stands in the indentation. Use blanks.",
        "ada tab di awal baris. Gunakan spasi.",
    ),
    "YAML_BACKSLASH": (
        "a backslash inside double quotes starts a special sign. Write the path in single quotes: 'D:\\Data\\file.xlsx'.",
        "garis miring terbalik dalam kutip ganda adalah tanda khusus. Tulis alamat dengan kutip tunggal: 'D:\\Data\\file.xlsx'.",
    ),
    "YAML_BROKEN": ("this is not YAML: {reason}.", "ini bukan YAML: {reason}."),
    "YAML_ALIAS": (
        "anchors and aliases (& and *) are not taken. Write the value out.",
        "jangkar dan alias (& dan *) tidak diterima. Tulis nilainya lengkap.",
    ),
    "YAML_DEEP": ("nested too deeply.", "terlalu banyak tingkat."),
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
        "source {source} has several datasets; write {source}.NAME. {hint}",
        "sumber {source} punya beberapa dataset; tulis {source}.NAMA. {hint}",
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
    "LINK_EMPTY": (
        "{link} needs rules or via.",
        "{link} memerlukan rules atau via.",
    ),
    "CROSSWALK_MISSING": (
        "the crosswalk {path} is not there. Make it, or correct the path.",
        "berkas padanan {path} tidak ada. Buatlah, atau betulkan alamatnya.",
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
        "{name} sudah dipakai. Pilih nama lain.",
    ),
    "BAD_NAME": (
        "{name} can't be a name in the graph: letters, digits and _ only, not beginning with a digit or __.",
        "{name} tidak dapat menjadi nama: hanya huruf, angka, dan _, tidak diawali angka atau __.",
    ),
    "BAD_PATTERN": (
        "{pattern} is not a regular expression: {reason}.",
        "{pattern} bukan ekspresi reguler: {reason}.",
    ),
    "NOTHING_MAPPED": (
        "no entity is mapped to a source yet. Add one under entities.",
        "belum ada jenis data yang dipetakan. Tambahkan di entities.",
    ),
}
