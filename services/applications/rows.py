"""Loading, locking and noting: what every verb of this room does with rows."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services import people
from services.applications.errors import NotFound
from services.applications.matters import MATTERS
from services.applications.matters.base import paper_of
from services.applications.views import ApplicationView, DocumentView
from services.people import roles
from storage.models import (
    Application,
    ApplicationEvent,
    ApplicationStatus,
    Document,
    DocumentStatus,
    Role,
)

US, BUREAU, OFFICER, BATCH = "us", "bureau", "officer", "batch"
"""From whom we have an event."""

MISTAKE = "received_by_mistake"
"""An officer took a card in that was another's."""

SCREENSHOT = "ecard_list"
CURRENT = (DocumentStatus.OFFERED, DocumentStatus.CONFIRMED)
EDITABLE = frozenset(
    {
        ApplicationStatus.DRAFT,
        ApplicationStatus.CHECKING,
        ApplicationStatus.WAITING,
        ApplicationStatus.EVIDENCE,
    }
)
"""States in which documents and bank may still change."""


async def locked(session: AsyncSession, application_id: int) -> Application:
    """The application's row, locked until the end of the transaction and freshly read.

    Raises:
        NotFound: no such application.
    """
    return await _one(session, col(Application.id) == application_id)


async def locked_by_number(session: AsyncSession, number: str) -> Application:
    """The same by its number. Raises `NotFound`."""
    return await _one(session, col(Application.number) == number)


async def _one(session: AsyncSession, condition: Any) -> Application:
    statement = (
        select(Application)
        .where(condition)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    row = (await session.exec(statement)).one_or_none()
    if row is None:
        raise NotFound("application")
    return row


async def seen(session: AsyncSession, application_id: int) -> Application:
    """The application's row for reading. Raises `NotFound`."""
    row = await session.get(Application, application_id)
    if row is None:
        raise NotFound("application")
    return row


async def documents(session: AsyncSession, application_id: int) -> list[Document]:
    """Every document of an application, the oldest first."""
    query = select(Document).where(col(Document.application_id) == application_id)
    return list((await session.exec(query.order_by(col(Document.id)))).all())


async def view(session: AsyncSession, row: Application) -> ApplicationView:
    """The frozen view of an application with its current documents."""
    await session.flush()
    rows = await documents(session, row.id or 0)
    shown = [each for each in rows if each.status in (*CURRENT, DocumentStatus.CHECKING)]
    sent = {each.kind for each in rows if each.status in CURRENT}
    confirmed = {each.kind for each in rows if each.status is DocumentStatus.CONFIRMED}
    needed, matter = required(row), MATTERS.get(row.kind)
    return ApplicationView(
        id=row.id or 0,
        number=row.number,
        kind=row.kind,
        lane=row.lane,
        reason=row.reason,
        origin_code=(row.details or {}).get("origin"),
        identity=paper_of(row),
        card=matter.key(row) if matter else None,
        person_id=row.person_id,
        employer_id=row.employer_id,
        agent_id=row.agent_id,
        region_code=row.region_code,
        province_code=row.province_code,
        bank_code=row.bank_code,
        status=row.status,
        revision=row.revision,
        reference=row.reference,
        stop_reason=row.stop_reason,
        checked_at=row.checked_at,
        created_at=row.created_at,
        submitted_at=row.submitted_at,
        updated_at=row.updated_at,
        closed_at=row.closed_at,
        due=row.due,
        place=row.place,
        social_enabled_at=row.social_enabled_at,
        financial_activated_at=row.financial_activated_at,
        overridden=row.override_reason is not None,
        documents=tuple(document_view(each) for each in shown),
        lacks=matter.lacks(row) if matter else (),
        missing=tuple(kind for kind in needed if kind not in sent),
        unconfirmed=tuple(kind for kind in needed if kind in sent and kind not in confirmed),
    )


def required(row: Application) -> tuple[str, ...]:
    """The kinds of document that an application needs."""
    matter = MATTERS.get(row.kind)
    papers = matter.papers(row) if matter else ()
    return (*papers, SCREENSHOT) if row.status is ApplicationStatus.EVIDENCE else papers


def wanted(row: Application) -> frozenset[str]:
    """The kinds that are kept: what is needed, and the screenshot that may come before its step."""
    return frozenset({*required(row), SCREENSHOT})


def document_view(row: Document) -> DocumentView:
    """The frozen view of a document."""
    return DocumentView(
        id=row.id or 0,
        application_id=row.application_id,
        kind=row.kind,
        status=row.status,
        fields=dict(row.fields or {}),
        doubts=tuple(row.doubts or ()),
        findings=tuple(row.findings or ()),
        corrected=dict(row.corrected or {}),
        file_id=row.file_id,
        mended_id=row.crop_id,
        mended=row.mended,
    )


async def events(
    session: AsyncSession, application_id: int, sources: Iterable[str] | None = None
) -> list[ApplicationEvent]:
    """The application's events, the oldest first."""
    query = select(ApplicationEvent).where(col(ApplicationEvent.application_id) == application_id)
    if sources is not None:
        query = query.where(col(ApplicationEvent.source).in_(tuple(sources)))
    return list((await session.exec(query.order_by(col(ApplicationEvent.id)))).all())


async def note(
    session: AsyncSession,
    row: Application,
    status: str,
    now: datetime,
    *,
    source: str = US,
    reason: dict[str, Any] | None = None,
) -> ApplicationEvent:
    """Write one event of our own (or an officer's) into the application's history."""
    query = select(func.max(ApplicationEvent.sequence)).where(
        col(ApplicationEvent.application_id) == row.id, col(ApplicationEvent.source) == source
    )
    last = (await session.exec(query)).one()
    event = ApplicationEvent(
        application_id=row.id or 0,
        source=source,
        sequence=(last or 0) + 1,
        status=status,
        reason=reason,
        at=now,
        recorded_at=now,
        told_at=now,
    )
    session.add(event)
    await session.flush()
    return event


async def count_notes(
    session: AsyncSession, row: Application, status: str, since_id: int = 0
) -> int:
    """How many events of ours say `status`."""
    query = select(func.count()).where(
        col(ApplicationEvent.application_id) == row.id,
        col(ApplicationEvent.source) == US,
        col(ApplicationEvent.status) == status,
        col(ApplicationEvent.id) > since_id,
    )
    return (await session.exec(query)).one()


async def mailbox(session: AsyncSession, row: Application) -> str:
    """Where an application's events go: to its person; who has no account, to the officer who does
    it for them; else to a mailbox nobody reads."""
    return await home(session, row) or f"person:{row.person_id}"


async def home(session: AsyncSession, row: Application | ApplicationView) -> str | None:
    """The account of its person, or of the officer who acts for them; None for neither."""
    own = await people.mailbox_of(session, row.person_id)
    if own is None and row.agent_id is not None and await may_act(session, row, row.agent_id):
        return await people.mailbox_of(session, row.agent_id)
    return own


async def may_act(
    session: AsyncSession, row: Application | ApplicationView, officer_id: int
) -> bool:
    """Whether somebody does it for its person: the officer who took it on, while they are one."""
    place = row.region_code, row.employer_id
    return row.agent_id == officer_id and await roles.has_role(
        session, officer_id, Role.OFFICER, *place
    )
