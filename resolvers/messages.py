"""Sentences of the query path, and all the sentences that an answer may need."""

from __future__ import annotations

import re

from config.messages import Messages
from connectors.messages import SENTENCES as CONNECTORS
from replica.messages import SENTENCES as REPLICA
from resolvers.rowmessages import SENTENCES as ROWS

SENTENCES: dict[str, tuple[str, str]] = {
    "EXPLAIN_WHAT": (
        "Give either the key of the row or its locator.",
        "Sebutkan kunci baris itu atau letaknya, salah satu.",
    ),
    "EXPLAIN_TOO_LONG": (
        "A key or locator has at most {limit} characters.",
        "Kunci atau letak paling panjang {limit} huruf.",
    ),
    "EXPLAIN_KEY": (
        "The key of {entity} has these parts: {key}. Give one or more of them, or the place of the row as `locator`.",
        "Kunci {entity} terdiri dari: {key}. Sebutkan satu atau lebih di antaranya, atau letak barisnya sebagai `locator`.",
    ),
    "EXPLAIN_SENSITIVE": (
        "The key of {entity} is sensitive and can't be asked for. Give the place of the row as `locator`.",
        "Kunci {entity} bersifat rahasia dan tidak dapat ditanyakan. Sebutkan letak barisnya sebagai `locator`.",
    ),
    "PARSE_FAILED": ("Syntax error: {reason}", "Kesalahan penulisan: {reason}"),
    "OPERATION_MISSING": (
        "The document holds no operation; write a query.",
        "Dokumen tidak berisi operasi; tulislah sebuah query.",
    ),
    "OPERATION_NAME_MISSING": (
        "The document holds several operations; say with operationName which one to run: {names}.",
        "Dokumen berisi beberapa operasi; sebutkan dengan operationName yang mana: {names}.",
    ),
    "OPERATION_UNKNOWN": (
        "There is no operation called {name}; the document holds {names}.",
        "Tidak ada operasi bernama {name}; dokumen berisi {names}.",
    ),
    "OPERATION_NOT_A_QUERY": (
        "Only queries are answered here, not a {kind}.",
        "Di sini hanya query yang dijawab, bukan {kind}.",
    ),
    "OPERATION_TOO_LARGE": (
        "The operation is too large: at most {limit} {what}. Ask for less, or in several operations.",
        "Operasi terlalu besar: paling banyak {limit} {what}. Mintalah lebih sedikit, atau bagi menjadi beberapa operasi.",
    ),
    "TOO_MANY_ROWS": (
        "The operation would read more than {limit} rows. Narrow `where`, or ask for smaller pages.",
        "Operasi akan membaca lebih dari {limit} baris. Persempit `where`, atau minta halaman yang lebih kecil.",
    ),
    "QUERY_TIMEOUT": (
        "The operation took longer than {seconds} seconds and was stopped. Narrow `where`, or ask for smaller pages.",
        "Operasi berjalan lebih dari {seconds} detik dan dihentikan. Persempit `where`, atau minta halaman yang lebih kecil.",
    ),
    "LOOKS_AT_TOO_MUCH": (
        "The operation would look at about {looked} rows, at most {limit} may be; about {most} of them for `{path}`. Narrow"
        " `where` there, or ask for fewer records above it.",
        "Operasi akan memeriksa sekitar {looked} baris, batasnya {limit}; sekitar {most} di antaranya untuk `{path}`. Persempit"
        " `where` di sana, atau minta lebih sedikit data di atasnya.",
    ),
    "HUB_BUSY": (
        "Many long operations are being answered. Ask again in {retryAfter} seconds, or narrow the question.",
        "Banyak operasi panjang sedang dijawab. Coba lagi {retryAfter} detik lagi, atau persempit pertanyaannya.",
    ),
    "OUT_OF_BOUNDS": (
        "`{argument}` must lie between 0 and {limit}.",
        "`{argument}` harus di antara 0 dan {limit}.",
    ),
    "GROUP_KEYS": (
        "`by` needs one to {limit} things to group by.",
        "`by` memerlukan satu sampai {limit} hal untuk pengelompokan.",
    ),
    "GROUP_TWICE": (
        "`by` names the same thing twice; take one of them out.",
        "`by` menyebut hal yang sama dua kali; hapus salah satunya.",
    ),
    "GROUP_MIXED": (
        "Each item of `by` leads to one thing; this one names: {names}. Write several items instead.",
        "Setiap butir `by` menuju satu hal; yang ini menyebut: {names}. Tulislah sebagai beberapa butir.",
    ),
    "GROUP_TOO_DEEP": (
        "What records are grouped by may be at most {limit} links away.",
        "Hal untuk pengelompokan paling jauh {limit} kaitan dari datanya.",
    ),
    "NOT_GROUPED": (
        "{name} is no key of these groups; they are grouped by: {keys}.",
        "{name} bukan kunci kelompok ini; pengelompokannya menurut: {keys}.",
    ),
    "TOO_MANY_GROUPS": (
        "There are more than {limit} groups. Narrow `where`, group by less, or ask for them in pages with `first`.",
        "Ada lebih dari {limit} kelompok. Persempit `where`, kurangi pengelompokan, atau minta per halaman dengan `first`.",
    ),
    "TOO_MANY_SOUGHT": (
        "To explain this, more than {limit} files would have to be looked for. Ask for one row at a time, or run `simpul inspect`.",
        "Untuk menjelaskan ini lebih dari {limit} berkas harus dicari. Tanyakan satu baris saja, atau jalankan `simpul inspect`.",
    ),
    "PAGE_MIXED": (
        "`last` goes without `first` and `offset`; choose one direction.",
        "`last` tidak bisa bersama `first` atau `offset`; pilih satu arah.",
    ),
    "KEY_EMPTY": (
        "A key needs at least one of its parts: {key}.",
        "Kunci memerlukan sedikitnya satu bagiannya: {key}.",
    ),
    "NULL_GIVEN": (
        "${variable} must not be null here; leave it out to use its default.",
        "${variable} tidak boleh null di sini; kosongkan agar nilai bakunya dipakai.",
    ),
    "BAD_CURSOR": (
        "This is no cursor of this connection and ordering; take cursors from an answer with the same orderBy.",
        "Ini bukan kursor dari koneksi dan urutan ini; ambil kursor dari jawaban dengan orderBy yang sama.",
    ),
    "AMBIGUOUS_KEY": (
        "{count} records of {entity} carry this key; give more of its parts, or an id from `candidates`.",
        "{count} data {entity} memakai kunci ini; lengkapi bagian kuncinya, atau pakai id dari `candidates`.",
    ),
    "AMBIGUOUS_KEY_MORE": (
        "More than {count} records of {entity} carry this key; give more of its parts, or an id from `candidates`.",
        "Lebih dari {count} data {entity} memakai kunci ini; lengkapi bagian kuncinya, atau pakai id dari `candidates`.",
    ),
    "SEARCH_EMPTY": (
        "`text` holds no word to search for; give letters or digits.",
        "`text` tidak berisi kata yang dapat dicari; tulislah huruf atau angka.",
    ),
    "SEARCH_TOO_LONG": (
        "`text` may have at most {limit} characters and {words} different words; leave out the less telling ones.",
        "`text` paling banyak {limit} huruf dan {words} kata berbeda; hilangkan kata yang kurang khas.",
    ),
    "FIELD_UNKNOWN": (
        "There is no field called {name} here; the nearest is {nearest}.",
        "Tidak ada isian bernama {name} di sini; yang paling mirip {nearest}.",
    ),
    "TABLE_ROOTS": (
        "A table has the rows of one list, here {rows}, and nothing can stand beside it: {others}. Save what is asked beside "
        "it as another question.",
        "Sebuah tabel berisi baris dari satu daftar, di sini {rows}, dan tidak ada yang bisa di sebelahnya: {others}. Simpan "
        "yang lain itu sebagai pertanyaan tersendiri.",
    ),
    "TABLE_LISTS": (
        "The rows may come from one of these only: {lists}. Keep one of them.",
        "Baris hanya boleh dari salah satu: {lists}. Pertahankan satu saja.",
    ),
    "TABLE_ABSTRACT": (
        "`{field}` gives records of any type, so its columns are not known; ask by the name of the type.",
        "`{field}` memberi data jenis apa pun, sehingga kolomnya tidak diketahui; tanyakan dengan nama jenisnya.",
    ),
    "TABLE_INTROSPECTION": (
        "`{field}` asks about the schema and has no table; take it out.",
        "`{field}` bertanya tentang skema dan tidak punya tabel; hapuslah.",
    ),
    "TABLE_COLUMN_TWICE": (
        "Two columns would be called {column}; give one of the fields an alias.",
        "Dua kolom akan bernama {column}; beri salah satu isian nama lain (alias).",
    ),
    "TABLE_SIDE_BY_SIDE": (
        "A row can't be multiplied by two lists side by side: {one} and {other}. Save them as two questions, or ask for "
        "totalCount or aggregate of one of them.",
        "Satu baris tidak bisa digandakan oleh dua daftar yang sejajar: {one} dan {other}. Simpan sebagai dua pertanyaan, "
        "atau mintalah totalCount atau aggregate dari salah satunya.",
    ),
    "TABLE_LIST_UNKNOWN": (
        "There is no list {list} inside the rows; expand takes: {lists}.",
        "Tidak ada daftar {list} di dalam baris; expand menerima: {lists}.",
    ),
    "TABLE_LIST_CLOSED": (
        "{list} is a list inside each row. Ask for a row for each of its items with expand={list} (--expand in a "
        "terminal), or ask for its totalCount or aggregate instead.",
        "{list} adalah daftar di dalam tiap baris. Mintalah satu baris untuk tiap isinya dengan expand={list} (--expand di "
        "terminal), atau mintalah totalCount atau aggregate-nya saja.",
    ),
    "TABLE_LIST_LONG": (
        "The list {list} has {limit} items or more, which is more than one answer holds; narrow it by `where`, or write `first`.",
        "Daftar {list} berisi {limit} atau lebih, melebihi isi satu jawaban; persempit dengan `where`, atau tuliskan `first`.",
    ),
    "ENTITY_NEVER_READ": (
        "{entity} has never been read from source {source}; see the sources page for the reason, then sync again.",
        "{entity} belum pernah terbaca dari sumber {source}; lihat alasannya di halaman sumber, lalu sinkronkan lagi.",
    ),
}

