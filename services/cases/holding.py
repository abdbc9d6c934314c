"""Whose hands a case is in: taken, handed over, waiting, back to the bot, resolved, open again."""

from __future__ import annotations

from datetime import datetime

from sqlmodel.ext.asyncio.session import AsyncSession

from services.cases import assignment, notices, officers, opening, promises, rows, sla
from services.cases.errors import CaseError
from services.cases.matters import matter as matter_of
from services.cases.views import CaseView, Taken
from storage import queue
from storage.models import Case, CaseStatus, CaseWait, Priority, WaitingFor

SOLVED, WITHDRAWN, BACK_TO_BOT, DECIDED = "solved", "withdrawn", "back_to_bot", "decided"
DUPLICATE = "duplicate"


async def take(session: AsyncSession, case_id: int, officer_id: int, now: datetime) -> Taken:
    """Take a case. Of two officers at once one wins; taking one's own again changes nothing.

    Raises:
        CaseError: not_officer.
    """
    row = await rows.locked(session, case_id)
    await officers.require(session, row, officer_id)
    if row.status is CaseStatus.OPEN and row.assignee_id is None:
        await promises.settle(session, row, now)
        await assignment.assign(session, row, officer_id, "taken", now)
        row.status, row.taken_at = CaseStatus.PENDING, now
        await sla.arrange(session, row, now)
        await rows.record(session, row, officer_id, "case.taken", now)
        await rows.ring(session, row, "taken", now)
    won = row.assignee_id == officer_id and row.status is not CaseStatus.RESOLVED
    return Taken(won, await rows.view(session, row))


async def hand_over(
    session: AsyncSession,
    case_id: int,
    officer_id: int,
    to_id: int,
    now: datetime,
    *,
    how: str = "handed",
) -> CaseView:
    """Give a case to another officer; the employee hears that somebody else goes on.

    Raises:
        CaseError: not_officer (either of them may not act on it), not_available (away), resolved.
    """
    row = await _open(session, case_id, officer_id)
    await officers.require(session, row, to_id)
    found = await officers.officer(session, to_id)
    if found is None or found.is_away(now):
        raise CaseError("not_available")
    if row.assignee_id == to_id:
        return await rows.view(session, row)
    await promises.settle(session, row, now)
    await assignment.assign(session, row, to_id, how, now, by_id=officer_id)
    row.status, row.taken_at = CaseStatus.PENDING, row.taken_at or now
    await notices.tell(session, to_id, row, "handed", now)
    await sla.arrange(session, row, now)
    await rows.record(session, row, officer_id, "case.handed_over", now, to=to_id)
    await rows.ring(session, row, "handed", now)
    return await rows.view(session, row)


async def wait(
    session: AsyncSession,
    case_id: int,
    officer_id: int,
    waiting_for: WaitingFor | str,
    now: datetime,
    *,
    quiet: bool = False,
) -> CaseView:
    """Say whose turn it is: employee, bureau, bank (the clock stands), or officer again. The
    employee hears of it, unless it is `quiet`.

    Raises:
        CaseError: not_officer or resolved.
    """
    row = await _open(session, case_id, officer_id)
    await promises.settle(session, row, now)
    if row.assignee_id is None:
        await assignment.assign(session, row, officer_id, "taken", now)
        row.status, row.taken_at = CaseStatus.PENDING, now
    await promises.set_waiting(session, row, waiting_for, now)
    await sla.arrange(session, row, now)
    await rows.record(session, row, officer_id, "case.waits", now, waiting_for=str(waiting_for))
    await rows.ring(session, row, "waits_quietly" if quiet else "waits", now)
    return await rows.view(session, row)


async def set_priority(
    session: AsyncSession, case_id: int, officer_id: int, priority: Priority, now: datetime
) -> CaseView:
    """Another priority brings other promises. Raises `CaseError`: not_officer or resolved."""
    row = await _open(session, case_id, officer_id)
    await promises.settle(session, row, now)
    row.priority, row.rank = priority, opening.RANKS[priority]
    return await _retitled(session, row, officer_id, now, priority=priority.value)


async def set_matter(
    session: AsyncSession, case_id: int, officer_id: int | None, matter: str, now: datetime
) -> CaseView:
    """What it is really about (`officer_id` None: the employee says). Raises as `set_priority`."""
    row = await rows.locked(session, case_id)
    if officer_id is not None:
        row = await _open(session, case_id, officer_id)
    await promises.settle(session, row, now)
    row.matter = matter_of(matter).code
    return await _retitled(session, row, officer_id, now, matter=row.matter)


async def _retitled(
    session: AsyncSession, row: Case, officer_id: int | None, now: datetime, **change: str
) -> CaseView:
    ((verb, value),) = change.items()
    await sla.apply(session, row)
    await sla.arrange(session, row, now)
    await rows.record(session, row, officer_id, f"case.{verb}", now, value=value)
    await rows.ring(session, row, "retitled", now)
    return await rows.view(session, row)


