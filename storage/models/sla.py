"""What was promised for a case, and what became of it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import UniqueConstraint
from sqlmodel import Field

from storage.models.base import Row
from storage.types import big, choice, id_field, reference


class SlaClock(StrEnum):
    """Three clocks: to the first answer, to each next answer, to the end."""

    FIRST = "first"
    NEXT = "next"
    RESOLUTION = "resolution"


class SlaState(StrEnum):
    """Running without a miss, running with one; ended in time, ended late."""

    ACTIVE = "active"
    ACTIVE_WITH_MISSES = "active_with_misses"
    HIT = "hit"
    MISSED = "missed"


class AppliedSla(Row, table=True):
    """The policy of a case as it was when the case opened; times in minutes.

    `*_due_at` is empty while the clock stands (not started, done, or waiting for somebody else).
    """

    __tablename__ = "applied_sla"

    case_id: int = big(primary_key=True, foreign_key="case.id")
    policy: str = Field(max_length=64)
    business_hours: bool = True
    first_minutes: int | None = None
    next_minutes: int | None = None
    resolution_minutes: int | None = None
    state: SlaState = choice(SlaState, default=SlaState.ACTIVE)
    next_since: datetime | None = None
    round: int = 0
    first_due_at: datetime | None = None
    next_due_at: datetime | None = None
    resolution_due_at: datetime | None = None


class SlaEvent(Row, table=True):
    """A clock of a case was near its end (`warned`), over it (`breached`), or over a tier.

    Each is stored once: `round` counts the answers waited for.
    """

    __tablename__ = "sla_event"
    __table_args__ = (UniqueConstraint("case_id", "clock", "round", "kind"),)

    id: int | None = id_field()
    case_id: int = reference("case.id")
    clock: SlaClock = choice(SlaClock)
    round: int = 0
    kind: str = Field(max_length=16)
    due_at: datetime
    at: datetime = Field(index=True)
