"""Rows behind the verbs: locking, writing messages, telling the case's own mailbox, views."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.applications.numbers import CASE, new_number
from services.cases import index
from services.cases.errors import CaseNotFound
from services.cases.views import CaseView, MessageView
from services.people import audit
from storage import queue
from storage.models import Application, Case, CaseMessage, Delivery

EMPLOYEE, OFFICER, BOT = "employee", "officer", "bot"
CHANGED = "case.changed"


def mailbox(case_id: int) -> str:
    """The case's own mailbox: what follows from a change is done in its turns."""
    return f"case:{case_id}"


async def locked(session: AsyncSession, case_id: int) -> Case:
    """The row, locked until the end of the transaction. Raises `CaseNotFound`."""
    query = select(Case).where(col(Case.id) == case_id).with_for_update()
    found = await session.exec(query.execution_options(populate_existing=True))
    row = found.one_or_none()
    if row is None:
        raise CaseNotFound("case")
    return row


async def insert(session: AsyncSession, row: Case) -> Case:
    """Insert a new case under a free number."""
    for _ in range(5):
        row.number = new_number(CASE)
        try:
            async with session.begin_nested():
                session.add(row)
                await session.flush()
            return row
        except IntegrityError:
            continue  # the number is taken
    raise RuntimeError("no free case number")


async def ring(session: AsyncSession, row: Case, what: str, now: datetime, **payload: Any) -> None:
    """Tell the case's mailbox that something has changed, and pages that show it.

    The row is locked, so its count makes the key unique. No mailbox lock is taken: turns of a case
    lock its row and look at what is there, so their order says nothing.
    """
    row.changes += 1
    await session.flush()
    await queue.accept(
        session,
        key=f"case:{row.id}:{row.changes}",
        mailbox=mailbox(row.id or 0),
        kind=CHANGED,
        payload={"case_id": row.id, "what": what, **payload},
        at=now,
        actor="case",
        ordered=False,
    )
    queue.wake(session, queue.CASES)


async def message(
    session: AsyncSession,
    row: Case,
    author: str,
    text: str | None,
    now: datetime,
    **more: Any,
) -> CaseMessage:
    """Write one message; its words become findable."""
    kept = None if text is None else text.replace("\x00", "")
    delivery = Delivery.PENDING if author == OFFICER and not more.get("internal") else Delivery.NONE
    written = CaseMessage(
        case_id=row.id or 0, author=author, text=kept, at=now, delivery=delivery, **more
    )
    session.add(written)
    row.last_message_at = now
    await session.flush()
    if kept:
        await index.add(session, row.id or 0, kept)
    return written


async def record(
    session: AsyncSession,
    row: Case,
    officer_id: int | None,
    verb: str,
    now: datetime,
    **detail: Any,
) -> None:
    """Audit a verb on a case."""
    actor = f"person:{officer_id}" if officer_id else "program"
    await audit.record(session, actor, verb, f"case:{row.id}", now, detail=detail or None)


async def messages(session: AsyncSession, case_id: int) -> Sequence[CaseMessage]:
    """What was written in a case, oldest first."""
    query = select(CaseMessage).where(col(CaseMessage.case_id) == case_id)
    return (await session.exec(query.order_by(col(CaseMessage.id)))).all()


def message_view(row: CaseMessage) -> MessageView:
    """The frozen view of a message; what was taken back has no content any more."""
    gone = row.deleted_at is not None
    return MessageView(
        id=row.id or 0,
        author=row.author,
        author_id=row.author_id,
        internal=row.internal,
        text=None if gone else row.text,
        rules=tuple(row.rules or ()),
        file_id=None if gone else row.file_id,
        media=row.media,
        file_name=None if gone else row.file_name,
        album=row.album,
        at=row.at,
        edited_at=row.edited_at,
        deleted_at=row.deleted_at,
        delivery=row.delivery,
    )


async def view(session: AsyncSession, row: Case) -> CaseView:
    """The frozen view of a case with its messages."""
    await session.flush()
    application = None
    if row.application_id is not None:
        application = await session.get(Application, row.application_id)
    return CaseView(
        id=row.id or 0,
        number=row.number,
        person_id=row.person_id,
        employer_id=row.employer_id,
        application_id=row.application_id,
        application_number=application.number if application else None,
        application_region=application.region_code if application else None,
        kind=row.kind,
        matter=row.matter,
        region_code=row.region_code,
        language=row.language,
        priority=row.priority,
        status=row.status,
        waiting_for=row.waiting_for,
        live=row.live,
        assignee_id=row.assignee_id,
        offered_to_id=row.offered_to_id,
        escalated_at=row.escalated_at,
        group_mailbox=row.group_mailbox,
        message_id=row.message_id,
        opened_at=row.opened_at,
        taken_at=row.taken_at,
        first_reply_at=row.first_reply_at,
        last_message_at=row.last_message_at,
        due_at=row.due_at,
        resolved_at=row.resolved_at,
        resolution=row.resolution,
        reopened=row.reopened,
        messages=tuple(message_view(m) for m in await messages(session, row.id or 0)),
    )
