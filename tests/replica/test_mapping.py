"""What becomes of a cell: a value, an issue beside a null, or the rejection of its row, each with its place."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.catalogue import complete
from config.entities import Catalogue, Computed, Entity, EnumType, Field, FieldType, KeyRule, Link, Normalise, Text
from config.hub import EntityMapping, FieldMapping
from connectors.connector import Batch, Cell, CellError, Column, Part, Row
from connectors.errors import ColumnMissing
from replica.mapping import OWN, Mapper, Reject, columns_of
from replica.tables import build_tables

W = Text("a thing", "sesuatu")
STATUS = EnumType("Status", dict.fromkeys(("ACCEPTED", "IN_PROGRESS", "UNKNOWN"), W))
FIELDS = {
    "code": FieldType.CODE,
    "text": FieldType.TEXT,
    "count": FieldType.INT,
    "money": FieldType.MONEY,
    "size": FieldType.DECIMAL,
    "day": FieldType.DATE,
    "moment": FieldType.DATETIME,
    "flag": FieldType.BOOLEAN,
    "status": FieldType.ENUM,
    "tags": FieldType.TEXTS,
    "codes": FieldType.CODES,
}
Rows = Sequence[Mapping[str, Cell]]


class Record(NamedTuple):
    """A mapped row with all columns of its entity."""

    node: str
    sort: str
    at: str
    hash: str
    issues: str | None
    raw: str
    values: tuple[object, ...]


def entity(key: Sequence[str] = ("code",), **changes: Any) -> Entity:
    """An entity with a field of every type; `changes` of a field by its name, of the entity under `entity`."""
    fields = []
    for name, kind in FIELDS.items():
        options: dict[str, Any] = {"required": name in key, **changes.get(name, {})}
        scale = {"money": 2, "size": 6}.get(name, 0)
        fields.append(Field(name, kind, W, scale=scale, enum=STATUS if name == "status" else None, **options))
    link = Link("place", "Thing", "Thing", W, None, None, False, True, (), (), True)
    made = Entity("Thing", "thing", "things", W, tuple(fields), (link,), tuple(key), **changes.get("entity", {}))
    return complete(made, {"Thing": made})


def field(name: str, column: str | None = None, **options: Any) -> FieldMapping:
    """How one field is mapped; its column is called like it."""
    kind = FIELDS.get(name)
    columns = options.pop("columns", () if "value" in options else (column or name,))
    scale = {"money": 2, "size": 6}.get(name, 0)
    return FieldMapping(name, kind, columns, scale=scale, **options)


def read(
    rows: Rows, *fields: FieldMapping, of: Entity | None = None, part: Part | None = None, where: Any = None
) -> tuple[list[Any], list[str]]:
    """The records and rejects of a part of a workbook with these rows, in their order, and the names of a record's columns."""
    made = of or entity()
    table = build_tables(Catalogue({"Thing": made})).entities["Thing"]
    names = list(dict.fromkeys(name for row in rows for name in row))
    columns = tuple(Column(name, chr(65 + place)) for place, name in enumerate(names))
    cells = [Row(str(number), tuple(row.get(name) for name in names)) for number, row in enumerate(rows, 7)]
    batch = Batch(columns, tuple(cells), grid=True)
    mapping = EntityMapping("Thing", "plans", "wishes", fields, where=where)
    mapper = Mapper(
        table, mapping, part or Part("a.xlsx", "a.xlsx", file="a.xlsx", sheet="Usulan"), ZoneInfo("Asia/Makassar")
    )
    mapper.observe(batch)
    mapped, every = mapper.map(batch), columns_of(table)
    records: list[Record | Reject] = []
    for row in mapped.records:
        filled = dict(zip(mapper.columns, row[len(OWN) :], strict=True))
        records.append(Record(*row[: len(OWN)], tuple(filled.get(column) for column in every)))  # type: ignore[arg-type, call-arg]
    return sorted([*records, *mapped.rejects], key=lambda row: int(row.at)), every


def one(name: str, cell: Cell, *, of: Entity | None = None, more: Sequence[Cell] = (), **options: Any) -> Any:
    """(value, issue codes) of a cell mapped to one field; `more` stand below it in its column."""
    rows = [{"code": str(number), name: c} for number, c in enumerate([cell, *more])]
    found, names = read(rows, field("code"), field(name, **options), of=of)
    record = found[0]
    assert isinstance(record, Record), record
    issues = json.loads(record.issues) if record.issues else []
    return record.values[names.index(f"c_{name}")], [(issue["code"], issue["raw"], issue["cell"]) for issue in issues]


