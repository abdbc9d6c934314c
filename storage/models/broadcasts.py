"""A message from HR to everybody of an area: written by one, approved by another."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import UniqueConstraint
from sqlmodel import Field

from storage.models.base import Row
from storage.types import choice, encrypted_text, id_field, reference


class BroadcastStatus(StrEnum):
    WAITING = "waiting"
    SENDING = "sending"
    SENT = "sent"
    REFUSED = "refused"


class Broadcast(Row, table=True):
    """What is said, to whom, by whom, and who agreed."""

    __tablename__ = "broadcast"

    id: int | None = id_field()
    text: str = encrypted_text("broadcast.text")
    region_prefix: str = Field(default="", max_length=6)
    employer_id: int | None = reference("employer.id", nullable=True)
    author_id: int = reference("person.id")
    approver_id: int | None = reference("person.id", nullable=True)
    status: BroadcastStatus = choice(BroadcastStatus, default=BroadcastStatus.WAITING)
    created_at: datetime
    decided_at: datetime | None = None


class BroadcastReceipt(Row, table=True):
    """One recipient: when it was handed to the messenger, and when they pressed 知道了."""

    __tablename__ = "broadcast_receipt"
    __table_args__ = (UniqueConstraint("broadcast_id", "person_id"),)

    id: int | None = id_field()
    broadcast_id: int = reference("broadcast.id")
    person_id: int = reference("person.id")
    queued_at: datetime | None = None
    sent_at: datetime | None = None
    read_at: datetime | None = None
