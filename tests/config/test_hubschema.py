"""hub.schema.json: it takes whatever the loader takes, and underlines what the loader does not know."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from pydantic import BaseModel
from ruamel.yaml import YAML

from config.hub import Language
from config.hubschema import hub_schema, option_key
from config.load import check_config
from config.model import SOURCES, EntityWritten, HubWritten, MappingWritten
from config.options import OPTIONS
from config.yamlfile import read_yaml
from schema.catalogue import describe

ROOT = Path(__file__).parents[2]
LANGUAGES: tuple[Language, ...] = ("en", "id")

FORMS = """\
name: Semua bentuk
notice: contoh
language: id
cors: ['http://localhost:*']
sources:
  lembar:
    kind: spreadsheet
    path: [a.xlsx, 'b*.csv']
    refresh: watch
    maxLoss: 20%
    datasets:
      satu: {sheet: '*', header: 2, rows: 3-, skip: {No: [jumlah, '/total .*/'], Nama: x}, encoding: cp1252, delimiter: tab}
      dua: {}
      tiga: {header: auto}
  basis:
    kind: sql
    engine: postgresql
    host: h
    port: 5432
    database: d
    schema: umum
    user: u
    password: ${RAHASIA}
    timeout: 5s
    datasets:
      baris: {table: t, key: [a, b]}
      jumlah: {query: SELECT 1 AS a, key: a}
  api:
    kind: rest
    url: http://127.0.0.1:9/api
    headers: {Accept: application/json}
    apiKey: {header: X-Kunci, value: '${RAHASIA}'}
    maxBytes: 5MB
    rate: 60/m
    oauth: {tokenUrl: 'http://127.0.0.1:9/token', clientId: hub, clientSecret: '${RAHASIA}', scope: baca}
    datasets:
      paket:
        path: p
        list: data.items
        key: id
        params: {tahun: 2026}
        paging: {style: page, param: page, sizeParam: n, size: 50, first: 0, total: data.total}
        format: json
        ids: {param: id, separator: none, size: 10}
  surat: {kind: mailbox, path: s.mbox, timezone: Asia/Jakarta, datasets: {replies: {}}}
entities:
  Proposal:
    - from: [lembar.satu, {from: lembar.dua, fields: {title: Judul}, where: {No: '/.+/'}}]
      key: [number]
      fields: {number: No, unit: {column: Unit, required: true}}
    - from: basis.baris
      duplicates: last
      fields: {number: a, title: b, tambahan: {column: c, type: text}}
  BudgetLine:
    from: basis.jumlah
    key: lineId
    precedence: basis.jumlah
    fields:
      lineId: a
      ceiling: {column: [a], decimal: ',', unit: 1000, zeroMeans: unknown, scale: 4}
      version: {value: ORIGINAL}
  Project:
    from: api.paket
    fields:
      projectId: id
      accountCodes: {column: mak, split: ;, parts: 7-12}
      name: {column: [a, b], join: }
      status: {column: s, values: {Jalan: ONGOING}}
      tambahan: {column: x, type: money, sensitive: true, description: {en: more, id: lebih}}
  Posyandu:
    from: surat.replies
    fingerprint: [kode]
    plural: posyandus
    description: {en: post, id: pos}
    fields:
      kode: {column: subject, pattern: '(x)', optional: true}
links:
  BudgetLine.projects:
    rules:
      - key: {lineId: accountCodes}
        normalise: [zeros]
        dropWords: [desa]
  Proposal.budgetLines:
    rules:
      - crosswalk: {file: a.csv, from: {number: No}, to: {lineId: ID}}
  Proposal.projects:
    via: [budgetLines, projects]
  Posyandu.projects:
    to: Project
    inverse: posyandu
    many: true
    inverseMany: false
    description: {en: its, id: milik}
    rules:
      - key: {kode: projectId}
