"""The served schema, made the same way for built-in and declared entities from their records."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

import strawberry
from graphql import GraphQLInputObjectType
from strawberry.schema.config import StrawberryConfig

from config.entities import LEVEL, Catalogue, Entity, EnumType, Field, FieldType, Hop, Text
from schema.common import add_common_types
from schema.explain import add_explain
from schema.rows import add_row_types
from schema.scalars import SCALARS
from schema.search import add_search
from schema.typing import Argument, Member, Types

OUTPUT = {
    FieldType.TEXT: "String",
    FieldType.CODE: "String",
    FieldType.INT: "Int",
    FieldType.MONEY: "Decimal",
    FieldType.DECIMAL: "Decimal",
    FieldType.DATE: "Date",
    FieldType.DATETIME: "DateTime",
    FieldType.BOOLEAN: "Boolean",
    FieldType.TEXTS: "[String!]",
    FieldType.CODES: "[String!]",
}
COMPARISON = {
    FieldType.TEXT: "StringComparison",
    FieldType.CODE: "StringComparison",
    FieldType.INT: "IntComparison",
    FieldType.MONEY: "DecimalComparison",
    FieldType.DECIMAL: "DecimalComparison",
    FieldType.DATE: "DateComparison",
    FieldType.DATETIME: "DateTimeComparison",
    FieldType.BOOLEAN: "BooleanComparison",
}
EXTREMES = (
    FieldType.TEXT,
    FieldType.CODE,
    FieldType.INT,
    FieldType.MONEY,
    FieldType.DECIMAL,
    FieldType.DATE,
    FieldType.DATETIME,
)
MOMENTS = (FieldType.DATE, FieldType.DATETIME)
INNER = (("reject", "params"), ("source", "accounts"), ("source", "drift"))
"""Fields of system entities that are served in another form."""
PSEUDO = {
    "file": Text("File that it stands in", "Berkas tempatnya"),
    "sheet": Text("Sheet that it stands in", "Lembar tempatnya"),
}


def build(catalogue: Catalogue) -> strawberry.Schema:
    """The schema of a hub. It has no resolvers: operations are planned (see resolvers.plan)."""
    with _without_collector():
        return _build(catalogue)


@contextmanager
def _without_collector() -> Iterator[None]:
    """All that is made stays: looking for garbage in it, again and again as it grows, would take as long as making it."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _build(catalogue: Catalogue) -> strawberry.Schema:
    types = Types()
    add_common_types(types)
    add_row_types(types)
    for entity in catalogue:
        for enum in _enums(entity):
            types.add_enum(enum, Text(f"Values of {enum.name}", f"Nilai {enum.name}"))
            _add_enum_comparison(types, enum)
    for entity in catalogue:
        _Builder(types, catalogue, entity).add()
    _add_query(types, catalogue)
    config = StrawberryConfig(auto_camel_case=False, scalar_map=SCALARS)
    schema = strawberry.Schema(types["Query"], types=types.objects, config=config)
    _mark_one_of(schema)
    return schema


def _mark_one_of(schema: strawberry.Schema) -> None:
    """Strawberry checks @oneOf in rules of its own; graphql-core's validation, which we run, has to know of it too."""
    for type_ in schema._schema.type_map.values():
        definition = type_.extensions.get("strawberry-definition")
        if isinstance(type_, GraphQLInputObjectType) and getattr(definition, "is_one_of", False):
            type_.is_one_of = True


def print_sdl(schema: strawberry.Schema) -> str:
    """The schema in its definition language, ending in a line feed."""
    return schema.as_str().rstrip() + "\n"


def _enums(entity: Entity) -> list[EnumType]:
    return [field.enum for field in entity.fields if field.enum] + [derived.enum for derived in entity.derived]


def _add_enum_comparison(types: Types, enum: EnumType) -> None:
    name = f"{enum.name}Comparison"
    if name not in types:
        types.add_input(
            name,
            Text(f"Compares a {enum.name}", f"Membandingkan {enum.name}"),
            [
                Member("eq", enum.name, Text("equals", "sama dengan")),
                Member("ne", enum.name, Text("is another; null is not", "nilai lain; kosong tidak termasuk")),
                Member("in", f"[{enum.name}!]", Text("is one of", "salah satu dari")),
                Member("isNull", "Boolean", Text("has no value", "tidak bernilai")),
            ],
        )


