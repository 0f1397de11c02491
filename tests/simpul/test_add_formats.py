"""`simpul add` of files of any kind ends in an entity that answers: pages called .xls, JSON, zips, several tables in a sheet."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from tests.hubs import RunSimpul
from tests.simpul.test_add import EN, write_sheets

ROWS = [
    ("Kode", "Uraian", "Pagu"),
    ("A.01", "Jalan", 1_250_000),
    ("A.02", "Jembatan", 2_200_000),
    ("A.03", "Pasar", 5_000),
]
CSV = "\n".join(";".join(map(str, row)) for row in ROWS) + "\n"
PAGE = "<table>" + "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in ROWS) + "</table>"
OBJECTS = [dict(zip(ROWS[0], row, strict=True)) for row in ROWS[1:]]


def ask(simpul: RunSimpul, folder: Path, question: str) -> Any:
    ended = simpul(folder, "sync", env=EN)
    assert ended.code == 0, ended.err
    answer = simpul(folder, "query", "-", env=EN, stdin=question)
    assert answer.code == 0, answer.err
    return json.loads(answer.out)["data"]


def add(simpul: RunSimpul, folder: Path, *paths: str) -> str:
    for path in paths:
        ended = simpul(folder, "add", path, "--yes", env=EN)
        assert ended.code == 0, ended.err
    return (folder / "hub.yaml").read_text()


@pytest.mark.parametrize(
    ("name", "raw", "place", "cell"),
    [
        ("daftar.xls", PAGE.encode(), "daftar.xls › 3", "C3"),
        ("daftar.xls", CSV.encode("utf-16"), "daftar.xls › 3", "C3"),
        ("daftar.json", json.dumps(OBJECTS).encode(), "daftar.json › 2", "Pagu"),
        ("daftar.json", "".join(json.dumps(one) + "\n" for one in OBJECTS).encode(), "daftar.json › 2", "Pagu"),
    ],
)
def test_a_file_of_any_kind_is_added_and_asked(
    simpul: RunSimpul, tmp_path: Path, name: str, raw: bytes, place: str, cell: str
) -> None:
    (tmp_path / name).write_bytes(raw)
    add(simpul, tmp_path, name)

    question = '{ daftars(where: {kode: {eq: "A.02"}}) { totalCount nodes { uraian pagu provenance { locator cell(field: "pagu") } } } }'
    answer = ask(simpul, tmp_path, question)

    (node,) = answer["daftars"]["nodes"]
    assert (answer["daftars"]["totalCount"], node["uraian"], float(node["pagu"])) == (1, "Jembatan", 2_200_000)
    assert (node["provenance"]["locator"], node["provenance"]["cell"]) == (place, cell)


def test_lists_in_json_are_each_a_dataset(simpul: RunSimpul, tmp_path: Path) -> None:
    people = [{"nip": f"19{n}", "jabatan": f"Staf {n}"} for n in range(3)]
    (tmp_path / "ekspor.json").write_text(json.dumps({"status": 200, "hasil": {"pagu": OBJECTS, "pegawai": people}}))
    text = add(simpul, tmp_path, "ekspor.json")

    assert "sheet: /hasil/pegawai" in text or "sheet: '/hasil/pegawai'" in text
    answer = ask(simpul, tmp_path, "{ hasilPagus { totalCount } hasilPegawais { totalCount } }")
    assert answer == {"hasilPagus": {"totalCount": 3}, "hasilPegawais": {"totalCount": 3}}


def test_a_zip_of_months_and_of_something_else_is_added_and_asked(simpul: RunSimpul, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "kiriman.zip", "w") as archive:
        archive.writestr("lra/lra januari 2026.csv", CSV)
        archive.writestr("lra/lra februari 2026.csv", CSV)
        archive.writestr("pegawai.csv", "NIP;Jabatan;Golongan\n1;Camat;IV\n2;Lurah;III\n3;Staf;II\n")
        archive.writestr("baca saya.txt", "Yang terhormat,\nkami sampaikan hal berikut.\nTerima kasih\nbanyak.\n")
    text = add(simpul, tmp_path, "kiriman.zip")

    assert "member: lra/lra *.csv" in text
    assert "member: pegawai.csv" in text
    answer = ask(
        simpul,
        tmp_path,
        "{ lras(orderBy: [{month: DESC}, {kode: ASC}]) { totalCount nodes { kode month provenance { locator } } } pegawais { totalCount } }",
    )
    assert (answer["lras"]["totalCount"], answer["pegawais"]["totalCount"]) == (6, 3)
    assert answer["lras"]["nodes"][0] == {
        "kode": "A.01",
        "month": 2,
        "provenance": {"locator": "kiriman.zip › lra/lra februari 2026.csv › 2"},
    }


def test_each_table_of_a_sheet_is_added_and_asked(simpul: RunSimpul, tmp_path: Path) -> None:
    below = [
        ("Belanja",),
        *ROWS,
        (),
        (),
        ("Pegawai",),
        ("NIP", "Jabatan", "Golongan", "Umur"),
        *((f"{n}", f"Staf {n}", "III", 30 + n) for n in range(4)),
    ]
    write_sheets(tmp_path / "gabungan.xlsx", Data=below)
    text = add(simpul, tmp_path, "gabungan.xlsx")

    assert "table: 1" in text
    assert "table: 2" in text
    names = [line.strip(" :") for line in text.splitlines() if line.startswith("  Gabungan")]
    first, second = [f"{name[0].lower()}{name[1:]}s" for name in names]
    answer = ask(
        simpul,
        tmp_path,
        f'{{ a: {first}(where: {{kode: {{eq: "A.02"}}}}) {{ nodes {{ provenance {{ locator cell(field: "pagu") }} }} }}'
        f' b: {second}(where: {{jabatan: {{eq: "Staf 2"}}}}) {{ nodes {{ provenance {{ locator cell(field: "umur") }} }} }} }}',
    )
    assert answer == {
        "a": {"nodes": [{"provenance": {"locator": "gabungan.xlsx › Data › 4", "cell": "C4"}}]},
        "b": {"nodes": [{"provenance": {"locator": "gabungan.xlsx › Data › 12", "cell": "D12"}}]},
    }