@pytest.mark.parametrize(
    ("name", "cell", "options", "value"),
    [
        ("text", " Rabat\u00a0beton \x00", {}, "Rabat\u00a0beton"),
        ("text", "-", {}, None),
        ("text", "hub. 0812-3456-7890", {}, "hub. [telepon]"),
        ("text", 12.0, {}, "12"),
        ("count", "1.250", {"decimal": ","}, 1250),
        ("count", 0, {"zero_means": "empty"}, None),
        ("count", "2", {"unit": Decimal(1000)}, 2000),
        ("count", 2026.0, {}, 2026),
        ("money", "Rp 1.250.000,50", {}, 125000050),
        ("money", "1,5", {"unit": Decimal(1000)}, 150000),
        ("money", 0, {"zero_means": "empty"}, None),
        ("money", 0, {}, 0),
        ("money", 5000.0, {}, 500000),
        ("money", -5, {}, -500),
        ("money", "5000", {}, 500000),
        ("money", "123456789012", {}, 12345678901200),
        ("code", 2026.0, {}, "2026"),
        ("code", 5, {}, "5"),
        ("money", "0,01", {"zero_means": "unknown"}, 1),
        ("money", -0.01, {}, -1),
        ("size", 0.1, {}, 100000),
        ("day", "24 Nopember 2026", {}, "2026-11-24"),
        ("day", date(2026, 11, 24), {}, "2026-11-24"),
        ("moment", datetime(2026, 11, 24, 8), {}, "2026-11-24T00:00:00.000000Z"),
        ("flag", "Ya", {}, 1),
        ("flag", False, {}, 0),
        ("status", "accepted", {}, "ACCEPTED"),
        ("status", "In Progress", {}, "IN_PROGRESS"),
        ("status", "diterima ", {"values": {"DITERIMA": "ACCEPTED"}}, "ACCEPTED"),
        ("status", "-", {"values": {"-": "ACCEPTED"}}, "ACCEPTED"),
        ("status", "Diterima 2026", {"values": {"/diterima.*/": "ACCEPTED"}}, "ACCEPTED"),
        ("status", "--", {}, None),
        ("tags", "a; b;;a", {"split": ";"}, '["a","b"]'),
        ("tags", ("a", " "), {}, '["a"]'),
        ("codes", "0812345678;2", {"split": ";"}, '["0812345678","2"]'),
        ("codes", "1.2.3;1.2.4", {"split": ";", "parts": (1, 2)}, '["1.2"]'),
        ("codes", None, {"split": ";"}, None),
        ("count", "RT 07 RW 02", {"pattern": r"RT (\d+)"}, 7),
        ("text", "tanpa nomor", {"pattern": r"PKT-\d+", "optional": True}, None),
        ("text", "lihat PKT-12", {"pattern": r"PKT-\d+"}, "PKT-12"),
        ("text", "Kec. Alas", {"values": {"kec. alas": "Alas"}}, "Alas"),
        ("money", "gratis", {"values": {"gratis": "0"}}, 0),
    ],
)
def test_cells_that_can_be_read(name: str, cell: Cell, options: dict[str, Any], value: Any) -> None:
    assert one(name, cell, **options) == (value, [])


@pytest.mark.parametrize(
    ("name", "cell", "options", "code", "value"),
    [
        ("count", "1,5", {"decimal": ","}, "NOT_AN_INTEGER", None),
        ("count", 3_000_000_000, {}, "OUT_OF_RANGE", None),
        ("money", "2.200", {}, "AMBIGUOUS_NUMBER", None),
        ("money", "1,5 M", {}, "AMBIGUOUS_NUMBER", None),
        ("money", "seratus", {}, "NOT_A_NUMBER", None),
        ("money", Decimal("92233720368547758.08"), {}, "OUT_OF_RANGE", None),
        ("money", 1e300, {}, "OUT_OF_RANGE", None),
        ("money", Decimal("0.125"), {}, "ROUNDED", 12),
        ("money", Decimal("0.135"), {}, "ROUNDED", 14),
        ("money", CellError("#DIV/0!"), {}, "CELL_ERROR", None),
        ("day", "31 Februari 2026", {}, "NOT_A_DATE", None),
        ("day", "1970-01-01", {}, "PLACEHOLDER_DATE", None),
        ("money", 0, {"zero_means": "unknown"}, "PLACEHOLDER_ZERO", None),
        ("count", "0", {"zero_means": "unknown"}, "PLACEHOLDER_ZERO", None),
        ("flag", "mungkin", {}, "NOT_A_BOOLEAN", None),
        ("status", "Digantung", {}, "UNKNOWN_VALUE", "UNKNOWN"),
        ("status", CellError("#N/A"), {}, "CELL_ERROR", None),
        ("text", "tanpa nomor", {"pattern": r"PKT-\d+"}, "PATTERN_NOT_FOUND", None),
        ("text", "a\ufffdb", {}, "TEXT_DAMAGED", "a\ufffdb"),
        ("text", "a\ud800b", {}, "TEXT_DAMAGED", "a\ufffdb"),
        ("codes", "1.2.3;1", {"split": ";", "parts": (1, 2)}, "PART_NOT_FOUND", '["1.2"]'),
    ],
)
def test_cells_that_cannot_be_read_are_issues_of_a_record_that_is_kept(
    name: str, cell: Cell, options: dict[str, Any], code: str, value: Any
) -> None:
    found, issues = one(name, cell, **options)

    assert found == value
    assert [(issue_code, place) for issue_code, _, place in issues] == [(code, "B7")]


