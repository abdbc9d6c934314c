"""What happened, as the formulas see it: events with times, and nothing personal.

Every moment is an aware UTC datetime; days are those of Asia/Shanghai.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

BOT = 0
"""Stands for "no officer" wherever an officer is named by number."""


@dataclass(frozen=True)
class Place:
    """Where something counts."""

    region_code: str
    employer_id: int


@dataclass(frozen=True)
class StateChange:
    """One change of state of an application.

    Args:
        source: `bureau`, `officer` or `us`.
        at: when it happened there; `recorded_at`: when we learned of it.
        told_at: when the employee was told; None: not yet.
        code: the reason code of a return.
    """

    id: int
    status: str
    source: str
    at: datetime
    recorded_at: datetime
    told_at: datetime | None = None
    code: str | None = None


@dataclass(frozen=True)
class ApplicationHistory:
    """One application. `officer_id`: who answered for the place when it was opened."""

    id: int
    kind: str
    place: Place
    officer_id: int
    hired: date | None
    created_at: datetime
    submitted_at: datetime | None
    closed_at: datetime | None
    status: str
    stop_reason: str | None
    overridden: bool
    second_card: bool
    cross_region: bool
    changes: tuple[StateChange, ...] = ()
    cases: int = 0


@dataclass(frozen=True)
class Wait:
    """A time in which a case waited for somebody else than HR; `until` None: still."""

    since: datetime
    until: datetime | None = None


@dataclass(frozen=True)
class CaseHistory:
    """One case. A case that is open again has no `resolved_at`: its last resolution counts."""

    id: int
    matter: str
    place: Place
    officer_id: int
    replied_by: int
    opened_at: datetime
    first_reply_at: datetime | None
    resolved_at: datetime | None
    resolution: str | None
    reopened: int
    waits: tuple[Wait, ...] = ()


@dataclass(frozen=True)
class AnswerHistory:
    """One answer of the bot, and when its person next called for HR, asked to or not.

    Args:
        entries: ids of the policy entries that it was made from.
        recall: it told that an earlier answer had changed.
    """

    id: int
    topic: str
    place: Place
    at: datetime
    verdict: str | None
    cases_after: tuple[datetime, ...] = ()
    verdict_at: datetime | None = None
    entries: tuple[str, ...] = ()
    recall: bool = False


@dataclass(frozen=True)
class RatingHistory:
    """One invitation to rate. Its score is not here: scores go their own, guarded way."""

    id: int
    about: str
    matter: str
    place: Place
    officer_id: int
    asked_at: datetime
    answered_at: datetime | None


@dataclass(frozen=True)
class Observation:
    """What one thing that happened adds to a measure.

    Args:
        part: tells several observations of one subject and measure apart.
        day: the day in China on which it counts.
        value: 1 or 0 of a rate; workdays or minutes of a duration.
    """

    measure: str
    part: int
    day: date
    place: Place
    matter: str
    officer_id: int
    value: int
