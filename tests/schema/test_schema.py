"""The served schema: nullable where a source may fail, described in both languages, the same as the committed one."""

from __future__ import annotations

from pathlib import Path

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    build_schema,
    get_introspection_query,
    is_non_null_type,
    validate_schema,
)

from config.entities import Catalogue
from config.load import load_config
from schema.build import build, print_sdl
from schema.catalogue import describe
from simpul.demo.generate import hub_yaml

ROOT = Path(__file__).parents[2]
HEALTH_POST = """
  HealthPost:
    from: wilayah.kode
    key: [code]
    fields:
      code: KODE
      beds: {column: NAMA, type: int}
      region: {column: NAMA}
"""


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    """The sample's catalogue, with an entity of the operator's own."""
    folder = tmp_path_factory.mktemp("hub")
    (folder / "links").mkdir()
    (folder / "links" / "usulan-anggaran.csv").write_text("Berkas;No Usulan;ID Rinci\n", encoding="utf-8")
    (folder / "hub.yaml").write_text(hub_yaml().replace("\nlinks:", HEALTH_POST + "\nlinks:"), encoding="utf-8")
    return load_config(folder / "hub.yaml", describe()).catalogue


@pytest.fixture(scope="module")
def schema(catalogue: Catalogue) -> GraphQLSchema:
    return build(catalogue)._schema


def test_the_schema_is_valid_and_can_be_introspected(catalogue: Catalogue, schema: GraphQLSchema) -> None:
    assert validate_schema(schema) == []
    assert build(catalogue).execute_sync(get_introspection_query()).errors is None
    assert validate_schema(build_schema(print_sdl(build(catalogue)))) == []


def test_root_fields_and_links_are_nullable(catalogue: Catalogue, schema: GraphQLSchema) -> None:
    root = schema.query_type
    assert root is not None
    assert [name for name, field in root.fields.items() if is_non_null_type(field.type)] == []
    for entity in catalogue:
        type_ = schema.type_map[entity.name]
        assert isinstance(type_, GraphQLObjectType)
        for hop in catalogue.hops(entity.name):
            assert not is_non_null_type(type_.fields[hop].type), f"{entity.name}.{hop}"
        assert is_non_null_type(type_.fields["id"].type)


def test_everything_is_described_in_both_languages(schema: GraphQLSchema) -> None:
    silent = []
    for name, type_ in schema.type_map.items():
        if name.startswith("__") or name in ("String", "Int", "Float", "Boolean", "ID"):
            continue
        parts = [(name, type_)]
        if isinstance(type_, GraphQLObjectType | GraphQLInterfaceType):
            for field_name, field in type_.fields.items():
                parts.append((f"{name}.{field_name}", field))
                parts += [(f"{name}.{field_name}({a})", about) for a, about in field.args.items()]
        elif isinstance(type_, GraphQLInputObjectType):
            parts += [(f"{name}.{field_name}", about) for field_name, about in type_.fields.items()]
        elif isinstance(type_, GraphQLEnumType):
            parts += [(f"{name}.{value}", about) for value, about in type_.values.items()]
        silent += [place for place, part in parts if " / " not in (part.description or "")]

    assert silent == []


def test_a_declared_entity_has_the_shapes_of_a_built_in_one(schema: GraphQLSchema) -> None:
    declared, built_in = schema.type_map["HealthPost"], schema.type_map["Agency"]
    assert isinstance(declared, GraphQLObjectType) and isinstance(built_in, GraphQLObjectType)

    assert [i.name for i in declared.interfaces] == [i.name for i in built_in.interfaces]
    assert {"id", "code", "beds", "region", "regionMatch", "regionRaw", "provenance", "issues"} <= set(declared.fields)
    for suffix in ("Connection", "Edge", "Where", "Order", "By", "Key", "Aggregate", "LinkWhere"):
        assert f"HealthPost{suffix}" in schema.type_map
    region = schema.type_map["Region"]
    assert isinstance(region, GraphQLObjectType)
    assert "healthPosts" in region.fields


def test_sensitive_fields_can_be_read_but_not_asked_about(schema: GraphQLSchema) -> None:
    complaint, where, order = (schema.type_map[name] for name in ("Complaint", "ComplaintWhere", "ComplaintOrder"))
    assert isinstance(complaint, GraphQLObjectType)
    assert isinstance(where, GraphQLInputObjectType) and isinstance(order, GraphQLInputObjectType)

    assert "reporter" in complaint.fields
    assert "reporter" not in where.fields and "reporter" not in order.fields


def test_the_committed_schema_is_the_served_one(tmp_path: Path) -> None:
    (tmp_path / "links").mkdir()
    (tmp_path / "links" / "usulan-anggaran.csv").write_text("Berkas;No Usulan;ID Rinci\n", encoding="utf-8")
    (tmp_path / "hub.yaml").write_text(hub_yaml(), encoding="utf-8")
    served = print_sdl(build(load_config(tmp_path / "hub.yaml", describe()).catalogue))

    # after a wanted change: simpul schema --config examples/sumbawa/hub.yaml > schema.graphql
    assert (ROOT / "schema.graphql").read_text(encoding="utf-8") == served
