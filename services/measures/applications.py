"""Formulas over one application: timeliness, returns, progress, duplicates, time to card. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from knowledge.workdays import add_workdays, is_workday, workdays_between
from services.measures.histories import (
    BOT,
    ApplicationHistory,
    Observation,
    StateChange,
)
from services.measures.settings import rules
from services.measures.topics import is_fault, topic_of
from storage.clock import local_date

FIRST = "first"
_UNCOUNTED = frozenset({"stopped", "withdrawn"})
_AFTER_SUBMISSION = {
    "returned": "employee",
    "reviewing": "bureau",
    "origin_asked": "bureau",
    "origin_sent": "bureau",
    "making": "bureau",
    "collectable": "employee",
    "by_hand": "officer",
}
"""Whose turn it is after a change of state."""
_IN_HAND = frozenset({"collected", "social_enabled", "financial_activated"})
PAPERS, REVIEW = "papers", "review"
STEPS = (PAPERS, REVIEW, "making", "collect", "activate")
"""Steps of an application: papers until it is submitted, and on to the activation of the card."""
BEGINS = {
    "making": frozenset({"making"}),
    "collect": frozenset({"collectable"}),
    "activate": frozenset({"collected", "social_enabled", "financial_activated"}),
}
"""States that begin a step."""
_DROPPED = frozenset({"withdrawn", "lapsed", "sealed"})
"""Ends by giving up; a card is sealed when nobody collects it."""
_FINISHED = "finished"
_LOSS = "loss_report"
_NOT_TOLD = frozenset({"us"})
"""Sources of notes that nobody is told: they are no changes of state."""


def observe(one: ApplicationHistory) -> list[Observation]:
    """Everything that an application adds to the measures."""
    return [
        *timeliness(one),
        *returns(one),
        *progress_feedback(one),
        *cross_region_rejection(one),
        *duplicates(one),
        *time_to_card(one),
        *straight_through(one),
        *dropped(one),
    ]


def timeliness(one: ApplicationHistory) -> Iterator[Observation]:
    """1 when submitted by the n-th workday after the hire date, else 0; on the day it was due.

    Of first applications that are due: opened at most `hire_days` after the hire date, and neither
    stopped as a duplicate nor withdrawn before they were submitted.
    """
    if one.kind != FIRST or one.hired is None:
        return
    opened = local_date(one.created_at)
    if not one.hired - timedelta(days=rules().hire_days) <= opened:
        return
    if opened > one.hired + timedelta(days=rules().hire_days):
        return
    if one.submitted_at is None and one.status in _UNCOUNTED:
        return
    due = add_workdays(one.hired, rules().submit_workdays).day
    in_time = one.submitted_at is not None and local_date(one.submitted_at) <= due
    yield _of(one, "timeliness", due, int(in_time))


def returns(one: ApplicationHistory) -> Iterator[Observation]:
    """1 when the bureau returned it for a fault of papers or form, else 0; on the day submitted.

    Beside it `return_topic` counts each topic once, under `matter`.
    """
    if one.submitted_at is None:
        return
    day = local_date(one.submitted_at)
    topics = sorted({topic_of(each.code) for each in _returned(one) if is_fault(each.code)})
    yield _of(one, "return_rate", day, int(bool(topics)))
    for part, topic in enumerate(topics):
        yield Observation("return_topic", part, day, one.place, topic, one.officer_id, 1)


def progress_feedback(one: ApplicationHistory) -> Iterator[Observation]:
    """1 when a change of state was told within `tell_hours` of our learning it, else 0; on the day
    by which it was to be told. What the bureau reported is the bot's to tell, what an officer
    recorded is the officer's."""
    promised = timedelta(hours=rules().tell_hours)
    for change in one.changes:
        if change.source in _NOT_TOLD:
            continue
        by_bot = change.source == "bureau"
        until = change.recorded_at + promised
        told = change.told_at is not None and change.told_at <= until
        yield Observation(
            "progress_bot" if by_bot else "progress_officer",
            change.id,
            local_date(until),
            one.place,
            one.kind,
            BOT if by_bot else one.officer_id,
            int(told),
        )