HINTS: dict[str, tuple[str, str]] = {
    "HINT_TYPE": (
        "A value has the wrong type: codes, keys, decimals and dates are text, in quotes; counts are plain numbers.",
        "Suatu nilai salah jenis: kode, kunci, desimal, dan tanggal ditulis sebagai teks, dalam kutip; banyaknya sebagai angka.",
    ),
    "HINT_FIELD": (
        "There is no such field; /schema.graphql lists what there is.",
        "Isian itu tidak ada; daftar lengkapnya di /schema.graphql.",
    ),
    "HINT_ARGUMENT": (
        "There is no such argument or member here; /schema.graphql lists what there is.",
        "Argumen atau bagian itu tidak ada di sini; daftar lengkapnya di /schema.graphql.",
    ),
    "HINT_SUBFIELDS": (
        "Say in braces what is wanted of it, for example { name }.",
        "Sebutkan dalam kurung kurawal apa yang diminta, misalnya { name }.",
    ),
    "HINT_SYNTAX": (
        "The operation is not written correctly at this place; look for a missing brace, bracket or quotation mark.",
        "Penulisan operasi keliru di tempat ini; periksa kurung kurawal, kurung, atau tanda kutip yang kurang.",
    ),
}
"""What is said beside a message of graphql-core, which is in English only."""

SENTENCES |= HINTS | ROWS

HINTED = (
    (re.compile(r"not to include unknown field"), "HINT_FIELD"),
    (re.compile(r"cannot represent|Expected value of type|got invalid value|Expected type"), "HINT_TYPE"),
    (re.compile(r"^Cannot query field"), "HINT_FIELD"),
    (re.compile(r"^Unknown argument|is not defined by type"), "HINT_ARGUMENT"),
    (re.compile(r"must have a selection of subfields"), "HINT_SUBFIELDS"),
    (re.compile(r"^Syntax Error"), "HINT_SYNTAX"),
)


def hint_of(message: str) -> str | None:
    """The code of the hint for a message of graphql-core, if there is one."""
    return next((code for pattern, code in HINTED if pattern.search(message)), None)


MESSAGES = Messages(CONNECTORS, REPLICA, SENTENCES)
