"""An officer is away, or gone: what they had goes on in other hands, by itself."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.cases import assignment, notices, officers, opening, promises, rows, sla
from services.cases.officers import OfficerView, profile_row
from services.people import audit
from storage.models import Case, CaseStatus, OfficerProfile, WaitingFor


async def away(
    session: AsyncSession,
    officer_id: int,
    since: datetime,
    until: datetime | None,
    now: datetime,
    *,
    stand_in_id: int | None = None,
    by_id: int | None = None,
) -> list[int]:
    """Say that an officer is away; when that is now, their cases go on elsewhere. Their ids.

    Args:
        stand_in_id: who gets them, where they may act and are there; else the next in line.
    """
    row = await profile_row(session, officer_id, now)
    row.away_from, row.away_until, row.stand_in_id = since, until, stand_in_id
    row.updated_at = now
    await session.flush()
    detail = {"since": since.isoformat(), "until": until.isoformat() if until else None}
    await audit.record(
        session, _actor(by_id), "officer.away", f"person:{officer_id}", now, detail=detail
    )
    return await _move(session, officer_id, "away", now) if since <= now else []


async def back(
    session: AsyncSession, officer_id: int, now: datetime, *, by_id: int | None = None
) -> None:
    """They are there again; cases that went on elsewhere stay there."""
    row = await profile_row(session, officer_id, now)
    row.away_from = row.away_until = row.stand_in_id = None
    row.updated_at = now
    await session.flush()
    await audit.record(session, _actor(by_id), "officer.back", f"person:{officer_id}", now)


async def left(session: AsyncSession, officer_id: int, now: datetime) -> list[int]:
    """A role of theirs ended: cases they may not act on any more go on elsewhere. Their ids."""
    return await _move(session, officer_id, "left", now, unless_may_act=True)


async def rescue(session: AsyncSession, now: datetime) -> list[int]:
    """A sweep: cases of somebody who is away or may not act any more, and cases nobody was asked.

    It finds what the verbs above could not: an absence that began later, a role that ran out.
    """
    moved: list[int] = []
    for keeper in await _keepers(session):
        found = await officers.officer(session, keeper)
        if found is None or found.is_away(now):
            moved += await _move(session, keeper, "away", now)
        else:
            moved += await _move(session, keeper, "left", now, unless_may_act=True)
    query = select(Case.id).where(
        col(Case.status) == CaseStatus.OPEN,
        col(Case.assignee_id).is_(None),
        col(Case.offered_to_id).is_(None),
        col(Case.kind).not_in(opening.PRIVATE),
    )
    for case_id in (await session.exec(query.order_by(col(Case.id)))).all():
        row = await rows.locked(session, case_id or 0)
        if await _offer_again(session, row, now):
            moved.append(case_id or 0)
    return moved


async def _offer_again(session: AsyncSession, row: Case, now: datetime) -> bool:
    if not await assignment.candidates(session, row, now):
        return False
    if await assignment.offer(session, row, now) is None:
        return False
    await rows.ring(session, row, "offered", now)
    return True


async def _keepers(session: AsyncSession) -> list[int]:
    found: set[int] = set()
    for column in (col(Case.assignee_id), col(Case.offered_to_id)):
        query = select(column).where(col(Case.status) != CaseStatus.RESOLVED).distinct()
        found.update(each for each in (await session.exec(query)).all() if each is not None)
    return sorted(found)


async def _move(
    session: AsyncSession,
    officer_id: int,
    how: str,
    now: datetime,
    *,
    unless_may_act: bool = False,
) -> list[int]:
    """Every case of an officer to their stand-in or the next in line, in the order of ids."""
    mine = (col(Case.assignee_id) == officer_id) | (col(Case.offered_to_id) == officer_id)
    query = select(Case.id).where(mine, col(Case.status) != CaseStatus.RESOLVED)
    profile = await session.get(OfficerProfile, officer_id)
    moved = []
    for case_id in (await session.exec(query.order_by(col(Case.id)))).all():
        row = await rows.locked(session, case_id or 0)
        if officer_id not in (row.assignee_id, row.offered_to_id):
            continue
        if unless_may_act and await officers.may_act(
            session, officer_id, row.region_code, row.employer_id
        ):
            continue
        await promises.settle(session, row, now)
        await _pass_on(session, row, profile, how, now)
        await sla.arrange(session, row, now)
        await rows.ring(session, row, "handed" if row.assignee_id else "offered", now)
        moved.append(case_id or 0)
    return moved


async def _pass_on(
    session: AsyncSession, row: Case, profile: OfficerProfile | None, how: str, now: datetime
) -> None:
    taken, was = row.assignee_id is not None, row.assignee_id or row.offered_to_id
    await assignment.release(session, row, now)
    heir = await _stand_in(session, row, profile, now)
    if row.kind in opening.PRIVATE:
        # Somebody rated may be next in line: the managers find the one who goes on.
        row.status = CaseStatus.OPEN
        await assignment.escalate(session, row, now, "nobody")
        return
    if heir is None and taken:
        line = await assignment.candidates(session, row, now, skip=frozenset({was or 0}))
        heir = line[0] if line else None
    await rows.record(session, row, None, f"case.{how}", now, was=was, to=heir.id if heir else None)
    if heir is not None and taken:
        await assignment.assign(session, row, heir.id, how, now)
        await notices.tell(session, heir.id, row, "handed", now)
        return
    # Nobody to take it over: it is open, for the next in line and the managers.
    row.status = CaseStatus.OPEN
    if row.waiting_for is WaitingFor.EMPLOYEE and not taken:
        await promises.set_waiting(session, row, WaitingFor.OFFICER, now)
    await assignment.offer(session, row, now)


async def _stand_in(
    session: AsyncSession, row: Case, profile: OfficerProfile | None, now: datetime
) -> OfficerView | None:
    wanted = profile.stand_in_id if profile else None
    found = await officers.officer(session, wanted) if wanted else None
    if found is None or found.is_away(now) or found.id == row.person_id:
        return None
    fits = await officers.may_act(session, found.id, row.region_code, row.employer_id)
    return found if fits else None


def _actor(by_id: int | None) -> str:
    return f"person:{by_id}" if by_id else "cli"
