"""From which columns of which dataset the fields of an entity are read, checked against the entity and the sources."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from config.entities import Entity, Field, Text
from config.forms import is_unreadable
from config.hub import EntityMapping, FieldMapping, SourceConfig
from config.model import MAIL_DATASETS, EntityWritten, FieldWritten, MappingWritten, fields_of, matcher
from config.places import Places

PSEUDO = ("file", "sheet")
FOUND = ("$title", "$leaf")
"""What is known of tables that are found."""
AROUND = {"file": "$stem", "sheet": "$sheet", "folder": "$folder", "title": "$title"}
"""The column that `from:` of a field stands for."""
IN_FILES = {"spreadsheet": ("file", "stem", "sheet", "folder"), "mailbox": ("file", "stem")}
"""Where the rows of a kind of source stand."""
Place = tuple[str | int, ...]


class Mappings:
    """Makes the mappings of one hub.yaml, noting problems. `named` are the sources that it names, `sources` those without
    problems."""

    def __init__(self, places: Places, sources: Mapping[str, SourceConfig], named: Collection[str]) -> None:
        self._places = places
        self._sources = sources
        self._named = named

    def of(self, entity: Entity, written: EntityWritten, builtin: Entity | None) -> list[EntityMapping]:
        """The mappings of an entity."""
        self._check_key(entity, written)
        self._check_filterable(entity, written)
        made: list[EntityMapping] = []
        ranks = self._ranks(entity, written)
        for number, mapping in enumerate(written.mappings):
            place: Place = ("entities", entity.name, "mappings", number)
            found = self._dataset(mapping.from_, (*place, "from"))
            fields = [
                field
                for name, field_written in mapping.fields.items()
                if (field := self._field(entity, name, field_written, builtin, (*place, "fields", name)))
            ]
            for column in mapping.where:
                if column in ("$file", *AROUND.values(), *FOUND):
                    wanted = Text("a column of the source", "kolom dari sumber")
                    self._places.add((*place, "where", column), "WRONG_VALUE", at_key=True, value=column, wanted=wanted)
            if found is None:
                continue
            if any((other.source, other.dataset) == found for other in made):
                dataset = ".".join(found)
                self._places.add((*place, "from"), "DATASET_TWICE", entity=entity.name, dataset=dataset)
            self._check_places(entity, mapping, *found, place)
            made.append(
                EntityMapping(
                    entity.name,
                    *found,
                    tuple(fields),
                    mapping.duplicates,
                    ranks.get(found, len(ranks)),
                    bool(ranks),
                    {name: tuple(values) for name, values in mapping.where.items()} or None,
                    self._places.line("entities", entity.name),
                )
            )
        return made

    # -- datasets -----------------------------------------------------------------------------------------------------

    def _dataset(self, text: str, place: Place) -> tuple[str, str] | None:
        name, found, dataset = text.partition(".")
        if name not in self._sources:
            # a source with problems of its own has been told of already
            if name not in self._named and not is_unreadable(text):
                hint = self._places.hint(name, self._named)
                self._places.add(place, "UNKNOWN_SOURCE", name=name, hint=hint)
            return None
        source = self._sources[name]
        known = _datasets(source)
        if not found:
            if len(known) == 1 or source.kind == "mailbox":
                return name, known[0]
            if source.kind == "spreadsheet" and not known:
                return name, name
            self._places.add(place, "DATASET_NEEDED", source=name, hint=self._places.hint("", known))
            return None
        if not dataset or (known and dataset not in known):
            hint = self._places.hint(dataset, known)
            self._places.add(place, "UNKNOWN_DATASET", source=name, name=dataset, hint=hint)
            return None
        return name, dataset

    def _ranks(self, entity: Entity, written: EntityWritten) -> dict[tuple[str, str], int]:
        """The rank of each dataset in `precedence:`."""
        ranks: dict[tuple[str, str], int] = {}
        mapped = [mapping.from_ for mapping in written.mappings]
        for number, text in enumerate(written.precedence or ()):
            place: Place = ("entities", entity.name, "precedence", number)
            if text not in mapped:
                hint = self._places.hint(text, mapped)
                self._places.add(place, "PRECEDENCE", name=text, entity=entity.name, hint=hint)
                continue
            name, _, dataset = text.partition(".")
            known = _datasets(self._sources[name]) if name in self._sources else []
            ranks.setdefault(
                (name, dataset or (known[0] if len(known) == 1 or known == list(MAIL_DATASETS) else name)), number
            )
        return ranks

    # -- keys ---------------------------------------------------------------------------------------------------------

    def _check_key(self, entity: Entity, written: EntityWritten) -> None:
        place: Place = ("entities", entity.name)
        if not written.mappings:
            return
        if written.key is not None and written.fingerprint is not None:
            self._places.add((*place, "fingerprint"), "KEY_OR_FINGERPRINT", at_key=True, entity=entity.name)
        if not entity.key and not entity.fingerprint:
            self._places.add(place, "KEY_NEEDED", at_key=True, entity=entity.name)
        for option, names in (("key", written.key), ("fingerprint", written.fingerprint)):
            for name in names or ():
                link = entity.link(name) if option == "fingerprint" else None
                field = entity.field(name)
                if field is None and name not in PSEUDO and not (link is not None and link.reference):
                    hint = self._places.hint(name, [*(f.name for f in entity.fields), *PSEUDO])
                    self._places.add((*place, option), "UNKNOWN_FIELD", entity=entity.name, name=name, hint=hint)
                elif option == "key" and field is not None and field.type.is_list:
                    self._places.add((*place, option), "KEY_TYPE", entity=entity.name, name=name)
        for number, mapping in enumerate(written.mappings):
            for name in (*entity.key, *entity.fingerprint):
                field = entity.field(name)
                if field is not None and (field.raw_of or name) not in mapping.fields:
                    where = (*place, "mappings", number, "from")
                    self._places.add(where, "KEY_NOT_MAPPED", entity=entity.name, name=name)
            for field in entity.fields:
                if field.required and field.name not in (*entity.key, *mapping.fields):
                    where = (*place, "mappings", number, "from")
                    self._places.add(where, "REQUIRED_NOT_MAPPED", entity=entity.name, name=field.name)

    def _check_filterable(self, entity: Entity, written: EntityWritten) -> None:
        for name in (name for item in written.filterable or () for name in fields_of(item)):
            field = entity.field(name)
            if field is None:
                hint = self._places.hint(name, [field.name for field in entity.fields])
                self._places.add(
                    ("entities", entity.name, "filterable"), "UNKNOWN_FIELD", entity=entity.name, name=name, hint=hint
                )
            elif field.type.is_list:
                self._places.add(
                    ("entities", entity.name, "filterable"), "FILTERABLE_TYPE", entity=entity.name, name=name
                )

    def _check_places(self, entity: Entity, mapping: MappingWritten, source: str, dataset: str, place: Place) -> None:
        """Tells what asks for the file or sheet of rows that stand in none."""
        is_file = self._sources[source].options.get("path") is not None
        known = IN_FILES.get(self._sources[source].kind, ()) if is_file else ()
        for name in (*PSEUDO, "stem", "folder"):
            if name in known:
                continue
            if name in (*entity.key, *entity.fingerprint):
                self._places.add((*place, "from"), "PSEUDO_NOWHERE", name=name, source=source)
            for field_name, field in mapping.fields.items():
                if f"${name}" in (*_columns(field), field.within):
                    where = (*place, "fields", field_name)
                    self._places.add(where, "PSEUDO_NOWHERE", name=field.from_ or f"${name}", source=source)
        header = self._sources[source].datasets.get(dataset, {}).get("header")
        for field_name, field in mapping.fields.items():
            asked = [name for name in (*_columns(field), field.within) if name in FOUND]
            if asked and header != "auto" and not isinstance(header, tuple):
                self._places.add((*place, "fields", field_name), "TITLE_NOWHERE", name=field.from_ or asked[0])

    # -- fields -------------------------------------------------------------------------------------------------------

    def _field(
        self, entity: Entity, name: str, written: FieldWritten, builtin: Entity | None, place: Place
    ) -> FieldMapping | None:
        declared, link = entity.field(name), entity.link(name)
        if declared is None and (link is None or not link.reference):
            if link is not None:
                self._places.add(place, "NOT_A_COLUMN", at_key=True, field=f"{entity.name}.{name}")
            return None
        if declared is not None and declared.raw_of is not None:
            hint = self._places.hint("", [declared.raw_of])
            self._places.add(place, "UNKNOWN_FIELD", at_key=True, entity=entity.name, name=name, hint=hint)
            return None
        if declared is not None and declared.computed is not None:
            sides = f"{declared.computed.left}, {declared.computed.right}"
            self._places.add(place, "COMPUTED_FIELD", at_key=True, field=f"{entity.name}.{name}", sides=sides)
            return None
        if written.column is None and written.value is None and written.from_ is None:
            self._places.add(place, "MISSING_OPTION", at_key=True, name="column")
            return None
        type_ = declared.type.value if declared else link.to if link else ""
        if written.type is not None and written.type != type_:
            self._places.add(
                (*place, "type"), "TYPE_DIFFERS", entity=entity.name, name=name, builtin=type_, type=written.type
            )
        is_new = builtin is None or (builtin.field(name) is None and builtin.link(name) is None)
        self._check_options(declared, written, name, place, is_new=is_new)
        self._check_values(declared, written, name, place)
        return FieldMapping(
            field=name,
            type=declared.type if declared else None,
            columns=_columns(written),
            join=written.join,
            value=written.value,
            within=written.within,
            scale=declared.scale if declared else 0,
            decimal=written.decimal,
            unit=written.unit,
            values=written.values,
            zero_means=written.zero_means,
            split=written.split,
            parts=written.parts,
            after=written.after,
            pattern=written.pattern,
            optional=written.optional,
            required=written.required,
            line=self._places.line(*place),
        )

    def _check_options(
        self, declared: Field | None, written: FieldWritten, name: str, place: Place, *, is_new: bool
    ) -> None:
        """Tells the options that would do nothing."""
        is_decimal = declared is not None and declared.type.is_decimal
        useful: dict[str, tuple[bool, str, str]] = {
            "within": (
                declared is None,
                "fields that name a record, such as region",
                "isian yang menyebut data lain, misalnya region",
            ),
            "required": (
                declared is not None,
                "fields that hold a value of their own",
                "isian yang berisi nilai sendiri",
            ),
            "decimal": (declared is not None and declared.type.is_number, "numbers", "bilangan"),
            "unit": (is_decimal, "money and decimal", "money dan decimal"),
            "zero_means": (is_decimal, "money and decimal", "money dan decimal"),
            "split": (declared is not None and declared.type.is_list, "lists (texts, codes)", "daftar (texts, codes)"),
            "join": (len(written.column or ()) > 1, "several columns", "beberapa kolom"),
            "optional": (
                written.pattern is not None or written.after is not None,
                "fields with a pattern or after",
                "isian dengan pattern atau after",
            ),
            "column": (
                written.value is None and written.from_ is None,
                "fields without value or from",
                "isian tanpa value atau from",
            ),
            "from_": (written.value is None, "fields without value", "isian tanpa value"),
            "after": (written.from_ == "title" or written.column == ["$title"], "from: title", "from: title"),
            "sensitive": (is_new and declared is not None, "fields of your own", "isian buatan sendiri"),
            "description": (is_new, "fields of your own", "isian buatan sendiri"),
        }
        for option in sorted(written.model_fields_set & set(useful)):
            is_useful, en, id = useful[option]
            if not is_useful and getattr(written, option) is not None:
                alias = FieldWritten.model_fields[option].alias or option
                where = (*place, alias)
                self._places.add(where, "OPTION_UNUSED", at_key=True, name=alias, field=name, instead=Text(en, id))

    def _check_values(self, declared: Field | None, field: FieldWritten, name: str, place: Place) -> None:
        for key in field.values or {}:
            reason = _what_is_wrong(key)
            if reason is not None:
                self._places.add((*place, "values", key), "BAD_PATTERN", at_key=True, pattern=key, reason=reason)
        if declared is not None and declared.enum is not None:
            known = declared.enum.values
            for key, value in (field.values or {}).items():
                if value not in known:
                    hint = self._places.hint(value, known)
                    self._places.add((*place, "values", key), "ENUM_VALUE", name=name, value=value, hint=hint)
            if field.value is not None and field.value not in known:
                hint = self._places.hint(field.value, known)
                self._places.add((*place, "value"), "ENUM_VALUE", name=name, value=field.value, hint=hint)


def _columns(field: FieldWritten) -> tuple[str, ...]:
    """The columns that a field is read from; what stands around the table is one as well."""
    return tuple(field.column or ()) or ((AROUND[field.from_],) if field.from_ else ())


def _what_is_wrong(text: str) -> str | None:
    """Why a /regular expression/ is none."""
    try:
        re.compile(matcher(text) or "")
    except re.error as error:
        return str(error)
    return None


def _datasets(source: SourceConfig) -> list[str]:
    return list(MAIL_DATASETS) if source.kind == "mailbox" else list(source.datasets)
