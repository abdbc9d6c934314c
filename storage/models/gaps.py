"""What the policy base could not answer: questions grouped by likeness, and HR's answers."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint
from sqlmodel import Field

from storage.models.base import Row
from storage.types import big, choice, encrypted_text, id_field, reference


class GapStatus(StrEnum):
    OPEN = "open"
    DRAFTED = "drafted"
    PUBLISHED = "published"
    DISMISSED = "dismissed"


class GapKind(StrEnum):
    """Why a question is here."""

    UNANSWERED = "unanswered"
    DOUBTED = "doubted"
    CORRECTED = "corrected"
    UNCOVERED = "uncovered"


class Gap(Row, table=True):
    """Questions that ask the same, and the answer that an officer drafts and another publishes.

    The database itself refuses a publisher who is the author. `scope` is the prefix of the region
    codes that the answer holds for; empty: everywhere.
    """

    __tablename__ = "gap"
    __table_args__ = (CheckConstraint("published_by <> drafted_by", name="two_persons"),)

    id: int | None = id_field()
    status: GapStatus = choice(GapStatus, default=GapStatus.OPEN)
    topic: str | None = Field(default=None, max_length=48)
    pair: str | None = Field(default=None, max_length=13, index=True)
    title: str | None = encrypted_text("gap.title", nullable=True, default=None)
    answer: str | None = encrypted_text("gap.answer", nullable=True, default=None)
    source: str | None = encrypted_text("gap.source", nullable=True, default=None)
    scope: str = Field(default="", max_length=6)
    drafted_by: int | None = reference("person.id", nullable=True)
    drafted_at: datetime | None = None
    published_by: int | None = reference("person.id", nullable=True)
    published_at: datetime | None = None
    created_at: datetime
    updated_at: datetime


class GapQuestion(Row, table=True):
    """One question of one person. Erasure takes the words and the person, the count stays."""

    __tablename__ = "gap_question"

    id: int | None = id_field()
    gap_id: int = reference("gap.id")
    person_id: int | None = reference("person.id", nullable=True)
    answer_id: int | None = big(default=None, nullable=True, index=True)
    kind: GapKind = choice(GapKind)
    words: str | None = encrypted_text("gap_question.words", nullable=True, default=None)
    region_code: str | None = Field(default=None, max_length=6)
    at: datetime
    told_at: datetime | None = None
