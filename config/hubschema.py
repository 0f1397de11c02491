"""The JSON Schema of hub.yaml as people write it, for editors that complete, explain and underline. Made from the models in
config/model.py, so that it says what the loader takes: each type is asked which texts it accepts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from config.entities import Entity, Field, Text
from config.hub import Language
from config.model import (
    MAIL_DATASETS,
    SOURCES,
    EntityWritten,
    HubWritten,
    LinkWritten,
    MailboxWritten,
    MappingWritten,
)
from config.options import OPTIONS, OWN_FIELD, TAKES, VALUES
from config.sources import NAME

Schema = dict[str, Any]

_PROBES = (("integer", "1"), ("number", "0.5"), ("boolean", "true"), ("null", ""))
"""What an editor takes a plain value for, and a text that it would be written as."""
_NO_PLAIN_WORD = "ab"


def hub_schema(builtin: Mapping[str, Entity], language: Language) -> Schema:
    """The schema (draft 2020-12) with its explanations in one language. `builtin` are the entities that need no types."""
    return _Maker(builtin, language).hub()


class _Maker:
    def __init__(self, builtin: Mapping[str, Entity], language: Language) -> None:
        self._builtin = [entity for entity in builtin.values() if entity.system is None]
        self._language = language
        self._defs: dict[str, Schema] = {}

    def hub(self) -> Schema:
        """The whole file."""
        made = self._mapping(HubWritten)
        made["properties"]["sources"] |= {
            "type": "object",
            "propertyNames": {"pattern": f"^(?:{NAME.pattern})$"},
            "additionalProperties": {
                "properties": {"kind": {"enum": list(SOURCES)}},  # so that a wrong one is told with all of them
                "anyOf": [self._source(kind) for kind in SOURCES],
            },
        }
        made["properties"]["entities"] |= self._entities()
        made["properties"]["links"]["properties"] = {
            f"{entity.name}.{link.name}": {**self._ref(LinkWritten), "description": self._said(link.description)}
            for entity in self._builtin
            for link in entity.links
        }
        return {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            **made,
            "$defs": dict(sorted(self._defs.items())),
        }

    # -- what a file consists of --------------------------------------------------------------------------------------

    def _source(self, kind: str) -> Schema:
        model = SOURCES[kind]
        name = _name(model)
        made = self._defs[name] = self._mapping(model)
        made["properties"]["kind"] = {"const": kind, "description": made["properties"]["kind"]["description"]}
        if model is MailboxWritten:
            datasets = made["properties"]["datasets"]
            datasets["properties"] = dict.fromkeys(MAIL_DATASETS, datasets["additionalProperties"])
            datasets["additionalProperties"] = False
        return {"$ref": f"#/$defs/{name}"}

    def _entities(self) -> Schema:
        """Every form of an entity (config/forms.py). A built-in one knows its fields; others in it need a type, which with
        several mappings may stand in any of them."""
        part = self._mapping(MappingWritten)
        part["required"] = ["from"]  # its fields may stand beside `from`
        plain = part["properties"]["from"]
        several = {"type": "array", "minItems": 1, "items": {"anyOf": [_without_words(plain), _ref("Part")]}}
        one = self._mapping(MappingWritten)
        one["properties"] |= self._mapping(EntityWritten)["properties"]
        one["properties"]["from"] = {"anyOf": [_without_words(plain), several], "description": plain["description"]}
        one |= {"required": ["from"], "if": {"properties": {"from": several}}, "else": {"required": ["fields"]}}
        entity = {"anyOf": [_ref("Mapping"), {"type": "array", "minItems": 1, "items": _ref("Mapping")}]}
        self._defs |= {"Part": part, "Mapping": one, "Entity": entity}
        self._defs["FieldOrColumn"] = one["properties"]["fields"]["additionalProperties"]
        for mapping in (part, one):
            mapping["properties"]["fields"]["additionalProperties"] = _ref("FieldOrColumn")
        for builtin in self._builtin:
            self._defs[f"{builtin.name}.fields"] = {"properties": dict(self._fields(builtin))}
        return {
            "type": "object",
            "properties": {builtin.name: self._entity(builtin, plain) for builtin in self._builtin},
            "additionalProperties": _ref("Entity"),
        }

    def _entity(self, builtin: Entity, plain: Schema) -> Schema:
        known = {"properties": {"fields": _ref(f"{builtin.name}.fields")}}
        own = {"type": "object", "required": ["type"], "errorMessage": self._text(OWN_FIELD)}
        names = dict.fromkeys(self._defs[f"{builtin.name}.fields"]["properties"], True)
        return {
            **_ref("Entity"),
            "description": self._said(builtin.description),
            **known,
            "items": known,
            "if": {"required": ["from"], "properties": {"from": _without_words(plain)}},
            "then": {"properties": {"fields": {"properties": names, "additionalProperties": own}}},
        }

    def _fields(self, builtin: Entity) -> Iterator[tuple[str, Schema | bool]]:
        for field in builtin.fields:
            shape = {**_ref("FieldOrColumn"), **self._enum(field), "description": self._explained(field)}
            yield field.name, shape if field.computed is None else False
        for link in builtin.links:
            if link.reference:
                yield link.name, {**_ref("FieldOrColumn"), "description": self._said(link.description)}

    def _enum(self, field: Field) -> Schema:
        if field.enum is None:
            return {}
        known = {"enum": list(field.enum.values)}
        return {"properties": {"value": known, "values": {"additionalProperties": known}}}

    def _explained(self, field: Field) -> str:
        said = self._said(field.description)
        if field.enum is None:
            return said
        values = ", ".join(f"{name} ({self._said(words)})" for name, words in field.enum.values.items())
        return f"{said}. {self._text(VALUES).format(values=values)}"

    # -- models and their types ---------------------------------------------------------------------------------------

    def _ref(self, model: type[BaseModel]) -> Schema:
        name = _name(model)
        if name not in self._defs:
            self._defs[name] = {}  # it may hold itself
            self._defs[name] = self._mapping(model)
        return _ref(name)

    def _mapping(self, model: type[BaseModel]) -> Schema:
        properties, required = {}, []
        for name, field in model.model_fields.items():
            written = field.alias or name
            if field.annotation is Any or name == "mappings":  # not built yet, or made by config/forms.py alone
                continue
            shape, wanted = self._shape(_type_of(field))
            said = self._text(OPTIONS[option_key(model, name, written)])
            properties[written] = shape | {"description": " ".join([said, *self._takes(wanted)])}
            if field.is_required():
                required.append(written)
        made: Schema = {"type": "object", "properties": properties, "additionalProperties": False}
        return made | ({"required": required} if required else {})

    def _takes(self, wanted: str | None) -> list[str]:
        if wanted is None:
            return []
        en, _, id = wanted.partition("\x1f")
        return [self._text(TAKES).format(wanted=en if self._language == "en" else id)]

    def _shape(self, annotation: Any) -> tuple[Schema, str | None]:
        """What may be written for a type, and in words what plain text for it must look like."""
        adapter: TypeAdapter[Any] = TypeAdapter(annotation)
        shape: Schema
        bare = _bare(annotation)
        origin, inner = get_origin(bare), get_args(bare)
        if origin is Literal:
            return {"enum": list(inner)}, None
        if bare is bool:
            return {"enum": [True, False, "true", "false"]}, None
        if origin is list:
            items, wanted = self._shape(inner[0])
            shape = {"type": "array", "items": items} | ({} if _is_taken(adapter, []) else {"minItems": 1})
        elif origin is dict:
            items, wanted = self._shape(inner[1])
            shape = {"type": "object", "additionalProperties": items}
        elif isinstance(bare, type) and issubclass(bare, BaseModel):
            shape, wanted = self._ref(bare), None
        else:
            return _plain(adapter), _wanted(adapter)
        if _is_taken(adapter, _NO_PLAIN_WORD):
            shape = {"anyOf": [_plain(adapter), shape]}
        return shape, wanted

    def _said(self, text: Text) -> str:
        return text.en if self._language == "en" else text.id

    def _text(self, words: tuple[str, str]) -> str:
        return words[0] if self._language == "en" else words[1]


def option_key(model: type[BaseModel], name: str, written: str) -> str:
    """Under which an option is explained: of the model that says it first."""
    owner = next(one for one in reversed(model.__mro__) if name in getattr(one, "model_fields", {}))
    return f"{_name(owner)}.{written}"


def _name(model: type) -> str:
    return model.__name__.removesuffix("Written")


def _ref(name: str) -> Schema:
    return {"$ref": f"#/$defs/{name}"}


def _without_words(shape: Schema) -> Schema:
    return {name: value for name, value in shape.items() if name != "description"}


def _type_of(field: FieldInfo) -> Any:
    return Annotated[field.annotation, *field.metadata] if field.metadata else field.annotation


def _bare(annotation: Any) -> Any:
    """A type without what is annotated and without None; the first where there are several (the number of a row, or auto)."""
    origin = get_origin(annotation)
    if origin is Annotated:
        return _bare(get_args(annotation)[0])
    if origin in (Union, UnionType):
        return _bare(next(one for one in get_args(annotation) if one is not NoneType))
    return annotation


def _plain(adapter: TypeAdapter[Any]) -> Schema:
    kinds = [kind for kind, text in _PROBES if _is_taken(adapter, text)]
    return {"type": ["string", *kinds] if kinds else "string"}


def _is_taken(adapter: TypeAdapter[Any], value: object) -> bool:
    try:
        adapter.validate_python(value)
    except ValidationError:
        return False
    return True


def _wanted(adapter: TypeAdapter[Any]) -> str | None:
    """What a type asks for in words when it is given any."""
    try:
        adapter.validate_python(_NO_PLAIN_WORD)
    except ValidationError as error:
        found = error.errors()[0].get("ctx", {}).get("error")
        return str(found) if found is not None else None
    return None
