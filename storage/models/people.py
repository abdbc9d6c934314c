"""Employers, persons, their accounts, invitations, consents and roles."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, Index, UniqueConstraint, text
from sqlmodel import Field

from storage.models.base import Row
from storage.types import big, choice, encrypted_json, encrypted_text, id_field, reference


class Employer(Row, table=True):
    """A legal entity; `unit_numbers` maps a region code to its 单位编号 there."""

    __tablename__ = "employer"

    id: int | None = id_field()
    name: str = Field(max_length=128)
    credit_code: str = Field(unique=True, max_length=18)
    unit_numbers: Any = Field(default_factory=dict, sa_type=JSON)


class PersonStatus(StrEnum):
    ACTIVE = "active"
    LEFT = "left"
    ERASED = "erased"


class Person(Row, table=True):
    """An employee as the roster has them. The `*_index` columns are keyed look-up values."""

    __tablename__ = "person"
    __table_args__ = (UniqueConstraint("employer_id", "number"),)

    id: int | None = id_field()
    employer_id: int = reference("employer.id")
    number: str = Field(max_length=32)
    name: str = encrypted_text("person.name")
    id_number: str | None = encrypted_text("person.id_number", nullable=True, default=None)
    id_number_index: str | None = Field(default=None, max_length=64, index=True)
    phone: str | None = encrypted_text("person.phone", nullable=True, default=None)
    phone_index: str | None = Field(default=None, max_length=64, index=True)
    region_code: str = Field(max_length=6, index=True)
    hire_date: date | None = None
    status: PersonStatus = choice(PersonStatus, default=PersonStatus.ACTIVE)
    created_at: datetime
    updated_at: datetime


class ChannelAccount(Row, table=True):
    """A messenger account bound to a person: one living account each way."""

    __tablename__ = "channel_account"
    __table_args__ = (
        Index(
            "uq_channel_account_person",
            "person_id",
            unique=True,
            postgresql_where=text("ended_at is null"),
            sqlite_where=text("ended_at is null"),
        ),
        Index(
            "uq_channel_account_user",
            "user_id",
            unique=True,
            postgresql_where=text("ended_at is null"),
            sqlite_where=text("ended_at is null"),
        ),
    )

    id: int | None = id_field()
    person_id: int = reference("person.id")
    user_id: int = big(index=True)
    mailbox: str = Field(max_length=64)
    bound_by: str = Field(max_length=16)
    bound_at: datetime
    ended_at: datetime | None = None


class Invitation(Row, table=True):
    """A one-shot code to bind an account; only a keyed digest of the code is kept."""

    __tablename__ = "invitation"

    id: int | None = id_field()
    person_id: int = reference("person.id")
    code_index: str = Field(unique=True, max_length=64)
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None = None
    revoked_at: datetime | None = None


class BindAttempt(Row, table=True):
    """A failed try to bind, to limit guessing per account."""

    __tablename__ = "bind_attempt"

    id: int | None = id_field()
    user_id: int = big(index=True)
    at: datetime


class ConsentKind(StrEnum):
    NOTICE = "notice"
    PICTURES = "pictures"


class Consent(Row, table=True):
    """What a person agreed to: which text (version), given to whom, for what. `recorded_by` names
    the officer who has it on paper; empty when it was pressed in the chat."""

    __tablename__ = "consent"

    id: int | None = id_field()
    person_id: int = reference("person.id")
    kind: ConsentKind = choice(ConsentKind)
    version: str = Field(max_length=16)
    application_id: int | None = reference("application.id", nullable=True)
    given_to: Any = encrypted_json("consent.given_to", nullable=True)
    recorded_by: str | None = Field(default=None, max_length=64)
    given_at: datetime
    withdrawn_at: datetime | None = None


class Role(StrEnum):
    EMPLOYEE = "employee"
    OFFICER = "officer"
    MANAGER = "manager"
    ADMIN = "admin"


class RoleGrant(Row, table=True):
    """A role beyond employee, for a region prefix and an employer, or everywhere."""

    __tablename__ = "role_grant"

    id: int | None = id_field()
    person_id: int = reference("person.id")
    role: Role = choice(Role)
    region_prefix: str = Field(default="", max_length=6)
    employer_id: int | None = reference("employer.id", nullable=True)
    granted_at: datetime
    revoked_at: datetime | None = None


class AuditEntry(Row, table=True):
    """Who did what to which row, without its content."""

    __tablename__ = "audit_entry"

    id: int | None = id_field()
    at: datetime = Field(index=True)
    actor: str = Field(max_length=64)
    verb: str = Field(max_length=64)
    subject: str = Field(max_length=64)
    detail: Any = encrypted_json("audit_entry.detail", nullable=True, default=None)
