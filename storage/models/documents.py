"""Stored files, the documents found in them, and who looked at them."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Index, text
from sqlmodel import Field

from storage.models.base import Row
from storage.types import choice, encrypted_json, id_field, reference


class StoredFile(Row, table=True):
    """A file's row; the bytes lie encrypted in the file store under `name`."""

    __tablename__ = "stored_file"

    id: int | None = id_field()
    name: str = Field(unique=True, max_length=32)
    person_id: int | None = reference("person.id", nullable=True)
    media_type: str = Field(max_length=80)
    size: int
    created_at: datetime
    expires_at: datetime | None = Field(default=None, index=True)
    deleted_at: datetime | None = None


class DocumentStatus(StrEnum):
    CHECKING = "checking"
    REFUSED = "refused"
    OFFERED = "offered"
    CONFIRMED = "confirmed"
    REPLACED = "replaced"


class Document(Row, table=True):
    """One document of an application: what was read, what is doubted, what the person said."""

    __tablename__ = "document"
    __table_args__ = (
        Index(
            "uq_document_current",
            "application_id",
            "kind",
            unique=True,
            postgresql_where=text("status in ('offered', 'confirmed')"),
            sqlite_where=text("status in ('offered', 'confirmed')"),
        ),
    )

    id: int | None = id_field()
    application_id: int = reference("application.id")
    person_id: int = reference("person.id")
    kind: str = Field(max_length=32)
    status: DocumentStatus = choice(DocumentStatus)
    file_id: int | None = reference("stored_file.id", nullable=True)
    crop_id: int | None = reference("stored_file.id", nullable=True, index=False)
    fields: Any = encrypted_json("document.fields", nullable=True, default=None)
    doubts: Any = encrypted_json("document.doubts", nullable=True, default=None)
    findings: Any = encrypted_json("document.findings", nullable=True, default=None)
    corrected: Any = encrypted_json("document.corrected", nullable=True, default=None)
    mended: bool = False
    created_at: datetime
    confirmed_at: datetime | None = None


class FileView(Row, table=True):
    """Every look at a stored file: who, when, why."""

    __tablename__ = "file_view"

    id: int | None = id_field()
    file_id: int = reference("stored_file.id")
    actor: str = Field(max_length=64)
    reason: str = Field(max_length=64)
    at: datetime
