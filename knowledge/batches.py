"""Templates of the workbooks in which bureaus take many applications at once, as data.

A file in ``data/batch_templates`` is one template: of a region, or of one employer in it. Each
column says on which fact it rests or, where no source shows it, what was assumed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from string import Formatter
from types import MappingProxyType
from typing import Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from knowledge import regions
from knowledge.facts import DATA, load_facts

FOLDER = DATA / "batch_templates"
FIELDS = frozenset(
    {
        "number",
        "staff_number",
        "name",
        "id_number",
        "sex",
        "birth",
        "ethnicity",
        "address",
        "authority",
        "valid_from",
        "valid_to",
        "phone",
        "bank_code",
        "bank_name",
        "region_code",
        "region_name",
        "employer_name",
        "credit_code",
        "unit_number",
        "photo_name",
    }
)
"""What a column can be filled from."""
_PHOTO_FIELDS = frozenset({"id_number", "name"})


class Column(BaseModel):
    """One column, in the order of the template: filled from a field, a constant, or by hand.

    Args:
        codes: name of a list in codes.yaml that turns the value into a code.
        digits_only: a date as YYYYMMDD.
        pattern: what the value must look like (regular expression over all of it).
        fact: the fact that shows the column.
        assumed: what no source shows, in a sentence.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: str = Field(min_length=1, max_length=64)
    field: str | None = None
    constant: str | None = None
    by_hand: bool = False
    required: bool = True
    codes: str | None = None
    digits_only: bool = False
    pattern: str | None = None
    fact: str | None = None
    assumed: str | None = None

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if sum((self.field is not None, self.constant is not None, self.by_hand)) != 1:
            raise ValueError("one of field, constant and by_hand")
        if self.field is not None and self.field not in FIELDS:
            raise ValueError("unknown field")
        if not (self.fact or self.assumed):
            raise ValueError("neither fact nor assumed")
        if self.pattern is not None:
            re.compile(self.pattern)
        return self


class PhotoRule(BaseModel):
    """How the portraits in the zip are named, without the ending."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    fact: str | None = None
    assumed: str | None = None

    @model_validator(mode="after")
    def _names(self) -> Self:
        parts = [part for _, part, _, _ in Formatter().parse(self.name) if part is not None]
        if "id_number" not in parts or not _PHOTO_FIELDS.issuperset(parts):
            raise ValueError("a photo is named by {id_number}, with {name} where wanted")
        if not (self.fact or self.assumed):
            raise ValueError("neither fact nor assumed")
        return self


class BatchTemplate(BaseModel):
    """One workbook as a bureau takes it.

    Args:
        employer: 统一社会信用代码 of the one employer it is for.
        assumed: what was assumed about the template as a whole.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    region: str = Field(pattern=r"^\d{6}$")
    employer: str | None = None
    title: str = Field(min_length=1, max_length=31)
    kinds: tuple[Literal["first", "replacement", "bank_change"], ...] = Field(min_length=1)
    facts: tuple[str, ...] = ()
    assumed: tuple[str, ...] = ()
    columns: tuple[Column, ...] = Field(min_length=1)
    photo: PhotoRule

    @property
    def id(self) -> str:
        """`<region>` or `<region>-<credit code>`: the file's name without its ending."""
        return f"{self.region}-{self.employer}" if self.employer else self.region

    @model_validator(mode="after")
    def _matchable(self) -> Self:
        titles = [column.title for column in self.columns]
        if len(set(titles)) != len(titles):
            raise ValueError("two columns have one title")
        if not {"id_number", "number"}.intersection(column.field for column in self.columns):
            raise ValueError("no column by which the answer could be matched")
        return self


class UnknownTemplateError(LookupError):
    """No template for this region."""


@cache
def codes() -> Mapping[str, Mapping[str, str]]:
    """Lists of codes by name, each from our word to the code."""
    raw = yaml.safe_load((FOLDER / "codes.yaml").read_text(encoding="utf-8"))
    return MappingProxyType({name: MappingProxyType(each) for name, each in raw.items()})


def read_template(path: Path) -> BatchTemplate:
    """One file. Raises ``ValueError`` (also pydantic's) or ``yaml.YAMLError`` on a bad one."""
    return BatchTemplate.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))


def files(folder: Path = FOLDER) -> tuple[Path, ...]:
    """The files of a folder of templates."""
    return tuple(path for path in sorted(folder.glob("*.yaml")) if path.name != "codes.yaml")


def template_for(
    region: str, employer: str | None = None, *, folders: Sequence[Path] = (FOLDER,)
) -> BatchTemplate:
    """The template of a region, its own or from the nearest level above.

    On one level an employer's own comes first, and a later folder before an earlier one.

    Raises:
        UnknownTemplateError: none is known.
    """
    found: dict[str, BatchTemplate] = {}
    for folder in folders:
        found |= {each.id: each for each in map(read_template, files(folder))}
    for level in regions.ancestors(region):
        for key in (f"{level}-{employer}", level):
            if key in found:
                return found[key]
    raise UnknownTemplateError(region)


def check_templates(folder: Path = FOLDER) -> dict[str, tuple[str, ...]]:
    """What is wrong with each file of a folder; an empty tuple is a good one."""
    return {path.name: tuple(_faults(path)) for path in files(folder)}


def _faults(path: Path) -> list[str]:
    try:
        template = read_template(path)
    except ValidationError as error:
        return [
            f"{'.'.join(map(str, each['loc'])) or 'template'}: {each['msg']}"
            for each in error.errors()
        ]
    except (yaml.YAMLError, OSError, ValueError, re.error) as error:
        return [f"unreadable: {type(error).__name__}"]
    faults = [] if path.stem == template.id else [f"the file must be named {template.id}.yaml"]
    if regions.find(template.region) is None:
        faults.append(f"unknown region {template.region}")
    named = [*template.facts, template.photo.fact, *(column.fact for column in template.columns)]
    faults += [f"unknown fact {name}" for name in named if name and name not in load_facts()]
    lists = [column.codes for column in template.columns if column.codes]
    return faults + [f"unknown list of codes {name}" for name in lists if name not in codes()]
