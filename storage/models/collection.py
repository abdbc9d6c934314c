"""Cards on the way into their owner's hand: kept by HR, or collected by somebody else."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlmodel import Field

from storage.models.base import Row
from storage.models.cards import ApplicationStatus
from storage.types import BigId, choice, encrypted_json, encrypted_text, id_field, reference


class Handover(Row, table=True):
    """One card in HR's keeping: received, handed out against a signature, or given back.

    Both sides stand in it: who received and who handed out (`person:<id>` or `cli`), and how and
    when the owner signed. `before` is the application's state when the card came.
    """

    __tablename__ = "handover"

    id: int | None = id_field()
    application_id: int = Field(foreign_key="application.id", unique=True, sa_type=BigId)
    place: str = encrypted_text("handover.place")
    code: str | None = encrypted_text("handover.code", nullable=True, default=None)
    code_index: str | None = Field(default=None, max_length=64, unique=True)
    before: ApplicationStatus = choice(ApplicationStatus)
    received_at: datetime
    received_by: str = Field(max_length=64)
    asked_at: datetime | None = None
    asked_by: str | None = Field(default=None, max_length=64)
    handed_at: datetime | None = None
    handed_by: str | None = Field(default=None, max_length=64)
    signed_by: str | None = Field(default=None, max_length=16)
    note: str | None = encrypted_text("handover.note", nullable=True, default=None)
    returned_at: datetime | None = None
    returned_by: str | None = Field(default=None, max_length=64)


class Proxy(Row, table=True):
    """Who may collect a card for its owner. What is known of the proxy goes when the card is
    collected, or when the owner takes the authority back."""

    __tablename__ = "proxy"

    id: int | None = id_field()
    application_id: int = Field(foreign_key="application.id", unique=True, sa_type=BigId)
    person: Any = encrypted_json("proxy.person", nullable=True, default=None)
    file_id: int | None = reference("stored_file.id", nullable=True)
    until: date
    named_at: datetime
    ended_at: datetime | None = None
