"""Who is next: by region, language, skill and load, balanced; and a case goes on without anybody.

A new case is *offered* to one officer. Whoever may act can still take it. When nobody does within
the business minutes of the settings, the next in line is asked, then the manager. Region and
employer are never relaxed; capacity, skill and language are, in that order, before nobody is asked.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.cases import notices, officers, rows
from services.cases.calendars import calendar_of
from services.cases.officers import OfficerView
from services.cases.settings import rules
from services.people import roles
from storage import queue
from storage.models import Assignment, Case, CaseStatus, Role

Fits = Callable[[OfficerView], bool]


async def candidates(
    session: AsyncSession, row: Case, now: datetime, *, skip: frozenset[int] = frozenset()
) -> list[OfficerView]:
    """Officers in the order in which they are asked. Empty when nobody of the region is there."""
    every = await officers.officers_for(session, row.region_code, row.employer_id)
    there = [
        each
        for each in every
        if not each.is_away(now) and each.id not in skip and each.id != row.person_id
    ]
    needs: list[Fits] = [
        lambda each: row.language in each.languages,
        lambda each: not each.skills or row.matter in each.skills,
        lambda each: each.load < each.capacity,
    ]
    while needs:
        fitting = [each for each in there if all(need(each) for need in needs)]
        if fitting:
            there = fitting
            break
        needs.pop()
    last = await _last_asked(session, [each.id for each in there])
    never = datetime.min.replace(tzinfo=now.tzinfo)
    return sorted(
        there,
        key=lambda each: (
            row.matter not in each.skills,
            each.load / each.capacity,
            last.get(each.id, never),
            each.id,
        ),
    )


async def _last_asked(session: AsyncSession, ids: list[int]) -> dict[int, datetime]:
    query = (
        select(Assignment.officer_id, func.max(col(Assignment.at)))
        .where(col(Assignment.officer_id).in_(ids))
        .group_by(col(Assignment.officer_id))
    )
    return dict((await session.exec(query)).all())


async def offer(session: AsyncSession, row: Case, now: datetime) -> int | None:
    """Ask the next in line; the manager when enough were asked, or when there is nobody.

    The caller holds the row's lock. Returns who was asked.
    """
    if row.assignee_id is not None or row.status is CaseStatus.RESOLVED:
        return None
    # One desk, one balance: two cases at the same moment do not both see the same idle officer.
    await queue.lock(session, f"desk:{row.employer_id}")
    asked = frozenset(
        (
            await session.exec(
                select(Assignment.officer_id).where(
                    col(Assignment.case_id) == row.id, col(Assignment.how) == "offered"
                )
            )
        ).all()
    )
    line = await candidates(session, row, now, skip=asked)
    if not line or row.offers >= rules().offers_before_manager:
        await escalate(session, row, now, "nobody")
        if not line and row.offered_to_id is not None:
            return None  # the last one asked stays asked
    if line:
        await assign(session, row, line[0].id, "offered", now)
        row.offers += 1
        await notices.tell(session, line[0].id, row, "offered", now)
        await _remind(session, row, now)
        return line[0].id
    return None


async def _remind(session: AsyncSession, row: Case, now: datetime) -> None:
    wait = timedelta(minutes=rules().offer_minutes)
    await queue.set_timer(
        session,
        f"case:{row.id}:offer",
        mailbox=rows.mailbox(row.id or 0),
        kind="case.offer_over",
        due_at=calendar_of(row.region_code).after(now, wait),
        payload={"case_id": row.id},
    )


async def assign(
    session: AsyncSession,
    row: Case,
    officer_id: int,
    how: str,
    now: datetime,
    *,
    by_id: int | None = None,
) -> None:
    """Write down whose it is: offered, or (any other `how`) theirs."""
    query = select(Assignment).where(
        col(Assignment.case_id) == row.id, col(Assignment.ended_at).is_(None)
    )
    for each in (await session.exec(query)).all():
        each.ended_at = now
    session.add(
        Assignment(case_id=row.id or 0, officer_id=officer_id, by_id=by_id, how=how, at=now)
    )
    if how == "offered":
        row.offered_to_id, row.offered_at = officer_id, now
    else:
        row.assignee_id, row.offered_to_id, row.offered_at = officer_id, None, None
        await queue.cancel_timers(session, f"case:{row.id}:offer")
    await session.flush()


async def release(session: AsyncSession, row: Case, now: datetime) -> None:
    """Nobody has it any more."""
    query = select(Assignment).where(
        col(Assignment.case_id) == row.id, col(Assignment.ended_at).is_(None)
    )
    for each in (await session.exec(query)).all():
        each.ended_at = now
    row.assignee_id = row.offered_to_id = row.offered_at = None
    row.offers = 0
    await queue.cancel_timers(session, f"case:{row.id}:offer")
    await session.flush()


async def escalate(session: AsyncSession, row: Case, now: datetime, why: str) -> list[int]:
    """Tell the managers of the region (admins where there is none), urgently; who was told."""
    found = await roles.holders(session, Role.MANAGER, row.region_code, row.employer_id)
    if not found:
        found = await roles.holders(session, Role.ADMIN, row.region_code, row.employer_id)
    row.escalated_at = row.escalated_at or now
    await session.flush()
    await rows.record(session, row, None, "case.escalated", now, why=why)
    for each in found:
        await notices.tell(session, each.id, row, f"escalated_{why}", now, urgent=True)
    return [each.id for each in found]
