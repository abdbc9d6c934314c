"""Business hours: statutory workdays, the hours of a region, its lunch.

Every moment is an aware UTC datetime; hours are those of Asia/Shanghai, which has no summer time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from knowledge.workdays import is_workday

_SHANGHAI = ZoneInfo("Asia/Shanghai")
_NOTHING = timedelta(0)
#: The longest stretch without an open day that is looked over before giving up.
_HORIZON_DAYS = 800

Span = tuple[time, time]


@dataclass(frozen=True)
class BusinessCalendar:
    """When an office is open.

    Args:
        spans: opening hours of a working day, in order, without overlap; lunch is the gap.
        works: whether the office works on a day; the statutory calendar unless given.
    Raises:
        ValueError: no hours, or hours out of order.
    """

    spans: tuple[Span, ...]
    works: Callable[[date], bool] = is_workday

    def __post_init__(self) -> None:
        edges = [edge for span in self.spans for edge in span]
        if not edges or any(a >= b for a, b in self.spans) or edges != sorted(edges):
            raise ValueError("opening hours must be spans in order, without overlap")

    def open_spans(self, day: date) -> Iterator[tuple[datetime, datetime]]:
        """The open stretches of a day."""
        if self.works(day):
            for start, end in self.spans:
                yield _at(day, start), _at(day, end)

    def is_open(self, moment: datetime) -> bool:
        """Whether the office is open; the closing moment itself is not."""
        return any(start <= moment < end for start, end in self.open_spans(_day(moment)))

    def between(self, start: datetime, end: datetime) -> timedelta:
        """Open time from `start` to `end`; nothing when `end` is not later."""
        total, day = _NOTHING, _day(start)
        while end > start and day <= _day(end):
            for opens, closes in self.open_spans(day):
                total += max(min(closes, end) - max(opens, start), _NOTHING)
            day += timedelta(days=1)
        return total

    def after(self, start: datetime, amount: timedelta) -> datetime:
        """The earliest moment by which `amount` of open time has passed since `start`.

        Raises:
            ValueError: a negative amount, or an office that never opens again.
        """
        if amount < _NOTHING:
            raise ValueError("business time is counted forward")
        if amount == _NOTHING:
            return start
        left, day, closed = amount, _day(start), 0
        while closed < _HORIZON_DAYS:
            closed += 1
            for opens, closes in self.open_spans(day):
                closed = 0
                begins = max(opens, start)
                if closes <= begins:
                    continue
                if closes - begins >= left:
                    return begins + left
                left -= closes - begins
            day += timedelta(days=1)
        raise ValueError("this calendar has no open day")

    def opens(self, moment: datetime) -> datetime:
        """`moment` itself while the office is open, else the next opening.

        Raises:
            ValueError: an office that never opens again.
        """
        day = _day(moment)
        for n in range(_HORIZON_DAYS):
            for start, end in self.open_spans(day + timedelta(days=n)):
                if moment < end:
                    return max(start, moment)
        raise ValueError("this calendar has no open day")


def _at(day: date, hour: time) -> datetime:
    return datetime.combine(day, hour, _SHANGHAI).astimezone(UTC)


def _day(moment: datetime) -> date:
    return moment.astimezone(_SHANGHAI).date()
