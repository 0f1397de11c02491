"""The types of a search over all entities."""

from __future__ import annotations

from config.entities import Catalogue, EnumType, Text
from replica.tables import searched_fields
from schema.typing import Argument, Member, Types


def add_search(types: Types, catalogue: Catalogue) -> list[Member]:
    """Adds them, and gives the field of the root; none if nothing can be searched."""
    entities = [entity for entity in catalogue if searched_fields(entity)]
    if not entities:
        return []
    words = Text("The entities that can be searched", "Jenis data yang dapat dicari")
    types.add_enum(EnumType("SearchEntity", {entity.name: entity.description for entity in entities}), words)
    _add_objects(types)
    description = Text(
        "Records found by their words: titles, names, places, codes and other texts that hold no personal data. Every word of"
        " `text` is found, whole or as the beginning of a longer word; case and accents make no difference, an abbreviation"
        " such as jl or kec is its word. The best come first, then entities and keys in their order",
        "Data yang ditemukan menurut katanya: judul, nama, tempat, kode, dan teks lain yang bukan data pribadi. Setiap kata dalam"
        " `text` ditemukan, utuh atau sebagai awal kata yang lebih panjang; huruf besar dan aksen tidak dibedakan, singkatan"
        " seperti jl atau kec sama dengan katanya. Yang paling cocok lebih dulu, lalu menurut urutan jenis data dan kuncinya",
    )
    arguments = (
        Argument(
            "text",
            "String!",
            Text("Words; at most 500 characters, 32 words", "Kata-kata; paling banyak 500 huruf, 32 kata"),
        ),
        Argument("in", "[SearchEntity!]", Text("Only these entities", "Hanya jenis data ini")),
        Argument(
            "first",
            "Int",
            Text("Records from the start, at most 1000", "Jumlah data dari awal, paling banyak 1000"),
            20,
        ),
        Argument(
            "offset", "Int", Text("Records to skip, at most 10000", "Jumlah data yang dilewati, paling banyak 10000")
        ),
    )
    return [Member("search", "SearchResult", description, arguments)]


def _add_objects(types: Types) -> None:
    types.add_type(
        "SearchPart",
        Text("A part of a snippet", "Satu potongan cuplikan"),
        [
            Member("text", "String!", Text("Its text", "Teksnya")),
            Member(
                "isMatch",
                "Boolean!",
                Text("Whether a word of the search stands here", "Apakah kata yang dicari ada di sini"),
            ),
        ],
    )
    types.add_type(
        "SearchSnippet",
        Text("Where in a record the words stand", "Letak kata-kata dalam suatu data"),
        [
            Member("field", "String!", Text("Field", "Isian")),
            Member(
                "text",
                "String!",
                Text("A part of its text around the first match", "Cuplikan teksnya di sekitar kata pertama"),
            ),
            Member(
                "parts",
                "[SearchPart!]!",
                Text(
                    "The same text, its matches apart, for highlighting",
                    "Teks yang sama, kata yang cocok terpisah, untuk disorot",
                ),
            ),
        ],
    )
    types.add_type(
        "SearchHit",
        Text("A record that was found", "Satu data yang ditemukan"),
        [
            Member("entity", "SearchEntity!", Text("What kind of record", "Jenis datanya")),
            Member(
                "score",
                "Int!",
                Text(
                    "For each word 8 if it stands in the title, 4 if a longer word there begins with it, 2 and 1 in other fields",
                    "Untuk setiap kata 8 bila ada di judul, 4 bila awal kata yang lebih panjang di sana, 2 dan 1 di isian lain",
                ),
            ),
            Member(
                "snippets",
                "[SearchSnippet!]!",
                Text("The fields in which the words stand", "Isian tempat kata-kata itu"),
            ),
            Member("node", "Record!", Text("The record", "Datanya")),
        ],
    )
    types.add_type(
        "SearchCount",
        Text("How many records of an entity were found", "Banyaknya data yang ditemukan dari satu jenis"),
        [
            Member("entity", "SearchEntity!", Text("Entity", "Jenis data")),
            Member("count", "Int!", Text("How many", "Banyaknya")),
        ],
    )
    types.add_type(
        "SearchResult",
        Text("What a search has found", "Hasil pencarian"),
        [
            Member("totalCount", "Int!", Text("Records in all pages", "Jumlah data di semua halaman")),
            Member(
                "counts",
                "[SearchCount!]!",
                Text(
                    "The same by entity, those with none left out",
                    "Jumlah itu menurut jenis data, yang nol tidak disebut",
                ),
            ),
            Member(
                "unread",
                "[SearchEntity!]!",
                Text(
                    "Entities that have never been read, so that nothing of them is found",
                    "Jenis data yang belum pernah terbaca, sehingga tidak ditemukan",
                ),
            ),
            Member(
                "nodes",
                "[SearchHit!]!",
                Text("The records of this page, the best first", "Data halaman ini, yang paling cocok lebih dulu"),
            ),
        ],
    )