def page_arguments(entity: Entity, *, linked: bool, scope: str = "CURRENT") -> tuple[Argument, ...]:
    """The arguments of a connection."""
    arguments = [
        Argument("where", f"{entity.name}Where", Text("Conditions; all hold", "Syarat; semuanya berlaku")),
        Argument(
            "orderBy", f"[{entity.name}Order!]", Text("Order; ties go by key", "Urutan; seri diurutkan menurut kunci")
        ),
        Argument(
            "first", "Int", Text("Records from the start, at most 1000", "Jumlah data dari awal, paling banyak 1000")
        ),
        Argument("after", "String", Text("Only after this cursor", "Hanya setelah kursor ini")),
        Argument(
            "last", "Int", Text("Records from the end, at most 1000", "Jumlah data dari akhir, paling banyak 1000")
        ),
        Argument("before", "String", Text("Only before this cursor", "Hanya sebelum kursor ini")),
        Argument(
            "offset", "Int", Text("Records to skip, at most 10000", "Jumlah data yang dilewati, paling banyak 10000")
        ),
        Argument("scope", "Scope", Text("Which records count", "Data mana yang dihitung"), scope),
    ]
    if linked:
        words = Text("Matches of which status answer", "Kaitan berstatus apa yang dijawab")
        arguments.append(Argument("matches", "[MatchStatus!]", words, ["ACCEPTED"]))
    return tuple(arguments)


