"""The types of `explain`: why a row is as it is, or is missing."""

from __future__ import annotations

from config.entities import Catalogue, EnumType, Text
from schema.typing import Argument, Member, Types

OUTCOMES = {
    "RECORD": ("It is a record", "Menjadi data"),
    "REJECTED": ("It could not be taken", "Ditolak"),
    "SET_ASIDE": (
        "It is no data, or a setting leaves it out",
        "Disisihkan: bukan data, atau tidak diambil menurut hub.yaml",
    ),
    "NOT_SEEN": ("It was not seen", "Tidak terlihat"),
}
LANGUAGE = Argument("language", "Language", Text("Language of the sentence", "Bahasa kalimatnya"))
DECIDED = Member("decidedBy", "String", Text("The line of hub.yaml that decided", "Baris hub.yaml yang menentukan"))
KEY = Member(
    "key", "[String!]!", Text("Its key, part by part; sensitive parts masked", "Kuncinya; bagian rahasia disamarkan")
)


def add_explain(types: Types, catalogue: Catalogue) -> list[Member]:
    """Adds them, and gives the field of the root; none where nothing is mapped."""
    entities = [entity for entity in catalogue if entity.system is None]
    if not entities:
        return []
    words = Text("The entities that rows become", "Jenis data tujuan baris")
    types.add_enum(EnumType("MappedEntity", {entity.name: entity.description for entity in entities}), words)
    outcomes = {name: Text(*pair) for name, pair in OUTCOMES.items()}
    words = Text("What became of a row", "Nasib suatu baris")
    types.add_enum(EnumType("RowOutcome", outcomes), words)
    _add_parts(types)
    types.add_type("Explanation", Text("What is known of one row", "Yang diketahui tentang satu baris"), _members())
    description = Text(
        "Why a row is as it is, or is missing: where it was seen, how its cells were read, what was decided, and how it was linked."
        " Either `key` or `locator` is given; several rows may answer",
        "Mengapa suatu baris demikian, atau tidak ada: di mana terlihat, bagaimana selnya dibaca, apa yang diputuskan, dan bagaimana"
        " terkait. Isi `key` atau `locator`; beberapa baris dapat menjawab",
    )
    arguments = (
        Argument(
            "entity", "MappedEntity!", Text("What the row should have become", "Jenis data yang dituju baris itu")
        ),
        Argument(
            "key",
            "[String!]",
            Text(
                "Its business key, part by part; some parts may be left out",
                "Kuncinya, per bagian; sebagian boleh tidak disebut",
            ),
        ),
        Argument(
            "locator",
            "String",
            Text(
                "Where it stands, such as `Alas.xlsx › Usulan › 12`, `Alas.xlsx:12` or `Alas.xlsx:C12`",
                "Letaknya, misalnya `Alas.xlsx › Usulan › 12`, `Alas.xlsx:12`, atau `Alas.xlsx:C12`",
            ),
        ),
    )
    return [Member("explain", "[Explanation!]", description, arguments)]


def _said(name: str, en: str, id: str, *, required: bool = False) -> Member:
    return Member(name, "String!" if required else "String", Text(en, id), (LANGUAGE,))


def _members() -> list[Member]:
    return [
        Member("outcome", "RowOutcome!", Text("What became of it", "Nasibnya")),
        Member("code", "String!", Text("The reason as a code", "Sebab sebagai kode")),
        _said("message", "The answer in a sentence", "Jawabannya dalam kalimat", required=True),
        _said("suggestion", "What to do", "Apa yang perlu dilakukan"),
        DECIDED,
        Member("source", "String", Text("Source", "Sumber")),
        Member("dataset", "String", Text("Dataset", "Himpunan data")),
        Member("locator", "String", Text("Where the row stands", "Letak baris")),
        Member("file", "String", Text("File", "Berkas")),
        Member("sheet", "String", Text("Sheet", "Lembar")),
        Member("row", "String", Text("Row, key or message", "Baris, kunci, atau pesan")),
        Member("fetchedAt", "DateTime", Text("When it was last read", "Terakhir dibaca")),
        _said("problem", "Why it could not be read since", "Sebab tidak terbaca lagi sejak itu"),
        Member("id", "ID", Text("Id of the record", "Id datanya")),
        KEY,
        Member("cells", "[ReadCell!]!", Text("How its cells were read", "Bagaimana sel-selnya dibaca")),
        Member("rivals", "[NearRow!]!", Text("Other rows with the same key", "Baris lain dengan kunci yang sama")),
        Member("links", "[ExplainedLink!]!", Text("What became of its links", "Nasib kaitannya")),
        Member("nearest", "[NearRow!]!", Text("What is meant perhaps", "Yang mungkin dimaksud")),
    ]


def _add_parts(types: Types) -> None:
    types.add_type(
        "ReadCell",
        Text("How a field of a row was read", "Bagaimana suatu isian dibaca"),
        [
            Member("field", "String!", Text("Field", "Isian")),
            Member("column", "String", Text("Column, or columns", "Kolom")),
            Member("cell", "String", Text("Cell, or where there are none the column", "Sel, atau kolomnya")),
            Member(
                "rawValue",
                "String",
                Text("What stands there; masked if sensitive", "Isi sebagaimana tertulis; rahasia disamarkan"),
            ),
            Member(
                "value",
                "String",
                Text("What was read; null if nothing could be", "Yang terbaca; kosong bila tidak terbaca"),
            ),
            DECIDED,
            Member("code", "ReasonCode", Text("What is wrong with it", "Masalahnya")),
            _said("message", "The same as a sentence", "Masalahnya dalam kalimat"),
        ],
    )
    types.add_type(
        "NearRow",
        Text("Another row", "Baris lain"),
        [
            KEY,
            Member("locator", "String", Text("Where it stands", "Letaknya")),
            Member(
                "id",
                "ID",
                Text("Its id; null if it answers for no key", "Id-nya; kosong bila tidak menjawab kunci apa pun"),
            ),
            Member(
                "text", "String", Text("By what it is like what was looked for", "Isi yang mirip dengan yang dicari")
            ),
        ],
    )
    types.add_type(
        "ExplainedMatch",
        Text("A match of the record", "Satu pasangan data ini"),
        [
            Member("method", "MatchMethod!", Text("Method", "Cara")),
            Member("confidence", "Float!", Text("Confidence, 0 to 1", "Keyakinan, 0 sampai 1")),
            Member("rule", "String!", Text("Rule that tied them", "Aturan yang mengaitkan")),
            Member("status", "MatchStatus!", Text("Status", "Status")),
            Member("why", "String", Text("On what grounds", "Dasarnya")),
            Member("counts", "Boolean!", Text("Whether the partner counts", "Apakah pasangannya dihitung")),
            Member("partner", "NearRow!", Text("The partner", "Pasangannya")),
        ],
    )
    types.add_type(
        "ExplainedLink",
        Text("What became of a link of a record", "Nasib suatu kaitan data"),
        [
            Member("name", "String!", Text("Link", "Kaitan")),
            Member("to", "String!", Text("Entity that it leads to", "Jenis data tujuannya")),
            DECIDED,
            Member("code", "String!", Text("The reason as a code", "Sebab sebagai kode")),
            _said(
                "message",
                "Why it has these partners, or none",
                "Sebab pasangannya demikian, atau tidak ada",
                required=True,
            ),
            Member("matches", "[ExplainedMatch!]!", Text("Its matches, candidates too", "Pasangannya, termasuk calon")),
            Member("nearest", "[NearRow!]!", Text("Partners that are meant perhaps", "Pasangan yang mungkin dimaksud")),
        ],
    )
