"""`simpul why` and `explain`: the answer to "why is this row missing?", for every way in which a row can be missing."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from connectors import seeking
from replica.reading import Turn
from tests.hubs import Ended, RunSimpul

Sheets = dict[str, list[list[object]]]

HUB = """\
name: Kabupaten Uji
language: en
timezone: Asia/Makassar
replica: sqlite:///var/replica.db

sources:
  plans:
    kind: spreadsheet
    path: data/usulan/*.xlsx
    refresh: manual
    datasets:
      usulan:
        sheet: Usulan
        header: 3
        rows: 5-40
        skip:
          Kegiatan: '/jumlah.*/'
  places:
    kind: spreadsheet
    path: data/desa.csv
    refresh: manual
    datasets:
      desa: {}
  reports:
    kind: spreadsheet
    path: data/lra.xlsx
    refresh: manual
    datasets:
      lra: {header: auto}

entities:
  Wish:
    from: plans.usulan
    key: [file, number]
    where:
      Tahun: '2026'
    fields:
      number: {column: No, type: code}
      title: {column: Kegiatan, type: text}
      cost: {column: Biaya, type: money, required: true}
      reporter: {column: Pengusul, type: text, sensitive: true}
      village: {column: Desa, type: code}
      year: {column: Tahun, type: int}
  Village:
    from: places.desa
    key: [code]
    fields:
      code: {column: KODE, type: code}
      name: {column: NAMA, type: text}
  Report:
    from: reports.lra
    key: [code]
    fields:
      code: {column: Kode, type: code}
      paid: {column: Realisasi, type: money}

links:
  Wish.place:
    to: Village
    many: false
    inverse: wishes
    rules:
      - key: {village: name}
  Wish.kin:
    to: Village
    inverse: kinWishes
    rules:
      - crosswalk: links/desa.csv
