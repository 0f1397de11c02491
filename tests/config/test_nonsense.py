"""Nonsense of any kind: a configuration that a hub can be built from, or problems; never a traceback, now or later."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from config.entities import Catalogue
from config.load import load_config
from config.problems import ConfigError
from replica.tables import build_tables
from schema.build import build, print_sdl
from schema.catalogue import describe
from simpul.demo.generate import hub_yaml
from simpul.sources import Connectors

OWN = """\
sources:
  clinics:
    kind: rest
    url: http://127.0.0.1:9/api
    apiKey: {header: X-Api-Key, value: '${KEY}'}
    timeout: 5s
    maxBytes: 1MB
    rate: 60/m
    oauth: {tokenUrl: 'http://127.0.0.1:9/token', clientId: hub, clientSecret: '${KEY}', scope: baca}
    datasets:
      posts: {}
      visits: {format: ndjson}
  notes:
    kind: sql
    engine: sqlite
    database: data/notes.db
    datasets:
      all: {query: SELECT * FROM notes, key: [id]}
entities:
  HealthPost:
    from: [clinics.posts, {from: notes.all, where: {kind: post}, duplicates: first}]
    key: [code]
    precedence: [notes.all]
    plural: posts
    description: {en: Health post, id: Posyandu}
    fields:
      code: {column: [a, b], join: '-', type: code}
      kind: {column: k, type: enum, values: {'/akt.*/': ACTIVE, TUTUP: CLOSED}}
      budget: {column: c, type: money, unit: 1000, decimal: ',', zeroMeans: empty}
      visits: {column: v, type: int}
      opened: {column: d, type: date, required: true}
      codes: {column: e, type: codes, split: ;, parts: 1-2}
      region: {column: f, within: g}
  Visit:
    - {from: clinics.visits, fingerprint: [post, note], fields: {post: {column: p, type: HealthPost}, note: n}}
links:
  HealthPost.projects:
    to: Project
    inverse: healthPosts
    many: false
    rules: [{key: {code: projectId}, normalise: [case, zeros], dropWords: [pos]}]
  HealthPost.agencies:
    to: Agency
    inverse: healthPosts
    via: [projects, agency]
"""
BUILT: set[str] = set()
ENVIRON = {"KEY": "kunci-rahasia"}


def whole() -> Any:
    """The sample regency's configuration with entities, links and sources of an operator's own."""
    reader = YAML(typ="base", pure=True)
    regency, own = reader.load(hub_yaml()), reader.load(OWN)
    for section in own:
        regency[section].update(own[section])
    return regency


WHOLE = whole()


def places(tree: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """The place of every value."""
    found = [path] if path else []
    items = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    for step, value in items:
        found += places(value, (*path, step))
    return found


PLACES = places(WHOLE)
WORDS = sorted({str(step) for place in PLACES for step in place} | {"file", "sheet", "$file", "id", "Query", "node"})
VALUES: st.SearchStrategy[Any] = st.one_of(
    st.sampled_from(["", "x", "0", "-1", "nan", "1e9", "live", "*", "/(/", "true", "${KEY}", "${GONE}", "a.b.c", "\n"]),
    st.sampled_from(["\0", "D:\temp", "99999999999999999999", "sqlite://", "Region", "regionRaw", "statusRaw", "enum"]),
    st.sampled_from(WORDS),
    st.text(max_size=8),
    st.sampled_from([[], {}, [[]], [{}], {"": ""}, ["a", "a"], {"from": []}, {"column": []}]),
    st.sampled_from(PLACES).map(lambda place: copy.deepcopy(at(WHOLE, place))),
)


def at(tree: Any, place: tuple[str | int, ...]) -> Any:
    for step in place:
        tree = tree[step]
    return tree


@st.composite
def changed(draw: st.DrawFn) -> Any:
    """The configuration with one to three values exchanged, taken out, renamed or added."""
    tree = copy.deepcopy(WHOLE)
    for _ in range(draw(st.integers(1, 3))):
        *way, last = draw(st.sampled_from(PLACES))
        try:
            here = at(tree, tuple(way))
            old = here[last]
        except (LookupError, TypeError):
            continue
        match draw(st.sampled_from(["exchange", "remove", "rename", "add"])):
            case "exchange":
                here[last] = draw(VALUES)
            case "remove":
                del here[last]
            case "rename" if isinstance(here, dict):
                del here[last]
                here[draw(st.sampled_from(WORDS) | st.text(max_size=6))] = old
            case "add" if isinstance(here, dict):
                here[draw(st.sampled_from(WORDS))] = draw(VALUES)
    return tree


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("hub")
    (folder / "links").mkdir()
    (folder / "links" / "usulan-anggaran.csv").write_text("Berkas;No Usulan;ID Rinci\n", encoding="utf-8")
    return folder


def names_of(catalogue: Catalogue) -> str:
    """What the schema of a catalogue is made of, but for descriptions."""
    return repr(
        [
            (e.name, e.singular, e.plural, e.key, [(f.name, f.type, f.enum) for f in e.fields], hops)
            for e in catalogue
            for hops in [[(hop.name, hop.to, hop.many) for hop in catalogue.hops(e.name).values()]]
        ]
    )


def build_all(folder: Path, text: str) -> None:
    """Whatever a hub makes of its configuration before it reads anything."""
    path = folder / "hub.yaml"
    path.write_text(text, encoding="utf-8", errors="surrogatepass")
    try:
        config = load_config(path, describe(), ENVIRON)
    except ConfigError as error:
        assert error.problems
        for problem in error.problems:
            assert "\n" not in problem.render("id") + problem.render("en")
            assert "kunci-rahasia" not in problem.render("en")
        return
    build_tables(config.catalogue)
    names = names_of(config.catalogue)
    if names not in BUILT:  # it takes a while
        print_sdl(build(config.catalogue))
        BUILT.add(names)
    dict(Connectors(config))
    assert "kunci-rahasia" not in repr(config)


def test_the_whole_configuration_is_a_good_one(folder: Path) -> None:
    path = folder / "hub.yaml"
    path.write_text(json.dumps(WHOLE), encoding="utf-8")

    config = load_config(path, describe(), ENVIRON)

    assert {"HealthPost", "Visit", "Proposal"} <= set(config.catalogue.entities)


@given(changed())
def test_random_configurations_give_a_hub_or_problems(folder: Path, tree: Any) -> None:
    build_all(folder, json.dumps(tree))


@given(st.text(st.sampled_from("ab:-[]{}'\"#&*!|>%@`?, \n\t\\"), max_size=60))
def test_random_signs_give_problems(folder: Path, text: str) -> None:
    build_all(folder, text)