def test_the_largest_amount_fits_to_the_sen() -> None:
    assert one("money", Decimal("92233720368547758.07")) == (2**63 - 1, [])


def test_a_column_decides_how_its_numbers_are_read_also_behind_a_pattern() -> None:
    assert one("money", "2.200", more=["1.250.000"]) == (220000, [])
    assert one("money", "sekitar 2.200 rupiah", more=["sekitar 1.250.000"], pattern=r"[\d.]+") == (220000, [])


def test_raw_values_of_issues_are_masked_and_short() -> None:
    _, [(_, phone, _)] = one("money", "hubungi 081234567890")
    _, [(_, long, _)] = one("day", "x" * 5000)
    _, [(_, secret, _)] = one("day", "31 Februari 1990", of=entity(day={"sensitive": True}))

    assert (phone, len(long), secret) == ("hubungi [telepon]", 200, "***")


def test_an_unknown_status_keeps_its_text_even_where_a_status_is_required() -> None:
    found, names = read(
        [{"code": "1", "status": "Digantung"}, {"code": "2", "status": " "}],
        field("code"),
        field("status"),
        of=entity(status={"required": True}),
    )

    assert (found[0].values[names.index("c_status")], found[0].values[names.index("c_statusRaw")]) == (
        "UNKNOWN",
        "Digantung",
    )
    assert found[1] == Reject("8", "MISSING_REQUIRED", "status", None, "B8", "{}", '{"code":"2"}')


def test_a_rounded_amount_is_read_even_where_it_is_required() -> None:
    found, _ = read([{"code": "1", "money": Decimal("0.125")}], field("code"), field("money", required=True))

    assert isinstance(found[0], Record)


@pytest.mark.parametrize(
    ("row", "code", "name", "raw", "cell"),
    [
        ({"code": None, "money": "x"}, "MISSING_KEY", "code", None, "A7"),
        ({"code": CellError("#REF!")}, "CELL_ERROR", "code", "#REF!", "A7"),
        ({"code": 1.1}, "LOSSY_CODE", "code", "1.1", "A7"),
        ({"code": "1", "text": "-"}, "MISSING_REQUIRED", "text", "-", "B7"),
        ({"code": "1", "text": CellError("#N/A")}, "CELL_ERROR", "text", "#N/A", "B7"),
        ({"code": "1", "text": "x", "place": None}, "MISSING_REQUIRED", "place", None, "C7"),
    ],
)
def test_rows_without_key_or_required_field_are_rejected_once(
    row: Mapping[str, Cell], code: str, name: str, raw: str | None, cell: str
) -> None:
    fields = [field("code"), *(field(column, required=True) for column in row if column not in ("code", "money"))]

    found, _ = read([row], *fields)

    assert [(r.at, r.code, r.field, r.raw, r.cell) for r in found] == [("7", code, name, raw, cell)]


def test_a_reference_keeps_its_text_and_the_place_above() -> None:
    found, names = read(
        [{"code": "1", "DESA": "Labuhan (hub 081234567890)", "KEC": "Alas"}, {"code": "2", "DESA": CellError("#N/A")}],
        field("code"),
        FieldMapping("place", None, ("DESA",), within="KEC"),
    )

    texts = [tuple(r.values[names.index(f"c_{name}")] for name in ("placeRaw", "placeWithin")) for r in found]
    assert texts == [("Labuhan (hub [telepon])", "Alas"), (None, None)]
    assert json.loads(found[1].issues)[0] == {
        "code": "CELL_ERROR",
        "field": "place",
        "raw": "#N/A",
        "cell": "B8",
        "params": {"error": "#N/A"},
    }


