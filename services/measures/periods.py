"""Months as people speak of them; days are those of Asia/Shanghai."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from knowledge.workdays import next_workday
from services.measures.settings import rules
from storage.clock import SHANGHAI


@dataclass(frozen=True, order=True)
class Period:
    """Some whole months: `start` is the first day, `end` the last."""

    start: date
    end: date

    @property
    def label(self) -> str:
        """`2026-10`, or `2026-10–2026-12`."""
        first, last = f"{self.start:%Y-%m}", f"{self.end:%Y-%m}"
        return first if first == last else f"{first}–{last}"

    @property
    def before(self) -> Period:
        """As many months, right before."""
        months = (self.end.year - self.start.year) * 12 + self.end.month - self.start.month + 1
        first = self.start
        for _ in range(months):
            first = (first - timedelta(days=1)).replace(day=1)
        return Period(first, self.start - timedelta(days=1))


def month(day: date) -> Period:
    """The month of a day."""
    start = day.replace(day=1)
    return Period(start, (start + timedelta(days=31)).replace(day=1) - timedelta(days=1))


def read_month(text: str) -> Period:
    """A month written as `2026-10`.

    Raises:
        ValueError: it isn't one.
    """
    return month(date.fromisoformat(f"{text}-01"))


def months_back(period: Period, count: int) -> list[Period]:
    """The last `count` months up to the period's last, oldest first."""
    found = [month(period.end)]
    while len(found) < count:
        found.append(found[-1].before)
    return found[::-1]


def report_moment(day: date) -> datetime:
    """When the report of the month before `day`'s month is made: the first workday's hour."""
    workday = next_workday(day.replace(day=1)).day
    return datetime.combine(workday, time(rules().report_hour), SHANGHAI)