"""
HEAD: list[object] = ["No", "Kegiatan", "Biaya", "Pengusul", "Desa", "Tahun", "NIK"]
ROWS: list[list[object]] = [
    ["USULAN KECAMATAN ALAS"],
    [],
    HEAD,
    ["(1)", "(2)", "(3)", "(4)", "(5)", "(6)", "(7)"],
    [1, "Jalan", "125.000.000", "Ahmad", "Luar", 2026, "5204051203800001"],
    [2, "Talud", "1,5 M", "Siti", "Luar", 2026, None],  # its cost can be read in two ways
    [None, "Jembatan", 90_000_000, "Budi", "Luar", 2026, None],  # no number
    [4, "Sumur", 70_000_000, "Rahma", "Luay", 2026, None],  # no such village
    [5, "Pasar", 60_000_000, "Tono", "Baru", 2025, None],  # another year
    [None, "Jumlah", 345_000_000, None, None, None, None],
    [],
    [7, "Posyandu", 50_000_000, "Dewi", "Baru", 2026, None],
    [7, "Posyandu lama", 51_000_000, "Dewi", "Baru", 2026, None],
    [8, "Embung", 52_000_000, "Wati", None, 2026, None],
]
CAMAT: list[object] = [None, None, None, "Camat Alas"]
DESA = "KODE,NAMA\n1,Luar\n2,Baru\n3,Marente\n"


def write_book(path: Path, sheets: Sheets, hidden: tuple[str, ...] = ()) -> None:
    book = openpyxl.Workbook()
    assert book.active is not None
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
        if name in hidden:
            sheet.sheet_state = "hidden"
    path.parent.mkdir(parents=True, exist_ok=True)
    book.save(path)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A hub over messy files; synced once."""
    folder = tmp_path_factory.mktemp("why")
    (folder / "hub.yaml").write_text(HUB, encoding="utf-8")
    rows = [*ROWS, *([[]] * (41 - len(ROWS))), CAMAT]
    write_book(folder / "data/usulan/Alas.xlsx", {"Usulan": rows, "Rekap": [["x"]], "Lama": [["y"]]}, ("Lama",))
    write_book(folder / "data/usulan/Rusak.xlsx", {"Lain": [["tidak ada lembar usulan"]]})
    (folder / "data/usulan/~$Alas.xlsx").write_bytes(b"lock")
    write_book(folder / "data/arsip/Utan.xlsx", {"Usulan": ROWS})
    report: list[list[object]] = [
        ["LAPORAN"],
        [],
        ["Kode", "Uraian", "Realisasi"],
        ["5.1", "Pegawai", 10],
        ["5.2", "Barang", 20],
        ["5.3", "Modal", 30],
    ]
    write_book(folder / "data/lra.xlsx", {"LRA": [*report, [None, "JUMLAH", 60], [], ["Catatan: sementara"]]})
    (folder / "data/desa.csv").write_text(DESA, encoding="utf-8")
    (folder / "links").mkdir()
    (folder / "links/desa.csv").write_text("number,code\n1,1\n4,9\n", encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def synced(folder: Path) -> Path:
    from simpul.commands.opening import run
    from simpul.compose import build_hub, load

    hub = build_hub(load(folder / "hub.yaml"))
    hub.open()

    async def work() -> None:
        for source in hub.config.sources:
            await hub.syncer.sync(source)
        await hub.close()

    run(work())
    return folder


@pytest.fixture
def why(simpul: RunSimpul, synced: Path) -> Callable[..., Ended]:
    return lambda *words, lang="en": simpul(synced, "why", *words, "--lang", lang)


@pytest.fixture
def told(simpul: RunSimpul, synced: Path) -> Callable[..., dict[str, Any]]:
    """The one explanation of a row."""

    def tell(*words: str) -> dict[str, Any]:
        ended = simpul(synced, "why", *words, "--json", "--lang", "en")
        (one,) = json.loads(ended.out)
        assert ended.code == (1 if one["outcome"] == "NOT_SEEN" else 0)
        return dict(one)

    return tell


def line_of(text: str) -> str:
    """The line of hub.yaml that begins so."""
    (number,) = [number for number, line in enumerate(HUB.splitlines(), 1) if line.strip().startswith(text)]
    return f"hub.yaml:{number}"


@pytest.mark.parametrize(
    ("row", "outcome", "code", "decided"),
    [
        (1, "SET_ASIDE", "WHY_TITLE_TEXT", "header: 3"),
        (2, "SET_ASIDE", "WHY_BLANK", None),
        (3, "SET_ASIDE", "WHY_HEADER_TEXT", "header: 3"),
        (4, "SET_ASIDE", "WHY_OUTSIDE_ROWS", "rows: 5-40"),
        (5, "RECORD", "WHY_RECORD", None),
        (6, "REJECTED", "AMBIGUOUS_NUMBER", "cost: {"),
        (7, "REJECTED", "MISSING_KEY", "number: {"),
        (8, "RECORD", "WHY_RECORD", None),
        (9, "SET_ASIDE", "WHY_WHERE", "Tahun: '2026'"),
        (10, "SET_ASIDE", "WHY_SKIP", "Kegiatan: '/jumlah"),
        (11, "SET_ASIDE", "WHY_BLANK", None),
        (12, "REJECTED", "DUPLICATE_KEY", "from: plans.usulan"),
        (13, "REJECTED", "DUPLICATE_KEY", "from: plans.usulan"),
        (42, "SET_ASIDE", "WHY_OUTSIDE_ROWS", "rows: 5-40"),
        (43, "NOT_SEEN", "WHY_BEYOND", None),
    ],
)
def test_every_row_of_a_sheet_is_explained(
    told: Callable[..., dict[str, Any]], row: int, outcome: str, code: str, decided: str | None
) -> None:
    one = told("Wish", f"Alas.xlsx:{row}")

    assert (one["outcome"], one["code"]) == (outcome, code)
    assert (one["source"], one["locator"]) == ("plans", f"Alas.xlsx › Usulan › {row}")
    if decided is not None and code != "DUPLICATE_KEY":
        assert one["decidedBy"] == line_of(decided)
    assert one["message"]
    if outcome in ("REJECTED", "SET_ASIDE") and code != "WHY_BLANK":
        assert one["suggestion"]


@pytest.mark.parametrize(
    "words",
    [
        ["Alas.xlsx", "1"],
        ["1"],
        ["Alas.xlsx:5"],
        ["Alas.xlsx:C5"],
        ["alas.xlsx:$C$5"],
        ["Alas:5"],
        ["Alas.xlsx › Usulan › 5"],
        ["Alas.xlsx:Usulan!C5"],
        ["data/usulan/Alas.xlsx:5"],
        ["Alas.xlsx > Usulan > 5"],
    ],
)
def test_a_row_is_found_however_it_is_named(told: Callable[..., dict[str, Any]], words: list[str]) -> None:
    for entity in ("Wish", "wish", "WISHS"):
        one = told(entity, *words)
        assert (one["outcome"], one["key"]) == ("RECORD", ["Alas.xlsx", "1"])


def test_a_record_is_told_cell_by_cell_and_sensitive_ones_are_masked(told: Callable[..., dict[str, Any]]) -> None:
    one = told("Wish", "Alas.xlsx", "1")

    cells = {cell["field"]: (cell["cell"], cell["column"], cell["rawValue"], cell["value"]) for cell in one["cells"]}
    assert cells["cost"] == ("C5", "Biaya", "125.000.000", "125000000")
    assert cells["reporter"] == ("D5", "Pengusul", "***", "***")
    assert cells["year"] == ("F5", "Tahun", "2026", "2026")
    lines = {cell["field"]: cell["decidedBy"] for cell in one["cells"]}
    assert lines["cost"] == line_of("cost: {")
    assert datetime.fromisoformat(one["fetchedAt"]).utcoffset() is not None


def test_a_rejected_row_is_found_by_its_key_and_its_bad_cell_is_told(told: Callable[..., dict[str, Any]]) -> None:
    one = told("Wish", "Alas.xlsx", "2")

    assert (one["outcome"], one["code"], one["row"]) == ("REJECTED", "AMBIGUOUS_NUMBER", "6")
    bad = [cell for cell in one["cells"] if cell["code"]]
    assert [(cell["field"], cell["cell"], cell["rawValue"]) for cell in bad] == [("cost", "C6", "1,5 M")]
    assert "C6" in one["suggestion"]
    assert line_of("cost: {") in one["suggestion"]


def test_the_rows_with_the_same_key_name_each_other(simpul: RunSimpul, synced: Path) -> None:
    ended = simpul(synced, "why", "Wish", "Alas.xlsx", "7", "--json", "--lang", "en")
    both = json.loads(ended.out)

    assert [(one["outcome"], one["row"]) for one in both] == [("REJECTED", "12"), ("REJECTED", "13")]
    assert [[near["locator"] for near in one["rivals"]] for one in both] == [
        ["Alas.xlsx › Usulan › 13"],
        ["Alas.xlsx › Usulan › 12"],
    ]


@pytest.mark.parametrize(
    ("row", "link", "code", "nearest"),
    [
        (5, "place", "LINK_TIED", []),
        (8, "place", "LINK_NO_PARTNER", ["Luar"]),
        (14, "place", "LINK_NO_VALUE", []),
        (5, "kin", "LINK_TIED", []),
        (8, "kin", "LINK_CROSSWALK_NOWHERE", []),
        (14, "kin", "LINK_NO_CROSSWALK_ROW", []),
    ],
)
def test_links_say_why_they_have_no_partner(
    told: Callable[..., dict[str, Any]], row: int, link: str, code: str, nearest: list[str]
) -> None:
    (one,) = [one for one in told("Wish", f"Alas.xlsx:{row}")["links"] if one["name"] == link]

    assert (one["code"], [near["text"] for near in one["nearest"]]) == (code, nearest)
    assert one["decidedBy"] == line_of(f"Wish.{link}:")
    assert bool(one["matches"]) is (code == "LINK_TIED")


def test_the_other_end_of_a_link_says_so_too(told: Callable[..., dict[str, Any]]) -> None:
    links = {one["name"]: one for one in told("Village", "3")["links"]}
    tied = {one["name"]: one for one in told("Village", "1")["links"]}

    assert links["wishes"]["code"] == "LINK_NO_PARTNER"
    assert links["kinWishes"]["code"] == "LINK_NO_CROSSWALK_ROW"
    (match,) = [one for one in tied["wishes"]["matches"] if one["status"] == "ACCEPTED"]
    assert (match["method"], match["confidence"], match["partner"]["locator"]) == ("KEY", 1, "Alas.xlsx › Usulan › 5")


@pytest.mark.parametrize(
    ("place", "code", "said"),
    [
        ("Utan.xlsx:5", "WHY_FILE_UNKNOWN", "Alas.xlsx"),
        ("Lama.xlsx:5", "WHY_FILE_UNKNOWN", "Alas.xlsx"),
        ("~$Alas.xlsx:5", "WHY_FILE_LOCK", "~$Alas.xlsx"),
        ("Alas.xlsx:Lama:1", "WHY_SHEET_HIDDEN", "Lama"),
        ("Alas.xlsx:Rekap:1", "WHY_SHEET_NOT_TAKEN", "Rekap"),
        ("Alas.xlsx:Tiada:1", "WHY_SHEET_UNKNOWN", "Usulan"),
        ("Rusak.xlsx:5", "WHY_FILE_UNREADABLE", "Rusak.xlsx"),
        ("Alas.xlsx", "WHY_ROW_NEEDED", "Alas.xlsx"),
        ("lra.xlsx:4", "WHY_OTHER_ENTITY", "simpul why Report lra.xlsx:4"),
    ],
)
def test_what_was_never_seen_is_explained(
    told: Callable[..., dict[str, Any]], place: str, code: str, said: str
) -> None:
    one = told("Wish", place)

    assert (one["outcome"], one["code"]) == ("NOT_SEEN", code)
    assert said in one["message"] + one["suggestion"]


def test_a_file_beside_those_that_are_taken_is_told(simpul: RunSimpul, synced: Path) -> None:
    (synced / "data/usulan/Empang.xls.bak").write_bytes(b"x")
    (synced / "data/usulan/lain").mkdir(exist_ok=True)
    write_book(synced / "data/usulan/lain/Plampang.xlsx", {"Usulan": ROWS})
    write_book(synced / "data/usulan/Lunyuk.xlsx", {"Usulan": ROWS})
    codes = {}
    for name in ("Empang.xls.bak", "Plampang.xlsx", "Lunyuk.xlsx"):
        (one,) = json.loads(simpul(synced, "why", "Wish", f"{name} › 5", "--json", "--lang", "en").out)
        codes[name] = one["code"]
    (synced / "data/usulan/Lunyuk.xlsx").unlink()

    assert codes == {
        "Empang.xls.bak": "WHY_FILE_NOT_MATCHED",
        "Plampang.xlsx": "WHY_FILE_NOT_MATCHED",
        "Lunyuk.xlsx": "WHY_FILE_NEW",
    }


def test_a_key_that_is_nearly_right_leads_to_the_right_one(told: Callable[..., dict[str, Any]]) -> None:
    one = told("Village", "03")

    assert (one["outcome"], one["code"]) == ("NOT_SEEN", "WHY_KEY_UNKNOWN")
    assert ["3"] in [near["key"] for near in one["nearest"]]


def test_rows_of_a_table_that_was_found_are_explained(told: Callable[..., dict[str, Any]]) -> None:
    codes = [told("Report", f"lra.xlsx:{row}")["code"] for row in range(1, 10)]

    assert codes == [
        "WHY_TITLE_TEXT",
        "WHY_BLANK",
        "WHY_HEADER_TEXT",
        *["WHY_RECORD"] * 3,
        "WHY_TOTAL_TEXT",
        "WHY_BLANK",
        "WHY_NOTE",
    ]


def test_both_languages_say_it_in_sentences(why: Callable[..., Ended]) -> None:
    english, indonesian = why("Wish", "Alas.xlsx:10").out, why("Wish", "Alas.xlsx:10", lang="id").out

    assert "left out by `skip:` for its column Kegiatan" in english
    assert "dilewati oleh `skip:` karena isi kolom Kegiatan" in indonesian
    assert "Seen in plans.usulan" in english
    assert "Terlihat di plans.usulan" in indonesian


def test_misuse_is_told(simpul: RunSimpul, synced: Path) -> None:
    unknown = simpul(synced, "why", "Wih", "1", "--lang", "en")

    assert (unknown.code, unknown.out) == (2, "")
    assert "is Wish meant?" in unknown.err


def test_before_the_first_sync_that_is_the_reason(simpul: RunSimpul, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "hub.yaml").write_text(HUB, encoding="utf-8")
    (tmp_path / "links").mkdir()
    (tmp_path / "links/desa.csv").write_bytes((folder / "links/desa.csv").read_bytes())
    for words in (["Alas.xlsx", "1"], ["Alas.xlsx:5"]):
        ended = simpul(tmp_path, "why", "Wish", *words, "--lang", "en")
        assert ended.code == 1
        assert "source plans has not been synced well yet" in ended.out
        assert "simpul sync plans" in ended.out


def test_an_unreadable_file_says_since_when_its_rows_are_old(simpul: RunSimpul, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "hub.yaml").write_text(
        HUB.replace("refresh: manual", "refresh: manual\n    maxLoss: 1"), encoding="utf-8"
    )
    for name in ("data/usulan/Alas.xlsx", "data/desa.csv", "data/lra.xlsx", "links/desa.csv"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes((folder / name).read_bytes())
    assert simpul(tmp_path, "sync").code == 0
    (tmp_path / "data/usulan/Alas.xlsx").write_bytes((folder / "data/usulan/Alas.xlsx").read_bytes()[:2000])
    assert simpul(tmp_path, "sync", "plans").code == 1
    known, new = (simpul(tmp_path, "why", "Wish", f"Alas.xlsx:{row}", "--json", "--lang", "en") for row in (5, 50))

    (one,) = json.loads(known.out)
    assert (one["outcome"], bool(one["problem"])) == ("RECORD", True)
    (one,) = json.loads(new.out)
    assert (one["outcome"], one["code"]) == ("NOT_SEEN", "WHY_STALE")
    assert one["suggestion"] == one["problem"]


def test_graphql_answers_the_same_and_refuses_what_makes_no_sense(simpul: RunSimpul, synced: Path) -> None:
    def ask(query: str) -> dict[str, Any]:
        return dict(json.loads(simpul(synced, "query", "-", "--lang", "en", stdin=query).out))

    same = ask('{ explain(entity: Wish, locator: "Alas.xlsx:7") { outcome decidedBy s: suggestion(language: ID) } }')
    (one,) = same["data"]["explain"]
    assert (one["outcome"], one["decidedBy"]) == ("REJECTED", line_of("number: {"))
    assert one["s"].startswith("Isilah A7.")
    for arguments in ("", ', key: ["1"], locator: "Alas.xlsx:7"', ', key: ["a", "b", "c"]', ", key: []"):
        (error,) = ask(f"{{ explain(entity: Wish{arguments}) {{ outcome }} }}")["errors"]
        assert error["extensions"]["code"] == "BAD_USER_INPUT"


def test_few_rows_are_explained_at_a_time_and_a_file_is_sought_once(
    simpul: RunSimpul, synced: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def ask(count: int) -> dict[str, Any]:
        one = 'explain(entity: Wish, locator: "Alas.xlsx:Tiada:1") { code }'
        query = "{ " + " ".join(f"a{at}: {one}" for at in range(count)) + " }"
        return dict(json.loads(simpul(synced, "query", "-", "--lang", "en", stdin=query).out))

    listed, long = [], []

    def list_sheets(*given: Any) -> Any:
        listed.append(given)
        return sheets_of(*given)

    def look(turn: Turn, *, is_long: bool = False) -> None:
        long.extend([listed.copy()] if is_long else [])
        look_(turn, is_long=is_long)

    sheets_of, look_ = seeking._sheets_of, Turn.look
    monkeypatch.setattr(seeking, "_sheets_of", list_sheets)
    monkeypatch.setattr(Turn, "look", look)

    found = ask(3)["data"]
    (error,) = ask(4)["errors"]

    assert [found[f"a{at}"][0]["code"] for at in range(3)] == ["WHY_SHEET_UNKNOWN"] * 3
    assert len(listed) == 1
    monkeypatch.setattr("resolvers.explaining.MOST_SOUGHT", 0)
    (many,) = ask(1)["errors"]
    assert (many["extensions"]["code"], len(listed)) == ("QUERY_TOO_COSTLY", 1)
    assert long, "it did not make room"
    assert long[0] == [], "it made room too late"
    assert error["extensions"]["code"] == "QUERY_TOO_COSTLY"


def test_a_sensitive_key_is_not_asked_for_and_nothing_like_it_is_told(simpul: RunSimpul, tmp_path: Path) -> None:
    (tmp_path / "hub.yaml").write_text(SECRET, encoding="utf-8")
    (tmp_path / "a.csv").write_text("NIK,Umur\n5204051203800001,12\n,x\n5204051203800002,1 atau 2\n", encoding="utf-8")
    (tmp_path / "b.csv").write_text("Nomor\n5204051203800003\n", encoding="utf-8")
    simpul(tmp_path, "sync")

    def ask(rest: str) -> dict[str, Any]:
        return dict(
            json.loads(
                simpul(tmp_path, "query", "-", "--lang", "en", stdin=f"{{ explain(entity: Person, {rest} }}").out
            )
        )

    for number in ("5204051203800001", "5204051203800002", "5204051203800009"):
        (error,) = ask(f'key: ["{number}"]) {{ outcome }}')["errors"]
        assert error["extensions"]["code"] == "FORBIDDEN"
    (one,) = ask('locator: "a.csv:2") { outcome links { code nearest { key locator } } }')["data"]["explain"]
    assert one == {"outcome": "RECORD", "links": [{"code": "LINK_NO_PARTNER", "nearest": []}]}


SECRET = """
name: Kabupaten Coba
sources:
  a: {kind: spreadsheet, path: a.csv, datasets: {all: {header: 1}}}
  b: {kind: spreadsheet, path: b.csv, datasets: {all: {header: 1}}}
entities:
  Person:
    from: a.all
    key: [nik]
    fields:
      nik: {column: NIK, type: code, sensitive: true}
      age: {column: Umur, type: int, required: true}
  Card:
    from: b.all
    key: [number]
    fields:
      number: {column: Nomor, type: code}
links:
  Person.card:
    to: Card
    inverse: people
    rules:
      - key: {nik: number}
"""


def test_rejects_say_which_line_decided_and_what_to_do(simpul: RunSimpul, synced: Path) -> None:
    query = '{ rejects(where: {entity: {eq: "Wish"}, code: {eq: "AMBIGUOUS_NUMBER"}}) { nodes { code cell rawValue decidedBy suggestion(language: EN) } } }'
    answer = json.loads(simpul(synced, "query", "-", stdin=query).out)

    (one,) = answer["data"]["rejects"]["nodes"]
    assert (one["code"], one["cell"], one["rawValue"]) == ("AMBIGUOUS_NUMBER", "C6", "1,5 M")
    assert one["decidedBy"] == line_of("cost: {")
    assert one["suggestion"].startswith("Write C6 out, or pin the sign with `decimal:")


def test_raw_cells_can_be_asked_for_and_personal_data_in_them_is_masked(simpul: RunSimpul, synced: Path) -> None:
    query = '{ wishs(where: {number: {eq: "1"}}) { nodes { provenance { raw { column cell value fields } } } } }'
    answer = json.loads(simpul(synced, "query", "-", stdin=query).out)

    (one,) = answer["data"]["wishs"]["nodes"]
    raw = {cell["column"]: (cell["cell"], cell["value"], cell["fields"]) for cell in one["provenance"]["raw"]}
    assert raw == {
        "No": ("A5", "1", ["number"]),
        "Kegiatan": ("B5", "Jalan", ["title"]),
        "Biaya": ("C5", "125.000.000", ["cost"]),
        "Pengusul": ("D5", "***", ["reporter"]),
        "Desa": ("E5", "Luar", ["village"]),
        "Tahun": ("F5", "2026", ["year"]),
        "NIK": ("G5", "***", []),
    }


def test_a_raw_cell_that_another_entity_keeps_secret_or_that_nobody_asked_for_is_masked(
    simpul: RunSimpul, tmp_path: Path
) -> None:
    (tmp_path / "a.csv").write_text("No,Usulan,Nama Istri,Agama\n1,Jalan,Ani Yudhowati,Islam\n", encoding="utf-8")
    (tmp_path / "hub.yaml").write_text(
        "name: Uji\nsources:\n  s: {kind: spreadsheet, path: a.csv, datasets: {a: {}}}\nentities:\n"
        "  Wish: {from: s.a, key: [number], fields: {number: {column: No, type: code}, wife: {column: nama istri, type: text},"
        " title: {column: Usulan, type: text}}}\n"
        "  Helper: {from: s.a, key: [number], fields: {number: {column: No, type: code},"
        " spouse: {column: Nama Istri, type: text, sensitive: true}}}\n"
    )
    query = "{ wishs { nodes { provenance { raw { column value } } } } }"

    synced = simpul(tmp_path, "sync")
    answer = json.loads(simpul(tmp_path, "query", "-", stdin=query).out)

    assert synced.code == 0, synced.err
    (one,) = answer["data"]["wishs"]["nodes"]
    assert {cell["column"]: cell["value"] for cell in one["provenance"]["raw"]} == {
        "No": "1",
        "Usulan": "Jalan",
        "Nama Istri": "***",
        "Agama": "***",
    }
