"""What went in with a workbook and has no result for days: HR looks it up, so many a day.

Most of it is answered by the bureau's own workbook, so no case is opened before; a whole workbook
that nobody answers does not become thousands of cases at once (decision 0088).
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import exists
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.applications import rows as applications
from services.applications.submitting import BY_HAND
from services.cases import looking, opening
from services.cases.settings import rules
from storage import queue
from storage.models import (
    Application,
    ApplicationEvent,
    ApplicationStatus,
    Case,
    CaseStatus,
    Handover,
)

UNANSWERED = "batch.unanswered"
_AT_BUREAU = (
    ApplicationStatus.REVIEWING,
    ApplicationStatus.MAKING,
    ApplicationStatus.COLLECTABLE,
)


async def watch(session: AsyncSession, employer_id: int, now: datetime) -> None:
    """A workbook of an employer went in, or came back: look in some days at what is still open."""
    if await queue.timer_due(session, _key(employer_id)) is None:
        await _arm(session, employer_id, now + timedelta(days=rules().look_up_days))


async def due(session: AsyncSession, employer_id: int, now: datetime) -> int:
    """Ask HR to look up the longest silent ones, by the case of decision 0086 each.

    Returns:
        How many are as long silent, and come on the next days.
    """
    patience = timedelta(days=rules().look_up_days)
    waiting = await _waiting(session, employer_id)
    silent = [each for each in waiting if each[2] <= now - patience]
    for application_id, person_id, _ in silent[: rules().look_ups_a_day]:
        await opening.open_case(session, person_id, looking.CARD, application_id, now)
    left = len(silent) - rules().look_ups_a_day
    if left > 0:
        await _arm(session, employer_id, now + timedelta(days=1))
    elif len(waiting) > len(silent):
        await _arm(session, employer_id, waiting[len(silent)][2] + patience)
    return max(left, 0)


async def _waiting(session: AsyncSession, employer_id: int) -> list[tuple[int, int, datetime]]:
    """Application, person and last news of what a workbook brought to a bureau without an
    interface, the longest silent first; not what is asked for already, or lies in HR's box."""
    of_it = col(ApplicationEvent.application_id) == col(Application.id)
    asked = exists().where(
        col(Case.application_id) == col(Application.id),
        col(Case.kind) == looking.CARD,
        col(Case.status) != CaseStatus.RESOLVED,
    )
    in_hand = exists().where(
        col(Handover.application_id) == col(Application.id),
        col(Handover.returned_at).is_(None),
    )
    query = (
        select(Application.id, Application.person_id, Application.updated_at)
        .where(
            col(Application.employer_id) == employer_id,
            col(Application.status).in_(_AT_BUREAU),
            exists().where(of_it, col(ApplicationEvent.source) == applications.BATCH),
            exists().where(of_it, col(ApplicationEvent.status) == BY_HAND),
            ~asked,
            ~in_hand,
        )
        .order_by(col(Application.updated_at), col(Application.id))
    )
    return [(row[0] or 0, row[1], row[2]) for row in (await session.exec(query)).all()]


async def _arm(session: AsyncSession, employer_id: int, at: datetime) -> None:
    key = _key(employer_id)
    payload = {"employer_id": employer_id}
    await queue.set_timer(session, key, mailbox=key, kind=UNANSWERED, due_at=at, payload=payload)


def _key(employer_id: int) -> str:
    return f"batch:{employer_id}"
