"""The contribution record: every insurance with its places and months, overlapping months once."""

from __future__ import annotations

from dataclasses import dataclass

from knowledge.regions import find, full_name
from knowledge.transfers import insurances
from services.forms import FormData
from services.mergers.accounts import Account, Accounts
from services.moves.papers import NAMES
from services.people.people import Employee

FORM = "contributions"
_STATUS = {"paying": "正常缴费", "stopped": "已停缴", "drawing": "领取待遇", "moved": "已转出"}
HEADINGS = ("险种", "参保地", "起始月", "末次月", "月数", "状态", "欠费月数")


@dataclass(frozen=True)
class Line:
    """One insurance.

    Args:
        total: months that count: each once, wherever it was paid.
        double: months that two living relations hold.
    """

    insurance: str
    accounts: tuple[Account, ...]
    total: int
    double: int


def lines(found: Accounts) -> tuple[Line, ...]:
    """The record, insurance by insurance."""
    told = []
    for insurance in insurances():
        mine = tuple(each for each in found.accounts if each.insurance == insurance)
        if mine:
            overlap = found.overlap(insurance)
            months = frozenset[str]().union(*(each.months for each in mine))
            told.append(Line(insurance, mine, len(months), len(overlap.months) if overlap else 0))
    return tuple(told)


def record_rows(found: Accounts) -> list[tuple[str, ...]]:
    """The record as rows under `HEADINGS`, with a sum for each insurance."""
    rows: list[tuple[str, ...]] = []
    for line in lines(found):
        scheme = NAMES[line.insurance]
        rows += [
            (
                scheme,
                full_name(each.region) if find(each.region) else each.region,
                each.first,
                each.last,
                str(len(each.months)),
                _STATUS[each.status],
                str(each.arrears),
            )
            for each in line.accounts
        ]
        counted = f"合计{line.total}"
        rows.append((scheme, "", "", "", counted, f"其中重复{line.double}", ""))
    return rows


def record_form(found: Accounts, person: Employee, number: str, made: str) -> FormData:
    """The printable record."""
    return FormData(
        {
            "name": person.name,
            "id_number": person.id_number or "",
            "employer": person.employer_name,
            "number": number,
            "made": made,
        },
        {"months": record_rows(found)},
    )