def test_file_sheet_constants_and_joined_columns() -> None:
    found, names = read(
        [{"a": 1, "b": "02", "c": 3}, {"a": 1, "b": None, "c": 3}],
        field("code", columns=("a", "b", "c")),
        field("text", columns=("$file",)),
        field("tags", columns=("$sheet",)),
        field("count", value="2026"),
        of=entity(key=()),
    )

    wanted = [names.index(f"c_{name}") for name in ("code", "text", "tags", "count")]
    assert [[r.values[place] for place in wanted] for r in found] == [
        ["1.02.3", "a.xlsx", '["Usulan"]', 2026],
        [None, "a.xlsx", '["Usulan"]', 2026],
    ]


def test_the_file_may_be_part_of_the_key() -> None:
    of = entity(key=("file", "code"))
    a, b = (
        read([{"code": "1"}], field("code"), of=of, part=Part(name, name, file=name))[0][0]
        for name in ("a.csv", "b.csv")
    )

    assert a.node != b.node


def test_without_a_key_equal_rows_are_counted_and_two_parts_never_share_a_record() -> None:
    of = entity(key=(), entity={"fingerprint": ("text",)})

    def nodes(part: str, *texts: str) -> list[str]:
        found, _ = read([{"text": text} for text in texts], field("text"), of=of, part=Part(part, part))
        return [record.node for record in found]

    first = nodes("a", "x", "y", "x")
    assert len(set(first)) == 3
    assert sorted(nodes("a", "x", "x", "y")) == sorted(first)
    assert not set(nodes("b", "x", "y", "x")) & set(first)


def test_a_secret_key_does_not_show_in_the_order() -> None:
    of = entity(code={"sensitive": True})

    found, _ = read([{"code": "5204010101900001"}], field("code"), of=of)

    assert found[0].sort == found[0].node


def test_columns_are_found_however_their_names_are_spaced_and_one_that_is_missing_names_the_nearest() -> None:
    found, _ = read([{" NOMOR \n usulan": "1"}], field("code", "Nomor Usulan"))
    assert isinstance(found[0], Record)

    with pytest.raises(ColumnMissing) as missing:
        read([{"Nomor Usul": "1"}], field("code", "Nomor Usulan"))
    assert missing.value.where == "a.xlsx"
    assert missing.value.params["nearest"] == "Nomor Usul"


def test_rows_are_taken_by_what_a_column_holds() -> None:
    rows: Rows = [{"code": "1", "kind": "Fisik"}, {"code": "2", "kind": "non fisik"}, {"code": "3", "kind": None}]

    found, _ = read(rows, field("code"), where={"kind": ("FISIK", "/non.*/")})

    assert [record.at for record in found] == ["7", "8"]


def test_a_record_s_hash_says_what_it_holds_and_how_it_was_mapped_but_not_where_it_stands() -> None:
    row = {"code": "1", "money": "x"}
    [plain], _ = read([row], field("code"), field("money"))
    [_, moved], _ = read([{"code": "0", "money": None}, row], field("code"), field("money"))
    [line], _ = read([row], field("code"), field("money", line=99))
    [other], _ = read([{"code": "1", "money": "y"}], field("code"), field("money"))
    [mapped], _ = read([row], field("code"), field("money", zero_means="empty"))

    assert plain.issues != moved.issues  # the cell is another
    assert plain.hash == moved.hash == line.hash
    assert len({plain.hash, other.hash, mapped.hash}) == 3


def test_compared_forms_stand_beside_the_value() -> None:
    rule = KeyRule((("text", "codes"),), Normalise(drop_words=("desa",)))
    of = entity()
    of = Entity(
        "Thing", "thing", "things", W, of.fields, (Link("peers", "Thing", "Thing", W, rules=(rule,)),), ("code",)
    )

    found, names = read(
        [{"code": "1", "text": "Désa  ALAS", "codes": "Desa 5.1;52"}],
        field("code"),
        field("text"),
        field("codes", split=";"),
        of=of,
    )

    record = dict(zip(names, found[0].values, strict=True))
    assert (record["f_text"], record["n0_text"], record["n0_codes"]) == ("desa alas", "désaalas", '["51","52"]')


cells = st.one_of(
    st.none(),
    st.text(max_size=12),
    st.integers(),
    st.floats(),
    st.booleans(),
    st.decimals(),
    st.dates(),
    st.datetimes(),
    st.times(),
    st.builds(CellError, st.text(max_size=5)),
    st.lists(st.text(max_size=5), max_size=3).map(tuple),
)


