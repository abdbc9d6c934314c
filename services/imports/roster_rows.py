"""One row of the roster, checked field by field."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import yaml

from services.documents.idnumber import IdNumberError, check_id_number, normalise_id_number
from services.documents.permitnumber import (
    PermitNumberError,
    check_hmt_number,
    check_permanent_number,
)
from services.imports.cells import CellError, date_of, text_of
from services.imports.header import Line, title
from services.imports.places import insured_region
from services.imports.report import Findings
from services.imports.settings import ImportSettings
from services.people.identity import eighteen, normalise_name, normalise_phone

HERE = Path(__file__).parent
_NUMBER = re.compile(r"[0-9A-Za-z\u4e00-\u9fff][0-9A-Za-z\u4e00-\u9fff\-_./]{0,31}")
_NAME = re.compile(r"[^\W\d_][\w·' \-]{0,63}")
_PAPER = re.compile(r"[0-9A-Z]{5,20}")
_UNIT = re.compile(r"[0-9A-Za-z\-]{1,32}")
_CREDIT = re.compile(r"[0-9A-HJ-NPQRTUWXY]{18}")
_CREDIT_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
"""GB 32100-2015: no I, O, S, V, Z."""
_ID_LENGTHS = (15, 18)
T = TypeVar("T")


@dataclass(frozen=True)
class Entry:
    """A row that holds, in plain form."""

    row: int
    number: str
    name: str
    id_number: str
    phone: str | None
    employer_name: str
    credit_code: str
    unit_number: str | None
    hire_date: date
    region_code: str

    def __repr__(self) -> str:
        return f"Entry(row={self.row})"


@cache
def words() -> Any:
    """How HR writes states, banks and papers."""
    return yaml.safe_load((HERE / "words.yaml").read_text(encoding="utf-8"))


class RowReader:
    """Reads the fields of one row; what is wrong goes to `findings` and makes `failed` true."""

    def __init__(self, kind: str, line: Line, settings: ImportSettings, findings: Findings) -> None:
        self.kind = kind
        self.line = line
        self.settings = settings
        self.findings = findings
        self.failed = False

    def fail(self, field: str, code: str, **values: object) -> None:
        """Note what is wrong with a field."""
        self.failed = True
        self.findings.error(self.line.row, code, title(self.kind, field), **values)

    def notice(self, field: str, code: str, **values: object) -> None:
        """Note what is worth knowing of a field."""
        self.findings.notice(self.line.row, code, title(self.kind, field), **values)

    def text(self, field: str, *, required: bool = False) -> str:
        """A cell as plain text; empty when missing or wrong."""
        try:
            text = text_of(self.line.cells.get(field))
        except CellError as error:
            self.fail(field, error.code)
            return ""
        if len(text) > self.settings.max_cell_characters:
            self.fail(field, "too_long", limit=self.settings.max_cell_characters)
            return ""
        if required and not text:
            self.fail(field, "required")
        return text

    def read(self, field: str, convert: Callable[[str], T], *, required: bool = False) -> T | None:
        """A cell through a converter that raises `CellError`; None when missing or wrong."""
        text = self.text(field, required=required)
        if not text:
            return None
        try:
            return convert(text)
        except CellError as error:
            self.fail(field, error.code)
            return None

    def date(self, field: str, *, required: bool = False) -> date | None:
        """A cell as a date."""
        try:
            value = date_of(self.line.cells.get(field))
        except CellError as error:
            self.fail(field, error.code)
            return None
        if value is None and required:
            self.fail(field, "required")
        return value


def read_entry(
    line: Line, fields: frozenset[str], today: date, settings: ImportSettings, findings: Findings
) -> Entry | None:
    """The row in plain form; None when something is wrong with it."""
    reader = RowReader("roster", line, settings, findings)
    number = reader.read("number", staff_number, required=True)
    name = reader.read("name", person_name, required=True)
    id_number = _id_number(reader, today)
    phone = reader.read("phone", _phone)
    employer_name = reader.text("employer_name", required="credit_code" not in fields)
    credit_code = reader.read("credit_code", credit_code_of, required="employer_name" not in fields)
    unit_number = reader.read("unit_number", _unit)
    hire_date = _hire_date(reader, today, settings)
    region = reader.read("region", insured_region, required=True)
    if not employer_name and not credit_code and not reader.failed:
        reader.fail("employer_name", "required")
    if phone is None and not reader.failed:
        reader.notice("phone", "notice_no_phone")
    if reader.failed or not (number and name and id_number and hire_date and region):
        return None
    return Entry(
        row=line.row,
        number=number,
        name=name,
        id_number=id_number,
        phone=phone,
        employer_name=employer_name,
        credit_code=credit_code or "",
        unit_number=unit_number,
        hire_date=hire_date,
        region_code=region,
    )


def _id_number(reader: RowReader, today: date) -> str | None:
    kind = reader.text("id_type")
    text = normalise_id_number(reader.text("id_number", required=True))
    if not text:
        return None
    if kind and kind not in words()["id_card_types"]:
        if _PAPER.fullmatch(text) is None or not _fits(kind, text, today):
            reader.fail("id_number", "paper_invalid")
            return None
        return text
    try:
        checked = check_id_number(text, today=today)
    except IdNumberError as error:
        reader.fail("id_number", error.code)
        return None
    if checked.fifteen:
        reader.notice("id_number", "notice_fifteen")
        return eighteen(checked.number)
    return checked.number


def _fits(kind: str, number: str, today: date) -> bool:
    """Whether a number can be of the paper that the row names."""
    try:
        if kind in words()["hmt_types"]:
            check_hmt_number(number, today=today)
        elif kind in words()["permanent_types"]:
            check_permanent_number(number)
    except PermitNumberError:
        return False
    return True


def _hire_date(reader: RowReader, today: date, settings: ImportSettings) -> date | None:
    value = reader.date("hire_date", required=True)
    if value is None:
        return None
    latest = today + timedelta(days=settings.future_hire_days)
    if value.year < settings.oldest_hire_year or value > latest:
        reader.fail("hire_date", "date_range")
        return None
    return value


def staff_number(text: str) -> str:
    """A 工号. Raises `CellError`."""
    if _NUMBER.fullmatch(text) is None:
        raise CellError("number_invalid")
    return text


def person_name(text: str) -> str:
    """A name: letters of any script, middle dots, spaces; never the start of a formula."""
    name = normalise_name(text)
    if _NAME.fullmatch(name) is None:
        raise CellError("name_invalid")
    return name


def credit_code_of(text: str) -> str:
    """A 统一社会信用代码 whose check character holds (GB 32100-2015). Raises `CellError`."""
    code = text.upper().replace(" ", "")
    if _CREDIT.fullmatch(code) is None:
        raise CellError("credit_code_invalid")
    total = sum(
        _CREDIT_ALPHABET.index(character) * pow(3, place, 31)
        for place, character in enumerate(code[:17])
    )
    if _CREDIT_ALPHABET[-total % 31] != code[17]:
        raise CellError("credit_code_invalid")
    return code


def _phone(text: str) -> str:
    phone = normalise_phone(text)
    if phone is None:
        raise CellError("phone_invalid")
    return phone


def _unit(text: str) -> str:
    if _UNIT.fullmatch(text) is None:
        raise CellError("unit_invalid")
    return text
