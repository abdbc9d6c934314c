"""Cases for a person in HR, and what was written in them."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlmodel import Field

from storage.models.base import Row
from storage.types import big, choice, encrypted_text, id_field, reference


class CaseStatus(StrEnum):
    OPEN = "open"
    PENDING = "pending"
    RESOLVED = "resolved"


class Case(Row, table=True):
    """A matter that needs a person."""

    __tablename__ = "case"

    id: int | None = id_field()
    number: str = Field(unique=True, max_length=24)
    person_id: int = reference("person.id")
    application_id: int | None = reference("application.id", nullable=True)
    kind: str = Field(max_length=32)
    status: CaseStatus = choice(CaseStatus, default=CaseStatus.OPEN)
    waiting_for: str = Field(default="officer", max_length=16)
    assignee_id: int | None = reference("person.id", nullable=True)
    group_mailbox: str | None = Field(default=None, max_length=64, index=True)
    message_id: int | None = big(default=None, nullable=True)
    opened_at: datetime
    taken_at: datetime | None = None
    resolved_at: datetime | None = None


class CaseMessage(Row, table=True):
    """One message of a case, either way."""

    __tablename__ = "case_message"

    id: int | None = id_field()
    case_id: int = reference("case.id")
    author: str = Field(max_length=16)
    text: str | None = encrypted_text("case_message.text", nullable=True, default=None)
    file_id: int | None = reference("stored_file.id", nullable=True)
    at: datetime
