"""Cards, applications, their history, and what bureau and banks answered."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Index, UniqueConstraint, text
from sqlmodel import Field

from storage.models.base import Row
from storage.types import choice, encrypted_json, encrypted_text, id_field, reference


class CardStatus(StrEnum):
    NORMAL = "normal"
    MAKING = "making"
    COLLECTABLE = "collectable"
    LOST = "lost"
    SEALED = "sealed"
    CANCELLED = "cancelled"


class Evidence(StrEnum):
    """How we know: best first (DESIGN 5.4)."""

    CONNECTOR = "connector"
    SCREENSHOT = "screenshot"
    BATCH = "batch"
    DECLARED = "declared"


class Card(Row, table=True):
    """A card we know of. The database itself allows one valid card per person and province."""

    __tablename__ = "card"
    __table_args__ = (
        Index(
            "uq_card_valid",
            "person_id",
            "province_code",
            unique=True,
            postgresql_where=text("status = 'normal'"),
            sqlite_where=text("status = 'normal'"),
        ),
    )

    id: int | None = id_field()
    person_id: int = reference("person.id")
    province_code: str = Field(max_length=6)
    region_code: str = Field(max_length=6)
    bank_code: str = Field(max_length=16)
    last_four: str | None = encrypted_text("card.last_four", nullable=True, default=None)
    status: CardStatus = choice(CardStatus)
    valid_until: date | None = None
    social_enabled: bool | None = None
    financial_active: bool | None = None
    issued_on: date | None = None
    evidence: Evidence = choice(Evidence)
    evidence_at: datetime


class ApplicationKind(StrEnum):
    FIRST = "first"
    REPLACEMENT = "replacement"
    BANK_CHANGE = "bank_change"
    LOSS_REPORT = "loss_report"
    CANCELLATION = "cancellation"
    TRANSFER = "transfer"
    MERGE = "merge"


class ApplicationStatus(StrEnum):
    """Ours up to `submitting`; the bureau's after it."""

    DRAFT = "draft"
    CHECKING = "checking"
    WAITING = "waiting"
    EVIDENCE = "evidence"
    SUBMITTING = "submitting"
    REVIEWING = "reviewing"
    RETURNED = "returned"
    ORIGIN_ASKED = "origin_asked"
    ORIGIN_SENT = "origin_sent"
    MAKING = "making"
    COLLECTABLE = "collectable"
    COLLECTED = "collected"
    REPORTED = "reported"
    FINISHED = "finished"
    STOPPED = "stopped"
    SEALED = "sealed"
    LAPSED = "lapsed"
    WITHDRAWN = "withdrawn"


CLOSED = frozenset(
    {
        ApplicationStatus.FINISHED,
        ApplicationStatus.STOPPED,
        ApplicationStatus.SEALED,
        ApplicationStatus.LAPSED,
        ApplicationStatus.WITHDRAWN,
    }
)
_OPEN = text("status not in ('finished', 'stopped', 'sealed', 'lapsed', 'withdrawn')")


class Application(Row, table=True):
    """One matter of one person: at most one open per person, province and lane.

    Matters of one lane would get in each other's way: whatever makes, moves or ends a card is in
    the lane `card` (knowledge/data/matters.yaml). `details` are what its kind needs besides the
    papers: which card, which form. `agent_id` is the officer who does it for the person.
    """

    __tablename__ = "application"
    __table_args__ = (
        Index(
            "uq_application_open",
            "person_id",
            "province_code",
            "lane",
            unique=True,
            postgresql_where=_OPEN,
            sqlite_where=_OPEN,
        ),
    )

    id: int | None = id_field()
    number: str = Field(unique=True, max_length=24)
    person_id: int = reference("person.id")
    employer_id: int = reference("employer.id")
    agent_id: int | None = reference("person.id", nullable=True)
    kind: ApplicationKind = choice(ApplicationKind)
    lane: str = Field(default="card", max_length=16)
    reason: str | None = Field(default=None, max_length=32)
    details: Any = encrypted_json("application.details", nullable=True, default=None)
    region_code: str = Field(max_length=6)
    province_code: str = Field(max_length=6)
    bank_code: str | None = Field(default=None, max_length=16)
    status: ApplicationStatus = choice(ApplicationStatus, default=ApplicationStatus.DRAFT)
    revision: int = 1
    applicant: Any = encrypted_json("application.applicant", nullable=True, default=None)
    reference: str | None = Field(default=None, max_length=64, index=True)
    sequence: int = 0
    stop_reason: str | None = Field(default=None, max_length=32)
    override_reason: str | None = encrypted_text(
        "application.override_reason", nullable=True, default=None
    )
    checked_at: datetime | None = None
    social_enabled_at: datetime | None = None
    financial_activated_at: datetime | None = None
    due: date | None = None
    place: str | None = encrypted_text("application.place", nullable=True, default=None)
    created_at: datetime
    submitted_at: datetime | None = None
    closed_at: datetime | None = None
    updated_at: datetime


class ApplicationEvent(Row, table=True):
    """One change of state, from whom we have it, and when the employee was told."""

    __tablename__ = "application_event"
    __table_args__ = (UniqueConstraint("application_id", "source", "sequence"),)

    id: int | None = id_field()
    application_id: int = reference("application.id")
    source: str = Field(max_length=16)
    sequence: int
    status: str = Field(max_length=32)
    reason: Any = encrypted_json("application_event.reason", nullable=True, default=None)
    at: datetime
    recorded_at: datetime
    told_at: datetime | None = None


class LookUp(Row, table=True):
    """One answer of a registry or bank, kept as evidence."""

    __tablename__ = "look_up"

    id: int | None = id_field()
    application_id: int = reference("application.id")
    round: int
    source: str = Field(max_length=32)
    outcome: str = Field(max_length=16)
    answer: Any = encrypted_json("look_up.answer", nullable=True, default=None)
    at: datetime