class _Builder:
    """Adds the types of one entity."""

    def __init__(self, types: Types, catalogue: Catalogue, entity: Entity) -> None:
        self._types = types
        self._entity = entity
        self._name = entity.name
        self._hops = catalogue.hops(entity.name)
        self._entities = catalogue.entities
        self._fields = [field for field in entity.fields if (entity.system, field.name) not in INNER]

    def add(self) -> None:
        self._add_object()
        self._add_connection()
        self._add_aggregate()
        self._add_where()
        self._add_order()
        self._add_groups()
        self._add_lookup()

    def _add_object(self) -> None:
        entity = self._entity
        members = [Member("id", "ID!", Text("Opaque id that lasts", "Id tetap"))]
        members += [Member(field.name, self._type(field), field.description) for field in self._fields]
        members += [Member(derived.name, derived.enum.name, derived.description) for derived in entity.derived]
        for hop in self._hops.values():
            members += self._hop(hop)
        if entity.system == "reject":
            language = Argument("language", "Language", Text("Language of the sentence", "Bahasa kalimatnya"))
            words = Text("What is wrong and what to do, as a sentence", "Apa yang salah dan apa yang perlu dilakukan")
            members.append(Member("message", "String!", words, (language,)))
            words = Text("The line of hub.yaml that decided", "Baris hub.yaml yang menentukan")
            members.append(Member("decidedBy", "String", words))
            words = Text("What to do with this row, as a sentence", "Apa yang perlu dilakukan dengan baris ini")
            members.append(Member("suggestion", "String!", words, (language,)))
        if entity.system == "source":
            words = Text("How its columns and totals differ from before", "Bedanya kolom dan jumlahnya dari sebelumnya")
            members.append(Member("drift", "[Drift!]!", words))
            words = Text(
                "What became of its rows, by dataset and entity", "Nasib barisnya per himpunan data dan jenis data"
            )
            members.append(Member("accounts", "[RowAccount!]", words))
        implements: tuple[str, ...] = ("Node",)
        if entity.system is None:
            implements = ("Node", "Record")
        self._types.add_type(self._name, entity.description, members, implements)

    def _type(self, field: Field) -> str:
        bare = field.enum.name if field.enum else OUTPUT[field.type]
        return f"{bare}!" if field.required or field.name in self._entity.key else bare

    def _hop(self, hop: Hop) -> list[Member]:
        target = self._entities[hop.to]
        if hop.many:
            arguments = page_arguments(target, linked=True, scope=hop.scope)
            return [Member(hop.name, f"{hop.to}Connection", hop.description, arguments)]
        words = Text(f"How {hop.name} was found", f"Bagaimana {hop.name} ditemukan")
        return [Member(hop.name, hop.to, hop.description), Member(f"{hop.name}Match", "Match", words)]

    def _add_connection(self) -> None:
        name, entity = self._name, self._entity
        members = [
            Member(
                "edges",
                f"[{name}Edge!]!",
                Text("Records with their cursors and matches", "Data beserta kursor dan kaitannya"),
            ),
            Member("nodes", f"[{name}!]!", Text("Records alone", "Datanya saja")),
            Member("pageInfo", "PageInfo!", Text("What lies before and after", "Yang ada sebelum dan sesudahnya")),
            Member("totalCount", "Int", Text("Records in all pages", "Jumlah data di semua halaman")),
            Member("aggregate", f"{name}Aggregate", Text("Figures over all pages", "Angka dari semua halaman")),
            Member(
                "groups",
                f"[{name}Group!]",
                Text(
                    "The records of all pages in groups; those without a partner or value are in the group of null",
                    "Data dari semua halaman dalam kelompok; yang tanpa kaitan atau nilai masuk kelompok kosong",
                ),
                (
                    Argument("by", f"[{name}GroupBy!]!", Text("What to group by", "Dikelompokkan menurut apa")),
                    Argument("having", f"{name}GroupHaving", Text("Conditions on groups", "Syarat atas kelompok")),
                    Argument(
                        "orderBy",
                        f"[{name}GroupOrder!]",
                        Text("Order of the groups; ties go by keys", "Urutan kelompok; seri diurutkan menurut kunci"),
                    ),
                    Argument(
                        "first",
                        "Int",
                        Text(
                            "Groups from the start; without it all, refused above 1000",
                            "Jumlah kelompok dari awal; bila kosong semua, ditolak bila lebih dari 1000",
                        ),
                    ),
                    Argument("offset", "Int", Text("Groups to skip", "Jumlah kelompok yang dilewati")),
                ),
            ),
        ]
        self._types.add_type(
            f"{name}Connection", Text(f"A page of {entity.plural}", f"Satu halaman {entity.plural}"), members
        )
        members = [
            Member("node", f"{name}!", Text("The record", "Datanya")),
            Member("cursor", "String!", Text("Where it stands in this order", "Letaknya dalam urutan ini")),
            Member(
                "match",
                "Match",
                Text("How it was tied; null outside a link", "Bagaimana terkait; kosong di luar kaitan"),
            ),
        ]
        self._types.add_type(
            f"{name}Edge",
            Text(f"A record in a page of {entity.plural}", f"Satu data dalam halaman {entity.plural}"),
            members,
        )

    def _add_aggregate(self) -> None:
        name = self._name
        open_fields = [field for field in self._fields if not field.sensitive and not field.type.is_list]
        numbers = [field for field in open_fields if field.type.is_number]
        summed = self._summed
        extremes = [field for field in open_fields if field.type in EXTREMES and not _is_companion(field)]
        members = [Member("count", "Int!", Text("How many records", "Banyaknya data"), self._looked_at)]
        if numbers:
            known = [Member(field.name, "Int!", field.description) for field in numbers]
            decimals = [Member(field.name, "Decimal", field.description) for field in numbers]
            sums = [member for member in decimals if member.name in {field.name for field in summed}]
            self._part(members, "sum", Text("Exact sums", "Jumlah tepat"), sums)
            self._part(members, "avg", Text("Averages", "Rata-rata"), sums)
            self._part(
                members, "known", Text("How many values each sum is made of", "Banyaknya nilai yang terbaca"), known
            )
            words = Text("How many cells could not be read", "Banyaknya sel yang tidak terbaca")
            members.append(Member("unreadable", f"{name}Known", words, self._looked_at))
        ratios = [Member(f.name, "Decimal", f.description) for f in self._ratios]
        if ratios:
            words = Text(
                "Sums divided, over the records that have both figures",
                "Jumlah dibagi jumlah, atas data yang punya kedua angka",
            )
            self._part(members, "ratio", words, ratios)
        distinct = [Member(field.name, "Int!", field.description) for field in open_fields]
        words = Text("How many different values, null not counted", "Banyaknya nilai berbeda, kosong tidak dihitung")
        self._part(members, "countDistinct", words, distinct, "Distinct")
        if extremes:
            same = [Member(field.name, OUTPUT[field.type], field.description) for field in extremes]
            self._part(members, "min", Text("Smallest values", "Nilai terkecil"), same)
            self._part(members, "max", Text("Largest values", "Nilai terbesar"), same)
        words = Text(f"Figures over {self._entity.plural}", f"Angka dari {self._entity.plural}")
        self._types.add_type(f"{name}Aggregate", words, members)
        drill = (
            Argument("first", "Int", Text("At most so many, 20 if left out", "Paling banyak sekian, 20 bila kosong")),
            Argument("orderBy", f"[{name}Order!]", Text("Their order", "Urutannya")),
        )
        key = Member("key", f"{name}GroupKey!", Text("What they have in common", "Kesamaannya"))
        nodes = Member("nodes", f"[{name}!]!", Text("Some of its records", "Sebagian datanya"), drill)
        words = Text(f"A group of {self._entity.plural}", f"Satu kelompok {self._entity.plural}")
        self._types.add_type(f"{name}Group", words, [key, *members, nodes])

    def _part(self, members: list[Member], kind: str, words: Text, fields: list[Member], suffix: str = "") -> None:
        type_name = f"{self._name}{suffix or kind.capitalize()}"
        self._types.add_type(type_name, words, fields)
        members.append(Member(kind, type_name, words, self._looked_at))

    @property
    def _looked_at(self) -> tuple[Argument, ...]:
        """The argument of every figure."""
        return (Argument("where", f"{self._name}Where", Text("Only over these", "Hanya atas data ini")),)

    def _add_where(self) -> None:
        name, entity = self._name, self._entity
        members = [
            Member("and", f"[{name}Where!]", Text("all of these hold", "semuanya berlaku")),
            Member("or", f"[{name}Where!]", Text("one of these holds", "salah satu berlaku")),
            Member("not", f"{name}Where", Text("this does not hold", "tidak berlaku")),
            Member("id", "IDComparison", Text("by id", "menurut id")),
        ]
        for field in self._fields:
            comparison = f"{field.enum.name}Comparison" if field.enum else COMPARISON.get(field.type)
            if comparison and not field.sensitive:
                members.append(Member(field.name, comparison, field.description))
        members += [Member(d.name, f"{d.enum.name}Comparison", d.description) for d in entity.derived]
        for hop in self._hops.values():
            members.append(Member(hop.name, f"{hop.to}LinkWhere" if hop.many else f"{hop.to}Where", hop.description))
            if not hop.many:
                words = Text(f"by how {hop.name} was found", f"menurut cara {hop.name} ditemukan")
                members.append(Member(f"{hop.name}Match", "MatchWhere", words))
        if entity.system is None:
            members.append(
                Member("issues", "IssueLinkWhere", Text("by what could not be read", "menurut yang tidak terbaca"))
            )
        if entity.hierarchy:
            words = Text("the record with this code, and all below it", "data berkode ini dan semua di bawahnya")
            members.append(Member("within", "String", words))
        self._types.add_input(
            f"{name}Where", Text(f"Conditions on {entity.plural}", f"Syarat atas {entity.plural}"), members
        )
        members = [
            Member("some", f"{name}Where", Text("at least one satisfies", "sedikitnya satu memenuhi")),
            Member("none", f"{name}Where", Text("none satisfies", "tidak ada yang memenuhi")),
            Member(
                "every",
                f"{name}Where",
                Text("each satisfies; true if there is none", "semua memenuhi; benar bila tidak ada"),
            ),
            Member("count", "IntComparison", Text("by how many there are", "menurut banyaknya")),
        ]
        self._measures(members, "Where")
        words = Text(
            "what count, sum, min and max look at; all partners if it is left out",
            "data yang dilihat count, sum, min, dan max; semua bila tidak diisi",
        )
        members.append(Member("of", f"{name}Where", words))
        words = Text(f"Conditions on linked {entity.plural}", f"Syarat atas {entity.plural} yang terkait")
        self._types.add_input(f"{name}LinkWhere", words, members)

    def _measures(self, members: list[Member], suffix: Literal["Where", "Order"]) -> None:
        """Adds sum, avg, ratio, min and max to an input about many records."""
        is_order = suffix == "Order"

        def asked(fields: list[Field], comparison: str | None = None) -> list[Member]:
            return [
                Member(f.name, "Direction" if is_order else comparison or COMPARISON[f.type], f.description)
                for f in fields
            ]

        sums, ratios = asked(self._summed, "DecimalComparison"), asked(self._ratios, "DecimalComparison")
        extremes = asked(self._measurable)
        for kind, words, fields in (
            ("sum", Text("by exact sums; none where no value is known", "menurut jumlah tepat"), sums),
            ("avg", Text("by averages", "menurut rata-rata"), sums),
            ("ratio", Text("by sums divided", "menurut jumlah dibagi jumlah"), ratios),
            ("min", Text("by smallest values", "menurut nilai terkecil"), extremes),
            ("max", Text("by largest values", "menurut nilai terbesar"), extremes),
        ):
            if fields:
                shared = {"sum": "Sum", "avg": "Sum", "ratio": "Ratio"}.get(kind, "Extreme")
                type_name = f"{self._name}{shared}{suffix}"
                if type_name not in self._types:
                    self._types.add_input(type_name, words, fields, one_of=is_order)
                members.append(Member(kind, type_name, words))

    @property
    def _summed(self) -> list[Field]:
        """The fields of which a sum means something."""
        open_fields = [field for field in self._fields if not field.sensitive and field.type.is_number]
        return [field for field in open_fields if field.computed is None or field.computed.operation != "ratio"]

    @property
    def _ratios(self) -> list[Field]:
        """The fields of which the sums divided mean something."""
        return [
            f for f in self._fields if not f.sensitive and f.computed is not None and f.computed.operation == "ratio"
        ]

    @property
    def _measurable(self) -> list[Field]:
        """The fields of which a smallest value means something to compare or sort by."""
        return [f for f in self._fields if not f.sensitive and (f.type.is_number or f.type in MOMENTS)]

    def _add_order(self) -> None:
        entity = self._entity
        members = [
            Member(field.name, "Direction", field.description)
            for field in self._fields
            if not field.sensitive and not field.type.is_list
        ]
        members += [Member(derived.name, "Direction", derived.description) for derived in entity.derived]
        for hop in self._hops.values():
            members.append(Member(hop.name, f"{hop.to}LinkOrder" if hop.many else f"{hop.to}Order", hop.description))
        words = Text(f"What to sort {entity.plural} by", f"Pengurut {entity.plural}")
        self._types.add_input(f"{self._name}Order", words, members, one_of=True)
        members = [Member("count", "Direction", Text("by how many there are", "menurut banyaknya"))]
        self._measures(members, "Order")
        words = Text(f"What of linked {entity.plural} to sort by", f"Pengurut menurut {entity.plural} yang terkait")
        self._types.add_input(f"{self._name}LinkOrder", words, members, one_of=True)

    def _add_groups(self) -> None:
        name, entity = self._name, self._entity
        unit = (Argument("unit", "DateUnit", Text("Of several, the one by this span", "Yang menurut rentang ini")),)
        by: list[Member] = []
        keys = [Member("id", "ID", Text("Id of the record", "Id data"))]
        for field in self._fields:
            if field.sensitive or field.type.is_list:
                continue
            is_time = field.type in MOMENTS
            by.append(Member(field.name, "DateGroup" if is_time else "ValueGroup", field.description))
            shown = "Date" if is_time else field.enum.name if field.enum else OUTPUT[field.type]
            keys.append(Member(field.name, shown, field.description, unit if is_time else ()))
        for derived in entity.derived:
            by.append(Member(derived.name, "ValueGroup", derived.description))
            keys.append(Member(derived.name, derived.enum.name, derived.description))
        for hop in self._hops.values():
            target = self._entities[hop.to]
            by.append(Member(hop.name, f"{hop.to}LinkGroup", hop.description))
            arguments = [self._level(target, "Of several, the one of this level", "Yang bertingkat ini")]
            keys.append(
                Member(hop.name, f"{hop.to}GroupKey", hop.description, tuple(Argument(*a) for a in arguments if a))
            )
        words = Text(f"What {entity.plural} are grouped by", f"Pengelompokan {entity.plural}")
        self._types.add_input(f"{name}GroupBy", words, by, one_of=True)
        level = self._level(entity, "the nearest record at or above it of this level", "induk terdekat bertingkat ini")
        words = Text(
            f"Groups by a linked {entity.singular}: by the record itself, or by the one thing that is named",
            f"Kelompok menurut {entity.singular} yang terkait: datanya sendiri, atau satu hal yang disebut",
        )
        nested = [member for member in by if level is None or member.name != LEVEL]
        self._types.add_input(f"{name}LinkGroup", words, [*nested, *([Member(*level)] if level else [])])
        words = Text(f"What a group of {entity.plural} has in common", f"Kesamaan satu kelompok {entity.plural}")
        self._types.add_type(f"{name}GroupKey", words, keys)
        count = Text("by how many there are", "menurut banyaknya")
        having = [Member("count", "IntComparison", count)]
        self._measures(having, "Where")
        words = Text(f"Conditions on groups of {entity.plural}", f"Syarat atas kelompok {entity.plural}")
        self._types.add_input(f"{name}GroupHaving", words, having)
        order = [
            Member("keys", "Direction", Text("by what they have in common", "menurut kesamaannya")),
            Member("count", "Direction", count),
        ]
        self._measures(order, "Order")
        words = Text(f"What to sort groups of {entity.plural} by", f"Pengurut kelompok {entity.plural}")
        self._types.add_input(f"{name}GroupOrder", words, order, one_of=True)

    def _level(self, entity: Entity, en: str, id: str) -> tuple[str, str, Text] | None:
        """The name, type and description of what asks for a level of an entity's hierarchy, if it has levels."""
        field = entity.field(LEVEL)
        if entity.hierarchy is None or field is None or field.enum is None:
            return None
        return LEVEL, field.enum.name, Text(en, id)

    def _add_lookup(self) -> None:
        entity = self._entity
        members = [Member("id", "ID", Text("by id", "menurut id"))]
        keys = [self._key(name) for name in entity.key]
        if keys:
            words = Text("The business key; some of its parts may be left out", "Kunci; sebagian boleh dikosongkan")
            self._types.add_input(f"{self._name}Key", words, keys)
            members.append(Member("key", f"{self._name}Key", Text("by business key", "menurut kunci")))
        words = Text(f"Which {entity.singular}", f"{entity.singular} yang mana")
        self._types.add_input(f"{self._name}By", words, members, one_of=True)

    def _key(self, name: str) -> Member:
        field = self._entity.field(name)
        if field is None:
            return Member(name, "String", PSEUDO[name])
        return Member(name, field.enum.name if field.enum else OUTPUT[field.type], field.description)


def _is_companion(field: Field) -> bool:
    return field.raw_of is not None


def _add_query(types: Types, catalogue: Catalogue) -> None:
    ids = Argument("ids", "[ID!]!", Text("Ids, at most 1000", "Id, paling banyak 1000"))
    members = [
        Member(
            "node", "Node", Text("The record of an id", "Data menurut id"), (Argument("id", "ID!", Text("Id", "Id")),)
        ),
        Member(
            "nodes", "[Node]", Text("The records of ids, in their order", "Data menurut id, sesuai urutannya"), (ids,)
        ),
    ]
    for entity in catalogue:
        members.append(
            Member(entity.plural, f"{entity.name}Connection", entity.description, page_arguments(entity, linked=False))
        )
        by = Argument("by", f"{entity.name}By!", Text("Which one", "Yang mana"))
        members.append(Member(entity.singular, entity.name, entity.description, (by,)))
    members += add_search(types, catalogue)
    members += add_explain(types, catalogue)
    types.add_type("Query", Text("Everything that can be asked", "Semua yang dapat ditanyakan"), members)
