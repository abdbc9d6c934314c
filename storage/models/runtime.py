"""What a turn is made of: inbox, conversation, outbox, tasks, timers, buttons, limits."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Index, UniqueConstraint, text
from sqlmodel import Field

from storage.models.base import Row
from storage.types import big, choice, encrypted_json, id_field, reference


class EventStatus(StrEnum):
    PENDING = "pending"
    DONE = "done"
    DEAD = "dead"


class InboxEvent(Row, table=True):
    """One thing that happened to a mailbox; one turn handles it. `id` is the order within it."""

    __tablename__ = "inbox_event"
    __table_args__ = (
        Index(
            "ix_inbox_event_pending",
            "mailbox",
            "id",
            postgresql_where=text("status = 'pending'"),
            sqlite_where=text("status = 'pending'"),
        ),
        {"sqlite_autoincrement": True},
    )

    id: int | None = id_field()
    key: str = Field(unique=True, max_length=128)
    mailbox: str = Field(max_length=64)
    kind: str = Field(max_length=64)
    version: int = 1
    actor: str | None = Field(default=None, max_length=64)
    payload: Any = encrypted_json("inbox_event.payload", nullable=True)
    status: EventStatus = choice(EventStatus, default=EventStatus.PENDING)
    attempts: int = 0
    not_before: datetime | None = None
    error: str | None = Field(default=None, max_length=128)
    received_at: datetime = Field(index=True)
    done_at: datetime | None = None


class Conversation(Row, table=True):
    """Where a mailbox stands: flow, step, the step's data, and what is remembered across flows."""

    __tablename__ = "conversation"

    mailbox: str = Field(primary_key=True, max_length=64)
    person_id: int | None = reference("person.id", nullable=True)
    language: str = Field(default="zh", max_length=8)
    flow: str | None = Field(default=None, max_length=32)
    step: str | None = Field(default=None, max_length=32)
    data: Any = encrypted_json("conversation.data", nullable=True)
    memory: Any = encrypted_json("conversation.memory", nullable=True, default=None)
    version: int = 0
    updated_at: datetime


class OutboxStatus(StrEnum):
    PENDING = "pending"
    SENDING = "sending"
    SENT = "sent"
    IN_DOUBT = "in_doubt"
    FAILED = "failed"


class OnDoubt(StrEnum):
    """What to do with a message of which nobody knows whether it arrived."""

    RESEND = "resend"
    PARK = "park"


class OutboxMessage(Row, table=True):
    """One Bot API call to be made after the turn's commit."""

    __tablename__ = "outbox_message"
    __table_args__ = (
        UniqueConstraint("event_id", "seq"),
        Index(
            "ix_outbox_message_open",
            "chat",
            "id",
            postgresql_where=text("status in ('pending', 'sending')"),
            sqlite_where=text("status in ('pending', 'sending')"),
        ),
    )

    id: int | None = id_field()
    event_id: int = reference("inbox_event.id")
    seq: int
    mailbox: str = Field(max_length=64)
    chat: str = Field(max_length=64)
    method: str = Field(max_length=32)
    payload: Any = encrypted_json("outbox_message.payload", nullable=True)
    note: str | None = Field(default=None, max_length=64)
    ref: str | None = Field(default=None, max_length=64)
    depends_on: int | None = reference("outbox_message.id", nullable=True, index=False)
    status: OutboxStatus = choice(OutboxStatus, default=OutboxStatus.PENDING)
    on_doubt: OnDoubt = choice(OnDoubt, default=OnDoubt.RESEND)
    attempts: int = 0
    not_before: datetime | None = None
    claimed_until: datetime | None = None
    message_id: int | None = big(default=None, nullable=True)
    error: str | None = Field(default=None, max_length=128)
    created_at: datetime
    sent_at: datetime | None = None


class DeliveryDoubt(Row, table=True):
    """A send whose outcome is not known: the process died, or the answer was lost."""

    __tablename__ = "delivery_doubt"

    id: int | None = id_field()
    outbox_id: int = reference("outbox_message.id")
    attempt: int
    reason: str = Field(max_length=64)
    at: datetime
    resolution: str = Field(max_length=16)


class TaskStatus(StrEnum):
    PENDING = "pending"
    RUNNING = "running"
    DONE = "done"
    DEAD = "dead"


class Task(Row, table=True):
    """Slow or networked work after a turn. Its result is the event `task:<id>`."""

    __tablename__ = "task"
    __table_args__ = (
        Index("ix_task_claim", "status", "not_before", "id"),
        {"sqlite_autoincrement": True},
    )

    id: int | None = id_field()
    key: str | None = Field(default=None, unique=True, max_length=128)
    name: str = Field(max_length=64)
    mailbox: str = Field(max_length=64)
    payload: Any = encrypted_json("task.payload", nullable=True)
    status: TaskStatus = choice(TaskStatus, default=TaskStatus.PENDING)
    attempts: int = 0
    not_before: datetime | None = None
    lease_until: datetime | None = None
    lease: str | None = Field(default=None, max_length=32)
    error: str | None = Field(default=None, max_length=128)
    created_at: datetime
    done_at: datetime | None = None


class Timer(Row, table=True):
    """A moment in domain time that becomes the event `timer:<id>` when it is due."""

    __tablename__ = "timer"
    # Rows go when they fire: SQLite must not give a used id to a new timer (`timer:<id>` is a key).
    __table_args__ = (Index("ix_timer_due", "due_at"), {"sqlite_autoincrement": True})

    id: int | None = id_field()
    key: str = Field(unique=True, max_length=128)
    mailbox: str = Field(max_length=64)
    kind: str = Field(max_length=64)
    payload: Any = encrypted_json("timer.payload", nullable=True)
    due_at: datetime


class ButtonToken(Row, table=True):
    """What an inline button means; the messenger sees only the opaque token."""

    __tablename__ = "button_token"

    token: str = Field(primary_key=True, max_length=32)
    mailbox: str = Field(max_length=64)
    person_id: int | None = reference("person.id", nullable=True)
    flow: str | None = Field(default=None, max_length=32)
    step: str | None = Field(default=None, max_length=32)
    version: int | None = None
    action: str = Field(max_length=64)
    ref: str | None = Field(default=None, max_length=64)
    created_at: datetime = Field(index=True)


class RateBucket(Row, table=True):
    """GCRA state: the theoretical arrival time of the next permitted send."""

    __tablename__ = "rate_bucket"

    key: str = Field(primary_key=True, max_length=64)
    arrival: datetime


class Lease(Row, table=True):
    """One holder at a time of a role such as the polling leader."""

    __tablename__ = "lease"

    name: str = Field(primary_key=True, max_length=32)
    holder: str = Field(max_length=64)
    until: datetime


class StateValue(Row, table=True):
    """Small durable values of the program itself: polling offset, clock offset, bot id."""

    __tablename__ = "state_value"

    name: str = Field(primary_key=True, max_length=64)
    value: str = Field(max_length=255)