def cross_region_rejection(one: ApplicationHistory) -> Iterator[Observation]:
    """1 when a submitted cross-region request was returned, else 0; on the day submitted."""
    if one.cross_region and one.submitted_at is not None:
        rejected = any(True for _ in _returned(one))
        yield _of(one, "cross_region_rejection", local_date(one.submitted_at), int(rejected))


def duplicates(one: ApplicationHistory) -> Iterator[Observation]:
    """1 when a second card was stopped before it was submitted; 0 when one got through: the
    registry showed a second valid card. What an officer let go on by a decision is no duplicate
    until then."""
    if one.second_card:
        found = [each.at for each in one.changes if each.status in _IN_HAND | {"making"}]
        at = min(found, default=one.submitted_at or one.created_at)
        yield _of(one, "duplicates", local_date(at), 0)
    elif one.status == "stopped":
        yield _of(one, "duplicates", local_date(one.closed_at or one.created_at), 1)


def time_to_card(one: ApplicationHistory) -> Iterator[Observation]:
    """Workdays from opening to the card in hand, and of these whose turn it was at the start of
    each: the bureau's (and its bank's), the employee's, an officer's. On the day of the card."""
    ends = [each.at for each in one.changes if each.status in _IN_HAND]
    if not ends or one.submitted_at is None:
        return
    end = min(ends)
    first, last = local_date(one.created_at), local_date(end)
    yield _of(one, "time_to_card", last, workdays_between(first, last))
    spent = dict.fromkeys(("bureau", "employee", "officer"), 0)
    turns = _turns(one, end)
    for offset in range(1, (last - first).days + 1):
        day = first + timedelta(days=offset)
        if is_workday(day):
            spent[_whose(turns, day)] += 1
    for party, days in spent.items():
        yield _of(one, f"time_to_card_{party}", last, days)


def straight_through(one: ApplicationHistory) -> Iterator[Observation]:
    """1 when a finished application needed no case for HR, else 0; on the day it was finished."""
    if one.status == "finished" and one.closed_at is not None:
        yield _of(one, "straight_through", local_date(one.closed_at), int(one.cases == 0))


def dropped(one: ApplicationHistory) -> Iterator[Observation]:
    """For each step that an ended application came to (under `matter`): 1 when it was withdrawn,
    lapsed or sealed there, else 0; on the day when it ended. None of those stopped as duplicates,
    and no loss report: it ends when the card is found or replaced, which is no giving up."""
    if one.closed_at is None or one.kind == _LOSS or one.status not in _DROPPED | {_FINISHED}:
        return
    states = {each.status for each in one.changes}
    reached = [
        step
        for step in STEPS
        if step == PAPERS
        or (step == REVIEW and one.submitted_at is not None)
        or states & BEGINS.get(step, frozenset())
    ]
    for part, step in enumerate(STEPS):
        if step in reached:
            left = one.status in _DROPPED and step == reached[-1]
            day = local_date(one.closed_at)
            yield Observation("dropped", part, day, one.place, step, one.officer_id, int(left))


def _returned(one: ApplicationHistory) -> Iterator[StateChange]:
    return (each for each in one.changes if each.status in ("returned", "rejected"))


def _turns(one: ApplicationHistory, end: datetime) -> list[tuple[date, str]]:
    """Whose turn it is from the start of which day on: the first day after the change."""
    assert one.submitted_at is not None
    turns = [(one.created_at, "employee"), (one.submitted_at, "bureau")]
    turns += [
        (each.at, _AFTER_SUBMISSION[each.status])
        for each in one.changes
        if each.status in _AFTER_SUBMISSION and one.submitted_at <= each.at <= end
    ]
    return [(local_date(at), party) for at, party in sorted(turns, key=lambda turn: turn[0])]


def _whose(turns: list[tuple[date, str]], day: date) -> str:
    return [party for since, party in turns if since < day][-1]


def _of(one: ApplicationHistory, measure: str, day: date, value: int) -> Observation:
    return Observation(measure, 0, day, one.place, one.kind, one.officer_id, value)
