"""Looking at a stored file: with a reason, once, and never without a trace."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.people import audit, people
from services.people.people import Employee
from storage.models import Application, Document, DocumentStatus, FileView, StoredFile

REASONS = ("verify", "asked", "file", "complaint")
"""Why somebody may look: to verify it, because the employee asks, to file it, to solve a fault."""


@dataclass(frozen=True)
class Why:
    """One of `REASONS`, and the viewer's own words."""

    reason: str
    note: str = field(default="", repr=False)


@dataclass(frozen=True)
class FileLook:
    """A file that may now be read: its name in the store, and its kind."""

    name: str
    media_type: str


@dataclass(frozen=True)
class DocumentCard:
    """A document without its picture and without what was read in it."""

    id: int
    kind: str
    status: DocumentStatus
    created_at: datetime
    application_number: str
    person: Employee
    has_file: bool
    looks: tuple[tuple[datetime, str, str], ...] = field(repr=False)


async def document_card(session: AsyncSession, document_id: int) -> DocumentCard:
    """What may be said of a document before anybody looks at it.

    Raises:
        LookupError: no such document, or its person is erased.
    """
    row = await session.get(Document, document_id)
    person = None if row is None else await people.by_id(session, row.person_id)
    if row is None or person is None:
        raise LookupError("document")
    application = await session.get(Application, row.application_id)
    file = None if row.file_id is None else await session.get(StoredFile, row.file_id)
    views = select(FileView).where(col(FileView.file_id) == row.file_id)
    seen = (await session.exec(views.order_by(col(FileView.id).desc()).limit(20))).all()
    return DocumentCard(
        id=document_id,
        kind=row.kind,
        status=row.status,
        created_at=row.created_at,
        application_number=application.number if application else "",
        person=person,
        has_file=file is not None and file.deleted_at is None,
        looks=tuple([(v.at, await _name(session, v.actor), v.reason) for v in seen]),
    )


async def _name(session: AsyncSession, actor: str) -> str:
    kind, _, identity = actor.partition(":")
    person = await people.by_id(session, int(identity)) if kind == "person" else None
    return person.name if person else actor


async def fields_of(session: AsyncSession, document_id: int) -> dict[str, str]:
    """What was read in a document; only beside its picture."""
    row = await session.get(Document, document_id)
    return {} if row is None or not row.fields else {k: str(v) for k, v in row.fields.items()}


async def look_at_document(
    session: AsyncSession, document_id: int, viewer_id: int, now: datetime, *, why: Why
) -> FileLook:
    """Write down who looks and why, and say where the file is. Raises as `look_at`."""
    row = await session.get(Document, document_id)
    if row is None or row.file_id is None:
        raise LookupError("document")
    subject = f"document:{document_id}"
    return await look_at(session, row.file_id, viewer_id, now, why=why, subject=subject)


async def look_at(
    session: AsyncSession,
    file_id: int,
    viewer_id: int,
    now: datetime,
    *,
    why: Why,
    subject: str,
) -> FileLook:
    """The same for any stored file; `subject` is what the audit log names.

    Raises:
        LookupError: the file is gone.
        ValueError: the reason is none of `REASONS`.
    """
    if why.reason not in REASONS:
        raise ValueError("reason")
    file = await session.get(StoredFile, file_id)
    if file is None or file.deleted_at is not None:
        raise LookupError("file")
    actor = f"person:{viewer_id}"
    session.add(FileView(file_id=file_id, actor=actor, reason=why.reason, at=now))
    detail = {"reason": why.reason, "note": why.note[:500]}
    await audit.record(session, actor, "document.viewed", subject, now, detail=detail)
    return FileLook(file.name, file.media_type)
