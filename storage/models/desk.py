"""Cases for a person in HR, what was written in them, and whose hands they go through."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, Index, UniqueConstraint
from sqlmodel import Field

from storage.models.base import Row
from storage.types import big, choice, encrypted_text, id_field, reference


class CaseStatus(StrEnum):
    """Nobody has it yet; an officer has it; it is over."""

    OPEN = "open"
    PENDING = "pending"
    RESOLVED = "resolved"


class WaitingFor(StrEnum):
    """Whose turn it is. The officer's own time counts; the others stop the clocks."""

    OFFICER = "officer"
    EMPLOYEE = "employee"
    BUREAU = "bureau"
    BANK = "bank"


class Priority(StrEnum):
    """How soon; `Case.rank` keeps its place in the queue, 0 first."""

    URGENT = "urgent"
    HIGH = "high"
    NORMAL = "normal"
    LOW = "low"


class Delivery(StrEnum):
    """Whether an officer's message is with the employee."""

    NONE = "none"
    PENDING = "pending"
    DELIVERED = "delivered"
    BLOCKED = "blocked"
    FAILED = "failed"


class Case(Row, table=True):
    """A matter that needs a person. `kind` says what opened it, `matter` what it is about.

    `live`: employee and officer talk in it, so the bot keeps silent. `changes` counts its own
    events. `due_at` is the nearest moment of its clocks, for the queue.
    """

    __tablename__ = "case"
    __table_args__ = (
        Index("ix_case_queue", "status", "rank", "due_at", "id"),
        Index("ix_case_person_status", "person_id", "status"),
    )

    id: int | None = id_field()
    number: str = Field(unique=True, max_length=24)
    person_id: int = reference("person.id", index=False)
    employer_id: int = reference("employer.id")
    application_id: int | None = reference("application.id", nullable=True)
    kind: str = Field(max_length=32)
    matter: str = Field(default="other", max_length=32)
    region_code: str = Field(default="", max_length=6, index=True)
    language: str = Field(default="zh", max_length=8)
    priority: Priority = choice(Priority, default=Priority.NORMAL)
    rank: int = 2
    status: CaseStatus = choice(CaseStatus, default=CaseStatus.OPEN)
    waiting_for: WaitingFor = choice(WaitingFor, default=WaitingFor.OFFICER)
    live: bool = False
    assignee_id: int | None = reference("person.id", nullable=True)
    offered_to_id: int | None = reference("person.id", nullable=True)
    offered_at: datetime | None = None
    offers: int = 0
    escalated_at: datetime | None = None
    group_mailbox: str | None = Field(default=None, max_length=64, index=True)
    message_id: int | None = big(default=None, nullable=True)
    changes: int = 0
    opened_at: datetime
    taken_at: datetime | None = None
    first_reply_at: datetime | None = None
    last_message_at: datetime | None = None
    due_at: datetime | None = None
    resolved_at: datetime | None = Field(default=None, index=True)
    resolution: str | None = Field(default=None, max_length=32)
    reopened: int = 0


class CaseMessage(Row, table=True):
    """One message of a case: of the employee, an officer or the bot; or an officer's note.

    `relayed_at`: handed on to the other side. `rules` names the policies that an answer of the
    bot stood on. `source` is the messenger's file id until `file_id` is fetched.
    """

    __tablename__ = "case_message"
    __table_args__ = (Index("ix_case_message_case", "case_id", "id"),)

    id: int | None = id_field()
    case_id: int = reference("case.id", index=False)
    author: str = Field(max_length=16)
    author_id: int | None = reference("person.id", nullable=True, index=False)
    internal: bool = False
    text: str | None = encrypted_text("case_message.text", nullable=True, default=None)
    rules: Any = Field(default=None, sa_type=JSON, nullable=True)
    file_id: int | None = reference("stored_file.id", nullable=True)
    media: str | None = Field(default=None, max_length=16)
    file_name: str | None = encrypted_text("case_message.file_name", nullable=True, default=None)
    source: str | None = encrypted_text("case_message.source", nullable=True, default=None)
    album: str | None = Field(default=None, max_length=64)
    at: datetime
    relayed_at: datetime | None = None
    edited_at: datetime | None = None
    deleted_at: datetime | None = None
    delivery: Delivery = choice(Delivery, default=Delivery.NONE)


class CasePost(Row, table=True):
    """A messenger's message that stands for a case or for one of its messages."""

    __tablename__ = "case_post"
    __table_args__ = (UniqueConstraint("chat", "post_id", "case_id", "message_id"),)

    id: int | None = id_field()
    case_id: int = reference("case.id")
    message_id: int | None = reference("case_message.id", nullable=True)
    chat: str = Field(max_length=32)
    post_id: int = big()
    original: bool = False
    shown_at: datetime


class CaseWord(Row, table=True):
    """A word that occurs in a case, as a keyed 60-bit digest: messages are encrypted."""

    __tablename__ = "case_word"

    token: int = big(primary_key=True)
    case_id: int = big(primary_key=True, foreign_key="case.id", index=True)


class CaseWait(Row, table=True):
    """A time in which a case waited for somebody else; each kind is counted apart."""

    __tablename__ = "case_wait"

    id: int | None = id_field()
    case_id: int = reference("case.id")
    waiting_for: WaitingFor = choice(WaitingFor)
    since: datetime
    until: datetime | None = None


class Assignment(Row, table=True):
    """Whose a case was, from when to when, and why: `how` is offered, taken, handed, away, left."""

    __tablename__ = "assignment"

    id: int | None = id_field()
    case_id: int = reference("case.id")
    officer_id: int = reference("person.id")
    by_id: int | None = reference("person.id", nullable=True, index=False)
    how: str = Field(max_length=16)
    at: datetime
    ended_at: datetime | None = None


class OfficerProfile(Row, table=True):
    """How an officer works. No row: Chinese, every matter, the usual load, always there.

    Where they may act is in their role grants.
    """

    __tablename__ = "officer_profile"

    person_id: int = big(primary_key=True, foreign_key="person.id")
    languages: Any = Field(default_factory=lambda: ["zh"], sa_type=JSON)
    skills: Any = Field(default_factory=list, sa_type=JSON)
    capacity: int | None = None
    email: str | None = encrypted_text("officer_profile.email", nullable=True, default=None)
    away_from: datetime | None = None
    away_until: datetime | None = None
    stand_in_id: int | None = reference("person.id", nullable=True, index=False)
    updated_at: datetime


class OfficerNotice(Row, table=True):
    """Something that an officer should hear of; several go out as one message."""

    __tablename__ = "officer_notice"
    __table_args__ = (Index("ix_officer_notice_due", "officer_id", "told_at"),)

    id: int | None = id_field()
    officer_id: int = reference("person.id", index=False)
    case_id: int | None = reference("case.id", nullable=True)
    kind: str = Field(max_length=32)
    urgent: bool = False
    at: datetime
    told_at: datetime | None = None
