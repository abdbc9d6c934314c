"""Moving insurance relations, as data: whether, at which desk, checked for what, within how long.

``data/transfers.yaml`` holds the rules; every one names the facts that it rests on.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field

from knowledge import regions
from knowledge.facts import DATA, Fact, fact
from knowledge.move import case_of, holds
from knowledge.policies.moves import When
from knowledge.profiles import Sourced
from knowledge.workdays import Deadline, add_workdays

Need = Literal["transfer", "optional", "ask", "none"]
"""`optional`: not necessary now, possible; `ask`: no source says, the local desk does."""
Check = Literal["drawing", "household", "started", "stopped"]
Side = Literal["origin", "destination"]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Insurance(_Frozen):
    """One insurance: its desk, its name on the form, and what would have a request returned."""

    agency: str
    scheme: str
    topic: str
    checks: Mapping[Check, tuple[str, ...]]


class _Need(_Frozen):
    insurance: str
    when: When
    need: Need
    facts: tuple[str, ...]


class _Clock(_Frozen):
    insurance: str
    region: str
    workdays: int
    fact: str


class EmployerStep(_Frozen):
    """One thing that the employer does. ``days``: calendar days after the first day of work at
    the destination; None where no source names a day."""

    step: Literal["stop", "settle", "start", "pay"]
    side: Side
    agency: str
    insurances: tuple[str, ...]
    days: int | None = None
    facts: tuple[str, ...]


class _Rules(_Frozen):
    insurances: Mapping[str, Insurance]
    none_to_move: Mapping[str, Any]
    temporary_from: Mapping[str, int | str]
    needs: tuple[_Need, ...]
    clocks: tuple[_Clock, ...]
    returns: Mapping[str, str]
    employer: tuple[EmployerStep, ...]
    employer_care: Mapping[str, tuple[str, ...]] = Field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Whether an insurance is to be moved between two places, and on which facts that rests."""

    insurance: str
    need: Need
    facts: tuple[str, ...]

    @property
    def possible(self) -> bool:
        """Whether it may be asked for."""
        return self.need in ("transfer", "optional")


@cache
def rules() -> _Rules:
    """The data. Raises ``UnknownFactError`` when a rule names no fact."""
    found = _Rules.model_validate(
        yaml.safe_load((DATA / "transfers.yaml").read_text(encoding="utf-8"))
    )
    for name in _facts(found):
        fact(name)
    return found


def _facts(found: _Rules) -> list[str]:
    checks = [ids for each in found.insurances.values() for ids in each.checks.values()]
    named = [name for ids in checks for name in ids]
    named += [name for each in found.needs for name in each.facts]
    named += [name for each in found.employer for name in each.facts]
    named += [each.fact for each in found.clocks]
    named += [name for ids in found.employer_care.values() for name in ids]
    return [*named, str(found.none_to_move["fact"]), str(found.temporary_from["fact"])]


def insurances() -> Mapping[str, Insurance]:
    """Pension, medical, unemployment by code."""
    return rules().insurances


def wanted(origin: str, destination: str) -> tuple[Wanted, ...]:
    """For each insurance whether it is moved. Raises ``UnknownRegionError``."""
    case = case_of(origin, destination)
    return tuple(
        next(
            Wanted(name, each.need, each.facts)
            for each in rules().needs
            if each.insurance == name and holds(each.when, case)
        )
        for name in insurances()
    )


def only_temporary(sex: str, birth: date, today: date, origin: str, destination: str) -> bool:
    """Whether age and sex give only a temporary pension account at the destination, unless the
    household is registered there (000000-transfer_pension-07, -11)."""
    if regions.province_of(origin) == regions.province_of(destination):
        return False
    years = today.year - birth.year - ((today.month, today.day) < (birth.month, birth.day))
    return years >= int(rules().temporary_from[sex])


def clock(insurance: str, destination: str) -> Sourced | None:
    """Workdays that the rule gives; None where no level of the destination knows."""
    for level in regions.ancestors(destination):
        for each in rules().clocks:
            if (each.insurance, each.region) == (insurance, level):
                return Sourced(value=each.workdays, region=level, fact_id=each.fact)
    return None


def deadline(insurance: str, destination: str, asked_on: date) -> Deadline | None:
    """By when a request should be done; provisional beyond the published calendar."""
    found = clock(insurance, destination)
    return None if found is None else add_workdays(asked_on, int(found.value))


def mended_by(code: str) -> str:
    """What a return's reason asks for: a check, ``origin``, ``end``, or ``officer``."""
    return rules().returns.get(code, "officer")


def sources(names: Iterable[str]) -> tuple[Fact, ...]:
    """The facts behind a message, one of each document, in their order."""
    found: dict[tuple[str, str | None], Fact] = {}
    for name in names:
        each = fact(name)
        found.setdefault((each.source_title, each.source_docno), each)
    return tuple(found.values())


def employer_steps(first_day: date | None) -> tuple[tuple[EmployerStep, date | None], ...]:
    """The employer's checklist with the days that a source names."""
    return tuple(
        (each, first_day + timedelta(days=each.days) if first_day and each.days else None)
        for each in rules().employer
    )
