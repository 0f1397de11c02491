"""Sentences of the query path, and all the sentences that an answer may need."""

from __future__ import annotations

from config.messages import Messages
from connectors.messages import SENTENCES as CONNECTORS
from replica.messages import SENTENCES as REPLICA

SENTENCES: dict[str, tuple[str, str]] = {
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
    "OUT_OF_BOUNDS": (
        "`{argument}` must lie between 0 and {limit}.",
        "`{argument}` harus di antara 0 dan {limit}.",
    ),
    "PAGE_MIXED": (
        "`last` goes without `first` and `offset`; choose one direction.",
        "`last` tidak bisa bersama `first` atau `offset`; pilih satu arah.",
    ),
    "KEY_EMPTY": (
        "A key needs at least one of its parts: {key}.",
        "Kunci memerlukan sedikitnya satu bagiannya: {key}.",
    ),
    "BAD_CURSOR": (
        "This is no cursor of this connection and ordering; take cursors from an answer with the same orderBy.",
        "Ini bukan kursor dari koneksi dan urutan ini; ambil kursor dari jawaban dengan orderBy yang sama.",
    ),
    "AMBIGUOUS_KEY": (
        "{count} records of {entity} carry this key; give more of its parts, or an id from `candidates`.",
        "{count} data {entity} memakai kunci ini; lengkapi bagian kuncinya, atau pakai id dari `candidates`.",
    ),
    "ENTITY_NEVER_READ": (
        "{entity} has never been read from source {source}; see the sources page for the reason, then sync again.",
        "{entity} belum pernah terbaca dari sumber {source}; lihat alasannya di halaman sumber, lalu sinkronkan lagi.",
    ),
}

MESSAGES = Messages(CONNECTORS, REPLICA, SENTENCES)
