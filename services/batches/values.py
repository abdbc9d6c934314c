"""The cells of one application in a template's columns."""

from __future__ import annotations

import re

from knowledge.agencies import bank_name
from knowledge.batches import BatchTemplate, Column, codes
from knowledge.identities import ID_CARD
from knowledge.regions import find, full_name
from services.applications.matters.base import paper_of
from services.batches.candidates import Candidate
from services.batches.words import texts

_UNSAFE = re.compile(r'[\x00-\x1f\\/:*?"<>|]')


class NotReadyError(Exception):
    """A row can't be made; `why` is the sentence for the check sheet, without any value."""

    def __init__(self, code: str, **values: str) -> None:
        super().__init__(code)
        self.code = code
        self.why = texts()["unready"][code].format(**values)


def photo_name(template: BatchTemplate, candidate: Candidate) -> str:
    """The portrait's name in the zip by the template's rule, safe as a name of a file."""
    who = candidate.row.applicant or {}
    name = template.photo.name.format(id_number=who.get("id_number"), name=who.get("name"))
    return f"{_UNSAFE.sub('', name)}.jpg"


def cells_of(template: BatchTemplate, candidate: Candidate) -> tuple[str, ...]:
    """The row's cells in the template's order; empty where the officer fills in.

    Raises:
        NotReadyError: the person's paper isn't the ID card (no template says how to write another),
            or a value is missing, has no code, or doesn't look as it must.
    """
    if paper_of(candidate.row) != ID_CARD:
        raise NotReadyError("paper")
    values = _values(candidate) | {"photo_name": photo_name(template, candidate)}
    return tuple(_cell(column, values) for column in template.columns)


def _values(candidate: Candidate) -> dict[str, str]:
    row, employer = candidate.row, candidate.employer
    known = {name: str(value or "") for name, value in (row.applicant or {}).items()}
    return known | {
        "number": row.number,
        "staff_number": candidate.person.number,
        "bank_code": row.bank_code or "",
        "bank_name": bank_name(row.bank_code) if row.bank_code else "",
        "region_code": row.region_code,
        "region_name": full_name(row.region_code) if find(row.region_code) else "",
        "employer_name": employer.name,
        "credit_code": employer.credit_code,
        "unit_number": candidate.unit_number,
    }


def _cell(column: Column, values: dict[str, str]) -> str:
    if column.by_hand:
        return ""
    if column.constant is not None:
        return column.constant
    value = values.get(column.field or "", "")
    if not value:
        if column.required:
            raise NotReadyError("empty", column=column.title)
        return ""
    if column.codes is not None:
        value = codes()[column.codes].get(value, "")
        if not value:
            raise NotReadyError("code", column=column.title)
    if column.digits_only and re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
        value = value.replace("-", "")
    if column.pattern is not None and not re.fullmatch(column.pattern, value):
        raise NotReadyError("pattern", column=column.title)
    return value
