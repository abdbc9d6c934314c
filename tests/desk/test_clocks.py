"""Business hours and promises against a slow, obvious reference that looks at every minute."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge.worktime import BusinessCalendar
from services.cases.calendars import calendar_of
from services.cases.clock import AllHours, Pause, due, elapsed
from storage.clock import SHANGHAI

MINUTE = timedelta(minutes=1)
START = datetime(2026, 9, 28, 0, 0, tzinfo=UTC)  # the week before the National Day holiday
DAYS = 16


@st.composite
def calendars(draw: st.DrawFn) -> BusinessCalendar:
    """Random hours with breaks, and random days off."""
    edges = sorted(draw(st.sets(st.integers(0, 47), min_size=2, max_size=6)))
    edges = edges[: len(edges) // 2 * 2]
    clock = [time(edge // 2, 30 * (edge % 2)) for edge in edges]
    spans = tuple(zip(clock[::2], clock[1::2], strict=True))
    off = draw(st.sets(st.integers(0, DAYS), max_size=6))
    first = START.date()
    return BusinessCalendar(spans, lambda day: (day - first).days not in off)


moments = st.integers(0, DAYS * 24 * 60 // 2).map(lambda n: START + n * MINUTE)


@st.composite
def pauses(draw: st.DrawFn) -> list[Pause]:
    """Random waits; they may touch, overlap, begin before the clock, or have no end."""
    found = []
    for _ in range(draw(st.integers(0, 4))):
        since = draw(moments)
        long = draw(st.one_of(st.none(), st.integers(0, 4000)))
        found.append(Pause(since, None if long is None else since + long * MINUTE))
    return found


def counts(calendar: BusinessCalendar, minute: datetime, waits: list[Pause]) -> bool:
    """Whether this one minute counts, written out."""
    local = minute.astimezone(SHANGHAI)
    if not calendar.works(local.date()):
        return False
    if not any(opens <= local.time() < closes for opens, closes in calendar.spans):
        return False
    return not any(
        wait.since <= minute and (wait.until is None or minute < wait.until) for wait in waits
    )


def slow_elapsed(
    calendar: BusinessCalendar, start: datetime, end: datetime, waits: list[Pause]
) -> int:
    """Minute by minute."""
    total, minute = 0, start
    while minute < end:
        total += counts(calendar, minute, waits)
        minute += MINUTE
    return total


def slow_due(
    calendar: BusinessCalendar, start: datetime, target: int, waits: list[Pause]
) -> datetime | None:
    """The first minute by which so many have counted; None when that is never within the days."""
    total, minute = 0, start
    while total < target:
        if minute > START + timedelta(days=3 * DAYS):
            return None
        total += counts(calendar, minute, waits)
        minute += MINUTE
    return minute


@settings(max_examples=60, deadline=None)
@given(calendars(), moments, moments, pauses())
def test_elapsed_is_what_counting_minutes_gives(
    calendar: BusinessCalendar, one: datetime, other: datetime, waits: list[Pause]
) -> None:
    start, end = min(one, other), max(one, other)
    counted = elapsed(calendar, start, end, waits)
    assert counted == slow_elapsed(calendar, start, end, waits) * MINUTE
    assert elapsed(calendar, end, start, waits) == (timedelta(0))


@settings(max_examples=60, deadline=None)
@given(calendars(), moments, st.integers(1, 1500), pauses())
def test_due_is_the_first_minute_that_fills_the_promise(
    calendar: BusinessCalendar, start: datetime, target: int, waits: list[Pause]
) -> None:
    found = due(calendar, start, target * MINUTE, waits)
    assert found == slow_due(calendar, start, target, waits)
    if found is not None:
        assert elapsed(calendar, start, found, waits) == target * MINUTE


@settings(max_examples=40, deadline=None)
@given(moments, st.integers(1, 3000), pauses())
def test_without_business_hours_every_minute_counts(
    start: datetime, target: int, waits: list[Pause]
) -> None:
    always = BusinessCalendar(((time(0), time(23, 59, 59, 999999)),), lambda _: True)
    end = due(AllHours(), start, target * MINUTE, waits)
    if end is not None:
        assert abs(elapsed(always, start, end, waits) - target * MINUTE) < timedelta(seconds=1)


def at(day: int, hour: int, minute: int = 0, month: int = 10) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=SHANGHAI)


def test_lunch_evenings_holidays_and_shifted_workdays() -> None:
    usual = calendar_of("370100")
    assert usual.between(at(12, 11), at(12, 14)) == timedelta(hours=2)  # lunch is an hour
    assert usual.after(at(12, 17), timedelta(hours=2)).astimezone(SHANGHAI) == at(13, 10)
    assert not usual.is_open(at(12, 12, 30))
    # 1 to 7 October 2026 is the National Day holiday; Saturday the 10th is worked instead.
    assert usual.opens(at(1, 10)).astimezone(SHANGHAI) == at(8, 9)
    assert usual.is_open(at(10, 10))
    assert usual.between(at(30, 18, month=9), at(8, 9)) == timedelta(0)


def test_regions_keep_their_own_hours() -> None:
    west = calendar_of("650100")
    assert not west.is_open(at(12, 9, 30))
    assert west.is_open(at(12, 19))
    assert calendar_of("370100").spans == calendar_of("").spans


@pytest.mark.parametrize(
    "spans",
    [(), ((time(9), time(9)),), ((time(13), time(18)), (time(9), time(12)))],
)
def test_hours_out_of_order_are_refused(spans: tuple[tuple[time, time], ...]) -> None:
    with pytest.raises(ValueError, match="opening hours"):
        BusinessCalendar(spans)


def test_an_office_that_never_opens_is_an_error() -> None:
    closed = BusinessCalendar(((time(9), time(18)),), lambda day: day < date(2026, 1, 1))
    with pytest.raises(ValueError, match="no open day"):
        closed.opens(at(12, 10))
    with pytest.raises(ValueError, match="no open day"):
        closed.after(at(12, 10), MINUTE)
    with pytest.raises(ValueError, match="forward"):
        calendar_of("").after(at(12, 10), -MINUTE)