@given(st.dictionaries(st.sampled_from([*FIELDS, "DESA"]), cells, min_size=12, max_size=12))
def test_whatever_stands_in_a_row_it_becomes_a_record_or_a_reject_that_sqlite_can_keep(row: dict[str, Cell]) -> None:
    fields = [field(name, split=";" if name in ("tags", "codes") else None) for name in FIELDS]

    found, _ = read([row], *fields, FieldMapping("place", None, ("DESA",)))

    [record] = found
    kept = (*record.values, record.raw, record.issues) if isinstance(record, Record) else (record.raw, record.params)
    with closing(sqlite3.connect(":memory:")) as db:
        assert db.execute(f"SELECT {', '.join('?' * len(kept))}", kept).fetchone() == kept


@given(st.sampled_from([name for name in FIELDS if name != "code"]), cells, st.booleans())
def test_a_cell_is_read_alike_whatever_stands_below_it(name: str, cell: Cell, has_unit: bool) -> None:
    options: dict[str, Any] = {"unit": Decimal(1000)} if has_unit and name in ("count", "money", "size") else {}
    if name in ("tags", "codes"):
        options["split"] = ";"

    # where one can't be read, its column is gone through cell by cell
    assert one(name, cell, **options) == one(name, cell, more=[CellError("#N/A")], **options)


@given(cells)
def test_a_code_and_a_place_are_read_alike_whatever_stands_below_them(cell: Cell) -> None:
    fields = [field("tags"), field("code"), FieldMapping("place", None, ("DESA",), within="KEC")]
    row: dict[str, Cell] = {"tags": "x", "code": cell, "DESA": cell, "KEC": cell}
    broken = dict.fromkeys(("tags", "code", "DESA", "KEC"), CellError("#N/A"))

    [alone], _ = read([row], *fields, of=entity(key=("tags",)))
    [first, *_], _ = read([row, broken], *fields, of=entity(key=("tags",)))

    assert alone == first


def test_a_number_that_its_column_decides_waits_for_the_whole_column() -> None:
    table = build_tables(Catalogue({"Thing": entity()})).entities["Thing"]
    mapping = EntityMapping("Thing", "plans", "wishes", (field("code"), field("money")))
    mapper = Mapper(table, mapping, Part("a.csv", "a.csv"), ZoneInfo("Asia/Makassar"))
    columns = (Column("code", "A"), Column("money", "B"))

    def batch(*amounts: Cell) -> Batch:
        return Batch(columns, tuple(Row(f"{n}", (f"{n}", amount)) for n, amount in enumerate(amounts)))

    assert not mapper.observe(batch(1000, 2.5, "1500", "1.250.000,75", "1500.50", "-", "seratus", None))
    assert mapper.observe(batch("2.200"))
    pinned = replace(mapping, fields=(field("code"), field("money", decimal=",")))
    assert not Mapper(table, pinned, Part("a.csv", "a.csv"), ZoneInfo("Asia/Makassar")).observe(batch("2.200"))


def fitting(exact: Fraction) -> int | None:
    """Rounded half to even, if 64 bits hold it."""
    return round(exact) if abs(round(exact)) < 2**63 else None


NUMBERS = st.one_of(st.none(), st.integers(-(10**15), 10**15))


@given(left=NUMBERS, right=NUMBERS)
def test_computed_fields_are_exact_and_rounded_once(left: int | None, right: int | None) -> None:
    made = replace(
        entity(),
        fields=(
            *entity().fields,
            Field("share", FieldType.DECIMAL, W, scale=6, computed=Computed("ratio", "money", "size")),
            Field("gap", FieldType.DECIMAL, W, scale=6, computed=Computed("difference", "money", "size")),
        ),
    )
    found, names = read(
        [
            {
                "code": "1",
                "money": None if left is None else Decimal(left) / 100,
                "size": None if right is None else Decimal(right) / 1000,
            }
        ],
        field("code"),
        field("money"),
        field("size"),
        of=made,
    )
    share, gap = (found[0].values[names.index(f"c_{name}")] for name in ("share", "gap"))

    if left is None or right is None:
        assert (share, gap) == (None, None)
    else:
        one, other = Fraction(left, 100), Fraction(right, 1000)
        assert gap == fitting((one - other) * 10**6)
        assert share == (None if right == 0 else fitting(one / other * 10**6))


def test_a_computed_field_is_null_where_a_side_is_not_mapped() -> None:
    made = replace(
        entity(),
        fields=(
            *entity().fields,
            Field("share", FieldType.DECIMAL, W, scale=6, computed=Computed("ratio", "money", "size")),
        ),
    )
    found, names = read([{"code": "1", "money": 5}], field("code"), field("money"), of=made)

    assert found[0].values[names.index("c_share")] is None
