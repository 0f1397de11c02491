"""What is written in hub.yaml against its model: everything that is wrong is told, and mended so that more can be found."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from config.entities import Text
from config.forms import WHOLE, mend
from config.places import Places
from config.secrets import is_written_secret

MOST_ROUNDS = 100  # of mending what is wrong and looking on

M = TypeVar("M", bound=BaseModel)
Place = tuple[str | int, ...]


class Validation:
    """Reads the parts of one file into models, noting problems."""

    def __init__(self, places: Places) -> None:
        self._places = places

    def read(self, model: type[M], data: Any, path: Place = ()) -> M | None:
        """What is written, as the model has it; what is wrong is told, and mended so that the rest can be looked at. None if
        that can't be done."""
        for number in range(MOST_ROUNDS):
            try:
                return model.model_validate(data)
            except ValidationError as error:
                found = error.errors(include_url=False)
                if number == 0:
                    for one in found:
                        self._report(model, dict(one), path)
                mended = [mend(data, one["loc"]) for one in found]  # each of them, also after one that can't be
                if not all(mended):
                    return None
        return None

    def wrong(self, place: Place, value: object, en: str, id: str) -> None:
        """Tells that another value is needed at a place."""
        written = self._places.text(place)  # as it stands there: the value may hold secrets by now
        if written is not None:
            value = written
        if not isinstance(value, str):
            value = {"dict": "{…}", "list": "[…]"}.get(type(value).__name__, "?")
        if is_written_secret(value, place):
            value = "***"
        self._places.add(place, "WRONG_VALUE", value=value[:80] or '""', wanted=Text(en, id))

    def unbuilt(self, path: Place, what: str, en: str, id: str) -> None:
        """Tells that what is asked for at a place is not built yet, and what to use instead."""
        self._places.add(path, "NOT_BUILT_YET", what=what, instead=Text(en, id))

    def _report(self, model: type[BaseModel], error: Mapping[str, Any], path: Place) -> None:
        place = (*path, *error["loc"])
        name = str(error["loc"][-1]) if error["loc"] else ""
        kind = error["type"]
        if kind == "missing":
            self._places.add(place, "MISSING_OPTION", name=name)
        elif kind == "extra_forbidden":
            known = _options(model, error["loc"][:-1])
            if len(error["loc"]) == 5 and error["loc"][2] == "mappings":
                known = [*known, *WHOLE]
            known = [option for option in known if option != "mappings"]
            hint = self._places.hint(name, known)
            self._places.add(place, "UNKNOWN_OPTION", at_key=True, name=name, hint=hint)
        elif kind == "value_error":
            words = str(error["ctx"]["error"]).split("\x1f")
            self.wrong(place, error["input"], words[0], words[-1])
        elif kind == "literal_error":
            values = re.findall(r"'([^']*)'", error["ctx"]["expected"])
            expected = ", ".join(value if value.isalnum() else f"'{value}'" for value in values)
            self.wrong(place, error["input"], f"one of {expected}", f"salah satu dari {expected}")
        else:
            en, id = _SHAPES.get(kind, ("another kind of value", "jenis nilai lain"))
            self.wrong(place, error["input"], en, id)


_SHAPES = {
    "string_type": ("text", "teks"),
    "dict_type": ("a mapping of names to values", "daftar nama dan nilai"),
    "model_type": ("a mapping of names to values", "daftar nama dan nilai"),
    "model_attributes_type": ("a mapping of names to values", "daftar nama dan nilai"),
    "list_type": ("a list", "daftar"),
    "tuple_type": ("rows such as 7-", "baris, misalnya 7-"),
    "bool_type": ("true or false", "true atau false"),
    "int_type": ("a whole number", "bilangan bulat"),
    "float_type": ("a number", "bilangan"),
    "float_parsing": ("a number", "bilangan"),
    "decimal_type": ("a number", "bilangan"),
    "is_instance_of": ("text", "teks"),
}


def _options(model: type[BaseModel], loc: tuple[str | int, ...]) -> list[str]:
    """The names that may stand at a place of a model."""
    schema: Any = model.model_json_schema(by_alias=True, mode="validation") if _has_schema(model) else {}
    definitions = schema.get("$defs", {})
    here = schema
    for step in loc:
        here = _resolved(here, definitions)
        properties = here.get("properties", {})
        if step in properties:
            here = properties[step]
        elif "items" in here and isinstance(step, int):
            here = here["items"]
        else:
            here = here.get("additionalProperties") or {}
    here = _resolved(here, definitions)
    return list(here.get("properties", {}))


def _has_schema(model: type[BaseModel]) -> bool:
    try:
        model.model_json_schema()
    except Exception:  # a model with a type that has no JSON form: then no name is suggested
        return False
    return True


def _resolved(schema: Any, definitions: Mapping[str, Any]) -> Any:
    while isinstance(schema, dict):
        if "$ref" in schema:
            schema = definitions[schema["$ref"].rsplit("/", 1)[-1]]
        elif "anyOf" in schema:
            schema = next((s for s in schema["anyOf"] if s.get("type") != "null"), {})
        else:
            return schema
    return {}
