"""增减员: what the employer does on both sides, so that no month is missing or paid twice."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from knowledge import transfers
from knowledge.agencies import Agency, agencies
from knowledge.facts import Fact
from knowledge.transfers import EmployerStep


@dataclass(frozen=True)
class ChecklistStep:
    """One step: at which desk, and by when a source wants it; None: ask its hotline."""

    rule: EmployerStep
    region_code: str
    agency: Agency
    due: date | None


@dataclass(frozen=True)
class Checklist:
    """The employer's side of a move.

    Args:
        first_day: of work at the destination; None while nobody has named it: then no month is
            named either, and no day.
        last_month: the last month to pay at the origin (YYYY-MM): the one before `first_month`.
        first_month: the first month to pay at the destination (YYYY-MM).
        facts: what it rests on.
    """

    origin: str
    destination: str
    first_day: date | None
    last_month: str | None
    first_month: str | None
    steps: tuple[ChecklistStep, ...]
    facts: tuple[Fact, ...]


def checklist(
    origin: str, destination: str, first_day: date | None, *, later: int = 0
) -> Checklist:
    """Contributions change over at a month's border: no gap, no month twice.

    Args:
        first_day: of work at the destination, None while it is not known.
        later: how many months after that day's month the destination begins.
    """
    first = _month(first_day, later) if first_day else None
    found = transfers.employer_steps(first_day)
    names = [name for each, _ in found for name in each.facts]
    names += [name for ids in transfers.rules().employer_care.values() for name in ids]
    places = {"origin": origin, "destination": destination}
    return Checklist(
        origin=origin,
        destination=destination,
        first_day=first_day,
        last_month=f"{first - timedelta(days=1):%Y-%m}" if first else None,
        first_month=f"{first:%Y-%m}" if first else None,
        steps=tuple(
            ChecklistStep(each, places[each.side], agencies()[each.agency], due)
            for each, due in found
        ),
        facts=transfers.sources(names),
    )


def _month(day: date, later: int) -> date:
    years, month = divmod(day.month - 1 + later, 12)
    return date(day.year + years, month + 1, 1)
