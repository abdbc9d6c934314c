"""Measures: what changed, what each matter adds, daily sums, corrections; targets and reports."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field

from storage.models.base import Row
from storage.types import big, choice, encrypted_json, encrypted_text, id_field, reference


class SubjectChange(Row, table=True):
    """Something about a subject (`application:12`) was written: its measures are out of date.

    Rows are only ever added here and removed again, so no writer waits for another.
    """

    __tablename__ = "subject_change"
    __table_args__ = ({"sqlite_autoincrement": True},)

    id: int | None = id_field()
    subject: str = Field(max_length=64)


class MeasureObservation(Row, table=True):
    """What one subject adds to a measure now; see `services.measures.histories.Observation`."""

    __tablename__ = "measure_observation"
    __table_args__ = (Index("ix_measure_observation_cases", "measure", "officer_id", "day"),)

    subject: str = Field(primary_key=True, max_length=32)
    measure: str = Field(primary_key=True, max_length=32)
    part: int = big(primary_key=True)
    day: date
    region_code: str = Field(max_length=6)
    employer_id: int = big()
    matter: str = Field(max_length=48)
    officer_id: int = big()
    value: int


class MeasureDay(Row, table=True):
    """How many observations of a day have a value: every figure is made from these rows."""

    __tablename__ = "measure_day"

    measure: str = Field(primary_key=True, max_length=32)
    day: date = Field(primary_key=True)
    month: date
    region_code: str = Field(primary_key=True, max_length=6)
    employer_id: int = big(primary_key=True)
    matter: str = Field(primary_key=True, max_length=48)
    officer_id: int = big(primary_key=True)
    value: int = Field(primary_key=True)
    count: int


class MeasureCorrection(Row, table=True):
    """What changed in a month after its report was made: late events, reopened cases."""

    __tablename__ = "measure_correction"

    seen_on: date = Field(primary_key=True)
    month: date = Field(primary_key=True)
    measure: str = Field(primary_key=True, max_length=32)
    count: int = 0
    amount: int = 0


class MonthClosed(Row, table=True):
    """A month whose report was made; what changes in it later is a correction."""

    __tablename__ = "month_closed"

    month: date = Field(primary_key=True)
    at: datetime


class KpiTarget(Row, table=True):
    """What is aimed at from a day to a day; an officer's own target comes before everybody's."""

    __tablename__ = "kpi_target"
    __table_args__ = (UniqueConstraint("measure", "officer_id", "starts"),)

    id: int | None = id_field()
    measure: str = Field(max_length=32)
    officer_id: int = big(default=0)
    starts: date
    ends: date
    target: float
    set_by: int = reference("person.id")
    set_at: datetime


class ReviewStatus(StrEnum):
    OPEN = "open"
    CONTESTED = "contested"
    REVIEWED = "reviewed"
    SIGNED = "signed"


class OfficerReport(Row, table=True):
    """An officer's figures of a month, which they see and may contest before it is signed."""

    __tablename__ = "officer_report"
    __table_args__ = (UniqueConstraint("month", "officer_id"),)

    id: int | None = id_field()
    month: date
    officer_id: int = reference("person.id")
    figures: Any = encrypted_json("officer_report.figures")
    score: float | None = None
    status: ReviewStatus = choice(ReviewStatus, default=ReviewStatus.OPEN)
    made_at: datetime
    seen_at: datetime | None = None
    contested_at: datetime | None = None
    contest: str | None = encrypted_text("officer_report.contest", nullable=True, default=None)
    reviewed_by: int | None = reference("person.id", nullable=True, index=False)
    reviewed_at: datetime | None = None
    review: str | None = encrypted_text("officer_report.review", nullable=True, default=None)
    signed_by: int | None = reference("person.id", nullable=True, index=False)
    signed_at: datetime | None = None


class NeedStatus(StrEnum):
    SUGGESTED = "suggested"
    CONFIRMED = "confirmed"
    DISMISSED = "dismissed"
    DONE = "done"
    AGAIN = "again"


class TrainingNeed(Row, table=True):
    """A topic that is returned too often with an officer: suggested, decided, checked again."""

    __tablename__ = "training_need"
    __table_args__ = (UniqueConstraint("officer_id", "topic", "month"),)

    id: int | None = id_field()
    officer_id: int = reference("person.id")
    topic: str = Field(max_length=32)
    month: date
    sample: int
    hits: int
    status: NeedStatus = choice(NeedStatus, default=NeedStatus.SUGGESTED)
    reason: str | None = encrypted_text("training_need.reason", nullable=True, default=None)
    decided_by: int | None = reference("person.id", nullable=True, index=False)
    decided_at: datetime | None = None
    check_on: date | None = None
    later_sample: int | None = None
    later_hits: int | None = None
    practice_rounds: int = 0
    practice_papers: int | None = None
    practice_first: int | None = None
    practice_last: int | None = None
    made_at: datetime


class Improvement(Row, table=True):
    """A reason that became an action, with an owner and a day; compared before and after."""

    __tablename__ = "improvement"

    id: int | None = id_field()
    reason: str = Field(max_length=32)
    measure: str = Field(max_length=32)
    employer_id: int | None = reference("employer.id", nullable=True, index=False)
    region_prefix: str = Field(default="", max_length=6)
    action: str = encrypted_text("improvement.action")
    owner_id: int = reference("person.id")
    due: date
    made_by: int = reference("person.id", index=False)
    made_at: datetime
    done_on: date | None = None
