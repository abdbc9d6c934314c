"""A person's insurance relations as the agencies list them, and where two of them overlap."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from knowledge.regions import city_of, find
from knowledge.transfers import insurances
from services.gateways.contract import AccountRecord

MOVED = "moved"


@dataclass(frozen=True)
class Account:
    """One relation. Months are YYYY-MM; paid from the first to the last without a gap."""

    insurance: str
    region: str
    status: str
    first: str
    last: str
    arrears: int

    @property
    def live(self) -> bool:
        """Whether it still stands by itself: not moved to another place."""
        return self.status != MOVED

    @property
    def months(self) -> frozenset[str]:
        """Every month that it holds."""
        return frozenset(months(self.first, self.last))


@dataclass(frozen=True)
class Overlap:
    """Relations of one insurance that hold the same months.

    Args:
        accounts: the one to keep first: where something is paid now, else the one paid last.
        months: held more than once, in order.
    """

    insurance: str
    accounts: tuple[Account, ...]
    months: tuple[str, ...]

    @property
    def blocked(self) -> str | None:
        """Why it can't be asked for yet: `drawing` a pension, `arrears`, two are still paid
        (`paying`), which goes on making double months, or `several`: a request moves one relation
        to one other city, and these are more, or in one city, or in a place that we don't know."""
        if any(each.status == "drawing" for each in self.accounts):
            return "drawing"
        if any(each.arrears for each in self.accounts):
            return "arrears"
        if sum(each.status == "paying" for each in self.accounts) > 1:
            return "paying"
        cities = {city_of(each.region).code for each in self.accounts if find(each.region)}
        return None if len(self.accounts) == len(cities) == 2 else "several"


@dataclass(frozen=True)
class Accounts:
    """What the agencies answered.

    Args:
        asked: agencies that answered.
        missing: those that have no interface, or gave no usable answer.
    """

    accounts: tuple[Account, ...]
    asked: tuple[str, ...]
    missing: tuple[str, ...]

    @property
    def overlaps(self) -> tuple[Overlap, ...]:
        """The insurances that are held twice for some months."""
        found = (_overlap(name, self.accounts) for name in insurances())
        return tuple(each for each in found if each is not None)

    def overlap(self, insurance: str) -> Overlap | None:
        """That of one insurance."""
        return next((each for each in self.overlaps if each.insurance == insurance), None)


def months(first: str, last: str) -> list[str]:
    """From the first month to the last, both included; none when they are the wrong way round."""
    return [
        f"{index // 12}-{index % 12 + 1:02d}" for index in range(_index(first), _index(last) + 1)
    ]


def _index(month: str) -> int:
    year, number = month.split("-")
    return int(year) * 12 + int(number) - 1


def _overlap(insurance: str, accounts: Iterable[Account]) -> Overlap | None:
    mine = [each for each in accounts if each.insurance == insurance and each.live]
    counted: dict[str, int] = {}
    for each in mine:
        for month in each.months:
            counted[month] = counted.get(month, 0) + 1
    double = sorted(month for month, times in counted.items() if times > 1)
    if not double:
        return None
    within = [each for each in mine if each.months & set(double)]
    within.sort(key=lambda each: (each.status == "paying", each.last, each.region), reverse=True)
    return Overlap(insurance, tuple(within), tuple(double))


def read(found: Mapping[str, Sequence[Mapping[str, Any]]]) -> Accounts:
    """What `services.moves.run_look` gave; the oldest relation of each insurance first."""
    known = list(insurances())
    records = [AccountRecord.model_validate(each) for some in found.values() for each in some]
    accounts = [
        Account(
            insurance=each.insurance,
            region=each.region,
            status=each.status,
            first=each.first_month,
            last=each.last_month,
            arrears=each.arrears,
        )
        for each in records
        if each.insurance in known
    ]
    accounts.sort(key=lambda each: (known.index(each.insurance), each.first, each.region))
    codes = sorted({each.agency for each in insurances().values()})
    missing = tuple(code for code in codes if code not in found)
    return Accounts(tuple(dict.fromkeys(accounts)), tuple(found), missing)
