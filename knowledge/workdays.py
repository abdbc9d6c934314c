"""Chinese statutory workdays: deadlines counted as the bureaus count them.

Source of the calendar: the State Council's yearly holiday notices as the ``chinesecalendar``
package carries them. A date after the last published year can only be counted by weekends;
such a result is marked ``provisional`` and should be counted again once the notice is out.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

import chinese_calendar


@dataclass(frozen=True, slots=True)
class Deadline:
    """A due day. ``provisional``: some day on the way is not in the published calendar."""

    day: date
    provisional: bool


@cache
def published_until() -> date:
    """The last day that the published calendar covers (31 December of its last year)."""
    last = max(*chinese_calendar.holidays, *chinese_calendar.workdays)
    return date(last.year, 12, 31)


@cache
def published_from() -> date:
    """The first day that the published calendar covers."""
    return date(min(chinese_calendar.holidays).year, 1, 1)


def is_published(day: date) -> bool:
    """Whether the statutory calendar for this day is known."""
    return published_from() <= day <= published_until()


def is_workday(day: date) -> bool:
    """Whether offices work on this day; outside the published calendar, Monday to Friday."""
    return _statutory(day) if is_published(day) else day.weekday() < 5


@cache  # a few thousand days at most; the package looks through its whole calendar at each call
def _statutory(day: date) -> bool:
    return bool(chinese_calendar.is_workday(day))


def add_workdays(start: date, days: int) -> Deadline:
    """The ``days``-th workday after ``start`` (the starting day itself is not counted).

    ``days`` must not be negative (``ValueError``); zero gives ``start`` or the next workday.
    """
    if days < 0:
        raise ValueError("workdays are counted forward")
    day = start
    while days == 0 and not is_workday(day):
        day += timedelta(days=1)
    left = days
    while left:
        day += timedelta(days=1)
        left -= is_workday(day)
    return Deadline(day, provisional=not (is_published(start) and is_published(day)))


def workdays_between(start: date, end: date) -> int:
    """Workdays after ``start`` up to and including ``end``; negative when ``end`` is earlier."""
    if end < start:
        return -workdays_between(end, start)
    span = (end - start).days
    return sum(is_workday(start + timedelta(days=n)) for n in range(1, span + 1))


def next_workday(day: date) -> Deadline:
    """``day`` itself if offices work then, otherwise the next day on which they do."""
    return add_workdays(day, 0)
