"""One row of known cards or running applications, checked field by field."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from types import MappingProxyType

from knowledge import regions
from knowledge.agencies import banks
from services.imports.cells import CellError
from services.imports.header import Line
from services.imports.places import insured_region, region_code
from services.imports.report import Findings
from services.imports.roster_rows import RowReader, credit_code_of, staff_number, words
from services.imports.settings import ImportSettings
from storage.models import ApplicationKind, ApplicationStatus, CardStatus

_LONGEST_BANK = 16
_LONGEST_REFERENCE = 64


@dataclass(frozen=True)
class State:
    """What a status word says: a card, an application under way, both, or neither."""

    card: CardStatus | None
    application: ApplicationStatus | None


@dataclass(frozen=True)
class CardEntry:
    """A row that holds, in plain form."""

    row: int
    number: str
    name: str
    employer: str
    region_code: str
    province_code: str
    bank_code: str
    last_four: str | None
    state: State
    valid_until: date | None
    kind: ApplicationKind
    reference: str | None
    applied: date | None


def read_card(
    line: Line, settings: ImportSettings, findings: Findings, today: date
) -> CardEntry | None:
    """The row in plain form; None when something is wrong with it."""
    reader = RowReader("cards", line, settings, findings)
    number = reader.read("number", staff_number, required=True)
    region, province = _places(reader)
    state = reader.read("status", state_of, required=True)
    bank = reader.read("bank", bank_code)
    last_four = reader.read("last_four", _last_four)
    valid_until = reader.date("valid_until") if _has_end(reader) else None
    kind = reader.read("kind", _kind) or ApplicationKind.FIRST
    reference = reader.read("reference", _reference)
    applied = reader.date("applied")
    if applied and applied > today:
        reader.fail("applied", "date_range")
    if state and (state.card or state.application) and not bank and not reader.failed:
        reader.fail("bank", "bank_missing")
    if bank and bank not in banks() and not reader.failed:
        reader.notice("bank", "notice_bank_free")
    employer = reader.read("credit_code", credit_code_of) or reader.text("employer_name")
    if reader.failed or not (number and region and province and state):
        return None
    return CardEntry(
        row=line.row,
        number=number,
        name=reader.text("name"),
        employer=employer,
        region_code=region,
        province_code=province,
        bank_code=bank or "",
        last_four=last_four,
        state=state,
        valid_until=valid_until,
        kind=kind,
        reference=reference,
        applied=applied,
    )


def _places(reader: RowReader) -> tuple[str | None, str | None]:
    region = reader.read("region", insured_region, required=True)
    stated = reader.read("province", region_code)
    if region is None:
        return None, None
    province = regions.province_of(region).code
    if stated is not None and regions.province_of(stated).code != province:
        reader.fail("province", "province_mismatch")
    return region, province


def _has_end(reader: RowReader) -> bool:
    cell = reader.line.cells.get("valid_until")
    return not (isinstance(cell, str) and cell.strip() in {"长期", "永久", "-", "—", "无"})


@cache
def _states() -> Mapping[str, State]:
    return MappingProxyType(
        {
            word: State(
                CardStatus(raw["card"]) if "card" in raw else None,
                ApplicationStatus(raw["application"]) if "application" in raw else None,
            )
            for raw in words()["statuses"]
            for word in raw["words"]
        }
    )


def state_of(text: str) -> State:
    """What a status word says. Raises `CellError`: no such word."""
    found = _states().get(text.replace(" ", ""))
    if found is None:
        raise CellError("status_unknown")
    return found


def _kind(text: str) -> ApplicationKind:
    for kind, names in words()["kinds"].items():
        if text == kind or text in names:
            return ApplicationKind(kind)
    raise CellError("kind_unknown")


@cache
def _bank_names() -> Mapping[str, str]:
    names: dict[str, str] = {}
    for code, bank in banks().items():
        for name in (code, bank.name, bank.name.removeprefix("中国")):
            names.setdefault(name, code)
    for code, short in words()["banks"].items():
        names |= dict.fromkeys(short, code)
    return MappingProxyType(names)


def bank_code(text: str) -> str:
    """The code of a bank from its code, name or short name; an unknown bank keeps its name.

    Raises:
        CellError: no name of a bank.
    """
    name = text.replace(" ", "").removesuffix("股份有限公司")
    found = _bank_names().get(name) or _bank_names().get(name.lower())
    if found:
        return found
    if len(name) > _LONGEST_BANK or not name.isalpha():
        raise CellError("bank_invalid")
    return name


def _last_four(text: str) -> str:
    # A spreadsheet that took 0012 for a number kept 12.
    digits = text.zfill(4)
    if len(digits) != 4 or not digits.isdigit():
        raise CellError("last_four_invalid")
    return digits


def _reference(text: str) -> str:
    if len(text) > _LONGEST_REFERENCE:
        raise CellError("reference_invalid")
    return text