"""


@cache
def validator(language: Language = "en") -> Draft202012Validator:
    return Draft202012Validator(hub_schema(describe(), language))


def refused(data: Any) -> list[str]:
    return [f"{error.json_path}: {error.message}" for error in validator().iter_errors(data)]


def as_editors_read(text: str) -> Any:
    """The file as YAML 1.2 has it: numbers, yes and no and null are no texts; names always are."""

    def named(value: Any) -> Any:
        if isinstance(value, dict):
            return {str(name): named(inner) for name, inner in value.items()}
        return [named(inner) for inner in value] if isinstance(value, list) else value

    return named(YAML(typ="safe", pure=True).load(text))


def as_the_loader_reads(folder: Path, text: str) -> Any:
    path = folder / "hub.yaml"
    path.write_text(text, encoding="utf-8")
    tree = read_yaml(path, [])
    assert tree is not None
    return tree.plain()


def codes(folder: Path, data: Any) -> set[str]:
    """What the loader finds wrong."""
    path = folder / "hub.yaml"
    text = json.dumps(data).replace(": null", ': ""')  # which is YAML; an editor's null is nothing written
    path.write_text(text, encoding="utf-8")
    (folder / "a.csv").write_text("No,ID\n", encoding="utf-8")
    return {problem.code for problem in check_config(path, describe(), {"RAHASIA": "x"})}


def written() -> Iterator[tuple[str, str]]:
    """Every hub.yaml and every YAML of the documentation and the tests that the loader is given."""
    for path in sorted(ROOT.rglob("hub*.yaml")):
        if not {".venv", "var", "build"} & set(path.parts):
            yield str(path.relative_to(ROOT)), path.read_text(encoding="utf-8")
    for path in sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]):
        for number, block in enumerate(re.findall(r"```yaml\n(.*?)```", path.read_text(encoding="utf-8"), re.DOTALL)):
            yield f"{path.name} {number}", block
    for path in sorted((ROOT / "tests").rglob("*.py")):
        for number, block in enumerate(
            re.findall(r'= """\\\n(name: .*?)"""', path.read_text(encoding="utf-8"), re.DOTALL)
        ):
            if "\\" not in block and not re.search(r"^ *\{\w+\}$", block, re.MULTILINE):  # no template
                yield f"{path.relative_to(ROOT)} {number}", block


WRITTEN = dict(written())


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_is_a_json_schema_and_explains_every_option_in_both_languages(language: Language) -> None:
    schema = validator(language).schema
    assert isinstance(schema, dict)
    Draft202012Validator.check_schema(schema)

    name = 0 if language == "en" else 1
    assert schema["properties"]["sources"]["description"] == OPTIONS["Hub.sources"][name]
    refresh = schema["$defs"]["Sql"]["properties"]["refresh"]["description"]
    assert refresh.endswith(("a duration such as 10m.", "lamanya, misalnya 10m.")[name])
    explained = schema["$defs"]["Proposal.fields"]["properties"]["status"]["description"]
    assert "ACCEPTED" in explained


def _below(model: type[BaseModel]) -> list[type[BaseModel]]:
    return [one for child in model.__subclasses__() for one in (child, *_below(child))]


def test_every_explanation_belongs_to_an_option() -> None:
    models: list[type[BaseModel]] = [HubWritten, MappingWritten, EntityWritten, *SOURCES.values()]
    used: set[str] = set()
    while models:
        model = models.pop()
        for name, field in model.model_fields.items():
            used.add(option_key(model, name, field.alias or name))
            models += [one for one in _below(BaseModel.__subclasses__()[0]) if one.__name__ in repr(field)]

    assert set(OPTIONS) - used == set()
    assert all(en != id and en.strip() and id.strip() for en, id in OPTIONS.values())


def test_there_is_something_to_compare() -> None:
    assert len(WRITTEN) > 20
    assert {"simpul/demo/hub.yaml", "tests/real/toba/hub.yaml", "quickstart.md 0", "tests/simpul/conftest.py 0"} <= set(
        WRITTEN
    )


@pytest.mark.parametrize("name", WRITTEN)
def test_what_is_written_somewhere_is_taken(tmp_path: Path, name: str) -> None:
    text = WRITTEN[name]
    whole = {"name": "x", "sources": {}, "entities": {}}  # documentation shows parts of a file

    assert refused({**whole, **as_editors_read(text)}) == []
    assert refused({**whole, **as_the_loader_reads(tmp_path, text)}) == []


def test_every_form_is_taken_by_the_loader_and_by_the_schema(tmp_path: Path) -> None:
    data = as_editors_read(FORMS)

    assert codes(tmp_path, data) == set()
    assert refused(data) == []


# -- agreement --------------------------------------------------------------------------------------------------------

Place = tuple[str | int, ...]


def places(data: Any, place: Place = ()) -> Iterator[Place]:
    """Every place of a file."""
    yield place
    for step, inner in data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ():
        yield from places(inner, (*place, step))


def at(data: Any, place: Place) -> Any:
    for step in place:
        data = data[step]
    return data


def changed(place: Place, value: object) -> Any:
    data = deepcopy(DATA)
    at(data, place[:-1])[place[-1]] = value
    return data


DATA = as_editors_read(FORMS)
VALUES: tuple[object, ...] = ({"zzz": "1"}, ["zzz"], "zzz", True, 7, "")
SHAPES = [  # two of them for each place: all would take a minute
    (place, VALUES[(number + more) % len(VALUES)])
    for number, place in enumerate(places(DATA))
    for more in (0, 1 + number % 5)
    if place
]
NAMED = [place for place in places(DATA) if isinstance(at(DATA, place), dict)]


def test_an_unknown_name_is_refused_by_both_wherever_it_stands(tmp_path: Path) -> None:
    differ = []
    for place in NAMED:
        data = deepcopy(DATA)
        at(data, place)["zzz"] = {"column": "x"} if place[-1:] == ("fields",) else "1"
        found = codes(tmp_path, data)
        said = bool(refused(data))
        one_mapping = place[:2] != ("entities", "Proposal")  # else the type may stand in another mapping
        must = "UNKNOWN_OPTION" in found or ("UNKNOWN_FIELD" in found and one_mapping)
        if (must and not said) or (said and not found):
            differ.append((place, found, said))

    assert differ == []
    assert len(NAMED) > 60


def test_what_the_schema_refuses_the_loader_refuses_too(tmp_path: Path) -> None:
    """An editor that underlines what works would be worse than none."""
    refusals = [(place, value) for place, value in SHAPES if refused(changed(place, value))]
    wrong = [
        (place, value)
        for place, value in refusals
        if not codes(tmp_path, changed(place, value))
        and not (place[-1] in ("rows", "parts") and isinstance(value, list))
    ]

    assert wrong == []
    assert len(refusals) > 150


def test_what_is_left_out_is_missed_by_the_loader_where_the_schema_misses_it(tmp_path: Path) -> None:
    missed = []
    for place in places(DATA):
        if place and isinstance(place[-1], str):
            data = deepcopy(DATA)
            del at(data, place[:-1])[place[-1]]
            said = refused(data)
            if said:
                missed.append(place)
                assert codes(tmp_path, data), (place, said)

    assert {("name",), ("sources", "api", "url"), ("entities", "Project", "fields")} <= set(missed)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("kind: rest", "kind: rets"),
        ("refresh: watch", "refresh: 10"),
        ("zeroMeans: unknown", "zeroMeans: nol"),
        ("many: true", "many: ya"),
        ("encoding: cp1252", "encoding:"),
        ("name: Semua bentuk", "name:"),
        ("port: 5432", "port:"),
        ("{Jalan: ONGOING}", "{Jalan: BERJALAN}"),
        ("version: {value: ORIGINAL}", "version: {value: MURNI}"),
        ("      projectId: id", "      proyekId: id"),
        ("      lineId: a\n", "      lineId: a\n      absorption: {column: b, type: decimal}\n"),
        ("datasets: {replies: {}}", "datasets: {balasan: {}}"),
        ("  lembar:\n", "  lembar kerja:\n"),
        ("normalise: [zeros]", "normalise: [nol]"),
        ("normalise: [zeros]", "similar: {compare: [name]}"),
    ],
)
def test_slips_of_the_pen_are_refused_by_both(tmp_path: Path, old: str, new: str) -> None:
    assert old in FORMS
    data = as_editors_read(FORMS.replace(old, new))

    assert codes(tmp_path, data) != set()
    assert refused(data) != []
