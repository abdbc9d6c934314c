"""Formulas over one case, one answer, one invitation to rate. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from services.cases.clock import Hours, Pause, elapsed
from services.measures.histories import (
    BOT,
    AnswerHistory,
    CaseHistory,
    Observation,
    RatingHistory,
)
from services.measures.settings import rules
from storage.clock import local_date

_NOT_HELP = frozenset({"withdrawn", "back_to_bot", "duplicate"})
"""Resolutions that say nothing of how fast HR helps."""
_WRONG = frozenset({"unsolved", "corrected"})
_MINUTE = timedelta(minutes=1)


def observe_case(one: CaseHistory, hours: Hours) -> list[Observation]:
    """First response, resolution and reopening of a case.

    `first_response`: whole business minutes from opening to the first reply; `resolution`: to the
    last resolution; both without the times in which the case waited for somebody else than HR.
    `reopened`: 1 when a resolved case had been opened again. Each on the day when it ended. Cases
    that were withdrawn, closed as duplicates or given back to the bot count in none of them.
    """
    if one.resolution in _NOT_HELP:
        return []
    found = []
    if one.first_reply_at is not None:
        minutes = _minutes(one, one.first_reply_at, hours)
        found.append(_case(one, "first_response", one.first_reply_at, one.replied_by, minutes))
    if one.resolved_at is not None:
        minutes = _minutes(one, one.resolved_at, hours)
        found.append(_case(one, "resolution", one.resolved_at, one.officer_id, minutes))
        again = int(one.reopened > 0)
        found.append(_case(one, "reopened", one.resolved_at, one.officer_id, again))
    return found


def observe_answer(one: AnswerHistory) -> Iterator[Observation]:
    """Whether an answer kept a question from HR: on the day when `contact_hours` are over.

    `deflection_confirmed`: 1 when 解决了 was pressed and HR was not called within `contact_hours`.
    `deflection_assumed`: 1 when nothing was pressed and HR was not called. Else 0; the two never
    are 1 together, and are never added up silently. `entry_wrong` (under `matter` the policy
    entry): 1 when 没解决 was pressed or the answer was corrected within the same hours.
    `entry_recalled` counts a recall, on its own day.
    """
    if one.recall:
        for part, entry in enumerate(one.entries):
            yield Observation("entry_recalled", part, local_date(one.at), one.place, entry, BOT, 1)
        return
    until = one.at + timedelta(hours=rules().contact_hours)
    called = any(one.at <= at <= until for at in one.cases_after)
    confirmed = one.verdict == "solved" and not called
    assumed = one.verdict is None and not called
    for measure, value in (
        ("deflection_confirmed", confirmed),
        ("deflection_assumed", assumed),
        ("recontact", called),
    ):
        yield Observation(measure, 0, local_date(until), one.place, one.topic, BOT, int(value))
    in_time = one.verdict_at is not None and one.verdict_at <= until
    wrong = int(in_time and one.verdict in _WRONG)
    for part, entry in enumerate(one.entries):
        yield Observation("entry_wrong", part, local_date(until), one.place, entry, BOT, wrong)


def observe_rating(one: RatingHistory) -> Iterator[Observation]:
    """1 when an invitation to rate was answered, else 0; on the day of asking."""
    answered = int(one.answered_at is not None)
    yield Observation(
        f"rated_{one.about}",
        0,
        local_date(one.asked_at),
        one.place,
        one.matter,
        one.officer_id,
        answered,
    )


def _minutes(one: CaseHistory, end: datetime, hours: Hours) -> int:
    pauses = [Pause(wait.since, wait.until) for wait in one.waits]
    return elapsed(hours, one.opened_at, end, pauses) // _MINUTE


def _case(one: CaseHistory, measure: str, at: datetime, officer_id: int, value: int) -> Observation:
    return Observation(measure, 0, local_date(at), one.place, one.matter, officer_id, value)