async def resolve(
    session: AsyncSession,
    case_id: int,
    officer_id: int | None,
    now: datetime,
    *,
    resolution: str = SOLVED,
) -> CaseView:
    """Close a case (`officer_id` None: the employee says it is solved). Twice is once.

    Raises:
        CaseError: not_officer.
    """
    row = await rows.locked(session, case_id)
    if officer_id is not None:
        await officers.require(session, row, officer_id)
    if row.status is not CaseStatus.RESOLVED:
        await promises.settle(session, row, now)
        if officer_id is not None and row.assignee_id is None:
            await assignment.assign(session, row, officer_id, "taken", now)
            row.taken_at = row.taken_at or now
        await _end(session, row, officer_id, resolution, now)
    return await rows.view(session, row)


async def back_to_bot(
    session: AsyncSession, case_id: int, officer_id: int, now: datetime
) -> CaseView:
    """转回小助手: nothing for a person in it; the bot answers again. Raises as `resolve`."""
    return await resolve(session, case_id, officer_id, now, resolution=BACK_TO_BOT)


async def close_duplicate(
    session: AsyncSession, case_id: int, officer_id: int, now: datetime
) -> CaseView:
    """Another case has the same matter and goes on: no rating, no measure. Raises as `resolve`."""
    return await resolve(session, case_id, officer_id, now, resolution=DUPLICATE)


async def withdraw(session: AsyncSession, case_id: int, person_id: int, now: datetime) -> CaseView:
    """The employee needs nobody any more. Twice is once. Raises `CaseError("not_yours")`."""
    row = await rows.locked(session, case_id)
    if row.person_id != person_id:
        raise CaseError("not_yours")
    if row.status is not CaseStatus.RESOLVED:
        await promises.settle(session, row, now)
        if row.assignee_id is not None:
            await notices.tell(session, row.assignee_id, row, "withdrawn", now)
        await _end(session, row, None, WITHDRAWN, now)
    return await rows.view(session, row)


async def reopen(
    session: AsyncSession, case_id: int, officer_id: int | None, now: datetime
) -> CaseView:
    """Open a resolved case again for who had it. Raises `CaseError("not_officer")`."""
    row = await rows.locked(session, case_id)
    if officer_id is not None:
        await officers.require(session, row, officer_id)
    if row.status is CaseStatus.RESOLVED:
        await reopen_row(session, row, now)
        await sla.asked(session, row, now)
        await sla.arrange(session, row, now)
        await rows.ring(session, row, "reopened", now)
    return await rows.view(session, row)


async def reopen_row(session: AsyncSession, row: Case, now: datetime) -> None:
    """Open it; the time in between is nobody's. Who may not act any more does not get it back."""
    session.add(
        CaseWait(
            case_id=row.id or 0,
            waiting_for=WaitingFor.EMPLOYEE,
            since=row.resolved_at or now,
            until=now,
        )
    )
    row.resolved_at = row.resolution = None
    row.reopened += 1
    row.waiting_for = WaitingFor.OFFICER
    await sla.resumed(session, row)
    keeper = row.assignee_id
    there = keeper is not None and await officers.may_act(
        session, keeper, row.region_code, row.employer_id
    )
    found = await officers.officer(session, keeper) if keeper and there else None
    await rows.record(session, row, None, "case.reopened", now)
    if keeper and found and not found.is_away(now):
        await assignment.assign(session, row, keeper, "taken", now)
        row.status = CaseStatus.PENDING
        await notices.tell(session, keeper, row, "reopened", now)
    else:
        row.status = CaseStatus.OPEN
        await assignment.release(session, row, now)
        if row.kind not in opening.PRIVATE:
            await assignment.offer(session, row, now)
    await session.flush()


async def _end(
    session: AsyncSession, row: Case, officer_id: int | None, resolution: str, now: datetime
) -> None:
    for each in await sla.waits(session, row.id or 0):
        each.until = each.until or now
    row.status, row.resolved_at, row.resolution = CaseStatus.RESOLVED, now, resolution
    row.waiting_for, row.offered_to_id = WaitingFor.OFFICER, None
    await queue.cancel_timers(session, f"case:{row.id}:offer")
    await sla.ended(session, row)
    await sla.arrange(session, row, now)
    await rows.record(session, row, officer_id, "case.resolved", now, resolution=resolution)
    await rows.ring(session, row, "resolved", now)


async def _open(session: AsyncSession, case_id: int, officer_id: int) -> Case:
    row = await rows.locked(session, case_id)
    await officers.require(session, row, officer_id)
    if row.status is CaseStatus.RESOLVED:
        raise CaseError("resolved")
    return row
