"""A form's definition and values, checked against each other and set by typst.

Values go to typst as data and are set as text: nothing in them is markup.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

import typst
import yaml
from pydantic import BaseModel, ConfigDict

from services.forms.fonts import font_folder

_HERE = Path(__file__).parent
_PLACE = re.compile(r"\{([a-z_]+)\}")
Table = Sequence[Sequence[str]]


class FormError(ValueError):
    """A value that the form needs is missing, or one is given that it does not have. Names only."""


@dataclass(frozen=True)
class FormData:
    """What is filled in.

    Args:
        values: by field name; an empty string leaves a blank to be filled in by hand.
        tables: rows of cells by table name.
    """

    values: Mapping[str, str] = field(repr=False)
    tables: Mapping[str, Table] = field(default_factory=dict, repr=False)


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _Field(_Part):
    name: str
    label: str
    wide: bool = False


class _Section(_Part):
    """A heading with fields, a table, or running text."""

    heading: str | None = None
    fields: tuple[_Field, ...] = ()
    table: str | None = None
    columns: tuple[str, ...] = ()
    text: tuple[str, ...] = ()


class Form(_Part):
    """One form. `{name}` in a text is a value; `sample` values show how it looks filled in."""

    title: str
    number: str | None = None
    addressee: str | None = None
    sections: tuple[_Section, ...]
    signatures: tuple[str, ...] = ()
    footer: str = ""
    sample: Mapping[str, Any]

    @property
    def names(self) -> frozenset[str]:
        """Every value that the form has a place for."""
        texts = [line for section in self.sections for line in section.text]
        texts += [self.title, self.number or "", self.addressee or "", self.footer]
        texts += self.signatures
        places = {name for text in texts for name in _PLACE.findall(text)}
        return frozenset(places | {f.name for s in self.sections for f in s.fields})

    @property
    def tables(self) -> frozenset[str]:
        """Every table that the form has."""
        return frozenset(s.table for s in self.sections if s.table)


@cache
def _load() -> Mapping[str, Form]:
    found = sorted((_HERE / "definitions").glob("*.yaml"))
    return MappingProxyType(
        {p.stem: Form.model_validate(yaml.safe_load(p.read_text(encoding="utf-8"))) for p in found}
    )


FORMS: Mapping[str, Form] = _load()
"""All forms by name (the file's name in `definitions/`)."""


def render(form: str, data: FormData) -> bytes:
    """The form as a PDF of A4 pages with its fonts embedded.

    Raises:
        LookupError: there is no such form.
        FormError: a value or table is missing, or is not one of the form's.
    """
    made: bytes = typst.compile(
        str(_HERE / "form.typ"),
        font_paths=[str(font_folder())],
        ignore_system_fonts=True,
        sys_inputs={"data": json.dumps(_filled(FORMS[form], data), ensure_ascii=False)},
    )
    return made


def as_json(form: str, data: FormData) -> bytes:
    """The same values for a program, in UTF-8: `form`, `title`, `values` and `tables` by name.

    Raises: as `render`.
    """
    shape = FORMS[form]
    _check(shape, data)
    found = {
        "form": form,
        "title": _put(shape.title, data.values),
        "values": dict(data.values),
        "tables": {name: [list(row) for row in rows] for name, rows in data.tables.items()},
    }
    return json.dumps(found, ensure_ascii=False, indent=2).encode()


def _check(form: Form, data: FormData) -> None:
    for what, wanted, given in (
        ("values", form.names, frozenset(data.values)),
        ("tables", form.tables, frozenset(data.tables)),
    ):
        if wanted != given:
            missing, strange = sorted(wanted - given), sorted(given - wanted)
            raise FormError(f"{what}: missing {missing}, not of this form {strange}")
    for section in form.sections:
        if section.table and any(
            len(row) != len(section.columns) for row in data.tables[section.table]
        ):
            raise FormError(f"table {section.table}: rows need {len(section.columns)} cells")


def _filled(form: Form, data: FormData) -> dict[str, Any]:
    _check(form, data)
    values = data.values
    sections = [
        {
            "heading": each.heading,
            "fields": [
                {"label": f.label, "value": values[f.name], "wide": f.wide} for f in each.fields
            ],
            "columns": list(each.columns),
            "rows": [list(row) for row in data.tables[each.table]] if each.table else [],
            "text": [_put(line, values) for line in each.text],
        }
        for each in form.sections
    ]
    return {
        "title": _put(form.title, values),
        "number": _put(form.number or "", values),
        "addressee": _put(form.addressee or "", values),
        "sections": sections,
        "signatures": [_put(line, values) for line in form.signatures],
        "footer": _put(form.footer, values),
    }


def _put(text: str, values: Mapping[str, str]) -> str:
    return _PLACE.sub(lambda place: values[place[1]], text)
