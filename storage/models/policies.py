"""Published policies with their versions, and which of them was shown to whom."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, UniqueConstraint
from sqlmodel import Field

from storage.models.base import Row
from storage.types import encrypted_json, encrypted_text, id_field, reference


class PolicyRecord(Row, table=True):
    """One version of an entry, of a fact behind entries or of the guide's rules (`kind`: policy,
    fact, moves). Never changed."""

    __tablename__ = "policy_record"
    __table_args__ = (
        UniqueConstraint("kind", "name", "number"),
        UniqueConstraint("kind", "name", "digest"),
    )

    id: int | None = id_field()
    kind: str = Field(max_length=16)
    name: str = Field(max_length=64, index=True)
    number: int
    digest: str = Field(max_length=64)
    content: Any = Field(sa_type=JSON)
    created_at: datetime


class PolicyBundle(Row, table=True):
    """One publication: the ids of all records that hold together. The newest is in force."""

    __tablename__ = "policy_bundle"

    id: int | None = id_field()
    version: str = Field(unique=True, max_length=64)
    digest: str = Field(max_length=64, index=True)
    origin: str = Field(max_length=16)
    signed_by: str | None = Field(default=None, max_length=64)
    made_at: datetime
    loaded_by: str = Field(max_length=64)
    loaded_at: datetime
    records: Any = Field(sa_type=JSON)


class AnswerGiven(Row, table=True):
    """What a person asked, and what they were shown of which bundle.

    `outcome`: answer, choose, refuse, guard, guide, hr (an officer's published answer) or recall
    (they were told that it changed). `asked`: what a guide was made from (`origin`, `about`,
    `drawing_pension`, `hmt`). `verdict`: solved, unsolved, corrected or person.
    """

    __tablename__ = "answer_given"

    id: int | None = id_field()
    person_id: int = reference("person.id")
    bundle_id: int = reference("policy_bundle.id")
    gap_id: int | None = reference("gap.id", nullable=True)
    outcome: str = Field(max_length=16)
    reason: str | None = Field(default=None, max_length=32)
    topic: str | None = Field(default=None, max_length=48)
    region_code: str | None = Field(default=None, max_length=6)
    question: str | None = encrypted_text("answer_given.question", nullable=True, default=None)
    asked: Any = encrypted_json("answer_given.asked", nullable=True, default=None)
    verdict: str | None = Field(default=None, max_length=16)
    at: datetime = Field(index=True)
    verdict_at: datetime | None = None


class AnswerRecord(Row, table=True):
    """One version of an entry that an answer was made from."""

    __tablename__ = "answer_record"
    __table_args__ = (UniqueConstraint("answer_id", "record_id"),)

    id: int | None = id_field()
    answer_id: int = reference("answer_given.id")
    record_id: int = reference("policy_record.id")
